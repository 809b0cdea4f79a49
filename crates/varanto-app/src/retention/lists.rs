//! Lists of documents to be destroyed: made, shown, approved by two archivists, withdrawn.

use std::collections::{BTreeMap, HashSet};

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Basis, Caller};
use varanto_domain::archive::destruction::{
    Approver, DestructionList, Entry, Fate, ListState, MOST_ENTRIES, digest_of, may_approve,
};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::retention::KindsOfRecords;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_store::{ReadTx, Remains, StoreError, VersionRow, WriteTx};

use super::{Act, PURPOSE, RULE, fault_of, judge, page};
use crate::acting::Acting;
use crate::archive::retention::class_as_sent;
use crate::inquiry::Inquiry;
use crate::users::other_logins;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// Which documents are proposed to be destroyed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposal {
    /// Any version of each, all in one register.
    pub documents: Vec<Oid>,
    /// Whether nothing is kept of it: it is only told what the list would be.
    pub dry_run: bool,
}

/// An entry of a list, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    /// The entry.
    pub entry: Entry,
    /// What became of it, or would today; `None`: nothing yet.
    pub fate: Option<Fate>,
    /// The retention class that its newest version was sent with; `None` of what is destroyed.
    pub class: Option<String>,
}

/// A list as the keeper of the archive sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestructionView {
    /// Its identifier; `None` of one that is not kept.
    pub id: Option<String>,
    /// In whose register.
    pub controller: Oid,
    /// Where it stands.
    pub state: ListState,
    /// Its entries, in the order in which they go; none where lists are listed.
    pub entries: Vec<ListedEntry>,
    /// How many there are.
    pub count: u32,
    /// The digest of the entries: what approvals are of.
    pub digest: String,
    /// Who made it, and when; `None` of one that is not kept.
    pub made: Option<Act>,
    /// Who approved it, and when.
    pub approvals: Vec<Act>,
    /// Who withdrew it or carried it out, and when.
    pub ended: Option<Act>,
    /// Where bytes of what was destroyed may be left; told of carrying out alone.
    pub remains: Option<Remains>,
}

/// Which lists to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DestructionQuery {
    /// At most so many, up to a hundred; 0: twenty.
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

/// One page of lists, newest first.
#[derive(Debug, Clone)]
pub struct DestructionPage {
    /// The lists, without their entries.
    pub lists: Vec<DestructionView>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl App {
    /// Makes a list of documents whose period is over and that nothing holds. It never changes once it is made.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] with every document that may not come on a list, and why; each logged.
    ///
    /// Source: ARC-12.
    pub fn propose_destruction(
        &self,
        caller: &Caller,
        proposal: &Proposal,
    ) -> Result<DestructionView, AppError> {
        self.keeps_retention(caller)?;
        let now = self.clock.now();
        let kinds = self.kinds_of_records.clone();
        let (caller, proposal, registry) = (caller.clone(), proposal.clone(), self.registry());
        let turn = move |tx: &mut WriteTx<'_>| {
            let acting = Acting::of(&caller, Event::Retention, now);
            let inquiry = Inquiry::new(&caller, PURPOSE, registry.clone(), now);
            let (entries, controller) = match proposed(tx, &inquiry, &kinds, &proposal.documents)? {
                Ok(proposed) => proposed,
                Err(faults) => return Err(acting.refuse(tx, faults)?),
            };
            let mut list = DestructionList {
                key: 0,
                controller,
                entries: u32::try_from(entries.len()).unwrap_or(u32::MAX),
                digest: digest_of(&entries),
                made: 0,
                approvals: Vec::new(),
                fates: BTreeMap::new(),
                ended: None,
                certificate: None,
            };
            if proposal.dry_run {
                let detail = format!("act=list entries={} dry-run", list.entries);
                tx.log(&acting.line(Outcome::Done, detail))?;
                let mut told = DestructionView { id: None, made: None, ..bare(&list, entries) };
                tell_classes(tx, &mut told)?;
                return Ok(told);
            }
            list.key = tx.next_key();
            list.made = acting.permit(tx, Basis::Archivist, list.detail())?;
            tx.insert_destruction(&list, &entries)?;
            Ok(shown(tx, &list)?)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// Shows a list with its entries.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::NotFound`] also for one of another register; each logged.
    ///
    /// Source: ARC-12.
    pub fn show_destruction(&self, caller: &Caller, id: &str) -> Result<DestructionView, AppError> {
        self.act_on_list(caller, id, |tx, acting, list| {
            acting.permit(tx, Basis::Archivist, format!("act=show destruction={}", list.key))?;
            Ok(shown(tx, &list)?)
        })
    }

    /// Lists the lists of the own registers.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: ARC-12.
    pub fn list_destructions(
        &self,
        caller: &Caller,
        query: &DestructionQuery,
    ) -> Result<DestructionPage, AppError> {
        self.keeps_retention(caller)?;
        let acting = Acting::of(caller, Event::Retention, self.clock.now());
        let scope = format!("varanto/destructions/1 {}", caller.organisation).into_bytes();
        let under = match self.read_cursor(&scope, query.cursor.as_deref(), RULE) {
            Ok(place) => place.map_or(i64::MAX, |[key, _]| key),
            Err(fault) => return Err(self.refuse(&acting, fault)?),
        };
        let limit = page(query.limit);
        let (mut lists, last) = self.store.read::<_, AppError>(|tx| {
            let mut lists = Vec::new();
            for register in &caller.registers {
                lists.extend(tx.list_destructions(register, under, limit + 1)?);
            }
            lists.sort_by_key(|list| std::cmp::Reverse(list.key));
            let last = lists.get(limit).and(lists.get(limit - 1)).map(|list| list.key);
            let views = lists.iter().take(limit).map(|list| with_acts(tx, list, Vec::new()));
            Ok((views.collect::<Result<Vec<_>, StoreError>>()?, last))
        })?;
        lists.truncate(limit);
        let next = last.map(|key| self.write_cursor(&scope, [key, 0]));
        let told = Withheld::new(DestructionPage { lists, next });
        let outcome = Outcome::Permitted(Basis::Archivist);
        let line = self.write_line(acting.line(outcome, "act=show destructions"))?;
        Ok(told.release(&line))
    }

    /// Approves a list. Two different archivists do before it is carried out.
    ///
    /// # Errors
    /// As [`App::show_destruction`]; [`AppError::Denied`] for one who approved it before; [`AppError::Refused`] when it
    /// waits for no approval.
    ///
    /// Source: ARC-12.
    pub fn approve_destruction(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<DestructionView, AppError> {
        self.act_on_list(caller, id, |tx, acting, mut list| {
            let mut by = Vec::new();
            for line in &list.approvals {
                by.push(Approver::of(&tx.who_and_when(*line)?.0));
            }
            let also = other_logins(tx, &acting.actor.name)?;
            if let Err(denial) = may_approve(&by, &Approver { also, ..Approver::of(&acting.actor) })
            {
                let detail = format!("destruction={}", list.key);
                tx.log(&acting.line(Outcome::Denied(denial), detail))?;
                return Err(AppError::Denied(denial));
            }
            stands(tx, acting, &list, ListState::takes_approval)?;
            let line = acting.permit(tx, Basis::Archivist, list.detail_of_approval())?;
            tx.approve_destruction(list.key, line)?;
            list.approvals.push(line);
            Ok(shown(tx, &list)?)
        })
    }

    /// Withdraws a list of which nothing is destroyed yet.
    ///
    /// # Errors
    /// As [`App::show_destruction`]; [`AppError::Refused`] when it is too late.
    ///
    /// Source: ARC-12.
    pub fn withdraw_destruction(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<DestructionView, AppError> {
        self.act_on_list(caller, id, |tx, acting, mut list| {
            stands(tx, acting, &list, ListState::may_be_withdrawn)?;
            let line = acting.permit(tx, Basis::Archivist, list.detail_of_withdrawal())?;
            tx.end_destruction(list.key, line, None)?;
            list.ended = Some(line);
            Ok(shown(tx, &list)?)
        })
    }

    /// The signed certificate of a list that is carried out.
    ///
    /// # Errors
    /// As [`App::show_destruction`]; [`AppError::NotFound`] also while there is none.
    ///
    /// Source: ARC-12.
    pub fn destruction_certificate(&self, caller: &Caller, id: &str) -> Result<String, AppError> {
        self.act_on_list(caller, id, |tx, acting, list| {
            let Some(certificate) = tx.certificate_of(list.key)? else {
                return Err(acting.not_found(tx)?);
            };
            acting.permit(tx, Basis::Archivist, format!("act=show certificate={}", list.key))?;
            Ok(certificate)
        })
    }

    /// A turn on the writer about a list of the caller's own registers.
    pub(super) fn act_on_list<T: Send + 'static>(
        &self,
        caller: &Caller,
        id: &str,
        act: impl Fn(&mut WriteTx<'_>, &Acting, DestructionList) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.keeps_retention(caller)?;
        let acting = Acting::of(caller, Event::Retention, self.clock.now());
        let (registers, key) = (caller.registers.clone(), id.parse().ok());
        let turn = move |tx: &mut WriteTx<'_>| {
            let found = match key {
                Some(key) => tx.find_destruction(key)?,
                None => None,
            };
            match found.filter(|list| registers.contains(&list.controller)) {
                Some(list) => act(tx, &acting, list),
                None => Err(acting.not_found(tx)?),
            }
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }
}

/// Refuses what may not be done where a list stands now.
pub(super) fn stands(
    tx: &mut WriteTx<'_>,
    acting: &Acting,
    list: &DestructionList,
    may: fn(ListState) -> bool,
) -> Result<(), AppError> {
    if may(list.state()) {
        return Ok(());
    }
    let fault = Fault::new(FaultKind::StandsOtherwise, "destruction", RULE);
    Err(acting.refuse(tx, vec![fault.arg("state", list.state().code())])?)
}

/// The entries of a list, in the order in which they go, and their register; or what keeps which of them.
type Proposed = Result<(Vec<Entry>, Oid), Vec<Fault>>;

fn proposed(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    kinds: &KindsOfRecords,
    documents: &[Oid],
) -> Result<Proposed, StoreError> {
    let mut faults = Vec::new();
    if documents.is_empty() {
        let fault = Fault::new(FaultKind::TooFewEntries, "documents", RULE);
        return Ok(Err(vec![fault.arg("least", 1)]));
    }
    if documents.len() > MOST_ENTRIES {
        let fault = Fault::new(FaultKind::TooLarge, "documents", RULE);
        return Ok(Err(vec![fault.arg("limit", MOST_ENTRIES)]));
    }
    let mut rows: Vec<(String, VersionRow)> = Vec::new();
    let mut sets = HashSet::new();
    for (place, document) in documents.iter().enumerate() {
        let element = format!("documents/{place}");
        let found = tx.find_version(document)?;
        match found {
            Some(row) if inquiry.may_list(tx, &row)?.is_ok_and(|seen| seen.whole().is_ok()) => {
                if sets.insert(row.set) {
                    rows.push((element, row));
                }
            }
            _ => faults.push(
                Fault::new(FaultKind::UnknownDocument, element, RULE).value(document.as_str()),
            ),
        }
    }
    rows.sort_by_key(|(_, row)| (turn_of(row), row.set));
    let register = rows.first().map(|(_, row)| row.controller.clone());
    let mut entries = Vec::with_capacity(rows.len());
    for (element, row) in rows {
        let fault = |fault: Fault| fault.value(row.oid.as_str());
        if Some(&row.controller) != register.as_ref() {
            faults.push(fault(Fault::new(FaultKind::SeveralRegisters, element, RULE)));
            continue;
        }
        if let Some(list) = tx.open_list_of(row.set)? {
            let listed = Fault::new(FaultKind::ListedAlready, element, RULE);
            faults.push(fault(listed.arg("list", list)));
            continue;
        }
        match judge(tx, inquiry, kinds, row.set, &sets, None)? {
            Ok(going) => {
                let newest = going.versions.last().map_or(&row.oid, |(row, _)| &row.oid).clone();
                let place = u32::try_from(entries.len()).unwrap_or(u32::MAX);
                let because = going.over.because();
                entries.push(Entry { place, set: row.set, document: newest, because });
            }
            Err(why) => faults.push(fault(fault_of(why, element))),
        }
    }
    Ok(match register {
        Some(register) if faults.is_empty() => Ok((entries, register)),
        _ => Err(faults),
    })
}

/// What goes before what: attachments before what they are attached to, documents before their case, cases before their
/// relationship.
fn turn_of(row: &VersionRow) -> u8 {
    match row.group {
        DocumentGroup::Relationship => 3,
        DocumentGroup::Case => 2,
        _ => u8::from(row.main.is_none()),
    }
}

fn bare(list: &DestructionList, entries: Vec<Entry>) -> DestructionView {
    let fate = |entry: &Entry| list.fates.get(&entry.place).copied();
    DestructionView {
        id: Some(list.key.to_string()),
        controller: list.controller.clone(),
        state: list.state(),
        entries: entries
            .into_iter()
            .map(|entry| ListedEntry { fate: fate(&entry), entry, class: None })
            .collect(),
        count: list.entries,
        digest: list.digest.clone(),
        made: None,
        approvals: Vec::new(),
        ended: None,
        remains: None,
    }
}

fn with_acts(
    tx: &ReadTx<'_>,
    list: &DestructionList,
    entries: Vec<Entry>,
) -> Result<DestructionView, StoreError> {
    let mut approvals = Vec::new();
    for line in &list.approvals {
        approvals.push(Act::of(tx, *line)?);
    }
    Ok(DestructionView {
        made: Some(Act::of(tx, list.made)?),
        approvals,
        ended: list.ended.map(|line| Act::of(tx, line)).transpose()?,
        ..bare(list, entries)
    })
}

/// A list with its entries and who did what.
pub(super) fn shown(
    tx: &ReadTx<'_>,
    list: &DestructionList,
) -> Result<DestructionView, StoreError> {
    let mut shown = with_acts(tx, list, tx.list_entries(list.key)?)?;
    tell_classes(tx, &mut shown)?;
    Ok(shown)
}

/// Beside each document that is there, the retention class that it was sent with: whoever approves sees what the source
/// called permanent.
fn tell_classes(tx: &ReadTx<'_>, list: &mut DestructionView) -> Result<(), StoreError> {
    for listed in &mut list.entries {
        if let Some(row) = tx.find_version(&listed.entry.document)? {
            listed.class = class_as_sent(tx, &row)?;
        }
    }
    Ok(())
}

/// The documents of a list that nothing became of yet.
pub(super) fn waiting(list: &DestructionList, entries: &[Entry]) -> HashSet<VersionKey> {
    let waits = entries.iter().filter(|entry| !list.fates.contains_key(&entry.place));
    waits.map(|entry| entry.set).collect()
}
