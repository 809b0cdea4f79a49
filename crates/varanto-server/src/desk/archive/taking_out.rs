//! Taking a register out of the archive: what would go, why, and what went. Source: CAS-6, OPS-3.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use varanto_app::transfer::{ExportPlan, TransferRequest, TransferStep};
use varanto_domain::archive::transfer::TransferReason;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;
use varanto_formats::handing_over::{is_reference, reference_form};

use super::{Frame, faults_of};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::Page;
use crate::taking_out::{self, Taking};

const RULE: &str = "OPS-3";

#[derive(Template)]
#[template(path = "archive/taking_out.html")]
struct TakingOutPage {
    shell: Shell,
    frame: Frame,
    registers: Vec<Register>,
    reasons: Vec<(&'static str, String)>,
    form: Form,
    /// What would go, where that was tried.
    plan: Option<Plan>,
    /// Whether the configuration names a folder to take registers out into.
    has_folder: bool,
}

impl TakingOutPage {
    /// The names of what was chosen, for one who is to confirm it.
    fn chosen(&self) -> (&str, &str) {
        let register = self.registers.iter().find(|one| one.id == self.form.register);
        let reason = self.reasons.iter().find(|(code, _)| *code == self.form.reason);
        let name = register.map_or("", |one| one.name.as_str());
        (name, reason.map_or("", |(_, name)| name.as_str()))
    }
}

/// A register of the own, and where it is on its way out.
struct Register {
    id: String,
    name: String,
    goes: Option<Going>,
    done: Option<Receipt>,
    /// The moment, and the key of why there is no package.
    failed: Option<(Instant, String)>,
}

struct Going {
    since: Instant,
    /// The key of what is counted, how much of it there is so far, and in all.
    step: Option<(&'static str, u64, u64)>,
}

/// What went.
struct Receipt {
    at: Instant,
    file: String,
    versions: u64,
    /// Versions of which the leaf alone went: they were destroyed or erased.
    leaves: u64,
    lines: u64,
    megabytes: u64,
    checksum: String,
    key: String,
}

/// What would go.
struct Plan {
    versions: u64,
    attachments: u64,
    leaves: u64,
    lines: u64,
    megabytes: u64,
}

impl Plan {
    fn of(plan: &ExportPlan) -> Self {
        let size = &plan.size;
        Self {
            versions: size.versions,
            attachments: size.attachments,
            leaves: size.destroyed + size.erased,
            lines: size.lines,
            megabytes: megabytes(plan.about_bytes),
        }
    }
}

const fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// What the form holds.
#[derive(Default)]
struct Form {
    register: String,
    reason: String,
    reference: String,
}

impl Form {
    fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).trim().to_owned();
        Self { register: text("register"), reason: text("reason"), reference: text("reference") }
    }

    /// What is asked for, or everything that is wrong with it.
    fn request(&self) -> Result<TransferRequest, Vec<Fault>> {
        let mut faults = Vec::new();
        let missing =
            |name: &str| Fault::new(FaultKind::MissingElement, name, RULE).arg("name", name);
        let controller = Oid::parse(&self.register).ok();
        if controller.is_none() {
            faults.push(missing("register"));
        }
        let reason = TransferReason::of_code(&self.reason);
        if reason.is_none() {
            faults.push(missing("transfer_reason"));
        }
        if !is_reference(&self.reference) {
            let fault = Fault::new(FaultKind::WrongForm, "reference", RULE);
            faults.push(fault.arg("expected", reference_form()));
        }
        match (controller, reason) {
            (Some(controller), Some(reason)) if faults.is_empty() => {
                Ok(TransferRequest { controller, reason, reference: self.reference.clone() })
            }
            _ => Err(faults),
        }
    }
}

/// `GET /fi/desk/archive/taking-out/`: the form, and what went.
pub(super) async fn page(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    taking_out_page(&doors, &visit, Form::default(), None, &[]).await
}

async fn taking_out_page(
    doors: &Doors,
    visit: &Visit,
    form: Form,
    plan: Option<Plan>,
    faults: &[Fault],
) -> Page {
    let caller = visit.caller.clone();
    let registers = doors.work(move |app| app.registers_to_take_out(&caller)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let reason = |reason: TransferReason| {
        (reason.code(), shell.words.of(&format!("taking.reason-{}", reason.code())))
    };
    let only = match registers.as_slice() {
        [only] => Some(only.to_string()),
        _ => None,
    };
    let page = TakingOutPage {
        registers: registers.iter().map(|one| Register::of(one, doors, &names)).collect(),
        reasons: TransferReason::ALL.map(reason).into(),
        frame: Frame::of(visit, faults),
        form: Form {
            register: if form.register.is_empty() {
                only.unwrap_or_default()
            } else {
                form.register
            },
            ..form
        },
        plan,
        has_folder: !doors.config.transfer.folder.as_os_str().is_empty(),
        shell,
    };
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

impl Register {
    fn of(id: &Oid, doors: &Doors, names: &Names<'_>) -> Self {
        let mut register = Self {
            id: id.to_string(),
            name: names.organisation(id.as_str()),
            goes: None,
            done: None,
            failed: None,
        };
        match doors.takings.of(id) {
            Some(Taking::Goes { since, step }) => {
                let step = step.map(|step| match step {
                    TransferStep::Versions(done, all) => ("taking.versions", done, all),
                    TransferStep::Lines(done, all) => ("taking.lines", done, all),
                });
                register.goes = Some(Going { since, step });
            }
            Some(Taking::Done { at, file, package }) => {
                let summary = &package.summary;
                register.done = Some(Receipt {
                    at,
                    file,
                    versions: summary.versions,
                    leaves: summary.destroyed + summary.erased,
                    lines: summary.log_lines,
                    megabytes: megabytes(package.bytes),
                    checksum: package.checksum,
                    key: package.verifier_key,
                });
            }
            Some(Taking::Failed { at, why }) => {
                register.failed = Some((at, format!("taking.failed-{why}")));
            }
            None => {}
        }
        register
    }
}

/// `POST /fi/desk/archive/taking-out/`: tells what would go; confirmed, it begins.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let form = Form::sent(&fields);
    if fields.text("do") == "change" {
        return taking_out_page(&doors, &visit, form, None, &[]).await;
    }
    let request = match form.request() {
        Ok(request) => request,
        Err(faults) => return taking_out_page(&doors, &visit, form, None, &faults).await,
    };
    let (caller, asked) = (visit.caller.clone(), request.clone());
    let plan = match doors.work(move |app| app.plan_export(&caller, &asked)).await {
        Ok(plan) => plan,
        Err(problem) => {
            let faults = faults_of(problem)?;
            return taking_out_page(&doors, &visit, form, None, &faults).await;
        }
    };
    let has_folder = !doors.config.transfer.folder.as_os_str().is_empty();
    if fields.text("do") != "confirm" || !has_folder {
        return taking_out_page(&doors, &visit, form, Some(Plan::of(&plan)), &[]).await;
    }
    if !taking_out::begin(&doors, (*visit.caller).clone(), request) {
        let fault = Fault::new(FaultKind::StandsOtherwise, "register", RULE).arg("state", "going");
        return taking_out_page(&doors, &visit, form, None, &[fault]).await;
    }
    Ok(redirect(&visit.to("/desk/archive/taking-out/")))
}
