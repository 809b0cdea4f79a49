//! What clients permit and refuse over REST.

use serde_json::{Value, json};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::Clock;
use varanto_formats::persons::{self, PersonAnswer};
use varanto_kit::http::Client;
use varanto_server::clock::MachineClock;

use crate::house::{House, code, faults, form};

/// Archives the first client's relationship; answers the client as requests name one.
async fn known_client(house: &House, system: &Client) -> Value {
    let relationship = house.made().remove(0);
    let answer = system.post_form("/api/v1/documents", form(&relationship)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let metadata: Value = serde_json::from_str(&relationship.metadata_json).unwrap();
    let client = &metadata["client"];
    json!({"identity_code": client["identity_code"], "given_names": client["given_names"],
        "family_name": client["family_name"]})
}

fn unit(house: &House) -> String {
    house.county.organisations()[0].units[0].id.to_string()
}

fn professional() -> Value {
    json!({"given_names": "Testi", "family_name": "Työntekijä", "title": "sosiaaliohjaaja"})
}

/// DIS-2, CIT-5: a unit records a refusal and a permission without composing their documents; what is in
/// force is told, and saying it again changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_records_what_a_client_permits_and_refuses() {
    let house = House::open();
    let system = house.system();
    let who = known_client(&house, &system).await;
    let whose = json!({"client": {"identity_code": who["identity_code"]}});
    let post = async |path: &str, body: &Value| {
        system.post_json(&format!("/api/v1/{path}"), body).await.unwrap()
    };
    assert_eq!(post("refusals/_search", &whose).await.json(), json!({"refusals": []}));
    assert_eq!(post("permissions/_search", &whose).await.json(), json!({"permitted": false}));

    let mut refusal = json!({"client": who, "act": "refuse", "refused": {"service_task": "24"},
        "unit": unit(&house), "professional": professional()});
    let recorded = post("refusals", &refusal).await;
    assert_eq!(recorded.status, 201, "{}", recorded.text());
    let document = recorded.json()["document_id"].as_str().unwrap().to_owned();
    assert_eq!(recorded.header("location"), format!("/api/v1/documents/{document}"));
    let again = post("refusals", &refusal).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, json!({"changed": false})));
    let told = post("refusals/_search", &whose).await.json();
    assert_eq!(told["document"], json!({"document_id": document, "version": 1}));
    assert_eq!(told["refusals"][0]["refused"], json!({"service_task": "24"}));
    refusal["act"] = "withdraw".into();
    assert_eq!(post("refusals", &refusal).await.json()["version"], 2);
    assert_eq!(post("refusals/_search", &whose).await.json()["refusals"], json!([]));

    let mut permission = json!({"client": who, "act": "give", "unit": unit(&house),
        "professional": professional(), "language": "sv"});
    assert_eq!(post("permissions", &permission).await.status, 201);
    let told = post("permissions/_search", &whose).await.json();
    assert_eq!(told["permitted"], true, "{told}");
    assert_eq!(told["informed_on"], told["given_on"]);
    permission["act"] = "withdraw".into();
    assert_eq!(post("permissions", &permission).await.status, 201);
    assert_eq!(post("permissions/_search", &whose).await.json()["permitted"], false);
    let shown = system.get(&format!("/api/v1/documents/{document}/content/view")).await.unwrap();
    assert!(shown.text().contains("Kieltoasiakirja"), "{}", shown.text());
}

/// DIS-1, DIS-2: over REST the other county finds and opens what the client permits; a refusal between the two
/// is told as not disclosed, by every door, and a section of the law overrides it.
#[tokio::test(flavor = "multi_thread")]
async fn another_county_is_shown_what_the_client_permits() {
    let house = House::open();
    let (system, neighbour) = (house.system(), house.system_of(&house.county.neighbour().id));
    let who = known_client(&house, &system).await;
    let relationship = house.made().remove(0);
    let others = house.county.in_neighbours_register(&relationship).unwrap();
    let answer = neighbour.post_form("/api/v1/documents", form(&others)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let now = MachineClock.now();
    let code_of = who["identity_code"].as_str().unwrap();
    let known = (PersonalIdentityCode::parse(code_of).unwrap(), PersonFacts::default());
    let told = persons::write(&PersonAnswer { told_at: now, persons: vec![known] });
    house.doors.app.load_persons(told.as_bytes(), false).unwrap();
    let unit = house.county.neighbour().units[0].id.to_string();
    let record = async |path: &str, more: Value| {
        let mut body = json!({"client": who, "unit": unit, "professional": professional()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = neighbour.post_json(&format!("/api/v1/{path}"), &body).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    let search = async |situation: Value| {
        let mut body = json!({"client": {"identity_code": who["identity_code"]}});
        body.as_object_mut().unwrap().extend(situation.as_object().unwrap().clone());
        let found = neighbour.post_json("/api/v1/documents/_search", &body).await.unwrap();
        assert_eq!(found.status, 200, "{}", found.text());
        let found = found.json();
        assert_eq!(found["next"], Value::Null);
        found["documents"].as_array().unwrap().len()
    };
    let permitted = json!({"situation": "disclosure"});
    let by_law = json!({"situation": "statutory-disclosure", "reason": "act-703-2023-64"});
    assert_eq!(search(permitted.clone()).await, 0);
    record("permissions", json!({"act": "give"})).await;
    assert_eq!(search(permitted.clone()).await, 1);
    let at = format!("/api/v1/documents/{}", relationship.document_id);
    let doors = ["", "/content", "/content/view", "/page", "/print", "/versions", "/proof"];
    for door in doors {
        let answer = neighbour.get(&format!("{at}{door}?situation=disclosure")).await.unwrap();
        assert_eq!(answer.status, 200, "{door}: {}", answer.text());
    }
    let refused = json!({"controller": house.organisation().as_str()});
    record("refusals", json!({"act": "refuse", "refused": refused})).await;
    for door in doors.into_iter().chain(["/access"]) {
        let answer = neighbour.get(&format!("{at}{door}?situation=disclosure")).await.unwrap();
        assert_eq!((answer.status.as_u16(), code(&answer)), (403, "not-disclosed".to_owned()));
        assert!(!answer.text().contains("refused-by-client"), "{door}");
    }
    assert_eq!(search(permitted).await, 0);
    assert_eq!(search(by_law).await, 1);
    let own = system.get(&at).await.unwrap();
    assert_eq!(own.status, 200, "a refusal does not bind the county itself");
    let own_way = format!("{at}?situation=statutory-disclosure");
    let unnamed = neighbour.get(&own_way).await.unwrap();
    assert_eq!(code(&unnamed), "statutory-reason-needed");
}

/// DIS-2: every fault of a request is told, and a client who is not the asker's is as one unknown.
#[tokio::test(flavor = "multi_thread")]
async fn faults_and_strangers_are_told_no_more_than_they_may_know() {
    let house = House::open();
    let system = house.system();
    let who = known_client(&house, &system).await;
    let body = json!({"act": "forbid", "client": {"identity_code": "180418A903M"}});
    let answer = system.post_json("/api/v1/permissions", &body).await.unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text());
    let told: Vec<String> = faults(&answer).into_iter().map(|(_, element)| element).collect();
    let expected =
        ["client/identity_code", "client/given_names", "client/family_name", "act", "professional"];
    assert_eq!(told, expected);
    assert!(!answer.text().contains("180418A903M"));

    let with = [("content-type", "application/json")];
    let broken = house
        .system()
        .connect()
        .await
        .unwrap()
        .send(
            "POST",
            "/api/v1/refusals",
            "{".into(),
            varanto_kit::http::Send { content_type: None, headers: &with },
        )
        .await
        .unwrap();
    assert_eq!((broken.status.as_u16(), faults(&broken)[0].0.as_str()), (400, "not-json"));

    let other = house.system_of(&house.producer());
    for client in [who["identity_code"].clone(), json!("180418A903L")] {
        let whose = json!({"client": {"identity_code": client}});
        for path in ["/api/v1/refusals/_search", "/api/v1/permissions/_search"] {
            let answer = other.post_json(path, &whose).await.unwrap();
            assert_eq!(
                (answer.status.as_u16(), code(&answer)),
                (403, "receiver-without-relationship".to_owned())
            );
        }
    }
}
