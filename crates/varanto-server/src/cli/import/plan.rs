//! `varanto import plan`: the organisation's archive plan for a source, printed from the choices of its mapping file.
//! Source: OLD-8, LOG-3; document 002, "Huomioi Kanta-arkistoinnin toteutuksessa"; national-specs 6.10.

use std::borrow::Cow;
use std::path::Path;

use serde_json::json;
use varanto_domain::codes::ServiceTask;
use varanto_workbench::mapping::Mapping;
use varanto_workbench::plan::Plan;
use varanto_workbench::report::Report;
use varanto_workbench::work::State;

use super::super::{Context, Failure};
use super::{existing, read_mapping};
use crate::pages::Words;
use crate::texts::{self, Language};

pub(super) fn print(
    mapping: &Path,
    batch: Option<&Path>,
    context: &Context,
) -> Result<(), Failure> {
    let mapping = read_mapping(mapping)?;
    let report = match batch {
        None => None,
        Some(folder) => {
            let work = existing(folder)?;
            let own = (work.about("source")?, work.about("batch")?);
            if own != (Some(mapping.source.clone()), Some(mapping.batch.clone())) {
                let what = format!("{}: a batch of another mapping file", folder.display());
                return Err(Failure::of(what));
            }
            Some(Report::of(&work)?)
        }
    };
    let plan = Plan::of(&mapping);
    let value = json!({ "source": mapping.source, "batch": mapping.batch, "plan": plan });
    let text = markdown(&mapping, &plan, report.as_ref(), context.output.language());
    context.output.one(&value, &text)
}

/// The plan as Markdown, to be read and signed.
fn markdown(mapping: &Mapping, plan: &Plan, report: Option<&Report>, language: Language) -> String {
    let say = |key: &str| {
        texts::find(language, &format!("archive-plan.{key}")).unwrap_or_default().to_owned()
    };
    let fill = |key: &str, value: &str| {
        texts::fill(language, &format!("archive-plan.{key}"), |_| Some(Cow::Borrowed(value)))
    };
    let mut text = vec![
        format!("# {}", fill("title", &mapping.source)),
        String::new(),
        fill("what", &Words(language).in_sentence(&plan.joined_on)),
        String::new(),
        format!("## {}", say("brought")),
        String::new(),
        format!("| {} | {} | {} |", say("task"), say("choice"), say("period")),
        "|---|---|---|".to_owned(),
    ];
    for (code, choice) in &plan.brought {
        let name = ServiceTask::from_code(code).map_or("", |task| match language {
            Language::Swedish => task.name_sv(),
            _ => task.name_fi(),
        });
        text.push(format!(
            "| {code} {name} | {} | {} |",
            say(&format!("choice-{choice}")),
            say(&format!("period-{code}"))
        ));
    }
    text.extend([String::new(), say("periods"), String::new()]);
    text.extend([format!("## {}", say("elsewhere")), String::new()]);
    let all = plan.brought.values().all(|choice| choice == "all");
    let words = plan.kept_elsewhere.trim();
    text.push(match (all, words.is_empty()) {
        (true, true) => say("nothing-elsewhere"),
        _ => words.to_owned(),
    });
    text.extend([String::new(), format!("## {}", say("converted")), String::new()]);
    text.push(match plan.converted.as_slice() {
        [] => say("nothing-converted"),
        kinds => fill("converted-kinds", &kinds.join(", ")),
    });
    if let Some(report) = report {
        text.extend([
            String::new(),
            format!("## {}", fill("numbers", &mapping.batch)),
            String::new(),
        ]);
        text.extend([
            format!("| {} | {} |", say("what-became"), say("count")),
            "|---|---:|".to_owned(),
        ]);
        for (state, count) in
            report.states.iter().filter(|(state, count)| *count > 0 && *state != State::LeftOut)
        {
            text.push(format!("| {} | {count} |", say(&format!("state-{}", state.name()))));
        }
        for (why, count) in &report.left_out {
            text.push(format!("| {} | {count} |", say(&format!("left-{why}"))));
        }
    }
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use varanto_workbench::answers::Decision;

    use varanto_domain::old_data::{Choice, ClientState, LeftOut, Selectable};

    use super::*;

    /// OLD-8: the plan has words for each task, choice, state and reason, in each language.
    #[test]
    fn the_plan_has_words_for_everything() {
        let reasons = [
            LeftOut::NeitherPermanentNorSample,
            LeftOut::NotOfAnActiveClient,
            LeftOut::NoKeyDocument,
            LeftOut::TaskKeptElsewhere,
        ];
        let keys = ServiceTask::ALL
            .iter()
            .map(|task| format!("period-{}", task.code()))
            .chain(Choice::ALL.iter().map(|choice| format!("choice-{}", choice.name())))
            .chain(
                State::ALL
                    .iter()
                    .filter(|state| **state != State::LeftOut)
                    .map(|state| format!("state-{}", state.name())),
            )
            .chain(reasons.iter().map(|reason| format!("left-{}", reason.code())))
            .chain(Decision::ALL.iter().map(|decision| format!("left-{}", decision.code())));
        for key in keys {
            for language in Language::ALL {
                assert!(
                    texts::find(language, &format!("archive-plan.{key}")).is_some(),
                    "{language:?} {key}"
                );
            }
        }
        // A choice that leaves something out gives one of these reasons.
        let document = Selectable {
            state: ClientState::Ended,
            born: None,
            permanent: false,
            general_type: None,
        };
        for choice in Choice::ALL {
            assert!(
                choice.takes(&document).is_ok()
                    || choice.takes(&document).is_err_and(|why| reasons.contains(&why))
            );
        }
    }
}
