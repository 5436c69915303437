//! What `--json` says of an inode: the schema that `ls` and `stat` share.
//!
//! Names and paths are strings. One that is not UTF-8 has its bad bytes replaced by U+FFFD there,
//! and stands whole under the same key with `_hex` behind it.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use crate::fs::{FileType, Inode, Time};

/// The fields of an inode, in the order in which they are printed.
#[derive(Debug, Serialize)]
pub struct InodeJson<'a> {
    /// The path, as it was named or found.
    pub path: Cow<'a, str>,
    /// The bytes of a path that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Inode number.
    pub ino: u32,
    /// `regular`, `directory`, `symlink`, `char_device`, `block_device`, `fifo` or `socket`.
    #[serde(rename = "type")]
    pub file_type: FileType,
    /// Permissions in octal, four digits, set-id and sticky bits included.
    pub mode: String,
    /// Hard links.
    pub links: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: u64,
    /// Sectors of 512 bytes in use.
    pub sectors: u64,
    /// Last read.
    pub atime: Time,
    /// Data last changed.
    pub mtime: Time,
    /// Inode last changed.
    pub ctime: Time,
    /// Made, where the inode says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crtime: Option<Time>,
    /// Major and minor number of a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<(u32, u32)>,
    /// Where a symlink leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The bytes of a target that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_hex: Option<String>,
}

impl<'a> InodeJson<'a> {
    /// The inode at `path`, with a symlink's `target`.
    pub fn new(path: &'a [u8], inode: &Inode, target: Option<&[u8]>) -> Self {
        Self {
            path: String::from_utf8_lossy(path),
            path_hex: hex_unless_utf8(path),
            ino: inode.ino().0,
            file_type: inode.file_type(),
            mode: format!("{:04o}", inode.permissions()),
            links: inode.links(),
            uid: inode.uid(),
            gid: inode.gid(),
            size: inode.size_bytes(),
            sectors: inode.sectors(),
            atime: inode.atime(),
            mtime: inode.mtime(),
            ctime: inode.ctime(),
            crtime: inode.crtime(),
            device: inode.device_number(),
            target: target.map(|target| String::from_utf8_lossy(target).into_owned()),
            target_hex: target.and_then(hex_unless_utf8),
        }
    }
}

/// A UUID, as it is written.
pub fn uuid_text(bytes: &[u8; 16]) -> String {
    let mut text = hex(bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes in hexadecimal, where a string cannot hold them.
pub fn hex_unless_utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).is_err().then(|| hex(bytes))
}
