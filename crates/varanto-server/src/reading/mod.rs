//! Pages on which documents are read: the same ones for professionals and for citizens, behind the gate of each.
//!
//! What is shown is what the operations give; the pages choose words for it. Source: CAS-1, CIT-1.

mod documents;
mod proof;
mod statements;
pub(crate) mod timeline;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use varanto_app::archive::DocumentView;
use varanto_domain::access::{Reason, Situation};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::ids::ClientIdentifier;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::will::Named;

use crate::doors::Doors;
use crate::login::gate::{Side, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, Why, rendered};
use crate::rest::problem::Problem;
use crate::texts::Language;
use crate::{desk, own};

pub(crate) use documents::{VIEW_POLICY, requests};
pub(crate) use statements::ShownStatement;

/// What a page answers.
pub type Page = Result<Response, Problem>;

/// The pages of a client's documents, to be nested under the client's address.
pub(crate) fn router() -> Router<Doors> {
    Router::new()
        .route("/timeline/", get(timeline::page))
        .route("/documents/{oid}/", get(documents::page))
        .route("/documents/{oid}/view", get(documents::view))
        .route("/documents/{oid}/print", get(documents::print))
        .route("/documents/{oid}/proof/", get(proof::page))
        .route("/documents/{oid}/proof/data", get(proof::data))
        .route("/documents/{oid}/proof/file", get(proof::file))
        .route("/documents/{oid}/proof/receipt", get(documents::receipt))
        .route("/documents/{oid}/access/", get(documents::access))
}

/// What every page of one client has around its content.
pub(crate) struct ClientFrame {
    /// The path of the client's pages, without language.
    pub(crate) base: String,
    /// The name, where what the page shows tells it.
    pub(crate) name: Option<String>,
    /// The identity code by which the client was asked for: known to who asked, and so to be shown anywhere.
    pub(crate) code: String,
    /// In which situation the documents are looked at, as the key of its text, where it is not the usual one.
    pub(crate) situation: Option<&'static str>,
    /// For which reason.
    pub(crate) reason: Option<String>,
    /// The tabs: address, key of the text, whether it is the page shown.
    pub(crate) tabs: Vec<(String, &'static str, bool)>,
    pub(crate) form_token: String,
    /// The words of the reasons that may be given, by code.
    pub(crate) reasons: Vec<(&'static str, String)>,
    /// Whether it is a citizen who reads.
    pub(crate) own: bool,
}

impl ClientFrame {
    pub(crate) fn of(visit: &Visit, client: &OpenClient) -> Self {
        let side = visit.side;
        let base = base(side, &client.handle);
        let tabs = match side {
            Side::Desk => desk::TABS,
            Side::Own => own::TABS,
        };
        let words = crate::pages::Words(visit.language);
        let reason =
            |reason: Reason| (reason.code(), words.of(&format!("reason.{}", reason.code())));
        let tab = |tab: &crate::pages::Entry| {
            let address = format!("{base}{}", tab.path);
            let current = address == visit.path;
            (address, tab.text, current)
        };
        Self {
            tabs: tabs.iter().map(tab).collect(),
            situation: client.situation.and_then(told_situation),
            reason: client.reason.map(|one| reason(one).1),
            reasons: reasons(client).map(reason).collect(),
            name: None,
            code: match &client.client {
                ClientIdentifier::Code(code) => code.reveal().to_owned(),
                ClientIdentifier::Temporary(_) => String::new(),
            },
            form_token: visit.session.form_token.clone(),
            own: side == Side::Own,
            base,
        }
    }
}

/// The key of what a page says of its situation.
const fn told_situation(situation: Situation) -> Option<&'static str> {
    match situation {
        Situation::Disclosure => Some("desk.in_disclosure"),
        Situation::StatutoryDisclosure => Some("desk.in_statutory"),
        Situation::Guardian => Some("own.in_guardian"),
        Situation::Mandate => Some("own.in_mandate"),
        _ => None,
    }
}

/// The path of a client's pages without a language.
#[must_use]
pub(crate) fn base(side: Side, handle: &str) -> String {
    match side {
        Side::Desk => format!("/desk/clients/{handle}/"),
        Side::Own => format!("/own/clients/{handle}/"),
    }
}

/// The reasons that may be given for looking at a client's documents: sections of the law for what another
/// controller discloses by law, else those of looks.
pub(crate) fn reasons(client: &OpenClient) -> impl Iterator<Item = Reason> + use<> {
    let by_law = client.situation == Some(Situation::StatutoryDisclosure);
    Reason::OF_LOOKS.into_iter().filter(move |one| matches!(one, Reason::Statutory(_)) == by_law)
}

/// The metadata of a version, as far as pages show them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    pub(crate) version: Option<u32>,
    group: Option<String>,
    pub(crate) general_type: Option<String>,
    pub(crate) specific_type: Option<String>,
    pub(crate) service_task: Option<String>,
    written_at: Option<String>,
    pub(crate) client: ToldClient,
    pub(crate) professional: ToldName,
    pub(crate) controller: ToldPlace,
    pub(crate) service_unit: ToldPlace,
    pub(crate) guardian_disclosure: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToldClient {
    given_names: String,
    family_name: String,
    pub(crate) identity_code: Option<String>,
    pub(crate) temporary_id: Option<ToldTemporary>,
    pub(crate) birth_date: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToldTemporary {
    pub(crate) root: String,
    pub(crate) extension: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToldName {
    given_names: String,
    family_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToldPlace {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Told {
    /// The metadata of a version. What does not read is left out: the page says less then, and nothing else.
    pub(crate) fn of(view: &DocumentView) -> Self {
        serde_json::from_str(&view.metadata).unwrap_or_default()
    }

    /// The key of what a document without a type is called: by its group.
    fn of_group(&self) -> &'static str {
        match self.group.as_deref() {
            Some("1") => "desk.relationship_document",
            Some("2") => "desk.case_document",
            Some("8") => "desk.permission_document",
            Some("9") => "desk.refusal_document",
            _ => "desk.document",
        }
    }

    /// Whether it is a document of a case, of phase II or later.
    pub(crate) fn is_of_case(&self) -> bool {
        self.group.as_deref() == Some("5")
    }

    /// Whether it is no relationship or case document: on those others hang.
    pub(crate) fn may_be_invalidated(&self) -> bool {
        !matches!(self.group.as_deref(), Some("1" | "2"))
    }

    /// Whether it says what the client permits or refuses.
    pub(crate) fn is_will(&self) -> bool {
        matches!(self.group.as_deref(), Some("8" | "9"))
    }

    pub(crate) fn written_at(&self) -> Option<Instant> {
        self.written_at.as_deref().and_then(Instant::parse)
    }
}

impl ToldClient {
    /// Whether it is told of this client.
    pub(crate) fn is(&self, client: &ClientIdentifier) -> bool {
        match client {
            ClientIdentifier::Code(code) => self.identity_code.as_deref() == Some(code.reveal()),
            ClientIdentifier::Temporary(_) => false,
        }
    }

    pub(crate) fn name(&self) -> Option<String> {
        named(&self.given_names, &self.family_name)
    }

    /// The names apart, where both are told.
    pub(crate) fn named(&self) -> Option<Named> {
        let whole = !self.given_names.is_empty() && !self.family_name.is_empty();
        whole.then(|| Named {
            given_names: self.given_names.clone(),
            family_name: self.family_name.clone(),
        })
    }
}

impl ToldName {
    pub(crate) fn name(&self) -> Option<String> {
        named(&self.given_names, &self.family_name)
    }
}

fn named(given: &str, family: &str) -> Option<String> {
    let name = [given, family].join(" ").trim().to_owned();
    (!name.is_empty()).then_some(name)
}

/// A document in a list.
pub(crate) struct Row {
    pub(crate) address: String,
    /// What kind of document it is.
    pub(crate) title: String,
    /// When it was written.
    pub(crate) at: Option<Instant>,
    /// Which unit, or else which controller, wrote it.
    pub(crate) place: String,
    /// The service task.
    pub(crate) task: Option<String>,
    /// Who recorded it.
    pub(crate) by: Option<String>,
    /// The state, where it is not in force.
    pub(crate) state: Option<&'static str>,
    pub(crate) masked: bool,
}

impl Row {
    pub(crate) fn of(view: &DocumentView, names: &Names<'_>, shell: &Shell, base: &str) -> Self {
        let told = Told::of(view);
        let at = told.written_at();
        let day = FinnishDay::of(at.unwrap_or(view.archived_at));
        let kind = names.kind(told.specific_type.as_deref(), told.general_type.as_deref(), day);
        let place = if told.service_unit.name.is_empty() {
            names.organisation(&told.controller.id)
        } else {
            told.service_unit.name.clone()
        };
        Self {
            address: shell.to(&format!("{base}documents/{}/", view.document)),
            title: kind.unwrap_or_else(|| shell.words.of(told.of_group())),
            at,
            place,
            task: told.service_task.as_deref().map(|task| names.task(task, day)),
            by: told.professional.name(),
            state: state(view.state),
            masked: view.masked,
        }
    }
}

/// The key of what was found of a document's signatures when it arrived, the worst first; `None` where it is not told.
pub(crate) fn signature(view: &DocumentView) -> Option<String> {
    #[derive(Deserialize)]
    struct Found {
        signatures: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        verdict: String,
    }
    if view.masked {
        return None;
    }
    let found: Option<Found> = match &view.signatures {
        Some(told) => Some(serde_json::from_str(told).ok()?),
        None => None,
    };
    let found = found.map(|found| found.signatures).unwrap_or_default();
    let is = |word: &&&str| found.iter().any(|one| one.verdict == **word);
    let worst = ["broken", "not-verified", "valid-not-trusted", "valid"];
    let word = worst.iter().find(is).copied().unwrap_or("none");
    Some(format!("desk.signature-{word}"))
}

/// The key of a state's text, of one that is not in force.
pub(crate) const fn state(state: VersionState) -> Option<&'static str> {
    match state {
        VersionState::InForce => None,
        VersionState::Replaced => Some("desk.state-replaced"),
        VersionState::Invalidated => Some("desk.state-invalidated"),
    }
}

#[derive(askama::Template)]
#[template(path = "locked.html")]
struct LockedPage {
    shell: Shell,
    frame: ClientFrame,
    why: Why,
    wants_reason: bool,
}

/// A page for what the law denies: why, what is missing, whom to ask, and where a reason would open it, the
/// question for which. Other problems are as they are.
pub(crate) fn locked(
    doors: &Doors,
    visit: &Visit,
    client: &OpenClient,
    problem: Problem,
) -> Response {
    let Some(denial) = problem.denial else { return problem.into_response() };
    let page = LockedPage {
        shell: Shell::of(doors, visit),
        frame: ClientFrame::of(visit, client),
        why: Why::of(denial, visit.language),
        wants_reason: visit.side == Side::Desk && desk::opens_with_reason(denial),
    };
    let mut response = rendered(&page, visit.language);
    *response.status_mut() = problem.status;
    response
}

/// The language in which documents are shown: views and prints have two.
pub(crate) const fn spoken(language: Language) -> varanto_formats::view::ViewLanguage {
    use varanto_formats::view::ViewLanguage;
    match language {
        Language::Swedish => ViewLanguage::Swedish,
        Language::Finnish | Language::English => ViewLanguage::Finnish,
    }
}

#[cfg(test)]
mod tests {
    use varanto_domain::archive::documents::Form;
    use varanto_domain::ids::Oid;

    use super::*;

    pub(super) fn view(metadata: &serde_json::Value) -> DocumentView {
        DocumentView {
            document: Oid::parse("1.2.3").unwrap(),
            metadata: metadata.to_string(),
            arrival: "{}".into(),
            masked: false,
            state: VersionState::InForce,
            form: Form::Structured,
            parts: Vec::new(),
            archived_at: Instant::from_millis(0),
            content_bytes: 0,
            invalidated: None,
            attachments: Vec::new(),
            retention: None,
            held: Vec::new(),
            corrections: Vec::new(),
            signatures: None,
        }
    }

    /// ARC-14: of a signature is told what was found: that it is broken or nobody's whom the archive trusts, as well as
    /// that it is good; and where that is withheld nothing is told, not that there is none.
    #[test]
    fn a_signature_is_told_by_what_was_found_of_it() {
        let told = |verdicts: Option<&[&str]>, masked: bool| {
            let signatures = verdicts.map(|verdicts| {
                let one = |verdict: &&str| serde_json::json!({ "verdict": verdict });
                let all: Vec<_> = verdicts.iter().map(one).collect();
                serde_json::json!({ "checked_at": "", "signatures": all }).to_string()
            });
            signature(&DocumentView { signatures, masked, ..view(&serde_json::json!({})) })
        };
        for (verdicts, key) in [
            (&["valid"][..], "desk.signature-valid"),
            (&["valid-not-trusted"], "desk.signature-valid-not-trusted"),
            (&["not-verified"], "desk.signature-not-verified"),
            (&["valid", "broken"], "desk.signature-broken"),
            (&[], "desk.signature-none"),
        ] {
            assert_eq!(told(Some(verdicts), false).as_deref(), Some(key));
        }
        assert_eq!(told(None, false).as_deref(), Some("desk.signature-none"));
        assert_eq!(told(None, true), None);
    }
}
