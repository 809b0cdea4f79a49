//! What is printed, before it has places on pages.

/// A document to print.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Paper {
    /// The title, where the content has one.
    pub(super) title: Option<String>,
    /// The general type and the date, where the view's heading shows them.
    pub(super) document_type: Option<String>,
    pub(super) date: Option<String>,
    /// The organisation, where the view's heading shows it.
    pub(super) organisation: Option<String>,
    /// The organisation's logo.
    pub(super) logo: Option<Picture>,
    pub(super) blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Debug, PartialEq)]
pub(super) enum Block {
    /// A heading; 2 is the highest level under the title.
    Heading(u8, Vec<Run>),
    Paragraph(Vec<Run>),
    /// Labels with their values, side by side.
    Pairs(Vec<Pair>),
    List {
        ordered: bool,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Table(Table),
    Picture(Picture),
    /// A thin line, between the entries of a list of groups.
    Rule,
}

#[derive(Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) label: Vec<Run>,
    pub(super) value: Vec<Run>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) caption: Vec<Run>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// How many rows from the first are repeated on every page.
    pub(super) heads: usize,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Cell {
    pub(super) text: Vec<Run>,
    pub(super) head: bool,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    pub(super) kind: PictureKind,
    pub(super) bytes: Vec<u8>,
    pub(super) alt: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureKind {
    Png,
    Jpeg,
    Gif,
}

/// Text of one face. A line end in it is kept; other white space parts words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) face: Face,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Face {
    #[default]
    Regular,
    Semibold,
    Italic,
}

impl Run {
    pub(super) fn plain(text: &str) -> Self {
        Self { text: printable(text), face: Face::Regular }
    }
}

/// A text of one run.
pub(super) fn plain(text: &str) -> Vec<Run> {
    vec![Run::plain(text)]
}

/// All the text of runs.
pub(super) fn text_of(runs: &[Run]) -> String {
    let text: String = runs.iter().map(|run| run.text.as_str()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without what is no text: controls, marks of direction and order, soft hyphens, and
/// characters of private use, which stand as the replacement character.
pub(super) fn printable(text: &str) -> String {
    let kept = |c: char| match c {
        '\n' | '\t' => Some(c),
        '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fff0}'..='\u{ffff}' => Some('\u{fffd}'),
        c if c.is_control() || is_mark(c) => None,
        c => Some(c),
    };
    text.chars().filter_map(kept).collect()
}

/// Marks of breaking, direction, order and variants: nothing of them is seen.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
    )
}
