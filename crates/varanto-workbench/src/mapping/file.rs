//! Reading a mapping file: everything that is wrong with it is told at once.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use serde::Deserialize;
use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::Oid;
use varanto_domain::old_data::Choice;
use varanto_domain::time::{FinnishDay, Instant};

use super::recipe::{Condition, From, Span, Take};
use super::{Grouping, Join, Mapping, Recipe, Settles, Step, Target};
use crate::conversion::Chosen;
use crate::delivery::{Encoding, Index, IndexForm};
use crate::documents::{Values, read_draft};
use crate::kind::Kind;

/// The form of mapping files that this program reads.
const FORM: u32 = 1;

/// What is wrong with a mapping file: each fault in a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadMapping(pub Vec<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    form: u32,
    #[serde(default)]
    source: String,
    #[serde(default)]
    batch: String,
    #[serde(default = "first")]
    edition: u32,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    node: String,
    #[serde(default)]
    joined_on: String,
    service_tasks_of_2016_from: Option<String>,
    #[serde(default)]
    relationships: Option<String>,
    #[serde(default)]
    twice: Option<String>,
    #[serde(default)]
    checked_by_two: bool,
    #[serde(default)]
    kept_elsewhere: String,
    #[serde(default)]
    bring: BTreeMap<String, String>,
    #[serde(default)]
    convert: Convert,
    index: Table,
    #[serde(default)]
    beside: BTreeMap<String, Beside>,
    #[serde(default)]
    settles: BTreeMap<String, BTreeMap<String, OneOrMore>>,
    document: toml::Table,
}

const fn first() -> u32 {
    1
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Convert {
    kinds: Vec<String>,
    encoding: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    file: String,
    form: String,
    separator: Option<String>,
    sheet: Option<String>,
    row: Option<String>,
    encoding: Option<String>,
    header: Option<u64>,
}

#[derive(Deserialize)]
struct Beside {
    key: String,
    on: String,
    file: String,
    form: String,
    separator: Option<String>,
    sheet: Option<String>,
    row: Option<String>,
    encoding: Option<String>,
    header: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    #[serde(default)]
    when: toml::Table,
    column: Option<OneOrMore>,
    between: Option<String>,
    without: Option<String>,
    constant: Option<String>,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    otherwise: Option<String>,
    #[serde(default)]
    day: Option<OneOrMore>,
    take: Option<String>,
    prefix: Option<String>,
    suffix: Option<String>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

/// Checks what a source or a batch is called.
///
/// # Errors
/// What is expected.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    let holds = !name.is_empty() && name.chars().all(fits);
    if holds { Ok(()) } else { Err("letters, digits, and - _ . between") }
}

/// Reads a mapping file.
///
/// # Errors
/// Every fault of it, with the key.
pub fn read(text: &str) -> Result<Mapping, BadMapping> {
    let file: File = toml::from_str(text).map_err(|error| BadMapping(vec![error.to_string()]))?;
    let mut faults = Faults(Vec::new());
    if file.form != FORM {
        faults.add("form", &format!("this program reads mapping files of form {FORM}"));
    }
    for (key, value) in [("source", &file.source), ("batch", &file.batch)] {
        if let Err(wanted) = check_name(value) {
            faults.add(key, wanted);
        }
    }
    let created_at =
        faults.read("created_at", Instant::parse(&file.created_at), "a moment with its offset");
    let node = faults.read("node", Oid::parse(&file.node).ok(), "an OID");
    let joined_on = faults.read("joined_on", FinnishDay::parse(&file.joined_on), "a day");
    let tasks_of_2016_from = file.service_tasks_of_2016_from.as_deref().and_then(|text| {
        faults.read("service_tasks_of_2016_from", FinnishDay::parse(text), "a day")
    });
    let relationships = file.relationships.as_deref().map_or(Some(Grouping::default()), |name| {
        let found = Grouping::ALL.into_iter().find(|grouping| grouping.name() == name);
        faults.read("relationships", found, "per-service-task or one")
    });
    let keep_both = match file.twice.as_deref() {
        None | Some("fault") => false,
        Some("both") => true,
        Some(_) => faults.read("twice", None, "fault or both").unwrap_or_default(),
    };
    let (choices, otherwise) = choices(file.bring, &mut faults);
    let convert = faults.convert(file.convert);
    let index = faults.index("index", file.index);
    let joins: Vec<Join> =
        file.beside.into_iter().filter_map(|(name, beside)| faults.join(name, beside)).collect();
    let settles = settles(&file.batch, file.settles, &mut faults);
    let recipes = recipes(file.document, &mut faults);
    for target in Target::ALL.iter().filter(|target| target.is_required()) {
        if !recipes.contains_key(target) {
            faults.add(&format!("document.{}", target.name()), "must be said");
        }
    }
    if choices.values().chain([&otherwise]).any(|choice| *choice != Choice::All)
        && file.kept_elsewhere.trim().is_empty()
    {
        faults.add("kept_elsewhere", "what is not brought is kept somewhere: say where (OLD-8)");
    }
    match (created_at, node, joined_on, relationships, index) {
        (Some(created_at), Some(node), Some(joined_on), Some(relationships), Some(index))
            if faults.0.is_empty() =>
        {
            Ok(Mapping {
                digest: format!("{:?}", digest::digest(&digest::SHA256, text.as_bytes())),
                source: file.source,
                batch: file.batch,
                edition: file.edition,
                created_at,
                node,
                joined_on,
                tasks_of_2016_from,
                relationships,
                keep_both,
                checked_by_two: file.checked_by_two,
                kept_elsewhere: file.kept_elsewhere,
                choices,
                otherwise,
                convert,
                index,
                joins,
                settles,
                recipes,
            })
        }
        _ => Err(BadMapping(faults.0)),
    }
}

/// What a condition calls the client's age on the day that a document was written.
const AGE: &str = "client.age";

struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, key: &str, wanted: &str) {
        self.0.push(format!("{key}: {wanted}"));
    }

    fn read<T>(&mut self, key: &str, read: Option<T>, wanted: &str) -> Option<T> {
        if read.is_none() {
            self.add(key, &format!("expected {wanted}"));
        }
        read
    }

    fn convert(&mut self, convert: Convert) -> Chosen {
        let mut kinds = BTreeSet::new();
        let names = Chosen::KINDS.map(Kind::name).join(", ");
        for name in convert.kinds {
            let kind = Chosen::KINDS.into_iter().find(|kind| kind.name() == name);
            kinds.extend(self.read("convert.kinds", kind, &names));
        }
        let encoding = convert.encoding.and_then(|name| self.encoding("convert.encoding", &name));
        Chosen { kinds, encoding }
    }

    fn encoding(&mut self, key: &str, name: &str) -> Option<Encoding> {
        self.read(key, Encoding::of_name(name), &Encoding::known())
    }

    fn index(&mut self, key: &str, table: Table) -> Option<Index> {
        let form = match table.form.as_str() {
            "csv" => {
                let separator = table.separator.unwrap_or_else(|| ";".to_owned());
                let fits = !separator.is_empty() && !separator.contains(['"', '\r', '\n']);
                let wanted = "one sign or several, without quotation marks and ends of lines";
                let separator = fits.then_some(separator);
                self.read(&format!("{key}.separator"), separator, wanted)
                    .map(|separator| IndexForm::Csv { separator })
            }
            "xlsx" => Some(IndexForm::Xlsx { sheet: table.sheet }),
            "xml" => self
                .read(&format!("{key}.row"), table.row, "the name of the element that is a row")
                .map(|row| IndexForm::Xml { row }),
            "jsonl" => Some(IndexForm::JsonLines),
            "json" => Some(IndexForm::Json { row: table.row }),
            _ => self.read(&format!("{key}.form"), None, "csv, xlsx, xml, json or jsonl"),
        };
        if table.header.is_some() && !matches!(table.form.as_str(), "csv" | "xlsx") {
            self.add(&format!("{key}.header"), "only rows of csv and xlsx name columns");
        }
        let encoding = table
            .encoding
            .as_deref()
            .map_or(Some(Encoding::UTF_8), |name| self.encoding(&format!("{key}.encoding"), name));
        Some(Index { file: table.file, form: form?, encoding: encoding?, header: table.header })
    }

    fn join(&mut self, name: String, beside: Beside) -> Option<Join> {
        let Beside { key, on, file, form, separator, sheet, row, encoding, header } = beside;
        let table = Table { file, form, separator, sheet, row, encoding, header };
        let index = self.index(&format!("beside.{name}"), table)?;
        Some(Join { name, index, key, on })
    }

    fn step(&mut self, key: &str, value: toml::Value) -> Option<Step> {
        let step: StepFile = match value.try_into() {
            Ok(step) => step,
            Err(error) => {
                self.add(key, &error.to_string());
                return None;
            }
        };
        let columns = step.column.map(OneOrMore::list);
        let from = match (columns.as_deref(), step.constant) {
            (Some([column]), None) if step.between.is_none() => From::Column(column.clone()),
            (Some([_, _, ..]), None) => {
                From::Columns(columns.unwrap_or_default(), step.between.unwrap_or_default())
            }
            (None, Some(constant)) if step.between.is_none() => From::Constant(constant),
            (Some(_), None) => {
                return self.read(key, None, "two columns or more, with what stands between them");
            }
            _ => return self.read(key, None, "either a column or a constant"),
        };
        let take = match step.take {
            Some(name) => {
                let found = Take::ALL.into_iter().find(|take| take.name() == name);
                let names = Take::ALL.map(Take::name).join(", ");
                Some(self.read(&format!("{key}.take"), found, &names)?)
            }
            None => None,
        };
        if step.otherwise.is_some() && step.codes.is_empty() {
            self.add(key, "otherwise is for values that codes does not name");
        }
        let is_of_columns = !matches!(from, From::Constant(_));
        let stays = step.codes.is_empty() && step.day.is_none() && is_of_columns;
        if !stays && (step.prefix.is_some() || step.suffix.is_some()) {
            self.add(key, "prefix and suffix are for values of a column that stay as they are");
        }
        if !is_of_columns && step.without.is_some() {
            self.add(key, "without is for values of a column");
        }
        let when = step.when.into_iter();
        let when = when.filter_map(|(name, value)| self.condition(key, name, value)).collect();
        let days = step.day.map_or_else(Vec::new, OneOrMore::list);
        let around = [step.prefix, step.suffix].map(Option::unwrap_or_default);
        let (codes, otherwise, optional) = (step.codes, step.otherwise, step.optional);
        let without = step.without.unwrap_or_default();
        Some(Step { when, from, without, codes, otherwise, days, take, around, optional })
    }

    /// What must hold: of a column its values, of a day or an age from when on or before when.
    fn condition(&mut self, key: &str, name: String, value: toml::Value) -> Option<Condition> {
        let key = format!("{key}.when.{name}");
        match value {
            toml::Value::Table(span) if name == AGE => {
                let age = |value: &toml::Value| i16::try_from(value.as_integer()?).ok();
                self.span(&key, &span, age, "an age in years, such as 18").map(Condition::Age)
            }
            toml::Value::Table(span) => {
                let target = Target::of_name(&name).filter(|target| target.is_a_day());
                let days = Target::ALL.iter().filter(|target| target.is_a_day());
                let mut names: Vec<&str> = days.map(|target| target.name()).collect();
                names.push(AGE);
                let wanted = format!("one of {} for from and before", names.join(", "));
                let target = self.read(&key, target, &wanted)?;
                // A day of TOML's own needs no quotation marks.
                let day = |value: &toml::Value| match value {
                    toml::Value::String(text) => FinnishDay::parse(text),
                    toml::Value::Datetime(day) => FinnishDay::parse(&day.to_string()),
                    _ => None,
                };
                let span = self.span(&key, &span, day, "a day, such as 2016-03-01")?;
                Some(Condition::Day(target, span))
            }
            value => {
                let values = value.try_into().map(OneOrMore::list).ok();
                let wanted = "a value, a list of values, or { from = …, before = … }";
                Some(Condition::Column(name, self.read(&key, values, wanted)?))
            }
        }
    }

    fn span<T: PartialOrd + Copy>(
        &mut self,
        key: &str,
        table: &toml::Table,
        read: impl Fn(&toml::Value) -> Option<T>,
        wanted: &str,
    ) -> Option<Span<T>> {
        let known = self.0.len();
        let mut span = Span { from: None, before: None };
        for (name, value) in table {
            let key = format!("{key}.{name}");
            match name.as_str() {
                "from" => span.from = self.read(&key, read(value), wanted),
                "before" => span.before = self.read(&key, read(value), wanted),
                _ => self.add(&key, "there is nothing of that name: from, before"),
            }
        }
        if let (Some(from), Some(before)) = (span.from, span.before)
            && from >= before
        {
            self.add(key, "nothing lies between from and before");
        }
        if table.is_empty() {
            self.add(key, "from, before or both must be said");
        }
        (self.0.len() == known).then_some(span)
    }
}

fn choices(
    bring: BTreeMap<String, String>,
    faults: &mut Faults,
) -> (BTreeMap<String, Choice>, Choice) {
    let mut choices = BTreeMap::new();
    let mut otherwise = Choice::All;
    for (task, name) in bring {
        let key = format!("bring.{task}");
        let names = Choice::ALL.map(Choice::name).join(", ");
        let Some(choice) = faults.read(&key, Choice::of_name(&name), &names) else { continue };
        if task == "otherwise" {
            otherwise = choice;
        } else if ServiceTask::from_code(&task).is_none() {
            let all =
                ServiceTask::ALL.iter().map(|task| task.code()).collect::<Vec<_>>().join(", ");
            faults.add(
                &key,
                &format!("there is no such service task of 2016; name one of {all}, or otherwise"),
            );
        } else {
            choices.insert(task, choice);
        }
    }
    (choices, otherwise)
}

/// Which rows of other batches are settled, and by which documents.
fn settles(
    own: &str,
    named: BTreeMap<String, BTreeMap<String, OneOrMore>>,
    faults: &mut Faults,
) -> Vec<Settles> {
    let mut settles = Vec::new();
    for (batch, rows) in named {
        if batch == own {
            faults.add(&format!("settles.{batch}"), "another batch than this one");
        }
        for (row, documents) in rows {
            let key = format!("settles.{batch}.{row}");
            let number = row.parse().ok().filter(|row| *row > 0);
            let Some(row) = faults.read(&key, number, "the number of a row") else { continue };
            let documents = documents.list();
            if documents.is_empty() || documents.iter().any(|one| one.trim().is_empty()) {
                faults.add(&key, "expected the source's identifiers of documents");
            }
            settles.push(Settles { batch: batch.clone(), row, documents });
        }
    }
    settles
}

fn recipes(document: toml::Table, faults: &mut Faults) -> BTreeMap<Target, Recipe> {
    let mut recipes = BTreeMap::new();
    for (name, value) in flat(document) {
        let key = format!("document.{name}");
        let Some(target) = Target::of_name(&name) else {
            faults.add(&key, "there is nothing of that name in a document");
            continue;
        };
        let steps = match value {
            toml::Value::Array(steps) => steps,
            one => vec![one],
        };
        let steps: Vec<Step> = steps
            .into_iter()
            .enumerate()
            .filter_map(|(at, step)| faults.step(&format!("{key}[{at}]"), step))
            .collect();
        for word in steps.iter().filter(|_| target.is_required()).flat_map(empty_of) {
            let said = match target {
                Target::State => ": ended, active or deceased",
                _ => "",
            };
            faults
                .add(&key, &format!("nothing is said for {word}, and each document has one{said}"));
        }
        for (word, expected) in steps.iter().flat_map(|step| misshapen_of(target, step)) {
            faults.add(&key, &format!("{word} is made {expected}"));
        }
        let recipe = Recipe(steps);
        if (target.is_a_day() || target == Target::IdentityCode) && recipe.turns_on_days() {
            faults.add(&key, "what conditions on days and ages turn on turns on none itself");
        }
        recipes.insert(target, recipe);
    }
    for (target, recipe) in &recipes {
        let asked = recipe.0.iter().flat_map(|step| &step.when);
        let days = asked.filter_map(|condition| match condition {
            Condition::Day(day, _) => Some(*day),
            Condition::Column(..) | Condition::Age(_) => None,
        });
        // Of a day that must be said it is told anyway.
        let unsaid = |day: &Target| !day.is_required() && !recipes.contains_key(day);
        for day in days.filter(unsaid).collect::<BTreeSet<_>>() {
            let what = format!("a condition turns on {}, which is not said", day.name());
            faults.add(&format!("document.{}", target.name()), &what);
        }
    }
    recipes
}

/// What the file itself says that a step makes, by what it makes that of, in words.
fn said_by(step: &Step) -> impl Iterator<Item = (String, &str)> {
    let codes = step.codes.iter().map(|(word, code)| (format!("the word {word:?}"), &**code));
    let others = step.otherwise.iter().map(|made| ("other words".to_owned(), &**made));
    let constant = match &step.from {
        From::Constant(constant) if step.codes.is_empty() => {
            Some(("the constant".to_owned(), &**constant))
        }
        From::Constant(_) | From::Column(_) | From::Columns(..) => None,
    };
    codes.chain(others).chain(constant)
}

/// Whatever a step makes nothing of, in words.
fn empty_of(step: &Step) -> impl Iterator<Item = String> {
    said_by(step).filter(|(_, made)| made.trim().is_empty()).map(|(word, _)| word)
}

/// Whatever a step makes something of that has not the form of its target, in words, and what was made of it.
fn misshapen_of(target: Target, step: &Step) -> Vec<(String, String)> {
    // A part of it is taken, or it is read as a day, before it is the value.
    if step.take.is_some() || !step.days.is_empty() {
        return Vec::new();
    }
    let misshapen = |(word, made): (String, &str)| {
        let mut faults = Vec::new();
        read_draft(Values::from([(target, made.to_owned())]), &mut faults);
        let fault = faults.pop().filter(|_| !made.trim().is_empty())?;
        let (_, expected) = fault.args.into_iter().find(|(name, _)| *name == "expected")?;
        Some((word, format!("{made:?}; expected {expected}")))
    };
    said_by(step).filter_map(misshapen).collect()
}

/// `client = { identity_code = … }` says the same as `"client.identity_code" = …`.
fn flat(table: toml::Table) -> Vec<(String, toml::Value)> {
    let mut values = Vec::new();
    for (name, value) in table {
        let inner = match value {
            toml::Value::Table(inner)
                if inner.values().all(|value| {
                    matches!(value, toml::Value::Table(_) | toml::Value::Array(_))
                }) && !inner.contains_key("codes")
                    && !inner.contains_key("when") =>
            {
                inner
            }
            value => {
                values.push((name, value));
                continue;
            }
        };
        values.extend(inner.into_iter().map(|(below, value)| (format!("{name}.{below}"), value)));
    }
    values
}
