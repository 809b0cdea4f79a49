//! What in the use log a reviewer should look at twice (LOG-2).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use varanto_domain::access::log::{Event, Outcome, PERSON};
use varanto_domain::access::{Caller, LogPermit};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey};
use varanto_domain::oversight::hints::{Act, Hint, Name, People, hints, newest_first};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{metadata, persons};
use varanto_store::{Filter, LogFilter, ReadTx, Scope, StoreError, UserRow};

use super::reviewer::{Reviewer, line_of_review};
use crate::derived::name_of_client;
use crate::inquiry::facts_of_version;
use crate::users::right_of;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// Which days to look over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HintQuery {
    /// One person alone: `person:<subject>`.
    pub actor: Option<String>,
    /// The first day; `None`: six days before the last.
    pub from: Option<FinnishDay>,
    /// The last day; `None`: today.
    pub until: Option<FinnishDay>,
    /// At most so many hints, up to [`HintQuery::MOST`]; 0: [`HintQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl HintQuery {
    /// The most days of one review.
    pub const MOST_DAYS: i32 = 31;
    /// The most hints of one page.
    pub const MOST: usize = varanto_formats::log_search::MOST;
    /// The hints of a page when the caller does not say.
    pub const USUAL: usize = 20;
    /// The days before the window that tell what is usual.
    const DAYS_BEFORE: i32 = 90;
    /// The lines of each person before the window that tell it.
    const LINES_BEFORE: usize = 2000;
    /// It may take as long as so many pages of a search.
    const PAGES_OF_TIME: u32 = 6;

    /// The first and the last day.
    fn days(&self, today: FinnishDay) -> Result<(FinnishDay, FinnishDay), Fault> {
        let until = self.until.unwrap_or(today);
        let from = self.from.unwrap_or(until.plus_days(-6));
        if from > until || until.number() - from.number() >= Self::MOST_DAYS {
            let fault = Fault::new(FaultKind::WrongValue, "from", "LOG-2");
            return Err(fault.arg("expected", format!("1–{} d", Self::MOST_DAYS)));
        }
        Ok((from, until))
    }

    fn cursor_scope(&self, caller: &Caller) -> Vec<u8> {
        let open = Self { cursor: None, limit: 0, ..self.clone() };
        format!("varanto/hints/1 {} {open:?}", caller.organisation).into_bytes()
    }
}

/// A hint as a reviewer gets it.
#[derive(Debug, Clone)]
pub struct ToldHint {
    /// The hint.
    pub hint: Hint,
    /// Its client: the same word for the same client, as lines name it.
    pub client: Option<String>,
}

/// One page of hints, those of the newest days first.
#[derive(Debug, Clone)]
pub struct FoundHints {
    /// The first and the last day that were looked over.
    pub days: (FinnishDay, FinnishDay),
    /// The hints.
    pub hints: Vec<ToldHint>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl App {
    /// Looks over what people did on some days, and says what of it strikes the eye and why. Looking over
    /// is a line of the log itself.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for too many days, when it takes too long, or for a
    /// cursor of another review; each logged.
    ///
    /// Source: LOG-2.
    pub fn hint_at_looks(
        &self,
        caller: &Caller,
        query: &HintQuery,
    ) -> Result<FoundHints, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        let scope = query.cursor_scope(caller);
        let asked = query.days(FinnishDay::of(now)).and_then(|days| {
            // The moment of the first page, and how many hints the pages before told.
            let place = self.read_cursor(&scope, query.cursor.as_deref(), "LOG-2")?;
            Ok((days, place.unwrap_or([now.millis(), 0])))
        });
        let limit = match query.limit {
            0 => HintQuery::USUAL,
            more => more.min(HintQuery::MOST),
        };
        let found = match asked {
            Ok((days, [moment, told])) => {
                // What happened at the very moment counts too.
                let until = Instant::from_millis(moment).plus_millis(1);
                let until = days.1.plus_days(1).start().min(until);
                let most = usize::try_from(told).unwrap_or_default() + limit + 1;
                self.store
                    .read_within::<_, AppError>(HintQuery::PAGES_OF_TIME * self.search.time, |tx| {
                        self.hints_of(tx, &permit, query, (days.0.start(), until), most)
                    })
                    .map(|hints| (days, [moment, told], hints))
            }
            Err(fault) => Err(AppError::Refused(vec![fault])),
        };
        let (days, [moment, told], hints) = match found {
            Err(AppError::Store(StoreError::Overtime)) => {
                return self.hints_refused(caller, vec![too_wide()], now);
            }
            Err(AppError::Refused(faults)) => return self.hints_refused(caller, faults, now),
            found => found?,
        };
        let skipped = usize::try_from(told).unwrap_or_default();
        let more = hints.len() > skipped + limit;
        let end = i64::try_from(skipped + limit).unwrap_or(i64::MAX);
        let found = FoundHints {
            days,
            hints: hints
                .into_iter()
                .skip(skipped)
                .take(limit)
                .map(|hint| self.told(hint))
                .collect(),
            next: more.then(|| self.write_cursor(&scope, [moment, end])),
        };
        let by = if query.actor.is_some() { "actor,days" } else { "days" };
        let detail =
            format!("hints by={by} first={} last={} told={}", days.0, days.1, found.hints.len());
        let found = Withheld::new(found);
        let line = self.write_line(line_of_review(caller, &permit, now, None, detail))?;
        Ok(found.release(&line))
    }

    fn hints_refused(
        &self,
        caller: &Caller,
        faults: Vec<Fault>,
        now: Instant,
    ) -> Result<FoundHints, AppError> {
        let outcome = Outcome::Refused(faults.iter().map(Fault::code).collect());
        self.log(caller, Event::Review, outcome, now)?;
        Err(AppError::Refused(faults))
    }

    fn told(&self, hint: Hint) -> ToldHint {
        let client = hint.client.map(|client| self.client_reference(client));
        ToldHint { hint, client }
    }

    /// The hints that come first, `most` of them. Each person's lines are looked through day by day, so that no more is
    /// held at once than what one did in a day, and what is told.
    fn hints_of(
        &self,
        tx: &ReadTx<'_>,
        permit: &LogPermit,
        query: &HintQuery,
        (from, until): (Instant, Instant),
        most: usize,
    ) -> Result<Vec<Hint>, AppError> {
        let reviewer = Reviewer::new(tx, permit, FinnishDay::of(self.clock.now()));
        let workers = Workers::of(tx, permit)?;
        let earlier = FinnishDay::of(from).plus_days(-HintQuery::DAYS_BEFORE).start();
        let users = match &query.actor {
            Some(actor) => vec![actor.as_str().into()],
            None => tx.list_people_of_lines(permit, from, until)?,
        };
        let mut found: Vec<Hint> = Vec::new();
        for user in users {
            let acts = |from: Instant, until: Instant, budget: usize, visit: &mut VisitAct<'_>| {
                let (actor, from, before) = (Some(user.to_string()), Some(from), Some(until));
                let filter = LogFilter { actor, from, before, ..LogFilter::default() };
                reviewer.walk(&filter, None, budget, |seen| {
                    if let Some(act) = Act::of(&seen.line, seen.told.client) {
                        visit(act)?;
                    }
                    Ok(true)
                })
            };
            let mut before = Vec::new();
            acts(earlier, from, HintQuery::LINES_BEFORE, &mut |act| {
                before.push(act);
                Ok(())
            })?;
            let mut day: Vec<Act> = Vec::new();
            let mut close = |day: &mut Vec<Act>| {
                found.extend(hints(day, &before, &workers.near(tx, permit, day)?));
                day.clear();
                Ok::<_, StoreError>(())
            };
            acts(from, until, usize::MAX, &mut |act| {
                let another = |last: &Act| FinnishDay::of(last.at) != FinnishDay::of(act.at);
                if day.last().is_some_and(another) {
                    close(&mut day)?;
                }
                day.push(act);
                Ok(())
            })?;
            close(&mut day)?;
            found.sort_by(newest_first);
            found.truncate(most);
        }
        Ok(found)
    }
}

type VisitAct<'v> = dyn FnMut(Act) -> Result<(), StoreError> + 'v;

/// The workers of the reviewer's organisations, as their registers of users know them.
struct Workers {
    names: HashMap<Arc<str>, (Name, Option<ClientKey>)>,
    users: Vec<(Arc<str>, UserRow)>,
}

impl Workers {
    fn of(tx: &ReadTx<'_>, permit: &LogPermit) -> Result<Self, StoreError> {
        let (mut names, mut users) = (HashMap::new(), Vec::new());
        for organisation in permit.organisations() {
            for row in tx.list_user_rights(organisation, i64::MAX, usize::MAX)? {
                let right = right_of(&row)?;
                let actor: Arc<str> = format!("{PERSON}{}", right.subject).into();
                let name = Name { given: right.given_names, family: right.family_name };
                // The newest right of each, which comes first, tells the name.
                names.entry(Arc::clone(&actor)).or_insert((name, row.client));
                users.push((actor, row));
            }
        }
        Ok(Self { names, users })
    }

    /// These workers, and what the archive knows of the clients at whom they acted: names as their newest document has them,
    /// guardians as the population register told.
    fn near(
        &self,
        tx: &ReadTx<'_>,
        permit: &LogPermit,
        acts: &[Act],
    ) -> Result<People, StoreError> {
        let mut people = People { workers: self.names.clone(), ..People::default() };
        let close = acts.iter().filter(|act| people.workers.contains_key(&act.user));
        let clients: BTreeSet<ClientKey> = close.filter_map(|act| act.client).collect();
        for client in clients {
            if let Some(name) = name_of(tx, permit, client)? {
                people.clients.insert(client, name);
            }
            for guardian in guardians_of(tx, client)? {
                let them = self.users.iter().filter(|(_, row)| tx.is_user(row, &guardian));
                people.guardians.extend(them.map(|(actor, _)| (Arc::clone(actor), client)));
            }
        }
        Ok(people)
    }
}

/// A client's names, as the newest document in the reviewer's registers has them.
fn name_of(
    tx: &ReadTx<'_>,
    permit: &LogPermit,
    client: ClientKey,
) -> Result<Option<Name>, StoreError> {
    for controller in permit.registers() {
        let filter = Filter {
            controller: Some(controller.clone()),
            states: VersionState::ALL.to_vec(),
            ..Filter::default()
        };
        let mut rows = Vec::new();
        for key in tx.identities_of(client)? {
            rows.extend(tx.find_versions(&Scope::Client(key), &filter, None, 1)?);
        }
        let Some(row) = rows.into_iter().max_by_key(|row| (row.written_at, row.version)) else {
            continue;
        };
        let Some(permit) = permit.for_the_record(&facts_of_version(tx, &row)?) else { continue };
        let record = tx.record_to_mask(&permit, &row)?;
        let Ok((raw, _)) = metadata::read(&record) else { continue };
        return Ok(Some(name_of_client(&raw)));
    }
    Ok(None)
}

/// The guardians of a client, as the population register told last.
fn guardians_of(tx: &ReadTx<'_>, client: ClientKey) -> Result<Vec<ClientIdentifier>, StoreError> {
    let facts = tx.find_person(client)?.and_then(|row| row.facts);
    let Some(facts) = facts else { return Ok(Vec::new()) };
    let damaged = |_| StoreError::Damaged(format!("the person facts of client {}", client.0));
    let facts = persons::read_facts(&facts).map_err(damaged)?;
    Ok(facts.guardians.into_iter().map(|one| ClientIdentifier::Code(one.code)).collect())
}

fn too_wide() -> Fault {
    Fault::new(FaultKind::SearchTooWide, "from", "LOG-2").arg("expected", "actor, from, until")
}
