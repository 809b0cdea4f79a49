//! A register's package held against an archive: against the one that it came out of, to know that it is whole and how the
//! register went on since; and against another, to know what that one has and lacks of it. One version is in memory at a time.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use varanto_domain::access::{Caller, TransferPermit};
use varanto_domain::archive::proof::Hash;
use varanto_domain::ids::{Oid, VersionKey};
use varanto_formats::register_package::{
    About, CHOICES, CORRECTIONS, HOLDS, IDENTITIES, STATEMENTS, VersionFile, is_of_lines,
    read_lines,
};
use varanto_store::{ReadTx, RegisterVersion, StoreError, WholeVersion};

use super::beside;
use super::export::version_file;
use super::reading::{Found, VersionRead};
use super::{Reader, TransferError, TransferRequest, walk};
use crate::App;
use crate::verify::RegisterVerdict;

/// How many documents are named of those that are missing, of those that differ and of those that are beyond.
const MOST_NAMED: usize = 1000;

/// How much of something is the same on both sides, and how much is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The same in the package and in the archive.
    pub same: u64,
    /// In the package alone.
    pub missing: u64,
    /// In both, and not the same.
    pub differ: u64,
    /// In the archive alone.
    pub beyond: u64,
}

impl Compared {
    /// Whether both sides hold the same.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.missing == 0 && self.differ == 0 && self.beyond == 0
    }
}

/// What a register holds beside its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is what it is named after")]
pub enum Kind {
    Holds,
    Corrections,
    Statements,
    Choices,
    Identities,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Holds, Self::Corrections, Self::Statements, Self::Choices, Self::Identities];

    /// Its stable name, and that of its files in a package.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Corrections => "corrections",
            Self::Statements => "statements",
            Self::Choices => "choices",
            Self::Identities => "identities",
        }
    }

    const fn files(self) -> &'static str {
        match self {
            Self::Holds => HOLDS,
            Self::Corrections => CORRECTIONS,
            Self::Statements => STATEMENTS,
            Self::Choices => CHOICES,
            Self::Identities => IDENTITIES,
        }
    }

    /// Those of the register, each as a package tells it.
    fn kept(self, tx: &ReadTx<'_>, permit: &TransferPermit) -> Result<Vec<Value>, StoreError> {
        fn values<T: Serialize>(found: Vec<T>) -> Vec<Value> {
            let value = |one| serde_json::to_value(one).expect("texts and numbers print");
            found.into_iter().map(value).collect()
        }
        Ok(match self {
            Self::Holds => values(beside::holds(tx, permit)?),
            Self::Corrections => values(beside::corrections(tx, permit)?),
            Self::Statements => values(beside::statements(tx, permit)?),
            Self::Choices => values(beside::choices(tx, permit)?),
            Self::Identities => values(beside::identities(tx, permit)?),
        })
    }
}

/// What holding a package against an archive answers. It says nothing of the archive where the package itself does not hold.
#[derive(Debug, Clone)]
pub struct RegisterComparison {
    /// What the package's own check says.
    pub verdict: RegisterVerdict,
    /// Whether the package came out of this archive: then proofs, numbers and lines are the same, too.
    pub own: bool,
    /// Of a package of this archive, whether the log to which its proofs lead is the beginning of the archive's.
    pub log_agrees: bool,
    /// How many versions are the same, missing in the archive, other there, and beyond the package.
    pub versions: Compared,
    /// Those that the archive lacks; the first thousand.
    pub missing: Vec<String>,
    /// Those that are other in the archive, and what of them; the first thousand.
    pub differ: Vec<(String, Vec<&'static str>)>,
    /// Those that the archive has and the package does not; the first thousand.
    pub beyond: Vec<String>,
    /// What there is beside documents.
    pub beside: BTreeMap<Kind, Compared>,
}

impl RegisterComparison {
    /// Whether package and archive hold the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.verdict.faults.is_empty()
            && self.log_agrees
            && self.versions.agrees()
            && self.beside.values().all(Compared::agrees)
    }
}

impl App {
    /// Checks a register's package as [`crate::verify::verify_register`] does, and holds it against what the archive has of
    /// that register: every version byte for byte with its place, state and invalidation, and what there is beside documents.
    /// Of the package of another archive neither proofs nor numbers of lines are compared, nor when and by whom a version
    /// came. Nothing is changed but the log, which tells of it before anything is opened, and what came of it.
    ///
    /// # Errors
    /// [`crate::AppError::Denied`] for one who may not take the register out, [`crate::AppError::Refused`] for a reference that is none, each
    /// logged; [`TransferError::OtherRegister`]; what is damaged in the archive, and what the disk answers.
    ///
    /// Source: OPS-3, ARC-15, LOG-1.
    pub fn compare_register(
        &self,
        caller: &Caller,
        request: &TransferRequest,
        (place, key): (&Path, Option<&str>),
        mut going: impl FnMut(u64),
    ) -> Result<RegisterComparison, TransferError> {
        let permit = self.may_transfer(caller, request)?;
        let words = request.words("compare");
        let begun = self.transfer_line(caller, format!("{words} begun"));
        self.write_line(begun)?;
        let compared = self.store.read::<_, TransferError>(|tx| {
            Comparison::begin(tx, &permit, key)?.run(place, &mut going)
        });
        let told = match &compared {
            Ok(done) if !done.verdict.faults.is_empty() => "package-does-not-hold".to_owned(),
            Ok(done) => {
                let Compared { same, missing, differ, beyond } = done.versions;
                format!(
                    "versions={same} missing={missing} differ={differ} beyond={beyond} package={}",
                    done.verdict.checksum
                )
            }
            Err(error) => format!("failed={}", error.code()),
        };
        let told = self.write_line(self.transfer_line(caller, format!("{words} {told}")));
        let compared = compared?;
        told?;
        Ok(compared)
    }
}

/// A package on its way through.
pub(super) struct Comparison<'a> {
    tx: &'a ReadTx<'a>,
    permit: &'a TransferPermit,
    reader: Reader,
    log_size: u64,
    own: bool,
    versions: Compared,
    seen: HashSet<VersionKey>,
    missing: Vec<String>,
    differ: Vec<(String, Vec<&'static str>)>,
    lines: BTreeMap<Kind, Vec<Value>>,
}

impl<'a> Comparison<'a> {
    pub(super) fn begin(
        tx: &'a ReadTx<'a>,
        permit: &'a TransferPermit,
        key: Option<&str>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            permit,
            reader: Reader::new(key),
            log_size: tx.log_size()?,
            own: false,
            versions: Compared::default(),
            seen: HashSet::new(),
            missing: Vec::new(),
            differ: Vec::new(),
            lines: Kind::ALL.map(|kind| (kind, Vec::new())).into(),
        })
    }

    pub(super) fn run(
        mut self,
        place: &Path,
        going: &mut dyn FnMut(u64),
    ) -> Result<RegisterComparison, TransferError> {
        let mut files = 0;
        walk(place, &mut |name, found| {
            self.beside(name, &found);
            if let Some(version) = self.reader.file(name, found) {
                self.version(&version)?;
            }
            self.about()?;
            files += 1;
            going(files);
            Ok(())
        })?;
        let reader = std::mem::replace(&mut self.reader, Reader::new(None));
        let (last, package) = reader.end();
        if let Some(version) = last {
            self.version(&version)?;
        }
        let log = (package.log_size, package.root);
        let verdict = RegisterVerdict::of(package);
        if !verdict.faults.is_empty() {
            return Ok(self.nothing_compared(verdict));
        }
        let beyond = self.beyond()?;
        let mut beside = BTreeMap::new();
        for (kind, told) in std::mem::take(&mut self.lines) {
            let kept = kind.kept(self.tx, self.permit)?;
            beside.insert(kind, compared(kind, &told, &kept, self.own));
        }
        Ok(RegisterComparison {
            verdict,
            own: self.own,
            log_agrees: !self.own || self.is_beginning_of_log(log)?,
            versions: self.versions,
            missing: self.missing,
            differ: self.differ,
            beyond,
            beside,
        })
    }

    /// What a package that does not hold says nothing of.
    fn nothing_compared(self, verdict: RegisterVerdict) -> RegisterComparison {
        RegisterComparison {
            verdict,
            own: self.own,
            log_agrees: false,
            versions: Compared::default(),
            missing: Vec::new(),
            differ: Vec::new(),
            beyond: Vec::new(),
            beside: BTreeMap::new(),
        }
    }

    /// What the package is of comes first: without it no version leads to a proof, and none is read.
    fn about(&mut self) -> Result<(), TransferError> {
        let Some(about) = self.reader.about() else { return Ok(()) };
        if about.controller != self.permit.controller().as_str() {
            return Err(TransferError::OtherRegister(about.controller.clone()));
        }
        self.own = is_of(about, self.tx);
        Ok(())
    }

    /// Keeps what a file tells of beside documents; whether it reads and is the one that was signed the reader says.
    fn beside(&mut self, name: &str, found: &Found) {
        let Found::Data(data) = found else { return };
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| is_of_lines(name, kind.files()))
            && let Some(lines) = read_lines::<Value>(data)
        {
            self.lines.entry(kind).or_default().extend(lines);
        }
    }

    fn version(&mut self, version: &VersionRead) -> Result<(), TransferError> {
        let document = &version.file.document_id;
        // What is no identifier is in no archive.
        let id = Oid::parse(document).ok();
        let kept = match &id {
            Some(id) => self.tx.find_in_register(self.permit, id, self.log_size)?,
            None => None,
        };
        let what = match kept {
            None => self.instead(id.as_ref())?.map(|what| vec![what]),
            Some(RegisterVersion::Erased(row, _)) => {
                self.seen.insert(row.version);
                Some(vec!["erased"])
            }
            Some(RegisterVersion::Whole(kept)) => {
                self.seen.insert(kept.row.version);
                Some(differences(version, &kept, self.own)?)
            }
        };
        let Some(what) = what else {
            self.versions.missing += 1;
            name(&mut self.missing, || document.clone());
            return Ok(());
        };
        if what.is_empty() {
            self.versions.same += 1;
        } else {
            self.versions.differ += 1;
            name(&mut self.differ, || (document.clone(), what));
        }
        Ok(())
    }

    /// What became of an identifier that the register has no version of; `None`: the archive does not know it.
    fn instead(&self, document: Option<&Oid>) -> Result<Option<&'static str>, StoreError> {
        let Some(document) = document else { return Ok(None) };
        if self.tx.find_version(document)?.is_some() {
            return Ok(Some("register"));
        }
        Ok(self.tx.destroyed_in(document)?.map(|_| "destroyed"))
    }

    /// What the archive has of the register and the package has not. A version whose client's key was destroyed is told of
    /// by the package as a leaf, and by the archive as well.
    fn beyond(&mut self) -> Result<Vec<String>, StoreError> {
        let (mut named, mut last) = (Vec::new(), VersionKey(i64::MIN));
        loop {
            let found = self.tx.list_register(self.permit, last)?;
            let Some((newest, _)) = found.last() else { return Ok(named) };
            last = *newest;
            for (version, document) in found {
                let row = self.tx.version_of_key(version)?;
                if self.seen.contains(&version) || self.tx.is_erased(row.client)? {
                    continue;
                }
                self.versions.beyond += 1;
                name(&mut named, || document.to_string());
            }
        }
    }

    /// Whether the log of a size and a root is the beginning of the archive's.
    fn is_beginning_of_log(&self, (size, root): (u64, Option<Hash>)) -> Result<bool, StoreError> {
        Ok(size <= self.log_size && Some(self.tx.checkpoint_at(size)?.body.root) == root)
    }
}

/// Whether a package came out of this archive. Archives may bear the same name: their keys tell them apart.
pub(super) fn is_of(about: &About, tx: &ReadTx<'_>) -> bool {
    about.verifier_key == tx.keys().ring().verifier_key(tx.origin())
}

/// Names something where not too much is named already.
pub(super) fn name<T>(named: &mut Vec<T>, one: impl FnOnce() -> T) {
    if named.len() < MOST_NAMED {
        named.push(one());
    }
}

/// What of a version is other in the archive than in the package.
pub(super) fn differences(
    told: &VersionRead,
    kept: &WholeVersion,
    own: bool,
) -> Result<Vec<&'static str>, StoreError> {
    let (one, other) = (&told.file, version_file(kept)?);
    let line = |file: &VersionFile| {
        let mut invalidated = file.invalidated.clone();
        if let (Some(invalidated), false) = (&mut invalidated, own) {
            invalidated.line = 0;
            invalidated.told.clear();
        }
        invalidated
    };
    let mut what = Vec::new();
    let mut hold = |name: &'static str, same: bool| {
        if !same {
            what.push(name);
        }
    };
    hold("metadata", told.record == kept.record);
    hold("content", told.parts == kept.parts);
    hold("set", (&one.set_id, one.version) == (&other.set_id, other.version));
    hold("group", one.group == other.group);
    hold("main-document", one.main_document_id == other.main_document_id);
    hold("state", one.state == other.state);
    hold("invalidation", line(one) == line(&other));
    if own {
        let came = |file: &VersionFile| (file.archived_at.clone(), file.arrival.clone());
        hold("arrival", came(one) == came(&other));
        let digests = |file: &VersionFile| {
            let seal = file.proof.seal();
            let leaf = seal.map(|seal| (seal.content_salt, seal.metadata_salt, seal.leaf.leaf));
            (leaf, file.proof.columns.clone())
        };
        hold("proof", digests(one) == digests(&other));
        hold("signatures", one.proof.signatures == other.proof.signatures);
    }
    Ok(what)
}

/// Whether another archive can have it, too. What was parted again was joined to a code that is not the register's to tell, and
/// without words there is nothing left of what was asked or told: its document is destroyed, or its client's key.
fn goes_elsewhere(kind: Kind, one: &Value) -> bool {
    let has = |name: &str| !one[name].is_null();
    match kind {
        Kind::Holds | Kind::Choices => true,
        Kind::Corrections => has("wanted"),
        Kind::Statements => {
            has("said") || one["told"].as_array().is_some_and(|told| told.len() > 1)
        }
        Kind::Identities => !has("parted_at"),
    }
}

/// Holds what there is beside documents against each other. Of another archive's package the numbers of lines are its own.
fn compared(kind: Kind, told: &[Value], kept: &[Value], own: bool) -> Compared {
    let both = |one: &&Value| own || goes_elsewhere(kind, one);
    let printed = |one: &Value| {
        let mut one = one.clone();
        if let (Value::Object(members), false) = (&mut one, own) {
            let of_the_log = ["line", "told"];
            members.retain(|name, _| !of_the_log.contains(&&**name) && !name.ends_with("_line"));
        }
        one.to_string()
    };
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    for one in told.iter().filter(both) {
        *counted.entry(printed(one)).or_default() += 1;
    }
    let mut done = Compared::default();
    for one in kept.iter().filter(both) {
        match counted.get_mut(&printed(one)).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                done.same += 1;
            }
            None => done.beyond += 1,
        }
    }
    done.missing = counted.into_values().map(i64::cast_unsigned).sum();
    done
}
