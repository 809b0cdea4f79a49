//! An act on a relationship or a case: the version in force, the rule, the next version.

use varanto_domain::access::log::Event;
use varanto_domain::access::{Caller, Denial};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::relationship::{
    Asked, CaseAct, Parties, RegisterUseRight, RelationshipAct, RelationshipUnits, RightChange,
    Road, Wording, changes, next_metadata,
};
use varanto_domain::structures::Content;
use varanto_domain::time::Instant;
use varanto_formats::{content, metadata};
use varanto_store::{CaseRow, ReadTx, StoreError};

use super::compose::{How, Written, making, submission, wording};
use crate::derived::{oid, rights_as_if};
use crate::inquiry::Inquiry;
use crate::{App, AppError};

/// The version that an act is done on.
struct Base {
    document: Oid,
    record: Vec<u8>,
    structured: Vec<u8>,
}

/// Finds the version that tells of a relationship or a case now.
type Newest<'f> = &'f dyn Fn(&ReadTx<'_>) -> Result<Option<VersionKey>, StoreError>;

/// What an act makes of a content.
type Apply<'f> =
    &'f dyn Fn(&Content<'static>, &Wording<'_>) -> Result<Content<'static>, Vec<Fault>>;

impl App {
    /// Does an act on a relationship: writes and archives the next version of its document.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Denied`]; [`AppError::Refused`] with every reason why not;
    /// [`AppError::ChangedMeanwhile`] when it is based on a version that is not the newest one. Each
    /// has left a line in the log and nothing else.
    ///
    /// Source: REL-1, REL-3, REL-8, REL-10 to REL-12, RUR-1, RUR-4, RUR-6, RUR-8.
    pub fn act_on_relationship(
        &self,
        caller: &Caller,
        relationship: &Oid,
        asked: &Asked<RelationshipAct>,
        how: How,
    ) -> Result<Written, AppError> {
        let case = match self.case_of_act(caller, relationship, asked, how)? {
            Ok(case) => case,
            Err(fault) => return Err(self.refuse_act(caller, vec![fault], self.clock.now())?),
        };
        let newest = |tx: &ReadTx<'_>| match case {
            Some(case) => Ok(Some(tx.case_of_key(case)?.from)),
            None => Ok(tx.find_relationship(relationship)?.map(|row| row.from)),
        };
        let apply = |content: &Content<'static>, wording: &Wording<'_>| match case {
            Some(_) => asked.what.apply_in_case(content, wording),
            None => asked.what.apply(content, wording),
        };
        self.act(caller, &newest, asked, &apply, how)
    }

    /// Does an act on a case: writes and archives the next version of its document.
    ///
    /// # Errors
    /// As [`App::act_on_relationship`].
    ///
    /// Source: REL-2 to REL-4, REL-12, RUR-4, RUR-6.
    pub fn act_on_case(
        &self,
        caller: &Caller,
        case: &Oid,
        asked: &Asked<CaseAct>,
        how: How,
    ) -> Result<Written, AppError> {
        let newest = |tx: &ReadTx<'_>| Ok(tx.find_case(case)?.map(|row| row.from));
        self.act(
            caller,
            &newest,
            asked,
            &|content, wording| asked.what.apply(content, wording),
            how,
        )
    }

    fn act<T>(
        &self,
        caller: &Caller,
        newest: Newest<'_>,
        asked: &Asked<T>,
        apply: Apply<'_>,
        how: How,
    ) -> Result<Written, AppError> {
        let now = self.clock.now();
        let Some((document, written_at)) = self.predecessor(newest, &asked.document)? else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        // What was archived already is made once more as of then, so that the same answer comes.
        let at = written_at.unwrap_or(now);
        let base = match self.base(caller, &document, how)? {
            Ok(base) => base,
            Err(denial) => return Err(self.deny_act(caller, denial, now)?),
        };
        if asked.based_on.as_ref().is_some_and(|seen| *seen != base.document) {
            return Err(AppError::ChangedMeanwhile { newest: base.document });
        }
        let registry = self.registry();
        let wording = wording(&registry, at);
        let damaged = || StoreError::Damaged("the content of a register document".to_owned());
        let before = content::read(&base.structured, Part::Structured.name());
        let before = before.map_err(|_| damaged())?.to_owned_content();
        let next = match apply(&before, &wording) {
            Ok(next) => next,
            Err(faults) => return Err(self.refuse_act(caller, faults, now)?),
        };
        let (record, _) = metadata::read(&base.record).map_err(|_| damaged())?;
        let raw = next_metadata(record, &base.document, &next, &making(asked, at), &wording);
        let (rights, changes) = self.rights_change(&before, &next, &raw)?;
        let unfinished = match oid(&raw, Element::RelationshipId) {
            // What was archived already has been confirmed.
            Some(id) if written_at.is_none() => {
                self.unfinished(caller, &id, &changes, &rights, now)?
            }
            _ => Vec::new(),
        };
        if !unfinished.is_empty() && !how.dry_run && !how.confirmed {
            self.refuse_act(caller, unfinished.clone(), now)?;
            return Err(AppError::Unfinished(unfinished));
        }
        let sent = submission(&raw, &next, &registry);
        self.send_composed(caller, (sent, &raw), (changes, unfinished), how, now)
    }

    /// The rights as they were, and what the next content changes in them.
    fn rights_change(
        &self,
        before: &Content<'_>,
        next: &Content<'_>,
        raw: &RawMetadata<'_>,
    ) -> Result<(Vec<RegisterUseRight>, Vec<RightChange>), AppError> {
        let (Some(controller), Some(relationship)) =
            (oid(raw, Element::ControllerId), oid(raw, Element::RelationshipId))
        else {
            return Ok((Vec::new(), Vec::new()));
        };
        let organiser = oid(raw, Element::OrganiserId);
        let parties = Parties::of(&controller, organiser.as_ref(), &relationship);
        let case = oid(raw, Element::CaseId);
        self.store.read(|tx| {
            let before = rights_as_if(tx, &parties, before, case.as_ref())?;
            let changes = changes(&before, &rights_as_if(tx, &parties, next, case.as_ref())?);
            Ok((before, changes))
        })
    }

    /// The key of the case whose document an act on a relationship is written into: on the long road that in
    /// which the service stands or may stand. `None`: the relationship's own document.
    ///
    /// Cases that are not the caller's to act on are as if there were none. To one who may not act on the
    /// relationship either, its own document gives the denial.
    ///
    /// Source: REL-6, REL-7, RUR-4, RUR-6.
    fn case_of_act(
        &self,
        caller: &Caller,
        relationship: &Oid,
        asked: &Asked<RelationshipAct>,
        how: How,
    ) -> Result<Result<Option<i64>, Fault>, AppError> {
        let Some(service) = asked.what.service() else { return Ok(Ok(None)) };
        let inquiry = self.inquiry(caller, how.purpose(), self.clock.now());
        self.store.read(|tx| {
            let own = tx.find_relationship(relationship)?;
            let Some(own) = own.filter(|row| row.known.road == Road::Long) else {
                return Ok(Ok(None));
            };
            if !may_act(tx, &inquiry, own.from)? {
                return Ok(Ok(None));
            }
            let mut cases = tx.list_cases(own.key)?;
            // What is sent again goes into the document that it went into before.
            let known = tx.find_version(&asked.document)?.and_then(|row| row.case_key);
            if let Some(sent) = cases.iter().find(|case| Some(case.key) == known) {
                return Ok(Ok(Some(sent.key)));
            }
            if let Some(named) = service.case {
                let of = cases.into_iter().find(|case| case.known.id == *named);
                let unknown = Fault::new(FaultKind::UnknownCase, "case", "REL-6");
                return Ok(of.map(|case| Some(case.key)).ok_or(unknown.value(named.as_str())));
            }
            if let Some(task) = service.service_task {
                cases.retain(|case| case.known.service_task == task);
            }
            let mut serving = Vec::new();
            let mut open = Vec::new();
            for case in cases {
                let row = tx.version_of_key(case.from)?;
                let permit = match inquiry.may_read(tx, &row)? {
                    Ok(permit) if inquiry.may_replace(tx, &row)?.is_ok() => permit,
                    _ => continue,
                };
                let Ok(whole) = permit.whole() else { continue };
                let parts = tx.content(&whole)?;
                if service.unit.is_some_and(|unit| serves(&parts, service.service_task, unit)) {
                    serving.push(case);
                } else if !case.known.closed {
                    open.push(case);
                }
            }
            if service.goes_on && serving.is_empty() {
                return Ok(Err(Fault::new(FaultKind::NotThere, "unit", "RUR-1")));
            }
            Ok(only_case(if serving.is_empty() { open } else { serving }))
        })
    }

    /// The version that the one asked for follows: the newest one; or of a version that was archived
    /// already, the one before it, and when it was written.
    fn predecessor(
        &self,
        newest: Newest<'_>,
        asked: &Oid,
    ) -> Result<Option<(Oid, Option<Instant>)>, AppError> {
        self.store.read(|tx| {
            let Some(newest) = newest(tx)? else { return Ok(None) };
            let newest = tx.version_of_key(newest)?;
            if let Some(known) = tx.find_version(asked)?.filter(|row| row.set == newest.set) {
                let versions = tx.list_versions(known.set)?;
                let earlier = versions.into_iter().find(|row| row.number + 1 == known.number);
                if let Some(earlier) = earlier {
                    return Ok(Some((earlier.oid, Some(known.written_at))));
                }
            }
            Ok(Some((newest.oid, None)))
        })
    }

    /// Reads the version that is to be replaced, for one who may replace it.
    fn base(
        &self,
        caller: &Caller,
        document: &Oid,
        how: How,
    ) -> Result<Result<Base, Denial>, AppError> {
        self.look(caller, document, how.purpose(), "act", |seen| {
            if let Err(denial) = seen.inquiry.may_replace(seen.tx, seen.row)? {
                return Ok(Err(denial));
            }
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let parts = seen.tx.content(&whole)?;
            let structured = parts.into_iter().find(|(part, _)| *part == Part::Structured);
            Ok(Ok(Base {
                document: document.clone(),
                record: seen.tx.record(&whole, seen.row)?,
                structured: structured.map(|(_, bytes)| bytes).unwrap_or_default(),
            }))
        })
    }
}

/// Whether a version is the caller's to read and to replace.
fn may_act(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    version: VersionKey,
) -> Result<bool, StoreError> {
    let row = tx.version_of_key(version)?;
    Ok(inquiry.may_read(tx, &row)?.is_ok() && inquiry.may_replace(tx, &row)?.is_ok())
}

/// Whether a unit serves in a case, by its document.
fn serves(parts: &[(Part, Vec<u8>)], task: Option<&str>, unit: &Oid) -> bool {
    let structured = parts.iter().find(|(part, _)| *part == Part::Structured);
    let read = structured.and_then(|(_, bytes)| content::read(bytes, Part::Structured.name()).ok());
    let entries = read.map(|content| RelationshipUnits::read_case(&content).entries);
    entries
        .unwrap_or_default()
        .iter()
        .any(|entry| entry.branch.service_task() == task && entry.unit_oid().as_ref() == Some(unit))
}

/// The one case that is left; of several the asker must name one.
fn only_case(mut cases: Vec<CaseRow>) -> Result<Option<i64>, Fault> {
    match cases.len() {
        0 => Err(Fault::new(FaultKind::NoOpenCase, "service_task", "REL-6")),
        1 => Ok(cases.pop().map(|case| case.key)),
        _ => {
            let named: Vec<&str> = cases.iter().map(|case| case.known.id.as_str()).collect();
            let several = Fault::new(FaultKind::SeveralCases, "case", "REL-6");
            Err(several.arg("cases", named.join(", ")))
        }
    }
}
