//! The structures inside the program, kept as tables of facts (`tables/*.txt`).
//!
//! A table holds structures one after another: a head of a few lines, then a line for each row.
//!
//! ```text
//! structure 1505.2.2022.6.28
//! name Asia-asiakirja | Ärendehandling
//! type Asia-asiakirja
//!   2  group!* Asiakas | Klient
//!   3    name! Sukunimi | Efternamn
//!   5    identifier?(1.2.246.21) Henkilötunnus | Personbeteckning
//!  18    code!(6.1221) Palvelutehtävä | Serviceuppgift
//! ```
//!
//! * The version of a national structure is told without the arcs that all of them share, one of our
//!   own whole.
//! * The number is the row's; indentation is its depth.
//! * `!` obligatory, `?` conditionally obligatory, `*` repeats.
//! * `code(6.1221)` is bound to the code set 1.2.246.537.6.1221; `code(own: 1 2)` to values of its
//!   own, whose system is the structure's member and its own with a slash between (`own=…` where it
//!   is spelt otherwise); `code(any: 1 2)` to values whose system is left open. Values after the
//!   colon are the only ones taken.
//! * `identifier(1.2.246.21)` names the identifier's system.
//! * `group(address)` has the rows of that group in `groups.txt`.
//! * `> ` under a phrase is its text.
//! * The JSON member follows from the Finnish name, see [`member_name`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Field, FieldKind, FieldObligation, Names, OWN_STRUCTURES, Structure, version_day};
use crate::ids::Oid;

const CODE_SETS: &str = "1.2.246.537";
const STRUCTURES: &str = "1.2.246.537.6";

macro_rules! table {
    ($file:literal) => {
        Table { file: $file, text: include_str!(concat!("tables/", $file)) }
    };
}

const GROUPS: Table = table!("groups.txt");

const TABLES: [Table; 11] = [
    table!("register_control.txt"),
    table!("long_road.txt"),
    table!("case_notes.txt"),
    table!("summaries.txt"),
    table!("client_plans.txt"),
    table!("implementation_plans.txt"),
    table!("service_decisions.txt"),
    table!("needs_assessments.txt"),
    table!("notifications.txt"),
    table!("hearings.txt"),
    table!("applications.txt"),
];

/// The structures inside the program: the four documents that control the register, and those that
/// daily work needs. Read at first use.
///
/// # Panics
/// When a table breaks its form, which a test would have told.
#[must_use]
pub fn built_in() -> &'static [Structure] {
    static ALL: OnceLock<Vec<Structure>> = OnceLock::new();
    ALL.get_or_init(|| read_all().expect("a test reads every table"))
}

/// The JSON member that a Finnish name gives: letters in lower case with their dots and rings taken
/// off, a space or hyphen as `_`, a digit as its Finnish word, everything else left out.
///
/// Source: holds for each of the 12,154 published rows (national-specs 1.4 says it less exactly).
pub(super) fn member_name(finnish: &str) -> String {
    const DIGITS: [&str; 10] = [
        "nolla",
        "yksi",
        "kaksi",
        "kolme",
        "nelja",
        "viisi",
        "kuusi",
        "seitseman",
        "kahdeksan",
        "yhdeksan",
    ];
    let mut member = String::with_capacity(finnish.len());
    for letter in finnish.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' => member.push(letter),
            'ä' | 'å' => member.push('a'),
            'ö' => member.push('o'),
            ' ' | '-' => member.push('_'),
            '0'..='9' => member.push_str(DIGITS[letter as usize - '0' as usize]),
            _ => {}
        }
    }
    member
}

/// A table by its file name.
struct Table {
    file: &'static str,
    text: &'static str,
}

/// Where a table breaks its form.
struct TableError {
    file: &'static str,
    line: usize,
    reason: &'static str,
}

impl fmt::Debug for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}: {}", self.file, self.line, self.reason)
    }
}

/// Shared groups by name; their rows are numbered from 1.
type Groups = HashMap<&'static str, Vec<Field>>;

fn read_all() -> Result<Vec<Structure>, TableError> {
    let mut groups = Groups::new();
    let mut reader = Reader::new(&GROUPS);
    while let Some(name) = reader.head("group") {
        let rows = reader.rows(0, &mut 1, &groups)?;
        groups.insert(name, rows);
    }
    reader.finish()?;

    let mut structures = Vec::new();
    for table in &TABLES {
        let mut reader = Reader::new(table);
        while let Some(version) = reader.head("structure") {
            structures.push(reader.structure(version, &groups)?);
        }
        reader.finish()?;
    }
    Ok(structures)
}

/// A line of a table that says something.
#[derive(Clone, Copy)]
enum Line {
    /// A word at the start of the line, and the rest of it.
    Head(&'static str, &'static str),
    /// A row: its number, where one is given, its depth from 0, and what it says.
    Row(Option<u16>, usize, &'static str),
    /// The text of the phrase above it.
    Phrase(&'static str),
}

impl Line {
    fn read(text: &'static str) -> Self {
        let inner = text.trim_start();
        if let Some(phrase) = inner.strip_prefix("> ") {
            return Self::Phrase(phrase);
        }
        if text.starts_with(|c: char| c.is_ascii_lowercase()) {
            let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
            return Self::Head(word, rest);
        }
        let unnumbered = inner.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = inner[..inner.len() - unnumbered.len()].parse().ok();
        let indented = if number.is_some() { unnumbered } else { text };
        let row = indented.trim_start();
        let depth = (indented.len() - row.len()).saturating_sub(2) / 2;
        Self::Row(number, depth, row)
    }
}

/// Reads a table from its first line to its last.
struct Reader {
    file: &'static str,
    lines: Vec<(usize, Line)>,
    next: usize,
    /// The root of the structure being read; empty among the shared groups.
    root: Arc<str>,
}

impl Reader {
    fn new(table: &Table) -> Self {
        let says_something = |text: &str| !text.is_empty() && !text.starts_with('#');
        let lines = table.text.lines().zip(1..).filter(|(text, _)| says_something(text));
        let lines = lines.map(|(text, number)| (number, Line::read(text))).collect();
        Self { file: table.file, lines, next: 0, root: "".into() }
    }

    fn peek(&self) -> Option<Line> {
        self.lines.get(self.next).map(|(_, line)| *line)
    }

    /// The rest of the next line, if it is a head with this word; the line is then taken.
    fn head(&mut self, wanted: &str) -> Option<&'static str> {
        match self.peek() {
            Some(Line::Head(word, rest)) if word == wanted => {
                self.next += 1;
                Some(rest)
            }
            _ => None,
        }
    }

    fn finish(&self) -> Result<(), TableError> {
        let read = self.next == self.lines.len();
        if read { Ok(()) } else { Err(self.error("a line that nothing here takes")) }
    }

    fn error(&self, reason: &'static str) -> TableError {
        let line = self.lines.get(self.next).map_or(0, |(line, _)| *line);
        TableError { file: self.file, line, reason }
    }

    fn structure(&mut self, version: &str, groups: &Groups) -> Result<Structure, TableError> {
        let whole = version.starts_with(OWN_STRUCTURES);
        let oid =
            Oid::parse(&if whole { version.to_owned() } else { format!("{STRUCTURES}.{version}") });
        let oid = oid.map_err(|_| self.error("the version is no OID"))?;
        let first_day = version_day(&oid).ok_or_else(|| self.error("no version day"))?;
        let title = self.head("name").map(names).ok_or_else(|| self.error("no name"))?;
        let document_type = self.head("type").ok_or_else(|| self.error("no type"))?.to_owned();
        let subject = self.head("subject").map(str::to_owned);
        let author = self.head("author").map(str::to_owned);
        let library = self.head("library").ok_or_else(|| self.error("no library"))?;
        self.root = member_name(&title.fi).into();
        Ok(Structure {
            oid,
            title,
            first_day,
            component_library: library.to_owned(),
            document_type,
            subject,
            author,
            root: self.root.clone(),
            fields: self.rows(0, &mut 1, groups)?,
        })
    }

    /// The rows that follow at this depth, with what lies under them.
    fn rows(
        &mut self,
        depth: usize,
        next_row: &mut u16,
        groups: &Groups,
    ) -> Result<Vec<Field>, TableError> {
        let mut rows = Vec::new();
        while let Some(Line::Row(number, at, text)) = self.peek() {
            if at < depth {
                break;
            }
            if at > depth || number.is_some_and(|number| number != *next_row) {
                return Err(self.error("the depth or the row number leaps"));
            }
            rows.push(self.row(text, depth, next_row, groups)?);
        }
        Ok(rows)
    }

    fn row(
        &mut self,
        text: &str,
        depth: usize,
        next_row: &mut u16,
        groups: &Groups,
    ) -> Result<Field, TableError> {
        let RowText { word, marks, args, name } =
            RowText::read(text).ok_or_else(|| self.error("not `kind name | namn`"))?;
        let names = names(name);
        let key: Arc<str> = member_name(&names.fi).into();
        let row = *next_row;
        *next_row += 1;
        let obligation = match marks.trim_end_matches('*') {
            "!" => FieldObligation::Obligatory,
            "?" => FieldObligation::Conditional,
            "" => FieldObligation::Optional,
            _ => return Err(self.error("unknown mark")),
        };
        let simple = simple_kind(word, args)
            .or_else(|| (word == "code").then(|| code_kind(args, &self.root, &key)).flatten());
        if simple.is_none() && !matches!(word, "group" | "phrase") {
            return Err(self.error("unknown kind"));
        }
        self.next += 1;
        let kind = match simple {
            Some(kind) => kind,
            None if word == "phrase" => self.phrase()?,
            None if args.is_empty() => FieldKind::Group(self.rows(depth + 1, next_row, groups)?),
            None => FieldKind::Group(self.shared_group(args, next_row, groups)?),
        };
        Ok(Field { row, key, names, kind, obligation, repeats: marks.ends_with('*') })
    }

    fn phrase(&mut self) -> Result<FieldKind, TableError> {
        let Some(Line::Phrase(text)) = self.peek() else {
            return Err(self.error("a phrase without its text"));
        };
        self.next += 1;
        Ok(FieldKind::Phrase(vec![text.replace("\\n", "\n")]))
    }

    fn shared_group(
        &self,
        name: &str,
        next_row: &mut u16,
        groups: &Groups,
    ) -> Result<Vec<Field>, TableError> {
        let mut rows = groups.get(name).ok_or_else(|| self.error("unknown group above"))?.clone();
        let before = *next_row - 1;
        for row in &mut rows {
            *next_row += move_down(row, before);
        }
        Ok(rows)
    }
}

/// The parts of a row's line: `code!*(6.1221) Palvelutehtävä | Serviceuppgift`.
struct RowText<'t> {
    word: &'t str,
    marks: &'t str,
    args: &'t str,
    name: &'t str,
}

impl<'t> RowText<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let (kind, args, name) = match text.find(['(', ' '])? {
            at if text[at..].starts_with('(') => {
                let (args, rest) = text[at + 1..].split_once(')')?;
                (&text[..at], args, rest.strip_prefix(' ')?)
            }
            at => (&text[..at], "", &text[at + 1..]),
        };
        let word = kind.trim_end_matches(['!', '?', '*']);
        (!name.is_empty()).then_some(Self { word, marks: &kind[word.len()..], args, name })
    }
}

/// Adds to the numbers of a row and of those under it; answers how many they are.
fn move_down(field: &mut Field, by: u16) -> u16 {
    field.row += by;
    match &mut field.kind {
        FieldKind::Group(rows) => 1 + rows.iter_mut().map(|row| move_down(row, by)).sum::<u16>(),
        _ => 1,
    }
}

fn names(text: &str) -> Names {
    match text.split_once(" | ") {
        Some((fi, sv)) => Names { fi: fi.to_owned(), sv: Some(sv.to_owned()) },
        None => Names { fi: text.to_owned(), sv: None },
    }
}

/// The kinds that need no more than their own line.
fn simple_kind(word: &str, args: &str) -> Option<FieldKind> {
    Some(match word {
        "text" => FieldKind::Text,
        "name" => FieldKind::Name,
        "signature" => FieldKind::SignatureLine,
        "date" => FieldKind::Date,
        "moment" => FieldKind::Moment,
        "switch" => FieldKind::Switch,
        "number" => FieldKind::Number,
        "quantity" => FieldKind::Quantity,
        "identifier" => {
            let system = (!args.is_empty()).then(|| format!("urn:oid:{args}"));
            FieldKind::Identifier { system }
        }
        _ => return None,
    })
}

/// A code's set and values: `6.1221`, `6.1282: 1 2 99`, `own: 1 2`, `own=…/…: 1 2`, `any: 1 2`.
fn code_kind(args: &str, root: &str, key: &str) -> Option<FieldKind> {
    let (set, values) = args.split_once(": ").unwrap_or((args, ""));
    let allowed = values.split_whitespace().map(str::to_owned).collect();
    let (code_set, system) = match set {
        "any" => (None, None),
        "own" if !root.is_empty() => (None, Some(format!("{root}/{key}"))),
        _ => match set.strip_prefix("own=") {
            Some(system) => (None, Some(system.to_owned())),
            None => (Some(Oid::parse(&format!("{CODE_SETS}.{set}")).ok()?), None),
        },
    };
    Some(FieldKind::Code { code_set, system, allowed })
}
