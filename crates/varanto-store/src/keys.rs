//! Keys: the key ring in files, a data key per client wrapped by it, and the checkpoint signature.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use varanto_domain::archive::proof::Salt;
use zeroize::{Zeroize, Zeroizing};

use crate::StoreError;

/// The file that holds the key-encryption key, in the key folder.
pub const KEY_ENCRYPTION_FILE: &str = "key-encryption.key";
/// The file that holds the checkpoint signing key (PKCS#8), in the key folder.
pub const CHECKPOINT_SIGNING_FILE: &str = "checkpoint-signing.p8";

/// How many data keys are kept ready in memory, at about a kilobyte each.
const DATA_KEYS_KEPT: usize = 16_384;

type Secret = Zeroizing<[u8; 32]>;

fn fill(bytes: &mut [u8]) {
    SystemRandom::new().fill(bytes).expect("the operating system gives random bytes");
}

fn random_secret() -> Secret {
    let mut secret = Secret::default();
    fill(secret.as_mut_slice());
    secret
}

/// The keys that lie in files: one that wraps every data key, one that signs checkpoints.
///
/// Losing the first loses every document; whoever has it and the database reads everything.
/// Cheap to clone.
#[derive(Clone)]
pub struct KeyRing(Arc<RingParts>);

struct RingParts {
    wrapping: LessSafeKey,
    signing: Ed25519KeyPair,
}

impl KeyRing {
    /// Makes both key files in `folder`, which is made too when missing, readable by the owner
    /// alone. An existing key file is never overwritten.
    ///
    /// # Errors
    /// [`StoreError::KeyFile`] when a file is there already or cannot be written.
    pub fn create(folder: &Path) -> Result<Self, StoreError> {
        let paths = KeyPaths::of(folder);
        for path in [&paths.wrapping, &paths.signing] {
            if path.exists() {
                return Err(unusable(path, "is there already"));
            }
        }
        make_folder(folder).map_err(|error| unusable(folder, &error))?;
        let secret = random_secret();
        let document = Ed25519KeyPair::generate()
            .and_then(|pair| pair.to_pkcs8())
            .map_err(|_| unusable(&paths.signing, "no key could be made"))?;
        write_secret(&paths.wrapping, secret.as_slice())?;
        write_secret(&paths.signing, document.as_ref())?;
        sync_folder(folder)?;
        Self::open(folder)
    }

    /// Reads both key files from `folder`.
    ///
    /// # Errors
    /// [`StoreError::KeyFile`] names the file that is missing or is no such key.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let paths = KeyPaths::of(folder);
        let secret = read_secret(&paths.wrapping)?;
        let wrapping =
            gcm_key(&secret).ok_or_else(|| unusable(&paths.wrapping, "is not 32 bytes long"))?;
        let signing = Ed25519KeyPair::from_pkcs8(&read_secret(&paths.signing)?)
            .map_err(|_| unusable(&paths.signing, "is not an Ed25519 key in PKCS#8"))?;
        Ok(Self(Arc::new(RingParts { wrapping, signing })))
    }

    /// Whether either key file is in `folder`.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        let paths = KeyPaths::of(folder);
        paths.wrapping.exists() || paths.signing.exists()
    }

    /// The public half of the checkpoint signing key, 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.signing.public_key().as_ref().to_vec()
    }

    /// The key with which outsiders verify checkpoints, as a C2SP signed-note verifier key:
    /// `<origin>+<key id>+<algorithm and public key in base64>`.
    #[must_use]
    pub fn verifier_key(&self, origin: &str) -> String {
        NoteKey { origin, public: &self.public_key() }.verifier_key()
    }

    /// Signs a note's text: the C2SP signed note. The same text gives the same note always.
    pub(crate) fn sign_note(&self, origin: &str, text: &str) -> String {
        let public = self.public_key();
        let mut signature = NoteKey { origin, public: &public }.id().to_vec();
        signature.extend_from_slice(self.0.signing.sign(text.as_bytes()).as_ref());
        format!("{text}\n— {origin} {}\n", BASE64.encode(signature))
    }

    fn wrap(&self, owner: &[u8], secret: &Secret) -> Vec<u8> {
        gcm_seal(&self.0.wrapping, owner, secret.as_slice())
    }

    fn unwrap(&self, owner: &[u8], wrapped: &[u8]) -> Option<Secret> {
        let plain = Zeroizing::new(gcm_open(&self.0.wrapping, owner, wrapped)?);
        Some(Zeroizing::new(plain.as_slice().try_into().ok()?))
    }
}

/// The text of a C2SP signed note whose signature under `public` holds, or `None`.
#[must_use]
pub fn verified_note<'a>(origin: &str, public: &[u8], note: &'a str) -> Option<&'a str> {
    let (text, signatures) = note.split_at(note.find("\n\n")? + 1);
    let prefix = format!("— {origin} ");
    let id = NoteKey { origin, public }.id();
    signatures.lines().filter_map(|line| line.strip_prefix(&prefix)).find_map(|signature| {
        let bytes = BASE64.decode(signature).ok()?;
        let signature = bytes.strip_prefix(&id)?;
        UnparsedPublicKey::new(&ED25519, public).verify(text.as_bytes(), signature).ok()?;
        Some(text)
    })
}

/// A name and an Ed25519 key, as C2SP signed notes know them.
struct NoteKey<'a> {
    origin: &'a str,
    public: &'a [u8],
}

impl NoteKey<'_> {
    const ED25519: u8 = 1;

    /// The first four bytes of SHA-256 over name, line feed, algorithm and key.
    fn id(&self) -> [u8; 4] {
        let data = [self.origin.as_bytes(), b"\n", &[Self::ED25519], self.public].concat();
        let hash = digest::digest(&digest::SHA256, &data);
        hash.as_ref()[..4].try_into().expect("a digest is longer than four bytes")
    }

    fn verifier_key(&self) -> String {
        let key = BASE64.encode([&[Self::ED25519], self.public].concat());
        format!("{}+{:08x}+{key}", self.origin, u32::from_be_bytes(self.id()))
    }
}

struct KeyPaths {
    wrapping: PathBuf,
    signing: PathBuf,
}

impl KeyPaths {
    fn of(folder: &Path) -> Self {
        Self {
            wrapping: folder.join(KEY_ENCRYPTION_FILE),
            signing: folder.join(CHECKPOINT_SIGNING_FILE),
        }
    }
}

fn unusable(path: &Path, why: impl fmt::Display) -> StoreError {
    StoreError::KeyFile { path: path.into(), why: why.to_string() }
}

fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    warn_when_others_can_read(path);
    fs::read(path).map(Zeroizing::new).map_err(|error| unusable(path, error))
}

/// Makes a folder of the store's, for its owner alone. One that is there keeps its permissions.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| unusable(path, error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| unusable(path, error))
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::file(folder, &error))
}

#[cfg(unix)]
fn warn_when_others_can_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let open = fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!(file = %path.display(), "a key file is open to others than its owner");
    }
}

#[cfg(not(unix))]
fn warn_when_others_can_read(_path: &Path) {}

fn gcm_key(secret: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, secret).ok().map(LessSafeKey::new)
}

/// A random nonce, the ciphertext and the tag.
fn gcm_seal(key: &LessSafeKey, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    fill(&mut nonce);
    let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut sealed[NONCE_LEN..],
        )
        .expect("AES-GCM takes up to 64 GiB");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

fn gcm_open(key: &LessSafeKey, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = ciphertext.to_vec();
    let plain_bytes = key.open_in_place(nonce, Aad::from(aad), &mut bytes).ok()?.len();
    bytes.truncate(plain_bytes);
    Some(bytes)
}

/// A key made ready: it encrypts, and derives the salts of what it encrypted.
///
/// Encryption and salts use two keys derived from the one that is kept, so neither tells of the
/// other. There is no `Debug`: a key never reaches a log.
pub struct DataKey {
    encrypting: LessSafeKey,
    salting: hmac::Key,
}

impl DataKey {
    fn of(secret: &Secret) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice());
        let mut encrypting = derived(&base, "varanto/encrypt/1");
        let mut salting = derived(&base, "varanto/salt/1");
        let key = Self {
            encrypting: gcm_key(&encrypting).expect("a digest is as long as the key"),
            salting: hmac::Key::new(hmac::HMAC_SHA256, &salting),
        };
        encrypting.zeroize();
        salting.zeroize();
        key
    }

    /// The key that a secret outside the store leads to, which is random and long; `label` says for what.
    pub(crate) fn of_outside(secret: &[u8], label: &str) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self::of(&Zeroizing::new(derived(&base, label)))
    }

    /// Encrypts: a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. `aad` says where the
    /// result belongs; only the same `aad` opens it.
    #[must_use]
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        gcm_seal(&self.encrypting, aad, plain)
    }

    /// Decrypts what [`DataKey::seal`] made, or `None` when key, place or bytes are others.
    #[must_use]
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        gcm_open(&self.encrypting, aad, sealed)
    }

    /// The name of some bytes, which whoever lacks this key learns nothing from: equal bytes have equal names.
    pub(crate) fn name(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.salting);
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(bytes);
        context.sign().as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }

    /// The salt of one thing: `label` says what kind it is, `key` which. Never stored: it is gone
    /// when this key is.
    #[must_use]
    pub fn salt(&self, label: &str, key: i64) -> Salt {
        let mut context = hmac::Context::with_key(&self.salting);
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(&key.to_be_bytes());
        context.sign().as_ref()[..16].try_into().expect("a tag is longer than a salt")
    }
}

fn derived(key: &hmac::Key, label: &str) -> [u8; 32] {
    let tag = hmac::sign(key, label.as_bytes());
    tag.as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
}

/// A new data key in the form it is stored in.
pub(crate) struct WrappedKey(pub(crate) Vec<u8>);

/// All keys of an open store: the ring, the store's own key, and data keys lately used.
pub struct Keys {
    ring: KeyRing,
    store: DataKey,
    lookup: hmac::Key,
    shared: hmac::Key,
    kept: Mutex<KeptKeys>,
    /// Up to which news of other programs the keys in memory are known to be in use still.
    news: AtomicI64,
}

impl Keys {
    /// Opens the store's own key.
    pub(crate) fn open(ring: KeyRing, wrapped: &WrappedKey) -> Result<Self, StoreError> {
        let secret = ring
            .unwrap(STORE_KEY, &wrapped.0)
            .ok_or(StoreError::WrongKeys("the key-encryption key is another"))?;
        let base = hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice());
        let lookup = hmac::Key::new(hmac::HMAC_SHA256, &derived(&base, "varanto/lookup/1"));
        let shared = hmac::Key::new(hmac::HMAC_SHA256, &derived(&base, "varanto/shared/1"));
        let (store, kept) = (DataKey::of(&secret), Mutex::default());
        Ok(Self { ring, store, lookup, shared, kept, news: AtomicI64::new(0) })
    }

    /// The key ring.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The key for what belongs to no client, such as log lines of administration.
    #[must_use]
    pub fn store_key(&self) -> &DataKey {
        &self.store
    }

    /// Under what an identity code is looked up: a keyed digest, useless without the key file.
    #[must_use]
    pub fn lookup_hash(&self, text: &str) -> [u8; 32] {
        derived(&self.lookup, text)
    }

    /// A secret that all who have the store open know, and nobody else; `label` says for what.
    #[must_use]
    pub fn shared_secret(&self, label: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(derived(&self.shared, label))
    }

    /// A new data key for a client, to be stored.
    pub(crate) fn make(&self, client: i64) -> (Arc<DataKey>, WrappedKey) {
        let secret = random_secret();
        let wrapped = WrappedKey(self.ring.wrap(&client_owner(client), &secret));
        (Arc::new(DataKey::of(&secret)), wrapped)
    }

    /// A client's data key from its stored form.
    pub(crate) fn unwrap(&self, client: i64, wrapped: &[u8]) -> Result<Arc<DataKey>, StoreError> {
        let secret = self
            .ring
            .unwrap(&client_owner(client), wrapped)
            .ok_or_else(|| StoreError::Damaged(format!("the key of client {client}")))?;
        Ok(Arc::new(DataKey::of(&secret)))
    }

    pub(crate) fn kept(&self, client: i64) -> Option<Arc<DataKey>> {
        self.lock().find(client)
    }

    /// Keeps a key that was on disk when there was so much news, unless there has been more since: then another program
    /// may have destroyed it.
    pub(crate) fn keep(&self, client: i64, key: &Arc<DataKey>, news: i64) {
        let mut kept = self.lock();
        if news == self.news() {
            kept.keep(client, key, DATA_KEYS_KEPT);
        }
    }

    /// How much news of other programs has been heard.
    pub(crate) fn news(&self) -> i64 {
        self.news.load(Ordering::Acquire)
    }

    /// Hears that there is so much news: keys may have been destroyed. `less`: also when more was heard before, of a
    /// database that has come back as it was earlier.
    pub(crate) fn hear(&self, news: i64, less: bool) {
        let mut kept = self.lock();
        if news > self.news() || (less && news < self.news()) {
            self.news.store(news, Ordering::Release);
            kept.forget_all();
        }
    }

    /// Forgets a key that is being destroyed, for good, also against readers of older snapshots. Were
    /// that undone, the key would only be unwrapped each time.
    pub(crate) fn forget(&self, client: i64) {
        self.lock().forget(client);
    }

    /// Forgets every key but that some were destroyed: another program may have destroyed more.
    pub(crate) fn forget_all(&self) {
        self.lock().forget_all();
    }

    fn lock(&self) -> MutexGuard<'_, KeptKeys> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const STORE_KEY: &[u8] = b"varanto/store-key/1";

fn client_owner(client: i64) -> Vec<u8> {
    [b"varanto/client-key/1".as_slice(), &client.to_be_bytes()].concat()
}

const BACKUP_KEY: &[u8] = b"varanto/backup-key/1";

/// A new key for a folder of backups, wrapped.
pub(crate) fn make_backup_key(ring: &KeyRing) -> WrappedKey {
    WrappedKey(ring.wrap(BACKUP_KEY, &random_secret()))
}

/// The key of a folder of backups; `None` when another ring wrapped it.
pub(crate) fn open_backup_key(ring: &KeyRing, wrapped: &[u8]) -> Option<DataKey> {
    ring.unwrap(BACKUP_KEY, wrapped).map(|secret| DataKey::of(&secret))
}

/// A new key of the store's own, wrapped.
pub(crate) fn make_store_key(ring: &KeyRing) -> WrappedKey {
    WrappedKey(ring.wrap(STORE_KEY, &random_secret()))
}

/// Keys lately used; when full, the oldest one that was not asked for since its last turn goes.
#[derive(Default)]
struct KeptKeys {
    keys: HashMap<i64, (Arc<DataKey>, bool)>,
    turns: VecDeque<i64>,
    destroyed: HashSet<i64>,
}

impl KeptKeys {
    fn find(&mut self, client: i64) -> Option<Arc<DataKey>> {
        let (key, asked) = self.keys.get_mut(&client)?;
        *asked = true;
        Some(Arc::clone(key))
    }

    fn keep(&mut self, client: i64, key: &Arc<DataKey>, most: usize) {
        if self.destroyed.contains(&client) || self.keys.contains_key(&client) {
            return;
        }
        while self.keys.len() >= most {
            let Some(oldest) = self.turns.pop_front() else { break };
            match self.keys.get_mut(&oldest) {
                Some((_, asked @ true)) => {
                    *asked = false;
                    self.turns.push_back(oldest);
                }
                _ => drop(self.keys.remove(&oldest)),
            }
        }
        self.keys.insert(client, (Arc::clone(key), false));
        self.turns.push_back(client);
    }

    fn forget(&mut self, client: i64) {
        self.keys.remove(&client);
        self.destroyed.insert(client);
    }

    fn forget_all(&mut self) {
        self.keys.clear();
        self.turns.clear();
    }
}

/// A key for tests of what keys are used for.
#[cfg(test)]
pub(crate) fn tests_key() -> DataKey {
    DataKey::of(&random_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> (tempfile::TempDir, KeyRing) {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::create(folder.path()).unwrap();
        (folder, ring)
    }

    #[test]
    fn a_key_ring_is_made_once_and_read_back() {
        let (folder, ring) = ring();
        assert!(matches!(KeyRing::create(folder.path()), Err(StoreError::KeyFile { .. })));
        let again = KeyRing::open(folder.path()).unwrap();
        assert_eq!(again.public_key(), ring.public_key());
        let secret = random_secret();
        let wrapped = ring.wrap(b"owner", &secret);
        assert_eq!(again.unwrap(b"owner", &wrapped).unwrap(), secret);
        assert!(again.unwrap(b"another", &wrapped).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, _) = ring();
        for name in [KEY_ENCRYPTION_FILE, CHECKPOINT_SIGNING_FILE] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_file_that_is_none_is_named() {
        let (folder, _) = ring();
        let path = folder.path().join(KEY_ENCRYPTION_FILE);
        fs::write(&path, [7; 31]).unwrap();
        let error = KeyRing::open(folder.path()).err().unwrap();
        assert!(error.to_string().contains(KEY_ENCRYPTION_FILE), "{error}");
    }

    #[test]
    fn a_note_verifies_as_it_was_signed_and_not_otherwise() {
        let (_folder, ring) = ring();
        let note = ring.sign_note("archive.example/log", "archive.example/log\n7\nroot\n");
        let public = ring.public_key();
        let text = verified_note("archive.example/log", &public, &note);
        assert_eq!(text, Some("archive.example/log\n7\nroot\n"));
        assert_eq!(ring.sign_note("archive.example/log", text.unwrap()), note);
        assert_eq!(verified_note("archive.example/log", &public, &note.replace('7', "8")), None);
        assert_eq!(verified_note("other.example/log", &public, &note), None);
        assert_eq!(verified_note("archive.example/log", &[3; 32], &note), None);
    }

    /// The example of C2SP signed-note.
    #[test]
    fn a_verifier_key_is_spelt_as_the_standard_says() {
        let public = BASE64.decode("AfdrGOZIiwLAatrlj9nkI8M0WQCIqOxQ6D7Wb+cNPrTu").unwrap();
        let key = NoteKey { origin: "example.com/foo", public: &public[1..] };
        let text = key.verifier_key();
        assert!(text.starts_with("example.com/foo+"), "{text}");
        assert!(text.ends_with("+AfdrGOZIiwLAatrlj9nkI8M0WQCIqOxQ6D7Wb+cNPrTu"), "{text}");
        assert_eq!(text.split('+').nth(1).unwrap().len(), 8);
    }

    #[test]
    fn what_one_key_seals_no_other_key_place_or_change_opens() {
        let (one, other) = (DataKey::of(&random_secret()), DataKey::of(&random_secret()));
        let sealed = one.seal(b"here", b"text");
        assert_eq!(sealed.len(), 12 + 4 + 16);
        assert_eq!(one.open(b"here", &sealed).unwrap(), b"text");
        assert_ne!(one.seal(b"here", b"text"), sealed);
        assert!(one.open(b"there", &sealed).is_none());
        assert!(other.open(b"here", &sealed).is_none());
        assert!(one.open(b"here", &sealed[..20]).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(one.open(b"here", &changed).is_none());
        }
    }

    #[test]
    fn salts_tell_kinds_and_things_apart() {
        let key = DataKey::of(&random_secret());
        assert_eq!(key.salt("content", 1), key.salt("content", 1));
        assert_ne!(key.salt("content", 1), key.salt("content", 2));
        assert_ne!(key.salt("content", 1), key.salt("metadata", 1));
        assert_ne!(key.salt("content", 1), DataKey::of(&random_secret()).salt("content", 1));
    }

    #[test]
    fn the_keys_lately_asked_for_are_kept() {
        let mut kept = KeptKeys::default();
        let key = Arc::new(DataKey::of(&random_secret()));
        for client in 1..=3 {
            kept.keep(client, &key, 3);
        }
        assert!(kept.find(1).is_some());
        kept.keep(4, &key, 3);
        assert!(kept.find(1).is_some());
        assert!(kept.find(2).is_none());
        kept.forget(1);
        kept.keep(1, &key, 3);
        assert!(kept.find(1).is_none());
        for client in 5..100 {
            kept.keep(client, &key, 3);
        }
        assert_eq!(kept.keys.len(), 3);
        assert_eq!(kept.turns.len(), 3);
    }
}
