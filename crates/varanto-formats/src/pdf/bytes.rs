//! How the file is spelt: its header, its end, its cross-references, and each object as it stands.

use lopdf::xref::XrefEntry;
use lopdf::{Document, Object};
use memchr::memmem;

use super::clauses as c;
use super::lexer::{self, Lexer, Token, is_line_end, is_space};
use super::report::Report;

/// The most cross-reference sections followed.
const MAX_SECTIONS: usize = 64;

/// Judges the spelling of a file that was read.
pub(super) fn check(bytes: &[u8], document: &Document, report: &mut Report) {
    check_header(bytes, report);
    check_end(bytes, report);
    check_sections(bytes, document.xref_start, document.linearization.is_some(), report);
    let mut offsets: Vec<(u32, usize)> = document
        .reference_table
        .entries
        .iter()
        .filter_map(|(id, entry)| match entry {
            XrefEntry::Normal { offset, .. } => Some((*id, *offset as usize)),
            _ => None,
        })
        .collect();
    offsets.sort_by_key(|(_, offset)| *offset);
    offsets.dedup();
    let mut looked = 0;
    for (id, offset) in offsets {
        // Entries may overlap in a hostile file; then each byte is looked at a few times, no more.
        if looked > bytes.len().saturating_mul(2) {
            report.complete = false;
            break;
        }
        looked += IndirectObject { bytes, id, document: Some(document) }.check(offset, report);
    }
    if document.objects.len() > 8_388_607 {
        report.add(&c::LIMIT_OBJECTS, None, document.objects.len().to_string());
    }
}

/// Judges the spelling of a file that could not be read: every object that seems to begin.
pub(super) fn check_unread(bytes: &[u8], report: &mut Report) {
    check_header(bytes, report);
    check_end(bytes, report);
    if let Some(start) = told_start(bytes) {
        check_sections(bytes, start, false, report);
    }
    let mut from = 0;
    while let Some(found) = find(bytes, b" obj", from) {
        from = found + 4;
        let is_number = |byte: &u8| byte.is_ascii_digit();
        let before = bytes[..found].iter().rposition(|byte| !is_number(byte));
        let Some(space) = before.filter(|at| bytes[*at] == b' ' && at + 1 < found) else {
            continue;
        };
        let start = bytes[..space].iter().rposition(|byte| !is_number(byte)).map_or(0, |at| at + 1);
        let id = std::str::from_utf8(&bytes[start..space]).ok().and_then(|id| id.parse().ok());
        let Some(id) = id else { continue };
        from = start + IndirectObject { bytes, id, document: None }.check(start, report).max(4);
        from = from.max(found + 4);
    }
}

fn find(bytes: &[u8], text: &[u8], from: usize) -> Option<usize> {
    memmem::find(bytes.get(from..)?, text).map(|at| at + from)
}

fn check_header(bytes: &[u8], report: &mut Report) {
    let end = bytes.iter().take(64).position(|byte| is_line_end(*byte));
    let line = &bytes[..end.unwrap_or(0)];
    let version = line.strip_prefix(b"%PDF-1.").unwrap_or_default();
    let known = match (report.flavour.part, version) {
        (1, [digit]) => digit.is_ascii_digit(),
        (_, [digit]) => (b'0'..=b'7').contains(digit),
        _ => false,
    };
    if !known {
        report.add(&c::FILE_HEADER, None, "another first line");
    }
    let mut next = end.unwrap_or(bytes.len());
    next += if bytes[next..].starts_with(b"\r\n") { 2 } else { 1 };
    let comment = bytes.get(next..next + 5).unwrap_or_default();
    let is_binary = comment.first() == Some(&b'%') && comment[1..].iter().all(|byte| *byte > 127);
    if !is_binary {
        report.add(&c::BINARY_COMMENT, None, "another second line");
    }
}

fn check_end(bytes: &[u8], report: &mut Report) {
    let Some(end) = memmem::rfind(bytes, b"%%EOF") else { return };
    if !matches!(&bytes[end + 5..], b"" | b"\n" | b"\r" | b"\r\n") {
        report.add(&c::AFTER_END, None, "more bytes");
    }
}

/// Where the file says that its last cross-reference section begins.
fn told_start(bytes: &[u8]) -> Option<usize> {
    let word = b"startxref";
    let at = memmem::rfind(bytes, word)?;
    match Lexer::new(bytes, at + word.len()).next() {
        Some(Token::Word(start)) => std::str::from_utf8(start).ok()?.parse().ok(),
        _ => None,
    }
}

/// Follows the cross-reference sections from the last one back.
fn check_sections(bytes: &[u8], last: usize, linearized: bool, report: &mut Report) {
    let mut waiting = vec![last];
    let mut seen = Vec::new();
    let mut identifiers = Vec::new();
    while let Some(start) = waiting.pop() {
        if start >= bytes.len() || seen.contains(&start) || seen.len() >= MAX_SECTIONS {
            continue;
        }
        seen.push(start);
        let mut lexer = Lexer::new(bytes, start);
        lexer.skip_space();
        if !bytes[lexer.at..].starts_with(b"xref") {
            report.add(&c::XREF_STREAM, None, "a cross-reference stream");
            continue;
        }
        let (trailer, spacing) = section(bytes, lexer.at + 4);
        if !spacing {
            report.add(&c::XREF_SPACING, None, "other spacing");
        }
        let Some(trailer) = trailer else { continue };
        identifiers.extend(trailer_identifiers(bytes, trailer));
        let entries = trailer_numbers(bytes, trailer);
        if entries.iter().any(|(key, _)| *key == b"XRefStm") {
            report.add(&c::XREF_STREAM, None, "XRefStm in a trailer");
        }
        waiting.extend(entries.iter().filter(|(key, _)| *key == b"Prev").map(|(_, at)| *at));
    }
    identifiers.dedup();
    if linearized && identifiers.len() > 1 {
        report.add(&c::LINEARIZED_ID, None, "another ID");
    }
}

/// The identifiers of a trailer, as they are spelt.
fn trailer_identifiers(bytes: &[u8], at: usize) -> Option<Vec<Vec<u8>>> {
    let mut lexer = Lexer::new(bytes, at);
    let mut tokens = lexer.by_ref().take(1000);
    tokens.find(|token| *token == Token::Name(b"ID"))?;
    let strings = tokens.skip(1).take_while(|token| *token != Token::Close);
    let values = strings.filter_map(|token| match token {
        Token::Hex(inside) => Some(lexer::hex_value(inside)),
        Token::Text(raw) => Some(lexer::text_value(raw).into_owned()),
        _ => None,
    });
    Some(values.collect())
}

/// Where a section's trailer begins, and whether its lines are spaced as they should be.
fn section(bytes: &[u8], mut at: usize) -> (Option<usize>, bool) {
    let mut sound = match &bytes[at..] {
        [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => {
            rest.first().is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    };
    loop {
        let mut lexer = Lexer::new(bytes, at);
        lexer.skip_space();
        let start = lexer.at;
        let (Some(Token::Word(first)), Some(Token::Word(count))) = (lexer.next(), lexer.next())
        else {
            return (None, sound);
        };
        if first == b"trailer" {
            return (Some(start + 7), sound);
        }
        let count_at = start + first.len() + 1;
        let plain = bytes.get(count_at - 1) == Some(&b' ')
            && bytes[count_at..].starts_with(count)
            && bytes.get(count_at + count.len()).is_some_and(|byte| is_space(*byte));
        sound &= plain;
        let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<usize>().ok());
        let Some(count) = count else { return (None, sound) };
        lexer.skip_space();
        let Some(end) = count.checked_mul(20).and_then(|length| lexer.at.checked_add(length))
        else {
            return (None, sound);
        };
        // Entries are twenty bytes each; a writer that counts otherwise is found by its trailer.
        at = if end <= bytes.len() && entry_like(&bytes[lexer.at..]) {
            end
        } else {
            match find(bytes, b"trailer", lexer.at) {
                Some(trailer) => return (Some(trailer + 7), sound),
                None => return (None, sound),
            }
        };
    }
}

fn entry_like(bytes: &[u8]) -> bool {
    let line = bytes.get(..20).unwrap_or_default();
    line.is_empty()
        || (line.iter().take(10).all(u8::is_ascii_digit) && line.get(10) == Some(&b' '))
        || bytes.starts_with(b"trailer")
}

/// The keys of a trailer that have a number.
fn trailer_numbers(bytes: &[u8], at: usize) -> Vec<(&[u8], usize)> {
    let mut found = Vec::new();
    let (mut depth, mut key) = (0, None);
    for token in Lexer::new(bytes, at) {
        match token {
            Token::DictionaryOpen => depth += 1,
            Token::DictionaryClose => depth -= 1,
            Token::Name(name) if depth == 1 => {
                key = Some(name);
                continue;
            }
            Token::Word(word) => {
                let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
                if let (Some(key), Some(number)) = (key, number) {
                    found.push((key, number));
                }
            }
            _ => (),
        }
        key = None;
        if depth <= 0 {
            break;
        }
    }
    found
}

struct IndirectObject<'b> {
    bytes: &'b [u8],
    id: u32,
    document: Option<&'b Document>,
}

impl IndirectObject<'_> {
    /// Judges the object at an offset; answers how many bytes it looked at.
    fn check(&self, offset: usize, report: &mut Report) -> usize {
        let mut lexer = Lexer::new(self.bytes, offset);
        lexer.skip_space();
        let start = lexer.at;
        let Some(content) = self.content_of(start) else { return lexer.at - offset.min(lexer.at) };
        let object = Some((self.id, 0));
        if start > 0 && !is_line_end(self.bytes[start - 1]) {
            report.add(&c::OBJECT_SPACING, object, "no end of line before the object");
        }
        let (after_numbers, single) = content;
        if !single {
            report.add(&c::OBJECT_SPACING, object, "other spacing between numbers and obj");
        }
        if !self.bytes.get(after_numbers).is_some_and(|byte| is_line_end(*byte)) {
            report.add(&c::OBJECT_SPACING, object, "no end of line after obj");
        }
        lexer.at = after_numbers;
        self.check_tokens(&mut lexer, report);
        lexer.at - start
    }

    /// Where the text after `obj` begins, and whether the numbers before it are singly spaced.
    fn content_of(&self, start: usize) -> Option<(usize, bool)> {
        let mut lexer = Lexer::new(self.bytes, start);
        let Some(Token::Word(number)) = lexer.next() else { return None };
        lexer.skip_space();
        let generation_at = lexer.at;
        let Some(Token::Word(generation)) = lexer.next() else { return None };
        lexer.skip_space();
        let word_at = lexer.at;
        let is_object = self.bytes.get(word_at..word_at + 3) == Some(b"obj");
        let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
        let single = generation_at == start + number.len() + 1
            && word_at == generation_at + generation.len() + 1;
        (is_object && digits(number) && digits(generation)).then_some((word_at + 3, single))
    }

    fn check_tokens(&self, lexer: &mut Lexer<'_>, report: &mut Report) {
        let object = Some((self.id, 0));
        let mut length = None;
        loop {
            lexer.skip_space();
            let at = lexer.at;
            let Some(token) = lexer.next() else { return };
            if token == Token::Name(b"Length") && self.document.is_none() {
                length = self.length_after(lexer.at);
            }
            match token {
                Token::Word(b"endobj") => {
                    let before = at > 0 && is_line_end(self.bytes[at - 1]);
                    let after = self.bytes.get(lexer.at).is_none_or(|byte| is_line_end(*byte));
                    if !before {
                        report.add(&c::OBJECT_SPACING, object, "no end of line before endobj");
                    }
                    if !after {
                        report.add(&c::OBJECT_SPACING, object, "no end of line after endobj");
                    }
                    return;
                }
                Token::Word(b"stream") => self.check_stream(lexer, length, report),
                Token::Word(b"obj" | b"xref" | b"trailer" | b"startxref") => return,
                token => check_token(token, object, report),
            }
        }
    }

    /// Judges where a stream begins and ends, and goes past it.
    fn check_stream(&self, lexer: &mut Lexer<'_>, written: Option<usize>, report: &mut Report) {
        let object = Some((self.id, 0));
        let data = match &self.bytes[lexer.at..] {
            [b'\r', b'\n', ..] => lexer.at + 2,
            [b'\n', ..] => lexer.at + 1,
            _ => {
                report.add(&c::STREAM_LINES, object, "no end of line after stream");
                lexer.at + usize::from(self.bytes.get(lexer.at) == Some(&b'\r'))
            }
        };
        let told = self.length().or(written).map(|length| data.saturating_add(length));
        let ends_at = |at: usize| match self.bytes.get(at..) {
            Some([b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..])
                if rest.starts_with(b"endstream") =>
            {
                Some(self.bytes.len() - rest.len())
            }
            Some(rest) if rest.starts_with(b"endstream") => Some(at),
            _ => None,
        };
        let end = match told {
            Some(told) => ends_at(told).or_else(|| {
                report.add(&c::STREAM_LENGTH, object, "another length");
                find(self.bytes, b"endstream", data)
            }),
            None => find(self.bytes, b"endstream", data),
        };
        let Some(end) = end else {
            lexer.at = self.bytes.len();
            return;
        };
        if end > 0 && !is_line_end(self.bytes[end - 1]) {
            report.add(&c::STREAM_LINES, object, "no end of line before endstream");
        }
        lexer.at = end + 9;
    }

    /// The length that is written out, or stands in an object of its own, in a file not read.
    fn length_after(&self, at: usize) -> Option<usize> {
        let mut lexer = Lexer::new(self.bytes, at);
        let number = |token| match token {
            Some(Token::Word(word)) => std::str::from_utf8(word).ok()?.parse::<usize>().ok(),
            _ => None,
        };
        let first = number(lexer.next())?;
        let generation = number(lexer.next());
        let (Some(generation), Some(Token::Word(b"R"))) = (generation, lexer.next()) else {
            return Some(first);
        };
        let head = format!("{first} {generation} obj");
        let mut from = 0;
        while let Some(found) = find(self.bytes, head.as_bytes(), from) {
            let alone = found == 0 || is_space(self.bytes[found - 1]);
            if alone {
                return number(Lexer::new(self.bytes, found + head.len()).next());
            }
            from = found + 1;
        }
        None
    }

    fn length(&self) -> Option<usize> {
        let document = self.document?;
        let mut objects = document.objects.range((self.id, 0)..=(self.id, u16::MAX));
        let (_, object) = objects.next()?;
        let length = object.as_stream().ok()?.dict.get_deref(b"Length", document).ok()?;
        usize::try_from(length.as_i64().ok()?).ok()
    }
}

/// Judges a string, a name or a number.
pub(super) fn check_token(token: Token<'_>, object: Option<lopdf::ObjectId>, report: &mut Report) {
    let most = if report.flavour.part == 1 { 65_535 } else { 32_767 };
    match token {
        Token::Hex(inside) => {
            let digits = inside.iter().filter(|byte| !is_space(**byte));
            if digits.clone().any(|byte| !byte.is_ascii_hexdigit()) {
                report.add(&c::HEX_STRING, object, "a character that is no digit");
            }
            if !digits.count().is_multiple_of(2) {
                report.add(&c::HEX_STRING, object, "an odd number of digits");
            }
            if inside.len() / 2 > most && lexer::hex_value(inside).len() > most {
                report.add(&c::LIMIT_STRING, object, "a longer string");
            }
        }
        Token::Text(raw) if raw.len() > most && lexer::text_value(raw).len() > most => {
            report.add(&c::LIMIT_STRING, object, "a longer string");
        }
        Token::Name(raw) if raw.len() > 127 && lexer::name_value(raw).len() > 127 => {
            report.add(&c::LIMIT_NAME, object, "a longer name");
        }
        Token::Word(word) => {
            if let Some(value) = lexer::number(word) {
                check_number(word, value, object, report);
            }
        }
        _ => (),
    }
}

/// Judges a number: how it is spelt, and what it is.
pub(super) fn check_number(
    word: &[u8],
    value: f64,
    object: Option<lopdf::ObjectId>,
    report: &mut Report,
) {
    if !word.contains(&b'.') {
        if !(-2_147_483_648.0..=2_147_483_647.0).contains(&value) {
            report.add(&c::LIMIT_INTEGER, object, "a larger integer");
        }
        return;
    }
    let size = value.abs();
    let (most, least) =
        if report.flavour.part == 1 { (32_767.0, 0.0) } else { (3.403e38, 1.175e-38) };
    if size > most {
        report.add(&c::LIMIT_REAL, object, "a larger number");
    }
    if size > 0.0 && size < least {
        report.add(&c::LIMIT_REAL, object, "a smaller number");
    }
}

/// Judges what stands in the streams of objects.
pub(super) fn check_object_stream(content: &[u8], report: &mut Report) {
    for token in Lexer::new(content, 0) {
        check_token(token, None, report);
    }
}

/// Judges the trailer.
pub(super) fn check_trailer(document: &Document, report: &mut Report) {
    let id = document.trailer.get_deref(b"ID", document).and_then(Object::as_array);
    let sound = id.is_ok_and(|id| {
        let text = |object: &Object| {
            let object = document.dereference(object).ok();
            object.and_then(|(_, object)| object.as_str().ok()).is_some_and(|id| !id.is_empty())
        };
        id.len() == 2 && id.iter().all(text)
    });
    if !sound {
        report.add(&c::FILE_ID, None, "no such ID");
    }
    if document.is_encrypted() || document.was_encrypted() {
        report.add(&c::ENCRYPTION, None, "encryption");
    }
}
