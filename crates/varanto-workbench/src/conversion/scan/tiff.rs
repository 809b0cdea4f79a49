//! TIFF: a page for each picture. What scanners write in Group 4 goes in as it is, the rest is decoded.

use std::io::Cursor;

use lopdf::dictionary;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PhotometricInterpretation, Tag};
use varanto_formats::LARGEST_PART;

use super::{Colours, MOST_PAGES, MOST_TOGETHER, Picture, broken, check_size, compressed};
use crate::conversion::NotConverted;

/// The most memory for one picture.
const MEMORY: usize = 256 * 1024 * 1024;

type Reader<'s> = Decoder<Cursor<&'s [u8]>>;

pub(super) fn read(source: &[u8]) -> Result<Vec<Picture>, NotConverted> {
    let unreadable = |_| broken("does not read");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MEMORY;
    let mut reader = Decoder::new(Cursor::new(source)).map_err(unreadable)?.with_limits(limits);
    let (mut pictures, mut pixels, mut bytes) = (Vec::new(), 0, 0);
    loop {
        let picture = picture(&mut reader, source)?;
        pixels += u64::from(picture.width) * u64::from(picture.height);
        if pixels > MOST_TOGETHER {
            return Err(broken("has more pixels than any scan"));
        }
        bytes += picture.data.len();
        if bytes > LARGEST_PART {
            return Err(NotConverted::here("it becomes larger than the archive takes"));
        }
        pictures.push(picture);
        if !reader.more_images() {
            return Ok(pictures);
        }
        if pictures.len() == MOST_PAGES {
            return Err(broken("has too many pages"));
        }
        reader.next_image().map_err(unreadable)?;
    }
}

fn picture(reader: &mut Reader<'_>, source: &[u8]) -> Result<Picture, NotConverted> {
    let unreadable = |_| broken("does not read, or is of a kind of TIFF that is not read");
    let (width, height) = reader.dimensions().map_err(unreadable)?;
    check_size(width, height)?;
    let colour = reader.colortype().map_err(unreadable)?;
    let (bits, count, colours) = match colour {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8)) => (bits, 1, Colours::Grey),
        ColorType::RGB(8) | ColorType::YCbCr(8) => (8, 3, Colours::Rgb),
        _ => return Err(broken("has colours that are not read")),
    };
    let number = |reader: &mut Reader<'_>, tag| reader.find_tag_unsigned::<u32>(tag).ok().flatten();
    // The colours one behind the other: only the first of them would be read.
    let apart = number(reader, Tag::PlanarConfiguration) == Some(2) && count > 1;
    // Only a strip that goes in as it is has its bits turned.
    let strip = strip(reader, source);
    let turned = number(reader, Tag::FillOrder) == Some(2) && strip.is_none();
    if apart || turned {
        return Err(broken("is of a kind of TIFF that is not read"));
    }
    let density = density(reader);
    let orientation = number(reader, Tag::Orientation).and_then(|it| u8::try_from(it).ok());
    let orientation = orientation.filter(|it| (1..=8).contains(it)).unwrap_or(1);
    let bits_of_row = width as usize * count * usize::from(bits);
    let size = bits_of_row.div_ceil(8) * height as usize;
    let _place = super::place(size);
    // Decoded in each case: what does not decode to its end is broken.
    let DecodingResult::U8(mut values) = reader.read_image().map_err(unreadable)? else {
        return Err(broken("has values that are not read"));
    };
    if values.len() != size {
        return Err(broken("does not read"));
    }
    if matches!(colour, ColorType::YCbCr(_)) {
        to_rgb(&mut values);
    }
    let mut made = Picture {
        width,
        height,
        density,
        orientation,
        bits,
        colours,
        filter: None,
        parameters: None,
        data: Vec::new(),
    };
    if let Some(strip) = strip {
        let light = number(reader, Tag::PhotometricInterpretation);
        let white_is_zero =
            light == Some(u32::from(PhotometricInterpretation::WhiteIsZero.to_u16()));
        made.filter = Some("CCITTFaxDecode");
        made.parameters = Some(dictionary! {
            "K" => -1, "Columns" => i64::from(width), "Rows" => i64::from(height),
            "BlackIs1" => !white_is_zero,
        });
        made.data = strip;
    } else {
        (made.filter, made.data) = compressed(values)?;
    }
    Ok(made)
}

/// The strip of a picture that is one in Group 4, in the order of bits that PDF reads.
fn strip(reader: &mut Reader<'_>, source: &[u8]) -> Option<Vec<u8>> {
    let mut number = |tag| reader.find_tag_unsigned::<u32>(tag).ok().flatten();
    if number(Tag::Compression)? != u32::from(CompressionMethod::Fax4.to_u16()) {
        return None;
    }
    let reversed = number(Tag::FillOrder) == Some(2);
    let at = reader.get_tag_u64_vec(Tag::StripOffsets).ok()?;
    let sizes = reader.get_tag_u64_vec(Tag::StripByteCounts).ok()?;
    let ([at], [size]) = (at.as_slice(), sizes.as_slice()) else { return None };
    let at = usize::try_from(*at).ok()?;
    let strip = source.get(at..at.checked_add(usize::try_from(*size).ok()?)?)?;
    let turn = |byte: &u8| if reversed { byte.reverse_bits() } else { *byte };
    Some(strip.iter().map(turn).collect())
}

fn density(reader: &mut Reader<'_>) -> Option<(f64, f64)> {
    let to_inch = match reader.find_tag_unsigned::<u32>(Tag::ResolutionUnit).ok().flatten() {
        Some(3) => 2.54,
        None | Some(2) => 1.0,
        _ => return None,
    };
    let mut dots = |tag| {
        let parts = match reader.get_tag(tag).ok()? {
            tiff::decoder::ifd::Value::Rational(over, under) => (over, under),
            _ => return None,
        };
        (parts.1 > 0).then(|| f64::from(parts.0) / f64::from(parts.1) * to_inch)
    };
    Some((dots(Tag::XResolution)?, dots(Tag::YResolution)?))
}

/// Brightness and differences of colour become red, green and blue.
fn to_rgb(values: &mut [u8]) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    for pixel in values.chunks_exact_mut(3) {
        let [y, blue, red] = [0, 1, 2].map(|at| f32::from(pixel[at]));
        let (blue, red) = (blue - 128.0, red - 128.0);
        let green = 0.344_136_f32.mul_add(-blue, 0.714_136_f32.mul_add(-red, y));
        let rgb = [byte(1.402f32.mul_add(red, y)), byte(green), byte(1.772f32.mul_add(blue, y))];
        pixel.copy_from_slice(&rgb);
    }
}
