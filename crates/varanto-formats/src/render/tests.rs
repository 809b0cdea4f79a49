//! What is printed is whole, tagged, and passes the archive's own check of PDF files.

use std::process::Command;

use varanto_domain::structures::built_in;

use base64::Engine;
use proptest::prelude::*;

use super::*;
use crate::synthetic::{self, FinnishText, Fullness};

fn cover(language: ViewLanguage) -> Cover<'static> {
    Cover {
        title: "Asiakirja",
        document_type: "Suunnitelma",
        organisation: "Rannikon hyvinvointialue",
        client: "Aho, Aino",
        written_on: FinnishDay::parse("2026-03-23"),
        archived: "Arkistoitu 23.03.2026 klo 10.54 · 1.2.246.10.8888881.95.2026.1 · versio 1",
        archived_at: Instant::parse("2026-03-23T08:54:24Z").unwrap(),
        language,
    }
}

fn sound(bytes: &[u8]) {
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let judgement = crate::pdf::judge(bytes, crate::pdf::Flavour::parse("2a"));
    judgement.gate.unwrap();
    let report = judgement.report.unwrap();
    assert!(report.complete);
    assert_eq!(report.faults(), []);
    let text = String::from_utf8_lossy(bytes);
    assert!(text.contains("<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(text.contains("<pdfuaid:part>1</pdfuaid:part>"));
}

/// What another program says of a printed file, or nothing where that program is not here.
fn asked(program: &str, arguments: &[&str], printed: &[u8]) -> Option<String> {
    if Command::new(program).output().is_err() {
        println!("skipped: {program} is missing");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("print.pdf");
    std::fs::write(&file, printed).unwrap();
    let mut command = Command::new(program);
    let (before, after) = match arguments.split_last() {
        Some((&"-", before)) => (before, &["-"][..]),
        _ => (arguments, &[][..]),
    };
    let output = command.args(before).arg(&file).args(after).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(said)
}

/// The text of all pages, as poppler reads it, white space made single.
fn text_of(printed: &[u8]) -> Option<String> {
    let text = asked("pdftotext", &["-raw", "-enc", "UTF-8", "-"], printed)?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// qpdf, which shares nothing with the writer, finds the file sound.
fn qpdf_finds_it_sound(printed: &[u8]) {
    let Some(said) = asked("qpdf", &["--check"], printed) else { return };
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

/// ARC-1: every structure inside the program can be printed, each in one language or the other.
#[test]
fn every_structure_is_printed() {
    for (seed, structure) in (1..).zip(built_in()) {
        let mut text = FinnishText::new();
        let content = synthetic::document(structure, seed, Fullness::Typical, &mut text);
        let language = if seed % 2 == 0 { ViewLanguage::Finnish } else { ViewLanguage::Swedish };
        let printed = structured(structure, &content, &cover(language)).unwrap();
        sound(&printed);
        qpdf_finds_it_sound(&printed);
    }
}

fn printed(body: &str) -> Vec<u8> {
    let page = format!("<html xmlns='http://www.w3.org/1999/xhtml'><body>{body}</body></html>");
    assert_eq!(crate::xhtml::check(page.as_bytes(), None), []);
    let printed = view(page.as_bytes(), &cover(ViewLanguage::Finnish)).unwrap();
    sound(&printed);
    printed
}

const CIRCLE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// ARC-1: poppler finds title, language and tags, and reads every value of the content in its order.
#[test]
fn what_is_printed_is_read_by_others() {
    for language in [ViewLanguage::Finnish, ViewLanguage::Swedish] {
        let structure = built_in().iter().find(|one| one.type_arc() == "1506.1000").unwrap();
        let content = synthetic::document(structure, 3, Fullness::Typical, &mut FinnishText::new());
        let printed = structured(structure, &content, &cover(language)).unwrap();
        let title = crate::view::name(&structure.title, language);
        let Some(about) = asked("pdfinfo", &["-enc", "UTF-8"], &printed) else { return };
        let line = |name: &str| {
            let line = about.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().to_owned()
        };
        assert_eq!((line("Title:"), line("Tagged:")), (title.to_owned(), "yes".to_owned()));
        assert_eq!(line("Author:"), "Rannikon hyvinvointialue");
        let Some(text) = text_of(&printed) else { return };
        let mut from = 0;
        for shown in shown_texts(structure, &content, language) {
            // Headings and values of the pages' feet and heads may stand between two lines.
            let found = text[from..].find(&shown);
            from += found.unwrap_or_else(|| panic!("{shown} is not read after {}", &text[..from]));
        }
        let Some(tags) = asked("pdfinfo", &["-struct-text", "-enc", "UTF-8"], &printed) else {
            return;
        };
        for tag in ["H1", "H2", "Lbl (block)", "LBody (block)"] {
            assert!(tags.contains(tag), "{tag}: {tags}");
        }
        let catalogue = asked("qpdf", &["--json"], &printed);
        let catalogue = catalogue.unwrap_or_default();
        let said = format!("\"/Lang\": \"u:{}\"", language.tag());
        assert!(catalogue.is_empty() || catalogue.contains(&said));
    }
}

/// The short values of the highest groups, as their reader sees them.
fn shown_texts(
    structure: &Structure,
    content: &Content<'_>,
    language: ViewLanguage,
) -> Vec<String> {
    use varanto_domain::structures::FieldKind;
    let root = content.member(&structure.root).unwrap();
    let mut texts = Vec::new();
    for field in &structure.fields {
        let entries = crate::view::filled(field, root);
        if let (FieldKind::Group(rows), Some(entry)) = (&field.kind, entries.first()) {
            texts.push(crate::view::name(&field.names, language).to_owned());
            for row in rows {
                let values = crate::view::filled(row, entry);
                let words = values.iter().map(|value| crate::view::in_words(row, value, language));
                texts.extend(words.filter(|text| !text.is_empty() && text.len() < 30));
            }
        }
    }
    assert!(texts.len() > 10);
    texts
}

fn row_of_a_report(number: usize) -> String {
    let much = "Sovittiin uusi aika ja käytiin läpi tilanne. ".repeat(number % 5);
    format!(
        "<tr><td>{number}</td><td>12.3.2014</td><td>Puhelu asiakkaan kanssa. {much}</td>\
         <td rowspan='1'>Korhonen, Maija</td></tr>"
    )
}

/// ARC-1: the tables, lists and pictures of old views are printed over as many pages as it takes.
#[test]
fn a_view_of_any_shape_is_printed() {
    let rows: Vec<String> = (1..200).map(row_of_a_report).collect();
    let rows = rows.concat();
    let table = format!(
        "<h1>Asiakaskertomus</h1><p>Alku <b>lihava</b><i>kursiivi</i> ja Ǩǩ Ŋŋ Đđ Žž.<br/>Toinen rivi</p>\
         <table><caption>Tapahtumat</caption><thead><tr><th>Nro</th><th>Päivä</th><th>Tapahtuma</th>\
         <th>Kirjaaja</th></tr></thead><tbody>{rows}</tbody></table>\
         <ol><li>yksi<ul><li>a</li><li>b</li></ul></li><li>kaksi</li></ol>\
         <blockquote>Lainaus</blockquote><img src='{CIRCLE}' alt='Merkki'/><pre>a\n  b</pre>"
    );
    let old = printed(&table);
    qpdf_finds_it_sound(&old);
    if let Some(text) = text_of(&old) {
        for shown in
            ["Alku lihavakursiivi ja Ǩǩ Ŋŋ Đđ Žž. Toinen rivi", "198 12.3.2014 Puhelu", "Sivu 2/"]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        // The table's head stands on every page that the table does.
        assert!(text.matches("Nro Päivä Tapahtuma Kirjaaja").count() > 8, "{text}");
    }
    let odd = [
        String::new(),
        "<table><tr><td colspan='900' rowspan='900'>a</td><td>b</td></tr></table>".to_owned(),
        format!("<table><tr><td>x</td><td>{}</td></tr></table>", "pitkä teksti ".repeat(2000)),
        format!("<table><tr>{}</tr></table>", "<td>a</td>".repeat(300)),
        "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>".to_owned(),
        "<p>\u{e000}\u{200f}שלום العربية 你好 \u{1f600}</p>".to_owned(),
        format!("<p>{}</p>", "sana".repeat(5000)),
        format!("{}x{}", "<div>".repeat(150), "</div>".repeat(150)),
        format!("{}x{}", "<blockquote>".repeat(90), "</blockquote>".repeat(90)),
        format!("{}x{}", "<ul><li>".repeat(90), "</li></ul>".repeat(90)),
        format!("{}x{}", "<table><tr><td>".repeat(60), "</td></tr></table>".repeat(60)),
        format!("{}x{}", "<table><tr><td>a</td><td>".repeat(60), "</td></tr></table>".repeat(60)),
        "<h6>a</h6><h2>b</h2><h5></h5>".to_owned(),
        "<img src='data:image/png;base64,iVBORw0KGgo=' alt='rikki'/>".to_owned(),
        "<img src='data:image/jpeg;base64,/9j/AAAA'/>".to_owned(),
        format!("<img src='{}'/>", CIRCLE.replace("NkYPhf", "AAAAAA")),
    ];
    for body in odd {
        printed(&body);
    }
}

/// Pictures that would unpack to more than a machine holds are described and not drawn, and so are
/// those that are broken.
#[test]
fn pictures_that_cannot_be_drawn_are_described() {
    let bytes = base64::prelude::BASE64_STANDARD.decode(&CIRCLE[22..]).unwrap();
    let picture = |bytes: &[u8]| blocks::Picture {
        kind: blocks::PictureKind::Png,
        bytes: bytes.to_vec(),
        alt: "Kuva".to_owned(),
    };
    let mut huge = bytes.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let mut pages = layout::Pages::new(true);
    let mut drawn = |bytes: &[u8], pixels: f64| {
        pages.pixels = pixels;
        let before = pages.pictures.len();
        pages.picture(&picture(bytes), (100.0, 100.0));
        pages.pictures.len() - before
    };
    assert_eq!(drawn(&bytes, 0.0), 1);
    assert_eq!(drawn(&bytes, from_view::MAX_PIXELS_OF_ALL), 0);
    assert_eq!(drawn(&huge, 0.0), 0);
    assert_eq!(drawn(&bytes[..20], 0.0), 0);
    for (media, sound) in [("jpeg", JPEG), ("gif", GIF), ("png", &bytes)] {
        let data = base64::prelude::BASE64_STANDARD.encode(sound);
        let page = printed(&format!("<img src='data:image/{media};base64,{data}' alt='Talo'/>"));
        assert!(text_of(&page).is_none_or(|text| !text.contains("Talo")), "{media}");
    }
    let page = printed("<img src='data:image/jpeg;base64,/9j/AAAA' alt='Talo'/>");
    assert!(text_of(&page).is_none_or(|text| text.contains("[Talo]")));
}

/// ARC-1: the same document gives the same bytes.
#[test]
fn the_same_document_is_printed_the_same() {
    assert_eq!(printed("<p>Sama</p>"), printed("<p>Sama</p>"));
}

/// A document that no print has room for is told, not cut.
#[test]
fn an_overlong_document_is_not_printed() {
    let page = format!(
        "<html xmlns='http://www.w3.org/1999/xhtml'><body>{}</body></html>",
        "<p>a</p>".repeat(240_000)
    );
    let fault = view(page.as_bytes(), &cover(ViewLanguage::Finnish)).unwrap_err();
    assert_eq!(fault.code(), "unprintable");
}

/// The two real views are printed.
#[test]
fn real_views_are_printed() {
    for (_, _, bytes) in crate::xhtml::real_views() {
        let printed = view(&bytes, &cover(ViewLanguage::Finnish)).unwrap();
        sound(&printed);
    }
}

/// Elements in any order, whether or not that is good XHTML: a view of phase I is kept as it came.
#[derive(Debug, Clone)]
enum Markup {
    Word,
    Element(&'static str, &'static str, Vec<Markup>),
}

fn any_markup() -> impl Strategy<Value = Markup> {
    let name = prop::sample::select(vec![
        "div",
        "p",
        "span",
        "b",
        "i",
        "h1",
        "h3",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "caption",
        "blockquote",
        "pre",
        "dl",
        "dt",
        "dd",
        "a",
        "center",
        "body",
        "html",
    ]);
    let class = prop::sample::select(vec![
        "",
        "",
        "",
        "soc-header",
        "soc-hdr1",
        "soc-hdr2",
        "soc-hdr3",
        "soc-fulltitle",
        "soc-footer",
    ]);
    let table = prop::collection::vec(prop::collection::vec(Just(Markup::Word), 1..4), 1..4)
        .prop_map(|rows| {
            let cell = |word| Markup::Element("td", "", vec![word]);
            let row =
                |cells: Vec<_>| Markup::Element("tr", "", cells.into_iter().map(cell).collect());
            Markup::Element("table", "", rows.into_iter().map(row).collect())
        });
    let leaf = prop_oneof![3 => Just(Markup::Word), 1 => table];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        (name.clone(), class.clone(), prop::collection::vec(inner, 0..5))
            .prop_map(|(name, class, inside)| Markup::Element(name, class, inside))
    })
}

/// Writes markup, with a number of its own in every word.
fn written(markup: &Markup, words: &mut usize, out: &mut String) {
    match markup {
        Markup::Word => {
            *words += 1;
            out.extend(["w", &words.to_string(), " "]);
        }
        Markup::Element(name, class, inside) => {
            out.extend(["<", name, " class=\"", class, "\">"]);
            for one in inside {
                written(one, words, out);
            }
            out.extend(["</", name, ">"]);
        }
    }
}

/// The words of a print, wherever they stand in it.
fn words_of(paper: &blocks::Paper) -> Vec<String> {
    fn collect(blocks: &[blocks::Block], text: &mut String) {
        use blocks::Block;
        let mut add = |runs: &[blocks::Run]| text.extend([blocks::text_of(runs).as_str(), "\n"]);
        match blocks {
            [] => return,
            [Block::Heading(_, runs) | Block::Paragraph(runs), ..] => add(runs),
            [Block::Table(table), ..] => {
                add(&table.caption);
                table.rows.iter().flatten().for_each(|cell| add(&cell.text));
            }
            [Block::List { items, .. }, ..] => items.iter().for_each(|item| collect(item, text)),
            [Block::Quote(inside), ..] => collect(inside, text),
            _ => (),
        }
        collect(&blocks[1..], text);
    }
    let heading = [&paper.organisation, &paper.document_type, &paper.date, &paper.title];
    let heading: Vec<&str> = heading.into_iter().filter_map(|line| line.as_deref()).collect();
    let mut text = heading.join("\n") + "\n";
    collect(&paper.blocks, &mut text);
    // What parts cells and begins items where a table or a list stands in running text is ours.
    let words = text.split_whitespace().filter(|word| !matches!(*word, "·" | "•"));
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort();
    words
}

/// A picture of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// The headers of a grey picture of eight pixels by eight, and one block of it.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\
    \xff\xdb\0\x43\0\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\
    \xff\xc4\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\
    \xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \xff\xda\0\x08\x01\x01\0\0\x3f\0\x2a\x9f\xff\xd9";

/// The words that are compared with the content beside a view.
fn compared_words(view: &[u8]) -> Vec<String> {
    let shown = crate::xhtml::examine(view, None).shown;
    let sections = shown.sections.iter();
    let lines =
        sections.flat_map(|section| std::iter::once(&section.heading).chain(&section.lines));
    let lines = lines.chain([&shown.document_type, &shown.date]);
    let words = lines.flat_map(|line| line.text.split_whitespace().map(str::to_owned));
    let mut words: Vec<String> = words.collect();
    words.sort();
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A picture that is damaged anywhere is drawn as far as it goes, or described; the rest is printed.
    #[test]
    fn a_damaged_picture_ends_no_print(
        kind in 0usize..3,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let (media, mut bytes, magic) = match kind {
            0 => ("png", base64::prelude::BASE64_STANDARD.decode(&CIRCLE[22..]).unwrap(), 9),
            1 => ("jpeg", JPEG.to_vec(), 3),
            _ => ("gif", GIF.to_vec(), 6),
        };
        for (at, byte) in damage {
            let at = magic + at.index(bytes.len() - magic);
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(magic + length.index(bytes.len() - magic));
        }
        let data = base64::prelude::BASE64_STANDARD.encode(&bytes);
        let page = format!(
            "<div xmlns='http://www.w3.org/1999/xhtml'><img alt='Kuva' \
             src='data:image/{media};base64,{data}'/><p>Loppu</p></div>"
        );
        prop_assert_eq!(crate::xhtml::check(page.as_bytes(), None), []);
        let print = view(page.as_bytes(), &cover(ViewLanguage::Finnish)).unwrap();
        prop_assert!(crate::pdf::check(&print).is_ok());
    }

    /// ARC-1, ARC-5: whatever a view says, its page and its print say too, and say once; and all of it
    /// is held against the content.
    #[test]
    fn nothing_of_a_view_is_lost(markup in prop::collection::vec(any_markup(), 1..6)) {
        let mut view = "<html xmlns=\"http://www.w3.org/1999/xhtml\">".to_owned();
        let mut count = 0;
        for one in &markup {
            written(one, &mut count, &mut view);
        }
        view += "</html>";
        prop_assert_eq!(crate::xhtml::check(view.as_bytes(), None), []);
        let mut sent: Vec<String> = (1..=count).map(|number| format!("w{number}")).collect();
        let page = crate::xhtml::safe_copy(view.as_bytes(), "", "fi").unwrap();
        let (_, body) = page.split_once("<body>").unwrap();
        let body = roxmltree::Document::parse(body.trim_end().trim_end_matches("</body></html>"));
        let shown = body.unwrap();
        let shown = shown.descendants().filter(roxmltree::Node::is_text);
        let shown: Vec<_> = shown.flat_map(|node| node.text().unwrap().split_whitespace()).collect();
        prop_assert_eq!(&shown, &sent);
        sent.sort();
        prop_assert_eq!(compared_words(view.as_bytes()), sent.clone());
        prop_assert_eq!(words_of(&from_view::paper(view.as_bytes()).unwrap()), sent, "{}", view);
    }
}
