//! What can go wrong on the fs floor, in three families: the caller's mistake, unsupported,
//! corrupt. A fourth passes on what the device said.
//!
//! Each message names the object, its number and the value found; it does not name the image or
//! the path, which whoever prints it puts in front.

use super::features::FeatureSet;
use super::{FileType, Ino};
use crate::device::DeviceError;
use crate::mpage::{FileBlock, FsBlock, MapError};

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
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The host has no memory for a window.
    #[error("no memory: {0}")]
    Memory(#[source] std::io::Error),
}

/// What was named is not there, or is not what it has to be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CallerError {
    /// A component of the path does not exist.
    #[error("no such file or directory")]
    NotFound,
    /// A component that has to be a directory is something else.
    #[error("not a directory")]
    NotADirectory,
    /// A directory stands where a file has to be.
    #[error("is a directory")]
    IsADirectory,
    /// Something that holds no data stands where a regular file has to be.
    #[error("not a regular file, but a {0}")]
    NotRegular(FileType),
    /// Something else stands where a symlink has to be.
    #[error("not a symbolic link")]
    NotASymlink,
    /// Symlinks lead to symlinks without end.
    #[error("too many levels of symbolic links (more than {limit})")]
    TooManySymlinks {
        /// How many are followed.
        limit: u32,
    },
    /// The symlinks of a path name more components than anyone needs.
    #[error("symbolic links name too many directories (more than {limit})")]
    SymlinksTooLong {
        /// How many components are followed.
        limit: usize,
    },
    /// An inode number that the filesystem does not have, or that is free.
    #[error("no such inode: {ino} ({why})")]
    NoSuchInode {
        /// The number asked for.
        ino: u64,
        /// Why there is none.
        why: &'static str,
    },
    /// A name that no extended attribute can have.
    #[error("extended attribute {name}: not a possible name ({why})")]
    XattrName {
        /// The name, with escapes for what is not ASCII.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Extended attributes that an inode and a block cannot hold.
    #[error(
        "no space for extended attributes: they take {needed_bytes} bytes, the inode has \
         {inode_bytes} and a block {block_bytes}"
    )]
    XattrSpace {
        /// What all of them take.
        needed_bytes: usize,
        /// What the inode has for them.
        inode_bytes: usize,
        /// What a block has.
        block_bytes: usize,
    },
    /// A name for a directory entry that is longer than 255 bytes.
    #[error("file name too long ({len_bytes} bytes, of {limit_bytes} at most)")]
    NameTooLong {
        /// The name's length.
        len_bytes: usize,
        /// The longest that an entry holds.
        limit_bytes: usize,
    },
    /// A name that no directory entry may have.
    #[error("not a file name: {why}")]
    BadName {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A superblock asked for by number lies where none can.
    #[error("no superblock at block {block}")]
    NoSuperblockThere {
        /// The block asked for.
        block: u64,
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

/// The image contradicts itself or the format.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Corrupt {
    /// A field of the superblock has a value that the format does not allow.
    #[error("superblock at byte {offset_bytes}: {field} is {value}, {want}")]
    Superblock {
        /// Where the superblock lies.
        offset_bytes: u64,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
    },
    /// A group descriptor points outside the filesystem.
    #[error("group {group}: {field} is {value}, outside of blocks {first}..{end}")]
    GroupDescriptor {
        /// The group.
        group: u32,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The first block it may name.
        first: u64,
        /// The block after the last it may name.
        end: u64,
    },
    /// Metadata that points to a block that the filesystem does not have.
    #[error("{object} names block {block}, outside of blocks {first}..{end}")]
    BlockOutside {
        /// What names it.
        object: &'static str,
        /// The block named.
        block: FsBlock,
        /// The first block that may be named.
        first: u64,
        /// The block after the last that may be named.
        end: u64,
    },
    /// A file's block map points to a block that the filesystem does not have.
    #[error(
        "inode {ino}: file block {file_block} (level {level}) maps to block {block}, outside of blocks {first}..{end}"
    )]
    BlockMap {
        /// The inode.
        ino: Ino,
        /// The file block.
        file_block: FileBlock,
        /// 0 for data, 1 to 3 for an indirect block of that level.
        level: u32,
        /// The block named.
        block: FsBlock,
        /// The first block that may be named.
        first: u64,
        /// The block after the last that may be named.
        end: u64,
    },
    /// A field of an inode has a value that the format does not allow.
    #[error("inode {ino}: {field} is {value}, {want}")]
    Inode {
        /// The inode.
        ino: Ino,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
    },
    /// A directory entry is malformed.
    #[error("directory {ino}: entry at byte {offset_bytes}: {field} is {value}, {want}")]
    DirEntry {
        /// The directory's inode.
        ino: Ino,
        /// Where the entry begins in the directory.
        offset_bytes: u64,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
    },
    /// A directory has a hole.
    #[error("directory {ino}: block {file_block} is a hole")]
    DirHole {
        /// The directory's inode.
        ino: Ino,
        /// The block that is not there.
        file_block: FileBlock,
    },
    /// A block of a directory comes again: a small image could claim entries without end.
    #[error("directory {ino}: block {file_block} maps to block {block}, as one before it does")]
    DirBlockAgain {
        /// The directory's inode.
        ino: Ino,
        /// The file block.
        file_block: FileBlock,
        /// The block that it shares.
        block: FsBlock,
    },
    /// The index of a directory contradicts itself.
    #[error("directory {ino}: index in block {file_block}: {field} is {value}, {want}")]
    DirIndex {
        /// The directory's inode.
        ino: Ino,
        /// The directory's block.
        file_block: FileBlock,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
    },
    /// A directory is reached twice: the tree is not a tree.
    #[error("directory {ino} is linked more than once")]
    DirLoop {
        /// The directory's inode.
        ino: Ino,
    },
    /// Extended attributes that cannot be taken apart.
    #[error("inode {ino}: extended attributes in {place}: {what} ({value})")]
    Xattr {
        /// The inode.
        ino: Ino,
        /// `the inode` or `block N`.
        place: XattrPlace,
        /// What is wrong.
        what: &'static str,
        /// The value found.
        value: u64,
    },
}

/// Where extended attributes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XattrPlace {
    /// After the inode's fields.
    Inode,
    /// In a block of their own, which inodes may share.
    Block(FsBlock),
}

impl std::fmt::Display for XattrPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inode => write!(f, "the inode"),
            Self::Block(block) => write!(f, "block {block}"),
        }
    }
}

impl FsError {
    /// A name for the error that scripts can rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Caller(e) => match e {
                CallerError::NotFound => "not_found",
                CallerError::NotADirectory => "not_a_directory",
                CallerError::IsADirectory => "is_a_directory",
                CallerError::NotRegular(_) => "not_a_regular_file",
                CallerError::NotASymlink => "not_a_symlink",
                CallerError::TooManySymlinks { .. } | CallerError::SymlinksTooLong { .. } => {
                    "too_many_symlinks"
                }
                CallerError::NoSuchInode { .. } => "no_such_inode",
                CallerError::XattrName { .. } => "bad_xattr_name",
                CallerError::XattrSpace { .. } => "no_xattr_space",
                CallerError::NameTooLong { .. } => "name_too_long",
                CallerError::BadName { .. } => "bad_name",
                CallerError::NoSuperblockThere { .. } => "no_superblock",
            },
            Self::Unsupported(e) => match e {
                Unsupported::NotExt2 { .. } | Unsupported::TooSmall { .. } => "not_ext2",
                Unsupported::NeedsRecovery => "needs_recovery",
                Unsupported::Features(_) => "unsupported_feature",
                Unsupported::Revision(_) => "unsupported_revision",
                Unsupported::InodeFormat { .. } => "unsupported_inode",
            },
            Self::Corrupt(_) => "corrupt",
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
