//! Directories are written so that whoever reads them finds what was put in: against a model, against
//! a walker that shares no code with the writer, and against e2fsprogs.

// A helper that fails is a test that fails, where clippy's allowances for `#[test]` functions do
// not reach.
#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../support/mod.rs"]
mod support;

mod corrupt;
mod growth;
mod memory;
mod model;
mod tools;
mod walker;
