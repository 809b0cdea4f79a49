//! A client's own log: who looked at their documents (LOG-2, DIS-4).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{self, Caller, Denial, Display, LogPermit, Subject, Who};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode, VersionKey};
use varanto_domain::mandates::Matter;
use varanto_domain::oversight::lines::without_whereabouts;
use varanto_domain::oversight::own_view::{LookedAt, ShownLook, shown_to_client};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::mandates::MandateQuestion;
use varanto_formats::metadata;
use varanto_store::{LogFilter, LogPlace, LoggedVersion, ReadTx, StoreError};

use super::reviewer::{Reviewer, line_of_review};
use crate::cursor::client_of_list;
use crate::inquiry::{facts_of_version, hides_whereabouts};
use crate::mandates::code_of;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// Whose looks to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnLogQuery {
    /// The client.
    pub client: ClientIdentifier,
    /// Who asks for the client by mandate, to be given it; `None`: the client.
    pub representative: Option<PersonalIdentityCode>,
    /// At or after this instant.
    pub from: Option<Instant>,
    /// Before this instant.
    pub before: Option<Instant>,
    /// At most so many looks; 0: [`OwnLogQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl OwnLogQuery {
    /// The looks of a page when the caller does not say.
    pub const USUAL: usize = 20;
    /// The looks that go on one print.
    pub const PRINTED: usize = 1000;

    fn cursor_scope(&self, caller: &Caller) -> Vec<u8> {
        let client = client_of_list(Some(&self.client));
        let (from, before) = (self.from, self.before);
        format!("varanto/own-log/1 {} {client:?} {from:?} {before:?}", caller.organisation)
            .into_bytes()
    }
}

/// One page of looks, newest first.
#[derive(Debug, Clone)]
pub struct OwnLog {
    /// The looks.
    pub looks: Vec<ShownLook>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Looks before they are told, and whose they are, where the registers hold something of the client.
#[derive(Default)]
struct OwnLooks {
    looks: Vec<ShownLook>,
    next: Option<LogPlace>,
    client: Option<ClientKey>,
}

impl App {
    /// Tells a client's looks as the client may be told of them, in the registers of the officer's own
    /// organisation. The officer gives it to the client; what is held back is not even counted.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: LOG-2, DIS-4.
    pub fn own_log(&self, caller: &Caller, query: &OwnLogQuery) -> Result<OwnLog, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        if let Err(denial) = self.may_give_to(caller, &permit, query, FinnishDay::of(now))? {
            self.log(caller, Event::Review, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        self.tell_looks(caller, &permit, query, now)
    }

    /// Tells a citizen of the looks at the own documents, in all registers, by the same rules. `cursor` is where the
    /// page before ended.
    ///
    /// # Errors
    /// As [`App::own_log`].
    ///
    /// Source: LOG-2, CIT-1.
    pub fn looks_at_own(
        &self,
        caller: &Caller,
        limit: usize,
        cursor: Option<String>,
    ) -> Result<OwnLog, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let all = registry.registers().organisations();
        let controllers = all.into_iter().map(|one| one.oid.clone()).collect();
        let permit = match access::may_see_own_looks(caller, controllers) {
            Ok(permit) => permit,
            Err(denial) => {
                self.log(caller, Event::Review, Outcome::Denied(denial), now)?;
                return Err(AppError::Denied(denial));
            }
        };
        let Who::Citizen { code, .. } = caller.who else { return Err(AppError::NotFound) };
        let query = OwnLogQuery {
            client: ClientIdentifier::Code(code),
            representative: None,
            from: None,
            before: None,
            limit,
            cursor,
        };
        self.tell_looks(caller, &permit, &query, now)
    }

    /// Looks against a permit, after the line that tells of their reading.
    fn tell_looks(
        &self,
        caller: &Caller,
        permit: &LogPermit,
        query: &OwnLogQuery,
        now: Instant,
    ) -> Result<OwnLog, AppError> {
        let scope = query.cursor_scope(caller);
        let place = self.read_cursor(&scope, query.cursor.as_deref(), "LOG-2");
        let read = place.map_err(|fault| AppError::Refused(vec![fault])).and_then(|place| {
            let after = place.map(|[at, number]| LogPlace { at: Instant::from_millis(at), number });
            self.store.read_within(self.search.time, |tx| {
                self.own_looks(tx, permit, query, after, FinnishDay::of(now))
            })
        });
        let OwnLooks { looks, next, client } = match read {
            Err(AppError::Store(StoreError::Overtime)) => {
                let fault = Fault::new(FaultKind::SearchTooWide, "search", "LOG-2");
                let fault = fault.arg("expected", "from, before");
                return self.own_log_refused(caller, vec![fault], now);
            }
            Err(AppError::Refused(faults)) => return self.own_log_refused(caller, faults, now),
            read => read?,
        };
        let by = query.representative.map_or("", |_| " by-mandate");
        let detail = format!("own-log told={}{by}", looks.len());
        let next = next.map(|place| self.write_cursor(&scope, [place.at.millis(), place.number]));
        let found = Withheld::new(OwnLog { looks, next });
        let line = self.write_line(line_of_review(caller, permit, now, client, detail))?;
        Ok(found.release(&line))
    }

    /// Whether it may be given to one who asks for the client: by a mandate that lets see documents, and not
    /// where it would tell where the client is. Of a client of whom the own registers hold nothing nothing is
    /// asked: the answer is empty whoever asks.
    ///
    /// Source: DIS-5, ARC-10; national-specs 6.7.
    fn may_give_to(
        &self,
        caller: &Caller,
        permit: &LogPermit,
        query: &OwnLogQuery,
        today: FinnishDay,
    ) -> Result<Result<(), Denial>, AppError> {
        let Some(holder) = query.representative else { return Ok(Ok(())) };
        let known = self.store.read::<_, AppError>(|tx| {
            let client = tx.find_client(&query.client)?;
            let Some(client) = client else { return Ok(None) };
            if !tx.is_client_of(permit, client)? {
                return Ok(None);
            }
            Ok(Some((hides_whereabouts(tx, client, today)?, code_of(tx, client)?)))
        })?;
        let Some((hides, principal)) = known else { return Ok(Ok(())) };
        let Some(principal) = principal else { return Ok(Err(Denial::MandateMissing)) };
        let question = MandateQuestion { holder, principal };
        match self.check_mandate(caller, &question, Matter::SeeDocuments) {
            Err(AppError::Denied(denial)) => Ok(Err(denial)),
            Ok(()) if hides => Ok(Err(Denial::CannotBeMasked)),
            answer => answer.map(Ok),
        }
    }

    fn own_log_refused(
        &self,
        caller: &Caller,
        faults: Vec<Fault>,
        now: Instant,
    ) -> Result<OwnLog, AppError> {
        let outcome = Outcome::Refused(faults.iter().map(Fault::code).collect());
        self.log(caller, Event::Review, outcome, now)?;
        Err(AppError::Refused(faults))
    }

    fn own_looks(
        &self,
        tx: &ReadTx<'_>,
        permit: &LogPermit,
        query: &OwnLogQuery,
        after: Option<LogPlace>,
        today: FinnishDay,
    ) -> Result<OwnLooks, AppError> {
        let reviewer = Reviewer::new(tx, permit, today);
        let client = match tx.find_client(&query.client)? {
            Some(client) if permit.client().is_some_and(|own| own != client) => {
                return Ok(OwnLooks::default());
            }
            Some(client) if reviewer.knows(client)? => client,
            _ => return Ok(OwnLooks::default()),
        };
        let person = reviewer.person(client)?;
        let filter = LogFilter {
            clients: person.to_vec(),
            from: query.from,
            before: query.before,
            ..LogFilter::default()
        };
        let limit = if query.limit == 0 { OwnLogQuery::USUAL } else { query.limit };
        let mut looks = Vec::new();
        let mut known: HashMap<VersionKey, LookedAt> = HashMap::new();
        let next = reviewer.walk(&filter, after, self.search.rows, |seen| {
            let (mut documents, mut tells_of_others) = (Vec::new(), false);
            for version in seen.versions {
                let others = reviewer.hides_others(&version, &person)?;
                tells_of_others = tells_of_others || others;
                let looked = match known.entry(version.version) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => place.insert(looked_at(tx, permit, version)?),
                };
                documents.push(looked.clone());
            }
            // The unit that looked may tell where another client of a joint case is.
            let line =
                if tells_of_others { without_whereabouts(permit, seen.line) } else { seen.line };
            let Ok(look) = shown_to_client(&line, &documents, &person, today) else {
                return Ok(true);
            };
            let room = looks.len() < limit;
            if room {
                looks.push(look);
            }
            Ok(room)
        })?;
        Ok(OwnLooks { looks, next, client: Some(client) })
    }
}

/// What the client's view turns on of a version. How it is held back stands in its record; where that does
/// not read, the version counts as hidden.
fn looked_at(
    tx: &ReadTx<'_>,
    permit: &LogPermit,
    version: LoggedVersion,
) -> Result<LookedAt, StoreError> {
    // Of what was destroyed nobody knows any more how it was held back.
    if version.destroyed.is_some() {
        return Ok(LookedAt {
            version: version.version,
            clients: vec![version.client],
            group: version.group,
            subject: version.specific_type.as_deref().map_or(Subject::Ordinary, Subject::of_type),
            kind: version.specific_type,
            display: Display::UNREAD,
        });
    }
    let row = tx.version_of_key(version.version)?;
    let facts = facts_of_version(tx, &row)?;
    let display = match permit.for_the_record(&facts) {
        Some(permit) => match permit.whole() {
            Ok(whole) => {
                let record = tx.record(&whole, &row)?;
                metadata::read(&record).map_or(Display::UNREAD, |(raw, _)| Display::of(&raw, false))
            }
            Err(_) => Display::UNREAD,
        },
        None => Display::UNREAD,
    };
    Ok(LookedAt {
        version: version.version,
        clients: facts.document.concerned(),
        group: version.group,
        kind: version.specific_type,
        subject: facts.document.subject,
        display,
    })
}
