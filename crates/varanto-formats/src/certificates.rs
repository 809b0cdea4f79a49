//! Certificates of destruction: a text of lines, which the archive signs as a C2SP note.

use std::fmt::Write;

use varanto_domain::archive::destruction::{
    Certificate, CertifiedEntry, CertifiedVersion, KeptBecause,
};
use varanto_domain::archive::retention::{CountedFrom, RetentionRule};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

/// The first line: no proof log has such a name, so that no checkpoint reads so.
const HEAD: &str = "varanto destruction certificate 1";

/// Prints a certificate, ready to be signed.
#[must_use]
pub fn write(certificate: &Certificate) -> String {
    let mut text = format!("{HEAD}\n");
    let mut line = |name: &str, value: &str| {
        // A name from a login might hold anything.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let _ = writeln!(text, "{name} {value}");
    };
    let Certificate { archive, verifier_key, list, controller, digest, .. } = certificate;
    line("archive", archive);
    line("key", verifier_key);
    line("list", &list.to_string());
    line("controller", controller.as_str());
    line("digest", digest);
    let act = |(by, at): &(String, Instant)| format!("{at} {by}");
    line("made", &act(&certificate.made));
    for approval in &certificate.approvals {
        line("approved", &act(approval));
    }
    for one in &certificate.carried_out {
        line("carried-out", &act(one));
    }
    for entry in &certificate.entries {
        let CertifiedEntry { document, rule, from, last_year, .. } = entry;
        let over = format!("{document} {} {} {last_year}", rule.code(), from.code());
        match entry.kept {
            Some(why) => line("kept", &format!("{over} {}", why.code())),
            None => line("destroyed", &over),
        }
        for CertifiedVersion { document, number, leaf } in &entry.versions {
            line("version", &format!("{document} {number} {leaf}"));
        }
    }
    let [destroyed, versions, kept] = certificate.sums();
    line("sum", &format!("{destroyed} {versions} {kept}"));
    text
}

/// Reads what [`write()`] printed; `None` for any other text. The signature is another's to check.
#[must_use]
pub fn read(text: &str) -> Option<Certificate> {
    let mut lines = text.lines();
    (lines.next()? == HEAD).then_some(())?;
    let mut lines = lines.map(|line| line.split_once(' ')).peekable();
    let mut next = |name: &str| match lines.next()?? {
        (found, value) if found == name => Some(value.to_owned()),
        _ => None,
    };
    let (archive, verifier_key) = (next("archive")?, next("key")?);
    let list = next("list")?.parse().ok()?;
    let controller = Oid::parse(&next("controller")?).ok()?;
    let digest = next("digest")?;
    let made = act(&next("made")?)?;
    let mut certificate = Certificate {
        archive,
        verifier_key,
        list,
        controller,
        digest,
        made,
        approvals: Vec::new(),
        carried_out: Vec::new(),
        entries: Vec::new(),
    };
    let mut sum = None;
    for line in lines {
        let (name, value) = line?;
        match name {
            _ if sum.is_some() => return None,
            "approved" => certificate.approvals.push(act(value)?),
            "carried-out" => certificate.carried_out.push(act(value)?),
            "destroyed" | "kept" => certificate.entries.push(entry(value, name == "kept")?),
            "version" => {
                let mut words = value.split(' ');
                let version = CertifiedVersion {
                    document: Oid::parse(words.next()?).ok()?,
                    number: words.next()?.parse().ok()?,
                    leaf: words.next()?.parse().ok()?,
                };
                certificate.entries.last_mut()?.versions.push(version);
            }
            "sum" => sum = Some(value.to_owned()),
            _ => return None,
        }
    }
    (write(&certificate) == text && sum.is_some()).then_some(certificate)
}

fn act(value: &str) -> Option<(String, Instant)> {
    let (at, by) = value.split_once(' ')?;
    Some((by.to_owned(), Instant::parse(at)?))
}

fn entry(value: &str, kept: bool) -> Option<CertifiedEntry> {
    let mut words = value.split(' ');
    let document = Oid::parse(words.next()?).ok()?;
    let (rule, from) = (words.next()?, words.next()?);
    let rule = RetentionRule::ALL.into_iter().find(|one| one.code() == rule)?;
    let from = CountedFrom::ALL.into_iter().find(|one| one.code() == from)?;
    let last_year = words.next()?.parse().ok()?;
    let why = words.next().map(KeptBecause::of_code);
    let kept = match (kept, why) {
        (true, Some(Some(why))) => Some(why),
        (false, None) => None,
        _ => return None,
    };
    Some(CertifiedEntry { document, rule, from, last_year, kept, versions: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Certificate {
        let at = |text: &str| Instant::parse(text).unwrap();
        let document = |arc: u64| Oid::parse(&format!("1.2.246.10.1.95.{arc}")).unwrap();
        let entry = |arc, kept, versions| CertifiedEntry {
            document: document(arc),
            rule: RetentionRule::Adults,
            from: CountedFrom::CaseClosed,
            last_year: 2022,
            kept,
            versions,
        };
        let version =
            |arc, number, leaf| CertifiedVersion { document: document(arc), number, leaf };
        Certificate {
            archive: "archive.example.fi/log".into(),
            verifier_key: "archive.example.fi/log+01020304+AQ==".into(),
            list: 7,
            controller: Oid::parse("1.2.246.10.1").unwrap(),
            digest: "AAAA=".into(),
            made: ("person:aino".into(), at("2026-11-26T10:00:00Z")),
            approvals: vec![
                ("person:aino".into(), at("2026-11-26T11:00:00Z")),
                ("person:olli testi".into(), at("2026-11-26T12:00:00Z")),
            ],
            carried_out: vec![
                ("person:aino".into(), at("2026-11-27T09:00:00Z")),
                ("person:olli testi".into(), at("2026-11-27T10:00:00Z")),
            ],
            entries: vec![
                entry(2, None, vec![version(1, 1, 4), version(2, 2, 9)]),
                entry(3, Some(KeptBecause::Held), Vec::new()),
            ],
        }
    }

    /// ARC-12: a certificate reads back as it was printed, and says what its lines say.
    #[test]
    fn a_certificate_reads_back() {
        let certificate = certificate();
        let text = write(&certificate);
        assert!(text.ends_with("sum 1 2 1\n"), "{text}");
        assert_eq!(read(&text), Some(certificate));
    }

    /// ARC-12: a changed, cut or longer certificate is none.
    #[test]
    fn another_text_is_no_certificate() {
        let text = write(&certificate());
        for other in [
            text.replace("sum 1 2 1", "sum 2 2 0"),
            text.replace("sum 1 2 1\n", ""),
            format!("{text}version 1.2 1 1\n"),
            format!("{text}\n"),
            text.replace(" held", ""),
            text.replace("kept 1", "destroyed 1"),
            text.replace("adults", "unknown"),
            text.replacen("approved", "allowed", 1),
            text.replacen(HEAD, "archive.example.fi/log", 1),
            String::new(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }

    /// ARC-12: what stands in a login does not begin a line of its own.
    #[test]
    fn a_name_adds_no_line() {
        let mut certificate = certificate();
        certificate.made.0 = "person:a\nsum 9 9 9".into();
        let text = write(&certificate);
        assert_eq!(read(&text).unwrap().made.0, "person:a sum 9 9 9");
    }
}
