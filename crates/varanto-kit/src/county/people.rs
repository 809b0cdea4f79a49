//! The clients: who each one is, from the client's number alone.

use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{FinnishDay, Validity};

use super::dice::Dice;
use super::names;
use super::organisations::TOWNS;

/// A client of the synthetic county. Identity codes are artificial (individual numbers 900 to 989).
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of the person by itself")]
pub struct Person {
    /// The client's number in the county, from 0.
    pub number: u32,
    /// Given names; the first is the call name.
    pub given_names: String,
    /// The name called by.
    pub call_name: String,
    /// Family name.
    pub family_name: String,
    /// Whether a woman or a girl.
    pub female: bool,
    /// Day of birth.
    pub born: FinnishDay,
    /// The identity code; for a client without one, the form of the temporary identifier.
    pub code: PersonalIdentityCode,
    /// Whether the client has only a temporary identifier.
    pub temporary: bool,
    /// Whether a non-disclosure order is in force.
    pub non_disclosure: bool,
    /// Whether the client's language is Swedish.
    pub swedish: bool,
    /// Street address.
    pub street: String,
    /// Where in the list of towns.
    pub(super) town: usize,
    /// Telephone number.
    pub telephone: String,
    /// Parents of a child, next of kin of an adult.
    pub(super) relatives: Vec<Relative>,
}

impl Person {
    /// What the population register says of a living client on a day.
    pub(super) fn population_facts(&self, today: FinnishDay) -> PersonFacts {
        let order = Validity { first: today.plus_days(-300), last: Some(today.plus_days(400)) };
        let of_age = FinnishDay::new(self.born.year() + 18, self.born.month(), self.born.day());
        let custody = Validity { first: self.born, last: of_age.map(|day| day.plus_days(-1)) };
        let guardians = self.relatives.iter().filter(|one| one.guardian).map(|one| Guardian {
            code: one.code,
            kind: GuardianKind::Custody,
            days: custody,
        });
        PersonFacts {
            born_on: Some(self.born),
            died_on: None,
            safety_order: self.non_disclosure.then_some(order),
            guardians: guardians.collect(),
        }
    }
}

/// Somebody close to a client.
#[derive(Clone)]
pub(super) struct Relative {
    pub(super) given_names: String,
    pub(super) family_name: String,
    pub(super) guardian: bool,
    pub(super) born: FinnishDay,
    pub(super) code: PersonalIdentityCode,
    pub(super) telephone: String,
}

/// What the first service task of a client is, by its place in a round of a hundred clients.
const TASKS: [(ServiceTask, usize); 7] = [
    (ServiceTask::OlderPeople, 24),
    (ServiceTask::Families, 18),
    (ServiceTask::WorkingAge, 18),
    (ServiceTask::ChildProtection, 14),
    (ServiceTask::Disability, 12),
    (ServiceTask::SubstanceAbuse, 7),
    (ServiceTask::FamilyLaw, 7),
];

/// The round of a hundred: for each place the service task and the sex.
pub(super) struct Round {
    places: Vec<(ServiceTask, bool)>,
}

impl Round {
    pub(super) fn new(seed: u64) -> Self {
        let mut places: Vec<(ServiceTask, bool)> = TASKS
            .iter()
            .flat_map(|&(task, count)| (0..count).map(move |i| (task, i % 2 == 0)))
            .collect();
        Dice::at(seed, u64::MAX - 1).shuffle(&mut places);
        Self { places }
    }

    fn place(&self, number: u32) -> usize {
        number as usize % self.places.len()
    }

    pub(super) fn task(&self, number: u32) -> ServiceTask {
        self.places[self.place(number)].0
    }

    /// The client's running number among those of the same sex and age group: no two have the same,
    /// so that no two get the same identity code.
    fn rank(&self, number: u32) -> usize {
        let like = |place: &(ServiceTask, bool)| (ages(place.0), place.1);
        let own = like(&self.places[self.place(number)]);
        let (rounds, place) = (number as usize / self.places.len(), self.place(number));
        let in_round = self.places.iter().filter(|other| like(other) == own).count();
        let before = self.places[..place].iter().filter(|other| like(other) == own).count();
        rounds * in_round + before
    }
}

/// The youngest and the oldest age, in years before the county's last day. The spans do not overlap.
fn ages(task: ServiceTask) -> (i32, i32) {
    match task {
        ServiceTask::ChildProtection | ServiceTask::Families | ServiceTask::FamilyLaw => (5, 17),
        ServiceTask::Disability | ServiceTask::SubstanceAbuse | ServiceTask::WorkingAge => (24, 63),
        ServiceTask::OlderPeople => (70, 96),
    }
}

/// Individual numbers of one sex: 900 to 989, every other.
const NUMBERS: usize = 45;

/// Whether the clients of a service task are children.
pub(super) fn is_childs(task: ServiceTask) -> bool {
    ages(task).1 < 18
}

/// The client of a number. Children are minors on the last day too.
pub(super) fn person(seed: u64, round: &Round, number: u32, until: FinnishDay) -> Person {
    let mut dice = Dice::at(seed, u64::from(number) << 1);
    let (task, female) = round.places[round.place(number)];
    let (born, individual) = birth(round, number, until);
    let code = PersonalIdentityCode::compose(born, individual)
        .expect("a year of the twentieth or twenty-first century and a number under 1000");
    let temporary = dice.percent(1);
    let swedish = !temporary && dice.percent(6);
    let (call_name, second) = given_names(born, female, temporary, swedish, &mut dice);
    let family_name = family_name(temporary, swedish, &mut dice);
    let mut relatives = vec![relative(task, born, &family_name, number, &mut dice)];
    if dice.percent(55) {
        relatives.push(relative(task, born, &family_name, number, &mut dice));
    }
    Person {
        number,
        given_names: format!("{call_name} {second}"),
        call_name: call_name.to_owned(),
        female,
        born,
        code,
        temporary,
        non_disclosure: dice.below(1000) < 12,
        swedish,
        street: format!("{} {}", dice.pick(names::STREETS), dice.between(1, 60)),
        town: dice.below(TOWNS.len() * 2) % TOWNS.len() * usize::from(dice.percent(70)),
        telephone: telephone(&mut dice),
        family_name,
        relatives,
    }
}

/// The day of birth and individual number: a walk over all pairs of the age group without a repeat.
fn birth(round: &Round, number: u32, until: FinnishDay) -> (FinnishDay, u16) {
    let (task, female) = round.places[round.place(number)];
    let (youngest, oldest) = ages(task);
    let days = usize::try_from((oldest - youngest) * 365).expect("ages grow");
    let slots = days * NUMBERS;
    // 1,000,003 is a prime and divides no product of days and numbers, so every slot comes once.
    let slot = round.rank(number) * 1_000_003 % slots;
    let day = i32::try_from(slot % days).expect("under forty thousand");
    let running = u16::try_from(slot / days).expect("under 45");
    let born = until.plus_days(-youngest * 366 - day);
    (born, 900 + 2 * running + u16::from(!female))
}

fn given_names<'a>(
    born: FinnishDay,
    female: bool,
    elsewhere: bool,
    swedish: bool,
    dice: &mut Dice,
) -> (&'a str, &'a str) {
    let era = names::ERAS.iter().rev().find(|era| era.from <= born.year());
    let era = era.unwrap_or(&names::ERAS[0]);
    let (women, men) = match (elsewhere, swedish) {
        (true, _) => names::ELSEWHERE,
        (_, true) => names::SWEDISH,
        _ => (era.women, era.men),
    };
    let pool = if female { women } else { men };
    let first = dice.below(pool.len());
    let second = (first + 1 + dice.below(pool.len() - 1)) % pool.len();
    (pool[first], pool[second])
}

fn family_name(elsewhere: bool, swedish: bool, dice: &mut Dice) -> String {
    let pool = match (elsewhere, swedish) {
        (true, _) => names::FAMILY_ELSEWHERE,
        (_, true) => names::FAMILY_SWEDISH,
        _ => names::FAMILY,
    };
    (*dice.pick(pool)).to_owned()
}

fn relative(
    task: ServiceTask,
    client_born: FinnishDay,
    family_name: &str,
    number: u32,
    dice: &mut Dice,
) -> Relative {
    let minor = is_childs(task);
    let years = if minor { dice.between(19, 42) } else { dice.between(-25, 25) };
    let latest = FinnishDay::new(2004, 1, 1).expect("the calendar has that day");
    let born = client_born.plus_days(-years * 365 - dice.between(0, 364)).min(latest);
    let female = dice.percent(55);
    let era = names::ERAS.iter().rev().find(|era| era.from <= born.year());
    let era = era.unwrap_or(&names::ERAS[0]);
    let pool = if female { era.women } else { era.men };
    let individual = 990 + u16::try_from(number % 5).expect("under five") * 2 + u16::from(!female);
    let family_name = if dice.percent(75) { family_name } else { dice.pick(names::FAMILY) };
    Relative {
        given_names: (*dice.pick(pool)).to_owned(),
        family_name: family_name.to_owned(),
        guardian: minor,
        born,
        code: PersonalIdentityCode::compose(born, individual)
            .expect("a year of the twentieth century or later and a number under 1000"),
        telephone: telephone(dice),
    }
}

fn telephone(dice: &mut Dice) -> String {
    format!("040 000 {:04}", dice.below(10_000))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_client_has_an_artificial_code_of_its_own() {
        let until = FinnishDay::new(2026, 11, 20).unwrap();
        let round = Round::new(7);
        let mut seen = HashSet::new();
        for number in 0..120_000 {
            let (born, individual) = birth(&round, number, until);
            let code = PersonalIdentityCode::compose(born, individual).unwrap();
            assert!(code.is_artificial());
            assert!(individual < 990);
            assert!(seen.insert(code), "client {number}");
        }
    }

    #[test]
    fn children_are_minors_and_the_old_are_old() {
        let until = FinnishDay::new(2026, 11, 20).unwrap();
        let round = Round::new(7);
        for number in 0..1000 {
            let age = person(7, &round, number, until).born.years_until(until);
            match round.task(number) {
                ServiceTask::OlderPeople => assert!((70..=97).contains(&age)),
                ServiceTask::ChildProtection | ServiceTask::Families | ServiceTask::FamilyLaw => {
                    assert!((5..18).contains(&age));
                }
                _ => assert!((24..65).contains(&age)),
            }
        }
    }
}
