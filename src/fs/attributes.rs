//! What an inode says of itself: permissions, owners, times, extended attributes.

use super::balloc::{BlockRun, Goal};
use super::checks::Change;
use super::error::{CallerError, Corrupt, Result, XattrPlace};
use super::features::Compat;
use super::inode::{FileType, Ino, Time};
use super::inode_edit::InodeEdit;
use super::transaction::Transaction;
use super::xattr::Xattr;
use super::xattr_store::{plan_xattrs, set_xattr_refcount, xattr_content, xattr_refcount};
use crate::mpage::FsBlock;

/// `s_feature_compat`: extended attributes are in use.
const EXT_ATTR: u32 = 0x8;
const SET_UID: u16 = 0o4000;
const SET_GID: u16 = 0o2000;
const GROUP_EXECUTE: u16 = 0o010;

impl Transaction<'_> {
    /// Sets the permission bits of an inode.
    ///
    /// # Errors
    /// The inode cannot be read, or must not be changed.
    pub fn set_permissions(&mut self, ino: Ino, permissions: u16) -> Result<()> {
        self.check_change(&self.fs.inode(ino)?, Change::Any)?;
        let mut edit = self.edit_inode(ino)?;
        edit.set_permissions(permissions & 0o7777);
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// Sets owner and group of an inode, each where it is told. As `chown(2)`, takes set-id bits
    /// from regular files: they were not meant for the new owner.
    ///
    /// # Errors
    /// The inode cannot be read, or must not be changed.
    pub fn set_owner(&mut self, ino: Ino, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        let inode = self.fs.inode(ino)?;
        self.check_change(&inode, Change::Any)?;
        let mut edit = self.edit_inode(ino)?;
        if let Some(uid) = uid {
            edit.set_uid(uid);
        }
        if let Some(gid) = gid {
            edit.set_gid(gid);
        }
        if inode.file_type() == FileType::Regular {
            let mut permissions = inode.permissions() & !SET_UID;
            // Without the right to execute, the bit asked for mandatory locks.
            if permissions & GROUP_EXECUTE != 0 {
                permissions &= !SET_GID;
            }
            edit.set_permissions(permissions);
        }
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// Sets the times of an inode, each where it is told.
    ///
    /// # Errors
    /// The inode cannot hold them.
    pub fn set_times(&mut self, ino: Ino, atime: Option<Time>, mtime: Option<Time>) -> Result<()> {
        self.check_change(&self.fs.inode(ino)?, Change::Any)?;
        let mut edit = self.edit_inode(ino)?;
        if let Some(atime) = atime {
            edit.set_atime(atime);
        }
        if let Some(mtime) = mtime {
            edit.set_mtime(mtime);
        }
        edit.set_ctime(self.now);
        let inode = edit.inode(self.fs.superblock().block_bits())?;
        for (wanted, got) in [(atime, inode.atime()), (mtime, inode.mtime())] {
            if let Some(wanted) = wanted.filter(|wanted| wanted.seconds != got.seconds) {
                return Err(CallerError::TimeOutside { seconds: wanted.seconds }.into());
            }
        }
        self.put_inode(&edit)
    }

    /// Gives an inode these extended attributes in place of those that it has.
    ///
    /// # Errors
    /// There is no room for them, or a name is none.
    pub fn set_xattrs(&mut self, ino: Ino, xattrs: &[Xattr]) -> Result<()> {
        let inode = self.fs.inode(ino)?;
        self.check_change(&inode, Change::Any)?;
        let mut edit = self.edit_inode(ino)?;
        self.store_xattrs(&mut edit, xattrs)?;
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// Puts attributes into an inode that is to be [put](Self::put_inode), in place of its own.
    pub(super) fn store_xattrs(&mut self, edit: &mut InodeEdit, xattrs: &[Xattr]) -> Result<()> {
        let ino = edit.ino();
        let block_size = usize::try_from(self.block_size_bytes()).unwrap_or(0);
        let plan = plan_xattrs(xattrs, edit.xattr_space().len(), block_size)?;
        let old = match edit.raw().i_file_acl.get() {
            0 => None,
            block => Some(FsBlock(u64::from(block))),
        };
        let new = match plan.block {
            None => None,
            Some(bytes) => Some(self.xattr_block_for(ino, bytes, old)?),
        };
        if let Some(old) = old.filter(|old| new != Some(*old)) {
            self.release_xattr_block(ino, old)?;
        }
        let space_changed = || CallerError::XattrSpace {
            needed_bytes: plan.in_inode.len(),
            inode_bytes: 0,
            block_bytes: 0,
        };
        edit.set_xattr_space(&plan.in_inode).ok_or_else(space_changed)?;
        edit.set_xattr_block(new).ok_or_else(space_changed)?;
        // The block is counted with those of the data.
        let in_block = self.block_size_bytes() >> 9;
        let sectors = |block: Option<FsBlock>| if block.is_some() { in_block } else { 0 };
        let counted = u64::from(edit.raw().i_blocks.get()).saturating_sub(sectors(old));
        edit.set_sectors(counted.saturating_add(sectors(new))).ok_or_else(space_changed)?;
        if !xattrs.is_empty() {
            let compat = Compat::from_bits_retain(self.superblock.s_feature_compat.get());
            self.superblock.s_feature_compat.set(compat.bits() | EXT_ATTR);
        }
        Ok(())
    }

    /// A block that holds these attributes: one that does already, the inode's own, or a new one.
    fn xattr_block_for(
        &mut self,
        ino: Ino,
        bytes: Vec<u8>,
        old: Option<FsBlock>,
    ) -> Result<FsBlock> {
        let key = xattr_content(&bytes).map(<[u8]>::to_vec);
        let known = key.as_ref().and_then(|key| self.xattr_blocks.get(key)).copied();
        if let Some(block) = known.filter(|block| Some(*block) != old) {
            let now = self.fs.metadata().read(block, "extended attributes")?;
            // It may have been given back, or changed, since it was noted.
            let same = xattr_content(&now) == key.as_deref();
            let shared = xattr_refcount(&now).map_or(0, |count| count.saturating_add(1));
            if same && self.is_block_used(block)? {
                let mut bytes = now.to_vec();
                if set_xattr_refcount(&mut bytes, shared).is_some() {
                    self.replace_block(block, bytes, "extended attributes")?;
                    return Ok(block);
                }
            }
        }
        let own = match old {
            Some(old) => {
                let now = self.fs.metadata().read(old, "extended attributes")?;
                let own = (xattr_refcount(&now) == Some(1)).then_some(old);
                if own.is_some() {
                    self.forget_xattr_block(old, &now);
                }
                own
            }
            None => None,
        };
        let block = match own {
            Some(block) => {
                self.replace_block(block, bytes, "extended attributes")?;
                block
            }
            None => {
                let block = self.allocate_block(Goal::Group(self.group_of_inode(ino)))?;
                self.put_fresh(block, bytes)?;
                block
            }
        };
        if let Some(key) = key {
            self.xattr_blocks.insert(key, block);
        }
        Ok(block)
    }

    /// An inode no longer uses a block of attributes, which goes with its last user.
    pub(super) fn release_xattr_block(&mut self, ino: Ino, block: FsBlock) -> Result<()> {
        let bytes = self.fs.metadata().read(block, "extended attributes")?;
        let place = XattrPlace::Block(block);
        let fault = |what, value| Corrupt::Xattr { ino, place, what, value };
        match xattr_refcount(&bytes) {
            None => Err(fault("wrong magic", 0).into()),
            Some(0) => Err(fault("nobody uses it", 0).into()),
            Some(1) => {
                self.forget_xattr_block(block, &bytes);
                self.free_blocks(BlockRun { first: block, count: 1 })
            }
            Some(users) => {
                let mut bytes = bytes.to_vec();
                set_xattr_refcount(&mut bytes, users.saturating_sub(1))
                    .ok_or_else(|| fault("too many users", u64::from(users)))?;
                self.replace_block(block, bytes, "extended attributes")
            }
        }
    }

    /// A block of attributes will no longer hold what it is noted for: what it holds now.
    fn forget_xattr_block(&mut self, block: FsBlock, bytes: &[u8]) {
        let key = xattr_content(bytes).unwrap_or_default();
        if self.xattr_blocks.get(key) == Some(&block) {
            self.xattr_blocks.remove(key);
        }
    }
}
