//! Checking signatures again: with the certificates and revocation lists of the day on which they
//! arrived, at that moment, they come to the verdict that was kept (ARC-6, ARC-15).

use std::collections::HashMap;
use std::rc::Rc;

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::Hash;
use varanto_formats::signature::evidence::{self, Recheck};
use varanto_formats::signature::{Trust, sent};
use varanto_store::{Damage, ReadTx, ReadVersion, StoreError};

/// How many days' certificates and lists are held ready.
const MOST_READY: usize = 16;

/// The certificates and lists that evidence names.
type Named = [Vec<Hash>; 3];

/// Checks signatures again, version after version. Most rest on the same certificates and lists.
#[derive(Default)]
pub(super) struct SignatureCheck {
    ready: HashMap<Named, Option<Rc<Trust>>>,
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
        let Some(trust) = self.trust(tx, &recheck)? else {
            return damage("a certificate or revocation list that they rest on is missing");
        };
        let parts: Vec<(Part, &[u8])> =
            read.row.parts.iter().copied().zip(read.parts.iter().map(Vec::as_slice)).collect();
        let metadata = recheck.signed_metadata.as_deref().unwrap_or_default();
        let anew = sent::check(metadata, &parts, &trust, recheck.checked_at);
        if recheck.agrees_with(&anew.signatures) {
            Ok(None)
        } else {
            damage("checked again, they come to another verdict than on arrival")
        }
    }

    fn trust(
        &mut self,
        tx: &ReadTx<'_>,
        recheck: &Recheck,
    ) -> Result<Option<Rc<Trust>>, StoreError> {
        let named = [recheck.anchors.clone(), recheck.between.clone(), recheck.lists.clone()];
        if let Some(ready) = self.ready.get(&named) {
            return Ok(ready.clone());
        }
        let mut found = HashMap::new();
        for digest in named.iter().flatten() {
            if let Some(bytes) = tx.find_material(digest)? {
                found.insert(*digest, bytes);
            }
        }
        let trust = recheck.trust(|digest| found.get(digest).cloned()).map(Rc::new);
        if self.ready.len() >= MOST_READY {
            self.ready.clear();
        }
        self.ready.insert(named, trust.clone());
        Ok(trust)
    }
}
