//! Query parameters: the known ones, each once; unknown ones are refused, never ignored.

use varanto_domain::faults::{Fault, FaultKind};

use crate::rest::problem::Problem;

/// The query parameters of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the query part of an address.
    ///
    /// # Errors
    /// 400 with a fault for every parameter that is unknown or given twice.
    pub fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut all: Vec<(String, String)> = Vec::new();
        let mut faults = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            if !known.contains(&name.as_str()) {
                let fault = Fault::new(FaultKind::UnknownParameter, short(&name), "ARC-8");
                faults.push(fault.arg("known", known_text(known)));
            } else if all.iter().any(|(earlier, _)| *earlier == name) {
                faults.push(Fault::new(FaultKind::DuplicateMember, name, "ARC-8"));
            } else {
                all.push((name, value));
            }
        }
        if faults.is_empty() { Ok(Self(all)) } else { Err(all_of(faults)) }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter read into a type, if it is there.
    ///
    /// # Errors
    /// 400 with a fault when it cannot be read.
    pub fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        let read = |value: &str| {
            value.parse().map_err(|_| {
                let fault = Fault::new(FaultKind::WrongForm, name, "ARC-8");
                Problem::fault(fault.arg("expected", expected))
            })
        };
        self.get(name).map(read).transpose()
    }
}

fn all_of(faults: Vec<Fault>) -> Problem {
    let mut problem = Problem::faults(faults);
    problem.status = axum::http::StatusCode::BAD_REQUEST;
    problem
}

fn known_text(known: &[&str]) -> String {
    if known.is_empty() { "–".to_owned() } else { known.join(", ") }
}

/// A name a stranger made up, short enough to tell back.
pub(super) fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Undoes percent-encoding; bytes that are no UTF-8 become the replacement character.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unknown_or_repeated_parameter_is_told_at_once() {
        let problem =
            Parameters::read(Some("from=1&frmo=2&from=3&x"), &["from", "to"]).unwrap_err();
        let told: Vec<_> = problem.faults.iter().map(|f| (f.code(), f.element.as_str())).collect();
        let expected = [
            ("unknown-parameter", "frmo"),
            ("duplicate-member", "from"),
            ("unknown-parameter", "x"),
        ];
        assert_eq!(told, expected);
        assert_eq!(problem.status, 400);
    }

    #[test]
    fn values_are_decoded_and_read() {
        let read = Parameters::read(Some("day=2026%2D03-01&n=7&bad=%zz+"), &["day", "n", "bad"]);
        let read = read.unwrap();
        assert_eq!(read.get("day"), Some("2026-03-01"));
        assert_eq!(read.get("bad"), Some("%zz "));
        assert_eq!(read.parsed::<u64>("n", "a number").unwrap(), Some(7));
        assert_eq!(read.parsed::<u64>("none", "a number").unwrap(), None);
        assert!(read.parsed::<u64>("day", "a number").is_err());
    }
}
