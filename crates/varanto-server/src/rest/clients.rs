//! What is told of one client over REST: the client's own log; and by which identifiers the client is known.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::oversight::{IdentityRequest, OwnLog, OwnLogQuery};
use varanto_domain::identities::IdentityAct;
use varanto_domain::oversight::own_view::{Onlooker, ShownLook};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::log_search;
use varanto_formats::render::{self, Cover};
use varanto_formats::sheet::Sheet;
use varanto_formats::view::day_in_words;

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::{Coded, Problem};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::names::Names;

type Answer = Result<Response, Problem>;

/// `POST /clients/_log`: who looked at a client's documents, as the client may be told.
pub async fn own_log(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let query = asked(&doors, &headers, sent).await?;
    let found = doors.work(move |app| app.own_log(&asker.0, &query)).await?;
    let words = Names { registry: &doors.app.registry(), language: language_of(&headers) };
    let looks = found.looks.iter().map(|look| ToldLook::of(look, &words)).collect();
    Ok(documents::answer(&ToldLog { looks, next: found.next.as_deref() }))
}

/// `POST /clients/_log/print`: the same on paper, to be given to the client.
pub async fn print_own_log(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let language = documents::language(&parameters, &headers)?;
    let query = OwnLogQuery { limit: OwnLogQuery::PRINTED, ..asked(&doors, &headers, sent).await? };
    let (client, organisation) = (query.client.clone(), asker.0.organisation.clone());
    let found = doors.work(move |app| app.own_log(&asker.0, &query)).await?;
    let registry = doors.app.registry();
    let words = Names::spoken(&registry, language);
    let now = doors.app.now();
    let title = words.of("own-log.title");
    let archived = format!("{title} · {}", day_in_words(FinnishDay::of(now)));
    let cover = Cover {
        title: &title,
        document_type: "",
        organisation: &words.organisation(organisation.as_str()),
        client: &client.in_views(),
        written_on: Some(FinnishDay::of(now)),
        archived: &archived,
        archived_at: now,
        language,
    };
    let sheet = sheet(&words, &found);
    let printed = render::view(sheet.as_bytes(), &cover).map_err(Problem::fault)?;
    let fixed = [(header::CONTENT_TYPE, "application/pdf"), (header::CACHE_CONTROL, "no-store")];
    Ok((fixed, printed).into_response())
}

/// `POST /clients/_join`: a temporary identifier and an identity code are of one person from now on.
pub async fn join(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    act_on_identities(&doors, asker, &parameters, &headers, sent, IdentityAct::Join).await
}

/// `POST /clients/_part`: they are of two persons again.
pub async fn part(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    act_on_identities(&doors, asker, &parameters, &headers, sent, IdentityAct::Part).await
}

async fn act_on_identities(
    doors: &Doors,
    asker: Asker,
    parameters: &Parameters,
    headers: &HeaderMap,
    sent: Body,
    act: IdentityAct,
) -> Answer {
    let dry_run = parameters.parsed::<bool>("dry_run", "true, false")? == Some(true);
    let terms = body::told(doors, headers, sent, log_search::read_identities).await?;
    let (temporary, code) = (terms.temporary_id, terms.identity_code);
    let request = IdentityRequest { act, reason: terms.reason, temporary, code, dry_run };
    let done = doors.work(move |app| app.act_on_identities(&asker.0, &request)).await?;
    Ok(documents::answer(&ToldIdentities {
        act: act.code(),
        at: done.at.to_string(),
        dry_run,
        temporary_documents: done.temporary_documents,
        code_documents: done.code_documents,
    }))
}

#[derive(Serialize)]
struct ToldIdentities {
    act: &'static str,
    at: String,
    dry_run: bool,
    temporary_documents: u64,
    code_documents: u64,
}

async fn asked(doors: &Doors, headers: &HeaderMap, sent: Body) -> Result<OwnLogQuery, Problem> {
    let terms = body::told(doors, headers, sent, log_search::read_own_log).await?;
    Ok(OwnLogQuery {
        client: terms.client,
        representative: terms.representative,
        from: terms.from,
        before: terms.before,
        limit: terms.limit.unwrap_or(OwnLogQuery::USUAL),
        cursor: terms.cursor,
    })
}

#[derive(Serialize)]
struct ToldLog<'a> {
    looks: Vec<ToldLook>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldLook {
    at: String,
    who: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Named>,
    what: Vec<String>,
    ground: Coded,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Coded>,
    disclosed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_to: Option<ToldReceiver>,
}

#[derive(Serialize)]
struct ToldReceiver {
    kind: Coded,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

#[derive(Serialize)]
struct Named {
    id: String,
    name: String,
}

impl ToldLook {
    fn of(look: &ShownLook, words: &Names<'_>) -> Self {
        let unit = match &look.onlooker {
            Onlooker::Person(_, unit) => unit.as_ref(),
            Onlooker::System | Onlooker::Citizen | Onlooker::Masked => None,
        };
        let named = |id: &String| Named { id: id.clone(), name: words.organisation(id) };
        Self {
            at: look.at.to_string(),
            who: words.who(look),
            organisation: look.organisation.as_ref().map(named),
            unit: unit.map(|unit| Named { id: unit.to_string(), name: words.unit(unit) }),
            what: words.what(look).into_iter().chain(words.told(look)).collect(),
            ground: Coded::of("looked", look.ground.code(), words.language),
            reason: look.reason.map(|reason| Coded::of("reason", reason.code(), words.language)),
            disclosed: look.disclosed,
            handed_to: look.handed_to.as_ref().map(|to| ToldReceiver {
                kind: Coded::of("receiver", to.kind.code(), words.language),
                organisation: to.organisation.as_ref().map(named),
                reference: to.reference.clone(),
            }),
        }
    }
}

/// The looks as a table to print.
fn sheet(words: &Names<'_>, log: &OwnLog) -> String {
    let mut sheet = Sheet::new(&words.of("own-log.title"));
    sheet.paragraph(&words.of("own-log.note"));
    let rows: Vec<Vec<String>> = log
        .looks
        .iter()
        .map(|look| {
            let place = match (&look.organisation, &look.onlooker) {
                (Some(id), Onlooker::Person(_, Some(unit))) => {
                    format!(", {}, {}", words.organisation(id), words.unit(unit))
                }
                (Some(id), _) => format!(", {}", words.organisation(id)),
                (None, _) => String::new(),
            };
            vec![
                clock(look.at),
                format!("{}{place}", words.who(look)),
                words.what(look).into_iter().chain(words.told(look)).collect::<Vec<_>>().join("; "),
                words.why(look),
            ]
        })
        .collect();
    if rows.is_empty() {
        sheet.paragraph(&words.of("own-log.none"));
    } else {
        let heads = ["when", "who", "what", "why"].map(|name| words.of(&format!("own-log.{name}")));
        sheet.table(&heads.each_ref().map(String::as_str), &rows);
    }
    if log.next.is_some() {
        sheet.paragraph(&words.of("own-log.older"));
    }
    sheet.finish()
}

/// Day and time as people in Finland write them.
fn clock(at: Instant) -> String {
    let minute = at.millis().div_euclid(60_000).rem_euclid(60);
    format!("{} {:02}:{minute:02}", day_in_words(FinnishDay::of(at)), at.finnish_hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_finnish_clock() {
        let told = |text: &str| clock(Instant::parse(text).unwrap());
        assert_eq!(told("2026-03-02T22:05:59Z"), "03.03.2026 00:05");
        assert_eq!(told("2026-07-02T09:30:00Z"), "02.07.2026 12:30");
    }
}
