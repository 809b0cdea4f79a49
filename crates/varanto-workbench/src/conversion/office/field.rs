//! Fields: what a word processor computes, and shows the result of.

use super::letter::Piece;
use crate::conversion::NotConverted;

/// Fields whose kept result is shown.
const KEPT: [&str; 4] = ["HYPERLINK", "MERGEFIELD", "DOCPROPERTY", "FORMTEXT"];

/// What a field shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The result that was kept.
    Kept,
    /// The same, with an address behind it.
    Link,
    /// A number of pages, whatever was kept.
    Anew(Piece),
}

/// What a field of an instruction shows.
///
/// # Errors
/// It is not sure to show what it showed.
pub(super) fn field(instruction: &str, in_text: bool) -> Result<Field, NotConverted> {
    let anew = || NotConverted::Loses { what: "a field that would be computed anew".to_owned() };
    let mut words = instruction.split_whitespace();
    let kind = words.next().unwrap_or_default().to_uppercase();
    let number = match kind.as_str() {
        "HYPERLINK" => return Ok(Field::Link),
        kind if KEPT.contains(&kind) => return Ok(Field::Kept),
        "PAGE" => Piece::Page,
        "NUMPAGES" => Piece::Pages,
        _ => return Err(anew()),
    };
    // A form of its own would show the number otherwise.
    let mut forms = words.map(str::to_uppercase);
    let is_plain = forms.all(|word| ["\\*", "MERGEFORMAT", "ARABIC"].contains(&word.as_str()));
    if in_text || !is_plain {
        return Err(anew());
    }
    Ok(Field::Anew(number))
}
