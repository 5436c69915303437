//! Trees that are put onto images: what comes out is what a model says, on images of all kinds.

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

mod kinds;
mod merging;
mod model;
mod put;
mod random;
#[path = "../walk/readers.rs"]
#[allow(dead_code)]
mod readers;
mod refusals;
mod source;
