//! Exported checkpoints as JSON files: what an outsider needs to check a receipt offline.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use varanto_domain::archive::proof::Hash;
use varanto_domain::faults::{Fault, FaultKind};

/// A checkpoint with the key that verifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedCheckpoint {
    /// The key that it is signed with (C2SP note verifier key), as the file says.
    pub verifier_key: String,
    /// The checkpoint (C2SP signed note).
    pub checkpoint: String,
    /// The size of an earlier log, and the proof that this one continues it.
    pub continues: Option<(u64, Vec<Hash>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointFile {
    verifier_key: String,
    checkpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    continues: Option<ContinuesFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContinuesFile {
    size: u64,
    path: Vec<String>,
}

/// Prints an exported checkpoint as JSON.
#[must_use]
pub fn write(exported: &ExportedCheckpoint) -> String {
    let file = CheckpointFile {
        verifier_key: exported.verifier_key.clone(),
        checkpoint: exported.checkpoint.clone(),
        continues: exported.continues.as_ref().map(|(size, path)| ContinuesFile {
            size: *size,
            path: path.iter().map(|hash| STANDARD.encode(hash)).collect(),
        }),
    };
    serde_json::to_string_pretty(&file).expect("texts and numbers print")
}

/// Reads an exported checkpoint; nothing of it is verified yet.
///
/// # Errors
/// The first thing that keeps it from being one, with its element.
pub fn read(bytes: &[u8]) -> Result<ExportedCheckpoint, Fault> {
    let file: CheckpointFile = serde_json::from_slice(bytes).map_err(|error| {
        Fault::new(FaultKind::NotJson, "checkpoint", "ARC-15")
            .arg("reason", format!("line {}, column {}", error.line(), error.column()))
    })?;
    if verifier(&file.verifier_key).is_none() {
        let fault = Fault::new(FaultKind::WrongForm, "verifier_key", "ARC-15");
        return Err(fault.arg("expected", "<origin>+<hash>+<base64 of 33 bytes>"));
    }
    let continues = file.continues.map(|given| {
        let step = |text: &String| {
            let bytes = STANDARD.decode(text).ok();
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
                Fault::new(FaultKind::WrongForm, "continues.path", "ARC-15")
                    .arg("expected", "base64 of 32 bytes")
            })
        };
        Ok((given.size, given.path.iter().map(step).collect::<Result<_, _>>()?))
    });
    Ok(ExportedCheckpoint {
        verifier_key: file.verifier_key,
        checkpoint: file.checkpoint,
        continues: continues.transpose()?,
    })
}

/// The origin and the Ed25519 public key in a C2SP note verifier key.
#[must_use]
pub fn verifier(text: &str) -> Option<(String, Vec<u8>)> {
    // Base64 may itself hold a plus, so the parts are found from the front.
    let (origin, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let bytes = STANDARD.decode(key).ok()?;
    let public = bytes.strip_prefix(&[1])?;
    (public.len() == 32).then(|| (origin.to_owned(), public.to_vec()))
}
