use super::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";

fn faults(body: &str) -> Vec<(String, String)> {
    let view = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{body}</div>");
    told(view.as_bytes())
}

fn told(view: &[u8]) -> Vec<(String, String)> {
    let faults = check(view, None);
    faults.iter().map(|fault| (fault.code().to_owned(), fault.element.clone())).collect()
}

fn refused(body: &str, expected: &[(&str, &str)]) {
    let found = faults(body);
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found, expected, "{body}");
}

#[test]
fn text_tables_and_own_pictures_are_kept() {
    for body in [
        "<h1 class='soc-title' id='a'>Otsikko</h1><p>Teksti<br/>jatkuu</p>",
        "<table border='1'><thead><tr><th scope='col' colspan='2'>A</th></tr></thead></table>",
        "<ul><li>yksi</li></ul><dl><dt>a</dt><dd>b</dd></dl><!-- huomautus -->",
        "<a href='#a' name='x'>alkuun</a>",
        "<p style='color: red; margin: 0 1em' lang='fi' xml:lang='fi'>x</p>",
        "<p title='on onnellinen, url('>a &lt; b</p>",
    ] {
        refused(body, &[]);
    }
    refused(&format!("<img src='{PNG}' alt='logo'/>"), &[]);
    let page = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\
        <head><title>x</title><meta http-equiv='Content-Type' content='text/html'/>\
        <style type='text/css'>p { color: red }</style></head><body><p>x</p></body></html>";
    assert_eq!(told(page.as_bytes()), []);
}

#[test]
fn what_runs_is_refused() {
    refused("<script>alert(1)</script>", &[("forbidden-markup", "view:/div/script")]);
    refused("<p onclick='x()'>a</p>", &[("forbidden-markup", "view:/div/p/@onclick")]);
    refused("<p ONCLICK='x()'>a</p>", &[("forbidden-markup", "view:/div/p/@ONCLICK")]);
    refused("<a href='javascript:x()'>a</a>", &[("outside-reference", "view:/div/a/@href")]);
    refused("<p style='width: expression(x())'/>", &[("forbidden-markup", "view:/div/p/@style")]);
    refused(
        "<p style='width: exp/**/ression (x())'/>",
        &[("forbidden-markup", "view:/div/p/@style")],
    );
    refused("<p style='c: \\75rl(x)'/>", &[("forbidden-markup", "view:/div/p/@style")]);
    refused(
        "<form action='/x'><input/></form>",
        &[
            ("forbidden-markup", "view:/div/form"),
            ("outside-reference", "view:/div/form/@action"),
            ("forbidden-markup", "view:/div/form/input"),
        ],
    );
    for element in
        ["iframe", "object", "embed", "applet", "base", "link", "video", "audio", "frame"]
    {
        refused(&format!("<{element}/>"), &[("forbidden-markup", &format!("view:/div/{element}"))]);
    }
    refused(
        "<meta http-equiv='refresh' content='0'/>",
        &[("forbidden-markup", "view:/div/meta/@http-equiv")],
    );
    refused("<?php x ?>", &[("forbidden-markup", "view:/div")]);
    refused("<!--[if IE]><p/><![endif]-->", &[("forbidden-markup", "view:/div")]);
}

#[test]
fn what_refers_outside_is_refused() {
    refused("<img src='http://a.example/x.png'/>", &[("outside-reference", "view:/div/img/@src")]);
    refused(
        "<img src='data:image/svg+xml;base64,AAAA'/>",
        &[("outside-reference", "view:/div/img/@src")],
    );
    refused(
        &format!("<img src='{}'/>", PNG.replace("iVBOR", "PHN2Z")),
        &[("outside-reference", "view:/div/img/@src")],
    );
    refused(
        &format!("<img src='{PNG}' srcset='x 2x'/>"),
        &[("outside-reference", "view:/div/img/@srcset")],
    );
    refused(
        "<p>a</p><p><a href='//a.example'>x</a></p>",
        &[("outside-reference", "view:/div/p[2]/a/@href")],
    );
    refused("<td background='x.png'/>", &[("outside-reference", "view:/div/td/@background")]);
    refused("<p style='background: URL (x.png)'/>", &[("outside-reference", "view:/div/p/@style")]);
    refused("<style>@import 'x.css';</style>", &[("forbidden-markup", "view:/div/style")]);
    refused(
        "<p xmlns:x='http://www.w3.org/1999/xlink' x:href='y'/>",
        &[("outside-reference", "view:/div/p/@href")],
    );
}

#[test]
fn other_vocabularies_are_refused() {
    refused(
        "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        &[("forbidden-markup", "view:/div/svg"), ("forbidden-markup", "view:/div/svg/script")],
    );
    refused("<p xmlns=''/>", &[("forbidden-markup", "view:/div/p")]);
    for root in [
        "<div/>",
        "<p xmlns='http://www.w3.org/1999/xhtml'/>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
    ] {
        assert_eq!(told(root.as_bytes())[0].0, "not-xhtml", "{root}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_reason_and_line() {
    let check = |view: &[u8], reason: &str, line: &str| {
        let faults = check(view, None);
        let told: Vec<_> = faults.iter().map(|fault| (fault.code(), &fault.args[..])).collect();
        let args = [("reason", reason.to_owned()), ("line", line.to_owned())];
        assert_eq!(told, [("not-xhtml", &args[..])]);
    };
    check(b"", "no root element", "1");
    check(
        b"<div xmlns='http://www.w3.org/1999/xhtml'>\n<p></div>",
        "an end tag that closes another element",
        "2",
    );
    check(
        b"<div xmlns='http://www.w3.org/1999/xhtml'>\n\n&nbsp;</div>",
        "an entity other than the five of XML",
        "3",
    );
    check(b"<div xmlns='http://www.w3.org/1999/xhtml'>", "the text breaks off", "1");
    check(b"<!DOCTYPE div [<!ENTITY a 'b'>]><div>&a;</div>", "a document type", "1");
    check(b"<div>\n\xff</div>", "bytes that are not UTF-8", "2");
    check(
        b"<?xml version='1.0' encoding='ISO-8859-1'?><div/>",
        "an encoding other than UTF-8",
        "1",
    );
    check(b"\xff\xfe<\0d\0i\0v\0", "bytes that are not UTF-8", "1");
}

/// National-specs 1.3: the root's id names the document.
#[test]
fn the_view_names_its_document_or_none() {
    let document = Oid::parse("1.2.246.10.2012566.95.2026.1").unwrap();
    let told = |id: &str| {
        let view = format!("<div xmlns='http://www.w3.org/1999/xhtml' {id}/>");
        check(view.as_bytes(), Some(&document)).iter().map(Fault::code).collect::<Vec<_>>()
    };
    assert!(told("").is_empty());
    assert!(told("id='OID1.2.246.10.2012566.95.2026.1'").is_empty());
    assert_eq!(told("id='OID1.2.246.10.2012566.95.2026.2'"), ["disagreement"]);
}

#[test]
fn a_hostile_view_is_answered_soon() {
    let deep = format!("{}{}", "<p>".repeat(100_000), "</p>".repeat(100_000));
    refused(&deep[..], &[("forbidden-markup", format!("view:/div{}", "/p".repeat(200)).as_str())]);
    let wide = "<x onclick='y'/>".repeat(100_000);
    assert_eq!(faults(&wide).len(), MAX_FAULTS);
}

/// The views of the two real national messages pass as they are.
#[test]
fn the_views_of_real_messages_are_kept() {
    let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/national-messages");
    if !std::path::Path::new(corpora).exists() {
        println!("skipped: national-messages corpora missing");
        return;
    }
    for (file, document) in [
        ("plan-document.xml", "1.2.246.10.2012566.95.2026.688883.2655274"),
        ("relationship-document.xml", "1.2.246.10.32213561.95777.2026.688883.2809773"),
    ] {
        let message = std::fs::read_to_string(format!("{corpora}/{file}")).unwrap();
        let message = Document::parse(&message).unwrap();
        let part =
            |node: &Node<'_, '_>| node.attribute("mediaType") == Some("application/xhtml+xml");
        let part = message.descendants().find(part).unwrap();
        let text: String = part.children().filter(Node::is_text).filter_map(|n| n.text()).collect();
        let text: String = text.split_whitespace().collect();
        let view = BASE64_STANDARD.decode(text).unwrap();
        assert_eq!(check(&view, Some(&Oid::parse(document).unwrap())), [], "{file}");
    }
}

proptest! {
    /// Whatever is sent gets an answer.
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = check(&bytes, None);
    }

    /// Text between the tags is never markup.
    #[test]
    fn any_text_is_kept(text in "\\PC{0,100}") {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        prop_assert_eq!(faults(&format!("<p title='x'>{text}</p>")), []);
    }
}
