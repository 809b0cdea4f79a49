//! A form: any body gets an answer; its parts lie in it, one after another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::multipart;

fuzz_target!(|bytes: &[u8]| {
    // The first line is a media type of its own.
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let told = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
    for kind in [told, "multipart/form-data; boundary=b"] {
        let Ok(parts) = multipart::parts(kind, bytes) else { continue };
        let mut from = 0;
        for part in parts {
            assert!(from <= part.content.start && part.content.start <= part.content.end);
            from = part.content.end;
        }
        assert!(from <= bytes.len());
    }
});
