//! Compression dictionaries: one for each structure, and one for metadata, trained on synthetic
//! documents when the first document of the kind comes (design D5).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use varanto_domain::ids::Oid;
use varanto_domain::joining::Registers;
use varanto_domain::structures::{Content, Structure};
use varanto_domain::time::FinnishDay;
use varanto_formats::synthetic::{self, FinnishText, Fullness};
use varanto_formats::{content, view};
use varanto_store::{Store, StoreError, train_dictionary};

use crate::archive::record;
use crate::{AppError, Registry};

/// How many synthetic documents a dictionary is trained on.
const SAMPLES: u64 = 160;

/// The numbers of the dictionaries in use, by subject. A subject is trained once, and whoever else
/// wants it meanwhile waits.
#[derive(Default)]
pub(crate) struct Dictionaries {
    known: Mutex<HashMap<String, Arc<Mutex<Option<i64>>>>>,
}

impl Dictionaries {
    /// The dictionary for documents on a structure; 0, none, where training gave nothing.
    pub(crate) fn of_structure(
        &self,
        store: &Store,
        structure: &Structure,
    ) -> Result<i64, AppError> {
        self.of_subject(store, structure.oid.as_str(), || structure_samples(structure))
    }

    /// The dictionary for records of metadata, made for the registry's organisations and units.
    pub(crate) fn of_records(&self, store: &Store, registry: &Registry) -> Result<i64, AppError> {
        let samples = || record_samples(registry.registers());
        self.of_subject(store, registry.record_subject(), samples)
    }

    fn of_subject(
        &self,
        store: &Store,
        subject: &str,
        samples: impl FnOnce() -> Vec<Vec<u8>>,
    ) -> Result<i64, AppError> {
        let slot = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(subject) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(known.entry(subject.to_owned()).or_default()),
            }
        };
        let mut number = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = *number {
            return Ok(number);
        }
        let found = store.read::<_, StoreError>(|tx| tx.newest_dictionary(subject))?;
        let made = match found {
            Some(found) => found,
            None => train(store, subject, &samples())?,
        };
        *number = Some(made);
        Ok(made)
    }
}

fn train(store: &Store, subject: &str, samples: &[Vec<u8>]) -> Result<i64, AppError> {
    // Too few or too uniform samples give no dictionary; then none is used, which is only larger.
    let Ok(bytes) = train_dictionary(samples) else { return Ok(0) };
    let subject = subject.to_owned();
    let made = store.write::<_, AppError>(move |tx| Ok(tx.insert_dictionary(&subject, &bytes)?))?;
    Ok(made.value)
}

/// A document's parts as they are framed for compression: the JSON, then its view.
fn structure_samples(structure: &Structure) -> Vec<Vec<u8>> {
    let oid = Oid::parse("1.2.246.10.99999991.95.2026.1.1").expect("written as an OID");
    (0..SAMPLES)
        .map(|seed| {
            let fullness = if seed % 3 == 0 { Fullness::Full } else { Fullness::Typical };
            let document = synthetic::document(structure, seed, fullness, &mut FinnishText::new());
            sample(structure, &document, &oid)
        })
        .collect()
}

fn sample(structure: &Structure, document: &Content<'_>, oid: &Oid) -> Vec<u8> {
    let heading = view::Heading {
        document: oid,
        organisation: "Suvannon hyvinvointialue",
        document_type: &structure.document_type,
        made_on: FinnishDay::new(2026, 3, 1),
        language: view::ViewLanguage::Finnish,
    };
    let mut bytes = content::write(document).into_bytes();
    bytes.extend_from_slice(view::render(structure, document, &heading).as_bytes());
    bytes
}

/// Records as they are kept, of synthetic persons.
fn record_samples(registers: &Registers) -> Vec<Vec<u8>> {
    let mut draw = synthetic::Draw::new(1);
    (0..4 * SAMPLES).map(|_| record::synthetic_record(registers, &mut draw)).collect()
}
