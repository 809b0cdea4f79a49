//! Showing a document to people: its view as a safe page, and a print of it.
//!
//! Both are made from what is archived, anew each time; the original is what `open_content` gives.

use varanto_domain::access::{Caller, Purpose, ReadPermit};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::structures::Structure;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::render::{self, Cover};
use varanto_formats::view::{ViewLanguage, day_in_words};
use varanto_formats::{content, metadata, xhtml};
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::{LookedAt, whereabouts};
use crate::{App, AppError, Registry};

/// The most of an organisation's or client's name that stands on a page.
const MAX_NAME: usize = 200;

/// One version with what is shown of it.
pub(crate) struct Opened {
    document: Oid,
    pub(crate) parts: Vec<(Part, Vec<u8>)>,
    record: Vec<u8>,
    number: u32,
    archived_at: Instant,
}

impl Opened {
    /// What a permit lets see of a version.
    ///
    /// # Errors
    /// As [`whereabouts::content`].
    pub(crate) fn of(
        tx: &ReadTx<'_>,
        permit: &ReadPermit,
        row: &VersionRow,
        registry: &Registry,
    ) -> Result<Self, AppError> {
        Ok(Self {
            document: row.oid.clone(),
            parts: whereabouts::content(tx, permit, row, registry)?,
            record: whereabouts::record(tx, permit, row)?,
            number: row.number,
            archived_at: row.archived_at,
        })
    }

    /// Its view as a page that a browser may show.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a version without a view, [`AppError::NotShown`] for one that cannot be read.
    pub(crate) fn page(
        &self,
        registry: &Registry,
        language: ViewLanguage,
    ) -> Result<String, AppError> {
        let facts = Facts::read(self, registry, language)?;
        let view = self.part(Part::View).ok_or(AppError::NotFound)?;
        xhtml::safe_copy(view, &facts.title, language.tag()).map_err(AppError::NotShown)
    }

    /// The version as a PDF/A file: the one that was archived, else one made of the content. `mark` stands in the
    /// foot of each page that is made.
    ///
    /// # Errors
    /// [`AppError::NotShown`] for what no print can be made of.
    pub(crate) fn print(
        mut self,
        registry: &Registry,
        language: ViewLanguage,
        mark: &str,
    ) -> Result<Vec<u8>, AppError> {
        if let Some(at) = self.parts.iter().position(|(part, _)| *part == Part::Pdf) {
            return Ok(self.parts.swap_remove(at).1);
        }
        let facts = Facts::read(&self, registry, language)?;
        let foot = mark.to_owned() + &archived_note(&self, language);
        let cover = facts.cover(&foot, &self, language);
        print(&self, registry, &facts, &cover).map_err(AppError::NotShown)
    }

    fn part(&self, wanted: Part) -> Option<&[u8]> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, bytes)| bytes.as_slice())
    }
}

impl App {
    /// The version's view as a page that a browser may show: written anew from what the gate for
    /// views allows.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for a version without a view; [`AppError::Denied`]; each logged.
    /// [`AppError::NotShown`] for a view that cannot be read.
    pub fn show_document<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        language: ViewLanguage,
    ) -> Result<String, AppError> {
        let opened = self.open_to_show(caller, document, purpose, "page", Some(Part::View))?;
        opened.page(&self.registry(), language)
    }

    /// The version as a PDF/A file to print or hand over: made of the structured content where there
    /// is one, else of the view. A version that is a PDF file is given as it was archived.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged. [`AppError::NotShown`] for what no
    /// print can be made of.
    pub fn print_document<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        language: ViewLanguage,
    ) -> Result<Vec<u8>, AppError> {
        let detail = format!("print {}", language.tag());
        let opened = self.open_to_show(caller, document, purpose, &detail, None)?;
        opened.print(&self.registry(), language, "")
    }

    /// A version's content and record against a permit, after their line in the log.
    fn open_to_show<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        detail: &str,
        needed: Option<Part>,
    ) -> Result<Opened, AppError> {
        let registry = self.registry();
        self.look(caller, document, purpose, detail, |seen| {
            let row = seen.row;
            if needed.is_some_and(|part| !row.form.parts().contains(&part)) {
                return Err(AppError::NotFound);
            }
            Opened::of(seen.tx, seen.permit, row, &registry)
        })
    }
}

/// Prints the structured content by its structure; the view where there is none, or where its
/// structure is not known here any more.
fn print(
    opened: &Opened,
    registry: &Registry,
    facts: &Facts,
    cover: &Cover<'_>,
) -> Result<Vec<u8>, Fault> {
    let structure = facts.structure.as_ref().and_then(|oid| registry.structure(oid));
    if let (Some(entry), Some(bytes)) = (structure, opened.part(Part::Structured))
        && let Ok(content) = content::read(bytes, Part::Structured.name())
    {
        return render::structured(&entry.structure, &content, cover);
    }
    render::view(opened.part(Part::View).unwrap_or_default(), cover)
}

/// What the metadata say for the page around a document.
pub(crate) struct Facts {
    pub(super) document: Option<Oid>,
    pub(crate) title: String,
    document_type: String,
    pub(super) organisation: String,
    client: String,
    pub(super) written_on: Option<FinnishDay>,
    pub(super) structure: Option<Oid>,
}

impl Facts {
    fn read(
        opened: &Opened,
        registry: &Registry,
        language: ViewLanguage,
    ) -> Result<Self, AppError> {
        let damaged = || StoreError::Damaged("the record of a version".to_owned());
        let (raw, _) = metadata::read(&opened.record).map_err(|_| damaged())?;
        Ok(Self::of(&raw, registry, language))
    }

    pub(crate) fn of(raw: &RawMetadata<'_>, registry: &Registry, language: ViewLanguage) -> Self {
        let written_on = text(raw, Element::WrittenAt).and_then(Instant::parse);
        let written_on = written_on.map(FinnishDay::of);
        let oid = |element| text(raw, element).and_then(|oid| Oid::parse(oid).ok());
        let structure = oid(Element::Structure);
        let entry = structure.as_ref().and_then(|oid| registry.structure(oid));
        let type_name = |element| named(raw, element, registry, written_on, language);
        let document_type = type_name(Element::GeneralType)
            .or_else(|| entry.map(|entry| entry.structure.document_type.clone()))
            .unwrap_or_default();
        let title = entry
            .map(|entry| title(&entry.structure, language))
            .or_else(|| type_name(Element::SpecificType))
            .unwrap_or_else(|| document_type.clone());
        let organisation = [Element::OrganiserName, Element::ControllerName];
        let organisation = organisation.into_iter().find_map(|element| text(raw, element));
        let names = [Element::ClientFamilyName, Element::ClientGivenNames];
        let names: Vec<&str> = names.into_iter().filter_map(|name| text(raw, name)).collect();
        Self {
            document: oid(Element::DocumentId),
            title,
            document_type,
            organisation: cut(organisation.unwrap_or_default()),
            client: cut(&names.join(", ")),
            written_on,
            structure,
        }
    }

    fn cover<'a>(
        &'a self,
        archived: &'a str,
        opened: &Opened,
        language: ViewLanguage,
    ) -> Cover<'a> {
        Cover {
            title: &self.title,
            document_type: &self.document_type,
            organisation: &self.organisation,
            client: &self.client,
            written_on: self.written_on,
            archived,
            archived_at: opened.archived_at,
            language,
        }
    }
}

/// What the foot of a printed page says.
fn archived_note(opened: &Opened, language: ViewLanguage) -> String {
    let day = day_in_words(FinnishDay::of(opened.archived_at));
    let (document, number) = (&opened.document, opened.number);
    match language {
        ViewLanguage::Finnish => format!("Arkistoitu {day} · {document} · versio {number}"),
        ViewLanguage::Swedish => format!("Arkiverad {day} · {document} · version {number}"),
    }
}

/// The structure that a record names.
pub(super) fn structure_of_record(raw: &RawMetadata<'_>) -> Option<Oid> {
    text(raw, Element::Structure).and_then(|oid| Oid::parse(oid).ok())
}

fn text<'a>(raw: &'a RawMetadata<'_>, element: Element) -> Option<&'a str> {
    match raw.get(element) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

/// The name of a document type's code.
fn named(
    raw: &RawMetadata<'_>,
    element: Element,
    registry: &Registry,
    day: Option<FinnishDay>,
    language: ViewLanguage,
) -> Option<String> {
    let set = Oid::parse(varanto_domain::codes::sets::DOCUMENT_TYPE).ok()?;
    let names = registry.code_sets().name_of(&set, text(raw, element)?, day?)?;
    let swedish = names.sv.as_ref().filter(|_| language == ViewLanguage::Swedish);
    Some(swedish.unwrap_or(&names.fi).clone()).filter(|name| !name.is_empty())
}

fn title(structure: &Structure, language: ViewLanguage) -> String {
    let swedish = structure.title.sv.as_ref().filter(|_| language == ViewLanguage::Swedish);
    swedish.unwrap_or(&structure.title.fi).clone()
}

fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}
