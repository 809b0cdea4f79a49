//! The register of users and what main users ask: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::access::keeping::Delegation;
use varanto_domain::ids::Oid;
use varanto_formats::users;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entries) = users::read(bytes) {
        for entry in entries {
            let printed = users::write_right(&entry.right);
            assert_eq!(users::read_right(printed.as_bytes()), Ok(entry.right));
        }
    }
    let _ = users::read_grant(bytes);
    let _ = users::read_withdrawal(bytes);
    if let Ok(terms) = users::read_delegation(bytes) {
        let organiser = Oid::parse("1.2.246.10.1234567").expect("an OID");
        let delegation = terms.by(organiser);
        assert_eq!(Delegation::read(&delegation.detail()), Some(delegation));
    }
});
