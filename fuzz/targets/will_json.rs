//! A request to record a client's will: any bytes get an answer, and no fault tells a value of a person back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_formats::will;

fuzz_target!(|bytes: &[u8]| {
    let faults = [
        will::read_permission(bytes).err(),
        will::read_refusal(bytes).err(),
        will::read_whose(bytes).err(),
    ];
    for fault in faults.into_iter().flatten().flatten() {
        let personal = ["client", "representative", "professional", "explanation"];
        let of_a_person = personal.iter().any(|member| fault.element.starts_with(member));
        let role = fault.element.ends_with("/role");
        assert!(!of_a_person || role || fault.value.is_none(), "{fault:?}");
    }
});
