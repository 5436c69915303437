//! How an image can contradict itself or the format: each way names the object, its number and the
//! value found. `inode 12: i_size is 5, want no more than a block map holds` is
//! [`Corrupt::Inode`].

use super::Ino;
use crate::mpage::{FileBlock, FsBlock};

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
    /// A directory has a name that no directory may have.
    #[error("directory {ino}: the name \"{name}\", {why}, is refused")]
    DirName {
        /// The directory's inode.
        ino: Ino,
        /// The name, escaped.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More names that no directory may have.
    #[error("directory {ino}: {count} more names are refused")]
    DirNames {
        /// The directory's inode.
        ino: Ino,
        /// How many.
        count: u64,
    },
    /// A symbolic link leads to what cannot be a path.
    #[error("inode {ino}: the target of the symbolic link has a NUL")]
    LinkTarget {
        /// The link's inode.
        ino: Ino,
    },
    /// A directory lies deeper than anyone needs.
    #[error("directory {ino} lies below {limit} others")]
    TooDeep {
        /// The directory's inode.
        ino: Ino,
        /// How many may lie above it.
        limit: usize,
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
    /// Files have more data together than the filesystem has blocks: some share theirs.
    #[error(
        "up to inode {ino}, files have more data than the filesystem has blocks ({limit_bytes} bytes): some share them, and no more is read"
    )]
    SharedData {
        /// The inode with which it was too much.
        ino: Ino,
        /// What all blocks hold.
        limit_bytes: u64,
    },
    /// More names than inodes: some inode that claims one name has many.
    #[error(
        "more names of inodes with one link than the filesystem has inodes ({limit}): the walk ends here"
    )]
    SharedInodes {
        /// The number of inodes.
        limit: u64,
    },
    /// A bitmap contradicts what is known of the blocks or inodes of its group.
    #[error("group {group}: {bitmap}: {what} {number} is {state}")]
    Bitmap {
        /// The group.
        group: u32,
        /// Which of its bitmaps.
        bitmap: &'static str,
        /// `block` or `inode`.
        what: &'static str,
        /// Its number.
        number: u64,
        /// What the bitmap says of it, against better knowledge.
        state: &'static str,
    },
    /// A block of a file that has data to be written has no place.
    #[error("file block {file_block} has no place on the disk")]
    NoPlace {
        /// The block.
        file_block: FileBlock,
    },
    /// A count contradicts what it counts.
    #[error("{object}: {field} is {value}, {want}")]
    Count {
        /// What has the count.
        object: &'static str,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
    },
    /// A count of a group contradicts what it counts.
    #[error("group {group}: {field} is {value}, {want}")]
    GroupCount {
        /// The group.
        group: u32,
        /// The field's on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        want: &'static str,
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
