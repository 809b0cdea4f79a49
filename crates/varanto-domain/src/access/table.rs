//! The decision table: every action in every situation, for every group and state of documents, in
//! each of the relations that a caller may have to a document. `docs/decision-table.md` is made of it.
//!
//! Source: ACC-6.

use std::sync::Arc;

use super::caller::{ByRegister, Caller, Function, Role, Sector, Strength, Who};
use super::facts::{ClientFacts, Display, DocumentFacts, GuardianMark, RelationshipSpan, Subject};
use super::question::{
    Action, LookReason, Question, Reason, RequestGround, Situation, StatutoryGround,
};
use super::{Denial, Grant, decide};
use crate::archive::documents::{DocumentGroup, VersionState};
use crate::disclosure::{DisclosurePermission, Refused};
use crate::ids::{ClientKey, Oid, PersonalIdentityCode};
use crate::mandates::{HeldMandate, Mandate, Matter};
use crate::relationship::{Branch, InCase, RegisterUseRight, Side};
use crate::time::{FinnishDay, Validity};

/// One relation that a caller may have to a document, in a situation.
pub struct Relation {
    /// The situation.
    pub situation: Situation,
    /// The relation, in words.
    pub says: &'static str,
    make: fn(&mut World),
}

/// The answers of one action in one relation: by group, then by state, in the orders of their lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The action.
    pub action: Action,
    /// The cells.
    pub cells: [[Result<Grant, Denial>; 3]; 7],
}

/// The two parties and the client of every relation.
pub(super) struct World {
    pub(super) caller: Caller,
    pub(super) document: DocumentFacts,
    pub(super) client: ClientFacts,
    /// The other clients whom the document names.
    pub(super) others: Vec<ClientFacts>,
    pub(super) reason: Option<Reason>,
    pub(super) invalidated_too: bool,
    pub(super) day: FinnishDay,
}

const COUNTY: &str = "1.2.246.10.90000001";
const OTHER_COUNTY: &str = "1.2.246.10.90000002";
const COUNTYS_UNIT: &str = "1.2.246.10.90000001.10.1";
pub(super) const OTHER_COUNTYS_UNIT: &str = "1.2.246.10.90000002.10.1";
const PRODUCERS_UNIT: &str = "1.2.246.10.90000003.10.1";
const TASK: &str = "24";
const OTHER_TASK: &str = "25";
const CLIENT: ClientKey = ClientKey(1);
const RELATIVE: ClientKey = ClientKey(2);

fn oid(text: &str) -> Oid {
    Oid::parse(text).expect("the table's identifiers are sound")
}

fn day(year: i16, month: i8, day: i8) -> FinnishDay {
    FinnishDay::new(year, month, day).expect("the table's days are in the calendar")
}

fn always() -> Validity {
    Validity { first: day(2020, 1, 1), last: None }
}

/// The identity code of citizens; nothing that is decided turns on it.
pub(crate) fn a_code() -> PersonalIdentityCode {
    PersonalIdentityCode::parse("180418A903L").expect("the table's codes are sound")
}

const REASON: Reason = Reason::Look(LookReason::InformationRequest);

const REQUEST: Reason = Reason::Request(RequestGround::DataSubject);
const AFTER_DEATH: Reason = Reason::Request(RequestGround::AfterDeath);

fn right(holder: &str, task: &str, side: Side, validity: Validity) -> RegisterUseRight {
    RegisterUseRight {
        controller: oid(COUNTY),
        organiser: oid(COUNTY),
        relationship: oid("1.2.246.10.90000001.98.1"),
        branch: Branch::ServiceTask(task.into()),
        services: Vec::new(),
        holder: oid(holder),
        side,
        validity,
        suspensions: Vec::new(),
    }
}

impl World {
    /// A system of the county, and a client of the county with an active relationship, on a day under
    /// the law of today. Of the client everything that could help is there; relations take away.
    pub(super) fn usual() -> Self {
        let controller = oid(COUNTY);
        let runs = RelationshipSpan { controller, old: false, last_day: None, of_deceased: false };
        let mut client = ClientFacts {
            key: Some(CLIENT),
            relationships: vec![
                runs.clone(),
                RelationshipSpan { controller: oid(OTHER_COUNTY), ..runs },
            ],
            able: vec![oid(COUNTY), oid(OTHER_COUNTY)],
            permission: Some(DisclosurePermission { given_on: Some(day(2020, 1, 1)) }),
            informed_on: Some(day(2020, 1, 1)),
            born_on: Some(day(1980, 1, 1)),
            person_known: true,
            person_told: true,
            ..ClientFacts::default()
        };
        client.rights.push(right(COUNTYS_UNIT, TASK, Side::Organiser, always()));
        Self {
            caller: Caller {
                who: Who::System { id: "system".into(), certificate: "00".into() },
                organisation: oid(COUNTY),
                registers: vec![oid(COUNTY)],
                units: Arc::from([oid(COUNTYS_UNIT)]),
                functions: Function::ALL.to_vec(),
                sector: Sector::SocialWelfare,
                by_register: None,
            },
            document: DocumentFacts {
                id: oid("1.2.246.10.90000001.95.1"),
                set: oid("1.2.246.10.90000001.95.1"),
                client: Some(CLIENT),
                controller: oid(COUNTY),
                unit: Some(oid(COUNTYS_UNIT)),
                group: DocumentGroup::LaterPhase,
                state: VersionState::InForce,
                service_task: Some(TASK.into()),
                subject: Subject::Ordinary,
                display: Display::default(),
                signed: false,
                written_at: day(2026, 3, 1).start(),
                joint: Arc::from([]),
            },
            client,
            others: Vec::new(),
            reason: None,
            invalidated_too: false,
            day: day(2026, 11, 25),
        }
    }

    /// What is answered in it.
    pub(super) fn answer(&self, action: Action, situation: Situation) -> Result<Grant, Denial> {
        self.asked(situation, |question| decide(action, question))
    }

    /// What a rule answers to its question.
    pub(super) fn asked<T>(
        &self,
        situation: Situation,
        rule: impl FnOnce(&Question<'_>) -> T,
    ) -> T {
        let others: Vec<&ClientFacts> = self.others.iter().collect();
        rule(&Question {
            caller: &self.caller,
            document: &self.document,
            client: &self.client,
            others: &others,
            situation,
            reason: self.reason,
            invalidated_too: self.invalidated_too,
            day: self.day,
        })
    }

    /// A professional who logged in, with what the role allows.
    pub(super) fn person(&mut self, role: Role) {
        self.caller.who = Who::Person {
            subject: "worker".into(),
            registration_number: None,
            role,
            unit: self.caller.units.first().cloned(),
            duty: None,
            strength: Strength::Strong,
        };
        self.caller.functions = role.functions();
    }

    /// A professional who logged in by the weaker way.
    pub(super) fn weak_person(&mut self, role: Role) {
        self.person(role);
        if let Who::Person { strength, .. } = &mut self.caller.who {
            *strength = Strength::Weak;
        }
    }

    /// A relative to whom the client has given a mandate.
    pub(super) fn mandate(&mut self, matters: &[Matter], days: Validity) {
        self.citizen(RELATIVE);
        let mandate = Mandate { matters: matters.to_vec(), days };
        self.client.mandates.push(HeldMandate { holder: RELATIVE, mandate });
    }

    pub(super) fn citizen(&mut self, client: ClientKey) {
        self.caller.who = Who::Citizen { client, code: a_code(), strength: Strength::Strong };
        self.caller.registers.clear();
        self.caller.units = Arc::from([]);
        self.caller.functions.clear();
    }

    pub(super) fn operator(&mut self) {
        self.caller.who = Who::Operator;
        self.caller.registers.clear();
        self.caller.units = Arc::from([]);
        self.caller.functions.clear();
    }

    /// A producer's system.
    pub(super) fn producer(&mut self, first: FinnishDay, last: Option<FinnishDay>, task: &str) {
        self.caller.organisation = oid("1.2.246.10.90000003");
        self.caller.registers.clear();
        self.caller.units = Arc::from([oid(PRODUCERS_UNIT)]);
        let validity = Validity { first, last };
        self.client.rights.push(right(PRODUCERS_UNIT, task, Side::Producer, validity));
        self.document.unit = Some(oid(PRODUCERS_UNIT));
    }

    /// A worker of a producer that works in an organiser's system: the organiser keeps the producer's users, and this
    /// one has a right in its register, or none; elsewhere the login counts.
    fn kept_worker(&mut self, organiser: &str, has_right: bool) {
        self.serving_producer();
        self.person(Role::ProducerWorker);
        let here = has_right.then(|| self.caller.clone());
        let by_register =
            ByRegister { kept: vec![(oid(organiser), here)], elsewhere: Some(self.caller.clone()) };
        self.caller.by_register = Some(Arc::new(by_register));
    }

    /// A worker of another controller that is a producer of the county's too: the county keeps its users for its own
    /// register, in which this one has no right; at home the login counts, or is nobody's.
    pub(super) fn kept_controllers_worker(&mut self, at_home: bool) {
        self.other_countys_worker();
        let elsewhere = at_home.then(|| self.caller.clone());
        let by_register = ByRegister { kept: vec![(oid(COUNTY), None)], elsewhere };
        self.caller.by_register = Some(Arc::new(by_register));
    }

    pub(super) fn serving_producer(&mut self) {
        self.producer(day(2026, 1, 1), None, TASK);
    }

    /// The other county's system, or its worker.
    pub(super) fn other_county(&mut self) {
        self.caller.organisation = oid(OTHER_COUNTY);
        self.caller.registers = vec![oid(OTHER_COUNTY)];
        self.caller.units = Arc::from([oid(OTHER_COUNTYS_UNIT)]);
    }

    pub(super) fn other_countys_worker(&mut self) {
        self.other_county();
        self.person(Role::Worker);
        let mut serving = right(OTHER_COUNTYS_UNIT, TASK, Side::Organiser, always());
        serving.controller = oid(OTHER_COUNTY);
        self.client.rights.push(serving);
    }

    pub(super) fn by_law(&mut self) {
        self.other_county();
        self.reason = Some(Reason::Statutory(StatutoryGround::Section64));
        self.client.permission = None;
        self.client.relationships.truncate(1);
    }

    pub(super) fn minor_with_guardian(&mut self, mark: GuardianMark) {
        self.citizen(RELATIVE);
        self.client.born_on = Some(day(2012, 1, 1));
        self.client.guardians.push((RELATIVE, always()));
        self.client.custody.push((RELATIVE, always()));
        self.document.display.guardians = mark;
    }

    /// The document is of a joint case with another client, of whom everything that could help is there too.
    pub(super) fn joint(&mut self) {
        let since = |client| InCase {
            client,
            joined_at: Some(day(2026, 1, 1).start()),
            left_at: Some(day(2026, 6, 1).start()),
        };
        self.document.joint = Arc::from([since(CLIENT), since(RELATIVE)]);
        self.others = vec![ClientFacts { key: Some(RELATIVE), ..self.client.clone() }];
    }

    /// The same, asked through the other client.
    pub(super) fn through_the_other(&mut self) {
        self.joint();
        std::mem::swap(&mut self.client, &mut self.others[0]);
    }

    pub(super) fn health_care(&mut self) {
        self.other_county();
        self.caller.sector = Sector::HealthCare;
    }
}

macro_rules! relations {
    ($($situation:ident { $($says:literal $make:expr;)* })*) => {
        /// Every relation, by situation.
        pub const RELATIONS: &[Relation] = &[
            $($(Relation { situation: Situation::$situation, says: $says, make: $make },)*)*
        ];
    };
}

relations! {
    OwnRegister {
        "a system of the controller" |_| {};
        "a system that asks for invalidated versions too" |w| w.invalidated_too = true;
        "a system, on a request of the client's" |w| w.reason = Some(REQUEST);
        "a system, on a request of the client's; the client has died" |w| {
            w.client.died_on = Some(w.day);
            w.reason = Some(REQUEST);
        };
        "a system, on a request after the client's death" |w| {
            w.client.died_on = Some(w.day);
            w.reason = Some(AFTER_DEATH);
        };
        "a system certified for nothing" |w| w.caller.functions.clear();
        "a system; the client's relationship has ended" |w| w.client.relationships.truncate(0);
        "a system with a reason; the relationship has ended" |w| {
            w.client.relationships.truncate(0);
            w.reason = Some(REASON);
        };
        "a system; the client has died" |w| w.client.died_on = Some(w.day);
        "a system with a reason; the client has died" |w| {
            w.client.died_on = Some(w.day);
            w.reason = Some(REASON);
        };
        "another controller's system" |w| w.other_county();
        "a worker whose unit serves the client" |w| w.person(Role::Worker);
        "the same; another unit's document" |w| {
            w.person(Role::Worker);
            w.document.unit = Some(oid(OTHER_COUNTYS_UNIT));
        };
        "a worker whose unit serves the client, and who asks for invalidated versions too" |w| {
            w.person(Role::Worker);
            w.invalidated_too = true;
        };
        "the same; another unit's document, and invalidated versions too" |w| {
            w.person(Role::Worker);
            w.document.unit = Some(oid(OTHER_COUNTYS_UNIT));
            w.invalidated_too = true;
        };
        "a worker whose unit serves the client, on a request of the client's" |w| {
            w.person(Role::Worker);
            w.reason = Some(REQUEST);
        };
        "a worker whose unit does not, on a request of the client's" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
            w.reason = Some(REQUEST);
        };
        "a worker with a reason; the client has died" |w| {
            w.person(Role::Worker);
            w.client.died_on = Some(w.day);
            w.reason = Some(REASON);
        };
        "a worker whose unit serves the client in another service task" |w| {
            w.person(Role::ResponsibleWorker);
            w.client.rights[0].branch = Branch::ServiceTask(OTHER_TASK.into());
        };
        "a worker whose unit does not serve the client" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
        };
        "the same worker, with a reason" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
            w.reason = Some(REASON);
        };
        "the same worker, who has opened the client's documents for hours that last" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
            w.client.opened.push((oid(COUNTY), LookReason::Urgent));
        };
        "the same worker, who has opened them in another register" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
            w.client.opened.push((oid(OTHER_COUNTY), LookReason::Urgent));
        };
        "the same worker, with a reason; a safety order" |w| {
            w.person(Role::Worker);
            w.client.rights.clear();
            w.reason = Some(REASON);
            w.client.safety_order = true;
        };
        "a main user" |w| w.person(Role::MainUser);
        "a worker whose duty has other service tasks" |w| {
            w.person(Role::Worker);
            if let Who::Person { duty, .. } = &mut w.caller.who {
                *duty = Some(vec![OTHER_TASK.into()]);
            }
        };
        "a worker with a weak login" |w| w.weak_person(Role::Worker);
        "a worker with a weak login; the document is signed" |w| {
            w.weak_person(Role::Worker);
            w.document.signed = true;
        };
        "a system; of a joint case, asked through the other client" |w| w.through_the_other();
        "the same, on a request of that client's" |w| {
            w.through_the_other();
            w.reason = Some(REQUEST);
        };
        "a worker whose unit serves both clients of a joint case" |w| {
            w.person(Role::Worker);
            w.joint();
        };
        "a worker whose unit serves one client of a joint case" |w| {
            w.person(Role::Worker);
            w.joint();
            w.others[0].rights.clear();
        };
        "the same worker, with a reason for the other" |w| {
            w.person(Role::Worker);
            w.joint();
            w.others[0].rights.clear();
            w.reason = Some(REASON);
        };
        "a worker whose unit serves the other client alone" |w| {
            w.person(Role::Worker);
            w.through_the_other();
            w.others[0].rights.clear();
        };
        "the same worker; the document was written before the client joined" |w| {
            w.person(Role::Worker);
            w.through_the_other();
            w.others[0].rights.clear();
            w.document.written_at = day(2025, 12, 31).start();
        };
        "the same worker; when the client had left" |w| {
            w.person(Role::Worker);
            w.through_the_other();
            w.others[0].rights.clear();
            w.document.written_at = day(2026, 6, 1).start();
        };
        "the same worker; a safety order of the one that it does not serve" |w| {
            w.person(Role::Worker);
            w.through_the_other();
            w.others[0].rights.clear();
            w.others[0].safety_order = true;
        };
        "an archivist" |w| w.person(Role::Archivist);
        "a citizen" |w| w.citizen(CLIENT);
        "the operator" |w| w.operator();
    }
    RegisterUse {
        "a producer with a right in force; its own document" |w| w.serving_producer();
        "the same, and the client refuses everything" |w| {
            w.serving_producer();
            w.client.refusals.0.push(Refused::Controller(oid(COUNTY)));
        };
        "the same; another unit's document" |w| {
            w.serving_producer();
            w.document.unit = Some(oid(COUNTYS_UNIT));
        };
        "its right begins tomorrow" |w| w.producer(w.day.plus_days(1), None, TASK);
        "its right is interrupted today" |w| {
            w.serving_producer();
            let span = Validity { first: w.day, last: Some(w.day) };
            w.client.rights[1].suspensions.push(span);
        };
        "its right ends today" |w| w.producer(day(2026, 1, 1), Some(w.day), TASK);
        "its right ended yesterday" |w| {
            w.producer(day(2026, 1, 1), Some(w.day.plus_days(-1)), TASK);
        };
        "its right is for another service task" |w| w.producer(day(2026, 1, 1), None, OTHER_TASK);
        "with a right in force for one client of a joint case" |w| {
            w.serving_producer();
            w.joint();
            w.others[0].rights.truncate(1);
        };
        "with a right in force for each of them" |w| {
            w.serving_producer();
            w.joint();
        };
        "a producer without a right" |w| {
            w.serving_producer();
            w.client.rights.truncate(1);
        };
        "a producer not certified for it" |w| {
            w.serving_producer();
            w.caller.functions.retain(|function| *function != Function::RegisterUse);
        };
        "a producer's worker with a weak login" |w| {
            w.serving_producer();
            w.weak_person(Role::ProducerWorker);
        };
        "a producer's worker to whom the organiser has given a right as user" |w| {
            w.kept_worker(COUNTY, true);
        };
        "the same, whose right as user the organiser has ended" |w| w.kept_worker(COUNTY, false);
        "a producer's worker whom another county gives no right as user" |w| {
            w.kept_worker(OTHER_COUNTY, false);
        };
        "the controller's own system" |_| {};
        "a citizen" |w| w.citizen(CLIENT);
        "the operator" |w| w.operator();
    }
    WideRegisterUse {
        "a shelter; another unit's document" |w| {
            w.producer(day(2026, 1, 1), None, OTHER_TASK);
            w.document.unit = Some(oid(COUNTYS_UNIT));
            w.client.wide_in.push(oid(COUNTY));
        };
        "a shelter whose right ended yesterday" |w| {
            w.producer(day(2026, 1, 1), Some(w.day.plus_days(-1)), TASK);
            w.client.wide_in.push(oid(COUNTY));
        };
        "a producer in a register without wide rights" |w| w.serving_producer();
        "the operator" |w| w.operator();
    }
    Disclosure {
        "a system of a controller that serves the client; permission given" |w| w.other_county();
        "a worker there, whose unit serves the client" |w| w.other_countys_worker();
        "a worker there, whose unit does not" |w| {
            w.other_countys_worker();
            w.client.rights.truncate(1);
        };
        "a worker there with a weak login" |w| {
            w.other_countys_worker();
            w.weak_person(Role::Worker);
        };
        "a worker there, who is no user of the giving controller's, which keeps users of theirs" |w| {
            w.kept_controllers_worker(true);
        };
        "the same, who is no user at home" |w| w.kept_controllers_worker(false);
        "the permission is not given, or withdrawn" |w| {
            w.other_county();
            w.client.permission = None;
        };
        "the client refuses for the controller" |w| {
            w.other_county();
            w.client.refusals.0.push(Refused::Controller(oid(COUNTY)));
        };
        "the client refuses for the service task" |w| {
            w.other_county();
            w.client.refusals.0.push(Refused::ServiceTask(TASK.into()));
        };
        "the client refuses for this document" |w| {
            w.other_county();
            w.client.refusals.0.push(Refused::Document(w.document.set.clone()));
        };
        "of a joint case; both clients have given the permission" |w| {
            w.other_county();
            w.joint();
        };
        "of a joint case; the other client has not" |w| {
            w.other_county();
            w.joint();
            w.others[0].permission = None;
        };
        "of a joint case; the other client refuses" |w| {
            w.other_county();
            w.joint();
            w.others[0].refusals.0.push(Refused::ServiceTask(TASK.into()));
        };
        "of a joint case; the other client has died" |w| {
            w.other_county();
            w.joint();
            w.others[0].died_on = Some(w.day);
        };
        "a controller without a relationship" |w| {
            w.other_county();
            w.client.relationships.truncate(1);
        };
        "the giving controller is not able" |w| {
            w.other_county();
            w.client.able.remove(0);
        };
        "the receiving controller is not able" |w| {
            w.other_county();
            w.client.able.truncate(1);
        };
        "the receiving system is not certified for it" |w| {
            w.other_county();
            w.caller.functions.retain(|function| *function != Function::Disclosure);
        };
        "the client has died" |w| {
            w.other_county();
            w.client.died_on = Some(w.day);
        };
        "in 2023; the client was informed" |w| {
            w.other_county();
            w.day = day(2023, 12, 31);
            w.client.permission = None;
        };
        "in 2023; the client was not informed" |w| {
            w.other_county();
            w.day = day(2023, 12, 31);
            w.client.informed_on = None;
        };
        "on the first day of 2024; informed, no permission" |w| {
            w.other_county();
            w.day = day(2024, 1, 1);
            w.client.permission = None;
        };
        "before November 2021" |w| {
            w.other_county();
            w.day = day(2021, 10, 31);
        };
        "health care; the client consents" |w| {
            w.health_care();
            w.client.health_consent = Some(always());
        };
        "health care; permission alone" |w| w.health_care();
        "the controller's own system" |_| {};
        "a citizen" |w| w.citizen(CLIENT);
        "the operator" |w| w.operator();
    }
    StatutoryDisclosure {
        "another controller names the section; no permission" |w| w.by_law();
        "the same, and the client refuses everything" |w| {
            w.by_law();
            w.client.refusals.0.push(Refused::Controller(oid(COUNTY)));
        };
        "the same; of a joint case, the other client of which refuses" |w| {
            w.by_law();
            w.joint();
            w.others[0].refusals.0.push(Refused::Controller(oid(COUNTY)));
        };
        "a worker there, who is no user of the giving controller's, which keeps users of theirs" |w| {
            w.kept_controllers_worker(true);
            w.reason = Some(Reason::Statutory(StatutoryGround::Section64));
        };
        "the same, who is no user at home" |w| {
            w.kept_controllers_worker(false);
            w.reason = Some(Reason::Statutory(StatutoryGround::Section64));
        };
        "another controller names no section" |w| {
            w.by_law();
            w.reason = None;
        };
        "another controller names another reason" |w| {
            w.by_law();
            w.reason = Some(REASON);
        };
        "the client has died" |w| {
            w.by_law();
            w.client.died_on = Some(w.day);
        };
        "in 2023" |w| {
            w.by_law();
            w.day = day(2023, 12, 31);
        };
        "health care names a section" |w| {
            w.by_law();
            w.caller.sector = Sector::HealthCare;
        };
        "the controller's own system" |_| {};
        "the operator" |w| w.operator();
    }
    ClientWill {
        "a system of another controller that serves the client" |w| w.other_county();
        "the same; the document is of its own making" |w| {
            w.other_county();
            w.document.unit = Some(oid(OTHER_COUNTYS_UNIT));
        };
        "a worker there, whose unit serves the client" |w| w.other_countys_worker();
        "a worker there, whose unit does not" |w| {
            w.other_countys_worker();
            w.client.rights.truncate(1);
        };
        "a worker there, who is no user of the register's controller, which keeps users of theirs" |w| {
            w.kept_controllers_worker(true);
        };
        "a controller without a relationship" |w| {
            w.other_county();
            w.client.relationships.truncate(1);
        };
        "a system of the register's own controller, which serves the client" |_| {};
        "a producer with a right in force" |w| w.serving_producer();
        "health care" |w| w.health_care();
        "an archivist" |w| w.person(Role::Archivist);
        "a citizen" |w| w.citizen(CLIENT);
        "the operator" |w| w.operator();
    }
    Archivist {
        "the archivist of the controller" |w| w.person(Role::Archivist);
        "the archivist asks for invalidated versions too" |w| {
            w.person(Role::Archivist);
            w.invalidated_too = true;
        };
        "the archivist; the relationship has ended" |w| {
            w.person(Role::Archivist);
            w.client.relationships.clear();
        };
        "the archivist with a reason; the client has died" |w| {
            w.person(Role::Archivist);
            w.client.died_on = Some(w.day);
            w.reason = Some(REASON);
        };
        "the archivist, on a request of the client's; a safety order" |w| {
            w.person(Role::Archivist);
            w.client.safety_order = true;
            w.reason = Some(REQUEST);
        };
        "the archivist, on a request after the client's death" |w| {
            w.person(Role::Archivist);
            w.client.died_on = Some(w.day);
            w.reason = Some(AFTER_DEATH);
        };
        "the archivist of another controller" |w| {
            w.other_county();
            w.person(Role::Archivist);
        };
        "a worker" |w| w.person(Role::Worker);
        "the operator" |w| w.operator();
    }
    Citizen {
        "the client" |w| w.citizen(CLIENT);
        "the client; showing is delayed until today" |w| {
            w.citizen(CLIENT);
            w.document.display.delayed_until = Some(w.day);
        };
        "the client; showing was delayed until yesterday" |w| {
            w.citizen(CLIENT);
            w.document.display.delayed_until = Some(w.day.plus_days(-1));
        };
        "the client; special content" |w| {
            w.citizen(CLIENT);
            w.document.display.special_content = true;
        };
        "the client; work against violence" |w| {
            w.citizen(CLIENT);
            w.document.subject = Subject::Violence;
        };
        "the client; adoption counselling" |w| {
            w.citizen(CLIENT);
            w.document.subject = Subject::Adoption;
        };
        "the client; adoption counselling that a worker lets be shown" |w| {
            w.citizen(CLIENT);
            w.document.subject = Subject::Adoption;
            w.document.display.adoption_shown = true;
        };
        "the client; of a joint case with another" |w| {
            w.citizen(CLIENT);
            w.joint();
        };
        "the client; of a joint case with a child, whom the client guards" |w| {
            w.citizen(CLIENT);
            w.joint();
            w.others[0].born_on = Some(day(2012, 1, 1));
            w.others[0].guardians.push((CLIENT, always()));
            w.document.display.guardians = GuardianMark::Shown;
        };
        "the other client of a joint case" |w| {
            w.citizen(RELATIVE);
            w.through_the_other();
        };
        "the same; a safety order of the client" |w| {
            w.citizen(RELATIVE);
            w.through_the_other();
            w.others[0].safety_order = true;
        };
        "another person" |w| w.citizen(RELATIVE);
        "the client with a weak login" |w| {
            w.citizen(CLIENT);
            if let Who::Citizen { strength, .. } = &mut w.caller.who {
                *strength = Strength::Weak;
            }
        };
        "a system of the controller" |_| {};
    }
    Guardian {
        "a guardian; the document may be shown" |w| w.minor_with_guardian(GuardianMark::Shown);
        "a guardian; a safety order" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.client.safety_order = true;
        };
        "a guardian; nothing is said" |w| w.minor_with_guardian(GuardianMark::NotSaid);
        "a guardian; the organiser hides it" |w| w.minor_with_guardian(GuardianMark::Hidden);
        "a guardian; the producer would hide it" |w| {
            w.minor_with_guardian(GuardianMark::HiddenByProducer);
        };
        "a guardian of the other client of a joint case; what is said is of the first" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.through_the_other();
        };
        "a guardian of both clients of a joint case" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.joint();
        };
        "a guardian; special content" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.document.display.special_content = true;
        };
        "a former guardian, now that the child is 18" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.client.born_on = Some(day(2008, 11, 25));
        };
        "no guardian" |w| {
            w.minor_with_guardian(GuardianMark::Shown);
            w.client.guardians.clear();
            w.client.custody.clear();
        };
        "a worker" |w| w.person(Role::Worker);
    }
    Mandate {
        "an adult's mandate to see documents" |w| {
            w.mandate(&[Matter::SeeDocuments], always());
        };
        "an adult's mandate to say what is permitted and refused" |w| {
            w.mandate(&[Matter::SayWill], always());
        };
        "an adult's mandate to see documents; special content" |w| {
            w.mandate(&[Matter::SeeDocuments], always());
            w.document.display.special_content = true;
        };
        "an adult's mandate to see documents; a safety order" |w| {
            w.mandate(&[Matter::SeeDocuments], always());
            w.client.safety_order = true;
        };
        "a mandate of both matters that has ended" |w| {
            let ended = Validity { first: day(2020, 1, 1), last: Some(w.day.plus_days(-1)) };
            w.mandate(&Matter::ALL, ended);
        };
        "a mandate of both matters; the client has died" |w| {
            w.mandate(&Matter::ALL, always());
            w.client.died_on = Some(w.day);
        };
        "a minor's mandate of both matters" |w| {
            w.mandate(&Matter::ALL, always());
            w.client.born_on = Some(day(2012, 1, 1));
        };
        "a mandate of both matters; the day of birth is not known" |w| {
            w.mandate(&Matter::ALL, always());
            w.client.born_on = None;
        };
        "a system of the controller" |_| {};
    }
    DataProtectionReview {
        "the data-protection officer" |w| w.person(Role::DataProtectionOfficer);
        "the officer, with a reason" |w| {
            w.person(Role::DataProtectionOfficer);
            w.reason = Some(REASON);
        };
        "the officer; a safety order" |w| {
            w.person(Role::DataProtectionOfficer);
            w.client.safety_order = true;
        };
        "the officer of another controller" |w| {
            w.other_county();
            w.person(Role::DataProtectionOfficer);
        };
        "a worker" |w| w.person(Role::Worker);
        "a main user" |w| w.person(Role::MainUser);
        "the operator" |w| w.operator();
    }
}

impl Relation {
    /// What is answered in it, for every action.
    #[must_use]
    pub fn answers(&self) -> Vec<Answers> {
        let answers = |action| {
            let cell = |group, state| self.answer(action, group, state);
            let row = |group| VersionState::ALL.map(|state| cell(group, state));
            Answers { action, cells: DocumentGroup::ALL.map(row) }
        };
        Action::ALL.into_iter().map(answers).collect()
    }

    fn answer(
        &self,
        action: Action,
        group: DocumentGroup,
        state: VersionState,
    ) -> Result<Grant, Denial> {
        let mut world = World::usual();
        world.document.group = group;
        world.document.state = state;
        // Relationship documents and documents of will are of no one service task.
        if !group.hangs_on_a_case() && group != DocumentGroup::Case {
            world.document.service_task = None;
        }
        (self.make)(&mut world);
        world.answer(action, self.situation)
    }
}
