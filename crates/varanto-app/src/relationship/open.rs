//! Opening a relationship, and a case under one.

use varanto_domain::access::log::Event;
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::register_documents::RelationshipContent;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{
    Asked, NewCase, NewRelationship, Parties, Road, changes, new_case_metadata,
    new_relationship_metadata, open_case, open_relationship,
};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata};
use varanto_store::StoreError;

use super::compose::{How, Written, making, submission, wording};
use crate::derived::{oid, rights_as_if};
use crate::{App, AppError, Registry};

impl App {
    /// Opens a client relationship with the unit that begins to serve the client: archives the first
    /// version of its document. A client who comes again after the end gets a new relationship.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] with every reason why not. Each has left a line in
    /// the log and nothing else.
    ///
    /// Source: REL-1, REL-3, RUR-6.
    pub fn open_relationship(
        &self,
        caller: &Caller,
        asked: &Asked<NewRelationship>,
        how: How,
    ) -> Result<Written, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let at = self.written_at(caller, &asked.document, now)?.unwrap_or(now);
        let day = FinnishDay::of(at);
        let road = registry.roads().of_controller(&asked.what.controller).on(day);
        let structure = match structure(&registry, road, DocumentGroup::Relationship, day) {
            Ok(structure) => structure,
            Err(fault) => return Err(self.refuse_act(caller, vec![fault], now)?),
        };
        let wording = wording(&registry, at);
        let next = open_relationship(&asked.what, road, &wording);
        let making = making(asked, at);
        let raw = new_relationship_metadata(&asked.what, &structure, &making, &wording);
        let new = &asked.what;
        let parties = Parties::of(&new.controller, Some(&new.organiser), &new.relationship);
        let rights = RelationshipContent::read(&next).units.rights(&parties);
        let sent = submission(&raw, &next, &registry);
        self.send_composed(caller, (sent, &raw), (changes(&[], &rights), Vec::new()), how, now)
    }

    /// Opens a case under a relationship: archives the first version of its document.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such relationship; the rest as
    /// [`App::open_relationship`].
    ///
    /// Source: REL-2, REL-3, RUR-6.
    pub fn open_case(
        &self,
        caller: &Caller,
        asked: &Asked<NewCase>,
        how: How,
    ) -> Result<Written, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let at = self.written_at(caller, &asked.document, now)?.unwrap_or(now);
        let relationship = &asked.what.relationship;
        let of = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_relationship(relationship)? else { return Ok(None) };
            Ok(Some((tx.oid_of(row.from)?, row.known.road)))
        })?;
        let Some((of, road)) = of else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        let (record, parts) = self.look(caller, &of, how.purpose(), "act", |seen| {
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            Ok((seen.tx.record(&whole, seen.row)?, seen.tx.content(&whole)?))
        })?;
        let structure = match structure(&registry, road, DocumentGroup::Case, FinnishDay::of(at)) {
            Ok(structure) => structure,
            Err(fault) => return Err(self.refuse_act(caller, vec![fault], now)?),
        };
        if road == Road::Short && asked.what.unit.is_some() {
            let fault = Fault::new(FaultKind::ForbiddenElement, "unit", "REL-5");
            return Err(self.refuse_act(caller, vec![fault], now)?);
        }
        let damaged = || StoreError::Damaged("the content of a register document".to_owned());
        let structured = parts.iter().find(|(part, _)| *part == Part::Structured);
        let bytes = structured.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        let told = content::read(bytes, Part::Structured.name()).map_err(|_| damaged())?;
        let (before, _) = metadata::read(&record).map_err(|_| damaged())?;
        let unit = match road {
            Road::Short => None,
            Road::Long => asked.what.unit.clone().or(oid(&before, Element::ServiceUnitId)),
        };
        let next = open_case(&asked.what, &told, unit.as_ref(), &wording(&registry, at));
        let raw = new_case_metadata(&asked.what, &before, &structure, &making(asked, at));
        let sent = submission(&raw, &next, &registry);
        let (Some(controller), organiser) =
            (oid(&raw, Element::ControllerId), oid(&raw, Element::OrganiserId))
        else {
            return Err(damaged().into());
        };
        let parties = Parties::of(&controller, organiser.as_ref(), relationship);
        let opened = self.store.read::<_, AppError>(|tx| {
            let without = rights_as_if(tx, &parties, &Content::Null, Some(&asked.what.case))?;
            let with = rights_as_if(tx, &parties, &next, Some(&asked.what.case))?;
            Ok(changes(&without, &with))
        })?;
        self.send_composed(caller, (sent, &raw), (opened, Vec::new()), how, now)
    }

    /// When a document was written that is archived already, for one who may send it again; of others nobody
    /// learns anything here, not by the day that names and rules are of either.
    fn written_at(
        &self,
        caller: &Caller,
        document: &Oid,
        now: Instant,
    ) -> Result<Option<Instant>, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        self.store.read(|tx| {
            let Some(row) = tx.find_version(document)? else { return Ok(None) };
            Ok(inquiry.may_compare_resent(tx, &row)?.is_ok().then_some(row.written_at))
        })
    }
}

/// The newest structure of a group that is in force on a road.
fn structure(
    registry: &Registry,
    road: Road,
    group: DocumentGroup,
    day: FinnishDay,
) -> Result<Oid, Fault> {
    let arcs = road.structures_of(group);
    let found =
        registry.structure_in_force(arcs.strip_prefix("1.2.246.537.6.").unwrap_or(&arcs), day);
    let missing = || Fault::new(FaultKind::UnknownStructure, "structure", "ARC-5").arg("known", "");
    found.map(|entry| entry.structure.oid.clone()).ok_or_else(missing)
}
