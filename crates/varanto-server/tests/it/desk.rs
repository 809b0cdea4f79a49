//! The desks that write, in a real browser: cases, signing, handing over, the producer's desk.

use serde_json::json;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_formats::signature::{FileKey, Signing, jws};
use varanto_server::clock::MachineClock;

use crate::chromium::{self, Browser};
use crate::house::House;
use crate::pages::{Walk, log_in};

/// The assessment of an older person's need of services, and the client plan.
const ASSESSMENT: &str = "1506.1000.";
const PLAN: &str = "1506.15003.";
/// The note of a meeting or a contact, and the summary.
const NOTE: &str = "1506.19005.";
const SUMMARY: &str = "1506.16009.";

/// The family name of those who become clients.
const FAMILY: &str = "Esimerkkeinen";

/// A day that was, as people write it.
fn days_ago(days: i32) -> String {
    let day = FinnishDay::of(MachineClock.now()).plus_days(-days);
    format!("{}.{}.{}", day.day(), day.month(), day.year())
}

/// A worker of the elderly services of a house that signs, and a client whom nobody serves yet.
struct Elderly {
    house: House,
    worker: String,
    producer: String,
    producers_unit: String,
}

impl Elderly {
    fn open() -> Self {
        let house = House::signing();
        let users = house.provider.users();
        let of_role = |role: &str| users.iter().find(|user| user.role == role).unwrap();
        let producer = of_role("producer-worker");
        let (producer, producers_unit) = (producer.id.clone(), producer.unit.clone());
        let elderly = |unit: &str| {
            let own = &house.county.organisations()[0];
            own.units.iter().any(|one| one.id.to_string() == unit && one.task.code() == "23")
        };
        let mut workers = users.iter().filter(|user| user.role == "worker");
        let worker = workers.find(|user| elderly(&user.unit)).expect("elderly services");
        let worker = worker.id.clone();
        Self { house, worker, producer, producers_unit }
    }

    fn base(&self) -> String {
        format!("https://localhost:{}", self.house.address.port())
    }

    /// The made-up identity codes of people of whom nothing is archived.
    fn codes() -> Vec<String> {
        let born = FinnishDay::new(1944, 3, 2).unwrap();
        let code = |number| PersonalIdentityCode::compose(born, number).unwrap();
        (950..956).map(|number| code(number).reveal().to_owned()).collect()
    }
}

fn find_client(browser: &mut Browser, code: &str) {
    browser.fill("#identity_code", code);
    browser.click("form.form button");
}

fn choose(browser: &mut Browser, selector: &str, starts: &str) {
    let script = format!(
        "(() => {{ const field = document.querySelector({}); \
         const found = Array.from(field.options).find((one) => one.value && one.value.startsWith({})); \
         field.value = found.value; }})()",
        json!(selector),
        json!(starts)
    );
    browser.run(&script);
}

/// Opens a case for a client of whom the archive knows nothing.
fn open_case(walk: &mut Walk, name: &dyn Fn(&str) -> String, picture: bool) {
    walk.browser.click("a[href*=\"/acts/open-case/\"]");
    if picture {
        walk.check(&name("open-case"));
    }
    // What is missing is told beside its field.
    walk.browser.click("button[value=try]");
    walk.browser.complaints();
    let invalid = "document.querySelector('#service_task').ariaInvalid";
    assert_eq!(walk.browser.run(invalid), "true", "{}", walk.browser.text());
    if picture {
        walk.check(&name("open-case-faults"));
    }
    if walk.browser.run("document.querySelector('#given_names') !== null") == true {
        walk.browser.fill("#given_names", "Aino Testi");
        walk.browser.fill("#family_name", FAMILY);
        choose(&mut walk.browser, "#order", "no");
    }
    choose(&mut walk.browser, "#service_task", "23");
    choose(&mut walk.browser, "#case_name", "");
    walk.browser.fill("#name_detail", "Kotihoidon tarve");
    walk.browser.fill("#opened_on", &days_ago(20));
    walk.browser.click("button[value=try]");
    assert!(
        walk.browser.run("document.querySelector('button[value=confirm]') !== null") == true,
        "{}",
        walk.browser.text()
    );
    if picture {
        walk.check(&name("open-case-preview"));
    }
    walk.browser.click("button[value=confirm]");
    assert!(walk.browser.address().contains("done=open-case"), "{}", walk.browser.text());
    if picture {
        walk.check(&name("case-open"));
    }
}

/// Fills in whatever the form asks for, until the document can be looked at.
fn write(walk: &mut Walk, structure: &str) {
    walk.browser.click(".tabs a[href$=\"/record/\"]");
    let several = walk.browser.run("document.querySelectorAll('[name=case][type=radio]').length");
    if several != 0 {
        walk.browser.run("document.querySelector('[name=case][type=radio]').checked = true");
    }
    walk.browser.run("document.querySelectorAll('details').forEach((one) => one.open = true)");
    walk.browser.click(&format!("button[name=structure][value*=\"{structure}\"]"));
    to_preview(walk);
}

/// Fills in what an open form asks for, until the document can be looked at.
pub(crate) fn to_preview(walk: &mut Walk) {
    for _ in 0..8 {
        walk.browser.click("button[value=preview]");
        // That the answer is 422 is told as a failed load.
        walk.browser.complaints();
        if walk.browser.run("document.querySelector('iframe.view') !== null") == true {
            return;
        }
        let fill = "(() => { let filled = 0; \
            for (const one of document.querySelectorAll('[aria-invalid=true]')) { \
              if (one.tagName === 'SELECT') { const first = Array.from(one.options).find((option) => option.value); if (first) one.value = first.value; } \
              else if (one.type === 'checkbox') { one.checked = true; } \
              else if (one.list && one.list.options.length) { one.value = one.list.options[0].value; } \
              else if (/pvm|paiva|aika/.test(one.name)) { one.value = '26.11.2026'; } \
              else { one.value = 'Sovittiin kotikäynnillä.'; } \
              filled += 1; } return filled; })()";
        let filled = walk.browser.run(fill);
        if filled == 0 {
            break;
        }
    }
    panic!("the document cannot be looked at: {}", walk.browser.text());
}

/// CAS-1, CAS-2, CIT-3, ARC-6, REL-2, RUR-1: a worker opens a case, records an assessment and a plan, delays and hides, signs, and hands the service
/// to a producer, whose desk tells of the right; the producer records three notes and a summary; when the right has ended it is told
/// why it can no longer read. On a desk and on a phone, in three languages.
#[tokio::test(flavor = "multi_thread")]
async fn from_an_opened_case_to_the_producer_whose_right_ends() {
    if chromium::is_missing() {
        return;
    }
    let elderly = Elderly::open();
    let (base, codes) = (elderly.base(), Elderly::codes());
    let (worker, producer) = (elderly.worker.clone(), elderly.producer.clone());
    let unit = elderly.producers_unit.clone();
    let card = elderly.house.card(&worker);
    let walk = move || {
        for (place, (language, width)) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
                .into_iter()
                .enumerate()
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("desk-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &worker);
            find_client(&mut walk.browser, &codes[place]);
            walk.check(&name("nobody-yet"));
            open_case(&mut walk, &name, true);

            write(&mut walk, ASSESSMENT);
            walk.check(&name("assessment-preview"));
            walk.browser.click("main form button.large");
            assert!(walk.browser.address().contains("/recorded/"), "{}", walk.browser.text());
            walk.check(&name("assessment-recorded"));

            // What the client sees is delayed of one document, and hidden of another.
            restrict(&mut walk, &name, "delayed");
            write(&mut walk, NOTE);
            walk.browser.click("main form button.large");
            restrict(&mut walk, &name, "hidden");

            write(&mut walk, PLAN);
            walk.check(&name("plan-preview"));
            sign(&mut walk, &card);
            walk.browser.click("main form button.large");
            assert!(walk.browser.address().contains("/recorded/"), "{}", walk.browser.text());
            walk.check(&name("plan-recorded"));

            walk.browser.click(".tabs a");
            walk.check(&name("situation-before"));
            walk.browser.click("a.button[href*=\"/acts/hand-over/\"]");
            walk.check(&name("hand-over"));
            choose(&mut walk.browser, "#producer", &unit);
            walk.browser.fill("#first_day", &days_ago(20));
            walk.browser.click("button[value=try]");
            walk.check(&name("hand-over-preview"));
            walk.browser.click("button[value=confirm]");
            assert!(walk.browser.address().contains("done=hand-over"), "{}", walk.browser.text());
            walk.check(&name("handed-over"));
            let client = walk.browser.address();

            // The producer, in a browser of its own.
            let mut other = Walk::open(width);
            let name_of = |page: &str| format!("producer-{page}-{language}-{width}");
            log_in(&mut other.browser, &base, language, &producer);
            other.browser.go(&format!("{base}/{language}/desk/notices/"));
            let listed = other.browser.run("document.querySelectorAll('main ul.line li').length");
            assert!(listed.as_u64() > Some(0), "{}", other.browser.text());
            other.check(&name_of("notices"));
            other.browser.go(&format!("{base}/{language}/desk/notices/?after={}", i64::MAX));
            other.check(&name_of("notices-none"));
            other.browser.click("main a[href$='/desk/notices/']");
            other.browser.click(".trail a");
            other.check(&name_of("home"));
            let told = "document.querySelectorAll('#notices ~ ul li').length";
            assert!(other.browser.run(told).as_i64().unwrap() > 0, "{}", other.browser.text());
            other.browser.go(&format!("{base}/{language}/desk/clients/"));
            other.check(&name_of("clients"));
            other.browser.click(".clients li:last-child button[value=record]");
            for _ in 0..3 {
                write(&mut other, NOTE);
                other.browser.click("main form button.large");
                assert!(other.browser.address().contains("/recorded/"), "{}", other.browser.text());
            }
            write(&mut other, SUMMARY);
            other.browser.click("main form button.large");
            assert!(other.browser.address().contains("/recorded/"), "{}", other.browser.text());
            other.check(&name_of("summary-recorded"));
            let document =
                other.browser.run("document.querySelector('main a[href*=\"/documents/\"]').href");
            let document = document.as_str().unwrap().to_owned();

            // The right ends; what the producer may still see is nothing, and it is told why.
            walk.browser.go(&client);
            walk.browser.click(&format!("a.act[href*=\"/acts/end-service/\"][href*=\"{unit}\"]"));
            walk.browser.fill("#last_day", &days_ago(1));
            walk.browser.click("button[value=try]");
            walk.check(&name("end-service-preview"));
            walk.browser.click("button[value=confirm]");
            assert!(walk.browser.address().contains("done=end-service"), "{}", walk.browser.text());
            walk.check(&name("service-ended"));
            walk.end();
            other.browser.go(&document);
            other.browser.complaints();
            let told = other.browser.run("document.querySelector('section.error h2') !== null");
            let text = other.browser.text();
            assert!(
                told == true && text.contains("RUR-3") && !text.contains(FAMILY),
                "{}",
                other.browser.text()
            );
            other.check(&name_of("right-ended"));
            other.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// From the page that says that a document is archived: restricts how it is shown, having seen what the client will see.
fn restrict(walk: &mut Walk, name: &dyn Fn(&str) -> String, how: &str) {
    walk.browser.click("main .actions a[href*=\"/documents/\"]");
    walk.browser.click("a[href$=\"/showing/\"]");
    let seen = "document.querySelectorAll('#now ~ ul .mark.good').length";
    assert!(walk.browser.run(seen) == 1, "{}", walk.browser.text());
    walk.browser.run(&format!("document.querySelector('#how-{how}').checked = true"));
    if how == "delayed" {
        // Neither a day nor a ground: both are told beside their fields.
        walk.browser.click("button[value=try]");
        walk.browser.complaints();
        for field in ["#until", "#reason"] {
            let invalid = format!("document.querySelector('{field}').ariaInvalid");
            assert!(walk.browser.run(&invalid) == "true", "{}", walk.browser.text());
        }
        walk.check(&name("showing-faults"));
        walk.browser.fill("#until", &days_ago(-30));
    }
    choose(&mut walk.browser, "#reason", "1");
    walk.browser.fill("#argument", "Kerrotaan ensin tapaamisessa.");
    walk.browser.click("button[value=try]");
    let unseen = "document.querySelectorAll('#then ~ ul .mark.wait').length";
    assert!(walk.browser.run(unseen) == 1, "{}", walk.browser.text());
    walk.check(&name(&format!("showing-{how}-preview")));
    walk.browser.click("button[value=confirm]");
    let unseen = "document.querySelectorAll('#now ~ ul .mark.wait').length";
    assert!(walk.browser.run(unseen) == 1, "{}", walk.browser.text());
    walk.check(&name(&format!("showing-{how}-done")));
}

/// Signs what the page gives to be signed with a professional's card, and pastes the signature.
fn sign(walk: &mut Walk, (certificate, key): &(Vec<u8>, Vec<u8>)) {
    let text = walk.browser.run(
        "fetch(document.querySelector('a[href$=\"/to-sign\"]').href).then((told) => told.text())",
    );
    let text = text.as_str().unwrap().to_owned();
    assert!(text.starts_with(jws::SIGNED_PARTS), "{text}");
    let key = FileKey::read(key, certificate).unwrap();
    let at = MachineClock.now();
    let signing = Signing { key: &key, kind: SignerKind::Professional, at };
    let signature = jws::sign(&text, &signing).unwrap();
    walk.browser.fill("#signature", &signature);
}
