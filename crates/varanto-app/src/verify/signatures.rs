//! Checking signatures again: with the certificates and revocation lists of the day on which they
//! arrived, at that moment, they come to the verdict that was kept (ARC-6, ARC-15).

use std::collections::HashMap;
use std::rc::Rc;

use varanto_domain::archive::documents::Part;
use varanto_formats::metadata;
use varanto_formats::signature::evidence::{self, Material};
use varanto_formats::signature::{Trust, sent};
use varanto_store::{Damage, ReadTx, ReadVersion, StoreError};

/// How many days' certificates and lists are held ready.
const MOST_READY: usize = 16;

/// Checks signatures again, version after version. Most rest on the same certificates and lists.
#[derive(Default)]
pub(super) struct SignatureCheck {
    ready: HashMap<Material, Option<Rc<Trust>>>,
}

impl SignatureCheck {
    pub(super) fn version(
        &mut self,
        tx: &ReadTx<'_>,
        read: &ReadVersion<'_>,
    ) -> Result<Option<Damage>, StoreError> {
        let Some(kept) = read.signatures else { return Ok(None) };
        let damage = |what: &str| {
            Ok(Some(Damage::at(format!("signatures of version {}", read.row.version.0), what)))
        };
        let Some(recheck) = evidence::read(kept) else {
            return damage("their evidence does not read");
        };
        let parts: Vec<(Part, &[u8])> =
            read.row.parts.iter().copied().zip(read.parts.iter().map(Vec::as_slice)).collect();
        let metadata = recheck.signed_metadata.as_deref().unwrap_or_default();
        if recheck.signed_metadata.is_some() && !say_the_same(metadata, read.record) {
            return damage("the metadata that were signed are not those that are archived");
        }
        // Each with what its own verdict rests on: another signature's certificates are not its own.
        for (place, kept) in recheck.signatures.iter().enumerate() {
            let Some(trust) = self.trust(tx, &kept.material)? else {
                return damage("a certificate or revocation list that they rest on is missing");
            };
            let anew = sent::check(metadata, &parts, &trust, recheck.checked_at);
            if anew
                .faults
                .iter()
                .any(|fault| !recheck.remarks.iter().any(|one| one == fault.code()))
            {
                return damage("what they cover is not what is archived");
            }
            let agrees = anew.signatures.get(place).is_some_and(|anew| kept.agrees_with(anew));
            if !agrees || anew.signatures.len() != recheck.signatures.len() {
                return damage("checked again, they come to another verdict than on arrival");
            }
        }
        let nobody = || sent::check(metadata, &parts, &Trust::default(), recheck.checked_at);
        if recheck.signatures.is_empty() && !nobody().signatures.is_empty() {
            return damage("their evidence leaves them out");
        }
        Ok(None)
    }

    fn trust(
        &mut self,
        tx: &ReadTx<'_>,
        material: &Material,
    ) -> Result<Option<Rc<Trust>>, StoreError> {
        if let Some(ready) = self.ready.get(material) {
            return Ok(ready.clone());
        }
        let mut found = HashMap::new();
        for digest in material.digests() {
            if let Some(bytes) = tx.find_material(digest)? {
                found.insert(*digest, bytes);
            }
        }
        let trust = material.trust(|digest| found.get(digest).cloned()).map(Rc::new);
        if self.ready.len() >= MOST_READY {
            self.ready.clear();
        }
        self.ready.insert(material.clone(), trust.clone());
        Ok(trust)
    }
}

/// Whether metadata as they were signed and as they are archived say the same.
fn say_the_same(signed: &[u8], archived: &[u8]) -> bool {
    match (metadata::read(signed), metadata::read(archived)) {
        (Ok((signed, _)), Ok((archived, _))) => signed.differences(&archived).is_empty(),
        _ => false,
    }
}
