//! The worked story of `docs/story.md`: a family, told with the archive's own answers.
//!
//! Each answer on the page stands under a comment that names it; the test asks again and holds the page
//! against what is answered. `VARANTO_WRITE=1` writes the answers into the page.

use std::collections::BTreeMap;

use serde_json::json;
use varanto_app::AppError;
use varanto_app::archive::AccessQuestion;
use varanto_domain::access::{
    Action, Caller, Denial, Grant, LookReason, Purpose, Reason, Situation,
};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{FinnishDay, Validity};

use crate::access::{neighbours_relationship, worker};
use crate::guardians::{citizen, newest_client};
use crate::joint_cases::Family;
use crate::roads::own;
use crate::whereabouts::telling_note;
use crate::world::{
    COUNTY, Client, Dossier, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, PRODUCERS_UNIT, System,
    UNIT, World, registers, serving,
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/story.md");
const TEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../varanto-server/texts/en.toml");

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn person(born: &str, number: u16, given: &str) -> Client {
    let code = PersonalIdentityCode::compose(day(born), number).unwrap();
    let (given, family) = (format!("{given} Testi"), "Suvanto".into());
    Client { code, given, family, temporary: false }
}

/// The answers of a story, in the words of the English catalogue.
struct Story {
    texts: toml::Table,
    told: BTreeMap<String, String>,
}

impl Story {
    fn new() -> Self {
        let texts = std::fs::read_to_string(TEXTS).unwrap().parse().unwrap();
        Self { texts, told: BTreeMap::new() }
    }

    fn text(&self, path: &[&str]) -> &str {
        let (last, tables) = path.split_last().unwrap();
        let table = tables.iter().fold(&self.texts, |at, name| at[*name].as_table().unwrap());
        table[*last].as_str().unwrap()
    }

    fn yes(&self, grant: &Grant) -> String {
        let ground = self.text(&["ground", grant.basis.code()]);
        let obliging = grant.obligations.iter().map(|one| self.text(&["obligation", one.code()]));
        let told: Vec<&str> = std::iter::once(ground).chain(obliging).collect();
        format!("> **Yes.** {}.\n", told.join(". "))
    }

    fn no(&self, denial: Denial) -> String {
        format!(
            "> **No: {}.** {}\n>\n> *{}*, {}. Missing: {}. Ask: {}.\n",
            lower(self.text(&["denial", denial.code(), "title"])),
            self.text(&["denial", denial.code(), "detail"]),
            denial.rule(),
            denial.law(),
            lower(self.text(&["missing", denial.missing().code()])),
            lower(self.text(&["ask", denial.ask().code()])),
        )
    }

    /// Asks what is decided of opening a document, holds it against opening it, and tells it, and what is answered of
    /// the content where that differs. `opens`: whether the story expects a yes.
    fn ask(&mut self, name: &str, world: &World, asked: (&Caller, &Oid, Purpose), opens: bool) {
        let (caller, document, purpose) = asked;
        let question = AccessQuestion { document: document.clone(), action: Action::Read, purpose };
        let answer = world.app.explain_access(caller, &question).unwrap().answer;
        let opened = denial(name, world.app.open_document(caller, document, purpose));
        assert_eq!(answer.as_ref().err().copied(), opened, "{name}");
        assert_eq!(opened.is_none(), opens, "{name}: {answer:?}");
        let mut told = match answer {
            Ok(grant) => self.yes(&grant),
            Err(denial) => self.no(denial),
        };
        let content = denial(name, world.app.open_content(caller, document, None, purpose));
        if content != opened {
            told.push_str(">\n");
            let content = content.expect("who opens the content opens the document");
            told.push_str(&self.no(content).replacen("No: ", "But its content, no: ", 1));
        }
        assert!(self.told.insert(name.to_owned(), told).is_none(), "{name} is told twice");
    }

    /// The page with each answer under the comment that names it.
    fn page(&self, written: &str) -> String {
        let mut page = String::new();
        let mut unseen: Vec<&str> = self.told.keys().map(String::as_str).collect();
        let mut skipping = false;
        for line in written.lines() {
            skipping &= line.starts_with('>');
            if skipping {
                continue;
            }
            page.push_str(line);
            page.push('\n');
            let named =
                line.strip_prefix("<!-- answer: ").and_then(|rest| rest.strip_suffix(" -->"));
            if let Some(name) = named {
                let answer = self.told.get(name);
                page.push_str(answer.unwrap_or_else(|| panic!("nobody asks {name}")));
                unseen.retain(|one| *one != name);
                skipping = true;
            }
        }
        assert_eq!(unseen, Vec::<&str>::new(), "answers without a place on the page");
        page
    }
}

fn denial<T: std::fmt::Debug>(name: &str, answer: Result<T, AppError>) -> Option<Denial> {
    match answer {
        Ok(_) => None,
        Err(AppError::Denied(denial)) => Some(denial),
        Err(other) => panic!("{name}: {other:?}"),
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// ACC-4: the story's answers are the archive's.
#[test]
fn the_story_is_told_with_the_archives_own_answers() {
    let mut story = Story::new();
    a_joint_case(&mut story);
    a_producer_over_two_counties(&mut story);
    a_shelter(&mut story);
    a_teenager(&mut story);
    a_safety_order(&mut story);
    the_long_road(&mut story);
    let written = std::fs::read_to_string(PAGE).unwrap();
    let page = story.page(&written);
    if std::env::var_os("VARANTO_WRITE").is_some() {
        return std::fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(written, page, "docs/story.md is not current: VARANTO_WRITE=1 writes the answers");
}

/// Maija's case, in which Antti is for ten days. Another unit serves him.
fn a_joint_case(story: &mut Story) {
    let family = Family::new();
    let (world, anttis) = (&family.world, family.others_worker());
    story.ask("joint-before", world, (&anttis, &family.before, Purpose::READ), false);
    story.ask("joint-meanwhile", world, (&anttis, &family.meanwhile, Purpose::READ), true);
    story.ask("joint-after", world, (&anttis, &family.after, Purpose::READ), false);
    let maijas = worker(world, COUNTY, UNIT);
    story.ask("joint-own", world, (&maijas, &family.after, Purpose::READ), true);
}

/// Eero, 12, has home help from Hoiva Oy in both counties: he lives in one and is placed in the other.
fn a_producer_over_two_counties(story: &mut Story) {
    let world = World::new();
    let who = person("2014-05-04", 901, "Eero");
    let served = |first: &str, last: &str| serving(PRODUCERS_UNIT, first, last);
    let relationship = world.relationship(&who).served_by(vec![served("2026-10-01", "2026-11-30")]);
    let note = world.note(&world.open_case_under(&relationship, &who));
    let note = note.set("guardian_disclosure", "1");
    world.archive(&note);
    world.know(&who);
    let theirs = neighbours_relationship(&world, &who);
    let producer = world.caller(System::Producer);
    let own = worker(&world, COUNTY, UNIT);
    let elsewhere = worker(&world, COUNTY, OPERATING_UNIT);
    let read = Purpose::READ;
    story.ask("worker-in-context", &world, (&own, &note.id(), read), true);
    story.ask("worker-elsewhere", &world, (&elsewhere, &note.id(), read), false);
    let urgent = read.because(Reason::Look(LookReason::Urgent));
    story.ask("worker-with-a-reason", &world, (&elsewhere, &note.id(), urgent), true);
    story.ask("producer-here", &world, (&producer, &note.id(), read), true);
    story.ask("producer-there", &world, (&producer, &theirs.id(), read), false);
    let neighbour = worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT);
    let asked = read.in_situation(Situation::Disclosure);
    story.ask("neighbour-without-permission", &world, (&neighbour, &note.id(), asked), false);
    world.clock.set("2026-12-01T08:00:00+02:00");
    story.ask("producer-afterwards", &world, (&producer, &note.id(), read), false);
}

/// The shelter works for the county under the wide register-use right.
fn a_shelter(story: &mut Story) {
    let world = World::new();
    let who = person("1988-02-11", 902, "Maija");
    let relationship =
        world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-11-01", "")]);
    let note = world.note(&world.open_case_under(&relationship, &who));
    world.archive(&note);
    let shelter = world.caller(System::Producer);
    let wide = Purpose::READ.in_situation(Situation::WideRegisterUse);
    story.ask("shelter-without-wide-right", &world, (&shelter, &note.id(), wide), false);
    let mut registers = registers();
    registers["organisations"][0]["wide_register_use"] = true.into();
    world.app.load_registers("world", registers.to_string().into_bytes()).unwrap();
    story.ask("shelter-with-wide-right", &world, (&shelter, &note.id(), wide), true);
}

/// Venla, 15, and her father Antti.
fn a_teenager(story: &mut Story) {
    let world = World::new();
    let venla = person("2011-03-02", 903, "Venla");
    let antti = person("1980-06-20", 904, "Antti");
    let dossier = world.open_case(&venla);
    let herself = citizen(newest_client(&world));
    world.open_case(&antti);
    let father = citizen(newest_client(&world));
    let open = world.note(&dossier).set("guardian_disclosure", "1");
    let hers = world.note(&dossier).set("guardian_disclosure", "2");
    world.archive(&open);
    world.archive(&hers);
    let days = Validity { first: day("2011-03-02"), last: None };
    let custody = Guardian { code: antti.code, kind: GuardianKind::Custody, days };
    let facts = PersonFacts {
        born_on: Some(day("2011-03-02")),
        guardians: vec![custody],
        ..PersonFacts::default()
    };
    world.tell(vec![(venla.code, facts)]);
    let as_guardian = Purpose::READ.in_situation(Situation::Guardian);
    story.ask("father-open", &world, (&father, &open.id(), as_guardian), true);
    story.ask("father-hers", &world, (&father, &hers.id(), as_guardian), false);
    let as_herself = Purpose::READ.in_situation(Situation::Citizen);
    story.ask("venla-hers", &world, (&herself, &hers.id(), as_herself), true);
}

/// Maija is under a personal-safety order.
fn a_safety_order(story: &mut Story) {
    let world = World::new();
    let who = person("1988-02-11", 902, "Maija");
    let relationship =
        world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-11-01", "")]);
    let note = telling_note(&world, &world.open_case_under(&relationship, &who));
    world.archive(&note);
    let days = Validity { first: day("2026-11-01"), last: None };
    let facts = PersonFacts { safety_order: Some(days), ..PersonFacts::default() };
    world.tell(vec![(who.code, facts)]);
    let own = worker(&world, COUNTY, UNIT);
    let elsewhere = worker(&world, COUNTY, OPERATING_UNIT);
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    story.ask("order-own-worker", &world, (&own, &note.id(), Purpose::READ), true);
    story.ask("order-other-worker", &world, (&elsewhere, &note.id(), urgent), true);
}

/// Suvanto on the long road, where the producer's right stands on the case.
fn the_long_road(story: &mut Story) {
    let world = World::new();
    world.begins_the_long_road("2026-11-02");
    let who = person("2014-05-04", 901, "Eero");
    let relationship = world.long_relationship(&who);
    world.archive(&relationship);
    let services = json!({
        "palvelunjarjestajan_palveluyksikko": [own(UNIT, "2024-01-08", "")],
        "palveluntuottaja": [serving(PRODUCERS_UNIT, "2026-10-01", "2026-11-30")],
    });
    let case = world.long_case(&who, &relationship.text("relationship_id"), &services);
    world.archive(&case);
    let dossier = Dossier {
        client: who.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    };
    let note = world.note(&dossier).set("guardian_disclosure", "1");
    world.archive(&note);
    world.know(&who);
    let producer = world.caller(System::Producer);
    let mut ask = |name: &str, opens| {
        story.ask(name, &world, (&producer, &note.id(), Purpose::READ), opens);
    };
    ask("long-road", true);
    world.clock.set("2026-12-01T08:00:00+02:00");
    ask("long-road-afterwards", false);
}
