//! What clients tell of themselves, at their own pages, at the desk and over REST.

use crate::chromium;
use crate::own::{Connected, open, own_pages};
use crate::pages::{Walk, log_in};
use crate::people::{Guest, Served, find};

const CONTACT: &str = "after=0&telephone=%2B358+40+123+4567&street=Koulukatu+3&postcode=00100\
    &town=Helsinki&contact_language=sv";

/// The client's relationship in the county's register, as the county's own system is told of it.
pub(crate) async fn relationship(served: &Served) -> serde_json::Value {
    let made = served.house.made_of(served.number);
    let mut relationships = made.iter().rev().filter_map(|made| {
        let told: serde_json::Value = serde_json::from_str(&made.metadata_json).ok()?;
        (told["group"] == "1").then(|| told["relationship_id"].as_str().map(str::to_owned))?
    });
    let id = relationships.next().expect("a relationship");
    let told = served.house.system().get(&format!("/api/v1/relationships/{id}")).await.unwrap();
    assert_eq!(told.status, 200, "{}", told.text());
    told.json()
}

/// CIT-5: a client tells how to be reached and the own plan; every fault stands beside its field and nothing typed is lost; the
/// unit's worker sees it at once, and the county's system; markup is shown as text.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_tells_and_the_worker_sees() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let told = format!("{}told/", own_pages(&mut guest).await);
    let (contact, plan) = (format!("{told}contact/"), format!("{told}plan/"));
    assert_eq!(guest.get(&told).await.text().matches("class=\"empty\"").count(), 2);

    let wrong = guest.post(&contact, &contact, "after=0&telephone=soita&street=Koulukatu+3").await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let text = wrong.text();
    assert_eq!(text.matches("aria-invalid=\"true\"").count(), 3, "{text}");
    assert!(text.contains("value=\"soita\"") && text.contains("Postitoimipaikka"), "{text}");
    assert!(!text.contains("urn:uuid"), "{text}");
    let forged = guest.send("POST", &contact, CONTACT).await;
    assert_eq!(forged.status, 403, "{}", forged.text());
    assert_eq!(guest.post(&contact, &contact, "after=0").await.status, 422);
    let unknown =
        guest.post(&contact, &contact, "after=0&telephone=12345&contact_language=en").await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.text().contains("contact_language-fault"), "{}", unknown.text());
    assert_eq!(guest.post(&contact, &contact, "after=x&telephone=12345").await.status, 422);
    assert_eq!(guest.get(&format!("{told}wishes/")).await.status, 404);
    let kept = guest.post(&contact, &contact, CONTACT).await;
    let shown = guest.follow(&kept).await.text();
    assert!(shown.contains("role=\"status\"") && shown.contains("00100 Helsinki"), "{shown}");
    let words = "after=0&goals=%3Cb%3EAsun+kotona%3C%2Fb%3E%0D%0AK%C3%A4yn+t%C3%B6iss%C3%A4";
    assert_eq!(guest.post(&plan, &plan, words).await.status, 303);
    let stale = guest.post(&plan, &plan, "after=0&goals=Toinen+v%C3%A4lilehti").await;
    assert_eq!(stale.status, 422);
    let text = stale.text();
    assert!(text.contains("Toinen välilehti") && text.contains("Asun kotona"), "{text}");
    assert!(text.contains("name=\"after\" value=\"1\""), "{text}");

    let again =
        "after=1&goals=%3Cb%3EAsun+kotona%3C%2Fb%3E%0D%0AK%C3%A4yn+t%C3%B6iss%C3%A4&wishes=Rauhaa";
    assert_eq!(guest.post(&plan, &plan, again).await.status, 303);
    let stands = guest.post(&told, &told, "kind=plan&number=2").await;
    assert!(guest.follow(&stands).await.text().contains("ei voi poistaa"));
    let forgotten = guest.post(&told, &told, "kind=plan&number=1").await;
    let page = guest.follow(&forgotten).await.text();
    assert!(page.contains("Versio on poistettu") && !page.contains("name=\"number\""), "{page}");

    let mut desk = Guest::of(&served.house);
    desk.log_in(&served.worker).await;
    let client = find(&mut desk, &served.code).await;
    let page = desk.get(&client).await.text();
    for expected in
        ["+358 40 123 4567", "&#60;b&#62;Asun kotona&#60;/b&#62;\nKäyn töissä", "ruotsi"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let copy = guest.get(&format!("{told}copy")).await;
    assert!(copy.header("content-disposition").starts_with("attachment"));
    assert_eq!(copy.json()["statements"].as_array().unwrap().len(), 2);
    let listed = relationship(&served).await;
    let kinds: Vec<&str> = listed["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["contact", "plan"], "{listed}");
    assert_eq!(listed["statements"][0]["said"]["language"], "sv");
    assert_eq!(listed["statements"][0]["told_as"], "own-data");
    assert_eq!(desk.get(&told).await.status, 403);
}

/// CIT-5, DIS-5: a mother tells for her small child, and the worker is told that a guardian did; who may not act for somebody
/// tells nothing, and is not told whether that one is a client.
#[tokio::test(flavor = "multi_thread")]
async fn a_mother_tells_for_her_child() {
    let served = Served::open(false).await;
    let _connected = Connected::to(&served).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let told = format!("{}told/", open(&mut guest, &served.code, "guardian").await);
    let contact = format!("{told}contact/");
    let mut desk = Guest::of(&served.house);
    desk.log_in(&served.worker).await;
    let client = find(&mut desk, &served.code).await;
    assert!(desk.get(&client).await.text().contains("Ei näytettävää. Asiakas voi kertoa"));
    assert!(guest.get(&contact).await.text().contains("huoltajana"));
    let kept = guest.post(&contact, &contact, CONTACT).await;
    let shown = guest.follow(&kept).await.text();
    let mut users = served.house.provider.users().iter();
    let mother = users.find(|user| user.id == served.citizen()).unwrap();
    let by = format!("Huoltaja {} kertoi", mother.name);
    assert!(shown.contains(&by), "{by}: {shown}");
    assert!(desk.get(&client).await.text().contains(&by));

    let other = served.house.county.sample_clients();
    let other = other.into_iter().find(|one| one.number != served.number).unwrap();
    let token = guest.token(&contact).await;
    for situation in ["guardian", "mandate"] {
        let told = format!("{}told/", open(&mut guest, other.code.reveal(), situation).await);
        let body = format!("form_token={token}&after=0&goals=Valhe");
        for path in [&told, &format!("{told}plan/"), &format!("{told}copy")] {
            assert_eq!(guest.get(path).await.status, 403, "{situation} {path}");
        }
        assert_eq!(guest.send("POST", &format!("{told}plan/"), &body).await.status, 403);
    }
}

/// CIT-5, CIT-1: telling and changing it, and seeing it at the desk, in each language, on a desk and on a phone, in both themes.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_tells_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let (citizen, worker, code) = (served.citizen(), served.worker.clone(), served.code.clone());
    let walk = move || {
        for (number, (language, width)) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
                .into_iter()
                .enumerate()
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("told-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);
            walk.browser.click(".tabs a[href$='/told/']");
            walk.check(&name("before"));
            walk.browser.click("main a.button[href$='/contact/']");
            walk.browser.fill("#telephone", "soita");
            walk.browser.click("main form.form button");
            // That the answer is 422 is told as a failed load, and nothing else is complained of.
            let complaints = walk.browser.complaints();
            assert!(complaints.iter().all(|one| one.contains("422")), "{complaints:?}");
            walk.check(&name("faulty"));
            walk.browser.fill("#telephone", &format!("+358 40 123 456{number}"));
            walk.browser.fill("#street", "Koulukatu 3 A 5");
            walk.browser.fill("#postcode", "00100");
            walk.browser.fill("#town", "Helsinki");
            walk.browser.click("main form.form button");
            walk.browser.click("main a.button[href$='/plan/']");
            walk.check(&name("plan"));
            walk.browser.fill("#goals", &format!("Asun kotona {number}.\nKäyn töissä."));
            walk.browser.click("main form.form button");
            walk.check(&name("saved"));
            walk.browser.be_dark(true);
            walk.check(&name("saved-dark"));
            walk.browser.click("main a.button[href$='/contact/']");
            walk.check(&name("contact-dark"));
            walk.browser.be_dark(false);
            // Another tab saved meanwhile.
            walk.browser.run("document.querySelector('input[name=after]').value = '0'");
            walk.browser.fill("#telephone", "12345");
            walk.browser.click("main form.form button");
            walk.browser.complaints();
            walk.check(&name("came-between"));
            walk.end();

            let mut walk = Walk::open(width);
            log_in(&mut walk.browser, &base, language, &worker);
            walk.browser.fill("#identity_code", &code);
            walk.browser.click("form.form button");
            let text = walk.browser.text();
            assert!(text.contains(&format!("+358 40 123 456{number}")), "{text}");
            walk.check(&name("desk"));
            walk.end();

            // What was told is taken out, and the earlier versions, so that the next one begins as this one did.
            let mut walk = Walk::open(width);
            log_in(&mut walk.browser, &base, language, &citizen);
            walk.browser.click(".tabs a[href$='/told/']");
            for (kind, fields) in [("contact", "input:not([type=hidden])"), ("plan", "textarea")] {
                walk.browser.click(&format!("main a.button[href$='/{kind}/']"));
                walk.browser.run(&format!(
                    "document.querySelectorAll(\"main form.form {fields}\").forEach((one) => {{ one.value = ''; }})"
                ));
                walk.browser.click("main form.form button");
            }
            walk.check(&name("taken-out"));
            while walk.browser.run("!!document.querySelector('button[name=number]')") == true {
                walk.browser.run(
                    "document.querySelectorAll('details').forEach((one) => { one.open = true; })",
                );
                walk.browser.click("button[name=number]");
            }
            walk.check(&name("forgotten"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// WCAG 2.1.1: the own plan is written and saved without a mouse.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_written_by_keyboard() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let citizen = served.citizen();
    let walk = move || {
        let mut walk = Walk::open(1280);
        let browser = &mut walk.browser;
        log_in(browser, &base, "en", &citizen);
        let mut tab_to = |wanted: &str, enters: bool| {
            for _ in 0..60 {
                browser.press("Tab");
                if browser.run(&format!("document.activeElement.matches({wanted:?})")) == true {
                    if enters {
                        browser.enter();
                    }
                    return;
                }
            }
            panic!("no way to {wanted}");
        };
        tab_to(".tabs a[href$='/told/']", true);
        tab_to("main a.button[href$='/plan/']", true);
        tab_to("#goals", false);
        browser.run("document.execCommand('insertText', false, 'Asun kotona.')");
        let mut tab_to_button = || {
            for _ in 0..10 {
                browser.press("Tab");
                if browser.run("document.activeElement.matches('main form.form button')") == true {
                    return browser.enter();
                }
            }
            panic!("no way to the button");
        };
        tab_to_button();
        assert!(browser.text().contains("Asun kotona."), "{}", browser.text());
        walk.end();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
