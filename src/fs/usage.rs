//! Usage: how much a filesystem holds, and how much of it is taken, as a mounted one says it.
//!
//! The numbers are those of Linux's `statfs` on the image freshly mounted: by ext4's driver, which
//! is the one that mounts ext2 in most kernels. What the filesystem needs for itself, whatever is in
//! it, is overhead and no part of its size; free are as many blocks as the group descriptors count,
//! not the superblock, which a kernel does not keep up to date.
//!
//! ```text
//! 1024 blocks of 1 KiB, a group of 128 inodes of 256 bytes, 51 blocks reserved:
//! overhead 37     block 0, superblock, descriptors, 2 bitmaps, 32 blocks of inode table
//! size     987    used 13 + free 974, available 923
//! ```

use super::error::{Corrupt, Result};
use super::features::Compat;
use super::inode::Ino;
use super::superblock::Superblock;
use super::{Filesystem, group};

/// How much there is, and how much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in a block.
    pub block_size_bytes: u64,
    /// Blocks, all of them.
    pub blocks: u64,
    /// Blocks that files can never have.
    pub overhead_blocks: u64,
    /// Free blocks.
    pub free_blocks: u64,
    /// Blocks, of the free ones, that only root may use.
    pub reserved_blocks: u64,
    /// Inodes.
    pub inodes: u64,
    /// Free inodes.
    pub free_inodes: u64,
}

impl Usage {
    /// Counts what a filesystem's groups say.
    ///
    /// # Errors
    /// A descriptor cannot be read, or counts more than its group has; the journal is no inode.
    pub fn of(fs: &Filesystem) -> Result<Self> {
        let superblock = fs.superblock();
        let mut usage = Self {
            block_size_bytes: superblock.block_size_bytes(),
            blocks: superblock.blocks_count(),
            overhead_blocks: superblock.first_data_block().saturating_add(journal_blocks(fs)?),
            free_blocks: 0,
            reserved_blocks: u64::from(superblock.raw().s_r_blocks_count.get()),
            inodes: u64::from(superblock.inodes_count()),
            free_inodes: 0,
        };
        for group in 0..superblock.groups_count() {
            let overhead = overhead_of_group(superblock, group);
            usage.overhead_blocks = usage.overhead_blocks.saturating_add(overhead);
            let descriptor = fs.group(group)?;
            let raw = descriptor.raw();
            let inodes = u64::from(superblock.raw().s_inodes_per_group.get());
            for (sum, field, count, most, want) in [
                (
                    &mut usage.free_blocks,
                    "bg_free_blocks_count",
                    raw.bg_free_blocks_count.get(),
                    blocks_of_group(superblock, group),
                    "want no more than the group's blocks",
                ),
                (
                    &mut usage.free_inodes,
                    "bg_free_inodes_count",
                    raw.bg_free_inodes_count.get(),
                    inodes,
                    "want no more than s_inodes_per_group",
                ),
            ] {
                let value = u64::from(count);
                if value > most {
                    return Err(Corrupt::GroupCount { group, field, value, want }.into());
                }
                *sum = sum.saturating_add(value);
            }
        }
        Ok(usage)
    }

    /// Blocks that files can have.
    #[must_use]
    pub fn size_blocks(&self) -> u64 {
        self.blocks.saturating_sub(self.overhead_blocks)
    }

    /// Blocks that files have.
    #[must_use]
    pub fn used_blocks(&self) -> u64 {
        self.size_blocks().saturating_sub(self.free_blocks)
    }

    /// Free blocks that anybody may use.
    #[must_use]
    pub fn available_blocks(&self) -> u64 {
        self.free_blocks.saturating_sub(self.reserved_blocks)
    }

    /// Inodes in use.
    #[must_use]
    pub fn used_inodes(&self) -> u64 {
        self.inodes.saturating_sub(self.free_inodes)
    }
}

/// Blocks of a group that no file can have: copies of superblock and descriptors, with the room that
/// those have to grow, two bitmaps, inode table.
fn overhead_of_group(superblock: &Superblock, group: u32) -> u64 {
    let raw = superblock.raw();
    let copies = match superblock.group_has_super(group) {
        true => 1_u64.saturating_add(u64::from(raw.s_reserved_gdt_blocks.get())),
        false => 0,
    };
    let inodes_per_block =
        superblock.block_size_bytes().checked_div(superblock.inode_size_bytes() as u64);
    // Whole blocks of inodes, where another driver would count a last one that is not full.
    let table = u64::from(raw.s_inodes_per_group.get())
        .checked_div(inodes_per_block.unwrap_or(1))
        .unwrap_or(0);
    copies
        .saturating_add(group::descriptor_blocks(superblock, group))
        .saturating_add(2)
        .saturating_add(table)
}

/// Blocks of a group; the last one may have fewer.
fn blocks_of_group(superblock: &Superblock, group: u32) -> u64 {
    let per_group = u64::from(superblock.raw().s_blocks_per_group.get());
    let first =
        u64::from(group).saturating_mul(per_group).saturating_add(superblock.first_data_block());
    superblock.blocks_count().saturating_sub(first).min(per_group)
}

/// Blocks of the journal of ext3, where it lies in the filesystem: no file can have them.
fn journal_blocks(fs: &Filesystem) -> Result<u64> {
    let superblock = fs.superblock();
    let ino = superblock.raw().s_journal_inum.get();
    if !superblock.features().compat.contains(Compat::HAS_JOURNAL) || ino == 0 {
        return Ok(0);
    }
    let size_bytes = fs.inode(Ino(ino))?.size_bytes();
    Ok(size_bytes >> superblock.block_bits())
}
