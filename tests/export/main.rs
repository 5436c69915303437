//! What is taken out of an image is what the kernel shows in it, and nothing else is touched.
//!
//! One test binary, because linking one costs more than running it:
//!
//! ```text
//! shapes      images with a thing of every kind, under several layouts
//! comparing   the comparison of trees finds what differs
//! same        what comes out is what `cp -a` makes of the mounted image
//! ```

// A helper that fails is a test that fails.
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

mod comparing;
mod same;
mod shapes;
