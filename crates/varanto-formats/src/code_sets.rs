//! Code sets and service-task mappings as files: CSV for spreadsheets, JSON for programs.
//!
//! A CSV of code sets has the columns of [`COLUMNS`], one code a line. A line without a code names
//! the set itself. A CSV of mappings has the columns of [`MAPPING_COLUMNS`], one pair of tasks a
//! line. The JSON form holds both. Nothing unknown is ignored.
//!
//! Source: REG-2.

use std::collections::HashMap;

use csv::StringRecord;
use varanto_domain::codes::{Code, CodeSet, ServiceTask, TaskMapping, ValidationLevel};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, Names};
use varanto_domain::time::FinnishDay;

use crate::content;
use crate::members::{Faults, Object, Place};

/// The columns of a CSV of code sets, in any order, separated by `;`.
pub const COLUMNS: [&str; 8] =
    ["code_set", "version", "level", "code", "name_fi", "name_sv", "first_day", "last_day"];

/// The columns of a CSV of mappings, in any order, separated by `;`.
pub const MAPPING_COLUMNS: [&str; 3] = ["code_set", "code", "service_task"];

const RULE: &str = "REG-2";
/// A file with more faults is not read further.
const MAX_FAULTS: usize = 1_000;
const LEVELS: [(&str, ValidationLevel); 3] = [
    ("closed", ValidationLevel::Closed),
    ("open", ValidationLevel::Open),
    ("warn", ValidationLevel::Warn),
];

/// What a code-set file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeSetFile {
    /// Versions of code sets.
    pub sets: Vec<CodeSet>,
    /// What old service tasks became.
    pub mappings: Vec<TaskMapping>,
}

/// Reads a file of any of the three forms: JSON when it begins with `{`, mappings when its first
/// line names a `service_task`, else code sets.
///
/// # Errors
/// Every fault of the file, each at its line (`line/12/level`) or path.
pub fn read(bytes: &[u8]) -> Result<CodeSetFile, Vec<Fault>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"{") {
        return read_json(bytes);
    }
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if header.windows(12).any(|window| window == b"service_task") {
        return Ok(CodeSetFile { mappings: read_mappings_csv(bytes)?, ..CodeSetFile::default() });
    }
    Ok(CodeSetFile { sets: read_csv(bytes)?, ..CodeSetFile::default() })
}

/// Reads a CSV of code sets.
///
/// # Errors
/// Every fault, each at its line.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<CodeSet>, Vec<Fault>> {
    let mut sets = SetsOfLines::default();
    read_lines(bytes, COLUMNS, |line| sets.take(line))?;
    Ok(sets.sets)
}

/// Reads a CSV of mappings; the lines of one code make one mapping.
///
/// # Errors
/// Every fault, each at its line.
pub fn read_mappings_csv(bytes: &[u8]) -> Result<Vec<TaskMapping>, Vec<Fault>> {
    let mut mappings: Vec<TaskMapping> = Vec::new();
    let mut places: HashMap<(Oid, String), usize> = HashMap::new();
    read_lines(bytes, MAPPING_COLUMNS, |line| {
        let (set, code) = (line.oid(0), line.filled(1));
        let task = line.filled(2).and_then(|text| {
            let task = ServiceTask::from_code(text);
            let allowed = || ServiceTask::ALL.map(ServiceTask::code).join(", ");
            let unknown = |fault: Fault| fault.value(text).arg("allowed", allowed());
            task.or_else(|| line.fault(2, FaultKind::UnknownCode, unknown))
        });
        let (Some(set), Some(code), Some(task)) = (set, code, task) else { return };
        let place = *places.entry((set.clone(), code.to_owned())).or_insert(mappings.len());
        if place == mappings.len() {
            mappings.push(TaskMapping { set, code: code.to_owned(), tasks: Vec::new() });
        }
        if mappings[place].tasks.contains(&task) {
            line.fault::<()>(2, FaultKind::DuplicateEntry, |fault| fault.value(task.code()));
            return;
        }
        mappings[place].tasks.push(task);
    })?;
    Ok(mappings)
}

/// Reads the JSON form.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path.
pub fn read_json(bytes: &[u8]) -> Result<CodeSetFile, Vec<Fault>> {
    let content = content::read(bytes, "file").map_err(|fault| vec![fault])?;
    let faults = Faults::of(RULE);
    let file = Place::root(&content, &faults).object(&["code_sets", "mappings"]).and_then(|file| {
        let sets = file.optional("code_sets", |place| place.all(set_of));
        let mappings = file.optional("mappings", |place| place.all(mapping_of));
        Some(CodeSetFile {
            sets: sets?.unwrap_or_default(),
            mappings: mappings?.unwrap_or_default(),
        })
    });
    let file = faults.or(file)?;
    let twice = duplicates(&file.sets);
    if twice.is_empty() { Ok(file) } else { Err(twice) }
}

/// Prints code sets as CSV: each set's name on a line of its own, then its codes.
#[must_use]
pub fn write_csv<'a>(sets: impl IntoIterator<Item = &'a CodeSet>) -> String {
    let mut lines = Lines::begin(&COLUMNS);
    for set in sets {
        let begin = [set.oid.as_str(), &set.version, set.level.code()];
        let sv = |names: &'a Names| names.sv.as_deref().unwrap_or_default();
        lines.line(begin.into_iter().chain(["", &set.names.fi, sv(&set.names), "", ""]));
        for code in &set.values {
            let days = [day_text(code.first), day_text(code.last)];
            let names = [code.code.as_str(), &code.names.fi, sv(&code.names)];
            lines.line(begin.into_iter().chain(names).chain(days.iter().map(String::as_str)));
        }
    }
    lines.end()
}

/// Prints mappings as CSV.
#[must_use]
pub fn write_mappings_csv(mappings: &[TaskMapping]) -> String {
    let mut lines = Lines::begin(&MAPPING_COLUMNS);
    for mapping in mappings {
        for task in &mapping.tasks {
            lines.line([mapping.set.as_str(), &mapping.code, task.code()]);
        }
    }
    lines.end()
}

/// Prints code sets and mappings as JSON.
#[must_use]
pub fn write_json(file: &CodeSetFile) -> String {
    let sets = file.sets.iter().map(set_content).collect();
    let mappings = file.mappings.iter().map(mapping_content).collect();
    content::write(&object([
        ("code_sets", Some(Content::List(sets))),
        ("mappings", Some(Content::List(mappings))),
    ]))
}

/// A line of a CSV file and where it stands.
struct Line<'l> {
    record: &'l StringRecord,
    columns: &'l [usize],
    names: &'l [&'static str],
    number: u64,
    faults: &'l std::cell::RefCell<Vec<Fault>>,
}

impl<'l> Line<'l> {
    fn cell(&self, column: usize) -> &'l str {
        self.record.get(self.columns[column]).unwrap_or_default().trim()
    }

    fn fault<T>(
        &self,
        column: usize,
        kind: FaultKind,
        detail: impl FnOnce(Fault) -> Fault,
    ) -> Option<T> {
        let element = format!("line/{}/{}", self.number, self.names[column]);
        self.faults.borrow_mut().push(detail(Fault::new(kind, element, RULE)));
        None
    }

    fn filled(&self, column: usize) -> Option<&'l str> {
        match self.cell(column) {
            "" => self.fault(column, FaultKind::EmptyText, |fault| fault),
            text => Some(text),
        }
    }

    fn oid(&self, column: usize) -> Option<Oid> {
        let text = self.filled(column)?;
        let wrong = |_| self.fault(column, FaultKind::NotAnOid, |fault| fault.value(text));
        Oid::parse(text).map_or_else(wrong, Some)
    }

    fn version(&self, column: usize) -> Option<&'l str> {
        let text = self.cell(column);
        let wrong = |fault: Fault| fault.value(text).arg("expected", "digits and dots");
        if version_formed(text) {
            return Some(text);
        }
        self.fault(column, FaultKind::WrongForm, wrong)
    }

    fn level(&self, column: usize) -> Option<ValidationLevel> {
        let text = self.filled(column)?;
        ValidationLevel::from_code(text).or_else(|| {
            let expected = LEVELS.map(|(word, _)| word).join(", ");
            let wrong = |fault: Fault| fault.value(text).arg("expected", expected);
            self.fault(column, FaultKind::WrongForm, wrong)
        })
    }

    /// The day of a cell; `Some(None)` when the cell is empty, `None` when it is wrong.
    #[expect(clippy::option_option, reason = "empty and wrong are two things, and both are told")]
    fn day(&self, column: usize) -> Option<Option<FinnishDay>> {
        let text = self.cell(column);
        if text.is_empty() {
            return Some(None);
        }
        let wrong = |fault: Fault| fault.value(text).arg("expected", "YYYY-MM-DD");
        let day = FinnishDay::parse(text);
        day.map(Some).or_else(|| self.fault(column, FaultKind::WrongForm, wrong))
    }
}

fn version_formed(text: &str) -> bool {
    text.is_empty()
        || text.split('.').all(|arc| {
            !arc.is_empty() && arc.len() <= 20 && arc.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Gives every line under the header to `take`, and tells what is wrong with the lines themselves.
fn read_lines<const N: usize>(
    bytes: &[u8],
    names: [&'static str; N],
    mut take: impl FnMut(&Line<'_>),
) -> Result<(), Vec<Fault>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes);
    let faults = std::cell::RefCell::new(Vec::new());
    let wrong_line = |number: u64, expected: &str| {
        let fault = Fault::new(FaultKind::WrongLine, format!("line/{number}"), RULE);
        faults.borrow_mut().push(fault.arg("expected", expected));
    };

    let mut record = StringRecord::new();
    let header = reader.read_record(&mut record).is_ok_and(|read| read);
    let columns = if header { columns_of(&record, &names) } else { Err(Vec::new()) };
    let columns = columns.map_err(|unknown| header_faults(&record, &names, &unknown))?;

    while faults.borrow().len() < MAX_FAULTS {
        let number = line_at(bytes, reader.position());
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) if record.len() == N => take(&Line {
                record: &record,
                columns: &columns,
                names: &names,
                number,
                faults: &faults,
            }),
            Ok(true) => wrong_line(number, &format!("{N} columns")),
            Err(_) => wrong_line(number, "UTF-8"),
        }
    }
    let faults = faults.into_inner();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The line of the record that begins at `position` or, as the reader skips empty lines, after the
/// empty lines there.
fn line_at(bytes: &[u8], position: &csv::Position) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(bytes.len()).min(bytes.len());
    let empty = bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// Where each of `names` stands in the header; else the header's cells that are none of them.
fn columns_of(header: &StringRecord, names: &[&str]) -> Result<Vec<usize>, Vec<String>> {
    let cells: Vec<&str> = header.iter().map(str::trim).collect();
    let columns: Option<Vec<usize>> =
        names.iter().map(|name| cells.iter().position(|cell| cell == name)).collect();
    let unknown = cells.iter().filter(|cell| !names.contains(cell));
    match columns {
        Some(columns) if cells.len() == names.len() => Ok(columns),
        _ => Err(unknown.map(|cell| (*cell).to_owned()).collect()),
    }
}

fn header_faults(header: &StringRecord, names: &[&str], unknown: &[String]) -> Vec<Fault> {
    let at = |kind, cell: &str| Fault::new(kind, format!("line/1/{cell}"), RULE);
    let cells: Vec<&str> = header.iter().map(str::trim).collect();
    let missing = names.iter().filter(|name| !cells.contains(name));
    let mut faults: Vec<Fault> =
        missing.map(|name| at(FaultKind::MissingElement, name).arg("name", name)).collect();
    let unknown = unknown.iter().take(MAX_FAULTS);
    faults.extend(
        unknown.map(|_| at(FaultKind::UnknownElement, "header").arg("known", names.join(";"))),
    );
    if faults.is_empty() {
        faults.push(at(FaultKind::WrongLine, "header").arg("expected", names.join(";")));
    }
    faults
}

/// The sets that the lines so far make, and where each set and code stands.
#[derive(Default)]
struct SetsOfLines {
    sets: Vec<CodeSet>,
    places: HashMap<(Oid, String), usize>,
    codes: HashMap<(usize, String), Vec<u64>>,
}

impl SetsOfLines {
    fn take(&mut self, line: &Line<'_>) {
        let set = (line.oid(0), line.version(1), line.level(2));
        let days = (line.day(6), line.day(7));
        let (Some(oid), Some(version), Some(level)) = set else { return };
        let (Some(first), Some(last)) = days else { return };

        let place = self.place_of(oid, version, level);
        if self.sets[place].level != level {
            let other = self.sets[place].level.code();
            line.fault::<()>(2, FaultKind::Disagreement, |fault| fault.arg("expected", other));
            return;
        }
        let sv = Some(line.cell(5)).filter(|name| !name.is_empty());
        let names = Names { fi: line.cell(4).to_owned(), sv: sv.map(str::to_owned) };
        let code = line.cell(3);
        if code.is_empty() {
            self.sets[place].names = names;
            return;
        }
        if first.zip(last).is_some_and(|(first, last)| last < first) {
            line.fault::<()>(7, FaultKind::WrongTime, |fault| fault.arg("expected", "first_day"));
            return;
        }
        let code = Code { code: code.to_owned(), names, first, last, own_choice: false };
        let lines = self.codes.entry((place, code.code.clone())).or_default();
        let held = &self.sets[place].values;
        let twin = !lines.is_empty() && held.iter().any(|other| meets(other, &code));
        if twin {
            let first = format!("line/{}", lines[0]);
            line.fault::<()>(3, FaultKind::DuplicateEntry, |fault| fault.arg("first", first));
            return;
        }
        lines.push(line.number);
        self.sets[place].values.push(code);
    }

    fn place_of(&mut self, oid: Oid, version: &str, level: ValidationLevel) -> usize {
        let next = self.sets.len();
        let place = *self.places.entry((oid.clone(), version.to_owned())).or_insert(next);
        if place == next {
            self.sets.push(CodeSet {
                oid,
                version: version.to_owned(),
                names: Names::default(),
                level,
                values: Vec::new(),
                built_in: false,
            });
        }
        place
    }
}

/// Whether both are the same code on some day.
fn meets(a: &Code, b: &Code) -> bool {
    let before = |last: Option<FinnishDay>, first: Option<FinnishDay>| {
        last.zip(first).is_some_and(|(last, first)| last < first)
    };
    a.code == b.code && !before(a.last, b.first) && !before(b.last, a.first)
}

fn duplicates(sets: &[CodeSet]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut versions = HashMap::new();
    for (at, set) in sets.iter().enumerate() {
        let first = *versions.entry((&set.oid, &set.version)).or_insert(at);
        if first != at {
            let fault = Fault::new(FaultKind::DuplicateEntry, format!("code_sets/{at}"), RULE);
            faults.push(fault.arg("first", format!("code_sets/{first}")));
        }
        let mut held: HashMap<&str, Vec<(usize, &Code)>> = HashMap::new();
        for (nth, code) in set.values.iter().enumerate() {
            let twins = held.entry(&code.code).or_default();
            if let Some((first, _)) = twins.iter().find(|(_, twin)| meets(twin, code)) {
                let element = format!("code_sets/{at}/values/{nth}");
                let first = format!("code_sets/{at}/values/{first}");
                faults
                    .push(Fault::new(FaultKind::DuplicateEntry, element, RULE).arg("first", first));
            }
            twins.push((nth, code));
            if faults.len() >= MAX_FAULTS {
                return faults;
            }
        }
    }
    faults
}

fn set_of(place: Place<'_>) -> Option<CodeSet> {
    let set = place.object(&["oid", "version", "level", "names", "values"])?;
    let oid = set.required("oid").and_then(|place| place.oid());
    let version = set.optional("version", |place| {
        let text = place.any_text()?;
        if !version_formed(text) {
            place.fault(FaultKind::WrongForm, |fault| fault.arg("expected", "digits and dots"));
            return None;
        }
        Some(text.to_owned())
    });
    let level = set.required("level").and_then(|place| place.word(&LEVELS));
    let names = set.optional("names", Place::names);
    let values = set.required("values").and_then(|place| place.all(code_of));
    Some(CodeSet {
        oid: oid?,
        version: version?.unwrap_or_default(),
        names: names?.unwrap_or_default(),
        level: level?,
        values: values?,
        built_in: false,
    })
}

fn code_of(place: Place<'_>) -> Option<Code> {
    let code = place.object(&["code", "names", "first_day", "last_day"])?;
    let text = code.required("code").and_then(|place| place.text());
    let names = code.optional("names", Place::names);
    let (first, last) = days_of(&code)?;
    Some(Code {
        code: text?.to_owned(),
        names: names?.unwrap_or_default(),
        first,
        last,
        own_choice: false,
    })
}

fn days_of(code: &Object<'_>) -> Option<(Option<FinnishDay>, Option<FinnishDay>)> {
    let first = code.optional("first_day", |place| place.day());
    let last = code.optional("last_day", |place| place.day());
    let (first, last) = (first?, last?);
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        code.place().fault(FaultKind::WrongTime, |fault| fault.arg("expected", "first_day"));
        return None;
    }
    Some((first, last))
}

fn mapping_of(place: Place<'_>) -> Option<TaskMapping> {
    let mapping = place.object(&["code_set", "code", "service_tasks"])?;
    let set = mapping.required("code_set").and_then(|place| place.oid());
    let code = mapping.required("code").and_then(|place| place.text());
    let words = ServiceTask::ALL.map(|task| (task.code(), task));
    let tasks =
        mapping.required("service_tasks").and_then(|place| place.all(|place| place.word(&words)));
    Some(TaskMapping { set: set?, code: code?.to_owned(), tasks: tasks? })
}

fn set_content(set: &CodeSet) -> Content<'_> {
    let values = set.values.iter().map(|code| {
        object([
            ("code", Some(text(&code.code))),
            ("names", Some(names_content(&code.names))),
            ("first_day", code.first.map(|day| Content::Text(day.to_string().into()))),
            ("last_day", code.last.map(|day| Content::Text(day.to_string().into()))),
        ])
    });
    object([
        ("oid", Some(text(set.oid.as_str()))),
        ("version", Some(text(&set.version))),
        ("level", Some(text(set.level.code()))),
        ("names", Some(names_content(&set.names))),
        ("values", Some(Content::List(values.collect()))),
    ])
}

fn mapping_content(mapping: &TaskMapping) -> Content<'_> {
    let tasks = mapping.tasks.iter().map(|task| text(task.code())).collect();
    object([
        ("code_set", Some(text(mapping.set.as_str()))),
        ("code", Some(text(&mapping.code))),
        ("service_tasks", Some(Content::List(tasks))),
    ])
}

/// `{"fi": …, "sv": …}`.
pub(crate) fn names_content(names: &Names) -> Content<'_> {
    object([("fi", Some(text(&names.fi))), ("sv", names.sv.as_deref().map(text))])
}

pub(crate) fn text(text: &str) -> Content<'_> {
    Content::Text(text.into())
}

/// An object of the members that are there.
pub(crate) fn object<'a, const N: usize>(
    members: [(&'static str, Option<Content<'a>>); N],
) -> Content<'a> {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
    Content::Object(there.collect())
}

fn day_text(day: Option<FinnishDay>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// A CSV text in the making.
struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn begin(columns: &[&str]) -> Self {
        let mut lines = Self(csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new()));
        lines.line(columns.iter().copied());
        lines
    }

    fn line<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        self.0.write_record(cells).expect("writing to memory, the same number of cells each time");
    }

    fn end(self) -> String {
        let bytes = self.0.into_inner().expect("writing to memory");
        String::from_utf8(bytes).expect("only texts were written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use varanto_domain::codes::CodeSets;

    /// The faults of a CSV, as code and place.
    fn faults(csv: &str) -> Vec<(&'static str, String)> {
        let faults = read(csv.as_bytes()).expect_err("a file with faults");
        faults.iter().map(|fault| (fault.code(), fault.element.clone())).collect()
    }

    fn check(csv: &str, expected: &[(&'static str, &str)]) {
        let found = faults(csv);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (*a, b.as_str())).collect();
        assert_eq!(found, expected);
    }

    const HEADER: &str = "code_set;version;level;code;name_fi;name_sv;first_day;last_day\n";

    #[test]
    fn a_spreadsheet_of_codes_becomes_code_sets() {
        let csv = format!(
            "\u{feff}{HEADER}1.2.246.537.6.1501;201601;closed;;Asian tila;;;\n\
             1.2.246.537.6.1501;201601;closed;1;Vireillä;Anhängigt;2016-01-01;\n\
             1.2.246.537.6.1501;201601;closed;2;\"Suljettu; päättynyt\";;;2026-12-31\n"
        );
        let file = read(csv.as_bytes()).unwrap();
        let [set] = &file.sets[..] else { panic!("one set") };
        assert_eq!((set.names.fi.as_str(), set.values.len()), ("Asian tila", 2));
        assert_eq!(set.values[0].names.sv.as_deref(), Some("Anhängigt"));
        assert_eq!(set.values[1].names.fi, "Suljettu; päättynyt");
        assert_eq!(set.values[1].last, FinnishDay::parse("2026-12-31"));
    }

    #[test]
    fn every_fault_of_a_spreadsheet_is_told_with_its_line() {
        check(
            &format!(
                "{HEADER}1.2.246.537.6.1501;;closed;1;Avoin;;;\n\
                 1.2.x;;shut;2;Suljettu;;2026-13-01;\n\
                 1.2.246.537.6.1501;;open;2;Suljettu;;;\n\
                 1.2.246.537.6.1501;;closed;1;Avoin;;;\n\n\
                 1.2.246.537.6.1501;v1;closed;3;;;;\n\
                 1.2.246.537.6.1501;;closed;4;;;2026-02-01;2026-01-31\n\
                 1.2.246.537.6.1501;;closed;4\n"
            ),
            &[
                ("not-an-oid", "line/3/code_set"),
                ("wrong-form", "line/3/level"),
                ("wrong-form", "line/3/first_day"),
                ("disagreement", "line/4/level"),
                ("duplicate-entry", "line/5/code"),
                ("wrong-form", "line/7/version"),
                ("wrong-time", "line/8/last_day"),
                ("wrong-line", "line/9"),
            ],
        );
    }

    #[test]
    fn an_unknown_or_missing_column_is_refused() {
        check(
            "code_set;version;level;code;name_fi;name_en;first_day;last_day\n",
            &[("missing-element", "line/1/name_sv"), ("unknown-element", "line/1/header")],
        );
        check(&format!("{};code\n", HEADER.trim()), &[("wrong-line", "line/1/header")]);
        assert_eq!(faults("").len(), COLUMNS.len());
    }

    #[test]
    fn mappings_come_one_pair_a_line() {
        let csv =
            "code_set;code;service_task\n1.2.246.537.6.1283;17;23\n1.2.246.537.6.1283;17;24\n";
        let file = read(csv.as_bytes()).unwrap();
        assert_eq!(file.mappings.len(), 1);
        assert_eq!(file.mappings[0].tasks, [ServiceTask::OlderPeople, ServiceTask::Families]);
        assert_eq!(write_mappings_csv(&file.mappings), csv);
        check(
            "code_set;code;service_task\n1.2.246.537.6.1283;17;99\n1.2.3;;24\n1.2.3;1;24\n1.2.3;1;24\n",
            &[
                ("unknown-code", "line/2/service_task"),
                ("empty-text", "line/3/code"),
                ("duplicate-entry", "line/5/service_task"),
            ],
        );
    }

    #[test]
    fn every_fault_of_a_json_file_is_told_with_its_path() {
        let json = r#"{"code_sets": [{"oid": "1.2.3", "level": "shut", "values": [
            {"code": "", "first_day": "2026-01-01", "last_day": "2025-01-01"}, {"kode": "1"}]}],
            "mappings": [{"code_set": "x", "code": "1", "service_tasks": ["24", "x"]}], "more": 1}"#;
        check(
            json,
            &[
                ("unknown-element", "more"),
                ("wrong-form", "code_sets/0/level"),
                ("empty-text", "code_sets/0/values/0/code"),
                ("wrong-time", "code_sets/0/values/0"),
                ("unknown-element", "code_sets/0/values/1/kode"),
                ("missing-element", "code_sets/0/values/1/code"),
                ("not-an-oid", "mappings/0/code_set"),
                ("wrong-form", "mappings/0/service_tasks/1"),
            ],
        );
        check(
            r#"{"code_sets": [{"oid": "1.2.3", "level": "open", "values": [{"code": "1"}, {"code": "1"}]},
                {"oid": "1.2.3", "level": "open", "values": []}]}"#,
            &[("duplicate-entry", "code_sets/0/values/1"), ("duplicate-entry", "code_sets/1")],
        );
    }

    #[test]
    fn what_the_program_knows_comes_back_from_both_forms() {
        let built_in = CodeSets::built_in();
        let mut sets: Vec<CodeSet> = built_in.all().cloned().collect();
        for set in &mut sets {
            set.built_in = false;
            set.values.iter_mut().for_each(|code| code.own_choice = false);
        }
        let mappings = built_in.all_mappings();
        assert_eq!(read(write_csv(&sets).as_bytes()).unwrap().sets, sets);
        let file = CodeSetFile { sets, mappings };
        assert_eq!(read(write_json(&file).as_bytes()).unwrap(), file);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(names in prop::collection::vec("[ -~äöåÄÖÅ\"]{1,20}", 1..8)) {
            let value = |(at, name): (usize, &String)| Code {
                code: at.to_string(),
                names: Names { fi: name.trim().to_owned(), sv: None },
                first: FinnishDay::new(2020, 1, 1 + i8::try_from(at).unwrap()),
                last: None,
                own_choice: false,
            };
            let set = CodeSet {
                oid: Oid::parse("1.2.246.537.6.1").unwrap(),
                version: "2016.1".to_owned(),
                names: Names { fi: "Koodisto".to_owned(), sv: Some("Kodsystem".to_owned()) },
                level: ValidationLevel::Warn,
                values: names.iter().enumerate().map(value).collect(),
                built_in: false,
            };
            prop_assert_eq!(&read_csv(write_csv([&set]).as_bytes()).unwrap(), std::slice::from_ref(&set));
            let file = CodeSetFile { sets: vec![set], mappings: Vec::new() };
            prop_assert_eq!(read_json(write_json(&file).as_bytes()).unwrap(), file);
        }
    }
}
