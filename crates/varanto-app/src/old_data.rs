//! Old client data that are not archived yet: who may look at a delivery's rows and complete them, and the line of each
//! look. The rows themselves are the workbench's; it gives them out against the permit alone. Source: OLD-7, LOG-1.

use std::fmt::Write;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Basis, Caller, OldDataPermit};
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_store::{StoreError, WriteTx};

use crate::{App, AppError};

/// What is done with the rows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldDataAct {
    /// The batch's progress and the causes of its faults are looked at, or a list of rows.
    List,
    /// A row is looked at, or its file.
    Look,
    /// A row is completed, or decided of; or all rows of one cause are.
    Answer,
    /// What others answered is checked.
    Check,
    /// What was answered is taken back.
    TakeBack,
}

impl OldDataAct {
    /// Its word in the line.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Look => "look",
            Self::Answer => "answer",
            Self::Check => "check",
            Self::TakeBack => "take-back",
        }
    }
}

/// A row that is looked at or acted on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldDataRow {
    /// Where it stands in the index.
    pub place: u64,
    /// Whose it is, as the source says and as those who completed it.
    pub clients: Vec<PersonalIdentityCode>,
    /// What its document will be called in the archive: the line is found by it when the batch is long gone.
    pub document: Option<Oid>,
    /// The SHA-256 of the file that is looked at, in hexadecimal digits: a file of the delivery may be any row's.
    pub file: Option<String>,
}

/// A look at old data, or an act on them.
#[derive(Debug, Clone)]
pub struct OldDataLook {
    /// What is done.
    pub act: OldDataAct,
    /// The name of the batch's folder.
    pub batch: String,
    /// The controllers that the batch's rows name.
    pub controllers: Vec<Oid>,
    /// The rows, where it is not of the whole batch: a line is written of each, and of each client that it may be of.
    pub rows: Vec<OldDataRow>,
    /// What is answered of many rows together: words without client data.
    pub together: Option<String>,
}

impl App {
    /// Decides of each batch, by the controllers that its rows name, whether it is shown in the list of batches; one line
    /// tells of the list.
    ///
    /// # Errors
    /// [`AppError::Denied`] for who keeps no archive, logged.
    ///
    /// Source: OLD-7, LOG-1.
    pub fn may_list_old_data(
        &self,
        caller: &Caller,
        batches: &[Vec<Oid>],
    ) -> Result<Vec<Option<OldDataPermit>>, AppError> {
        let all = OldDataLook {
            act: OldDataAct::List,
            batch: "-".to_owned(),
            controllers: caller.registers.clone(),
            rows: Vec::new(),
            together: None,
        };
        let _ = self.may_complete_old_data(caller, &all)?;
        let permit =
            |controllers: &Vec<Oid>| access::may_complete_old_data(caller, controllers).ok();
        Ok(batches.iter().map(permit).collect())
    }

    /// Decides whether old data that are not archived yet may be looked at or completed, and writes the line before
    /// anything is shown or done.
    ///
    /// # Errors
    /// [`AppError::Denied`], logged.
    ///
    /// Source: OLD-7, LOG-1.
    pub fn may_complete_old_data(
        &self,
        caller: &Caller,
        look: &OldDataLook,
    ) -> Result<OldDataPermit, AppError> {
        let decided = access::may_complete_old_data(caller, &look.controllers);
        let outcome = match &decided {
            Ok(_) => Outcome::Permitted(Basis::Archivist),
            Err(denial) => Outcome::Denied(*denial),
        };
        let (at, actor) = (self.clock.now(), Actor::of(caller));
        let lines = lines_of(look, decided.is_ok());
        self.store.write::<_, StoreError>(move |tx: &mut WriteTx<'_>| {
            for (detail, codes) in &lines {
                let mut clients = Vec::new();
                for code in codes {
                    clients.extend(tx.find_client(&ClientIdentifier::Code(*code))?);
                }
                let known = if clients.is_empty() { vec![None] } else { one_of_each(clients) };
                for client in known {
                    tx.log(&LogLine {
                        at,
                        event: Event::OldData,
                        outcome: outcome.clone(),
                        actor: actor.clone(),
                        client,
                        version: None,
                        detail: detail.clone(),
                    })?;
                }
            }
            Ok(())
        })?;
        decided.map_err(AppError::Denied)
    }
}

impl App {
    /// The other logins of whoever calls, as far as the register of users knows them: one person does not check what that
    /// person completed under another.
    ///
    /// # Errors
    /// What the store says.
    ///
    /// Source: OLD-7.
    pub fn other_logins(&self, caller: &Caller) -> Result<Vec<String>, AppError> {
        let name = Actor::of(caller).name;
        Ok(self.store.read::<_, StoreError>(|tx| crate::users::other_logins(tx, &name))?)
    }
}

/// What is told of a look: one text, or one for each row, with those whose it may be; of a denied look nobody is named.
fn lines_of(look: &OldDataLook, permitted: bool) -> Vec<(String, Vec<PersonalIdentityCode>)> {
    let act = format!("act={} batch={}", look.act.code(), look.batch);
    let together = look.together.iter().map(|what| (format!("{act} {what}"), Vec::new()));
    let of_row = |row: &OldDataRow| {
        let mut detail = format!("{act} row={}", row.place);
        if let Some(document) = row.document.as_ref().filter(|_| permitted) {
            let _ = write!(detail, " document={document}");
        }
        if let Some(file) = row.file.as_ref().filter(|_| permitted) {
            let _ = write!(detail, " file={file}");
        }
        (detail, if permitted { row.clients.clone() } else { Vec::new() })
    };
    let lines: Vec<_> = together.chain(look.rows.iter().map(of_row)).collect();
    if lines.is_empty() { vec![(act, Vec::new())] } else { lines }
}

/// Each client once.
fn one_of_each<T: PartialEq>(clients: Vec<T>) -> Vec<Option<T>> {
    let mut each: Vec<Option<T>> = Vec::new();
    for client in clients.into_iter().map(Some) {
        if !each.contains(&client) {
            each.push(client);
        }
    }
    each
}
