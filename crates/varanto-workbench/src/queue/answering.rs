//! Answers: one row's, or those of all rows that want the same; checked by another person, and taken back.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use rusqlite::OptionalExtension;
use varanto_app::Registry;
use varanto_domain::access::OldDataPermit;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::Instant;

use super::row::{Known, clients};
use super::{
    Cause, Queue, QueueError, Seen, alike, has_no_file, is_mended_in_the_source, may_be_answered,
    target_of,
};
use crate::answers::{
    self, ASK_WHAT_IS_BESIDE, Answer, Decision, Given, Giving, ORDER, Person, beside, lifts,
    order_stands, with_what_follows,
};
use crate::delivery::{Delivery, Found};
use crate::documents::{Values, read_document};
use crate::mapping::{Target, Unmapped, WhyUnmapped};
use crate::reading::source_row;
use crate::rehearsal::{Rehearsal, why_not_brought};
use crate::report::{FaultGroup, faults_of};
use crate::work::{FINGERPRINT, Item};

/// How many rows of a cause are answered together at most: of more, the mapping file is the place to say it.
pub const MOST: usize = 50_000;
/// How long a value may be, in characters.
const LONGEST: usize = 500;

/// The faults that are found while the index is read: what has one is faulty, and is left out by no choice.
const OF_READING: [FaultKind; 12] = [
    FaultKind::NotOneRelationship,
    FaultKind::UnmappedValue,
    FaultKind::UnreadableDay,
    FaultKind::Undecodable,
    FaultKind::ErrorOfSheet,
    FaultKind::SurplusValues,
    FaultKind::MissingValues,
    FaultKind::NoRowBeside,
    FaultKind::RowsBesideDiffer,
    FaultKind::MissingElement,
    FaultKind::MissingFile,
    FaultKind::AmbiguousFile,
];

/// That what was completed is right with the file that is shown now: a decision, too.
const CONFIRMED: Answer = Answer::Stands(FaultKind::AnswerOfAnotherFile);

/// That a row stays elsewhere: its attachments stay there with it.
const STAYS: Answer = Answer::NotBrought(Decision::StaysElsewhere);

/// What was answered of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bulk {
    /// Rows that were answered.
    pub answered: u64,
    /// Rows that it did not fit.
    pub left: u64,
    /// Rows that were answered and that the archive plan, for what was answered, does not bring.
    pub not_brought: u64,
    /// What becomes of their attachments.
    pub attachments: Attachments,
}

/// What becomes of the attachments of what is not brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attachments {
    /// They stay elsewhere with it.
    pub stay: u64,
    /// They want an answer of their own now.
    pub wait: u64,
}

/// What was kept of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Why the archive plan does not bring the row, where that follows from what was answered and nobody else must check it.
    pub not_brought: Option<&'static str>,
    /// What becomes of its attachments, where it is not brought.
    pub attachments: Attachments,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenBack {
    /// Rows of which something was answered.
    pub rows: u64,
    /// Attachments that came back with them.
    pub attachments: u64,
    /// Rows that the source calls attachments of theirs, and that do not come with them: somebody said otherwise.
    pub apart: Vec<u64>,
}

impl Queue {
    /// Keeps what a person answered of a row that they were shown, where it is as right as one row alone can tell; who leaves
    /// it out was shown its attachments, too.
    ///
    /// # Errors
    /// [`QueueError::Refused`] with every fault; [`QueueError::NotPermitted`], [`QueueError::Missing`],
    /// [`QueueError::Changed`], and what cannot be read or written.
    pub fn answer(
        &self,
        permit: &OldDataPermit,
        (place, seen): (u64, &Seen),
        given: &[Answer],
        by: (&Person, Instant),
        registry: &Registry,
    ) -> Result<Kept, QueueError> {
        self.permitted(permit)?;
        let leaves = given.iter().any(|one| matches!(one, Answer::NotBrought(_)));
        self.still_so_to(leaves, vec![place], seen)?;
        let known = self.known(place)?;
        let given = &*with_what_follows(given, &self.mapping);
        if given.iter().any(|one| matches!(one, Answer::Value(Target::File, _))) {
            self.list_anew()?;
        }
        let faults = self.judge(&known, given, by.1, registry, true)?;
        if !faults.is_empty() {
            return Err(QueueError::Refused(faults));
        }
        let shown = match self.paper(&known) {
            Ok(bytes) => bytes.map(|bytes| digest(&SHA256, &bytes)),
            // What cannot be read was shown to nobody.
            Err(QueueError::Delivery(_)) => None,
            Err(error) => return Err(error),
        };
        let named = self.named_paper(given)?;
        // What another person must check leaves nothing out before.
        let waits = self.mapping.checked_by_two;
        let not_brought = if waits { None } else { self.not_brought(&known, given)? };
        let at = by.1.to_string();
        self.work.together(|work| -> Result<_, QueueError> {
            self.still_so_to(leaves, vec![place], seen)?;
            let giving = Giving {
                by: by.0,
                at: &at,
                serial: work.count_answers()?,
                // Whatever is said together with a file that is named is said beside that one.
                paper: named.as_ref().or(shown.as_ref()).map(AsRef::as_ref),
                vetted: answers::vetted(work, &known.row)?,
            };
            if !given.contains(&STAYS) {
                self.bring_attachments(place, &giving)?;
            }
            // One that is completed is brought.
            if leaves {
                self.forget_what_was_said(&known, given)?;
            } else if given.iter().any(|one| *one != CONFIRMED) {
                answers::bring(work, &known.row)?;
            }
            if giving.paper.is_some() && named.is_none() {
                // Everything that was answered before stood beside the file, too.
                answers::confirm(work, &known.row, &giving)?;
            }
            for target in given.iter().filter_map(Answer::target) {
                answers::unsettle(work, &known.row, target)?;
            }
            for one in given.iter().filter(|one| **one != CONFIRMED) {
                answers::keep(work, (&known.row, place), one, &giving)?;
            }
            let attachments = if leaves {
                self.leave_attachments(&[place], given.contains(&STAYS), &giving)?
            } else {
                Attachments::default()
            };
            Ok(Kept { not_brought, attachments })
        })
    }

    /// What would be wrong with answers of a row, if they were kept now.
    ///
    /// # Errors
    /// As [`Queue::answer`], but for [`QueueError::Refused`].
    pub fn faults(
        &self,
        permit: &OldDataPermit,
        place: u64,
        given: &[Answer],
        now: Instant,
        registry: &Registry,
    ) -> Result<Vec<Fault>, QueueError> {
        self.permitted(permit)?;
        let given = with_what_follows(given, &self.mapping);
        self.judge(&self.known(place)?, &given, now, registry, true)
    }

    /// A row that is not brought wants nothing else. Where it is the document of another row by what people said of it alone,
    /// that stays beneath.
    fn forget_what_was_said(&self, known: &Known, given: &[Answer]) -> Result<(), QueueError> {
        let is_twice = given.contains(&Answer::NotBrought(Decision::DeliveredTwice));
        if is_twice && !self.is_delivered_twice_by_the_source(known)? {
            answers::take_back_decisions(&self.work, &known.row)?;
        } else {
            answers::take_back(&self.work, &known.row)?;
        }
        Ok(())
    }

    /// Attachments of what is not brought stay where their main documents stay, unless somebody answered something of them
    /// already; else each of which nobody decided wants an answer now.
    fn leave_attachments(
        &self,
        mains: &[u64],
        stays: bool,
        giving: &Giving<'_>,
    ) -> Result<Attachments, QueueError> {
        let mut told = Attachments::default();
        let following = if stays { self.followers(mains)? } else { Vec::new() };
        for place in &following {
            let row = self.known(*place)?.row;
            // Nobody saw the files of these.
            let giving = Giving { paper: None, vetted: false, ..*giving };
            answers::keep(&self.work, (&row, *place), &STAYS, &giving)?;
            told.stay += 1;
        }
        for place in self.attachments(mains)? {
            let given = answers::given(&self.work, &self.named(place)?)?;
            let decided = given.iter().any(|one| matches!(one.answer, Answer::NotBrought(_)));
            told.wait += u64::from(!decided);
        }
        Ok(told)
    }

    /// The attachments that stayed elsewhere with a row come back with it: those that were decided in the same act. Answers
    /// of how many.
    fn bring_attachments(&self, place: u64, giving: &Giving<'_>) -> Result<u64, QueueError> {
        let returning = self.returning(&[place])?;
        for place in &returning {
            let row = self.known(*place)?.row;
            let vetted = self.mapping.checked_by_two && answers::vetted(&self.work, &row)?;
            answers::take_back(&self.work, &row)?;
            if vetted {
                let giving = Giving { paper: None, vetted, ..*giving };
                answers::keep(&self.work, (&row, *place), &Answer::TakenBack, &giving)?;
            }
        }
        Ok(returning.len() as u64)
    }

    /// Why the archive plan does not bring a row for what is answered of it. While it wants something else it is faulty,
    /// and is left out by nobody.
    fn not_brought(
        &self,
        known: &Known,
        given: &[Answer],
    ) -> Result<Option<&'static str>, QueueError> {
        let before = answers::given(&self.work, &known.row)?;
        let all = || before.iter().map(|one| &one.answer).chain(given);
        if !given.iter().any(|one| matches!(one, Answer::Value(..) | Answer::Stands(_))) {
            return Ok(None);
        }
        let waits = |fault: &FaultGroup| {
            let of_reading = OF_READING.iter().any(|kind| kind.code() == fault.code);
            let settles = |one: &Answer| match one {
                Answer::Value(target, _) => target_of(&fault.element) == Some(*target),
                Answer::Stands(kind) => kind.code() == fault.code,
                Answer::NotBrought(_) | Answer::TakenBack => false,
            };
            of_reading && !all().any(settles)
        };
        if faults_of(&self.work, known.number)?.iter().any(waits) {
            return Ok(None);
        }
        let mut values = known.values.clone();
        for one in all() {
            if let Answer::Value(target, value) = one {
                values.insert(*target, value.clone());
            }
        }
        values.retain(|_, value| !value.is_empty());
        let main = self.work.main_of(&values)?;
        let document = read_document(values, &mut Vec::new());
        Ok(document.and_then(|document| why_not_brought(&self.mapping, &document, main.as_ref())))
    }

    /// The digest of the file that is named anew.
    fn named_paper(&self, given: &[Answer]) -> Result<Option<Digest>, QueueError> {
        let delivery = self.delivery()?;
        for one in given {
            if let Answer::Value(Target::File, named) = one
                && let Found::One(at) = delivery.find(named)
            {
                return Ok(Some(digest(&SHA256, &delivery.read(at)?)));
            }
        }
        Ok(None)
    }

    /// Answers all open rows of a cause alike, as they were shown. The first of them is judged with the answer; whether it
    /// fits the others, the next rehearsal tells of each.
    ///
    /// # Errors
    /// As [`Queue::answer`].
    pub fn answer_all(
        &self,
        permit: &OldDataPermit,
        (cause, seen): (&Cause, &Seen),
        given: &Answer,
        by: (&Person, Instant),
        registry: &Registry,
    ) -> Result<Bulk, QueueError> {
        self.permitted(permit)?;
        let fits = match given {
            // Each client, document and file has its own, and rows have no more in common than the source's word.
            Answer::Value(target, _) => alike(cause) == Some(*target),
            Answer::Stands(kind) => *kind == FaultKind::SameContent && kind.code() == cause.code,
            // What is broken for the archive may be shown by a browser: a person looks at each.
            Answer::NotBrought(Decision::NothingToBring) => {
                has_no_file(&cause.code, &cause.element)
            }
            Answer::NotBrought(_) => true,
            Answer::TakenBack => false,
        };
        if !fits {
            let fault = Fault::new(FaultKind::WrongValue, given.element(), "OLD-7");
            return Err(QueueError::Refused(vec![fault.arg("expected", &cause.element)]));
        }
        let leaves = matches!(given, Answer::NotBrought(_));
        let places = self.places(cause)?;
        let Some(first) = places.first().copied() else { return Err(QueueError::Missing) };
        self.still_so_to(leaves, places, seen)?;
        if *given == Answer::NotBrought(Decision::NothingToBring) {
            self.list_anew()?;
        }
        self.delivery()?;
        if !leaves {
            let given = std::slice::from_ref(given);
            let faults = self.judge(&self.known(first)?, given, by.1, registry, false)?;
            if !faults.is_empty() {
                return Err(QueueError::Refused(faults));
            }
        }
        let at = by.1.to_string();
        self.work.together(|_| -> Result<Bulk, QueueError> {
            let places = self.places(cause)?;
            self.still_so_to(leaves, places.clone(), seen)?;
            if places.len() as u64 != cause.rows {
                let changed = Fault::new(FaultKind::ChangedMeanwhile, "row", "OLD-7");
                return Err(QueueError::Refused(vec![changed]));
            }
            self.answer_each(&places, given, (by.0, &at))
        })
    }

    fn answer_each(
        &self,
        places: &[u64],
        given: &Answer,
        (by, at): (&Person, &str),
    ) -> Result<Bulk, QueueError> {
        let serial = self.work.count_answers()?;
        let (mut bulk, mut answered) = (Bulk::default(), Vec::new());
        for place in places {
            let known = self.known(*place)?;
            let vetted = answers::vetted(&self.work, &known.row)?;
            // Of many together nobody saw the files.
            let giving = Giving { by, at, serial, paper: None, vetted };
            if let Answer::NotBrought(decision) = given {
                let faults = faults_of(&self.work, known.number)?;
                if !self.decisions(&known, &faults)?.contains(decision) {
                    bulk.left += 1;
                    continue;
                }
                self.forget_what_was_said(&known, std::slice::from_ref(given))?;
            }
            if !self.mapping.checked_by_two {
                let not_brought = self.not_brought(&known, std::slice::from_ref(given))?;
                bulk.not_brought += u64::from(not_brought.is_some());
            }
            answers::keep(&self.work, (&known.row, *place), given, &giving)?;
            answered.push(*place);
        }
        bulk.answered = answered.len() as u64;
        if matches!(given, Answer::NotBrought(_)) {
            let giving = Giving { by, at, serial, paper: None, vetted: false };
            bulk.attachments = self.leave_attachments(&answered, *given == STAYS, &giving)?;
        }
        Ok(bulk)
    }

    /// Checks what others answered of rows, as the checker was shown each; answers of how many, and how many of them the
    /// archive plan does not bring for it.
    ///
    /// # Errors
    /// [`QueueError::Refused`] where one was changed meanwhile, or all of it is the checker's own;
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn check(
        &self,
        permit: &OldDataPermit,
        rows: &[(u64, Seen)],
        (by, at): (&Person, Instant),
    ) -> Result<Bulk, QueueError> {
        self.permitted(permit)?;
        let at = at.to_string();
        self.work.together(|work| {
            let serial = work.count_answers()?;
            let mut bulk = Bulk::default();
            for (place, seen) in rows {
                self.still_so(&[*place], seen)?;
                let row = self.named(*place)?;
                if answers::check(work, &row, (by, &at), serial)? == 0 {
                    bulk.left += 1;
                    continue;
                }
                bulk.answered += 1;
                let given = answers::given(work, &row)?.into_iter().map(|one| one.answer);
                let given: Vec<Answer> = given.collect();
                let not_brought = self.not_brought(&self.known(*place)?, &given)?;
                bulk.not_brought += u64::from(not_brought.is_some());
            }
            if bulk.answered > 0 {
                return Ok(bulk);
            }
            Err(QueueError::Refused(vec![Fault::new(FaultKind::OwnAnswer, "row", "OLD-7")]))
        })
    }

    /// Takes back what was answered of rows, as it was shown of each, as long as no run has begun. What two had agreed on
    /// waits for another person then, and the row with it.
    ///
    /// # Errors
    /// [`QueueError::Refused`], [`QueueError::NotPermitted`], and what SQLite says.
    pub fn take_back(
        &self,
        permit: &OldDataPermit,
        rows: &[(u64, Seen)],
        (by, at): (&Person, Instant),
    ) -> Result<TakenBack, QueueError> {
        self.permitted(permit)?;
        let at = at.to_string();
        self.work.together(|work| {
            let (serial, mut taken) = (work.count_answers()?, TakenBack::default());
            let mut decided = Vec::new();
            // All of it before anything comes back: an attachment may be ticked beside its main document.
            rows.iter().try_for_each(|(place, seen)| self.still_so(&[*place], seen))?;
            for (place, _) in rows {
                let row = self.named(*place)?;
                let given = answers::given(work, &row)?;
                if given.iter().any(|one| matches!(one.answer, Answer::NotBrought(_))) {
                    decided.push(*place);
                }
                let vetted = self.mapping.checked_by_two && answers::vetted(work, &row)?;
                let giving = Giving { by, at: &at, serial, paper: None, vetted };
                taken.attachments += self.bring_attachments(*place, &giving)?;
                taken.rows += u64::from(answers::take_back(work, &row)? > 0);
                if vetted {
                    answers::keep(work, (&row, *place), &Answer::TakenBack, &giving)?;
                }
            }
            taken.apart = self.apart(&decided)?;
            Ok(taken)
        })
    }

    /// Forgets what was answered of rows that are not there any more, each as it was shown; answers of how many. What two
    /// had agreed on another person must forget, too.
    ///
    /// # Errors
    /// [`QueueError::Refused`] where one was changed meanwhile or came back, or waits for another person;
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn forget_lost(
        &self,
        permit: &OldDataPermit,
        rows: &[(String, Seen)],
        (by, at): (&Person, Instant),
    ) -> Result<u64, QueueError> {
        self.permitted(permit)?;
        let at = at.to_string();
        let refused = |kind| Fault::new(kind, "row", "OLD-7");
        self.work.together(|work| {
            let serial = work.count_answers()?;
            if work.sends()? || work.about(FINGERPRINT)?.is_none() {
                return Err(QueueError::Refused(vec![refused(FaultKind::BatchBegun)]));
            }
            let lost = self.lost(permit, usize::MAX)?;
            for (row, seen) in rows {
                let found = lost.iter().find(|one| one.row == *row && one.seen == *seen);
                let Some(place) = found.map(|one| one.place) else {
                    return Err(QueueError::Refused(vec![refused(FaultKind::ChangedMeanwhile)]));
                };
                let row = bytes_of(row);
                let agreed = self.mapping.checked_by_two && answers::vetted(work, &row)?;
                let first = answers::given(work, &row)?
                    .into_iter()
                    .find(|one| one.answer == Answer::TakenBack)
                    .map(|one| one.by.0.actor);
                if agreed && first.as_ref().is_some_and(|first| by.is(first)) {
                    let own = refused(FaultKind::WrongValue).arg("expected", "somebody else");
                    return Err(QueueError::Refused(vec![own]));
                }
                answers::take_back(work, &row)?;
                if agreed && first.is_none() {
                    let giving = Giving { by, at: &at, serial, paper: None, vetted: true };
                    answers::keep(work, (&row, place), &Answer::TakenBack, &giving)?;
                }
            }
            Ok(rows.len() as u64)
        })
    }

    /// That rows are as they were shown, and that no run has begun.
    fn still_so(&self, places: &[u64], seen: &Seen) -> Result<(), QueueError> {
        let refused = |kind| Err(QueueError::Refused(vec![Fault::new(kind, "row", "OLD-7")]));
        if self.work.sends()? {
            return refused(FaultKind::BatchBegun);
        }
        if self.seen(places)? == *seen { Ok(()) } else { refused(FaultKind::ChangedMeanwhile) }
    }

    /// That rows are as they were shown; who leaves them out was shown their attachments, too.
    fn still_so_to(&self, leave: bool, rows: Vec<u64>, seen: &Seen) -> Result<(), QueueError> {
        let rows = if leave { self.with_attachments(rows)? } else { rows };
        self.still_so(&rows, seen)
    }

    /// What is wrong with answers of a row; where it is answered alone, also what else they make the row want.
    fn judge(
        &self,
        known: &Known,
        given: &[Answer],
        now: Instant,
        registry: &Registry,
        alone: bool,
    ) -> Result<Vec<Fault>, QueueError> {
        let told = faults_of(&self.work, known.number)?;
        let before = answers::given(&self.work, &known.row)?;
        let all = || before.iter().map(|one| &one.answer).chain(given);
        let delivery = self.delivery()?;
        let answered: Vec<Target> = given.iter().filter_map(Answer::target).collect();
        let faults = self.misfits(known, &told, &before, given)?;
        if !faults.is_empty() || answered.is_empty() {
            return Ok(faults);
        }
        let (mut values, mut file) = (known.values.clone(), known.file);
        for one in all() {
            if let Answer::Value(target, value) = one {
                if let (Target::File, Found::One(at)) = (target, delivery.find(value)) {
                    file = Some(at);
                }
                values.insert(*target, value.clone());
            }
        }
        values.retain(|_, value| !value.is_empty());
        let said: Vec<Target> = all().filter_map(Answer::target).collect();
        let waiting = self.follow(known, &said, &mut values)?;
        let rehearsal = Rehearsal {
            delivery,
            mapping: &self.mapping,
            registry,
            now,
            checkers: 1,
            progress: &|_, _, _| {},
        };
        let item = Item {
            number: known.number,
            main: self.work.main_of(&values)?,
            values,
            file,
            told: String::new(),
            decided: None,
            file_is_missing: false,
            is_shifted: false,
        };
        let found = rehearsal.check_one(&item, self.work.folder());
        // What is told already waits for its own answer: what does not read is missing in what is checked here.
        let is_told = |fault: &Fault| {
            told.iter().any(|one| {
                one.element == fault.element
                    && (one.code == fault.code() || fault.kind == FaultKind::MissingElement)
            })
        };
        let is_told = |fault: &Fault| {
            is_told(fault) || target_of(&fault.element).is_some_and(|one| waiting.contains(&one))
        };
        // What is wrong with the file is no answer to anything else.
        let hinders = |fault: &Fault| match target_of(&fault.element) {
            Some(target) if answered.contains(&target) => true,
            Some(Target::File) | None => false,
            Some(_) => alone && !is_told(fault),
        };
        Ok(found.into_iter().filter(hinders).collect())
    }

    /// Takes what follows from a day or a client that was said, of what nobody said; with what waits for a day still.
    fn follow(
        &self,
        known: &Known,
        said: &[Target],
        values: &mut Values,
    ) -> Result<BTreeSet<Target>, QueueError> {
        let mut waiting = BTreeSet::new();
        let following: Vec<Target> =
            self.mapping.turning_on_days().filter(|target| !said.contains(target)).collect();
        if following.is_empty() {
            return Ok(waiting);
        }
        let sql = "SELECT place FROM item WHERE number = ?";
        let place: i64 = self.work.connection().query_row(sql, [known.number], |row| row.get(0))?;
        let Some(row) = source_row(&self.mapping, &self.work, place.unsigned_abs())? else {
            return Ok(waiting);
        };
        let given = values.clone();
        let people_said =
            |target| said.contains(&target).then(|| given.get(&target).cloned()).flatten();
        for target in following {
            match self.mapping.value_with(target, &row, &people_said) {
                Ok(Some(value)) => drop(values.insert(target, value)),
                Ok(None) => drop(values.remove(&target)),
                Err(Unmapped { why: WhyUnmapped::DayUnknown, .. }) => {
                    waiting.insert(target);
                }
                // It has its own fault.
                Err(_) => {}
            }
        }
        Ok(waiting)
    }

    /// What is wrong with answers by themselves, and what else they ask for.
    fn misfits(
        &self,
        known: &Known,
        told: &[FaultGroup],
        before: &[Given],
        given: &[Answer],
    ) -> Result<Vec<Fault>, QueueError> {
        let says_something = given.iter().any(|one| one.target().is_some());
        if given.iter().any(|one| !matches!(one, Answer::NotBrought(_)))
            && told.iter().any(|fault| is_mended_in_the_source(&fault.code))
        {
            return Ok(vec![Fault::new(FaultKind::MendedInTheSource, "row", "OLD-7")]);
        }
        let all = || before.iter().map(|one| &one.answer).chain(given);
        let delivery = self.delivery()?;
        let mut faults = Vec::new();
        for one in given {
            match one {
                Answer::Value(target, value) => {
                    faults.extend(unfit(*target, value, delivery));
                    faults.extend(self.not_of_the_row(known, *target, value)?);
                }
                Answer::NotBrought(decision) => {
                    if !self.decisions(known, told)?.contains(decision) {
                        faults.push(decision.does_not_fit());
                    }
                }
                Answer::Stands(kind) => faults.extend(self.unsaid(*kind, told, all())),
                Answer::TakenBack => {}
            }
        }
        for fault in misshapen(given) {
            if !faults.iter().any(|one| one.element == fault.element) {
                faults.push(fault);
            }
        }
        if says_something {
            faults.extend(self.unsaid_of_another(known, before, given));
            faults.extend(self.unsaid_of_client(known, told, before, given)?);
        }
        Ok(faults)
    }

    /// What must be said of the client whom these answers name, and is said of another one: by the source, or by whoever
    /// answered before.
    fn unsaid_of_another(&self, known: &Known, before: &[Given], given: &[Answer]) -> Vec<Fault> {
        let all = || before.iter().map(|one| &one.answer).chain(given);
        let [code, client] = clients(before.iter().map(|one| &one.answer));
        let earlier = [code.or(known.own[0].clone()), client.or(known.own[1].clone())];
        let said = |answers: &mut dyn Iterator<Item = &Answer>| -> Vec<Target> {
            answers.filter_map(Answer::target).collect()
        };
        let anew = self.of_another(&earlier, given.iter());
        let (asked, said) = if anew.is_empty() {
            (self.of_another(&known.own, all()), said(&mut all()))
        } else {
            (anew, said(&mut given.iter()))
        };
        asked.into_iter().filter(|target| !said.contains(target)).map(missing).collect()
    }

    /// What is wrong with what is said of an order of non-disclosure of the client whom these answers name, and what is not
    /// said of that client, whom the source does not name by code.
    fn unsaid_of_client(
        &self,
        known: &Known,
        told: &[FaultGroup],
        before: &[Given],
        given: &[Answer],
    ) -> Result<Vec<Fault>, QueueError> {
        let all = || before.iter().map(|one| &one.answer).chain(given);
        let order = self.order_of_source(known)?;
        let said: Vec<Target> = all().filter_map(Answer::target).collect();
        let asked = self.asks_for(known, all(), order.as_deref());
        let mut faults: Vec<Fault> =
            asked.into_iter().filter(|target| !said.contains(target)).map(missing).collect();
        let mut orders = all().filter_map(|one| match one {
            Answer::Value(Target::NonDisclosure, said) => Some(said.as_str()),
            _ => None,
        });
        // Another row has an order of the same client: it is none of this one's to take away.
        let elsewhere = FaultKind::OrderOnAnotherRow.code();
        let order = if told.iter().any(|fault| fault.code == elsewhere) {
            Some(ORDER)
        } else {
            order.as_deref()
        };
        let lifted = orders.next_back().is_some_and(|said| lifts(said, order));
        if lifted && self.of_another(&known.own, all()).is_empty() {
            faults.push(order_stands());
        }
        Ok(faults)
    }

    /// That a file is a table of the delivery, or another row's: whoever looks at this row sees neither; or that another row
    /// has this identifier already.
    pub(super) fn not_of_the_row(
        &self,
        known: &Known,
        target: Target,
        named: &str,
    ) -> Result<Option<Fault>, QueueError> {
        if target == Target::Document {
            return self.identifier_of_another(known, named);
        }
        let found = (target == Target::File).then(|| self.delivery()).transpose()?;
        let Some(Found::One(at)) = found.map(|delivery| delivery.find(named)) else {
            return Ok(None);
        };
        let delivery = self.delivery()?;
        let is_it = |name: &str| matches!(delivery.find(name), Found::One(one) if one == at);
        let tables = self.mapping.joins.iter().map(|join| &join.index);
        if tables.chain([&self.mapping.index]).any(|index| is_it(&index.file)) {
            let fault = Fault::new(FaultKind::WrongValue, Target::File.name(), "OLD-7");
            return Ok(Some(fault.arg("expected", "the file of a document")));
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM item WHERE file = ? AND number <> ?)";
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let others: bool = self
            .work
            .connection()
            .prepare_cached(sql)?
            .query_row((at, known.number), |row| row.get(0))?;
        // Nor is it one that somebody named for another row since then.
        let mut statement = self.work.connection().prepare_cached(
            "SELECT value FROM answer WHERE element = 'file' AND value <> '' AND row <> ?",
        )?;
        let named = statement.query_map([&known.row], |row| row.get::<_, String>(0))?;
        let named: Vec<String> = named.collect::<Result<_, _>>()?;
        let others = others || named.iter().any(|name| is_it(name));
        Ok(others.then(|| of_file(FaultKind::FileOfAnotherRow)))
    }

    /// That the source's identifier that is given to a row is another one's: by the source, unless that was given another
    /// one or is not brought, or by whoever completed it.
    fn identifier_of_another(
        &self,
        known: &Known,
        named: &str,
    ) -> Result<Option<Fault>, QueueError> {
        let first: Option<i64> = self
            .work
            .connection()
            .prepare_cached(
                "SELECT place FROM item WHERE source_id = ?1 AND number <> ?2 AND left_out IS NULL
                   AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = item.row
                     AND (element = 'row' OR element = 'document' AND value <> ?1))
                 UNION SELECT place FROM answer WHERE element = 'document' AND value = ?1 AND row <> ?3
                 ORDER BY 1 LIMIT 1",
            )?
            .query_row((named, known.number, &known.row), |row| row.get(0))
            .optional()?;
        let fault = Fault::new(FaultKind::SameSourceIdentifier, Target::Document.name(), "OLD-9");
        Ok(first.map(|first| fault.arg("first", first)))
    }

    /// What keeps a fault from standing: it is none of the row, or what a row beside would say, of death and of who may
    /// know where somebody lives, is not said.
    fn unsaid<'a>(
        &self,
        kind: FaultKind,
        told: &[FaultGroup],
        all: impl Iterator<Item = &'a Answer>,
    ) -> Vec<Fault> {
        let (said, mut of_it) = (
            all.filter_map(Answer::target).collect::<Vec<_>>(),
            told.iter().filter(|fault| fault.code == kind.code()).peekable(),
        );
        if of_it.peek().is_none() {
            return vec![Fault::new(FaultKind::WrongValue, "row", "OLD-7")];
        }
        if !ASK_WHAT_IS_BESIDE.contains(&kind) {
            return Vec::new();
        }
        let beside = of_it.flat_map(|fault| beside(&self.mapping, &fault.element));
        beside.filter(|target| !said.contains(target)).map(missing).collect()
    }
}

/// The bytes of a name that a page gives back; none of what is no name.
fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2).map(std::str::from_utf8);
    digits.filter_map(|two| u8::from_str_radix(two.ok()?, 16).ok()).collect()
}

/// The values among answers that have not their form: told at once, beside whatever else is wrong or missing.
fn misshapen(given: &[Answer]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let values = given.iter().filter_map(|one| match one {
        Answer::Value(target, value) if !value.is_empty() => Some((*target, value.clone())),
        _ => None,
    });
    read_document(values.collect(), &mut faults);
    faults
}

fn of_file(kind: FaultKind) -> Fault {
    Fault::new(kind, "file", "OLD-9")
}

fn missing(target: Target) -> Fault {
    Fault::new(FaultKind::MissingElement, target.name(), "OLD-7").arg("name", target.name())
}

/// What is wrong with a value by itself.
fn unfit(target: Target, value: &str, delivery: &Delivery) -> Option<Fault> {
    let fault = |kind| Fault::new(kind, target.name(), "OLD-7");
    if !may_be_answered(target) {
        return Some(fault(FaultKind::WrongValue).arg("expected", "-"));
    }
    // Whether there is an order of non-disclosure is said, never left open.
    if value.is_empty() && (target.is_required() || target == Target::NonDisclosure) {
        return Some(missing(target));
    }
    if value.chars().count() > LONGEST {
        return Some(fault(FaultKind::TooLarge).arg("limit", LONGEST));
    }
    if value.chars().any(char::is_control) {
        return Some(fault(FaultKind::WrongForm).arg("expected", "text of one line"));
    }
    match delivery.find(value) {
        _ if target != Target::File => None,
        Found::One(_) => None,
        Found::None => Some(of_file(FaultKind::MissingFile)),
        Found::Several(count) => Some(of_file(FaultKind::AmbiguousFile).arg("count", count)),
    }
}
