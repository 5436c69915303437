//! What `create` promises of the images that it makes.
//!
//! One test binary, because linking one costs more than running it:
//!
//! ```text
//! making        images made by `create`, for the other modules
//! trees         host trees, and who puts them into images
//! like_mke2fs   an empty filesystem is the one that mke2fs makes
//! tools         e2fsprogs and the kernel take the images, change them, and find nothing wrong
//! same          four readers see the tree that an image was made of, and make the image again
//! sizes         auto is the smallest size
//! reproducible  the same tree gives the same image
//! refusals      what is refused, and what is interrupted
//! rootfs        a root filesystem in and out, as an ordinary user
//! layout        where things lie, and in how many calls they are written
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

mod layout;
mod like_mke2fs;
mod making;
mod refusals;
mod reproducible;
mod rootfs;
mod same;
mod sizes;
mod tools;
mod trees;
