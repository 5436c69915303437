//! What can go wrong on the device floor, and whose fault it is.
//!
//! [`DeviceError`] is for reading bytes, [`OpenError`] for finding them. Neither names the image:
//! whoever reports the error knows which one was asked for, and puts its path in front.
//!
//! Example: `mpimg ls disk.img` where two partitions qualify is [`OpenError::Ambiguous`], whose
//! [`family`](OpenError::family) is [`Family::Usage`] and which reads
//!
//! ```text
//! 2 partitions hold a filesystem, name one:
//!   --partition 1  start 1048576 bytes, size 8388608 bytes, type 0x83
//!   --partition 5  start 10485760 bytes, size 8388608 bytes, type 0x83
//! ```

use std::fmt;
use std::io;
use std::time::Duration;

use rustix::io::Errno;

use super::partition::{Partition, TableError};

/// A result of the device floor.
pub type Result<T> = std::result::Result<T, DeviceError>;

/// Whose fault an error is; the command line makes its exit code of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The caller named a path that cannot be processed: missing, forbidden, a directory.
    Path,
    /// The caller asked for something that makes no sense of this image.
    Usage,
    /// The image contradicts itself, or ends too early.
    Corrupt,
    /// The image may be sound, but this is not something that can be done with it.
    Unsupported,
    /// Somebody else is using the image.
    Busy,
    /// The host failed.
    HostIo,
}

/// Why a device could not do what it was asked; names the bytes it is about, which are those of
/// the image file also where the device is a window of it.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The image ends before the range does: it is truncated, or a block number is wrong.
    #[error(
        "{len_bytes} bytes at byte {offset_bytes} reach past the image's end at byte {size_bytes}"
    )]
    PastEnd {
        /// Where the range begins.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// Where the device ends: its size, where it begins at byte 0 of the image.
        size_bytes: u64,
    },
    /// The host could not read the range.
    #[error("cannot read {len_bytes} bytes at byte {offset_bytes}: {source}")]
    Io {
        /// Where the range begins.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// What the host said.
        source: io::Error,
    },
    /// The host could not write the range.
    #[error("cannot write {len_bytes} bytes at byte {offset_bytes}: {source}")]
    Write {
        /// Where the range begins.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// What the host said.
        source: io::Error,
    },
    /// The host could not tell that what was written is safe.
    #[error("cannot sync: {source}")]
    Sync {
        /// What the host said.
        source: io::Error,
    },
}

impl DeviceError {
    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::PastEnd { .. } => Family::Corrupt,
            Self::Io { .. } | Self::Write { .. } | Self::Sync { .. } => Family::HostIo,
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PastEnd { .. } => "past_end",
            Self::Io { .. } | Self::Write { .. } | Self::Sync { .. } => "host_io",
        }
    }
}

/// Why an image could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What follows `@@` is no offset.
    #[error("offset '{text}': {reason} (BYTES, or a number with s, K, M, G or T)")]
    BadOffset {
        /// What follows `@@`.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The offset leaves nothing of the image.
    #[error("offset {offset_bytes} does not lie in the image, which has {size_bytes} bytes")]
    OffsetPastEnd {
        /// The offset.
        offset_bytes: u64,
        /// The image's size.
        size_bytes: u64,
    },
    /// The host would not open the path.
    #[error("{0}")]
    CannotOpen(#[source] io::Error),
    /// The host would not let us write to what the path leads to.
    #[error("cannot open for writing: {0}")]
    CannotOpenForWriting(#[source] io::Error),
    /// The path leads to something that has no bytes at offsets.
    #[error("is a {0}, not an image file or a block device")]
    NotAnImage(&'static str),
    /// The host would not say what was opened, or how large it is.
    #[error("cannot tell its size: {0}")]
    CannotMeasure(#[source] io::Error),
    /// Another process holds a lock that excludes ours.
    #[error("is in use: another process holds a lock on it (waited {} s)", waited.as_secs_f64())]
    Busy {
        /// How long was waited for it.
        waited: Duration,
    },
    /// The kernel has it mounted.
    #[error("is mounted on {at} (by {device})")]
    Mounted {
        /// The device that is mounted, of which the image is the content.
        device: String,
        /// Where.
        at: String,
    },
    /// The image is the content of a loop device.
    #[error("is in use: it is attached to {device} (losetup -d {device} ends that)")]
    AttachedTo {
        /// The loop device.
        device: String,
    },
    /// Something has the block device for itself.
    #[error("is in use: mounted elsewhere, swap space, or part of another device")]
    Claimed,
    /// The file cannot be locked, and a writer must not go on without.
    #[error("the file cannot be locked ({0}); --no-lock writes to it all the same")]
    CannotLock(#[source] io::Error),
    /// The host failed to lock the file.
    #[error("cannot lock it: {0}")]
    LockFailed(#[source] io::Error),
    /// The log of an interrupted command cannot be dealt with, so that the image's state is unknown.
    #[error("the log {name} of an interrupted command: {source}")]
    Log {
        /// The log.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// The commit of an interrupted command cannot be finished.
    #[error(transparent)]
    Recovery(super::log::CommitError),
    /// A partition was asked for, and there is no partition table.
    #[error("there is no partition table at byte {offset_bytes}")]
    NoTable {
        /// Where one was looked for, in bytes of the image.
        offset_bytes: u64,
    },
    /// The table has no partition of that number.
    #[error("there is no partition {number}, but {}{}", count(.have), Listing(.have))]
    NoSuchPartition {
        /// The number asked for.
        number: u32,
        /// Those there are.
        have: Vec<Partition>,
    },
    /// More than one partition qualifies.
    #[error("{} partitions hold a filesystem, name one:{}", .candidates.len(), Listing(.candidates))]
    Ambiguous {
        /// Those that do.
        candidates: Vec<Partition>,
    },
    /// No partition qualifies, and one must.
    #[error("no partition holds a filesystem that can be read, of {}{}", count(.have), Listing(.have))]
    NoCandidate {
        /// Those there are.
        have: Vec<Partition>,
    },
    /// The partition only holds others.
    #[error("partition {number} is an extended partition, which only holds logical ones")]
    Extended {
        /// Its number.
        number: u32,
    },
    /// The partition ends no later than it starts.
    #[error("partition {number} at byte {start_bytes} has no bytes")]
    EmptyPartition {
        /// Its number.
        number: u32,
        /// Where it begins, in bytes of the image.
        start_bytes: u64,
    },
    /// The partition reaches past the image's end: the image is truncated.
    #[error(
        "partition {number} ({len_bytes} bytes at byte {start_bytes}) reaches past the end of the \
         image, which has {size_bytes} bytes: the image is truncated"
    )]
    PartitionPastEnd {
        /// Its number.
        number: u32,
        /// Where it begins, in bytes of the image.
        start_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// The image's size.
        size_bytes: u64,
    },
    /// The partition table is corrupt.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The bytes could not be read.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

impl OpenError {
    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::BadOffset { .. }
            | Self::OffsetPastEnd { .. }
            | Self::NoTable { .. }
            | Self::NoSuchPartition { .. }
            | Self::Ambiguous { .. }
            | Self::Extended { .. } => Family::Usage,
            Self::CannotOpen(source) if is_about_the_path(source) => Family::Path,
            Self::CannotOpenForWriting(_) | Self::NotAnImage(_) => Family::Path,
            Self::CannotOpen(_)
            | Self::CannotMeasure(_)
            | Self::LockFailed(_)
            | Self::Log { .. }
            | Self::Recovery(_) => Family::HostIo,
            Self::Busy { .. } | Self::Mounted { .. } | Self::AttachedTo { .. } | Self::Claimed => {
                Family::Busy
            }
            Self::CannotLock(_) | Self::NoCandidate { .. } => Family::Unsupported,
            Self::EmptyPartition { .. } | Self::PartitionPastEnd { .. } => Family::Corrupt,
            Self::Table(e) => e.family(),
            Self::Device(e) => e.family(),
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadOffset { .. } => "bad_offset",
            Self::OffsetPastEnd { .. } => "offset_past_end",
            Self::CannotOpen(_) | Self::CannotOpenForWriting(_) => "cannot_open",
            Self::NotAnImage(_) => "not_an_image",
            Self::CannotMeasure(_) | Self::Log { .. } => "host_io",
            Self::Recovery(_) => "commit_unfinished",
            Self::Busy { .. } => "busy",
            Self::Mounted { .. } => "mounted",
            Self::AttachedTo { .. } | Self::Claimed => "in_use",
            Self::CannotLock(_) | Self::LockFailed(_) => "cannot_lock",
            Self::NoTable { .. } => "no_partition_table",
            Self::NoSuchPartition { .. } => "no_such_partition",
            Self::Ambiguous { .. } => "partition_ambiguous",
            Self::NoCandidate { .. } => "no_partition_qualifies",
            Self::Extended { .. } => "partition_extended",
            Self::EmptyPartition { .. } => "partition_empty",
            Self::PartitionPastEnd { .. } => "partition_past_end",
            Self::Table(e) => e.code(),
            Self::Device(e) => e.code(),
        }
    }
}

/// Whether opening failed because of the path that was named, not because of the host.
pub fn is_about_the_path(error: &io::Error) -> bool {
    const PATH: [Errno; 9] = [
        Errno::NOENT,
        Errno::ACCESS,
        Errno::PERM,
        Errno::NOTDIR,
        Errno::ISDIR,
        Errno::LOOP,
        Errno::NAMETOOLONG,
        Errno::ROFS,
        Errno::TXTBSY,
    ];
    match Errno::from_io_error(error) {
        Some(errno) => PATH.contains(&errno),
        // No call was made: the path itself is unusable.
        None => true,
    }
}

/// `1 partition`, `7 partitions`.
fn count(partitions: &[Partition]) -> String {
    match partitions.len() {
        1 => "1 partition".to_owned(),
        n => format!("{n} partitions"),
    }
}

/// Partitions one a line, as the arguments that select them; a long table is cut short.
struct Listing<'a>(&'a [Partition]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 32;
        for partition in self.0.iter().take(MOST) {
            write!(f, "\n  --partition {partition}")?;
        }
        match self.0.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}
