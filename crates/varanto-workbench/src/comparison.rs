//! What can be told of documents together alone: identifiers and files that two have, one client under two codes, the
//! same content twice, attachments without their main document, and the cases and relationships of all.
//!
//! Source: OLD-2, OLD-5, OLD-9.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use rusqlite::params;
use unicode_normalization::UnicodeNormalization;
use varanto_app::archive::{CheckOptions, check_submission};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{have_a_name_in_common, is_before_birth};
use varanto_domain::time::FinnishDay;

use crate::answers::Decision;
use crate::documents::Values;
use crate::dossiers::each_dossier;
use crate::mapping::{Mapping, Target};
use crate::queue::of_source as mended_in_source;
use crate::reading::source_row;
use crate::rehearsal::{Rehearsal, RehearsalError, go_on};
use crate::work::{Work, WorkError, read_values};

const MARK_FAULTY: &str = "UPDATE item SET state = 'faulty'
  WHERE state = 'sound' AND EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number)";

/// Each of the rows that share something, and the place of the first other one.
macro_rules! shared {
    ($from:expr, $by:literal, $more:literal) => {
        concat!(
            "SELECT number, CASE WHEN place = first THEN second ELSE first END FROM (
               SELECT number, place, count(*) OVER same AS several, min(file) OVER same AS least,
                 max(file) OVER same AS most, first_value(place) OVER same AS first,
                 nth_value(place, 2) OVER same AS second
               FROM item WHERE ", $from, "
               WINDOW same AS (PARTITION BY ", $by, " ORDER BY place
                 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
             WHERE several > 1", $more
        )
    };
}

/// What is said of a row: by the source alone, and with what people completed.
#[derive(Debug, Default)]
pub(crate) struct Sayings {
    /// By the source.
    pub(crate) own: Values,
    /// With what people completed.
    pub(crate) all: Values,
}

impl Sayings {
    /// Of a row as the last rehearsal made it.
    pub(crate) fn of(mapping: &Mapping, work: &Work, place: u64) -> Result<Self, RehearsalError> {
        let sql = "SELECT said, completed IS NOT NULL FROM item WHERE place = ?";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
        let mut statement = work.connection().prepare_cached(sql)?;
        let (said, completed) = statement.query_row([place.cast_signed()], read)?;
        let all = read_values(&said)?;
        let own = if completed { of_source(mapping, work, place)? } else { all.clone() };
        Ok(Self { own, all })
    }

    /// Whether a row with the same file is the same document as another one: all that is said of both is the same, the
    /// controller and the order of non-disclosure too, but for what the source calls the document and its file. What the source
    /// says alike of both, and people completed of the other one alone, is of the same document: the row that stays has it.
    pub(crate) fn is_the_document_of(&self, other: &Self) -> bool {
        let differs = |target: &&Target| {
            let [own, others] = [&self.own, &other.own].map(|values| values.get(*target));
            let [said, theirs] = [&self.all, &other.all].map(|values| values.get(*target));
            said != theirs && !(own == others && said == own)
        };
        let mut compared =
            Target::ALL.iter().filter(|one| !matches!(one, Target::Document | Target::File));
        !compared.any(|target| differs(&target))
    }
}

/// What the mapping makes of a row by the source alone.
pub(crate) fn of_source(
    mapping: &Mapping,
    work: &Work,
    place: u64,
) -> Result<Values, RehearsalError> {
    let Some(row) = source_row(mapping, work, place)? else { return Ok(Values::new()) };
    let value = |target: &Target| Some((*target, mapping.value(*target, &row).ok().flatten()?));
    Ok(Target::ALL.iter().filter_map(value).collect())
}

/// What a person decided not to bring is no second one.
macro_rules! brought {
    ($($from:literal)*) => {
        concat!($($from,)* " AND (left_out IS NULL OR left_out NOT IN
          ('delivered-twice', 'nothing-to-bring', 'stays-elsewhere'))")
    };
}

const SAME_SOURCE: &str = shared!(brought!("source_id IS NOT NULL"), "source_id", "");
const SAME_FILE: &str = shared!(brought!("file IS NOT NULL"), "file", "");
/// Rows that name one file are told already.
const SAME_CONTENT: &str =
    shared!("day IS NOT NULL AND bytes > 0", "digest, client, day", " AND least <> most");
const TWO_CODES: &str = concat!("WITH person AS (
    SELECT number, place, said ->> '$.client' AS named, client AS code FROM item
    WHERE ", brought!("named IS NOT NULL AND code IS NOT NULL"), "),
  several AS (SELECT named FROM person GROUP BY named HAVING count(DISTINCT code) > 1),
  first AS (SELECT named, code, min(place) AS place FROM person JOIN several USING (named) GROUP BY named, code)
  SELECT person.number, min(first.place) FROM person JOIN first USING (named)
    WHERE first.code <> person.code GROUP BY person.number");
/// One client of one controller stands in one way, and an active one in one relationship.
const TWO_STATES: &str = "WITH stand AS (
    SELECT number, place, client, said ->> '$.\"controller.id\"' AS controller,
      client_state || CASE client_state WHEN 'active' THEN relationship ELSE '' END AS stands
    FROM item WHERE client_state IS NOT NULL),
  several AS (SELECT client, controller FROM stand GROUP BY client, controller HAVING count(DISTINCT stands) > 1),
  first AS (SELECT client, controller, stands, min(place) AS place FROM stand JOIN several USING (client, controller)
    GROUP BY client, controller, stands)
  SELECT stand.number, min(first.place) FROM stand JOIN first USING (client, controller)
    WHERE first.stands <> stand.stands GROUP BY stand.number";
/// Death is of the person: who has died for one controller lives for none.
const DEAD_AND_ALIVE: &str = "WITH stand AS (
    SELECT number, place, client, said ->> '$.\"controller.id\"' AS controller, client_state = 'deceased' AS dead
    FROM item WHERE client_state IS NOT NULL),
  several AS (SELECT client FROM stand GROUP BY client HAVING count(DISTINCT dead) > 1),
  first AS (SELECT client, controller, dead, min(place) AS place FROM stand JOIN several USING (client)
    GROUP BY client, controller, dead)
  SELECT stand.number, min(first.place) FROM stand JOIN first USING (client)
    WHERE first.dead <> stand.dead AND first.controller <> stand.controller
      AND NOT EXISTS (SELECT 1 FROM fault WHERE fault.number = stand.number AND fault.code = 'client-of-two-states')
    GROUP BY stand.number";
/// An order of non-disclosure is the client's, and not a document's: where one row has it, none of the others has none. The
/// row with the order is right, or is mended in the source; the others are asked. A client is the same by the code or by
/// what the organisation calls them, for the code may not read; and what says something of an order that does not read, for
/// whatever reason, may say that there is one. Where it is missing, nothing is said.
const ORDERS: &str = "WITH
  unread AS MATERIALIZED (SELECT number FROM fault WHERE element = 'client.non_disclosure' AND code <> 'missing-element'),
  ordered AS (SELECT number, place, client AS code, said ->> '$.client' AS named, source_code, source_client,
      said ->> '$.\"client.non_disclosure\"' IS 'true' AS sure, source_order IS 'true' AS of_source FROM item
    WHERE sure OR of_source OR number IN unread),
  of_client (key, place, sure) AS (
    SELECT 'code ' || code, place, sure FROM ordered WHERE sure OR number IN unread
    UNION ALL SELECT 'name ' || named, place, sure FROM ordered WHERE sure OR number IN unread
    UNION ALL SELECT 'code ' || source_code, place, 1 FROM ordered WHERE code IS NULL AND of_source
    UNION ALL SELECT 'name ' || source_client, place, 1 FROM ordered WHERE code IS NULL AND of_source),
  first AS MATERIALIZED (SELECT key, sure, min(place) AS place FROM of_client WHERE key IS NOT NULL GROUP BY key, sure),
  asked AS (SELECT number, place, client, said ->> '$.client' AS named FROM item
    WHERE left_out IS NULL AND said ->> '$.\"client.non_disclosure\"' IS NOT 'true'),
  met (number, own, place, sure) AS (
    SELECT number, asked.place, first.place, sure FROM asked JOIN first ON key = 'code ' || client
    UNION ALL SELECT number, asked.place, first.place, sure FROM asked JOIN first ON key = 'name ' || named)
  SELECT number, min(place) FROM met
    WHERE place <> own AND (sure OR number NOT IN unread) GROUP BY number";
/// Who is named under each identity code, client by client.
const NAMED: &str = concat!(
    "SELECT number, place, client, said ->> '$.\"client.given_names\"' AS given FROM item WHERE ",
    brought!("client IS NOT NULL AND given IS NOT NULL"),
    " ORDER BY client, place"
);
/// When each document of a client was written.
const DATED: &str = concat!(
    "SELECT number, client, day FROM item WHERE ",
    brought!("client IS NOT NULL AND day IS NOT NULL")
);
/// An attachment hangs on a document of the same case that is none itself. Of one whose main document was archived in
/// another batch the archive tells.
const ORPHANS: &str = "SELECT number, CASE
      WHEN item.source_id = item.said ->> '$.main_document' THEN 'itself'
      ELSE coalesce((SELECT CASE
          WHEN main.said ->> '$.main_document' IS NOT NULL THEN 'attachment'
          WHEN main.state = 'left-out' THEN 'left-out'
          WHEN main.state <> 'sound' THEN 'faulty'
          ELSE 'another' END
        FROM item main WHERE main.source_id = item.said ->> '$.main_document' ORDER BY main.state <> 'sound', main.number
        LIMIT 1), 'not-here') END
  FROM item WHERE state = 'sound' AND said ->> '$.main_document' IS NOT NULL
  AND coalesce(said ->> '$.main_document_batch', ?1) = ?1
  AND NOT EXISTS (SELECT 1 FROM item main WHERE main.source_id = item.said ->> '$.main_document'
    AND main.state = 'sound' AND main.case_id = item.case_id AND main.said ->> '$.main_document' IS NULL)";
const DROP_EMPTY: &str = "DELETE FROM dossier WHERE kept NOT IN (
    SELECT case_id FROM item WHERE state = 'sound' UNION SELECT relationship FROM item WHERE state = 'sound')";
/// Rows that people say are delivered twice.
const TWICE: &str = "SELECT number, place FROM item WHERE left_out = 'delivered-twice'";
/// Where the other rows with the file of a row stand that are brought: empty files are all alike, and no document.
const OF_THE_FILE: &str =
    "SELECT other.place FROM item JOIN item other ON (other.digest = item.digest
    AND other.number <> item.number AND other.bytes > 0)
  WHERE item.number = ? AND other.left_out IS NULL ORDER BY other.place";
/// What was answered with another file beside than the row has now, and counts.
const ANOTHER_FILE: &str = "SELECT DISTINCT item.number FROM item JOIN answer USING (row)
  WHERE answer.paper <> item.digest AND (NOT ?1 OR answer.checked_by IS NOT NULL)
  AND (left_out IS NULL OR left_out IN ('delivered-twice', 'nothing-to-bring', 'stays-elsewhere'))";
/// A row that was left out by decision, and comes back.
const BRING_BACK: &str =
    "UPDATE item SET state = 'sound', left_out = NULL WHERE number = ? AND left_out IS NOT NULL";
/// A fault of a case or relationship is one of every document that hangs on it.
const OF_DOSSIER: &str =
    "SELECT number FROM item WHERE client = ?1 AND (case_id = ?2 OR relationship = ?2)
  AND state = 'sound'";

/// Compares everything that was checked.
///
/// # Errors
/// What the work file says.
pub(crate) fn compare(
    rehearsal: &Rehearsal<'_>,
    options: &CheckOptions<'_>,
    work: &Work,
    stop: &AtomicBool,
) -> Result<(), RehearsalError> {
    for (kind, element, query) in [
        (FaultKind::SameSourceIdentifier, "document", SAME_SOURCE),
        (FaultKind::FileOfAnotherRow, "file", SAME_FILE),
        (FaultKind::ClientOfTwoCodes, "client.identity_code", TWO_CODES),
        (FaultKind::ClientOfTwoStates, "client_state", TWO_STATES),
        (FaultKind::ClientOfTwoStates, "client_state", DEAD_AND_ALIVE),
        (FaultKind::OrderOnAnotherRow, "client.non_disclosure", ORDERS),
    ] {
        go_on(stop)?;
        add_shared(work, kind, element, query)?;
    }
    compare_names(work)?;
    compare_births(work)?;
    if !rehearsal.mapping.keep_both {
        add_shared(work, FaultKind::SameContent, "file", SAME_CONTENT)?;
    }
    let of_two = [rehearsal.mapping.checked_by_two];
    let of_another: Vec<i64> = work
        .connection()
        .prepare(ANOTHER_FILE)?
        .query_map(of_two, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for number in of_another {
        work.add_fault(number, &Fault::new(FaultKind::AnswerOfAnotherFile, "row", "OLD-7"))?;
        work.connection().prepare_cached(BRING_BACK)?.execute([number])?;
    }
    for number in delivered_once(rehearsal.mapping, work)? {
        work.add_fault(number, &Decision::DeliveredTwice.does_not_fit())?;
        work.connection().prepare_cached(BRING_BACK)?.execute([number])?;
    }
    work.connection().execute_batch(MARK_FAULTY)?;
    make_dossiers(rehearsal, options, work, stop)?;
    work.connection().execute_batch(MARK_FAULTY)?;
    for (number, fault) in orphans(work, &rehearsal.mapping.batch)? {
        work.add_fault(number, &fault)?;
    }
    work.connection().execute_batch(MARK_FAULTY)?;
    // What nothing hangs on any more is not made.
    work.connection().execute_batch(DROP_EMPTY)?;
    Ok(())
}

/// Where the other rows stand that are brought and have the file of a row.
pub(crate) fn of_the_file(work: &Work, number: i64) -> Result<Vec<u64>, WorkError> {
    let mut statement = work.connection().prepare_cached(OF_THE_FILE)?;
    let places = statement.query_map([number], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs()))?;
    Ok(places.collect::<Result<_, _>>()?)
}

/// Rows that people say are delivered twice, and that no other row brings.
fn delivered_once(mapping: &Mapping, work: &Work) -> Result<Vec<i64>, RehearsalError> {
    let mut statement = work.connection().prepare(TWICE)?;
    let twice = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
    let mut once = Vec::new();
    for row in twice.collect::<Result<Vec<(i64, i64)>, _>>()? {
        let (number, place) = (row.0, row.1.unsigned_abs());
        let own = Sayings::of(mapping, work, place)?;
        let mut others = of_the_file(work, number)?.into_iter();
        let is_there = others.try_fold(false, |found, other| {
            Ok::<_, RehearsalError>(
                found || own.is_the_document_of(&Sayings::of(mapping, work, other)?),
            )
        });
        if !is_there? {
            once.push(number);
        }
    }
    Ok(once)
}

/// The attachments whose main document is not brought with them, with why not and what helps.
fn orphans(work: &Work, batch: &str) -> Result<Vec<(i64, Fault)>, RehearsalError> {
    let mut statement = work.connection().prepare(ORPHANS)?;
    let rows = statement.query_map([batch], |row| {
        let why: String = row.get(1)?;
        let (reason, what) = match why.as_str() {
            "itself" => {
                ("the row names itself", "Name the document that it is an attachment of, or none")
            }
            "not-here" => (
                "it is not in this delivery",
                "Deliver both together; where another batch archived it, say which one in main_document_batch",
            ),
            "attachment" => {
                ("that one is an attachment itself", "Name the document that both hang on")
            }
            "left-out" => {
                ("that one is left out", "Bring the main document, or leave both out")
            }
            "faulty" => {
                ("that one has faults", "Mend the main document first, or leave both out")
            }
            _ => (
                "that one is of another client or case",
                "See which of the two rows is wrong, and mend that",
            ),
        };
        let fault = Fault::new(FaultKind::MainDocumentNotBrought, "main_document", "ARC-4");
        Ok((row.get(0)?, fault.arg("reason", reason).arg("what", what)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn add_shared(
    work: &Work,
    kind: FaultKind,
    element: &str,
    query: &str,
) -> Result<(), RehearsalError> {
    let mut statement = work.connection().prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, first): (i64, i64) = (row.get(0)?, row.get(1)?);
        add_unless_it_stands(
            work,
            number,
            &Fault::new(kind, element, "OLD-9").arg("first", first),
        )?;
    }
    Ok(())
}

fn add_unless_it_stands(work: &Work, number: i64, fault: &Fault) -> Result<(), RehearsalError> {
    let mut standing = work.connection().prepare_cached(concat!(
        "SELECT instr(' ' || completed || ' ', ' stands:' || ?2 || ' ') > 0
               AND NOT EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number AND code IN ",
        mended_in_source!(),
        ") FROM item WHERE number = ?1"
    ))?;
    let stands: Option<bool> = standing.query_row((number, fault.code()), |row| row.get(0))?;
    if stands != Some(true) {
        work.add_fault(number, fault)?;
    }
    Ok(())
}

/// A row with the given names that stand in it.
struct Named {
    number: i64,
    place: i64,
    given: String,
}

/// Finds those whom one identity code names, and who have no given name in common.
fn compare_names(work: &Work) -> Result<(), RehearsalError> {
    let mut statement = work.connection().prepare(NAMED)?;
    let mut rows = statement.query([])?;
    let (mut current, mut same): (Option<String>, Vec<Named>) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let client: String = row.get(2)?;
        if current.as_ref() != Some(&client) {
            names_of_one_code(work, &std::mem::take(&mut same))?;
            current = Some(client);
        }
        // A Mac writes letters and their dots apart.
        let given = row.get_ref(3)?.as_str().unwrap_or_default().nfc().collect();
        same.push(Named { number: row.get(0)?, place: row.get(1)?, given });
    }
    names_of_one_code(work, &same)
}

fn names_of_one_code(work: &Work, rows: &[Named]) -> Result<(), RehearsalError> {
    // Where each way of writing stands first: there are few.
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        first.entry(&row.given).or_insert(row.place);
    }
    let mut others: BTreeMap<&str, i64> = BTreeMap::new();
    for given in first.keys() {
        let strangers = first.iter().filter(|(other, _)| !have_a_name_in_common(given, other));
        if let Some(place) = strangers.map(|(_, place)| *place).min() {
            others.insert(given, place);
        }
    }
    for row in rows {
        if let Some(place) = others.get(row.given.as_str()) {
            let fault = Fault::new(FaultKind::CodeOfTwoNames, "client.identity_code", "OLD-9");
            add_unless_it_stands(work, row.number, &fault.arg("first", place))?;
        }
    }
    Ok(())
}

/// Finds documents that are older than their clients.
fn compare_births(work: &Work) -> Result<(), RehearsalError> {
    let mut statement = work.connection().prepare(DATED)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let born = PersonalIdentityCode::parse(row.get_ref(1)?.as_str().unwrap_or_default());
        let written = FinnishDay::parse(row.get_ref(2)?.as_str().unwrap_or_default());
        let (Ok(code), Some(written)) = (born, written) else { continue };
        if is_before_birth(written, code.birth_day()) {
            let fault = Fault::new(FaultKind::WrittenBeforeBirth, "written_at", "OLD-9");
            add_unless_it_stands(work, row.get(0)?, &fault.value(written.to_string()))?;
        }
    }
    Ok(())
}

/// Composes and checks the cases and old relationships that the sound documents hang on.
fn make_dossiers(
    rehearsal: &Rehearsal<'_>,
    options: &CheckOptions<'_>,
    work: &Work,
    stop: &AtomicBool,
) -> Result<(), RehearsalError> {
    each_dossier(work.connection(), rehearsal.mapping, rehearsal.registry, None, &mut |dossier| {
        go_on(stop)?;
        let checked = check_submission(&dossier.submission, rehearsal.registry, options);
        if !checked.faults.is_empty() {
            let mut statement = work.connection().prepare_cached(OF_DOSSIER)?;
            let numbers = statement
                .query_map((&dossier.client, dossier.kept.as_str()), |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            for number in numbers {
                checked.faults.iter().try_for_each(|fault| work.add_fault(number, fault))?;
            }
        }
        work.connection()
            .prepare_cached("INSERT OR REPLACE INTO dossier VALUES (?, ?, ?, 'sound', NULL)")?
            .execute(params![dossier.kept.as_str(), dossier.kind.name(), dossier.client])?;
        Ok(())
    })
}
