//! Query parameters: the known ones, each once; unknown ones are refused, never ignored.

use varanto_domain::faults::{Fault, FaultKind};
use varanto_formats::query;

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
        query::read(query.unwrap_or_default(), known).map(Self).map_err(all_of)
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
