//! A client's whole situation on one page: who the client is to the archive, the risks, relationships with their
//! services, producers and workers, plans and decisions in force, and what was written last.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use varanto_app::archive::{
    ClientSummary, DocumentQuery, FoundDocuments, SummaryDocument, SummaryQuery,
};
use varanto_app::relationship::RelationshipState;
use varanto_app::{App, AppError};
use varanto_domain::access::{self, Caller, Denial, Reason, Role};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{RegisterUseRight, Side, Standing};
use varanto_domain::time::FinnishDay;

use super::acts::{self, Act};
use super::choices::{self, ShownChoice};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page, Row, ShownStatement, ToldClient, timeline};

/// How many documents the page shows of those that were written last.
const LAST: usize = 6;
/// How many relationships are told in full.
const MOST_RELATIONSHIPS: usize = 8;

/// What the operations told of a client.
pub(crate) struct Situation {
    pub(crate) summary: ClientSummary,
    pub(crate) relationships: Vec<RelationshipState>,
    pub(crate) last: FoundDocuments,
}

/// Asks what may be shown of a client: the summary, each relationship that it tells, and the last documents.
pub(crate) fn situation(
    app: &App,
    caller: &Caller,
    client: &OpenClient,
) -> Result<Situation, AppError> {
    let mut summary = app.client_summary(
        caller,
        &SummaryQuery {
            client: client.client.clone(),
            enriched: false,
            situation: client.situation,
            reason: client.reason,
        },
    )?;
    // A document of one's own registers is not asked for in a situation of disclosure: each would be denied.
    if client.situation.is_some_and(access::Situation::discloses) {
        summary.relationships.retain(|one| !caller.owns(&one.item.controller));
        summary.documents.retain(|one| !caller.owns(&one.item.controller));
    }
    let mut relationships = Vec::new();
    // The newest first; one whose identifier is masked is told by the summary alone.
    let ids = summary.relationships.iter().rev().filter_map(|one| one.id.as_ref());
    for id in ids.take(MOST_RELATIONSHIPS) {
        match app.show_relationship(caller, id, client.purpose()) {
            Ok(state) => relationships.push(state),
            Err(AppError::Denied(_) | AppError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let last = app.find_documents(
        caller,
        &DocumentQuery {
            client: Some(client.client.clone()),
            situation: client.situation,
            reason: client.reason,
            limit: LAST,
            ..DocumentQuery::default()
        },
    )?;
    Ok(Situation { summary, relationships, last })
}

#[derive(Template)]
#[template(path = "desk/situation.html")]
struct ClientPage {
    shell: Shell,
    frame: ClientFrame,
    /// The day of birth, and the age.
    born: Option<(FinnishDay, i16)>,
    risks: Vec<String>,
    relationships: Vec<Relationship>,
    people: Vec<RelatedPerson>,
    /// What the client tells of themself, once however many relationships tell it; `None`: it is not the reader's to see.
    told: Option<Vec<ShownStatement>>,
    key_documents: Vec<Kind>,
    last: Vec<Row>,
    /// With what more other documents would be seen, as keys of texts.
    more_with: Vec<String>,
    masked: bool,
    empty: bool,
    /// Whether a reason might show more.
    asks_reason: bool,
    /// What was done just now, told, and the address that takes it back.
    done: Option<(String, Option<String>)>,
    /// Where a case is opened; `None` for who opens none.
    open_case: Option<String>,
}

/// A relationship as the page tells it.
pub(crate) struct Relationship {
    pub(crate) controller: String,
    pub(crate) state: &'static str,
    pub(crate) good: bool,
    pub(crate) first: Option<FinnishDay>,
    pub(crate) last: Option<FinnishDay>,
    pub(crate) tasks: Vec<String>,
    pub(crate) services: Vec<Service>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) cases: Vec<Case>,
    /// The producers that the client may choose from, and the client's choices.
    pub(crate) choices: Vec<ShownChoice>,
    /// The address of its document.
    pub(crate) document: Option<String>,
    /// What may be done here: addresses, and the keys of their texts.
    pub(crate) acts: Vec<(String, &'static str)>,
}

pub(crate) struct Service {
    pub(crate) unit: String,
    pub(crate) organisation: Option<String>,
    pub(crate) side: &'static str,
    pub(crate) standing: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) first: FinnishDay,
    pub(crate) last: Option<FinnishDay>,
    /// As of [`Relationship`].
    pub(crate) acts: Vec<(String, &'static str)>,
}

pub(crate) struct Worker {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) telephone: String,
}

pub(crate) struct Case {
    pub(crate) task: String,
    pub(crate) closed: bool,
    pub(crate) closed_on: Option<FinnishDay>,
    pub(crate) joint: bool,
    pub(crate) document: Option<String>,
    /// As of [`Relationship`].
    pub(crate) acts: Vec<(String, &'static str)>,
}

struct RelatedPerson {
    name: String,
    roles: String,
    telephone: String,
    powers: String,
}

/// Key documents of one general kind.
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    pub(crate) name: String,
    pub(crate) rows: Vec<KeyRow>,
    /// How many older ones there are besides.
    pub(crate) more: u64,
}

pub(crate) struct KeyRow {
    pub(crate) address: String,
    pub(crate) title: String,
    pub(crate) on: FinnishDay,
    pub(crate) place: String,
}

/// `GET /fi/desk/clients/{client}/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(query): Query<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let (caller, asked) = (Arc::clone(&visit.caller), client.clone());
    let told = match doors.work(move |app| situation(app, &caller, &asked)).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(&doors, &visit);
    let today = FinnishDay::of(told.summary.made_at);
    let of_client = timeline::about(&client, &told.last);
    let frame = ClientFrame { name: of_client.name(), ..ClientFrame::of(&visit, &client) };
    let page = ClientPage {
        born: born(&of_client, today),
        risks: texts_of(told.relationships.iter().map(|one| one.risks.as_str())),
        relationships: relationships(&told, &names, &shell, &frame, acting(&visit)),
        done: acts::told(&query, &frame.base)
            .map(|(key, back)| (shell.words.of(&key), back.map(|back| shell.to(&back))))
            .or_else(|| choices::told(&query).map(|key| (shell.words.of(key), None))),
        open_case: opens_cases(&visit, &client).then(|| {
            shell.to(&format!(
                "{}acts/{}/{}",
                frame.base,
                Act::OpenCase.code(),
                running(&told, &visit)
            ))
        }),
        people: people(told.relationships.iter().map(|one| one.related_persons.as_str())),
        told: statements(&told, &shell),
        key_documents: kinds(&told.summary, &names, &shell, &frame),
        last: told.last.hits.iter().map(|one| Row::of(one, &names, &shell, &frame.base)).collect(),
        more_with: told
            .summary
            .more_with
            .iter()
            .map(|with| format!("summary.more-with-{}", with.code()))
            .collect(),
        masked: told.relationships.iter().any(|one| one.masked)
            || told.last.hits.iter().any(|one| one.masked),
        empty: told.last.hits.is_empty()
            && told.summary.relationships.is_empty()
            && told.summary.documents.is_empty(),
        // A disclosure wants the client's permission, which no reason stands for.
        asks_reason: client.reason.is_none()
            && client.situation != Some(access::Situation::Disclosure)
            && visit.caller.role().is_some_and(Role::serves_clients),
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}

fn statements(told: &Situation, shell: &Shell) -> Option<Vec<ShownStatement>> {
    let all = told.relationships.iter().find_map(|one| one.statements.as_ref())?;
    Some(all.iter().map(|one| ShownStatement::of(one, shell.words)).collect())
}

/// For whom what may be done is shown: those who serve clients.
fn acting(visit: &Visit) -> Option<&Caller> {
    Some(&*visit.caller).filter(|caller| caller.role().is_some_and(Role::serves_clients))
}

/// Whether a case might be opened: by those who serve clients, in a register of their own. The operation decides.
fn opens_cases(visit: &Visit, client: &OpenClient) -> bool {
    !client.situation.is_some_and(access::Situation::discloses)
        && visit.caller.role().is_some_and(Role::serves_clients)
        && !visit.caller.registers.is_empty()
        && !visit.caller.units.is_empty()
}

/// The relationship in a register of one's own that runs, as an address names it.
fn running(told: &Situation, visit: &Visit) -> String {
    let mut all = told.relationships.iter();
    let runs = all.find(|one| {
        !one.old
            && visit.caller.owns(&one.controller)
            && one.last_day.is_none_or(|day| day >= one.today)
    });
    runs.map(|one| format!("?relationship={}", one.relationship)).unwrap_or_default()
}

/// `POST /fi/desk/clients/{client}/reason`: from now on the client's documents are looked at for a reason, which
/// each look leaves in the use log and in the controller's queue of looks.
pub(super) async fn reason(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let given = fields.given("reason").and_then(Reason::of_look);
    let given = given.filter(|given| reading::reasons(&client).any(|known| known == *given));
    visit.session.look_because(&doors, &client.handle, given).await?;
    let base = reading::base(visit.side, &client.handle);
    // The page that was locked, when it is one of this client's.
    let back = fields.given("back").filter(|back| back.starts_with(&base));
    Ok(redirect(&visit.to(back.unwrap_or(&base))))
}

/// Whether a reason would open what was denied.
pub(crate) const fn opens_with_reason(denial: Denial) -> bool {
    matches!(
        denial,
        Denial::ReasonNeeded
            | Denial::NoCaseContext
            | Denial::EndedWantsReason
            | Denial::DeceasedWantsReason
            | Denial::StatutoryReasonNeeded
    )
}

fn born(client: &ToldClient, today: FinnishDay) -> Option<(FinnishDay, i16)> {
    let born = FinnishDay::parse(client.birth_date.as_deref()?)?;
    Some((born, born.years_until(today)))
}

/// The relationships, told in full where they were, else as the summary tells them. `acts_for`: for whom what may be done
/// is shown beside each that is in a register of their own and runs; whether it may is decided when it is asked.
pub(crate) fn relationships(
    told: &Situation,
    names: &Names<'_>,
    shell: &Shell,
    frame: &ClientFrame,
    acts_for: Option<&Caller>,
) -> Vec<Relationship> {
    let today = FinnishDay::of(told.summary.made_at);
    let address = |oid: &Oid| shell.to(&format!("{}documents/{oid}/", frame.base));
    let tasks = |codes: &[String]| codes.iter().map(|code| names.task(code, today)).collect();
    let state = |old: bool, last: Option<FinnishDay>| match (old, last) {
        (true, _) => ("summary.old", false),
        (false, Some(last)) if last < today => ("summary.ended", false),
        (false, _) => ("summary.active", true),
    };
    let one = |summed: &varanto_app::archive::SummaryRelationship| {
        let full =
            told.relationships.iter().find(|one| Some(&one.relationship) == summed.id.as_ref());
        let (state, good) = state(summed.old, summed.last_day);
        let mut shown = Relationship {
            controller: names.organisation(summed.item.controller.as_str()),
            state,
            good,
            first: None,
            last: summed.last_day,
            tasks: tasks(&summed.service_tasks),
            services: Vec::new(),
            workers: Vec::new(),
            cases: Vec::new(),
            choices: Vec::new(),
            document: Some(address(&summed.item.document)),
            acts: Vec::new(),
        };
        if let Some(full) = full {
            let owns = acts_for.is_some_and(|caller| caller.owns(&full.controller));
            let runs = !full.old && full.last_day.is_none_or(|last| last >= today);
            let acts = Acts {
                shell,
                base: &frame.base,
                relationship: (owns && runs && !full.masked).then_some(&full.relationship),
            };
            shown.first = full.first_day;
            shown.acts = acts.of(&[Act::HandOver, Act::EndRelationship], &[]);
            shown.acts.splice(..0, acts.choice());
            let choices = full.choices.iter();
            shown.choices = choices.map(|one| ShownChoice::of(one, names, today)).collect();
            let services = full.services.iter();
            shown.services = services.map(|one| service(one, names, today, &acts)).collect();
            shown.workers = workers(&full.workers);
            shown.cases = full
                .cases
                .iter()
                .map(|case| Case {
                    task: names.task(&case.service_task, today),
                    closed: case.closed,
                    closed_on: case.closed_on,
                    joint: case.joint,
                    document: case.document.as_ref().map(address),
                    acts: case.case.as_ref().map_or_else(Vec::new, |id| {
                        let about = [("case", id.as_str())];
                        let all: &[Act] = match (case.closed, case.closed_on) {
                            (false, _) => &[Act::CloseCase],
                            (true, Some(_)) => &[Act::ReopenCase],
                            // What an import supposed is said by whoever knows it.
                            (true, None) => &[Act::SayClosing, Act::ReopenCase],
                        };
                        acts.of(all, &about)
                    }),
                })
                .collect();
        }
        shown
    };
    told.summary.relationships.iter().rev().map(one).collect()
}

/// What may be done beside what a page tells of a relationship.
struct Acts<'a> {
    shell: &'a Shell,
    base: &'a str,
    /// The relationship; `None` where nothing is offered.
    relationship: Option<&'a Oid>,
}

impl Acts<'_> {
    /// The address where producers are offered to choose from.
    fn choice(&self) -> Option<(String, &'static str)> {
        let relationship = self.relationship?;
        let address = format!("{}choices/{relationship}/", self.base);
        Some((self.shell.to(&address), "offer-choice"))
    }

    /// The addresses of acts, with what they are about.
    fn of(&self, acts: &[Act], about: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        let Some(relationship) = self.relationship else { return Vec::new() };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("relationship", relationship.as_str());
        query.extend_pairs(about);
        let query = query.finish();
        let address = |act: &Act| {
            let code = act.code();
            (self.shell.to(&format!("{}acts/{code}/?{query}", self.base)), code)
        };
        acts.iter().map(address).collect()
    }
}

fn service(
    right: &RegisterUseRight,
    names: &Names<'_>,
    today: FinnishDay,
    acts: &Acts<'_>,
) -> Service {
    let over = matches!(right.standing_on(today), Standing::Ended(_));
    let task = right.branch.service_task();
    let about = [("unit", Some(right.holder.as_str())), ("task", task)];
    let about: Vec<(&str, &str)> =
        about.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let (standing, mark) = match right.standing_on(today) {
        Standing::InForce => ("desk.standing-in-force", "good"),
        Standing::NotYet(_) => ("desk.standing-not-yet", "wait"),
        Standing::Suspended(_) => ("desk.standing-suspended", "wait"),
        Standing::Ended(_) => ("desk.standing-ended", ""),
    };
    let registers = names.registry.registers();
    let organisation = registers.organisation_of(&right.holder);
    Service {
        unit: names.unit(&right.holder),
        organisation: organisation
            .filter(|one| one.oid != right.controller)
            .map(|one| names.organisation(one.oid.as_str())),
        side: match right.side {
            Side::Organiser => "desk.side-organiser",
            Side::Producer => "desk.side-producer",
            Side::Implementer { .. } => "desk.side-implementer",
        },
        standing,
        mark,
        first: right.validity.first,
        last: right.validity.last,
        acts: acts.of(&[if over { Act::ResumeService } else { Act::EndService }], &about),
    }
}

/// A person as a relationship's document names one.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    etunimet: String,
    sukunimi: String,
    palveluyksikko: Option<NamedCode>,
    yhteystiedot: Contact,
    rooli: Vec<NamedCode>,
    toimivalta: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedCode {
    display: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Contact {
    puhelinnumero: String,
}

impl Named {
    fn list(json: &str) -> Vec<Self> {
        let all: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
        all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect()
    }

    fn name(&self) -> String {
        format!("{} {}", self.etunimet, self.sukunimi).trim().to_owned()
    }
}

fn workers(json: &str) -> Vec<Worker> {
    let worker = |one: Named| Worker {
        name: one.name(),
        unit: one.palveluyksikko.unwrap_or_default().display,
        telephone: one.yhteystiedot.puhelinnumero,
    };
    Named::list(json).into_iter().map(worker).collect()
}

/// Those related to the client, each once, however many relationships name them.
fn people<'a>(lists: impl Iterator<Item = &'a str>) -> Vec<RelatedPerson> {
    let mut all: Vec<RelatedPerson> = Vec::new();
    for one in lists.flat_map(Named::list) {
        let roles: Vec<&str> = one.rooli.iter().map(|role| role.display.as_str()).collect();
        let person = RelatedPerson {
            name: one.name(),
            roles: roles.join(", "),
            telephone: one.yhteystiedot.puhelinnumero.clone(),
            powers: one.toimivalta.clone(),
        };
        if !all.iter().any(|known| known.name == person.name && known.roles == person.roles) {
            all.push(person);
        }
    }
    all
}

/// Every text in lists of JSON, each once: risks as they were written down.
fn texts_of<'a>(lists: impl Iterator<Item = &'a str>) -> Vec<String> {
    fn collect(value: &serde_json::Value, all: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text)
                if !text.starts_with("urn:oid:") && !all.contains(text) =>
            {
                all.push(text.clone());
            }
            serde_json::Value::Array(list) => list.iter().for_each(|one| collect(one, all)),
            serde_json::Value::Object(members) => match members.get("display") {
                Some(name) => collect(name, all),
                None => members.values().for_each(|one| collect(one, all)),
            },
            _ => {}
        }
    }
    let mut all = Vec::new();
    for list in lists {
        collect(&serde_json::from_str(list).unwrap_or_default(), &mut all);
    }
    all
}

/// Plans, decisions, assessments and summaries, each kind with its newest ones.
pub(crate) fn kinds(
    summary: &ClientSummary,
    names: &Names<'_>,
    shell: &Shell,
    frame: &ClientFrame,
) -> Vec<Kind> {
    const SHOWN: usize = 4;
    let row = |one: &SummaryDocument| {
        let day = FinnishDay::of(one.item.written_at);
        let title = names.kind(one.specific_type.as_deref(), Some(one.general_type), day);
        KeyRow {
            address: shell.to(&format!("{}documents/{}/", frame.base, one.item.document)),
            title: title.unwrap_or_else(|| shell.words.of("desk.document")),
            on: day,
            place: one.unit.as_ref().map_or_else(
                || names.organisation(one.item.controller.as_str()),
                |unit| names.unit(unit),
            ),
        }
    };
    let kind = |code: &'static str| {
        let all: Vec<&SummaryDocument> =
            summary.documents.iter().filter(|one| one.general_type == code).collect();
        (!all.is_empty()).then(|| Kind {
            code,
            name: shell.words.of(&format!("desk.general-{code}")),
            more: all.len().saturating_sub(SHOWN) as u64,
            rows: all.into_iter().take(SHOWN).map(row).collect(),
        })
    };
    ["15", "11", "1", "16"].into_iter().filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REL-10: risks are told as they were written, codes by their names, each once.
    #[test]
    fn risks_are_told_in_the_words_that_were_written() {
        let one = r#"[{"riski":"Aggressiivinen koira","laji":{"system":"urn:oid:1.2","code":"3","display":"Muu"}}]"#;
        let told = texts_of([one, one, "[]", "nonsense"].into_iter());
        assert_eq!(told, ["Muu", "Aggressiivinen koira"]);
    }

    /// REL-12: a related person is told once, however many relationships name them.
    #[test]
    fn related_persons_are_told_once() {
        let one = r#"[{"etunimet":"Jani","sukunimi":"Haapala","rooli":[{"display":"Huoltaja"}]}]"#;
        let told = people([one, one].into_iter());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].name.as_str(), told[0].roles.as_str()), ("Jani Haapala", "Huoltaja"));
        assert_eq!(told[0].telephone, "");
    }
}
