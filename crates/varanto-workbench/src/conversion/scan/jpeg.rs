//! JPEG: its marks tell everything that a page needs, and the picture goes in as it is.

use super::{Colours, Picture, broken, check_size};
use crate::conversion::NotConverted;

pub(super) fn read(source: &[u8]) -> Result<Picture, NotConverted> {
    let mut found = Found::default();
    let scans = found.marks(source).ok_or_else(|| broken("breaks off"))?;
    let end = end_of(source, scans).ok_or_else(|| broken("breaks off"))?;
    // Two scans one behind the other: a page would show the first alone.
    let behind = source[end..].iter().position(|byte| *byte != 0).map(|at| &source[end + at..]);
    if behind.is_some_and(|behind| behind.starts_with(&[0xFF, 0xD8])) {
        return Err(broken("has another behind it"));
    }
    let Some((bits, height, width, components)) = found.frame else {
        return Err(broken("is of a kind of JPEG that PDF does not have"));
    };
    check_size(width.into(), height.into())?;
    if bits != 8 {
        return Err(broken("has values that PDF does not have"));
    }
    let profile = found.profile(components);
    let colours = match (components, profile) {
        (1 | 3, Some(profile)) => Colours::Profile(components, profile),
        (1, None) => Colours::Grey,
        (3, None) => Colours::Rgb,
        _ => return Err(broken("is in the colours of a printer (CMYK)")),
    };
    Ok(Picture {
        width: width.into(),
        height: height.into(),
        density: found.density,
        orientation: found.orientation.unwrap_or(1),
        bits,
        colours,
        filter: Some("DCTDecode"),
        parameters: None,
        data: source.to_vec(),
    })
}

#[derive(Default)]
struct Found {
    /// Bits, height, width, and how many values a pixel has.
    frame: Option<(u8, u16, u16, u8)>,
    density: Option<(f64, f64)>,
    orientation: Option<u8>,
    /// The pieces of a profile with their numbers.
    profile: Vec<(u8, Vec<u8>)>,
}

impl Found {
    /// Goes through the marks up to the first scan; answers where that begins.
    fn marks(&mut self, source: &[u8]) -> Option<usize> {
        let mut at = 2;
        loop {
            while source.get(at)? == &0xFF && source.get(at + 1)? == &0xFF {
                at += 1;
            }
            let (&0xFF, &mark) = (source.get(at)?, source.get(at + 1)?) else { return None };
            let length =
                usize::from(u16::from_be_bytes([*source.get(at + 2)?, *source.get(at + 3)?]));
            let body = source.get(at + 4..at + 2 + length)?;
            match mark {
                // Baseline, extended and progressive.
                0xC0..=0xC2 if body.len() >= 6 => {
                    let two = |at| u16::from_be_bytes([body[at], body[at + 1]]);
                    self.frame = Some((body[0], two(1), two(3), body[5]));
                }
                0xDA => return Some(at + 2 + length),
                0xE0 => self.density(body),
                0xE1 => self.camera(body),
                0xE2 => {
                    if let Some(piece) =
                        body.strip_prefix(b"ICC_PROFILE\0").filter(|it| it.len() > 2)
                    {
                        self.profile.push((piece[0], piece[2..].to_vec()));
                    }
                }
                _ => {}
            }
            at += 2 + length;
        }
    }

    fn density(&mut self, body: &[u8]) {
        let Some(body) = body.strip_prefix(b"JFIF\0").filter(|body| body.len() >= 7) else {
            return;
        };
        let dots = |at: usize| f64::from(u16::from_be_bytes([body[at], body[at + 1]]));
        let to_inch = match body[2] {
            1 => 1.0,
            2 => 2.54,
            _ => return,
        };
        self.density = Some((dots(3) * to_inch, dots(5) * to_inch));
    }

    /// The orientation that a camera tells.
    fn camera(&mut self, body: &[u8]) {
        let Some(body) = body.strip_prefix(b"Exif\0\0") else { return };
        self.orientation = orientation(body).or(self.orientation);
    }

    fn profile(&mut self, components: u8) -> Option<Vec<u8>> {
        self.profile.sort_by_key(|(number, _)| *number);
        let whole: Vec<u8> = self.profile.iter().flat_map(|(_, piece)| piece.clone()).collect();
        let of = match components {
            1 => b"GRAY",
            _ => b"RGB ",
        };
        (whole.get(16..20) == Some(of)).then_some(whole)
    }
}

/// Where the picture ends: after its scans and the marks between them.
fn end_of(source: &[u8], scans: usize) -> Option<usize> {
    let mut at = scans;
    loop {
        let (&byte, &mark) = (source.get(at)?, source.get(at + 1)?);
        match (byte, mark) {
            (0xFF, 0xD9) => return Some(at + 2),
            // A byte of the picture that looks like a mark, and the marks within a scan.
            (0xFF, 0 | 0xD0..=0xD7) => at += 2,
            (0xFF, 0xFF) => at += 1,
            (0xFF, _) => {
                let length = [*source.get(at + 2)?, *source.get(at + 3)?];
                at += 2 + usize::from(u16::from_be_bytes(length));
            }
            _ => at += 1,
        }
    }
}

/// The orientation in a camera's table, which has the form of TIFF.
fn orientation(table: &[u8]) -> Option<u8> {
    let little = table.starts_with(b"II");
    let two = |at: usize| {
        let bytes = [*table.get(at)?, *table.get(at + 1)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let (one, other) = (u32::from(two(at)?), u32::from(two(at + 2)?));
        Some(if little { other << 16 | one } else { one << 16 | other })
    };
    let first = usize::try_from(four(4)?).ok()?;
    let entries = usize::from(two(first)?);
    let entry =
        (0..entries).map(|entry| first + 2 + entry * 12).find(|at| two(*at) == Some(0x112))?;
    let value = u8::try_from(two(entry + 8)?).ok()?;
    (1..=8).contains(&value).then_some(value)
}
