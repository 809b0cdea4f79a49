//! What a citizen permits and refuses today, and of another for whom the citizen acts; and the receipt of what was said.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use varanto_app::archive::DocumentQuery;
use varanto_app::disclosure::{CurrentPermission, Recorded, TheWill};
use varanto_domain::access::Situation;
use varanto_domain::disclosure::{Giver, MANDATED, RefusalEntry, Refused};
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::time::FinnishDay;
use varanto_formats::will::{Identified, Named, WillRequest};

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::{OpenClient, SaidReceipt};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::Problem;
use crate::tokens::LoggedInAs;

/// The role of a guardian of a minor (huoltaja).
const GUARDIAN: &str = "31";

/// Whose will it is, and as whom the citizen says it.
pub(super) struct Whose {
    pub(super) client: OpenClient,
    pub(super) code: PersonalIdentityCode,
    pub(super) situation: Situation,
}

impl Whose {
    pub(super) fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let client = visit.client(path.get("client").map_or("", String::as_str))?;
        let situation = client.situation.unwrap_or(Situation::Citizen);
        match &client.client {
            ClientIdentifier::Code(code) => Ok(Self { code: *code, situation, client }),
            ClientIdentifier::Temporary(_) => Err(Problem::not_found()),
        }
    }

    /// Whether it is the citizen's own.
    pub(super) fn is_own(&self) -> bool {
        self.situation == Situation::Citizen
    }

    /// What is said, by whom.
    pub(super) fn says<A>(
        &self,
        visit: &Visit,
        name: Named,
        act: A,
    ) -> Result<WillRequest<A>, Problem> {
        let LoggedInAs::Citizen { code, .. } = visit.session.logged_in.who else {
            return Err(Problem::not_found());
        };
        let role = match self.situation {
            Situation::Guardian => Some(GUARDIAN),
            Situation::Mandate => Some(MANDATED),
            _ => None,
        };
        let by = Identified { code, name: name_of_login(visit) };
        Ok(WillRequest {
            client: Identified { code: self.code, name },
            act,
            unit: None,
            language: Some(reading::spoken(visit.language)),
            professional: None,
            title: None,
            representative: role.map(|role| (by, role)),
            mandate_shown: false,
            explanation: None,
        })
    }

    /// Whether a child's own word keeps a guardian from changing it.
    pub(super) fn is_kept_from(&self, permission: &CurrentPermission) -> bool {
        self.situation == Situation::Guardian && permission.by == Some(Giver::Client)
    }

    /// The name of the citizen who acts for another.
    pub(super) fn teller(&self, visit: &Visit) -> Option<String> {
        let name = name_of_login(visit);
        let name = format!("{} {}", name.given_names, name.family_name).trim().to_owned();
        Some(name).filter(|name| !self.is_own() && !name.is_empty())
    }

    /// The frame of the pages: the citizen's own name is known from the login.
    pub(super) fn frame(&self, visit: &Visit) -> ClientFrame {
        let name = self.is_own().then(|| name_of_login(visit)).and_then(|name| {
            let name = format!("{} {}", name.given_names, name.family_name).trim().to_owned();
            (!name.is_empty()).then_some(name)
        });
        ClientFrame { name, ..ClientFrame::of(visit, &self.client) }
    }

    /// The path of the page of the will, without language.
    pub(super) fn base(&self, visit: &Visit) -> String {
        format!("{}will/", reading::base(visit.side, &self.client.handle))
    }

    /// What is permitted and refused today.
    pub(super) async fn today(&self, doors: &Doors, visit: &Visit) -> Result<TheWill, Problem> {
        let (caller, code, situation) = (Arc::clone(&visit.caller), self.code, self.situation);
        doors.work(move |app| app.will_of(&caller, code, situation)).await
    }

    /// The name that the document gives the client: the citizen's own is that of the login; another's is that of the
    /// newest document that may be shown, or not known, and never one that is typed in.
    pub(super) async fn name(&self, doors: &Doors, visit: &Visit) -> Option<Named> {
        if self.is_own() {
            let name = name_of_login(visit);
            let whole = !name.given_names.is_empty() && !name.family_name.is_empty();
            return whole.then_some(name);
        }
        let caller = Arc::clone(&visit.caller);
        let query = DocumentQuery {
            client: Some(self.client.client.clone()),
            situation: self.client.situation,
            limit: 50,
            ..DocumentQuery::default()
        };
        let found = doors.work(move |app| app.find_documents(&caller, &query)).await.ok()?;
        reading::timeline::about(&self.client, &found).named()
    }

    /// Where the page goes on once something was said.
    pub(super) async fn told(&self, doors: &Doors, visit: &Visit, recorded: &Recorded) -> Response {
        let base = self.base(visit);
        let Recorded::Archived(archived) = recorded else { return redirect(&visit.to(&base)) };
        let receipt = &archived.receipt;
        let kept = visit.session.keep_receipt(
            doors,
            SaidReceipt {
                client: self.client.handle.clone(),
                document: receipt.document.clone(),
                version: receipt.version,
                archived_at: receipt.archived_at,
            },
        );
        if let Err(problem) = kept.await {
            // What was said is archived all the same, and stands on the page.
            tracing::warn!(code = problem.code, "a receipt of a client's will was not kept");
            return redirect(&visit.to(&base));
        }
        redirect(&visit.to(&format!("{base}receipt/{}/", receipt.document)))
    }
}

/// The names of a version before, which the operation knows.
pub(super) fn as_before() -> Named {
    Named { given_names: String::new(), family_name: String::new() }
}

fn name_of_login(visit: &Visit) -> Named {
    let logged_in = &visit.session.logged_in;
    Named { given_names: logged_in.given_names.clone(), family_name: logged_in.family_name.clone() }
}

/// Names to be typed in: the key of the text, the field, what was typed.
pub(super) type NameFields = [(&'static str, &'static str, String); 2];

/// The fields in which the client's names are typed, where no document tells them; with what was `sent`.
pub(super) fn name_fields(sent: Option<&Fields>) -> NameFields {
    let typed = |name: &str| sent.map_or("", |fields| fields.text(name)).to_owned();
    [
        ("own.given_names", "given_names", typed("given_names")),
        ("own.family_name", "family_name", typed("family_name")),
    ]
}

/// The client's names as they were typed.
pub(super) fn typed_name(fields: &Fields) -> Option<Named> {
    let (given, family) = (fields.given("given_names")?, fields.given("family_name")?);
    Some(Named { given_names: given.to_owned(), family_name: family.to_owned() })
}

#[derive(Template)]
#[template(path = "own/will.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct WillPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    informed_on: Option<FinnishDay>,
    permitted: bool,
    given_on: Option<FinnishDay>,
    /// Whether a representative said it last.
    by_representative: bool,
    /// Whether the citizen may change anything, and whether a child's own word keeps a guardian from it.
    may_say: bool,
    said_by_child: bool,
    own: bool,
    /// What is refused; `None`: it is not this citizen's to know.
    refusals: Option<Vec<Entry>>,
}

struct Entry {
    what: String,
    /// The document's page, of a refused document.
    address: Option<String>,
    set_on: Option<FinnishDay>,
    by_representative: bool,
    /// The field of the form that withdraws it, and its value.
    field: &'static str,
    value: String,
}

/// `GET /fi/own/will/`: to the citizen's own.
pub(super) async fn own(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    let handle = super::own_handle(&doors, &visit).await?;
    Ok(redirect(&visit.to(&format!("/own/clients/{handle}/will/"))))
}

/// `GET …/will/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let will = match whose.today(&doors, &visit).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    let (permission, refusals) = (will.permission, will.refusals);
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, frame) = (Shell::of(&doors, &visit), whose.frame(&visit));
    let today = FinnishDay::of(doors.app.now());
    let entry = |one: &RefusalEntry| {
        let (field, value) = field_of(&one.refused);
        Entry {
            what: named(&one.refused, &names, today),
            address: match &one.refused {
                Refused::Document(id) => Some(shell.to(&format!("{}documents/{id}/", frame.base))),
                _ => None,
            },
            set_on: one.set_on,
            by_representative: one.by == Giver::Representative,
            field,
            value,
        }
    };
    let page = WillPage {
        base: whose.base(&visit),
        informed_on: permission.informed_on,
        permitted: permission.permission.is_some(),
        by_representative: permission.by == Some(Giver::Representative),
        may_say: will.may_say,
        said_by_child: whose.is_kept_from(&permission),
        own: whose.is_own(),
        given_on: permission.permission.and_then(|one| one.given_on),
        refusals: refusals.map(|told| told.entries.iter().map(entry).collect()),
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}

/// What is refused, in words.
pub(super) fn named(refused: &Refused, names: &Names<'_>, today: FinnishDay) -> String {
    match refused {
        Refused::Controller(controller) => names.organisation(controller.as_str()),
        Refused::ServiceTask(task) => names.task(task, today),
        Refused::Document(document) => format!("{} {document}", names.of("own.refused_document")),
    }
}

/// The field of a form that tells what is refused, and its value.
pub(super) fn field_of(refused: &Refused) -> (&'static str, String) {
    match refused {
        Refused::Controller(controller) => ("controller", controller.to_string()),
        Refused::ServiceTask(task) => ("service_task", task.to_string()),
        Refused::Document(document) => ("document", document.to_string()),
    }
}

#[derive(Template)]
#[template(path = "own/receipt.html")]
struct ReceiptPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    receipt: SaidReceipt,
    /// Whether the document itself is the citizen's to see.
    shown: bool,
}

/// `GET …/will/receipt/{oid}/`: that what was said in this session is archived, and since when it counts.
pub(super) async fn receipt(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let document = path.get("oid").and_then(|oid| Oid::parse(oid).ok());
    let kept = document.and_then(|oid| visit.session.receipt(&whose.client.handle, &oid));
    let page = ReceiptPage {
        shell: Shell::of(&doors, &visit),
        frame: whose.frame(&visit),
        base: whose.base(&visit),
        receipt: kept.ok_or_else(Problem::not_found)?,
        shown: whose.situation != Situation::Guardian,
    };
    Ok(rendered(&page, visit.language))
}
