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
//! code a worker is known again as a client. A person with several rights has an entry for each. An unknown member is a
//! fault, and no fault shows a value.
//!
//! Source: ACC-2.

use std::sync::Arc;

use varanto_domain::access::users::UserRight;
use varanto_domain::access::{Role, Strength};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::structures::Content;

use crate::code_sets::object;
use crate::content;
use crate::members::{Faults, Place};
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

fn user_of(place: Place<'_>) -> Option<UserEntry> {
    let known = [
        "subject",
        "organisation",
        "given_names",
        "family_name",
        "identity_code",
        "role",
        "units",
        "service_tasks",
        "login",
        "first_day",
        "last_day",
        "granted_by",
    ];
    let entry = place.object(&known)?;
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
    let units = entry.optional("units", |place| place.all(|place| place.oid()));
    let tasks = |place: Place<'_>| place.all(|place| place.text().map(Arc::from));
    let service_tasks = entry.optional("service_tasks", tasks);
    let login = entry.optional("login", |place| place.word(&LOGINS));
    let validity = entry.validity();
    let granted_by = text("granted_by");
    let right = UserRight {
        subject: subject?,
        organisation: organisation?,
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
}
