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
    workbook_with("Äiti", "")
}

/// One whose second row has such a name, with something before its rows.
fn workbook_with(name: &str, before: &str) -> Vec<u8> {
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
            &format!(
                r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>ID</t></is></c><c r="B1" t="inlineStr"><is><t>NIMI</t></is></c></row><row r="2"><c r="A2"><v>17</v></c><c r="B2" t="inlineStr"><is><t>{name}</t></is></c></row><row r="4"><c r="A4"><v>18</v></c></row></sheetData></worksheet>"#
            ),
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
        (csv.as_bytes().to_vec(), Encoding::UTF_8),
        ([b"\xEF\xBB\xBF", csv.as_bytes()].concat(), Encoding::UTF_8),
        (latin(csv), Encoding::WINDOWS_1252),
        (dos, Encoding::CODE_PAGE_850),
        (utf16(csv), Encoding::UTF_16_LITTLE),
    ] {
        let (read, index) = guessed("a.csv", &bytes);
        assert_eq!(
            (index.encoding, &index.form),
            (encoding, &IndexForm::Csv { separator: ";".to_owned() })
        );
        assert_eq!(read, expected, "{encoding:?}");
    }
    let (read, index) = guessed("a.tsv", "ID\tNIMI\n17\tÄiti\n18\töljy; å\n".as_bytes());
    assert_eq!(
        (read.as_slice(), index.form),
        (&expected[..], IndexForm::Csv { separator: "\t".to_owned() })
    );
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

/// An index with a separator in an encoding, read.
fn read_as(bytes: &[u8], encoding: &str, separator: &str) -> Vec<Vec<(String, String)>> {
    let folder = folder(&[("a.csv", bytes)]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Csv { separator: separator.to_owned() };
    let encoding = Encoding::of_name(encoding).unwrap_or_else(|| panic!("{encoding}"));
    rows(&delivery, &Index { file: "a.csv".to_owned(), form, encoding, header: None })
}

/// OLD-9: an index is read in each encoding that old systems of here wrote. The bytes are those of the standards.
#[test]
fn an_index_is_read_in_each_encoding() {
    let finnish = "Äiti öylätti Åsa";
    for (name, bytes, text) in [
        ("utf-8", "Äiti öylätti Åsa".as_bytes(), finnish),
        ("utf-16le", b"\xC4\0i\0t\0i\0", "Äiti"),
        ("UTF-16BE", b"\0\xC4\0i\0t\0i", "Äiti"),
        ("iso-8859-1", b"\xC4iti \xF6yl\xE4tti \xC5sa", finnish),
        ("latin1", b"\xC4iti", "Äiti"),
        ("windows-1252", b"\x8Eelja \x80 \xB4", "Želja € ´"),
        ("iso-8859-15", b"\xB4elja \xA4 \xA6 \xA8 \xB8", "Želja € Š š ž"),
        ("Latin-9", b"\xC4iti \xB8", "Äiti ž"),
        ("iso-8859-4", b"\xA9iauliai \xB9 \xE4", "Šiauliai š ä"),
        ("iso-8859-10", b"\xAA \xBA \xE4\xF0", "Š š äð"),
        ("iso-8859-13", b"\xD0iauliai \xFE \xE4", "Šiauliai ž ä"),
        ("windows-1257", b"\xD0iauliai \xFE \xE4", "Šiauliai ž ä"),
        ("windows-1250", b"\x8A\xE8 \xE4\xF6", "Šč äö"),
        ("windows-1251", b"\xC0\xED\xED\xE0", "Анна"),
        ("koi8-r", b"\xE1\xCE\xCE\xC1", "Анна"),
        ("cp866", b"\x80\xAD\xAD\xA0", "Анна"),
        ("macintosh", b"\x80iti \x9Ayl\x8Atti \x81sa", finnish),
        ("cp437", b"\x8Eiti \x94yl\x84tti \x8Fsa \x9B", "Äiti öylätti Åsa ¢"),
        ("cp850", b"\x8Eiti \x94yl\x84tti \x8Fsa \x9B", "Äiti öylätti Åsa ø"),
        ("ibm850", b"\x8Eiti", "Äiti"),
        ("cp858", b"\x8Eiti \xD5", "Äiti €"),
        ("cp865", b"\x8Eiti \x9B \xAF", "Äiti ø ¤"),
        ("cp775", b"\x8Eiti \xBE \xD5", "Äiti Š š"),
        ("cp852", b"\x8Eiti \xE6", "Äiti Š"),
        ("iso-646-fi", b"[iti |yl{tti ]sa $ \\", "Äiti öylätti Åsa ¤ Ö"),
        ("sen-850200-c", b"[iti |yl{tti ]sa @ ~", "Äiti öylätti Åsa É ü"),
    ] {
        // The names of columns and the separator, in the encoding of two bytes or in one.
        let line = |text: &[u8]| -> Vec<u8> {
            let two = |byte: &u8| match name {
                "utf-16le" => vec![*byte, 0],
                "UTF-16BE" => vec![0, *byte],
                _ => vec![*byte],
            };
            text.iter().flat_map(two).collect()
        };
        let whole = [line(b"A;B\n1;"), bytes.to_vec(), line(b"\n")].concat();
        assert_eq!(read_as(&whole, name, ";"), [pairs(&[("A", "1"), ("B", text)])], "{name}");
    }
    // A byte that the encoding has no sign for is told by the mapping.
    for (name, bytes) in [("iso-646-fi", b"\xE4"), ("cp857", b"\xD5"), ("windows-1257", b"\xA1")] {
        let read = read_as(&[b"A;B\n1;", &bytes[..], b"\n"].concat(), name, ";");
        assert_eq!(read, [pairs(&[("A", "1"), ("B", "\u{fffd}")])], "{name}");
    }
    for unknown in ["", "ebcdic", "cp9", "replacement", "x-user-defined", "hz-gb-2312"] {
        assert_eq!(Encoding::of_name(unknown), None, "{unknown}");
    }
    let known = Encoding::known();
    for name in known.split(", ").filter(|name| !name.starts_with("or ")) {
        assert!(Encoding::of_name(name).is_some(), "{name}");
        let kept =
            Encoding::of_name(name).map(Encoding::name).and_then(|own| Encoding::of_name(&own));
        assert_eq!(kept, Encoding::of_name(name));
    }
}

/// OLD-9: whatever stands between the values, of one sign or of several, between quotation marks it is text.
#[test]
fn values_are_told_apart_by_any_separator() {
    for separator in ["¤", "§", "||", "~|~", "|;|", "\u{1f}", "€€", "<>", " ", "ab"] {
        let text = format!(
            "A{separator}B{separator}C\r\n1{separator}\"x{separator}y\"{separator}z\r\n2{separator}{separator}\"\"\"q\"\"\"\n"
        );
        let expected = [
            pairs(&[("A", "1"), ("B", &format!("x{separator}y")), ("C", "z")]),
            pairs(&[("A", "2"), ("B", ""), ("C", "\"q\"")]),
        ];
        assert_eq!(read_as(text.as_bytes(), "utf-8", separator), expected, "{separator:?}");
    }
    assert_eq!(
        read_as(b"A\xA4B\n1\xA4\xE4iti\n", "iso-8859-1", "¤"),
        [pairs(&[("A", "1"), ("B", "äiti")])]
    );
    let (_, index) = guessed("a.csv", "A¤B\n1¤äiti\n".as_bytes());
    assert_eq!(index.form, IndexForm::Csv { separator: "¤".to_owned() });
    // Wherever a text is cut as it is read, no separator is lost, and half of one is text.
    let rows: Vec<String> = (0..20_000).map(|at| format!("{at}~|~x~|~|~y~\n")).collect();
    let rows = rows.concat();
    let folder = folder(&[("a.csv", format!("A~|~B~|~C\n{rows}").as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Csv { separator: "~|~".to_owned() };
    let index = Index { file: "a.csv".to_owned(), form, encoding: Encoding::UTF_8, header: None };
    let all: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
    assert_eq!(all.len(), 20_000);
    for (at, row) in all.iter().enumerate() {
        assert_eq!(row.values, [at.to_string(), "x".to_owned(), "|~y~".to_owned()]);
    }
    // A quotation mark that nobody closes is a fault of its line there, too.
    let text = "A||B||C\n1||x||\"auki\n2||y||z\n3||y||kiinni\"\n4||y||z\n";
    let folder = super::tests::folder(&[("a.csv", text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Csv { separator: "||".to_owned() };
    let index = Index { file: "a.csv".to_owned(), form, encoding: Encoding::UTF_8, header: None };
    let all: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
    let broken: Vec<u64> =
        all.iter().filter(|row| row.broken.is_some()).map(|row| row.number).collect();
    assert_eq!((broken, all.last().and_then(|row| row.get("A"))), (vec![2], Some("4")));
}

/// OLD-9: what speaks for ISO-8859-15 and for seven bits is seen, and asked in a proposal.
#[test]
fn encodings_that_signs_do_not_tell_apart_are_seen() {
    for (bytes, likely) in [
        (&b"A;B\n1;\xC4iti\n"[..], LatinNine::No),
        (b"A;B\n1;O\xB4Brien \xE4\n", LatinNine::Perhaps),
        (b"A;B\n1;\xA8alkauskas \xE4\n", LatinNine::Likely),
        (b"A;B\n1;\xA8alkauskas \x93\xE4\x94\n", LatinNine::No),
    ] {
        let folder = folder(&[("a.csv", bytes)]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let index = Index::guess(&delivery, "a.csv").unwrap().unwrap();
        assert_eq!(index.encoding, Encoding::WINDOWS_1252);
        assert_eq!(index.latin_nine(&delivery).unwrap(), likely, "{bytes:?}");
    }
    let (read, index) = guessed("a.csv", b"A;B\n1;M{kel{inen\n");
    assert_eq!(
        (read, index.encoding),
        (vec![pairs(&[("A", "1"), ("B", "Mäkeläinen")])], Encoding::SevenBits)
    );
    let (_, index) = guessed("a.csv", b"A|B\n1|Makelainen\n");
    assert_eq!(index.encoding, Encoding::UTF_8);
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
        ("a.xml", &b"<v a='b><r><a>1</a></r></v>"[..], "byte"),
        ("a.xml", b"<!DOCTYPE v [<!ENTITY a 'b'>]><v><r>&a;</r></v>", "document type"),
        ("a.csv", b"a;a;a (1)\n1;2;3\n", "two columns"),
    ] {
        let folder = folder(&[(name, bytes)]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let form = match name {
            "a.xml" => IndexForm::Xml { row: "r".into() },
            "a.csv" => IndexForm::Csv { separator: ";".to_owned() },
            _ => IndexForm::JsonLines,
        };
        let index = Index { file: name.to_owned(), form, encoding: Encoding::UTF_8, header: None };
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
    let index = Index {
        file: "a.jsonl".to_owned(),
        form: IndexForm::JsonLines,
        encoding: Encoding::UTF_8,
        header: None,
    };
    let broken: Vec<bool> =
        index.rows(&delivery).unwrap().map(|row| row.unwrap().broken.is_some()).collect();
    assert_eq!(broken, [false, true, false]);
}

/// The rows of an index of a form: each with its number, one value, and why it does not read.
fn told(name: &str, form: IndexForm, text: &str) -> Vec<(u64, String, Option<String>)> {
    let folder = folder(&[(name, text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let index = Index { file: name.to_owned(), form, encoding: Encoding::UTF_8, header: None };
    let row = |row: Row| (row.number, row.get("a").unwrap_or_default().to_owned(), row.broken);
    index.rows(&delivery).unwrap().map(|one| row(one.unwrap())).collect()
}

/// OLD-9: an element that does not read is one row's fault, whatever is wrong with it, and those after it are read.
#[test]
fn a_broken_element_is_one_rows_fault() {
    let long = "x".repeat(3 * 1024 * 1024);
    let deep = "<b>".repeat(40) + &"</b>".repeat(40);
    let sound = |text: &str| format!("<r><a>{text}</a></r>");
    let broken = [
        ("<r><a>M&auml;ki</a></r>".to_owned(), "&auml; is not known"),
        ("<r b='&ouml;'><a>1</a></r>".to_owned(), "no well-formed XML"),
        ("<r><a>1 < 2</a></r>".to_owned(), "no well-formed XML"),
        ("<r><a>1</b></r>".to_owned(), "no well-formed XML"),
        (format!("<r><a>{long}</a></r>"), "longer than"),
        (format!("<r><a>{}</a></r>", "<x/>".repeat(400_000)), "longer than"),
        (format!("<r>{deep}</r>"), "nested too deeply"),
    ];
    let mut text = "<v>".to_owned();
    for (at, (row, _)) in broken.iter().enumerate() {
        let sound = sound(&at.to_string());
        text.extend([&sound, "\n<row>x</row>", row, "<!-- < -->"]);
    }
    text.extend([&sound("before"), "<n:r xmlns:n='x'><a>last</a></n:r></v>"]);
    let form = IndexForm::Xml { row: "r".to_owned() };
    let rows = told("a.xml", form.clone(), &text);
    assert_eq!(rows.len(), 2 * broken.len() + 2);
    for (at, (_, why)) in broken.iter().enumerate() {
        let [(first, value, None), (second, _, Some(reason))] = &rows[2 * at..2 * at + 2] else {
            panic!("{:?}", &rows[2 * at..2 * at + 2]);
        };
        assert_eq!((*first, &**value), (2 * at as u64 + 1, &*at.to_string()));
        assert_eq!(*second, 2 * at as u64 + 2);
        assert!(reason.contains(why), "{reason}");
    }
    assert_eq!(rows.last().unwrap().1, "last");
    // However many they are: one habit breaks each row.
    let many = "<r><a>1 < 2</a></r>".repeat(60_000);
    let rows = told("a.xml", form.clone(), &format!("<v>{many}{}</v>", sound("last")));
    assert_eq!(rows.iter().filter(|row| row.2.is_some()).count(), 60_000);
    assert_eq!(rows.last().unwrap().1, "last");
    let rows = told("a.xml", form, "<v><r><a>1</a></r><r><a>2");
    let last = rows.last().unwrap().2.as_deref();
    assert_eq!((rows.len(), last), (2, Some("the index ends within it")));
}

/// OLD-9: a row whose end mark is missing, or one whose own mark has a quotation mark that nobody closed, is one row's fault: it
/// takes up none of those behind it.
#[test]
fn a_row_without_its_end_takes_up_no_other() {
    let rows_of = |text: &str| told("a.xml", IndexForm::Xml { row: "r".to_owned() }, text);
    let sound = |number: u32| format!("<r id=\"{number}\"><a>{number}</a></r>\n");
    let all = |from: u32, to: u32| (from..=to).map(sound).collect::<String>();
    for (wrong, why) in [
        ("<r id=\"2\"><a>2</a>\n", "another row begins"),
        ("<r id=\"2\"><a>2\n", "another row begins"),
        ("<r id=\"2><a>2</a></r>\n", "quotation mark"),
        ("<r id=\"2\"><a b=\"2>2</a></r>\n", "quotation mark"),
        ("<r id='2><a>2</a></r>\n", "quotation mark|not closed"),
        ("<r <a>2</a></r>\n", "not closed"),
    ] {
        // Many are read again in one piece.
        let text = format!("<v>{}{wrong}{}{wrong}{}</v>", all(1, 1), all(3, 4000), all(4002, 4005));
        let rows = rows_of(&text);
        let broken: Vec<(u64, &str)> =
            rows.iter().filter_map(|row| Some((row.0, row.2.as_deref()?))).collect();
        assert_eq!(broken.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 4001], "{wrong}");
        assert!(
            broken.iter().all(|row| why.split('|').any(|why| row.1.contains(why))),
            "{broken:?}"
        );
        assert_eq!(rows.len(), 4005, "{wrong}");
        let read =
            |row: &&(u64, String, Option<String>)| row.2.is_some() || row.1 == row.0.to_string();
        assert_eq!(rows.iter().find(|row| !read(row)), None);
    }
    // At the end of the index.
    let rows = rows_of(&format!("<v>{}<r id=\"3><a>3</a></r></v>", all(1, 2)));
    assert_eq!((rows.len(), rows[2].2.is_some()), (3, true));
    let rows = rows_of(&format!("<v>{}<r><a>3</a></v>", all(1, 2)));
    assert_eq!((rows.len(), rows[2].2.is_some()), (3, true));
}

/// OLD-9: where a form has elements of a row's name within rows, the path tells the rows; and a proposal sees it.
#[test]
fn a_path_tells_rows_from_elements_of_their_name() {
    let text = "<v><x><r><a>none</a></r></x><r><a>1</a><r>x</r></r><r><a>2</a><liite><r><a>3</a></r></liite></r></v>";
    let rows = told("a.xml", IndexForm::Xml { row: "v/r".to_owned() }, text);
    assert_eq!(rows, [(1, "1".to_owned(), None), (2, "2".to_owned(), None)]);
    let (_, index) = guessed("a.xml", "<v><r><r>1</r></r><r><r>2</r></r></v>".as_bytes());
    assert_eq!(index.form, IndexForm::Xml { row: "v/r".to_owned() });
    // Where an end is missing it is no such form.
    let (_, index) = guessed("a.xml", "<v><r><a>1</a></r><r><r><a>2</a></r><r></r></v>".as_bytes());
    assert_eq!(index.form, IndexForm::Xml { row: "r".to_owned() });
}

/// OLD-9: a line of JSON that is too long, or goes too deep, is one row's fault; and no value is another than what is
/// written, be it a number of many digits or a member that comes twice.
#[test]
fn lines_of_json_are_read_as_they_are_written() {
    let long = "x".repeat(3 * 1024 * 1024);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let text = format!(
        "{{\"a\":12345678901234567890123}}\n{{\"a\":\"{long}\"}}\n{{\"a\":1.50}}\n{{\"a\":{deep}}}\n\n{{\"a\":1,\"a\":2}}\n\
         {{\"a\":\"\\ud800\"}}\n{{\"a\":[\"\u{e4}\",null,true]}}"
    );
    let rows = told("a.jsonl", IndexForm::JsonLines, &text);
    let read: Vec<(u64, &str)> = rows.iter().map(|row| (row.0, &*row.1)).collect();
    assert_eq!(
        read,
        [
            (1, "12345678901234567890123"),
            (2, ""),
            (3, "1.50"),
            (4, ""),
            (6, "1\n2"),
            (7, ""),
            (8, "\u{e4}\ntrue"),
        ]
    );
    let broken: Vec<u64> = rows.iter().filter(|row| row.2.is_some()).map(|row| row.0).collect();
    assert_eq!(broken, [2, 4, 7]);
}

/// OLD-9: the text of an element is with that of what stands in it: no part of a name is lost.
#[test]
fn a_text_with_elements_in_it_is_whole() {
    let text = "<v><r><a>von <i>Essen</i> Maria</a></r><r>\n <a>\n <b>x</b>\n </a>\n</r></v>";
    let rows = told("a.xml", IndexForm::Xml { row: "r".to_owned() }, text);
    let read: Vec<&str> = rows.iter().map(|row| &*row.1).collect();
    assert_eq!(read, ["von Essen Maria", ""]);
}

/// OLD-9: rows are numbered as a spreadsheet numbers them: lines without anything count, whatever ends a line.
#[test]
fn empty_lines_count() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = "||a;b;c|1;x;||2;x;|||3;\"x||y\";||4;\"auki;|5;x;|6;x;|7;x;|8;x;";
        let text = lines[1..].replace('|', end);
        let form = IndexForm::Csv { separator: ";".to_owned() };
        let rows = told("a.csv", form, &text);
        let read: Vec<(u64, &str)> = rows.iter().map(|row| (row.0, &*row.1)).collect();
        let expected =
            [(3, "1"), (5, "2"), (8, "3"), (10, ""), (11, "5"), (12, "6"), (13, "7"), (14, "8")];
        assert_eq!(read, expected, "{end:?}");
        assert!(rows[3].2.is_some());
    }
}

/// OLD-9: of columns of one name each can be named.
#[test]
fn columns_of_one_name_are_told_apart() {
    let (read, _) = guessed("a.csv", b"PVM;A;PVM;\n1;2;3;4\n");
    assert_eq!(read, [pairs(&[("PVM (1)", "1"), ("A", "2"), ("PVM (2)", "3"), ("", "4")])]);
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
    let form = IndexForm::Csv { separator: ";".to_owned() };
    let index = Index { file: "a.csv".to_owned(), form, encoding: Encoding::UTF_8, header: None };
    let rows: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 60_002);
    let broken: Vec<(u64, &str)> =
        rows.iter().filter_map(|row| Some((row.number, row.broken.as_deref()?))).collect();
    assert!(matches!(broken.as_slice(), [(3, told)] if told.starts_with("line 3 ")), "{broken:?}");
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
        let separator = text[1..2].to_owned();
        let columns = ["a", "b", "c"].join(&separator);
        let folder = folder(&[("a.csv", format!("{columns}\n{text}").as_bytes())]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let form = IndexForm::Csv { separator };
        let index =
            Index { file: "a.csv".to_owned(), form, encoding: Encoding::UTF_8, header: None };
        let rows: Vec<Row> = index.rows(&delivery).unwrap().map(Result::unwrap).collect();
        let faulty = rows.iter().filter(|row| row.broken.is_some()).map(|row| row.number);
        assert_eq!(faulty.collect::<Vec<_>>(), broken, "{text}");
        let found: Vec<&str> = rows.iter().filter_map(|row| row.get("a")).collect();
        assert_eq!(found, read, "{text}");
    }
}

/// OLD-9: a text between the rows that never ends is told, and not read into memory to the end.
#[test]
fn an_endless_text_is_told() {
    let text = format!("<r><b>{}</b><a/></r>", "x".repeat(4 * 1024 * 1024));
    let folder = folder(&[("a.xml", text.as_bytes())]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let form = IndexForm::Xml { row: "a".to_owned() };
    let index = Index { file: "a.xml".to_owned(), form, encoding: Encoding::UTF_8, header: None };
    let told = index.rows(&delivery).unwrap().find_map(Result::err).unwrap().to_string();
    assert!(told.contains("longer than"), "{told}");
}

/// OLD-9: two files of one name in one archive would hide one another: told, and nothing is read.
#[test]
fn an_archive_that_names_a_file_twice_is_refused() {
    // More than two bytes can count, and as many as they can.
    for others in [0, 65_600, 65_533] {
        let beside = tempfile::tempdir().unwrap();
        let path = beside.path().join("d.zip");
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let names = (0..others).map(|number| format!("{number}"));
        let last = ["a.pdf".to_owned(), "b.pdf".to_owned()];
        for name in names.chain(last) {
            let stored = zip::CompressionMethod::Stored;
            let options = zip::write::SimpleFileOptions::default().compression_method(stored);
            zip.start_file(name, options).unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Delivery::open(&path).unwrap().entries().len(), others + 2);
        let last = bytes.windows(5).rposition(|part| part == b"b.pdf").unwrap();
        bytes[last] = b'a';
        fs::write(&path, bytes).unwrap();
        assert!(matches!(Delivery::open(&path), Err(DeliveryError::EqualNames(_))), "{others}");
    }
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

/// OLD-9: a row of a spreadsheet that is longer than any is told by its number, and not read into memory; nor is what stands
/// around the rows, or as many texts as a spreadsheet only says that it has.
#[test]
fn a_row_of_a_spreadsheet_without_end_is_told() {
    let told = |sheet: &[u8]| {
        let folder = folder(&[("a.xlsx", sheet)]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let index = Index::guess(&delivery, "a.xlsx").unwrap().unwrap();
        let rows = index.rows(&delivery).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        rows.map_err(|error| error.to_string())
    };
    // A cell of Excel has 32,767 signs at most.
    assert_eq!(told(&workbook_with(&"x".repeat(32_767), "")).unwrap().len(), 2);
    let long = "x".repeat(3 * 1024 * 1024);
    let in_pieces = "</t><t>x".repeat(1024 * 1024);
    for name in [&long, &in_pieces] {
        let error = told(&workbook_with(name, "")).unwrap_err();
        assert!(error.contains("a.xlsx: row 2: longer than"), "{error}");
    }
    let error = told(&workbook_with("x", &format!("<!--{long}-->"))).unwrap_err();
    assert!(error.contains("sheet1.xml: longer than"), "{error}");
    // Before the rows there may be much, piece by piece.
    assert_eq!(told(&workbook_with("x", &"<col/>".repeat(1024 * 1024))).unwrap().len(), 2);
}

/// OLD-9: what an archive lists of a file is what is read of it; one that is longer would have no end.
#[test]
fn a_file_is_as_long_as_its_archive_lists() {
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("d.zip");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.pdf", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![b'x'; 70_000]).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    fs::write(&path, &bytes).unwrap();
    assert_eq!(Delivery::open(&path).unwrap().read(0).unwrap().len(), 70_000);
    let said = bytes.windows(4).rposition(|part| part == 70_000u32.to_le_bytes()).unwrap();
    bytes[said..said + 4].copy_from_slice(&700u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let delivery = Delivery::open(&path).unwrap();
    assert_eq!(delivery.entries()[0].size, 700);
    let error = delivery.read(0).unwrap_err().to_string();
    assert!(error.contains("larger than its declared"), "{error}");
}

/// OLD-9: a folder or a tar archive of more files than are kept in memory is refused in words.
#[test]
fn more_files_than_are_kept_in_memory_are_refused() {
    let files: [(&str, &[u8]); 3] = [("a/1.pdf", b"1"), ("a/2.pdf", b"2"), ("3.pdf", b"3")];
    let folder = folder(&files);
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("d.tar");
    let mut tar = tar::Builder::new(fs::File::create(&path).unwrap());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    tar.into_inner().unwrap();
    // The folder of two counts as well.
    for (place, fits) in [(folder.path(), 4), (&path, 3)] {
        assert_eq!(Delivery::of_at_most(fits, place).unwrap().entries().len(), 3);
        let refused = Delivery::of_at_most(fits - 1, place).unwrap_err();
        assert!(refused.to_string().contains("divide the delivery"), "{refused}");
    }
}

/// OLD-9: a file whose name is in another encoding, or has a backslash, is read where it is.
#[test]
fn a_file_of_an_odd_name_is_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    for name in [&b"\xE4iti.pdf"[..], b"a\\b.pdf", "äiti2.pdf".as_bytes()] {
        fs::write(folder.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    let delivery = Delivery::open(folder.path()).unwrap();
    let names: Vec<_> = delivery.entries().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["a/b.pdf", "äiti.pdf", "äiti2.pdf"]);
    assert_eq!(delivery.read(0).unwrap(), b"a\\b.pdf");
    assert_eq!(delivery.read(1).unwrap(), b"\xE4iti.pdf");
    assert_eq!(delivery.beginning(2, 4).unwrap(), "äit".as_bytes());
}

/// The rows of a small table, with the row that names the columns.
fn with_header(
    bytes: &[u8],
    name: &str,
    form: IndexForm,
    header: Option<u64>,
) -> Result<Vec<(u64, String)>, String> {
    let folder = folder(&[(name, bytes)]);
    let delivery = Delivery::open(folder.path()).unwrap();
    let index = Index { file: name.to_owned(), form, encoding: Encoding::UTF_8, header };
    let rows = index.rows(&delivery).map_err(|error| error.to_string())?;
    let row = |row: Result<Row, DeliveryError>| {
        let row = row.map_err(|error| error.to_string())?;
        let own = row.get("NIMI").or(row.get("2")).unwrap_or_default().to_owned();
        Ok((row.number, own))
    };
    rows.map(row).collect()
}

/// OLD-9: the columns' names stand in the row that is said, or nowhere; rows keep their numbers.
#[test]
fn the_columns_are_named_by_the_row_that_is_said() {
    let csv = || IndexForm::Csv { separator: ";".to_owned() };
    let text = b"Vanhat\n\n ID;NIMI\n17;a\n\n18;b\n";
    let read = |header| with_header(text, "a.csv", csv(), header);
    assert_eq!(read(Some(3)), Ok(vec![(4, "a".to_owned()), (6, "b".to_owned())]));
    assert!(read(Some(2)).unwrap_err().contains("header names"));
    assert!(read(Some(9)).unwrap_err().contains("header names"));
    let whole = with_header(b"17;a\n18;b\n", "a.csv", csv(), Some(0));
    assert_eq!(whole, Ok(vec![(1, "a".to_owned()), (2, "b".to_owned())]));
    assert!(with_header(b"", "a.csv", csv(), None).unwrap_err().contains("no rows"));
    let sheet = || IndexForm::Xlsx { sheet: None };
    let read = |header| with_header(&workbook(), "a.xlsx", sheet(), header);
    assert_eq!(read(Some(1)), read(None));
    assert!(read(Some(3)).unwrap_err().contains("header names"));
    let all = read(Some(0)).unwrap();
    assert_eq!(all[0], (1, "NIMI".to_owned()));
    assert_eq!(all.len(), 3);
}

/// OLD-9: a JSON document with a list is read element by element, and what is no object is one row's fault. An element that never
/// ends has all others in it.
#[test]
fn a_list_of_objects_is_read() {
    let read = |text: &str, row: Option<&str>| {
        let folder = folder(&[("a.json", text.as_bytes())]);
        let delivery = Delivery::open(folder.path()).unwrap();
        let form = IndexForm::Json { row: row.map(str::to_owned) };
        let index =
            Index { file: "a.json".to_owned(), form, encoding: Encoding::UTF_8, header: None };
        let row = |row: Row| match row.broken {
            Some(_) => format!("{} broken", row.number),
            None => format!("{} {}", row.number, row.get("a").unwrap_or_default()),
        };
        let rows = index.rows(&delivery).unwrap();
        rows.map(|one| one.map_or_else(|error| error.to_string(), row)).collect::<Vec<_>>()
    };
    let long = "x".repeat(3 * 1024 * 1024);
    let text = format!(
        "[\n {{\"a\": \"[{{,\\\"\"}} ,{{\"a\":2,\n\"b\":[1,{{}}]}},7,\"x\",{{\"a\":\"{long}\"}}, {{\"a\" 1}}, {{\"a\":7}}]\n"
    );
    let rows = ["1 [{,\"", "2 2", "3 broken", "4 broken", "5 broken", "6 broken", "7 7"];
    assert_eq!(read(&text, None), rows);
    let within = format!("{{\"x\":[{{}}],\"y\":{{\"d\":{text},\"z\":1}}}}");
    assert_eq!(read(&within, Some("y.d")), rows);
    assert_eq!(read("[]", None), [""; 0]);
    for (text, row, told) in [
        ("[{\"a\":1},{\"a\":\"2},{\"a\":3}]", None, "row 2: an element of the list never ends"),
        ("[{\"a\":1}", None, "cut off"),
        ("[{\"a\":1} {\"a\":2}]", None, "a comma is missing"),
        ("{\"x\":1}", Some("y"), "no list of objects"),
        ("{\"x\":1}", None, "no list of objects"),
    ] {
        let rows = read(text, row);
        assert!(rows.last().unwrap().contains(told), "{rows:?}");
    }
    for (text, form) in [
        ("[{\"a\":1}]", IndexForm::Json { row: None }),
        ("{\"n\":1,\"d\":[{\"a\":1}]}", IndexForm::Json { row: Some("d".to_owned()) }),
        ("{\"a\":1,\"b\":[1]}", IndexForm::JsonLines),
        ("{\"a\":1}\n{\"a\":2}", IndexForm::JsonLines),
    ] {
        assert_eq!(guessed("a.json", text.as_bytes()).1.form, form, "{text}");
    }
}

/// OLD-9: a tar archive that ends in the middle of a file, its index among them, is refused: nobody knows what followed.
#[test]
fn a_tar_archive_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.tar");
    let mut tar = tar::Builder::new(fs::File::create(&path).unwrap());
    for (name, bytes) in [("a.pdf", vec![b'a'; 700]), ("index.csv", vec![b'1'; 2_000])] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap();
    assert_eq!(Delivery::open(&path).unwrap().entries().len(), 2);
    let archive = fs::OpenOptions::new().write(true).open(&path).unwrap();
    // A header and two blocks of the first file, the second's header, and the half of what it has.
    for (length, within) in [(512 * 4 + 1_000, "index.csv"), (512 + 300, "a.pdf")] {
        archive.set_len(length).unwrap();
        let refused = Delivery::open(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("in the middle of {within}")), "{refused}");
    }
}
