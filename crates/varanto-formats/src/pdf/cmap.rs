//! Character maps of composite fonts (`CMap`): from the bytes of a text to characters, and from there to Unicode.

use super::lexer::{self, Lexer, Token};

/// The most ranges read of one map.
const MAX_RANGES: usize = 200_000;

/// A character map as it stands in a stream.
#[derive(Default, Debug)]
pub(super) struct CMap {
    /// Which codes there are: how many bytes, the lowest and the highest.
    codes: Vec<(usize, u32, u32)>,
    /// Characters of codes: length, lowest, highest, first character.
    characters: Vec<(usize, u32, u32, u32)>,
    /// Texts of codes: length, lowest, highest, the text of the lowest in UTF-16.
    texts: Vec<(usize, u32, u32, Vec<u16>)>,
    pub(super) vertical: Option<i64>,
    /// The map that this one goes on from.
    pub(super) base: Option<Vec<u8>>,
    pub(super) registry: Option<Vec<u8>>,
    pub(super) ordering: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Item {
    Code(Vec<u8>),
    Number(i64),
    Name(Vec<u8>),
    List(Vec<Vec<u8>>),
}

impl CMap {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut items: Vec<Item> = Vec::new();
        let mut list: Option<Vec<Vec<u8>>> = None;
        let mut ranges = 0;
        for token in Lexer::new(bytes, 0) {
            let item = match token {
                Token::Hex(inside) => Item::Code(lexer::hex_value(inside)),
                Token::Text(raw) => Item::Code(lexer::text_value(raw).into_owned()),
                Token::Name(raw) => Item::Name(lexer::name_value(raw).into_owned()),
                Token::Open => {
                    list = Some(Vec::new());
                    continue;
                }
                Token::Close => match list.take() {
                    Some(list) => Item::List(list),
                    None => continue,
                },
                Token::Word(word) => {
                    let Some(number) = lexer::number(word) else {
                        map.take(word, &items);
                        items.clear();
                        continue;
                    };
                    #[expect(clippy::cast_possible_truncation, reason = "codes are small")]
                    Item::Number(number as i64)
                }
                _ => continue,
            };
            match (&mut list, item) {
                (Some(list), Item::Code(code)) => list.push(code),
                (Some(_), _) => (),
                (None, item) => items.push(item),
            }
            ranges += 1;
            if ranges > 3 * MAX_RANGES {
                break;
            }
        }
        map.characters.sort_unstable();
        map.texts.sort_unstable();
        map
    }

    fn take(&mut self, operator: &[u8], items: &[Item]) {
        match operator {
            b"def" => self.define(items),
            b"usecmap" => {
                if let Some(Item::Name(name)) = items.last() {
                    self.base = Some(name.clone());
                }
            }
            b"endcodespacerange" => {
                for pair in items.chunks_exact(2) {
                    if let [Item::Code(low), Item::Code(high)] = pair {
                        self.codes.push((low.len(), code(low), code(high)));
                    }
                }
            }
            b"endcidrange" => {
                for three in items.chunks_exact(3) {
                    if let [Item::Code(low), Item::Code(high), Item::Number(first)] = three
                        && let Ok(first) = u32::try_from(*first)
                    {
                        self.characters.push((low.len(), code(low), code(high), first));
                    }
                }
            }
            b"endcidchar" => {
                for pair in items.chunks_exact(2) {
                    if let [Item::Code(one), Item::Number(first)] = pair
                        && let Ok(first) = u32::try_from(*first)
                    {
                        self.characters.push((one.len(), code(one), code(one), first));
                    }
                }
            }
            b"endbfchar" => {
                for pair in items.chunks_exact(2) {
                    if let [Item::Code(one), Item::Code(text)] = pair {
                        self.texts.push((one.len(), code(one), code(one), utf16(text)));
                    }
                }
            }
            b"endbfrange" => self.take_texts(items),
            _ => (),
        }
    }

    fn take_texts(&mut self, items: &[Item]) {
        for three in items.chunks_exact(3) {
            match three {
                [Item::Code(low), Item::Code(high), Item::Code(text)] => {
                    self.texts.push((low.len(), code(low), code(high), utf16(text)));
                }
                [Item::Code(low), Item::Code(_), Item::List(texts)] => {
                    for (one, text) in (code(low)..).zip(texts) {
                        self.texts.push((low.len(), one, one, utf16(text)));
                    }
                }
                _ => (),
            }
        }
    }

    fn define(&mut self, items: &[Item]) {
        for pair in items.windows(2) {
            match pair {
                [Item::Name(key), Item::Number(value)] if key == b"WMode" => {
                    self.vertical = Some(*value);
                }
                [Item::Name(key), Item::Code(value)] if key == b"Registry" => {
                    self.registry = Some(value.clone());
                }
                [Item::Name(key), Item::Code(value)] if key == b"Ordering" => {
                    self.ordering = Some(value.clone());
                }
                _ => (),
            }
        }
    }

    /// The code that a text begins with, and its length. The text is not empty.
    pub(super) fn first(&self, text: &[u8]) -> (usize, u32) {
        let fits = |length: &usize| {
            text.get(..*length).is_some_and(|bytes| {
                self.codes
                    .iter()
                    .any(|(of, low, high)| *of == *length && within(code(bytes), *low, *high, *of))
            })
        };
        let length = match self.codes.as_slice() {
            [] => 2,
            _ => (1..=4).find(fits).unwrap_or(1),
        };
        let length = length.min(text.len());
        (length, code(&text[..length]))
    }

    /// The character of a code.
    pub(super) fn character(&self, length: usize, code: u32) -> Option<u64> {
        let until = self.characters.partition_point(|one| (one.0, one.1) <= (length, code));
        let before = self.characters[..until].iter().rev().take(64);
        let mut before = before.filter(|one| one.0 == length && one.1 <= code && code <= one.2);
        before.next().map(|(_, low, _, first)| u64::from(*first) + u64::from(code - low))
    }

    /// The text of a code, in UTF-16.
    pub(super) fn text(&self, length: usize, code: u32) -> Option<Vec<u16>> {
        let of = |length: usize| {
            let until = self.texts.partition_point(|one| (one.0, one.1) <= (length, code));
            let before = self.texts[..until].iter().rev().take(64);
            let mut before = before.filter(|one| one.0 == length && one.1 <= code && code <= one.2);
            before.next().map(|(_, low, _, text)| {
                let mut text = text.clone();
                if let Some(last) = text.last_mut() {
                    *last = last.wrapping_add(u16::try_from(code - low).unwrap_or_default());
                }
                text
            })
        };
        // Writers spell codes of one byte with two, and the other way round.
        of(length).or_else(|| (1..=4).find_map(of))
    }
}

/// Whether each byte of a code lies between those of the lowest and the highest.
fn within(code: u32, low: u32, high: u32, length: usize) -> bool {
    (0..length).all(|at| {
        let byte = |of: u32| (of >> (8 * at)) & 0xff;
        (byte(low)..=byte(high)).contains(&byte(code))
    })
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| (code << 8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> Vec<u16> {
    match bytes {
        [one] => vec![u16::from(*one)],
        bytes => bytes
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_to_characters_and_texts() {
        let map = CMap::read(
            b"/WMode 1 def 2 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange\n\
              1 begincidrange <8000> <80ff> 65500 endcidrange 1 begincidchar <41> 7 endcidchar\n\
              1 beginbfrange <41> <43> <0061> endbfrange 1 beginbfchar <8001> <D83DDE00> endbfchar\n\
              1 beginbfrange <50> <51> [<0070> <0071>] endbfrange",
        );
        assert_eq!(map.vertical, Some(1));
        let text = b"A\x80\xffB";
        let found = [map.first(text), map.first(&text[1..]), map.first(&text[3..])];
        assert_eq!(found, [(1, 0x41), (2, 0x80ff), (1, 0x42)]);
        assert_eq!(map.character(1, 0x41), Some(7));
        assert_eq!(map.character(2, 0x80ff), Some(65_755));
        assert_eq!(map.character(1, 0x42), None);
        assert_eq!(map.text(1, 0x42), Some(vec![0x62]));
        assert_eq!(map.text(1, 0x51), Some(vec![0x71]));
        assert_eq!(map.text(2, 0x8001), Some(vec![0xd83d, 0xde00]));
    }
}
