//! Stories of clients in a real browser, in three languages, on a desk and on a phone: what is seen and who looked, what is refused,
//! what is asked to be corrected and corrected; and what a mother sees of her children.

use std::sync::Arc;

use serde_json::{Value, json};
use varanto_app::callers::PersonFacts as Login;
use varanto_domain::access::{LookReason, Purpose, Reason};
use varanto_domain::ids::Oid;
use varanto_domain::persons::{Guardian, GuardianKind};
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::persons::{PersonAnswer, write};
use varanto_kit::county::Made;
use varanto_server::clock::MachineClock;

use crate::chromium;
use crate::desk::to_preview;
use crate::house::{House, form};
use crate::own::Connected;
use crate::pages::{Walk, log_in};
use crate::people::Served;

pub(crate) const EVERYWHERE: [(&str, u32); 6] =
    [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)];

/// A moment that was.
struct DaysAgo(i64);

impl Clock for DaysAgo {
    fn now(&self) -> Instant {
        MachineClock.now().plus_millis(-self.0 * 86_400_000)
    }
}

/// Archives what the county's system made, with other metadata and under an identifier of its own.
pub(crate) async fn archived_otherwise(
    house: &House,
    mut made: Made,
    number: usize,
    changes: &[(&str, Value)],
) -> String {
    let mut told: Value = serde_json::from_str(&made.metadata_json).unwrap();
    let id = format!("{}.95.2026.98{number:04}", house.organisation());
    for (element, value) in
        [("document_id", json!(id)), ("set_id", json!(id))].iter().chain(changes)
    {
        told[*element] = value.clone();
    }
    made.metadata_json = told.to_string();
    for (_, bytes) in &mut made.parts {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = text.replace(made.document_id.as_str(), &id).into_bytes();
    }
    let answer = house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    id
}

/// The last case note that the county's system made of a client.
pub(crate) fn note_of(house: &House, client: u32) -> Made {
    let is_note = |made: &Made| {
        let told: Value = serde_json::from_str(&made.metadata_json).unwrap();
        told["general_type"] == "19"
    };
    house.made_of(client).into_iter().rfind(is_note).expect("a case note")
}

/// A worker of the unit looked at the document some days ago.
fn somebody_looked(served: &Served, document: &str) -> Oid {
    let user = served.house.provider.users().iter().find(|user| user.id == served.worker).unwrap();
    let unit = Oid::parse(&user.unit).unwrap();
    let app = served.house.doors.app.with_clock(Arc::new(DaysAgo(4)));
    let login = Login {
        subject: user.id.clone(),
        registration_number: None,
        role: user.role.clone(),
        organisation: Oid::parse(&user.organisation).unwrap(),
        unit: Some(unit.clone()),
        duty: None,
        strong: true,
    };
    let caller = app.caller_of_person(login).unwrap();
    let purpose = Purpose::READ.because(Reason::Look(LookReason::InformationRequest));
    app.open_document(&caller, &Oid::parse(document).unwrap(), purpose).unwrap();
    unit
}

/// Whether the time line in sight leads to a document.
fn leads_to(walk: &mut Walk, document: &str) -> bool {
    let there = format!(
        "document.querySelector('main .line a[href*=\"/documents/{document}/\"]') !== null"
    );
    walk.browser.run(&there) == true
}

/// That the page says why it shows nothing of a document.
fn is_locked(walk: &mut Walk, address: &str) {
    walk.browser.go(address);
    walk.browser.complaints();
    let locked = walk.browser.run(
        "document.querySelector('section.error h2') !== null && document.querySelector('iframe') === null",
    );
    assert!(locked == true, "{}", walk.browser.text());
}

/// CIT-1, CIT-3, CIT-6, DIS-2, LOG-2, story (d): a client sees what may be seen, why not what is hidden, and who looked; refuses disclosure
/// of one service task; and asks for a correction, which the worker makes and answers, and the client is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_refuses_and_asks_for_a_correction() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let made = || note_of(&served.house, served.number);
    let shown = archived_otherwise(&served.house, made(), 1, &[]).await;
    let hides = [("special_content", json!("K")), ("inaccessible_reason", json!("1"))];
    let hidden = archived_otherwise(&served.house, made(), 2, &hides).await;
    let unit = somebody_looked(&served, &shown);
    let registry = served.house.doors.app.registry();
    let names = registry.registers().unit(&unit).unwrap().names.clone();
    let base = format!("https://localhost:{}", served.house.address.port());
    let (citizen, worker) = (served.citizen(), served.worker.clone());
    let walk = move || {
        let mut shown = shown;
        for (language, width) in EVERYWHERE {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("client-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);

            walk.browser.go(&format!("{base}/{language}/own/log/"));
            let looks = walk.browser.run("Array.from(document.querySelectorAll('main ol.line > li')).map((one) => one.innerText)");
            let looks: Vec<&str> =
                looks.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let unit =
                if language == "sv" { names.sv.as_ref().unwrap_or(&names.fi) } else { &names.fi };
            assert!(looks.len() == 1 && looks[0].contains(unit.as_str()), "{looks:?}");
            walk.check(&name("who-looked"));

            walk.browser.go(&format!("{base}/{language}/own/"));
            let own = walk.browser.address();
            walk.browser.click(".tabs li:nth-child(2) a");
            assert!(
                leads_to(&mut walk, &shown) && !leads_to(&mut walk, &hidden),
                "{}",
                walk.browser.text()
            );
            walk.check(&name("documents"));
            is_locked(&mut walk, &format!("{own}documents/{hidden}/"));
            walk.check(&name("hidden-document"));

            refuse(&mut walk, &own, &name);
            ask(&mut walk, &format!("{own}documents/{shown}/"), &name);
            shown = correct(&base, (language, width), &worker);

            walk.browser.go(&format!("{own}corrections/"));
            let corrected = format!(
                "document.querySelector('main .card .mark.good') !== null && document.querySelector('main .card a[href*=\"/documents/{shown}/\"]') !== null"
            );
            assert!(walk.browser.run(&corrected) == true, "{}", walk.browser.text());
            walk.check(&name("corrected"));
            walk.browser.be_dark(true);
            walk.check(&name("corrected-dark"));
            walk.browser.be_dark(false);
            walk.browser.click(&format!("main .card a[href*=\"/documents/{shown}/\"]"));
            walk.check(&name("corrected-document"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// Refuses the disclosure of one service task, and withdraws it.
fn refuse(walk: &mut Walk, own: &str, name: &dyn Fn(&str) -> String) {
    let refusal = "document.querySelector('main form:has(input[name=service_task][value=\"24\"]) button') !== null";
    for refuses in [true, false] {
        walk.browser.go(&format!("{own}will/"));
        if refuses {
            walk.browser.click("main section > p > a.button[href$='refuse/']");
            walk.browser.fill("#service_task", "24");
        } else {
            walk.check(&name("refused"));
        }
        walk.browser.click(if refuses {
            "main form button"
        } else {
            "main form:has(input[name=service_task][value='24']) button"
        });
        walk.check(&name("to-confirm"));
        walk.browser.click("main form button");
        walk.browser.go(&format!("{own}will/"));
        assert!(walk.browser.run(refusal) == refuses, "{}", walk.browser.text());
    }
}

/// Asks for a document to be corrected: first without a word, which is told beside the field.
fn ask(walk: &mut Walk, document: &str, name: &dyn Fn(&str) -> String) {
    walk.browser.go(document);
    walk.check(&name("document"));
    walk.browser.click("main a[href$='/correction/']");
    walk.check(&name("ask"));
    walk.browser.click("main form button");
    walk.browser.complaints();
    let invalid = walk.browser.run("document.querySelector('#wanted').ariaInvalid");
    assert!(invalid == "true", "{}", walk.browser.text());
    walk.check(&name("ask-faults"));
    walk.browser.fill("#wanted", "Käynti oli keskiviikkona, ei tiistaina.");
    walk.browser.click("main form button");
    assert!(walk.browser.address().contains("/corrections/"), "{}", walk.browser.text());
    let waits = walk.browser.run("document.querySelectorAll('main .card .mark.wait').length");
    assert!(waits == 1, "{}", walk.browser.text());
    walk.check(&name("asked"));
}

/// A worker finds the request, corrects the document in its form, and answers. Answers the version that corrects.
fn correct(base: &str, (language, width): (&str, u32), worker: &str) -> String {
    let mut walk = Walk::open(width);
    let name = |page: &str| format!("desk-correction-{page}-{language}-{width}");
    log_in(&mut walk.browser, base, language, worker);
    let list = format!("{base}/{language}/desk/corrections/");
    walk.browser.go(&list);
    walk.check(&name("list"));
    walk.browser.click("main .line a");
    let request = walk.browser.address();
    walk.check(&name("request"));
    // What was not done is not answered as done.
    walk.browser.run("document.querySelector('#how-corrected').checked = true");
    walk.browser.click("main form.form button");
    walk.browser.complaints();
    let told = walk.browser.run("document.querySelector('#how-fault') !== null");
    assert!(told == true, "{}", walk.browser.text());
    walk.check(&name("not-corrected"));
    walk.browser.click("main form[action$='/open'] button");
    walk.check(&name("document"));
    walk.browser.click("main form[action$='/correct'] button");
    walk.check(&name("form"));
    // What says the same corrects nothing, so each version says something of its own.
    walk.browser.run(&format!(
        "(() => {{ const text = document.querySelector('form.record textarea'); \
         text.value = 'Käynti oli keskiviikkona ({language} {width}).'; \
         text.dispatchEvent(new Event('input', {{bubbles: true}})); }})()",
    ));
    to_preview(&mut walk);
    walk.browser.click("main form button.large");
    let recorded = walk.browser.address();
    assert!(recorded.contains("/recorded/"), "{}", walk.browser.text());
    walk.browser.go(&request);
    walk.browser.run("document.querySelector('#how-corrected').checked = true");
    walk.browser.fill("#words", "Päivä on korjattu.");
    walk.browser.click("main form.form button");
    let answered = walk.browser.run("document.querySelector('#answer') !== null");
    assert!(answered == true, "{}", walk.browser.text());
    walk.check(&name("answered"));
    walk.browser.go(&list);
    walk.check(&name("list-empty"));
    walk.end();
    let (_, version) = recorded.split_once("/recorded/").unwrap();
    version.trim_end_matches('/').to_owned()
}

/// CIT-4, DIS-5, story (e): a mother sees the documents of her small child; of her teenager she sees none of those that are kept from guardians,
/// and is told why not.
#[tokio::test(flavor = "multi_thread")]
async fn a_mother_sees_her_small_child_and_not_what_her_teenager_refused() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(false).await;
    let house = &served.house;
    let today = FinnishDay::of(MachineClock.now());
    let mut minors = house.county.sample_clients();
    minors.retain(|one| one.number != served.number && one.born.years_until(today) < 18);
    let teenager = minors.into_iter().min_by_key(|one| one.born).expect("another minor");
    let mother = house.county.citizens().into_iter().find(|one| one.login == served.citizen());
    let mother = mother.unwrap().code;
    let connected = Connected::to(&served).await;
    let mut facts = house.county.population().find(|(code, _)| *code == teenager.code).unwrap().1;
    let days = facts.guardians[0].days;
    facts.guardians.push(Guardian { code: mother, kind: GuardianKind::Custody, days });
    connected.register.say(teenager.code, facts.clone());
    // Those of the case come first, and say nothing of guardians.
    let mut documents = Vec::new();
    let mut refused = Vec::new();
    for made in house.made_of(teenager.number) {
        let mut made = made;
        let mut told: Value = serde_json::from_str(&made.metadata_json).unwrap();
        if told["group"] == "5" {
            let is_refused = !documents.is_empty();
            told["guardian_disclosure"] = json!(if is_refused { "2" } else { "1" });
            made.metadata_json = told.to_string();
            let to = if is_refused { &mut refused } else { &mut documents };
            to.push(made.document_id.to_string());
        }
        let answer = house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let (seen, refused) = (documents.remove(0), refused);
    assert!(!refused.is_empty());
    let told = PersonAnswer { told_at: MachineClock.now(), persons: vec![(teenager.code, facts)] };
    house.doors.app.load_persons(write(&told).as_bytes(), false).unwrap();

    let base = format!("https://localhost:{}", house.address.port());
    let codes = (served.code.clone(), teenager.code.reveal().to_owned());
    let (citizen, of_child) = (served.citizen(), served.documents.clone());
    let walk = move || {
        for (language, width) in EVERYWHERE {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("mother-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);
            let others = format!("{base}/{language}/own/others/");
            walk.browser.go(&others);
            walk.check(&name("children"));
            open_child(&mut walk, &codes.0);
            walk.check(&name("small-child"));
            walk.browser.click(".tabs li:nth-child(2) a");
            let any = of_child.iter().any(|one| leads_to(&mut walk, one));
            assert!(any, "{}", walk.browser.text());
            walk.check(&name("small-childs-documents"));
            walk.browser.click("main .line a");
            let viewed = walk.browser.run("document.querySelector('iframe.view') !== null");
            assert!(viewed == true, "{}", walk.browser.text());
            walk.check(&name("small-childs-document"));

            walk.browser.go(&others);
            open_child(&mut walk, &codes.1);
            let own = walk.browser.address();
            walk.check(&name("teenager"));
            walk.browser.click(".tabs li:nth-child(2) a");
            assert!(leads_to(&mut walk, &seen), "{}", walk.browser.text());
            for one in &refused {
                assert!(!leads_to(&mut walk, one), "{one}: {}", walk.browser.text());
            }
            walk.check(&name("teenagers-documents"));
            is_locked(&mut walk, &format!("{own}documents/{}/", refused[0]));
            walk.check(&name("teenagers-refused"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// Opens the pages of a child in the list of the own children.
fn open_child(walk: &mut Walk, code: &str) {
    walk.browser.click(&format!("main form:has(input[value=\"{code}\"]) button"));
}
