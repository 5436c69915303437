//! A command that is cut short anywhere leaves the old tree or the new one, whole: cut by a kill, by
//! a power cut, or by a host that fails; and a log that does not belong to the image is never applied.

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

mod commands;
mod cuts;
mod failures;
mod processes;
mod strangers;
mod view;
