//! What a register holds beside its documents, as a package tells it: one list of each kind, oldest first.

use varanto_domain::access::TransferPermit;
use varanto_domain::archive::elements::Element;
use varanto_domain::ids::Oid;
use varanto_domain::statements::Voice;
use varanto_formats::metadata;
use varanto_formats::register_package::{
    ChoiceFile, CorrectionFile, HoldFile, IdentityFile, StatementFile, ToldFile,
};
use varanto_store::{ReadTx, StoreError, Words};

use crate::derived;

/// What lines tell, in their order.
fn told<const N: usize>(
    tx: &ReadTx<'_>,
    lines: [Option<i64>; N],
) -> Result<Vec<ToldFile>, StoreError> {
    let mut lines: Vec<i64> = lines.into_iter().flatten().collect();
    lines.sort_unstable();
    lines.into_iter().map(|line| Ok(ToldFile::of(&tx.log_line(line)?))).collect()
}

pub(super) fn holds(tx: &ReadTx<'_>, permit: &TransferPermit) -> Result<Vec<HoldFile>, StoreError> {
    let holds = tx.holds_of_register(permit)?.into_iter();
    let file = holds.map(|(hold, explanation)| {
        Ok(HoldFile {
            set_id: tx.identifier_of(hold.set)?.to_string(),
            reason: hold.reason.code().to_owned(),
            explanation,
            line: hold.placed,
            told: told(tx, [Some(hold.placed)])?,
        })
    });
    file.collect()
}

pub(super) fn corrections(
    tx: &ReadTx<'_>,
    permit: &TransferPermit,
) -> Result<Vec<CorrectionFile>, StoreError> {
    let requests = tx.corrections_of_register(permit)?.into_iter();
    let file = requests.map(|request| {
        let by = request.ended.as_ref().and_then(|ended| ended.how.by());
        Ok(CorrectionFile {
            corrected_by: by.map(|by| tx.identifier_of(by)).transpose()?.map(|by| by.to_string()),
            document_id: tx.identifier_of(request.version)?.to_string(),
            wanted: tx.words_of_correction(&request, Words::Wanted)?,
            line: request.asked,
            ending: request.ended.as_ref().map(|ended| ended.how.code().to_owned()),
            answered: tx.words_of_correction(&request, Words::Answered)?,
            told: told(tx, [Some(request.asked), request.ended.as_ref().map(|ended| ended.line)])?,
        })
    });
    file.collect()
}

pub(super) fn statements(
    tx: &ReadTx<'_>,
    permit: &TransferPermit,
) -> Result<Vec<StatementFile>, StoreError> {
    let statements = tx.statements_of_register(permit)?.into_iter();
    let file = statements.map(|(statement, said)| {
        let line = tx.log_line(statement.line)?;
        let person = tx.find_person(statement.client)?;
        let code = person.map(|person| person.code.reveal().to_owned());
        let damaged = |_| StoreError::Damaged(format!("client statement {}", statement.key));
        Ok(StatementFile {
            identity_code: code,
            kind: statement.kind.code().to_owned(),
            speaker: match statement.voice {
                Voice::Client => None,
                Voice::Guardian(number) => Some(number.0.to_string()),
            },
            told_as: line.reason.to_string(),
            number: statement.number,
            told_at: line.at.to_string(),
            said: said.map(|text| serde_json::from_str(&text)).transpose().map_err(damaged)?,
            line: statement.line,
            told: told(tx, [Some(statement.line), statement.forgotten])?,
        })
    });
    file.collect()
}

pub(super) fn choices(
    tx: &ReadTx<'_>,
    permit: &TransferPermit,
) -> Result<Vec<ChoiceFile>, StoreError> {
    let mut files = Vec::new();
    for choice in tx.choices_of_register(permit)? {
        // What a client chose goes with the client's key.
        if tx.client_data_key(choice.client)?.is_none() {
            continue;
        }
        let offer = choice.offer;
        let (chosen, chosen_line) = choice.chosen.unzip();
        files.push(ChoiceFile {
            relationship_id: choice.relationship.to_string(),
            service_task: offer.service_task,
            service: offer.service,
            units: offer.units.iter().map(Oid::to_string).collect(),
            line: choice.offered,
            chosen: chosen.map(|unit| unit.to_string()),
            chosen_line,
            ended_line: choice.ended,
            told: told(tx, [Some(choice.offered), chosen_line, choice.ended])?,
        });
    }
    Ok(files)
}

pub(super) fn identities(
    tx: &ReadTx<'_>,
    permit: &TransferPermit,
) -> Result<Vec<IdentityFile>, StoreError> {
    let mut files = Vec::new();
    for (join, version) in tx.joins_of_register(permit)? {
        // Of a client whose key was destroyed nothing reads any more.
        let Some(record) = tx.record_of_register(permit, version)? else { continue };
        let damaged = |_| StoreError::Damaged(format!("the metadata of version {}", version.0));
        let (raw, _) = metadata::read(&record).map_err(damaged)?;
        let named = [Element::ClientTemporaryRoot, Element::ClientTemporaryId];
        let [root, extension] = named.map(|element| derived::text(&raw, element));
        let line = tx.log_line(join.line)?;
        let person = tx.find_person(join.person)?;
        let Some(((root, extension), person)) = root.zip(extension).zip(person) else { continue };
        // They were parted because it was not that person's.
        let joined = join.parted.is_none();
        files.push(IdentityFile {
            root: root.to_owned(),
            extension: extension.to_owned(),
            identity_code: joined.then(|| person.code.reveal().to_owned()),
            because: line.word("because").unwrap_or_default().to_owned(),
            joined_at: join.joined_at.to_string(),
            parted_at: join.parted.map(|(_, at)| at.to_string()),
            line: join.line,
            told: told(tx, [Some(join.line), join.parted.map(|(line, _)| line)])?,
        });
    }
    Ok(files)
}
