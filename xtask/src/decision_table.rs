//! `docs/decision-table.md`: what is answered to whom, for every action, group and state.

use std::fmt::Write as _;

use varanto_domain::access::table::{Answers, RELATIONS, Relation};
use varanto_domain::access::{Action, Denial, Grant, Obligation, Situation};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};

use crate::commands::root;
use crate::source::SourceFile;

const PAGE: &str = "docs/decision-table.md";

const HEAD: &str = "# The decision table\n\nMade by `cargo xtask rules` by asking the decision itself; a test says when it is not current. \
    What the words mean is told in [access](access.md).\n\nFor each situation and each relation of the asker to the document: \
    the answer to every action, for every group of documents and every state of a version. No cell is undecided. Rows that \
    answer alike are written once. **Yes** names its ground, and after it what it obliges to; a no is the denial's code. \
    `if …` tells an answer that a version's state changes.\n";

/// Writes the page.
pub(crate) fn write() -> Result<(), String> {
    std::fs::write(root().join(PAGE), page()).map_err(|error| format!("{PAGE}: {error}"))?;
    println!("{PAGE} is current");
    Ok(())
}

/// A page that does not say what the code decides.
pub(crate) fn faults(files: &[SourceFile]) -> Vec<String> {
    let kept = files.iter().find(|file| file.path == PAGE).map(|file| file.text.as_str());
    match kept {
        Some(kept) if kept == page() => Vec::new(),
        _ => vec![format!("{PAGE} is not current: run cargo xtask rules")],
    }
}

fn page() -> String {
    let mut page = String::from(HEAD);
    for situation in Situation::ALL {
        let _ = writeln!(page, "\n## {}", situation.code());
        for relation in RELATIONS.iter().filter(|one| one.situation == situation) {
            page.push_str(&table(relation));
        }
    }
    page.push_str("\n## The denials\n\n| Code | Rule | Law | What is missing | Whom to ask |\n|---|---|---|---|---|\n");
    for denial in Denial::ALL {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            denial.code(),
            denial.rule(),
            denial.law(),
            denial.missing().code(),
            denial.ask().code()
        );
    }
    page
}

/// The groups that are answered alike, and the answer.
type ByGroup = Vec<(String, String)>;

/// One relation: actions that are answered alike in one row, and so are groups.
fn table(relation: &Relation) -> String {
    let mut text =
        format!("\n**{}**\n\n| To | Documents | Answer |\n|---|---|---|\n", relation.says);
    let mut rows: Vec<(Vec<Action>, ByGroup)> = Vec::new();
    for answers in relation.answers() {
        let said = by_group(&answers);
        match rows.iter_mut().find(|(_, known)| *known == said) {
            Some((actions, _)) => actions.push(answers.action),
            None => rows.push((vec![answers.action], said)),
        }
    }
    for (actions, said) in rows {
        let actions: Vec<&str> = actions.into_iter().map(Action::code).collect();
        for (groups, answer) in said {
            let _ = writeln!(text, "| {} | {groups} | {answer} |", actions.join(", "));
        }
    }
    text
}

/// The answers of one action.
fn by_group(answers: &Answers) -> ByGroup {
    let mut alike: Vec<(Vec<&str>, String)> = Vec::new();
    for (group, cells) in DocumentGroup::ALL.into_iter().zip(&answers.cells) {
        let said = of_states(cells);
        match alike.iter_mut().find(|(_, known)| *known == said) {
            Some((groups, _)) => groups.push(name(group)),
            None => alike.push((vec![name(group)], said)),
        }
    }
    let all = alike.len() == 1;
    let told = |groups: Vec<&str>| if all { "all".to_owned() } else { groups.join(", ") };
    alike.into_iter().map(|(groups, said)| (told(groups), said)).collect()
}

/// The answer of a version in force, and those of the other states where they differ.
fn of_states(cells: &[Result<Grant, Denial>; 3]) -> String {
    let [in_force, others @ ..] = cells;
    let mut text = said(in_force);
    for (state, answer) in VersionState::ALL[1..].iter().zip(others) {
        if answer != in_force {
            let _ = write!(text, "; if {}: {}", state.name(), said(answer));
        }
    }
    text
}

fn said(answer: &Result<Grant, Denial>) -> String {
    match answer {
        Ok(grant) => {
            let obligations: Vec<&str> =
                grant.obligations.iter().map(|one| Obligation::code(*one)).collect();
            let tail = if obligations.is_empty() {
                String::new()
            } else {
                format!(" ({})", obligations.join(", "))
            };
            format!("**yes** {}{tail}", grant.basis.code())
        }
        Err(denial) => format!("`{}`", denial.code()),
    }
}

const fn name(group: DocumentGroup) -> &'static str {
    match group {
        DocumentGroup::Relationship => "relationship",
        DocumentGroup::Case => "case",
        DocumentGroup::PhaseOne => "phase I",
        DocumentGroup::Old => "old",
        DocumentGroup::LaterPhase => "phase II and later",
        DocumentGroup::Permission => "permission",
        DocumentGroup::Refusal => "refusal",
    }
}
