//! Checking a package before any of it is taken in: that it holds, that it is whole, and that the archive has room for it. Every
//! fault is told at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use varanto_domain::access::TransferPermit;
use varanto_domain::archive::references::RegisterContent;
use varanto_domain::archive::transfer::{ToldVersion, what_does_not_follow};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::time::FinnishDay;
use varanto_formats::register_package::{About, FORM, METS, Summary};
use varanto_store::{ReadTx, RegisterVersion, StoreError};

use super::compare::{differences, is_of, name};
use super::reading::{ReadPackage, VersionRead};
use super::told::ToldOfVersion;
use super::{Reader, TransferError, walk};
use crate::Registry;

/// The rule that a fault of a package breaks.
pub(super) const RULE: &str = "OPS-3";
/// The most faults that are told one by one.
const MOST_TOLD: usize = 1000;

/// What a check found.
pub(super) struct Checked {
    pub(super) about: Option<About>,
    pub(super) summary: Summary,
    /// The SHA-256 of the package's list.
    pub(super) checksum: String,
    /// The key under which it was checked.
    pub(super) key: Option<String>,
    /// How many versions the archive has already, the same.
    pub(super) there: u64,
    pub(super) faults: Vec<Fault>,
}

/// A package on its way through the check.
pub(super) struct Checking<'a> {
    tx: &'a ReadTx<'a>,
    permit: &'a TransferPermit,
    registry: &'a Registry,
    today: FinnishDay,
    reader: Reader,
    log_size: u64,
    /// The versions of each document, by the identifier of its first.
    sets: HashMap<Oid, Vec<ToldVersion>>,
    relationships: HashSet<Oid>,
    cases: HashSet<Oid>,
    structures: BTreeSet<Oid>,
    seen: HashSet<VersionKey>,
    there: u64,
    faults: Vec<Fault>,
}

fn fault(kind: FaultKind, element: &str, value: &str) -> Fault {
    Fault::new(kind, element, RULE).value(value.to_owned())
}

impl<'a> Checking<'a> {
    pub(super) fn begin(
        tx: &'a ReadTx<'a>,
        permit: &'a TransferPermit,
        registry: &'a Registry,
        today: FinnishDay,
        key: Option<&str>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            permit,
            registry,
            today,
            reader: Reader::new(key),
            log_size: tx.log_size()?,
            sets: HashMap::new(),
            relationships: HashSet::new(),
            cases: HashSet::new(),
            structures: BTreeSet::new(),
            seen: HashSet::new(),
            there: 0,
            faults: Vec::new(),
        })
    }

    pub(super) fn run(
        mut self,
        place: &Path,
        going: &mut dyn FnMut(u64),
    ) -> Result<Checked, TransferError> {
        let mut files = 0;
        walk(place, &mut |name, found| {
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
        self.end(package)
    }

    fn about(&self) -> Result<(), TransferError> {
        match self.reader.about() {
            Some(about) if about.controller != self.permit.controller().as_str() => {
                Err(TransferError::OtherRegister(about.controller.clone()))
            }
            _ => Ok(()),
        }
    }

    fn tell(&mut self, fault: Fault) {
        if self.faults.len() < MOST_TOLD {
            self.faults.push(fault);
        }
    }

    fn version(&mut self, version: &VersionRead) -> Result<(), TransferError> {
        let document = &version.file.document_id;
        let told = ToldOfVersion::of(version, self.registry.code_sets(), self.today);
        let told = match told {
            Ok(told) => told,
            Err(what) => {
                self.tell(fault(FaultKind::NotTold, "document_id", document).arg("name", what));
                return Ok(());
            }
        };
        self.sets.entry(told.set.clone()).or_default().push((told.number, told.state));
        self.identifier(version, &told)?;
        self.client(&told)?;
        self.references(&told);
        if let Some(structure) = told.structure.filter(|one| self.registry.structure(one).is_none())
        {
            self.structures.insert(structure);
        }
        if version.file.invalidated.as_ref().is_some_and(|why| why.told.len() != 1) {
            self.tell(fault(FaultKind::NotTold, "invalidated", document).arg("name", "told"));
        }
        Ok(())
    }

    /// The archive has nothing under the identifier, or the same.
    fn identifier(
        &mut self,
        version: &VersionRead,
        told: &ToldOfVersion,
    ) -> Result<(), StoreError> {
        let id = &told.document;
        let differs = match self.tx.find_in_register(self.permit, id, self.log_size)? {
            Some(RegisterVersion::Whole(kept)) => {
                self.seen.insert(kept.row.version);
                // What follows from other versions is gone on with.
                let mut differs = differences(version, &kept, false)?;
                differs.retain(|what| !["state", "invalidation"].contains(what));
                if differs.is_empty() {
                    self.there += 1;
                    self.known(told);
                    return Ok(());
                }
                differs
            }
            Some(RegisterVersion::Erased(row, _)) => {
                self.seen.insert(row.version);
                vec!["erased"]
            }
            None if self.tx.find_version(id)?.is_some() => vec!["register"],
            None => {
                if self.tx.destroyed_in(id)?.is_some() {
                    let kind = FaultKind::DestroyedDocument;
                    self.tell(fault(kind, "document_id", id.as_str()));
                }
                return self.names(told);
            }
        };
        let taken = fault(FaultKind::IdentifierTaken, "document_id", id.as_str());
        self.tell(taken.arg("differs", differs.join(", ")));
        Ok(())
    }

    /// A relationship and a case that come with the package have names that nothing else here has.
    fn names(&mut self, told: &ToldOfVersion) -> Result<(), StoreError> {
        let taken = match (&told.says, &told.relationship, &told.case) {
            (RegisterContent::Relationship(_), Some(id), _) if !self.relationships.contains(id) => {
                self.tx.find_relationship(id)?.map(|_| ("relationship_id", id.clone()))
            }
            (RegisterContent::Case(_), _, Some(id)) if !self.cases.contains(id) => {
                self.tx.find_case(id)?.map(|_| ("case_id", id.clone()))
            }
            _ => None,
        };
        if let Some((element, id)) = taken {
            let taken = fault(FaultKind::IdentifierTaken, element, id.as_str());
            self.tell(taken.arg("differs", told.document.as_str()));
        }
        self.known(told);
        Ok(())
    }

    /// What later versions may hang on.
    fn known(&mut self, told: &ToldOfVersion) {
        match (&told.says, &told.relationship, &told.case) {
            (RegisterContent::Relationship(_), Some(id), _) => {
                self.relationships.insert(id.clone());
            }
            (RegisterContent::Case(_), _, Some(id)) => {
                self.cases.insert(id.clone());
            }
            _ => {}
        }
    }

    fn client(&mut self, told: &ToldOfVersion) -> Result<(), StoreError> {
        if let Some(client) = self.tx.find_client(&told.client)?
            && self.tx.is_erased(client)?
        {
            self.tell(fault(FaultKind::KeyDestroyed, "document_id", told.document.as_str()));
        }
        Ok(())
    }

    /// What a version hangs on came before it.
    fn references(&mut self, told: &ToldOfVersion) {
        let of_case = matches!(told.says, RegisterContent::Case(_));
        let relationship = told.relationship.as_ref().filter(|_| of_case);
        let lacks = |id: &Oid, known: &HashSet<Oid>| !known.contains(id);
        let mut missing = Vec::new();
        if of_case && relationship.is_none_or(|id| lacks(id, &self.relationships)) {
            missing.push((FaultKind::UnknownRelationship, "relationship_id"));
        }
        if told.in_case && told.case.as_ref().is_none_or(|id| lacks(id, &self.cases)) {
            missing.push((FaultKind::UnknownCase, "case_id"));
        }
        if told.main.as_ref().is_some_and(|id| !self.sets.contains_key(id)) {
            missing.push((FaultKind::UnknownMainDocument, "main_document"));
        }
        for (kind, element) in missing {
            self.tell(fault(kind, element, told.document.as_str()));
        }
    }

    fn end(mut self, package: ReadPackage) -> Result<Checked, TransferError> {
        self.whole_sets();
        self.package(&package);
        self.archive(&package)?;
        let structures = std::mem::take(&mut self.structures);
        for structure in structures {
            let unknown = fault(FaultKind::UnknownStructure, "structure", structure.as_str());
            self.tell(unknown.arg("known", ""));
        }
        let ReadPackage { about, summary, checksum, key, .. } = package;
        let (there, faults) = (self.there, self.faults);
        Ok(Checked { about, summary, checksum, key, there, faults })
    }

    /// Documents have all their versions, in states that follow from each other.
    fn whole_sets(&mut self) {
        let sets: BTreeMap<Oid, Vec<ToldVersion>> =
            std::mem::take(&mut self.sets).into_iter().collect();
        for (set, versions) in sets {
            let (missing, states) = what_does_not_follow(&versions);
            if !missing.is_empty() {
                let missing: Vec<String> = missing.iter().map(u32::to_string).collect();
                let lacks = fault(FaultKind::VersionsMissing, "set_id", set.as_str());
                self.tell(lacks.arg("missing", missing.join(", ")));
            }
            for (number, follows) in states {
                let expected = format!("{number}: {}", follows.name());
                let wrong = fault(FaultKind::StateDoesNotFollow, "set_id", set.as_str());
                self.tell(wrong.arg("expected", expected));
            }
        }
    }

    /// What the package's own check says.
    fn package(&mut self, package: &ReadPackage) {
        let mut found = Vec::new();
        for one in &package.faults {
            let fault = Fault::new(FaultKind::PackageDoesNotHold, "package", "ARC-15");
            let place = one.place().unwrap_or(METS).to_owned();
            found.push(fault.arg("what", one.code()).value(place));
        }
        // They come first: what else is wrong may follow from them.
        found.append(&mut self.faults);
        found.truncate(MOST_TOLD);
        self.faults = found;
        if package.about.as_ref().is_some_and(|about| about.form != FORM) {
            self.tell(fault(FaultKind::PackageOfBefore, "form", FORM));
        }
    }

    /// What of the archive itself keeps the register out.
    fn archive(&mut self, package: &ReadPackage) -> Result<(), StoreError> {
        let controller = self.permit.controller();
        if package.about.as_ref().is_some_and(|about| is_of(about, self.tx)) {
            self.tell(fault(FaultKind::PackageOfThisArchive, "archive", self.tx.origin()));
        }
        let known = self.registry.registers().organisation(controller);
        if known.is_none_or(|one| !one.controller) {
            self.tell(fault(FaultKind::NoController, "controller", controller.as_str()));
        }
        let begun = self.tx.list_taken()?.iter().any(|one| one.package == package.checksum);
        if begun {
            return Ok(());
        }
        let (mut beyond, mut named, mut last) = (0u64, Vec::new(), VersionKey(i64::MIN));
        loop {
            let found = self.tx.list_register(self.permit, last)?;
            let Some((newest, _)) = found.last() else { break };
            last = *newest;
            for (version, document) in found {
                if !self.seen.contains(&version) {
                    beyond += 1;
                    name(&mut named, || document.to_string());
                }
            }
        }
        if let Some(first) = named.first() {
            let goes_on = fault(FaultKind::RegisterGoesOn, "controller", controller.as_str());
            self.tell(goes_on.arg("count", beyond).arg("first", first));
        }
        Ok(())
    }
}
