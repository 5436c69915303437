//! The caller's mistakes: what was named is not there, is there already, or cannot be that.

use super::{FileType, Ino};

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
    /// A directory stands where a tree has something else.
    #[error("cannot overwrite directory with non-directory")]
    OverwritesDirectory,
    /// Something else stands where a tree has a directory.
    #[error("cannot overwrite non-directory with directory")]
    OverwritesNonDirectory,
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
    /// An inode that is no file: the journal, or what is kept for growth.
    #[error("inode {ino} is reserved for the filesystem itself")]
    ReservedInode {
        /// The inode.
        ino: Ino,
    },
    /// What must not change at all.
    #[error("is immutable (`chattr +i` set flag 0x10 of inode {ino})")]
    Immutable {
        /// The inode.
        ino: Ino,
    },
    /// What may only grow.
    #[error("is append-only (`chattr +a` set flag 0x20 of inode {ino})")]
    AppendOnly {
        /// The inode.
        ino: Ino,
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
    /// What is to be made is there already.
    #[error("file exists")]
    Exists,
    /// A directory that has to be empty is not.
    #[error("directory not empty")]
    NotEmpty,
    /// The root directory can be neither removed nor moved.
    #[error("is the root directory")]
    IsRoot,
    /// A directory has one name.
    #[error("a directory cannot have another hard link")]
    LinkToDirectory,
    /// An inode has as many names as it can have.
    #[error("too many links (at most {limit})")]
    TooManyLinks {
        /// How many it can have.
        limit: u16,
    },
    /// A file would be longer than the format or its block size allow.
    #[error("file too large: {size_bytes} bytes, at most {limit_bytes} with blocks of this size")]
    FileTooLarge {
        /// How long it would be.
        size_bytes: u64,
        /// How long it may be.
        limit_bytes: u64,
    },
    /// A directory would become its own ancestor.
    #[error("a directory cannot be moved into itself")]
    IntoItself,
    /// A symlink's target is longer than a block holds, or empty.
    #[error("a symbolic link's target has 1 to {limit} bytes, not {len}")]
    BadTarget {
        /// How long it is.
        len: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A device number that does not fit.
    #[error("a device number of {major}, {minor} does not fit into an inode")]
    BadDeviceNumber {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A time that the format cannot hold.
    #[error("the time {seconds} s does not fit into an inode")]
    TimeOutside {
        /// Seconds since 1970.
        seconds: i64,
    },
    /// A superblock asked for by number lies where none can.
    #[error("no superblock at block {block}")]
    NoSuperblockThere {
        /// The block asked for.
        block: u64,
    },
}
