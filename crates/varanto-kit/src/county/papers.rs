//! A pool of PDF papers. Old papers look alike, so a few dozen stand for all.

use std::sync::OnceLock;

use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;

use super::dice::Dice;
use super::people;
use super::texts::{Scene, Topic, prose};
use crate::pdf::{Paper, Paragraph, write};

/// How many different papers there are.
const POOL: usize = 28;

/// The papers of a seed. Each is written when it is first needed.
pub(super) struct Papers {
    seed: u64,
    author: String,
    written: [OnceLock<Vec<u8>>; POOL],
}

impl Papers {
    pub(super) fn new(seed: u64, author: &str) -> Self {
        let written = std::array::from_fn(|_| OnceLock::new());
        Self { seed, author: author.to_owned(), written }
    }

    /// One of the papers.
    pub(super) fn one(&self, dice: &mut Dice) -> &[u8] {
        let number = dice.below(POOL);
        self.written[number].get_or_init(|| self.write(number))
    }

    fn write(&self, number: usize) -> Vec<u8> {
        let place = u64::MAX - 100 - u64::try_from(number).expect("a small number");
        let mut dice = Dice::at(self.seed, place);
        let task = ServiceTask::ALL[number % ServiceTask::ALL.len()];
        let titles = ["Päätös", "Asiakaskertomus", "Asiakassuunnitelma", "Lausunto"];
        let title = titles[number / ServiceTask::ALL.len() % titles.len()];
        let made = FinnishDay::new(2012, 1, 9).expect("the calendar has that day");
        let made = made.plus_days(dice.between(0, 3300));
        let scene = Scene {
            worker: "sosiaalityöntekijä",
            name: "Asiakas",
            street: "Kirkkotie 4",
            unit: &self.author,
            town: "Niittysalo",
            day: made,
            swedish: false,
        };
        let headings = ["Tausta", "Asiakkaan tilanne", "Arvio", "Ratkaisu", "Jatkotoimet"];
        let topics = ["situation", "meeting", "assessment", "decision", "next"];
        // Whole narratives run over many pages, the rest over one or two.
        let rounds = if title == "Asiakaskertomus" { dice.between(6, 20) } else { 1 };
        let texts: Vec<(usize, String)> = (0..rounds)
            .flat_map(|_| 0..topics.len())
            .map(|at| {
                let topic = Topic::of(topics[at]).fitting(people::is_childs(task));
                let topics = [topic, Topic::of_task(task)];
                let sentences = 3 + dice.below(6);
                (at, prose(&topics, sentences, &scene, &mut dice))
            })
            .collect();
        let paragraphs: Vec<Paragraph<'_>> = texts
            .iter()
            .flat_map(|(at, text)| [Paragraph::Heading(headings[*at]), Paragraph::Text(text)])
            .collect();
        let author = &self.author;
        write(&Paper { title, author, made, language: "fi", paragraphs: &paragraphs })
    }
}
