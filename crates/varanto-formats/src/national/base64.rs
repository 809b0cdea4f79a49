//! Base64 as messages hold it: the standard alphabet, whole padding, white space anywhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The bytes of a base64 text; why it is none, in words that hold nothing of it.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    let mut plain = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => plain.push(byte),
            _ => return Err("a character outside the base64 alphabet"),
        }
    }
    STANDARD.decode(plain).map_err(|_| "base64 with a wrong end or padding")
}

/// The base64 of bytes, on one line.
pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_of_base64_stands_for_some_bytes_and_no_other_is_taken() {
        assert_eq!(decode(" QUE=\r\n\t").unwrap(), b"AA");
        assert_eq!(decode("").unwrap(), b"");
        for wrong in ["QUE", "QUF=", "QUE==", "QQ=Q", "Q", "QUE=QUE=", "QU-_", "QUE\u{a0}="] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }
}
