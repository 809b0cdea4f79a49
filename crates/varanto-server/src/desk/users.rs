//! The main user's desk: the register of users, read and kept, and what is let to producers' own main users.
//!
//! What may be chosen is what the archive would take; whether it does, it says itself. Source: JOI-3, ACC-2.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use varanto_app::Registry;
use varanto_app::users::{GrantRequest, ListedDelegation, ListedUser, UserQuery};
use varanto_domain::access::keeping::{Keeper, grantable_roles, producer_faults};
use varanto_domain::access::{Role, Strength};
use varanto_domain::codes::ServiceTask;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::users::{self as forms, Grant};

use super::acts::read_day;
use super::archive::faults_of;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Entry, Shell, Words, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::{Problem, ToldFault};
use crate::texts::Language;

/// The navigation of a main user.
pub(crate) const MENU: &[Entry] = &[
    Entry { path: "/desk/users/", text: "users.menu" },
    Entry { path: "/desk/users/delegations/", text: "users.menu_delegations" },
];

/// How many rights, or delegations, are shown at once.
const PAGE: usize = 30;

/// The routes below the first page, to be put behind the desk's gate.
pub(super) fn router() -> Router<Doors> {
    Router::new()
        .route("/new/", get(begin).post(grant))
        .route("/rights/{user}/", get(page).post(act))
        .route("/delegations/", get(delegations).post(withdraw))
        .route("/delegations/new/", get(begin_delegation).post(delegate))
}

/// Whose users are kept together: of an organisation, by itself or for an organiser.
#[derive(Clone)]
struct Whose {
    organisation: Oid,
    organiser: Option<Oid>,
    keeper: Keeper,
}

impl Whose {
    /// As addresses and forms name it.
    fn word(&self) -> String {
        match &self.organiser {
            None => self.organisation.to_string(),
            Some(organiser) => format!("{}@{organiser}", self.organisation),
        }
    }

    fn name(&self, names: &Names<'_>, words: Words) -> String {
        whose_name(names, words, &self.organisation, self.organiser.as_ref())
    }

    /// Every one that these keepers keep.
    fn all(keepers: &[Keeper], registry: &Registry, today: FinnishDay) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for keeper in keepers {
            match keeper {
                Keeper::Organisation(own) => {
                    let whose = |organisation: &Oid, organiser| Self {
                        organisation: organisation.clone(),
                        organiser,
                        keeper: keeper.clone(),
                    };
                    all.push(whose(own, None));
                    let producers = producers_of(registry, own, today);
                    all.extend(producers.iter().map(|one| whose(one, Some(own.clone()))));
                }
                Keeper::Delegated { delegation, .. } => all.push(Self {
                    organisation: delegation.producer.clone(),
                    organiser: Some(delegation.organiser.clone()),
                    keeper: keeper.clone(),
                }),
            }
        }
        all
    }

    /// The units that a right may name.
    fn units(&self, registry: &Registry) -> Vec<Oid> {
        match &self.keeper {
            Keeper::Delegated { delegation, .. } if !delegation.units.is_empty() => {
                delegation.units.clone()
            }
            _ => units_of(registry, &self.organisation),
        }
    }

    /// The service tasks that a right may name.
    fn tasks(&self) -> Vec<String> {
        let all = || ServiceTask::ALL.iter().map(|task| task.code().to_owned()).collect();
        match &self.keeper {
            Keeper::Delegated { delegation, .. } => match &delegation.service_tasks {
                Some(tasks) => tasks.iter().map(ToString::to_string).collect(),
                None => all(),
            },
            Keeper::Organisation(_) => all(),
        }
    }
}

/// The units of an organisation; the organisation itself may stand for one, and is not offered.
fn units_of(registry: &Registry, organisation: &Oid) -> Vec<Oid> {
    let is_unit = |one: &&Oid| registry.registers().unit(one).is_some();
    registry.units_of(organisation).iter().filter(is_unit).cloned().collect()
}

/// The producers that may work in an organiser's system.
fn producers_of(registry: &Registry, organiser: &Oid, today: FinnishDay) -> Vec<Oid> {
    let all = registry.registers().organisations();
    let fits = |one: &Oid| {
        producer_faults(registry.registers(), (organiser, one), "producer", today).is_empty()
    };
    all.into_iter().map(|one| one.oid.clone()).filter(fits).collect()
}

fn whose_name(
    names: &Names<'_>,
    words: Words,
    organisation: &Oid,
    organiser: Option<&Oid>,
) -> String {
    let name = names.organisation(organisation.as_str());
    match organiser {
        None => name,
        Some(organiser) => words.with(
            "users.for_organiser",
            &[("producer", &name), ("organiser", &names.organisation(organiser.as_str()))],
        ),
    }
}

/// A choice of a form: value, text, whether it is chosen.
type Choice = (String, String, bool);

/// What narrows the list.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Narrowed {
    of: String,
    ended: String,
    cursor: String,
    done: String,
}

impl Narrowed {
    fn query(&self) -> UserQuery {
        let (of, _) = self.of.split_once('@').unwrap_or((&self.of, ""));
        UserQuery {
            history: !self.ended.is_empty(),
            organisation: Oid::parse(of).ok(),
            limit: PAGE,
            cursor: (!self.cursor.is_empty()).then(|| self.cursor.clone()),
        }
    }

    /// The address of the next page of a list.
    fn next(&self, shell: &Shell, path: &str, cursor: Option<String>) -> Option<String> {
        let of = self.query().organisation.map(|of| of.to_string()).unwrap_or_default();
        let ended = if self.ended.is_empty() { "" } else { "1" };
        cursor.map(|cursor| shell.to(&format!("{path}?of={of}&ended={ended}&cursor={cursor}")))
    }

    /// What was done on the page before, in words.
    fn done(&self, words: Words) -> Option<String> {
        let known = ["granted", "changed", "ended", "delegated", "withdrawn"];
        let done = known.into_iter().find(|known| *known == self.done)?;
        Some(words.of(&format!("users.done_{done}")))
    }
}

/// A right in words.
struct Shown {
    id: String,
    name: String,
    subject: String,
    role: String,
    whose: String,
    units: Vec<String>,
    tasks: Vec<String>,
    weak: bool,
    days: String,
    granted: String,
    ended: Option<String>,
    mark: &'static str,
    state: String,
}

impl Shown {
    fn of(one: &ListedUser, names: &Names<'_>, words: Words, today: FinnishDay) -> Self {
        let right = &one.right;
        let at = words.moment(&one.granted_at);
        let (mark, state) = state_of(&right.validity, one.ended_at.is_some(), today);
        Self {
            id: one.id.clone(),
            name: format!("{} {}", right.given_names, right.family_name),
            subject: right.subject.clone(),
            role: words.of(&format!("role.{}", right.role.code())),
            whose: whose_name(names, words, &right.organisation, right.organiser.as_ref()),
            units: right.units.iter().map(|unit| names.unit(unit)).collect(),
            tasks: right.service_tasks.iter().flatten().map(|one| names.task(one, today)).collect(),
            weak: right.login == Strength::Weak,
            days: days_of(words, &right.validity),
            granted: words.with("users.granted", &[("by", &right.granted_by), ("at", &at)]),
            ended: one.ended_at.map(|at| words.with("users.ended", &[("at", &words.moment(&at))])),
            mark,
            state: words.of(state),
        }
    }
}

fn days_of(words: Words, days: &Validity) -> String {
    let last = days.last.map(|last| words.day(&last)).unwrap_or_default();
    format!("{}–{last}", words.day(&days.first))
}

/// Where a right or a delegation stands: its mark, and the key of its text.
fn state_of(days: &Validity, ended: bool, today: FinnishDay) -> (&'static str, &'static str) {
    if ended {
        ("", "users.state_ended")
    } else if days.last.is_some_and(|last| last < today) {
        ("", "users.state_over")
    } else if today < days.first {
        ("wait", "users.state_to_come")
    } else {
        ("good", "users.state_in_force")
    }
}

#[derive(Template)]
#[template(path = "users/list.html")]
struct ListPage {
    shell: Shell,
    whose: Vec<Choice>,
    ended: bool,
    rights: Vec<Shown>,
    next: Option<String>,
    done: Option<String>,
}

/// `GET /fi/desk/users/`: the rights of those whom the main user keeps.
pub(super) async fn list(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(narrowed): Query<Narrowed>,
) -> Page {
    let (caller, query) = (visit.caller.clone(), narrowed.query());
    let read =
        move |app: &varanto_app::App| Ok((app.kept_by(&caller)?, app.list_users(&caller, &query)?));
    let (keepers, found) = doors.work(read).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (mut shell, today) = (Shell::of(&doors, &visit), FinnishDay::of(doors.app.now()));
    "/desk/users/".clone_into(&mut shell.path);
    let words = shell.words;
    let mut whose: Vec<Choice> = Vec::new();
    for one in Whose::all(&keepers, &registry, today) {
        let of = one.organisation.to_string();
        if !whose.iter().any(|(known, ..)| *known == of) {
            whose.push((of.clone(), names.organisation(&of), narrowed.of == of));
        }
    }
    let page = ListPage {
        whose,
        ended: !narrowed.ended.is_empty(),
        rights: found.users.iter().map(|one| Shown::of(one, &names, words, today)).collect(),
        next: narrowed.next(&shell, "/desk/users/", found.next),
        done: narrowed.done(words),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// What a form of a right, or of a delegation, may hold; what it holds; and what is wrong with it.
struct Form {
    token: String,
    said: Map<String, Value>,
    roles: Vec<Choice>,
    units: Vec<Choice>,
    tasks: Vec<Choice>,
    weak: bool,
    delegations: Vec<Choice>,
    faults: Vec<ToldFault>,
}

impl Form {
    fn of(visit: &Visit, said: &Map<String, Value>, faults: &[Fault]) -> Self {
        Self {
            token: visit.session.form_token.clone(),
            said: said.clone(),
            roles: Vec::new(),
            units: Vec::new(),
            tasks: Vec::new(),
            weak: said.get("login").is_some_and(|login| login == "weak"),
            delegations: Vec::new(),
            faults: faults.iter().map(|fault| told_fault(fault, visit.language)).collect(),
        }
    }

    /// What a field holds.
    fn text(&self, name: &str) -> &str {
        self.said.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// What is wrong with a field, or with one of its entries.
    fn fault(&self, name: &str) -> Option<&ToldFault> {
        let within = |fault: &&ToldFault| {
            fault.element.split('/').next().is_some_and(|element| element == name)
        };
        self.faults.iter().find(within)
    }

    fn units_of(mut self, units: &[Oid], names: &Names<'_>) -> Self {
        let unit = |one: &Oid| (one.to_string(), names.unit(one), self.has("units", one.as_str()));
        let mut units: Vec<Choice> = units.iter().map(unit).collect();
        units.sort_by(|one, other| one.1.cmp(&other.1));
        self.units = units;
        self
    }

    fn tasks_of(mut self, tasks: &[String], names: &Names<'_>, today: FinnishDay) -> Self {
        let task =
            |one: &String| (one.clone(), names.task(one, today), self.has("service_tasks", one));
        self.tasks = tasks.iter().map(task).collect();
        self
    }

    fn has(&self, name: &str, entry: &str) -> bool {
        let all = self.said.get(name).and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|one| one == entry))
    }
}

/// A fault in words, that name a field by its label.
fn told_fault(fault: &Fault, language: Language) -> ToldFault {
    ToldFault::labelled(fault, language, |field| Some(format!("users.{field}")))
}

/// What a form says, as the interface for systems would be told it: one reading for both.
fn said_of(fields: &Fields) -> Map<String, Value> {
    let mut said = Map::new();
    for name in ["units", "service_tasks"] {
        let all: Vec<Value> =
            fields.all().filter(|(known, _)| *known == name).map(|(_, one)| one.into()).collect();
        // Nothing ticked narrows to nothing.
        if !all.is_empty() {
            said.insert(name.into(), all.into());
        }
    }
    let texts = [
        "subject",
        "given_names",
        "family_name",
        "identity_code",
        "role",
        "delegation",
        "producer",
        "rights",
    ];
    for name in texts {
        if let Some(text) = fields.given(name) {
            said.insert(name.into(), text.into());
        }
    }
    for name in ["first_day", "last_day"] {
        if let Some(text) = fields.given(name) {
            let day = read_day(text).map_or_else(|| text.to_owned(), |day| day.to_string());
            said.insert(name.into(), day.into());
        }
    }
    let login = if fields.given("weak").is_some() { "weak" } else { "strong" };
    said.insert("login".into(), login.into());
    said
}

/// What a right says, as a form holds it.
fn said_of_right(one: &ListedUser) -> Map<String, Value> {
    let right = &one.right;
    let said = json!({
        "subject": right.subject,
        "given_names": right.given_names,
        "family_name": right.family_name,
        "role": right.role.code(),
        "units": right.units.iter().map(Oid::as_str).collect::<Vec<_>>(),
        "service_tasks": right.service_tasks.as_ref().map(|tasks| tasks.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
        "login": if right.login == Strength::Weak { "weak" } else { "strong" },
        "first_day": right.validity.first.to_string(),
        "last_day": right.validity.last.map(|last| last.to_string()),
    });
    let Value::Object(mut said) = said else { return Map::new() };
    said.retain(|_, value| !value.is_null());
    said
}

/// The right that a form says; its faults otherwise.
fn request_of(said: &Map<String, Value>, whose: &Whose) -> Result<GrantRequest, Vec<Fault>> {
    let mut said = said.clone();
    said.insert("organisation".into(), whose.organisation.as_str().into());
    if let Some(organiser) = &whose.organiser {
        said.insert("organiser".into(), organiser.as_str().into());
    }
    let Grant { entry, delegation } =
        forms::read_grant(Value::Object(said).to_string().as_bytes())?;
    Ok(GrantRequest { right: entry.right, person: entry.code, delegation })
}

#[derive(Template)]
#[template(path = "users/right.html")]
struct RightPage {
    shell: Shell,
    /// Whose users may be chosen from, where there are several and none is chosen.
    whose: Vec<Choice>,
    /// Whose user it is: the word of the form, and the name.
    of: Option<(String, String)>,
    /// The right as it stands, of one that is there.
    right: Option<Shown>,
    /// Whether it can be changed or ended.
    stands: bool,
    form: Form,
}

/// Which users a new right is for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Of {
    of: String,
}

/// What the form of a right is made of.
struct Made<'f> {
    of: &'f str,
    said: &'f Map<String, Value>,
    faults: &'f [Fault],
    right: Option<&'f ListedUser>,
}

/// `GET /fi/desk/users/new/`: whose user, and then the form of the right.
pub(super) async fn begin(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(of): Query<Of>,
) -> Page {
    let made = Made { of: &of.of, said: &Map::new(), faults: &[], right: None };
    form_page(&doors, &visit, &made).await
}

async fn form_page(doors: &Doors, visit: &Visit, made: &Made<'_>) -> Page {
    let today = FinnishDay::of(doors.app.now());
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let words = shell.words;
    let all = kept(doors, visit, &registry, today).await?;
    let fitting = |one: &&Whose| all.len() == 1 || one.word() == made.of;
    let chosen = all.iter().find(fitting);
    let mut form = Form::of(visit, made.said, made.faults);
    if let Some(whose) = chosen {
        let role = |role: &Role| {
            let code = role.code();
            (code.to_owned(), words.of(&format!("role.{code}")), form.text("role") == code)
        };
        let of_a_producer = whose.organiser.is_some();
        let roles = grantable_roles(&whose.keeper, of_a_producer);
        form.roles = roles.iter().map(role).collect();
        form = form.units_of(&whose.units(&registry), &names);
        form = form.tasks_of(&whose.tasks(), &names, today);
        if roles.contains(&Role::MainUser) {
            form.delegations = delegations_to(doors, visit, &whose.organisation, &form).await?;
        }
    }
    let choice = |one: &Whose| (one.word(), one.name(&names, words), false);
    let page = RightPage {
        whose: if chosen.is_none() { all.iter().map(choice).collect() } else { Vec::new() },
        of: chosen.map(|one| (one.word(), one.name(&names, words))),
        right: made.right.map(|one| Shown::of(one, &names, words, today)),
        stands: made.right.is_some_and(|one| one.ended_at.is_none()),
        form,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// Whose users the main user keeps.
async fn kept(
    doors: &Doors,
    visit: &Visit,
    registry: &Registry,
    today: FinnishDay,
) -> Result<Vec<Whose>, Problem> {
    let caller = visit.caller.clone();
    let keepers = doors.work(move |app| app.kept_by(&caller)).await?;
    Ok(Whose::all(&keepers, registry, today))
}

/// The delegations to a producer for which its main user may be named.
async fn delegations_to(
    doors: &Doors,
    visit: &Visit,
    producer: &Oid,
    form: &Form,
) -> Result<Vec<Choice>, Problem> {
    let caller = visit.caller.clone();
    let query = UserQuery {
        organisation: Some(producer.clone()),
        limit: UserQuery::MOST,
        ..UserQuery::default()
    };
    let found = doors.work(move |app| app.list_delegations(&caller, &query)).await?;
    let words = Words(visit.language);
    let choice = |one: &ListedDelegation| {
        let number = one.id.to_string();
        let days = days_of(words, &one.delegation.validity);
        let is_chosen = form.text("delegation") == number;
        (number, days, is_chosen)
    };
    Ok(found.delegations.iter().map(choice).collect())
}

/// `POST /fi/desk/users/new/`: grants the right.
pub(super) async fn grant(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let registry = doors.app.registry();
    let all = kept(&doors, &visit, &registry, FinnishDay::of(doors.app.now())).await?;
    let of = fields.text("of");
    let Some(whose) = all.iter().find(|one| one.word() == of) else {
        return Ok(redirect(&visit.to("/desk/users/new/")));
    };
    let said = said_of(&fields);
    let faults = match request_of(&said, whose) {
        Ok(asked) => {
            let caller = visit.caller.clone();
            match doors.work(move |app| app.grant_user(&caller, &asked)).await {
                Ok(_) => return Ok(redirect(&visit.to("/desk/users/?done=granted"))),
                Err(problem) => faults_of(problem)?,
            }
        }
        Err(faults) => faults,
    };
    let made = Made { of, said: &said, faults: &faults, right: None };
    form_page(&doors, &visit, &made).await
}

async fn right_of(doors: &Doors, visit: &Visit, id: &str) -> Result<ListedUser, Problem> {
    let (caller, id) = (visit.caller.clone(), id.to_owned());
    doors.work(move |app| app.show_user(&caller, &id)).await
}

/// The word of whose user a right's person is.
fn word_of(one: &ListedUser) -> String {
    let organisation = &one.right.organisation;
    let organiser = one.right.organiser.as_ref();
    organiser.map_or_else(|| organisation.to_string(), |by| format!("{organisation}@{by}"))
}

/// `GET /fi/desk/users/rights/{user}/`: a right, to be changed or ended.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path((_, id)): Path<(String, String)>,
) -> Page {
    let right = right_of(&doors, &visit, &id).await?;
    let said = said_of_right(&right);
    let made = Made { of: &word_of(&right), said: &said, faults: &[], right: Some(&right) };
    form_page(&doors, &visit, &made).await
}

/// `POST /fi/desk/users/rights/{user}/`: changes the right, or ends it.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path((_, id)): Path<(String, String)>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let right = right_of(&doors, &visit, &id).await?;
    let (caller, ends) = (visit.caller.clone(), fields.text("act") == "end");
    let mut said = if ends { said_of_right(&right) } else { said_of(&fields) };
    said.insert("subject".into(), right.right.subject.as_str().into());
    let faults = if ends {
        let sure = fields.given("sure").is_some();
        if sure {
            match doors.work(move |app| app.end_user(&caller, &id)).await {
                Ok(_) => return Ok(redirect(&visit.to("/desk/users/?done=ended"))),
                Err(problem) => faults_of(problem)?,
            }
        } else {
            vec![Fault::new(FaultKind::MissingElement, "sure", "JOI-3").arg("name", "sure")]
        }
    } else {
        let registry = doors.app.registry();
        let all = kept(&doors, &visit, &registry, FinnishDay::of(doors.app.now())).await?;
        let word = word_of(&right);
        let whose = all.iter().find(|one| one.word() == word).ok_or_else(Problem::not_found)?;
        match request_of(&said, whose) {
            Ok(asked) => match doors.work(move |app| app.change_user(&caller, &id, &asked)).await {
                Ok(_) => return Ok(redirect(&visit.to("/desk/users/?done=changed"))),
                Err(problem) => faults_of(problem)?,
            },
            Err(faults) => faults,
        }
    };
    let made = Made { of: &word_of(&right), said: &said, faults: &faults, right: Some(&right) };
    form_page(&doors, &visit, &made).await
}

/// A delegation in words.
struct ShownDelegation {
    id: i64,
    parties: String,
    units: Vec<String>,
    tasks: Vec<String>,
    weak: bool,
    days: String,
    mark: &'static str,
    state: String,
    /// Whether it is the reader's to withdraw.
    withdrawable: bool,
}

#[derive(Template)]
#[template(path = "users/delegations.html")]
struct DelegationsPage {
    shell: Shell,
    form: Form,
    delegations: Vec<ShownDelegation>,
    ended: bool,
    /// Whether there is a producer to whom one could be given.
    may_give: bool,
    next: Option<String>,
    done: Option<String>,
}

/// `GET /fi/desk/users/delegations/`: what is let to producers' main users.
pub(super) async fn delegations(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(narrowed): Query<Narrowed>,
) -> Page {
    delegations_page(&doors, &visit, &narrowed, &[]).await
}

async fn delegations_page(
    doors: &Doors,
    visit: &Visit,
    narrowed: &Narrowed,
    faults: &[Fault],
) -> Page {
    let (caller, query) = (visit.caller.clone(), narrowed.query());
    let read = move |app: &varanto_app::App| {
        Ok((app.kept_by(&caller)?, app.list_delegations(&caller, &query)?))
    };
    let (keepers, found) = doors.work(read).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (mut shell, today) = (Shell::of(doors, visit), FinnishDay::of(doors.app.now()));
    "/desk/users/delegations/".clone_into(&mut shell.path);
    let words = shell.words;
    let shown = |one: &ListedDelegation| {
        let said = &one.delegation;
        let (mark, state) = state_of(&said.validity, one.withdrawn_at.is_some(), today);
        let tasks = said.service_tasks.iter().flatten();
        ShownDelegation {
            id: one.id,
            parties: whose_name(&names, words, &said.producer, Some(&said.organiser)),
            units: said.units.iter().map(|unit| names.unit(unit)).collect(),
            tasks: tasks.map(|task| names.task(task, today)).collect(),
            weak: said.login == Strength::Weak,
            days: days_of(words, &said.validity),
            mark,
            state: words.of(state),
            withdrawable: one.withdrawn_at.is_none()
                && keepers.iter().any(
                    |keeper| matches!(keeper, Keeper::Organisation(own) if *own == said.organiser),
                ),
        }
    };
    let page = DelegationsPage {
        form: Form::of(visit, &Map::new(), faults),
        delegations: found.delegations.iter().map(shown).collect(),
        ended: !narrowed.ended.is_empty(),
        may_give: !producers(&keepers, &registry, today).is_empty(),
        next: narrowed.next(&shell, "/desk/users/delegations/", found.next),
        done: narrowed.done(words),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// The producers to whom these keepers may let something.
fn producers(keepers: &[Keeper], registry: &Registry, today: FinnishDay) -> Vec<Oid> {
    let own = keepers.iter().filter_map(|keeper| match keeper {
        Keeper::Organisation(own) => Some(own),
        Keeper::Delegated { .. } => None,
    });
    own.flat_map(|own| producers_of(registry, own, today)).collect()
}

/// `POST /fi/desk/users/delegations/`: takes a delegation back.
pub(super) async fn withdraw(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let said = said_of(&fields);
    let rights = said.get("rights").map(|rights| json!({"rights": rights}));
    let sent = rights.unwrap_or_else(|| json!({})).to_string();
    let faults = match forms::read_withdrawal(sent.as_bytes()) {
        Ok(ends) => {
            let (caller, id) = (visit.caller.clone(), fields.text("delegation").to_owned());
            let done = move |app: &varanto_app::App| app.withdraw_delegation(&caller, &id, ends);
            match doors.work(done).await {
                Ok(_) => return Ok(redirect(&visit.to("/desk/users/delegations/?done=withdrawn"))),
                Err(problem) => faults_of(problem)?,
            }
        }
        Err(faults) => faults,
    };
    delegations_page(&doors, &visit, &Narrowed::default(), &faults).await
}

#[derive(Template)]
#[template(path = "users/delegation.html")]
struct DelegationPage {
    shell: Shell,
    producers: Vec<Choice>,
    /// To whom, once that is chosen: the identifier and the name.
    producer: Option<(String, String)>,
    form: Form,
}

/// `GET /fi/desk/users/delegations/new/`: to which producer, and then the form of the delegation.
pub(super) async fn begin_delegation(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(of): Query<Of>,
) -> Page {
    delegation_page(&doors, &visit, &of.of, &Map::new(), &[]).await
}

async fn delegation_page(
    doors: &Doors,
    visit: &Visit,
    of: &str,
    said: &Map<String, Value>,
    faults: &[Fault],
) -> Page {
    let today = FinnishDay::of(doors.app.now());
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let caller = visit.caller.clone();
    let keepers = doors.work(move |app| app.kept_by(&caller)).await?;
    let all = producers(&keepers, &registry, today);
    let chosen = all.iter().find(|one| all.len() == 1 || one.as_str() == of);
    let mut form = Form::of(visit, said, faults);
    if let Some(producer) = chosen {
        let tasks: Vec<String> = ServiceTask::ALL.iter().map(|one| one.code().to_owned()).collect();
        form =
            form.units_of(&units_of(&registry, producer), &names).tasks_of(&tasks, &names, today);
    }
    let told = |one: &Oid| (one.to_string(), names.organisation(one.as_str()));
    let choice = |one: &Oid| {
        let (id, name) = told(one);
        (id, name, false)
    };
    let page = DelegationPage {
        shell: Shell::of(doors, visit),
        producers: if chosen.is_none() { all.iter().map(choice).collect() } else { Vec::new() },
        producer: chosen.map(told),
        form,
    };
    Ok(rendered(&page, visit.language))
}

/// `POST /fi/desk/users/delegations/new/`: lets the producer's main users keep its users.
pub(super) async fn delegate(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let said = said_of(&fields);
    let faults = match forms::read_delegation(Value::Object(said.clone()).to_string().as_bytes()) {
        Ok(terms) => {
            let caller = visit.caller.clone();
            let delegation = terms.by(caller.organisation.clone());
            match doors.work(move |app| app.delegate_users(&caller, &delegation)).await {
                Ok(_) => return Ok(redirect(&visit.to("/desk/users/delegations/?done=delegated"))),
                Err(problem) => faults_of(problem)?,
            }
        }
        Err(faults) => faults,
    };
    delegation_page(&doors, &visit, fields.text("producer"), &said, &faults).await
}
