//! Registers over REST: structures, code sets, organisations. All of it is public.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use varanto_app::{StructureEntry, StructureState};
use varanto_domain::codes::{Code, CodeSet};
use varanto_domain::ids::Oid;
use varanto_domain::joining::RegisterEntries;
use varanto_domain::structures::Names;

use super::documents::{document, json as printed};
use super::problem::Problem;
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// `GET /structures`: every published version.
pub async fn structures(State(doors): State<Doors>) -> Answer {
    let registry = doors.app.registry();
    let all: Vec<Value> = registry.structures().map(structure_facts).collect();
    Ok(axum::Json(json!({ "structures": all })).into_response())
}

/// `GET /structures/{oid}`: one of them, as JSON Schema with its national annotations.
pub async fn structure(State(doors): State<Doors>, Path(oid): Path<String>) -> Answer {
    let registry = doors.app.registry();
    let entry = registry.structure(&document(&oid)?).ok_or_else(Problem::not_found)?;
    let schema = varanto_formats::national_schema::write(&entry.structure);
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], schema).into_response())
}

/// `GET /codesets`: every version of every code set.
pub async fn code_sets(State(doors): State<Doors>) -> Answer {
    let registry = doors.app.registry();
    let all: Vec<Value> = registry.code_sets().all().map(code_set_facts).collect();
    Ok(axum::Json(json!({ "code_sets": all })).into_response())
}

/// `GET /codesets/{oid}`: the versions of one set with their values.
pub async fn code_set(State(doors): State<Doors>, Path(oid): Path<String>) -> Answer {
    let oid: Oid = document(&oid)?;
    let registry = doors.app.registry();
    let versions: Vec<Value> =
        registry.code_sets().all().filter(|set| set.oid == oid).map(code_set_whole).collect();
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(axum::Json(json!({ "oid": oid.as_str(), "versions": versions })).into_response())
}

/// `GET /organisations`: organisations and units, as the register file has them.
pub async fn organisations(State(doors): State<Doors>) -> Answer {
    let registry = doors.app.registry();
    let registers = registry.registers();
    let entries = RegisterEntries {
        organisations: registers.organisations().into_iter().cloned().collect(),
        units: registers.units().into_iter().cloned().collect(),
        systems: Vec::new(),
    };
    Ok(printed(varanto_formats::registers::write(&entries)).into_response())
}

/// What lists tell of a structure.
#[must_use]
pub fn structure_facts(entry: &StructureEntry) -> Value {
    let structure = &entry.structure;
    json!({
        "oid": structure.oid.as_str(),
        "title": names(&structure.title),
        "document_type": structure.document_type,
        "subject": structure.subject,
        "first_day": structure.first_day.to_string(),
        "state": state(entry.state),
        "built_in": entry.built_in,
    })
}

/// The word for a structure's state.
#[must_use]
pub const fn state(state: StructureState) -> &'static str {
    match state {
        StructureState::Ready => "ready",
        StructureState::Withdrawn => "withdrawn",
    }
}

/// What lists tell of a code set.
#[must_use]
pub fn code_set_facts(set: &CodeSet) -> Value {
    json!({
        "oid": set.oid.as_str(),
        "version": set.version,
        "names": names(&set.names),
        "level": set.level.code(),
        "values": set.values.len(),
        "built_in": set.built_in,
    })
}

/// A code set with its values.
#[must_use]
pub fn code_set_whole(set: &CodeSet) -> Value {
    let mut all = code_set_facts(set);
    all["values"] = set.values.iter().map(code).collect();
    all
}

fn code(code: &Code) -> Value {
    json!({
        "code": code.code,
        "names": names(&code.names),
        "first_day": code.first.map(|day| day.to_string()),
        "last_day": code.last.map(|day| day.to_string()),
        "own_choice": code.own_choice,
    })
}

fn names(names: &Names) -> Value {
    match &names.sv {
        Some(sv) => json!({ "fi": names.fi, "sv": sv }),
        None => json!({ "fi": names.fi }),
    }
}
