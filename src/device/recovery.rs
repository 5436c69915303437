//! What an interrupted command left behind, met when an image is opened.
//!
//! Whoever opens an image for writing finishes the commit, or removes what is left of one that never
//! began to count; whoever opens it for reading overlays the log in memory and writes nothing.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::log::{Found, LogStore, Sidecar, Torn, examine, finish};
use super::{Access, BlockDevice, OpenError, Overlay};

/// What was found beside an image, and done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// There was no log.
    None,
    /// A commit was finished.
    Finished {
        /// Its transaction's number.
        transaction: u64,
        /// The blocks that it changed.
        count_blocks: u64,
    },
    /// The log of a commit that is not finished hides what it changes.
    Overlaid {
        /// Its transaction's number.
        transaction: u64,
        /// The blocks that it changes.
        count_blocks: u64,
    },
    /// A log that never was complete: the command that began it changed nothing.
    Torn(Torn),
    /// A log of another image was left alone.
    Foreign(&'static str),
    /// A log that the image has left behind was left alone.
    Stale {
        /// The first byte of the first block that is neither as it was nor as it was to be.
        offset_bytes: u64,
    },
}

/// Where the log of an image is: at `named`, or beside the image. A block device has none beside
/// it, for what lies in `/dev` does not outlive the machine.
pub(super) fn sidecar(
    image: &Path,
    named: Option<&Path>,
    is_file: bool,
) -> Result<Option<Sidecar>, OpenError> {
    match named {
        Some(path) if is_same_file(path, image) => Err(OpenError::Log {
            name: path.display().to_string(),
            source: io::Error::new(ErrorKind::AlreadyExists, "it is the image itself"),
        }),
        Some(path) => Ok(Some(Sidecar::at(path.to_owned()))),
        None if is_file => Sidecar::beside(image).map(Some).map_err(OpenError::CannotMeasure),
        None => Ok(None),
    }
}

/// Whether two paths lead to one file. What cannot be looked at is found out by who opens it.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

/// Deals with the log of an image; returns the image as it is to be seen.
///
/// # Errors
/// The log cannot be read or removed; a commit cannot be finished.
pub fn recover(
    image: Arc<dyn BlockDevice>,
    store: &dyn LogStore,
    access: Access,
) -> Result<(Arc<dyn BlockDevice>, Recovery), OpenError> {
    let fault = |source| OpenError::Log { name: store.name(), source };
    let record = match examine(&*image, store).map_err(fault)? {
        Found::Nothing => return Ok((image, Recovery::None)),
        Found::Torn(torn) => {
            if access == Access::Write {
                store.remove().map_err(fault)?;
            }
            return Ok((image, Recovery::Torn(torn)));
        }
        Found::Foreign(why) => return Ok((image, Recovery::Foreign(why))),
        Found::Stale { offset_bytes } => return Ok((image, Recovery::Stale { offset_bytes })),
        Found::Complete(record) => record,
    };
    let transaction = record.transaction;
    let count_blocks = record.blocks.len() as u64;
    match access {
        Access::Write => {
            finish(&*image, store, &record).map_err(OpenError::Recovery)?;
            Ok((image, Recovery::Finished { transaction, count_blocks }))
        }
        Access::Read => {
            let block_size_bytes = u64::from(record.block_size_bytes);
            let image = Arc::new(Overlay::new(image, block_size_bytes, record.after()));
            Ok((image, Recovery::Overlaid { transaction, count_blocks }))
        }
    }
}
