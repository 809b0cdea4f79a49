use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use varanto_formats::pdf;
use zip::write::SimpleFileOptions;

use super::*;
use crate::conversion::tools::on_this_machine;

const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" \
    xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
const PICTURE: &[u8] = include_bytes!("../../../assets/tests/c.jpg");

/// A letter in its package.
#[derive(Default)]
struct Package {
    body: String,
    /// The parts beside the text: kind of the relationship, name, what is in it.
    parts: Vec<(&'static str, &'static str, Vec<u8>)>,
    /// What stands outside: kind and address.
    outside: Vec<(&'static str, &'static str)>,
    properties: &'static str,
}

impl Package {
    fn of(body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    /// With a part whose root is of the letter's namespace.
    fn with(self, kind: &'static str, name: &'static str, xml: &str) -> Self {
        let (root, rest) = xml[1..].split_once([' ', '>']).unwrap_or_default();
        let closing = if xml[1 + root.len()..].starts_with('>') { ">" } else { " " };
        self.holding(kind, name, format!("<{root} {NAMESPACES}{closing}{rest}").as_bytes())
    }

    fn holding(mut self, kind: &'static str, name: &'static str, bytes: &[u8]) -> Self {
        self.parts.push((kind, name, bytes.to_vec()));
        self
    }

    fn naming(mut self, kind: &'static str, address: &'static str) -> Self {
        self.outside.push((kind, address));
        self
    }

    fn said(mut self, properties: &'static str) -> Self {
        self.properties = properties;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        const RELATIONSHIPS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, bytes: &[u8]| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        };
        let mut types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
            <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
            <Default Extension=\"jpg\" ContentType=\"image/jpeg\"/><Default Extension=\"bin\" ContentType=\"application/octet-stream\"/>"
            .to_owned();
        let mut of_text = RELATIONSHIPS.to_owned();
        let main = [("document.main", "document.xml")];
        for (kind, name) in
            main.into_iter().chain(self.parts.iter().map(|(kind, name, _)| (*kind, *name)))
        {
            if name.contains(".xml") {
                let _ = write!(
                    types,
                    "<Override PartName=\"/word/{name}\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml\"/>"
                );
            }
        }
        for (kind, name, bytes) in &self.parts {
            let _ = write!(
                of_text,
                "<Relationship Id=\"{name}\" Type=\"{OFFICE}{kind}\" Target=\"{name}\"/>"
            );
            put(&format!("word/{name}"), bytes);
        }
        for (kind, address) in &self.outside {
            let _ = write!(
                of_text,
                "<Relationship Id=\"outside\" Type=\"{OFFICE}{kind}\" Target=\"{address}\" TargetMode=\"External\"/>"
            );
        }
        put("[Content_Types].xml", (types + "</Types>").as_bytes());
        let mut own = format!(
            "{RELATIONSHIPS}<Relationship Id=\"a\" Type=\"{OFFICE}officeDocument\" Target=\"word/document.xml\"/>"
        );
        if !self.properties.is_empty() {
            own += "<Relationship Id=\"b\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>";
            let core = format!(
                "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">{}</cp:coreProperties>",
                self.properties
            );
            put("docProps/core.xml", core.as_bytes());
        }
        put("_rels/.rels", (own + "</Relationships>").as_bytes());
        put("word/_rels/document.xml.rels", (of_text + "</Relationships>").as_bytes());
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document {NAMESPACES}><w:body>{}</w:body></w:document>",
            self.body
        );
        put("word/document.xml", text.as_bytes());
        zip.finish().unwrap().into_inner()
    }
}

fn paragraph(text: &str) -> String {
    format!("<w:p>{}</w:p>", run(text))
}

fn run(text: &str) -> String {
    format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

fn styled(style: &str) -> String {
    format!("<w:p><w:r><w:rPr>{style}</w:rPr><w:t>Asiakas kertoi</w:t></w:r></w:p>")
}

fn field(instruction: &str, result: &str) -> String {
    format!(
        "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\">{instruction}</w:instrText></w:r>\
         <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
        run(result)
    )
}

fn in_text(content: &str) -> Package {
    Package::of(format!("<w:p>{}{content}</w:p>", run("Kuopio ")))
}

fn picture(blip: &str, about: &str) -> String {
    format!(
        "<w:r><w:drawing><wp:inline><wp:extent cx=\"900000\" cy=\"600000\"/><wp:docPr id=\"1\" name=\"Kuva\" {about}/><a:graphic>\
         <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
         <pic:cNvPr id=\"1\" name=\"k\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip {blip}/><a:stretch><a:fillRect/>\
         </a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"900000\" cy=\"600000\"/></a:xfrm>\
         <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>\
         </w:drawing></w:r>"
    )
}

fn with_picture(about: &str) -> Package {
    in_text(&picture("r:embed=\"kuva.jpg\"", about)).holding("image", "kuva.jpg", PICTURE)
}

const PAGE: &str = "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"header1.xml\"/>\
    <w:footerReference w:type=\"default\" r:id=\"footer1.xml\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
    <w:pgMar w:top=\"1417\" w:right=\"1134\" w:bottom=\"1417\" w:left=\"1134\" w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/></w:sectPr>";

/// A page with room for less than a picture.
const NARROW: &str = "</w:p><w:sectPr><w:pgSz w:w=\"3000\" w:h=\"16838\"/><w:pgMar w:left=\"1000\" w:right=\"1000\"/></w:sectPr><w:p>";

/// A line of a list with a bullet.
fn bulleted(font: &str, bullet: &str) -> Package {
    let lists = format!(
        "<w:numbering><w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"{bullet}\"/>\
         <w:rPr><w:rFonts w:ascii=\"{font}\"/></w:rPr></w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>"
    );
    let line = "<w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>on saanut</w:t></w:r></w:p>";
    Package::of(line).with("numbering", "numbering.xml", &lists)
}

/// A letter of some pages, with a head, a foot, a table and lists.
fn long() -> Package {
    let numbered = |list: u8, level: u8, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr></w:pPr>{}</w:p>",
            run(text)
        )
    };
    let list = [
        (1, 0, "Hakemus"),
        (1, 1, "liite"),
        (1, 1, "toinen liite"),
        (1, 0, "Päätös"),
        (1, 1, "perustelut"),
        (2, 0, "luoti"),
        (3, 0, "alusta"),
    ]
    .map(|(list, level, text)| numbered(list, level, text))
    .concat();
    let cell = |text: &str| {
        format!(
            "<w:tc><w:tcPr><w:tcW w:w=\"3000\" w:type=\"dxa\"/></w:tcPr>{}</w:tc>",
            paragraph(text)
        )
    };
    let row = |at: u8| {
        format!(
            "<w:tr>{}{}</w:tr>",
            cell(&format!("Kuukausi {at} jolta tukea haettiin, pitkänä tekstinä")),
            cell(&format!("{at}00,45 euroa"))
        )
    };
    let table = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"3000\"/><w:gridCol w:w=\"3000\"/></w:tblGrid>{}</w:tbl>",
        (1..6).map(row).collect::<String>()
    );
    let long = (1..15).map(|at| {
        paragraph(&format!(
            "Kohta {at}. {}",
            "Asiakkaan kanssa sovittiin, että palvelutarve arvioidaan uudelleen. ".repeat(7)
        ))
    });
    let level = |at: u8, form: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl=\"{at}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{form}\"/><w:lvlText w:val=\"{text}\"/><w:lvlJc w:val=\"left\"/></w:lvl>"
        )
    };
    let lists = format!(
        "<w:numbering><w:abstractNum w:abstractNumId=\"0\">{}{}</w:abstractNum><w:abstractNum w:abstractNumId=\"1\">\
         <w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"\u{f0b7}\"/><w:rPr>\
         <w:rFonts w:ascii=\"Symbol\" w:hAnsi=\"Symbol\"/></w:rPr></w:lvl></w:abstractNum>\
         <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\"><w:abstractNumId w:val=\"1\"/></w:num>\
         <w:num w:numId=\"3\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"1\"/></w:lvlOverride></w:num></w:numbering>",
        level(0, "decimal", "%1."),
        level(1, "lowerLetter", "%1.%2)"),
    );
    let foot = format!(
        "<w:ftr><w:p>{}{}{}{}</w:p></w:ftr>",
        run("Sivu "),
        field(" PAGE ", "1"),
        run(" / "),
        field(" NUMPAGES ", "7")
    );
    Package::of(format!(
        "{}{list}{table}{}{PAGE}",
        paragraph("Päätös toimeentulotuesta"),
        long.collect::<String>()
    ))
    .with("numbering", "numbering.xml", &lists)
    .with(
        "header",
        "header1.xml",
        &format!("<w:hdr>{}</w:hdr>", paragraph("Esimerkkilän sosiaalitoimi")),
    )
    .with("footer", "footer1.xml", &foot)
}

/// OLD-9: a letter that holds what is not known to come out is not converted: one row for each.
#[test]
fn what_would_be_lost_is_seen_before() {
    let anew = "a field that would be computed anew";
    let box_of = |inner: &str| in_text(&format!("<w:r>{inner}</w:r>"));
    let rows: Vec<(Package, &str)> = vec![
        (in_text("<w:fldSimple w:instr=' DATE '><w:r><w:t>1.2.2003</w:t></w:r></w:fldSimple>"), anew),
        (in_text("<w:fldSimple w:instr=\"&#68;ATE\"><w:r><w:t>1.2.2003</w:t></w:r></w:fldSimple>"), anew),
        (in_text("<x:fldSimple xmlns:x=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" x:instr=\"TIME\"/>"), anew),
        (in_text(&field(" SAVEDATE ", "1.2.2003")), anew),
        (in_text(&field(" IF 1 = 1 \"kyllä\" ", "kyllä")), anew),
        (in_text(&field(" FILENAME \\p ", "a.doc")), anew),
        (in_text(&field(" REF muualla ", "x")), anew),
        (in_text(&field(" PAGE ", "1")), anew),
        (in_text("<w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>DA</w:instrText><w:instrText>TE</w:instrText><w:fldChar w:fldCharType=\"end\"/></w:r>"), anew),
        (in_text("<w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>MERGEFIELD x</w:instrText></w:r>"), "a field that does not end"),
        (in_text("<w:r><w:fldChar w:fldCharType=\"begin\"/><w:fldChar w:fldCharType=\"begin\"/></w:r>"), "a field within a field"),
        (Package::of(styled("<w:vanish/>")), "hidden text"),
        (Package::of(paragraph("a")).with("styles", "styles.xml", "<w:styles><w:style w:styleId=\"x\"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"), "hidden text"),
        (in_text("<w:del><w:r><w:delText>pois</w:delText></w:r></w:del>"), "changes that were tracked"),
        (in_text("<w:ins><w:r><w:t>lisä</w:t></w:r></w:ins>"), "changes that were tracked"),
        (in_text("<w:commentRangeStart w:id=\"1\"/>"), "comments"),
        (box_of("<w:footnoteReference w:id=\"2\"/>"), "footnotes"),
        (Package::of(paragraph("a")).with("footnotes", "footnotes.xml", &format!("<w:footnotes><w:footnote>{}</w:footnote></w:footnotes>", paragraph("b"))), "footnotes"),
        (box_of("<w:object/>"), "an object within the letter"),
        (box_of("<w:pict/>"), "a drawing, a box or a frame"),
        (box_of("<mc:AlternateContent/>"), "a drawing, a box or a frame"),
        (box_of("<w:sym w:font=\"Wingdings\" w:char=\"F0FE\"/>"), "a sign of a picture font"),
        (Package::of(styled("<w:rFonts w:ascii=\"Wingdings 2\"/>")), "a sign of a picture font"),
        (Package::of("<w:altChunk r:id=\"x\"/>"), "a letter within the letter"),
        (Package::of("<w:p><w:pPr><w:framePr/></w:pPr></w:p>"), "a drawing, a box or a frame"),
        (Package::of("<w:p><w:pPr><w:spacing w:line=\"200\" w:lineRule=\"exact\"/></w:pPr></w:p>"), "lines that cut off what does not fit"),
        (Package::of("<w:tbl><w:tr><w:trPr><w:trHeight w:val=\"9\" w:hRule=\"exact\"/></w:trPr></w:tr></w:tbl>"), "a row of a table that cuts off what does not fit"),
        (Package::of("<w:p><m:oMath xmlns:m=\"http://schemas.openxmlformats.org/officeDocument/2006/math\"/></w:p>"), "what is not known in a letter"),
        (in_text("<w:sdt><w:sdtPr><w:dataBinding/></w:sdtPr></w:sdt>"), "what is not known in a letter"),
        (in_text(&picture("r:link=\"outside\"", "")).naming("image", "file:///kuva.jpg"), "what stands outside the letter"),
        (in_text(&picture("r:embed=\"x.bin\"", "")).holding("image", "x.bin", b"GIF89a"), "a picture of a form that is not known to come out"),
        (Package::of("<w:tbl><w:tr><w:tc><w:tcPr><w:tcBorders><w:tl2br/></w:tcBorders></w:tcPr></w:tc></w:tr></w:tbl>"), "a cell that is crossed out"),
        (Package::of("<w:p><w:pPr><w:pBdr><w:bar/></w:pBdr></w:pPr></w:p>"), "what is not known in a letter"),
        (Package::of("<w:p><w:pPr><w:spacing w:line=\"100\" w:lineRule=\"auto\"/></w:pPr></w:p>"), "lines that cut off what does not fit"),
        (Package::of(styled("<w:color w:val=\"FFFFFF\"/>")), "light letters"),
        (Package::of(styled("<w:color w:val=\"000000\" w:themeColor=\"background1\"/>")), "light letters"),
        (Package::of(styled("<w:highlight w:val=\"black\"/>")), "a ground that is not known to come out"),
        (Package::of(styled("<w:rFonts w:ascii=\"Free 3 of 9\"/>")), "a sign of a picture font"),
        (Package::of("<w:p><w:pPr><w:tabs><w:tab w:val=\"bar\"/></w:tabs></w:pPr></w:p>"), "what is not known in a letter"),
        (Package::of(paragraph("a")).with("styles", "styles.xml", "<w:styles><w:style w:styleId=\"x\"><w:rPr><w:strike/></w:rPr></w:style></w:styles>"), "letters that a style strikes out"),
        (Package::of("<w:tbl><w:tblPr><w:shd w:fill=\"202020\"/></w:tblPr></w:tbl>"), "a ground that is not known to come out"),
        (Package::of("<w:tbl><w:tr><w:tblPrEx><w:shd w:fill=\"202020\"/></w:tblPrEx></w:tr></w:tbl>"), "a ground that is not known to come out"),
        (Package::of(styled("<w:shd w:fill=\"auto\" w:themeFill=\"accent1\"/>")), "a ground that is not known to come out"),
        (Package::of(format!("<w:tbl><w:tr><w:tc><w:p>{}</w:p></w:tc></w:tr></w:tbl>", picture("r:embed=\"kuva.jpg\"", ""))).holding("image", "kuva.jpg", PICTURE), "a picture in a table"),
        (in_text(&picture("r:embed=\"kuva.jpg\"", "").replace("900000", "9000000")).holding("image", "kuva.jpg", PICTURE), "a picture that is cut"),
        (in_text(&(picture("r:embed=\"kuva.jpg\"", "") + NARROW)).holding("image", "kuva.jpg", PICTURE), "a picture that is cut"),
        (in_text(&picture("r:embed=\"a.png\"", "")).holding("image", "a.png", include_bytes!("../../../assets/tests/a.png")), "transparency"),
        (bulleted("Webdings", "a"), "a list that is numbered in a way that is not known"),
        (bulleted("Wingdings", "\u{f0fe}"), "a list that is numbered in a way that is not known"),
        (bulleted("Segoe UI", "\u{1f44d}"), "a list that is numbered in a way that is not known"),
        (with_picture("hidden=\"1\""), "hidden text"),
        (in_text("<w:r><w:drawing><wp:anchor><wp:wrapNone/></wp:anchor></w:drawing></w:r>"), "a picture that stands beside, before or behind text"),
        (with_picture("title=\"Kartta\""), "a text that stands for a picture"),
        (Package::of(paragraph("a")).naming("oleObject", "file:///a.xls"), "what stands outside the letter"),
        (Package::of(paragraph("a")).holding("oleObject", "a.bin", b"x"), "a part of the letter that is not known"),
        (Package::of(paragraph("a")).holding("image", "b.bin", b"x"), "a part of the letter that is not known"),
        (Package::of(paragraph("a")).with("comments", "comments.xml", "<w:comments/>"), "a part of the letter that is not known"),
        (Package::of(paragraph("a")).with("settings", "settings.xml", "<w:settings><w:mailMerge/></w:settings>"), "a setting that is not known"),
        (Package::of(paragraph("a")).with("numbering", "numbering.xml", "<w:numbering><w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"ordinal\"/></w:lvl></w:abstractNum></w:numbering>"), "a list that is numbered in a way that is not known"),
        (Package::of(paragraph("a")).said("<dc:description>Soita äidille</dc:description>"), "an entry about the file"),
    ];
    for (package, what) in rows {
        let told = docx::read(&package.bytes());
        assert_eq!(told, Err(NotConverted::Loses { what: what.to_owned() }), "{}", package.body);
    }
    let whole = long().bytes();
    let entities = Package::of("&a;").bytes();
    let deep = Package::of("<w:p>".repeat(50_000) + &"</w:p>".repeat(50_000)).bytes();
    let cut = &PICTURE[..PICTURE.len() / 2];
    let cut =
        in_text(&picture("r:embed=\"kuva.jpg\"", "")).holding("image", "kuva.jpg", cut).bytes();
    for source in [&cut, &whole[..whole.len() / 2], b"PK\x03\x04word/", &entities, &deep] {
        assert!(matches!(docx::read(source), Err(NotConverted::Failed { .. })));
    }
}

/// OLD-1: a letter becomes PDF/A with the words and pictures that it has, in their order, on as many pages as it takes.
#[test]
fn what_comes_out_is_what_went_in() {
    let tools = Tools::of_system();
    if !on_this_machine(&tools, |tools| [&tools.office, &tools.texts, &tools.pictures].into()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let styles = [
        "<w:b/>",
        "<w:i/>",
        "<w:strike/>",
        "<w:u w:val=\"single\"/>",
        "<w:caps/>",
        "<w:highlight w:val=\"yellow\"/>",
    ];
    let kept = [
        field(" MERGEFIELD Nimi ", "Maija Esimerkki"),
        field(" DOCPROPERTY Oma ", " ominaisuus"),
        field("HYPERLINK \"https://example.fi/\"", " linkki"),
        field(" FORMTEXT ", " kenttä"),
    ];
    let signs = "<w:r><w:tab/><w:t>sarkain</w:t><w:br/><w:t>rivi</w:t><w:noBreakHyphen/><w:t>viiva</w:t><w:softHyphen/><w:t>pehmeä</w:t></w:r>";
    let rows: Vec<(&str, Package, Option<&str>)> = vec![
        ("long", long(), None),
        ("styles", Package::of(styles.map(styled).concat()), None),
        ("fields", in_text(&kept.concat()), None),
        ("signs", in_text(signs), None),
        ("picture", with_picture(""), None),
        ("picture with a text", with_picture("descr=\"Kartta äidin kodista\""), None),
        (
            "control",
            in_text(&format!(
                "<w:sdt><w:sdtPr><w:alias w:val=\"Nimi\"/><w:text/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>",
                run("Maija")
            )),
            None,
        ),
        (
            "link",
            in_text(&format!("<w:hyperlink r:id=\"outside\">{}</w:hyperlink>", run("linkki")))
                .naming("hyperlink", "https://example.fi"),
            None,
        ),
        (
            "a head that is never shown",
            Package::of(paragraph("a")).with(
                "header",
                "header1.xml",
                &format!("<w:hdr>{}</w:hdr>", paragraph("Kunta")),
            ),
            Some("words"),
        ),
    ];
    let of_others = include_bytes!("../../../assets/tests/kirje.docx").to_vec();
    let rows = rows.into_iter().map(|(name, package, lost)| (name, package.bytes(), lost));
    for (name, source, lost) in rows.chain([("of another program", of_others, None)]) {
        let made = convert(Kind::of(&source), &source, &tools, folder.path());
        match lost {
            None => {
                let made = made.unwrap_or_else(|told| panic!("{name}: {told:?}"));
                let judged = pdf::judge(&made.bytes, None);
                let findings = judged.report.map(|report| report.findings.len());
                assert_eq!(
                    (judged.gate.map(|facts| facts.part), findings),
                    (Ok(2), Some(0)),
                    "{name}"
                );
            }
            Some(what) => {
                let told = made.err();
                assert_eq!(told, Some(NotConverted::Loses { what: what.to_owned() }), "{name}");
            }
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// OLD-9: a letter with signs that a machine may have no font for is not converted: each would be an empty box.
#[test]
fn a_letter_of_other_scripts_is_not_converted() {
    let tools = Tools::of_system();
    let folder = tempfile::tempdir().unwrap();
    for text in ["中文名字", "สมชาย", "አበበ", "தமிழ்", "مريم", "\u{2611}", "\u{1f44d}", "\u{e000}"]
    {
        let source = Package::of(paragraph(text)).bytes();
        let told = convert(Kind::Docx, &source, &tools, folder.path()).err();
        let what = "letters or signs that a machine may have no font for".to_owned();
        assert_eq!(told, Some(NotConverted::Loses { what }), "{text}");
    }
    let sure = docx::read(&Package::of(paragraph("Äiti, Škoda–Čapek, Ελένη, Ирина, 5 €")).bytes());
    assert!(sure.unwrap().is_of_sure_signs());
}

fn rtf(content: &str) -> Vec<u8> {
    let fonts = "{\\fonttbl{\\f0\\fswiss\\fcharset0 Arial;}{\\f1\\fnil\\fcharset2 Symbol;}{\\f2\\fswiss\\fcharset238 Arial CE;}\
        {\\f3\\fnil\\fcharset0 Wingdings;}}";
    format!(
        "{{\\rtf1\\ansi\\ansicpg1252\\deff0{fonts}\\pard\\f0\\fs22 Kuopio\\par {content}\\par}}\n"
    )
    .into_bytes()
}

fn rtf_field(instruction: &str, result: &str) -> String {
    format!("{{\\field{{\\*\\fldinst {{\\rtlch\\af0 {instruction}}}}}{{\\fldrslt {{{result}}}}}}}")
}

/// A letter with the words that a large word processor writes around its text.
fn rtf_of_a_large_program() -> Vec<u8> {
    let before = r"{\rtf1\adeflang1025\ansi\ansicpg1252\uc1\adeff31507\deff0\stshfdbch31506\stshfloch31506\stshfhich31506\stshfbi31507\deflang1035\deflangfe1035\themelang1035\themelangfe0\themelangcs0{\fonttbl{\f0\fbidi \froman\fcharset0\fprq2{\*\panose 02020603050405020304}Times New Roman;}{\f3\fbidi \froman\fcharset2\fprq2{\*\panose 05050102010706020507}Symbol;}{\f41\fbidi \froman\fcharset238\fprq2 Times New Roman CE;}{\flominor\f31506\fbidi \fswiss\fcharset0\fprq2{\*\panose 02020603050405020304}Calibri{\*\falt Carlito};}}{\colortbl;\red0\green0\blue0;}{\*\defchp \f31506\fs22 }{\*\defpap \ql \li0\ri0 }\noqfpromote {\stylesheet{\ql \li0\ri0\widctlpar \snext0 \sqformat Normal;}{\*\cs10 \additive Default Paragraph Font;}}{\*\listtable{\list\listtemplateid-14683458{\listlevel\levelnfc23\levelnfcn23\leveljc0\leveljcn0\levelfollow0\levelstartat1\levelspace0\levelindent0{\leveltext\'01\u-3913 ?;}{\levelnumbers;}\f3\fbias0 \fi-360\li720\lin720 }{\listname ;}\listid428358963}{\list\listtemplateid14\listhybrid{\listlevel\levelnfc0\levelnfcn0\leveljc0\leveljcn0\levelfollow0\levelstartat1\levelspace0\levelindent0{\leveltext\'02\'00.;}{\levelnumbers\'01;}\fi-360\li720\lin720 }{\listname ;}\listid428358964}}{\*\listoverridetable{\listoverride\listid428358963\listoverridecount0\ls1}{\listoverride\listid428358964\listoverridecount0\ls2}}{\*\rsidtbl \rsid1590941}{\mmathPr\mmathFont34}{\info{\title P\'e4\'e4t\'f6s}{\author Aino}{\operator Aino}{\creatim\yr2003\mo2\dy1\hr14\min41}{\version2}{\edmins1}{\nofpages1}{\nofwords8}{\nofchars50}{\nofcharsws58}{\vern15}}{\*\xmlnstbl {\xmlns1 http://schemas.microsoft.com/office/word/2003/wordml}}
\paperw11906\paperh16838\margl1134\margr1134\margt1417\margb1417\gutter0\ltrsect
\deftab1304\widowctrl\ftnbj\aenddoc\hyphhotz425\trackmoves0\trackformatting1\donotembedsysfont1\relyonvml0\donotembedlingdata0\grfdocevents0\validatexml1\showplaceholdtext0\ignoremixedcontent0\saveinvalidxml0\showxmlerrors1\noxlattoyen\expshrtn\noultrlspc\dntblnsbdb\nospaceforul\formshade\horzdoc\dgmargin\dghspace180\viewkind1\viewscale100\pgbrdrhead\pgbrdrfoot\splytwnine\ftnlytwnine\htmautsp\nolnhtadjtbl\useltbaln\alntblind\lytcalctblwd\lyttblrtgr\lnbrkrule\nobrkwrptbl\snaptogridincell\allowfieldendsel\wrppunct\asianbrkrule\rsidroot42\newtblstyruls\nogrowautofit\usenormstyforlist\noindnmbrts\felnbrelev\nocxsptable\indrlsweleven\noafcnsttbl\afelev\utinl\hwelev\spltpgpar\notcvasp\notbrkcnstfrctbl\notvatxbx\krnprsnet\cachedcolbal \nouicompat \fet0{\*\wgrffmtfilter 2450}\nofeaturethrottle1\ilfomacatclnup0\ltrpar \sectd \ltrsect\linex0\headery708\footery708\colsx708\endnhere\sectlinegrid360\sectdefaultcl\sftnbj {\*\pnseclvl1\pnucrm\pnstart1\pnindent720\pnhang {\pntxta .}}
";
    let marked = |list: &str, mark: &str, text: &str| {
        format!(
            r"{{\listtext\pard\plain\ltrpar \rtlch\fcs1 \ab\af0 \ltrch\fcs0 {mark}\tab}}\pard \ltrpar\ql \fi-360\li720\ri0\widctlpar\jclisttab\tx720\wrapdefault\aspalpha\aspnum\faauto\{list}\adjustright\rin0\lin720\itap0\pararsid42 {{\rtlch\fcs1 \af0 \ltrch\fcs0 \f0\kerning0\insrsid42\charrsid42 {text}\par }}"
        )
    };
    let text = [
        r"\pard\plain \ltrpar\ql \li0\ri0\sb100\sa100\sbauto1\saauto1\widctlpar\wrapdefault\aspalpha\aspnum\faauto\outlinelevel1\adjustright\rin0\lin0\itap0\pararsid42 \rtlch\fcs1 \af31507\afs24\alang1025 \ltrch\fcs0 \f31506\fs24\lang1035\langfe1035\kerning2\cgrid\langnp1035\langfenp1035 {\rtlch\fcs1 \ab\af0\afs36 \ltrch\fcs0 \b\f0\fs36\kerning0\insrsid42\charrsid42 P\'e4\'e4t\'f6s toimeentulotuesta\par }".to_owned(),
        marked("ls1", r"\f3\fs20\insrsid42 \loch\af3\dbch\af0\hich\f3 \'b7", "perustelut"),
        marked("ls2", r"\f0 \hich\af0\dbch\af0\loch\f0 1.", "hakemus"),
        marked("ls2", r"\f0 \hich\af0\dbch\af0\loch\f0 2.", r"muutoksenhaku"),
    ];
    format!("{before}{}{{\\*\\themedata 504b}}{{\\*\\colorschememapping 3c3f}}{{\\*\\latentstyles\\lsdstimax376{{\\lsdlockedexcept \\lsdqformat1 Normal;}}}}{{\\*\\datastore 0105}}}}", text.concat())
        .into_bytes()
}

fn hexadecimal(bytes: &[u8]) -> String {
    crate::conversion::hexadecimal(bytes)
}

/// OLD-9: a letter in Rich Text Format that holds what is not known to come out is not converted: one row for each.
#[test]
fn what_rich_text_would_lose_is_seen_before() {
    let anew = "a field that would be computed anew";
    let shape = "a drawing, a box or a frame";
    let rows: Vec<(String, &str)> = vec![
        (rtf_field(" DATE \\\\@ d.M.yyyy ", "1.2.2003"), anew),
        (rtf_field(" da}{te ", "1.2.2003"), anew),
        (rtf_field(" FILENAME \\\\p ", "a.rtf"), anew),
        (rtf_field(" IF 1=1 a ", "a"), anew),
        (rtf_field(" PAGE ", "1"), anew),
        (rtf_field(&rtf_field("PAGE", "1"), "1"), "a field within a field"),
        ("{\\field{\\fldrslt 1.2.2003}}".to_owned(), "a field that does not end"),
        ("\\chdate ".to_owned(), anew),
        ("{\\v piilossa}".to_owned(), "hidden text"),
        ("{\\deleted pois}".to_owned(), "changes that were tracked"),
        ("{\\*\\annotation Soita}".to_owned(), "comments"),
        ("{\\footnote Viite}".to_owned(), "footnotes"),
        (
            "{\\object\\objemb{\\*\\objdata 00}{\\result a}}".to_owned(),
            "an object within the letter",
        ),
        ("\\bin3 abc".to_owned(), "an object within the letter"),
        ("{\\*\\generator \\bin3 }}}}".to_owned(), "an object within the letter"),
        ("{\\shp{\\*\\shpinst{\\shptxt a}}}".to_owned(), shape),
        ("\\absh-20 a".to_owned(), shape),
        ("{\\*\\docvar {a}{b}}".to_owned(), "an entry about the file"),
        ("{\\info{\\comment Soita}}".to_owned(), "an entry about the file"),
        ("{\\f1 a}".to_owned(), "a sign of a picture font"),
        ("{\\f3 \\'fe}".to_owned(), "a sign of a picture font"),
        ("\\u-3900?".to_owned(), "a sign of a picture font"),
        ("{\\f2 \\'e6}".to_owned(), "letters of another alphabet"),
        ("\\ansicpg1251".to_owned(), "letters of another alphabet"),
        ("\\sl-200 a".to_owned(), "lines that cut off what does not fit"),
        (
            "\\trowd\\trrh-200\\cellx500 a\\cell\\row".to_owned(),
            "a row of a table that cuts off what does not fit",
        ),
        (format!("{{\\pict\\jpegblip {}}}", hexadecimal(PICTURE)), "a picture in Rich Text Format"),
        ("{\\*\\shppict{\\pict}}".to_owned(), "a picture in Rich Text Format"),
        ("{\\colortbl;\\red255\\green255\\blue255;}\\cf1 a".to_owned(), "light letters"),
        ("\\sl100\\slmult1 a".to_owned(), "lines that cut off what does not fit"),
        (
            "{\\pntext\\f3\\'fe\\tab}a".to_owned(),
            "a list that is numbered in a way that is not known",
        ),
        ("{\\*\\uusi a}".to_owned(), "what is not known in a letter"),
        ("\\uusi a".to_owned(), "what is not known in a letter"),
        ("{\\upr{a}{\\*\\ud{b}}}".to_owned(), "what is not known in a letter"),
    ];
    for (content, what) in rows {
        let told = rtf::read(&rtf(&content));
        assert_eq!(told, Err(NotConverted::Loses { what: what.to_owned() }), "{content}");
    }
    let whole = rtf("Asiakas");
    let (cut, longer) = (&whole[..whole.len() - 2], [whole.as_slice(), b"lopuksi"].concat());
    let deep = rtf(&("{".repeat(999) + &"}".repeat(999)));
    for source in [cut, &longer, &deep, b"{\\urtf1}", b"{\\rtf1 \\'zz}"] {
        assert!(matches!(rtf::read(source), Err(NotConverted::Failed { .. })));
    }
}

/// OLD-1: a letter in Rich Text Format becomes PDF/A with the words and pictures that it has.
#[test]
fn rich_text_comes_out_as_it_went_in() {
    let tools = Tools::of_system();
    if !on_this_machine(&tools, |tools| [&tools.office, &tools.texts, &tools.pictures].into()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = rtf_field("PAGE", "1");
    let pages = rtf_field("NUMPAGES", "7");
    let heads = format!(
        "{{\\header\\pard Esimerkkil\\'e4n sosiaalitoimi\\par}}{{\\footer\\pard Sivu \\chpgn  {page}/{pages}\\par}}"
    );
    let long =
        "Asiakkaan kanssa sovittiin, ett\\'e4 palvelutarve arvioidaan uudelleen. ".repeat(90);
    let table =
        "\\trowd\\cellx3000\\cellx6000\\intbl Kuukausi\\cell 400,45 \\u8364?\\cell\\row\\pard ";
    let kept = [
        rtf_field("MERGEFIELD Nimi", "Maija"),
        rtf_field("HYPERLINK \"https://example.fi/\"", "linkki"),
    ]
    .concat();
    let list = "{\\pntext\\f1\\'B7\\tab}{\\*\\pn\\pnlvlblt\\pnf1\\pnindent0{\\pntxtb\\'B7}}luoti\\par\\pard ";
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("of a small program", include_bytes!("../../../assets/tests/kirje.rtf").to_vec()),
        ("of a large program", rtf_of_a_large_program()),
        ("long", rtf(&format!("{heads}{long}\\par{table}{long}"))),
        (
            "signs",
            rtf(
                "\\ldblquote Hei\\rdblquote\\emdash a\\~b\\_c\\-d\\line{\\uc2\\u246o\\'f6\\b lihava}\\tab x\\{y\\}",
            ),
        ),
        ("fields", rtf(&kept)),
        ("list", rtf(list)),
    ];
    for (name, source) in rows {
        let made = convert(Kind::Rtf, &source, &tools, folder.path());
        let made = made.unwrap_or_else(|told| panic!("{name}: {told:?} {:?}", rtf::read(&source)));
        let judged = pdf::judge(&made.bytes, None);
        let findings = judged.report.map(|report| report.findings.len());
        assert_eq!((judged.gate.map(|facts| facts.part), findings), (Ok(2), Some(0)), "{name}");
    }
}

/// A page as it is seen, in shades of grey: a dot for each point, 72 to the inch.
struct Seen {
    width: usize,
    dots: Vec<u8>,
}

/// A word with where it stands: left, top, right and bottom, in points from the upper left corner.
struct Word {
    text: String,
    at: [f64; 4],
}

impl Seen {
    fn of(place: &Workplace<'_>, tools: &Tools) -> Self {
        let shown = place.told(&tools.pages, ["-q", "-r", "72", "-gray", MADE]).unwrap();
        let mut lines = shown.splitn(4, |byte| *byte == b'\n');
        assert_eq!(lines.next().unwrap(), b"P5");
        let size = std::str::from_utf8(lines.next().unwrap()).unwrap().to_owned();
        assert_eq!(lines.next().unwrap(), b"255");
        let (width, height) = size.split_once(' ').unwrap();
        let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
        let dots = lines.next().unwrap().to_vec();
        assert_eq!(dots.len(), width * height, "one page");
        Self { width, dots }
    }

    /// Each dot that is seen on white paper.
    fn ink(&self) -> impl Iterator<Item = (f64, f64, u8)> {
        let dark = self.dots.iter().enumerate().filter(|(_, dot)| **dot < 200);
        dark.map(|(at, dot)| {
            let (x, y) = (at % self.width, at / self.width);
            let middle = |at: usize| f64::from(u32::try_from(at).unwrap()) + 0.5;
            (middle(x), middle(y), *dot)
        })
    }

    /// How dark the dots of a word are together, and how many there are.
    fn ink_of(&self, word: &Word) -> (u32, usize) {
        let [left, top, right, bottom] = word.at;
        let within =
            |(x, y, _): &(f64, f64, u8)| (left..=right).contains(x) && (top..=bottom).contains(y);
        let dots: Vec<u32> =
            self.ink().filter(within).map(|(_, _, dot)| u32::from(255 - dot)).collect();
        (dots.iter().sum(), dots.len())
    }
}

/// The words of the page as another program reads them.
fn words_of(place: &Workplace<'_>, tools: &Tools) -> Vec<Word> {
    let told = place.told(&tools.texts, ["-q", "-bbox", MADE, "-"]).unwrap();
    let told = String::from_utf8(told).unwrap();
    let words = told.lines().filter(|line| line.trim_start().starts_with("<word"));
    words
        .map(|line| {
            let of = |name: &str| {
                let value = line.split(&format!("{name}=\"")).nth(1).unwrap();
                value.split('"').next().unwrap().parse().unwrap()
            };
            let (_, text) = line.split_once('>').unwrap();
            let text = text.trim_end().trim_end_matches("</word>").to_owned();
            Word { text, at: ["xMin", "yMin", "xMax", "yMax"].map(of) }
        })
        .collect()
}

/// OLD-1: a letter is seen on its page: each word is inked where it stands, line below line from the letter's own margins
/// on, what is bold darker than what is not, and nothing else is on the paper.
#[test]
fn a_letter_is_seen_where_it_was() {
    let tools = Tools::of_system();
    if !on_this_machine(&tools, |tools| {
        [&tools.office, &tools.texts, &tools.pictures, &tools.pages].into()
    }) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let letters = [
        (Kind::Docx, &include_bytes!("../../../assets/tests/kirje.docx")[..]),
        (Kind::Rtf, include_bytes!("../../../assets/tests/kirje.rtf")),
    ];
    for (kind, letter) in letters {
        let made = convert(kind, letter, &tools, folder.path()).unwrap();
        let place = Workplace::new(&tools, folder.path()).unwrap();
        place.put(MADE, &made.bytes).unwrap();
        let (page, words) = (Seen::of(&place, &tools), words_of(&place, &tools));
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let expected =
            ["Asiakas", "kertoi", "äidistään", "ja", "öistä.", "Lihava", "Toinen", "kappale."];
        assert_eq!(texts, expected, "{kind:?}");
        for word in &words {
            let (_, dots) = page.ink_of(word);
            assert!(dots >= 3 * word.text.chars().count(), "{kind:?} {}: {dots} dots", word.text);
        }
        let is_of_a_word = |x: f64, y: f64| {
            words.iter().any(|word| {
                let [left, top, right, bottom] = word.at;
                (left - 2.0..=right + 2.0).contains(&x) && (top - 2.0..=bottom + 2.0).contains(&y)
            })
        };
        let beside: Vec<_> = page.ink().filter(|(x, y, _)| !is_of_a_word(*x, *y)).collect();
        assert!(beside.is_empty(), "{kind:?} {beside:?}");
        // The lines begin at one margin, each below the one before.
        let first = [&words[0], &words[5], &words[6]];
        assert!(first.iter().all(|word| (word.at[0] - first[0].at[0]).abs() < 1.0), "{kind:?}");
        assert!(first.is_sorted_by(|one, next| one.at[3] <= next.at[1] + 2.0), "{kind:?}");
        assert!(words[..5].is_sorted_by(|one, next| one.at[2] < next.at[0]), "{kind:?}");
        if kind == Kind::Docx {
            // An inch, as the letter says.
            assert!((words[0].at[0] - 72.0).abs() < 2.0 && (words[0].at[1] - 72.0).abs() < 6.0);
        }
        let darkness = |word: &Word| {
            let (ink, _) = page.ink_of(word);
            f64::from(ink) / (word.at[2] - word.at[0])
        };
        assert!(darkness(&words[5]) > 1.15 * darkness(&words[6]), "bold is darker: {kind:?}");
    }
}
