//! Documents shown to people over REST: the view as a page, the document as a print.

use std::process::Command;

use varanto_kit::county::Made;
use varanto_kit::http::{Answer, Multipart};

use crate::house::{House, code, faults, form};

/// A house with one document in it, and the document's path.
async fn house_with_one() -> (House, Made, String) {
    let house = House::without_signatures();
    let made = house.made().remove(0);
    let answer = house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.json().get("remarks").is_none(), "{}", answer.text());
    house.tell_of_persons();
    let path = format!("/api/v1/documents/{}", made.document_id);
    (house, made, path)
}

fn text_of(made: &Made, name: &str) -> String {
    let (_, bytes) = made.parts.iter().find(|(part, _)| part.name() == name).unwrap();
    String::from_utf8(bytes.clone()).unwrap()
}

/// ARC-1: a browser may do nothing with a shown view but show it.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_shown_as_a_page_in_a_sandbox() {
    let (house, made, path) = house_with_one().await;
    let lines = house.log_lines();
    let page = house
        .person("worker")
        .get(&format!("{path}/page?language=sv&reason=first-contact"))
        .await
        .unwrap();
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(house.log_lines(), lines + 1);
    assert_eq!(page.header("content-type"), "application/xhtml+xml; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("sandbox; default-src 'none';"), "{policy}");
    assert!(!policy.contains("script") && !policy.contains("allow"), "{policy}");
    let text = page.text();
    assert!(text.contains(" lang=\"sv\""), "{text}");
    let view = text_of(&made, "view");
    let shown = roxmltree::Document::parse(&view).unwrap();
    let words = shown.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text());
    let page = roxmltree::Document::parse(text.trim_start_matches("<!DOCTYPE html>\n")).unwrap();
    let body = page.descendants().find(|node| node.tag_name().name() == "body").unwrap();
    let shown = body.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text());
    assert_eq!(shown.collect::<Vec<_>>(), words.collect::<Vec<_>>());
}

/// ARC-1: a print opens in another reader, with the document's text, title and language.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_printed_as_a_tagged_pdf_file() {
    let (house, made, path) = house_with_one().await;
    let lines = house.log_lines();
    let print = house
        .person("worker")
        .get(&format!("{path}/print?language=fi&reason=first-contact"))
        .await
        .unwrap();
    assert_eq!(print.status, 200, "{}", print.text());
    assert_eq!(house.log_lines(), lines + 1);
    assert_eq!(print.header("content-type"), "application/pdf");
    assert_eq!(print.header("cache-control"), "no-store");
    let name = format!("inline; filename=\"{}.pdf\"", made.document_id);
    assert_eq!(print.header("content-disposition"), name);
    varanto_formats::pdf::check(&print.body).unwrap();

    let metadata: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
    let family = metadata["client"]["family_name"].as_str().unwrap();
    for expected in [family, made.document_id.as_str(), "Arkistoitu", "Sivu 1/"] {
        let text = asked("pdftotext", &["-enc", "UTF-8"], &print, &["-"]);
        assert!(text.is_none_or(|text| text.contains(expected)), "{expected}");
    }
    let about = asked("pdfinfo", &["-enc", "UTF-8"], &print, &[]).unwrap_or_default();
    assert!(about.is_empty() || about.contains("Tagged:          yes"), "{about}");
    asked("qpdf", &["--check"], &print, &[]);
}

/// What another program says of a print; nothing where that program is not here.
fn asked(program: &str, before: &[&str], print: &Answer, after: &[&str]) -> Option<String> {
    if Command::new(program).arg("--version").output().is_err() {
        println!("skipped: {program} is missing");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("print.pdf");
    std::fs::write(&file, &print.body).unwrap();
    let output = Command::new(program).args(before).arg(&file).args(after).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {said}");
    Some(said)
}

/// ACC-2, LOG-1: who may not open a document is neither shown nor given a print of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_shown_nothing_and_given_no_print() {
    let (house, made, path) = house_with_one().await;
    let other = house.system_of(&house.producer());
    for way in ["page", "print"] {
        let lines = house.log_lines();
        let denied = other.get(&format!("{path}/{way}")).await.unwrap();
        assert_eq!((denied.status.as_u16(), code(&denied)), (403, "another-register".into()));
        let missing = other.get(&format!("{path}.9/{way}")).await.unwrap();
        assert_eq!((missing.status.as_u16(), code(&missing)), (404, "not-found".into()));
        assert_eq!(house.log_lines(), lines + 2);
        let worker = house.person("worker");
        let unasked = worker.get(&format!("{path}/{way}")).await.unwrap();
        assert_eq!((unasked.status.as_u16(), code(&unasked)), (403, "case-context-missing".into()));
        let wrong = other.get(&format!("{path}/{way}?language=en")).await.unwrap();
        assert_eq!(wrong.status, 400, "{}", wrong.text());
        let family: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap();
        let family = family["client"]["family_name"].as_str().unwrap();
        assert!(!denied.text().contains(family));
    }
}

/// The document without its view.
fn unseen(made: &Made) -> Multipart {
    Multipart::new().part("metadata", "application/json", made.metadata_json.as_bytes()).part(
        "structured",
        "application/json",
        text_of(made, "structured").as_bytes(),
    )
}

/// ARC-1, ARC-5: a system without a view of its own lets the archive make it, and archives the two
/// without a remark.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_made_and_archived_with_its_content() {
    let house = House::without_signatures();
    let made = house.made().remove(0);
    let system = house.system();
    let (lines, versions) = (house.log_lines(), house.versions());
    let finnish = system.post_form("/api/v1/views?language=fi", unseen(&made)).await.unwrap();
    assert_eq!(finnish.status, 200, "{}", finnish.text());
    assert_eq!((house.log_lines(), house.versions()), (lines + 1, versions));
    assert_eq!(finnish.header("content-type"), "application/xhtml+xml");
    assert!(finnish.header("content-security-policy").starts_with("sandbox;"));
    let id = format!("id=\"OID{}\"", made.document_id);
    assert!(finnish.text().contains(&id) && finnish.text().contains(">Asiakas<"));
    let swedish = system.post_form("/api/v1/views?language=sv", unseen(&made)).await.unwrap();
    assert!(swedish.text().contains(&id) && swedish.text().contains(">Klient<"));

    let whole = unseen(&made).part("view", "application/xhtml+xml", &swedish.body);
    let archived = system.post_form("/api/v1/documents", whole).await.unwrap();
    assert_eq!(archived.status, 201, "{}", archived.text());
    assert!(archived.json().get("remarks").is_none(), "{}", archived.text());
}

/// ARC-5, ACC-2: a view is made only of what could be archived, and for one who may archive it.
#[tokio::test(flavor = "multi_thread")]
async fn no_view_is_made_of_what_could_not_be_archived() {
    let house = House::without_signatures();
    let made = house.made().remove(0);
    let system = house.system();
    let told = async |form: Multipart| -> Vec<(String, String)> {
        let answer = system.post_form("/api/v1/views", form).await.unwrap();
        assert_eq!(answer.status, 422, "{}", answer.text());
        faults(&answer)
    };
    let with =
        |structured: &[u8]| {
            Multipart::new()
                .part("metadata", "application/json", made.metadata_json.as_bytes())
                .part("structured", "application/json", structured)
        };
    let unknown = told(with(br#"{"tuntematon":{}}"#)).await;
    assert!(unknown.iter().all(|(_, element)| element.starts_with("structured:")), "{unknown:?}");
    let unreadable = told(with(b"{")).await;
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    let seen = told(form(&made)).await;
    assert_eq!(seen, [("wrong-parts".to_owned(), "parts".to_owned())]);
    let bare = Multipart::new().part("structured", "application/json", b"{}");
    assert!(told(bare).await.contains(&("missing-element".to_owned(), "metadata".to_owned())));

    let lines = house.log_lines();
    let other = house.system_of(&house.producer());
    let denied = other.post_form("/api/v1/views", unseen(&made)).await.unwrap();
    assert_eq!(denied.status.as_u16() / 100, 4, "{}", denied.text());
    assert!(!denied.text().contains("soc-document"));
    assert_eq!(house.log_lines(), lines + 1);
}
