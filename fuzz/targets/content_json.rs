//! A structured document's JSON: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::content;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = content::read(bytes, "structured") {
        let printed = content::write(&read);
        let again = content::read(printed.as_bytes(), "structured").expect("our own print is read");
        assert_eq!(read, again);
    }
});
