//! A reviewer over the lines of the use log: the facts that say whose business each is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use varanto_domain::access::log::{Actor, Event, KeptLine, LogLine, Outcome};
use varanto_domain::access::whereabouts::is_of_the_controller;
use varanto_domain::access::{self, Caller, LogPermit};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::oversight::lines::{self, LineFacts, SeenLine, without_whereabouts};
use varanto_domain::time::FinnishDay;
use varanto_store::{LogFilter, LogPlace, LoggedVersion, ReadTx, StoreError};

use crate::inquiry::{facts_of_version, hides_whereabouts};
use crate::{App, AppError};

/// How many lines are asked of the store at once.
const STRETCH: usize = 256;

/// One reviewer within one snapshot.
pub(super) struct Reviewer<'a> {
    tx: &'a ReadTx<'a>,
    permit: &'a LogPermit,
    today: FinnishDay,
    persons: RefCell<HashMap<ClientKey, Rc<[ClientKey]>>>,
    clients: RefCell<HashMap<ClientKey, bool>>,
    hidden: RefCell<HashMap<ClientKey, bool>>,
}

/// A line that is the reviewer's business.
pub(super) struct Seen {
    /// The line as it was kept.
    pub(super) line: KeptLine,
    /// What of it the reviewer sees.
    pub(super) told: SeenLine,
    /// The versions among them that the reviewer sees.
    pub(super) versions: Vec<LoggedVersion>,
}

impl<'a> Reviewer<'a> {
    pub(super) fn new(tx: &'a ReadTx<'a>, permit: &'a LogPermit, today: FinnishDay) -> Self {
        let persons = RefCell::default();
        let (clients, hidden) = (RefCell::default(), RefCell::default());
        Self { tx, permit, today, persons, clients, hidden }
    }

    /// All keys of a client: by the first the client is named.
    ///
    /// Source: ARC-11.
    pub(super) fn person(&self, client: ClientKey) -> Result<Rc<[ClientKey]>, StoreError> {
        if let Some(person) = self.persons.borrow().get(&client) {
            return Ok(Rc::clone(person));
        }
        let person: Rc<[ClientKey]> = self.tx.identities_of(client)?.into();
        self.persons.borrow_mut().insert(client, Rc::clone(&person));
        Ok(person)
    }

    /// Whether what tells where a client is must be masked from those whom it is masked from.
    fn hides(&self, client: ClientKey) -> Result<bool, StoreError> {
        if let Some(hidden) = self.hidden.borrow().get(&client) {
            return Ok(*hidden);
        }
        let hidden = hides_whereabouts(self.tx, client, self.today)?;
        self.hidden.borrow_mut().insert(client, hidden);
        Ok(hidden)
    }

    /// Whether that is so of one of those whom a version names beside a client: of the others of a joint case.
    ///
    /// Source: REL-4, ARC-10.
    pub(super) fn hides_others(
        &self,
        version: &LoggedVersion,
        person: &[ClientKey],
    ) -> Result<bool, StoreError> {
        // Of what was destroyed nobody knows any more whom it named, only that there were others.
        if let Some(named_others) = version.destroyed {
            return Ok(named_others);
        }
        let row = self.tx.version_of_key(version.version)?;
        for other in facts_of_version(self.tx, &row)?.document.named() {
            if !person.contains(&other) && self.hides(other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the reviewer's registers hold anything of a client.
    pub(super) fn knows(&self, client: ClientKey) -> Result<bool, StoreError> {
        if let Some(known) = self.clients.borrow().get(&client) {
            return Ok(*known);
        }
        let known = self.tx.is_client_of(self.permit, client)?;
        self.clients.borrow_mut().insert(client, known);
        Ok(known)
    }

    /// What the reviewer sees of a line.
    fn see(&self, line: KeptLine) -> Result<Option<Seen>, StoreError> {
        let mut versions = Vec::new();
        for version in line.versions() {
            versions.extend(self.tx.logged_version(self.permit, version)?);
        }
        let controllers: Vec<(VersionKey, Oid)> =
            versions.iter().map(|one| (one.version, one.controller.clone())).collect();
        let client_is_known = match line.client {
            Some(client) => self.knows(client)?,
            None => false,
        };
        let mut hides_whereabouts = false;
        if let Some(client) = line.client.filter(|_| self.permit.masks_whereabouts()) {
            hides_whereabouts = self.hides(client)?;
            let person = self.person(client)?;
            for version in &versions {
                hides_whereabouts = hides_whereabouts || self.hides_others(version, &person)?;
            }
        }
        let facts = LineFacts {
            line: &line,
            controllers: &controllers,
            client_is_known,
            hides_whereabouts,
        };
        let Some(mut told) = lines::seen(self.permit, facts) else { return Ok(None) };
        if let Some(client) = told.client {
            told.client = self.person(client)?.first().copied();
        }
        versions.retain(|one| told.versions.contains(&one.version));
        if told.masked {
            versions.retain(|one| is_of_the_controller(&one.document, &one.controller));
        }
        let line = if told.masked { without_whereabouts(self.permit, line) } else { line };
        Ok(Some(Seen { line, told, versions }))
    }

    /// Hands every line that the reviewer sees to `visit`, newest first, until it says that it is
    /// enough or so many lines were looked through. Answers where it stopped, if there may be more.
    pub(super) fn walk(
        &self,
        filter: &LogFilter,
        mut after: Option<LogPlace>,
        mut budget: usize,
        mut visit: impl FnMut(Seen) -> Result<bool, StoreError>,
    ) -> Result<Option<LogPlace>, StoreError> {
        loop {
            let most = STRETCH.min(budget);
            if most == 0 {
                return Ok(after);
            }
            let lines = self.tx.find_log_lines(self.permit, filter, after, most)?;
            let full = lines.len() == most;
            budget -= lines.len();
            for line in lines {
                let place = LogPlace { at: line.at, number: line.number };
                let seen = self.see(line)?;
                // Neither a client that is not told of nor an actor that is masked is found by name.
                let named = |seen: &Seen| {
                    let actor = filter.actor.as_ref();
                    let told = |client: ClientKey| filter.clients.contains(&client);
                    (filter.clients.is_empty() || seen.told.client.is_some_and(told))
                        && actor.is_none_or(|actor| seen.line.actor.name == *actor)
                };
                if let Some(seen) = seen.filter(named)
                    && !visit(seen)?
                {
                    return Ok(after);
                }
                after = Some(place);
            }
            if !full {
                return Ok(None);
            }
        }
    }
}

impl App {
    /// The permit to review the log; a denial leaves its line.
    pub(crate) fn log_permit(&self, caller: &Caller) -> Result<LogPermit, AppError> {
        match access::may_review_log(caller) {
            Ok(permit) => Ok(permit),
            Err(denial) => {
                self.log(caller, Event::Review, Outcome::Denied(denial), self.clock.now())?;
                Err(AppError::Denied(denial))
            }
        }
    }

    /// Under what a client is named where the name itself is not told: the same for the same client, and
    /// nothing that leads back.
    pub(super) fn client_reference(&self, client: ClientKey) -> String {
        let digest = self.store.keys().lookup_hash(&format!("reference {}", client.0));
        digest[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

/// The line that tells of a reading of the log.
pub(super) fn line_of_review(
    caller: &Caller,
    permit: &LogPermit,
    at: varanto_domain::time::Instant,
    client: Option<ClientKey>,
    detail: String,
) -> LogLine {
    LogLine {
        at,
        event: Event::Review,
        outcome: Outcome::Permitted(permit.basis()),
        actor: Actor::of(caller),
        client,
        version: None,
        detail,
    }
}
