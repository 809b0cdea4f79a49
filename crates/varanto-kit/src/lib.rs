//! The outside: stand-ins for the national services, a synthetic county, a client for checks.

pub mod county;
pub mod deliveries;
pub mod http;
pub mod mandate_register;
pub mod oidc;
pub mod outside;
pub mod pdf;
pub mod population_register;
pub mod postgres;
pub mod signers;
