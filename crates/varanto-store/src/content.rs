//! The form in which contents are kept: parts framed together, compressed, encrypted.
//!
//! A sealed blob is: one byte with the form's number (1); the dictionary's id, a varint; the length
//! of the frame before compression, a varint; nonce, ciphertext and tag. The first three are
//! authenticated with the rest. Inside is one zstd frame of: how many parts, a varint; the length of
//! each, varints; the parts. One frame lets a view repeat its document's text at almost no cost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CCtx, DCtx, compress_bound};

use crate::StoreError;
use crate::keys::DataKey;

/// The zstd level of everything kept.
const LEVEL: i32 = 3;
/// How many bytes a trained dictionary has.
const DICTIONARY_BYTES: usize = 16 * 1024;
/// The only form there is so far.
const FORM: u8 = 1;
/// No frame is longer before compression; what claims to be is damaged.
const LONGEST_FRAME: usize = 1 << 30;
/// How many compression contexts wait for their next use; at about a megabyte each.
const CONTEXTS_KEPT: usize = 32;

/// Where a sealed blob belongs. A blob moved elsewhere does not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// What it is, such as `content` or `metadata`.
    pub what: &'static str,
    /// Whose it is, such as the version's key.
    pub key: i64,
}

/// A compression dictionary made ready, or the absence of one.
pub struct Dictionary {
    id: i64,
    prepared: Option<(EncoderDictionary<'static>, DecoderDictionary<'static>)>,
}

impl Dictionary {
    fn none() -> Self {
        Self { id: 0, prepared: None }
    }

    pub(crate) fn prepare(id: i64, bytes: &[u8]) -> Result<Self, StoreError> {
        let bad = |_| StoreError::Damaged(format!("dictionary {id} is no dictionary"));
        let encoder = EncoderDictionary::try_copy(bytes, LEVEL).map_err(bad)?;
        let decoder = DecoderDictionary::try_copy(bytes).map_err(bad)?;
        Ok(Self { id, prepared: Some((encoder, decoder)) })
    }

    /// Its number; 0 when it stands for "without".
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }
}

/// Trains a dictionary of 16 KiB on samples. **Synthetic samples only**: a dictionary holds pieces
/// of them in the clear, and outlives their erasure.
///
/// # Errors
/// [`StoreError::Damaged`] when the samples are too few or too alike; some dozens are needed.
pub fn train_dictionary(samples: &[Vec<u8>]) -> Result<Vec<u8>, StoreError> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES)
        .map_err(|error| StoreError::Damaged(format!("no dictionary from these samples: {error}")))
}

/// Compression contexts and dictionaries, shared by all threads.
pub(crate) struct Codec {
    dictionaries: RwLock<HashMap<i64, Arc<Dictionary>>>,
    compressing: Mutex<Vec<CCtx<'static>>>,
    expanding: Mutex<Vec<DCtx<'static>>>,
}

impl Codec {
    pub(crate) fn new() -> Self {
        let none = HashMap::from([(0, Arc::new(Dictionary::none()))]);
        Self {
            dictionaries: RwLock::new(none),
            compressing: Mutex::default(),
            expanding: Mutex::default(),
        }
    }

    pub(crate) fn kept(&self, id: i64) -> Option<Arc<Dictionary>> {
        self.dictionaries.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn keep(&self, dictionary: &Arc<Dictionary>) {
        self.dictionaries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(dictionary.id, Arc::clone(dictionary));
    }

    pub(crate) fn seal(
        &self,
        dictionary: &Dictionary,
        key: &DataKey,
        place: Place,
        parts: &[&[u8]],
    ) -> Result<Vec<u8>, StoreError> {
        let frame = framed(parts)?;
        let compressed = self.compress(dictionary, &frame)?;
        let mut sealed = vec![FORM];
        push_varint(&mut sealed, dictionary.id.cast_unsigned());
        push_varint(&mut sealed, frame.len() as u64);
        let ciphertext = key.seal(&aad(place, &sealed), &compressed);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    pub(crate) fn open(
        &self,
        dictionary: &Dictionary,
        key: &DataKey,
        place: Place,
        sealed: &[u8],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let head = Head::read(sealed)?;
        let (header, ciphertext) = sealed.split_at(head.bytes);
        let compressed =
            key.open(&aad(place, header), ciphertext).ok_or_else(|| damaged("does not decrypt"))?;
        let frame = self.expand(dictionary, &compressed, head.frame_bytes)?;
        unframed(&frame).ok_or_else(|| damaged("has a broken frame"))
    }

    fn compress(&self, dictionary: &Dictionary, frame: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut context = lock(&self.compressing).pop().unwrap_or_else(CCtx::create);
        let mut out = Vec::with_capacity(compress_bound(frame.len()));
        let done = match &dictionary.prepared {
            Some((encoder, _)) => context.compress_using_cdict(&mut out, frame, encoder.as_cdict()),
            None => context.compress(&mut out, frame, LEVEL),
        };
        put_back(&self.compressing, context);
        done.map_err(|_| damaged("cannot be compressed"))?;
        Ok(out)
    }

    fn expand(
        &self,
        dictionary: &Dictionary,
        compressed: &[u8],
        frame_bytes: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut context = lock(&self.expanding).pop().unwrap_or_else(DCtx::create);
        let mut out = Vec::with_capacity(frame_bytes);
        let done = match &dictionary.prepared {
            Some((_, decoder)) => {
                context.decompress_using_ddict(&mut out, compressed, decoder.as_ddict())
            }
            None => context.decompress(&mut out, compressed),
        };
        put_back(&self.expanding, context);
        match done {
            Ok(bytes) if bytes == frame_bytes => Ok(out),
            _ => Err(damaged("does not decompress")),
        }
    }
}

fn lock<T>(contexts: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    contexts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put_back<T>(contexts: &Mutex<Vec<T>>, context: T) {
    let mut contexts = lock(contexts);
    if contexts.len() < CONTEXTS_KEPT {
        contexts.push(context);
    }
}

fn damaged(why: &str) -> StoreError {
    StoreError::Damaged(format!("a kept content {why}"))
}

fn aad(place: Place, header: &[u8]) -> Vec<u8> {
    [place.what.as_bytes(), &[0], &place.key.to_be_bytes(), header].concat()
}

fn framed(parts: &[&[u8]]) -> Result<Vec<u8>, StoreError> {
    let bytes: usize = parts.iter().map(|part| part.len() + 10).sum();
    if bytes > LONGEST_FRAME {
        return Err(damaged("is longer than a gibibyte"));
    }
    let mut frame = Vec::with_capacity(bytes + 10);
    push_varint(&mut frame, parts.len() as u64);
    for part in parts {
        push_varint(&mut frame, part.len() as u64);
    }
    for part in parts {
        frame.extend_from_slice(part);
    }
    Ok(frame)
}

fn unframed(frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = frame;
    let count = take_varint(&mut rest).filter(|count| *count <= frame.len() as u64)?;
    let lengths: Vec<u64> = (0..count).map(|_| take_varint(&mut rest)).collect::<Option<_>>()?;
    let mut parts = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (part, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        parts.push(part.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(parts)
}

/// The readable beginning of a sealed blob.
struct Head {
    dictionary: i64,
    frame_bytes: usize,
    bytes: usize,
}

impl Head {
    fn read(sealed: &[u8]) -> Result<Self, StoreError> {
        let mut rest = sealed.strip_prefix(&[FORM]).ok_or_else(|| damaged("has no known form"))?;
        let dictionary = take_varint(&mut rest);
        let frame_bytes = take_varint(&mut rest).and_then(|bytes| usize::try_from(bytes).ok());
        match (dictionary, frame_bytes) {
            (Some(dictionary), Some(frame_bytes)) if frame_bytes <= LONGEST_FRAME => Ok(Self {
                dictionary: dictionary.cast_signed(),
                frame_bytes,
                bytes: sealed.len() - rest.len(),
            }),
            _ => Err(damaged("has a broken header")),
        }
    }
}

/// The dictionary that a sealed blob was compressed with.
pub(crate) fn dictionary_of(sealed: &[u8]) -> Result<i64, StoreError> {
    Ok(Head::read(sealed)?.dictionary)
}

/// Seven bits a byte, lowest first; the high bit says that more follow (LEB128).
pub(crate) fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::tests_key;

    const HERE: Place = Place { what: "content", key: 7 };

    fn note(number: usize) -> Vec<u8> {
        let day = number % 28 + 1;
        let text = format!(
            "{{\"document\":{{\"id\":\"1.2.246.10.2012566.95.2026.{number}\",\"day\":\"2026-03-{day:02}\",\
             \"subject\":\"Kotikäynti {number}\",\"text\":\"Asiakas kertoi voinnistaan ja arjen sujumisesta. \
             Sovittiin seuraava tapaaminen {day}. päivälle.\",\"writer\":\"{}\"}}}}",
            number * 7919 % 1000
        );
        text.into_bytes()
    }

    proptest! {
        #[test]
        fn parts_come_back_as_they_were_sealed(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..5),
        ) {
            let (codec, key) = (Codec::new(), tests_key());
            let none = codec.kept(0).unwrap();
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let sealed = codec.seal(&none, &key, HERE, &slices).unwrap();
            prop_assert_eq!(codec.open(&none, &key, HERE, &sealed).unwrap(), parts);
        }

        #[test]
        fn a_number_reads_back(number in any::<u64>()) {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            prop_assert_eq!(take_varint(&mut bytes.as_slice()), Some(number));
        }

        #[test]
        fn no_bytes_break_the_reading(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let (codec, key) = (Codec::new(), tests_key());
            let none = codec.kept(0).unwrap();
            prop_assert!(codec.open(&none, &key, HERE, &bytes).is_err());
            let _ = unframed(&bytes);
        }
    }

    #[test]
    fn a_blob_opens_at_its_place_alone() {
        let (codec, key) = (Codec::new(), tests_key());
        let none = codec.kept(0).unwrap();
        let sealed = codec.seal(&none, &key, HERE, &[b"text"]).unwrap();
        for place in [Place { key: 8, ..HERE }, Place { what: "metadata", ..HERE }] {
            assert!(matches!(codec.open(&none, &key, place, &sealed), Err(StoreError::Damaged(_))));
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 4;
            assert!(codec.open(&none, &key, HERE, &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_dictionary_makes_small_documents_smaller_and_is_needed_to_open_them() {
        let samples: Vec<Vec<u8>> = (0..400).map(note).collect();
        let trained = train_dictionary(&samples).unwrap();
        let dictionary = Dictionary::prepare(3, &trained).unwrap();
        let (codec, key) = (Codec::new(), tests_key());
        let none = codec.kept(0).unwrap();
        let document = note(5_000);
        let plain = codec.seal(&none, &key, HERE, &[&document]).unwrap();
        let small = codec.seal(&dictionary, &key, HERE, &[&document]).unwrap();
        assert!(small.len() * 2 < plain.len(), "{} {}", small.len(), plain.len());
        assert_eq!(dictionary_of(&small).unwrap(), 3);
        assert_eq!(codec.open(&dictionary, &key, HERE, &small).unwrap(), [document]);
        assert!(codec.open(&none, &key, HERE, &small).is_err());
    }

    /// The view repeats the document's text, so it may cost little beside it.
    #[test]
    fn a_view_beside_its_document_costs_little() {
        let (codec, key) = (Codec::new(), tests_key());
        let none = codec.kept(0).unwrap();
        let document: Vec<u8> = (0..20).flat_map(|number| note(number * 37)).collect();
        let view = [b"<div>".as_slice(), &document, b"</div>"].concat();
        let alone = codec.seal(&none, &key, HERE, &[&document]).unwrap().len();
        let both = codec.seal(&none, &key, HERE, &[&document, &view]).unwrap().len();
        assert!(both < alone + alone / 10 + 40, "{alone} {both}");
    }
}
