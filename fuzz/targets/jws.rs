//! The detached signatures of a submission: any bytes get an answer, and nothing is signed by nobody.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::time::Instant;
use varanto_formats::signature::{Trust, jws};

fuzz_target!(|bytes: &[u8]| {
    let now = Instant::from_millis(1_795_000_000_000);
    let signed = jws::signed_parts(b"{}", &[]);
    for one in jws::verify(bytes, &signed, &Trust::default(), now) {
        assert!(!one.found.is_trusted(), "there are no anchors");
    }
});
