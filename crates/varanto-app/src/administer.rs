//! Loading structures, code sets, organisations and systems (REG-1 to REG-4).

use std::collections::BTreeMap;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::joining::{RegisterEntries, Registers};
use varanto_domain::structures::{Structure, built_in};
use varanto_formats::national_schema::SchemaFault;
use varanto_formats::{code_sets, national_schema, registers};
use varanto_store::{FileKind, OPERATOR, StoreError};

use crate::users::LoadedUsers;
use crate::{App, AppError, OpenError, Registry, StructureState};

/// Why a file was not loaded. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file's faults, all of them.
    #[error("{} faults", .0.len())]
    Faults(Vec<Fault>),
    /// What of a structure file this program does not understand.
    #[error("{} faults", .0.len())]
    Schema(Vec<SchemaFault>),
    /// A file of users would undo what main users did, and nobody said that it shall.
    #[error("the file would undo what main users did")]
    Undoes(LoadedUsers),
    /// The store failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// What was loaded does not read back.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The place of a file among those that were given, and why it was not loaded.
pub type BadFile = (usize, LoadError);

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

impl App {
    /// Loads national structure files: all of them, or none when one has a fault. Answers the
    /// structures' OIDs.
    ///
    /// # Errors
    /// Every file that does not read, by its place in `files`, with all its faults; one whose
    /// structure was withdrawn, or published with other content. What is wrong with no single file
    /// is told once, at the first place.
    ///
    /// Source: ARC-5, REG-3.
    pub fn load_structures(&self, files: Vec<Vec<u8>>) -> Result<Vec<Oid>, Vec<BadFile>> {
        let registry = self.registry();
        let mut read: BTreeMap<Oid, (Structure, Vec<u8>)> = BTreeMap::new();
        let mut bad = Vec::new();
        for (place, file) in files.into_iter().enumerate() {
            let structure = match national_schema::read(&file) {
                Ok(structure) => structure,
                Err(faults) => {
                    bad.push((place, LoadError::Schema(faults)));
                    continue;
                }
            };
            let beside = read.get(&structure.oid).map(|(beside, _)| beside);
            if let Some(fault) = unloadable(&registry, &structure, beside) {
                bad.push((place, LoadError::Faults(vec![fault])));
            } else {
                read.insert(structure.oid.clone(), (structure, file));
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        let oids = read.keys().cloned().collect();
        let files = read.into_iter().map(|(oid, (_, file))| (oid.to_string(), file)).collect();
        self.load(FileKind::Structure, files).map_err(|error| vec![(0, error)])?;
        Ok(oids)
    }

    /// Withdraws a loaded structure; documents on it are not accepted any more. `false` when it was
    /// never loaded.
    pub fn withdraw_structure(&self, oid: &Oid) -> Result<bool, LoadError> {
        let name = oid.to_string();
        let known = self
            .registry()
            .structure(oid)
            .map(|entry| (entry.built_in, national_schema::write(&entry.structure)));
        let Some((built_in, printed)) = known else { return Ok(false) };
        if built_in {
            self.load(FileKind::Structure, vec![(name.clone(), printed.into_bytes())])?;
        }
        let clock_now = self.clock.now();
        let done = self.store.write::<_, AppError>(move |tx| {
            tx.log(&administration(clock_now, &format!("withdraw structure {name}")))?;
            Ok(tx.update_register_file(FileKind::Structure, &name, true)?)
        })?;
        self.registry.refresh(&self.store)?;
        Ok(done.value)
    }

    /// Takes a withdrawn structure into use again, as it was. `false` when none of this OID is
    /// withdrawn.
    pub fn reinstate_structure(&self, oid: &Oid) -> Result<bool, LoadError> {
        let state = self.registry().structure(oid).map(|entry| entry.state);
        if state != Some(StructureState::Withdrawn) {
            return Ok(false);
        }
        let (name, now) = (oid.to_string(), self.clock.now());
        let done = self.store.write::<_, AppError>(move |tx| {
            tx.log(&administration(now, &format!("reinstate structure {name}")))?;
            Ok(tx.update_register_file(FileKind::Structure, &name, false)?)
        })?;
        self.registry.refresh(&self.store)?;
        Ok(done.value)
    }

    /// Loads code sets or mappings under a name; a file of the same name is replaced. Answers how
    /// many sets and mappings it has.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn load_code_sets(&self, name: &str, file: Vec<u8>) -> Result<(usize, usize), LoadError> {
        let read = code_sets::read(&file).map_err(LoadError::Faults)?;
        self.load(FileKind::CodeSets, vec![(name.to_owned(), file)])?;
        Ok((read.sets.len(), read.mappings.len()))
    }

    /// Loads organisations, units and systems; the whole register as it would then stand is checked
    /// first. A file of the same name is replaced. Answers how many of each it has.
    ///
    /// # Errors
    /// Every fault of the file, and of the register that it would make.
    pub fn load_registers(&self, name: &str, file: Vec<u8>) -> Result<[usize; 3], LoadError> {
        let read = registers::read(&file).map_err(LoadError::Faults)?;
        let counts = [read.organisations.len(), read.units.len(), read.systems.len()];
        Registers::new(self.entries_with(name, read)?).map_err(LoadError::Faults)?;
        self.load(FileKind::Organisations, vec![(name.to_owned(), file)])?;
        Ok(counts)
    }

    /// The entries of every loaded register file, with those of one file instead of what it had.
    fn entries_with(
        &self,
        name: &str,
        replacing: RegisterEntries,
    ) -> Result<RegisterEntries, LoadError> {
        let files = self
            .store
            .read::<_, StoreError>(|tx| tx.list_register_files(FileKind::Organisations))?;
        let mut entries = replacing;
        for file in files.iter().filter(|file| file.name != name) {
            let read = registers::read(&file.content).map_err(LoadError::Faults)?;
            entries.organisations.extend(read.organisations);
            entries.units.extend(read.units);
            entries.systems.extend(read.systems);
        }
        Ok(entries)
    }

    fn load(&self, kind: FileKind, files: Vec<(String, Vec<u8>)>) -> Result<(), LoadError> {
        let now = self.clock.now();
        self.store.write::<_, AppError>(move |tx| {
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
            tx.log(&administration(now, &format!("load {kind:?} {}", names.join(" "))))?;
            for (name, content) in &files {
                tx.upsert_register_file(kind, name, content)?;
            }
            Ok(())
        })?;
        self.registry.refresh(&self.store)?;
        Ok(())
    }
}

/// Why a structure may not be loaded: withdrawn, or published with other content, on which documents
/// may stand; the same content again is no harm. An official file takes the place of our own table of
/// the same structure once. `beside` is the structure of the same OID in the same load.
fn unloadable(
    registry: &Registry,
    structure: &Structure,
    beside: Option<&Structure>,
) -> Option<Fault> {
    let fault = |kind| Some(Fault::new(kind, structure.oid.as_str(), "REG-3"));
    if beside.is_some_and(|beside| beside != structure) {
        return fault(FaultKind::StructurePublished);
    }
    let entry = registry.structure(&structure.oid)?;
    if entry.state == StructureState::Withdrawn {
        return fault(FaultKind::StructureWithdrawn);
    }
    let ours = built_in().iter().any(|table| *table == *entry.structure);
    if !ours && *entry.structure != *structure {
        return fault(FaultKind::StructurePublished);
    }
    None
}

pub(crate) fn administration(at: varanto_domain::time::Instant, detail: &str) -> LogLine {
    LogLine {
        at,
        event: Event::Administer,
        outcome: Outcome::Done,
        actor: Actor { name: OPERATOR.into(), organisation: None, detail: None },
        client: None,
        version: None,
        detail: detail.to_owned(),
    }
}
