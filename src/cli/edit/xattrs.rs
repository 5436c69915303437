//! Extended attributes as programs see them, in and out of an inode.

use super::Edit;
use crate::cli::exit::Failure;
use crate::fs::{FsError, Ino, Xattr, acl_to_disk, check_xattr_name, is_acl};

/// Sets an attribute among others, in the form that programs give it.
pub fn set_xattr(all: &mut Vec<Xattr>, name: Vec<u8>, value: Vec<u8>) -> Result<(), Failure> {
    check_xattr_name(&name)?;
    let value = if is_acl(&name) {
        let wrong = || Failure::usage("bad_acl", "the value is no access control list");
        acl_to_disk(&value).ok_or_else(wrong)?
    } else {
        value
    };
    all.retain(|xattr| xattr.name != name);
    all.push(Xattr { name, value });
    Ok(())
}

impl Edit<'_, '_> {
    /// Sets attributes beside those that an inode has.
    pub fn add_xattrs(
        &mut self,
        ino: Ino,
        new: impl Iterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<(), Failure> {
        let mut new = new.peekable();
        if new.peek().is_none() {
            return Ok(());
        }
        let inode = self.tx.inode(ino)?;
        let mut all = self.tx.fs().xattrs(&inode)?;
        for (name, value) in new {
            set_xattr(&mut all, name, value)?;
        }
        self.tx.set_xattrs(ino, &all).map_err(FsError::into)
    }
}
