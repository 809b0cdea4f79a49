//! Whose a document is, and in whose register, in a report that names nobody: marks that are equal where two rows are of
//! the same client, and tell no more.
//!
//! A mark follows from the source and what the row says, so that two batches of a source have the same ones; it cannot be
//! read, but a guess can be tried at it. A row that does not name its client by code is told by what the organisation calls
//! the client, or by name. Source: OLD-9.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use varanto_domain::ids::{Oid, PersonalIdentityCode};

use crate::conversion::hexadecimal;
use crate::documents::Values;
use crate::identifiers::{Mark, mark};
use crate::mapping::{Mapping, Target};

/// A mark, written as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Digits(Mark);

/// Whose a row is, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    /// In whose register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    register: Option<Digits>,
    /// By the identity code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Digits>,
    /// By what the organisation calls the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<Digits>,
    /// By the names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Digits>,
}

/// How two rows are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Of one client, in one register.
    Same,
    /// Of another client, or in another register.
    Another,
    /// One of them does not tell.
    Unknown,
}

impl Whose {
    /// Whose a row is by what the mapping and people made of it; `None` where it says nothing of it.
    #[must_use]
    pub fn of(mapping: &Mapping, values: &Values) -> Option<Self> {
        let text = |target: Target| values.get(&target).map(String::as_str);
        let made =
            |kind: &str, said: &str| Digits(mark(mapping, &["whose", kind, &mapping.source, said]));
        let code = text(Target::IdentityCode).and_then(|one| PersonalIdentityCode::parse(one).ok());
        let names = [Target::FamilyName, Target::GivenNames].map(|one| text(one).map(folded));
        let name = names.iter().any(Option::is_some).then(|| {
            let [family, given] = names.map(Option::unwrap_or_default);
            made("name", &format!("{family}\n{given}"))
        });
        let whose = Self {
            register: text(Target::Controller)
                .filter(|one| Oid::parse(one).is_ok())
                .map(|one| made("register", one)),
            code: code.map(|code| made("code", code.reveal())),
            client: text(Target::Client).map(|one| made("client", one.trim())),
            name,
        };
        (whose != Self::default()).then_some(whose)
    }

    /// How it is to another row's: by the surest that both say.
    pub(crate) fn to(&self, other: &Self) -> Kin {
        let differ = |(one, other): (Option<Digits>, Option<Digits>)| Some(one? != other?);
        if differ((self.register, other.register)) == Some(true) {
            return Kin::Another;
        }
        let said = [(self.code, other.code), (self.client, other.client), (self.name, other.name)];
        match said.into_iter().find_map(differ) {
            Some(true) => Kin::Another,
            Some(false) => Kin::Same,
            None => Kin::Unknown,
        }
    }
}

/// A name as it is compared: however it is written in capitals and spaces, and its dots apart or not.
fn folded(name: &str) -> String {
    let words: Vec<String> =
        name.split_whitespace().map(|word| word.nfc().collect::<String>().to_lowercase()).collect();
    words.join(" ")
}

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hexadecimal(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || Error::custom("a mark has 24 hexadecimal digits");
        let mut mark = Mark::default();
        if text.len() != 2 * mark.len() || !text.is_ascii() {
            return Err(wrong());
        }
        for (at, byte) in mark.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(mark))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The marks of a client with this number, in a register.
    pub(crate) fn of_client(number: u8, register: u8) -> Whose {
        let mark = |kind: u8| Some(Digits([kind, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        Whose {
            register: Some(Digits([register; 12])),
            code: mark(1),
            client: mark(2),
            name: mark(3),
        }
    }

    /// OLD-9: by the code where both rows name one, else by what the organisation calls the client, else by name; and in one
    /// register.
    #[test]
    fn rows_are_compared_by_the_surest_that_both_say() {
        let (anna, pekka) = (of_client(1, 1), of_client(2, 1));
        let without = |one: &Whose, code: bool, client: bool, name: bool| Whose {
            code: one.code.filter(|_| !code),
            client: one.client.filter(|_| !client),
            name: one.name.filter(|_| !name),
            ..one.clone()
        };
        assert_eq!(anna.to(&anna), Kin::Same);
        assert_eq!(anna.to(&pekka), Kin::Another);
        assert_eq!(anna.to(&of_client(1, 2)), Kin::Another, "another register");
        assert_eq!(anna.to(&without(&anna, true, false, true)), Kin::Same);
        assert_eq!(without(&anna, true, true, false).to(&anna), Kin::Same);
        assert_eq!(without(&pekka, true, true, false).to(&anna), Kin::Another);
        assert_eq!(without(&anna, true, true, true).to(&anna), Kin::Unknown);
        assert_eq!(
            without(&anna, false, true, true).to(&without(&anna, true, false, false)),
            Kin::Unknown
        );
        // One client number under two codes is two.
        let other = Whose { code: pekka.code, ..anna.clone() };
        assert_eq!(anna.to(&other), Kin::Another);
        // A register that was not known is none that differs.
        assert_eq!(Whose { register: None, ..anna.clone() }.to(&anna), Kin::Same);
    }

    /// OLD-9: marks are written and read as they are.
    #[test]
    fn marks_are_read_as_they_were_written() {
        let anna = of_client(1, 1);
        let written = serde_json::to_string(&anna).expect("marks are texts");
        assert_eq!(serde_json::from_str::<Whose>(&written).expect("as it was written"), anna);
        for wrong in [r#"{"code":"ab"}"#, r#"{"code":"é1"}"#, r#"{"id":"00"}"#] {
            assert!(serde_json::from_str::<Whose>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(folded(" VIRTANEN  Anna\tMaria"), folded("Virtanen anna maria"));
    }
}
