//! One sound file, and what each single change of it breaks: the rules that the public test files here
//! do not happen to break, and the others again.

use std::fmt::Write;

use super::*;

/// An RGB monitor profile's header; the check reads no further.
fn profile(space: [u8; 4], class: [u8; 4]) -> String {
    let mut header = [b' '; 128];
    header[8] = 2;
    header[12..16].copy_from_slice(&class);
    header[16..20].copy_from_slice(&space);
    header[36..40].copy_from_slice(b"acsp");
    header.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn xmp(flavour: Flavour) -> String {
    let level = flavour.level.unwrap();
    format!(
        "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <pdfaid:part>{}</pdfaid:part><pdfaid:conformance>{level}</pdfaid:conformance>\
         <dc:format>application/pdf</dc:format></rdf:Description></rdf:RDF></x:xmpmeta>\
         <?xpacket end=\"w\"?>",
        flavour.part
    )
}

const TINT: &str = "<</FunctionType 2 /Domain [0 1] /N 1 /C0 [1 1 1] /C1 [0 0 0]>>";

/// The objects of a file that keeps every part and level.
fn objects(flavour: Flavour) -> Vec<String> {
    let stream = |entries: &str, data: &str| {
        format!("<<{entries} /Length {}>>\nstream\n{data}\nendstream", data.len())
    };
    let hex = |data: String| stream("/N 3 /Filter /ASCIIHexDecode", &format!("{data}>"));
    vec![
        "<</Type /Catalog /Pages 2 0 R /Metadata 4 0 R /OutputIntents [5 0 R] /Lang (fi)\n\
         /AcroForm <</Fields [12 0 R]>> /MarkInfo <</Marked true>> /StructTreeRoot 14 0 R>>"
            .to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R /Annots [12 0 R]\n\
         /Resources <</ExtGState <</G 8 0 R>> /ColorSpace <</S 9 0 R /N 10 0 R /I [/ICCBased 6 0 R]>>\n\
         /XObject <</X 11 0 R /Y 13 0 R>>>>>>"
            .to_owned(),
        stream("/Type /Metadata /Subtype /XML", &xmp(flavour)),
        "<</Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) \
         /DestOutputProfile 6 0 R>>"
            .to_owned(),
        hex(profile(*b"RGB ", *b"mntr")),
        stream(
            "",
            "/G gs /S cs 0.5 scn 0 0 9 9 re f /N cs 0.5 0.5 scn 0 0 9 9 re f /I cs 0 0 0 scn\n\
             0 0 9 9 re f q /X Do Q /Y Do 1 0 0 rg 0 0 1 1 re f",
        ),
        "<</Type /ExtGState /RI /Perceptual /HT <</HalftoneType 1 /Frequency 60 /Angle 45 \
         /SpotFunction /Round>>>>"
            .to_owned(),
        format!("[/Separation /Spot /DeviceRGB {TINT}]"),
        format!(
            "[/DeviceN [/Spot /Other] /DeviceRGB {TINT}\n\
             <</Colorants <</Spot 9 0 R /Other [/Separation /Other /DeviceRGB {TINT}]>>>>]"
        ),
        stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <<>>", "q Q"),
        "<</Type /Annot /Subtype /Widget /FT /Tx /T (a) /F 4 /Rect [0 0 9 9] /AP <</N 11 0 R>>>>"
            .to_owned(),
        stream(
            "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 \
             /ColorSpace /DeviceGray",
            "x",
        ),
        "<</Type /StructTreeRoot /K 15 0 R /RoleMap <</Oma /P>>>>".to_owned(),
        "<</Type /StructElem /S /Oma /P 14 0 R /Lang (fi)>>".to_owned(),
    ]
}

/// Joins objects to a file.
fn join(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        file.extend(format!("{number} 0 obj\n{object}\nendobj\n").into_bytes());
    }
    let start = file.len();
    let size = objects.len() + 1;
    table.push_str("trailer\n<</Root 1 0 R ");
    writeln!(table, "/Size {size} /ID [<0a0b> <0a0b>]>>\nstartxref\n{start}\n%%EOF").unwrap();
    file.extend(table.into_bytes());
    file
}

fn flavour(text: &str) -> Flavour {
    Flavour::parse(text).unwrap()
}

fn names(file: &[u8], of: &str) -> Vec<&'static str> {
    let report = judge(file, Some(flavour(of))).report.unwrap();
    report.findings.iter().map(|finding| finding.clause.name).collect()
}

#[test]
fn the_sound_file_breaks_nothing() {
    for of in ["1a", "1b", "2a", "2b", "2u", "3a", "3b", "3u"] {
        let file = join(&objects(flavour(of)));
        let judged = judge(&file, None);
        let report = judged.report.unwrap();
        assert!(report.findings.is_empty() && report.complete, "{of}: {:#?}", report.findings);
        assert!(judged.gate.is_ok(), "{of}: {:?}", judged.gate);
    }
}

/// What stands in an object is replaced, and the file joined anew.
fn in_objects(of: &str, from: &str, to: &str, expected: &str) {
    let mut objects = objects(flavour(of));
    let before = objects.clone();
    for object in &mut objects {
        if let Some((head, data)) = object.clone().split_once("stream\n")
            && let Some(data) = data.strip_suffix("\nendstream")
        {
            // A stream is as long as it says, whatever is changed in it.
            let data = data.replace(from, to);
            let head = head.replace(from, to);
            let (head, _) = head.rsplit_once("/Length").unwrap();
            *object = format!("{head}/Length {}>>\nstream\n{data}\nendstream", data.len());
        } else {
            *object = object.replace(from, to);
        }
    }
    assert_ne!(before, objects, "{from} is nowhere");
    let found = names(&join(&objects), of);
    assert!(found.contains(&expected), "{of} {from} -> {to}: {expected} not in {found:?}");
}

/// Bytes of the joined file are replaced, each place once, without moving what follows them unless
/// they stand behind everything.
fn in_bytes(of: &str, from: &[u8], to: &[u8], expected: &str) {
    let mut file = join(&objects(flavour(of)));
    let at = file.windows(from.len()).rposition(|window| window == from).unwrap();
    file.splice(at..at + from.len(), to.iter().copied());
    let found = names(&file, of);
    let shown = String::from_utf8_lossy(to);
    assert!(found.contains(&expected), "{of} {shown}: {expected} not in {found:?}");
}

/// Both parts.
fn everywhere(from: &str, to: &str, expected: &str) {
    in_objects("1b", from, to, expected);
    in_objects("2b", from, to, expected);
    in_objects("3b", from, to, expected);
}

#[test]
fn how_the_file_is_spelt() {
    for of in ["1b", "2b"] {
        in_bytes(of, b"%PDF-1.4\n", b"%PDF-2.0\n", "file-header");
        in_bytes(of, b"%\xe2\xe3", b"%ab", "binary-comment");
        in_bytes(of, b"/ID [<0a0b> <0a0b>]", b"", "file-id");
        in_bytes(of, b"%%EOF\n", b"%%EOF\n\n", "after-end");
        in_bytes(of, b"%%EOF\n", b"%%EOF\nend", "after-end");
        in_bytes(of, b"xref\n0 16", b"xref \n0 16", "xref-spacing");
        in_bytes(of, b"xref\n0 16", b"xref\n0  16", "xref-spacing");
        in_bytes(of, b"1 0 obj\n", b"1 0 obj ", "object-spacing");
        in_bytes(of, b"stream\nq Q\n", b"stream\rq Q\n", "stream-lines");
        in_bytes(of, b"/Length 3>>", b"/Length 2>>", "stream-length");
        in_bytes(of, b"[<0a0b> <0a0b>]", b"[<0a0b>]", "file-id");
        in_bytes(of, b"[<0a0b> <0a0b>]", b"[<> <>]", "file-id");
    }
    everywhere("(fi)\n", "<6>\n", "hex-string");
    everywhere("(fi)\n", "<66x9>\n", "hex-string");
    everywhere("/Resources <<>>", "/Resources <<>> /FFilter /FlateDecode", "stream-outside");
    everywhere("/Resources <<>>", "/Resources <<>> /Filter /LZWDecode", "filter");
    in_objects("2b", "/Resources <<>>", "/Resources <<>> /Filter /Own", "filter");
    in_objects(
        "2b",
        "/Resources <<>>",
        "/Resources <<>> /Filter /Crypt /DecodeParms <</Name /Own>>",
        "filter",
    );
    in_objects("2a", "/Oma", "/O#c3ma", "name-utf8");
    in_objects("2b", "/Spot", "/Sp#c3ot", "name-utf8");
    everywhere("q Q", "BI /W 1 /H 1 /BPC 8 /CS /G /F /LZW ID x EI", "inline-filter");
    in_objects("1b", "/Type /XObject /Subtype /Form", "/Type /XRef", "xref-stream");
}

#[test]
fn limits() {
    everywhere("/Count 1", "/Count 1 /X 2147483648", "limit-integer");
    everywhere("/Count 1", "/Count 1 /X -2147483649", "limit-integer");
    in_objects("1b", "/Count 1", "/Count 1 /X 32768.5", "limit-real");
    in_objects("2b", "/Count 1", &format!("/Count 1 /X 4{}.0", "0".repeat(38)), "limit-real");
    in_objects("2b", "/Count 1", &format!("/Count 1 /X 0.{}1", "0".repeat(38)), "limit-real");
    let long = format!("/Count 1 /X ({})", "a".repeat(65_536));
    everywhere("/Count 1", &long, "limit-string");
    let long = format!("/Count 1 /X /{}", "a".repeat(128));
    everywhere("/Count 1", &long, "limit-name");
    let many = format!("/Count 1 /X [{}]", "0 ".repeat(8192));
    in_objects("1b", "/Count 1", &many, "limit-array");
    let entries: Vec<String> = (0..4096).map(|one| format!("/N{one} 0")).collect();
    let many = format!("/Count 1 /X <<{}>>", entries.join(" "));
    in_objects("1b", "/Count 1", &many, "limit-dictionary");
    everywhere("q Q", &"q ".repeat(29), "limit-nesting");
    let colourants: Vec<String> = (0..33).map(|one| format!("/C{one}")).collect();
    in_objects("2b", "[/Spot /Other]", &format!("[{}]", colourants.join(" ")), "limit-colourants");
    let nine = format!("[{}]", colourants[..9].join(" "));
    in_objects("1b", "[/Spot /Other]", &nine, "limit-colourants");
    in_objects("2b", "[0 0 595 842]", "[0 0 2 842]", "limit-page");
    in_objects("2b", "[0 0 595 842]", "[0 0 14401 842]", "limit-page");
    in_objects("2b", "/Annots", "/CropBox [0 0 1 1] /Annots", "limit-page");
}

#[test]
fn colours() {
    let sound = profile(*b"RGB ", *b"mntr");
    everywhere(&sound, &profile(*b"RGB ", *b"scnr"), "output-profile");
    everywhere(&sound, &profile(*b"Lab ", *b"mntr"), "output-profile");
    let second = "[5 0 R <</S /GTS_PDFA1 /DestOutputProfile 7 0 R>>]";
    everywhere("[5 0 R]", second, "output-intents");
    let outside = "[5 0 R <</S /GTS_PDFX /DestOutputProfileRef <<>>>>]";
    in_objects("2b", "[5 0 R]", outside, "output-profile-outside");
    everywhere("/N 3", "/N 4", "icc-profile");
    everywhere("1 0 0 rg", "0 0 0 1 k", "device-colour");
    everywhere("1 0 0 rg", "BI /W 1 /H 1 /BPC 8 /CS /CMYK ID xxxx EI", "device-colour");
    everywhere("/OutputIntents [5 0 R]", "", "device-colour");
    everywhere("/Spot /DeviceRGB", "/Spot /DeviceCMYK", "spot-alternate");
    in_objects("2b", "/Other [", "/Another [", "colourants");
    let again = "/Other [/Separation /Spot /DeviceGray";
    in_objects("2b", "/Other [/Separation /Other /DeviceRGB", again, "separation-same");
}

#[test]
fn overprinting_with_four_colours() {
    let cmyk = |overprint: &str| {
        let mut objects = objects(flavour("2b"));
        let (rgb, four) = (profile(*b"RGB ", *b"mntr"), profile(*b"CMYK", *b"prtr"));
        objects[5] = objects[5].replace(&rgb, &four).replace("/N 3", "/N 4");
        objects[7] = objects[7].replace("/RI /Perceptual", overprint);
        names(&join(&objects), "2b").contains(&"overprint")
    };
    assert!(cmyk("/op true /OPM 1"));
    assert!(!cmyk("/op true /OPM 0") && !cmyk("/op false /OPM 1"));
}

#[test]
fn what_drawings_are_made_of() {
    everywhere("q Q", "q zz Q", "operator");
    everywhere("q Q", "BX q zz Q EX", "operator");
    in_objects("2b", "q Q", "/G gs", "resources");
    everywhere("/RI /Perceptual", "/TR /Identity", "transfer-function");
    everywhere("/RI /Perceptual", "/TR2 /Identity", "transfer-function");
    everywhere("/RI /Perceptual", "/RI /Own", "rendering-intent");
    everywhere("q Q", "/Own ri", "rendering-intent");
    for halftone in [
        "/HalftoneType 10",
        "/HalftoneType 1 /HalftoneName (a)",
        "/HalftoneType 1 /TransferFunction /Identity",
        "/HalftoneType 5 /Default <</HalftoneType 6>>",
        "/HalftoneType 5 /Cyan <</HalftoneType 1 /TransferFunction /Identity>>",
        "/HalftoneType 5 /Orange <</HalftoneType 1>>",
    ] {
        in_objects("2b", "/HalftoneType 1", halftone, "halftone");
    }
    in_objects("2b", "/RI /Perceptual", "/HTP [0 0]", "halftone");
    for wrong in ["/Alternates []", "/OPI <<>>", "/Interpolate true"] {
        everywhere("/Width 1", &format!("/Width 1 {wrong}"), "image-keys");
    }
    everywhere("q Q", "BI /W 1 /H 1 /BPC 8 /CS /G /I true ID x EI", "image-keys");
    for wrong in ["/OPI <<>>", "/Subtype2 /PS", "/PS 7 0 R"] {
        everywhere("/Resources <<>>", &format!("/Resources <<>> {wrong}"), "form-keys");
    }
    everywhere("/Resources <<>>", "/Resources <<>> /Ref <<>>", "reference-xobject");
    everywhere("/Subtype /Form", "/Subtype /PS", "postscript-xobject");
}

#[test]
fn transparency() {
    let groups = "/Resources <<>> /Group <</S /Transparency>>";
    for (from, to) in [
        ("/RI /Perceptual", "/ca 0.5"),
        ("/RI /Perceptual", "/CA 0.5"),
        ("/RI /Perceptual", "/SMask <</S /Alpha /G 11 0 R>>"),
        ("/Width 1", "/Width 1 /SMask 13 0 R"),
        ("/Resources <<>>", groups),
    ] {
        in_objects("1b", from, to, "transparency");
    }
    in_objects("1b", "/RI /Perceptual", "/BM /Multiply", "blend-mode");
    in_objects("2b", "/RI /Perceptual", "/BM /Own", "blend-mode");
    in_objects("2b", "/RI /Perceptual", "/BM [/Own /Normal]", "blend-mode");
    let mut objects = objects(flavour("2b"));
    objects[0] = objects[0].replace("/OutputIntents [5 0 R]", "");
    objects[7] = objects[7].replace("/RI /Perceptual", "/ca 0.5");
    assert!(names(&join(&objects), "2b").contains(&"blending-space"));
}

#[test]
fn annotations_and_forms() {
    let widget = "/Subtype /Widget";
    for wrong in ["3D", "Sound", "Movie", "Screen", "RichMedia", "Own"] {
        everywhere(widget, &format!("/Subtype /{wrong}"), "annotation-type");
    }
    in_objects("1b", widget, "/Subtype /FileAttachment", "annotation-type");
    everywhere("/F 4", "", "annotation-flags");
    for flags in [0, 5, 6, 36] {
        everywhere("/F 4", &format!("/F {flags}"), "annotation-flags");
    }
    in_objects("2b", "/F 4", "/F 260", "annotation-flags");
    in_objects("1b", "/F 4", "/F 4 /CA 0.5", "annotation-colour");
    let mut grey = objects(flavour("1b"));
    grey[5] = grey[5].replace(&profile(*b"RGB ", *b"mntr"), &profile(*b"CMYK", *b"prtr"));
    grey[11] = grey[11].replace("/F 4", "/F 4 /C [1 0 0]");
    assert!(names(&join(&grey), "1b").contains(&"annotation-colour"));
    in_objects("2b", "/AP <</N 11 0 R>>", "", "appearance");
    everywhere("/N 11 0 R", "/N 11 0 R /D 11 0 R", "appearance");
    everywhere("/N 11 0 R", "/N <</On 11 0 R>>", "appearance");
    everywhere("/FT /Tx", "/FT /Btn", "appearance");
    everywhere("/FT /Tx", "/FT /Tx /A <</S /GoTo>>", "field-action");
    everywhere("/FT /Tx", "/FT /Tx /AA <<>>", "field-action");
    everywhere("/Fields [12 0 R]", "/Fields [12 0 R] /NeedAppearances true", "need-appearances");
    everywhere("/Fields [12 0 R]", "/Fields [12 0 R] /XFA (a)", "form-xfa");
    in_objects("2b", "/Lang (fi)\n", "/NeedsRendering true ", "form-xfa");
}

#[test]
fn actions_and_signatures() {
    let opens = |action: &str| format!("/OpenAction <<{action}>> ");
    for kind in
        ["Launch", "Sound", "Movie", "ResetForm", "ImportData", "JavaScript", "Hide", "NOP", "Own"]
    {
        everywhere("/Lang (fi)\n", &opens(&format!("/S /{kind}")), "action");
        let later = opens(&format!("/S /GoTo /Next [<</S /{kind}>>]"));
        everywhere("/Lang (fi)\n", &later, "action");
    }
    everywhere("/Lang (fi)\n", &opens("/S /Named /N /Print"), "action");
    everywhere("/Lang (fi)\n", "/AA <<>> ", "additional-action");
    in_objects("2b", "/Annots", "/AA <<>> /Annots", "additional-action");
    in_objects("2b", "/Lang (fi)\n", "/Perms <</Own <<>>>> ", "permissions");
    let digest = "/Perms <</DocMDP <</Reference [<</DigestMethod /MD5>>]>>>> ";
    in_objects("2b", "/Lang (fi)\n", digest, "signature-digest");
    let signed = |value: &str| format!("/FT /Sig /V <</Type /Sig {value}>>");
    let range = signed("/ByteRange [0 1 2 3] /Contents <3000>");
    in_objects("2b", "/FT /Tx", &range, "signature-range");
    in_objects("2b", "/FT /Tx", &range, "signature-form");
    in_objects("2b", "/Lang (fi)\n", "/Requirements [] ", "requirements");
    let alternate = "/Names <</AlternatePresentations <<>>>> ";
    in_objects("2b", "/Lang (fi)\n", alternate, "alternate-presentation");
    in_objects("2b", "/Annots", "/PresSteps <<>> /Annots", "alternate-presentation");
}

#[test]
fn metadata() {
    everywhere("/Metadata 4 0 R", "", "metadata");
    in_objects("1b", "/Subtype /XML", "/Subtype /XML /Filter []", "metadata-filter");
    everywhere("<?xpacket begin=\"\"", "<?xpacket begin=\"\" bytes=\"9\"", "xmp-header");
    everywhere("<?xpacket begin=\"\"", "<?xpacket begin=\"\" encoding=\"UTF-8\"", "xmp-header");
    everywhere("</rdf:RDF>", "", "xmp-form");
    everywhere("dc:format", "dc:own", "xmp-property");
    everywhere("elements/1.1/", "own/", "xmp-property");
    let bag = "<rdf:Bag><rdf:li>application/pdf</rdf:li></rdf:Bag>";
    everywhere("application/pdf", bag, "xmp-type");
    everywhere("<pdfaid:part>", "<pdfaid:part>9", "identification");
    everywhere("<pdfaid:conformance>B", "<pdfaid:conformance>X", "identification");
    everywhere("pdfaid", "other", "identification");
}

/// A container of extension schemas with one schema, changed.
fn with_schema(from: &str, to: &str) -> (String, String) {
    let schema = "<rdf:Description rdf:about=\"\" \
        xmlns:pdfaExtension=\"http://www.aiim.org/pdfa/ns/extension/\" \
        xmlns:pdfaSchema=\"http://www.aiim.org/pdfa/ns/schema#\" \
        xmlns:pdfaProperty=\"http://www.aiim.org/pdfa/ns/property#\">\
        <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType=\"Resource\">\
        <pdfaSchema:schema>Own</pdfaSchema:schema>\
        <pdfaSchema:namespaceURI>http://own.example/</pdfaSchema:namespaceURI>\
        <pdfaSchema:prefix>own</pdfaSchema:prefix>\
        <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType=\"Resource\">\
        <pdfaProperty:name>number</pdfaProperty:name>\
        <pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
        <pdfaProperty:category>internal</pdfaProperty:category>\
        <pdfaProperty:description>A number</pdfaProperty:description>\
        </rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>\
        <own:number xmlns:own=\"http://own.example/\">1</own:number></rdf:Description>";
    assert!(schema.contains(from), "{from}");
    ("</rdf:RDF>".to_owned(), format!("{}</rdf:RDF>", schema.replace(from, to)))
}

#[test]
fn extension_schemas() {
    let check = |from: &str, to: &str, expected: &str| {
        let (from, to) = with_schema(from, to);
        everywhere(&from, &to, expected);
    };
    let sound = with_schema("Own", "Own");
    let mut objects = objects(flavour("2b"));
    let metadata = xmp(flavour("2b")).replace(&sound.0, &sound.1);
    objects[3] = format!(
        "<</Type /Metadata /Subtype /XML /Length {}>>\nstream\n{metadata}\nendstream",
        metadata.len()
    );
    assert_eq!(names(&join(&objects), "2b"), Vec::<&str>::new());
    for element in ["schema", "namespaceURI", "prefix"] {
        check(&format!("pdfaSchema:{element}>"), "pdfaSchema:own>", "extension-schema");
    }
    for element in ["name", "valueType", "category", "description"] {
        check(&format!("pdfaProperty:{element}>"), "pdfaProperty:own>", "extension-schema");
    }
    check("internal", "secret", "extension-schema");
    check("Integer", "Unheard", "extension-schema");
    check("rdf:Bag", "rdf:Seq", "extension-schema");
    check("rdf:Seq", "rdf:Bag", "extension-schema");
    check("pdfaExtension:", "other:", "xmp-form");
    check(">1</own", ">one</own", "xmp-type");
    check("own:number", "own:another", "xmp-property");
}

#[test]
fn info_agrees() {
    let info = |entries: &str| {
        let mut objects = objects(flavour("1b"));
        objects.push(format!("<<{entries}>>"));
        let file = join(&objects);
        let at = file.windows(6).rposition(|window| window == b"/Root ").unwrap();
        let (head, tail) = file.split_at(at);
        names(&[head, b"/Info 16 0 R ", tail].concat(), "1b")
    };
    assert_eq!(info(""), Vec::<&str>::new());
    for entry in ["Title (a)", "Author (a)", "Subject (a)", "Keywords (a)", "Creator (a)"] {
        assert_eq!(info(&format!("/{entry}")), ["info-agrees"], "{entry}");
    }
    for entry in ["Producer (a)", "CreationDate (D:2026)", "ModDate (D:2026)"] {
        assert_eq!(info(&format!("/{entry}")), ["info-agrees"], "{entry}");
    }
}

#[test]
fn tags() {
    for of in ["1a", "2a", "3a"] {
        in_objects(of, "/MarkInfo <</Marked true>>", "", "marked");
        in_objects(of, "/Marked true", "/Marked false", "marked");
        in_objects(of, "/StructTreeRoot 14 0 R", "", "structure-tree");
        in_objects(of, "/RoleMap <</Oma /P>>", "", "role-map");
        in_objects(of, "/Oma /P>>", "/Oma /Own /Own /Oma>>", "role-map");
        in_objects(of, "(fi)", "(fi_FI!)", "language");
    }
    in_objects("2a", "/Oma /P>>", "/Oma /P /H1 /P>>", "role-map");
}

#[test]
fn what_a_file_carries() {
    let carried = "/Names <</EmbeddedFiles <</Names [(a) <</F (a) /UF (a) /AFRelationship /Data \
        /EF <</F 11 0 R>>>>]>>>> ";
    in_objects("1b", "/Lang (fi)\n", carried, "embedded-file");
    in_objects("2b", "/Lang (fi)\n", carried, "embedded-pdfa");
    in_objects("2b", "/Lang (fi)\n", &carried.replace("/UF (a)", ""), "file-specification");
    in_objects("3b", "/Lang (fi)\n", carried, "associated-file");
    let layers =
        |configuration: &str| format!("/OCProperties <</OCGs [14 0 R] /D <<{configuration}>>>> ");
    in_objects("1b", "/Lang (fi)\n", &layers("/Name (a)"), "optional-content");
    for wrong in ["", "/Name ()", "/Name (a) /AS []", "/Name (a) /Order []"] {
        in_objects("2b", "/Lang (fi)\n", &layers(wrong), "optional-content-configuration");
    }
    let twice = layers("/Name (a)").replace(">>>> ", ">> /Configs [<</Name (a)>>]>> ");
    in_objects("2b", "/Lang (fi)\n", &twice, "optional-content-configuration");
}

/// A public file that conforms, with bytes changed in the first place that has them, and none moved.
fn in_public(name: &str, from: &str, to: &str, expected: &str) {
    let path = format!("{}/../../../shared/corpora/pdfa/pass/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(mut file) = std::fs::read(path) else {
        println!("skipped: pdfa corpora missing");
        return;
    };
    let to = format!("{to:0$}", from.len());
    assert_eq!(from.len(), to.len(), "{from} would move");
    let place = file.windows(from.len()).position(|window| window == from.as_bytes());
    let place = place.unwrap_or_else(|| panic!("{name}: {from} is nowhere"));
    file[place..place + from.len()].copy_from_slice(to.as_bytes());
    let report = judge(&file, None).report.unwrap();
    let found: Vec<&str> = report.findings.iter().map(|one| one.clause.name).collect();
    assert!(found.contains(&expected), "{name} {from} -> {to}: {expected} not in {found:?}");
}

#[test]
fn simple_fonts() {
    let check =
        |from: &str, to: &str, expected| in_public("2b_6-1-5-t01-pass-a.pdf", from, to, expected);
    check("/Type /Font\n", "/Type /Fond\n", "font-keys");
    check("/BaseFont", "/BasaFont", "font-keys");
    check("/FirstChar 32", "/FirstChar 31", "font-keys");
    check("/Widths", "/Wodths", "font-keys");
    check("/FontFile2", "/FontFileX", "font-embedded");
    check("/Widths [600", "/Widths [611", "glyph-width");
    check("/WinAnsiEncoding", "/WinAnsiOwnthing", "font-encoding");
    check("/Flags 262177", "/Flags 4", "font-encoding");
}

#[test]
fn composite_fonts() {
    let check = |from: &str, to: &str, expected| {
        in_public("2b_6-2-11-3-1-t01-pass-a.pdf", from, to, expected);
    };
    check("/Ordering (Korea1)\n", "/Ordering (Korea2)", "cid-system");
    check("/Subtype /CIDFontType0C", "/Subtype /CIDFontType0X", "font-keys");
    check("/FontFile3", "/FontFileX", "font-embedded");
    check("/W [1 [216]", "/W [1 [226]", "glyph-width");
    let check =
        |from: &str, to: &str, expected| in_public("1b_6-3-3-2-t01-pass-b.pdf", from, to, expected);
    check("/CIDToGIDMap", "/CIDToOwnMap", "cid-to-gid");
    check("/CIDSet", "/CIDSat", "cid-set");
    check("/Encoding /Identity-H", "/Encoding /Own-H", "cmap");
}
