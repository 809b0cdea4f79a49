//! A controller's whole register as a package of files: the names of its files, and what stands in those that are not
//! documents. How it is put together is on the page `docs/register-package.md`.
//!
//! Source: OPS-3; E-ARK CSIP 2.1 (METS, PREMIS).

pub mod mets;
pub mod premis;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use varanto_domain::access::log::{Actor, Event, KeptLine};
use varanto_domain::archive::proof::{Hash, LeafProof, Salt};
use varanto_domain::time::Instant;

use crate::package::hexadecimal;
use crate::receipts::{self, CoveredSignatures, LeafFile};

/// The form of the package, as its files name it.
pub const FORM: &str = "varanto-register-2";
/// The form before: without the lines of the log that tell of what is beside documents, and without the controller's road. It
/// is read and checked; what another archive needs to take it in is not in it.
pub const FORM_BEFORE: &str = "varanto-register-1";
/// The list of what is in the package, and of what is in one of its parts.
pub const METS: &str = "METS.xml";
/// The note that the archive signs: the checksum of the list.
pub const SIGNED: &str = "METS.xml.signed";
/// What the package is of.
pub const ABOUT: &str = "metadata/descriptive/register.json";
/// How much is in it.
pub const SUMMARY: &str = "metadata/descriptive/summary.json";
/// What happened to it, and through whom.
pub const PREMIS: &str = "metadata/preservation/premis.xml";
/// Lines of the use log, in files as [`file_of_lines`] names them.
pub const LOG: &str = "metadata/preservation/log/lines";
/// Versions that were destroyed, or whose client's key was: their leaves, in files of lines.
pub const GONE: &str = "metadata/preservation/gone";
/// The folder of signed certificates of destruction.
pub const CERTIFICATES: &str = "metadata/preservation/destruction";
/// The folder of certificates and revocation lists on which verdicts on signatures rest, by their SHA-256.
pub const MATERIAL: &str = "metadata/preservation/signature-material";
/// Holds that keep documents from being destroyed, in files of lines.
pub const HOLDS: &str = "metadata/preservation/holds";
/// Requests for corrections, in files of lines.
pub const CORRECTIONS: &str = "metadata/preservation/corrections";
/// What clients told of themselves, in files of lines.
pub const STATEMENTS: &str = "metadata/preservation/statements";
/// Producers that clients may choose, and their choices, in files of lines.
pub const CHOICES: &str = "metadata/preservation/choices";
/// Temporary identifiers that are joined to identity codes, in files of lines.
pub const IDENTITIES: &str = "metadata/preservation/identities";
/// The folder of structures and code sets, as they were loaded.
pub const REGISTERS: &str = "metadata/other/registers";
/// The folder of parts.
pub const PARTS: &str = "representations";
/// The page that says how to read all this.
pub const README: &str = "documentation/README.md";
/// What is kept of a version beside its metadata and its content.
pub const ARCHIVE: &str = "archive.json";
/// The metadata of a version, as they are kept.
pub const METADATA: &str = "metadata.json";

/// What a package is of, who took it out, why, and to which state of the proof log its proofs lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct About {
    /// [`FORM`].
    pub form: String,
    pub program: String,
    pub controller: String,
    pub controller_name: String,
    /// The name of the archive's proof log.
    pub archive: String,
    pub verifier_key: String,
    /// The signed checkpoint to which every proof leads.
    pub checkpoint: String,
    pub exported_at: String,
    pub exported_by: String,
    pub reason: String,
    pub reference: String,
    /// The steps of the controller between the roads, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub road: Vec<String>,
}

/// How much is in a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct Summary {
    pub versions: u64,
    pub attachments: u64,
    pub content_bytes: u64,
    pub destroyed: u64,
    pub erased: u64,
    pub log_lines: u64,
    /// Of those, lines that also told of other registers, without what they told of these.
    pub log_lines_in_part: u64,
    pub certificates: u64,
    pub holds: u64,
    pub corrections: u64,
    /// Packages of before clients could tell anything have none.
    #[serde(default)]
    pub statements: u64,
    /// Likewise.
    #[serde(default)]
    pub choices: u64,
    pub identities: u64,
}

/// What is kept of a version beside its metadata and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct VersionFile {
    pub document_id: String,
    pub set_id: String,
    pub version: u32,
    pub state: String,
    pub group: String,
    /// The first version of the main document, of an attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_document_id: Option<String>,
    pub archived_at: String,
    /// Who brought it, and with which certificate or login.
    pub arrival: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidated: Option<InvalidationFile>,
    /// The names of its parts, in the order in which the digest takes them.
    pub parts: Vec<String>,
    pub proof: VersionProofFile,
}

/// Why a version was invalidated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct InvalidationFile {
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    pub at: String,
    /// The number of the log line that tells of it.
    pub line: i64,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// What makes a version's leaf, and the way of the leaf to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionProofFile {
    content_salt: String,
    metadata_salt: String,
    /// The columns that the digest of the metadata covers.
    pub columns: String,
    /// The evidence of its signatures, if it came with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<CoveredSignatures>,
    leaf: LeafFile,
}

/// What of a version's proof is not text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSeal {
    /// The salt of the content's digest.
    pub content_salt: Salt,
    /// The salt of the metadata's digest.
    pub metadata_salt: Salt,
    /// The leaf.
    pub leaf: LeafProof,
}

impl VersionProofFile {
    /// The proof of a version.
    #[must_use]
    pub fn of(seal: &VersionSeal, columns: String, signatures: Option<CoveredSignatures>) -> Self {
        Self {
            content_salt: receipts::base64(&seal.content_salt),
            metadata_salt: receipts::base64(&seal.metadata_salt),
            columns,
            signatures,
            leaf: receipts::leaf_file(&seal.leaf),
        }
    }

    /// The salts and the leaf; `None` when one of them does not read.
    #[must_use]
    pub fn seal(&self) -> Option<VersionSeal> {
        Some(VersionSeal {
            content_salt: receipts::salt(&self.content_salt, "content_salt").ok()?,
            metadata_salt: receipts::salt(&self.metadata_salt, "metadata_salt").ok()?,
            leaf: receipts::leaf(&self.leaf, "leaf").ok()?,
        })
    }
}

/// A line of the use log, as it was hashed or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineFile {
    /// Its number.
    pub number: i64,
    /// The line.
    pub text: String,
    /// Whether what the line tells of other registers was left out: nothing but its leaf is proven.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_part: bool,
    /// None when it is gone with the key of the client of whom the line tells, and of a line in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    leaf: LeafFile,
}

impl LineFile {
    /// A line with its proof.
    #[must_use]
    pub fn of(number: i64, text: String, salt: Option<&Salt>, leaf: &LeafProof) -> Self {
        let salt = salt.map(|salt| receipts::base64(salt));
        Self { number, text, in_part: false, salt, leaf: receipts::leaf_file(leaf) }
    }

    /// What is told of a line that also tells of other registers, with the proof that there is one.
    #[must_use]
    pub fn in_part(number: i64, text: String, leaf: &LeafProof) -> Self {
        Self { in_part: true, ..Self::of(number, text, None, leaf) }
    }

    /// The salt, where there is one, and the leaf; `None` when they do not read.
    #[must_use]
    pub fn seal(&self) -> Option<(Option<Salt>, LeafProof)> {
        let salt =
            self.salt.as_deref().map(|text| receipts::salt(text, "salt")).transpose().ok()?;
        Some((salt, receipts::leaf(&self.leaf, "leaf").ok()?))
    }
}

/// A version of which nothing is left but its leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct GoneFile {
    pub document_id: String,
    pub version: u32,
    /// `destroyed`, when its period was over, or `erased`, with the key of its client.
    pub how: String,
    /// The list that it was destroyed with: the name of its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The number of the log line that tells of its destruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    leaf: LeafFile,
}

impl GoneFile {
    /// A version that was destroyed, by its list and its line; without these, one that was erased.
    #[must_use]
    pub fn of(document: &str, version: u32, by: Option<(i64, i64)>, leaf: &LeafProof) -> Self {
        Self {
            document_id: document.to_owned(),
            version,
            how: if by.is_some() { "destroyed" } else { "erased" }.to_owned(),
            list: by.map(|(list, _)| list.to_string()),
            line: by.map(|(_, line)| line),
            leaf: receipts::leaf_file(leaf),
        }
    }

    /// The leaf; `None` when it does not read.
    #[must_use]
    pub fn leaf(&self) -> Option<LeafProof> {
        receipts::leaf(&self.leaf, "leaf").ok()
    }
}

/// A line of the log that tells of something beside documents: who did it, when and on what ground. What it tells of the
/// client and the version stands in what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct ToldFile {
    pub line: i64,
    pub at: String,
    pub event: String,
    pub outcome: String,
    pub reason: String,
    pub actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_detail: Option<String>,
    pub detail: String,
}

impl ToldFile {
    /// What a line tells, but for whom and what it is about.
    #[must_use]
    pub fn of(line: &KeptLine) -> Self {
        let Actor { name, organisation, detail } = line.actor.clone();
        Self {
            line: line.number,
            at: line.at.to_string(),
            event: line.event.code().to_owned(),
            outcome: line.outcome.to_string(),
            reason: line.reason.to_string(),
            actor: name,
            organisation,
            actor_detail: detail,
            detail: line.detail.clone(),
        }
    }

    /// The line; `None` when its moment or its event is none.
    #[must_use]
    pub fn read(&self) -> Option<KeptLine> {
        Some(KeptLine {
            number: self.line,
            at: Instant::parse(&self.at)?,
            event: Event::of_code(&self.event)?,
            outcome: self.outcome.as_str().into(),
            reason: self.reason.as_str().into(),
            actor: Actor {
                name: self.actor.clone(),
                organisation: self.organisation.clone(),
                detail: self.actor_detail.clone(),
            },
            client: None,
            version: None,
            detail: self.detail.clone(),
        })
    }
}

/// A hold on a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct HoldFile {
    /// The first version of the document.
    pub set_id: String,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The number of the log line that tells of it.
    pub line: i64,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// A request that something be put right in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct CorrectionFile {
    /// The version that was shown.
    pub document_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The number of the log line that tells of it.
    pub line: i64,
    /// How it ended; none while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// The version that corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// What a client told, or one who acts for the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct StatementFile {
    /// Of whom; none of one whom the archive knows by no identity code any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_code: Option<String>,
    pub kind: String,
    /// Which guardian told it, by a number of the archive that it was told to; none for the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// As whom it was told: `own-data`, `guardianship`, `mandate`.
    pub told_as: String,
    pub number: u32,
    pub told_at: String,
    /// What is said, and by whom for the client, as JSON; none when it was taken out, or the client's key is destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<serde_json::Value>,
    /// The number of the log line that tells of it.
    pub line: i64,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// Producers that a client was offered, and which one the client chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct ChoiceFile {
    pub relationship_id: String,
    pub service_task: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    pub units: Vec<String>,
    /// The number of the log line that tells of the offer.
    pub line: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// The number of the log line that tells of the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_line: Option<i64>,
    /// The number of the log line that tells that the offer was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_line: Option<i64>,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// A temporary identifier that was joined to an identity code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what it is named after")]
pub struct IdentityFile {
    pub root: String,
    pub extension: String,
    /// None once they are parted: whose code it was is not the register's to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_code: Option<String>,
    /// Why they were joined.
    pub because: String,
    pub joined_at: String,
    /// When they were parted; none while they are joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parted_at: Option<String>,
    /// The number of the log line that tells of it.
    pub line: i64,
    /// The lines of the log that tell of it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ToldFile>,
}

/// The name of the so-manieth file of lines of a kind: [`LOG`], [`GONE`] and their like.
#[must_use]
pub fn file_of_lines(kind: &str, number: usize) -> String {
    format!("{kind}-{number:05}.jsonl")
}

/// Whether a file is one of lines of a kind.
#[must_use]
pub fn is_of_lines(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
}

/// Prints a file as JSON for people, too.
#[must_use]
pub fn write<T: Serialize>(file: &T) -> String {
    serde_json::to_string_pretty(file).expect("texts and numbers print")
}

/// Prints one line of a file of many.
#[must_use]
pub fn write_line<T: Serialize>(file: &T) -> String {
    serde_json::to_string(file).expect("texts and numbers print") + "\n"
}

/// Reads a file; `None` when it is none of the kind.
#[must_use]
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

/// Reads a file of many lines; `None` when one of them is none of the kind.
#[must_use]
pub fn read_lines<T: DeserializeOwned>(bytes: &[u8]) -> Option<Vec<T>> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

/// The first line of the note: no proof log has such a name, so that no checkpoint reads so.
const HEAD: &str = "varanto register package 1";

/// What the archive signs of a package: the checksum of its list.
#[must_use]
pub fn note(about: &About, mets: &Hash) -> String {
    let About { archive, controller, .. } = about;
    format!("{HEAD}\narchive {archive}\ncontroller {controller}\nsha256 {}\n", hexadecimal(mets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> LeafProof {
        LeafProof { index: 3, leaf: [4; 32], path: vec![[5; 32]] }
    }

    /// OPS-3: what stands in the files of a package comes back as it was printed.
    #[test]
    fn the_files_of_a_package_are_read_back() {
        let seal = VersionSeal { content_salt: [1; 16], metadata_salt: [2; 16], leaf: leaf() };
        let signatures = CoveredSignatures::of(&[3; 16], "{}".into());
        let version = VersionFile {
            document_id: "1.2.3".into(),
            set_id: "1.2.3".into(),
            version: 1,
            state: "invalidated".into(),
            group: "5".into(),
            main_document_id: None,
            archived_at: "2026-11-02T08:00:00Z".into(),
            arrival: "{}".into(),
            invalidated: Some(InvalidationFile {
                reason: "1".into(),
                explanation: Some("väärä asiakas".into()),
                at: "2026-11-03T08:00:00Z".into(),
                line: 7,
                told: Vec::new(),
            }),
            parts: vec!["view".into()],
            proof: VersionProofFile::of(&seal, "1\n2\n".into(), Some(signatures)),
        };
        let read_back: VersionFile = read(write(&version).as_bytes()).unwrap();
        assert_eq!((read_back.proof.seal(), &read_back), (Some(seal), &version));
        let line = LineFile::of(9, "event 4 open\n".into(), Some(&[6; 16]), &leaf());
        let erased = LineFile::of(10, "event 4 open\n".into(), None, &leaf());
        let printed = write_line(&line) + &write_line(&erased);
        let lines: Vec<LineFile> = read_lines(printed.as_bytes()).unwrap();
        assert_eq!(lines, [line, erased]);
        assert_eq!(lines[0].seal(), Some((Some([6; 16]), leaf())));
        assert_eq!(lines[1].seal(), Some((None, leaf())));
        let gone = GoneFile::of("1.2.4", 2, Some((5, 6)), &leaf());
        assert_eq!((gone.how.as_str(), gone.leaf()), ("destroyed", Some(leaf())));
        assert_eq!(read::<GoneFile>(br#"{"document_id":"1.2.4"}"#), None);
    }
}
