//! Documents shown to people over REST: the view as a page, the document as a print.

use std::process::Command;

use varanto_kit::county::Made;
use varanto_kit::http::Answer;

use crate::house::{House, code, form};

/// A house with one document in it, and the document's path.
async fn house_with_one() -> (House, Made, String) {
    let house = House::open();
    let made = house.made().remove(0);
    let answer = house.system().post_form("/api/v1/documents", form(&made)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.json().get("remarks").is_none(), "{}", answer.text());
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
