//! Choosing a producer: offered at the desk, picked in the citizen's view, told to the worker, and shown where the service is
//! handed over.

use serde_json::json;

use crate::chromium;
use crate::house::faults;
use crate::own::own_pages;
use crate::pages::{Walk, log_in};
use crate::people::{Guest, Served, find};
use crate::statements::relationship;

/// Two units of producers that may be offered, and the form's fields that offer them for a service task.
fn offered(served: &Served, task: &str) -> ([String; 2], String) {
    let organisations = served.house.county.organisations();
    let units =
        organisations[1..].iter().flat_map(|one| &one.units).map(|unit| unit.id.to_string());
    let units: Vec<String> = units.take(2).collect();
    let fields = format!("do=offer&service_task={task}&unit={}&unit={}", units[0], units[1]);
    (units.try_into().unwrap(), fields)
}

/// CIT-5, CAS-4: a worker offers producers, the client chooses, the worker is told and finds the choice in the form that hands the
/// service over, and takes the offer back; over REST the same is told, and a stranger learns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_offered_made_and_told() {
    let served = Served::open(true).await;
    let about = relationship(&served).await;
    let (id, task) =
        (about["relationship_id"].as_str().unwrap(), about["service_tasks"][0].as_str().unwrap());
    let (units, fields) = offered(&served, task);
    let mut desk = Guest::of(&served.house);
    desk.log_in(&served.worker).await;
    let client = find(&mut desk, &served.code).await;
    let form = format!("{client}choices/{id}/");
    assert!(
        desk.get(&client).await.text().contains(&form),
        "it is offered beside the relationship"
    );
    let one = format!("do=offer&service_task={task}&unit={}", units[0]);
    let wrong = desk.post(&form, &form, &one).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let ticked = format!("value=\"{}\" checked", units[0]);
    assert!(
        wrong.text().contains("units-fault") && wrong.text().contains(&ticked),
        "{}",
        wrong.text()
    );
    assert_eq!(desk.send("POST", &form, &fields).await.status, 403, "a forged form does nothing");
    let done = desk.post(&form, &form, &fields).await;
    let page = desk.follow(&done).await.text();
    assert!(
        page.contains("role=\"status\"") && page.contains("Odottaa asiakkaan valintaa"),
        "{page}"
    );

    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let home = own_pages(&mut guest).await;
    let own = format!("{home}choices/");
    let is_told = format!(
        "id=\"choose\">Sinulle tarjotaan palvelun tuottajia valittavaksi. <a href=\"{own}\""
    );
    assert!(guest.get(&home).await.text().contains(&is_told));
    let page = guest.get(&own).await.text();
    let (_, rest) = page.split_once("name=\"choice\" value=\"").unwrap();
    let choice = rest.split('"').next().unwrap().to_owned();
    let untold = guest.post(&own, &own, &format!("do=pick&choice={choice}")).await;
    assert_eq!(untold.status, 422, "{}", untold.text());
    let pick = format!("do=pick&choice={choice}&unit={}", units[1]);
    assert_eq!(guest.send("POST", &own, &pick).await.status, 403);
    let picked = guest.post(&own, &own, &pick).await;
    assert!(guest.follow(&picked).await.text().contains("name=\"do\" value=\"undo\""));
    assert!(!guest.get(&home).await.text().contains("id=\"choose\""), "nothing waits any more");

    let list = desk.get("/fi/desk/choices/").await.text();
    assert!(list.contains(&served.family_name) && list.contains(id), "{list}");
    assert!(!list.split("</title>").next().unwrap().contains(&served.family_name));
    let hand_over = desk.get(&format!("{client}acts/hand-over/?relationship={id}")).await.text();
    let selected = format!("value=\"{}\" selected", units[1]);
    assert!(hand_over.contains(&selected) && hand_over.contains("on valittu"), "{hand_over}");
    assert_eq!(guest.get("/fi/desk/choices/").await.status, 403);

    let system = served.house.system();
    let told = system.get("/api/v1/choices?limit=5").await.unwrap();
    assert_eq!(told.header("cache-control"), "no-store");
    let told = told.json();
    assert_eq!(told["choices"][0]["unit"], units[1].as_str(), "{told}");
    assert_eq!(told["choices"][0]["client"]["identity_code"], served.code.as_str());
    let other = served.house.system_of(&served.house.producer());
    assert_eq!(other.get("/api/v1/choices").await.unwrap().json()["choices"], json!([]));
    let offers = format!("/api/v1/relationships/{id}/choices");
    for (status, body, element) in [
        (422, json!({"service_task": task, "units": ["x", "1.2.3"]}), "units/0"),
        (422, json!({"service_task": task, "units": [units[0]]}), "units"),
        (422, json!({"service_task": task, "service": "zzz", "units": units}), "service"),
    ] {
        let wrong = system.post_json(&offers, &body).await.unwrap();
        assert_eq!(wrong.status.as_u16(), status, "{}", wrong.text());
        assert_eq!(faults(&wrong)[0].1, element, "{}", wrong.text());
    }
    let same = json!({"service_task": task, "units": units});
    let same = system.post_json(&offers, &same).await.unwrap();
    assert_eq!((same.status.as_u16(), same.json()["choice"].as_str()), (201, Some(&*choice)));
    let end = format!("/api/v1/choices/{choice}/end");
    assert_eq!(other.post_json(&end, &json!({})).await.unwrap().status, 404);
    // As another than is chosen by now it is not taken back.
    let end_at_desk = |seen: &str| format!("choice={choice}&chosen={seen}");
    let path = format!("{client}choices/end");
    let unseen = desk.post(&client, &path, &end_at_desk("")).await;
    assert!(desk.follow(&unseen).await.text().contains("Valinta on muuttunut"));
    let ended = desk.post(&client, &path, &end_at_desk(&units[1])).await;
    assert!(desk.follow(&ended).await.text().contains("role=\"status\""));
    assert_eq!(system.post_json(&end, &json!({})).await.unwrap().status, 422);
    let page = guest.get(&own).await.text();
    assert!(!page.contains("name=\"choice\"") && page.contains("Tarjous otettiin takaisin"));
}

/// CIT-5, CAS-1: offering, choosing and undoing, in each language, on a desk and on a phone, in both themes; the client chooses by
/// keyboard alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_producer_is_chosen_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let about = relationship(&served).await;
    let id = about["relationship_id"].as_str().unwrap().to_owned();
    let (units, _) = offered(&served, about["service_tasks"][0].as_str().unwrap());
    let base = format!("https://localhost:{}", served.house.address.port());
    let (citizen, worker, code) = (served.citizen(), served.worker.clone(), served.code.clone());
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
        {
            let name = |page: &str| format!("choice-{page}-{language}-{width}");
            let mut desk = Walk::open(width);
            log_in(&mut desk.browser, &base, language, &worker);
            desk.browser.go(&format!("{base}/{language}/desk/choices/"));
            desk.check(&name("list-empty"));
            desk.browser.go(&format!("{base}/{language}/desk/"));
            desk.browser.fill("#identity_code", &code);
            desk.browser.click("form.form button");
            let client = desk.browser.address();
            desk.browser.click(&format!("main a[href$='/choices/{id}/']"));
            desk.browser.click("button[value=offer]");
            desk.browser.complaints();
            desk.check(&name("offer-faults"));
            let task = "(() => { const one = document.querySelector('#service_task'); one.selectedIndex = 1; })()";
            desk.browser.run(task);
            for unit in &units {
                desk.browser
                    .run(&format!("document.querySelector('input[value=\"{unit}\"]').click()"));
            }
            desk.check(&name("offer"));
            desk.browser.click("button[value=offer]");
            desk.check(&name("offered"));

            let mut own = Walk::open(width);
            log_in(&mut own.browser, &base, language, &citizen);
            own.check(&name("own-home"));
            own.browser.click("#choose a");
            own.check(&name("own"));
            by_keyboard(&mut own, "input[type=radio]");
            own.browser.press("ArrowDown");
            by_keyboard(&mut own, "button[value=pick]");
            own.browser.enter();
            own.check(&name("own-chosen"));
            own.browser.be_dark(true);
            own.check(&name("own-chosen-dark"));

            desk.browser.go(&format!("{base}/{language}/desk/choices/"));
            desk.check(&name("list"));
            desk.browser.click("main button.link");
            desk.check(&name("situation"));
            let situation = desk.browser.address();
            desk.browser.go(&format!("{situation}acts/hand-over/?relationship={id}"));
            desk.check(&name("hand-over"));
            desk.browser.be_dark(true);
            desk.browser.go(&client);
            desk.check(&name("situation-dark"));
            desk.browser.click("main form[action$='/choices/end'] button");
            own.browser.be_dark(false);
            let page = own_page(&mut own);
            own.browser.go(&page);
            own.check(&name("own-none"));
            own.end();
            desk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// The address of the page that is shown, without what was done just now.
fn own_page(walk: &mut Walk) -> String {
    walk.browser.address().split('?').next().unwrap().to_owned()
}

/// Moves the focus by the tabulator to what a selector finds.
fn by_keyboard(walk: &mut Walk, wanted: &str) {
    for _ in 0..60 {
        walk.browser.press("Tab");
        let script = format!("document.activeElement.matches({wanted:?})");
        if walk.browser.run(&script) == true {
            return;
        }
    }
    panic!("the keyboard does not reach {wanted}: {}", walk.browser.text());
}
