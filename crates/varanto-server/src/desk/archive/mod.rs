//! The archivist's desk: finding a document of the own registers for a reason, what is kept no longer, holds, lists of
//! documents to be destroyed, old data that want a person, how archiving goes, the use log and its hints, and the queue of looks.
//!
//! Every page asks the archive's own operations, which decide and log: who does not keep the archive is told so by them.
//! Source: CAS-6; design D11.

mod archiving;
mod deaths;
mod document;
mod old_data;
mod old_files;
mod old_log;
mod old_others;
mod old_progress;
mod old_row;
mod old_settled;
mod oversight;
mod retention;
mod taking_out;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use varanto_domain::access::{LookReason, Purpose, Reason, Situation};
use varanto_domain::archive::retention::{CountedFrom, Period, Retention};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::time::FinnishDay;

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Entry, Shell, Words, redirect, rendered};
use crate::reading::{Page, Told};
use crate::rest::problem::{Problem, ToldFault};

/// The navigation of one who keeps an archive.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/desk/archive/", text: "archive.menu" },
    Entry { path: "/desk/corrections/", text: "correction.title" },
    Entry { path: "/desk/", text: "desk.menu_find" },
];

/// The pages of the archivist's desk.
const TABS: &[Entry] = &[
    Entry { path: "/desk/archive/", text: "archive.tab_home" },
    Entry { path: "/desk/archive/due/", text: "archive.tab_due" },
    Entry { path: "/desk/archive/lists/", text: "archive.tab_lists" },
    Entry { path: "/desk/archive/holds/", text: "archive.tab_holds" },
    Entry { path: "/desk/archive/old-data/", text: "archive.tab_old_data" },
    Entry { path: "/desk/archive/archiving/", text: "archive.tab_archiving" },
    Entry { path: "/desk/archive/taking-out/", text: "taking.title" },
    Entry { path: "/desk/archive/log/", text: "archive.tab_log" },
    Entry { path: "/desk/archive/hints/", text: "archive.tab_hints" },
    Entry { path: "/desk/archive/looks/", text: "archive.tab_looks" },
];

/// How many days of delays are told.
const DAYS: usize = 30;

/// The routes below the first page, to be put behind the desk's gate.
pub(super) fn router() -> Router<Doors> {
    Router::new()
        .route("/open", post(open))
        .route("/documents/{client}/{oid}/", get(document::page).post(document::act))
        .route("/due/", get(retention::due))
        .route("/lists/", get(retention::lists).post(retention::propose))
        .route("/lists/{list}/", get(retention::list).post(retention::act))
        .route("/lists/{list}/certificate", get(retention::certificate))
        .route("/holds/", get(retention::holds).post(retention::hold))
        .route("/old-data/", get(old_data::batches))
        .route("/old-data/{batch}/", get(old_data::causes))
        .route("/old-data/{batch}/causes/{cause}/", get(old_data::cause).post(old_data::answer_all))
        .route("/old-data/{batch}/rows/{row}/", get(old_row::row).post(old_row::answer))
        .route("/old-data/{batch}/rows/{row}/file", get(old_row::file))
        .route(
            "/old-data/{batch}/rows/{row}/files/",
            get(old_files::row_again).post(old_files::files),
        )
        .route("/old-data/{batch}/answers/", get(old_data::answers).post(old_data::act))
        .route("/deaths/", get(deaths::deaths))
        .route("/archiving/", get(archiving::page))
        .route("/taking-out/", get(taking_out::page).post(taking_out::act))
        .route("/log/", get(oversight::log).post(oversight::search))
        .route("/hints/", get(oversight::hints).post(oversight::review))
        .route("/looks/", get(oversight::looks).post(oversight::judge))
}

/// What every page of this desk has around its content.
pub(super) struct Frame {
    /// The tabs: address, key of the text, whether it is the page shown or the nearest above it.
    tabs: Vec<(String, &'static str, bool)>,
    form_token: String,
    /// What is wrong with what was sent.
    faults: Vec<ToldFault>,
}

impl Frame {
    fn of(visit: &Visit, faults: &[Fault]) -> Self {
        let above = |one: &&Entry| visit.path.starts_with(one.path);
        let nearest = TABS.iter().filter(above).max_by_key(|one| one.path.len());
        let tab = |one: &Entry| (visit.to(one.path), one.text, nearest == Some(one));
        Self {
            tabs: TABS.iter().map(tab).collect(),
            form_token: visit.session.form_token.clone(),
            faults: faults
                .iter()
                .map(|fault| ToldFault::labelled(fault, visit.language, label_of))
                .collect(),
        }
    }

    /// The key of the text of the tab that is shown, for a screen that is narrow.
    fn tab(&self) -> &'static str {
        self.tabs.iter().find(|(_, _, shown)| *shown).map_or("archive.tabs", |(_, text, _)| *text)
    }

    /// What is wrong with a field, if anything is.
    fn fault(&self, element: &str) -> Option<&ToldFault> {
        self.faults.iter().find(|fault| fault.element == element)
    }
}

/// The key of the label that a field wears on these pages.
fn label_of(field: &str) -> Option<String> {
    let key = match field {
        "document" | "documents" => "archive.document",
        "reason" => "desk.reason",
        "hold_reason" => "archive.why",
        "explanation" => "archive.explanation",
        "identity_code" => "desk.identity_code",
        "register" | "transfer_reason" | "reference" => return Some(format!("taking.{field}")),
        "from" => "desk.from",
        "until" => "desk.until",
        "actor" | "event" | "outcome" | "sure" => return Some(format!("archive.{field}")),
        _ => return old_row::label_of(field),
    };
    Some(key.to_owned())
}

/// The faults of what was sent, to be shown beside its fields; any other problem is a page of its own.
pub(super) fn faults_of(problem: Problem) -> Result<Vec<Fault>, Problem> {
    if problem.faults.is_empty() || problem.denial.is_some() {
        return Err(problem);
    }
    Ok(problem.faults)
}

/// The words of the reasons of looks, by code.
fn reasons(words: Words) -> Vec<(&'static str, String)> {
    let told = |reason: LookReason| {
        let code = Reason::Look(reason).code();
        (code, words.of(&format!("reason.{code}")))
    };
    LookReason::ALL.into_iter().map(told).collect()
}

#[derive(Template)]
#[template(path = "archive/home.html")]
struct HomePage {
    shell: Shell,
    frame: Frame,
    reasons: Vec<(&'static str, String)>,
    document: String,
    registers: Vec<Register>,
}

/// How soon what was finished was archived in a register, over the last days.
struct Register {
    name: String,
    versions: u64,
    /// Of a hundred, within an hour, a day and a week.
    within: [u64; 3],
    /// The longest delay, in hours.
    longest: u64,
    days: Vec<DayOfDelays>,
}

struct DayOfDelays {
    day: FinnishDay,
    versions: u64,
    /// How many within an hour, a day and a week.
    within: [u64; 3],
    /// The longest delay, in hours.
    longest: u64,
}

/// `GET /fi/desk/archive/`: a document to open, and how soon documents were archived.
pub(super) async fn home(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    home_page(&doors, &visit, "", &[]).await
}

async fn home_page(doors: &Doors, visit: &Visit, document: &str, faults: &[Fault]) -> Page {
    let caller = visit.caller.clone();
    let delays = doors.work(move |app| {
        let registers = caller.registers.iter();
        let days = registers.map(|register| {
            let delays = app.archiving_delays(&caller, register, DAYS)?;
            let hours = |millis: u64| millis.div_ceil(3_600_000);
            let day = |day: FinnishDay, versions, within: [u64; 3], most| DayOfDelays {
                day,
                versions,
                within,
                longest: hours(most),
            };
            let days =
                delays.iter().map(|one| day(one.day, one.versions, one.within, one.most_millis));
            Ok((register.clone(), days.collect::<Vec<_>>()))
        });
        days.collect::<Result<Vec<_>, _>>()
    });
    let delays = delays.await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let register = |(register, days): (Oid, Vec<DayOfDelays>)| {
        let versions: u64 = days.iter().map(|one| one.versions).sum();
        let share = |place: usize| {
            let count: u64 = days.iter().map(|one| one.within[place]).sum();
            (count * 100).checked_div(versions).unwrap_or(0)
        };
        Register {
            name: names.organisation(register.as_str()),
            versions,
            within: [share(0), share(1), share(2)],
            longest: days.iter().map(|one| one.longest).max().unwrap_or(0),
            days,
        }
    };
    let mut shell = Shell::of(doors, visit);
    "/desk/archive/".clone_into(&mut shell.path);
    let page = HomePage {
        reasons: reasons(shell.words),
        shell,
        frame: Frame::of(visit, faults),
        document: document.to_owned(),
        registers: delays.into_iter().map(register).collect(),
    };
    Ok(rendered(&page, visit.language))
}

/// `POST /fi/desk/archive/open`: to a document of the own registers, for a reason, which goes with each look at its client's
/// documents in this session.
async fn open(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let asked = fields.text("document").to_owned();
    let (document, reason) = (Oid::parse(&asked).ok(), Reason::of_look(fields.text("reason")));
    let mut faults = Vec::new();
    if document.is_none() {
        faults.push(Fault::new(FaultKind::NotAnOid, "document", "CAS-6"));
    }
    if reason.is_none() {
        faults.push(Fault::new(FaultKind::MissingElement, "reason", "CAS-6").arg("name", "reason"));
    }
    let (Some(document), Some(reason)) = (document, reason) else {
        return home_page(&doors, &visit, &asked, &faults).await;
    };
    match open_document(&doors, &visit, &document, reason).await {
        Ok(to) => Ok(to),
        Err(problem) if problem.status == axum::http::StatusCode::NOT_FOUND => {
            let fault = Fault::new(FaultKind::UnknownDocument, "document", "CAS-6");
            home_page(&doors, &visit, &asked, &[fault.value(document.as_str())]).await
        }
        Err(problem) => Err(problem),
    }
}

/// Looks at a document to learn whose it is, and goes to its page at this desk.
async fn open_document(
    doors: &Doors,
    visit: &Visit,
    document: &Oid,
    reason: Reason,
) -> Result<Response, Problem> {
    let (caller, asked) = (visit.caller.clone(), document.clone());
    let purpose = Purpose {
        situation: Some(Situation::Archivist),
        reason: Some(reason),
        invalidated_too: true,
    };
    let view = doors.work(move |app| app.open_document(&caller, &asked, purpose)).await?;
    let client = client_of(&Told::of(&view)).ok_or_else(Problem::not_found)?;
    let handle = visit.session.open_client_because(doors, client, reason).await?;
    Ok(redirect(&visit.to(&format!("/desk/archive/documents/{handle}/{document}/"))))
}

/// Whose document it is, by its metadata.
fn client_of(told: &Told) -> Option<ClientIdentifier> {
    let client = &told.client;
    if let Some(code) = &client.identity_code {
        return PersonalIdentityCode::parse(code).ok().map(ClientIdentifier::Code);
    }
    let given = client.temporary_id.as_ref()?;
    let temporary = TemporaryIdentifier::new(&Oid::parse(&given.root).ok()?, &given.extension);
    temporary.ok().map(ClientIdentifier::Temporary)
}

/// How long a document is kept, in words.
fn period(words: Words, kept: Retention) -> String {
    let rule = words.of(&format!("archive.rule-{}", kept.rule.code()));
    let years = kept.rule.years().map(|(years, _)| years.to_string()).unwrap_or_default();
    let from = |from: CountedFrom| words.of(&format!("archive.from-{}", from.code()));
    match kept.period {
        Period::ForEver => words.with("archive.for-ever", &[("rule", &rule)]),
        Period::NotYetCounted(counted) => {
            let told = [("rule", &*rule), ("years", &years), ("from", &from(counted))];
            words.with("archive.waits", &told)
        }
        Period::Until { from: counted, since, last } => {
            let days = (words.day(&since), words.day(&last));
            let told = [
                ("rule", &*rule),
                ("years", &years),
                ("from", &from(counted)),
                ("since", &days.0),
                ("last", &days.1),
            ];
            words.with("archive.until", &told)
        }
    }
}
