//! A published structure: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::national_schema;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(structure) = national_schema::read(bytes) {
        let printed = national_schema::write(&structure);
        let again = national_schema::read(printed.as_bytes()).expect("our own print is read");
        assert_eq!(structure, again);
    }
});
