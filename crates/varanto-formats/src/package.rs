//! The contents list of a package that is handed over on request, and what is checked by it.
//!
//! Source: DIS-6, ARC-15.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use varanto_domain::archive::proof::{Hash, LeafProof, Salt};
use varanto_domain::faults::{Fault, FaultKind};

use crate::receipts::{self, LeafFile};

/// The name of the contents list in a package.
pub const INDEX: &str = "index.json";
/// The name of the list of checksums, in the form that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";

/// The contents list: what was given to whom and why, every file, and the proofs. Of what was left out because
/// the receiver may not know of it, it tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct Index {
    /// `package` or `paper`.
    pub form: String,
    pub given_on: String,
    pub given_by: Party,
    pub handler: String,
    pub receiver: Party,
    pub ground: String,
    pub reference: String,
    /// The signed checkpoint that the proofs of all documents lead to; none where no document has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<SealedLog>,
    /// Pages about the package itself.
    pub pages: Vec<FileEntry>,
    pub documents: Vec<DocumentEntry>,
}

/// Who gives, or is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct Party {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// A state of the proof log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedLog {
    /// The key that the checkpoint is signed with (C2SP note verifier key).
    pub verifier_key: String,
    /// The checkpoint (C2SP signed note).
    pub checkpoint: String,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name in the package.
    pub name: String,
    /// Which part of the document it is as it was archived; none of what was made for the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// One document of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct DocumentEntry {
    pub document_id: String,
    pub version: u32,
    pub controller: String,
    pub group: String,
    pub name: String,
    pub written_on: String,
    /// `whole`, `masked` where what tells where the client is was taken out, or `others-hidden` where the content
    /// was left out because it names other clients.
    pub extent: String,
    pub files: Vec<FileEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofEntry>,
}

/// That a version is in the log, as an outsider can check it. Of the metadata the digest alone is told: what it is
/// made of names who brought the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofEntry {
    /// The salt of the content's digest; none where a part of the content stays in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_salt: Option<String>,
    content_sha256: String,
    metadata_sha256: String,
    leaf: LeafFile,
}

/// The proof of a version, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionProof {
    /// The salt of the content's digest, where the whole content is in the package.
    pub content_salt: Option<Salt>,
    /// The salted digest of the content.
    pub content: Hash,
    /// The salted digest of the metadata.
    pub metadata: Hash,
    /// The version's leaf.
    pub leaf: LeafProof,
}

impl ProofEntry {
    /// The entry of a proof.
    #[must_use]
    pub fn of(proof: &VersionProof) -> Self {
        Self {
            content_salt: proof.content_salt.map(|salt| STANDARD.encode(salt)),
            content_sha256: STANDARD.encode(proof.content),
            metadata_sha256: STANDARD.encode(proof.metadata),
            leaf: receipts::leaf_file(&proof.leaf),
        }
    }

    /// The proof of the entry.
    ///
    /// # Errors
    /// The first thing in it that does not read.
    pub fn read(&self) -> Result<VersionProof, Fault> {
        let salt = self.content_salt.as_deref();
        Ok(VersionProof {
            content_salt: salt.map(|text| receipts::salt(text, "content_salt")).transpose()?,
            content: receipts::hash(&self.content_sha256, "content_sha256")?,
            metadata: receipts::hash(&self.metadata_sha256, "metadata_sha256")?,
            leaf: receipts::leaf(&self.leaf, "leaf")?,
        })
    }
}

impl FileEntry {
    /// The entry of a file.
    #[must_use]
    pub fn of(name: &str, part: Option<&str>, data: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            part: part.map(str::to_owned),
            bytes: data.len() as u64,
            sha256: hexadecimal(&varanto_domain::archive::proof::sha256(data)),
        }
    }

    /// Whether it is the entry of this data.
    #[must_use]
    pub fn is_of(&self, data: &[u8]) -> bool {
        *self == Self::of(&self.name, self.part.as_deref(), data)
    }
}

impl Index {
    /// Every file that it lists.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.pages.iter().chain(self.documents.iter().flat_map(|document| &document.files))
    }
}

/// Prints a contents list, the same text for the same list.
#[must_use]
pub fn write(index: &Index) -> String {
    serde_json::to_string_pretty(index).expect("texts and numbers print")
}

/// Reads a contents list.
///
/// # Errors
/// What keeps it from being one, with its place.
pub fn read(bytes: &[u8]) -> Result<Index, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        Fault::new(FaultKind::NotJson, "index", "DIS-6")
            .arg("reason", format!("line {}, column {}", error.line(), error.column()))
    })
}

/// The list of checksums: of every file of the contents list, and of the contents list itself.
#[must_use]
pub fn sums(index: &Index, printed: &str) -> String {
    let own = FileEntry::of(INDEX, None, printed.as_bytes());
    index.files().chain([&own]).fold(String::new(), |mut all, file| {
        let _ = writeln!(all, "{}  {}", file.sha256, file.name);
        all
    })
}

/// A digest in hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let party = |name: &str| Party { kind: None, name: name.into(), organisation: None };
        let proof = VersionProof {
            content_salt: Some([7; 16]),
            content: [1; 32],
            metadata: [2; 32],
            leaf: LeafProof { index: 3, leaf: [4; 32], path: vec![[5; 32]] },
        };
        Index {
            form: "package".into(),
            given_on: "2026-11-02".into(),
            given_by: party("Suvannon hyvinvointialue"),
            handler: "Arkistonhoitaja".into(),
            receiver: Party { kind: Some("client".into()), ..party("Aino Suvanto") },
            ground: "data-subject".into(),
            reference: "SUV/1".into(),
            log: Some(SealedLog { verifier_key: "k".into(), checkpoint: "c".into() }),
            pages: vec![FileEntry::of("index.xhtml", None, b"<html/>")],
            documents: vec![DocumentEntry {
                document_id: "1.2.3".into(),
                version: 1,
                controller: "1.2".into(),
                group: "5".into(),
                name: "Merkintä".into(),
                written_on: "2026-11-01".into(),
                extent: "whole".into(),
                files: vec![FileEntry::of("1/view.xhtml", Some("view"), b"<div/>")],
                proof: Some(ProofEntry::of(&proof)),
            }],
        }
    }

    /// DIS-6: the contents list comes back as it was printed, its proofs with it; the checksums name every file.
    #[test]
    fn a_contents_list_is_read_back() {
        let index = index();
        let printed = write(&index);
        assert_eq!(read(printed.as_bytes()).unwrap(), index);
        let proof = index.documents[0].proof.as_ref().unwrap().read().unwrap();
        assert_eq!(ProofEntry::of(&proof), index.documents[0].proof.clone().unwrap());
        let sums = sums(&index, &printed);
        let names: Vec<&str> = sums.lines().map(|line| &line[66..]).collect();
        assert_eq!(names, ["index.xhtml", "1/view.xhtml", "index.json"]);
        assert!(index.pages[0].is_of(b"<html/>") && !index.pages[0].is_of(b"<html />"));
        assert!(read(br#"{"form":"package","more":1}"#).is_err());
    }
}
