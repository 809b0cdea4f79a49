//! Documents, versions, and how their integrity is proven.

pub mod proof;
