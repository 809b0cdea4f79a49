//! The lines of the use log about old data that are not archived yet, in people's words.
//!
//! A line says in few words that never change what was done, in which batch, and with which rows: these are said in the
//! reader's language. Source: LOG-2, OLD-7.

use varanto_domain::time::FinnishDay;
use varanto_workbench::answers::{Answer, Decision};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::may_stand;

use super::old_data::{decision_word, label, stands_word, value_word};
use crate::names::Names;
use crate::pages::Words;
use crate::texts;

/// A line in words, a sentence for each thing that it says; `None` where it says something that is not known.
pub(super) fn told(
    detail: &str,
    names: &Names<'_>,
    words: Words,
    day: FinnishDay,
) -> Option<Vec<String>> {
    let said: Vec<(&str, &str)> =
        detail.split(' ').map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    let value = |name: &str| said.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let with = |key: &str, value: &str| words.with(key, &[("value", value)]);
    let mut told = Vec::new();
    for (name, said) in &said {
        // The list of batches is of none; and which rows want the same is named by a digest, which nobody reads.
        if matches!(*name, "value" | "more" | "cause") || (*name, *said) == ("batch", "-") {
            continue;
        }
        told.push(match *name {
            "act" => texts::find(words.language(), &format!("old_log.act-{said}"))?.to_owned(),
            "answers" => answered(said, value("value").unwrap_or_default(), (names, words), day)?,
            "rows" => {
                let rows = said.replace(',', ", ");
                match value("more") {
                    Some(more) => {
                        words.with("old_log.rows-more", &[("value", &rows), ("more", more)])
                    }
                    None => with("old_log.rows", &rows),
                }
            }
            "batch" | "row" | "document" | "file" | "files" | "count" | "lost" => {
                with(&format!("old_log.{name}"), said)
            }
            _ => return None,
        });
    }
    Some(told)
}

/// What many rows were answered together.
fn answered(
    element: &str,
    value: &str,
    (names, words): (&Names<'_>, Words),
    day: FinnishDay,
) -> Option<String> {
    let (what, value) = if let Some(target) = Target::of_name(element) {
        // What is of a client is said as a dash.
        (words.of(&label(target)), value_word((names, words), target, value, day))
    } else if let Some(decision) = Decision::of_code(value) {
        (words.of("old_data.not_brought"), decision_word(words, decision))
    } else {
        let kind = may_stand(value).filter(|kind| Answer::Stands(*kind).element() == element)?;
        (words.of("old_data.stands"), stands_word(words, kind.code()))
    };
    let end = if value.ends_with('.') { "" } else { "." };
    Some(format!("{what}: {value}{end}"))
}

#[cfg(test)]
mod tests {
    use varanto_app::Registry;

    use super::*;
    use crate::texts::Language;

    /// LOG-2, OLD-7: every word of a line about old data is said in the language of whoever reviews the log; a word that is
    /// not known leaves the line as it is.
    #[test]
    fn lines_about_old_data_are_said_in_words() {
        let registry = Registry::alone(&[], &[]).unwrap();
        let day = FinnishDay::new(2026, 11, 27).unwrap();
        let said = |language, detail: &str| {
            let names = Names { registry: &registry, language };
            told(detail, &names, Words(language), day).map(|all| all.join(" "))
        };
        for (detail, expected) in [
            ("act=list batch=-", "A list was shown."),
            ("act=look batch=eka row=3", "A row was shown. Batch eka. Row 3."),
            (
                "act=list batch=eka files",
                "A list was shown. Batch eka. The names of the delivery's files.",
            ),
            (
                "act=look batch=eka row=3 document=1.2.3 file=ab12",
                "A row was shown. Batch eka. Row 3. The document's identifier in the archive: 1.2.3. File, SHA-256: ab12.",
            ),
            (
                "act=answer batch=eka cause=ab answers=row value=stays-elsewhere count=2 rows=3,5",
                "Rows were completed or decided of. Batch eka. Not brought: It stays elsewhere, as the archive plan says. \
                 Rows together: 2. Rows 3, 5.",
            ),
            (
                "act=answer batch=eka cause=ab answers=stands:same-content value=same-content count=30 rows=1,2 more=28",
                "Rows were completed or decided of. Batch eka. Right as it is: Both documents are brought, though their \
                 content is the same. Rows together: 30. Rows 1, 2 and 28 more.",
            ),
            (
                "act=take-back batch=eka lost count=1 rows=9",
                "What was answered was taken back. Batch eka. Of rows that are not there any more. Rows together: 1. Rows 9.",
            ),
        ] {
            assert_eq!(said(Language::English, detail).as_deref(), Some(expected), "{detail}");
            for language in Language::ALL {
                let words = said(language, detail).unwrap();
                assert!(!words.contains("old_log.") && !words.contains('='), "{words}");
            }
        }
        assert_eq!(said(Language::Finnish, "act=look batch=eka uusi=1"), None);
        assert_eq!(said(Language::Finnish, "act=outo batch=eka"), None);
    }
}
