//! The package that is handed over on request: made document by document, so that however many there are one alone
//! is in memory; twice, so that its checksum is in the log before its first byte is out.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use varanto_domain::access::{Caller, ReadPermit, Who};
use varanto_domain::archive::documents::{DocumentGroup, Form, Part};
use varanto_domain::archive::proof::Hash;
use varanto_domain::disclosure::{HandedAs, OutsideRequest};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::structures::Names;
use varanto_domain::time::FinnishDay;
use varanto_formats::package::{
    self, DocumentEntry, FileEntry, INDEX, Index, Party, ProofEntry, SUMS, SealedLog, VersionProof,
};
use varanto_formats::render::{self, Cover};
use varanto_formats::sheet::Sheet;
use varanto_formats::view::{ViewLanguage, day_in_words};
use varanto_formats::{metadata, xhtml, zip};
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::hand_over::{ground_key, too_wide};
use crate::archive::show_document::{Facts, Opened};
use crate::archive::whereabouts;
use crate::{App, AppError, Registry};

/// The texts of a package's own pages, by key, in the package's language.
pub type PackageWords = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How much of a document goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// As it was archived.
    Whole,
    /// Without what tells where the client is.
    Masked,
    /// The metadata that tell of nobody else; the content names other clients and stays.
    OthersHidden,
}

impl Extent {
    /// Every extent.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Masked, Self::OthersHidden];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Masked => "masked",
            Self::OthersHidden => "others-hidden",
        }
    }
}

/// A document that goes, with the permit for it.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) document: Oid,
    pub(super) controller: Oid,
    pub(super) permit: ReadPermit,
    pub(super) extent: Extent,
    pub(super) client: ClientKey,
    /// How large its content is, as it was archived.
    pub(super) bytes: u64,
    form: Form,
    leaf: u64,
}

impl Item {
    pub(super) fn of(row: &VersionRow, permit: ReadPermit, extent: Extent) -> Self {
        let (document, controller) = (row.oid.clone(), row.controller.clone());
        let VersionRow { client, content_bytes, form, leaf, .. } = *row;
        Self { document, controller, permit, extent, client, bytes: content_bytes, form, leaf }
    }

    /// Whether its content goes as it was archived: on paper that is a PDF file's alone.
    pub(super) fn goes_as_archived(&self, form: HandedAs) -> bool {
        let as_print = form == HandedAs::Package || self.form.parts().contains(&Part::Pdf);
        self.extent == Extent::Whole && as_print
    }
}

/// Of documents that would go on paper those of which no print can be made.
pub(super) fn unprintable(app: &App, items: &[Item]) -> Result<Vec<Item>, AppError> {
    let registry = app.registry();
    let mut all = Vec::new();
    for item in items.iter().filter(|item| item.extent != Extent::OthersHidden) {
        let print = app.store.read(|tx| {
            let row = tx.version_of_key(item.permit.version())?;
            let opened = Opened::of(tx, &item.permit, &row, &registry)?;
            opened.print(&registry, ViewLanguage::Finnish, "")
        });
        match print {
            Ok(_) => {}
            Err(AppError::NotShown(_)) => all.push(item.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// A package, its lines on disk. It gives its bytes piece by piece: one for each document, and the contents list.
pub struct Package {
    made: Maker,
    pieces: Vec<Hash>,
    tail: Vec<u8>,
    checksum: Hash,
    bytes: u64,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Package of {} documents, {} bytes", self.documents(), self.bytes)
    }
}

/// What a package is made of.
struct Maker {
    app: App,
    registry: Arc<Registry>,
    items: Vec<Item>,
    form: HandedAs,
    language: ViewLanguage,
    /// What stands in the foot of each print.
    mark: String,
    /// How large the log is to which the proofs lead; none on paper.
    log_size: Option<u64>,
}

/// One document's part of a package.
struct Piece {
    bytes: Vec<u8>,
    entries: Vec<zip::Entry>,
    listed: DocumentEntry,
}

/// Files being put into a package.
#[derive(Default)]
struct Files {
    bytes: Vec<u8>,
    entries: Vec<zip::Entry>,
    listed: Vec<FileEntry>,
}

impl Files {
    fn add(&mut self, name: &str, part: Option<Part>, data: &[u8]) -> Result<(), AppError> {
        let entry = zip::Entry::of(name, data).ok_or_else(too_large)?;
        self.bytes.extend(entry.header());
        self.bytes.extend_from_slice(data);
        self.entries.push(entry);
        self.listed.push(FileEntry::of(name, part.map(Part::name), data));
        Ok(())
    }
}

impl Package {
    /// Makes a package once, keeps its checksums, and lets go of the bytes. Documents of which no print can be made stay
    /// out of one on paper, and are answered beside it.
    pub(super) fn make(
        app: &App,
        caller: &Caller,
        request: &OutsideRequest,
        items: Vec<Item>,
        language: ViewLanguage,
        words: &PackageWords,
    ) -> Result<(Self, Vec<Item>), AppError> {
        let today = FinnishDay::of(app.clock.now());
        let whole = items.iter().filter(|item| item.extent == Extent::Whole);
        let newest = whole.map(|item| item.leaf).max();
        let sealed = match newest.filter(|_| request.form == HandedAs::Package) {
            Some(leaf) => Some(app.store.read::<_, AppError>(|tx| Ok(tx.seal_of(leaf)?.0))?),
            None => None,
        };
        let cover = About { app, caller, request, today, language, words };
        if request.form == HandedAs::Paper {
            // What cannot be printed of the request itself is no document's fault.
            cover.cover(&cover.sheet(&[]))?;
        }
        let mut made = Maker {
            app: app.clone(),
            registry: app.registry(),
            items,
            form: request.form,
            language,
            mark: cover.mark() + " · ",
            log_size: sealed.as_ref().map(|checkpoint| checkpoint.body.size),
        };
        let mut whole = Context::new(&SHA256);
        let (mut bytes, mut pieces, mut entries) = (0u64, Vec::new(), Vec::new());
        let (mut documents, mut unprintable) = (Vec::new(), Vec::new());
        while documents.len() < made.items.len() {
            let number = documents.len();
            let piece = match made.piece(number) {
                Err(AppError::NotShown(_)) => {
                    unprintable.push(made.items.remove(number));
                    continue;
                }
                piece => piece?,
            };
            whole.update(&piece.bytes);
            bytes += piece.bytes.len() as u64;
            if bytes > zip::MOST_BYTES {
                return Err(too_large());
            }
            pieces.push(sha256(&piece.bytes));
            entries.extend(piece.entries);
            documents.push(piece.listed);
        }
        let log = sealed.map(|checkpoint| SealedLog {
            verifier_key: app.verifier_key(),
            checkpoint: checkpoint.note,
        });
        let (tail, more) = cover.tail(documents, log)?;
        entries.extend(more);
        let directory = zip::directory(&entries).ok_or_else(too_large)?;
        let tail = [tail, directory].concat();
        whole.update(&tail);
        bytes += tail.len() as u64;
        let checksum = digest(whole);
        Ok((Self { made, pieces, tail, checksum, bytes }, unprintable))
    }

    /// The SHA-256 of the whole, as the log tells it.
    #[must_use]
    pub const fn checksum(&self) -> Hash {
        self.checksum
    }

    /// How long the whole is.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many documents are in it.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.made.items.len()
    }

    /// A piece of it, from the first on; `None` behind the last.
    ///
    /// # Errors
    /// When the archive fails, or gives other bytes than those whose checksum the log tells.
    pub fn piece(&self, number: usize) -> Result<Option<Vec<u8>>, AppError> {
        let Some(expected) = self.pieces.get(number) else {
            return Ok((number == self.pieces.len()).then(|| self.tail.clone()));
        };
        let piece = self.made.piece(number)?.bytes;
        if sha256(&piece) == *expected {
            return Ok(Some(piece));
        }
        Err(StoreError::Damaged(format!("piece {number} of a package is another")).into())
    }
}

impl Maker {
    /// One document's files, made of what its permit opens.
    fn piece(&self, number: usize) -> Result<Piece, AppError> {
        let item = &self.items[number];
        let place = format!("{:04}-{}", number + 1, item.document);
        self.app.store.read(|tx| {
            let row = tx.version_of_key(item.permit.version())?;
            let record = whereabouts::record(tx, &item.permit, &row)?;
            let mut files = Files::default();
            match (self.form, item.extent) {
                (HandedAs::Package, _) => self.originals(tx, item, &row, &place, &mut files)?,
                (HandedAs::Paper, Extent::OthersHidden) => {}
                (HandedAs::Paper, _) => {
                    let opened = Opened::of(tx, &item.permit, &row, &self.registry)?;
                    let print = opened.print(&self.registry, self.language, &self.mark)?;
                    files.add(&format!("{place}.pdf"), None, &print)?;
                }
            }
            let proof = match self.log_size {
                Some(size) if item.extent == Extent::Whole => Some(proof(tx, item, &row, size)?),
                _ => None,
            };
            let Files { bytes, entries, listed } = files;
            let listed = DocumentEntry {
                document_id: item.document.to_string(),
                version: row.number,
                controller: row.controller.to_string(),
                group: row.group.code().to_owned(),
                name: self.name(&record, &row)?,
                written_on: FinnishDay::of(row.written_at).to_string(),
                extent: item.extent.code().to_owned(),
                files: listed,
                proof,
            };
            Ok(Piece { bytes, entries, listed })
        })
    }

    /// The document's name for people: of its structure or type, else of its group.
    fn name(&self, record: &[u8], row: &VersionRow) -> Result<String, AppError> {
        let (raw, _) = metadata::read(record).map_err(|_| damaged(row.version))?;
        let title = Facts::of(&raw, &self.registry, self.language).title;
        if !title.is_empty() {
            return Ok(title);
        }
        let set = Oid::parse(varanto_domain::codes::sets::DOCUMENT_GROUP).ok();
        let day = FinnishDay::of(row.written_at);
        let code = DocumentGroup::code(row.group);
        let names = set.and_then(|set| self.registry.code_sets().name_of(&set, code, day));
        Ok(names.map_or_else(|| code.to_owned(), |names| in_language(names, self.language)))
    }

    /// The metadata, the parts as they were archived, and a page to read. Of what is masked the parts are made, and
    /// are none that was archived.
    fn originals(
        &self,
        tx: &ReadTx<'_>,
        item: &Item,
        row: &VersionRow,
        place: &str,
        files: &mut Files,
    ) -> Result<(), AppError> {
        let record = whereabouts::record(tx, &item.permit, row)?;
        files.add(&format!("{place}/metadata.json"), None, &record)?;
        if item.extent == Extent::OthersHidden {
            return Ok(());
        }
        let opened = Opened::of(tx, &item.permit, row, &self.registry)?;
        for (part, data) in &opened.parts {
            let original = (item.extent == Extent::Whole).then_some(*part);
            files.add(&format!("{place}/{}.{}", part.name(), suffix(*part)), original, data)?;
        }
        // A view that no page can be made of is there as it was archived.
        if let Ok(page) = opened.page(&self.registry, self.language) {
            files.add(&format!("{place}/page.xhtml"), None, page.as_bytes())?;
        }
        Ok(())
    }
}

/// What is told about the package itself.
struct About<'a> {
    app: &'a App,
    caller: &'a Caller,
    request: &'a OutsideRequest,
    today: FinnishDay,
    language: ViewLanguage,
    words: &'a PackageWords,
}

impl About<'_> {
    fn word(&self, key: &str) -> String {
        (self.words)(key)
    }

    /// What stands in the foot of each print: that it was given, when, to whom and on what ground.
    fn mark(&self) -> String {
        let request = self.request;
        format!(
            "{} {} · {} · {} · {}",
            self.word("package.given"),
            day_in_words(self.today),
            request.receiver.name,
            self.word(&ground_key(request.ground)),
            request.reference
        )
    }

    fn giver(&self) -> String {
        let registry = self.app.registry();
        let known = registry.registers().organisation(&self.caller.organisation);
        let unknown = || self.caller.organisation.to_string();
        known.map_or_else(unknown, |one| in_language(&one.names, self.language))
    }

    fn handler(&self) -> String {
        let own = || match &self.caller.who {
            Who::Person { subject, .. } => subject.clone(),
            _ => String::new(),
        };
        self.request.handler.clone().unwrap_or_else(own)
    }

    /// The page about the package, its contents list and its checksums, as entries of the package.
    fn tail(
        &self,
        documents: Vec<DocumentEntry>,
        log: Option<SealedLog>,
    ) -> Result<(Vec<u8>, Vec<zip::Entry>), AppError> {
        let request = self.request;
        let mut files = Files::default();
        let sheet = self.sheet(&documents);
        match request.form {
            HandedAs::Package => {
                let title = self.word("package.title");
                let page = xhtml::safe_copy(sheet.as_bytes(), &title, self.language.tag());
                files.add("index.xhtml", None, page.map_err(AppError::NotShown)?.as_bytes())?;
            }
            HandedAs::Paper => files.add("cover.pdf", None, &self.cover(&sheet)?)?,
        }
        let party = |kind: Option<&str>, name: String, organisation: Option<&Oid>| Party {
            kind: kind.map(str::to_owned),
            name,
            organisation: organisation.map(ToString::to_string),
        };
        let receiver = &request.receiver;
        let index = Index {
            form: request.form.code().to_owned(),
            given_on: self.today.to_string(),
            given_by: party(None, self.giver(), Some(&self.caller.organisation)),
            handler: self.handler(),
            receiver: party(
                Some(receiver.kind.code()),
                receiver.name.clone(),
                receiver.organisation.as_ref(),
            ),
            ground: request.ground.code().to_owned(),
            reference: request.reference.clone(),
            log,
            pages: files.listed.clone(),
            documents,
        };
        let printed = package::write(&index);
        files.add(INDEX, None, printed.as_bytes())?;
        files.add(SUMS, None, package::sums(&index, &printed).as_bytes())?;
        Ok((files.bytes, files.entries))
    }

    fn cover(&self, sheet: &str) -> Result<Vec<u8>, AppError> {
        let title = self.word("package.title");
        let cover = Cover {
            title: &title,
            document_type: "",
            organisation: &self.giver(),
            client: &self.request.client.in_views(),
            written_on: Some(self.today),
            archived: &self.mark(),
            // The same request on the same day makes the same file.
            archived_at: self.today.start(),
            language: self.language,
        };
        render::view(sheet.as_bytes(), &cover).map_err(AppError::NotShown)
    }

    /// The contents list for people to read.
    fn sheet(&self, documents: &[DocumentEntry]) -> String {
        let request = self.request;
        let mut sheet = Sheet::new(&self.word("package.title"));
        let kind = self.word(&format!("receiver.{}", request.receiver.kind.code()));
        let facts = [
            ("giver", self.giver()),
            ("client", request.client.in_views()),
            ("receiver", format!("{} ({kind})", request.receiver.name)),
            ("day", day_in_words(self.today)),
            ("ground", self.word(&ground_key(request.ground))),
            ("reference", request.reference.clone()),
            ("handler", self.handler()),
        ];
        for (key, value) in facts {
            sheet.paragraph(&format!("{}: {value}", self.word(&format!("package.{key}"))));
        }
        sheet.paragraph(&self.word(&format!("package.note-{}", request.form.code())));
        let heads = ["number", "document", "written", "extent"];
        let heads = heads.map(|head| self.word(&format!("package.{head}")));
        let rows: Vec<Vec<String>> = documents
            .iter()
            .enumerate()
            .map(|(number, one)| {
                let written = FinnishDay::parse(&one.written_on).map(day_in_words);
                vec![
                    (number + 1).to_string(),
                    format!("{} ({})", one.name, one.document_id),
                    written.unwrap_or_default(),
                    self.word(&format!("extent.{}", one.extent)),
                ]
            })
            .collect();
        sheet.table(&heads.each_ref().map(String::as_str), &rows);
        sheet.finish()
    }
}

/// The proof of a version in the log of a size. Whoever has all its parts can make its digest anew; where a part
/// stays in the archive, the salt stays too.
fn proof(
    tx: &ReadTx<'_>,
    item: &Item,
    row: &VersionRow,
    size: u64,
) -> Result<ProofEntry, AppError> {
    let whole = item.permit.whole().map_err(AppError::Denied)?;
    let evidence = tx.evidence(&whole)?;
    let complete = row.parts.iter().all(|part| whole.opens(*part));
    Ok(ProofEntry::of(&VersionProof {
        content_salt: complete.then_some(evidence.content.0),
        content: evidence.content.1,
        metadata: evidence.metadata.1,
        leaf: tx.inclusion(row.leaf, size)?,
    }))
}

fn in_language(names: &Names, language: ViewLanguage) -> String {
    let swedish = names.sv.as_ref().filter(|_| language == ViewLanguage::Swedish);
    swedish.unwrap_or(&names.fi).clone()
}

const fn suffix(part: Part) -> &'static str {
    match part {
        Part::Structured => "json",
        Part::View => "xhtml",
        Part::Pdf => "pdf",
        Part::National | Part::Frame => "xml",
        Part::Signature => "jws",
    }
}

fn damaged(version: VersionKey) -> StoreError {
    StoreError::Damaged(format!("the record of version {}", version.0))
}

fn too_large() -> AppError {
    AppError::Refused(vec![too_wide()])
}

fn sha256(bytes: &[u8]) -> Hash {
    varanto_domain::archive::proof::sha256(bytes)
}

fn digest(context: Context) -> Hash {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
