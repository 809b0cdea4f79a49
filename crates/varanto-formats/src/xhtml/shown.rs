//! What a view shows, as text: its heading, its title, and lines under headings.

use std::collections::HashMap;

use roxmltree::{Document, Node};
use varanto_domain::archive::view_agreement::{ShownLine, ShownSection, ShownView};

use super::{has_class, own_text, short};

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The most bytes of paths kept with the lines; the lines after that have their number alone.
const MAX_PATHS: usize = 4_000_000;

/// Reads a view that has passed the gate, and so is not nested deeper than a walk can go.
pub(super) fn read(view: &Document<'_>) -> ShownView {
    let mut reader = Reader {
        text: view.input_text(),
        counted: (0, 1),
        shown: ShownView::default(),
        line: ShownLine::default(),
        path: String::new(),
        path_bytes: 0,
    };
    reader.shown.sections.push(ShownSection::default());
    let root = view.root_element();
    reader.path.push('/');
    reader.path.push_str(root.tag_name().name());
    reader.children(root);
    reader.end_line();
    reader.shown
}

struct Reader<'v> {
    text: &'v str,
    /// How far line ends are counted, and the line there.
    counted: (usize, u32),
    shown: ShownView,
    /// The line that is being read.
    line: ShownLine,
    /// The element that is being read.
    path: String,
    path_bytes: usize,
}

impl Reader<'_> {
    fn children(&mut self, parent: Node<'_, '_>) {
        let mut numbers: HashMap<&str, (usize, usize)> = HashMap::new();
        for child in parent.children().filter(Node::is_element) {
            numbers.entry(child.tag_name().name()).or_default().1 += 1;
        }
        for child in parent.children() {
            if let Some(text) = own_text(&child) {
                self.text(child, text);
            } else if child.is_element() {
                let name = child.tag_name().name();
                let (number, of) = numbers.entry(name).or_default();
                *number += 1;
                let place = (*of > 1).then_some(*number);
                let before = self.path.len();
                self.path.push('/');
                self.path.push_str(&short(name));
                if let Some(number) = place {
                    self.path.extend(["[", &number.to_string(), "]"]);
                }
                self.element(child);
                self.path.truncate(before);
            }
        }
    }

    fn element(&mut self, element: Node<'_, '_>) {
        let name = element.tag_name().name();
        if matches!(name, "head" | "style" | "title") {
            return;
        }
        if !BLOCKS.contains(&name) {
            return self.children(element);
        }
        self.end_line();
        if matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") {
            self.heading(element);
        } else if has_class(element, "soc-hdr2") && self.shown.document_type.text.is_empty() {
            self.shown.document_type = self.whole(element);
        } else if has_class(element, "soc-hdr3") && self.shown.date.text.is_empty() {
            self.shown.date = self.whole(element);
        } else {
            self.children(element);
            self.end_line();
        }
    }

    fn heading(&mut self, element: Node<'_, '_>) {
        let heading = self.whole(element);
        if has_class(element, "soc-fulltitle") && self.shown.title.text.is_empty() {
            self.shown.title = heading.clone();
        }
        self.shown.sections.push(ShownSection { heading, lines: Vec::new() });
    }

    /// All the text of an element as one line.
    fn whole(&mut self, element: Node<'_, '_>) -> ShownLine {
        for node in element.descendants() {
            if let Some(text) = own_text(&node) {
                self.text(node, text);
            } else if BLOCKS.contains(&node.tag_name().name())
                && !self.line.text.is_empty()
                && !self.line.text.ends_with(' ')
            {
                self.line.text.push(' ');
            }
        }
        let mut line = std::mem::take(&mut self.line);
        line.text.truncate(line.text.trim_end().len());
        line
    }

    fn text(&mut self, node: Node<'_, '_>, text: &str) {
        if self.line.text.is_empty() && !text.trim().is_empty() {
            self.line.line = self.row(node.range().start);
            if self.path_bytes < MAX_PATHS {
                self.path_bytes += self.path.len();
                self.line.element.clone_from(&self.path);
            }
        }
        // White space between two inline elements parts words, its absence does not.
        let starts_apart = text.starts_with(char::is_whitespace);
        if starts_apart && !self.line.text.is_empty() && !self.line.text.ends_with(' ') {
            self.line.text.push(' ');
        }
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.next() {
            self.line.text.push_str(word);
            if words.peek().is_some() || text.ends_with(char::is_whitespace) {
                self.line.text.push(' ');
            }
        }
    }

    /// The line of a place that is not before the last one asked for.
    fn row(&mut self, at: usize) -> u32 {
        let (from, mut row) = self.counted;
        let between = self.text.as_bytes().get(from..at).unwrap_or_default();
        for _ in between.iter().filter(|byte| **byte == b'\n') {
            row = row.saturating_add(1);
        }
        self.counted = (at.max(from), row);
        row
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.text.truncate(line.text.trim_end().len());
        if let (false, Some(section)) = (line.text.is_empty(), self.shown.sections.last_mut()) {
            section.lines.push(line);
        }
    }
}
