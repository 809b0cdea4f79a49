//! From a form to the operations: what each act asks of the archive, tried or done.

use std::sync::Arc;

use varanto_app::relationship::{How, Written};
use varanto_app::{App, AppError};
use varanto_domain::access::Caller;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{
    Asked as AskedOf, CaseAct, HandOver, Maker, Named, NewCase, NewRelationship, OwnService,
    RelationshipAct, RightChange, Road, Served, Side,
};
use varanto_domain::time::{FinnishDay, Validity};

use super::form::{Made, read_day};
use super::{Act, Known};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::Shell;
use crate::reading;
use crate::rest::problem::Problem;

/// One operation.
#[derive(Clone)]
pub(super) enum Step {
    OpenRelationship(AskedOf<NewRelationship>),
    OpenCase(AskedOf<NewCase>),
    OnRelationship(Oid, AskedOf<RelationshipAct>),
    OnCase(Oid, AskedOf<CaseAct>),
}

/// What came of it.
pub(super) enum Outcome {
    Done,
    Tried(Vec<Written>),
    /// What archiving said, and how many of the operations are done.
    Refused(Vec<Fault>, usize),
}

/// The operations that an act asks for.
///
/// # Errors
/// Every field that does not read.
pub(super) fn of(
    doors: &Doors,
    visit: &Visit,
    known: &Known,
    made: &Made,
) -> Result<Vec<Step>, Vec<Fault>> {
    let registers = &visit.caller.registers;
    let language = reading::spoken(visit.language).tag();
    let faults = Vec::new();
    let mut sheet = Sheet { known, made, maker: maker(visit), registers, language, faults };
    let steps = sheet.steps(doors);
    if sheet.faults.is_empty() { Ok(steps) } else { Err(sheet.faults) }
}

/// Tries the operations, or does them one after the other. Of several the first alone can be tried: those after it stand
/// on what it writes.
pub(super) async fn go(
    doors: &Doors,
    visit: &Visit,
    steps: Vec<Step>,
    how: How,
) -> Result<Outcome, Problem> {
    let caller = Arc::clone(&visit.caller);
    doors
        .work(move |app| {
            let mut tried = Vec::new();
            for (done, step) in steps.into_iter().enumerate() {
                match step.go(app, &caller, how) {
                    Ok(written) if how.dry_run => {
                        tried.push(written);
                        break;
                    }
                    Ok(_) => {}
                    Err(AppError::Refused(faults) | AppError::Unfinished(faults)) => {
                        return Ok(Outcome::Refused(faults, done));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(if how.dry_run { Outcome::Tried(tried) } else { Outcome::Done })
        })
        .await
}

impl Step {
    fn go(&self, app: &App, caller: &Caller, how: How) -> Result<Written, AppError> {
        match self {
            Self::OpenRelationship(asked) => app.open_relationship(caller, asked, how),
            Self::OpenCase(asked) => app.open_case(caller, asked, how),
            Self::OnRelationship(id, asked) => app.act_on_relationship(caller, id, asked, how),
            Self::OnCase(id, asked) => app.act_on_case(caller, id, asked, how),
        }
    }
}

/// Who answers for what is written: who is logged in.
fn maker(visit: &Visit) -> Maker {
    let (logged_in, person) = (&visit.session.logged_in, visit.session.professional());
    Maker {
        registration_number: person.and_then(|person| person.registration_number.clone()),
        given_names: logged_in.given_names.clone(),
        family_name: logged_in.family_name.clone(),
    }
}

/// A filled-in form.
struct Sheet<'a> {
    known: &'a Known,
    made: &'a Made,
    maker: Maker,
    registers: &'a [Oid],
    /// In which language a relationship's documents are written.
    language: &'static str,
    faults: Vec<Fault>,
}

impl Sheet<'_> {
    fn steps(&mut self, doors: &Doors) -> Vec<Step> {
        self.missing();
        let known = self.known;
        match known.act {
            Act::OpenCase => {
                let steps = self.open_case(doors).unwrap_or_default();
                if steps.is_empty() && self.faults.is_empty() {
                    // Nothing can be written: there is no unit or no register of the writer's own for it.
                    self.faults.push(Fault::new(FaultKind::NotThere, "own_unit", "REL-2"));
                }
                steps
            }
            Act::HandOver => self.on_relationship(Self::hand_over),
            Act::EndService => self.on_relationship(|sheet| {
                let last_day = sheet.day("last_day");
                Some(RelationshipAct::EndService { of: sheet.served()?, last_day: last_day? })
            }),
            Act::ResumeService => self.on_relationship(|sheet| {
                let first_day = sheet.day("first_day");
                Some(RelationshipAct::ResumeService { of: sheet.served()?, first_day: first_day? })
            }),
            Act::CloseCase | Act::SayClosing => {
                self.on_case(|sheet| Some(CaseAct::Close { closed_on: sheet.day("closed_on")? }))
            }
            Act::ReopenCase => self.on_case(|_| Some(CaseAct::Reopen)),
            Act::EndRelationship => self.on_relationship(|sheet| {
                let grounds = sheet.known.asked.given("grounds").map(str::to_owned);
                Some(RelationshipAct::End { last_day: sheet.day("last_day")?, grounds })
            }),
        }
    }

    /// Every field that must hold something and does not.
    fn missing(&mut self) {
        let made = self.made;
        for field in made.fields.iter().filter(|field| field.must && field.value.is_empty()) {
            let fault = Fault::new(FaultKind::MissingElement, field.name, "CAS-1");
            self.faults.push(fault.arg("name", field.name));
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let field = self.made.fields.iter().find(|field| field.name == name)?;
        Some(field.value.as_str()).filter(|value| !value.is_empty())
    }

    fn day(&mut self, name: &'static str) -> Option<FinnishDay> {
        let given = self.value(name)?.to_owned();
        let read = read_day(&given);
        if read.is_none() {
            let fault = Fault::new(FaultKind::WrongForm, name, "CAS-1");
            self.faults.push(fault.value(&*given).arg("expected", "23.3.2026"));
        }
        read
    }

    fn oid(&self, name: &str) -> Option<Oid> {
        Oid::parse(self.value(name)?).ok()
    }

    /// An identifier that the form keeps.
    fn kept(&self, name: &str) -> Option<Oid> {
        let (_, value) = self.made.kept.iter().find(|(kept, _)| kept == name)?;
        Oid::parse(value).ok()
    }

    fn asked<T>(&self, document: &str, what: T) -> Option<AskedOf<T>> {
        let document = self.kept(document)?;
        Some(AskedOf { document, based_on: None, maker: Some(self.maker.clone()), what })
    }

    /// The same, on the version that was seen.
    fn based<T>(&self, asked: AskedOf<T>) -> AskedOf<T> {
        AskedOf { based_on: self.kept("based_on"), ..asked }
    }

    fn on_relationship(
        &mut self,
        act: impl FnOnce(&mut Self) -> Option<RelationshipAct>,
    ) -> Vec<Step> {
        let step = act(self).and_then(|act| {
            let relationship = self.known.relationship.as_ref()?.relationship.clone();
            Some(Step::OnRelationship(relationship, self.based(self.asked("document", act)?)))
        });
        self.or_nothing(step)
    }

    fn on_case(&mut self, act: impl FnOnce(&mut Self) -> Option<CaseAct>) -> Vec<Step> {
        let step = act(self).and_then(|act| {
            let case = self.known.case()?.case.clone()?;
            Some(Step::OnCase(case, self.based(self.asked("document", act)?)))
        });
        self.or_nothing(step)
    }

    /// Where nothing is told to be wrong, and nothing can be done, what the address names is not there.
    fn or_nothing(&mut self, step: Option<Step>) -> Vec<Step> {
        if step.is_none() && self.faults.is_empty() {
            self.faults.push(Fault::new(FaultKind::NotThere, "unit", "RUR-1"));
        }
        step.into_iter().collect()
    }

    fn served(&self) -> Option<Served> {
        let right = self.known.service()?;
        Some(Served {
            service_task: right.branch.service_task().map(Arc::from),
            unit: right.holder.clone(),
            case: None,
        })
    }

    fn hand_over(&mut self) -> Option<RelationshipAct> {
        let (first, last) = (self.day("first_day"), self.day("last_day"));
        Some(RelationshipAct::HandOver(HandOver {
            service_task: self.value("service_task")?.into(),
            producer: self.oid("producer")?,
            implementer: self.oid("implementer"),
            services: self.value("service").map(Arc::from).into_iter().collect(),
            days: Validity { first: first?, last },
            case: self.oid("of_case"),
            purchase: None,
        }))
    }

    /// A case: in a relationship that runs, which the service task joins where it is not there yet; else in a new one.
    fn open_case(&mut self, doors: &Doors) -> Option<Vec<Step>> {
        let opened_on = self.day("opened_on");
        let (task, unit) = (Arc::<str>::from(self.value("service_task")?), self.oid("own_unit")?);
        let days = Validity { first: opened_on?, last: None };
        let own = OwnService { service_task: task.clone(), unit: unit.clone(), days, case: None };
        let mut steps = Vec::new();
        let (relationship, road) = if let Some(state) = &self.known.relationship {
            let there = state.service_tasks.iter().any(|known| **known == *task);
            if state.road == Road::Short && !there {
                let act = RelationshipAct::BeginService(own);
                let asked = self.asked("document_of_service", act)?;
                steps.push(Step::OnRelationship(state.relationship.clone(), asked));
            }
            (state.relationship.clone(), state.road)
        } else {
            let new = self.new_relationship(doors, own)?;
            let road = doors.app.registry().roads().of_controller(&new.controller);
            let opened = (new.relationship.clone(), road.on(self.known.today));
            steps.push(Step::OpenRelationship(self.asked("document_of_relationship", new)?));
            opened
        };
        let case = NewCase {
            case: self.kept("new_case")?,
            relationship,
            service_task: task,
            name: self.value("case_name")?.into(),
            name_detail: self.value("name_detail").map(str::to_owned),
            opened_on: opened_on?,
            unit: (road == Road::Long).then_some(unit),
        };
        steps.push(Step::OpenCase(self.asked("document", case)?));
        Some(steps)
    }

    fn new_relationship(&self, doors: &Doors, service: OwnService) -> Option<NewRelationship> {
        let registry = doors.app.registry();
        // In the register of the unit's own organisation, where that is one of the writer's.
        let of_unit = registry.registers().organisation_of(&service.unit)?;
        let controller = match self.registers {
            [only] => only.clone(),
            several => several.iter().find(|one| **one == of_unit.oid)?.clone(),
        };
        Some(NewRelationship {
            relationship: self.kept("new_relationship")?,
            organiser: controller.clone(),
            operating_unit: operating_unit(&registry, &service.unit),
            controller,
            client: Named {
                identifier: self.known.client.client.clone(),
                given_names: self.value("given_names")?.to_owned(),
                family_name: self.value("family_name")?.to_owned(),
                birth_date: None,
            },
            language: self.language.to_owned(),
            non_disclosure: self.value("order")? == "yes",
            service,
        })
    }
}

/// The topmost unit above one: the operating unit (toimintayksikkö).
fn operating_unit(registry: &varanto_app::Registry, unit: &Oid) -> Oid {
    let line = registry.registers().line_of_unit(unit);
    line.last().map_or_else(|| unit.clone(), |top| top.oid.clone())
}

/// What a change of a right means for who sees what, in words.
pub(super) fn follows(
    change: &RightChange,
    names: &Names<'_>,
    shell: &Shell,
    today: FinnishDay,
) -> String {
    let Some(right) = change.after.as_ref().or(change.before.as_ref()) else {
        return String::new();
    };
    let task = right.branch.service_task().map(|task| names.task(task, today));
    let registers = names.registry.registers();
    let organisation = registers.organisation_of(&right.holder);
    let organisation = organisation.map(|one| names.organisation(one.oid.as_str()));
    let (first, last) = (
        shell.words.day(&right.validity.first),
        right.validity.last.map(|day| shell.words.day(&day)).unwrap_or_default(),
    );
    let own = right.side == Side::Organiser;
    let key = match (own, &change.after, right.validity.last) {
        (_, None, _) => "act.right_gone",
        (true, Some(_), None) => "act.right_own",
        (true, Some(_), Some(_)) => "act.right_own_until",
        (false, Some(_), None) => "act.right_from",
        (false, Some(_), Some(_)) => "act.right_until",
    };
    let (unit, task) = (names.unit(&right.holder), task.unwrap_or_default());
    shell.words.with(
        key,
        &[
            ("unit", unit.as_str()),
            ("organisation", organisation.as_deref().unwrap_or_default()),
            ("task", task.as_str()),
            ("first", first.as_str()),
            ("last", last.as_str()),
        ],
    )
}
