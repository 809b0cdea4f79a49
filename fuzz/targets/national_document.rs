//! A national document: any bytes get an answer, and what is read without a fault is printed and read
//! again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::archive::elements::Element;
use varanto_domain::codes::CodeSets;
use varanto_formats::national::document;

fuzz_target!(|bytes: &[u8]| {
    let (read, faults, _) = document::read(bytes);
    assert!(faults.iter().all(|fault| fault.stage.is_some()), "each fault has its stage");
    if !faults.is_empty() {
        return;
    }
    let parts: Vec<_> = read.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    let printed = document::write(&read.metadata, &parts, &CodeSets::built_in(), None);
    let (again, faults, _) = document::read(printed.as_bytes());
    assert_eq!(again.parts, read.parts, "{faults:?}");
    for element in [Element::DocumentId, Element::SetId, Element::Group, Element::ControllerId] {
        assert_eq!(again.metadata.get(element), read.metadata.get(element));
    }
});
