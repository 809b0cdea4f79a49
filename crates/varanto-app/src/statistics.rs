//! How much is inside, and how fast it came: counts that tell of nobody (ARC-13, OPS-4).

use std::collections::BTreeMap;

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{self, Basis, Caller, Denial};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::monitoring::{Delays, Sender};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_store::{ArrivalRow, StoreError, TurnedDownRow};
pub use varanto_store::{DelayRow, TallyRow};

use crate::acting::Acting;
use crate::{App, AppError};

/// The most days over which it is told how archiving goes.
pub const MOST_DAYS: i32 = 366;

const MONITORING: &str = "CAS-6";

/// How archiving went in a register over some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivingTold {
    /// How soon what was ready in these days was archived, by who sent it and the unit that recorded it.
    pub delays: Vec<SenderDelays>,
    /// What was sent in these days and not archived, by who sent it.
    pub turned_down: Vec<SenderTurnedDown>,
}

/// How soon one sender's documents of one unit were archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderDelays {
    /// Who sent them.
    pub sender: Sender,
    /// The unit that recorded them; `None`: they name none.
    pub unit: Option<Oid>,
    /// How soon they came.
    pub delays: Delays,
}

/// What of one sender was not archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTurnedDown {
    /// Who sent it.
    pub sender: Sender,
    /// For which organisation.
    pub organisation: Option<String>,
    /// How many submissions.
    pub submissions: u64,
    /// The codes of the faults and denials, each with how many submissions it stands in; the most first.
    pub by_rule: Vec<RuleCount>,
}

/// In how many submissions a fault or a denial stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// Its code.
    pub code: String,
    /// Whether it is a denial, of the right to archive.
    pub denied: bool,
    /// How many submissions.
    pub submissions: u64,
}

/// What is inside, over all registers.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Clients about whom anything is archived.
    pub clients: u64,
    /// Versions of documents.
    pub versions: u64,
    /// Bytes of content as sent.
    pub content_bytes: u64,
    /// Versions by group.
    pub by_group: Vec<(DocumentGroup, u64)>,
    /// Versions by document type, most first.
    pub by_type: Vec<(String, u64)>,
    /// Versions by the month in which they were written, oldest first.
    pub by_month: Vec<((i16, i8), u64)>,
    /// Versions by controller.
    pub by_controller: Vec<(Oid, u64)>,
    /// Lines of the use log.
    pub log_lines: u64,
    /// Leaves of the proof log.
    pub proof_leaves: u64,
}

impl App {
    /// Counts what is inside.
    pub fn contents(&self) -> Result<Contents, AppError> {
        self.store.read(|tx| {
            let mut contents = Contents {
                clients: tx.count_clients()?,
                log_lines: tx.count_log_lines()?,
                proof_leaves: tx.log_size()?,
                ..Contents::default()
            };
            let mut by_group: BTreeMap<DocumentGroup, u64> = BTreeMap::new();
            let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
            let mut by_month: BTreeMap<(i16, i8), u64> = BTreeMap::new();
            let mut by_controller: BTreeMap<Oid, u64> = BTreeMap::new();
            for row in tx.list_tallies()? {
                contents.versions += row.versions;
                contents.content_bytes += row.content_bytes;
                *by_group.entry(row.group).or_default() += row.versions;
                *by_month.entry(row.month).or_default() += row.versions;
                *by_controller.entry(row.controller).or_default() += row.versions;
                if let Some(document_type) = row.document_type {
                    *by_type.entry(document_type).or_default() += row.versions;
                }
            }
            contents.by_group = by_group.into_iter().collect();
            contents.by_month = by_month.into_iter().collect();
            contents.by_controller = by_controller.into_iter().collect();
            contents.by_type = by_type.into_iter().collect();
            contents.by_type.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Ok(contents)
        })
    }

    /// The delays between ready and archived in one of the caller's own registers, newest day
    /// first. Logged.
    ///
    /// # Errors
    /// [`AppError::Denied`] for another's register.
    pub fn archiving_delays(
        &self,
        caller: &Caller,
        controller: &Oid,
        days: usize,
    ) -> Result<Vec<DelayRow>, AppError> {
        let own = caller.registers.contains(controller);
        let barred =
            access::may_look(caller).and(if own { Ok(()) } else { Err(Denial::AnotherRegister) });
        let outcome = match barred {
            Ok(()) => Outcome::Permitted(Basis::OwnRegister),
            Err(denial) => Outcome::Denied(denial),
        };
        self.log(caller, Event::Search, outcome, self.clock.now())?;
        barred.map_err(AppError::Denied)?;
        self.store.read(|tx| Ok(tx.list_delays(controller, days)?))
    }

    /// How archiving went in one of the caller's own registers from a day to another: delays by who sent the documents and by
    /// unit, of what was ready then; and what was sent then and turned down, by the rule. Counts alone.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for days in the wrong order or too many, and when it takes too long. Each
    /// logged.
    ///
    /// Source: CAS-6, ARC-13.
    pub fn tell_archiving(
        &self,
        caller: &Caller,
        controller: &Oid,
        (first, last): (FinnishDay, FinnishDay),
    ) -> Result<ArchivingTold, AppError> {
        let acting = Acting::of(caller, Event::Search, self.clock.now());
        if let Err(denial) = access::may_monitor_archiving(caller, controller) {
            return Err(self.deny(&acting, denial)?);
        }
        if last < first || first.plus_days(MOST_DAYS) <= last {
            let fault = Fault::new(FaultKind::WrongValue, "until", MONITORING);
            let expected = format!("{first} – {}", first.plus_days(MOST_DAYS - 1));
            return Err(self.refuse(&acting, fault.arg("expected", expected))?);
        }
        let span = (first.start(), last.plus_days(1).start());
        let found = self.store.read_within::<_, AppError>(self.search.time, |tx| {
            Ok((tx.list_delays_by_arrival(controller, span)?, tx.list_turned_down(span)?))
        });
        let (arrivals, turned_down) = match found {
            Err(AppError::Store(StoreError::Overtime)) => {
                let fault = Fault::new(FaultKind::SearchTooWide, "until", MONITORING);
                return Err(self.refuse(&acting, fault.arg("expected", "from, until"))?);
            }
            found => found?,
        };
        let detail = format!("by=archiving register={controller} days={first}..{last}");
        self.write_line(acting.line(Outcome::Permitted(Basis::Archivist), detail))?;
        let mine = |row: &TurnedDownRow| match &row.register {
            Some(register) => register == controller.as_str(),
            None => row.organisation.as_deref() == Some(controller.as_str()),
        };
        Ok(ArchivingTold {
            delays: by_sender(arrivals),
            turned_down: by_rule(turned_down.into_iter().filter(mine)),
        })
    }
}

/// The delays by who sent the documents and the unit that recorded them.
fn by_sender(rows: Vec<ArrivalRow>) -> Vec<SenderDelays> {
    let mut told: BTreeMap<(Sender, Option<Oid>), Delays> = BTreeMap::new();
    for row in rows {
        let arrival: Option<serde_json::Value> = serde_json::from_str(&row.arrival).ok();
        let by = arrival.as_ref().and_then(|arrival| arrival["by"].as_str()).unwrap_or_default();
        told.entry((Sender::of_actor(by), row.unit)).or_default().add_all(&row.delays);
    }
    let one = |((sender, unit), delays)| SenderDelays { sender, unit, delays };
    told.into_iter().map(one).collect()
}

/// Whose submissions, how many, and in how many of them each code stands; whether it is a denial.
type Counted = (u64, BTreeMap<(String, bool), u64>);

fn by_rule(rows: impl Iterator<Item = TurnedDownRow>) -> Vec<SenderTurnedDown> {
    let mut told: BTreeMap<(Sender, Option<String>), Counted> = BTreeMap::new();
    for row in rows {
        let whose = (Sender::of_actor(&row.actor), row.organisation.as_deref().map(str::to_owned));
        let (submissions, codes) = told.entry(whose).or_default();
        *submissions += row.submissions;
        for code in row.reason.split(',') {
            *codes.entry((code.to_owned(), &*row.outcome == "denied")).or_default() +=
                row.submissions;
        }
    }
    let one = |((sender, organisation), (submissions, codes)): ((_, _), Counted)| {
        let code = |((code, denied), submissions)| RuleCount { code, denied, submissions };
        let mut by_rule: Vec<RuleCount> = codes.into_iter().map(code).collect();
        by_rule.sort_by_key(|one| std::cmp::Reverse(one.submissions));
        SenderTurnedDown { sender, organisation, submissions, by_rule }
    };
    told.into_iter().map(one).collect()
}
