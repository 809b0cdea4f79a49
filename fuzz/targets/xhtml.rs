//! The gate for views, and what is made of a view that passes: any bytes get an answer, and what
//! passes can be shown and printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::time::Instant;
use varanto_formats::render::{self, Cover};
use varanto_formats::view::ViewLanguage;
use varanto_formats::{pdf, xhtml};

fuzz_target!(|bytes: &[u8]| {
    let faults = xhtml::examine(bytes, None).faults;
    assert!(faults.len() <= xhtml::MAX_FAULTS);
    let page = xhtml::safe_copy(bytes, "Asiakirja", "fi");
    if !faults.is_empty() {
        return;
    }
    let page = page.expect("what passed the gate is shown");
    let (_, body) = page.split_once("<body>").expect("every page has a body");
    let body = body.replace("</body></html>\n", "");
    assert_eq!(xhtml::check(body_alone(&body).as_bytes(), None), []);
    let cover = Cover {
        title: "Asiakirja",
        document_type: "",
        organisation: "",
        client: "",
        written_on: None,
        archived: "",
        archived_at: Instant::from_millis(0),
        language: ViewLanguage::Finnish,
    };
    match render::view(bytes, &cover) {
        Ok(print) => assert!(pdf::check(&print).is_ok()),
        Err(fault) => assert_eq!(fault.code(), "unprintable"),
    }
});

fn body_alone(body: &str) -> String {
    body.replacen("<div", "<div xmlns=\"http://www.w3.org/1999/xhtml\"", 1)
}
