//! What an inventory is told of a file, and tells of it.
//!
//! A [`Meta`] is what `stat` would say and can be chosen; a [`Stock`] is what a regular file holds; a
//! [`View`] is all that is known of something. Of a symbolic link to `motd` the view says `target:
//! b"motd"` and `len_bytes: 4`.

use std::ops::Range;

use crate::fs::inode::{FileType, Time};
use crate::fs::xattr::Xattr;

/// What something says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meta {
    /// Permission bits, set-id and sticky bits included.
    pub permissions: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// When its data was last changed.
    pub mtime: Time,
}

/// What a regular file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stock {
    /// Its length.
    pub len_bytes: u64,
    /// Which of its bytes are no hole, in order, apart from each other, as exact as the source knows
    /// them; `None` for all of them.
    pub data: Option<Box<[Range<u64>]>>,
    /// Whatever whoever reads it wants to find it by.
    pub origin: u64,
}

/// Something in an inventory, looked at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Its type.
    pub file_type: FileType,
    /// What it says of itself.
    pub meta: Meta,
    /// Its names: for a directory, with `.` and the `..` of those below it.
    pub links: u32,
    /// Of a regular file, its length; of a symlink, that of its target.
    pub len_bytes: u64,
    /// Of a regular file, which of its bytes are no hole; `None` for all.
    pub data: Option<&'a [Range<u64>]>,
    /// See [`Stock::origin`].
    pub origin: u64,
    /// Of a symlink, where it leads.
    pub target: &'a [u8],
    /// Of a device, its major and minor number.
    pub device: (u32, u32),
    /// Its extended attributes, in the form of the disk.
    pub xattrs: &'a [Xattr],
    /// A directory that nobody named, but only what is in it: one that is there stays as it is.
    pub implied: bool,
    /// A directory in whose place nothing of what was there before may be seen.
    pub opaque: bool,
}
