//! Mandates (Suomi.fi-valtuudet): what an adult lets another do, as the mandate register says.
//!
//! These facts are no documents either, and they are not kept: a mandate can be withdrawn at any moment, so the
//! register is asked each time, and what it does not say holds for nothing.

use crate::access::Denial;
use crate::ids::{ClientKey, PersonalIdentityCode};
use crate::time::{FinnishDay, Validity};

/// The age from which somebody acts for themself, and may let another act.
pub const OF_AGE: i16 = 18;

/// What a mandate covers, as far as this archive acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matter {
    /// To see the documents, and who looked at them.
    SeeDocuments,
    /// To say what is permitted and refused of disclosure.
    SayWill,
}

impl Matter {
    /// Every matter.
    pub const ALL: [Self; 2] = [Self::SeeDocuments, Self::SayWill];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SeeDocuments => "see-documents",
            Self::SayWill => "say-will",
        }
    }

    /// The matter with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.code() == code)
    }
}

/// A mandate that one person has of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// What it covers.
    pub matters: Vec<Matter>,
    /// On which days.
    pub days: Validity,
}

/// A mandate of a client, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMandate {
    /// Who may act.
    pub holder: ClientKey,
    /// For what, and when.
    pub mandate: Mandate,
}

/// Whether mandates of one holder let it do something on a day: one is enough that runs and covers it.
///
/// # Errors
/// [`Denial::MandateMissing`] where none runs, [`Denial::MandateDoesNotCover`] where none that runs covers it.
///
/// Source: DIS-5; national-specs 6.7.
pub fn covers<'m>(
    mandates: impl Iterator<Item = &'m Mandate>,
    matter: Matter,
    day: FinnishDay,
) -> Result<(), Denial> {
    let mut running = mandates.filter(|mandate| mandate.days.contains(day)).peekable();
    if running.peek().is_none() {
        return Err(Denial::MandateMissing);
    }
    let covered = running.any(|mandate| mandate.matters.contains(&matter));
    if covered { Ok(()) } else { Err(Denial::MandateDoesNotCover) }
}

/// Whether somebody may act at a unit for a client by mandate: one of the client's that runs and covers it, and
/// the client of age. The day of birth is the one that the identity code states.
///
/// # Errors
/// As [`covers`]; [`Denial::NotAnAdult`].
///
/// Source: DIS-5; national-specs 6.7.
pub fn may_act_for(
    client: &PersonalIdentityCode,
    mandates: &[Mandate],
    matter: Matter,
    day: FinnishDay,
) -> Result<(), Denial> {
    covers(mandates.iter(), matter, day)?;
    if is_of_age(Some(client.birth_day()), day) { Ok(()) } else { Err(Denial::NotAnAdult) }
}

/// Whether somebody is known to be of age on a day.
#[must_use]
pub fn is_of_age(born_on: Option<FinnishDay>, day: FinnishDay) -> bool {
    born_on.is_some_and(|born| born.years_until(day) >= OF_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mandate(matters: &[Matter], last: Option<&str>) -> Mandate {
        let day = |text| FinnishDay::parse(text).unwrap();
        let days = Validity { first: day("2026-01-01"), last: last.map(day) };
        Mandate { matters: matters.to_vec(), days }
    }

    fn check(mandates: &[Mandate], matter: Matter, on: &str, expected: Result<(), Denial>) {
        let client = PersonalIdentityCode::parse("010190-900P").unwrap();
        let told = may_act_for(&client, mandates, matter, FinnishDay::parse(on).unwrap());
        assert_eq!(told, expected, "{mandates:?} {matter:?} on {on}");
    }

    /// DIS-5: a mandate lets do what it covers, from its first day to its last, both counted; one is enough, and
    /// one that is over lends nothing to one that runs.
    #[test]
    fn a_mandate_lets_do_what_it_covers_while_it_runs() {
        use Matter::{SayWill, SeeDocuments};
        let spring = [mandate(&[SeeDocuments], Some("2026-06-30"))];
        check(&spring, SeeDocuments, "2025-12-31", Err(Denial::MandateMissing));
        check(&spring, SeeDocuments, "2026-01-01", Ok(()));
        check(&spring, SeeDocuments, "2026-06-30", Ok(()));
        check(&spring, SeeDocuments, "2026-07-01", Err(Denial::MandateMissing));
        check(&spring, SayWill, "2026-03-01", Err(Denial::MandateDoesNotCover));
        check(&[], SayWill, "2026-03-01", Err(Denial::MandateMissing));
        let both = [mandate(&[SayWill], Some("2026-06-30")), mandate(&[SeeDocuments], None)];
        check(&both, SayWill, "2026-03-01", Ok(()));
        check(&both, SeeDocuments, "2026-03-01", Ok(()));
        check(&both, SayWill, "2026-07-01", Err(Denial::MandateDoesNotCover));
        check(&[mandate(&[], None)], SayWill, "2026-03-01", Err(Denial::MandateDoesNotCover));
    }

    /// DIS-5: nobody acts by mandate for a minor, nor for one of whom no day of birth is known.
    #[test]
    fn a_minor_gives_no_mandate() {
        let born = FinnishDay::parse("2008-11-26");
        assert!(!is_of_age(born, FinnishDay::parse("2026-11-25").unwrap()));
        assert!(is_of_age(born, FinnishDay::parse("2026-11-26").unwrap()));
        assert!(!is_of_age(None, FinnishDay::parse("2026-11-26").unwrap()));
    }
}
