//! What servers over one archive tell each other of certificates: the folder of each, which its doors and commands read, is
//! brought together with what the store knows. Source: ACC-1, OPS-1.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use varanto_app::certificates::news_of;
use varanto_app::{App, AppError};
use varanto_domain::time::Instant;

use crate::certificates::{Authority, CertificateError};
use crate::tls::Judge;

/// Why a folder and the store cannot be brought together.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] CertificateError),
    /// The store.
    #[error(transparent)]
    Archive(#[from] AppError),
}

/// Tells the folder what the store knows.
///
/// # Errors
/// What either answers; then the folder may lack what others revoked.
pub fn hear(app: &App, own: &Authority, now: Instant) -> Result<(), KnownError> {
    let heard = news_of(&app.certificates()?, &own.known()?);
    if !heard.is_empty() {
        own.take_in(&heard, now)?;
    }
    Ok(())
}

/// Tells the folder what the store knows, and then the store what the folder knows: what others revoked is heard also where
/// nothing can be told.
///
/// # Errors
/// What either answers; what one was told stays told.
pub fn bring_together(app: &App, own: &Authority, now: Instant) -> Result<(), KnownError> {
    hear(app, own, now)?;
    let told = news_of(&own.known()?, &app.certificates()?);
    if !told.is_empty() {
        app.take_in_certificates(told)?;
    }
    Ok(())
}

/// What was brought together last.
#[derive(Debug, Default)]
pub(crate) struct Together(Option<(u64, [Option<SystemTime>; 2])>);

impl Together {
    /// Brings folder and store together where one of them has changed since. The judge hears first what was revoked: also a
    /// folder that takes nothing in lets nobody in by what was.
    ///
    /// # Errors
    /// As [`bring_together`]; then it is tried again.
    pub(crate) fn refresh(
        &mut self,
        app: &App,
        (own, judge): (&Authority, &Judge),
        now: Instant,
    ) -> Result<(), KnownError> {
        let seen = (app.generation(), own.changed_at());
        if self.0 != Some(seen) {
            judge.hear(&app.certificates()?);
            bring_together(app, own, now)?;
            // What was written to the folder now is looked at once more.
            self.0 = Some(seen);
        }
        Ok(())
    }
}

/// Since when folder and store are not brought together, for whoever runs the archive.
#[derive(Debug, Default)]
pub(crate) struct Apart(Mutex<Option<Instant>>);

impl Apart {
    /// Takes in how it went.
    pub(crate) fn saw(&self, together: bool, now: Instant) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = if together { None } else { since.or(Some(now)) };
    }

    /// Since when; `None`: they are together.
    pub(crate) fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
