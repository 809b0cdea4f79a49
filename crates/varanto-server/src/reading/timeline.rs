//! The time line: a client's documents, newest first, filtered by kind, service task and days.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use varanto_app::archive::{DocumentQuery, FoundDocuments};
use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;

use super::{ClientFrame, Page, Row, Told, ToldClient, locked};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, rendered};

/// How many documents a page of the time line has.
const PAGE: usize = 30;

/// The general kinds that are offered to choose from.
const KINDS: [&str; 5] = ["19", "15", "11", "1", "16"];

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    shell: Shell,
    frame: ClientFrame,
    months: Vec<Month>,
    kinds: Vec<(&'static str, String, bool)>,
    tasks: Vec<(&'static str, String, bool)>,
    from: String,
    until: String,
    /// Whether a filter narrows the list.
    narrowed: bool,
    /// Where the list goes on.
    next: Option<String>,
}

struct Month {
    name: String,
    rows: Vec<Row>,
}

/// `GET …/timeline/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let given =
        |name: &str| asked.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let day = |name: &str| given(name).and_then(FinnishDay::parse);
    let query = DocumentQuery {
        client: Some(client.client.clone()),
        situation: client.situation,
        reason: client.reason,
        general_type: given("kind").map(str::to_owned),
        service_task: given("task").map(str::to_owned),
        from: day("from").map(FinnishDay::start),
        before: day("until").map(|day| day.plus_days(1).start()),
        limit: PAGE,
        cursor: given("after").map(str::to_owned),
        ..DocumentQuery::default()
    };
    let caller = visit.caller.clone();
    let found = doors.work(move |app| app.find_documents(&caller, &query)).await;
    let found = match found {
        Ok(found) => found,
        Err(problem) => return Ok(locked(&doors, &visit, &client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.app.now());
    let shell = Shell::of(&doors, &visit);
    // Of a part of the list the newest document may be an old one, and tell a name of old.
    let narrowed =
        ["kind", "task", "from", "until", "after"].iter().any(|one| given(one).is_some());
    let about = if narrowed { ToldClient::default() } else { about(&client, &found) };
    let frame = ClientFrame { name: about.name(), ..ClientFrame::of(&visit, &client) };
    let kind = |code: &'static str| {
        let name = shell.words.of(&format!("desk.general-{code}"));
        (code, name, given("kind") == Some(code))
    };
    let next = found.next.as_ref().map(|next| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["kind", "task", "from", "until"] {
            if let Some(value) = given(name) {
                query.append_pair(name, value);
            }
        }
        format!("?{}", query.append_pair("after", next).finish())
    });
    let page = TimelinePage {
        months: months(&found, &names, &shell, &frame),
        kinds: KINDS.into_iter().map(kind).collect(),
        tasks: tasks(&names, today, given("task")),
        from: day("from").map(|day| day.to_string()).unwrap_or_default(),
        until: day("until").map(|day| day.to_string()).unwrap_or_default(),
        narrowed,
        next,
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}

/// Who the client is by the newest document that is the client's own: one of a joint case may be another's, and
/// tells of that other.
pub(crate) fn about(client: &OpenClient, found: &FoundDocuments) -> ToldClient {
    let mut told = found.hits.iter().map(|view| Told::of(view).client);
    told.find(|told| told.is(&client.client)).unwrap_or_default()
}

fn months(
    found: &FoundDocuments,
    names: &Names<'_>,
    shell: &Shell,
    frame: &ClientFrame,
) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for view in &found.hits {
        let row = Row::of(view, names, shell, &frame.base);
        let name = row.at.map(|at| shell.words.month(&FinnishDay::of(at))).unwrap_or_default();
        match months.last_mut().filter(|month| month.name == name) {
            Some(month) => month.rows.push(row),
            None => months.push(Month { name, rows: vec![row] }),
        }
    }
    months
}

/// The service tasks, by name.
fn tasks(
    names: &Names<'_>,
    today: FinnishDay,
    chosen: Option<&str>,
) -> Vec<(&'static str, String, bool)> {
    let task = |task: ServiceTask| {
        let code = task.code();
        (code, names.task(code, today), chosen == Some(code))
    };
    let mut all: Vec<_> = ServiceTask::ALL.into_iter().map(task).collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

#[cfg(test)]
mod tests {
    use varanto_app::archive::DocumentView;
    use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};

    use super::super::tests::view;
    use super::*;

    fn hit(given_names: &str, code: &str) -> DocumentView {
        view(&serde_json::json!({ "client": {
            "given_names": given_names, "family_name": "Suvanto", "identity_code": code,
        }}))
    }

    /// REL-4: among a client's documents are those of a joint case that are another's; who the client is they do
    /// not tell, not even where they are the newest or the only ones.
    #[test]
    fn who_a_client_is_no_document_of_another_tells() {
        let code = PersonalIdentityCode::parse("180418A903L").unwrap();
        let client = OpenClient {
            handle: "word".into(),
            client: ClientIdentifier::Code(code),
            situation: None,
            reason: None,
        };
        let name = |hits: Vec<DocumentView>| {
            let found = FoundDocuments { hits, next: None };
            about(&client, &found).name()
        };
        let sibling = || hit("Sisarus", "010180-9012");
        let (new, old) = (hit("Uusi", "180418A903L"), hit("Vanha", "180418A903L"));
        assert_eq!(name(vec![sibling(), new, old]).as_deref(), Some("Uusi Suvanto"));
        assert_eq!(name(vec![sibling()]), None);
        assert_eq!(name(Vec::new()), None);
    }
}
