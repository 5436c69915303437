//! What a tree says of attributes, held against inodes: whether they fit, and what is merged.
//!
//! A directory `/srv` that has `user.a=1 user.b=2` and is merged with one of `user.b=3 user.c=4` has
//! `user.a=1 user.b=3 user.c=4` then. An opaque one begins anew, and has what the tree says alone.

use crate::fs::InodeEdit;
use crate::fs::error::{CallerError, Result};
use crate::fs::inode::{FileType, Ino};
use crate::fs::inventory::View;
use crate::fs::transaction::Transaction;
use crate::fs::xattr::Xattr;
use crate::fs::xattr_store::plan_xattrs;

/// What a directory that is there has of extended attributes once it is merged; nothing where it
/// keeps those that it has.
pub(super) fn merged_xattrs(
    tx: &Transaction<'_>,
    there: Ino,
    view: &View<'_>,
) -> Result<Option<Vec<Xattr>>> {
    if view.implied || (view.xattrs.is_empty() && !view.opaque) {
        return Ok(None);
    }
    let mut all = Vec::new();
    if !view.opaque {
        all = tx.fs().xattrs(&tx.inode(there)?)?;
        all.retain(|old| view.xattrs.iter().all(|new| new.name != old.name));
    }
    all.extend(view.xattrs.iter().cloned());
    Ok(Some(all))
}

/// Refuses times and attributes that an inode of this image cannot hold: a new one, or that of a
/// directory that is there and merged.
pub(super) fn check_attributes(
    tx: &Transaction<'_>,
    view: &View<'_>,
    merged: Option<Ino>,
) -> Result<()> {
    let superblock = tx.fs().superblock();
    let seconds = view.meta.mtime.seconds;
    if i32::try_from(seconds).is_ok() && view.xattrs.is_empty() {
        return Ok(());
    }
    let size = superblock.inode_size_bytes();
    let want_extra = superblock.raw().s_want_extra_isize.get();
    let mode = FileType::Regular.mode_bits();
    let edit = InodeEdit::create(Ino(0), size, want_extra, mode, view.meta.mtime);
    if edit.inode(superblock.block_bits())?.mtime().seconds != seconds {
        return Err(CallerError::TimeOutside { seconds }.into());
    }
    let block_size = usize::try_from(superblock.block_size_bytes()).unwrap_or(0);
    let Some(there) = merged else {
        plan_xattrs(view.xattrs, edit.xattr_space().len(), block_size)?;
        return Ok(());
    };
    if let Some(all) = merged_xattrs(tx, there, view)? {
        plan_xattrs(&all, tx.edit_inode(there)?.xattr_space().len(), block_size)?;
    }
    Ok(())
}
