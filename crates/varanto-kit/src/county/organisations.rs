//! The fictional county: its towns, units and workers, two private producers, and the municipality
//! whose old data it took over.
//!
//! No business identity code here can be real: each has a wrong check digit on purpose.

use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::Oid;

use super::dice::Dice;
use super::names;

/// A town of the county. Neither the towns nor their municipality codes exist.
pub(super) struct Town {
    pub(super) name: &'static str,
    pub(super) code: &'static str,
    pub(super) postal_code: &'static str,
}

macro_rules! towns {
    ($($name:literal $code:literal $postal:literal;)*) => {
        &[$(Town { name: $name, code: $code, postal_code: $postal },)*]
    };
}

/// The ten towns; the first is the largest.
pub(super) const TOWNS: &[Town] = towns! {
    "Suvantola" "801" "79901"; "Hallasalmi" "802" "79902"; "Mäntyranta" "803" "79903";
    "Lehtovesi" "804" "79904"; "Niittysalo" "805" "79905"; "Karhuvaara" "806" "79906";
    "Sinijärvi" "807" "79907"; "Harjukoski" "808" "79908"; "Tuulisaari" "809" "79909";
    "Kiviselkä" "810" "79910";
};

/// A Finnish business identity code without its hyphen, whose check digit is wrong on purpose.
///
/// `running` is up to four digits; the code begins with `999`.
pub(super) fn fictional_business_id(running: u32) -> String {
    let digits = format!("999{running:04}");
    let wrong = match business_id_check_digit(&digits) {
        Some(right) => (right + 5) % 10,
        None => 5,
    };
    format!("{digits}{wrong}")
}

/// The right check digit of seven digits, or `None` when no code may have them.
fn business_id_check_digit(digits: &str) -> Option<u32> {
    let weights = [7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
    match sum % 11 {
        0 => Some(0),
        1 => None,
        rest => Some(11 - rest),
    }
}

/// What kind of organisation it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrganisationKind {
    /// The county: organises the services and controls the register.
    County,
    /// A private producer of services (palveluntuottaja).
    Producer,
    /// A municipality whose client data the county took over.
    FormerMunicipality,
    /// Another county, to which some clients move.
    Neighbour,
}

/// An organisation of the synthetic county.
#[derive(Clone, Debug)]
pub struct Organisation {
    /// What it is.
    pub kind: OrganisationKind,
    /// Its name.
    pub name: String,
    /// Its business identity code, eight digits without the hyphen; never a real one.
    pub business_id: String,
    /// Names it: `1.2.246.10.<business id>`, the node under which it numbers its own things. The
    /// county and the producers are controllers (rekisterinpitäjä) under it too.
    pub id: Oid,
    /// Its operating unit (toimintayksikkö): `1.2.246.10.<business id>.10.0`.
    pub operating_unit: Oid,
    /// Its service units.
    pub units: Vec<Unit>,
}

/// A service unit (palveluyksikkö).
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its OID: `1.2.246.10.<business id>.10.<n>`.
    pub id: Oid,
    /// Its name.
    pub name: String,
    /// The service task it works in.
    pub task: ServiceTask,
    /// The town it is in.
    pub town: &'static str,
    /// Its street address.
    pub street: String,
    /// Its postal code.
    pub postal_code: &'static str,
    /// Its telephone number.
    pub telephone: String,
    /// The people who work there.
    pub workers: Vec<Worker>,
}

/// A worker of a unit.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Given names.
    pub given_names: String,
    /// Family name.
    pub family_name: String,
    /// Given and family name.
    pub full_name: String,
    /// Title of the post (tehtävänimike).
    pub title: &'static str,
    /// The registration number of a social-welfare professional.
    pub registration_number: String,
}

impl Organisation {
    fn new(kind: OrganisationKind, name: &str, running: u32) -> Self {
        let business_id = fictional_business_id(running);
        let id = Oid::parse(&format!("1.2.246.10.{business_id}")).expect("digits and dots");
        let operating_unit = id.child("10.0").expect("digits and dots");
        Self { kind, name: name.to_owned(), business_id, id, operating_unit, units: Vec::new() }
    }

    fn add_unit(&mut self, name: &str, task: ServiceTask, town: usize, dice: &mut Dice) {
        let number = self.units.len() + 1;
        let id = self.id.child(format_args!("10.{number}")).expect("digits and dots");
        let titles = titles(self.kind, task);
        let workers = (0..4).map(|at| worker(titles[at % titles.len()], dice)).collect();
        self.units.push(Unit {
            id,
            name: name.to_owned(),
            task,
            town: TOWNS[town].name,
            street: format!("{} {}", dice.pick(names::STREETS), dice.between(1, 40)),
            postal_code: TOWNS[town].postal_code,
            telephone: format!("013 000 {:04}", dice.below(10_000)),
            workers,
        });
    }
}

fn worker(title: &'static str, dice: &mut Dice) -> Worker {
    let given = dice.pick(names::WORKERS);
    let family = dice.pick(names::FAMILY);
    Worker {
        given_names: (*given).to_owned(),
        family_name: (*family).to_owned(),
        full_name: format!("{given} {family}"),
        title,
        registration_number: format!("9{:010}", dice.next() % 10_000_000_000),
    }
}

fn titles(kind: OrganisationKind, task: ServiceTask) -> &'static [&'static str] {
    use ServiceTask as T;
    match (kind, task) {
        (OrganisationKind::Producer, _) => &["vastaava ohjaaja", "lähihoitaja", "ohjaaja"],
        (_, T::ChildProtection) => &["sosiaalityöntekijä", "sosiaaliohjaaja", "perhetyöntekijä"],
        (_, T::Families) => &["sosiaaliohjaaja", "sosiaalityöntekijä", "perheohjaaja"],
        (_, T::OlderPeople) => &["palveluohjaaja", "sosiaaliohjaaja", "asiakasohjaaja"],
        (_, T::FamilyLaw) => &["lastenvalvoja", "sosiaalityöntekijä"],
        (_, T::SubstanceAbuse) => &["sosiaaliohjaaja", "päihdetyöntekijä"],
        (_, T::Disability | T::WorkingAge) => &["sosiaalityöntekijä", "sosiaaliohjaaja"],
    }
}

/// Every organisation of the county, the county itself first, then the producers and the former
/// municipality, and another county last.
pub(super) fn all(seed: u64) -> Vec<Organisation> {
    let mut dice = Dice::at(seed, u64::MAX);
    let own = Organisation::new(OrganisationKind::County, COUNTY, 1);
    vec![
        with_units(own, &mut dice),
        home_care(&mut dice),
        rehabilitation(&mut dice),
        former(&mut dice),
        with_units(Organisation::new(OrganisationKind::Neighbour, NEIGHBOUR, 58), &mut dice),
    ]
}

/// The county's name.
pub(super) const COUNTY: &str = "Suvannon hyvinvointialue";
/// The other county's name.
pub(super) const NEIGHBOUR: &str = "Lehdon hyvinvointialue";

/// A county with units for every service task, the same ones in each.
fn with_units(mut county: Organisation, dice: &mut Dice) -> Organisation {
    use ServiceTask as T;
    let kinds: &[(ServiceTask, &str, &[usize])] = &[
        (T::ChildProtection, "Lastensuojelun avohuolto", &[0, 1, 4]),
        (T::Families, "Lapsiperheiden sosiaalityö", &[0, 2, 5]),
        (T::OlderPeople, "Iäkkäiden asiakasohjaus", &[0, 3, 6, 8]),
        (T::Disability, "Vammaissosiaalityö", &[0, 7]),
        (T::SubstanceAbuse, "Päihde- ja riippuvuuspalvelut", &[0]),
        (T::WorkingAge, "Työikäisten sosiaalityö", &[0, 1, 9]),
        (T::FamilyLaw, "Perheoikeudelliset palvelut", &[0]),
    ];
    for (task, name, towns) in kinds {
        for &town in *towns {
            county.add_unit(&format!("{name}, {}", TOWNS[town].name), *task, town, dice);
        }
    }
    county
}

fn home_care(dice: &mut Dice) -> Organisation {
    let name = "Koivunlehti Kotiapu Oy";
    let mut producer = Organisation::new(OrganisationKind::Producer, name, 21);
    producer.add_unit("Koivunlehti kotipalvelu, Suvantola", ServiceTask::OlderPeople, 0, dice);
    producer.add_unit("Koivunlehti asumispalvelu, Lehtovesi", ServiceTask::Disability, 3, dice);
    producer
}

fn rehabilitation(dice: &mut Dice) -> Organisation {
    let name = "Lähteenkorva Kuntoutus Oy";
    let mut producer = Organisation::new(OrganisationKind::Producer, name, 34);
    producer.add_unit("Lähteenkorvan päihdekuntoutus", ServiceTask::SubstanceAbuse, 2, dice);
    producer.add_unit("Lähteenkorvan perhetyö", ServiceTask::Families, 5, dice);
    producer
}

fn former(dice: &mut Dice) -> Organisation {
    let name = "Niittysalon kunnan perusturva";
    let mut former = Organisation::new(OrganisationKind::FormerMunicipality, name, 47);
    former.add_unit("Niittysalon sosiaalitoimisto", ServiceTask::WorkingAge, 4, dice);
    former
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_business_identity_code_of_the_county_can_be_real() {
        assert_eq!(business_id_check_digit("0737546"), Some(2), "the rule itself, on a known code");
        for organisation in all(1) {
            let id = &organisation.business_id;
            let last: u32 = id[7..].parse().unwrap();
            assert_ne!(business_id_check_digit(&id[..7]), Some(last), "{id}");
        }
    }

    #[test]
    fn private_units_stand_under_their_own_organisation_only() {
        let all = all(1);
        for organisation in &all {
            for unit in &organisation.units {
                assert!(unit.id.is_under(&organisation.id));
                let others = all.iter().filter(|other| other.name != organisation.name);
                assert!(others.into_iter().all(|other| !unit.id.is_under(&other.id)));
            }
        }
        for task in ServiceTask::ALL {
            assert!(all[0].units.iter().any(|unit| unit.task == task), "{task:?}");
        }
    }
}
