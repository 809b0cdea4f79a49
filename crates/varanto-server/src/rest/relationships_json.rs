//! Relationships and cases as they are answered over REST.

use serde::Serialize;
use serde_json::value::RawValue;
use varanto_app::archive::Submission;
use varanto_app::relationship::{
    CaseBrief, CaseState, NoticePage, RelationshipState, WorkersShown, Written,
};
use varanto_app::statements::ToldStatement;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{RegisterUseRight, RightChange, Side, Standing};
use varanto_domain::time::{FinnishDay, Validity};

use super::choices::ToldChoice;

use super::documents_json;
use super::problem::ToldFault;
use crate::texts::Language;

#[derive(Serialize)]
struct Days {
    first_day: String,
    last_day: Option<String>,
}

impl Days {
    fn of(days: &Validity) -> Self {
        Self { first_day: days.first.to_string(), last_day: days.last.map(|day| day.to_string()) }
    }
}

#[derive(Serialize)]
struct RightDays {
    #[serde(flatten)]
    days: Days,
    suspensions: Vec<Days>,
}

impl RightDays {
    fn of(right: &RegisterUseRight) -> Self {
        let suspensions = right.suspensions.iter().map(Days::of).collect();
        Self { days: Days::of(&right.validity), suspensions }
    }
}

/// Whose and what for.
#[derive(Serialize)]
struct OfRight {
    unit: String,
    side: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    producer: Option<String>,
    service_task: Option<String>,
    services: Vec<String>,
}

impl OfRight {
    fn of(right: &RegisterUseRight) -> Self {
        let producer = match &right.side {
            Side::Implementer { producer } => Some(producer.to_string()),
            _ => None,
        };
        Self {
            unit: right.holder.to_string(),
            side: right.side.code(),
            producer,
            service_task: right.branch.service_task().map(str::to_owned),
            services: right.services.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
struct Service {
    #[serde(flatten)]
    of: OfRight,
    #[serde(flatten)]
    days: RightDays,
    standing: &'static str,
}

impl Service {
    fn of(right: &RegisterUseRight, today: FinnishDay) -> Self {
        let standing = match right.standing_on(today) {
            Standing::InForce => "in-force",
            Standing::NotYet(_) => "not-yet",
            Standing::Suspended(_) => "suspended",
            Standing::Ended(_) => "ended",
        };
        Self { of: OfRight::of(right), days: RightDays::of(right), standing }
    }
}

#[derive(Serialize)]
struct Change {
    #[serde(flatten)]
    of: Option<OfRight>,
    before: Option<RightDays>,
    after: Option<RightDays>,
}

impl Change {
    fn of(change: &RightChange) -> Self {
        let either = change.after.as_ref().or(change.before.as_ref());
        Self {
            of: either.map(OfRight::of),
            before: change.before.as_ref().map(RightDays::of),
            after: change.after.as_ref().map(RightDays::of),
        }
    }
}

/// Who is and was responsible.
#[must_use]
pub fn workers(shown: &WorkersShown) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        document: Option<&'a str>,
        masked: bool,
        complete: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        on: Option<String>,
        workers: Vec<Worker<'a>>,
    }
    #[derive(Serialize)]
    struct Worker<'a> {
        given_names: &'a str,
        family_name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        registration_number: Option<&'a str>,
        service_task: Option<&'a str>,
        #[serde(flatten)]
        days: Days,
    }
    let workers = shown.responsible.iter().map(|one| Worker {
        given_names: &one.worker.given_names,
        family_name: &one.worker.family_name,
        unit: one.worker.unit.as_deref(),
        registration_number: one.worker.registration_number.as_deref(),
        service_task: one.branch.service_task(),
        days: Days::of(&one.days),
    });
    let told = Told {
        document: shown.document.as_ref().map(Oid::as_str),
        masked: shown.masked,
        complete: shown.complete,
        on: shown.on.map(|day| day.to_string()),
        workers: workers.collect(),
    };
    serde_json::to_string(&told).expect("texts are always JSON")
}

/// What an act answers: the receipt, or the version that would be archived; and the rights that are
/// not as they were.
#[must_use]
pub fn written(written: &Written, language: Language) -> String {
    #[derive(Serialize)]
    struct Tried<'a> {
        metadata: String,
        structured: String,
        view: String,
        remarks: Vec<ToldFault>,
        changes: &'a [Change],
        unfinished: &'a [ToldFault],
    }
    let changes: Vec<Change> = written.changes.iter().map(Change::of).collect();
    let unfinished: Vec<ToldFault> =
        written.unfinished.iter().map(|one| ToldFault::of(one, language)).collect();
    match &written.outcome {
        Ok(archived) => {
            let mut receipt = documents_json::archived(archived, language);
            receipt.truncate(receipt.len() - 1);
            receipt.push_str(",\"changes\":");
            receipt.push_str(&print(&changes));
            receipt.push_str(",\"unfinished\":");
            receipt.push_str(&print(&unfinished));
            receipt.push('}');
            receipt
        }
        Err(preview) => {
            let part = |part| text_of(&preview.submission, part);
            print(&Tried {
                metadata: String::from_utf8_lossy(&preview.submission.metadata).into_owned(),
                structured: part(Part::Structured),
                view: part(Part::View),
                remarks: preview.remarks.iter().map(|one| ToldFault::of(one, language)).collect(),
                changes: &changes,
                unfinished: &unfinished,
            })
        }
    }
}

fn text_of(submission: &Submission, part: Part) -> String {
    let bytes = submission.part(part).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[derive(Serialize)]
struct Brief {
    #[serde(skip_serializing_if = "Option::is_none")]
    case_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_id: Option<String>,
    service_task: String,
    state: &'static str,
    closed_on: Option<String>,
    joint: bool,
}

impl Brief {
    fn of(case: &CaseBrief) -> Self {
        Self {
            case_id: case.case.as_ref().map(Oid::to_string),
            document_id: case.document.as_ref().map(Oid::to_string),
            service_task: case.service_task.clone(),
            state: state(case.closed),
            closed_on: case.closed_on.map(|day| day.to_string()),
            joint: case.joint,
        }
    }
}

const fn state(closed: bool) -> &'static str {
    if closed { "closed" } else { "open" }
}

/// A relationship.
#[must_use]
pub fn relationship(told: &RelationshipState) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        relationship_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        document_id: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        masked: bool,
        version: u32,
        controller: String,
        old: bool,
        road: &'static str,
        first_day: Option<String>,
        last_day: Option<String>,
        service_tasks: &'a [String],
        child_protection: Option<Days>,
        services: Vec<Service>,
        cases: Vec<Brief>,
        risks: Option<&'a RawValue>,
        workers: Option<&'a RawValue>,
        related_persons: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        statements: Option<Vec<Statement<'a>>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        choices: Vec<ToldChoice<'a>>,
    }
    let raw = |text| serde_json::from_str::<&RawValue>(text).ok();
    print(&Told {
        relationship_id: told.relationship.to_string(),
        document_id: told.document.as_ref().map(Oid::to_string),
        masked: told.masked,
        version: told.version,
        controller: told.controller.to_string(),
        old: told.old,
        road: told.road.code(),
        first_day: told.first_day.map(|day| day.to_string()),
        last_day: told.last_day.map(|day| day.to_string()),
        service_tasks: &told.service_tasks,
        child_protection: told.child_protection.as_ref().map(Days::of),
        services: told.services.iter().map(|right| Service::of(right, told.today)).collect(),
        cases: told.cases.iter().map(Brief::of).collect(),
        risks: raw(&told.risks),
        workers: raw(&told.workers),
        related_persons: raw(&told.related_persons),
        statements: told.statements.as_ref().map(|all| all.iter().map(Statement::of).collect()),
        choices: told.choices.iter().map(ToldChoice::of).collect(),
    })
}

/// What a client tells of themself.
#[derive(Serialize)]
struct Statement<'a> {
    kind: &'static str,
    told_as: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_by: Option<&'a str>,
    told_at: String,
    number: u32,
    said: Box<RawValue>,
}

impl<'a> Statement<'a> {
    fn of(told: &'a ToldStatement) -> Self {
        Self {
            kind: told.said.kind().code(),
            told_as: told.told_as.code(),
            told_by: told.told_by.as_deref(),
            told_at: told.at.to_string(),
            number: told.number,
            said: RawValue::from_string(varanto_formats::statements::write(&told.said))
                .expect("the archive prints JSON"),
        }
    }
}

/// Everything that was told, for the client to keep.
#[must_use]
pub fn statements<'a>(all: impl Iterator<Item = &'a ToldStatement>) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        statements: Vec<Statement<'a>>,
    }
    print(&Told { statements: all.map(Statement::of).collect() })
}

/// A page of notices.
#[must_use]
pub fn notices(page: &NoticePage) -> String {
    #[derive(Serialize)]
    struct Told {
        id: String,
        kind: &'static str,
        unit: String,
        relationship_id: String,
        service_task: Option<String>,
        services: Vec<String>,
        day: String,
        cases: Vec<String>,
        made_at: String,
        acknowledged_at: Option<String>,
    }
    #[derive(Serialize)]
    struct Page {
        notices: Vec<Told>,
        next: Option<String>,
    }
    let told = page.notices.iter().map(|told| Told {
        id: told.id.to_string(),
        kind: told.notice.kind.code(),
        unit: told.notice.holder.to_string(),
        relationship_id: told.notice.relationship.to_string(),
        service_task: told.notice.service_task.as_deref().map(str::to_owned),
        services: told.notice.services.iter().map(ToString::to_string).collect(),
        day: told.notice.day.to_string(),
        cases: told.cases.iter().map(ToString::to_string).collect(),
        made_at: told.made_at.to_string(),
        acknowledged_at: told.acknowledged_at.map(|at| at.to_string()),
    });
    let last = page.notices.last().filter(|_| page.more);
    print(&Page { notices: told.collect(), next: last.map(|last| last.id.to_string()) })
}

/// A case.
#[must_use]
pub fn case(told: &CaseState) -> String {
    #[derive(Serialize)]
    struct Told {
        case_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        relationship_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        document_id: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        masked: bool,
        version: u32,
        controller: String,
        service_task: String,
        state: &'static str,
        closed_on: Option<String>,
        joint: bool,
    }
    print(&Told {
        case_id: told.case.to_string(),
        relationship_id: told.relationship.as_ref().map(Oid::to_string),
        document_id: told.document.as_ref().map(Oid::to_string),
        masked: told.masked,
        version: told.version,
        controller: told.controller.to_string(),
        service_task: told.service_task.clone(),
        state: state(told.closed),
        closed_on: told.closed_on.map(|day| day.to_string()),
        joint: told.joint,
    })
}

fn print(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}
