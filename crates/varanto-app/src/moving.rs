//! Moving the archive from one engine to the other, with proof that all of it came along.

use std::path::PathBuf;
use std::sync::Arc;

use varanto_domain::time::Clock;
use varanto_store::{KeyRing, Move, StoreOptions};
pub use varanto_store::{MovedTable, Moving};

use crate::verify::{Damage, Progress, StoreVerdict};
use crate::{App, AppError, AppOptions, OpenError, StoreError};

/// Which way: between the file of the data folder and the database that the options name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the file to the server.
    ToServer,
    /// From the server to a file.
    ToFile,
}

/// What a move does now, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveStep {
    /// It verifies the archive where it is.
    Verifying(Progress),
    /// It copies rows, or compares them: so many, of so many.
    Rows(Moving, u64, u64),
    /// It verifies the copy.
    VerifyingCopy(Progress),
}

/// What a move would do.
#[derive(Debug, Clone)]
pub struct MovePlan {
    /// Each table and how many rows it has.
    pub tables: Vec<(String, u64)>,
    /// Where the archive will be.
    pub place: PathBuf,
    /// Whether the copy is there already, of a move that was broken off.
    pub copied: bool,
}

/// An archive that was moved.
#[derive(Debug, Clone)]
pub struct MovedArchive {
    /// The tables, each the same on both sides.
    pub tables: Vec<MovedTable>,
    /// What verifying found where it is now: no damage.
    pub verdict: StoreVerdict,
    /// Where that is.
    pub place: PathBuf,
}

/// Why an archive was not moved. It goes on where it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Either side does not open, or something failed on the way.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is damaged is not moved.
    #[error(
        "the archive is damaged, and is not moved so; `varanto verify` tells all of it, and a backup mends it: {0}"
    )]
    Damaged(String),
    /// The copy is not what was copied.
    #[error("the copy is damaged, and the archive stays where it is: {0}")]
    CopyDamaged(String),
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

/// Looks whether the archive can be moved, and tells what there is. Nothing is written.
///
/// # Errors
/// As [`move_archive`].
pub fn plan_move(options: &AppOptions, way: Way) -> Result<MovePlan, MoveError> {
    let (moving, _) = begin(options, way)?;
    let tables = moving.tables().map(|(table, rows)| (table.to_owned(), rows)).collect();
    let (place, copied) = (moving.place().to_owned(), moving.is_copied());
    Ok(MovePlan { tables, place, copied })
}

/// Moves the archive: verifies it, copies every row, holds each table against its copy, verifies the copy, holds the heads
/// of both proof logs against each other, and closes the old one to those who would write. Broken off, the archive is where
/// it was, and the move is begun anew.
///
/// # Errors
/// When somebody has either side open for writing, something is at the target, or anything is not as it should be; then
/// the archive stays where it is.
///
/// Source: OPS-1, OPS-2.
pub fn move_archive(
    options: &AppOptions,
    way: Way,
    clock: &Arc<dyn Clock>,
    mut going: impl FnMut(MoveStep),
) -> Result<MovedArchive, MoveError> {
    let (mut moving, to) = begin(options, way)?;
    let verify = |at: AppOptions, going: &mut dyn FnMut(Progress)| {
        let app = App::open_read_only(&at, Arc::clone(clock))?;
        app.verify_store(going).map_err(|error| match error {
            AppError::Store(error) => MoveError::from(error),
            other => MoveError::Damaged(other.to_string()),
        })
    };
    let source = AppOptions {
        server: options.server.clone().filter(|_| way == Way::ToFile),
        ..options.clone()
    };
    let before = verify(source, &mut |step| going(MoveStep::Verifying(step)))?;
    if let Some(first) = before.damage.first() {
        return Err(MoveError::Damaged(told(first)));
    }
    let tables = moving.copy(&to, |what, done, all| going(MoveStep::Rows(what, done, all)))?;
    let copy = AppOptions {
        server: options.server.clone().filter(|_| way == Way::ToServer),
        folder: moving.folder_of_copy().to_owned(),
        ..options.clone()
    };
    let verdict = verify(copy, &mut |step| going(MoveStep::VerifyingCopy(step)))?;
    if let Some(first) = verdict.damage.first() {
        return Err(MoveError::CopyDamaged(told(first)));
    }
    if verdict.checkpoint != before.checkpoint {
        return Err(MoveError::CopyDamaged("its proof log has another head".to_owned()));
    }
    let place = moving.place().to_owned();
    moving.finish()?;
    Ok(MovedArchive { tables, verdict, place })
}

fn told(damage: &Damage) -> String {
    format!("{}: {}", damage.place, damage.what)
}

/// Opens both sides; answers how the target is opened, too.
fn begin(options: &AppOptions, way: Way) -> Result<(Move, StoreOptions), MoveError> {
    let ring = KeyRing::open(&options.key_folder)?;
    let server = options.of_store()?;
    let file = StoreOptions { server: None, ..server.clone() };
    let (from, to) = match way {
        Way::ToServer => (file, server),
        Way::ToFile => (server, file),
    };
    Ok((Move::begin(&options.folder, &ring, &from, &to)?, to))
}
