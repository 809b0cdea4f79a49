//! What is kept beside a document's content: its metadata, and how it arrived (ARC-14).

use varanto_domain::access::log::Actor;
use varanto_domain::ids::Oid;
use varanto_domain::joining::Registers;
use varanto_formats::metadata;
use varanto_formats::synthetic::{self, Draw};

/// How a document arrived, as JSON: the same for all that one certificate or login brings, so that
/// the store keeps it once.
pub(crate) fn arrival(actor: &Actor) -> String {
    serde_json::json!({ "by": actor.name, "organisation": actor.organisation, "with": actor.detail })
        .to_string()
}

/// Who brought a document, as [`arrival`] printed it.
pub(crate) fn who_brought(arrival: &str) -> Option<Actor> {
    let read: serde_json::Value = serde_json::from_str(arrival).ok()?;
    let text = |name: &str| read[name].as_str().map(str::to_owned);
    Some(Actor { name: text("by")?, organisation: text("organisation"), detail: text("with") })
}

/// Metadata of a made-up document, to train the dictionary of records on: made-up persons, with the
/// organisations and units of the register, which are no client data.
pub(crate) fn synthetic_record(registers: &Registers, draw: &mut Draw) -> Vec<u8> {
    const TASKS: [&str; 7] = ["10", "15", "20", "23", "24", "25", "26"];
    const TYPES: [(&str, &str); 6] = [
        ("19", "19005"),
        ("19", "19013"),
        ("15", "15007"),
        ("11", "11001"),
        ("1", "1005"),
        ("16", "16009"),
    ];
    let client = synthetic::person(draw);
    let worker = synthetic::person(draw);
    let (general, specific) = *draw.pick(&TYPES);
    let (unit, controller) = parties(registers, draw);
    let node = Oid::parse(&controller.0).ok().and_then(|oid| oid.organisation_node());
    let node = node.map_or_else(|| controller.0.clone(), |node| node.to_string());
    let year = 2020 + draw.below(8);
    let oid = |draw: &mut Draw| {
        format!("{node}.95.{year}.{}.{}", draw.below(999_999), draw.below(9_999_999))
    };
    let at = format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        1 + draw.below(12),
        1 + draw.below(28),
        6 + draw.below(12),
        draw.below(60),
        draw.below(60)
    );
    let id = oid(draw);
    let made = serde_json::json!({
        "document_id": id, "set_id": id, "version": 1, "group": "5", "general_type": general,
        "specific_type": specific,
        "structure": format!("1.2.246.537.6.1506.{specific}.2024.11.28"),
        "written_at": at, "created_at": at, "language": "fi", "confidentiality": "6",
        "client": {
            "identity_code": client.code.reveal(), "given_names": client.given, "sex": "2",
            "family_name": client.family, "birth_date": client.code.birth_day().to_string(),
        },
        "professional": {
            "registration_number": format!("{}", 25_000_000_000u64 + draw.number() % 1_000_000_000),
            "given_names": worker.given, "family_name": worker.family,
        },
        "controller": { "id": controller.0, "name": controller.1 },
        "organiser": { "id": controller.0, "name": controller.1 },
        "service_unit": { "id": unit.0, "name": unit.1 },
        "guardian_disclosure": "1", "case_id": oid(draw), "relationship_id": oid(draw),
        "view_format": "2", "structured_format": "5",
        "software": { "manufacturer": "Järjestelmä Oy", "product": "Asiakastieto", "version": "7.2.1" },
        "service_task": *draw.pick(&TASKS), "record_state": "3", "register_type": "1",
        "retention_class": "1", "special_content": "E", "service_process": "3",
    });
    let text = made.to_string();
    let (raw, _) = metadata::read(text.as_bytes()).expect("written as metadata");
    metadata::write_raw(&raw).into_bytes()
}

/// The OID and name of a unit, and of the organisation whose it is; made up where there are none.
fn parties(registers: &Registers, draw: &mut Draw) -> ((String, String), (String, String)) {
    let units = registers.units();
    if units.is_empty() {
        let node = format!("1.2.246.10.{}", 10_000_000 + draw.below(89_999_999));
        let unit = (format!("{node}.10.{}", draw.below(999)), synthetic::unit_name(draw));
        return (unit, (format!("{node}.10.0"), "Suvannon hyvinvointialue".to_owned()));
    }
    let unit = draw.pick(&units);
    let owner = registers.organisation_of(&unit.oid);
    let name = owner.map(|owner| owner.names.fi.clone()).unwrap_or_default();
    let owner = owner.map_or_else(String::new, |owner| owner.oid.to_string());
    ((unit.oid.to_string(), unit.names.fi.clone()), (owner, name))
}
