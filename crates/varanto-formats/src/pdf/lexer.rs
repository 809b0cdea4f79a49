//! The tokens of PDF text, of objects and of content streams alike.

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

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

pub(super) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

pub(super) fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
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
                let name = self.take_while(|byte| !is_space(byte) && !is_delimiter(byte));
                return Some(Token::Name(name));
            }
            byte if is_delimiter(byte) => (1, Token::Other),
            _ => {
                let word = self.take_while(|byte| !is_space(byte) && !is_delimiter(byte));
                return Some(Token::Word(word));
            }
        };
        self.at += length;
        Some(token)
    }
}

/// The bytes that a literal string stands for.
pub(super) fn text_value(raw: &[u8]) -> Vec<u8> {
    let inside = raw.strip_prefix(b"(").unwrap_or(raw);
    let inside = inside.strip_suffix(b")").unwrap_or(inside);
    let mut value = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            value.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => value.push(b'\n'),
            Some(b'r') => value.push(b'\r'),
            Some(b't') => value.push(b'\t'),
            Some(b'b') => value.push(8),
            Some(b'f') => value.push(12),
            Some(b'\r') => drop(bytes.next_if_eq(&b'\n')),
            Some(b'\n') | None => (),
            Some(digit @ b'0'..=b'7') => {
                let mut code = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|byte| matches!(byte, b'0'..=b'7')) else {
                        break;
                    };
                    code = code * 8 + u32::from(next - b'0');
                }
                value.push(u8::try_from(code & 0xff).unwrap_or_default());
            }
            Some(other) => value.push(other),
        }
    }
    value
}

/// The bytes that a hexadecimal string stands for; what is no digit is passed over.
pub(super) fn hex_value(inside: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = inside
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair.get(1).copied().unwrap_or(0)).collect()
}

/// How many bytes a name has once its escapes are read, and which.
pub(super) fn name_value(raw: &[u8]) -> Vec<u8> {
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
    value
}

/// A number, when the word is one.
pub(super) fn number(word: &[u8]) -> Option<f64> {
    let digits = word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
    if !digits || !word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(text_value(b"(a\\)(b)\\101\\\n)"), b"a)(b)A");
        assert_eq!(hex_value(b"4 1 5"), b"AP");
        assert_eq!(name_value(b"A#20B#"), b"A B#");
        assert_eq!((number(b"-.5"), number(b"+"), number(b"1e5")), (Some(-0.5), None, None));
    }

    #[test]
    fn a_text_that_breaks_off_ends() {
        assert_eq!(Lexer::new(b"(a (b) \\", 0).count(), 1);
        assert_eq!(Lexer::new(b"<41", 0).count(), 1);
        assert_eq!(Lexer::new(b">", 0).count(), 1);
    }
}
