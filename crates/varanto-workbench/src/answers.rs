//! What people complete of a delivery: values that the source does not have, decisions that a row is not brought, and
//! faults that a person looked at and lets stand.
//!
//! Answers stand in the work file beside what a rehearsal finds, and no rehearsal forgets them: the next one reads each
//! row with what was completed of it, and judges it like any other. An answer is of what the source says in a row, word
//! for word: it counts wherever that row stands, and for no other one. Source: OLD-7, OLD-8.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::old_data::{ClientState, HangsOn};

use crate::mapping::{Mapping, Target};
use crate::work::{RowName, Work, WorkError};

/// Why a person does not bring a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The document stands in another row, too.
    DeliveredTwice,
    /// The source has no document that could be read.
    NothingToBring,
    /// It stays where the archive plan says that the rest is kept.
    StaysElsewhere,
}

impl Decision {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::DeliveredTwice, Self::NothingToBring, Self::StaysElsewhere];

    /// Its word in reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DeliveredTwice => "delivered-twice",
            Self::NothingToBring => "nothing-to-bring",
            Self::StaysElsewhere => "stays-elsewhere",
        }
    }

    /// That a row gives no cause for it.
    pub(crate) fn does_not_fit(self) -> Fault {
        Fault::new(FaultKind::DecisionDoesNotFit, "row", "OLD-7").arg("decision", self.code())
    }

    /// The decision of a word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.code() == code)
    }
}

/// Under which name the decision on a whole row is kept.
pub(crate) const ROW: &str = "row";
/// How the name begins under which it is kept that a fault may stand.
const STANDS: &str = "stands:";
/// Under which name it is kept that answers which two had agreed on were taken back.
const BACK: &str = "back";

/// The faults that a person may let stand: they tell of what is unlikely, not of what is wrong.
pub const MAY_STAND: [FaultKind; 5] = [
    FaultKind::SameContent,
    FaultKind::CodeOfTwoNames,
    FaultKind::ClientOfTwoCodes,
    FaultKind::WrittenBeforeBirth,
    FaultKind::AnswerOfAnotherFile,
];

/// The faults that stand only while a person says each thing that the missing row beside would say.
pub const ASK_WHAT_IS_BESIDE: [FaultKind; 2] =
    [FaultKind::NoRowBeside, FaultKind::RowsBesideDiffer];

/// What people answered of one row, as far as it counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    given: BTreeMap<String, String>,
    /// Whether another person has not checked all of it yet, though two must look.
    unchecked: bool,
}

impl Answers {
    /// The answers of a row that count: checked, where two must look.
    pub(crate) fn of(work: &Work, row: &RowName, checked_by_two: bool) -> Result<Self, WorkError> {
        let mut statement = work.connection().prepare_cached(
            "SELECT element, value, ?2 AND checked_by IS NULL FROM answer WHERE row = ?1",
        )?;
        let mut rows = statement.query((row, checked_by_two))?;
        let mut answers = Self::default();
        while let Some(row) = rows.next()? {
            let element: String = row.get(0)?;
            if row.get(2)? {
                answers.unchecked = true;
            } else if element != BACK {
                answers.given.insert(element, row.get(1)?);
            }
        }
        Ok(answers)
    }

    /// Answers that name a client by this code, and say nothing else.
    pub(crate) fn naming(code: Option<String>) -> Self {
        let given = code.map(|code| (Target::IdentityCode.name().to_owned(), code));
        Self { given: given.into_iter().collect(), unchecked: false }
    }

    /// What was said of a target; nothing is an answer, too.
    pub(crate) fn value(&self, target: Target) -> Option<&str> {
        self.given.get(target.name()).map(String::as_str)
    }

    /// Whether they name another client than the source does, by code or as the organisation calls it.
    pub(crate) fn name_another(&self, own: &[Option<String>; 2]) -> bool {
        let said = [Target::IdentityCode, Target::Client].map(|target| self.value(target));
        is_another(said, own)
    }

    /// What somebody who named the client must say besides; see [`asked_with_the_code`].
    pub(crate) fn asks_for(
        &self,
        own: &[Option<String>; 2],
        order: Option<&str>,
        mapping: &Mapping,
    ) -> BTreeSet<Target> {
        let named = self.value(Target::IdentityCode).is_some_and(|code| !code.is_empty());
        if named { asked_with_the_code(own, order, mapping) } else { BTreeSet::new() }
    }

    /// What was decided of the whole row; nothing, while somebody says otherwise and it is not checked.
    pub(crate) fn decision(&self) -> Option<Decision> {
        if self.unchecked {
            return None;
        }
        self.given.get(ROW).and_then(|code| Decision::of_code(code))
    }

    /// That the row waits: what somebody completed may be right, and what the source says may be wrong.
    pub(crate) fn waits(&self) -> Option<Fault> {
        self.unchecked.then(|| Fault::new(FaultKind::AnswerNotChecked, "row", "OLD-7"))
    }

    /// Whether a person lets a fault of reading stand.
    pub(crate) fn settle(&self, fault: &Fault, mapping: &Mapping) -> bool {
        let said = |target: &Target| self.value(*target).is_some();
        self.given.contains_key(&standing(fault.code()))
            && (!ASK_WHAT_IS_BESIDE.contains(&fault.kind)
                || beside(mapping, &fault.element).iter().all(said))
    }

    /// What was answered, by name and with spaces between.
    pub(crate) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self.given.keys().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }
}

/// What somebody must say besides who the client is, where the source names nobody by code: what it says may be of
/// another one. How it is with an order of non-disclosure, unless the source says that there is one; and how the client
/// stands and in which relationship, where a table beside says it of whomever its row is about.
pub(crate) fn asked_with_the_code(
    own: &[Option<String>; 2],
    order: Option<&str>,
    mapping: &Mapping,
) -> BTreeSet<Target> {
    if own[0].is_some() {
        return BTreeSet::new();
    }
    let beside = mapping.joins.iter().flat_map(|join| mapping.said_beside(&join.name));
    let mut asked: BTreeSet<Target> =
        beside.filter(|target| matches!(target, Target::State | Target::Relationship)).collect();
    if order != Some(ORDER) && mapping.says(Target::NonDisclosure) {
        asked.insert(Target::NonDisclosure);
    }
    asked
}

/// What answers say, and what follows from it: who is a client no more, or has died, hangs on no relationship of today, so
/// that nobody is asked for one.
pub(crate) fn with_what_follows(given: &[Answer], mapping: &Mapping) -> Vec<Answer> {
    let mut all = given.to_vec();
    let today = |one: &Answer| match one {
        Answer::Value(Target::State, state) => {
            ClientState::of_name(state).map(|state| state.hangs_on() == HangsOn::ActiveRelationship)
        }
        _ => None,
    };
    let is_said = given.iter().any(|one| one.target() == Some(Target::Relationship));
    if given.iter().find_map(today) == Some(false) && !is_said && mapping.says(Target::Relationship)
    {
        all.push(Answer::Value(Target::Relationship, String::new()));
    }
    all
}

/// How an order of non-disclosure is said.
pub(crate) const ORDER: &str = "true";

/// Whether an answer says that there is no order of non-disclosure where the source has one.
pub(crate) fn lifts(said: &str, order: Option<&str>) -> bool {
    order == Some(ORDER) && said != ORDER
}

/// That an order of non-disclosure that the source has is taken away in the source alone.
pub(crate) fn order_stands() -> Fault {
    let element = Target::NonDisclosure.name();
    Fault::new(FaultKind::WrongValue, element, "OLD-7").arg("expected", ORDER)
}

/// Whether another client is said than the source's own, by code or as the organisation calls it.
pub(crate) fn is_another(said: [Option<&str>; 2], own: &[Option<String>; 2]) -> bool {
    let differs = |(said, own): (Option<&str>, &Option<String>)| match (said, own) {
        (Some(said), Some(own)) => !said.is_empty() && !said.eq_ignore_ascii_case(own),
        _ => false,
    };
    said.into_iter().zip(own).any(differs)
}

/// What a table beside would say, of a fault whose element is that table.
pub(crate) fn beside(mapping: &Mapping, element: &str) -> BTreeSet<Target> {
    let table = element.strip_prefix("beside.");
    table.map(|table| mapping.said_beside(table)).unwrap_or_default()
}

/// Under which name it is kept that a fault may stand.
fn standing(code: &str) -> String {
    format!("{STANDS}{code}")
}

/// Something that a person answers of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the source does not say, or says wrongly; empty where there is nothing to say.
    Value(Target, String),
    /// The row is not brought.
    NotBrought(Decision),
    /// The fault of this kind may stand.
    Stands(FaultKind),
    /// What two had agreed on was taken back: what the source says counts once another person has checked that.
    TakenBack,
}

impl Answer {
    /// What it says a value of.
    pub(crate) const fn target(&self) -> Option<Target> {
        match self {
            Self::Value(target, _) => Some(*target),
            Self::NotBrought(_) | Self::Stands(_) | Self::TakenBack => None,
        }
    }

    /// Under which name it is kept.
    #[must_use]
    pub fn element(&self) -> String {
        match self {
            Self::Value(target, _) => target.name().to_owned(),
            Self::NotBrought(_) => ROW.to_owned(),
            Self::Stands(kind) => standing(kind.code()),
            Self::TakenBack => BACK.to_owned(),
        }
    }

    /// The word that it is kept as.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::TakenBack => "",
            Self::Value(_, value) => value,
            Self::NotBrought(decision) => decision.code(),
            Self::Stands(kind) => kind.code(),
        }
    }

    /// The answer that is kept under a name.
    fn read(element: &str, value: String) -> Result<Self, WorkError> {
        let foreign = || WorkError::Foreign("an answer that does not read".to_owned());
        if element == BACK {
            return Ok(Self::TakenBack);
        }
        if element == ROW {
            return Decision::of_code(&value).map(Self::NotBrought).ok_or_else(foreign);
        }
        if let Some(code) = element.strip_prefix(STANDS) {
            let mut kinds = MAY_STAND.into_iter().chain(ASK_WHAT_IS_BESIDE);
            let kind = kinds.find(|kind| kind.code() == code);
            return kind.map(Self::Stands).ok_or_else(foreign);
        }
        Target::of_name(element).map(|target| Self::Value(target, value)).ok_or_else(foreign)
    }
}

/// Who answers, or checks what another one answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As the archive's use log names the actor.
    pub actor: String,
    /// The same person's other logins, as the archive knows them; of one who is read from the work file none.
    pub also: Vec<String>,
    /// The name, for those who work at the same queue.
    pub name: String,
}

impl Person {
    /// Whether an actor is this person, under whatever login.
    #[must_use]
    pub fn is(&self, actor: &str) -> bool {
        self.actor == actor || self.also.iter().any(|other| other == actor)
    }
}

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What.
    pub answer: Answer,
    /// Who, and when.
    pub by: (Person, String),
    /// Who checked it, and when.
    pub checked: Option<(Person, String)>,
}

/// Everything that was answered of a row.
pub(crate) fn given(work: &Work, row: &RowName) -> Result<Vec<Given>, WorkError> {
    let mut statement = work.connection().prepare_cached(
        "SELECT element, value, given_by, given_name, given_at, checked_by, checked_name, checked_at
         FROM answer WHERE row = ? ORDER BY element",
    )?;
    let mut rows = statement.query([row])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let element: String = row.get(0)?;
        let person = |actor, name| Person { actor, also: Vec::new(), name };
        let by = (person(row.get(2)?, row.get(3)?), row.get(4)?);
        let checked: Option<String> = row.get(5)?;
        let checked = match checked {
            Some(actor) => Some((person(actor, row.get(6)?), row.get(7)?)),
            None => None,
        };
        all.push(Given { answer: Answer::read(&element, row.get(1)?)?, by, checked });
    }
    Ok(all)
}

/// The name and place of a row.
pub(crate) type Named<'a> = (&'a RowName, u64);

/// Who answers, when, and with which file beside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Giving<'a> {
    pub(crate) by: &'a Person,
    pub(crate) at: &'a str,
    pub(crate) serial: u64,
    /// The digest of the file that was shown.
    pub(crate) paper: Option<&'a [u8]>,
    /// Whether it takes the place of something that two had agreed on.
    pub(crate) vetted: bool,
}

/// Keeps an answer; what was answered before of the same is forgotten, and so is that it was checked.
pub(crate) fn keep(
    work: &Work,
    (row, place): Named<'_>,
    answer: &Answer,
    giving: &Giving<'_>,
) -> Result<(), WorkError> {
    forget(work, row, BACK)?;
    work.connection()
        .prepare_cached(
            "INSERT OR REPLACE INTO answer
               (row, place, element, value, given_by, given_name, given_at, serial, paper, vetted)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            row,
            place.cast_signed(),
            answer.element(),
            answer.value(),
            giving.by.actor,
            giving.by.name,
            giving.at,
            giving.serial.cast_signed(),
            giving.paper,
            giving.vetted,
        ])?;
    Ok(())
}

/// Whether two had agreed on something of a row, or on what something else took the place of.
pub(crate) fn vetted(work: &Work, row: &RowName) -> Result<bool, WorkError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM answer WHERE row = ? AND (checked_by IS NOT NULL OR vetted))";
    Ok(work.connection().prepare_cached(sql)?.query_row([row], |row| row.get(0))?)
}

/// Notes that what was answered of a row is right with the file that is shown now: what was checked with another one is
/// to be checked again.
pub(crate) fn confirm(work: &Work, row: &RowName, giving: &Giving<'_>) -> Result<(), WorkError> {
    work.connection()
        .prepare_cached(
            "UPDATE answer SET paper = ?2, serial = ?3, given_by = ?4, given_name = ?5, given_at = ?6,
               vetted = vetted OR checked_by IS NOT NULL, checked_by = NULL, checked_name = NULL, checked_at = NULL
             WHERE row = ?1 AND paper IS NOT NULL AND paper IS NOT ?2",
        )?
        .execute(params![
            row,
            giving.paper,
            giving.serial.cast_signed(),
            giving.by.actor,
            giving.by.name,
            giving.at,
        ])?;
    Ok(())
}

/// Checks what others answered of a row, and not the same person under another login; answers of how much.
pub(crate) fn check(
    work: &Work,
    row: &RowName,
    (by, at): (&Person, &str),
    serial: u64,
) -> Result<usize, WorkError> {
    let checked = work
        .connection()
        .prepare_cached(
            "UPDATE answer SET checked_by = ?2, checked_name = ?3, checked_at = ?4, serial = ?5
             WHERE row = ?1 AND given_by <> ?2 AND checked_by IS NULL
               AND given_by NOT IN (SELECT value FROM json_each(?6))",
        )?
        .execute((
            row,
            &by.actor,
            &by.name,
            at,
            serial.cast_signed(),
            serde_json::json!(by.also).to_string(),
        ))?;
    work.connection()
        .prepare_cached(
            "DELETE FROM answer WHERE row = ? AND element = ? AND checked_by IS NOT NULL",
        )?
        .execute((row, BACK))?;
    Ok(checked)
}

/// Takes back everything that was answered of a row.
pub(crate) fn take_back(work: &Work, row: &RowName) -> Result<usize, WorkError> {
    Ok(work.connection().prepare_cached("DELETE FROM answer WHERE row = ?")?.execute([row])?)
}

/// Takes back what was decided of a row, and not what was said of it.
pub(crate) fn take_back_decisions(work: &Work, row: &RowName) -> Result<(), WorkError> {
    let sql =
        "DELETE FROM answer WHERE row = ? AND (element IN (?, ?) OR substr(element, 1, ?) = ?)";
    let begins = STANDS.len().cast_signed();
    work.connection().prepare_cached(sql)?.execute((row, ROW, BACK, begins, STANDS))?;
    Ok(())
}

/// Takes back the decision that a row is not brought.
pub(crate) fn bring(work: &Work, row: &RowName) -> Result<(), WorkError> {
    forget(work, row, ROW)
}

/// Takes back that faults may stand which a value of this target turns on: they were looked at with another one.
pub(crate) fn unsettle(work: &Work, row: &RowName, target: Target) -> Result<(), WorkError> {
    let kinds: &[FaultKind] = match target {
        Target::IdentityCode => &[
            FaultKind::CodeOfTwoNames,
            FaultKind::ClientOfTwoCodes,
            FaultKind::WrittenBeforeBirth,
            FaultKind::SameContent,
        ],
        Target::FamilyName | Target::GivenNames => &[FaultKind::CodeOfTwoNames],
        Target::Client => &[FaultKind::ClientOfTwoCodes],
        Target::WrittenAt => &[FaultKind::WrittenBeforeBirth, FaultKind::SameContent],
        Target::File => &[FaultKind::SameContent],
        _ => &[],
    };
    kinds.iter().try_for_each(|kind| forget(work, row, &standing(kind.code())))
}

fn forget(work: &Work, row: &RowName, element: &str) -> Result<(), WorkError> {
    let sql = "DELETE FROM answer WHERE row = ? AND element = ?";
    work.connection().prepare_cached(sql)?.execute((row, element))?;
    Ok(())
}
