//! The work queue of old client data: what people must complete of batches that were rehearsed, document beside form.
//!
//! The batches are folders of `varanto import` beside the archive. Every look is decided and written down by the archive's
//! own operation before the workbench gives anything out. No address holds anything of a client: batches and rows are
//! named by folder and number, causes by a digest. Source: OLD-7; CAS-6.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use varanto_app::old_data::{OldDataAct, OldDataLook, OldDataRow};
use varanto_app::{App, AppError};
use varanto_domain::access::log::Actor;
use varanto_domain::access::{Denial, OldDataPermit};
use varanto_domain::codes::{ServiceTask, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{ClientState, LeftOut};
use varanto_domain::time::FinnishDay;
use varanto_formats::xhtml::SAFE_COPY_MEDIA_TYPE;
use varanto_workbench::answers::{ASK_WHAT_IS_BESIDE, Answer, Decision, Given, Person};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{
    Cause, File, Listed, Lost, MOST, Progress, Queue, QueueError, QueuedRow, Seen, alike,
    has_no_file, may_be_answered, may_stand, target_of,
};
use varanto_workbench::report::FaultGroup;

use super::{Frame, faults_of};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{Page, VIEW_POLICY};
use crate::rest::problem::{Problem, ToldFault};
use crate::texts::{self, Language};

const HOME: &str = "/desk/archive/old-data/";
/// How many rows are shown at once.
const PAGE: usize = 50;
/// How many causes are shown at once: who settles some sees the next.
const CAUSES: usize = 100;
/// What the browser's own viewer of PDF files needs, and nothing else.
const PDF_POLICY: &str =
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/// The folder of a batch; what is no plain name, or no folder, is no batch.
fn folder(doors: &Doors, batch: &str) -> Option<PathBuf> {
    let within = &doors.config.old_data.batches;
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    let is_name = !batch.is_empty() && !batch.starts_with('.') && batch.chars().all(plain);
    let folder = within.join(batch);
    (is_name && !within.as_os_str().is_empty() && folder.is_dir()).then_some(folder)
}

fn problem(error: QueueError) -> Problem {
    match error {
        QueueError::Missing | QueueError::NotPermitted => Problem::not_found(),
        QueueError::Refused(faults) => Problem::faults(faults),
        QueueError::Busy => Problem::faults(vec![Fault::new(FaultKind::BatchBusy, "row", "OLD-7")]),
        QueueError::Changed => Problem::new(StatusCode::CONFLICT, "old-data-changed"),
        // What the workbench says may name a file, and a file's name a client.
        QueueError::Work(_) | QueueError::Rehearsal(_) => broken("the work file"),
        QueueError::Delivery(_) => broken("the delivery"),
        QueueError::Mapping => broken("the mapping file"),
    }
}

fn broken(what: &'static str) -> Problem {
    tracing::error!(what, "a batch of old data cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "old-data-unreadable")
}

/// What is done with the queue of a batch: with it as a whole, with rows of it, or with many together, of which words
/// without client data are told, and which rows they are.
struct Act {
    what: OldDataAct,
    rows: Vec<u64>,
    together: Option<Together>,
}

/// Rows that something is done with together.
struct Together {
    words: String,
    which: Which,
}

/// Which rows they are.
enum Which {
    /// The open ones of a cause.
    OfCause(String),
    /// Those that are not there any more, by what they said.
    Lost(Vec<String>),
}

/// How many rows of those that something is done with together are named.
const NAMED: usize = 20;

impl Together {
    /// What is told: the words, how many rows, and which; the first of them, where they are many.
    fn told(self, queue: &Queue) -> Result<String, QueueError> {
        let places = match &self.which {
            Which::OfCause(cause) => queue.places_of(cause)?,
            Which::Lost(rows) => queue.places_of_lost(rows)?,
        };
        Ok(told_together(&self.words, &places))
    }
}

fn told_together(words: &str, places: &[u64]) -> String {
    let named: Vec<String> = places.iter().take(NAMED).map(u64::to_string).collect();
    let more = places.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" more={more}") } else { String::new() };
    format!("{words} count={} rows={}{more}", places.len(), named.join(","))
}

impl Act {
    const LIST: Self = Self { what: OldDataAct::List, rows: Vec::new(), together: None };

    fn of_rows(what: OldDataAct, rows: Vec<u64>) -> Self {
        Self { what, rows, together: None }
    }
}

/// Does something with the queue of a batch, once it is decided and written down that the caller may.
async fn with<T: Send + 'static>(
    doors: &Doors,
    visit: &Visit,
    batch: &str,
    Act { what: act, rows, together }: Act,
    work: impl FnOnce(&App, &Queue, &OldDataPermit) -> Result<T, QueueError> + Send + 'static,
) -> Result<T, Problem> {
    let folder = folder(doors, batch);
    let (caller, batch) = (visit.caller.clone(), batch.to_owned());
    let done = doors.work(move |app| {
        let opened = folder.map_or(Ok(None), |folder| Queue::open(&folder));
        let facts = opened.and_then(|queue| {
            let Some(queue) = queue else { return Ok(None) };
            // What is written down of a look is of the very rows that are shown.
            if matches!(act, OldDataAct::List | OldDataAct::Look) {
                queue.hold()?;
            }
            let together = together.map(|together| together.told(&queue)).transpose()?;
            Ok(Some((queue.controllers()?, queue, together)))
        });
        // Whether a batch of others reads is not told, either.
        let facts = facts.unwrap_or_else(|error| {
            drop(problem(error));
            None
        });
        let look = match &facts {
            Some((controllers, queue, together)) => {
                let row = |place: u64| {
                    let whose = queue.whose(place).unwrap_or_default();
                    OldDataRow { place, clients: whose.clients, document: whose.document }
                };
                let rows = rows.into_iter().map(row).collect();
                let (controllers, together) = (controllers.clone(), together.clone());
                OldDataLook { act, batch, controllers, rows, together }
            }
            // Who may look at nothing is not told whether there is anything.
            None => OldDataLook {
                act,
                batch: "-".to_owned(),
                controllers: caller.registers.clone(),
                rows: Vec::new(),
                together: None,
            },
        };
        let permit = match app.may_complete_old_data(&caller, &look) {
            // A batch of others is none.
            Err(AppError::Denied(Denial::AnotherRegister)) => return Ok(Err(QueueError::Missing)),
            permit => permit?,
        };
        Ok(match facts {
            Some((_, queue, _)) => work(app, &queue, &permit),
            None => Err(QueueError::Missing),
        })
    });
    done.await?.map_err(problem)
}

/// Who answers.
async fn person(doors: &Doors, visit: &Visit) -> Result<Person, Problem> {
    let one = &visit.session.logged_in;
    let caller = visit.caller.clone();
    Ok(Person {
        actor: Actor::of(&visit.caller).name,
        also: doors.work(move |app| app.other_logins(&caller)).await?,
        name: format!("{} {}", one.given_names, one.family_name),
    })
}

/// What is read of an address or form as a row.
fn row_of(text: &str) -> Option<u64> {
    text.parse().ok().filter(|row| *row > 0)
}

#[derive(Template)]
#[template(path = "archive/old_data.html")]
struct BatchesPage {
    shell: Shell,
    frame: Frame,
    /// What is said where there are none.
    none: String,
    batches: Vec<ShownBatch>,
}

struct ShownBatch {
    address: String,
    name: String,
    source: String,
    progress: ShownProgress,
}

/// How far a batch is.
struct ShownProgress {
    told: Progress,
    /// How many rows want nobody any more.
    done: u64,
}

impl ShownProgress {
    const fn of(told: Progress) -> Self {
        Self { done: told.rows.saturating_sub(told.open + told.to_check), told }
    }
}

/// `GET /fi/desk/archive/old-data/`: the batches whose every controller's archive the caller keeps.
pub(super) async fn batches(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
) -> Page {
    let (caller, within) = (visit.caller.clone(), doors.config.old_data.batches.clone());
    let shared = doors.clone();
    let found = doors.work(move |app| {
        let entries = std::fs::read_dir(&within).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        let mut queues = Vec::new();
        for name in names {
            let opened = folder(&shared, &name).map(|folder| Queue::open(&folder));
            match opened {
                Some(Ok(Some(queue))) => queues.push((name, queue)),
                Some(Err(error)) => drop(problem(error)),
                _ => {}
            }
        }
        let controllers: Vec<Vec<Oid>> =
            queues.iter().map(|(_, queue)| queue.controllers().unwrap_or_default()).collect();
        let permits = app.may_list_old_data(&caller, &controllers)?;
        let mut told = Vec::new();
        for ((name, queue), permit) in queues.into_iter().zip(permits) {
            if let Some(permit) = permit
                && let Ok(progress) = queue.progress(&permit)
            {
                let source = format!("{} {}", queue.mapping().source, queue.mapping().batch);
                told.push((name, source, progress));
            }
        }
        Ok(told)
    });
    let batches = found.await?.into_iter().map(|(name, source, progress)| ShownBatch {
        address: visit.to(&format!("{HOME}{name}/")),
        name,
        source,
        progress: ShownProgress::of(progress),
    });
    let shell = Shell::of(&doors, &visit);
    let folder = doors.config.old_data.batches.display().to_string();
    let page = BatchesPage {
        batches: batches.collect(),
        frame: Frame::of(&visit, &[]),
        none: match folder.as_str() {
            "" => shell.words.of("old_data.no_folder"),
            folder => shell.words.with("old_data.no_batches_detail", &[("folder", folder)]),
        },
        shell,
    };
    Ok(rendered(&page, visit.language))
}

#[derive(Template)]
#[template(path = "archive/old_data_batch.html")]
struct BatchPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    progress: ShownProgress,
    causes: Vec<ShownCause>,
    more: bool,
    /// What was kept just now, in words.
    kept: Option<String>,
    /// What was completed just now and is not brought.
    not_brought: Option<NotBrought>,
}

/// That rows that were completed just now are not brought: told at once, for otherwise the report alone would tell it.
struct NotBrought {
    text: String,
    /// The row, where it is one.
    row: Option<String>,
}

/// The reasons of an archive plan.
const PLANNED: [LeftOut; 4] = [
    LeftOut::NeitherPermanentNorSample,
    LeftOut::NotOfAnActiveClient,
    LeftOut::NoKeyDocument,
    LeftOut::TaskKeptElsewhere,
];

/// That what somebody answered is kept.
fn kept(asked: &Asked, words: Words) -> Option<String> {
    let with = |key: &str, name, count: u64| words.with(key, &[(name, &words.number(&count))]);
    match (asked.kept, asked.many_kept) {
        (0, 0) => None,
        (0, many) => Some(with("old_data.kept_many", "count", many)),
        (row, _) => Some(words.with("old_data.kept_row", &[("row", &row.to_string())])),
    }
}

impl NotBrought {
    fn of(asked: &Asked, base: &str, words: Words) -> Option<Self> {
        if asked.many_left > 0 {
            let count = words.number(&asked.many_left);
            let text = words.with("old_data.left_out_many", &[("count", &count)]);
            return Some(Self { text, row: None });
        }
        let why = PLANNED.into_iter().find(|why| why.code() == asked.why)?;
        let row = row_of(&asked.left)?;
        let why = words.of(&format!("old_data.planned-{}", why.code()));
        let told = [("row", &*row.to_string()), ("why", &why)];
        let text = words.with("old_data.left_out_row", &told);
        Some(Self { text, row: Some(format!("{base}rows/{row}/")) })
    }

    /// What an address says of a row that was answered just now.
    fn in_address(row: u64, why: Option<&str>) -> String {
        let left = why.map(|why| format!("&left={row}&why={why}")).unwrap_or_default();
        format!("kept={row}{left}")
    }
}

struct ShownCause {
    id: String,
    message: String,
    right: String,
    rows: u64,
}

impl ShownCause {
    fn of(cause: &Cause, language: Language) -> Self {
        let mut args = cause.args.clone();
        if cause.rows > 1
            && let Some(first) = args.get_mut("first")
        {
            // The first row's: others have their own.
            "…".clone_into(first);
        }
        let fault = (&*cause.code, &*cause.element, cause.value.as_deref());
        let [message, right] = kept_fault(fault, &args, language);
        Self { id: cause.id.clone(), message, right, rows: cause.rows }
    }
}

/// What is said of a fault (code, element, value) that the rehearsal found: its element as the pages call it.
fn kept_fault(
    (code, element, value): (&str, &str, Option<&str>),
    args: &BTreeMap<String, String>,
    language: Language,
) -> [String; 2] {
    let words = Words(language);
    texts::of_kept_fault(language, code, |name| match name {
        "element" => Some(Cow::Owned(element_word(words, element))),
        "value" => value.map(Cow::Borrowed),
        _ => args.get(name).map(|value| match name {
            "name" => Cow::Owned(element_word(words, value)),
            _ => Cow::Borrowed(value.as_str()),
        }),
    })
}

/// What an element is called on the pages.
fn element_word(words: Words, element: &str) -> String {
    match target_of(element) {
        Some(target) => words.of(&label(target)),
        None if element == "row" => words.of("old_data.the_row"),
        None => element.to_owned(),
    }
}

/// The key of a target's label.
fn label(target: Target) -> String {
    format!("old_data.field-{}", target.name().replace('.', "-"))
}

/// `GET …/old-data/{batch}/`: what rows are open for.
pub(super) async fn causes(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    causes_page(&doors, &visit, &path, &asked, &[]).await
}

async fn causes_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    asked: &Asked,
    faults: &[Fault],
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let told = with(doors, visit, &batch, Act::LIST, |_, queue, permit| {
        Ok((queue.progress(permit)?, queue.causes(permit)?))
    });
    let (progress, causes) = told.await?;
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let page = BatchPage {
        kept: kept(asked, shell.words),
        not_brought: NotBrought::of(asked, &base, shell.words),
        base,
        more: causes.len() > CAUSES,
        causes: causes
            .iter()
            .take(CAUSES)
            .map(|cause| ShownCause::of(cause, visit.language))
            .collect(),
        progress: ShownProgress::of(progress),
        frame: Frame::of(visit, faults),
        batch,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

#[derive(Template)]
#[template(path = "archive/old_data_cause.html")]
struct CausePage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    cause: ShownCause,
    rows: Vec<ShownListed>,
    next: Option<String>,
    /// What is shown of all rows; `None` where they are too many to be answered together.
    seen: Option<Seen>,
    /// How many are answered together at most.
    most: u64,
    /// The field that all rows can be given alike.
    field: Option<Field>,
    decisions: Vec<(&'static str, String)>,
    /// The fault that all rows may let stand.
    stands: Option<&'static str>,
}

struct ShownListed {
    place: u64,
    address: String,
    day: Option<FinnishDay>,
    kind: Option<String>,
    state: String,
    given: Vec<ShownGiven>,
    /// Whether the caller may check it.
    to_check: bool,
    /// Whether all of it is shown here.
    whole: bool,
    seen: Seen,
}

struct ShownGiven {
    what: String,
    /// `None` where it is of the client, and this page is not of one row.
    value: Option<String>,
    by: String,
    checked: Option<String>,
}

impl ShownGiven {
    /// What was given; what is of the client is shown beside the document alone.
    fn of(given: &Given, words: Words, beside_the_document: bool) -> Self {
        let personal = matches!(&given.answer, Answer::Value(target, _) if target.is_personal());
        let (what, value) = match &given.answer {
            Answer::Value(target, value) if value.is_empty() => {
                (words.of(&label(*target)), words.of("old_data.nothing"))
            }
            Answer::Value(target @ Target::State, value) => {
                (words.of(&label(*target)), words.of(&format!("old_data.client-{value}")))
            }
            Answer::Value(target @ Target::NonDisclosure, value) => {
                (words.of(&label(*target)), words.of(&format!("old_data.switch-{value}")))
            }
            Answer::Value(target, value) => (words.of(&label(*target)), value.clone()),
            Answer::NotBrought(decision) => {
                (words.of("old_data.not_brought"), decision_word(words, *decision))
            }
            Answer::Stands(kind) => (words.of("old_data.stands"), stands_word(words, kind.code())),
            Answer::TakenBack => {
                (words.of("old_data.taken_back"), words.of("old_data.as_the_source_says"))
            }
        };
        Self {
            what,
            value: Some(value).filter(|_| beside_the_document || !personal),
            by: given.by.0.name.clone(),
            checked: given.checked.as_ref().map(|(person, _)| person.name.clone()),
        }
    }
}

fn decision_word(words: Words, decision: Decision) -> String {
    words.of(&format!("old_data.decision-{}", decision.code()))
}

fn stands_word(words: Words, code: &str) -> String {
    words.of(&format!("old_data.stands-{code}"))
}

/// Those who make rows for the eye.
struct Showing<'a> {
    names: Names<'a>,
    words: Words,
    base: &'a str,
    by: Person,
    today: FinnishDay,
}

impl<'a> Showing<'a> {
    fn of(names: Names<'a>, words: Words, base: &'a str, by: Person, today: FinnishDay) -> Self {
        Self { names, words, base, by, today }
    }

    /// Whether the caller may check something of it: nobody checks what they answered themselves.
    fn may_check(&self, given: &[Given]) -> bool {
        given.iter().any(|one| one.checked.is_none() && !self.by.is(&one.by.0.actor))
    }

    fn listed(&self, row: &Listed, cause: Option<&str>, beside_the_document: bool) -> ShownListed {
        let given = |one| ShownGiven::of(one, self.words, beside_the_document);
        let given: Vec<ShownGiven> = row.given.iter().map(given).collect();
        let day = row.day.as_deref().and_then(FinnishDay::parse);
        let behind = cause.map(|cause| format!("?cause={cause}")).unwrap_or_default();
        ShownListed {
            place: row.place,
            address: format!("{}rows/{}/{behind}", self.base, row.place),
            kind: row.general_type.as_deref().map(|code| {
                let name = self.names.coded(sets::DOCUMENT_TYPE, code, day.unwrap_or(self.today));
                name.unwrap_or_else(|| code.to_owned())
            }),
            day,
            state: self.words.of(&format!("old_data.state-{}", row.state)),
            to_check: self.may_check(&row.given),
            whole: given.iter().all(|one| one.value.is_some()),
            given,
            seen: row.seen.clone(),
        }
    }
}

/// Where a page of a list begins.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: u64,
    check: String,
    cause: String,
    /// The row that was answered just now, and is not brought; and why.
    left: String,
    why: String,
    /// How many rows that were answered together just now are not brought.
    many_left: u64,
    /// The row that was answered just now; or how many were.
    kept: u64,
    many_kept: u64,
}

/// `GET …/causes/{cause}/`: the rows that want the same, to be opened one by one or answered alike.
pub(super) async fn cause(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    cause_page(&doors, &visit, &path, asked.after, &[], None).await
}

async fn cause_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    after: u64,
    faults: &[Fault],
    said: Option<&str>,
) -> Page {
    let part = |name: &str| path.get(name).cloned().unwrap_or_default();
    let (batch, id) = (part("batch"), part("cause"));
    let wanted = id.clone();
    let told = with(doors, visit, &batch, Act::LIST, move |_, queue, permit| {
        let Some(cause) = queue.cause(permit, &wanted)? else { return Ok(None) };
        let rows = queue.rows(permit, &cause, after, PAGE + 1)?;
        let kept_elsewhere = !queue.mapping().kept_elsewhere.trim().is_empty();
        let seen = queue.seen_of(permit, &cause)?;
        Ok(Some((cause, rows, kept_elsewhere, seen)))
    });
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let Some((cause, mut rows, kept_elsewhere, seen)) = told.await? else {
        // All of it was answered meanwhile: who answered it, too, is told that nothing of it was kept.
        return if faults.is_empty() {
            Ok(redirect(&base))
        } else {
            causes_page(doors, visit, path, &Asked::default(), faults).await
        };
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().map(|row| row.place);
    let by = person(doors, visit).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.app.now());
    let target = alike(&cause);
    let mut field = target.map(|target| {
        let options = options(target, &names, shell.words, today);
        Field::of(target, said.unwrap_or_default(), options, shell.words)
    });
    if let Some(field) = &mut field {
        field.faulty(faults, visit.language);
    }
    let loose = faults.iter().filter(|fault| target.is_none_or(|one| one.name() != fault.element));
    let loose: Vec<Fault> = loose.cloned().collect();
    let fits = |decision: &Decision| match decision {
        Decision::DeliveredTwice => cause.code == FaultKind::SameContent.code(),
        Decision::NothingToBring => has_no_file(&cause.code),
        Decision::StaysElsewhere => kept_elsewhere,
    };
    let decisions = Decision::ALL.into_iter().filter(fits);
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let page = CausePage {
        rows: rows.iter().map(|row| showing.listed(row, Some(&id), false)).collect(),
        seen,
        most: MOST as u64,
        next: last.filter(|_| more).map(|last| format!("{base}causes/{id}/?after={last}")),
        decisions: decisions.map(|one| (one.code(), decision_word(shell.words, one))).collect(),
        stands: may_stand(&cause.code)
            .filter(|kind| *kind == FaultKind::SameContent)
            .map(FaultKind::code),
        cause: ShownCause::of(&cause, visit.language),
        field,
        frame: Frame::of(visit, &loose),
        batch,
        base: base.clone(),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// `POST …/causes/{cause}/`: answers all rows of a cause alike, once it is said that all are meant.
pub(super) async fn answer_all(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let part = |name: &str| path.get(name).cloned().unwrap_or_default();
    let (batch, id) = (part("batch"), part("cause"));
    let answer = match fields.text("act") {
        "leave" => Decision::of_code(fields.text("decision")).map(Answer::NotBrought),
        "stand" => may_stand(fields.text("code")).map(Answer::Stands),
        _ => fields.all().find_map(|(name, value)| {
            let target = Target::of_name(name.strip_prefix("v.")?)?;
            Some(Answer::Value(target, as_kept(target, value)))
        }),
    };
    let said =
        fields.all().find(|(name, _)| name.starts_with("v.")).map(|(_, value)| value.to_owned());
    let fault = |fault: Fault| vec![fault];
    let faults = match answer {
        None => fault(
            Fault::new(FaultKind::MissingElement, "decision", "OLD-7").arg("name", "decision"),
        ),
        Some(_) if fields.given("sure").is_none() => fault(
            Fault::new(FaultKind::NotConfirmed, "sure", "OLD-7").arg("count", fields.text("count")),
        ),
        Some(answer) => {
            let (by, registry) = (person(&doors, &visit).await?, doors.app.registry());
            let seen = Seen::from(fields.text("seen"));
            let count = fields.text("count").parse().unwrap_or(0u64);
            let cause = cause_id(&id);
            // What can be answered alike is nothing of a client; a form that was made up may hold anything, and is noted
            // before it is refused.
            let personal = matches!(&answer, Answer::Value(target, _) if target.is_personal());
            let is_code = PersonalIdentityCode::parse(answer.value()).is_ok();
            let told = if personal || is_code { "-" } else { answer.value() };
            let word: String = told.chars().filter(char::is_ascii_graphic).take(40).collect();
            let what = format!("answers={} value={word}", answer.element());
            let act = Act {
                what: OldDataAct::Answer,
                rows: Vec::new(),
                together: Some(Together {
                    words: format!("cause={cause} {what}"),
                    which: Which::OfCause(cause),
                }),
            };
            let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
                let changed = Fault::new(FaultKind::ChangedMeanwhile, "row", "OLD-7");
                let changed = || QueueError::Refused(vec![changed]);
                let cause = queue.cause(permit, &id)?.filter(|cause| cause.rows == count);
                let cause = cause.ok_or_else(changed)?;
                let by = (&by, app.now());
                queue.answer_all(permit, (&cause, &seen), &answer, by, &registry)
            });
            match done.await {
                Ok(bulk) => {
                    let (kept, left) = (bulk.answered, bulk.not_brought);
                    let told = format!("?many_kept={kept}&many_left={left}");
                    return Ok(redirect(&visit.to(&format!("{HOME}{batch}/{told}"))));
                }
                Err(problem) if is_away(&problem) => return Ok(waiting(&doors, &visit, &fields)),
                Err(problem) => faults_of(problem)?,
            }
        }
    };
    match cause_page(&doors, &visit, &path, 0, &faults, said.as_deref()).await {
        Err(problem) if is_away(&problem) => Ok(waiting(&doors, &visit, &fields)),
        page => page,
    }
}

#[derive(Template)]
#[template(path = "archive/old_data_row.html")]
struct RowPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    /// The cause that the row was opened from, to go on with.
    cause: String,
    row: ShownRow,
    faults: Vec<ShownFault>,
    /// What is faulty, or missing.
    asked: Vec<Field>,
    /// Everything else that is said of the document.
    others: Vec<Field>,
    decisions: Vec<(&'static str, String)>,
    stands: Vec<(String, String)>,
    next: Option<String>,
    /// What was kept just now, in words.
    kept: Option<String>,
    /// What was completed just now and is not brought.
    not_brought: Option<NotBrought>,
}

/// What is shown of a row beside its fields.
struct ShownRow {
    listed: ShownListed,
    /// What it is apart from what a rehearsal makes of it.
    same: Seen,
    /// Whether nothing is completed any more.
    begun: bool,
    /// Whether the caller may check what others completed.
    to_check: bool,
    /// The columns of the source.
    source: Vec<(String, String)>,
    /// What the file is, and how many bytes.
    file: Option<(String, u64)>,
    /// Whether the frame that it is shown in is shut off from everything; `None` where it is shown in none.
    framed: Option<bool>,
}

struct ShownFault {
    message: String,
    right: String,
}

/// A field of the form.
struct Field {
    name: &'static str,
    id: String,
    label: String,
    hint: String,
    value: String,
    /// What the row says by itself: what differs from it was written by a person.
    was: String,
    options: Vec<(String, String)>,
    fault: Option<ToldFault>,
    /// Whether a person must say it themselves: what stands there is not offered.
    must_say: bool,
    /// Whether it can be said that nothing is known.
    may_be_nothing: bool,
}

/// The key of the label that what is asked of old data wears.
pub(super) fn label_of(element: &str) -> Option<String> {
    match element {
        "row" => Some("old_data.the_row".to_owned()),
        "decision" => Some("archive.why".to_owned()),
        _ => target_of(element).map(label),
    }
}

impl Field {
    fn of(target: Target, value: &str, options: Vec<(String, String)>, words: Words) -> Self {
        let hint = format!("{}-hint", label(target));
        Self {
            name: target.name(),
            id: format!("v-{}", target.name().replace('.', "-")),
            label: words.of(&label(target)),
            hint: texts::find(words.language(), &hint).unwrap_or_default().to_owned(),
            value: value.to_owned(),
            was: value.to_owned(),
            options,
            fault: None,
            must_say: false,
            may_be_nothing: false,
        }
    }

    fn faulty(&mut self, faults: &[Fault], language: Language) {
        let mine =
            |fault: &&Fault| target_of(&fault.element).is_some_and(|one| one.name() == self.name);
        let told = |fault| ToldFault::labelled(fault, language, label_of);
        self.fault = faults.iter().find(mine).map(told);
    }
}

/// What can be chosen for a target, with its names; nothing where it is written.
fn options(
    target: Target,
    names: &Names<'_>,
    words: Words,
    day: FinnishDay,
) -> Vec<(String, String)> {
    let of_set = |set: &str| {
        let set = Oid::parse(set).ok();
        let found = set.and_then(|set| names.registry.code_sets().choices_on(&set, day));
        let codes = found.map(|(set, codes)| (set.oid.clone(), codes));
        let Some((set, codes)) = codes else { return Vec::new() };
        codes
            .iter()
            .map(|one| {
                let name = names.coded(set.as_str(), &one.code, day).unwrap_or_default();
                (one.code.clone(), named_first(&name, &one.code))
            })
            .collect()
    };
    match target {
        Target::State => ClientState::ALL
            .iter()
            .map(|state| {
                (state.name().to_owned(), words.of(&format!("old_data.client-{}", state.name())))
            })
            .collect(),
        Target::ServiceTask => ServiceTask::ALL
            .iter()
            .map(|task| {
                let name = names.task(task.code(), day);
                (task.code().to_owned(), named_first(&name, task.code()))
            })
            .collect(),
        Target::NonDisclosure => ["true", "false"]
            .map(|switch| (switch.to_owned(), words.of(&format!("old_data.switch-{switch}"))))
            .into(),
        Target::GeneralType => {
            let all = of_set(sets::DOCUMENT_TYPE).into_iter();
            let mut general: Vec<_> = all.filter(|(code, _)| code.len() <= 2).collect();
            general.sort_by_key(|(code, _)| code.parse::<u8>().unwrap_or(u8::MAX));
            general
        }
        Target::RetentionClass => of_set(sets::RETENTION_CLASS),
        Target::Sex => of_set(sets::SEX),
        _ => Vec::new(),
    }
}

/// A choice as it stands in a list: its name first, for whoever types goes to what begins so.
fn named_first(name: &str, code: &str) -> String {
    if name.is_empty() { code.to_owned() } else { format!("{name} ({code})") }
}

/// A value as it is kept: without space around it, days as the archive writes them.
fn as_kept(target: Target, value: &str) -> String {
    let value = value.trim();
    let is_day = matches!(
        target,
        Target::WrittenAt | Target::CaseOpened | Target::CaseClosed | Target::BirthDate
    );
    if target == Target::IdentityCode {
        return value.to_uppercase();
    }
    let parts: Vec<&str> = value.split('.').map(str::trim).collect();
    match *parts {
        [day, month, year] if is_day && year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => value.to_owned(),
    }
}

/// `GET …/rows/{row}/`: a row, its document beside its form.
pub(super) async fn row(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    row_page(&doors, &visit, &path, &asked, &[], None).await
}

/// What a cause is called; anything else is none.
fn cause_id(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).take(16).collect()
}

async fn row_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    from: &Asked,
    faults: &[Fault],
    said: Option<&Fields>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let cause = cause_id(&from.cause);
    let wanted = cause.clone();
    let act = Act::of_rows(OldDataAct::Look, vec![place]);
    let told = with(doors, visit, &batch, act, move |_, queue, permit| {
        let found = queue.cause(permit, &wanted)?;
        let next = match &found {
            Some(cause) => queue.rows(permit, cause, place, 1)?,
            None => Vec::new(),
        };
        let way = queue.way_of(permit, place)?;
        Ok((queue.row(permit, place)?, next.first().map(|row| row.place), way))
    });
    let (row, next, (framed, sandboxed)) = told.await?;
    // What was written of another row than this one is by now does not stay; what a rehearsal changed of the row is shown
    // beside what was written, and that is not lost.
    let changed = faults.iter().any(|fault| fault.kind == FaultKind::ChangedMeanwhile);
    let said = said.filter(|said| !changed || said.text("same") == row.same.as_str());
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let by = person(doors, visit).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let day = day_of(&row).unwrap_or_else(|| FinnishDay::of(doors.app.now()));
    let (asked, others) = form_of(&row, &names, (shell.words, day), faults, said);
    let in_form: Vec<&str> = asked.iter().chain(&others).map(|field| field.name).collect();
    let beside =
        |fault: &&Fault| target_of(&fault.element).is_none_or(|one| !in_form.contains(&one.name()));
    let loose: Vec<Fault> = faults.iter().filter(beside).cloned().collect();
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let listed = Listed {
        place,
        day: day_of(&row).map(|day| day.to_string()),
        general_type: row.values.get(&Target::GeneralType).cloned(),
        state: row.state.clone(),
        given: row.given.clone(),
        seen: match said {
            Some(said) if !changed => Seen::from(said.text("seen")),
            _ => row.seen.clone(),
        },
    };
    let stands = stands_of(&row, shell.words);
    let decisions = row.decisions.iter();
    let decisions = decisions.map(|one| (one.code(), decision_word(shell.words, *one))).collect();
    let page = RowPage {
        row: ShownRow {
            to_check: row.checked_by_two && showing.may_check(&row.given),
            listed: showing.listed(&listed, None, true),
            same: row.same,
            begun: row.begun,
            source: row.source.into_iter().map(|one| (one.column, one.value)).collect(),
            file: row.file,
            framed: framed.then_some(sandboxed),
        },
        faults: row.faults.iter().map(|fault| shown_fault(fault, visit.language)).collect(),
        asked,
        others,
        decisions,
        stands,
        next: next.map(|next| format!("{base}rows/{next}/?cause={cause}")),
        kept: kept(from, shell.words),
        not_brought: NotBrought::of(from, &base, shell.words),
        frame: Frame::of(visit, &loose),
        batch,
        base: base.clone(),
        cause,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// The faults of a row that a person may let stand, each with what it is called.
fn stands_of(row: &QueuedRow, words: Words) -> Vec<(String, String)> {
    let kinds = row.faults.iter().filter_map(|fault| may_stand(&fault.code));
    let mut stands: Vec<(String, String)> =
        kinds.map(|kind| (kind.code().to_owned(), stands_word(words, kind.code()))).collect();
    stands.dedup();
    stands
}

fn day_of(row: &QueuedRow) -> Option<FinnishDay> {
    let written = row.values.get(&Target::WrittenAt)?;
    FinnishDay::parse(written.get(..10).unwrap_or(written))
}

fn shown_fault(fault: &FaultGroup, language: Language) -> ShownFault {
    let told = (&*fault.code, &*fault.element, fault.value.as_deref());
    let [message, right] = kept_fault(told, &fault.args, language);
    ShownFault { message, right }
}

/// The fields of what is faulty, and those of everything else.
fn form_of(
    row: &QueuedRow,
    names: &Names<'_>,
    (words, day): (Words, FinnishDay),
    faults: &[Fault],
    said: Option<&Fields>,
) -> (Vec<Field>, Vec<Field>) {
    let is_asked = |target: &Target| {
        row.faults.iter().any(|fault| target_of(&fault.element) == Some(*target))
            || faults.iter().any(|fault| target_of(&fault.element) == Some(*target))
            || row.must_say.contains(target)
    };
    let field = |target: &Target| {
        let kept = row.values.get(target).map_or("", String::as_str);
        let written = said.and_then(|said| written(said, *target, kept));
        // What a person must say themselves is not offered to them.
        let unsaid = faults
            .iter()
            .any(|fault| fault.kind == FaultKind::MissingElement && fault.element == target.name());
        let must_say = row.must_say.contains(target) || unsaid;
        // What nobody wrote follows the row: a rehearsal may have made something else of it meanwhile.
        let value = match written {
            Some(written) if !must_say || was_asked(said, *target) => written,
            None if !must_say => kept,
            _ => "",
        };
        let mut options = options(*target, names, words, day);
        // What stands there stays to be seen, whether or not it can be chosen.
        if !options.is_empty()
            && !value.is_empty()
            && !options.iter().any(|(code, _)| code == value)
        {
            options.insert(0, (value.to_owned(), value.to_owned()));
        }
        let mut field = Field::of(*target, value, options, words);
        kept.clone_into(&mut field.was);
        field.must_say = must_say;
        field.may_be_nothing =
            is_asked(target) && !target.is_required() && *target != Target::NonDisclosure;
        field.faulty(faults, words.language());
        field
    };
    let (asked, others): (Vec<&Target>, Vec<&Target>) = Target::ALL
        .iter()
        .filter(|target| may_be_answered(**target))
        .partition(|one| is_asked(one));
    (asked.into_iter().map(field).collect(), others.into_iter().map(field).collect())
}

/// What a person wrote of a target: what differs from what the form showed. A form that does not say what it showed was
/// made of the row as it is.
fn written<'f>(said: &'f Fields, target: Target, kept: &str) -> Option<&'f str> {
    let of = |kind: &str| {
        let name = format!("{kind}.{}", target.name());
        said.all().find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let value = of("v")?;
    let shown = if was_asked(Some(said), target) { "" } else { of("was").unwrap_or(kept) };
    (of_one_line(value) != of_one_line(shown)).then_some(value)
}

/// Whether a form asked for a target, and did not offer what stands there.
fn was_asked(said: Option<&Fields>, target: Target) -> bool {
    said.is_some_and(|said| {
        said.all().any(|(name, value)| name == "asked" && value == target.name())
    })
}

/// `POST …/rows/{row}/`: completes the row, lets a fault stand, or decides that it is not brought; then the next one.
pub(super) async fn answer(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let cause = cause_id(&asked.cause);
    let (by, registry, said) =
        (person(&doors, &visit).await?, doors.app.registry(), fields.clone());
    let wanted = cause.clone();
    let act = Act::of_rows(OldDataAct::Answer, vec![place]);
    let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
        let row = queue.row(permit, place)?;
        let given = answers_of(&row, &said)?;
        let seen = Seen::from(said.text("seen"));
        let left = queue.answer(permit, (place, &seen), &given, (&by, app.now()), &registry)?;
        let Some(cause) = queue.cause(permit, &wanted)? else { return Ok((None, left)) };
        let after = queue.rows(permit, &cause, place, 1)?;
        let next = if after.is_empty() { queue.rows(permit, &cause, 0, 1)? } else { after };
        Ok((next.first().map(|row| row.place), left))
    });
    match done.await {
        Ok((next, left)) => {
            let left = NotBrought::in_address(place, left);
            Ok(redirect(&visit.to(&match next {
                Some(next) => format!("{HOME}{batch}/rows/{next}/?cause={cause}&{left}"),
                None => format!("{HOME}{batch}/?{left}"),
            })))
        }
        Err(problem) if is_away(&problem) => Ok(waiting(&doors, &visit, &fields)),
        Err(problem) => {
            let faults = faults_of(problem)?;
            match row_page(&doors, &visit, &path, &asked, &faults, Some(&fields)).await {
                Err(problem) if is_away(&problem) => Ok(waiting(&doors, &visit, &fields)),
                page => page,
            }
        }
    }
}

#[derive(Template)]
#[template(path = "archive/old_data_waiting.html")]
struct WaitingPage {
    shell: Shell,
    frame: Frame,
    /// Everything that was sent, to be sent again.
    fields: Vec<(String, String)>,
    /// What was written, by the names of fields.
    written: Vec<(String, String)>,
}

/// Whether a batch cannot be read at this moment: it is rehearsed, moved, or its delivery is another one.
fn is_away(problem: &Problem) -> bool {
    problem.denial.is_none()
        && (problem.status == StatusCode::NOT_FOUND
            || matches!(problem.code, "old-data-changed" | "old-data-unreadable")
            || problem.faults.iter().any(|fault| fault.kind == FaultKind::BatchBusy))
}

/// What somebody wrote of a batch that cannot be read at this moment: it is shown to them again, with nothing of the batch,
/// and can be sent again.
fn waiting(doors: &Doors, visit: &Visit, fields: &Fields) -> Response {
    let shell = Shell::of(doors, visit);
    let sent = fields;
    let fields: Vec<(String, String)> = sent
        .all()
        .filter(|(name, _)| *name != "form_token")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let written = fields.iter().filter_map(|(name, value)| {
        let target = Target::of_name(name.strip_prefix("v.")?)?;
        let by_person = !value.is_empty() && written(sent, target, "").is_some();
        by_person.then(|| (shell.words.of(&label(target)), value.clone()))
    });
    let page =
        WaitingPage { written: written.collect(), fields, frame: Frame::of(visit, &[]), shell };
    rendered(&page, visit.language)
}

/// A value as a field of one line sends it.
fn of_one_line(value: &str) -> String {
    value.replace(['\r', '\n'], "").trim().to_owned()
}

/// What a form answers of a row.
fn answers_of(row: &QueuedRow, said: &Fields) -> Result<Vec<Answer>, QueueError> {
    let missing = |element: &str| {
        let fault = Fault::new(FaultKind::MissingElement, element, "OLD-7");
        QueueError::Refused(vec![fault.arg("name", element)])
    };
    match said.text("act") {
        "leave" => {
            let decision = Decision::of_code(said.text("decision"));
            return Ok(vec![Answer::NotBrought(decision.ok_or_else(|| missing("decision"))?)]);
        }
        "stand" => {
            let kind = may_stand(said.text("code")).ok_or_else(|| missing("code"))?;
            return Ok(vec![Answer::Stands(kind)]);
        }
        _ => {}
    }
    let mut given = Vec::new();
    for (name, value) in said.all() {
        let Some(target) = name.strip_prefix("v.").and_then(Target::of_name) else { continue };
        let kept = row.values.get(&target).map_or("", String::as_str);
        // Nothing is known only where somebody says so.
        let nothing = said.all().any(|(name, value)| name == "nothing" && value == target.name());
        if written(said, target, kept).is_some() || (nothing && of_one_line(value).is_empty()) {
            given.push(Answer::Value(target, as_kept(target, value)));
        }
    }
    let beside = ASK_WHAT_IS_BESIDE.iter().filter(|kind| {
        !given.is_empty() && row.faults.iter().any(|fault| fault.code == kind.code())
    });
    let beside: Vec<Answer> = beside.map(|kind| Answer::Stands(*kind)).collect();
    given.extend(beside);
    if given.is_empty() {
        let faulty = row.faults.iter().find_map(|fault| target_of(&fault.element));
        return Err(missing(faulty.map_or("row", Target::name)));
    }
    Ok(given)
}

/// `GET …/rows/{row}/file`: the row's file, as the archive would have it where it can be shown.
pub(super) async fn file(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let act = Act::of_rows(OldDataAct::Look, vec![place]);
    let file = with(&doors, &visit, &batch, act, move |_, queue, permit| queue.file(permit, place));
    let frame = (HeaderName::from_static("x-frame-options"), "SAMEORIGIN");
    let policy = header::CONTENT_SECURITY_POLICY;
    Ok(match file.await? {
        File::Page(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, SAFE_COPY_MEDIA_TYPE), (policy, VIEW_POLICY), frame];
            (headers, bytes).into_response()
        }
        File::Text(text) => {
            let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
            ([kind, (policy, VIEW_POLICY), frame], text).into_response()
        }
        File::Pdf(bytes) => {
            let kind = (header::CONTENT_TYPE, "application/pdf");
            ([kind, (policy, PDF_POLICY), frame], bytes).into_response()
        }
        File::Other(kind, bytes) => {
            let named = format!("attachment; filename=\"row-{place}.{}\"", kind.name());
            let headers = [
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_DISPOSITION, named),
            ];
            (headers, bytes).into_response()
        }
    })
}

#[derive(Template)]
#[template(path = "archive/old_data_answers.html")]
struct AnswersPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    /// Whether only what another person must check is shown.
    to_check: bool,
    /// Whether another person checks anything at all.
    by_two: bool,
    rows: Vec<ShownListed>,
    next: Option<String>,
    lost: Vec<ShownLost>,
    begun: bool,
    /// What was checked just now and is not brought.
    not_brought: Option<NotBrought>,
}

/// What was answered of a row that is not there any more.
struct ShownLost {
    row: String,
    seen: Seen,
    place: u64,
    what: String,
    by: String,
}

impl ShownLost {
    fn of(lost: &Lost, words: Words) -> Self {
        let word = |element: &String| match Target::of_name(element) {
            Some(target) => words.of(&label(target)),
            None if element == "row" => words.of("old_data.not_brought"),
            None if element == "back" => words.of("old_data.taken_back"),
            None => words.of("old_data.stands"),
        };
        let what: Vec<String> = lost.elements.iter().map(word).collect();
        let (row, seen) = (lost.row.clone(), lost.seen.clone());
        Self { row, seen, place: lost.place, what: what.join(", "), by: lost.by.clone() }
    }
}

/// `GET …/answers/`: what was answered, to be checked or taken back.
pub(super) async fn answers(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    answers_page(&doors, &visit, &path, &asked, &[]).await
}

async fn answers_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    asked: &Asked,
    faults: &[Fault],
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let (to_check, after) = (!asked.check.is_empty(), asked.after);
    let told = with(doors, visit, &batch, Act::LIST, move |_, queue, permit| {
        let two = queue.mapping().checked_by_two;
        let begun = queue.begun()?;
        let rows = queue.answered(permit, to_check, after, PAGE + 1)?;
        Ok((two, begun, rows, queue.lost(permit, PAGE)?))
    });
    let (two, begun, mut rows, lost) = told.await?;
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let behind = if to_check { "&check=1" } else { "" };
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| format!("{base}answers/?after={}{behind}", row.place));
    let by = person(doors, visit).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let mut shown: Vec<ShownListed> =
        rows.iter().map(|row| showing.listed(row, None, false)).collect();
    for row in &mut shown {
        row.to_check &= two;
    }
    let page = AnswersPage {
        rows: shown,
        next,
        lost: lost.iter().map(|one| ShownLost::of(one, shell.words)).collect(),
        begun,
        not_brought: NotBrought::of(asked, &base, shell.words),
        to_check,
        by_two: two,
        frame: Frame::of(visit, faults),
        batch,
        base: base.clone(),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// `POST …/answers/`: checks what others answered of the ticked rows, or takes back what was answered.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let ticked = fields.all().filter(|(name, _)| *name == "row");
    let rows: Vec<(u64, Seen)> = ticked.filter_map(|(_, value)| seen_of(value)).collect();
    let by = person(&doors, &visit).await?;
    let faults = if fields.text("act") == "forget" {
        let ticked = fields.all().filter(|(name, _)| *name == "lost");
        let ticked = ticked.filter_map(|(_, value)| value.split_once(' '));
        let lost: Vec<_> = ticked.map(|(row, seen)| (row.to_owned(), Seen::from(seen))).collect();
        let which = Which::Lost(lost.iter().map(|(row, _)| row.clone()).collect());
        let together = Some(Together { words: "lost".to_owned(), which });
        let act = Act { what: OldDataAct::TakeBack, rows: Vec::new(), together };
        let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
            queue.forget_lost(permit, &lost, (&by, app.now()))
        });
        match done.await {
            Ok(_) => return Ok(redirect(&visit.to(&format!("{HOME}{batch}/answers/")))),
            Err(problem) => faults_of(problem)?,
        }
    } else if rows.is_empty() {
        vec![Fault::new(FaultKind::MissingElement, "row", "OLD-7").arg("name", "row")]
    } else {
        let back = fields.text("act") == "take-back";
        let act = if back { OldDataAct::TakeBack } else { OldDataAct::Check };
        let act = Act::of_rows(act, rows.iter().map(|(place, _)| *place).collect());
        let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
            if back {
                queue.take_back(permit, &rows, (&by, app.now())).map(|_| 0)
            } else {
                queue.check(permit, &rows, (&by, app.now())).map(|bulk| bulk.not_brought)
            }
        });
        match done.await {
            Ok(left) => {
                let check = if asked.check.is_empty() { "" } else { "check=1" };
                let left = if left > 0 { format!("&many_left={left}") } else { String::new() };
                let behind = format!("{HOME}{batch}/answers/?{check}{left}");
                return Ok(redirect(&visit.to(&behind)));
            }
            Err(problem) => faults_of(problem)?,
        }
    };
    answers_page(&doors, &visit, &path, &asked, &faults).await
}

/// A row of a form with what was shown of it.
fn seen_of(text: &str) -> Option<(u64, Seen)> {
    let (place, seen) = text.split_once(' ')?;
    Some((row_of(place)?, Seen::from(seen)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-7, LOG-1: the line of what is done with many rows together says how many, and which, in few words.
    #[test]
    fn rows_that_are_answered_together_are_named() {
        assert_eq!(told_together("cause=ab", &[2, 5]), "cause=ab count=2 rows=2,5");
        let many: Vec<u64> = (1..=300).collect();
        let told = told_together("cause=ab", &many);
        assert!(told.starts_with("cause=ab count=300 rows=1,2,3,"), "{told}");
        assert!(told.ends_with(",19,20 more=280"), "{told}");
        assert_eq!(told_together("lost", &[]), "lost count=0 rows=");
    }

    /// OLD-8: each reason of an archive plan has words at the desk, in each language.
    #[test]
    fn each_reason_of_an_archive_plan_has_words() {
        for why in PLANNED {
            for language in Language::ALL {
                let key = format!("old_data.planned-{}", why.code());
                assert!(texts::find(language, &key).is_some(), "{language:?} {key}");
            }
        }
    }
}
