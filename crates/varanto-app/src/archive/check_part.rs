//! Checking one part of a content without its metadata: as far as that goes (ARC-1, ARC-5).

use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::Oid;
use varanto_domain::structures::{self, ConditionFacts, Content, Structure};
use varanto_domain::time::FinnishDay;
use varanto_formats::{content, xhtml};

use super::check::{CheckOptions, Checked, check_message};
use crate::{Registry, StructureState};

/// Checks a part that came alone. Structured content is held against the structure asked for, or else
/// against those in force that begin as it does: the one that it breaks least is meant. What hangs on the
/// metadata (whose it is, conditions on the client's age) is left out.
#[must_use]
pub fn check_part(
    part: Part,
    bytes: &[u8],
    structure: Option<&Oid>,
    registry: &Registry,
    options: &CheckOptions<'_>,
) -> Checked {
    match part {
        Part::Pdf => {
            let found = options.pdf.check(bytes, options.pdf.levels.level_for(None, None));
            Checked::without_metadata(shown(found.faults), shown(found.remarks))
        }
        // The nation's form binds the views of structured documents, and this may be one.
        Part::View => {
            let examined = xhtml::examine(bytes, None);
            Checked::without_metadata(shown(examined.faults), shown(examined.remarks))
        }
        Part::Structured => {
            let faults = check_content(bytes, structure, registry, FinnishDay::of(options.now));
            Checked::without_metadata(faults, Vec::new())
        }
        Part::National => check_message(None, Some(bytes), registry, options),
        Part::Frame => check_message(Some(bytes), None, registry, options),
        Part::Signature => {
            let fault = Fault::new(FaultKind::SignatureNotVerified, "signature", "ARC-6");
            let fault = fault.arg("reason", "without what it covers").at(Stage::Signature);
            Checked::without_metadata(vec![fault], Vec::new())
        }
    }
}

fn shown(faults: Vec<Fault>) -> Vec<Fault> {
    faults.into_iter().map(|fault| fault.at(Stage::View)).collect()
}

fn check_content(
    bytes: &[u8],
    asked: Option<&Oid>,
    registry: &Registry,
    today: FinnishDay,
) -> Vec<Fault> {
    let content = match content::read(bytes, Part::Structured.name()) {
        Ok(content) => content,
        Err(fault) => return vec![fault.at(Stage::Schema)],
    };
    let in_force = |structure: &Structure| structure.first_day <= today;
    let fits = |structure: &Structure| match asked {
        Some(oid) => structure.oid == *oid,
        None => in_force(structure) && content.member(&structure.root).is_some(),
    };
    let mut candidates: Vec<&Structure> = registry
        .structures()
        .filter(|entry| asked.is_some() || entry.state == StructureState::Ready)
        .map(|entry| &*entry.structure)
        .filter(|structure| fits(structure))
        .collect();
    // Of structures that it breaks alike, the newest is meant.
    candidates.sort_by_key(|structure| std::cmp::Reverse(structure.first_day));
    let judged =
        candidates.into_iter().map(|structure| judge(structure, &content, registry, today));
    judged.min_by_key(Vec::len).unwrap_or_else(|| {
        let known = asked.map(ToString::to_string).unwrap_or_default();
        let fault = Fault::new(FaultKind::UnknownStructure, "structured:", "ARC-5");
        let fault = fault.at(Stage::Schema);
        vec![if known.is_empty() { fault } else { fault.value(known) }]
    })
}

fn judge(
    structure: &Structure,
    content: &Content<'_>,
    registry: &Registry,
    today: FinnishDay,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |stage, found: Vec<Fault>| {
        faults.extend(found.into_iter().map(|fault| fault.at(stage)));
    };
    let found = structures::check(structure, content);
    let sound = found.is_empty();
    add(Stage::Schema, found);
    let codes = structures::check_codes(structure, content, registry.code_sets(), today);
    add(Stage::CodeSets, codes);
    add(Stage::Conditions, structures::check_identity_codes(structure, content));
    if sound {
        let facts = ConditionFacts::on(today);
        add(Stage::Conditions, structures::check_conditions(structure, content, &facts));
    }
    faults.sort_by_key(|fault| fault.stage);
    faults
}
