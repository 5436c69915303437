//! Entries of a pax tar stream, as bytes.
//!
//! What comes before the data of an entry is encoded here; the data itself, and
//! [`padding_of`] its length, the caller writes behind it, from wherever it lies:
//!
//! ```
//! use mpimg::host::archive::{Entry, Kind, append_end, append_entry, padding_of};
//!
//! let mut out = Vec::new();
//! let entry = Entry::new(b"etc/motd", Kind::File { len_bytes: 6 });
//! let stored_bytes = append_entry(&mut out, &entry)?;
//! out.extend_from_slice(b"hello\n");
//! out.resize(out.len() + padding_of(stored_bytes), 0);
//! let written_bytes = out.len() as u64;
//! append_end(&mut out, written_bytes);
//! assert_eq!(out.len(), 10240);
//! # Ok::<(), mpimg::host::archive::ArchiveError>(())
//! ```
//!
//! An entry is a ustar header. What its fields cannot hold is in a pax extended header in front of it
//! ([`pax`]); where the holes of a sparse file are is in a map in front of its data ([`sparse`]).
//! The same entry always has the same bytes: there are no names of users, no process numbers, no
//! times but that of the entry.

mod acl;
mod error;
mod header;
mod pax;
mod sparse;

pub use error::ArchiveError;
pub use header::append_entry;

use std::ops::Range;

/// The unit of which an archive is made.
pub const BLOCK_BYTES: u64 = 512;
/// What tar writes at once; an archive is padded to it.
const RECORD_BYTES: u64 = 20 * BLOCK_BYTES;

/// What an archive says of a file, and of where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its name as it stands in the archive; that of a directory ends in `/`.
    pub path: &'a [u8],
    /// What it is.
    pub kind: Kind<'a>,
    /// Permissions, set-id and sticky bits.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When its data last changed: seconds since 1970, nanoseconds.
    pub mtime: (i64, u32),
    /// Extended attributes, as the host's calls have them.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
}

impl<'a> Entry<'a> {
    /// An entry that nobody may read, of root, of 1970.
    #[must_use]
    pub fn new(path: &'a [u8], kind: Kind<'a>) -> Self {
        Self { path, kind, mode: 0, uid: 0, gid: 0, mtime: (0, 0), xattrs: &[] }
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    /// A file, all of whose bytes follow.
    File {
        /// How many they are.
        len_bytes: u64,
    },
    /// A file of which only what is no hole follows, one range right behind the other.
    SparseFile {
        /// Its length.
        len_bytes: u64,
        /// What is no hole, in order. Ranges begin at multiples of [`BLOCK_BYTES`], and end there or
        /// with the file.
        data: &'a [Range<u64>],
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// What it says.
        target: &'a [u8],
    },
    /// One more name of a file that is in the archive.
    HardLink {
        /// The name that it has there.
        target: &'a [u8],
    },
    /// A character device.
    CharDevice {
        /// The driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// The driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

/// Zeros that follow data of that length.
#[must_use]
pub fn padding_of(len_bytes: u64) -> usize {
    to_multiple_of(BLOCK_BYTES, len_bytes)
}

/// Ends an archive of `written_bytes` so far: two blocks of zeros, and what is missing to the
/// record that tar reads at once.
pub fn append_end(out: &mut Vec<u8>, written_bytes: u64) {
    let end = BLOCK_BYTES.saturating_mul(2);
    let padding = to_multiple_of(RECORD_BYTES, written_bytes.saturating_add(end));
    let zeros = usize::try_from(end).unwrap_or_default().saturating_add(padding);
    out.resize(out.len().saturating_add(zeros), 0);
}

/// What is missing from a length to the next multiple of a unit.
fn to_multiple_of(unit: u64, len_bytes: u64) -> usize {
    let over = len_bytes.checked_rem(unit).unwrap_or(0);
    let missing = if over == 0 { 0 } else { unit.saturating_sub(over) };
    usize::try_from(missing).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_padded_to_blocks_and_an_archive_to_records() {
        for (len, want) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511), (u64::MAX, 1)] {
            assert_eq!(padding_of(len), want, "{len}");
        }
        for (written, want) in [(0, 10240), (512, 9728), (9216, 1024), (9728, 10752)] {
            let mut out = Vec::new();
            append_end(&mut out, written);
            assert_eq!(out.len(), want, "{written}");
            assert!(out.iter().all(|byte| *byte == 0));
        }
    }
}
