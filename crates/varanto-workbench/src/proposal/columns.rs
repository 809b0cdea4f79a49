//! What the columns of a table look like: what their values are, and what their names say.

use std::collections::{BTreeMap, HashSet};

use varanto_domain::ids::{Oid, PersonalIdentityCode};

use crate::delivery::{Delivery, DeliveryError, Found, HEADING, Index, IndexForm, NO_ROWS, Row};
use crate::mapping::{Target, day_in_form};

/// How many rows are looked at.
const LOOKED_AT: usize = 5000;
/// A column with more values than these is no classification.
const FEW: usize = 60;
/// Forms of days that are tried.
const DAYS: [&str; 8] = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%Y%m%d",
    "%d/%m/%Y",
    "%d/%m %Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%Y-%m-%dT%H:%M:%S",
];

/// A table that was looked at.
pub(super) struct Table {
    pub(super) index: Index,
    pub(super) rows: usize,
    pub(super) columns: Vec<Column>,
    /// How many rows name a file of the delivery.
    pub(super) files_found: usize,
    /// Whether each row has as many values as there are columns: a letter with commas in it has not.
    pub(super) is_even: bool,
}

/// A column that was looked at.
#[derive(Default)]
pub(super) struct Column {
    pub(super) name: String,
    filled: usize,
    rows: usize,
    /// Its values where they are few, else those seen first, with how many rows have them.
    pub(super) values: BTreeMap<String, u64>,
    all: HashSet<String>,
    files: usize,
    codes: usize,
    oids: usize,
    numbers: usize,
    whole_names: usize,
    /// Forms that fit days of it, none of which another one fits before.
    pub(super) days: Vec<&'static str>,
    in_days: usize,
}

impl Table {
    /// Looks at the first rows. Nothing where no column is called as one of the table that it would stand beside.
    pub(super) fn look(
        delivery: &Delivery,
        index: Index,
        beside: Option<&Self>,
    ) -> Result<Option<Self>, DeliveryError> {
        let mut columns: Vec<Column> = Vec::new();
        let (mut rows, mut is_even) = (0, true);
        for row in index.rows(delivery)?.take(LOOKED_AT) {
            let row = row?;
            if row.broken.is_some() {
                is_even = false;
                continue;
            }
            if let Some(main) = beside
                && rows == 0
                && !main.columns.iter().any(|column| row.columns.contains(&column.name))
            {
                return Ok(None);
            }
            rows += 1;
            is_even &= row.surplus == 0 && row.lacking == 0;
            for (name, value) in row.columns.iter().zip(&row.values) {
                let at =
                    columns.iter().position(|column| column.name == *name).unwrap_or_else(|| {
                        columns.push(Column { name: name.clone(), ..Column::default() });
                        columns.len() - 1
                    });
                columns[at].take(value, delivery);
            }
        }
        if rows == 0 {
            return Err(DeliveryError::index(&index.file, &NO_ROWS));
        }
        columns.retain(|column| !column.name.is_empty());
        for column in &mut columns {
            column.rows = rows;
        }
        let files_found = columns.iter().map(|column| column.files).max().unwrap_or(0);
        is_even &= rows > 1 && columns.len() > 2;
        Ok(Some(Self { index, rows, columns, files_found, is_even }))
    }

    /// The column that names files.
    pub(super) fn of_files(&self) -> Option<&Column> {
        self.columns.iter().filter(|column| column.files > 0).max_by_key(|column| column.files)
    }

    /// The columns by which another table stands beside this one: the other's has each value once, and most values of
    /// this one's are in it.
    pub(super) fn joins<'a>(&'a self, other: &'a Self) -> Option<(&'a Column, &'a Column)> {
        self.columns.iter().find_map(|own| {
            let key = other.columns.iter().find(|key| {
                let common = own.all.intersection(&key.all).count();
                key.name == own.name
                    && key.all.len() == other.rows
                    && common * 10 >= own.all.len() * 8
            })?;
            (!own.all.is_empty()).then_some((own, key))
        })
    }
}

/// The index with the row that names its columns: below a heading of one cell, or none where the first row is one of documents.
pub(super) fn with_header(delivery: &Delivery, index: Index) -> Index {
    if !matches!(index.form, IndexForm::Csv { .. } | IndexForm::Xlsx { .. }) {
        return index;
    }
    let header = |header| Index { header: Some(header), ..index.clone() };
    let Ok(rows) = header(0).rows(delivery) else { return index };
    let rows: Vec<Row> = rows.take(HEADING).map_while(Result::ok).collect();
    let filled =
        |row: &Row| row.surplus + row.values.iter().filter(|value| !value.is_empty()).count();
    let Some(first) = rows.first() else { return index };
    if filled(first) == 1 {
        let names = rows.iter().find(|row| filled(row) > 2);
        return names.map_or(index.clone(), |row| header(row.number));
    }
    let is_of_a_document = |value: &String| {
        PersonalIdentityCode::parse(value).is_ok()
            || value.contains('.') && matches!(delivery.find(value), Found::One(_))
            || DAYS.iter().any(|form| day_in_form(form, value).is_some())
    };
    if first.values.iter().any(is_of_a_document) { header(0) } else { index }
}

impl Column {
    fn take(&mut self, value: &str, delivery: &Delivery) {
        if value.is_empty() {
            return;
        }
        self.filled += 1;
        self.all.insert(value.to_owned());
        if let Some(count) = self.values.get_mut(value) {
            *count += 1;
        } else if self.values.len() <= FEW {
            self.values.insert(value.to_owned(), 1);
        }
        self.numbers += usize::from(value.bytes().all(|byte| byte.is_ascii_digit()));
        self.files += usize::from(matches!(delivery.find(value), Found::One(_)));
        self.codes += usize::from(PersonalIdentityCode::parse(value).is_ok());
        self.oids += usize::from(value.contains('.') && Oid::parse(value).is_ok());
        let parts = value.split([' ', ',']).filter(|part| !part.is_empty()).count();
        let letters = value.chars().all(|sign| sign.is_alphabetic() || " ,-.'".contains(sign));
        self.whole_names += usize::from(parts > 1 && letters);
        let known = self.days.iter().any(|form| day_in_form(form, value).is_some());
        let form = DAYS.iter().find(|form| day_in_form(form, value).is_some());
        if !known && let Some(form) = form {
            self.days.push(form);
        }
        self.in_days += usize::from(known || form.is_some());
    }

    /// Whether most values are a family name with given names.
    pub(super) fn holds_whole_names(&self) -> bool {
        self.whole_names * 2 > self.filled
    }

    /// Whether it tells of which classification service tasks of before 2016 are: its few words name the years in which there
    /// was a new one, but for some that slipped in from another column.
    pub(super) fn tells_the_classification(&self) -> bool {
        let names = |word: &str, years: &[&str]| years.iter().any(|year| word.contains(year));
        let of_years =
            self.values.iter().filter(|(word, _)| names(word, &["1989", "2011", "2016"]));
        let of_years = of_years.map(|(_, count)| *count).sum::<u64>();
        self.values.len() <= 12
            && of_years * 100 >= self.filled as u64 * 95
            && self.values.keys().any(|word| names(word, &["1989", "2011"]))
    }

    fn mostly(&self, count: usize) -> bool {
        count > 0 && count * 10 >= self.filled * 7
    }

    /// Whether its name has one of the words in it: the last step of a path, or the one above.
    fn is_called(&self, words: &[&str]) -> bool {
        let name = self.name.to_lowercase();
        let mut steps = name.rsplit(['/', '.', '@']).filter(|step| !step.is_empty()).take(2);
        steps.any(|step| words.iter().any(|word| step.contains(word)))
    }

    /// Whether the last step of its name is one of these words.
    fn is_just(&self, words: &[&str]) -> bool {
        let name = self.name.to_lowercase();
        let last = name.rsplit(['/', '.', '@']).next().unwrap_or_default();
        words.contains(&last)
    }

    /// Whether most of its values are service tasks by their national names.
    fn names_service_tasks(&self) -> bool {
        let named = |(word, count): (&String, &u64)| {
            let is_name = word.len() > 2 && super::service_task(word).is_some();
            if is_name { *count } else { 0 }
        };
        self.values.iter().map(named).sum::<u64>() * 2 > self.filled as u64
    }

    /// Whether it tells of deaths, by its name.
    pub(super) fn tells_of_deaths(&self) -> bool {
        self.is_called(&["kuol", "dead", "deceas", "avlid", "dödsd", "dodsd"])
    }

    /// Whether its words are few.
    pub(super) fn has_few_words(&self) -> bool {
        self.values.len() <= FEW
    }

    /// How well the column fits a target: what the values are counts more than what it is called. Nought: not at all.
    pub(super) fn fits(&self, target: Target) -> u32 {
        let classification = self.values.len() <= FEW && !self.mostly(self.codes);
        let unique = self.filled == self.rows && self.all.len() * 100 >= self.rows * 95;
        let is_file = self.mostly(self.files);
        let is_day = self.mostly(self.in_days);
        let called = |words: &[&str]| u32::from(self.is_called(words));
        let own_name = |on: bool, words: &[&str]| if on { called(words) * 2 } else { 0 };
        match target {
            Target::File => u32::from(is_file) * 10,
            Target::IdentityCode => u32::from(self.mostly(self.codes)) * 10,
            Target::Document if unique && !is_file && !is_day => {
                1 + called(&["dok", "id", "tunnus", "nro", "numero", "asiakirja"])
            }
            Target::MainDocument => {
                own_name(!is_file, &["paaasiakirja", "pääasiakirja", "liit", "parent", "bilaga"])
            }
            // Of a small delivery there are few clients.
            Target::Client => own_name(
                !unique
                    && !is_day
                    && !is_file
                    && !self.mostly(self.codes)
                    && (!classification || self.mostly(self.numbers) && self.all.len() > 5),
                &["asnro", "asiakasn", "asiakasid", "numero", "klient"],
            ),
            Target::FamilyName => {
                own_name(true, &["suku", "efternamn"])
                    + own_name(self.holds_whole_names(), &["nimi", "namn"])
            }
            Target::GivenNames => {
                own_name(true, &["etun", "förnamn", "fornamn"])
                    + u32::from(self.is_just(&["etu", "förn", "given", "first"])) * 2
            }
            Target::BirthDate => own_name(is_day, &["synt", "född", "fodd"]),
            Target::NonDisclosure => {
                own_name(classification, &["turva", "spärr", "sparr", "skydd"])
            }
            Target::State => own_name(classification, &["tila", "status", "state"]),
            Target::Relationship if self.mostly(self.oids) => 2 + called(&["asiakku"]),
            Target::ServiceTask if classification && self.names_service_tasks() => 10,
            Target::ServiceTask => {
                let called_so = &["palveluteht", "rekisteri", "register", "teht"];
                let by_part = classification
                    && self.is_just(&["palvelu", "palvelut", "service", "tjänst", "uppgift"]);
                own_name(classification, called_so) + u32::from(by_part)
            }
            Target::GeneralType => own_name(classification, &["laji", "tyyppi", "typ", "type"]),
            Target::WrittenAt if is_day => 3 + called(&["laadi", "pvm", "päiv", "date", "datum"]),
            Target::Language => own_name(classification, &["kieli", "språk", "sprak"]),
            Target::CaseOpened => own_name(is_day, &["avattu", "alku", "öppn"]),
            Target::CaseClosed => own_name(is_day, &["päätt", "paatt", "loppu", "avslut"]),
            _ => 0,
        }
    }
}
