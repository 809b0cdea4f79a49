//! What a letter says and shows, as this program reads it.

use unicode_normalization::UnicodeNormalization;

/// A letter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// Its text, from the first word to the last.
    pub(super) text: Vec<Piece>,
    /// What stands at the head of pages; each at the head of one at least.
    pub(super) heads: Vec<Vec<Piece>>,
    /// The same at their foot.
    pub(super) feet: Vec<Vec<Piece>>,
    /// The pictures in the text, by width and height.
    pub(super) pictures: Vec<(u32, u32)>,
    /// The pictures at heads and feet, each on one page at least.
    pub(super) repeated: Vec<(u32, u32)>,
    /// What is said of pictures for those who do not see them.
    pub(super) texts_of_pictures: Vec<String>,
    /// What is left out of what is made: nothing that is content.
    pub(super) left_out: Vec<String>,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Text(String),
    /// The number of the page.
    Page,
    /// The number of all pages.
    Pages,
    /// The dot before a line of a list.
    Bullet,
}

impl Piece {
    /// A bullet of a font, where it is one that is known to come out.
    pub(super) fn bullet(text: &str, font: &str) -> Option<Self> {
        let font = font.to_lowercase();
        match text {
            "\u{b7}" | "\u{f0b7}" if font == "symbol" => Some(Self::Bullet),
            "•" | "–" | "-" | "o" | "*" if !PICTURE_FONTS.iter().any(|one| font.contains(one)) => {
                Some(Self::Text(text.to_owned()))
            }
            _ => None,
        }
    }
}

/// Fonts whose signs are pictures: what stands for them elsewhere is another sign.
pub(super) const PICTURE_FONTS: [&str; 13] = [
    "wingdings",
    "webdings",
    "symbol",
    "dingbat",
    "zapf",
    "marlett",
    "sorts",
    "barcode",
    "code 39",
    "code 128",
    "3 of 9",
    "3of9",
    "idautomation",
];
/// The signs that a dot before a line of a list may be.
const DOTS: [char; 3] = ['\u{b7}', '\u{f0b7}', '•'];

/// In place of a dot.
const DOT: char = '\u{10fffd}';

/// A text without what setting it in lines may change: spaces, hyphens, capitals that are shown for small letters, and
/// signs that one font has as one and another as two.
fn folded(text: &str) -> String {
    let kept = |sign: &char| {
        !sign.is_whitespace()
            && !matches!(
                sign,
                '-' | '\u{ad}' | '\u{2010}' | '\u{2011}' | '\u{200b}'..='\u{200d}' | '\u{feff}'
            )
    };
    text.nfkc().filter(kept).flat_map(char::to_lowercase).collect()
}

/// What a row of pieces shows on a page.
fn shown(pieces: &[Piece], page: usize, pages: usize) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(own) => text.push_str(own),
            Piece::Page => text.push_str(&page.to_string()),
            Piece::Pages => text.push_str(&pages.to_string()),
            Piece::Bullet => text.push(DOT),
        }
    }
    folded(&text)
}

/// Whether a text is the one that was wanted.
fn is_same(wanted: &str, text: &str) -> bool {
    let mut signs = text.chars();
    wanted.chars().all(|one| {
        signs.next().is_some_and(|other| one == other || (one == DOT && DOTS.contains(&other)))
    }) && signs.next().is_none()
}

impl Letter {
    /// Notes that something is left out that is no content.
    pub(super) fn leaves_out(&mut self, what: &str) {
        if !self.left_out.iter().any(|known| known == what) {
            self.left_out.push(what.to_owned());
        }
    }

    /// Whether every sign is one that each machine has a font for: what a font does not have comes out as an empty box.
    pub(super) fn is_of_sure_signs(&self) -> bool {
        let all = self.heads.iter().chain(&self.feet).chain([&self.text]).flatten();
        let mut texts = all.filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            _ => None,
        });
        texts.all(|text| text.chars().all(is_sure))
    }

    /// Whether pages have the words of the letter in their order, all of them and no others.
    pub(super) fn has_words_of(&self, pages: &[String]) -> bool {
        // A page break ends the last page too.
        let pages = match pages {
            [pages @ .., last] if last.is_empty() => pages,
            pages => pages,
        };
        let (mut heads, mut feet) = (vec![false; self.heads.len()], vec![false; self.feet.len()]);
        let mut text = String::new();
        for (at, page) in pages.iter().enumerate() {
            let page = folded(page);
            let mut rest = page.as_str();
            let shows = |pieces: &Vec<Piece>| shown(pieces, at + 1, pages.len());
            let found = longest(self.heads.iter().map(shows), |head| rest.starts_with(head));
            if let Some((which, head)) = found {
                heads[which] = true;
                rest = rest.strip_prefix(head.as_str()).unwrap_or(rest);
            }
            let found = longest(self.feet.iter().map(shows), |foot| rest.ends_with(foot));
            if let Some((which, foot)) = found {
                feet[which] = true;
                rest = rest.strip_suffix(foot.as_str()).unwrap_or(rest);
            }
            text.push_str(rest);
        }
        let all_seen = |seen: &[bool], all: &[Vec<Piece>]| {
            seen.iter().zip(all).all(|(seen, one)| *seen || shown(one, 1, 1).is_empty())
        };
        is_same(&shown(&self.text, 0, 0), &text)
            && all_seen(&heads, &self.heads)
            && all_seen(&feet, &self.feet)
    }

    /// Whether the pictures of pages, a line each, are those of the letter.
    pub(super) fn has_pictures_of(&self, lines: &[String]) -> bool {
        let mut found: Vec<(u32, u32)> = lines.iter().filter_map(|line| size_in(line)).collect();
        let on_pages = found.len();
        let all = self.pictures.iter().chain(&self.repeated);
        for size in all {
            match found.iter().position(|one| one == size) {
                Some(at) => found.swap_remove(at),
                None => return false,
            };
        }
        // What is left over stands at heads and feet again.
        on_pages >= self.pictures.len() && found.iter().all(|size| self.repeated.contains(size))
    }
}

/// Whether a sign is a letter or a sign of Latin, Greek or Cyrillic script.
const fn is_sure(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{386}'..='\u{3ce}' | '\u{400}'..='\u{45f}'
        | '\u{1e00}'..='\u{1eff}' | '‐'..='‧' | '‰'..='›' | '€' | '™' | '−')
}

/// The longest of some texts that fits, with its place.
fn longest(
    texts: impl Iterator<Item = String>,
    fits: impl Fn(&str) -> bool,
) -> Option<(usize, String)> {
    texts.enumerate().filter(|(_, text)| fits(text)).max_by_key(|(_, text)| text.len())
}

/// The width and height of a picture in a line of page, form, width and height; `None` of a mask that belongs to one.
fn size_in(line: &str) -> Option<(u32, u32)> {
    let mut columns = line.split(' ');
    (columns.nth(1)? == "image").then_some(())?;
    Some((columns.next()?.parse().ok()?, columns.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    /// OLD-9: the pages of a letter have its words, all of them, once and in their order; heads and feet come again.
    #[test]
    fn pages_have_the_words_of_a_letter() {
        let letter = Letter {
            text: vec![
                text("Päätös toimeen\u{ad}tulotuesta. Asia-"),
                text("kas"),
                Piece::Bullet,
                text("ofﬁce"),
            ],
            heads: vec![vec![text("Kunta")], vec![text("Kunnan toimisto")], vec![]],
            feet: vec![vec![text("Sivu "), Piece::Page, text("/"), Piece::Pages]],
            ..Letter::default()
        };
        let first = "Kunta Päätös TOIMEENtulo- tuesta. Sivu 1/2";
        let pages = |second: &str| letter.has_words_of(&[first, second, ""].map(str::to_owned));
        assert!(pages("Kunnan toimisto Asiakas • office Sivu 2/2"));
        for (second, why) in [
            ("Kunnan toimisto Asiakas • Sivu 2/2", "a word is lost"),
            ("Kunnan toimisto Asiakas • office tänään Sivu 2/2", "a word is new"),
            ("Kunnan toimisto office • Asiakas Sivu 2/2", "another order"),
            ("Kunnan toimisto Asiakas office Sivu 2/2", "a bullet is lost"),
            ("Kunta Asiakas • office Sivu 2/2", "a head is never seen"),
            ("Kunnan toimisto Asiakas • office Sivu 2/3", "other pages"),
            ("Kunnan toimisto Asiakas • office", "a foot is lost from a page, but not from all"),
        ] {
            assert_eq!(pages(second), why.contains("not from all"), "{why}");
        }
    }

    /// OLD-9: the pictures of a letter are there, as large as they were.
    #[test]
    fn pages_have_the_pictures_of_a_letter() {
        let letter =
            Letter { pictures: vec![(8, 6)], repeated: vec![(20, 10)], ..Letter::default() };
        let has = |lines: &[&str]| {
            letter.has_pictures_of(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>())
        };
        assert!(has(&["1 image 8 6", "1 smask 8 6", "1 image 20 10", "2 image 20 10"]));
        assert!(!has(&["1 image 20 10", "2 image 20 10"]));
        assert!(!has(&["1 image 8 6"]));
        assert!(!has(&["1 image 4 3", "1 image 20 10"]));
        assert!(!has(&["1 image 8 6", "1 image 20 10", "1 image 9 9"]));
    }
}
