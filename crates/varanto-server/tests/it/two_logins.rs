//! People at the pages of two `varanto serve` over one database: logged in at one, they are so at the other, and whatever
//! ends at one is over at both (ACC-1, OPS-1).

use std::time::{Duration, Instant};

use serde_json::json;
use varanto_domain::time::Clock;
use varanto_formats::persons::{self, PersonAnswer};
use varanto_kit::http::{Answer, Client};
use varanto_kit::oidc::User;
use varanto_server::clock::MachineClock;

use crate::house::{code, form};
use crate::people::{path_of, send_with};
use crate::two_servers::Site;

/// A browser whose balancer sends each request wherever it likes.
#[derive(Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    async fn get(&mut self, at: &Client, path: &str) -> Answer {
        send_with(&mut self.0, at, "GET", path, "").await
    }

    async fn post(&mut self, at: &Client, path: &str, token: &str, fields: &str) -> Answer {
        let body = format!("form_token={token}&{fields}");
        send_with(&mut self.0, at, "POST", path, &body).await
    }

    /// Logs in: it begins at one server, and comes back to the other.
    async fn log_in(&mut self, user: &str, at: (&Client, &Client, &Client)) -> Answer {
        let (here, provider, there) = at;
        let begun = self.get(here, "/fi/login/begin").await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        let to = path_of(begun.header("location"));
        let (path, query) = to.split_once('?').unwrap();
        let body = format!("{query}&user={user}");
        let chosen = send_with(&mut Vec::new(), provider, "POST", path, &body).await;
        assert_eq!(chosen.status, 303, "{}", chosen.text());
        self.get(there, &path_of(chosen.header("location"))).await
    }
}

/// The value that stands behind some words of a page.
fn after<'p>(page: &'p str, words: &str) -> &'p str {
    let (_, rest) = page.split_once(words).unwrap_or_else(|| panic!("no {words} in {page}"));
    rest.split('"').next().unwrap_or_default()
}

fn token(page: &str) -> &str {
    after(page, "name=\"form_token\" value=\"")
}

/// A worker and the number of a client whom the worker's unit serves.
fn served(site: &Site) -> (User, u32) {
    for client in site.county.sample_clients() {
        let units = site.made_of(client.number).into_iter().filter_map(|made| {
            let told: serde_json::Value = serde_json::from_str(&made.metadata_json).ok()?;
            told["service_unit"]["id"].as_str().map(str::to_owned)
        });
        let units: Vec<String> = units.collect();
        let mut workers = site.provider.users().iter().filter(|user| user.role == "worker");
        if let Some(worker) = workers.find(|user| units.contains(&user.unit)) {
            return (worker.clone(), client.number);
        }
    }
    panic!("no client of the county is served by one who can log in");
}

/// ACC-1, OPS-1, OPS-2: a login that one server began another ends; a client that was opened at one, a draft and a
/// form of it go on at the other, also once the first was killed in the midst of it; and who logs out at one is let in by
/// none, with the cookie that was kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_goes_on_at_whichever_server_answers() {
    let Some(site) = Site::make() else { return };
    let provider = site.open_provider();
    let (mut one, two) = (site.serve("one"), site.serve("two"));
    let (first, second) = (site.stranger(&one), site.stranger(&two));
    let (worker, client) = served(&site);
    let system = site.system(&one);
    for made in site.made_of(client) {
        assert_eq!(system.post_form("/api/v1/documents", form(&made)).await.unwrap().status, 201);
    }

    let mut browser = Browser::default();
    let back = browser.log_in(&worker.id, (&first, &provider, &second)).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/fi/desk/"));
    let desk = browser.get(&first, "/fi/desk/").await;
    assert_eq!(desk.status, 200);
    let code = site.county.client(client).code.reveal().to_owned();
    let found = format!("identity_code={code}");
    let sent = browser.post(&second, "/fi/desk/find", token(&desk.text()), &found).await;
    let pages = path_of(sent.header("location"));
    let page = browser.get(&first, &format!("{pages}record/")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let (case, structure) =
        (after(&text, "name=\"case\" value=\""), after(&text, "name=\"structure\" value=\""));
    let fields = format!("case={case}&structure={structure}");
    let begun = browser.post(&second, &format!("{pages}record/"), token(&text), &fields).await;
    let draft = path_of(begun.header("location"));
    assert!(draft.contains("/record/"), "{}", begun.text());
    let form = browser.get(&first, &draft).await.text();

    one.process.kill().unwrap();
    one.process.wait().unwrap();
    let fields = format!("edition={}&do=earlier", after(&form, "name=\"edition\" value=\""));
    let kept = browser.post(&second, &draft, token(&form), &fields).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let again = site.serve("one");
    let first = site.stranger(&again);
    let form = browser.get(&first, &draft).await;
    assert_eq!(form.status, 200);
    assert!(form.text().contains("value=\"forget-earlier\""), "what was found goes along");

    let mut elsewhere = Browser::default();
    elsewhere.log_in(&worker.id, (&second, &provider, &first)).await;
    let sessions = browser.get(&first, "/fi/sessions/").await.text();
    assert_eq!(sessions.matches("<th scope=\"row\">").count(), 2, "{sessions}");
    let cookie = browser.0.clone();
    let out = browser.post(&second, "/fi/logout", token(&sessions), "").await;
    assert_eq!(out.header("location"), "/fi/login/ended/");
    for at in [&first, &second] {
        let answer = Browser(cookie.clone()).get(at, "/fi/desk/").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/fi/login/"));
        assert_eq!(elsewhere.get(at, "/fi/desk/").await.status, 200);
    }
    let desk = elsewhere.get(&first, "/fi/desk/").await.text();
    let cookie = elsewhere.0.clone();
    elsewhere.log_in(&worker.id, (&first, &provider, &first)).await;
    assert_eq!(Browser(cookie).get(&second, "/fi/desk/").await.status, 303, "one at a time");
    let mut third = Browser::default();
    third.log_in(&worker.id, (&second, &provider, &second)).await;
    assert_ne!(token(&desk), token(&elsewhere.get(&first, "/fi/desk/").await.text()));
    let desk = elsewhere.get(&second, "/fi/desk/").await.text();
    elsewhere.post(&second, "/fi/logout", token(&desk), "everywhere=yes").await;
    assert_eq!(third.get(&first, "/fi/desk/").await.status, 303, "out everywhere");
    let verified = site.varanto("two", &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// ACC-1, OPS-1, CIT-5: a citizen who is logged in at one server is so at the other, with the receipt of what was said at the
/// first, and logs out of all of it at either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_goes_on_at_whichever_server_answers() {
    let Some(site) = Site::make() else { return };
    let provider = site.open_provider();
    let user = site.provider.users().iter().find(|user| user.id.starts_with("asiakas-")).unwrap();
    let client: u32 = user.id.trim_start_matches("asiakas-").parse().unwrap();
    let alone = site.serve("one");
    let system = site.system(&alone);
    for made in site.made_of(client) {
        assert_eq!(system.post_form("/api/v1/documents", form(&made)).await.unwrap().status, 201);
    }
    drop(alone);
    let (told_at, file) = (MachineClock.now(), site.at("persons.json"));
    let persons = site.county.population().collect();
    std::fs::write(&file, persons::write(&PersonAnswer { told_at, persons })).unwrap();
    let loaded = site.varanto("one", &["persons", "import", &file.display().to_string()]);
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let (one, two) = (site.serve("one"), site.serve("two"));
    let (first, second) = (site.stranger(&one), site.stranger(&two));

    let (mut browser, mut elsewhere) = (Browser::default(), Browser::default());
    for one in [&mut browser, &mut elsewhere] {
        let back = one.log_in(&user.id, (&first, &provider, &second)).await;
        assert_eq!((back.status.as_u16(), back.header("location")), (303, "/fi/own/"));
    }
    let own = browser.get(&first, "/fi/own/").await;
    let own = path_of(own.header("location"));
    let page = browser.get(&second, &format!("{own}will/permission/")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let path = format!("{own}will/permission/");
    let mut receipt = String::new();
    // What is permitted already is taken back.
    for fields in ["act=give&informed=yes", "act=withdraw"] {
        let said = browser.post(&first, &path, token(&page.text()), fields).await;
        receipt = path_of(said.header("location"));
        if receipt.contains("/receipt/") {
            break;
        }
    }
    assert!(receipt.contains("/receipt/"), "{receipt}");
    assert_eq!(browser.get(&second, &receipt).await.status, 200);

    let page = elsewhere.get(&second, "/fi/sessions/").await.text();
    assert_eq!(page.matches("<th scope=\"row\">").count(), 2, "{page}");
    elsewhere.post(&second, "/fi/logout", token(&page), "everywhere=yes").await;
    for at in [&first, &second] {
        assert_eq!(browser.get(at, "/fi/own/").await.header("location"), "/fi/login/");
    }
}

/// ACC-1, OPS-2: while the database is away a server is not ready, and tells so to people at once, each of them; nobody is
/// logged out by it, and when it is back all goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_logs_nobody_out() {
    let Some(mut site) = Site::make() else { return };
    let provider = site.open_provider();
    let one = site.serve("one");
    let first = site.stranger(&one);
    let worker = site.provider.users().iter().find(|user| user.role == "worker").unwrap().clone();
    let mut browser = Browser::default();
    browser.log_in(&worker.id, (&first, &provider, &first)).await;
    assert_eq!(browser.get(&first, "/fi/desk/").await.status, 200);

    site.database().kill().unwrap();
    let asked = Instant::now();
    for _ in 0..20 {
        let answer = browser.get(&first, "/fi/desk/").await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        let answer = browser.get(&first, "/fi/sessions/").await;
        assert_eq!(answer.status, 503, "{}", answer.text());
    }
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    assert_eq!(first.get("/ready").await.unwrap().status, 503);
    assert_eq!(Browser::default().get(&first, "/fi/login/").await.status, 200);

    site.database().start_again().unwrap();
    let begun = Instant::now();
    while browser.get(&first, "/fi/desk/").await.status != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not go on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    while first.get("/ready").await.unwrap().status != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "it is not ready");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// ACC-1, OPS-2: while the database takes no writes, people are told so at once, also once it is due to note that they are at
/// work, and nobody is logged out by it; whoever logs out leaves nothing in the browser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_no_writes_logs_nobody_out() {
    let Some(mut site) = Site::make() else { return };
    let config = std::fs::read_to_string(site.config("one")).unwrap();
    let short = config.replace("[login]\n", "[login]\nidle_minutes = 1\n");
    std::fs::write(site.config("one"), short).unwrap();
    let provider = site.open_provider();
    let one = site.serve("one");
    let first = site.stranger(&one);
    let worker = site.provider.users().iter().find(|user| user.role == "worker").unwrap().clone();
    let (mut browser, mut leaving) = (Browser::default(), Browser::default());
    for one in [&mut browser, &mut leaving] {
        one.log_in(&worker.id, (&first, &provider, &first)).await;
    }
    let token = token(&leaving.get(&first, "/fi/sessions/").await.text()).to_owned();
    let take_writes = |site: &mut Site, yes: bool| {
        let off = if yes { "off" } else { "on" };
        let database = site.database();
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {off}");
        database.ask("postgres", &set).unwrap();
        database.ask("postgres", "SELECT pg_reload_conf()").unwrap();
    };
    take_writes(&mut site, false);
    let begun = Instant::now();
    // Where a session lasts for a minute, it is to be noted each six seconds that it is in use.
    while begun.elapsed() < Duration::from_secs(20) {
        for page in ["/fi/desk/", "/fi/sessions/"] {
            let asked = Instant::now();
            let answer = browser.get(&first, page).await;
            assert!([200, 503].contains(&answer.status.as_u16()), "{page}: {}", answer.text());
            assert!(asked.elapsed() < Duration::from_secs(6), "{page}: {:?}", asked.elapsed());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let kept = leaving.0.clone();
    let out = leaving.post(&first, "/fi/logout", &token, "").await;
    assert_eq!((out.status.as_u16(), leaving.0.len()), (503, 0), "{}", out.text());

    take_writes(&mut site, true);
    let begun = Instant::now();
    loop {
        let page = browser.get(&first, "/fi/desk/").await;
        if page.status == 200 {
            break;
        }
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not go on: {}", page.text());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let out = Browser(kept.clone()).post(&first, "/fi/logout", &token, "").await;
    assert_eq!(out.status, 303, "who was told that it may last ends it: {}", out.text());
    assert_eq!(Browser(kept).get(&first, "/fi/sessions/").await.status, 303);
}

/// ACC-1, ACC-2, OPS-1: a right that a main user ends at one server lets nobody in at the other, from the next request on:
/// no token, no session and no login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_was_ended_at_one_server_is_over_at_the_other() {
    let Some(site) = Site::make() else { return };
    let provider = site.open_provider();
    let user = site.provider.users().iter().find(|user| user.role == "worker").unwrap().clone();
    let right = |subject: &str, role: &str, code: &str| {
        json!({"subject": subject, "organisation": user.organisation, "given_names": "Aino",
            "family_name": "Testi", "identity_code": code, "role": role, "units": [],
            "first_day": "2020-01-01", "granted_by": "Johto"})
    };
    let users =
        [right("chief", "main-user", "010180-9015"), right(&user.id, "worker", "010180-9026")];
    let file = site.at("users.json");
    std::fs::write(&file, json!({ "users": users }).to_string()).unwrap();
    let loaded = site.varanto("one", &["users", "import", &file.display().to_string()]);
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let (one, two) = (site.serve("one"), site.serve("two"));
    let (first, second) = (site.stranger(&one), site.stranger(&two));

    let mut claims = site.provider.claims(&user, Duration::from_mins(10), None);
    let workers = site.provider.sign(&claims);
    "chief".clone_into(&mut claims.sub);
    "main-user".clone_into(&mut claims.role);
    let chief = site.stranger(&one).bearer(&site.provider.sign(&claims));
    let there = site.stranger(&two).bearer(&workers);
    let search = json!({});
    let known = there.post_json("/api/v1/documents/_search", &search).await.unwrap();
    assert_ne!(known.status, 401, "{}", known.text());
    let mut browser = Browser::default();
    browser.log_in(&user.id, (&first, &provider, &first)).await;
    assert_eq!(browser.get(&second, "/fi/desk/").await.status, 200);

    let page = chief.post_json("/api/v1/users/_search", &search).await.unwrap().json();
    let all = page["users"].as_array().unwrap();
    let one = all.iter().find(|one| one["subject"] == user.id.as_str()).unwrap();
    let path = format!("/api/v1/users/{}/end", one["user"].as_str().unwrap());
    let ended = chief.post_json(&path, &search).await.unwrap();
    assert_eq!(ended.status, 200, "{}", ended.text());

    let answer = there.post_json("/api/v1/documents/_search", &search).await.unwrap();
    assert_eq!((answer.status.as_u16(), code(&answer)), (403, "user-unknown".to_owned()));
    let answer = browser.get(&second, "/fi/desk/").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/fi/login/"));
    let answer = browser.log_in(&user.id, (&second, &provider, &first)).await;
    assert!(answer.text().contains("user-unknown"), "{}", answer.text());
}
