//! A citizen who comes in: from a login to a caller (CIT-1).

use varanto_domain::access::{Caller, Sector, Strength, Who};
use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode};
use varanto_store::WriteTx;

use crate::callers::Unknown;
use crate::{App, AppError};

impl App {
    /// Who a citizen is to the archive. One who was never a client is made known to it: guardians and holders
    /// of mandates need be no clients themselves. Nothing is told by it, and it opens nothing.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// Source: CIT-1, CIT-4.
    pub fn citizen(&self, code: PersonalIdentityCode) -> Result<ClientKey, AppError> {
        let identifier = ClientIdentifier::Code(code);
        let known = self.store.read::<_, AppError>(|tx| Ok(tx.find_client(&identifier)?))?;
        if let Some(client) = known {
            return Ok(client);
        }
        let turn = move |tx: &mut WriteTx<'_>| match tx.find_client(&identifier)? {
            Some(client) => Ok(client),
            None => Ok(tx.insert_client(&identifier)?),
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// The caller that a citizen is. Its organisation is the keeper of wills, which keeps the citizens' door
    /// for all controllers.
    ///
    /// # Errors
    /// [`Unknown::Organisation`] where the registers name no keeper of wills.
    ///
    /// Source: CIT-1, ACC-1.
    pub fn caller_of_citizen(&self, citizen: ClientKey, strong: bool) -> Result<Caller, Unknown> {
        let registry = self.registry();
        let keeper = registry.registers().keeper_of_wills().ok_or(Unknown::Organisation)?;
        Ok(Caller {
            who: Who::Citizen {
                client: citizen,
                strength: if strong { Strength::Strong } else { Strength::Weak },
            },
            organisation: keeper.oid.clone(),
            registers: Vec::new(),
            units: Vec::new().into(),
            functions: Vec::new(),
            sector: Sector::SocialWelfare,
            by_register: None,
        })
    }
}
