//! The JSON of what is asked of the use log: any bytes get an answer, and no fault tells a value back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::log_search::{self, MOST};
use varanto_formats::search::SearchError;

fuzz_target!(|bytes: &[u8]| {
    let limits = [
        log_search::read_lines(bytes).map(|terms| terms.limit),
        log_search::read_hints(bytes).map(|terms| terms.limit),
    ];
    for read in limits {
        match read {
            Ok(limit) => assert!(limit.is_none_or(|limit| (1..=MOST).contains(&limit))),
            Err(SearchError::Unreadable(_)) => {}
            Err(SearchError::Faults(faults)) => {
                assert!(!faults.is_empty());
                assert!(faults.iter().all(|fault| fault.value.is_none()));
            }
        }
    }
});
