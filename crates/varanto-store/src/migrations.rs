//! The schema: numbered changes, applied once each, and refused when they are not ours.

use aws_lc_rs::digest;

use crate::StoreError;
use crate::engine::{Session, Statements, params};

/// One schema change, from the file `migrations/embedded/<number>_<name>.sql`.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    number: i64,
    name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal, $file:literal) => {
        Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/embedded/", $file, ".sql")),
        }
    };
}

/// Every schema change, oldest first. A released one is never edited; a new one goes to the end.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "proof_and_keys", "0001_proof_and_keys"),
    migration!(2, "documents", "0002_documents"),
    migration!(3, "register_use_rights", "0003_register_use_rights"),
    migration!(4, "cases_by_relationship", "0004_cases_by_relationship"),
    migration!(5, "signature_evidence", "0005_signature_evidence"),
    migration!(6, "persons", "0006_persons"),
    migration!(7, "log_review", "0007_log_review"),
    migration!(8, "openings", "0008_openings"),
    migration!(9, "client_will", "0009_client_will"),
    migration!(10, "notices", "0010_notices"),
    migration!(11, "users", "0011_users"),
    migration!(12, "roads", "0012_roads"),
    migration!(13, "time_in_cases", "0013_time_in_cases"),
    migration!(14, "keepers_of_users", "0014_keepers_of_users"),
    migration!(15, "identity_joins", "0015_identity_joins"),
    migration!(16, "drafts", "0016_drafts"),
    migration!(17, "retention", "0017_retention"),
    migration!(18, "lists_from_the_index", "0018_lists_from_the_index"),
    migration!(19, "corrections", "0019_corrections"),
    migration!(20, "drafts_of_corrections", "0020_drafts_of_corrections"),
    migration!(21, "statements", "0021_statements"),
    migration!(22, "together", "0022_together"),
    migration!(23, "of_deceased", "0023_of_deceased"),
    migration!(24, "sessions", "0024_sessions"),
    migration!(25, "certificates", "0025_certificates"),
    migration!(26, "choices", "0026_choices"),
    migration!(27, "renewals", "0027_renewals"),
    migration!(28, "decided_choices", "0028_decided_choices"),
    migration!(29, "turned_down", "0029_turned_down"),
    migration!(30, "taken_in", "0030_taken_in"),
];

/// A change that a newer program would have, for tests.
#[cfg(test)]
pub(crate) const NEWER: Migration =
    Migration { number: 9999, name: "newer", sql: "CREATE TABLE newer (a INTEGER) STRICT" };

/// Brings the schema up to date, within the caller's transaction; answers whether anything had to be changed.
///
/// # Errors
/// [`StoreError::SchemaNewer`] and [`StoreError::SchemaAltered`] when the store holds a change that
/// this program does not know so; nothing is written then.
pub(crate) fn apply(session: &Session, known: &[Migration]) -> Result<bool, StoreError> {
    session.define(
        "CREATE TABLE IF NOT EXISTS schema_migration (
            number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT",
    )?;
    let applied = check(session, known)?;
    for migration in &known[applied..] {
        session.define(migration.sql)?;
        session.execute(
            "INSERT INTO schema_migration (number, name, sha256) VALUES (?1, ?2, ?3)",
            params![migration.number, migration.name, sha256(migration)],
        )?;
    }
    session.settle()?;
    Ok(applied < known.len())
}

/// Refuses a store whose schema is not exactly this program's.
pub(crate) fn require_current(session: &Session, known: &[Migration]) -> Result<(), StoreError> {
    if check(session, known)? == known.len() { Ok(()) } else { Err(StoreError::SchemaOlder) }
}

/// How many of the known changes the store has; the ones it has must be the first known ones.
fn check(session: &Session, known: &[Migration]) -> Result<usize, StoreError> {
    const SQL: &str = "SELECT number, name, sha256 FROM schema_migration ORDER BY number";
    if !session.has_table("schema_migration")? {
        return Ok(0);
    }
    let rows = session.all(SQL, [], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<Vec<u8>>(2)?))
    })?;
    let mut applied = 0;
    for (number, name, kept) in rows {
        let Some(migration) = known.get(applied) else {
            return Err(StoreError::SchemaNewer { number, name });
        };
        let same =
            migration.number == number && migration.name == name && kept == sha256(migration);
        if !same {
            return Err(StoreError::SchemaAltered { number, name });
        }
        applied += 1;
    }
    Ok(applied)
}

fn sha256(migration: &Migration) -> Vec<u8> {
    digest::digest(&digest::SHA256, migration.sql.as_bytes()).as_ref().to_vec()
}
