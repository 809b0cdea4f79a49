//! A frame, alone or in an envelope, with the document that it carries: any bytes get an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::national::message;

fuzz_target!(|bytes: &[u8]| {
    let message = message::read(bytes, None);
    assert!(message.faults.iter().all(|fault| fault.stage.is_some()), "each fault has its stage");
    let body = &message.document.body;
    if let Some(document) = &message.document_bytes {
        assert!(body.start <= body.end && body.end <= document.len());
    }
});
