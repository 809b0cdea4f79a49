//! The fonts, and text set in them: shaped words, and lines of them.
//!
//! The font holds the Latin, Greek and Cyrillic letters; a character that it lacks is shown as the
//! replacement character, and the print says so at its end.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::OnceLock;

use harfrust::{Direction, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use krilla::text::Font;

use super::blocks::{Face, Run};

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/VarantoSans-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/VarantoSans-Semibold.ttf");
const ITALIC: &[u8] = include_bytes!("../../assets/fonts/VarantoSans-It.ttf");

/// A font in the program.
struct Loaded {
    file: FontRef<'static>,
    shaping: ShaperData,
    krilla: Font,
}

fn loaded(face: Face) -> &'static Loaded {
    static FACES: OnceLock<[Loaded; 3]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        [REGULAR, SEMIBOLD, ITALIC].map(|bytes| {
            let file = FontRef::new(bytes).expect("the font in the program is sound");
            let shaping = ShaperData::new(&file);
            let krilla = Font::new(bytes.into(), 0).expect("the font in the program is sound");
            Loaded { file, shaping, krilla }
        })
    });
    &faces[face as usize]
}

/// The font as the PDF writer takes it.
pub(super) fn font(face: Face) -> Font {
    loaded(face).krilla.clone()
}

/// A glyph with its measures in em, and the bytes of the text that it shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glyph {
    pub(super) id: u32,
    pub(super) advance: f32,
    pub(super) offset: (f32, f32),
    pub(super) range: Range<usize>,
}

/// A shaped piece of text without white space.
#[derive(Debug, PartialEq)]
struct Word {
    text: String,
    glyphs: Vec<Glyph>,
    /// In em.
    width: f32,
}

/// Text of one face at its place in a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) face: Face,
    pub(super) text: String,
    pub(super) glyphs: Vec<Glyph>,
    /// From the line's beginning, in points.
    pub(super) x: f32,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Line {
    pub(super) spans: Vec<Span>,
    /// In points.
    pub(super) width: f32,
}

/// Sets text, and remembers the words that it has set.
#[derive(Default)]
pub(super) struct Setter {
    words: HashMap<(Face, String), Rc<Word>>,
    /// Whether a character was not in the font.
    pub(super) lacked: bool,
}

/// What is set between two places where a line may break.
struct Clump {
    words: Vec<(Face, Rc<Word>)>,
    /// In em.
    width: f32,
    after_space: bool,
}

impl Setter {
    /// Breaks text into lines no wider than `room`; a face of `face` where a run has none of its own.
    pub(super) fn lines(&mut self, runs: &[Run], face: Face, size: f32, room: f32) -> Vec<Line> {
        let mut lines = Vec::new();
        for clumps in self.clumps(runs, face) {
            self.fill(clumps, size, room, &mut lines);
        }
        lines
    }

    /// One line, however wide.
    pub(super) fn line(&mut self, text: &str, face: Face, size: f32) -> Line {
        let runs = [Run { text: super::blocks::printable(text).replace('\n', " "), face }];
        self.lines(&runs, face, size, f32::INFINITY).pop().unwrap_or_default()
    }

    /// The width of the widest word and of the widest unbroken line.
    pub(super) fn widths(&mut self, runs: &[Run], face: Face, size: f32) -> (f32, f32) {
        let space = self.space(face);
        let (mut word, mut line) = (0.0f32, 0.0f32);
        for clumps in self.clumps(runs, face) {
            let mut width = 0.0;
            for clump in &clumps {
                word = word.max(clump.width);
                width += clump.width + if clump.after_space { space } else { 0.0 };
            }
            line = line.max(width);
        }
        (word * size, line * size)
    }

    /// The clumps of each line that the text itself ends.
    fn clumps(&mut self, runs: &[Run], face: Face) -> Vec<Vec<Clump>> {
        let mut lines = vec![Vec::new()];
        let mut open: Option<Clump> = None;
        let mut after_space = false;
        for run in runs {
            let face = if run.face == Face::Regular { face } else { run.face };
            for piece in pieces(&run.text) {
                let line: &mut Vec<Clump> = lines.last_mut().expect("there is always a line");
                match piece {
                    Piece::End => {
                        line.extend(open.take());
                        lines.push(Vec::new());
                        after_space = false;
                    }
                    Piece::Space => {
                        line.extend(open.take());
                        after_space = !line.is_empty();
                    }
                    Piece::Word(text) => {
                        let word = self.word(face, text);
                        let clump = open.get_or_insert_with(|| Clump {
                            words: Vec::new(),
                            width: 0.0,
                            after_space: std::mem::take(&mut after_space),
                        });
                        clump.width += word.width;
                        clump.words.push((face, word));
                        if text.ends_with(['-', '/', '–']) {
                            line.extend(open.take());
                        }
                    }
                }
            }
        }
        lines.last_mut().expect("there is always a line").extend(open);
        lines
    }

    fn fill(&mut self, clumps: Vec<Clump>, size: f32, room: f32, lines: &mut Vec<Line>) {
        let mut line = Line::default();
        for clump in clumps {
            let first = clump.words.first().map_or(Face::Regular, |(face, _)| *face);
            let space = if clump.after_space { self.space(first) * size } else { 0.0 };
            let width = clump.width * size;
            if !line.spans.is_empty() && line.width + space + width > room {
                lines.push(std::mem::take(&mut line));
            }
            if clump.after_space && !line.spans.is_empty() {
                let space = self.word(first, " ");
                append(&mut line, first, &space, size);
            }
            for (face, word) in &clump.words {
                if line.width + word.width * size <= room {
                    append(&mut line, *face, word, size);
                    continue;
                }
                for part in self.parts(*face, word, size, room) {
                    if !line.spans.is_empty() && line.width + part.width * size > room {
                        lines.push(std::mem::take(&mut line));
                    }
                    append(&mut line, *face, &part, size);
                }
            }
        }
        // An empty line of the text stays one, but for the first.
        if !line.spans.is_empty() || !lines.is_empty() {
            lines.push(line);
        }
    }

    /// A word that no line has room for, in parts that one has.
    fn parts(&mut self, face: Face, word: &Word, size: f32, room: f32) -> Vec<Rc<Word>> {
        let mut parts = Vec::new();
        let (mut from, mut width) = (0, 0.0);
        for glyph in &word.glyphs {
            let at = glyph.range.start;
            if width > 0.0 && (width + glyph.advance) * size > room && at > from {
                parts.push(self.word(face, &word.text[from..at]));
                (from, width) = (at, 0.0);
            }
            width += glyph.advance;
        }
        parts.push(self.word(face, &word.text[from..]));
        parts
    }

    fn space(&mut self, face: Face) -> f32 {
        self.word(face, " ").width
    }

    fn word(&mut self, face: Face, text: &str) -> Rc<Word> {
        if let Some(word) = self.words.get(&(face, text.to_owned())) {
            return Rc::clone(word);
        }
        let mut word = shape(face, text.to_owned());
        let lacking: Vec<Range<usize>> = word
            .glyphs
            .iter()
            .filter(|glyph| glyph.id == 0)
            .map(|glyph| glyph.range.clone())
            .collect();
        if !lacking.is_empty() {
            self.lacked = true;
            let shown = |(at, c)| {
                if lacking.iter().any(|range| range.contains(&at)) { '\u{fffd}' } else { c }
            };
            word = shape(face, text.char_indices().map(shown).collect());
        }
        let word = Rc::new(word);
        self.words.insert((face, text.to_owned()), Rc::clone(&word));
        word
    }
}

enum Piece<'t> {
    Word(&'t str),
    Space,
    End,
}

/// The most bytes of a word that are shaped at once: a longer one is taken in pieces.
const MAX_WORD: usize = 400;

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        if c == '\n' || c == ' ' || c == '\t' {
            if at > from {
                pieces.push(Piece::Word(&text[from..at]));
            }
            pieces.push(if c == '\n' { Piece::End } else { Piece::Space });
            from = at + c.len_utf8();
        } else if at >= from + MAX_WORD {
            pieces.push(Piece::Word(&text[from..at]));
            from = at;
        } else if matches!(c, '-' | '/' | '–') && at > from {
            let next = at + c.len_utf8();
            pieces.push(Piece::Word(&text[from..next]));
            from = next;
        }
    }
    if from < text.len() {
        pieces.push(Piece::Word(&text[from..]));
    }
    pieces
}

fn append(line: &mut Line, face: Face, word: &Word, size: f32) {
    let starts = line.spans.last().is_none_or(|span| span.face != face);
    if starts {
        line.spans.push(Span { face, text: String::new(), glyphs: Vec::new(), x: line.width });
    }
    let span = line.spans.last_mut().expect("one was just begun");
    let before = span.text.len();
    span.text.push_str(&word.text);
    span.glyphs.extend(word.glyphs.iter().map(|glyph| Glyph {
        range: glyph.range.start + before..glyph.range.end + before,
        ..glyph.clone()
    }));
    line.width += word.width * size;
}

#[expect(clippy::cast_precision_loss, reason = "a font's measures are small")]
fn shape(face: Face, text: String) -> Word {
    let font = loaded(face);
    let setting = font.shaping.shaper(&font.file).build();
    let em = setting.units_per_em() as f32;
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text);
    buffer.guess_segment_properties();
    // Without right-to-left letters in the font, what is read from the right is replaced anyway.
    buffer.set_direction(Direction::LeftToRight);
    let shaped = setting.shape(buffer, ShapeOptions::new());
    let starts: Vec<usize> =
        shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    let mut glyphs = Vec::with_capacity(starts.len());
    for (at, (info, place)) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()).enumerate()
    {
        let start = starts[at];
        let end = starts[at..].iter().copied().find(|next| *next > start).unwrap_or(text.len());
        glyphs.push(Glyph {
            id: info.glyph_id,
            advance: place.x_advance as f32 / em,
            offset: (place.x_offset as f32 / em, place.y_offset as f32 / em),
            range: start..end,
        });
    }
    let width = glyphs.iter().map(|glyph| glyph.advance).sum();
    Word { text, glyphs, width }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, room: f32) -> Vec<String> {
        let lines = Setter::default().lines(&[Run::plain(text)], Face::Regular, 10.0, room);
        for line in &lines {
            assert!(line.width <= room + 0.01, "{} > {room}", line.width);
        }
        let text = |line: &Line| line.spans.iter().map(|span| span.text.as_str()).collect();
        lines.iter().map(text).collect()
    }

    #[test]
    fn text_is_broken_at_spaces_hyphens_and_where_it_must() {
        assert_eq!(set("yksi  kaksi\tkolme", 60.0), ["yksi kaksi", "kolme"]);
        assert_eq!(set("yksi\n\nkaksi", 200.0), ["yksi", "", "kaksi"]);
        assert_eq!(set("sosiaali- ja terveystoimi", 60.0), ["sosiaali- ja", "terveystoimi"]);
        assert_eq!(set("lastensuojelu-ilmoitus", 70.0), ["lastensuojelu-", "ilmoitus"]);
        let parts = set(&"a".repeat(100), 60.0);
        assert!(parts.len() > 5 && parts.concat() == "a".repeat(100));
        assert!(set("", 60.0).is_empty());
    }

    /// Finnish, Swedish, the three Sámi languages of Finland, and those of the neighbours and
    /// newcomers that are written in Latin, Greek and Cyrillic letters.
    #[test]
    fn the_letters_of_finland_have_glyphs() {
        let letters = "abcdefghijklmnopqrstuvwxyzåäöšžéü ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖŠŽÉÜ \
            áčđŋšŧž ÁČĐŊŠŦŽ âäáå ÂÄÁÅ âčʒǯđǧǥǩŋõšžåäö ÂČƷǮĐǦǤǨŊÕŠŽ ʹˈ’ \
            æøœßñçğışłńśźżąęćőűățěřůďťģķļņāēīū þð \
            αβγδεζηθικλμνξοπρστυφχψω абвгдеёжзийклмнопрстуфхцчшщъыьэюя іїєґ \
            0123456789 –—…•€£§°²³½±×÷≤≥←→☐☑✓ «»“”„‘’";
        for face in [Face::Regular, Face::Semibold, Face::Italic] {
            let mut setter = Setter::default();
            for letter in letters.split_whitespace() {
                setter.word(face, letter);
                assert!(!setter.lacked, "{face:?}: {letter}");
            }
        }
    }

    #[test]
    fn a_letter_that_the_font_lacks_is_replaced_and_told() {
        let mut setter = Setter::default();
        let word = setter.word(Face::Regular, "aجb");
        assert_eq!(word.text, "a\u{fffd}b");
        assert!(setter.lacked && word.glyphs.iter().all(|glyph| glyph.id != 0));
    }

    #[test]
    fn letters_are_kerned_and_marks_are_set_on_them() {
        let mut setter = Setter::default();
        let apart = setter.word(Face::Regular, "A").width + setter.word(Face::Regular, "V").width;
        assert!(setter.word(Face::Regular, "AV").width < apart);
        let marked = setter.word(Face::Regular, "a\u{308}");
        assert_eq!((marked.glyphs.len(), setter.lacked), (1, false));
    }
}
