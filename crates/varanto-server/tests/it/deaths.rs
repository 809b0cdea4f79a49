//! Deaths that old data tell of and the population register denies, at the archivist's desk.

use std::collections::BTreeSet;

use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::Clock;
use varanto_formats::persons::{PersonAnswer, write};
use varanto_kit::deliveries::SourceSystem;
use varanto_server::clock::MachineClock;
use varanto_workbench::report::Report;
use varanto_workbench::work::Work;

use crate::chromium;
use crate::importing::Batch;
use crate::old_data::archivists;
use crate::pages::{Walk, log_in};
use crate::people::Guest;

const DEATHS: &str = "/fi/desk/archive/deaths/";

/// OLD-3, CAS-6: old relationships of clients who have died by their source and live by the population register are listed
/// for the archivist, each with a way to look at it; nobody else is shown them, and nothing is listed of whom nobody tells.
#[tokio::test(flavor = "multi_thread")]
async fn deaths_that_the_register_denies_are_listed() {
    let batch = Batch::with(SourceSystem::Kaisla, 400, 0).await;
    batch.done("rehearse");
    assert_eq!(batch.done("run")["refused"], 0);
    let work = Work::open(&batch.path("batches/eka")).unwrap();
    let lines = Report::of(&work).unwrap().lines;
    let dead = lines.iter().filter(|line| line.client_state == "deceased");
    let dead: u64 = dead.map(|line| line.relationships).sum();
    assert!(dead > 1, "the delivery has clients who have died");
    let user = archivists(&batch)[0].clone();
    let mut one = Guest::of(&batch.house);
    one.log_in(&user).await;
    assert!(one.get(DEATHS).await.text().contains("Ei ristiriitoja"), "the register tells nothing");

    let codes: BTreeSet<&str> = batch.said.iter().map(|said| said.code.as_str()).collect();
    let living = |code: &str| (PersonalIdentityCode::parse(code).unwrap(), PersonFacts::default());
    let persons = codes.into_iter().map(living).collect();
    let told = PersonAnswer { told_at: MachineClock.now(), persons };
    batch.house.doors.app.load_persons(write(&told).as_bytes(), false).unwrap();
    let page = one.get(DEATHS).await.text();
    assert_eq!(page.matches("<li class=\"card\">").count() as u64, dead, "{page}");
    let document = page.split("name=\"document\" value=\"").nth(1).unwrap().split('"').next();
    let form = format!("document={}&reason=supervision", document.unwrap());
    let opened = one.post(DEATHS, "/fi/desk/archive/open", &form).await;
    assert_eq!(opened.status, 303, "{}", opened.text());

    if chromium::is_missing() {
        return;
    }
    let base = format!("https://localhost:{}", batch.house.address.port());
    let walk = move || {
        for (language, width) in [("fi", 1280), ("sv", 320), ("en", 320)] {
            let mut walk = Walk::open(width);
            log_in(&mut walk.browser, &base, language, &user);
            walk.browser.go(&format!("{base}/{language}/desk/archive/old-data/"));
            walk.browser.click("main a[href$='/deaths/']");
            walk.check(&format!("deaths-{language}-{width}"));
            walk.browser.click("main .card button");
            assert!(walk.browser.address().contains("/desk/archive/documents/"));
            walk.check(&format!("deaths-opened-{language}-{width}"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
