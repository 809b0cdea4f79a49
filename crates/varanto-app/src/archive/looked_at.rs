//! At which document one looks, and as whose.

use varanto_domain::ids::{ClientIdentifier, Oid};

use crate::inquiry::{Inquiry, facts_of_version};
use crate::{App, AppError};

/// A version of a document that is looked at: as one of whomever it concerns, or of one client alone.
#[derive(Clone, Copy)]
pub struct LookedAt<'a> {
    /// The version.
    pub document: &'a Oid,
    /// The client as whose document it is looked at; `None`: any whom it concerns. To one who names a client, what
    /// does not concern that client is not there: a ground or a reason for one is none for another.
    pub of: Option<&'a ClientIdentifier>,
}

impl<'a> From<&'a Oid> for LookedAt<'a> {
    fn from(document: &'a Oid) -> Self {
        Self { document, of: None }
    }
}

impl App {
    /// Whether a version concerns the client as whose it is looked at; from then on everything is asked through that
    /// client alone.
    ///
    /// Source: REL-4, ACC-3.
    pub(crate) fn narrow_to_client(
        &self,
        inquiry: &Inquiry<'_>,
        LookedAt { document, of }: LookedAt<'_>,
    ) -> Result<bool, AppError> {
        let Some(of) = of else { return Ok(true) };
        let through = self.store.read::<_, AppError>(|tx| {
            let found = tx.find_client(of)?.zip(tx.find_version(document)?);
            let Some((client, row)) = found else { return Ok(None) };
            let identities = tx.identities_of(client)?;
            let concerned = facts_of_version(tx, &row)?.document.concerned();
            Ok(concerned.iter().any(|one| identities.contains(one)).then_some(client))
        })?;
        inquiry.narrow_to(through);
        Ok(through.is_some())
    }
}
