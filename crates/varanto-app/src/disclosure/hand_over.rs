//! Handing documents over outside the electronic way, on a request from outside (DIS-6): what may go, its lines,
//! and only then the package.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{
    self, Action, Basis, Caller, Denial, Display, GuardianMark, Obligation, Purpose, ReadPermit,
    Reason, Role, Situation, Subject,
};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::disclosure::{HandedAs, OutsideRequest, goes_unnamed};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_formats::package::hexadecimal;
use varanto_formats::view::ViewLanguage;
use varanto_formats::zip;
use varanto_store::{After, Durable, Filter, LineEvidence, ReadTx, StoreError, VersionRow};

use super::package::{self, Extent, Item, Package, PackageWords};
use crate::archive::joint_cases::scopes_of_client;
use crate::archive::whereabouts;
use crate::inquiry::Inquiry;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// The most documents of one package; more are asked for in several requests.
pub const MOST_DOCUMENTS: usize = 5_000;

/// How many versions one line of a dry run tells of.
const TOLD_IN_A_LINE: usize = 200;

/// What would be handed over, and what would not.
#[derive(Debug, Clone, Default)]
pub struct PlannedPackage {
    /// What would be, oldest first.
    pub documents: Vec<PlannedDocument>,
    /// What would not, and why: of documents of which the caller may know.
    pub left_out: Vec<(Oid, Denial)>,
    /// Documents that were named and are not there, or of which the caller may not know: each once, as they were named.
    pub unknown: Vec<Oid>,
}

/// A document that would be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDocument {
    /// The version.
    pub document: Oid,
    /// How much of it.
    pub extent: Extent,
}

/// What was decided of everything that is asked for, in one snapshot.
#[derive(Default)]
struct Plan {
    client: Option<ClientKey>,
    /// Every key of that client.
    identities: Vec<ClientKey>,
    items: Vec<Item>,
    left_out: Vec<LeftOut>,
    /// The first denial of a document in the own organisation's registers, for the log alone: of others' even that they are
    /// there is not the reviewers' to know.
    denied: Option<Denial>,
}

/// A document that stays, of which the caller may know.
struct LeftOut {
    document: Oid,
    client: ClientKey,
    version: VersionKey,
    denial: Denial,
}

impl Plan {
    /// The versions that a try tells of, by the client's key under which each stands in the log.
    fn seen(&self) -> Vec<(ClientKey, Vec<String>)> {
        let mut seen: BTreeMap<ClientKey, Vec<String>> = BTreeMap::new();
        let goes = self.items.iter().flat_map(|item| {
            item.permit.looks_at().map(|(client, _)| (client, item.permit.version()))
        });
        let stays = self.left_out.iter().filter_map(|one| {
            let own = self.identities.contains(&one.client).then_some(one.client);
            Some((own.or(self.client)?, one.version))
        });
        for (client, version) in goes.chain(stays) {
            seen.entry(client).or_default().push(version.0.to_string());
        }
        seen.into_iter().collect()
    }

    /// The documents that were named of which nothing else is told: whether there are such, and why they are not told of, is
    /// the same to the caller.
    fn unknown(&self, named: &[Oid]) -> Vec<Oid> {
        let goes = self.items.iter().map(|item| &item.document);
        let told = goes.chain(self.left_out.iter().map(|one| &one.document));
        let mut told: BTreeSet<&Oid> = told.collect();
        named.iter().filter(|one| told.insert(one)).cloned().collect()
    }

    /// Moves what no print can be made of to what stays.
    fn leave_out(&mut self, unprintable: Vec<Item>) {
        for item in unprintable {
            self.items.retain(|one| one.document != item.document);
            let (document, client, version) = (item.document, item.client, item.permit.version());
            let denial = Denial::CannotBePrinted;
            self.denied = self.denied.or(Some(denial));
            self.left_out.push(LeftOut { document, client, version, denial });
        }
    }
}

/// What is decided of one version.
enum Fate {
    Goes(ReadPermit, Extent),
    /// Whether the caller may know that there is the document.
    Stays(Denial, bool),
}

impl App {
    /// Hands over what may be of what is asked for: each document is decided by itself and leaves its own line, with
    /// the receiver, the ground, and the checksum of the whole. The lines are on disk before there is a package.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who hands over nothing, and when everything stays that the caller may know of;
    /// [`AppError::NotFound`] when there is nothing, or nothing that the caller may know of; [`AppError::Refused`],
    /// [`AppError::NotShown`]. Each logged.
    ///
    /// Source: DIS-6, DIS-4, OLD-3.
    pub fn hand_over(
        &self,
        caller: &Caller,
        request: &OutsideRequest,
        language: ViewLanguage,
        words: &PackageWords,
    ) -> Result<Package, AppError> {
        let now = self.clock.now();
        let mut plan = self.plan(caller, request, now)?;
        if plan.items.is_empty() {
            return self.nothing_to_hand_over(caller, request, &plan, now);
        }
        let made = Package::make(self, caller, request, plan.items.clone(), language, words);
        let outcome = match &made {
            Err(AppError::Refused(faults)) => {
                Some(Outcome::Refused(faults.iter().map(Fault::code).collect()))
            }
            Err(AppError::NotShown(fault)) => Some(Outcome::Refused(vec![fault.code()])),
            Err(AppError::Denied(denial)) => Some(Outcome::Denied(*denial)),
            _ => None,
        };
        if let Some(outcome) = outcome {
            self.log(caller, Event::Disclose, outcome, now)?;
        }
        let (package, unprintable) = made?;
        plan.leave_out(unprintable);
        if plan.items.is_empty() {
            return self.nothing_to_hand_over(caller, request, &plan, now);
        }
        let (about, shown) = (plan.client, plan.items);
        let checksum = hexadecimal(&package.checksum());
        let lines = shown.iter().flat_map(|item| {
            let (words, checksum) = (told_of(request), &checksum);
            item.permit.looks_at().map(move |(client, grant)| LogLine {
                at: now,
                event: Event::Disclose,
                outcome: Outcome::Permitted(grant.basis),
                actor: Actor::of(caller),
                client: Some(client),
                version: Some(item.permit.version()),
                detail: format!(
                    "{words}{} from={} package={checksum}",
                    grant.log_words(),
                    item.controller
                ),
            })
        });
        let lines: Vec<LogLine> = lines.collect();
        let package = Withheld::new(package);
        let line = self.write_unless_changed(caller, request, about, shown, lines)?;
        Ok(package.release(&line))
    }

    /// Writes the lines of a package, unless something of it is decided otherwise by now: it was made meanwhile, and an
    /// order or an invalidation may have come.
    ///
    /// Source: DIS-6, ARC-10.
    fn write_unless_changed(
        &self,
        caller: &Caller,
        request: &OutsideRequest,
        about: Option<ClientKey>,
        items: Vec<Item>,
        lines: Vec<LogLine>,
    ) -> Result<Durable<LineEvidence>, AppError> {
        let (caller, request, registry) = (caller.clone(), request.clone(), self.registry());
        let now = self.clock.now();
        self.store.write(move |tx| {
            let purpose = purpose_of(&caller, &request);
            let inquiry = Inquiry::new(&caller, purpose, Arc::clone(&registry), now);
            for item in &items {
                if is_unchanged(tx, &inquiry, item, about, &request)? {
                    continue;
                }
                let fault = Fault::new(FaultKind::DecidedOtherwise, "documents", "DIS-6");
                tx.log(&LogLine {
                    at: now,
                    event: Event::Disclose,
                    outcome: Outcome::Refused(vec![fault.code()]),
                    actor: Actor::of(&caller),
                    client: about,
                    version: None,
                    detail: told_of(&request),
                })?;
                return Err(AppError::Refused(vec![fault]));
            }
            let written = lines.iter().map(|line| tx.log(line));
            Ok(written.collect::<Result<Vec<_>, _>>()?.swap_remove(0))
        })
    }

    /// Tells what would be handed over and what would not, and hands over nothing. It is a look at the documents that
    /// it names.
    ///
    /// # Errors
    /// As [`App::hand_over`], but for nothing to hand over.
    pub fn try_handing_over(
        &self,
        caller: &Caller,
        request: &OutsideRequest,
    ) -> Result<PlannedPackage, AppError> {
        let now = self.clock.now();
        let mut plan = self.plan(caller, request, now)?;
        let unprintable = match request.form {
            HandedAs::Paper => package::unprintable(self, &plan.items)?,
            HandedAs::Package => Vec::new(),
        };
        plan.leave_out(unprintable);
        let lines = dry_run_lines(caller, request, &plan, now);
        let unknown = plan.unknown(&request.asked.documents);
        let documents = plan.items.into_iter();
        let told = Withheld::new(PlannedPackage {
            documents: documents
                .map(|item| PlannedDocument { document: item.document, extent: item.extent })
                .collect(),
            left_out: plan.left_out.into_iter().map(|one| (one.document, one.denial)).collect(),
            unknown,
        });
        let line = self.write_lines(lines)?;
        Ok(told.release(&line))
    }

    /// The answer when nothing goes: one denial that the caller may know of, or that there is nothing.
    fn nothing_to_hand_over(
        &self,
        caller: &Caller,
        request: &OutsideRequest,
        plan: &Plan,
        now: Instant,
    ) -> Result<Package, AppError> {
        let refused = || Outcome::Refused(vec!["not-found"]);
        let line = LogLine {
            at: now,
            event: Event::Disclose,
            outcome: plan.denied.map_or_else(refused, Outcome::Denied),
            actor: Actor::of(caller),
            client: plan.client,
            version: None,
            detail: format!("{} hits=0", told_of(request)),
        };
        self.write_line(line)?;
        match plan.left_out.first() {
            Some(one) => Err(AppError::Denied(one.denial)),
            None => Err(AppError::NotFound),
        }
    }

    /// Decides of everything that is asked for.
    fn plan(
        &self,
        caller: &Caller,
        request: &OutsideRequest,
        now: Instant,
    ) -> Result<Plan, AppError> {
        if let Err(denial) = access::may_hand_over(caller) {
            self.log(caller, Event::Disclose, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        if caller.is_system() && request.handler.is_none() {
            let fault = Fault::new(FaultKind::MissingElement, "handler", "DIS-6");
            return self.request_refused(caller, None, fault.arg("name", "handler"), now);
        }
        let inquiry = self.inquiry(caller, purpose_of(caller, request), now);
        let (client, shown) = self.store.read::<_, AppError>(|tx| {
            let client = tx.find_client(&request.client)?;
            let shown = match client {
                Some(client) => inquiry.might_show(tx, client)?,
                None => false,
            };
            Ok((client, client.filter(|_| shown)))
        })?;
        let Some(client) = shown else { return Ok(Plan { client, ..Plan::default() }) };
        let learned = self.learn_before_listing(&[&inquiry], Action::Disclose, |tx| {
            asked_for(tx, request, &tx.identities_of(client)?)
        });
        let plan = learned.and_then(|()| {
            let own = inquiry.registry().own_registers(&caller.organisation);
            let decide = |tx: &ReadTx<'_>| decide_each(tx, &inquiry, client, request, own);
            self.store.read_within(self.search.time, decide)
        });
        match plan {
            Err(AppError::Store(StoreError::Overtime)) => {
                self.request_refused(caller, Some(client), too_wide(), now)
            }
            Ok(plan) if is_too_large(&plan.items, request.form) => {
                self.request_refused(caller, Some(client), too_wide(), now)
            }
            plan => plan,
        }
    }

    fn request_refused(
        &self,
        caller: &Caller,
        client: Option<ClientKey>,
        fault: Fault,
        at: Instant,
    ) -> Result<Plan, AppError> {
        self.write_line(LogLine {
            at,
            event: Event::Disclose,
            outcome: Outcome::Refused(vec![fault.code()]),
            actor: Actor::of(caller),
            client,
            version: None,
            detail: String::new(),
        })?;
        Err(AppError::Refused(vec![fault]))
    }
}

/// On what a request is decided.
fn purpose_of(caller: &Caller, request: &OutsideRequest) -> Purpose {
    let situation = match caller.role() {
        Some(Role::Archivist) => Situation::Archivist,
        _ => Situation::OwnRegister,
    };
    Purpose::READ.in_situation(situation).because(request.ground)
}

/// Whether what goes would go now as it was decided.
fn is_unchanged(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    item: &Item,
    about: Option<ClientKey>,
    request: &OutsideRequest,
) -> Result<bool, AppError> {
    let Some(client) = about else { return Ok(false) };
    let row = tx.version_of_key(item.permit.version())?;
    let asked_for = !request.asked.documents.is_empty() || row.state == VersionState::InForce;
    Ok(match fate(tx, inquiry, &row, client, request)? {
        Fate::Goes(permit, extent) => asked_for && permit == item.permit && extent == item.extent,
        Fate::Stays(..) => false,
    })
}

/// Decides of each version that is asked for, of a client of whom the caller may know. `own`: the registers of the
/// caller's organisation.
fn decide_each(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    client: ClientKey,
    request: &OutsideRequest,
    own: &[Oid],
) -> Result<Plan, AppError> {
    let identities = tx.identities_of(client)?;
    let rows = asked_for(tx, request, &identities)?;
    let mut plan = Plan { client: Some(client), identities, ..Plan::default() };
    for row in rows {
        match fate(tx, inquiry, &row, client, request)? {
            Fate::Goes(permit, extent) => plan.items.push(Item::of(&row, permit, extent)),
            Fate::Stays(denial, told) => {
                if own.contains(&row.controller) {
                    plan.denied = plan.denied.or(Some(denial));
                }
                if told {
                    let VersionRow { oid: document, client, version, .. } = row;
                    plan.left_out.push(LeftOut { document, client, version, denial });
                }
            }
        }
    }
    Ok(plan)
}

/// What is decided of a version: by the one decision; then by the form in which it would go, by what of it can be
/// shown so, and by who receives it.
fn fate(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
    client: ClientKey,
    request: &OutsideRequest,
) -> Result<Fate, AppError> {
    let knows = || -> Result<bool, StoreError> {
        let listed = inquiry.may_list_through(tx, row, Some(client))?;
        Ok(listed.is_ok_and(|permit| whereabouts::may_name(&permit, row)))
    };
    let permit = match inquiry.may_disclose_through(tx, row, client)? {
        Ok(permit) => permit,
        // All but the legal basis is there: whose it is to hand over may know of it.
        Err(denial @ Denial::RequestGroundDoesNotFit) => return Ok(Fate::Stays(denial, true)),
        Err(denial) => return Ok(Fate::Stays(denial, knows()?)),
    };
    if !whereabouts::may_name(&permit, row) {
        return Ok(Fate::Stays(Denial::CannotBeMasked, knows()?));
    }
    let on_paper = permit.grant().obligations.contains(&Obligation::OnPaperAlone);
    if on_paper && request.form != HandedAs::Paper {
        return Ok(Fate::Stays(Denial::OnPaperAlone, true));
    }
    if request.asked.documents.is_empty() {
        let record = tx.record_to_mask(&permit, row)?;
        let read = metadata::read(&record);
        let organisers = inquiry.is_organisers(row);
        let mut display = read.map_or(Display::UNREAD, |(raw, _)| Display::of(&raw, organisers));
        if !permit.is_through_its_own() {
            // What a document says of guardians is said of the client whose it is.
            display.guardians = GuardianMark::NotSaid;
        }
        let subject = row.specific_type.as_deref().map_or(Subject::Ordinary, Subject::of_type);
        let kind = request.receiver.kind;
        if let Err(denial) = goes_unnamed(kind, subject, &display, inquiry.today()) {
            return Ok(Fate::Stays(denial, true));
        }
    }
    let extent = match permit.whole() {
        Ok(_) => Extent::Whole,
        Err(Denial::NamesOthers) => Extent::OthersHidden,
        Err(_) => match whereabouts::content(tx, &permit, row, inquiry.registry()) {
            Ok(_) => Extent::Masked,
            Err(AppError::Denied(denial)) => return Ok(Fate::Stays(denial, true)),
            Err(error) => return Err(error),
        },
    };
    Ok(Fate::Goes(permit, extent))
}

/// Whether so much is asked for that one package does not hold it, as far as it is known before the package is made: the
/// originals that go into it.
fn is_too_large(items: &[Item], form: HandedAs) -> bool {
    let bytes = items.iter().filter(|item| item.goes_as_archived(form)).map(|item| item.bytes);
    items.len() > MOST_DOCUMENTS || bytes.sum::<u64>() > zip::MOST_BYTES
}

/// That more is asked for than one package holds.
pub(super) fn too_wide() -> Fault {
    Fault::new(FaultKind::SearchTooWide, "documents", "DIS-6")
        .arg("expected", "registers, service_tasks, types, from, until")
}

/// The lines of a dry run: the versions that it tells of under each of the client's keys, so many in each; one line when it tells of none.
fn dry_run_lines(
    caller: &Caller,
    request: &OutsideRequest,
    plan: &Plan,
    at: Instant,
) -> Vec<LogLine> {
    let words: BTreeSet<String> = plan
        .items
        .iter()
        .flat_map(|item| {
            let words = item.permit.grant().log_words();
            words.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word != "disclosed")
        .collect();
    let words = words.into_iter().fold(told_of(request), |all, word| all + " " + &word);
    let seen = plan.seen();
    let outcome = match (seen.is_empty(), plan.denied) {
        (true, Some(denial)) => Outcome::Denied(denial),
        _ => Outcome::Permitted(Basis::OnRequest),
    };
    let line = |client, versions: &[String]| LogLine {
        at,
        event: Event::Search,
        outcome: outcome.clone(),
        actor: Actor::of(caller),
        client,
        version: None,
        detail: format!(
            "by=request dry-run hits={} versions={} {words}",
            versions.len(),
            versions.join(",")
        ),
    };
    if seen.is_empty() {
        return vec![line(plan.client, &[])];
    }
    let of_key = |(client, versions): &(ClientKey, Vec<String>)| {
        versions.chunks(TOLD_IN_A_LINE).map(|part| line(Some(*client), part)).collect::<Vec<_>>()
    };
    seen.iter().flat_map(of_key).collect()
}

/// The versions that a request asks for, oldest first. It only narrows; each is decided.
fn asked_for(
    tx: &ReadTx<'_>,
    request: &OutsideRequest,
    identities: &[ClientKey],
) -> Result<Vec<VersionRow>, StoreError> {
    let asked = &request.asked;
    let mut rows = Vec::new();
    for named in &asked.documents {
        rows.extend(tx.find_version(named)?);
    }
    if asked.documents.is_empty() {
        let filter = Filter {
            states: vec![VersionState::InForce],
            from: asked.from.map(FinnishDay::start),
            before: asked.until.map(|last| last.plus_days(1).start()),
            ..Filter::default()
        };
        let mut filters = Vec::new();
        for kind in &asked.types {
            filters.push(Filter { general_type: Some(kind.clone()), ..filter.clone() });
            filters.push(Filter { specific_type: Some(kind.clone()), ..filter.clone() });
        }
        if filters.is_empty() {
            filters.push(filter);
        }
        for (scope, filter) in scopes_of_client(tx, identities)?
            .iter()
            .flat_map(|scope| filters.iter().map(move |filter| (scope, filter)))
        {
            let mut after: Option<After> = None;
            loop {
                let page = tx.find_versions(scope, filter, after, 256)?;
                let full = page.len() == 256;
                after = page
                    .last()
                    .map(|row| After { written_at: row.written_at, version: row.version });
                rows.extend(page);
                if !full {
                    break;
                }
            }
        }
    }
    let registers = |row: &VersionRow| asked.registers.contains(&row.controller);
    let tasks = |row: &VersionRow| {
        row.service_task
            .as_ref()
            .is_some_and(|own| asked.service_tasks.iter().any(|one| **one == **own))
    };
    rows.retain(|row| asked.registers.is_empty() || registers(row));
    rows.retain(|row| asked.service_tasks.is_empty() || tasks(row));
    rows.sort_by_key(|row| (row.written_at, row.version));
    rows.dedup_by_key(|row| row.version);
    Ok(rows)
}

/// What a line says of the request: the form, the receiver by kind, an organisation by its identifier, and the
/// controller's reference. No name.
fn told_of(request: &OutsideRequest) -> String {
    let mut words = format!("{} receiver={}", request.form.code(), request.receiver.kind.code());
    if let Some(organisation) = &request.receiver.organisation {
        let _ = write!(words, " to={organisation}");
    }
    let _ = write!(words, " reference={}", request.reference);
    words
}

/// The legal basis as texts know it.
pub(super) fn ground_key(ground: Reason) -> String {
    format!("reason.{}", ground.code())
}
