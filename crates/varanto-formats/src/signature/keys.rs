//! The arithmetic of signatures, over one library.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

/// How a signature is computed; the digest is SHA-256 in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    /// RSA as PKCS #1 1.5 pads it, 2048 to 8192 bits.
    Rsa,
    /// RSA-PSS with a salt of 32 bytes, 2048 to 8192 bits.
    RsaPss,
    /// ECDSA on P-256 or P-384, the signature as two numbers of equal length.
    Ecdsa,
}

/// The curve of an elliptic key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Curve {
    P256,
    P384,
}

/// A public key as a certificate holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PublicKey {
    /// `SubjectPublicKeyInfo`, DER.
    pub(super) info: Vec<u8>,
    /// The curve, for an elliptic key on one that we take.
    pub(super) curve: Option<Curve>,
}

impl PublicKey {
    /// Whether `signature` is this key's over `message`. A key of another kind than the algorithm's
    /// verifies nothing.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let with = |parameters: &'static dyn VerificationAlgorithm, signature: &[u8]| {
            UnparsedPublicKey::new(parameters, &self.info).verify(message, signature).is_ok()
        };
        match (algorithm, self.curve) {
            (Algorithm::Rsa, None) => with(&RSA_PKCS1_2048_8192_SHA256, signature),
            (Algorithm::RsaPss, None) => with(&RSA_PSS_2048_8192_SHA256, signature),
            (Algorithm::Ecdsa, Some(Curve::P256)) => with(&ECDSA_P256_SHA256_FIXED, signature),
            (Algorithm::Ecdsa, Some(Curve::P384)) => {
                der_of_fixed(signature, 48).is_some_and(|der| with(&ECDSA_P384_SHA256_ASN1, &der))
            }
            _ => false,
        }
    }
}

/// Two numbers of `length` bytes each as the DER sequence of two integers.
fn der_of_fixed(fixed: &[u8], length: usize) -> Option<Vec<u8>> {
    if fixed.len() != 2 * length {
        return None;
    }
    let (r, s) = fixed.split_at(length);
    let body = [integer(r)?, integer(s)?].concat();
    Some([&[0x30, u8::try_from(body.len()).ok().filter(|l| *l < 0x80)?], body.as_slice()].concat())
}

fn integer(number: &[u8]) -> Option<Vec<u8>> {
    let first = number.iter().position(|byte| *byte != 0)?;
    let significant = &number[first..];
    let sign: &[u8] = if significant[0] & 0x80 == 0 { &[] } else { &[0] };
    let length = u8::try_from(sign.len() + significant.len()).ok()?;
    Some([&[0x02, length], sign, significant].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_become_two_der_integers() {
        let mut fixed = [0; 96];
        fixed[47] = 0x05;
        fixed[94] = 0x80;
        let der = der_of_fixed(&fixed, 48).unwrap();
        assert_eq!(der, [0x30, 8, 2, 1, 5, 2, 3, 0, 0x80, 0]);
        assert_eq!(der_of_fixed(&fixed[1..], 48), None);
        assert_eq!(der_of_fixed(&[0; 96], 48), None, "nought is no signature");
        assert_eq!(der_of_fixed(&[0xff; 96], 48).unwrap().len(), 2 + 2 * (2 + 49));
    }
}
