use varanto_formats::pdf::{self, Flavour};

use std::path::Path;

use super::*;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../assets/tests/", $name)).as_slice()
    };
}

fn converted(kind: Kind, source: &[u8]) -> Vec<u8> {
    let made = convert(kind, source).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(
        made.bytes,
        convert(kind, source).unwrap().bytes,
        "the same file gives the same bytes"
    );
    made.bytes
}

/// What the archive's own judgement says of a file.
fn broken(bytes: &[u8]) -> String {
    let judged = pdf::judge(bytes, Flavour::parse("2b"));
    let report = judged.report.expect("PDF/A-2b is judged");
    assert!(report.complete);
    format!("{:?} {:?}", judged.gate.err(), report.findings)
}

/// OLD-1, ARC-1: scans and pictures of every kind become PDF/A-2b that the archive takes.
#[test]
fn scans_and_pictures_become_pdf_a() {
    for (name, kind, source, pages) in [
        ("g4.tif", Kind::Tiff, file!("g4.tif"), 2),
        ("g4strips.tif", Kind::Tiff, file!("g4strips.tif"), 2),
        ("lzw.tif", Kind::Tiff, file!("lzw.tif"), 2),
        ("rgb.tif", Kind::Tiff, file!("rgb.tif"), 2),
        ("grey.tif", Kind::Tiff, file!("grey.tif"), 2),
        ("c.jpg", Kind::Jpeg, file!("c.jpg"), 1),
        ("g.jpg", Kind::Jpeg, file!("g.jpg"), 1),
        ("c.png", Kind::Png, file!("c.png"), 1),
        ("t.png", Kind::Png, file!("t.png"), 1),
        ("m.png", Kind::Png, file!("m.png"), 1),
    ] {
        let made = converted(kind, source);
        assert_eq!(broken(&made), "None []", "{name}");
        let facts = pdf::check(&made).unwrap();
        assert_eq!((facts.part, facts.conformance, facts.pages), (2, Some('B'), pages), "{name}");
        if let Some(folder) = std::env::var_os("VARANTO_SHOWN") {
            std::fs::write(Path::new(&folder).join(format!("{name}.pdf")), made).unwrap();
        }
    }
}

/// OLD-9: where PDF has the same compression, the picture's own bytes stand in the file.
#[test]
fn a_picture_goes_in_as_it_is() {
    let holds = |made: &[u8], part: &[u8]| made.windows(part.len()).any(|one| one == part);
    let jpeg = file!("c.jpg");
    assert!(holds(&converted(Kind::Jpeg, jpeg), jpeg));
    let scan = file!("g4.tif");
    let mut reader = ::tiff::decoder::Decoder::new(std::io::Cursor::new(scan)).unwrap();
    let at = reader.get_tag_u32(::tiff::tags::Tag::StripOffsets).unwrap() as usize;
    assert!(holds(&converted(Kind::Tiff, scan), &scan[at..at + 200]));
    let png = file!("c.png");
    let at = png.windows(4).position(|part| part == b"IDAT").unwrap();
    assert!(holds(&converted(Kind::Png, png), &png[at + 4..at + 200]));
}

/// OLD-9: a picture that breaks off is not converted, wherever it breaks off.
#[test]
fn a_picture_that_breaks_off_is_refused() {
    for (kind, source) in [
        (Kind::Jpeg, file!("c.jpg")),
        (Kind::Png, file!("c.png")),
        (Kind::Tiff, file!("g4.tif")),
        (Kind::Tiff, file!("rgb.tif")),
    ] {
        for cut in (10..source.len()).step_by(source.len() / 40) {
            assert!(convert(kind, &source[..cut]).is_err(), "{kind:?} cut at {cut}");
        }
    }
}

/// OLD-9: a picture that PDF/A would show otherwise is not converted: what shines through, what moves, colours that stand
/// apart or with their bits turned.
#[test]
fn a_picture_that_would_be_shown_otherwise_is_refused() {
    let shining = convert(Kind::Png, file!("a.png"));
    assert!(matches!(shining, Err(NotConverted::Loses { .. })));
    // An entry of the first directory is written anew: another tag says the other.
    let changed = |source: &[u8], tag: u16, instead: u16, value: u16| {
        let mut file = source.to_vec();
        let at = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
        let count = usize::from(u16::from_le_bytes(file[at..at + 2].try_into().unwrap()));
        let entry = (0..count)
            .map(|one| at + 2 + 12 * one)
            .find(|entry| file[*entry..entry + 2] == tag.to_le_bytes());
        let entry = entry.expect("the file has the tag");
        file[entry..entry + 2].copy_from_slice(&instead.to_le_bytes());
        file[entry + 2..entry + 8].copy_from_slice(&[3, 0, 1, 0, 0, 0]);
        file[entry + 8..entry + 12].copy_from_slice(&[value.to_le_bytes()[0], 0, 0, 0]);
        file
    };
    assert!(convert(Kind::Tiff, &changed(file!("rgb.tif"), PLANAR, PLANAR, 1)).is_ok());
    assert!(convert(Kind::Tiff, &changed(file!("rgb.tif"), PLANAR, PLANAR, 2)).is_err());
    assert!(convert(Kind::Tiff, &changed(file!("lzw.tif"), PLANAR, FILL_ORDER, 1)).is_ok());
    assert!(convert(Kind::Tiff, &changed(file!("lzw.tif"), PLANAR, FILL_ORDER, 2)).is_err());
}

const PLANAR: u16 = 284;
const FILL_ORDER: u16 = 266;

/// OLD-9: two pictures in one file would be one page: they are refused.
#[test]
fn a_picture_behind_another_is_refused() {
    for (kind, source) in [(Kind::Jpeg, file!("two.jpg")), (Kind::Png, file!("two.png"))] {
        assert!(convert(kind, source).is_err(), "{kind:?}");
    }
}

/// OLD-9: what the camera says of how it was held turns the picture upright.
#[test]
fn a_picture_is_turned_as_the_camera_held_it() {
    let exif = |orientation: u8| {
        let mut table = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        table.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(table.len() + 2).unwrap().to_be_bytes();
        let (start, rest) = file!("c.jpg").split_at(2);
        [start, &[0xFF, 0xE1], &length, &table, rest].concat()
    };
    for (orientation, box_, matrix) in [
        (1, "[0 0 200.0 150.0]", "200.000 0.000 0.000 150.000 0.000 0.000 cm"),
        (6, "[0 0 150.0 200.0]", "0.000 -200.000 150.000 0.000 0.000 200.000 cm"),
        (3, "[0 0 200.0 150.0]", "-200.000 0.000 0.000 -150.000 200.000 150.000 cm"),
    ] {
        let made = String::from_utf8_lossy(&converted(Kind::Jpeg, &exif(orientation))).into_owned();
        assert!(made.contains(box_) && made.contains(matrix), "{orientation}: {made}");
    }
}
