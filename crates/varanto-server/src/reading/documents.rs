//! One document: its view in a frame that can do nothing, what is known of it, its versions, its print, its
//! proof, and who may see it.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use varanto_app::Registry;
use varanto_app::archive::{DocumentView, LookedAt, Onlooker, WhoLooks};
use varanto_domain::access::{GuardianMark, Role, Situation};
use varanto_domain::archive::documents::{Part, VersionState};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::xhtml::SAFE_COPY_MEDIA_TYPE;

use super::{ClientFrame, Page, Row, Told, locked, signature, spoken, state};
use crate::doors::Doors;
use crate::login::gate::{Side, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::rest::problem::{Coded, Problem};

/// What a view in a page may do: nothing, in no origin at all; its own pictures and styles alone are shown, in
/// our own pages alone.
pub(crate) const VIEW_POLICY: &str = "sandbox; default-src 'none'; img-src data:; \
     style-src 'unsafe-inline'; frame-ancestors 'self'";

/// Which client, and which document of theirs.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) client: OpenClient,
    pub(super) document: Oid,
    /// The path of the document's page, without language.
    pub(super) path: String,
}

impl Place {
    pub(super) fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let (client, document) = visit.document(path)?;
        let path = format!("{}documents/{document}/", super::base(visit.side, &client.handle));
        Ok(Self { client, document, path })
    }

    /// The document as the client's whose pages are open: no other's is there.
    pub(super) fn looked_at(&self) -> LookedAt<'_> {
        self.client.looked_at(&self.document)
    }
}

#[derive(Template)]
#[template(path = "document.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct DocumentPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    document: Oid,
    title: String,
    row: Row,
    archived_at: Instant,
    controller: String,
    version: Option<u32>,
    state: Option<&'static str>,
    invalidated_at: Option<Instant>,
    /// How the document is shown: its view, a print alone, or neither.
    viewed: bool,
    printed: bool,
    versions: Vec<Version>,
    attachments: Vec<String>,
    guardians: Option<&'static str>,
    signature: Option<String>,
    /// Whether how it is shown to the client may be asked about at the desk: the operation decides.
    restricts: bool,
    /// Whether invalidating it may be asked about at the desk: the operation decides, and says why not.
    invalidates: bool,
    /// Whether correcting it may be offered at the desk: the operation decides.
    corrects: bool,
    /// Whether its disclosure is the citizen's to refuse.
    refusable: bool,
    /// Whether the citizen may be offered to ask for a correction: the operation decides.
    correctable: bool,
    /// The pages of requests to correct it that wait, at the desk.
    corrections: Vec<String>,
    /// What the kind of document is for, in plain words for a citizen.
    meaning: Option<&'static str>,
}

struct Version {
    address: String,
    number: u32,
    at: Option<Instant>,
    state: &'static str,
    shown: bool,
}

/// `GET …/documents/{oid}/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, asked) = (visit.caller.clone(), place.clone());
    let purpose = place.client.purpose();
    let opened = doors.work(move |app| {
        let view = app.open_document(&caller, asked.looked_at(), purpose)?;
        let versions = app.list_versions(&caller, asked.looked_at(), purpose)?.versions;
        Ok((view, versions))
    });
    let (view, versions) = match opened.await {
        Ok(opened) => opened,
        Err(problem) => return Ok(locked(&doors, &visit, &place.client, problem)),
    };
    let shell = Shell::of(&doors, &visit);
    let frame = ClientFrame::of(&visit, &place.client);
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let row = Row::of(&view, &names, &shell, &frame.base);
    let told = Told::of(&view);
    let address = |oid: &Oid| shell.to(&format!("{}documents/{oid}/", frame.base));
    let version = |one: &DocumentView| {
        let told = Told::of(one);
        Version {
            address: address(&one.document),
            number: told.version.unwrap_or(1),
            at: told.written_at(),
            state: state(one.state).unwrap_or("desk.state-in-force"),
            shown: one.document == place.document,
        }
    };
    let writes = visit.caller.role().is_some_and(Role::serves_clients)
        && view.state == VersionState::InForce
        && !view.masked;
    let page = DocumentPage {
        title: row.title.clone(),
        archived_at: view.archived_at,
        controller: names.organisation(&told.controller.id),
        version: told.version,
        state: state(view.state),
        invalidated_at: view.invalidated.as_ref().map(|(_, at)| *at),
        viewed: view.parts.contains(&Part::View),
        printed: [Part::View, Part::Structured, Part::Pdf]
            .iter()
            .any(|one| view.parts.contains(one)),
        versions: versions.iter().map(version).collect(),
        attachments: view.attachments.iter().map(address).collect(),
        guardians: guardians(&told, &registry).filter(|_| !view.masked),
        signature: signature(&view).map(|key| shell.words.of(&key)),
        corrects: writes
            && place.client.reason.is_none()
            && told.is_of_case()
            && view.parts.contains(&Part::Structured)
            && (told.client.identity_code.is_none() || told.client.is(&place.client.client)),
        restricts: writes,
        invalidates: writes && told.may_be_invalidated(),
        refusable: visit.side == Side::Own
            && place.client.situation != Some(Situation::Guardian)
            && !told.is_will(),
        correctable: visit.side == Side::Own
            && view.state == VersionState::InForce
            && !view.masked
            && !told.is_will()
            && told.client.is(&place.client.client),
        corrections: requests(&view.corrections, &shell),
        meaning: meaning(told.general_type.as_deref()).filter(|_| visit.side == Side::Own),
        path: place.path,
        document: place.document,
        row,
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}

/// The pages of correction requests at the desk.
pub(crate) fn requests(ids: &[String], shell: &Shell) -> Vec<String> {
    ids.iter().map(|id| shell.to(&format!("/desk/corrections/{id}/"))).collect()
}

/// The key of what a general kind of document is for.
fn meaning(general_type: Option<&str>) -> Option<&'static str> {
    match general_type? {
        "1" => Some("own.kind-1"),
        "11" => Some("own.kind-11"),
        "15" => Some("own.kind-15"),
        "16" => Some("own.kind-16"),
        "19" => Some("own.kind-19"),
        _ => None,
    }
}

/// The key of whether a document may be shown to guardians: of what it says, by who says it.
///
/// Source: CIT-4.
fn guardians(told: &Told, registry: &Registry) -> Option<&'static str> {
    let code = told.guardian_disclosure.as_deref()?;
    let unit = Oid::parse(&told.service_unit.id).ok()?;
    let controller = Oid::parse(&told.controller.id).ok()?;
    let by_organiser = registry.units_of(&controller).contains(&unit);
    Some(match GuardianMark::of(Some(code), by_organiser) {
        GuardianMark::Shown => "desk.guardians-shown",
        GuardianMark::NotSaid => "desk.guardians-undecided",
        GuardianMark::Hidden | GuardianMark::HiddenByProducer => "desk.guardians-hidden",
    })
}

/// `GET …/documents/{oid}/view`: the view as a page of its own, for the frame.
pub(super) async fn view(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, purpose) = (visit.caller.clone(), place.client.purpose());
    let language = spoken(visit.language);
    let page = doors
        .work(move |app| app.show_document(&caller, place.looked_at(), purpose, language))
        .await?;
    let headers = [
        (header::CONTENT_TYPE, SAFE_COPY_MEDIA_TYPE),
        (header::CONTENT_SECURITY_POLICY, VIEW_POLICY),
        (HeaderName::from_static("x-frame-options"), "SAMEORIGIN"),
    ];
    Ok((headers, page).into_response())
}

/// `GET …/documents/{oid}/print`: the document as a file to print.
pub(super) async fn print(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, purpose) = (visit.caller.clone(), place.client.purpose());
    let language = spoken(visit.language);
    let print = doors
        .work(move |app| app.print_document(&caller, place.looked_at(), purpose, language))
        .await?;
    let mut response = ([(header::CONTENT_TYPE, "application/pdf")], print).into_response();
    let inline = HeaderValue::from_static("inline; filename=\"document.pdf\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, inline);
    Ok(response)
}

/// `GET …/documents/{oid}/proof/receipt`: the receipt with what it covers, as a file to be kept and checked anywhere. None
/// for citizens: its log line names who sent the document.
pub(super) async fn receipt(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    if visit.side == Side::Own {
        return Err(Problem::not_found());
    }
    let place = Place::of(&visit, &path)?;
    let (caller, purpose) = (visit.caller.clone(), place.client.purpose());
    let proof =
        doors.work(move |app| app.prove_document(&caller, place.looked_at(), purpose)).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"receipt.json\""),
    ];
    Ok((headers, crate::rest::proof::told(proof)).into_response())
}

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    day: FinnishDay,
    onlookers: Vec<ShownOnlooker>,
}

struct ShownOnlooker {
    who: String,
    place: String,
    ground: String,
    with_reason: bool,
}

/// `GET …/documents/{oid}/access/`: who may open the document today, and on what ground.
pub(super) async fn access(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, purpose) = (visit.caller.clone(), place.client.purpose());
    let asked = place.clone();
    let listed = doors.work(move |app| app.list_access(&caller, asked.looked_at(), purpose)).await;
    let list = match listed {
        Ok(list) => list,
        Err(problem) => return Ok(locked(&doors, &visit, &place.client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let page = AccessPage {
        shell: Shell::of(&doors, &visit),
        frame: ClientFrame::of(&visit, &place.client),
        path: place.path,
        day: list.day,
        onlookers: list.onlookers.iter().map(|one| onlooker(one, &names)).collect(),
    };
    Ok(rendered(&page, visit.language))
}

fn onlooker(one: &Onlooker, names: &Names<'_>) -> ShownOnlooker {
    let organisation = names.organisation(one.organisation.as_str());
    let (who, place) = match &one.who {
        WhoLooks::System(id) => (format!("{} {id}", names.of("own-log.system")), organisation),
        WhoLooks::People(role, unit) => {
            let unit = unit.as_ref().map(|unit| format!("{}, ", names.unit(unit)));
            let place = format!("{}{organisation}", unit.unwrap_or_default());
            (names.of(&format!("role.{}", role.code())), place)
        }
    };
    let ground = Coded::of("ground", one.grant.basis.code(), names.language).text;
    ShownOnlooker { who, place, ground, with_reason: one.with_reason }
}
