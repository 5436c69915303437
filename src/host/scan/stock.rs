//! What a regular file holds: its length, its holes, and by what it is known again.
//!
//! No file is opened to find that out unless it has fewer sectors than its length needs, as `cp`
//! decides: a file of 5000 bytes in 16 sectors has no holes. A file is the one that was scanned,
//! and as it was, if device, inode number, length and both times of change are the same; a number
//! made of those is kept.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::fs::FsError;
use crate::host::error::HostError;
use crate::host::extents;
use crate::host::source::Sparse;

/// The smallest blocks that images have: less cannot be a hole.
const BLOCK_BYTES: u64 = 1024;

/// What is wrong with something in the tree, before it is known what it is called.
#[derive(Debug)]
pub enum Wrong {
    Open(Errno),
    Read(io::Error),
    /// It is not what it was, or no longer there.
    Changed,
    /// An inventory cannot hold it.
    Unfit(FsError),
}

impl Wrong {
    /// What it means that something cannot be opened which was there before.
    pub fn of_opening(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO | Errno::NODEV => {
                Self::Changed
            }
            _ => Self::Open(errno),
        }
    }

    /// The error about what is called `name`.
    pub fn about(self, name: String) -> HostError {
        match self {
            Self::Open(errno) => HostError::Open { name, source: errno.into() },
            Self::Read(error) => HostError::of_reading(&name, error),
            Self::Changed => HostError::Changed { name },
            Self::Unfit(source) => HostError::Unfit { name, source },
        }
    }
}

/// A number by which the file is known again, and the state that it is in.
pub fn fingerprint(stat: &Stat) -> u64 {
    let mut hasher = DefaultHasher::new();
    (stat.st_dev, stat.st_ino, stat.st_size).hash(&mut hasher);
    (stat.st_mtime, stat.st_mtime_nsec).hash(&mut hasher);
    (stat.st_ctime, stat.st_ctime_nsec).hash(&mut hasher);
    hasher.finish()
}

/// A length.
pub fn len_bytes(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Opens a file to read it, which is to be a regular one: nothing else is waited for.
pub fn open(dir: impl AsFd, name: impl Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    openat(dir, name, flags | OFlags::NOCTTY | OFlags::NONBLOCK, Mode::empty())
}

/// Whether a file has fewer sectors than its length needs.
fn has_holes(stat: &Stat) -> bool {
    let sectors = u64::try_from(stat.st_blocks).unwrap_or(0);
    sectors.saturating_mul(512) < len_bytes(stat)
}

/// Whether the file has to be opened to know which of its bytes are no hole.
pub fn must_be_opened(stat: &Stat, sparse: Sparse) -> bool {
    match sparse {
        Sparse::Never => false,
        Sparse::Auto => has_holes(stat),
        Sparse::Always => stat.st_size > 0,
    }
}

/// Which bytes of a file are no hole.
pub fn data(
    dir: impl AsFd,
    name: impl Arg,
    stat: &Stat,
    sparse: Sparse,
) -> Result<Box<[Range<u64>]>, Wrong> {
    let file = File::from(open(dir, name).map_err(Wrong::of_opening)?);
    let unchanged = || match fstat(&file) {
        Ok(now) if is_same(&now, fingerprint(stat)) => Ok(()),
        Ok(_) => Err(Wrong::Changed),
        Err(errno) => Err(Wrong::Read(errno.into())),
    };
    unchanged()?;
    let whole = 0..len_bytes(stat);
    let mut ranges = if has_holes(stat) {
        extents::of_file(&file, &whole).map_err(Wrong::Read)?
    } else {
        Vec::from([whole])
    };
    if sparse == Sparse::Always {
        ranges = extents::rounded(&ranges, BLOCK_BYTES, len_bytes(stat));
        let read_at = |at, buf: &mut [u8]| file.read_exact_at(buf, at);
        ranges = extents::without_zeros(&ranges, BLOCK_BYTES, read_at).map_err(Wrong::Read)?;
    }
    // What was cut off while the host was asked must not pass for a hole.
    unchanged()?;
    Ok(ranges.into_boxed_slice())
}

/// Whether a file is a regular one, and that of a fingerprint.
pub fn is_same(stat: &Stat, origin: u64) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_file() && fingerprint(stat) == origin
}
