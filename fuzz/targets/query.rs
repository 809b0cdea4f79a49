//! Query parameters: each is known and there once, or told as a fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::query;

const KNOWN: [&str; 3] = ["from", "to", "invalidated"];

fuzz_target!(|text: &str| {
    match query::read(text, &KNOWN) {
        Ok(all) => {
            for (place, (name, _)) in all.iter().enumerate() {
                assert!(KNOWN.contains(&name.as_str()));
                assert!(all[..place].iter().all(|(earlier, _)| earlier != name));
            }
        }
        Err(faults) => assert!(!faults.is_empty()),
    }
});
