//! Bad input: each gets a stable code, nothing is stored, and there is one log line.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use varanto_kit::county::Made;
use varanto_kit::http::{Answer, Client, Multipart, Send};
use varanto_server::config::Limits;

use crate::house::{House, code, faults, form};

const DOCUMENTS: &str = "/api/v1/documents";

/// Sends a form, and looks at what must hold after every refusal.
async fn refused(house: &House, form: Multipart) -> Answer {
    let (lines, versions) = (house.log_lines(), house.versions());
    let answer = house.system().post_form(DOCUMENTS, form).await.unwrap();
    assert!(answer.status.is_client_error(), "{}", answer.text());
    assert_eq!(house.versions(), versions, "nothing is stored");
    assert_eq!(house.log_lines(), lines + 1, "one log line: {}", answer.text());
    answer
}

fn changed(made: &Made, change: impl Fn(&mut Value)) -> Multipart {
    let mut metadata: Value = serde_json::from_str(&made.metadata_json).unwrap();
    change(&mut metadata);
    let start =
        Multipart::new().part("metadata", "application/json", metadata.to_string().as_bytes());
    made.parts
        .iter()
        .fold(start, |form, (part, bytes)| form.part(part.name(), part.media_type(), bytes))
}

/// ARC-2: the faults of a form's parts are told with those of what is in them, in one log line.
#[tokio::test(flavor = "multi_thread")]
async fn the_faults_of_a_form_are_told_with_those_of_its_parts() {
    let house = House::open();
    let made = house.made().remove(0);
    let mut metadata: Value = serde_json::from_str(&made.metadata_json).unwrap();
    metadata["language"] = json!(7);
    let form = |with_metadata: bool| {
        let form = Multipart::new().part("extra", "text/plain", b"x");
        let form = made.parts.iter().fold(form, |form, (part, bytes)| match part.name() {
            "view" => form.part("view", "text/html", b"<p>"),
            name => form.part(name, part.media_type(), bytes),
        });
        let text = metadata.to_string();
        if with_metadata {
            form.part("metadata", "application/json", text.as_bytes())
        } else {
            form
        }
    };
    let lines = house.log_lines();
    let told = faults(&refused(&house, form(true)).await);
    for expected in [
        ("unknown-element", "extra"),
        ("wrong-value", "view:content-type"),
        ("not-xhtml", "view:"),
        ("wrong-type", "language"),
    ] {
        let found = told.iter().any(|(code, at)| (code.as_str(), at.as_str()) == expected);
        assert!(found, "{expected:?} in {told:?}");
    }
    assert!(!told.iter().any(|(code, _)| code == "wrong-parts"), "{told:?}");
    let told = faults(&refused(&house, form(false)).await);
    for expected in [("missing-element", "metadata"), ("not-xhtml", "view:")] {
        let found = told.iter().any(|(code, at)| (code.as_str(), at.as_str()) == expected);
        assert!(found, "{expected:?} in {told:?}");
    }
    assert!(!told.iter().any(|(code, _)| code == "not-json"), "{told:?}");
    assert_eq!(house.log_lines(), lines + 2);
}

/// ARC-2: every fault at once, with element, rule, and what would be right, in three languages.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_at_once_in_the_senders_language() {
    let house = House::open();
    let made = house.made().remove(0);
    let spoil = |metadata: &mut Value| {
        metadata["language"] = json!(7);
        metadata["confidentiality"] = json!("77");
        metadata["favourite_colour"] = json!("red");
        metadata["client"]["identity_code"] = json!("010199-900X");
        metadata.as_object_mut().unwrap().remove("retention_class");
    };
    let answer = refused(&house, changed(&made, spoil)).await;
    assert_eq!(answer.status, 422);
    let told = faults(&answer);
    for expected in [
        ("wrong-type", "language"),
        ("wrong-value", "confidentiality"),
        ("unknown-element", "favourite_colour"),
        ("identity-code-check", "client.identity_code"),
        ("missing-element", "retention_class"),
    ] {
        let found = told.iter().any(|(code, at)| (code.as_str(), at.as_str()) == expected);
        assert!(found, "{expected:?} in {told:?}");
    }
    assert!(!answer.text().contains("010199"), "no client data in a problem");

    let mut line = house.system().connect().await.unwrap();
    for (language, right) in [
        ("fi", "Odotettu tyyppi: string."),
        ("sv", "Väntad typ: string."),
        ("en", "Expected type: string."),
    ] {
        let form = changed(&made, spoil);
        let kind = form.content_type();
        let with = Send { content_type: Some(&kind), headers: &[("accept-language", language)] };
        let told = line.send("POST", DOCUMENTS, form.finish(), with).await.unwrap().json();
        let all = told["faults"].as_array().unwrap();
        let wrong = all.iter().find(|fault| fault["code"] == "wrong-type").unwrap();
        assert_eq!(wrong["right"], right);
    }
}

/// The parts of a submission: unknown, twice, of the wrong media type, missing.
#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_submission_are_strict() {
    let house = House::open();
    let made = house.made().remove(0);

    let unknown = refused(&house, form(&made).part("views", "text/plain", b"x")).await;
    assert_eq!(faults(&unknown), [("unknown-element".into(), "views".into())]);
    let twice = refused(&house, form(&made).part("view", "application/xhtml+xml", b"x")).await;
    assert_eq!(faults(&twice), [("duplicate-member".into(), "view".into())]);
    let alone = Multipart::new().part("view", "text/html", b"<p/>");
    let answer = refused(&house, alone).await;
    let expected = [
        ("wrong-value".into(), "view:content-type".into()),
        ("missing-element".into(), "metadata".into()),
        ("not-xhtml".into(), "view:/p".into()),
    ];
    assert_eq!(faults(&answer), expected);
    let json = house.system().post_json(DOCUMENTS, &json!({})).await.unwrap();
    assert_eq!((json.status.as_u16(), code(&json)), (415, "unsupported-media-type".into()));
    assert_eq!(faults(&json), [("wrong-value".into(), "content-type".into())]);
    assert_eq!(json.json()["rule"], "ARC-1");
}

/// ARC-1: a view with a script and a PDF that is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_with_a_script_and_a_pdf_that_is_none_are_refused() {
    let house = House::open();
    let made = house.made().remove(0);
    let metadata = made.metadata_json.as_bytes();
    let structured = made.parts.iter().find(|(part, _)| part.name() == "structured").unwrap();
    let view = made.parts.iter().find(|(part, _)| part.name() == "view").unwrap();
    let text = String::from_utf8(view.1.clone()).unwrap();
    let end = text.rfind("</div>").unwrap();
    let spoilt = format!("{}<script>alert(1)</script>{}", &text[..end], &text[end..]);
    let form = Multipart::new()
        .part("metadata", "application/json", metadata)
        .part("structured", "application/json", &structured.1)
        .part("view", "application/xhtml+xml", spoilt.as_bytes());
    let told = faults(&refused(&house, form).await);
    assert!(told.iter().any(|(code, _)| code == "forbidden-markup"), "{told:?}");

    let form = Multipart::new().part("metadata", "application/json", metadata).part(
        "pdf",
        "application/pdf",
        b"this is no PDF",
    );
    let told = faults(&refused(&house, form).await);
    assert!(told.iter().any(|(code, _)| code == "not-pdf"), "{told:?}");
}

/// An OID that is not the sender's.
#[tokio::test(flavor = "multi_thread")]
async fn an_oid_of_another_organisation_is_refused() {
    let house = House::open();
    let made = house.made().remove(0);
    let other = format!("{}.95.2026.1.1", house.producer());
    let answer =
        refused(&house, changed(&made, |metadata| metadata["document_id"] = json!(other))).await;
    let told = faults(&answer);
    assert!(told.contains(&("oid-not-owned".into(), "document_id".into())), "{told:?}");
}

/// Unknown parameters and members are never ignored: a peer that ignores a misspelt one answers with
/// everybody's documents.
#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_parameter_or_member_is_never_ignored() {
    let house = House::open();
    let mut line = house.system().connect().await.unwrap();
    for path in [
        "/api/v1/documents/1.2.3?invalidate=true",
        "/api/v1/statistics/delays?day=3",
        "/api/v1/structures?title=x",
        "/api/v1/checkpoint?x",
    ] {
        let answer = line.get(path).await.unwrap();
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(faults(&answer)[0].0, "unknown-parameter", "{path}");
    }
    let lines = house.log_lines();
    let search = "/api/v1/documents/_search";
    let answer = line.post_json(search, &json!({ "clint": "x" })).await.unwrap();
    assert_eq!(faults(&answer), [("unknown-element".into(), "clint".into())]);
    assert_eq!(house.log_lines(), lines + 1);
    let answer = line.post_json(&format!("{search}?limit=3"), &json!({})).await.unwrap();
    assert_eq!(faults(&answer), [("unknown-parameter".into(), "limit".into())]);
}

fn small() -> Limits {
    Limits { body_bytes: 20_000, pause_seconds: 1, body_seconds: 3, ..Limits::default() }
}

/// Too large: by its declared length before a byte is read, and by its length as it comes.
#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_body_is_refused_declared_or_not() {
    let house = House::with_limits(small());
    let declared =
        refused(&house, form(&house.made()[0]).part("pdf", "application/pdf", &vec![0; 30_000]))
            .await;
    assert_eq!((declared.status.as_u16(), code(&declared)), (413, "too-large".into()));
    assert_eq!(faults(&declared), [("too-large".into(), "body".into())]);
    assert_eq!(declared.json()["rule"], "ARC-1");

    let system = house.system();
    let mut head = String::from("POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n");
    head.push_str(
        "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let chunk = format!("{:x}\r\n{}\r\n", 8000, "x".repeat(8000));
    let sent = [head, chunk.repeat(3)].concat();
    assert_eq!(answer_to(&system, sent.as_bytes(), false).await, (413, "too-large".into()));
}

/// A slow client: a pause longer than the limit inside the body.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_told_so() {
    let house = House::with_limits(small());
    let sent = partial();
    assert_eq!(answer_to(&house.system(), sent.as_bytes(), false).await, (408, "timeout".into()));
    assert_eq!(house.versions(), 0);
}

/// A truncated upload: the connection's sending half closes early, or the form lacks its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_upload_is_told_so() {
    let house = House::with_limits(small());
    let system = house.system();
    let answer = answer_to(&system, partial().as_bytes(), true).await;
    assert_eq!(answer, (400, "truncated-upload".into()));

    let form = form(&house.made()[0]);
    let kind = form.content_type();
    let whole = form.finish();
    let with = Send { content_type: Some(&kind), headers: &[] };
    let cut = whole.slice(..whole.len() - 9);
    let mut line = system.connect().await.unwrap();
    let answer = line.send("POST", DOCUMENTS, cut, with).await.unwrap();
    assert_eq!((answer.status.as_u16(), code(&answer)), (400, "truncated-upload".into()));
    assert_eq!(faults(&answer), [("wrong-form".into(), "body".into())]);
    assert_eq!(house.versions(), 0);
}

/// OPS-4: each caller has its own minute; who spends it is told when to come back, and how it stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_asks_too_much_is_told_when_to_come_back() {
    let limits = Limits { system_units: 12, person_units: 60, ..Limits::default() };
    let house = House::with_limits(limits);
    let (search, all) = ("/api/v1/documents/_search", json!({}));
    let mut line = house.system().connect().await.unwrap();
    for left in ["7", "2"] {
        let answer = line.post_json(search, &all).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"caller\";q=12;w=60");
        assert!(answer.header("ratelimit").contains(&format!(";r={left};")));
    }
    let lines = house.log_lines();
    for _ in 0..5 {
        let answer = line.post_json(search, &all).await.unwrap();
        assert_eq!((answer.status.as_u16(), code(&answer)), (429, "rate-limited".into()));
        let seconds: u32 = answer.header("retry-after").parse().unwrap();
        assert!((1..=15).contains(&seconds), "{seconds}");
    }
    assert_eq!(house.log_lines(), lines + 1, "one line, and a count to come");
    let person = house.person("worker").post_json(search, &all).await.unwrap();
    assert_eq!(person.status, 200);
    let mut stranger = house.stranger().bearer("nonsense").connect().await.unwrap();
    let mut last = 401;
    for _ in 0..15 {
        last = stranger.post_json(search, &all).await.unwrap().status.as_u16();
    }
    assert_eq!(last, 429, "rubbish tokens are no way round");
}

/// Too many at once: told to come back, and when.
#[tokio::test(flavor = "multi_thread")]
async fn one_too_many_is_told_when_to_come_back() {
    let house = House::with_limits(Limits { concurrent: 1, ..small() });
    let mut line = house.stranger().connect().await.unwrap();
    let mut answer = line.get("/api/v1/checkpoint").await.unwrap();
    let mut holding = Vec::new();
    for tried in 0..200 {
        if answer.status == 503 {
            break;
        }
        // Whoever does not go on sending is let go after a while: on a slow machine, before it was seen.
        if tried % 20 == 0 {
            let mut one = house.system().raw().await.unwrap();
            one.write_all(partial().as_bytes()).await.unwrap();
            one.flush().await.unwrap();
            holding.push(one);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = line.get("/api/v1/checkpoint").await.unwrap();
    }
    assert_eq!((answer.status.as_u16(), code(&answer)), (503, "busy".into()));
    assert_eq!(answer.header("retry-after"), "2");
}

fn partial() -> String {
    let mut sent = String::from("POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n");
    sent.push_str("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n");
    sent.push_str("--b\r\nContent-Disposition: form-data; name=\"metadata\"\r\n");
    sent
}

/// Sends raw bytes and reads the status and code of the answer. `ends`: closes the sending half.
async fn answer_to(client: &Client, sent: &[u8], ends: bool) -> (u16, String) {
    let mut stream = client.raw().await.unwrap();
    stream.write_all(sent).await.unwrap();
    stream.flush().await.unwrap();
    if ends {
        stream.shutdown().await.unwrap();
    }
    let mut got = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        while let Ok(count) = stream.read(&mut buffer).await {
            got.extend_from_slice(&buffer[..count]);
            if count == 0 || got.ends_with(b"}") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
    let text = String::from_utf8_lossy(&got).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    let json: Value = serde_json::from_slice(&Bytes::from(body.to_owned())).unwrap_or_default();
    (status, json["code"].as_str().unwrap_or_default().to_owned())
}
