//! What a client tells of themself: the own contact facts and the own plan, with what was told before (CIT-5).

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use varanto_app::statements::{Extent, OwnStatements, Telling, Tells};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::statements::{ContactFacts, ContactLanguage, OwnPlan, Said, StatementKind};

use super::will::Whose;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{self, ClientFrame, Page, ShownStatement};
use crate::rest::problem::{Problem, ToldFault};
use crate::rest::relationships_json;

/// How many earlier versions the page shows; the copy has them all.
const EARLIER: usize = 20;

#[derive(Template)]
#[template(path = "own/statements.html")]
struct StatementsPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    own: bool,
    may_tell: bool,
    kinds: Vec<OfKind>,
    /// What others told: a client sees what guardians did.
    others: Vec<ShownStatement>,
    /// Whether a guardian told how to be reached, which is not shown here.
    withheld: bool,
    earlier: Vec<Earlier>,
    /// How many more there are than the page shows.
    more: usize,
    /// The key of what was done just now.
    done: Option<&'static str>,
}

/// What was told before, and whether its words are the reader's to take out.
struct Earlier {
    one: ShownStatement,
    own: bool,
}

/// One kind, with what stands of it in the voice of the reader, or where the reader only sees, in any.
struct OfKind {
    code: &'static str,
    stands: Option<ShownStatement>,
    /// Whether something is said.
    said: bool,
}

/// `GET …/told/`: what is told, and what was told before.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let told = match ask(&doors, &visit, &whose, Extent::Page).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    let (shell, frame) = (Shell::of(&doors, &visit), whose.frame(&visit));
    let shown = |one| ShownStatement::of(one, shell.words);
    let own = |one: &&varanto_app::statements::ToldStatement| {
        told.tells_as.is_none_or(|voice| voice == one.voice)
    };
    let of_kind = |kind: StatementKind| {
        let mut all = told.standing.iter().filter(own);
        let stands = all.find(|one| one.said.kind() == kind);
        let said = stands.is_some_and(|one| !one.said.is_nothing());
        OfKind { code: kind.code(), stands: stands.map(shown), said }
    };
    let others = told.standing.iter().filter(|one| !own(one) && !one.said.is_nothing());
    let page = StatementsPage {
        base: base(&visit, &whose),
        own: whose.is_own(),
        may_tell: told.tells_as.is_some(),
        kinds: StatementKind::ALL.map(of_kind).into(),
        others: others.map(shown).collect(),
        withheld: told.withheld,
        earlier: told
            .earlier
            .iter()
            .take(EARLIER)
            .map(|one| Earlier { one: shown(one), own: Some(one.voice) == told.tells_as })
            .collect(),
        more: told.earlier.len().saturating_sub(EARLIER),
        done: match visit.query.as_str() {
            "?saved" => Some("told.saved"),
            "?forgotten" => Some("told.forgotten"),
            "?stands" => Some("told.stands"),
            _ => None,
        },
        frame,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

fn base(visit: &Visit, whose: &Whose) -> String {
    format!("{}told/", reading::base(visit.side, &whose.client.handle))
}

async fn ask(
    doors: &Doors,
    visit: &Visit,
    whose: &Whose,
    extent: Extent,
) -> Result<OwnStatements, Problem> {
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    doors.work(move |app| app.own_statements(&caller, code, situation, extent)).await
}

/// `POST …/told/`: takes the words of an earlier version out for good.
pub(super) async fn forget(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let kind = StatementKind::of_code(fields.text("kind")).ok_or_else(Problem::not_found)?;
    let number = fields.text("number").parse().map_err(|_| Problem::not_found())?;
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    let done =
        doors.work(move |app| app.forget_statement(&caller, code, situation, (kind, number))).await;
    let done = match done {
        Ok(()) => "?forgotten",
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => "?stands",
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    Ok(redirect(&visit.to(&format!("{}{done}", base(&visit, &whose)))))
}

/// `GET …/told/copy`: everything that was told, as a file.
pub(super) async fn copy(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let told = match ask(&doors, &visit, &whose, Extent::Copy).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    let all = told.standing.iter().chain(&told.earlier);
    let text = relationships_json::statements(all);
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"varanto-told.json\""),
    ];
    Ok((headers, text).into_response())
}

/// A field of the form.
struct Field {
    name: &'static str,
    value: String,
    /// What the browser may fill in: of the reader's own alone.
    fills: &'static str,
    /// The type of the input; none: some lines.
    kind: Option<&'static str>,
    hinted: bool,
    fault: Option<ToldFault>,
}

#[derive(Template)]
#[template(path = "own/statement.html")]
struct FormPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    own: bool,
    guards: bool,
    code: &'static str,
    fields: Vec<Field>,
    /// The languages: tag, whether it is chosen; none for a plan.
    languages: Vec<(&'static str, bool)>,
    wrong_language: Option<ToldFault>,
    /// The number of the version that is written over.
    after: u32,
    /// What stands, where another version came between.
    stale: Option<ShownStatement>,
    came_between: bool,
    /// The key of what else is wrong with the whole.
    wrong: Option<&'static str>,
}

/// `GET …/told/contact/`, `GET …/told/plan/`: the form.
pub(super) async fn form(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    form_page(&doors, &visit, &path, None, &[]).await
}

fn kind_of(path: &HashMap<String, String>) -> Result<StatementKind, Problem> {
    path.get("kind").and_then(|code| StatementKind::of_code(code)).ok_or_else(Problem::not_found)
}

async fn form_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    sent: Option<Said>,
    faults: &[Fault],
) -> Page {
    let (whose, kind) = (Whose::of(visit, path)?, kind_of(path)?);
    let told = match ask(doors, visit, &whose, Extent::Page).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(doors, visit, &whose.client, problem)),
    };
    if told.tells_as.is_none() {
        return Ok(redirect(&visit.to(&base(visit, &whose))));
    }
    let (shell, frame) = (Shell::of(doors, visit), whose.frame(visit));
    let stands = told.own(kind);
    let came_between = faults.iter().any(|fault| fault.kind == FaultKind::StandsOtherwise);
    let said = sent.or_else(|| stands.map(|one| one.said.clone()));
    let said = said.unwrap_or_else(|| Said::nothing(kind));
    let page = FormPage {
        base: base(visit, &whose),
        own: whose.is_own(),
        guards: whose.situation == varanto_domain::access::Situation::Guardian,
        code: kind.code(),
        fields: fields_of(&said, faults, visit),
        languages: languages(&said),
        wrong_language: fault_at(faults, "contact_language", visit),
        after: stands.map_or(0, |one| one.number),
        stale: stands.filter(|_| came_between).map(|one| ShownStatement::of(one, shell.words)),
        came_between,
        wrong: match faults {
            [] => None,
            [one] if one.kind == FaultKind::EmptyText => Some("told.nothing"),
            _ if faults.iter().any(|one| one.kind == FaultKind::TooManyVersions) => {
                Some("told.too_many")
            }
            _ => Some("told.faulty"),
        },
        frame,
        shell,
    };
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn fields_of(said: &Said, faults: &[Fault], visit: &Visit) -> Vec<Field> {
    let field = |name: &'static str, value: &str, fills, kind| Field {
        name,
        value: value.to_owned(),
        fills,
        kind,
        hinted: Words(visit.language).knows(&format!("told.{name}_hint")),
        fault: fault_at(faults, name, visit),
    };
    let line = |name, value: &str, fills| field(name, value, fills, Some("text"));
    match said {
        Said::Contact(facts) => vec![
            field("telephone", &facts.telephone, "tel", Some("tel")),
            field("email", &facts.email, "email", Some("email")),
            line("street", &facts.street, "street-address"),
            field("postcode", &facts.postcode, "postal-code", Some("text")),
            line("town", &facts.town, "address-level2"),
            line("interpreter", &facts.interpreter, "off"),
        ],
        Said::Plan(plan) => vec![
            field("goals", &plan.goals, "off", None),
            field("wishes", &plan.wishes, "off", None),
        ],
    }
}

fn fault_at(faults: &[Fault], name: &str, visit: &Visit) -> Option<ToldFault> {
    let fault = faults.iter().find(|fault| fault.element == name)?;
    Some(ToldFault::labelled(fault, visit.language, |name| Some(format!("told.{name}"))))
}

fn languages(said: &Said) -> Vec<(&'static str, bool)> {
    match said {
        Said::Contact(facts) => {
            let tag = |one: ContactLanguage| (one.tag(), facts.language == Some(one));
            ContactLanguage::ALL.map(tag).into()
        }
        Said::Plan(_) => Vec::new(),
    }
}

/// `POST …/told/contact/`, `POST …/told/plan/`: tells.
pub(super) async fn tell(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let (whose, kind) = (Whose::of(&visit, &path)?, kind_of(&path)?);
    let said = said_in(kind, &fields);
    let tag = fields.text("contact_language");
    if !tag.is_empty() && ContactLanguage::of_tag(tag).is_none() {
        let fault = Fault::new(FaultKind::WrongValue, "contact_language", "CIT-5");
        let mut faults = said.tidied().faults();
        faults
            .push(fault.arg("expected", ContactLanguage::ALL.map(ContactLanguage::tag).join(", ")));
        return form_page(&doors, &visit, &path, Some(said), &faults).await;
    }
    let tells = Tells {
        client: whose.code,
        situation: whose.situation,
        said: said.clone(),
        told_by: whose.teller(&visit),
        // What does not read is no version that was seen.
        after: fields.text("after").parse().unwrap_or(u32::MAX),
    };
    let caller = Arc::clone(&visit.caller);
    let done = doors.work(move |app| app.tell(&caller, &tells)).await;
    match done {
        Ok(Telling::Kept | Telling::Unchanged) => {
            Ok(redirect(&visit.to(&format!("{}?saved", base(&visit, &whose)))))
        }
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => {
            form_page(&doors, &visit, &path, Some(said), &problem.faults).await
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    }
}

/// What a form says.
fn said_in(kind: StatementKind, fields: &Fields) -> Said {
    let text = |name: &str| fields.text(name).to_owned();
    match kind {
        StatementKind::Contact => Said::Contact(ContactFacts {
            telephone: text("telephone"),
            email: text("email"),
            street: text("street"),
            postcode: text("postcode"),
            town: text("town"),
            language: ContactLanguage::of_tag(fields.text("contact_language")),
            interpreter: text("interpreter"),
        }),
        StatementKind::Plan => Said::Plan(OwnPlan { goals: text("goals"), wishes: text("wishes") }),
    }
}
