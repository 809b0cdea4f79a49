//! The operations of the archive, with a set clock and a store of their own for each test.

mod access;
mod bad_input;
mod corpora;
mod counts;
mod crash;
mod damage;
mod differential;
mod disclosing;
mod full_disk;
mod guardians;
mod joint_cases;
mod mandates;
mod national;
mod national_mutations;
mod obligations;
mod oversight;
mod persons;
mod plan;
mod receipts;
mod relationships;
mod rights;
mod roads;
mod search;
#[path = "../../../varanto-domain/tests/second_statement.rs"]
mod second_statement;
mod signatures;
mod story;
mod strangers;
mod structures;
mod summary;
mod users;
mod versions;
mod views;
mod whereabouts;
mod wills;
mod world;
