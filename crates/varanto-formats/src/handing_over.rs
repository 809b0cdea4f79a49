//! A request from outside as it comes over REST. Every fault in it is told at once.

use serde::Deserialize;
use varanto_domain::access::Reason;
use varanto_domain::disclosure::{AskedFor, HandedAs, OutsideRequest, Receiver, ReceiverKind};
use varanto_domain::ids::{Oid, PersonalIdentityCode};

use crate::log_search::{Reading, unreadable};
use crate::search::{Client, SearchError};

/// The most characters of a name.
const MOST_NAME: usize = 200;
/// The most characters of a reference.
const MOST_REFERENCE: usize = 64;
/// The most registers, service tasks, types or documents that are named.
const MOST_NAMED: usize = 1000;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Sent {
    client: Option<Client>,
    receiver: Option<SentReceiver>,
    ground: Option<String>,
    reference: Option<String>,
    handler: Option<String>,
    registers: Vec<String>,
    service_tasks: Vec<String>,
    types: Vec<String>,
    from: Option<String>,
    until: Option<String>,
    documents: Vec<String>,
    form: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SentReceiver {
    kind: Option<String>,
    name: Option<String>,
    organisation: Option<String>,
}

/// Reads a request from outside.
///
/// # Errors
/// The first thing that keeps it from being one, or every fault of its values. None shows a value.
///
/// Source: DIS-6.
pub fn read(bytes: &[u8]) -> Result<OutsideRequest, SearchError> {
    let sent: Sent = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("DIS-6");
    let client = reading.client(sent.client);
    let receiver = reading.needed("receiver", sent.receiver);
    let receiver = receiver.and_then(|receiver| self::receiver(receiver, &mut reading));
    let ground = reading.needed("ground", sent.ground);
    let all = Reason::OF_REQUESTS.map(Reason::code);
    let ground = reading.coded("ground", ground, Reason::of_request, all);
    let reference = reading.needed("reference", sent.reference);
    let reference = reference.and_then(|text| self::reference(text, &mut reading));
    let handler = sent.handler.and_then(|text| name("handler", text, &mut reading));
    let form =
        reading.coded("form", sent.form, HandedAs::of_code, HandedAs::ALL.map(HandedAs::code));
    let asked = AskedFor {
        registers: oids("registers", &sent.registers, &mut reading),
        documents: oids("documents", &sent.documents, &mut reading),
        from: reading.day("from", sent.from),
        until: reading.day("until", sent.until),
        service_tasks: words("service_tasks", sent.service_tasks, &mut reading),
        types: words("types", sent.types, &mut reading),
    };
    if !asked.documents.is_empty() && asked != documents_alone(&asked) {
        reading.wrong("documents", "documents, registers | service_tasks | types | from | until");
    }
    if let (Some(receiver), Some(ground)) = (&receiver, ground)
        && !receiver.kind.may_name(ground)
    {
        let kinds = ReceiverKind::ALL.into_iter().filter(|kind| kind.may_name(ground));
        let kinds: Vec<&str> = kinds.map(ReceiverKind::code).collect();
        reading.wrong("receiver.kind", kinds.join(", "));
    }
    let whole = client.zip(receiver).zip(ground).zip(reference);
    reading.finish_whole(whole.map(|(((client, receiver), ground), reference)| OutsideRequest {
        client,
        receiver,
        ground,
        reference,
        handler,
        asked,
        form: form.unwrap_or(HandedAs::Package),
    }))
}

fn documents_alone(asked: &AskedFor) -> AskedFor {
    AskedFor { documents: asked.documents.clone(), ..AskedFor::default() }
}

/// The receiver; an organisation has its identifier, a person none.
fn receiver(sent: SentReceiver, reading: &mut Reading) -> Option<Receiver> {
    let kind = reading.needed("receiver.kind", sent.kind);
    let all = ReceiverKind::ALL.map(ReceiverKind::code);
    let kind = reading.coded("receiver.kind", kind, ReceiverKind::of_code, all);
    let named = reading.needed("receiver.name", sent.name);
    let named = named.and_then(|text| name("receiver.name", text, reading));
    let mut organisation =
        sent.organisation.and_then(|text| reading.oid("receiver.organisation", &text));
    match kind.map(ReceiverKind::is_organisation) {
        Some(true) => organisation = reading.needed("receiver.organisation", organisation),
        Some(false) if organisation.is_some() => {
            reading.wrong("receiver.organisation", "kind: authority, organisation");
        }
        _ => {}
    }
    Some(Receiver { kind: kind?, name: named?, organisation })
}

fn name(element: &str, text: String, reading: &mut Reading) -> Option<String> {
    let sound = !text.trim().is_empty()
        && text.chars().count() <= MOST_NAME
        && !text.chars().any(char::is_control);
    if !sound {
        reading.wrong(element, format!("1–{MOST_NAME}"));
    }
    sound.then_some(text)
}

/// Whether a text may be the reference of the controller's papers. It stands in the log: nobody's identity code may be in
/// it.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    let signs = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_:".contains(&byte);
    let is_code = |window: &[u8]| {
        std::str::from_utf8(window).is_ok_and(|text| PersonalIdentityCode::parse(text).is_ok())
    };
    (1..=MOST_REFERENCE).contains(&text.len())
        && text.bytes().all(signs)
        && !text.as_bytes().windows(11).any(is_code)
}

/// What a reference is made of, in words.
#[must_use]
pub fn reference_form() -> String {
    format!("A–Z, a–z, 0–9, / . - _ :, 1–{MOST_REFERENCE}")
}

fn reference(text: String, reading: &mut Reading) -> Option<String> {
    let sound = is_reference(&text);
    if !sound {
        reading.wrong("reference", reference_form());
    }
    sound.then_some(text)
}

fn oids(element: &str, texts: &[String], reading: &mut Reading) -> Vec<Oid> {
    if texts.len() > MOST_NAMED {
        reading.wrong(element, format!("≤ {MOST_NAMED}"));
        return Vec::new();
    }
    texts.iter().filter_map(|text| reading.oid(element, text)).collect()
}

fn words(element: &str, texts: Vec<String>, reading: &mut Reading) -> Vec<String> {
    let sound = |text: &String| {
        (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if texts.len() > MOST_NAMED || !texts.iter().all(sound) {
        reading.wrong(element, "24, 19005");
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"client":{"identity_code":"180418A903L"},"ground":"by-law",
        "receiver":{"kind":"authority","name":"Käräjäoikeus","organisation":"1.2.246.10.9"},
        "reference":"SUV/12/2026","handler":"Arkistonhoitaja","service_tasks":["24"],
        "from":"2026-01-01","form":"paper"}"#;

    fn faults(text: &str) -> Vec<(&'static str, String)> {
        match read(text.as_bytes()).unwrap_err() {
            SearchError::Unreadable(fault) => vec![(fault.code(), fault.element)],
            SearchError::Faults(faults) => {
                faults.into_iter().map(|fault| (fault.code(), fault.element)).collect()
            }
        }
    }

    /// DIS-6: a request names the client, the receiver, the legal basis and the reference; every fault is told at once.
    #[test]
    fn a_request_from_outside_is_read_with_every_fault() {
        let read = read(WHOLE.as_bytes()).unwrap();
        assert_eq!((read.form, read.ground.code()), (HandedAs::Paper, "by-law"));
        assert_eq!(read.receiver.name, "Käräjäoikeus");
        assert_eq!(read.asked.service_tasks, ["24"]);
        let told = faults("{}");
        let missing = ["client", "receiver", "ground", "reference"];
        assert_eq!(told, missing.map(|name| ("missing-element", name.to_owned())));
        let wrong = r#"{"client":{"identity_code":"180418A903L"},"ground":"urgent","form":"fax",
            "receiver":{"kind":"client","name":" ","organisation":"1.2"},"reference":"a b",
            "documents":["x","1.2.3"],"types":["19005"]}"#;
        let elements: Vec<String> = faults(wrong).into_iter().map(|(_, element)| element).collect();
        let expected = [
            "receiver.name",
            "receiver.organisation",
            "ground",
            "reference",
            "form",
            "documents",
            "documents",
        ];
        assert_eq!(elements, expected);
    }

    /// DIS-6: who asks on a ground of another's is told whose it is.
    #[test]
    fn a_receiver_asks_on_its_own_ground() {
        let as_client = WHOLE.replace("by-law", "data-subject");
        assert_eq!(faults(&as_client), [("wrong-form", "receiver.kind".to_owned())]);
        assert!(read(WHOLE.replace("by-law", "act-703-2023-64").as_bytes()).is_ok());
    }

    /// DIS-6: an organisation is told by its identifier, for the log names no receiver.
    #[test]
    fn an_organisation_has_its_identifier() {
        let without = WHOLE.replace(r#","organisation":"1.2.246.10.9""#, "");
        assert_eq!(faults(&without), [("missing-element", "receiver.organisation".to_owned())]);
    }

    /// LOG-1: a reference stands in the log, and no identity code does.
    #[test]
    fn no_reference_holds_an_identity_code() {
        for reference in ["180418A903L", "SUV/180418A903L/1", "", &"x".repeat(65), "Äiti"] {
            let sent = WHOLE.replace("SUV/12/2026", reference);
            assert_eq!(faults(&sent), [("wrong-form", "reference".to_owned())], "{reference}");
        }
    }
}
