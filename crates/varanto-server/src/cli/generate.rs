//! `varanto generate`: a synthetic county of any size, as files or into the archive. Deterministic.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use varanto_domain::archive::documents::Part;
use varanto_domain::time::FinnishDay;
use varanto_kit::county::{County, CountySize, Event, Made};
use varanto_kit::deliveries::{self, SourceSystem};

use super::output::{Progress, count_of};
use super::{Context, Failure};

/// Make a synthetic county: the same seed, size and day give the same bytes.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// How many clients, at most a million.
    #[arg(long, default_value_t = 100)]
    clients: u32,
    /// How many documents they have together.
    #[arg(long, default_value_t = 2000)]
    documents: u64,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The day after the last documents.
    #[arg(long, default_value = "2026-11-20", value_parser = day)]
    until: FinnishDay,
    /// Make a dirty delivery of old client data instead, of this imaginary system: aamu, kaisla or portti. Beside it
    /// go the mapping file that fits, and what was planted where.
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    delivery: Option<SourceSystem>,
    /// How many of a thousand documents of the delivery have a fault planted; with 0 it goes in whole.
    #[arg(long, default_value_t = deliveries::FAULTY, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=200))]
    faults: u32,
    /// The directory that gets the files, one folder a document.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn day(text: &str) -> Result<FinnishDay, String> {
    FinnishDay::parse(text).ok_or_else(|| "a day such as 2026-11-20".to_owned())
}

fn system(text: &str) -> Result<SourceSystem, String> {
    let known = SourceSystem::ALL.into_iter().find(|system| system.name() == text);
    known.ok_or_else(|| SourceSystem::ALL.map(SourceSystem::name).join(", "))
}

pub(super) fn run(options: &Options, context: &Context) -> Result<(), Failure> {
    let size = CountySize { clients: options.clients, documents: options.documents };
    let county = County::new(options.seed, size, options.until);
    fs::create_dir_all(&options.out)?;
    if let Some(system) = options.delivery {
        return deliver(system, &county, options, context);
    }
    fs::write(options.out.join("organisations.json"), county.registers_json())?;
    fs::write(options.out.join("systems.json"), county.systems_json())?;
    let mut progress = Progress::new("making documents", options.documents);
    let (mut made, mut bytes) = (0u64, 0usize);
    for event in county.events() {
        let Event::Archive(document) = event else { continue };
        made += 1;
        bytes += document.content_bytes();
        write(&options.out.join("documents").join(format!("{made:08}")), &document)?;
        progress.at(made, options.documents);
    }
    progress.end();
    let value = json!({ "documents": made, "content_bytes": bytes, "directory": options.out });
    let words = format!("made {made} documents, {bytes} bytes of content");
    context.output.one(&value, &words)
}

fn deliver(
    system: SourceSystem,
    county: &County,
    options: &Options,
    context: &Context,
) -> Result<(), Failure> {
    let count = u32::try_from(options.documents)?;
    let told =
        deliveries::write(system, county, options.seed, count, options.faults, &options.out)?;
    let value = json!({
        "rows": told.rows, "planted": told.planted.len(), "strays": told.strays, "directory": options.out,
    });
    let words = format!(
        "a delivery of {} documents, with {} planted and {} that no row names, in {}",
        told.rows,
        count_of(told.planted.len() as u64, "fault", "faults"),
        count_of(told.strays as u64, "file", "files"),
        options.out.display()
    );
    context.output.one(&value, &words)
}

fn write(folder: &Path, document: &Made) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("metadata.json"), &document.metadata_json)?;
    for (part, bytes) in &document.parts {
        let name = match part {
            Part::Structured => "structured.json",
            Part::View => "view.xhtml",
            Part::Pdf => "document.pdf",
            Part::National => "document.xml",
            Part::Frame => "frame.xml",
            Part::Signature => "signature.jose",
        };
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
