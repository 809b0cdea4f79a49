//! Relationships and cases over REST: the examples of the interface on the demonstration's data, and three
//! calls from nothing to a service handed over.

use bytes::Bytes;
use serde_json::{Value, json};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_kit::county::{Event, Made};
use varanto_kit::http::{Answer, Client, Send};
use varanto_server::doors::DemoFacts;
use varanto_server::rest::openapi::body_example;
use varanto_server::rest::table::TABLE;

use crate::house::{House, code, faults, form};

async fn post(client: &Client, path: &str, body: impl Into<Bytes>) -> Answer {
    let with = Send { content_type: Some("application/json"), headers: &[] };
    let mut line = client.connect().await.unwrap();
    line.send("POST", path, body.into(), with).await.unwrap()
}

/// What the demonstration tells of a client whose relationship runs: the newest of what is archived.
async fn demonstration(house: &House) -> DemoFacts {
    for client in 0..6 {
        let events = house.county.events_of(client..client + 1);
        let made = events.filter_map(|event| match event {
            Event::Archive(made) => Some(made),
            Event::Invalidate { .. } => None,
        });
        if let Some(facts) = of_client(house, made.collect()).await {
            return facts;
        }
    }
    panic!("nobody's relationship runs");
}

async fn of_client(house: &House, documents: Vec<Made>) -> Option<DemoFacts> {
    let mut facts = DemoFacts {
        organisation: house.organisation().to_string(),
        producers_unit: house.county.organisations()[1].units[0].id.to_string(),
        ..DemoFacts::default()
    };
    let mut active = false;
    for made in documents.iter().filter(|made| made.sender == house.organisation()) {
        let answer = house.system().post_form("/api/v1/documents", form(made)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        let told: Value = serde_json::from_str(&made.metadata_json).unwrap();
        let text = |name: &str| told.pointer(name).and_then(Value::as_str).unwrap_or_default();
        match made.group {
            DocumentGroup::Relationship => {
                text("/relationship_id").clone_into(&mut facts.relationship);
                let content = std::str::from_utf8(&made.parts[0].1).unwrap();
                active = !content.contains("vanha_asiakkuus")
                    && !content.contains("asiakkuuden_paattymisen")
                    && !content[..content.find("palvelunjarjestajan").unwrap()]
                        .contains("asiakkuuden_paattymispvm");
            }
            DocumentGroup::Case => {
                text("/case_id").clone_into(&mut facts.case);
                text("/service_task").clone_into(&mut facts.service_task);
                text("/service_unit/id").clone_into(&mut facts.unit);
            }
            _ => facts.document = made.document_id.to_string(),
        }
    }
    active.then_some(facts)
}

/// REL-1, REL-2: every example of the interface works on the demonstration's data.
#[tokio::test(flavor = "multi_thread")]
async fn the_examples_work_on_the_demonstrations_data() {
    let house = House::open();
    let demo = demonstration(&house).await;
    let system = house.system();
    for operation in TABLE.iter().filter(|operation| operation.tag == "relationships") {
        // There is no notice yet.
        if operation.id == "acknowledge_notice" {
            continue;
        }
        let of = if operation.path.starts_with("/cases") { &demo.case } else { &demo.relationship };
        let path = operation.full_path().replace("{oid}", of);
        let answer = match operation.takes {
            None => system.get(&path).await.unwrap(),
            Some(takes) => {
                let example = body_example(takes.example, Some(&demo));
                post(&system, &format!("{path}?dry_run=true"), example).await
            }
        };
        assert_eq!(answer.status, 200, "{operation:?}: {}", answer.text());
    }
}

/// REL-1, REL-2, RUR-1: three calls open a relationship and a case and hand over a service; the same calls again
/// are answered the same, and every fault of a wrong one is told.
#[tokio::test(flavor = "multi_thread")]
async fn three_calls_open_a_case_and_hand_over_a_service() {
    let house = House::open();
    let system = house.system();
    let organisation = house.organisation();
    let county = &house.county.organisations()[0];
    let producer = &house.county.organisations()[1].units[0];
    let id = |number: u32| format!("{organisation}.95.2026.999.{number}");
    let opening = json!({
        "document_id": id(1), "relationship_id": id(2), "controller": organisation.as_str(),
        "operating_unit": county.operating_unit.as_str(), "non_disclosure": false,
        "client": {"identity_code": "150685-9248", "given_names": "Aino", "family_name": "Suvanto"},
        "service_task": "24", "unit": county.units[0].id.as_str(), "first_day": "2026-01-05",
    });
    let case = json!({
        "document_id": id(3), "case_id": id(4), "relationship_id": id(2), "service_task": "24",
        "name": "99", "name_detail": "Lapsiperheen tuki", "opened_on": "2026-01-05",
    });
    let hand_over = json!({
        "document_id": id(5), "act": "hand-over", "service_task": "24", "services": ["45"],
        "producer": producer.id.as_str(), "first_day": "2026-01-05",
    });
    let acts = format!("/api/v1/relationships/{}/acts", id(2));
    let calls =
        [("/api/v1/relationships", &opening), ("/api/v1/cases", &case), (&*acts, &hand_over)];
    for status in [201, 200] {
        for (path, body) in calls {
            let answer = post(&system, path, body.to_string()).await;
            assert_eq!(answer.status, status, "{}", answer.text());
            assert_eq!(answer.json()["document_id"], body["document_id"]);
            let place = format!("/api/v1/documents/{}", body["document_id"].as_str().unwrap());
            assert_eq!(answer.header("location"), place);
        }
    }
    let told = system.get(&format!("/api/v1/relationships/{}", id(2))).await.unwrap().json();
    assert_eq!(told["version"], 2);
    assert_eq!(told["services"][1]["unit"], producer.id.as_str());
    assert_eq!(told["services"][1]["standing"], "in-force");
    assert_eq!(told["cases"][0]["case_id"], id(4));
    let stale = json!({"document_id": id(6), "based_on": id(1), "act": "set-risks", "risks": []});
    let answer = post(&system, &acts, stale.to_string()).await;
    assert_eq!((answer.status.as_u16(), code(&answer)), (409, "changed-meanwhile".into()));
    assert!(answer.text().contains(&id(5)));
    let wrong = json!({"document_id": "x", "act": "end", "last_day": "5.1.2026", "unit": "x"});
    let answer = post(&system, &acts, wrong.to_string()).await;
    let expected =
        [("unknown-element", "unit"), ("not-an-oid", "document_id"), ("wrong-form", "last_day")];
    let expected = expected.map(|(code, element)| (code.to_owned(), element.to_owned()));
    assert_eq!((answer.status.as_u16(), faults(&answer)), (422, expected.to_vec()));
}
