//! Digital signatures, as far as part 2 says what they look like: which bytes they cover, and what they
//! are made of. Whether one holds is not judged here.

use lopdf::Dictionary;
use x509_parser::asn1_rs::{Any, Class, FromDer, Tag};

use super::clauses as c;
use super::lexer::is_space;
use super::objects::Objects;
use super::report::Report;

/// The most form fields looked through for signatures.
const MAX_FIELDS: usize = 100_000;

/// Judges every signature of the document.
pub(super) fn check(bytes: &[u8], objects: Objects<'_>, report: &mut Report) {
    for signature in signatures(objects) {
        if let Some(range) = objects.numbers_whole(signature, b"ByteRange")
            && !covers_all(bytes, &range)
        {
            report.add(&c::SIGNATURE_RANGE, None, "bytes that are left out");
        }
        let Some(content) = objects.string(signature, b"Contents") else { continue };
        // A length that is told at the end is not DER, but common, and readers take it.
        if content.get(1) == Some(&0x80) {
            continue;
        }
        match Signers::read(content) {
            Some(signers) if signers.count != 1 => {
                report.add(&c::SIGNATURE_FORM, None, format!("{} signers", signers.count));
            }
            Some(signers) if !signers.with_certificate => {
                report.add(&c::SIGNATURE_FORM, None, "no certificate");
            }
            Some(_) => (),
            None => report.add(&c::SIGNATURE_FORM, None, "no signed data in DER"),
        }
    }
}

/// How many signatures the document has.
pub(super) fn count(objects: Objects<'_>) -> usize {
    signatures(objects).len()
}

/// The signatures of fields and permissions, each once. A time stamp of a document is none.
fn signatures(objects: Objects<'_>) -> Vec<&Dictionary> {
    let Some(catalog) = objects.catalog() else { return Vec::new() };
    let mut found: Vec<&Dictionary> = Vec::new();
    if let Some(permissions) = objects.dictionary(catalog, b"Perms") {
        for key in [&b"DocMDP"[..], b"UR3"] {
            found.extend(objects.dictionary(permissions, key));
        }
    }
    let form = objects.dictionary(catalog, b"AcroForm");
    let mut waiting = form.map(|form| objects.dictionaries(form, b"Fields")).unwrap_or_default();
    let mut looked = 0;
    while let Some(field) = waiting.pop() {
        looked += 1;
        if looked > MAX_FIELDS {
            break;
        }
        let kind = objects.inherited(field, b"FT").and_then(|(kind, _)| kind.as_name().ok());
        if kind == Some(b"Sig") {
            found.extend(objects.dictionary(field, b"V"));
        }
        waiting.extend(objects.dictionaries(field, b"Kids"));
    }
    found.retain(|one| objects.name(one, b"Type") != Some(b"DocTimeStamp"));
    found.sort_by_key(|one| std::ptr::from_ref(*one));
    found.dedup_by_key(|one| std::ptr::from_ref(*one));
    found
}

/// Whether two ranges leave out nothing but one hexadecimal string, and end where the file did when it
/// was signed: a file may have been added to since.
fn covers_all(bytes: &[u8], range: &[usize]) -> bool {
    let [0, first, second, length] = *range else { return false };
    let Some(end) = second.checked_add(length).filter(|end| *end <= bytes.len()) else {
        return false;
    };
    let Some(gap) = bytes.get(first..second) else { return false };
    let [b'<', digits @ .., b'>'] = gap else { return false };
    if !digits.iter().all(|byte| byte.is_ascii_hexdigit() || is_space(*byte)) {
        return false;
    }
    let told = &bytes[..end];
    let told = told.strip_suffix(b"\n").unwrap_or(told);
    told.strip_suffix(b"\r").unwrap_or(told).ends_with(b"%%EOF")
}

/// Who signed, by the signed data of RFC 2315.
struct Signers {
    count: usize,
    with_certificate: bool,
}

impl Signers {
    /// Zeros may follow the data. Sets of unknown length, which DER does not have, are not read.
    fn read(content: &[u8]) -> Option<Self> {
        let (_, outer) = Any::from_der(content).ok()?;
        let (rest, kind) = Any::from_der(inside(&outer, Tag::Sequence)?).ok()?;
        // 1.2.840.113549.1.7.2
        if kind.data != [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2] {
            return None;
        }
        let (_, explicit) = Any::from_der(rest).ok()?;
        let (_, data) = Any::from_der(explicit.data).ok()?;
        let mut rest = inside(&data, Tag::Sequence)?;
        let (mut with_certificate, mut last) = (false, None);
        while !rest.is_empty() {
            let (next, entry) = Any::from_der(rest).ok()?;
            rest = next;
            let tagged = entry.header.class() == Class::ContextSpecific;
            with_certificate |= tagged && entry.header.tag() == Tag(0) && !entry.data.is_empty();
            last = Some(entry);
        }
        let mut signers = inside(&last?, Tag::Set)?;
        let mut count = 0;
        while !signers.is_empty() {
            signers = Any::from_der(signers).ok()?.0;
            count += 1;
        }
        Some(Self { count, with_certificate })
    }
}

fn inside<'c>(entry: &Any<'c>, tag: Tag) -> Option<&'c [u8]> {
    (entry.header.tag() == tag).then_some(entry.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    }

    fn signed(certificates: &[u8], signers: &[Vec<u8>]) -> Vec<u8> {
        let mut data = vec![der(2, &[1]), der(0x31, &[]), der(0x30, &[])];
        if !certificates.is_empty() {
            data.push(der(0xa0, certificates));
        }
        data.push(der(0x31, &signers.concat()));
        let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
        der(0x30, &[der(6, &oid), der(0xa0, &der(0x30, &data.concat()))].concat())
    }

    #[test]
    fn signers_and_certificates_are_counted() {
        let one = || der(0x30, &[2, 1, 1]);
        let read = |content: &[u8]| {
            Signers::read(content).map(|found| (found.count, found.with_certificate))
        };
        let padded = [signed(&der(0x30, &[]), &[one()]), vec![0; 500]].concat();
        assert_eq!(read(&padded), Some((1, true)));
        assert_eq!(read(&signed(&[], &[one(), one()])), Some((2, false)));
        assert_eq!(read(&signed(&[], &[])), Some((0, false)));
        for cut in 0..padded.len() - 500 {
            assert_eq!(read(&padded[..cut]), None);
        }
        assert_eq!(read(&der(0x30, &der(6, &[0x2a, 3]))), None);
    }

    #[test]
    fn a_signature_covers_all_but_itself() {
        let file = b"%PDF-1.7 /Contents <00 aF>/M(x)\n%%EOF\n";
        let (from, to) = (19, 26);
        assert_eq!(&file[from..to], b"<00 aF>");
        let check = |range: [usize; 4]| covers_all(file, &range);
        assert!(check([0, from, to, file.len() - to]));
        assert!(check([0, from, to, file.len() - to - 1]));
        assert!(!check([1, from, to, file.len() - to]));
        assert!(!check([0, from - 1, to, file.len() - to]));
        assert!(!check([0, from, to + 1, file.len() - to - 1]));
        assert!(!check([0, from, to, 3]));
        assert!(!check([0, from, to, file.len()]));
        assert!(!check([0, to, from, usize::MAX]));
        assert!(!covers_all(file, &[0, 1]));
    }
}
