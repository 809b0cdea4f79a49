//! The register of users, as a JSON file of our own.
//!
//! ```json
//! {"users": [{"subject": "aino", "organisation": "1.2.246.10.…", "given_names": "Aino",
//!   "family_name": "Testi", "identity_code": "…", "role": "worker", "units": ["…"],
//!   "service_tasks": ["24"], "login": "strong", "first_day": "2026-01-01", "last_day": "2026-12-31",
//!   "granted_by": "…"}]}
//! ```
//!
//! Left out, `units` narrows to none, `service_tasks` to those of the unit, and `login` is `strong`; with the identity
//! code a worker is known again as a client, and left out it stays as the archive knows it. A person with several rights has an entry for each. An unknown member is a
//! fault, and no fault shows a value.
//!
//! A main user grants a right in the same form over REST, but for `granted_by`, which the archive tells, and with
//! `organiser` and `delegation` for the users of producers (JOI-3).
//!
//! Source: ACC-2, JOI-3.

use std::sync::Arc;

use varanto_domain::access::keeping::Delegation;
use varanto_domain::access::users::UserRight;
use varanto_domain::access::{Role, Strength};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::structures::Content;
use varanto_domain::time::Validity;

use crate::code_sets::object;
use crate::content;
use crate::members::{Faults, Object, Place};
use crate::persons::code_of;

const RULE: &str = "ACC-2";
const LOGINS: [(&str, Strength); 2] = [("strong", Strength::Strong), ("weak", Strength::Weak)];

/// An entry of the file: the right, and by what the person is known as a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// The right.
    pub right: UserRight,
    /// The person's own identity code.
    pub code: Option<PersonalIdentityCode>,
}

/// A right that a main user would grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The right and the person. Who grants it is not said.
    pub entry: UserEntry,
    /// The delegation that it hangs on.
    pub delegation: Option<i64>,
}

/// What an organiser would let a producer's main users keep.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct DelegationTerms {
    pub producer: Oid,
    pub units: Vec<Oid>,
    pub service_tasks: Option<Vec<Arc<str>>>,
    pub login: Strength,
    pub validity: Validity,
}

impl DelegationTerms {
    /// The delegation, said by an organiser.
    #[must_use]
    pub fn by(self, organiser: Oid) -> Delegation {
        let Self { producer, units, service_tasks, login, validity } = self;
        Delegation { organiser, producer, units, service_tasks, login, validity }
    }
}

/// Reads a file.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path (`users/3/role`).
pub fn read(bytes: &[u8]) -> Result<Vec<UserEntry>, Vec<Fault>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let content = content::read(bytes, "file").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let users = Place::root(&content, &faults)
        .object(&["users"])
        .and_then(|file| file.required("users").and_then(|place| place.all(user_of)));
    faults.or(users)
}

/// Prints a file that [`read`] reads, a right a line. The identity codes are not in it: the archive does not keep them.
#[must_use]
pub fn write<'r>(rights: impl IntoIterator<Item = &'r UserRight>) -> String {
    let lines: Vec<String> = rights.into_iter().map(write_right).collect();
    format!("{{\"users\":[\n{}\n]}}\n", lines.join(",\n"))
}

/// Reads a right that a main user would grant.
///
/// # Errors
/// As [`read`].
pub fn read_grant(bytes: &[u8]) -> Result<Grant, Vec<Fault>> {
    let content = content::read(bytes, "user").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons("JOI-3");
    let known: Vec<&str> =
        OF_RIGHT.into_iter().chain(["identity_code", "organiser", "delegation"]).collect();
    let grant = Place::root(&content, &faults).object(&known).and_then(|entry| {
        let organiser = entry.optional("organiser", |place| place.oid());
        let delegation = entry.optional("delegation", |place| {
            let number = place.text()?.parse().ok();
            if number.is_none() {
                place.fault(FaultKind::WrongForm, |fault| fault.arg("expected", "1234"));
            }
            number
        });
        let user = entry_of(&entry, Some(String::new()));
        let UserEntry { right, code } = user?;
        let right = UserRight { organiser: organiser?, ..right };
        Some(Grant { entry: UserEntry { right, code }, delegation: delegation? })
    });
    faults.or(grant)
}

/// Reads what an organiser would let a producer's main users keep; it has a last day.
///
/// # Errors
/// As [`read`].
pub fn read_delegation(bytes: &[u8]) -> Result<DelegationTerms, Vec<Fault>> {
    let content = content::read(bytes, "delegation").map_err(|fault| vec![fault])?;
    let faults = Faults::of("JOI-3");
    let known = ["producer", "units", "service_tasks", "login", "first_day", "last_day"];
    let terms = Place::root(&content, &faults).object(&known).and_then(|entry| {
        let producer = entry.required("producer").and_then(|place| place.oid());
        let units = entry.optional("units", units_of);
        let service_tasks = entry.optional("service_tasks", tasks_of);
        let login = entry.optional("login", |place| place.word(&LOGINS));
        let first = entry.required("first_day").and_then(|place| place.day());
        let last = entry.required("last_day").and_then(|place| place.day());
        Some(DelegationTerms {
            producer: producer?,
            units: units?.unwrap_or_default(),
            service_tasks: service_tasks?,
            login: login?.unwrap_or(Strength::Strong),
            validity: Validity { first: first?, last: Some(last?) },
        })
    });
    faults.or(terms)
}

/// Reads whether what was granted under a delegation ends with it: `{"rights":"end"}` or `{"rights":"keep"}`.
///
/// # Errors
/// As [`read`].
pub fn read_withdrawal(bytes: &[u8]) -> Result<bool, Vec<Fault>> {
    let content = content::read(bytes, "withdrawal").map_err(|fault| vec![fault])?;
    let faults = Faults::of("JOI-3");
    let ends = Place::root(&content, &faults)
        .object(&["rights"])
        .and_then(|said| said.required("rights")?.word(&[("end", true), ("keep", false)]));
    faults.or(ends)
}

/// Reads a right as the archive keeps it.
///
/// # Errors
/// As [`read`].
pub fn read_right(bytes: &[u8]) -> Result<UserRight, Vec<Fault>> {
    let content = content::read(bytes, "user").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let entry = user_of(Place::root(&content, &faults));
    faults.or(entry).map(|entry| entry.right)
}

/// Prints a right as the archive keeps it: the same right gives the same text. The identity code is no part of it.
#[must_use]
pub fn write_right(right: &UserRight) -> String {
    let text = |text: &str| Some(Content::Text(text.to_owned().into()));
    let list = |all: Vec<Content<'static>>| (!all.is_empty()).then_some(Content::List(all));
    let units = right.units.iter().map(|unit| Content::Text(unit.to_string().into()));
    let tasks = right.service_tasks.as_ref().map(|tasks| {
        let tasks = tasks.iter().map(|task| Content::Text(task.to_string().into()));
        Content::List(tasks.collect())
    });
    let login = LOGINS.iter().find(|(_, login)| *login == right.login).map(|(word, _)| *word);
    let until = right.validity.last.map(|day| day.to_string());
    content::write(&object([
        ("subject", text(&right.subject)),
        ("organisation", text(right.organisation.as_str())),
        ("given_names", text(&right.given_names)),
        ("family_name", text(&right.family_name)),
        ("role", text(right.role.code())),
        ("units", list(units.collect())),
        ("service_tasks", tasks),
        ("login", login.and_then(text)),
        ("first_day", text(&right.validity.first.to_string())),
        ("last_day", until.as_deref().and_then(text)),
        ("granted_by", text(&right.granted_by)),
    ]))
}

/// The members of a right, but for the identity code and who granted it.
const OF_RIGHT: [&str; 10] = [
    "subject",
    "organisation",
    "given_names",
    "family_name",
    "role",
    "units",
    "service_tasks",
    "login",
    "first_day",
    "last_day",
];

fn user_of(place: Place<'_>) -> Option<UserEntry> {
    let known: Vec<&str> = OF_RIGHT.into_iter().chain(["identity_code", "granted_by"]).collect();
    let entry = place.object(&known)?;
    let granted_by = entry.required("granted_by").and_then(|place| place.text().map(str::to_owned));
    entry_of(&entry, granted_by)
}

/// The service tasks of a list. A code stands in lines of the log, word by word.
fn tasks_of(place: Place<'_>) -> Option<Vec<Arc<str>>> {
    place.all(|place| {
        let text = place.text()?;
        if !text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter)) {
            place.fault(FaultKind::WrongForm, |fault| fault.arg("expected", "24"));
            return None;
        }
        Some(Arc::from(text))
    })
}

fn units_of(place: Place<'_>) -> Option<Vec<Oid>> {
    place.all(|place| place.oid())
}

fn entry_of(entry: &Object<'_>, granted_by: Option<String>) -> Option<UserEntry> {
    let words = Role::ALL.map(|role| (role.code(), role));
    let text = |name| entry.required(name).and_then(|place| place.text().map(str::to_owned));
    let subject = entry.required("subject").and_then(|place| {
        let subject = place.text()?;
        // It stands in lines of the log, word by word.
        if subject.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            place.fault(FaultKind::WrongForm, |fault| fault.arg("expected", "aino.testi"));
            return None;
        }
        Some(subject.to_owned())
    });
    let organisation = entry.required("organisation").and_then(|place| place.oid());
    let (given_names, family_name) = (text("given_names"), text("family_name"));
    let code = entry.optional("identity_code", |place| code_of(&place));
    let role = entry.required("role").and_then(|place| place.word(&words));
    let units = entry.optional("units", units_of);
    let service_tasks = entry.optional("service_tasks", tasks_of);
    let login = entry.optional("login", |place| place.word(&LOGINS));
    let validity = entry.validity();
    let right = UserRight {
        subject: subject?,
        organisation: organisation?,
        organiser: None,
        given_names: given_names?,
        family_name: family_name?,
        role: role?,
        units: units?.unwrap_or_default(),
        service_tasks: service_tasks?,
        login: login?.unwrap_or(Strength::Strong),
        validity: validity?,
        granted_by: granted_by?,
    };
    Some(UserEntry { right, code: code? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_of_users_is_read() {
        let text = br#"{"users":[{"subject":"aino","organisation":"1.2.246.10.1","given_names":"Aino",
            "family_name":"Testi","identity_code":"180418A903L","role":"worker",
            "units":["1.2.246.10.1.10"],"service_tasks":["24"],"login":"weak",
            "first_day":"2026-01-01","granted_by":"Olli"},
            {"subject":"olli","organisation":"1.2.246.10.1","given_names":"Olli","family_name":"Testi",
            "role":"archivist","first_day":"2026-01-01","last_day":"2026-12-31","granted_by":"Olli"}]}"#;
        let users = read(text).unwrap();
        assert_eq!(users.len(), 2);
        assert_eq!(users[0].right.login, Strength::Weak);
        assert!(users[0].code.is_some() && users[1].code.is_none());
        for user in &users {
            let printed = write_right(&user.right);
            assert_eq!(read_right(printed.as_bytes()).unwrap(), user.right);
            assert!(!printed.contains("180418"));
        }
        let rights: Vec<UserRight> = users.iter().map(|user| user.right.clone()).collect();
        let again = read(write(&rights).as_bytes()).unwrap();
        assert_eq!(again.into_iter().map(|one| one.right).collect::<Vec<_>>(), rights);
        assert_eq!(read(write([]).as_bytes()), Ok(Vec::new()));
        assert_eq!(
            (users[1].right.login, users[1].right.service_tasks.clone()),
            (Strength::Strong, None)
        );
    }

    #[test]
    fn every_fault_of_a_file_is_told_and_no_value_is() {
        let text = br#"{"users":[{"subject":"a b","organisation":"x","given_names":"Aino","role":"boss",
            "identity_code":"180418A903M","first_day":"2026-01-01","granted_by":"Olli","hobby":"chess"}]}"#;
        let faults = read(text).unwrap_err();
        let told: Vec<&str> = faults.iter().map(|fault| fault.element.as_str()).collect();
        for path in ["hobby", "subject", "organisation", "family_name", "identity_code", "role"] {
            assert!(told.iter().any(|one| one.ends_with(path)), "{path} in {told:?}");
        }
        assert!(faults.iter().all(|fault| fault.value.is_none()));
    }

    /// JOI-3: what a main user asks is read with every fault at once, and no value of a person is told.
    #[test]
    fn what_a_main_user_asks_is_read_with_every_fault() {
        let told = |faults: Vec<Fault>| -> Vec<(&'static str, String)> {
            faults.into_iter().map(|one| (one.code(), one.element)).collect()
        };
        let text = br#"{"subject":"aino","organisation":"1.2.246.10.3","organiser":"1.2.246.10.1","delegation":"7",
            "given_names":"Aino","family_name":"Testi","role":"producer-worker","units":["1.2.246.10.3.10"],
            "first_day":"2026-01-01"}"#;
        let grant = read_grant(text).unwrap();
        assert_eq!(grant.delegation, Some(7));
        assert_eq!(grant.entry.right.organiser, Some(Oid::parse("1.2.246.10.1").unwrap()));
        let text =
            br#"{"subject":"a b","organisation":"1.2.246.10.3","organiser":"x","delegation":"x",
            "given_names":"Aino","family_name":"Testi","role":"boss","service_tasks":["2 4"],
            "first_day":"2026-01-01","granted_by":"me"}"#;
        let faults = read_grant(text).unwrap_err();
        assert!(faults.iter().all(|fault| fault.value.is_none()));
        let expected = [
            ("unknown-element", "granted_by"),
            ("not-an-oid", "organiser"),
            ("wrong-form", "delegation"),
            ("wrong-form", "subject"),
            ("wrong-form", "role"),
            ("wrong-form", "service_tasks/0"),
        ];
        assert_eq!(told(faults), expected.map(|(code, element)| (code, element.to_owned())));
        let faults =
            told(read_delegation(br#"{"units":["x"],"first_day":"2026-01-01"}"#).unwrap_err());
        let expected = [
            ("missing-element", "producer"),
            ("not-an-oid", "units/0"),
            ("missing-element", "last_day"),
        ];
        assert_eq!(faults, expected.map(|(code, element)| (code, element.to_owned())));
        assert_eq!(read_withdrawal(br#"{"rights":"end"}"#), Ok(true));
        assert_eq!(told(read_withdrawal(b"{}").unwrap_err())[0].0, "missing-element");
    }
}
