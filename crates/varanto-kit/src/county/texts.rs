//! Sentences that social workers could have written, put together by chance.
//!
//! The bank is in `texts/*.txt`: a topic after `# `, then a sentence a line, with slots in braces.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::OnceLock;

use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;

use super::dice::Dice;

/// The sentences of one topic in Finnish, and in Swedish where there are any.
#[derive(Clone, Copy)]
pub(super) struct Topic {
    finnish: &'static [Sentence],
    swedish: &'static [Sentence],
}

struct Sentence(Vec<Piece>);

enum Piece {
    Text(&'static str),
    Slot(Slot),
}

#[derive(Clone, Copy)]
enum Slot {
    Worker,
    Name,
    Street,
    Unit,
    Town,
    Day,
    Hour,
    Count,
    Months,
}

/// What the slots are filled from.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) worker: &'a str,
    pub(super) name: &'a str,
    pub(super) street: &'a str,
    pub(super) unit: &'a str,
    pub(super) town: &'a str,
    pub(super) day: FinnishDay,
    pub(super) swedish: bool,
}

impl Topic {
    /// The topic of this name. Topics are named in the code, so an unknown one is a fault of it.
    pub(super) fn of(name: &str) -> Self {
        let bank = bank();
        let finnish = bank.finnish.get(name).unwrap_or_else(|| panic!("no topic {name}"));
        Self { finnish, swedish: bank.swedish.get(name).map_or(&[], Vec::as_slice) }
    }

    /// What is written of clients of a service task.
    pub(super) fn of_task(task: ServiceTask) -> Self {
        static TOPICS: OnceLock<Vec<Topic>> = OnceLock::new();
        let names =
            ["child", "substance", "disability", "elderly", "family", "family-law", "working-age"];
        TOPICS.get_or_init(|| names.map(Topic::of).to_vec())[task as usize]
    }

    /// The topic itself, or what is written of a child in its place.
    pub(super) fn fitting(self, child: bool) -> Self {
        let instead = |of: &str, childs: &str| {
            (child && std::ptr::eq(self.finnish, Topic::of(of).finnish)).then(|| Topic::of(childs))
        };
        instead("meeting", "child-meeting")
            .or_else(|| instead("situation", "child-situation"))
            .unwrap_or(self)
    }

    fn sentences(self, swedish: bool) -> &'static [Sentence] {
        if swedish { self.swedish } else { self.finnish }
    }
}

struct Bank {
    finnish: HashMap<&'static str, Vec<Sentence>>,
    swedish: HashMap<&'static str, Vec<Sentence>>,
}

fn bank() -> &'static Bank {
    static BANK: OnceLock<Bank> = OnceLock::new();
    BANK.get_or_init(|| {
        let mut finnish = read(include_str!("texts/common.txt"));
        finnish.extend(read(include_str!("texts/tasks.txt")));
        Bank { finnish, swedish: read(include_str!("texts/swedish.txt")) }
    })
}

fn read(text: &'static str) -> HashMap<&'static str, Vec<Sentence>> {
    let mut topics: HashMap<&str, Vec<Sentence>> = HashMap::new();
    let mut topic = "";
    for line in text.lines() {
        match line.strip_prefix("# ") {
            Some(name) => topic = name,
            None => topics.entry(topic).or_default().push(sentence(line)),
        }
    }
    topics
}

fn sentence(line: &'static str) -> Sentence {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a slot of the bank is closed");
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Slot(slot(name)));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Sentence(pieces)
}

fn slot(name: &str) -> Slot {
    match name {
        "worker" => Slot::Worker,
        "name" => Slot::Name,
        "street" => Slot::Street,
        "unit" => Slot::Unit,
        "town" => Slot::Town,
        "day" => Slot::Day,
        "hour" => Slot::Hour,
        "count" => Slot::Count,
        "months" => Slot::Months,
        other => panic!("no slot {other}"),
    }
}

/// Writes `count` sentences in turn from the topics, with spaces between. None comes twice before
/// all of its topic have come.
pub(super) fn prose(topics: &[Topic], count: usize, scene: &Scene<'_>, dice: &mut Dice) -> String {
    let mut text = String::with_capacity(count * 110);
    let start = dice.below(1 << 16);
    for at in 0..count {
        let sentences = sentences_at(topics, at, scene.swedish);
        let round = at / topics.len();
        let place = (start + round * stride(sentences.len())) % sentences.len();
        if at > 0 {
            text.push(' ');
        }
        put(&mut text, &sentences[place], scene, dice);
    }
    text
}

/// The sentences whose turn it is; where a topic has none in Swedish, those of the first topic, and
/// Finnish ones where that has none either.
fn sentences_at(topics: &[Topic], at: usize, swedish: bool) -> &'static [Sentence] {
    let own = topics[at % topics.len()].sentences(swedish);
    let first = topics[0].sentences(swedish);
    match (own.is_empty(), first.is_empty()) {
        (false, _) => own,
        (true, false) => first,
        (true, true) => topics[0].sentences(false),
    }
}

/// A step through a list that comes to every place before it comes back.
fn stride(length: usize) -> usize {
    [7, 5, 11, 3].into_iter().find(|step| !length.is_multiple_of(*step)).unwrap_or(1)
}

fn put(text: &mut String, sentence: &Sentence, scene: &Scene<'_>, dice: &mut Dice) {
    for piece in &sentence.0 {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Slot(Slot::Worker) => text.push_str(scene.worker),
            Piece::Slot(Slot::Name) => text.push_str(scene.name),
            Piece::Slot(Slot::Street) => text.push_str(scene.street),
            Piece::Slot(Slot::Unit) => text.push_str(scene.unit),
            Piece::Slot(Slot::Town) => text.push_str(scene.town),
            Piece::Slot(Slot::Day) => put_day(text, scene.day.plus_days(dice.between(1, 28))),
            Piece::Slot(Slot::Hour) => put_number(text, dice.between(8, 16)),
            Piece::Slot(Slot::Count) => put_number(text, dice.between(2, 30)),
            Piece::Slot(Slot::Months) => put_number(text, dice.between(2, 9)),
        }
    }
}

fn put_number(text: &mut String, number: i32) {
    write!(text, "{number}").expect("writing to a text succeeds");
}

/// A day as it is written in running text: `23.3.2026`.
fn put_day(text: &mut String, day: FinnishDay) {
    let (year, month, day) = (day.year(), day.month(), day.day());
    write!(text, "{day}.{month}.{year}").expect("writing to a text succeeds");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_the_bank_can_be_written() {
        let scene = Scene {
            worker: "Anna Aalto",
            name: "Eino",
            street: "Rantatie 1",
            unit: "Yksikkö",
            town: "Suvantola",
            day: FinnishDay::new(2026, 3, 1).unwrap(),
            swedish: false,
        };
        let mut dice = Dice::at(1, 1);
        let mut count = 0;
        for sentences in bank().finnish.values().chain(bank().swedish.values()) {
            for sentence in sentences {
                let mut text = String::new();
                put(&mut text, sentence, &scene, &mut dice);
                assert!(!text.is_empty() && !text.contains(['{', '}', '<', '&']), "{text}");
                count += 1;
            }
        }
        assert!(count > 300, "{count} sentences");
        for topic in bank().swedish.keys() {
            assert!(bank().finnish.contains_key(topic), "{topic}");
        }
    }
}
