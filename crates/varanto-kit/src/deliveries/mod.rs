//! Dirty deliveries of old client data: what three imaginary systems leave behind when they are switched off.
//!
//! Each system has its own habits: encodings, forms of days, names of files, owners of the register. Faults are planted
//! among the documents, and which row has which is told beside the delivery: a workbench must find every one of
//! them and invent none. The same system, seed and size give the same bytes. Source: OLD-9.

mod files;
mod letters;
mod stories;
mod systems;

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;
use varanto_domain::time::FinnishDay;

use crate::county::County;
use stories::Stories;

/// An imaginary source system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceSystem {
    /// The oldest: a folder with a table in code page 850, days in five forms, names in one column, clients in a table
    /// of their own, and file names in the wrong case with the wrong slashes. PDF/A, plain text in that
    /// code page, scans, and a letter here and there.
    Aamu,
    /// A zip archive with an XML index; the register had three owners one after another. XHTML, some
    /// with a document type or in ISO-8859-1, HTML that is none, and a letter here and there.
    Kaisla,
    /// JSON lines in UTF-16, files of equal names in many folders, and one client under two codes. Both
    /// forms, HTML, photographs of paper, and a letter here and there.
    Portti,
}

impl SourceSystem {
    /// The three.
    pub const ALL: [Self; 3] = [Self::Aamu, Self::Kaisla, Self::Portti];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aamu => "aamu",
            Self::Kaisla => "kaisla",
            Self::Portti => "portti",
        }
    }

    /// The most documents of a delivery: the county has identity codes for so many clients, and of a zip archive or a
    /// folder no more files are read.
    #[must_use]
    pub const fn most_documents(self) -> u32 {
        match self {
            Self::Aamu => 950_000,
            // Each document of the last one has a folder of its own.
            Self::Kaisla | Self::Portti => 450_000,
        }
    }
}

/// A fault that was planted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Planted {
    /// Where the row stands in the index: the line, or the how-manieth element.
    pub place: u64,
    /// The code of the fault.
    pub code: &'static str,
}

/// What a source knows of a document, before its system writes that down in its own way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Where the row stands in the index.
    pub place: u64,
    /// What the system calls the document.
    pub document: String,
    /// That of which it is an attachment.
    pub main: Option<String>,
    /// The client's identity code.
    pub code: String,
    /// The relationship of today, of an active client.
    pub relationship: Option<String>,
    /// Whether the client has died.
    pub deceased: bool,
    /// The service task of 2016.
    pub task: &'static str,
    /// The original one with its classification, of what is older.
    pub original: Option<(&'static str, &'static str)>,
    /// The general document type.
    pub general_type: &'static str,
    /// When it was written.
    pub written: FinnishDay,
    /// The SHA-256 of its file, where it has one of its own.
    pub sha256: Option<Vec<u8>>,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// Rows of the index.
    pub rows: u64,
    /// Every planted fault, by place.
    pub planted: Vec<Planted>,
    /// Files that no row names.
    pub strays: u64,
    /// What each row is about. Of a row with a planted fault it says something else, or nothing.
    pub said: Vec<Said>,
}

/// Of a thousand documents, so many have a fault planted, where nobody says another number.
pub const FAULTY: u32 = 30;

/// Writes a delivery of so many documents, of which so many of a thousand have a fault planted: the folder or archive `delivery`, the `mapping.toml` that fits it, and
/// `planted.json`, which tells what was planted where. Without faults there
/// are no files beside either: a delivery that goes in whole.
///
/// # Errors
/// More documents than a delivery can have, and what the system says.
pub fn write(
    system: SourceSystem,
    county: &County,
    seed: u64,
    documents: u32,
    faulty: u32,
    out: &Path,
) -> io::Result<Delivered> {
    let most = system.most_documents();
    if documents > most {
        let told =
            format!("a delivery of {} has {most} documents at most; write several", system.name());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
    }
    fs::create_dir_all(out)?;
    let stories = Stories::new(system, county, seed, (documents, faulty));
    let mut delivered = match system {
        SourceSystem::Aamu => systems::aamu(stories, out)?,
        SourceSystem::Kaisla => systems::kaisla(stories, out)?,
        SourceSystem::Portti => systems::portti(stories, out)?,
    };
    delivered.planted.sort();
    fs::write(out.join("mapping.toml"), systems::mapping(system, county))?;
    let planted: Vec<_> = delivered
        .planted
        .iter()
        .map(|one| json!({ "place": one.place, "code": one.code }))
        .collect();
    let told = json!({ "rows": delivered.rows, "strays": delivered.strays, "planted": planted });
    fs::write(out.join("planted.json"), format!("{told:#}\n"))?;
    Ok(delivered)
}
