use varanto_formats::xhtml;

use super::*;

fn all() -> Chosen {
    Chosen { kinds: Chosen::KINDS.into(), encoding: Some(Encoding::WINDOWS_1252) }
}

fn here(kind: Kind, source: &[u8]) -> Result<(Conversion, Vec<u8>), NotConverted> {
    let folder = tempfile::tempdir().unwrap();
    Converter::new(&all(), folder.path()).convert(kind, source)
}

/// OLD-1: a text becomes a page that shows it line by line, every sign of it.
#[test]
fn a_text_becomes_a_page_that_shows_it() {
    let (conversion, page) =
        here(Kind::Text, b"\nYksi <kaksi> & kolme\r\n\tneli\xE4\x0CToinen sivu\r\n\x1A").unwrap();
    assert_eq!(xhtml::check(&page, None), []);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("\n\nYksi &lt;kaksi&gt; &amp; kolme\n\tneliä</pre><pre"), "{page}");
    assert_eq!((conversion.tool.as_str(), conversion.part.as_str()), ("varanto", "view"));
    for unreadable in [&b"kohta\x01kaksi"[..], b"\xFF\xFEa\xD8"] {
        assert!(matches!(here(Kind::Text, unreadable), Err(NotConverted::Failed { .. })));
    }
    let chosen = Chosen { encoding: None, ..all() };
    let folder = tempfile::tempdir().unwrap();
    let told = Converter::new(&chosen, folder.path()).convert(Kind::Text, b"neli\xE4");
    assert!(matches!(told, Err(NotConverted::Failed { reason }) if reason.contains("encoding")));
}

/// OLD-1: markup of browsers becomes XHTML that the archive takes; what is no content is told, what is content and
/// cannot stand keeps it from being converted.
#[test]
fn markup_of_browsers_becomes_a_page() {
    let source = b"<HTML><META http-equiv=Content-Type content='text/html; charset=iso-8859-1'>\
        <BODY onload=x()><P>Yksi &auml;iti<BR>kaksi<P align=center>neli\xE4<TABLE><TR><TD>1<TD>2</TABLE><o:p>3</o:p>\
        <b><i>4</b>5</i>";
    let (conversion, page) = here(Kind::Html, source).unwrap();
    assert_eq!(xhtml::check(&page, None), []);
    let page = String::from_utf8(page).unwrap();
    for text in [
        "<p>Yksi äiti<br/>kaksi</p>",
        "neliä",
        "<td>1</td><td>2</td>",
        "3",
        "<b><i>4</i></b><i>5</i>",
    ] {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert_eq!(conversion.left_out, ["@on", "meta", "o_p"]);
    let lost = here(Kind::Html, b"<p>Kuva: <img src=kuva.jpg>");
    assert_eq!(lost, Err(NotConverted::Loses { what: "img".to_owned() }));
    assert!(here(Kind::Html, "<div>".repeat(900).as_bytes()).is_err());
    // What comes again in each paragraph is not read to its end.
    let never_closed: Vec<String> = (0..9_000).map(|at| format!("<font size={at}>")).collect();
    let many = never_closed.concat() + &"<p>".repeat(9_000);
    assert!(here(Kind::Html, many.as_bytes()).is_err());
    assert!(here(Kind::Html, b"<p>Yksi\x01kaksi").is_err());
    // What looks like an element and is none: its name is told to nobody.
    for source in
        ["<p>Matti <matti.virtanen@kunta.fi> kertoi", "<p>Asiakas <Virtanen 080850-901K> kertoi"]
    {
        let told = here(Kind::Html, source.as_bytes());
        assert_eq!(told, Err(NotConverted::Loses { what: "other".to_owned() }));
    }
}

/// OLD-1: XHTML that the archive does not take as it is (a document type, an encoding, entities, markup that does not read)
/// becomes XHTML that it takes; what it would lose keeps it from being converted.
#[test]
fn pages_of_xhtml_become_pages_that_are_taken() {
    const TYPE: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \
        \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">";
    const OPEN: &str = "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"fi\" lang=\"fi\">";
    let page = |before: &str, body: &str| {
        format!("{before}\n{OPEN}<head><title>Päätös</title></head><body>{body}</body></html>")
    };
    let latin = |text: &str| -> Vec<u8> {
        text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap()).collect()
    };
    let two_bytes = |text: &str| -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    };
    let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    for (source, shown) in [
        (page(TYPE, "<p>Äiti<br/>ja isä</p>").into_bytes(), "<p>Äiti<br/>ja isä</p>"),
        (
            page("<!DOCTYPE html>", "<p>&auml;iti&nbsp;&amp; &lt;is&auml;&gt;</p>").into_bytes(),
            "<p>äiti\u{a0}&amp; &lt;isä&gt;</p>",
        ),
        (latin(&page(declared, "<p>Äiti</p>")), "<p>Äiti</p>"),
        (latin(&page(declared, "<p>Caf\u{e9}</p>").replace("Päätös", "Muu")), "<p>Café</p>"),
        (
            page(declared, "<p>Äiti</p>").replace("ISO-8859-1", "UTF-16").encode_utf16().fold(
                vec![0xFE, 0xFF],
                |mut all, unit| {
                    all.extend(unit.to_be_bytes());
                    all
                },
            ),
            "<p>Äiti</p>",
        ),
        (page("", "<p>Yksi<br>kaksi<p>Kolme").into_bytes(), "<p>Yksi<br/>kaksi</p><p>Kolme</p>"),
        (
            page(TYPE, "<a name=\"a\"/><p><![CDATA[&auml; <x>]]></p><!-- &auml; -->").into_bytes(),
            "<p>&amp;auml; &lt;x&gt;</p>",
        ),
        // Closed at once, and not well-formed besides: browsers would show nothing.
        (
            page("", "<p>Kaikki näkyy<br>")
                .replace("<title>Päätös</title>", "<title/>")
                .into_bytes(),
            "<p>Kaikki näkyy<br/></p>",
        ),
        (two_bytes(&page("", "<p>Äiti</p>")), "<p>Äiti</p>"),
    ] {
        assert_eq!(Kind::of(&source), Kind::Xhtml);
        assert_ne!(xhtml::check(&source, None), [], "the archive would take it as it is");
        let (conversion, page) = here(Kind::Xhtml, &source).unwrap();
        assert_eq!(xhtml::check(&page, None), []);
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains(shown) && page.contains("xml:lang=\"fi\""), "{shown} in {page}");
        assert_eq!((conversion.kind.as_str(), conversion.part.as_str()), ("xhtml", "view"));
    }
    for (source, lost) in [
        (page(TYPE, "<p>x</p><script>y()</script>"), "script"),
        (page(TYPE, "<p><img src=\"kuva.jpg\" alt=\"\"/></p>"), "img"),
        (page("<?xml-stylesheet href=\"a.css\"?>", "<p>x</p>"), "link"),
    ] {
        let told = here(Kind::Xhtml, source.as_bytes());
        assert_eq!(told, Err(NotConverted::Loses { what: lost.to_owned() }));
    }
    let own = page("<!DOCTYPE html [<!ENTITY a \"b\">]>", "<p>&a;</p>");
    assert!(matches!(here(Kind::Xhtml, own.as_bytes()), Err(NotConverted::Failed { .. })));
}

/// OLD-9: a text whose letters do not tell that it is in the encoding that was said is not converted with wrong letters.
#[test]
fn a_text_of_another_encoding_is_not_converted() {
    let text = "Äiti kävi töissä, ja isä oli kotona. Tyttö söi päivällistä.";
    let windows: Vec<u8> =
        text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap()).collect();
    let in_place = |from: &[u8], to: &[u8]| -> Vec<u8> {
        let one = |byte: &u8| from.iter().position(|it| it == byte).map_or(*byte, |at| to[at]);
        windows.iter().map(one).collect()
    };
    let from = [0xE4, 0xF6, 0xC4];
    let dos = in_place(&from, &[0x84, 0x94, 0x8E]);
    let macintosh = in_place(&from, &[0x8A, 0x9A, 0x80]);
    let seven_bits = in_place(&from, b"{|[");
    let quoted = [b"\x94".as_slice(), &windows, b"\x94 \x96 \x94N\xE4in\x94"].concat();
    for (source, encoding, converted) in [
        (&windows, Encoding::WINDOWS_1252, true),
        (&quoted, Encoding::WINDOWS_1252, true),
        (&dos, Encoding::CODE_PAGE_850, true),
        (&dos, Encoding::WINDOWS_1252, false),
        (&windows, Encoding::CODE_PAGE_850, false),
        (&macintosh, Encoding::WINDOWS_1252, false),
        (&macintosh, Encoding::CODE_PAGE_850, false),
        (&seven_bits, Encoding::WINDOWS_1252, false),
        (&seven_bits, Encoding::SevenBits, true),
        (&b"[x] valittu {kaksi}".to_vec(), Encoding::SevenBits, false),
        (&windows, Encoding::ISO_8859_15, true),
        (&windows, Encoding::of_name("iso-8859-4").unwrap(), true),
        (&dos, Encoding::of_name("cp865").unwrap(), true),
        (&dos, Encoding::ISO_8859_15, false),
        (&macintosh, Encoding::of_name("macintosh").unwrap(), true),
        (&windows, Encoding::of_name("macintosh").unwrap(), false),
        (&windows, Encoding::of_name("windows-1251").unwrap(), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let chosen = Chosen { encoding: Some(encoding), ..all() };
        let made = Converter::new(&chosen, folder.path()).convert(Kind::Text, source);
        assert_eq!(made.is_ok(), converted, "{encoding:?} {made:?}");
        if let Ok((_, page)) = made {
            assert!(String::from_utf8(page).unwrap().contains(text));
        }
    }
}

/// OLD-9: a file is converted once: what was made is kept with its record, and made again where it was spoilt.
#[test]
fn what_was_made_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = all();
    let converter = Converter::new(&chosen, folder.path());
    let (conversion, bytes) = converter.convert(Kind::Text, b"Kirje").unwrap();
    assert_eq!(kept(folder.path(), &conversion).as_ref(), Some(&bytes));
    assert_eq!(
        converter.convert(Kind::Text, b"Kirje").unwrap(),
        (conversion.clone(), bytes.clone())
    );
    let within = folder.path().join("converted").join(&conversion.source[..2]);
    for entry in fs::read_dir(&within).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(path, b"spoilt").unwrap();
    }
    assert_eq!(kept(folder.path(), &conversion), None);
    assert_eq!(converter.convert(Kind::Text, b"Kirje").unwrap(), (conversion.clone(), bytes));
    converter.forget(Kind::Text, &conversion);
    assert_eq!(kept(folder.path(), &conversion), None);
    assert_eq!(fs::read_dir(&within).unwrap().count(), 0);
}

/// OLD-7: the folder in which one converter's tools work is not another's to remove; what one left that is no more is removed.
#[test]
fn each_converter_works_in_a_folder_of_its_own() {
    let (chosen, folder) = (all(), tempfile::tempdir().unwrap());
    let all_of_them = folder.path().join(WORKING);
    let rehearsal = Converter::new(&chosen, folder.path());
    let own = rehearsal.working().unwrap().to_owned();
    std::fs::write(own.join("letter"), "x").unwrap();
    // What an earlier version left, and what was left by a program that was killed.
    std::fs::create_dir(all_of_them.join("earlier")).unwrap();
    std::fs::create_dir(all_of_them.join("killed")).unwrap();
    std::fs::write(all_of_them.join("killed").join(HELD), "").unwrap();
    let desk = Converter::new(&chosen, folder.path());
    assert_ne!(desk.working().unwrap(), own);
    drop(desk);
    let there: Vec<_> = std::fs::read_dir(&all_of_them).unwrap().flatten().collect();
    assert_eq!((there.len(), there[0].path()), (1, own.clone()));
    assert!(own.join("letter").exists());
    drop(rehearsal);
    assert!(!all_of_them.exists());
}

/// OLD-1: line breaks of every kind are one each, also at the beginning and the end of a page.
#[test]
fn line_breaks_of_every_kind_are_one_each() {
    let (_, page) =
        here(Kind::Text, b"\r\nyksi\rkaksi\r\rkolme\n\r\nnelj\xE4\x0C\rviisi\r\n\r\n").unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("\">\n\nyksi\nkaksi\n\nkolme\n\nneljä</pre>"), "{page}");
    assert!(page.contains("\">\n\nviisi</pre>"), "{page}");
}
