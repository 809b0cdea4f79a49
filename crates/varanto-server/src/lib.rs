//! The doors: the program `varanto`. A door reads a request, calls one operation and prints its
//! answer.

pub mod bulletins;
pub mod certificates;
pub mod clock;
pub mod config;
pub mod rest;
pub mod texts;
pub mod tls;
pub mod tokens;
