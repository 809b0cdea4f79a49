//! Random archives, and random questions put to every path and to the second statement of the rules:
//! whoever asks, by whatever way, is answered as the naive statement says (ACC-6, design 3).
//!
//! What the second statement is told of clients and documents is what the generator wrote into the
//! documents, not what the archive derived from them. `VARANTO_LONG=1` puts a million questions, else ten
//! thousand; `VARANTO_SEED` begins elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::{AccessQuestion, DocumentQuery, InvalidationRequest};
use varanto_app::callers::PersonFacts;
use varanto_app::oversight::IdentityRequest;
use varanto_domain::access::{
    Action, ByRegister, Caller, ClientFacts, Display, DocumentFacts, LookReason, Purpose, Question,
    Reason, RelationshipSpan, RequestGround, Role, Situation, StatutoryGround, Subject, Who,
};
use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::archive::register_documents::CLIENT_HAS_DIED;
use varanto_domain::disclosure::{
    DisclosurePermission, HandedAs, OutsideRequest, ReceiverKind, Refusals, Refused,
};
use varanto_domain::identities::{IdentityAct, IdentityReason};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::relationship::{Branch, InCase, RegisterUseRight, Side};
use varanto_domain::time::{Clock, FinnishDay, Instant, Validity};
use varanto_formats::synthetic::Draw;
use varanto_formats::view::ViewLanguage;

use crate::handing_over;
use crate::second_statement::Second;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, OPERATING_UNIT, PRODUCER, PRODUCERS_OTHER_UNIT,
    PRODUCERS_UNIT, System, UNIT, World, client, oid, registers, serving, task, told, unknown,
};

/// The other service unit of the county; its neighbour has one of the same number.
pub(crate) const OTHER_UNIT: &str = "1.2.246.10.90000001.10.13";
const TASKS: [&str; 2] = ["24", "25"];

/// A version that is archived, as its maker knows it.
struct Kept {
    facts: DocumentFacts,
    of: usize,
    draft: Draft,
    main: Option<Oid>,
}

/// Under what the second statement knows a client.
fn key(of: usize) -> ClientKey {
    ClientKey(i64::try_from(of).unwrap() + 1)
}

/// An archive whose every fact is known without asking it.
struct Archive {
    world: World,
    clients: Vec<Client>,
    /// What is known of each client by itself.
    facts: Vec<ClientFacts>,
    /// What each client refuses.
    refused: Vec<Vec<Refused>>,
    /// To whom a client with a temporary identifier is joined.
    joined: BTreeMap<usize, usize>,
    /// What is known of each client with whoever is joined.
    together: Vec<ClientFacts>,
    kept: Vec<Kept>,
    /// Who is in each joint case, as the newest version of its document says.
    joint: BTreeMap<String, Arc<[InCase]>>,
    /// When the population register told of every client last: they live, and under no order.
    told_on: FinnishDay,
}

/// The draft in a controller's register: drafts are the county's, and its neighbour's nodes have the same
/// numbers. Temporary identifiers stay the county's.
fn within(draft: Draft, controller: &str) -> Draft {
    let moved = |value: Value| -> Value {
        let text = value.to_string().replace(COUNTY, controller);
        let issued = |by: &str| format!("{by}.22.");
        serde_json::from_str(&text.replace(&issued(controller), &issued(COUNTY))).unwrap()
    };
    Draft { metadata: moved(draft.metadata), structured: draft.structured.map(moved), ..draft }
}

pub(crate) fn neighbours_too(mut registers: Value) -> Value {
    for organisation in registers["organisations"].as_array_mut().unwrap() {
        if organisation["oid"] == NEIGHBOUR {
            organisation["wide_register_use"] = true.into();
        }
    }
    let units = registers["units"].as_array_mut().unwrap();
    let more = [
        (COUNTY, "13", "service-unit"),
        (NEIGHBOUR, "13", "service-unit"),
        (NEIGHBOUR, "1", "operating-unit"),
    ];
    for (of, number, kind) in more {
        units.push(json!({"oid": format!("{of}.10.{number}"), "kind": kind, "organisation": of,
            "names": {"fi": "Yksikkö"}, "first_day": "2015-01-01"}));
    }
    registers
}

/// Days around today, on which rights turn.
fn day(draw: &mut Draw, today: FinnishDay) -> FinnishDay {
    if draw.chance(40) {
        FinnishDay::new(2025, 1, 1).unwrap().plus_days(i32::try_from(draw.below(400)).unwrap())
    } else {
        today.plus_days(i32::try_from(draw.below(7)).unwrap() - 3)
    }
}

/// What a unit's days are: from the first to the last one, perhaps with an interruption.
fn days(draw: &mut Draw, today: FinnishDay, ends: bool) -> (Validity, Vec<Validity>) {
    let first = day(draw, today);
    let length = i32::try_from(draw.below(30)).unwrap();
    let last = (ends || draw.chance(50)).then(|| first.plus_days(length));
    let mut suspensions = Vec::new();
    if draw.chance(30) && (last.is_none() || length > 8) {
        let from = first.plus_days(1 + i32::try_from(draw.below(3)).unwrap());
        let until = from.plus_days(i32::try_from(draw.below(4)).unwrap());
        suspensions.push(Validity { first: from, last: Some(until) });
    }
    (Validity { first, last }, suspensions)
}

/// The entries of a unit: one for each span in which it serves.
fn entries(unit: &str, (validity, suspensions): &(Validity, Vec<Validity>)) -> Vec<Value> {
    let text = |day: Option<FinnishDay>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut first = validity.first;
    let mut all = Vec::new();
    for gap in suspensions {
        let end = gap.first.plus_days(-1);
        all.push(serving(unit, &first.to_string(), &end.to_string()));
        first = gap.last.unwrap().plus_days(1);
    }
    all.push(serving(unit, &first.to_string(), &text(validity.last)));
    all
}

/// The entry of an organiser's own unit: it names no services, and how the unit is reached.
fn of_the_organiser(mut entry: Value) -> Value {
    entry.as_object_mut().unwrap().remove("sosiaalipalvelu");
    entry["yhteystiedot"] = json!({"puhelinnumero": "040 000 0000"});
    entry
}

/// The service tasks of a relationship document, and the rights that the generator means by them.
fn served(
    draw: &mut Draw,
    today: FinnishDay,
    controller: &str,
    relationship: &str,
    ends: bool,
) -> (Value, Vec<Value>, Vec<RegisterUseRight>) {
    let mut rights = Vec::new();
    let mut tasks = Vec::new();
    let mut unserved = false;
    let mut add = |branch: Branch, holder: &str, side, days: &(Validity, Vec<Validity>)| {
        rights.push(RegisterUseRight {
            controller: oid(controller),
            organiser: oid(controller),
            relationship: oid(relationship),
            branch,
            services: Vec::new(),
            holder: oid(holder),
            side,
            validity: days.0,
            suspensions: days.1.clone(),
        });
    };
    for code in TASKS {
        let mut right = |holder: &str, side: Side, days: &(Validity, Vec<Validity>)| {
            add(Branch::ServiceTask(code.into()), holder, side, days);
        };
        let (mut own, mut producers) = (Vec::new(), Vec::new());
        for unit in [UNIT, OTHER_UNIT] {
            let unit = unit.replace(COUNTY, controller);
            if draw.chance(50) {
                let days = days(draw, today, ends);
                own.extend(entries(&unit, &days).into_iter().map(of_the_organiser));
                right(&unit, Side::Organiser, &days);
            }
        }
        for (unit, other) in
            [(PRODUCERS_UNIT, PRODUCERS_OTHER_UNIT), (PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT)]
        {
            if draw.chance(35) {
                let days_of = days(draw, today, ends);
                let mut spans = entries(unit, &days_of);
                right(unit, Side::Producer, &days_of);
                if draw.chance(30) {
                    let implementers = days(draw, today, ends);
                    // Without a last day it ends with the producer's span that names it.
                    let named = days_of
                        .1
                        .first()
                        .map_or(days_of.0.last, |gap| Some(gap.first.plus_days(-1)));
                    let last = implementers.0.last.or(named);
                    let whole = Validity { last, ..implementers.0 };
                    let gap_fits = implementers
                        .1
                        .iter()
                        .all(|gap| last.is_none_or(|last| gap.last.unwrap() < last));
                    if last.is_none_or(|last| whole.first <= last) && gap_fits {
                        spans[0]["palveluntoteuttaja"] = entries(other, &implementers).into();
                        let producer = oid(unit);
                        right(other, Side::Implementer { producer }, &(whole, implementers.1));
                    }
                }
                producers.extend(spans);
            }
        }
        unserved |= own.is_empty();
        let mut served = json!({"palvelutehtava": task(code)});
        if !own.is_empty() {
            served["palvelunjarjestajan_palveluyksikko"] = own.into();
        }
        if !producers.is_empty() {
            served["palveluntuottaja"] = producers.into();
        }
        tasks.push(served);
    }
    let mut whole = Vec::new();
    // Each service task has a unit of the organiser's, or the whole relationship has one.
    if unserved || draw.chance(20) {
        let unit = UNIT.replace(COUNTY, controller);
        let days = days(draw, today, ends);
        whole.extend(entries(&unit, &days).into_iter().map(of_the_organiser));
        add(Branch::WholeRelationship, &unit, Side::Organiser, &days);
    }
    (tasks.into(), whole, rights)
}

impl Archive {
    fn make(draw: &mut Draw, clients: usize) -> Self {
        let world = World::new();
        let loaded = neighbours_too(registers()).to_string().into_bytes();
        world.app.load_registers("world", loaded).unwrap();
        let told_on = FinnishDay::of(world.clock.now());
        let (facts, kept) = (Vec::new(), Vec::new());
        let joint = BTreeMap::new();
        let mut archive = Self {
            world,
            clients: Vec::new(),
            facts,
            refused: Vec::new(),
            joined: BTreeMap::new(),
            together: Vec::new(),
            kept,
            joint,
            told_on,
        };
        for number in 0..clients {
            let named = u16::try_from(number + 1).unwrap();
            // One in three has no identity code.
            let temporary = number % 3 == 2;
            archive.clients.push(if temporary { unknown(named) } else { client(named) });
            archive.refused.push(Vec::new());
            let wide_in = vec![oid(NEIGHBOUR)];
            // Of three in four the population register has told: of some a safety order, of some a death.
            let person_known = !temporary && draw.chance(75);
            archive.facts.push(ClientFacts {
                key: Some(key(number)),
                identities: vec![key(number)],
                wide_in,
                person_known,
                person_told: person_known,
                safety_order: person_known && draw.chance(30),
                died_on: (person_known && draw.chance(15)).then(|| archive.today()),
                ..ClientFacts::default()
            });
            for controller in [COUNTY, NEIGHBOUR] {
                if draw.chance(80) {
                    archive.relate(draw, number, controller);
                }
                if draw.chance(30) && !temporary {
                    archive.relate_formerly(draw, number, controller);
                }
            }
        }
        for number in 0..clients {
            archive.hear(draw, number);
        }
        archive.tell_of_persons();
        archive.know_together();
        archive
    }

    /// Joins somebody with a temporary identifier to somebody with an identity code, or parts them. It is refused as the
    /// rule says: where each has an active relationship in the register of the county, which issued the identifier, and of
    /// whom the county knows nothing.
    fn join_or_part(&mut self, draw: &mut Draw) -> bool {
        let temporary: Vec<usize> =
            (0..self.clients.len()).filter(|one| self.clients[*one].temporary).collect();
        let known = |one: &usize| {
            !self.clients[*one].temporary && self.kept.iter().any(|kept| kept.of == *one)
        };
        let persons: Vec<usize> = (0..self.clients.len()).filter(known).collect();
        let (one, person) = (*draw.pick(&temporary), *draw.pick(&persons));
        let parts = self.joined.get(&one).copied();
        let (act, reason, person) = match parts {
            Some(person) => (IdentityAct::Part, IdentityReason::Mistaken, person),
            None => (IdentityAct::Join, IdentityReason::Identified, person),
        };
        let county = oid(COUNTY);
        let held = |of: usize| {
            let theirs = |kept: &&Kept| kept.of == of && kept.facts.controller == county;
            let named = |time: &InCase| time.client == key(of);
            let in_a_case = |kept: &&Kept| {
                kept.facts.controller == county
                    && self.facts_of_document(kept).joint.iter().any(named)
            };
            self.kept.iter().any(|kept| theirs(&kept) || in_a_case(&kept))
        };
        let active = |of: usize| self.facts[of].is_active_in(&county, self.today());
        let beside = self.members(person).into_iter().filter(|other| *other != one);
        let twice = active(one) && beside.into_iter().any(active);
        let expected = held(one) && (parts.is_some() || !twice);
        let request = IdentityRequest {
            act,
            reason,
            temporary: self.clients[one].temporary_id(),
            code: self.clients[person].code,
            dry_run: draw.chance(20),
        };
        let archivist = crate::oversight::person(&self.world, Role::Archivist, COUNTY, None);
        let done = match self.world.app.act_on_identities(&archivist, &request) {
            Ok(_) => true,
            Err(AppError::Refused(_)) => false,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(done, expected, "{act:?} {one} {person}");
        if done && !request.dry_run {
            match act {
                IdentityAct::Join => self.joined.insert(one, person),
                IdentityAct::Part => self.joined.remove(&one),
            };
            self.know_together();
        }
        done && !request.dry_run
    }

    /// All who are the same person as somebody, by what was joined.
    fn members(&self, of: usize) -> Vec<usize> {
        let person = |one: usize| self.joined.get(&one).copied().unwrap_or(one);
        (0..self.clients.len()).filter(|one| person(*one) == person(of)).collect()
    }

    /// What is known of each client by all identifiers together.
    fn know_together(&mut self) {
        self.together = (0..self.clients.len()).map(|of| self.known_together(of)).collect();
    }

    fn known_together(&self, of: usize) -> ClientFacts {
        let members = self.members(of);
        // The population register knows the one with the identity code, who alone says what is permitted and refused.
        let person = members.iter().find(|one| !self.clients[**one].temporary).unwrap_or(&of);
        let mut facts = ClientFacts {
            key: Some(key(of)),
            identities: members.iter().map(|one| key(*one)).collect(),
            rights: Vec::new(),
            relationships: Vec::new(),
            ..self.facts[*person].clone()
        };
        for one in &members {
            facts.rights.extend(self.facts[*one].rights.iter().cloned());
            facts.relationships.extend(self.facts[*one].relationships.iter().cloned());
        }
        let refused = self.refused[*person].iter().cloned();
        let meant = refused.flat_map(|one| self.meant_by(&members, one));
        facts.refusals = Refusals(meant.collect());
        facts
    }

    /// The population register tells today of those of whom it tells at all.
    fn tell_of_persons(&mut self) {
        let always = Validity { first: FinnishDay::new(2020, 1, 1).unwrap(), last: None };
        let told = self.clients.iter().zip(&self.facts).filter(|(_, facts)| facts.person_known);
        let persons = told.map(|(client, facts)| {
            let person = varanto_domain::persons::PersonFacts {
                died_on: facts.died_on,
                safety_order: facts.safety_order.then_some(always),
                ..Default::default()
            };
            (client.code, person)
        });
        self.world.tell(persons.collect());
        self.told_on = self.today();
    }

    /// What is known of a client today: of the person on the day of telling and the day after, and only then
    /// are controllers able to disclose.
    fn facts_of(&self, of: usize) -> ClientFacts {
        let facts = self.together[of].clone();
        let person_known = facts.person_known && self.today() <= self.told_on.plus_days(1);
        let able = if person_known { vec![oid(COUNTY), oid(NEIGHBOUR)] } else { Vec::new() };
        ClientFacts { person_known, able, ..facts }
    }

    fn today(&self) -> FinnishDay {
        FinnishDay::of(self.world.clock.now())
    }

    fn archive(&mut self, of: usize, draft: Draft) -> Oid {
        let text = |path: &str| {
            let mut at = &draft.metadata;
            for name in path.split('.') {
                at = &at[name];
            }
            at.as_str().map(str::to_owned)
        };
        let controller = text("controller.id").unwrap();
        let system = recorder(&draft);
        let sent = self.world.app.archive_document(&self.world.caller(system), draft.submission());
        match sent {
            Ok(_) => {}
            Err(AppError::Refused(faults)) => panic!("{}\n{:#}", told(&faults), draft.metadata),
            Err(other) => panic!("{other:?}"),
        }
        if let Some(before) = text("replaces.document_id") {
            let before = self.kept.iter_mut().find(|one| one.facts.id.as_str() == before).unwrap();
            before.facts.state = VersionState::Replaced;
        }
        let group = DocumentGroup::of_code(&draft.text("group")).unwrap();
        let id = draft.id();
        let facts = DocumentFacts {
            id: id.clone(),
            set: oid(&draft.text("set_id")),
            client: Some(key(of)),
            controller: oid(&controller),
            unit: text("service_unit.id").map(|unit| oid(&unit)),
            group,
            state: VersionState::InForce,
            service_task: text("service_task").map(Arc::from),
            subject: text("specific_type")
                .map_or(Subject::Ordinary, |kind| Subject::of_type(&kind)),
            display: Display::UNREAD,
            signed: group == DocumentGroup::LaterPhase,
            written_at: Instant::parse(&draft.text("written_at")).unwrap(),
            joint: Arc::from([]),
        };
        let main = text("main_document").map(|main| oid(&main));
        self.kept.push(Kept { facts, of, draft, main });
        id
    }

    /// A relationship in one register, with its cases and documents.
    fn relate(&mut self, draw: &mut Draw, of: usize, controller: &str) {
        let person = self.clients[of].clone();
        let relationship = within(self.world.relationship(&person), controller);
        self.archive(of, relationship.clone());
        let id = relationship.text("relationship_id");
        let mut cases = Vec::new();
        for code in TASKS {
            let case = self.world.case(&person, &id);
            let case = case
                .content("/asia_asiakirja/asian_tiedot/palvelutehtava", task(code))
                .set("service_task", code);
            let case = within(case, controller);
            self.archive(of, case.clone());
            if draw.chance(50) {
                self.record(draw, of, controller, &id, code, &case);
            }
            let case = self.share(draw, of, controller, code, case);
            cases.push((code, case));
        }
        for _ in 0..3 + draw.below(5) {
            let (code, case) = draw.pick(&cases).clone();
            self.record(draw, of, controller, &id, code, &case);
        }
        let ends = draw.chance(30);
        let (tasks, whole, rights) = served(draw, self.today(), controller, &id, ends);
        let mut last = within(self.world.next_version(&relationship), controller);
        last = last.content("/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava", tasks);
        if !whole.is_empty() {
            last = last.content("/asiakkuusasiakirja/palvelunjarjestajan_palveluyksikko", whole);
        }
        let mut ended = None;
        if ends {
            let day = self.today().plus_days(-1 - i32::try_from(draw.below(3)).unwrap());
            for (_, case) in &cases {
                let closed = self.world.next_version(case).closed_on(&day.to_string());
                self.archive(of, within(closed, controller));
            }
            let heading = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm";
            last = last.content(heading, day.to_string());
            ended = Some(day);
        }
        self.archive(of, last);
        let facts = &mut self.facts[of];
        facts.rights.extend(rights);
        let controller = oid(controller);
        facts.relationships.push(RelationshipSpan {
            controller,
            old: false,
            last_day: ended,
            of_deceased: false,
        });
    }

    /// Perhaps others join a case, and leave it again; then documents about them are recorded in it. Answers the
    /// newest version of the case document.
    fn share(
        &mut self,
        draw: &mut Draw,
        of: usize,
        controller: &str,
        code: &str,
        case: Draft,
    ) -> Draft {
        // Those of whom something is archived, so that keys follow the order of the clients.
        let known = |one: &usize| self.kept.iter().any(|kept| kept.of == *one);
        let others: Vec<usize> = (0..of).filter(known).collect();
        if others.is_empty() || draw.chance(30) {
            return case;
        }
        let mut times: Vec<InCase> = Vec::new();
        let mut entries = Vec::new();
        let own = draw.chance(20);
        for number in 0..=draw.below(3) {
            // A client may come, leave, and come again.
            let one = if number == 0 { of } else { *draw.pick(&others) };
            let joined = 2 + i64::try_from(draw.below(4)).unwrap();
            let left = draw.chance(if number == 0 && !own { 0 } else { 50 });
            let left = left.then(|| joined - i64::try_from(draw.below(3)).unwrap());
            let person = &self.clients[one];
            let (identifier, identity) = person.identified();
            let mut entry = json!({
                "sukunimi": person.family, "etunimet": person.given,
                identifier: identity, "syntymaaika": person.born(),
                "asiaan_liittymishetki": self.hours_ago(joined).to_string(),
            });
            if let Some(left) = left {
                entry["asiasta_poistumishetki"] = self.hours_ago(left).to_string().into();
            }
            entries.push(entry);
            times.push(InCase {
                client: key(one),
                joined_at: Some(self.hours_ago(joined)),
                left_at: left.map(|left| self.hours_ago(left)),
            });
        }
        let next = within(self.world.next_version(&case), controller)
            .set("written_at", self.hours_ago(1).to_string())
            .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
            .content("/asia_asiakirja/asiakas", entries);
        self.archive(of, next.clone());
        times.sort_unstable();
        self.joint.insert(case.text("case_id"), times.into());
        for one in others {
            if draw.chance(50) {
                self.record(draw, one, controller, "", code, &next);
            }
        }
        next
    }

    fn hours_ago(&self, hours: i64) -> Instant {
        Instant::from_millis(self.world.clock.now().millis() - hours * 3_600_000)
    }

    /// The facts of a version as they are by now.
    fn facts_of_document(&self, one: &Kept) -> DocumentFacts {
        let case = one.draft.metadata["case_id"].as_str();
        let joint = case.and_then(|case| self.joint.get(case));
        DocumentFacts { joint: joint.cloned().unwrap_or_default(), ..one.facts.clone() }
    }

    /// Whether somebody was in a joint case at a moment; of another case, whether it is the own one.
    fn may_be_about(&self, of: usize, case: &Draft, at: Instant) -> bool {
        let joint = self.joint.get(&case.text("case_id"));
        joint.is_none_or(|times| {
            times.iter().any(|one| {
                one.client == key(of)
                    && one.joined_at <= Some(at)
                    && one.left_at.is_none_or(|left| at < left)
            })
        })
    }

    /// What a client permits and refuses, said to units of controllers that serve the client.
    fn hear(&mut self, draw: &mut Draw, of: usize) {
        let (person, today) = (self.clients[of].clone(), self.today());
        let mut serving = vec![COUNTY, NEIGHBOUR];
        serving.retain(|controller| self.facts[of].is_active_in(&oid(controller), today));
        // Their documents name the client by identity code.
        if serving.is_empty() || person.temporary {
            return;
        }
        if draw.chance(70) {
            let said = self.say(draw, of, &serving, |archive, draw| {
                let granted = draw.chance(70);
                (archive.world.permission(&person, Some(granted)), granted)
            });
            let given_on = FinnishDay::new(2026, 10, 1);
            let facts = &mut self.facts[of];
            facts.informed_on = said.is_some().then_some(today);
            facts.permission =
                said.filter(|granted| *granted).map(|_| DisclosurePermission { given_on });
        }
        if draw.chance(60) {
            let said = self.say(draw, of, &serving, |archive, draw| {
                let refused: Vec<Refused> =
                    (0..draw.below(3)).map(|_| archive.refused(draw, of)).collect();
                (archive.world.refusal(&person, &refused), refused)
            });
            self.refused[of] = said.unwrap_or_default();
        }
    }

    fn refused(&self, draw: &mut Draw, of: usize) -> Refused {
        match draw.below(4) {
            0 => Refused::Controller(oid(draw.pick::<&str>(&[COUNTY, NEIGHBOUR]))),
            1 => Refused::ServiceTask((*draw.pick(&TASKS)).into()),
            _ => {
                let named = |one: &&Kept| {
                    let facts = self.facts_of_document(one);
                    one.of == of || facts.joint.iter().any(|time| time.client == key(of))
                };
                let theirs: Vec<&Kept> = self.kept.iter().filter(named).collect();
                Refused::Document(draw.pick(&theirs).facts.id.clone())
            }
        }
    }

    /// A refusal of one version is meant for all versions of the document and of its attachments, and that of
    /// a service task for the relationship documents that name it too.
    fn meant_by(&self, members: &[usize], refused: Refused) -> Vec<Refused> {
        let set =
            |id: &Oid| self.kept.iter().find(|one| one.facts.id == *id).unwrap().facts.set.clone();
        let all = |meant: &dyn Fn(&Kept) -> bool| -> Vec<Refused> {
            let meant = self.kept.iter().filter(|one| meant(one));
            meant.map(|one| Refused::Document(one.facts.id.clone())).collect()
        };
        match &refused {
            Refused::Controller(_) => vec![refused],
            Refused::ServiceTask(task) => {
                let mut meant =
                    all(&|one: &Kept| members.contains(&one.of) && names_task(&one.draft, task));
                meant.push(refused);
                meant
            }
            Refused::Document(id) => {
                let whole = set(id);
                let attached =
                    |one: &Kept| one.main.as_ref().is_some_and(|main| set(main) == whole);
                all(&|one: &Kept| one.facts.set == whole || attached(one))
            }
        }
    }

    /// Versions of one document of the will, each recorded by a unit of any of the controllers; perhaps the
    /// last is taken back. Answers what the one in force says.
    fn say<T>(
        &mut self,
        draw: &mut Draw,
        of: usize,
        serving: &[&str],
        make: impl Fn(&Self, &mut Draw) -> (Draft, T),
    ) -> Option<T> {
        let mut said: Vec<(Draft, T)> = Vec::new();
        for _ in 0..=draw.below(3) {
            let at: &str = draw.pick::<&str>(serving);
            let (draft, says) = make(self, draw);
            let draft = match said.last() {
                Some((before, _)) => self.world.next_version(before).saying(&draft),
                None => draft,
            };
            let id = self.world.new_oid().replace(COUNTY, at);
            let set = if said.is_empty() { id.clone() } else { draft.text("set_id") };
            let draft = draft
                .set("document_id", id)
                .set("set_id", set)
                .set("organiser.id", at)
                .set("service_unit.id", UNIT.replace(COUNTY, at));
            self.archive(of, draft.clone());
            said.push((draft, says));
        }
        if draw.chance(25) {
            let (last, _) = said.pop()?;
            let reason = InvalidationRequest { reason: "1".into(), explanation: None };
            let caller = self.world.caller(recorder(&last));
            self.world.app.invalidate_document(&caller, &last.id(), &reason).unwrap();
            let in_force = said.last().map(|(draft, _)| draft.id());
            for one in &mut self.kept {
                if one.facts.id == last.id() {
                    one.facts.state = VersionState::Invalidated;
                } else if Some(&one.facts.id) == in_force.as_ref() {
                    one.facts.state = VersionState::InForce;
                }
            }
        }
        said.pop().map(|(_, says)| says)
    }

    /// An old relationship in one register, with papers of that time.
    fn relate_formerly(&mut self, draw: &mut Draw, of: usize, controller: &str) {
        let person = self.clients[of].clone();
        let relationship = within(self.world.old_relationship(&person), controller);
        // Of some the source knew that they had died.
        let of_deceased = draw.chance(40);
        let relationship = if of_deceased {
            let grounds =
                "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymisen_perustelu";
            relationship.content(grounds, CLIENT_HAS_DIED)
        } else {
            relationship
        };
        self.archive(of, relationship.clone());
        let id = relationship.text("relationship_id");
        let case = within(self.world.closed_case(&person, &id), controller);
        self.archive(of, case.clone());
        let dossier = dossier(&person, &relationship, &case);
        for _ in 0..=draw.below(2) {
            let old = within(self.world.old(&dossier), controller);
            // Some of a subject that is kept from the client's view.
            let kind = draw.pick(&["11062", "15019", "1014", "11005", "7005"]);
            let old = if draw.chance(50) { old.set("specific_type", *kind) } else { old };
            self.archive(of, old);
        }
        let last_day = FinnishDay::new(2024, 3, 1);
        let controller = oid(controller);
        let span = RelationshipSpan { controller, old: true, last_day, of_deceased };
        self.facts[of].relationships.push(span);
    }

    /// A client document, perhaps with later versions, perhaps invalidated.
    fn record(
        &mut self,
        draw: &mut Draw,
        of: usize,
        controller: &str,
        relationship: &str,
        code: &str,
        case: &Draft,
    ) {
        let dossier = Dossier {
            client: self.clients[of].clone(),
            relationship: relationship.to_owned(),
            case: case.text("case_id"),
            relationship_document: String::new(),
            case_document: String::new(),
        };
        let phase_one = draw.chance(30);
        let made =
            if phase_one { self.world.phase_one(&dossier) } else { self.world.note(&dossier) };
        let hours = 1 + i64::try_from(draw.below(5)).unwrap();
        let written_at = self.hours_ago(hours);
        if !self.may_be_about(of, case, written_at) {
            return;
        }
        let mut made = within(made, controller)
            .set("service_task", code)
            .set("written_at", written_at.to_string())
            .set("created_at", written_at.to_string());
        match draw.below(4) {
            0 => made = made.set("service_unit.id", OTHER_UNIT.replace(COUNTY, controller)),
            1 => {
                made = made
                    .set("service_unit.id", *draw.pick(&[PRODUCERS_UNIT, PRODUCERS_OTHER_UNIT]))
                    .set("producer.id", PRODUCER)
                    .set("producer.name", "Hoiva Oy");
            }
            _ => {}
        }
        let mains: Vec<Oid> = self
            .kept
            .iter()
            .filter(|one| one.of == of && one.facts.controller.as_str() == controller)
            .filter(|one| one.facts.group == DocumentGroup::LaterPhase && one.main.is_none())
            .filter(|one| one.facts.state != VersionState::Invalidated)
            .filter(|one| {
                one.facts.id == one.facts.set && one.draft.text("case_id") == dossier.case
            })
            .map(|one| one.facts.id.clone())
            .collect();
        if !mains.is_empty() && draw.chance(25) {
            made = made.set("main_document", draw.pick(&mains).as_str());
        }
        self.archive(of, made.clone());
        if draw.chance(25) {
            made = within(self.world.next_version(&made), controller);
            self.archive(of, made.clone());
        }
        if draw.chance(20) {
            let id = made.id();
            let system = if controller == COUNTY { System::County } else { System::Neighbour };
            let reason = InvalidationRequest { reason: "1".into(), explanation: None };
            self.world.app.invalidate_document(&self.world.caller(system), &id, &reason).unwrap();
            let set = oid(&made.text("set_id"));
            for one in self.kept.iter_mut().filter(|one| one.facts.set == set) {
                let hidden = one.facts.id == id;
                one.facts.state =
                    if hidden { VersionState::Invalidated } else { VersionState::InForce };
            }
        }
    }

    /// Any caller: systems, people of any role, strong and weak, and the operator.
    fn caller(&self, draw: &mut Draw) -> Caller {
        let systems = [System::County, System::Neighbour, System::Producer, System::ReadOnly];
        if draw.chance(30) {
            return self.world.caller(*draw.pick(&systems));
        }
        let (organisation, units): (&str, Vec<String>) = match draw.below(3) {
            0 => (PRODUCER, vec![PRODUCERS_UNIT.into(), PRODUCERS_OTHER_UNIT.into()]),
            number => {
                let own = if number == 1 { COUNTY } else { NEIGHBOUR };
                let units = [UNIT, OTHER_UNIT, OPERATING_UNIT];
                (own, units.iter().map(|unit| unit.replace(COUNTY, own)).collect())
            }
        };
        let role = match draw.below(10) {
            0 => Role::Archivist,
            1 => Role::DataProtectionOfficer,
            2 => Role::ResponsibleWorker,
            _ if organisation == PRODUCER => Role::ProducerWorker,
            _ => Role::Worker,
        };
        let facts = PersonFacts {
            subject: "t.tyontekija".into(),
            registration_number: None,
            role: role.code().to_owned(),
            organisation: oid(organisation),
            unit: draw.chance(95).then(|| oid(draw.pick::<String>(&units))),
            duty: draw.chance(30).then(|| vec![(*draw.pick(&TASKS)).to_owned()]),
            strong: !draw.chance(8),
        };
        let mut caller = self.world.app.caller_of_person(facts).unwrap();
        if draw.chance(3) {
            caller.who = Who::Operator;
        } else if draw.chance(25) {
            // An organiser keeps the users of the caller's organisation: all of the login is left, or nothing.
            let left = |draw: &mut Draw| draw.chance(70).then(|| caller.clone());
            let kept = [COUNTY, NEIGHBOUR].map(|one| (oid(one), left(draw)));
            let by_register = ByRegister { kept: kept.into(), elsewhere: left(draw) };
            caller.by_register = Some(Arc::new(by_register));
        }
        caller
    }

    fn purpose(draw: &mut Draw) -> Purpose {
        let situation = if draw.chance(50) { None } else { Some(*draw.pick(&Situation::ALL)) };
        let reason = match draw.below(5) {
            0 | 1 => Some(Reason::Look(LookReason::Urgent)),
            2 => Some(Reason::Statutory(StatutoryGround::Section62)),
            _ => None,
        };
        Purpose { situation, reason, invalidated_too: draw.chance(30) }
    }

    fn second(
        &self,
        caller: &Caller,
        one: &Kept,
        purpose: Purpose,
        action: Action,
    ) -> Option<(&'static str, Vec<&'static str>)> {
        let joint = self.facts_of_document(one).joint;
        let mut ways = vec![one.of];
        ways.extend(
            (0..self.clients.len())
                .filter(|of| *of != one.of && joint.iter().any(|time| time.client == key(*of))),
        );
        ways.into_iter().find_map(|of| self.second_through(caller, one, of, purpose, action))
    }

    /// As [`Archive::second`], through one client alone, by whichever identifier the document names the client; of a
    /// document that is about others, by the client's own.
    fn second_of_client(
        &self,
        caller: &Caller,
        one: &Kept,
        of: usize,
        purpose: Purpose,
        action: Action,
    ) -> Option<(&'static str, Vec<&'static str>)> {
        let document = self.facts_of_document(one);
        let concerns = |member: &usize| document.concerns(Some(key(*member)));
        let mut ways: Vec<usize> = self.members(of).into_iter().filter(concerns).collect();
        if ways.is_empty() {
            ways.push(of);
        }
        ways.into_iter().find_map(|of| self.second_through(caller, one, of, purpose, action))
    }

    /// What the second statement says of a document that is asked for through one client.
    fn second_through(
        &self,
        caller: &Caller,
        one: &Kept,
        of: usize,
        purpose: Purpose,
        action: Action,
    ) -> Option<(&'static str, Vec<&'static str>)> {
        let document = self.facts_of_document(one);
        let client = self.facts_of(of);
        let others: Vec<ClientFacts> = (0..self.clients.len())
            .filter(|other| *other != of)
            .map(|other| self.facts_of(other))
            .collect();
        let others: Vec<&ClientFacts> = others.iter().collect();
        let q = Question::new(caller, &document, &client, purpose, self.today()).beside(&others);
        Second { q: &q, action }.answer()
    }

    fn permitted(&self, caller: &Caller, one: &Kept, purpose: Purpose, action: Action) -> bool {
        self.second(caller, one, purpose, action).is_some()
    }

    /// Whether what is permitted may be seen as it was archived.
    fn unmasked(&self, caller: &Caller, one: &Kept, purpose: Purpose) -> bool {
        let granted = self.second(caller, one, purpose, Action::Read);
        granted.is_some_and(|(_, obligations)| {
            !obligations.contains(&"mask-whereabouts") && !obligations.contains(&"hide-others")
        })
    }

    /// Whether of what is permitted nothing is shown of the other clients of a joint case.
    fn hides_others(&self, caller: &Caller, one: &Kept, purpose: Purpose) -> bool {
        let granted = self.second(caller, one, purpose, Action::Read);
        granted.is_some_and(|(_, obligations)| obligations.contains(&"hide-others"))
    }
}

/// Whether a relationship document names a service task.
fn names_task(draft: &Draft, task: &str) -> bool {
    let content = draft.structured.as_ref();
    let tasks = content.and_then(|content| {
        content.pointer("/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava")?.as_array()
    });
    tasks.into_iter().flatten().any(|one| one["palvelutehtava"]["code"] == task)
}

/// The system that records a draft: identifiers are its own.
fn recorder(draft: &Draft) -> System {
    let own = draft.text("document_id").starts_with(NEIGHBOUR);
    if own { System::Neighbour } else { System::County }
}

fn dossier(person: &Client, relationship: &Draft, case: &Draft) -> Dossier {
    Dossier {
        client: person.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    }
}

/// Whether something was given; any answer but a denial and a gift fails.
fn given<T: std::fmt::Debug>(answer: Result<T, AppError>) -> (bool, Option<T>) {
    match answer {
        Ok(given) => (true, Some(given)),
        Err(AppError::Denied(_)) => (false, None),
        Err(other) => panic!("{other:?}"),
    }
}

/// One question by one path.
struct Trial<'a> {
    archive: &'a Archive,
    caller: &'a Caller,
    purpose: Purpose,
    /// Whose documents are searched for.
    client: usize,
}

/// The paths by which a document is reached.
const PATHS: [&str; 13] = [
    "open",
    "content",
    "national",
    "versions",
    "proof",
    "page",
    "explain",
    "access list",
    "new version",
    "invalidation",
    "client search",
    "register search",
    "handing over",
];

impl Trial<'_> {
    fn may(&self, one: &Kept, action: Action) -> bool {
        self.archive.permitted(self.caller, one, self.purpose, action)
    }

    /// What is permitted by a path, and what the path gave.
    fn ask(&self, path: &str, one: &Kept) -> (Value, Value) {
        let (app, caller, purpose) = (&self.archive.world.app, self.caller, self.purpose);
        let (id, kept) = (&one.facts.id, &self.archive.kept);
        let read = self.may(one, Action::Read);
        let whole = self.archive.unmasked(caller, one, purpose);
        let yes_no = |answer: bool| (json!(read), json!(answer));
        let when_whole = |answer: bool| (json!(whole), json!(answer));
        // What is structured can be masked; what is not, cannot.
        let hides = self.archive.hides_others(caller, one, purpose);
        let shown = whole || (read && !hides && one.draft.structured.is_some());
        let when_shown = |answer: bool| (json!(shown), json!(answer));
        match path {
            "open" => {
                let (answer, view) = given(app.open_document(caller, id, purpose));
                let attached: BTreeSet<String> = view
                    .iter()
                    .flat_map(|view| &view.attachments)
                    .map(ToString::to_string)
                    .collect();
                let main =
                    |kept: &&Kept| kept.main.as_ref().is_some_and(|main| self.same_set(main, id));
                let expected: BTreeSet<String> = kept
                    .iter()
                    .filter(main)
                    .filter(|kept| kept.facts.state == VersionState::InForce)
                    .filter(|kept| read && self.may(kept, Action::List))
                    .map(|kept| kept.facts.id.to_string())
                    .collect();
                (json!([read, expected]), json!([answer, attached]))
            }
            "content" => when_shown(given(app.open_content(caller, id, None, purpose)).0),
            "national" if one.draft.structured.is_some() => {
                when_whole(given(app.open_content(caller, id, Some(Part::National), purpose)).0)
            }
            "page" if one.draft.pdf.is_none() => {
                when_shown(given(app.show_document(caller, id, purpose, ViewLanguage::Finnish)).0)
            }
            "versions" => {
                let (answer, list) = given(app.list_versions(caller, id, purpose));
                let versions = list.iter().flat_map(|list| &list.versions);
                let shown: BTreeSet<String> =
                    versions.map(|one| one.document.to_string()).collect();
                let expected: BTreeSet<String> = kept
                    .iter()
                    .filter(|other| other.facts.set == one.facts.set)
                    .filter(|other| read && self.may(other, Action::List))
                    .map(|other| other.facts.id.to_string())
                    .collect();
                (json!([read, expected]), json!([answer, shown]))
            }
            "proof" => when_whole(given(app.prove_document(caller, id, purpose)).0),
            "explain" => self.explain(one),
            "access list" => {
                let own = caller.owns(&one.facts.controller);
                let answer = given(app.list_access(caller, id, purpose)).0;
                (json!(whole && own), json!(answer))
            }
            "new version" => self.new_version(one),
            "invalidation" => {
                let reason = InvalidationRequest { reason: "none".into(), explanation: None };
                let answer = app.invalidate_document(caller, id, &reason);
                let refused = match answer {
                    Err(AppError::Refused(_) | AppError::AlreadyInvalidated(_)) => true,
                    Err(AppError::Denied(_)) => false,
                    other => panic!("{other:?}"),
                };
                let plain = Purpose::READ;
                let may = self.archive.permitted(caller, one, plain, Action::Invalidate);
                (json!(may), json!(refused))
            }
            "client search" => self.search(Some(self.client)),
            "register search" => self.search(None),
            "handing over" => self.handing_over(),
            _ => yes_no(given(app.open_document(caller, id, purpose)).0),
        }
    }

    fn same_set(&self, main: &Oid, id: &Oid) -> bool {
        let set = |id: &Oid| {
            self.archive.kept.iter().find(|one| one.facts.id == *id).map(|one| &one.facts.set)
        };
        set(main) == set(id)
    }

    fn explain(&self, one: &Kept) -> (Value, Value) {
        let (mut expected, mut told) = (Vec::new(), Vec::new());
        for action in AccessQuestion::ACTIONS {
            let document = one.facts.id.clone();
            let asked = AccessQuestion { document, action, purpose: self.purpose };
            let answer = self.archive.world.app.explain_access(self.caller, &asked).unwrap().answer;
            told.push(answer.ok().map(|grant| {
                let mut codes: Vec<_> = grant.obligations.iter().map(|one| one.code()).collect();
                codes.sort_unstable();
                (grant.basis.code(), codes)
            }));
            expected.push(self.archive.second(self.caller, one, self.purpose, action));
        }
        (json!(expected), json!(told))
    }

    /// A new version that is permitted is refused for what it lacks; one that is not permitted is denied
    /// before that is told.
    fn new_version(&self, one: &Kept) -> (Value, Value) {
        let world = &self.archive.world;
        let next = world.next_version(&one.draft);
        let next = match next.pdf {
            Some(_) => next.pdf(*b"%PDF-1.7 and no more"),
            None => next.view("<div xmlns='http://www.w3.org/1999/xhtml'><script/></div>"),
        };
        let refused = match world.app.archive_document(self.caller, next.submission()) {
            Err(AppError::Refused(_)) => true,
            Err(AppError::Denied(_)) => false,
            other => panic!("{other:?}"),
        };
        let facts = DocumentFacts { state: VersionState::InForce, ..one.facts.clone() };
        let in_force = Kept { facts, of: one.of, draft: one.draft.clone(), main: None };
        let may = |action| self.archive.permitted(self.caller, &in_force, Purpose::READ, action);
        (json!(may(Action::Version)), json!(refused))
    }

    /// What goes on a request from outside is what may be handed over of what is in force, each as much as it
    /// may be, and nothing else: in a package, and as a dry run tells it of paper.
    fn handing_over(&self) -> (Value, Value) {
        let (world, caller) = (&self.archive.world, self.caller);
        let ground = match self.purpose.reason {
            Some(reason @ Reason::Statutory(_)) => reason,
            _ => Reason::Request(RequestGround::ByLaw),
        };
        let form = if self.purpose.invalidated_too { HandedAs::Package } else { HandedAs::Paper };
        let mut request = handing_over::request(&self.archive.clients[self.client]);
        // To the client's side goes unnamed what its subject does not keep from the view.
        let clients_side = self.purpose.situation.is_none();
        request.receiver.kind =
            if clients_side { ReceiverKind::Client } else { ReceiverKind::Authority };
        let request = OutsideRequest { ground, form, ..request };
        let archivist = caller.role() == Some(Role::Archivist);
        let situation = if archivist { Situation::Archivist } else { Situation::OwnRegister };
        let purpose = Purpose::READ.in_situation(situation).because(ground);
        let in_force =
            self.archive.kept.iter().filter(|one| one.facts.state == VersionState::InForce);
        let expected = in_force.filter_map(|one| {
            let (archive, of) = (self.archive, self.client);
            let said = archive.second_of_client(caller, one, of, purpose, Action::Disclose);
            let (ground, duties) = said?;
            assert_eq!(ground, "on-request");
            let duty = |name| duties.contains(&name);
            let extent = match (duty("hide-others"), duty("mask-whereabouts")) {
                (true, _) => "others-hidden",
                (false, true) if one.draft.structured.is_none() => return None,
                (false, true) => "masked",
                (false, false) => "whole",
            };
            let goes = (!duty("on-paper-alone") || form == HandedAs::Paper)
                && (!clients_side || one.facts.subject == Subject::Ordinary);
            goes.then(|| (one.facts.id.to_string(), extent.to_owned()))
        });
        let expected: BTreeSet<(String, String)> = expected.collect();
        let given = if form == HandedAs::Package {
            let package = handing_over::hand_over(world, caller, &request);
            package.map(|package| handing_over::contents(&package))
        } else {
            world.app.try_handing_over(caller, &request).map(|plan| {
                let told = plan.documents.into_iter();
                told.map(|one| (one.document.to_string(), one.extent.code().to_owned())).collect()
            })
        };
        let given: BTreeSet<(String, String)> = match given {
            Ok(given) => given.into_iter().collect(),
            Err(AppError::Denied(_) | AppError::NotFound) => BTreeSet::new(),
            Err(other) => panic!("{other:?}"),
        };
        (json!(expected), json!(given))
    }

    /// A search shows what may be listed, over all its pages, and nothing else.
    fn search(&self, of: Option<usize>) -> (Value, Value) {
        let world = &self.archive.world;
        let mut states = vec![VersionState::InForce, VersionState::Replaced];
        if self.purpose.invalidated_too {
            states.push(VersionState::Invalidated);
        }
        let mut query = DocumentQuery {
            client: of.map(|of| self.archive.clients[of].identifier()),
            situation: self.purpose.situation,
            reason: self.purpose.reason,
            states: states.clone(),
            limit: 7,
            ..DocumentQuery::default()
        };
        let registers = &self.caller.registers;
        let expected: BTreeSet<String> = self
            .archive
            .kept
            .iter()
            .filter(|one| of.is_some() || registers.contains(&one.facts.controller))
            .filter(|one| states.contains(&one.facts.state))
            .filter(|one| match of {
                None => self.may(one, Action::List),
                Some(of) => self
                    .archive
                    .second_of_client(self.caller, one, of, self.purpose, Action::List)
                    .is_some(),
            })
            .map(|one| one.facts.id.to_string())
            .collect();
        let mut shown = Vec::new();
        loop {
            match world.app.find_documents(self.caller, &query) {
                Ok(page) => {
                    shown.extend(page.hits.into_iter().map(|hit| hit.document.to_string()));
                    query.cursor = page.next;
                }
                Err(AppError::Denied(_)) if shown.is_empty() => break,
                // A search elsewhere that names nobody; nothing else is refused, a slow search least of all.
                Err(AppError::Refused(faults)) if faults[0].code() == "missing-element" => break,
                Err(other) => panic!("{other:?}"),
            }
            if query.cursor.is_none() {
                break;
            }
        }
        let elsewhere =
            self.purpose.situation.is_some_and(|one| one.discloses() || one.uses_register());
        let unnamed = of.is_none() && elsewhere;
        let once: BTreeSet<String> = shown.iter().cloned().collect();
        assert_eq!(once.len(), shown.len(), "a hit was shown twice");
        (json!(if unnamed { BTreeSet::new() } else { expected }), json!(once))
    }
}

/// ACC-6, ACC-2, ARC-11, RUR-2, RUR-3, DIS-1, OLD-3, ARC-3: by every path every caller is answered as the second
/// statement of the rules says, and leaves a line in the use log.
#[test]
fn every_path_answers_as_the_second_statement_says() {
    let long = crate::world::long();
    let (archives, questions) = if long { (50, 20_000) } else { (5, 2_000) };
    let seed = std::env::var_os("VARANTO_SEED").map(|text| text.to_string_lossy().parse());
    let seed: u64 = seed.map_or(26_112_026, |seed| seed.expect("VARANTO_SEED is a number"));
    let begun = Stopwatch::now();
    let mut draw = Draw::new(seed);
    let mut answers: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    // Joint documents: asked about, shown whole, and shown without the others.
    let mut joint_looks = [0u64; 3];
    // Identifiers that were joined or parted, and looks at documents of somebody who has several.
    let (mut changes, mut looks_together) = (0u64, 0u64);
    for number in 0..archives {
        let mut archive = Archive::make(&mut draw, 8);
        for question in 0..questions {
            if question % 500 == 499 {
                archive.world.clock.forward_millis(24 * 60 * 60 * 1000);
                if draw.chance(50) {
                    archive.tell_of_persons();
                }
            }
            if question % 100 == 50 {
                changes += u64::from(archive.join_or_part(&mut draw));
            }
            let caller = archive.caller(&mut draw);
            let purpose = Archive::purpose(&mut draw);
            let one = draw.pick(&archive.kept);
            let path = *draw.pick(&PATHS);
            let joint = archive.facts_of_document(one).joint;
            let client = match draw.below(joint.len() + 1) {
                0 => one.of,
                other => usize::try_from(joint[other - 1].client.0).unwrap() - 1,
            };
            let members = archive.members(client);
            looks_together += u64::from(members.len() > 1);
            let client = *draw.pick(&members);
            let trial = Trial { archive: &archive, caller: &caller, purpose, client };
            if !joint.is_empty() {
                joint_looks[0] += 1;
                joint_looks[1] += u64::from(archive.unmasked(&caller, one, purpose));
                joint_looks[2] += u64::from(archive.hides_others(&caller, one, purpose));
            }
            let lines = archive.world.contents().log_lines;
            let (expected, answered) = trial.ask(path, one);
            assert_eq!(
                expected,
                answered,
                "seed {seed}, archive {number}, question {question}: {path} of {:#?}\nby {caller:#?}\n{purpose:?}\n{:#?}",
                archive.facts_of_document(one),
                archive.facts[one.of]
            );
            assert!(archive.world.contents().log_lines > lines, "{path} left no line");
            let no = |value: &Value| value.is_null() || *value == false || *value == json!([]);
            let empty = no(&expected)
                || no(&expected[0])
                    && expected
                        .as_array()
                        .is_some_and(|all| path != "explain" || all.iter().all(no));
            answers.entry(path).or_default()[usize::from(!empty)] += 1;
        }
        assert_eq!(archive.world.damage(), Vec::<String>::new());
    }
    println!(
        "{} questions by {} paths, seed {seed}, {:.1} s, no disagreement",
        archives * questions,
        PATHS.len(),
        begun.elapsed().as_secs_f64()
    );
    println!("no, yes: {answers:?}");
    println!("of joint cases, shown whole, shown without the others: {joint_looks:?}");
    assert!(answers.values().all(|[no, yes]| *no > 0 && *yes > 0), "{answers:?}");
    assert!(joint_looks.iter().all(|looks| *looks > 0), "{joint_looks:?}");
    println!(
        "identifiers joined or parted: {changes}; looks at one with several: {looks_together}"
    );
    assert!(changes > 5 && looks_together > 100, "{changes} {looks_together}");
}
