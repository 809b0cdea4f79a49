//! What a version of a package says of itself: its metadata's columns as the archive that it is from had them, and what rows
//! follow from.

use varanto_domain::archive::documents::{DocumentGroup, Form, Part, VersionState};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::references::RegisterContent;
use varanto_domain::codes::CodeSets;
use varanto_domain::ids::{ClientIdentifier, Oid, TemporaryIdentifier};
use varanto_domain::relationship::Road;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata};

use super::reading::VersionRead;
use crate::archive::examine::register_content;
use crate::derived;

/// What a version says, read out of a package.
pub(super) struct ToldOfVersion {
    pub(super) document: Oid,
    pub(super) set: Oid,
    pub(super) main: Option<Oid>,
    pub(super) number: u32,
    pub(super) state: VersionState,
    pub(super) group: DocumentGroup,
    pub(super) form: Form,
    pub(super) client: ClientIdentifier,
    /// General type, specific type, service task.
    pub(super) codes: [Option<String>; 3],
    /// Organiser and unit.
    pub(super) parties: [Option<Oid>; 2],
    pub(super) written_at: Instant,
    pub(super) archived_at: Instant,
    /// The case and the relationship that it is of, or is.
    pub(super) case: Option<Oid>,
    pub(super) relationship: Option<Oid>,
    pub(super) structure: Option<Oid>,
    pub(super) road: Road,
    pub(super) own: Option<TemporaryIdentifier>,
    pub(super) says: RegisterContent,
    /// Whether the archive that it is from had it in a case.
    pub(super) in_case: bool,
}

/// The columns that a digest of metadata covers, by their place among them.
struct Columns<'a>(Vec<&'a str>);

impl Columns<'_> {
    fn at(&self, place: usize) -> Option<&str> {
        self.0.get(place).copied().filter(|text| !text.is_empty())
    }

    fn text(&self, place: usize) -> Option<String> {
        self.at(place).map(str::to_owned)
    }

    fn oid(&self, place: usize) -> Option<Oid> {
        Oid::parse(self.at(place)?).ok()
    }

    fn instant(&self, place: usize) -> Option<Instant> {
        self.at(place)?.parse().ok().map(Instant::from_millis)
    }
}

impl ToldOfVersion {
    /// What a version says; `Err` names what of it does not read.
    pub(super) fn of(
        version: &VersionRead,
        code_sets: &CodeSets,
        today: FinnishDay,
    ) -> Result<Self, &'static str> {
        let file = &version.file;
        let columns = Columns(file.proof.columns.split('\n').collect());
        let (raw, _) = metadata::read(&version.record).map_err(|_| "metadata")?;
        let oid = |text: &str| Oid::parse(text).ok();
        let parts: Vec<Part> = version.parts.iter().map(|(part, _)| *part).collect();
        let structured = version.parts.iter().find(|(part, _)| *part == Part::Structured);
        let structured = structured.and_then(|(_, bytes)| content::read(bytes, "structured").ok());
        let own = derived::temporary_identifier(&raw);
        let code = derived::identity_code(&raw).map(ClientIdentifier::Code);
        let client = code.or_else(|| own.clone().map(ClientIdentifier::Temporary));
        let case = derived::oid(&raw, Element::CaseId);
        let group = DocumentGroup::of_code(&file.group).ok_or("group")?;
        let says = register_content(&raw, structured.as_ref(), code_sets, today);
        if group.always_structured() && matches!(says, RegisterContent::None) {
            return Err("structured");
        }
        let main = match &file.main_document_id {
            Some(main) => Some(oid(main).ok_or("main_document_id")?),
            None => None,
        };
        Ok(Self {
            document: oid(&file.document_id).ok_or("document_id")?,
            set: oid(&file.set_id).ok_or("set_id")?,
            main,
            number: file.version,
            state: VersionState::of_name(&file.state).ok_or("state")?,
            group,
            form: Form::of_parts(&parts).ok_or("parts")?,
            client: client.ok_or("client")?,
            codes: [6, 7, 8].map(|place| columns.text(place)),
            parties: [10, 11].map(|place| columns.oid(place)),
            written_at: columns.instant(15).ok_or("written_at")?,
            archived_at: columns.instant(16).ok_or("archived_at")?,
            in_case: columns.at(12).is_some(),
            relationship: derived::oid(&raw, Element::RelationshipId),
            structure: derived::oid(&raw, Element::Structure),
            road: derived::road(&raw),
            case,
            own,
            says,
        })
    }
}
