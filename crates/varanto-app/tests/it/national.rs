//! National messages: the real ones, and what becomes of them when one thing in them is changed.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varanto_app::AppError;
use varanto_app::archive::{CheckOptions, DocumentQuery, Sent, Taken, check_message};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::time::Clock;
use varanto_formats::national::frame::{self, Id, NewFrame, Nullification};
use varanto_formats::national::{document, mime};

use crate::corpora::{header_of, load_senders, open_plans_case, sender};
use crate::world::{COUNTY, World, client, corpora, oid};

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
        Sent { frame: self.joined(), ..Sent::default() }
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
    assert_eq!(
        relationship,
        owned(&[
            ("missing-element", "RCMR_IN200002FI01/versionCode"),
            ("certificate-ended-since", "signature:1:certificate"),
            ("issuer-not-trusted", "signature:1:certificate"),
        ])
    );
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
            ("issuer-not-trusted", "signature:1:certificate"),
            ("issuer-not-trusted", "signature:2:certificate"),
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
        ..Sent::default()
    };
    assert!(world.app.take_message(&caller, sent).result.is_ok());
    let alone = Sent { frame: real.frame.clone().into_bytes(), ..Sent::default() };
    let faults = refused(&world, &caller, alone);
    assert_eq!((faults[0].code(), faults.len()), ("missing-element", 1));
}

/// A document of the world as its own system would send it: in a frame of the nation's.
fn message_of(world: &World, draft: &crate::world::Draft) -> Vec<u8> {
    let submission = draft.submission();
    let (metadata, _) = varanto_formats::metadata::read(&submission.metadata).unwrap();
    let registry = world.app.registry();
    let parts = submission.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice()));
    let parts: Vec<(Part, &[u8])> = parts.collect();
    let document = document::write(&metadata, &parts, registry.code_sets(), None);
    let county = oid(COUNTY);
    frame::write(&new_frame(world, &county), &metadata, document.as_bytes()).into_bytes()
}

fn new_frame<'a>(world: &World, county: &'a Oid) -> NewFrame<'a> {
    NewFrame {
        id: Id { root: format!("{COUNTY}.95"), extension: Some("1".to_owned()) },
        created: world.clock.now(),
        sender: county,
        user: ("Testi", "Tekijä"),
        unit: (county, "Suvannon hyvinvointialue"),
    }
}

/// The frame that asks to invalidate a document of the world.
fn nullification_of(world: &World, draft: &crate::world::Draft, reason: &str) -> Sent {
    let submission = draft.submission();
    let (metadata, _) = varanto_formats::metadata::read(&submission.metadata).unwrap();
    let why =
        Nullification { reason: reason.to_owned(), explanation: Some("Väärä.".to_owned()) };
    let county = oid(COUNTY);
    let frame = frame::write_nullification(&new_frame(world, &county), &metadata, &why);
    Sent { frame: frame.into_bytes(), ..Sent::default() }
}

fn codes(faults: &[Fault]) -> Vec<(&'static str, String)> {
    faults.iter().map(|fault| (fault.code(), fault.element.clone())).collect()
}

/// ARC-3: a version is replaced by message, with a reason of the nation's own set, and invalidated by
/// message; a frame that names another client, set or number than the version has is refused.
#[test]
fn a_version_is_replaced_and_invalidated_by_message() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let county = world.county();
    let first = world.note(&dossier);
    let take =
        |frame: Vec<u8>| world.app.take_message(&county, Sent { frame, ..Sent::default() }).result;
    assert!(matches!(take(message_of(&world, &first)), Ok(Taken::Archived(_))));
    let second = world
        .next_version(&first)
        .set("replaces.reason", "7")
        .set("replaces.reason_set", "1.2.246.537.6.9999.201901");
    let taken = take(message_of(&world, &second));
    assert!(matches!(taken, Ok(Taken::Archived(_))), "{taken:?}");
    let kept = world.app.open_document(&county, &second.id(), Purpose::READ).unwrap();
    assert!(kept.metadata.contains("1.2.246.537.6.9999.201901"), "{}", kept.metadata);

    let versions = || world.app.list_versions(&county, &first.id(), Purpose::READ).unwrap();
    let other = world.note(&world.open_case(&client(2)));
    world.archive(&other);
    let misled = |sent: &Sent, wanted: &[(&str, &str)]| {
        let found = codes(&refused(&world, &county, sent.clone()));
        let found: Vec<_> = found.iter().map(|(code, element)| (*code, element.as_str())).collect();
        assert_eq!(found, wanted);
        let checked = world.app.check_message(&county, sent).unwrap();
        assert_eq!(codes(&checked.faults).len(), wanted.len());
    };
    // The frame speaks of the first document, and names the other one.
    let mixed = first.clone().set("document_id", other.text("document_id"));
    misled(
        &nullification_of(&world, &mixed, "4"),
        &[
            ("disagreement", "set_id"),
            ("disagreement", "client.family_name"),
            ("disagreement", "client.birth_date"),
            ("disagreement", "client.identity_code"),
        ],
    );
    misled(&nullification_of(&world, &second, "77"), &[("unknown-code", "reason")]);
    let mut sent = nullification_of(&world, &second, "4");
    let text = String::from_utf8(sent.frame.clone()).unwrap();
    sent.frame = text.replacen("<statusCode", "<text/><statusCode", 1).into_bytes();
    let found = codes(&refused(&world, &county, sent));
    assert_eq!(found[0].0, "forbidden-element");
    assert_eq!(versions().versions.len(), 2);

    let sent = nullification_of(&world, &second, "4");
    let checked = world.app.check_message(&county, &sent).unwrap();
    assert_eq!(codes(&checked.faults), []);
    assert_eq!(versions().versions.len(), 2);
    let taken = world.app.take_message(&county, sent.clone()).result;
    assert!(matches!(taken, Ok(Taken::Invalidated(id)) if id == second.id()));
    assert_eq!(versions().versions.len(), 1);
    let again = world.app.take_message(&county, sent.clone()).result.unwrap_err();
    assert!(matches!(again, AppError::AlreadyInvalidated(_)));
    let again = world.app.check_message(&county, &sent).unwrap_err();
    assert!(matches!(again, AppError::AlreadyInvalidated(_)));
    let unknown = nullification_of(&world, &first.clone().set("document_id", world.new_oid()), "4");
    let unknown = world.app.check_message(&county, &unknown).unwrap_err();
    assert!(matches!(unknown, AppError::NotFound));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-1: a document without anything that would tell what it is has faults, and not none.
#[test]
fn an_empty_document_is_not_sound() {
    let world = World::new();
    let document = br#"<ClinicalDocument xmlns="urn:hl7-org:v3"><realmCode code="FI"/>
        <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
        <recordTarget><patientRole/></recordTarget><localSocialHeader xmlns="urn:hl7finland"/>
        <component><nonXMLBody ID="x"><text mediaType="application/xhtml+xml" representation="B64"/>
        </nonXMLBody></component></ClinicalDocument>"#;
    let (registry, county) = (world.app.registry(), world.county());
    let pdf = varanto_app::archive::PdfRules::default();
    let (now, signatures) = (world.clock.now(), &*world.app.signature_trust());
    let options = CheckOptions { now, caller: Some(&county), pdf: &pdf, signatures };
    let checked = check_message(None, Some(document), &registry, &options);
    let found = codes(&checked.faults);
    assert!(found.contains(&("missing-element", "group".to_owned())), "{found:?}");
}
