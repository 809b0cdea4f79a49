//! The evidence of signatures: one for each signed version, and the certificates and revocation lists
//! that it names, each once.

use varanto_domain::access::WholePermit;
use varanto_domain::archive::proof;
use varanto_domain::ids::VersionKey;

use crate::content::Place;
use crate::documents::VersionRow;
use crate::engine::params;
use crate::keys::DataKey;
use crate::{ReadTx, Store, StoreError, WriteTx};

/// The evidence of a version's signatures, compressed and encrypted on the caller's thread.
pub struct SealedSignatures {
    bytes: Vec<u8>,
    digest: proof::Hash,
}

/// The evidence of a version's signatures, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSignatures {
    /// The salt of its digest.
    pub salt: proof::Salt,
    /// The evidence.
    pub evidence: Vec<u8>,
}

const SIGNATURES: &str = "signatures";

impl Store {
    /// As [`Store::seal_content`], for the evidence of a version's signatures.
    pub fn seal_signatures(
        &self,
        key: &DataKey,
        version: VersionKey,
        dictionary: i64,
        evidence: &[u8],
    ) -> Result<SealedSignatures, StoreError> {
        let place = Place { what: SIGNATURES, key: version.0 };
        Ok(SealedSignatures {
            bytes: self.seal_parts(dictionary, key, place, &[evidence])?,
            digest: proof::salted(&key.salt(SIGNATURES, version.0), evidence),
        })
    }
}

impl SealedSignatures {
    /// The line that the digest adds to the columns of its version.
    pub(crate) fn line(&self) -> String {
        proof::to_base64(&self.digest)
    }
}

impl ReadTx<'_> {
    /// The evidence of the signatures of the version that `permit` opens; `None` for one that came
    /// without any.
    pub fn find_signatures(
        &self,
        permit: &WholePermit<'_>,
        row: &VersionRow,
    ) -> Result<Option<KeptSignatures>, StoreError> {
        if permit.version() != row.version {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        self.signatures_of(row)
    }

    /// As [`ReadTx::find_signatures`]; evidence that is not what the version's leaf covers is damaged.
    pub(crate) fn signatures_of(
        &self,
        row: &VersionRow,
    ) -> Result<Option<KeptSignatures>, StoreError> {
        const SQL: &str = "SELECT digest, sealed FROM signature_evidence WHERE version_key = ?1";
        let found: Option<(Vec<u8>, Vec<u8>)> =
            self.optional(SQL, [row.version.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((digest, sealed)) = found else { return Ok(None) };
        let damaged = || StoreError::Damaged(format!("the evidence of version {}", row.version.0));
        let key = self.data_key(row.client)?;
        let place = Place { what: SIGNATURES, key: row.version.0 };
        let mut parts = self.open_parts(&key, place, &sealed)?;
        let evidence = parts.pop().filter(|_| parts.is_empty()).ok_or_else(damaged)?;
        let salt = key.salt(SIGNATURES, row.version.0);
        if proof::salted(&salt, &evidence).as_slice() != digest {
            return Err(damaged());
        }
        Ok(Some(KeptSignatures { salt, evidence }))
    }

    /// The line that a version's evidence adds to its columns.
    pub(crate) fn signatures_line(
        &self,
        version: VersionKey,
    ) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT digest FROM signature_evidence WHERE version_key = ?1";
        let digest: Option<Vec<u8>> = self.optional(SQL, [version.0], |row| row.get(0))?;
        let Some(digest) = digest else { return Ok(None) };
        let digest = proof::Hash::try_from(digest.as_slice())
            .map_err(|_| StoreError::Damaged(format!("the evidence of version {}", version.0)))?;
        Ok(Some(proof::to_base64(&digest)))
    }

    /// A certificate or revocation list by its digest.
    pub fn find_material(&self, digest: &proof::Hash) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT bytes FROM signature_material WHERE digest = ?1";
        self.optional(SQL, [digest.as_slice()], |row| row.get(0))
    }

    /// Certificates and lists whose bytes are not those that their digest is of.
    pub(crate) fn wrong_material(&self) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT digest, bytes FROM signature_material";
        let mut wrong = Vec::new();
        self.each(SQL, [], |row| {
            let digest: Vec<u8> = row.get(0)?;
            let bytes: Vec<u8> = row.get(1)?;
            if proof::sha256(&bytes).as_slice() != digest {
                let name: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                wrong.push(format!("signature material {}", name.concat()));
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(wrong)
    }
}

impl WriteTx<'_> {
    pub(crate) fn insert_signatures(
        &mut self,
        version: VersionKey,
        sealed: &SealedSignatures,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO signature_evidence (version_key, digest, sealed) VALUES (?1, ?2, ?3)";
        self.execute(SQL, params![version.0, sealed.digest.as_slice(), sealed.bytes])?;
        Ok(())
    }

    /// Keeps a certificate or revocation list under its digest, unless it is kept already.
    pub fn keep_material(&mut self, digest: &proof::Hash, bytes: &[u8]) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM signature_material WHERE digest = ?1)";
        const SQL: &str =
            "INSERT INTO signature_material (digest, kept_at, bytes) VALUES (?1, ?2, ?3)";
        if !self.one(KNOWN, [digest.as_slice()], |row| row.get::<bool>(0))? {
            let now = self.now().millis();
            self.execute(SQL, params![digest.as_slice(), now, bytes])?;
        }
        Ok(())
    }
}
