//! Code sets and mappings, as CSV and JSON: any bytes get an answer, and what is read comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::codes::CodeSets;
use varanto_domain::time::FinnishDay;
use varanto_formats::code_sets;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = code_sets::read(bytes) else { return };
    let printed = code_sets::write_json(&file);
    assert_eq!(code_sets::read_json(printed.as_bytes()).as_ref(), Ok(&file));

    let sets = CodeSets::built_in().with_sets(file.sets.clone()).with_mappings(file.mappings);
    let day = FinnishDay::new(2026, 3, 23).expect("a day of the calendar");
    for set in &file.sets {
        for code in &set.values {
            let _ = sets.judge(&set.oid, &code.code, day);
        }
    }
});
