//! HL7 time stamps: `20260323105424+0200`, `20180418`.

use varanto_domain::time::{FinnishDay, Instant};

/// What an instant looks like.
pub(super) const INSTANT_FORM: &str = "20260323105424+0200";
/// What a day looks like.
pub(super) const DAY_FORM: &str = "20260323";

/// A time stamp as RFC 3339 spells it; `None` when it is none to the second with an offset.
pub(super) fn instant(text: &str) -> Option<String> {
    let digits = text.get(..14).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = &text[14..];
    let at = rest.rfind(['+', '-']).unwrap_or(rest.len());
    let (fraction, offset) = rest.split_at(at);
    let fraction_fits = fraction.is_empty()
        || fraction.strip_prefix('.').is_some_and(|rest| {
            (1..=9).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit())
        });
    let offset_fits = offset.len() == 5 && offset[1..].bytes().all(|b| b.is_ascii_digit());
    let offset = match offset {
        "+0000" => "Z".to_owned(),
        _ if offset_fits => format!("{}:{}", &offset[..3], &offset[3..]),
        _ => return None,
    };
    fraction_fits.then(|| {
        format!(
            "{}-{}-{}T{}:{}:{}{fraction}{offset}",
            &digits[..4],
            &digits[4..6],
            &digits[6..8],
            &digits[8..10],
            &digits[10..12],
            &digits[12..14]
        )
    })
}

/// A day, `2026-03-23`, of a day or of a time stamp.
pub(super) fn day(text: &str) -> Option<String> {
    if text.len() != 8 {
        return Some(FinnishDay::of(Instant::parse(&instant(text)?)?).to_string());
    }
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}

/// An instant as a time stamp in UTC.
pub(super) fn stamp(at: Instant) -> String {
    let text = at.to_string();
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    format!("{plain}+0000")
}

/// A day as eight digits.
pub(super) fn digits(day: FinnishDay) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_and_an_instant_are_the_same_thing() {
        let rfc = instant("20260323105424+0200").unwrap();
        assert_eq!(rfc, "2026-03-23T10:54:24+02:00");
        let at = Instant::parse(&rfc).unwrap();
        assert_eq!(stamp(at), "20260323085424+0000");
        for millis in [0, 1, 1_790_000_000_123, -86_400_000] {
            let at = Instant::from_millis(millis);
            assert_eq!(Instant::parse(&instant(&stamp(at)).unwrap()), Some(at));
        }
        for wrong in [
            "2026",
            "20260323",
            "20260323105424",
            "20260323105424Z",
            "2026-03-23T10:54:24Z",
            "20260323105424.+0200",
            "2026032310542é+0200",
        ] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
        assert_eq!(day("20180418").as_deref(), Some("2018-04-18"));
        assert_eq!(day("20260101000000+0200").as_deref(), Some("2026-01-01"));
        assert_eq!(day("2018-04-18"), None);
    }
}
