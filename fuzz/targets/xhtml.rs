//! The gate for views: any bytes get an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::xhtml;

fuzz_target!(|bytes: &[u8]| {
    let faults = xhtml::check(bytes, None);
    assert!(faults.len() <= xhtml::MAX_FAULTS);
});
