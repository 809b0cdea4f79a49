//! What the client's earlier documents say, offered beside the empty rows of a form: looked for when it is asked, taken over by
//! one click and never silently, with its source. Source: REL-9.

use std::collections::HashMap;
use std::sync::Arc;

use varanto_app::recording::{EarlierDocument, FoundEarlier, OpenDraft};
use varanto_domain::ids::Oid;
use varanto_domain::structures::Content;
use varanto_domain::time::FinnishDay;
use varanto_formats::drafts::{Draft, Taken};
use varanto_formats::form::{self, Form, Holds, Row};

use super::record::{Asked, title_of, with_form};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::pages::form::Offer;
use crate::pages::{Words, redirect};
use crate::reading::{self, Page};

/// Where the part of the page is that tells what was found.
pub(super) const PLACE: &str = "earlier";

/// Looks through the earlier documents, and keeps what they say for as long as the session lasts, or until another draft asks.
pub(super) async fn look(doors: &Doors, visit: &Visit, asked: &Asked) -> Page {
    let open = match asked.open(doors, visit).await {
        Ok(open) => open,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let (caller, client) = (Arc::clone(&visit.caller), asked.client.client.clone());
    let found = doors.work(move |app| app.look_at_earlier(&caller, &client, &open)).await;
    match found {
        Ok(found) => {
            visit.session.keep_earlier(doors, asked.of(), found).await?;
            Ok(redirect(&format!("{}#{PLACE}", visit.to(&asked.path))))
        }
        Err(problem) => Ok(reading::locked(doors, visit, &asked.client, problem)),
    }
}

/// Takes a value over that was found, into a row that is empty; answers where to go on.
pub(super) fn take(found: &FoundEarlier, draft: &mut Draft, number: &str) -> Option<String> {
    let one = found.values.get(number.parse::<usize>().ok()?)?;
    let source = found.documents.get(one.place).filter(|source| source.stands)?;
    if form::take_over(&mut draft.content, &one.name, &one.value) {
        draft.taken.retain(|taken| taken.name != one.name);
        draft.taken.push(Taken {
            name: one.name.clone(),
            document: source.document.clone(),
            structure: source.structure.clone(),
            written_on: FinnishDay::of(source.written_at),
            value: one.value.clone(),
        });
    }
    Some(one.name.clone())
}

/// What is offered for the rows that are empty still.
pub(super) fn offered(
    doors: &Doors,
    visit: &Visit,
    asked: &Asked,
    open: &OpenDraft,
    found: &FoundEarlier,
) -> HashMap<String, Offer> {
    let (mut filled, mut numbers) = (open.draft.content.clone(), HashMap::new());
    let stands = |place: usize| found.documents.get(place).is_some_and(|one| one.stands);
    for (number, one) in found.values.iter().enumerate() {
        if stands(one.place) && form::take_over(&mut filled, &one.name, &one.value) {
            numbers.insert(one.name.as_str(), (number, one.place));
        }
    }
    let source = |place: usize| found.documents.get(place);
    let shown = shown_values(doors, visit, open, &filled);
    let offer = |(name, (number, place)): (&str, (usize, usize))| {
        let from = source(place)?;
        let offer = Offer {
            number,
            shown: shown.get(name)?.clone(),
            document: called(doors, visit, &from.structure, FinnishDay::of(from.written_at)),
            address: address(visit, asked, from),
        };
        Some((name.to_owned(), offer))
    };
    numbers.into_iter().filter_map(offer).collect()
}

/// How the values of a form are shown, by the names of its controls.
fn shown_values(
    doors: &Doors,
    visit: &Visit,
    open: &OpenDraft,
    content: &Content,
) -> HashMap<String, String> {
    let words = Words(visit.language);
    with_form(doors, &open.paper, &visit.caller, |with| {
        let mut shown = HashMap::new();
        let form = Form::of(&open.paper.structure, content, &[], with);
        form.each(&mut |row| {
            shown.extend(shown_value(row, words).map(|text| (row.name.clone(), text)));
        });
        shown
    })
}

fn shown_value(row: &Row, words: Words) -> Option<String> {
    let text = match &row.holds {
        Holds::Text(typed)
        | Holds::Line(typed)
        | Holds::Date(typed)
        | Holds::Moment(typed)
        | Holds::Number(typed)
        | Holds::Code { typed, .. } => typed.clone(),
        Holds::Switch(Some(true)) => words.of("form.yes"),
        Holds::Switch(Some(false)) => words.of("form.no"),
        Holds::Quantity { value, unit } => format!("{value} {unit}"),
        _ => return None,
    };
    Some(text)
}

/// What is said of each row that was taken over.
pub(super) fn told_of_taken(
    doors: &Doors,
    visit: &Visit,
    open: &OpenDraft,
) -> HashMap<String, String> {
    let words = Words(visit.language);
    let told = |one: &Taken| {
        let document = called(doors, visit, &one.structure, one.written_on);
        let told = words.with("form.source_earlier", &[("document", document.as_str())]);
        (one.name.clone(), told)
    };
    open.draft.taken.iter().map(told).collect()
}

/// A document by its kind and day.
fn called(doors: &Doors, visit: &Visit, structure: &Oid, day: FinnishDay) -> String {
    let (title, _) = title_of(&doors.app.registry(), structure, visit);
    format!("{title}, {}", Words(visit.language).day(&day))
}

fn address(visit: &Visit, asked: &Asked, from: &EarlierDocument) -> String {
    let base = reading::base(visit.side, &asked.client.handle);
    visit.to(&format!("{base}documents/{}/", from.document))
}
