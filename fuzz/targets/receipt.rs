//! A receipt: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::receipts;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(receipt) = receipts::read(bytes) {
        let printed = receipts::write(&receipt);
        assert!(receipts::read(printed.as_bytes()).is_ok(), "our own print is read");
    }
});
