//! Recording at the desk: drafts that are nobody's but their author's, and the documents that they become.

use varanto_app::archive::{DocumentQuery, InvalidationRequest, SystemKey, SystemKeys};
use varanto_app::recording::{
    Begun, DRAFT_DAYS, MAX_DRAFT_BYTES, OpenDraft, Opened, Saved, Writer,
};
use varanto_app::{App, AppError};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::documents::{Part, VersionState};
use varanto_domain::archive::signatures::{Needed, SignerKind};
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, check_conditions};
use varanto_formats::form::{self, CodeLists, Form, MadeWith, Source, unchanged};
use varanto_formats::signature::{Signing, jws};
use varanto_formats::synthetic::{self, FinnishText, Fullness};
use varanto_formats::view::ViewLanguage;
use varanto_formats::{content, drafts};
use varanto_kit::signers::Issued;

use crate::access::{code, producers_note, worker};
use crate::signatures::{key, signers};
use crate::world::{
    COUNTY, Dossier, NEIGHBOUR, NEIGHBOURS_UNIT, NOTE, PRODUCER, PRODUCERS_UNIT, System, UNIT,
    World, about, client, corpora, long, oid, serving, structure_of,
};

const ROOT: &str = "/merkinta_tapaamisesta_tai_yhteydenotosta";
const SECRET: &str = "Käynti kotona, äiti väsynyt.";

fn writer() -> Writer {
    Writer {
        given_names: "Testi".into(),
        family_name: "Työntekijä".into(),
        registration_number: None,
    }
}

fn begun(dossier: &Dossier) -> Begun {
    Begun {
        client: dossier.client.identifier(),
        case: oid(&dossier.case),
        structure: structure_of(NOTE).oid.clone(),
        language: ViewLanguage::Finnish,
    }
}

/// Begins a draft of a note as a worker of the county does.
pub(crate) fn begin_a_note(world: &World, dossier: &Dossier) {
    begin(world, &worker(world, COUNTY, UNIT), dossier);
}

fn begin(world: &World, caller: &Caller, dossier: &Dossier) -> i64 {
    world.app.begin_draft(caller, &writer(), &begun(dossier)).unwrap()
}

fn open(app: &App, caller: &Caller, dossier: &Dossier, number: i64) -> OpenDraft {
    match app.open_draft(caller, &writer(), &dossier.client.identifier(), number).unwrap() {
        Opened::Draft(open) => *open,
        Opened::Archived(document) => panic!("archived as {document}"),
    }
}

/// Writes into the row of a draft.
fn write(open: &mut OpenDraft, row: &str, text: &str) {
    let place = open.draft.content.at_mut(&format!("{ROOT}/{row}")).unwrap();
    *place = Content::of_text(text);
}

fn save(world: &World, caller: &Caller, dossier: &Dossier, open: &OpenDraft) -> Saved {
    let client = dossier.client.identifier();
    world.app.save_draft(caller, &client, open.number, open.edition, &open.draft).unwrap()
}

fn found(world: &World, caller: &Caller, dossier: &Dossier) -> usize {
    let query =
        DocumentQuery { client: Some(dossier.client.identifier()), ..DocumentQuery::default() };
    world.app.find_documents(caller, &query).unwrap().hits.len()
}

/// CAS-1, REL-9: what registers and the case know stands in a new form with its source, until somebody changes it.
#[test]
fn a_new_draft_has_in_it_what_is_known_already() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let lines = world.contents().log_lines;
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    assert_eq!(world.contents().log_lines, lines + 2, "each a look at the case");

    let json = content::write(&draft.draft.content);
    for known in [
        r#""sukunimi":"Suvanto-1","etunimet":"Aino Testi""#,
        dossier.client.code.reveal(),
        r#""sukunimi":"Työntekijä","etunimet":"Testi""#,
        r#""code":"24","display":"Lapsiperheiden palvelut""#,
        r#""code":"1.2.246.10.90000001.10.11","display":"Yksikkö""#,
        r#""paivamaara":"2026-11-"#,
    ] {
        assert!(json.contains(known), "{known} in {json}");
    }
    let standing = |draft: &OpenDraft| unchanged(&draft.proposals, &draft.draft.content);
    let client_name = (format!("{ROOT}/asiakas/0/sukunimi"), Source::Case);
    assert!(standing(&draft).contains(&client_name));
    let before = standing(&draft).len();
    write(&mut draft, "asiakas/0/sukunimi", "Toinen");
    assert_eq!(standing(&draft).len(), before - 1);
}

/// REL-9: earlier documents of the client that the worker may read offer what the form lacks, each look being logged; those of
/// another client, of another's register and invalidated ones offer nothing; what is taken over keeps its source.
#[test]
fn earlier_documents_offer_what_the_worker_may_read() {
    let world = World::new();
    let (dossier, other) = (world.open_case(&client(1)), world.open_case(&client(2)));
    let (note, gone) = (world.note(&dossier), world.note(&dossier));
    for draft in [&note, &gone, &world.note(&other)] {
        world.archive(draft);
    }
    world.know(&client(1));
    let request = InvalidationRequest { reason: "4".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &gone.id(), &request).unwrap();
    let caller = worker(&world, COUNTY, UNIT);
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    let of = dossier.client.identifier();
    let lines = world.contents().log_lines;
    let found = world.app.look_at_earlier(&caller, &of, &draft).unwrap();
    assert_eq!(world.contents().log_lines, lines + 3, "two searches, and a look at the one");
    let looked: Vec<&Oid> = found.documents.iter().map(|one| &one.document).collect();
    assert_eq!(looked, [&note.id()]);
    assert!(!found.values.is_empty());
    let proposed = |name: &str| draft.proposals.iter().any(|one| one.name == name);
    assert!(found.values.iter().all(|one| !proposed(&one.name)), "what is known is known");

    let one = found.values[0].clone();
    assert!(form::take_over(&mut draft.draft.content, &one.name, &one.value));
    draft.draft.taken.push(drafts::Taken {
        name: one.name.clone(),
        document: note.id(),
        structure: found.documents[0].structure.clone(),
        written_on: varanto_domain::time::FinnishDay::of(found.documents[0].written_at),
        value: one.value,
    });
    assert!(matches!(save(&world, &caller, &dossier, &draft), Saved::Kept { edition: 2, .. }));
    let again = open(&world.app, &caller, &dossier, number);
    assert_eq!(again.draft.taken, draft.draft.taken);
    let left = world.app.look_at_earlier(&caller, &of, &again).unwrap();
    assert!(left.values.iter().all(|left| left.name != one.name));

    // A worker whom no unit of whose serves the client finds nothing, whoever wrote the draft.
    let stranger = worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT);
    let nothing = world.app.look_at_earlier(&stranger, &of, &again).unwrap();
    assert!(nothing.documents.is_empty() && nothing.values.is_empty());
}

/// CAS-1: a draft is its author's alone, and nothing of it is in any list, search or count.
#[test]
fn nobody_else_sees_a_draft_or_that_there_is_one() {
    let world = World::new();
    let (dossier, other) = (world.open_case(&client(1)), world.open_case(&client(2)));
    let caller = worker(&world, COUNTY, UNIT);
    let before = (world.contents().versions, found(&world, &caller, &dossier));
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    write(&mut draft, "asiakaskertomusmerkinta/tapahtuma/kuvaus", SECRET);
    assert!(matches!(save(&world, &caller, &dossier, &draft), Saved::Kept { edition: 2, .. }));

    assert_eq!((world.contents().versions, found(&world, &caller, &dossier)), before);
    let colleague = {
        let mut colleague = worker(&world, COUNTY, UNIT);
        let varanto_domain::access::Who::Person { subject, .. } = &mut colleague.who else {
            panic!("a person")
        };
        *subject = "k.kollega".to_owned();
        colleague
    };
    let (id, others) = (dossier.client.identifier(), other.client.identifier());
    for (caller, client) in [
        (&colleague, &id),
        (&worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT), &id),
        (&world.caller(System::County), &id),
        (&caller, &others),
    ] {
        let app = &world.app;
        assert_eq!(code(app.open_draft(caller, &writer(), client, number)), "not-found");
        assert_eq!(code(app.save_draft(caller, client, number, 2, &draft.draft)), "not-found");
        assert_eq!(code(app.discard_draft(caller, client, number)), "not-found");
        assert!(app.list_drafts(caller, client).unwrap().is_empty());
    }
    assert_eq!(world.app.list_drafts(&caller, &id).unwrap().len(), 1);
    assert_eq!(open(&world.app, &caller, &dossier, number).draft, draft.draft);
}

/// CAS-1: whoever may not archive into the case begins no draft of it, and opens none.
#[test]
fn a_draft_asks_for_the_right_to_archive_and_waits_while_it_is_missing() {
    let world = World::new();
    let producers = |last: &str| [serving(PRODUCERS_UNIT, "2026-01-01", last)];
    let who = client(1);
    let relationship = world.relationship(&who).served_by(serde_json::json!(producers("")));
    let dossier = world.open_case_under(&relationship, &who);
    let stranger = worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT);
    let begins = |caller: &Caller| world.app.begin_draft(caller, &writer(), &begun(&dossier));
    assert_eq!(code(begins(&stranger)), "another-register");

    let caller = worker(&world, PRODUCER, PRODUCERS_UNIT);
    let number = begins(&caller).unwrap();
    let mut draft = open(&world.app, &caller, &dossier, number);
    write(&mut draft, "asiakaskertomusmerkinta/tapahtuma/kuvaus", SECRET);
    let ended =
        world.next_version(&relationship).served_by(serde_json::json!(producers("2026-11-01")));
    world.archive(&ended);
    assert!(
        matches!(save(&world, &caller, &dossier, &draft), Saved::Kept { .. }),
        "nothing is lost"
    );
    let id = dossier.client.identifier();
    assert_eq!(
        code(world.app.open_draft(&caller, &writer(), &id, number)),
        "register-use-right-ended"
    );
    world.archive(&world.next_version(&ended).served_by(serde_json::json!(producers(""))));
    assert_eq!(open(&world.app, &caller, &dossier, number).draft, draft.draft);
}

/// CAS-1: of two tabs the second to save is told, and nothing that was saved is overwritten unseen.
#[test]
fn a_draft_that_was_saved_elsewhere_is_not_overwritten_unseen() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let number = begin(&world, &caller, &dossier);
    let mut one = open(&world.app, &caller, &dossier, number);
    let mut other = open(&world.app, &caller, &dossier, number);
    write(&mut one, "asiakaskertomusmerkinta/tapahtuma/kuvaus", "ensimmäinen");
    write(&mut other, "asiakaskertomusmerkinta/tapahtuma/kuvaus", "toinen");
    assert!(matches!(save(&world, &caller, &dossier, &one), Saved::Kept { edition: 2, .. }));
    assert_eq!(save(&world, &caller, &dossier, &other), Saved::ChangedMeanwhile { edition: 2 });
    assert_eq!(open(&world.app, &caller, &dossier, number).draft, one.draft);
}

/// CAS-1, ARC-1: what was said to be saved is there after the program ended, encrypted, and the document comes of it.
#[test]
fn a_saved_draft_outlives_the_program_and_becomes_its_document() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    write(&mut draft, "asiakaskertomusmerkinta/tapahtuma/kuvaus", SECRET);
    save(&world, &caller, &dossier, &draft);
    let world = world.reopen();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let shown = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!shown, "a draft lies in the clear");
    }
    let open_again = open(&world.app, &caller, &dossier, number);
    assert_eq!(open_again.draft, draft.draft);

    let looked = world.app.look_at_draft(&caller, &writer(), &open_again).unwrap();
    assert!(looked.faults.is_empty(), "{:?}", looked.faults);
    assert!(looked.view.unwrap().contains(SECRET));
    let archived = world.app.archive_draft(&caller, &writer(), &open_again, None).unwrap();
    let document = archived.receipt.document.clone();
    assert_eq!(document, open_again.paper.document);
    let read = world.app.open_content(&caller, &document, Some(Part::Structured), Purpose::READ);
    let read = String::from_utf8(read.unwrap().parts[0].1.clone()).unwrap();
    assert!(read.contains(SECRET) && !read.contains("null") && !read.contains("{}"), "{read}");
    assert_eq!(
        code(world.app.open_draft(&caller, &writer(), &dossier.client.identifier(), number)),
        "not-found"
    );
    assert!(world.damage().is_empty());
}

/// CAS-1: what is wrong is told as archiving tells it, and the draft stays.
#[test]
fn a_draft_with_faults_is_told_all_of_them_and_stays() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    write(&mut draft, "paivamaara", "ensi viikolla");
    *draft.draft.content.at_mut(&format!("{ROOT}/asiakas/0/etunimet")).unwrap() = Content::Null;
    save(&world, &caller, &dossier, &draft);
    draft.edition += 1;
    let looked = world.app.look_at_draft(&caller, &writer(), &draft).unwrap();
    let refused = match world.app.archive_draft(&caller, &writer(), &draft, None) {
        Err(AppError::Refused(faults)) => faults,
        other => panic!("{other:?}"),
    };
    for faults in [&looked.faults, &refused] {
        let told = |kind, row: &str| {
            let element = format!("structured:{ROOT}/{row}");
            assert!(
                faults.iter().any(|one| one.kind == kind && one.element == element),
                "{faults:?}"
            );
        };
        told(FaultKind::WrongForm, "paivamaara");
        told(FaultKind::MissingElement, "asiakas/0/etunimet");
    }
    assert_eq!(open(&world.app, &caller, &dossier, number).draft, draft.draft);
}

/// What a browser posts of the draft's form when a document is typed into it.
fn typed(world: &World, draft: &OpenDraft, document: &Content) -> Content<'static> {
    let registry = world.app.registry();
    let organisations = [(oid(UNIT), "Yksikkö".to_owned())];
    let lists = CodeLists {
        code_sets: registry.code_sets(),
        organisations: &organisations,
        notes: &draft.paper.notes,
        day: draft.paper.facts.day,
        language: draft.paper.language,
    };
    let with = MadeWith { lists: &lists, facts: &draft.paper.facts };
    let form = Form::of(&draft.paper.structure, document, &[], &with);
    let mut posted = Vec::new();
    for row in &form.rows {
        row.post(&mut posted);
    }
    form::read(&draft.paper.structure, &posted, &lists).unwrap()
}

/// CAS-1, ARC-5: a valid document of every client document's structure, typed into its form, is archived: of the 198 where
/// the nation's files are at hand, else of those inside the program.
#[test]
fn a_document_of_every_structure_typed_into_its_form_is_archived() {
    let world = World::new();
    if let Some(folder) = corpora("sosmeta/Valmis") {
        let files = std::fs::read_dir(folder).unwrap();
        let files = files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
        world.app.load_structures(files).unwrap();
    }
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let registry = world.app.registry();
    let id = dossier.client.identifier();
    let mut archived = 0;
    let structures = registry.structures().map(|entry| &entry.structure);
    let all: Vec<_> = structures.filter(|one| one.specific_type().is_some()).collect();
    // All of them take minutes: every fourth stands for them in a short run.
    for structure in all.iter().step_by(if long() { 1 } else { 4 }) {
        let begun = Begun { structure: structure.oid.clone(), ..begun(&dossier) };
        let number = world.app.begin_draft(&caller, &writer(), &begun).unwrap();
        let mut draft = open(&world.app, &caller, &dossier, number);
        let made = (0..100)
            .map(|n| synthetic::document(structure, n, Fullness::Typical, &mut FinnishText::new()))
            .find(|made| check_conditions(structure, made, &draft.paper.facts).is_empty())
            .unwrap_or_else(|| panic!("{} is never valid", structure.oid));
        let made = about(&dossier.client, &content::write(&made)).to_string();
        let made = content::read(made.as_bytes(), "made").unwrap();
        draft.draft.content = typed(&world, &draft, &made);
        save(&world, &caller, &dossier, &draft);
        let draft = open(&world.app, &caller, &dossier, number);
        let answer = world.app.archive_draft(&caller, &writer(), &draft, None);
        assert!(answer.is_ok(), "{} {}: {answer:?}", structure.oid, structure.title.fi);
        archived += 1;
    }
    println!("{archived} structures");
    assert!(archived >= all.len() / 4);
    assert!(world.app.list_drafts(&caller, &id).unwrap().is_empty());
}

/// CAS-1: a draft goes when its author says so, when nobody saved it for long, and with its client's key; it has a size.
#[test]
fn a_draft_has_an_end_and_a_size() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let id = dossier.client.identifier();
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    let whole = draft.draft.clone();
    write(&mut draft, "asiakaskertomusmerkinta/tapahtuma/kuvaus", &"a".repeat(MAX_DRAFT_BYTES));
    let refused = world.app.save_draft(&caller, &id, number, 1, &draft.draft);
    assert_eq!(code(refused), "too-large");
    assert_eq!(drafts::read(drafts::write(&whole).as_bytes()), Some(whole));

    world.app.discard_draft(&caller, &id, number).unwrap();
    assert_eq!(code(world.app.open_draft(&caller, &writer(), &id, number)), "not-found");

    begin(&world, &caller, &dossier);
    assert_eq!(world.app.list_drafts(&caller, &id).unwrap().len(), 1);
    world.clock.forward_millis(i64::from(DRAFT_DAYS + 1) * 86_400_000);
    assert!(world.app.list_drafts(&caller, &id).unwrap().is_empty());
    begin(&world, &caller, &dossier);
    assert_eq!(world.app.list_drafts(&caller, &id).unwrap().len(), 1);
}

/// ARC-6: what is recorded here is signed by the system of the organisation whose key the archive has, and by no other's.
#[test]
fn what_is_recorded_is_signed_by_the_organisations_own_system() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let number = begin(&world, &caller, &dossier);
    let mut draft = open(&world.app, &caller, &dossier, number);
    write(&mut draft, "asiakaskertomusmerkinta/tapahtuma/kuvaus", SECRET);
    save(&world, &caller, &dossier, &draft);
    let draft = open(&world.app, &caller, &dossier, number);
    world.app.trust_signatures(signers().trust(&[], ConformanceLevel::Refuse));
    let sign_as = |organisation: &str, by: &Issued| {
        let key = SystemKey { organisation: oid(organisation), key: Box::new(key(by)) };
        world.app.sign_with(SystemKeys::new(vec![key]));
    };
    let archive = || world.app.archive_draft(&caller, &writer(), &draft, None);
    let signing = || world.app.look_at_draft(&caller, &writer(), &draft).unwrap().signing;

    assert_eq!((code(archive()), signing().system), ("signature-missing", None));
    sign_as(NEIGHBOUR, &signers().neighbour);
    assert_eq!((code(archive()), signing().system), ("signature-missing", None));
    sign_as(COUNTY, &signers().neighbour);
    assert_eq!(code(archive()), "signer-differs", "the certificate names the neighbour");
    sign_as(COUNTY, &signers().county);
    assert_eq!(signing().needed, Needed::Either);
    let document = archive().unwrap().receipt.document;
    let view = world.app.open_document(&caller, &document, Purpose::READ).unwrap();
    let told = view.signatures.unwrap();
    assert!(told.contains(r#""verdict":"valid""#) && told.contains("ATJ Suvanto"), "{told}");
    assert!(world.damage().is_empty());
}

/// ARC-6: a plan wants a professional's own signature, made outside over what is archived, byte for byte; another one, or one
/// over an earlier edition, is refused and the draft stays.
#[test]
fn a_plan_is_signed_by_its_professional() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let number_of = "25104559650".to_owned();
    let writer = Writer { registration_number: Some(number_of), ..writer() };
    let registry = world.app.registry();
    let mut structures = registry.structures().map(|entry| &entry.structure);
    let plan = structures
        .find(|one| {
            one.specific_type().is_some_and(|code| code.len() == 5 && code.starts_with("15"))
        })
        .expect("a plan is inside the program");
    let begun = Begun { structure: plan.oid.clone(), ..begun(&dossier) };
    let number = world.app.begin_draft(&caller, &writer, &begun).unwrap();
    let mut draft = open(&world.app, &caller, &dossier, number);
    let made = (0..100)
        .map(|n| synthetic::document(plan, n, Fullness::Typical, &mut FinnishText::new()))
        .find(|made| check_conditions(plan, made, &draft.paper.facts).is_empty())
        .unwrap();
    let made = about(&dossier.client, &content::write(&made)).to_string();
    let made = content::read(made.as_bytes(), "made").unwrap();
    draft.draft.content = typed(&world, &draft, &made);
    save(&world, &caller, &dossier, &draft);
    let draft = open(&world.app, &caller, &dossier, number);

    world.app.trust_signatures(signers().trust(&[], ConformanceLevel::Refuse));
    let county = SystemKey { organisation: oid(COUNTY), key: Box::new(key(&signers().county)) };
    world.app.sign_with(SystemKeys::new(vec![county]));
    let archive =
        |signature: Option<&str>| world.app.archive_draft(&caller, &writer, &draft, signature);
    let looked = world.app.look_at_draft(&caller, &writer, &draft).unwrap();
    assert_eq!(looked.signing.needed, Needed::Professional);
    assert_eq!(code(archive(None)), "signature-missing", "the system's is not enough");
    let sign = |text: &str| {
        let (key, at) = (key(&signers().professional), world.app.now());
        let signing = Signing { key: &key, kind: SignerKind::Professional, at };
        jws::sign(text, &signing).unwrap()
    };
    let other = looked.signing.text.replace("metadata 1", "metadata 2");
    assert_eq!(code(archive(Some(&sign(&other)))), "signature-broken");
    assert_eq!(code(archive(Some("nonsense"))), "signature-form");
    world.clock.set("2026-11-09T10:00:00+02:00");
    let again = world.app.look_at_draft(&caller, &writer, &draft).unwrap();
    assert_eq!(again.signing.text, looked.signing.text, "an edition is the same document later");
    let archived = archive(Some(&format!("{}\n", sign(&looked.signing.text)))).unwrap();
    let view = world.app.open_document(&caller, &archived.receipt.document, Purpose::READ).unwrap();
    let told = view.signatures.unwrap();
    assert!(told.contains(r#""verdict":"valid""#) && told.contains("Testaaja Aino"), "{told}");
}

/// What is written in a note, as it was sent.
fn written(note: &crate::world::Draft) -> serde_json::Value {
    serde_json::from_slice(note.submission().part(Part::Structured).unwrap()).unwrap()
}

fn metadata_of(world: &World, caller: &Caller, document: &Oid) -> serde_json::Value {
    let view = world.app.open_document(caller, document, Purpose::READ).unwrap();
    serde_json::from_str(&view.metadata).unwrap()
}

/// CAS-1, ARC-3, CIT-3: a document is corrected by a draft with what it says in it: its next version is by who corrects it, says
/// why, and is for the rest as the version before, hidden from the client as that was.
#[test]
fn a_document_is_corrected_by_a_draft_of_its_next_version() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let note = world.note(&dossier).set("special_content", "K").set("inaccessible_reason", "1");
    world.archive(&note);
    let id = dossier.client.identifier();
    let number = world.app.begin_correction(&caller, &id, &note.id()).unwrap();
    let again = world.app.begin_correction(&caller, &id, &note.id());
    assert_eq!(again.unwrap(), number, "begun twice, one draft");
    let draft = open(&world.app, &caller, &dossier, number);
    assert_eq!(draft.replaces(), Some((&note.id(), 1)));
    let said: serde_json::Value =
        serde_json::from_str(&content::write(&draft.draft.content)).unwrap();
    assert_eq!(said, written(&note));

    save(&world, &caller, &dossier, &draft);
    let world = world.reopen();
    let draft = open(&world.app, &caller, &dossier, number);
    let looked = world.app.look_at_draft(&caller, &writer(), &draft).unwrap();
    assert!(looked.faults.is_empty(), "{:?}", looked.faults);
    let archived = world.app.archive_draft(&caller, &writer(), &draft, None).unwrap();
    let next = archived.receipt.document;
    assert_eq!(archived.receipt.version, 2);
    let told = metadata_of(&world, &caller, &next);
    let before = metadata_of(&world, &caller, &note.id());
    let replaces = serde_json::json!({ "document_id": note.id().as_str(), "reason": "3" });
    assert_eq!(told["replaces"], replaces);
    for same in ["set_id", "special_content", "inaccessible_reason", "case_id", "client", "group"] {
        assert_eq!(told[same], before[same], "{same}");
    }
    assert_eq!(told["professional"]["family_name"], "Työntekijä");
    assert_ne!(told["written_at"], before["written_at"]);
    let view = world.app.open_document(&caller, &note.id(), Purpose::READ).unwrap();
    assert_eq!(view.state, VersionState::Replaced);

    // The correction is invalidated, and the document that came back is corrected once more.
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &next, &reason).unwrap();
    let number = world.app.begin_correction(&caller, &id, &note.id()).unwrap();
    let draft = open(&world.app, &caller, &dossier, number);
    assert_eq!(draft.replaces(), Some((&note.id(), 1)));
    save(&world, &caller, &dossier, &draft);
    let draft = open(&world.app, &caller, &dossier, number);
    let looked = world.app.look_at_draft(&caller, &writer(), &draft).unwrap();
    assert!(looked.faults.is_empty(), "{:?}", looked.faults);
    let archived = world.app.archive_draft(&caller, &writer(), &draft, None).unwrap();
    assert_eq!(archived.receipt.version, 3);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// RUR-4, CIT-4: a producer corrects what its own unit recorded; who else corrects a producer's document stands in its place,
/// and says anew whether guardians may see it.
#[test]
fn who_corrects_a_producers_document_decides_on_guardians_anew() {
    let world = World::new();
    let child = {
        let born = varanto_domain::time::FinnishDay::parse("2015-03-02").unwrap();
        let code = varanto_domain::ids::PersonalIdentityCode::compose(born, 905).unwrap();
        crate::world::Client {
            code,
            given: "Pikku Testi".into(),
            family: "Suvanto".into(),
            temporary: false,
        }
    };
    let served = serde_json::json!([serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    let relationship = world.relationship(&child).served_by(served);
    let dossier = world.open_case_under(&relationship, &child);
    let note = producers_note(&world, &dossier).set("guardian_disclosure", "1");
    world.archive_as(System::Producer, &note);
    let of_county = world.note(&dossier).set("guardian_disclosure", "1");
    world.archive(&of_county);
    let id = dossier.client.identifier();
    let producer = worker(&world, PRODUCER, PRODUCERS_UNIT);
    let begins =
        |caller: &Caller, document: &Oid| world.app.begin_correction(caller, &id, document);
    assert_eq!(code(begins(&producer, &of_county.id())), "another-makers-document");
    assert_eq!(
        code(begins(&worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT), &note.id())),
        "another-register"
    );
    let number = begins(&producer, &note.id()).unwrap();
    assert_eq!(open(&world.app, &producer, &dossier, number).draft.guardians, "1");

    let county = worker(&world, COUNTY, UNIT);
    let number = begins(&county, &note.id()).unwrap();
    let mut draft = open(&world.app, &county, &dossier, number);
    assert_eq!(draft.draft.guardians, "");
    let looked = world.app.look_at_draft(&county, &writer(), &draft).unwrap();
    let missing = |fault: &varanto_domain::faults::Fault| fault.element == "guardian_disclosure";
    assert!(looked.faults.iter().any(missing), "{:?}", looked.faults);
    draft.draft.guardians = "2".to_owned();
    save(&world, &county, &dossier, &draft);
    let draft = open(&world.app, &county, &dossier, number);
    let archived = world.app.archive_draft(&county, &writer(), &draft, None).unwrap();
    let told = metadata_of(&world, &county, &archived.receipt.document);
    assert_eq!(told["service_unit"]["id"], UNIT);
    assert_eq!(told["guardian_disclosure"], "2");
    assert!(told.get("producer").is_none(), "{told}");
}

/// CAS-1, ARC-3: what was replaced or invalidated meanwhile is told when the correction is checked, and the draft stays.
#[test]
fn a_correction_that_came_too_late_is_told_and_kept() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let caller = worker(&world, COUNTY, UNIT);
    let (replaced, gone) = (world.note(&dossier), world.note(&dossier));
    let mut numbers = Vec::new();
    for note in [&replaced, &gone] {
        world.archive(note);
        let id = dossier.client.identifier();
        numbers.push(world.app.begin_correction(&caller, &id, &note.id()).unwrap());
    }
    world.archive(&world.next_version(&replaced));
    let reason = InvalidationRequest { reason: "1".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &gone.id(), &reason).unwrap();
    let draft = open(&world.app, &caller, &dossier, numbers[0]);
    let looked = world.app.look_at_draft(&caller, &writer(), &draft).unwrap();
    let codes: Vec<&str> = looked.faults.iter().map(varanto_domain::faults::Fault::code).collect();
    assert!(codes.contains(&"not-the-newest"), "{codes:?}");
    let id = dossier.client.identifier();
    let late = world.app.open_draft(&caller, &writer(), &id, numbers[1]);
    assert_eq!(code(late), "version-invalidated");
    assert_eq!(world.app.list_drafts(&caller, &id).unwrap().len(), 2);
}

/// REL-4: in a joint case the time of writing says whom a document concerns, and a correction does not change it.
#[test]
fn a_correction_in_a_joint_case_was_written_when_the_document_was() {
    let family = crate::joint_cases::Family::new();
    let world = &family.world;
    let (caller, id) = (worker(world, COUNTY, UNIT), family.first.identifier());
    let other = family.second.identifier();
    let through_other = world.app.begin_correction(&caller, &other, &family.meanwhile);
    assert_eq!(code(through_other), "case-context-missing");
    let number = world.app.begin_correction(&caller, &id, &family.before).unwrap();
    let Ok(Opened::Draft(draft)) = world.app.open_draft(&caller, &writer(), &id, number) else {
        panic!("a draft")
    };
    let archived = world.app.archive_draft(&caller, &writer(), &draft, None).unwrap();
    let told = metadata_of(world, &caller, &archived.receipt.document);
    assert_eq!(told["written_at"], metadata_of(world, &caller, &family.before)["written_at"]);
}
