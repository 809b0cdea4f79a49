//! Proofs over REST: receipts, checkpoints, consistency, and the delays that are told beside them.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use varanto_app::archive::DocumentProof;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_formats::receipts::{Covered, CoveredSignatures};
use varanto_formats::signature::evidence::MaterialKind;

use super::caller::Asker;
use super::documents::{document, json as printed, purpose};
use super::parameters::Parameters;
use super::problem::Problem;
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// How many days of delays are told when nobody says.
const USUAL_DAYS: usize = 30;

/// How many days of delays are told at most.
const MOST_DAYS: usize = 3660;

/// `GET /documents/{oid}/proof`: the receipt again, and what it covers beside the content.
pub async fn read(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let proof = doors.work(move |app| app.prove_document(&asker.0, &oid, purpose)).await?;
    Ok(printed(told(proof)).into_response())
}

/// A receipt with what it covers beside the content, as anybody needs it to check the document.
pub(crate) fn told(proof: DocumentProof) -> String {
    let receipt = varanto_formats::receipts::write(&proof.receipt);
    let covered = varanto_formats::receipts::write_covered(&Covered {
        record: proof.record,
        columns: proof.columns,
        signatures: proof.signatures.map(|(salt, evidence)| CoveredSignatures::of(&salt, evidence)),
    });
    format!("{{\"receipt\":{receipt},\"covers\":{covered}}}")
}

/// `GET /documents/{oid}/signatures/{digest}`: a certificate or revocation list that the verdict on the
/// document's signatures rests on. The digest is the evidence's, in base64url.
pub async fn signature_material(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path((oid, digest)): Path<(String, String)>,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let digest = URL_SAFE_NO_PAD.decode(digest).ok().and_then(|bytes| bytes.try_into().ok());
    let digest = digest.ok_or_else(Problem::not_found)?;
    let found = doors
        .work(move |app| app.open_signature_material(&asker.0, &oid, &digest, purpose))
        .await?;
    let kind = match found.kind {
        MaterialKind::Certificate => "application/pkix-cert",
        MaterialKind::RevocationList => "application/pkix-crl",
    };
    Ok(([(header::CONTENT_TYPE, kind)], found.der).into_response())
}

/// `GET /checkpoint`: the newest signed one. It tells of nobody, so anyone may hold it.
pub async fn checkpoint(State(doors): State<Doors>) -> Answer {
    let (note, key) = doors.work(|app| Ok((app.checkpoint()?, app.verifier_key()))).await?;
    Ok(axum::Json(json!({ "checkpoint": note, "verifier_key": key })).into_response())
}

/// `GET /checkpoint/consistency`: that the log only grew between two sizes.
pub async fn consistency(
    State(doors): State<Doors>,
    Extension(parameters): Extension<Parameters>,
) -> Answer {
    let (from, to) = (size(&parameters, "from")?, size(&parameters, "to")?);
    let hashes = doors.work(move |app| app.consistency(from, to)).await?;
    let hashes: Vec<String> = hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
    Ok(axum::Json(json!({ "from": from, "to": to, "hashes": hashes })).into_response())
}

/// `GET /statistics/delays`: how soon finished documents were archived, by day.
pub async fn delays(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
) -> Answer {
    let days = days(&parameters)?;
    let controller = match parameters.get("controller") {
        Some(text) => Some(Oid::parse(text).map_err(|_| {
            Problem::fault(Fault::new(FaultKind::NotAnOid, "controller", "ARC-13"))
        })?),
        None => asker.0.registers.first().cloned(),
    };
    let controller = controller.ok_or_else(Problem::not_found)?;
    let rows = doors.work(move |app| app.archiving_delays(&asker.0, &controller, days)).await?;
    let day = |row: &varanto_app::statistics::DelayRow| {
        json!({
            "controller": row.controller.as_str(),
            "day": row.day.to_string(),
            "versions": row.versions,
            "mean_millis": row.total_millis.checked_div(row.versions),
            "most_millis": row.most_millis,
            "within_hour": row.within[0],
            "within_day": row.within[1],
            "within_week": row.within[2],
        })
    };
    let days: Vec<_> = rows.iter().map(day).collect();
    Ok(axum::Json(json!({ "days": days })).into_response())
}

fn days(parameters: &Parameters) -> Result<usize, Problem> {
    let expected = format!("1–{MOST_DAYS}");
    let days = parameters.parsed("days", &expected)?.unwrap_or(USUAL_DAYS);
    if (1..=MOST_DAYS).contains(&days) {
        return Ok(days);
    }
    let fault = Fault::new(FaultKind::WrongForm, "days", "ARC-8").arg("expected", expected);
    Err(Problem::fault(fault))
}

fn size(parameters: &Parameters, name: &'static str) -> Result<u64, Problem> {
    parameters.parsed(name, "1, 2, 3 …")?.ok_or_else(|| {
        Problem::fault(Fault::new(FaultKind::MissingElement, name, "ARC-15").arg("name", name))
    })
}
