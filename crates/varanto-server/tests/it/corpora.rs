//! Real files, archived over REST: the two national messages, and PDF/A files of others.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::ids::Oid;
use varanto_kit::county::{Event, Made};
use varanto_kit::http::{Connection, Multipart};
use varanto_server::config::{Level, PdfA};

use crate::house::{House, form};

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");

pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(CORPORA).join(name);
    if !path.exists() {
        println!("skipped: {name} of the corpora missing");
        return None;
    }
    Some(path)
}

async fn archived(line: &mut Connection, form: Multipart, what: &str) {
    let answer = line.post_form("/api/v1/documents", form).await.unwrap();
    assert_eq!(answer.status, 201, "{what}: {}", answer.text());
}

/// OLD-1: every PDF/A file that conforms is archived as an old document and comes back unchanged.
#[tokio::test(flavor = "multi_thread")]
async fn every_conforming_pdf_is_archived_as_an_old_document_and_comes_back_unchanged() {
    let Some(folder) = folder("pdfa/pass") else { return };
    let house = House::open();
    let mut line = house.system().connect().await.unwrap();
    let old = archive_up_to_an_old_document(&house, &mut line).await;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 100, "{} files", files.len());

    for (number, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let id = format!("{}.95.2026.777.{number}", house.organisation());
        let mut metadata: Value = serde_json::from_str(&old.metadata_json).unwrap();
        metadata["document_id"] = json!(id);
        metadata["set_id"] = json!(id);
        metadata["view_format"] = json!("1");
        let form = Multipart::new()
            .part("metadata", "application/json", metadata.to_string().as_bytes())
            .part("pdf", "application/pdf", &bytes);
        archived(&mut line, form, &file.display().to_string()).await;

        let back = line.get(&format!("/api/v1/documents/{id}/content/pdf")).await.unwrap();
        assert_eq!(back.body, bytes, "{}", file.display());
    }
}

/// ARC-1: what a PDF file breaks keeps it out or is told with the receipt, as the archive is configured;
/// a validator outside weighs as much.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_clause_weighs_what_the_archive_is_configured_for() {
    let (Some(pass), Some(fail)) = (folder("pdfa/pass"), folder("pdfa/fail")) else { return };
    let sound = std::fs::read(pass.join("2b_6-2-2-t01-pass-a.pdf")).unwrap();
    let broken = std::fs::read(fail.join("2b_6-3-3-t01-fail-g.pdf")).unwrap();
    // A validator that answers so for this one file, and takes all others.
    let size = sound.len();
    let says = |answer: &str| {
        let script = format!("test $(wc -c) != {size} || {{ {answer}; }}");
        ["sh", "-c", &script].map(str::to_owned).to_vec()
    };
    let check = async |level, validator, file: &[u8], status: u16, expected: &[&str]| {
        let pdfa = PdfA { level, validator, ..PdfA::default() };
        let house = House::judging(pdfa);
        let mut line = house.system().connect().await.unwrap();
        let old = archive_up_to_an_old_document(&house, &mut line).await;
        let id = format!("{}.95.2026.779.1", house.organisation());
        let mut metadata: Value = serde_json::from_str(&old.metadata_json).unwrap();
        metadata["document_id"] = json!(id);
        metadata["set_id"] = json!(id);
        metadata["view_format"] = json!("1");
        let form = || {
            Multipart::new()
                .part("metadata", "application/json", metadata.to_string().as_bytes())
                .part("pdf", "application/pdf", file)
        };
        let answer = line.post_form("/api/v1/documents", form()).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
        let list = if status == 201 { "remarks" } else { "faults" };
        let told = answer.json()[list].as_array().cloned().unwrap_or_default();
        let codes: Vec<&str> = told.iter().filter_map(|one| one["code"].as_str()).collect();
        let codes: Vec<&str> =
            codes.into_iter().filter(|code| *code != "signature-missing").collect();
        assert_eq!(codes, expected, "{}", answer.text());
        if status == 201 {
            // The answer is a receipt file as it is, and the same document gets the same answer.
            varanto_formats::receipts::read(answer.text().as_bytes()).unwrap();
            let again = line.post_form("/api/v1/documents", form()).await.unwrap();
            assert_eq!((again.status.as_u16(), again.text()), (200, answer.text()));
        }
    };
    let nobody = Vec::new;
    check(Level::Warn, nobody(), &broken, 201, &["pdf-a-clause"]).await;
    check(Level::Refuse, nobody(), &broken, 422, &["pdf-a-clause"]).await;
    check(Level::Refuse, says("echo no; exit 1"), &sound, 422, &["pdf-validator-refused"]).await;
    check(Level::Refuse, says("exit 9"), &sound, 422, &["pdf-validator-silent"]).await;
}

/// Archives a client's documents up to the first old one, and answers that.
async fn archive_up_to_an_old_document(house: &House, line: &mut Connection) -> Made {
    let own = house.organisation();
    for client in 0..house.county.size().clients {
        let made: Vec<Made> = house
            .county
            .events_of(client..client + 1)
            .filter_map(|event| match event {
                Event::Archive(made) if made.sender == own => Some(made),
                _ => None,
            })
            .collect();
        let Some(place) = made.iter().position(|one| one.group == DocumentGroup::Old) else {
            continue;
        };
        for one in &made[..=place] {
            archived(line, form(one), one.document_id.as_str()).await;
        }
        return made.into_iter().nth(place).unwrap();
    }
    panic!("the county has old documents");
}

/// ARC-1, ARC-2: the structured halves of two real messages are accepted as they are.
#[tokio::test(flavor = "multi_thread")]
async fn the_two_national_messages_are_archived_and_come_back_unchanged() {
    let Some(folder) = folder("national-messages") else { return };
    let house = House::open();
    house.doors.app.load_registers("national", national().to_string().into_bytes()).unwrap();

    let text = std::fs::read_to_string(folder.join("relationship-document.xml")).unwrap();
    let message = Message::read(&text);
    let vantaa = house.system_of(&Oid::parse("1.2.246.10.32213561.10.0").unwrap());
    message.archive(&mut vantaa.connect().await.unwrap()).await;

    let text = std::fs::read_to_string(folder.join("plan-document.xml")).unwrap();
    let message = Message::read(&text);
    let helsinki = house.system_of(&Oid::parse(HELSINKI).unwrap());
    let mut line = helsinki.connect().await.unwrap();
    let case = message.metadata["case_id"].as_str().unwrap().to_owned();
    archived(&mut line, relationship(&message.metadata), "relationship").await;
    archived(&mut line, open_case(&message.metadata, &case), "case").await;
    message.archive(&mut line).await;
}

pub(crate) const HELSINKI: &str = "1.2.246.10.2012566.10.40";
const HELSINKIS_UNIT: &str = "1.2.246.10.2012566.10.40006775";
const RELATIONSHIP: &str = "1.2.246.10.2012566.95.2026.900.1";

/// The organisations that the messages name, and their systems.
pub(crate) fn national() -> Value {
    let organisation = |oid: &str, nodes: &[&str]| {
        json!({ "oid": oid, "names": { "fi": oid }, "kind": "public", "first_day": "2020-01-01",
            "nodes": nodes, "controller": true })
    };
    let unit = |oid: &str, organisation: &str| {
        json!({ "oid": oid, "kind": "service-unit", "organisation": organisation,
            "names": { "fi": oid }, "first_day": "2020-01-01" })
    };
    let system = |id: &str, organisation: &str| {
        let functions = ["archive-structured", "read"];
        let certified =
            functions.map(|function| json!({ "function": function, "first_day": "2020-01-01" }));
        json!({ "id": id, "names": { "fi": id }, "organisations": [organisation],
            "first_day": "2020-01-01", "certificates": { "subject_serials": [organisation] },
            "certification": certified })
    };
    let vantaa = "1.2.246.10.32213561.10.0";
    json!({
        "organisations": [
            organisation(vantaa, &[vantaa, "1.2.246.10.32213561", "1.2.246.10.1246109"]),
            organisation(HELSINKI, &[HELSINKI, "1.2.246.10.2012566"]),
        ],
        "units": [unit("1.2.246.10.1246109.10.2001213", vantaa), unit(HELSINKIS_UNIT, HELSINKI)],
        "systems": [system("vantaa", vantaa), system("helsinki", HELSINKI)],
    })
}

/// A national message: its header as our metadata, and the two halves of its body.
struct Message {
    metadata: Value,
    structured: Vec<u8>,
    view: Vec<u8>,
}

impl Message {
    fn read(text: &str) -> Self {
        let document = Document::parse(text).unwrap();
        let root = document.root_element();
        let body = inside(root, "component/nonXMLBody").unwrap();
        Self {
            metadata: metadata(root),
            structured: decoded(inside(body, "json").unwrap()),
            view: decoded(inside(body, "text").unwrap()),
        }
    }

    async fn archive(&self, line: &mut Connection) {
        let form = Multipart::new()
            .part("metadata", "application/json", self.metadata.to_string().as_bytes())
            .part("structured", Part::Structured.media_type(), &self.structured)
            .part("view", Part::View.media_type(), &self.view);
        let id = self.metadata["document_id"].as_str().unwrap();
        archived(line, form, id).await;
        for (part, bytes) in [("structured", &self.structured), ("view", &self.view)] {
            let path = format!("/api/v1/documents/{id}/content/{part}");
            assert_eq!(line.get(&path).await.unwrap().body, bytes.as_slice(), "{path}");
        }
    }
}

fn inside<'a>(node: Node<'a, 'a>, path: &str) -> Option<Node<'a, 'a>> {
    path.split('/')
        .try_fold(node, |node, name| node.children().find(|child| child.tag_name().name() == name))
}

fn decoded(node: Node<'_, '_>) -> Vec<u8> {
    let texts = node.children().filter(Node::is_text);
    let text: String = texts.filter_map(|child| child.text()).collect();
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    STANDARD_NO_PAD.decode(plain).unwrap()
}

/// `20260717130652+0300` as RFC 3339.
fn instant(text: &str) -> String {
    let part = |from: usize, to: usize| &text[from..to];
    let day = [part(0, 4), part(4, 6), part(6, 8)].join("-");
    let time = [part(8, 10), part(10, 12), part(12, 14)].join(":");
    format!("{day}T{time}{}:{}", part(14, 17), part(17, 19))
}

fn metadata(root: Node<'_, '_>) -> Value {
    let value = |path: &str, name: &str| inside(root, path)?.attribute(name).map(str::to_owned);
    let text = |path: &str| inside(root, path)?.text().map(str::to_owned);
    let social = |path: &str, name: &str| value(&format!("localSocialHeader/{path}"), name);
    let named = |path: &str| {
        let id = value(&format!("{path}/id"), "root")?;
        Some(json!({ "id": id, "name": text(&format!("{path}/name")) }))
    };
    let born = value("recordTarget/patientRole/patient/birthTime", "value").unwrap();
    let born = format!("{}-{}-{}", &born[0..4], &born[4..6], &born[6..8]);
    let encounter = "componentOf/encompassingEncounter";
    let author = "author/assignedAuthor";
    let mut metadata = json!({
        "document_id": value("id", "root"),
        "set_id": value("setId", "root"),
        "version": value("versionNumber", "value").unwrap().parse::<u32>().unwrap(),
        "group": social("documentGroup", "code"),
        "general_type": value("code", "code"),
        "specific_type": social("specificDocumentType", "code"),
        "structure": text("localSocialHeader/contentSpecificationId"),
        "written_at": instant(&value("effectiveTime", "value").unwrap()),
        "created_at": instant(&social("creationTime", "value").unwrap()),
        "language": value("languageCode", "code"),
        "confidentiality": value("confidentialityCode", "code"),
        "client": {
            "identity_code": value("recordTarget/patientRole/id", "extension"),
            "given_names": text("recordTarget/patientRole/patient/name/given"),
            "family_name": text("recordTarget/patientRole/patient/name/family"),
            "sex": value("recordTarget/patientRole/patient/administrativeGenderCode", "code"),
            "birth_date": born,
        },
        "professional": {
            "registration_number": value(&format!("{author}/id"), "extension"),
            "given_names": text(&format!("{author}/assignedPerson/name/given")),
            "family_name": text(&format!("{author}/assignedPerson/name/family")),
        },
        "controller": named("custodian/assignedCustodian/representedCustodianOrganization"),
        "organiser": {
            "id": social("outsourcingServiceCustomer", "root"),
            "name": text("localSocialHeader/outsourcingServiceCustomerName"),
        },
        "service_unit":
            named(&format!("{encounter}/encounterParticipant/assignedEntity/representedOrganization")),
        "guardian_disclosure": value("authorization/consent/code", "code"),
        "case_id": value(&format!("{encounter}/id"), "root"),
        "relationship_id": social("encompassingClientRelationship", "root"),
        "view_format": social("fileFormat", "code"),
        "structured_format": social("structuredFileFormat", "code"),
        "software": {
            "manufacturer": social("softwareSupport", "moderator"),
            "product": social("softwareSupport", "product"),
            "version": social("softwareSupport", "version"),
        },
        "service_task": social("functionCode", "code"),
        "record_state": social("recordStatus", "code"),
        "register_type": social("registryType", "code"),
        "retention_class": social("totalRetentionPeriodClass", "code"),
        "special_content": social("specialContent", "code"),
        "inaccessible_reason": social("inaccessibleArgument", "code"),
        "restriction_argument": text("localSocialHeader/authorizationRestrictionArgument"),
        "service_process": social("serviceProcess/code", "code"),
    });
    prune(&mut metadata);
    metadata
}

/// Takes out what the message does not have.
fn prune(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.values_mut().for_each(prune);
    members.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|o| !o.is_empty()));
}

/// What the plan's relationship and case documents have in common with it.
fn control_document(plan: &Value, group: &str, id: &str, structure: &str) -> Value {
    let mut metadata = plan.clone();
    let all = metadata.as_object_mut().unwrap();
    for absent in [
        "general_type",
        "specific_type",
        "case_id",
        "service_task",
        "restriction_argument",
        "inaccessible_reason",
        "service_process",
        "professional",
    ] {
        all.remove(absent);
    }
    metadata["document_id"] = json!(id);
    metadata["set_id"] = json!(id);
    metadata["group"] = json!(group);
    metadata["structure"] = json!(structure);
    metadata["relationship_id"] = json!(RELATIONSHIP);
    metadata["special_content"] = json!("E");
    metadata
}

fn submitted(metadata: &Value, structured: &Value) -> Multipart {
    let id = metadata["document_id"].as_str().unwrap();
    let view = format!(
        "<div class=\"soc-document\" id=\"OID{id}\" xmlns=\"http://www.w3.org/1999/xhtml\">\
         <p>Asiakirja</p></div>"
    );
    Multipart::new()
        .part("metadata", "application/json", metadata.to_string().as_bytes())
        .part("structured", "application/json", structured.to_string().as_bytes())
        .part("view", "application/xhtml+xml", view.as_bytes())
}

fn code(set: &str, code: &str, display: &str) -> Value {
    json!({ "system": format!("urn:oid:{set}"), "code": code, "display": display })
}

fn client(plan: &Value) -> Value {
    let client = &plan["client"];
    json!({
        "sukunimi": client["family_name"], "etunimet": client["given_names"],
        "henkilotunnus": { "system": "urn:oid:1.2.246.21", "value": client["identity_code"] },
        "syntymaaika": client["birth_date"],
    })
}

fn relationship(plan: &Value) -> Multipart {
    let unit = code("1.2.246.537.6.202.2008", HELSINKIS_UNIT, "Lapsiperheiden sosiaaliohjaus");
    let task = code("1.2.246.537.6.1221.201601", "24", "Lapsiperheiden palvelut");
    let mut person = client(plan);
    person["turvakielto"] = json!(false);
    let content = json!({ "asiakkuusasiakirja": {
        "asiakkuuden_yksilointitunnus": { "system": "urn:oid:1.2.246.1", "value": RELATIONSHIP },
        "asiakas": person,
        "sosiaalihuollon_asiakkuus": { "asiakkuuden_alkamispvm": "2026-01-08" },
        "palvelunjarjestajan_toimintayksikko": code("1.2.246.537.6.202.2008", HELSINKI, "Helsinki"),
        "sosiaalihuollon_palvelutehtava": [{
            "palvelutehtava": task,
            "palvelunjarjestajan_palveluyksikko": [{
                "palveluyksikon_nimi": unit, "asiakkuuden_alkamispvm": "2026-01-08",
                "yhteystiedot": { "puhelinnumero": "040 000 0000" },
            }],
        }],
    } });
    let id = "1.2.246.10.2012566.95.2026.900.2";
    submitted(&control_document(plan, "1", id, "1.2.246.537.6.1505.1.2023.6.1"), &content)
}

fn open_case(plan: &Value, case: &str) -> Multipart {
    let content = json!({ "asia_asiakirja": {
        "palvelunjarjestajan_toimintayksikko": code("1.2.246.537.6.202.2008", HELSINKI, "Helsinki"),
        "asiakas": [client(plan)],
        "asian_tiedot": {
            "asiatunnus": { "system": "urn:oid:1.2.246.1", "value": case },
            "nimi": code("1.2.246.537.6.1265", "99", "Muu"),
            "lisatieto_luokkaan_muu": "Lapsiperheen tuki",
            "tila": code("1.2.246.537.6.1501", "1", "Avoin"),
            "avauspaiva": "2026-01-09",
            "yhteinen_asia": false,
            "palvelutehtava": code("1.2.246.537.6.1221.201601", "24", "Lapsiperheiden palvelut"),
        },
    } });
    let id = "1.2.246.10.2012566.95.2026.900.3";
    let mut metadata = control_document(plan, "2", id, "1.2.246.537.6.1505.2.2022.6.28");
    metadata["case_id"] = json!(case);
    metadata["case_opened_on"] = json!("2026-01-09");
    metadata["service_task"] = json!("24");
    submitted(&metadata, &content)
}
