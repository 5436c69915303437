//! What is taken out of an image is what the kernel shows in it, and nothing else is touched.
//!
//! One test binary, because linking one costs more than running it:
//!
//! ```text
//! editor      edits of an image's bytes that no tool would make
//! sandbox     a destination with neighbours that nothing may touch
//! shapes      images with a thing of every kind, under several layouts
//! comparing   the comparison of trees finds what differs
//! same        what comes out is what `cp -a` makes of the mounted image
//! archives    so does what GNU tar and Python make of the tar stream
//! ordinary    all that an ordinary user can take out comes out
//! host_trouble hosts that fail, runs that are ended
//! hostile_*   names and trees made to do harm
//! planted     links and pipes that stand in the destination beforehand
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

mod archives;
mod comparing;
mod editor;
mod host_trouble;
mod hostile_names;
mod hostile_trees;
mod ordinary;
mod planted;
mod same;
mod sandbox;
mod shapes;
