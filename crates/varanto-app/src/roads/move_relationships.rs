//! Moving a controller's relationships from one road to the other: one relationship with all its cases at a
//! time, in one transaction, at one instant (REL-7, ARC-16).

use std::borrow::Cow;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawValue;
use varanto_domain::archive::references::KnownRelationship;
use varanto_domain::archive::register_documents::CaseContent;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::relationship::{
    CaseInDossier, Dossier, Making, MovedDossier, MovedService, Parties, RegisterUseRight, Road,
    RoadState, RoadStep, next_metadata, served,
};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata};
use varanto_store::{
    Commits, OPERATOR, ReadTx, RegisterDocument, RelationshipRow, StoreError, VersionRow, WriteTx,
};

use super::step::roads_in_log;
use crate::administer::LoadError;
use crate::archive::parcel::{Parcel, Place, Sealed};
use crate::archive::record::arrival;
use crate::derived::{oid, said_together};
use crate::relationship::compose::{PROGRAM, submission, wording};
use crate::{App, AppError, Registry};

/// What became of one relationship, or would.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveReport {
    /// The relationship.
    pub relationship: Oid,
    /// The services that went to another document, or would.
    pub services: Vec<MovedService>,
    /// What a person should know.
    pub remarks: Vec<Fault>,
    /// Why it stays where it is; empty when it was moved, or would be.
    pub faults: Vec<Fault>,
}

/// What a move came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MoveSummary {
    /// Relationships that were moved, or would be.
    pub moved: u64,
    /// Their services that went to another document, or would.
    pub services: u64,
    /// Relationships with something to be known.
    pub remarked: u64,
    /// Relationships that stay where they are.
    pub refused: u64,
}

/// How relationships are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Onto which road.
    pub to: Road,
    /// Whether it is only rehearsed: everything is composed, checked and compared, and nothing is written.
    pub rehearsal: bool,
}

/// Is told how many relationships are done, of how many, and what became of the last one.
pub type Told<'t> = &'t mut dyn FnMut(u64, u64, &MoveReport);

/// How often one relationship is tried when its documents change meanwhile.
const TRIES: usize = 5;
/// How many relationships are looked up at once.
const PAGE: usize = 200;

/// A document in force, read.
struct InForce {
    row: VersionRow,
    record: Vec<u8>,
}

/// A relationship with its cases, read in one snapshot.
struct Before {
    kept: RelationshipRow,
    relationship: InForce,
    cases: Vec<InForce>,
    dossier: Dossier,
    rights: Vec<RegisterUseRight>,
    parties: Parties,
}

impl Before {
    /// The versions that it was read of.
    fn versions(&self) -> Vec<VersionKey> {
        let cases = self.cases.iter().map(|case| case.row.version);
        std::iter::once(self.relationship.row.version).chain(cases).collect()
    }
}

/// What a move would make, with the versions ready to be kept, in the documents' order; or every reason why the
/// relationship stays where it is.
type Composed = Result<(MovedDossier, Vec<Parcel>), Vec<Fault>>;

/// Why a turn on the writer kept nothing: all of it is undone.
#[derive(Debug, Clone)]
enum Undone {
    /// A document came between.
    Changed,
    /// The rights would not be the same.
    Differs(Fault),
    Failed(AppError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<AppError> for Undone {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl Commits for Undone {
    fn commits(&self) -> bool {
        false
    }
}

impl App {
    /// Moves a controller's active relationships with their cases onto a road, or rehearses it. What was moved
    /// already is passed over, so that a move which was broken off is gone on with by asking again; others work
    /// in the archive meanwhile.
    ///
    /// # Errors
    /// [`LoadError::Faults`] when the controller has not begun the long road, or is confirmed on it and would
    /// go back. What keeps single relationships where they are is told in their reports.
    ///
    /// Source: REL-7, ARC-16.
    pub fn move_relationships(
        &self,
        controller: &Oid,
        how: Move,
        told: Told<'_>,
    ) -> Result<MoveSummary, LoadError> {
        self.move_while(controller, how, told, &|| true).map(|(summary, _)| summary)
    }

    /// As [`App::move_relationships`], for as long as it `goes_on`; answers whether it came to its end.
    fn move_while(
        &self,
        controller: &Oid,
        how: Move,
        told: Told<'_>,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(MoveSummary, bool), LoadError> {
        let now = self.clock.now();
        self.begin_move(controller, how)?;
        let today = FinnishDay::of(now);
        let from = how.to.other();
        let counts = self.store.read::<_, AppError>(|tx| Ok(tx.count_roads(controller, today)?))?;
        let total = if from == Road::Short { counts.short } else { counts.long };
        let (mut summary, mut done, mut above) = (MoveSummary::default(), 0, i64::MIN);
        loop {
            let page = self.store.read::<_, AppError>(|tx| {
                Ok(tx.list_on_road(controller, from, today, (above, PAGE))?)
            })?;
            let Some(last) = page.last() else { break };
            above = *last;
            for key in page {
                if !goes_on() {
                    return Ok((summary, false));
                }
                let Some(report) = self.move_one(key, how)? else { continue };
                summary.add(&report);
                done += 1;
                told(done, total.max(done), &report);
            }
        }
        if !how.rehearsal {
            self.step_road(controller, RoadStep::Moved)?;
        }
        Ok((summary, true))
    }

    /// Goes on with every move that was begun and not ended: one that was broken off, or left to the archive with
    /// its doors open. `goes_on` is asked before each relationship: where another has taken the work over, it is left to
    /// that one. Answers what came to its end.
    ///
    /// # Errors
    /// As [`App::move_relationships`]; the rest is gone on with the next time.
    ///
    /// Source: REL-7.
    pub fn go_on_with_moves(
        &self,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Vec<(Oid, MoveSummary)>, LoadError> {
        let registry = self.registry();
        let mut done = Vec::new();
        for (controller, to) in registry.roads().moving() {
            let how = Move { to, rehearsal: false };
            let (summary, ended) = self.move_while(controller, how, &mut |_, _, _| {}, goes_on)?;
            if !ended {
                break;
            }
            done.push((controller.clone(), summary));
        }
        Ok(done)
    }

    /// That the controller may move so; one that goes back is on the short road from then on.
    fn begin_move(&self, controller: &Oid, how: Move) -> Result<(), LoadError> {
        let state: RoadState =
            self.store.read::<_, AppError>(|tx| Ok(roads_in_log(tx)?.of_controller(controller)))?;
        if how.rehearsal {
            let confirmed = Fault::new(FaultKind::RoadConfirmed, "step", "REL-7");
            let back = state.confirmed && how.to == Road::Short;
            return if back { Err(LoadError::Faults(vec![confirmed])) } else { Ok(()) };
        }
        if state.moving == Some(how.to) {
            return Ok(());
        }
        self.step_road(controller, RoadStep::Move(how.to)).map(drop)
    }

    /// Moves one relationship; `None` when it was moved meanwhile.
    fn move_one(&self, key: i64, how: Move) -> Result<Option<MoveReport>, AppError> {
        let registry = self.registry();
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.store.read::<_, AppError>(|tx| read(tx, key, &registry, now))?;
            let Some(before) = before.filter(|before| before.kept.known.road != how.to) else {
                return Ok(None);
            };
            let relationship = before.kept.known.id.clone();
            let stays = |faults| MoveReport {
                relationship: relationship.clone(),
                services: Vec::new(),
                remarks: Vec::new(),
                faults,
            };
            let (moved, parcels) = match self.compose(&before, how, &registry, now)? {
                Ok(composed) => composed,
                Err(faults) => {
                    if !how.rehearsal {
                        self.log_refusal(&before, &faults, now)?;
                    }
                    return Ok(Some(stays(faults)));
                }
            };
            let MovedDossier { services, remarks, .. } = moved;
            let report = MoveReport { services, remarks, ..stays(Vec::new()) };
            if how.rehearsal {
                return Ok(Some(report));
            }
            match self.keep_moved(&before, parcels, how.to, now) {
                Ok(()) => return Ok(Some(report)),
                Err(Undone::Changed) => {}
                Err(Undone::Differs(fault)) => {
                    self.log_refusal(&before, std::slice::from_ref(&fault), now)?;
                    return Ok(Some(stays(vec![fault])));
                }
                Err(Undone::Failed(error)) => return Err(error),
            }
        }
        Err(StoreError::Busy.into())
    }

    /// The next versions of a relationship's documents, examined, and compared with those before.
    fn compose(
        &self,
        before: &Before,
        how: Move,
        registry: &Registry,
        now: Instant,
    ) -> Result<Composed, AppError> {
        let moved = match how.to {
            Road::Long => before.dossier.to_long(),
            Road::Short => before.dossier.to_short(),
        };
        let moved = match moved {
            Ok(moved) => moved,
            Err(faults) => return Ok(Err(faults)),
        };
        let mut faults = Vec::new();
        // A run compares what is kept, in the transaction that keeps it.
        if how.rehearsal {
            let rights = moved.dossier.units().rights(&before.parties);
            let (said, says) = ((&before.dossier, &*before.rights), (&moved.dossier, &*rights));
            faults.extend(served::differ_on(said, says).map(rights_differ));
        }
        let mut parcels = Vec::new();
        let contents = std::iter::once(&moved.dossier.relationship)
            .chain(moved.dossier.cases.iter().map(|case| &case.content));
        let documents = std::iter::once(&before.relationship).chain(&before.cases);
        for (document, next) in documents.zip(contents) {
            match self.next_version(document, next, how, registry, now)? {
                Ok(parcel) => parcels.push(parcel),
                Err(found) => faults.extend(found),
            }
        }
        Ok(if faults.is_empty() { Ok((moved, parcels)) } else { Err(faults) })
    }

    /// The next version of a document on a road.
    fn next_version(
        &self,
        before: &InForce,
        next: &Content<'_>,
        how: Move,
        registry: &Registry,
        now: Instant,
    ) -> Result<Result<Parcel, Vec<Fault>>, AppError> {
        let damaged = |_| StoreError::Damaged("the record of a register document".to_owned());
        let (record, _) = metadata::read(&before.record).map_err(damaged)?;
        let group = before.row.group;
        let arcs = how.to.structures_of(group);
        let type_arc = arcs.strip_prefix("1.2.246.537.6.").unwrap_or(&arcs);
        let Some(entry) = registry.structure_in_force(type_arc, FinnishDay::of(now)) else {
            let missing = Fault::new(FaultKind::UnknownStructure, "structure", "ARC-5");
            return Ok(Err(vec![missing.value(arcs).arg("known", "")]));
        };
        let making = Making {
            document: self.identifier_under(&before.row.controller, registry, now),
            written_at: now,
            maker: None,
            program: PROGRAM,
        };
        let mut raw =
            next_metadata(record, &before.row.oid, next, &making, &wording(registry, now));
        let structure = Cow::Owned(entry.structure.oid.to_string());
        raw.insert(Element::Structure, RawValue::Text(structure));
        let sent = submission(&raw, next, registry);
        self.examine_composed(sent, (&arrival(&operator()), !how.rehearsal), registry, now)
    }

    /// One turn on the writer: the versions, the rows, and the rights at every moment before and after, held
    /// against each other by the second statement. When they differ nothing of it stays.
    fn keep_moved(
        &self,
        before: &Before,
        parcels: Vec<Parcel>,
        to: Road,
        now: Instant,
    ) -> Result<(), Undone> {
        let documents = std::iter::once(&before.relationship).chain(&before.cases);
        let mut sealed = Vec::new();
        for (document, parcel) in documents.zip(parcels) {
            let data_key = self.store.read::<_, AppError>(|tx| {
                let missing = || StoreError::Damaged("the key of a client".to_owned());
                Ok(tx.client_data_key(document.row.client)?.ok_or_else(missing)?)
            })?;
            let seal = parcel.seal(&self.store, &data_key)?;
            sealed.push((parcel, seal));
        }
        let (key, versions) = (before.kept.key, before.versions());
        let registry = self.registry();
        self.store.write::<_, Undone>(move |tx| {
            let earlier = read(tx, key, &registry, now)?.filter(|read| read.versions() == versions);
            let Some(earlier) = earlier else { return Err(Undone::Changed) };
            insert_all(tx, &earlier, &sealed, to, now)?;
            let kept = tx.relationship_of_key(key)?;
            let gone = || StoreError::Damaged("a relationship document".to_owned());
            let (known, rights) = said_together(tx, &kept)?.ok_or_else(gone)?;
            tx.upsert_relationship(Some(key), &known, kept.from)?;
            tx.replace_rights(key, known.client, &rights)?;
            let after = read(tx, key, &registry, now)?.ok_or_else(gone)?;
            match difference(&earlier, &after) {
                Some(fault) => Err(Undone::Differs(fault)),
                None => Ok(()),
            }
        })?;
        Ok(())
    }

    fn log_refusal(&self, before: &Before, faults: &[Fault], now: Instant) -> Result<(), AppError> {
        let line = LogLine {
            at: now,
            event: Event::Archive,
            outcome: Outcome::Refused(faults.iter().map(Fault::code).collect()),
            actor: operator(),
            client: Some(before.kept.known.client),
            version: Some(before.relationship.row.version),
            detail: "road".to_owned(),
        };
        self.write_line(line).map(drop)
    }

    /// An identifier under a controller's node that no system's counting reaches: it ends with one of the
    /// archive's own keys.
    fn identifier_under(&self, controller: &Oid, registry: &Registry, now: Instant) -> Oid {
        let organisation = registry.registers().organisation(controller);
        let nodes = organisation.map(varanto_domain::joining::Organisation::own_nodes);
        let node = nodes.and_then(|nodes| nodes.into_iter().next());
        let node = node.unwrap_or_else(|| controller.clone());
        let (year, key) = (FinnishDay::of(now).year(), self.store.ids().next_key());
        node.child(format_args!("95.{year}.{key}")).expect("numbers make arcs")
    }
}

impl MoveSummary {
    fn add(&mut self, report: &MoveReport) {
        self.remarked += u64::from(!report.remarks.is_empty());
        if report.faults.is_empty() {
            self.moved += 1;
            self.services += report.services.len() as u64;
        } else {
            self.refused += 1;
        }
    }
}

fn operator() -> Actor {
    Actor { name: OPERATOR.into(), organisation: None, detail: None }
}

/// Reads a relationship and its cases; `None` when a client's key was destroyed, or a document does not read.
fn read(
    tx: &ReadTx<'_>,
    key: i64,
    registry: &Registry,
    now: Instant,
) -> Result<Option<Before>, AppError> {
    let kept = tx.relationship_of_key(key)?;
    let day = FinnishDay::of(now);
    let in_force = |document: &RegisterDocument| {
        let content = content::read(document.parts.first()?, "structured").ok()?;
        let record = document.record.clone();
        Some((InForce { row: document.row.clone(), record }, content.to_owned_content()))
    };
    let own = tx.read_register_document(kept.from, in_force)?.flatten();
    let Some((relationship, said)) = own else { return Ok(None) };
    let mut read = Vec::new();
    tx.read_case_documents(key, |document| read.push(in_force(document)))?;
    let (mut cases, mut in_dossier) = (Vec::new(), Vec::new());
    for one in read {
        let Some((document, content)) = one else { return Ok(None) };
        let Some(case_key) = document.row.case_key else { return Ok(None) };
        in_dossier.push(CaseInDossier {
            id: tx.case_of_key(case_key)?.known.id,
            said: CaseContent::read(&content, registry.code_sets(), day),
            content,
        });
        cases.push(document);
    }
    let raw = metadata::read(&relationship.record).map(|(raw, _)| raw).unwrap_or_default();
    let organiser = oid(&raw, Element::OrganiserId);
    let parties = Parties::of(&kept.known.controller, organiser.as_ref(), &kept.known.id);
    let rights = tx.list_rights(key)?.into_iter().map(|row| row.right).collect();
    let dossier = Dossier { relationship: said, cases: in_dossier };
    Ok(Some(Before { kept, relationship, cases, dossier, rights, parties }))
}

/// Keeps the next versions, each with its log line, and what the rows say of which document is in force.
fn insert_all(
    tx: &mut WriteTx<'_>,
    before: &Before,
    sealed: &[(Parcel, Sealed)],
    to: Road,
    now: Instant,
) -> Result<(), AppError> {
    let documents = std::iter::once(&before.relationship).chain(&before.cases);
    for (document, (parcel, seal)) in documents.zip(sealed) {
        let row = &document.row;
        let place = Place {
            client: row.client,
            set: Some(row.set),
            main: row.main,
            keys: (row.relationship_key, row.case_key),
        };
        parcel.insert(tx, &place, seal)?;
        tx.replace_version(row.version)?;
        tx.log(&LogLine {
            at: now,
            event: Event::Archive,
            outcome: Outcome::Done,
            actor: operator(),
            client: Some(row.client),
            version: Some(parcel.version),
            detail: format!("road to={}", to.code()),
        })?;
        if let Some(case) = row.case_key {
            let known = tx.case_of_key(case)?.known;
            tx.upsert_case(Some(case), before.kept.key, &known, parcel.version)?;
        } else {
            let known = KnownRelationship { road: to, ..before.kept.known.clone() };
            tx.upsert_relationship(Some(before.kept.key), &known, parcel.version)?;
        }
    }
    Ok(())
}

/// In what the answers after a move would not be those before.
fn difference(before: &Before, after: &Before) -> Option<Fault> {
    let tasks = |of: &Before| {
        let mut tasks = of.kept.known.service_tasks.clone();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    };
    let said = |of: &'static str| Fault::new(FaultKind::ServiceTaskDiffers, of, "REL-7");
    if tasks(before) != tasks(after) {
        return Some(said("service_task").arg("expected", tasks(before).join(", ")));
    }
    let differ =
        served::differ_on((&before.dossier, &before.rights), (&after.dossier, &after.rights));
    if let Some(day) = differ {
        return Some(rights_differ(day));
    }
    // The same on every day, and told the same: what a denial says turns on the whole right.
    let same = before.rights.len() == after.rights.len()
        && before.rights.iter().all(|right| after.rights.contains(right));
    (!same).then(|| Fault::new(FaultKind::RightsDiffer, "rights", "REL-7").arg("day", ""))
}

fn rights_differ(day: FinnishDay) -> Fault {
    Fault::new(FaultKind::RightsDiffer, "rights", "REL-7").arg("day", day)
}
