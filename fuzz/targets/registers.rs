//! The register files, that of users too: any bytes get an answer, what is read comes back, and what is taken
//! answers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use varanto_domain::joining::Registers;
use varanto_formats::{registers, users};

fuzz_target!(|bytes: &[u8]| {
    for user in users::read(bytes).unwrap_or_default() {
        let printed = users::write_right(&user.right);
        assert_eq!(users::read_right(printed.as_bytes()).as_ref(), Ok(&user.right));
    }
    let Ok(entries) = registers::read(bytes) else { return };
    let printed = registers::write(&entries);
    assert_eq!(registers::read(printed.as_bytes()).as_ref(), Ok(&entries));

    let Ok(registers) = Registers::new(entries) else { return };
    for unit in registers.units() {
        assert!(registers.organisation_of(&unit.oid).is_some(), "every unit has its organisation");
        assert!(registers.line_of_unit(&unit.oid).last().is_some_and(|top| top.parent.is_none()));
    }
    for organisation in registers.organisations() {
        for node in organisation.own_nodes() {
            assert!(registers.owner_of_node(&node).is_some(), "every node has its owner");
        }
    }
});
