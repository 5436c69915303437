//! The inode that keeps room for more descriptors: number 7.
//!
//! Behind the descriptors, and behind each copy of them, blocks are kept free so that a filesystem can
//! grow. They belong to a file that only ever holds them: its double indirect block names those behind
//! the descriptors of group 0, and each of those, as an indirect block, names the copies of itself.
//! Source: `lib/ext2fs/res_gdt.c` in e2fsprogs.

use super::geometry::FsGeometry;
use crate::fs::inode::{Ino, Time};
use crate::fs::inode_edit::InodeEdit;
use crate::mpage::FsBlock;

/// Its number.
const RESIZE_INO: Ino = Ino(7);
/// A regular file that nobody may read but root.
const MODE: u16 = 0o100_600;
/// The inode's pointer to the double indirect block.
const DOUBLE: usize = 13;

/// The file that keeps room for descriptors.
#[derive(Debug, Clone, Copy)]
pub struct ResizeInode {
    /// Its double indirect block.
    pub block: FsBlock,
}

impl ResizeInode {
    /// Which of the blocks that are kept a block is, as it lies in group 0.
    pub fn reserved_index(geometry: &FsGeometry, block: FsBlock) -> Option<u64> {
        let first = geometry.group_first(0).plus(1).plus(geometry.descriptor_blocks);
        let index = block.0.checked_sub(first.0)?;
        (index < geometry.reserved_descriptor_blocks).then_some(index)
    }

    /// The double indirect block: each pointer stands where the descriptors' block would stand among
    /// all of them.
    pub fn double_indirect(geometry: &FsGeometry, bytes: &mut [u8]) {
        let first = geometry.group_first(0).plus(1).plus(geometry.descriptor_blocks);
        let (entries, _) = bytes.as_chunks_mut::<4>();
        let count = entries.len() as u64;
        for index in 0..geometry.reserved_descriptor_blocks {
            let place = geometry.descriptor_blocks.saturating_add(index).checked_rem(count);
            let entry = place.and_then(|at| entries.get_mut(usize::try_from(at).ok()?));
            if let Some(entry) = entry {
                *entry = number(first.plus(index)).to_le_bytes();
            }
        }
    }

    /// What one of the blocks that are kept holds: where its copies lie.
    pub fn reserved(geometry: &FsGeometry, index: u64, bytes: &mut [u8]) {
        let (entries, _) = bytes.as_chunks_mut::<4>();
        let offset = geometry.descriptor_blocks.saturating_add(1).saturating_add(index);
        for (entry, group) in entries.iter_mut().zip(geometry.backup_groups()) {
            *entry = number(geometry.group_first(group).plus(offset)).to_le_bytes();
        }
    }

    /// The inode.
    pub fn inode(self, geometry: &FsGeometry, now: Time) -> InodeEdit {
        let size = usize::try_from(geometry.inode_size_bytes).unwrap_or(0);
        let mut edit = InodeEdit::create(RESIZE_INO, size, 32, MODE, now);
        edit.set_links(1);
        let mut pointers = [0; 15];
        if let Some(pointer) = pointers.get_mut(DOUBLE) {
            *pointer = number(self.block);
        }
        edit.set_pointers(pointers);
        // As long as a file can be whose last block the double indirect block maps.
        let per_block = geometry.block_size_bytes >> 2;
        let blocks =
            per_block.saturating_mul(per_block).saturating_add(per_block).saturating_add(12);
        let backups = geometry.backup_groups().count() as u64;
        let kept = geometry.reserved_descriptor_blocks.saturating_mul(backups.saturating_add(1));
        let sectors = kept.saturating_add(1).saturating_mul(geometry.block_size_bytes >> 9);
        // A size that does not fit is that of a filesystem that cannot be.
        let _ = edit.set_size_bytes(blocks.saturating_mul(geometry.block_size_bytes));
        let _ = edit.set_sectors(sectors);
        edit
    }
}

fn number(block: FsBlock) -> u32 {
    u32::try_from(block.0).unwrap_or(0)
}
