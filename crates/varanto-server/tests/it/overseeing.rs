//! The use log, break-glass and the client summary over REST: whole requests and whole answers.

use bytes::Bytes;
use serde_json::{Value, json};
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_formats::view::{self, Heading, ViewLanguage};
use varanto_kit::county::Made;
use varanto_kit::http::{Answer, Client, Send};

use crate::house::{House, code, faults, form};

/// A house with a client's first documents, and a body that names the client.
async fn house_with_a_client() -> (House, Made, Value) {
    let house = House::without_signatures();
    let made = house.made();
    let mut line = house.system().connect().await.unwrap();
    for one in &made {
        let answer = line.post_form("/api/v1/documents", form(one)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let first = made.into_iter().next().unwrap();
    let metadata: Value = serde_json::from_str(&first.metadata_json).unwrap();
    let client = json!({ "identity_code": metadata["client"]["identity_code"] });
    (house, first, json!({ "client": client }))
}

/// A body with one member more.
fn with(body: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[name] = value.into();
    body
}

async fn asked(client: &Client, path: &str, body: &Value) -> Answer {
    let mut line = client.connect().await.unwrap();
    line.post_json(&format!("/api/v1{path}"), body).await.unwrap()
}

/// LOG-2, ACC-3: a worker opens without case context, the reviewer finds it in the log, among the hints and in the queue, and
/// judges it; nothing told names the client.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_without_case_context_is_opened_found_and_judged() {
    let (house, made, client) = house_with_a_client().await;
    let (worker, reviewer) = (house.person("worker"), house.person("archivist"));
    let lines = house.log_lines();
    let opening = with(&with(&client, "reason", "urgent"), "hours", 2);
    let opened = asked(&worker, "/openings", &opening).await;
    assert_eq!(opened.status, 201, "{}", opened.text());
    assert_eq!(opened.json()["reason"], "urgent");
    assert_eq!(house.log_lines(), lines + 1);
    let bad = asked(&worker, "/openings", &with(&opening, "hours", 25)).await;
    assert_eq!(
        (bad.status.as_u16(), faults(&bad)),
        (422, vec![("wrong-value".into(), "hours".into())])
    );

    let found = asked(&reviewer, "/logs/_search", &with(&client, "event", "break-glass")).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let line = &found.json()["lines"][0];
    assert_eq!(
        (&line["outcome"], &line["detail"]),
        (&json!("permitted"), &json!("reason=urgent hours=2"))
    );
    assert!(line["actor"].as_str().unwrap().starts_with("person:"));
    let archived = asked(&reviewer, "/logs/_search", &with(&client, "event", "archive")).await;
    let documents = archived.json()["lines"].as_array().unwrap().clone();
    let document = json!(made.document_id.to_string());
    assert!(documents.iter().any(|line| line["documents"][0] == document), "{documents:?}");

    let hints = asked(&reviewer, "/logs/_review", &json!({})).await;
    assert_eq!(hints.status, 200, "{}", hints.text());
    assert!(hints.json()["hints"].is_array());

    let queue = asked(&reviewer, "/openings/_search", &json!({ "states": ["new"] })).await.json();
    assert_eq!(queue["openings"].as_array().unwrap().len(), 1, "{queue}");
    assert_eq!(queue["openings"][0]["client"], line["client"]);
    let id = queue["openings"][0]["opening"].as_str().unwrap();
    let path = format!("/openings/{id}/judgement");
    let judged = asked(&reviewer, &path, &json!({ "state": "approved" })).await;
    assert_eq!((judged.status.as_u16(), &judged.json()["state"]), (200, &json!("approved")));
    let again = asked(&reviewer, &path, &json!({ "state": "seen" })).await;
    assert_eq!(again.status, 422);
    let workers = asked(&worker, &path, &json!({ "state": "seen" })).await;
    assert_eq!((workers.status.as_u16(), code(&workers)), (403, "role-does-not-fit".into()));
    let nowhere = asked(&reviewer, "/openings/7/judgement", &json!({ "state": "seen" })).await;
    assert_eq!(nowhere.status, 404);

    let told = [found, archived, hints, judged];
    let identity = client["client"]["identity_code"].as_str().unwrap();
    assert!(told.iter().all(|answer| !answer.text().contains(identity)));
}

/// LOG-2, ARC-9: a client's own log and the summary are given as JSON, and on paper that other readers open.
#[tokio::test(flavor = "multi_thread")]
async fn own_log_and_summary_are_given_in_their_forms() {
    let (house, _, client) = house_with_a_client().await;
    let (system, reviewer) = (house.system(), house.person("archivist"));
    let summary = asked(&system, "/clients/_summary", &with(&client, "form", "enriched")).await;
    assert_eq!(summary.status, 200, "{}", summary.text());
    let told = summary.json();
    assert_eq!(told["form"], "enriched");
    assert_eq!(told["relationships"].as_array().unwrap().len(), 1, "{told}");
    assert!(!told["cases"].as_array().unwrap().is_empty());
    assert!(told["relationships"][0]["content"]["asiakkuusasiakirja"].is_object());
    let ground = told["relationships"][0]["ground"]["code"].clone();
    assert_eq!(ground, "own-register");

    let body = Bytes::from(with(&client, "form", "enriched").to_string());
    let in_form = async |accept: &str| {
        let headers = [("accept", accept)];
        let sent = Send { content_type: Some("application/json"), headers: &headers };
        let mut line = system.connect().await.unwrap();
        let path = "/api/v1/clients/_summary?language=sv";
        line.send("POST", path, body.clone(), sent).await.unwrap()
    };
    let page = in_form("application/xhtml+xml").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.header("content-security-policy").starts_with("sandbox;"));
    assert!(page.text().contains(" lang=\"sv\"") && page.text().contains("Centrala dokument"));
    let print = in_form("application/pdf").await;
    assert_eq!((print.status.as_u16(), print.header("content-type")), (200, "application/pdf"));
    assert!(print.body.starts_with(b"%PDF-"));
    let none = in_form("image/png").await;
    assert_eq!((none.status.as_u16(), code(&none)), (406, "not-acceptable".into()));

    let log = asked(&reviewer, "/clients/_log", &client).await;
    assert_eq!((log.status.as_u16(), log.text().as_str()), (200, r#"{"looks":[],"next":null}"#));
    let printed = asked(&reviewer, "/clients/_log/print?language=fi", &client).await;
    assert_eq!((printed.status.as_u16(), printed.header("content-type")), (200, "application/pdf"));
    assert!(printed.body.starts_with(b"%PDF-"));
    let workers = asked(&house.person("worker"), "/clients/_log", &client).await;
    assert_eq!((workers.status.as_u16(), code(&workers)), (403, "role-does-not-fit".into()));
    let nobody = asked(&reviewer, "/clients/_log", &json!({})).await;
    assert_eq!(faults(&nobody), [("missing-element".to_owned(), "client".to_owned())]);
}

fn plain_view(document: &Oid) -> String {
    let heading = Heading {
        document,
        organisation: "Suvannon hyvinvointialue",
        document_type: "Asiakkuus",
        made_on: None,
        language: ViewLanguage::Finnish,
    };
    view::render_plain("Asiakkuus", &["Asiakkuus alkoi."], &heading)
}

/// The same document about a client with a temporary identifier, and the identifier.
fn temporarily(house: &House, mut made: Made) -> (Made, Value) {
    let mut metadata: Value = serde_json::from_str(&made.metadata_json).unwrap();
    let root = format!("{}.22.2026", house.organisation());
    let given = json!({ "root": root, "extension": "010111A998W" });
    let client = metadata["client"].as_object_mut().unwrap();
    let code = client.remove("identity_code").unwrap();
    client.insert("temporary_id".into(), given.clone());
    made.metadata_json = metadata.to_string();
    for (part, bytes) in &mut made.parts {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let named = "\"henkilotunnus\":{\"system\":\"urn:oid:1.2.246.21\"";
        let now = format!("\"tilapainen_yksilointitunnus\":{{\"system\":\"urn:oid:{root}\"");
        let text = match part {
            Part::View => plain_view(&made.document_id),
            _ => text.replace(named, &now).replace(code.as_str().unwrap(), "010111A998W"),
        };
        *bytes = text.into_bytes();
    }
    (made, given)
}

/// ARC-11: the keeper of the archive joins a temporary identifier to an identity code, after a try, and parts them; both
/// identifiers are in the body alone, and no answer tells them.
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_identifier_is_joined_and_parted() {
    let house = House::without_signatures();
    let first = house.made().into_iter().next().unwrap();
    let metadata: Value = serde_json::from_str(&first.metadata_json).unwrap();
    let code = metadata["client"]["identity_code"].clone();
    let (made, temporary) = temporarily(&house, first);
    let mut line = house.system().connect().await.unwrap();
    let answer = line.post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let found = async |client: Value| {
        let asked =
            asked(&house.system(), "/documents/_search", &json!({ "client": client })).await;
        asked.json()["documents"].as_array().unwrap().len()
    };
    let by_code = json!({ "identity_code": code });
    assert_eq!(found(json!({ "temporary_id": temporary })).await, 1);
    assert_eq!(found(by_code.clone()).await, 0);

    let archivist = house.person("archivist");
    let body = json!({ "temporary_id": temporary, "identity_code": code, "reason": "code-given" });
    let tried = asked(&archivist, "/clients/_join?dry_run=true", &body).await;
    assert_eq!(tried.status, 200, "{}", tried.text());
    let told = tried.json();
    assert_eq!((&told["act"], &told["dry_run"]), (&json!("join"), &json!(true)));
    assert_eq!((&told["temporary_documents"], &told["code_documents"]), (&json!(1), &json!(0)));
    assert_eq!(found(by_code.clone()).await, 0);
    let joined = asked(&archivist, "/clients/_join", &body).await;
    assert_eq!((joined.status.as_u16(), &joined.json()["dry_run"]), (200, &json!(false)));
    assert_eq!(found(by_code.clone()).await, 1);
    let again = asked(&archivist, "/clients/_join", &body).await;
    let nothing = vec![("nothing-changes".to_owned(), "temporary_id".to_owned())];
    assert_eq!((again.status.as_u16(), faults(&again)), (422, nothing));
    let wrong = asked(&archivist, "/clients/_part", &body).await;
    assert_eq!(faults(&wrong), [("wrong-value".to_owned(), "reason".to_owned())]);
    let parted = asked(&archivist, "/clients/_part", &with(&body, "reason", "mistaken")).await;
    assert_eq!((parted.status.as_u16(), &parted.json()["act"]), (200, &json!("part")));
    assert_eq!(found(by_code).await, 0);
    let unknown = json!({ "root": temporary["root"], "extension": "010111A997W" });
    let unheard = asked(&archivist, "/clients/_join", &with(&body, "temporary_id", unknown)).await;
    assert_eq!(faults(&unheard), [("unknown-client".to_owned(), "temporary_id".to_owned())]);
    let nobody = asked(&house.person("worker"), "/clients/_join", &body).await;
    assert_eq!(nobody.status, 403, "{}", nobody.text());

    let secrets = [code.as_str().unwrap(), "010111A998W", "010111A997W"];
    for answer in [tried, joined, again, wrong, parted, unheard, nobody] {
        assert!(secrets.iter().all(|secret| !answer.text().contains(secret)), "{}", answer.text());
    }
}
