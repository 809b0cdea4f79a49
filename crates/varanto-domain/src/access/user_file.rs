//! What the operator's file of users changes of the register, and what of that undoes what main users did at the doors.
//!
//! Source: ACC-2, JOI-3.

use super::users::UserRight;

/// Who granted or ended a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// The operator, by a file.
    Operator,
    /// A main user, at the doors.
    MainUser,
}

/// A right of the register that the organisation keeps itself.
#[derive(Debug, Clone, Copy)]
pub struct HeldRight<'h, P> {
    /// The right.
    pub right: &'h UserRight,
    /// As whom the person is known.
    pub person: Option<&'h P>,
    /// Who granted it.
    pub granted: Hand,
    /// The line that tells of its end, and who ended it.
    pub ended: Option<(i64, Hand)>,
}

/// A right as the file tells it. Where it names no person, who that is stays as it is known.
#[derive(Debug, Clone, Copy)]
pub struct ToldRight<'t, P> {
    /// The right.
    pub right: &'t UserRight,
    /// As whom the person is known.
    pub person: Option<&'t P>,
}

/// What a file changes, by places among the held and the told rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<P> {
    /// A right is ended: the file has it no more.
    End {
        /// Which held one.
        held: usize,
        /// Whether a main user granted it.
        undoes: bool,
    },
    /// A right is granted.
    Grant {
        /// Which told one.
        told: usize,
        /// As whom the person is known.
        person: Option<P>,
        /// Whether a main user ended it, or the last one of the person in the role.
        undoes: bool,
    },
}

/// What a file changes of the rights that an organisation keeps itself: all of those that it has (`held`, ended ones too)
/// against all that the file tells of it; what is in both stays.
///
/// It undoes what a main user did where it ends what one granted, and where it grants what one ended: the same right
/// again, or any to somebody who is not in the register in that role since.
///
/// Source: ACC-2, JOI-3; own-choices.
#[must_use]
pub fn changes_of_file<P: PartialEq + Clone>(
    held: &[HeldRight<'_, P>],
    told: &[ToldRight<'_, P>],
) -> Vec<Change<P>> {
    let in_force = || held.iter().enumerate().filter(|(_, one)| one.ended.is_none());
    let mut stays = vec![false; held.len()];
    let mut grants = Vec::new();
    for (place, one) in told.iter().enumerate() {
        let same = in_force().find(|(at, own)| {
            let person = one.person.is_none() || one.person == own.person;
            !stays[*at] && own.right == one.right && person
        });
        if let Some((at, _)) = same {
            stays[at] = true;
            continue;
        }
        let of_subject = in_force().filter(|(_, own)| own.right.subject == one.right.subject);
        let person = one.person.or_else(|| of_subject.rev().find_map(|(_, own)| own.person));
        let undoes = undoes_an_end(held, one.right, person);
        grants.push(Change::Grant { told: place, person: person.cloned(), undoes });
    }
    let ends = in_force().filter(|(at, _)| !stays[*at]).map(|(held, own)| {
        let undoes = own.granted == Hand::MainUser;
        Change::End { held, undoes }
    });
    ends.chain(grants).collect()
}

fn undoes_an_end<P: PartialEq>(
    held: &[HeldRight<'_, P>],
    right: &UserRight,
    person: Option<&P>,
) -> bool {
    let theirs = held.iter().filter(|own| {
        let one_person =
            own.right.subject == right.subject || person.is_some() && own.person == person;
        one_person && own.right.role == right.role
    });
    let theirs: Vec<&HeldRight<'_, P>> = theirs.collect();
    let last_end = |all: &mut dyn Iterator<Item = &&HeldRight<'_, P>>| {
        all.filter_map(|own| own.ended).max_by_key(|(line, _)| *line).map(|(_, by)| by)
    };
    let is_same = |own: &&&HeldRight<'_, P>| {
        let granted_by = right.granted_by.clone();
        UserRight { granted_by, ..own.right.clone() } == *right
    };
    let put_out = theirs.iter().all(|own| own.ended.is_some())
        && last_end(&mut theirs.iter()) == Some(Hand::MainUser);
    put_out || last_end(&mut theirs.iter().filter(is_same)) == Some(Hand::MainUser)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::{Role, Strength};
    use crate::ids::Oid;
    use crate::time::{FinnishDay, Validity};

    fn right(subject: &str, unit: &str) -> UserRight {
        let oid = |text: &str| Oid::parse(text).unwrap();
        UserRight {
            subject: subject.into(),
            organisation: oid("1.2"),
            organiser: None,
            given_names: "Aino".into(),
            family_name: "Testi".into(),
            role: Role::Worker,
            units: vec![oid(unit)],
            service_tasks: Some(vec![Arc::from("24")]),
            login: Strength::Strong,
            validity: Validity { first: FinnishDay::new(2026, 1, 1).unwrap(), last: None },
            granted_by: "Johto".into(),
        }
    }

    const BY_OPERATOR: (Hand, Option<(i64, Hand)>) = (Hand::Operator, None);
    const BY_MAIN_USER: (Hand, Option<(i64, Hand)>) = (Hand::MainUser, None);

    const fn ended(line: i64, by: Hand) -> (Hand, Option<(i64, Hand)>) {
        (Hand::Operator, Some((line, by)))
    }

    type Kept<'k> = (UserRight, Option<&'k str>, (Hand, Option<(i64, Hand)>));

    /// Each change as words, with a mark where it undoes what a main user did.
    fn check(held: &[Kept<'_>], told: &[(UserRight, Option<&str>)], expected: &[&str]) {
        let held: Vec<HeldRight<'_, &str>> = held
            .iter()
            .map(|(right, person, (granted, ended))| HeldRight {
                right,
                person: person.as_ref(),
                granted: *granted,
                ended: *ended,
            })
            .collect();
        let told: Vec<ToldRight<'_, &str>> = told
            .iter()
            .map(|(right, person)| ToldRight { right, person: person.as_ref() })
            .collect();
        let words = |change: Change<&str>| match change {
            Change::End { held: at, undoes } => {
                format!("end {}{}", held[at].right.subject, if undoes { " !" } else { "" })
            }
            Change::Grant { told: at, person, undoes } => {
                let person = person.map(|one| format!(" as {one}")).unwrap_or_default();
                let undoes = if undoes { " !" } else { "" };
                format!("grant {}{person}{undoes}", told[at].right.subject)
            }
        };
        let changes: Vec<String> = changes_of_file(&held, &told).into_iter().map(words).collect();
        assert_eq!(changes, expected);
    }

    /// ACC-2, JOI-3: a file grants what is new and ends what is in it no more; what main users granted and ended meanwhile
    /// is told apart.
    #[test]
    fn what_main_users_did_is_told_apart() {
        let aino = || right("aino", "1.2.1");
        let elsewhere = || right("aino", "1.2.2");
        let olli = || right("olli", "1.2.1");
        check(&[(aino(), None, BY_OPERATOR)], &[(aino(), None)], &[]);
        check(&[(aino(), None, BY_OPERATOR)], &[(olli(), None)], &["end aino", "grant olli"]);
        check(&[(aino(), None, BY_MAIN_USER)], &[(olli(), None)], &["end aino !", "grant olli"]);
        check(&[(aino(), None, BY_MAIN_USER)], &[(aino(), None)], &[]);
        // Who was put out comes back by no file that was made before.
        let put_out = [(aino(), None, ended(7, Hand::MainUser))];
        check(&put_out, &[(aino(), None)], &["grant aino !"]);
        check(&put_out, &[(elsewhere(), None)], &["grant aino !"]);
        check(&put_out, &[(olli(), None)], &["grant olli"]);
        let archivist = UserRight { role: Role::Archivist, ..aino() };
        check(&put_out, &[(archivist, None)], &["grant aino"]);
        check(&[(aino(), None, ended(7, Hand::Operator))], &[(aino(), None)], &["grant aino"]);
        // What a main user changed: the old right, or another beside the new one.
        let changed = [(aino(), None, ended(7, Hand::MainUser)), (elsewhere(), None, BY_MAIN_USER)];
        let both = [(aino(), None), (elsewhere(), None)];
        check(&changed, &both, &["grant aino !"]);
        // Whoever granted it: the same right is.
        let others = UserRight { granted_by: "Muu".into(), ..aino() };
        let changed_of_others =
            [(others, None, ended(7, Hand::MainUser)), (elsewhere(), None, BY_MAIN_USER)];
        check(&changed_of_others, &both, &["grant aino !"]);
        check(&changed, &[(aino(), None)], &["end aino !", "grant aino !"]);
        let third = right("aino", "1.2.3");
        check(&changed, &[(elsewhere(), None), (third, None)], &["grant aino"]);
        // The operator has overruled it since.
        let overruled =
            [(aino(), None, ended(7, Hand::MainUser)), (aino(), None, ended(9, Hand::Operator))];
        check(&overruled, &[(aino(), None)], &["grant aino"]);
    }

    /// ACC-2, JOI-3: left out, who the person is stays as it is known; another login of the same person is known, too.
    #[test]
    fn who_somebody_is_stays_known() {
        let aino = || right("aino", "1.2.1");
        let known = [(aino(), Some("A"), BY_OPERATOR)];
        check(&known, &[(aino(), None)], &[]);
        check(&known, &[(aino(), Some("A"))], &[]);
        check(&known, &[(aino(), Some("B"))], &["end aino", "grant aino as B"]);
        let elsewhere = (right("aino", "1.2.2"), None);
        check(&known, &[elsewhere], &["end aino", "grant aino as A"]);
        check(
            &[(aino(), None, BY_OPERATOR)],
            &[(aino(), Some("A"))],
            &["end aino", "grant aino as A"],
        );
        let put_out = [(aino(), Some("A"), ended(7, Hand::MainUser))];
        check(&put_out, &[(right("second", "1.2.1"), Some("A"))], &["grant second as A !"]);
        check(&put_out, &[(right("second", "1.2.1"), Some("B"))], &["grant second as B"]);
        check(&put_out, &[(right("second", "1.2.1"), None)], &["grant second"]);
    }
}
