//! A citizen who comes in: from a login to a caller (CIT-1).

use varanto_domain::access::{Caller, Sector, Strength, Who};
use varanto_domain::ids::PersonalIdentityCode;

use crate::callers::Unknown;
use crate::{App, AppError};

impl App {
    /// The caller that a citizen is. Of one who was never a client nothing is kept by coming in: guardians and holders
    /// of mandates need be no clients themselves. Its organisation is the keeper of wills, which keeps the citizens'
    /// door for all controllers.
    ///
    /// Asked anew for each request: with the first document about them a citizen becomes a client.
    ///
    /// # Errors
    /// What the store answers; within, [`Unknown::Organisation`] where the registers name no keeper of wills.
    ///
    /// Source: CIT-1, CIT-4, ACC-1.
    pub fn caller_of_citizen(
        &self,
        code: PersonalIdentityCode,
        strong: bool,
    ) -> Result<Result<Caller, Unknown>, AppError> {
        let registry = self.registry();
        let Some(keeper) = registry.registers().keeper_of_wills() else {
            return Ok(Err(Unknown::Organisation));
        };
        let client = self.store.read::<_, AppError>(|tx| Ok(tx.key_of_citizen(code)?))?;
        let strength = if strong { Strength::Strong } else { Strength::Weak };
        Ok(Ok(Caller {
            who: Who::Citizen { client, code, strength },
            organisation: keeper.oid.clone(),
            registers: Vec::new(),
            units: Vec::new().into(),
            functions: Vec::new(),
            sector: Sector::SocialWelfare,
            by_register: None,
        }))
    }
}
