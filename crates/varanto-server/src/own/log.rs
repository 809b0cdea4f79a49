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

struct Look {
    at: Instant,
    who: String,
    place: String,
    what: String,
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
            at: look.at,
            who: names.who(look),
            place: place.join(", "),
            what: names.what(look).join(", "),
            why: names.why(look),
            disclosed: look.disclosed,
        }
    }
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
        looks: found.looks.iter().map(|look| Look::of(look, &names)).collect(),
        next,
    };
    Ok(rendered(&page, visit.language))
}
