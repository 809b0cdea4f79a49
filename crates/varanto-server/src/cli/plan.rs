//! `varanto plan`: the facts of the self-monitoring plan, from the configuration, the registers and the counts.
//! Source: LOG-3.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use varanto_app::Registry;
use varanto_app::plan::{PlanFacts, PlannedRegister, PlannedUsers};
use varanto_domain::access::Strength;
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::ids::Oid;
use varanto_domain::joining::{Function, System};
use varanto_domain::structures::Names;
use varanto_domain::time::Validity;
use varanto_formats::sheet::Sheet;
use varanto_formats::xhtml;

use super::output::as_table;
use super::{Context, Failure, archive};
use crate::config::Config;
use crate::texts::{self, Language};

/// What to print.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Write a page for people to this file, instead of printing.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

pub(super) fn run(options: &Options, context: &Context) -> Result<(), Failure> {
    let app = archive::to_read(context)?;
    let (facts, registry) = (app.plan_facts()?, app.registry());
    app.close();
    let words = Words { registry: &registry, language: context.output.language() };
    let tables = words.tables(&facts, &context.config);
    let Some(page) = &options.page else {
        let all = json_of(&facts, &context.config);
        return context.output.one(&all, &words.as_text(&facts, &tables));
    };
    let title = words.of("title");
    let sheet = words.sheet(&facts, &tables);
    let page_text = xhtml::safe_copy(sheet.as_bytes(), &title, words.language.tag())
        .map_err(|fault| Failure::Faults(vec![fault], words.language))?;
    std::fs::write(page, page_text)?;
    let told = page.display().to_string();
    context.output.one(&json!({ "page": told }), &told)
}

/// A table of the plan: its heading, its heads and its rows.
struct Table {
    heading: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The words of the plan in one language. Names that have no translation are told in Finnish.
struct Words<'a> {
    registry: &'a Registry,
    language: Language,
}

impl Words<'_> {
    fn of(&self, key: &str) -> String {
        texts::text(self.language, &format!("plan.{key}"))
    }

    fn name(&self, names: &Names) -> String {
        let swedish = names.sv.as_ref().filter(|_| self.language == Language::Swedish);
        swedish.unwrap_or(&names.fi).clone()
    }

    fn party(&self, id: &Oid) -> String {
        let registers = self.registry.registers();
        let organisation = registers.organisation(id).map(|one| &one.names);
        let names = organisation.or_else(|| registers.unit(id).map(|one| &one.names));
        names.map_or_else(|| id.to_string(), |names| format!("{} ({id})", self.name(names)))
    }

    fn parties(&self, all: &[Oid]) -> String {
        all.iter().map(|one| self.party(one)).collect::<Vec<_>>().join("; ")
    }

    fn tables(&self, facts: &PlanFacts, config: &Config) -> Vec<Table> {
        let table = |heading: &str, heads: &[&str], rows: Vec<Vec<String>>| Table {
            heading: self.of(heading),
            heads: heads.iter().map(|head| self.of(head)).collect(),
            rows,
        };
        let places = places(config).into_iter().map(|(key, place)| vec![self.of(key), place]);
        let registers = facts.registers.iter().map(|one| self.register(one));
        let users = facts.users.iter().map(|one| self.users(one));
        let systems = facts.systems.iter().map(|one| self.system(one, facts));
        let alone = facts.logins_alone.iter().map(|one| vec![self.party(one)]);
        vec![
            table("places", &["what", "where"], places.collect()),
            table("registers", &["controller", "kinds", "use"], registers.collect()),
            table("users", &["organisation", "role", "units", "login", "persons"], users.collect()),
            table("logins-alone", &["organisation"], alone.collect()),
            table("systems", &["system", "organisations", "days", "functions"], systems.collect()),
        ]
    }

    fn register(&self, one: &PlannedRegister) -> Vec<String> {
        let kinds = one.kinds.iter().map(|(group, versions)| {
            format!("{}: {versions}", self.of(&format!("group-{}", group.code())))
        });
        let said = [
            one.keeps_wills.then(|| self.of("keeps-wills")),
            one.wide_register_use.then(|| self.of("wide-register-use")),
            one.discloses.map(|days| format!("{} {}", self.of("discloses"), told_days(days))),
            one.long_road_from.map(|day| format!("{} {day}", self.of("long-road"))),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        vec![self.party(&one.controller), joined(&kinds.collect::<Vec<_>>()), joined(&said)]
    }

    fn users(&self, one: &PlannedUsers) -> Vec<String> {
        let units =
            if one.units.is_empty() { self.of("any-unit") } else { self.parties(&one.units) };
        let tasks = one
            .service_tasks
            .as_ref()
            .map(|tasks| format!("; {} {}", self.of("service-tasks"), tasks.join(", ")));
        let role = texts::text(self.language, &format!("role.{}", one.role.code()));
        let may = one.role.functions().into_iter();
        let may = may.map(|function| self.of(&format!("function-{}", function.code())));
        let login = if one.login == Strength::Strong { "strong" } else { "weak" };
        let may: Vec<String> = may.collect();
        let organisation = self.party(&one.organisation);
        vec![
            match &one.organiser {
                Some(organiser) => format!("{organisation} ({})", self.party(organiser)),
                None => organisation,
            },
            if may.is_empty() { role } else { format!("{role}: {}", may.join(", ")) },
            format!("{units}{}", tasks.unwrap_or_default()),
            self.of(&format!("login-{login}")),
            one.persons.to_string(),
        ]
    }

    fn system(&self, one: &System, facts: &PlanFacts) -> Vec<String> {
        let functions = one.certification.iter().map(|certified| {
            let name = self.of(&format!("function-{}", certified.function.code()));
            format!("{name} {}", told_days(certified.validity))
        });
        let over = (!one.validity.contains(facts.day)).then(|| self.of("not-in-force"));
        let days = [Some(told_days(one.validity)), over].into_iter().flatten();
        vec![
            format!("{} ({})", self.name(&one.names), one.id),
            self.parties(&one.organisations),
            joined(&days.collect::<Vec<_>>()),
            joined(&functions.collect::<Vec<_>>()),
        ]
    }

    fn as_text(&self, facts: &PlanFacts, tables: &[Table]) -> String {
        let mut all = vec![format!("{} {}", self.of("title"), facts.day)];
        for table in tables {
            let heads: Vec<&str> = table.heads.iter().map(String::as_str).collect();
            let rows =
                if table.rows.is_empty() { self.of("none") } else { as_table(&heads, &table.rows) };
            all.push(format!("{}\n{rows}", table.heading));
        }
        all.join("\n\n")
    }

    fn sheet(&self, facts: &PlanFacts, tables: &[Table]) -> String {
        let mut sheet = Sheet::new(&self.of("title"));
        sheet.paragraph(&format!("{} {}", self.of("as-of"), facts.day));
        for table in tables {
            sheet.heading(&table.heading);
            let heads: Vec<&str> = table.heads.iter().map(String::as_str).collect();
            if table.rows.is_empty() {
                sheet.paragraph(&self.of("none"));
            } else {
                sheet.table(&heads, &table.rows);
            }
        }
        sheet.finish()
    }
}

fn joined(all: &[String]) -> String {
    if all.is_empty() { "–".to_owned() } else { all.join("; ") }
}

fn told_days(days: Validity) -> String {
    let last = days.last.map(|last| last.to_string()).unwrap_or_default();
    format!("{}–{last}", days.first)
}

/// What is where, by the configuration: no secret, and no place that is not set.
fn places(config: &Config) -> Vec<(&'static str, String)> {
    let shown = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        whole.display().to_string()
    };
    let mut all = vec![
        ("place-data", shown(&config.data)),
        ("place-keys", shown(&config.app_options().key_folder)),
        ("place-doors", config.public_base()),
    ];
    let outside = [
        ("place-population-register", &config.population_register.address),
        ("place-mandate-register", &config.mandate_register.address),
        ("place-logins", &config.tokens.issuer),
    ];
    all.extend(
        outside.into_iter().filter(|(_, at)| !at.is_empty()).map(|(key, at)| (key, at.clone())),
    );
    all
}

fn json_of(facts: &PlanFacts, config: &Config) -> Value {
    let days = |days: Validity| json!({ "first_day": days.first.to_string(), "last_day": days.last.map(|day| day.to_string()) });
    let places = places(config).into_iter();
    let places =
        places.map(|(key, at)| json!({ "what": key.trim_start_matches("place-"), "where": at }));
    let registers = facts.registers.iter().map(|one| {
        let kinds = one.kinds.iter().map(|(group, versions)| {
            json!({ "group": group.code(), "phase": phase_of(*group), "versions": versions })
        });
        json!({
            "controller": one.controller.as_str(),
            "kinds": kinds.collect::<Vec<_>>(),
            "keeps_wills": one.keeps_wills,
            "wide_register_use": one.wide_register_use,
            "discloses": one.discloses.map(days),
            "long_road_from": one.long_road_from.map(|day| day.to_string()),
        })
    });
    let users = facts.users.iter().map(|one| {
        let functions = one.role.functions().into_iter().map(Function::code);
        json!({
            "organisation": one.organisation.as_str(),
            "organiser": one.organiser.as_ref().map(Oid::as_str),
            "role": one.role.code(),
            "may": functions.collect::<Vec<_>>(),
            "units": one.units.iter().map(Oid::as_str).collect::<Vec<_>>(),
            "service_tasks": one.service_tasks.as_ref().map(|all| {
                all.iter().map(AsRef::as_ref).collect::<Vec<&str>>()
            }),
            "login": if one.login == Strength::Strong { "strong" } else { "weak" },
            "persons": one.persons,
        })
    });
    let systems = facts.systems.iter().map(|one| {
        let certified = one.certification.iter().map(|certified| {
            json!({ "function": certified.function.code(), "days": days(certified.validity) })
        });
        json!({
            "id": one.id,
            "name": one.names.fi,
            "organisations": one.organisations.iter().map(Oid::as_str).collect::<Vec<_>>(),
            "days": days(one.validity),
            "in_force": one.validity.contains(facts.day),
            "certified": certified.collect::<Vec<_>>(),
        })
    });
    json!({
        "day": facts.day.to_string(),
        "places": places.collect::<Vec<_>>(),
        "registers": registers.collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "logins_alone": facts.logins_alone.iter().map(Oid::as_str).collect::<Vec<_>>(),
        "systems": systems.collect::<Vec<_>>(),
    })
}

/// In which phase documents of a group came.
const fn phase_of(group: DocumentGroup) -> &'static str {
    match group {
        DocumentGroup::Old => "before-joining",
        DocumentGroup::PhaseOne => "one",
        DocumentGroup::Relationship
        | DocumentGroup::Case
        | DocumentGroup::LaterPhase
        | DocumentGroup::Permission
        | DocumentGroup::Refusal => "two-and-later",
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    /// LOG-3: every word of the plan is there in each language, and none is unused.
    #[test]
    fn every_part_of_the_plan_has_its_text_and_no_text_is_unused() {
        let fixed = [
            "title",
            "as-of",
            "none",
            "places",
            "registers",
            "users",
            "logins-alone",
            "systems",
            "what",
            "where",
            "controller",
            "kinds",
            "use",
            "organisation",
            "role",
            "units",
            "login",
            "persons",
            "system",
            "organisations",
            "days",
            "functions",
            "keeps-wills",
            "wide-register-use",
            "discloses",
            "long-road",
            "any-unit",
            "service-tasks",
            "login-strong",
            "login-weak",
            "not-in-force",
            "place-data",
            "place-keys",
            "place-doors",
            "place-population-register",
            "place-mandate-register",
            "place-logins",
        ];
        let groups = DocumentGroup::ALL.map(|group| format!("group-{}", group.code()));
        let functions = Function::ALL.map(|function| format!("function-{}", function.code()));
        let mut known: Vec<String> = fixed.map(str::to_owned).to_vec();
        known.extend(groups.into_iter().chain(functions));
        for language in Language::ALL {
            for key in &known {
                assert!(
                    texts::find(language, &format!("plan.{key}")).is_some(),
                    "{language} {key}"
                );
            }
            let told = texts::keys(language);
            let told = told.into_iter().filter_map(|key| key.strip_prefix("plan."));
            let unused: Vec<&str> =
                told.filter(|key| !known.iter().any(|one| one == key)).collect();
            assert_eq!(unused, Vec::<&str>::new(), "{language}");
        }
    }
}
