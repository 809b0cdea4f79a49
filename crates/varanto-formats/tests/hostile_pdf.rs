//! PDF files that are made to cost: each is answered within bounds of time and memory. One test in a
//! process of its own, so that the memory it took is its own.

use std::time::{Duration, Instant};

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use varanto_formats::pdf::{check, judge};

/// The most time for one file, without the optimisations of a release.
const MOST_TIME: Duration = Duration::from_mins(1);
/// The most memory of the process, in kilobytes: some of it is the files themselves.
const MOST_MEMORY: u64 = 1 << 20;

const XMP: &str = "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta \
    xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
    <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
    <pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>INSIDE</rdf:Description>\
    </rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>";

/// A file of one page; what is asked is done to its page and its other objects.
fn file(change: impl FnOnce(&mut Document, (u32, u16))) -> Vec<u8> {
    file_with(XMP.replace("INSIDE", "").into_bytes(), change)
}

fn file_with(xmp: Vec<u8>, change: impl FnOnce(&mut Document, (u32, u16))) -> Vec<u8> {
    let mut file = Document::with_version("1.7");
    let pages = file.new_object_id();
    let page = file.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    file.objects.insert(pages, tree.into());
    let metadata = file.add_object(compressed(xmp, 1, "Metadata"));
    let catalog = dictionary! { "Type" => "Catalog", "Pages" => pages, "Metadata" => metadata };
    let catalog = file.add_object(catalog);
    file.trailer.set("Root", catalog);
    change(&mut file, page);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

/// Data compressed so many times over.
fn compressed(data: Vec<u8>, times: usize, kind: &str) -> Stream {
    let mut data = data;
    for _ in 0..times {
        let mut stream = Stream::new(Dictionary::new(), data);
        stream.compress().unwrap();
        assert!(stream.dict.has(b"Filter"), "it did not become smaller");
        data = stream.content;
    }
    let filters = vec![Object::Name(b"FlateDecode".to_vec()); times];
    Stream::new(dictionary! { "Type" => kind, "Filter" => filters }, data)
}

fn drawing(file: &mut Document, page: (u32, u16), key: &str, value: impl Into<Object>) {
    let page = file.get_object_mut(page).and_then(Object::as_dict_mut).unwrap();
    page.set(key, value.into());
}

/// A file as text, with a cross-reference table that says what is asked.
fn text(object: &str, table: &str, trailer: &str) -> Vec<u8> {
    let head = format!("%PDF-1.7\n1 0 obj\n{object}\nendobj\n");
    let start = head.len();
    format!("{head}xref\n{table}\ntrailer\n<<{trailer}>>\nstartxref\n{start}\n%%EOF\n").into_bytes()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = || vec![b' '; 300 << 20];
    let mut cases = Vec::new();
    let mut add = |name, bytes| cases.push((name, bytes));
    add(
        "a page of 300 MB of nothing",
        file(|file, page| {
            let content = file.add_object(compressed(zeros(), 1, "X"));
            drawing(file, page, "Contents", content);
        }),
    );
    add(
        "a page compressed three times over",
        file(|file, page| {
            let content = file.add_object(compressed(zeros(), 3, "X"));
            drawing(file, page, "Contents", content);
        }),
    );
    add(
        "a thousand times the same large page content",
        file(|file, page| {
            let content = file.add_object(compressed(vec![b' '; 30 << 20], 1, "X"));
            drawing(file, page, "Contents", vec![Object::from(content); 1000]);
        }),
    );
    add("metadata of 300 MB", file_with(zeros(), |_, _| ()));
    add(
        "an object stream of 300 MB",
        file(|file, _| {
            let mut stream = compressed(zeros(), 1, "ObjStm");
            stream.dict.set("N", 1_000_000);
            stream.dict.set("First", 10);
            file.add_object(stream);
        }),
    );
    add(
        "rows a predictor has no memory for",
        file(|file, page| {
            let mut content = compressed(vec![b' '; 1 << 20], 1, "X");
            let parameters =
                dictionary! { "Predictor" => 15, "Columns" => i64::from(i32::MAX), "Colors" => 32 };
            content.dict.set("DecodeParms", vec![Object::from(parameters)]);
            let content = file.add_object(content);
            drawing(file, page, "Contents", content);
        }),
    );
    add(
        "a font of 300 MB",
        file(|file, page| {
            let program = file.add_object(compressed(zeros(), 1, "X"));
            let descriptor = dictionary! { "Type" => "FontDescriptor", "FontFile2" => program };
            let font = dictionary! {
                "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "A", "FontDescriptor" => descriptor,
                "ToUnicode" => program,
            };
            let fonts = dictionary! { "Font" => dictionary! { "F" => font } };
            drawing(file, page, "Resources", fonts);
            let content = Stream::new(Dictionary::new(), b"BT /F 1 Tf (a) Tj ET".to_vec());
            let content = file.add_object(content);
            drawing(file, page, "Contents", content);
        }),
    );
    cases
}

fn nests() -> Vec<(&'static str, Vec<u8>)> {
    const DEEP: usize = 1_000_000;
    let entry = "0 2\n0000000000 65535 f \n0000000009 00000 n ";
    let root = "/Root 1 0 R /Size 2";
    let content = |drawn: Vec<u8>| {
        file(|file, page| {
            let content = file.add_object(Stream::new(Dictionary::new(), drawn));
            drawing(file, page, "Contents", content);
        })
    };
    let xml = |inside: String| file_with(XMP.replace("INSIDE", &inside).into_bytes(), |_, _| ());
    vec![
        ("arrays in arrays", text(&"[".repeat(DEEP), entry, root)),
        ("dictionaries in dictionaries", text(&"<</A ".repeat(DEEP), entry, root)),
        ("texts in a text", text(&"(".repeat(DEEP), entry, root)),
        ("closed arrays in arrays", text(&("[".repeat(DEEP) + &"]".repeat(DEEP)), entry, root)),
        ("a trailer of arrays", text("<<>>", entry, &format!("{root} /A {}", "[".repeat(DEEP)))),
        ("a drawing of arrays", content(b"[".repeat(DEEP))),
        ("a drawing of dictionaries", content(b"<</A ".repeat(DEEP))),
        ("metadata in metadata", xml("<a>".repeat(DEEP) + &"</a>".repeat(DEEP))),
        ("lists in metadata", xml("<a><rdf:Bag><rdf:li>".repeat(100_000))),
        ("many texts in metadata", xml("<a/>".repeat(DEEP))),
    ]
}

fn circles() -> Vec<(&'static str, Vec<u8>)> {
    let entry = "0 2\n0000000000 65535 f \n0000000009 00000 n ";
    let linked = |links: usize, key: &'static str| {
        file(move |file, page| {
            let first = file.new_object_id();
            let mut id = first;
            for _ in 0..links {
                let next = file.new_object_id();
                file.objects.insert(id, dictionary! { "S" => "GoTo", key => next }.into());
                id = next;
            }
            file.objects.insert(id, dictionary! { "S" => "GoTo", key => first }.into());
            drawing(file, page, "Parent", first);
            file.catalog_mut().unwrap().set("OpenAction", first);
            file.catalog_mut().unwrap().set("StructTreeRoot", first);
        })
    };
    vec![
        (
            "a table of a hundred thousand million entries",
            text("<<>>", "0 99999999999", "/Root 1 0 R"),
        ),
        ("a table of four thousand million entries", text("<<>>", "0 4294967295", "/Root 1 0 R")),
        ("a size of two thousand million", text("<<>>", entry, "/Root 1 0 R /Size 2147483647")),
        ("a table that goes on from itself", text("<<>>", entry, "/Root 1 0 R /Prev 34")),
        ("an object that is itself", text("1 0 R", entry, "/Root 1 0 R /Size 2")),
        (
            "a stream as long as itself",
            text("<</Length 1 0 R>>\nstream\nabc\nendstream", entry, "/Root 1 0 R /Size 2"),
        ),
        (
            "an object stream that goes on from itself",
            file(|file, _| {
                let id = file.new_object_id();
                let stream = Stream::new(
                    dictionary! { "Type" => "ObjStm", "N" => i64::MAX, "First" => i64::MAX, "Extends" => id },
                    b"1 0 2 0 3 0".to_vec(),
                );
                file.objects.insert(id, stream.into());
            }),
        ),
        ("actions in a circle", linked(10_000, "Next")),
        ("parents in a circle", linked(10_000, "Parent")),
        ("structure elements in a circle", linked(10_000, "K")),
    ]
}

/// What the process has taken at most, in kilobytes.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn files_that_are_made_to_cost_are_answered_within_bounds() {
    for (name, bytes) in bombs().into_iter().chain(nests()).chain(circles()) {
        let began = Instant::now();
        let _ = check(&bytes);
        let judged = judge(&bytes, None);
        let told = judged.gate.is_err() || judged.report.is_some();
        println!("{:>8.2?}  {} bytes  {name}", began.elapsed(), bytes.len());
        assert!(told, "{name} is not answered");
        assert!(began.elapsed() < MOST_TIME, "{name} took {:?}", began.elapsed());
    }
    let mut large = b"%PDF-1.7\n".to_vec();
    large.resize(200_000_000, b' ');
    let faults = check(&large).unwrap_err();
    assert_eq!(
        faults.iter().map(varanto_domain::faults::Fault::code).collect::<Vec<_>>(),
        ["too-large"]
    );
    let Some(memory) = most_memory() else { return };
    println!("{} MB at most", memory >> 10);
    assert!(memory < MOST_MEMORY, "{} MB", memory >> 10);
}
