//! The doors: the program `varanto`. A door reads a request, calls one operation and prints its
//! answer.

pub mod anchors;
pub mod backups;
pub mod bulletins;
pub mod certificates;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod desk;
pub mod doors;
pub mod frame;
pub mod inside;
mod line;
pub mod login;
pub mod mandate_register;
pub mod moving;
mod names;
pub mod national;
pub mod opening;
pub mod outbound;
pub mod own;
pub mod pace;
pub mod pages;
pub mod population_register;
pub mod pulse;
pub mod reading;
pub mod rest;
pub mod revocation_lists;
pub mod running;
pub mod server;
pub mod texts;
pub mod tls;
pub mod token_key;
pub mod tokens;
pub mod turned_away;
pub mod validator;
