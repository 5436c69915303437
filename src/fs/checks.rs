//! What is refused, before anything changes.
//!
//! A file with the flag that `chattr +i` sets (`i_flags`, 0x10) is changed by nobody, root included,
//! and one with that of `chattr +a` (0x20) only grows: the kernel says so of a mounted filesystem,
//! and whoever set the flag meant it. Inodes below the first that is not reserved are no files: the
//! journal and what is kept for growth are reached by their numbers alone, as `<8>`.

use std::collections::BTreeSet;

use super::error::{CallerError, Corrupt, Result};
use super::inode::{Ino, Inode};
use super::namespace::{LINK_LIMIT, Node};
use super::transaction::Transaction;

/// `i_flags`: nothing may change.
const IMMUTABLE_FL: u32 = 0x10;
/// `i_flags`: content or names may only be added.
const APPEND_FL: u32 = 0x20;

/// What is to happen to an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Content is added behind what a file has, or a name to a directory.
    Growth,
    /// Anything else.
    Any,
}

impl Transaction<'_> {
    /// Refuses to change what must not be: a reserved inode, or one that its flags protect.
    pub(super) fn check_change(&self, inode: &Inode, change: Change) -> Result<()> {
        let ino = inode.ino();
        if ino != Ino::ROOT && ino.0 < self.fs.superblock().first_ino() {
            return Err(CallerError::ReservedInode { ino }.into());
        }
        if inode.links() == 0 {
            let (field, want) = ("i_links_count", "want 1 or more, as it has a name");
            return Err(Corrupt::Inode { ino, field, value: 0, want }.into());
        }
        let flags = inode.raw().i_flags.get();
        if flags & IMMUTABLE_FL != 0 {
            return Err(CallerError::Immutable { ino }.into());
        }
        if flags & APPEND_FL != 0 && change != Change::Growth {
            return Err(CallerError::AppendOnly { ino }.into());
        }
        Ok(())
    }

    /// Refuses what no inode can hold.
    pub(super) fn check_node(&self, node: &Node) -> Result<()> {
        match node {
            Node::Symlink(target) => {
                let limit = self.target_limit();
                let len = target.len();
                if target.is_empty() || len > limit || target.contains(&0) {
                    return Err(CallerError::BadTarget { len, limit }.into());
                }
            }
            Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => {
                let (major, minor) = (*major, *minor);
                if major >= 1 << 12 || minor >= 1 << 20 {
                    return Err(CallerError::BadDeviceNumber { major, minor }.into());
                }
            }
            Node::Regular | Node::Directory | Node::Fifo | Node::Socket => {}
        }
        Ok(())
    }

    /// Most bytes of a symlink's target.
    pub(super) fn target_limit(&self) -> usize {
        usize::try_from(self.block_size_bytes()).unwrap_or(0).saturating_sub(1).min(4095)
    }

    pub(super) fn check_links(&self, inode: &Inode) -> Result<()> {
        if inode.links() >= LINK_LIMIT {
            return Err(CallerError::TooManyLinks { limit: LINK_LIMIT }.into());
        }
        Ok(())
    }

    /// Refuses to move directory `ino` to below itself.
    pub(super) fn check_not_below(&mut self, directory: &Inode, ino: Ino) -> Result<()> {
        let mut at = directory.clone();
        let mut seen = BTreeSet::new();
        while at.ino() != Ino::ROOT {
            if at.ino() == ino {
                return Err(CallerError::IntoItself.into());
            }
            if !seen.insert(at.ino()) {
                return Err(Corrupt::DirLoop { ino: at.ino() }.into());
            }
            let above = self.fs.lookup(&at, b"..")?;
            at = self.fs.inode(above)?;
        }
        Ok(())
    }
}
