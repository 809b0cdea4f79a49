//! `varanto codesets`, `organisations` and `systems`: the registers. Source: REG-1, REG-2, REG-4.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use varanto_domain::ids::Oid;
use varanto_domain::joining::{Organisation, OrganisationKind, System, Unit, UnitKind};
use varanto_domain::time::Validity;

use super::{Context, Failure, archive};
use crate::rest::registers::code_set_whole;

#[derive(Debug, Subcommand)]
pub(super) enum CodeSets {
    /// Load code sets or mappings from a JSON or CSV file; a file of the same name is replaced.
    ///
    /// The archive's doors must be closed.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// List the code sets, those inside the program too.
    List,
    /// Show the values of a code set.
    Show {
        /// Its OID, without a version.
        #[arg(value_parser = super::oid)]
        oid: Oid,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Register {
    /// Load a JSON register file; one of the same name is replaced.
    ///
    /// The archive's doors must be closed. The whole register as it would then stand is checked
    /// first.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// List what is in the register.
    List,
}

pub(super) fn code_sets(command: CodeSets, context: &Context) -> Result<(), Failure> {
    match command {
        CodeSets::Import { file } => {
            let app = archive::to_change(context)?;
            let (sets, mappings) = app
                .load_code_sets(&name_of(&file), std::fs::read(&file)?)
                .map_err(|error| not_loaded(&file, error, context))?;
            app.close();
            let words = format!("loaded {sets} code sets and {mappings} mappings");
            context.output.one(&json!({ "code_sets": sets, "mappings": mappings }), &words)
        }
        CodeSets::List => {
            let registry = archive::to_read(context)?.registry();
            let rows = registry.code_sets().all().map(|set| {
                vec![
                    set.oid.to_string(),
                    set.version.clone(),
                    set.level.code().to_owned(),
                    set.values.len().to_string(),
                    set.names.fi.clone(),
                ]
            });
            context.output.rows(&["oid", "version", "level", "values", "name"], rows.collect())
        }
        CodeSets::Show { oid } => {
            let registry = archive::to_read(context)?.registry();
            let found: Vec<_> = registry
                .code_sets()
                .all()
                .filter(|set| set.oid == oid)
                .map(code_set_whole)
                .collect();
            if found.is_empty() {
                return Err(Failure::of(format!("no code set {oid}")));
            }
            let mut rows = Vec::new();
            for value in found.iter().filter_map(|set| set["values"].as_array()).flatten() {
                let text =
                    |at: &str| value.pointer(at).and_then(|v| v.as_str()).unwrap_or_default();
                let places = ["/code", "/names/fi", "/names/sv", "/first_day", "/last_day"];
                rows.push(places.iter().map(|at| text(at).to_owned()).collect());
            }
            context.output.rows(&["code", "fi", "sv", "first day", "last day"], rows)
        }
    }
}

pub(super) fn organisations(command: Register, context: &Context) -> Result<(), Failure> {
    match command {
        Register::Import { file } => import(&file, context),
        Register::List => {
            let registry = archive::to_read(context)?.registry();
            let registers = registry.registers();
            let organisations = registers.organisations().into_iter().map(organisation);
            let units = registers.units().into_iter().map(unit);
            let columns = ["oid", "what", "part of", "from", "until", "name"];
            context.output.rows(&columns, organisations.chain(units).collect())
        }
    }
}

pub(super) fn systems(command: Register, context: &Context) -> Result<(), Failure> {
    match command {
        Register::Import { file } => import(&file, context),
        Register::List => {
            let registry = archive::to_read(context)?.registry();
            let rows = registry.registers().systems().iter().map(system).collect();
            let columns = ["id", "organisations", "functions", "from", "until", "name"];
            context.output.rows(&columns, rows)
        }
    }
}

fn import(file: &Path, context: &Context) -> Result<(), Failure> {
    let app = archive::to_change(context)?;
    let [organisations, units, systems] = app
        .load_registers(&name_of(file), std::fs::read(file)?)
        .map_err(|error| not_loaded(file, error, context))?;
    app.close();
    let value = json!({ "organisations": organisations, "units": units, "systems": systems });
    let words = format!("loaded {organisations} organisations, {units} units, {systems} systems");
    context.output.one(&value, &words)
}

fn not_loaded(
    file: &Path,
    error: varanto_app::administer::LoadError,
    context: &Context,
) -> Failure {
    archive::not_loaded(&file.display().to_string(), error, context.output.language())
}

fn name_of(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn days(validity: &Validity) -> [String; 2] {
    let last = validity.last.map(|day| day.to_string()).unwrap_or_default();
    [validity.first.to_string(), last]
}

fn organisation(one: &Organisation) -> Vec<String> {
    let [from, until] = days(&one.validity);
    let what = match one.kind {
        OrganisationKind::Public => "public organisation",
        OrganisationKind::Private => "private organisation",
    };
    let parent = one.parent.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![one.oid.to_string(), what.into(), parent, from, until, one.names.fi.clone()]
}

fn unit(one: &Unit) -> Vec<String> {
    let [from, until] = days(&one.validity);
    let what = match one.kind {
        UnitKind::OperatingUnit => "operating unit",
        UnitKind::ServiceUnit => "service unit",
    };
    let above = one.parent.as_ref().unwrap_or(&one.organisation).to_string();
    vec![one.oid.to_string(), what.into(), above, from, until, one.names.fi.clone()]
}

fn system(one: &System) -> Vec<String> {
    let [from, until] = days(&one.validity);
    let organisations: Vec<String> = one.organisations.iter().map(ToString::to_string).collect();
    let functions: Vec<&str> =
        one.certification.iter().map(|certified| certified.function.code()).collect();
    let (organisations, functions) = (organisations.join(" "), functions.join(" "));
    vec![one.id.clone(), organisations, functions, from, until, one.names.fi.clone()]
}
