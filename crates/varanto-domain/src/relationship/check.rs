//! The units of a relationship document against the organisation register, and their days.

use super::reading::{RelationshipUnits, UnitEntry};
use super::rights::Side;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::joining::Registers;
use crate::time::FinnishDay;

impl RelationshipUnits {
    /// Every unit that the register does not bear out, and every day that makes no sense. `organisers`
    /// are the document's controller and organiser, `written` is the day on which it was written.
    ///
    /// A unit must be in the register; where its days reach the day of writing or beyond, it must be
    /// in force there too: units of the past may have been closed since. The organiser's own unit is
    /// of the organiser's line. That no private unit stands under a public one is kept by the register
    /// itself, which takes no such entry.
    ///
    /// Source: RUR-1, RUR-7.
    #[must_use]
    pub fn faults(
        &self,
        organisers: &[Oid],
        written: FinnishDay,
        registers: &Registers,
    ) -> Vec<Fault> {
        if self.is_old() {
            return Vec::new();
        }
        let unclear = self.unclear_days.iter().map(|pointer| {
            Fault::new(FaultKind::WrongForm, format!("structured:{pointer}"), "RUR-1")
                .arg("expected", "2026-03-23")
        });
        let mut faults: Vec<Fault> = unclear.collect();
        for entry in &self.entries {
            faults.extend(days_fault(entry));
            faults.extend(unit_fault(entry, organisers, written, registers));
        }
        faults
    }

    /// The faults of ending the relationship while units serve the client until further notice.
    ///
    /// Source: REL-3.
    #[must_use]
    pub fn still_serving(&self) -> Vec<Fault> {
        let open =
            self.entries.iter().filter(|entry| entry.days.is_some_and(|days| days.last.is_none()));
        let fault = |entry: &UnitEntry| {
            let element = format!("structured:{}/asiakkuuden_paattymispvm", entry.pointer);
            Fault::new(FaultKind::ServiceRuns, element, "REL-3").arg("role", entry.side.code())
        };
        open.map(fault).collect()
    }
}

fn days_fault(entry: &UnitEntry) -> Option<Fault> {
    let days = entry.days?;
    let last = days.last.filter(|last| *last < days.first)?;
    let element = format!("structured:{}/asiakkuuden_paattymispvm", entry.pointer);
    let fault = Fault::new(FaultKind::WrongTime, element, "RUR-1");
    Some(fault.value(last.to_string()).arg("expected", format!("≥ {}", days.first)))
}

fn unit_fault(
    entry: &UnitEntry,
    organisers: &[Oid],
    written: FinnishDay,
    registers: &Registers,
) -> Option<Fault> {
    let element = format!("structured:{}/palveluyksikon_nimi/code", entry.pointer);
    let fault = Fault::new(FaultKind::UnknownUnit, element, "RUR-7").arg("role", entry.side.code());
    let Some(unit) = entry.unit_oid() else {
        // What is no OID might be anything, so it is not shown.
        return Some(fault);
    };
    let known = registers.organisation_of(&unit).is_some();
    let in_force = entry.days.is_none_or(|days| {
        let past = days.last.is_some_and(|last| last < written);
        past || registers.is_valid_on(&unit, days.first.max(written))
    });
    let own = entry.side != Side::Organiser
        || organisers.iter().any(|organiser| registers.in_one_line(organiser, &unit));
    (!(known && in_force && own)).then(|| fault.value(unit.as_str()))
}
