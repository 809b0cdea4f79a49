//! A synthetic county: organisations, workers, clients, and five years of their documents.
//!
//! Nobody in it exists: identity codes are of the artificial range (individual numbers 900 to 999),
//! business identity codes have wrong check digits, towns and streets are made up. The documents
//! stand on the real national structures.
//!
//! The same seed, size and last day give the same documents to the byte. A client's documents follow
//! from the client's number alone, so any number of clients can be made without keeping any of them,
//! and on several threads.
//!
//! ```
//! use varanto_domain::time::FinnishDay;
//! use varanto_kit::county::{County, CountySize, Event};
//!
//! let until = FinnishDay::new(2026, 11, 20).expect("the calendar has that day");
//! let county = County::new(1, CountySize { clients: 3, documents: 40 }, until);
//! let archived = county.events().filter(|event| matches!(event, Event::Archive(_))).count();
//! assert_eq!(archived, 40);
//! ```

pub(crate) mod dice;
mod forms;
mod making;
mod metadata;
mod names;
mod organisations;
mod papers;
mod people;
mod register_documents;
mod registers;
mod stories;
mod texts;
mod times;

use std::ops::Range;

use varanto_domain::archive::documents::{DocumentGroup, Form as StorageForm, Part};
use varanto_domain::codes::{CodeSets, ServiceTask, sets};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::persons::PersonFacts;
use varanto_domain::structures::built_in;
use varanto_domain::time::{FinnishDay, Instant};

use dice::Dice;
use forms::{CodeValue, Form};
use making::Teller;
use papers::Papers;
use people::Round;
use stories::{Frame, Story};

pub use organisations::{Organisation, OrganisationKind, Unit, Worker};
pub use people::Person;

/// How large a county is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountySize {
    /// Clients; at most a million, beyond which identity codes would run out.
    pub clients: u32,
    /// Documents of all clients together, versions counted, invalidations not.
    pub documents: u64,
}

impl CountySize {
    /// The demonstration's size: 2,000 clients and 40,000 documents.
    pub const DEMONSTRATION: Self = Self { clients: 2000, documents: 40_000 };
}

/// Something that happens in the county's archive.
pub enum Event {
    /// A version of a document is archived.
    Archive(Made),
    /// A document is invalidated.
    Invalidate {
        /// When.
        at: Instant,
        /// The organisation that asks for it.
        sender: Oid,
        /// The document.
        document: Oid,
        /// The reason's code, in the archive's own code set of reasons.
        reason: &'static str,
    },
}

impl Event {
    /// When it happens.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match self {
            Self::Archive(made) => made.at,
            Self::Invalidate { at, .. } => *at,
        }
    }
}

/// A version of a document, ready for archiving.
pub struct Made {
    /// When it is archived; its metadata say when it was written.
    pub at: Instant,
    /// The organisation whose system archives it: the county, whose system the producers write in
    /// too (rinnakkaisliittyminen).
    pub sender: Oid,
    /// The version's own identifier.
    pub document_id: Oid,
    /// Its group.
    pub group: DocumentGroup,
    /// Its storage form.
    pub form: StorageForm,
    /// The metadata part of the submission, JSON.
    pub metadata_json: String,
    /// The content parts.
    pub parts: Vec<(Part, Vec<u8>)>,
}

impl Made {
    /// Bytes of all content parts together.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        self.parts.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

/// What a user may do in the demonstration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A social worker or counsellor (sosiaalihuollon ammattihenkilö).
    Worker,
    /// A social worker who answers for the unit's clients (vastaava sosiaalityöntekijä).
    ResponsibleWorker,
    /// An archivist (arkistonhoitaja) of the controller.
    Archivist,
    /// A worker of a producer.
    ProducerWorker,
    /// Who keeps the county's register of users (pääkäyttäjä).
    MainUser,
}

impl Role {
    /// Its name in tokens and files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::ResponsibleWorker => "responsible-worker",
            Self::Archivist => "archivist",
            Self::ProducerWorker => "producer-worker",
            Self::MainUser => "main-user",
        }
    }
}

/// A person who logs in.
#[derive(Clone, Debug)]
pub struct User {
    /// The name to log in with.
    pub login: String,
    /// Given names.
    pub given_names: String,
    /// Family name.
    pub family_name: String,
    /// Title of the post.
    pub title: &'static str,
    /// Registration number; an archivist has none.
    pub registration_number: Option<String>,
    /// The role.
    pub role: Role,
    /// The organisation.
    pub organisation: Oid,
    /// The units worked in.
    pub units: Vec<Oid>,
    /// The codes of the service tasks worked in.
    pub service_tasks: Vec<&'static str>,
}

/// A citizen of the county who can log in: a client, or a guardian of one.
#[derive(Clone)]
pub struct Citizen {
    /// The name to log in with.
    pub login: String,
    /// Given names.
    pub given_names: String,
    /// Family name.
    pub family_name: String,
    /// The identity code.
    pub code: PersonalIdentityCode,
    /// The child whose guardian it is; `None`: a client.
    pub child: Option<PersonalIdentityCode>,
}

/// A synthetic county. See the [module](self).
pub struct County {
    seed: u64,
    size: CountySize,
    joining: FinnishDay,
    until: FinnishDay,
    round: Round,
    /// The county, two producers, the former municipality, another county.
    organisations: Vec<Organisation>,
    /// The newest built-in structure of every type.
    forms: Vec<Form>,
    relationship_form: Form,
    case_form: Form,
    permission_form: Form,
    refusal_form: Form,
    case_states: Vec<CodeValue>,
    producer_service: CodeValue,
    papers: Papers,
    /// Weights of a round of clients, summed up: how many documents come before each place.
    weights: Vec<u64>,
}

/// How many clients one round of weights has.
const ROUND: u32 = 100;

impl County {
    /// Prepares a county whose last documents are archived shortly before the day `until`.
    ///
    /// # Panics
    /// When a structure that the stories use is not inside the program, which tests rule out.
    #[must_use]
    pub fn new(seed: u64, size: CountySize, until: FinnishDay) -> Self {
        let codes = CodeSets::built_in();
        // The county is on the short road.
        let national = built_in().iter().filter(|structure| !structure.is_own());
        let mut forms: Vec<Form> = national.map(|structure| Form::of(structure, &codes)).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.structure.first_day));
        let mut take = |group: u8| {
            let at = forms.iter().position(|form| form.structure.document_group() == Some(group));
            forms.remove(at.expect("the register-control structures are inside the program"))
        };
        let (relationship_form, case_form) = (take(1), take(2));
        let (permission_form, refusal_form) = (take(8), take(9));
        let mut case_states = forms::values_of(&codes, sets::CASE_STATE);
        case_states.sort_by_key(CodeValue::is_closed_state);
        let services = forms::values_of(&codes, sets::SOCIAL_SERVICE);
        let producer_service = services.into_iter().next().expect("some services are known");
        let organisations = organisations::all(seed);
        let clients = size.clients.min(1_000_000);
        Self {
            seed,
            size: CountySize { clients, ..size },
            joining: joining(until),
            until: until.plus_days(-4),
            round: Round::new(seed),
            papers: Papers::new(seed, &organisations[3].name),
            organisations,
            forms,
            relationship_form,
            case_form,
            permission_form,
            refusal_form,
            case_states,
            producer_service,
            weights: weights(seed),
        }
    }

    /// How large the county is.
    #[must_use]
    pub fn size(&self) -> CountySize {
        self.size
    }

    /// The county's own organisation, the two producers, the former municipality, and another county, in
    /// this order.
    #[must_use]
    pub fn organisations(&self) -> &[Organisation] {
        &self.organisations
    }

    fn own(&self) -> &Organisation {
        &self.organisations[0]
    }

    /// The county to which some clients move, with units like the county's own.
    #[must_use]
    pub fn neighbour(&self) -> &Organisation {
        &self.organisations[4]
    }

    /// A relationship document of the county's as the other county's, which serves the client too: in its
    /// register, by its unit of the same number. `None` for anything but a first version of an active one.
    #[must_use]
    pub fn in_neighbours_register(&self, made: &Made) -> Option<Made> {
        let first = made.group == DocumentGroup::Relationship
            && !made.metadata_json.contains("\"replaces\"")
            && !made.parts.iter().any(|(_, bytes)| is_old(bytes));
        let moved = |text: &str| {
            text.replace(self.own().id.as_str(), self.neighbour().id.as_str())
                .replace(organisations::COUNTY, organisations::NEIGHBOUR)
        };
        let part = |(part, bytes): &(Part, Vec<u8>)| {
            (*part, moved(&String::from_utf8_lossy(bytes)).into_bytes())
        };
        first.then(|| Made {
            at: made.at,
            sender: self.neighbour().id.clone(),
            document_id: Oid::parse(&moved(made.document_id.as_str())).expect("digits and dots"),
            group: made.group,
            form: made.form,
            metadata_json: moved(&made.metadata_json),
            parts: made.parts.iter().map(part).collect(),
        })
    }

    /// The organisation register's file: organisations and units.
    #[must_use]
    pub fn registers_json(&self) -> String {
        varanto_formats::registers::write(&registers::organisations(&self.organisations))
    }

    /// The system register's file: a client-information system for the county and each producer.
    /// Each is bound to certificates whose subject serial number is the organisation's OID.
    #[must_use]
    pub fn systems_json(&self) -> String {
        varanto_formats::registers::write(&registers::systems(&self.organisations))
    }

    /// The client with a number from 0 up to the county's size.
    #[must_use]
    pub fn client(&self, number: u32) -> Person {
        people::person(self.seed, &self.round, number, self.until)
    }

    /// A few clients with many documents, to try searches with: none under a safety order, so that everybody
    /// may be shown everything.
    #[must_use]
    pub fn sample_clients(&self) -> Vec<Person> {
        let mut busiest: Vec<u32> = (0..self.size.clients.min(200)).collect();
        busiest.sort_by_key(|number| std::cmp::Reverse(self.documents_of(*number)));
        busiest.truncate(12);
        let clients = busiest.into_iter().map(|number| self.client(number));
        clients.filter(|client| !client.temporary && !client.non_disclosure).take(8).collect()
    }

    /// Citizens who can log in: of the clients to look for the adults, and a guardian of each child.
    #[must_use]
    pub fn citizens(&self) -> Vec<Citizen> {
        let citizen = |client: Person| {
            if client.born.years_until(self.until) >= 18 {
                return Some(Citizen {
                    login: format!("asiakas-{}", client.number),
                    given_names: client.given_names,
                    family_name: client.family_name,
                    code: client.code,
                    child: None,
                });
            }
            let guardian = client.relatives.into_iter().find(|one| one.guardian)?;
            Some(Citizen {
                login: format!("huoltaja-{}", client.number),
                given_names: guardian.given_names,
                family_name: guardian.family_name,
                code: guardian.code,
                child: Some(client.code),
            })
        };
        self.sample_clients().into_iter().filter_map(citizen).collect()
    }

    /// What the population register says of the clients who have an identity code: safety orders, the
    /// guardians of minors, and of the old a few deaths in the county's last days. Sample clients live.
    pub fn population(&self) -> impl Iterator<Item = (PersonalIdentityCode, PersonFacts)> + '_ {
        let samples: Vec<u32> = self.sample_clients().iter().map(|one| one.number).collect();
        let clients = (0..self.size.clients).map(|number| self.client(number));
        clients.filter(|client| !client.temporary).map(move |client| {
            let mut facts = client.population_facts(self.until);
            let old = self.round.task(client.number) == ServiceTask::OlderPeople;
            if old && client.number % 12 == 5 && !samples.contains(&client.number) {
                facts.died_on = Some(self.until.plus_days(-2));
            }
            (client.code, facts)
        })
    }

    /// How many documents a client has.
    #[must_use]
    pub fn documents_of(&self, number: u32) -> usize {
        let all = u128::from(self.weight_before(self.size.clients));
        let upto = |number: u32| {
            u128::from(self.size.documents) * u128::from(self.weight_before(number)) / all.max(1)
        };
        usize::try_from(upto(number + 1) - upto(number)).unwrap_or(usize::MAX)
    }

    fn weight_before(&self, number: u32) -> u64 {
        let whole = self.weights[ROUND as usize];
        u64::from(number / ROUND) * whole + self.weights[(number % ROUND) as usize]
    }

    fn story(&self, client: &Person, dice: &mut Dice) -> Story {
        let frame = Frame {
            client,
            task: self.round.task(client.number),
            documents: self.documents_of(client.number),
            joining: self.joining,
            until: self.until,
        };
        stories::plan(&frame, dice)
    }

    /// Everything that happens, a client after another. The events of one client come in the order
    /// of their time; those of different clients overlap in time. Nothing is kept in memory but the
    /// client being told of.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events_of(0..self.size.clients)
    }

    /// The events of some clients: parts of the county for several threads.
    pub fn events_of(&self, clients: Range<u32>) -> impl Iterator<Item = Event> + '_ {
        clients.flat_map(|number| Teller::new(self, number))
    }

    /// People who log in: one worker of each service task, a responsible worker, two archivists, a worker of each
    /// producer, and the county's main user.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        let own = self.own();
        let mut users: Vec<User> = Vec::new();
        for (at, unit) in own.units.iter().enumerate() {
            if own.units[..at].iter().all(|earlier| earlier.task != unit.task) {
                users.push(user(own, unit, &unit.workers[0], Role::Worker));
            }
        }
        let first = &own.units[0];
        users.push(user(own, first, &first.workers[3], Role::ResponsibleWorker));
        let last = own.units.last().expect("the county has units");
        // Two, because two approve that documents are destroyed.
        for worker in [&last.workers[3], &last.workers[2]] {
            let mut archivist = user(own, last, worker, Role::Archivist);
            archivist.title = "arkistonhoitaja";
            archivist.registration_number = None;
            archivist.units = vec![own.operating_unit.clone()];
            archivist.service_tasks = Vec::new();
            users.push(archivist);
        }
        for producer in &self.organisations[1..3] {
            let unit = &producer.units[0];
            users.push(user(producer, unit, &unit.workers[0], Role::ProducerWorker));
        }
        let mut main_user = user(own, first, &first.workers[2], Role::MainUser);
        main_user.title = "pääkäyttäjä";
        main_user.registration_number = None;
        main_user.units = vec![own.operating_unit.clone()];
        main_user.service_tasks = Vec::new();
        users.push(main_user);
        for at in 0..users.len() {
            let taken = users[..at].iter().filter(|other| other.login == users[at].login).count();
            if taken > 0 {
                users[at].login = format!("{}{}", users[at].login, taken + 1);
            }
        }
        users
    }

    /// The register of the county's own users, as a file: a right for each who logs in for it.
    #[must_use]
    pub fn users_json(&self) -> String {
        let own = self.own();
        let rights = self.users().into_iter().filter(|user| user.organisation == own.id);
        let right = |user: User| {
            // A main user is known as a client too, so that the own rights are nobody's to grant but another's.
            let code = (user.role == Role::MainUser).then_some("010150-999K");
            let mut right = serde_json::json!({
                "subject": user.login, "organisation": own.id.as_str(), "given_names": user.given_names,
                "family_name": user.family_name, "role": user.role.code(), "first_day": "2020-01-01",
                "granted_by": own.name,
            });
            if let Some(code) = code {
                right["identity_code"] = code.into();
            }
            right
        };
        serde_json::json!({"users": rights.map(right).collect::<Vec<_>>()}).to_string()
    }
}

/// Whether a content is of an old relationship.
fn is_old(content: &[u8]) -> bool {
    const OLD: &[u8] = b"\"vanha_asiakkuus\"";
    content.windows(OLD.len()).any(|window| window == OLD)
}

fn user(organisation: &Organisation, unit: &Unit, worker: &Worker, role: Role) -> User {
    let ascii = |name: &str| name.to_lowercase().replace(['ä', 'å'], "a").replace('ö', "o");
    User {
        login: format!("{}.{}", ascii(&worker.given_names), ascii(&worker.family_name)),
        given_names: worker.given_names.clone(),
        family_name: worker.family_name.clone(),
        title: if role == Role::ResponsibleWorker {
            "vastaava sosiaalityöntekijä"
        } else {
            worker.title
        },
        registration_number: Some(worker.registration_number.clone()),
        role,
        organisation: organisation.id.clone(),
        units: vec![unit.id.clone()],
        service_tasks: vec![unit.task.code()],
    }
}

/// The day the county joined the archive: five years before the end, but not before the structure of
/// the relationship document was in force. What was written before it is old data.
fn joining(until: FinnishDay) -> FinnishDay {
    let structured = FinnishDay::new(2023, 6, 5).expect("the calendar has that day");
    structured.max(until.plus_days(-5 * 365)).min(until.plus_days(-200))
}

/// Most clients have few documents, some have very many: ten middling weights, summed up.
fn weights(seed: u64) -> Vec<u64> {
    let mut dice = Dice::at(seed, u64::MAX - 2);
    let mut weights: Vec<u64> = (0..u64::from(ROUND))
        .map(|at| match at {
            0..30 => 30 + at,
            30..60 => 60 + (at - 30) * 2,
            60..85 => 110 + (at - 60) * 4,
            85..97 => 220 + (at - 85) * 20,
            _ => 500 + (at - 97) * 150,
        })
        .collect();
    dice.shuffle(&mut weights);
    let mut sum = 0;
    let mut sums = vec![0];
    for weight in weights {
        sum += weight;
        sums.push(sum);
    }
    sums
}

#[cfg(test)]
mod tests;
