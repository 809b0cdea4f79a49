//! Embedded font programs: which glyphs they hold, and how wide these are.

use std::collections::BTreeMap;

use read_fonts::ps::cff::CffFontRef;
use read_fonts::ps::cs::CommandSink;
use read_fonts::ps::string::Sid;
use read_fonts::ps::type1::Type1Font;
use read_fonts::tables::cmap::PlatformId;
use read_fonts::types::{Fixed, GlyphId, Tag};
use read_fonts::{FontRef, TableProvider};

/// A font program.
pub(super) enum Program {
    /// A Type 1 font.
    Type1 { font: Box<Type1Font>, names: BTreeMap<String, GlyphId> },
    /// A compact font, as the bytes that it is read from.
    Compact { data: Vec<u8>, names: BTreeMap<String, GlyphId> },
    /// A TrueType font, as the bytes that it is read from.
    TrueType { data: Vec<u8> },
}

/// Takes an outline and keeps nothing of it.
struct Nowhere;

impl CommandSink for Nowhere {
    fn move_to(&mut self, _: Fixed, _: Fixed) {}
    fn line_to(&mut self, _: Fixed, _: Fixed) {}
    fn curve_to(&mut self, _: Fixed, _: Fixed, _: Fixed, _: Fixed, _: Fixed, _: Fixed) {}
    fn close(&mut self) {}
}

impl Program {
    /// Reads `FontFile`, `FontFile2` or `FontFile3`; `None` for what cannot be read.
    pub(super) fn read(key: &[u8], data: Vec<u8>) -> Option<Self> {
        match key {
            b"FontFile" => {
                let font = Type1Font::new(&data).ok()?;
                let names = font.glyph_names().map(|(id, name)| (name.to_owned(), id)).collect();
                Some(Self::Type1 { font: Box::new(font), names })
            }
            b"FontFile2" => {
                FontRef::new(&data).ok()?;
                Some(Self::TrueType { data })
            }
            _ => {
                // OpenType holds a compact font as one of its tables.
                let inner = FontRef::new(&data).ok().and_then(|font| {
                    font.table_data(Tag::new(b"CFF ")).map(|table| table.as_bytes().to_vec())
                });
                let is_truetype = inner.is_none() && FontRef::new(&data).is_ok();
                if is_truetype {
                    return Some(Self::TrueType { data });
                }
                let data = inner.unwrap_or(data);
                let names = {
                    let font = CffFontRef::new_cff(&data, 0, None).ok()?;
                    compact_names(&font)
                };
                Some(Self::Compact { data, names })
            }
        }
    }

    /// The names of its glyphs, when it names them.
    pub(super) fn names(&self) -> Option<&BTreeMap<String, GlyphId>> {
        match self {
            Self::Type1 { names, .. } | Self::Compact { names, .. } => {
                (!names.is_empty()).then_some(names)
            }
            Self::TrueType { .. } => None,
        }
    }

    /// The glyph that its own encoding gives a code.
    pub(super) fn built_in(&self, code: u8) -> Option<GlyphId> {
        match self {
            Self::Type1 { font, .. } => font.encoding()?.map(code),
            Self::Compact { data, .. } => {
                CffFontRef::new_cff(data, 0, None).ok()?.encoding()?.map(code)
            }
            Self::TrueType { .. } => None,
        }
    }

    /// The glyph of a character of a CID font; `None` when the program has no such glyph.
    pub(super) fn of_character(&self, character: u32) -> Option<GlyphId> {
        match self {
            Self::Compact { data, .. } => {
                let font = CffFontRef::new_cff(data, 0, None).ok()?;
                if font.is_cid() {
                    let sid = Sid::new(u16::try_from(character).ok()?);
                    return font.charset()?.glyph_id(sid).ok();
                }
                (character < font.num_glyphs()).then(|| GlyphId::new(character))
            }
            Self::TrueType { .. } => {
                let glyph = GlyphId::new(character);
                (character < self.glyphs()?).then_some(glyph)
            }
            Self::Type1 { .. } => None,
        }
    }

    /// The characters of a compact CID font; `None` for every other program.
    pub(super) fn characters(&self) -> Option<Vec<u16>> {
        let Self::Compact { data, .. } = self else { return None };
        let font = CffFontRef::new_cff(data, 0, None).ok()?;
        if !font.is_cid() {
            return None;
        }
        let charset = font.charset()?;
        Some(charset.iter().take(65_536).map(|(_, character)| character.to_u16()).collect())
    }

    fn glyphs(&self) -> Option<u32> {
        let Self::TrueType { data } = self else { return None };
        Some(u32::from(FontRef::new(data).ok()?.maxp().ok()?.num_glyphs()))
    }

    /// The character maps of a TrueType program: platform and encoding of each.
    pub(super) fn character_maps(&self) -> Option<Vec<(u16, u16)>> {
        let Self::TrueType { data } = self else { return None };
        let font = FontRef::new(data).ok()?;
        let Ok(cmap) = font.cmap() else { return Some(Vec::new()) };
        let records = cmap.encoding_records().iter();
        Some(records.map(|one| (platform(one.platform_id()), one.encoding_id())).collect())
    }

    /// The glyph of a code in one of the character maps; 0 when that map has none for it.
    pub(super) fn mapped(&self, of: (u16, u16), code: u32) -> Option<GlyphId> {
        let Self::TrueType { data } = self else { return None };
        let font = FontRef::new(data).ok()?;
        let cmap = font.cmap().ok()?;
        let record = cmap
            .encoding_records()
            .iter()
            .find(|one| (platform(one.platform_id()), one.encoding_id()) == of)?;
        let table = record.subtable(cmap.offset_data()).ok()?;
        Some(table.map_codepoint(code).unwrap_or(GlyphId::NOTDEF))
    }

    /// The glyph that the `post` table names so.
    pub(super) fn named(&self, name: &str) -> Option<GlyphId> {
        let Self::TrueType { data } = self else { return None };
        let font = FontRef::new(data).ok()?;
        let post = font.post().ok()?;
        let glyphs = u16::try_from(self.glyphs()?).ok()?;
        let found = (0..glyphs).find(|id| post.glyph_name((*id).into()) == Some(name))?;
        Some(GlyphId::from(found))
    }

    /// A glyph's width in thousandths of its size; `None` when the program does not tell.
    pub(super) fn width(&self, glyph: GlyphId) -> Option<f32> {
        match self {
            Self::Type1 { font, .. } => {
                let width = font.evaluate_charstring(glyph, &mut Nowhere).ok()??;
                Some(width.to_f32() * 1000.0 / positive(font.upem())?)
            }
            Self::Compact { data, .. } => {
                let font = CffFontRef::new_cff(data, 0, None).ok()?;
                let subfont = font.subfont(font.subfont_index(glyph)?, &[]).ok()?;
                let width = font.evaluate_charstring(&subfont, glyph, &[], &mut Nowhere).ok()?;
                // Without a matrix of its own a font has a thousand units.
                let units = if font.upem() > 0 { positive(font.upem())? } else { 1000.0 };
                Some(width?.to_f32() * 1000.0 / units)
            }
            Self::TrueType { data } => {
                let font = FontRef::new(data).ok()?;
                let units = font.head().ok()?.units_per_em();
                let width = font.hmtx().ok()?.advance(glyph)?;
                (units > 0).then(|| f32::from(width) * 1000.0 / f32::from(units))
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "units of a font are a few thousand")]
fn positive(units: i32) -> Option<f32> {
    (units > 0).then_some(units as f32)
}

fn platform(id: PlatformId) -> u16 {
    match id {
        PlatformId::Unicode => 0,
        PlatformId::Macintosh => 1,
        PlatformId::ISO => 2,
        PlatformId::Windows => 3,
        _ => u16::MAX,
    }
}

fn compact_names(font: &CffFontRef<'_>) -> BTreeMap<String, GlyphId> {
    if font.is_cid() {
        return BTreeMap::new();
    }
    let Some(charset) = font.charset() else { return BTreeMap::new() };
    charset
        .iter()
        .take(65_536)
        .filter_map(|(glyph, sid)| {
            Some((String::from_utf8_lossy(font.string(sid)?).into_owned(), glyph))
        })
        .collect()
}
