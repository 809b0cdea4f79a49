//! The operations of the archive, with a set clock and a store of their own for each test.

mod bad_input;
mod counts;
mod damage;
mod receipts;
mod search;
mod strangers;
mod versions;
mod world;
