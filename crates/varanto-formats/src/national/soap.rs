//! SOAP 1.1 and 1.2: the envelope around a frame, and around the answer.

use roxmltree::Node;
use varanto_domain::faults::{Fault, FaultKind, Stage};

use super::print::Printer;
use super::reading::shown;

/// A version of SOAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// SOAP 1.1, `text/xml`.
    V11,
    /// SOAP 1.2, `application/soap+xml`.
    V12,
}

impl Version {
    /// Both versions.
    pub const ALL: [Self; 2] = [Self::V11, Self::V12];

    /// The namespace of its envelope.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The media type of its messages.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml",
            Self::V12 => "application/soap+xml",
        }
    }
}

/// A fault of the envelope, with the version to answer in.
pub(super) type Refused = Box<(Fault, Option<Version>)>;

/// The element that an envelope holds, and the envelope's version; the element itself when there is
/// no envelope.
///
/// # Errors
/// The fault of the envelope.
pub(super) fn payload<'a, 'i>(
    root: Node<'a, 'i>,
) -> Result<(Node<'a, 'i>, Option<Version>), Refused> {
    if root.tag_name().name() != "Envelope" {
        return Ok((root, None));
    }
    let space = root.tag_name().namespace();
    let fault = |kind, place: &str| Fault::new(kind, place, "SOAP").at(Stage::Frame);
    let Some(version) = Version::ALL.into_iter().find(|one| space == Some(one.namespace())) else {
        let known = Version::ALL.map(Version::namespace).join(", ");
        let fault = fault(FaultKind::WrongValue, "Envelope/@xmlns").arg("expected", known);
        return Err(Box::new((fault, None)));
    };
    let refuse = |fault| Err(Box::new((fault, Some(version))));
    let inside = |name: &'static str| {
        root.children().filter(move |child| {
            child.is_element()
                && child.tag_name().name() == name
                && child.tag_name().namespace() == space
        })
    };
    let must = inside("Header").flat_map(|header| header.children()).find(|entry| {
        matches!(entry.attribute((version.namespace(), "mustUnderstand")), Some("1" | "true"))
    });
    if let Some(entry) = must {
        let place = format!("Envelope/Header/{}", shown(entry.tag_name().name()));
        return refuse(fault(FaultKind::HeaderNotUnderstood, &place));
    }
    let mut bodies = inside("Body");
    let (Some(body), None) = (bodies.next(), bodies.next()) else {
        return refuse(fault(FaultKind::MissingElement, "Envelope/Body").arg("name", "Body"));
    };
    let mut payload = body.children().filter(Node::is_element);
    match (payload.next(), payload.next()) {
        (Some(payload), None) => Ok((payload, Some(version))),
        (None, _) => {
            refuse(fault(FaultKind::MissingElement, "Envelope/Body/*").arg("name", "Body"))
        }
        _ => refuse(fault(FaultKind::DuplicateMember, "Envelope/Body/*")),
    }
}

/// An envelope around XML that was printed before.
#[must_use]
pub fn envelope(version: Version, xml: &str) -> String {
    let inner = xml.split_once("?>").map_or(xml, |(_, rest)| rest.trim_start());
    let mut out = Printer::new();
    out.open("soap:Envelope", &[("xmlns:soap", version.namespace())])
        .open("soap:Body", &[])
        .raw(inner)
        .close("soap:Body")
        .close("soap:Envelope");
    out.finish()
}

/// Whose fault it is that there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The message cannot be read.
    Sender,
    /// The envelope has a header that must be understood, and is not.
    MustUnderstand,
    /// The archive failed; the same message may do later.
    Receiver,
}

/// A SOAP fault.
#[must_use]
pub fn fault(version: Version, blame: Blame, code: &str, text: &str) -> String {
    let mut out = Printer::new();
    out.open("soap:Envelope", &[("xmlns:soap", version.namespace())]).open("soap:Body", &[]);
    out.open("soap:Fault", &[]);
    match version {
        Version::V11 => {
            let blame = match blame {
                Blame::Sender => "soap:Client",
                Blame::MustUnderstand => "soap:MustUnderstand",
                Blame::Receiver => "soap:Server",
            };
            out.text("faultcode", blame).text("faultstring", text);
            out.open("detail", &[]);
        }
        Version::V12 => {
            let blame = match blame {
                Blame::Sender => "soap:Sender",
                Blame::MustUnderstand => "soap:MustUnderstand",
                Blame::Receiver => "soap:Receiver",
            };
            out.open("soap:Code", &[]).text("soap:Value", blame).close("soap:Code");
            out.open("soap:Reason", &[])
                .open("soap:Text", &[("xml:lang", "fi")])
                .put(text)
                .close("soap:Text")
                .close("soap:Reason");
            out.open("soap:Detail", &[]);
        }
    }
    out.open("code", &[("xmlns", super::OWN)]).put(code).close("code");
    out.close(if version == Version::V11 { "detail" } else { "soap:Detail" });
    out.close("soap:Fault").close("soap:Body").close("soap:Envelope");
    out.finish()
}
