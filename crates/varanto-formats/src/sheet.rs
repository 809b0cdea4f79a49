//! Sheets that the archive writes itself, for people to read and print: headings, paragraphs and tables, as
//! XHTML that the gate for views lets through. [`crate::xhtml::safe_copy`] makes a page of one, and
//! [`crate::render::view`] a print.

use std::fmt::Write;

use varanto_domain::structures::{Content, Field, FieldKind, Structure};

use crate::view::{self, ViewLanguage};

/// A sheet in the making.
#[derive(Debug, Clone)]
pub struct Sheet {
    out: String,
}

impl Sheet {
    /// A sheet with its title.
    #[must_use]
    pub fn new(title: &str) -> Self {
        let mut sheet = Self { out: String::with_capacity(4096) };
        sheet.out.push_str("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
        sheet.element("h1", title);
        sheet
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) {
        self.element("h2", text);
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.element("p", text);
    }

    /// Adds a table: its heads, and rows with as many cells.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        self.out.push_str("<table><thead><tr>");
        for head in heads {
            self.element("th", head);
        }
        self.out.push_str("</tr></thead><tbody>");
        for row in rows {
            self.out.push_str("<tr>");
            for cell in row {
                self.element("td", cell);
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</tbody></table>");
    }

    /// Adds a structured content by its structure: a line for each value, after the name of its row; what a row
    /// holds below it after a heading.
    pub fn content(&mut self, structure: &Structure, content: &Content, language: ViewLanguage) {
        if let Some(root) = content.member(&structure.root) {
            self.rows(&structure.fields, root, language);
        }
    }

    fn rows(&mut self, fields: &[Field], parent: &Content, language: ViewLanguage) {
        for field in fields {
            let name = view::name(&field.names, language);
            for entry in view::filled(field, parent) {
                if let FieldKind::Group(below) = &field.kind {
                    self.element("h3", name);
                    self.rows(below, entry, language);
                } else {
                    let value = view::in_words(field, entry, language);
                    self.element("p", &format!("{name}: {value}"));
                }
            }
        }
    }

    /// The sheet as XHTML.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push_str("</div>");
        self.out
    }

    fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.out, "<{name}>");
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\n' | '\t' => self.out.push(' '),
                control if control.is_control() => {}
                other => self.out.push(other),
            }
        }
        let _ = write!(self.out, "</{name}>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{self, Cover};
    use crate::xhtml;
    use varanto_domain::time::Instant;

    fn sheet() -> String {
        let mut sheet = Sheet::new("Katselut & <luovutukset>");
        sheet.heading("Maaliskuu");
        sheet.paragraph("Yksi\u{0}rivi\nja toinen");
        sheet.table(&["Päivä", "Kuka"], &[vec!["1.3.2026".into(), "Työntekijä".into()]]);
        sheet.finish()
    }

    #[test]
    fn a_sheet_passes_the_gate_for_views() {
        let faults = xhtml::check(sheet().as_bytes(), None);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(sheet().contains("Katselut &amp; &lt;luovutukset&gt;"));
        assert!(sheet().contains("Yksirivi ja toinen"));
    }

    #[test]
    fn a_sheet_is_a_page_and_a_print() {
        let page = xhtml::safe_copy(sheet().as_bytes(), "Katselut", "fi").unwrap();
        assert!(page.contains("Työntekijä") && page.contains("<th"), "{page}");
        let cover = Cover {
            title: "Katselut",
            document_type: "",
            organisation: "Suvannon hyvinvointialue",
            client: "",
            written_on: None,
            archived: "",
            archived_at: Instant::from_millis(0),
            language: ViewLanguage::Finnish,
        };
        let print = render::view(sheet().as_bytes(), &cover).unwrap();
        assert!(print.starts_with(b"%PDF-"));
    }
}
