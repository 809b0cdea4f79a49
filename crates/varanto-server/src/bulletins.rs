//! Disturbance bulletins: what operators tell the joined organisations. Source: OPS-4.
//!
//! They live in one file of the data directory, written by the command line and read by the doors.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varanto_domain::time::Instant;

use crate::certificates::{CertificateError, write_private};
use crate::texts::Language;

/// A bulletin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// Its number, from 1.
    pub number: u32,
    /// How bad it is.
    pub severity: Severity,
    /// When it was published, RFC 3339.
    pub published: String,
    /// When it stops being shown by itself, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// When it was withdrawn, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// The text in Finnish.
    pub fi: String,
    /// The text in Swedish.
    pub sv: String,
    /// The text in English.
    pub en: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know, such as a planned break.
    Notice,
    /// Something works slowly or in part.
    Degraded,
    /// Something does not work.
    Disturbance,
}

impl Severity {
    /// The stable code, also the key of its text.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Degraded => "degraded",
            Self::Disturbance => "disturbance",
        }
    }
}

impl Bulletin {
    /// Whether it is shown now.
    #[must_use]
    pub fn shown_at(&self, now: Instant) -> bool {
        let ended = self.until.as_deref().and_then(Instant::parse).is_some_and(|until| now > until);
        self.withdrawn.is_none() && !ended
    }

    /// The text in a language.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Finnish => &self.fi,
            Language::Swedish => &self.sv,
            Language::English => &self.en,
        }
    }
}

/// The file of bulletins.
#[derive(Debug, Clone)]
pub struct Bulletins(PathBuf);

impl Bulletins {
    /// The bulletins of a data directory.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(data.join("bulletins.json"))
    }

    /// All of them, oldest first; none when there is no file yet.
    pub fn list(&self) -> Result<Vec<Bulletin>, CertificateError> {
        match fs::read(&self.0) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| self.failed(std::io::Error::other(error))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Those shown now, newest first. An unreadable file shows none and logs a line.
    #[must_use]
    pub fn shown(&self, now: Instant) -> Vec<Bulletin> {
        let mut all = self.list().unwrap_or_else(|error| {
            tracing::warn!(%error, "the bulletins cannot be read");
            Vec::new()
        });
        all.retain(|bulletin| bulletin.shown_at(now));
        all.reverse();
        all
    }

    /// Publishes a bulletin; its number is given here.
    pub fn publish(&self, mut bulletin: Bulletin) -> Result<u32, CertificateError> {
        let mut all = self.list()?;
        bulletin.number = all.last().map_or(1, |last| last.number + 1);
        let number = bulletin.number;
        all.push(bulletin);
        self.write(&all)?;
        Ok(number)
    }

    /// Withdraws a bulletin; `false` when there is none with this number to withdraw.
    pub fn withdraw(&self, number: u32, now: Instant) -> Result<bool, CertificateError> {
        let mut all = self.list()?;
        let open =
            |bulletin: &&mut Bulletin| bulletin.number == number && bulletin.withdrawn.is_none();
        let Some(bulletin) = all.iter_mut().find(open) else { return Ok(false) };
        bulletin.withdrawn = Some(now.to_string());
        self.write(&all)?;
        Ok(true)
    }

    fn write(&self, all: &[Bulletin]) -> Result<(), CertificateError> {
        let text = serde_json::to_vec_pretty(all).expect("bulletins are always JSON");
        write_private(&self.0, &text)
    }

    fn failed(&self, source: std::io::Error) -> CertificateError {
        CertificateError::File { path: self.0.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulletin(until: Option<&str>) -> Bulletin {
        Bulletin {
            number: 0,
            severity: Severity::Notice,
            published: "2026-03-01T00:00:00Z".into(),
            until: until.map(Into::into),
            withdrawn: None,
            fi: "Huoltokatko".into(),
            sv: "Serviceavbrott".into(),
            en: "Maintenance".into(),
        }
    }

    #[test]
    fn a_bulletin_is_shown_until_it_ends_or_is_withdrawn() {
        let home = tempfile::tempdir().unwrap();
        let bulletins = Bulletins::of(home.path());
        let at = |text: &str| Instant::parse(text).unwrap();
        assert_eq!(bulletins.publish(bulletin(Some("2026-03-02T00:00:00Z"))).unwrap(), 1);
        assert_eq!(bulletins.publish(bulletin(None)).unwrap(), 2);

        let shown = |text| bulletins.shown(at(text)).iter().map(|b| b.number).collect::<Vec<_>>();
        assert_eq!(shown("2026-03-01T12:00:00Z"), [2, 1]);
        assert_eq!(shown("2026-03-02T00:00:01Z"), [2]);
        assert!(bulletins.withdraw(2, at("2026-03-03T00:00:00Z")).unwrap());
        assert!(!bulletins.withdraw(2, at("2026-03-03T00:00:00Z")).unwrap());
        assert!(shown("2026-03-03T00:00:01Z").is_empty());
        assert_eq!(bulletins.list().unwrap().len(), 2);
    }
}
