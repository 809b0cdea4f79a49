//! The outside: stand-ins for the national services, a synthetic county, a client for checks.

pub mod county;
pub mod http;
pub mod oidc;
pub mod pdf;
pub mod population_register;
pub mod signers;
