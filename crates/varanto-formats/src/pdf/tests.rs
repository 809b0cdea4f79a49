mod broken;

use super::*;
use lopdf::encryption::{EncryptionState, EncryptionVersion, Permissions};
use lopdf::{StringFormat, dictionary};
use proptest::prelude::*;

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/pdfa");

/// A one-page file that says to be PDF/A of this part and level.
fn file(part: &str, conformance: &str) -> Document {
    let xmp = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">{part}{conformance}\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
    );
    let mut file = Document::with_version("1.7");
    let metadata = file.add_object(Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        xmp.into_bytes(),
    ));
    let pages = file.new_object_id();
    let page = file.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    file.objects.insert(pages, Object::Dictionary(tree));
    let catalog = file
        .add_object(dictionary! { "Type" => "Catalog", "Pages" => pages, "Metadata" => metadata });
    file.trailer.set("Root", catalog);
    file
}

fn claiming(part: u8, conformance: &str) -> Document {
    file(
        &format!("<pdfaid:part>{part}</pdfaid:part>"),
        &format!("<pdfaid:conformance>{conformance}</pdfaid:conformance>"),
    )
}

fn bytes_of(mut file: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

/// The faults of a file, as code and reason.
fn told(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let faults = check(bytes).err().unwrap_or_default();
    faults.iter().map(|fault| (fault.code(), fault.args[0].1.clone())).collect()
}

fn refused(bytes: &[u8], expected: &[(&'static str, &str)]) {
    let found = told(bytes);
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (*a, b.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_whole_file_that_says_to_be_pdf_a_is_taken() {
    let facts = check(&bytes_of(claiming(2, "U"))).unwrap();
    assert_eq!((facts.part, facts.conformance, facts.pages), (2, Some('U'), 1));
    assert_eq!(facts.version, "1.7");
    let plain_4 = file("<pdfaid:part>4</pdfaid:part>", "");
    assert_eq!(check(&bytes_of(plain_4)).unwrap().conformance, None);
}

#[test]
fn what_is_no_whole_pdf_file_is_refused() {
    refused(b"", &[("not-pdf", "the file does not begin with %PDF-")]);
    refused(
        "Päätös kotipalvelusta".as_bytes(),
        &[("not-pdf", "the file does not begin with %PDF-")],
    );
    refused(b"%PDF-1.4\n%%EOF", &[("not-pdf", "the objects of the file cannot be read")]);
    let whole = bytes_of(claiming(1, "B"));
    for cut in [whole.len() - 8, whole.len() / 2, 100] {
        refused(&whole[..cut], &[("not-pdf", "the file does not end with %%EOF")]);
    }
    let mut mended = whole[..whole.len() / 2].to_vec();
    mended.extend_from_slice(b"\nstartxref\n0\n%%EOF\n");
    refused(&mended, &[("not-pdf", "the objects of the file cannot be read")]);
}

#[test]
fn a_file_must_say_which_part_of_the_standard_it_keeps() {
    let silent = [("not-pdf-a", "no PDF/A part 1 to 4 in the metadata")];
    refused(&bytes_of(file("", "")), &silent);
    refused(&bytes_of(claiming(5, "B")), &silent);
    let level = [("not-pdf-a", "no conformance level of its part in the metadata")];
    refused(&bytes_of(claiming(1, "U")), &level);
    refused(&bytes_of(claiming(2, "x")), &level);
    let mut bare = claiming(2, "B");
    bare.catalog_mut().unwrap().remove(b"Metadata");
    refused(&bytes_of(bare), &[("not-pdf-a", "no metadata stream")]);
}

#[test]
fn metadata_are_read_in_every_form_of_unicode() {
    type Spell = fn(char) -> Vec<u8>;
    let spellings: [Spell; 5] = [
        |c| c.to_string().into_bytes(),
        |c| c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        |c| c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        |c| u32::from(c).to_be_bytes().to_vec(),
        |c| u32::from(c).to_le_bytes().to_vec(),
    ];
    for (at, spell) in spellings.into_iter().enumerate() {
        for mark in ["", "\u{feff}"] {
            let spelt: Vec<u8> = format!("{mark}<x>ä€𝄞</x>").chars().flat_map(spell).collect();
            let read = xmp::text_of(spelt).unwrap();
            assert_eq!(read.trim_start_matches('\u{feff}'), "<x>ä€𝄞</x>", "{at} {mark:?}");
        }
    }
    assert_eq!(xmp::text_of(b"\xff\xfe\x00\xd8".to_vec()), None);
    assert_eq!(xmp::text_of(b"<\xff>".to_vec()), None);
}

#[test]
fn what_hides_or_runs_is_refused() {
    let with_action = |kind: &str| {
        let mut file = claiming(1, "B");
        let action = file.add_object(dictionary! {
            "S" => kind, "JS" => Object::String(b"app.alert(1)".to_vec(), StringFormat::Literal),
        });
        file.catalog_mut().unwrap().set("OpenAction", action);
        bytes_of(file)
    };
    refused(&with_action("JavaScript"), &[("forbidden-in-pdf", "JavaScript")]);

    let mut launch = claiming(2, "B");
    let action = dictionary! { "Type" => "Action", "S" => "Launch", "F" => "x.exe" };
    let next = dictionary! { "S" => "GoTo", "Next" => vec![action.into()] };
    launch.catalog_mut().unwrap().set("OpenAction", next);
    refused(&bytes_of(launch), &[("forbidden-in-pdf", "an action that runs or plays")]);

    let mut form = claiming(2, "B");
    form.catalog_mut().unwrap().set("AcroForm", dictionary! { "XFA" => "x" });
    refused(&bytes_of(form), &[("forbidden-in-pdf", "an XFA form")]);

    let mut pages = claiming(2, "B");
    pages.objects.retain(|_, object| !object.as_dict().is_ok_and(|page| page.has_type(b"Page")));
    refused(&bytes_of(pages), &[("not-pdf", "no pages")]);
}

/// Encryption hides even when the password is empty and any reader could open the file.
#[test]
fn an_encrypted_file_is_refused() {
    for user_password in ["", "salasana"] {
        let mut file = claiming(2, "B");
        let id = Object::String(vec![7; 16], StringFormat::Hexadecimal);
        file.trailer.set("ID", vec![id.clone(), id]);
        let version = EncryptionVersion::V2 {
            document: &file,
            owner_password: "omistaja",
            user_password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        file.encrypt(&state).unwrap();
        let bytes = bytes_of(file);
        assert!(broken(&bytes).contains(&"encryption"));
        let found = told(&bytes);
        assert!(found.contains(&("forbidden-in-pdf", "encryption".to_owned())), "{found:?}");
    }
}

#[test]
fn embedded_files_are_as_the_part_allows() {
    let carrying = |part: u8, conformance: &str, content: Vec<u8>| {
        let mut file = claiming(part, conformance);
        let stream =
            file.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, content));
        let spec = dictionary! { "Type" => "Filespec", "EF" => dictionary! { "F" => stream } };
        file.add_object(spec);
        bytes_of(file)
    };
    let other = || b"lasku;summa".to_vec();
    let pdf_a = || bytes_of(claiming(1, "B"));
    refused(&carrying(1, "B", other()), &[("forbidden-in-pdf", "an embedded file")]);
    refused(&carrying(1, "B", pdf_a()), &[("forbidden-in-pdf", "an embedded file")]);
    let not_pdf_a = [("forbidden-in-pdf", "an embedded file that is not PDF/A")];
    refused(&carrying(2, "B", other()), &not_pdf_a);
    assert_eq!(check(&carrying(2, "B", pdf_a())).unwrap().embedded_files, 1);
    assert_eq!(check(&carrying(3, "B", other())).unwrap().embedded_files, 1);
    assert_eq!(check(&carrying(4, "F", other())).unwrap().embedded_files, 1);
}

/// A page count that lies costs nothing, and neither do objects by the million.
#[test]
fn a_hostile_file_is_answered_soon() {
    let mut lying = claiming(2, "B");
    for object in lying.objects.values_mut() {
        if let Ok(tree) = object.as_dict_mut()
            && tree.has_type(b"Pages")
        {
            tree.set("Count", i64::MAX);
        }
    }
    assert_eq!(check(&bytes_of(lying)).unwrap().pages, 1);

    let heavy = [("not-pdf", "too many objects")];
    let mut arrays = b"%PDF-1.7\n1 0 obj [".to_vec();
    arrays.extend(b"[]".repeat(2_000_000));
    arrays.extend_from_slice(b"] endobj %%EOF");
    refused(&arrays, &heavy);

    let mut bomb = claiming(2, "B");
    let content = [b"9 0 ".to_vec(), b"[]".repeat(3_000_000)].concat();
    let mut stream =
        Stream::new(dictionary! { "Type" => "ObjXxx", "N" => 1, "First" => 4 }, content);
    stream.compress().unwrap();
    bomb.add_object(stream);
    let mut bomb = bytes_of(bomb);
    let name = bomb.windows(6).position(|window| window == b"ObjXxx").unwrap();
    bomb[name..name + 6].copy_from_slice(b"ObjStm");
    refused(&bomb, &heavy);
}

fn corpus(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Ok(files) = std::fs::read_dir(format!("{CORPORA}/{folder}")) else {
        println!("skipped: pdfa corpora missing");
        return None;
    };
    let paths = files.map(|file| file.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "pdf"));
    Some(paths.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect())
}

#[test]
fn every_conforming_file_is_taken() {
    let Some(files) = corpus("pass") else { return };
    assert_eq!(files.len(), 107);
    for (name, bytes) in files {
        let facts = check(&bytes).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let flavour = name.rsplit('/').next().unwrap();
        assert!(flavour.starts_with(&facts.part.to_string()), "{name}: part {}", facts.part);
    }
}

/// The clause in a file's name: `2b_6-1-3-t01-fail-a.pdf` is of flavour 2b and breaks 6.1.3.
fn named(path: &str) -> (Flavour, String) {
    let name = path.rsplit('/').next().unwrap();
    let (flavour, rest) = name.split_once('_').unwrap();
    let (clause, _) = rest.split_once("-t").unwrap();
    (Flavour::parse(flavour).unwrap(), clause.replace('-', "."))
}

#[test]
fn no_conforming_file_is_found_to_break_a_clause() {
    let Some(files) = corpus("pass") else { return };
    let mut wrong = Vec::new();
    for (path, bytes) in files {
        let (flavour, _) = named(&path);
        let report = judge(&bytes, None).report.unwrap();
        assert_eq!(report.flavour, flavour, "{path}");
        if !report.findings.is_empty() || !report.complete {
            wrong.push(format!("{path}: {:?}", report.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How many broken files are reported with the clause in their name; the rest are told.
#[test]
fn broken_files_are_reported_with_their_clause() {
    let Some(mut files) = corpus("fail") else { return };
    files.sort();
    let mut missed = Vec::new();
    for (path, bytes) in &files {
        let (flavour, clause) = named(path);
        let report = judge(bytes, Some(flavour)).report.unwrap();
        if !report.clauses().any(|found| found == clause) {
            let found: Vec<&str> = report.clauses().collect();
            missed.push(format!("{path}: {clause} asked, {found:?} found"));
        }
    }
    println!("{} of {} missed:\n{}", missed.len(), files.len(), missed.join("\n"));
    assert!(missed.is_empty());
}

/// A page of this content and these resources, in a file that says to be 2b.
fn drawing(
    content: &[u8],
    resources: &Dictionary,
    more: Vec<(lopdf::ObjectId, Object)>,
) -> Vec<u8> {
    let mut file = claiming(2, "B");
    let content = file.add_object(Stream::new(dictionary! {}, content.to_vec()));
    for (id, object) in more {
        file.objects.insert(id, object);
        file.max_id = file.max_id.max(id.0);
    }
    for object in file.objects.values_mut() {
        if let Ok(page) = object.as_dict_mut()
            && page.has_type(b"Page")
        {
            page.set("Contents", content);
            page.set("Resources", resources.clone());
        }
    }
    bytes_of(file)
}

fn broken(bytes: &[u8]) -> Vec<&'static str> {
    let report = judge(bytes, None).report.unwrap();
    report.findings.iter().map(|finding| finding.clause.name).collect()
}

#[test]
fn only_what_is_used_for_drawing_is_judged() {
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" };
    let resources = || dictionary! { "Font" => dictionary! { "F" => font.clone() } };
    let unused = broken(&drawing(b"q Q", &resources(), Vec::new()));
    assert!(!unused.contains(&"font-embedded"), "{unused:?}");
    let shown = broken(&drawing(b"BT /F 12 Tf (Hei) Tj ET", &resources(), Vec::new()));
    assert!(shown.contains(&"font-embedded") && shown.contains(&"device-colour"), "{shown:?}");
    let hidden = broken(&drawing(b"BT 3 Tr /F 12 Tf (Hei) Tj ET", &resources(), Vec::new()));
    assert!(!hidden.contains(&"font-embedded"), "{hidden:?}");
    let strange = broken(&drawing(b"BX 1 2 foo EX <4x1>", &dictionary! {}, Vec::new()));
    assert!(strange.contains(&"operator") && strange.contains(&"hex-string"), "{strange:?}");
}

/// Forms that draw themselves, nesting without end and content that unpacks to gigabytes end soon.
#[test]
fn hostile_content_is_answered_soon() {
    let began = std::time::Instant::now();
    let id = (900, 0);
    let itself = dictionary! { "XObject" => dictionary! { "X" => Object::Reference(id) } };
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "Resources" => itself.clone(),
        "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()],
    };
    let form = Object::Stream(Stream::new(form, b"1 0 0 rg /X Do /X Do 0 g /X Do".to_vec()));
    assert!(!broken(&drawing(b"/X Do", &itself, vec![(id, form)])).is_empty());

    let deep = broken(&drawing(&b"q ".repeat(100_000), &dictionary! {}, Vec::new()));
    assert!(deep.contains(&"limit-nesting"), "{deep:?}");
    broken(&drawing(&b"[".repeat(2_000_000), &dictionary! {}, Vec::new()));
    broken(&drawing(&b"(".repeat(2_000_000), &dictionary! {}, Vec::new()));

    let mut bomb = Stream::new(dictionary! {}, vec![b' '; 300 << 20]);
    bomb.compress().unwrap();
    let mut file = claiming(2, "B");
    let bomb = file.add_object(bomb);
    for object in file.objects.values_mut() {
        if let Ok(page) = object.as_dict_mut()
            && page.has_type(b"Page")
        {
            page.set("Contents", bomb);
        }
    }
    let report = judge(&bytes_of(file), None).report.unwrap();
    assert!(!report.complete);
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}

/// Colour spaces, roles, actions and page trees that lead back to themselves are followed once.
#[test]
fn circles_are_followed_once() {
    let id = (900, 0);
    let space = Object::Array(vec!["Indexed".into(), Object::Reference(id)]);
    let resources = dictionary! { "ColorSpace" => dictionary! { "C" => Object::Reference(id) } };
    broken(&drawing(b"/C cs 0 0 1 1 re f", &resources, vec![(id, space)]));

    let mut file = claiming(1, "A");
    let roles = dictionary! { "Eka" => "Toka", "Toka" => "Eka" };
    let tree = file.add_object(dictionary! { "Type" => "StructTreeRoot", "RoleMap" => roles });
    let action = file.new_object_id();
    file.objects
        .insert(action, dictionary! { "S" => "GoTo", "Next" => Object::Reference(action) }.into());
    let catalog = file.catalog_mut().unwrap();
    catalog.set("StructTreeRoot", tree);
    catalog.set("OpenAction", action);
    let found = broken(&bytes_of(file));
    assert!(found.contains(&"role-map") && found.contains(&"marked"), "{found:?}");
    assert!(!found.contains(&"action"), "{found:?}");
}

#[test]
fn a_flavour_is_read_and_printed() {
    for flavour in ["1a", "1b", "2a", "2b", "2u", "3b", "4", "4f"] {
        assert_eq!(Flavour::parse(flavour).unwrap().to_string(), flavour);
    }
    for wrong in ["", "1", "1u", "2x", "5b", "2bb", "b2"] {
        assert_eq!(Flavour::parse(wrong), None, "{wrong}");
    }
}

/// A file that cannot be read is still told what is wrong with its spelling.
#[test]
fn a_file_that_cannot_be_read_is_told_why() {
    let text = b"%PDF-1.9\n1 0 obj <</Length 3>>\nstream\nabcdef\nendstream\nendobj\n%%EOF";
    let judged = judge(text, Flavour::parse("2b"));
    assert!(judged.gate.is_err());
    let report = judged.report.unwrap();
    let names: Vec<&str> = report.findings.iter().map(|one| one.clause.name).collect();
    assert_eq!(names, ["file-header", "binary-comment", "object-spacing", "stream-length"]);
    assert!(judge(b"Hei", None).report.is_none());
}

proptest! {
    /// A file with bytes changed anywhere gets an answer.
    #[test]
    fn a_damaged_file_is_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)
    ) {
        let mut bytes = bytes_of(claiming(2, "B"));
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = check(&bytes);
        let _ = judge(&bytes, None);
    }
}
