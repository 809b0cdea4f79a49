//! Code sets: which values a coded element may hold, by set, version and day.
//!
//! National values are data (design D10): the values known today are in tables inside the program,
//! and an operator loads the official lists over them. A set whose list is not fully public is
//! *open*: a value nobody told us of is taken as it is.
//!
//! Source: REG-2; national-specs 2.3, 5 and annexes B to D.

pub mod service_tasks;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use crate::ids::Oid;
use crate::structures::Names;
use crate::time::FinnishDay;

pub use service_tasks::{ServiceTask, TaskMapping};

/// The OIDs, without a version arc, of the code sets that the archive itself reads.
pub mod sets {
    /// Service task (palvelutehtävä), 2016.
    pub const SERVICE_TASK: &str = "1.2.246.537.6.1221";
    /// Service task of 2011.
    pub const SERVICE_TASK_2011: &str = "1.2.246.537.6.1283";
    /// Service task of 1989.
    pub const SERVICE_TASK_1989: &str = "1.2.246.537.6.1259";
    /// Type of client document (asiakasasiakirjatyyppi), general and specific.
    pub const DOCUMENT_TYPE: &str = "1.2.246.537.6.1506";
    /// Document group (asiakirjaryhmä).
    pub const DOCUMENT_GROUP: &str = "1.2.246.537.6.1505";
    /// State of a case (asian tila).
    pub const CASE_STATE: &str = "1.2.246.537.6.1501";
    /// Name of a case (sosiaalihuollon asia).
    pub const CASE_NAME: &str = "1.2.246.537.6.1265";
    /// Social services (sosiaalipalvelut).
    pub const SOCIAL_SERVICE: &str = "1.2.246.537.6.1222";
    /// Process of social services (palveluprosessi).
    pub const SERVICE_PROCESS: &str = "1.2.246.537.6.1277";
    /// Register (rekisteritunnus).
    pub const REGISTER: &str = "1.2.246.537.6.1264";
    /// Confidentiality (luottamuksellisuus).
    pub const CONFIDENTIALITY: &str = "1.2.246.777.5.99902";
    /// Form of the view (näyttömuodon formaatti).
    pub const VIEW_FORMAT: &str = "1.2.246.537.6.1502";
    /// Form of the structured content (tiedostomuoto).
    pub const FILE_FORMAT: &str = "1.2.246.537.5.40179";
    /// Readiness (valmistumisen tila).
    pub const READINESS: &str = "1.2.246.537.5.40154";
    /// Retention class (kokonaissäilytysaika).
    pub const RETENTION_CLASS: &str = "1.2.246.537.6.1258";
    /// Yes, no, not known (erityissisältö).
    pub const YES_NO: &str = "1.2.246.537.6.112";
    /// Whether a minor's data may be given to guardians.
    pub const MINOR_DISCLOSURE: &str = "1.2.246.537.6.1286";
    /// Why a document is not shown in OmaKanta.
    pub const HIDING_REASON: &str = "1.2.246.537.6.1288";
    /// Sex (sukupuoli).
    pub const SEX: &str = "1.2.246.537.5.1";
    /// Role in a client relationship.
    pub const ROLE: &str = "1.2.246.537.6.1284";
    /// Organisations (SOTE-organisaatiorekisteri): the codes are organisation OIDs.
    pub const ORGANISATIONS: &str = "1.2.246.537.6.202";
    /// Municipalities (kuntakoodit).
    pub const MUNICIPALITY: &str = "1.2.246.537.6.21";
    /// Why a document was invalidated: our own set (docs/own-choices.md).
    pub const INVALIDATION_REASON: &str = "2.25.65299515683966277082831118678117645030";
    /// Why a version replaces another: our own set (docs/own-choices.md).
    pub const REPLACEMENT_REASON: &str = "2.25.259918527397811111983160208653567486558";
}

/// How a value outside the set is met.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValidationLevel {
    /// All values are known: any other is refused.
    Closed,
    /// Not all values are known: any other is taken.
    Open,
    /// Probably all values are known: any other is taken, with a remark.
    Warn,
}

impl ValidationLevel {
    /// The level's word in files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Warn => "warn",
        }
    }

    /// The level of a word, or `None` when there is no such level.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Closed, Self::Open, Self::Warn].into_iter().find(|level| level.code() == code)
    }
}

/// One value of a code set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// The code, such as `10`.
    pub code: String,
    /// What it means; empty in Finnish where no name is public.
    pub names: Names,
    /// The first day it may be used; `None`: always has been.
    pub first: Option<FinnishDay>,
    /// The last day it may be used; `None`: until further notice.
    pub last: Option<FinnishDay>,
    /// Whether the value is ours, because the nation's is not public.
    pub own_choice: bool,
}

impl Code {
    /// Whether the code may be used on `day`; both ends count.
    #[must_use]
    pub fn in_force_on(&self, day: FinnishDay) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}

/// One version of a code set (koodisto).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeSet {
    /// Names the set, without a version arc.
    pub oid: Oid,
    /// The version arc, such as `201601`; empty when not known.
    pub version: String,
    /// The set's name.
    pub names: Names,
    /// How a value outside the set is met.
    pub level: ValidationLevel,
    /// The values. One code may stand several times, with other days.
    pub values: Vec<Code>,
    /// Whether this is what the program knows by itself, not an official list that was loaded.
    pub built_in: bool,
}

impl CodeSet {
    fn find(&self, code: &str) -> impl Iterator<Item = &Code> {
        let from = self.values.partition_point(|value| value.code.as_str() < code);
        self.values[from..].iter().take_while(move |value| value.code == code)
    }

    /// Whether loading `loaded`, a list of the same set, puts this one aside: it is the same
    /// version, or a stand-in whose version is not known or whose values are our own choice.
    fn gives_way_to(&self, loaded: &CodeSet) -> bool {
        let stand_in = self.version.is_empty() || self.values.iter().any(|value| value.own_choice);
        self.version == loaded.version || (self.built_in && stand_in)
    }
}

/// What a code set says of one value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodeVerdict<'a> {
    /// The value is in the set and in force.
    Known(&'a Code),
    /// The value is not in the set.
    Unknown {
        /// How that is met.
        level: ValidationLevel,
        /// The first codes of the set that are in force, to tell the sender.
        allowed: Vec<String>,
    },
    /// The value is in the set, but not in force on the day.
    NotInForce {
        /// Its first day, if it has one.
        first: Option<FinnishDay>,
        /// Its last day, if it has one.
        last: Option<FinnishDay>,
    },
    /// Nobody loaded such a set.
    UnknownSet,
}

/// Every code set and mapping in force: a snapshot that never changes and is cheap to clone.
#[derive(Clone, Debug)]
pub struct CodeSets {
    /// The versions of each set, newest first, the values of each sorted by code.
    sets: HashMap<Oid, Vec<Arc<CodeSet>>>,
    mappings: HashMap<(Oid, String), Vec<ServiceTask>>,
}

/// How many codes a verdict names.
const ALLOWED_SHOWN: usize = 12;

impl CodeSets {
    /// No sets at all.
    #[must_use]
    pub fn empty() -> Self {
        Self { sets: HashMap::new(), mappings: HashMap::new() }
    }

    /// The sets, values and mappings that the program knows by itself.
    ///
    /// # Panics
    /// When a table inside the program is malformed, which a test rules out.
    #[must_use]
    pub fn built_in() -> Self {
        let tables = [
            include_str!("codes/content.txt"),
            include_str!("codes/metadata.txt"),
            include_str!("codes/own.txt"),
        ];
        let sets = tables.iter().flat_map(|text| table::read_sets(text)).collect();
        let mappings = table::read_mappings(include_str!("codes/mappings.txt"));
        Self::empty().with_sets(sets).with_mappings(mappings)
    }

    /// These sets with `loaded` over them: a loaded version replaces the same version, and the
    /// stand-ins that the program had for the set. Other versions stay beside it. A loaded version
    /// without a name takes the name that the set had.
    #[must_use]
    pub fn with_sets(mut self, loaded: Vec<CodeSet>) -> Self {
        for mut set in loaded {
            set.values.sort_by(|a, b| (&a.code, a.first).cmp(&(&b.code, b.first)));
            let versions = self.sets.entry(set.oid.clone()).or_default();
            if let Some(held) = versions.first().filter(|_| set.names == Names::default()) {
                set.names = held.names.clone();
            }
            versions.retain(|held| !held.gives_way_to(&set));
            versions.push(Arc::new(set));
            versions.sort_by(|a, b| b.version.cmp(&a.version));
        }
        self
    }

    /// These sets with `loaded` over their mappings: a loaded pair of set and code replaces the same.
    #[must_use]
    pub fn with_mappings(mut self, loaded: Vec<TaskMapping>) -> Self {
        for mapping in loaded {
            self.mappings.insert((mapping.set, mapping.code), mapping.tasks);
        }
        self
    }

    /// What the set says of `code` on `day`. `set` may end in a version arc; without one, or with
    /// one that nobody loaded, every loaded version counts.
    #[must_use]
    pub fn judge(&self, set: &Oid, code: &str, day: FinnishDay) -> CodeVerdict<'_> {
        let versions = self.versions_of(set);
        let Some(newest) = versions.first() else { return CodeVerdict::UnknownSet };

        let mut known = versions.iter().flat_map(|version| version.find(code));
        let Some(first_known) = known.next() else {
            let usable = newest.values.iter().filter(|value| value.in_force_on(day));
            let allowed = usable.take(ALLOWED_SHOWN).map(|value| value.code.clone()).collect();
            return CodeVerdict::Unknown { level: newest.level, allowed };
        };
        match std::iter::once(first_known).chain(known).find(|value| value.in_force_on(day)) {
            Some(value) => CodeVerdict::Known(value),
            None => CodeVerdict::NotInForce { first: first_known.first, last: first_known.last },
        }
    }

    /// The name of a code on `day`, where the set knows it.
    #[must_use]
    pub fn name_of(&self, set: &Oid, code: &str, day: FinnishDay) -> Option<&Names> {
        match self.judge(set, code, day) {
            CodeVerdict::Known(value) => Some(&value.names),
            _ => None,
        }
    }

    /// Codes with their names, as one text; `name` says in which language, and a code without one stands alone.
    pub fn named(
        &self,
        set: &Oid,
        codes: &[String],
        day: FinnishDay,
        name: impl Fn(&Names) -> Option<&str>,
    ) -> String {
        let named = codes.iter().map(|code| {
            let found = self.name_of(set, code, day);
            match found.and_then(|names| name(names).or(Some(&names.fi))) {
                Some(name) if !name.is_empty() && name != code => format!("{code} {name}"),
                _ => code.clone(),
            }
        });
        named.collect::<Vec<_>>().join(", ")
    }

    /// The values that may be chosen on `day`, with the version of the set that has them; none of a set
    /// that nobody loaded. As [`CodeSets::judge`] the newest version answers.
    #[must_use]
    pub fn choices_on(&self, set: &Oid, day: FinnishDay) -> Option<(&CodeSet, Vec<&Code>)> {
        let newest = self.versions_of(set).first()?;
        Some((newest, newest.values.iter().filter(|value| value.in_force_on(day)).collect()))
    }

    /// Whether a case in this state is closed: its name is *Suljettu*. `None` for an unknown state.
    ///
    /// The name is public and the codes are not, so the name decides whichever list is loaded.
    ///
    /// # Panics
    /// Never: the OID of the set is a constant.
    #[must_use]
    pub fn case_state_is_closed(&self, code: &str, day: FinnishDay) -> Option<bool> {
        let set = Oid::parse(sets::CASE_STATE).expect("a constant OID");
        self.name_of(&set, code, day).map(|names| names.fi == "Suljettu")
    }

    /// The service tasks of 2016 that a task of 1989 or 2011 may have become. Empty: the mapping is
    /// not known, and any task is possible. `set` may end in a version arc.
    #[must_use]
    pub fn original_task_maps_to(&self, set: &Oid, code: &str) -> &[ServiceTask] {
        let mut set = Some(set.clone());
        while let Some(held) = set {
            set = parent_of(&held);
            if let Some(tasks) = self.mappings.get(&(held, code.to_owned())) {
                return tasks;
            }
        }
        &[]
    }

    /// Every version of every set, by OID and then newest first.
    pub fn all(&self) -> impl Iterator<Item = &CodeSet> {
        let mut versions: Vec<&CodeSet> = self.sets.values().flatten().map(Arc::as_ref).collect();
        versions.sort_by(|a, b| (&a.oid, &b.version).cmp(&(&b.oid, &a.version)));
        versions.into_iter()
    }

    /// Every mapping, by set and code.
    #[must_use]
    pub fn all_mappings(&self) -> Vec<TaskMapping> {
        let mut all: Vec<TaskMapping> = self
            .mappings
            .iter()
            .map(|((set, code), tasks)| TaskMapping {
                set: set.clone(),
                code: code.clone(),
                tasks: tasks.clone(),
            })
            .collect();
        all.sort_by(|a, b| (&a.set, &a.code).cmp(&(&b.set, &b.code)));
        all
    }

    /// The versions that answer for `set`: all of them, or the one that its version arc names.
    fn versions_of(&self, set: &Oid) -> &[Arc<CodeSet>] {
        if let Some(versions) = self.sets.get(set) {
            return versions;
        }
        let mut parent = parent_of(set);
        while let Some(held) = parent {
            if let Some(versions) = self.sets.get(&held) {
                let version = &set.as_str()[held.as_str().len() + 1..];
                let named = versions.iter().position(|held| held.version == version);
                return named.map_or(versions.as_slice(), |at| std::slice::from_ref(&versions[at]));
            }
            parent = parent_of(&held);
        }
        &[]
    }
}

/// The OID without its last arc.
fn parent_of(oid: &Oid) -> Option<Oid> {
    let (parent, _) = oid.as_str().rsplit_once('.')?;
    Oid::parse(parent).ok()
}

#[cfg(test)]
mod tests;
