//! What is kept no longer, lists of documents to be destroyed, and holds.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use varanto_app::archive::{DocumentQuery, DocumentView};
use varanto_app::retention::{
    DestructionQuery, DestructionView, HoldQuery, HoldRequest, HoldView, ListedEntry, Proposal,
    Remains,
};
use varanto_domain::access::{LookReason, Reason, Situation};
use varanto_domain::archive::destruction::{HoldReason, ListState};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::archive::retention::{Period, Retention};
use varanto_domain::codes::{ServiceTask, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::document::hold_reasons;
use super::{Frame, faults_of, period};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{Page, Row};
use crate::rest::problem::{Problem, ToldFault};
use crate::rest::retention::AT_ONCE;

/// How many documents are shown at once: a list is made of those that are ticked.
const PAGE: usize = 50;

/// What narrows the page of what is over.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowed {
    on: String,
    task: String,
    group: String,
    invalidated: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "archive/due.html")]
struct DuePage {
    shell: Shell,
    frame: Frame,
    /// Of the documents: what is wrong with which.
    wrong: HashMap<String, ToldFault>,
    on: String,
    today: bool,
    tasks: Vec<(String, String, bool)>,
    groups: Vec<(&'static str, String, bool)>,
    invalidated: bool,
    rows: Vec<DueRow>,
    next: Option<String>,
}

struct DueRow {
    document: String,
    title: String,
    written: Option<FinnishDay>,
    task: Option<String>,
    period: String,
    /// The retention class that it was sent with.
    class: Option<String>,
    held: Vec<String>,
    ticked: bool,
}

/// `GET /fi/desk/archive/due/`: whose retention period is over on a day.
pub(super) async fn due(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(narrowed): Query<Narrowed>,
) -> Page {
    due_page(&doors, &visit, &narrowed, &[], &[]).await
}

async fn due_page(
    doors: &Doors,
    visit: &Visit,
    narrowed: &Narrowed,
    faults: &[Fault],
    ticked: &[Oid],
) -> Page {
    let today = FinnishDay::of(doors.app.now());
    let on = FinnishDay::parse(&narrowed.on).unwrap_or(today);
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let invalidated = !narrowed.invalidated.is_empty();
    let query = DocumentQuery {
        due_on: Some(on),
        situation: Some(Situation::Archivist),
        reason: Some(Reason::Look(LookReason::Supervision)),
        service_task: given(&narrowed.task),
        group: DocumentGroup::of_code(&narrowed.group),
        states: vec![if invalidated { VersionState::Invalidated } else { VersionState::InForce }],
        limit: PAGE,
        cursor: given(&narrowed.cursor),
        ..DocumentQuery::default()
    };
    let caller = visit.caller.clone();
    let found = doors.work(move |app| app.find_documents(&caller, &query)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let row = |view: &DocumentView| {
        let row = Row::of(view, &names, &shell, "");
        let held = view.held.iter().map(|why| hold_word(shell.words, *why)).collect();
        DueRow {
            title: row.title,
            written: row.at.map(FinnishDay::of),
            task: row.task,
            period: view.retention.map(|kept| period(shell.words, kept)).unwrap_or_default(),
            class: sent_class(&view.metadata)
                .map(|class| class_word(&names, shell.words, &class, today)),
            held,
            ticked: ticked.contains(&view.document),
            document: view.document.to_string(),
        }
    };
    let wrong = faults.iter().filter_map(|fault| {
        let document = fault.value.clone()?;
        Some((document, ToldFault::labelled(fault, visit.language, super::label_of)))
    });
    let rows: Vec<DueRow> = found.hits.iter().map(row).collect();
    let wrong: HashMap<String, ToldFault> = wrong.collect();
    let loose: Vec<Fault> = faults
        .iter()
        .filter(|fault| !rows.iter().any(|row| Some(&row.document) == fault.value.as_ref()))
        .cloned()
        .collect();
    let (on, address) = (on.to_string(), address_of(narrowed));
    let page = DuePage {
        next: found.next.map(|cursor| shell.to(&format!("{address}&cursor={cursor}"))),
        tasks: ServiceTask::ALL
            .iter()
            .map(|task| {
                let code = task.code();
                (code.to_owned(), names.task(code, today), narrowed.task == code)
            })
            .collect(),
        groups: groups(&names, today, &narrowed.group),
        frame: Frame::of(visit, &loose),
        today: on == today.to_string(),
        on,
        invalidated,
        rows,
        wrong,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// The retention class in a document's metadata.
fn sent_class(metadata: &str) -> Option<String> {
    let told: serde_json::Value = serde_json::from_str(metadata).ok()?;
    told.get("retention_class")?.as_str().map(str::to_owned)
}

/// What a document was sent as, beside what the law says: the archive does not go by it, and whoever approves must see it.
fn class_word(names: &Names<'_>, words: Words, class: &str, today: FinnishDay) -> String {
    let name = names.coded(sets::RETENTION_CLASS, class, today);
    let name = name.unwrap_or_else(|| class.to_owned());
    words.with("archive.sent_as", &[("class", name.as_str())])
}

/// The address of the same page without its place in the pages.
fn address_of(narrowed: &Narrowed) -> String {
    let Narrowed { on, task, group, invalidated, .. } = narrowed;
    let plain = |text: &str| {
        let kept = |one: &char| one.is_ascii_alphanumeric() || *one == '-';
        text.chars().filter(kept).collect::<String>()
    };
    format!(
        "/desk/archive/due/?on={}&task={}&group={}&invalidated={}",
        plain(on),
        plain(task),
        plain(group),
        plain(invalidated)
    )
}

fn groups(names: &Names<'_>, today: FinnishDay, chosen: &str) -> Vec<(&'static str, String, bool)> {
    let name = |group: &DocumentGroup| {
        let code = group.code();
        let name = names.coded(sets::DOCUMENT_GROUP, code, today);
        (code, name.unwrap_or_else(|| code.to_owned()), code == chosen)
    };
    DocumentGroup::ALL.iter().map(name).collect()
}

fn hold_word(words: Words, reason: HoldReason) -> String {
    words.of(&format!("archive.hold-{}", reason.code()))
}

/// `POST /fi/desk/archive/lists/`: makes a list of what is ticked.
pub(super) async fn propose(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let named = fields.all().filter(|(name, _)| *name == "document");
    let documents: Result<Vec<Oid>, _> = named.map(|(_, value)| Oid::parse(value)).collect();
    // The form has identifiers of its own alone.
    let documents = documents.map_err(|_| Problem::not_found())?;
    let (caller, ticked) = (visit.caller.clone(), documents.clone());
    let proposal = Proposal { documents, dry_run: false };
    match doors.work(move |app| app.propose_destruction(&caller, &proposal)).await {
        Ok(made) => {
            let id = made.id.unwrap_or_default();
            Ok(redirect(&visit.to(&format!("/desk/archive/lists/{id}/"))))
        }
        Err(problem) => {
            let faults = faults_of(problem)?;
            let text = |name: &str| fields.text(name).to_owned();
            let narrowed = Narrowed {
                on: text("on"),
                task: text("task"),
                group: text("group"),
                invalidated: text("invalidated"),
                cursor: String::new(),
            };
            let visit = Visit { path: "/desk/archive/due/".to_owned(), ..visit };
            due_page(&doors, &visit, &narrowed, &faults, &ticked).await
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Paged {
    cursor: Option<String>,
    lifted: Option<String>,
}

#[derive(Template)]
#[template(path = "archive/lists.html")]
struct ListsPage {
    shell: Shell,
    frame: Frame,
    lists: Vec<ShownList>,
    next: Option<String>,
}

struct ShownList {
    id: String,
    state: String,
    mark: &'static str,
    register: String,
    view: DestructionView,
}

impl ShownList {
    fn of(view: DestructionView, names: &Names<'_>) -> Self {
        let mark = match view.state {
            ListState::Proposed | ListState::Approved => "wait",
            ListState::Begun => "bad",
            ListState::Done | ListState::Withdrawn => "good",
        };
        Self {
            id: view.id.clone().unwrap_or_default(),
            state: names.of(&format!("archive.state-{}", view.state.code())),
            mark,
            register: names.organisation(view.controller.as_str()),
            view,
        }
    }

    fn waits(&self) -> bool {
        self.view.state.takes_approval()
    }

    fn may_be_withdrawn(&self) -> bool {
        self.view.state.may_be_withdrawn()
    }

    fn may_be_carried_out(&self) -> bool {
        self.view.state.may_be_carried_out()
    }

    fn may_be_stopped(&self) -> bool {
        self.view.state.may_be_stopped()
    }

    /// Whether something of what was destroyed may be left in the files, and carrying out once more overwrites it.
    fn has_left(&self) -> bool {
        self.view.remains == Some(Remains::InLog)
    }

    /// Whether the server of the database has to clear up.
    fn is_left_to_server(&self) -> bool {
        self.view.remains == Some(Remains::OnServer)
    }

    fn is_done(&self) -> bool {
        self.view.state == ListState::Done
    }
}

/// `GET /fi/desk/archive/lists/`.
pub(super) async fn lists(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(paged): Query<Paged>,
) -> Page {
    let caller = visit.caller.clone();
    let query = DestructionQuery { limit: 0, cursor: paged.cursor };
    let found = doors.work(move |app| app.list_destructions(&caller, &query)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(&doors, &visit);
    let older = |cursor: String| shell.to(&format!("/desk/archive/lists/?cursor={cursor}"));
    let page = ListsPage {
        next: found.next.map(older),
        lists: found.lists.into_iter().map(|list| ShownList::of(list, &names)).collect(),
        frame: Frame::of(&visit, &[]),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

#[derive(Template)]
#[template(path = "archive/list.html")]
struct ListPage {
    shell: Shell,
    frame: Frame,
    list: ShownList,
    entries: Vec<ShownEntry>,
    /// Whether what would become of the entries is told, and not what became of them.
    rehearsed: bool,
}

struct ShownEntry {
    document: String,
    because: String,
    /// The retention class that it was sent with.
    class: Option<String>,
    fate: Option<String>,
    mark: &'static str,
    /// Whether there is something to look at.
    stands: bool,
}

impl ShownEntry {
    fn of(
        listed: &ListedEntry,
        names: &Names<'_>,
        words: Words,
        rehearsed: bool,
        today: FinnishDay,
    ) -> Self {
        let because = listed.entry.because;
        let until = Period::Until { from: because.from, since: because.since, last: because.last };
        let kept = Retention { rule: because.rule, period: until };
        let (fate, mark) = match listed.fate {
            None => (None, ""),
            Some(fate) => match fate.kept {
                None if rehearsed => (Some(words.of("archive.would-go")), "wait"),
                None => (Some(words.of("archive.destroyed")), "bad"),
                Some(why) => (Some(words.of(&format!("archive.kept-{}", why.code()))), "good"),
            },
        };
        Self {
            stands: rehearsed || listed.fate.is_none_or(|fate| fate.kept.is_some()),
            document: listed.entry.document.to_string(),
            because: period(words, kept),
            class: listed.class.as_ref().map(|class| class_word(names, words, class, today)),
            fate,
            mark,
        }
    }
}

/// `GET /fi/desk/archive/lists/{list}/`.
pub(super) async fn list(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let (caller, id) = (visit.caller.clone(), id_of(&path));
    let view = doors.work(move |app| app.show_destruction(&caller, &id)).await?;
    Ok(list_page(&doors, &visit, view, false, &[]))
}

fn id_of(path: &HashMap<String, String>) -> String {
    path.get("list").cloned().unwrap_or_default()
}

fn list_page(
    doors: &Doors,
    visit: &Visit,
    view: DestructionView,
    rehearsed: bool,
    faults: &[Fault],
) -> Response {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let today = FinnishDay::of(doors.app.now());
    let entry = |one: &ListedEntry| ShownEntry::of(one, &names, shell.words, rehearsed, today);
    let page = ListPage {
        entries: view.entries.iter().map(entry).collect(),
        list: ShownList::of(view, &names),
        frame: Frame::of(visit, faults),
        rehearsed,
        shell,
    };
    rendered(&page, visit.language)
}

/// `POST /fi/desk/archive/lists/{list}/`: approves, withdraws, rehearses or carries out.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let (caller, id) = (visit.caller.clone(), id_of(&path));
    let (asked, act) = (id.clone(), fields.text("act").to_owned());
    if act == "rehearse" {
        let view = doors.work(move |app| app.rehearse_destruction(&caller, &asked)).await?;
        return Ok(list_page(&doors, &visit, view, true, &[]));
    }
    if act == "carry-out" && fields.given("sure").is_none() {
        let view = doors.work(move |app| app.show_destruction(&caller, &asked)).await?;
        let fault = Fault::new(FaultKind::MissingElement, "sure", "ARC-12").arg("name", "sure");
        return Ok(list_page(&doors, &visit, view, false, &[fault]));
    }
    let done = doors.work(move |app| match act.as_str() {
        "approve" => app.approve_destruction(&caller, &asked),
        "withdraw" => app.withdraw_destruction(&caller, &asked),
        "stop" => app.stop_destruction(&caller, &asked),
        "carry-out" => app.carry_out_destruction(&caller, &asked, AT_ONCE),
        _ => Err(varanto_app::AppError::NotFound),
    });
    match done.await {
        // What was told once is not asked again: that something of it is left.
        Ok(view) if view.remains.is_some_and(|remains| remains != Remains::Nowhere) => {
            Ok(list_page(&doors, &visit, view, false, &[]))
        }
        Ok(_) => Ok(redirect(&visit.to(&format!("/desk/archive/lists/{id}/")))),
        Err(problem) => {
            let faults = faults_of(problem)?;
            let caller = visit.caller.clone();
            let view = doors.work(move |app| app.show_destruction(&caller, &id)).await?;
            Ok(list_page(&doors, &visit, view, false, &faults))
        }
    }
}

/// `GET /fi/desk/archive/lists/{list}/certificate`: the signed certificate, to be kept elsewhere.
pub(super) async fn certificate(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let (caller, id) = (visit.caller.clone(), id_of(&path));
    let note = doors.work(move |app| app.destruction_certificate(&caller, &id)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"certificate.txt\""),
    ];
    Ok((headers, note).into_response())
}

#[derive(Template)]
#[template(path = "archive/holds.html")]
struct HoldsPage {
    shell: Shell,
    frame: Frame,
    holds: Vec<ShownHold>,
    reasons: Vec<(&'static str, String, bool)>,
    lifted_too: bool,
    next: Option<String>,
    said: HashMap<&'static str, String>,
}

struct ShownHold {
    reason: String,
    view: HoldView,
}

/// `GET /fi/desk/archive/holds/`.
pub(super) async fn holds(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(paged): Query<Paged>,
) -> Page {
    holds_page(&doors, &visit, paged, &[], HashMap::new()).await
}

async fn holds_page(
    doors: &Doors,
    visit: &Visit,
    paged: Paged,
    faults: &[Fault],
    said: HashMap<&'static str, String>,
) -> Page {
    let caller = visit.caller.clone();
    let lifted_too = paged.lifted.is_some();
    let query = HoldQuery { document: None, lifted_too, limit: 0, cursor: paged.cursor };
    let found = doors.work(move |app| app.list_holds(&caller, &query)).await?;
    let shell = Shell::of(doors, visit);
    let lifted = if lifted_too { "lifted=1&" } else { "" };
    let older = |cursor: String| shell.to(&format!("/desk/archive/holds/?{lifted}cursor={cursor}"));
    let hold = |view: HoldView| ShownHold { reason: hold_word(shell.words, view.reason), view };
    let page = HoldsPage {
        next: found.next.map(older),
        holds: found.holds.into_iter().map(hold).collect(),
        reasons: hold_reasons(shell.words)
            .into_iter()
            .map(|(code, text)| {
                (code, text, said.get("hold_reason").is_some_and(|said| said == code))
            })
            .collect(),
        frame: Frame::of(visit, faults),
        lifted_too,
        said,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// `POST /fi/desk/archive/holds/`: holds a document, or lifts a hold.
pub(super) async fn hold(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let caller = visit.caller.clone();
    let done = if let Some(id) = fields.given("lift") {
        let id = id.to_owned();
        doors.work(move |app| app.lift_hold(&caller, &id).map(drop)).await
    } else {
        let (document, reason) =
            (Oid::parse(fields.text("document")), HoldReason::of_code(fields.text("hold_reason")));
        let mut faults = Vec::new();
        if document.is_err() {
            faults.push(Fault::new(FaultKind::NotAnOid, "document", "ARC-12"));
        }
        if reason.is_none() {
            let fault = Fault::new(FaultKind::MissingElement, "hold_reason", "ARC-12");
            faults.push(fault.arg("name", "hold_reason"));
        }
        match (document, reason) {
            (Ok(document), Some(reason)) => {
                let explanation = fields.given("explanation").map(str::to_owned);
                let request = HoldRequest { document: document.clone(), reason, explanation };
                let held = doors.work(move |app| app.place_hold(&caller, &request).map(drop)).await;
                held.map_err(|problem| match problem.status {
                    axum::http::StatusCode::NOT_FOUND => Problem::fault(
                        Fault::new(FaultKind::UnknownDocument, "document", "ARC-12")
                            .value(document.as_str()),
                    ),
                    _ => problem,
                })
            }
            _ => Err(Problem::faults(faults)),
        }
    };
    match done {
        Ok(()) => Ok(redirect(&visit.to("/desk/archive/holds/"))),
        Err(problem) => {
            let faults = faults_of(problem)?;
            let names = ["document", "hold_reason", "explanation"];
            let said = names.map(|name| (name, fields.text(name).to_owned())).into();
            holds_page(&doors, &visit, Paged::default(), &faults, said).await
        }
    }
}
