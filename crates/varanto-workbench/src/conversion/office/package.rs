//! The package that a letter comes in: a zip archive of parts that name one another.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use roxmltree::{Document, ParsingOptions};
use zip::ZipArchive;

use crate::conversion::NotConverted;

/// The most parts of a package.
const MOST_PARTS: usize = 1_000;
/// The most that the parts may hold together.
const UNPACKED: u64 = 64 * 1024 * 1024;
/// The most elements and texts of a part.
const MOST_NODES: u32 = 1_000_000;
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
/// Kinds of relationships begin so.
const OF_OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
const OF_PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/";
/// The same as `LibreOffice` writes them.
const OF_PACKAGE_TOO: &str =
    "http://schemas.openxmlformats.org/officedocument/2006/relationships/metadata/";
const OF_MICROSOFT: &str = "http://schemas.microsoft.com/office/2007/relationships/";
const TYPES: &str = "[Content_Types].xml";

/// The parts of a package, unpacked.
pub(super) struct Package {
    parts: BTreeMap<String, Vec<u8>>,
    /// The parts that were asked for: where all is known, there are no others.
    seen: BTreeSet<String>,
}

/// How a part names another, or something outside.
pub(super) struct Relationship {
    pub(super) id: String,
    /// The last part of its kind's name.
    pub(super) kind: String,
    /// The other part; `None` where it is outside.
    pub(super) part: Option<String>,
}

pub(super) fn broken() -> NotConverted {
    NotConverted::here("the package is broken, or locked")
}

impl Package {
    pub(super) fn open(source: &[u8]) -> Result<Self, NotConverted> {
        let mut archive = ZipArchive::new(Cursor::new(source)).map_err(|_| broken())?;
        if archive.len() > MOST_PARTS {
            return Err(NotConverted::here("the package has too many parts"));
        }
        let (mut parts, mut left) = (BTreeMap::new(), UNPACKED);
        for at in 0..archive.len() {
            let part = archive.by_index(at).map_err(|_| broken())?;
            if part.is_dir() {
                continue;
            }
            let name = part.name().map_err(|_| broken())?.into_owned();
            let mut bytes = Vec::new();
            // What the package says of the size is not believed.
            part.take(left + 1).read_to_end(&mut bytes).map_err(|_| broken())?;
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| NotConverted::here("the package holds more than is read"))?;
            // A second part of one name would hide the first.
            if parts.insert(name, bytes).is_some() {
                return Err(broken());
            }
        }
        if !parts.contains_key(TYPES) {
            return Err(broken());
        }
        Ok(Self { parts, seen: BTreeSet::from([TYPES.to_owned()]) })
    }

    /// A part.
    pub(super) fn take(&mut self, name: &str) -> Result<Vec<u8>, NotConverted> {
        self.seen.insert(name.to_owned());
        self.parts.get(name).cloned().ok_or_else(broken)
    }

    /// The relationships of a part; those of the package itself where it is none.
    pub(super) fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, NotConverted> {
        let (folder, name) =
            part.rsplit_once('/').map_or(("", part), |(folder, name)| (folder, name));
        let list = join(folder, &format!("_rels/{name}.rels")).ok_or_else(broken)?;
        if !self.parts.contains_key(&list) {
            return Ok(Vec::new());
        }
        let bytes = self.take(&list)?;
        let text = text_of(&bytes)?;
        let tree = parse(&text)?;
        let elements = tree.root_element().children().filter(roxmltree::Node::is_element);
        elements
            .map(|element| {
                if element.tag_name().namespace() != Some(RELATIONSHIPS) {
                    return Err(broken());
                }
                let attribute = |name| element.attribute(name).ok_or_else(broken);
                let target = attribute("Target")?;
                let part = match element.attribute("TargetMode") {
                    None | Some("Internal") => Some(join(folder, target).ok_or_else(broken)?),
                    _ => None,
                };
                let kind = attribute("Type")?;
                let known = [OF_OFFICE, OF_PACKAGE, OF_PACKAGE_TOO, OF_MICROSOFT];
                let kind = known.iter().find_map(|begins| kind.strip_prefix(begins));
                let kind = kind.unwrap_or_default().to_owned();
                Ok(Relationship { id: attribute("Id")?.to_owned(), kind, part })
            })
            .collect()
    }

    /// Whether every part was asked for.
    pub(super) fn all_seen(&self) -> bool {
        self.parts.keys().all(|name| self.seen.contains(name))
    }
}

/// The name of a part that another names: from the folder of that one, or from the top.
fn join(folder: &str, target: &str) -> Option<String> {
    let mut names: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|name| !name.is_empty()).collect(),
    };
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// The text of a part.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, NotConverted> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    String::from_utf8(bytes.to_vec()).map_err(|_| broken())
}

/// The tree of a part; a document type is none.
pub(super) fn parse(text: &str) -> Result<Document<'_>, NotConverted> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|_| broken())
}
