//! How far a batch of old data is, and what its rows are open for, in words.
//!
//! Source: OLD-7, OLD-9.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use varanto_workbench::queue::{Cause, Progress, UndoneSoFar};

use super::old_data::{element_word, kept_fault};
use crate::pages::Words;
use crate::texts::{self, Language};

/// How far a batch is.
pub(super) struct ShownProgress {
    pub(super) told: Progress,
    /// How many rows want nobody any more; of a batch that is undone all want to be rehearsed anew.
    pub(super) done: Option<u64>,
    /// How it stands as a whole: its word, and whether that is good.
    pub(super) stands: Option<(&'static str, bool)>,
    /// What is counted: the key of its word, and how many rows.
    pub(super) counts: Vec<(&'static str, u64)>,
}

impl ShownProgress {
    pub(super) fn of(told: Progress) -> Self {
        let is_undone = is_undone(&told);
        let sent = told.begun || told.undone != UndoneSoFar::Nothing || is_undone;
        // These are told also where there are none.
        let mut always = vec!["old_data.rows", "old_data.sound", "old_data.open"];
        if told.begun {
            always.push("old_data.archived");
        }
        let counts = if sent { after_a_run(&told) } else { before_a_run(&told) };
        let counts = counts.into_iter().filter(|(key, count)| *count > 0 || always.contains(key));
        let wants = if told.begun {
            to_archive(&told) + told.refused
        } else {
            told.open + told.of_source + told.to_check
        };
        Self {
            done: (!is_undone).then(|| told.rows.saturating_sub(wants)),
            stands: standing(&told),
            counts: counts.collect(),
            told,
        }
    }

    /// Whether all of it was undone.
    pub(super) fn is_undone(&self) -> bool {
        is_undone(&self.told)
    }

    /// Whether an undo has begun that is not at its end.
    pub(super) fn is_being_undone(&self) -> bool {
        self.told.undone == UndoneSoFar::Some
    }

    /// The edition that comes next, of a batch that was undone.
    pub(super) fn next_edition(&self) -> Option<u32> {
        self.told.next_edition.filter(|_| self.is_undone())
    }
}

/// An undo may have met nothing but rows that the batch never archived.
fn is_undone(told: &Progress) -> bool {
    told.undone == UndoneSoFar::All || (told.read > 0 && told.archived == 0 && !told.begun)
}

fn to_archive(told: &Progress) -> u64 {
    told.sound.saturating_sub(told.archived + told.refused)
}

fn standing(told: &Progress) -> Option<(&'static str, bool)> {
    match told {
        _ if told.confirmed => Some(("old_data.batch-confirmed", true)),
        _ if is_undone(told) => Some(("old_data.batch-undone", false)),
        _ if told.undone == UndoneSoFar::Some => Some(("old_data.batch-undoing", false)),
        _ if told.begun && to_archive(told) > 0 => Some(("old_data.batch-begun", false)),
        _ if told.begun && told.refused > 0 => Some(("old_data.batch-archived-partly", false)),
        _ if told.begun => Some(("old_data.batch-archived", true)),
        _ => None,
    }
}

fn before_a_run(told: &Progress) -> Vec<(&'static str, u64)> {
    vec![
        ("old_data.rows", told.rows),
        ("old_data.sound", told.sound),
        ("old_data.open", told.open),
        ("old_data.of_the_source", told.of_source),
        ("old_data.to_check", told.to_check),
        ("old_data.completed", told.completed),
        ("old_data.waiting", told.waiting),
        ("old_data.left_out", told.left_out),
    ]
}

/// Once it is archived nobody completes anything: what is faulty is not waited for, but left. Each row is counted once.
fn after_a_run(told: &Progress) -> Vec<(&'static str, u64)> {
    let others = [
        ("old_data.archived", told.archived),
        ("old_data.invalidated", told.invalidated),
        ("old_data.refused", told.refused),
        ("old_data.to_archive", to_archive(told)),
        ("old_data.left_as_they_are", told.read),
        ("old_data.left_out", told.left_out),
    ];
    let counted: u64 = others.iter().map(|(_, count)| count).sum();
    let mut all = vec![("old_data.rows", told.rows)];
    all.extend(others);
    all.push(("old_data.left_faulty", told.rows.saturating_sub(counted)));
    all
}

/// Rows that want the same, in words.
pub(super) struct ShownCause {
    pub(super) id: String,
    /// What is wrong with all of them.
    pub(super) message: String,
    pub(super) right: String,
    pub(super) rows: u64,
    /// What differs from row to row, the most frequent first, and how many rows it is so of; none where nothing does.
    pub(super) examples: Vec<(String, u64)>,
}

impl ShownCause {
    pub(super) fn of(cause: &Cause, language: Language) -> Self {
        let mut args = cause.args.clone();
        let differing = differing(cause);
        let dots = differing.iter().copied().chain((cause.rows > 1).then_some("first"));
        for name in dots {
            if let Some(one) = args.get_mut(name) {
                // One row's: others have their own.
                "…".clone_into(one);
            }
        }
        let fault = (&*cause.code, &*cause.element, cause.value.as_deref());
        let [message, right] = kept_fault(fault, &args, language);
        // The dots in place of what differs end a sentence, too.
        let message = message.replace("….", "…");
        // What a cause is called where its rows have not all the same words.
        let common = texts::find(language, &format!("old_data.cause-{}", cause.code));
        let common = common.filter(|_| !differing.is_empty()).map(str::to_owned);
        let example = |(args, rows): &(BTreeMap<String, String>, u64)| {
            let values = differing.iter().filter_map(|name| Some((*name, args.get(*name)?)));
            let values: Vec<String> =
                values.map(|(name, value)| arg_word(language, name, value).into_owned()).collect();
            (values.join(", "), *rows)
        };
        let examples = if differing.is_empty() { &[] } else { &*cause.words };
        Self {
            id: cause.id.clone(),
            message: common.unwrap_or(message),
            right,
            rows: cause.rows,
            examples: examples.iter().map(example).filter(|(text, _)| !text.is_empty()).collect(),
        }
    }
}

/// What the texts of a cause's rows speak of differently. By which step of the mapping it was met tells nobody anything.
fn differing(cause: &Cause) -> Vec<&str> {
    if cause.is_of_one_kind() {
        return Vec::new();
    }
    let names: BTreeSet<&str> =
        cause.words.iter().flat_map(|(args, _)| args.keys()).map(String::as_str).collect();
    let differs = |name: &&str| {
        let mut values = cause.words.iter().map(|(args, _)| args.get(*name));
        let first = values.next();
        *name != "step" && values.any(|value| Some(value) != first)
    };
    names.into_iter().filter(differs).collect()
}

/// What the text of a fault speaks of, in words.
pub(super) fn arg_word<'a>(language: Language, name: &str, value: &'a str) -> Cow<'a, str> {
    let words = Words(language);
    match name {
        "name" => Cow::Owned(element_word(words, value)),
        "expected" => texts::said(language, name, Cow::Borrowed(value)),
        _ => texts::said(language, name, words.in_sentence(value)),
    }
}
