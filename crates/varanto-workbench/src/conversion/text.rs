//! Plain text becomes an XHTML page that shows it line by line as it stands.

use varanto_domain::archive::documents::Part;

use super::{Made, NotConverted};
use crate::delivery::{Encoding, decoded};

/// The mark with which texts of DOS end.
const END_OF_DOS: char = '\u{1a}';

pub(super) fn convert(source: &[u8], encoding: Option<Encoding>) -> Result<Made, NotConverted> {
    let text = match of_seven_bits(source, encoding)? {
        Some(text) => text,
        None => read(source, encoding.map(Named::ForAll))?,
    };
    let is_break = |sign| matches!(sign, '\n' | '\r');
    let text = text.trim_end_matches(END_OF_DOS).trim_end_matches(is_break);
    let mut page = String::with_capacity(text.len() + 512);
    page.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head>\
         <title>–</title></head><body>",
    );
    for sheet in text.split('\u{c}') {
        page.push_str("<pre style=\"white-space: pre-wrap\">");
        // A line break right after the mark is not shown.
        if sheet.starts_with(is_break) {
            page.push('\n');
        }
        let mut before = ' ';
        for sign in sheet.chars() {
            let ends_pair = std::mem::replace(&mut before, sign) == '\r' && sign == '\n';
            match sign {
                '\n' if ends_pair => {}
                '\r' => page.push('\n'),
                '&' => page.push_str("&amp;"),
                '<' => page.push_str("&lt;"),
                '>' => page.push_str("&gt;"),
                '\n' | '\t' => page.push(sign),
                sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => {
                    let what = format!("a sign that is no text (U+{:04X})", u32::from(sign));
                    return Err(NotConverted::here(what));
                }
                sign => page.push(sign),
            }
        }
        page.push_str("</pre>");
    }
    page.push_str("</body></html>\n");
    Ok(Made::here(Part::View, page.into_bytes(), Vec::new()))
}

/// A text that may be of seven bits, as the encoding that was said for all files tells; `None` where it is like any other.
fn of_seven_bits(
    source: &[u8],
    encoding: Option<Encoding>,
) -> Result<Option<String>, NotConverted> {
    let has_signs = source.iter().any(|byte| IN_PLACE_OF_LETTERS.contains(byte));
    if !source.is_ascii() || !has_signs {
        return Ok(None);
    }
    match (encoding.filter(|it| it.is_of_seven_bits()), writes_seven_bits(source)) {
        (Some(encoding), true) => whole(source, encoding).map(Some),
        // Where no word has one of these signs, each may be what it looks like.
        (Some(encoding), false) => Err(doubtful(encoding)),
        (None, true) => Err(NotConverted::here(
            "signs stand within words as letters of seven bits do (a brace for ä); where it is so, say \
             encoding = \"iso-646-fi\" under [convert]",
        )),
        (None, false) => Ok(None),
    }
}

/// Where the encoding of a text is from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    /// The file names it.
    Itself(Encoding),
    /// It was said for all files.
    ForAll(Encoding),
}

/// The text of a file: in the encoding that its mark names, in UTF-8 where it reads so, or in the one that is said.
pub(super) fn read(source: &[u8], named: Option<Named>) -> Result<String, NotConverted> {
    let marked = match source {
        [0xFF, 0xFE, ..] => Some(Encoding::UTF_16_LITTLE),
        [0xFE, 0xFF, ..] => Some(Encoding::UTF_16_BIG),
        _ => std::str::from_utf8(source).is_ok().then_some(Encoding::UTF_8),
    };
    let encoding = match (marked, named) {
        (Some(marked), _) => return whole(source, marked),
        (None, Some(named)) => {
            check_letters(source, named)?;
            let (Named::Itself(encoding) | Named::ForAll(encoding)) = named;
            encoding
        }
        (None, None) => {
            return Err(NotConverted::here(
                "it is not UTF-8; say its encoding in the mapping file, convert.encoding",
            ));
        }
    };
    let text = whole(source, encoding)?;
    // What is not UTF-8 is held against the words.
    if has_words(&text) { Ok(text) } else { Err(doubtful(encoding)) }
}

fn whole(source: &[u8], encoding: Encoding) -> Result<String, NotConverted> {
    let text = decoded(source, encoding).map_err(|error| NotConverted::here(error.to_string()))?;
    if text.contains('\u{fffd}') {
        return Err(NotConverted::here(format!("it does not read in {}", encoding.name())));
    }
    Ok(text)
}

fn doubtful(encoding: Encoding) -> NotConverted {
    NotConverted::here(format!("its letters do not tell that it is in {}", encoding.name()))
}

/// ä, ö and å, small and large, of Windows-1252 and its kin, of DOS, and of Macintosh.
const LETTERS: [&[u8]; 3] = [
    &[0xE4, 0xF6, 0xE5, 0xC4, 0xD6, 0xC5],
    &[0x84, 0x94, 0x86, 0x8E, 0x99, 0x8F],
    &[0x8A, 0x9A, 0x8C, 0x80, 0x85],
];

/// Refuses a text in which the letters ä, ö and å of another encoding are as frequent as those of the one that was said for
/// all files, or more frequent than those of the one that the file names itself.
fn check_letters(source: &[u8], named: Named) -> Result<(), NotConverted> {
    let (Named::Itself(encoding) | Named::ForAll(encoding)) = named;
    if [Encoding::UTF_8, Encoding::UTF_16_LITTLE, Encoding::UTF_16_BIG].contains(&encoding) {
        return Ok(());
    }
    let count = |letters: &[u8]| source.iter().filter(|byte| letters.contains(byte)).count();
    let own = encoding.letters();
    let is_other = |letters: &&[u8]| !letters.iter().any(|letter| own.contains(letter));
    let others = LETTERS.into_iter().filter(is_other).map(count).max().unwrap_or(0);
    let fits = match named {
        Named::Itself(_) => own.is_empty() || count(&own) >= others,
        Named::ForAll(_) => count(&own) > others,
    };
    if fits { Ok(()) } else { Err(doubtful(encoding)) }
}

/// Whether the words are words: no other sign stands between two letters, and no capital behind a small letter, as
/// letters of another encoding would.
fn has_words(text: &str) -> bool {
    let within =
        |sign: char| matches!(sign, '’' | '‘' | '–' | '—' | '\u{ad}' | '\u{a0}' | '´' | '·');
    let three = text.chars().zip(text.chars().skip(1)).zip(text.chars().skip(2));
    !three.into_iter().any(|((before, sign), after)| {
        let is_other = !sign.is_ascii() && !sign.is_alphabetic() && !within(sign);
        let is_capital = !sign.is_ascii() && sign.is_uppercase() && before.is_lowercase();
        before.is_alphabetic() && after.is_alphabetic() && (is_other || is_capital)
    })
}

/// The signs that stand for letters in seven bits.
const IN_PLACE_OF_LETTERS: &[u8] = b"{|}[\\]";

/// Whether a text writes ä, ö and å as the signs that stand in their place among seven bits.
fn writes_seven_bits(text: &[u8]) -> bool {
    text.windows(3).any(|three| {
        let [before, sign, after] = [three[0], three[1], three[2]];
        let small = matches!(sign, b'{' | b'|' | b'}')
            && before.is_ascii_alphabetic()
            && after.is_ascii_alphabetic();
        let capital = matches!(sign, b'[' | b'\\' | b']')
            && before.is_ascii_uppercase()
            && after.is_ascii_uppercase();
        small || capital
    })
}
