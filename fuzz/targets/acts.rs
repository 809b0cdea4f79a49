//! Acts on relationships and cases as a caller sends them, and on a content that a caller may have sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::codes::CodeSets;
use varanto_domain::joining::Registers;
use varanto_domain::relationship::Wording;
use varanto_domain::structures::{self, built_in};
use varanto_domain::time::FinnishDay;
use varanto_formats::{acts, content};

// A line that asks, and then a content that it is asked of: what the structure accepts is changed or
// refused with a reason.
fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (asked, on) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let _ = acts::read_new_relationship(asked);
    let _ = acts::read_new_case(asked);
    let Ok(on) = content::read(on, "structured") else { return };
    let on = on.to_owned_content();
    let (registers, code_sets) = (Registers::default(), CodeSets::built_in());
    let day = FinnishDay::new(2026, 11, 2).expect("a day");
    let wording = Wording { registers: &registers, code_sets: &code_sets, day };
    let accepted = |arc: &str| {
        built_in().iter().any(|one| one.type_arc() == arc && structures::check(one, &on).is_empty())
    };
    if let Ok(act) = acts::read_relationship_act(asked)
        && accepted("1505.1")
    {
        let _ = act.what.apply(&on, &wording);
    }
    if let Ok(act) = acts::read_case_act(asked)
        && accepted("1505.2")
    {
        let _ = act.what.apply(&on, &wording);
    }
});
