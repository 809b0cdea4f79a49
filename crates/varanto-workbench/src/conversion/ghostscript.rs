//! A PDF file that is no PDF/A is written anew as PDF/A-2b, by Ghostscript.
//!
//! Only a file of which every part is known to come out is handed to it; then what it made is held against the source:
//! the words, the pictures, the bookmarks, and every page as it looks.

mod examination;

pub(super) use examination::texts_of_pictures;

use varanto_domain::archive::documents::Part;

use super::tools::Workplace;
use super::{Made, NotConverted, Tools, poppler};
use std::path::Path;

const SOURCE: &str = "source.pdf";
const MADE: &str = "made.pdf";

pub(super) fn convert(source: &[u8], tools: &Tools, working: &Path) -> Result<Made, NotConverted> {
    let before = examination::examine(source)?;
    let tool = &tools.ghostscript;
    let version = tools.version(tool, working)?;
    let place = Workplace::new(tools, working)?;
    place.put(SOURCE, source)?;
    let arguments = [
        "-q",
        "-dSAFER",
        "-dBATCH",
        "-dNOPAUSE",
        "-dPDFA=2",
        // What PDF/A does not have is left out: what is seen of it is found by the comparison.
        "-dPDFACompatibilityPolicy=1",
        "-dPDFSTOPONERROR",
        "-dPDFSTOPONWARNING",
        "-sColorConversionStrategy=UseDeviceIndependentColor",
        // Pictures stay as they are.
        "-dPassThroughJPEGImages=true",
        "-dDownsampleColorImages=false",
        "-dDownsampleGrayImages=false",
        "-dDownsampleMonoImages=false",
        "-dAutoFilterColorImages=false",
        "-dAutoFilterGrayImages=false",
        "-dColorImageFilter=/FlateEncode",
        "-dGrayImageFilter=/FlateEncode",
        "-dAutoRotatePages=/None",
        "-sDEVICE=pdfwrite",
        "-sOutputFile=made.pdf",
        SOURCE,
    ];
    place.run(tool, arguments)?;
    let bytes = place.made(MADE).ok_or_else(|| tool.failed("it made nothing of the file"))?;
    let after = examination::read_made(&bytes)?;
    let loses = |what: &str| Err(NotConverted::Loses { what: what.to_owned() });
    if after.pages != before.pages {
        return loses("pages");
    }
    if poppler::words(&place, tools, SOURCE)? != poppler::words(&place, tools, MADE)? {
        return loses("words");
    }
    if poppler::pictures(&place, tools, SOURCE)? != poppler::pictures(&place, tools, MADE)? {
        return loses("pictures");
    }
    if after.bookmarks != before.bookmarks {
        return loses("bookmarks");
    }
    if !poppler::look_alike(&place, tools, [SOURCE, MADE], before.pages)? {
        return loses("how a page looks");
    }
    let left_out = before.left_out_of(&after)?;
    Ok(Made { part: Part::Pdf, bytes, tool: tool.name, version, left_out })
}

#[cfg(test)]
mod tests;
