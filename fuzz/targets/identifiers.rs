//! OIDs, identity codes, temporary identifiers, days and instants: one spelling each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::ids::{Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::time::{FinnishDay, Instant};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(oid) = Oid::parse(text) {
        assert_eq!(oid.as_str(), text);
        assert!(oid.is_under(&oid));
    }
    if let Ok(code) = PersonalIdentityCode::parse(text) {
        assert_eq!(code.reveal(), text);
        assert!((1800..2100).contains(&code.birth_day().year()));
    }
    if let Some((root, extension)) = text.split_once('/')
        && let Ok(root) = Oid::parse_either(root)
        && let Ok(identifier) = TemporaryIdentifier::new(&root, extension)
    {
        assert_eq!(identifier.reveal(), extension);
    }
    if let Some(day) = FinnishDay::parse(text) {
        assert_eq!(day.to_string(), text);
        assert_eq!(FinnishDay::from_number(day.number()), Some(day));
        let _ = day.start();
    }
    if let Some(instant) = Instant::parse(text) {
        let again = Instant::parse(&instant.to_string());
        assert_eq!(again, Some(instant));
        let _ = FinnishDay::of(instant);
    }
});
