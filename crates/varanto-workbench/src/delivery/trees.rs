//! XML documents and JSON lines as indexes: what stands deeper becomes a column with a path for a name.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use serde_json::Value;

use super::bounded::{Bounded, Watch};
use super::{DeliveryError, Row, index::Rows};

/// So deep an index may be.
const DEEPEST: usize = 32;
/// So long a line of JSON may be, in bytes.
const LONGEST_LINE: usize = 1024 * 1024;

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

/// The elements of a name, each a row.
pub(super) fn xml_rows(file: &str, read: Box<dyn Read + Send>, element: &str) -> Rows {
    let (bounded, watch) = Bounded::new(read);
    let mut rows = XmlRows {
        reader: Reader::from_reader(BufReader::new(bounded)),
        watch,
        file: file.to_owned(),
        element: element.to_owned(),
        number: 0,
        ended: false,
    };
    Box::new(std::iter::from_fn(move || {
        if rows.ended {
            return None;
        }
        let next = rows.next().transpose();
        rows.ended = !matches!(next, Some(Ok(_)));
        next
    }))
}

struct XmlRows {
    reader: Reader<BufReader<Bounded>>,
    /// Is told of each row.
    watch: Watch,
    file: String,
    element: String,
    number: u64,
    ended: bool,
}

impl XmlRows {
    fn failed(&self, reason: &dyn ToString) -> DeliveryError {
        let place = self.reader.buffer_position();
        DeliveryError::index(&self.file, &format!("byte {place}: {}", reason.to_string()))
    }

    fn next(&mut self) -> Result<Option<Row>, DeliveryError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.watch.begin();
            let event = self.reader.read_event_into(&mut buffer);
            match event.map_err(|error| self.failed(&error))? {
                Event::Start(start) if local(&start) == self.element => {
                    let mut pairs = Pairs::new();
                    self.attributes(&start, "", &mut pairs)?;
                    self.number += 1;
                    self.fill(&mut pairs)?;
                    return Ok(Some(row(self.number, pairs)));
                }
                Event::Empty(start) if local(&start) == self.element => {
                    let mut pairs = Pairs::new();
                    self.attributes(&start, "", &mut pairs)?;
                    self.number += 1;
                    return Ok(Some(row(self.number, pairs)));
                }
                Event::DocType(_) => return Err(self.failed(&"a document type is not taken")),
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads on to the end of the row's element.
    fn fill(&mut self, pairs: &mut Pairs) -> Result<(), DeliveryError> {
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer);
            match event.map_err(|error| self.failed(&error))? {
                Event::Start(start) => {
                    if path.len() == DEEPEST {
                        return Err(self.failed(&"elements are nested too deeply"));
                    }
                    path.push(local(&start));
                    self.attributes(&start, &path.join("/"), pairs)?;
                    text.clear();
                }
                Event::Empty(start) => {
                    let within = [path.join("/"), local(&start)].join("/");
                    let within = within.trim_start_matches('/');
                    add(pairs, within, "");
                    self.attributes(&start, within, pairs)?;
                }
                Event::End(_) => {
                    if !path.is_empty() {
                        add(pairs, &path.join("/"), &text);
                    }
                    text.clear();
                    if path.pop().is_none() {
                        return Ok(());
                    }
                }
                Event::Text(part) => text.push_str(&part.xml_content(VERSION)),
                Event::CData(part) => text.push_str(&part.xml_content(VERSION)),
                Event::GeneralRef(named) => {
                    let sign = named.resolve_char_ref().map_err(|error| self.failed(&error))?;
                    if let Some(sign) = sign {
                        text.push(sign);
                    } else {
                        let name = named.into_inner();
                        let known = escape::resolve_predefined_entity(&name);
                        let unknown = || self.failed(&format!("&{name}; is not known"));
                        text.push_str(known.ok_or_else(unknown)?);
                    }
                }
                Event::Eof => return Err(self.failed(&"the document ends within a row")),
                _ => {}
            }
        }
    }

    fn attributes(
        &self,
        start: &BytesStart<'_>,
        within: &str,
        pairs: &mut Pairs,
    ) -> Result<(), DeliveryError> {
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.failed(&error))?;
            let local_name = attribute.key.local_name();
            let name: &str = local_name.as_ref();
            let value = attribute.normalized_value(VERSION).map_err(|error| self.failed(&error))?;
            let path =
                if within.is_empty() { format!("@{name}") } else { format!("{within}/@{name}") };
            add(pairs, &path, &value);
        }
        Ok(())
    }
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

/// The element that comes oftenest directly below the first one: the rows of a document that looks like an index.
pub(super) fn repeated_element(beginning: &str) -> Option<String> {
    let mut reader = Reader::from_str(beginning);
    let mut depth = 0;
    let mut counts: HashMap<String, u32> = HashMap::new();
    // The beginning ends in the middle of the document, which is an error that ends the count.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) => {
                if depth == 1 {
                    *counts.entry(local(&start)).or_default() += 1;
                }
                depth += 1;
            }
            Event::Empty(start) if depth == 1 => *counts.entry(local(&start)).or_default() += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    counts.into_iter().max_by_key(|(name, count)| (*count, name.clone())).map(|(name, _)| name)
}

/// The objects of a text, one a line. Empty lines are passed over.
pub(super) fn json_rows(file: &str, text: Box<dyn Read + Send>) -> Rows {
    let file = file.to_owned();
    let mut reader = BufReader::new(text);
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        loop {
            let mut line = String::new();
            number += 1;
            let failed = |reason: &dyn ToString| {
                let reason = format!("line {number}: {}", reason.to_string());
                Some(Err(DeliveryError::index(&file, &reason)))
            };
            let most = LONGEST_LINE as u64 + 1;
            match reader.by_ref().take(most).read_line(&mut line) {
                Ok(0) => return None,
                Ok(read) if read > LONGEST_LINE => return failed(&"the line is too long"),
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => {
                    let Ok(Value::Object(object)) = serde_json::from_str(&line) else {
                        let broken = Some("no JSON object".to_owned());
                        return Some(Ok(Row { broken, ..row(number, Pairs::new()) }));
                    };
                    let mut pairs = Pairs::new();
                    for (key, value) in &object {
                        flatten(&mut pairs, key, value);
                    }
                    return Some(Ok(row(number, pairs)));
                }
                Err(error) => return failed(&error),
            }
        }
    }))
}

fn flatten(pairs: &mut Pairs, path: &str, value: &Value) {
    match value {
        Value::Null => add(pairs, path, ""),
        Value::Bool(switch) => add(pairs, path, if *switch { "true" } else { "false" }),
        Value::Number(number) => add(pairs, path, &number.to_string()),
        Value::String(text) => add(pairs, path, text),
        Value::Array(values) => values.iter().for_each(|value| flatten(pairs, path, value)),
        Value::Object(object) => {
            for (key, value) in object {
                flatten(pairs, &format!("{path}.{key}"), value);
            }
        }
    }
}
