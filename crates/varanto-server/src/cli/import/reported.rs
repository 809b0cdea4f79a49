//! What `varanto import` prints of reports of reconciliation: one that was made, one that was checked, and several added up,
//! in the language that is asked for. Source: OLD-9.

use std::path::Path;

use serde_json::json;
use varanto_workbench::addition::{OfTable, Open, Together};
use varanto_workbench::answers::Decision;
use varanto_workbench::reconciliation::{Head, Sum};

use super::super::{Context, Failure};
use super::telling::{NAMED, Say};

/// A reconciliation's sum.
pub(super) fn sum(sum: &Sum, report: &Path, context: &Context) -> Result<(), Failure> {
    let say = Say::of(context);
    let report = say.with("report_is_in", &[("path", &report.display().to_string())]);
    context.output.one(&json!(sum), &format!("{}\n{report}", counted(sum, true, say)))
}

/// A report that was checked by itself.
pub(super) fn verified(
    head: &Head,
    sum: &Sum,
    signer: Option<&str>,
    context: &Context,
) -> Result<(), Failure> {
    let value = json!({
        "form": head.form, "source": head.source, "batch": head.batch, "made_at": head.made_at, "undone": head.undone,
        "signer": signer, "sum": sum,
    });
    let say = Say::of(context);
    let of_report =
        [("batch", &*head.batch), ("source", &head.source), ("at", &say.moment(&head.made_at))];
    let signature = signer.map_or_else(
        || say.text("not_checked"),
        |signer| say.with("signed_by", &[("signer", signer)]),
    );
    let mut text = vec![format!("{} {signature}", say.with("report_holds", &of_report))];
    text.push(counted(sum, head.tells_of_made(), say));
    text.extend(head.undone.iter().map(|one| {
        let edition = one.edition.to_string();
        let told = [("edition", &*edition), ("at", &say.moment(&one.at))];
        let undone = say.with("edition_undone", &told);
        let said = one.reported.as_deref();
        let said = said.map(|at| say.with("edition_said", &[("at", &say.moment(at))]));
        said.map_or_else(|| undone.clone(), |said| format!("{undone} {said}"))
    }));
    context.output.one(&value, &text.join("\n"))
}

/// Reports that were added up.
pub(super) fn together(
    together: &Together,
    signed: bool,
    context: &Context,
) -> Result<(), Failure> {
    let say = Say::of(context);
    let Together { reports, archived, left_out, without_document, open, .. } = together;
    let told = [
        ("reports", &*say.count("report", *reports as u64)),
        ("documents", &say.count("document", *archived)),
        ("left_out", &(left_out - without_document).to_string()),
        ("open", &open.len().to_string()),
    ];
    let key = if signed { "together_signed" } else { "together_unchecked" };
    let mut text = vec![say.with(key, &told)];
    if *without_document > 0 {
        text.push(say.with("together_none", &[("rows", &say.count("row", *without_document))]));
    }
    text.extend(together.tables.iter().map(|one| of_table(one, say)));
    text.extend(open.iter().take(NAMED).map(|one| still_open(one, say)));
    if open.len() > NAMED {
        let more = (open.len() - NAMED).to_string();
        text.push(say.with("open_more", &[("count", &more)]));
    }
    if together.of_rows_alone > 0 {
        let reports = say.count("report", together.of_rows_alone as u64);
        text.push(say.with("reports_of_rows_alone", &[("reports", &reports)]));
    }
    if together.without_whose > 0 {
        let reports = say.count("report", together.without_whose as u64);
        text.push(say.with("reports_without_whose", &[("reports", &reports)]));
    }
    text.push(verdict(together.source_may_be_destroyed, say));
    context.output.one(&json!(together), &text.join("\n"))
}

/// Something that no batch settled: where it is told, what it is, what became of it and why.
fn still_open(one: &Open, say: Say) -> String {
    let what = match (one.row, &one.kept) {
        (Some(row), _) => say.with("open_row", &[("row", &row.to_string())]),
        (None, Some(kept)) => say.with("open_made", &[("kept", kept)]),
        (None, None) => say.text("open_file"),
    };
    let outcome = say.text(&format!("outcome-{}", one.outcome));
    let why = one.why.as_deref().unwrap_or_default();
    format!("{}: {what}: {outcome} {why}", one.report.display()).trim_end().to_owned()
}

/// What one report says of its table: what was left out, and why.
fn of_table(one: &OfTable, say: Say) -> String {
    let sum = &one.sum;
    let reasons = by_choice(sum, say);
    let told = [
        ("report", &*one.report.display().to_string()),
        ("table", &one.table),
        ("batch", &one.batch),
        ("rows", &say.count("row", sum.rows)),
        ("archived", &sum.archived.to_string()),
        ("left_out", &sum.left_out.to_string()),
        ("reasons", &reasons.map_or_else(String::new, |reasons| format!(" ({reasons})"))),
        ("without", &sum.without_document.to_string()),
        ("open", &sum.open.to_string()),
        ("strays", &say.count("stray", sum.strays)),
    ];
    say.with("of_table", &told)
}

/// Why rows were left out by choice, with how many; that there is no document is no choice, and is told apart.
fn by_choice(sum: &Sum, say: Say) -> Option<String> {
    let chosen = sum.reasons.iter().filter(|(why, _)| **why != Decision::NothingToBring.code());
    let reasons: Vec<String> = chosen.map(|(why, count)| say.left_out(why, *count)).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

fn counted(sum: &Sum, tells_of_made: bool, say: Say) -> String {
    let Sum { rows, archived, converted, left_out, without_document, strays, open, .. } = sum;
    let told = [
        ("rows", &*say.count("row", *rows)),
        ("archived", &archived.to_string()),
        ("converted", &converted.to_string()),
        ("left_out", &left_out.to_string()),
        ("open", &open.to_string()),
        ("strays", &say.count("stray", *strays)),
    ];
    let mut text = vec![say.with("counted", &told)];
    if let Some(reasons) = by_choice(sum, say) {
        text.push(say.with("counted_reasons", &[("reasons", &reasons)]));
    }
    if *without_document > 0 {
        text.push(say.with("counted_none", &[("rows", &say.count("row", *without_document))]));
    }
    let Sum { cases, old_relationships, made_open, .. } = sum;
    text.push(if tells_of_made {
        let told = [
            ("cases", &*say.count("case", *cases)),
            ("relationships", &say.count("old_relationship", *old_relationships)),
            ("open", &made_open.to_string()),
        ];
        say.with("counted_made", &told)
    } else {
        say.text("of_rows_alone")
    });
    text.push(verdict(sum.source_may_be_destroyed, say));
    text.join("\n")
}

fn verdict(source_may_be_destroyed: bool, say: Say) -> String {
    say.text(if source_may_be_destroyed { "verdict_may" } else { "verdict_may_not" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    /// OLD-9: what was left out by choice is told with its reasons, and they add up; rows without a document are told apart.
    #[test]
    fn the_reasons_add_up_to_what_was_left_out() {
        let sum = Sum {
            rows: 30,
            archived: 4,
            left_out: 22,
            without_document: 4,
            reasons: [("delivered-twice", 2), ("nothing-to-bring", 4), ("stays-elsewhere", 20)]
                .map(|(why, count)| (why.to_owned(), count))
                .into(),
            cases: 1,
            old_relationships: 2,
            ..Sum::default()
        };
        let words = counted(&sum, true, Say(Language::English));
        let lines: Vec<&str> = words.lines().collect();
        assert!(lines[0].contains("22 left out by choice"), "{words}");
        assert!(
            lines[1].contains("2 left out: the same document is in another row (delivered-twice)")
        );
        assert!(lines[1].contains("20 ") && !lines[1].contains("nothing-to-bring"), "{words}");
        assert!(lines[2].contains("4 rows"), "{words}");
        assert!(lines[3].starts_with("1 case and 2 old relationships of the batch"), "{words}");
        assert_eq!(lines[4], "The source may NOT be destroyed yet.");
    }

    /// OLD-9: each outcome of a report has words in each language.
    #[test]
    fn each_outcome_has_words() {
        for outcome in [
            "archived",
            "left-out",
            "faulty",
            "refused",
            "not-archived",
            "differs",
            "unreadable",
            "unproven",
            "undone",
            "no-row",
        ] {
            for language in Language::ALL {
                let words = Say(language).text(&format!("outcome-{outcome}"));
                assert!(!words.starts_with("import."), "{words}");
            }
        }
    }
}
