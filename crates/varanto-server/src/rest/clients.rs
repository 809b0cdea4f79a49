//! What is told of one client over REST: the client's own log; and by which identifiers the client is known.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::Registry;
use varanto_app::oversight::{IdentityRequest, OwnLog, OwnLogQuery};
use varanto_domain::access::{Basis, Reason};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::codes::sets;
use varanto_domain::identities::IdentityAct;
use varanto_domain::ids::Oid;
use varanto_domain::oversight::own_view::{Onlooker, ShownLook};
use varanto_domain::structures::Names;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::log_search;
use varanto_formats::render::{self, Cover};
use varanto_formats::sheet::Sheet;
use varanto_formats::view::{ViewLanguage, day_in_words};

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::{Coded, Problem};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::texts::{self, Language};

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
    let words = Words { registry: &doors.app.registry(), language: language_of(&headers) };
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
    let words = Words::spoken(&registry, language);
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
    let sheet = words.sheet(&found);
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
    fn of(look: &ShownLook, words: &Words<'_>) -> Self {
        let unit = match &look.onlooker {
            Onlooker::Person(_, unit) => unit.as_ref(),
            Onlooker::System | Onlooker::Citizen => None,
        };
        let named = |id: &String| Named { id: id.clone(), name: words.organisation(id) };
        Self {
            at: look.at.to_string(),
            who: words.who(look),
            organisation: look.organisation.as_ref().map(named),
            unit: unit.map(|unit| Named { id: unit.to_string(), name: words.unit(unit) }),
            what: words.what(look),
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

/// Names and texts in a reader's language.
pub(super) struct Words<'a> {
    pub(super) registry: &'a Registry,
    pub(super) language: Language,
}

impl<'a> Words<'a> {
    /// Those of a page or print in one of the languages that these have.
    pub(super) const fn spoken(registry: &'a Registry, language: ViewLanguage) -> Self {
        let language = match language {
            ViewLanguage::Finnish => Language::Finnish,
            ViewLanguage::Swedish => Language::Swedish,
        };
        Self { registry, language }
    }

    /// The name of a code on a day, where the set has it.
    pub(super) fn coded(&self, set: &str, code: &str, day: FinnishDay) -> Option<String> {
        let set = Oid::parse(set).ok()?;
        let names = self.registry.code_sets().name_of(&set, code, day)?;
        Some(self.name(names)).filter(|name| !name.is_empty())
    }

    pub(super) fn of(&self, key: &str) -> String {
        texts::text(self.language, key)
    }

    fn name(&self, names: &Names) -> String {
        let swedish = names.sv.as_ref().filter(|_| self.language == Language::Swedish);
        swedish.unwrap_or(&names.fi).clone()
    }

    /// The name of an organisation; its identifier where the register has it no more.
    pub(super) fn organisation(&self, id: &str) -> String {
        let known = Oid::parse(id).ok();
        let known = known.as_ref().and_then(|oid| self.registry.registers().organisation(oid));
        known.map_or_else(|| id.to_owned(), |one| self.name(&one.names))
    }

    fn unit(&self, id: &Oid) -> String {
        let known = self.registry.registers().unit(id);
        known.map_or_else(|| id.to_string(), |one| self.name(&one.names))
    }

    fn who(&self, look: &ShownLook) -> String {
        match &look.onlooker {
            Onlooker::Person(Some(role), _) => self.of(&format!("role.{}", role.code())),
            Onlooker::Person(None, _) => self.of("own-log.person"),
            Onlooker::System => self.of("own-log.system"),
            Onlooker::Citizen => match look.ground {
                Basis::Guardianship => self.of("own-log.guardian"),
                _ => self.of("own-log.mandate"),
            },
        }
    }

    fn what(&self, look: &ShownLook) -> Vec<String> {
        let kind = |(group, kind): &(DocumentGroup, Option<std::sync::Arc<str>>)| {
            let of = |set: &str, code: &str| self.coded(set, code, FinnishDay::of(look.at));
            let kind = kind.as_deref().and_then(|kind| of(sets::DOCUMENT_TYPE, kind));
            let kind = kind.or_else(|| of(sets::DOCUMENT_GROUP, group.code()));
            kind.unwrap_or_else(|| group.code().to_owned())
        };
        look.kinds.iter().map(kind).collect()
    }

    fn why(&self, look: &ShownLook) -> String {
        let mut why = self.of(&format!("looked.{}", look.ground.code()));
        if let Some(reason) = look.reason {
            why.push_str(": ");
            why.push_str(&self.of(&format!("reason.{}", Reason::code(reason))));
        }
        match &look.handed_to {
            Some(to) => {
                let kind = self.of(&format!("receiver.{}", to.kind.code()));
                let organisation = to.organisation.as_ref().map(|id| self.organisation(id));
                let told = [Some(kind), organisation, to.reference.clone()];
                let told: Vec<String> = told.into_iter().flatten().collect();
                why.push_str(". ");
                why.push_str(&self.of("own-log.handed-to"));
                why.push_str(": ");
                why.push_str(&told.join(", "));
            }
            None if look.disclosed => {
                why.push_str(". ");
                why.push_str(&self.of("own-log.disclosed"));
            }
            None => {}
        }
        why
    }

    fn sheet(&self, log: &OwnLog) -> String {
        let mut sheet = Sheet::new(&self.of("own-log.title"));
        sheet.paragraph(&self.of("own-log.note"));
        let rows: Vec<Vec<String>> = log
            .looks
            .iter()
            .map(|look| {
                let place = match (&look.organisation, &look.onlooker) {
                    (Some(id), Onlooker::Person(_, Some(unit))) => {
                        format!(", {}, {}", self.organisation(id), self.unit(unit))
                    }
                    (Some(id), _) => format!(", {}", self.organisation(id)),
                    (None, _) => String::new(),
                };
                vec![
                    clock(look.at),
                    format!("{}{place}", self.who(look)),
                    self.what(look).join("; "),
                    self.why(look),
                ]
            })
            .collect();
        if rows.is_empty() {
            sheet.paragraph(&self.of("own-log.none"));
        } else {
            let heads =
                ["when", "who", "what", "why"].map(|name| self.of(&format!("own-log.{name}")));
            sheet.table(&heads.each_ref().map(String::as_str), &rows);
        }
        if log.next.is_some() {
            sheet.paragraph(&self.of("own-log.older"));
        }
        sheet.finish()
    }
}

/// Day and time as people in Finland write them.
fn clock(at: Instant) -> String {
    let minute = at.millis().div_euclid(60_000).rem_euclid(60);
    format!("{} {:02}:{minute:02}", day_in_words(FinnishDay::of(at)), at.finnish_hour())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use varanto_domain::access::Role;

    use super::*;

    /// LOG-2: grounds, reasons and roles have their plain words in each language, and none is unused.
    #[test]
    fn every_part_of_an_own_log_has_its_text_and_no_text_is_unused() {
        let families: [(&str, BTreeSet<&str>); 3] = [
            ("looked", Basis::ALL.map(Basis::code).into()),
            ("reason", Reason::all().map(Reason::code).collect()),
            ("role", Role::ALL.map(Role::code).into()),
        ];
        for language in Language::ALL {
            for (family, known) in &families {
                let told: BTreeSet<&str> = texts::keys(language)
                    .into_iter()
                    .filter_map(|key| key.strip_prefix(family)?.strip_prefix('.'))
                    .collect();
                assert_eq!(told, *known, "{family} {language}");
            }
        }
    }

    #[test]
    fn a_moment_is_told_by_the_finnish_clock() {
        let told = |text: &str| clock(Instant::parse(text).unwrap());
        assert_eq!(told("2026-03-02T22:05:59Z"), "03.03.2026 00:05");
        assert_eq!(told("2026-07-02T09:30:00Z"), "02.07.2026 12:30");
    }
}
