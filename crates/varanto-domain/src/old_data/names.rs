//! Whether two rows under one identity code may be about one person.

/// Whether two persons' given names have one in common, as they are written in upper and lower case, in any order, and with
/// one letter for a name. People marry and change their family names; who has no given name in common with another is
/// somebody else: a brother or sister, a parent or child, under a mistyped code. Names that are not said tell nothing.
///
/// Source: OLD-9.
#[must_use]
pub fn have_a_name_in_common(one: &str, other: &str) -> bool {
    let (one, other) = (names(one), names(other));
    let same = |a: &str, b: &str| {
        let initial =
            |short: &str, long: &str| short.chars().count() == 1 && long.starts_with(short);
        a == b || initial(a, b) || initial(b, a)
    };
    one.is_empty()
        || other.is_empty()
        || one.iter().any(|name| other.iter().any(|another| same(name, another)))
}

fn names(given: &str) -> Vec<String> {
    let parts = given.split(|sign: char| !sign.is_alphabetic() && sign != '\'');
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-9: siblings under one code are two persons; one person may be written in many ways.
    #[test]
    fn siblings_have_no_name_in_common() {
        for (one, other, common) in [
            ("Anna", "Matti", false),
            ("Anna Maria", "Maria", true),
            ("Anna-Liisa", "Liisa Anna", true),
            ("ÄIJÄ ÅKE", "äijä", true),
            ("A. M.", "Anna", true),
            ("A.", "Matti", false),
            ("Anna", "Annika", false),
            ("", "Matti", true),
            ("-", "Matti", true),
        ] {
            assert_eq!(have_a_name_in_common(one, other), common, "{one}, {other}");
            assert_eq!(have_a_name_in_common(other, one), common, "{other}, {one}");
        }
    }
}
