//! What the integration tests and the benches stand on: external tools, images and their content.
//!
//! Each test binary compiles this module by itself and uses a part of it.
//!
//! ```ignore
//! mod support;
//! use support::{content, image::Image};
//!
//! let image = Image::new(1024, 1 << 20, &[]);
//! image.write_bytes("/hello", &content::bytes(1, 5000));
//! image.fsck();
//! ```

// No test binary uses all of it, so what one leaves out is not dead; and a helper that fails is a
// test that fails, where clippy's allowances for `#[test]` functions do not reach.
#![allow(
    dead_code,
    unused_imports,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod command;
pub mod content;
pub mod crash;
pub mod disk;
pub mod fragment;
pub mod gallery;
pub mod image;
pub mod loopmount;
pub mod metadata;

pub mod mutate;
pub mod nodes;
pub mod odd;
pub mod prng;
pub mod process;
pub mod same_tree;
pub mod scratch;
pub mod shapes;
mod skip;
pub mod sparse;
pub mod tools;
pub mod tree;
pub mod xattr;

pub use skip::skipped;
