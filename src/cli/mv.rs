//! `mpimg mv`: other names, other places.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;

use super::args::bytes_of;
use super::edit::{Change, Edit, Place, place_in};
use super::exit::Failure;
use super::output::escaped;
use crate::fs::{CallerError, FileType, FsError, Ino, LastSymlink};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg mv disk.img /etc/motd /etc/motd.old
  mpimg mv disk.img /tmp/a /tmp/b /var/tmp
  mpimg mv -T disk.img /srv/new /srv/current

If DEST is a directory, or a symbolic link to one, what is moved goes into it under its own name. A
file that is there is replaced, and so is, with -T, an empty directory by a directory. A symbolic
link is moved itself.";

/// What is moved where.
#[derive(Debug, Args)]
#[command(override_usage = "mpimg mv [OPTIONS] <IMG> <SRC>... <DEST>")]
pub struct MvArgs {
    /// SRC: what to move; DEST, the last: where to, a new name or a directory
    // One argument, for clap takes no option between two where the first is of many.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Leave what is there as it is
    #[arg(short = 'n', long, overrides_with = "replace")]
    no_clobber: bool,

    /// Replace what is there, as is done anyway
    #[arg(short = 'f', overrides_with = "no_clobber")]
    replace: bool,

    /// Take DEST for the new name, also where it is a directory
    #[arg(short = 'T', long)]
    no_target_directory: bool,
}

/// Places that were moved to.
type Taken = BTreeSet<(Ino, Vec<u8>)>;

impl Change for MvArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let Some((dest, sources)) = self.paths.split_last() else { return Ok(()) };
        let dest = dest.as_bytes();
        if sources.is_empty() {
            return Err(Failure::usage("missing_path", "want SRC and DEST"));
        }
        if self.no_target_directory && sources.len() > 1 {
            return Err(Failure::usage("extra_path", "-T takes one SRC and one DEST"));
        }
        let directory = match self.no_target_directory {
            true => None,
            false => edit.directory(dest, LastSymlink::Follow)?,
        };
        if directory.is_none() && sources.len() > 1 {
            edit.failure(dest, FsError::from(CallerError::NotADirectory));
            return Ok(());
        }
        let mut taken = Taken::new();
        for path in bytes_of(sources) {
            let to = match &directory {
                Some(directory) => place_in(directory.clone(), dest, path),
                None => match edit.place(dest) {
                    Ok(place) => Ok((place, dest.to_vec())),
                    Err(error) => {
                        edit.failure(dest, error);
                        continue;
                    }
                },
            };
            let moved = match to {
                Ok((to, shown)) => self.rename(edit, path, &to, &shown, &mut taken),
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = moved {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

impl MvArgs {
    fn rename(
        &self,
        edit: &mut Edit<'_, '_>,
        path: &[u8],
        to: &Place,
        shown: &[u8],
        taken: &mut Taken,
    ) -> Result<(), Failure> {
        let from = edit.place(path)?;
        let inode = edit.lookup(&from)?.ok_or(FsError::from(CallerError::NotFound))?;
        let is_dir = inode.file_type() == FileType::Directory;
        if from.wants_directory && !is_dir {
            return Err(FsError::from(CallerError::NotADirectory).into());
        }
        if to.wants_directory && !is_dir {
            let reason = format!("cannot move to '{}': not a directory", escaped(shown));
            return Err(Failure::path("not_a_directory", reason));
        }
        let place = (to.parent.ino(), to.name.clone());
        if let Some(found) = edit.lookup(to)? {
            let quoted = escaped(shown);
            if self.no_clobber {
                return edit.tell("skip", path, &format!("{quoted} is there"));
            }
            // Of two hard links, too: rename(2) would do nothing and say that it is done.
            if found.ino() == inode.ino() {
                let reason = format!("'{}' and '{quoted}' are the same file", escaped(path));
                return Err(Failure::path("same_file", reason));
            }
            if taken.contains(&place) {
                let reason = format!("will not overwrite just-created '{quoted}'");
                return Err(Failure::path("just_created", reason));
            }
            let refused = |what| Failure::path("exists", format!("cannot overwrite {what}"));
            match (is_dir, found.file_type() == FileType::Directory) {
                (true, false) => {
                    return Err(refused(format!("non-directory '{quoted}' with directory")));
                }
                (false, true) => {
                    return Err(refused(format!("directory '{quoted}' with non-directory")));
                }
                _ => {}
            }
        }
        let (old, new) = (from.parent.ino(), to.parent.ino());
        edit.tx.rename(old, &from.name, new, &to.name).map_err(|error| match error {
            FsError::Caller(CallerError::IntoItself) => {
                let reason =
                    format!("cannot move to a subdirectory of itself, '{}'", escaped(shown));
                Failure::path("into_itself", reason)
            }
            FsError::Caller(CallerError::NotEmpty) => {
                let reason = format!("cannot overwrite '{}': directory not empty", escaped(shown));
                Failure::path("not_empty", reason)
            }
            error => error.into(),
        })?;
        taken.insert(place);
        edit.tell("move", path, &format!("to {}", escaped(shown)))
    }
}
