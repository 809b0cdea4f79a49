//! Instants as a Finnish system writes them.

use varanto_domain::time::{FinnishDay, Instant};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// RFC 3339 with the Finnish offset of the day: `2026-03-23T10:54:24+02:00`.
pub(super) fn local(instant: Instant) -> String {
    let day = FinnishDay::of(instant);
    let start = day.start().millis();
    let offset = (DAY - start.rem_euclid(DAY)) / HOUR;
    let seconds = (instant.millis() - start) / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hour > 23 {
        // The autumn day of twenty-five hours: its last hour has no place on this clock.
        return instant.to_string();
    }
    format!("{day}T{hour:02}:{minute:02}:{second:02}+{offset:02}:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_names_the_same_instant() {
        for text in ["2026-03-29T00:30:00Z", "2026-07-01T21:00:00Z", "2026-10-25T21:59:59Z"] {
            let instant = Instant::parse(text).unwrap();
            assert_eq!(Instant::parse(&local(instant)), Some(instant));
        }
        let winter = Instant::parse("2026-01-05T07:00:00Z").unwrap();
        assert_eq!(local(winter), "2026-01-05T09:00:00+02:00");
    }
}
