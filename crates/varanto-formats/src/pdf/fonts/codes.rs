//! What is shown with a font, code by code.

use lopdf::{Object, Stream};
use read_fonts::types::GlyphId;

use super::super::clauses as c;
use super::super::encodings::{self, Base};
use super::super::objects::{Objects, entry};
use super::super::programs::Program;
use super::super::report::Report;
use super::{Font, Shown};

impl<'d> Font<'d> {
    /// The name of a code's glyph, as far as the dictionary tells it.
    fn glyph_name(&self, code: u8) -> Option<String> {
        if let Some(name) = self.encoding.differences.get(&code) {
            return Some(name.clone());
        }
        self.encoding.base.and_then(|base| base.name(code))
    }

    /// A Type 3 font's drawing of a code.
    pub(super) fn drawing(&self, objects: Objects<'d>, code: u32) -> Option<&'d Stream> {
        let name = self.encoding.differences.get(&u8::try_from(code).ok()?)?;
        let drawings = objects.dictionary(self.dictionary, b"CharProcs")?;
        objects.stream(drawings, name.as_bytes())
    }

    pub(super) fn check_code(&self, length: usize, code: u32, shown: &Shown, report: &mut Report) {
        self.check_unicode(length, code, shown, report);
        if self.is_composite() {
            self.check_character(length, code, shown, report);
        } else if self.kind != b"Type3" {
            self.check_simple(code, shown, report);
        }
    }

    fn check_character(&self, length: usize, code: u32, shown: &Shown, report: &mut Report) {
        let Some(cmap) = &self.cmap else { return };
        let encoding = entry(self.dictionary, b"Encoding");
        let embedded_map = matches!(encoding, Some(Object::Reference(_)));
        let identity =
            matches!(encoding, Some(Object::Name(name)) if name.starts_with(b"Identity"));
        let character = match cmap.character(length, code) {
            Some(character) => character,
            None if identity || !embedded_map => u64::from(code),
            None if cmap.base.is_some() => return,
            None => 0,
        };
        if character > 65_535 {
            report.add(&c::LIMIT_CID, self.id, "a larger character identifier");
        }
        if !identity && !embedded_map {
            return;
        }
        let Ok(character) = u32::try_from(character) else { return };
        let Some(program) = &self.program else { return };
        let glyph = match &self.glyphs {
            Some(map) => {
                let at = character as usize * 2;
                map.get(at..at + 2)
                    .map_or(Some(0), |two| Some(u32::from(u16::from_be_bytes([two[0], two[1]]))))
            }
            None => Some(character),
        };
        let glyph = glyph.and_then(|glyph| program.of_character(glyph));
        match glyph {
            Some(glyph) if glyph.to_u32() == 0 => {
                report.add(&c::NOTDEF, self.id, "glyph 0");
                self.check_width(character, glyph, shown, report);
            }
            Some(glyph) => self.check_width(character, glyph, shown, report),
            None if shown.drawn => report.add(&c::GLYPH_PRESENT, self.id, "a missing glyph"),
            None => (),
        }
    }

    fn check_width(&self, code: u32, glyph: GlyphId, shown: &Shown, report: &mut Report) {
        if !shown.drawn {
            return;
        }
        let Some(width) = self.program.as_ref().and_then(|program| program.width(glyph)) else {
            return;
        };
        let told = self.widths.of(code).unwrap_or(self.default_width);
        // Readers round: a thousandth is no disagreement.
        if (told - width).abs() > 1.0001 {
            report.add(&c::GLYPH_WIDTH, self.id, "another width");
        }
    }

    fn check_simple(&self, code: u32, shown: &Shown, report: &mut Report) {
        let Ok(byte) = u8::try_from(code) else { return };
        let name = self.glyph_name(byte);
        if name.as_deref() == Some(".notdef") {
            report.add(&c::NOTDEF, self.id, "the name .notdef");
            return;
        }
        let Some(program) = &self.program else { return };
        let glyph = match (program.names(), &name) {
            (Some(names), Some(name)) => names.get(name).copied(),
            (Some(_), None) => program.built_in(byte),
            (None, _) if matches!(program, Program::TrueType { .. }) => {
                match self.mapped(program, byte, name.as_deref()) {
                    Some(glyph) => Some(glyph),
                    // Without a map that fits, nothing is known.
                    None => return,
                }
            }
            _ => return,
        };
        match glyph {
            Some(glyph) if glyph.to_u32() == 0 => report.add(&c::NOTDEF, self.id, "glyph 0"),
            Some(glyph) => self.check_width(code, glyph, shown, report),
            None if shown.drawn => report.add(&c::GLYPH_PRESENT, self.id, "a missing glyph"),
            None => (),
        }
    }

    /// The glyph that a TrueType program's character maps lead to.
    fn mapped(&self, program: &Program, code: u8, name: Option<&str>) -> Option<GlyphId> {
        let maps = program.character_maps()?;
        let has = |map: (u16, u16)| maps.contains(&map).then_some(map);
        if self.symbolic {
            if let Some(map) = has((3, 0)) {
                let of = |high: u32| program.mapped(map, high | u32::from(code));
                return [0xf000, 0, 0xf100, 0xf200]
                    .into_iter()
                    .filter_map(of)
                    .find(|glyph| glyph.to_u32() != 0)
                    .or_else(|| of(0xf000));
            }
            let map = has((1, 0)).or_else(|| maps.first().copied())?;
            return program.mapped(map, u32::from(code));
        }
        let name = name?;
        let found = has((3, 1))
            .and_then(|map| program.mapped(map, u32::from(encodings::unicode_of(name)?)));
        let found = found.filter(|glyph| glyph.to_u32() != 0);
        let roman = || {
            let map = has((1, 0))?;
            let code =
                (0..=u8::MAX).find(|code| Base::MacRoman.name(*code).as_deref() == Some(name))?;
            program.mapped(map, u32::from(code)).filter(|glyph| glyph.to_u32() != 0)
        };
        found.or_else(roman).or_else(|| program.named(name)).or_else(|| {
            // A map that could have had it, and has not.
            has((3, 1)).or(has((1, 0))).map(|_| GlyphId::NOTDEF)
        })
    }

    fn check_unicode(&self, length: usize, code: u32, shown: &Shown, report: &mut Report) {
        if !matches!(report.flavour.level, Some('A' | 'U')) {
            return;
        }
        let text = self.to_unicode.as_ref().and_then(|map| map.text(length, code));
        let Some(text) = text else {
            let part_1_map = report.flavour.part == 1 && self.to_unicode.is_some();
            if !self.tells_unicode(code, report.flavour.part) && !part_1_map {
                report.add(&c::TO_UNICODE, self.id, "a character that has no Unicode");
            }
            return;
        };
        let wrong = text.is_empty() || text.iter().any(|unit| matches!(unit, 0 | 0xfeff | 0xfffe));
        if wrong && report.flavour.part != 1 {
            report.add(&c::TO_UNICODE, self.id, "0, FEFF or FFFE");
        }
        let private = char::decode_utf16(text).any(|sign| {
            sign.is_ok_and(|sign| {
                matches!(u32::from(sign), 0xe000..=0xf8ff | 0xf_0000..=0xf_fffd | 0x10_0000..=0x10_fffd)
            })
        });
        if private && !shown.replaced {
            report.add(&c::PRIVATE_USE, self.id, "the private use area");
        }
    }

    /// Whether Unicode follows from what the font is, without a map to it.
    fn tells_unicode(&self, code: u32, part: u8) -> bool {
        if self.is_composite() {
            return self.known_collection;
        }
        let plain =
            matches!(self.encoding.base, Some(Base::MacRoman | Base::WinAnsi | Base::MacExpert));
        if plain && !self.encoding.has_differences {
            return true;
        }
        let Ok(byte) = u8::try_from(code) else { return false };
        let name = self.glyph_name(byte).or_else(|| {
            let program = self.program.as_ref()?;
            let glyph = program.built_in(byte)?;
            let mut names = program.names()?.iter();
            names.find(|(_, one)| **one == glyph).map(|(name, _)| name.clone())
        });
        let Some(name) = name else {
            // A Type 1 font without a program has the standard encoding.
            return self.is_type_1() && self.program.is_none();
        };
        match part {
            1 => self.is_type_1() && encodings::is_standard_name(&name) || plain,
            _ => encodings::unicode_of(&name).is_some(),
        }
    }
}
