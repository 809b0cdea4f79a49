//! Whose signatures are trusted: certificates of authorities and revocation lists from files, read again
//! when a file changes. Source: ARC-6.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use varanto_app::App;
use varanto_app::archive::SignatureTrust;
use varanto_formats::signature::{RevocationList, Trust};

use crate::config::Signatures;

/// The largest file that is read; revocation lists of a nation are some megabytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A file that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct AnchorsError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The files of a configuration, and how they stood when they were read last.
#[derive(Debug)]
pub struct Anchors {
    config: Signatures,
    seen: Mutex<Vec<Stamp>>,
}

/// A file as a change is told by.
type Stamp = (PathBuf, u64, Option<SystemTime>);

impl Anchors {
    /// Reads the files and has the archive trust them.
    pub fn open(config: &Signatures, app: &App) -> Result<Self, AnchorsError> {
        let seen = Mutex::new(stamps(config)?);
        app.trust_signatures(read(config)?);
        Ok(Self { config: config.clone(), seen })
    }

    /// Reads the files again when one of them has changed, came or went. When one cannot be read, all
    /// stays as it was, and the next look tries again.
    pub fn refresh(&self, app: &App) -> Result<bool, AnchorsError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamps(&self.config)?;
        if *seen == now {
            return Ok(false);
        }
        app.trust_signatures(read(&self.config)?);
        *seen = now;
        Ok(true)
    }
}

/// Reads what a configuration names.
pub fn read(config: &Signatures) -> Result<SignatureTrust, AnchorsError> {
    let mut trust = Trust::default();
    for path in files(&config.anchors)? {
        for der in certificates(&path)? {
            trust.add_anchor(&der).map_err(|reason| at(&path, reason))?;
        }
    }
    for path in files(&config.intermediates)? {
        for der in certificates(&path)? {
            trust.add_intermediate(&der).map_err(|reason| at(&path, reason))?;
        }
    }
    for path in files(&config.revocation_lists)? {
        for der in lists(&path)? {
            trust.add_list(RevocationList::read(&der).map_err(|reason| at(&path, reason))?);
        }
    }
    Ok(SignatureTrust { trust, levels: config.levels() })
}

/// Reads a folder that holds both certificates, all of them trusted, and revocation lists.
pub fn read_folder(folder: &Path) -> Result<Trust, AnchorsError> {
    let mut trust = Trust::default();
    if !folder.is_dir() {
        return Err(at(folder, "no folder"));
    }
    for path in files(&[folder.to_owned()])? {
        let list = lists(&path).ok().and_then(|found| {
            found.iter().map(|der| RevocationList::read(der)).collect::<Result<Vec<_>, _>>().ok()
        });
        if let Some(list) = list {
            for one in list {
                trust.add_list(one);
            }
            continue;
        }
        for der in certificates(&path)? {
            trust.add_anchor(&der).map_err(|reason| at(&path, reason))?;
        }
    }
    Ok(trust)
}

fn at(path: &Path, reason: impl Into<String>) -> AnchorsError {
    AnchorsError { path: path.to_owned(), reason: reason.into() }
}

/// The files that are named, and those in the folders that are named; hidden ones are passed over.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, AnchorsError> {
    let mut all = Vec::new();
    for path in named {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| at(path, error.to_string()))? {
            let entry = entry.map_err(|error| at(path, error.to_string()))?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !hidden && entry.path().is_file() {
                inside.push(entry.path());
            }
        }
        inside.sort();
        all.append(&mut inside);
    }
    Ok(all)
}

fn stamps(config: &Signatures) -> Result<Vec<Stamp>, AnchorsError> {
    let mut all = Vec::new();
    for named in [&config.anchors, &config.intermediates, &config.revocation_lists] {
        for path in files(named)? {
            let found = fs::metadata(&path).map_err(|error| at(&path, error.to_string()))?;
            all.push((path, found.len(), found.modified().ok()));
        }
    }
    Ok(all)
}

fn bytes(path: &Path) -> Result<Vec<u8>, AnchorsError> {
    let length = fs::metadata(path).map_err(|error| at(path, error.to_string()))?.len();
    if length > LARGEST {
        return Err(at(path, format!("longer than {LARGEST} bytes")));
    }
    fs::read(path).map_err(|error| at(path, error.to_string()))
}

/// DER begins with the tag of a sequence, whatever stands inside.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x30) && bytes.windows(11).any(|window| window == b"-----BEGIN ")
}

/// The certificates of a file: any number in PEM, or one in DER.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, AnchorsError> {
    let bytes = bytes(path)?;
    if !is_pem(&bytes) {
        return Ok(vec![bytes]);
    }
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let read = read.map_err(|error| at(path, error.to_string()))?;
    if read.is_empty() {
        return Err(at(path, "no certificate"));
    }
    Ok(read.into_iter().map(|der| der.to_vec()).collect())
}

/// The revocation lists of a file, likewise.
fn lists(path: &Path) -> Result<Vec<Vec<u8>>, AnchorsError> {
    let bytes = bytes(path)?;
    if !is_pem(&bytes) {
        return Ok(vec![bytes]);
    }
    let read: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
    let read = read.map_err(|error| at(path, error.to_string()))?;
    if read.is_empty() {
        return Err(at(path, "no revocation list"));
    }
    Ok(read.into_iter().map(|der| der.to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_domain::archive::conformance::ConformanceLevel;
    use varanto_domain::time::Instant;
    use varanto_kit::signers::SigningAuthority;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_folder_or_a_file_in_pem_or_der_is_read_and_anything_else_is_named() {
        let home = tempfile::tempdir().unwrap();
        let good = (at("2026-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        let authority = SigningAuthority::make("Certs", good).unwrap();
        let folder = home.path().join("anchors");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("root.pem"), authority.root_pem()).unwrap();
        fs::write(folder.join(".hidden"), "nothing").unwrap();
        let list = home.path().join("list.crl");
        let lists = authority.revocation_lists(&[], good.0, good.1).unwrap();
        fs::write(&list, &lists[0]).unwrap();
        let between = home.path().join("between.der");
        fs::write(&between, authority.between()).unwrap();
        let mut config = Signatures {
            anchors: vec![folder.clone()],
            intermediates: vec![between],
            revocation_lists: vec![list.clone()],
            ..Signatures::default()
        };
        let trust = read(&config).unwrap();
        assert_eq!((trust.trust.anchors(), trust.trust.lists().len()), (1, 1));
        assert_eq!(trust.levels.level, ConformanceLevel::Warn);

        let trust = read_folder(home.path()).unwrap();
        assert_eq!((trust.anchors(), trust.lists().len()), (1, 1));

        fs::write(folder.join("root.txt"), "no certificate").unwrap();
        assert!(read_folder(&folder).is_err());
        assert!(read(&config).unwrap_err().path.ends_with("root.txt"));
        fs::remove_file(folder.join("root.txt")).unwrap();
        fs::write(&list, "-----BEGIN CERTIFICATE-----\n").unwrap();
        assert!(read(&config).unwrap_err().path.ends_with("list.crl"));
        config.revocation_lists = vec![home.path().join("missing")];
        assert!(read(&config).unwrap_err().path.ends_with("missing"));
    }
}
