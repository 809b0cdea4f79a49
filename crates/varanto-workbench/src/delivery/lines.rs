//! Texts of old systems: in which encoding they are, and how they are read.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

use encoding_rs::WINDOWS_1252;
use encoding_rs_io::DecodeReaderBytesBuilder;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

/// How many bytes at the beginning of a file tell its encoding.
const BEGINNING: u64 = 1024 * 1024;

/// The encoding of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One that browsers read. ISO-8859-1 is Windows-1252 to them, of which it is a part.
    Web(&'static encoding_rs::Encoding),
    /// A code page of DOS, by its number.
    Dos(u16),
    /// The seven bits of Finland and Sweden (ISO 646 FI, SFS 4017, SEN 850200 annex B): braces for ä and å.
    SevenBits,
    /// The same with é and ü (SEN 850200 annex C).
    SevenBitsOfNames,
}

/// The code pages of DOS that no other name stands for.
const DOS: [u16; 16] =
    [437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 869];

/// The encodings that browsers know of; each has more labels than this name.
const WEB: [&str; 37] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-9",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "macintosh",
    "x-mac-cyrillic",
    "ibm866",
    "koi8-r",
    "koi8-u",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
];

/// What stands for other signs in seven bits. Source: ISO-IR 10 (SEN 850200 annex B).
const SEVEN_BITS: [(u8, char); 8] = [
    (b'$', '¤'),
    (b'[', 'Ä'),
    (b'\\', 'Ö'),
    (b']', 'Å'),
    (b'{', 'ä'),
    (b'|', 'ö'),
    (b'}', 'å'),
    (b'~', '‾'),
];
/// The others of the set for names. Source: ISO-IR 11 (SEN 850200 annex C).
const OF_NAMES: [(u8, char); 4] = [(b'@', 'É'), (b'^', 'Ü'), (b'`', 'é'), (b'~', 'ü')];

impl Encoding {
    /// UTF-8.
    pub const UTF_8: Self = Self::Web(encoding_rs::UTF_8);
    /// UTF-16, the low byte first.
    pub const UTF_16_LITTLE: Self = Self::Web(encoding_rs::UTF_16LE);
    /// UTF-16, the high byte first.
    pub const UTF_16_BIG: Self = Self::Web(encoding_rs::UTF_16BE);
    /// Windows-1252.
    pub const WINDOWS_1252: Self = Self::Web(encoding_rs::WINDOWS_1252);
    /// ISO-8859-15, Latin 9.
    pub const ISO_8859_15: Self = Self::Web(encoding_rs::ISO_8859_15);
    /// Code page 850, of DOS.
    pub const CODE_PAGE_850: Self = Self::Dos(850);

    /// Its name in a mapping file.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Web(encoding) => encoding.name().to_ascii_lowercase(),
            Self::Dos(page) => format!("cp{page}"),
            Self::SevenBits => "iso-646-fi".to_owned(),
            Self::SevenBitsOfNames => "sen-850200-c".to_owned(),
        }
    }

    /// The encoding of a name: a label of the web's, a code page of DOS, or one of seven bits.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "iso-646-fi" | "iso646-fi" | "iso-646-se" | "iso646-se" | "sen-850200-b"
            | "sen_850200_b" | "iso-ir-10" => return Some(Self::SevenBits),
            "sen-850200-c" | "sen_850200_c" | "iso646-se2" | "iso-ir-11" => {
                return Some(Self::SevenBitsOfNames);
            }
            "latin9" | "latin-9" => return Some(Self::ISO_8859_15),
            _ => {}
        }
        let number = ["cp", "ibm"].into_iter().find_map(|word| name.strip_prefix(word));
        let page = number.unwrap_or(&name).trim_start_matches(['-', '_']).parse();
        if let Ok(page) = page
            && DOS.contains(&page)
        {
            return Some(Self::Dos(page));
        }
        // What the web calls so has signs of everybody's own.
        encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())
            .filter(|encoding| *encoding != encoding_rs::X_USER_DEFINED)
            .map(Self::Web)
    }

    /// The names that are known, for whoever wrote another one.
    #[must_use]
    pub fn known() -> String {
        let dos = DOS.map(|page| Self::Dos(page).name());
        let seven = [Self::SevenBits.name(), Self::SevenBitsOfNames.name()];
        let web = WEB.map(str::to_owned);
        let all: Vec<String> = web.into_iter().chain(dos).chain(seven).collect();
        format!("{}, or another label that browsers know", all.join(", "))
    }

    /// Whether it writes letters as signs of ASCII.
    #[must_use]
    pub const fn is_of_seven_bits(self) -> bool {
        matches!(self, Self::SevenBits | Self::SevenBitsOfNames)
    }

    /// The bytes that ä, ö and å, large and small, are in it; none where a letter has several.
    pub(crate) fn letters(self) -> Vec<u8> {
        let is_letter = |byte: &u8| {
            let text = whole(&[*byte], self);
            let mut signs = text.chars();
            signs.next().is_some_and(|sign| "äöåÄÖÅ".contains(sign)) && signs.next().is_none()
        };
        (0..=u8::MAX).filter(is_letter).collect()
    }

    /// The encoding that the beginning of a text speaks for: by its mark, by being UTF-8, or by the bytes that
    /// Finnish letters are in Windows-1252 and in code page 850.
    #[must_use]
    pub fn guess(beginning: &[u8]) -> Self {
        match beginning {
            [0xEF, 0xBB, 0xBF, ..] => return Self::UTF_8,
            [0xFF, 0xFE, ..] => return Self::UTF_16_LITTLE,
            [0xFE, 0xFF, ..] => return Self::UTF_16_BIG,
            _ => {}
        }
        // A few letters that somebody pasted in from elsewhere do not make another encoding of a whole text; and where
        // a long one is cut off, a letter may be.
        let (mut letters, mut broken) = (0, 0);
        for chunk in beginning.utf8_chunks() {
            letters += chunk.valid().chars().filter(|sign| !sign.is_ascii()).count();
            broken += usize::from(!chunk.invalid().is_empty());
        }
        let cut_off = beginning.len() as u64 == BEGINNING && broken == 1;
        if broken == 0 || cut_off || letters > 10 * broken {
            return Self::UTF_8;
        }
        let count =
            |letters: [u8; 6]| beginning.iter().filter(|byte| letters.contains(byte)).count();
        // ä ö å Ä Ö Å
        let windows = count([0xE4, 0xF6, 0xE5, 0xC4, 0xD6, 0xC5]);
        let dos = count([0x84, 0x94, 0x86, 0x8E, 0x99, 0x8F]);
        if dos > windows { Self::CODE_PAGE_850 } else { Self::WINDOWS_1252 }
    }
}

/// So much of a text that its encoding and its form can be told from it.
///
/// # Errors
/// What the system says.
pub(super) fn beginning(text: impl Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    text.take(BEGINNING).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// A text as UTF-8. What its encoding has no letter for becomes `U+FFFD`, which the mapping refuses.
pub(super) fn as_utf8(text: Box<dyn Read + Send>, encoding: Encoding) -> Box<dyn Read + Send> {
    match encoding {
        Encoding::Web(known) => {
            let builder = &mut DecodeReaderBytesBuilder::new();
            Box::new(builder.encoding(Some(known)).strip_bom(true).build(text))
        }
        _ => Box::new(ByBytes { text, encoding, read: Vec::new(), at: 0 }),
    }
}

/// A whole text in an encoding.
///
/// # Errors
/// What the system says.
pub(crate) fn decoded(text: &[u8], encoding: Encoding) -> io::Result<String> {
    let mut whole = String::new();
    as_utf8(Box::new(io::Cursor::new(text.to_vec())), encoding).read_to_string(&mut whole)?;
    Ok(whole)
}

/// Bytes in an encoding, whole.
fn whole(bytes: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Web(known) => known.decode_without_bom_handling(bytes).0.into_owned(),
        Encoding::Dos(page) => {
            let table = DECODING_TABLE_CP_MAP.get(&page);
            let sign = |byte: &u8| table.and_then(|table| table.decode_char_checked(*byte));
            bytes.iter().map(|byte| sign(byte).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Encoding::SevenBits => bytes.iter().map(|byte| of_seven_bits(*byte, &[])).collect(),
        Encoding::SevenBitsOfNames => {
            bytes.iter().map(|byte| of_seven_bits(*byte, &OF_NAMES)).collect()
        }
    }
}

fn of_seven_bits(byte: u8, others: &[(u8, char)]) -> char {
    let known = others.iter().chain(&SEVEN_BITS).find(|(known, _)| *known == byte);
    match known {
        Some((_, sign)) => *sign,
        None if byte.is_ascii() => char::from(byte),
        None => char::REPLACEMENT_CHARACTER,
    }
}

/// A text in an encoding of one byte a sign, which no library of the web's encodings knows.
struct ByBytes {
    text: Box<dyn Read + Send>,
    encoding: Encoding,
    read: Vec<u8>,
    at: usize,
}

impl Read for ByBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.read.len() {
            let mut bytes = [0; 8192];
            let count = self.text.read(&mut bytes)?;
            self.read = whole(&bytes[..count], self.encoding).into_bytes();
            self.at = 0;
        }
        let given = buffer.len().min(self.read.len() - self.at);
        buffer[..given].copy_from_slice(&self.read[self.at..self.at + given]);
        self.at += given;
        Ok(given)
    }
}

/// Whether a text in Windows-1252 reads in ISO-8859-15 as well, and otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LatinNine {
    /// It has no sign that both have and mean otherwise, or some that ISO-8859-15 has not.
    No,
    /// It has such signs, and stands by itself with them as Windows-1252 has them: `´`.
    Perhaps,
    /// Such signs begin words, as Š and Ž do.
    Likely,
}

/// The bytes that Windows-1252 and ISO-8859-15 both have and mean otherwise: ¤ ¦ ¨ ´ ¸ ¼ ½ ¾, € Š š Ž ž Œ œ Ÿ.
const UNLIKE: [u8; 8] = [0xA4, 0xA6, 0xA8, 0xB4, 0xB8, 0xBC, 0xBD, 0xBE];

/// What a text in Windows-1252 would be in ISO-8859-15.
///
/// # Errors
/// What the system says.
pub(super) fn latin_nine(mut text: impl Read) -> io::Result<LatinNine> {
    let (mut found, mut before) = (LatinNine::No, 0);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = text.read(&mut piece)?;
        if count == 0 {
            return Ok(found);
        }
        for byte in &piece[..count] {
            match byte {
                // ISO-8859-15 has nothing there that a text would hold.
                0x80..=0x9F => return Ok(LatinNine::No),
                _ if matches!(before, 0xA6 | 0xA8 | 0xB8) && byte.is_ascii_alphabetic() => {
                    found = LatinNine::Likely;
                }
                _ if found == LatinNine::No && UNLIKE.contains(byte) => {
                    found = LatinNine::Perhaps;
                }
                _ => {}
            }
            before = *byte;
        }
    }
}

/// Whether a text writes braces within words, as seven bits write ä and å.
pub(super) fn has_braces_in_words(text: &str) -> bool {
    text.is_ascii()
        && text.as_bytes().windows(3).any(|three| {
            three[0].is_ascii_alphabetic()
                && matches!(three[1], b'{' | b'}')
                && three[2].is_ascii_alphabetic()
        })
}

/// The name of a file as text.
pub(super) fn name_of_file(name: &OsStr) -> String {
    name_of_bytes(name.as_bytes())
}

/// A name that is no UTF-8 was written in Windows-1252, or in code page 850, as Windows packs it.
pub(super) fn name_of_bytes(name: &[u8]) -> String {
    let name = match Encoding::guess(name) {
        dos @ Encoding::Dos(_) => whole(name, dos),
        utf_8 if utf_8 == Encoding::UTF_8 => String::from_utf8_lossy(name).into_owned(),
        _ => WINDOWS_1252.decode_without_bom_handling(name).0.into_owned(),
    };
    name.replace('\\', "/")
}
