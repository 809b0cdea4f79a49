//! Opening a document: its metadata, its content, its versions.

use std::fmt::Write;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Caller, Denial, Purpose, ReadPermit, Role, Situation};
use varanto_domain::archive::destruction::HoldReason;
use varanto_domain::archive::documents::{Form, Part, VersionState};
use varanto_domain::archive::retention::Retention;
use varanto_domain::codes::CodeSets;
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_formats::national::document;
use varanto_formats::signature::evidence;
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::LookedAt;
use super::corrections::waiting_about;
use super::retention::retention_of;
use super::whereabouts;
use crate::inquiry::Inquiry;
use crate::oversight::{StatedLook, stated_look};
use crate::retention::held_because;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// One version as its reader sees it, without its content.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// Its identifier.
    pub document: Oid,
    /// Its metadata, as JSON.
    pub metadata: String,
    /// How it arrived, as JSON.
    pub arrival: String,
    /// Whether what tells where the client is is masked: units, producers, who brought it, signatures.
    pub masked: bool,
    /// Where it stands.
    pub state: VersionState,
    /// Its form.
    pub form: Form,
    /// Its parts: those of its form, and those beside.
    pub parts: Vec<Part>,
    /// When it was archived.
    pub archived_at: Instant,
    /// Bytes of its content.
    pub content_bytes: u64,
    /// Why and when it was invalidated: the reason's code.
    pub invalidated: Option<(String, Instant)>,
    /// Its attachments, in force, oldest first: those the reader may open.
    pub attachments: Vec<Oid>,
    /// How long its document is kept by law, beside the class in its metadata; told to the keeper of the archive.
    pub retention: Option<Retention>,
    /// Why its document is held, whatever its period: told with it.
    pub held: Vec<HoldReason>,
    /// The requests to correct its document that wait, by identifier: told to those who answer them, where it is opened.
    pub corrections: Vec<String>,
    /// The verdicts on its signatures when it arrived, as JSON; `None` for one that came without any,
    /// and in lists.
    pub signatures: Option<String>,
}

/// A version's content, byte for byte as it was sent.
#[derive(Debug, Clone)]
pub struct OpenedContent {
    /// The version it is of.
    pub document: Oid,
    /// When it was archived.
    pub archived_at: Instant,
    /// Its parts.
    pub parts: Vec<(Part, Vec<u8>)>,
}

/// A version as a whole: what was handed in, in one look.
#[derive(Debug, Clone)]
pub struct OpenedWhole {
    /// Its metadata, as JSON.
    pub metadata: String,
    /// Its parts.
    pub parts: Vec<(Part, Vec<u8>)>,
}

/// The versions of a document, oldest first.
#[derive(Debug, Clone)]
pub struct VersionList {
    /// The versions that the reader may see.
    pub versions: Vec<DocumentView>,
}

impl App {
    /// Opens a version's metadata.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    pub fn open_document<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
    ) -> Result<DocumentView, AppError> {
        self.look(caller, document, purpose, "metadata", |seen| {
            let mut shown = view(seen.tx, seen.permit, seen.row)?;
            shown.signatures = verdicts(seen.tx, seen.permit, seen.row)?;
            shown.corrections = waiting_about(seen.tx, seen.inquiry, seen.row, seen.permit)?;
            if caller.role() == Some(Role::Archivist) && seen.permit.whole().is_ok() {
                let today = FinnishDay::of(self.clock.now());
                let kept = retention_of(seen.tx, seen.row, &self.kinds_of_records, today)?;
                shown.retention = Some(kept);
                shown.held = held_because(seen.tx, seen.row)?;
            }
            for attachment in seen.tx.list_attachments(seen.row.set)? {
                let listed = seen.inquiry.may_list(seen.tx, &attachment)?;
                if listed.is_ok_and(|permit| whereabouts::may_name(&permit, &attachment)) {
                    let _ = write!(seen.detail, " {}", attachment.version.0);
                    shown.attachments.push(attachment.oid);
                }
            }
            Ok(shown)
        })
    }

    /// Opens a version's content: all its parts, or one. The national document is made of metadata and
    /// content where none came; where one did, that is given.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for a part that the version does not have.
    pub fn open_content(
        &self,
        caller: &Caller,
        document: &Oid,
        part: Option<Part>,
        purpose: Purpose,
    ) -> Result<OpenedContent, AppError> {
        let detail = part.map_or("content", Part::name);
        let registry = self.registry();
        self.look(caller, document, purpose, detail, |seen| {
            let (row, parts) = (seen.row, &seen.row.parts);
            if part == Some(Part::National) && !parts.contains(&Part::National) {
                // One that is made holds the metadata of the registers, so it is not made masked.
                seen.permit.whole().map_err(AppError::Denied)?;
                let made = national(seen.tx, seen.permit, row, registry.code_sets())?;
                let parts = vec![(Part::National, made.into_bytes())];
                let archived_at = row.archived_at;
                return Ok(OpenedContent { document: document.clone(), archived_at, parts });
            }
            if part.is_some_and(|part| parts.contains(&part) && !part.is_content()) {
                seen.permit.whole().map_err(AppError::Denied)?;
            }
            let mut parts = whereabouts::content(seen.tx, seen.permit, row, &registry)?;
            parts.retain(|(found, _)| part.is_none_or(|part| part == *found));
            if parts.is_empty() {
                return Err(AppError::NotFound);
            }
            let archived_at = seen.row.archived_at;
            Ok(OpenedContent { document: document.clone(), archived_at, parts })
        })
    }

    /// Opens a version's metadata and all its parts in one look.
    ///
    /// # Errors
    /// As [`App::open_content`].
    pub fn open_whole(
        &self,
        caller: &Caller,
        document: &Oid,
        purpose: Purpose,
    ) -> Result<OpenedWhole, AppError> {
        let registry = self.registry();
        self.look(caller, document, purpose, "metadata content", |seen| {
            let metadata = view(seen.tx, seen.permit, seen.row)?.metadata;
            let parts = whereabouts::content(seen.tx, seen.permit, seen.row, &registry)?;
            Ok(OpenedWhole { metadata, parts })
        })
    }

    /// Lists the versions of the document that a version belongs to.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    pub fn list_versions<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
    ) -> Result<VersionList, AppError> {
        self.look(caller, document, purpose, "versions", |seen| {
            let mut versions = Vec::new();
            for version in seen.tx.list_versions(seen.row.set)? {
                if let Ok(permit) = seen.inquiry.may_list(seen.tx, &version)?
                    && whereabouts::may_name(&permit, &version)
                {
                    versions.push(view(seen.tx, &permit, &version)?);
                    let _ = write!(seen.detail, " {}", version.version.0);
                }
            }
            Ok(VersionList { versions })
        })
    }

    /// One look at one version: facts, decision, log line, and only then what was read. `read` may
    /// add to the line's detail what else it shows; that it finds nothing of the kind is a look too.
    pub(crate) fn look<'a, T>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        detail: &str,
        read: impl FnOnce(&mut Seen<'_, '_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let now = self.clock.now();
        let inquiry = self.inquiry(caller, purpose, now);
        let looked_at = document.into();
        if !self.narrow_to_client(&inquiry, looked_at)? {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        }
        let document = looked_at.document;
        self.learn_mandates_of(&inquiry, document)?;
        self.learn_before_deciding(&inquiry, document)?;
        let (mut detail, mut ways) = (detail.to_owned(), String::new());
        if purpose.invalidated_too {
            detail.push_str(" invalidated-too");
        }
        let looked = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_version(document)? else { return Ok(None) };
            let answer = match inquiry.may_read(tx, &row)? {
                Ok(permit) => {
                    let detail = &mut detail;
                    let inquiry = &inquiry;
                    let mut seen = Seen { tx, permit: &permit, row: &row, inquiry, detail };
                    match read(&mut seen) {
                        Err(AppError::NotFound) => {
                            seen.detail.push_str(" absent");
                            Ok((permit, None))
                        }
                        Err(AppError::Denied(denial)) => Err(denial),
                        read => {
                            let withheld = Withheld::new(read?);
                            Ok((permit, Some(withheld)))
                        }
                    }
                }
                Err(denial) => Err(denial),
            };
            Ok(Some((row, answer)))
        });
        let (row, answer) = match looked {
            Ok(Some(looked)) => looked,
            Ok(None) => {
                self.log_not_found(caller, Event::Open)?;
                return Err(AppError::NotFound);
            }
            Err(error) => return Err(error),
        };
        let disclosed = purpose.situation.is_some_and(Situation::discloses);
        if disclosed {
            let _ = write!(ways, " from={} to={}", row.controller, caller.organisation);
        }
        let event = if disclosed { Event::Disclose } else { Event::Open };
        let permit = answer.as_ref().map(|(permit, _)| permit).map_err(|denial| *denial);
        let (lines, stated) = lines_of_look((caller, event, now), &row, permit, [&detail, &ways]);
        let line = self.write_looks(lines, stated)?;
        match answer {
            Ok((_, Some(withheld))) => Ok(withheld.release(&line)),
            Ok((_, None)) => Err(AppError::NotFound),
            Err(denial) if disclosed => Err(AppError::Denied(denial.as_told_outside())),
            Err(denial) => Err(AppError::Denied(denial)),
        }
    }
}

/// The lines that tell of a look at a version: one for each client at whose data it was; and those of its looks that
/// were for a stated reason. The detail is told before and after what the ground obliges to.
fn lines_of_look(
    (caller, event, at): (&Caller, Event, Instant),
    row: &VersionRow,
    permit: Result<&ReadPermit, Denial>,
    [before, after]: [&str; 2],
) -> (Vec<LogLine>, Vec<StatedLook>) {
    let line = |client: ClientKey, outcome: Outcome, words: &str| LogLine {
        at,
        event,
        outcome,
        actor: Actor::of(caller),
        client: Some(client),
        version: Some(row.version),
        detail: format!("{before}{words}{after}"),
    };
    let permit = match permit {
        Ok(permit) => permit,
        Err(denial) => return (vec![line(row.client, Outcome::Denied(denial), "")], Vec::new()),
    };
    let (mut lines, mut stated) = (Vec::new(), Vec::new());
    for (client, grant) in permit.looks_at() {
        let place = (lines.len(), client, &row.controller);
        stated.extend(stated_look(caller, grant, place, at));
        lines.push(line(client, Outcome::Permitted(grant.basis), &grant.log_words()));
    }
    (lines, stated)
}

/// The national document of a version that came without one. It is not signed.
fn national(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
    code_sets: &CodeSets,
) -> Result<String, AppError> {
    let whole = permit.whole().map_err(AppError::Denied)?;
    let record = tx.record(&whole, row)?;
    let damaged = || StoreError::Damaged(format!("the record of version {}", row.version.0));
    let (metadata, _) = metadata::read(&record).map_err(|_| damaged())?;
    let parts = tx.content(&whole)?;
    let parts: Vec<(Part, &[u8])> =
        parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    Ok(document::write(&metadata, &parts, code_sets, None))
}

/// What one look has before it: the version, the permit for it, and the line's detail to add to.
pub(crate) struct Seen<'s, 't> {
    pub(crate) tx: &'s ReadTx<'t>,
    pub(crate) permit: &'s ReadPermit,
    pub(crate) row: &'s VersionRow,
    pub(crate) inquiry: &'s Inquiry<'s>,
    pub(crate) detail: &'s mut String,
}

/// The version behind a permit, as its reader sees it.
pub(super) fn view(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
) -> Result<DocumentView, AppError> {
    let kept = whereabouts::record(tx, permit, row)?;
    let masked = permit.whole().is_err();
    let damaged = || StoreError::Damaged(format!("the record of version {}", row.version.0));
    let invalidated = match row.state {
        VersionState::Invalidated => {
            tx.find_invalidation(permit)?.map(|found| (found.reason, found.at))
        }
        _ => None,
    };
    Ok(DocumentView {
        document: row.oid.clone(),
        metadata: String::from_utf8(kept).map_err(|_| damaged())?,
        // Who brought it may be who serves the client.
        arrival: if masked { "{}".to_owned() } else { row.arrival.to_string() },
        masked,
        state: row.state,
        form: row.form,
        parts: whereabouts::parts(permit, row),
        archived_at: row.archived_at,
        content_bytes: row.content_bytes,
        invalidated,
        attachments: Vec::new(),
        retention: None,
        held: Vec::new(),
        corrections: Vec::new(),
        signatures: None,
    })
}

/// What was found out about a version's signatures when it arrived.
fn verdicts(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
) -> Result<Option<String>, AppError> {
    // Certificates name organisations and their towns.
    let Ok(whole) = permit.whole() else { return Ok(None) };
    let Some(kept) = tx.find_signatures(&whole, row)? else { return Ok(None) };
    let told = evidence::told(&kept.evidence);
    let damaged = || StoreError::Damaged(format!("the evidence of version {}", row.version.0));
    Ok(Some(told.ok_or_else(damaged)?))
}
