//! `mpimg chmod`: permissions.

use std::ffi::OsString;

use clap::Args;

use super::args::bytes_of;
use super::edit::{Change, Edit, UMASK};
use super::exit::Failure;
use super::mode::ModeChange;
use crate::fs::{FileType, Inode, LastSymlink};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg chmod disk.img 644 /etc/motd /etc/issue
  mpimg chmod disk.img u+s,go=rx /usr/bin/su
  mpimg chmod disk.img -w /etc/hostname
  mpimg chmod -R disk.img go-rwX /root

A symbolic link is followed where it is named, and left alone where -R comes upon it. What names
neither u, g, o nor a goes by a umask of 022, whatever that of the host is.";

/// Which permissions, and whose.
#[derive(Debug, Args)]
pub struct ChmodArgs {
    /// The permissions: octal, or symbolic as [ugoa][+-=][rwxXst]
    #[arg(value_name = "MODE", value_parser = ModeChange::parse, allow_hyphen_values = true)]
    mode: ModeChange,

    /// What to change
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Change all that is below directories, too
    #[arg(short = 'R', long)]
    recursive: bool,
}

impl Change for ChmodArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        for path in bytes_of(&self.paths) {
            let changed = match edit.resolve(path, LastSymlink::Follow) {
                Ok(inode) if self.recursive => {
                    edit.walk(path, inode, |edit, inode, path| self.change(edit, inode, path))
                }
                Ok(inode) => self.change(edit, &inode, path),
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = changed {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

impl ChmodArgs {
    fn change(&self, edit: &mut Edit<'_, '_>, inode: &Inode, path: &[u8]) -> Result<(), Failure> {
        if inode.file_type() == FileType::Symlink {
            return Ok(());
        }
        let old = inode.permissions();
        let new = self.mode.apply(old, inode.file_type() == FileType::Directory, UMASK);
        edit.tx.set_permissions(inode.ino(), new)?;
        edit.tell("chmod", path, &format!("{old:04o} to {new:04o}"))
    }
}
