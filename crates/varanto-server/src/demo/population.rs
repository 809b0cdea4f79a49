//! The demonstration's population register: a stand-in behind the demonstration's own door, asked over it.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use varanto_domain::time::FinnishDay;
use varanto_kit::county::County;
use varanto_kit::population_register::StandIn;

use super::DemoError;
use crate::certificates::{hex, write_private};
use crate::clock::MachineClock;
use crate::config::PopulationRegister;
use crate::opening::Opening;

/// Where the stand-in is, under the demonstration's own address.
pub(super) const PATH: &str = "/population-register";

/// A client of whom the register has something to tell.
#[derive(Debug, Clone, Serialize)]
pub struct PersonSample {
    /// `deceased`, `safety-order` or `minor`.
    pub what: &'static str,
    /// The made-up identity code.
    pub identity_code: String,
}

/// Makes the county's population known to a stand-in, and connects the archive with it.
pub(super) fn connect(
    directory: &Path,
    county: &County,
    opening: &mut Opening,
) -> Result<StandIn, DemoError> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(std::io::Error::other)?;
    let token = hex(&random);
    let token_file = directory.join("population-register-token");
    write_private(&token_file, token.as_bytes())?;
    let stand_in = StandIn::new(Arc::new(MachineClock), Some(&token));
    for (code, facts) in county.population() {
        stand_in.say(code, facts);
    }
    opening.connect(&PopulationRegister {
        address: format!("{}{PATH}/persons", opening.doors.base),
        authority: Some(opening.authority.authority_file()),
        token_file: Some(token_file),
        ..PopulationRegister::default()
    })?;
    Ok(stand_in)
}

/// A deceased client, one under a safety order and a minor, the first of each.
pub(super) fn samples(county: &County, today: FinnishDay) -> Vec<PersonSample> {
    let mut samples: Vec<PersonSample> = Vec::new();
    for (code, facts) in county.population() {
        let minor = facts.born_on.is_some_and(|born| born.years_until(today) < 18);
        for (what, is_so) in [
            ("deceased", facts.died_on.is_some()),
            ("safety-order", facts.is_under_safety_order(today)),
            ("minor", minor && !facts.guardians.is_empty()),
        ] {
            if is_so && samples.iter().all(|one| one.what != what) {
                samples.push(PersonSample { what, identity_code: code.reveal().to_owned() });
            }
        }
        if samples.len() == 3 {
            break;
        }
    }
    samples
}
