//! The gate for PDF files: any bytes get an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::pdf;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(facts) = pdf::check(bytes) {
        assert!(facts.pages > 0);
    }
});
