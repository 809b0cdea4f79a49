//! PNG: its compressed lines are those of PDF and go in as they are; interlaced ones are decoded. What shines through,
//! moves or has finer colours than a page would show is refused.

use std::io::Cursor;

use lopdf::dictionary;
use png::{BitDepth, ColorType, Decoder, Limits, Transformations, Unit};

use super::{Colours, Picture, broken, check_size, compressed};
use crate::conversion::NotConverted;

/// The most memory for one picture.
const MEMORY: usize = 512 * 1024 * 1024;

pub(super) fn read(source: &[u8]) -> Result<Picture, NotConverted> {
    let unreadable = |_| broken("does not read");
    let mut decoder = Decoder::new_with_limits(Cursor::new(source), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(unreadable)?;
    let info = reader.info();
    check_size(info.width, info.height)?;
    let (width, height, depth) = (info.width, info.height, info.bit_depth);
    let density = info.pixel_dims.filter(|dots| dots.unit == Unit::Meter);
    let density =
        density.map(|dots| (f64::from(dots.xppu) * 0.0254, f64::from(dots.yppu) * 0.0254));
    let table = info.palette.as_ref().map(|table| table.to_vec());
    let colour = info.color_type;
    if info.trns.is_some() || matches!(colour, ColorType::GrayscaleAlpha | ColorType::Rgba) {
        return Err(NotConverted::Loses { what: "transparency".to_owned() });
    }
    if info.animation_control.is_some() {
        return Err(NotConverted::Loses { what: "moving pictures".to_owned() });
    }
    if depth == BitDepth::Sixteen {
        return Err(NotConverted::Loses { what: "colours in sixteen bits".to_owned() });
    }
    let interlaced = info.interlaced;
    // Decoded in each case: what does not decode to its end is broken.
    let size = reader.output_buffer_size().ok_or_else(|| broken("does not read"))?;
    let _place = super::place(size);
    let mut values = vec![0; size];
    let frame = reader.next_frame(&mut values).map_err(unreadable)?;
    values.truncate(frame.buffer_size());
    reader.finish().map_err(unreadable)?;
    if end_of(source) != Some(source.len()) {
        return Err(broken("has something behind it, or breaks off"));
    }
    let (count, colours) = match (colour, table) {
        (ColorType::Grayscale, _) => (1, Colours::Grey),
        (ColorType::Rgb, _) => (3, Colours::Rgb),
        (ColorType::Indexed, Some(table)) => (1, Colours::Table(table)),
        _ => return Err(broken("does not read")),
    };
    let bits = depth as u8;
    let (filter, data, parameters) = if interlaced {
        let (filter, data) = compressed(values)?;
        (filter, data, None)
    } else {
        let lines = dictionary! {
            "Predictor" => 15, "Colors" => count, "BitsPerComponent" => i64::from(bits),
            "Columns" => i64::from(width),
        };
        (Some("FlateDecode"), lines_of(source), Some(lines))
    };
    Ok(Picture { width, height, density, orientation: 1, bits, colours, filter, parameters, data })
}

/// The chunks: where each ends, its name and its body.
fn chunks(source: &[u8]) -> impl Iterator<Item = (usize, &[u8], &[u8])> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let head = source.get(at..at + 8)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let body = source.get(at + 8..at + 8 + length)?;
        at += 12 + length;
        Some((at, &head[4..], body))
    })
}

/// The compressed lines: the chunks of that name, one after another.
fn lines_of(source: &[u8]) -> Vec<u8> {
    let lines = chunks(source).filter(|(_, name, _)| *name == b"IDAT");
    lines.flat_map(|(_, _, body)| body).copied().collect()
}

/// Where the picture ends.
fn end_of(source: &[u8]) -> Option<usize> {
    chunks(source).find(|(_, name, _)| *name == b"IEND").map(|(end, ..)| end)
}
