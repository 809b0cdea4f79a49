//! The JSON of what is asked of the use log, of openings, users, summaries, holds and destruction lists: any bytes get an answer, and no fault
//! tells a value back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::log_search::{self, MOST};
use varanto_formats::search::SearchError;
use varanto_formats::{retention, summary_search};

fuzz_target!(|bytes: &[u8]| {
    let read: [Result<Option<usize>, SearchError>; 14] = [
        log_search::read_lines(bytes).map(|terms| terms.limit),
        log_search::read_hints(bytes).map(|terms| terms.limit),
        log_search::read_own_log(bytes).map(|terms| terms.limit),
        log_search::read_queue(bytes).map(|terms| terms.limit),
        log_search::read_users(bytes).map(|terms| terms.limit),
        log_search::read_opening(bytes).map(|_| None),
        log_search::read_identities(bytes).map(|_| None),
        log_search::read_judgement(bytes).map(|_| None),
        summary_search::read(bytes).map(|_| None),
        retention::read_holds(bytes).map(|terms| terms.limit),
        retention::read_lists(bytes).map(|terms| terms.limit),
        retention::read_hold(bytes).map(|_| None),
        retention::read_proposal(bytes).map(|_| None),
        retention::read_carrying_out(bytes).map(|_| None),
    ];
    for answer in read {
        match answer {
            Ok(limit) => assert!(limit.is_none_or(|limit| (1..=MOST).contains(&limit))),
            Err(SearchError::Unreadable(_)) => {}
            Err(SearchError::Faults(faults)) => {
                assert!(!faults.is_empty());
                assert!(faults.iter().all(|fault| fault.value.is_none()));
            }
        }
    }
});
