//! People at the pages: login, sessions, forms, and what is shown to whom, over plain HTTP.

use bytes::Bytes;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_kit::http::{Answer, Client, Send};
use varanto_server::clock::MachineClock;
use varanto_server::config::Limits;

use crate::house::{House, IN_TWO_POSITIONS, form};

/// A browser without a face: it keeps cookies and follows nothing by itself.
pub(crate) struct Guest<'a> {
    pub(crate) house: &'a House,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Guest<'a> {
    pub(crate) fn of(house: &'a House) -> Self {
        Self { house, cookies: Vec::new() }
    }

    /// Logs in as one of the provider's people.
    pub(crate) async fn log_in(&mut self, user: &str) -> Answer {
        let begun = self.get("/fi/login/begin").await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        let to = path_of(begun.header("location"));
        let (_, query) = to.split_once('?').unwrap();
        let chosen = self.send("POST", "/oidc/authorize", &format!("{query}&user={user}")).await;
        assert_eq!(chosen.status, 303, "{}", chosen.text());
        self.get(&path_of(chosen.header("location"))).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    /// Sends a form with the token that its page holds.
    pub(crate) async fn post(&mut self, page: &str, path: &str, fields: &str) -> Answer {
        let token = self.token(page).await;
        self.send("POST", path, &format!("form_token={token}&{fields}")).await
    }

    /// The form token of a page.
    pub(crate) async fn token(&mut self, page: &str) -> String {
        let page = self.get(page).await.text();
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").expect("a form");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        send_with(&mut self.cookies, &self.house.stranger(), method, path, body).await
    }

    /// Follows a redirect.
    pub(crate) async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.text());
        self.get(&path_of(answer.header("location"))).await
    }
}

/// Sends what a browser of these cookies would, and keeps those that it is answered.
pub(crate) async fn send_with(
    cookies: &mut Vec<(String, String)>,
    at: &Client,
    method: &str,
    path: &str,
    body: &str,
) -> Answer {
    let pairs: Vec<String> =
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let sent = pairs.join("; ");
    let headers = [("cookie", sent.as_str()), ("accept", "text/html")];
    let kind = "application/x-www-form-urlencoded";
    let with = Send {
        content_type: (method == "POST").then_some(kind),
        headers: &headers[usize::from(sent.is_empty())..],
    };
    let mut line = at.connect().await.unwrap();
    let body = Bytes::from(body.to_owned());
    let answer = line.send(method, path, body, with).await.unwrap();
    for value in answer.headers.get_all("set-cookie") {
        let pair = value.to_str().unwrap().split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
    answer
}

/// An address of the archive without its host.
pub(crate) fn path_of(address: &str) -> String {
    match address.strip_prefix("https://") {
        Some(rest) => format!("/{}", rest.split_once('/').unwrap_or_default().1),
        None => address.to_owned(),
    }
}

/// A client of a house whose own unit's worker can log in.
pub(crate) struct Served {
    pub(crate) house: House,
    /// The worker's login.
    pub(crate) worker: String,
    /// The client's made-up identity code.
    pub(crate) code: String,
    /// The client's family name.
    pub(crate) family_name: String,
    /// The client's number in the county.
    pub(crate) number: u32,
    /// The documents that were archived, oldest first.
    pub(crate) documents: Vec<String>,
}

impl Served {
    /// A house with everything that the county's own system archives of one client, of age or not.
    pub(crate) async fn open(of_age: bool) -> Self {
        let house = House::signing();
        let today = FinnishDay::of(MachineClock.now());
        for client in house.county.sample_clients() {
            if (client.born.years_until(today) >= 18) != of_age {
                continue;
            }
            let made = house.made_of(client.number);
            let units = made.iter().filter_map(|made| {
                let told: serde_json::Value = serde_json::from_str(&made.metadata_json).ok()?;
                told["service_unit"]["id"].as_str().map(str::to_owned)
            });
            let units: Vec<String> = units.collect();
            let mut workers = house.provider.users().iter().filter(|user| user.role == "worker");
            let Some(worker) = workers.find(|user| units.contains(&user.unit)) else { continue };
            let worker = worker.id.clone();
            let mut system = house.system().connect().await.unwrap();
            let mut documents = Vec::new();
            for one in &made {
                let answer = system.post_form("/api/v1/documents", form(one)).await.unwrap();
                assert_eq!(answer.status, 201, "{}", answer.text());
                documents.push(one.document_id.to_string());
            }
            house.tell_of_persons();
            let code = client.code.reveal().to_owned();
            let (family_name, number) = (client.family_name, client.number);
            return Self { house, worker, code, family_name, number, documents };
        }
        panic!("no client of the county is served by one who can log in");
    }

    /// The login of the client, or of the client's guardian.
    pub(crate) fn citizen(&self) -> String {
        let logins = [format!("asiakas-{}", self.number), format!("huoltaja-{}", self.number)];
        let mut users = self.house.provider.users().iter();
        users.find(|user| logins.contains(&user.id)).expect("a citizen").id.clone()
    }
}

/// Opens a client at the desk, and answers the path of the client's pages.
pub(crate) async fn find(guest: &mut Guest<'_>, code: &str) -> String {
    let sent = guest.post("/fi/desk/", "/fi/desk/find", &format!("identity_code={code}")).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    path_of(sent.header("location"))
}

/// ACC-1: a login begins a session whose cookie no script reads and no other site's form sends; logging out ends
/// it at once, on the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_begins_a_session_and_logging_out_ends_it() {
    let house = House::open();
    let mut guest = Guest::of(&house);
    let away = guest.get("/fi/desk/").await;
    assert_eq!((away.status.as_u16(), away.header("location")), (303, "/fi/login/"));

    let user = house.provider.users()[0].id.clone();
    let back = guest.log_in(&user).await;
    assert_eq!(
        (back.status.as_u16(), back.header("location")),
        (303, "/fi/desk/"),
        "{}",
        back.text()
    );
    let set: Vec<&str> =
        back.headers.get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
    let session = set.iter().find(|one| one.starts_with("__Host-varanto=")).unwrap();
    for wanted in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(session.contains(wanted), "{session}");
    }
    assert!(set.iter().any(|one| one.starts_with("__Host-varanto-login=;")), "{set:?}");

    let desk = guest.get("/fi/desk/").await;
    assert_eq!(desk.status, 200);
    assert_eq!(desk.header("cache-control"), "no-store");
    let held = guest.cookies.clone();
    let out = guest.post("/fi/desk/", "/fi/logout", "").await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/fi/login/ended/"));
    assert!(guest.cookies.is_empty());
    guest.cookies = held;
    assert_eq!(guest.get("/fi/desk/").await.status, 303, "the cookie that was kept opens nothing");
}

/// ACC-1, ACC-2: who works in several positions chooses one on its page, and goes on under another secret and another token of
/// forms; the cookie of before opens nothing, and logging out with it ends what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_is_chosen_on_its_page() {
    let house = House::open();
    let mut guest = Guest::of(&house);
    guest.log_in(IN_TWO_POSITIONS).await;
    let desk = guest.get("/fi/desk/").await;
    assert_eq!((desk.status.as_u16(), desk.header("location")), (303, "/fi/position/"));
    let page = guest.get("/fi/position/").await.text();
    assert_eq!(page.matches("name=\"position\"").count(), 2, "{page}");
    let unknown = guest.post("/fi/position/", "/fi/position/", "position=7").await;
    assert_eq!(unknown.header("location"), "/fi/position/");

    let (before, token) = (guest.cookies.clone(), guest.token("/fi/position/").await);
    let chosen = guest.post("/fi/position/", "/fi/position/", "position=1").await;
    assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, "/fi/desk/"));
    assert_eq!(guest.get("/fi/desk/").await.status, 200);
    assert_ne!(guest.token("/fi/desk/").await, token);
    let after = std::mem::replace(&mut guest.cookies, before.clone());
    assert_ne!(after, before);
    assert_eq!(guest.get("/fi/desk/").await.header("location"), "/fi/login/");
    guest.cookies.clone_from(&after);
    assert_eq!(
        guest.get("/fi/desk/").await.status,
        200,
        "a request that was under way ends nothing"
    );

    guest.cookies = before;
    let out = guest.send("POST", "/fi/logout", &format!("form_token={token}")).await;
    assert_eq!(out.header("location"), "/fi/login/ended/");
    guest.cookies = after;
    assert_eq!(guest.get("/fi/desk/").await.header("location"), "/fi/login/");
}

/// ACC-1: after a log-out the provider's own session is ended too, and nobody comes in on it: who logs in is asked anew,
/// or is not let in, and that leaves its line.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_on_anothers_session_at_the_provider() {
    let house = House::open();
    let user = house.provider.users()[0].id.clone();
    let mut guest = Guest::of(&house);
    guest.log_in(&user).await;
    let out = guest.post("/fi/desk/", "/fi/logout", "").await;
    let page = guest.follow(&out).await.text();
    assert!(page.contains("url=/fi/login/end"), "{page}");
    let there = guest.get("/fi/login/end").await;
    let address = there.header("location").to_owned();
    assert!(address.contains("/oidc/end?") && !address.contains("id_token_hint"), "{address}");
    let back = guest.get(&path_of(&address)).await;
    let over = guest.follow(&back).await;
    assert_eq!(over.header("location"), "/fi/login/ended/?there");
    assert!(!guest.follow(&over).await.text().contains("url=/fi/login/end"));

    house.provider.ask_nobody_anew(3600);
    let lines = house.log_lines();
    let refused = guest.log_in(&user).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("login-too-old"), "{}", refused.text());
    assert_eq!(house.log_lines(), lines + 1);
    assert_eq!(guest.get("/fi/desk/").await.status, 303);
}

/// ACC-1: a login that is under way is the browser's as it was begun: not of another time, nor of another program.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_under_way_cannot_be_made_up() {
    let house = House::open();
    let user = house.provider.users()[0].id.clone();
    let changes: [fn(&str) -> String; 2] =
        [|text| text.replacen("fi.", "sv.", 1), |text| format!("{text}A")];
    for changed in changes {
        let mut guest = Guest::of(&house);
        let to = path_of(guest.get("/fi/login/begin").await.header("location"));
        let query = to.split_once('?').unwrap().1.to_owned();
        let chosen = guest.send("POST", "/oidc/authorize", &format!("{query}&user={user}")).await;
        let kept = guest.cookies.iter_mut().find(|(name, _)| name == "__Host-varanto-login");
        let kept = kept.unwrap();
        kept.1 = changed(&kept.1);
        let answer = guest.get(&path_of(chosen.header("location"))).await;
        assert!(answer.text().contains("login-not-begun-here"), "{}", answer.text());
    }
}

/// ACC-1, ASVS 8.3: no step of a login is kept, and nobody begins logins without end.
#[tokio::test(flavor = "multi_thread")]
async fn logins_are_paced_and_kept_by_nobody() {
    let house = House::with_limits(Limits { person_units: 6, ..Limits::default() });
    let mut guest = Guest::of(&house);
    for page in ["/fi/login/", "/fi/login/ended/", "/fi/position/"] {
        assert_eq!(guest.get(page).await.header("cache-control"), "no-store", "{page}");
    }
    let mut answers = Vec::new();
    for _ in 0..4 {
        let answer = guest.get("/fi/login/begin").await;
        assert_eq!(answer.header("cache-control"), "no-store");
        answers.push(answer.status.as_u16());
    }
    assert_eq!(answers, [303, 303, 303, 429]);
}

/// ACC-1, LOG-1: a way back that was not begun here, a code of another login and a refusal open nothing, and each
/// kind leaves its line.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_back_that_was_not_begun_here_opens_nothing() {
    let house = House::open();
    let user = house.provider.users()[0].id.clone();
    let lines = house.log_lines();
    let mut victim = Guest::of(&house);
    let answer = victim.get("/login/back?code=x&state=y").await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("login-not-begun-here"), "{}", answer.text());
    assert_eq!(house.log_lines(), lines + 1);

    // Another's way back, in a browser that has begun a login of its own.
    let mut other = Guest::of(&house);
    let to = path_of(other.get("/fi/login/begin").await.header("location"));
    let query = to.split_once('?').unwrap().1.to_owned();
    let chosen = other.send("POST", "/oidc/authorize", &format!("{query}&user={user}")).await;
    let back = path_of(chosen.header("location"));
    victim.get("/sv/login/begin").await;
    let answer = victim.get(&back).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("lang=\"sv\""), "in the language in which it was begun");
    assert!(victim.cookies.is_empty());

    let state = back.split("state=").nth(1).unwrap();
    let refused = other.get(&format!("/login/back?error=access_denied&state={state}")).await;
    assert_eq!(refused.status, 401);
    assert!(refused.text().contains("login-refused"), "{}", refused.text());
    assert_eq!(house.log_lines(), lines + 2);
}

/// ACC-1: a form without its session's token, with another session's, or from another site does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_session_or_site_does_nothing() {
    let house = House::open();
    let user = house.provider.users()[0].id.clone();
    let (mut one, mut other) = (Guest::of(&house), Guest::of(&house));
    one.log_in(&user).await;
    other.log_in(&user).await;
    let foreign = other.token("/fi/desk/").await;
    let lines = house.log_lines();
    for body in [
        "identity_code=180418A903L".to_owned(),
        format!("form_token={foreign}&identity_code=180418A903L"),
    ] {
        let answer = one.send("POST", "/fi/desk/find", &body).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("form-of-others"), "{}", answer.text());
    }
    assert_eq!(house.log_lines(), lines + 2);

    let token = one.token("/fi/desk/").await;
    let cookie = format!("{}={}", one.cookies[0].0, one.cookies[0].1);
    let headers =
        [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site"), ("accept", "text/html")];
    let with = Send { content_type: Some("application/x-www-form-urlencoded"), headers: &headers };
    let body = Bytes::from(format!("form_token={token}&identity_code=180418A903L"));
    let mut line = house.stranger().connect().await.unwrap();
    let answer = line.send("POST", "/fi/desk/find", body, with).await.unwrap();
    assert_eq!(answer.status, 403);
    let ended = Guest::of(&house).send("POST", "/fi/desk/find", "identity_code=x").await;
    assert_eq!(ended.status, 401);
    assert!(ended.text().contains("session-ended"));
}

/// ACC-1, LOG-1: a form of another session neither logs out nor changes the position, and leaves its line.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_logged_out_by_anothers_form() {
    for path in ["/fi/position/", "/fi/logout"] {
        // Who repeats what was turned away is told of once.
        let house = House::open();
        let user = house.provider.users()[0].id.clone();
        let mut guest = Guest::of(&house);
        guest.log_in(&user).await;
        let lines = house.log_lines();
        let answer = guest.send("POST", path, "form_token=another&position=0").await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("form-of-others"), "{}", answer.text());
        assert_eq!(house.log_lines(), lines + 1, "{path}");
        assert_eq!(guest.get("/fi/desk/").await.status, 200, "{path}");
    }
}

/// ACC-2: professionals have their pages and citizens theirs.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_to_the_pages_of_the_other_side() {
    let served = Served::open(true).await;
    let mut citizen = Guest::of(&served.house);
    citizen.log_in(&served.citizen()).await;
    let answer = citizen.get("/fi/desk/").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("pages-of-others"), "{}", answer.text());
    assert!(answer.text().contains("action=\"/fi/logout\""), "the way out is shown");
    let positions = citizen.get("/fi/position/").await;
    assert_eq!(path_of(positions.header("location")), "/fi/own/");
    let mut worker = Guest::of(&served.house);
    worker.log_in(&served.worker).await;
    assert_eq!(worker.get("/fi/own/").await.status, 403);
    assert!(worker.get("/fi/position/").await.text().contains("action=\"/fi/logout\""));
    // A citizen's token is none of the interface.
    let token =
        served.house.provider.token_for(&served.citizen(), std::time::Duration::from_mins(1));
    let client = served.house.stranger().bearer(&token.unwrap());
    let answer = client.get(&format!("/api/v1/documents/{}", served.documents[0])).await.unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("token-of-a-citizen"), "{}", answer.text());
}

/// CAS-1, D8: a worker finds the client, sees the situation, the time line and a document; no address, title or
/// cookie names the client, and nothing is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_reads_a_clients_situation_and_documents() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    assert!(!client.contains(&served.code));

    let lines = served.house.log_lines();
    let page = guest.get(&client).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(served.house.log_lines() > lines);
    assert!(page.text().contains(&served.family_name), "{}", page.text());
    let title = page.text().split("</title>").next().unwrap().to_owned();
    assert!(!title.contains(&served.family_name) && !title.contains(&served.code));
    assert_eq!(page.header("cache-control"), "no-store");

    let timeline = guest.get(&format!("{client}timeline/?kind=19")).await.text();
    let document = timeline.split("href=\"").find(|part| part.contains("/documents/")).unwrap();
    let document = document.split('"').next().unwrap().to_owned();
    let lines = served.house.log_lines();
    let page = guest.get(&document).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("<iframe class=\"view\" sandbox "), "{}", page.text());
    assert!(served.house.log_lines() > lines, "each look is a line");

    let view = guest.get(&format!("{document}view")).await;
    assert_eq!(view.status, 200, "{}", view.text());
    assert!(view.header("content-security-policy").starts_with("sandbox;"));
    let print = guest.get(&format!("{document}print")).await;
    assert_eq!(print.header("content-type"), "application/pdf");
    assert!(guest.get(&format!("{document}proof/")).await.text().contains("Todiste"));
    assert_eq!(guest.get(&format!("{document}access/")).await.status, 200);

    // The word of an address opens nothing in another session.
    let mut other = Guest::of(&served.house);
    other.log_in(&served.worker).await;
    assert_eq!(other.get(&client).await.status, 404);
}

/// ACC-3, ACC-4: what is locked says why, whom to ask, and where a reason would open it asks for one; the look is
/// then in the controller's queue.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_locked_says_why_and_asks_for_a_reason() {
    let served = Served::open(true).await;
    let unit =
        &served.house.provider.users().iter().find(|one| one.id == served.worker).unwrap().unit;
    let mut users = served.house.provider.users().iter();
    let other = users.find(|one| one.role == "worker" && one.unit != *unit).unwrap().id.clone();
    let mut guest = Guest::of(&served.house);
    guest.log_in(&other).await;
    let client = find(&mut guest, &served.code).await;
    let page = guest.get(&client).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains(&served.family_name), "nothing is told of the client");
    assert!(page.text().contains("name=\"reason\""), "{}", page.text());

    let document = served.documents.last().unwrap();
    let locked = guest.get(&format!("{client}documents/{document}/")).await;
    assert_eq!(locked.status, 403, "{}", locked.text());
    for told in ["Mitä puuttuu", "Keneltä kysyä", "Mistä säädetään"] {
        assert!(locked.text().contains(told), "{told}: {}", locked.text());
    }
    let sent = guest.post(&client, &format!("{client}reason"), "reason=urgent").await;
    let page = guest.follow(&sent).await;
    assert!(page.text().contains(&served.family_name), "{}", page.text());
    let outside =
        guest.post(&client, &format!("{client}reason"), "reason=urgent&back=//evil.example").await;
    assert_eq!(path_of(outside.header("location")), client, "no form leads elsewhere");
    let queue = served.house.person("archivist");
    let openings =
        queue.post_json("/api/v1/openings/_search", &serde_json::json!({})).await.unwrap();
    let openings = openings.json();
    assert_eq!(openings["openings"][0]["reason"], "urgent", "{openings}");
}

/// ACC-3, REL-4: what was said of a look at one client's documents is said of no other's, and a document of another
/// is not there under a client's address.
#[tokio::test(flavor = "multi_thread")]
async fn another_clients_document_is_not_there_for_any_reason() {
    let served = Served::open(true).await;
    let other = served.house.county.sample_clients();
    let other = other.into_iter().find(|one| one.number != served.number).unwrap();
    let mut system = served.house.system().connect().await.unwrap();
    let mut others = Vec::new();
    for one in &served.house.made_of(other.number) {
        let answer = system.post_form("/api/v1/documents", form(one)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        others.push(one.document_id.to_string());
    }
    served.house.tell_of_persons();
    let queue = served.house.person("archivist");
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    for reason in ["", "urgent"] {
        guest.post(&client, &format!("{client}reason"), &format!("reason={reason}")).await;
        for document in &others {
            for page in ["", "view", "print", "proof/", "access/"] {
                let lines = served.house.log_lines();
                let answer = guest.get(&format!("{client}documents/{document}/{page}")).await;
                assert_eq!(answer.status, 404, "{reason} {page}: {}", answer.text());
                assert_eq!(served.house.log_lines(), lines + 1, "{reason} {page}");
            }
            let recorded = guest.get(&format!("{client}recorded/{document}/")).await;
            assert_eq!(recorded.status, 404, "{}", recorded.text());
        }
    }
    let openings =
        queue.post_json("/api/v1/openings/_search", &serde_json::json!({})).await.unwrap();
    let count = openings.json()["openings"].as_array().unwrap().len();
    let own = served.documents.last().unwrap();
    assert_eq!(count, 0, "{}", openings.text());
    assert_eq!(guest.get(&format!("{client}documents/{own}/")).await.status, 200);
}

/// DIS-1, ACC-3: in a situation of disclosure no document of one's own registers is asked for, which would be denied each time;
/// and no reason is asked for where none opens anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_in_disclosure_asks_for_no_document_of_ones_own() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let sought = format!("identity_code={}&situation=disclosure", served.code);
    let sent = guest.post("/fi/desk/", "/fi/desk/find", &sought).await;
    let page = guest.follow(&sent).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(!page.text().contains("/documents/"), "{}", page.text());
    assert!(!page.text().contains("name=\"reason\""), "{}", page.text());
    let reviewer = served.house.person("archivist");
    let asked = serde_json::json!({ "client": { "identity_code": served.code } });
    let log = reviewer.post_json("/api/v1/logs/_search", &asked).await.unwrap();
    assert_eq!(log.status, 200, "{}", log.text());
    let log = log.json();
    let mut denied =
        log["lines"].as_array().unwrap().iter().filter(|one| one["outcome"] == "denied");
    assert!(denied.all(|one| one["documents"] == serde_json::json!([])), "{log}");
}

/// ACC-1, ACC-3: a client is named where what the page itself was permitted to show tells the name, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_named_by_what_the_page_itself_may_show() {
    let served = Served::open(true).await;
    let unit =
        &served.house.provider.users().iter().find(|one| one.id == served.worker).unwrap().unit;
    let mut users = served.house.provider.users().iter();
    let other = users.find(|one| one.role == "worker" && one.unit != *unit).unwrap().id.clone();
    let mut guest = Guest::of(&served.house);
    guest.log_in(&other).await;
    let client = find(&mut guest, &served.code).await;
    let sent = guest.post(&client, &format!("{client}reason"), "reason=urgent").await;
    let heading = |page: &str| {
        let (_, rest) = page.split_once("<h1>").unwrap();
        rest.split_once("</h1>").unwrap().0.to_owned()
    };
    assert!(heading(&guest.follow(&sent).await.text()).contains(&served.family_name));
    let timeline = guest.get(&format!("{client}timeline/")).await.text();
    assert!(heading(&timeline).contains(&served.family_name));
    // A part of the list may tell a name of old.
    let part = guest.get(&format!("{client}timeline/?until=2100-01-01")).await.text();
    assert_eq!(heading(&part), "Asiakas");

    guest.post(&client, &format!("{client}reason"), "").await;
    for page in ["", "timeline/", "record/", &format!("documents/{}/", served.documents[0])] {
        let text = guest.get(&format!("{client}{page}")).await.text();
        assert_eq!(heading(&text), "Asiakas", "{page}");
        assert!(!text.contains(&served.family_name), "{page}: {text}");
    }
}

/// CIT-1, CIT-2: a client reads the own data as they may be shown, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_reads_the_own_data_and_nobody_elses() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    let back = guest.log_in(&served.citizen()).await;
    let own = guest.follow(&back).await;
    let home = path_of(own.header("location"));
    let page = guest.follow(&own).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains(&served.family_name), "{}", page.text());
    let timeline = guest.get(&format!("{home}timeline/")).await.text();
    let document = timeline.split("href=\"").find(|part| part.contains("/documents/")).unwrap();
    let document = document.split('"').next().unwrap().to_owned();
    assert_eq!(guest.get(&document).await.status, 200);

    let elsewhere = "identity_code=180418A903L&situation=mandate";
    let sent = guest.post("/fi/own/others/", "/fi/own/others/open", elsewhere).await;
    let page = guest.follow(&sent).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("class=\"empty\""), "{}", page.text());
}

/// CIT-4: a guardian reads the child's documents that say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_reads_what_may_be_shown_of_the_child() {
    let served = Served::open(false).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let child = format!("identity_code={}&situation=guardian", served.code);
    let sent = guest.post("/fi/own/others/", "/fi/own/others/open", &child).await;
    let page = guest.follow(&sent).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(&served.family_name), "{}", page.text());
}

/// CIT-1: a citizen is told who looked and what is permitted and refused, on pages of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_who_looked_and_what_is_permitted() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    // A worker has looked today: that is told once a whole day has passed, so nobody is in the list yet.
    let mut worker = Guest::of(&served.house);
    worker.log_in(&served.worker).await;
    let client = find(&mut worker, &served.code).await;
    assert_eq!(worker.get(&client).await.status, 200);
    let log = guest.get("/fi/own/log/").await;
    assert_eq!(log.status, 200, "{}", log.text());
    let main = log.text().split_once("<main").unwrap().1.to_owned();
    assert!(main.contains("class=\"empty\"") && !main.contains("class=\"line\""), "{main}");
    let to = guest.get("/fi/own/will/").await;
    let will = guest.follow(&to).await;
    let main = will.text().split_once("<main").unwrap().1.to_owned();
    assert!(main.contains("id=\"permission\"") && main.contains("will/refuse/"), "{main}");
    assert_eq!(worker.get("/fi/own/log/").await.status, 403);
}

/// The headers of a page that a browser obeys.
fn wears(answer: &Answer, page: &str) {
    let policy = answer.header("content-security-policy");
    for wanted in
        ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.contains(wanted), "{page}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{page}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{page}");
    }
}

/// ASVS 3.4: every page wears the headers that keep others out of it, and those of persons are kept by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_wears_its_headers() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    for page in ["/fi/", "/fi/login/", "/fi/style/", "/fi/api/"] {
        wears(&guest.get(page).await, page);
    }
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    for page in ["/fi/desk/", &client, &format!("{client}timeline/"), "/fi/desk/clients/nobody/"] {
        let answer = guest.get(page).await;
        wears(&answer, page);
        assert_eq!(answer.header("cache-control"), "no-store", "{page}");
    }
}

/// ASVS 1.2: text that wants to be markup is shown as text, wherever a document's words stand.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_as_text_everywhere() {
    const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}";
    let served = Served::open(true).await;
    let mut made = served.house.made_of(served.number).pop().unwrap();
    let mut told: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
    let id = format!("{}.95.2026.987654", served.house.organisation());
    told["document_id"] = id.clone().into();
    told["set_id"] = id.clone().into();
    told["professional"]["given_names"] = HOSTILE.into();
    told["professional"]["family_name"] = HOSTILE.into();
    told["service_unit"]["name"] = HOSTILE.into();
    told["client"]["given_names"] = HOSTILE.into();
    made.metadata_json = told.to_string();
    for (_, bytes) in &mut made.parts {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = text.replace(made.document_id.as_str(), &id).into_bytes();
    }
    let answer = served.house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());

    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.worker).await;
    let client = find(&mut guest, &served.code).await;
    let mut shown = 0;
    for page in [
        client.clone(),
        format!("{client}timeline/"),
        format!("{client}documents/{id}/"),
        format!("{client}documents/{id}/view"),
        format!("{client}documents/{id}/access/"),
        format!(
            "{client}timeline/?kind=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&from=%22%3E%3Cb%3E"
        ),
    ] {
        let text = guest.get(&page).await.text();
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{page}: {text}");
        shown += usize::from(
            text.contains("&#60;script&#62;alert(1)") || text.contains("&lt;script&gt;alert(1)"),
        );
    }
    assert!(shown >= 3, "it was shown, as text, on {shown} pages");
}
