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
    let long = format!("<p title='{}'/>", "a".repeat(70_000));
    refused(&long, &[("forbidden-markup", "view:/div/p/@title")]);
    let wide = "<x onclick='y'/>".repeat(100_000);
    assert_eq!(faults(&wide).len(), MAX_FAULTS);
}

/// A fault tells its line and column, of the attribute where one is to blame.
#[test]
fn a_fault_has_its_place() {
    let view = b"<div xmlns='http://www.w3.org/1999/xhtml'>\n<p>\n  <b\n   class='x' onclick='y'/></p></div>";
    let faults = check(view, None);
    assert_eq!(faults[0].element, "view:/div/p/b/@onclick");
    let args = [("line", "4"), ("column", "14"), ("reason", "event handler")];
    assert_eq!(faults[0].args, args.map(|(name, value)| (name, value.to_owned())));
}

/// Tricks with white space, entities, escapes and case hide no address and no style.
#[test]
fn tricks_hide_nothing() {
    let source = ("outside-reference", "view:/div/img/@src");
    for address in [
        "java&#10;script:x()",
        "&#106;avascript:x()",
        " data:image/svg+xml,%3Csvg/%3E",
        "data:text/html;base64,iVBORw0KGgo",
        "data:image/png,iVBORw0KGgo",
        "data:image/png;base64,iVBORw0KGgo'/&gt;",
        "data:image/png;base64;x,iVBORw0KGgo",
        "DATA:IMAGE/PNG;BASE64,PHN2Zw==",
    ] {
        let quoted = address.replace('\'', "&apos;");
        refused(&format!("<img src='{quoted}'/>"), &[source]);
    }
    refused("<a href=' #a'>x</a>", &[("outside-reference", "view:/div/a/@href")]);
    let outside = ("outside-reference", "view:/div/p/@style");
    for style in [
        "background:u&#x72;l(x)",
        "background:url/**/(x)",
        "background: -moz-element(#a)",
        "list-style:image-set(&quot;x&quot; 1x)",
        "--a: url(x)",
    ] {
        refused(&format!("<p style=\"{style}\"/>"), &[outside]);
    }
    let forbidden = ("forbidden-markup", "view:/div/p/@style");
    for style in ["color: r\\65 d", "filter: progid:x", "Content: 'x'"] {
        refused(&format!("<p style=\"{style}\"/>"), &[forbidden]);
    }
    refused("<p style='align-content: center'/>", &[]);
}

/// Encodings and byte-order marks: UTF-8 alone, with one mark at most.
#[test]
fn other_encodings_are_refused() {
    let view = "<div xmlns='http://www.w3.org/1999/xhtml'>ä</div>";
    let marked = |mark: &str| told(format!("{mark}{view}").as_bytes()).len();
    assert_eq!(marked("\u{feff}"), 0);
    assert_eq!(marked("\u{feff}\u{feff}"), 1);
    for encoding in ["utf-7", "UTF-16", "windows-1252"] {
        assert_eq!(marked(&format!("<?xml version='1.0' encoding='{encoding}'?>")), 1);
    }
    let wide: Vec<u8> = view.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(told(&wide)[0].0, "not-xhtml");
}

/// The views of the two real national messages, with their documents.
pub(crate) fn real_views() -> Vec<(&'static str, Oid, Vec<u8>)> {
    let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/national-messages");
    if !std::path::Path::new(corpora).exists() {
        println!("skipped: national-messages corpora missing");
        return Vec::new();
    }
    let read = |file: &'static str, document: &str| {
        let message = std::fs::read_to_string(format!("{corpora}/{file}")).unwrap();
        let message = Document::parse(&message).unwrap();
        let part =
            |node: &Node<'_, '_>| node.attribute("mediaType") == Some("application/xhtml+xml");
        let part = message.descendants().find(part).unwrap();
        let text: String = part.children().filter(Node::is_text).filter_map(|n| n.text()).collect();
        let text: String = text.split_whitespace().collect();
        (file, Oid::parse(document).unwrap(), BASE64_STANDARD.decode(text).unwrap())
    };
    vec![
        read("plan-document.xml", "1.2.246.10.2012566.95.2026.688883.2655274"),
        read("relationship-document.xml", "1.2.246.10.32213561.95777.2026.688883.2809773"),
    ]
}

/// The real views pass as they are. The plan has the nation's form; the relationship document, whose
/// titles and footer stand elsewhere, is remarked on.
#[test]
fn the_views_of_real_messages_are_kept() {
    for (file, document, view) in real_views() {
        assert_eq!(check(&view, Some(&document)), [], "{file}");
        let examined = examine(&view, Some(&document));
        assert_eq!(examined.faults, []);
        let expected: Vec<&str> =
            examined.remarks.iter().map(|remark| remark.args.last().unwrap().1.as_str()).collect();
        assert_eq!(expected, [] as [&str; 0], "{file}");
    }
}

/// What a view shows is read in its order, line by line.
#[test]
fn the_text_of_a_real_view_is_read() {
    let views = real_views();
    let Some((_, _, plan)) = views.first() else { return };
    let shown = examine(plan, None).shown;
    assert_eq!(shown.document_type.text, "Suunnitelma");
    assert_eq!(shown.date.text, "");
    assert_eq!(shown.title.text, "Lapsiperheiden palvelujen asiakassuunnitelma");
    let client = shown.sections.iter().find(|section| section.heading.text == "Asiakas").unwrap();
    let lines: Vec<&str> = client.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["Sosh-Aik, Kanta-Hakuat", "180418*****"]);
    assert_eq!(client.lines[0].line, 9);
    assert_eq!(client.lines[0].element, "/div/div[2]/div[1]/div/div/p");
}

/// What deviates from the nation's form is remarked on, with its place.
#[test]
fn a_view_of_another_form_is_remarked_on() {
    let expected = |view: &str| -> Vec<String> {
        let examined = examine(view.as_bytes(), None);
        assert_eq!(examined.faults, []);
        examined.remarks.iter().map(|remark| remark.args.last().unwrap().1.clone()).collect()
    };
    let form = |root: &str, body: &str, footer: &str| {
        format!(
            "<div class='soc-document' {root} xmlns='http://www.w3.org/1999/xhtml'>\
             <div class='soc-header'><div class='soc-hdr1'/><div class='soc-hdr2'/>\
             <div class='soc-hdr3'/></div><div class='soc-main-wrapper'>\
             <h1 class='soc-fulltitle'>A</h1>{body}</div><div class='soc-footer'>{footer}</div></div>"
        )
    };
    let footer = "<div class='soc-ftr1'/><div class='soc-ftr2'/><div class='soc-ftr3'/>";
    let list = "<div class='soc-list'><div class='soc-item'><h1 class='soc-title'>B</h1>\
        <div class='soc-content'><p>x</p></div></div></div>";
    assert!(expected(&form("id='OID1.2.3'", list, footer)).is_empty());
    assert_eq!(expected(&form("", list, footer)), ["id=\"OID…\""]);
    assert_eq!(expected(&form("id='a'", list, "")).len(), 3);
    assert_eq!(
        expected(&form("id='a'", "<div class='soc-item'/>", footer)),
        ["soc-item under soc-list"]
    );
    assert_eq!(
        expected(&form("id='a'", "<p class='soc-title' style='color:red'/>", footer)),
        ["soc-title under soc-item", "h1.soc-title", "no style of its own"]
    );
    assert_eq!(expected(&form("id='a'", "<p class='soc-titel'/>", footer)).len(), 1);
    assert!(expected("<div xmlns='http://www.w3.org/1999/xhtml'/>").len() > 5);
}

fn copy(body: &str) -> String {
    let view = format!("<div xmlns='http://www.w3.org/1999/xhtml'>{body}</div>");
    let page = safe_copy(view.as_bytes(), "A & B", "fi").unwrap();
    roxmltree::Document::parse_with_options(
        &page,
        roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() },
    )
    .unwrap();
    let (_, body) = page.split_once("<body>").unwrap();
    body.replace("</body></html>\n", "")
}

/// The copy for people holds what the gate allows and nothing else, also of views that the gate would
/// refuse.
#[test]
fn the_safe_copy_is_written_anew() {
    assert_eq!(
        copy("<!-- a --><p class='soc-title' onclick='x()'>a &lt; b<br/></p><script>x()</script>"),
        "<div><p class=\"soc-title\">a &lt; b<br/></p></div>"
    );
    assert_eq!(
        copy("<x:b xmlns:x='http://www.w3.org/1999/xhtml'>a</x:b><svg xmlns='urn:x'><p/></svg>"),
        "<div><b>a</b></div>"
    );
    assert_eq!(
        copy("<a href='javascript:x'>a</a><a href='#b'/>"),
        "<div><a>a</a><a href=\"#b\"></a></div>"
    );
    assert_eq!(
        copy("<p title='&quot;&#10;&lt;'/>"),
        "<div><p title=\"&quot;&#10;&lt;\"></p></div>"
    );
    assert_eq!(
        copy(&format!("<img src='{PNG}' alt=''/>")),
        format!("<div><img src=\"{PNG}\" alt=\"\"/></div>")
    );
    assert_eq!(copy("<p style='background:url(x)'/>"), "<div><p></p></div>");
    assert_eq!(copy("<style>p { background: url(x) }</style>"), "<div></div>");
    let deep = copy(&format!("{}{}", "<b>".repeat(5000), "</b>".repeat(5000)));
    assert_eq!(deep.matches("<b>").count(), MAX_DEPTH);
}

/// The copy of a real view passes the gate again, and shows the same text.
#[test]
fn the_safe_copy_shows_what_the_view_shows() {
    for (file, _, view) in real_views() {
        let page = safe_copy(&view, "Asiakirja", "fi").unwrap();
        let page = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
        // The page's own style speaks of print, which no view's style may.
        let (head, rest) = page.split_once("<style>").unwrap();
        let (_, body) = rest.split_once("</style>").unwrap();
        let copied = examine(format!("{head}{body}").as_bytes(), None);
        assert_eq!(copied.faults, [], "{file}");
        let texts = |shown: &ShownView| -> Vec<String> {
            let lines = shown.sections.iter().flat_map(|section| &section.lines);
            lines.map(|line| line.text.clone()).collect()
        };
        assert_eq!(texts(&copied.shown), texts(&examine(&view, None).shown), "{file}");
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
