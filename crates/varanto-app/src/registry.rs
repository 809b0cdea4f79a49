//! What is loaded: structures, code sets, organisations, systems. One snapshot, swapped whole.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant as Stopwatch};

use varanto_domain::access::users::{HeldRights, UserRight};
use varanto_domain::access::{Role, Who};
use varanto_domain::codes::CodeSets;
use varanto_domain::ids::Oid;
use varanto_domain::joining::{RegisterEntries, Registers};
use varanto_domain::relationship::Roads;
use varanto_domain::structures::{Structure, built_in};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::structure_notes::{self, StructureNotes};
use varanto_formats::{code_sets, national_schema, registers};
use varanto_store::{FileKind, FileMarks, ReadTx, RegisterFile, Store, StoreError};

use crate::OpenError;
use crate::administer::{BadFile, LoadError};
use crate::roads::roads_in_log;
use crate::users::{OrganisersUsers, UserRegister, register_of};

/// Where a structure version stands in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StructureState {
    /// Published (Valmis): documents are accepted on it from its first day on.
    Ready,
    /// Withdrawn from use.
    Withdrawn,
}

/// One version of a structure in the registry.
#[derive(Debug, Clone)]
pub struct StructureEntry {
    /// The structure.
    pub structure: Arc<Structure>,
    /// Where it stands.
    pub state: StructureState,
    /// Whether it came with the program rather than from a file.
    pub built_in: bool,
    /// What its file says to people who fill it in; the program itself says nothing.
    pub notes: Arc<StructureNotes>,
}

/// A snapshot of everything loaded.
#[derive(Debug, Clone)]
pub struct Registry {
    structures: BTreeMap<Oid, StructureEntry>,
    code_sets: CodeSets,
    registers: Registers,
    /// The controllers in each organisation's own line.
    own_registers: HashMap<Oid, Vec<Oid>>,
    /// The units of each organisation, those of organisations under it included.
    units: HashMap<Oid, Arc<[Oid]>>,
    /// The controllers whose producers do the organiser's work too.
    wide_registers: Vec<Oid>,
    /// The controllers that disclose and receive, with their days.
    disclosing: Vec<(Oid, Validity)>,
    /// What the dictionary of metadata is for: these registers.
    record_subject: String,
    /// The users of the organisations that keep a register of them, or for which an organiser does.
    users: UserRegister,
    /// Where the controllers are between the roads.
    roads: Roads,
    /// By which it is known whether other files are loaded than all of the above was read from.
    files: FileMarks,
}

impl Registry {
    fn new(
        structures: BTreeMap<Oid, StructureEntry>,
        code_sets: CodeSets,
        registers: Registers,
        users: UserRegister,
        roads: Roads,
    ) -> Self {
        let counts = (registers.organisations().len(), registers.units().len());
        Self {
            structures,
            code_sets,
            own_registers: own_registers(&registers),
            units: units(&registers),
            wide_registers: wide_registers(&registers),
            disclosing: disclosing(&registers),
            record_subject: format!("record/{}/{}", counts.0, counts.1),
            registers,
            users,
            roads,
            files: FileMarks::new(),
        }
    }

    /// A registry without an archive: what the program has inside, and these files besides. Registers
    /// of organisations and systems are empty.
    ///
    /// # Errors
    /// Every file that cannot be read, by its place: structures first, then code sets.
    pub fn alone(structures: &[Vec<u8>], code_set_files: &[Vec<u8>]) -> Result<Self, Vec<BadFile>> {
        let mut bad = Vec::new();
        let mut known = built_in_structures();
        for (place, file) in structures.iter().enumerate() {
            match national_schema::read(file) {
                Ok(structure) => {
                    let oid = structure.oid.clone();
                    known.insert(
                        oid,
                        StructureEntry {
                            structure: Arc::new(structure),
                            state: StructureState::Ready,
                            built_in: false,
                            notes: Arc::new(structure_notes::read(file)),
                        },
                    );
                }
                Err(faults) => bad.push((place, LoadError::Schema(faults))),
            }
        }
        let mut sets = CodeSets::built_in();
        for (place, file) in (structures.len()..).zip(code_set_files) {
            match code_sets::read(file) {
                Ok(read) => sets = sets.with_sets(read.sets).with_mappings(read.mappings),
                Err(faults) => bad.push((place, LoadError::Faults(faults))),
            }
        }
        if !bad.is_empty() {
            return Err(bad);
        }
        Ok(Self::new(known, sets, Registers::default(), UserRegister::new(), Roads::default()))
    }

    /// The controllers whose registers are an organisation's own: those in its own line, itself,
    /// above it and under it.
    #[must_use]
    pub fn own_registers(&self, organisation: &Oid) -> &[Oid] {
        self.own_registers.get(organisation).map(Vec::as_slice).unwrap_or_default()
    }

    /// The units that act for an organisation: its own, those of organisations under it, and itself,
    /// which small ones name as their unit.
    #[must_use]
    pub fn units_of(&self, organisation: &Oid) -> Arc<[Oid]> {
        self.units.get(organisation).cloned().unwrap_or_else(|| Arc::from([organisation.clone()]))
    }

    /// The rights of an organisation's users that it keeps itself; `None` of one that keeps no register of them.
    pub(crate) fn users(&self, organisation: &Oid) -> Option<impl Iterator<Item = &UserRight>> {
        Some(self.users.get(organisation)?.own.as_ref()?.values().flatten())
    }

    /// The rights of an organisation's users that organisers keep.
    pub(crate) fn users_kept(&self, organisation: &Oid) -> impl Iterator<Item = &UserRight> {
        let kept = self.users.get(organisation).into_iter().flat_map(|users| &users.kept);
        kept.flat_map(|(_, users)| users.rights.values().flatten())
    }

    /// Whether an organiser keeps an organisation's users for its register on a day (JOI-3).
    #[must_use]
    pub fn keeps_users(&self, organiser: &Oid, organisation: &Oid, day: FinnishDay) -> bool {
        let kept = self.users.get(organisation).and_then(|users| users.kept.get(organiser));
        kept.is_some_and(|users| users.has_begun(day))
    }

    /// The rights of a person for an organisation on a day, by who keeps them. A main user is one also where no
    /// register of workers has begun.
    pub(crate) fn rights_held(
        &self,
        organisation: &Oid,
        who: &Who,
        day: FinnishDay,
    ) -> HeldRights<'_> {
        let (Some(users), Who::Person { subject, role, .. }) = (self.users.get(organisation), who)
        else {
            return HeldRights::default();
        };
        let counts = |users: &OrganisersUsers| *role == Role::MainUser || users.has_begun(day);
        let kept = users.kept.iter().filter(|(_, users)| counts(users));
        HeldRights {
            own: users.own.as_ref().map(|rights| theirs(rights, subject)),
            kept: kept.map(|(by, users)| (by, theirs(&users.rights, subject))).collect(),
        }
    }

    /// The controllers whose producers do the organiser's work too (RUR-6).
    #[must_use]
    pub fn wide_registers(&self) -> &[Oid] {
        &self.wide_registers
    }

    /// The controllers that are joined and able to disclose and to receive on a day (DIS-1).
    #[must_use]
    pub fn able_to_disclose(&self, day: FinnishDay) -> Vec<Oid> {
        let able = self.disclosing.iter().filter(|(controller, days)| {
            days.contains(day) && self.registers.is_valid_on(controller, day)
        });
        able.map(|(controller, _)| controller.clone()).collect()
    }

    /// Where the controllers are between the short road and the long one (REL-7).
    #[must_use]
    pub const fn roads(&self) -> &Roads {
        &self.roads
    }

    pub(crate) fn record_subject(&self) -> &str {
        &self.record_subject
    }

    /// A structure version by its OID.
    #[must_use]
    pub fn structure(&self, oid: &Oid) -> Option<&StructureEntry> {
        self.structures.get(oid)
    }

    /// Every structure version, by OID.
    pub fn structures(&self) -> impl Iterator<Item = &StructureEntry> {
        self.structures.values()
    }

    /// The versions known of a structure's type, oldest first.
    #[must_use]
    pub fn versions_of_type(&self, type_arc: &str) -> Vec<&StructureEntry> {
        let mut versions: Vec<&StructureEntry> = self
            .structures
            .values()
            .filter(|entry| entry.structure.type_arc() == type_arc)
            .collect();
        versions.sort_by_key(|entry| entry.structure.first_day);
        versions
    }

    /// The newest version of a type that is in force on a day.
    #[must_use]
    pub fn structure_in_force(&self, type_arc: &str, day: FinnishDay) -> Option<&StructureEntry> {
        self.versions_of_type(type_arc)
            .into_iter()
            .rfind(|entry| entry.state == StructureState::Ready && entry.structure.first_day <= day)
    }

    /// The code sets.
    #[must_use]
    pub fn code_sets(&self) -> &CodeSets {
        &self.code_sets
    }

    /// Organisations, units and systems.
    #[must_use]
    pub fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// The rights of one person.
fn theirs<'r>(rights: &'r HashMap<String, Vec<UserRight>>, subject: &str) -> &'r [UserRight] {
    rights.get(subject).map(Vec::as_slice).unwrap_or_default()
}

/// For each organisation the controllers above it, itself, and those under it.
fn own_registers(registers: &Registers) -> HashMap<Oid, Vec<Oid>> {
    let mut own: HashMap<Oid, Vec<Oid>> = HashMap::new();
    for organisation in registers.organisations() {
        for up in registers.line_of_organisation(&organisation.oid) {
            if up.controller {
                own.entry(organisation.oid.clone()).or_default().push(up.oid.clone());
            }
            if organisation.controller && up.oid != organisation.oid {
                own.entry(up.oid.clone()).or_default().push(organisation.oid.clone());
            }
        }
    }
    own
}

/// For each organisation its units, those of the organisations under it, and itself.
fn units(registers: &Registers) -> HashMap<Oid, Arc<[Oid]>> {
    let mut units: HashMap<Oid, Vec<Oid>> = HashMap::new();
    for organisation in registers.organisations() {
        units.entry(organisation.oid.clone()).or_default().push(organisation.oid.clone());
    }
    for unit in registers.units() {
        for up in registers.line_of_organisation(&unit.organisation) {
            units.entry(up.oid.clone()).or_default().push(unit.oid.clone());
        }
    }
    units.into_iter().map(|(organisation, units)| (organisation, units.into())).collect()
}

fn wide_registers(registers: &Registers) -> Vec<Oid> {
    let wide = registers.organisations().into_iter().filter(|one| one.wide_register_use);
    wide.map(|one| one.oid.clone()).collect()
}

/// The controllers that have taken disclosure into use.
fn disclosing(registers: &Registers) -> Vec<(Oid, Validity)> {
    let controllers = registers.organisations().into_iter().filter(|one| one.controller);
    controllers.filter_map(|one| Some((one.oid.clone(), one.disclosure?))).collect()
}

/// How long after a snapshot could not be read nobody tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// Holds the newest snapshot.
pub(crate) struct RegistryHolder {
    /// With the store's generation that it was read in; none when it is known to be of before.
    current: RwLock<(Option<u64>, Arc<Registry>)>,
    /// Held while a newer snapshot is read and put into its place: none that was read earlier comes after it. When that
    /// failed the last time.
    refreshing: Mutex<Option<Stopwatch>>,
}

impl RegistryHolder {
    /// Reads everything that was loaded into the store.
    pub(crate) fn load(store: &Store) -> Result<Self, OpenError> {
        let generation = Some(store.generation());
        let current = RwLock::new((generation, Arc::new(read(store)?)));
        Ok(Self { current, refreshing: Mutex::default() })
    }

    /// The newest snapshot. It is read anew when the store may have become another: an answer was lost, or another
    /// program wrote while the database was away. While it cannot be read nothing can be logged either.
    pub(crate) fn current(&self, store: &Store) -> Arc<Registry> {
        // By what was before something can be told still; nothing can be logged meanwhile.
        let _ = self.reach(store);
        self.kept().1
    }

    /// Reads anew what the store may have other than before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be read. Users and roads are then of now all the same, where these can.
    pub(crate) fn reach(&self, store: &Store) -> Result<(), StoreError> {
        let is_current = || self.kept().0 == Some(store.generation());
        if is_current() {
            return Ok(());
        }
        let unread =
            |why: &str| StoreError::Unavailable(format!("what is loaded cannot be read: {why}"));
        let mut failed = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        if is_current() {
            return Ok(());
        }
        if failed.is_some_and(|at| at.elapsed() <= PAUSE) {
            return Err(unread("it was tried a moment ago"));
        }
        *failed = None;
        self.read_what_changed(store).map_err(|error| {
            tracing::warn!(%error, "what is loaded could not be read again");
            *failed = Some(Stopwatch::now());
            unread(&error.to_string())
        })
    }

    /// Reads everything again, after a load. When that fails it is done by who asks next: the load stands.
    pub(crate) fn refresh(&self, store: &Store) -> Result<(), OpenError> {
        let _alone = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.read_all(store) {
            Err(OpenError::Store(error)) => self.leave(&error),
            other => return other,
        }
        Ok(())
    }

    /// Reads the users alone again, after a right was granted or ended: it is so from the next request on. When that
    /// fails everything is read by who asks next: what was granted stands.
    pub(crate) fn refresh_users(&self, store: &Store) {
        let _alone = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, registry) = self.kept();
        match store.read(read_users) {
            Ok(users) => self.keep(generation, Registry { users, ..Registry::clone(&registry) }),
            Err(error) => self.leave(&error),
        }
    }

    fn read_all(&self, store: &Store) -> Result<(), OpenError> {
        let generation = store.generation();
        self.keep(Some(generation), read(store)?);
        Ok(())
    }

    /// Reads users and roads again, and the files where others are loaded than before.
    fn read_what_changed(&self, store: &Store) -> Result<(), OpenError> {
        let generation = store.generation();
        let (reached, before) = self.kept();
        // Who may no more is known first, whatever the files are.
        let (users, roads, files) = store.read::<_, OpenError>(|tx| {
            Ok((read_users(tx)?, roads_in_log(tx)?, tx.marks_of_register_files()?))
        })?;
        let same = files == before.files;
        let reached = if same { Some(generation) } else { reached };
        self.keep(reached, Registry { users, roads, ..Registry::clone(&before) });
        if same { Ok(()) } else { self.read_all(store) }
    }

    fn kept(&self) -> (Option<u64>, Arc<Registry>) {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, generation: Option<u64>, newest: Registry) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = (generation, Arc::new(newest));
    }

    /// Leaves what is loaded to be read by who asks next.
    fn leave(&self, error: &StoreError) {
        tracing::warn!(%error, "what is loaded could not be read again");
        self.current.write().unwrap_or_else(PoisonError::into_inner).0 = None;
    }
}

fn read_users(tx: &ReadTx<'_>) -> Result<UserRegister, StoreError> {
    register_of(&tx.list_all_user_rights()?)
}

fn read(store: &Store) -> Result<Registry, OpenError> {
    // Before the files themselves: what is loaded meanwhile is read the next time.
    let marks = store.read::<_, OpenError>(|tx| Ok(tx.marks_of_register_files()?))?;
    let files = |kind| store.read::<_, OpenError>(|tx| Ok(tx.list_register_files(kind)?));
    let mut code_sets = CodeSets::built_in();
    for file in files(FileKind::CodeSets)? {
        let read = code_sets::read(&file.content).map_err(|faults| unreadable(&file, &faults))?;
        code_sets = code_sets.with_sets(read.sets).with_mappings(read.mappings);
    }
    let mut entries = RegisterEntries::default();
    for file in files(FileKind::Organisations)?.into_iter().chain(files(FileKind::Systems)?) {
        let read = registers::read(&file.content).map_err(|faults| unreadable(&file, &faults))?;
        entries.organisations.extend(read.organisations);
        entries.units.extend(read.units);
        entries.systems.extend(read.systems);
    }
    let registers = Registers::new(entries).map_err(|faults| OpenError::RegisterFile {
        name: "organisations and systems".to_owned(),
        why: faults.first().map(|fault| fault.code().to_owned()).unwrap_or_default(),
    })?;
    let users = store.read::<_, StoreError>(read_users)?;
    let roads = store.read::<_, OpenError>(|tx| Ok(roads_in_log(tx)?))?;
    let structures = structures(files(FileKind::Structure)?)?;
    Ok(Registry { files: marks, ..Registry::new(structures, code_sets, registers, users, roads) })
}

fn built_in_structures() -> BTreeMap<Oid, StructureEntry> {
    let entry = |structure: &Structure| StructureEntry {
        structure: Arc::new(structure.clone()),
        state: StructureState::Ready,
        built_in: true,
        notes: Arc::default(),
    };
    built_in().iter().map(|one| (one.oid.clone(), entry(one))).collect()
}

fn structures(files: Vec<RegisterFile>) -> Result<BTreeMap<Oid, StructureEntry>, OpenError> {
    let mut structures = built_in_structures();
    for file in files {
        let structure =
            national_schema::read(&file.content).map_err(|faults| OpenError::RegisterFile {
                name: file.name.clone(),
                why: faults.first().map(ToString::to_string).unwrap_or_default(),
            })?;
        let state = if file.withdrawn { StructureState::Withdrawn } else { StructureState::Ready };
        structures.insert(
            structure.oid.clone(),
            StructureEntry {
                structure: Arc::new(structure),
                state,
                built_in: false,
                notes: Arc::new(structure_notes::read(&file.content)),
            },
        );
    }
    Ok(structures)
}

fn unreadable(file: &RegisterFile, faults: &[varanto_domain::faults::Fault]) -> OpenError {
    let first = faults.first().map(|fault| format!("{} at {}", fault.code(), fault.element));
    OpenError::RegisterFile { name: file.name.clone(), why: first.unwrap_or_default() }
}
