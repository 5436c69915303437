//! Commands that change an image: what they share.
//!
//! Each is a [`Change`] that is applied to an [`Edit`], the image's transaction; `batch` applies many
//! to one. Whatever fails, nothing is committed: a failure that is about a path is told, and the
//! others are looked at too, so that all that is wrong is said at once.
//!
//! ```text
//! run      open the target, apply the change, commit
//!  ├─ target   the image, locked; or a copy of it that will be NEW
//!  ├─ session  the transaction, and what changes ask of it: names of users, sources
//!  │   ├─ place    where paths lead, and where they would
//!  │   ├─ walk     all that is below a directory
//!  │   └─ trees    a directory or an archive as a whole
//!  └─ tell     what changed, where it was asked for
//! ```

mod place;
mod session;
mod target;
mod tell;
mod trees;
mod walk;
mod xattrs;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::Args;

pub use place::{Named, Place, join, place_in};
pub use session::{Edit, time_of};
pub use target::{image_warning, open_for_recovery};
pub use trees::Wanted;

use super::args::{GlobalArgs, StatsForm, When};
use super::exit::{Failure, Report};
use super::stats;
use crate::device::IoCounts;
use target::Target;

/// What symbolic modes that name nobody are masked by: not the host's umask, so that an image is the
/// same whoever makes it.
pub const UMASK: u16 = 0o022;

/// What a command does to an image.
pub trait Change {
    /// Does it, in the transaction. Failures that are about a path are
    /// [told](Edit::failure), and the rest is tried.
    ///
    /// # Errors
    /// What makes it senseless to go on.
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure>;
}

/// A command that changes an image.
#[derive(Debug, Args)]
pub struct Editing<C: Args> {
    /// The image: a file or a block device, or IMG@@OFFSET where the filesystem begins at OFFSET
    /// bytes (suffixes s, K, M, G, T)
    #[arg(value_name = "IMG")]
    image: OsString,

    #[command(flatten)]
    change: C,

    #[command(flatten)]
    options: EditArgs,
}

/// Options of all commands that change an image.
#[derive(Debug, Args)]
#[command(next_help_heading = "Commit options")]
pub struct EditArgs {
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Work on a copy of the image, NEW, that is there whole or not at all; IMG stays as it is
    #[arg(long, value_name = "NEW")]
    pub output: Option<PathBuf>,

    /// Do not wait for the disk: a kill does no harm, a power cut may
    #[arg(long)]
    pub no_sync: bool,

    /// Write to a filesystem that is marked as having errors, or was not unmounted
    #[arg(long)]
    pub force: bool,

    /// Tell on standard error how the data was written: bios, merges, fallbacks, calls
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    pub stats: Option<StatsForm>,

    /// Show a progress bar on standard error, where that is a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
}

impl<C: Args + Change> Editing<C> {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        &self.image
    }

    /// Changes the image.
    pub fn run(&self, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
        let target = Target::open(&self.image, &self.options, global, report)?;
        let mut edit = Edit::begin(&target, &self.options, global, report)?;
        self.change.apply(&mut edit)?;
        if let Some(stats) = edit.finish(&target, &self.options)? {
            // What was read on the way is little; what was written is what the data took.
            let counts = target.counts();
            let counts = IoCounts {
                calls: counts.writes,
                bytes: counts.written_bytes,
                largest_bytes: counts.largest_write_bytes,
                ..counts
            };
            target.publish(&self.options)?;
            if let Some(form) = self.options.stats {
                stats::print(stats, counts, form);
            }
        }
        Ok(())
    }
}
