//! Walking through the XML of a message: one element at a place, every fault at its path.

use std::borrow::Cow;
use std::cell::RefCell;

use roxmltree::{Document, Node};
use varanto_domain::faults::{Fault, FaultKind, Stage};

use super::{HL7, HL7FI, OWN, bare_oid};
use crate::xml;

/// The most faults told of one stage of a message, and the most remarks.
pub(super) const MAX_FAULTS: usize = 100;

/// What was told while a text was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) faults: Vec<Fault>,
    pub(super) remarks: Vec<Fault>,
}

impl Told {
    pub(super) fn and(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.remarks.extend(other.remarks);
    }
}

/// The XML of `bytes`: UTF-8, no document type, within the limits.
pub(super) fn parse<'a>(bytes: &'a [u8], name: &'static str) -> Result<Document<'a>, Fault> {
    let refuse = |reason: &str, line: usize| {
        Fault::new(FaultKind::NotXml, name, "nat 1.2")
            .arg("reason", reason)
            .arg("line", line)
            .at(Stage::WellFormed)
    };
    let text = xml::utf8(bytes).map_err(|why| refuse(why.reason, why.line))?;
    if let Some(encoding) = declared_encoding(text)
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        return Err(refuse("a declared encoding other than UTF-8", 1));
    }
    xml::parse(text).map_err(|why| refuse(why.reason, why.line))
}

fn declared_encoding(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.split_once('=')?.1.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// An element and the path to it.
#[derive(Clone)]
pub(super) struct Place<'r, 'd> {
    pub(super) node: Node<'d, 'd>,
    path: Cow<'static, str>,
    reading: &'r Reading,
}

/// The stage, the rule, and everything told.
pub(super) struct Reading {
    stage: Stage,
    rule: &'static str,
    told: RefCell<Told>,
}

impl Reading {
    pub(super) fn new(stage: Stage, rule: &'static str) -> Self {
        Self { stage, rule, told: RefCell::default() }
    }

    pub(super) fn told(self) -> Told {
        self.told.into_inner()
    }

    pub(super) fn root<'r, 'd>(&'r self, node: Node<'d, 'd>, path: &'static str) -> Place<'r, 'd> {
        Place { node, path: path.into(), reading: self }
    }

    pub(super) fn push(&self, fault: Fault) {
        tell(&mut self.told.borrow_mut().faults, fault.at(self.stage));
    }

    pub(super) fn remark(&self, remark: Fault) {
        tell(&mut self.told.borrow_mut().remarks, remark.at(self.stage));
    }
}

/// Each fault once, however often its place is visited, and no more of them than a reader reads.
fn tell(told: &mut Vec<Fault>, fault: Fault) {
    if told.len() < MAX_FAULTS && !told.contains(&fault) {
        told.push(fault);
    }
}

/// The namespace that an element of this name has under `parent`.
fn namespace_under(parent: Node<'_, '_>, name: &str) -> &'static str {
    let inside = parent.tag_name().namespace() == Some(HL7FI);
    match name {
        "clientNonDisclosure" => OWN,
        "localSocialHeader" | "json" => HL7FI,
        _ if inside => HL7FI,
        _ => HL7,
    }
}

impl<'d> Place<'_, 'd> {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A fault here, or at an attribute of it.
    pub(super) fn fault(&self, kind: FaultKind, attribute: &str) -> Fault {
        let path = self.path_of(attribute);
        Fault::new(kind, path.clone(), self.reading.rule).path(path)
    }

    pub(super) fn push(&self, fault: Fault) {
        self.reading.push(fault);
    }

    pub(super) fn remark(&self, fault: Fault) {
        self.reading.remark(fault);
    }

    pub(super) fn path_of(&self, attribute: &str) -> String {
        match attribute {
            "" => self.path.to_string(),
            attribute => format!("{}/@{attribute}", self.path),
        }
    }

    /// The elements of a name right under this one; `name[@attribute=value]` narrows.
    pub(super) fn all(&self, step: &str) -> Vec<Self> {
        let (name, only) = match step.split_once("[@") {
            Some((name, rest)) => (name, rest.trim_end_matches(']').split_once('=')),
            None => (step, None),
        };
        let namespace = namespace_under(self.node, name);
        let found = self.node.children().filter(|child| {
            child.is_element()
                && child.tag_name().name() == name
                && child.tag_name().namespace() == Some(namespace)
                && only.is_none_or(|(attribute, value)| {
                    child.attribute(attribute).is_some_and(|found| bare_oid(found) == value)
                })
        });
        let path = || format!("{}/{step}", self.path).into();
        found.map(|node| Place { node, path: path(), reading: self.reading }).collect()
    }

    /// The one element of a name under this one. A second one is a fault: two readers could take
    /// different ones.
    pub(super) fn find(&self, step: &str) -> Option<Self> {
        let mut found = self.all(step).into_iter();
        let first = found.next();
        if let Some(again) = found.next() {
            self.reading.push(again.fault(FaultKind::DuplicateMember, ""));
        }
        first
    }

    /// The element at the end of a path of names.
    pub(super) fn at(&self, path: &str) -> Option<Self> {
        path.split('/').try_fold(self.clone(), |place, step| place.find(step))
    }

    /// As [`Place::at`]; a missing one is a fault.
    pub(super) fn needed(&self, path: &str) -> Option<Self> {
        let found = self.at(path);
        if found.is_none() {
            let whole = format!("{}/{path}", self.path);
            let name = path.rsplit('/').next().unwrap_or(path);
            let fault = Fault::new(FaultKind::MissingElement, whole.clone(), self.reading.rule);
            self.push(fault.arg("name", name).path(whole));
        }
        found
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'d str> {
        self.node.attribute(name)
    }

    /// An attribute that must be there.
    pub(super) fn needed_attribute(&self, name: &str) -> Option<&'d str> {
        let value = self.attribute(name);
        if value.is_none() {
            self.push(self.fault(FaultKind::MissingElement, name).arg("name", name));
        }
        value
    }

    /// An attribute that must hold one of some values: which of them it holds.
    pub(super) fn fixed(&self, name: &str, expected: &[&'static str]) -> Option<&'static str> {
        let value = self.needed_attribute(name)?;
        let found = expected.iter().find(|one| **one == spelt(name, value));
        if found.is_none() {
            let fault = self.fault(FaultKind::WrongValue, name).value(shown(value));
            self.push(fault.arg("expected", expected.join(", ")));
        }
        found.copied()
    }

    /// An OID that must be there, alone: identifiers of this kind have no extension.
    pub(super) fn needed_oid(&self) -> Option<&'d str> {
        self.no_extension();
        self.needed_attribute("root").map(bare_oid)
    }

    /// Tells an extension, which would make another identifier of an OID.
    pub(super) fn no_extension(&self) {
        if self.attribute("extension").is_some() {
            let fault = self.fault(FaultKind::ForbiddenElement, "extension");
            self.push(fault.arg("name", "extension"));
        }
    }

    /// A code; `None` where there is none on purpose (`nullFlavor`). One beside a `nullFlavor` counts,
    /// as real messages have it, and is remarked.
    pub(super) fn value_or_null(&self, name: &str) -> Option<&'d str> {
        let null = self.attribute("nullFlavor").is_some();
        let value = if null { self.attribute(name)? } else { self.needed_attribute(name)? };
        if null {
            let odd = self.fault(FaultKind::ForbiddenElement, "nullFlavor");
            self.remark(odd.arg("name", "nullFlavor"));
        }
        Some(value)
    }

    /// The elements right under this one.
    pub(super) fn elements(&self) -> Vec<Self> {
        let found = self.node.children().filter(Node::is_element);
        let place = |node: Node<'d, 'd>| {
            let path = format!("{}/{}", self.path, shown(node.tag_name().name())).into();
            Place { node, path, reading: self.reading }
        };
        found.map(place).collect()
    }

    /// The text of an element that holds text alone; comments in it are passed over.
    pub(super) fn text(&self) -> Option<Cow<'d, str>> {
        if self.node.children().any(|child| child.is_element()) {
            self.push(self.fault(FaultKind::WrongType, "").arg("expected", "text"));
            return None;
        }
        let mut texts = self.node.children().filter(Node::is_text).filter_map(|node| node.text());
        let first = texts.next()?;
        match texts.next() {
            None => Some(Cow::Borrowed(first)),
            Some(second) => Some(Cow::Owned([first, second].into_iter().chain(texts).collect())),
        }
    }

    /// Tells every element under this one that is not among `known`: names of `namespace`, or of
    /// another one after its prefix, `hl7fi:` or `own:`.
    pub(super) fn known(&self, namespace: &str, known: &[&str]) {
        for child in self.node.children().filter(Node::is_element) {
            let name = child.tag_name();
            let is = |known: &str| match known.split_once(':') {
                Some(("hl7fi", known)) => known == name.name() && name.namespace() == Some(HL7FI),
                Some((_, known)) => known == name.name() && name.namespace() == Some(OWN),
                None => known == name.name() && name.namespace() == Some(namespace),
            };
            if known.iter().any(|known| is(known)) {
                continue;
            }
            let path = format!("{}/{}", self.path, shown(name.name()));
            let fault = Fault::new(FaultKind::UnknownElement, path.clone(), self.reading.rule);
            self.push(fault.arg("known", known.join(", ")).path(path));
        }
    }
}

/// How an attribute's value is compared: an OID in either of its spellings, all else as it stands.
pub(super) fn spelt<'t>(attribute: &str, value: &'t str) -> &'t str {
    if matches!(attribute, "root" | "codeSystem") { bare_oid(value) } else { value }
}

/// A value that may be told: codes and OIDs, nothing that looks like an identity code.
pub(super) fn shown(value: &str) -> String {
    let formed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':');
    let like_identity_code = value.len() == 11 && value.bytes().take(6).all(|b| b.is_ascii_digit());
    if value.len() <= 80 && value.chars().all(formed) && !like_identity_code {
        value.to_owned()
    } else {
        format!("({} characters)", value.chars().count())
    }
}
