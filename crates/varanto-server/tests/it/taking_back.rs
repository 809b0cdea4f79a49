//! Invalidating at the professional's desk, in a real browser: told, confirmed, and gone from the client's view (ARC-3, CAS-1).

use serde_json::json;

use crate::chromium;
use crate::pages::{Walk, log_in};
use crate::people::{Guest, Served, find};
use crate::stories::{EVERYWHERE, archived_otherwise, note_of};

/// A note of the worker's own unit for each of so many walks, and one that another unit recorded.
async fn notes(served: &Served, count: usize) -> (Vec<String>, String) {
    let unit = |of: &dyn Fn(&str) -> bool| {
        let mut users = served.house.provider.users().iter().filter(|user| user.role == "worker");
        users.find(|user| of(&user.id)).unwrap().unit.clone()
    };
    let own = unit(&|id| id == served.worker);
    let other = {
        let mut users = served.house.provider.users().iter();
        users.find(|user| user.role == "worker" && user.unit != own).unwrap().unit.clone()
    };
    let mut notes = Vec::new();
    for number in 0..=count {
        let unit = if number < count { &own } else { &other };
        let changes = [("service_unit", json!({ "id": unit, "name": "Yksikkö" }))];
        let note = note_of(&served.house, served.number);
        notes.push(archived_otherwise(&served.house, note, 100 + number, &changes).await);
    }
    let of_another = notes.pop().unwrap();
    (notes, of_another)
}

/// ARC-3, CAS-1: in each language, on a desk and on a phone, by keyboard alone, a worker invalidates what the own unit recorded; the
/// client sees it no more; and what another unit recorded is explained.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_back_what_was_recorded_by_mistake() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let (notes, of_another) = notes(&served, EVERYWHERE.len()).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (worker, code, citizen) = (served.worker.clone(), served.code.clone(), served.citizen());
    let walk = move || {
        for ((language, width), note) in EVERYWHERE.into_iter().zip(&notes) {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("desk-invalidation-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &worker);
            walk.browser.fill("#identity_code", &code);
            walk.browser.click("form.form button");
            let client = walk.browser.address();
            walk.browser.go(&format!("{client}documents/{note}/"));
            walk.check(&name("document"));
            walk.browser.click("main a[href$='/invalidation/']");
            walk.check(&name("ask"));
            // Without a reason nothing goes on, and the fault stands beside its field.
            walk.browser.click("button[value=try]");
            walk.browser.complaints();
            let invalid = walk.browser.run("document.querySelector('#reason').ariaInvalid");
            assert!(invalid == "true", "{}", walk.browser.text());
            walk.check(&name("ask-faults"));
            by_keyboard_to(&mut walk, "reason");
            walk.browser.press("ArrowDown");
            by_keyboard_to(&mut walk, "try");
            walk.browser.enter();
            walk.check(&name("sure"));
            walk.browser.be_dark(true);
            walk.check(&name("sure-dark"));
            walk.browser.be_dark(false);
            by_keyboard_to(&mut walk, "confirm");
            walk.browser.enter();
            let done = walk.browser.run("document.querySelector('section.success') !== null");
            assert!(done == true, "{}", walk.browser.text());
            walk.check(&name("done"));
            walk.browser.go(&format!("{client}documents/{note}/"));
            walk.browser.complaints();
            let locked = walk.browser.run("document.querySelector('iframe') === null");
            assert!(locked == true, "{}", walk.browser.text());
            walk.browser.go(&format!("{client}documents/{of_another}/invalidation/"));
            walk.browser.complaints();
            let told = walk.browser.run("document.querySelector('section.error h2') !== null");
            assert!(told == true, "{}", walk.browser.text());
            walk.check(&name("another-units"));

            let mut own = Walk::open(width);
            log_in(&mut own.browser, &base, language, &citizen);
            let home = own.browser.address();
            own.browser.go(&format!("{home}documents/{note}/"));
            own.browser.complaints();
            let gone = own.browser.run("document.querySelector('iframe') === null");
            assert!(gone == true, "{}", own.browser.text());
            own.end();
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
    assert_eq!(served.house.doors.app.verify_store(|_| {}).unwrap().damage.len(), 0);
}

/// Moves the focus by the tabulator to a field, or to the button of a value.
fn by_keyboard_to(walk: &mut Walk, wanted: &str) {
    let focused = "document.activeElement.value !== undefined && document.activeElement.tagName === 'BUTTON' \
                   ? document.activeElement.value : document.activeElement.id";
    for _ in 0..60 {
        if walk.browser.run(focused) == wanted {
            return;
        }
        walk.browser.press("Tab");
    }
    panic!("the keyboard does not reach {wanted}: {}", walk.browser.text());
}

/// ARC-3, ACC-3: without case context nothing is invalidated, whatever the reason: the page says why, and whom to ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_reason_alone_lets_nobody_take_back_what_was_recorded() {
    let served = Served::open(true).await;
    let (_, of_another) = notes(&served, 0).await;
    let unit =
        &served.house.provider.users().iter().find(|one| one.id == served.worker).unwrap().unit;
    let mut users = served.house.provider.users().iter();
    let other = users.find(|one| one.role == "worker" && one.unit != *unit).unwrap().id.clone();
    let mut guest = Guest::of(&served.house);
    guest.log_in(&other).await;
    let client = find(&mut guest, &served.code).await;
    let page = format!("{client}documents/{of_another}/invalidation/");
    for reason in ["", "correction"] {
        guest.post(&client, &format!("{client}reason"), &format!("reason={reason}")).await;
        let locked = guest.get(&page).await;
        assert_eq!(locked.status, 403, "{}", locked.text());
        assert!(!locked.text().contains("name=\"do\""), "{}", locked.text());
        assert!(locked.text().contains("Keneltä kysyä"), "{}", locked.text());
        let denied = guest.post(&client, &page, "do=confirm&reason=1").await;
        assert_eq!(denied.status, 403, "{}", denied.text());
    }
    let document = guest.get(&format!("{client}documents/{of_another}/")).await;
    assert_eq!(document.status, 200, "it stands as it was: {}", document.text());
}

/// ARC-3: the receipt of a version says that the one before it is in force again; and a case document is not offered, at its
/// address neither: its page says why.
#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_tells_what_is_in_force_now() {
    let served = Served::open(true).await;
    let (notes, _) = notes(&served, 1).await;
    let unit = {
        let mut users = served.house.provider.users().iter();
        users.find(|user| user.id == served.worker).unwrap().unit.clone()
    };
    let changes = [
        ("service_unit", json!({ "id": unit, "name": "Yksikkö" })),
        ("set_id", json!(notes[0])),
        ("version", json!(2)),
        ("replaces", json!({ "document_id": notes[0], "reason": "3" })),
    ];
    let next = note_of(&served.house, served.number);
    let second = archived_otherwise(&served.house, next, 200, &changes).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    let page = format!("{client}documents/{second}/invalidation/");
    let asked = guest.post(&page, &page, "do=try&reason=3").await.text();
    assert!(asked.contains("Edellinen versio tulee taas voimaan"), "{asked}");
    assert!(asked.contains("id=\"seen-then\""), "{asked}");
    let (_, stands) = asked.split_once("name=\"stands\" value=\"").unwrap();
    let stands = stands.split('"').next().unwrap().replace(' ', "+");
    let done = guest.post(&page, &page, &format!("do=confirm&reason=3&stands={stands}")).await;
    let receipt = guest.follow(&done).await.text();
    assert!(receipt.contains("Tämä versio on nyt voimassa"), "{receipt}");
    assert!(!receipt.contains("pysyy voimassa"), "{receipt}");

    let made = served.house.made_of(served.number);
    let case = made.iter().find(|made| made.metadata_json.contains("\"group\":\"2\""));
    let case = case.expect("a case").document_id.clone();
    let mut users = served.house.provider.users().iter();
    let keeper = users.find(|user| user.role == "archivist").unwrap().id.clone();
    let mut guest = Guest::of(&served.house);
    guest.log_in(&keeper).await;
    let asked = format!("document={case}&reason=correction");
    let opened = guest.post("/fi/desk/archive/", "/fi/desk/archive/open", &asked).await;
    let sheet = guest.follow(&opened).await.text();
    assert!(sheet.contains("korjataan uudella versiolla"), "{sheet}");
    assert!(!sheet.contains("/invalidation/"), "{sheet}");
    let (_, read) = sheet.split_once("class=\"button\" href=\"").unwrap();
    let told = guest.get(&format!("{}invalidation/", read.split('"').next().unwrap())).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(told.text().contains("korjataan uudella versiolla"), "{}", told.text());
    assert!(!told.text().contains("name=\"do\"") && !told.text().contains("document_id"));
}
