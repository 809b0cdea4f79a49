//! Keeping what a package tells beside its documents as the archive that it is from had it: holds, requests for corrections, what
//! clients told and chose, joined identifiers. Lines tell of each here too, with the moment and the person that the line there
//! tells; each says which line that was.

use std::collections::HashSet;
use std::sync::Arc;

use varanto_domain::access::log::KeptLine;
use varanto_domain::archive::corrections::{CorrectionRequest, Ended, Ending};
use varanto_domain::archive::destruction::{Hold, HoldReason};
use varanto_domain::identities::{IdentityAct, IdentityJoin, IdentityReason};
use varanto_domain::ids::{
    ClientIdentifier, ClientKey, Oid, PersonalIdentityCode, TemporaryIdentifier, VersionKey,
};
use varanto_domain::relationship::{ProducerChoice, ProducerOffer, parted};
use varanto_domain::statements::{Statement, StatementKind, Voice};
use varanto_domain::time::FinnishDay;
use varanto_formats::register_package::{
    CHOICES, CORRECTIONS, ChoiceFile, CorrectionFile, GONE, GoneFile, HOLDS, HoldFile, IDENTITIES,
    IdentityFile, STATEMENTS, StatementFile, ToldFile, is_of_lines, read_lines,
};
use varanto_store::{StoreError, Words, WriteTx};

use super::TransferError;
use crate::{App, AppError};

/// How many are kept in one turn.
const MOST_AT_ONCE: usize = 200;

/// What stands beside documents, on its way into the archive.
pub(super) struct Restating<'a> {
    app: &'a App,
    into: Into,
    /// The words of lines that are here already.
    done: HashSet<String>,
    /// How many are in, and how many cannot be: what they are about is in no document of the package.
    pub(super) kept: u64,
    pub(super) left: u64,
}

/// Where it goes.
#[derive(Clone)]
struct Into {
    controller: Oid,
    taken: i64,
}

/// One thing that lines tell of.
#[derive(Clone)]
enum One {
    Hold(HoldFile),
    Correction(CorrectionFile),
    Statement(StatementFile),
    Choice(ChoiceFile),
    Identity(IdentityFile),
}

impl One {
    fn told(&self) -> &[ToldFile] {
        match self {
            Self::Hold(file) => &file.told,
            Self::Correction(file) => &file.told,
            Self::Statement(file) => &file.told,
            Self::Choice(file) => &file.told,
            Self::Identity(file) => &file.told,
        }
    }

    /// What a file of a package tells, if it is one of those.
    fn of_file(name: &str, data: &[u8]) -> Option<Vec<Self>> {
        fn all<T: serde::de::DeserializeOwned>(data: &[u8], one: fn(T) -> One) -> Option<Vec<One>> {
            Some(read_lines::<T>(data)?.into_iter().map(one).collect())
        }
        match name {
            _ if is_of_lines(name, HOLDS) => all(data, Self::Hold),
            _ if is_of_lines(name, CORRECTIONS) => all(data, Self::Correction),
            _ if is_of_lines(name, STATEMENTS) => all(data, Self::Statement),
            _ if is_of_lines(name, CHOICES) => all(data, Self::Choice),
            _ if is_of_lines(name, IDENTITIES) => all(data, Self::Identity),
            _ => None,
        }
    }
}

impl<'a> Restating<'a> {
    pub(super) fn begin(app: &'a App, controller: &Oid, taken: i64) -> Result<Self, AppError> {
        let done = app.store.read::<_, AppError>(|tx| Ok(tx.restated(taken)?))?;
        let into = Into { controller: controller.clone(), taken };
        Ok(Self { app, into, done: done.into_iter().collect(), kept: 0, left: 0 })
    }

    /// Keeps what a file tells, if it is one of those that do.
    pub(super) fn file(&mut self, name: &str, data: &[u8]) -> Result<(), TransferError> {
        if is_of_lines(name, GONE) {
            return self.gone(data);
        }
        let Some(all) = One::of_file(name, data) else { return Ok(()) };
        let new = |one: &One| {
            let first = one.told().first();
            first.is_none_or(|line| !self.done.contains(&self.into.word(line.line)))
        };
        let before = all.len() as u64;
        let all: Vec<One> = all.into_iter().filter(new).collect();
        self.kept += before - all.len() as u64;
        for some in all.chunks(MOST_AT_ONCE) {
            let (into, some) = (self.into.clone(), Arc::new(some.to_vec()));
            let of = some.len() as u64;
            let done = self.app.store.write::<_, AppError>(move |tx| {
                let mut kept = 0;
                for one in some.iter() {
                    kept += u64::from(into.keep(tx, one)?.is_some());
                }
                Ok(kept)
            })?;
            self.kept += done.value;
            self.left += of - done.value;
        }
        Ok(())
    }

    /// Keeps that documents are gone: nothing else takes their identifiers.
    fn gone(&self, data: &[u8]) -> Result<(), TransferError> {
        let gone = read_lines::<GoneFile>(data).unwrap_or_default();
        let documents: Vec<Oid> =
            gone.iter().filter_map(|one| Oid::parse(&one.document_id).ok()).collect();
        let into = self.into.clone();
        self.app.store.write::<_, AppError>(move |tx| {
            for document in &documents {
                tx.keep_taken_gone(into.taken, document, &into.controller)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl Into {
    /// The word by which a line says which line of the other archive it was.
    fn word(&self, line: i64) -> String {
        format!("taken-in={}:{line}", self.taken)
    }

    /// A line as it is here.
    fn line(
        &self,
        told: &ToldFile,
        about: (Option<ClientKey>, Option<VersionKey>),
        detail: &str,
    ) -> Result<KeptLine, StoreError> {
        let damaged = || StoreError::Damaged(format!("log line {} of the package", told.line));
        let line = told.read().ok_or_else(damaged)?;
        let detail = format!("{detail} {}", self.word(told.line));
        Ok(KeptLine { client: about.0, version: about.1, detail, ..line })
    }

    /// Keeps one with its lines; `None`: what it is about is not here.
    fn keep(&self, tx: &mut WriteTx<'_>, one: &One) -> Result<Option<()>, StoreError> {
        match one {
            One::Hold(file) => self.hold(tx, file),
            One::Correction(file) => self.correction(tx, file),
            One::Statement(file) => self.statement(tx, file),
            One::Choice(file) => self.choice(tx, file),
            One::Identity(file) => self.identity(tx, file),
        }
    }

    fn hold(&self, tx: &mut WriteTx<'_>, file: &HoldFile) -> Result<Option<()>, StoreError> {
        let (Some(told), Ok(set)) = (file.told.first(), Oid::parse(&file.set_id)) else {
            return Ok(None);
        };
        let Some((row, reason)) = tx.find_version(&set)?.zip(HoldReason::of_code(&file.reason))
        else {
            return Ok(None);
        };
        let (key, said) = (tx.next_key(), file.explanation.as_deref());
        let mut hold = Hold {
            key,
            controller: self.controller.clone(),
            client: row.client,
            set: row.set,
            reason,
            explained: match said {
                Some(said) => tx.digest_of_explanation(row.client, key, said)?,
                None => String::new(),
            },
            placed: 0,
            lifted: None,
        };
        let about = (Some(row.client), Some(row.version));
        hold.placed = tx.restate(&self.line(told, about, &hold.detail())?)?.number;
        tx.insert_hold(&hold, said)?;
        Ok(Some(()))
    }

    fn correction(
        &self,
        tx: &mut WriteTx<'_>,
        file: &CorrectionFile,
    ) -> Result<Option<()>, StoreError> {
        let document = Oid::parse(&file.document_id).ok();
        let (Some(told), Some(document), Some(wanted)) =
            (file.told.first(), document, file.wanted.as_deref())
        else {
            return Ok(None);
        };
        let Some(row) = tx.find_version(&document)? else { return Ok(None) };
        let (key, words) = (tx.next_key(), told.read());
        let unit = words.as_ref().and_then(|line| Oid::parse(line.word("unit")?).ok());
        let mut request = CorrectionRequest {
            key,
            controller: self.controller.clone(),
            unit,
            client: row.client,
            set: row.set,
            version: row.version,
            wanted: tx.digest_of_words(row.client, key, Words::Wanted, wanted)?,
            asked: 0,
            ended: None,
        };
        let about = (Some(row.client), Some(row.version));
        request.asked = tx.restate(&self.line(told, about, &request.detail())?)?.number;
        tx.insert_correction(&request, wanted)?;
        let Some((told, ending)) = file.told.get(1).zip(file.ending.as_deref()) else {
            return Ok(Some(()));
        };
        let by = match file.corrected_by.as_deref().and_then(|by| Oid::parse(by).ok()) {
            Some(by) => tx.find_version(&by)?.map(|by| by.version),
            None => None,
        };
        let damaged = || StoreError::Damaged(format!("log line {} of the package", told.line));
        let how = Ending::of_code(ending, by).ok_or_else(damaged)?;
        let answer = file.answered.as_deref();
        let answered = match answer {
            Some(answer) => tx.digest_of_words(row.client, key, Words::Answered, answer)?,
            None => String::new(),
        };
        let detail = request.detail_of_end(how, &answered);
        let line = tx.restate(&self.line(told, about, &detail)?)?.number;
        tx.end_correction(&request, &Ended { how, answered, line }, answer)?;
        Ok(Some(()))
    }

    fn statement(
        &self,
        tx: &mut WriteTx<'_>,
        file: &StatementFile,
    ) -> Result<Option<()>, StoreError> {
        let code = file.identity_code.as_deref();
        let code = code.and_then(|code| PersonalIdentityCode::parse(code).ok());
        let kind = StatementKind::of_code(&file.kind);
        let (Some(told), Some(code), Some(kind)) = (file.told.first(), code, kind) else {
            return Ok(None);
        };
        let forgotten = file.told.get(1);
        if file.said.is_none() && forgotten.is_none() {
            return Ok(None);
        }
        let voice = match file.speaker.as_deref().map(str::parse) {
            None => Voice::Client,
            Some(Ok(number)) => Voice::Guardian(ClientKey(number)),
            Some(Err(_)) => return Ok(None),
        };
        let identifier = ClientIdentifier::Code(code);
        let client = match tx.find_client(&identifier)? {
            Some(client) => client,
            None => tx.insert_client(&identifier)?,
        };
        if tx.is_erased(client)? {
            return Ok(None);
        }
        let key = tx.next_key();
        // What was taken out is not in the package: its digest here is of nothing.
        let text = file.said.as_ref().map_or_else(String::new, ToString::to_string);
        let mut statement = Statement {
            key,
            client,
            kind,
            voice,
            number: file.number,
            controller: self.controller.clone(),
            said: tx.digest_of_said(client, key, &text)?,
            line: 0,
            forgotten: None,
        };
        let about = (Some(client), None);
        statement.line = tx.restate(&self.line(told, about, &statement.detail())?)?.number;
        tx.insert_statement(&statement, &text)?;
        if let Some(told) = forgotten {
            let line = self.line(told, about, &statement.detail_of_end())?;
            let number = tx.restate(&line)?.number;
            tx.forget_statement(&statement, number)?;
        }
        Ok(Some(()))
    }

    fn choice(&self, tx: &mut WriteTx<'_>, file: &ChoiceFile) -> Result<Option<()>, StoreError> {
        let relationship = Oid::parse(&file.relationship_id).ok();
        let (Some(told), Some(relationship)) = (file.told.first(), relationship) else {
            return Ok(None);
        };
        let Some(found) = tx.find_relationship(&relationship)? else { return Ok(None) };
        let words = told.read();
        let serving = words.as_ref().and_then(|line| line.word("serving"));
        let units = file.units.iter().map(|unit| Oid::parse(unit).ok()).collect::<Option<_>>();
        let Some(units) = units else { return Ok(None) };
        let mut choice = ProducerChoice {
            key: tx.next_key(),
            controller: self.controller.clone(),
            client: found.known.client,
            relationship,
            offer: ProducerOffer {
                service_task: file.service_task.clone(),
                service: file.service.clone(),
                units,
            },
            serving: serving.and_then(parted),
            offered: 0,
            chosen: None,
            ended: None,
        };
        let about = (Some(choice.client), None);
        choice.offered = tx.restate(&self.line(told, about, &choice.detail())?)?.number;
        tx.insert_choice(&choice)?;
        for told in &file.told[1..] {
            let act = told.read().and_then(|line| line.word("act").map(str::to_owned));
            let chosen = file.chosen.as_deref().and_then(|unit| Oid::parse(unit).ok());
            match (act.as_deref(), chosen) {
                (Some("pick"), Some(unit)) => {
                    let detail = choice.detail_of_pick(Some(&unit));
                    let line = tx.restate(&self.line(told, about, &detail)?)?.number;
                    tx.pick_producer(&choice, Some((&unit, line)))?;
                }
                (Some("end"), _) => {
                    let detail = choice.detail_of_end();
                    let line = tx.restate(&self.line(told, about, &detail)?)?.number;
                    tx.end_choice(&choice, line)?;
                }
                _ => {}
            }
        }
        let rights: Vec<_> = tx.list_rights(found.key)?.into_iter().map(|row| row.right).collect();
        tx.mark_decided_choices(found.key, found.known.client, &rights)?;
        Ok(Some(()))
    }

    /// Of one that was parted again it is not told whose code it was: it stays in the package.
    fn identity(
        &self,
        tx: &mut WriteTx<'_>,
        file: &IdentityFile,
    ) -> Result<Option<()>, StoreError> {
        let code = file.identity_code.as_deref();
        let code = code.and_then(|code| PersonalIdentityCode::parse(code).ok());
        let root = Oid::parse(&file.root).ok();
        let temporary = root.and_then(|root| TemporaryIdentifier::new(&root, &file.extension).ok());
        let reason = IdentityReason::of_code(&file.because);
        let (Some(told), Some(code), Some(temporary), Some(reason)) =
            (file.told.first(), code, temporary, reason)
        else {
            return Ok(None);
        };
        let Some(temporary) = tx.find_client(&ClientIdentifier::Temporary(temporary))? else {
            return Ok(None);
        };
        let identifier = ClientIdentifier::Code(code);
        let person = match tx.find_client(&identifier)? {
            Some(person) => person,
            None => tx.insert_client(&identifier)?,
        };
        // Another register that was taken in may have told it before.
        if let Some(join) = tx.find_identity_join(temporary)? {
            return Ok((join.person == person).then_some(()));
        }
        let act = IdentityAct::Join;
        let about = self.line(told, (Some(person), None), &act.detail(reason, temporary))?;
        let line = tx.restate(&about)?.number;
        let beside = self.line(told, (Some(temporary), None), &act.detail_beside(reason))?;
        tx.restate(&beside)?;
        let (joined_at, parted) = (about.at, None);
        tx.insert_identity_join(&IdentityJoin { line, temporary, person, joined_at, parted })?;
        Ok(Some(()))
    }
}

impl App {
    /// Plans what producers' units are told of rights that are about to end: of what was told in the archive that the register is
    /// from nothing comes along.
    ///
    /// Source: RUR-5.
    pub(super) fn plan_endings(&self, controller: &Oid) -> Result<(), AppError> {
        use varanto_domain::relationship::Road;
        let now = self.clock.now();
        for road in Road::ALL {
            let mut above = i64::MIN;
            loop {
                let of = controller.clone();
                let keys = self.store.read::<_, AppError>(|tx| {
                    Ok(tx.list_on_road(&of, road, FinnishDay::of(now), (above, MOST_AT_ONCE))?)
                })?;
                let Some(last) = keys.last() else { break };
                above = *last;
                self.store.write::<_, AppError>(move |tx| {
                    for key in &keys {
                        crate::relationship::notices::plan_endings(tx, *key, now)?;
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }
}
