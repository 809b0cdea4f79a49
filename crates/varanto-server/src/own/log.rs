//! Who has looked at a citizen's data, and to whom they were disclosed.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use varanto_domain::oversight::own_view::{Onlooker, ShownLook};
use varanto_domain::time::Instant;

use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::reading::Page;

/// How many looks a page has.
const PAGE: usize = 25;

#[derive(Template)]
#[template(path = "own/log.html")]
struct LogPage {
    shell: Shell,
    looks: Vec<Look>,
    next: Option<String>,
}

#[derive(Clone, PartialEq)]
struct Look {
    /// Which onlooker it was, among those of this page.
    apart: u64,
    at: Instant,
    who: String,
    place: String,
    what: String,
    /// What was done about what the client tells.
    told: Option<String>,
    why: String,
    disclosed: bool,
}

impl Look {
    fn of(look: &ShownLook, names: &Names<'_>) -> Self {
        let unit = match &look.onlooker {
            Onlooker::Person(_, Some(unit)) => Some(names.unit(unit)),
            _ => None,
        };
        let organisation = look.organisation.as_ref().map(|id| names.organisation(id));
        let place: Vec<String> = [unit, organisation].into_iter().flatten().collect();
        Self {
            apart: look.apart,
            at: look.at,
            who: names.who(look),
            place: place.join(", "),
            what: names.what(look).join(", "),
            told: names.told(look),
            why: names.why(look),
            disclosed: look.disclosed,
        }
    }
}

/// Looks of one onlooker at one kind of document in one minute are told as one: to open a document's page is several.
fn folded(looks: impl Iterator<Item = Look>) -> Vec<Look> {
    let minute = |look: &Look| look.at.millis().div_euclid(60_000);
    let mut told: Vec<Look> = Vec::new();
    for look in looks {
        let now = minute(&look);
        let same = |one: &Look| *one == Look { at: one.at, ..look.clone() };
        if !told.iter().rev().take_while(|one| minute(one) == now).any(same) {
            told.push(look);
        }
    }
    told
}

/// `GET /fi/own/log/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let (caller, after) = (Arc::clone(&visit.caller), asked.get("after").cloned());
    let found = doors.work(move |app| app.looks_at_own(&caller, PAGE, after)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let next = found.next.as_ref().map(|next| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        format!("?{}", query.append_pair("after", next).finish())
    });
    let page = LogPage {
        shell: Shell::of(&doors, &visit),
        looks: folded(found.looks.iter().map(|look| Look::of(look, &names))),
        next,
    };
    Ok(rendered(&page, visit.language))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-2: opening one page is one look to its client; another minute, kind or onlooker is another look.
    #[test]
    fn looks_of_one_minute_are_told_once() {
        let look = |millis: i64, who: &str, what: &str| Look {
            apart: u64::from(who == "a"),
            at: Instant::from_millis(millis),
            who: "worker".to_owned(),
            place: String::new(),
            what: what.to_owned(),
            told: None,
            why: String::new(),
            disclosed: false,
        };
        let all = [
            look(119_000, "a", "note"),
            look(118_000, "b", "note"),
            look(117_000, "a", "note"),
            look(116_000, "a", "plan"),
            look(59_000, "a", "note"),
        ];
        let told: Vec<i64> = folded(all.into_iter()).iter().map(|one| one.at.millis()).collect();
        assert_eq!(told, [119_000, 118_000, 116_000, 59_000]);
    }
}
