//! Reading the use log as the data-protection officer and the keeper of the archive do (LOG-2).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, LogPermit, Role};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{LogFilter, LogPlace, ReadTx, StoreError};

use super::reviewer::{Reviewer, Seen, line_of_review};
use crate::cursor::client_of_list;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// Which lines to read. `None` narrows nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogQuery {
    /// About this client.
    pub client: Option<ClientIdentifier>,
    /// By this person or system: `person:<subject>`, `system:<id>`.
    pub actor: Option<String>,
    /// At or after this instant.
    pub from: Option<Instant>,
    /// Before this instant.
    pub before: Option<Instant>,
    /// Of this event.
    pub event: Option<Event>,
    /// With this outcome: one of [`Outcome::CODES`].
    pub outcome: Option<String>,
    /// At most so many lines, up to [`LogQuery::MOST`]; 0: [`LogQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl LogQuery {
    /// The most lines of one page.
    pub const MOST: usize = varanto_formats::log_search::MOST;
    /// The lines of a page when the caller does not say.
    pub const USUAL: usize = 20;

    /// What the query asks, without its place in the pages.
    fn cursor_scope(&self, caller: &Caller) -> Vec<u8> {
        let client = client_of_list(self.client.as_ref());
        let open = Self { client: None, cursor: None, limit: 0, ..self.clone() };
        format!("varanto/log/1 {} {open:?} {client:?}", caller.organisation).into_bytes()
    }

    /// The names of what the query narrows by, for the log.
    fn narrowed_by(&self) -> String {
        let named = [
            ("client", self.client.is_some()),
            ("actor", self.actor.is_some()),
            ("from", self.from.is_some()),
            ("before", self.before.is_some()),
            ("event", self.event.is_some()),
            ("outcome", self.outcome.is_some()),
        ];
        let used: Vec<&str> = named.iter().filter(|(_, by)| *by).map(|(name, _)| *name).collect();
        used.join(",")
    }
}

/// A line as a reviewer sees it.
#[derive(Debug, Clone)]
pub struct ReviewedLine {
    /// Its number.
    pub number: i64,
    /// When.
    pub at: Instant,
    /// What.
    pub event: Event,
    /// How it was decided.
    pub outcome: String,
    /// The ground, the denial, or the faults' codes.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// The actor's organisation, if known.
    pub organisation: Option<String>,
    /// The role in which a person acted.
    pub role: Option<Role>,
    /// The unit for which a person acted.
    pub unit: Option<Oid>,
    /// Whose data: the same word for the same client.
    pub client: Option<String>,
    /// The documents in the reviewer's registers that it tells of.
    pub documents: Vec<Oid>,
    /// Whether it was a look in other registers alone.
    pub elsewhere: bool,
    /// Whether what tells where the client is is masked.
    pub masked: bool,
    /// What else the line tells: codes and numbers.
    pub detail: String,
}

/// One page of lines, newest first.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// The lines.
    pub lines: Vec<ReviewedLine>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl App {
    /// Reads lines of the use log: those about the reviewer's registers, and those about its people and
    /// systems. The reading is a line itself, and names the lines that it showed.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another search; each logged.
    ///
    /// Source: LOG-1, LOG-2.
    pub fn review_log(&self, caller: &Caller, query: &LogQuery) -> Result<LogPage, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        let scope = query.cursor_scope(caller);
        let place = match self.read_cursor(&scope, query.cursor.as_deref(), "LOG-2") {
            Ok(place) => place,
            Err(fault) => {
                let outcome = Outcome::Refused(vec![fault.code()]);
                self.log(caller, Event::Review, outcome, now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let after = place.map(|[at, number]| LogPlace { at: Instant::from_millis(at), number });
        let read = self
            .store
            .read_within(self.search.time, |tx| self.log_page(tx, &permit, query, after, &scope));
        let (page, client) = match read {
            Err(AppError::Store(StoreError::Overtime)) => {
                let fault = Fault::new(FaultKind::SearchTooWide, "search", "LOG-2")
                    .arg("expected", "client, actor, from, before");
                self.log(caller, Event::Review, Outcome::Refused(vec![fault.code()]), now)?;
                return Err(AppError::Refused(vec![fault]));
            }
            read => read?,
        };
        let numbers: Vec<String> = page.lines.iter().map(|line| line.number.to_string()).collect();
        let detail = format!("by={} lines={}", query.narrowed_by(), numbers.join(","));
        let page = Withheld::new(page);
        let line = self.write_line(line_of_review(caller, &permit, now, client, detail))?;
        Ok(page.release(&line))
    }

    fn log_page(
        &self,
        tx: &ReadTx<'_>,
        permit: &LogPermit,
        query: &LogQuery,
        after: Option<LogPlace>,
        scope: &[u8],
    ) -> Result<(LogPage, Option<ClientKey>), AppError> {
        let reviewer = Reviewer::new(tx, permit, FinnishDay::of(self.clock.now()));
        let mut page = LogPage { lines: Vec::new(), next: None };
        let client = match &query.client {
            None => None,
            Some(identifier) => match tx.find_client(identifier)? {
                Some(client) if reviewer.knows(client)? => Some(client),
                // Of whom the registers hold nothing, no line tells.
                _ => return Ok((page, None)),
            },
        };
        let clients = match client {
            Some(client) => reviewer.person(client)?.to_vec(),
            None => Vec::new(),
        };
        let filter = LogFilter {
            clients,
            actor: query.actor.clone(),
            from: query.from,
            before: query.before,
            event: query.event,
            outcome: query.outcome.clone(),
        };
        let limit = match query.limit {
            0 => LogQuery::USUAL,
            more => more.min(LogQuery::MOST),
        };
        let next = reviewer.walk(&filter, after, self.search.rows, |seen| {
            let room = page.lines.len() < limit;
            if room {
                page.lines.push(self.reviewed(seen));
            }
            Ok(room)
        })?;
        page.next = next.map(|place| self.write_cursor(scope, [place.at.millis(), place.number]));
        Ok((page, client))
    }

    fn reviewed(&self, seen: Seen) -> ReviewedLine {
        let line = seen.line;
        let citizen = line.actor.name.starts_with("citizen:");
        ReviewedLine {
            number: line.number,
            at: line.at,
            event: line.event,
            outcome: line.outcome.to_string(),
            reason: line.reason.to_string(),
            role: line.role(),
            unit: line.unit(),
            client: seen.told.client.map(|client| self.client_reference(client)),
            documents: seen.versions.into_iter().map(|version| version.document).collect(),
            elsewhere: seen.told.elsewhere,
            masked: seen.told.masked,
            detail: line.plain_detail(),
            actor: if citizen { "citizen".into() } else { line.actor.name },
            organisation: line.actor.organisation,
        }
    }
}
