//! Correction requests (oikaisupyyntö): what is asked to be put right in a document that the citizen's view shows, and what
//! became of it.
//!
//! A request is no document: the nation has no structure for one. The lines of the use log tell of each whole; [`told`]
//! says what the rows must be.

use std::collections::BTreeMap;

use crate::access::log::{Event, KeptLine};
use crate::faults::FaultKind;
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::time::{FinnishDay, Instant};

/// Within so many days a request is to be answered.
///
/// Source: General Data Protection Regulation, article 12(3): one month; own-choices.
pub const ANSWER_DAYS: i32 = 30;

/// The last day on which a request of a moment is answered in time.
#[must_use]
pub fn answer_by(asked: Instant) -> FinnishDay {
    FinnishDay::of(asked).plus_days(ANSWER_DAYS)
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The document was corrected: by this version.
    Corrected(VersionKey),
    /// The version was invalidated.
    Removed,
    /// Nothing is corrected, for reasons that are told.
    Refused,
    /// Who asked took it back.
    Withdrawn,
}

/// How somebody answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The document was corrected.
    Corrected,
    /// The version was invalidated.
    Removed,
    /// Nothing is corrected.
    Refused,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Corrected, Self::Removed, Self::Refused];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Removed => "removed",
            Self::Refused => "refused",
        }
    }

    /// The answer with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

impl Ending {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Corrected(_) => Answer::Corrected.code(),
            Self::Removed => Answer::Removed.code(),
            Self::Refused => Answer::Refused.code(),
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The ending with this name; `by` is the version that corrects.
    #[must_use]
    pub fn of_code(code: &str, by: Option<VersionKey>) -> Option<Self> {
        match (code, by) {
            ("withdrawn", None) => Some(Self::Withdrawn),
            _ => match (Answer::of_code(code)?, by) {
                (Answer::Corrected, Some(by)) => Some(Self::Corrected(by)),
                (Answer::Removed, None) => Some(Self::Removed),
                (Answer::Refused, None) => Some(Self::Refused),
                _ => None,
            },
        }
    }

    /// The version that corrects.
    #[must_use]
    pub const fn by(self) -> Option<VersionKey> {
        match self {
            Self::Corrected(by) => Some(by),
            Self::Removed | Self::Refused | Self::Withdrawn => None,
        }
    }
}

/// The answers that somebody may give who sees the document whole: what was done, by who may make its next version
/// (`replaces`); that nothing is corrected, too, by who `decides`, the controller's own side that may make it and the keeper of
/// the controller's archive, for the client may complain of that. Of a version that is invalidated, with none in force, who might invalidate it (`removes`) says so.
///
/// Source: CIT-6, RUR-4; own-choices.
#[must_use]
pub const fn answers_of(decides: bool, replaces: bool, removes: bool) -> &'static [Answer] {
    match (decides, replaces, removes) {
        (true, ..) => &Answer::ALL,
        (false, true, _) => &[Answer::Corrected, Answer::Removed],
        (false, false, true) => &[Answer::Removed],
        (false, false, false) => &[],
    }
}

/// What became of a document since a request was made about one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// When it was asked.
    pub asked_at: Instant,
    /// The version in force, and when it was archived.
    pub in_force: Option<(VersionKey, Instant)>,
    /// Whether that one says anything else than the version that was asked about.
    pub changed: bool,
    /// Whether the version that was asked about is invalidated.
    pub invalidated: bool,
}

/// How an answer ends a request: what it says was done must have been done.
///
/// # Errors
/// [`FaultKind::NotCorrected`] when there is no version in force that came since and says anything else, or the version still
/// stands.
///
/// Source: CIT-6, ARC-3.
pub fn ending(answer: Answer, since: Since) -> Result<Ending, FaultKind> {
    match (answer, since.in_force) {
        (Answer::Corrected, Some((by, at))) if since.changed && at > since.asked_at => {
            Ok(Ending::Corrected(by))
        }
        (Answer::Removed, _) if since.invalidated => Ok(Ending::Removed),
        (Answer::Corrected | Answer::Removed, _) => Err(FaultKind::NotCorrected),
        (Answer::Refused, _) => Ok(Ending::Refused),
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionRequest {
    /// Its key.
    pub key: i64,
    /// In whose register.
    pub controller: Oid,
    /// The unit that recorded the version, where the version tells it.
    pub unit: Option<Oid>,
    /// Whose document.
    pub client: ClientKey,
    /// The first version of the document.
    pub set: VersionKey,
    /// The version that was shown.
    pub version: VersionKey,
    /// The salted digest of what is asked, base64.
    pub wanted: String,
    /// The line that tells of it.
    pub asked: i64,
    /// How it ended; `None` while it waits.
    pub ended: Option<Ended>,
}

/// The end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: Ending,
    /// The salted digest of what was answered, base64; empty without.
    pub answered: String,
    /// The line that tells of it.
    pub line: i64,
}

impl CorrectionRequest {
    /// What its line tells; the line's own version and client are the request's.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, set, wanted, .. } = self;
        let unit = self.unit.as_ref().map_or("-", Oid::as_str);
        let set = set.0;
        format!(
            "act=ask request={key} controller={controller} unit={unit} set={set} wanted={wanted}"
        )
    }

    /// What the line of its end tells.
    #[must_use]
    pub fn detail_of_end(&self, how: Ending, answered: &str) -> String {
        let by = how.by().map_or_else(|| "-".to_owned(), |by| by.0.to_string());
        format!("act=end request={} ending={} by={by} answered={answered}", self.key, how.code())
    }
}

/// What lines tell of requests, oldest first. Of what was denied or refused nothing follows.
///
/// Source: CIT-6, ARC-15, LOG-1.
#[must_use]
pub fn told(lines: &[KeptLine]) -> BTreeMap<i64, CorrectionRequest> {
    let mut told = BTreeMap::new();
    let is_one =
        |line: &&KeptLine| line.event == Event::Correction && &*line.outcome == "permitted";
    for line in lines.iter().filter(is_one) {
        match line.word("act") {
            Some("ask") => {
                let request = asked(line);
                told.extend(request.map(|request| (request.key, request)));
            }
            Some("end") => drop(ends(&mut told, line)),
            _ => {}
        }
    }
    told
}

fn asked(line: &KeptLine) -> Option<CorrectionRequest> {
    let number = |name: &str| line.word(name).and_then(|word| word.parse::<i64>().ok());
    let unit = line.word("unit").filter(|word| *word != "-");
    Some(CorrectionRequest {
        key: number("request")?,
        controller: Oid::parse(line.word("controller")?).ok()?,
        unit: unit.map(Oid::parse).transpose().ok()?,
        client: line.client?,
        set: VersionKey(number("set")?),
        version: line.version?,
        wanted: line.word("wanted")?.to_owned(),
        asked: line.number,
        ended: None,
    })
}

fn ends(told: &mut BTreeMap<i64, CorrectionRequest>, line: &KeptLine) -> Option<()> {
    let request = told.get_mut(&line.word("request")?.parse().ok()?)?;
    let by = line.word("by")?.parse().ok().map(VersionKey);
    request.ended = Some(Ended {
        how: Ending::of_code(line.word("ending")?, by)?,
        answered: line.word("answered")?.to_owned(),
        line: line.number,
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;

    /// CIT-6: an answer says what was done, and so it must have been done since: a version archived before the request
    /// corrects nothing of it.
    #[test]
    fn an_answer_tells_what_was_done() {
        let at = Instant::from_millis;
        let check = |answer, in_force: Option<i64>, invalidated, expected| {
            let in_force = in_force.map(|archived| (VersionKey(9), at(archived)));
            let since = Since { asked_at: at(100), in_force, changed: true, invalidated };
            assert_eq!(ending(answer, since), expected, "{answer:?} {since:?}");
            if answer == Answer::Corrected {
                let same = Since { changed: false, ..since };
                assert_eq!(ending(answer, same), Err(FaultKind::NotCorrected), "{same:?}");
            }
        };
        let missing = Err(FaultKind::NotCorrected);
        check(Answer::Corrected, Some(101), false, Ok(Ending::Corrected(VersionKey(9))));
        check(Answer::Corrected, Some(100), false, missing);
        check(Answer::Corrected, None, true, missing);
        check(Answer::Removed, Some(99), true, Ok(Ending::Removed));
        check(Answer::Removed, None, true, Ok(Ending::Removed));
        check(Answer::Removed, Some(200), false, missing);
        check(Answer::Refused, Some(99), false, Ok(Ending::Refused));
        check(Answer::Refused, None, true, Ok(Ending::Refused));
    }

    /// CIT-6, RUR-4: a producer's unit corrects what it recorded; that nothing is corrected is the controller's to say.
    #[test]
    fn a_producer_corrects_and_does_not_refuse() {
        let (decides, replaces) = (true, true);
        for removes in [false, true] {
            assert_eq!(answers_of(decides, false, removes), Answer::ALL);
            assert_eq!(answers_of(decides, replaces, removes), Answer::ALL);
            assert_eq!(answers_of(false, replaces, removes), [Answer::Corrected, Answer::Removed]);
        }
        assert_eq!(answers_of(false, false, false), []);
        assert_eq!(answers_of(false, false, true), [Answer::Removed]);
    }

    /// CIT-6: a request is to be answered within thirty days of the day on which it was made.
    #[test]
    fn a_request_is_answered_within_thirty_days() {
        let asked = Instant::parse("2026-12-15T22:30:00Z").unwrap();
        assert_eq!(Some(answer_by(asked)), FinnishDay::parse("2027-01-15"));
    }

    /// CIT-6, ARC-15: the lines of the log tell a request whole, with its end; what was denied tells nothing.
    #[test]
    fn lines_tell_a_request_whole() {
        let line = |number, outcome: &str, detail: String| KeptLine {
            number,
            at: Instant::from_millis(number),
            event: Event::Correction,
            outcome: outcome.into(),
            reason: "own-data".into(),
            actor: Actor::nobody(),
            client: Some(ClientKey(3)),
            version: Some(VersionKey(8)),
            detail,
        };
        for unit in [None, Some(Oid::parse("1.2.3.4").unwrap())] {
            for how in [
                Ending::Corrected(VersionKey(9)),
                Ending::Removed,
                Ending::Refused,
                Ending::Withdrawn,
            ] {
                let waiting = CorrectionRequest {
                    key: 5,
                    controller: Oid::parse("1.2.3").unwrap(),
                    unit: unit.clone(),
                    client: ClientKey(3),
                    set: VersionKey(7),
                    version: VersionKey(8),
                    wanted: "abc=".to_owned(),
                    asked: 1,
                    ended: None,
                };
                let ended = Ended { how, answered: "def=".to_owned(), line: 2 };
                let request = CorrectionRequest { ended: Some(ended), ..waiting.clone() };
                let asked = line(1, "permitted", waiting.detail());
                let end = line(2, "permitted", waiting.detail_of_end(how, "def="));
                let denied = KeptLine { outcome: "denied".into(), ..end.clone() };
                let of = |lines: &[KeptLine]| told(lines).into_values().collect::<Vec<_>>();
                assert_eq!(of(&[asked.clone(), end.clone()]), [request]);
                assert_eq!(of(&[asked, denied]), [waiting]);
                assert_eq!(of(&[end]), []);
            }
        }
    }
}
