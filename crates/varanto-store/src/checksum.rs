//! A digest behind bytes that no leaf of the proof log covers, so that damage to them is found too.

use varanto_domain::archive::proof::sha256;

const BYTES: usize = 32;

/// The bytes with the SHA-256 over what they belong to and themselves behind them.
pub(crate) fn append(bytes: &[u8], belonging: &[&[u8]]) -> Vec<u8> {
    [bytes, &digest(bytes, belonging)].concat()
}

/// The bytes without their digest; `None` when it is another.
pub(crate) fn strip<'b>(kept: &'b [u8], belonging: &[&[u8]]) -> Option<&'b [u8]> {
    let (bytes, kept) = kept.split_at_checked(kept.len().checked_sub(BYTES)?)?;
    (digest(bytes, belonging) == kept).then_some(bytes)
}

fn digest(bytes: &[u8], belonging: &[&[u8]]) -> [u8; BYTES] {
    let mut all = Vec::with_capacity(bytes.len() + 64);
    for part in belonging {
        all.extend_from_slice(part);
        all.push(0);
    }
    all.extend_from_slice(bytes);
    sha256(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_bit_and_any_other_place_is_told() {
        let kept = append(b"bytes", &[b"kind", b"name"]);
        assert_eq!(strip(&kept, &[b"kind", b"name"]), Some(b"bytes".as_slice()));
        assert_eq!(strip(&kept, &[b"kind", b"nave"]), None);
        for bit in 0..kept.len() * 8 {
            let mut changed = kept.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(strip(&changed, &[b"kind", b"name"]), None, "{bit}");
        }
        assert_eq!(strip(&kept[..20], &[b"kind", b"name"]), None);
    }
}
