//! Destroying what is kept no longer: holds, lists, two approvals, and what keeps a document all the same.
//!
//! Neither a hold nor a list is a document. The lines of the use log tell of each whole; [`Told::of`] says what the rows
//! must be by them.
//!
//! Source: ARC-12.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::proof::{self, sha256, to_base64};
use super::retention::{CountedFrom, Period, Retention, RetentionRule};
use crate::access::Denial;
use crate::access::log::{Actor, Event, KeptLine};
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::time::{FinnishDay, Instant};

/// The most documents of one list.
pub const MOST_ENTRIES: usize = 1000;
/// How many different archivists approve a list.
pub const APPROVALS: usize = 2;

/// Why a document is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// A trial, an appeal, a claim.
    LegalMatter,
    /// An authority inquires.
    Inquiry,
    /// Research that was permitted.
    Research,
    /// The National Archives order it to be kept.
    ArchivesOrder,
    /// Another one, which is explained.
    Other,
}

impl HoldReason {
    /// Every reason, for the tables of texts.
    pub const ALL: [Self; 5] =
        [Self::LegalMatter, Self::Inquiry, Self::Research, Self::ArchivesOrder, Self::Other];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LegalMatter => "legal-matter",
            Self::Inquiry => "inquiry",
            Self::Research => "research",
            Self::ArchivesOrder => "archives-order",
            Self::Other => "other",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Why a period is over: what two archivists approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBecause {
    /// The rule.
    pub rule: RetentionRule,
    /// From what it is counted.
    pub from: CountedFrom,
    /// When that came.
    pub since: FinnishDay,
    /// The last day of keeping.
    pub last: FinnishDay,
}

/// Why a document is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeptBecause {
    /// Its period, or that of one of its versions, is not over.
    PeriodRuns,
    /// It is held, or what it hangs on is.
    Held,
    /// Documents hang on it that are kept.
    OthersHang,
    /// Somebody is recording in its case.
    BeingRecorded,
    /// Its period is over for another reason than was approved, or it has another newest version since.
    Changed,
    /// It is not the archivist's to destroy, or not there.
    NotPermitted,
    /// The list was stopped before its turn came.
    Stopped,
    /// Something of it does not read: that is mended first.
    Unreadable,
}

impl KeptBecause {
    /// Every reason; the place in this list is what the store keeps.
    pub const ALL: [Self; 8] = [
        Self::PeriodRuns,
        Self::Held,
        Self::OthersHang,
        Self::BeingRecorded,
        Self::Changed,
        Self::NotPermitted,
        Self::Stopped,
        Self::Unreadable,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PeriodRuns => "period-runs",
            Self::Held => "held",
            Self::OthersHang => "others-hang",
            Self::BeingRecorded => "being-recorded",
            Self::Changed => "changed",
            Self::NotPermitted => "not-permitted",
            Self::Stopped => "stopped",
            Self::Unreadable => "unreadable",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }
}

/// What the destroying of a document turns on.
#[derive(Debug, Clone, Copy)]
pub struct DestructionFacts<'f> {
    /// What all its versions share.
    pub set: &'f Oid,
    /// The identifier of its newest version.
    pub newest: &'f Oid,
    /// How long each of its versions is kept.
    pub versions: &'f [Retention],
    /// Whether it is held, or what it hangs on.
    pub held: bool,
    /// Whether something hangs on it that does not go with it.
    pub others_hang: bool,
    /// Whether somebody is recording in its case.
    pub being_recorded: bool,
    /// Which newest version was approved, and why its period was over, once something was.
    pub approved: Option<(&'f Oid, OverBecause)>,
}

/// A document that is kept no longer, and why. Only [`may_go`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nothing goes because of it alone"]
pub struct Over {
    set: Oid,
    because: OverBecause,
}

impl Over {
    /// What all versions of the document share.
    #[must_use]
    pub const fn set(&self) -> &Oid {
        &self.set
    }

    /// Why.
    #[must_use]
    pub const fn because(&self) -> OverBecause {
        self.because
    }
}

/// Whether a document may go on a day: the period of each of its versions is over, nothing holds it, nothing hangs on it
/// that is kept; and it is the document that was approved, over for the reason that was. Of its versions the one counts that is kept longest.
///
/// # Errors
/// The first reason why it is kept.
///
/// Source: ARC-12.
pub fn may_go(day: FinnishDay, facts: &DestructionFacts<'_>) -> Result<Over, KeptBecause> {
    if facts.held {
        return Err(KeptBecause::Held);
    }
    let mut longest: Option<OverBecause> = None;
    for kept in facts.versions {
        let Period::Until { from, since, last } = kept.period else {
            return Err(KeptBecause::PeriodRuns);
        };
        if !kept.is_over_on(day) {
            return Err(KeptBecause::PeriodRuns);
        }
        if longest.is_none_or(|longest| longest.last < last) {
            longest = Some(OverBecause { rule: kept.rule, from, since, last });
        }
    }
    let because = longest.ok_or(KeptBecause::NotPermitted)?;
    if facts.others_hang {
        return Err(KeptBecause::OthersHang);
    }
    if facts.being_recorded {
        return Err(KeptBecause::BeingRecorded);
    }
    if facts.approved.is_some_and(|approved| approved != (facts.newest, because)) {
        return Err(KeptBecause::Changed);
    }
    Ok(Over { set: facts.set.clone(), because })
}

/// One who approves, as the log knows people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The actor of the line.
    pub name: String,
    /// The registration number, of one who has one.
    pub number: Option<String>,
    /// The person's other logins, as lines name their actors and as far as the register of users knows them.
    pub also: Vec<String>,
}

impl Approver {
    /// The one who acted; who else that is, the register of users tells.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let told = actor.detail.as_deref().and_then(|detail| detail.strip_prefix("number "));
        let number = told.and_then(|told| told.split_once(" role ")).map(|(number, _)| number);
        let number = number.filter(|number| *number != "-").map(str::to_owned);
        Self { name: actor.name.clone(), number, also: Vec::new() }
    }

    /// Whether two are known to be one person: by the login, by the registration number, or by the identity code that the
    /// register of users has of both logins.
    fn is(&self, other: &Self) -> bool {
        self.name == other.name
            || self.number.is_some() && self.number == other.number
            || self.also.contains(&other.name)
            || other.also.contains(&self.name)
    }
}

/// Decides whether somebody may approve a list: different archivists do.
///
/// # Errors
/// [`Denial::ApprovedBefore`].
///
/// Source: ARC-12.
pub fn may_approve(approved_by: &[Approver], by: &Approver) -> Result<(), Denial> {
    if approved_by.iter().any(|before| before.is(by)) {
        Err(Denial::ApprovedBefore)
    } else {
        Ok(())
    }
}

/// Where a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListState {
    /// It waits for approvals.
    Proposed,
    /// Two archivists have approved it.
    Approved,
    /// Some of its documents are destroyed, and some not yet.
    Begun,
    /// It is carried out, and its certificate made.
    Done,
    /// It was withdrawn: nothing of it is destroyed.
    Withdrawn,
}

impl ListState {
    /// Every state, for the tables of texts.
    pub const ALL: [Self; 5] =
        [Self::Proposed, Self::Approved, Self::Begun, Self::Done, Self::Withdrawn];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether it may be approved.
    #[must_use]
    pub const fn takes_approval(self) -> bool {
        matches!(self, Self::Proposed)
    }

    /// Whether it may be withdrawn: nothing of it is destroyed yet.
    #[must_use]
    pub const fn may_be_withdrawn(self) -> bool {
        matches!(self, Self::Proposed | Self::Approved)
    }

    /// Whether it may be stopped: some of it is destroyed, and the rest is to stay.
    #[must_use]
    pub const fn may_be_stopped(self) -> bool {
        matches!(self, Self::Begun)
    }

    /// Whether it may be carried out, or gone on with.
    #[must_use]
    pub const fn may_be_carried_out(self) -> bool {
        matches!(self, Self::Approved | Self::Begun)
    }

    /// Whether its documents wait for anything yet.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Withdrawn)
    }
}

/// A hold on a document, and on all that hangs on it: on a case document on the whole case, on a relationship document on
/// the whole relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its key.
    pub key: i64,
    /// In whose register.
    pub controller: Oid,
    /// Whose document.
    pub client: ClientKey,
    /// The first version of the document.
    pub set: VersionKey,
    /// Why.
    pub reason: HoldReason,
    /// The salted digest of what was explained, base64; empty without.
    pub explained: String,
    /// The line that tells of it.
    pub placed: i64,
    /// The line that tells of its lifting; none while it holds.
    pub lifted: Option<i64>,
}

impl Hold {
    /// What its line tells.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, set, reason, explained, .. } = self;
        let (set, reason) = (set.0, reason.code());
        format!(
            "act=hold hold={key} controller={controller} set={set} reason={reason} explained={explained}"
        )
    }

    /// What the line of its lifting tells.
    #[must_use]
    pub fn detail_of_lifting(&self) -> String {
        format!("act=lift hold={}", self.key)
    }
}

/// A document on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from nought: in this order they go.
    pub place: u32,
    /// The first version of the document.
    pub set: VersionKey,
    /// The identifier of its newest version.
    pub document: Oid,
    /// Why its period is over.
    pub because: OverBecause,
}

/// The digest of the entries of a list, which approvals name, base64.
#[must_use]
pub fn digest_of(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let OverBecause { rule, from, since, last } = entry.because;
        let (rule, from) = (rule.code(), from.code());
        let Entry { place, set, document, .. } = entry;
        let _ = writeln!(text, "{place} {} {document} {rule} {from} {since} {last}", set.0);
    }
    to_base64(&sha256(text.as_bytes()))
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Why it was kept; `None`: it is destroyed.
    pub kept: Option<KeptBecause>,
    /// The line that tells of it; of several versions that of the last.
    pub line: i64,
}

/// A list of documents to be destroyed. Once made it never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestructionList {
    /// Its key.
    pub key: i64,
    /// In whose register.
    pub controller: Oid,
    /// How many documents it has.
    pub entries: u32,
    /// The digest of its entries.
    pub digest: String,
    /// The line that tells of it.
    pub made: i64,
    /// The lines that tell of its approvals.
    pub approvals: Vec<i64>,
    /// What became of its entries, by their places.
    pub fates: BTreeMap<u32, Fate>,
    /// The line that tells of its end: that it is carried out, or withdrawn.
    pub ended: Option<i64>,
    /// The SHA-256 of its certificate, base64, once it is carried out.
    pub certificate: Option<String>,
}

impl DestructionList {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> ListState {
        match (self.ended, &self.certificate) {
            (Some(_), Some(_)) => ListState::Done,
            (Some(_), None) => ListState::Withdrawn,
            (None, _) if !self.fates.is_empty() => ListState::Begun,
            (None, _) if self.approvals.len() >= APPROVALS => ListState::Approved,
            (None, _) => ListState::Proposed,
        }
    }

    /// What its line tells.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, entries, digest, .. } = self;
        format!(
            "act=list destruction={key} controller={controller} entries={entries} digest={digest}"
        )
    }

    /// What the line of an approval tells: of which entries.
    #[must_use]
    pub fn detail_of_approval(&self) -> String {
        format!("act=approve destruction={} digest={}", self.key, self.digest)
    }

    /// What the line of its withdrawal tells.
    #[must_use]
    pub fn detail_of_withdrawal(&self) -> String {
        format!("act=withdraw destruction={}", self.key)
    }

    /// What the line of an entry tells that is kept.
    #[must_use]
    pub fn detail_of_keeping(&self, place: u32, why: KeptBecause) -> String {
        format!("act=keep destruction={} place={place} why={}", self.key, why.code())
    }

    /// What the line of its end tells.
    #[must_use]
    pub fn detail_of_end(&self, certificate: &str) -> String {
        format!("act=certify destruction={} certificate={certificate}", self.key)
    }
}

/// What is left of a version that was destroyed: what its log lines and its leaf need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedVersion {
    /// Its key.
    pub version: VersionKey,
    /// Whose it was.
    pub client: ClientKey,
    /// What stays of its row, as text: its digest is in the line.
    pub row: String,
    /// The list that it went with, and its place there.
    pub entry: (i64, u32),
    /// The line that tells of it.
    pub line: i64,
}

impl DestroyedVersion {
    /// What its line tells.
    #[must_use]
    pub fn detail(&self) -> String {
        let (list, place) = self.entry;
        format!("destruction={list} place={place} row={}", digest_of_row(&self.row))
    }
}

fn digest_of_row(row: &str) -> String {
    to_base64(&sha256(row.as_bytes()))
}

/// The SHA-256 of a certificate, as the line of its list's end tells it.
#[must_use]
pub fn digest_of_certificate(certificate: &str) -> String {
    proof::to_base64(&sha256(certificate.as_bytes()))
}

/// What an archive certifies of a list that it carried out. It names no client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The name of the archive's proof log.
    pub archive: String,
    /// The key that it is signed with, as the certificate says.
    pub verifier_key: String,
    /// The list's key.
    pub list: i64,
    /// In whose register.
    pub controller: Oid,
    /// The digest of the entries, which approvals name.
    pub digest: String,
    /// Who made the list, and when.
    pub made: (String, Instant),
    /// Who approved it, and when.
    pub approvals: Vec<(String, Instant)>,
    /// Everybody who carried something of it out, each with the last moment.
    pub carried_out: Vec<(String, Instant)>,
    /// What became of its entries.
    pub entries: Vec<CertifiedEntry>,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedEntry {
    /// The identifier of its newest version.
    pub document: Oid,
    /// The rule that its period followed.
    pub rule: RetentionRule,
    /// From what that was counted. The days themselves would tell of a client.
    pub from: CountedFrom,
    /// The year in which the period ended.
    pub last_year: i16,
    /// Why it was kept all the same; `None`: it is destroyed.
    pub kept: Option<KeptBecause>,
    /// The versions that were destroyed.
    pub versions: Vec<CertifiedVersion>,
}

/// A version that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedVersion {
    /// Its identifier.
    pub document: Oid,
    /// Its number.
    pub number: u32,
    /// Its leaf in the proof log, which stays.
    pub leaf: u64,
}

impl Certificate {
    /// How many documents were destroyed, in how many versions, and how many were kept.
    #[must_use]
    pub fn sums(&self) -> [usize; 3] {
        let kept = self.entries.iter().filter(|entry| entry.kept.is_some()).count();
        let versions = self.entries.iter().map(|entry| entry.versions.len()).sum();
        [self.entries.len() - kept, versions, kept]
    }
}

/// What the log tells of a version that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldDestroyed {
    client: Option<ClientKey>,
    detail: String,
    line: i64,
}

impl ToldDestroyed {
    /// Whether it tells of this one.
    #[must_use]
    pub fn tells_of(&self, destroyed: &DestroyedVersion) -> bool {
        self.client == Some(destroyed.client)
            && self.detail == destroyed.detail()
            && self.line == destroyed.line
    }
}

/// What the lines of the log tell of holds, lists and destroyed versions, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The holds, by their keys.
    pub holds: BTreeMap<i64, Hold>,
    /// The lists, by their keys.
    pub lists: BTreeMap<i64, DestructionList>,
    /// The versions that were destroyed.
    pub destroyed: BTreeMap<VersionKey, ToldDestroyed>,
}

impl Told {
    /// What lines tell, oldest first. Of what was denied or refused nothing follows.
    ///
    /// Source: ARC-12, ARC-15, LOG-1.
    #[must_use]
    pub fn of(lines: &[KeptLine]) -> Self {
        let mut told = Self::default();
        for line in lines.iter().filter(|line| &*line.outcome == "permitted") {
            match line.event {
                Event::Destroy => drop(told.destroys(line)),
                Event::Retention => drop(told.acts(line)),
                _ => {}
            }
        }
        told
    }

    fn destroys(&mut self, line: &KeptLine) -> Option<()> {
        let (version, detail) = (line.version?, line.detail.clone());
        let told = ToldDestroyed { client: line.client, detail, line: line.number };
        self.destroyed.insert(version, told);
        let list = self.lists.get_mut(&line.word("destruction")?.parse().ok()?)?;
        let place = line.word("place")?.parse().ok()?;
        list.fates.insert(place, Fate { kept: None, line: line.number });
        Some(())
    }

    fn acts(&mut self, line: &KeptLine) -> Option<()> {
        let number = |name: &str| line.word(name).and_then(|word| word.parse::<i64>().ok());
        match line.word("act")? {
            "hold" => {
                let hold = Hold {
                    key: number("hold")?,
                    controller: Oid::parse(line.word("controller")?).ok()?,
                    client: line.client?,
                    set: VersionKey(number("set")?),
                    reason: HoldReason::of_code(line.word("reason")?)?,
                    explained: line.word("explained")?.to_owned(),
                    placed: line.number,
                    lifted: None,
                };
                self.holds.insert(hold.key, hold);
            }
            "lift" => self.holds.get_mut(&number("hold")?)?.lifted = Some(line.number),
            "list" => {
                let list = DestructionList {
                    key: number("destruction")?,
                    controller: Oid::parse(line.word("controller")?).ok()?,
                    entries: u32::try_from(number("entries")?).ok()?,
                    digest: line.word("digest")?.to_owned(),
                    made: line.number,
                    approvals: Vec::new(),
                    fates: BTreeMap::new(),
                    ended: None,
                    certificate: None,
                };
                self.lists.insert(list.key, list);
            }
            act => {
                let list = self.lists.get_mut(&number("destruction")?)?;
                match act {
                    "approve" if line.word("digest") == Some(&list.digest) => {
                        list.approvals.push(line.number);
                    }
                    "withdraw" => list.ended = Some(line.number),
                    "keep" => {
                        let kept = Some(KeptBecause::of_code(line.word("why")?)?);
                        let place = u32::try_from(number("place")?).ok()?;
                        list.fates.insert(place, Fate { kept, line: line.number });
                    }
                    "certify" => {
                        list.ended = Some(line.number);
                        list.certificate = Some(line.word("certificate")?.to_owned());
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
