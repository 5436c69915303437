//! The tests of `find`: what an expression asks of an entry.
//!
//! ```text
//! -size +3k     Test::Size: more than 3 KiB, a KiB that is begun counted whole
//! -perm /u+w    Test::Permissions: one of these bits at least
//! ```
//!
//! Tests that name something of the image, a user or a file, are [resolved](Test::resolve) once,
//! before the search.

use std::cmp::Ordering;

use super::glob::Pattern;
use crate::cli::exit::Failure;
use crate::cli::names::Names;
use crate::cli::owner::UnknownOwner;
use crate::fs::{FileType, Filesystem, FsError, Inode, LastSymlink, Time};

/// What a search comes upon.
pub struct Entry<'a> {
    /// Its path, as it is printed.
    pub path: &'a [u8],
    /// The last name of the path.
    pub name: &'a [u8],
    /// What it is.
    pub inode: &'a Inode,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Yes, always.
    True,
    /// `-name`, `-iname`.
    Name(Pattern),
    /// `-path`.
    Path(Pattern),
    /// `-type`.
    Type(Vec<FileType>),
    /// `-size`: in units of so many bytes, one that is begun counted whole.
    Size { unit_bytes: u64, count: Number },
    /// `-perm`.
    Permissions(Permissions),
    /// `-uid`, and `-user` of a number.
    Uid(Number),
    /// `-gid`, and `-group` of a number.
    Gid(Number),
    /// `-user`: a name, until it is resolved.
    User(String),
    /// `-group`: a name, until it is resolved.
    Group(String),
    /// `-newer`: a path, until it is resolved.
    Newer(Vec<u8>),
    /// `-newer`: changed after this.
    NewerThan(Time),
    /// `-inum`.
    Ino(Number),
    /// `-links`.
    Links(Number),
    /// `-empty`.
    Empty,
}

/// `N`, `+N` for more or `-N` for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// How what is found compares with the value.
    pub wanted: Ordering,
    /// The value.
    pub value: u64,
}

/// What `-perm` wants of the permission bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    /// Which of the bits.
    pub wanted: Bits,
    /// The bits of a file.
    pub of_file: u16,
    /// Those of a directory, for which `X` means more.
    pub of_directory: u16,
}

/// How many of the bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// These and no other.
    Exactly,
    /// All of them.
    All,
    /// One of them at least; where none is named, that is always so.
    Any,
}

impl Number {
    fn fits(self, found: u64) -> bool {
        found.cmp(&self.value) == self.wanted
    }
}

impl Permissions {
    fn fits(self, found: u16, is_dir: bool) -> bool {
        let bits = if is_dir { self.of_directory } else { self.of_file };
        match self.wanted {
            Bits::Exactly => found == bits,
            Bits::All => found & bits == bits,
            Bits::Any => bits == 0 || found & bits != 0,
        }
    }
}

impl Test {
    /// Replaces what is named by what it is in this image.
    ///
    /// # Errors
    /// The image has no user, group or file of that name.
    pub fn resolve(&mut self, fs: &Filesystem, names: &Names) -> Result<(), Failure> {
        let exactly = |id: u32| Number { wanted: Ordering::Equal, value: u64::from(id) };
        match self {
            Self::User(name) => {
                let uid = names.uid_of(name).or_else(|| digits(name));
                let uid = uid.ok_or_else(|| UnknownOwner::User(std::mem::take(name)))?;
                *self = Self::Uid(exactly(uid));
            }
            Self::Group(name) => {
                let gid = names.gid_of(name).or_else(|| digits(name));
                let gid = gid.ok_or_else(|| UnknownOwner::Group(std::mem::take(name)))?;
                *self = Self::Gid(exactly(gid));
            }
            Self::Newer(path) => {
                *self = Self::NewerThan(fs.resolve(path, LastSymlink::Keep)?.mtime());
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the entry is such.
    ///
    /// # Errors
    /// A directory that cannot be read, where it matters what it holds.
    pub fn holds(&self, entry: &Entry<'_>, fs: &Filesystem) -> Result<bool, FsError> {
        let inode = entry.inode;
        Ok(match self {
            Self::True => true,
            Self::Name(pattern) => pattern.matches(entry.name),
            Self::Path(pattern) => pattern.matches(entry.path),
            Self::Type(types) => types.contains(&inode.file_type()),
            Self::Size { unit_bytes, count } => {
                count.fits(inode.size_bytes().div_ceil(*unit_bytes))
            }
            Self::Permissions(permissions) => {
                permissions.fits(inode.permissions(), inode.file_type() == FileType::Directory)
            }
            Self::Uid(number) => number.fits(u64::from(inode.uid())),
            Self::Gid(number) => number.fits(u64::from(inode.gid())),
            // Only the number or the time that these resolve to can be compared.
            Self::User(_) | Self::Group(_) | Self::Newer(_) => false,
            Self::NewerThan(time) => inode.mtime() > *time,
            Self::Ino(number) => number.fits(u64::from(inode.ino().0)),
            Self::Links(number) => number.fits(u64::from(inode.links())),
            Self::Empty => match inode.file_type() {
                FileType::Regular => inode.size_bytes() == 0,
                FileType::Directory => is_empty(fs, inode)?,
                _ => false,
            },
        })
    }
}

/// Whether a directory holds nothing but itself and the one above.
fn is_empty(fs: &Filesystem, directory: &Inode) -> Result<bool, FsError> {
    let other =
        fs.visit_dir(directory, |entry| Ok((!matches!(entry.name, b"." | b"..")).then_some(())));
    Ok(other?.is_none())
}

/// A number without a sign.
pub fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_their_signs_say() {
        let fits = |wanted| [1, 2, 3].map(|found| Number { wanted, value: 2 }.fits(found));
        assert_eq!(fits(Ordering::Less), [true, false, false]);
        assert_eq!(fits(Ordering::Equal), [false, true, false]);
        assert_eq!(fits(Ordering::Greater), [false, false, true]);
    }

    #[test]
    fn permissions_are_compared_exactly_all_or_any() {
        let fits = |wanted, bits| {
            let permissions = Permissions { wanted, of_file: bits, of_directory: 0o7777 };
            [0o644, 0o600, 0o4755, 0].map(|found| permissions.fits(found, false))
        };
        assert_eq!(fits(Bits::Exactly, 0o644), [true, false, false, false]);
        assert_eq!(fits(Bits::All, 0o600), [true, true, true, false]);
        assert_eq!(fits(Bits::Any, 0o4044), [true, false, true, false]);
        assert_eq!(fits(Bits::All, 0), [true; 4]);
        assert_eq!(fits(Bits::Any, 0), [true; 4]);
    }

    #[test]
    fn digits_have_no_sign() {
        assert_eq!(digits::<u32>("007"), Some(7));
        for wrong in ["", "+1", "-1", "1k", "4294967296"] {
            assert_eq!(digits::<u32>(wrong), None, "{wrong}");
        }
    }
}
