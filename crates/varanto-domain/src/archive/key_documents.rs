//! Which documents the client summary (asiakastiedon kooste) holds beside relationships and cases.

use super::documents::DocumentGroup;

/// The general types of key documents: assessments (arvio), decisions (päätös), plans (suunnitelma) and
/// summaries (yhteenveto).
///
/// Source: ARC-9; our own choice, national-specs 3.5 and 6.7.
pub const GENERAL_TYPES: [&str; 4] = ["1", "11", "15", "16"];

/// Whether documents of a group may be key documents: those of phase I and later. Old documents are no part of a
/// summary: they want reasons of their own.
///
/// Source: ARC-9, OLD-3.
#[must_use]
pub const fn may_be_key(group: DocumentGroup) -> bool {
    matches!(group, DocumentGroup::PhaseOne | DocumentGroup::LaterPhase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ARC-9: client documents of phase I and later are key documents, old ones and those of the client's will
    /// are none.
    #[test]
    fn key_documents_are_client_documents_of_today() {
        let keys: Vec<_> =
            DocumentGroup::ALL.into_iter().filter(|group| may_be_key(*group)).collect();
        assert_eq!(keys, [DocumentGroup::PhaseOne, DocumentGroup::LaterPhase]);
    }
}
