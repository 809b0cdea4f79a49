use std::io::Write;

use super::*;

fn rows(delivery: &Delivery, index: &Index) -> Vec<Vec<(String, String)>> {
    let rows = index.rows(delivery).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        row.columns.iter().cloned().zip(row.values.clone()).collect()
    })
    .collect()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn guessed(name: &str, bytes: &[u8]) -> (Vec<Vec<(String, String)>>, Index) {
    let folder = folder(&[(name, bytes)]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let index = Index::guess(&delivery, name).unwrap().expect("it looks like an index");
    (rows(&delivery, &index), index)
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
}

/// A workbook with one sheet, as small as one can be.
fn workbook() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Asiakirjat" sheetId="1" r:id="s"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/worksheets/sheet1.xml",
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>ID</t></is></c><c r="B1" t="inlineStr"><is><t>NIMI</t></is></c></row><row r="2"><c r="A2"><v>17</v></c><c r="B2" t="inlineStr"><is><t>Äiti</t></is></c></row><row r="4"><c r="A4"><v>18</v></c></row></sheetData></worksheet>"#,
        ),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// OLD-9: an index is read in each of its forms and encodings, and known by its beginning.
#[test]
fn an_index_is_known_and_read_in_each_of_its_forms() {
    let expected =
        [pairs(&[("ID", "17"), ("NIMI", "Äiti")]), pairs(&[("ID", "18"), ("NIMI", "öljy; å")])];
    let csv = "ID;NIMI\r\n17;Äiti\r\n18;\"öljy; å\"\r\n";
    let utf16 = |text: &str| -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let latin = |text: &str| text.chars().map(|sign| sign as u8).collect::<Vec<u8>>();
    let dos: Vec<u8> = csv
        .chars()
        .map(|sign| match sign {
            'Ä' => 0x8E,
            'ö' => 0x94,
            'å' => 0x86,
            other => other as u8,
        })
        .collect();
    for (bytes, encoding) in [
        (csv.as_bytes().to_vec(), Encoding::Utf8),
        ([b"\xEF\xBB\xBF", csv.as_bytes()].concat(), Encoding::Utf8),
        (latin(csv), Encoding::Windows1252),
        (dos, Encoding::CodePage850),
        (utf16(csv), Encoding::Utf16Little),
    ] {
        let (read, index) = guessed("a.csv", &bytes);
        assert_eq!((index.encoding, &index.form), (encoding, &IndexForm::Csv { separator: b';' }));
        assert_eq!(read, expected, "{encoding:?}");
    }
    let (read, index) = guessed("a.tsv", "ID\tNIMI\n17\tÄiti\n18\töljy; å\n".as_bytes());
    assert_eq!((read.as_slice(), index.form), (&expected[..], IndexForm::Csv { separator: b'\t' }));
    let json = "{\"ID\":17,\"NIMI\":\"Äiti\"}\n\n{\"ID\":18,\"NIMI\":\"öljy; å\"}\n";
    let (read, index) = guessed("a.jsonl", json.as_bytes());
    assert_eq!((read.as_slice(), index.form), (&expected[..], IndexForm::JsonLines));
    let xml = "<v><r><ID>17</ID><NIMI>Äiti</NIMI></r><r><ID>18</ID><NIMI>&#246;ljy; <![CDATA[å]]></NIMI></r></v>";
    let (read, index) = guessed("a.xml", xml.as_bytes());
    assert_eq!((read.as_slice(), index.form), (&expected[..], IndexForm::Xml { row: "r".into() }));
    let (read, index) = guessed("a.xlsx", &workbook());
    assert_eq!(index.form, IndexForm::Xlsx { sheet: None });
    assert_eq!(
        read,
        [pairs(&[("ID", "17"), ("NIMI", "Äiti")]), pairs(&[("ID", "18"), ("NIMI", "")])]
    );
}

/// OLD-9: what stands deeper in XML and JSON is a column with a path for a name.
#[test]
fn what_stands_deeper_is_a_column_too() {
    let expected = pairs(&[("@nro", "1"), ("a", ""), ("a/hetu", "x"), ("a/@tila", "p")]);
    let (read, _) = guessed("a.xml", b"<v><r nro='1'><a tila='p'><hetu>x</hetu></a></r></v>");
    let sorted = |mut row: Vec<(String, String)>| {
        row.sort();
        row
    };
    assert_eq!(sorted(read[0].clone()), sorted(expected));
    let (read, _) =
        guessed("a.jsonl", b"{\"a\":{\"hetu\":\"x\",\"b\":[1,2]},\"c\":true,\"d\":null}\n");
    assert_eq!(
        sorted(read[0].clone()),
        pairs(&[("a.b", "1\n2"), ("a.hetu", "x"), ("c", "true"), ("d", "")])
    );
}

/// OLD-9: what does not read is told with its place, and nothing after it is taken for granted.
#[test]
fn an_index_that_breaks_off_is_told() {
    for (name, bytes, told) in [
        ("a.xml", &b"<v><r><a>1</a></r><r><a>2</v>"[..], "byte"),
        ("a.xml", b"<!DOCTYPE v [<!ENTITY a 'b'>]><v><r>&a;</r></v>", "document type"),
        ("a.xml", b"<v><r>&a;</r></v>", "&a;"),
        ("a.csv", b"a;a\n1;2\n", "two columns"),
    ] {
        let folder = folder(&[(name, bytes)]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let form = match name {
            "a.xml" => IndexForm::Xml { row: "r".into() },
            "a.csv" => IndexForm::Csv { separator: b';' },
            _ => IndexForm::JsonLines,
        };
        let index = Index { file: name.to_owned(), form, encoding: Encoding::Utf8 };
        let error = match index.rows(&delivery) {
            Err(error) => error,
            Ok(mut rows) => rows.find_map(Result::err).expect("an error"),
        };
        assert!(error.to_string().contains(told), "{error}");
    }
}

/// OLD-9: a line that is no JSON object is a fault of its own, and the next is read.
#[test]
fn a_broken_line_is_one_rows_fault() {
    let folder = folder(&[("a.jsonl", b"{\"a\":1}\n[2]\n{\"a\":3}\n")]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let index =
        Index { file: "a.jsonl".to_owned(), form: IndexForm::JsonLines, encoding: Encoding::Utf8 };
    let broken: Vec<bool> =
        index.rows(&delivery).unwrap().map(|row| row.unwrap().broken.is_some()).collect();
    assert_eq!(broken, [false, true, false]);
}

/// OLD-9: a quotation mark that is not closed is a fault of its line, and the lines after it are read.
#[test]
fn an_unclosed_quotation_mark_is_one_rows_fault() {
    let rest = (0..60_000).fold(String::new(), |rest, number| {
        rest + &number.to_string() + ";\u{e4}iti ja is\u{e4} " + &number.to_string() + "\n"
    });
    let text = format!("a;b\n1;x\n2;\"auki\n{rest}");
    let folder = folder(&[("a.csv", text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Csv { separator: b';' };
    let index = Index { file: "a.csv".to_owned(), form, encoding: Encoding::Utf8 };
    let rows: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 60_002);
    let broken: Vec<(u64, &str)> =
        rows.iter().filter_map(|row| Some((row.number, row.broken.as_deref()?))).collect();
    assert!(matches!(broken.as_slice(), [(3, told)] if told.starts_with("line 3:")), "{broken:?}");
    let last = rows.last().unwrap();
    assert_eq!(
        (last.number, last.get("a"), last.get("b")),
        (60_003, Some("59999"), Some("äiti ja isä 59999"))
    );
    // Two, and one at the end of the file, and a line without an end.
    let long = "x".repeat(3 * 1024 * 1024);
    let text = format!("a;b\n1;\"auki\n{rest}2;\"auki\n{rest}{long}\n3;y\n");
    let folder = super::tests::folder(&[("a.csv", text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let rows: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
    let broken: Vec<u64> =
        rows.iter().filter(|row| row.broken.is_some()).map(|row| row.number).collect();
    assert_eq!(broken, [2, 60_003, 120_004]);
    assert_eq!(rows.last().unwrap().get("b"), Some("y"));
}

/// OLD-9: a quotation mark that is closed in another row takes no row away: its line is a fault, and the rows after it are
/// read. A text of several lines is one value.
#[test]
fn rows_between_two_quotation_marks_are_read() {
    for (text, broken, read) in [
        ("1;x;\"auki\n2;y;z\n3;y;kiinni\"\n4;y;z\n", &[2][..], &["2", "3", "4"][..]),
        ("1;\"auki;x\n2;kiinni\";z\n3;y;z\n", &[2], &["2", "3"]),
        // Many rows, of which one is no row.
        ("1;x;\"auki\n2;y;z\n3;y\n4;y;z;z\n5;y;kiinni\"\n", &[2], &["2", "3", "4", "5"]),
        ("1;\"eka; toka\nkolmas\nneljäs\";z\n2;y;z\n", &[], &["1", "2"]),
        ("1;\"eka; toka; kolmas\nneljäs\nviides\";z\n2;y;z\n", &[], &["1", "2"]),
        ("1;\"eka\r\ntoka; kolmas\";z\r\n2;y;z\r\n", &[], &["1", "2"]),
        // Commas of a sentence are no separators.
        ("1,x,\"kävi, kertoi,\nsovittiin, soitetaan\"\n2,y,z\n", &[], &["1", "2"]),
        ("1,x,\"auki\n2,y,kiinni\"\n3,y,z\n", &[2], &["2", "3"]),
    ] {
        let separator = text.as_bytes()[1];
        let columns = ["a", "b", "c"].join(&char::from(separator).to_string());
        let folder = folder(&[("a.csv", format!("{columns}\n{text}").as_bytes())]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let form = IndexForm::Csv { separator };
        let index = Index { file: "a.csv".to_owned(), form, encoding: Encoding::Utf8 };
        let rows: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
        let faulty = rows.iter().filter(|row| row.broken.is_some()).map(|row| row.number);
        assert_eq!(faulty.collect::<Vec<_>>(), broken, "{text}");
        let found: Vec<&str> = rows.iter().filter_map(|row| row.get("a")).collect();
        assert_eq!(found, read, "{text}");
    }
}

/// OLD-9: an element that never ends is told, and not read into memory to the end.
#[test]
fn an_endless_element_is_told() {
    let text = format!("<r><a><b>{}</b></a></r>", "x".repeat(4 * 1024 * 1024));
    let folder = folder(&[("a.xml", text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Xml { row: "a".to_owned() };
    let index = Index { file: "a.xml".to_owned(), form, encoding: Encoding::Utf8 };
    let told = index.rows(&delivery).unwrap().find_map(Result::err).unwrap().to_string();
    assert!(told.contains("longer than"), "{told}");
}

/// OLD-9: two files of one name in one archive would hide one another: told, and nothing is read.
#[test]
fn an_archive_that_names_a_file_twice_is_refused() {
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("d.zip");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.pdf", "b.pdf"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(name.as_bytes()).unwrap();
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    let last = bytes.windows(5).rposition(|part| part == b"b.pdf").unwrap();
    bytes[last] = b'a';
    fs::write(&path, bytes).unwrap();
    assert!(matches!(Delivery::open(&path), Err(DeliveryError::EqualNames(_))));
}

/// OLD-9: a folder, a zip and a tar archive of the same files are the same delivery.
#[test]
fn a_folder_a_zip_and_a_tar_archive_are_the_same() {
    let files: [(&str, &[u8]); 3] =
        [("Kansio/B.PDF", b"b"), ("Kansio/a.pdf", b"a"), ("index.csv", b"x;y\n1;2\n")];
    let folder = folder(&files);
    let beside = tempfile::tempdir().unwrap();
    let (zip_path, tar_path) = (beside.path().join("d.zip"), beside.path().join("d.tar"));
    let mut zip = zip::ZipWriter::new(fs::File::create(&zip_path).unwrap());
    let mut tar = tar::Builder::new(fs::File::create(&tar_path).unwrap());
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    zip.finish().unwrap();
    tar.into_inner().unwrap();
    for place in [folder.path(), &zip_path, &tar_path] {
        let delivery = Delivery::open(place).unwrap();
        let names: Vec<(&str, u64)> =
            delivery.entries().iter().map(|entry| (entry.name.as_str(), entry.size)).collect();
        assert_eq!(names, [("Kansio/B.PDF", 1), ("Kansio/a.pdf", 1), ("index.csv", 8)]);
        assert_eq!(delivery.read(0).unwrap(), b"b");
        let index = Index::guess(&delivery, "index.csv").unwrap().unwrap();
        assert_eq!(rows(&delivery, &index), [pairs(&[("x", "1"), ("y", "2")])]);
    }
    let neither = Delivery::open(&folder.path().join("index.csv")).unwrap_err();
    assert!(matches!(neither, DeliveryError::UnknownForm(_)));
}

/// OLD-9: files with equal names are not taken for one another, and a name that fits one alone is found.
#[test]
fn a_name_that_fits_several_files_is_nobodys() {
    let folder =
        folder(&[("1/a.pdf", b"1"), ("2/a.pdf", b"2"), ("2/Ärjy.PDF", b"3"), ("B.pdf", b"4")]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let found = |name: &str| match delivery.find(name) {
        Found::One(at) => delivery.entries()[at].name.clone(),
        Found::None => "none".to_owned(),
        Found::Several(count) => count.to_string(),
    };
    for (name, file) in [
        ("1/a.pdf", "1/a.pdf"),
        (".\\1\\A.PDF", "1/a.pdf"),
        ("a.pdf", "2"),
        ("ärjy.pdf", "2/Ärjy.PDF"),
        ("b.PDF", "B.pdf"),
        ("/B.pdf", "B.pdf"),
        // As a Mac writes it: a letter, and its dots.
        ("2/A\u{308}rjy.pdf", "2/Ärjy.PDF"),
        ("3/a.pdf", "none"),
        ("../B.pdf", "none"),
        ("", "none"),
    ] {
        assert_eq!(found(name), file, "{name}");
    }
}

/// OLD-9: nothing outside a delivery is read through it, and nothing of it is passed over without a word.
#[test]
fn a_link_in_a_delivery_is_told() {
    let outside = folder(&[("secret.pdf", b"s")]);
    let inside = folder(&[("a.pdf", b"a")]);
    std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.pdf"), inside.path().join("b.pdf"))
        .unwrap();
    let told = Delivery::open(inside.path()).unwrap_err();
    assert!(matches!(&told, DeliveryError::Links(_, 2, first) if first == "b.pdf"), "{told}");
    let beside = tempfile::tempdir().unwrap();
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let place = beside.path().join("d.tar");
        let mut tar = tar::Builder::new(fs::File::create(&place).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "b.pdf", "a.pdf").unwrap();
        tar.into_inner().unwrap();
        assert!(matches!(Delivery::open(&place), Err(DeliveryError::Links(_, 1, _))), "{kind:?}");
    }
}
