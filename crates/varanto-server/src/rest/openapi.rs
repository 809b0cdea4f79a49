//! Our OpenAPI 3.1 document, made from the table of operations and the domain's table of metadata.

use serde_json::{Map, Value, json};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::{Element, ElementKind, Obligation};

use super::routes::{Operation, Query};
use super::table::TABLE;
use crate::doors::DemoFacts;
use crate::texts::{self, Language};

/// The client of examples outside the demonstration.
const CLIENT: &str = "180418A903L";

/// The document of examples outside the demonstration.
const DOCUMENT: &str = "1.2.246.10.1234567.95.2026.1.1";

/// The relationship and the case of examples outside the demonstration.
const RELATIONSHIP: &str = "1.2.246.10.1234567.95777.2026.1";
const CASE: &str = "1.2.246.10.1234567.95777.2026.2";

/// The organisation of examples outside the demonstration, its unit, a producer's unit, and the service
/// task.
const ORGANISATION: &str = "1.2.246.10.1234567";
const UNIT: &str = "1.2.246.10.1234567.10.11";
const PRODUCERS_UNIT: &str = "1.2.246.10.7654321.10.1";
const SERVICE_TASK: &str = "\"service_task\":\"24\"";

/// The schemas that are not made from a table.
const SCHEMAS: &str = include_str!("../../assets/schemas.json");

/// The document, for an archive at `base`. Of a demonstration, its examples work as they stand.
#[must_use]
pub fn document(base: &str, demo: Option<&DemoFacts>) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Varanto",
            "summary": "Open archive for Finnish social-welfare client data",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" },
            "description": "Identifiers are OIDs. Problems follow RFC 9457; Accept-Language \
                chooses their language among fi, sv and en. Unknown query parameters and JSON \
                members are always refused. Identity codes never travel in addresses."
        },
        "servers": [{ "url": base }],
        "security": [{ "systemCertificate": [] }, { "personToken": [] }],
        "tags": tags(),
        "paths": paths(demo),
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "systemCertificate": { "type": "mutualTLS" },
                "personToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" }
            }
        }
    })
}

fn tags() -> Value {
    let mut names: Vec<&str> = TABLE.iter().map(|operation| operation.tag).collect();
    names.dedup();
    let tag = |name: &&str| json!({ "name": name, "description": texts::text(Language::English, &format!("tag.{name}")) });
    Value::Array(names.iter().map(tag).collect())
}

fn paths(demo: Option<&DemoFacts>) -> Value {
    let mut paths = Map::new();
    for operation in TABLE {
        let path = paths.entry(operation.full_path()).or_insert_with(|| json!({}));
        path[operation.method.to_lowercase()] = described(operation, demo);
    }
    Value::Object(paths)
}

fn described(operation: &Operation, demo: Option<&DemoFacts>) -> Value {
    let summary = texts::text(Language::English, &format!("operation.{}", operation.id));
    let mut told = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": summary,
        "parameters": parameters(operation, demo),
        "responses": responses(operation),
    });
    if operation.open {
        told["security"] = json!([{}]);
    }
    if let Some(takes) = operation.takes {
        let mut content = json!({ "schema": reference(takes.schema) });
        if let Ok(example) = serde_json::from_str::<Value>(&body_example(takes.example, demo)) {
            content["example"] = example;
        }
        told["requestBody"] = json!({ "required": true, "content": { takes.media_type: content } });
    }
    told
}

fn parameters(operation: &Operation, demo: Option<&DemoFacts>) -> Value {
    let meaning = |name: &str| texts::text(Language::English, &format!("parameter.{name}"));
    let path = operation.path_parameters().map(|name| {
        let schema = match name {
            "part" => json!({ "enum": ["structured", "view", "pdf", "national", "frame"] }),
            "digest" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" }),
            "opening" | "id" | "user" | "delegation" | "request" => {
                json!({ "type": "string", "pattern": "^[0-9]+$" })
            }
            _ => json!({ "type": "string", "pattern": "^[0-2](\\.(0|[1-9][0-9]*))+$" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema,
            "example": parameter_example(operation, name, demo), "description": meaning(name) })
    });
    let query = operation.query.iter().map(|query: &Query| {
        json!({ "name": query.name, "in": "query", "required": query.needed,
            "schema": { "type": query.kind },
            "example": parameter_example(operation, query.name, demo),
            "description": meaning(query.name) })
    });
    path.chain(query).collect()
}

/// A value of a parameter that shows something where it is asked.
#[must_use]
pub fn parameter_example(operation: &Operation, name: &str, demo: Option<&DemoFacts>) -> String {
    let example = match (name, operation.path) {
        ("oid", "/structures/{oid}") => "1.2.246.537.6.1505.1.2023.6.1",
        ("oid", "/codesets/{oid}") => "1.2.246.537.6.1221",
        ("oid", path) if path.starts_with("/relationships") => {
            return demo.map_or(RELATIONSHIP, |demo| &demo.relationship).to_owned();
        }
        ("oid", path) if path.starts_with("/cases") => {
            return demo.map_or(CASE, |demo| &demo.case).to_owned();
        }
        ("oid", _) => return demo.map_or(DOCUMENT, |demo| &demo.document).to_owned(),
        ("controller", _) => "1.2.246.10.1234567",
        ("part", _) => "view",
        ("digest", _) => "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        ("invalidated" | "confirm" | "acknowledged", _) => "false",
        ("dry_run", _) => "true",
        ("limit", _) => "20",
        ("situation", _) => "own-register",
        ("reason", _) => "information-request",
        ("opening" | "from" | "id" | "after" | "request", _) => "1",
        ("to", _) => "2",
        ("days", _) => "30",
        ("on", _) => "2026-11-02",
        _ => "",
    };
    example.to_owned()
}

/// The example of a request's body, about a client that the demonstration has.
#[must_use]
pub fn body_example(example: &str, demo: Option<&DemoFacts>) -> String {
    match demo {
        Some(demo) => {
            let told = [
                (CLIENT, &demo.identity_code),
                (DOCUMENT, &demo.document),
                (RELATIONSHIP, &demo.relationship),
                (UNIT, &demo.unit),
                (PRODUCERS_UNIT, &demo.producers_unit),
                // What lies under the organisation comes before it.
                (ORGANISATION, &demo.organisation),
            ];
            let example = told
                .into_iter()
                .fold(example.to_owned(), |text, (from, to)| text.replace(from, to));
            let task = format!("\"service_task\":\"{}\"", demo.service_task);
            example.replace(SERVICE_TASK, &task)
        }
        None => example.to_owned(),
    }
}

fn responses(operation: &Operation) -> Value {
    let mut all = Map::new();
    for (status, media_type, schema) in operation.answers {
        let mut content = json!({});
        if !media_type.is_empty() {
            content[*media_type] =
                if schema.is_empty() { json!({}) } else { json!({ "schema": reference(schema) }) };
        }
        let entry = all
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": status_text(*status), "content": {} }));
        if let (Some(held), Value::Object(new)) = (entry["content"].as_object_mut(), content) {
            held.extend(new);
        }
    }
    for status in problem_statuses(operation) {
        let problem = json!({ "application/problem+json": { "schema": reference("Problem") } });
        let told = json!({ "description": status_text(status), "content": problem });
        all.insert(status.to_string(), told);
    }
    Value::Object(all)
}

/// The statuses of the problems that an operation may answer with.
#[must_use]
pub fn problem_statuses(operation: &Operation) -> Vec<u16> {
    let mut all = vec![400, 405, 429, 500, 503, 504];
    if !operation.open {
        all.extend([401, 403]);
    }
    if operation.path.contains('{') {
        all.push(404);
    }
    if operation.takes.is_some() {
        all.extend([408, 413, 415]);
    }
    all.extend_from_slice(operation.problems);
    all.sort_unstable();
    all.dedup();
    all
}

fn status_text(status: u16) -> String {
    let known = axum::http::StatusCode::from_u16(status).ok();
    known.and_then(|status| status.canonical_reason()).unwrap_or("").to_owned()
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// The example of an operation's first answer, for people; empty where there is none.
#[must_use]
pub fn answer_example(operation: &Operation) -> String {
    let Some((_, _, schema)) = operation.answers.first() else { return String::new() };
    let all = schemas();
    match all.get(*schema).and_then(|schema| schema.get("example")) {
        Some(example) => serde_json::to_string_pretty(example).unwrap_or_default(),
        None => String::new(),
    }
}

/// Every schema in words that people can read: name and JSON.
#[must_use]
pub fn shapes() -> Vec<(String, String)> {
    let all = schemas();
    let members = all.as_object().into_iter().flatten();
    let shape = |(name, schema): (&String, &Value)| {
        (name.clone(), serde_json::to_string_pretty(schema).unwrap_or_default())
    };
    members.map(shape).collect()
}

/// Every schema: those of the file, and the metadata made from the domain's table.
fn schemas() -> Value {
    let mut all: Value = serde_json::from_str(SCHEMAS).expect("a test reads the schemas");
    all["Metadata"] = metadata();
    all
}

/// The metadata, element by element, nested by the dots of their paths.
fn metadata() -> Value {
    let mut root = json!({ "type": "object", "additionalProperties": false, "properties": {} });
    for element in Element::ALL {
        let row = element.row();
        let mut schema = of_kind(row.kind);
        schema["title"] = json!(row.finnish);
        schema["description"] = json!(obligations(*element));
        place(&mut root, row.path, schema);
    }
    root["description"] = json!(
        "Obligations by document group: M obligatory, C conditional, O optional, - forbidden."
    );
    root
}

fn obligations(element: Element) -> String {
    let one = |group: &DocumentGroup| {
        let mark = match element.obligation(*group) {
            Obligation::Obligatory => "M".to_owned(),
            Obligation::Conditional(condition) => format!("C ({})", condition.code()),
            Obligation::Optional => "O".to_owned(),
            Obligation::Forbidden => "-".to_owned(),
        };
        format!("group {}: {mark}", group.code())
    };
    DocumentGroup::ALL.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn place(node: &mut Value, path: &str, schema: Value) {
    match path.split_once('.') {
        None => node["properties"][path] = schema,
        Some((head, rest)) => {
            if node["properties"].get(head).is_none() {
                node["properties"][head] =
                    json!({ "type": "object", "additionalProperties": false, "properties": {} });
            }
            place(&mut node["properties"][head], rest, schema);
        }
    }
}

fn of_kind(kind: ElementKind) -> Value {
    match kind {
        ElementKind::Oid | ElementKind::OwnOid | ElementKind::PartyOid => {
            json!({ "type": "string", "pattern": "^[0-2](\\.(0|[1-9][0-9]*))+$" })
        }
        ElementKind::Text(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        ElementKind::Code(set) => json!({ "type": "string", "x-code-set": set }),
        ElementKind::Choice(choices) => json!({ "enum": choices }),
        ElementKind::Instant => json!({ "type": "string", "format": "date-time" }),
        ElementKind::Day => json!({ "type": "string", "format": "date" }),
        ElementKind::Number => json!({ "type": "integer", "minimum": 1 }),
        ElementKind::Switch => json!({ "type": "boolean" }),
        ElementKind::IdentityCode => json!({ "type": "string", "minLength": 11, "maxLength": 11 }),
        ElementKind::TemporaryIdentifier => json!({ "type": "string" }),
        ElementKind::RegistrationNumber => json!({ "type": "string", "pattern": "^[0-9]{1,11}$" }),
        ElementKind::Language => json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn referenced(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.insert(target.trim_start_matches("#/components/schemas/").to_owned());
                }
                members.values().for_each(|value| referenced(value, found));
            }
            Value::Array(entries) => entries.iter().for_each(|value| referenced(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_schema_is_defined_and_used() {
        let document = document("https://localhost", None);
        let mut used = BTreeSet::new();
        referenced(&document, &mut used);
        let defined = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(used, defined.keys().cloned().collect());
    }

    #[test]
    fn every_operation_has_its_texts_and_an_id_of_its_own() {
        let mut ids = BTreeSet::new();
        for operation in TABLE {
            assert!(ids.insert(operation.id), "{operation:?}");
            for language in Language::ALL {
                let key = format!("operation.{}", operation.id);
                assert!(texts::find(language, &key).is_some(), "{key}");
                assert!(texts::find(language, &format!("tag.{}", operation.tag)).is_some());
                let query = operation.query.iter().map(|query| query.name);
                for name in operation.path_parameters().chain(query) {
                    let key = format!("parameter.{name}");
                    assert!(texts::find(language, &key).is_some(), "{key}");
                }
            }
        }
    }

    #[test]
    fn every_text_of_an_operation_or_parameter_is_used() {
        let ids: BTreeSet<&str> = TABLE.iter().map(|operation| operation.id).collect();
        let names: BTreeSet<&str> = TABLE
            .iter()
            .flat_map(|one| one.path_parameters().chain(one.query.iter().map(|q| q.name)))
            .collect();
        for key in texts::keys(Language::English) {
            let unused = |family: &str, known: &BTreeSet<&str>| {
                key.strip_prefix(family).is_some_and(|name| !known.contains(name))
            };
            assert!(!unused("operation.", &ids), "{key}");
            assert!(!unused("parameter.", &names), "{key}");
        }
    }

    #[test]
    fn every_metadata_element_stands_in_the_document() {
        let metadata = metadata();
        for element in Element::ALL {
            let at = element.path().replace('.', "/properties/");
            let found = metadata.pointer(&format!("/properties/{at}"));
            assert!(found.is_some_and(|schema| schema["title"].is_string()), "{}", element.path());
        }
    }
}
