//! The door of national messages: the real ones, in every form that is taken.

use bytes::Bytes;
use varanto_domain::ids::Oid;
use varanto_formats::national::acknowledgement::{self, Acknowledgement, Verdict};
use varanto_formats::national::{mime, soap};
use varanto_kit::http::{Answer, Connection, Send};

use crate::corpora::{folder, national};
use crate::house::{House, code, faults};

const MESSAGES: &str = "/api/v1/national/messages";
const VALIDATION: &str = "/api/v1/national/validation";
const VANTAA: &str = "1.2.246.10.32213561.10.0";
const DOCUMENT: &str = "1.2.246.10.32213561.95777.2026.688883.2809773";

struct Real {
    frame: String,
    document: String,
}

impl Real {
    fn read() -> Option<Self> {
        let folder = folder("national-messages")?;
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let document = text("relationship-document-as-signed.xml");
        Some(Self { frame: text("relationship-frame.xml"), document })
    }

    fn joined(&self) -> String {
        let body = mime::write(self.document.as_bytes(), DOCUMENT);
        let body = body.replace('<', "&lt;").replace('>', "&gt;");
        let (start, rest) = self.frame.split_once("<mimeEncode>").unwrap();
        format!("{start}{body}{}", rest.split_once("</mimeEncode>").unwrap().1)
    }

    pub(crate) fn related(&self) -> (String, String) {
        let part = |text: &str| format!("--b1\r\nContent-Type: text/xml\r\n\r\n{text}\r\n");
        let body = format!("{}{}--b1--\r\n", part(&self.frame), part(&self.document));
        ("multipart/related; type=\"text/xml\"; boundary=\"b1\"".to_owned(), body)
    }

    fn pair(&self, request: &str) -> String {
        serde_json::json!({ "messageId": "7", "palveluPyynto": request, "level": "1",
            "siirtokehysXml": self.frame, "asiakirjaXml": self.document })
        .to_string()
    }
}

/// A message of an organisation that is not the caller's: media type and body.
pub(crate) fn of_another(house: &House) -> Option<(String, Bytes)> {
    house.doors.app.load_registers("national", national().to_string().into_bytes()).unwrap();
    let (kind, body) = Real::read()?.related();
    Some((kind, Bytes::from(body)))
}

/// A house that knows the senders of the real messages, and the one of the relationship document.
async fn vantaa() -> (House, Connection) {
    let house = House::open();
    house.doors.app.load_registers("national", national().to_string().into_bytes()).unwrap();
    let line = house.system_of(&Oid::parse(VANTAA).unwrap()).connect().await.unwrap();
    (house, line)
}

async fn post(line: &mut Connection, path: &str, kind: &str, body: String) -> Answer {
    post_for(line, path, kind, body, "*/*").await
}

async fn post_for(
    line: &mut Connection,
    path: &str,
    kind: &str,
    body: String,
    accept: &str,
) -> Answer {
    let headers = [("accept", accept), ("accept-language", "en")];
    let with = Send { content_type: Some(kind), headers: &headers };
    line.send("POST", path, Bytes::from(body), with).await.unwrap()
}

fn acknowledged(answer: &Answer) -> Acknowledgement {
    acknowledgement::read(&answer.body).unwrap_or_else(|| panic!("{}", answer.text()))
}

fn told(answer: &Answer) -> (u16, Verdict, Vec<String>) {
    let told = acknowledged(answer);
    let codes = told.details.iter().map(|detail| detail.code.clone()).collect();
    (answer.status.as_u16(), told.verdict, codes)
}

/// ARC-1: a message is taken in every form, acknowledged in that form, and given back as it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_message_is_taken_in_every_form_and_acknowledged_in_it() {
    let Some(real) = Real::read() else { return };
    let (_house, mut line) = vantaa().await;
    // No anchors are configured, so the issuer is not among them.
    let accepted = |what: &str| {
        let told = [what, "missing-element", "certificate-ended-since", "issuer-not-trusted"];
        told.map(str::to_owned).to_vec()
    };

    let (kind, body) = real.related();
    let first = post(&mut line, MESSAGES, &kind, body).await;
    assert_eq!(told(&first), (201, Verdict::Accepted, accepted("archived")), "{}", first.text());
    let told_of = acknowledged(&first);
    assert_eq!(told_of.target.unwrap().extension.as_deref(), Some("10037140046"));
    assert_eq!(told_of.receiver.as_deref(), Some(VANTAA));
    let place = told_of.details[0].location.clone().unwrap();
    assert_eq!(place, format!("/api/v1/documents/{DOCUMENT}"));

    let bare = post(&mut line, MESSAGES, "application/xml", real.joined()).await;
    assert_eq!(told(&bare), (200, Verdict::Accepted, accepted("resent")));
    for version in soap::Version::ALL {
        let body = soap::envelope(version, &real.joined());
        let answer = post(&mut line, MESSAGES, version.media_type(), body).await;
        assert_eq!(told(&answer), (200, Verdict::Accepted, accepted("resent")));
        let kind = format!("{}; charset=utf-8", version.media_type());
        assert_eq!(answer.header("content-type"), kind);
        assert!(answer.text().contains(version.namespace()));
    }
    let json = post_for(&mut line, MESSAGES, "text/xml", real.joined(), "application/json").await;
    assert_eq!((json.status.as_u16(), json.json()["document_id"].as_str()), (200, Some(DOCUMENT)));

    let back = line.get(&format!("{place}/content/national")).await.unwrap();
    assert_eq!(back.header("content-type"), "application/xml");
    assert_eq!(back.body, real.document.as_bytes());
    let back = line.get(&format!("{place}/content/frame")).await.unwrap();
    assert_eq!(back.body, real.frame.as_bytes());
}

/// ARC-2: a fault is told with its stage, its place and its rule, in each form of answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_message_is_told_where_it_is_wrong() {
    let Some(real) = Real::read() else { return };
    let (house, mut line) = vantaa().await;
    let faulty = real.joined().replace("code=\"ER\"", "code=\"XX\"");

    let bare = post(&mut line, MESSAGES, "text/xml", faulty.clone()).await;
    let codes = vec!["wrong-value".to_owned(), "missing-element".to_owned()];
    assert_eq!(told(&bare), (422, Verdict::Error, codes.clone()));
    let detail = &acknowledged(&bare).details[0];
    assert_eq!(detail.stage.as_deref(), Some("frame"));
    assert_eq!(detail.location.as_deref(), Some("RCMR_IN200002FI01/acceptAckCode/@code"));
    assert_eq!(detail.rule.as_deref(), Some("nat 3.1"));

    let body = soap::envelope(soap::Version::V12, &faulty);
    let answer = post(&mut line, MESSAGES, "application/soap+xml", body).await;
    assert_eq!(told(&answer), (200, Verdict::Error, codes));
    let json = post_for(&mut line, MESSAGES, "text/xml", faulty, "application/json").await;
    assert_eq!(code(&json), "faults");
    let path = json.json()["faults"][0]["path"].as_str().unwrap().to_owned();
    assert_eq!(path, "RCMR_IN200002FI01/acceptAckCode/@code");
    assert_eq!(json.json()["faults"][0]["stage"], "frame");

    let unread = post(&mut line, MESSAGES, "text/xml", "<a".to_owned()).await;
    assert_eq!(told(&unread), (422, Verdict::Error, vec!["not-xml".to_owned()]));
    let other = post(&mut line, MESSAGES, "text/plain", "x".to_owned()).await;
    assert_eq!((other.status.as_u16(), code(&other)), (415, "unsupported-media-type".to_owned()));
    let part = "--b\r\nContent-Type: text/xml\r\n\r\n1\r\n";
    let three = format!("{}--b--", part.repeat(3));
    let parts = post(&mut line, MESSAGES, "multipart/related; boundary=b", three).await;
    assert_eq!(faults(&parts), [("wrong-parts".to_owned(), "body".to_owned())]);
    assert_eq!(house.versions(), 0);
}

/// The validation door answers as the nation's test validator does, and keeps nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_validation_door_answers_as_the_nations_does_and_keeps_nothing() {
    let Some(real) = Real::read() else { return };
    let (house, mut line) = vantaa().await;
    let before = house.log_lines();

    let sound = post(&mut line, VALIDATION, "application/json", real.pair("SP1")).await;
    assert_eq!((sound.status.as_u16(), sound.body.len()), (200, 0), "{}", sound.text());
    let (kind, body) = real.related();
    let ours = post_for(&mut line, VALIDATION, &kind, body, "application/problem+json").await;
    assert_eq!(ours.json()["remarks"][0]["code"], "missing-element");

    let wrong = Real {
        document: real
            .document
            .replace("<languageCode code=\"fi\"/>", "<languageCode code=\"f\"/>"),
        frame: real.frame.replace("value=\"1\"", "value=\"2\""),
    };
    let answer = post(&mut line, VALIDATION, "application/json", wrong.pair("SP17")).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["messageId"]), (400, &"7".into()));
    let description = answer.json()["description"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = description.split(';').collect();
    assert_eq!(lines.len(), 3, "{description}");
    assert!(lines[0].starts_with("1: [frame] RCMR_IN200002FI01/controlActProcess/subject/"));
    assert!(lines[1].starts_with("2: [frame] palveluPyynto: "));
    assert!(lines[2].starts_with("3: [header] ClinicalDocument/languageCode/@code: "));
    let asked = "application/problem+json";
    let answer =
        post_for(&mut line, VALIDATION, "application/json", wrong.pair("SP1"), asked).await;
    let told = faults(&answer);
    assert_eq!((answer.status.as_u16(), told.len()), (422, 2));

    assert_eq!(house.versions(), 0);
    assert_eq!(house.log_lines(), before + 4);
}

/// A document that came over REST goes out as a national document, and in again as the same one.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_rest_goes_out_as_a_national_one() {
    let house = House::open();
    let mut line = house.system().connect().await.unwrap();
    let made = house.made();
    let answer = line.post_form("/api/v1/documents", crate::house::form(&made[0])).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let place = format!("/api/v1/documents/{}", made[0].document_id);
    let national = line.get(&format!("{place}/content/national")).await.unwrap();
    assert_eq!(
        (national.status.as_u16(), national.header("content-type")),
        (200, "application/xml")
    );
    let (read, faults, remarks) = varanto_formats::national::document::read(&national.body);
    assert_eq!((faults, remarks), (Vec::new(), Vec::new()));
    let told = line.get(&place).await.unwrap().json()["metadata"].to_string();
    let printed = varanto_formats::metadata::write_raw(&read.metadata);
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed, serde_json::from_str::<serde_json::Value>(&told).unwrap());
    for (part, bytes) in &made[0].parts {
        assert_eq!(read.parts.iter().find(|(one, _)| one == part).unwrap().1, *bytes);
    }
    assert_eq!(line.get(&format!("{place}/content/frame")).await.unwrap().status, 404);
}

/// ARC-1: a header of the envelope that must be understood is answered as SOAP says, and nothing is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_soap_header_that_must_be_understood_is_a_soap_fault() {
    let Some(real) = Real::read() else { return };
    let (house, mut line) = vantaa().await;
    for version in soap::Version::ALL {
        let header = "<soap:Header><x:y xmlns:x='urn:x' soap:mustUnderstand='1'/></soap:Header>";
        let body = soap::envelope(version, &real.joined());
        let body = body.replacen("<soap:Body>", &format!("{header}<soap:Body>"), 1);
        let answer = post(&mut line, MESSAGES, version.media_type(), body).await;
        assert_eq!(answer.status, 500, "{}", answer.text());
        let text = answer.text();
        assert!(text.contains("soap:MustUnderstand"), "{text}");
        assert!(
            text.contains("header-not-understood") && text.contains("Envelope/Header/y"),
            "{text}"
        );
    }
    assert_eq!(house.versions(), 0);
}
