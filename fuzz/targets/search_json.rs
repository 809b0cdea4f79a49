//! The JSON of a search: any bytes get an answer, and no fault tells an identity code back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::search::{self, MOST, SearchError};

fuzz_target!(|bytes: &[u8]| {
    match search::read(bytes) {
        Ok(terms) => assert!(terms.limit.is_none_or(|limit| (1..=MOST).contains(&limit))),
        Err(SearchError::Unreadable(_)) => {}
        Err(SearchError::Faults(faults)) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|fault| fault.value.is_none()));
        }
    }
});
