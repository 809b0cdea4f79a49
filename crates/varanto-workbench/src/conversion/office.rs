//! Letters of word processors become PDF/A-2b, by `LibreOffice` without a window.
//!
//! Only a letter of which every part is known to come out is handed to it; then the words of each page, as another
//! program reads them, must be the letter's own, all of them and no other, and its pictures must be there.

mod docx;
mod field;
mod letter;
mod numbering;
mod package;
mod rtf;

use std::path::Path;

use varanto_domain::archive::documents::Part;

use super::tools::Workplace;
use super::{Made, NotConverted, Tools, poppler};
use crate::kind::Kind;

use letter::Letter;

/// No macros, nothing that is fetched, nothing that asks.
const SETTINGS: &[u8] = include_bytes!("../../assets/office.xcu");
/// PDF/A-2b with tags, pictures as they are.
const FILTER: &str = "pdf:writer_pdf_Export:{\
    \"SelectPdfVersion\":{\"type\":\"long\",\"value\":\"2\"},\
    \"UseTaggedPDF\":{\"type\":\"boolean\",\"value\":\"true\"},\
    \"UseLosslessCompression\":{\"type\":\"boolean\",\"value\":\"true\"},\
    \"ReduceImageResolution\":{\"type\":\"boolean\",\"value\":\"false\"}}";
const MADE: &str = "source.pdf";

pub(super) fn convert(
    kind: Kind,
    source: &[u8],
    tools: &Tools,
    working: &Path,
) -> Result<Made, NotConverted> {
    let letter = match kind {
        Kind::Rtf => rtf::read(source)?,
        _ => docx::read(source)?,
    };
    if !letter.is_of_sure_signs() {
        let what = "letters or signs that a machine may have no font for";
        return Err(NotConverted::Loses { what: what.to_owned() });
    }
    let name = format!("source.{}", kind.name());
    let tool = &tools.office;
    let version = tools.version(tool, working)?;
    let place = Workplace::new(tools, working)?;
    place.put(&name, source)?;
    // A profile for each: what a letter does to one is gone with it.
    place.put("profile/user/registrymodifications.xcu", SETTINGS)?;
    let profile = format!("-env:UserInstallation=file://{}", in_address(&place.path("profile")?));
    let arguments = [
        profile.as_str(),
        "--headless",
        "--nologo",
        "--nodefault",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        FILTER,
        "--outdir",
        ".",
        &name,
    ];
    place.run(tool, arguments)?;
    // It says that all is well also where it made nothing.
    let bytes = place.made(MADE).ok_or_else(|| tool.failed("it made nothing of the file"))?;
    compare(&letter, &place, tools, &bytes)?;
    Ok(Made { part: Part::Pdf, bytes, tool: tool.name, version, left_out: letter.left_out })
}

/// Holds what was made against the letter.
fn compare(
    letter: &Letter,
    place: &Workplace<'_>,
    tools: &Tools,
    made: &[u8],
) -> Result<(), NotConverted> {
    let loses = |what: &str| Err(NotConverted::Loses { what: what.to_owned() });
    if !letter.has_words_of(&poppler::words(place, tools, MADE)?) {
        return loses("words");
    }
    if !letter.has_pictures_of(&poppler::pictures(place, tools, MADE)?) {
        return loses("pictures");
    }
    let texts = super::ghostscript::texts_of_pictures(made)?;
    if letter.texts_of_pictures.iter().any(|text| !texts.contains(text)) {
        return loses("a text that stands for a picture");
    }
    Ok(())
}

/// A path as a part of an address.
fn in_address(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut address = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests;
