//! A view as blocks: what the gate allows, read from the checked tree; styles are left aside.

use base64::Engine;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use roxmltree::{Document, Node};
use varanto_domain::faults::Fault;

use super::blocks::{
    Block, Cell, Face, Paper, Picture, PictureKind, Run, Table, printable, text_of,
};
use crate::xhtml::{self, PrintableView};

/// The most pixels that a picture is printed with, and that all pictures of a print have together:
/// few bytes unpack to many.
const MAX_PIXELS: f32 = 40_000_000.0;
pub(super) const MAX_PIXELS_OF_ALL: f64 = 200_000_000.0;

pub(super) fn paper(bytes: &[u8]) -> Result<Paper, Fault> {
    let text = xhtml::printable(bytes)?;
    let view = PrintableView::read(text)?;
    let mut reader = Reader::default();
    reader.element(view.root());
    reader.end_paragraph();
    let mut paper = reader.paper;
    paper.blocks = reader.blocks;
    Ok(paper)
}

#[derive(Default)]
struct Reader {
    paper: Paper,
    blocks: Vec<Block>,
    /// The paragraph that is being read.
    text: Vec<Run>,
    face: Face,
    /// Whether white space is kept.
    verbatim: bool,
    depth: usize,
    /// Whether the nation's heading was read.
    headed: bool,
}

impl Reader {
    fn children(&mut self, parent: Node<'_, '_>) {
        for child in parent.children() {
            if child.is_text() {
                self.text(child.text().unwrap_or_default());
            } else if child.is_element() && xhtml::is_shown(child) {
                self.element(child);
            }
        }
    }

    fn element(&mut self, element: Node<'_, '_>) {
        // The gate lets nothing in that is nested deeper; an older view may be.
        if self.depth > xhtml::MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let name = element.tag_name().name();
        match name {
            "head" | "style" | "title" | "meta" => (),
            "br" => self.text.push(Run { text: "\n".to_owned(), face: Face::Regular }),
            "hr" => self.block(Block::Rule),
            "img" => self.picture(element),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(element, name),
            "b" | "strong" | "dt" | "th" => self.faced(element, Face::Semibold),
            "i" | "em" | "cite" | "dfn" | "var" => self.faced(element, Face::Italic),
            "ul" | "ol" => self.list(element, name == "ol"),
            "table" => self.table(element),
            "blockquote" => {
                let inside = self.apart(|reader| reader.children(element));
                self.block(Block::Quote(inside));
            }
            "pre" => {
                self.end_paragraph();
                self.verbatim = true;
                self.children(element);
                self.end_paragraph();
                self.verbatim = false;
            }
            _ if xhtml::has_class(element, "soc-header") && !self.headed => self.header(element),
            _ if is_block(name) => {
                self.end_paragraph();
                self.children(element);
                self.end_paragraph();
            }
            _ => self.children(element),
        }
        self.depth -= 1;
    }

    fn faced(&mut self, element: Node<'_, '_>, face: Face) {
        let block = matches!(element.tag_name().name(), "dt" | "th");
        if block {
            self.end_paragraph();
        }
        let before = std::mem::replace(&mut self.face, face);
        self.children(element);
        self.face = before;
        if block {
            self.end_paragraph();
        }
    }

    fn heading(&mut self, element: Node<'_, '_>, name: &str) {
        let inside = self.apart(|reader| reader.children(element));
        let runs = flattened(&inside);
        let number = name.as_bytes()[1] - b'0';
        let full = xhtml::has_class(element, "soc-fulltitle");
        if full && self.paper.title.is_none() {
            self.end_paragraph();
            self.paper.title = Some(text_of(&runs));
            return self.pictures_of(inside);
        }
        // In the nation's form every title is an h1; elsewhere the page's own h1 is one of several.
        self.block(Block::Heading(number.max(2), runs));
        self.pictures_of(inside);
    }

    fn pictures_of(&mut self, blocks: Vec<Block>) {
        let mut pictures = Vec::new();
        collect_pictures(blocks, &mut pictures);
        self.blocks.extend(pictures.into_iter().map(Block::Picture));
    }

    /// What is read by itself, without what was begun before it.
    fn apart(&mut self, read: impl FnOnce(&mut Self)) -> Vec<Block> {
        let blocks = std::mem::take(&mut self.blocks);
        let text = std::mem::take(&mut self.text);
        read(self);
        self.end_paragraph();
        self.text = text;
        std::mem::replace(&mut self.blocks, blocks)
    }

    /// The heading of the nation's form goes to the first page's heading, if nothing else is in it.
    fn header(&mut self, header: Node<'_, '_>) {
        self.headed = true;
        let inside = self.apart(|reader| reader.children(header));
        let of = |class| header.descendants().find(|node| xhtml::has_class(*node, class));
        let places = ["soc-hdr1", "soc-hdr2", "soc-hdr3"].map(of);
        let in_another = |place: &Node<'_, '_>| {
            let at =
                |one: &Node<'_, '_>| places.iter().flatten().filter(|place| *place == one).count();
            place.ancestors().map(|above| at(&above)).sum::<usize>() > 1
        };
        let apart = !places.iter().flatten().any(in_another);
        let lines = places.map(|place| {
            let text: String = texts_in(place?).collect();
            let text = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
            (!text.is_empty()).then_some(text)
        });
        let length = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let read: usize = lines.iter().flatten().map(|line| length(line)).sum();
        let all: usize = texts_in(header).map(|text| length(&printable(text))).sum();
        let is_picture = |block: &&Block| matches!(block, Block::Picture(_));
        if !apart || read != all || inside.iter().filter(is_picture).count() > 1 {
            self.end_paragraph();
            self.blocks.extend(inside);
            return;
        }
        let [organisation, document_type, date] = lines;
        self.paper.organisation = organisation;
        self.paper.document_type = document_type;
        self.paper.date = date;
        self.paper.logo = inside.into_iter().find_map(|block| match block {
            Block::Picture(picture) => Some(picture),
            _ => None,
        });
    }

    fn list(&mut self, list: Node<'_, '_>, ordered: bool) {
        if has_text(list) {
            return self.apart_from_text(list);
        }
        let mut items = Vec::new();
        for item in elements_of(list) {
            items.push(self.apart(|reader| match item.tag_name().name() {
                "li" => reader.children(item),
                _ => reader.element(item),
            }));
        }
        items.retain(|item| !item.is_empty());
        if !items.is_empty() {
            self.block(Block::List { ordered, items });
        }
    }

    /// Reads what is in a list or a table as blocks one after another.
    fn apart_from_text(&mut self, element: Node<'_, '_>) {
        self.end_paragraph();
        self.children(element);
        self.end_paragraph();
    }

    /// A table of one column is a frame around what stands in it; one that holds something outside
    /// its cells, or more columns than a page has room for, is read row by row.
    fn table(&mut self, table: Node<'_, '_>) {
        if !is_grid(table) {
            return self.apart_from_text(table);
        }
        let mut grid = Table::default();
        let mut pictures = Vec::new();
        for row in rows_of(table) {
            if row.tag_name().name() == "caption" {
                let inside = self.apart(|reader| reader.children(row));
                if !grid.caption.is_empty() {
                    grid.caption.push(Run::plain("\n"));
                }
                grid.caption.extend(flattened(&inside));
                collect_pictures(inside, &mut pictures);
                continue;
            }
            let in_head = row.parent().is_some_and(|above| above.tag_name().name() == "thead");
            let columns = self.cells(row, &mut pictures);
            if columns.is_empty() {
                continue;
            }
            let heads_all = in_head || columns.iter().all(|cell| cell.head);
            if grid.rows.len() == grid.heads && heads_all && grid.heads < 3 {
                grid.heads += 1;
            }
            grid.rows.push(columns);
        }
        self.block(Block::Table(grid));
        self.blocks.extend(pictures.into_iter().map(Block::Picture));
    }

    fn cells(&mut self, row: Node<'_, '_>, pictures: &mut Vec<Picture>) -> Vec<Cell> {
        cells_of(row)
            .map(|cell| {
                let inside = self.apart(|reader| reader.children(cell));
                let text = flattened(&inside);
                collect_pictures(inside, pictures);
                let head = cell.tag_name().name() == "th";
                Cell { text, head, columns: span(cell, "colspan"), rows: span(cell, "rowspan") }
            })
            .collect()
    }

    fn picture(&mut self, element: Node<'_, '_>) {
        let alt = element.attribute("alt").unwrap_or_default().trim();
        let alt = printable(if alt.is_empty() { "Kuva" } else { alt });
        if let Some((kind, bytes)) = element.attribute("src").and_then(picture_of) {
            self.block(Block::Picture(Picture { kind, bytes, alt }));
        }
    }

    fn text(&mut self, text: &str) {
        let text = printable(text);
        let text = if self.verbatim { text } else { text.replace(['\n', '\t'], " ") };
        match self.text.last_mut() {
            Some(run) if run.face == self.face && run.text != "\n" => run.text.push_str(&text),
            _ => self.text.push(Run { text, face: self.face }),
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text_of(&text).is_empty() {
            self.blocks.push(Block::Paragraph(trimmed(text)));
        }
    }

    fn block(&mut self, block: Block) {
        self.end_paragraph();
        self.blocks.push(block);
    }
}

/// Runs without white space and line ends at either end.
fn trimmed(mut runs: Vec<Run>) -> Vec<Run> {
    let blank = |run: &Run| run.text.trim().is_empty();
    while runs.last().is_some_and(blank) {
        runs.pop();
    }
    let first = runs.iter().position(|run| !blank(run)).unwrap_or(runs.len());
    runs.drain(..first);
    runs
}

/// Blocks as one text with line ends between them.
fn flattened(blocks: &[Block]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut line = |text: &[Run]| {
        if !runs.is_empty() && !text.is_empty() {
            runs.push(Run::plain("\n"));
        }
        runs.extend_from_slice(text);
    };
    for block in blocks {
        match block {
            Block::Paragraph(text) => line(text),
            Block::Heading(_, text) => {
                let bold = |run: &Run| Run { text: run.text.clone(), face: Face::Semibold };
                line(&text.iter().map(bold).collect::<Vec<_>>());
            }
            Block::List { items, .. } => {
                for item in items {
                    let mut text = vec![Run::plain("• ")];
                    text.extend(flattened(item));
                    line(&text);
                }
            }
            Block::Quote(blocks) => line(&flattened(blocks)),
            Block::Table(table) => {
                for row in &table.rows {
                    let mut text: Vec<Run> = Vec::new();
                    for cell in row {
                        if !text.is_empty() {
                            text.push(Run::plain(" · "));
                        }
                        text.extend_from_slice(&cell.text);
                    }
                    line(&text);
                }
            }
            Block::Picture(picture) => line(&[Run::plain(&format!("[{}]", picture.alt))]),
            Block::Pairs(_) | Block::Rule => (),
        }
    }
    runs
}

fn collect_pictures(blocks: Vec<Block>, pictures: &mut Vec<Picture>) {
    for block in blocks {
        match block {
            Block::Picture(picture) => pictures.push(picture),
            Block::Quote(blocks) => collect_pictures(blocks, pictures),
            Block::List { items, .. } => {
                for item in items {
                    collect_pictures(item, pictures);
                }
            }
            _ => (),
        }
    }
}

fn cells_of<'a, 'v: 'a>(row: Node<'a, 'v>) -> impl Iterator<Item = Node<'a, 'v>> {
    elements_of(row).filter(|node| matches!(node.tag_name().name(), "td" | "th"))
}

fn elements_of<'a, 'v: 'a>(parent: Node<'a, 'v>) -> impl Iterator<Item = Node<'a, 'v>> {
    parent.children().filter(|node| node.is_element() && xhtml::is_shown(*node))
}

fn texts_in<'a, 'v: 'a>(element: Node<'a, 'v>) -> impl Iterator<Item = &'a str> {
    element.descendants().filter(Node::is_text).filter_map(|node| node.text())
}

/// Whether an element has text of its own.
fn has_text(element: Node<'_, '_>) -> bool {
    let mut texts = element.children().filter(Node::is_text).filter_map(|node| node.text());
    texts.any(|text| !text.trim().is_empty())
}

/// Whether a table is one: everything in it stands in cells, of more than one column and of no more
/// than a page has room for.
fn is_grid(table: Node<'_, '_>) -> bool {
    let section = |name: &str| matches!(name, "thead" | "tbody" | "tfoot");
    let mut wide = false;
    let mut rows = Vec::new();
    for child in elements_of(table) {
        match child.tag_name().name() {
            "tr" => rows.push(child),
            "caption" | "col" | "colgroup" => (),
            name if section(name) && !has_text(child) => rows.extend(elements_of(child)),
            _ => return false,
        }
    }
    for row in rows {
        let cells = elements_of(row).count();
        let sound = row.tag_name().name() == "tr" && cells == cells_of(row).count();
        let columns: usize = cells_of(row).map(|cell| span(cell, "colspan")).sum();
        if !sound || has_text(row) || columns > super::table::MAX_COLUMNS {
            return false;
        }
        wide |= cells > 1;
    }
    wide && !has_text(table)
}

/// How many columns or rows a cell says to hold.
fn span(cell: Node<'_, '_>, name: &str) -> usize {
    let number = cell.attribute(name).and_then(|text| text.trim().parse().ok());
    number.unwrap_or(1usize).clamp(1, 1000)
}

/// The rows and the caption of a table, without those of tables in it.
fn rows_of<'a, 'v>(table: Node<'a, 'v>) -> Vec<Node<'a, 'v>> {
    let mut rows = Vec::new();
    for child in table.children() {
        match child.tag_name().name() {
            "tr" | "caption" => rows.push(child),
            "thead" | "tbody" | "tfoot" => {
                rows.extend(child.children().filter(|row| row.tag_name().name() == "tr"));
            }
            _ => (),
        }
    }
    rows
}

fn is_block(name: &str) -> bool {
    !matches!(
        name,
        "a" | "abbr"
            | "acronym"
            | "bdi"
            | "bdo"
            | "big"
            | "code"
            | "del"
            | "font"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strike"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "wbr"
    )
}

/// The bytes behind a picture's address.
fn picture_of(address: &str) -> Option<(PictureKind, Vec<u8>)> {
    // One of the two real messages leaves the padding out.
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
    let (head, data) = address.split_once(',')?;
    let kind = match head.to_ascii_lowercase().as_str() {
        "data:image/png;base64" => PictureKind::Png,
        "data:image/jpeg;base64" => PictureKind::Jpeg,
        "data:image/gif;base64" => PictureKind::Gif,
        _ => return None,
    };
    let data: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Some((kind, engine.decode(data).ok()?))
}

/// A picture's width and height in pixels; `None` when it has none, or more than can be printed.
pub(super) fn pixels(picture: &Picture) -> Option<(f32, f32)> {
    let bytes = &picture.bytes;
    let (width, height) = match picture.kind {
        PictureKind::Png => {
            let number =
                |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
            (number(16)?, number(20)?)
        }
        PictureKind::Gif => {
            let number = |at: usize| {
                Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
            };
            (number(6)?, number(8)?)
        }
        PictureKind::Jpeg => jpeg_size(bytes)?,
    };
    #[expect(clippy::cast_precision_loss, reason = "a size to print with")]
    let (width, height) = (width as f32, height as f32);
    (width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS).then_some((width, height))
}

/// The size in the frame header of a JPEG file.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = bytes.get(at..at + 4)?;
        if marker[0] != 0xff {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([marker[2], marker[3]]));
        if matches!(marker[1], 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) {
            let size = bytes.get(at + 5..at + 9)?;
            let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
            return Some((number(size[2], size[3]), number(size[0], size[1])));
        }
        at += 2 + length;
    }
}

impl<'v> PrintableView<'v> {
    fn root(&self) -> Node<'_, 'v> {
        let document: &Document<'v> = &self.0;
        document.root_element()
    }
}
