//! The clients whom the caller's own units serve (CAS-3), and who the client of a relationship or of a draft is.

use std::collections::BTreeMap;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Action, Basis, Caller, Purpose, Role};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::oversight::hints::Name;
use varanto_domain::relationship::{RegisterUseRight, Standing};
use varanto_domain::time::FinnishDay;
use varanto_formats::metadata;
use varanto_store::{ReadTx, RightRow, StoreError};

use crate::archive::whereabouts;
use crate::derived::{identity_code, name_of_client, temporary_identifier};
use crate::inquiry::Inquiry;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// How many rights are looked through for one page.
const ROWS: usize = 2_000;

/// What the cursors of this list open with.
const LIST: &[u8] = b"varanto/cursor/1 served clients";

/// A client in the list of those whom the caller's units serve.
#[derive(Debug, Clone)]
pub struct ServedClient {
    /// By what the client is known.
    pub client: ClientIdentifier,
    /// The client's name, as the relationship's document has it.
    pub name: Name,
    /// The relationship.
    pub relationship: Oid,
    /// In whose register.
    pub controller: Oid,
    /// The rights that the caller's units hold in it, in force today.
    pub rights: Vec<RegisterUseRight>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct ServedClients {
    /// The clients, those of the oldest relationships first.
    pub clients: Vec<ServedClient>,
    /// The day on which the rights are in force.
    pub today: FinnishDay,
    /// Where the next page begins; a page may hold fewer clients than were asked for and not be the last, but somebody.
    pub next: Option<String>,
}

impl App {
    /// Lists the clients whom a unit of the caller's serves today, in whichever register: each is decided as a look at
    /// the relationship's document, and leaves its line.
    ///
    /// # Errors
    /// [`AppError::Denied`], and [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: CAS-3, RUR-1, RUR-2, ARC-8.
    pub fn list_served_clients(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<ServedClients, AppError> {
        let now = self.clock.now();
        let today = FinnishDay::of(now);
        if let Err(denial) = access::may_look(caller) {
            self.log(caller, Event::Search, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let after = match self.read_cursor(LIST, cursor, "CAS-3") {
            Ok(place) => place.map_or((i64::MIN, i64::MIN), |[key, place]| (key, place)),
            Err(fault) => {
                let outcome = Outcome::Refused(vec![fault.code()]);
                self.log(caller, Event::Search, outcome, now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        // Whether a name may be shown may turn on what the population register says.
        self.learn_before_listing(&[&inquiry], Action::List, |tx| {
            let rights = by_relationship(held_by(tx, caller, after)?.0, today);
            let versions = rights
                .keys()
                .take(most)
                .map(|key| tx.version_of_key(tx.relationship_of_key(*key)?.from));
            versions.collect()
        })?;
        let (shown, next) = self.store.read::<_, AppError>(|tx| {
            let (mut shown, mut after) = (Vec::new(), after);
            loop {
                let (held, more) = held_by(tx, caller, after)?;
                let mut next = more;
                let mut last = None;
                for (key, rights) in by_relationship(held, today) {
                    if shown.len() == most {
                        next = last;
                        break;
                    }
                    last = Some((key, i64::MAX));
                    shown.extend(served(tx, &inquiry, key, rights)?);
                }
                match next {
                    // A page without anybody would say that there is nobody.
                    Some(place) if shown.is_empty() => after = place,
                    next => return Ok((shown, next)),
                }
            }
        })?;
        let line = |client, outcome, versions: &str| LogLine {
            at: now,
            event: Event::Search,
            outcome,
            actor: Actor::of(caller),
            client,
            version: None,
            detail: format!("by=unit hits={} versions={versions}", usize::from(client.is_some())),
        };
        let mut lines: Vec<LogLine> = shown
            .iter()
            .map(|one| {
                let mut line =
                    line(Some(one.key), Outcome::Permitted(one.basis), &one.version.to_string());
                line.detail.push_str(&one.words);
                line
            })
            .collect();
        if lines.is_empty() {
            let producer = caller.role() == Some(Role::ProducerWorker);
            let basis = if producer { Basis::RegisterUse } else { Basis::OwnRegister };
            lines.push(line(None, Outcome::Permitted(basis), ""));
        }
        let clients = shown.into_iter().map(|one| one.client).collect();
        let next = next.map(|(key, place)| self.write_cursor(LIST, [key, place]));
        let page = Withheld::new(ServedClients { clients, today, next });
        Ok(page.release(&self.write_lines(lines)?))
    }

    /// Who the client of a relationship is, for one who may read its document.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Denied`], which tells why it is no more, or not yet. Each logged.
    ///
    /// Source: CAS-3, RUR-3.
    pub fn client_of_relationship(
        &self,
        caller: &Caller,
        relationship: &Oid,
    ) -> Result<ClientIdentifier, AppError> {
        let document = self.store.read::<_, AppError>(|tx| {
            let found = tx.find_relationship(relationship)?;
            Ok(found.map(|row| tx.oid_of(row.from)).transpose()?)
        })?;
        let Some(document) = document else {
            self.log_not_found(caller, Event::Open)?;
            return Err(AppError::NotFound);
        };
        self.look(caller, &document, Purpose::READ, "client", |seen| {
            let record = whereabouts::record(seen.tx, seen.permit, seen.row)?;
            identifier(&record).ok_or(AppError::NotFound)
        })
    }
}

/// A client who is shown, with what the line tells.
struct Shown {
    client: ServedClient,
    key: ClientKey,
    version: i64,
    basis: Basis,
    words: String,
}

/// Where a list goes on: a relationship, and a place in it.
type PlaceInList = (i64, i64);

/// The rights that the caller's units hold after a place, in the order of relationship and place: whole relationships, and
/// where there are more.
fn held_by(
    tx: &ReadTx<'_>,
    caller: &Caller,
    after: PlaceInList,
) -> Result<(Vec<RightRow>, Option<PlaceInList>), StoreError> {
    let mut held = Vec::new();
    for unit in caller.units.iter() {
        held.extend(tx.list_rights_of_holder(unit, after, ROWS + 1)?);
    }
    held.sort_by_key(|row| (row.relationship_key, row.place));
    let more = held.len() > ROWS;
    held.truncate(ROWS);
    let last = held.last().map(|row| row.relationship_key).filter(|_| more);
    let Some(last) = last.filter(|last| held[0].relationship_key != *last) else {
        let end = held.last().map(|row| (row.relationship_key, row.place));
        return Ok((held, end.filter(|_| more)));
    };
    held.retain(|row| row.relationship_key != last);
    Ok((held, Some((last, i64::MIN))))
}

/// Those in force, by relationship.
fn by_relationship(held: Vec<RightRow>, today: FinnishDay) -> BTreeMap<i64, Vec<RegisterUseRight>> {
    let mut all: BTreeMap<i64, Vec<RegisterUseRight>> = BTreeMap::new();
    for row in held {
        if matches!(row.right.standing_on(today), Standing::InForce) {
            all.entry(row.relationship_key).or_default().push(row.right);
        }
    }
    all
}

/// The client of a relationship in which rights are held, when the caller may have its document in a list.
fn served(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    relationship: i64,
    mut rights: Vec<RegisterUseRight>,
) -> Result<Option<Shown>, AppError> {
    let row = tx.version_of_key(tx.relationship_of_key(relationship)?.from)?;
    let Ok(permit) = inquiry.may_list(tx, &row)? else { return Ok(None) };
    if !whereabouts::may_name(&permit, &row) {
        return Ok(None);
    }
    rights.retain(|right| inquiry.caller().acts_for(&right.holder, &right.controller));
    let record = whereabouts::record(tx, &permit, &row)?;
    let Some(client) = identifier(&record) else { return Ok(None) };
    let name = metadata::read(&record).map(|(raw, _)| name_of_client(&raw));
    let name = name.map_err(|_| StoreError::Damaged(format!("the record of {}", row.version.0)))?;
    let known = tx.relationship_of_key(relationship)?.known;
    let (controller, relationship) = (row.controller.clone(), known.id);
    let words = permit.grant().log_words();
    Ok(Some(Shown {
        client: ServedClient { client, name, relationship, controller, rights },
        key: row.client,
        version: row.version.0,
        basis: permit.grant().basis,
        words: if words.is_empty() { words } else { format!(" {words}") },
    }))
}

/// By what a record names its client.
pub(crate) fn identifier(record: &[u8]) -> Option<ClientIdentifier> {
    let (raw, _) = metadata::read(record).ok()?;
    let code = identity_code(&raw).map(ClientIdentifier::Code);
    code.or_else(|| temporary_identifier(&raw).map(ClientIdentifier::Temporary))
}
