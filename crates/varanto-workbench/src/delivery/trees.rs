//! XML documents and JSON lines as indexes: what stands deeper becomes a column with a path for a name.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::bounded::{Bounded, LONGEST_ROW, Watch, is_too_long};
use super::objects::{self, Element, Elements};
use super::{DeliveryError, Row, index::Rows};

/// So deep an index may be.
const DEEPEST: usize = 32;
/// So long a line of JSON may be, in bytes.
pub(super) const LONGEST_LINE: usize = 1024 * 1024;

/// So long the prefix of an element's name is at most, where the next row is looked for behind a broken one.
const LONGEST_PREFIX: usize = 64;

/// Line breaks and white space are as in XML 1.0: nothing an index holds needs 1.1.
const VERSION: XmlVersion = XmlVersion::Implicit1_0;

type Pairs = Vec<(String, String)>;

fn row(number: u64, pairs: Pairs) -> Row {
    let (columns, values): (Vec<String>, Vec<String>) = pairs.into_iter().unzip();
    Row { number, columns: columns.into(), values, surplus: 0, lacking: 0, broken: None }
}

/// Adds a value; values of one path are kept together, with a line break between. An empty one shows that the column
/// is there.
fn add(pairs: &mut Pairs, path: &str, value: &str) {
    let value = value.trim();
    match pairs.iter_mut().find(|(known, _)| known == path) {
        Some((_, known)) => {
            if !known.is_empty() && !value.is_empty() {
                known.push('\n');
            }
            known.push_str(value);
        }
        None => pairs.push((path.to_owned(), value.to_owned())),
    }
}

/// The elements of a name, each a row. Where the name is a path, those alone whose parents are called so; then an element of the
/// name that stands elsewhere, or in a row, is a value as any.
pub(super) fn xml_rows(file: &str, read: Box<dyn Read + Send>, element: &str) -> Rows {
    let (bounded, watch) = Bounded::new(read);
    let mut parents: Vec<String> = element.split('/').map(str::to_owned).collect();
    let element = parents.pop().unwrap_or_default();
    let mut rows = XmlRows {
        reader: reader(Text { again: Cursor::default(), text: BufReader::new(bounded) }),
        watch,
        file: file.to_owned(),
        element,
        parents,
        open: Vec::new(),
        number: 0,
        ended: false,
    };
    Box::new(std::iter::from_fn(move || {
        if rows.ended {
            return None;
        }
        let next = rows.next().transpose();
        rows.ended |= !matches!(next, Some(Ok(_)));
        next
    }))
}

/// A text, before which some of it is read again.
struct Text {
    again: Cursor<Vec<u8>>,
    text: BufReader<Bounded>,
}

impl Text {
    fn is_read_again(&self) -> bool {
        self.again.position() < self.again.get_ref().len() as u64
    }

    /// Has the bytes that were read last read again.
    fn put_back(&mut self, bytes: &[u8]) {
        // While something is left to be read again, all that was read last is before it.
        match self.again.position().checked_sub(bytes.len() as u64) {
            Some(before) if self.is_read_again() => self.again.set_position(before),
            _ => self.again = Cursor::new(bytes.to_vec()),
        }
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_read_again() { self.again.read(buffer) } else { self.text.read(buffer) }
    }
}

impl BufRead for Text {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_read_again() { self.again.fill_buf() } else { self.text.fill_buf() }
    }

    fn consume(&mut self, count: usize) {
        if self.is_read_again() { self.again.consume(count) } else { self.text.consume(count) }
    }
}

fn reader(text: Text) -> Reader<Text> {
    let mut reader = Reader::from_reader(text);
    // Who goes on behind a broken row knows nothing of what it stood in.
    reader.config_mut().allow_unmatched_ends = true;
    reader
}

struct XmlRows {
    reader: Reader<Text>,
    /// Is told of each row.
    watch: Watch,
    file: String,
    element: String,
    /// What the elements around a row are called, the nearest last; none where that is no matter.
    parents: Vec<String>,
    /// The elements that are open around the next one.
    open: Vec<String>,
    number: u64,
    ended: bool,
}

/// An element that is open: its text with that of the elements in it, whether it has text of its own, and whether there
/// are elements in it.
#[derive(Default)]
struct Opened {
    text: String,
    has_own: bool,
    has_elements: bool,
}

impl Opened {
    fn add(&mut self, text: &str) {
        self.has_own |= !text.trim().is_empty();
        self.text.push_str(text);
    }

    /// What is its value: of an element that holds others and white space alone, nothing.
    fn value(&self) -> &str {
        if self.has_elements && !self.has_own { "" } else { &self.text }
    }
}

impl XmlRows {
    fn failed(&self, reason: &dyn ToString) -> DeliveryError {
        let place = self.reader.buffer_position();
        DeliveryError::index(&self.file, &format!("byte {place}: {}", reason.to_string()))
    }

    /// Whether an element of this name, with these open within the one before it, is a row.
    fn is_row(&self, name: &str, within: &[String]) -> bool {
        let around = self.open.iter().chain(within).rev();
        name == self.element
            && self.open.len() + within.len() >= self.parents.len()
            && self.parents.iter().rev().zip(around).all(|(parent, open)| parent == open)
    }

    fn next(&mut self) -> Result<Option<Row>, DeliveryError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.watch.begin();
            let event = self.reader.read_event_into(&mut buffer).map_err(|error| told(&error));
            let (start, is_empty) = match event.map(Event::into_owned) {
                Ok(Event::Start(start)) => (start, false),
                Ok(Event::Empty(start)) => (start, true),
                Ok(Event::End(_)) => {
                    self.open.pop();
                    continue;
                }
                Ok(Event::DocType(_)) => return Err(self.failed(&NO_DOCUMENT_TYPE)),
                Ok(Event::Eof) => return Ok(None),
                Ok(_) => continue,
                Err(reason) if self.is_row(name_in_mark(&buffer), &[]) => {
                    return self.without_mark(&buffer, reason).map(Some);
                }
                Err(reason) => return Err(self.failed(&reason)),
            };
            let name = local(&start);
            let is_row = self.is_row(&name, &[]);
            if let Some(reason) = holds_marks(&start) {
                if is_row {
                    return self.without_mark(&buffer, reason).map(Some);
                }
                return Err(self.failed(&reason));
            }
            if !is_row {
                if !is_empty {
                    self.open.push(name);
                }
                continue;
            }
            self.number += 1;
            let mut pairs = Pairs::new();
            let mut broken = attributes(&start, "", &mut pairs).err();
            let read = if is_empty { Ok(()) } else { self.fill(&mut pairs, &mut broken) };
            if let Err(reason) = read {
                broken.get_or_insert(reason);
                self.go_on_at_next_row()?;
            }
            return Ok(Some(match broken {
                Some(reason) => self::broken(self.number, reason),
                None => row(self.number, pairs),
            }));
        }
    }

    /// A row whose own mark does not read: what that took up is read again, for there may be rows in it.
    fn without_mark(&mut self, mark: &[u8], reason: String) -> Result<Row, DeliveryError> {
        self.number += 1;
        self.read_again_behind(mark);
        self.go_on_at_next_row()?;
        Ok(broken(self.number, reason))
    }

    /// Has everything behind the first sign of a mark, which was read last, read again.
    fn read_again_behind(&mut self, mark: &[u8]) {
        let text = self.reader.get_mut();
        text.put_back(mark);
        text.consume(1);
    }

    /// Reads on to the end of the row's element. What is wrong with a value is told, and the rest is passed over; an error
    /// says that the end cannot be found.
    fn fill(&mut self, pairs: &mut Pairs, broken: &mut Option<String>) -> Result<(), String> {
        let mut path: Vec<String> = Vec::new();
        let mut opened = vec![Opened::default()];
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer).map_err(|error| told(&error));
            if let Some(reason) = unclosed(&event) {
                drop(event);
                // A quotation mark that nobody closed takes up whole rows.
                if is_of_element(&buffer) {
                    self.read_again_behind(&buffer);
                }
                return Err(reason);
            }
            let event = event?;
            if let Event::Start(start) | Event::Empty(start) = &event
                && start.local_name().as_ref() == self.element
                && self.is_row(&self.element, &self.within(&path))
            {
                drop(event);
                self.reader.get_mut().put_back(&buffer);
                return Err("another row begins before its end".to_owned());
            }
            let mut said = Ok(());
            match event {
                Event::Start(start) => {
                    if path.len() == DEEPEST {
                        return Err("it is nested too deeply".to_owned());
                    }
                    path.push(local(&start));
                    opened.last_mut().into_iter().for_each(|one| one.has_elements = true);
                    opened.push(Opened::default());
                    said = attributes(&start, &path.join("/"), pairs);
                }
                Event::Empty(start) => {
                    let within = [path.join("/"), local(&start)].join("/");
                    let within = within.trim_start_matches('/');
                    opened.last_mut().into_iter().for_each(|one| one.has_elements = true);
                    add(pairs, within, "");
                    said = attributes(&start, within, pairs);
                }
                Event::End(_) => {
                    let Some(ended) = opened.pop().filter(|_| !path.is_empty()) else {
                        return Ok(());
                    };
                    add(pairs, &path.join("/"), ended.value());
                    path.pop();
                    opened.last_mut().into_iter().for_each(|one| one.text.push_str(&ended.text));
                }
                Event::Text(part) => text_of(&mut opened, &part.xml_content(VERSION)),
                Event::CData(part) => text_of(&mut opened, &part.xml_content(VERSION)),
                Event::GeneralRef(named) => {
                    said = resolved(named).map(|sign| text_of(&mut opened, &sign));
                }
                Event::Eof => {
                    self.ended = true;
                    return Err("the index ends within it".to_owned());
                }
                _ => {}
            }
            if let Err(reason) = said {
                broken.get_or_insert(reason);
            }
        }
    }

    /// The elements that are open within the row, and the row itself.
    fn within(&self, path: &[String]) -> Vec<String> {
        std::iter::once(&self.element).chain(path).cloned().collect()
    }

    /// Passes over what stands before the next element that begins a row.
    fn go_on_at_next_row(&mut self) -> Result<(), DeliveryError> {
        let text = self.reader.get_mut();
        let failed = |error: io::Error| DeliveryError::index(&self.file, &error);
        let longest = self.element.len() + LONGEST_PREFIX;
        loop {
            if !pass_over(text, b'<', &self.watch).map_err(failed)? {
                self.ended = true;
                return Ok(());
            }
            // A name and what ends it: of another element nothing is lost, for the next begins with a sign of its own.
            let mut beginning = Vec::new();
            while beginning.len() < longest {
                let Some(next) = text.fill_buf().map_err(failed)?.first().copied() else { break };
                if next == b'<' {
                    break;
                }
                beginning.push(next);
                text.consume(1);
                if !is_of_name(next) {
                    break;
                }
            }
            let name = beginning.strip_suffix(&[*beginning.last().unwrap_or(&0)]).unwrap_or(&[]);
            let name = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
            if name == self.element.as_bytes()
                && !beginning.last().is_none_or(|end| is_of_name(*end))
            {
                // Made anew, for what was open is not any more; one in another would be as deep as rows are broken.
                text.put_back(&[b"<", beginning.as_slice()].concat());
                let nothing = Bounded::new(Box::new(io::empty())).0;
                let nothing = Text { again: Cursor::default(), text: BufReader::new(nothing) };
                let text = std::mem::replace(text, nothing);
                self.reader = reader(text);
                return Ok(());
            }
        }
    }
}

/// What is told of an index with a document type.
const NO_DOCUMENT_TYPE: &str = "a document type is not taken; take it out of the index";

/// What is told of a mark that took up others, by a quotation mark that was not closed or by a sign that begins none: in
/// no mark stands the sign of another.
fn holds_marks(start: &BytesStart<'_>) -> Option<String> {
    let whole: &str = start;
    let told = if whole.contains(['"', '\'']) {
        "a quotation mark in a mark of an element is not closed"
    } else {
        "it is no well-formed XML: a mark is not closed"
    };
    whole.contains('<').then(|| told.to_owned())
}

/// Why a mark does not read, or takes up others.
fn unclosed(event: &Result<Event<'_>, String>) -> Option<String> {
    match event {
        Err(reason) => Some(reason.clone()),
        Ok(Event::Start(start) | Event::Empty(start)) => holds_marks(start),
        Ok(_) => None,
    }
}

/// Whether what was read is the mark of an element, or begins as one: neither a comment nor the like.
fn is_of_element(mark: &[u8]) -> bool {
    mark.first() == Some(&b'<') && !matches!(mark.get(1), Some(b'!' | b'?'))
}

/// The local name of the element whose start mark this is, or begins as.
fn name_in_mark(mark: &[u8]) -> &str {
    let name = mark.strip_prefix(b"<").unwrap_or_default();
    let name = name.split(|byte| !is_of_name(*byte)).next().unwrap_or_default();
    let name = std::str::from_utf8(name).unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// What is wrong with the form of a row, in words that are known in each language.
fn told(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::Io(error) if is_too_long(error) => {
            format!("it is longer than {LONGEST_ROW} bytes")
        }
        quick_xml::Error::Syntax(
            SyntaxError::UnclosedSingleQuotedAttributeValue
            | SyntaxError::UnclosedDoubleQuotedAttributeValue,
        ) => "a quotation mark in a mark of an element is not closed".to_owned(),
        other => format!("it is no well-formed XML: {}", ill_formed(other)),
    }
}

/// What is wrong with XML, by kind: what the parser says of it is in English alone.
fn ill_formed(error: &quick_xml::Error) -> String {
    match error {
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("</{expected}> is missing before </{found}>")
        }
        quick_xml::Error::IllFormed(_) => "its marks do not fit together".to_owned(),
        quick_xml::Error::InvalidAttr(_) => "an attribute does not read".to_owned(),
        quick_xml::Error::Escape(_) => "a reference does not read".to_owned(),
        quick_xml::Error::Syntax(_) => "a mark is not closed".to_owned(),
        _ => "it does not read".to_owned(),
    }
}

/// Passes over everything to a byte, however much it is. False where the text ends before.
fn pass_over(text: &mut dyn BufRead, byte: u8, watch: &Watch) -> io::Result<bool> {
    loop {
        watch.begin();
        let piece = text.fill_buf()?;
        if piece.is_empty() {
            return Ok(false);
        }
        let found = piece.iter().position(|one| *one == byte);
        let passed = found.map_or(piece.len(), |at| at + 1);
        text.consume(passed);
        if found.is_some() {
            return Ok(true);
        }
    }
}

/// Whether a byte can be of an element's name: white space, `/` and `>` end it.
const fn is_of_name(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != b'/' && byte != b'>'
}

fn text_of(opened: &mut [Opened], text: &str) {
    if let Some(one) = opened.last_mut() {
        one.add(text);
    }
}

/// The sign that a reference stands for.
fn resolved(named: BytesRef<'_>) -> Result<String, String> {
    if let Some(sign) = named.resolve_char_ref().map_err(|error| told(&error))? {
        return Ok(sign.to_string());
    }
    let name = named.into_inner();
    let known = escape::resolve_predefined_entity(&name);
    known.map(str::to_owned).ok_or_else(|| format!("&{name}; is not known"))
}

fn attributes(start: &BytesStart<'_>, within: &str, pairs: &mut Pairs) -> Result<(), String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| told(&error.into()))?;
        let local_name = attribute.key.local_name();
        let name: &str = local_name.as_ref();
        let value = attribute.normalized_value(VERSION).map_err(|error| told(&error))?;
        let path = if within.is_empty() { format!("@{name}") } else { format!("{within}/@{name}") };
        add(pairs, &path, &value);
    }
    Ok(())
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

/// The element that comes oftenest directly below the first one: the rows of a document that looks like an index. Where
/// elements of that name stand within rows, too, the path to the rows.
pub(super) fn repeated_element(beginning: &str) -> Option<String> {
    let mut reader = Reader::from_str(beginning);
    let mut open: Vec<String> = Vec::new();
    let mut counts: HashMap<String, u32> = HashMap::new();
    let (mut nested, mut root, mut is_nested) = (HashSet::new(), String::new(), false);
    // The beginning ends in the middle of the document, which is an error that ends the count.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) => {
                let name = local(&start);
                match open.len() {
                    0 => root.clone_from(&name),
                    1 => {
                        is_nested = false;
                        *counts.entry(name.clone()).or_default() += 1;
                    }
                    _ => {}
                }
                open.push(name);
            }
            Event::Empty(start) if open.len() == 1 => {
                *counts.entry(local(&start)).or_default() += 1;
            }
            Event::End(_) => {
                let ended = open.pop();
                match open.len() {
                    // A row without its end would seem to hold all others, and is never ended.
                    1 if is_nested => nested.extend(ended),
                    1 => {}
                    _ => is_nested |= open.len() > 1 && ended.as_ref() == open.get(1),
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let most = counts.into_iter().max_by_key(|(name, count)| (*count, name.clone()));
    let (name, count) = most?;
    let path = || format!("{root}/{name}");
    Some(if count > 1 && nested.contains(&name) { path() } else { name })
}

/// The objects of a list in a JSON document, each a row.
pub(super) fn list_rows(file: &str, text: Box<dyn Read + Send>, path: Option<&str>) -> Rows {
    let file = file.to_owned();
    let mut elements = Elements::new(text, path);
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        number += 1;
        match elements.next() {
            Ok(None) => None,
            Ok(Some(Element::Of(text))) => Some(Ok(row_of_object(number, &text))),
            Ok(Some(Element::TooLong)) => Some(Ok(too_long(number))),
            Err(error) => {
                let reason = format!("row {number}: {error}");
                Some(Err(DeliveryError::index(&file, &reason)))
            }
        }
    }))
}

fn broken(number: u64, reason: String) -> Row {
    Row { broken: Some(reason), ..row(number, Pairs::new()) }
}

fn too_long(number: u64) -> Row {
    broken(number, format!("it is longer than {LONGEST_LINE} bytes"))
}

fn row_of_object(number: u64, text: &str) -> Row {
    let mut pairs = Pairs::new();
    let object = serde_json::from_str::<Members<'_>>(text);
    let object = object.map_err(|_| "it is no JSON object".to_owned());
    match object.and_then(|object| flatten_all(&mut pairs, &[], &object)) {
        Ok(()) => row(number, pairs),
        Err(reason) => broken(number, reason),
    }
}

/// The objects of a text, one a line. Empty lines are passed over.
pub(super) fn json_rows(file: &str, text: Box<dyn Read + Send>) -> Rows {
    let file = file.to_owned();
    let mut reader = BufReader::new(text);
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        loop {
            number += 1;
            match next_line(&mut reader) {
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => return Some(Ok(too_long(number))),
                Ok(Line::Of(line)) if line.trim().is_empty() => {}
                Ok(Line::Of(line)) => return Some(Ok(row_of_object(number, &line))),
                Err(error) => {
                    let reason = format!("line {number}: {error}");
                    return Some(Err(DeliveryError::index(&file, &reason)));
                }
            }
        }
    }))
}

/// Whether the first line that holds anything is a whole object, of which the text holds more or which has no list of them in it.
pub(super) fn begins_with_lines(beginning: &str) -> bool {
    let mut lines = beginning.lines().filter(|line| !line.trim().is_empty());
    let is_object = |line: &str| serde_json::from_str::<Members<'_>>(line).is_ok();
    lines.next().is_some_and(is_object)
        && (lines.next().is_some() || objects::list_in(beginning).is_none())
}

enum Line {
    Of(String),
    TooLong,
    End,
}

/// The next line; of one that is too long all is passed over.
fn next_line(text: &mut impl BufRead) -> io::Result<Line> {
    let mut line = String::new();
    let read = text.by_ref().take(LONGEST_LINE as u64 + 1).read_line(&mut line)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if read <= LONGEST_LINE {
        return Ok(Line::Of(line));
    }
    if !line.ends_with('\n') {
        text.skip_until(b'\n')?;
    }
    Ok(Line::TooLong)
}

/// The members of an object, in their order: one that comes twice comes twice here. Numbers stay as they are written.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(text: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        text.deserialize_map(Visit)
    }
}

fn flatten_all(pairs: &mut Pairs, within: &[String], object: &Members<'_>) -> Result<(), String> {
    object.0.iter().try_for_each(|(key, value)| {
        let path: Vec<String> = within.iter().chain([key]).cloned().collect();
        flatten(pairs, &path, value, path.len())
    })
}

/// `depth` counts lists, too.
fn flatten(
    pairs: &mut Pairs,
    path: &[String],
    value: &RawValue,
    depth: usize,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err("it is nested too deeply".to_owned());
    }
    let (text, name) = (value.get(), path.join("."));
    let failed = |error: serde_json::Error| error.to_string();
    match text.as_bytes().first() {
        Some(b'{') => flatten_all(pairs, path, &serde_json::from_str(text).map_err(failed)?)?,
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            values.into_iter().try_for_each(|value| flatten(pairs, path, value, depth + 1))?;
        }
        Some(b'"') => add(pairs, &name, &serde_json::from_str::<String>(text).map_err(failed)?),
        Some(b'n') => add(pairs, &name, ""),
        _ => add(pairs, &name, text),
    }
    Ok(())
}
