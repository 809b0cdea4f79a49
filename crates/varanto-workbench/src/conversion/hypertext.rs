//! HTML becomes XHTML: of what does not stand in a kept page only what is known to be no content is left out, and told;
//! at anything else nothing is made.

use varanto_domain::archive::documents::Part;
use varanto_formats::xhtml;

use super::text::{self, Named};
use super::{Made, NotConverted, tree};
use crate::delivery::Encoding;

/// The most bytes of a page.
const LARGEST: usize = 16 * 1024 * 1024;
/// Where a page names its encoding.
const HEAD: usize = 1024;

pub(super) fn convert(source: &[u8], encoding: Option<Encoding>) -> Result<Made, NotConverted> {
    let named = named(source).map(Named::Itself).or(encoding.map(Named::ForAll));
    let text = text::read(source, named)?;
    if source.len() > LARGEST {
        return Err(NotConverted::here("it is larger than any page of an old system"));
    }
    let text = text.trim_start_matches('\u{feff}');
    let markup = tree::as_xml(text).map_err(NotConverted::here)?;
    let adapted = xhtml::adapt(&markup)
        .map_err(|fault| NotConverted::here(format!("it does not read: {}", fault.code())))?;
    if !adapted.lost.is_empty() {
        return Err(NotConverted::Loses { what: adapted.lost.join(", ") });
    }
    Ok(Made::here(Part::View, adapted.page.into_bytes(), adapted.left_out))
}

/// The encoding that the page itself names, if it is one that is read.
fn named(source: &[u8]) -> Option<Encoding> {
    let head = String::from_utf8_lossy(&source[..source.len().min(HEAD)]).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let after = after.trim_start_matches(['"', '\'', ' ']);
    let name = after.split(['"', '\'', ' ', ';', '>', '/']).next()?;
    Encoding::of_name(name)
}
