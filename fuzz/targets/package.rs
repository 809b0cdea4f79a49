//! A package and a request from outside: any bytes get an answer; what is read as a package is one to the byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::{handing_over, package, zip};

fuzz_target!(|bytes: &[u8]| {
    let _ = handing_over::read(bytes);
    if let Ok(index) = package::read(bytes) {
        let printed = package::write(&index);
        assert!(package::read(printed.as_bytes()).as_ref() == Ok(&index), "our own print is read");
    }
    let Some(found) = zip::read(bytes) else { return };
    let (mut again, mut entries) = (Vec::new(), Vec::new());
    for (name, data) in found {
        let entry = zip::Entry::of(name, data).expect("it was read");
        again.extend(entry.header());
        again.extend_from_slice(data);
        entries.push(entry);
    }
    again.extend(zip::directory(&entries).expect("it was read"));
    assert!(again == bytes, "a package has one form");
});
