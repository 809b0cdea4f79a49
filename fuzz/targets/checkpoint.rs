//! An exported checkpoint: any bytes get an answer, and what is read comes back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::checkpoints;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(exported) = checkpoints::read(bytes) {
        let printed = checkpoints::write(&exported);
        assert_eq!(checkpoints::read(printed.as_bytes()), Ok(exported), "our own print is read");
    }
});
