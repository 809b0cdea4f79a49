//! The first page of the desks: finding a client, what the unit is told of its rights, drafts to finish; and the clients whom
//! one's own unit serves.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use varanto_app::recording::DraftSeen;
use varanto_app::relationship::{NoticePage, NoticeQuery, ServedClient, ToldNotice};
use varanto_domain::access::{self, Role, Situation};
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::relationship::{NoticeKind, RegisterUseRight, Side};
use varanto_domain::time::FinnishDay;

use super::record;
use crate::doors::{DemoClient, Doors};
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::{Problem, ToldFault};

/// The situations in which a professional may name that documents are looked for; the usual one first.
const SITUATIONS: [Option<Situation>; 3] =
    [None, Some(Situation::Disclosure), Some(Situation::StatutoryDisclosure)];

/// How many notices the first page shows.
const NOTICES: usize = 10;

/// How many clients a page of one's own clients has.
const CLIENTS: usize = 30;

#[derive(Template)]
#[template(path = "desk/home.html")]
struct HomePage {
    shell: Shell,
    form_token: String,
    situations: Vec<(&'static str, &'static str)>,
    fault: Option<ToldFault>,
    examples: Vec<DemoClient>,
    notices: Vec<NoticeShown>,
    /// Whether there are more than are shown.
    more_notices: bool,
    /// Whether the part with notices is shown: to producers also where there is none.
    is_told: bool,
    drafts: Vec<DraftShown>,
    /// Whether there are clients of one's own unit.
    serves: bool,
}

struct NoticeShown {
    id: i64,
    text: String,
    mark: &'static str,
    relationship: Oid,
    told_on: String,
    /// Whether the client can be opened from it: of a right that is gone the page says why not.
    over: bool,
}

struct DraftShown {
    number: i64,
    title: String,
    saved_at: String,
    kept_until: String,
}

/// What the first page asks of the archive.
type Told = (NoticePage, Vec<DraftSeen>);

/// `GET /fi/desk/`.
pub(super) async fn home(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    home_page(&doors, &visit, None).await
}

#[derive(Template)]
#[template(path = "desk/notices.html")]
struct NoticesPage {
    shell: Shell,
    form_token: String,
    notices: Vec<NoticeShown>,
    /// Whether these are the first ones.
    first: bool,
    /// Where the next page is.
    next: Option<String>,
}

/// `GET /fi/desk/notices/`: all that the unit is told, oldest first, a page at a time.
pub(super) async fn notices(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let caller = Arc::clone(&visit.caller);
    let after: Option<i64> = asked.get("after").and_then(|after| after.parse().ok());
    let query = NoticeQuery {
        after: after.unwrap_or(i64::MIN),
        acknowledged_too: false,
        limit: NoticeQuery::USUAL,
    };
    let page = doors.work(move |app| app.list_notices(&caller, query)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let mut shell = Shell::of(&doors, &visit);
    "/desk/".clone_into(&mut shell.path);
    let today = FinnishDay::of(doors.clock.now());
    let next = page.notices.last().filter(|_| page.more).map(|last| last.id);
    let page = NoticesPage {
        form_token: visit.session.form_token.clone(),
        notices: page.notices.iter().map(|one| notice(one, &names, &shell, today)).collect(),
        first: after.is_none(),
        next: next.map(|after| shell.to(&format!("/desk/notices/?after={after}"))),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// `GET /fi/desk/find`: whoever comes back to the address of a form begins anew.
pub(super) async fn begin_anew(Extension(visit): Extension<Visit>) -> Page {
    Ok(redirect(&visit.to("/desk/")))
}

async fn home_page(doors: &Doors, visit: &Visit, fault: Option<&Fault>) -> Page {
    let caller = Arc::clone(&visit.caller);
    // Whom nothing can be told is not asked about: each time would be a denial in the log.
    let is_told = access::may_receive_notices(&caller).is_ok();
    let asked = move |app: &varanto_app::App| {
        let limit = NoticeQuery::MOST;
        let query = NoticeQuery { after: i64::MIN, acknowledged_too: false, limit };
        let notices = if is_told {
            what_ends_first(app.list_notices(&caller, query)?)
        } else {
            NoticePage { notices: Vec::new(), more: false }
        };
        Ok((notices, app.list_own_drafts(&caller)?))
    };
    let (notices, drafts): Told = doors.work(asked).await?;
    let situation = |one: &Option<Situation>| match one {
        None => ("", "desk.situation_usual"),
        Some(Situation::Disclosure) => ("disclosure", "desk.situation_disclosure"),
        Some(_) => ("statutory-disclosure", "desk.situation_statutory"),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let mut shell = Shell::of(doors, visit);
    "/desk/".clone_into(&mut shell.path);
    let today = FinnishDay::of(doors.clock.now());
    let draft = |draft: &DraftSeen| DraftShown {
        number: draft.number,
        title: record::title_of(&registry, &draft.structure, visit).0,
        saved_at: shell.words.moment(&draft.saved_at),
        kept_until: shell.words.day(&draft.kept_until),
    };
    let page = HomePage {
        form_token: visit.session.form_token.clone(),
        situations: SITUATIONS.iter().map(situation).collect(),
        fault: fault.map(|fault| ToldFault::of(fault, visit.language)),
        examples: doors.demo.get().map(|demo| demo.clients.clone()).unwrap_or_default(),
        notices: notices.notices.iter().map(|one| notice(one, &names, &shell, today)).collect(),
        more_notices: notices.more,
        is_told: is_told
            && (!notices.notices.is_empty() || visit.caller.role() == Some(Role::ProducerWorker)),
        drafts: drafts.iter().map(draft).collect(),
        serves: serves(visit),
        shell,
    };
    let mut response = rendered(&page, visit.language);
    if fault.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Some of the notices: those of rights that end or were taken away before those of new ones, so that none of them hides.
fn what_ends_first(mut page: NoticePage) -> NoticePage {
    page.notices.sort_by_key(|one| one.notice.kind == NoticeKind::Opened);
    page.more |= page.notices.len() > NOTICES;
    page.notices.truncate(NOTICES);
    page
}

/// Whether somebody has clients of the own unit to list.
fn serves(visit: &Visit) -> bool {
    visit.caller.role().is_some_and(Role::serves_clients) && !visit.caller.units.is_empty()
}

fn notice(told: &ToldNotice, names: &Names<'_>, shell: &Shell, today: FinnishDay) -> NoticeShown {
    let notice = &told.notice;
    let (key, mark) = match notice.kind {
        NoticeKind::Opened => ("desk.notice-right-opened", "good"),
        NoticeKind::Ending => ("desk.notice-right-ending", "wait"),
        NoticeKind::Withdrawn => ("desk.notice-right-withdrawn", "bad"),
    };
    let task = notice.service_task.as_deref().map(|task| names.task(task, today));
    let day = shell.words.day(&notice.day);
    let text = shell.words.with(
        key,
        &[
            ("task", task.as_deref().unwrap_or_default()),
            ("unit", names.unit(&notice.holder).as_str()),
            ("day", day.as_str()),
        ],
    );
    let over = match notice.kind {
        NoticeKind::Opened => false,
        NoticeKind::Ending => notice.day < today,
        NoticeKind::Withdrawn => true,
    };
    NoticeShown {
        id: told.id,
        text,
        mark,
        relationship: notice.relationship.clone(),
        told_on: shell.words.day(&FinnishDay::of(told.made_at)),
        over,
    }
}

/// `POST /fi/desk/find`: to the client's pages. Whether the archive knows the client is told by what they show.
pub(super) async fn find(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let code = fields.text("identity_code").to_uppercase();
    let code = match PersonalIdentityCode::parse(&code) {
        Ok(code) => code,
        Err(why) => {
            let fault = identity_code_fault("identity_code", why);
            return home_page(&doors, &visit, Some(&fault)).await;
        }
    };
    let situation = fields.given("situation").and_then(Situation::of_code);
    let situation = SITUATIONS.into_iter().flatten().find(|known| Some(*known) == situation);
    to_client(&doors, &visit, ClientIdentifier::Code(code), situation, "").await
}

async fn to_client(
    doors: &Doors,
    visit: &Visit,
    client: ClientIdentifier,
    situation: Option<Situation>,
    rest: &str,
) -> Page {
    let handle = visit.session.open_client(doors, client, situation).await?;
    Ok(redirect(&visit.to(&format!("/desk/clients/{handle}/{rest}"))))
}

/// `POST /fi/desk/open`: to the pages of the client of a relationship, from a list of one's own clients or a notice.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let named = fields.given("relationship").and_then(|oid| Oid::parse(oid).ok());
    let relationship = named.ok_or_else(Problem::not_found)?;
    let caller = Arc::clone(&visit.caller);
    let client = doors.work(move |app| app.client_of_relationship(&caller, &relationship)).await?;
    let rest = if fields.text("to") == "record" { "record/" } else { "" };
    to_client(&doors, &visit, client, None, rest).await
}

/// `POST /fi/desk/drafts/{draft}`: to one's own draft, at the pages of its client.
pub(super) async fn draft(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let number = path.get("draft").and_then(|number| number.parse::<i64>().ok());
    let number = number.ok_or_else(Problem::not_found)?;
    let caller = Arc::clone(&visit.caller);
    let client = doors.work(move |app| app.client_of_draft(&caller, number)).await?;
    to_client(&doors, &visit, client, None, &format!("record/{number}/")).await
}

/// `POST /fi/desk/notices/{id}`: the unit has taken note.
pub(super) async fn acknowledge(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let id = path.get("id").and_then(|id| id.parse::<i64>().ok());
    let id = id.ok_or_else(Problem::not_found)?;
    let caller = Arc::clone(&visit.caller);
    doors.work(move |app| app.acknowledge_notice(&caller, id)).await?;
    Ok(redirect(&visit.to("/desk/#notices")))
}

#[derive(Template)]
#[template(path = "desk/clients.html")]
struct ClientsPage {
    shell: Shell,
    form_token: String,
    registers: Vec<Register>,
    next: Option<String>,
    first: bool,
}

/// Clients in one register.
struct Register {
    name: String,
    clients: Vec<ClientShown>,
}

struct ClientShown {
    name: String,
    code: String,
    relationship: Oid,
    tasks: Vec<String>,
    /// Since when, and until when.
    days: String,
    /// Whether the right ends soon.
    ending: bool,
    /// Whether the right began lately.
    new: bool,
}

/// How many days a right counts as new.
const NEW_DAYS: i32 = 14;

/// `GET /fi/desk/clients/`: the clients whom one's own unit serves today, by register.
pub(super) async fn clients(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let (caller, after) = (Arc::clone(&visit.caller), asked.get("after").cloned());
    let first = after.is_none();
    let listed =
        doors.work(move |app| app.list_served_clients(&caller, after.as_deref(), CLIENTS)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(&doors, &visit);
    let mut registers: Vec<Register> = Vec::new();
    for one in &listed.clients {
        let name = names.organisation(one.controller.as_str());
        let shown = client(one, &names, &shell, listed.today);
        match registers.iter_mut().find(|register| register.name == name) {
            Some(register) => register.clients.push(shown),
            None => registers.push(Register { name, clients: vec![shown] }),
        }
    }
    let next = listed.next.map(|next| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("after", &next).finish();
        shell.to(&format!("/desk/clients/?{query}"))
    });
    let form_token = visit.session.form_token.clone();
    let page = ClientsPage { shell, form_token, registers, next, first };
    Ok(rendered(&page, visit.language).into_response())
}

fn client(one: &ServedClient, names: &Names<'_>, shell: &Shell, today: FinnishDay) -> ClientShown {
    let tasks = one.rights.iter().filter_map(|right| right.branch.service_task());
    let mut tasks: Vec<String> = tasks.map(|task| names.task(task, today)).collect();
    tasks.dedup();
    let soon = today.plus_days(varanto_domain::relationship::DAYS_BEFORE_THE_END);
    let lately = today.plus_days(-NEW_DAYS);
    let days = |right: &RegisterUseRight| {
        let last = right.validity.last.map(|day| shell.words.day(&day)).unwrap_or_default();
        format!("{} – {last}", shell.words.day(&right.validity.first))
    };
    let mut all: Vec<String> = one.rights.iter().map(days).collect();
    all.dedup();
    let ends_soon = |right: &RegisterUseRight| right.validity.last.is_some_and(|day| day <= soon);
    let is_new =
        |right: &RegisterUseRight| right.side != Side::Organiser && right.validity.first >= lately;
    let code = match &one.client {
        ClientIdentifier::Code(code) => code.reveal().to_owned(),
        ClientIdentifier::Temporary(_) => String::new(),
    };
    ClientShown {
        name: format!("{} {}", one.name.given, one.name.family).trim().to_owned(),
        code,
        relationship: one.relationship.clone(),
        tasks,
        days: all.join(", "),
        ending: one.rights.iter().any(ends_soon),
        new: one.rights.iter().any(is_new),
    }
}
