//! The proof that a document is archived as it is: told in plain words, checked by the browser itself, and as a file that
//! checks it anywhere, offline.
//!
//! The log line of the arrival is no part of it: it tells who sent the document. Source: CIT-7, ARC-15.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::receipt::Receipt;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use super::documents::Place;
use super::{ClientFrame, Page, locked};
use crate::certificates::hex;
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::pages::{Shell, Words, rendered};

/// The script that checks, on the page and in the file.
const CHECKER: &str = include_str!("../../assets/proof.js");

/// The steps of a check, by the names that the script knows them by.
const STEPS: [&str; 4] = ["content", "leaf", "path", "signature"];

/// What a check comes to, and how it looks.
const VERDICTS: [(&str, &str); 4] =
    [("holds", "success"), ("partly", "warning"), ("fails", "error"), ("broken", "error")];

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    document: Oid,
    archived_at: Instant,
    content: String,
    metadata: String,
    place: String,
    size: String,
    checkpoint: String,
    key: String,
    steps: [&'static str; 4],
    verdicts: [(&'static str, &'static str); 4],
}

/// `GET …/documents/{oid}/proof/`: that the document is in the archive's log, told in plain words.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, purpose) = (visit.caller.clone(), place.client.purpose());
    let asked = place.clone();
    let proved = doors.work(move |app| {
        let proof = app.prove_document(&caller, asked.looked_at(), purpose)?;
        Ok((proof.receipt, app.verifier_key()))
    });
    let (proof, key) = match proved.await {
        Ok(proved) => proved,
        Err(problem) => return Ok(locked(&doors, &visit, &place.client, problem)),
    };
    let shell = Shell::of(&doors, &visit);
    let size = proof.checkpoint.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0);
    let page = ProofPage {
        frame: ClientFrame::of(&visit, &place.client),
        path: place.path,
        document: proof.document,
        archived_at: proof.archived_at,
        content: hex(&proof.content),
        metadata: hex(&proof.metadata),
        place: shell.words.number(&proof.version_leaf.index),
        size: shell.words.number(&size),
        checkpoint: proof.checkpoint,
        key,
        steps: STEPS,
        verdicts: VERDICTS,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// What the script checks: the content where it may be given, the digests, the way to the root, and the signed root.
fn told(receipt: &Receipt, parts: &[(Part, Vec<u8>)], key: &str) -> Value {
    let part = |(part, bytes): &(Part, Vec<u8>)| json!({ "name": part.name(), "bytes": STANDARD.encode(bytes) });
    let path: Vec<String> =
        receipt.version_leaf.path.iter().map(|hash| STANDARD.encode(hash)).collect();
    json!({
        "parts": parts.iter().map(part).collect::<Vec<_>>(),
        "content": {
            "salt": STANDARD.encode(receipt.content_salt), "digest": STANDARD.encode(receipt.content),
        },
        "metadata": { "digest": STANDARD.encode(receipt.metadata) },
        "leaf": {
            "index": receipt.version_leaf.index,
            "hash": STANDARD.encode(receipt.version_leaf.leaf), "path": path,
        },
        "checkpoint": receipt.checkpoint,
        "verifier_key": key,
    })
}

/// The proof and the content, against one look.
async fn proved(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
) -> Result<Value, crate::rest::problem::Problem> {
    let (caller, asked, purpose) = (visit.caller.clone(), place.clone(), place.client.purpose());
    doors
        .work(move |app| {
            let proved = app.prove_content(&caller, asked.looked_at(), purpose)?;
            Ok(told(&proved.receipt, &proved.parts, &app.verifier_key()))
        })
        .await
}

/// `GET …/documents/{oid}/proof/data`: what the page's script checks.
pub(super) async fn data(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    Ok(axum::Json(proved(&doors, &visit, &place).await?).into_response())
}

#[derive(Template)]
#[template(path = "proof_file.html")]
struct ProofFile {
    words: Words,
    key: String,
    steps: [&'static str; 4],
    verdicts: [(&'static str, &'static str); 4],
    /// JSON in which no letter opens a tag.
    data: String,
    script: &'static str,
}

/// `GET …/documents/{oid}/proof/file`: a page of its own, with the document, the proof and the script in it.
pub(super) async fn file(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let data = match proved(&doors, &visit, &place).await {
        Ok(data) => data,
        Err(problem) => return Ok(locked(&doors, &visit, &place.client, problem)),
    };
    let page = ProofFile {
        words: Words(visit.language),
        key: data["verifier_key"].as_str().unwrap_or_default().to_owned(),
        steps: STEPS,
        verdicts: VERDICTS,
        data: data.to_string().replace('<', "\\u003c"),
        script: CHECKER,
    };
    let text = page.render().map_err(|_| crate::rest::problem::Problem::internal())?;
    let disposition = [(header::CONTENT_DISPOSITION, "attachment; filename=\"proof.html\"")];
    Ok((disposition, Html(text)).into_response())
}
