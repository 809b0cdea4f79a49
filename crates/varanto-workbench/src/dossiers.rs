//! The cases and old relationships of a batch, composed of the documents that hang on them.
//!
//! Source: OLD-2, OLD-5; document 002.

use rusqlite::{Connection, params_from_iter};
use varanto_app::Registry;
use varanto_app::archive::Submission;
use varanto_domain::ids::Oid;
use varanto_domain::old_data::{CaseDays, CaseRows, HangsOn, case_of_rows};
use varanto_domain::time::FinnishDay;

use crate::documents::{Composer, OldCase, OldDocument, OldRelationship, read_document};
use crate::identifiers;
use crate::mapping::Mapping;
use crate::work::{WorkError, read_values};

/// What old documents hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DossierKind {
    /// An old relationship.
    Relationship,
    /// A closed case.
    Case,
}

impl DossierKind {
    /// Its word in the work file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relationship => "relationship",
            Self::Case => "case",
        }
    }
}

/// A case or old relationship to be made.
#[derive(Debug)]
pub struct Dossier {
    /// Its own identifier.
    pub kept: Oid,
    /// Which of the two it is.
    pub kind: DossierKind,
    /// Its client.
    pub client: String,
    /// The relationship that a case hangs on; `None` for a relationship itself.
    pub hangs_on: Option<Oid>,
    /// The document in which it is kept.
    pub submission: Submission,
}

/// A case with one of its documents, and its days.
struct Counted {
    one: OldDocument,
    /// The day of the last document.
    last: FinnishDay,
    whole: CaseDays,
    non_disclosure: bool,
}

const SELECT: &str = r#"SELECT relationship, client, min(number), min(day), max(day),
    min(said ->> '$.case_opened_on'), max(said ->> '$.case_closed_on'),
    max(said ->> '$."client.non_disclosure"' = 'true'), count(*), count(said ->> '$.case_closed_on'),
    count(DISTINCT said ->> '$."operating_unit.id"'), case_id
  -- What was undone, or left by an undo, was of its case as well.
  FROM item WHERE state IN ('sound', 'archived', 'refused', 'undone', 'read') AND case_id IS NOT NULL
    -- What hangs on a document of another batch is in that batch's case.
    AND (said ->> '$.main_document' IS NULL OR coalesce(said ->> '$.main_document_batch', ?1) = ?1)"#;
const LAST: &str = "SELECT number FROM item WHERE client = ? AND case_id = ?
  AND state IN ('sound', 'archived', 'refused', 'undone', 'read') ORDER BY day DESC, number DESC LIMIT 1";
const GROUPED: &str =
    "GROUP BY client, relationship, case_id ORDER BY client, relationship, min(number)";

/// Each old relationship, and after it each of its cases, of the documents that are to be archived: of one client, or
/// client by client. What is made of them is the same however far the batch is.
///
/// # Errors
/// What the work file says, and what is done with each.
pub fn each_dossier<E: From<WorkError> + From<rusqlite::Error>>(
    work: &Connection,
    mapping: &Mapping,
    registry: &Registry,
    client: Option<&str>,
    each: &mut dyn FnMut(Dossier) -> Result<(), E>,
) -> Result<(), E> {
    let composer = Composer { mapping, registry };
    let only = client.map_or("", |_| "AND client = ?2");
    let mut statement = work.prepare_cached(&format!("{SELECT} {only} {GROUPED}"))?;
    let given = [mapping.batch.as_str()].into_iter().chain(client);
    let mut rows = statement.query(params_from_iter(given))?;
    let mut cases: Vec<Counted> = Vec::new();
    let mut current: Option<(String, String)> = None;
    while let Some(row) = rows.next()? {
        let key: (String, String) = (row.get(1)?, row.get(0)?);
        if let Some(before) = current.replace(key.clone()).filter(|before| *before != key) {
            finish(&composer, before, &mut cases, each)?;
        }
        let first: i64 = row.get(2)?;
        let mut one = document(work, first)?;
        if row.get::<_, i64>(10)? > 1 {
            of_last_unit(work, &mut one, &row.get::<_, String>(11)?)?;
        }
        let day = |at: usize| -> Result<Option<FinnishDay>, E> {
            Ok(row.get::<_, Option<String>>(at)?.as_deref().and_then(FinnishDay::parse))
        };
        let (first, last) = (day(3)?.unwrap_or(one.day()), day(4)?.unwrap_or(one.day()));
        let (opened, said) = (day(5)?, day(6)?);
        let whole = case_of_rows(&CaseRows {
            first,
            last,
            opened,
            closed: said,
            rows: row.get::<_, i64>(8)?.unsigned_abs(),
            rows_with_closing: row.get::<_, i64>(9)?.unsigned_abs(),
            named: one.case.is_some(),
        });
        let non_disclosure = row.get::<_, Option<bool>>(7)? == Some(true);
        cases.push(Counted { one, last, whole, non_disclosure });
    }
    match current {
        Some(last) => finish(&composer, last, &mut cases, each),
        None => Ok(()),
    }
}

/// The unit of a case whose documents have several: that of the last document, which had it last.
fn of_last_unit(work: &Connection, one: &mut OldDocument, case: &str) -> Result<(), WorkError> {
    let last: i64 = work.prepare_cached(LAST)?.query_row([one.client(), case], |row| row.get(0))?;
    one.take_unit(&document(work, last)?);
    Ok(())
}

/// The relationship of some cases, where it is an old one, and the cases themselves.
fn finish<E: From<WorkError>>(
    composer: &Composer<'_>,
    (client, id): (String, String),
    cases: &mut Vec<Counted>,
    each: &mut dyn FnMut(Dossier) -> Result<(), E>,
) -> Result<(), E> {
    let id = Oid::parse(&id).map_err(|_| WorkError::Foreign("an identifier".to_owned()))?;
    let Some(Counted { one, .. }) = cases.first() else { return Ok(()) };
    let mut one = one.clone();
    if let Some(last) = cases.iter().max_by_key(|case| case.last) {
        one.take_unit(&last.one);
    }
    if one.state.hangs_on() == HangsOn::OldRelationship {
        let mut tasks: Vec<String> =
            cases.iter().map(|case| case.one.service_task.clone()).collect();
        tasks.sort();
        tasks.dedup();
        let relationship = OldRelationship {
            one: &one,
            id: id.clone(),
            first: cases.iter().map(|case| case.whole.opened).min().unwrap_or(one.day()),
            last: cases.iter().map(|case| case.whole.closed).max().unwrap_or(one.day()),
            tasks,
            non_disclosure: cases.iter().any(|case| case.non_disclosure),
        };
        each(Dossier {
            kept: id.clone(),
            kind: DossierKind::Relationship,
            client: client.clone(),
            hangs_on: None,
            submission: composer.relationship(&relationship),
        })?;
    }
    for Counted { one, whole, .. } in cases.drain(..) {
        let CaseDays { opened, closed, closing_is_known } = whole;
        let case =
            OldCase { one: &one, opened, closed, closing_is_known, relationship: id.clone() };
        each(Dossier {
            kept: identifiers::case(composer.mapping, &one),
            kind: DossierKind::Case,
            client: client.clone(),
            hangs_on: Some(id.clone()),
            submission: composer.case(&case),
        })?;
    }
    Ok(())
}

/// A document that was checked, as the mapping made it.
pub(crate) fn document(work: &Connection, number: i64) -> Result<OldDocument, WorkError> {
    let said: String = work
        .prepare_cached("SELECT said FROM item WHERE number = ?")?
        .query_row([number], |row| row.get(0))?;
    read_document(read_values(&said)?, &mut Vec::new())
        .ok_or_else(|| WorkError::Foreign("a sound document that does not read".to_owned()))
}
