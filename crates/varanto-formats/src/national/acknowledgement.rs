//! The acknowledgement that answers a frame (`MCCI_IN000002UV01`), with typed errors.
//!
//! That such an acknowledgement exists is public, its social form is not: this one follows HL7 V3.
//! Each error names its code, its place and its stage. Source: national-specs 3.2.

use roxmltree::Node;
use varanto_domain::time::Instant;

use super::frame::{Id, write_device};
use super::print::Printer;
use super::reading::parse;
use super::{ARCHIVE_DEVICE, HL7, OWN, times};

/// Its interaction.
pub const INTERACTION: &str = "MCCI_IN000002UV01";

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted: what it asked for is done and durable.
    Accepted,
    /// Something in it is wrong; the same message will not do later.
    Error,
    /// Rejected for reasons outside it; the same message may do later.
    Rejected,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Error, Self::Rejected];

    /// The code of HL7.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "CA",
            Self::Error => "CE",
            Self::Rejected => "CR",
        }
    }
}

/// One thing told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// `E` an error, `W` a warning, `I` information.
    pub kind: char,
    /// The stable code.
    pub code: String,
    /// In which stage it was found.
    pub stage: Option<String>,
    /// The rule behind it.
    pub rule: Option<String>,
    /// What is wrong and what would be right.
    pub text: String,
    /// Where in the message.
    pub location: Option<String>,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Its own identifier.
    pub id: Id,
    /// When it was made.
    pub created: Instant,
    /// To whom: the sender of the message, if that was read.
    pub receiver: Option<String>,
    /// What became of the message.
    pub verdict: Verdict,
    /// The message's identifier, if that was read.
    pub target: Option<Id>,
    /// What there is to tell.
    pub details: Vec<Detail>,
}

/// Prints an acknowledgement.
#[must_use]
pub fn write(told: &Acknowledgement) -> String {
    let mut out = Printer::new();
    out.open(INTERACTION, &[("xmlns", HL7), ("ITSVersion", "XML_1.0")]);
    identifier(&mut out, &told.id);
    out.empty("creationTime", &[("value", &times::stamp(told.created))])
        .empty("versionCode", &[("code", "V3-2006")])
        .empty("interactionId", &[("root", "2.16.840.1.113883.1.6"), ("extension", INTERACTION)])
        .empty("processingCode", &[("code", "D")])
        .empty("processingModeCode", &[("code", "T")])
        .empty("acceptAckCode", &[("code", "NE")]);
    if let Some(receiver) = &told.receiver {
        write_device(&mut out, "receiver", "RCV", receiver);
    }
    write_device(&mut out, "sender", "SND", ARCHIVE_DEVICE);
    out.open("acknowledgement", &[]).empty("typeCode", &[("code", told.verdict.code())]);
    out.open("targetMessage", &[]);
    match &told.target {
        Some(id) => identifier(&mut out, id),
        None => {
            out.empty("id", &[("nullFlavor", "UNK")]);
        }
    }
    out.close("targetMessage");
    for detail in &told.details {
        write_detail(&mut out, detail);
    }
    out.close("acknowledgement").close(INTERACTION);
    out.finish()
}

fn identifier(out: &mut Printer, id: &Id) {
    let mut attributes = vec![("root", id.root.as_str())];
    if let Some(extension) = &id.extension {
        attributes.push(("extension", extension));
    }
    out.empty("id", &attributes);
}

/// The stage and the rule have no place in HL7, so they are attributes of our own.
fn write_detail(out: &mut Printer, detail: &Detail) {
    let kind = detail.kind.to_string();
    let mut attributes = vec![("typeCode", kind.as_str())];
    if detail.stage.is_some() || detail.rule.is_some() {
        attributes.push(("xmlns:own", OWN));
    }
    if let Some(stage) = &detail.stage {
        attributes.push(("own:stage", stage));
    }
    if let Some(rule) = &detail.rule {
        attributes.push(("own:rule", rule));
    }
    out.open("acknowledgementDetail", &attributes)
        .empty("code", &[("code", &detail.code)])
        .text("text", &detail.text);
    if let Some(location) = &detail.location {
        out.text("location", location);
    }
    out.close("acknowledgementDetail");
}

/// Reads an acknowledgement: for senders, and for tests.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Acknowledgement> {
    let xml = parse(bytes, INTERACTION).ok()?;
    let (root, _) = super::soap::payload(xml.root_element()).ok()?;
    if root.tag_name().name() != INTERACTION {
        return None;
    }
    let ack = child(root, "acknowledgement")?;
    let verdict = child(ack, "typeCode")?.attribute("code")?;
    let device = |name| child(child(child(root, name)?, "device")?, "id")?.attribute("root");
    let created = times::instant(child(root, "creationTime")?.attribute("value")?)?;
    let details = ack.children().filter(|one| one.tag_name().name() == "acknowledgementDetail");
    Some(Acknowledgement {
        id: id_of(root)?,
        created: Instant::parse(&created)?,
        receiver: device("receiver").map(str::to_owned),
        verdict: Verdict::ALL.into_iter().find(|one| one.code() == verdict)?,
        target: child(ack, "targetMessage").and_then(id_of),
        details: details.filter_map(detail_of).collect(),
    })
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|one| one.tag_name().name() == name)
}

fn id_of(node: Node<'_, '_>) -> Option<Id> {
    let id = child(node, "id")?;
    let extension = id.attribute("extension").map(str::to_owned);
    Some(Id { root: id.attribute("root")?.to_owned(), extension })
}

fn detail_of(node: Node<'_, '_>) -> Option<Detail> {
    let text = |name| child(node, name).map(|one| one.text().unwrap_or_default().to_owned());
    Some(Detail {
        kind: node.attribute("typeCode")?.chars().next()?,
        code: child(node, "code")?.attribute("code")?.to_owned(),
        stage: node.attribute((OWN, "stage")).map(str::to_owned),
        rule: node.attribute((OWN, "rule")).map(str::to_owned),
        text: text("text")?,
        location: text("location"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::national::soap::{self, Version};

    #[test]
    fn an_acknowledgement_comes_back_as_it_was_printed_with_and_without_an_envelope() {
        let told = Acknowledgement {
            id: Id { root: "2.25.1".into(), extension: None },
            created: Instant::from_millis(1_790_000_000_000),
            receiver: Some("1.2.3".into()),
            verdict: Verdict::Error,
            target: Some(Id { root: "1.2.4".into(), extension: Some("7 & <8>".into()) }),
            details: vec![
                Detail {
                    kind: 'E',
                    code: "unknown-code".into(),
                    stage: Some("code-sets".into()),
                    rule: Some("ARC-2".into()),
                    text: "Ei \"tunneta\" & <näin>".into(),
                    location: Some("ClinicalDocument/code/@code".into()),
                },
                Detail { kind: 'I', code: "resent".into(), ..Detail::default() },
            ],
        };
        let printed = write(&told);
        assert_eq!(read(printed.as_bytes()).as_ref(), Some(&told));
        for version in Version::ALL {
            let enveloped = soap::envelope(version, &printed);
            assert_eq!(read(enveloped.as_bytes()).as_ref(), Some(&told));
        }
    }
}
