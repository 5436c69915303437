//! `mpimg mkdir`: directories.

use std::ffi::OsString;

use clap::Args;

use super::args::bytes_of;
use super::edit::{Change, Edit, UMASK};
use super::exit::Failure;
use super::mode::ModeChange;
use crate::fs::{CallerError, FileType, FsError, LastSymlink, Node, Ownership};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg mkdir disk.img /srv /srv/www
  mpimg mkdir -p -m 750 disk.img /var/lib/app/data

New directories belong to root:root and have mode 755.";

/// Which directories.
#[derive(Debug, Args)]
pub struct MkdirArgs {
    /// Directories to make
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Make missing directories above them too; what is there already is no error
    #[arg(short = 'p', long)]
    parents: bool,

    /// Set the permissions of PATH: octal, or symbolic as for chmod
    #[arg(short = 'm', long, value_name = "MODE", value_parser = ModeChange::parse, allow_hyphen_values = true)]
    mode: Option<ModeChange>,
}

/// Permissions of new directories.
const PERMISSIONS: u16 = 0o755;

impl Change for MkdirArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        // Symbolic modes change what mkdir would give without a umask.
        let permissions = self.mode.as_ref().map_or(PERMISSIONS, |m| m.apply(0o777, true, UMASK));
        for path in bytes_of(&self.paths) {
            if let Err(failure) = self.make(edit, path, permissions) {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

impl MkdirArgs {
    fn make(&self, edit: &mut Edit<'_, '_>, path: &[u8], permissions: u16) -> Result<(), Failure> {
        if self.parents {
            match edit.resolve(path, LastSymlink::Follow) {
                Ok(inode) if inode.file_type() == FileType::Directory => return Ok(()),
                Ok(_) => return Err(FsError::from(CallerError::Exists).into()),
                Err(FsError::Caller(CallerError::NotFound)) => edit.make_parents(path)?,
                Err(error) => return Err(error.into()),
            }
        }
        edit.make_directory(path, permissions)
    }
}

impl Edit<'_, '_> {
    /// Makes a directory.
    fn make_directory(&mut self, path: &[u8], permissions: u16) -> Result<(), Failure> {
        let place = self.place(path).map_err(|error| match error {
            FsError::Caller(CallerError::IsRoot) => CallerError::Exists.into(),
            error => error,
        })?;
        let ownership = Ownership { permissions, uid: 0, gid: 0 };
        self.tx.create(place.parent.ino(), &place.name, &Node::Directory, ownership)?;
        self.tell("create", path, "directory")
    }

    /// Makes the directories above a path that are missing.
    pub fn make_parents(&mut self, path: &[u8]) -> Result<(), Failure> {
        let end = path.iter().rposition(|byte| *byte != b'/').unwrap_or(0);
        let slashes = path.iter().enumerate().take(end).filter(|(_, byte)| **byte == b'/');
        for at in slashes.map(|(at, _)| at).filter(|at| *at > 0) {
            let parent = path.get(..at).unwrap_or_default();
            match self.resolve(parent, LastSymlink::Follow) {
                Ok(inode) if inode.file_type() == FileType::Directory => {}
                Ok(_) => return Err(FsError::from(CallerError::NotADirectory).into()),
                Err(FsError::Caller(CallerError::NotFound)) => {
                    self.make_directory(parent, PERMISSIONS)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
