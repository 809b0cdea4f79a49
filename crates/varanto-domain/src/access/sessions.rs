//! How long somebody who is logged in at the pages stays so.

use crate::time::Instant;

/// The most milliseconds that may go by before it is noted again that a session is in use.
const NOTED_WITHIN: i64 = 60_000;

/// How many milliseconds the clock of a server that noted something may be ahead of another's.
const AHEAD: i64 = 60 * 60 * 1000;

/// How long a session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// How long it lasts in which nothing is asked, in milliseconds.
    pub idle: i64,
    /// How long it lasts at most, in milliseconds.
    pub whole: i64,
}

/// When a session began, and when it was last noted that something was asked in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// When somebody logged in.
    pub begun_at: Instant,
    /// When it was noted.
    pub asked_at: Instant,
}

impl SessionLimits {
    /// Whether a session lasts still. What was asked is noted now and then only, so a quiet one ends up to
    /// [`SessionLimits::note_after`] before its time, and none after it. One of a time that is to come was noted by a clock
    /// that was wrong, and nobody knows how old it is: beyond an hour, by which clocks of servers may differ, it is over.
    ///
    /// Source: ACC-1; OWASP ASVS 5.0 7.3.
    #[must_use]
    pub const fn last(self, times: SessionTimes, now: Instant) -> bool {
        let SessionTimes { begun_at, asked_at } = times;
        let to_come = ahead(asked_at, now) > AHEAD || ahead(begun_at, now) > AHEAD;
        !to_come && since(asked_at, now) < self.idle && since(begun_at, now) < self.whole
    }

    /// Whether it is to be noted that something was asked.
    #[must_use]
    pub const fn is_to_be_noted(self, times: SessionTimes, now: Instant) -> bool {
        since(times.asked_at, now) >= self.note_after()
    }

    /// How long after it was noted it is noted again: a minute, or a tenth of the time in which nothing may be asked.
    #[must_use]
    pub const fn note_after(self) -> i64 {
        let tenth = self.idle / 10;
        if tenth < NOTED_WITHIN { tenth } else { NOTED_WITHIN }
    }

    /// The same with so many milliseconds more: what has ended is cleared away later than it ends, so that a server whose
    /// clock is ahead of another's takes nothing from it.
    #[must_use]
    pub const fn longer(self, by: i64) -> Self {
        Self { idle: self.idle.saturating_add(by), whole: self.whole.saturating_add(by) }
    }

    /// The moments before which a session must not have been asked last, and begun, to last at `now`.
    #[must_use]
    pub fn oldest(self, now: Instant) -> SessionTimes {
        let before = |span: i64| Instant::from_millis(now.millis().saturating_sub(span));
        SessionTimes { begun_at: before(self.whole), asked_at: before(self.idle) }
    }

    /// The moment after which none may have begun that is kept at `now`: a whole session away, so that nothing is cleared away
    /// before it is long over for everybody.
    #[must_use]
    pub fn newest(self, now: Instant) -> Instant {
        Instant::from_millis(now.millis().saturating_add(self.whole))
    }
}

/// How many milliseconds are still to go by.
const fn ahead(then: Instant, now: Instant) -> i64 {
    then.millis().saturating_sub(now.millis())
}

/// How many milliseconds have gone by; a clock that was set back has let none go by.
const fn since(then: Instant, now: Instant) -> i64 {
    let gone = now.millis().saturating_sub(then.millis());
    if gone < 0 { 0 } else { gone }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const LIMITS: SessionLimits = SessionLimits { idle: 30 * MINUTE, whole: 120 * MINUTE };

    fn at(minutes: i64) -> Instant {
        Instant::from_millis(1_800_000_000_000 + minutes * MINUTE)
    }

    /// ACC-1: a session ends when nothing is asked for as long as it may be quiet, and at its end in any case; what is
    /// cleared away is what has ended, and no more.
    #[test]
    fn a_session_ends_when_it_was_quiet_and_at_its_end() {
        for (begun, asked, now, lasts) in [
            (0, 0, 0, true),
            (0, 0, 29, true),
            (0, 0, 30, false),
            (0, 29, 58, true),
            (0, 29, 59, false),
            (0, 119, 119, true),
            (0, 119, 120, false),
            // A clock that was set back by up to an hour ends nothing.
            (0, 60, 10, true),
            (0, 70, 10, true),
            (60, 60, 0, true),
        ] {
            let times = SessionTimes { begun_at: at(begun), asked_at: at(asked) };
            assert_eq!(LIMITS.last(times, at(now)), lasts, "{begun} {asked} {now}");
            let oldest = LIMITS.oldest(at(now));
            let cleared = times.asked_at <= oldest.asked_at || times.begun_at <= oldest.begun_at;
            assert_eq!(cleared, !lasts, "{begun} {asked} {now}");
        }
    }

    /// ACC-1, OPS-1: a time that a wrong clock noted keeps no session open for longer than clocks may differ, and none for ever.
    #[test]
    fn a_session_of_a_time_to_come_is_over() {
        for (begun, asked, kept) in [(0, 61, true), (61, 61, true), (121, 121, false)] {
            let times = SessionTimes { begun_at: at(begun), asked_at: at(asked) };
            assert!(!LIMITS.last(times, at(0)), "{begun} {asked}");
            assert_eq!(times.begun_at <= LIMITS.newest(at(0)), kept, "{begun} {asked}");
        }
    }

    #[test]
    fn what_is_asked_is_noted_once_a_minute_or_as_often_as_a_short_session_needs() {
        let times = SessionTimes { begun_at: at(0), asked_at: at(0) };
        let short = SessionLimits { idle: MINUTE, ..LIMITS };
        let after = |seconds: i64| Instant::from_millis(at(0).millis() + seconds * 1_000);
        for (limits, seconds, noted) in
            [(LIMITS, 59, false), (LIMITS, 60, true), (short, 5, false), (short, 6, true)]
        {
            assert_eq!(limits.is_to_be_noted(times, after(seconds)), noted, "{seconds}");
        }
    }
}
