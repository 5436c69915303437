//! `mpimg chown`: owners and groups.

use std::ffi::OsString;

use clap::{ArgAction, Args};

use super::args::bytes_of;
use super::edit::{Change, Edit};
use super::exit::Failure;
use super::owner::{Owner, OwnerSpec};
use crate::fs::{Inode, LastSymlink};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg chown disk.img root:shadow /etc/shadow
  mpimg chown disk.img 1000:1000 /home/user
  mpimg chown -R disk.img www-data: /var/www

Names are those of the image's own /etc/passwd and /etc/group; a number may be one that they do not
have. USER: is a user with the user's login group. A symbolic link is followed where it is named,
but not with -h or -R, which change the link.";

/// Which owner, and of what.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct ChownArgs {
    /// USER, USER:GROUP, USER: or :GROUP, by numbers or names of the image
    #[arg(value_name = "OWNER", value_parser = OwnerSpec::parse)]
    owner: OwnerSpec,

    /// What to change
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Change all that is below directories, too
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Change symbolic links, not what they lead to
    #[arg(short = 'h', long)]
    no_dereference: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

impl Change for ChownArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let owner = self.owner.resolve(edit.names())?;
        let keep = self.no_dereference || self.recursive;
        let last = if keep { LastSymlink::Keep } else { LastSymlink::Follow };
        for path in bytes_of(&self.paths) {
            let changed = match edit.resolve(path, last) {
                Ok(inode) if self.recursive => {
                    edit.walk(path, inode, |edit, inode, path| change(edit, inode, path, owner))
                }
                Ok(inode) => change(edit, &inode, path, owner),
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = changed {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

fn change(
    edit: &mut Edit<'_, '_>,
    inode: &Inode,
    path: &[u8],
    owner: Owner,
) -> Result<(), Failure> {
    edit.tx.set_owner(inode.ino(), owner.uid, owner.gid)?;
    let (uid, gid) = (inode.uid(), inode.gid());
    let (to_uid, to_gid) = (owner.uid.unwrap_or(uid), owner.gid.unwrap_or(gid));
    edit.tell("chown", path, &format!("{uid}:{gid} to {to_uid}:{to_gid}"))
}
