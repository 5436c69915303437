//! Random changes against a model in memory, and the promises of the layout.
//!
//! Every run is a seed: what it does, it does again. A run that fails prints its seed, is made
//! shorter by leaving out transactions, and prints what is left.
//!
//! `MPIMG_MODEL_STEPS` changes how many operations all runs make together, `MPIMG_MODEL_SEED` with
//! which numbers.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "../support/mod.rs"]
mod support;

mod bits;
mod compare;
mod content;
mod generate;
mod layout;
mod model;
mod mutants;
mod operation;
#[path = "../walk/readers.rs"]
#[allow(dead_code)]
mod readers;
mod refusals;
mod run;
mod variants;
