//! A signing key in a token (PKCS #11): a smart card or a hardware security module, which signs and does
//! not give the key out. Source: ARC-6.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use varanto_domain::archive::proof;
use varanto_formats::signature::{Certificate, KeyKind, SigningKey};

/// Which key of which token.
#[derive(Debug)]
pub struct TokenPlace<'a> {
    /// The module that speaks to the token: a library, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: &'a Path,
    /// The token's label.
    pub token: &'a str,
    /// The key's label.
    pub key: &'a str,
}

/// A key that stays in its token.
pub struct TokenKey {
    session: Session,
    key: ObjectHandle,
    kind: KeyKind,
    certificate: Vec<u8>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({:?})", self.kind)
    }
}

impl TokenKey {
    /// Opens the token with its PIN, and takes the key that has this certificate (DER).
    ///
    /// # Errors
    /// What there is not, what the token refuses, or that the certificate is another key's.
    pub fn open(place: &TokenPlace<'_>, pin: &str, certificate: Vec<u8>) -> Result<Self, String> {
        let told = |error: Error| format!("the token answers: {error}");
        let module = Pkcs11::new(place.module).map_err(told)?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(told)?;
        let mut found = None;
        for slot in module.get_slots_with_token().map_err(told)? {
            let label = module.get_token_info(slot).map_err(told)?.label().to_owned();
            if label == place.token && found.replace(slot).is_some() {
                return Err(format!("two tokens are labelled {label}"));
            }
        }
        let slot = found.ok_or_else(|| format!("no token is labelled {}", place.token))?;
        let session = module.open_ro_session(slot).map_err(told)?;
        session.login(UserType::User, Some(&AuthPin::new(pin.into()))).map_err(told)?;
        let wanted =
            [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(place.key.into())];
        let keys = session.find_objects(&wanted).map_err(told)?;
        let [key] = keys.as_slice() else {
            return Err(format!("{} keys of the token are labelled {}", keys.len(), place.key));
        };
        let kind = Certificate::read(&certificate)?.key_kind();
        let key = Self { session, key: *key, kind, certificate };
        key.prove_itself()?;
        Ok(key)
    }

    /// Signs something and holds it against the certificate, so that no document is signed with a key
    /// that nobody could check.
    fn prove_itself(&self) -> Result<(), String> {
        let text = b"varanto: is this the certificate's key?";
        let value = self.sign(text)?;
        let certificate = Certificate::read(&self.certificate)?;
        if certificate.verifies(text, &value) {
            Ok(())
        } else {
            Err("the certificate is another key's".to_owned())
        }
    }
}

impl SigningKey for TokenKey {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let signed = match self.kind {
            KeyKind::Rsa => self.session.sign(&Mechanism::Sha256RsaPkcs, self.key, message),
            // Not every token digests for its elliptic curves.
            KeyKind::EcP256 | KeyKind::EcP384 => {
                self.session.sign(&Mechanism::Ecdsa, self.key, &proof::sha256(message))
            }
        };
        signed.map_err(|error| format!("the token does not sign: {error}"))
    }
}
