//! Scans and pictures become PDF/A-2b, a page for each, in the size that the picture says.
//!
//! The picture's own bytes stand in the file wherever PDF has the same compression: JPEG always, PNG that is not
//! interlaced, TIFF of the form that scanners write (Group 4, one strip). Others are decoded and compressed anew
//! without loss. A picture that breaks off is no picture, and what would be shown otherwise is refused.

mod jpeg;
mod png;
mod tiff;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use varanto_domain::archive::documents::Part;

use super::{Made, NotConverted};
use crate::kind::Kind;
use crate::room::{Place, Room};

/// The most pixels of one picture: A3 in 600 dots to the inch.
const MOST_PIXELS: u64 = 75_000_000;
/// The most pixels of all pages of a scan: some hundreds of pages of A4 in 300 dots to the inch.
const MOST_TOGETHER: u64 = 4_000_000_000;
/// What pictures take that are unpacked at once, in bytes: a colour picture of the most pixels goes alone.
static UNPACKED: Room = Room::new(3 * MOST_PIXELS);
/// The most pages of a scan.
const MOST_PAGES: usize = 2_000;
/// A picture that says no size is fitted into A4, in points, but not made larger than a screen shows it.
const A4: (f64, f64) = (595.0, 842.0);
/// About what a page holds besides its picture, in bytes.
const OF_PAGE: usize = 4096;
/// Points to a pixel of a screen.
const OF_SCREEN: f64 = 0.75;
/// No page of PDF is smaller or larger.
const SIZES: (f64, f64) = (3.0, 14_400.0);
/// No scanner has fewer or more dots to the inch.
const DENSITIES: std::ops::RangeInclusive<f64> = 20.0..=4800.0;

/// A picture as a page shows it.
struct Picture {
    width: u32,
    height: u32,
    /// Dots to the inch, across and down.
    density: Option<(f64, f64)>,
    /// How it is turned and mirrored on the page, as cameras tell it: 1 is upright.
    orientation: u8,
    bits: u8,
    colours: Colours,
    filter: Option<&'static str>,
    parameters: Option<Dictionary>,
    data: Vec<u8>,
}

/// How the values of a picture are colours.
enum Colours {
    Grey,
    Rgb,
    /// A table of red, green and blue.
    Table(Vec<u8>),
    /// Of a profile that the picture carries, with so many values a pixel.
    Profile(u8, Vec<u8>),
}

pub(super) fn convert(kind: Kind, source: &[u8]) -> Result<Made, NotConverted> {
    let pictures = match kind {
        Kind::Jpeg => vec![jpeg::read(source)?],
        Kind::Png => vec![png::read(source)?],
        _ => tiff::read(source)?,
    };
    if pictures.is_empty() || pictures.len() > MOST_PAGES {
        return Err(NotConverted::here(format!("{} pages", pictures.len())));
    }
    let bytes = write(pictures).map_err(|error| NotConverted::here(error.to_string()))?;
    Ok(Made::here(Part::Pdf, bytes, Vec::new()))
}

/// The width and height of a picture in JPEG or PNG that is whole, and is shown as it stands.
pub(super) fn upright(kind: Kind, source: &[u8]) -> Result<(u32, u32), NotConverted> {
    let picture = if kind == Kind::Jpeg { jpeg::read(source)? } else { png::read(source)? };
    if picture.orientation != 1 {
        return Err(NotConverted::Loses { what: "a picture that is turned".to_owned() });
    }
    Ok((picture.width, picture.height))
}

/// A place for a picture while it is unpacked into so many bytes, and compressed anew.
fn place(bytes: usize) -> Option<Place<'static>> {
    UNPACKED.take(2 * bytes as u64, &|| false)
}

fn broken(what: &str) -> NotConverted {
    NotConverted::here(format!("the picture {what}"))
}

/// Refuses a picture that is larger than any scan.
fn check_size(width: u32, height: u32) -> Result<(), NotConverted> {
    match u64::from(width) * u64::from(height) {
        0 => Err(broken("has no pixels")),
        pixels if pixels > MOST_PIXELS => Err(broken("has more pixels than any scan")),
        _ => Ok(()),
    }
}

const METADATA: &str = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
<rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>\n\
</rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";

fn write(pictures: Vec<Picture>) -> lopdf::Result<Vec<u8>> {
    let size = pictures.iter().map(|picture| picture.data.len() + OF_PAGE).sum();
    let mut document = Document::with_version("1.7");
    let pages_id = document.new_object_id();
    let mut pages = Vec::with_capacity(pictures.len());
    for picture in pictures {
        pages.push(page(&mut document, pages_id, picture)?.into());
    }
    let count = i64::try_from(pages.len()).unwrap_or(i64::MAX);
    document.objects.insert(
        pages_id,
        dictionary! { "Type" => "Pages", "Kids" => pages, "Count" => count }.into(),
    );
    let about = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    let about = document.add_object(Stream::new(about, METADATA.into()).with_compression(false));
    let catalog = document
        .add_object(dictionary! { "Type" => "Catalog", "Pages" => pages_id, "Metadata" => about });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::with_capacity(size);
    document.save_to(&mut bytes)?;
    // The file's identifier follows from what is in it.
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let id = Object::string_literal(&sum.as_ref()[..16]);
    document.trailer.set("ID", vec![id.clone(), id]);
    bytes.clear();
    document.save_to(&mut bytes)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn page(
    document: &mut Document,
    parent: lopdf::ObjectId,
    picture: Picture,
) -> lopdf::Result<lopdf::ObjectId> {
    let (across, down) = size(&picture);
    let turned = picture.orientation >= 5;
    let (width, height) = if turned { (down, across) } else { (across, down) };
    let matrix = placed(picture.orientation, width, height);
    let shown = format!("q {matrix} cm /P Do Q");
    let mut image = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(picture.width),
        "Height" => i64::from(picture.height),
        "BitsPerComponent" => i64::from(picture.bits),
        "Interpolate" => false
    };
    image.set("ColorSpace", space(document, picture.colours)?);
    if let Some(filter) = picture.filter {
        image.set("Filter", filter);
    }
    if let Some(parameters) = picture.parameters {
        image.set("DecodeParms", parameters);
    }
    let image = document.add_object(Stream::new(image, picture.data).with_compression(false));
    let content = document.add_object(Stream::new(Dictionary::new(), shown.into_bytes()));
    Ok(document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => parent,
        "MediaBox" => vec![0.into(), 0.into(), real(width), real(height)],
        "Resources" => dictionary! { "XObject" => dictionary! { "P" => image } },
        "Contents" => content,
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "a page's measures are small")]
fn real(number: f64) -> Object {
    Object::Real(number as f32)
}

/// How large the picture is before it is turned, in points.
fn size(picture: &Picture) -> (f64, f64) {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    let said = picture.density.filter(|(x, y)| DENSITIES.contains(x) && DENSITIES.contains(y));
    let (width, height) = if let Some((x, y)) = said {
        (width / x * 72.0, height / y * 72.0)
    } else {
        let (long, short) = (width.max(height), width.min(height));
        let scale = (A4.1 / long).min(A4.0 / short).min(OF_SCREEN);
        (width * scale, height * scale)
    };
    (width.clamp(SIZES.0, SIZES.1), height.clamp(SIZES.0, SIZES.1))
}

/// The matrix that lays the picture on its page, by the eight ways in which cameras hold it.
fn placed(orientation: u8, width: f64, height: f64) -> String {
    let (w, h) = (width, height);
    let matrix = match orientation {
        2 => [-w, 0.0, 0.0, h, w, 0.0],
        3 => [-w, 0.0, 0.0, -h, w, h],
        4 => [w, 0.0, 0.0, -h, 0.0, h],
        5 => [0.0, -h, -w, 0.0, w, h],
        6 => [0.0, -h, w, 0.0, 0.0, h],
        7 => [0.0, h, w, 0.0, 0.0, 0.0],
        8 => [0.0, h, -w, 0.0, w, 0.0],
        _ => [w, 0.0, 0.0, h, 0.0, 0.0],
    };
    matrix.map(|number| format!("{number:.3}")).join(" ")
}

/// The colours as PDF/A has them without an output of its own: measured ones, those of a screen.
fn space(document: &mut Document, colours: Colours) -> lopdf::Result<Object> {
    let numbers = |numbers: &[f64]| numbers.iter().map(|one| real(*one)).collect::<Vec<_>>();
    let white = numbers(&[0.9505, 1.0, 1.089]);
    let rgb = || -> Object {
        let gamma = numbers(&[2.2, 2.2, 2.2]);
        let matrix =
            numbers(&[0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505]);
        let about =
            dictionary! { "WhitePoint" => white.clone(), "Gamma" => gamma, "Matrix" => matrix };
        vec!["CalRGB".into(), about.into()].into()
    };
    Ok(match colours {
        Colours::Grey => {
            let about = dictionary! { "WhitePoint" => white, "Gamma" => real(2.2) };
            vec!["CalGray".into(), about.into()].into()
        }
        Colours::Rgb => rgb(),
        Colours::Table(table) => {
            let last = i64::try_from(table.len() / 3).unwrap_or(1) - 1;
            let table = Object::String(table, lopdf::StringFormat::Hexadecimal);
            vec!["Indexed".into(), rgb(), last.into(), table].into()
        }
        Colours::Profile(count, profile) => {
            let mut profile = Stream::new(dictionary! { "N" => i64::from(count) }, profile);
            profile.compress()?;
            vec!["ICCBased".into(), document.add_object(profile).into()].into()
        }
    })
}

/// Values compressed as PDF reads them, where that makes them shorter.
fn compressed(values: Vec<u8>) -> Result<(Option<&'static str>, Vec<u8>), NotConverted> {
    let mut stream = Stream::new(Dictionary::new(), values);
    stream.compress().map_err(|error| NotConverted::here(error.to_string()))?;
    Ok((stream.dict.has(b"Filter").then_some("FlateDecode"), stream.content))
}

#[cfg(test)]
mod tests;
