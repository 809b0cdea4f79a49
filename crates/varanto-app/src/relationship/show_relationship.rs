//! A relationship as the archive knows it, for one who may read its document.

use std::fmt::Write;

use varanto_domain::access::log::Event;
use varanto_domain::access::{self, Basis, Caller, Purpose, ReadPermit};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::references::KnownRelationship;
use varanto_domain::archive::register_documents::RelationshipContent;
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::relationship::{RegisterUseRight, Road};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::content;
use varanto_store::StoreError;

use super::choices::{self, ChoiceSeen};
use crate::archive::joint_cases::joint_cases_of_others;
use crate::archive::{LookedAt, Seen, whereabouts};
use crate::statements::{self, ToldStatement};
use crate::{App, AppError};

/// A relationship as the newest version of its document states it.
#[derive(Debug, Clone)]
pub struct RelationshipState {
    /// Its identifier.
    pub relationship: Oid,
    /// The version that states it; `None` where its identifier tells who serves the client, and that is masked.
    pub document: Option<Oid>,
    /// Whether what tells where the client is is masked: services are not told then.
    pub masked: bool,
    /// The version's number.
    pub version: u32,
    /// In whose register.
    pub controller: Oid,
    /// Vanha asiakkuus.
    pub old: bool,
    /// Where its units are told: on its own document, or on those of its cases.
    pub road: Road,
    /// The first day.
    pub first_day: Option<FinnishDay>,
    /// The last day, once there is one.
    pub last_day: Option<FinnishDay>,
    /// The service tasks, as codes.
    pub service_tasks: Vec<String>,
    /// The child-protection relationship.
    pub child_protection: Option<Validity>,
    /// Who serves the client, and when.
    pub services: Vec<RegisterUseRight>,
    /// The day on which it is told.
    pub today: FinnishDay,
    /// Its cases that the caller may see, and the joint cases of others in the same register that the client is
    /// in.
    pub cases: Vec<CaseBrief>,
    /// The risk information, as the document has it: a JSON list.
    pub risks: String,
    /// The own worker and the responsible workers, likewise.
    pub workers: String,
    /// The related persons, likewise.
    pub related_persons: String,
    /// What the client tells of themself; `None`: it is not the caller's to see, or was not asked for.
    pub statements: Option<Vec<ToldStatement>>,
    /// The producers that the client may choose from, and the client's choices, likewise.
    pub choices: Vec<ChoiceSeen>,
}

/// A case in few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseBrief {
    /// Its identifier; `None` where it tells who serves the client, and that is masked.
    pub case: Option<Oid>,
    /// The version that states it; `None` likewise.
    pub document: Option<Oid>,
    /// The service task's code.
    pub service_task: String,
    /// Whether it is closed.
    pub closed: bool,
    /// Since when.
    pub closed_on: Option<FinnishDay>,
    /// Whether it is a joint one.
    pub joint: bool,
}

impl App {
    /// Shows a relationship: its days, services, cases, risks, workers and related persons.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    ///
    /// Source: REL-1, REL-8, REL-10 to REL-12, RUR-1.
    pub fn show_relationship(
        &self,
        caller: &Caller,
        relationship: &Oid,
        purpose: Purpose,
    ) -> Result<RelationshipState, AppError> {
        self.relationship_shown(caller, relationship, None, purpose)
    }

    /// As [`App::show_relationship`], for acts on it, of a client who is named: another's relationship is not there, and what the
    /// client tells is not told.
    ///
    /// # Errors
    /// As there.
    pub fn show_relationship_of(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        relationship: &Oid,
        purpose: Purpose,
    ) -> Result<RelationshipState, AppError> {
        self.relationship_shown(caller, relationship, Some(client), purpose)
    }

    fn relationship_shown(
        &self,
        caller: &Caller,
        relationship: &Oid,
        of: Option<&ClientIdentifier>,
        purpose: Purpose,
    ) -> Result<RelationshipState, AppError> {
        let today = FinnishDay::of(self.clock.now());
        let registry = self.registry();
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_relationship(relationship)? else { return Ok(None) };
            Ok(Some(tx.oid_of(row.from)?))
        })?;
        let Some(document) = found else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        let looked_at = LookedAt { document: &document, of };
        self.look(caller, looked_at, purpose, "relationship", |seen| {
            let damaged = || StoreError::Damaged("the content of a relationship".to_owned());
            let key = seen.row.relationship_key.ok_or_else(damaged)?;
            let known = seen.tx.relationship_of_key(key)?.known;
            let masked = seen.permit.whole().is_err();
            let parts = whereabouts::content(seen.tx, seen.permit, seen.row, &registry)?;
            let part = parts.iter().find(|(part, _)| *part == Part::Structured);
            let bytes = part.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
            let told = content::read(bytes, Part::Structured.name()).map_err(|_| damaged())?;
            let said = RelationshipContent::read(&told);
            let list = |key: &str| list(&told, key);
            let identities = seen.tx.identities_of(known.client)?;
            let cases = cases(seen, key, &known, &identities)?;
            // Acts show nothing of it.
            let statements = match of {
                None => statements_beside(seen, &known, &identities, today)?,
                Some(_) => None,
            };
            // Who serves the client, and when, is what is masked.
            let rights = if masked { Vec::new() } else { seen.tx.list_rights(key)? };
            let services: Vec<RegisterUseRight> = rights.into_iter().map(|row| row.right).collect();
            // A producer is not told which others a client may choose.
            let choices = if caller.owns(&known.controller) && serves(seen.permit) && !masked {
                let seen = (seen.tx, &known, &*identities);
                choices::of_relationship(seen, &services, today)?
            } else {
                Vec::new()
            };
            Ok(RelationshipState {
                relationship: known.id,
                document: whereabouts::identifier(masked, &document, &known.controller),
                masked,
                version: seen.row.number,
                controller: known.controller,
                old: known.old,
                road: known.road,
                first_day: said.first_day,
                last_day: known.last_day,
                service_tasks: known.service_tasks,
                child_protection: said.units.child_protection,
                services,
                today,
                cases,
                risks: list("riskitieto"),
                workers: list("palveluista_vastaava_tyontekija"),
                related_persons: list("asiakkaaseen_liittyvat_henkilot"),
                statements,
                choices,
            })
        })
    }
}

/// The cases of a relationship, and the joint cases of others in its register that the client is in: those that the caller may
/// see.
fn cases(
    seen: &mut Seen<'_, '_>,
    key: i64,
    known: &KnownRelationship,
    identities: &[ClientKey],
) -> Result<Vec<CaseBrief>, AppError> {
    let mut cases = Vec::new();
    let mut here = seen.tx.list_cases(key)?;
    let others = joint_cases_of_others(seen.tx, identities)?.into_iter();
    here.extend(others.filter(|case| case.known.controller == known.controller));
    for case in here {
        let row = seen.tx.version_of_key(case.from)?;
        let through = Some(known.client);
        if let Ok(permit) = seen.inquiry.may_list_through(seen.tx, &row, through)? {
            let _ = write!(seen.detail, " {}", row.version.0);
            let masks = permit.grant().masks();
            let shown = |id| whereabouts::identifier(masks, id, &row.controller);
            cases.push(CaseBrief {
                case: shown(&case.known.id),
                document: shown(&row.oid),
                service_task: case.known.service_task,
                closed: case.known.closed,
                closed_on: case.known.closed_on,
                joint: case.known.joint,
            });
        }
    }
    Ok(cases)
}

/// Whether it is to serve the client that the document is seen.
fn serves(permit: &ReadPermit) -> bool {
    matches!(permit.basis(), Basis::OwnRegister | Basis::CaseContext | Basis::StatedReason)
}

/// What the client tells of themself, where it is the caller's to see; the line of the look says how much.
fn statements_beside(
    seen: &mut Seen<'_, '_>,
    known: &KnownRelationship,
    identities: &[ClientKey],
    today: FinnishDay,
) -> Result<Option<Vec<ToldStatement>>, AppError> {
    let runs = !known.old && known.last_day.is_none_or(|last| last >= today);
    let guardians = seen.inquiry.custodians(seen.tx, known.client)?;
    let permit = access::statements_beside(seen.permit, identities, runs, guardians);
    let Some(permit) = permit else { return Ok(None) };
    let told = statements::beside(seen.tx, &permit, known.client)?;
    if !told.is_empty() {
        let _ = write!(seen.detail, " statements={}", told.len());
    }
    Ok(Some(told))
}

/// A list of the relationship's content, printed; an empty one where there is none.
fn list(content: &Content<'_>, key: &str) -> String {
    let root = content.member("asiakkuusasiakirja");
    let found = root.and_then(|root| root.member(key));
    found.map_or_else(|| "[]".to_owned(), content::write)
}
