//! The files of a delivery, to choose the one of a row from: by a part of the name, those of no row first of all.
//!
//! Names of files may be of clients: no address holds one, and the look is written down. Source: OLD-7; LOG-1.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use varanto_workbench::queue::DeliveredFile;

use super::Frame;
use super::old_data::{Act, Asked, HOME, row_of, with};
use super::old_row::{bytes_word, cause_id};
use super::old_settled::{is_shut, shut};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::pages::{Shell, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::Problem;

/// How many files are shown at once.
const PAGE: usize = 50;
/// What is of this page, and not of the row's form that goes along.
const OWN: [&str; 6] = ["form_token", "act", "v.file", "named", "all", "from"];

#[derive(Template)]
#[template(path = "archive/old_data_files.html")]
struct FilesPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    place: u64,
    /// The address of the row, and this page's own.
    row: String,
    own: String,
    /// The part of the name that is looked for.
    named: String,
    /// Whether files of other rows are shown, too.
    all: bool,
    files: Vec<ShownFile>,
    /// From which one the next are shown.
    next: Option<usize>,
    /// What was written in the row's form, to go on with.
    along: Vec<(String, String)>,
}

struct ShownFile {
    name: String,
    size: String,
    /// The row that names it, and its address.
    row: Option<(u64, String)>,
}

/// `GET …/rows/{row}/files/`: nothing was sent along, so it is the row's page.
pub(super) async fn row_again(
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let part = |name: &str| path.get(name).cloned().unwrap_or_default();
    let place = row_of(&part("row")).ok_or_else(Problem::not_found)?;
    Ok(redirect(&visit.to(&format!("{HOME}{}/rows/{place}/", part("batch")))))
}

/// `POST …/rows/{row}/files/`: the files of the delivery, with what was written in the row's form kept along.
pub(super) async fn files(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let (named, all) = (fields.text("named").trim().to_owned(), fields.given("all").is_some());
    let from = fields.text("from").parse().unwrap_or(0usize);
    let wanted = named.clone();
    let told = with(&doors, &visit, &batch, Act::files(place), move |_, queue, permit| {
        queue.files(permit, (&wanted, !all), (from, PAGE))
    });
    let found = match told.await {
        Err(problem) if is_shut(&problem) => return Ok(shut(&doors, &visit, &path, &problem)),
        found => found?,
    };
    let shell = Shell::of(&doors, &visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let cause = cause_id(&asked.cause);
    let behind = if cause.is_empty() { String::new() } else { format!("?cause={cause}") };
    let file = |file: DeliveredFile| ShownFile {
        size: bytes_word(shell.words, file.bytes),
        name: file.name,
        row: file.row.map(|place| (place, format!("{base}rows/{place}/"))),
    };
    let along = fields.all().filter(|(name, _)| !OWN.contains(name));
    let page = FilesPage {
        files: found.files.into_iter().map(file).collect(),
        next: found.next,
        along: along.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        row: format!("{base}rows/{place}/{behind}"),
        own: format!("{base}rows/{place}/files/{behind}"),
        named,
        all,
        frame: Frame::of(&visit, &[]),
        place,
        batch,
        base: base.clone(),
        shell,
    };
    Ok(rendered(&page, visit.language))
}
