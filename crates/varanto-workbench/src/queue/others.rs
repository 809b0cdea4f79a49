//! Other rows of the same client: where something that a row does not say may stand, and what contradicts what somebody says
//! of the client. A rehearsal compares everything; who answers is told of it before it is kept.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::params;
use varanto_domain::access::OldDataPermit;
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{ClientState, have_a_name_in_common, is_before_birth};
use varanto_domain::time::FinnishDay;

use super::row::Known;
use super::{Queue, QueueError, Seen, shown};
use crate::answers::{Answer, Given, ORDER, given};
use crate::conversion::hexadecimal;
use crate::documents::{Values, moment};
use crate::mapping::Target;
use crate::work::{RowName, read_values};

/// Another row of the same client, by the identity code or by what the source calls the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The row.
    pub place: u64,
    /// The day on which the document was written, where it reads.
    pub day: Option<String>,
    /// The general document type, where the mapping made one.
    pub general_type: Option<String>,
    /// How far it is.
    pub state: String,
    /// Whether an identity code that reads stands in it.
    pub has_code: bool,
}

/// Other rows that say otherwise of the client than an answer does; or, of a document that would be older than its client,
/// none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// The fault that the next rehearsal would find.
    pub kind: FaultKind,
    /// Where they stand.
    pub places: Vec<u64>,
}

/// Everything that an answer is against, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllAgainst {
    /// Each kind.
    pub all: Vec<Against>,
    /// What is shown: who says that it is so nevertheless says it of this.
    pub seen: Seen,
}

/// How many rows of one client are compared with an answer at most.
const COMPARED: i64 = 5000;

/// Rows other than one that are of a client: by what the source calls the client, by the code that was read, or by one that
/// somebody said since.
macro_rules! of_client {
    () => {
        concat!(
            "item.number <> ?1 AND item.number IN (
               SELECT number FROM item WHERE source_client = ?2
               UNION SELECT number FROM item WHERE client = ?3
               UNION SELECT number FROM answer CROSS JOIN item USING (row)
                 WHERE answer.element = 'client' AND answer.value = ?2
                   OR answer.element = 'client.identity_code' AND answer.value = ?3)
             AND ",
            shown!()
        )
    };
}

const COUNT: &str = concat!("SELECT count(*) FROM item WHERE ", of_client!());
/// Those that have a code first: who looks for one opens them.
const LISTED: &str = concat!(
    "SELECT item.place, coalesce(item.day, substr(item.said ->> '$.written_at', 1, 10)), item.said ->> '$.general_type',
       item.state, item.client IS NOT NULL OR EXISTS (
         SELECT 1 FROM answer WHERE answer.row = item.row AND answer.element = 'client.identity_code') AS known
     FROM item WHERE ",
    of_client!(),
    " ORDER BY known DESC, item.place LIMIT ?4"
);
const COMPARE: &str = concat!(
    "SELECT item.place, item.said, item.row, item.left_out IS NOT NULL FROM item WHERE ",
    of_client!(),
    " ORDER BY item.place LIMIT ?4"
);

/// What a row says, with what was answered of it.
struct Row {
    place: u64,
    said: Values,
    /// Whether it is not brought, whoever decided so.
    left_out: bool,
    /// Whether a person decided so.
    decided: bool,
}

impl Row {
    fn of(place: u64, mut said: Values, left_out: bool, given: &[Given]) -> Self {
        let mut decided = false;
        for one in given {
            match &one.answer {
                Answer::Value(target, value) => drop(said.insert(*target, value.clone())),
                Answer::NotBrought(_) => decided = true,
                Answer::Stands(_) | Answer::TakenBack => {}
            }
        }
        Self { place, said, left_out, decided }
    }

    fn said(&self, target: Target) -> Option<&str> {
        self.said.get(&target).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn code(&self) -> Option<PersonalIdentityCode> {
        self.said(Target::IdentityCode).and_then(|code| PersonalIdentityCode::parse(code).ok())
    }

    fn state(&self) -> Option<ClientState> {
        self.said(Target::State).and_then(ClientState::of_name)
    }

    fn has_order(&self) -> bool {
        self.said(Target::NonDisclosure) == Some(ORDER)
    }

    fn is_named_alike(&self, other: &Self) -> bool {
        let named = self.said(Target::Client);
        named.is_some() && named == other.said(Target::Client)
    }

    /// Whether both are of one client: by the code, or where one of them has none, by what the source calls the client.
    fn is_of_one_client(&self, other: &Self) -> bool {
        match (self.code(), other.code()) {
            (Some(code), Some(another)) => code == another,
            _ => self.is_named_alike(other),
        }
    }

    /// Whether another row says that the client stands otherwise: with the same controller in any way, with another one in
    /// life or death.
    fn stands_otherwise(&self, other: &Self) -> bool {
        let (Some(state), Some(another)) = (self.state(), other.state()) else { return false };
        if self.said(Target::Controller) != other.said(Target::Controller) {
            let dead = |state| state == ClientState::Deceased;
            return dead(state) != dead(another);
        }
        let relationships = [self, other].map(|row| row.said(Target::Relationship));
        let differ = match relationships {
            [Some(one), Some(another)] => one != another,
            _ => false,
        };
        state != another || (state == ClientState::Active && differ)
    }

    /// Whether another row has the same code and no given name in common.
    fn is_named_otherwise(&self, other: &Self) -> bool {
        let names = [self, other].map(|row| row.said(Target::GivenNames));
        let [Some(one), Some(another)] = names else { return false };
        self.code().is_some() && self.code() == other.code() && !have_a_name_in_common(one, another)
    }

    /// Whether another row has another code of whom the source calls the same.
    fn has_another_code(&self, other: &Self) -> bool {
        let codes = (self.code(), other.code());
        matches!(codes, (Some(one), Some(another)) if one != another) && self.is_named_alike(other)
    }

    fn is_older_than_its_client(&self) -> bool {
        let written = self.said(Target::WrittenAt).and_then(moment).map(FinnishDay::of);
        let born = self.code().map(|code| code.birth_day());
        matches!((written, born), (Some(written), Some(born)) if is_before_birth(written, born))
    }
}

impl Queue {
    /// Other rows of the client of a row, those with an identity code first, so many at most; and how many there are.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], [`QueueError::Missing`], and what SQLite says.
    pub fn others(
        &self,
        permit: &OldDataPermit,
        place: u64,
        most: usize,
    ) -> Result<(Vec<Other>, u64), QueueError> {
        self.permitted(permit)?;
        let known = self.known(place)?;
        let row = Row::of(place, known.values.clone(), false, &given(&self.work, &known.row)?);
        let (client, code) = named(&row, &known);
        let connection = self.work.connection();
        let count: i64 = connection
            .prepare_cached(COUNT)?
            .query_row(params![known.number, client, code], |row| row.get(0))?;
        let mut statement = connection.prepare_cached(LISTED)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let others = statement.query_map(params![known.number, client, code, most], |row| {
            Ok(Other {
                place: row.get::<_, i64>(0)?.unsigned_abs(),
                day: row.get(1)?,
                general_type: row.get(2)?,
                state: row.get(3)?,
                has_code: row.get(4)?,
            })
        })?;
        Ok((others.collect::<Result<_, _>>()?, count.unsigned_abs()))
    }

    /// What answers of a row are against: other rows of the client that say otherwise how the client stands, what the client
    /// is called or which code is the client's, or that there is an order of non-disclosure; and that the document would be
    /// older than its client. None is wrong by itself: who is sure says so, and what the other rows say is mended there.
    ///
    /// # Errors
    /// As [`Queue::others`].
    pub fn against(
        &self,
        permit: &OldDataPermit,
        place: u64,
        answers: &[Answer],
    ) -> Result<AllAgainst, QueueError> {
        self.permitted(permit)?;
        let touched: BTreeSet<Target> = answers.iter().filter_map(Answer::target).collect();
        if touched.is_empty() {
            return Ok(AllAgainst::default());
        }
        let known = self.known(place)?;
        let before = given(&self.work, &known.row)?;
        let mut row = Row::of(place, known.values.clone(), false, &before);
        for one in answers {
            if let Answer::Value(target, value) = one {
                row.said.insert(*target, value.clone());
            }
        }
        let others = self.rows_of_client(&row, &known)?;
        let mut all = Vec::new();
        for (kind, turns_on) in TURNS_ON {
            if !turns_on.iter().any(|target| touched.contains(target)) {
                continue;
            }
            let is_against = |other: &&Row| match kind {
                FaultKind::ClientOfTwoStates => {
                    !other.left_out && row.is_of_one_client(other) && row.stands_otherwise(other)
                }
                FaultKind::CodeOfTwoNames => row.is_named_otherwise(other),
                FaultKind::ClientOfTwoCodes => row.has_another_code(other),
                _ => {
                    !row.has_order()
                        && other.has_order()
                        && (row.is_of_one_client(other) || row.is_named_alike(other))
                }
            };
            let places: Vec<u64> = others
                .iter()
                .filter(|other| !other.decided)
                .filter(is_against)
                .map(|other| other.place)
                .collect();
            if !places.is_empty() {
                all.push(Against { kind, places });
            }
        }
        let days = [Target::IdentityCode, Target::WrittenAt];
        if days.iter().any(|target| touched.contains(target)) && row.is_older_than_its_client() {
            all.push(Against { kind: FaultKind::WrittenBeforeBirth, places: Vec::new() });
        }
        Ok(AllAgainst::of(all))
    }

    /// The other rows of a client, as they are now.
    fn rows_of_client(&self, row: &Row, known: &Known) -> Result<Vec<Row>, QueueError> {
        let (client, code) = named(row, known);
        let mut statement = self.work.connection().prepare_cached(COMPARE)?;
        let mut rows = statement.query(params![known.number, client, code, COMPARED])?;
        let mut others = Vec::new();
        while let Some(row) = rows.next()? {
            let said = read_values(row.get_ref(1)?.as_str().unwrap_or_default())?;
            let name: RowName = row.get(2)?;
            let place = row.get::<_, i64>(0)?.unsigned_abs();
            others.push(Row::of(place, said, row.get(3)?, &given(&self.work, &name)?));
        }
        Ok(others)
    }
}

/// What each kind of contradiction turns on: where none of it is answered, none is new; and where some is, nothing that was
/// let stand before counts any more.
const TURNS_ON: [(FaultKind, &[Target]); 4] = [
    (
        FaultKind::ClientOfTwoStates,
        &[Target::State, Target::Relationship, Target::IdentityCode, Target::Client],
    ),
    (FaultKind::CodeOfTwoNames, &[Target::GivenNames, Target::IdentityCode]),
    (FaultKind::ClientOfTwoCodes, &[Target::IdentityCode, Target::Client]),
    (FaultKind::OrderOnAnotherRow, &[Target::NonDisclosure, Target::IdentityCode, Target::Client]),
];

/// What the source calls the client of a row, or people do, and the client's code.
fn named(row: &Row, known: &Known) -> (Option<String>, Option<String>) {
    let client = row.said(Target::Client).map(str::to_owned).or_else(|| known.own[1].clone());
    (client, row.code().map(|code| code.reveal().to_owned()))
}

impl AllAgainst {
    fn of(all: Vec<Against>) -> Self {
        if all.is_empty() {
            return Self::default();
        }
        let told = all.iter().map(|one| format!("{} {:?}", one.kind.code(), one.places));
        let told: Vec<String> = told.collect();
        let seen = Seen(hexadecimal(digest(&SHA256, told.join("\n").as_bytes()).as_ref()));
        Self { all, seen }
    }
}
