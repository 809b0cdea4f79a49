//! The archivist's desk and the retention of documents, at every door (CAS-6, ARC-12).

use std::time::Duration;

use serde_json::{Value, json};
use varanto_app::verify::{verify_certificate, verify_register};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_kit::http::{Client, Multipart};

use crate::chromium;
use crate::house::{House, code, faults, form};
use crate::pages::{Walk, log_in};
use crate::people::{Guest, path_of};

const HOME: &str = "/fi/desk/archive/";
const DUE: &str = "/fi/desk/archive/due/";
const LISTS: &str = "/fi/desk/archive/lists/";
const HOLDS: &str = "/fi/desk/archive/holds/";
const LOG: &str = "/fi/desk/archive/log/";

/// A house with all that the county's own system archives, much of it older than it is kept.
struct Kept {
    house: House,
    archivists: Vec<String>,
    /// The made-up identity codes of its clients.
    codes: Vec<String>,
}

impl Kept {
    async fn open() -> Self {
        let house = House::keeping_for_three_years();
        let mut system = house.system().connect().await.unwrap();
        for client in 0..6 {
            for made in house.made_of(client) {
                let answer = system.post_form("/api/v1/documents", form(&made)).await.unwrap();
                assert_eq!(answer.status, 201, "{}", answer.text());
            }
        }
        house.tell_of_persons();
        let users = house.provider.users().iter();
        let archivists = users.filter(|user| user.role == "archivist");
        let archivists = archivists.map(|user| user.id.clone()).collect();
        let clients = house.county.sample_clients();
        let codes = clients.iter().map(|one| one.code.reveal().to_owned()).collect();
        Self { house, archivists, codes }
    }

    /// An archivist with a token.
    fn archivist(&self, place: usize) -> Client {
        let token = self.house.provider.token_for(&self.archivists[place], Duration::from_mins(10));
        self.house.stranger().bearer(&token.unwrap())
    }

    /// The documents that are over, as a search tells them.
    async fn due(&self) -> Vec<Value> {
        let today = varanto_domain::time::FinnishDay::of(self.house.doors.app.now()).to_string();
        let asked = json!({"due_on": today, "reason": "supervision", "limit": 100});
        let found = self.archivist(0).post_json("/api/v1/documents/_search", &asked).await.unwrap();
        assert_eq!(found.status, 200, "{}", found.text());
        found.json()["documents"].as_array().unwrap().clone()
    }
}

/// What a page holds between two texts, first.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// ARC-12: over REST a document is held and let go of, listed, approved by two, destroyed and certified; each refusal says
/// why, and what is destroyed is not there any more.
#[tokio::test(flavor = "multi_thread")]
async fn documents_are_held_and_destroyed_over_rest() {
    let kept = Kept::open().await;
    let (one, other) = (kept.archivist(0), kept.archivist(1));
    let due = kept.due().await;
    assert!(due.len() > 1, "{}", due.len());
    assert!(due[0].get("held").is_none());
    let id = |place: usize| due[place]["document_id"].as_str().unwrap().to_owned();
    let post = async |who: &Client, path: &str, body: Value| {
        who.post_json(&format!("/api/v1/retention{path}"), &body).await.unwrap()
    };
    let asked = json!({"document": id(0), "reason": "research", "explanation": "Tutkimuslupa"});
    let held = post(&one, "/holds", asked).await;
    assert_eq!(held.status, 201, "{}", held.text());
    let held = held.json();
    assert_eq!(
        (held["reason"].as_str(), held["explanation"].as_str()),
        (Some("research"), Some("Tutkimuslupa"))
    );
    let again = kept.due().await;
    let found = again.iter().find(|one| one["document_id"] == id(0).as_str()).unwrap();
    assert_eq!(found["held"], json!(["research"]));
    let refused = post(&one, "/destructions", json!({"documents": [id(0), id(1)]})).await;
    assert_eq!(refused.status, 422);
    assert_eq!(faults(&refused), [("document-held".to_owned(), "documents/0".to_owned())]);
    let holds = post(&other, "/holds/_search", json!({})).await.json();
    assert_eq!(holds["holds"].as_array().unwrap().len(), 1, "{holds}");
    let lifted =
        post(&other, &format!("/holds/{}/lift", held["hold"].as_str().unwrap()), json!({})).await;
    assert_eq!(lifted.status, 200, "{}", lifted.text());
    assert!(lifted.json()["lifted"]["at"].is_string());

    let documents = json!([id(0), id(1)]);
    let dry = post(&one, "/destructions", json!({"documents": documents, "dry_run": true})).await;
    assert_eq!((dry.status.as_u16(), dry.json().get("destruction")), (200, None));
    let made = post(&one, "/destructions", json!({"documents": documents})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let list = format!("/destructions/{}", made["destruction"].as_str().unwrap());
    assert_eq!((made["state"].as_str(), made["count"].as_u64()), (Some("proposed"), Some(2)));
    assert_eq!(made["entries"][0]["rule"], "voucher");
    assert_eq!(post(&one, &format!("{list}/approval"), json!({})).await.status, 200);
    let twice = post(&one, &format!("{list}/approval"), json!({})).await;
    assert_eq!((twice.status.as_u16(), code(&twice)), (403, "approved-before".to_owned()));
    let early = post(&one, &format!("{list}/carrying-out"), json!({})).await;
    assert_eq!(faults(&early), [("stands-otherwise".to_owned(), "destruction".to_owned())]);
    assert_eq!(
        post(&other, &format!("{list}/approval"), json!({})).await.json()["state"],
        "approved"
    );
    let tried = post(&one, &format!("{list}/carrying-out"), json!({"dry_run": true})).await.json();
    assert_eq!(tried["entries"][0]["destroyed"], true);
    let path = format!("/api/v1/documents/{}?reason=supervision", id(1));
    assert_eq!(one.get(&path).await.unwrap().status, 200, "a dry run destroys nothing");

    let done = post(&one, &format!("{list}/carrying-out"), json!({})).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let done = done.json();
    assert_eq!((done["state"].as_str(), done["remains"].as_str()), (Some("done"), Some("nowhere")));
    assert_eq!(one.get(&path).await.unwrap().status, 404);
    let certificate = one.get(&format!("/api/v1/retention{list}/certificate")).await.unwrap();
    assert_eq!(certificate.header("content-type"), "text/plain; charset=utf-8");
    let key = kept.house.doors.app.verifier_key();
    let verdict = verify_certificate(&certificate.text(), Some(&key)).unwrap();
    assert_eq!(verdict.certificate.sums()[0], 2);
    let shown = one.get(&format!("/api/v1/retention{list}")).await.unwrap().json();
    assert_eq!(shown["approvals"].as_array().unwrap().len(), 2);
    let lists = post(&other, "/destructions/_search", json!({})).await.json();
    assert_eq!(lists["destructions"][0]["state"], "done");
    assert!(lists["destructions"][0].get("entries").is_none());
    let verdict = kept.house.doors.app.verify_store(|_| {}).unwrap();
    assert_eq!((verdict.destroyed, verdict.damage.len()), (2, 0), "{:?}", verdict.damage);
}

/// CAS-6, ARC-12: the archivist finds a document with a reason, invalidates it, holds another; a list goes through two
/// archivists to its certificate; the log, the hints and the queue are read. Nobody else comes in.
#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_works_at_the_desk() {
    let kept = Kept::open().await;
    let due = kept.due().await;
    let id = |place: usize| due[place]["document_id"].as_str().unwrap().to_owned();
    let (mut one, mut other) = (Guest::of(&kept.house), Guest::of(&kept.house));
    let logged_in = one.log_in(&kept.archivists[0]).await;
    assert_eq!(logged_in.header("location"), HOME, "the work of the archive is where one begins");
    other.log_in(&kept.archivists[1]).await;

    let none = one.post(HOME, "/fi/desk/archive/open", "document=x&reason=").await.text();
    assert!(none.contains("id=\"document-fault\""), "{none}");
    let nowhere = one.post(HOME, "/fi/desk/archive/open", "document=1.2.3&reason=correction").await;
    assert!(nowhere.text().contains("1.2.3"), "{}", nowhere.text());
    let asked = format!("document={}&reason=correction", id(0));
    let lines = kept.house.log_lines();
    let opened = one.post(HOME, "/fi/desk/archive/open", &asked).await;
    let sheet = path_of(opened.header("location"));
    assert!(kept.house.log_lines() > lines, "the look is a line");
    let page = one.follow(&opened).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Tosite: 3 vuotta"), "{}", page.text());
    assert!(kept.codes.iter().all(|code| !sheet.contains(code.as_str())));
    let read = between(&page.text(), "class=\"button\" href=\"", "\"").to_owned();
    assert_eq!(one.get(&read).await.status, 200);
    let placed = one.post(&sheet, &sheet, "hold_reason=research&explanation=Lupa").await;
    let page = one.follow(&placed).await.text();
    assert!(page.contains("Tutkimus: Lupa"), "{page}");
    let nothing = one.post(&sheet, &sheet, "hold_reason=&explanation=").await.text();
    assert!(!nothing.contains("hold_reason puuttuu") && nothing.contains("Syy"), "{nothing}");
    let page = one.get(&sheet).await.text();
    let invalidation = between(&page, "class=\"button secondary\" href=\"", "\"").to_owned();
    let wrong = one.post(&invalidation, &invalidation, "do=try&reason=zz").await;
    assert!(wrong.text().contains("id=\"reason-fault\""), "{}", wrong.text());
    let tried = one.post(&invalidation, &invalidation, "do=try&reason=1&explanation=Virhe").await;
    assert!(tried.text().contains("value=\"confirm\""), "{}", tried.text());
    let stands = between(&tried.text(), "name=\"stands\" value=\"", "\"").replace(' ', "+");
    let confirm = |stands: &str| format!("do=confirm&reason=1&explanation=Virhe&stands={stands}");
    let otherwise = one.post(&invalidation, &invalidation, &confirm("replaced+7")).await;
    assert_eq!(otherwise.status, 422, "{}", otherwise.text());
    assert!(otherwise.text().contains("Mitään ei mitätöity"), "{}", otherwise.text());
    let gone = one.post(&invalidation, &invalidation, &confirm(&stands)).await;
    assert!(one.follow(&gone).await.text().contains("class=\"success\""));
    let token = one.token(&sheet).await;
    let again = format!("form_token={token}&do=confirm&reason=1");
    let again = one.send("POST", &invalidation, &again).await;
    assert_eq!(again.status, 409, "{}", again.text());
    assert!(again.text().contains("oli jo mitätöity"), "told, not done twice: {}", again.text());
    let page = one.get(&sheet).await.text();
    assert!(page.contains("mark bad"), "{page}");

    let nothing = one.post(DUE, LISTS, "").await.text();
    assert!(nothing.contains("role=\"alert\""), "{nothing}");
    let made = one.post(DUE, LISTS, &format!("document={}", id(1))).await;
    let list = path_of(made.header("location"));
    assert!(one.follow(&made).await.text().contains("Odottaa hyväksyntää"));
    assert_eq!(one.post(&list, &list, "act=approve").await.status, 303);
    let twice = one.post(&list, &list, "act=approve").await;
    assert_eq!(twice.status, 403, "{}", twice.text());
    assert_eq!(other.post(&list, &list, "act=approve").await.status, 303);
    let tried = other.post(&list, &list, "act=rehearse").await.text();
    assert!(tried.contains("Hävitettäisiin"), "{tried}");
    let unsure = other.post(&list, &list, "act=carry-out").await.text();
    assert!(unsure.contains("role=\"alert\"") && unsure.contains("Hyväksytty"), "{unsure}");
    let done = other.post(&list, &list, "act=carry-out&sure=1").await;
    let page = other.follow(&done).await.text();
    assert!(page.contains("Toteutettu") && page.contains("Hävitetty"), "{page}");
    let certificate = other.get(&format!("{list}certificate")).await;
    assert!(certificate.header("content-disposition").starts_with("attachment"));
    verify_certificate(&certificate.text(), None).unwrap();

    let page = one.get(HOLDS).await.text();
    let hold = between(&page, "name=\"lift\" value=\"", "\"").to_owned();
    let wrong = one.post(HOLDS, HOLDS, "document=x&hold_reason=other&explanation=").await.text();
    assert!(wrong.contains("id=\"document-fault\""), "{wrong}");
    let lifted = other.post(HOLDS, HOLDS, &format!("lift={hold}")).await;
    assert!(!other.follow(&lifted).await.text().contains(&hold));
    assert!(other.get(&format!("{HOLDS}?lifted=1")).await.text().contains("Vapautettu"));

    assert!(one.get(LOG).await.text().contains("Hävittäminen"));
    let asked = format!("identity_code={}&event=&outcome=", kept.codes[0]);
    let page = one.post(LOG, LOG, &asked).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let wrong = one.post(LOG, LOG, "identity_code=010101-123").await.text();
    assert!(wrong.contains("id=\"code-fault\""), "{wrong}");
    let hints =
        one.post("/fi/desk/archive/hints/", "/fi/desk/archive/hints/", "from=&until=").await;
    assert_eq!(hints.status, 200, "{}", hints.text());
    assert_eq!(one.get("/fi/desk/archive/looks/").await.status, 200);
    tells_how_archiving_goes(&kept, &mut one).await;
    takes_a_register_out(&kept, &mut one).await;

    let worker = kept.house.provider.users().iter().find(|user| user.role == "worker").unwrap();
    let mut worker_at_desk = Guest::of(&kept.house);
    worker_at_desk.log_in(&worker.id).await;
    assert!(!worker_at_desk.get("/fi/desk/").await.text().contains("/desk/archive/"));
    for path in
        ["due/", "lists/", "holds/", "archiving/", "taking-out/", "log/", "hints/", "looks/"]
    {
        let page = worker_at_desk.get(&format!("{HOME}{path}")).await;
        assert_eq!(page.status, 403, "{path}");
    }
    assert_eq!(worker_at_desk.get(&list).await.status, 403);
    assert_eq!(kept.house.doors.app.verify_store(|_| {}).unwrap().damage.len(), 0);
}

/// CAS-6, ARC-13: how soon a system's documents came and what of it was turned down, over days that are written in the address.
async fn tells_how_archiving_goes(kept: &Kept, archivist: &mut Guest<'_>) {
    const PAGE: &str = "/fi/desk/archive/archiving/";
    let metadata = kept.house.made_of(0)[0].metadata_json.clone();
    let wrong = Multipart::new().part("metadata", "application/json", metadata.as_bytes());
    let sent = kept.house.system().post_form("/api/v1/documents", wrong).await.unwrap();
    assert_eq!(sent.status, 422, "{}", sent.text());
    let page = archivist.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    for fault in faults(&sent) {
        assert!(page.contains(&format!("<code>{}</code>", fault.0)), "{fault:?} {page}");
    }
    assert!(!kept.codes.iter().any(|code| page.contains(code)), "counts tell of no client");
    let all = archivist.get(&format!("{PAGE}?from=2026-01-01&until=2026-12-31")).await.text();
    assert!(all.contains("<th scope=\"row\">") && all.contains(" %</td>"), "{all}");
    for wrong in
        ["?from=x", "?from=2026-02-01&until=2026-01-01", "?from=2024-01-01&until=2026-01-01"]
    {
        let page = archivist.get(&format!("{PAGE}{wrong}")).await;
        assert!(page.status == 422 && page.text().contains("role=\"alert\""), "{wrong}");
    }
}

/// CAS-6, OPS-3: what would go is told first, then it goes; the package is sound by itself, and its receipt leads to it.
async fn takes_a_register_out(kept: &Kept, archivist: &mut Guest<'_>) {
    const PAGE: &str = "/fi/desk/archive/taking-out/";
    let page = archivist.get(PAGE).await.text();
    let register =
        between(between(&page, "<select id=\"register\"", "</select>"), "<option value=\"1", "\"");
    let fields = |act: &str| {
        format!("do={act}&register=1{register}&reason=safekeeping&reference=KUN/7/2026")
    };
    let wrong = archivist.post(PAGE, PAGE, "do=try&register=&reason=&reference=x y").await;
    let text = wrong.text();
    assert_eq!(wrong.status, 422, "{text}");
    for fault in ["register-fault", "reason-fault", "reference-fault"] {
        assert!(text.contains(&format!("id=\"{fault}\"")), "{fault} {text}");
    }
    let tried = archivist.post(PAGE, PAGE, &fields("try")).await;
    assert_eq!(tried.status, 200);
    assert!(tried.text().contains("value=\"confirm\""), "{}", tried.text());
    assert!(!kept.house.transfers().exists(), "a try makes nothing");
    let forged = archivist.send("POST", PAGE, &fields("confirm")).await;
    assert_eq!(forged.status, 403);
    assert_eq!(archivist.post(PAGE, PAGE, &fields("confirm")).await.status, 303);
    let mut page = archivist.get(PAGE).await.text();
    for _ in 0..600 {
        if !page.contains("id=\"going-") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        page = archivist.get(PAGE).await.text();
    }
    assert!(page.contains("id=\"done-"), "{page}");
    let command = between(&page, "varanto verify --package ", "</code>");
    let (file, rest) = command.split_once(' ').unwrap();
    let checksum = between(rest, "--checksum ", " ");
    let package = kept.house.transfers().join(file);
    let key = kept.house.doors.app.verifier_key();
    let verdict = verify_register(&package, Some(&key), |_| {}).unwrap();
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert_eq!(verdict.checksum, checksum);
    let log = archivist.post(LOG, LOG, "event=transfer").await.text();
    assert!(log.contains("Rekisterin"), "{log}");
}

/// CAS-6, story (f): in each language, on a desk and on a phone, the archivist finds a document with a reason, invalidates
/// it, proposes what is over, and reviews the log; every page is sound and complains of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_archivist_works_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let kept = Kept::open().await;
    let due: Vec<Value> =
        kept.due().await.into_iter().map(|mut one| one["document_id"].take()).collect();
    let made = (0..6).flat_map(|client| kept.house.made_of(client));
    let documents: Vec<String> = made
        .filter(|made| made.group == DocumentGroup::LaterPhase)
        .map(|made| made.document_id.to_string())
        .filter(|id| !due.contains(&json!(id)))
        .collect();
    assert!(documents.len() > 6 && !due.is_empty(), "{} {}", documents.len(), due.len());
    let base = format!("https://localhost:{}", kept.house.address.port());
    let user = kept.archivists[0].clone();
    let walk = move || {
        let devices =
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)];
        for (place, (language, width)) in devices.into_iter().enumerate() {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("archive-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &user);
            let at = |page: &str| format!("{base}/{language}/desk/archive/{page}");
            walk.browser.go(&at(""));
            walk.check(&name("home"));
            walk.browser.fill("#document", &documents[place]);
            walk.browser.fill("#reason", "correction");
            walk.browser.click("form.form button");
            walk.check(&name("document"));
            walk.browser.click("section[aria-labelledby=invalidate] a.button");
            walk.check(&name("invalidate"));
            walk.browser.fill("#reason", "1");
            walk.browser.click("button[value=try]");
            walk.browser.click("button[value=confirm]");
            walk.check(&name("invalidated"));
            walk.browser.click("main p.actions a.button");
            walk.check(&name("document-invalidated"));
            walk.browser.go(&at("due/"));
            walk.check(&name("due"));
            walk.browser
                .run("document.querySelector('input[name=document]:not([disabled])').click()");
            walk.browser.click("form[action$='/lists/'] .actions button");
            walk.check(&name("list"));
            walk.browser.click("button[value=approve]");
            walk.check(&name("approved"));
            walk.browser.click("button[value=withdraw]");
            for page in ["lists", "holds", "log", "hints", "looks"] {
                walk.browser.go(&at(&format!("{page}/")));
                walk.check(&name(page));
            }
            walk.browser.go(&at("taking-out/"));
            walk.check(&name("taking-out"));
            walk.browser.click("button[value=try]");
            walk.browser.complaints();
            walk.check(&name("taking-out-faults"));
            walk.browser.fill("#reason", "safekeeping");
            walk.browser.fill("#reference", "KUN/7/2026");
            walk.browser.click("button[value=try]");
            walk.check(&name("taking-out-would"));
            walk.browser.be_dark(true);
            walk.check(&name("taking-out-would-dark"));
            walk.browser.be_dark(false);
            walk.browser.click("button[value=confirm]");
            while walk.browser.run("document.querySelector('[id^=going-]') !== null") == true {
                walk.browser.click("section.notice a.button");
            }
            walk.check(&name("taken-out"));
            walk.browser.go(&at("archiving/?from=2026-01-01&until=2026-12-31"));
            walk.check(&name("archiving"));
            walk.browser.be_dark(true);
            walk.check(&name("archiving-dark"));
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
