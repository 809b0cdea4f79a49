//! Archiving, finding, opening, invalidating and proving over REST.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use varanto_app::verify::{Held, verify_receipt};
use varanto_kit::http::Send;

use crate::house::{House, code, faults, form};

/// ARC-1, ARC-15: what was sent comes back byte for byte, with a receipt that holds offline.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_comes_back_byte_for_byte_with_a_receipt_that_holds() {
    let house = House::open();
    let system = house.system();
    let mut receipts = Vec::new();

    for made in house.made() {
        let answer = system.post_form("/api/v1/documents", form(&made)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        let path = format!("/api/v1/documents/{}", made.document_id);
        assert_eq!(answer.header("location"), path);
        receipts.push(answer.body.clone());

        for (part, bytes) in &made.parts {
            let got = system.get(&format!("{path}/content/{}", part.name())).await.unwrap();
            assert_eq!(got.header("content-type"), part.media_type());
            assert_eq!(got.body, Bytes::from(bytes.clone()));
        }
    }

    let exported = system.get("/api/v1/checkpoint").await.unwrap();
    let newest = receipts.last().unwrap();
    let verdict = verify_receipt(newest, &exported.body, &Held::default());
    // The reads since the last archiving have grown the log past the receipt's own checkpoint, so
    // the export must be asked for with the receipt.
    let receipt = varanto_formats::receipts::read(newest).unwrap();
    let continued = house.doors.app.export_checkpoint(Some(&receipt)).unwrap();
    assert!(verdict.is_ok());
    assert_eq!(verify_receipt(newest, continued.as_bytes(), &Held::default()).unwrap().faults, []);
}

/// Resending answers the same receipt; other bytes under the same identifier are a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn resending_answers_the_same_receipt_and_other_bytes_are_refused() {
    let house = House::open();
    let system = house.system();
    let made = house.made().remove(0);

    let first = system.post_form("/api/v1/documents", form(&made)).await.unwrap();
    let again = system.post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.body, again.body);

    let mut other = made;
    let view = other.parts.iter_mut().find(|(part, _)| part.name() == "view").unwrap();
    let text = String::from_utf8(view.1.clone()).unwrap();
    view.1 = text.replacen("</p>", " </p>", 1).into_bytes();
    let refused = system.post_form("/api/v1/documents", form(&other)).await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), code(&refused)),
        (409, "duplicate-with-other-bytes".into())
    );
    assert_eq!(house.versions(), 1);
}

/// ARC-8: a client's documents are found by POST, newest first, a page at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_found_by_identity_code_in_pages() {
    let house = House::open();
    let system = house.system();
    let made = house.made();
    let mut line = system.connect().await.unwrap();
    for one in &made {
        assert_eq!(line.post_form("/api/v1/documents", form(one)).await.unwrap().status, 201);
    }
    let client: serde_json::Value = serde_json::from_str(&made[0].metadata_json).unwrap();
    let identity = client["client"]["identity_code"].as_str().unwrap();

    let mut ask = json!({ "client": { "identity_code": identity }, "limit": 3,
        "states": ["in-force", "replaced"] });
    let mut found = Vec::new();
    loop {
        let page = line.post_json("/api/v1/documents/_search", &ask).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let hits = page["documents"].as_array().unwrap();
        assert!(hits.len() <= 3);
        found.extend(hits.iter().map(|hit| hit["document_id"].as_str().unwrap().to_owned()));
        if page["next"].is_null() {
            break;
        }
        ask["cursor"] = page["next"].clone();
    }
    let mut sent: Vec<String> = made.iter().map(|one| one.document_id.to_string()).collect();
    let mut sorted = found.clone();
    sent.sort();
    sorted.sort();
    assert_eq!(sorted, sent);

    ask["limit"] = json!(2);
    ask["group"] = json!("5");
    let other = line.post_json("/api/v1/documents/_search", &ask).await.unwrap();
    assert_eq!(other.status, 422, "a cursor belongs to its search");
}

/// ACC-2: another organisation's system finds nothing and opens nothing; the county's people read.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_registers_own_organisation_finds_and_opens() {
    let house = House::open();
    let made = house.made().remove(0);
    house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    let path = format!("/api/v1/documents/{}", made.document_id);
    let group = json!({ "group": "1" });

    let other = house.system_of(&house.producer());
    let hits = other.post_json("/api/v1/documents/_search", &group).await.unwrap();
    assert_eq!(hits.json()["documents"], json!([]));
    let denied = other.get(&path).await.unwrap();
    assert_eq!((denied.status.as_u16(), code(&denied)), (403, "another-register".into()));

    // ACC-3: a person without case context says why.
    let worker = house.person("worker");
    let denied = worker.get(&path).await.unwrap();
    assert_eq!((denied.status.as_u16(), code(&denied)), (403, "case-context-missing".into()));
    let wrong = worker.get(&format!("{path}?reason=curiosity")).await.unwrap();
    assert_eq!((wrong.status.as_u16(), code(&wrong)), (400, "faults".into()));
    let why = "reason=first-contact";
    assert_eq!(worker.get(&format!("{path}?{why}")).await.unwrap().status, 200);
    let mut view = worker.connect().await.unwrap();
    let accept = [("accept", "application/xhtml+xml")];
    let shown = view.get_with(&format!("{path}/content?{why}"), &accept).await.unwrap();
    assert_eq!(shown.header("content-type"), "application/xhtml+xml");
    assert!(shown.header("content-security-policy").contains("sandbox"));
    // ACC-2: workers record, and are answered like a system when the document is there; the keeper records nothing.
    let again = worker.post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(again.status, 200, "{}", again.text());
    let denied = house.person("archivist").post_form("/api/v1/documents", form(&made)).await;
    assert_eq!(code(&denied.unwrap()), "not-certified");
}

/// Conditional requests: one who has the bytes gets 304, and the look is logged all the same.
#[tokio::test(flavor = "multi_thread")]
async fn one_who_has_the_bytes_gets_304_and_the_look_is_logged() {
    let house = House::open();
    let made = house.made().remove(0);
    let mut line = house.system().connect().await.unwrap();
    line.post_form("/api/v1/documents", form(&made)).await.unwrap();
    let path = format!("/api/v1/documents/{}/content/view", made.document_id);

    let first = line.get(&path).await.unwrap();
    let lines = house.log_lines();
    let again = line.get_with(&path, &[("if-none-match", first.header("etag"))]).await.unwrap();

    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(
        (first.header("cache-control"), again.header("cache-control")),
        ("no-store", "no-store")
    );
    assert_eq!(house.log_lines(), lines + 1);
}

/// ARC-1, LOG-1: all parts of a document come in one answer, byte for byte, and are one look; who asks for another form
/// first gets that.
#[tokio::test(flavor = "multi_thread")]
async fn all_parts_come_in_one_look() {
    let house = House::open();
    let made = house.made().remove(0);
    let mut line = house.system().connect().await.unwrap();
    line.post_form("/api/v1/documents", form(&made)).await.unwrap();
    let path = format!("/api/v1/documents/{}/content", made.document_id);
    let lines = house.log_lines();
    let whole = line.get_with(&path, &[("accept", "multipart/form-data")]).await.unwrap();
    assert_eq!((whole.status.as_u16(), house.log_lines()), (200, lines + 1), "{}", whole.text());
    assert_eq!(whole.header("cache-control"), "no-store");
    let kind = whole.header("content-type");
    let parts = varanto_formats::multipart::parts(kind, &whole.body).unwrap();
    let found = parts.iter().map(|part| (part.name.as_str(), &whole.body[part.content.clone()]));
    let sent = made.parts.iter().map(|(part, bytes)| (part.name(), bytes.as_slice()));
    let mut found: BTreeMap<_, _> = found.collect();
    let metadata = found.remove("metadata").unwrap();
    assert_eq!(found, sent.collect::<BTreeMap<_, _>>());
    let (ours, _) = varanto_formats::metadata::read(made.metadata_json.as_bytes()).unwrap();
    let (theirs, _) = varanto_formats::metadata::read(metadata).unwrap();
    assert_eq!(ours.differences(&theirs), []);
    let accept = "application/xhtml+xml, multipart/form-data";
    let view = line.get_with(&path, &[("accept", accept)]).await.unwrap();
    assert_eq!(view.header("content-type"), "application/xhtml+xml");
}

/// ARC-3: an invalidated version is hidden, kept, and shown to one who asks for it expressly.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalidated_version_is_hidden_and_kept() {
    let house = House::open();
    let system = house.system();
    let mut last = None;
    for made in house.made().into_iter().take(4) {
        let answer = system.post_form("/api/v1/documents", form(&made)).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        last = Some(made);
    }
    let path = format!("/api/v1/documents/{}", last.unwrap().document_id);
    let archivist = house.person("archivist");
    let ask = json!({ "reason": "1", "explanation": "Kirjattu väärälle asiakkaalle." });

    let worker = house.person("worker");
    let denied = worker.post_json(&format!("{path}/invalidation"), &ask).await.unwrap();
    assert_eq!(code(&denied), "another-units-document");
    let tried = archivist.post_json(&format!("{path}/invalidation?dry_run=true"), &ask).await;
    let tried = tried.unwrap();
    assert_eq!(tried.status, 200, "{}", tried.text());
    assert_eq!(
        (tried.json()["state"].as_str(), tried.json().get("in_force")),
        (Some("in-force"), None)
    );
    assert_eq!(system.get(&path).await.unwrap().status, 200, "a try invalidates nothing");
    let done = archivist.post_json(&format!("{path}/invalidation"), &ask).await.unwrap();
    assert_eq!(done.status, 204, "{}", done.text());
    let again = archivist.post_json(&format!("{path}/invalidation"), &ask).await.unwrap();
    assert_eq!(code(&again), "already-invalidated");

    assert_eq!(code(&system.get(&path).await.unwrap()), "version-invalidated");
    let shown = system.get(&format!("{path}?invalidated=true")).await.unwrap();
    assert_eq!(shown.json()["state"], "invalidated");
    let versions = system.get(&format!("{path}/versions?invalidated=true")).await.unwrap();
    assert_eq!(versions.json()["versions"].as_array().unwrap().len(), 1);
}

/// ARC-13: the delay between ready and archived is told to the register's own organisation alone.
#[tokio::test(flavor = "multi_thread")]
async fn delays_are_told_to_the_registers_own_organisation() {
    let house = House::open();
    let made = house.made().remove(0);
    house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();

    let own = house.system().get("/api/v1/statistics/delays?days=5").await.unwrap();
    assert_eq!(own.json()["days"][0]["versions"], 1, "{}", own.text());
    for days in ["0", "3661", "x"] {
        let path = format!("/api/v1/statistics/delays?days={days}");
        let answer = house.system().get(&path).await.unwrap();
        assert_eq!(answer.status, 400, "{days}");
        assert_eq!(faults(&answer), [("wrong-form".into(), "days".into())], "{days}");
    }
    let path = format!("/api/v1/statistics/delays?controller={}", house.organisation());
    let other = house.system_of(&house.producer()).get(&path).await.unwrap();
    assert_eq!(code(&other), "another-register");
}

/// ARC-15: the proof that is asked for later is the receipt that was answered.
#[tokio::test(flavor = "multi_thread")]
async fn the_proof_asked_for_later_is_the_receipt_that_was_answered() {
    let house = House::open();
    let made = house.made().remove(0);
    let mut line = house.system().connect().await.unwrap();
    let mut receipt = line.post_form("/api/v1/documents", form(&made)).await.unwrap().json();
    assert_eq!(receipt["remarks"][0]["code"], "signature-missing");
    receipt.as_object_mut().unwrap().remove("remarks");

    let path = format!("/api/v1/documents/{}/proof", made.document_id);
    assert_eq!(line.get(&path).await.unwrap().json()["receipt"], receipt);
    let log = line.get("/api/v1/checkpoint/consistency?from=1&to=2").await.unwrap();
    assert_eq!(log.status, 200, "{}", log.text());
    let never = line.get("/api/v1/checkpoint/consistency?from=2&to=99999").await.unwrap();
    assert_eq!(code(&never), "not-found");
}

/// A HEAD request answers what GET does, without the body.
#[tokio::test(flavor = "multi_thread")]
async fn head_answers_without_a_body() {
    let house = House::open();
    let mut line = house.stranger().connect().await.unwrap();
    let none = Send::default();
    let answer = line.send("HEAD", "/api/v1/checkpoint", Bytes::new(), none).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
}
