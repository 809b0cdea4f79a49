//! From a case document's content and an act to the next content, or every reason why not.

use super::acts::CaseAct;
use super::wording::Wording;
use crate::archive::register_documents::{CLOSING_IS_SUPPOSED, CaseContent, client_of};
use crate::faults::{Fault, FaultKind};
use crate::ids::ClientIdentifier;
use crate::structures::Content;
use crate::time::{FinnishDay, Instant};

const HEADING: &str = "/asia_asiakirja/asian_tiedot";
const CLIENTS: &str = "/asia_asiakirja/asiakas";
const JOINED: &str = "asiaan_liittymishetki";
const LEFT: &str = "asiasta_poistumishetki";

impl CaseAct {
    /// The next content of a case document.
    ///
    /// # Errors
    /// Every reason why the act cannot be done on this content. The elements are the act's own members.
    ///
    /// Source: REL-2 to REL-4, REL-12; national-specs 6.1, annex A.2.
    pub fn apply(
        &self,
        content: &Content<'static>,
        wording: &Wording<'_>,
    ) -> Result<Content<'static>, Vec<Fault>> {
        let said = CaseContent::read(content, wording.code_sets, wording.day);
        let mut next = content.clone();
        let mut faults = Vec::new();
        match self {
            Self::Close { closed_on } => {
                close(&said, *closed_on, &mut next, wording, &mut faults);
            }
            Self::Reopen => {
                if !said.closed {
                    faults.push(Fault::new(FaultKind::NothingChanges, "act", "REL-3"));
                }
                set_state(&mut next, false, wording, &mut faults);
                heading(&mut next, |about| drop(about.take("paattymispaiva")));
                heading(&mut next, closing_is_known);
            }
            Self::Join { client, joined_at } => {
                if said.closed {
                    let closed = Fault::new(FaultKind::ClosedCase, "act", "REL-4");
                    let day = said.closed_on.map(|day| day.to_string()).unwrap_or_default();
                    faults.push(closed.arg("day", day));
                }
                if let Some((_, joined)) = present(content, &client.identifier) {
                    let since = joined.map(FinnishDay::of).or(said.opened_on);
                    let since = since.map(|day| day.to_string()).unwrap_or_default();
                    let already = Fault::new(FaultKind::AlreadyThere, "client", "REL-4");
                    faults.push(already.arg("day", since));
                }
                let opened = said.opened_on.map(FinnishDay::start);
                faults.extend(opened.and_then(|opened| before(*joined_at, opened, "joined_at")));
                if let (false, Some(opened)) = (said.joint, opened) {
                    since_the_beginning(&mut next, opened);
                }
                heading(&mut next, |about| about.set("yhteinen_asia", Content::Switch(true)));
                let mut joining = wording.client(client);
                joining.set(JOINED, Content::of_text(joined_at));
                if let Some(root) = next.at_mut("/asia_asiakirja") {
                    root.push("asiakas", joining);
                }
            }
            Self::Leave { client, left_at } => match present(content, client) {
                Some((pointer, joined)) if said.joint => {
                    faults.extend(joined.and_then(|joined| before(*left_at, joined, "left_at")));
                    if let Some(entry) = next.at_mut(&pointer) {
                        entry.set(LEFT, Content::of_text(left_at));
                    }
                }
                _ => faults.push(Fault::new(FaultKind::NotThere, "client", "REL-4")),
            },
            Self::SetOtherPersons(list) => {
                const KEY: &str = "muut_asiaan_liittyvat_henkilot";
                if let Some(root) = next.at_mut("/asia_asiakirja") {
                    if list.is_empty() {
                        root.take(KEY);
                    } else {
                        root.set(KEY, Content::List(list.clone()));
                    }
                }
            }
        }
        if faults.is_empty() && next == *content {
            faults.push(Fault::new(FaultKind::NothingChanges, "act", "REL-2"));
        }
        if faults.is_empty() { Ok(next) } else { Err(faults) }
    }
}

fn heading(content: &mut Content<'static>, change: impl FnOnce(&mut Content<'static>)) {
    if let Some(heading) = content.at_mut(HEADING) {
        change(heading);
    }
}

/// Closes a case; of one whose day of closing was supposed it says the day.
fn close(
    said: &CaseContent,
    day: FinnishDay,
    next: &mut Content<'static>,
    wording: &Wording<'_>,
    faults: &mut Vec<Fault>,
) {
    faults.extend(said.opened_on.and_then(|opened| too_early(day, opened)));
    if said.closed && !said.closing_is_supposed {
        faults.push(Fault::new(FaultKind::NothingChanges, "act", "REL-3"));
    }
    set_state(next, true, wording, faults);
    heading(next, |about| about.set("paattymispaiva", Content::of_text(&day)));
    heading(next, closing_is_known);
}

/// What was supposed of the closing is supposed no more.
fn closing_is_known(about: &mut Content<'static>) {
    const FURTHER: &str = "lisatieto_luokkaan_muu";
    let text = about.member(FURTHER).and_then(Content::text);
    if let Some(known) = text.and_then(|text| text.strip_suffix(CLOSING_IS_SUPPOSED)) {
        let known = Content::of_text(&known);
        about.set(FURTHER, known);
    }
}

fn set_state(
    content: &mut Content<'static>,
    closed: bool,
    wording: &Wording<'_>,
    faults: &mut Vec<Fault>,
) {
    match wording.case_state(closed) {
        Some(state) => heading(content, |about| about.set("tila", state)),
        None => faults.push(Fault::new(FaultKind::UnknownCode, "act", "REL-2")),
    }
}

fn too_early(day: FinnishDay, least: FinnishDay) -> Option<Fault> {
    let fault = Fault::new(FaultKind::WrongTime, "closed_on", "REL-3").value(day.to_string());
    (day < least).then(|| fault.arg("expected", format!("≥ {least}")))
}

fn before(moment: Instant, least: Instant, element: &str) -> Option<Fault> {
    let fault = Fault::new(FaultKind::WrongTime, element, "REL-4").value(moment.to_string());
    (moment < least).then(|| fault.arg("expected", format!("≥ {least}")))
}

/// Where a client stands who is in the case, and since when.
fn present(content: &Content<'_>, client: &ClientIdentifier) -> Option<(String, Option<Instant>)> {
    let clients = content.member("asia_asiakirja")?.member("asiakas")?.entries();
    let is = |entry: &Content<'_>| {
        let named = client_of(Some(entry));
        let same = match client {
            ClientIdentifier::Code(code) => named.code.as_deref() == Some(code.reveal()),
            ClientIdentifier::Temporary(given) => {
                named.temporary.as_deref() == Some(given.reveal())
                    && named.temporary_root.as_ref() == Some(given.root())
            }
        };
        same && entry.member(LEFT).is_none()
    };
    let at = clients.iter().position(is)?;
    let joined = clients[at].member(JOINED).and_then(Content::text).and_then(Instant::parse);
    Some((format!("{CLIENTS}/{at}"), joined))
}

/// Whoever was in the case alone has been in it since it was opened.
fn since_the_beginning(content: &mut Content<'static>, opened: Instant) {
    if let Some(Content::List(clients)) = content.at_mut(CLIENTS) {
        for client in clients.iter_mut().filter(|client| client.member(JOINED).is_none()) {
            client.set(JOINED, Content::of_text(&opened));
        }
    }
}
