//! What reading a file's objects would cost, known before they are read.
//!
//! The PDF parser makes every object of a file at once, and two bytes of file (`[]`) can become six
//! hundred bytes of memory. So the file's text, outside its streams, is weighed first; and the
//! streams that hold objects are weighed as the parser comes to them.

use std::cell::Cell;

use lopdf::{Object, ObjectId};
use memchr::memmem;

use super::lexer::{is_delimiter, is_regular, is_space};
use super::objects::is_a;

/// The most memory that the objects of one file may take, in bytes, as estimated here.
const MAX_WEIGHT: usize = 1 << 30;
/// What one token, dictionary or array takes, in bytes; measured.
const TOKEN: usize = 120;
const DICTIONARY: usize = 240;
const ARRAY: usize = 600;

/// The largest stream of objects or cross-references taken, in bytes when decompressed.
pub(super) const MAX_OBJECT_STREAM: usize = 8 << 20;
/// The most bytes of object streams decompressed, all together.
const MAX_DECOMPRESSED: usize = 128 << 20;
/// The most cross-reference streams: one for each time the file was updated.
const MAX_CROSS_REFERENCES: usize = 64;

/// Why a file is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heavy {
    /// Its objects would take too much memory.
    Objects,
    /// Its cross-references would take too long.
    CrossReferences,
    /// It spells plain letters of a name as numbers, which no writer does.
    DisguisedName,
}

impl Heavy {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Objects => "too many objects",
            Self::CrossReferences => "too many cross-reference streams",
            Self::DisguisedName => "a name with disguised letters",
        }
    }
}

/// What is left for the object streams of a file.
#[derive(Clone, Copy)]
struct Left {
    memory: usize,
    bytes: usize,
    /// Whether one was read: only then may an object stand in it.
    any: bool,
}

thread_local! {
    /// What is left for the file that this thread reads; `None` when it did not suffice. The parser's
    /// filter is a plain function, so it has no other place to keep count.
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

/// Weighs the file's own text, and leaves the rest of its budget to [`weigh_object_streams`].
pub(super) fn open_budget(bytes: &[u8]) -> Result<(), Heavy> {
    let memory = MAX_WEIGHT.checked_sub(weigh(bytes)?).ok_or(Heavy::Objects)?;
    LEFT.set(Some(Left { memory, bytes: MAX_DECOMPRESSED, any: false }));
    Ok(())
}

/// Whether the object streams of the file just read fitted in.
pub(super) fn close_budget() -> Result<(), Heavy> {
    LEFT.take().map(|_| ()).ok_or(Heavy::Objects)
}

/// The parser's filter: drops a stream of objects that the budget has no room for, before the
/// parser makes its objects.
pub(super) fn weigh_object_streams(
    id: ObjectId,
    object: &mut Object,
) -> Option<(ObjectId, Object)> {
    let Object::Stream(stream) = object else {
        // The parser keeps `object` itself, or what is returned, as the object stands in the file
        // or in a stream of objects.
        let in_file = LEFT.get().is_some_and(|left| !left.any);
        return Some((id, if in_file { Object::Null } else { object.clone() }));
    };
    if is_a(&stream.dict, b"ObjStm") {
        let spend = || {
            let left = LEFT.get()?;
            let limit = MAX_OBJECT_STREAM.min(left.bytes);
            let content = stream.get_plain_content_with_limit(limit).ok()?;
            let memory = left.memory.checked_sub(weigh(&content).ok()?)?;
            Some(Left { memory, bytes: left.bytes - content.len(), any: true })
        };
        LEFT.set(spend());
        LEFT.get()?;
    }
    // A stream stands in the file, never in a stream of objects: `object` is kept.
    Some((id, Object::Null))
}

/// What the objects in a text would take. Streams count only when an object could begin in them.
fn weigh(bytes: &[u8]) -> Result<usize, Heavy> {
    let mut lexer = Lexer { bytes, at: 0, weight: 0, cross_references: 0 };
    match lexer.run()? {
        Hidden::No => Ok(lexer.weight),
        // The parser reads from wherever the cross-references point, so where an object seems to
        // begin within a comment, a text or a stream, all bytes count as if they were objects.
        Hidden::Yes => Ok(flat_weight(bytes)),
    }
}

fn flat_weight(bytes: &[u8]) -> usize {
    let weight = |byte: &u8| match byte {
        b'[' => ARRAY,
        b'<' => DICTIONARY,
        byte if is_space(*byte) || is_delimiter(*byte) => TOKEN,
        _ => 0,
    };
    bytes.iter().map(weight).sum()
}

/// Whether an object seems to begin where the text has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    Yes,
    No,
}

struct Lexer<'b> {
    bytes: &'b [u8],
    at: usize,
    weight: usize,
    cross_references: usize,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<Hidden, Heavy> {
        let mut after_dictionary = false;
        while let Some(byte) = self.bytes.get(self.at) {
            let start = self.at;
            let mut closes = false;
            match byte {
                byte if is_space(*byte) => {
                    self.at += 1;
                    continue;
                }
                b'%' => self.skip_until(|byte| matches!(byte, b'\n' | b'\r')),
                b'(' => self.skip_text(),
                b'/' => self.name()?,
                b'[' => self.step(1, ARRAY),
                b'<' if self.follows(b"<<") => self.step(2, DICTIONARY),
                b'<' => {
                    self.step(1, TOKEN);
                    self.skip_until(|byte| !byte.is_ascii_hexdigit() && !is_space(byte));
                }
                b'>' if self.follows(b">>") => {
                    self.step(2, 0);
                    closes = true;
                }
                byte if is_delimiter(*byte) => self.step(1, 0),
                _ if after_dictionary && self.stream_begins() => self.skip_stream(),
                _ => {
                    self.step(1, TOKEN);
                    self.skip_until(|byte| !is_regular(byte));
                    after_dictionary = false;
                    continue;
                }
            }
            if begins_object(&self.bytes[start..self.at]) {
                return Ok(Hidden::Yes);
            }
            // Comments may stand between a dictionary and its stream.
            after_dictionary = closes || (after_dictionary && *byte == b'%');
        }
        Ok(Hidden::No)
    }

    fn step(&mut self, bytes: usize, weight: usize) {
        self.at += bytes;
        self.weight += weight;
    }

    fn follows(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    fn skip_until(&mut self, end: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| end(*byte)).unwrap_or(rest.len());
    }

    /// A literal text: parentheses in it are balanced or escaped.
    fn skip_text(&mut self) {
        self.weight += TOKEN;
        let mut open = 0;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at = (self.at + 1).min(self.bytes.len()),
                b'(' => open += 1,
                b')' => open -= 1,
                _ => (),
            }
            if open == 0 {
                return;
            }
        }
    }

    fn name(&mut self) -> Result<(), Heavy> {
        self.step(1, TOKEN);
        let start = self.at;
        self.skip_until(|byte| !is_regular(byte));
        let name = &self.bytes[start..self.at];
        if disguised(name) {
            return Err(Heavy::DisguisedName);
        }
        self.cross_references += usize::from(name == b"XRef");
        if self.cross_references > MAX_CROSS_REFERENCES {
            return Err(Heavy::CrossReferences);
        }
        Ok(())
    }

    fn stream_begins(&self) -> bool {
        self.follows(b"stream\r") || self.follows(b"stream\n")
    }

    fn skip_stream(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memmem::find(rest, b"endstream").unwrap_or(rest.len());
    }
}

/// Whether a name spells a letter or digit as `#` and two digits.
fn disguised(name: &[u8]) -> bool {
    name.contains(&b'#')
        && name.windows(3).any(|window| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (b'#', Some(high), Some(low)) = (window[0], digit(window[1]), digit(window[2]))
            else {
                return false;
            };
            char::from_u32(high * 16 + low).is_some_and(|letter| letter.is_ascii_alphanumeric())
        })
}

/// Whether an object could begin here: `obj` after a number or on a line of its own.
fn begins_object(bytes: &[u8]) -> bool {
    // Most tokens are too short for a search to pay for its beginning.
    if bytes.len() < 32 && !bytes.windows(3).any(|window| window == b"obj") {
        return false;
    }
    for at in memmem::find_iter(bytes, b"obj") {
        let before = bytes[..at].iter().rposition(|byte| !is_space(*byte));
        let space = &bytes[before.map_or(0, |before| before + 1)..at];
        let number = before.is_some_and(|before| bytes[before].is_ascii_digit());
        if number || space.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_weigh_and_streams_do_not() {
        let weight = |text: &[u8]| weigh(text).unwrap();
        assert_eq!(weight(b"[1 2 (a [[[ b) <41 42> /N]"), ARRAY + 5 * TOKEN);
        assert_eq!(weight(b"<</A 1>>"), DICTIONARY + 2 * TOKEN);
        assert_eq!(weight(b"% [[[ 1 2 3\n1"), TOKEN);
        let light = weight(b"1 0 obj <</Length 9>> stream\n[[[[[[[[[\nendstream endobj");
        assert!(light < 2 * ARRAY);
    }

    #[test]
    fn an_object_hidden_from_the_weighing_makes_every_byte_count() {
        for hidden in [
            &b"% 4 0 obj [[[[[[[[[[[[\n"[..],
            b"(\n4 0 obj [[[[[[[[[[[[)",
            b"<<>> stream\n4 0 obj [[[[[[[[[[[[ endstream",
            b"<<>> stream\n4 0%\nobj [[[[[[[[[[[[ endstream",
        ] {
            assert!(weigh(hidden).unwrap() >= 12 * ARRAY);
        }
    }

    #[test]
    fn names_are_not_disguised_and_cross_references_are_few() {
        assert_eq!(weigh(b"<</Type /X#52ef>>"), Err(Heavy::DisguisedName));
        assert!(weigh(b"<</Font /A#20B#2fC>>").is_ok());
        assert_eq!(weigh(&b"/XRef ".repeat(65)), Err(Heavy::CrossReferences));
    }
}
