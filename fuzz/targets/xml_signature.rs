//! The signatures of a national document: any bytes get an answer, and nothing is signed by nobody.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::time::Instant;
use varanto_formats::signature::{Trust, xml};

fuzz_target!(|bytes: &[u8]| {
    let now = Instant::from_millis(1_795_000_000_000);
    if let Ok(read) = xml::verify(bytes, &Trust::default(), now) {
        for one in &read.signatures {
            assert!(!one.found.is_trusted(), "there are no anchors");
        }
    }
});
