//! What the archive's rules say of the county, and the county of itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use varanto_domain::access::Function;
use varanto_domain::archive::metadata::{self, Against, Metadata};
use varanto_domain::archive::register_documents::{CaseContent, RelationshipContent};
use varanto_domain::faults::Fault;
use varanto_domain::ids::ClientIdentifier;
use varanto_domain::joining::{RegisterEntries, Registers};
use varanto_domain::relationship::{Parties, RegisterUseRight, Side};
use varanto_domain::structures::{ConditionFacts, Content, check, check_conditions};
use varanto_formats::content;

use super::*;

fn until() -> FinnishDay {
    FinnishDay::new(2026, 11, 20).unwrap()
}

fn county(seed: u64, clients: u32, documents: u64) -> County {
    County::new(seed, CountySize { clients, documents }, until())
}

fn documents(county: &County) -> impl Iterator<Item = Made> + '_ {
    county.events().filter_map(|event| match event {
        Event::Archive(made) => Some(made),
        Event::Invalidate { .. } => None,
    })
}

fn part(made: &Made, wanted: Part) -> Option<&[u8]> {
    let found = made.parts.iter().find(|(part, _)| *part == wanted);
    found.map(|(_, bytes)| bytes.as_slice())
}

fn read_metadata(made: &Made, codes: &CodeSets, case_closed: bool) -> Metadata {
    let (raw, faults) = varanto_formats::metadata::read(made.metadata_json.as_bytes()).unwrap();
    assert_eq!(faults, [], "{}", made.metadata_json);
    let form = Some(made.form);
    let against = Against { form, code_sets: codes, case_closed, now: made.at };
    let metadata = metadata::check(&raw, &against);
    metadata.unwrap_or_else(|faults| panic!("{faults:?}\n{}", made.metadata_json))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let all = |seed| -> Vec<(String, Vec<Vec<u8>>)> {
        let county = county(seed, 12, 260);
        let documents = documents(&county);
        documents
            .map(|made| (made.metadata_json, made.parts.into_iter().map(|(_, b)| b).collect()))
            .collect()
    };
    let first = all(5);
    assert_eq!(first.len(), 260);
    assert!(first == all(5), "the same seed gave other documents");
    assert!(first != all(6));
}

#[test]
fn a_part_of_the_county_is_the_same_as_in_the_whole() {
    let county = county(5, 30, 600);
    let whole: Vec<Oid> = documents(&county).map(|made| made.document_id).collect();
    let mut parts = Vec::new();
    for clients in [0..7, 7..8, 8..30] {
        parts.extend(county.events_of(clients).filter_map(|event| match event {
            Event::Archive(made) => Some(made.document_id),
            Event::Invalidate { .. } => None,
        }));
    }
    assert_eq!(whole, parts);
    let alone: HashSet<&Oid> = whole.iter().collect();
    assert_eq!(alone.len(), whole.len(), "an identifier was given twice");
}

/// ARC-2, ARC-5: metadata, structured content, its conditional obligations and its view all hold,
/// and say the same.
#[test]
fn every_document_passes_the_checks_of_the_archive() {
    let county = county(11, 240, 4800);
    let codes = CodeSets::built_in();
    let mut kinds: HashMap<String, usize> = HashMap::new();
    let mut faults: BTreeSet<String> = BTreeSet::new();
    for made in documents(&county) {
        let structured = part(&made, Part::Structured);
        let content = structured.map(|bytes| content::read(bytes, "structured").unwrap());
        let day = FinnishDay::of(made.at);
        let case = content.as_ref().filter(|_| made.group == DocumentGroup::Case);
        let case = case.map(|content| CaseContent::read(content, &codes, day));
        let closed = case.as_ref().is_some_and(|case| case.closed);
        let metadata = read_metadata(&made, &codes, closed);
        assert_eq!(metadata.document_id, made.document_id);
        assert!(made.document_id.is_under(&made.sender));
        if let Some(content) = &content {
            let facts = ConditionFacts {
                client_birth_day: metadata.client.birth_day(),
                case_closed: closed,
                ..ConditionFacts::on(FinnishDay::of(metadata.written_at))
            };
            faults.extend(content_faults(&metadata, content, &facts));
            agrees(&metadata, content, case.as_ref());
        }
        if let Some(view) = part(&made, Part::View) {
            let document = Some(&made.document_id);
            assert_eq!(varanto_formats::xhtml::check(view, document), []);
        }
        if let Some(pdf) = part(&made, Part::Pdf) {
            let facts = varanto_formats::pdf::check(pdf).unwrap();
            assert_eq!((facts.part, facts.conformance), (2, Some('B')));
        }
        let kind = metadata.specific_type.as_deref().unwrap_or("-");
        *kinds.entry(format!("{} {kind} {:?}", made.group.code(), made.form)).or_default() += 1;
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let of = |start: &str| -> usize {
        kinds.iter().filter(|(kind, _)| kind.starts_with(start)).map(|(_, count)| count).sum()
    };
    // About seventy of a hundred client documents are case notes; old documents are none.
    let (notes, all) = (of("5 19") + of("3 19"), of("5") + of("3"));
    assert!((65..85).contains(&(notes * 100 / all)), "{notes} of {all}\n{kinds:?}");
    for group in ["1", "2", "3", "4", "5"] {
        assert!(of(&format!("{group} ")) > 100, "group {group}\n{kinds:?}");
    }
    assert!(of("8 ") > 10 && of("9 ") > 2, "{kinds:?}");
    assert!(kinds.len() > 55, "{} kinds\n{kinds:?}", kinds.len());
}

fn content_faults(
    metadata: &Metadata,
    content: &Content<'_>,
    facts: &ConditionFacts,
) -> Vec<String> {
    let oid = metadata.structure.as_ref().unwrap();
    let structure = built_in().iter().find(|structure| structure.oid == *oid).unwrap();
    assert!(structure.first_day <= FinnishDay::of(metadata.written_at));
    let mut faults = check(structure, content);
    faults.extend(check_conditions(structure, content, facts));
    let show = |fault: Fault| format!("{} {} {:?}", fault.rule, fault.element, fault.args);
    faults.into_iter().map(show).collect()
}

/// The client and the references are the same in metadata and content.
fn agrees(metadata: &Metadata, content: &Content<'_>, case: Option<&CaseContent>) {
    let Content::Object(members) = content else { panic!("no object") };
    let client = members[0].1.member("asiakas").unwrap().entries().first().unwrap();
    let value = |key: &str| client.member(key)?.member("value")?.text();
    match &metadata.client.identifier {
        ClientIdentifier::Code(code) => {
            assert_eq!(value("henkilotunnus"), Some(code.reveal()), "{}", members[0].0);
        }
        ClientIdentifier::Temporary(one) => {
            // Half of the structures have no row for a temporary identifier.
            assert_eq!(value("henkilotunnus"), None);
            let given = value("tilapainen_yksilointitunnus");
            assert!(given.is_none_or(|given| given == one.reveal()));
        }
    }
    let name = client.member("sukunimi").and_then(Content::text);
    assert_eq!(name, Some(metadata.client.family_name.reveal()));
    if let Some(case) = case {
        assert_eq!(case.disagreements(metadata), []);
    }
    if metadata.group == DocumentGroup::Relationship {
        assert_eq!(RelationshipContent::read(content).disagreements(metadata), []);
    }
}

/// ARC-7: what a document refers to was archived before it, for the same client.
#[test]
fn documents_refer_only_to_what_was_made_before() {
    let county = county(3, 150, 3200);
    let codes = CodeSets::built_in();
    let mut newest: HashMap<Oid, (Oid, u32)> = HashMap::new();
    let mut archived: HashSet<Oid> = HashSet::new();
    let mut cases: HashMap<Oid, Oid> = HashMap::new();
    let mut relationships: HashSet<Oid> = HashSet::new();
    let mut invalidated = 0;
    let mut last = None;
    for event in county.events() {
        let made = match event {
            Event::Archive(made) => made,
            Event::Invalidate { document, .. } => {
                assert!(archived.remove(&document));
                invalidated += 1;
                continue;
            }
        };
        let closed = made.metadata_json.contains("\"case_closed_on\"");
        let metadata = read_metadata(&made, &codes, closed);
        let of_will = matches!(metadata.group, DocumentGroup::Permission | DocumentGroup::Refusal);
        assert_eq!(metadata.relationship_id.is_none(), of_will);
        let Some(relationship) = metadata.relationship_id.clone() else { continue };
        match &metadata.replaces {
            None => assert_eq!(metadata.version, 1),
            Some(replaces) => {
                let earlier = (replaces.document.clone(), metadata.version - 1);
                assert_eq!(newest.get(&metadata.set_id), Some(&earlier));
            }
        }
        if metadata.group == DocumentGroup::Relationship {
            relationships.insert(relationship);
            last = None;
        } else {
            assert!(relationships.contains(&relationship));
            let case = metadata.case_id.clone().unwrap();
            if metadata.group == DocumentGroup::Case {
                cases.insert(case, relationship);
            } else {
                assert_eq!(cases.get(&case), Some(&relationship));
            }
        }
        if let Some(main) = &metadata.main_document {
            assert!(archived.contains(main));
        }
        assert!(last.is_none_or(|last| last < made.at), "the events of a client follow in time");
        last = Some(made.at);
        assert!(FinnishDay::of(made.at) <= until());
        newest.insert(metadata.set_id, (metadata.document_id, metadata.version));
        archived.insert(made.document_id);
    }
    assert!(invalidated > 5, "{invalidated}");
}

#[test]
fn structured_documents_are_of_realistic_size() {
    let county = county(2, 300, 6000);
    let mut sizes: Vec<usize> = documents(&county)
        .filter(|made| made.form == StorageForm::Structured)
        .map(|made| made.content_bytes())
        .collect();
    sizes.sort_unstable();
    let at = |percent: usize| sizes[sizes.len() * percent / 100];
    let shown = format!("{} {} {} {} {}", at(1), at(10), at(50), at(90), at(99));
    assert!((3000..7000).contains(&at(50)), "{shown}");
    assert!((1200..3500).contains(&at(1)), "{shown}");
    assert!((11_000..30_000).contains(&at(99)), "{shown}");
}

#[test]
fn the_size_asked_for_is_the_size_made() {
    for (clients, wanted) in [(1, 1), (3, 7), (50, 40), (100, 2000), (7, 5000)] {
        let county = county(9, clients, wanted);
        assert_eq!(documents(&county).count() as u64, wanted, "{clients} clients");
    }
}

/// REG-1, REG-4, RUR-7.
#[test]
fn the_registers_take_the_county_in() {
    let county = county(1, 1, 1);
    let organisations = varanto_formats::registers::read(county.registers_json().as_bytes());
    let systems = varanto_formats::registers::read(county.systems_json().as_bytes());
    let (organisations, systems) = (organisations.unwrap(), systems.unwrap());
    let all = RegisterEntries { systems: systems.systems, ..organisations };
    let registers = Registers::new(all).unwrap();
    for organisation in &county.organisations()[..3] {
        assert!(registers.owns_node(&organisation.id, &organisation.id));
    }
    assert_eq!(registers.systems().len(), 4);
    let neighbour = registers.organisation(&county.neighbour().id).unwrap();
    assert!(neighbour.controller && neighbour.disclosure.is_some());
    assert_eq!(registers.keeper_of_wills().map(|one| &one.oid), Some(&county.own().id));
}

/// DIS-1: the other county's relationship is its own in every identifier, and of the same client.
#[test]
fn the_other_county_has_relationships_of_its_own() {
    let county = county(5, 20, 400);
    let codes = CodeSets::built_in();
    let moved: Vec<(Made, Made)> = documents(&county)
        .filter_map(|made| county.in_neighbours_register(&made).map(|moved| (made, moved)))
        .collect();
    assert!(moved.len() > 10);
    for (made, moved) in &moved {
        let (own, others) =
            (read_metadata(made, &codes, false), read_metadata(moved, &codes, false));
        assert_eq!(own.client, others.client);
        assert_eq!(others.controller.id, county.neighbour().id);
        let content = part(moved, Part::Structured).unwrap();
        let said = RelationshipContent::read(&content::read(content, "structured").unwrap());
        assert_eq!(said.disagreements(&others), []);
        let registers = varanto_formats::registers::read(county.registers_json().as_bytes());
        let registers = Registers::new(registers.unwrap()).unwrap();
        let day = FinnishDay::of(others.written_at);
        assert_eq!(said.units.faults(&[others.controller.id], day, &registers), []);
    }
}

#[test]
fn users_have_logins_of_their_own_and_every_role_has_one() {
    let users = county(1, 1, 1).users();
    let logins: HashSet<&str> = users.iter().map(|user| user.login.as_str()).collect();
    assert_eq!(logins.len(), users.len());
    assert!(users.iter().all(|user| user.login.is_ascii()));
    let roles = [
        Role::Worker,
        Role::ResponsibleWorker,
        Role::Archivist,
        Role::ProducerWorker,
        Role::MainUser,
    ];
    for role in roles {
        assert!(users.iter().any(|user| user.role == role), "{role:?}");
    }
}

#[test]
fn the_samples_are_busy_clients_with_identity_codes() {
    let county = county(1, 300, 6000);
    let samples = county.sample_clients();
    assert!(samples.len() >= 5);
    for client in samples {
        assert!(client.code.is_artificial());
        assert!(county.documents_of(client.number) > 20);
    }
}

/// REL-3, RUR-1: relationships end when their cases are closed and their services over, and the
/// producers have rights of the past and of today.
#[test]
fn relationships_end_with_their_cases_and_producers_serve_today() {
    let county = county(5, 120, 4000);
    let codes = CodeSets::built_in();
    let mut open_cases: HashMap<Oid, HashSet<Oid>> = HashMap::new();
    let mut rights: HashMap<Oid, Vec<RegisterUseRight>> = HashMap::new();
    let mut ended = 0;
    for made in documents(&county) {
        let Some(bytes) = part(&made, Part::Structured) else { continue };
        let read = content::read(bytes, "structured").unwrap();
        let is_case = read.member("asia_asiakirja").is_some();
        if is_case {
            let case = CaseContent::read(&read, &codes, until());
            let metadata = read_metadata(&made, &codes, case.closed);
            let of = open_cases.entry(metadata.relationship_id.unwrap()).or_default();
            let id = metadata.case_id.unwrap();
            if case.closed {
                of.remove(&id)
            } else {
                of.insert(id)
            };
        } else if read.member("asiakkuusasiakirja").is_some() {
            let said = RelationshipContent::read(&read);
            let metadata = read_metadata(&made, &codes, false);
            let Some(id) = metadata.relationship_id.filter(|_| !said.old) else { continue };
            let organiser = metadata.organiser.map(|party| party.id);
            let parties = Parties::of(&metadata.controller.id, organiser.as_ref(), &id);
            if said.last_day.is_some() {
                assert_eq!(said.units.still_serving(), []);
                assert!(open_cases.get(&id).is_none_or(HashSet::is_empty), "{id}");
                ended += 1;
            }
            rights.insert(id, said.units.rights(&parties));
        }
    }
    let held = || rights.values().flatten().filter(|right| right.side == Side::Producer);
    let now = held().filter(|right| right.in_force_on(until())).count();
    let past = held().count() - now;
    assert!(ended > 10 && now > 5 && past > 5, "{ended} ended, {now} rights now, {past} past");
}

/// REG-5: the population has what the archive asks of it: the dead, the living under an order, and minors
/// with their guardians; clients to try with live.
#[test]
fn the_population_register_knows_of_each_kind_of_fact() {
    let county = county(20_261_123, 300, 3000);
    let people: HashMap<_, _> = county.population().collect();
    assert!(people.values().any(|facts| facts.died_on.is_some()));
    assert!(people.values().any(|facts| facts.is_under_safety_order(until())));
    assert!(people.values().any(|facts| !facts.guardians.is_empty()));
    for sample in county.sample_clients() {
        assert_eq!(people[&sample.code].died_on, None);
    }
}

/// RUR-5, JOI-4: the system of each organisation whose units hold register-use rights is certified for them, so that it reads
/// and is told its notices.
#[test]
fn the_systems_of_producers_are_certified_for_register_use() {
    let county = county(5, 12, 260);
    let systems =
        varanto_formats::registers::read(county.systems_json().as_bytes()).unwrap().systems;
    let all = county.organisations().iter();
    let producers: Vec<_> = all.filter(|one| one.kind == OrganisationKind::Producer).collect();
    assert!(!producers.is_empty());
    for producer in producers {
        let mut theirs = systems.iter().filter(|one| one.organisations.contains(&producer.id));
        assert!(theirs.any(|one| one.may(Function::RegisterUse, until())), "{}", producer.id);
    }
}
