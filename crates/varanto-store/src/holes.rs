//! A message holds its content in base64. It is kept with holes in those places, so that nothing is
//! kept twice; filled again, it is the message that came, byte for byte.
//!
//! A part with holes is: how many holes, a varint; for each: the bytes before it since the last
//! one, the place of the part that stands in it, the length of its lines (0: one line), the length of
//! what parts the lines, varints, and that; then the bytes outside the holes. A hole is cut only where
//! encoding the part again gives the very bytes that stood there.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varanto_domain::archive::documents::Part;

use crate::content::{push_varint, take_varint};

/// Shorter texts stay: a hole costs some bytes of its own.
const SHORTEST: usize = 32;
/// So many characters in one line tell where a text begins; shorter lines stay as they are.
const BEGINNING: usize = 24;
/// What between two lines of base64 is taken for a line end with its indentation, in bytes.
const LONGEST_BREAK: usize = 64;
/// How many places that begin alike are tried.
const TRIES: usize = 16;

struct Hole {
    at: usize,
    end: usize,
    part: usize,
    width: usize,
    line_break: Vec<u8>,
}

/// The parts as they are kept: those beside the content with holes for the parts before them.
pub(crate) fn cut<'a>(parts: &[(Part, &'a [u8])]) -> Vec<Cow<'a, [u8]>> {
    let kept = parts.iter().enumerate().map(|(place, (part, bytes))| {
        if part.is_content() {
            return Cow::Borrowed(*bytes);
        }
        Cow::Owned(with_holes(bytes, &parts[..place]))
    });
    kept.collect()
}

/// The parts as they came; `None` when the holes do not fit.
pub(crate) fn fill(named: &[Part], kept: Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    if named.len() != kept.len() {
        return None;
    }
    let mut whole: Vec<Vec<u8>> = Vec::with_capacity(kept.len());
    for (part, bytes) in named.iter().zip(kept) {
        let filled = if part.is_content() { bytes } else { filled(&bytes, &whole)? };
        whole.push(filled);
    }
    Some(whole)
}

fn with_holes(bytes: &[u8], before: &[(Part, &[u8])]) -> Vec<u8> {
    let mut holes: Vec<Hole> = before
        .iter()
        .enumerate()
        .filter_map(|(place, (_, part))| hole(bytes, part, place))
        .collect();
    holes.sort_by_key(|hole| hole.at);
    let mut reached = 0;
    holes.retain(|hole| {
        let fits = hole.at >= reached;
        reached = if fits { hole.end } else { reached };
        fits
    });
    let mut kept = Vec::with_capacity(1024);
    push_varint(&mut kept, holes.len() as u64);
    let mut last = 0;
    for hole in &holes {
        for number in [hole.at - last, hole.part, hole.width, hole.line_break.len()] {
            push_varint(&mut kept, number as u64);
        }
        kept.extend_from_slice(&hole.line_break);
        last = hole.end;
    }
    last = 0;
    for hole in &holes {
        kept.extend_from_slice(&bytes[last..hole.at]);
        last = hole.end;
    }
    kept.extend_from_slice(&bytes[last..]);
    kept
}

/// Where `bytes` hold `part` in base64.
fn hole(bytes: &[u8], part: &[u8], place: usize) -> Option<Hole> {
    let encoded = STANDARD.encode(part).into_bytes();
    let start = encoded.get(..BEGINNING)?;
    if encoded.len() < SHORTEST {
        return None;
    }
    let last = bytes.len().checked_sub(encoded.len())?;
    let begins = (0..=last).filter(|at| bytes[*at] == start[0]);
    let mut tried = begins.filter(|at| bytes[*at..].starts_with(start)).take(TRIES);
    tried.find_map(|at| {
        let (width, line_break, end) = lines(bytes, at, &encoded)?;
        Some(Hole { at, end, part: place, width, line_break })
    })
}

/// How the base64 stands at a place: the length of its lines, what parts them, and its end.
fn lines(bytes: &[u8], at: usize, encoded: &[u8]) -> Option<(usize, Vec<u8>, usize)> {
    let here = &bytes[at..];
    if here.starts_with(encoded) {
        return Some((0, Vec::new(), at + encoded.len()));
    }
    let width = here.iter().zip(encoded).take_while(|(one, other)| one == other).count();
    let blank = here[width..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if width == 0 || blank == 0 || blank > LONGEST_BREAK {
        return None;
    }
    let line_break = &here[width..width + blank];
    let mut rest = here;
    for (number, line) in encoded.chunks(width).enumerate() {
        if number > 0 {
            rest = rest.strip_prefix(line_break)?;
        }
        rest = rest.strip_prefix(line)?;
    }
    Some((width, line_break.to_vec(), bytes.len() - rest.len()))
}

fn filled(kept: &[u8], parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut rest = kept;
    let number = |rest: &mut &[u8]| usize::try_from(take_varint(rest)?).ok();
    let count = number(&mut rest)?;
    let mut holes = Vec::new();
    for _ in 0..count {
        let (before, part) = (number(&mut rest)?, number(&mut rest)?);
        let (width, length) = (number(&mut rest)?, number(&mut rest)?);
        let (line_break, after) = rest.split_at_checked(length)?;
        rest = after;
        holes.push((before, part, width, line_break));
    }
    let mut whole = Vec::with_capacity(rest.len());
    for (before, part, width, line_break) in holes {
        let (plain, after) = rest.split_at_checked(before)?;
        whole.extend_from_slice(plain);
        rest = after;
        let encoded = STANDARD.encode(parts.get(part)?).into_bytes();
        let width = if width == 0 { encoded.len().max(1) } else { width };
        for (number, line) in encoded.chunks(width).enumerate() {
            if number > 0 {
                whole.extend_from_slice(line_break);
            }
            whole.extend_from_slice(line);
        }
    }
    whole.extend_from_slice(rest);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMED: [Part; 4] = [Part::Structured, Part::View, Part::National, Part::Frame];

    fn kept(parts: [&[u8]; 4]) -> Vec<Vec<u8>> {
        let named: Vec<(Part, &[u8])> = NAMED.into_iter().zip(parts).collect();
        cut(&named).into_iter().map(Cow::into_owned).collect()
    }

    fn wrapped(bytes: &[u8], width: usize, line_break: &str) -> String {
        let text = STANDARD.encode(bytes);
        let lines: Vec<&str> =
            text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join(line_break)
    }

    /// D4, D5: whatever stands in a message, it comes back byte for byte.
    #[test]
    fn a_message_with_its_content_in_base64_is_kept_once_and_comes_back() {
        let (json, view) = (vec![7u8; 3000], vec![9u8; 4001]);
        for (width, line_break) in [(100_000, ""), (76, "\r\n"), (64, "\n\t\t"), (BEGINNING, "\n")]
        {
            let document = format!(
                "<d><t>\n  {}</t><j>{}</j></d>",
                wrapped(&view, width, line_break),
                wrapped(&json, width, line_break)
            );
            let frame = format!("<f>{}</f>", wrapped(document.as_bytes(), 76, "\n"));
            let parts = [&json[..], &view, document.as_bytes(), frame.as_bytes()];
            let small = kept(parts);
            assert!(small[2].len() < 80 && small[3].len() < 40, "{width}");
            assert_eq!(fill(&NAMED, small).unwrap(), parts.map(<[u8]>::to_vec));
        }
    }

    /// Base64 that encoding again would not give stays as it is.
    #[test]
    fn uneven_base64_is_kept_whole() {
        let json = vec![7u8; 300];
        let mut document = wrapped(&json, 76, "\n");
        document.insert(190, ' ');
        let parts = [&json[..], b"", document.as_bytes(), b"<f/>"];
        let same = kept(parts);
        assert_eq!(same[2].len(), document.len() + 1);
        assert_eq!(fill(&NAMED, same).unwrap(), parts.map(<[u8]>::to_vec));
    }

    proptest! {
        #[test]
        fn any_parts_come_back(
            json in proptest::collection::vec(any::<u8>(), 0..80),
            before in ".{0,9}",
            after in ".{0,9}",
            width in 1usize..90,
        ) {
            let document = format!("{before}{}{after}", wrapped(&json, width, "\n"));
            let frame = format!("{after}{}{before}", STANDARD.encode(&document));
            let parts = [&json[..], &json[..], document.as_bytes(), frame.as_bytes()];
            prop_assert_eq!(fill(&NAMED, kept(parts)).unwrap(), parts.map(<[u8]>::to_vec));
        }

        #[test]
        fn no_bytes_break_the_filling(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let parts = vec![b"text".to_vec(), b"view".to_vec(), bytes.clone(), bytes];
            let _ = fill(&NAMED, parts);
        }
    }
}
