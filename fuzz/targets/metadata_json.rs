//! The metadata of a submission: any bytes get an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::metadata;

fuzz_target!(|bytes: &[u8]| {
    let _ = metadata::read(bytes);
});
