//! The demonstration's signatures: an authority of its own, the keys of the organisations' systems, and a card for each
//! professional as two files.

use std::path::{Path, PathBuf};

use varanto_domain::time::{Clock, Instant};
use varanto_kit::county::County;
use varanto_kit::signers::{Order, SignerKey, SigningAuthority};

use super::DemoError;
use crate::certificates::write_private;
use crate::clock::MachineClock;
use crate::config::{Signatures, SystemKeyPlace};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// How many days certificates and revocation lists of the demonstration are good.
const DAYS: i64 = 5 * 365;

/// The folder of the professionals' cards.
pub(super) fn cards(directory: &Path) -> PathBuf {
    directory.join("signing").join("cards")
}

/// What the configuration says of signatures; the authority and the keys are made when the folder has none.
///
/// # Errors
/// What cannot be made or written.
pub fn prepare(directory: &Path, county: &County) -> Result<Signatures, DemoError> {
    let folder = directory.join("signing");
    let (root, between) = (folder.join("root.pem"), folder.join("authority.pem"));
    let lists = folder.join("lists");
    let systems = folder.join("systems");
    if !root.exists() {
        make(&folder, county)?;
    }
    let place = |organisation: &varanto_domain::ids::Oid| SystemKeyPlace {
        organisation: organisation.to_string(),
        certificate: systems.join(format!("{organisation}.pem")),
        key: Some(systems.join(format!("{organisation}.key"))),
        ..SystemKeyPlace::default()
    };
    let known = county.organisations().iter().map(|one| place(&one.id));
    Ok(Signatures {
        anchors: vec![root],
        intermediates: vec![between],
        revocation_lists: vec![lists],
        systems: known.filter(|place| place.certificate.exists()).collect(),
        ..Signatures::default()
    })
}

fn make(folder: &Path, county: &County) -> Result<(), DemoError> {
    let now = MachineClock.now().millis();
    let day = |days: i64| Instant::from_millis(now + days * DAY_MILLIS);
    let good = (day(-1), day(DAYS));
    let told = |error| DemoError::File(std::io::Error::other(error));
    let mut authority = SigningAuthority::make("Varanto Demo Signing", good)
        .map_err(|error| told(error.to_string()))?;
    let [systems, lists, cards] = ["systems", "lists", "cards"].map(|name| folder.join(name));
    for folder in [&systems, &lists, &cards] {
        std::fs::create_dir_all(folder)?;
    }
    let mut issue = |folder: &Path, file: &str, (name, number): (&str, &str), professional| {
        let order = Order { name, number, professional, key: SignerKey::P256, good };
        let issued = authority.issue(&order).map_err(|error| told(error.to_string()))?;
        let write = |ending: &str, text: &str| {
            write_private(&folder.join(format!("{file}.{ending}")), text.as_bytes())
        };
        write("pem", &issued.certificate_pem)?;
        write("key", &issued.key_pem)?;
        Ok::<_, DemoError>(())
    };
    for one in county.organisations() {
        let oid = one.id.to_string();
        issue(&systems, &oid, (&one.name, &oid), false)?;
    }
    for user in county.users() {
        if let Some(number) = &user.registration_number {
            let name = format!("{} {}", user.family_name, user.given_names);
            issue(&cards, &user.login, (&name, number), true)?;
        }
    }
    let made =
        authority.revocation_lists(&[], good.0, good.1).map_err(|error| told(error.to_string()))?;
    for (number, list) in made.iter().enumerate() {
        write_private(&lists.join(format!("{number}.crl")), list)?;
    }
    write_private(&folder.join("authority.pem"), authority.between_pem().as_bytes())?;
    // The last one: it tells that the folder is whole.
    write_private(&folder.join("root.pem"), authority.root_pem().as_bytes())?;
    Ok(())
}
