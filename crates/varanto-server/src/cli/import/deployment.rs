//! `varanto import deployment-test`: the trial archiving of old data, with its report. Source: OLD-10.

use std::borrow::Cow;

use clap::Args;
use serde_json::json;
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::Clock;
use varanto_workbench::deployment_test::{Outcome, Trial, run};

use super::super::{Context, Failure};
use super::door::To;
use super::{SigningKey, registry};
use crate::clock::MachineClock;
use crate::pages::Words;
use crate::texts::{self, Language};

/// Who archives, and for whom.
#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// The OID below which the test's identifiers are made: under the organisation that archives.
    #[arg(long, value_name = "OID", value_parser = oid)]
    node: Oid,
    /// The controller, an OID of the organisation register.
    #[arg(long, value_name = "OID", value_parser = oid)]
    controller: Oid,
    /// Its name.
    #[arg(long, value_name = "NAME")]
    controller_name: String,
    /// The operating unit, an OID of the organisation register.
    #[arg(long, value_name = "OID", value_parser = oid)]
    operating_unit: Oid,
    /// Its name.
    #[arg(long, value_name = "NAME")]
    operating_unit_name: String,
    /// The test person's identity code, of the numbers 900 to 999.
    #[arg(long, value_name = "CODE", default_value = "010190-900P", value_parser = code)]
    test_person: PersonalIdentityCode,
}

fn oid(text: &str) -> Result<Oid, String> {
    Oid::parse(text).map_err(|_| "an OID such as 1.2.246.10.99900011".to_owned())
}

fn code(text: &str) -> Result<PersonalIdentityCode, String> {
    PersonalIdentityCode::parse(text).map_err(|_| "a personal identity code".to_owned())
}

pub(super) fn test(
    to: &To,
    signing: &SigningKey,
    options: &Options,
    context: &Context,
) -> Result<bool, Failure> {
    let trial = Trial {
        node: options.node.clone(),
        controller: (options.controller.clone(), options.controller_name.clone()),
        unit: (options.operating_unit.clone(), options.operating_unit_name.clone()),
        client: options.test_person,
        now: MachineClock.now(),
    };
    let signer = signing.read()?;
    let mut door = to.doors(1)?.pop().ok_or_else(|| Failure::of("no door"))?;
    let outcomes = run(&trial, &registry(&[])?, &signer, &mut *door)?;
    tell(&trial, &outcomes, context)?;
    Ok(outcomes.iter().all(|(_, outcome)| outcome.is_ok()))
}

fn tell(trial: &Trial, outcomes: &[Outcome], context: &Context) -> Result<(), Failure> {
    let language = context.output.language();
    let failed = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
    let steps = outcomes.iter().map(|(step, outcome)| {
        json!({
            "step": step.name(), "rule": step.rule(), "passed": outcome.is_ok(), "why": outcome.as_ref().err(),
        })
    });
    let value = json!({
        "at": trial.now.to_string(), "controller": trial.controller.0.as_str(),
        "passed": failed == 0, "steps": steps.collect::<Vec<_>>(),
    });
    let fill = |key: &str, value: &str| {
        texts::fill(language, &format!("deployment.{key}"), |_| Some(Cow::Borrowed(value)))
    };
    let at = Words(language).moment(&trial.now);
    let mut text = vec![fill("title", &format!("{}, {at}", trial.controller.1)), String::new()];
    text.extend((1..).zip(outcomes).map(|(number, (step, outcome))| {
        let words = words_of(step.name(), language);
        let (passed, why) = match outcome {
            Ok(()) => (fill("passed", ""), String::new()),
            Err(why) => (fill("failed", ""), format!(": {why}")),
        };
        format!("{number:>3}  {passed}  {words} ({}){why}", step.rule())
    }));
    text.push(String::new());
    text.push(if failed == 0 { fill("all", "") } else { fill("some", &failed.to_string()) });
    context.output.one(&value, &text.join("\n"))
}

fn words_of(step: &str, language: Language) -> String {
    texts::find(language, &format!("deployment.step-{step}")).unwrap_or(step).to_owned()
}

#[cfg(test)]
mod tests {
    use varanto_workbench::deployment_test::Step;

    use super::*;

    /// OLD-10: each step of the test has words in each language.
    #[test]
    fn each_step_of_the_deployment_test_has_words() {
        for step in Step::ALL {
            for language in Language::ALL {
                assert_ne!(words_of(step.name(), language), step.name());
            }
        }
    }
}
