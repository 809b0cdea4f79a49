//! An act on a relationship or a case: the version in force, the rule, the next version.

use varanto_domain::access::log::Event;
use varanto_domain::access::{Caller, Denial};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::archive::register_documents::RelationshipContent;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::relationship::{
    Asked, CaseAct, Parties, RegisterUseRight, RelationshipAct, RightChange, Wording, changes,
    next_metadata,
};
use varanto_domain::structures::Content;
use varanto_domain::time::Instant;
use varanto_formats::{content, metadata};
use varanto_store::{ReadTx, StoreError};

use super::compose::{How, Written, making, submission, wording};
use crate::derived::oid;
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
        let newest = |tx: &ReadTx<'_>| Ok(tx.find_relationship(relationship)?.map(|row| row.from));
        self.act(
            caller,
            &newest,
            asked,
            &|content, wording| asked.what.apply(content, wording),
            how,
        )
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
        let (rights, changes) = rights_change(&before, &next, &raw);
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
        self.send_composed(caller, sent, (changes, unfinished), how, now)
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

/// The rights as they were, and what the next content changes in them; nothing, where it is a case's.
fn rights_change(
    before: &Content<'_>,
    next: &Content<'_>,
    raw: &RawMetadata<'_>,
) -> (Vec<RegisterUseRight>, Vec<RightChange>) {
    let (Some(controller), Some(relationship)) =
        (oid(raw, Element::ControllerId), oid(raw, Element::RelationshipId))
    else {
        return (Vec::new(), Vec::new());
    };
    let parties = Parties::of(&controller, oid(raw, Element::OrganiserId).as_ref(), &relationship);
    let rights = |content| RelationshipContent::read(content).units.rights(&parties);
    let before = rights(before);
    let changes = changes(&before, &rights(next));
    (before, changes)
}
