//! Trees that are put into images: what `create`, `put -r` and `untar` have in common.
//!
//! ```text
//! args     what is asked for, as options
//! source   a directory, an archive or standard input
//! names    users and groups of the tree's own tables, for owners that are named
//! load     the tree: taken stock of, its owners and times as asked for, its manifest applied
//! ```
//!
//! `--from tree --owner web --manifest dev.txt` takes stock of `tree`, looks `web` up in
//! `tree/etc/passwd`, and makes the devices of `dev.txt`, before anything is written.

mod args;
mod load;
mod names;
mod source;

pub use args::{ArchiveArgs, ImportArgs, MANIFEST_HELP, OwnerArgs, TreeArgs};
pub use load::{Import, Loaded};
pub use source::SourceArg;
