//! The operations of the archive, with a set clock and a store of their own for each test.

mod bad_input;
mod damage;
mod versions;
mod world;
