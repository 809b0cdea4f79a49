//! The tokens of PDF text, of objects and of content streams alike.

use std::borrow::Cow;

/// One token, as it stands in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'b> {
    /// A literal string with its parentheses.
    Text(&'b [u8]),
    /// A hexadecimal string without its brackets.
    Hex(&'b [u8]),
    /// A name without its slash.
    Name(&'b [u8]),
    /// A number or a word.
    Word(&'b [u8]),
    /// `<<`, `>>`, `[`, `]`, `{` or `}`.
    Open,
    /// The end of an array.
    Close,
    /// The beginning of a dictionary.
    DictionaryOpen,
    /// The end of a dictionary.
    DictionaryClose,
    /// A brace or a bracket that closes nothing.
    Other,
}

/// Reads tokens one after another.
pub(super) struct Lexer<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

/// What ends a word: 1 for space, 2 for a delimiter.
const ENDS: [u8; 256] = {
    let mut ends = [0; 256];
    let (space, delimiters) = (b"\0\t\n\x0c\r ", b"()<>[]{}/%");
    let mut at = 0;
    while at < space.len() {
        ends[space[at] as usize] = 1;
        at += 1;
    }
    at = 0;
    while at < delimiters.len() {
        ends[delimiters[at] as usize] = 2;
        at += 1;
    }
    ends
};

pub(super) fn is_space(byte: u8) -> bool {
    ENDS[usize::from(byte)] == 1
}

pub(super) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

pub(super) fn is_delimiter(byte: u8) -> bool {
    ENDS[usize::from(byte)] == 2
}

/// Whether a byte is neither space nor a delimiter.
pub(super) fn is_regular(byte: u8) -> bool {
    ENDS[usize::from(byte)] == 0
}

impl<'b> Lexer<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at: at.min(bytes.len()) }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'b [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Skips space and comments.
    pub(super) fn skip_space(&mut self) {
        loop {
            self.take_while(is_space);
            if self.bytes.get(self.at) != Some(&b'%') {
                return;
            }
            self.take_while(|byte| !is_line_end(byte));
        }
    }

    /// A literal text: parentheses in it are balanced or escaped.
    fn text(&mut self) -> &'b [u8] {
        let start = self.at;
        let mut open = 0_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at = (self.at + 1).min(self.bytes.len()),
                b'(' => open += 1,
                b')' => open -= 1,
                _ => (),
            }
            if open == 0 {
                break;
            }
        }
        &self.bytes[start..self.at]
    }

    fn hex(&mut self) -> &'b [u8] {
        self.at += 1;
        let inside = self.take_while(|byte| byte != b'>');
        self.at = (self.at + 1).min(self.bytes.len());
        inside
    }
}

impl<'b> Iterator for Lexer<'b> {
    type Item = Token<'b>;

    fn next(&mut self) -> Option<Token<'b>> {
        self.skip_space();
        let byte = *self.bytes.get(self.at)?;
        let follows = |text: &[u8]| self.bytes[self.at..].starts_with(text);
        let (length, token) = match byte {
            b'(' => return Some(Token::Text(self.text())),
            b'<' if follows(b"<<") => (2, Token::DictionaryOpen),
            b'<' => return Some(Token::Hex(self.hex())),
            b'>' if follows(b">>") => (2, Token::DictionaryClose),
            b'[' => (1, Token::Open),
            b']' => (1, Token::Close),
            b'/' => {
                self.at += 1;
                let name = self.take_while(is_regular);
                return Some(Token::Name(name));
            }
            byte if is_delimiter(byte) => (1, Token::Other),
            _ => {
                let word = self.take_while(is_regular);
                return Some(Token::Word(word));
            }
        };
        self.at += length;
        Some(token)
    }
}

/// The bytes that a literal string stands for.
pub(super) fn text_value(raw: &[u8]) -> Cow<'_, [u8]> {
    let inside = raw.strip_prefix(b"(").unwrap_or(raw);
    let inside = inside.strip_suffix(b")").unwrap_or(inside);
    if !inside.contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    let mut value = Vec::with_capacity(inside.len());
    let mut rest = inside;
    loop {
        match rest {
            [b'\\', after @ ..] => rest = escaped(after, &mut value),
            [byte, after @ ..] => {
                value.push(*byte);
                rest = after;
            }
            [] => break,
        }
    }
    Cow::Owned(value)
}

/// Takes what a backslash in a literal string stands for; answers what follows.
fn escaped<'b>(after: &'b [u8], value: &mut Vec<u8>) -> &'b [u8] {
    let (byte, rest) = match after {
        // Three digits first: they are what texts of composite fonts are full of.
        [a @ b'0'..=b'7', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
            (((a & 3) << 6) | ((b & 7) << 3) | (c & 7), rest)
        }
        [a @ b'0'..=b'7', b @ b'0'..=b'7', rest @ ..] => (((a & 7) << 3) | (b & 7), rest),
        [a @ b'0'..=b'7', rest @ ..] => (a & 7, rest),
        [b'n', rest @ ..] => (b'\n', rest),
        [b'r', rest @ ..] => (b'\r', rest),
        [b't', rest @ ..] => (b'\t', rest),
        [b'b', rest @ ..] => (8, rest),
        [b'f', rest @ ..] => (12, rest),
        // The end of a line is passed over.
        [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => return rest,
        [other, rest @ ..] => (*other, rest),
        [] => return after,
    };
    value.push(byte);
    rest
}

/// The bytes that a hexadecimal string stands for; what is no digit is passed over.
pub(super) fn hex_value(inside: &[u8]) -> Vec<u8> {
    let mut digits = inside
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok());
    let mut value = Vec::with_capacity(inside.len().div_ceil(2));
    while let Some(high) = digits.next() {
        value.push(high * 16 + digits.next().unwrap_or(0));
    }
    value
}

/// How many bytes a name has once its escapes are read, and which.
pub(super) fn name_value(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'#') {
        return Cow::Borrowed(raw);
    }
    let mut value = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let digit = |at: usize| raw.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (raw[at], digit(at + 1), digit(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                value.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                value.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(value)
}

/// A number, when the word is one.
pub(super) fn number(word: &[u8]) -> Option<f64> {
    if !word.first().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.')) {
        return None;
    }
    if let Some(number) = plain_number(word) {
        return Some(number);
    }
    let digits = word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
    if !digits || !word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A number of few digits; `None` for every other word, be it a number or not.
fn plain_number(word: &[u8]) -> Option<f64> {
    /// As many digits as are told exactly, and the powers of ten that divide them.
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let (minus, unsigned) = match word {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    if unsigned.len() > POWERS.len() {
        return None;
    }
    let (mut digits, mut value, mut places) = (0, 0_u32, None);
    for byte in unsigned {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                value = value.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
                places = places.map(|places| places + 1);
            }
            b'.' if places.is_none() => places = Some(0_usize),
            _ => return None,
        }
    }
    // Both are exact, so what they divide to is the number nearest to what is written.
    let size = f64::from(value) / POWERS[places.unwrap_or(0)];
    (digits > 0).then_some(if minus { -size } else { size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_read_as_the_standard_spells_them() {
        let text = b"<< /A#20B (a\\)(b)\\101) % no\n[<4 1>] 12 -.5 >> obj";
        let tokens: Vec<Token> = Lexer::new(text, 0).collect();
        assert_eq!(
            tokens,
            [
                Token::DictionaryOpen,
                Token::Name(b"A#20B"),
                Token::Text(b"(a\\)(b)\\101)"),
                Token::Open,
                Token::Hex(b"4 1"),
                Token::Close,
                Token::Word(b"12"),
                Token::Word(b"-.5"),
                Token::DictionaryClose,
                Token::Word(b"obj"),
            ]
        );
        assert_eq!(*text_value(b"(a\\)(b)\\101\\\n)"), *b"a)(b)A");
        assert_eq!(*text_value(b"(\\1a\\12\\7771\\\r\n\\\ra\\q\\)"), *b"\x01a\x0a\xff1aq");
        assert_eq!(hex_value(b"4 1 5"), b"AP");
        assert_eq!(*name_value(b"A#20B#"), *b"A B#");
        assert_eq!((number(b"-.5"), number(b"+"), number(b"1e5")), (Some(-0.5), None, None));
    }

    proptest! {
        /// The short way reads what the long way reads.
        #[test]
        fn a_number_is_the_nearest_to_what_is_written(word in "[+-]?[0-9]{0,7}[.]?[0-9]{0,7}") {
            let told = word.parse::<f64>().ok().map(f64::to_bits);
            prop_assert_eq!(number(word.as_bytes()).map(f64::to_bits), told);
        }
    }

    #[test]
    fn a_text_that_breaks_off_ends() {
        assert_eq!(Lexer::new(b"(a (b) \\", 0).count(), 1);
        assert_eq!(Lexer::new(b"<41", 0).count(), 1);
        assert_eq!(Lexer::new(b">", 0).count(), 1);
    }
}
