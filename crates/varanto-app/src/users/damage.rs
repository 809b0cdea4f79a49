//! Holding the register of users against the log: rights, delegations, and who had the right to say so.

use std::collections::{HashMap, HashSet};

use varanto_domain::access::Role;
use varanto_domain::access::keeping::{
    Delegation, Keeper, KeptRight, ending_faults, granting_faults,
};
use varanto_domain::access::log::{KeptLine, PERSON};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{Damage, DelegationRow, OPERATOR, ReadTx, StoreError, UserRow};

use super::{ENDED, GRANTED, kept_of, told_of};

/// What of the register is not as the log tells it: rights and delegations of which no line tells so, lines of which
/// none is kept, and lines by those who had no right to it at that moment.
///
/// Source: ARC-15, ACC-2, JOI-3.
pub(crate) fn damage_of(tx: &ReadTx<'_>) -> Result<Vec<Damage>, StoreError> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let page = tx.list_lines_of_users(after)?;
        let Some(end) = page.last() else { break };
        after = end.number;
        lines.extend(page.into_iter().filter(|line| &*line.outcome == "permitted"));
    }
    let delegations = DelegationRow::of_lines(&lines);
    let mut damage = damage_of_delegations(tx, &delegations)?;
    let mut rights = Vec::new();
    for row in tx.list_all_user_rights()? {
        match kept_of(&row) {
            Ok(kept) => rights.push((row, kept)),
            Err(StoreError::Damaged(place)) => {
                damage.push(Damage::at(place, "is not of the organisation that it says"));
            }
            Err(error) => return Err(error),
        }
    }
    let ending = lines.iter().filter_map(|line| {
        Delegation::withdrawn_by(&line.detail).filter(|(_, ends)| *ends).map(|(number, _)| number)
    });
    let ending = ending.collect();
    let history = History { rights: &rights, delegations: &delegations, ending };
    let mut told: HashMap<i64, KeptLine> = HashMap::new();
    for line in lines {
        match Delegated::of(&line, &delegations) {
            Some(delegated) if !history.may_delegate(&line, delegated) => {
                damage.push(damage_of_line(line.number, WITHOUT_RIGHT));
            }
            Some(_) => {}
            None => drop(told.insert(line.number, line)),
        }
    }
    for (row, kept) in &rights {
        let place = format!("user right {}", row.key);
        let mut is_told = |number: i64, what: &str, at: Instant| {
            let expected = told_of(what, &kept.right, row.delegation);
            told.remove(&number).map_or(Some("no log line tells of it so"), |line| {
                if line.at != at || line.detail != expected {
                    Some("no log line tells of it so")
                } else if history.may_keep(&line, kept, what) {
                    None
                } else {
                    Some(WITHOUT_RIGHT)
                }
            })
        };
        let granted = is_told(row.granted_line, GRANTED, row.granted_at);
        damage.extend(granted.map(|what| Damage::at(&place, what)));
        let ended = match (row.ended_line, row.ended_at) {
            (Some(line), Some(at)) => is_told(line, ENDED, at),
            (None, None) => None,
            _ => Some("no log line tells of its end so"),
        };
        damage.extend(ended.map(|what| Damage::at(&place, what)));
        if history.outlives(row, kept) {
            damage.push(Damage::at(&place, "it outlives its delegation"));
        }
    }
    let mut lost: Vec<i64> = told.into_keys().collect();
    lost.sort_unstable();
    let of_none = "tells of a user's right that is not kept so";
    damage.extend(lost.into_iter().map(|line| damage_of_line(line, of_none)));
    Ok(damage)
}

const WITHOUT_RIGHT: &str = "who granted or ended it had no right to it at that moment";

fn damage_of_line(line: i64, what: &'static str) -> Damage {
    Damage::at(format!("log line {line}"), what)
}

/// Holds the rows of delegations against the lines that they follow from.
fn damage_of_delegations(
    tx: &ReadTx<'_>,
    told: &[DelegationRow],
) -> Result<Vec<Damage>, StoreError> {
    let kept = tx.list_all_delegations()?;
    let differs = |one: &&DelegationRow, others: &[DelegationRow]| !others.contains(one);
    let lost = told.iter().filter(|one| differs(one, &kept));
    let made_up = kept.iter().filter(|one| differs(one, told));
    let mut numbers: Vec<i64> = lost.chain(made_up).map(|one| one.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let damage = |line| Damage::at(format!("delegation {line}"), "differs from the log");
    Ok(numbers.into_iter().map(damage).collect())
}

/// A line that tells of a delegation.
#[derive(Clone, Copy)]
struct Delegated<'d>(&'d Delegation);

impl<'d> Delegated<'d> {
    /// The delegation that a line gives or withdraws; `None`: it tells of a right, or of no delegation that was given.
    fn of(line: &KeptLine, all: &'d [DelegationRow]) -> Option<Self> {
        let number = Delegation::withdrawn_by(&line.detail).map_or(line.number, |(one, _)| one);
        let row = all.iter().find(|row| row.line == number)?;
        let is_its = row.line == line.number
            || row.withdrawn.is_some_and(|(withdrawn, _)| withdrawn == line.number);
        is_its.then_some(Self(&row.delegation))
    }
}

/// All that was ever granted and delegated.
struct History<'h> {
    rights: &'h [(UserRow, KeptRight)],
    delegations: &'h [DelegationRow],
    /// The delegations with which all that was granted under them ends.
    ending: HashSet<i64>,
}

impl History<'_> {
    /// Whose users the actor of a line kept at that moment, and the actor's subject; nobody's without a strong login
    /// as main user.
    fn keepers(&self, line: &KeptLine) -> (String, Vec<Keeper>) {
        let Some(subject) = line.actor.name.strip_prefix(PERSON) else {
            return (String::new(), Vec::new());
        };
        let weak =
            line.actor.detail.as_deref().is_some_and(|detail| detail.ends_with(" login weak"));
        if line.role() != Some(Role::MainUser) || weak {
            return (subject.to_owned(), Vec::new());
        }
        let day = FinnishDay::of(line.at);
        let held = self.rights.iter().filter(|(row, kept)| {
            kept.right.subject == subject
                && line.actor.organisation.as_deref() == Some(row.organisation.as_str())
                && row.granted_line < line.number
                && row.ended_line.is_none_or(|ended| line.number < ended)
        });
        let by = |(_, kept): &(UserRow, KeptRight)| {
            let under = kept.delegation.and_then(|number| self.given(number, line.number));
            let lasts = |row: &&DelegationRow| {
                row.withdrawn.is_none_or(|(withdrawn, _)| line.number < withdrawn)
            };
            Keeper::by(kept, under.filter(lasts).map(|row| row.delegation.clone()), day)
        };
        (subject.to_owned(), held.filter_map(by).collect())
    }

    /// The delegation of a number, where it was given before a line.
    fn given(&self, number: i64, before: i64) -> Option<&DelegationRow> {
        self.delegations.iter().find(|row| row.line == number && row.line < before)
    }

    /// Whether the actor of a line might grant or end a right: the operator what organisations keep themselves, main
    /// users what they kept at that moment, and grant nothing that goes beyond it.
    fn may_keep(&self, line: &KeptLine, kept: &KeptRight, what: &str) -> bool {
        let right = &kept.right;
        if line.actor.name == OPERATOR {
            let own = line.actor.organisation.as_deref() == Some(right.organisation.as_str());
            return own && right.organiser.is_none() && kept.delegation.is_none();
        }
        let (subject, keepers) = self.keepers(line);
        keepers.iter().any(|keeper| {
            if !keeper.keeps(&right.organisation, right.organiser.as_ref()) {
                return false;
            }
            if what == ENDED {
                return self.ends_with_its_delegation(line, kept)
                    || ending_faults(keeper, &subject, right).is_empty();
            }
            let own = keeper.delegation();
            let hangs_so = own.is_none_or(|number| kept.delegation == Some(number))
                || self.is_change(line, kept);
            let under = own.or(kept.delegation).and_then(|one| self.given(one, line.number));
            let under = under.map(|row| &row.delegation);
            let between = under
                .is_none_or(|one| one.is_between(&right.organisation, right.organiser.as_ref()));
            hangs_so && between && granting_faults(keeper, &subject, right, under).is_empty()
        })
    }

    /// Whether a line ends a right because the delegation that it hangs on was withdrawn at that moment.
    fn ends_with_its_delegation(&self, line: &KeptLine, kept: &KeptRight) -> bool {
        let under = kept.delegation.and_then(|number| self.given(number, line.number));
        under
            .and_then(|row| row.withdrawn)
            .is_some_and(|(withdrawn, at)| withdrawn < line.number && at == line.at)
    }

    /// Whether a right was granted in the place of one that was ended just before, and hangs on what that hung on.
    fn is_change(&self, line: &KeptLine, kept: &KeptRight) -> bool {
        self.rights.iter().any(|(row, before)| {
            row.ended_line == Some(line.number - 1)
                && before.delegation == kept.delegation
                && before.right.subject == kept.right.subject
                && before.right.organisation == kept.right.organisation
                && before.right.organiser == kept.right.organiser
        })
    }

    /// Whether the actor of a line might give or withdraw a delegation.
    fn may_delegate(&self, line: &KeptLine, Delegated(delegation): Delegated<'_>) -> bool {
        let (_, keepers) = self.keepers(line);
        keepers.iter().any(|keeper| keeper.keeps(&delegation.organiser, None))
    }

    /// Whether a right is in force though the delegation that it hangs on was withdrawn: a main user's, or where all
    /// ends with it, anybody's.
    fn outlives(&self, row: &UserRow, kept: &KeptRight) -> bool {
        let Some(number) = row.delegation else { return false };
        let of = |one: &&DelegationRow| one.line == number;
        let withdrawn = self.delegations.iter().find(of).and_then(|one| one.withdrawn);
        let lasts = |(_, at): (i64, Instant)| row.ended_at.is_none_or(|ended| at < ended);
        withdrawn.is_some_and(lasts)
            && (kept.right.role == Role::MainUser || self.ending.contains(&number))
    }
}
