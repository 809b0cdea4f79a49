//! The work queue of old client data: what people must complete of batches that were rehearsed, document beside form.
//!
//! The batches are folders of `varanto import` beside the archive. Every look is decided and written down by the archive's
//! own operation before the workbench gives anything out. No address holds anything of a client: batches and rows are
//! named by folder and number, causes by a digest. Source: OLD-7; CAS-6.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use varanto_app::old_data::{OldDataAct, OldDataLook, OldDataRow};
use varanto_app::{App, AppError};
use varanto_domain::access::log::Actor;
use varanto_domain::access::{Denial, OldDataPermit};
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::LeftOut;
use varanto_domain::time::FinnishDay;
use varanto_workbench::answers::{Answer, Decision, Given, Person};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{
    Cause, Listed, Lost, MOST, Queue, QueueError, Seen, alike, has_no_file,
    is_mended_in_the_source, may_stand, target_of,
};
use varanto_workbench::work::State as RowState;

use super::old_progress::{ShownCause, ShownProgress, arg_word};
use super::old_row::{
    Field, as_kept, as_shown, cause_id, is_away, options, original_task_word, waiting,
};
use super::{Frame, faults_of};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::Problem;
use crate::texts::{self, Language};

pub(super) const HOME: &str = "/desk/archive/old-data/";
/// How many rows are shown at once.
const PAGE: usize = 50;
/// How many causes are shown at once: who settles some sees the next.
const CAUSES: usize = 100;
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
pub(super) struct Act {
    what: OldDataAct,
    rows: Vec<u64>,
    /// Whether their attachments are meant, too.
    pub(super) attachments: bool,
    /// The file that is looked at, by its digest.
    pub(super) file: Option<String>,
    together: Option<Together>,
}

/// Rows that something is done with together.
struct Together {
    words: String,
    which: Which,
    /// Whether their attachments are meant, too.
    attachments: bool,
}

/// Which rows they are.
enum Which {
    /// The open ones of a cause.
    OfCause(String),
    /// Those that are not there any more, by what they said.
    Lost(Vec<String>),
    /// None: it is done with the delivery's files.
    Nothing,
}

/// How many rows of those that something is done with together are named.
const NAMED: usize = 20;

impl Together {
    /// What is told: the words, how many rows, and which; the first of them, where they are many.
    fn told(self, queue: &Queue) -> Result<String, QueueError> {
        let mut places = match &self.which {
            Which::OfCause(cause) => queue.places_of(cause)?,
            Which::Lost(rows) => queue.places_of_lost(rows)?,
            Which::Nothing => return Ok(self.words),
        };
        if self.attachments {
            places.extend(queue.followers(&places)?);
        }
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
    const LIST: Self = Self {
        what: OldDataAct::List,
        rows: Vec::new(),
        attachments: false,
        file: None,
        together: None,
    };

    pub(super) fn of_rows(what: OldDataAct, rows: Vec<u64>) -> Self {
        Self { what, rows, ..Self::LIST }
    }

    /// The names of the delivery's files are looked at, for a row.
    pub(super) fn files(row: u64) -> Self {
        let words = "files".to_owned();
        let together = Some(Together { words, which: Which::Nothing, attachments: false });
        Self { rows: vec![row], together, ..Self::LIST }
    }

    fn together(what: OldDataAct, together: Together) -> Self {
        Self { what, together: Some(together), ..Self::LIST }
    }
}

/// Does something with the queue of a batch, once it is decided and written down that the caller may.
pub(super) async fn with<T: Send + 'static>(
    doors: &Doors,
    visit: &Visit,
    batch: &str,
    Act { what: act, mut rows, attachments, file, together }: Act,
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
            if attachments {
                let named: BTreeSet<u64> = rows.iter().copied().collect();
                let also = match act {
                    OldDataAct::TakeBack => queue.returning(&rows)?,
                    _ => queue.followers(&rows)?,
                };
                rows.extend(also.into_iter().filter(|place| !named.contains(place)));
            }
            Ok(Some((queue.controllers()?, queue, together, rows)))
        });
        // Whether a batch of others reads is not told, either.
        let facts = facts.unwrap_or_else(|error| {
            drop(problem(error));
            None
        });
        let look = match &facts {
            Some((controllers, queue, together, rows)) => {
                let row = |place: u64| {
                    let whose = queue.whose(place).unwrap_or_default();
                    let file = file.clone();
                    OldDataRow { place, clients: whose.clients, document: whose.document, file }
                };
                let rows = rows.iter().copied().map(row).collect();
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
            Some((_, queue, _, _)) => work(app, &queue, &permit),
            None => Err(QueueError::Missing),
        })
    });
    done.await?.map_err(problem)
}

/// Who answers.
pub(super) async fn person(doors: &Doors, visit: &Visit) -> Result<Person, Problem> {
    let one = &visit.session.logged_in;
    let caller = visit.caller.clone();
    Ok(Person {
        actor: Actor::of(&visit.caller).name,
        also: doors.work(move |app| app.other_logins(&caller)).await?,
        name: format!("{} {}", one.given_names, one.family_name),
    })
}

/// What is read of an address or form as a row.
pub(super) fn row_of(text: &str) -> Option<u64> {
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
    /// Whether the delivery is another one than was rehearsed: nothing of it can be looked at.
    changed: bool,
    causes: Vec<ShownCause>,
    more: bool,
    /// What the source alone mends.
    of_source: Vec<ShownCause>,
    /// What the archive refused, and what a run left faulty.
    refused: Vec<ShownCause>,
    still_faulty: Vec<ShownCause>,
    /// What was kept just now, in words.
    kept: Option<String>,
    /// What was completed just now and is not brought.
    not_brought: Option<NotBrought>,
}

/// That rows that were completed just now are not brought: told at once, for otherwise the report alone would tell it.
pub(super) struct NotBrought {
    pub(super) text: String,
    /// The row, where it is one.
    pub(super) row: Option<String>,
}

/// The reasons of an archive plan.
const PLANNED: [LeftOut; 4] = [
    LeftOut::NeitherPermanentNorSample,
    LeftOut::NotOfAnActiveClient,
    LeftOut::NoKeyDocument,
    LeftOut::TaskKeptElsewhere,
];

/// That what somebody answered is kept, and what becomes of attachments; where two must look, that it waits for the other.
pub(super) fn kept(asked: &Asked, two: bool, words: Words) -> Option<String> {
    let with = |key: &str, name, count: u64| words.with(key, &[(name, &words.number(&count))]);
    let mut told = match (asked.kept, asked.many_kept) {
        (0, 0) => return None,
        (0, many) => vec![with("old_data.kept_many", "count", many)],
        (row, _) => vec![words.with("old_data.kept_row", &[("row", &row.to_string())])],
    };
    if two {
        told.push(words.of("old_data.kept_waits"));
    }
    let attachments =
        [("old_data.attachments_stay", asked.stay), ("old_data.attachments_wait", asked.wait)];
    for (key, count) in attachments.into_iter().filter(|(_, count)| *count > 0) {
        told.push(with(key, "count", count));
    }
    Some(told.join(" "))
}

/// An address with what it says behind it.
pub(super) fn address(path: &str, said: &[(&str, String)]) -> String {
    let said: Vec<String> = said.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if said.is_empty() { path.to_owned() } else { format!("{path}?{}", said.join("&")) }
}

impl NotBrought {
    pub(super) fn of(asked: &Asked, base: &str, words: Words) -> Option<Self> {
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
}

/// What is said of a fault (code, element, value) that the rehearsal found: its element as the pages call it.
pub(super) fn kept_fault(
    (code, element, value): (&str, &str, Option<&str>),
    args: &BTreeMap<String, String>,
    language: Language,
) -> [String; 2] {
    let words = Words(language);
    let value = |name: &str| match name {
        "element" => Some(Cow::Owned(element_word(words, element))),
        "value" => value.map(|value| words.in_sentence(value)),
        _ => args.get(name).map(|value| arg_word(language, name, value)),
    };
    let [message, right] = texts::of_kept_fault(language, code, value);
    // What is broken in a file has many rules, and one remedy.
    let of_content = element.starts_with("pdf:") || element.starts_with("view:");
    let otherwise = || right_at_the_desk("of-content", language, value);
    let at_the_desk = right_at_the_desk(code, language, value)
        .or_else(|| if of_content { otherwise() } else { None });
    let key = format!("old_data.message-{code}");
    let message = match texts::find(language, &key) {
        Some(_) => texts::fill(language, &key, value),
        None => message,
    };
    [message, at_the_desk.unwrap_or(right)]
}

/// What whoever completes rows at the desk can do about a fault, where that is something else than whoever writes the
/// mapping file or keeps the source does.
pub(super) fn right_at_the_desk<'a>(
    code: &str,
    language: Language,
    value: impl Fn(&str) -> Option<Cow<'a, str>>,
) -> Option<String> {
    let key = format!("old_data.right-{code}");
    texts::find(language, &key).map(|_| texts::fill(language, &key, value))
}

/// What an element is called on the pages.
pub(super) fn element_word(words: Words, element: &str) -> String {
    match target_of(element) {
        Some(target) => words.of(&label(target)),
        None if element == "row" => words.of("old_data.the_row"),
        None => element.to_owned(),
    }
}

/// The key of a target's label.
pub(super) fn label(target: Target) -> String {
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
        let two = queue.mapping().checked_by_two;
        let (progress, causes) = queue.overview(permit)?;
        // Once a run has begun the queue is closed, and only looked back at.
        let (causes, changed, refused, still) = if progress.begun {
            let [refused, still] =
                [RowState::Refused, RowState::Faulty].map(|one| queue.left(permit, one));
            (Vec::new(), false, refused?, still?)
        } else {
            (causes, queue.has_another_delivery(permit)?, Vec::new(), Vec::new())
        };
        Ok((two, progress, causes, changed, [refused, still]))
    });
    let (two, progress, causes, changed, left) = told.await?;
    let (of_source, causes): (Vec<Cause>, Vec<Cause>) =
        causes.into_iter().partition(|cause| is_mended_in_the_source(&cause.code));
    let shown = |cause: &Cause| ShownCause::of(cause, visit.language);
    let [refused, still] = left.map(|causes| causes.iter().map(shown).collect());
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let page = BatchPage {
        kept: kept(asked, two, shell.words),
        not_brought: NotBrought::of(asked, &base, shell.words),
        base,
        changed,
        more: causes.len() > CAUSES,
        causes: causes.iter().take(CAUSES).map(shown).collect(),
        of_source: of_source.iter().map(shown).collect(),
        refused,
        still_faulty: still,
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
    /// Whether a run has begun: its rows are read, and nothing is answered.
    begun: bool,
    rows: Vec<ShownListed>,
    next: Option<String>,
    /// What is shown of all rows; `None` where they are too many to be answered together.
    seen: Option<Seen>,
    /// What is shown of them and their attachments, and how many of these there are; `None` where they are too many to be
    /// left out together.
    to_leave: Option<(Seen, u64)>,
    /// How many are answered together at most.
    most: u64,
    /// The field that all rows can be given alike.
    field: Option<Field>,
    decisions: Vec<(&'static str, String)>,
    /// The fault that all rows may let stand.
    stands: Option<&'static str>,
}

pub(super) struct ShownListed {
    pub(super) place: u64,
    pub(super) address: String,
    pub(super) day: Option<FinnishDay>,
    pub(super) kind: Option<String>,
    pub(super) state: String,
    /// The look of the mark with its state.
    pub(super) mark: &'static str,
    pub(super) given: Vec<ShownGiven>,
    /// Whether the caller may check it.
    pub(super) to_check: bool,
    /// Whether all of it is shown here.
    pub(super) whole: bool,
    /// Whether it is open for other causes, too.
    pub(super) several: bool,
    pub(super) seen: Seen,
}

pub(super) struct ShownGiven {
    pub(super) what: String,
    /// `None` where it is of the client, and this page is not of one row.
    pub(super) value: Option<String>,
    pub(super) by: String,
    pub(super) checked: Option<String>,
}

pub(super) fn decision_word(words: Words, decision: Decision) -> String {
    words.of(&format!("old_data.decision-{}", decision.code()))
}

pub(super) fn stands_word(words: Words, code: &str) -> String {
    words.of(&format!("old_data.stands-{code}"))
}

/// A value of a target as people read it.
pub(super) fn value_word(
    (names, words): (&Names<'_>, Words),
    target: Target,
    value: &str,
    day: FinnishDay,
) -> String {
    let of_set = |set: &str| match names.coded(set, value, day) {
        Some(name) => format!("{name} ({value})"),
        None => value.to_owned(),
    };
    let known = |key: String| {
        let found = texts::find(words.language(), &key);
        found.map_or_else(|| value.to_owned(), str::to_owned)
    };
    match target {
        _ if value.is_empty() => String::new(),
        Target::State => known(format!("old_data.client-{value}")),
        Target::NonDisclosure => known(format!("old_data.switch-{value}")),
        Target::GeneralType | Target::SpecificType => of_set(sets::DOCUMENT_TYPE),
        Target::ServiceTask => of_set(sets::SERVICE_TASK),
        Target::RetentionClass => of_set(sets::RETENTION_CLASS),
        Target::Sex => of_set(sets::SEX),
        Target::OriginalTask => original_task_word(names, value, day),
        _ => as_shown(target, value, words),
    }
}

/// Those who make rows for the eye.
pub(super) struct Showing<'a> {
    names: Names<'a>,
    pub(super) words: Words,
    base: &'a str,
    by: Person,
    today: FinnishDay,
}

impl<'a> Showing<'a> {
    pub(super) fn of(
        names: Names<'a>,
        words: Words,
        base: &'a str,
        by: Person,
        today: FinnishDay,
    ) -> Self {
        Self { names, words, base, by, today }
    }

    /// Whether the caller may check something of it: nobody checks what they answered themselves.
    pub(super) fn may_check(&self, given: &[Given]) -> bool {
        given.iter().any(|one| one.checked.is_none() && !self.by.is(&one.by.0.actor))
    }

    /// Where a row is opened.
    pub(super) fn address_of(&self, place: u64) -> String {
        format!("{}rows/{place}/", self.base)
    }

    /// The address of the batch.
    pub(super) const fn base(&self) -> &str {
        self.base
    }

    pub(super) const fn today(&self) -> FinnishDay {
        self.today
    }

    /// The name of a code on a day; the code where nobody knows it.
    pub(super) fn coded(&self, set: &str, code: String, day: Option<FinnishDay>) -> String {
        self.names.coded(set, &code, day.unwrap_or(self.today)).unwrap_or(code)
    }

    /// A value as people read it.
    pub(super) fn value(&self, target: Target, value: &str, day: FinnishDay) -> String {
        value_word((&self.names, self.words), target, value, day)
    }

    /// What was given; what is of the client is shown beside the document alone.
    fn given(&self, given: &Given, beside_the_document: bool, day: FinnishDay) -> ShownGiven {
        let words = self.words;
        let personal = matches!(&given.answer, Answer::Value(target, _) if target.is_personal());
        let (what, value) = match &given.answer {
            Answer::Value(target, value) if value.is_empty() => {
                (words.of(&label(*target)), words.of("old_data.nothing"))
            }
            Answer::Value(target, value) => {
                (words.of(&label(*target)), self.value(*target, value, day))
            }
            Answer::NotBrought(decision) => {
                (words.of("old_data.not_brought"), decision_word(words, *decision))
            }
            Answer::Stands(kind) => (words.of("old_data.stands"), stands_word(words, kind.code())),
            Answer::TakenBack => {
                (words.of("old_data.taken_back"), words.of("old_data.as_the_source_says"))
            }
        };
        ShownGiven {
            what,
            value: Some(value).filter(|_| beside_the_document || !personal),
            by: given.by.0.name.clone(),
            checked: given.checked.as_ref().map(|(person, _)| person.name.clone()),
        }
    }

    pub(super) fn listed(
        &self,
        row: &Listed,
        cause: Option<&str>,
        beside_the_document: bool,
    ) -> ShownListed {
        let day = row.day.as_deref().and_then(FinnishDay::parse);
        let given = |one| self.given(one, beside_the_document, day.unwrap_or(self.today));
        let given: Vec<ShownGiven> = row.given.iter().map(given).collect();
        let behind = cause.map(|cause| format!("?cause={cause}")).unwrap_or_default();
        // What was answered is faulty until the next rehearsal takes it in, and waits for nobody.
        let answered = row.state == "faulty" && !row.open && !row.given.is_empty();
        let state = if answered { "answered" } else { row.state.as_str() };
        ShownListed {
            place: row.place,
            address: format!("{}rows/{}/{behind}", self.base, row.place),
            kind: row.general_type.clone().map(|code| self.coded(sets::DOCUMENT_TYPE, code, day)),
            day,
            state: self.words.of(&format!("old_data.state-{state}")),
            mark: mark_of(state),
            to_check: self.may_check(&row.given),
            whole: given.iter().all(|one| one.value.is_some()),
            several: row.causes > 1,
            given,
            seen: row.seen.clone(),
        }
    }
}

/// The look of the mark of a state.
pub(super) fn mark_of(state: &str) -> &'static str {
    match state {
        "answered" | "sound" | "archived" => "good",
        "faulty" => "wait",
        "refused" => "bad",
        _ => "",
    }
}

/// Where a page of a list begins.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: u64,
    pub(super) check: String,
    /// The row that was checked just now, and this one is the next.
    pub(super) checked_row: u64,
    /// The row that is to be laid beside.
    pub(super) beside: u64,
    pub(super) cause: String,
    /// The row that was answered just now, and is not brought; and why.
    left: String,
    why: String,
    /// How many rows that were answered together just now are not brought.
    many_left: u64,
    /// The row that was answered just now; or how many were.
    kept: u64,
    many_kept: u64,
    /// How many attachments stay elsewhere with it, or wait now.
    stay: u64,
    wait: u64,
    /// Which file of the delivery is to be shown.
    pub(super) at: Option<usize>,
    /// The digest of that file.
    pub(super) is: String,
    /// How many rows were checked, or taken back, just now; how many attachments came back with them, and which rows that
    /// are attachments by the source do not come with them.
    checked: u64,
    taken_back: u64,
    came_back: u64,
    apart: String,
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

/// A cause and its rows, read at one moment.
struct OfCause {
    cause: Cause,
    rows: Vec<Listed>,
    begun: bool,
    kept_elsewhere: bool,
    seen: Option<Seen>,
    to_leave: Option<(Seen, u64)>,
}

impl OfCause {
    /// `None` where there is no such cause any more, or nothing of the delivery can be looked at.
    fn read(
        queue: &Queue,
        permit: &OldDataPermit,
        id: &str,
        after: u64,
    ) -> Result<Option<Self>, QueueError> {
        let kept_elsewhere = !queue.mapping().kept_elsewhere.trim().is_empty();
        if queue.begun()? {
            let Some((state, cause)) = queue.left_for(permit, id)? else { return Ok(None) };
            let rows = queue.left_rows(permit, (state, &cause), after, PAGE + 1)?;
            let (seen, to_leave) = (None, None);
            return Ok(Some(Self { cause, rows, begun: true, kept_elsewhere, seen, to_leave }));
        }
        let Some(cause) = queue.cause(permit, id)? else { return Ok(None) };
        if queue.has_another_delivery(permit)? {
            return Ok(None);
        }
        let rows = queue.rows(permit, &cause, after, PAGE + 1)?;
        let seen = queue.seen_of(permit, &cause)?;
        let leaves = cause.rows > 1 && fitting(&cause, kept_elsewhere).next().is_some();
        let to_leave = if leaves { queue.seen_to_leave(permit, &cause)? } else { None };
        Ok(Some(Self { cause, rows, begun: false, kept_elsewhere, seen, to_leave }))
    }
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
        OfCause::read(queue, permit, &wanted, after)
    });
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let Some(OfCause { cause, mut rows, begun, kept_elsewhere, seen, to_leave }) = told.await?
    else {
        // All of it was answered meanwhile, or the delivery is another one: the batch's page says so. Who answered it, too, is
        // told that nothing of it was kept.
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
    let target = alike(&cause).filter(|_| !begun);
    let mut field = target.map(|target| {
        let options = options(target, &names, shell.words, today);
        Field::of(target, said.unwrap_or_default(), options, shell.words)
    });
    if let Some(field) = &mut field {
        field.faulty(faults, visit.language);
    }
    let loose = faults.iter().filter(|fault| target.is_none_or(|one| one.name() != fault.element));
    let loose: Vec<Fault> = loose.cloned().collect();
    let decisions = fitting(&cause, kept_elsewhere).filter(|_| !begun);
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let page = CausePage {
        rows: rows.iter().map(|row| showing.listed(row, Some(&id), false)).collect(),
        seen,
        to_leave,
        most: MOST as u64,
        next: last.filter(|_| more).map(|last| format!("{base}causes/{id}/?after={last}")),
        decisions: decisions.map(|one| (one.code(), decision_word(shell.words, one))).collect(),
        stands: may_stand(&cause.code)
            .filter(|kind| *kind == FaultKind::SameContent && !begun)
            .map(FaultKind::code),
        cause: ShownCause::of(&cause, visit.language),
        begun,
        field,
        frame: Frame::of(visit, &loose),
        batch,
        base: base.clone(),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// The decisions that all rows of a cause may give cause for.
fn fitting(cause: &Cause, kept_elsewhere: bool) -> impl Iterator<Item = Decision> {
    let fits = move |decision: &Decision| match decision {
        Decision::DeliveredTwice => cause.code == FaultKind::SameContent.code(),
        Decision::NothingToBring => has_no_file(&cause.code, &cause.element),
        Decision::StaysElsewhere => kept_elsewhere,
    };
    Decision::ALL.into_iter().filter(fits)
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
            let together = Together {
                words: format!("cause={cause} {what}"),
                which: Which::OfCause(cause),
                attachments: answer == Answer::NotBrought(Decision::StaysElsewhere),
            };
            let act = Act::together(OldDataAct::Answer, together);
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
                    let told = [
                        ("many_kept", bulk.answered),
                        ("many_left", bulk.not_brought),
                        ("stay", bulk.attachments.stay),
                        ("wait", bulk.attachments.wait),
                    ];
                    let told = told.into_iter().filter(|(_, count)| *count > 0);
                    let told: Vec<_> =
                        told.map(|(name, count)| (name, count.to_string())).collect();
                    return Ok(redirect(&visit.to(&address(&format!("{HOME}{batch}/"), &told))));
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
#[template(path = "archive/old_data_answers.html")]
struct AnswersPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    /// Whether only what the caller must check is shown.
    to_check: bool,
    /// How many rows wait for somebody else's check of what the caller answered; `None` where nobody checks anything.
    own: Option<u64>,
    /// Whether the delivery is another one than was rehearsed: no row can be opened.
    changed: bool,
    rows: Vec<ShownListed>,
    next: Option<String>,
    lost: Vec<ShownLost>,
    begun: bool,
    /// What was checked just now and is not brought.
    not_brought: Option<NotBrought>,
    /// What was done just now, in words.
    done: Option<String>,
    /// Rows that do not come with the main documents that come back, with their addresses.
    apart: Vec<(u64, String)>,
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
    let by = person(doors, visit).await?;
    let caller = by.clone();
    let told = with(doors, visit, &batch, Act::LIST, move |_, queue, permit| {
        let two = queue.mapping().checked_by_two;
        let begun = queue.begun()?;
        let rows = queue.answered(permit, to_check.then_some(&caller), after, PAGE + 1)?;
        let own = two.then(|| queue.own_to_check(permit, &caller)).transpose()?;
        let changed = !begun && queue.has_another_delivery(permit)?;
        Ok((begun, rows, queue.lost(permit, PAGE)?, own, changed))
    });
    let (begun, mut rows, lost, own, changed) = told.await?;
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let behind = if to_check { "&check=1" } else { "" };
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| format!("{base}answers/?after={}{behind}", row.place));
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let mut shown: Vec<ShownListed> =
        rows.iter().map(|row| showing.listed(row, None, false)).collect();
    for row in &mut shown {
        row.to_check &= own.is_some();
        if to_check {
            row.address.push_str("?check=1");
        }
    }
    let page = AnswersPage {
        rows: shown,
        next,
        lost: lost.iter().map(|one| ShownLost::of(one, shell.words)).collect(),
        begun,
        not_brought: NotBrought::of(asked, &base, shell.words),
        done: done(asked, shell.words),
        apart: asked
            .apart
            .split(',')
            .filter_map(row_of)
            .take(NAMED)
            .map(|place| (place, format!("{base}rows/{place}/")))
            .collect(),
        to_check,
        own,
        changed,
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
    // Whoever checks a row on its own page goes on with the next.
    let go_on = rows.first().map(|(place, _)| *place).filter(|_| fields.given("go_on").is_some());
    let faults = if fields.text("act") == "forget" {
        let ticked = fields.all().filter(|(name, _)| *name == "lost");
        let ticked = ticked.filter_map(|(_, value)| value.split_once(' '));
        let lost: Vec<_> = ticked.map(|(row, seen)| (row.to_owned(), Seen::from(seen))).collect();
        let which = Which::Lost(lost.iter().map(|(row, _)| row.clone()).collect());
        let together = Together { words: "lost".to_owned(), which, attachments: false };
        let act = Act::together(OldDataAct::TakeBack, together);
        let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
            queue.forget_lost(permit, &lost, (&by, app.now()))
        });
        match done.await {
            Ok(_) => return Ok(redirect(&visit.to(&format!("{HOME}{batch}/answers/")))),
            Err(problem) => faults_of(problem)?,
        }
    } else if rows.is_empty() {
        vec![Fault::new(FaultKind::NoRowChosen, "row", "OLD-7")]
    } else {
        let back = fields.text("act") == "take-back";
        let act = if back { OldDataAct::TakeBack } else { OldDataAct::Check };
        let mut act = Act::of_rows(act, rows.iter().map(|(place, _)| *place).collect());
        // What stayed elsewhere with them comes back with them.
        act.attachments = back;
        let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
            let by = (&by, app.now());
            if back {
                let taken = queue.take_back(permit, &rows, by)?;
                let counts = [("taken_back", taken.rows), ("came_back", taken.attachments)];
                Ok((counts, taken.apart, None))
            } else {
                let bulk = queue.check(permit, &rows, by)?;
                let next = match go_on {
                    Some(place) => queue.next_to_check(permit, by.0, place)?,
                    None => None,
                };
                let counts = [("checked", bulk.answered), ("many_left", bulk.not_brought)];
                Ok((counts, Vec::new(), next))
            }
        });
        match done.await {
            Ok((counts, _, Some(next))) => {
                let next = next_to_check(&visit, &batch, next, (go_on, counts[1].1));
                return Ok(redirect(&next));
            }
            Ok((counts, apart, None)) => {
                let counts = counts.into_iter().filter(|(_, count)| *count > 0);
                let mut told: Vec<_> =
                    counts.map(|(name, count)| (name, count.to_string())).collect();
                if !apart.is_empty() {
                    let apart: Vec<String> = apart.iter().take(NAMED).map(u64::to_string).collect();
                    told.push(("apart", apart.join(",")));
                }
                if !asked.check.is_empty() {
                    told.insert(0, ("check", "1".to_owned()));
                }
                let behind = address(&format!("{HOME}{batch}/answers/"), &told);
                return Ok(redirect(&visit.to(&behind)));
            }
            Err(problem) => faults_of(problem)?,
        }
    };
    answers_page(&doors, &visit, &path, &asked, &faults).await
}

/// Where the row stands that is to be checked next; with the one that was checked just now, and whether it is not brought.
fn next_to_check(
    visit: &Visit,
    batch: &str,
    next: u64,
    (checked, left): (Option<u64>, u64),
) -> String {
    let mut told = vec![("check", "1".to_owned())];
    told.extend(checked.map(|place| ("checked_row", place.to_string())));
    // What was checked may be what the archive plan does not bring.
    told.extend((left > 0).then(|| ("many_left", left.to_string())));
    visit.to(&address(&format!("{HOME}{batch}/rows/{next}/"), &told))
}

/// What was checked or taken back just now.
fn done(asked: &Asked, words: Words) -> Option<String> {
    let [checked, back] = [asked.checked, asked.taken_back].map(|count| words.number(&count));
    match (asked.checked, asked.taken_back) {
        (0, 0) => None,
        (0, _) => {
            let back = words.with("old_data.taken_back_many", &[("count", &back)]);
            if asked.came_back == 0 {
                return Some(back);
            }
            let came = [("count", &*words.number(&asked.came_back))];
            Some(format!("{back} {}", words.with("old_data.attachments_back", &came)))
        }
        _ => Some(words.with("old_data.checked_many", &[("count", &checked)])),
    }
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
