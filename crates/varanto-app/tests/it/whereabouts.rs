//! What tells where a client under a personal-safety order is comes out by no door, to none from whom it is
//! masked (ARC-10).

use std::fmt::Debug;
use std::io::Write;
use std::process::{Command, Stdio};

use varanto_app::AppError;
use varanto_app::archive::{AccessQuestion, DocumentQuery, SummaryQuery};
use varanto_app::oversight::{HintQuery, LogQuery, OpeningQuery, OwnLogQuery};
use varanto_app::relationship::{How, NoticeQuery};
use varanto_domain::access::{
    Caller, LookReason, Purpose, Reason, Role, Strength, Who, whereabouts,
};
use varanto_domain::archive::documents::Part;
use varanto_domain::codes::CodeSets;
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::relationship::{Asked, RelationshipAct};
use varanto_domain::structures::{Field, built_in};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::content;
use varanto_formats::synthetic::{self, Coded, Draw, FinnishText, Fullness, TextSource};
use varanto_formats::view::{Heading, ViewLanguage, render};

use crate::access::worker;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NOTE, OPERATING_UNIT, PRODUCERS_UNIT, System, UNIT, World,
    about, ask, client, oid, registers, serving, structure_of,
};

/// What nobody may see: a street, a town, a telephone number, names of units, and their identifiers.
const SECRETS: [&str; 7] = [
    "Piilokatu",
    "Kätkölä",
    "040 555 1234",
    "Suojapirtti",
    "Suvannon perhepalvelut",
    UNIT,
    PRODUCERS_UNIT,
];

/// Every text and every name of a place tells all.
struct Telling(FinnishText);

impl TextSource for Telling {
    fn text(&mut self, _: &Field, _: &str, _: &mut Draw) -> String {
        "Suojapirtti, Piilokatu 7, 00100 Kätkölä, 040 555 1234".to_owned()
    }

    fn code(&mut self, field: &Field, set: &Oid, allowed: &[String], draw: &mut Draw) -> Coded {
        let coded = self.0.code(field, set, allowed, draw);
        if whereabouts::PLACE_CODE_SETS.contains(&set.as_str()) {
            return Coded { display: "Kätkölä".to_owned(), ..coded };
        }
        coded
    }
}

fn telling(structure: &varanto_domain::structures::Structure, seed: u64) -> String {
    let mut source = Telling(FinnishText::new());
    content::write(&synthetic::document(structure, seed, Fullness::Full, &mut source))
}

pub(crate) fn secret_in(text: &str) -> Option<&'static str> {
    SECRETS.into_iter().find(|secret| text.contains(secret))
}

/// ARC-10: of made-up documents on every structure, filled to the last row with what tells the place,
/// nothing of it is left when they are masked, nor in the view that is made of that.
#[test]
fn nothing_that_tells_the_place_is_left_of_any_structure() {
    let sets = CodeSets::built_in();
    let day = FinnishDay::new(2026, 11, 2).unwrap();
    let document = oid("1.2.246.10.90000001.95.1");
    for structure in built_in() {
        for seed in 0..if crate::world::long() { 50 } else { 3 } {
            let text = telling(structure, seed);
            assert!(secret_in(&text).is_some(), "{}", structure.oid);
            let read = content::read(text.as_bytes(), "structured").unwrap();
            let masked = whereabouts::mask_content(structure, &read, &sets, day);
            let heading = Heading {
                document: &document,
                organisation: "Suvannon hyvinvointialue",
                document_type: &structure.document_type,
                made_on: None,
                language: ViewLanguage::Finnish,
            };
            let shown = content::write(&masked) + &render(structure, &masked, &heading);
            assert_eq!(secret_in(&shown), None, "{} {seed}: {shown}", structure.oid);
        }
    }
}

/// A world with a client under an order, and documents of each form that tell all.
struct Hiding {
    world: World,
    who: Client,
    dossier: Dossier,
    documents: Vec<Oid>,
}

pub(crate) fn telling_note(world: &World, dossier: &Dossier) -> Draft {
    let structure = structure_of(NOTE);
    let note = world.structured_document(dossier, structure, 5);
    let made = about(&dossier.client, &telling(structure, 5));
    Draft { structured: Some(made), ..note }
        .set("producer.id", crate::world::PRODUCER)
        .set("producer.name", "Suojapirtti")
        .set("operating_unit.id", OPERATING_UNIT)
        .set("operating_unit.name", "Suojapirtti")
        .set("restriction_argument", "Piilokatu 7")
}

impl Hiding {
    fn new() -> Self {
        let world = World::new();
        let who = client(1);
        let relationship =
            world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
        let dossier = world.open_case_under(&relationship, &who);
        let note = telling_note(&world, &dossier);
        world.archive(&note);
        let later = world.next_version(&note);
        world.archive(&later);
        let phase_one = world
            .phase_one(&dossier)
            .view("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Piilokatu 7, Kätkölä</p></div>");
        world.archive(&phase_one);
        let old = world.old(&world.open_old_case(&who));
        world.archive(&old);
        let mut documents = vec![note.id(), later.id(), phase_one.id(), old.id()];
        documents.push(oid(&dossier.relationship_document));
        documents.push(oid(&dossier.case_document));
        Self { world, who, dossier, documents }
    }

    fn order(&self) {
        let days = Validity { first: FinnishDay::new(2026, 1, 1).unwrap(), last: None };
        let facts = PersonFacts { safety_order: Some(days), ..PersonFacts::default() };
        self.world.tell(vec![(self.who.code, facts)]);
    }

    /// Everything that a caller is answered by every operation that looks.
    fn answers(&self, caller: &Caller, purpose: Purpose) -> Vec<(String, String)> {
        let app = &self.world.app;
        let mut all = self.answers_of_registers(caller, purpose);
        for id in &self.documents {
            let mut tell = |way: &str, answer: String| all.push((format!("{way} {id}"), answer));
            tell("open", told(&app.open_document(caller, id, purpose)));
            tell("versions", told(&app.list_versions(caller, id, purpose)));
            for part in [None].into_iter().chain(Part::ALL.map(Some)) {
                let opened = app.open_content(caller, id, part, purpose);
                tell(&format!("{part:?}"), told(&opened.map(|opened| texts(&opened.parts))));
            }
            for language in [ViewLanguage::Finnish, ViewLanguage::Swedish] {
                tell("page", told(&app.show_document(caller, id, purpose, language)));
                let print = app.print_document(caller, id, purpose, language);
                tell("print", told(&print.map(|pdf| text_of(&pdf).unwrap_or_default())));
            }
            tell("proof", told(&app.prove_document(caller, id, purpose)));
            let material = app.open_signature_material(caller, id, &[0; 32], purpose);
            tell("material", told(&material));
            tell("who", told(&app.list_access(caller, id, purpose)));
            for action in AccessQuestion::ACTIONS {
                let asked = AccessQuestion { document: id.clone(), action, purpose };
                tell("explain", told(&app.explain_access(caller, &asked)));
            }
        }
        for enriched in [false, true] {
            let query = SummaryQuery {
                client: self.who.identifier(),
                enriched,
                situation: purpose.situation,
                reason: purpose.reason,
            };
            let summary = app.client_summary(caller, &query).unwrap();
            let items = (summary.relationships.iter().map(|one| &one.item))
                .chain(summary.cases.iter().map(|one| &one.item))
                .chain(summary.documents.iter().map(|one| &one.item));
            let contents = items.filter_map(|item| item.content.as_ref());
            let contents: Vec<_> =
                contents.map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
            all.push(("summary".to_owned(), format!("Ok {contents:?} {summary:?}")));
        }
        let query = self.query(purpose);
        all.push(("search".to_owned(), told(&app.find_documents(caller, &query))));
        all
    }

    /// What a caller is answered by the operations that are about no one document.
    fn answers_of_registers(&self, caller: &Caller, purpose: Purpose) -> Vec<(String, String)> {
        let app = &self.world.app;
        let (relationship, case) = (oid(&self.dossier.relationship), oid(&self.dossier.case));
        let client = Some(self.who.identifier());
        let log = LogQuery { client: client.clone(), limit: 50, ..LogQuery::default() };
        let own = OwnLogQuery {
            client: self.who.identifier(),
            representative: None,
            from: None,
            before: None,
            limit: 0,
            cursor: None,
        };
        let act = Asked {
            what: RelationshipAct::SetRisks(Vec::new()),
            document: oid("1.2.246.10.90000001.95.2026.999"),
            based_on: None,
            maker: None,
        };
        let tried = How { dry_run: true, confirmed: true, reason: purpose.reason };
        let all = [
            ("relationship", told(&app.show_relationship(caller, &relationship, purpose))),
            ("workers", told(&app.show_workers(caller, &relationship, None, purpose))),
            ("case", told(&app.show_case(caller, &case, purpose))),
            ("act", told(&app.act_on_relationship(caller, &relationship, &act, tried))),
            ("refusals", told(&app.current_refusals(caller, self.who.code))),
            ("permission", told(&app.current_permission(caller, self.who.code))),
            ("notices", told(&app.list_notices(caller, NoticeQuery::default()))),
            ("log", told(&app.review_log(caller, &log))),
            ("own log", told(&app.own_log(caller, &own))),
            ("queue", told(&app.list_openings(caller, &OpeningQuery::default()))),
            ("hints", told(&app.hint_at_looks(caller, &HintQuery::default()))),
        ];
        all.into_iter().map(|(way, answer)| (way.to_owned(), answer)).collect()
    }

    fn query(&self, purpose: Purpose) -> DocumentQuery {
        DocumentQuery {
            client: Some(self.who.identifier()),
            situation: purpose.situation,
            reason: purpose.reason,
            limit: 50,
            ..DocumentQuery::default()
        }
    }
}

/// The text of a print, as another program reads it; `None`, and said, where there is none.
pub(crate) fn text_of(print: &[u8]) -> Option<String> {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .inspect_err(|_| eprintln!("pdftotext is not here: no print is read"))
        .ok()?;
    child.stdin.take().unwrap().write_all(print).unwrap();
    let read = child.wait_with_output().unwrap();
    assert!(read.status.success());
    Some(String::from_utf8(read.stdout).unwrap())
}

fn told<T: Debug>(answer: &Result<T, AppError>) -> String {
    format!("{answer:?}")
}

fn texts(parts: &[(Part, Vec<u8>)]) -> String {
    let text = |(part, bytes): &(Part, Vec<u8>)| {
        format!("{}: {}", part.name(), String::from_utf8_lossy(bytes))
    };
    parts.iter().map(text).collect::<Vec<_>>().join("\n")
}

fn officer(world: &World) -> Caller {
    let mut caller = worker(world, COUNTY, OPERATING_UNIT);
    let subject = "t.tietosuoja".to_owned();
    let role = Role::DataProtectionOfficer;
    caller.functions = role.functions();
    caller.who = Who::Person {
        subject,
        registration_number: None,
        role,
        unit: None,
        duty: None,
        strength: Strength::Strong,
    };
    caller
}

const WHY: Purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));

/// ARC-10: under an order, nothing that tells the place comes out by any operation to a worker who gives a
/// reason, nor to a data-protection officer, while what can be masked is given; and the same before anything is
/// known of an order.
#[test]
fn nothing_that_tells_the_place_comes_out_by_any_door() {
    let hiding = Hiding::new();
    for known in [false, true] {
        if known {
            hiding.order();
        }
        let others = worker(&hiding.world, COUNTY, OPERATING_UNIT);
        for caller in [others, officer(&hiding.world)] {
            let answers = hiding.answers(&caller, WHY);
            for (way, answer) in &answers {
                assert_eq!(secret_in(answer), None, "{way}: {answer}");
            }
            let given = |way: &str| {
                let given =
                    |(at, said): &&(String, String)| at.starts_with(way) && said.starts_with("Ok");
                answers.iter().filter(given).count()
            };
            // The note's two versions, the relationship and the case are structured, and so masked.
            for (way, most) in [("open", 6), ("None", 4), ("Some(Structured)", 4), ("page", 8)] {
                assert_eq!(given(way), most, "{way}");
            }
            let printed = given("print");
            assert_eq!((printed, given("proof"), given("who")), (8, 0, 0));
            assert_eq!((given("relationship"), given("case"), given("act")), (1, 1, 0));
            for part in ["Some(Pdf)", "Some(National)"] {
                assert_eq!(given(part), 0, "{part}");
            }
        }
    }
}

/// ARC-10: those whom the order allows see the whole, by the same operations, and their lines say that they
/// did; lines of masked looks say that too.
#[test]
fn those_whom_the_order_allows_see_the_whole_and_are_logged() {
    let hiding = Hiding::new();
    hiding.order();
    let note = &hiding.documents[1];
    let serving = worker(&hiding.world, COUNTY, UNIT);
    for caller in [serving, hiding.world.county()] {
        let opened = hiding.world.app.open_content(&caller, note, None, Purpose::READ).unwrap();
        assert!(texts(&opened.parts).contains("Piilokatu"));
        let language = ViewLanguage::Finnish;
        let print = hiding.world.app.print_document(&caller, note, Purpose::READ, language);
        let print = text_of(&print.unwrap());
        assert!(print.is_none_or(|text| text.contains("Piilokatu")));
        let view = hiding.world.app.open_document(&caller, note, Purpose::READ).unwrap();
        assert!(!view.masked && view.metadata.contains(UNIT));
        assert!(last_line(&hiding.world).ends_with(" safety-order"));
        hiding.world.app.current_refusals(&caller, hiding.who.code).unwrap();
        assert_eq!(last_line(&hiding.world), "refusals safety-order");
    }
    let other = worker(&hiding.world, COUNTY, OPERATING_UNIT);
    let view = hiding.world.app.open_document(&other, note, WHY).unwrap();
    assert!(view.masked && view.arrival == "{}");
    assert!(last_line(&hiding.world).contains(" masked"));
    hiding.world.app.find_documents(&other, &hiding.query(WHY)).unwrap();
    assert!(last_line(&hiding.world).contains(" masked"));
}

fn last_line(world: &World) -> String {
    let sql = "SELECT detail FROM use_log ORDER BY line DESC LIMIT 1";
    ask(world.folder.path(), sql).concat().remove(0)
}

/// ARC-10: nobody finds by what is masked: neither by the unit nor by the organiser.
#[test]
fn nobody_finds_by_what_is_masked() {
    let hiding = Hiding::new();
    hiding.order();
    let other = worker(&hiding.world, COUNTY, OPERATING_UNIT);
    let serving = worker(&hiding.world, COUNTY, UNIT);
    let hits = |caller: &Caller, query: &DocumentQuery| {
        hiding.world.app.find_documents(caller, query).unwrap().hits.len()
    };
    let plain = hiding.query(WHY);
    let by_unit = DocumentQuery { unit: Some(oid(UNIT)), ..plain.clone() };
    let by_organiser = DocumentQuery { organiser: Some(oid(COUNTY)), ..plain.clone() };
    let elsewhere = DocumentQuery { client: None, ..by_unit.clone() };
    assert!(hits(&other, &plain) > 0);
    for query in [&by_unit, &by_organiser, &elsewhere] {
        assert_eq!(hits(&other, query), 0, "{query:?}");
        assert!(hits(&serving, query) > 0, "{query:?}");
    }
}

/// ARC-10: a document that a producer made under its own node is neither listed nor told of to one from whom
/// the producer is masked; nor is its identifier in the metadata of others.
#[test]
fn an_identifier_that_names_a_producer_is_not_told() {
    let hiding = Hiding::new();
    hiding.order();
    let id = "1.2.246.10.90000003.95.2026.1";
    let note =
        hiding.world.app.open_document(&hiding.world.county(), &hiding.documents[1], Purpose::READ);
    let metadata = note.unwrap().metadata;
    let told: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let dossier = Dossier {
        client: hiding.who.clone(),
        relationship: String::new(),
        case: told["case_id"].as_str().unwrap().to_owned(),
        relationship_document: String::new(),
        case_document: String::new(),
    };
    let made = telling_note(&hiding.world, &dossier)
        .set("document_id", id)
        .set("set_id", id)
        .set("service_unit.id", PRODUCERS_UNIT)
        .set("service_unit.name", "Suojapirtti");
    hiding.world.archive_as(crate::world::System::Producer, &made);
    let other = worker(&hiding.world, COUNTY, OPERATING_UNIT);
    let hits = |caller: &Caller| {
        told_of(&hiding.world.app.find_documents(caller, &hiding.query(WHY)).unwrap().hits)
    };
    assert!(!hits(&other).contains(id));
    assert!(hits(&worker(&hiding.world, COUNTY, UNIT)).contains(id));
    let view = hiding.world.app.open_document(&other, &oid(id), WHY).unwrap();
    assert!(view.masked && !view.metadata.contains("90000003"), "{}", view.metadata);
}

/// ARC-10: the identifier of a case that a producer opened in a register that is used widely names who serves the client, and
/// is not told with what is masked: neither by the relationship and the case, nor in the summary, nor in metadata.
#[test]
fn identifiers_of_cases_name_no_producer() {
    let mut hiding = Hiding::new();
    hiding.who = client(2);
    let (world, node) = (&hiding.world, "90000003");
    let under = |key: &str| format!("1.2.246.10.{node}.95.2026.{key}");
    let mut wide = registers();
    wide["organisations"][0]["wide_register_use"] = true.into();
    world.app.load_registers("world", wide.to_string().into_bytes()).unwrap();
    let relationship =
        world.relationship(&hiding.who).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    let dossier = world.open_case_under(&relationship, &hiding.who);
    let cases = ["8", "9"].map(|key| {
        let case = world.case(&hiding.who, &dossier.relationship);
        let case = case
            .set("document_id", under(&format!("{key}.1")))
            .set("set_id", under(&format!("{key}.1")))
            .set("case_id", under(key))
            .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", under(key));
        world.archive_as(System::Producer, &case);
        case
    });
    world.archive(&world.next_version(&cases[0]));
    hiding.dossier = dossier;
    hiding.documents = vec![oid(&hiding.dossier.relationship_document)];
    hiding.order();
    let other = worker(world, COUNTY, OPERATING_UNIT);
    let mut answers = hiding.answers(&other, WHY);
    for key in ["8", "9"] {
        let state = world.app.show_case(&other, &oid(&under(key)), WHY).unwrap();
        assert_eq!((&*state.case.to_string(), state.masked), (&*under(key), true));
        let known = (&state.relationship, &state.document);
        answers.push(("case of a producer".to_owned(), format!("{known:?}")));
    }
    for (way, answer) in &answers {
        assert!(!answer.contains(node), "{way}: {answer}");
    }
    let whole = hiding.answers(&worker(world, COUNTY, UNIT), WHY);
    for way in ["relationship", "summary"] {
        let told = |(at, answer): &(String, String)| at == way && answer.contains(node);
        assert!(whole.iter().any(told), "{way}");
    }
}

fn told_of(hits: &[varanto_app::archive::DocumentView]) -> String {
    format!("{hits:?}")
}
