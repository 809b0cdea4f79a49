//! Plain text becomes an XHTML page that shows it line by line as it stands.

use varanto_domain::archive::documents::Part;

use super::{Made, NotConverted};
use crate::delivery::{Encoding, decoded};

/// The mark with which texts of DOS end.
const END_OF_DOS: char = '\u{1a}';

pub(super) fn convert(source: &[u8], encoding: Option<Encoding>) -> Result<Made, NotConverted> {
    let text = read(source, encoding)?;
    if is_of_seven_bits(&text) {
        return Err(NotConverted::here(
            "signs stand within words as letters of seven bits do (a brace for ä)",
        ));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_end_matches(END_OF_DOS).trim_end_matches('\n');
    let mut page = String::with_capacity(text.len() + 512);
    page.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head>\
         <title>–</title></head><body>",
    );
    for sheet in text.split('\u{c}') {
        page.push_str("<pre style=\"white-space: pre-wrap\">");
        // A line break right after the mark is not shown.
        if sheet.starts_with('\n') {
            page.push('\n');
        }
        for sign in sheet.chars() {
            match sign {
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

/// The text of a file: in the encoding that its mark names, in UTF-8 where it reads so, or in the one that is said.
pub(super) fn read(source: &[u8], encoding: Option<Encoding>) -> Result<String, NotConverted> {
    let marked = match source {
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Little),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Big),
        _ if std::str::from_utf8(source).is_ok() => Some(Encoding::Utf8),
        _ => None,
    };
    if let (None, Some(chosen)) = (marked, encoding) {
        check_letters(source, chosen)?;
    }
    let Some(encoding) = marked.or(encoding) else {
        return Err(NotConverted::here(
            "it is not UTF-8; say its encoding in the mapping file, convert.encoding",
        ));
    };
    let text = decoded(source, encoding).map_err(|error| NotConverted::here(error.to_string()))?;
    if text.contains('\u{fffd}') {
        return Err(NotConverted::here(format!("it does not read in {}", encoding.name())));
    }
    // An encoding of its own is believed; one that was said for all files is held against the words.
    if marked.is_none() && !has_words(&text) {
        return Err(doubtful(encoding));
    }
    Ok(text)
}

fn doubtful(encoding: Encoding) -> NotConverted {
    NotConverted::here(format!("its letters do not tell that it is in {}", encoding.name()))
}

/// Refuses a text in which the letters ä, ö and å of another encoding are as frequent as those of the chosen one.
fn check_letters(source: &[u8], chosen: Encoding) -> Result<(), NotConverted> {
    let count = |letters: &[u8]| source.iter().filter(|byte| letters.contains(byte)).count();
    let windows = count(&[0xE4, 0xF6, 0xE5, 0xC4, 0xD6, 0xC5]);
    let dos = count(&[0x84, 0x94, 0x86, 0x8E, 0x99, 0x8F]);
    // ä and ö of Macintosh.
    let macintosh = count(&[0x8A, 0x9A, 0x8C, 0x80, 0x85]);
    let fits = match chosen {
        Encoding::Windows1252 => windows > dos.max(macintosh),
        Encoding::CodePage850 => dos > windows.max(macintosh),
        _ => true,
    };
    if fits { Ok(()) } else { Err(doubtful(chosen)) }
}

/// Whether the words are words: no other sign stands between two letters, and no capital behind a small letter, as
/// letters of another encoding would.
fn has_words(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    let within =
        |sign: char| matches!(sign, '’' | '‘' | '–' | '—' | '\u{ad}' | '\u{a0}' | '´' | '·');
    !signs.windows(3).any(|three| {
        let [before, sign, after] = [three[0], three[1], three[2]];
        let is_other = !sign.is_ascii() && !sign.is_alphabetic() && !within(sign);
        let is_capital = !sign.is_ascii() && sign.is_uppercase() && before.is_lowercase();
        before.is_alphabetic() && after.is_alphabetic() && (is_other || is_capital)
    })
}

/// Whether a text writes ä, ö and å as the signs that stand in their place among seven bits.
fn is_of_seven_bits(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    text.is_ascii()
        && signs.windows(3).any(|three| {
            let [before, sign, after] = [three[0], three[1], three[2]];
            before.is_alphabetic() && matches!(sign, '{' | '|' | '}') && after.is_alphabetic()
        })
}
