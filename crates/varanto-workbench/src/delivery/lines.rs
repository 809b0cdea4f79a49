//! Texts of old systems: in which encoding they are, and how they are read.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// How many bytes at the beginning of a file tell its encoding.
const BEGINNING: u64 = 1024 * 1024;

/// The encoding of a text file. ISO-8859-1 is read as Windows-1252, of which it is a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Little,
    /// UTF-16, the high byte first.
    Utf16Big,
    /// Windows-1252.
    Windows1252,
    /// Code page 850, of DOS.
    CodePage850,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Utf8, Self::Utf16Little, Self::Utf16Big, Self::Windows1252, Self::CodePage850];

    /// Its name in a mapping file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Little => "utf-16le",
            Self::Utf16Big => "utf-16be",
            Self::Windows1252 => "windows-1252",
            Self::CodePage850 => "cp850",
        }
    }

    /// The encoding of a name; `iso-8859-1` is another for Windows-1252.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "iso-8859-1" | "latin1" => Some(Self::Windows1252),
            _ => Self::ALL.into_iter().find(|encoding| encoding.name() == name),
        }
    }

    /// The encoding that the beginning of a text speaks for: by its mark, by being UTF-8, or by the bytes that
    /// Finnish letters are in Windows-1252 and in code page 850.
    #[must_use]
    pub fn guess(beginning: &[u8]) -> Self {
        match beginning {
            [0xEF, 0xBB, 0xBF, ..] => return Self::Utf8,
            [0xFF, 0xFE, ..] => return Self::Utf16Little,
            [0xFE, 0xFF, ..] => return Self::Utf16Big,
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
            return Self::Utf8;
        }
        let count =
            |letters: [u8; 6]| beginning.iter().filter(|byte| letters.contains(byte)).count();
        // ä ö å Ä Ö Å
        let windows = count([0xE4, 0xF6, 0xE5, 0xC4, 0xD6, 0xC5]);
        let dos = count([0x84, 0x94, 0x86, 0x8E, 0x99, 0x8F]);
        if dos > windows { Self::CodePage850 } else { Self::Windows1252 }
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
    let known = match encoding {
        Encoding::Utf8 => UTF_8,
        Encoding::Utf16Little => UTF_16LE,
        Encoding::Utf16Big => UTF_16BE,
        Encoding::Windows1252 => WINDOWS_1252,
        Encoding::CodePage850 => return Box::new(Dos { text, read: Vec::new(), at: 0 }),
    };
    Box::new(DecodeReaderBytesBuilder::new().encoding(Some(known)).strip_bom(true).build(text))
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

/// The upper half of code page 850.
const UPPER_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

fn dos(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte.checked_sub(128) {
        Some(upper) => UPPER_850.chars().nth(usize::from(upper)).unwrap_or('\u{fffd}'),
        None => char::from(*byte),
    };
    bytes.iter().map(letter).collect()
}

/// A text in code page 850, which no library of the web's encodings knows.
struct Dos {
    text: Box<dyn Read + Send>,
    read: Vec<u8>,
    at: usize,
}

impl Read for Dos {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.read.len() {
            let mut bytes = [0; 8192];
            let count = self.text.read(&mut bytes)?;
            self.read = dos(&bytes[..count]).into_bytes();
            self.at = 0;
        }
        let given = buffer.len().min(self.read.len() - self.at);
        buffer[..given].copy_from_slice(&self.read[self.at..self.at + given]);
        self.at += given;
        Ok(given)
    }
}

/// The name of a file as text.
pub(super) fn name_of_file(name: &OsStr) -> String {
    name_of_bytes(name.as_bytes())
}

/// A name that is no UTF-8 was written in Windows-1252, or in code page 850, as Windows packs it.
pub(super) fn name_of_bytes(name: &[u8]) -> String {
    let name = match Encoding::guess(name) {
        Encoding::CodePage850 => dos(name),
        Encoding::Utf8 => String::from_utf8_lossy(name).into_owned(),
        _ => WINDOWS_1252.decode_without_bom_handling(name).0.into_owned(),
    };
    name.replace('\\', "/")
}
