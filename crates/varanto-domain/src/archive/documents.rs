//! Documents: their groups, their storage forms and their states.

use crate::time::{FinnishDay, Instant};

/// What kind of document it is (asiakirjaryhmä, code set 1.2.246.537.6.1505.201601).
///
/// Codes 3 and 4 are our own choice until the nation's are known: `docs/own-choices.md`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum DocumentGroup {
    /// Asiakkuusasiakirja: the client-relationship document; the old relationship too.
    Relationship,
    /// Asia-asiakirja: the case document.
    Case,
    /// Ensimmäisen vaiheen asiakasasiakirja: a client document of phase I.
    PhaseOne,
    /// Vanha asiakasasiakirja: made before the organisation joined.
    Old,
    /// Toisen tai myöhemmän vaiheen asiakasasiakirja: a client document of phase II or later.
    LaterPhase,
    /// Luovutuslupa-asiakirja: the disclosure permission.
    Permission,
    /// Kieltoasiakirja: the refusal.
    Refusal,
}

impl DocumentGroup {
    /// Every group, in the order of the columns of the metadata table.
    pub const ALL: [Self; 7] = [
        Self::Relationship,
        Self::Case,
        Self::PhaseOne,
        Self::Old,
        Self::LaterPhase,
        Self::Permission,
        Self::Refusal,
    ];

    /// The code in the document-group code set.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Relationship => "1",
            Self::Case => "2",
            Self::PhaseOne => "3",
            Self::Old => "4",
            Self::LaterPhase => "5",
            Self::Permission => "8",
            Self::Refusal => "9",
        }
    }

    /// The group with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.code() == code)
    }

    /// The service request (palvelupyyntö) under which documents of the group are sent, where the
    /// nation's code is public. Source: national-specs 3.3.
    #[must_use]
    pub const fn service_request(self) -> Option<&'static str> {
        match self {
            Self::Relationship => Some("SP1"),
            Self::LaterPhase => Some("SP17"),
            _ => None,
        }
    }

    /// Whether documents of the group hang on a case: all client documents do.
    #[must_use]
    pub const fn hangs_on_a_case(self) -> bool {
        matches!(self, Self::PhaseOne | Self::Old | Self::LaterPhase)
    }

    /// The structure OID's arcs that belong to the group: `1505.1` for the relationship document,
    /// and `1506.<specific type>` for client documents of phase II and later.
    #[must_use]
    pub const fn structure_arc(self) -> &'static str {
        match self {
            Self::Relationship => "1.2.246.537.6.1505.1",
            Self::Case => "1.2.246.537.6.1505.2",
            Self::Permission => "1.2.246.537.6.1505.8",
            Self::Refusal => "1.2.246.537.6.1505.9",
            Self::PhaseOne | Self::Old | Self::LaterPhase => "1.2.246.537.6.1506",
        }
    }

    /// Whether the group's content is always structured.
    #[must_use]
    pub const fn always_structured(self) -> bool {
        matches!(self, Self::Relationship | Self::Case | Self::Permission | Self::Refusal)
    }
}

/// In which form a document came (ARC-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// Structured JSON with the XHTML that displays it.
    Structured,
    /// XHTML alone.
    Xhtml,
    /// PDF/A alone.
    Pdf,
}

/// One part of a document, byte for byte as sent: of its content, or of the message that brought it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Part {
    /// The structured JSON.
    Structured,
    /// The XHTML view.
    View,
    /// The PDF file.
    Pdf,
    /// The signed national document (CDA R2) that held the content.
    National,
    /// The frame (siirtokehys) that brought the national document.
    Frame,
    /// A detached signature over metadata and content (JWS), sent beside them.
    Signature,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] =
        [Self::Structured, Self::View, Self::Pdf, Self::National, Self::Frame, Self::Signature];

    /// The parts that a document may have beside those of its form: the message that brought it, or the
    /// signature that came with it.
    pub const BESIDE: [Self; 3] = [Self::National, Self::Frame, Self::Signature];

    /// Whether it belongs to one of the forms; the others are kept beside them.
    #[must_use]
    pub fn is_content(self) -> bool {
        !Self::BESIDE.contains(&self)
    }

    /// Its name in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::View => "view",
            Self::Pdf => "pdf",
            Self::National => "national",
            Self::Frame => "frame",
            Self::Signature => "signature",
        }
    }

    /// The part with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Structured => "application/json",
            Self::View => "application/xhtml+xml",
            Self::Pdf => "application/pdf",
            Self::National | Self::Frame => "application/xml",
            Self::Signature => "application/jose",
        }
    }
}

impl Form {
    /// The parts that a document of this form has.
    #[must_use]
    pub const fn parts(self) -> &'static [Part] {
        match self {
            Self::Structured => &[Part::Structured, Part::View],
            Self::Xhtml => &[Part::View],
            Self::Pdf => &[Part::Pdf],
        }
    }

    /// The form that exactly these parts make, in any order; parts beside the content aside.
    #[must_use]
    pub fn of_parts(parts: &[Part]) -> Option<Self> {
        let mut sorted: Vec<Part> =
            parts.iter().copied().filter(|part| part.is_content()).collect();
        sorted.sort_unstable();
        [Self::Structured, Self::Xhtml, Self::Pdf].into_iter().find(|form| form.parts() == sorted)
    }

    /// The code of the view's format (code set 1.2.246.537.6.1502.201601); that of PDF/A is our own
    /// choice until the nation's is known.
    #[must_use]
    pub const fn view_format(self) -> &'static str {
        match self {
            Self::Structured | Self::Xhtml => "2",
            Self::Pdf => "1",
        }
    }
}

/// Where a version stands in its life (ARC-3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VersionState {
    /// The newest version, in normal use.
    InForce,
    /// A newer version has replaced it; readable to those who may.
    Replaced,
    /// Invalidated (mitätöity): hidden from normal use, kept, its reason recorded.
    Invalidated,
}

impl VersionState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::InForce, Self::Replaced, Self::Invalidated];

    /// Its name in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Replaced => "replaced",
            Self::Invalidated => "invalidated",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The time between a document's being ready and its being archived (ARC-13).
///
/// Never negative: a clock that runs ahead counts as no delay. Old documents have none, because they
/// were ready before the organisation joined.
#[must_use]
pub fn archiving_delay_millis(
    group: DocumentGroup,
    ready: Instant,
    archived: Instant,
) -> Option<i64> {
    (group != DocumentGroup::Old).then(|| (archived.millis() - ready.millis()).max(0))
}

/// The first day of documents whose original service task may be one of 2011: that classification was published then. What is
/// older has one of 1989. The day is an own choice: the year alone is public.
///
/// Source: OLD-4; document 002, "Palvelutehtävätietojen esimerkkejä".
#[must_use]
pub fn service_tasks_of_2011_begin() -> FinnishDay {
    FinnishDay::new(2011, 1, 1).expect("the calendar has that day")
}

/// The first day on which the 2016 service tasks alone are enough: documents made before it need the
/// original service task too (OLD-4).
#[must_use]
pub fn service_tasks_of_2016_begin() -> FinnishDay {
    FinnishDay::new(2016, 3, 1).expect("the calendar has that day")
}
