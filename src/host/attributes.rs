//! What the host says of a file: mode, owner, times, extended attributes; and which file it is.
//!
//! Extended attributes are as the host's calls have them: a POSIX ACL is
//! `system.posix_acl_access` with a value of version 2, which ext2 stores in another form.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{fgetxattr, flistxattr};
use rustix::io::Errno;

/// The most that the host has in a list of names, and in a value.
const MOST_XATTR_BYTES: usize = 64 << 10;

/// Mode, owner and times of a host file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// Permissions, set-id and sticky bits.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last read: seconds since 1970, nanoseconds.
    pub atime: (i64, u32),
    /// Data last changed.
    pub mtime: (i64, u32),
}

impl Attributes {
    /// Those of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            mode: u16::try_from(metadata.mode() & 0o7777).unwrap_or_default(),
            uid: metadata.uid(),
            gid: metadata.gid(),
            atime: (metadata.atime(), u32::try_from(metadata.atime_nsec()).unwrap_or_default()),
            mtime: (metadata.mtime(), u32::try_from(metadata.mtime_nsec()).unwrap_or_default()),
        }
    }
}

/// Which file it is, and in which state: equal where it was not written to in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    dev: u64,
    ino: u64,
    size_bytes: u64,
    mtime: (i64, i64),
}

impl Identity {
    /// That of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size_bytes: metadata.len(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// The extended attributes that the host lets us read, sorted by name. A filesystem without any
/// is no error, and neither is an attribute that is kept from us.
pub fn xattrs(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut buf = vec![0; MOST_XATTR_BYTES];
    let len = match flistxattr(file, buf.as_mut_slice()) {
        Ok(len) => len,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let list = buf.get(..len).unwrap_or_default().to_vec();
    let mut found = Vec::new();
    for name in list.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        match fgetxattr(file, name, buf.as_mut_slice()) {
            Ok(len) => found.push((name.to_vec(), buf.get(..len).unwrap_or_default().to_vec())),
            // Gone since the list was made, or not for us.
            Err(Errno::NODATA | Errno::ACCESS | Errno::PERM | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort();
    Ok(found)
}
