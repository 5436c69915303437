//! Extended attributes, by the shortest path to them.
//!
//! The host reads the attributes of a symbolic link, or of a file that is not open, by path alone,
//! and nearly every file has to be asked, to say that it has none. A thread that has a working
//! directory of its own goes into the directory and asks by the name, `motd`. Where the host does
//! not give it one it asks for `/proc/self/fd/7/motd`, which takes two to three times as long.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Stat, fgetxattr, flistxattr, lgetxattr, llistxattr};
use rustix::io::{Errno, Result};
use rustix::process::fchdir;

use crate::fs::{Xattr, acl_to_disk, check_xattr_name, is_acl};

/// The most that the host has in a list of names, and in a value.
const MOST_BYTES: usize = 64 << 10;
/// What is asked for at first: the host takes memory for all that it is asked for, each time.
const FEW_BYTES: usize = 256;
/// Of a mode: the type.
const TYPE_BITS: u32 = 0o170_000;

/// Reads them, on one thread.
#[derive(Debug)]
pub struct XattrReader {
    own_directory: bool,
    /// What stands before a name: nothing in the working directory.
    prefix: Vec<u8>,
    names: Vec<u8>,
    value: Vec<u8>,
    /// Types of files on devices that have none.
    without: Vec<(u64, u32)>,
    /// Those of the file asked about last that were kept from us, and why.
    pub lost: Vec<String>,
}

/// Whose attributes are meant.
#[derive(Debug, Clone, Copy)]
enum Whose<'a> {
    Open(BorrowedFd<'a>),
    Path(&'a CStr),
    LongPath(&'a [u8]),
}

impl Whose<'_> {
    fn list(self, buf: &mut [u8]) -> Result<usize> {
        frugally(buf, |buf| match self {
            Self::Open(file) => flistxattr(file, buf),
            Self::Path(path) => llistxattr(path, buf),
            Self::LongPath(path) => llistxattr(path, buf),
        })
    }

    fn get(self, name: &[u8], buf: &mut [u8]) -> Result<usize> {
        frugally(buf, |buf| match self {
            Self::Open(file) => fgetxattr(file, name, buf),
            Self::Path(path) => lgetxattr(path, name, buf),
            Self::LongPath(path) => lgetxattr(path, name, buf),
        })
    }
}

/// Asks for few bytes, and for as many as there is room for only where those are too few.
fn frugally(buf: &mut [u8], ask: impl Fn(&mut [u8]) -> Result<usize>) -> Result<usize> {
    match ask(buf.get_mut(..FEW_BYTES).unwrap_or_default()) {
        Err(Errno::RANGE) => ask(buf),
        answer => answer,
    }
}

impl XattrReader {
    /// A reader on a thread whose working directory is its own, so that it may be changed, or not.
    pub fn new(own_directory: bool) -> Self {
        Self {
            own_directory,
            prefix: Vec::new(),
            names: vec![0; MOST_BYTES],
            value: vec![0; MOST_BYTES],
            without: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Gives this thread a working directory of its own, where the host does that.
    pub fn separate() -> bool {
        // Unsafe are only other things that the call can take apart: descriptors that others use.
        #[allow(deprecated)]
        rustix::thread::unshare(rustix::thread::UnshareFlags::FS).is_ok()
    }

    /// Names are those in `dir` from now on.
    pub fn enter(&mut self, dir: &OwnedFd) {
        self.prefix.clear();
        if !self.own_directory || fchdir(dir).is_err() {
            self.prefix = format!("/proc/self/fd/{}/", dir.as_raw_fd()).into_bytes();
        }
    }

    /// Those of something in the directory, in the form of the disk.
    pub fn of_name(&mut self, name: &CStr, stat: &Stat) -> Result<Vec<Xattr>> {
        if self.prefix.is_empty() {
            return self.read(Whose::Path(name), stat);
        }
        let path = [&self.prefix, name.to_bytes()].concat();
        self.read(Whose::LongPath(&path), stat)
    }

    /// Those of a directory, in the form of the disk.
    pub fn of_open(&mut self, dir: &OwnedFd, stat: &Stat) -> Result<Vec<Xattr>> {
        self.read(Whose::Open(dir.as_fd()), stat)
    }

    fn read(&mut self, whose: Whose<'_>, stat: &Stat) -> Result<Vec<Xattr>> {
        self.lost.clear();
        let kind = (stat.st_dev, stat.st_mode & TYPE_BITS);
        if self.without.contains(&kind) {
            return Ok(Vec::new());
        }
        let len = match whose.list(&mut self.names) {
            Ok(0) => return Ok(Vec::new()),
            Ok(len) => len,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                self.without.push(kind);
                return Ok(Vec::new());
            }
            Err(errno @ (Errno::ACCESS | Errno::PERM)) => {
                self.lost.push(format!("extended attributes: {}", std::io::Error::from(errno)));
                return Ok(Vec::new());
            }
            Err(errno) => return Err(errno),
        };
        let names = self.names.get(..len).unwrap_or_default();
        let mut found = Vec::new();
        for name in names.split(|byte| *byte == 0).filter(|name| is_kept(name)) {
            let mut lose = |why: String| self.lost.push(format!("{}: {why}", name.escape_ascii()));
            let len = match whose.get(name, &mut self.value) {
                Ok(len) => len,
                // Gone since the list was made, or in the list only.
                Err(Errno::NODATA | Errno::OPNOTSUPP) => continue,
                Err(errno @ (Errno::ACCESS | Errno::PERM)) => {
                    lose(std::io::Error::from(errno).to_string());
                    continue;
                }
                Err(errno) => return Err(errno),
            };
            let value = self.value.get(..len).unwrap_or_default();
            let value = if is_acl(name) { acl_to_disk(value) } else { Some(value.to_vec()) };
            match value {
                Some(value) => found.push(Xattr { name: name.to_vec(), value }),
                None => lose("not an ACL of a version that is known".to_owned()),
            }
        }
        Ok(found)
    }
}

/// Whether an attribute is one that images have. What filesystems invent under `system.` is their
/// own, but for ACLs.
fn is_kept(name: &[u8]) -> bool {
    is_acl(name) || (!name.starts_with(b"system.") && check_xattr_name(name).is_ok())
}
