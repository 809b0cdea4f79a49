//! Made-up documents: for tests, for training dictionaries and for the demonstration.
//!
//! Everything follows from the structure, the seed and the text source, so the same three give the
//! same document on every machine. Persons are artificial: individual numbers 900 to 999.

mod finnish_text;
mod mutation;

use std::borrow::Cow;
use std::sync::Arc;

use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::structures::{Content, Field, FieldKind, FieldObligation, Structure};
use varanto_domain::time::FinnishDay;

pub use finnish_text::{Address, FinnishText, Topic, address, child, person, sentence, unit_name};
pub use mutation::{Mutation, mutations};

/// How much of a structure a made-up document fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fullness {
    /// The obligatory rows alone, one entry in each list. What is obligatory under a condition may
    /// be missing.
    Obligatory,
    /// As social workers fill them in: the obligatory and conditional rows, most of the rest at
    /// the top, half of it further down, and the conditional obligations of the nation met.
    Typical,
    /// Every row, two entries in the outer lists.
    Full,
}

/// A made-up person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Family name.
    pub family: String,
    /// Given names, one or two.
    pub given: String,
    /// An identity code of the artificial range, that states the day of birth.
    pub code: PersonalIdentityCode,
}

/// A code value to stand in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// The version arcs after the code set's OID (`201601`); empty for none.
    pub version: String,
    /// The code.
    pub code: String,
    /// Its name.
    pub display: String,
}

impl Coded {
    fn nameless(code: &str) -> Self {
        Self { version: String::new(), code: code.to_owned(), display: String::new() }
    }
}

/// What fills the rows of a made-up document. Everything but the text has a sensible answer; a
/// caller that makes a whole county overrides what must agree between documents: the client, the
/// units, the days, the identifiers.
pub trait TextSource {
    /// A text for a row that holds text, a name or a signature line, in the group with the member
    /// name `within`. An empty one is replaced by a dash.
    fn text(&mut self, field: &Field, within: &str, draw: &mut Draw) -> String;

    /// The person whom a group of rows with a name or identity code is about.
    fn person(&mut self, group: &Field, draw: &mut Draw) -> Person {
        let young = ["lapsi", "lapse", "nuori"].iter().any(|word| group.key.contains(word));
        if young { child(draw) } else { person(draw) }
    }

    /// A value of a code set; one of `allowed` where the structure lists some.
    fn code(
        &mut self,
        field: &Field,
        code_set: &Oid,
        allowed: &[String],
        draw: &mut Draw,
    ) -> Coded {
        let _ = field;
        finnish_text::code(code_set, allowed, draw)
    }

    /// The day of a date or moment; a day of birth comes from the person instead.
    fn day(&mut self, field: &Field, draw: &mut Draw) -> FinnishDay {
        let _ = field;
        finnish_text::day(draw)
    }

    /// The system and value of an identifier, other than a person's.
    fn identifier(&mut self, field: &Field, draw: &mut Draw) -> (String, String) {
        finnish_text::identifier(field, draw)
    }
}

/// A stream of numbers that follows from its seed (`SplitMix64`). For made-up data alone: it keeps no
/// secret.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit` less one; 0 when the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let wide = u128::from(self.number()) * limit as u128;
        usize::try_from(wide >> 64).expect("less than the limit")
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: i32, most: i32) -> i32 {
        let span = usize::try_from(most - least + 1).expect("least is not above most");
        least + i32::try_from(self.below(span)).expect("less than the span")
    }

    /// Yes in this many cases of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the choices.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'t, T>(&mut self, choices: &'t [T]) -> &'t T {
        &choices[self.below(choices.len())]
    }
}

/// Makes a document of the structure that its national schema accepts.
#[must_use]
pub fn document(
    structure: &Structure,
    seed: u64,
    fullness: Fullness,
    text: &mut dyn TextSource,
) -> Content<'static> {
    let draw = Draw::new(seed);
    let within = Arc::clone(&structure.root);
    let mut writer = Writer { draw, fullness, text, within, clients: 1, began: None };
    let rows = writer.rows(&structure.fields, None, 0);
    Content::Object(vec![(owned(&structure.root), rows)])
}

struct Writer<'t> {
    draw: Draw,
    fullness: Fullness,
    text: &'t mut dyn TextSource,
    /// The member name of the group being filled.
    within: Arc<str>,
    /// How many clients the document is about; several make a joint case.
    clients: usize,
    /// The first day that stands in the group being filled; what ends there ends after it.
    began: Option<FinnishDay>,
}

impl Writer<'_> {
    fn rows(
        &mut self,
        fields: &[Field],
        person: Option<&Person>,
        depth: usize,
    ) -> Content<'static> {
        let mut members = Vec::with_capacity(fields.len());
        let outer = self.began.take();
        for field in fields {
            if !self.takes(field, fields, depth) {
                continue;
            }
            let row = self.row(field, person, depth);
            let optional = field.obligation == FieldObligation::Optional;
            if self.fullness == Fullness::Typical && optional && is_empty(&row) {
                continue;
            }
            members.push((owned(&field.key), row));
        }
        self.began = outer;
        Content::Object(members)
    }

    fn takes(&mut self, field: &Field, siblings: &[Field], depth: usize) -> bool {
        let stands_in = &*field.key == "tilapainen_yksilointitunnus"
            && siblings.iter().any(|sibling| &*sibling.key == "henkilotunnus");
        match (self.fullness, field.obligation) {
            (_, FieldObligation::Obligatory) | (Fullness::Full, _) => true,
            (Fullness::Obligatory, _) => false,
            (Fullness::Typical, _) if stands_in => false,
            (Fullness::Typical, FieldObligation::Conditional) => true,
            (Fullness::Typical, _) if holds_conditional(field) => true,
            (Fullness::Typical, _) => {
                let is_group = matches!(field.kind, FieldKind::Group(_));
                self.draw.chance(match depth {
                    0 if is_group => 92,
                    0 | 1 => 80,
                    _ => 50,
                })
            }
        }
    }

    fn row(&mut self, field: &Field, person: Option<&Person>, depth: usize) -> Content<'static> {
        if !field.repeats {
            return self.value(field, person, depth);
        }
        let entries = match self.fullness {
            Fullness::Obligatory => 1,
            Fullness::Typical if &*field.key == "asiakas" => 1,
            Fullness::Typical => 1 + usize::from(self.draw.chance(25)),
            Fullness::Full => 1 + usize::from(depth < 2),
        };
        if &*field.key == "asiakas" {
            self.clients = entries;
        }
        Content::List((0..entries).map(|_| self.value(field, person, depth)).collect())
    }

    fn value(&mut self, field: &Field, person: Option<&Person>, depth: usize) -> Content<'static> {
        match &field.kind {
            FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine => {
                text(self.words(field, person))
            }
            FieldKind::Date => text(self.date(field, person)),
            FieldKind::Moment => text(self.moment(field)),
            FieldKind::Switch => Content::Switch(self.switch(field)),
            FieldKind::Number => Content::Number(Cow::Owned(self.number(field))),
            FieldKind::Quantity => self.quantity(field),
            FieldKind::Code { code_set, system, allowed } => {
                let sex = person.filter(|_| &*field.key == "sukupuoli").map(sex_code);
                let allowed = sex.as_ref().map_or(allowed.as_slice(), std::slice::from_ref);
                self.code(field, code_set.as_ref(), system.as_deref(), allowed)
            }
            FieldKind::Identifier { system } => self.identifier(field, system.as_deref(), person),
            FieldKind::Phrase(phrases) => text(self.draw.pick(phrases).as_str()),
            FieldKind::Group(fields) => {
                let names_one = |field: &Field| {
                    matches!(
                        &*field.key,
                        "sukunimi" | "henkilotunnus" | "tilapainen_yksilointitunnus"
                    )
                };
                let own = fields.iter().any(names_one);
                let own = own.then(|| self.text.person(field, &mut self.draw));
                let outer = std::mem::replace(&mut self.within, Arc::clone(&field.key));
                let rows = self.rows(fields, own.as_ref().or(person), depth + 1);
                self.within = outer;
                rows
            }
        }
    }

    fn words(&mut self, field: &Field, person: Option<&Person>) -> String {
        let words = match (&*field.key, person) {
            ("sukunimi", Some(person)) => person.family.clone(),
            ("etunimet", Some(person)) => person.given.clone(),
            _ => self.text.text(field, &self.within, &mut self.draw),
        };
        if words.is_empty() { "-".to_owned() } else { words }
    }

    fn date(&mut self, field: &Field, person: Option<&Person>) -> String {
        if let ("syntymaaika", Some(person)) = (&*field.key, person) {
            return person.code.birth_day().to_string();
        }
        let day = self.day(field).to_string();
        let whole = self.fullness != Fullness::Full || self.draw.chance(85);
        match (whole, self.draw.chance(50)) {
            (true, _) => day,
            (false, true) => day[..7].to_owned(),
            (false, false) => day[..4].to_owned(),
        }
    }

    fn moment(&mut self, field: &Field) -> String {
        let day = self.day(field);
        if self.fullness == Fullness::Full && self.draw.chance(15) {
            return day.to_string();
        }
        let offset = if (4..=10).contains(&day.month()) { "+03:00" } else { "+02:00" };
        let (hour, minute) = (self.draw.between(8, 16), self.draw.between(0, 11) * 5);
        format!("{day}T{hour:02}:{minute:02}:00{offset}")
    }

    /// The source's day; where a group already has one and this is when something ends, a later one.
    fn day(&mut self, field: &Field) -> FinnishDay {
        let day = self.text.day(field, &mut self.draw);
        let ends = ["paatty", "lopet", "poistumis", "voimassa_asti", "maara_aika"];
        match self.began {
            Some(began) if day <= began && ends.iter().any(|word| field.key.contains(word)) => {
                began.plus_days(self.draw.between(1, 300))
            }
            Some(_) => day,
            None => *self.began.insert(day),
        }
    }

    /// No for what seldom is and brings obligations with it.
    fn switch(&mut self, field: &Field) -> bool {
        if &*field.key == "yhteinen_asia" {
            return self.clients > 1;
        }
        let seldom = ["vanha_asiakkuus", "turvakielto", "valiton_taytantoonpano", "vastustus"];
        if self.fullness == Fullness::Obligatory || seldom.contains(&&*field.key) {
            return false;
        }
        self.draw.chance(50)
    }

    fn number(&mut self, field: &Field) -> String {
        let key = &*field.key;
        if key.contains("vuosi") {
            return self.draw.between(1995, 2025).to_string();
        }
        if key == "lapsen_ika" || key.ends_with("ika") {
            return self.draw.between(1, 17).to_string();
        }
        if key.contains("tunt") && self.draw.chance(30) {
            return format!("{}.5", self.draw.between(1, 9));
        }
        self.draw.between(0, 12).to_string()
    }

    fn quantity(&mut self, field: &Field) -> Content<'static> {
        let key = &*field.key;
        let (value, unit) = if key.contains("prosentti") || key.contains("osuus") {
            (self.draw.between(1, 100).to_string(), "%")
        } else if key.contains("pinta_ala") {
            (format!("{}.5", self.draw.between(24, 180)), "m2")
        } else {
            (format!("{}.{}", self.draw.between(20, 2400), self.draw.between(1, 9)), "EUR")
        };
        object([("value", Content::Number(Cow::Owned(value))), ("code", text(unit))])
    }

    fn code(
        &mut self,
        field: &Field,
        code_set: Option<&Oid>,
        system: Option<&str>,
        allowed: &[String],
    ) -> Content<'static> {
        let mut coded = match code_set {
            Some(code_set) => self.text.code(field, code_set, allowed, &mut self.draw),
            None if allowed.is_empty() => Coded::nameless("1"),
            None => Coded::nameless(self.draw.pick::<String>(allowed)),
        };
        if coded.display.is_empty() {
            coded.display = format!("{} {}", field.names.fi, coded.code);
        }
        let system = match (code_set, system) {
            (Some(code_set), _) if coded.version.is_empty() => format!("urn:oid:{code_set}"),
            (Some(code_set), _) => format!("urn:oid:{code_set}.{}", coded.version),
            (None, Some(system)) => system.to_owned(),
            (None, None) => field.key.to_string(),
        };
        object([
            ("system", text(system)),
            ("code", text(coded.code)),
            ("display", text(coded.display)),
        ])
    }

    fn identifier(
        &mut self,
        field: &Field,
        system: Option<&str>,
        person: Option<&Person>,
    ) -> Content<'static> {
        let stated = system.map(str::to_owned);
        let (system, value) = match (&*field.key, person) {
            ("henkilotunnus", Some(person)) => {
                let root = format!("urn:oid:{}", PersonalIdentityCode::ROOT);
                (stated.unwrap_or(root), person.code.reveal().to_owned())
            }
            ("tilapainen_yksilointitunnus", Some(person)) => {
                let value = format!("{}998W", &person.code.reveal()[..7]);
                ("1.2.246.10.8888881.22.2026".to_owned(), value)
            }
            _ => {
                let (system, value) = self.text.identifier(field, &mut self.draw);
                (stated.unwrap_or(system), value)
            }
        };
        object([("system", text(system)), ("value", text(value))])
    }
}

/// 1 for a man, 2 for a woman: individual numbers are odd for men.
fn sex_code(person: &Person) -> String {
    let last_digit = person.code.reveal().as_bytes()[9];
    if last_digit % 2 == 1 { "1".to_owned() } else { "2".to_owned() }
}

/// Whether a group has rows that are obligatory under a condition.
fn holds_conditional(field: &Field) -> bool {
    let conditional = |row: &Field| row.obligation == FieldObligation::Conditional;
    matches!(&field.kind, FieldKind::Group(rows) if rows.iter().any(conditional))
}

fn is_empty(content: &Content) -> bool {
    match content {
        Content::List(entries) => entries.iter().all(is_empty),
        Content::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn owned(key: &str) -> Cow<'static, str> {
    Cow::Owned(key.to_owned())
}

fn text(value: impl Into<String>) -> Content<'static> {
    Content::Text(Cow::Owned(value.into()))
}

fn object<const N: usize>(members: [(&'static str, Content<'static>); N]) -> Content<'static> {
    let members = members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
    Content::Object(members.collect())
}
