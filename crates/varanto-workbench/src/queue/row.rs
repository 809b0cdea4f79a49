//! A row with everything that a person needs to complete it, and its file.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{OptionalExtension, Row};
use varanto_domain::access::OldDataPermit;
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_formats::xhtml::safe_copy;

use super::{Queue, QueueError, Seen, is_mended_in_the_source, shown};
use crate::answers::{
    ASK_WHAT_IS_BESIDE, Answer, Answers, Decision, Given, asked_with_the_code, beside, given,
    is_another,
};
use crate::comparison::{Sayings, of_source, of_the_file};
use crate::conversion::{Converter, hexadecimal};
use crate::delivery::Found;
use crate::documents::Values;
use crate::identifiers;
use crate::kind::Kind;
use crate::mapping::Target;
use crate::reading::{digest_of, source_row};
use crate::report::{FaultGroup, faults_of};
use crate::work::{RowName, read_values};

/// A column of the source with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceValue {
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
}

/// A row of the queue.
#[derive(Debug, Clone)]
pub struct QueuedRow {
    /// The row.
    pub place: u64,
    /// What the mapping made of it, and what was completed.
    pub values: Values,
    /// The columns with their values, those of the tables beside too.
    pub source: Vec<SourceValue>,
    /// Its faults, as the last rehearsal found them.
    pub faults: Vec<FaultGroup>,
    /// What was answered.
    pub given: Vec<Given>,
    /// The decisions that it gives cause for.
    pub decisions: Vec<Decision>,
    /// What its file is, as it was rehearsed or somebody named it; `None` where there is none.
    pub file: Option<Paper>,
    /// How far it is.
    pub state: String,
    /// Whether somebody must still complete it.
    pub open: bool,
    /// What is to be said by a person: what a row beside would say that is missing, or that others contradict; and what the
    /// source says of another client.
    pub must_say: BTreeSet<Target>,
    /// Where its attachments stand, that are not archived.
    pub attachments: Vec<u64>,
    /// What is shown of it: an answer to anything else is refused.
    pub seen: Seen,
    /// What is shown of it and its attachments: who leaves it out decides of these, too.
    pub seen_to_leave: Seen,
    /// What it is apart from what a rehearsal makes of it: while this is the same, what somebody writes is of the same row.
    pub same: Seen,
    /// Whether a run has begun: nothing is completed any more.
    pub begun: bool,
    /// Whether what is completed counts only when another person has checked it.
    pub checked_by_two: bool,
}

/// Whose a row is, and what its document will be called: for the line that is written before the row is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    /// The clients that the source and those who completed the row name.
    pub clients: Vec<PersonalIdentityCode>,
    /// The document's identifier in the archive.
    pub document: Option<Oid>,
}

/// A file of the delivery, as it is shown.
#[derive(Debug, Clone)]
pub enum File {
    /// A page that the archive would take, or that was made of the file.
    Page(String),
    /// A PDF file, or what was made of a scan.
    Pdf(Vec<u8>),
    /// Text that is shown as it is: of a page that is no safe one, too.
    Text(String),
    /// Something that is not shown, but can be taken along: its kind.
    Other(Kind, Vec<u8>),
}

/// What is said of a file: addresses and the use log name it by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// What it is.
    pub kind: Kind,
    /// How large it is.
    pub bytes: u64,
    /// Its digest: what was shown is kept, and nothing else.
    pub digest: Seen,
}

impl Paper {
    fn of(bytes: &[u8]) -> Self {
        let sum = hexadecimal(digest(&SHA256, bytes).as_ref());
        Self { kind: Kind::of(bytes), bytes: bytes.len() as u64, digest: Seen(sum) }
    }
}

/// A file of the delivery that somebody names for a row: it is shown before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which one it is in the delivery: its name may be a client's, and stands in no address.
    pub at: usize,
    /// What it is.
    pub paper: Paper,
}

/// What the work file has of a row.
pub(super) struct Known {
    pub(super) number: i64,
    pub(super) place: u64,
    pub(super) row: RowName,
    pub(super) values: Values,
    pub(super) file: Option<usize>,
    kind: Option<String>,
    bytes: Option<i64>,
    pub(super) digest: Option<Vec<u8>>,
    state: String,
    /// The client's code, and what the organisation calls the client, as the source says them.
    pub(super) own: [Option<String>; 2],
}

impl Known {
    /// What the rehearsal found of the row's own file.
    fn own_paper(&self) -> Option<Paper> {
        Some(Paper {
            kind: Kind::of_name(self.kind.as_deref()?)?,
            bytes: self.bytes?.unsigned_abs(),
            digest: Seen(hexadecimal(self.digest.as_deref()?)),
        })
    }
}

/// What a row is called as a main document: as people last said, else as the source does. None where another row that is
/// brought is called so, too: attachments hang on that one then.
const MAIN: &str = "SELECT main.number, main.id FROM (
    SELECT number, coalesce((SELECT value FROM answer WHERE answer.row = item.row AND element = 'document'), source_id) AS id
    FROM item WHERE place = ?1) main
  WHERE main.id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM item other WHERE other.source_id = main.id AND other.number <> main.number AND other.left_out IS NULL
      AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = other.row
        AND (answer.element = 'row' OR answer.element = 'document' AND answer.value <> main.id)))";
/// The attachments of a main document, as the last rehearsal knows it, and nobody said otherwise since then.
const HANGING: &str = concat!(
    "SELECT item.place FROM item
  WHERE item.said ->> '$.main_document' = ?1 AND item.number <> ?2 AND item.receipt IS NULL AND ",
    shown!(),
    " AND coalesce(item.said ->> '$.main_document_batch', ?3) = ?3
  AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = item.row
    AND (answer.element = 'main_document' AND answer.value <> ?1
      OR answer.element = 'main_document_batch' AND answer.value NOT IN ('', ?3)))"
);
/// Rows of which people said on what they hang; from the answers to their rows, for answers are fewer.
const SAID_TO_HANG: &str = concat!(
    "SELECT answer.value, item.place FROM answer CROSS JOIN item USING (row)
  WHERE answer.element = 'main_document' AND item.receipt IS NULL AND ",
    shown!(),
    " AND coalesce((SELECT value FROM answer batch WHERE batch.row = item.row AND batch.element = 'main_document_batch'),
    item.said ->> '$.main_document_batch', '') IN ('', ?1)"
);

impl Queue {
    /// Whose a row is, as far as it reads: for the line that is written before the row is shown, and for nobody's eyes.
    ///
    /// # Errors
    /// [`QueueError::Missing`], and what SQLite says.
    pub fn whose(&self, place: u64) -> Result<Whose, QueueError> {
        let known = self.find_known(place, true)?.ok_or(QueueError::Missing)?;
        let mut named: Vec<String> = known.own[0].iter().cloned().collect();
        named.extend(known.values.get(&Target::IdentityCode).cloned());
        let mut document = known.values.get(&Target::Document).cloned();
        for one in given(&self.work, &known.row)? {
            match one.answer {
                Answer::Value(Target::IdentityCode, code) => named.push(code),
                Answer::Value(Target::Document, id) => document = Some(id),
                _ => {}
            }
        }
        named.dedup();
        Ok(Whose {
            clients: named
                .iter()
                .filter_map(|code| PersonalIdentityCode::parse(code).ok())
                .collect(),
            document: document.map(|id| identifiers::document(&self.mapping, &id)),
        })
    }

    /// A row that is not archived: what is, is a document of the archive, and decided of like any other.
    pub(super) fn known(&self, place: u64) -> Result<Known, QueueError> {
        let Some(known) = self.find_known(place, false)? else {
            // It may be archived by now.
            let begun = self.work.sends()? && self.find_known(place, true)?.is_some();
            let fault = Fault::new(FaultKind::BatchBegun, "row", "OLD-7");
            return Err(if begun { QueueError::Refused(vec![fault]) } else { QueueError::Missing });
        };
        Ok(known)
    }

    /// A row that is not archived, or is, too.
    fn find_known(&self, place: u64, archived_too: bool) -> Result<Option<Known>, QueueError> {
        let read = |row: &Row<'_>| {
            let said: String = row.get(1)?;
            let known = Known {
                number: row.get(0)?,
                place,
                values: BTreeMap::new(),
                file: row.get::<_, Option<i64>>(2)?.and_then(|at| usize::try_from(at).ok()),
                kind: row.get(3)?,
                bytes: row.get(4)?,
                state: row.get(5)?,
                row: row.get(6)?,
                digest: row.get(7)?,
                own: [row.get(8)?, row.get(9)?],
            };
            Ok((known, said))
        };
        let found = self
            .work
            .connection()
            .prepare_cached(concat!(
                "SELECT number, said, file, kind, bytes, state, row, digest, source_code, source_client
                 FROM item WHERE place = ?1 AND (receipt IS NULL OR ?2) AND ",
                shown!()
            ))?
            .query_row((place.cast_signed(), archived_too), read)
            .optional()?;
        let Some((known, said)) = found else { return Ok(None) };
        Ok(Some(Known { values: read_values(&said)?, ..known }))
    }

    /// A row.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], [`QueueError::Missing`], and what cannot be read.
    pub fn row(&self, permit: &OldDataPermit, place: u64) -> Result<QueuedRow, QueueError> {
        self.permitted(permit)?;
        let known = self.known(place)?;
        // Beside another delivery than was rehearsed no row is shown.
        self.delivery()?;
        let read = source_row(&self.mapping, &self.work, place)?;
        let read = read.filter(|read| known.row.starts_with(&digest_of(read)));
        let Some(read) = read else { return Err(QueueError::Changed) };
        let pairs = read.columns.iter().cloned().zip(read.values);
        let source = pairs.map(|(column, value)| SourceValue { column, value }).collect();
        let given = given(&self.work, &known.row)?;
        let faults = faults_of(&self.work, known.number)?;
        let decisions = self.decisions(&known, &faults)?;
        let asks =
            |fault: &&FaultGroup| ASK_WHAT_IS_BESIDE.iter().any(|kind| kind.code() == fault.code);
        let unsaid = faults.iter().filter(asks);
        let beside = unsaid.flat_map(|fault| beside(&self.mapping, &fault.element)).collect();
        let another_file = named_file(&known.values, &given).is_some();
        let all = || given.iter().map(|one| &one.answer);
        let mut must_say = self.of_another(&known.own, all());
        must_say.extend::<BTreeSet<Target>>(beside);
        let order = self.order_of_source(&known)?;
        // Asked from the start, and not only once somebody has named the client.
        must_say.extend(asked_with_the_code(&known.own, order.as_deref(), &self.mapping));
        must_say.retain(|target| !all().any(|one| one.target() == Some(*target)));
        let same = self.self_same(&known)?;
        let file = if another_file {
            self.paper(&known)?.map(|bytes| Paper::of(&bytes))
        } else {
            known.own_paper()
        };
        let attachments = self.attachments(&[place])?;
        let with_attachments = [&[place][..], &attachments].concat();
        let mut values = known.values;
        for one in &given {
            if let Answer::Value(target, value) = &one.answer {
                values.insert(*target, value.clone());
            }
        }
        Ok(QueuedRow {
            place,
            values,
            source,
            faults,
            given,
            decisions,
            file,
            state: known.state,
            open: self.open_for(place)? > 0,
            must_say,
            attachments,
            seen: self.seen(&[place])?,
            seen_to_leave: self.seen(&with_attachments)?,
            same,
            begun: self.work.sends()?,
            checked_by_two: self.mapping.checked_by_two,
        })
    }

    /// The decisions that a row gives cause for: one that fits nothing would let a document go.
    pub(super) fn decisions(
        &self,
        known: &Known,
        faults: &[FaultGroup],
    ) -> Result<Vec<Decision>, QueueError> {
        let mut fitting = Vec::new();
        let elsewhere = !self.mapping.kept_elsewhere.trim().is_empty();
        // What a shifted row says of its document is another column's: whether there is one, nobody knows.
        if faults.iter().any(|fault| is_mended_in_the_source(&fault.code)) {
            return Ok(elsewhere.then_some(Decision::StaysElsewhere).into_iter().collect());
        }
        if self.is_delivered_twice(known)? {
            fitting.push(Decision::DeliveredTwice);
        }
        if faults.iter().any(|fault| super::has_nothing_to_bring(&fault.code, &fault.element)) {
            fitting.push(Decision::NothingToBring);
        }
        if elsewhere {
            fitting.push(Decision::StaysElsewhere);
        }
        Ok(fitting)
    }

    /// Whether another row that is brought has the same document, as the next rehearsal will judge it: with what was answered
    /// of both by now.
    fn is_delivered_twice(&self, known: &Known) -> Result<bool, QueueError> {
        self.is_in_another_row(known, &self.sayings(known)?)
    }

    /// Whether it would be without what was answered of it.
    pub(super) fn is_delivered_twice_by_the_source(
        &self,
        known: &Known,
    ) -> Result<bool, QueueError> {
        let own = of_source(&self.mapping, &self.work, known.place)?;
        self.is_in_another_row(known, &Sayings { all: own.clone(), own })
    }

    fn is_in_another_row(&self, known: &Known, own: &Sayings) -> Result<bool, QueueError> {
        for other in of_the_file(&self.work, known.number)? {
            // A row that is shown to nobody is no reason.
            let Some(other) = self.find_known(other, true)? else { continue };
            let given = given(&self.work, &other.row)?;
            if given.iter().any(|one| matches!(one.answer, Answer::NotBrought(_))) {
                continue;
            }
            if own.is_the_document_of(&self.sayings(&other)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is said of a row, with what was answered since the rehearsal.
    pub(super) fn sayings(&self, known: &Known) -> Result<Sayings, QueueError> {
        let mut said = Sayings::of(&self.mapping, &self.work, known.place)?;
        let given = given(&self.work, &known.row)?;
        if given.iter().any(|one| one.answer.target().is_some()) {
            said.own = of_source(&self.mapping, &self.work, known.place)?;
        }
        for one in given {
            if let Answer::Value(target, value) = one.answer {
                said.all.insert(target, value);
            }
        }
        said.all.retain(|_, value| !value.is_empty());
        Ok(said)
    }

    /// Where the attachments of rows stand, that are not archived: for the lines that are written before something is done
    /// with them, too. An attachment hangs on what people last said, and on this batch's documents; on one of several rows
    /// with the same identifier only when none of the others is brought.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn attachments(&self, places: &[u64]) -> Result<Vec<u64>, QueueError> {
        let (connection, batch) = (self.work.connection(), &self.mapping.batch);
        let mut said: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (main, place) in self.said_to_hang()? {
            said.entry(main).or_default().push(place);
        }
        let mut main = connection.prepare_cached(MAIN)?;
        let mut hanging = connection.prepare_cached(HANGING)?;
        let mut all = BTreeSet::new();
        for place in places {
            let found = main.query_row([place.cast_signed()], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            });
            let Some((number, id)) = found.optional()? else { continue };
            for one in hanging.query_map((&id, number, batch), |row| row.get::<_, i64>(0))? {
                all.insert(one?.unsigned_abs());
            }
            all.extend(said.get(&id).into_iter().flatten().filter(|one| *one != place));
        }
        Ok(all.into_iter().collect())
    }

    /// On what people said that rows hang, with where these stand.
    fn said_to_hang(&self) -> Result<Vec<(String, u64)>, QueueError> {
        let mut statement = self.work.connection().prepare_cached(SAID_TO_HANG)?;
        let said = statement.query_map([&self.mapping.batch], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        Ok(said.collect::<Result<_, _>>()?)
    }

    /// Rows with their attachments behind them, each once.
    pub(super) fn with_attachments(&self, mut places: Vec<u64>) -> Result<Vec<u64>, QueueError> {
        let also = self.attachments(&places)?;
        let mains: BTreeSet<u64> = places.iter().copied().collect();
        places.extend(also.into_iter().filter(|place| !mains.contains(place)));
        Ok(places)
    }

    /// Those attachments of rows that stayed elsewhere in the same act as these: they come back with them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn returning(&self, places: &[u64]) -> Result<Vec<u64>, QueueError> {
        let stays = |one: &Given| one.answer == Answer::NotBrought(Decision::StaysElsewhere);
        let mut returning = BTreeSet::new();
        for place in places {
            let main = given(&self.work, &self.named(*place)?)?.into_iter().find(stays);
            let Some(Given { by: (by, at), .. }) = main else { continue };
            for place in self.attachments(&[*place])? {
                let mut given = given(&self.work, &self.named(place)?)?.into_iter();
                let followed =
                    |one: Given| stays(&one) && one.by.0.actor == by.actor && one.by.1 == at;
                if given.any(followed) {
                    returning.insert(place);
                }
            }
        }
        Ok(returning.into_iter().collect())
    }

    /// Rows that the source calls attachments of these, and that do not come with them: somebody said that they hang on
    /// something else or on nothing, or decided of them.
    pub(super) fn apart(&self, mains: &[u64]) -> Result<Vec<u64>, QueueError> {
        let of_source = |place: u64, target: Target| -> Result<Option<String>, QueueError> {
            let row = source_row(&self.mapping, &self.work, place)?;
            Ok(row.and_then(|row| self.mapping.value(target, &row).ok().flatten()))
        };
        let mut called = BTreeSet::new();
        for place in mains {
            called.extend(of_source(*place, Target::Document)?);
        }
        let mut apart = BTreeSet::new();
        for (main, place) in self.said_to_hang()? {
            let by_source = || of_source(place, Target::MainDocument);
            if !called.contains(&main) && by_source()?.is_some_and(|main| called.contains(&main)) {
                apart.insert(place);
            }
        }
        for place in self.attachments(mains)? {
            let given = given(&self.work, &self.named(place)?)?;
            if given.iter().any(|one| matches!(one.answer, Answer::NotBrought(_))) {
                apart.insert(place);
            }
        }
        Ok(apart.into_iter().collect())
    }

    /// Those attachments of rows of which nobody answered anything: they stay where their main documents stay.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn followers(&self, places: &[u64]) -> Result<Vec<u64>, QueueError> {
        let mains: BTreeSet<&u64> = places.iter().collect();
        let mut following = BTreeSet::new();
        for place in self.attachments(places)? {
            if !mains.contains(&place) && given(&self.work, &self.named(place)?)?.is_empty() {
                following.insert(place);
            }
        }
        Ok(following.into_iter().collect())
    }

    /// The file of the delivery that somebody names for a row; `None` where there is no such one, or it is another row's.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], [`QueueError::Missing`], and what cannot be read.
    pub fn named_file(
        &self,
        permit: &OldDataPermit,
        place: u64,
        name: &str,
    ) -> Result<Option<Named>, QueueError> {
        self.permitted(permit)?;
        let known = self.known(place)?;
        self.list_anew()?;
        let Found::One(at) = self.delivery()?.find(name) else { return Ok(None) };
        if self.not_of_the_row(&known, Target::File, name)?.is_some() {
            return Ok(None);
        }
        let bytes = self.delivery()?.read(at)?;
        Ok(Some(Named { at, paper: Paper::of(&bytes) }))
    }

    /// The file of a row with this digest, as it is shown; or one of the delivery that somebody names for it, before it is
    /// kept: one that no other row names.
    ///
    /// # Errors
    /// As [`Queue::named_file`]; [`QueueError::Missing`] also where it is another row's, or has another digest.
    pub fn file_at(
        &self,
        permit: &OldDataPermit,
        place: u64,
        (at, shown): (Option<usize>, &str),
    ) -> Result<File, QueueError> {
        self.permitted(permit)?;
        let known = self.known(place)?;
        let bytes = match at {
            Some(at) => self.read_at(&known, at)?,
            None => self.paper(&known)?.ok_or(QueueError::Missing)?,
        };
        // Who was not given the digest names no file by counting.
        if hexadecimal(digest(&SHA256, &bytes).as_ref()) != shown {
            return Err(QueueError::Missing);
        }
        Ok(self.shown(bytes))
    }

    /// A file of the delivery that is no table, and none of another row.
    fn read_at(&self, known: &Known, at: usize) -> Result<Vec<u8>, QueueError> {
        let delivery = self.delivery()?;
        let name = delivery.entries().get(at).map(|entry| entry.name.clone());
        let name = name.ok_or(QueueError::Missing)?;
        if self.not_of_the_row(known, Target::File, &name)?.is_some() {
            return Err(QueueError::Missing);
        }
        Ok(delivery.read(at)?)
    }

    /// The file of a row: the one that was rehearsed, or the one that somebody named since then.
    pub(super) fn paper(&self, known: &Known) -> Result<Option<Vec<u8>>, QueueError> {
        let delivery = self.delivery()?;
        if let Some(named) = named_file(&known.values, &given(&self.work, &known.row)?) {
            return match delivery.find(named) {
                Found::One(at) => Ok(Some(delivery.read(at)?)),
                Found::None | Found::Several(_) => Ok(None),
            };
        }
        let Some(at) = known.file else { return Ok(None) };
        let bytes = delivery.read(at)?;
        // The same place in the delivery may be another file's by now, and another client's.
        if known.digest.as_deref() == Some(digest(&SHA256, &bytes).as_ref()) {
            Ok(Some(bytes))
        } else {
            Err(QueueError::Changed)
        }
    }

    /// What is said of another client than these answers name: it is to be said of this one.
    pub(super) fn of_another<'a>(
        &self,
        own: &[Option<String>; 2],
        all: impl Iterator<Item = &'a Answer>,
    ) -> BTreeSet<Target> {
        let said = clients(all);
        if !is_another([said[0].as_deref(), said[1].as_deref()], own) {
            return BTreeSet::new();
        }
        let of_client = |target: &&Target| target.is_of_the_client() && self.mapping.says(**target);
        Target::ALL.iter().filter(of_client).copied().collect()
    }

    /// What the source says of an order of non-disclosure in a row.
    pub(super) fn order_of_source(&self, known: &Known) -> Result<Option<String>, QueueError> {
        let sql = "SELECT source_order FROM item WHERE number = ?";
        let mut statement = self.work.connection().prepare_cached(sql)?;
        Ok(statement.query_row([known.number], |row| row.get(0))?)
    }

    /// As [`crate::answers::Answers::asks_for`], of answers that no rehearsal has taken in yet.
    pub(super) fn asks_for<'a>(
        &self,
        known: &Known,
        all: impl Iterator<Item = &'a Answer>,
        order: Option<&str>,
    ) -> BTreeSet<Target> {
        let [code, _] = clients(all);
        Answers::naming(code).asks_for(&known.own, order, &self.mapping)
    }

    /// Whether the file of a row, or one that is named for it, is shown in a frame, and whether that frame can be shut off from everything: what a
    /// browser shows by a viewer of its own cannot.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what cannot be read; a file that is not there is shown in no frame.
    pub fn way_of(
        &self,
        permit: &OldDataPermit,
        place: u64,
        named: Option<&Named>,
    ) -> Result<(bool, bool), QueueError> {
        let file = match named {
            Some(Named { at, paper }) => {
                self.file_at(permit, place, (Some(*at), paper.digest.as_str()))
            }
            None => self.file(permit, place),
        };
        match file {
            Ok(File::Page(_) | File::Text(_)) => Ok((true, true)),
            Ok(File::Pdf(_)) => Ok((true, false)),
            Ok(File::Other(..)) | Err(QueueError::Missing | QueueError::Delivery(_)) => {
                Ok((false, false))
            }
            Err(error) => Err(error),
        }
    }

    /// The file of a row, as it is shown.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], [`QueueError::Missing`] also where the row has no file, and what cannot be read.
    pub fn file(&self, permit: &OldDataPermit, place: u64) -> Result<File, QueueError> {
        self.permitted(permit)?;
        let known = self.known(place)?;
        Ok(self.shown(self.paper(&known)?.ok_or(QueueError::Missing)?))
    }

    /// A file as it is shown.
    fn shown(&self, bytes: Vec<u8>) -> File {
        let kind = Kind::of(&bytes);
        if kind == Kind::Pdf {
            return File::Pdf(bytes);
        }
        // Shown as the archive would have it: converted, also where the mapping does not choose to.
        let mut chosen = self.mapping.convert.clone();
        chosen.kinds.extend([kind]);
        let page = |bytes: &[u8]| safe_copy(bytes, "–", "fi").ok().map(File::Page);
        if kind == Kind::Xhtml {
            let text = || File::Text(String::from_utf8_lossy(&bytes).into_owned());
            return page(&bytes).unwrap_or_else(text);
        }
        if let Ok((made, made_of_it)) =
            Converter::new(&chosen, self.work.folder()).convert(kind, &bytes)
        {
            let shown = match made.part() {
                Some(Part::Pdf) => Some(File::Pdf(made_of_it)),
                _ => page(&made_of_it),
            };
            if let Some(shown) = shown {
                return shown;
            }
        }
        match kind {
            Kind::Html | Kind::Xml | Kind::Text => {
                File::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => File::Other(kind, bytes),
        }
    }
}

/// The file that somebody named of a row since it was rehearsed.
fn named_file<'g>(values: &Values, given: &'g [Given]) -> Option<&'g str> {
    let known = values.get(&Target::File).map_or("", String::as_str);
    given.iter().find_map(|one| match &one.answer {
        Answer::Value(Target::File, named) if named.as_str() != known => Some(named.as_str()),
        _ => None,
    })
}

/// The client's code, and what the organisation calls the client, as these answers say them.
pub(super) fn clients<'a>(all: impl Iterator<Item = &'a Answer>) -> [Option<String>; 2] {
    let mut said = [None, None];
    for one in all {
        match one {
            Answer::Value(Target::IdentityCode, code) => said[0] = Some(code.clone()),
            Answer::Value(Target::Client, client) => said[1] = Some(client.clone()),
            _ => {}
        }
    }
    said
}
