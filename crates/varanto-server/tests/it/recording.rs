//! Recording at the desk: a form of a structure in a real browser, drafts that survive it, and the archived document.

use crate::chromium::{self, Browser};
use crate::pages::{Walk, log_in};
use crate::people::{Guest, Served, find, path_of};

/// The note of a meeting or a contact.
const NOTE: &str = "1.2.246.537.6.1506.19005.2022.1.10";
const ROOT: &str = "/merkinta_tapaamisesta_tai_yhteydenotosta";
const HOSTILE: &str =
    "</textarea><script>alert('a')</script>\"><img src=x onerror=alert(1)> & äö\n\n  loppu";

fn field(row: &str) -> String {
    format!("[id=\"{ROOT}/{row}\"]")
}

const TEXT: &str = "asiakaskertomusmerkinta/tapahtuma/kuvaus";

/// Waits until the page says that what was typed is on disk.
fn saved(browser: &mut Browser, word: &str) {
    for _ in 0..100 {
        let told = browser.run("document.getElementById('saved').textContent");
        let clean = browser.run("document.querySelector('[name=edition]').value");
        if told.as_str().is_some_and(|told| told.starts_with(word)) && clean != "1" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nothing was saved: {}", browser.text());
}

/// Finds the client and begins a note.
fn begin(walk: &mut Walk, base: &str, language: &str, code: &str, name: &str) {
    walk.browser.go(&format!("{base}/{language}/desk/"));
    walk.browser.fill("#identity_code", code);
    walk.browser.click("form.form button");
    to_recording(walk);
    walk.check(name);
    let several = walk.browser.run("document.querySelectorAll('[name=case][type=radio]').length");
    if several != 0 {
        walk.browser.run("document.querySelector('[name=case][type=radio]').checked = true");
    }
    walk.browser.click(&format!("button[value=\"{NOTE}\"]"));
}

/// To the client's page of recording.
fn to_recording(walk: &mut Walk) {
    walk.browser.click(".tabs a[href$=\"/record/\"]");
}

/// The value of a row's control.
fn value(browser: &mut Browser, row: &str) -> String {
    let found = browser.run(&format!("document.querySelector('{}').value", field(row)));
    found.as_str().unwrap_or_default().to_owned()
}

/// CAS-1, CAS-2: a worker begins a note in two clicks, sees the faults beside the fields, looks at the document and archives
/// it; in three languages, on a desk and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_records_a_note_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code) = (served.worker.clone(), served.code.clone());
    let walk = move || {
        for (language, width, word) in [
            ("fi", 1280, "Tallennettu"),
            ("sv", 1280, "Sparat"),
            ("en", 1280, "Saved"),
            ("fi", 320, "Tallennettu"),
            ("sv", 320, "Sparat"),
            ("en", 320, "Saved"),
        ] {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("record-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &worker);
            begin(&mut walk, &base, language, &code, &name("choose"));
            walk.check(&name("draft"));
            let family = value(&mut walk.browser, "asiakas/0/sukunimi");
            assert!(!family.is_empty(), "the client is known already");

            walk.browser.fill(&field("paivamaara"), "ensi viikolla");
            walk.browser.fill(&field("laatija/sukunimi"), "");
            walk.browser.fill(&field(TEXT), "Käynti kotona. Sovittiin uusi aika.");
            saved(&mut walk.browser, word);
            walk.browser.click("button[value=preview]");
            // That the answer is 422 is told as a failed load.
            walk.browser.complaints();
            for row in ["paivamaara", "laatija/sukunimi"] {
                let invalid = format!("document.querySelector('{}').ariaInvalid", field(row));
                assert_eq!(walk.browser.run(&invalid), "true", "{}", walk.browser.text());
                let told =
                    format!("document.querySelector('#faults a[href=\"#{ROOT}/{row}\"]') !== null");
                assert_eq!(walk.browser.run(&told), true, "{row}");
            }
            assert_eq!(value(&mut walk.browser, "paivamaara"), "ensi viikolla", "as typed");
            walk.check(&name("faults"));

            walk.browser.fill(&field("paivamaara"), "26.11.2026");
            walk.browser.fill(&field("laatija/sukunimi"), "Työntekijä");
            walk.browser.click("button[value=preview]");
            walk.check(&name("preview"));
            walk.browser.click("main form button.large");
            assert!(walk.browser.address().contains("/recorded/"), "{}", walk.browser.text());
            walk.check(&name("recorded"));
            walk.browser.click("main a.secondary");
            walk.check(&name("read"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
    assert!(served.house.log_lines() > 0);
}

/// CAS-1: the browser is killed in the middle of a note; whoever logs in again finds it as it was, and so does the other tab.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_browser_is_killed() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code) = (served.worker.clone(), served.code.clone());
    let walk = move || {
        let mut walk = Walk::open(1280);
        log_in(&mut walk.browser, &base, "fi", &worker);
        begin(&mut walk, &base, "fi", &code, "killed-choose");
        walk.browser.fill(&field(TEXT), HOSTILE);
        saved(&mut walk.browser, "Tallennettu");
        walk.end();

        let mut walk = Walk::open(1280);
        log_in(&mut walk.browser, &base, "fi", &worker);
        walk.browser.fill("#identity_code", &code);
        walk.browser.click("form.form button");
        to_recording(&mut walk);
        walk.check("killed-drafts");
        walk.browser.click(".line a");
        assert_eq!(value(&mut walk.browser, TEXT), HOSTILE, "to the letter");
        let planted = "document.querySelectorAll('main script, main img').length";
        assert_eq!(walk.browser.run(planted), 0);

        // By keyboard alone: saved, then looked at.
        let press = |walk: &mut Walk, key: &str| {
            let event = format!("new KeyboardEvent('keydown', {{key: '{key}', ctrlKey: true}})");
            walk.browser.run(&format!("document.dispatchEvent({event})"));
        };
        press(&mut walk, "s");
        saved(&mut walk.browser, "Tallennettu");
        walk.browser.click("button[value=preview]");
        walk.check("killed-preview");
        walk.end();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// CAS-1: without script the buttons do it all; of two tabs neither overwrites the other unseen; nobody else gets to a draft.
#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_kept_without_script_and_two_tabs_lose_nothing() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    let page = format!("{client}record/");
    let shown = guest.get(&page).await.text();
    let (_, case) = shown.split_once("name=\"case\" value=\"").expect("an open case");
    let case = case.split('"').next().unwrap().to_owned();
    let begun = guest.post(&page, &page, &format!("case={case}&structure={NOTE}")).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let draft = path_of(begun.header("location"));
    let posted = |edition: &str, text: &str, button: &str| {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let name: String =
            form_urlencoded::byte_serialize(format!("{ROOT}/{TEXT}").as_bytes()).collect();
        format!("edition={edition}&{name}={text}&do={button}")
    };
    let one = guest.post(&draft, &draft, &posted("1", HOSTILE, "save")).await;
    assert_eq!(one.status, 303, "{}", one.text());
    let shown = guest.get(&draft).await.text();
    assert!(!shown.contains("<script>alert") && !shown.contains("<img src=x"), "{shown}");
    assert!(shown.contains("&#60;/textarea&#62;&#60;script&#62;"), "{shown}");

    let other = guest.post(&draft, &draft, &posted("1", "toinen teksti", "save")).await;
    assert_eq!(other.status, 409);
    let told = other.text();
    assert!(told.contains("toinen teksti") && told.contains("value=\"fork\""), "{told}");
    assert!(guest.get(&draft).await.text().contains("loppu"), "the first one stands");
    let forked = guest.post(&draft, &draft, &posted("1", "toinen teksti", "fork")).await;
    let own = path_of(forked.header("location"));
    assert_ne!(own, draft);
    assert!(guest.get(&own).await.text().contains("toinen teksti"));

    let wrong = guest.post(&draft, &draft, "edition=2&%2Fmuu%2Frivi=x&do=save").await;
    assert_eq!(wrong.status, 400, "what the form does not have is refused, not dropped");
    let gone = guest.post(&draft, &draft, "do=discard").await;
    assert_eq!(gone.status, 303);
    assert_eq!(guest.get(&draft).await.status, 404);

    let mut stranger = Guest::of(&served.house);
    let users = served.house.provider.users();
    let unlike =
        users.iter().find(|user| user.role == "worker" && user.id != served.worker).unwrap();
    stranger.log_in(&unlike.id.clone()).await;
    let theirs = find(&mut stranger, &served.code).await;
    let number = own.trim_end_matches('/').rsplit('/').next().unwrap();
    let tried = stranger.get(&format!("{theirs}record/{number}/")).await;
    assert_eq!(tried.status, 404, "{}", tried.text());
    assert!(!tried.text().contains("toinen teksti"));
}

/// REL-9: in each language, on a desk and on a phone, a worker looks at what earlier documents say, takes one value over by one
/// click, and is told where it came from, also when the draft is opened again.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_over_what_an_earlier_document_says() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code) = (served.worker.clone(), served.code.clone());
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("record-earlier-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &worker);
            begin(&mut walk, &base, language, &code, &name("choose"));
            walk.browser.click("#earlier button[value=earlier]");
            let offers = walk.browser.run("document.querySelectorAll('.offer').length");
            assert!(offers.as_u64().unwrap() > 0, "{}", walk.browser.text());
            walk.check(&name("offers"));
            walk.browser.be_dark(true);
            walk.check(&name("offers-dark"));
            walk.browser.be_dark(false);
            let first = "(() => { const offer = document.querySelector('.offer:has(+ input), .offer:has(+ textarea)'); \
                         return offer.nextElementSibling.id + '\\n' + offer.querySelector('p + p').innerText; })()";
            let told = walk.browser.run(first);
            let (row, value) = told.as_str().unwrap().split_once('\n').unwrap();
            let control = format!("document.getElementById('{row}').value");
            assert_eq!(walk.browser.run(&control), "", "nothing is filled in by itself");
            // By keyboard: the button that stands before the field takes the value over.
            walk.browser.run(&format!(
                "document.getElementById('{row}').previousElementSibling.querySelector('button').focus()"
            ));
            walk.browser.enter();
            let now = walk.browser.run(&control);
            assert!(
                now.as_str().unwrap().contains(value.trim_end_matches('…').trim()),
                "{now} {value}"
            );
            let hint = format!("document.getElementById('{row}?').innerText");
            assert!(walk.browser.run(&hint).as_str().unwrap().contains("202"), "its day is told");
            walk.check(&name("taken"));
            walk.browser.click("#earlier button[value=forget-earlier]");
            assert!(walk.browser.run("document.querySelector('.offer') === null") == true);
            assert!(walk.browser.run(&hint).as_str().unwrap().contains("202"), "it is told still");
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
