//! Handing over on requests from outside: what goes into a package or on paper, what stays, and what is logged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use varanto_app::archive::{DocumentQuery, InvalidationRequest};
use varanto_app::disclosure::{Extent, Package, PackageWords, PlannedPackage};
use varanto_app::oversight::LogQuery;
use varanto_app::verify::{PackageFault, verify_package};
use varanto_app::{AppError, SearchLimits};
use varanto_domain::access::{
    Caller, LookReason, Purpose, Reason, RequestGround, Role, StatutoryGround,
};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof;
use varanto_domain::archive::register_documents::CLIENT_HAS_DIED;
use varanto_domain::disclosure::{AskedFor, HandedAs, OutsideRequest, Receiver, ReceiverKind};
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::package::{self, Index, hexadecimal};
use varanto_formats::view::ViewLanguage;
use varanto_formats::zip;

use crate::access::{code, neighbours_relationship, worker};
use crate::joint_cases::Family;
use crate::oversight::{officer, own_log_of, person};
use crate::whereabouts::{secret_in, telling_note, text_of};
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, OPERATING_UNIT, System, UNIT, View, World, ask,
    client, harm, oid, on_server, paper,
};

fn words() -> PackageWords {
    Arc::new(str::to_owned)
}

/// What a client asks of the own data.
pub(crate) fn request(who: &Client) -> OutsideRequest {
    OutsideRequest {
        client: who.identifier(),
        receiver: Receiver {
            kind: ReceiverKind::Client,
            name: "Aino Vastaanottaja".into(),
            organisation: None,
        },
        ground: Reason::Request(RequestGround::DataSubject),
        reference: "SUV/12/2026".into(),
        handler: Some("Testi Arkistonhoitaja".into()),
        asked: AskedFor::default(),
        form: HandedAs::Package,
    }
}

/// An authority asks by law; so much of the client as it is given goes.
fn by_law(who: &Client) -> OutsideRequest {
    OutsideRequest {
        receiver: Receiver {
            kind: ReceiverKind::Authority,
            name: "Käräjäoikeus".into(),
            organisation: Some(oid("1.2.246.10.90000099")),
        },
        ground: Reason::Request(RequestGround::ByLaw),
        ..request(who)
    }
}

pub(crate) fn hand_over(
    world: &World,
    caller: &Caller,
    request: &OutsideRequest,
) -> Result<Package, AppError> {
    world.app.hand_over(caller, request, ViewLanguage::Finnish, &words())
}

/// All the bytes of a package, as a door gives them.
fn bytes(package: &Package) -> Vec<u8> {
    let mut all = Vec::new();
    for number in 0.. {
        match package.piece(number).unwrap() {
            Some(piece) => all.extend(piece),
            None => break,
        }
    }
    assert_eq!(all.len() as u64, package.bytes());
    assert_eq!(proof::sha256(&all), package.checksum());
    all
}

/// The contents list of a package and its files.
fn opened(file: &[u8]) -> (Index, BTreeMap<String, Vec<u8>>) {
    let entries = zip::read(file).unwrap();
    let own = |(name, data): (&str, &[u8])| (name.to_owned(), data.to_vec());
    let files: BTreeMap<String, Vec<u8>> = entries.into_iter().map(own).collect();
    (package::read(&files["index.json"]).unwrap(), files)
}

fn is_print(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| kind == "pdf")
}

/// The documents of a package, each with how much of it goes.
pub(crate) fn contents(package: &Package) -> Vec<(String, String)> {
    let (index, _) = opened(&bytes(package));
    index.documents.into_iter().map(|one| (one.document_id, one.extent)).collect()
}

fn planned(plan: &PlannedPackage) -> Vec<(Oid, &'static str)> {
    plan.left_out.iter().map(|(document, denial)| (document.clone(), denial.code())).collect()
}

/// The lines of the log about disclosures, newest first: outcome, reason and detail.
fn lines(world: &World) -> Vec<(String, String)> {
    let sql = "SELECT outcome.text || ' ' || reason.text, detail FROM use_log
        JOIN term AS outcome ON outcome.number = use_log.outcome
        JOIN term AS reason ON reason.number = use_log.reason
        WHERE event = 7 ORDER BY line DESC";
    let rows = ask(world.folder.path(), sql).into_iter();
    rows.map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// A client with a relationship, a case, two notes and an old paper in the county's register.
struct Asked {
    world: World,
    who: Client,
    dossier: Dossier,
    notes: [Draft; 2],
    old: Draft,
}

impl Asked {
    fn new() -> Self {
        let world = World::new();
        let who = client(1);
        let dossier = world.open_case(&who);
        let notes = [world.note(&dossier), world.note(&dossier)];
        for note in &notes {
            world.archive(note);
        }
        let old = world.old(&world.open_old_case(&who)).pdf(paper().to_vec());
        world.archive_as(System::OldDocuments, &old);
        world.know(&who);
        Self { world, who, dossier, notes, old }
    }

    fn died(&self) {
        let died_on = FinnishDay::new(2026, 11, 1);
        self.world.tell(vec![(self.who.code, PersonFacts { died_on, ..PersonFacts::default() })]);
    }

    fn archivist(&self) -> Caller {
        person(&self.world, Role::Archivist, COUNTY, None)
    }

    /// The answer to a request, in the form of a package and as a dry run: they agree.
    fn check(&self, caller: &Caller, request: &OutsideRequest, expected: &str) {
        let before = lines(&self.world).len();
        let answer = hand_over(&self.world, caller, request);
        assert_eq!(code(answer), expected, "{caller:?}");
        assert!(lines(&self.world).len() > before, "no line");
    }
}

/// DIS-6: the client's request gives every document in force as it was archived, with pages, a contents list,
/// checksums and proofs that hold without the archive.
#[test]
fn a_package_holds_the_originals_and_proves_them() {
    let asked = Asked::new();
    let package = hand_over(&asked.world, &asked.world.county(), &request(&asked.who)).unwrap();
    let file = bytes(&package);
    let (index, files) = opened(&file);
    // Two relationships, two cases, two notes, and the paper.
    assert_eq!(index.documents.len(), 7);
    assert!(index.documents.iter().all(|one| one.extent == "whole" && one.proof.is_some()));
    assert_eq!(index.receiver.name, "Aino Vastaanottaja");
    assert_eq!(
        (index.ground.as_str(), index.handler.as_str()),
        ("data-subject", "Testi Arkistonhoitaja")
    );
    let note =
        index.documents.iter().find(|one| one.document_id == asked.notes[0].text("document_id"));
    let names: Vec<&str> =
        note.unwrap().files.iter().map(|file| file.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["metadata.json", "structured.json", "view.xhtml", "page.xhtml"]);
    let sent = asked.notes[0].submission();
    for (part, data) in &sent.parts {
        let entry = note.unwrap().files.iter().find(|one| one.part.as_deref() == Some(part.name()));
        assert_eq!(&files[&entry.unwrap().name], data);
    }
    assert!(files.values().any(|data| data == paper()), "the paper goes as it was archived");
    let key = asked.world.app.verifier_key();
    let checksum = hexadecimal(&package.checksum());
    let verdict = verify_package(&file, Some(&key), Some(&checksum)).unwrap();
    assert_eq!(verdict.faults, []);
    assert_eq!((verdict.proven, verdict.with_content), (7, 7));
    assert_eq!(asked.world.damage(), Vec::<String>::new());
}

/// DIS-6, DIS-4: each document leaves its line before anything leaves: on request, to whom, under which reference, on
/// what ground, from whose register, and the checksum of the whole. No name is in it.
#[test]
fn every_document_that_is_handed_over_has_its_line() {
    let asked = Asked::new();
    let package = hand_over(&asked.world, &asked.archivist(), &by_law(&asked.who)).unwrap();
    let lines = lines(&asked.world);
    assert_eq!(lines.len(), package.documents());
    let checksum = hexadecimal(&package.checksum());
    let told = format!(
        "package receiver=authority to=1.2.246.10.90000099 reference=SUV/12/2026 reason=by-law \
         disclosed from={COUNTY} package={checksum}"
    );
    assert!(lines.iter().all(|line| *line == ("permitted on-request".to_owned(), told.clone())));
    // The client follows it: to whom, and why.
    asked.world.clock.set("2026-11-05T10:00:00+02:00");
    let looks = asked.world.app.own_log(&officer(&asked.world), &own_log_of(&asked.who)).unwrap();
    let shown: Vec<_> = looks.looks.iter().filter(|look| look.disclosed).collect();
    assert_eq!(shown.len(), lines.len());
    let to = shown[0].handed_to.as_ref().unwrap();
    assert_eq!((to.kind, to.reference.as_deref()), (ReceiverKind::Authority, Some("SUV/12/2026")));
    assert_eq!(shown[0].reason, Some(Reason::Request(RequestGround::ByLaw)));
    assert_eq!(asked.world.damage(), Vec::<String>::new());
}

/// DIS-6, ACC-2, ACC-3: the controller's own side hands over, a worker in case context alone; everybody else is given
/// nothing, and cannot tell a known client from an unknown one.
#[test]
fn strangers_are_given_nothing() {
    let asked = Asked::new();
    neighbours_relationship(&asked.world, &asked.who);
    let (world, about) = (&asked.world, request(&asked.who));
    asked.check(&world.county(), &about, "yes");
    asked.check(&asked.archivist(), &about, "yes");
    asked.check(&worker(world, COUNTY, UNIT), &about, "yes");
    // A unit that does not serve the client carries nothing out of the house, whatever it says.
    asked.check(&worker(world, COUNTY, OPERATING_UNIT), &about, "not-found");
    asked.check(&officer(world), &about, "role-does-not-fit");
    asked.check(&world.caller(System::Producer), &about, "another-register");
    asked.check(&world.caller(System::OldDocuments), &about, "not-certified");
    let neighbour = world.caller(System::Neighbour);
    let of_county = AskedFor { registers: vec![oid(COUNTY)], ..AskedFor::default() };
    asked.check(&neighbour, &OutsideRequest { asked: of_county, ..about.clone() }, "not-found");
    let named = AskedFor { documents: vec![asked.notes[0].id()], ..AskedFor::default() };
    asked.check(&neighbour, &OutsideRequest { asked: named, ..about.clone() }, "not-found");
    for caller in [&neighbour, &world.county()] {
        asked.check(caller, &request(&client(2)), "not-found");
    }
    // The neighbour gives what is in its own register.
    let given = contents(&hand_over(world, &neighbour, &about).unwrap());
    assert!(
        !given.is_empty() && given.iter().all(|(id, _)| id.starts_with(NEIGHBOUR)),
        "{given:?}"
    );
    // A system says who handles the request.
    let nobody = OutsideRequest { handler: None, ..about.clone() };
    asked.check(&world.county(), &nobody, "missing-element");
    asked.check(&asked.archivist(), &nobody, "yes");
}

/// DIS-6: a look's reason is no legal basis for handing over; a section of the law is.
#[test]
fn a_request_needs_a_legal_basis() {
    let asked = Asked::new();
    let of = |ground| OutsideRequest { ground, ..by_law(&asked.who) };
    let county = asked.world.county();
    asked.check(&county, &of(Reason::Look(LookReason::InformationRequest)), "reason-needed");
    asked.check(&county, &of(Reason::Statutory(StatutoryGround::Section64)), "yes");
    let after = Reason::Request(RequestGround::AfterDeath);
    asked.check(&county, &of(after), "request-ground-does-not-fit");
}

/// OLD-3, DIS-6: a deceased client's documents go on paper alone, on a ground that outlives the client; the prints are
/// marked with receiver, day and ground, and logged as any other disclosure.
#[test]
fn documents_of_the_dead_go_on_paper_alone() {
    let asked = Asked::new();
    asked.died();
    let archivist = asked.archivist();
    let relative = Receiver { kind: ReceiverKind::Relative, ..request(&asked.who).receiver };
    let heir = OutsideRequest {
        receiver: relative,
        ground: Reason::Request(RequestGround::AfterDeath),
        ..request(&asked.who)
    };
    asked.check(&archivist, &heir, "on-paper-alone");
    let on_paper = OutsideRequest { form: HandedAs::Paper, ..heir.clone() };
    let own = Reason::Request(RequestGround::DataSubject);
    let as_client = OutsideRequest { ground: own, ..on_paper.clone() };
    asked.check(&archivist, &as_client, "request-ground-does-not-fit");

    let package = hand_over(&asked.world, &archivist, &on_paper).unwrap();
    let file = bytes(&package);
    let (index, files) = opened(&file);
    assert_eq!(index.documents.len(), 7);
    let prints: Vec<&String> = files.keys().filter(|name| is_print(name)).collect();
    assert_eq!(prints.len(), 8, "a cover and each document: {prints:?}");
    let beside: Vec<&String> = files.keys().filter(|name| !is_print(name)).collect();
    assert_eq!(beside, ["SHA256SUMS", "index.json"], "no original, no proof");
    assert!(index.log.is_none() && index.documents.iter().all(|one| one.proof.is_none()));
    assert_eq!(verify_package(&file, None, None).unwrap().faults, []);
    let (outcome, detail) = lines(&asked.world).remove(0);
    assert_eq!(outcome, "permitted on-request");
    assert!(
        detail.starts_with(
            "paper receiver=relative reference=SUV/12/2026 reason=after-death disclosed"
        )
    );

    let note =
        index.documents.iter().find(|one| one.document_id == asked.notes[0].text("document_id"));
    let Some(text) = text_of(&files[&note.unwrap().files[0].name]) else { return };
    for mark in ["02.11.2026", "Aino Vastaanottaja", "reason.after-death", "SUV/12/2026"] {
        assert!(text.contains(mark), "{mark} is not on {text}");
    }
    let cover = text_of(&files["cover.pdf"]).unwrap();
    assert!(cover.contains("Aino Vastaanottaja") && cover.contains("Testi Arkistonhoitaja"));
}

/// OLD-3, DIS-6: so it is with a client of whom an old relationship alone says so, until the population register tells that the
/// client lives.
#[test]
fn documents_of_who_is_dead_by_an_old_relationship_go_on_paper_alone() {
    let world = World::new();
    let who = client(1);
    let grounds = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymisen_perustelu";
    world.archive(&world.old_relationship(&who).content(grounds, CLIENT_HAS_DIED));
    let archivist = person(&world, Role::Archivist, COUNTY, None);
    let relative = Receiver { kind: ReceiverKind::Relative, ..request(&who).receiver };
    let after = Reason::Request(RequestGround::AfterDeath);
    let heir = OutsideRequest { receiver: relative, ground: after, ..request(&who) };
    let answers = || [&heir, &request(&who)].map(|one| code(hand_over(&world, &archivist, one)));
    assert_eq!(answers(), ["on-paper-alone", "request-ground-does-not-fit"]);
    world.tell(vec![(who.code, PersonFacts::default())]);
    assert_eq!(answers(), ["request-ground-does-not-fit", "yes"]);
}

/// DIS-6, ARC-10: of a client under a safety order goes what tells no place, made anew and unproven; what cannot be
/// masked stays, and whoever handles it is told so. On paper it is the same.
#[test]
fn what_tells_where_the_client_is_does_not_go() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let note = telling_note(&world, &dossier);
    world.archive(&note);
    let phase_one = world.phase_one(&dossier);
    world.archive(&phase_one);
    let order = Validity { first: FinnishDay::new(2026, 1, 1).unwrap(), last: None };
    world.tell(vec![(
        who.code,
        PersonFacts { safety_order: Some(order), ..PersonFacts::default() },
    )]);
    let county = world.county();
    for form in HandedAs::ALL {
        let asked = OutsideRequest { form, ..request(&who) };
        let plan = world.app.try_handing_over(&county, &asked).unwrap();
        assert_eq!(planned(&plan), [(phase_one.id(), "cannot-be-masked")]);
        assert!(plan.documents.iter().all(|one| one.extent == Extent::Masked));
        let file = bytes(&hand_over(&world, &county, &asked).unwrap());
        let (index, files) = opened(&file);
        assert!(index.documents.iter().any(|one| one.document_id == note.text("document_id")));
        assert!(index.documents.iter().all(|one| one.extent == "masked" && one.proof.is_none()));
        for (name, data) in &files {
            let text = if is_print(name) {
                text_of(data).unwrap_or_default()
            } else {
                String::from_utf8_lossy(data).into_owned()
            };
            assert_eq!(secret_in(&text), None, "{name}: {text}");
        }
        assert_eq!(verify_package(&file, None, None).unwrap().faults, []);
        assert!(lines(&world)[0].1.contains(" masked"));
    }
}

/// ARC-10: of whom nobody knows whether there is an order is masked as if there were one.
#[test]
fn a_client_of_whom_nothing_is_known_is_masked() {
    let asked = Asked::new();
    asked.world.clock.set("2026-11-09T10:00:00+02:00");
    let package = hand_over(&asked.world, &asked.world.county(), &request(&asked.who)).unwrap();
    let given = contents(&package);
    assert!(given.iter().all(|(_, extent)| extent == "masked"), "{given:?}");
    assert!(!given.iter().any(|(id, _)| *id == asked.old.text("document_id")), "{given:?}");
}

/// DIS-6, REL-4: a document of a joint case never goes whole: it is said that its content is left out, and nothing of the
/// others.
#[test]
fn a_joint_document_goes_without_the_others() {
    let family = Family::new();
    let world = &family.world;
    let package = hand_over(world, &world.county(), &request(&family.second)).unwrap();
    let file = bytes(&package);
    let (index, files) = opened(&file);
    let hidden: Vec<&str> = index
        .documents
        .iter()
        .filter(|one| one.extent == "others-hidden")
        .map(|one| one.document_id.as_str())
        .collect();
    assert_eq!(hidden.len(), 2, "the note and the case document");
    assert!(hidden.contains(&family.meanwhile.as_str()));
    for document in index.documents.iter().filter(|one| one.extent == "others-hidden") {
        let names: Vec<&str> =
            document.files.iter().map(|file| file.name.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["metadata.json"]);
        assert!(document.proof.is_none());
    }
    let all: Vec<String> =
        files.values().map(|data| String::from_utf8_lossy(data).into_owned()).collect();
    family.tells_nothing(&all.join("\n"));
    for absent in [&family.before, &family.after] {
        assert!(!all.iter().any(|text| text.contains(&format!("\"{absent}\""))), "{absent}");
    }
    assert_eq!(verify_package(&file, None, None).unwrap().faults, []);
    // The first client's own request: the whole of what is the first's alone, of the joint ones the same.
    let own = contents(&hand_over(world, &world.county(), &request(&family.first)).unwrap());
    let whole = own.iter().filter(|(_, extent)| extent == "whole").count();
    assert_eq!((own.len(), whole), (5, 3), "{own:?}");
    let on_paper = OutsideRequest { form: HandedAs::Paper, ..request(&family.second) };
    let file = bytes(&hand_over(world, &world.county(), &on_paper).unwrap());
    let (index, _) = opened(&file);
    let files = index.documents.iter().filter(|one| one.extent == "others-hidden");
    assert!(files.flat_map(|one| &one.files).next().is_none(), "nothing of it is printed");
}

/// DIS-6, CIT-2, CIT-3: what its kind or a professional keeps from the client's view goes to the client's side only when it is named;
/// to an authority it goes.
#[test]
fn what_is_held_back_from_the_client_goes_only_when_it_is_named() {
    let asked = Asked::new();
    let special = asked.world.note(&asked.dossier).set("special_content", "K");
    let special = special.set("inaccessible_reason", "1");
    asked.world.archive(&special);
    // By its kind: an investigation of parenthood.
    let dossier = asked.world.open_old_case(&asked.who);
    let parenthood = asked.world.old(&dossier).set("specific_type", "11062");
    asked.world.archive_as(System::OldDocuments, &parenthood);
    let county = asked.world.county();
    let left = |held: &Draft, request: &OutsideRequest| {
        let plan = asked.world.app.try_handing_over(&county, request).unwrap();
        let given = contents(&hand_over(&asked.world, &county, request).unwrap());
        let went = given.iter().any(|(id, _)| *id == held.text("document_id"));
        let told = planned(&plan).into_iter().find(|(id, _)| *id == held.id());
        assert_eq!(went, told.is_none());
        told.map(|(_, denial)| denial)
    };
    for (held, why) in [(&special, "special-content"), (&parenthood, "excluded-from-view")] {
        assert_eq!(left(held, &request(&asked.who)), Some(why));
        assert_eq!(left(held, &by_law(&asked.who)), None);
        let named = AskedFor { documents: vec![held.id()], ..AskedFor::default() };
        assert_eq!(left(held, &OutsideRequest { asked: named, ..request(&asked.who) }), None);
    }
}

/// DIS-6: a request asks for registers, service tasks, types, days or very documents, and nothing else goes.
#[test]
fn only_what_is_asked_for_goes() {
    let asked = Asked::new();
    let (world, county) = (&asked.world, asked.world.county());
    let given = |wanted: AskedFor| {
        let answer =
            hand_over(world, &county, &OutsideRequest { asked: wanted, ..request(&asked.who) });
        match answer {
            Ok(package) => contents(&package).into_iter().map(|(id, _)| id).collect(),
            Err(AppError::NotFound) => Vec::new(),
            Err(other) => panic!("{other:?}"),
        }
    };
    let all = || AskedFor::default();
    assert_eq!(given(AskedFor { registers: vec![oid(NEIGHBOUR)], ..all() }).len(), 0);
    assert_eq!(given(AskedFor { service_tasks: vec!["25".into()], ..all() }).len(), 0);
    assert_eq!(given(AskedFor { service_tasks: vec!["24".into()], ..all() }).len(), 5);
    assert_eq!(given(AskedFor { types: vec!["19005".into()], ..all() }).len(), 2);
    let day = |text: &str| FinnishDay::parse(text);
    assert_eq!(given(AskedFor { from: day("2026-11-03"), ..all() }).len(), 0);
    let today = AskedFor { from: day("2026-11-02"), until: day("2026-11-02"), ..all() };
    assert_eq!(given(today).len(), 6, "all but the old paper");
    // A version that was replaced goes when it is named, and not else.
    let next = world.next_version(&asked.notes[0]);
    world.archive(&next);
    assert!(!given(all()).contains(&asked.notes[0].text("document_id")));
    let named = AskedFor { documents: vec![asked.notes[0].id(), oid("1.2.3")], ..all() };
    assert_eq!(given(named.clone()), [asked.notes[0].text("document_id")]);
    let plan = OutsideRequest { asked: named, ..request(&asked.who) };
    assert_eq!(world.app.try_handing_over(&county, &plan).unwrap().unknown, [oid("1.2.3")]);
}

/// DIS-6, D3: a dry run tells of documents that were named which are not told of, in the order in which they were named and
/// each once, whether there are such and whether the archive knows the client or not.
#[test]
fn what_is_unknown_tells_nothing() {
    let asked = Asked::new();
    let (world, elsewhere) = (&asked.world, client(2));
    let hidden = neighbours_relationship(world, &elsewhere).id();
    let theirs = neighbours_relationship(world, &asked.who).id();
    let absent = |number: u16| oid(&format!("1.2.3.{number}"));
    let named = [&hidden, &absent(1), &theirs, &absent(1), &hidden, &absent(2)].map(Clone::clone);
    let plan = |who: &Client, registers: Vec<Oid>, named: &[Oid]| {
        let wanted = AskedFor { documents: named.to_vec(), registers, ..AskedFor::default() };
        let request = OutsideRequest { asked: wanted, ..request(who) };
        let caller = worker(world, COUNTY, UNIT);
        world.app.try_handing_over(&caller, &request).unwrap()
    };
    let expected = [hidden.clone(), absent(1), theirs.clone(), absent(2)];
    let told = |plan: &PlannedPackage| format!("{plan:?}");
    let nobodys = plan(&client(9), Vec::new(), &named);
    assert_eq!(nobodys.unknown, expected);
    for who in [&asked.who, &elsewhere] {
        assert_eq!(told(&plan(who, Vec::new(), &named)), told(&nobodys), "{who:?}");
    }
    // Beside what goes, and where registers narrow what is asked for.
    let own = asked.notes[0].id();
    let with_own = [named.as_slice(), &[own.clone(), own.clone()]].concat();
    let beside = plan(&asked.who, Vec::new(), &with_own);
    assert_eq!((beside.documents.len(), beside.unknown.as_slice()), (1, expected.as_slice()));
    let narrowed = [expected.as_slice(), &[own]].concat();
    for who in [&asked.who, &elsewhere, &client(9)] {
        assert_eq!(plan(who, vec![oid(NEIGHBOUR)], &with_own).unknown, narrowed, "{who:?}");
    }
}

/// DIS-6, D3: one to whom nothing of a client could be handed over is not told that it takes too long, which it does of a client
/// whom the archive knows alone. Where the client may be known of, the line of that refusal names the client.
#[test]
fn too_long_a_request_tells_nobody_that_a_client_is_known() {
    if on_server() {
        return;
    }
    let asked = Asked::new();
    let limits = SearchLimits { time: std::time::Duration::ZERO, ..SearchLimits::default() };
    let hasty = asked.world.clone_with(limits);
    let answers = |caller: &Caller, who: &Client| {
        let named = AskedFor { documents: vec![asked.notes[0].id()], ..AskedFor::default() };
        [AskedFor::default(), named].map(|wanted| {
            let request = OutsideRequest { asked: wanted, ..request(who) };
            let plan = hasty.app.try_handing_over(caller, &request).map(|plan| plan.unknown);
            (code(plan), code(hand_over(&hasty, caller, &request)))
        })
    };
    let too_wide = ("search-too-wide", "search-too-wide");
    let county = asked.world.county();
    asked.world.grow_until(&asked.dossier, || answers(&county, &asked.who)[0] == too_wide);
    let query = LogQuery {
        client: Some(asked.who.identifier()),
        outcome: Some("refused".into()),
        ..LogQuery::default()
    };
    let told = || asked.world.app.review_log(&officer(&asked.world), &query).unwrap().lines.len();
    let before = told();
    assert_eq!(answers(&asked.world.county(), &asked.who)[0], too_wide);
    assert_eq!(told(), before + 2);
    let neighbour = asked.world.caller(System::Neighbour);
    assert_eq!(answers(&neighbour, &asked.who), [("yes", "not-found"); 2]);
    assert_eq!(answers(&neighbour, &asked.who), answers(&neighbour, &client(2)));
}

/// DIS-6, D3: the log of the own organisation does not tell whether a document that was named is not there or is in another's
/// register; of the own registers it keeps why it did not go.
#[test]
fn the_log_does_not_tell_what_others_have() {
    let asked = Asked::new();
    let archivist = asked.archivist();
    let elsewhere = neighbours_relationship(&asked.world, &asked.who).id();
    let nowhere = oid("1.2.246.10.99900011.95.2026.404");
    let told = |named: Oid| {
        let wanted = AskedFor { documents: vec![named], ..AskedFor::default() };
        let request = OutsideRequest { asked: wanted, ..request(&asked.who) };
        assert_eq!(code(hand_over(&asked.world, &archivist, &request)), "not-found");
        let plan = asked.world.app.try_handing_over(&archivist, &request).unwrap();
        assert_eq!((plan.documents.len(), plan.left_out.len(), plan.unknown.len()), (0, 0, 1));
        let page = asked.world.app.review_log(&officer(&asked.world), &LogQuery::default());
        let lines = page.unwrap().lines.into_iter().take(2);
        let words = lines.map(|line| (line.outcome, line.reason, line.detail, line.elsewhere));
        words.collect::<Vec<_>>()
    };
    assert_eq!(told(elsewhere), told(nowhere));
    // Of the own register the line keeps why.
    let reason = InvalidationRequest { reason: "1".into(), explanation: None };
    asked
        .world
        .app
        .invalidate_document(&asked.world.county(), &asked.notes[0].id(), &reason)
        .unwrap();
    let wanted = AskedFor { documents: vec![asked.notes[0].id()], ..AskedFor::default() };
    let request = OutsideRequest { asked: wanted, ..request(&asked.who) };
    hand_over(&asked.world, &archivist, &request).unwrap_err();
    assert_eq!(lines(&asked.world)[0].0, "denied version-invalidated");
}

/// The view of a draft, with a great many lines.
fn long_view(draft: &Draft) -> Vec<u8> {
    let made = String::from_utf8(draft.made_view()).unwrap();
    let (start, end) = made.rsplit_once("</p>").unwrap();
    format!("{start}</p><pre>{}</pre>{end}", "a\n".repeat(400_000)).into_bytes()
}

/// DIS-6: one document of which no print can be made does not keep the others from going on paper; a try tells that it
/// stays, and why.
#[test]
fn what_cannot_be_printed_stays_and_the_rest_goes() {
    let asked = Asked::new();
    let mut broken = asked.world.phase_one(&asked.dossier);
    // More pages than a print may have.
    broken.view = View::Given(long_view(&broken));
    asked.world.archive(&broken);
    let on_paper = |documents: Vec<Oid>| OutsideRequest {
        form: HandedAs::Paper,
        asked: AskedFor { documents, ..AskedFor::default() },
        ..request(&asked.who)
    };
    let plan = asked.world.app.try_handing_over(&asked.archivist(), &on_paper(Vec::new())).unwrap();
    assert_eq!(planned(&plan), [(broken.id(), "cannot-be-printed")]);
    let package = hand_over(&asked.world, &asked.archivist(), &on_paper(Vec::new())).unwrap();
    let given: Vec<String> = contents(&package).into_iter().map(|(document, _)| document).collect();
    let told: Vec<String> = plan.documents.iter().map(|one| one.document.to_string()).collect();
    assert_eq!(given, told);
    assert!(told.len() > 2 && !told.contains(&broken.id().to_string()));
    let lines_of =
        |world: &World| lines(world).iter().filter(|line| line.1.contains("package=")).count();
    assert_eq!(lines_of(&asked.world), told.len());
    // It goes as it was archived where files are given; alone on paper nothing goes.
    let alone = on_paper(vec![broken.id()]);
    assert_eq!(code(hand_over(&asked.world, &asked.archivist(), &alone)), "cannot-be-printed");
    assert_eq!(lines(&asked.world)[0].0, "denied cannot-be-printed");
    let as_files = OutsideRequest { form: HandedAs::Package, ..alone };
    let package = hand_over(&asked.world, &asked.archivist(), &as_files).unwrap();
    assert_eq!(contents(&package), [(broken.id().to_string(), "whole".to_owned())]);
}

/// DIS-6: more than a package holds is refused before it is made, and so is its try; on paper what was archived as something
/// else than PDF counts by its print alone.
#[test]
fn more_than_a_package_holds_is_refused_before_it_is_made() {
    let asked = Asked::new();
    let large = "UPDATE document_version SET content_bytes = 1500000000";
    assert!(harm(asked.world.folder.path(), large) > 2);
    let caller = asked.world.county();
    let try_it =
        |request: &OutsideRequest| code(asked.world.app.try_handing_over(&caller, request));
    let request = request(&asked.who);
    assert_eq!(try_it(&request), "search-too-wide");
    assert_eq!(code(hand_over(&asked.world, &caller, &request)), "search-too-wide");
    let on_paper = OutsideRequest { form: HandedAs::Paper, ..request.clone() };
    assert_eq!(try_it(&on_paper), "yes");
    let two = asked.notes.iter().map(Draft::id).collect();
    let two =
        OutsideRequest { asked: AskedFor { documents: two, ..AskedFor::default() }, ..request };
    assert_eq!(try_it(&two), "yes");
}

/// DIS-6, ARC-10: an order, an invalidation or a newer version that comes while a package is made ready keeps it from going:
/// it is decided anew in the turn that writes its lines, and no line tells that anything went.
#[test]
fn what_changes_before_it_goes_does_not_go() {
    type Change = fn(&World, &Asked);
    let changes: [Change; 3] = [
        |world, asked| {
            let order = Validity { first: FinnishDay::new(2026, 1, 1).unwrap(), last: None };
            let facts = PersonFacts { safety_order: Some(order), ..PersonFacts::default() };
            world.tell(vec![(asked.who.code, facts)]);
        },
        |world, asked| {
            let reason = InvalidationRequest { reason: "1".into(), explanation: None };
            let document = asked.notes[0].id();
            world.app.invalidate_document(&world.county(), &document, &reason).unwrap();
        },
        |world, asked| {
            world.archive(&world.next_version(&asked.notes[0]));
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for form in HandedAs::ALL {
            let asked = Arc::new(Asked::new());
            let (once, within) = (AtomicBool::new(true), Arc::clone(&asked));
            let words: PackageWords = Arc::new(move |key| {
                if once.swap(false, Ordering::SeqCst) {
                    change(&within.world, &within);
                }
                key.to_owned()
            });
            let request = OutsideRequest { form, ..request(&asked.who) };
            let (app, county) = (&asked.world.app, asked.world.county());
            let answer = app.hand_over(&county, &request, ViewLanguage::Finnish, &words);
            assert_eq!(code(answer), "decided-otherwise", "{number} {form:?}");
            let lines = lines(&asked.world);
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert_eq!(lines[0].0, "refused decided-otherwise");
            assert_eq!(code(hand_over(&asked.world, &county, &request)), "yes");
            assert_eq!(asked.world.damage(), Vec::<String>::new());
        }
    }
}

/// DIS-6, LOG-1: a dry run tells what would go, gives nothing, and is a look at what it names.
#[test]
fn a_dry_run_is_a_look_and_no_disclosure() {
    let asked = Asked::new();
    let (world, archivist) = (&asked.world, asked.archivist());
    let before = lines(world).len();
    let plan = world.app.try_handing_over(&archivist, &request(&asked.who)).unwrap();
    assert_eq!(plan.documents.len(), 7);
    assert_eq!(lines(world).len(), before);
    let query = LogQuery { client: Some(asked.who.identifier()), limit: 1, ..LogQuery::default() };
    let line = world.app.review_log(&officer(world), &query).unwrap().lines.remove(0);
    assert_eq!((line.event.code(), line.reason.as_str()), ("search", "on-request"));
    assert_eq!(line.documents.len(), 7);
    assert!(line.detail.contains("dry-run") && line.detail.contains("reason=data-subject"));
    let given: Vec<String> = contents(&hand_over(world, &archivist, &request(&asked.who)).unwrap())
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let told: Vec<String> = plan.documents.iter().map(|one| one.document.to_string()).collect();
    assert_eq!(told, given);
    // Of a client of whom nothing is known, and to one who may know of nothing, the same empty answer.
    let other = worker(world, COUNTY, OPERATING_UNIT);
    for who in [&asked.who, &client(2)] {
        let plan = world.app.try_handing_over(&other, &request(who)).unwrap();
        assert!(plan.documents.is_empty() && plan.left_out.is_empty() && plan.unknown.is_empty());
    }
}

/// DIS-6: the same request on the same day gives the same package to the last byte, though the log has grown.
#[test]
fn the_same_request_gives_the_same_package() {
    let asked = Asked::new();
    let give = |form| {
        let request = OutsideRequest { form, ..request(&asked.who) };
        bytes(&hand_over(&asked.world, &asked.world.county(), &request).unwrap())
    };
    for form in HandedAs::ALL {
        let first = give(form);
        asked.world.clock.forward_millis(60 * 60 * 1000);
        assert!(first == give(form), "{form:?}");
    }
    let today = give(HandedAs::Package);
    asked.world.clock.set("2026-11-03T10:00:00+02:00");
    assert!(today != give(HandedAs::Package), "the day stands in it");
}

/// DIS-6, ARC-15: a byte that was flipped anywhere in a package is found without the archive, and so is a package that was
/// made anew with another content.
#[test]
fn a_flipped_byte_is_found() {
    let asked = Asked::new();
    let package = hand_over(&asked.world, &asked.world.county(), &request(&asked.who)).unwrap();
    let file = bytes(&package);
    for at in (0..file.len()).step_by(file.len() / 600) {
        let mut changed = file.clone();
        changed[at] ^= 0x20;
        let found = verify_package(&changed, None, None);
        assert!(found.map_or(true, |verdict| !verdict.faults.is_empty()), "byte {at}");
    }
    let key = asked.world.app.verifier_key();
    let none = "0".repeat(64);
    let other = verify_package(&file, Some(&key), Some(&none)).unwrap();
    assert_eq!(other.faults, [PackageFault::OtherChecksum]);
    let strange = key.replace(key.split('+').next().unwrap(), "elsewhere");
    assert!(!verify_package(&file, Some(&strange), None).unwrap().faults.is_empty());

    // Somebody writes another content into it, and makes lists and checksums anew.
    let (mut index, mut files) = opened(&file);
    let document = index.documents.iter_mut().find(|one| {
        one.files.iter().any(|file| file.part.as_deref() == Some(Part::Structured.name()))
    });
    let document = document.unwrap();
    let entry = document.files.iter_mut().find(|file| file.part.is_some()).unwrap();
    let forged = b"{\"muu\":1}".to_vec();
    *entry = package::FileEntry::of(&entry.name, entry.part.as_deref(), &forged);
    let id = document.document_id.clone();
    files.insert(entry.name.clone(), forged);
    let printed = package::write(&index);
    files.insert("SHA256SUMS".into(), package::sums(&index, &printed).into_bytes());
    files.insert("index.json".into(), printed.into_bytes());
    let (mut forged, mut entries) = (Vec::new(), Vec::new());
    for (name, data) in &files {
        let entry = zip::Entry::of(name, data).unwrap();
        forged.extend(entry.header());
        forged.extend(data);
        entries.push(entry);
    }
    forged.extend(zip::directory(&entries).unwrap());
    let verdict = verify_package(&forged, None, None).unwrap();
    assert_eq!(verdict.faults, [PackageFault::Content(id)]);
}

/// DIS-6: what goes is what a search would find that the client asked for, no more and no less: every document in force
/// of the own register.
#[test]
fn a_package_holds_what_the_archive_has() {
    let asked = Asked::new();
    let county = asked.world.county();
    let query = DocumentQuery {
        client: Some(asked.who.identifier()),
        reason: Purpose::READ.because(Reason::Look(LookReason::InformationRequest)).reason,
        limit: 100,
        ..DocumentQuery::default()
    };
    let found = asked.world.app.find_documents(&county, &query).unwrap().hits;
    let mut found: Vec<String> = found.iter().map(|hit| hit.document.to_string()).collect();
    let given = contents(&hand_over(&asked.world, &county, &request(&asked.who)).unwrap());
    let mut given: Vec<String> = given.into_iter().map(|(id, _)| id).collect();
    found.sort_unstable();
    given.sort_unstable();
    assert_eq!(given, found);
}

/// DIS-6: a client of thousands of documents is given all of them, one in memory at a time. `VARANTO_LONG=1` makes them
/// thousands.
#[test]
fn a_client_of_many_documents_is_given_all() {
    let asked = Asked::new();
    let many = if crate::world::long() { 4_000 } else { 250 };
    for _ in 0..many {
        asked.world.archive(&asked.world.note(&asked.dossier));
    }
    let begun = std::time::Instant::now();
    let package = hand_over(&asked.world, &asked.archivist(), &request(&asked.who)).unwrap();
    let made = begun.elapsed();
    let largest = (0..=package.documents())
        .map(|number| package.piece(number).unwrap().unwrap().len())
        .max()
        .unwrap();
    let gone = begun.elapsed();
    println!(
        "{} documents, {} bytes, made in {made:.1?}, given in {:.1?}; the largest piece has {largest} bytes",
        package.documents(),
        package.bytes(),
        gone.checked_sub(made).unwrap()
    );
    assert_eq!(package.documents(), many + 7);
    assert_eq!(lines(&asked.world).len(), many + 7);
    assert_eq!(package.piece(package.documents() + 1).unwrap(), None);
    // A dry run tells of so many in several lines, and each is a look at those that it tells.
    let before = asked.world.contents().log_lines;
    let plan = asked.world.app.try_handing_over(&asked.archivist(), &request(&asked.who)).unwrap();
    assert_eq!(plan.documents.len(), many + 7);
    let expected = u64::try_from((many + 7).div_ceil(200)).unwrap();
    assert_eq!(asked.world.contents().log_lines, before + expected);
    assert_eq!(asked.world.damage(), Vec::<String>::new());
}
