//! Signatures of national documents and of submissions: checked and made.

mod attacks;
mod corpora;
mod detached;
mod oracle;
mod trust;
mod world;
