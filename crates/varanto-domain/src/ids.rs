//! Identifiers: OIDs, identity codes, temporary identifiers, and the keys used inside.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::time::FinnishDay;

/// An object identifier in dotted form, as every national thing is named (ISO OID, JHS 159).
///
/// Cheap to clone. Two OIDs are equal when their text is, because the accepted form is unique.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Arc<str>);

/// Why a text is not an OID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnOid;

impl Oid {
    /// The longest OID taken, in characters; the national register's are under fifty.
    pub const MAX_CHARACTERS: usize = 128;

    /// Reads the dotted form: at least two arcs of digits, none with a leading zero, the first 0 to
    /// 2, and the second under 40 below the first two.
    ///
    /// # Errors
    /// [`NotAnOid`] when the text breaks that form or is longer than [`Oid::MAX_CHARACTERS`].
    pub fn parse(text: &str) -> Result<Self, NotAnOid> {
        if text.len() > Self::MAX_CHARACTERS {
            return Err(NotAnOid);
        }
        let mut arcs = text.split('.');
        let first = arcs.next().and_then(arc).ok_or(NotAnOid)?;
        let second = arcs.next().and_then(arc).ok_or(NotAnOid)?;
        let fits = matches!(first, "0" | "1" | "2")
            && (first == "2" || second.len() == 1 || (second.len() == 2 && second < "40"));
        if fits && arcs.all(|text| arc(text).is_some()) {
            Ok(Self(text.into()))
        } else {
            Err(NotAnOid)
        }
    }

    /// The OID in a text that may carry the `urn:oid:` prefix, as real systems send both spellings.
    ///
    /// # Errors
    /// [`NotAnOid`] as for [`Oid::parse`].
    pub fn parse_either(text: &str) -> Result<Self, NotAnOid> {
        Self::parse(text.strip_prefix("urn:oid:").unwrap_or(text))
    }

    /// The dotted text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this OID is `root` itself or lies anywhere below it.
    #[must_use]
    pub fn is_under(&self, root: &Oid) -> bool {
        self.is_under_text(root.as_str())
    }

    /// As [`Oid::is_under`], for a root known as text.
    #[must_use]
    pub fn is_under_text(&self, root: &str) -> bool {
        self.0.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The OID with one more arc, or several written with dots, at its end.
    ///
    /// # Errors
    /// [`NotAnOid`] when the result breaks the form.
    pub fn child(&self, arcs: impl fmt::Display) -> Result<Self, NotAnOid> {
        Self::parse(&format!("{}.{arcs}", self.0))
    }

    /// The node that an organisation numbers its own things under: the OID up to the business id,
    /// `1.2.246.10.<business id>` (JHS 159). `None` for an OID outside the organisations' arc.
    #[must_use]
    pub fn organisation_node(&self) -> Option<Oid> {
        let rest = self.0.strip_prefix("1.2.246.10.")?;
        let business_id = rest.split('.').next()?;
        Oid::parse(&format!("1.2.246.10.{business_id}")).ok()
    }
}

fn arc(text: &str) -> Option<&str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits && (text.len() == 1 || !text.starts_with('0'))).then_some(text)
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Oid {
    type Err = NotAnOid;
    fn from_str(text: &str) -> Result<Self, NotAnOid> {
        Self::parse(text)
    }
}

/// A Finnish personal identity code (henkilötunnus): born on a day that exists, with the right check
/// character.
///
/// `Debug` and `Display` are masked; [`PersonalIdentityCode::reveal`] gives the text to the few
/// places that need it (design D8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonalIdentityCode([u8; 11]);

/// What is wrong with a text that should be a personal identity code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityCodeError {
    /// Not `ddmmyy`, a century sign, three digits and a check character.
    Form,
    /// The century sign is none of `+ - Y X W V U A B C D E F`.
    Century,
    /// The first six digits and the century sign name no day.
    BirthDate,
    /// The individual number is under 002.
    IndividualNumber,
    /// The check character does not follow from the digits.
    CheckCharacter,
}

const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

impl PersonalIdentityCode {
    /// The code set root under which identity codes travel.
    pub const ROOT: &'static str = "1.2.246.21";

    /// Reads a code. Letters must be upper case.
    ///
    /// # Errors
    /// The first thing that is wrong, from form to check character.
    ///
    /// Source: Act 661/2009 and decree 128/2010; the century signs added in 2023 (decree 690/2022).
    pub fn parse(text: &str) -> Result<Self, IdentityCodeError> {
        let bytes: [u8; 11] = text.as_bytes().try_into().map_err(|_| IdentityCodeError::Form)?;
        let digits = |range: std::ops::Range<usize>| {
            bytes[range]
                .iter()
                .try_fold(0u32, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
        };
        let (Some(date), Some(individual)) = (digits(0..6), digits(7..10)) else {
            return Err(IdentityCodeError::Form);
        };
        birth_day_of(date, bytes[6])?;
        if individual < 2 {
            return Err(IdentityCodeError::IndividualNumber);
        }
        let check = CHECK_CHARACTERS[((date * 1000 + individual) % 31) as usize];
        if bytes[10] != check {
            return Err(IdentityCodeError::CheckCharacter);
        }
        Ok(Self(bytes))
    }

    /// Makes the code of a birth day and an individual number, with its first century sign.
    /// Used for synthetic persons.
    ///
    /// # Errors
    /// When the year is outside 1800 to 2099 or the number outside 2 to 999.
    pub fn compose(born: FinnishDay, individual: u16) -> Result<Self, IdentityCodeError> {
        let sign = match born.year() {
            1800..=1899 => '+',
            1900..=1999 => '-',
            2000..=2099 => 'A',
            _ => return Err(IdentityCodeError::Century),
        };
        let date = format!("{:02}{:02}{:02}", born.day(), born.month(), born.year() % 100);
        let number: u32 = date.parse().map_err(|_| IdentityCodeError::Form)?;
        let rest = (number * 1000 + u32::from(individual)) % 31;
        let check = CHECK_CHARACTERS[rest as usize] as char;
        Self::parse(&format!("{date}{sign}{individual:03}{check}"))
    }

    /// The code in full. Never for logs, metrics, addresses or error texts.
    #[must_use]
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII is taken in")
    }

    /// The day of birth that the code states.
    #[must_use]
    pub fn birth_day(&self) -> FinnishDay {
        let date = self.0[..6].iter().fold(0u32, |sum, b| sum * 10 + u32::from(b - b'0'));
        birth_day_of(date, self.0[6]).expect("checked when the code was read")
    }

    /// Whether the code belongs to an artificial person (individual numbers 900 to 999).
    #[must_use]
    pub fn is_artificial(&self) -> bool {
        self.0[7] == b'9'
    }
}

fn birth_day_of(ddmmyy: u32, sign: u8) -> Result<FinnishDay, IdentityCodeError> {
    let century = match sign {
        b'+' => 1800,
        b'-' | b'Y' | b'X' | b'W' | b'V' | b'U' => 1900,
        b'A'..=b'F' => 2000,
        _ => return Err(IdentityCodeError::Century),
    };
    let part = |number: u32| i8::try_from(number % 100).expect("two digits fit");
    FinnishDay::new(century + i16::from(part(ddmmyy)), part(ddmmyy / 100), part(ddmmyy / 10_000))
        .ok_or(IdentityCodeError::BirthDate)
}

impl fmt::Debug for PersonalIdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******-****")
    }
}

impl fmt::Display for PersonalIdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******-****")
    }
}

/// An identifier given to a client who has no identity code, or whose code is not known (tilapäinen
/// yksilöintitunnus): eleven characters in the code's form under the issuing organisation's node.
///
/// The check character is not verified: issuers do not all follow the rule.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TemporaryIdentifier {
    root: Oid,
    extension: Arc<str>,
}

impl TemporaryIdentifier {
    /// Reads an identifier: the root is `1.2.246.10.<business id or location>.22.<year>`.
    ///
    /// # Errors
    /// `Err(true)` when the root is not such a node, `Err(false)` when the extension is not eleven
    /// characters of `ddmmyy`, a century sign, and four letters or digits.
    ///
    /// Source: ARC-11, national-specs 2.4.
    pub fn new(root: &Oid, extension: &str) -> Result<Self, TemporaryIdentifierError> {
        let arcs: Vec<&str> = root.as_str().split('.').collect();
        let issued_here = root.is_under_text("1.2.246.10")
            && arcs.len() >= 7
            && arcs[arcs.len() - 2] == "22"
            && arcs[arcs.len() - 1].len() == 4;
        if !issued_here {
            return Err(TemporaryIdentifierError::Root);
        }
        let b = extension.as_bytes();
        let formed = b.len() == 11
            && b[..6].iter().all(u8::is_ascii_digit)
            && matches!(b[6], b'+' | b'-' | b'U'..=b'Y' | b'A'..=b'F')
            && b[7..].iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if !formed {
            return Err(TemporaryIdentifierError::Extension);
        }
        Ok(Self { root: root.clone(), extension: extension.into() })
    }

    /// The issuing node.
    #[must_use]
    pub fn root(&self) -> &Oid {
        &self.root
    }

    /// The eleven characters in full. Never for logs, metrics, addresses or error texts.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.extension
    }
}

/// Which half of a temporary identifier is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporaryIdentifierError {
    /// The root is not `1.2.246.10.<issuer>.22.<year>`.
    Root,
    /// The extension is not eleven characters in the form of an identity code.
    Extension,
}

impl fmt::Debug for TemporaryIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/***********", self.root)
    }
}

/// By what a client is known: the identity code, or an identifier that stands in for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientIdentifier {
    /// A personal identity code.
    Code(PersonalIdentityCode),
    /// A temporary identifier.
    Temporary(TemporaryIdentifier),
}

impl ClientIdentifier {
    /// The identifier as pages and prints write it: the day of birth of an identity code, nothing of another.
    #[must_use]
    pub fn in_views(&self) -> String {
        match self {
            Self::Code(code) => format!("{}*****", &code.reveal()[..6]),
            Self::Temporary(_) => String::new(),
        }
    }
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A 64-bit number that grows with time (see [`Ids`]); unique over the whole archive.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub i64);
    };
}

key!(/** The archive's own key of a client. */ ClientKey);
key!(/** The archive's own key of one version of one document. */ VersionKey);

/// Makes the archive's own keys.
///
/// A key holds the millisecond in its upper bits and a running number in its lower ones, so that
/// newer things sort later, and is never given twice, over restarts too.
pub trait Ids: Send + Sync {
    /// The next key.
    fn next_key(&self) -> i64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_has_one_spelling() {
        for good in ["1.2.246.10.2012566.95.2026.688883.2655274", "2.999", "0.39", "1.2"] {
            assert_eq!(Oid::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "1", "1.", ".1", "1.02", "3.1", "1.40", "1.2..3", "1.2.a", "1.2 ", "١.2"] {
            assert_eq!(Oid::parse(bad), Err(NotAnOid), "{bad}");
        }
    }

    #[test]
    fn a_node_lies_under_its_organisation_and_not_under_a_namesake() {
        let node = Oid::parse("1.2.246.10.2012566.95.2026.1").unwrap();
        assert!(node.is_under_text("1.2.246.10.2012566"));
        assert!(!node.is_under_text("1.2.246.10.201256"));
        assert_eq!(node.organisation_node().unwrap().as_str(), "1.2.246.10.2012566");
    }

    #[test]
    fn every_century_sign_gives_its_century() {
        for (signs, year) in [("+", 1890), ("-YXWVU", 1990), ("ABCDEF", 2090)] {
            for sign in signs.chars() {
                let rest: usize = (10_190 * 1000 + 900) % 31;
                let check = CHECK_CHARACTERS[rest] as char;
                let code = PersonalIdentityCode::parse(&format!("010190{sign}900{check}")).unwrap();
                assert_eq!(code.birth_day().year(), year);
                assert!(code.is_artificial());
            }
        }
    }

    #[test]
    fn each_fault_of_an_identity_code_is_told_apart() {
        use IdentityCodeError as E;
        let check = |text: &str| PersonalIdentityCode::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(check("180418A903"), E::Form);
        assert_eq!(check("18O418A903L"), E::Form);
        assert_eq!(check("180418G903L"), E::Century);
        assert_eq!(check("310290-903L"), E::BirthDate);
        assert_eq!(check("180418A0017"), E::IndividualNumber);
        assert_eq!(check("180418A903M"), E::CheckCharacter);
        assert!(PersonalIdentityCode::parse("180418A903L").is_ok());
    }

    #[test]
    fn an_identity_code_never_shows_in_debug_output() {
        let code = PersonalIdentityCode::parse("180418A903L").unwrap();
        let shown = format!("{code:?} {code} {:?}", ClientIdentifier::Code(code));
        assert!(!shown.contains("180418"));
    }
}
