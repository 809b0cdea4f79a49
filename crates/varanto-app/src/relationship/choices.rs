//! Clients' choices of a producer: offered by who may hand the service over, picked in the citizen's view, told to those who
//! serve (CIT-5, CAS-4).
//!
//! A choice is seen by who sees the whole of the relationship's document that it is about: at the desk in a register of the
//! own, by citizens as the citizen's view shows that document, who may also say the client's will.

use varanto_domain::access::log::{Event, LogLine, Outcome};
use varanto_domain::access::{self, Action, Basis, Caller, Denial, Purpose, ReadPermit, Situation};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::references::KnownRelationship;
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::oversight::hints::Name;
use varanto_domain::relationship::{
    ChoiceState, OfferedAmong, ProducerChoice, ProducerOffer, RegisterUseRight,
};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_store::{ReadTx, RelationshipRow, StoreError, VersionRow, WriteTx};

use super::served_clients::identifier;
use crate::acting::Acting;
use crate::archive::whereabouts;
use crate::derived::name_of_client;
use crate::inquiry::{Inquiry, Learnt};
use crate::withheld::Withheld;
use crate::{App, AppError, Registry};

/// The most choices that are looked through at once for a list.
const ROWS: usize = 500;

/// For how many days the client is shown that an offer was taken back.
const ENDED_DAYS: i32 = 30;

const RULE: &str = "CIT-5";
const LIST: &[u8] = b"varanto/choices/1";

/// A choice, as who may see it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceSeen {
    /// Its identifier.
    pub id: String,
    /// In whose register.
    pub controller: Oid,
    /// The relationship that the service will belong to.
    pub relationship: Oid,
    /// What is offered.
    pub offer: ProducerOffer,
    /// Where it stands.
    pub state: ChoiceState,
    /// When it was offered.
    pub offered_at: Instant,
    /// The unit that was picked last, whichever got the service.
    pub chosen: Option<Oid>,
    /// When it was picked; `None`: nothing is.
    pub chosen_at: Option<Instant>,
    /// As whom: as the client, a guardian, or by mandate.
    pub chosen_as: Option<Basis>,
    /// When the offer was taken back.
    pub ended_at: Option<Instant>,
}

/// An offer to be taken back.
#[derive(Debug, Clone, Default)]
pub struct ChoiceEnd {
    /// Its identifier.
    pub id: String,
    /// The client whom it is to be offered to, where the caller says it.
    pub of: Option<ClientIdentifier>,
    /// What was chosen when the caller looked, where the caller says it; `Some(None)`: nothing was.
    pub chosen: Option<Option<Oid>>,
}

/// A choice that a client made, with whose it is.
#[derive(Debug, Clone)]
pub struct ChoiceMade {
    /// The choice.
    pub choice: ChoiceSeen,
    /// Whose it is.
    pub client: ClientIdentifier,
    /// The client's name, as the relationship's document has it.
    pub name: Name,
}

/// A page of choices that clients made, oldest first.
#[derive(Debug, Clone)]
pub struct ChoicesMade {
    /// The choices.
    pub choices: Vec<ChoiceMade>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl App {
    /// Offers a client producers to choose from, as who may hand the service over in a register of the own. The same offer once
    /// more is the same choice; another of the same service waits until that one is taken back or decided.
    ///
    /// # Errors
    /// [`AppError::NotFound`], also for a relationship of another client than `of`; [`AppError::Denied`]; [`AppError::Refused`]
    /// with every fault. Each logged.
    ///
    /// Source: CIT-5, CAS-4, RUR-1, RUR-4, RUR-7.
    pub fn offer_choice(
        &self,
        caller: &Caller,
        relationship: &Oid,
        of: Option<&ClientIdentifier>,
        offer: &ProducerOffer,
    ) -> Result<ChoiceSeen, AppError> {
        let acting = Acting::of(caller, Event::Choice, self.clock.now());
        let learnt = self.learn_of_relationship(caller, relationship, acting.now)?;
        let decider = self.decider(caller, Purpose::READ, acting.now, learnt);
        let (relationship, of, offer) = (relationship.clone(), of.cloned(), offer.clone());
        let one_each = offer.clone().in_order();
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let found = match tx.find_relationship(&relationship)? {
                Some(row) if is_of(tx, of.as_ref(), row.known.client)? => row,
                _ => return Err(acting.not_found(tx)?),
            };
            let row = tx.version_of_key(found.from)?;
            let acting = acting.about(&row);
            let basis = match may_offer(tx, &inquiry, &row)? {
                Ok(permit) => permit.basis(),
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let rights = rights_of(tx, found.key)?;
            let faults = faults_of(decider.registry(), &offer, &found, &rights, inquiry.today());
            if !faults.is_empty() {
                return Err(acting.refuse(tx, faults)?);
            }
            for open in open_of(tx, &found, &rights, inquiry.today())? {
                let same = (&open.offer.service_task, &open.offer.service)
                    == (&offer.service_task, &offer.service);
                if open.offer == one_each {
                    acting.permit(tx, basis, "act=unchanged")?;
                    return Ok(seen(tx, &open, &found.known, &rights, inquiry.today())?);
                }
                if same {
                    let fault = Fault::new(FaultKind::StandsOtherwise, "service_task", RULE);
                    return Err(acting.refuse(tx, vec![fault.arg("state", "offered")])?);
                }
            }
            let mut choice = ProducerChoice {
                key: tx.next_key(),
                controller: found.known.controller.clone(),
                client: found.known.client,
                relationship: found.known.id.clone(),
                serving: Some(offer.serving(&rights, inquiry.today())),
                offer: one_each.clone(),
                offered: 0,
                chosen: None,
                ended: None,
            };
            choice.offered = acting.permit(tx, basis, choice.detail())?;
            tx.insert_choice(&choice)?;
            Ok(seen(tx, &choice, &found.known, &rights, inquiry.today())?)
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
    }

    /// Takes an offer back, as who may offer it. One that is decided stays, and so does one in which something else is chosen
    /// than the caller saw, where that is told.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for one in a register that is not the caller's, and of another client than `end.of`;
    /// [`AppError::Denied`]; [`AppError::Refused`] where it stands otherwise. Each logged.
    ///
    /// Source: CIT-5, CAS-4.
    pub fn end_choice(&self, caller: &Caller, end: &ChoiceEnd) -> Result<(), AppError> {
        let acting = Acting::of(caller, Event::Choice, self.clock.now());
        let key: Option<i64> = end.id.parse().ok();
        let known = self.store.read::<_, AppError>(|tx| {
            let Some(choice) = find(tx, key)? else { return Ok(None) };
            let is_meant = is_of(tx, end.of.as_ref(), choice.client)?;
            Ok(Some(choice).filter(|choice| is_meant && caller.owns(&choice.controller)))
        })?;
        let Some(choice) = known else {
            self.log_not_found(caller, Event::Choice)?;
            return Err(AppError::NotFound);
        };
        let learnt = self.learn_of_relationship(caller, &choice.relationship, acting.now)?;
        let decider = self.decider(caller, Purpose::READ, acting.now, learnt);
        let saw = end.chosen.clone();
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let Some(choice) = find(tx, key)? else { return Err(acting.not_found(tx)?) };
            let Some(found) = tx.find_relationship(&choice.relationship)? else {
                return Err(acting.not_found(tx)?);
            };
            let row = tx.version_of_key(found.from)?;
            let acting = acting.about(&row);
            let basis = match may_offer(tx, &inquiry, &row)? {
                Ok(permit) => permit.basis(),
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let rights = rights_of(tx, found.key)?;
            let state = state(tx, &choice, &found.known, &rights, inquiry.today())?;
            let chosen = choice.chosen.as_ref().map(|(unit, _)| unit);
            let as_seen = saw.as_ref().is_none_or(|saw| saw.as_ref() == chosen);
            if !(state.is_open() && as_seen) {
                return Err(acting.refuse(tx, vec![stands_otherwise(&state)])?);
            }
            let line = acting.permit(tx, basis, choice.detail_of_end())?;
            tx.end_choice(&choice, line)?;
            Ok(())
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
    }

    /// The choices that a client has, as a citizen may see them who acts in a situation: of those relationships that the
    /// citizen's view shows. What was taken back is there for a month.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may not say the client's will, and by mandate for one who may not see the documents;
    /// logged.
    ///
    /// Source: CIT-5, CIT-1, DIS-5.
    pub fn own_choices(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
    ) -> Result<Vec<ChoiceSeen>, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ.in_situation(situation), self.clock.now());
        let acting = Acting::of(caller, Event::Open, inquiry.now());
        let (known, answer) = self.choices_of(&inquiry, client)?;
        let (outcome, detail) = match &answer {
            Ok((basis, own)) => (Outcome::Permitted(*basis), own.detail.as_str()),
            Err(denial) => (Outcome::Denied(*denial), "choices"),
        };
        let line = self.write_line(acting.about_client(known).line(outcome, detail))?;
        answer.map(|(_, own)| own.choices.release(&line)).map_err(AppError::Denied)
    }

    /// How many choices wait for the client, as a citizen may see them who acts in a situation. Where none does, and for one who
    /// may see none, nothing is told and there is no line.
    ///
    /// # Errors
    /// When the archive fails.
    ///
    /// Source: CIT-5, CAS-4.
    pub fn choices_that_wait(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
    ) -> Result<usize, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ.in_situation(situation), self.clock.now());
        let (known, answer) = self.choices_of(&inquiry, client)?;
        let Ok((basis, own)) = answer else { return Ok(0) };
        if own.waits == 0 {
            return Ok(0);
        }
        let acting = Acting::of(caller, Event::Open, inquiry.now()).about_client(known);
        self.write_line(acting.line(Outcome::Permitted(basis), own.detail))?;
        Ok(own.waits)
    }

    /// The choices of a client that a citizen may see, and the client's key.
    fn choices_of(
        &self,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
    ) -> Result<(Option<ClientKey>, OwnAnswer), AppError> {
        self.learn_of_principal(inquiry, client)?;
        self.store.read::<_, AppError>(|tx| {
            let known = tx.find_client(&ClientIdentifier::Code(client))?;
            let asked = inquiry.client_of(tx, &ClientIdentifier::Code(client))?;
            let basis = match may_pick(tx, inquiry, asked)? {
                Ok(basis) => basis,
                Err(denial) => return Ok((known, Err(denial))),
            };
            let answer = match shown_to(tx, inquiry, known)? {
                Ok(shown) => Ok((basis, own(tx, shown, inquiry)?)),
                Err(denial) => Err(denial),
            };
            Ok((known, answer))
        })
    }

    /// Picks one of the units that were offered, or none any more, as who sees the choice in the citizen's view and may say the
    /// client's will; until a right is opened to one of them, or the offer is taken back.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a choice that is not shown; [`AppError::Denied`]; [`AppError::Refused`] for a unit that is not
    /// offered or not valid any more, where the choice stands otherwise, and for a guardian where the minor chose personally.
    /// Each logged.
    ///
    /// Source: CIT-5, DIS-5.
    pub fn pick_producer(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
        id: &str,
        unit: Option<&Oid>,
    ) -> Result<(), AppError> {
        let acting = Acting::of(caller, Event::Choice, self.clock.now());
        let purpose = Purpose::READ.in_situation(situation);
        let decider = self.decider_of_citizen(caller, purpose, acting.now, client)?;
        let (key, unit) = (id.parse::<i64>().ok(), unit.cloned());
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let known = tx.find_client(&ClientIdentifier::Code(client))?;
            let acting = acting.about_client(known);
            let asked = inquiry.client_of(tx, &ClientIdentifier::Code(client))?;
            let basis = match may_pick(tx, &inquiry, asked)? {
                Ok(basis) => basis,
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let shown = match shown_to(tx, &inquiry, known)? {
                Ok(shown) => shown,
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let found = shown.into_iter().find(|one| Some(one.choice.key) == key);
            let Some(Shown { choice, row, relationship, rights }) = found else {
                return Err(acting.not_found(tx)?);
            };
            let acting = acting.about(&row);
            let state = state(tx, &choice, &relationship, &rights, inquiry.today())?;
            if !state.is_open() {
                return Err(acting.refuse(tx, vec![stands_otherwise(&state)])?);
            }
            let (_, chosen_as) = picked(tx, &choice)?;
            let of_guardian = inquiry.situation() == Some(Situation::Guardian);
            // What a minor has said personally no guardian changes.
            if of_guardian && chosen_as == Some(Basis::OwnData) {
                let fault = Fault::new(FaultKind::SaidByClient, "choice", "DIS-5");
                return Err(acting.refuse(tx, vec![fault])?);
            }
            if let Some(fault) = unit.as_ref().and_then(|unit| {
                let valid = decider.registry().registers().is_valid_on(unit, inquiry.today());
                let offered = choice.offer.units.contains(unit);
                (!(offered && valid)).then(|| Fault::new(FaultKind::UnknownUnit, "unit", RULE))
            }) {
                return Err(acting.refuse(tx, vec![fault])?);
            }
            if choice.chosen.as_ref().map(|(unit, _)| unit) == unit.as_ref() {
                acting.permit(tx, basis, "act=unchanged")?;
                return Ok(());
            }
            let line = acting.permit(tx, basis, choice.detail_of_pick(unit.as_ref()))?;
            tx.pick_producer(&choice, unit.as_ref().map(|unit| (unit, line)))?;
            Ok(())
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
    }

    /// The choices that clients made in the caller's own registers and to which no service was handed yet, oldest first: of
    /// those clients whose relationship documents the caller may see whole in a list. Each leaves its line.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: CIT-5, CAS-1, CAS-4, ARC-8.
    pub fn list_choices_made(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<ChoicesMade, AppError> {
        let acting = Acting::of(caller, Event::Search, self.clock.now());
        if let Err(denial) = access::may_be_told_choices(caller) {
            return Err(self.deny(&acting, denial)?);
        }
        let mut after = match self.read_cursor(LIST, cursor, RULE) {
            Ok(place) => place.map_or(i64::MIN, |[key, _]| key),
            Err(fault) => return Err(self.refuse(&acting, fault)?),
        };
        let inquiry = self.inquiry(caller, Purpose::READ, acting.now);
        let (made, next) = loop {
            let some = match self.list_some_choices(&inquiry, after, most) {
                Err(AppError::Store(StoreError::Overtime)) => {
                    let fault = Fault::new(FaultKind::SearchTooWide, "choices", "ARC-8");
                    return Err(self.refuse(&acting, fault.arg("expected", "limit"))?);
                }
                some => some?,
            };
            match some {
                // A page without anything would say that nothing was chosen.
                (made, Some(place)) if made.is_empty() => after = place,
                page => break page,
            }
        };
        let mut lines: Vec<LogLine> = Vec::new();
        for one in &made {
            let detail = format!("by=choices hits=1 versions={}{}", one.version, one.words);
            let acting = acting.about_client(Some(one.client));
            lines.push(acting.line(Outcome::Permitted(one.basis), detail));
        }
        if lines.is_empty() {
            let outcome = Outcome::Permitted(Basis::OwnRegister);
            lines.push(acting.line(outcome, "by=choices hits=0"));
        }
        let choices = made.into_iter().map(|one| one.made).collect();
        let next = next.map(|key| self.write_cursor(LIST, [key, 0]));
        let page = Withheld::new(ChoicesMade { choices, next });
        Ok(page.release(&self.write_lines(lines)?))
    }

    fn list_some_choices(
        &self,
        inquiry: &Inquiry<'_>,
        after: i64,
        most: usize,
    ) -> Result<(Vec<Listed>, Option<i64>), AppError> {
        self.learn_before_listing(&[inquiry], Action::List, |tx| {
            let mut rows = Vec::new();
            for choice in chosen_for(tx, inquiry, after)?.0 {
                if let Some(found) = tx.find_relationship(&choice.relationship)? {
                    rows.push(tx.version_of_key(found.from)?);
                }
            }
            Ok(rows)
        })?;
        self.store.read_within::<_, AppError>(self.search.time, |tx| {
            let (choices, next) = chosen_for(tx, inquiry, after)?;
            let (mut made, mut last) = (Vec::new(), after);
            for choice in choices {
                if made.len() == most {
                    return Ok((made, Some(last)));
                }
                last = choice.key;
                made.extend(listed(tx, inquiry, &choice)?);
            }
            Ok((made, next))
        })
    }

    /// Asks the registers of persons on which it turns whether a relationship may be acted on.
    fn learn_of_relationship(
        &self,
        caller: &Caller,
        relationship: &Oid,
        now: Instant,
    ) -> Result<Learnt, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        let document = self.store.read::<_, AppError>(|tx| {
            let found = tx.find_relationship(relationship)?;
            Ok(found.map(|row| tx.oid_of(row.from)).transpose()?)
        })?;
        if let Some(document) = document {
            self.learn_before_deciding(&inquiry, &document)?;
        }
        Ok(inquiry.learnt())
    }
}

fn find(tx: &ReadTx<'_>, key: Option<i64>) -> Result<Option<ProducerChoice>, AppError> {
    Ok(key.map(|key| tx.find_choice(key)).transpose()?.flatten())
}

/// Whether a client is the one whom the caller names, where the caller names one, by any of the client's identifiers.
///
/// Source: ARC-11.
fn is_of(
    tx: &ReadTx<'_>,
    named: Option<&ClientIdentifier>,
    client: ClientKey,
) -> Result<bool, StoreError> {
    let Some(named) = named else { return Ok(true) };
    let Some(known) = tx.find_client(named)? else { return Ok(false) };
    Ok(tx.identities_of(known)?.contains(&client))
}

fn rights_of(tx: &ReadTx<'_>, relationship: i64) -> Result<Vec<RegisterUseRight>, StoreError> {
    Ok(tx.list_rights(relationship)?.into_iter().map(|row| row.right).collect())
}

/// Whether somebody offers producers for a relationship's services: who may make the next version of its document, which is how
/// a service is handed over, in a register of the own, and sees the whole of it.
///
/// Source: CIT-5, RUR-4.
fn may_offer(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
) -> Result<Result<ReadPermit, Denial>, StoreError> {
    if let Err(denial) = inquiry.may_replace(tx, row)? {
        return Ok(Err(denial));
    }
    let permit = match inquiry.may_read(tx, row)? {
        Ok(permit) => permit,
        Err(denial) => return Ok(Err(denial)),
    };
    if let Err(denial) = permit.whole() {
        return Ok(Err(denial));
    }
    if inquiry.caller().owns(&row.controller) {
        Ok(Ok(permit))
    } else {
        Ok(Err(Denial::AnotherRegister))
    }
}

/// Whether a citizen chooses for a client: who may say the client's will, and reads it.
fn may_pick(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    client: Option<ClientKey>,
) -> Result<Result<Basis, Denial>, StoreError> {
    let group = DocumentGroup::Permission;
    let says = inquiry.decide_of_will(tx, client, group, Action::Store)?;
    let reads = inquiry.decide_of_will(tx, client, group, Action::Read)?;
    Ok(says.and(reads).map(|grant| grant.basis))
}

fn faults_of(
    registry: &Registry,
    offer: &ProducerOffer,
    relationship: &RelationshipRow,
    rights: &[RegisterUseRight],
    today: FinnishDay,
) -> Vec<Fault> {
    let (registers, controller) = (registry.registers(), &relationship.known.controller);
    let own = registry.units_of(controller);
    let is_producers = |unit: &Oid| {
        registers.unit(unit).is_some() && registers.is_valid_on(unit, today) && !own.contains(unit)
    };
    let services = Oid::parse(sets::SOCIAL_SERVICE).expect("a constant OID");
    let is_service = |code: &str| registry.code_sets().name_of(&services, code, today).is_some();
    let known = OfferedAmong { is_producers: &is_producers, is_service: &is_service };
    offer.faults(&relationship.known, rights, &known, today)
}

/// Where a choice stands.
fn state(
    tx: &ReadTx<'_>,
    choice: &ProducerChoice,
    relationship: &KnownRelationship,
    rights: &[RegisterUseRight],
    today: FinnishDay,
) -> Result<ChoiceState, StoreError> {
    Ok(choice.state(tx.offered_on(choice)?, relationship, rights, today))
}

/// The choices of a relationship in which the client may choose.
fn open_of(
    tx: &ReadTx<'_>,
    relationship: &RelationshipRow,
    rights: &[RegisterUseRight],
    today: FinnishDay,
) -> Result<Vec<ProducerChoice>, StoreError> {
    let mut open = Vec::new();
    for one in tx.list_choices(relationship.known.client)? {
        let of_it = one.relationship == relationship.known.id;
        if of_it && state(tx, &one, &relationship.known, rights, today)?.is_open() {
            open.push(one);
        }
    }
    Ok(open)
}

/// A choice that a citizen is shown, with what it hangs on.
struct Shown {
    choice: ProducerChoice,
    row: VersionRow,
    relationship: KnownRelationship,
    rights: Vec<RegisterUseRight>,
}

/// The choices of a client that a citizen is shown; the denial of one whose mandate is not to see documents.
fn shown_to(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    client: Option<ClientKey>,
) -> Result<Result<Vec<Shown>, Denial>, AppError> {
    let mut shown = Vec::new();
    for key in client.map(|client| tx.identities_of(client)).transpose()?.unwrap_or_default() {
        for choice in tx.list_choices(key)? {
            let Some(found) = tx.find_relationship(&choice.relationship)? else { continue };
            let row = tx.version_of_key(found.from)?;
            match inquiry.may_read_through(tx, &row, client)? {
                Ok(permit) if permit.whole().is_ok() => {
                    let rights = rights_of(tx, found.key)?;
                    shown.push(Shown { choice, row, relationship: found.known, rights });
                }
                Err(denial @ Denial::MandateDoesNotCover) => return Ok(Err(denial)),
                _ => {}
            }
        }
    }
    Ok(Ok(shown))
}

/// On what ground a citizen is told of choices, and what; or why not.
type OwnAnswer = Result<(Basis, Own), Denial>;

/// What a citizen is told of the choices that are shown.
struct Own {
    choices: Withheld<Vec<ChoiceSeen>>,
    /// In how many of them nothing is chosen yet.
    waits: usize,
    /// What the line says of it.
    detail: String,
}

fn own(tx: &ReadTx<'_>, shown: Vec<Shown>, inquiry: &Inquiry<'_>) -> Result<Own, StoreError> {
    let (mut told, mut versions) = (Vec::new(), Vec::new());
    for one in shown {
        let seen = seen(tx, &one.choice, &one.relationship, &one.rights, inquiry.today())?;
        let lately = |at: Instant| FinnishDay::of(at).plus_days(ENDED_DAYS) >= inquiry.today();
        if seen.ended_at.is_none_or(lately) {
            told.push(seen);
            versions.push(one.row.version.0.to_string());
        }
    }
    versions.dedup();
    let detail = match told.len() {
        0 => "choices".to_owned(),
        shown => format!("choices shown={shown} versions={}", versions.join(",")),
    };
    let waits = told.iter().filter(|one| one.state == ChoiceState::Waits).count();
    Ok(Own { choices: Withheld::new(told), waits, detail })
}

/// When and as whom a choice's unit was picked.
fn picked(
    tx: &ReadTx<'_>,
    choice: &ProducerChoice,
) -> Result<(Option<Instant>, Option<Basis>), StoreError> {
    let Some((_, line)) = &choice.chosen else { return Ok((None, None)) };
    let line = tx.log_line(*line)?;
    let basis = Basis::ALL.into_iter().find(|basis| basis.code() == &*line.reason);
    Ok((Some(line.at), basis))
}

fn seen(
    tx: &ReadTx<'_>,
    choice: &ProducerChoice,
    relationship: &KnownRelationship,
    rights: &[RegisterUseRight],
    today: FinnishDay,
) -> Result<ChoiceSeen, StoreError> {
    let (at, by) = picked(tx, choice)?;
    let ended = choice.ended.map(|line| tx.log_line(line)).transpose()?;
    Ok(ChoiceSeen {
        id: choice.key.to_string(),
        controller: choice.controller.clone(),
        relationship: choice.relationship.clone(),
        offer: choice.offer.clone(),
        state: state(tx, choice, relationship, rights, today)?,
        offered_at: tx.log_line(choice.offered)?.at,
        chosen: choice.chosen.as_ref().map(|(unit, _)| unit.clone()),
        chosen_at: at,
        chosen_as: by,
        ended_at: ended.map(|line| line.at),
    })
}

/// The choices of a relationship that stand or were decided, for one who sees the whole of its document in a register of the
/// own.
pub(super) fn of_relationship(
    (tx, relationship, identities): (&ReadTx<'_>, &KnownRelationship, &[ClientKey]),
    rights: &[RegisterUseRight],
    today: FinnishDay,
) -> Result<Vec<ChoiceSeen>, StoreError> {
    let mut all = Vec::new();
    for key in identities {
        for choice in tx.list_choices(*key)? {
            if choice.relationship == relationship.id {
                all.push(seen(tx, &choice, relationship, rights, today)?);
            }
        }
    }
    all.retain(|one| one.state != ChoiceState::TakenBack);
    Ok(all)
}

/// A choice in a list, with what its line tells.
struct Listed {
    made: ChoiceMade,
    client: ClientKey,
    version: i64,
    basis: Basis,
    words: String,
}

/// The choices made in the caller's registers after a key, and where there may be more.
fn chosen_for(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    after: i64,
) -> Result<(Vec<ProducerChoice>, Option<i64>), StoreError> {
    let (mut all, mut end) = (Vec::new(), i64::MAX);
    for register in &inquiry.caller().registers {
        let chosen = tx.chosen_in_register(register, inquiry.today(), after, ROWS)?;
        if let Some(last) = chosen.last().filter(|_| chosen.len() == ROWS) {
            end = end.min(last.key);
        }
        all.extend(chosen);
    }
    all.retain(|one| one.key <= end);
    all.sort_by_key(|one| one.key);
    Ok((all, (end != i64::MAX).then_some(end)))
}

fn listed(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    choice: &ProducerChoice,
) -> Result<Option<Listed>, AppError> {
    let Some(found) = tx.find_relationship(&choice.relationship)? else { return Ok(None) };
    let row = tx.version_of_key(found.from)?;
    let Ok(permit) = inquiry.may_list(tx, &row)? else { return Ok(None) };
    if permit.whole().is_err() {
        return Ok(None);
    }
    let seen = seen(tx, choice, &found.known, &rights_of(tx, found.key)?, inquiry.today())?;
    if !matches!(seen.state, ChoiceState::Chosen(_)) {
        return Ok(None);
    }
    let record = whereabouts::record(tx, &permit, &row)?;
    let damaged = || StoreError::Damaged(format!("the record of version {}", row.version.0));
    let (raw, _) = metadata::read(&record).map_err(|_| damaged())?;
    Ok(Some(Listed {
        made: ChoiceMade {
            choice: seen,
            client: identifier(&record).ok_or_else(damaged)?,
            name: name_of_client(&raw),
        },
        client: row.client,
        version: row.version.0,
        basis: permit.basis(),
        words: permit.grant().log_words(),
    }))
}

fn stands_otherwise(state: &ChoiceState) -> Fault {
    Fault::new(FaultKind::StandsOtherwise, "choice", RULE).arg("state", state.code())
}
