//! `mpimg touch`: times, and empty files.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgAction, Args};

use super::args::bytes_of;
use super::edit::{Change, Edit, Named, time_of};
use super::exit::Failure;
use super::when::{Date, parse_date};
use crate::fs::{CallerError, FsError, LastSymlink, Node, Ownership, Time};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg touch disk.img /etc/resolv.conf
  mpimg touch -d '2024-02-29 12:00 Z' disk.img /etc/motd /etc/issue
  mpimg touch -m -r /etc/passwd disk.img /etc/group

Without -d or -r the time is now, or that of SOURCE_DATE_EPOCH. A file that is not there is made,
empty, with mode 644 and owner root:root.";

/// Which times, and of what.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct TouchArgs {
    /// What to change or make
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Set this time: YYYY-MM-DD [HH:MM[:SS] [ZONE]], @SECONDS, now
    #[arg(short = 'd', long, value_name = "DATE", value_parser = parse_date)]
    date: Option<Date>,

    /// Set the times that PATH of the image has
    #[arg(short = 'r', long, value_name = "PATH", conflicts_with = "date")]
    reference: Option<OsString>,

    /// Set only the time of the last read
    #[arg(short = 'a')]
    access: bool,

    /// Set only the time of the last change
    #[arg(short = 'm')]
    modification: bool,

    /// Make no file
    #[arg(short = 'c', long)]
    no_create: bool,

    /// Change symbolic links, not what they lead to
    #[arg(short = 'h', long)]
    no_dereference: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// Permissions of files that are made.
const PERMISSIONS: u16 = 0o644;

impl Change for TouchArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let (atime, mtime) = match self.times(edit) {
            Ok(times) => times,
            Err(failure) => {
                let reference = self.reference.as_deref().unwrap_or_default();
                edit.failure(reference.as_bytes(), failure);
                return Ok(());
            }
        };
        let both = self.access == self.modification;
        let atime = Some(atime).filter(|_| both || self.access);
        let mtime = Some(mtime).filter(|_| both || self.modification);
        for path in bytes_of(&self.paths) {
            if let Err(failure) = self.touch(edit, path, atime, mtime) {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

impl TouchArgs {
    fn last(&self) -> LastSymlink {
        if self.no_dereference { LastSymlink::Keep } else { LastSymlink::Follow }
    }

    fn times(&self, edit: &Edit<'_, '_>) -> Result<(Time, Time), Failure> {
        if let Some(path) = &self.reference {
            let inode = edit.resolve(path.as_bytes(), self.last())?;
            return Ok((inode.atime(), inode.mtime()));
        }
        let time = time_of(self.date.unwrap_or(Date::Now).resolve(&edit.clock));
        Ok((time, time))
    }

    fn touch(
        &self,
        edit: &mut Edit<'_, '_>,
        path: &[u8],
        atime: Option<Time>,
        mtime: Option<Time>,
    ) -> Result<(), Failure> {
        let only_found = self.no_create || self.no_dereference;
        let ino = match only_found.then(|| edit.resolve(path, self.last())) {
            Some(Ok(inode)) => {
                edit.tell("touch", path, "")?;
                inode.ino()
            }
            Some(Err(FsError::Caller(CallerError::NotFound))) if self.no_create => return Ok(()),
            Some(Err(error)) if self.no_dereference => return Err(error.into()),
            // What is looked up in the transaction is found by its index, as many as there are.
            _ => match edit.named(path)? {
                Named::Existing(inode) => {
                    edit.tell("touch", path, "")?;
                    inode.ino()
                }
                Named::New(place) => {
                    let ownership = Ownership { permissions: PERMISSIONS, uid: 0, gid: 0 };
                    let (parent, node) = (place.parent.ino(), Node::Regular);
                    let ino = edit.tx.create(parent, &place.name, &node, ownership)?;
                    edit.tell("create", path, "empty")?;
                    ino
                }
            },
        };
        Ok(edit.tx.set_times(ino, atime, mtime)?)
    }
}
