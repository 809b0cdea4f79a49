//! What a structured document may hold: the nationally published structures, row by row.
//!
//! Source: ARC-5, REG-3; national-specs 1.4 and annexes A to C.

mod check;
mod codes;
mod condition_table;
mod conditions;
mod content;
mod diff;
mod identity_codes;
mod pointer;
mod table;
mod walk;

use std::sync::Arc;

use crate::ids::Oid;
use crate::time::FinnishDay;

pub use check::check;
pub use codes::check_codes;
pub use conditions::{Asked, ConditionFacts, asked_for, check_conditions};
pub use content::Content;
pub use diff::{Change, Difference, diff};
pub use identity_codes::check_identity_codes;
pub(crate) use identity_codes::kind_of as identity_code_fault_kind;
pub use table::built_in;

/// Where the national code server keeps document structures: under it two arcs name the structure,
/// three its version day.
const STRUCTURES: &str = "1.2.246.537.6.";

/// Where Varanto's own structures stand: under it one arc names the structure, three its version day.
/// An OID of the UUID arc, so that it can never be mistaken for a national one.
///
/// Source: own-choices.
pub const OWN_STRUCTURES: &str = "2.25.179329252085633077181710590187096772708";

/// The code set of specific document types; its codes are the second arc of a structure.
const SPECIFIC_TYPES: &str = "1506";

/// The code set of document groups; the four register-control documents are named by it.
const DOCUMENT_GROUPS: &str = "1505";

/// One version of a published document structure (asiakirjarakenne).
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// Names it and its version: `1.2.246.537.6.1506.15007.2024.11.28`.
    pub oid: Oid,
    /// The document's name.
    pub title: Names,
    /// The first day this version may be used; the version date unless the registry says otherwise.
    pub first_day: FinnishDay,
    /// The version date of the data component library it was built with, as published.
    pub component_library: String,
    /// The document type's name, such as `Suunnitelma` (yleinen asiakirjatyyppi), as published.
    pub document_type: String,
    /// The subject group, such as `Lapsiperheiden palvelujen asiakasasiakirjat`, as published.
    pub subject: Option<String>,
    /// Who makes the document, as published.
    pub author: Option<String>,
    /// The one member of the JSON object, such as `asia_asiakirja`.
    pub root: Arc<str>,
    /// The rows under the root, in the structure's order.
    pub fields: Vec<Field>,
}

/// A name in Finnish and Swedish.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Names {
    /// In Finnish.
    pub fi: String,
    /// In Swedish, where one is published.
    pub sv: Option<String>,
}

/// One row of a structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The row number within the structure, from 1.
    pub row: u16,
    /// The JSON member.
    pub key: Arc<str>,
    /// Its names.
    pub names: Names,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be there.
    pub obligation: FieldObligation,
    /// Whether it repeats, and so is a JSON array.
    pub repeats: bool,
}

/// Whether a row must be present where its parent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldObligation {
    /// Must be there.
    Obligatory,
    /// Must be there under a condition, which a rule of its own states.
    Conditional,
    /// May be there.
    Optional,
}

/// What a row holds (esitysmuoto).
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// Teksti: any text.
    Text,
    /// Nimi: a name.
    Name,
    /// Allekirjoitus: a line for a signature on paper.
    SignatureLine,
    /// Pvm: a date, that may lack its day, or month and day.
    Date,
    /// Hetki: a date or an instant.
    Moment,
    /// Kytkin: yes or no.
    Switch,
    /// Numero or lukumäärä.
    Number,
    /// Määrä, mitta or prosentti: a number with its unit (UCUM).
    Quantity,
    /// Koodi: a code of a code set; no code set where the structure lists the values itself.
    Code {
        /// The code set, by its OID without a version arc.
        code_set: Option<Oid>,
        /// The one system that the structure names for its own values (sisäinen luokitus), such as
        /// `turvakotipalvelun_ensiarvio/vakivallan_kesto`. Without it and a code set, any system is
        /// taken.
        system: Option<String>,
        /// The values the structure itself allows; empty where the code set decides.
        allowed: Vec<String>,
    },
    /// Tunnus: an identifier with its system.
    Identifier {
        /// The identifier system, where the structure names one.
        system: Option<String>,
    },
    /// Fraasi: a fixed text; several where a choice is published.
    Phrase(Vec<String>),
    /// Otsikko, or a shared data component: further rows.
    Group(Vec<Field>),
}

impl Structure {
    /// Names the structure whatever its version: `1506.15007`, `1505.2`; one of our own by the arcs
    /// before its version day. An OID that is built as neither is given whole.
    #[must_use]
    pub fn type_arc(&self) -> &str {
        let whole = self.oid.as_str();
        if let Some(arc) = own_arc(&self.oid) {
            return &whole[..OWN_STRUCTURES.len() + 1 + arc.len()];
        }
        let Some(arcs) = whole.strip_prefix(STRUCTURES) else { return whole };
        let end = arcs.match_indices('.').nth(1).map_or(arcs.len(), |(at, _)| at);
        &arcs[..end]
    }

    /// As [`Structure::type_arc`], from the root of the OID on.
    #[must_use]
    pub fn type_oid(&self) -> String {
        let arc = self.type_arc();
        if self.oid.as_str().starts_with(arc) {
            arc.to_owned()
        } else {
            format!("{STRUCTURES}{arc}")
        }
    }

    /// Whether it is Varanto's own, which no nation has published.
    #[must_use]
    pub fn is_own(&self) -> bool {
        own_arc(&self.oid).is_some()
    }

    /// The specific document type (tarkennettu asiakirjatyyppi) that it is for, such as `15007`;
    /// `None` for the register-control documents.
    #[must_use]
    pub fn specific_type(&self) -> Option<&str> {
        let (set, code) = self.type_arc().split_once('.')?;
        (set == SPECIFIC_TYPES).then_some(code)
    }

    /// The document group (asiakirjaryhmä) of a register-control document: 1 relationship, 2 case,
    /// 8 disclosure permission, 9 refusal. `None` for client documents.
    #[must_use]
    pub fn document_group(&self) -> Option<u8> {
        if let Some(arc) = own_arc(&self.oid) {
            return arc.parse().ok();
        }
        let (set, code) = self.type_arc().split_once('.')?;
        if set == DOCUMENT_GROUPS { code.parse().ok() } else { None }
    }

    /// The day of this version, from its OID.
    #[must_use]
    pub fn version_day(&self) -> Option<FinnishDay> {
        version_day(&self.oid)
    }

    /// The rule that a fault names: the structure, and the row in it.
    fn rule(&self, row: Option<&Field>) -> String {
        match row {
            Some(row) => format!("{} row {}", self.type_arc(), row.row),
            None => self.type_arc().to_owned(),
        }
    }

    /// The row with this number.
    #[must_use]
    pub fn row(&self, number: u16) -> Option<&Field> {
        find_row(&self.fields, number)
    }
}

/// The arc that names a structure of our own: the code of its document group.
fn own_arc(oid: &Oid) -> Option<&str> {
    oid.as_str().strip_prefix(OWN_STRUCTURES)?.strip_prefix('.')?.split('.').next()
}

fn version_day(oid: &Oid) -> Option<FinnishDay> {
    let own = own_arc(oid).map(|arc| &oid.as_str()[OWN_STRUCTURES.len() + 1 + arc.len()..]);
    let mut arcs = match own {
        Some(day) => day.split('.').skip(1),
        None => oid.as_str().strip_prefix(STRUCTURES)?.split('.').skip(2),
    };
    let (year, month, day) = (arcs.next()?, arcs.next()?, arcs.next()?);
    if arcs.next().is_some() {
        return None;
    }
    FinnishDay::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn find_row(fields: &[Field], number: u16) -> Option<&Field> {
    fields.iter().find_map(|field| match &field.kind {
        _ if field.row == number => Some(field),
        FieldKind::Group(rows) => find_row(rows, number),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
