//! National messages: the real ones, and what becomes of them when one thing in them is changed.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varanto_app::AppError;
use varanto_app::archive::{DocumentQuery, Sent, Taken};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_formats::national::mime;

use crate::corpora::{header_of, load_senders, open_plans_case, sender};
use crate::world::{World, corpora};

/// A real message: the frame with the document in it, and what both say of themselves.
pub(crate) struct Real {
    pub(crate) name: &'static str,
    pub(crate) frame: String,
    pub(crate) document: String,
}

impl Real {
    pub(crate) fn read(name: &'static str) -> Option<Self> {
        let folder = corpora("national-messages")?;
        let text = |what: &str| std::fs::read_to_string(folder.join(format!("{name}-{what}.xml")));
        let frame = text("frame").unwrap();
        let document = text("document-as-signed").unwrap();
        Some(Self { name, frame, document })
    }

    fn header(&self) -> crate::world::Draft {
        let folder: PathBuf = corpora("national-messages").unwrap();
        header_of(&folder.join(format!("{}-document.xml", self.name)))
    }

    pub(crate) fn id(&self) -> Oid {
        self.header().id()
    }

    /// The frame with the document where the corpus has its placeholder, as the nation joins them.
    pub(crate) fn joined(&self) -> Vec<u8> {
        let (start, end) = (self.frame.find("<mimeEncode>"), self.frame.find("</mimeEncode>"));
        let (start, end) = (start.unwrap(), end.unwrap() + "</mimeEncode>".len());
        let body = mime::write(self.document.as_bytes(), self.id().as_str());
        let body = body.replace('<', "&lt;").replace('>', "&gt;");
        format!("{}{body}{}", &self.frame[..start], &self.frame[end..]).into_bytes()
    }

    pub(crate) fn sent(&self) -> Sent {
        Sent { frame: self.joined(), document: None }
    }

    /// The longest run of base64 in an element of the document's body.
    fn base64(&self, name: &str) -> String {
        let xml = roxmltree::Document::parse(&self.document).unwrap();
        let body = xml.descendants().find(|node| node.tag_name().name() == "nonXMLBody").unwrap();
        let node = body.children().find(|node| node.tag_name().name() == name).unwrap();
        let texts = node.children().filter(roxmltree::Node::is_text);
        texts.filter_map(|node| node.text()).max_by_key(|text| text.len()).unwrap().to_owned()
    }

    /// Part of the document's base64, decoded.
    fn decoded(&self, name: &str) -> Vec<u8> {
        STANDARD.decode(self.base64(name).split_whitespace().collect::<String>()).unwrap()
    }

    /// The message with other content in an element of the document's body.
    pub(crate) fn with_content(&self, name: &str, change: impl Fn(String) -> String) -> Self {
        let changed = change(String::from_utf8(self.decoded(name)).unwrap());
        let document = self.document.replace(&self.base64(name), &STANDARD.encode(changed));
        Self { document, frame: self.frame.clone(), name: self.name }
    }
}

/// A world in which the two real messages are welcome, and who sends each.
pub(crate) fn world_of(real: &Real) -> (World, Caller) {
    let world = World::new();
    load_senders(&world);
    let caller = match real.name {
        "plan" => open_plans_case(&world, &real.header()),
        _ => sender(&world, 71),
    };
    (world, caller)
}

pub(crate) fn refused(world: &World, caller: &Caller, sent: Sent) -> Vec<Fault> {
    match world.app.take_message(caller, sent).result {
        Err(AppError::Refused(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

/// ARC-1, D4: the real messages, joined by MIME, are archived, found, and come back byte for byte.
#[test]
fn the_real_messages_are_taken_found_and_given_back_byte_for_byte() {
    for name in ["relationship", "plan"] {
        let Some(real) = Real::read(name) else { return };
        let (world, caller) = world_of(&real);
        let taken = world.app.take_message(&caller, real.sent());
        let Ok(Taken::Archived(archived)) = taken.result else { panic!("{:?}", taken.result) };
        assert!(!archived.resent);
        assert_eq!(archived.receipt.document, real.id());

        let opened = world.app.open_content(&caller, &real.id(), None, Purpose::READ).unwrap();
        let parts = [
            (Part::Structured, real.decoded("json")),
            (Part::View, real.decoded("text")),
            (Part::National, real.document.clone().into_bytes()),
            (Part::Frame, real.joined()),
        ];
        assert_eq!(opened.parts, parts, "{name}");
        let whole: Vec<(Part, &[u8])> =
            parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        archived.receipt.check_content(&whole).unwrap();

        let identity = real.header().text("client.identity_code");
        let query =
            DocumentQuery { client: Some(identifier(&identity)), ..DocumentQuery::default() };
        let found = world.app.find_documents(&caller, &query).unwrap();
        assert!(found.hits.iter().any(|hit| hit.document == real.id()), "{name}");
        assert_eq!(world.damage(), Vec::<String>::new());
        let world = world.reopen();
        let opened =
            world.app.open_content(&caller, &real.id(), Some(Part::National), Purpose::READ);
        assert_eq!(opened.unwrap().parts[0].1, real.document.as_bytes());
    }
}

fn identifier(code: &str) -> varanto_domain::ids::ClientIdentifier {
    use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};
    ClientIdentifier::Code(PersonalIdentityCode::parse(code).unwrap())
}

/// The oddities of the real messages are told, and nothing else is.
#[test]
fn the_oddities_of_the_real_messages_are_remarks() {
    let told = |name: &'static str| {
        let real = Real::read(name)?;
        let (world, caller) = world_of(&real);
        let remarks = world.app.take_message(&caller, real.sent()).remarks;
        let told = remarks.iter().map(|remark| (remark.code(), remark.element.clone()));
        Some(told.collect::<Vec<_>>())
    };
    let Some(relationship) = told("relationship") else { return };
    let owned = |told: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        told.iter().map(|(code, element)| (*code, (*element).to_owned())).collect()
    };
    assert_eq!(relationship, owned(&[("missing-element", "RCMR_IN200002FI01/versionCode")]));
    assert_eq!(
        told("plan").unwrap(),
        owned(&[
            ("missing-element", "RCMR_IN200002FI01/controlActProcess/code/@code"),
            (
                "forbidden-element",
                "ClinicalDocument/componentOf/encompassingEncounter/id/@nullFlavor"
            ),
            ("disagreement", "written_at"),
            ("disagreement", "language"),
        ])
    );
}

/// ARC-1: the same document in a new frame is the same document; with one byte changed it is another.
#[test]
fn a_document_sent_again_in_another_frame_is_answered_as_archived() {
    let Some(real) = Real::read("relationship") else { return };
    let (world, caller) = world_of(&real);
    assert!(world.app.take_message(&caller, real.sent()).result.is_ok());
    let mut sent = real.sent();
    sent.frame =
        String::from_utf8(sent.frame).unwrap().replace("10037140046", "10037140047").into();
    let Ok(Taken::Archived(again)) = world.app.take_message(&caller, sent).result else { panic!() };
    assert!(again.resent);
    // The header is not signed, so this is another document only to those who compare bytes.
    let other = Real { document: real.document.replace("11.7.0", "11.7.1"), ..real };
    let answer = world.app.take_message(&caller, other.sent()).result;
    assert!(matches!(
        answer,
        Err(AppError::DuplicateWithOtherBytes { differs, .. }) if differs == ["metadata", "national"]
    ));
}

/// The pair in two parts is the same message as the document inside the frame.
#[test]
fn a_document_beside_its_frame_is_taken_too() {
    let Some(real) = Real::read("relationship") else { return };
    let (world, caller) = world_of(&real);
    let sent = Sent {
        frame: real.frame.clone().into_bytes(),
        document: Some(real.document.clone().into_bytes()),
    };
    assert!(world.app.take_message(&caller, sent).result.is_ok());
    let alone = Sent { frame: real.frame.clone().into_bytes(), document: None };
    let faults = refused(&world, &caller, alone);
    assert_eq!((faults[0].code(), faults.len()), ("missing-element", 1));
}
