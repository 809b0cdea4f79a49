use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use varanto_formats::pdf;

use super::*;
use crate::conversion::tools::on_this_machine;

const TEXT: &str = "BT /F 12 Tf 72 760 Td 14 TL (P\u{e4}\u{e4}t\u{f6}s toimeentulotuesta) Tj T* \
    (Asiakas: Maija Esimerkki, 1.2.2003) Tj ET 1 w 72 700 400 -40 re S 0.9 g 80 690 50 -20 re f \
    1 0 0 rg 200 690 50 -20 re f";

/// What is left out, or why it is not converted.
type Expected = Result<&'static [&'static str], &'static str>;

/// A letter as an old system printed it, with a font that is not in the file.
struct Letter {
    document: Document,
    page: ObjectId,
    contents: ObjectId,
}

impl Letter {
    fn new() -> Self {
        let mut document = Document::with_version("1.4");
        let pages = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding"
        });
        let contents = document.add_object(Stream::new(Dictionary::new(), latin(TEXT)));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => contents,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F" => font } }
        });
        let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.objects.insert(pages, kids.into());
        let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", root);
        Self { document, page, contents }
    }

    fn on_page(mut self, key: &str, value: impl Into<Object>) -> Self {
        let page = self.document.get_object_mut(self.page).and_then(Object::as_dict_mut).unwrap();
        page.set(key, value);
        self
    }

    fn in_root(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.document.catalog_mut().unwrap().set(key, value);
        self
    }

    fn about(mut self, key: &str, value: &str) -> Self {
        let info =
            self.document.add_object(dictionary! { key => Object::string_literal(latin(value)) });
        self.document.trailer.set("Info", info);
        self
    }

    fn annotated(self, mut annotation: Dictionary) -> Self {
        annotation.set("Type", "Annot");
        annotation.set("Rect", vec![72.into(), 600.into(), 200.into(), 640.into()]);
        self.on_page("Annots", vec![annotation.into()])
    }

    fn saying(mut self, more: &str) -> Self {
        let text = latin(&format!("{TEXT} {more}"));
        self.document.objects.insert(self.contents, Stream::new(Dictionary::new(), text).into());
        self
    }

    fn with(mut self, object: impl Into<Object>) -> Self {
        self.document.add_object(object);
        self
    }

    fn bytes(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).unwrap();
        bytes
    }
}

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap()).collect()
}

fn text(text: &str) -> Object {
    Object::String(latin(text), StringFormat::Literal)
}

fn link() -> Dictionary {
    let to = dictionary! { "S" => "URI", "URI" => text("https://example.fi/") };
    dictionary! { "Subtype" => "Link", "A" => to, "Border" => vec![0.into(), 0.into(), 0.into()] }
}

fn font(kind: &str, name: &str) -> Dictionary {
    dictionary! { "Type" => "Font", "Subtype" => kind, "BaseFont" => name }
}

fn script() -> Dictionary {
    dictionary! { "S" => "JavaScript", "JS" => text("app.alert(1)") }
}

fn bookmarked(mut bookmark: Dictionary) -> Letter {
    let mut letter = Letter::new();
    bookmark.set("Title", text("Päätös"));
    let all = letter.document.new_object_id();
    bookmark.set("Parent", all);
    let bookmark = letter.document.add_object(bookmark);
    let outlines =
        dictionary! { "Type" => "Outlines", "First" => bookmark, "Last" => bookmark, "Count" => 1 };
    letter.document.objects.insert(all, outlines.into());
    letter.in_root("Outlines", all)
}

fn bookmarked_here() -> Letter {
    let mut letter = bookmarked(Dictionary::new());
    let to = vec![letter.page.into(), "Fit".into()];
    let is_bookmark = |object: &&mut Object| object.as_dict().is_ok_and(|one| one.has(b"Title"));
    let bookmark = letter.document.objects.values_mut().find(is_bookmark).unwrap();
    bookmark.as_dict_mut().unwrap().set("Dest", to);
    letter
}

fn picture(letter: Letter) -> Letter {
    let values: Vec<u8> = (0..80 * 60).map(|at: u32| (at % 251).to_le_bytes()[0]).collect();
    let about = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => 80, "Height" => 60, "BitsPerComponent" => 8,
        "ColorSpace" => "DeviceGray"
    };
    let mut letter = letter.saying("q 80 0 0 60 72 500 cm /P Do Q");
    let picture = letter.document.add_object(Stream::new(about, values));
    let page = letter.document.get_object_mut(letter.page).and_then(Object::as_dict_mut).unwrap();
    let resources = page.get_mut(b"Resources").and_then(Object::as_dict_mut).unwrap();
    resources.set("XObject", dictionary! { "P" => picture });
    letter
}

/// OLD-9: a PDF file that holds what is not known to come out is not converted: one row for each.
#[test]
fn what_would_be_lost_is_seen_before() {
    let note = || dictionary! { "Subtype" => "Text", "Contents" => text("Huomaa") };
    let stamp = dictionary! { "Subtype" => "FreeText", "F" => 4, "Contents" => text("KOPIO") };
    let field =
        || dictionary! { "Subtype" => "Widget", "FT" => "Tx", "V" => text("Maija"), "F" => 4 };
    let file = dictionary! { "Subtype" => "FileAttachment", "F" => 4 };
    let within = dictionary! { "Type" => "Filespec", "EF" => dictionary! {} };
    let names = |key: &str| dictionary! { key => dictionary! { "Names" => Vec::<Object>::new() } };
    let mut hidden_text = link();
    hidden_text.set("Contents", text("Soita"));
    let mut running = link();
    running.set("A", script());
    let mut twice = link();
    twice.set("A", dictionary! { "S" => "URI", "URI" => text("https://a.fi"), "Next" => script() });
    let rows: Vec<(Letter, &str)> = vec![
        (Letter::new().annotated(note()), "a note, a stamp or the like upon a page"),
        (Letter::new().annotated(stamp), "a note, a stamp or the like upon a page"),
        (Letter::new().annotated(file), "a note, a stamp or the like upon a page"),
        (Letter::new().annotated(field()), "fields of a form"),
        (
            Letter::new().in_root("AcroForm", dictionary! { "Fields" => vec![field().into()] }),
            "fields of a form",
        ),
        (
            Letter::new().in_root("AcroForm", dictionary! { "XFA" => text("<xdp/>") }),
            "fields of a form",
        ),
        (Letter::new().annotated(hidden_text), "what is not known of a link"),
        (Letter::new().annotated(running), "a program within the file"),
        (Letter::new().annotated(twice), "a program within the file"),
        (Letter::new().in_root("OpenAction", script()), "a program within the file"),
        (
            Letter::new().in_root("AA", dictionary! { "WC" => script() }),
            "what is not known in a file",
        ),
        (
            Letter::new().on_page("AA", dictionary! { "O" => script() }),
            "what is not known on a page",
        ),
        (Letter::new().on_page("UserUnit", 2), "what is not known on a page"),
        (bookmarked(dictionary! { "A" => script() }), "a program within the file"),
        (bookmarked(dictionary! { "SE" => dictionary! {} }), "what is not known of a bookmark"),
        (Letter::new().in_root("OCProperties", dictionary! {}), "layers"),
        (Letter::new().in_root("Collection", dictionary! {}), "what is not known in a file"),
        (Letter::new().in_root("AF", Vec::<Object>::new()), "what is not known in a file"),
        (
            Letter::new().in_root("Names", names("EmbeddedFiles")),
            "a file, or a program, within the file",
        ),
        (
            Letter::new().in_root("Names", names("JavaScript")),
            "a file, or a program, within the file",
        ),
        (Letter::new().with(within), "a file within the file"),
        (
            Letter::new().with(dictionary! { "S" => "Figure", "Alt" => text("Kuva äidistä") }),
            "a text that stands for a picture",
        ),
        (
            Letter::new().with(dictionary! { "S" => "Span", "ActualText" => text("x") }),
            "a text that stands for a picture",
        ),
        (Letter::new().with(font("TrueType", "Wingdings")), "a font that is not in the file"),
        (Letter::new().with(font("TrueType", "Symbol")), "a font that is not in the file"),
        (Letter::new().with(font("CIDFontType2", "Arial")), "a font that is not in the file"),
        (Letter::new().about("Diaari", "12/2003"), "an entry about the file"),
    ];
    for (at, (letter, what)) in rows.into_iter().enumerate() {
        let told = examination::examine(&letter.bytes());
        assert_eq!(told, Err(NotConverted::Loses { what: what.to_owned() }), "row {at}");
    }
    let whole = Letter::new().bytes();
    let broken = [&whole[..whole.len() / 2], &[b"x\n", whole.as_slice()].concat()];
    let large = Letter::new()
        .on_page("MediaBox", vec![0.into(), 0.into(), 595.into(), 2401.into()])
        .bytes();
    for source in broken.into_iter().chain([large.as_slice()]) {
        assert!(matches!(examination::examine(source), Err(NotConverted::Failed { .. })));
    }
}

/// OLD-1: a PDF file that is no PDF/A becomes one with the same words, pictures, bookmarks and looks; one that would
/// not, does not.
#[test]
fn what_comes_out_is_what_went_in() {
    let tools = Tools::of_system();
    if !on_this_machine(&tools, |tools| {
        [&tools.ghostscript, &tools.texts, &tools.pictures, &tools.pages].into()
    }) {
        return;
    }
    let mut printed = link();
    printed.set("F", 4);
    let mut framed = link();
    framed.remove(b"Border");
    let rows: Vec<(&str, Letter, Expected)> = vec![
        ("plain", Letter::new(), Ok(&[])),
        ("picture", picture(Letter::new()), Ok(&[])),
        ("turned", Letter::new().on_page("Rotate", 90), Ok(&[])),
        (
            "words behind a scan",
            Letter::new().saying("BT 3 Tr /F 12 Tf 72 600 Td (Skannattu) Tj ET"),
            Ok(&[]),
        ),
        ("bookmark", bookmarked_here().about("Title", "Paatos"), Ok(&[])),
        ("bookmark that it leaves out", bookmarked_here(), Err("bookmarks")),
        ("title", Letter::new().about("Title", "Paatos"), Ok(&[])),
        ("title that it leaves out", Letter::new().about("Title", "Päätös"), Ok(&["title"])),
        (
            "subject that it leaves out",
            Letter::new().about("Subject", "Päätös"),
            Err("an entry about the file"),
        ),
        (
            "page labels",
            Letter::new().in_root(
                "PageLabels",
                dictionary! { "Nums" => vec![0.into(), dictionary! { "S" => "r" }.into()] },
            ),
            Ok(&["page labels"]),
        ),
        ("link to be printed", Letter::new().annotated(printed), Ok(&[])),
        ("link that nobody sees", Letter::new().annotated(link()), Ok(&["links"])),
        ("link with a frame", Letter::new().annotated(framed), Err("how a page looks")),
        (
            "other words to read than to see",
            Letter::new().saying(
                "/Span << /ActualText (toinen) >> BDC BT /F 12 Tf 72 600 Td (yksi) Tj ET EMC",
            ),
            Err("words"),
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, letter, expected) in rows {
        let source = letter.bytes();
        assert!(pdf::check(&source).is_err(), "{name} is no PDF/A");
        let made = convert(&source, &tools, folder.path());
        match (made, expected) {
            (Ok(made), Ok(left_out)) => {
                assert_eq!(made.left_out, left_out, "{name}");
                let judged = pdf::judge(&made.bytes, None);
                let findings = judged.report.map(|report| report.findings.len());
                assert_eq!(
                    (judged.gate.map(|facts| facts.part), findings),
                    (Ok(2), Some(0)),
                    "{name}"
                );
            }
            (Err(told), Err(what)) => {
                assert_eq!(told, NotConverted::Loses { what: what.to_owned() }, "{name}");
            }
            (made, _) => panic!("{name}: {:?}", made.map(|made| made.left_out)),
        }
    }
}
