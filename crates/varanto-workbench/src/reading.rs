//! Reading an index: each row with what stands beside it becomes what the mapping says of a document.
//!
//! Source: OLD-1, OLD-7, OLD-9.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::AtomicBool;

use aws_lc_rs::digest::{Context, SHA256};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{ClientState, HangsOn};

use crate::answers::{Answers, lifts, order_stands};
use crate::delivery::{Delivery, DeliveryError, Found, NO_ROWS, Row};
use crate::documents::Values;
use crate::mapping::{Mapping, Target, Unmapped, WhyUnmapped, no_value};
use crate::rehearsal::{RehearsalError, go_on};
use crate::relationships::{self, Known};
use crate::work::{Beside, Work, WorkError};

/// How many rows are written together.
const TOGETHER: usize = 2000;
/// How many lists of columns are known at once. Tables have one; where each row has its own elements there may be as many
/// as rows, and they do not stay in memory.
const HEADINGS: usize = 4096;
/// How many rows that do not read are told of a table beside.
const TOLD: usize = 100;

/// An index that is read with the tables beside it.
pub(crate) struct Reading<'a> {
    delivery: &'a Delivery,
    mapping: &'a Mapping,
    /// Every column that a row had, those of the tables beside with their table's name.
    seen: BTreeSet<String>,
    /// The tables beside that say how clients stand, or which of them have an order of non-disclosure.
    of_clients: BTreeSet<&'a str>,
    /// What the work file calls the columns of rows.
    headings: HashMap<Vec<String>, i64>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(delivery: &'a Delivery, mapping: &'a Mapping) -> Self {
        let of_clients = |name: &&str| {
            let said = mapping.said_beside(name);
            said.contains(&Target::NonDisclosure) || said.contains(&Target::State)
        };
        let tables = mapping.joins.iter().map(|join| join.name.as_str());
        let of_clients = tables.filter(of_clients).collect();
        let (seen, headings) = (BTreeSet::new(), HashMap::new());
        Self { delivery, mapping, seen, of_clients, headings }
    }

    /// Reads everything into the work file.
    pub(crate) fn run(
        mut self,
        work: &mut Work,
        stop: &AtomicBool,
        progress: &dyn Fn(u64),
    ) -> Result<(), RehearsalError> {
        work.together(|work| self.read_beside(work, stop))?;
        let mut rows = self.mapping.index.rows(self.delivery)?;
        let mut read = 0;
        loop {
            go_on(stop)?;
            let some: Result<Vec<Row>, DeliveryError> = rows.by_ref().take(TOGETHER).collect();
            let some = some?;
            if some.is_empty() && read == 0 {
                return Err(DeliveryError::index(&self.mapping.index.file, &NO_ROWS).into());
            }
            if some.is_empty() {
                return self.fits();
            }
            read += some.len() as u64;
            work.together(|work| some.into_iter().try_for_each(|row| self.read_row(work, row)))?;
            progress(read);
        }
    }

    /// What the work file calls the columns of a row.
    fn heading(&mut self, work: &Work, row: &Row) -> Result<i64, WorkError> {
        if let Some(known) = self.headings.get(&*row.columns) {
            return Ok(*known);
        }
        if self.headings.len() == HEADINGS {
            self.headings.clear();
        }
        let heading = work.add_heading(&row.columns)?;
        self.headings.insert(row.columns.to_vec(), heading);
        Ok(heading)
    }

    /// Reads the tables beside. One with rows that do not read, that are shifted or that end early is not gone on with: whom it
    /// says dead, or under an order of non-disclosure, would be told by nothing, or by another column.
    fn read_beside(&mut self, work: &Work, stop: &AtomicBool) -> Result<(), RehearsalError> {
        for join in &self.mapping.joins {
            let mut wrong = Wrong::default();
            for row in join.index.rows(self.delivery)? {
                go_on(stop)?;
                let row = row?;
                let named = row.columns.iter().map(|column| format!("{}.{column}", join.name));
                self.seen.extend(named);
                wrong.take(&row);
                // What is no value is nobody's number: whoever is called so has no row.
                if let Some(key) = row.get(&join.key).filter(|key| no_value(key).is_none()) {
                    let pairs: HashMap<&String, &String> =
                        row.columns.iter().zip(&row.values).collect();
                    let pairs: std::collections::BTreeMap<_, _> = pairs.into_iter().collect();
                    let pairs = serde_json::to_string(&pairs).expect("texts are JSON");
                    work.add_beside(&join.name, key, &pairs)?;
                }
            }
            wrong
                .told()
                .map_or(Ok(()), |told| Err(DeliveryError::index(&join.index.file, &told)))?;
        }
        Ok(())
    }

    /// A column that the mapping names and no row ever had is a slip of the pen, and would lose what it holds of every
    /// document: an order of non-disclosure, a retention class.
    fn fits(&self) -> Result<(), RehearsalError> {
        let mut missing: Vec<String> = self
            .mapping
            .columns()
            .filter(|(_, column)| !self.seen.contains(*column))
            .map(|(target, column)| {
                let optional =
                    "where this delivery alone has none, say optional = true in its step";
                format!("document.{}: there is no column {column:?}; {optional}", target.name())
            })
            .collect();
        for join in &self.mapping.joins {
            let key = format!("{}.{}", join.name, join.key);
            for (what, column) in [("key", &key), ("on", &join.on)] {
                if !self.seen.contains(column) {
                    missing.push(format!(
                        "beside.{}.{what}: there is no column {column:?}",
                        join.name
                    ));
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(RehearsalError::Mapping(missing.join("\n"))) }
    }

    fn seen_columns(&mut self, row: &Row) {
        for column in row.columns.iter() {
            if !self.seen.contains(column) {
                self.seen.insert(column.clone());
            }
        }
    }

    fn read_row(&mut self, work: &Work, mut row: Row) -> Result<(), RehearsalError> {
        self.seen_columns(&row);
        let mut faults = faults_of_form(&row);
        let source = serde_json::to_string(&row.values).expect("texts are JSON");
        let heading = self.heading(work, &row)?;
        join(self.mapping, &self.of_clients, work, &mut row, &mut faults)?;
        // What stands in a row that does not read is not known: nothing that was answered is of it.
        let name = match row.broken {
            Some(_) => None,
            None => Some(work.name_row(&digest_of(&row))?),
        };
        let answers = match &name {
            Some(name) => Answers::of(work, name, self.mapping.checked_by_two)?,
            None => Answers::default(),
        };
        let own = |target| self.mapping.value(target, &row).ok().flatten();
        // A code that does not read names nobody.
        let code = own(Target::IdentityCode).filter(|one| PersonalIdentityCode::parse(one).is_ok());
        let own = [code, own(Target::Client)];
        let of_another = answers.name_another(&own);
        let order = self.mapping.value(Target::NonDisclosure, &row).ok().flatten();
        let asked = answers.asks_for(&own, order.as_deref(), self.mapping);
        let mut values = Values::new();
        // Of a row that does not read nothing is missing: it is not known.
        let targets = if row.broken.is_some() { &[] } else { Target::ALL };
        for target in targets.iter().copied() {
            if let Some(said) = answers.value(target) {
                if target == Target::NonDisclosure && !of_another && lifts(said, order.as_deref()) {
                    faults.push(order_stands());
                }
                // Nothing is said, and that is what was found out.
                if !said.is_empty() {
                    values.insert(target, said.to_owned());
                }
                continue;
            }
            // What the source says of one client is said of no other one.
            let of_another = of_another && target.is_of_the_client() && self.mapping.says(target);
            if of_another || asked.contains(&target) {
                if !of_another {
                    faults.extend(self.unread_order(target, &row));
                }
                let missing = Fault::new(FaultKind::MissingElement, target.name(), "OLD-7");
                faults.push(missing.arg("name", target.name()));
                continue;
            }
            let people_said = |target| answers.value(target).map(str::to_owned);
            match self.mapping.value_with(target, &row, &people_said) {
                Ok(Some(value)) => {
                    values.insert(target, value);
                }
                Ok(None) if target.is_required() => {
                    let missing = Fault::new(FaultKind::MissingElement, target.name(), "OLD-1");
                    faults.push(missing.arg("name", target.name()));
                }
                // Where the day that it turns on does not read, that has a fault; with it mended, this follows.
                Ok(None) | Err(Unmapped { why: WhyUnmapped::DayUnknown, .. }) => {}
                // In a row that is shifted any value may stand in any column.
                Err(unmapped) => faults.push(fault_of_value(target, &unmapped, row.surplus == 0)),
            }
        }
        if answers.value(Target::Relationship).is_none() {
            look_up(work, &mut values, &mut faults)?;
        }
        let file = self.find_file(&values, &mut faults);
        let own = (&own, order.as_deref());
        let source = (source.as_str(), heading, row.surplus);
        let place = (row.number, name.as_ref());
        let number = work.add_item(place, source, &values, file, &answers, own)?;
        // Of a row that is shifted nobody can say that something is right.
        let is_shifted = row.surplus > 0 || row.lacking > 0;
        faults.retain(|fault| is_shifted || !answers.settle(fault, self.mapping));
        for fault in faults.into_iter().chain(answers.waits()) {
            work.add_fault(number, &fault)?;
        }
        Ok(())
    }

    /// That something about an order of non-disclosure does not read: it may say that there is one.
    fn unread_order(&self, target: Target, row: &Row) -> Option<Fault> {
        let said = (target == Target::NonDisclosure).then(|| self.mapping.value(target, row))?;
        said.err().map(|unmapped| fault_of_value(target, &unmapped, row.surplus == 0))
    }

    /// The file that a row names.
    fn find_file(&self, values: &Values, faults: &mut Vec<Fault>) -> Option<usize> {
        match self.delivery.find(values.get(&Target::File)?) {
            Found::One(at) => return Some(at),
            Found::None => faults.push(Fault::new(FaultKind::MissingFile, "file", "OLD-9")),
            Found::Several(count) => {
                let several = Fault::new(FaultKind::AmbiguousFile, "file", "OLD-9");
                faults.push(several.arg("count", count));
            }
        }
        None
    }
}

/// The rows of a table beside by which nothing is told, by cause.
#[derive(Default)]
struct Wrong {
    /// The first that do not read, each with its reason.
    broken: Vec<String>,
    /// Their number.
    of_broken: usize,
    surplus: Vec<u64>,
    lacking: Vec<u64>,
}

impl Wrong {
    fn take(&mut self, row: &Row) {
        if let Some(reason) = &row.broken {
            self.of_broken += 1;
            if self.broken.len() < TOLD {
                self.broken.push(format!("row {}: {reason}", row.number));
            }
        } else if row.surplus > 0 {
            self.surplus.push(row.number);
        } else if row.lacking > 0 {
            self.lacking.push(row.number);
        }
    }

    /// All of it, a line for each cause; nothing where every row reads.
    fn told(&self) -> Option<String> {
        let mut told = self.broken.clone();
        if self.of_broken > self.broken.len() {
            told.push(format!("and {} more rows", self.of_broken - self.broken.len()));
        }
        let rows = |rows: &[u64]| rows.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        for (places, what) in [
            (
                &self.surplus,
                "these rows have more values than there are columns; put a value with a separator in it into quotation marks",
            ),
            (&self.lacking, "these rows have fewer values than there are columns; complete them"),
        ] {
            if !places.is_empty() {
                told.push(format!("{what}: {}", rows(places)));
            }
        }
        (!told.is_empty()).then(|| told.join("\n"))
    }
}

/// What is wrong with a row before anything is made of it.
fn faults_of_form(row: &Row) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(reason) = &row.broken {
        faults.push(Fault::new(FaultKind::UnreadableRow, "row", "OLD-9").arg("reason", reason));
    }
    for (count, kind) in
        [(row.surplus, FaultKind::SurplusValues), (row.lacking, FaultKind::MissingValues)]
    {
        if count > 0 {
            faults.push(Fault::new(kind, "row", "OLD-9").arg("count", count));
        }
    }
    faults
}

/// Takes the active relationship that the archive told of, of whom none is said. Whom nobody asked for is told of by the rules
/// of old data: that it is missing.
fn look_up(work: &Work, values: &mut Values, faults: &mut Vec<Fault>) -> Result<(), WorkError> {
    let name = Target::Relationship.name();
    if faults.iter().any(|fault| fault.element == name) {
        return Ok(());
    }
    let text = |target: Target| values.get(&target).map(String::as_str);
    let state = text(Target::State).and_then(ClientState::of_name);
    let is_active = state.is_some_and(|one| one.hangs_on() == HangsOn::ActiveRelationship);
    let code = text(Target::IdentityCode).and_then(|code| PersonalIdentityCode::parse(code).ok());
    let (true, None, Some(controller), Some(code)) =
        (is_active, text(Target::Relationship), text(Target::Controller), code)
    else {
        return Ok(());
    };
    match relationships::known(work, controller, code.reveal())? {
        Some(Known::One(relationship)) => {
            values.insert(Target::Relationship, relationship);
        }
        Some(Known::Not(count)) => {
            let fault = Fault::new(FaultKind::NotOneRelationship, name, "OLD-5");
            faults.push(fault.arg("count", count));
        }
        None => {}
    }
    Ok(())
}

/// One row of the index with what stands beside it, as the rehearsal read them: no delivery is wanted for it.
pub(crate) fn source_row(
    mapping: &Mapping,
    work: &Work,
    place: u64,
) -> Result<Option<Row>, RehearsalError> {
    let Some(mut row) = work.source(place)? else { return Ok(None) };
    join(mapping, &BTreeSet::new(), work, &mut row, &mut Vec::new())?;
    Ok(Some(row))
}

/// Adds the columns of the tables beside. A row that is missing there, or that two say otherwise, would give the document
/// to nobody, or to the wrong one; a row that names none has no order of non-disclosure by silence, where the table is one
/// of those that say how clients stand.
fn join(
    mapping: &Mapping,
    of_clients: &BTreeSet<&str>,
    work: &Work,
    row: &mut Row,
    faults: &mut Vec<Fault>,
) -> Result<(), RehearsalError> {
    for join in &mapping.joins {
        let fault = |kind| {
            let element = format!("beside.{}", join.name);
            Fault::new(kind, element, "OLD-9").arg("column", &join.on)
        };
        let key = row.get(&join.on);
        if key.is_some_and(|key| no_value(key).is_some()) {
            faults.push(fault(FaultKind::NoRowBeside));
            continue;
        }
        let Some(key) = key else {
            if of_clients.contains(join.name.as_str()) && row.broken.is_none() {
                faults.push(fault(FaultKind::NoRowBeside));
            }
            continue;
        };
        let beside = match work.beside(&join.name, key)? {
            Beside::One(beside) => beside,
            Beside::None => {
                faults.push(fault(FaultKind::NoRowBeside));
                continue;
            }
            Beside::Several => {
                faults.push(fault(FaultKind::RowsBesideDiffer));
                continue;
            }
        };
        let beside: BTreeMap<String, String> =
            serde_json::from_str(&beside).map_err(|_| WorkError::Foreign("a row".to_owned()))?;
        let mut columns = row.columns.to_vec();
        row.values.resize(columns.len(), String::new());
        for (column, value) in beside {
            columns.push(format!("{}.{column}", join.name));
            row.values.push(value);
        }
        row.columns = columns.into();
    }
    Ok(())
}

/// What a row says with what stands beside it, word for word, as a digest.
pub(crate) fn digest_of(row: &Row) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    let mut add = |text: &str| {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    };
    add(&format!("{} {}", row.surplus, row.columns.len()));
    row.columns.iter().chain(&row.values).for_each(|text| add(text));
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// Of a day that does not read, why, and what helps: another form does not make a day of what is none.
fn remedy_of_day(unmapped: &Unmapped, shown: bool) -> Option<(String, &'static str)> {
    let said = if shown { unmapped.value.trim() } else { "what stands there" };
    match unmapped.why {
        WhyUnmapped::NoForm => Some((
            format!("{said} is in no form that the mapping file names"),
            "Add the form to day in the mapping file, or correct the row",
        )),
        WhyUnmapped::NoDay => Some((
            format!("{said} is no day of the calendar"),
            "See in the document which day it is, and correct the row in the source, or complete it at the archivist's desk",
        )),
        WhyUnmapped::NotNamed
        | WhyUnmapped::Undecodable
        | WhyUnmapped::ErrorOfSheet
        | WhyUnmapped::DayUnknown => None,
    }
}

fn fault_of_value(target: Target, unmapped: &Unmapped, shown: bool) -> Fault {
    let kind = match unmapped.why {
        WhyUnmapped::NotNamed => FaultKind::UnmappedValue,
        WhyUnmapped::NoForm | WhyUnmapped::NoDay | WhyUnmapped::DayUnknown => {
            FaultKind::UnreadableDay
        }
        WhyUnmapped::Undecodable => FaultKind::Undecodable,
        WhyUnmapped::ErrorOfSheet => FaultKind::ErrorOfSheet,
    };
    let fault = Fault::new(kind, target.name(), "OLD-9").arg("column", &unmapped.column);
    let fault = fault.arg("step", unmapped.step);
    let is_code = PersonalIdentityCode::parse(&unmapped.value).is_ok();
    let shown = shown && !is_code && !target.is_personal();
    let fault = match remedy_of_day(unmapped, shown) {
        Some((reason, what)) => fault.arg("reason", reason).arg("what", what),
        None => fault,
    };
    if shown { fault.value(&unmapped.value) } else { fault }
}
