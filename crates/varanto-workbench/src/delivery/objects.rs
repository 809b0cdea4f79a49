//! A JSON document with a list of objects as an index: read element by element, for such a list may be as long as any index.

use std::io::{self, BufRead, BufReader, Read};

use super::index::IndexForm;
use super::trees::LONGEST_LINE;

/// The elements of a list in a JSON document.
pub(super) struct Elements {
    text: BufReader<Box<dyn Read + Send>>,
    /// The names of the members that lead to the list, the outermost last; none for a document that is the list itself.
    path: Vec<String>,
    has_begun: bool,
    ended: bool,
}

/// An element of the list.
pub(super) enum Element {
    /// Its text.
    Of(String),
    /// One that is longer than any is.
    TooLong,
}

/// What is told of a document whose form is another.
const NO_LIST: &str = "there is no list of objects where row says; make a JSON object of each row, a line each (jq -c '.[]'), and read it as jsonl";
/// What is told where an element has no end: all that are behind it are in it.
const NEVER_ENDS: &str =
    "an element of the list never ends: a quotation mark or a bracket in it is not closed";

fn wrong(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

impl Elements {
    pub(super) fn new(text: Box<dyn Read + Send>, path: Option<&str>) -> Self {
        let path = path.map(|path| path.split('.').rev().map(str::to_owned).collect());
        let path = path.unwrap_or_default();
        Self { text: BufReader::new(text), path, has_begun: false, ended: false }
    }

    /// The next element; `None` behind the last one.
    pub(super) fn next(&mut self) -> io::Result<Option<Element>> {
        if self.ended {
            return Ok(None);
        }
        let next = self.read();
        self.ended = !matches!(next, Ok(Some(_)));
        next
    }

    fn read(&mut self) -> io::Result<Option<Element>> {
        if self.has_begun {
            match self.sign()? {
                Some(b',') => {}
                Some(b']') => return Ok(None),
                Some(_) => {
                    return Err(wrong("a comma is missing between two elements of the list"));
                }
                None => return Err(wrong("the list is not closed: it was cut off")),
            }
        } else {
            self.has_begun = true;
            self.find_list()?;
            if self.peek()? == Some(b']') {
                return Ok(None);
            }
        }
        self.value().map(Some)
    }

    /// Reads on to the first element of the list.
    fn find_list(&mut self) -> io::Result<()> {
        while let Some(name) = self.path.pop() {
            if self.sign()? != Some(b'{') {
                return Err(wrong(NO_LIST));
            }
            loop {
                let Element::Of(member) = self.value()? else { return Err(wrong(NO_LIST)) };
                if self.sign()? != Some(b':') {
                    return Err(wrong(NO_LIST));
                }
                if serde_json::from_str::<String>(&member).is_ok_and(|member| member == name) {
                    break;
                }
                self.value()?;
                if self.sign()? != Some(b',') {
                    return Err(wrong(NO_LIST));
                }
            }
        }
        if self.sign()? == Some(b'[') { Ok(()) } else { Err(wrong(NO_LIST)) }
    }

    /// The next sign that is no white space, which stays where it is.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(next) = self.text.fill_buf()?.first().copied() else { return Ok(None) };
            if !next.is_ascii_whitespace() {
                return Ok(Some(next));
            }
            self.text.consume(1);
        }
    }

    fn sign(&mut self) -> io::Result<Option<u8>> {
        let next = self.peek()?;
        if next.is_some() {
            self.text.consume(1);
        }
        Ok(next)
    }

    /// A value, whole.
    fn value(&mut self) -> io::Result<Element> {
        self.peek()?;
        let (mut kept, mut is_long) = (Vec::new(), false);
        let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
        loop {
            let piece = self.text.fill_buf()?;
            if piece.is_empty() {
                return Err(wrong(NEVER_ENDS));
            }
            let mut taken = 0;
            let mut has_ended = false;
            for byte in piece {
                if in_text {
                    in_text = is_escaped || *byte != b'"';
                    is_escaped = !is_escaped && *byte == b'\\';
                    has_ended = !in_text && depth == 0;
                } else {
                    match byte {
                        b'"' => in_text = true,
                        b'{' | b'[' => depth += 1,
                        // What ends the list, or stands between its elements, stays.
                        b'}' | b']' | b',' | b':' if depth == 0 => {
                            has_ended = true;
                            break;
                        }
                        b'}' | b']' => {
                            depth -= 1;
                            has_ended = depth == 0;
                        }
                        _ => {}
                    }
                }
                taken += 1;
                if has_ended {
                    break;
                }
            }
            is_long |= kept.len() + taken > LONGEST_LINE;
            if is_long {
                kept = Vec::new();
            } else {
                kept.extend_from_slice(&piece[..taken]);
            }
            self.text.consume(taken);
            if has_ended {
                let text = || String::from_utf8_lossy(&kept).into_owned();
                return Ok(if is_long { Element::TooLong } else { Element::Of(text()) });
            }
        }
    }
}

/// The form of a document that begins so, by where its list of objects is; `None` where it has none that can be named.
pub(super) fn list_in(beginning: &str) -> Option<IndexForm> {
    let form = |row| IndexForm::Json { row };
    let is_list = |path: Option<&str>| {
        let text = Box::new(io::Cursor::new(beginning.as_bytes().to_vec()));
        let first = Elements::new(text, path).next();
        // An element that is longer than the beginning is none.
        matches!(first, Ok(Some(Element::Of(text))) if text.trim_start().starts_with('{'))
    };
    if is_list(None) {
        return Some(form(None));
    }
    // Members of the document, and of those the members.
    let mut names: Vec<String> = Vec::new();
    for at in beginning.match_indices('"').map(|(at, _)| at) {
        let mut values = serde_json::Deserializer::from_str(&beginning[at..]).into_iter::<String>();
        let Some(Ok(name)) = values.next() else { continue };
        let rest = beginning[at + values.byte_offset()..].trim_start();
        let is_of_list =
            rest.strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with('['));
        if is_of_list && !name.contains('.') && !names.contains(&name) {
            names.push(name);
        }
        if names.len() == 20 {
            break;
        }
    }
    names.into_iter().find(|name| is_list(Some(name))).map(|name| form(Some(name)))
}
