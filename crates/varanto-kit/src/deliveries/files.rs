//! The files of a delivery: no two are equal unless that was planted.

use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_formats::view::{Heading, ViewLanguage, render_plain};

use super::stories::{Paper, Plant, TYPES};
use super::systems::{content_number, dos};
use super::{SourceSystem, letters};
use crate::pdf::{self, Paragraph};

/// Stands in every file of the pool, and is replaced by the document's own mark of the same length.
const MARK: &str = "ASIAKIRJA-0000000000";
/// How many different papers there are.
const POOL: usize = 12;

/// A scan in the form that scanners write, and a photograph of paper.
const SCAN: &[u8] = include_bytes!("../../assets/scans/scan.tif");
const PHOTOGRAPH: &[u8] = include_bytes!("../../assets/scans/scan.jpg");

/// In which form a document is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Pdf,
    Xhtml,
    /// XHTML with a document type, with entities or not well-formed.
    TypedXhtml,
    /// XHTML in ISO-8859-1.
    LatinXhtml,
    /// What has to be converted.
    Text,
    Html,
    Scan,
    Photograph,
    Letter,
    RichText,
}

/// One letter of each form in so many documents: their conversion takes seconds.
const LETTERS: u32 = 600;

impl Form {
    /// The form of the document of a number: `usual`, and here and there another that the system has too.
    pub(super) const fn of(system: SourceSystem, usual: Self, number: u32) -> Self {
        match number % LETTERS {
            451 => return Self::Letter,
            470 => return Self::RichText,
            _ => {}
        }
        match (system, usual, number % 17) {
            (SourceSystem::Aamu, _, 3) => Self::Text,
            (SourceSystem::Aamu, _, 9) => Self::Scan,
            (SourceSystem::Portti, Self::Pdf, 5) => Self::Photograph,
            (SourceSystem::Kaisla | SourceSystem::Portti, Self::Xhtml, 3) => Self::Html,
            (SourceSystem::Kaisla, _, 7) => Self::TypedXhtml,
            (SourceSystem::Kaisla, _, 12) => Self::LatinXhtml,
            _ => usual,
        }
    }

    /// How the names of such files end.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xhtml | Self::TypedXhtml | Self::LatinXhtml => "xhtml",
            Self::Text => "txt",
            Self::Html => "html",
            Self::Scan => "tif",
            Self::Photograph => "jpg",
            Self::Letter => "docx",
            Self::RichText => "rtf",
        }
    }
}

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

    /// The document's file.
    pub(super) fn bytes(&self, paper: &Paper, form: Form) -> Vec<u8> {
        if let Some(planted) = planted(paper) {
            return planted;
        }
        let number = content_number(paper);
        match form {
            Form::Pdf => self.pdf(number),
            Form::Xhtml => xhtml(paper, number),
            Form::TypedXhtml => typed_xhtml(paper, number).into_bytes(),
            Form::LatinXhtml => latin_xhtml(paper, number),
            Form::Text => text(number),
            Form::Html => html(paper, number).into_bytes(),
            Form::Scan => [SCAN, format!("ASIAKIRJA-{number:010}").as_bytes()].concat(),
            Form::Photograph => photograph(number),
            Form::Letter => letters::docx(&letter(&marked(number)), false),
            Form::RichText => letters::rtf(&letter(&marked(number)), false),
        }
    }

    fn pdf(&self, number: u32) -> Vec<u8> {
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
}

fn xhtml(paper: &Paper, number: u32) -> Vec<u8> {
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

/// As the standard has it, with its document type; every other one with an element that nobody closed.
fn typed_xhtml(paper: &Paper, number: u32) -> String {
    let (kind, _) = TYPES[paper.kind];
    let end = if number.is_multiple_of(2) { "<br/>" } else { "<br>" };
    format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"fi\"><head><title>{kind}</title></head>\n\
         <body><h1>{kind}</h1><p>Kirjaus&nbsp;{number}. Asiakas kertoi &auml;idist&auml;&auml;n.{end}Sovittiin tapaamisesta.</p></body></html>\n"
    )
}

/// As systems wrote it before they wrote UTF-8.
fn latin_xhtml(paper: &Paper, number: u32) -> Vec<u8> {
    let (kind, _) = TYPES[paper.kind];
    let text = format!("Kirjaus {number}. Asiakas kertoi äidistään ja työstä.");
    let page = page(kind, &text).replace("UTF-8", "ISO-8859-1");
    page.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap_or(b'?')).collect()
}

/// As the oldest system printed it into a file, in its code page.
fn text(number: u32) -> Vec<u8> {
    let text = format!(
        "SOSIAALITOIMI                          Kirjaus {number}\r\n\r\nAsiakas kertoi äidistään <ja> työstä.\r\n\x1a"
    );
    dos(&text)
}

/// As browsers of then took it and XML does not.
fn html(paper: &Paper, number: u32) -> String {
    let (kind, _) = TYPES[paper.kind];
    format!(
        "<HTML><HEAD><META http-equiv=Content-Type content=\"text/html; charset=utf-8\"><TITLE>{kind}</TITLE>\n\
         </HEAD><BODY bgcolor=white onload=tulosta()><H1>{kind}</H1>\n\
         <P>Kirjaus {number}. Asiakas kertoi &auml;idist&auml;&auml;n.<BR>Sovittiin tapaamisesta.\n<P>Toinen kappale"
    )
}

/// What a letter says.
const fn letter(mark: &str) -> [&str; 3] {
    [mark, "Asiakas kertoi äidistään ja työstään.", "Sovittiin seuraavasta tapaamisesta."]
}

fn marked(number: u32) -> String {
    format!("Kirjaus {number}")
}

/// A photograph with the document's number as its comment.
fn photograph(number: u32) -> Vec<u8> {
    let comment = format!("ASIAKIRJA-{number:010}");
    let (start, rest) = PHOTOGRAPH.split_at(2);
    let length = u8::try_from(comment.len() + 2).expect("the comment is short");
    [start, &[0xFF, 0xFE, 0, length], comment.as_bytes(), rest].concat()
}

/// A page as systems of that time printed them.
fn page(title: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"fi\">\
         <head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}

fn planted(paper: &Paper) -> Option<Vec<u8>> {
    paper.plants.iter().find_map(|plant| match plant {
        Plant::EmptyFile => Some(Vec::new()),
        Plant::BrokenFile => {
            Some(format!("%PDF-1.4\n%âãÏÓ\n{} katkesi", paper.number).into_bytes())
        }
        // The beginning of what older word processors wrote.
        Plant::OtherKind => {
            let mark = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
            Some([&mark[..], format!("{:010}", paper.number).as_bytes()].concat())
        }
        Plant::BrokenScan if paper.number.is_multiple_of(3) => {
            let mut broken = letters::docx(&letter(&marked(paper.number)), false);
            broken.truncate(broken.len() * 2 / 3);
            Some(broken)
        }
        Plant::BrokenScan => {
            let mut broken = photograph(paper.number);
            broken.truncate(broken.len() * 2 / 3);
            Some(broken)
        }
        Plant::OutsidePicture if paper.number.is_multiple_of(3) => {
            let (mark, even) = (marked(paper.number), paper.number.is_multiple_of(2));
            let make = if even { letters::docx } else { letters::rtf };
            Some(make(&letter(&mark), true))
        }
        Plant::OutsidePicture => {
            Some(html(paper, paper.number).replace("<BR>", "<IMG src=kuva.jpg>").into_bytes())
        }
        _ => None,
    })
}
