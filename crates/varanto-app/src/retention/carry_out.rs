//! Carrying a list out: each document is judged once more, and destroyed or kept, in a turn of its own; the last turn makes
//! the certificate. Broken off, it is gone on with.

use std::collections::HashSet;

use varanto_domain::access::log::{Event, LogLine, Outcome};
use varanto_domain::access::{Basis, Caller};
use varanto_domain::archive::destruction::{
    Certificate, CertifiedEntry, CertifiedVersion, DestructionList, Entry, Fate, KeptBecause,
    ListState, digest_of_certificate,
};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::time::Instant;
use varanto_formats::certificates;
use varanto_store::{DestroyedFacts, ReadTx, Remains, StoreError, WriteTx};

use super::lists::{DestructionView, stands, waiting};
use super::{MayGo, PURPOSE, judge};
use crate::acting::Acting;
use crate::derived::derive_long_road;
use crate::inquiry::{Inquiry, facts_of_version};
use crate::{App, AppError};

/// How often it is tried to empty the write-ahead log, and how long each waits is the store's.
const TRIES: usize = 3;

impl App {
    /// Destroys the documents of a list that two archivists approved, in their order. Each is judged once more, of the
    /// facts as they stand in its turn: what is held since, whose period is not over any more or is over for another
    /// reason than was approved, is kept, and the list says why. When all is done the archive signs a certificate.
    ///
    /// At most `most` entries are gone through; called again it goes on where it ended or was broken off. Of a list that is
    /// done it overwrites what is left in the write-ahead log.
    ///
    /// # Errors
    /// As [`App::show_destruction`]; [`AppError::Refused`] for a list that is not approved.
    ///
    /// Source: ARC-12.
    pub fn carry_out_destruction(
        &self,
        caller: &Caller,
        id: &str,
        most: usize,
    ) -> Result<DestructionView, AppError> {
        let carried_out = |state: ListState| state.may_be_carried_out() || state == ListState::Done;
        let list = self.act_on_list(caller, id, move |tx, acting, list| {
            stands(tx, acting, &list, carried_out)?;
            Ok(list)
        })?;
        if list.state() != ListState::Done {
            let entries = self.store.read(|tx| tx.list_entries(list.key))?;
            let waits = |entry: &Entry| !list.fates.contains_key(&entry.place);
            for entry in entries.into_iter().filter(waits).take(most) {
                self.carry_out_entry(caller, id, entry)?;
            }
            self.certify(caller, id)?;
        }
        let mut view = self.show_destruction(caller, id)?;
        view.remains = Some(self.fold_destroyed()?);
        Ok(view)
    }

    /// What would become of each entry of a list today. Nothing is changed.
    ///
    /// # Errors
    /// As [`App::show_destruction`].
    ///
    /// Source: ARC-12.
    pub fn rehearse_destruction(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<DestructionView, AppError> {
        let mut view = self.show_destruction(caller, id)?;
        let now = self.clock.now();
        let inquiry = self.inquiry(caller, PURPOSE, now);
        let mut with: HashSet<_> = view
            .entries
            .iter()
            .filter(|listed| listed.fate.is_none())
            .map(|listed| listed.entry.set)
            .collect();
        self.store.read::<_, AppError>(|tx| {
            for listed in view.entries.iter_mut().filter(|listed| listed.fate.is_none()) {
                let entry = &listed.entry;
                let kinds = &self.kinds_of_records;
                let judged = read(judge(tx, &inquiry, kinds, entry.set, &with, Some(entry)))?;
                if judged.is_err() {
                    with.remove(&entry.set);
                }
                listed.fate = Some(Fate { kept: judged.err(), line: 0 });
            }
            Ok(())
        })?;
        Ok(view)
    }

    /// One entry: destroyed, or kept and told why.
    fn carry_out_entry(&self, caller: &Caller, id: &str, entry: Entry) -> Result<(), AppError> {
        let (kinds, registry) = (self.kinds_of_records.clone(), self.registry());
        let (who, now) = (caller.clone(), self.clock.now());
        self.act_on_list(caller, id, move |tx, acting, list| {
            // Another who carries it out at the same time was here before.
            if list.fates.contains_key(&entry.place) {
                return Ok(());
            }
            stands(tx, acting, &list, ListState::may_be_carried_out)?;
            let inquiry = Inquiry::new(&who, PURPOSE, registry.clone(), now);
            let before = HashSet::new();
            match read(judge(tx, &inquiry, &kinds, entry.set, &before, Some(&entry)))? {
                Ok(going) => destroy(tx, acting, &list, &entry, &going),
                Err(why) => keep(tx, acting, &list, &entry, why),
            }
        })
    }

    /// Stops a list of which something is destroyed: the rest stays, and the certificate says so.
    ///
    /// # Errors
    /// As [`App::show_destruction`]; [`AppError::Refused`] for one that has not begun.
    ///
    /// Source: ARC-12.
    pub fn stop_destruction(&self, caller: &Caller, id: &str) -> Result<DestructionView, AppError> {
        self.act_on_list(caller, id, |tx, acting, list| {
            stands(tx, acting, &list, ListState::may_be_stopped)?;
            for entry in tx.list_entries(list.key)? {
                if !list.fates.contains_key(&entry.place) {
                    keep(tx, acting, &list, &entry, KeptBecause::Stopped)?;
                }
            }
            Ok(())
        })?;
        self.certify(caller, id)?;
        self.show_destruction(caller, id)
    }

    /// Makes the certificate, when something became of every entry.
    fn certify(&self, caller: &Caller, id: &str) -> Result<(), AppError> {
        let verifier_key = self.verifier_key();
        self.act_on_list(caller, id, move |tx, acting, list| {
            let entries = tx.list_entries(list.key)?;
            if list.ended.is_some() || !waiting(&list, &entries).is_empty() {
                return Ok(());
            }
            let certificate = certificate(tx, &list, &entries, &verifier_key)?;
            let signed = tx.sign_note(&certificates::write(&certificate));
            let detail = list.detail_of_end(&digest_of_certificate(&signed));
            let line = acting.permit(tx, Basis::Archivist, detail)?;
            Ok(tx.end_destruction(list.key, line, Some(&signed))?)
        })
    }

    fn fold_destroyed(&self) -> Result<Remains, AppError> {
        for _ in 1..TRIES {
            let remains = self.store.fold()?;
            if remains != Remains::InLog {
                return Ok(remains);
            }
        }
        Ok(self.store.fold()?)
    }
}

/// What does not read is kept, and told: it keeps nothing else from going.
fn read<T>(
    judged: Result<Result<T, KeptBecause>, StoreError>,
) -> Result<Result<T, KeptBecause>, StoreError> {
    match judged {
        Err(StoreError::Damaged(_)) => Ok(Err(KeptBecause::Unreadable)),
        judged => judged,
    }
}

fn destroy(
    tx: &mut WriteTx<'_>,
    acting: &Acting,
    list: &DestructionList,
    entry: &Entry,
    going: &MayGo,
) -> Result<(), AppError> {
    let mut told_by = 0;
    let Some((newest, _)) = going.versions.last() else { return Ok(()) };
    // Read before any goes: what a version is, its first one tells too.
    let mut joint = Vec::new();
    for (row, _) in &going.versions {
        joint.push(facts_of_version(tx, row)?.document.named().len() > 1);
    }
    for ((row, permit), joint) in going.versions.iter().zip(joint) {
        let mut facts = DestroyedFacts::of(row, joint, (list.key, entry.place));
        let line = LogLine {
            at: acting.now,
            event: Event::Destroy,
            outcome: Outcome::Permitted(Basis::Archivist),
            actor: acting.actor.clone(),
            client: Some(row.client),
            version: Some(row.version),
            detail: facts.told().detail(),
        };
        facts.line = tx.log(&line)?.number;
        tx.destroy_version(permit, &facts)?;
        told_by = facts.line;
    }
    tx.drop_derived(newest)?;
    tx.keep_fate(list.key, entry.place, Fate { kept: None, line: told_by })?;
    // What a relationship of the long road says follows from its cases, too.
    if let (DocumentGroup::Case, Some(key)) = (newest.group, newest.relationship_key) {
        derive_long_road(tx, key)?;
    }
    Ok(())
}

fn keep(
    tx: &mut WriteTx<'_>,
    acting: &Acting,
    list: &DestructionList,
    entry: &Entry,
    why: KeptBecause,
) -> Result<(), AppError> {
    let line = acting.permit(tx, Basis::Archivist, list.detail_of_keeping(entry.place, why))?;
    Ok(tx.keep_fate(list.key, entry.place, Fate { kept: Some(why), line })?)
}

fn certificate(
    tx: &ReadTx<'_>,
    list: &DestructionList,
    entries: &[Entry],
    verifier_key: &str,
) -> Result<Certificate, StoreError> {
    let mut approvals = Vec::new();
    for line in &list.approvals {
        approvals.push(named(tx, *line)?);
    }
    let mut carried_out: Vec<(String, Instant)> = Vec::new();
    for fate in list.fates.values() {
        let (name, at) = named(tx, fate.line)?;
        match carried_out.iter_mut().find(|(known, _)| *known == name) {
            Some((_, latest)) => *latest = at.max(*latest),
            None => carried_out.push((name, at)),
        }
    }
    let destroyed = tx.list_destroyed(list.key)?;
    let certified = |entry: &Entry| CertifiedEntry {
        document: entry.document.clone(),
        rule: entry.because.rule,
        from: entry.because.from,
        last_year: entry.because.last.year(),
        kept: list.fates.get(&entry.place).and_then(|fate| fate.kept),
        versions: destroyed
            .iter()
            .filter(|gone| gone.entry.1 == entry.place)
            .map(|gone| CertifiedVersion {
                document: gone.document.clone(),
                number: gone.number,
                leaf: gone.leaf,
            })
            .collect(),
    };
    Ok(Certificate {
        archive: tx.origin().to_owned(),
        verifier_key: verifier_key.to_owned(),
        list: list.key,
        controller: list.controller.clone(),
        digest: list.digest.clone(),
        made: named(tx, list.made)?,
        approvals,
        carried_out,
        entries: entries.iter().map(certified).collect(),
    })
}

fn named(tx: &ReadTx<'_>, line: i64) -> Result<(String, Instant), StoreError> {
    let (actor, at) = tx.who_and_when(line)?;
    Ok((actor.name, at))
}
