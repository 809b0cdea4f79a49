//! The REST door, `/api/v1`: read a request, call one operation, print its answer.

pub mod body;
pub mod multipart;
pub mod parameters;
pub mod problem;
