//! A real message with one thing changed: each change is refused in its stage, at its place, for its
//! rule, and for nothing else.

use varanto_app::archive::Sent;
use varanto_domain::faults::{Fault, Stage};

use crate::national::{Real, refused, world_of};

/// Where a change is made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum In {
    Frame,
    /// The MIME text in the frame.
    Mime,
    Document,
    /// The structured content, in base64 in the document.
    Json,
    /// The view, in base64 in the document.
    View,
}

/// What a change is found as: stage, code, place, rule.
type Found = (&'static str, &'static str, &'static str, &'static str);

struct Mutation {
    place: In,
    from: &'static str,
    to: &'static str,
    found: &'static [Found],
}

const fn m(place: In, from: &'static str, to: &'static str, found: &'static [Found]) -> Mutation {
    Mutation { place, from, to, found }
}

/// Each change and every fault that it is found as. `{frame}`, `{copy}`, `{social}` and `{json}` stand
/// for the frame's root, its copy of the metadata, the header of social welfare and the content's root.
#[rustfmt::skip]
const MUTATIONS: &[Mutation] = &[
    m(In::Frame, "</RCMR_IN200002FI01>", "", &[
        ("well-formed", "not-xml", "frame", "nat 1.2"),
    ]),
    m(In::Frame, "<RCMR_IN", "<!DOCTYPE a [<!ENTITY b 'c'>]><RCMR_IN", &[
        ("well-formed", "not-xml", "frame", "nat 1.2"),
    ]),
    m(In::Frame, "<priorityCode code=\"R\" />", "&b;", &[
        ("well-formed", "not-xml", "frame", "nat 1.2"),
    ]),
    m(In::Frame, "urn:hl7-org:v3", "urn:hl7-org:v2", &[
        ("frame", "unknown-element", "{frame}", "nat 3.2"),
    ]),
    m(In::Frame, "ITSVersion=\"XML_1.0\"", "ITSVersion=\"XML_1.1\"", &[
        ("frame", "wrong-value", "{frame}/@ITSVersion", "nat 3.1"),
    ]),
    m(In::Frame, "value=\"20260323105430+0200\"", "value=\"2026-03-23\"", &[
        ("frame", "wrong-form", "{frame}/creationTime/@value", "nat 3.1"),
    ]),
    m(In::Frame, "V3-2006", "V3-2005", &[
        ("frame", "wrong-value", "{frame}/versionCode/@code", "nat 3.1"),
    ]),
    m(In::Frame, "<interactionId extension=\"RCMR_IN200002FI01\"", "<interactionId extension=\"RCMR_IN200016FI01\"", &[
        ("frame", "wrong-value", "{frame}/interactionId/@extension", "nat 3.1"),
    ]),
    m(In::Frame, "<processingCode code=\"D\" />", "", &[
        ("frame", "missing-element", "{frame}/processingCode", "nat 3.1"),
    ]),
    m(In::Frame, "<acceptAckCode code=\"ER\" />", "<acceptAckCode code=\"NO\" />", &[
        ("frame", "wrong-value", "{frame}/acceptAckCode/@code", "nat 3.1"),
    ]),
    m(In::Frame, "1.2.246.556.18007.2", "1.2.246.556.18007.3", &[
        ("frame", "wrong-value", "{frame}/receiver/device/id/@root", "nat 3.1"),
    ]),
    m(In::Frame, "<id root=\"1.2.246.10.2012566.10.40\" />\n\t\t</device>", "<id root=\"1.2.246.10.32213561.10.0\" />\n\t\t</device>", &[
        ("frame", "not-own-register", "{frame}/sender/device/id/@root", "nat 3.1"),
    ]),
    m(In::Frame, "<id root=\"1.2.246.10.2012566.10.40\" />\n\t\t</device>", "<id root=\"1.2.246..10\" />\n\t\t</device>", &[
        ("frame", "not-an-oid", "{frame}/sender/device/id/@root", "nat 3.1"),
    ]),
    m(In::Frame, "2.16.840.1.113883.1.18", "2.16.840.1.113883.1.19", &[
        ("frame", "wrong-value", "{frame}/controlActProcess/code/@codeSystem", "nat 3.1"),
    ]),
    m(In::Frame, "code=\"SP17\"", "code=\"SP1\"", &[
        ("frame", "disagreement", "{frame}/controlActProcess/reasonCode/@code", "nat 3.3"),
    ]),
    m(In::Frame, "1.2.246.537.6.1503.201601", "1.2.246.537.6.1504.201601", &[
        ("frame", "wrong-code-system", "{frame}/controlActProcess/reasonCode/@codeSystem", "nat 3.1"),
        ("frame", "missing-element", "{frame}/controlActProcess/reasonCode[@codeSystem=1.2.246.537.6.1503]", "nat 3.1"),
        ("frame", "disagreement", "{frame}/controlActProcess/reasonCode/@code", "nat 3.3"),
    ]),
    m(In::Frame, "<statusCode code=\"COMPLETED\" />", "<statusCode code=\"COMPLETED\" /><statusCode code=\"COMPLETED\" />", &[
        ("frame", "duplicate-member", "{copy}/statusCode", "nat 3.1"),
    ]),
    m(In::Frame, "<versionNumber value=\"1\" />", "<versionNumber value=\"2\" />", &[
        ("frame", "disagreement", "{copy}/versionNumber/@value", "nat 9"),
    ]),
    m(In::Frame, "<setId root=\"1.2.246.10.2012566.95.2026.688883.2655274\" />", "<setId root=\"1.2.246.10.2012566.95.2026.688883.1\" />", &[
        ("frame", "disagreement", "{copy}/setId/@root", "nat 9"),
    ]),
    m(In::Frame, "code=\"COMPLETED\"", "code=\"ACTIVE\"", &[
        ("frame", "wrong-value", "{copy}/statusCode/@code", "nat 3.1"),
    ]),
    m(In::Frame, "code=\"COMPLETED\"", "code=\"NULLIFIED\"", &[
        ("frame", "forbidden-element", "{copy}", "nat 3.1"),
    ]),
    m(In::Frame, "<confidentialityCode code=\"6\"", "<confidentialityCode code=\"5\"", &[
        ("frame", "disagreement", "{copy}/confidentialityCode/@code", "nat 9"),
    ]),
    m(In::Frame, "180418A903L", "200111A904P", &[
        ("frame", "disagreement", "{copy}/recordTarget/patient/id/@extension", "nat 9"),
    ]),
    m(In::Frame, "<family>Sosh-Aik</family>", "<family>Sosh</family>", &[
        ("frame", "disagreement", "{copy}/recordTarget/patient/patientPerson/name/family", "nat 9"),
    ]),
    m(In::Frame, "<birthTime value=\"20180418\" />", "<birthTime value=\"20180419\" />", &[
        ("frame", "disagreement", "{copy}/recordTarget/patient/patientPerson/birthTime/@value", "nat 9"),
    ]),
    m(In::Mime, "multipart/related; boundary", "multipart/mixed; boundary", &[
        ("mime", "not-mime", "{copy}/text", "nat 3.1"),
    ]),
    m(In::Mime, "BASE64", "8bit", &[
        ("mime", "not-mime", "{copy}/text", "nat 3.1"),
    ]),
    m(In::Mime, "Content-ID: <1.2.246.10.2012566.95.2026.688883.2655274>", "Content-ID: <1.2.3>", &[
        ("mime", "disagreement", "{copy}/text", "nat 3.1"),
    ]),
    m(In::Document, "</ClinicalDocument>", "", &[
        ("well-formed", "not-xml", "ClinicalDocument", "nat 1.2"),
    ]),
    m(In::Document, "<ClinicalDocument", "<!DOCTYPE a><ClinicalDocument", &[
        ("well-formed", "not-xml", "ClinicalDocument", "nat 1.2"),
    ]),
    m(In::Document, "encoding='UTF-8'", "encoding='ISO-8859-1'", &[
        ("well-formed", "not-xml", "ClinicalDocument", "nat 1.2"),
    ]),
    m(In::Document, "<realmCode code=\"FI\"/>", "<realmCode code=\"SE\"/>", &[
        ("header", "wrong-value", "ClinicalDocument/realmCode/@code", "nat 2.1"),
    ]),
    m(In::Document, "<realmCode code=\"FI\"/>", "<realmCode code=\"FI\"/><templateId root=\"1.2\"/>", &[
        ("header", "unknown-element", "ClinicalDocument/templateId", "nat 2.1"),
    ]),
    m(In::Document, "<languageCode code=\"FI\"/>", "<languageCode code=\"FI\"/><languageCode code=\"SV\"/>", &[
        ("header", "duplicate-member", "ClinicalDocument/languageCode", "nat 2.1"),
    ]),
    m(In::Document, "<effectiveTime value=\"20260323105424+0200\"/>", "<effectiveTime value=\"20260323\"/>", &[
        ("header", "wrong-form", "ClinicalDocument/effectiveTime/@value", "ARC-2"),
    ]),
    m(In::Document, "<effectiveTime value=\"20260323105424+0200\"/>", "<effectiveTime value=\"20960323105424+0200\"/>", &[
        ("header", "wrong-time", "ClinicalDocument/effectiveTime/@value", "ARC-2"),
    ]),
    m(In::Document, "<confidentialityCode code=\"6\"", "<confidentialityCode code=\"1\"", &[
        ("frame", "disagreement", "{copy}/confidentialityCode/@code", "nat 9"),
        ("header", "wrong-value", "ClinicalDocument/confidentialityCode/@code", "ARC-2"),
    ]),
    m(In::Document, "code=\"15\" codeSystem=\"1.2.246.537.6.1506.201701\"", "code=\"15\" codeSystem=\"1.2.246.537.6.1507.201701\"", &[
        ("code-sets", "wrong-code-system", "ClinicalDocument/code/@codeSystem", "nat 2.1"),
    ]),
    m(In::Document, "code=\"15007\"", "code=\"99999\"", &[
        ("header", "disagreement", "{social}/contentSpecificationId", "nat 9"),
    ]),
    m(In::Document, "root=\"1.2.246.21\" extension=\"180418A903L\"", "root=\"1.2.246.21\" extension=\"180418A903M\"", &[
        ("frame", "disagreement", "{copy}/recordTarget/patient/id/@extension", "nat 9"),
        ("header", "identity-code-check", "ClinicalDocument/recordTarget/patientRole/id/@extension", "nat 2.4"),
    ]),
    m(In::Document, "1.2.246.537.26", "1.2.246.537.27", &[
        ("header", "wrong-value", "ClinicalDocument/author/assignedAuthor/id/@root", "nat 2.1"),
    ]),
    m(In::Document, "<ep2:documentGroup code=\"5\"", "<ep2:documentGroup code=\"4\"", &[
        ("frame", "disagreement", "{frame}/controlActProcess/reasonCode/@code", "nat 3.3"),
        ("header", "forbidden-element", "{social}/contentSpecificationId", "ARC-2"),
        ("header", "forbidden-element", "{social}/structuredFileFormat/@code", "ARC-2"),
        ("header", "forbidden-element", "{social}/inaccessibleArgument/@code", "ARC-2"),
        ("header", "forbidden-element", "{social}/authorizationRestrictionArgument", "ARC-2"),
        ("header", "wrong-parts", "parts", "ARC-1"),
    ]),
    m(In::Document, "<ep2:fileFormat code=\"2\"", "<ep2:fileFormat code=\"1\"", &[
        ("header", "wrong-value", "{social}/fileFormat/@code", "ARC-2"),
    ]),
    m(In::Document, "code=\"24\" displayName", "code=\"77\" displayName", &[
        ("code-sets", "unknown-code", "{social}/functionCode/@code", "ARC-2"),
    ]),
    m(In::Document, "code=\"24\" displayName", "code=\"25\" displayName", &[
        ("references", "service-task-differs", "{social}/functionCode/@code", "nat 9"),
    ]),
    m(In::Document, "<ep2:recordStatus code=\"3\"", "<ep2:recordStatus code=\"1\"", &[
        ("header", "wrong-value", "{social}/recordStatus/@code", "ARC-2"),
    ]),
    m(In::Document, "<ep2:contentSpecificationId>1.2.246.537.6.1506.15007.2024.11.28", "<ep2:contentSpecificationId>1.2.246.537.6.1506.15007.2014.11.28", &[
        ("json-schema", "unknown-structure", "{social}/contentSpecificationId", "ARC-5"),
    ]),
    m(In::Document, "Sosiaalihuollon palveluprosessi</ep2:type>", "Jokin muu</ep2:type>", &[
        ("header", "wrong-phrase", "{social}/serviceProcess/type", "nat 2.1"),
    ]),
    m(In::Document, "<statusCode code=\"completed\"/>", "<statusCode code=\"active\"/>", &[
        ("header", "wrong-value", "ClinicalDocument/authorization/consent/statusCode/@code", "nat 2.1"),
    ]),
    m(In::Document, "1.2.246.10.2012566.95.2026.778465.646", "1.2.246.10.2012566.95.2026.778465.647", &[
        ("references", "unknown-case", "ClinicalDocument/componentOf/encompassingEncounter/id/@root", "ARC-7"),
    ]),
    m(In::Document, "representation=\"B64\"", "representation=\"TXT\"", &[
        ("mime", "wrong-value", "ClinicalDocument/component/nonXMLBody/text/@representation", "nat 1.2"),
    ]),
    m(In::Document, "mediaType=\"application/xhtml+xml\"", "mediaType=\"text/html\"", &[
        ("mime", "wrong-value", "ClinicalDocument/component/nonXMLBody/text/@mediaType", "nat 1.2"),
    ]),
    m(In::Document, "nonXMLBody ID=\"OID1.2.246.10.2012566.95.2026.688883.2655274\"", "nonXMLBody ID=\"OID1.2.3\"", &[
        ("mime", "disagreement", "ClinicalDocument/component/nonXMLBody/@ID", "nat 1.2"),
    ]),
    m(In::Document, "eyAibGFwc", "!yAibGFwc", &[
        ("mime", "not-base64", "ClinicalDocument/component/nonXMLBody/json", "nat 1.2"),
        ("header", "forbidden-element", "{social}/contentSpecificationId", "ARC-2"),
        ("header", "forbidden-element", "{social}/structuredFileFormat/@code", "ARC-2"),
    ]),
    m(In::Json, "\"etunimet\": \"Kanta-Hakuat\", ", "", &[
        ("json-schema", "missing-element", "{json}/asiakas/0/etunimet", "1506.15007 row 3"),
    ]),
    m(In::Json, "\"sukunimi\"", "\"sukunim\"", &[
        ("json-schema", "unknown-element", "{json}/asiakas/0/sukunim", "1506.15007 row 1"),
        ("json-schema", "missing-element", "{json}/asiakas/0/sukunimi", "1506.15007 row 2"),
    ]),
    m(In::Json, "\"selvitys_oikeuksista\": true", "\"selvitys_oikeuksista\": \"true\"", &[
        ("json-schema", "wrong-type", "{json}/suunnitelma/selvitys_oikeuksista", "1506.15007 row 30"),
    ]),
    m(In::Json, "1.2.246.537.6.1222.201601", "1.2.246.537.6.1223.201601", &[
        ("json-schema", "wrong-code-system", "{json}/suunnitelma/palvelut_joita_asiakkaalle_suunnitellaan/0/sosiaalipalvelu/system", "1506.15007 row 22"),
    ]),
    m(In::Json, "\"paivamaara\": \"2026-03-23\"", "\"paivamaara\": \"2026-13-23\"", &[
        ("json-schema", "wrong-form", "{json}/paivamaara", "1506.15007 row 42"),
    ]),
    m(In::Json, "\"value\": \"180418A903L\"", "\"value\": \"180418A903M\"", &[
        ("conditional-rules", "identity-code-check", "{json}/asiakas/0/henkilotunnus/value", "1506.15007 row 4"),
        ("conditional-rules", "disagreement", "{json}/asiakas", "nat 9"),
    ]),
    m(In::Json, "\"value\": \"180418A903L\"", "\"value\": \"200111A904P\"", &[
        ("conditional-rules", "disagreement", "{json}/asiakas", "nat 9"),
    ]),
    m(In::Json, "] } }", "] }", &[
        ("json-schema", "not-json", "structured:", "ARC-5"),
    ]),
    m(In::Json, "\"paikka\": \"ASDsad\"", "\"paikka\": \"A\", \"paikka\": \"B\"", &[
        ("json-schema", "duplicate-member", "{json}/suunnitelma/suunnitelman_tarkistaminen/paikka", "ARC-5"),
    ]),
    m(In::View, "<p>aasdasd</p>", "<script>x()</script>", &[
        ("view", "forbidden-markup", "view:/div/div[2]/div[2]/div/div/script", "ARC-1"),
    ]),
    m(In::View, "src=\"data:image/png", "src=\"https://example.fi/", &[
        ("view", "outside-reference", "view:/div/div[1]/div[1]/img/@src", "ARC-1"),
    ]),
    m(In::View, "id=\"OID1.2.246.10.2012566.95.2026.688883.2655274\"", "id=\"OID1.2.3\"", &[
        ("view", "disagreement", "view:/div/@id", "ARC-1"),
    ]),
    m(In::View, "<p>aasdasd</p>", "<p>aasdasd", &[
        ("view", "not-xhtml", "view:", "ARC-1"),
    ]),
    m(In::Frame, "code=\"COMPLETED\"", "code=\"NULLIFIED \"", &[
        ("frame", "wrong-value", "{copy}/statusCode/@code", "nat 3.1"),
    ]),
    m(In::Frame, "<authorOrPerformer", "<reasonCode code=\"1\" codeSystem=\"2.25.65299515683966277082831118678117645030\"/><authorOrPerformer", &[
        ("frame", "wrong-value", "{copy}/statusCode/@code", "nat 3.1"),
    ]),
    m(In::Frame, "<id nullFlavor=\"NA\" />", "<id root=\"1.2.246.10.2012566.95.2026.778465.1\" />", &[
        ("frame", "disagreement", "{copy}/componentOf/encounterEvent/id/@root", "nat 9"),
    ]),
    m(In::Frame, "<given qualifier=\"CL\">Kanta-Hakuat", "<given qualifier=\"CL\">Aino", &[
        ("frame", "disagreement", "{copy}/recordTarget/patient/patientPerson/name/given[@qualifier=CL]", "nat 9"),
    ]),
    m(In::Frame, "<id extension=\"180418A903L\" root", "<id root", &[
        ("frame", "missing-element", "{copy}/recordTarget/patient/id/@extension", "nat 3.1"),
    ]),
    m(In::Document, "<id root=\"1.2.246.10.2012566.95.2026.688883.2655274\"/>", "<id root=\"1.2.246.10.2012566.95.2026.688883.2655274\" extension=\"1\"/>", &[
        ("header", "forbidden-element", "ClinicalDocument/id/@extension", "nat 2.1"),
    ]),
    m(In::Document, "<patient><name>", "<guardian/><patient><name>", &[
        ("header", "unknown-element", "ClinicalDocument/recordTarget/patientRole/guardian", "nat 2.1"),
    ]),
    m(In::Document, "<encounterParticipant typeCode=\"ADM\">", "<encounterParticipant typeCode=\"ATND\"/><encounterParticipant typeCode=\"ADM\">", &[
        ("header", "wrong-value", "ClinicalDocument/componentOf/encompassingEncounter/encounterParticipant/@typeCode", "nat 2.1"),
    ]),
];

fn mutated(real: &Real, mutation: &Mutation) -> Sent {
    let change = |text: &str| {
        assert!(text.contains(mutation.from), "{:?} {}", mutation.place, mutation.from);
        text.replacen(mutation.from, mutation.to, 1)
    };
    let (frame, document, name) = (real.frame.clone(), real.document.clone(), real.name);
    let changed = match mutation.place {
        In::Frame => Real { frame: change(&real.frame), document, name },
        In::Document => Real { frame, document: change(&real.document), name },
        In::Json => real.with_content("json", |text| change(&text)),
        In::View => real.with_content("text", |text| change(&text)),
        In::Mime => {
            let joined = real.joined();
            let text = String::from_utf8(joined).unwrap().replace("&lt;", "<").replace("&gt;", ">");
            let (head, rest) = text.split_once("<text mediaType=\"multipart/related\">").unwrap();
            let (body, tail) = rest.split_once("</text>").unwrap();
            let body = change(body).replace('<', "&lt;").replace('>', "&gt;");
            let text = format!("{head}<text mediaType=\"multipart/related\">{body}</text>{tail}");
            return Sent { frame: text.into_bytes(), ..Sent::default() };
        }
    };
    changed.sent()
}

/// Whether a mutation changes what the signatures cover.
fn is_signed(real: &Real, mutation: &Mutation) -> bool {
    let signed = |document: &str| {
        let (_, rest) = document.split_once("<nonXMLBody").unwrap_or_default();
        rest.split_once("</nonXMLBody>").unwrap_or_default().0.to_owned()
    };
    match mutation.place {
        In::Json | In::View => true,
        In::Frame | In::Mime => false,
        In::Document => {
            signed(&real.document.replacen(mutation.from, mutation.to, 1)) != signed(&real.document)
        }
    }
}

const SHORT: [(&str, &str); 4] = [
    ("RCMR_IN200002FI01/controlActProcess/subject/clinicalDocument", "{copy}"),
    ("RCMR_IN200002FI01", "{frame}"),
    ("ClinicalDocument/localSocialHeader", "{social}"),
    ("structured:/lapsiperheiden_palvelujen_asiakassuunnitelma", "{json}"),
];

fn told(fault: &Fault) -> (&'static str, &'static str, String, String) {
    let place = fault.path.as_deref().unwrap_or(&fault.element);
    let short = SHORT
        .iter()
        .find_map(|(long, short)| place.strip_prefix(long).map(|rest| format!("{short}{rest}")));
    let place = short.unwrap_or_else(|| place.to_owned());
    (fault.stage.map_or("", Stage::code), fault.code(), place, fault.rule.to_string())
}

fn expected(mutation: &Mutation) -> Vec<(&'static str, &'static str, String, String)> {
    let found = mutation.found.iter();
    found
        .map(|(stage, code, place, rule)| (*stage, *code, (*place).into(), (*rule).into()))
        .collect()
}

/// ARC-2, ARC-5, ARC-7: nothing of a faulty message is kept, and whoever sent it can find the fault.
#[test]
fn each_of_many_single_mutations_is_refused_with_its_stage_place_and_rule() {
    assert!(MUTATIONS.len() >= 40);
    let Some(real) = Real::read("plan") else { return };
    let (world, caller) = world_of(&real);
    let before = world.app.contents().unwrap().versions;
    for mutation in MUTATIONS {
        let faults = refused(&world, &caller, mutated(&real, mutation));
        // What was changed after signing is told as such too, and only then.
        let (broken, others): (Vec<&Fault>, Vec<&Fault>) =
            faults.iter().partition(|fault| fault.stage == Some(Stage::Signature));
        assert_eq!(!broken.is_empty(), is_signed(&real, mutation), "{} {broken:?}", mutation.from);
        let found: Vec<_> = others.into_iter().map(told).collect();
        let place = mutation.place;
        assert_eq!(found, expected(mutation), "{place:?}: {} -> {}", mutation.from, mutation.to);
    }
    assert_eq!(world.app.contents().unwrap().versions, before);
    assert!(world.app.take_message(&caller, real.sent()).result.is_ok());
    // What is archived stays so, and does not hide that another message asks for something else.
    for mutation in MUTATIONS.iter().filter(|one| matches!(one.place, In::Frame | In::Mime)) {
        let found = refused(&world, &caller, mutated(&real, mutation));
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected(mutation));
    }
}
