//! Recording what a client permits and refuses: the next version of its document, made here and archived
//! on the one road (DIS-2, CIT-5).

use serde_json::json;
use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Caller, Purpose, Situation, Who};
use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::codes::sets;
use varanto_domain::disclosure::{
    Giver, MANDATED, PermissionContent, PermissionSaid, RefusalContent, Refused,
};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::mandates::Matter;
use varanto_domain::oversight::hints::Name;
use varanto_domain::structures::{Content, Structure};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::mandates::MandateQuestion;
use varanto_formats::view::{self, Heading, ViewLanguage};
use varanto_formats::will::{
    self, Beside, Identified, Named, PermissionAct, Recorder, RefusalAct, WillRequest,
};
use varanto_formats::{content, metadata};
use varanto_store::{Filter, ReadTx, Scope, StoreError, VersionRow};

use super::current_will::{WILL, Will, said_last};
use crate::archive::{Archived, Submission};
use crate::derived::name_of_client;
use crate::inquiry::Inquiry;
use crate::{App, AppError, Registry};

/// What recording answers.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// A new version of the document was archived.
    Archived(Box<Archived>),
    /// The document says so already.
    Unchanged,
}

/// How often it is tried anew when others record for the same client at the same time.
const TRIES: usize = 5;

/// The document in force that a new version follows, and its content.
struct Before {
    row: VersionRow,
    set: Oid,
    /// The number of the version that follows.
    next: u32,
    content: Vec<u8>,
}

impl App {
    /// Records that a client was informed, gives the permission or withdraws it. Who says the same again
    /// changes nothing.
    ///
    /// # Errors
    /// [`AppError::Denied`], [`AppError::Refused`]; each logged.
    pub fn record_permission(
        &self,
        caller: &Caller,
        request: &WillRequest<PermissionAct>,
    ) -> Result<Recorded, AppError> {
        self.record(caller, request, DocumentGroup::Permission, |beside, before, _| {
            let said = before.map(PermissionContent::read);
            let granted = said.as_ref().is_some_and(|said| said.granted);
            let since = said.as_ref().and_then(|said| said.given_on).unwrap_or(beside.on);
            match request.act {
                PermissionAct::Give if !granted => {
                    Some(will::permission(beside, Some((true, beside.on))))
                }
                PermissionAct::Withdraw if granted => {
                    Some(will::permission(beside, Some((false, since))))
                }
                PermissionAct::Inform if said.is_none() => Some(will::permission(beside, None)),
                _ => None,
            }
        })
    }

    /// Records that a client refuses something or withdraws a refusal; the client's other refusals stay
    /// as they are. Who says the same again changes nothing.
    ///
    /// # Errors
    /// As [`App::record_permission`].
    pub fn record_refusal(
        &self,
        caller: &Caller,
        request: &WillRequest<RefusalAct>,
    ) -> Result<Recorded, AppError> {
        self.record(caller, request, DocumentGroup::Refusal, |beside, before, registry| {
            let said = before.map(RefusalContent::read).unwrap_or_default().refused();
            let (refused, changes) = match &request.act {
                RefusalAct::Refuse(refused) => (refused, !said.contains(refused)),
                RefusalAct::Withdraw(refused) => (refused, said.contains(refused)),
            };
            let name = name_of(refused, registry, beside.on);
            changes.then(|| will::refusals(beside, before, &request.act, &name))
        })
    }

    /// Makes the next version of a document of the will and archives it. `says` answers its content, or
    /// `None` when the document in force says so already.
    fn record<A>(
        &self,
        caller: &Caller,
        request: &WillRequest<A>,
        group: DocumentGroup,
        says: impl Fn(&Beside<'_>, Option<&Content<'_>>, &Registry) -> Option<String>,
    ) -> Result<Recorded, AppError> {
        for _ in 1..TRIES {
            match self.record_once(caller, request, group, &says) {
                // Another version came between: on that one it is made anew.
                Err(AppError::Refused(faults)) if faults.iter().any(came_between) => {}
                answer => return answer,
            }
        }
        self.record_once(caller, request, group, &says)
    }

    fn record_once<A>(
        &self,
        caller: &Caller,
        request: &WillRequest<A>,
        group: DocumentGroup,
        says: &impl Fn(&Beside<'_>, Option<&Content<'_>>, &Registry) -> Option<String>,
    ) -> Result<Recorded, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let inquiry = self.inquiry(caller, saying(caller, request), now);
        self.learn_of_principal(&inquiry, request.client.code)?;
        let own = self.inquiry(caller, Purpose::READ, now);
        let client = ClientIdentifier::Code(request.client.code);
        let (will, before, known, said) = self.store.read::<_, AppError>(|tx| {
            let will = Will::find(tx, &inquiry, &client, group)?;
            let before = match &will.row {
                Some(row) => before(tx, &inquiry, row)?,
                None => None,
            };
            let said = match will.client.filter(|_| group == DocumentGroup::Permission) {
                Some(client) => said_last(&tx.list_permissions(client)?),
                None => None,
            };
            let known = match will.client.filter(|_| will.says.is_ok()) {
                Some(client) => known_name(tx, &own, client)?,
                None => None,
            };
            Ok((will, before, known, said))
        })?;
        let line = |outcome, detail: String| LogLine {
            at: now,
            event: Event::Archive,
            outcome,
            actor: Actor::of(caller),
            client: will.client,
            version: None,
            detail,
        };
        let basis = match will.says {
            Ok(grant) => grant.basis,
            Err(denial) => {
                self.write_line(line(Outcome::Denied(denial), String::new()))?;
                return Err(AppError::Denied(denial));
            }
        };
        let confirmed = match kept_by_child(&inquiry, said) {
            Ok(()) => self.confirm_representative(caller, request)?,
            kept => kept,
        };
        if let Err(fault) = confirmed {
            self.write_line(line(Outcome::Refused(vec![fault.code()]), "faults=1".to_owned()))?;
            return Err(AppError::Refused(vec![fault]));
        }
        let made = Making { caller, request, registry: &registry, group, now }.make(
            &self.new_identifier(caller, &registry, now),
            before.as_ref(),
            says,
        );
        match made {
            Ok(Some(submission)) => {
                // A unit archives it as any document; a citizen in the situation in which it is said.
                let asked = match caller.who {
                    Who::Citizen { .. } => (inquiry.purpose(), inquiry.learnt()),
                    _ => (Purpose::READ, inquiry.learnt()),
                };
                let mut archived = self.archive_as(caller, submission, Vec::new(), asked)?;
                archived.remarks.extend(remarks_on_name(&request.client.name, known.as_ref()));
                Ok(Recorded::Archived(Box::new(archived)))
            }
            Ok(None) => {
                self.write_line(line(Outcome::Permitted(basis), "unchanged".to_owned()))?;
                Ok(Recorded::Unchanged)
            }
            Err(fault) => {
                let detail = "faults=1".to_owned();
                self.write_line(line(Outcome::Refused(vec![fault.code()]), detail))?;
                Err(AppError::Refused(vec![fault]))
            }
        }
    }

    /// Whether one who acts by mandate may say it at a unit: the mandate register says so now, or a mandate in writing
    /// was shown there. Nobody else needs one. Asked once it is decided that the caller may record, so
    /// that nobody learns of others' mandates by trying. A citizen acts in no name but the own one; that the mandate
    /// covers it was decided.
    ///
    /// Source: DIS-5; national-specs 6.7.
    fn confirm_representative<A>(
        &self,
        caller: &Caller,
        request: &WillRequest<A>,
    ) -> Result<Result<(), Fault>, AppError> {
        if let Who::Citizen { code, .. } = caller.who {
            let own = request.representative.as_ref().is_none_or(|(one, _)| one.code == code);
            let fault = || Fault::new(FaultKind::MandateNotConfirmed, "representative", "DIS-5");
            return Ok(if own { Ok(()) } else { Err(fault()) });
        }
        let mandated = request.representative.as_ref().filter(|(_, role)| *role == MANDATED);
        let Some((representative, _)) = mandated else { return Ok(Ok(())) };
        let (holder, principal) = (representative.code, request.client.code);
        let question = MandateQuestion { holder, principal };
        if request.mandate_shown {
            return self.note_mandate_shown(caller, &question).map(Ok);
        }
        match self.check_mandate(caller, &question, Matter::SayWill) {
            Err(AppError::Denied(_)) => {
                Ok(Err(Fault::new(FaultKind::MandateNotConfirmed, "representative", "DIS-5")))
            }
            answer => answer.map(Ok),
        }
    }

    /// An identifier that no system's counting reaches: it ends with one of the archive's own keys.
    pub(crate) fn new_identifier(&self, caller: &Caller, registry: &Registry, now: Instant) -> Oid {
        let organisation = registry.registers().organisation(&caller.organisation);
        let nodes = organisation.map(varanto_domain::joining::Organisation::own_nodes);
        let node = nodes.and_then(|nodes| nodes.into_iter().next());
        let node = node.unwrap_or_else(|| caller.organisation.clone());
        let (year, key) = (FinnishDay::of(now).year(), self.store.ids().next_key());
        node.child(format_args!("95.{year}.{key}")).expect("numbers make arcs")
    }
}

/// The version in force and what it says, where the next one is the caller's to make.
fn before(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
) -> Result<Option<Before>, StoreError> {
    let Ok(permit) = inquiry.may_continue(tx, row)? else { return Ok(None) };
    let content = tx.structured_to_continue(&permit, row)?.unwrap_or_default();
    let next = tx.next_number(row.set)?;
    Ok(Some(Before { row: row.clone(), set: tx.oid_of(row.set)?, next, content }))
}

/// What a child has said personally no guardian changes.
///
/// Source: DIS-5; own-choices.
fn kept_by_child(inquiry: &Inquiry<'_>, said: Option<PermissionSaid>) -> Result<(), Fault> {
    let of_guardian = inquiry.situation() == Some(Situation::Guardian);
    if of_guardian && said.is_some_and(|said| said.by == Giver::Client) {
        return Err(Fault::new(FaultKind::SaidByClient, "client", "DIS-5"));
    }
    Ok(())
}

/// In what situation a will is recorded: a citizen's own, one of whom the citizen acts for, or by who serves the client.
fn saying<A>(caller: &Caller, request: &WillRequest<A>) -> Purpose {
    match (&caller.who, &request.representative) {
        (Who::Citizen { .. }, None) => Purpose::READ.in_situation(Situation::Citizen),
        (Who::Citizen { .. }, Some((_, role))) if *role == MANDATED => {
            Purpose::READ.in_situation(Situation::Mandate)
        }
        (Who::Citizen { .. }, Some(_)) => Purpose::READ.in_situation(Situation::Guardian),
        _ => WILL,
    }
}

/// The client's names in the newest document in force that the caller may read in a register of its own.
pub(crate) fn known_name(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    client: ClientKey,
) -> Result<Option<Name>, StoreError> {
    for controller in &inquiry.caller().registers {
        let filter = Filter {
            controller: Some(controller.clone()),
            states: vec![VersionState::InForce],
            ..Filter::default()
        };
        let mut rows = Vec::new();
        for key in tx.identities_of(client)? {
            rows.extend(tx.find_versions(&Scope::Client(key), &filter, None, LOOKED_AT)?);
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.written_at, row.version)));
        for row in rows {
            if let Ok(permit) = inquiry.may_read_through(tx, &row, Some(client))? {
                let record = tx.record_to_mask(&permit, &row)?;
                let read = metadata::read(&record).ok();
                return Ok(read.map(|(raw, _)| name_of_client(&raw)));
            }
        }
    }
    Ok(None)
}

/// In how many of a client's newest documents a name is looked for.
const LOOKED_AT: usize = 16;

/// Remarks on a name that is not as it is known.
///
/// Source: DIS-2, REL-9.
fn remarks_on_name(given: &Named, known: Option<&Name>) -> Vec<Fault> {
    let Some(known) = known else { return Vec::new() };
    let other = |one: &str, other: &str| one.trim().to_lowercase() != other.trim().to_lowercase();
    let names = [
        ("client/given_names", other(&given.given_names, &known.given)),
        ("client/family_name", other(&given.family_name, &known.family)),
    ];
    let differ = names.into_iter().filter(|(_, differs)| *differs);
    differ.map(|(element, _)| Fault::new(FaultKind::NameNotAsKnown, element, "REL-9")).collect()
}

/// Whether a submission was refused because another version came between.
fn came_between(fault: &Fault) -> bool {
    use FaultKind::{NotTheNewest, PredecessorInvalidated, WillExists};
    matches!(fault.kind, NotTheNewest | PredecessorInvalidated | WillExists)
}

/// What the documents show of what is refused.
fn name_of(refused: &Refused, registry: &Registry, day: FinnishDay) -> String {
    match refused {
        Refused::Controller(controller) => {
            let found = registry.registers().organisation(controller);
            found.map_or_else(|| controller.to_string(), |one| one.names.fi.clone())
        }
        Refused::ServiceTask(task) => {
            let set = Oid::parse(sets::SERVICE_TASK).expect("a constant OID");
            let found = registry.code_sets().name_of(&set, task, day);
            found.map_or_else(|| task.to_string(), |names| names.fi.clone())
        }
        Refused::Document(document) => document.to_string(),
    }
}

/// One document in the making.
struct Making<'a, A> {
    caller: &'a Caller,
    request: &'a WillRequest<A>,
    registry: &'a Registry,
    group: DocumentGroup,
    now: Instant,
}

impl<A> Making<'_, A> {
    fn make(
        &self,
        document: &Oid,
        before: Option<&Before>,
        says: &impl Fn(&Beside<'_>, Option<&Content<'_>>, &Registry) -> Option<String>,
    ) -> Result<Option<Submission>, Fault> {
        let today = FinnishDay::of(self.now);
        let structure = self.structure(today)?;
        let unit = self.unit()?;
        let unit_name = unit.map(|unit| self.name(unit)).unwrap_or_default();
        let read = before.map(|before| content::read(&before.content, Part::Structured.name()));
        let read = read.transpose()?;
        let request = self.request;
        let client = self.client(read.as_ref())?;
        let beside = Beside {
            structure,
            client: &client,
            recorder: request.professional.as_ref().zip(unit).map(|(professional, unit)| {
                Recorder { professional, title: request.title.as_deref(), unit: (unit, &unit_name) }
            }),
            representative: request.representative.as_ref().map(|(one, role)| (one, *role)),
            on: today,
            explanation: request.explanation.as_deref(),
        };
        let Some(structured) = says(&beside, read.as_ref(), self.registry) else { return Ok(None) };
        let language = request.language.unwrap_or(ViewLanguage::Finnish);
        let heading = Heading {
            document,
            organisation: &self.name(&self.caller.organisation),
            document_type: &structure.document_type,
            made_on: Some(today),
            language,
        };
        let shown = content::read(structured.as_bytes(), Part::Structured.name())?;
        let view = view::render(structure, &shown, &heading);
        let metadata = self.metadata(document, before, &client, structure, (unit, language));
        Ok(Some(Submission {
            metadata: metadata.to_string().into_bytes(),
            parts: vec![
                (Part::Structured, structured.into_bytes()),
                (Part::View, view.into_bytes()),
            ],
        }))
    }

    fn structure(&self, today: FinnishDay) -> Result<&Structure, Fault> {
        let arc = self.group.structure_arc();
        let type_arc = arc.strip_prefix("1.2.246.537.6.").unwrap_or(arc);
        let entry = self.registry.structure_in_force(type_arc, today);
        entry.map(|entry| &*entry.structure).ok_or_else(|| {
            Fault::new(FaultKind::UnknownStructure, "structure", "DIS-2")
                .value(arc)
                .arg("known", "")
        })
    }

    /// The unit that records: the one named, which must be the caller's, or the caller's only one. None records what
    /// a citizen says.
    fn unit(&self) -> Result<Option<&Oid>, Fault> {
        if matches!(self.caller.who, Who::Citizen { .. }) {
            return Ok(None);
        }
        let own = &self.caller.units;
        match (&self.request.unit, &**own) {
            (Some(unit), all) if all.contains(unit) => Ok(Some(unit)),
            (Some(unit), _) => Err(Fault::new(FaultKind::UnknownUnit, "unit", "DIS-2")
                .value(unit.as_str())
                .arg("role", "unit")),
            (None, [only]) => Ok(Some(only)),
            (None, _) => {
                Err(Fault::new(FaultKind::MissingElement, "unit", "DIS-2").arg("name", "unit"))
            }
        }
    }

    /// The client as the document names them: as the request does, and where it tells no name, as the version before.
    fn client(&self, before: Option<&Content<'_>>) -> Result<Identified, Fault> {
        let told = &self.request.client;
        if !told.name.given_names.is_empty() && !told.name.family_name.is_empty() {
            return Ok(told.clone());
        }
        let name = before.and_then(will::named_client);
        let missing = || {
            Fault::new(FaultKind::MissingElement, "client/given_names", "DIS-2")
                .arg("name", "client")
        };
        Ok(Identified { code: told.code, name: name.ok_or_else(missing)? })
    }

    fn name(&self, party: &Oid) -> String {
        let registers = self.registry.registers();
        let organisation = registers.organisation(party).map(|one| &one.names.fi);
        let name = organisation.or_else(|| registers.unit(party).map(|unit| &unit.names.fi));
        name.cloned().unwrap_or_else(|| party.to_string())
    }

    fn metadata(
        &self,
        document: &Oid,
        before: Option<&Before>,
        client: &Identified,
        structure: &Structure,
        (unit, language): (Option<&Oid>, ViewLanguage),
    ) -> serde_json::Value {
        let request = self.request;
        let party = |id: &Oid| json!({ "id": id.as_str(), "name": self.name(id) });
        let keeper = self.registry.registers().keeper_of_wills().map(|keeper| &keeper.oid);
        let now = self.now.to_string();
        let mut metadata = json!({
            "document_id": document.as_str(),
            "set_id": before.map_or(document.as_str(), |before| before.set.as_str()),
            "version": before.map_or(1, |before| before.next),
            "group": self.group.code(),
            "structure": structure.oid.as_str(),
            "written_at": now, "created_at": now,
            "language": language.tag(),
            "confidentiality": "6",
            "client": {
                "identity_code": client.code.reveal(),
                "given_names": client.name.given_names,
                "family_name": client.name.family_name,
            },
            "controller": party(keeper.unwrap_or(&self.caller.organisation)),
            "view_format": "2", "structured_format": "5",
            "software": {
                "manufacturer": "Varanto", "product": "Varanto",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "record_state": "3", "register_type": "1", "retention_class": "1",
        });
        if let (Some(professional), Some(unit)) = (&request.professional, unit) {
            metadata["professional"] = json!({
                "given_names": professional.given_names,
                "family_name": professional.family_name,
            });
            metadata["organiser"] = party(&self.caller.organisation);
            metadata["service_unit"] = party(unit);
        }
        if let Some(before) = before {
            let replaced = before.row.oid.as_str();
            metadata["replaces"] = json!({ "document_id": replaced, "reason": UPDATED });
        }
        metadata
    }
}

/// The reason of replacement *brought up to date*, of the archive's own set.
const UPDATED: &str = "2";
