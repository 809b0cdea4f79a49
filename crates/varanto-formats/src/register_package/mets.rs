//! METS lists of a package and of its parts, as the E-ARK common specification has them: every file with its length and
//! its SHA-256. What is printed is read back; of lists of other makers nothing is promised.
//!
//! Source: OPS-3; E-ARK CSIP 2.1.0, CSIP1 to CSIP117; METS 1.12.

use std::fmt::Write;

use crate::package::FileEntry;
use crate::xml;

/// A folder of the package in the list: what it is for, and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in the list: `Documentation`, `Data`, `Representations/…`.
    pub name: String,
    /// Its files; names are from the folder that the list stands in.
    pub files: Vec<FileEntry>,
}

/// What a list is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<'a> {
    /// The identifier of the package, or of the part.
    pub id: &'a str,
    /// In words.
    pub label: &'a str,
    /// When it was made, with its offset.
    pub made_at: &'a str,
    /// The program and its version.
    pub program: &'a str,
}

const PROFILE: &str = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml";

/// Prints a list: descriptive metadata, preservation metadata, and groups of files. A group `Representations/…` points at
/// the list of that part.
#[must_use]
pub fn write(
    head: &Head<'_>,
    descriptive: &[FileEntry],
    preservation: &[FileEntry],
    groups: &[Group],
) -> String {
    let mut list = List { text: String::new(), head, number: 0 };
    list.open();
    let described = list.metadata("dmdSec", descriptive);
    let preserved = list.preservation(preservation);
    let divisions = list.files(groups);
    list.map(&described, &preserved, &divisions);
    list.text.push_str("</mets>\n");
    list.text
}

/// Every file that a list names, in its order; `None` for a text that is no such list.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Vec<FileEntry>> {
    let text = xml::utf8(bytes).ok()?;
    let document = xml::parse(text).ok()?;
    let root = document.root_element();
    if root.tag_name().namespace() != Some(METS) || root.tag_name().name() != "mets" {
        return None;
    }
    let mut files = Vec::new();
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let (facts, place) = match node.tag_name().name() {
            "mdRef" => (node, node),
            "FLocat" => (node.parent_element()?, node),
            _ => continue,
        };
        let sha256 = facts.attribute("CHECKSUM")?.to_owned();
        (facts.attribute("CHECKSUMTYPE")? == "SHA-256").then_some(())?;
        files.push(FileEntry {
            name: place.attribute((XLINK, "href"))?.to_owned(),
            part: None,
            bytes: facts.attribute("SIZE")?.parse().ok()?,
            sha256,
        });
    }
    Some(files)
}

const METS: &str = "http://www.loc.gov/METS/";
const XLINK: &str = "http://www.w3.org/1999/xlink";
const CSIP: &str = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS";

/// A group of files or metadata that the map of the package names.
struct Division {
    name: String,
    ids: Vec<String>,
    /// The list of a part.
    points_at: Option<String>,
}

struct List<'a> {
    text: String,
    head: &'a Head<'a>,
    number: u64,
}

impl List<'_> {
    fn id(&mut self) -> String {
        self.number += 1;
        format!("id-{}", self.number)
    }

    fn open(&mut self) {
        let Head { id, label, made_at, program } = self.head;
        let (id, label, program) = (escaped(id), escaped(label), escaped(program));
        let (name, version) = program.split_once(' ').unwrap_or((&program, ""));
        let _ = write!(
            self.text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <mets xmlns=\"{METS}\" xmlns:csip=\"{CSIP}\" xmlns:xlink=\"{XLINK}\" OBJID=\"{id}\" \
             LABEL=\"{label}\" TYPE=\"OTHER\" csip:OTHERTYPE=\"Client documents of social welfare\" \
             csip:CONTENTINFORMATIONTYPE=\"OTHER\" csip:OTHERCONTENTINFORMATIONTYPE=\"{}\" \
             PROFILE=\"{PROFILE}\">\n\
             <metsHdr CREATEDATE=\"{made_at}\" LASTMODDATE=\"{made_at}\" RECORDSTATUS=\"NEW\" \
             csip:OAISPACKAGETYPE=\"DIP\">\n\
             <agent ROLE=\"CREATOR\" TYPE=\"OTHER\" OTHERTYPE=\"SOFTWARE\"><name>{name}</name>\
             <note csip:NOTETYPE=\"SOFTWARE VERSION\">{version}</note></agent>\n</metsHdr>\n",
            super::FORM,
        );
    }

    fn reference(&mut self, file: &FileEntry) {
        let (kind, other) = match file.name.as_str() {
            super::PREMIS => ("PREMIS", ""),
            _ => ("OTHER", " OTHERMDTYPE=\"VARANTO\""),
        };
        let _ = write!(
            self.text,
            "<mdRef LOCTYPE=\"URL\" xlink:type=\"simple\" xlink:href=\"{}\" MDTYPE=\"{kind}\"{other} \
             {}/>",
            escaped(&file.name),
            facts(file, self.head.made_at),
        );
    }

    fn metadata(&mut self, element: &str, files: &[FileEntry]) -> Vec<String> {
        let mut ids = Vec::new();
        for file in files {
            let (id, made) = (self.id(), self.head.made_at);
            let start = format!("<{element} ID=\"{id}\" CREATED=\"{made}\" STATUS=\"CURRENT\">");
            self.text.push_str(&start);
            self.reference(file);
            let _ = writeln!(self.text, "</{element}>");
            ids.push(id);
        }
        ids
    }

    fn preservation(&mut self, files: &[FileEntry]) -> Vec<String> {
        if files.is_empty() {
            return Vec::new();
        }
        self.text.push_str("<amdSec>\n");
        let mut ids = Vec::new();
        for file in files {
            let id = self.id();
            let _ = write!(self.text, "<digiprovMD ID=\"{id}\" STATUS=\"CURRENT\">");
            self.reference(file);
            self.text.push_str("</digiprovMD>\n");
            ids.push(id);
        }
        self.text.push_str("</amdSec>\n");
        ids
    }

    fn files(&mut self, groups: &[Group]) -> Vec<Division> {
        let id = self.id();
        let _ = writeln!(self.text, "<fileSec ID=\"{id}\">");
        let mut divisions = Vec::new();
        for group in groups {
            let id = self.id();
            let _ = writeln!(self.text, "<fileGrp ID=\"{id}\" USE=\"{}\">", escaped(&group.name));
            for file in &group.files {
                let (own, name) = (self.id(), escaped(&file.name));
                let facts = facts(file, self.head.made_at);
                let _ = writeln!(
                    self.text,
                    "<file ID=\"{own}\" {facts}><FLocat LOCTYPE=\"URL\" xlink:type=\"simple\" \
                     xlink:href=\"{name}\"/></file>"
                );
            }
            self.text.push_str("</fileGrp>\n");
            let is_part = group.name.starts_with("Representations/");
            let list = group.files.first().filter(|_| is_part).map(|file| file.name.clone());
            divisions.push(Division { name: group.name.clone(), ids: vec![id], points_at: list });
        }
        self.text.push_str("</fileSec>\n");
        divisions
    }

    fn map(&mut self, described: &[String], preserved: &[String], divisions: &[Division]) {
        let (map, top, of_metadata) = (self.id(), self.id(), self.id());
        let label = escaped(self.head.id);
        let _ = writeln!(
            self.text,
            "<structMap ID=\"{map}\" TYPE=\"PHYSICAL\" LABEL=\"CSIP\">\n<div ID=\"{top}\" LABEL=\"{label}\">"
        );
        let names = |name: &str, ids: &[String]| match ids {
            [] => String::new(),
            ids => format!(" {name}=\"{}\"", ids.join(" ")),
        };
        let (described, preserved) = (names("DMDID", described), names("ADMID", preserved));
        let _ = writeln!(
            self.text,
            "<div ID=\"{of_metadata}\" LABEL=\"Metadata\"{preserved}{described}/>"
        );
        for division in divisions {
            let (id, name, of) = (self.id(), escaped(&division.name), division.ids.join(" "));
            let _ = write!(self.text, "<div ID=\"{id}\" LABEL=\"{name}\">");
            let _ = match &division.points_at {
                Some(list) => write!(
                    self.text,
                    "<mptr LOCTYPE=\"URL\" xlink:type=\"simple\" xlink:href=\"{}\" xlink:title=\"{of}\"/>",
                    escaped(list)
                ),
                None => write!(self.text, "<fptr FILEID=\"{of}\"/>"),
            };
            self.text.push_str("</div>\n");
        }
        self.text.push_str("</div>\n</structMap>\n");
    }
}

/// What is told of every file.
fn facts(file: &FileEntry, made_at: &str) -> String {
    let FileEntry { name, bytes, sha256, .. } = file;
    let kind = media_type(name);
    format!(
        "MIMETYPE=\"{kind}\" SIZE=\"{bytes}\" CREATED=\"{made_at}\" CHECKSUM=\"{sha256}\" CHECKSUMTYPE=\"SHA-256\""
    )
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "json" | "jws" => "application/json",
        "jsonl" => "application/jsonl",
        "xhtml" => "application/xhtml+xml",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "md" => "text/markdown",
        "txt" | "csv" | "signed" => "text/plain",
        _ => "application/octet-stream",
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// As [`escaped`], for what is printed beside the list.
pub(super) fn text(of: &str) -> String {
    escaped(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, data: &[u8]) -> FileEntry {
        FileEntry::of(name, None, data)
    }

    /// OPS-3: every file of a list is read back with its length and checksum, whatever its name; each is named once, and
    /// the map points at the list of each part.
    #[test]
    fn a_list_is_read_back() {
        let head = Head {
            id: "varanto-register-1.2",
            label: "Suvannon hyvinvointialue & \"muut\"",
            made_at: "2026-11-02T08:00:00Z",
            program: "Varanto 0.1.0",
        };
        let parts = ["representations/part-00001/METS.xml", "representations/part-00002/METS.xml"];
        let groups: Vec<Group> = parts
            .iter()
            .zip(["Representations/part-00001", "Representations/part-00002"])
            .map(|(file, name)| Group { name: name.into(), files: vec![entry(file, b"<mets/>")] })
            .collect();
        let described = [entry(super::super::ABOUT, b"{}"), entry("a&b<c>.json", b"")];
        let preserved = [entry(super::super::PREMIS, b"<premis/>")];
        let text = write(&head, &described, &preserved, &groups);
        let all: Vec<FileEntry> = described
            .iter()
            .chain(&preserved)
            .chain(groups.iter().flat_map(|group| &group.files))
            .cloned()
            .collect();
        assert_eq!(read(text.as_bytes()).unwrap(), all);
        let document = roxmltree::Document::parse(&text).unwrap();
        let nodes = || document.descendants().filter(roxmltree::Node::is_element);
        let mut map = Vec::new();
        let mut named = Vec::new();
        for node in nodes() {
            let pointed = node.attribute((XLINK, "title"));
            named.extend(
                [node.attribute("ADMID"), node.attribute("DMDID"), pointed].into_iter().flatten(),
            );
            if node.has_tag_name((METS, "mptr")) {
                map.extend(node.attribute((XLINK, "href")));
            }
        }
        assert_eq!(map, parts);
        let mut ids: Vec<_> = nodes().filter_map(|node| node.attribute("ID")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "each identifier is one element's");
        for names in named {
            assert!(names.split(' ').all(|name| ids.contains(&name)), "{names}");
        }
        assert_eq!(read(b"<mets/>"), None);
        assert_eq!(read(&text.as_bytes()[..text.len() - 9]), None);
        assert_eq!(read(text.replace("SHA-256", "MD5").as_bytes()), None);
    }
}
