//! The command line as a script sees it: codes, lines of errors, help, pages, hostile names.
//!
//! One test binary, because linking one costs more than running it:
//!
//! ```text
//! archive     entries of a tar stream, as others read them
//! codes       every exit code of the table, and the form of its line
//! images      what is no image, or only a part of one
//! locks       images that others hold
//! pipes       readers that go away, and outputs that are full
//! read_errors disks that cannot be read everywhere
//! shapes      maps and directories that lead to themselves
//! df du       how much there is and who has it, as coreutils say it of the mounted image
//! names       names that would act on a terminal
//! generated   completions and manual pages are those of the command line
//! help        examples and codes that the help promises
//! sum         checksums, and lists of them
//! get         what a copy out of an image does to what stands at its DEST
//! find        what find finds, and findutils' find
//! tar         archives, as GNU tar, Python and the kernel see them
//! write       commands that change an image
//! ```

// A helper that fails is a test that fails.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod archive;
mod codes;
mod df;
mod du;
mod find;
mod generated;
mod get;
mod help;
mod images;
mod locks;
mod names;
mod pipes;
mod read_errors;
mod shapes;
mod sum;
mod tar;
mod write;

use std::path::{Path, PathBuf};

/// The image that the README tries mpimg on.
fn sample() -> String {
    path_text(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/sample.img"))
}

/// A path that is text.
fn path_text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// Runs `mpimg` and fails unless it ends with `code` and says exactly `stderr`.
#[track_caller]
fn expect(args: &[&str], code: i32, stderr: &str) -> String {
    let ran = support::process::run(args);
    assert_eq!(ran.stderr, stderr, "{args:?}");
    assert_eq!(ran.code, Some(code), "{args:?}");
    ran.text()
}
