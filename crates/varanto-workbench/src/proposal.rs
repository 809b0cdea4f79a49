//! A proposal for a mapping file: what can be seen of a delivery is written down, and what cannot is asked.
//!
//! Nothing is guessed in silence: each line that was found says by what, and each that was not is a question, without
//! which the mapping file does not hold. Source: OLD-7, OLD-9.

mod columns;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;

use varanto_domain::codes::{Code, CodeSets, ServiceTask, sets};
use varanto_domain::structures::Names;
use varanto_formats::xhtml;

use crate::conversion::Chosen;
use crate::delivery::{
    Delivery, DeliveryError, Encoding, Entry, Found, Index, IndexForm, LatinNine,
};
use crate::kind::Kind;
use crate::mapping::Target;
use columns::{Column, Table, with_header};

/// A mapping file to be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The file's text.
    pub text: String,
    /// How many questions stand in it.
    pub questions: usize,
    /// An index of the files, for a delivery that has none. It has to be put into the delivery as [`FILES`].
    pub index: Option<String>,
    /// What looks like an index, or a table beside one, and does not read, each with the reason.
    pub unread: Vec<(String, String)>,
}

/// What an index of files is called.
pub const FILES: &str = "files.csv";

/// How many values of a column with few are written into the file.
const MOST_VALUES: usize = 60;

/// How many bytes of a file tell what it is.
const BEGINNING: u64 = 4096;
/// So many files of a kind are read whole, to tell whether the archive takes them as they are.
const LOOKED_AT: usize = 200;
/// Larger ones are passed over.
const LARGEST_LOOKED_AT: u64 = 16 * 1024 * 1024;

/// In which words a proposal speaks.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// A sentence in the language, of one in English.
    pub say: &'a dyn Fn(&str) -> String,
    /// Whether codes are named in Swedish; else in Finnish, for there are no names in English.
    pub swedish: bool,
}

impl Wording<'_> {
    fn name<'n>(&self, names: &'n Names) -> &'n str {
        names.sv.as_deref().filter(|_| self.swedish).unwrap_or(&names.fi)
    }
}

/// Looks at a delivery and proposes a mapping file for it; where it has no index, with one of its files.
///
/// # Errors
/// A delivery that cannot be read, or without a file.
pub fn propose(
    delivery: &Delivery,
    source: &str,
    codes: &CodeSets,
    wording: Wording<'_>,
) -> Result<Proposal, DeliveryError> {
    let seen = Seen::of(delivery)?;
    let Some(main) = &seen.main else {
        return of_files(delivery, source, seen, wording);
    };
    let beside: Vec<(&Table, &Column, &Column)> = seen
        .beside
        .iter()
        .filter_map(|table| main.joins(table).map(|(on, key)| (table, on, key)))
        .collect();
    let mut writer = Writer::new(wording);
    writer.head(source);
    let files = beside.iter().map(|(table, ..)| &table.index).chain([&main.index]);
    writer.convert(delivery, &files.map(|index| index.file.as_str()).collect());
    writer.others(&seen);
    writer.index("index", (&main.index, main.index.latin_nine(delivery)?), None);
    let names = names_of(
        beside.iter().map(|(table, ..)| table.index.sheet().unwrap_or(table.index.file.as_str())),
    );
    for ((table, on, key), name) in beside.iter().zip(&names) {
        let name = format!("beside.{name}");
        let latin_nine = table.index.latin_nine(delivery)?;
        writer.index(&name, (&table.index, latin_nine), Some((&on.name, &key.name)));
    }
    let mut columns: Vec<(String, &Column)> =
        main.columns.iter().map(|column| (column.name.clone(), column)).collect();
    for ((table, ..), name) in beside.iter().zip(&names) {
        let own = table.columns.iter();
        columns.extend(own.map(|column| (format!("{name}.{}", column.name), column)));
    }
    writer.document(&columns, codes);
    let (text, questions) = (writer.text, writer.questions);
    Ok(Proposal { text, questions, index: None, unread: seen.unread })
}

/// What tables beside are called: by their files, each by a name of its own that needs no quotation marks.
fn names_of<'f>(files: impl Iterator<Item = &'f str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for file in files {
        let own = file.rsplit('/').next().unwrap_or(file);
        let stem = own.rsplit_once('.').map_or(own, |(stem, _)| stem).to_lowercase();
        let plain: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = if plain.is_empty() { "beside".to_owned() } else { plain };
        let mut name = plain.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{plain}{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}

/// So many tables are told by name.
const MOST_TOLD: usize = 50;

/// What of a delivery looks like tables.
#[derive(Default)]
struct Seen {
    /// The index.
    main: Option<Table>,
    /// Tables that stand beside it.
    beside: Vec<Table>,
    /// What others are called that name files of the delivery, too.
    of_files: Vec<String>,
    /// What others are called of which nothing is made.
    unused: Vec<String>,
    /// What looks like a table and does not read, and why.
    unread: Vec<(String, String)>,
}

/// Whether a file is a table by its name: if it does not read, somebody may miss it.
fn is_called_table(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    matches!(&*ending, "csv" | "tsv" | "xlsx" | "xml" | "jsonl" | "json")
}

/// Whether a file may be a table.
fn may_be_table(entry: &Entry) -> bool {
    let is_text = entry.name.to_lowercase().ends_with(".txt");
    let is_near = entry.name.matches('/').count() < 2;
    entry.size > 0 && (is_called_table(&entry.name) || is_text && is_near)
}

impl Seen {
    /// Looks twice: for the index, and then for what stands beside it. One table is in memory besides these: each text of a
    /// delivery may look like one.
    fn of(delivery: &Delivery) -> Result<Self, DeliveryError> {
        let mut main: Option<Table> = None;
        for entry in delivery.entries().iter().filter(|entry| may_be_table(entry)) {
            // Why one does not read is told below.
            for index in Index::tables(delivery, &entry.name).unwrap_or_default() {
                let Ok(Some(table)) = Table::look(delivery, with_header(delivery, index), None)
                else {
                    continue;
                };
                let is_called = is_called_table(&entry.name);
                let is_one =
                    table.files_found > 0 || table.rows > 1 && (table.is_even || is_called);
                let better =
                    |main: &Table| (table.files_found, table.rows) > (main.files_found, main.rows);
                if is_one && main.as_ref().is_none_or(better) {
                    main = Some(table);
                }
            }
        }
        let named = main.as_ref().map_or(Ok(Vec::new()), |main| named_by(delivery, main))?;
        let mut seen = Self { main, ..Self::default() };
        for (at, entry) in delivery.entries().iter().enumerate() {
            // What the index names is a document.
            if may_be_table(entry) && !named.get(at).is_some_and(|named| *named) {
                seen.look_beside(delivery, &entry.name);
            }
        }
        Ok(seen)
    }

    fn look_beside(&mut self, delivery: &Delivery, name: &str) {
        let indexes = match Index::tables(delivery, name) {
            Ok(indexes) => indexes,
            Err(error) => return self.does_not_read(name, error),
        };
        for index in indexes {
            let (index, main) = (with_header(delivery, index), self.main.as_ref());
            if main.is_some_and(|main| main.index == index) {
                continue;
            }
            match Table::look(delivery, index.clone(), main) {
                Err(error) => self.does_not_read(name, error),
                Ok(Some(table)) if main.is_some_and(|main| main.joins(&table).is_some()) => {
                    self.beside.push(table);
                }
                Ok(Some(table)) if table.files_found > 0 && self.of_files.len() < MOST_TOLD => {
                    self.of_files.push(index.called());
                }
                Ok(_) if is_called_table(name) && self.unused.len() < MOST_TOLD => {
                    self.unused.push(index.called());
                }
                Ok(_) => {}
            }
        }
    }

    fn does_not_read(&mut self, name: &str, error: DeliveryError) {
        if !is_called_table(name) || self.unread.len() == MOST_TOLD {
            return;
        }
        let reason = match error {
            DeliveryError::Index { reason, .. } => reason,
            other => other.to_string(),
        };
        self.unread.push((name.to_owned(), reason));
    }
}

/// Which files an index names.
fn named_by(delivery: &Delivery, main: &Table) -> Result<Vec<bool>, DeliveryError> {
    let mut named = vec![false; delivery.entries().len()];
    let Some(column) = main.of_files() else { return Ok(named) };
    for row in main.index.rows(delivery)? {
        if let Some(file) = row?.get(&column.name)
            && let Found::One(at) = delivery.find(file)
        {
            named[at] = true;
        }
    }
    Ok(named)
}

/// What is the same for each file of a delivery without an index: who sees the rows at the desk turns on it.
const OF_ALL: [Target; 4] =
    [Target::Controller, Target::ControllerName, Target::OperatingUnit, Target::OperatingUnitName];

/// A proposal for a folder of scans and the like, of which nothing but the files is known: people complete the rest.
///
/// Source: OLD-7.
fn of_files(
    delivery: &Delivery,
    source: &str,
    mut seen: Seen,
    wording: Wording<'_>,
) -> Result<Proposal, DeliveryError> {
    let place = || delivery.place().display().to_string();
    if delivery.entries().is_empty() {
        return Err(DeliveryError::index(&place(), &"there is no file in it"));
    }
    let failed = |error: &dyn ToString| DeliveryError::index(&place(), error);
    let mut table = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    table.write_record(["file", "kind", "bytes"]).map_err(|error| failed(&error))?;
    // A table that does not read may be the index, with all clients in it.
    let (tables, documents): (Vec<&Entry>, Vec<&Entry>) =
        delivery.entries().iter().partition(|entry| is_called_table(&entry.name));
    for entry in documents {
        let kind = kind_of(delivery, &entry.name).unwrap_or(Kind::Unknown).name();
        let size = entry.size.to_string();
        table.write_record([entry.name.as_str(), kind, &size]).map_err(|error| failed(&error))?;
    }
    let table = table.into_inner().map_err(|error| failed(&error))?;
    let index = String::from_utf8(table).map_err(|error| failed(&error))?;
    let mut writer = Writer::new(wording);
    writer.head(source);
    writer.convert(delivery, &tables.iter().map(|entry| entry.name.as_str()).collect());
    // All of them are asked below.
    seen.unused.clear();
    writer.others(&seen);
    if !tables.is_empty() {
        let more = if tables.len() > MOST_TOLD { " …" } else { "" };
        let names = tables.iter().take(MOST_TOLD).map(|entry| entry.name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        writer.ask(&format!(
            "is one of these the index? They look like tables, and files.csv does not list them; a document among them wants a \
             row of its own there: {names}{more}"
        ));
    }
    let form = IndexForm::Csv { separator: ";".to_owned() };
    let of_files = Index { file: FILES.to_owned(), form, encoding: Encoding::UTF_8, header: None };
    writer.line("");
    writer
        .comment("The delivery has no index: this one lists its files. Put it into the delivery.");
    writer.index("index", (&of_files, LatinNine::No), None);
    writer.line("\n[document]");
    writer
        .comment("A document is called by its file: a file with another name is another document.");
    for target in [Target::Document, Target::File] {
        let _ = writeln!(writer.text, "{} = {{ column = \"file\" }}", target.name());
    }
    for target in OF_ALL {
        writer.ask(&format!("what is {} of all these files?", target.name()));
        let _ = writeln!(writer.text, "#{} = {{ constant = \"\" }}", quoted_key(target.name()));
    }
    writer.comment(
        "Nobody said the rest: each file waits at the archivist's desk until people complete it. What is known of some files \
         can be written into columns of these names; what is the same for all, as { constant = \"…\" }.",
    );
    let said = |target: &Target| {
        OF_ALL.contains(target) || matches!(target, Target::Document | Target::File)
    };
    let asked = |target: &Target| {
        target.is_required() || matches!(target, Target::OriginalTask | Target::Relationship)
    };
    for target in Target::ALL.iter().filter(|target| asked(target) && !said(target)) {
        let (key, column) = (quoted_key(target.name()), quoted(target.name()));
        let _ = writeln!(writer.text, "{key} = {{ column = {column}, optional = true }}");
    }
    let (text, questions) = (writer.text, writer.questions);
    Ok(Proposal { text, questions, index: Some(index), unread: seen.unread })
}

/// What a file is, by its beginning; nothing where it does not read, or several have its name: the rehearsal tells that.
fn kind_of(delivery: &Delivery, name: &str) -> Option<Kind> {
    let mut beginning = Vec::new();
    delivery.stream(name).ok()?.take(BEGINNING).read_to_end(&mut beginning).ok()?;
    Some(Kind::of(&beginning))
}

/// Whether the archive takes a file as it is, as far as can be seen; of one that is broken no conversion helps.
fn wants_nothing(kind: Kind, bytes: &[u8]) -> bool {
    let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
    match kind {
        Kind::Xhtml => xhtml::check(bytes, None).is_empty(),
        Kind::Pdf => holds(b"pdfaid") || !holds(b"%%EOF"),
        _ => false,
    }
}

struct Writer<'a> {
    wording: Wording<'a>,
    text: String,
    questions: usize,
    /// The step's source of the service task, and its values, where a column was found.
    task: Option<(String, Vec<String>)>,
}

/// How long a line of a comment may be, in signs.
const LINE: usize = 110;

impl<'a> Writer<'a> {
    const fn new(wording: Wording<'a>) -> Self {
        Self { wording, text: String::new(), questions: 0, task: None }
    }
}

impl Writer<'_> {
    fn say(&self, words: &str) -> String {
        (self.wording.say)(words)
    }

    /// A comment in the language, in lines that can be read.
    fn comment(&mut self, words: &str) {
        let said = self.say(words);
        self.lines("#", &said);
    }

    fn lines(&mut self, begins: &str, words: &str) {
        let mut line = begins.to_owned();
        for word in words.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > LINE && line != "#" {
                self.line(&line);
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn ask(&mut self, question: &str) {
        self.questions += 1;
        let (begins, said) = (format!("# {}:", self.say("QUESTION")), self.say(question));
        self.lines(&begins, &said);
    }

    /// What files are that want to be converted: each is looked at, for there may be few of a kind.
    fn convert(&mut self, delivery: &Delivery, tables: &BTreeSet<&str>) {
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut read: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut encoding = Encoding::UTF_8;
        for (at, entry) in delivery.entries().iter().enumerate() {
            let Some(kind) = kind_of(delivery, &entry.name) else { continue };
            // Tables beside the files are read, not archived; a spreadsheet begins as a letter does.
            let table = kind == Kind::Text && !entry.name.contains('/')
                || tables.contains(entry.name.as_str())
                || entry.name.to_lowercase().ends_with(".xlsx");
            if table || entry.size == 0 || !Chosen::KINDS.contains(&kind) {
                continue;
            }
            if matches!(kind, Kind::Xhtml | Kind::Pdf | Kind::Text) {
                let known = read.entry(kind).or_default();
                let whole = *known < LOOKED_AT && entry.size <= LARGEST_LOOKED_AT;
                let bytes = whole.then(|| delivery.read(at).ok()).flatten();
                let Some(bytes) = bytes else {
                    // Of texts that are not looked at it is known all the same that they are texts.
                    if kind == Kind::Text {
                        *kinds.entry(kind).or_default() += 1;
                    }
                    continue;
                };
                *known += 1;
                if wants_nothing(kind, &bytes) {
                    continue;
                }
                if kind == Kind::Text && encoding == Encoding::UTF_8 {
                    encoding = Encoding::guess(&bytes);
                }
            }
            *kinds.entry(kind).or_default() += 1;
        }
        if kinds.is_empty() {
            return;
        }
        let counts = kinds.iter().map(|(kind, count)| format!("{count} {}", kind.name()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        self.line("");
        self.comment(&format!(
            "Files of these kinds want to be converted: {counts}. A kind that is not named is a fault."
        ));
        self.line("[convert]");
        let names: Vec<String> = kinds.keys().map(|kind| quoted(kind.name())).collect();
        self.line(&format!("kinds = [{}]", names.join(", ")));
        if encoding != Encoding::UTF_8 {
            self.ask("in which encoding are texts that are not UTF-8? Open some of them.");
            self.line(&format!("encoding = {}", quoted(&encoding.name())));
        }
    }

    /// What else looks like a table.
    fn others(&mut self, seen: &Seen) {
        if !seen.of_files.is_empty() {
            self.ask(&format!(
                "these name files of the delivery, too, and are not in this mapping file; each wants a mapping file and a batch \
                 of its own: {}",
                seen.of_files.join(", ")
            ));
        }
        if !seen.unused.is_empty() {
            self.ask(&format!(
                "does one of these stand beside the index? They look like tables, and nothing is made of them: {}",
                seen.unused.join(", ")
            ));
        }
        if !seen.unread.is_empty() {
            self.ask(
                "is one of these the index, or a table beside it? They look like one and do not read: put it right, and \
                 propose anew.",
            );
            for (name, reason) in &seen.unread {
                let reason = self.say(reason);
                self.lines("#", &format!("{name}: {reason}"));
            }
        }
    }

    fn head(&mut self, source: &str) {
        self.comment("A proposal, to be completed: answer each QUESTION, then delete it.");
        self.line("");
        self.line("form = 1");
        let _ = writeln!(self.text, "source = {}\nbatch = \"1\"", quoted(source));
        self.ask("at which moment, with its offset, are the documents said to have been made?");
        self.line("#created_at = \"2026-11-20T12:00:00+02:00\"");
        self.ask(
            "below which OID of the organisation are identifiers made? Nothing else may use it.",
        );
        self.line("#node = \"1.2.246.10.….11.2026\"");
        self.ask("on which day did the organisation join? What was written since is no old data.");
        self.line("#joined_on = \"2024-01-01\"");
        self.ask(
            "must another person check what somebody completes of a row at the archivist's desk? That a row has no document \
             counts for the destruction of the source only where two decide it.",
        );
        self.line("#checked_by_two = true");
        self.ask(
            "where is kept what is not brought? Without an answer no row can stay elsewhere at the desk. Everything is brought, \
             unless [bring] says otherwise.",
        );
        self.line("#kept_elsewhere = \"\"");
    }

    fn index(
        &mut self,
        name: &str,
        (index, latin_nine): (&Index, LatinNine),
        join: Option<(&str, &str)>,
    ) {
        let form = index.form.name();
        let _ =
            writeln!(self.text, "\n[{name}]\nfile = {}\nform = \"{form}\"", quoted(&index.file));
        match &index.form {
            IndexForm::Csv { separator } => {
                let _ = writeln!(self.text, "separator = {}", quoted(separator));
            }
            IndexForm::Xml { row } | IndexForm::Json { row: Some(row) } => {
                let _ = writeln!(self.text, "row = {}", quoted(row));
            }
            IndexForm::Xlsx { sheet: Some(sheet) } => {
                let _ = writeln!(self.text, "sheet = {}", quoted(sheet));
            }
            IndexForm::Xlsx { sheet: None }
            | IndexForm::Json { row: None }
            | IndexForm::JsonLines => {}
        }
        if let Some(header) = index.header {
            self.ask(match header {
                0 => "do the columns have no names? The first row looks like one of documents: columns are called by their numbers.",
                _ => "do the columns' names stand in this row? What is above it is passed over.",
            });
            let _ = writeln!(self.text, "header = {header}");
        }
        if !matches!(index.form, IndexForm::Xlsx { .. }) {
            let encoding = self.encoding(index.encoding, latin_nine);
            let _ = writeln!(self.text, "encoding = {}", quoted(&encoding.name()));
        }
        if let Some((on, key)) = join {
            let _ = writeln!(self.text, "key = {}\non = {}", quoted(key), quoted(on));
        }
    }

    /// The encoding that an index is likely to be in; where its signs do not tell, it is asked.
    fn encoding(&mut self, guessed: Encoding, latin_nine: LatinNine) -> Encoding {
        match (guessed, latin_nine) {
            (Encoding::SevenBits, _) => {
                self.ask(
                    "braces stand within words, as ä and å do in seven bits: is it so? Else the encoding is utf-8.",
                );
                guessed
            }
            (_, LatinNine::No) => guessed,
            (_, latin_nine) => {
                self.ask(
                    "¤ ¦ ¨ ´ ¸ ¼ ½ ¾ of windows-1252 are € Š š Ž ž Œ œ Ÿ of iso-8859-15, and some of them stand in it: \
                     which is it? Look at names with Š and ž.",
                );
                let likely = latin_nine == LatinNine::Likely;
                if likely { Encoding::ISO_8859_15 } else { guessed }
            }
        }
    }

    fn document(&mut self, columns: &[(String, &Column)], codes: &CodeSets) {
        self.line("\n[document]");
        let decides = columns.iter().find(|(_, column)| column.tells_the_classification());
        let deaths = columns.iter().find(|(_, column)| column.tells_of_deaths());
        let mut taken: Vec<&str> = decides.iter().map(|(name, _)| name.as_str()).collect();
        taken.extend(deaths.map(|(name, _)| name.as_str()));
        for target in Target::ALL.iter().copied() {
            let best = columns
                .iter()
                .filter(|(name, _)| !taken.contains(&name.as_str()))
                // What a table beside says is of the client, and the same for all of the client's documents.
                .filter(|(name, column)| !target.is_of_the_document() || *name == column.name)
                .map(|(name, column)| (column.fits(target), name, *column))
                .filter(|(points, ..)| *points > 0)
                .max_by_key(|(points, ..)| *points);
            match best {
                Some((_, name, column)) => {
                    taken.push(name);
                    self.step(target, name, column, codes);
                }
                None => self.missing(target, decides, codes),
            }
            if let (Target::State, Some((name, column))) = (target, deaths) {
                self.deaths(name, column);
            }
        }
        let left: Vec<String> = columns
            .iter()
            .filter(|(name, _)| !taken.contains(&name.as_str()))
            .map(|(name, _)| name.clone())
            .collect();
        if !left.is_empty() {
            self.line("");
            self.comment(&format!("Columns that nothing is made of: {}", left.join(", ")));
        }
    }

    /// A target that a column was found for.
    fn step(&mut self, target: Target, name: &str, column: &Column, codes: &CodeSets) {
        let key = quoted_key(target.name());
        let from = format!("column = {}", quoted(name));
        let values = || column.values.iter().take(MOST_VALUES);
        let swedish = self.wording.swedish;
        match target {
            Target::WrittenAt | Target::CaseOpened | Target::CaseClosed | Target::BirthDate
                if !column.days.is_empty() =>
            {
                let forms: Vec<String> = column.days.iter().map(|form| quoted(form)).collect();
                let _ = writeln!(self.text, "{key} = {{ {from}, day = [{}] }}", forms.join(", "));
            }
            Target::GeneralType => {
                let guess = |value: &str| general_type(value, codes);
                let all = general_types(codes);
                let all = all.map(|(code, names)| format!("{code} {}", self.wording.name(names)));
                let question = of_these("which general document type is each?", all.collect());
                self.coded(&key, &from, values(), &guess, &question);
            }
            Target::ServiceTask => {
                let guess = |value: &str| service_task(value);
                let all = ServiceTask::ALL.iter();
                let name =
                    |task: &ServiceTask| if swedish { task.name_sv() } else { task.name_fi() };
                let all = all.map(|task| format!("{} {}", task.code(), name(task)));
                let question = of_these("which service task of 2016 is each?", all.collect());
                self.coded(&key, &from, values(), &guess, &question);
                self.task = Some((from, values().map(|(value, _)| value.clone()).collect()));
            }
            Target::NonDisclosure => self.order(&key, &from, column),
            Target::State => {
                self.coded(
                    &key,
                    &from,
                    values(),
                    &state,
                    "how does the client stand: which is ended, active or deceased?",
                );
            }
            Target::FamilyName if column.holds_whole_names() => {
                let _ = writeln!(self.text, "{key} = {{ {from}, take = \"first\" }}");
                let given = quoted_key(Target::GivenNames.name());
                let _ = writeln!(self.text, "{given} = {{ {from}, take = \"rest\" }}");
            }
            _ => {
                let _ = writeln!(self.text, "{key} = {{ {from} }}");
            }
        }
    }

    /// An order of non-disclosure: a word is never guessed to be none in silence.
    fn order(&mut self, key: &str, from: &str, column: &Column) {
        self.ask(
            "which of these words says that there is an order of non-disclosure? true, or false where it says that there is none. \
             Where nothing stands, nobody has one.",
        );
        let values = column.values.iter().take(MOST_VALUES);
        self.counted(values.clone());
        let pairs = values.map(|(value, _)| {
            let code = order(value).unwrap_or_default();
            format!("{} = {}", quoted(value), quoted(code))
        });
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        let _ = writeln!(self.text, "{key} = {{ {from}, codes = {{ {pairs} }} }}");
    }

    /// A column that tells of deaths comes before what is said of how clients stand.
    fn deaths(&mut self, name: &str, column: &Column) {
        let key = Target::State.name();
        let died = if column.has_few_words() && column.days.is_empty() {
            self.ask(
                "this column tells of deaths: which of its words say that the client has died? Keep those alone, and say \
                 deceased for \"\".",
            );
            self.counted(column.values.iter());
            let words =
                column.values.keys().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
            format!("{{ when = {{ {} = [{words}] }}, constant = \"\" }}", quoted(name))
        } else {
            self.ask(
                "this column tells of deaths: does whatever stands in it say that the client has died? Else name the words \
                 that do, in place of \"*\".",
            );
            format!("{{ when = {{ {} = \"*\" }}, constant = \"deceased\" }}", quoted(name))
        };
        for mark in ["", "#"] {
            let begins = format!("\n{mark}{key} = ");
            let Some(at) = self.text.rfind(&begins) else { continue };
            let from = at + begins.len();
            let to = self.text[from..].find('\n').map_or(self.text.len(), |end| from + end);
            // The question stands before the line that it is about.
            let step = self.text[from..to].to_owned();
            self.text.replace_range(at..to, "");
            self.line(&format!("{mark}{key} = [{died}, {step}]"));
            return;
        }
    }

    /// A column whose values become codes: what is known is filled in, and the rest is asked.
    fn coded<'v>(
        &mut self,
        key: &str,
        from: &str,
        values: impl Iterator<Item = (&'v String, &'v u64)> + Clone,
        guess: &dyn Fn(&str) -> Option<String>,
        question: &str,
    ) {
        let pairs: Vec<(String, Option<String>)> =
            values.clone().map(|(value, _)| (value.clone(), guess(value))).collect();
        if pairs.iter().any(|(_, code)| code.is_none()) {
            self.ask(question);
            self.counted(values);
        }
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(value, code)| {
                format!("{} = {}", quoted(value), quoted(code.as_deref().unwrap_or("")))
            })
            .collect();
        let _ = writeln!(self.text, "{key} = {{ {from}, codes = {{ {} }} }}", pairs.join(", "));
    }

    /// The words of a column, the most frequent first, each with how many of the rows that were looked at have it.
    fn counted<'v>(&mut self, values: impl Iterator<Item = (&'v String, &'v u64)>) {
        let mut values: Vec<_> = values.collect();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let values = values.iter().map(|(value, count)| format!("{} {count}", quoted(value)));
        let values = values.collect::<Vec<_>>().join(", ");
        self.comment(&format!("Words with the number of rows: {values}"));
    }

    /// A target without a column: a question where it must be said, and a hint where it may.
    fn missing(&mut self, target: Target, decides: Option<&(String, &Column)>, codes: &CodeSets) {
        let key = quoted_key(target.name());
        // Whole names in one column give both.
        if self.text.contains(&format!("{key} = ")) {
            return;
        }
        if target.is_required() {
            self.ask(&format!(
                "which column says {}, or is it the same for every row?",
                target.name()
            ));
            let _ = writeln!(self.text, "#{key} = {{ constant = \"\" }}");
        } else if target == Target::CaseClosed {
            self.ask(
                "which column says on which day each document's case was closed? Without one no period that runs from the \
                 closing is counted until somebody says the day of each case.",
            );
            let _ = writeln!(self.text, "#{key} = {{ column = \"\", day = \"%d.%m.%Y\" }}");
        } else if target == Target::NonDisclosure {
            self.ask(
                "which column tells of an order of non-disclosure, and by which words? Without one nobody has one.",
            );
            let _ = writeln!(
                self.text,
                "#{key} = {{ column = \"\", codes = {{ \"\" = \"true\", \"\" = \"false\" }} }}"
            );
        } else if target == Target::Client {
            self.ask(
                "which column has what the source itself calls a client, if any has? By that one client under two identity \
                 codes is found.",
            );
            let _ = writeln!(self.text, "#{key} = {{ column = \"\" }}");
        } else if target == Target::OriginalTask {
            self.original_task(&key, decides, codes);
        }
    }
}

impl Writer<'_> {
    /// The original service task by the column that says of which classification it is, or else by the day: ready lines for
    /// what is of 1989 or before 2011, and of 2011 or before 1.3.2016. A class that its classification has is filled in.
    fn original_task(&mut self, key: &str, decides: Option<&(String, &Column)>, codes: &CodeSets) {
        let of_set = |oid: &'static str| {
            let known = codes.all().filter(move |set| set.oid.as_str() == oid);
            known.flat_map(|set| set.values.iter())
        };
        let sets = [("1989", sets::SERVICE_TASK_1989), ("2011", sets::SERVICE_TASK_2011)];
        let wording = self.wording;
        let all = sets.iter().flat_map(|(year, oid)| {
            let name = move |one: &Code| wording.name(&one.names).to_owned();
            of_set(oid).map(move |one| format!("{year}:{} {}", one.code, name(one)))
        });
        let all: Vec<String> = all.collect();
        self.ask(&format!(
            "which was the service task of 1989 (of documents of before 2011) or 2011, of documents of before 1.3.2016? It must \
             fit the one of 2016. Fill in each word of the lines that follow and take away their #. What was written later has \
             none, unless the tasks of 2016 came into use later (service_tasks_of_2016_from). Codes: {}",
            all.join(", ")
        ));
        let (begin, end) = ("\"2011-01-01\"", "\"2016-03-01\"");
        let spans = [format!("before = {begin}"), format!("from = {begin}, before = {end}")];
        if let Some((_, column)) = decides {
            self.comment("This column tells of which classification each is:");
            self.counted(column.values.iter());
        }
        let _ = writeln!(self.text, "#{key} = [");
        for ((year, oid), span) in sets.into_iter().zip(spans) {
            let value = match &self.task {
                Some((from, words)) => {
                    let code = |word: &String| {
                        let known = of_set(oid).any(|one| one.code == *word);
                        let code = if known { format!("{year}:{word}") } else { String::new() };
                        format!("{} = {}", quoted(word), quoted(&code))
                    };
                    let pairs: Vec<String> = words.iter().map(code).collect();
                    format!("{from}, codes = {{ {} }}", pairs.join(", "))
                }
                None => format!("constant = \"{year}:\""),
            };
            let when = match decides {
                Some((name, column)) => {
                    let of_year = column.values.keys().filter(|value| value.contains(year));
                    let words: Vec<String> = of_year.map(|value| quoted(value)).collect();
                    format!("{} = [{}]", quoted_key(name), words.join(", "))
                }
                None => format!("written_at = {{ {span} }}"),
            };
            let _ = writeln!(self.text, "#  {{ when = {{ {when} }}, {value} }},");
        }
        self.line("#]");
    }
}

/// A text in quotation marks, as TOML has them.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn quoted_key(name: &str) -> String {
    if name.contains('.') { quoted(name) } else { name.to_owned() }
}

/// The general type of a word that the code set has, or begins one of its names with.
fn general_type(value: &str, codes: &CodeSets) -> Option<String> {
    let same = |name: &str| !name.is_empty() && name.to_lowercase() == value.to_lowercase();
    let in_sv = |names: &Names| names.sv.as_deref().is_some_and(same);
    let found = general_types(codes).find(|(_, names)| same(&names.fi) || in_sv(names));
    found.map(|(code, _)| code.to_owned())
}

/// The general document types, each with its name. Specific ones have longer codes.
fn general_types(codes: &CodeSets) -> impl Iterator<Item = (&str, &Names)> {
    let known = codes.all().filter(|set| set.oid.as_str() == sets::DOCUMENT_TYPE);
    let all = known.flat_map(|set| set.values.iter()).filter(|code| code.code.len() <= 2);
    all.map(|code| (code.code.as_str(), &code.names))
}

/// A question with what can be answered.
fn of_these(question: &str, mut all: Vec<String>) -> String {
    all.dedup();
    format!(
        "{question} A word that is left out here is asked of people row by row. Codes: {}",
        all.join(", ")
    )
}

fn service_task(value: &str) -> Option<String> {
    let same = |task: &ServiceTask| {
        let names = [task.name_fi(), task.name_sv()];
        task.code() == value || names.iter().any(|one| one.to_lowercase() == value.to_lowercase())
    };
    ServiceTask::ALL.iter().find(|task| same(task)).map(|task| task.code().to_owned())
}

/// What a word says of an order of non-disclosure, where it can say nothing else.
fn order(value: &str) -> Option<&'static str> {
    match &*value.to_lowercase() {
        "kyllä" | "on" | "ja" | "yes" | "true" | "tosi" => Some("true"),
        "ei" | "nej" | "no" | "false" | "epätosi" => Some("false"),
        _ => None,
    }
}

fn state(value: &str) -> Option<String> {
    let value = value.to_lowercase();
    let begins = |all: &[&str]| all.iter().any(|word| value.starts_with(word));
    let found = match () {
        () if begins(&["päätt", "paatt", "ended", "avslut"]) => "ended",
        () if begins(&["voimassa", "aktiiv", "active", "aktiv"]) => "active",
        () if begins(&["kuoll", "deceased", "avlid"]) => "deceased",
        () => return None,
    };
    Some(found.to_owned())
}
