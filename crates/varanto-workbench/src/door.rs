//! The archive's door, as the workbench sees it: documents are handed in one by one, like any system's.

use std::collections::BTreeMap;
use std::time::Duration;

use varanto_app::archive::Submission;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::{Oid, PersonalIdentityCode};

/// What the archive answers to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is archived, now or before; the receipt, JSON.
    Archived(String),
    /// The archive has the document with other bytes; which parts differ.
    Otherwise(Vec<String>),
    /// It was not taken; why.
    Refused(Vec<Told>),
    /// Nobody comes in like this: the certificate or the right to come is not good. Every document would be told the
    /// same.
    Shut(String),
    /// Not now: the archive asks to come again after a while.
    Later(Duration),
    /// There is no answer; why. Whether it was archived is not known, and is known when it is sent again.
    NoAnswer(String),
    /// The archive fails at it: of this document, or at this moment.
    Failed(String),
}

/// A fault as the archive told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its code.
    pub code: String,
    /// Where.
    pub element: String,
    /// The rule.
    pub rule: String,
    /// The value found, where it was told.
    pub value: Option<String>,
    /// What else its words speak of, by name.
    pub args: BTreeMap<String, String>,
}

/// An archived document, as it is read back whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its metadata, JSON.
    pub metadata: Vec<u8>,
    /// Its parts, byte for byte: its content, and its signature where it has one.
    pub parts: Vec<(Part, Vec<u8>)>,
}

/// Why something was not read, or not invalidated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead {
    /// The archive does not give or do it; what it answered.
    Refused(String),
    /// Nobody comes in like this: of every document the same would be told.
    Shut(String),
    /// Not now: the archive asks to come again after a while.
    Later(Duration),
    /// There is no answer; why.
    NoAnswer(String),
    /// The archive fails at it: of this document, or at this moment.
    Broken(String),
}

impl NotRead {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Refused(why) | Self::Shut(why) | Self::NoAnswer(why) | Self::Broken(why) => why,
            Self::Later(_) => "the archive is busy".to_owned(),
        }
    }
}

/// What became of a version that was to be invalidated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalidated {
    /// The archive does not have it.
    Unknown,
    /// It is invalidated, now or before.
    Done,
    /// It is invalidated, and a later version that somebody made stays in force.
    LaterStays,
    /// It is invalidated, and whether a later version stays in force the archive does not tell.
    NotTold,
}

/// A way to the archive. Each worker has one of its own.
pub trait Door: Send {
    /// Hands in a document.
    fn archive(&mut self, submission: &Submission) -> Answer;

    /// The receipt of a document that was archived before.
    ///
    /// # Errors
    /// Why there is none.
    fn receipt(&mut self, document: &Oid) -> Result<String, String>;

    /// A part of an archived document, byte for byte.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, NotRead>;

    /// An archived document in one look.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read_whole(&mut self, document: &Oid) -> Result<Whole, NotRead>;

    /// A part without the reason that a look at an old document wants.
    ///
    /// # Errors
    /// Why it is not shown: that a reason is wanted.
    fn read_without_reason(&mut self, document: &Oid, part: Part) -> Result<Vec<u8>, String>;

    /// The active relationships of a client with a controller: mostly there is one.
    ///
    /// # Errors
    /// Why it is not told.
    fn active_relationships(
        &mut self,
        controller: &Oid,
        client: &PersonalIdentityCode,
    ) -> Result<Vec<Oid>, NotRead>;

    /// The archive's signed state with its key, JSON.
    ///
    /// # Errors
    /// Why there is none.
    fn checkpoint(&mut self) -> Result<String, String>;

    /// Invalidates a version of a document, with the words of why.
    ///
    /// # Errors
    /// Why it was not.
    fn invalidate(&mut self, document: &Oid, why: &str) -> Result<Invalidated, NotRead>;
}

/// Signs what is handed in, as the system. Source: OLD-1.
pub trait Signer: Sync {
    /// The signature over a submission; `None` where nothing is signed.
    ///
    /// # Errors
    /// Why the key does not sign.
    fn sign(&self, submission: &Submission) -> Result<Option<Vec<u8>>, String>;
}
