//! `mpimg rm`: names, and what only they led to.

use std::ffi::OsString;

use clap::Args;

use super::args::bytes_of;
use super::edit::{Change, Edit};
use super::exit::Failure;
use crate::fs::{CallerError, FileType, FsError};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg rm disk.img /etc/motd /etc/issue
  mpimg rm -r disk.img /var/cache/apt
  mpimg rm -rf disk.img /tmp/build

Either all of them are removed or none. A symbolic link is removed itself, not what it leads to.";

/// What to remove.
#[derive(Debug, Args)]
pub struct RmArgs {
    /// What to remove
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Remove directories with all that is below them
    #[arg(short = 'r', short_alias = 'R', long)]
    recursive: bool,

    /// What is not there is no error
    #[arg(short = 'f')]
    ignore_missing: bool,
}

impl Change for RmArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        for path in bytes_of(&self.paths) {
            match self.remove(edit, path) {
                Err(FsError::Caller(CallerError::NotFound | CallerError::NotADirectory))
                    if self.ignore_missing => {}
                Err(error) => edit.failure(path, error),
                Ok(()) => edit.tell("remove", path, "")?,
            }
        }
        Ok(())
    }
}

impl RmArgs {
    fn remove(&self, edit: &mut Edit<'_, '_>, path: &[u8]) -> Result<(), FsError> {
        let place = edit.place(path)?;
        let inode = edit.lookup(&place)?.ok_or(CallerError::NotFound)?;
        let directory = inode.file_type() == FileType::Directory;
        if place.wants_directory && !directory {
            return Err(CallerError::NotADirectory.into());
        }
        match directory {
            true if self.recursive => edit.tx.remove_tree(place.parent.ino(), &place.name),
            true => Err(CallerError::IsADirectory.into()),
            false => edit.tx.unlink(place.parent.ino(), &place.name),
        }
    }
}
