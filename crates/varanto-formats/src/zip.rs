//! Zip files whose entries are stored as they are, so that the same entries make the same bytes: without
//! compression, without times, names in one alphabet. What is read must be such a file to the last byte.
//!
//! Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; DIS-6.

/// One entry, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    name: String,
    bytes: u32,
    crc: u32,
}

/// The most entries that a file has: the format's own bound.
pub const MOST_ENTRIES: usize = u16::MAX as usize;
/// The most bytes of a file before its directory: the format's own bound.
pub const MOST_BYTES: u64 = u32::MAX as u64;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// The length of a local header before the name.
const LOCAL_BYTES: usize = 30;
/// Version 1.0 reads it; names are UTF-8; stored; midnight on the first day that the format knows.
const FIXED: [u8; 10] = [10, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];

impl Entry {
    /// The entry of data; `None` when its data or its name are longer than the format knows.
    #[must_use]
    pub fn of(name: &str, data: &[u8]) -> Option<Self> {
        let bytes = u32::try_from(data.len()).ok()?;
        u16::try_from(name.len()).ok()?;
        Some(Self { name: name.to_owned(), bytes, crc: crc(data) })
    }

    /// What stands before its data.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(LOCAL_BYTES + self.name.len());
        header.extend_from_slice(&LOCAL);
        self.common(&mut header);
        header.extend_from_slice(self.name.as_bytes());
        header
    }

    /// Fixed values, checksum, sizes, the name's length, and that nothing stands beside.
    fn common(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&FIXED);
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        let name = u16::try_from(self.name.len()).expect("looked at when the entry was made");
        out.extend_from_slice(&name.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
    }

    /// How long it is in the file, header and data.
    fn stored_bytes(&self) -> u64 {
        (LOCAL_BYTES + self.name.len()) as u64 + u64::from(self.bytes)
    }
}

/// The directory that ends a file with these entries in this order; `None` when they are more or longer than
/// the format knows.
#[must_use]
pub fn directory(entries: &[Entry]) -> Option<Vec<u8>> {
    let count = u16::try_from(entries.len()).ok()?;
    let (mut out, mut offset) = (Vec::new(), 0u64);
    for entry in entries {
        out.extend_from_slice(&CENTRAL);
        out.extend_from_slice(&[10, 0]);
        entry.common(&mut out);
        // No comment, the first disk, no attributes.
        out.extend_from_slice(&[0; 10]);
        out.extend_from_slice(&u32::try_from(offset).ok()?.to_le_bytes());
        out.extend_from_slice(entry.name.as_bytes());
        offset += entry.stored_bytes();
    }
    let bytes = u32::try_from(out.len()).ok()?;
    let offset = u32::try_from(offset).ok()?;
    out.extend_from_slice(&END);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&bytes.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    Some(out)
}

/// The entries of a file, each with its data, in order; `None` for bytes that are no such file: where a single
/// one is other than it was written.
#[must_use]
pub fn read(file: &[u8]) -> Option<Vec<(&str, &[u8])>> {
    let (mut found, mut entries) = (Vec::new(), Vec::new());
    let mut rest = file;
    while rest.starts_with(&LOCAL) {
        let number = |at: usize| rest.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let bytes = usize::try_from(number(18)?).ok()?;
        let name = usize::from(u16::from_le_bytes(rest.get(26..28)?.try_into().ok()?));
        let (header, after) = rest.split_at_checked(LOCAL_BYTES + name)?;
        let (data, after) = after.split_at_checked(bytes)?;
        let name = std::str::from_utf8(&header[LOCAL_BYTES..]).ok()?;
        let entry = Entry::of(name, data)?;
        if entry.header() != header {
            return None;
        }
        entries.push(entry);
        found.push((name, data));
        rest = after;
    }
    (directory(&entries)? == rest).then_some(found)
}

/// CRC-32 as zip files have it.
fn crc(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0u32; 256];
        let (mut at, mut number) = (0, 0u32);
        while at < 256 {
            let (mut value, mut bit) = (number, 0);
            while bit < 8 {
                value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[at] = value;
            at += 1;
            number += 1;
        }
        table
    };
    !data
        .iter()
        .fold(u32::MAX, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(of: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut out, mut entries) = (Vec::new(), Vec::new());
        for (name, data) in of {
            let entry = Entry::of(name, data).unwrap();
            out.extend(entry.header());
            out.extend_from_slice(data);
            entries.push(entry);
        }
        out.extend(directory(&entries).unwrap());
        out
    }

    const TWO: [(&str, &[u8]); 2] = [("asiakirjat/1.json", b"{}"), ("sisällys.txt", b"\x00\xff")];

    #[test]
    fn what_is_written_is_read_and_the_same_entries_make_the_same_bytes() {
        assert_eq!(read(&file(&TWO)).unwrap(), TWO);
        assert_eq!(file(&TWO), file(&TWO));
        assert_eq!(read(&file(&[])).unwrap(), []);
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
    }

    /// DIS-6: a single bit that is other than it was written is found, wherever it is.
    #[test]
    fn no_bit_of_a_file_changes_unseen() {
        let sound = file(&TWO);
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut changed = sound.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(read(&changed), None, "byte {at}, bit {bit}");
            }
        }
        for length in 0..sound.len() {
            assert_eq!(read(&sound[..length]), None, "{length} bytes");
        }
        assert_eq!(read(&[sound, vec![0]].concat()), None);
    }

    /// DIS-6: readers of others take the files.
    #[test]
    fn others_read_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.zip");
        std::fs::write(&path, file(&TWO)).unwrap();
        let script = "import sys, zipfile; f = zipfile.ZipFile(sys.argv[1]); \
            assert f.testzip() is None; print(','.join(f.namelist()), f.read('asiakirjat/1.json'))";
        let told = std::process::Command::new("python3").args(["-c", script]).arg(&path).output();
        let Ok(told) = told else {
            println!("skipped: python3 is missing");
            return;
        };
        let words = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(words.contains("sisällys.txt b'{}'"), "{told:?}");
    }
}
