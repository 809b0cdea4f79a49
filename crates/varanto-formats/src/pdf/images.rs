//! Images: what their dictionaries may say, and JPEG 2000 data.

use lopdf::{ObjectId, Stream};

use super::bytes::check_token;
use super::clauses as c;
use super::lexer::{self, Lexer, Token, is_space};
use super::objects::{Objects, shown};
use super::report::Report;

const INLINE_FILTERS: &[&[u8]] = &[
    b"A85",
    b"AHx",
    b"ASCII85Decode",
    b"ASCIIHexDecode",
    b"CCF",
    b"CCITTFaxDecode",
    b"DCT",
    b"DCTDecode",
    b"Fl",
    b"FlateDecode",
    b"RL",
    b"RunLengthDecode",
];

/// Judges an image that is drawn.
pub(super) fn check(
    objects: Objects<'_>,
    image: &Stream,
    id: Option<ObjectId>,
    report: &mut Report,
) {
    let dictionary = &image.dict;
    for key in [&b"Alternates"[..], b"OPI"] {
        if dictionary.has(key) {
            report.add(&c::IMAGE_KEYS, id, shown(key));
        }
    }
    if objects.is_true(dictionary, b"Interpolate") {
        report.add(&c::IMAGE_KEYS, id, "Interpolate true");
    }
    let filters = image.filters().unwrap_or_default();
    if filters == [b"JPXDecode"] {
        check_jpx(&image.content, dictionary.has(b"ColorSpace"), id, report);
    }
}

/// The header of JPEG 2000 data: boxes of a length, a type and a content.
fn check_jpx(data: &[u8], has_space: bool, id: Option<ObjectId>, report: &mut Report) {
    let Some(header) = boxes(data).into_iter().find(|(kind, _)| kind == b"jp2h") else { return };
    let inner = boxes(header.1);
    let of = |kind: [u8; 4]| inner.iter().filter(move |one| one.0 == kind).map(|one| one.1);
    if let Some(size) = of(*b"ihdr").next() {
        let channels = size.get(8..10).map(|two| u16::from_be_bytes([two[0], two[1]]));
        // Channels may hold opacity besides colour; then they are defined one by one.
        let defined = of(*b"cdef").next();
        let colour = match (channels, defined) {
            (Some(all), None) => Some(all),
            (Some(_), Some(defined)) => u16::try_from(
                defined
                    .get(2..)
                    .unwrap_or_default()
                    .chunks_exact(6)
                    .filter(|one| one[3] == 0)
                    .count(),
            )
            .ok(),
            _ => None,
        };
        let palette = of(*b"pclr").next().is_some();
        if colour.is_some_and(|colour| !matches!(colour, 1 | 3 | 4)) && !palette {
            report.add(&c::JPX, id, "another number of channels");
        }
        let depth = size.get(10).copied().unwrap_or(255);
        if depth == 255
            || of(*b"bpcc").next().is_some()
            || !(1..=38).contains(&((depth & 0x7f) + 1))
        {
            report.add(&c::JPX, id, "channels of different depths");
        }
    }
    let colours: Vec<&[u8]> = of(*b"colr").collect();
    if has_space {
        return;
    }
    let best: Vec<&&[u8]> = colours.iter().filter(|one| one.get(2) == Some(&1)).collect();
    if colours.len() > 1 && best.len() != 1 {
        report.add(&c::JPX, id, "several colour definitions of which none counts");
    }
    let counts = if colours.len() == 1 { colours.first() } else { best.first().copied() };
    let Some(colour) = counts else { return };
    let method = colour.first().copied().unwrap_or_default();
    if !(1..=3).contains(&method) {
        report.add(&c::JPX, id, "another method of colour");
    }
    if method == 1 && colour.get(3..7) == Some(&[0, 0, 0, 19]) {
        report.add(&c::JPX, id, "CIEJab");
    }
}

fn boxes(mut data: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while let Some((head, rest)) = data.split_at_checked(8) {
        if found.len() >= 64 {
            break;
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = [head[4], head[5], head[6], head[7]];
        let content = match length {
            // The last box reaches to the end; a length of its own is for boxes of gigabytes.
            0 | 1 => rest.len(),
            length => length.saturating_sub(8),
        };
        let (content, next) = rest.split_at(content.min(rest.len()));
        found.push((kind, content));
        data = next;
    }
    found
}

/// An image written into a content stream.
#[derive(Default)]
pub(super) struct Inline {
    pub(super) space: Option<Vec<u8>>,
    pub(super) intent: Option<Vec<u8>>,
    pub(super) is_mask: bool,
}

impl Inline {
    /// Reads from after `BI` to after `EI`.
    pub(super) fn read(&mut self, lexer: &mut Lexer<'_>, report: &mut Report) {
        let mut key: Option<Vec<u8>> = None;
        let mut within = 0;
        for token in lexer.by_ref() {
            check_token(token, None, report);
            match token {
                Token::Word(b"ID") => break,
                Token::Open => within += 1,
                Token::Close => {
                    within -= 1;
                    key = None;
                }
                Token::Name(raw) => {
                    let name = lexer::name_value(raw);
                    match &key {
                        None => key = Some(name.into_owned()),
                        Some(of) => {
                            self.take(of, name.into_owned(), report);
                            if within <= 0 {
                                key = None;
                            }
                        }
                    }
                }
                Token::Word(word) if within <= 0 => {
                    let of = key.take();
                    match of.as_deref() {
                        Some(b"I" | b"Interpolate") if word == b"true" => {
                            report.add(&c::IMAGE_KEYS, None, "I true in an inline image");
                        }
                        Some(b"IM" | b"ImageMask") => self.is_mask = word == b"true",
                        _ => (),
                    }
                }
                _ if within <= 0 => key = None,
                _ => (),
            }
        }
        // The data end where EI stands by itself.
        let data = &lexer.bytes[lexer.at..];
        let end = data
            .windows(4)
            .position(|four| is_space(four[0]) && &four[1..3] == b"EI" && is_space(four[3]));
        let to_end = || data.ends_with(b"EI").then_some(data.len() - 3);
        lexer.at += end.or_else(to_end).map_or(data.len(), |end| end + 3);
    }

    fn take(&mut self, key: &[u8], value: Vec<u8>, report: &mut Report) {
        match key {
            b"F" | b"Filter" => {
                let wrong = match report.flavour.part {
                    1 => matches!(value.as_slice(), b"LZW" | b"LZWDecode"),
                    _ => !INLINE_FILTERS.contains(&value.as_slice()),
                };
                if wrong {
                    report.add(&c::INLINE_FILTER, None, shown(&value));
                }
            }
            b"CS" | b"ColorSpace" if self.space.is_none() => self.space = Some(value),
            b"Intent" => self.intent = Some(value),
            _ => (),
        }
    }
}
