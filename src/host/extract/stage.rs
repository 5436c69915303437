//! New directories get their names when the files in them are there.
//!
//! A directory that was not there before is made under a temporary name. Nobody looks for a file
//! below that, so its files are made under their own names at once, which saves a call for each
//! against files that get their names one by one. It gets its own name before there is a directory
//! below it, and at the latest when it is left; where the extraction ends early, what it holds are
//! whole files. One that is killed leaves at most one such directory behind, `.mpimg.XXXXXXXX`.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, mkdirat, open, openat, renameat, renameat_with, statat,
};
use rustix::io::Errno;

use super::descent::{DIRECTORY, Level};
use super::new_file::STEM;
use super::{Extraction, called, directory_error};
use crate::host::error::Result;
use crate::host::temporary;

/// The name that a directory has, and the one that it is to get.
#[derive(Debug)]
pub struct Staged {
    /// The directory around the root of a tree; those of others are levels.
    around: Option<OwnedFd>,
    temporary: OsString,
    name: OsString,
}

impl Staged {
    /// A new directory in `around`, where `name` is free: it and what it is called.
    pub fn make(around: impl AsFd, name: &OsStr) -> rustix::io::Result<Option<(OwnedFd, Self)>> {
        let Err(Errno::NOENT) = statat(&around, name, AtFlags::SYMLINK_NOFOLLOW) else {
            return Ok(None);
        };
        let temporary = temporary::random_name(OsStr::new(STEM));
        mkdirat(&around, &temporary, Mode::RWXU)?;
        let dir = openat(&around, &temporary, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Some((dir, Self { around: None, temporary, name: name.to_owned() })))
    }

    /// As [`make`](Self::make), for the root of a tree, whose way is followed.
    pub fn make_root(dest: &Path) -> rustix::io::Result<Option<(OwnedFd, Self)>> {
        let Some(name) = dest.file_name() else { return Ok(None) };
        let parent = dest.parent().filter(|parent| *parent != Path::new(""));
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let around = open(parent.unwrap_or_else(|| Path::new(".")), flags, Mode::empty())?;
        let made = Self::make(&around, name)?;
        Ok(made.map(|(dir, staged)| (dir, Self { around: Some(around), ..staged })))
    }
}

impl Extraction {
    /// Lets the directory that the extraction is in have its name, if it has another yet.
    ///
    /// # Errors
    /// [`Create`](crate::host::HostError::Create): somebody else has taken the name, or the host
    /// fails. It keeps the temporary one.
    pub(super) fn reveal(&mut self) -> Result<()> {
        let [around @ .., level] = self.levels.as_mut_slice() else { return Ok(()) };
        let Some(staged) = level.staged.take() else { return Ok(()) };
        let around = staged.around.as_ref().or_else(|| around.last().and_then(Level::open_dir));
        let renamed = match around {
            Some(around) => rename(around, &staged.temporary, &staged.name),
            None => Err(Errno::STALE),
        };
        renamed.map_err(|errno| {
            let name = match self.levels.len() {
                0 | 1 => called(&self.dest),
                _ => self.called(b""),
            };
            directory_error(name, errno)
        })
    }
}

/// Renames where nobody has taken the name; where the filesystem cannot promise that, nothing but an
/// empty directory is replaced.
fn rename(around: &OwnedFd, from: &OsStr, to: &OsStr) -> rustix::io::Result<()> {
    match renameat_with(around, from, around, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => renameat(around, from, around, to),
        renamed => renamed,
    }
}

impl Drop for Extraction {
    fn drop(&mut self) {
        // The files that it holds are whole; where it fails, nobody is left to tell.
        let _ = self.reveal();
    }
}
