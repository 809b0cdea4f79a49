//! Writes PDF/A-2b: a title, headings and paragraphs on A4 pages with an embedded font.
//!
//! Old documents of the synthetic county and the tests of the archive come from here. The writer's
//! own archival checks are on, so a file that breaks PDF/A-2b is never returned.

use std::sync::OnceLock;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::configure::{Archival, Configuration, ConfigurationBuilder};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use varanto_domain::time::FinnishDay;

/// What a PDF file shall say.
pub struct Paper<'a> {
    /// The title: first line of the first page, and the file's own title.
    pub title: &'a str,
    /// Who made it, such as the organisation's name: stands above the title.
    pub author: &'a str,
    /// The day it was made.
    pub made: FinnishDay,
    /// The language of the text, such as `fi`.
    pub language: &'a str,
    /// The text, in order.
    pub paragraphs: &'a [Paragraph<'a>],
}

/// A piece of a [`Paper`]. Characters that the font lacks are shown as question marks.
pub enum Paragraph<'a> {
    /// A line in semibold.
    Heading(&'a str),
    /// Running text, broken into lines.
    Text(&'a str),
}

const REGULAR: &[u8] = include_bytes!("../assets/fonts/SourceSans3-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../assets/fonts/SourceSans3-Semibold.ttf");

/// A4 in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 62.0;
const TEXT_SIZE: f32 = 11.0;
const HEADING_SIZE: f32 = 13.0;
const TITLE_SIZE: f32 = 20.0;
const LINE_HEIGHT: f32 = 1.35;

/// The file's bytes. The same paper gives the same bytes.
///
/// # Panics
/// When the writer finds its own output to break PDF/A-2b: a fault of this code, not of the paper.
#[must_use]
pub fn write(paper: &Paper<'_>) -> Vec<u8> {
    let mut document = Document::new_with(SerializeSettings {
        configuration: configuration(),
        ..SerializeSettings::default()
    });
    document.set_metadata(metadata(paper));
    for (number, page) in lay_out(paper).iter().enumerate() {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).expect("A4 has a size");
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for line in page {
            draw(&mut surface, line);
        }
        let foot = (number + 1).to_string();
        let x = PAGE.0 - MARGIN - faces().regular.width(&foot, 9.0);
        let y = PAGE.1 - 36.0;
        draw(&mut surface, &Line { text: foot, bold: false, size: 9.0, x, y });
    }
    document.finish().expect("plain text with embedded fonts satisfies PDF/A-2b")
}

fn configuration() -> Configuration {
    ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish()
        .expect("PDF/A-2b alone has no conflict")
}

fn metadata(paper: &Paper<'_>) -> Metadata {
    let part = |number: i8| u8::try_from(number).expect("days and months are positive");
    let year = u16::try_from(paper.made.year()).unwrap_or(1);
    Metadata::new()
        .title(paper.title.to_owned())
        .authors(vec![paper.author.to_owned()])
        .language(paper.language.to_owned())
        .creator("Varanto kit".to_owned())
        .creation_date(
            DateTime::new(year)
                .month(part(paper.made.month()))
                .day(part(paper.made.day()))
                .hour(12)
                .minute(0)
                .second(0)
                .utc_offset_hour(2)
                .utc_offset_minute(0),
        )
}

/// One line of text at its place on the page.
struct Line {
    text: String,
    bold: bool,
    size: f32,
    x: f32,
    y: f32,
}

fn lay_out(paper: &Paper<'_>) -> Vec<Vec<Line>> {
    let mut pages = Pages::default();
    pages.add(paper.author, false, TEXT_SIZE, 0.0);
    pages.add(paper.title, true, TITLE_SIZE, 18.0);
    let (year, month, day) = (paper.made.year(), paper.made.month(), paper.made.day());
    pages.add(&format!("{day}.{month}.{year}"), false, TEXT_SIZE, 4.0);
    for paragraph in paper.paragraphs {
        match paragraph {
            Paragraph::Heading(text) => pages.add(text, true, HEADING_SIZE, 14.0),
            Paragraph::Text(text) => pages.add(text, false, TEXT_SIZE, 6.0),
        }
    }
    pages.done
}

#[derive(Default)]
struct Pages {
    done: Vec<Vec<Line>>,
    y: f32,
}

impl Pages {
    /// Breaks a paragraph into lines below what is there, `space` points apart from it.
    fn add(&mut self, text: &str, bold: bool, size: f32, space: f32) {
        let face = if bold { &faces().semibold } else { &faces().regular };
        self.y += space;
        for text in break_lines(text, face, size) {
            if self.done.is_empty() || self.y + size * LINE_HEIGHT > PAGE.1 - MARGIN {
                self.done.push(Vec::new());
                self.y = MARGIN;
            }
            self.y += size * LINE_HEIGHT;
            let line = Line { text, bold, size, x: MARGIN, y: self.y };
            self.done.last_mut().expect("a page was just begun").push(line);
        }
    }
}

fn break_lines(text: &str, face: &Face, size: f32) -> Vec<String> {
    let room = PAGE.0 - 2.0 * MARGIN;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if face.width(&longer, size) <= room || line.is_empty() {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn draw(surface: &mut Surface<'_>, line: &Line) {
    let face = if line.bold { &faces().semibold } else { &faces().regular };
    let glyphs: Vec<KrillaGlyph> = line
        .text
        .char_indices()
        .map(|(at, character)| {
            let glyph = face.glyph(character);
            let range = at..at + character.len_utf8();
            let id = GlyphId::new(u32::from(glyph));
            KrillaGlyph::new(id, face.advance(glyph), 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    let start = Point::from_xy(line.x, line.y);
    surface.draw_glyphs(start, &glyphs, face.font.clone(), &line.text, line.size, false);
}

struct Faces {
    regular: Face,
    semibold: Face,
}

fn faces() -> &'static Faces {
    static FACES: OnceLock<Faces> = OnceLock::new();
    FACES.get_or_init(|| Faces { regular: Face::read(REGULAR), semibold: Face::read(SEMIBOLD) })
}

/// A font with what laying out needs of it.
struct Face {
    font: Font,
    /// Character and glyph, in the order of characters.
    glyphs: Vec<(char, u16)>,
    /// Advance of each glyph, in em.
    advances: Vec<f32>,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Self {
        let font = Font::new(bytes.into(), 0).expect("the font in the program is sound");
        let glyphs = character_map(table(bytes, *b"cmap"));
        let count = u16_at(table(bytes, *b"hhea"), 34);
        let metrics = table(bytes, *b"hmtx");
        let em = f32::from(u16_at(table(bytes, *b"head"), 18));
        let advances =
            (0..usize::from(count)).map(|i| f32::from(u16_at(metrics, i * 4)) / em).collect();
        Self { font, glyphs, advances }
    }

    fn glyph(&self, character: char) -> u16 {
        let find = |c: char| self.glyphs.binary_search_by_key(&c, |pair| pair.0).ok();
        let place = find(character).or_else(|| find('?')).expect("the font has a question mark");
        self.glyphs[place].1
    }

    fn advance(&self, glyph: u16) -> f32 {
        let last = self.advances.len() - 1;
        self.advances[usize::from(glyph).min(last)]
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(self.glyph(c))).sum::<f32>() * size
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16_at(bytes, at)) << 16 | usize::from(u16_at(bytes, at + 2))
}

/// A table of a TrueType file, by its tag.
fn table(bytes: &[u8], tag: [u8; 4]) -> &[u8] {
    let count = usize::from(u16_at(bytes, 4));
    let record = (0..count)
        .map(|i| 12 + i * 16)
        .find(|&at| bytes[at..at + 4] == tag)
        .expect("the font in the program has every table");
    let start = u32_at(bytes, record + 8);
    &bytes[start..start + u32_at(bytes, record + 12)]
}

/// The characters of a `cmap` table's format 4 part (segments of the basic plane).
fn character_map(cmap: &[u8]) -> Vec<(char, u16)> {
    let count = usize::from(u16_at(cmap, 2));
    let part = (0..count)
        .map(|i| &cmap[u32_at(cmap, 4 + i * 8 + 4)..])
        .find(|part| u16_at(part, 0) == 4)
        .expect("the font in the program maps the basic plane");
    let doubled = usize::from(u16_at(part, 6));
    let (ends, starts) = (14, 16 + doubled);
    let (deltas, offsets) = (starts + doubled, starts + 2 * doubled);
    let mut map = Vec::new();
    for segment in (0..doubled).step_by(2) {
        let (first, last) = (u16_at(part, starts + segment), u16_at(part, ends + segment));
        let delta = u16_at(part, deltas + segment);
        let offset = usize::from(u16_at(part, offsets + segment));
        for code in first..=last.min(0xfffe) {
            let glyph = if offset == 0 {
                code.wrapping_add(delta)
            } else {
                let at = offsets + segment + offset + 2 * usize::from(code - first);
                match u16_at(part, at) {
                    0 => 0,
                    glyph => glyph.wrapping_add(delta),
                }
            };
            if let (Some(character), true) = (char::from_u32(u32::from(code)), glyph != 0) {
                map.push((character, glyph));
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(text: &str) -> Vec<u8> {
        let paragraphs = [Paragraph::Heading("Päätös"), Paragraph::Text(text)];
        write(&Paper {
            title: "Päätös toimeentulotuesta",
            author: "Suvannon hyvinvointialue",
            made: FinnishDay::parse("2012-03-01").unwrap(),
            language: "fi",
            paragraphs: &paragraphs,
        })
    }

    #[test]
    fn the_same_paper_gives_the_same_bytes_and_claims_pdf_a_2b() {
        let bytes = paper("Hakijalle myönnetään €-määräinen avustus. Šakki ja žanri.");
        assert_eq!(bytes, paper("Hakijalle myönnetään €-määräinen avustus. Šakki ja žanri."));
        assert!(bytes.starts_with(b"%PDF-1."));
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("<pdfaid:part>2</pdfaid:part>"));
        assert!(text.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
    }

    #[test]
    fn a_long_text_goes_on_over_pages() {
        let text = "Asiakas kertoi voineensa hyvin. ".repeat(400);
        let paragraphs = [Paragraph::Text(&text)];
        let made = FinnishDay::parse("2012-03-01").unwrap();
        let paper =
            Paper { title: "T", author: "A", made, language: "fi", paragraphs: &paragraphs };
        let pages = lay_out(&paper);
        assert!(pages.len() >= 3, "{} pages", pages.len());
        for line in pages.iter().flatten() {
            assert!(line.y < PAGE.1 - 40.0 && line.text.len() < 140);
        }
        assert!(write(&paper).len() > write(&Paper { paragraphs: &[], ..paper }).len());
    }

    #[test]
    fn every_finnish_and_swedish_letter_has_a_glyph_of_its_own() {
        let letters =
            "abcdefghijklmnopqrstuvwxyzåäöšžéüABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖŠŽÉÜ0123456789–€§";
        for face in [&faces().regular, &faces().semibold] {
            let glyphs: std::collections::BTreeSet<u16> =
                letters.chars().map(|letter| face.glyph(letter)).collect();
            assert_eq!(glyphs.len(), letters.chars().count());
            assert!(!glyphs.contains(&face.glyph('?')));
        }
    }
}
