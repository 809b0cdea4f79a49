//! The REST door, `/api/v1`: read a request, call one operation, print its answer.

pub mod access;
pub mod body;
pub mod bulletins;
pub mod caller;
pub mod clients;
pub mod corrections;
pub mod disclosures;
pub mod documents;
pub mod documents_json;
pub mod logs;
pub mod multipart;
pub mod openapi;
pub mod openings;
pub mod parameters;
pub mod problem;
pub mod proof;
pub mod query_json;
pub mod registers;
pub mod relationships;
pub mod relationships_json;
pub mod retention;
pub mod routes;
pub mod summary;
pub mod table;
pub mod users;
pub mod wills;
