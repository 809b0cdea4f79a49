//! Places on pages: blocks become lines, rules and pictures on sheets, each piece of content with
//! its place in the tree of tags.

use krilla::image::Image;

use super::MAX_PAGES;
use super::blocks::{Block, Face, Pair, Picture, Run, text_of};
use super::fonts::{Line, Setter};
use super::from_view::{MAX_PIXELS_OF_ALL, pixels};
use super::writing::image;

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
pub(super) const LEFT: f32 = 62.0;
pub(super) const RIGHT: f32 = PAGE.0 - 62.0;
/// Where the text of a page begins, and ends.
const TOP: f32 = 84.0;
const BOTTOM: f32 = PAGE.1 - 74.0;

pub(super) const TEXT: f32 = 10.5;
pub(super) const SMALL: f32 = 8.5;
const LEADING: f32 = 14.5;
const LABELS: f32 = 158.0;
const GAP: f32 = 14.0;

/// A colour of the print: red, green, blue.
pub(super) type Colour = (u8, u8, u8);
pub(super) const INK: Colour = (0x1d, 0x27, 0x33);
pub(super) const BLUE: Colour = (0x1d, 0x4f, 0x7c);
pub(super) const GREY: Colour = (0x55, 0x62, 0x6f);
pub(super) const HAIR: Colour = (0xcf, 0xd7, 0xdf);
pub(super) const BAND: Colour = (0xf1, 0xf4, 0xf8);

/// What a tag says that its content is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Heading(u8, String),
    Paragraph,
    List(bool),
    Item,
    Label,
    Body,
    Quote,
    Table,
    Caption,
    Row,
    Head(usize, usize),
    Cell(usize, usize),
    Figure(String),
}

#[derive(Debug)]
pub(super) enum Child {
    Node(usize),
    Leaf(usize),
}

/// One tag, with what is under it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) children: Vec<Child>,
}

/// The tree of tags. Leaves are numbered as they are made.
#[derive(Debug, Default)]
pub(super) struct Tags {
    pub(super) nodes: Vec<Node>,
    pub(super) top: Vec<usize>,
    pub(super) leaves: usize,
    open: Vec<usize>,
}

impl Tags {
    /// A tag under the one that is open.
    pub(super) fn open(&mut self, kind: Kind) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node { kind, children: Vec::new() });
        match self.open.last() {
            Some(above) => self.nodes[*above].children.push(Child::Node(node)),
            None => self.top.push(node),
        }
        self.open.push(node);
        node
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// A piece of content under a tag.
    fn leaf(&mut self, node: usize) -> usize {
        let leaf = self.leaves;
        self.leaves += 1;
        self.nodes[node].children.push(Child::Leaf(leaf));
        leaf
    }
}

/// Something at its place on a page.
#[derive(Debug)]
pub(super) enum Piece {
    /// `y` is the baseline. Without a leaf it is no content: the page's furniture.
    Text {
        leaf: Option<usize>,
        x: f32,
        y: f32,
        line: Line,
        size: f32,
        colour: Colour,
    },
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        colour: Colour,
    },
    Picture {
        leaf: usize,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        picture: usize,
    },
}

/// A bookmark: level, text, page and height on it.
pub(super) struct Bookmark {
    pub(super) level: u8,
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// Lines that stand beside other lines.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) x: f32,
    pub(super) lines: Vec<Line>,
    /// The tag of the content; `None` for what is repeated from an earlier page.
    pub(super) tag: Option<usize>,
    pub(super) size: f32,
    pub(super) colour: Colour,
}

/// A table's head as it is repeated on the next pages.
#[derive(Clone)]
pub(super) struct RepeatedHead {
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) rows: Vec<Vec<Column>>,
}

/// The pages as they fill.
#[derive(Default)]
pub(super) struct Pages {
    pub(super) sheets: Vec<Vec<Piece>>,
    pub(super) tags: Tags,
    pub(super) bookmarks: Vec<Bookmark>,
    pub(super) setter: Setter,
    pub(super) pictures: Vec<Image>,
    /// How far the page is filled.
    pub(super) y: f32,
    /// Where lines begin.
    pub(super) left: f32,
    pub(super) head: Option<RepeatedHead>,
    /// Whether there are more pages than a print may have; nothing is set any more then.
    pub(super) overlong: bool,
    shows_pictures: bool,
    /// The pixels of the pictures so far.
    pub(super) pixels: f64,
    /// The level of the last heading, so that none is passed over.
    level: u8,
}

impl Pages {
    /// The first page; of pictures their descriptions alone, where they are not `shown`.
    pub(super) fn new(shown: bool) -> Self {
        let sheets = vec![Vec::new()];
        Self { sheets, left: LEFT, y: 56.0, level: 1, shows_pictures: shown, ..Self::default() }
    }

    pub(super) fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            if self.overlong {
                return;
            }
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(level, text) => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text),
            Block::Pairs(pairs) => self.pairs(pairs),
            Block::List { ordered, items } => self.list(*ordered, items),
            Block::Quote(blocks) => {
                self.tags.open(Kind::Quote);
                self.indented(18.0, |pages| pages.blocks(blocks));
                self.tags.close();
            }
            Block::Table(table) => self.table(table),
            Block::Picture(picture) => self.picture(picture, (RIGHT - self.left, 320.0)),
            Block::Rule => {
                self.space(3.0);
                self.need(LEADING * 2.0);
                self.fill(self.left, self.y, RIGHT - self.left, 0.5, HAIR);
                self.y += 4.0;
            }
        }
    }

    /// What it takes to stay above the foot, else a new page.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    /// The height that a page has for content.
    pub(super) fn whole_page(&self) -> f32 {
        let head = self
            .head
            .as_ref()
            .map_or(0.0, |head| head.rows.iter().map(|row| row_height(row)).sum::<f32>());
        BOTTOM - TOP - head
    }

    pub(super) fn room_left(&self) -> f32 {
        BOTTOM - self.y
    }

    pub(super) fn new_page(&mut self) {
        if self.sheets.len() >= MAX_PAGES {
            self.overlong = true;
            self.y = TOP;
            return;
        }
        self.sheets.push(Vec::new());
        self.y = TOP;
        if let Some(head) = self.head.clone() {
            for row in &head.rows {
                self.fill(head.x, self.y, head.width, row_height(row), BAND);
                self.side_by_side(row, CELL);
            }
        }
    }

    /// Space before what follows; none at the top of a page.
    pub(super) fn space(&mut self, height: f32) {
        if self.y > TOP + 1.0 {
            self.y += height;
        }
    }

    pub(super) fn put(&mut self, piece: Piece) {
        if !self.overlong {
            self.sheets.last_mut().expect("there is always a page").push(piece);
        }
    }

    pub(super) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        self.put(Piece::Fill { x, y, width, height, colour });
    }

    fn indented(&mut self, by: f32, inside: impl FnOnce(&mut Self)) {
        let before = self.left;
        // Deep nesting leaves room for words.
        self.left = (before + by).min(RIGHT - 180.0);
        inside(self);
        self.left = before;
    }

    /// Lines at the left edge under a tag.
    pub(super) fn stacked(&mut self, lines: Vec<Line>, tag: usize, size: f32, colour: Colour) {
        let leading = size * 1.38;
        let (count, mut at) = (lines.len(), 0);
        for line in lines {
            // No line stands alone at the foot or the top of a page.
            let together = if at == 0 || at + 2 == count { 2.0 } else { 1.0 };
            self.need(leading * if count == 1 { 1.0 } else { together });
            self.y += leading;
            self.text(tag, self.left, line, size, colour);
            at += 1;
        }
    }

    fn text(&mut self, tag: usize, x: f32, line: Line, size: f32, colour: Colour) {
        if line.spans.is_empty() || self.overlong {
            return;
        }
        let leaf = Some(self.tags.leaf(tag));
        let y = self.y - size * 0.3;
        self.put(Piece::Text { leaf, x, y, line, size, colour });
    }

    pub(super) fn heading(&mut self, level: u8, runs: &[Run]) {
        let text = text_of(runs);
        if text.is_empty() {
            return;
        }
        let level = level.clamp(2, 6).min(self.level + 1);
        self.level = level;
        let (size, colour, before) = match level {
            2 => (13.0, BLUE, 15.0),
            3 => (11.5, INK, 9.0),
            _ => (10.5, GREY, 7.0),
        };
        self.space(before);
        let lines = self.setter.lines(runs, Face::Semibold, size, RIGHT - self.left);
        // A heading stays with what follows it.
        #[expect(clippy::cast_precision_loss, reason = "a heading has few lines")]
        let height = lines.len().min(20) as f32 * size * 1.38;
        self.need(height + LEADING * 2.2);
        self.bookmarks.push(Bookmark {
            level,
            text: text.clone(),
            page: self.sheets.len() - 1,
            y: self.y,
        });
        let tag = self.tags.open(Kind::Heading(level, text));
        self.stacked(lines, tag, size, colour);
        self.tags.close();
        self.y += 3.0;
    }

    fn paragraph(&mut self, runs: &[Run]) {
        let lines = self.setter.lines(runs, Face::Regular, TEXT, RIGHT - self.left);
        if lines.iter().all(|line| line.spans.is_empty()) {
            return;
        }
        let tag = self.tags.open(Kind::Paragraph);
        self.stacked(lines, tag, TEXT, INK);
        self.tags.close();
        self.y += 4.0;
    }

    fn pairs(&mut self, pairs: &[Pair]) {
        self.tags.open(Kind::List(false));
        for pair in pairs {
            if self.overlong {
                break;
            }
            self.tags.open(Kind::Item);
            let label = self.tags.open(Kind::Label);
            self.tags.close();
            let body = self.tags.open(Kind::Body);
            self.tags.close();
            let x = self.left + LABELS + GAP;
            let labels = self.setter.lines(&pair.label, Face::Regular, TEXT - 0.5, LABELS);
            let values = self.setter.lines(&pair.value, Face::Regular, TEXT, RIGHT - x);
            let column =
                |x, lines, tag, size, colour| Column { x, lines, tag: Some(tag), size, colour };
            let columns = [
                column(self.left, labels, label, TEXT - 0.5, GREY),
                column(x, values, body, TEXT, INK),
            ];
            self.side_by_side(&columns, 1.5);
            self.tags.close();
        }
        self.tags.close();
        self.y += 3.0;
    }

    /// Columns of lines on the same baselines, broken over pages between the lines.
    pub(super) fn side_by_side(&mut self, columns: &[Column], padding: f32) {
        let count = columns.iter().map(|column| column.lines.len()).max().unwrap_or_default();
        self.y += padding;
        for at in 0..count {
            self.need(LEADING + padding);
            self.y += LEADING;
            for column in columns {
                let Some(line) = column.lines.get(at) else { continue };
                match column.tag {
                    Some(tag) => self.text(tag, column.x, line.clone(), column.size, column.colour),
                    None => self.put(Piece::Text {
                        leaf: None,
                        x: column.x,
                        y: self.y - column.size * 0.3,
                        line: line.clone(),
                        size: column.size,
                        colour: column.colour,
                    }),
                }
            }
            if self.overlong {
                return;
            }
        }
        self.y += padding;
    }

    fn list(&mut self, ordered: bool, items: &[Vec<Block>]) {
        self.tags.open(Kind::List(ordered));
        for (at, item) in items.iter().enumerate() {
            if self.overlong {
                break;
            }
            self.tags.open(Kind::Item);
            let label = self.tags.open(Kind::Label);
            self.tags.close();
            let mark = if ordered { format!("{}.", at + 1) } else { "•".to_owned() };
            self.need(LEADING);
            let line = self.setter.line(&mark, Face::Regular, TEXT);
            let before = self.y;
            self.y += TEXT * 1.38;
            self.text(label, self.left + 2.0, line, TEXT, GREY);
            self.y = before;
            self.tags.open(Kind::Body);
            self.indented(18.0, |pages| pages.blocks(item));
            self.tags.close();
            self.tags.close();
        }
        self.tags.close();
        self.y += 2.0;
    }

    pub(super) fn picture(&mut self, picture: &Picture, most: (f32, f32)) {
        let count = |(width, height): &(f32, f32)| f64::from(*width) * f64::from(*height);
        let fits = |size: &(f32, f32)| self.pixels + count(size) <= MAX_PIXELS_OF_ALL;
        let size = pixels(picture).filter(|_| self.shows_pictures).filter(fits);
        let Some(((width, height), image)) = size.zip(image(picture)) else {
            return self.paragraph(&super::blocks::plain(&format!("[{}]", picture.alt)));
        };
        self.pixels += count(&(width, height));
        // Screens have 96 pixels to the inch, paper 72 points.
        let scale = (most.0 / width).min(most.1 / height).min(0.75);
        let (width, height) = (width * scale, height * scale);
        self.need(height + 6.0);
        let node = self.tags.open(Kind::Figure(picture.alt.clone()));
        self.tags.close();
        if self.overlong {
            return;
        }
        let leaf = self.tags.leaf(node);
        let (x, y) = (self.left, self.y + 3.0);
        let number = self.pictures.len();
        self.pictures.push(image);
        self.put(Piece::Picture { leaf, x, y, width, height, picture: number });
        self.y += height + 8.0;
    }
}

/// The space over and under the text of a table's cell.
pub(super) const CELL: f32 = 3.0;

/// The height of a row of cells.
#[expect(clippy::cast_precision_loss, reason = "lines are counted in thousands at most")]
pub(super) fn row_height(row: &[Column]) -> f32 {
    let lines = row.iter().map(|column| column.lines.len()).max().unwrap_or_default();
    lines as f32 * LEADING + 2.0 * CELL
}
