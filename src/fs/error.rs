//! What can go wrong on the fs floor, in three families: the caller's mistake, unsupported,
//! corrupt. A fourth passes on what the device said.
//!
//! Each message names the object, its number and the value found; it does not name the image or
//! the path, which whoever prints it puts in front.

use super::Ino;
pub use super::caller::CallerError;
pub use super::corrupt::{Corrupt, XattrPlace};
use super::features::FeatureSet;
use crate::device::DeviceError;
use crate::device::log::CommitError;
use crate::mpage::MapError;

/// A result of the fs floor.
pub type Result<T> = std::result::Result<T, FsError>;

/// Why the fs floor could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum FsError {
    /// The caller's mistake: what was named is not there, or is not what it has to be.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The image is in order for all that is known, but is not for us.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The image contradicts itself or the format.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// The image has no room for what was asked.
    #[error(transparent)]
    Full(#[from] Full),
    /// A change could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Data for a file could not be had.
    #[error("cannot read what is to be written: {0}")]
    Content(#[source] std::io::Error),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The host has no memory for a window.
    #[error("no memory: {0}")]
    Memory(#[source] std::io::Error),
}

/// The image has no room for what was asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Full {
    /// Not enough blocks are free.
    #[error("no space: {need_blocks} blocks are needed, {free_blocks} are free")]
    Blocks {
        /// How many are needed, indirect ones included.
        need_blocks: u64,
        /// How many are free; those that the same command freed do not count.
        free_blocks: u64,
    },
    /// No inode is free.
    #[error("no inodes: all {inodes} are in use")]
    Inodes {
        /// How many the filesystem has.
        inodes: u32,
    },
    /// Some are free, but fewer than a tree takes.
    #[error("no inodes: {need_inodes} are needed, {free_inodes} are free")]
    TooFewInodes {
        /// How many are needed.
        need_inodes: u64,
        /// How many are free.
        free_inodes: u64,
    },
}

/// The image is in order for all that is known, but is not for us.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unsupported {
    /// No superblock, nor a backup of one, was found.
    #[error("not an ext2 filesystem (magic {magic:#06x} at byte {offset_bytes}, want 0xef53)")]
    NotExt2 {
        /// What stands where the magic belongs.
        magic: u16,
        /// Where it belongs.
        offset_bytes: u64,
    },
    /// The image is too short to hold a superblock.
    #[error("not an ext2 filesystem ({size_bytes} bytes hold no superblock)")]
    TooSmall {
        /// The image's size.
        size_bytes: u64,
    },
    /// The journal holds what has not reached the filesystem yet.
    #[error("the journal needs recovery; let e2fsck or a mount replay it first")]
    NeedsRecovery,
    /// Incompatible features.
    #[error("unsupported feature: {0}")]
    Features(FeatureSet),
    /// Features with which it can be read, but not written.
    #[error("unsupported feature for writing: {0}")]
    WritingFeatures(FeatureSet),
    /// Errors were found in it, which whoever writes could make worse.
    #[error("the filesystem is marked as having errors; let e2fsck repair it, or use --force")]
    HasErrors,
    /// It was not unmounted, or is mounted now.
    #[error("the filesystem was not cleanly unmounted; let e2fsck check it, or use --force")]
    NotClean,
    /// Files that were deleted while they were open wait to be freed.
    #[error("inode {0} waits to be deleted; let e2fsck do it, or use --force")]
    Orphans(Ino),
    /// A file has more holes than a list of them may have, and too much between them.
    #[error("inode {0} has too many holes for an archive")]
    TooManyHoles(Ino),
    /// Only a backup of the superblock can be read.
    #[error("the primary superblock is damaged; let e2fsck repair it before writing")]
    BackupSuperblock,
    /// More than block numbers of 32 bits and the format's tools can handle.
    #[error("the filesystem has {size_bytes} bytes, more than 16 TiB: it can be read, not written")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// A revision of the format after the ones known.
    #[error("unsupported revision {0} of the format")]
    Revision(u32),
    /// An inode uses a format that its filesystem does not declare.
    #[error("inode {ino} uses an unsupported format: {what}")]
    InodeFormat {
        /// The inode.
        ino: Ino,
        /// Which format.
        what: &'static str,
    },
}

impl FsError {
    /// A name for the error that scripts can rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Caller(e) => match e {
                CallerError::NotFound => "not_found",
                CallerError::NotADirectory => "not_a_directory",
                CallerError::IsADirectory | CallerError::OverwritesDirectory => "is_a_directory",
                CallerError::OverwritesNonDirectory => "not_a_directory",
                CallerError::NotRegular(_) => "not_a_regular_file",
                CallerError::NotASymlink => "not_a_symlink",
                CallerError::TooManySymlinks { .. } | CallerError::SymlinksTooLong { .. } => {
                    "too_many_symlinks"
                }
                CallerError::NoSuchInode { .. } => "no_such_inode",
                CallerError::ReservedInode { .. } => "reserved_inode",
                CallerError::Immutable { .. } => "immutable",
                CallerError::AppendOnly { .. } => "append_only",
                CallerError::XattrName { .. } => "bad_xattr_name",
                CallerError::XattrSpace { .. } => "no_xattr_space",
                CallerError::NameTooLong { .. } => "name_too_long",
                CallerError::BadName { .. } => "bad_name",
                CallerError::NoSuperblockThere { .. } => "no_superblock",
                CallerError::Exists => "exists",
                CallerError::NotEmpty => "not_empty",
                CallerError::IsRoot => "is_root",
                CallerError::LinkToDirectory => "is_a_directory",
                CallerError::TooManyLinks { .. } => "too_many_links",
                CallerError::FileTooLarge { .. } => "file_too_large",
                CallerError::IntoItself => "into_itself",
                CallerError::BadTarget { .. } => "bad_target",
                CallerError::TimeOutside { .. } => "time_outside",
                CallerError::BadDeviceNumber { .. } => "bad_device_number",
            },
            Self::Unsupported(e) => match e {
                Unsupported::NotExt2 { .. } | Unsupported::TooSmall { .. } => "not_ext2",
                Unsupported::NeedsRecovery => "needs_recovery",
                Unsupported::Features(_) | Unsupported::WritingFeatures(_) => "unsupported_feature",
                Unsupported::HasErrors => "has_errors",
                Unsupported::NotClean => "not_clean",
                Unsupported::Orphans(_) => "orphans",
                Unsupported::BackupSuperblock => "backup_superblock",
                Unsupported::TooLarge { .. } => "too_large",
                Unsupported::Revision(_) => "unsupported_revision",
                Unsupported::InodeFormat { .. } => "unsupported_inode",
                Unsupported::TooManyHoles(_) => "too_many_holes",
            },
            Self::Corrupt(_) => "corrupt",
            Self::Full(Full::Blocks { .. }) => "no_space",
            Self::Full(Full::Inodes { .. } | Full::TooFewInodes { .. }) => "no_inodes",
            Self::Commit(CommitError::Unfinished { .. } | CommitError::Undecided { .. }) => {
                "commit_unfinished"
            }
            Self::Commit(_) => "host_io",
            Self::Content(_) => "source",
            Self::Device(error) => error.code(),
            Self::Memory(_) => "no_memory",
        }
    }
}

impl MapError for FsError {
    /// Every reason for which a block cannot be mapped is `EIO` to the algorithm.
    fn errno(&self) -> i32 {
        -5
    }
}
