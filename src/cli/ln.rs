//! `mpimg ln`: hard links and symbolic links.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;

use super::args::bytes_of;
use super::edit::{Change, Edit, Place, place_in};
use super::exit::Failure;
use super::output::escaped;
use crate::fs::{CallerError, FileType, FsError, LastSymlink, Node, Ownership};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg ln disk.img /usr/bin/vim /usr/bin/vi
  mpimg ln -s disk.img ../lib/systemd/systemd /sbin/init
  mpimg ln -sfn disk.img releases/42 /srv/current

If LINK is a directory, or a symbolic link to one, links to each TARGET are made in it, under the
TARGET's name. With -s, TARGET is what the link says, and need not be there; without, it is given
another name, a symbolic link itself too.";

/// Which links.
#[derive(Debug, Args)]
#[command(override_usage = "mpimg ln [OPTIONS] <IMG> <TARGET>... <LINK>")]
pub struct LnArgs {
    /// TARGET: what to link to; LINK, the last: the link, or a directory for it
    // One argument, for clap takes no option between two where the first is of many.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Make symbolic links
    #[arg(short = 's', long)]
    symbolic: bool,

    /// Replace what is there, if it is no directory
    #[arg(short = 'f')]
    replace: bool,

    /// Take LINK for the link where it is a symbolic link to a directory
    #[arg(short = 'n', long)]
    no_dereference: bool,

    /// Take LINK for the link, also where it is a directory
    #[arg(short = 'T', long)]
    no_target_directory: bool,
}

impl Change for LnArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let Some((link, targets)) = self.paths.split_last() else { return Ok(()) };
        let link = link.as_bytes();
        if targets.is_empty() {
            return Err(Failure::usage("missing_path", "want TARGET and LINK"));
        }
        if self.no_target_directory && targets.len() > 1 {
            return Err(Failure::usage("extra_path", "-T takes one TARGET and one LINK"));
        }
        let last = if self.no_dereference { LastSymlink::Keep } else { LastSymlink::Follow };
        let directory = match self.no_target_directory {
            true => None,
            false => edit.directory(link, last)?,
        };
        if directory.is_none() && targets.len() > 1 {
            edit.failure(link, FsError::from(CallerError::NotADirectory));
            return Ok(());
        }
        for target in bytes_of(targets) {
            let place = match &directory {
                Some(directory) => place_in(directory.clone(), link, target),
                None => edit.place(link).map(|place| (place, link.to_vec())),
            };
            match place {
                Ok((place, shown)) => {
                    if let Err(failure) = self.link(edit, target, &place, &shown) {
                        edit.failure(&shown, failure);
                    }
                }
                Err(error) => edit.failure(link, error),
            }
        }
        Ok(())
    }
}

impl LnArgs {
    fn link(
        &self,
        edit: &mut Edit<'_, '_>,
        target: &[u8],
        place: &Place,
        shown: &[u8],
    ) -> Result<(), Failure> {
        let parent = place.parent.ino();
        let quoted = escaped(target);
        // What a hard link is to: looked for first, for it may be the very thing in the way.
        let inode = match self.symbolic {
            true => None,
            false => Some(edit.resolve(target, LastSymlink::Keep).map_err(|error| {
                let failure = Failure::from(&error);
                Failure { reason: format!("cannot link to '{quoted}': {error}"), ..failure }
            })?),
        };
        if inode.as_ref().is_some_and(|inode| inode.file_type() == FileType::Directory) {
            let reason = format!("'{quoted}': hard link not allowed for directory");
            return Err(Failure::path("is_a_directory", reason));
        }
        if let Some(found) = edit.lookup(place)?.filter(|_| self.replace) {
            if found.file_type() == FileType::Directory {
                return Err(Failure::path("is_a_directory", "cannot overwrite directory"));
            }
            if inode.as_ref().is_some_and(|inode| inode.ino() == found.ino()) {
                if edit.place(target).is_ok_and(|target| target.is(place)) {
                    let reason = format!("'{quoted}' and '{}' are the same file", escaped(shown));
                    return Err(Failure::path("same_file", reason));
                }
                // It is that link already.
                return edit.tell("link", shown, &format!("to {quoted}"));
            }
            if self.symbolic && leads_to(edit, target, place) {
                let reason = format!("'{quoted}' is the same file");
                return Err(Failure::path("same_file", reason));
            }
            edit.tx.unlink(parent, &place.name)?;
        }
        if place.wants_directory {
            return Err(FsError::from(CallerError::NotADirectory).into());
        }
        match inode {
            Some(inode) => {
                edit.tx.link(inode.ino(), parent, &place.name)?;
                edit.tell("link", shown, &format!("to {quoted}"))
            }
            None => {
                let node = Node::Symlink(target.to_vec());
                let ownership = Ownership { permissions: 0o777, uid: 0, gid: 0 };
                edit.tx.create(parent, &place.name, &node, ownership)?;
                edit.tell("create", shown, &format!("symbolic link to {quoted}"))
            }
        }
    }
}

/// Whether a symbolic link in a place would lead to that very place, and to nothing once it has taken
/// the place of what is there.
fn leads_to(edit: &mut Edit<'_, '_>, target: &[u8], place: &Place) -> bool {
    if target.starts_with(b"/") {
        return edit.place(target).is_ok_and(|target| target.is(place));
    }
    target == place.name
}
