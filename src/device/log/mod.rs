//! The commit log: how blocks of an image change all together or not at all.
//!
//! A [`Record`] holds every block that is to change, whole. It is written to a *sidecar*, a file
//! beside the image, and synced; only then are the blocks written in place. Whenever the process is
//! killed or the power fails, what is found afterwards is one of these:
//!
//! | sidecar | image | the next command |
//! |---|---|---|
//! | none | old | goes on |
//! | incomplete | old | removes the sidecar |
//! | complete | old, new, or some of each | writes the blocks in place again, then removes it |
//! | complete, of another image | its own | leaves the image alone |
//! | complete, older than the image | newer | leaves the image alone |
//!
//! How each is told from the others is in [`format`](self::format) and [`replay`].
//!
//! For `disk.img` the sidecar is `disk.img.mpimg-log`; for a link to `disk.img`, too.

mod format;
mod replay;
mod sidecar;

pub use format::{Identity, LoggedBlock, Record, Torn};
pub use replay::{
    CommitError, Found, Syncing, WriteRun, before, check_place, commit, examine, finish, replay,
    runs, write_in_place,
};
pub use sidecar::{LogStore, Sidecar};
