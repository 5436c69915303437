//! mpimg reads what is there: compared with what was put in, with the kernel, with `debugfs` and
//! with ext4-view, over every image that the toolkit makes.
//!
//! One binary, so that its modules share the images.

// A helper that fails is a test that fails, where clippy's allowances for `#[test]` functions do
// not reach.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../support/mod.rs"]
mod support;

mod backup;
mod files;
mod layout;
mod listing;
mod partition;
mod paths;
mod plan_write;
mod readers;
mod refusal;
mod schema;
mod tree;
