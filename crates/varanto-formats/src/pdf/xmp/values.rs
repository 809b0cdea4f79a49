//! The spelling of simple values in XMP.

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

pub(super) fn is_integer(text: &str) -> bool {
    let digits = unsigned(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_real(text: &str) -> bool {
    let digits = unsigned(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}

pub(super) fn is_media_type(text: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, sub)| plain(kind) && plain(sub))
}

/// A language tag: letters, and in later parts digits after the first hyphen.
pub(super) fn is_locale(text: &str, part: u8) -> bool {
    text.split('-').enumerate().all(|(at, one)| {
        let letters = at == 0 || part == 1;
        (1..=8).contains(&one.len())
            && one
                .bytes()
                .all(|byte| byte.is_ascii_alphabetic() || (!letters && byte.is_ascii_digit()))
    })
}

/// `DDD,MM,SSk` or `DDD,MM.mmk`.
pub(super) fn is_coordinate(text: &str, part: u8) -> bool {
    let Some(text) = text.strip_suffix(['N', 'S', 'E', 'W']) else { return false };
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some((degrees, rest)) = text.split_once(',') else { return false };
    let (minutes, last, fraction) = match (rest.split_once(','), rest.split_once('.')) {
        (Some((minutes, seconds)), _) => (minutes, seconds, false),
        (None, Some((minutes, fraction))) => (minutes, fraction, true),
        (None, None) => return false,
    };
    let last = digits(last, if fraction && part != 1 { 32 } else { 2 });
    digits(degrees, 3) && digits(minutes, 2) && last
}

/// What a URI may be spelt with.
pub(super) fn is_uri(text: &str) -> bool {
    !text
        .chars()
        .any(|sign| sign.is_whitespace() || sign.is_control() || "<>\"{}|\\^`".contains(sign))
}

/// A moment as XMP and PDF write it, to the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    /// Year, month, day, hour, minute, second.
    fields: [i64; 6],
    /// Minutes from UTC, when told.
    offset: Option<i64>,
}

impl Moment {
    /// Reads the forms of ISO 8601 that XMP allows: from `2026` to `2026-05-04T10:20:30.5+03:00`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut fields = [0, 1, 1, 0, 0, 0];
        let parts: Vec<&str> = date.split('-').collect();
        if parts.len() > 3 || (time.is_some() && parts.len() < 3) {
            return None;
        }
        for (at, part) in parts.iter().enumerate() {
            fields[at] = number(part, if at == 0 { 4 } else { 2 })?;
        }
        let mut offset = None;
        if let Some(time) = time {
            let zone = time.find(['Z', '+', '-']);
            let (clock, zone) = time.split_at(zone.unwrap_or(time.len()));
            let parts: Vec<&str> = clock.split(':').collect();
            if !(2..=3).contains(&parts.len()) {
                return None;
            }
            for (at, part) in parts.iter().enumerate() {
                let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
                if at < 2 && part.contains('.') || number(fraction, fraction.len()).is_none() {
                    return None;
                }
                fields[3 + at] = number(whole, 2)?;
            }
            offset = match zone {
                "" => None,
                "Z" => Some(0),
                zone => {
                    let (hours, minutes) = zone[1..].split_once(':')?;
                    let size = number(hours, 2)? * 60 + number(minutes, 2)?;
                    Some(if zone.starts_with('-') { -size } else { size })
                }
            };
        }
        Self { fields, offset }.in_range()
    }

    /// Reads `D:20260504102030+03'00'`.
    pub(super) fn parse_pdf(text: &str) -> Option<Self> {
        let text = text.strip_prefix("D:").unwrap_or(text);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (mut digits, zone) = text.split_at(digits);
        let mut fields = [0, 1, 1, 0, 0, 0];
        for (at, field) in fields.iter_mut().enumerate() {
            if digits.is_empty() {
                break;
            }
            let (one, rest) = digits.split_at_checked(if at == 0 { 4 } else { 2 })?;
            *field = number(one, one.len())?;
            digits = rest;
        }
        let numbers: String = zone.chars().filter(char::is_ascii_digit).collect();
        let offset = match zone.chars().next() {
            None => None,
            Some('Z') => Some(0),
            Some(sign @ ('+' | '-')) => {
                let hours = number(numbers.get(..2)?, 2)?;
                let minutes = numbers.get(2..4).and_then(|two| number(two, 2)).unwrap_or(0);
                let size = hours * 60 + minutes;
                Some(if sign == '-' { -size } else { size })
            }
            Some(_) => return None,
        };
        Self { fields, offset }.in_range()
    }

    fn in_range(self) -> Option<Self> {
        let [_, month, day, hour, minute, second] = self.fields;
        let sound = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && (0..=24).contains(&hour)
            && (0..=59).contains(&minute)
            && (0..=60).contains(&second);
        sound.then_some(self)
    }

    /// Seconds since the beginning of the calendar, by this clock.
    fn seconds(self) -> i64 {
        let [year, month, day, hour, minute, second] = self.fields;
        // The year begins in March, so that the odd day is its last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = year * 365 + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (month * 153 + 2) / 5
            + day;
        ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    /// Whether both are one moment; without both offsets, whether both clocks show the same.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self.offset, other.offset) {
            (Some(one), Some(two)) => self.seconds() - one * 60 == other.seconds() - two * 60,
            _ => self.fields == other.fields,
        }
    }
}

fn number(text: &str, length: usize) -> Option<i64> {
    let plain = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.get(..text.len().min(15)).and_then(|text| text.parse().ok())).flatten()
}
