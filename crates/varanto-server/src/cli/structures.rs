//! `varanto structures`: the registry of national document structures. Source: ARC-5, REG-3.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use varanto_app::administer::LoadError;
use varanto_app::{Registry, StructureEntry};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{Difference, Field, FieldKind, FieldObligation, diff};

use super::{Context, Failure, archive};
use crate::rest::problem::ToldFault;
use crate::rest::registers::state;
use crate::texts::Language;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Load national structure files (JSON Schema) of a directory and those under it, or one file.
    ///
    /// All are loaded, or none when one has a fault. The archive's doors must be closed.
    Import {
        /// The directory or file.
        path: PathBuf,
    },
    /// List the structures, those inside the program too.
    List,
    /// Show the rows of a structure.
    Show {
        /// Its OID, version included.
        #[arg(value_parser = super::oid)]
        oid: Oid,
    },
    /// Tell what changed from one structure version to another.
    Diff {
        /// The OID of the old version.
        #[arg(value_parser = super::oid)]
        old: Oid,
        /// The OID of the new version.
        #[arg(value_parser = super::oid)]
        new: Oid,
    },
    /// Take a withdrawn structure into use again.
    Reinstate {
        /// Its OID, version included.
        #[arg(value_parser = super::oid)]
        oid: Oid,
    },
    /// Withdraw a structure: documents on it are not taken any more.
    Withdraw {
        /// Its OID, version included.
        #[arg(value_parser = super::oid)]
        oid: Oid,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Import { path } => import(&path, context),
        Command::List => {
            let registry = archive::to_read(context)?.registry();
            let rows = registry.structures().map(row).collect();
            let columns = ["oid", "first day", "state", "built in", "title", "subject"];
            context.output.rows(&columns, rows)
        }
        Command::Show { oid } => {
            let registry = archive::to_read(context)?.registry();
            let entry = known(&registry, &oid)?;
            let mut rows = Vec::new();
            fields(&entry.structure.fields, &format!("/{}", entry.structure.root), &mut rows);
            context.output.rows(&["row", "path", "holds", "must", "repeats", "name"], rows)
        }
        Command::Diff { old, new } => {
            let registry = archive::to_read(context)?.registry();
            let (old, new) = (known(&registry, &old)?, known(&registry, &new)?);
            let changes = diff(&old.structure, &new.structure);
            let rows = changes.into_iter().map(|one| vec![one.path, told(&one.what)]).collect();
            context.output.rows(&["path", "change"], rows)
        }
        Command::Withdraw { oid } => {
            let app = archive::to_change(context)?;
            let done = app.withdraw_structure(&oid)?;
            app.close();
            if !done {
                return Err(Failure::of(format!("no structure {oid}")));
            }
            context.output.one(&json!({ "withdrawn": oid.as_str() }), &format!("withdrew {oid}"))
        }
        Command::Reinstate { oid } => {
            let app = archive::to_change(context)?;
            let done = app.reinstate_structure(&oid)?;
            app.close();
            if !done {
                return Err(Failure::of(format!("no withdrawn structure {oid}")));
            }
            let words = format!("{oid} is in use again");
            context.output.one(&json!({ "reinstated": oid.as_str() }), &words)
        }
    }
}

fn import(path: &Path, context: &Context) -> Result<(), Failure> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(Failure::of(format!("{}: no .json files", path.display())));
    }
    let bytes = files.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    let app = archive::to_change(context)?;
    let loaded = app.load_structures(bytes).map_err(|bad| {
        let lines = bad.iter().flat_map(|(place, error)| {
            let file = files.get(*place).map(|file| file.display().to_string()).unwrap_or_default();
            lines_of(&file, error, context.output.language())
        });
        Failure::Words(lines.collect::<Vec<_>>().join("\n"))
    })?;
    app.close();
    let count = loaded.len();
    context.output.one(&json!({ "loaded": count }), &format!("loaded {count} structures"))
}

/// Why a file was not loaded, a line for each fault.
pub(super) fn lines_of(file: &str, error: &LoadError, language: Language) -> Vec<String> {
    match error {
        LoadError::Schema(faults) => {
            faults.iter().map(|fault| format!("{file}: {fault}")).collect()
        }
        LoadError::Faults(faults) => {
            let told = faults.iter().map(|fault| ToldFault::of(fault, language));
            told.map(|one| format!("{file}: {}: {} {}", one.code, one.message, one.right)).collect()
        }
        other => vec![format!("{file}: {other}")],
    }
}

pub(super) fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "json") {
        files.push(path.to_path_buf());
    }
    Ok(())
}

fn known<'r>(registry: &'r Registry, oid: &Oid) -> Result<&'r StructureEntry, Failure> {
    registry.structure(oid).ok_or_else(|| Failure::of(format!("no structure {oid}")))
}

fn row(entry: &StructureEntry) -> Vec<String> {
    let structure = &entry.structure;
    vec![
        structure.oid.to_string(),
        structure.first_day.to_string(),
        state(entry.state).to_owned(),
        if entry.built_in { "yes" } else { "no" }.to_owned(),
        structure.title.fi.clone(),
        structure.subject.clone().unwrap_or_default(),
    ]
}

fn fields(all: &[Field], under: &str, rows: &mut Vec<Vec<String>>) {
    for field in all {
        let path = format!("{under}/{}", field.key);
        rows.push(vec![
            field.row.to_string(),
            path.clone(),
            kind(&field.kind),
            must(field.obligation).to_owned(),
            if field.repeats { "yes" } else { "" }.to_owned(),
            field.names.fi.clone(),
        ]);
        if let FieldKind::Group(inner) = &field.kind {
            fields(inner, &path, rows);
        }
    }
}

fn kind(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Text => "text".into(),
        FieldKind::Name => "name".into(),
        FieldKind::SignatureLine => "signature line".into(),
        FieldKind::Date => "date".into(),
        FieldKind::Moment => "moment".into(),
        FieldKind::Switch => "switch".into(),
        FieldKind::Number => "number".into(),
        FieldKind::Quantity => "quantity".into(),
        FieldKind::Code { code_set: Some(set), .. } => format!("code of {set}"),
        FieldKind::Code { system, allowed, .. } => {
            let of = system.as_deref().unwrap_or("any system");
            format!("code of {of}: {}", allowed.join(", "))
        }
        FieldKind::Identifier { system } => {
            format!("identifier {}", system.as_deref().unwrap_or_default()).trim_end().into()
        }
        FieldKind::Phrase(_) => "fixed phrase".into(),
        FieldKind::Group(_) => "group".into(),
    }
}

const fn must(obligation: FieldObligation) -> &'static str {
    match obligation {
        FieldObligation::Obligatory => "always",
        FieldObligation::Conditional => "by condition",
        FieldObligation::Optional => "",
    }
}

fn told(what: &Difference) -> String {
    let obligation = |one: &FieldObligation| match must(*one) {
        "" => "optional",
        other => other,
    };
    match what {
        Difference::Added(one) => format!("added, {}", obligation(one)),
        Difference::Removed => "removed".into(),
        Difference::Obligation { old, new } => {
            format!("obligation {} → {}", obligation(old), obligation(new))
        }
        Difference::Kind { old, new } => format!("holds {} → {}", kind(old), kind(new)),
        Difference::Repeats(true) => "began to repeat".into(),
        Difference::Repeats(false) => "ceased to repeat".into(),
        Difference::Name { old, new } => format!("name {} → {}", old.fi, new.fi),
        Difference::Moved => "moved".into(),
    }
}
