//! An archive in a folder, with the synthetic county in it, and the workbench's door to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use varanto_app::archive::{DocumentQuery, InvalidationRequest, OpenedWhole, Submission};
use varanto_app::{App, AppError, AppOptions};
use varanto_domain::access::{Caller, LookReason, Purpose, Reason};
use varanto_domain::archive::documents::{DocumentGroup, Part, VersionState};
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::joining::Certificate;
use varanto_domain::time::{Clock, Instant};
use varanto_formats::receipts;
use varanto_kit::county::{County, Event};
use varanto_workbench::door::{Answer, Door, Invalidated, NotRead, Signer, Told, Whole};

use crate::world::now;

struct SetClock;

impl Clock for SetClock {
    fn now(&self) -> Instant {
        now()
    }
}

/// The archive, and the county's system as its caller.
#[derive(Clone)]
pub(crate) struct Archive {
    pub(crate) app: App,
    pub(crate) caller: Caller,
}

impl Archive {
    /// Opens an archive in which the county has joined, with the relationships of its clients.
    pub(crate) fn with(county: &County, folder: &Path) -> Self {
        let archive = Self::without_relationships(county, folder);
        for event in county.events() {
            let Event::Archive(made) = event else { continue };
            if made.group != DocumentGroup::Relationship {
                continue;
            }
            let submission =
                Submission { metadata: made.metadata_json.into_bytes(), parts: made.parts };
            // What the county's story refuses is of no matter here.
            let _ = archive.app.archive_document(&archive.caller, submission);
        }
        archive
    }

    /// Opens an archive in which the county has joined, and nothing more.
    pub(crate) fn without_relationships(county: &County, folder: &Path) -> Self {
        let app = App::open(&AppOptions::in_folder(folder), Arc::new(SetClock)).unwrap();
        app.load_registers("county", county.registers_json().into_bytes()).unwrap();
        app.load_registers("systems", county.systems_json().into_bytes()).unwrap();
        let own = county.organisations()[0].id.to_string();
        let certificate =
            Certificate { subject_serial: Some(&own), fingerprint: &[0; 32], common_name: None };
        let caller = app.caller_of_certificate(&certificate).unwrap();
        Self { app, caller }
    }

    pub(crate) fn door(&self) -> Box<dyn Door> {
        Box::new(AppDoor { archive: self.clone(), ends: None, fails_at: None, reads: Reads::All })
    }

    /// A door that gives nothing before it was asked twice: the archive is busy, and the line is cut.
    pub(crate) fn busy_door(&self) -> Box<dyn Door> {
        Box::new(AppDoor {
            archive: self.clone(),
            ends: None,
            fails_at: None,
            reads: Reads::AskedAgain(0),
        })
    }

    /// A door that always asks to come again.
    pub(crate) fn door_that_stays_busy(&self) -> Box<dyn Door> {
        Box::new(AppDoor { archive: self.clone(), ends: None, fails_at: None, reads: Reads::Busy })
    }

    /// A door that fails so often at what is read.
    pub(crate) fn door_that_fails(&self, times: u32) -> Box<dyn Door> {
        Box::new(AppDoor {
            archive: self.clone(),
            ends: None,
            fails_at: None,
            reads: Reads::Fails(times),
        })
    }

    /// A door that fails at each document in whose metadata this stands.
    pub(crate) fn door_that_fails_at(&self, what: &str) -> Box<dyn Door> {
        let fails_at = Some(what.to_owned());
        Box::new(AppDoor { archive: self.clone(), ends: None, fails_at, reads: Reads::All })
    }

    /// A door that lets nobody in any more, after so many reads.
    pub(crate) fn door_that_shuts_after(&self, reads: u32) -> Box<dyn Door> {
        Box::new(AppDoor {
            archive: self.clone(),
            ends: None,
            fails_at: None,
            reads: Reads::Few(reads),
        })
    }

    /// A door that closes in the middle: the archive takes the document, and the answer is lost.
    pub(crate) fn door_that_ends_after(
        &self,
        documents: u32,
        stop: &Arc<AtomicBool>,
    ) -> Box<dyn Door> {
        let ends = Some((documents, Arc::clone(stop)));
        Box::new(AppDoor { archive: self.clone(), ends, fails_at: None, reads: Reads::All })
    }

    /// A door that ends an undo after so many documents.
    pub(crate) fn door_that_stops_undo_after(
        &self,
        documents: u32,
        stop: &Arc<AtomicBool>,
    ) -> Box<dyn Door> {
        let ends = Some((documents, Arc::clone(stop)));
        Box::new(AppDoor { archive: self.clone(), ends, fails_at: None, reads: Reads::All })
    }

    pub(crate) fn versions(&self) -> u64 {
        self.app.contents().unwrap().versions
    }
}

struct AppDoor {
    archive: Archive,
    /// At which documents it fails, by what stands in their metadata.
    fails_at: Option<String>,
    ends: Option<(u32, Arc<AtomicBool>)>,
    reads: Reads,
}

/// What a door gives of what is read.
enum Reads {
    All,
    /// What is asked for again; how often it was asked.
    AskedAgain(u32),
    /// So much more.
    Few(u32),
    /// Nothing for now.
    Busy,
    /// So many failures more.
    Fails(u32),
}

impl AppDoor {
    fn open(&self, document: &Oid, part: Part, purpose: Purpose) -> Result<Vec<u8>, String> {
        let opened =
            self.archive.app.open_content(&self.archive.caller, document, Some(part), purpose);
        let opened = opened.map_err(|error| match error {
            AppError::Denied(denial) => denial.code().to_owned(),
            other => other.to_string(),
        });
        let parts = opened?.parts;
        parts.into_iter().next().map(|(_, bytes)| bytes).ok_or_else(|| "no part".to_owned())
    }
}

impl Door for AppDoor {
    fn archive(&mut self, submission: &Submission) -> Answer {
        let metadata = String::from_utf8_lossy(&submission.metadata);
        if self.fails_at.as_ref().is_some_and(|what| metadata.contains(what)) {
            return Answer::Failed("500 internal".to_owned());
        }
        let caller = &self.archive.caller;
        let answered = self.archive.app.archive_document(caller, submission.clone());
        if let Some((left, stop)) = &mut self.ends {
            if *left == 0 {
                stop.store(true, Ordering::Relaxed);
                return Answer::NoAnswer("the line is cut".to_owned());
            }
            *left -= 1;
        }
        match answered {
            Ok(archived) => Answer::Archived(receipts::write(&archived.receipt)),
            Err(AppError::DuplicateWithOtherBytes { differs, .. }) => {
                Answer::Otherwise(differs.into_iter().map(str::to_owned).collect())
            }
            Err(AppError::Refused(faults)) => Answer::Refused(faults.iter().map(told).collect()),
            Err(AppError::Denied(denial)) => Answer::Refused(vec![Told {
                code: denial.code().to_owned(),
                element: String::new(),
                rule: String::new(),
                value: None,
                args: BTreeMap::new(),
            }]),
            Err(error) => Answer::NoAnswer(error.to_string()),
        }
    }

    fn receipt(&mut self, document: &Oid) -> Result<String, String> {
        let purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));
        let proof = self.archive.app.prove_document(&self.archive.caller, document, purpose);
        proof.map(|proof| receipts::write(&proof.receipt)).map_err(|error| error.to_string())
    }

    fn read(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, NotRead> {
        let purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));
        self.open(document, part, purpose).map_err(NotRead::Refused)
    }

    fn read_whole(&mut self, document: &Oid) -> Result<Whole, NotRead> {
        match &mut self.reads {
            Reads::All | Reads::Fails(0) => {}
            Reads::AskedAgain(asked) => {
                *asked += 1;
                match *asked % 3 {
                    1 => return Err(NotRead::Later(Duration::from_millis(1))),
                    2 if asked.is_multiple_of(16) => {
                        return Err(NotRead::NoAnswer("the line is cut".to_owned()));
                    }
                    _ => {}
                }
            }
            Reads::Few(0) => return Err(NotRead::Shut("the certificate expired".to_owned())),
            Reads::Few(left) => *left -= 1,
            Reads::Busy => return Err(NotRead::Later(Duration::from_mins(5))),
            Reads::Fails(left) => {
                *left -= 1;
                return Err(NotRead::Broken("500 internal".to_owned()));
            }
        }
        let purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));
        let opened = self.archive.app.open_whole(&self.archive.caller, document, purpose);
        let whole = |opened: OpenedWhole| Whole {
            metadata: opened.metadata.into_bytes(),
            parts: opened.parts,
        };
        opened.map(whole).map_err(|error| NotRead::Refused(error.to_string()))
    }

    fn read_without_reason(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, String> {
        self.open(document, part, Purpose::READ)
    }

    fn active_relationships(
        &mut self,
        controller: &Oid,
        client: &PersonalIdentityCode,
    ) -> Result<Vec<Oid>, NotRead> {
        if let Reads::Few(left) = &mut self.reads {
            *left = left.checked_sub(1).ok_or_else(|| NotRead::Shut("expired".to_owned()))?;
        }
        let Archive { app, caller } = &self.archive;
        let refused = |error: AppError| NotRead::Refused(error.to_string());
        let purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));
        let query = DocumentQuery {
            client: Some(ClientIdentifier::Code(*client)),
            controller: Some(controller.clone()),
            group: Some(DocumentGroup::Relationship),
            ..DocumentQuery::default()
        };
        let found = app.find_documents(caller, &query).map_err(refused)?;
        assert!(found.next.is_none(), "no client has so many");
        let mut named = BTreeSet::new();
        for hit in found.hits {
            let metadata: serde_json::Value = serde_json::from_str(&hit.metadata).unwrap();
            named.insert(Oid::parse(metadata["relationship_id"].as_str().unwrap()).unwrap());
        }
        let mut active = Vec::new();
        for one in named {
            let told = app.show_relationship(caller, &one, purpose).map_err(refused)?;
            if !told.old && told.last_day.is_none_or(|last| last >= told.today) {
                active.push(one);
            }
        }
        Ok(active)
    }

    fn checkpoint(&mut self) -> Result<String, String> {
        self.archive.app.export_checkpoint(None).map_err(|error| error.to_string())
    }

    fn invalidate(&mut self, document: &Oid, why: &str) -> Result<Invalidated, NotRead> {
        let request =
            InvalidationRequest { reason: "99".to_owned(), explanation: Some(why.to_owned()) };
        if let Some((left, stop)) = &mut self.ends {
            *left = left.saturating_sub(1);
            stop.store(*left == 0, Ordering::Relaxed);
        }
        let Archive { app, caller } = &self.archive;
        match app.invalidate_document(caller, document, &request) {
            Ok(()) | Err(AppError::AlreadyInvalidated(_)) => {}
            Err(AppError::NotFound) => return Ok(Invalidated::Unknown),
            Err(error) => return Err(NotRead::Refused(format!("{error:?}"))),
        }
        let look = Reason::Look(LookReason::Supervision);
        let versions = app.list_versions(caller, document, Purpose::READ_INVALIDATED.because(look));
        Ok(match versions {
            Ok(told) if told.versions.iter().any(|one| one.state == VersionState::InForce) => {
                Invalidated::LaterStays
            }
            Ok(_) => Invalidated::Done,
            Err(_) => Invalidated::NotTold,
        })
    }
}

fn told(fault: &Fault) -> Told {
    Told {
        code: fault.code().to_owned(),
        element: fault.element.clone(),
        rule: fault.rule.to_string(),
        value: fault.value.clone(),
        args: fault.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

/// A door behind which nobody answers: whoever knocks is stopped.
pub(crate) fn silent_door(stop: &Arc<AtomicBool>) -> Box<dyn Door> {
    Box::new(SilentDoor(Arc::clone(stop)))
}

struct SilentDoor(Arc<AtomicBool>);

impl Door for SilentDoor {
    fn archive(&mut self, _: &Submission) -> Answer {
        self.0.store(true, Ordering::Relaxed);
        Answer::NoAnswer("the line is cut".to_owned())
    }

    fn receipt(&mut self, _: &Oid) -> Result<String, String> {
        Err("the line is cut".to_owned())
    }

    fn read(&mut self, _: &Oid, _: Part) -> Result<Vec<u8>, NotRead> {
        Err(NotRead::NoAnswer("the line is cut".to_owned()))
    }

    fn read_whole(&mut self, _: &Oid) -> Result<Whole, NotRead> {
        Err(NotRead::NoAnswer("the line is cut".to_owned()))
    }

    fn read_without_reason(&mut self, _: &Oid, _: Part) -> Result<Vec<u8>, String> {
        Err("the line is cut".to_owned())
    }

    fn active_relationships(
        &mut self,
        _: &Oid,
        _: &PersonalIdentityCode,
    ) -> Result<Vec<Oid>, NotRead> {
        Err(NotRead::NoAnswer("the line is cut".to_owned()))
    }

    fn checkpoint(&mut self) -> Result<String, String> {
        Err("the line is cut".to_owned())
    }

    fn invalidate(&mut self, _: &Oid, _: &str) -> Result<Invalidated, NotRead> {
        Err(NotRead::NoAnswer("the line is cut".to_owned()))
    }
}

/// Nothing is signed where signatures are not asked for.
pub(crate) struct Unsigned;

impl Signer for Unsigned {
    fn sign(&self, _: &Submission) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}
