//! A row of the work queue of old client data: its document beside its form.
//!
//! Source: OLD-7; CAS-6.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use varanto_app::old_data::OldDataAct;
use varanto_domain::access::OldDataPermit;
use varanto_domain::codes::{ServiceTask, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::old_data::ClientState;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::xhtml::SAFE_COPY_MEDIA_TYPE;
use varanto_workbench::answers::{ASK_WHAT_IS_BESIDE, Answer, Decision};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{
    AllAgainst, Attachments, File, Kept, Listed, Named, Other, Paper, Queue, QueueError, QueuedRow,
    Seen, Settled, is_mended_in_the_source, may_be_answered, may_stand, target_of,
};

use super::old_data::{
    Act, Asked, HOME, NotBrought, Showing, ShownListed, address, decision_word, kept, kept_fault,
    label, person, right_at_the_desk, row_of, stands_word, with,
};
use super::old_others::{ShownAgainst, ShownBeside, ShownOthers};
use super::old_settled::{is_shut, settled, shut};
use super::{Frame, faults_of};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{Page, VIEW_POLICY};
use crate::rest::problem::{Problem, ToldFault};
use crate::texts::{self, Language};

/// What the browser's own viewer of PDF files needs, and nothing else.
const PDF_POLICY: &str =
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

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
    /// Whose document it is, what and when, as the row says.
    about: Vec<(String, String)>,
    faults: Vec<ShownFault>,
    /// Whether the values are shifted or cut off: no form would be of any use.
    of_source: bool,
    /// Whether it is decided that the row is not brought.
    decided: bool,
    /// The file that was named in the form and is shown before it is kept.
    named: Option<ShownNamed>,
    /// The attachments of the document: the row and its address.
    attachments: Vec<(u64, String)>,
    /// What is faulty, or missing.
    asked: Vec<Field>,
    /// Everything else that is said of the document.
    fields: Vec<Field>,
    /// What other rows of the client say otherwise, to be said that it is so nevertheless.
    against: Option<ShownAgainst>,
    /// Other rows of the client.
    others: ShownOthers,
    /// Another row that is laid beside.
    beside: Option<ShownBeside>,
    /// Whether the caller checks rows one after the other.
    checking: bool,
    decisions: Vec<(&'static str, String)>,
    stands: Vec<(String, String)>,
    next: Option<String>,
    /// Which of the open rows of the cause it is, in words: the last one has no next.
    among: Option<String>,
    /// What was kept just now, in words.
    kept: Option<String>,
    /// That another row was checked just now.
    checked: Option<String>,
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
    /// What the file is, in words, and its address.
    file: Option<(String, String)>,
    /// What is shown of the row and its attachments.
    seen_to_leave: Seen,
    /// Whether the frame that it is shown in is shut off from everything; `None` where it is shown in none.
    framed: Option<bool>,
}

struct ShownFault {
    message: String,
    right: String,
    /// The other row that it speaks of, its address, and the address at which its document is laid beside.
    other: Option<(u64, String, String)>,
}

/// A file that somebody names for the row.
struct ShownNamed {
    digest: Seen,
    /// What it is, in words.
    file: String,
    address: String,
}

/// A field of the form.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) value: String,
    /// What the row says by itself: what differs from it was written by a person.
    pub(super) was: String,
    pub(super) options: Vec<(String, String)>,
    /// Whether something else than what can be chosen may be written, too.
    pub(super) open: bool,
    pub(super) fault: Option<ToldFault>,
    /// Whether a person must say it themselves: what stands there is not offered.
    pub(super) must_say: bool,
    /// What can be said where nothing is known.
    pub(super) nothing: Option<String>,
    /// Whether that was said.
    pub(super) said_nothing: bool,
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
    pub(super) fn of(
        target: Target,
        value: &str,
        options: Vec<(String, String)>,
        words: Words,
    ) -> Self {
        let hint = format!("{}-hint", label(target));
        Self {
            name: target.name(),
            id: format!("v-{}", target.name().replace('.', "-")),
            label: words.of(&label(target)),
            hint: texts::find(words.language(), &hint).unwrap_or_default().to_owned(),
            value: as_shown(target, value, words),
            was: as_shown(target, value, words),
            options,
            open: target == Target::OriginalTask,
            fault: None,
            must_say: false,
            nothing: None,
            said_nothing: false,
        }
    }

    pub(super) fn faulty(&mut self, faults: &[Fault], language: Language) {
        let mine =
            |fault: &&Fault| target_of(&fault.element).is_some_and(|one| one.name() == self.name);
        self.fault = faults.iter().find(mine).map(|fault| {
            let mut told = ToldFault::labelled(fault, language, label_of);
            let args = || fault.args.iter().map(|(name, value)| (*name, value.as_str()));
            let arg = |name: &str| {
                args().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            told.right = right_at_the_desk(fault.code(), language, arg).unwrap_or(told.right);
            told
        });
    }
}

/// What can be chosen for a target, with its names; nothing where it is written.
pub(super) fn options(
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
        // The lists are not public as a whole: who writes another code is not kept to them.
        Target::OriginalTask => {
            let of = |(class, set): (&str, &str)| {
                let codes = of_set(set).into_iter();
                let choice = |(code, _): (String, String)| {
                    let value = format!("{class}:{code}");
                    let name = original_task_word(names, &value, day);
                    (value, name)
                };
                codes.map(choice).collect::<Vec<_>>()
            };
            ORIGINAL_TASKS.into_iter().flat_map(of).collect()
        }
        // Of the retention classes one alone is public: who writes another is not kept to that.
        Target::Sex => of_set(sets::SEX),
        _ => Vec::new(),
    }
}

/// A choice as it stands in a list: its name first, for whoever types goes to what begins so.
fn named_first(name: &str, code: &str) -> String {
    if name.is_empty() { code.to_owned() } else { format!("{name} ({code})") }
}

const fn is_day(target: Target) -> bool {
    matches!(
        target,
        Target::WrittenAt | Target::CaseOpened | Target::CaseClosed | Target::BirthDate
    )
}

/// A value as people write it: days as a form asks for them, and moments by the Finnish clock.
pub(super) fn as_shown(target: Target, value: &str, words: Words) -> String {
    if !is_day(target) {
        return value.to_owned();
    }
    if let Some(day) = FinnishDay::parse(value) {
        return format!("{}.{}.{}", day.day(), day.month(), day.year());
    }
    // A time of day without an offset is Finland's.
    let (day, time) = match Instant::parse(value) {
        Some(at) => {
            let seconds = at.millis().div_euclid(1000);
            let (minute, second) = (seconds.div_euclid(60).rem_euclid(60), seconds.rem_euclid(60));
            let time = format!("{:02}:{minute:02}:{second:02}", at.finnish_hour());
            (Some(FinnishDay::of(at)), time)
        }
        None => match value.split_once(['T', ' ']) {
            Some((day, time)) => (FinnishDay::parse(day), time.to_owned()),
            None => (None, String::new()),
        },
    };
    match (day, time_of(&time)) {
        (Some(day), Some(time)) => {
            let day = format!("{}.{}.{}", day.day(), day.month(), day.year());
            words.with("old_data.moment", &[("day", &day), ("time", &in_words(time, words))])
        }
        _ => value.to_owned(),
    }
}

/// Hour, minute and second of a time of day with either sign between them.
fn time_of(text: &str) -> Option<[u8; 3]> {
    let mut parts = text.split([':', '.']).map(|part| part.parse::<u8>().ok());
    let time = [parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?];
    let fits = time[0] < 24 && time[1] < 60 && time[2] < 60 && parts.next().is_none();
    fits.then_some(time)
}

/// A time of day as the language writes it; seconds only where there are some.
fn in_words([hour, minute, second]: [u8; 3], words: Words) -> String {
    let sign = if words.language() == Language::English { ':' } else { '.' };
    let seconds = if second > 0 { format!("{sign}{second:02}") } else { String::new() };
    format!("{hour}{sign}{minute:02}{seconds}")
}

/// The words between a day and its time of day, in each language.
const AT: [&str; 4] = ["klo", "kl.", "kl", "at"];

/// A value as it is kept: without space around it, days and moments as the archive writes them.
pub(super) fn as_kept(target: Target, value: &str) -> String {
    let value = value.trim();
    if target == Target::IdentityCode {
        return value.to_uppercase();
    }
    let kept = || {
        let mut said = value.splitn(2, char::is_whitespace);
        let (day, rest) = (said.next()?, said.next().unwrap_or_default().trim());
        let parts: Vec<&str> = day.split('.').map(str::trim).collect();
        let [number, month, year] = *parts else { return None };
        let day = (year.len() == 4).then(|| format!("{year}-{month:0>2}-{number:0>2}"))?;
        if rest.is_empty() {
            return Some(day);
        }
        let time = AT.iter().find_map(|at| rest.strip_prefix(at)).unwrap_or(rest).trim();
        let [hour, minute, second] = time_of(time)?;
        Some(format!("{day}T{hour:02}:{minute:02}:{second:02}"))
    };
    // A day may be written with spaces between its parts.
    let spaced = || {
        let parts: Vec<&str> = value.split('.').map(str::trim).collect();
        match *parts {
            [day, month, year] if year.len() == 4 => Some(format!("{year}-{month:0>2}-{day:0>2}")),
            _ => None,
        }
    };
    let kept = if is_day(target) { spaced().or_else(kept) } else { None };
    kept.unwrap_or_else(|| value.to_owned())
}

/// The classifications of original service tasks, with their code sets.
const ORIGINAL_TASKS: [(&str, &str); 2] =
    [("1989", sets::SERVICE_TASK_1989), ("2011", sets::SERVICE_TASK_2011)];

/// An original service task by its name, where the code sets know it.
pub(super) fn original_task_word(names: &Names<'_>, value: &str, day: FinnishDay) -> String {
    let name = value.split_once(':').and_then(|(class, code)| {
        let (_, set) = ORIGINAL_TASKS.into_iter().find(|(known, _)| *known == class)?;
        names.coded(set, code, day)
    });
    named_first(&name.unwrap_or_default(), value)
}

/// `GET …/rows/{row}/`: a row, its document beside its form.
pub(super) async fn row(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    match row_page(&doors, &visit, &path, &asked, Answering::default()).await {
        Err(problem) if is_shut(&problem) => Ok(shut(&doors, &visit, &path, &problem)),
        page => page,
    }
}

/// What a cause is called; anything else is none.
pub(super) fn cause_id(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).take(16).collect()
}

/// What a page of a row is made of, read at one moment.
struct Found {
    row: QueuedRow,
    next: Option<u64>,
    among: Option<(u64, u64)>,
    named: Option<Named>,
    /// Whether the file is shown in a frame, and whether that is shut off from everything.
    way: (bool, bool),
    /// Other rows of the client, and how many there are.
    others: (Vec<Other>, u64),
    /// Another row that is laid beside, with the way of its file.
    beside: Option<Laid>,
}

/// A row that is laid beside another one, with the way of its file.
struct Laid {
    row: QueuedRow,
    way: (bool, bool),
}

/// Where whoever goes through a cause stands in it.
#[derive(Default)]
struct Pace {
    /// The next row.
    next: Option<u64>,
    /// Which of the open rows this is, and of how many.
    among: Option<(u64, u64)>,
}

/// A row as it is opened.
enum Opened {
    Row(Box<Found>),
    /// Its document is, or was, in the archive.
    Settled(Settled),
}

impl Opened {
    /// Opens a row, and the one that is to be laid beside.
    async fn of(
        doors: &Doors,
        visit: &Visit,
        (batch, place): (&str, u64),
        from: &Asked,
        said: Option<&Fields>,
        changed: bool,
    ) -> Result<Self, Problem> {
        let cause = cause_id(&from.cause);
        let file = said.and_then(|said| said.given(FILE)).map(str::to_owned);
        let same = said.filter(|_| changed).map(|said| said.text("same").to_owned());
        let beside = Some(from.beside).filter(|other| *other > 0 && *other != place);
        // Whoever lays another row beside looks at both.
        let act = Act::of_rows(OldDataAct::Look, [place].into_iter().chain(beside).collect());
        let told = with(doors, visit, batch, act, move |_, queue, permit| {
            let file = (file.as_deref(), same.as_deref());
            Self::read(queue, permit, place, (&cause, beside), file)
        });
        told.await
    }

    /// Reads a row; where a form names a file that is not the row's yet, that one is shown.
    fn read(
        queue: &Queue,
        permit: &OldDataPermit,
        place: u64,
        (cause, beside): (&str, Option<u64>),
        (file, same): (Option<&str>, Option<&str>),
    ) -> Result<Self, QueueError> {
        if let Some(settled) = queue.settled(permit, place)? {
            return Ok(Self::Settled(settled));
        }
        let Pace { next, among } = Pace::of(queue, permit, place, cause)?;
        let row = queue.row(permit, place)?;
        let kept = row.values.get(&Target::File).map_or("", String::as_str);
        // What was written of a row that is another one by now does not stay.
        let stays = same.is_none_or(|same| same == row.same.as_str());
        let named = match file.filter(|name| stays && *name != kept) {
            Some(name) => queue.named_file(permit, place, name)?,
            None => None,
        };
        let way = queue.way_of(permit, place, named.as_ref())?;
        let others = queue.others(permit, place, OTHERS)?;
        let beside = beside.map(|other| laid_beside(queue, permit, other)).transpose()?.flatten();
        Ok(Self::Row(Box::new(Found { row, next, among, named, way, others, beside })))
    }
}

/// Another row with its document; none where it is archived, or there is no such row.
fn laid_beside(
    queue: &Queue,
    permit: &OldDataPermit,
    place: u64,
) -> Result<Option<Laid>, QueueError> {
    match queue.row(permit, place) {
        Ok(row) => Ok(Some(Laid { row, way: queue.way_of(permit, place, None)? })),
        Err(QueueError::Missing | QueueError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Pace {
    /// The next row of a cause, and which of its open ones this is and of how many.
    fn of(
        queue: &Queue,
        permit: &OldDataPermit,
        place: u64,
        cause: &str,
    ) -> Result<Self, QueueError> {
        let first = |rows: Vec<Listed>| rows.first().map(|row| row.place);
        if queue.begun()? {
            let Some((state, cause)) = queue.left_for(permit, cause)? else {
                return Ok(Self::default());
            };
            let next = first(queue.left_rows(permit, (state, &cause), place, 1)?);
            return Ok(Self { next, among: None });
        }
        let Some(cause) = queue.cause(permit, cause)? else { return Ok(Self::default()) };
        let among = queue.place_among(permit, &cause, place)?;
        Ok(Self { next: first(queue.rows(permit, &cause, place, 1)?), among })
    }
}

/// What somebody sent of a row, and what is said of it.
#[derive(Clone, Copy, Default)]
struct Answering<'a> {
    said: Option<&'a Fields>,
    faults: &'a [Fault],
    against: Option<&'a AllAgainst>,
}

async fn row_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    from: &Asked,
    Answering { said, faults, against }: Answering<'_>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let cause = cause_id(&from.cause);
    let changed = faults.iter().any(|fault| fault.kind == FaultKind::ChangedMeanwhile);
    let opened = Opened::of(doors, visit, (&batch, place), from, said, changed);
    let Found { row, next, among, named, way, others, beside } = match opened.await? {
        Opened::Row(found) => *found,
        Opened::Settled(row) => return settled(doors, visit, &batch, row, faults).await,
    };
    // What was written of another row than this one is by now does not stay; what a rehearsal changed of the row is shown
    // beside what was written, and that is not lost.
    let said = said.filter(|said| !changed || said.text("same") == row.same.as_str());
    let shell = Shell::of(doors, visit);
    let words = shell.words;
    let base = shell.to(&format!("{HOME}{batch}/"));
    let by = person(doors, visit).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let day = day_of(&row).unwrap_or_else(|| FinnishDay::of(doors.app.now()));
    let (asked, fields) = form_of(&row, &names, (words, day), faults, said);
    let loose = loose(faults, asked.iter().chain(&fields));
    let showing = Showing::of(names, words, &base, by, FinnishDay::of(doors.app.now()));
    let leaves = said.is_some_and(|said| said.text("act") == "leave");
    let sent = said.filter(|_| !changed).map(|said| Seen::from(said.text("seen")));
    let (seen, to_leave) = if leaves { (None, sent) } else { (sent, None) };
    let seen = seen.unwrap_or_else(|| row.seen.clone());
    let listed = showing.listed(&listed_of(&row, seen), None, true);
    let to_check = row.checked_by_two && showing.may_check(&row.given);
    let address = |place: &u64| (*place, format!("{base}rows/{place}/"));
    let checking = to_check && !from.check.is_empty();
    let page = RowPage {
        about: about(&row, &showing, day),
        faults: shown_faults(&row, visit.language, &base, &cause),
        against: against.map(|against| ShownAgainst::of(against, words, &base)),
        others: ShownOthers::of(others, &showing, &asked),
        beside: beside.map(|Laid { row, way }| ShownBeside::of(&row, way, &showing)),
        checking,
        of_source: row.faults.iter().any(|fault| is_mended_in_the_source(&fault.code)),
        decided: row.given.iter().any(|one| matches!(one.answer, Answer::NotBrought(_))),
        attachments: row.attachments.iter().map(address).collect(),
        named: named.map(|named| ShownNamed {
            address: file_address(&base, place, Some(named.at), &named.paper),
            file: file_word(words, &named.paper),
            digest: named.paper.digest,
        }),
        decisions: row
            .decisions
            .iter()
            .map(|one| (one.code(), decision_word(words, *one)))
            .collect(),
        stands: stands_of(&row, words),
        among: among.map(|(at, of)| {
            words.with("old_data.among", &[("at", &words.number(&at)), ("of", &words.number(&of))])
        }),
        next: next.map(|next| format!("{base}rows/{next}/?cause={cause}")),
        kept: kept(from, row.checked_by_two, words),
        checked: (from.checked_row > 0)
            .then(|| words.with("old_data.checked_row", &[("row", &from.checked_row.to_string())])),
        not_brought: NotBrought::of(from, &base, words),
        row: ShownRow::of(row, (listed, to_check, to_leave), way, (&base, words)),
        asked,
        fields,
        frame: Frame::of(visit, &loose),
        batch,
        base: base.clone(),
        cause,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// A row as it stands in a list.
fn listed_of(row: &QueuedRow, seen: Seen) -> Listed {
    Listed {
        place: row.place,
        day: day_of(row).map(|day| day.to_string()),
        general_type: row.values.get(&Target::GeneralType).cloned(),
        state: row.state.clone(),
        open: row.open,
        causes: u64::from(row.open),
        given: row.given.clone(),
        seen,
    }
}

impl RowPage {
    /// Whether the row's file is asked for.
    fn asks_for_file(&self) -> bool {
        self.asked.iter().any(|field| field.name == Target::File.name())
    }

    /// Whether something is asked because what the source says of it may be of somebody else.
    fn must_say(&self) -> bool {
        self.asked.iter().any(|field| field.must_say)
    }
}

impl ShownRow {
    fn of(
        row: QueuedRow,
        (listed, to_check, to_leave): (ShownListed, bool, Option<Seen>),
        (framed, sandboxed): (bool, bool),
        (base, words): (&str, Words),
    ) -> Self {
        let file = row.file.as_ref();
        Self {
            to_check,
            listed,
            seen_to_leave: to_leave.unwrap_or(row.seen_to_leave),
            same: row.same,
            begun: row.begun,
            source: row.source.into_iter().map(|one| (one.column, one.value)).collect(),
            file: file
                .map(|paper| (file_word(words, paper), file_address(base, row.place, None, paper))),
            framed: framed.then_some(sandboxed),
        }
    }
}

/// How many other rows of a client are named.
const OTHERS: usize = 20;
/// How many digits a digest has.
const DIGITS: usize = 64;
/// The field of a form that names a file.
const FILE: &str = "v.file";

/// The faults that stand beside none of these fields.
fn loose<'f>(faults: &[Fault], fields: impl Iterator<Item = &'f Field>) -> Vec<Fault> {
    let in_form: Vec<&str> = fields.map(|field| field.name).collect();
    let beside =
        |fault: &&Fault| target_of(&fault.element).is_none_or(|one| !in_form.contains(&one.name()));
    faults.iter().filter(beside).cloned().collect()
}

/// What a file is, in words.
pub(super) fn file_word(words: Words, paper: &Paper) -> String {
    let kind = words.of(&format!("old_data.kind-{}", paper.kind.name()));
    format!("{kind}, {}", bytes_word(words, paper.bytes))
}

/// How large a file is, in words.
pub(super) fn bytes_word(words: Words, bytes: u64) -> String {
    words.with("old_data.bytes", &[("count", &words.number(&bytes))])
}

/// Where a file is shown: the row's own, or one of the delivery that somebody names for it. It is named by its digest, and
/// any other is refused.
pub(super) fn file_address(base: &str, place: u64, at: Option<usize>, paper: &Paper) -> String {
    let at = at.map(|at| format!("at={at}&")).unwrap_or_default();
    format!("{base}rows/{place}/file?{at}is={}", paper.digest.as_str())
}

/// Whose document it is, what and when, as far as the row says it.
pub(super) fn about(
    row: &QueuedRow,
    showing: &Showing<'_>,
    day: FinnishDay,
) -> Vec<(String, String)> {
    let said = |target: Target| row.values.get(&target).map_or("", String::as_str);
    let name = [said(Target::GivenNames), said(Target::FamilyName)].join(" ");
    let client = [name.trim(), said(Target::IdentityCode)];
    let client: Vec<&str> = client.into_iter().filter(|part| !part.is_empty()).collect();
    let mut about = vec![(showing.words.of("old_data.client"), client.join(", "))];
    for target in [Target::GeneralType, Target::WrittenAt, Target::ServiceTask] {
        let value = showing.value(target, said(target), day);
        about.push((showing.words.of(&label(target)), value));
    }
    about.retain(|(_, value)| !value.is_empty());
    about
}

/// The faults of a row, each once: what is one fault for a person may be two for the archive.
fn shown_faults(row: &QueuedRow, language: Language, base: &str, cause: &str) -> Vec<ShownFault> {
    let mut shown: Vec<ShownFault> = Vec::new();
    for fault in &row.faults {
        let told = (&*fault.code, &*fault.element, fault.value.as_deref());
        let [message, right] = kept_fault(told, &fault.args, language);
        let other = fault.args.get("first").and_then(|first| row_of(first)).map(|other| {
            let behind = if cause.is_empty() { String::new() } else { format!("&cause={cause}") };
            let beside = format!("{base}rows/{}/?beside={other}{behind}", row.place);
            (other, format!("{base}rows/{other}/"), beside)
        });
        if shown.iter().all(|one| one.message != message) {
            shown.push(ShownFault { message, right, other });
        }
    }
    shown
}

/// The faults of a row that a person may let stand, each with what it is called.
fn stands_of(row: &QueuedRow, words: Words) -> Vec<(String, String)> {
    let kinds = row.faults.iter().filter_map(|fault| may_stand(&fault.code));
    let mut stands: Vec<(String, String)> =
        kinds.map(|kind| (kind.code().to_owned(), stands_word(words, kind.code()))).collect();
    stands.dedup();
    stands
}

pub(super) fn day_of(row: &QueuedRow) -> Option<FinnishDay> {
    let written = row.values.get(&Target::WrittenAt)?;
    FinnishDay::parse(written.get(..10).unwrap_or(written))
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
            || was_asked(said, *target)
    };
    let asks_how_the_client_stands = is_asked(&Target::State);
    let field = |target: &Target| {
        let kept = row.values.get(target).map_or("", String::as_str);
        let written = said.and_then(|said| written(said, *target, kept, words));
        // What a person must say themselves is not offered to them.
        let unsaid = faults
            .iter()
            .any(|fault| fault.kind == FaultKind::MissingElement && fault.element == target.name());
        let must_say = row.must_say.contains(target) || unsaid || was_asked(said, *target);
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
            && *target != Target::OriginalTask
            && !options.iter().any(|(code, _)| code == value)
        {
            options.insert(0, (value.to_owned(), value.to_owned()));
        }
        let mut field = Field::of(*target, value, options, words);
        field.was = as_shown(*target, kept, words);
        field.must_say = must_say;
        // Of whom is no client any more no relationship is asked, and of the others it is known.
        let follows = *target == Target::Relationship && asks_how_the_client_stands;
        let may_be_nothing = is_asked(target)
            && !target.is_required()
            && *target != Target::NonDisclosure
            && !follows;
        field.nothing = may_be_nothing.then(|| nothing_word(words, *target));
        field.said_nothing = said.is_some_and(|said| says_nothing(said, *target));
        field.faulty(faults, words.language());
        field
    };
    let (asked, others): (Vec<&Target>, Vec<&Target>) = Target::ALL
        .iter()
        .filter(|target| may_be_answered(**target))
        .partition(|one| is_asked(one));
    (asked.into_iter().map(field).collect(), others.into_iter().map(field).collect())
}

/// What can be said of a target where there is nothing to say.
fn nothing_word(words: Words, target: Target) -> String {
    match target {
        Target::MainDocument => words.of("old_data.no_main_document"),
        _ => words.of("old_data.nothing_known"),
    }
}

/// Whether a form says that nothing is known of a target.
fn says_nothing(said: &Fields, target: Target) -> bool {
    said.all().any(|(name, value)| name == "nothing" && value == target.name())
}

/// What a person wrote of a target: what differs from what the form showed. A form that does not say what it showed was
/// made of the row as it is.
fn written<'f>(said: &'f Fields, target: Target, kept: &str, words: Words) -> Option<&'f str> {
    let of = |kind: &str| {
        let name = format!("{kind}.{}", target.name());
        said.all().find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let value = of("v")?;
    let kept = as_shown(target, kept, words);
    let shown = if was_asked(Some(said), target) { "" } else { of("was").unwrap_or(&kept) };
    (of_one_line(value) != of_one_line(shown)).then_some(value)
}

/// Whether a form asked for a target, and did not offer what stands there.
fn was_asked(said: Option<&Fields>, target: Target) -> bool {
    said.is_some_and(|said| {
        said.all().any(|(name, value)| name == "asked" && value == target.name())
    })
}

/// What became of a form.
enum Sent {
    /// It was kept, and this row is opened next.
    Kept(Kept, Option<u64>),
    /// It names a file that nobody has seen yet; with what would be wrong besides.
    ToSee(Vec<Fault>),
    /// Other rows of the client say otherwise, and nobody said yet that it is so nevertheless.
    Against(AllAgainst),
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
    let (wanted, words) = (cause.clone(), Words(visit.language));
    let stays =
        fields.text("act") == "leave" && fields.text("decision") == Decision::StaysElsewhere.code();
    let mut act = Act::of_rows(OldDataAct::Answer, vec![place]);
    act.attachments = stays;
    let done = with(&doors, &visit, &batch, act, move |app, queue, permit| {
        let row = queue.row(permit, place)?;
        let given = answers_of(&row, &said, words)?;
        if is_unseen(queue, permit, &row, &given, &said)? {
            let faults = queue.faults(permit, place, &given, app.now(), &registry)?;
            return Ok(Sent::ToSee(faults));
        }
        if let Some(against) = unsure(queue, permit, &row, &given, &said)? {
            // What is wrong is told first.
            let faults = queue.faults(permit, place, &given, app.now(), &registry)?;
            return if faults.is_empty() {
                Ok(Sent::Against(against))
            } else {
                Err(QueueError::Refused(faults))
            };
        }
        let seen = Seen::from(said.text("seen"));
        let kept = queue.answer(permit, (place, &seen), &given, (&by, app.now()), &registry)?;
        let Some(cause) = queue.cause(permit, &wanted)? else {
            return Ok(Sent::Kept(kept, None));
        };
        let after = queue.rows(permit, &cause, place, 1)?;
        let next = if after.is_empty() { queue.rows(permit, &cause, 0, 1)? } else { after };
        Ok(Sent::Kept(kept, next.first().map(|row| row.place)))
    });
    match done.await {
        Ok(Sent::Kept(Kept { not_brought, attachments: Attachments { stay, wait } }, next)) => {
            let mut told = vec![("kept", place.to_string())];
            if let Some(why) = not_brought {
                told.extend([("left", place.to_string()), ("why", why.to_owned())]);
            }
            let attachments = [("stay", stay), ("wait", wait)].into_iter();
            let attachments = attachments.filter(|(_, count)| *count > 0);
            told.extend(attachments.map(|(what, count)| (what, count.to_string())));
            Ok(redirect(&visit.to(&match next {
                Some(next) => {
                    told.insert(0, ("cause", cause));
                    address(&format!("{HOME}{batch}/rows/{next}/"), &told)
                }
                None => address(&format!("{HOME}{batch}/"), &told),
            })))
        }
        Ok(Sent::ToSee(faults)) => {
            let answering = Answering { said: Some(&fields), faults: &faults, against: None };
            row_page(&doors, &visit, &path, &asked, answering).await
        }
        Ok(Sent::Against(against)) => {
            let against = Some(&against);
            let answering = Answering { said: Some(&fields), faults: &[], against };
            row_page(&doors, &visit, &path, &asked, answering).await
        }
        Err(problem) if is_away(&problem) => Ok(waiting(&doors, &visit, &fields)),
        Err(problem) => {
            let faults = faults_of(problem)?;
            let answering = Answering { said: Some(&fields), faults: &faults, against: None };
            match row_page(&doors, &visit, &path, &asked, answering).await {
                Err(problem) if is_away(&problem) => Ok(waiting(&doors, &visit, &fields)),
                page => page,
            }
        }
    }
}

/// What a form is against that whoever sent it did not say to be so nevertheless. Of another row than was shown nothing is
/// asked: that it is another one is told.
fn unsure(
    queue: &Queue,
    permit: &OldDataPermit,
    row: &QueuedRow,
    given: &[Answer],
    said: &Fields,
) -> Result<Option<AllAgainst>, QueueError> {
    if row.seen.as_str() != said.text("seen") {
        return Ok(None);
    }
    let against = queue.against(permit, row.place, given)?;
    let is_sure = against.all.is_empty() || against.seen.as_str() == said.text("sure_of");
    Ok((!is_sure).then_some(against))
}

/// Whether a form names a file that whoever sent it was not shown.
fn is_unseen(
    queue: &Queue,
    permit: &OldDataPermit,
    row: &QueuedRow,
    given: &[Answer],
    said: &Fields,
) -> Result<bool, QueueError> {
    let named = given.iter().find_map(|one| match one {
        Answer::Value(Target::File, name) => Some(name),
        _ => None,
    });
    let Some(name) = named else { return Ok(false) };
    let named = queue.named_file(permit, row.place, name)?;
    Ok(named.is_some_and(|named| named.paper.digest.as_str() != said.text("shown")))
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
pub(super) fn is_away(problem: &Problem) -> bool {
    problem.denial.is_none()
        && (problem.status == StatusCode::NOT_FOUND
            || matches!(problem.code, "old-data-changed" | "old-data-unreadable")
            || problem.faults.iter().any(|fault| fault.kind == FaultKind::BatchBusy))
}

/// What somebody wrote of a batch that cannot be read at this moment: it is shown to them again, with nothing of the batch,
/// and can be sent again.
pub(super) fn waiting(doors: &Doors, visit: &Visit, fields: &Fields) -> Response {
    let shell = Shell::of(doors, visit);
    let sent = fields;
    let fields: Vec<(String, String)> = sent
        .all()
        .filter(|(name, _)| *name != "form_token")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let written = fields.iter().filter_map(|(name, value)| {
        let target = Target::of_name(name.strip_prefix("v.")?)?;
        let by_person = !value.is_empty() && written(sent, target, "", shell.words).is_some();
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
fn answers_of(row: &QueuedRow, said: &Fields, words: Words) -> Result<Vec<Answer>, QueueError> {
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
        // Nothing is known only where somebody says so, whether or not they took away what stood there.
        if written(said, target, kept, words).is_some() {
            given.push(Answer::Value(target, as_kept(target, value)));
        } else if says_nothing(said, target) {
            given.push(Answer::Value(target, String::new()));
        }
    }
    let beside = ASK_WHAT_IS_BESIDE.iter().filter(|kind| {
        !given.is_empty() && row.faults.iter().any(|fault| fault.code == kind.code())
    });
    let beside: Vec<Answer> = beside.map(|kind| Answer::Stands(*kind)).collect();
    given.extend(beside);
    if given.is_empty() {
        // What is missing is said to be missing, and what stands there and is wrong, to stand there still.
        let kept = |target: &Target| row.values.get(target).is_some_and(|value| !value.is_empty());
        let faulty = row.faults.iter().find_map(|fault| target_of(&fault.element));
        let faulty = faulty.filter(|target| may_be_answered(*target));
        return Err(match faulty {
            Some(target) if !kept(&target) || row.must_say.contains(&target) => {
                missing(target.name())
            }
            other => {
                let element = other.map_or("row", Target::name);
                let unchanged = Fault::new(FaultKind::NothingChanged, element, "OLD-7");
                QueueError::Refused(vec![unchanged])
            }
        });
    }
    Ok(given)
}

/// `GET …/rows/{row}/file`: the row's file, or one that is named for it, as the archive would have it where it can be shown.
/// The line of the look names it by its digest, as the address does.
pub(super) async fn file(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<Asked>,
) -> Page {
    let batch = path.get("batch").cloned().unwrap_or_default();
    let place = path.get("row").and_then(|row| row_of(row)).ok_or_else(Problem::not_found)?;
    let mut act = Act::of_rows(OldDataAct::Look, vec![place]);
    let is_digest = asked.is.len() == DIGITS && asked.is.chars().all(|one| one.is_ascii_hexdigit());
    act.file = is_digest.then(|| asked.is.to_lowercase());
    let file = with(&doors, &visit, &batch, act, move |_, queue, permit| {
        queue.file_at(permit, place, (asked.at, &asked.is))
    });
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
