//! A structured document's JSON: bytes to [`Content`], and back.
//!
//! Stricter than JSON asks for: a member that occurs twice is refused, because two readers could
//! take different ones, and so is nesting that no published structure comes near.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::structures::Content;

/// The deepest nesting taken; the deepest national structure has under twenty levels.
pub const MAX_DEPTH: usize = 64;

/// The most values taken in one document; the largest national structure, filled to the last row,
/// has some thousands. Keeps a small body of `[[],[],…` from taking a large memory.
pub const MAX_VALUES: usize = 500_000;

const RULE: &str = "ARC-5";

/// Reads one JSON text; texts without escapes are borrowed from `bytes`.
///
/// Whole numbers of up to 64 bits keep their digits; other numbers are given by the shortest
/// decimal text that names the same 64-bit float. `part` begins the element of a fault:
/// `structured` gives `structured:/asia_asiakirja/asiakas`.
///
/// # Errors
/// The first thing wrong: bytes that are not UTF-8, not JSON, nested too deep or followed by more
/// (`not-json`, with line and column in `reason` and never a piece of the text), a member that
/// occurs twice (`duplicate-member`), too many values (`too-large`).
///
/// Source: ARC-5.
pub fn read<'a>(bytes: &'a [u8], part: &str) -> Result<Content<'a>, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, &error, part))?;
    let reading = Reading { path: RefCell::default(), refusal: RefCell::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Value { reading: &reading }.deserialize(&mut json);
    match read.and_then(|content| json.end().map(|()| content)) {
        Ok(content) => Ok(content),
        Err(error) => Err(reading.refusal.take().unwrap_or(Refusal::Syntax).fault(&error, part)),
    }
}

/// Prints the content as compact JSON, members in their order.
#[must_use]
pub fn write(content: &Content) -> String {
    let mut out = Vec::with_capacity(4096);
    write_value(&mut out, content);
    String::from_utf8(out).expect("every part written is UTF-8")
}

/// Where the reader stands, and why it stopped when that was not the JSON text's own fault.
struct Reading<'a> {
    path: RefCell<Path<'a>>,
    refusal: RefCell<Option<Refusal>>,
}

#[derive(Default)]
struct Path<'a> {
    steps: Vec<Step<'a>>,
    values: usize,
}

enum Step<'a> {
    Entry(usize),
    Member(Cow<'a, str>),
}

enum Refusal {
    Syntax,
    TooDeep,
    TooMany,
    Duplicate(String),
}

impl Refusal {
    fn fault(self, error: &serde_json::Error, part: &str) -> Fault {
        let root = || format!("{part}:");
        match self {
            Refusal::Syntax => {
                Fault::new(FaultKind::NotJson, root(), RULE).arg("reason", error.to_string())
            }
            Refusal::TooDeep => Fault::new(FaultKind::NotJson, root(), RULE).arg(
                "reason",
                format!(
                    "nested over {MAX_DEPTH} levels at line {} column {}",
                    error.line(),
                    error.column()
                ),
            ),
            Refusal::TooMany => {
                Fault::new(FaultKind::TooLarge, root(), RULE).arg("limit", MAX_VALUES)
            }
            Refusal::Duplicate(pointer) => {
                Fault::new(FaultKind::DuplicateMember, format!("{part}:{pointer}"), RULE)
            }
        }
    }
}

fn not_utf8(bytes: &[u8], error: &std::str::Utf8Error, part: &str) -> Fault {
    let before = &bytes[..error.valid_up_to()];
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Fault::new(FaultKind::NotJson, format!("{part}:"), RULE)
        .arg("reason", format!("not UTF-8 at line {line} column {column}"))
}

impl<'a> Reading<'a> {
    fn enter<E: de::Error>(&self, step: Step<'a>) -> Result<(), E> {
        let mut path = self.path.borrow_mut();
        path.steps.push(step);
        path.values += 1;
        if path.steps.len() > MAX_DEPTH {
            return Err(self.refuse(Refusal::TooDeep));
        }
        if path.values > MAX_VALUES {
            return Err(self.refuse(Refusal::TooMany));
        }
        Ok(())
    }

    fn leave(&self) {
        self.path.borrow_mut().steps.pop();
    }

    fn refuse<E: de::Error>(&self, refusal: Refusal) -> E {
        *self.refusal.borrow_mut() = Some(refusal);
        E::custom("refused")
    }

    fn pointer(&self, member: &str) -> String {
        let path = self.path.borrow();
        let mut pointer = String::new();
        for step in &path.steps {
            match step {
                Step::Entry(index) => {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                }
                Step::Member(name) => push_token(&mut pointer, name),
            }
        }
        push_token(&mut pointer, member);
        pointer
    }
}

/// Adds one token of a JSON pointer. A name that is not formed as the published ones are becomes `*`:
/// it is the sender's own text, and may hold anything.
fn push_token(pointer: &mut String, name: &str) {
    let formed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let may_show = name.len() <= 200 && digits < 6 && name.chars().all(formed);
    pointer.push('/');
    pointer.push_str(if may_show { name } else { "*" });
}

#[derive(Clone, Copy)]
struct Value<'r, 'a> {
    reading: &'r Reading<'a>,
}

impl<'de> DeserializeSeed<'de> for Value<'_, 'de> {
    type Value = Content<'de>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Content<'de>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, 'de> {
    type Value = Content<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Content<'de>, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content<'de>, E> {
        Ok(Content::Switch(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content<'de>, E> {
        Ok(Content::Number(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content<'de>, E> {
        Ok(Content::Number(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content<'de>, E> {
        Ok(Content::Number(Cow::Owned(format!("{value:?}"))))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Content<'de>, E> {
        Ok(Content::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content<'de>, A::Error> {
        let mut entries = Vec::new();
        loop {
            self.reading.enter(Step::Entry(entries.len()))?;
            let entry = list.next_element_seed(self)?;
            self.reading.leave();
            match entry {
                Some(entry) => entries.push(entry),
                None => return Ok(Content::List(entries)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Content<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Content<'de>)> = Vec::new();
        while let Some(name) = object.next_key_seed(Key)? {
            if members.len() < FEW && members.iter().any(|(known, _)| *known == name) {
                return Err(self.reading.refuse(Refusal::Duplicate(self.reading.pointer(&name))));
            }
            self.reading.enter(Step::Member(name.clone()))?;
            let value = object.next_value_seed(self)?;
            self.reading.leave();
            members.push((name, value));
        }
        if let Some(name) = repeated(&members) {
            return Err(self.reading.refuse(Refusal::Duplicate(self.reading.pointer(name))));
        }
        Ok(Content::Object(members))
    }
}

/// Objects with fewer members are searched for duplicates while they are read; larger ones once,
/// sorted, so that no object takes time by the square of its size.
const FEW: usize = 24;

fn repeated<'m>(members: &'m [(Cow<'_, str>, Content<'_>)]) -> Option<&'m str> {
    if members.len() <= FEW {
        return None;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// A member's name, borrowed where it holds no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Cow<'de, str>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a member name")
    }
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }
    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

fn write_value(out: &mut Vec<u8>, content: &Content) {
    match content {
        Content::Null => out.extend(b"null"),
        Content::Switch(value) => out.extend(if *value { b"true".as_slice() } else { b"false" }),
        Content::Number(text) => out.extend(text.as_bytes()),
        Content::Text(text) => write_text(out, text),
        Content::List(entries) => {
            out.push(b'[');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, entry);
            }
            out.push(b']');
        }
        Content::Object(members) => {
            out.push(b'{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_text(out, name);
                out.push(b':');
                write_value(out, value);
            }
            out.push(b'}');
        }
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("any text is a JSON string, and memory takes it");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &[u8], wanted: Result<(), (&str, &str, Option<&str>)>) {
        let read = read(json, "structured");
        let found = read.as_ref().map(|_| ()).map_err(|fault| {
            let reason = fault.args.iter().find(|(name, _)| *name == "reason");
            (fault.code(), fault.element.as_str(), reason.map(|(_, text)| text.as_str()))
        });
        assert_eq!(found, wanted, "{}", String::from_utf8_lossy(json));
    }

    #[test]
    fn only_one_whole_json_text_without_repeated_members_is_read() {
        let not_json = |reason| Err(("not-json", "structured:", Some(reason)));
        check(br#"{"asia":{"tila":true,"nro":[1,-2,0.5,1e3,null]}}"#, Ok(()));
        check(br#"{"a":1}x"#, not_json("trailing characters at line 1 column 8"));
        check(b"", not_json("EOF while parsing a value at line 1 column 0"));
        check(b"{\"a\":\n\xff}", not_json("not UTF-8 at line 2 column 1"));
        check(b"{\"sukunimi\":\"Aho\",}", not_json("trailing comma at line 1 column 19"));
        check(
            br#"{"asia":[{},{"tila":1,"tila":2}]}"#,
            Err(("duplicate-member", "structured:/asia/1/tila", None)),
        );
        let many: Vec<String> = (0..40).map(|n| format!("\"k{}\":0", n % 39)).collect();
        let many = format!("{{\"x\":{{{}}}}}", many.join(","));
        check(many.as_bytes(), Err(("duplicate-member", "structured:/x/k0", None)));
    }

    #[test]
    fn nesting_stops_at_the_limit_and_not_before() {
        let nested = |levels: usize| format!("{}0{}", "[".repeat(levels), "]".repeat(levels));
        check(nested(MAX_DEPTH).as_bytes(), Ok(()));
        let reason = "nested over 64 levels at line 1 column 65";
        check(nested(MAX_DEPTH + 1).as_bytes(), Err(("not-json", "structured:", Some(reason))));
        let wide = format!("[{}0]", "0,".repeat(MAX_VALUES));
        check(wide.as_bytes(), Err(("too-large", "structured:", None)));
    }

    #[test]
    fn a_fault_never_quotes_the_text() {
        for broken in
            [r#"{"nimi":"Aho" "x"}"#, r#"{"nimi":Aho}"#, r#"{"nimi":"Aho"#, "{\"n\":\"A\nho\"}"]
        {
            let fault = read(broken.as_bytes(), "structured").unwrap_err();
            assert!(!format!("{fault:?}").contains("Aho"), "{fault:?}");
        }
    }

    #[test]
    fn numbers_keep_what_they_say() {
        let numbers = "[0,-7,18446744073709551615,12.5,0.1,-0.25]";
        assert_eq!(write(&read(numbers.as_bytes(), "p").unwrap()), numbers);
    }
}
