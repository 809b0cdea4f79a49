//! Taking a register out: its line first, then all of it in one snapshot, one version in memory at a time.

use std::path::Path;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Basis, Caller, Denial, TransferPermit};
use varanto_domain::archive::proof::sha256;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::relationship::RoadStep;
use varanto_domain::time::Instant;
use varanto_formats::handing_over::{is_reference, reference_form};
use varanto_formats::package::{FileEntry, hexadecimal};
use varanto_formats::receipts::CoveredSignatures;
use varanto_formats::register_package::mets::{self, Group, Head};
use varanto_formats::register_package::{
    ABOUT, ARCHIVE, About, CERTIFICATES, CHOICES, CORRECTIONS, FORM, GONE, GoneFile, HOLDS,
    IDENTITIES, InvalidationFile, LOG, LineFile, MATERIAL, METADATA, METS, PARTS, PREMIS, README,
    REGISTERS, SIGNED, STATEMENTS, SUMMARY, Summary, ToldFile, VersionFile, VersionProofFile,
    VersionSeal, file_of_lines, note, premis, write, write_line,
};
use varanto_formats::signature::evidence;
use varanto_store::{FileKind, ReadTx, RegisterSize, RegisterVersion, StoreError, WholeVersion};

use super::beside;
use super::files::{Writer, Written};
use super::{TransferError, TransferRequest, file_of};
use crate::{App, AppError};

/// How many versions a part of a package holds: its list is read whole.
const MOST_IN_A_PART: usize = 1000;
/// How many lines a file of lines holds, and about how many bytes.
const MOST_LINES: usize = 10_000;
const MOST_OF_LINES: usize = 64 << 20;
/// The page in the package that says how to read it.
const README_TEXT: &str = include_str!("README.md");

/// What a package would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPlan {
    /// How much there is of the register.
    pub size: RegisterSize,
    /// About how large the package would be, in bytes.
    pub about_bytes: u64,
}

/// How far a register has gone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferStep {
    /// So many versions, of so many.
    Versions(u64, u64),
    /// So many lines of the use log were looked through, of so many.
    Lines(u64, u64),
}

/// A package that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedRegister {
    /// How much is in it.
    pub summary: Summary,
    /// The SHA-256 of its list, which the archive's log tells.
    pub checksum: String,
    /// How many bytes its files have.
    pub bytes: u64,
    /// The key with which its signature is checked.
    pub verifier_key: String,
}

impl App {
    /// Tells how much of a register would go out. To whom it may be told it leaves no line: it tells of no client.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may not take it out; [`AppError::Refused`] for a reference that is none; each logged.
    ///
    /// Source: OPS-3.
    pub fn plan_export(
        &self,
        caller: &Caller,
        request: &TransferRequest,
    ) -> Result<ExportPlan, AppError> {
        let permit = self.may_transfer(caller, request)?;
        let size = self.store.read::<_, AppError>(|tx| Ok(tx.register_size(&permit)?))?;
        // Beside a content its metadata, what is kept of it, its proof, and its entries in the list.
        let about_bytes = size.content_bytes + 6_000 * size.versions + 1_600 * size.lines;
        Ok(ExportPlan { size, about_bytes })
    }

    /// Takes a controller's whole register out as a package: every version byte for byte, with its metadata, its proof and
    /// its lines of the use log. The line that tells of it is on disk before anything goes out, and one with the checksum of
    /// what went out before the package has its name; one that failed is told of, too. Broken off, it is begun anew.
    ///
    /// # Errors
    /// [`AppError::Denied`], [`AppError::Refused`], each logged; what is damaged in the archive, and what the disk answers:
    /// then there is no package.
    ///
    /// Source: OPS-3, ARC-1, ARC-15, LOG-1.
    pub fn export_register(
        &self,
        caller: &Caller,
        request: &TransferRequest,
        place: &Path,
        mut going: impl FnMut(TransferStep),
    ) -> Result<ExportedRegister, TransferError> {
        let permit = self.may_transfer(caller, request)?;
        let now = self.clock.now();
        let words = request.words("export");
        let line = |detail: String| self.transfer_line(caller, detail);
        self.write_line(line(format!("{words} begun")))?;
        let mut go = || -> Result<ExportedRegister, TransferError> {
            let (done, written) = self.store.read::<_, TransferError>(|tx| {
                let about = self.about(tx, caller, request, now)?;
                let size = tx.register_size(&permit)?;
                Export::begin(tx, &permit, about, place, size, now)?.run(&mut going)
            })?;
            self.write_line(line(format!(
                "{words} versions={} package={}",
                done.summary.versions, done.checksum
            )))?;
            written.name()?;
            Ok(done)
        };
        let done = go();
        if let Err(error) = &done {
            // What went wrong is told first, whether or not the archive still takes a line.
            let _ = self.write_line(line(format!("{words} failed={}", error.code())));
        }
        done
    }

    /// The registers of the caller's own that the caller may take out. To one who may take out some it leaves no line: it tells
    /// of no client.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may take out none; logged.
    ///
    /// Source: OPS-3, CAS-6.
    pub fn registers_to_take_out(&self, caller: &Caller) -> Result<Vec<Oid>, AppError> {
        let may = |register: &&Oid| access::may_transfer_register(caller, register).is_ok();
        let registers: Vec<Oid> = caller.registers.iter().filter(may).cloned().collect();
        if !registers.is_empty() {
            return Ok(registers);
        }
        let first = caller.registers.first().unwrap_or(&caller.organisation);
        let denial = match access::may_transfer_register(caller, first) {
            Err(denial) => denial,
            Ok(_) => Denial::AnotherRegister,
        };
        self.log(caller, Event::Transfer, Outcome::Denied(denial), self.clock.now())?;
        Err(AppError::Denied(denial))
    }

    /// The permit for one who may take the register out; whoever may not leaves a line.
    pub(super) fn may_transfer(
        &self,
        caller: &Caller,
        request: &TransferRequest,
    ) -> Result<TransferPermit, AppError> {
        let now = self.clock.now();
        let permit = match access::may_transfer_register(caller, &request.controller) {
            Ok(permit) => permit,
            Err(denial) => {
                self.log(caller, Event::Transfer, Outcome::Denied(denial), now)?;
                return Err(AppError::Denied(denial));
            }
        };
        if let Err(error) = check_reference(request) {
            if let AppError::Refused(faults) = &error {
                let codes = faults.iter().map(Fault::code).collect();
                self.log(caller, Event::Transfer, Outcome::Refused(codes), now)?;
            }
            return Err(error);
        }
        Ok(permit)
    }

    /// A line that tells of what is done with a register as a whole.
    pub(super) fn transfer_line(&self, caller: &Caller, detail: String) -> LogLine {
        LogLine {
            at: self.clock.now(),
            event: Event::Transfer,
            outcome: Outcome::Permitted(Basis::Archivist),
            actor: Actor::of(caller),
            client: None,
            version: None,
            detail,
        }
    }

    fn about(
        &self,
        tx: &ReadTx<'_>,
        caller: &Caller,
        request: &TransferRequest,
        now: Instant,
    ) -> Result<About, StoreError> {
        let registry = self.registry();
        let known = registry.registers().organisation(&request.controller);
        Ok(About {
            form: FORM.to_owned(),
            program: format!("Varanto {}", env!("CARGO_PKG_VERSION")),
            controller: request.controller.to_string(),
            controller_name: known.map(|one| one.names.fi.clone()).unwrap_or_default(),
            archive: tx.origin().to_owned(),
            verifier_key: self.verifier_key(),
            checkpoint: tx.newest_checkpoint()?.note,
            exported_at: now.to_string(),
            exported_by: Actor::of(caller).name,
            reason: request.reason.code().to_owned(),
            reference: request.reference.clone(),
            road: road_of(tx, &request.controller)?,
        })
    }
}

/// The steps of a controller between the roads, as the log tells them.
fn road_of(tx: &ReadTx<'_>, controller: &Oid) -> Result<Vec<String>, StoreError> {
    let mut steps = tx.administered(RoadStep::DETAIL)?;
    steps.retain(|line| RoadStep::read(line).is_some_and(|(whose, _)| whose == *controller));
    Ok(steps)
}

pub(super) fn check_reference(request: &TransferRequest) -> Result<(), AppError> {
    if is_reference(&request.reference) {
        return Ok(());
    }
    let fault = Fault::new(FaultKind::WrongForm, "reference", "OPS-3");
    Err(AppError::Refused(vec![fault.arg("expected", reference_form())]))
}

/// A package in the making.
struct Export<'a> {
    tx: &'a ReadTx<'a>,
    permit: &'a TransferPermit,
    about: About,
    id: String,
    /// How large the log is to which the proofs lead.
    log_size: u64,
    size: RegisterSize,
    writer: Writer,
    summary: Summary,
    described: Vec<FileEntry>,
    preserved: Vec<FileEntry>,
    groups: Vec<Group>,
    /// Lines about versions of which the leaf alone is left.
    gone: Lines,
    /// Certificates and revocation lists on which verdicts on signatures rest.
    material: std::collections::BTreeSet<[u8; 32]>,
}

impl<'a> Export<'a> {
    fn begin(
        tx: &'a ReadTx<'a>,
        permit: &'a TransferPermit,
        about: About,
        place: &Path,
        size: RegisterSize,
        now: Instant,
    ) -> Result<Self, TransferError> {
        let log_size = tx.log_size()?;
        let id = format!("varanto-register-{}-{log_size}", permit.controller());
        let seconds = u64::try_from(now.millis() / 1000).unwrap_or_default();
        let writer = Writer::begin(place, &id, seconds)?;
        Ok(Self {
            tx,
            permit,
            about,
            id,
            log_size,
            size,
            writer,
            summary: Summary::default(),
            described: Vec::new(),
            preserved: Vec::new(),
            groups: Vec::new(),
            gone: Lines::of(GONE),
            material: std::collections::BTreeSet::new(),
        })
    }

    fn run(
        mut self,
        going: &mut dyn FnMut(TransferStep),
    ) -> Result<(ExportedRegister, Written), TransferError> {
        let about = self.writer.put(ABOUT, write(&self.about).as_bytes())?;
        self.described.push(about);
        let readme = self.writer.put(README, README_TEXT.as_bytes())?;
        self.groups.push(Group { name: "Documentation".to_owned(), files: vec![readme] });
        self.versions(going)?;
        self.material()?;
        self.lines(going)?;
        self.gone_and_held()?;
        self.registers()?;
        let summary = self.writer.put(SUMMARY, write(&self.summary).as_bytes())?;
        self.described.push(summary);
        let premis = premis::write(&self.id, &self.about, &self.summary);
        let premis = self.writer.put(PREMIS, premis.as_bytes())?;
        self.preserved.push(premis);
        let label = format!("{} {}", self.about.controller_name, self.about.controller);
        let list = mets::write(
            &self.head(&self.id, &label),
            &self.described,
            &self.preserved,
            &self.groups,
        );
        self.writer.put(METS, list.as_bytes())?;
        let checksum = sha256(list.as_bytes());
        let signed = self.tx.sign_note(&note(&self.about, &checksum));
        self.writer.put(SIGNED, signed.as_bytes())?;
        let bytes = self.writer.bytes();
        let written = self.writer.finish()?;
        let done = ExportedRegister {
            summary: self.summary,
            checksum: hexadecimal(&checksum),
            bytes,
            verifier_key: self.about.verifier_key,
        };
        Ok((done, written))
    }

    fn head<'h>(&'h self, id: &'h str, label: &'h str) -> Head<'h> {
        let About { exported_at, program, .. } = &self.about;
        Head { id, label, made_at: exported_at, program }
    }

    /// Every version, in parts, each with its list.
    fn versions(&mut self, going: &mut dyn FnMut(TransferStep)) -> Result<(), TransferError> {
        let (tx, permit, log_size) = (self.tx, self.permit, self.log_size);
        let (mut part, mut number, mut inside, mut done) = (Vec::new(), 1, 0, 0);
        tx.visit_register::<TransferError>(permit, log_size, |version| {
            match version {
                RegisterVersion::Erased(row, leaf) => {
                    let gone = GoneFile::of(row.oid.as_str(), row.number, None, &leaf);
                    self.gone.push(&gone);
                    self.summary.erased += 1;
                }
                RegisterVersion::Whole(whole) => {
                    self.version((&format!("part-{number:05}"), inside + 1), &whole, &mut part)?;
                    inside += 1;
                }
            }
            done += 1;
            going(TransferStep::Versions(done, self.size.versions));
            if inside == MOST_IN_A_PART || inside > 0 && self.gone.is_full() {
                self.end_part(number, std::mem::take(&mut part))?;
                (number, inside) = (number + 1, 0);
            }
            // Between two parts: the files of one stand together.
            if self.gone.is_full() { self.put_gone() } else { Ok(()) }
        })?;
        if part.is_empty() { Ok(()) } else { self.end_part(number, part) }
    }

    fn put_gone(&mut self) -> Result<(), TransferError> {
        self.gone.put(&mut self.writer, &mut self.preserved)
    }

    fn end_part(&mut self, number: usize, files: Vec<FileEntry>) -> Result<(), TransferError> {
        let name = format!("part-{number:05}");
        let id = format!("{}-{name}", self.id);
        let groups = [Group { name: "Data".to_owned(), files }];
        let list = mets::write(&self.head(&id, &name), &[], &[], &groups);
        let entry = self.writer.put(&format!("{PARTS}/{name}/{METS}"), list.as_bytes())?;
        self.groups.push(Group { name: format!("Representations/{name}"), files: vec![entry] });
        Ok(())
    }

    /// The files of one version, the so-manieth of its part; `files` are those of the part, named from its folder.
    fn version(
        &mut self,
        (part, number): (&str, usize),
        version: &WholeVersion,
        files: &mut Vec<FileEntry>,
    ) -> Result<(), TransferError> {
        let WholeVersion { row, record, parts, signatures, .. } = version;
        let document = &row.oid;
        let mut put = |name: &str, data: &[u8]| -> Result<(), TransferError> {
            let inside = format!("data/{number:04}-{document}/{name}");
            let entry = self.writer.put(&format!("{PARTS}/{part}/{inside}"), data)?;
            files.push(FileEntry { name: inside, ..entry });
            Ok(())
        };
        put(METADATA, record)?;
        for (part, data) in parts {
            put(&file_of(*part), data)?;
        }
        put(ARCHIVE, write(&version_file(version)?).as_bytes())?;
        self.summary.versions += 1;
        self.summary.attachments += u64::from(row.main.is_some());
        self.summary.content_bytes += row.content_bytes;
        if let Some(kept) = signatures {
            self.note_material(&kept.evidence);
        }
        Ok(())
    }

    /// Notes the certificates and revocation lists that evidence names.
    fn note_material(&mut self, kept: &[u8]) {
        if let Some(read) = evidence::read(kept) {
            let named = read.signatures.iter().flat_map(|one| one.material.digests());
            self.material.extend(named.copied());
        }
    }

    /// The certificates and revocation lists that were noted.
    fn material(&mut self) -> Result<(), TransferError> {
        for digest in std::mem::take(&mut self.material) {
            let name = hexadecimal(&digest);
            let bytes = self.tx.find_material(&digest)?;
            let bytes =
                bytes.ok_or_else(|| StoreError::Damaged(format!("signature material {name}")))?;
            let entry = self.writer.put(&format!("{MATERIAL}/{name}.der"), &bytes)?;
            self.preserved.push(entry);
        }
        Ok(())
    }

    /// The lines of the use log that are the controller's business.
    fn lines(&mut self, going: &mut dyn FnMut(TransferStep)) -> Result<(), TransferError> {
        let (tx, permit, log_size, all) = (self.tx, self.permit, self.log_size, self.size.lines);
        let mut lines = Lines::of(LOG);
        tx.visit_register_lines::<TransferError>(
            permit,
            log_size,
            |line| {
                lines.push(&if line.in_part {
                    LineFile::in_part(line.number, line.text, &line.leaf)
                } else {
                    LineFile::of(line.number, line.text, line.salt.as_ref(), &line.leaf)
                });
                self.summary.log_lines += 1;
                self.summary.log_lines_in_part += u64::from(line.in_part);
                if lines.is_full() {
                    lines.put(&mut self.writer, &mut self.preserved)?;
                }
                Ok(())
            },
            |done| going(TransferStep::Lines(done, all)),
        )?;
        lines.put(&mut self.writer, &mut self.preserved)
    }

    /// What was destroyed, and what no document tells of.
    fn gone_and_held(&mut self) -> Result<(), TransferError> {
        let mut last = VersionKey(i64::MIN);
        loop {
            let found = self.tx.destroyed_of_register(self.permit, last)?;
            let Some(newest) = found.last() else { break };
            last = newest.version;
            for one in found {
                let leaf = self.tx.inclusion(one.leaf, self.log_size)?;
                let by = Some((one.entry.0, one.line));
                let gone = GoneFile::of(one.document.as_str(), one.number, by, &leaf);
                self.gone.push(&gone);
                self.summary.destroyed += 1;
            }
            if self.gone.is_full() {
                self.put_gone()?;
            }
        }
        for (list, certificate) in self.tx.certificates_of_register(self.permit)? {
            let name = format!("{CERTIFICATES}/{list}.txt");
            let entry = self.writer.put(&name, certificate.as_bytes())?;
            self.preserved.push(entry);
            self.summary.certificates += 1;
        }
        self.put_gone()?;
        let (tx, permit) = (self.tx, self.permit);
        self.summary.holds = self.beside(HOLDS, beside::holds(tx, permit)?)?;
        self.summary.corrections = self.beside(CORRECTIONS, beside::corrections(tx, permit)?)?;
        self.summary.statements = self.beside(STATEMENTS, beside::statements(tx, permit)?)?;
        self.summary.choices = self.beside(CHOICES, beside::choices(tx, permit)?)?;
        self.summary.identities = self.beside(IDENTITIES, beside::identities(tx, permit)?)?;
        Ok(())
    }

    /// What of a kind no document tells of.
    fn beside<T: serde::Serialize>(
        &mut self,
        kind: &'static str,
        found: Vec<T>,
    ) -> Result<u64, TransferError> {
        let (mut lines, count) = (Lines::of(kind), found.len() as u64);
        for one in found {
            lines.push(&one);
            if lines.is_full() {
                lines.put(&mut self.writer, &mut self.preserved)?;
            }
        }
        lines.put(&mut self.writer, &mut self.preserved)?;
        Ok(count)
    }

    /// Structures and code sets as they were loaded: they tell of no client.
    fn registers(&mut self) -> Result<(), TransferError> {
        let kinds = [
            // They are named by OIDs, and loaded by the name's end.
            ("structure", FileKind::Structure, ".json"),
            ("code-sets", FileKind::CodeSets, ""),
            ("task-mappings", FileKind::TaskMappings, ""),
            ("organisations", FileKind::Organisations, ""),
        ];
        for (kind, which, end) in kinds {
            for (number, file) in (1..).zip(self.tx.list_register_files(which)?) {
                let name = plain(&file.name);
                let name = format!("{REGISTERS}/{kind}/{number:04}-{name}{end}");
                let entry = self.writer.put(&name, &file.content)?;
                self.described.push(entry);
            }
        }
        Ok(())
    }
}

/// Lines of one kind on their way into files of so many.
struct Lines {
    kind: &'static str,
    text: String,
    inside: usize,
    files: usize,
}

impl Lines {
    const fn of(kind: &'static str) -> Self {
        Self { kind, text: String::new(), inside: 0, files: 0 }
    }

    fn push<T: serde::Serialize>(&mut self, line: &T) {
        self.text.push_str(&write_line(line));
        self.inside += 1;
    }

    const fn is_full(&self) -> bool {
        self.inside >= MOST_LINES || self.text.len() >= MOST_OF_LINES
    }

    /// Writes what there is into the next file.
    fn put(
        &mut self,
        writer: &mut Writer,
        preserved: &mut Vec<FileEntry>,
    ) -> Result<(), TransferError> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.files += 1;
        let name = file_of_lines(self.kind, self.files);
        preserved.push(writer.put(&name, std::mem::take(&mut self.text).as_bytes())?);
        self.inside = 0;
        Ok(())
    }
}

/// A name of a file that was loaded, as a name in the package.
fn plain(name: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    name.chars().map(sign).collect()
}

/// What is kept of a version beside its metadata and its content.
pub(super) fn version_file(version: &WholeVersion) -> Result<VersionFile, StoreError> {
    let WholeVersion { row, set, main, parts, columns, evidence, leaf, .. } = version;
    let damaged = |_| StoreError::Damaged(format!("the evidence of version {}", row.version.0));
    let signatures = match &version.signatures {
        Some(kept) => {
            let text = String::from_utf8(kept.evidence.clone()).map_err(damaged)?;
            Some(CoveredSignatures::of(&kept.salt, text))
        }
        None => None,
    };
    let seal = VersionSeal {
        content_salt: evidence.content.0,
        metadata_salt: evidence.metadata.0,
        leaf: leaf.clone(),
    };
    let invalidated = version.invalidated.as_ref().map(|why| InvalidationFile {
        reason: why.reason.clone(),
        explanation: why.explanation.clone(),
        at: why.at.to_string(),
        line: why.told.number,
        told: vec![ToldFile::of(&why.told)],
    });
    Ok(VersionFile {
        document_id: row.oid.to_string(),
        set_id: set.to_string(),
        version: row.number,
        state: row.state.name().to_owned(),
        group: row.group.code().to_owned(),
        main_document_id: main.as_ref().map(Oid::to_string),
        archived_at: row.archived_at.to_string(),
        arrival: row.arrival.to_string(),
        invalidated,
        parts: parts.iter().map(|(part, _)| part.name().to_owned()).collect(),
        proof: VersionProofFile::of(&seal, columns.clone(), signatures),
    })
}
