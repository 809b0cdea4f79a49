//! Finding documents: every filter, and pages without a hit twice or lost (ARC-8).

use varanto_app::archive::{DocumentQuery, InvalidationRequest, SummaryQuery};
use varanto_app::{AppError, SearchLimits};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::time::Instant;
use varanto_formats::synthetic::Draw;

use crate::world::{
    COUNTY, Dossier, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, System, UNIT, World,
    client, identity, instant, oid, on_server, structure_of, task,
};

/// One archived version, as a naive reader of everything would remember it.
#[derive(Debug, Clone)]
struct Known {
    id: Oid,
    client: ClientIdentifier,
    case: Option<Oid>,
    relationship: Option<Oid>,
    main: Option<Oid>,
    set: Oid,
    unit: Oid,
    task: Option<String>,
    general: Option<String>,
    specific: Option<String>,
    group: DocumentGroup,
    written: Instant,
    state: VersionState,
    order: usize,
}

/// Everything archived, in the order of archiving.
#[derive(Default)]
struct Everything(Vec<Known>);

impl Everything {
    fn archive(&mut self, world: &World, draft: &Draft, dossier: &Dossier) {
        world.archive(draft);
        let text = |path: &str| {
            let mut at = &draft.metadata;
            for name in path.split('.') {
                at = &at[name];
            }
            at.as_str().map(str::to_owned)
        };
        let id = |path: &str| text(path).map(|text| oid(&text));
        let group = DocumentGroup::of_code(&draft.text("group")).unwrap();
        if let Some(before) = id("replaces.document_id") {
            let before = self.0.iter_mut().find(|known| known.id == before).unwrap();
            before.state = VersionState::Replaced;
        }
        let main = id("main_document");
        let main =
            main.map(|main| self.0.iter().find(|known| known.id == main).unwrap().set.clone());
        self.0.push(Known {
            id: draft.id(),
            client: dossier.client.identifier(),
            case: id("case_id"),
            relationship: Some(oid(&dossier.relationship)),
            main,
            set: oid(&draft.text("set_id")),
            unit: oid(&draft.text("service_unit.id")),
            task: text("service_task"),
            general: text("general_type"),
            specific: text("specific_type"),
            group,
            written: instant(&draft.text("written_at")),
            state: VersionState::InForce,
            order: self.0.len(),
        });
    }

    /// The naive answer: everything looked at, newest first.
    fn answer(&self, query: &DocumentQuery) -> Vec<Oid> {
        let states = if query.states.is_empty() {
            vec![VersionState::InForce]
        } else {
            query.states.clone()
        };
        let main = query.main_document.as_ref().map(|main| {
            self.0.iter().find(|known| known.id == *main).map(|known| known.set.clone())
        });
        let mut hits: Vec<&Known> = self
            .0
            .iter()
            .filter(|known| {
                fits(query.client.as_ref(), Some(&known.client))
                    && fits(query.case.as_ref(), known.case.as_ref())
                    && fits(query.relationship.as_ref(), known.relationship.as_ref())
                    && main.as_ref().is_none_or(|main| main.is_some() && known.main == *main)
                    && fits(query.unit.as_ref(), Some(&known.unit))
                    && fits(query.service_task.as_ref(), known.task.as_ref())
                    && fits(query.general_type.as_ref(), known.general.as_ref())
                    && fits(query.specific_type.as_ref(), known.specific.as_ref())
                    && query.group.is_none_or(|group| group == known.group)
                    && query.from.is_none_or(|from| from <= known.written)
                    && query.before.is_none_or(|before| known.written < before)
                    && states.contains(&known.state)
                    && query.controller.as_ref().is_none_or(|one| one.as_str() == COUNTY)
                    && query.organiser.as_ref().is_none_or(|one| one.as_str() == COUNTY)
            })
            .collect();
        hits.sort_by_key(|known| std::cmp::Reverse((known.written, known.order)));
        hits.into_iter().map(|known| known.id.clone()).collect()
    }
}

/// Whether a value is the wanted one, or none is wanted.
fn fits<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
    wanted.is_none_or(|wanted| found == Some(wanted))
}

/// Every page of a query, one after another.
fn pages(world: &World, query: &DocumentQuery) -> Vec<Oid> {
    let mut found = Vec::new();
    let mut query = query.clone();
    loop {
        let page = world.app.find_documents(&world.county(), &query).unwrap();
        assert!(page.hits.len() <= query.limit);
        found.extend(page.hits.into_iter().map(|hit| hit.document));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return found,
        }
    }
}

/// A county with three clients, whose documents were often written at the same instant, some before
/// 1970.
fn county() -> (World, Everything, Vec<Dossier>) {
    let world = World::new();
    let mut all = Everything::default();
    let mut dossiers = Vec::new();
    let mut draw = Draw::new(3);
    for number in 1..=3 {
        let person = client(number);
        for old in [false, true] {
            let relationship =
                if old { world.old_relationship(&person) } else { world.relationship(&person) };
            let id = relationship.text("relationship_id");
            let case = if old { world.closed_case(&person, &id) } else { world.case(&person, &id) };
            let dossier = Dossier {
                client: person.clone(),
                relationship: id,
                case: case.text("case_id"),
                relationship_document: relationship.text("document_id"),
                case_document: case.text("document_id"),
            };
            all.archive(&world, &relationship, &dossier);
            all.archive(&world, &case, &dossier);
            dossiers.push(dossier);
        }
    }
    for number in 0..70 {
        let dossier = &dossiers[draw.below(dossiers.len())];
        let old = dossiers.iter().position(|one| one.case == dossier.case).unwrap() % 2 == 1;
        let at = format!("2026-10-{:02}T12:00:00+03:00", 1 + draw.below(3));
        let mut draft = match number % 3 {
            _ if old => {
                let years = ["1961", "1969", "2018"];
                let at = format!("{}-05-06T12:00:00+02:00", draw.pick(&years));
                let draft = world.old(dossier).set("written_at", at.as_str()).set("created_at", at);
                draft
                    .set("original_service_task.code_set", "1989")
                    .set("original_service_task.code", "101")
            }
            0 => world.phase_one(dossier).set("general_type", "11"),
            _ => world.note(dossier),
        };
        if !old {
            draft = draft.set("written_at", at.as_str()).set("created_at", at);
        }
        if !old && draw.chance(30) {
            draft = draft.set("service_unit.id", OPERATING_UNIT);
        }
        let mains: Vec<String> = all
            .0
            .iter()
            .filter(|one| one.client == dossier.client.identifier() && one.main.is_none())
            .filter(|one| one.group == DocumentGroup::LaterPhase)
            .map(|one| one.id.to_string())
            .collect();
        if !old && !mains.is_empty() && draw.chance(20) {
            draft = draft.set("main_document", draw.pick(&mains).as_str());
        }
        all.archive(&world, &draft, dossier);
        if !old && draw.chance(20) {
            let next = world.next_version(&draft);
            let written = draft.text("written_at");
            all.archive(&world, &next.set("written_at", written), dossier);
        }
        if !old && draw.chance(10) {
            let reason = InvalidationRequest { reason: "1".into(), explanation: None };
            let last = all.0.last().unwrap().clone();
            world.app.invalidate_document(&world.county(), &last.id, &reason).unwrap();
            let number = all.0.len();
            all.0[number - 1].state = VersionState::Invalidated;
            let before = all.0[..number - 1].iter_mut().rfind(|one| one.set == last.set);
            if let Some(before) = before {
                before.state = VersionState::InForce;
            }
        }
    }
    (world, all, dossiers)
}

/// ARC-8: any combination of filters gives what a look at everything gives, page by page.
#[test]
fn a_search_finds_what_a_look_at_everything_finds() {
    let (world, all, dossiers) = county();
    assert!(check_searches(&world, &all, &dossiers, 300) > 1000);
}

/// ARC-8: the same when a page may look through a few documents only, so that most pages of a
/// register stop half-way, many of them empty.
#[test]
fn pages_that_stop_half_way_lose_nothing_and_show_nothing_twice() {
    let (world, all, dossiers) = county();
    for rows in [2, 7] {
        let world = world.clone_with(SearchLimits { rows, ..SearchLimits::default() });
        assert!(check_searches(&world, &all, &dossiers, 40) > 100);
    }
}

/// ARC-8, OPS-4: a search that matches nothing looks through so many documents a page, however
/// large the register is, and tells where to go on.
#[test]
fn a_search_of_a_register_looks_through_a_bounded_number_a_page() {
    let (world, all, _) = county();
    let world = world.clone_with(SearchLimits { rows: 10, ..SearchLimits::default() });
    let mut query =
        DocumentQuery { specific_type: Some("15007".into()), ..DocumentQuery::default() };
    query.states = vec![VersionState::Invalidated];
    assert_eq!(all.answer(&query), Vec::<Oid>::new());
    let mut pages = 1;
    loop {
        let page = world.app.find_documents(&world.county(), &query).unwrap();
        assert!(page.hits.is_empty());
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
        pages += 1;
    }
    assert_eq!(pages, all.0.len() / 10 + 1);
}

/// ARC-8: a search that takes longer than it may is broken off, told as too wide, and logged.
#[test]
fn a_search_that_takes_too_long_is_refused_as_too_wide() {
    let (world, _, _) = county();
    let limits = SearchLimits { time: std::time::Duration::ZERO, ..SearchLimits::default() };
    let hasty = world.clone_with(limits);
    let lines = world.contents().log_lines;
    let wide = DocumentQuery {
        group: Some(DocumentGroup::Refusal),
        states: VersionState::ALL.to_vec(),
        ..DocumentQuery::default()
    };
    let Err(AppError::Refused(faults)) = hasty.app.find_documents(&world.county(), &wide) else {
        panic!("it was in time");
    };
    assert_eq!((faults[0].code(), faults[0].element.as_str()), ("search-too-wide", "search"));
    assert_eq!(world.contents().log_lines, lines + 1);
    // The reader that was broken off reads on.
    assert!(world.app.find_documents(&world.county(), &wide).is_ok());
}

/// ARC-8, D3: one to whom nothing of a client could be shown is not told that a search or a summary takes too long, which it
/// does of a client whom the archive knows alone; and what is told is the same as of an unknown one.
#[test]
fn too_long_a_search_tells_nobody_that_a_client_is_known() {
    if on_server() {
        return;
    }
    let world = World::new();
    let dossier = world.open_case(&client(1));
    world.know(&client(1));
    let limits = SearchLimits { time: std::time::Duration::ZERO, ..SearchLimits::default() };
    let hasty = world.clone_with(limits);
    let code = |found: Result<usize, AppError>| match found {
        Ok(hits) => hits.to_string(),
        Err(AppError::Refused(faults)) => faults[0].code().to_owned(),
        Err(other) => panic!("{other:?}"),
    };
    let asked = |system: System, number: u16| {
        let caller = world.caller(system);
        let client = client(number).identifier();
        let query = DocumentQuery {
            client: Some(client.clone()),
            limit: DocumentQuery::MOST,
            ..DocumentQuery::default()
        };
        let search = hasty.app.find_documents(&caller, &query).map(|page| page.hits.len());
        let query = SummaryQuery { client, enriched: false, situation: None, reason: None };
        let summary = hasty.app.client_summary(&caller, &query).map(|one| one.documents.len());
        (code(search), code(summary))
    };
    let note = world.note(&dossier);
    world.archive(&note);
    let by = |system: System, query: DocumentQuery| {
        let query = DocumentQuery { limit: DocumentQuery::MOST, ..query };
        let found = hasty.app.find_documents(&world.caller(system), &query);
        code(found.map(|page| page.hits.len()))
    };
    let of_case = |case: &str| DocumentQuery { case: Some(oid(case)), ..DocumentQuery::default() };
    let of_main = |id: Oid| DocumentQuery { main_document: Some(id), ..DocumentQuery::default() };
    world.grow_until(&dossier, || {
        let takes_too_long = |query| by(System::County, query) == "search-too-wide";
        let both = [of_case(&dossier.case), of_main(note.id())].map(takes_too_long);
        both == [true; 2] && asked(System::County, 1).0 == "search-too-wide"
    });
    for query in [of_case(&dossier.case), of_main(note.id())] {
        for system in [System::Neighbour, System::Producer] {
            assert_eq!(by(system, query.clone()), "0", "{system:?}");
        }
    }
    for system in [System::Neighbour, System::Producer] {
        assert_eq!(asked(system, 1), ("0".to_owned(), "0".to_owned()), "{system:?}");
        assert_eq!(asked(system, 1), asked(system, 2), "{system:?}");
    }
}

/// Makes so many searches, holds each against the naive answer, and counts what they found.
fn check_searches(world: &World, all: &Everything, dossiers: &[Dossier], searches: u32) -> usize {
    let mut draw = Draw::new(5);
    let mut hits = 0;
    for _ in 0..searches {
        let dossier = draw.pick(dossiers).clone();
        let mut query = DocumentQuery { limit: 1 + draw.below(9), ..DocumentQuery::default() };
        if draw.chance(60) {
            query.client = Some(dossier.client.identifier());
        }
        if draw.chance(15) {
            query.case = Some(oid(&dossier.case));
        }
        if draw.chance(15) {
            query.relationship = Some(oid(&dossier.relationship));
        }
        if draw.chance(10) {
            query.main_document = Some(draw.pick(&all.0).id.clone());
        }
        if draw.chance(15) {
            query.controller = Some(oid(draw.pick::<&str>(&[COUNTY, NEIGHBOUR])));
        }
        if draw.chance(15) {
            query.organiser = Some(oid(draw.pick::<&str>(&[COUNTY, NEIGHBOUR])));
        }
        if draw.chance(15) {
            query.unit = Some(oid(draw.pick::<&str>(&[UNIT, OPERATING_UNIT, NEIGHBOURS_UNIT])));
        }
        if draw.chance(15) {
            query.service_task = Some((*draw.pick(&["24", "20"])).into());
        }
        if draw.chance(15) {
            query.general_type = Some((*draw.pick(&["19", "11", "1"])).into());
        }
        if draw.chance(15) {
            query.specific_type = Some((*draw.pick(&["19005", "15007"])).into());
        }
        if draw.chance(15) {
            query.group = Some(*draw.pick(&DocumentGroup::ALL));
        }
        let moments =
            ["1965-01-01T00:00:00Z", "2026-10-02T09:00:00Z", "2026-10-03T00:00:00Z"].map(instant);
        if draw.chance(15) {
            query.from = Some(*draw.pick(&moments));
        }
        if draw.chance(15) {
            query.before = Some(*draw.pick(&moments));
        }
        if draw.chance(30) {
            query.states = VersionState::ALL.into_iter().filter(|_| draw.chance(50)).collect();
        }
        let found = pages(world, &query);
        hits += found.len();
        assert_eq!(found, all.answer(&query), "{query:?}");
    }
    hits
}

/// ARC-8: a cursor belongs to its search; another or an altered one is told.
#[test]
fn a_cursor_of_another_search_is_refused() {
    let (world, _, dossiers) = county();
    let query = DocumentQuery {
        client: Some(dossiers[0].client.identifier()),
        limit: 3,
        ..DocumentQuery::default()
    };
    let page = world.app.find_documents(&world.county(), &query).unwrap();
    let cursor = page.next.expect("there is more");
    assert!(!cursor.contains(dossiers[0].client.code.reveal()));
    let check = |query: DocumentQuery| {
        let lines = world.contents().log_lines;
        match world.app.find_documents(&world.county(), &query) {
            Err(AppError::Refused(faults)) => {
                assert_eq!(
                    (faults[0].code(), faults[0].element.as_str()),
                    ("bad-cursor", "cursor")
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.contents().log_lines, lines + 1);
    };
    let with = |cursor: String| DocumentQuery { cursor: Some(cursor), ..query.clone() };
    check(DocumentQuery { client: Some(dossiers[2].client.identifier()), ..with(cursor.clone()) });
    check(DocumentQuery { general_type: Some("19".into()), ..with(cursor.clone()) });
    check(with(cursor[1..].to_owned()));
    check(with(format!("9{cursor}")));
    check(with(String::new()));
    check(with("..".into()));
    check(with("a.b.c".into()));
    // Another page size continues the same search.
    let wider = DocumentQuery { limit: 7, ..with(cursor) };
    assert!(world.app.find_documents(&world.county(), &wider).is_ok());
}

/// ARC-8, ACC-2: another organisation's search shows none of it, nor that it is there.
#[test]
fn another_organisation_finds_nothing_of_it() {
    let (world, all, dossiers) = county();
    let neighbour = world.caller(System::Neighbour);
    let queries = [
        DocumentQuery { client: Some(dossiers[0].client.identifier()), ..DocumentQuery::default() },
        DocumentQuery { case: Some(oid(&dossiers[0].case)), ..DocumentQuery::default() },
        DocumentQuery {
            relationship: Some(oid(&dossiers[0].relationship)),
            ..DocumentQuery::default()
        },
        DocumentQuery { main_document: Some(all.0[0].id.clone()), ..DocumentQuery::default() },
        DocumentQuery { controller: Some(oid(COUNTY)), ..DocumentQuery::default() },
        DocumentQuery::default(),
        DocumentQuery {
            states: VersionState::ALL.to_vec(),
            limit: 100,
            ..DocumentQuery::default()
        },
    ];
    for query in queries {
        let lines = world.contents().log_lines;
        let page = world.app.find_documents(&neighbour, &query).unwrap();
        assert!(page.hits.is_empty() && page.next.is_none(), "{query:?}");
        assert_eq!(world.contents().log_lines, lines + 1);
    }
    // Nor does one who may not read.
    let denied =
        world.app.find_documents(&world.caller(System::OldDocuments), &DocumentQuery::default());
    assert!(matches!(denied, Err(AppError::Denied(denial)) if denial.code() == "not-certified"));
}

/// ARC-8, REL-4: a joint case lists the documents of all its clients.
#[test]
fn a_joint_case_lists_the_documents_of_both_clients() {
    let world = World::new();
    let mine = world.open_case(&client(1));
    let second = client(2);
    let other = world.open_case(&second);
    let mut joint = world
        .case(&client(1), &mine.relationship)
        .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
        .content("/asia_asiakirja/asiakas/0/asiaan_liittymishetki", "2024-01-09");
    let clients =
        joint.structured.as_mut().unwrap().pointer_mut("/asia_asiakirja/asiakas").unwrap();
    let mut added = clients[0].clone();
    added["henkilotunnus"] = identity(&second);
    added["syntymaaika"] = second.born().into();
    clients.as_array_mut().unwrap().push(added);
    world.archive(&joint);
    let case = joint.text("case_id");
    let of = |dossier: &Dossier| Dossier { case: case.clone(), ..dossier.clone() };
    let (first_note, second_note) = (world.note(&of(&mine)), world.note(&of(&other)));
    world.archive(&first_note);
    world.archive(&second_note);
    world.archive(&world.note(&other));
    let query = DocumentQuery { case: Some(oid(&case)), limit: 2, ..DocumentQuery::default() };
    assert_eq!(pages(&world, &query), [second_note.id(), first_note.id(), joint.id()]);

    // Nothing is recorded of one who has left.
    let next = world
        .next_version(&joint)
        .content("/asia_asiakirja/asiakas/1/asiasta_poistumishetki", "2026-11-02T08:00:00+02:00");
    world.archive(&next);
    let refused =
        crate::bad_input::refused(&world, System::County, world.note(&of(&other)).submission());
    assert_eq!(refused[0].code(), "case-of-another-client");
    assert_eq!(world.damage(), Vec::<String>::new());
    let _ = (task, structure_of);
}

/// ARC-8, design D3: whether a page goes on is told of documents that the caller may open alone; what
/// another register holds about the same client leaves no trace.
#[test]
fn a_page_does_not_tell_of_documents_in_other_registers() {
    let world = World::new();
    let person = client(1);
    let dossier = world.open_case(&person);
    let note = world.note(&dossier);
    world.archive(&note);
    // Two registers, so that the statement cannot narrow to one of them.
    let mut stranger = world.caller(System::Neighbour);
    stranger.registers.push(oid("1.2.246.10.90000009"));
    let query =
        DocumentQuery { client: Some(person.identifier()), limit: 1, ..DocumentQuery::default() };
    let page = world.app.find_documents(&stranger, &query).unwrap();
    assert!(page.hits.is_empty());
    assert_eq!(page.next, None);
    // To one who may open them, the same search does go on.
    assert!(world.app.find_documents(&world.county(), &query).unwrap().next.is_some());
}
