//! Reading a mapping file: everything that is wrong with it is told at once.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use serde::Deserialize;
use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::Oid;
use varanto_domain::old_data::Choice;
use varanto_domain::time::{FinnishDay, Instant};

use super::recipe::{From, Take};
use super::{Grouping, Join, Mapping, Recipe, Step, Target};
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    #[serde(default)]
    when: BTreeMap<String, OneOrMore>,
    column: Option<String>,
    constant: Option<String>,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    otherwise: Option<String>,
    #[serde(default)]
    day: Option<OneOrMore>,
    take: Option<String>,
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
        let fits = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
        if value.is_empty() || !value.chars().all(fits) {
            faults.add(key, "letters, digits, and - _ . between");
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
                recipes,
            })
        }
        _ => Err(BadMapping(faults.0)),
    }
}

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
            _ => self.read(&format!("{key}.form"), None, "csv, xlsx, xml or jsonl"),
        };
        let encoding = table
            .encoding
            .as_deref()
            .map_or(Some(Encoding::UTF_8), |name| self.encoding(&format!("{key}.encoding"), name));
        Some(Index { file: table.file, form: form?, encoding: encoding? })
    }

    fn join(&mut self, name: String, beside: Beside) -> Option<Join> {
        let Beside { key, on, file, form, separator, sheet, row, encoding } = beside;
        let table = Table { file, form, separator, sheet, row, encoding };
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
        let from = match (step.column, step.constant) {
            (Some(column), None) => From::Column(column),
            (None, Some(constant)) => From::Constant(constant),
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
        let when = step.when.into_iter().map(|(column, values)| (column, values.list())).collect();
        let days = step.day.map_or_else(Vec::new, OneOrMore::list);
        let (codes, otherwise, optional) = (step.codes, step.otherwise, step.optional);
        Some(Step { when, from, codes, otherwise, days, take, optional })
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
            faults.add(&key, "no service task of 2016; or otherwise");
        } else {
            choices.insert(task, choice);
        }
    }
    (choices, otherwise)
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
            faults.add(&key, &format!("nothing is said for {word}, and each document has one"));
        }
        for (word, expected) in steps.iter().flat_map(|step| misshapen_of(target, step)) {
            faults.add(&key, &format!("{word} is made {expected}"));
        }
        recipes.insert(target, Recipe(steps));
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
        From::Constant(_) | From::Column(_) => None,
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
