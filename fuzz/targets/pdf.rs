//! The gate and the judgement of PDF files: any bytes get an answer, and the same one twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::pdf::{self, Flavour};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(facts) = pdf::check(bytes) {
        assert!(facts.pages > 0);
    }
    for asked in [None, Flavour::parse("1a"), Flavour::parse("2u"), Flavour::parse("3b")] {
        let judged = pdf::judge(bytes, asked);
        if let Some(report) = &judged.report {
            assert!(report.findings.len() <= 60);
            assert_eq!(report.faults().len(), report.findings.len());
        }
    }
});
