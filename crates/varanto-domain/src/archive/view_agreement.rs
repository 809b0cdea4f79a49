//! Whether a view says what the structured content beside it says.
//!
//! View and content are sealed together and read apart: people read the view, programs the content.
//! A view of another person, or of another document, would be believed by one and not by the other.
//!
//! Nothing ties the two field by field, so the rule compares what can be compared without guessing:
//! identity codes, the client's name where the view labels it, the document's type and its dates.
//! What names another person is a fault; what may be the sender's own wording is a remark.
//!
//! Source: ARC-1, ARC-5; national-specs 1.2 and 1.3.

use std::collections::{HashMap, HashSet};

use super::metadata::Metadata;
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientIdentifier, PersonalIdentityCode};
use crate::structures::{Content, Field, FieldKind, Names, Structure};
use crate::time::{FinnishDay, Instant};

/// What a view shows, as text, in the order of reading.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownView {
    /// The general document type of the heading (`soc-hdr2`); empty where it is left open.
    pub document_type: ShownLine,
    /// The date of the heading (`soc-hdr3`); empty where it is left open.
    pub date: ShownLine,
    /// The document's title: the first `soc-fulltitle`, which is a section's heading too.
    pub title: ShownLine,
    /// The body: what stands under each heading.
    pub sections: Vec<ShownSection>,
}

/// What stands under one heading of a view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownSection {
    /// The heading; empty for what stands before the first.
    pub heading: ShownLine,
    /// Its lines, without empty ones.
    pub lines: Vec<ShownLine>,
}

/// One line of a view. `Debug` is masked.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ShownLine {
    /// The text, white space made single.
    pub text: String,
    /// The element that it stands in: `/div/div[2]/p`.
    pub element: String,
    /// The line of the view's source.
    pub line: u32,
}

impl std::fmt::Debug for ShownLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownLine({}, line {})", self.element, self.line)
    }
}

/// What the comparison found: faults keep the document out, remarks are told with its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    /// The view names another person than the content.
    pub faults: Vec<Fault>,
    /// The view and the content seem to differ.
    pub remarks: Vec<Fault>,
}

const RULE: &str = "ARC-5";
/// The most faults, and the most remarks, that are told; and the most names that are looked for.
const MOST: usize = 50;

/// What the metadata say of the document.
#[derive(Debug, Clone, Copy)]
pub struct MetadataFacts<'m> {
    /// Whose document it is.
    pub client: &'m ClientIdentifier,
    /// The days it was written and created.
    pub days: [FinnishDay; 2],
}

impl<'m> From<&'m Metadata> for MetadataFacts<'m> {
    fn from(metadata: &'m Metadata) -> Self {
        let days = [metadata.written_at, metadata.created_at].map(FinnishDay::of);
        Self { client: &metadata.client.identifier, days }
    }
}

/// Compares a view with the content that its structure has accepted, and with the metadata.
///
/// A masked code agrees with every code of the same day of birth: the mask hides the rest.
///
/// Source: ARC-1, ARC-5; national-specs 1.3.
#[must_use]
pub fn compare(
    view: &ShownView,
    structure: &Structure,
    content: &Content<'_>,
    metadata: MetadataFacts<'_>,
) -> Agreement {
    let mut found = Agreement::default();
    check_identity_codes(view, content, metadata.client, &mut found);
    check_client(view, structure, content, &mut found);
    check_type(view, structure, &mut found);
    check_dates(view, structure, content, metadata.days, &mut found);
    found.faults.truncate(MOST);
    found.remarks.truncate(MOST);
    found
}

fn differs(shown: &ShownLine, other: impl Into<String>) -> Fault {
    let other = other.into();
    Fault::new(FaultKind::Disagreement, format!("view:{}", shown.element), RULE)
        .arg("line", shown.line)
        .arg("expected", &other)
        .arg("other", other)
}

// ------------------------------------------------------------------------------- identity codes

/// Every identity code that the view shows, masked or not, is one that the content or the metadata
/// holds. One that is shown whole is remarked on: the nation's views mask them.
fn check_identity_codes(
    view: &ShownView,
    content: &Content<'_>,
    client: &ClientIdentifier,
    found: &mut Agreement,
) {
    let mut known = Known::default();
    each_text(content, &mut |text| known.add(text));
    match client {
        ClientIdentifier::Code(code) => known.add(code.reveal()),
        ClientIdentifier::Temporary(temporary) => known.add(temporary.reveal()),
    }
    let mut unmasked = false;
    for line in lines(view) {
        for code in words(&line.text).filter_map(shown_code) {
            let agrees = match code {
                ShownCode::Whole(code) => known.codes.contains(code),
                ShownCode::Masked(digits) => known.births.contains(digits),
            };
            if !agrees {
                found.faults.push(differs(line, "henkilotunnus"));
            } else if matches!(code, ShownCode::Whole(_)) && !std::mem::replace(&mut unmasked, true)
            {
                let element = format!("view:{}", line.element);
                let remark = Fault::new(FaultKind::UnmaskedIdentityCode, element, "ARC-1");
                found.remarks.push(remark.arg("line", line.line));
            }
        }
    }
}

/// The identity codes that content and metadata hold, anywhere in their texts.
#[derive(Default)]
struct Known<'c> {
    codes: HashSet<&'c str>,
    /// The first six digits of what may be a code.
    births: HashSet<&'c str>,
}

impl<'c> Known<'c> {
    fn add(&mut self, text: &'c str) {
        for word in words(text) {
            if let (Some(digits), true) = (birth_digits(word), word.chars().count() >= 10) {
                self.births.insert(digits);
                self.codes.insert(word);
            }
        }
    }
}

fn each_text<'c>(content: &'c Content<'_>, visit: &mut impl FnMut(&'c str)) {
    match content {
        Content::Text(text) => visit(text),
        Content::List(entries) => {
            for entry in entries {
                each_text(entry, visit);
            }
        }
        Content::Object(members) => {
            for (_, value) in members {
                each_text(value, visit);
            }
        }
        _ => (),
    }
}

fn lines(view: &ShownView) -> impl Iterator<Item = &ShownLine> {
    let sections = view.sections.iter();
    let of_sections =
        sections.flat_map(|section| std::iter::once(&section.heading).chain(&section.lines));
    [&view.document_type, &view.date].into_iter().chain(of_sections)
}

/// An identity code as a view shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShownCode<'t> {
    /// In full.
    Whole(&'t str),
    /// The day of birth alone: `180418*****`, `180418A****`, `180418-XXXX`.
    Masked(&'t str),
}

fn is_mask(c: char) -> bool {
    matches!(c, '*' | '•' | '●' | 'x' | 'X')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let within = |c: char| c.is_alphanumeric() || is_mask(c) || matches!(c, '-' | '+');
    text.split(move |c: char| !within(c)).filter(|word| !word.is_empty())
}

fn birth_digits(word: &str) -> Option<&str> {
    word.get(..6).filter(|six| six.bytes().all(|byte| byte.is_ascii_digit()))
}

fn shown_code(word: &str) -> Option<ShownCode<'_>> {
    let digits = birth_digits(word)?;
    if PersonalIdentityCode::parse(word).is_ok() {
        return Some(ShownCode::Whole(word));
    }
    let rest = &word[6..];
    let sign = |c: char| c.is_ascii_uppercase() && !is_mask(c) || matches!(c, '-' | '+');
    let mask = rest.strip_prefix(sign).unwrap_or(rest);
    let masked = mask.chars().count() >= 4 && mask.chars().all(is_mask);
    masked.then_some(ShownCode::Masked(digits))
}

// ---------------------------------------------------------------------------------- the client

/// In the client's section, a labelled name is one that the content gives the client; a section that
/// names nobody of the content's clients is remarked on.
fn check_client(
    view: &ShownView,
    structure: &Structure,
    content: &Content<'_>,
    found: &mut Agreement,
) {
    let Some(field) = structure.fields.iter().find(|field| &*field.key == "asiakas") else {
        return;
    };
    let FieldKind::Group(rows) = &field.kind else { return };
    let Some(root) = content.member(&structure.root) else { return };
    let Some(client) = root.member("asiakas") else { return };
    for section in
        view.sections.iter().filter(|section| is_named(&section.heading.text, &field.names))
    {
        for key in ["sukunimi", "etunimet"] {
            let mut given = Vec::new();
            collect_under(&structure.fields, root, &section.heading.text, key, &mut given);
            given.truncate(MOST);
            let Some(row) = rows.iter().find(|row| &*row.key == key) else { continue };
            for line in section.lines.iter().filter(|_| !given.is_empty()) {
                if let Some(shown) = labelled(&line.text, &row.names)
                    && !given.iter().any(|name| same(name, shown))
                {
                    found.faults.push(differs(line, format!("asiakas/{key}")));
                }
            }
        }
    }
    let mut names = Vec::new();
    collect_members(client, "sukunimi", &mut names);
    names.truncate(MOST);
    let said = |name: &&str| view.sections.iter().any(|section| says(section, name));
    if !names.is_empty() && !names.iter().any(said) {
        let remark = Fault::new(FaultKind::NotShown, "view:", RULE);
        found.remarks.push(remark.arg("name", format!("{}/asiakas/sukunimi", structure.root)));
    }
}

/// The members of that key under every group of that name: one name may stand for several, as the
/// nation calls both client and applicant *Klient*.
fn collect_under<'c>(
    fields: &[Field],
    parent: &'c Content<'_>,
    name: &str,
    key: &str,
    values: &mut Vec<&'c str>,
) {
    for field in fields {
        let FieldKind::Group(rows) = &field.kind else { continue };
        for entry in parent.member(&field.key).map(Content::entries).unwrap_or_default() {
            if is_named(name, &field.names) {
                collect_members(entry, key, values);
            } else {
                collect_under(rows, entry, name, key, values);
            }
        }
    }
}

fn collect_members<'c>(content: &'c Content<'_>, key: &str, values: &mut Vec<&'c str>) {
    match content {
        Content::List(entries) => {
            for entry in entries {
                collect_members(entry, key, values);
            }
        }
        Content::Object(members) => {
            for (name, value) in members {
                match value.text() {
                    Some(text) if name == key => values.push(text),
                    _ => collect_members(value, key, values),
                }
            }
        }
        _ => (),
    }
}

fn says(section: &ShownSection, name: &str) -> bool {
    let name = plain(name);
    let in_lines = section.lines.iter().any(|line| plain(&line.text).contains(&name));
    in_lines || plain(&section.heading.text).contains(&name)
}

// ------------------------------------------------------------------------------- type and dates

/// The heading's type and the title are the structure's; another wording is remarked on.
fn check_type(view: &ShownView, structure: &Structure, found: &mut Agreement) {
    let shown = &view.document_type;
    let of_type = same(&shown.text, &structure.document_type);
    if !shown.text.is_empty() && !of_type && !is_named(&shown.text, &structure.title) {
        found.remarks.push(differs(shown, &structure.document_type));
    }
    let shown = &view.title;
    if !shown.text.is_empty() && !is_named(&shown.text, &structure.title) {
        found.remarks.push(differs(shown, &structure.title.fi));
    }
}

/// The heading's date is one of the metadata or the content, and a date that stands under the name of
/// a row is one that the content gives a row of that name.
fn check_dates(
    view: &ShownView,
    structure: &Structure,
    content: &Content<'_>,
    of_document: [FinnishDay; 2],
    found: &mut Agreement,
) {
    let mut given = Given::new();
    if let Some(root) = content.member(&structure.root) {
        collect_dates(&structure.fields, root, &mut given);
    }
    if let Some(day) = shown_day(&view.date.text)
        && !of_document.contains(&day)
        && !given.values().any(|days| days.contains(&day))
    {
        found.remarks.push(differs(&view.date, "written_at"));
    }
    for section in &view.sections {
        for (at, line) in section.lines.iter().enumerate() {
            let labelled = line.text.split_once(':').filter(|(_, date)| shown_day(date).is_some());
            let (label, date) = match labelled {
                Some(labelled) => labelled,
                None if at == 0 => (section.heading.text.as_str(), line.text.as_str()),
                None => continue,
            };
            if let (Some(shown), Some(days)) = (shown_day(date), given.get(&plain(label)))
                && !days.contains(&shown)
            {
                found.remarks.push(differs(line, label.trim()));
            }
        }
    }
}

/// The days that the content gives, by the plain names of their rows.
type Given = HashMap<String, HashSet<FinnishDay>>;

/// A moment counts for the day as it is written and for the day in Finland.
fn collect_dates(fields: &[Field], parent: &Content<'_>, given: &mut Given) {
    for field in fields {
        let entries = parent.member(&field.key).map(Content::entries).unwrap_or_default();
        match &field.kind {
            FieldKind::Group(rows) => {
                for entry in entries {
                    collect_dates(rows, entry, given);
                }
            }
            FieldKind::Date | FieldKind::Moment => {
                for name in std::iter::once(&field.names.fi).chain(&field.names.sv) {
                    let days = entries.iter().filter_map(Content::text).flat_map(days_of);
                    let mut days = days.peekable();
                    if days.peek().is_some() {
                        given.entry(plain(name)).or_default().extend(days);
                    }
                }
            }
            _ => (),
        }
    }
}

fn days_of(text: &str) -> impl Iterator<Item = FinnishDay> {
    let written = text.get(..10).and_then(FinnishDay::parse);
    written.into_iter().chain(Instant::parse(text).map(FinnishDay::of))
}

/// A whole date at the beginning of a text, as Finns write it: `19.03.2026 13.33`, `9.3.2026`.
fn shown_day(text: &str) -> Option<FinnishDay> {
    let date = text.split_whitespace().next()?;
    let mut parts = date.trim_end_matches(['.', ',']).split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    FinnishDay::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

// ------------------------------------------------------------------------------------- wording

/// What follows a label and a colon.
fn labelled<'t>(text: &'t str, names: &Names) -> Option<&'t str> {
    let (label, value) = text.split_once(':')?;
    is_named(label, names).then(|| value.trim()).filter(|value| !value.is_empty())
}

fn is_named(text: &str, names: &Names) -> bool {
    let swedish = names.sv.as_deref().is_some_and(|name| same(text, name));
    swedish || same(text, &names.fi)
}

fn same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// A wording without what does not tell it from another: case, white space, a colon at the end.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches(':').to_lowercase()
}

#[cfg(test)]
mod tests;
