//! Recording: what to record and in which case, the form with its draft, the preview, and the archived document.
//!
//! What is typed is kept as a draft, so that nothing is lost with the browser or the program. A page decides nothing:
//! drafts, checks and archiving are the archive's own operations. Source: CAS-1, CAS-2.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use varanto_app::archive::SummaryQuery;
use varanto_app::recording::{
    Begun, DraftSeen, FoundEarlier, OpenDraft, Opened, Paper, Saved, Writer,
};
use varanto_app::{AppError, Registry, StructureState};
use varanto_domain::access::Caller;
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::signatures::Needed;
use varanto_domain::codes::{Code, CodeSets, sets};
use varanto_domain::faults::{Fault, Stage};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::structures::{Structure, asked_for};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::drafts::{self, Draft};
use varanto_formats::form::{self, CodeLists, Form, MadeWith, name_in, name_of};
use varanto_formats::view::ViewLanguage;
use varanto_formats::xhtml::{SAFE_COPY_MEDIA_TYPE, safe_copy};

use super::earlier;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::form::{FormView, FromEarlier, labels_in};
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::{Problem, ToldFault};

/// The general type of case notes, as published: what is recorded most stands first.
const CASE_NOTES: &str = "Asiakaskertomusmerkintä";
/// How the subject of structures that every service task uses begins, as published.
const COMMON: &str = "sosiaalihuollon";
/// The element of metadata that the form asks for a minor.
const GUARDIANS: &str = "guardian_disclosure";

#[derive(Template)]
#[template(path = "desk/record.html")]
struct RecordPage {
    shell: Shell,
    frame: ClientFrame,
    drafts: Vec<DraftShown>,
    cases: Vec<CaseShown>,
    groups: Vec<Group>,
    others: Vec<Kind>,
    query: String,
    fault: Option<String>,
}

struct DraftShown {
    address: String,
    title: String,
    saved_at: String,
    kept_until: String,
}

struct CaseShown {
    id: Oid,
    name: String,
    task: String,
}

/// Structures of one general type.
struct Group {
    title: String,
    kinds: Vec<Kind>,
}

/// A structure that may be recorded on.
struct Kind {
    oid: Oid,
    title: String,
    tag: &'static str,
}

/// `GET /fi/desk/clients/{client}/record/`: what to record.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let query = asked.get("q").map(|query| query.trim().to_owned()).unwrap_or_default();
    choose(&doors, &visit, &client, query, None).await
}

async fn choose(
    doors: &Doors,
    visit: &Visit,
    client: &OpenClient,
    query: String,
    fault: Option<String>,
) -> Page {
    let (caller, of) = (Arc::clone(&visit.caller), client.clone());
    let known = doors.work(move |app| {
        let asked = SummaryQuery {
            client: of.client.clone(),
            enriched: false,
            situation: of.situation,
            reason: of.reason,
        };
        Ok((app.client_summary(&caller, &asked)?, app.list_drafts(&caller, &of.client)?))
    });
    let (summary, drafts) = match known.await {
        Ok(known) => known,
        Err(problem) => return Ok(reading::locked(doors, visit, client, problem)),
    };
    let registry = doors.app.registry();
    let (shell, frame) = (Shell::of(doors, visit), ClientFrame::of(visit, client));
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.clock.now());
    let open = summary.cases.iter().filter(|case| !case.closed);
    let cases: Vec<CaseShown> = open
        .filter_map(|case| {
            let task = case.service_task.clone();
            let id = case.id.clone()?;
            Some(CaseShown { name: format!("{} · {id}", names.task(&task, today)), id, task })
        })
        .collect();
    let tasks: Vec<&str> = cases.iter().map(|case| case.task.as_str()).collect();
    let (groups, others) = offered(&registry, today, &tasks, &query, visit);
    let seen = |draft: &DraftSeen| DraftShown {
        address: shell.to(&format!("{}record/{}/", frame.base, draft.number)),
        title: title_of(&registry, &draft.structure, visit).0,
        saved_at: shell.words.moment(&draft.saved_at),
        kept_until: shell.words.day(&draft.kept_until),
    };
    let drafts = drafts.iter().map(seen).collect();
    let page = RecordPage { shell, frame, drafts, cases, groups, others, query, fault };
    Ok(rendered(&page, visit.language))
}

/// A structure's name on the page, and its language.
pub(super) fn title_of(
    registry: &Registry,
    structure: &Oid,
    visit: &Visit,
) -> (String, &'static str) {
    let found = registry.structure(structure).map(|entry| {
        let (name, tag) = name_in(&entry.structure.title, labels_in(visit.language));
        (name.to_owned(), tag)
    });
    found.unwrap_or_else(|| (structure.to_string(), "fi"))
}

/// The structures that may be recorded on today, the newest version of each: those that fit the service tasks of the
/// cases by general type, case notes first; and all others. A part of a name finds among both.
fn offered(
    registry: &Registry,
    today: FinnishDay,
    tasks: &[&str],
    query: &str,
    visit: &Visit,
) -> (Vec<Group>, Vec<Kind>) {
    let mut newest: HashMap<&str, &Structure> = HashMap::new();
    let usable = registry.structures().filter(|entry| {
        entry.state == StructureState::Ready
            && entry.structure.first_day <= today
            && entry.structure.specific_type().is_some()
    });
    for entry in usable {
        let held = newest.entry(entry.structure.type_arc()).or_insert(&entry.structure);
        if held.first_day < entry.structure.first_day {
            *held = &entry.structure;
        }
    }
    let wanted = query.to_lowercase();
    let named = |structure: &&Structure| {
        let names = [Some(&structure.title.fi), structure.title.sv.as_ref()];
        names.into_iter().flatten().any(|name| name.to_lowercase().contains(&wanted))
    };
    let mut found: Vec<&Structure> = newest.into_values().filter(named).collect();
    found.sort_by(|a, b| a.title.fi.cmp(&b.title.fi));
    let words = first_words(registry, today, tasks);
    let (fitting, others): (Vec<&Structure>, Vec<&Structure>) =
        found.into_iter().partition(|structure| fits(structure, &words));
    let kind = |structure: &&Structure| {
        let (title, tag) = name_in(&structure.title, labels_in(visit.language));
        Kind { oid: structure.oid.clone(), title: title.to_owned(), tag }
    };
    let mut types: Vec<&str> = fitting.iter().map(|one| one.document_type.as_str()).collect();
    types.sort_by_key(|name| (*name != CASE_NOTES, *name));
    types.dedup();
    let group = |name: &str| {
        let of_type: Vec<&Structure> =
            fitting.iter().copied().filter(|one| one.document_type == name).collect();
        let title = general_name(registry, today, of_type.first().copied(), visit);
        Group {
            title: title.unwrap_or_else(|| name.to_owned()),
            kinds: of_type.iter().map(kind).collect(),
        }
    };
    (types.into_iter().map(group).collect(), others.iter().map(kind).collect())
}

/// What the code set calls the general type of a structure.
fn general_name(
    registry: &Registry,
    today: FinnishDay,
    structure: Option<&Structure>,
    visit: &Visit,
) -> Option<String> {
    let specific = structure?.specific_type()?;
    let general = &specific[..specific.len().saturating_sub(3)];
    let set = Oid::parse(sets::DOCUMENT_TYPE).ok()?;
    let names = registry.code_sets().name_of(&set, general, today)?;
    (!names.fi.is_empty()).then(|| name_in(names, labels_in(visit.language)).0.to_owned())
}

/// The first words of the Finnish names of service tasks.
fn first_words(registry: &Registry, today: FinnishDay, tasks: &[&str]) -> Vec<String> {
    let set = Oid::parse(sets::SERVICE_TASK).expect("a constant OID");
    let first = |task: &&str| {
        let names = registry.code_sets().name_of(&set, task, today)?;
        names.fi.split_whitespace().next().map(str::to_lowercase)
    };
    tasks.iter().filter_map(first).collect()
}

/// Whether a structure is for one of the service tasks, or for all of them: the nation names the subject of a
/// structure after the task (*Lapsiperheiden palvelujen asiakasasiakirjat*).
fn fits(structure: &Structure, tasks: &[String]) -> bool {
    let subject = structure.subject.as_deref().unwrap_or(COMMON);
    let first = subject.split_whitespace().next().unwrap_or_default().to_lowercase();
    first == COMMON || tasks.contains(&first)
}

/// `POST /fi/desk/clients/{client}/record/`: begins a draft.
pub(super) async fn begin(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let named = |name: &str| fields.given(name).and_then(|oid| Oid::parse(oid).ok());
    let (Some(case), Some(structure)) = (named("case"), named("structure")) else {
        let told = Words(visit.language).of("record.choose_case");
        return choose(&doors, &visit, &client, String::new(), Some(told)).await;
    };
    let language = labels_in(visit.language);
    let begun = Begun { client: client.client.clone(), case, structure, language };
    let (caller, writer) = (Arc::clone(&visit.caller), writer(&visit));
    match doors.work(move |app| app.begin_draft(&caller, &writer, &begun)).await {
        Ok(number) => {
            let base = reading::base(visit.side, &client.handle);
            Ok(redirect(&visit.to(&format!("{base}record/{number}/"))))
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &client, problem)),
    }
}

/// `POST …/documents/{oid}/correct`: begins a draft of the document's next version, with what the one in force says; or goes on
/// with that which was begun.
pub(super) async fn correct(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let (client, document) = visit.document(&path)?;
    let (caller, of) = (Arc::clone(&visit.caller), client.client.clone());
    match doors.work(move |app| app.begin_correction(&caller, &of, &document)).await {
        Ok(number) => {
            let base = reading::base(visit.side, &client.handle);
            Ok(redirect(&visit.to(&format!("{base}record/{number}/"))))
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &client, problem)),
    }
}

/// Who records, as the login tells.
fn writer(visit: &Visit) -> Writer {
    let person = visit.session.professional();
    Writer {
        given_names: visit.session.logged_in.given_names.clone(),
        family_name: visit.session.logged_in.family_name.clone(),
        registration_number: person.and_then(|person| person.registration_number.clone()),
    }
}

/// A draft that a request names.
pub(super) struct Asked {
    pub(super) client: OpenClient,
    pub(super) number: i64,
    /// The path of its page, without language.
    pub(super) path: String,
}

impl Asked {
    /// About whom the draft is, and its number.
    pub(super) const fn of(&self) -> (&ClientIdentifier, i64) {
        (&self.client.client, self.number)
    }

    fn read(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let part = |name: &str| path.get(name).map_or("", String::as_str);
        let client = visit.client(part("client"))?;
        let number = part("draft").parse().map_err(|_| Problem::not_found())?;
        let path = format!("{}record/{number}/", reading::base(visit.side, &client.handle));
        Ok(Self { client, number, path })
    }

    /// The draft; or the page that is to be shown in its place.
    pub(super) async fn open(
        &self,
        doors: &Doors,
        visit: &Visit,
    ) -> Result<OpenDraft, Box<Response>> {
        let (caller, writer, number) = (Arc::clone(&visit.caller), writer(visit), self.number);
        let client = self.client.client.clone();
        match doors.work(move |app| app.open_draft(&caller, &writer, &client, number)).await {
            Ok(Opened::Draft(open)) => Ok(*open),
            Ok(Opened::Archived(document)) => {
                Err(Box::new(redirect(&self.recorded(visit, &document))))
            }
            Err(problem) => Err(Box::new(reading::locked(doors, visit, &self.client, problem))),
        }
    }

    /// What the draft is written on.
    async fn paper(&self, doors: &Doors, visit: &Visit) -> Result<Paper, Problem> {
        let (caller, number) = (Arc::clone(&visit.caller), self.number);
        let client = self.client.client.clone();
        doors.work(move |app| app.paper_of_draft(&caller, &client, number)).await
    }

    fn recorded(&self, visit: &Visit, document: &Oid) -> String {
        visit.to(&format!("{}recorded/{document}/", reading::base(visit.side, &self.client.handle)))
    }
}

#[derive(Template)]
#[template(path = "desk/draft.html")]
struct DraftPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    title: String,
    tag: &'static str,
    case: String,
    form: String,
    edition: i64,
    saved: String,
    /// The edition that another tab has saved since.
    changed: Option<i64>,
    minor: bool,
    guardians: Vec<(String, String)>,
    chosen: String,
    guardians_missing: bool,
    /// The number of the version that it replaces, and the reasons of replacement that may be given.
    replaces: Option<u32>,
    reasons: Vec<(String, String)>,
    reason: String,
    /// How many values of earlier documents are offered; `None`: they were not looked at.
    offered: Option<usize>,
    /// Where values were taken from, as the page carries it.
    taken: Vec<String>,
}

/// What may be chosen of a code set: codes and names.
fn chosen_from(
    set: &str,
    code_sets: &CodeSets,
    today: FinnishDay,
    language: ViewLanguage,
) -> Vec<(String, String)> {
    let set = Oid::parse(set).expect("a constant OID");
    let values = code_sets.choices_on(&set, today).map(|(_, values)| values).unwrap_or_default();
    let named = |code: &&Code| (code.code.clone(), name_in(&code.names, language).0.to_owned());
    values.iter().map(named).collect()
}

/// Works with what a draft's form is made with.
pub(super) fn with_form<T>(
    doors: &Doors,
    paper: &Paper,
    caller: &Caller,
    work: impl FnOnce(&MadeWith) -> T,
) -> T {
    let registry = doors.app.registry();
    let registers = registry.registers();
    let named = |oid: &Oid| {
        let unit = registers.unit(oid).map(|unit| unit.names.fi.clone());
        let name = unit.or_else(|| registers.organisation(oid).map(|one| one.names.fi.clone()))?;
        Some((oid.clone(), name))
    };
    let organisations: Vec<(Oid, String)> = caller.units.iter().filter_map(named).collect();
    let lists = CodeLists {
        code_sets: registry.code_sets(),
        organisations: &organisations,
        notes: &paper.notes,
        day: FinnishDay::of(doors.clock.now()),
        language: paper.language,
    };
    work(&MadeWith { lists: &lists, facts: &paper.facts })
}

async fn draft_page(
    doors: &Doors,
    visit: &Visit,
    asked: &Asked,
    open: &OpenDraft,
    faults: &[Fault],
    changed: Option<i64>,
) -> Page {
    let found = visit.session.earlier_for(doors, asked.of()).await?;
    Ok(with_found(doors, visit, asked, open, (faults, changed), found.as_ref()))
}

/// The page of a draft, with what earlier documents were seen to say.
fn with_found(
    doors: &Doors,
    visit: &Visit,
    asked: &Asked,
    open: &OpenDraft,
    (faults, changed): (&[Fault], Option<i64>),
    found: Option<&FoundEarlier>,
) -> Response {
    let registry = doors.app.registry();
    let shell = Shell::of(doors, visit);
    let today = FinnishDay::of(doors.clock.now());
    let sources = form::unchanged(&open.proposals, &open.draft.content).into_iter().collect();
    let beside = |fault: &&Fault| fault.element != GUARDIANS;
    let of_form: Vec<Fault> = faults.iter().filter(beside).cloned().collect();
    let made = with_form(doors, &open.paper, &visit.caller, |with| {
        Form::of(&open.paper.structure, &open.draft.content, &of_form, with)
    });
    let offers = found.map(|found| earlier::offered(doors, visit, asked, open, found));
    let earlier = FromEarlier {
        offers: offers.unwrap_or_default(),
        taken: earlier::told_of_taken(doors, visit, open),
    };
    let form = match FormView::new(&made, visit.language, &sources, &earlier).render() {
        Ok(form) => form,
        Err(error) => {
            tracing::error!(%error, "a form cannot be rendered");
            return Problem::internal().into_response();
        }
    };
    let (title, tag) = title_of(&registry, &open.paper.structure.oid, visit);
    let names = Names { registry: &registry, language: visit.language };
    let saved_at = shell.words.moment(&open.saved_at);
    let labels = labels_in(visit.language);
    let chosen = |set: &str| chosen_from(set, registry.code_sets(), today, labels);
    let page = DraftPage {
        case: names.task(open.service_task(), today),
        saved: shell.words.with("record.saved", &[("at", saved_at.as_str())]),
        guardians: chosen(sets::MINOR_DISCLOSURE),
        replaces: open.replaces().map(|(_, number)| number),
        reasons: chosen(sets::REPLACEMENT_REASON),
        reason: open.draft.reason.clone(),
        offered: found.map(|_| earlier.offers.len()),
        taken: open.draft.taken.iter().map(drafts::write_taken).collect(),
        guardians_missing: of_form.len() < faults.len(),
        chosen: open.draft.guardians.clone(),
        minor: open.minor,
        frame: ClientFrame::of(visit, &asked.client),
        path: asked.path.clone(),
        edition: open.edition,
        title,
        tag,
        form,
        changed,
        shell,
    };
    rendered(&page, visit.language)
}

/// `GET …/record/{draft}/`: the form.
pub(super) async fn draft(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    match asked.open(&doors, &visit).await {
        Ok(open) => draft_page(&doors, &visit, &asked, &open, &[], None).await,
        Err(elsewhere) => Ok(*elsewhere),
    }
}

/// `POST …/record/{draft}/`: keeps what was typed, and does what the button says.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
    headers: HeaderMap,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    let button = fields.given("do").unwrap_or("keep");
    if button == "discard" {
        return discard(&doors, &visit, &asked).await;
    }
    let paper = asked.paper(&doors, &visit).await?;
    let mut draft = typed(&doors, &visit, &paper, &fields)?;
    let place = match button.strip_prefix("take ") {
        Some(number) => {
            // What was typed is kept also where the session cannot be asked.
            let found = visit.session.earlier_for(&doors, asked.of()).await.ok().flatten();
            found.and_then(|found| earlier::take(&found, &mut draft, number))
        }
        None => change_rows(&paper, &mut draft, button),
    };
    if button == "fork" {
        return fork(&doors, &visit, &asked, draft).await;
    }
    let seen = fields.given(if button == "replace" { "newest" } else { "edition" });
    let seen: i64 = seen.and_then(|seen| seen.parse().ok()).unwrap_or(0);
    let by_script = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    match save(&doors, &visit, &asked, seen, &draft).await? {
        Saved::ChangedMeanwhile { edition } if by_script => {
            Ok((StatusCode::CONFLICT, axum::Json(json!({ "edition": edition }))).into_response())
        }
        Saved::ChangedMeanwhile { edition } => {
            let mut open = match asked.open(&doors, &visit).await {
                Ok(open) => open,
                Err(elsewhere) => return Ok(*elsewhere),
            };
            (open.edition, open.draft) = (seen, draft);
            let page = draft_page(&doors, &visit, &asked, &open, &[], Some(edition)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Saved::Kept { edition, at } if by_script => Ok(kept(&visit, &paper, &draft, edition, at)),
        Saved::Kept { .. } if button == "earlier" => earlier::look(&doors, &visit, &asked).await,
        Saved::Kept { .. } if button == "forget-earlier" => {
            visit.session.forget_earlier(&doors).await?;
            Ok(redirect(&visit.to(&asked.path)))
        }
        Saved::Kept { .. } if button == "preview" => {
            Ok(redirect(&visit.to(&format!("{}preview", asked.path))))
        }
        Saved::Kept { .. } => {
            let place = place.map(|place| format!("#{place}")).unwrap_or_default();
            Ok(redirect(&format!("{}{place}", visit.to(&asked.path))))
        }
    }
}

/// Adds or takes out a row where the button says so; answers where to go on.
fn change_rows(paper: &Paper, draft: &mut Draft, button: &str) -> Option<String> {
    let (act, name) = button.split_once(' ')?;
    match act {
        "add" => {
            form::add_entry(&paper.structure, &mut draft.content, name);
            Some(name.to_owned())
        }
        "remove" => {
            form::remove_entry(&mut draft.content, name);
            name.rsplit_once('/').map(|(list, _)| list.to_owned())
        }
        _ => None,
    }
}

async fn discard(doors: &Doors, visit: &Visit, asked: &Asked) -> Page {
    let (caller, number) = (Arc::clone(&visit.caller), asked.number);
    let client = asked.client.client.clone();
    doors.work(move |app| app.discard_draft(&caller, &client, number)).await?;
    let base = reading::base(visit.side, &asked.client.handle);
    Ok(redirect(&visit.to(&format!("{base}record/"))))
}

/// What was typed.
fn typed(doors: &Doors, visit: &Visit, paper: &Paper, fields: &Fields) -> Result<Draft, Problem> {
    let of_form = |name: &str| name.starts_with('/') || name.starts_with("~/");
    let posted = fields.all().filter(|(name, _)| of_form(name));
    let posted: Vec<(String, String)> =
        posted.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let read = with_form(doors, paper, &visit.caller, |with| {
        form::read(&paper.structure, &posted, with.lists)
    });
    let content =
        read.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "form-not-read").rule("CAS-1"))?;
    let code = |name: &str| fields.text(name).chars().take(20).collect();
    let taken = fields.all().filter(|(name, _)| *name == "taken");
    let taken = taken.filter_map(|(_, told)| drafts::read_taken(told.as_bytes())).collect();
    let (guardians, reason) = (code("guardians"), code("replacement_reason"));
    let mut draft = Draft { content, guardians, reason, taken };
    draft.forget_changed();
    Ok(draft)
}

async fn save(
    doors: &Doors,
    visit: &Visit,
    asked: &Asked,
    seen: i64,
    draft: &Draft,
) -> Result<Saved, Problem> {
    let (caller, draft, number) = (Arc::clone(&visit.caller), draft.clone(), asked.number);
    let client = asked.client.client.clone();
    doors.work(move |app| app.save_draft(&caller, &client, number, seen, &draft)).await
}

/// Keeps what was typed in a draft of its own.
async fn fork(doors: &Doors, visit: &Visit, asked: &Asked, draft: Draft) -> Page {
    let open = match asked.open(doors, visit).await {
        Ok(open) => open,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let begun = Begun {
        client: asked.client.client.clone(),
        case: open.case().clone(),
        structure: open.paper.structure.oid.clone(),
        language: open.paper.language,
    };
    let replaces = open.replaces().map(|(version, _)| version.clone());
    let (caller, writer) = (Arc::clone(&visit.caller), writer(visit));
    let forked = doors.work(move |app| {
        let number = match replaces {
            Some(version) => app.begin_correction_anew(&caller, &begun.client, &version)?,
            None => app.begin_draft(&caller, &writer, &begun)?,
        };
        app.save_draft(&caller, &begun.client, number, 1, &draft)?;
        Ok(number)
    });
    let base = reading::base(visit.side, &asked.client.handle);
    Ok(redirect(&visit.to(&format!("{base}record/{}/", forked.await?))))
}

/// What the island of script is told: the edition, when it was saved, and which rows are asked for now.
fn kept(visit: &Visit, paper: &Paper, draft: &Draft, edition: i64, at: Instant) -> Response {
    let asked = asked_for(&paper.structure, &draft.content, &paper.facts);
    let asked = asked.iter().filter(|one| one.holds);
    let asked: Vec<&str> = asked.filter_map(|one| name_of(&one.element)).collect();
    let at = Words(visit.language).moment(&at);
    axum::Json(json!({ "edition": edition, "at": at, "asked": asked })).into_response()
}

#[derive(Template)]
#[template(path = "desk/preview.html")]
struct PreviewPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    title: String,
    edition: i64,
    remarks: Vec<String>,
    /// Who signs when it is archived, told.
    signs: String,
    /// Whether such a document needs the professional's own signature; and what follows when it is missing, as a key.
    own: Option<&'static str>,
    /// The command that signs.
    command: String,
    /// The signature that was given, and what is wrong with it.
    signature: String,
    faults: Vec<String>,
}

/// `GET …/record/{draft}/preview`: the document that the draft makes, checked as archiving checks it.
pub(super) async fn preview(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    match asked.open(&doors, &visit).await {
        Ok(open) => look(&doors, &visit, &asked, open, None).await,
        Err(elsewhere) => Ok(*elsewhere),
    }
}

/// The document that the draft makes: its faults beside the fields, or its view. `refused`: the signature that was given,
/// and what archiving said of it.
async fn look(
    doors: &Doors,
    visit: &Visit,
    asked: &Asked,
    mut open: OpenDraft,
    refused: Option<(&str, &[Fault])>,
) -> Page {
    open.draft.content = form::finished(&open.paper.structure, &open.draft.content);
    let (caller, writer) = (Arc::clone(&visit.caller), writer(visit));
    let looked = doors.work(move |app| {
        let looked = app.look_at_draft(&caller, &writer, &open)?;
        Ok((open, looked))
    });
    let (open, looked) = looked.await?;
    if !looked.faults.is_empty() {
        let page = draft_page(doors, visit, asked, &open, &looked.faults, None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let registry = doors.app.registry();
    let told = |remark: &Fault| {
        let told = ToldFault::of(remark, visit.language);
        format!("{} {}", told.message, told.right)
    };
    let (signature, faults) = refused.unwrap_or_default();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let page = PreviewPage {
        frame: ClientFrame::of(visit, &asked.client),
        path: asked.path.clone(),
        title: title_of(&registry, &open.paper.structure.oid, visit).0,
        edition: open.edition,
        remarks: looked.remarks.iter().map(told).collect(),
        signs: match &looked.signing.system {
            Some(system) => {
                let name = names.organisation(system.as_str());
                shell.words.with("record.signs_system", &[("organisation", name.as_str())])
            }
            None => shell.words.of("record.signs_nobody"),
        },
        own: (looked.signing.needed == Needed::Professional)
            .then_some(own_missing(looked.signing.level)),
        command: signing_command(doors, visit),
        signature: signature.to_owned(),
        faults: faults.iter().map(told).collect(),
        shell,
    };
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The key of what follows when a professional's own signature is missing.
pub(super) const fn own_missing(level: ConformanceLevel) -> &'static str {
    match level {
        ConformanceLevel::Refuse => "record.own_missing_refused",
        ConformanceLevel::Warn => "record.own_missing_remarked",
        ConformanceLevel::Off => "record.own_missing_taken",
    }
}

/// The command by which a professional signs: of the demonstration with the card that it made for who is logged in.
fn signing_command(doors: &Doors, visit: &Visit) -> String {
    let made = doors.demo.get().zip(visit.session.professional()).and_then(|(demo, person)| {
        let file = |ending: &str| demo.cards.join(format!("{}.{ending}", person.sub));
        let (certificate, key) = (file("pem"), file("key"));
        certificate
            .exists()
            .then(|| format!("--certificate {} --key {}", certificate.display(), key.display()))
    });
    let card = made.unwrap_or_else(|| {
        "--certificate card.pem --module /usr/lib/opensc-pkcs11.so --token CARD --key-label KEY"
            .to_owned()
    });
    format!("varanto sign --text to-sign.txt {card} --out signature.txt")
}

/// `GET …/record/{draft}/to-sign`: what a professional's own signature is made over.
pub(super) async fn to_sign(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    let open = match asked.open(&doors, &visit).await {
        Ok(open) => open,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let (caller, writer) = (Arc::clone(&visit.caller), writer(&visit));
    let looked = doors.work(move |app| app.look_at_draft(&caller, &writer, &open)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"to-sign.txt\""),
    ];
    Ok((headers, looked.signing.text).into_response())
}

/// `GET …/record/{draft}/view`: what the document will look like, in a frame that can do nothing.
pub(super) async fn view(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    let open = match asked.open(&doors, &visit).await {
        Ok(open) => open,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let (caller, writer) = (Arc::clone(&visit.caller), writer(&visit));
    let language = open.paper.language.tag();
    let title = title_of(&doors.app.registry(), &open.paper.structure.oid, &visit).0;
    let looked = doors.work(move |app| app.look_at_draft(&caller, &writer, &open)).await?;
    let made = looked.view.and_then(|view| safe_copy(view.as_bytes(), &title, language).ok());
    let headers = [
        (header::CONTENT_TYPE, SAFE_COPY_MEDIA_TYPE),
        (header::CONTENT_SECURITY_POLICY, reading::VIEW_POLICY),
        (HeaderName::from_static("x-frame-options"), "SAMEORIGIN"),
    ];
    Ok((headers, made.ok_or_else(Problem::not_found)?).into_response())
}

/// `POST …/record/{draft}/archive`: archives what was looked at.
pub(super) async fn archive(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let asked = Asked::read(&visit, &path)?;
    let open = match asked.open(&doors, &visit).await {
        Ok(open) => open,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    // What was looked at is what is archived: another tab may have written since.
    if fields.text("edition") != open.edition.to_string() {
        return Ok(redirect(&visit.to(&format!("{}preview", asked.path))));
    }
    let (caller, writer) = (Arc::clone(&visit.caller), writer(&visit));
    let given = fields.given("signature").map(str::to_owned);
    let signature = given.clone();
    let archived = doors.work(move |app| {
        match app.archive_draft(&caller, &writer, &open, signature.as_deref()) {
            Ok(archived) => Ok((open, Ok(archived.receipt.document))),
            Err(AppError::Refused(faults)) => Ok((open, Err(faults))),
            Err(error) => Err(error),
        }
    });
    match archived.await? {
        (_, Ok(document)) => Ok(redirect(&asked.recorded(&visit, &document))),
        (open, Err(faults)) if faults.iter().all(|one| one.stage == Some(Stage::Signature)) => {
            let refused = (given.as_deref().unwrap_or_default(), faults.as_slice());
            look(&doors, &visit, &asked, open, Some(refused)).await
        }
        (open, Err(faults)) => {
            let page = draft_page(&doors, &visit, &asked, &open, &faults, None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "desk/recorded.html")]
struct RecordedPage {
    shell: Shell,
    frame: ClientFrame,
    title: String,
    document: Oid,
    archived_at: String,
    signature: Option<String>,
}

/// `GET …/recorded/{oid}/`: that the document is archived, and where to go on.
pub(super) async fn recorded(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let (client, document) = visit.document(&path)?;
    let (caller, asked, of) = (Arc::clone(&visit.caller), document.clone(), client.clone());
    let opened =
        doors.work(move |app| app.open_document(&caller, of.looked_at(&asked), of.purpose())).await;
    let view = match opened {
        Ok(view) => view,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &client, problem)),
    };
    let (shell, frame) = (Shell::of(&doors, &visit), ClientFrame::of(&visit, &client));
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let page = RecordedPage {
        title: reading::Row::of(&view, &names, &shell, &frame.base).title,
        archived_at: shell.words.moment(&view.archived_at),
        signature: reading::signature(&view).map(|key| shell.words.of(&key)),
        document,
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}
