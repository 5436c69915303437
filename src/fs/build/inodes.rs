//! Inodes of a new filesystem, each computed when the block of the table is written that holds it.
//!
//! What a tree says of a file, and where its blocks lie, is all that there is to it. The times that
//! nobody chose are that of the command; what was read last is as old as what was written last.

use zerocopy::IntoBytes;

use crate::fs::disk::POINTERS;
use crate::fs::error::{CallerError, Corrupt, FsError, Result};
use crate::fs::format::{FormatFeatures, FormatOptions, ResizeInode};
use crate::fs::inode::{FileType, Ino};
use crate::fs::inode_edit::{FAST_SYMLINK_LIMIT_BYTES, INDEX_FL, InodeEdit};
use crate::fs::inventory::{Inventory, NodeId};
use crate::fs::namespace::LINK_LIMIT;
use crate::fs::xattr::Xattr;
use crate::fs::xattr_store::{StoredXattrs, plan_xattrs};

use super::Build;
use super::census::{Census, LOST_FOUND_INO, has_data};
use super::file_map::FileMap;
use super::layout::{dir_map, direct_blocks, map_of};

/// Bytes of an inode that every revision of the format has.
const GOOD_OLD_INODE_BYTES: u64 = 128;
/// Bytes of the extra fields.
const EXTRA_BYTES: u16 = 32;
/// The inode of bad blocks, of which there are none.
const BAD_BLOCKS: Ino = Ino(1);
const RESIZE: Ino = Ino(7);
/// Seconds that 32 bits can tell, and with two bits more.
const NARROW_SECONDS: (i64, i64) = (-0x8000_0000, 0x7fff_ffff);
const WIDE_SECONDS: (i64, i64) = (-0x8000_0000, 0x3_7fff_ffff);

/// The longest that a file can be without `large_file`.
const SMALL_FILE_BYTES: u64 = 0x7fff_ffff;

/// Room for attributes in an inode.
pub fn xattr_space_bytes(options: &FormatOptions) -> usize {
    let taken = GOOD_OLD_INODE_BYTES.saturating_add(u64::from(EXTRA_BYTES));
    usize::try_from(options.inode_size_bytes.saturating_sub(taken)).unwrap_or(0)
}

/// Tells of all that no inode of the filesystem can say. Returns the features that its files need,
/// which it gets, asked for or not, as the kernel has it.
pub fn check(
    tree: &Inventory,
    census: &Census,
    options: &FormatOptions,
    failed: &mut dyn FnMut(NodeId, FsError),
) -> FormatFeatures {
    let mut needed = FormatFeatures::empty();
    let block_size = options.block_size_bytes;
    if options.features.contains(FormatFeatures::RESIZE_INODE) && block_size >= 4096 {
        // The inode that keeps room for descriptors says that it is as long as that.
        needed |= FormatFeatures::LARGE_FILE;
    }
    let wide = options.inode_size_bytes > GOOD_OLD_INODE_BYTES;
    let (earliest, latest) = if wide { WIDE_SECONDS } else { NARROW_SECONDS };
    let target_limit = usize::try_from(block_size).unwrap_or(0).saturating_sub(1).min(4095);
    let capacity = FileMap::new(block_size, None).capacity_blocks().saturating_mul(block_size);
    let sector_limit = u64::from(u32::MAX).saturating_mul(512);
    for (_, node) in census.all() {
        let view = tree.view(node);
        let seconds = view.meta.mtime.seconds;
        if !(earliest..=latest).contains(&seconds) {
            failed(node, CallerError::TimeOutside { seconds }.into());
        }
        if view.links > u32::from(LINK_LIMIT) {
            failed(node, CallerError::TooManyLinks { limit: LINK_LIMIT }.into());
        }
        if !view.xattrs.is_empty() {
            needed |= FormatFeatures::EXT_ATTR;
        }
        if view.file_type == FileType::Regular && view.len_bytes > SMALL_FILE_BYTES {
            needed |= FormatFeatures::LARGE_FILE;
        }
        match view.file_type {
            FileType::Symlink => {
                let (len, limit) = (view.target.len(), target_limit);
                if len == 0 || len > limit || view.target.contains(&0) {
                    failed(node, CallerError::BadTarget { len, limit }.into());
                }
            }
            FileType::CharDevice | FileType::BlockDevice => {
                let (major, minor) = view.device;
                if major >= 1 << 12 || minor >= 1 << 20 {
                    failed(node, CallerError::BadDeviceNumber { major, minor }.into());
                }
            }
            FileType::Regular if view.len_bytes > capacity.min(sector_limit >> 1) => {
                let size_bytes = view.len_bytes;
                // Indirect blocks and attributes count; of a file with holes, only what there is.
                let blocks = || map_of(&view, block_size).total_blocks().saturating_add(1);
                let limit_bytes = match size_bytes > capacity {
                    true => Some(capacity),
                    false => Some(sector_limit)
                        .filter(|limit| blocks().saturating_mul(block_size) > *limit),
                };
                if let Some(limit_bytes) = limit_bytes {
                    failed(node, CallerError::FileTooLarge { size_bytes, limit_bytes }.into());
                }
            }
            _ => {}
        }
    }
    needed
}

impl Build<'_> {
    /// Writes an inode as the table holds it into `bytes`, which are zeros.
    pub(super) fn paint_inode(&self, ino: Ino, bytes: &mut [u8]) -> Result<()> {
        let edit = match ino {
            BAD_BLOCKS => {
                let mut edit = InodeEdit::open(ino, bytes).ok();
                if let Some(edit) = &mut edit {
                    edit.set_ctime(self.options.now);
                    edit.set_atime(self.options.now);
                    edit.set_mtime(self.options.now);
                }
                edit
            }
            RESIZE => self.layout.resize.map(|number| {
                let resize = ResizeInode { block: self.data.place(number) };
                resize.inode(&self.geometry, self.options.now)
            }),
            Ino::ROOT => Some(self.inode(ino, Inventory::ROOT)?),
            LOST_FOUND_INO => {
                let node = self.census.directories.get(1);
                node.map(|node| self.inode(ino, *node)).transpose()?
            }
            _ => self.census.node(ino).map(|node| self.inode(ino, node)).transpose()?,
        };
        if let Some(edit) = edit {
            let (head, tail) = (edit.raw().as_bytes(), edit.tail());
            let mut rest = bytes;
            for part in [head, tail] {
                let Some((to, after)) = rest.split_at_mut_checked(part.len()) else { break };
                to.copy_from_slice(part);
                rest = after;
            }
        }
        Ok(())
    }

    /// How attributes are laid out, as they were when they were counted.
    pub(super) fn stored_xattrs(&self, xattrs: &[Xattr]) -> Option<StoredXattrs> {
        plan_xattrs(xattrs, xattr_space_bytes(&self.options), self.block_size()).ok()
    }

    fn inode(&self, ino: Ino, node: NodeId) -> Result<InodeEdit> {
        let view = self.tree.view(node);
        // All of it was checked when the tree was counted: what no inode can say is not written.
        let unsaid =
            |field, value| Corrupt::Inode { ino, field, value, want: "want one that fits" };
        let size = usize::try_from(self.geometry.inode_size_bytes).unwrap_or(0);
        let mode = view.file_type.mode_bits() | view.meta.permissions;
        let mut edit = InodeEdit::create(ino, size, EXTRA_BYTES, mode, self.options.now);
        edit.set_uid(view.meta.uid);
        edit.set_gid(view.meta.gid);
        edit.set_mtime(view.meta.mtime);
        edit.set_atime(view.meta.mtime);
        edit.set_links(u16::try_from(view.links).unwrap_or(u16::MAX));
        let block_size = self.geometry.block_size_bytes;
        let mut blocks = 0_u64;
        match view.file_type {
            FileType::Directory => {
                let number = self.census.number_of(node);
                let first = self.layout.directories.get(number).copied().map_or(0, u64::from);
                let count = self.layout.dir_blocks(number);
                let map = dir_map(count, block_size);
                blocks = map.total_blocks();
                edit.set_pointers(map.place(&self.data.runs(first, blocks)).pointers());
                let len_bytes = count.saturating_mul(block_size);
                edit.set_size_bytes(len_bytes).ok_or_else(|| unsaid("i_size", len_bytes))?;
                if self.layout.large.get(&number).is_some_and(|large| large.indexed) {
                    edit.set_flags(INDEX_FL);
                }
            }
            FileType::Regular | FileType::Symlink if has_data(&view) => {
                let first = self.layout.objects.get(self.census.number_of(node));
                let first = first.copied().map_or(0, u64::from);
                let direct = direct_blocks(&view, block_size);
                let block = direct.and_then(|count| self.data.together(first, count));
                if let (Some(count), Some(block)) = (direct, block) {
                    blocks = count;
                    let mut pointers = [0; POINTERS];
                    for (pointer, at) in pointers.iter_mut().zip(block.0..block.plus(count).0) {
                        *pointer = u32::try_from(at).unwrap_or(0);
                    }
                    edit.set_pointers(pointers);
                } else {
                    let map = map_of(&view, block_size);
                    blocks = map.total_blocks();
                    edit.set_pointers(map.place(&self.data.runs(first, blocks)).pointers());
                }
                edit.set_size_bytes(view.len_bytes)
                    .ok_or_else(|| unsaid("i_size", view.len_bytes))?;
            }
            FileType::Regular => {
                edit.set_size_bytes(view.len_bytes)
                    .ok_or_else(|| unsaid("i_size", view.len_bytes))?;
            }
            FileType::Symlink if view.target.len() < FAST_SYMLINK_LIMIT_BYTES => {
                edit.set_fast_symlink(view.target)
                    .ok_or_else(|| unsaid("i_size", view.len_bytes))?;
            }
            FileType::CharDevice | FileType::BlockDevice => {
                let (major, minor) = view.device;
                edit.set_device_number(major, minor)
                    .ok_or(CallerError::BadDeviceNumber { major, minor })?;
            }
            _ => {}
        }
        let (set, xattrs) = self.tree.xattr_set(node);
        if set > 0 {
            if let Some(stored) = self.stored_xattrs(xattrs) {
                let len_bytes = stored.in_inode.len() as u64;
                let placed = edit.set_xattr_space(&stored.in_inode);
                placed.ok_or_else(|| unsaid("i_extra_isize", len_bytes))?;
            }
            if let Some(number) = self.attributes.block_of(ino) {
                let number = self.layout.attributes.start.saturating_add(number);
                let block = self.data.place(number);
                edit.set_xattr_block(Some(block)).ok_or_else(|| unsaid("i_file_acl", block.0))?;
                blocks = blocks.saturating_add(1);
            }
        }
        let sectors = blocks.saturating_mul(block_size >> 9);
        edit.set_sectors(sectors).ok_or_else(|| unsaid("i_blocks", sectors))?;
        Ok(edit)
    }
}
