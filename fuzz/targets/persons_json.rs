//! What the population register and the mandate register tell: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::{mandates, persons};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = persons::read(bytes) {
        let printed = persons::write(&answer);
        assert_eq!(persons::read(printed.as_bytes()).as_ref(), Ok(&answer));
        for (_, facts) in &answer.persons {
            let kept = persons::write_facts(facts);
            assert_eq!(persons::read_facts(kept.as_bytes()).as_ref(), Ok(facts));
        }
    }
    if let Ok(asked) = persons::read_question(bytes) {
        let printed = match &asked {
            persons::PersonQuestion::Persons(codes) => persons::write_question(codes),
            persons::PersonQuestion::OfGuardian(code) => persons::write_guardian_question(*code),
        };
        assert_eq!(persons::read_question(printed.as_bytes()), Ok(asked));
    }
    if let Ok(told) = mandates::read(bytes) {
        assert_eq!(mandates::read(mandates::write(&told).as_bytes()), Ok(told));
    }
    if let Ok(asked) = mandates::read_question(bytes) {
        let printed = mandates::write_question(&asked);
        assert_eq!(mandates::read_question(printed.as_bytes()), Ok(asked));
    }
});
