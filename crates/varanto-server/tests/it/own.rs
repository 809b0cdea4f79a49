//! Citizens at their own pages: what they permit and refuse, and those for whom they act.

use std::sync::Arc;

use serde_json::json;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_kit::outside::Identities;
use varanto_kit::population_register::StandIn;
use varanto_server::clock::MachineClock;
use varanto_server::config::PopulationRegister;
use varanto_server::population_register::Connection;

use crate::chromium::{self, Browser};
use crate::house::{faults, form};
use crate::pages::{Walk, log_in};
use crate::people::{Guest, Served, path_of};

/// An archive connected with a stand-in of the population register, behind a door of its own; it says what the county's
/// register says. The files of the connection last as long as the folder.
pub(crate) struct Connected {
    pub(crate) register: StandIn,
    _files: tempfile::TempDir,
}

impl Connected {
    pub(crate) async fn to(served: &Served) -> Self {
        let register = StandIn::new(Arc::new(MachineClock), None);
        for (code, facts) in served.house.county.population() {
            register.say(code, facts);
        }
        let identities = Identities::make().unwrap();
        let address = register.open(&identities).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = files.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let config = PopulationRegister {
            address: format!("https://localhost:{}/persons", address.port()),
            authority: file("authority.pem", &identities.authority),
            certificate: file("certificate.pem", &identities.certificate),
            key: file("key.pem", &identities.key),
            ..PopulationRegister::default()
        };
        let connection = Connection::of(&config).unwrap().unwrap();
        connection.connect(&served.house.doors.app);
        Self { register, _files: files }
    }
}

/// The path of the logged-in citizen's own pages.
pub(crate) async fn own_pages(guest: &mut Guest<'_>) -> String {
    let own = guest.get("/fi/own/").await;
    path_of(own.header("location"))
}

/// Opens the pages of another, for whom the citizen acts.
pub(crate) async fn open(guest: &mut Guest<'_>, code: &str, situation: &str) -> String {
    let fields = format!("identity_code={code}&situation={situation}");
    let sent = guest.post("/fi/own/others/", "/fi/own/others/open", &fields).await;
    path_of(sent.header("location"))
}

/// CIT-5, DIS-2: a client permits after informing alone, refuses one service task after a confirmation, and withdraws;
/// each is seen at once by the unit that serves, and each has its receipt.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_permits_refuses_and_withdraws() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let own = own_pages(&mut guest).await;
    let will = format!("{own}will/");
    let asked = serde_json::json!({ "client": { "identity_code": served.code } });
    let system = served.house.system();
    let permitted = async || {
        let told = system.post_json("/api/v1/permissions/_search", &asked).await.unwrap();
        told.json()["permitted"].as_bool().unwrap()
    };
    let refused = async || {
        let told = system.post_json("/api/v1/refusals/_search", &asked).await.unwrap();
        told.json()["refusals"].as_array().unwrap().len()
    };
    let (before, refusals) = (permitted().await, refused().await);
    if before {
        let sent = guest.post(&will, &format!("{will}permission/"), "act=withdraw").await;
        assert_eq!(guest.follow(&sent).await.status, 200);
    }
    assert!(!permitted().await);

    let page = format!("{will}permission/");
    let shown = guest.get(&page).await.text();
    assert!(shown.contains("Ennen kuin annat luvan") && shown.contains("<blockquote"), "{shown}");
    let unread = guest.post(&page, &page, "act=give").await;
    assert_eq!(unread.status, 422, "{}", unread.text());
    assert!(!permitted().await, "who has not read it permits nothing");
    let given = guest.post(&page, &page, "act=give&informed=yes").await;
    let receipt = guest.follow(&given).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    assert!(receipt.text().contains("Kirjattu"), "{}", receipt.text());
    assert!(permitted().await);

    let page = format!("{will}refuse/");
    let asks = guest.post(&page, &page, "service_task=24").await;
    assert_eq!(asks.status, 200, "{}", asks.text());
    assert!(asks.text().contains("name=\"confirmed\""), "{}", asks.text());
    assert_eq!(refused().await, refusals, "nothing is refused before it is confirmed");
    let sent = guest.post(&page, &page, "service_task=24&confirmed=yes").await;
    assert_eq!(guest.follow(&sent).await.status, 200);
    assert_eq!(refused().await, refusals + 1);
    let nothing = guest.post(&page, &page, "service_task=999").await;
    assert_eq!(nothing.status, 422);
    let withdraw = format!("{will}withdraw/");
    let sent = guest.post(&will, &withdraw, "service_task=24&confirmed=yes").await;
    assert_eq!(guest.follow(&sent).await.status, 200);
    assert_eq!(refused().await, refusals);
    let again = guest.get(&withdraw).await;
    assert_eq!(path_of(again.header("location")), will, "reloading leads back");
}

/// A note about the served client of which it is said that guardians may not see it.
async fn kept_from_guardians(served: &Served) -> String {
    let mut made = served.house.made_of(served.number).pop().unwrap();
    let mut told: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
    let id = format!("{}.95.2026.987655", served.house.organisation());
    told["document_id"] = id.clone().into();
    told["set_id"] = id.clone().into();
    told["guardian_disclosure"] = "2".into();
    made.metadata_json = told.to_string();
    for (_, bytes) in &mut made.parts {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = text.replace(made.document_id.as_str(), &id).into_bytes();
    }
    let answer = served.house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    id
}

/// CIT-4, DIS-5: a mother sees her child's documents that guardians may see, and none that is kept from guardians; where
/// the child has said nothing itself she gives and withdraws the permission; and she sets no refusals.
#[tokio::test(flavor = "multi_thread")]
async fn a_mother_acts_for_her_child_as_far_as_guardians_may() {
    let served = Served::open(false).await;
    let _connected = Connected::to(&served).await;
    let kept = kept_from_guardians(&served).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let others = guest.get("/fi/own/others/").await.text();
    assert!(
        others.contains(&format!("value=\"{}\"", served.code)),
        "the child is listed: {others}"
    );
    let child = open(&mut guest, &served.code, "guardian").await;
    let timeline = guest.get(&format!("{child}timeline/")).await.text();
    let main = timeline.split_once("<main").unwrap().1;
    assert!(main.contains(&format!("{child}documents/")) && !main.contains(&kept), "{main}");
    let denied = guest.get(&format!("{child}documents/{kept}/")).await;
    assert_eq!(denied.status, 403, "{}", denied.text());

    let will = format!("{child}will/");
    let page = guest.get(&will).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(!page.text().contains("will/refuse/"), "{}", page.text());
    assert_eq!(guest.get(&format!("{will}refuse/")).await.status, 404);
    let refused =
        guest.post(&will, &format!("{will}refuse/"), "service_task=24&confirmed=yes").await;
    assert_eq!(refused.status, 404, "{}", refused.text());
    let permission = format!("{will}permission/");
    if page.text().contains("Lapsi on itse ilmoittanut") {
        assert_eq!(guest.get(&permission).await.status, 404);
        let against = guest.post(&will, &permission, "act=withdraw").await;
        assert_eq!(against.status, 422, "{}", against.text());
        assert!(against.text().contains("Lapsi on itse"), "{}", against.text());
        return;
    }
    if page.text().contains("mark good") {
        let sent = guest.post(&permission, &permission, "act=withdraw").await;
        assert_eq!(guest.follow(&sent).await.status, 200);
    }
    let given = guest.post(&permission, &permission, "act=give&informed=yes").await;
    let receipt = guest.follow(&given).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    let page = guest.get(&will).await;
    assert!(page.text().contains("edustajan tekemä"), "{}", page.text());
}

/// CIT-1, D8: one who is no client, nor a guardian, sees the same of a client as of somebody nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_act_is_not_told_whether_somebody_is_a_client() {
    let served = Served::open(true).await;
    let connected = Connected::to(&served).await;
    let stranger = PersonalIdentityCode::parse("180418A903L").unwrap();
    let born_on = Some(stranger.birth_day());
    connected.register.say(stranger, PersonFacts { born_on, ..PersonFacts::default() });
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let other = served.house.county.sample_clients();
    let other = other.into_iter().find(|one| one.number != served.number).unwrap();
    for situation in ["guardian", "mandate"] {
        for page in ["", "timeline/", "will/", "will/permission/"] {
            let mut told = Vec::new();
            for code in [other.code.reveal(), stranger.reveal()] {
                let base = open(&mut guest, code, situation).await;
                let answer = guest.get(&format!("{base}{page}")).await;
                let text = answer.text().replace(&base, "").replace(code, "");
                assert!(!text.contains("urn:uuid:"), "no page is missing: {text}");
                told.push((answer.status, text.replace(base.trim_start_matches("/fi"), "")));
            }
            assert_eq!(told[0], told[1], "{situation} {page}");
        }
    }
}

/// The first document of a citizen's time line of which a correction may be asked for, as its page's address.
async fn first_to_correct(guest: &mut Guest<'_>, own: &str) -> String {
    let timeline = guest.get(&format!("{own}timeline/")).await.text();
    let all = timeline.split("href=\"").filter(|part| part.contains("/documents/"));
    for one in all.map(|part| part.split('"').next().unwrap().to_owned()) {
        if guest.get(&one).await.text().contains(&format!("{one}correction/")) {
            return one;
        }
    }
    panic!("no document to correct: {timeline}");
}

/// CIT-6: a client asks for a correction on a document's page; the unit's worker finds the request, and answers it with
/// reasons; the client is told. Another's form does nothing, and neither address nor title tells of anybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_asked_for_and_answered() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let own = own_pages(&mut guest).await;
    let document = first_to_correct(&mut guest, &own).await;
    let page = format!("{document}correction/");
    let wordless = guest.post(&page, &page, "wanted=+").await;
    assert_eq!(wordless.status, 422, "{}", wordless.text());
    assert!(wordless.text().contains("aria-invalid=\"true\""), "{}", wordless.text());
    let forged = guest.send("POST", &page, "wanted=Virhe").await;
    assert_eq!(forged.status, 403, "{}", forged.text());
    let words = "wanted=Lapsia+on+kaksi.%0D%0A%3Cb%3EEi+kolme.%3C%2Fb%3E";
    let asked = guest.post(&page, &page, words).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    let again = guest.post(&page, &page, words).await;
    assert_eq!(again.header("location"), asked.header("location"), "sent twice, asked once");
    let list = format!("{own}corrections/");
    let told = guest.get(&list).await.text();
    assert!(told.contains("&#60;b&#62;Ei kolme.") && told.contains("Odottaa vastausta"), "{told}");
    assert_eq!(told.matches("id=\"request-").count(), 1, "{told}");

    let mut desk = Guest::of(&served.house);
    desk.log_in(&served.worker).await;
    let waiting = desk.get("/fi/desk/corrections/").await.text();
    let main = waiting.split_once("<main").unwrap().1;
    assert!(main.contains(&served.family_name), "{main}");
    let request = main.split("href=\"").find(|part| part.starts_with("/fi/desk/corrections/"));
    let request = request.unwrap().split('"').next().unwrap().to_owned();
    let shown = desk.get(&request).await.text();
    assert!(!shown.split("</title>").next().unwrap().contains(&served.family_name), "{shown}");
    let opened = desk.post(&request, &format!("{request}open"), "").await;
    let opened = desk.follow(&opened).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert!(opened.text().contains(&request), "the document tells of the request");
    for (fields, status) in [
        ("words=Ei", 422),
        ("how=refused", 422),
        ("how=corrected", 422),
        ("how=refused&words=Lapsia+on+kolme.", 303),
    ] {
        let answered = desk.post(&request, &request, fields).await;
        assert_eq!(answered.status.as_u16(), status, "{fields}: {}", answered.text());
    }
    let waiting = desk.get("/fi/desk/corrections/").await.text();
    assert!(!waiting.split_once("<main").unwrap().1.contains(&request), "{waiting}");
    let told = guest.get(&list).await.text();
    assert!(told.contains("Lapsia on kolme.") && told.contains("tietosuojavaltuutetun"), "{told}");
    assert_eq!(guest.get("/fi/desk/corrections/").await.status, 403);
}

/// CIT-6: the county's own system is told of a request over REST, with the document and the answers that may be given, and answers it; what is
/// wrong with an answer is told, and another organisation's system learns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_over_rest() {
    let served = Served::open(true).await;
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let own = own_pages(&mut guest).await;
    let document = first_to_correct(&mut guest, &own).await;
    let page = format!("{document}correction/");
    assert_eq!(guest.post(&page, &page, "wanted=Lapsia+on+kaksi.").await.status, 303);

    let system = served.house.system();
    let listed = system.get("/api/v1/corrections?limit=5").await.unwrap();
    assert_eq!(listed.header("cache-control"), "no-store");
    let listed = listed.json();
    let request = &listed["corrections"][0];
    assert_eq!(request["wanted"], "Lapsia on kaksi.", "{listed}");
    assert_eq!(
        (request["state"].as_str(), request["asked_as"].as_str()),
        (Some("waiting"), Some("own-data"))
    );
    assert!(document.contains(request["document"]["document_id"].as_str().unwrap()), "{request}");
    let path = format!("/api/v1/corrections/{}", request["request"].as_str().unwrap());
    let answer = format!("{path}/answer");
    let other = served.house.system_of(&served.house.producer());
    assert_eq!(other.get(&path).await.unwrap().status, 404);
    assert_eq!(other.get("/api/v1/corrections").await.unwrap().json()["corrections"], json!([]));
    for (status, said, element) in [
        (400, json!({"how": "forgotten"}), "how"),
        (422, json!({"how": "corrected"}), "how"),
        (422, json!({"how": "refused"}), "answer"),
    ] {
        let wrong = system.post_json(&answer, &said).await.unwrap();
        assert_eq!(wrong.status.as_u16(), status, "{}", wrong.text());
        assert_eq!(faults(&wrong)[0].1, element, "{}", wrong.text());
    }
    let said = json!({"how": "refused", "words": "Lapsia on kolme."});
    let done = system.post_json(&answer, &said).await.unwrap();
    assert_eq!(done.status, 204, "{}", done.text());
    let told = system.get(&path).await.unwrap().json();
    assert_eq!(
        (told["state"].as_str(), told["may_answer"].as_array().map(Vec::len)),
        (Some("refused"), Some(0))
    );
    assert_eq!(told["answered"]["words"], "Lapsia on kolme.");
    assert_eq!(system.get("/api/v1/corrections").await.unwrap().json()["corrections"], json!([]));
    let own = guest.get(&format!("{own}corrections/")).await.text();
    assert!(own.contains("Lapsia on kolme."), "{own}");
    assert_eq!(system.get("/api/v1/corrections?limit=0").await.unwrap().status, 400);
}

/// CIT-5, CIT-1: a client sees what may be seen and who looked, refuses the disclosure of one service task and withdraws
/// it; in each language, on a desk and on a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_refuses_one_service_task_on_every_device_and_in_every_language() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let citizen = served.citizen();
    let walk = move || {
        for (language, width) in
            [("fi", 1280), ("sv", 1280), ("en", 1280), ("fi", 320), ("sv", 320), ("en", 320)]
        {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("own-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);
            walk.browser.go(&format!("{base}/{language}/own/log/"));
            walk.browser.go(&format!("{base}/{language}/own/will/"));
            walk.check(&name("will"));
            let permitted = walk.browser.run("!!document.querySelector('.mark.good')") == true;
            walk.browser.click("section.card a.button");
            if permitted {
                walk.check(&name("permission-withdraw"));
                walk.browser.click("main form button");
                walk.browser.go(&format!("{base}/{language}/own/will/"));
                walk.browser.click("section.card a.button");
            }
            walk.check(&name("permission"));
            walk.browser.run("document.querySelector('#informed').click()");
            walk.browser.click("main form button");
            walk.check(&name("receipt"));
            walk.browser.go(&format!("{base}/{language}/own/will/"));
            let refusals = walk.browser.run("document.querySelectorAll('main form').length");
            walk.browser.click("main section > p > a.button[href$='refuse/']");
            walk.check(&name("refuse"));
            walk.browser.fill("#service_task", "24");
            walk.browser.click("main form button");
            walk.check(&name("confirm"));
            walk.browser.click("main form button");
            walk.browser.go(&format!("{base}/{language}/own/will/"));
            let now = walk.browser.run("document.querySelectorAll('main form').length");
            assert_eq!(now.as_i64(), refusals.as_i64().map(|count| count + 1));
            walk.check(&name("will-refused"));
            walk.browser.be_dark(true);
            walk.check(&name("will-refused-dark"));
            walk.browser.be_dark(false);
            walk.browser.click("main form:has(input[name=service_task][value='24']) button");
            walk.check(&name("confirm-withdrawal"));
            walk.browser.click("main form button");
            walk.browser.go(&format!("{base}/{language}/own/will/"));
            let now = walk.browser.run("document.querySelectorAll('main form').length");
            assert_eq!(now, refusals);
            walk.end();
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// CIT-7, ARC-15: a client's browser checks the proof of a document by itself, on the page and, from the file, offline; of
/// a content, a way, a checkpoint or a key that is another it says that the proof does not hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_is_checked_in_the_browser_and_offline() {
    if chromium::is_missing() {
        return;
    }
    let served = Served::open(true).await;
    let base = format!("https://localhost:{}", served.house.address.port());
    let mut guest = Guest::of(&served.house);
    guest.log_in(&served.citizen()).await;
    let own = own_pages(&mut guest).await;
    let timeline = guest.get(&format!("{own}timeline/?kind=19")).await.text();
    let document = timeline.split("href=\"").find(|part| part.contains("/documents/")).unwrap();
    let document = document.split('"').next().unwrap().to_owned();
    let file = guest.get(&format!("{document}proof/file")).await;
    assert_eq!(file.status, 200, "{}", file.text());
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(!file.text().contains("person:") && !file.text().contains("system:"));
    let (file, citizen) = (file.text(), served.citizen());
    let walk = move || {
        // The verdict, and the first step that does not hold.
        let verdict = "(() => { const box = document.querySelector('#proof-check'); \
            const bad = box.querySelector('[data-is=fails]:not([hidden])'); \
            return [box.dataset.checked, bad && bad.closest('li').dataset.step].filter(Boolean).join(' '); })()";
        for (language, width) in [("fi", 1280), ("sv", 320), ("en", 320), ("en", 1280)] {
            let mut walk = Walk::open(width);
            let name = |page: &str| format!("own-{page}-{language}-{width}");
            log_in(&mut walk.browser, &base, language, &citizen);
            walk.browser.click(".tabs li:nth-child(2) a");
            walk.browser.click(".line a");
            let at = walk.browser.address();
            walk.browser.go(&format!("{at}proof/"));
            walk.check(&name("proof-before"));
            walk.browser.run("document.querySelector('#proof-check button').click()");
            assert_eq!(walk.browser.until(verdict), "holds");
            walk.check(&name("proof"));
            walk.end();
        }
        let folder = tempfile::tempdir().unwrap();
        let mut browser = Browser::open(1280);
        let mut opened = |text: &str| {
            let path = folder.path().join("proof.html");
            std::fs::write(&path, text).unwrap();
            browser.go(&format!("file://{}", path.display()));
            browser.until(verdict)
        };
        assert_eq!(opened(&file), "holds");
        let (before, rest) = file.split_once("id=\"proof-data\">").unwrap();
        let (data, after) = rest.split_once("</script>").unwrap();
        let proof: serde_json::Value = serde_json::from_str(data).unwrap();
        let mut forged = |forge: &dyn Fn(&mut serde_json::Value)| {
            let mut proof = proof.clone();
            forge(&mut proof);
            opened(&format!("{before}id=\"proof-data\">{proof}</script>{after}"))
        };
        assert_eq!(forged(&|_| ()), "holds");
        let zeroes = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let body = |one: &mut serde_json::Value, line: usize, text: &str| {
            let note = one["checkpoint"].as_str().unwrap();
            let mut lines: Vec<String> = note.split('\n').map(str::to_owned).collect();
            lines[line] = text.to_owned();
            one["checkpoint"] = lines.join("\n").into();
        };
        let signature = |one: &serde_json::Value| {
            let note = one["checkpoint"].as_str().unwrap();
            note.lines().nth(4).unwrap().to_owned()
        };
        assert_eq!(forged(&|one| one["parts"][0]["bytes"] = "e30=".into()), "fails content");
        assert_eq!(forged(&|one| one["metadata"]["digest"] = zeroes.into()), "fails leaf");
        assert_eq!(forged(&|one| one["leaf"]["index"] = 0.into()), "fails path");
        assert_eq!(forged(&|one| one["leaf"]["path"][0] = zeroes.into()), "fails path");
        assert_eq!(forged(&|one| body(one, 2, zeroes)), "fails path");
        // One letter in the middle of the signature, with all else as it was.
        let other_signature = |one: &mut serde_json::Value| {
            let line = signature(one);
            let at = line.len() - 20;
            let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
            let line = format!("{}{other}{}", &line[..at], &line[at + 1..]);
            body(one, 4, &line);
        };
        assert_eq!(forged(&other_signature), "fails signature");
        let other_key = |one: &mut serde_json::Value| {
            let key = one["verifier_key"].as_str().unwrap();
            one["verifier_key"] = key.replacen('+', "+0", 1).into();
        };
        assert_eq!(forged(&other_key), "fails signature");
        assert_eq!(forged(&|one| one["parts"] = serde_json::json!([])), "partly");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
