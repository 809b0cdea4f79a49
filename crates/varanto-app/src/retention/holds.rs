//! Holding documents: what is held is destroyed by nobody until it is let go of.

use varanto_domain::access::log::{Event, LogLine, Outcome};
use varanto_domain::access::{Basis, Caller};
use varanto_domain::archive::destruction::{Hold, HoldReason};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_store::{ReadTx, StoreError, VersionRow, WriteTx};

use super::{Act, PURPOSE, RULE, page};
use crate::acting::Acting;
use crate::inquiry::Inquiry;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// The longest explanation, in characters.
const LONGEST_EXPLANATION: usize = 2000;

/// What is to be held, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldRequest {
    /// Any version of the document. What hangs on it is held with it: on a case document the whole case, on a relationship
    /// document the whole relationship.
    pub document: Oid,
    /// Why.
    pub reason: HoldReason,
    /// What else there is to say; kept encrypted.
    pub explanation: Option<String>,
}

impl HoldRequest {
    fn faults(&self) -> Vec<Fault> {
        let said = self.explanation.as_deref().unwrap_or_default();
        let fault = |kind| Fault::new(kind, "explanation", RULE);
        let mut faults = Vec::new();
        if said.chars().count() > LONGEST_EXPLANATION {
            faults.push(fault(FaultKind::TooLarge).arg("limit", LONGEST_EXPLANATION));
        }
        if said.trim().is_empty() && self.reason == HoldReason::Other {
            faults.push(fault(FaultKind::MissingElement).arg("name", "explanation"));
        }
        faults
    }
}

/// A hold as the keeper of the archive sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldView {
    /// Its identifier.
    pub id: String,
    /// The first version of the document.
    pub document: Oid,
    /// In whose register.
    pub controller: Oid,
    /// Why.
    pub reason: HoldReason,
    /// What was explained.
    pub explanation: Option<String>,
    /// Who placed it, and when.
    pub placed: Act,
    /// Who lifted it, and when; `None` while it holds.
    pub lifted: Option<Act>,
}

/// Which holds to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HoldQuery {
    /// On this document, by itself or by what it hangs on; `None`: in the own registers.
    pub document: Option<Oid>,
    /// Those that were lifted, too; of one document never.
    pub lifted_too: bool,
    /// At most so many, up to a hundred; 0: twenty.
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

/// One page of holds, newest first.
#[derive(Debug, Clone)]
pub struct HoldPage {
    /// The holds.
    pub holds: Vec<HoldView>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl App {
    /// Holds a document of the own register, and what hangs on it.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::NotFound`] also for a document of another register; [`AppError::Refused`]; each
    /// logged.
    ///
    /// Source: ARC-12.
    pub fn place_hold(&self, caller: &Caller, request: &HoldRequest) -> Result<HoldView, AppError> {
        self.keeps_retention(caller)?;
        let now = self.clock.now();
        let (caller, request, registry) = (caller.clone(), request.clone(), self.registry());
        let turn = move |tx: &mut WriteTx<'_>| {
            let acting = Acting::of(&caller, Event::Retention, now);
            let inquiry = Inquiry::new(&caller, PURPOSE, registry.clone(), now);
            let found = tx.find_version(&request.document)?;
            let row = match found {
                Some(row) if inquiry.may_list(tx, &row)?.is_ok_and(|seen| seen.whole().is_ok()) => {
                    row
                }
                _ => return Err(acting.not_found(tx)?),
            };
            let faults = request.faults();
            if !faults.is_empty() {
                return Err(acting.refuse(tx, faults)?);
            }
            let key = tx.next_key();
            let said = request.explanation.as_deref().filter(|said| !said.trim().is_empty());
            let explained = match said {
                Some(said) => tx.digest_of_explanation(row.client, key, said)?,
                None => String::new(),
            };
            let mut hold = Hold {
                key,
                controller: row.controller.clone(),
                client: row.client,
                set: row.set,
                reason: request.reason,
                explained,
                placed: 0,
                lifted: None,
            };
            let acting = acting.about(&row);
            hold.placed = acting.permit(tx, Basis::Archivist, hold.detail())?;
            tx.insert_hold(&hold, said)?;
            Ok(view(tx, &inquiry, &hold)?)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// Lets go of what was held.
    ///
    /// # Errors
    /// As [`App::place_hold`]; [`AppError::Refused`] when it was lifted before.
    ///
    /// Source: ARC-12.
    pub fn lift_hold(&self, caller: &Caller, id: &str) -> Result<HoldView, AppError> {
        self.keeps_retention(caller)?;
        let now = self.clock.now();
        let (caller, key, registry) = (caller.clone(), id.parse().ok(), self.registry());
        let turn = move |tx: &mut WriteTx<'_>| {
            let acting = Acting::of(&caller, Event::Retention, now);
            let inquiry = Inquiry::new(&caller, PURPOSE, registry.clone(), now);
            let found = match key {
                Some(key) => tx.find_hold(key)?,
                None => None,
            };
            let Some(mut hold) = found.filter(|hold| caller.registers.contains(&hold.controller))
            else {
                return Err(acting.not_found(tx)?);
            };
            if hold.lifted.is_some() {
                let fault = Fault::new(FaultKind::StandsOtherwise, "hold", RULE);
                return Err(acting.refuse(tx, vec![fault.arg("state", "lifted")])?);
            }
            let acting = acting.about_version(about(tx, &hold)?);
            let number = acting.permit(tx, Basis::Archivist, hold.detail_of_lifting())?;
            tx.lift_hold(hold.key, number)?;
            hold.lifted = Some(number);
            Ok(view(tx, &inquiry, &hold)?)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// Lists the holds in the own registers, or on one document.
    ///
    /// # Errors
    /// As [`App::place_hold`].
    ///
    /// Source: ARC-12.
    pub fn list_holds(&self, caller: &Caller, query: &HoldQuery) -> Result<HoldPage, AppError> {
        self.keeps_retention(caller)?;
        let now = self.clock.now();
        let acting = Acting::of(caller, Event::Retention, now);
        let scope = query.cursor_scope(caller);
        let under = match self.read_cursor(&scope, query.cursor.as_deref(), RULE) {
            Ok(place) => place.map_or(i64::MAX, |[key, _]| key),
            Err(fault) => return Err(self.refuse(&acting, fault)?),
        };
        let limit = page(query.limit);
        let inquiry = self.inquiry(caller, PURPOSE, now);
        let (holds, views) = self.store.read::<_, AppError>(|tx| {
            let mut holds = Vec::new();
            if let Some(document) = &query.document {
                holds = holds_on(tx, &inquiry, document)?;
            } else {
                for register in &caller.registers {
                    holds.extend(tx.list_holds(register, query.lifted_too, under, limit + 1)?);
                }
                holds.sort_by_key(|hold| std::cmp::Reverse(hold.key));
            }
            holds.truncate(limit + 1);
            let mut views = Vec::new();
            for hold in holds.iter().take(limit) {
                views.push((view(tx, &inquiry, hold)?, about(tx, hold)?));
            }
            Ok((holds, views))
        })?;
        let more = holds.len() > limit;
        let next = holds.get(limit - 1).filter(|_| more);
        let next = next.map(|hold| self.write_cursor(&scope, [hold.key, 0]));
        // Each hold that is shown is a look at its client's data.
        let line = |(hold, about): &(HoldView, About)| {
            let detail = format!("act=show hold={}", hold.id);
            acting.about_version(*about).line(Outcome::Permitted(Basis::Archivist), detail)
        };
        let mut lines: Vec<LogLine> = views.iter().map(line).collect();
        if lines.is_empty() {
            lines.push(acting.line(Outcome::Permitted(Basis::Archivist), "act=show holds"));
        }
        let holds = views.into_iter().map(|(hold, _)| hold).collect();
        let told = Withheld::new(HoldPage { holds, next });
        let line = self.write_lines(lines)?;
        Ok(told.release(&line))
    }
}

impl HoldQuery {
    fn cursor_scope(&self, caller: &Caller) -> Vec<u8> {
        format!("varanto/holds/1 {} {:?} {}", caller.organisation, self.document, self.lifted_too)
            .into_bytes()
    }
}

/// The holds on a document that the caller may see.
fn holds_on(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    document: &Oid,
) -> Result<Vec<Hold>, StoreError> {
    let Some(row) = tx.find_version(document)? else { return Ok(Vec::new()) };
    match inquiry.may_list(tx, &row)? {
        Ok(seen) if seen.whole().is_ok() => tx.holds_on(&tx.list_versions(row.set)?),
        _ => Ok(Vec::new()),
    }
}

/// Whose document a hold is on, and its newest version; `None` once it is destroyed.
type About = Option<(ClientKey, VersionKey)>;

fn about(tx: &ReadTx<'_>, hold: &Hold) -> Result<About, StoreError> {
    Ok(tx.newest_of_set(hold.set)?.map(|version| (hold.client, version)))
}

/// What was explained is told to one who may see the document whole.
fn view(tx: &ReadTx<'_>, inquiry: &Inquiry<'_>, hold: &Hold) -> Result<HoldView, StoreError> {
    let explanation = match tx.newest_of_set(hold.set)? {
        Some(newest) => {
            let row = tx.version_of_key(newest)?;
            let whole = inquiry.may_list(tx, &row)?.is_ok_and(|seen| seen.whole().is_ok());
            if whole { tx.explanation_of_hold(hold)? } else { None }
        }
        None => None,
    };
    Ok(HoldView {
        id: hold.key.to_string(),
        document: tx.identifier_of(hold.set)?,
        controller: hold.controller.clone(),
        reason: hold.reason,
        explanation,
        placed: Act::of(tx, hold.placed)?,
        lifted: hold.lifted.map(|line| Act::of(tx, line)).transpose()?,
    })
}

/// Why a document is held, by itself or by what it hangs on.
pub(crate) fn held_because(
    tx: &ReadTx<'_>,
    row: &VersionRow,
) -> Result<Vec<HoldReason>, StoreError> {
    let holds = tx.holds_on(&tx.list_versions(row.set)?)?;
    Ok(holds.into_iter().map(|hold| hold.reason).collect())
}
