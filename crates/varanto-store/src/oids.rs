//! OIDs in few bytes: arcs as base-128 numbers, as in BER, without the joining of the first two.

use varanto_domain::ids::Oid;

/// The packed form. Arcs too long for 64 bits make the form fall back to a marked text.
pub(crate) fn pack(oid: &Oid) -> Vec<u8> {
    let mut packed = Vec::with_capacity(24);
    for arc in oid.as_str().split('.') {
        let Ok(number) = arc.parse::<u64>() else {
            return [&[0x80], oid.as_str().as_bytes()].concat();
        };
        push_arc(&mut packed, number);
    }
    packed
}

/// Seven bits a byte, highest first, the high bit on all but the last. Never begins with 0x80, so
/// the marked text cannot be mistaken for it.
fn push_arc(packed: &mut Vec<u8>, number: u64) {
    let groups = (64 - number.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let bits = u8::try_from((number >> (7 * group)) & 0x7f).expect("seven bits fit");
        packed.push(if group == 0 { bits } else { bits | 0x80 });
    }
}

/// The OID of a packed form, or `None` when the bytes are none.
pub(crate) fn unpack(packed: &[u8]) -> Option<Oid> {
    if let Some(text) = packed.strip_prefix(&[0x80]) {
        return Oid::parse(std::str::from_utf8(text).ok()?).ok();
    }
    let mut text = String::with_capacity(48);
    let mut number = 0u64;
    for byte in packed {
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&number.to_string());
            number = 0;
        }
    }
    Oid::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_comes_back_from_its_packed_form() {
        for text in [
            "1.2",
            "2.0.0.127.128.16383.16384",
            "1.2.246.10.2012566.95.2026.688883.2655274",
            "2.25.283746501928374650192837465019283746501",
            "1.2.18446744073709551615",
        ] {
            let oid = Oid::parse(text).unwrap();
            assert_eq!(unpack(&pack(&oid)), Some(oid), "{text}");
        }
        let packed = pack(&Oid::parse("1.2.246.10.2012566.95.2026.688883.2655274").unwrap());
        assert!(packed.len() <= 18, "{}", packed.len());
    }
}
