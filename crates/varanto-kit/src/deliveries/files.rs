//! The files of a delivery: no two are equal unless that was planted.

use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_formats::view::{Heading, ViewLanguage, render_plain};

use super::stories::{Paper, Plant, TYPES};
use crate::pdf::{self, Paragraph};

/// Stands in every file of the pool, and is replaced by the document's own mark of the same length.
const MARK: &str = "ASIAKIRJA-0000000000";
/// How many different papers there are.
const POOL: usize = 12;

/// Papers that differ in their mark alone are made of a few.
pub(super) struct Files {
    pool: Vec<Vec<u8>>,
}

impl Files {
    pub(super) fn new() -> Self {
        let made = FinnishDay::new(2012, 1, 9).expect("the calendar has that day");
        let pool = (0..POOL).map(|number| {
            let text = "Asiakas kertoi tilanteestaan ja siitä, mihin hän toivoo tukea. Sovittiin \
                        seuraavasta tapaamisesta. "
                .repeat(2 + number * 3);
            let paragraphs = [Paragraph::Heading("Kirjaus"), Paragraph::Text(&text)];
            let author = "Sosiaalitoimi";
            pdf::write(&pdf::Paper {
                title: MARK,
                author,
                made,
                language: "fi",
                paragraphs: &paragraphs,
            })
        });
        Self { pool: pool.collect() }
    }

    /// The document as PDF/A.
    pub(super) fn pdf(&self, paper: &Paper) -> Vec<u8> {
        if let Some(planted) = planted(paper) {
            return planted;
        }
        let number = content_number(paper);
        let mut bytes = self.pool[number as usize % POOL].clone();
        let mark = format!("ASIAKIRJA-{number:010}");
        let mut at = 0;
        while let Some(found) =
            bytes[at..].windows(MARK.len()).position(|part| part == MARK.as_bytes())
        {
            at += found;
            bytes[at..at + MARK.len()].copy_from_slice(mark.as_bytes());
            at += MARK.len();
        }
        bytes
    }

    /// The document as XHTML.
    pub(super) fn xhtml(paper: &Paper) -> Vec<u8> {
        if let Some(planted) = planted(paper) {
            return planted;
        }
        let number = content_number(paper);
        let document = Oid::parse("1.2.246.10.99900001.11.1").expect("a constant OID");
        let (kind, _) = TYPES[paper.kind];
        let heading = Heading {
            document: &document,
            organisation: "Sosiaalitoimi",
            document_type: kind,
            made_on: Some(paper.written),
            language: ViewLanguage::Finnish,
        };
        let text = format!("Kirjaus {number}. Asiakas kertoi tilanteestaan ja toiveistaan.");
        if number.is_multiple_of(2) {
            return page(kind, &text).into_bytes();
        }
        render_plain(kind, &[&text, "Sovittiin seuraavasta tapaamisesta."], &heading).into_bytes()
    }
}

/// A page as systems of that time printed them.
fn page(title: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"fi\">\
         <head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}

/// Two rows with the same content have the content of the first.
fn content_number(paper: &Paper) -> u32 {
    if paper.plant == Some(Plant::SameContent) { paper.number - 1 } else { paper.number }
}

fn planted(paper: &Paper) -> Option<Vec<u8>> {
    match paper.plant? {
        Plant::EmptyFile => Some(Vec::new()),
        Plant::BrokenFile => {
            Some(format!("%PDF-1.4\n%âãÏÓ\n{} katkesi", paper.number).into_bytes())
        }
        Plant::OtherKind => {
            Some(format!("{{\\rtf1\\ansi Asiakas kertoi. {}}}", paper.number).into_bytes())
        }
        _ => None,
    }
}
