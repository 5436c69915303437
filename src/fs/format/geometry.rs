//! Geometry: how a filesystem is cut into groups, and where the metadata of each lies.
//!
//! All of it follows from a few numbers, as `mke2fs` has it. Of a filesystem of 64 MiB in blocks of
//! 4 KiB with 16,384 inodes, block 0 holds the superblock, 1 the descriptors, 2 to 4 are kept for more
//! of those, 5 and 6 are the bitmaps, the inodes' table goes from 7 to 1030, and the rest is data:
//!
//! ```
//! use mpimg::fs::{FormatFeatures, FsGeometry};
//! use mpimg::mpage::FsBlock;
//! let geometry = FsGeometry::new(4096, 256, FormatFeatures::default(), 16384, 16384).unwrap();
//! assert_eq!(geometry.reserved_descriptor_blocks, 3);
//! assert_eq!((geometry.inode_table(0), geometry.data_first(0)), (FsBlock(7), FsBlock(1031)));
//! ```
//!
//! Blocks of data have numbers of their own, those of metadata left out: block of data 0 is the first
//! that a group has for it, and what lies together by these numbers lies together on disk, but for
//! what a group begins with. Source: `lib/ext2fs/initialize.c` in e2fsprogs.

use super::features::FormatFeatures;
use super::{BAD_SIZE, FormatError};
use crate::fs::balloc::BlockRun;
use crate::fs::disk::DESCRIPTOR_SIZE_BYTES;
use crate::fs::superblock::is_backup_group;
use crate::mpage::FsBlock;

/// A group that has less room than this, besides its metadata, is left out at the end.
const LEAST_LAST_GROUP_BLOCKS: u64 = 50;
/// How often a filesystem should be able to grow to double its size.
const GROWTH: u64 = 1024;
/// Counts in descriptors have 16 bits; bitmaps are made of whole bytes.
const MOST_PER_GROUP: u64 = (1 << 16) - 8;
/// Inodes that no filesystem is without: the reserved ones, and `lost+found`.
pub const LEAST_INODES: u64 = 11;

/// How a filesystem is cut into groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FsGeometry {
    /// Bytes in a block.
    pub block_size_bytes: u64,
    /// Bytes in an inode.
    pub inode_size_bytes: u64,
    /// What it is to have.
    pub features: FormatFeatures,
    /// Blocks.
    pub blocks_count: u64,
    /// The block where the first group begins.
    pub first_data_block: u64,
    /// Blocks in a group.
    pub blocks_per_group: u64,
    /// Inodes in a group.
    pub inodes_per_group: u64,
    /// Groups.
    pub groups_count: u64,
    /// Blocks of descriptors.
    pub descriptor_blocks: u64,
    /// Blocks that are kept for more of them.
    pub reserved_descriptor_blocks: u64,
}

impl FsGeometry {
    /// The geometry of a filesystem of `blocks_count` blocks, or a few less where the last group would
    /// be too small, with at least `inodes_count` inodes.
    ///
    /// # Errors
    /// [`FormatError`] where there cannot be one.
    pub fn new(
        block_size_bytes: u64,
        inode_size_bytes: u64,
        features: FormatFeatures,
        blocks_count: u64,
        inodes_count: u64,
    ) -> Result<Self, FormatError> {
        if blocks_count > u64::from(u32::MAX) {
            return Err(FormatError::TooLarge { blocks_count });
        }
        if inodes_count > u64::from(u32::MAX) {
            let most = u64::from(u32::MAX);
            return Err(FormatError::TooManyInodes { inodes_count, most });
        }
        let uncut = Self::uncut(block_size_bytes, inode_size_bytes, features);
        let mut geometry = Self { blocks_count, ..uncut };
        loop {
            geometry.cut(inodes_count)?;
            // All descriptors lie in one group.
            if geometry.groups_count > 1 && geometry.overhead_blocks(0) >= geometry.blocks_per_group
            {
                return Err(geometry.overfull(inodes_count));
            }
            let rest = geometry.group_blocks(geometry.groups_count.saturating_sub(1));
            let need = geometry.overhead_blocks(geometry.groups_count.saturating_sub(1));
            let last = need.saturating_add(LEAST_LAST_GROUP_BLOCKS);
            if geometry.groups_count == 1 && rest <= need {
                return Err(FormatError::TooSmall { blocks_count, least: need.saturating_add(1) });
            }
            if geometry.groups_count == 1 || rest >= last {
                return Ok(geometry);
            }
            geometry.blocks_count = geometry.blocks_count.saturating_sub(rest);
        }
    }

    /// What goes for filesystems of all sizes.
    pub(super) fn uncut(
        block_size_bytes: u64,
        inode_size_bytes: u64,
        features: FormatFeatures,
    ) -> Self {
        Self {
            block_size_bytes,
            inode_size_bytes,
            features,
            blocks_count: 0,
            first_data_block: u64::from(block_size_bytes == 1024),
            blocks_per_group: block_size_bytes.saturating_mul(8).min(MOST_PER_GROUP),
            inodes_per_group: 0,
            groups_count: 0,
            descriptor_blocks: 0,
            reserved_descriptor_blocks: 0,
        }
    }

    /// What is wrong where metadata leaves no room in a group.
    fn overfull(&self, inodes_count: u64) -> FormatError {
        let copy = self.copy_blocks(0).saturating_add(2);
        match self.blocks_per_group.checked_sub(copy) {
            Some(room) if room > 1 => {
                let each = room.saturating_sub(1).saturating_mul(self.inodes_per_block());
                let most = each.saturating_mul(self.groups_count);
                FormatError::TooManyInodes { inodes_count, most }
            }
            _ => FormatError::TooLarge { blocks_count: self.blocks_count },
        }
    }

    /// Cuts the blocks that there are into groups, and shares the inodes out.
    fn cut(&mut self, inodes_count: u64) -> Result<(), FormatError> {
        let blocks = self.blocks_count.saturating_sub(self.first_data_block);
        self.groups_count = blocks.div_ceil(self.blocks_per_group).max(1);
        let per_block = self.block_size_bytes.checked_div(DESCRIPTOR_SIZE_BYTES).unwrap_or(1);
        let descriptor_blocks = |groups: u64| groups.div_ceil(per_block.max(1));
        self.descriptor_blocks = descriptor_blocks(self.groups_count);
        self.reserved_descriptor_blocks = 0;
        if self.features.contains(FormatFeatures::RESIZE_INODE) {
            let most = self.blocks_count.saturating_mul(GROWTH).min(u64::from(u32::MAX));
            let groups = most.saturating_sub(self.first_data_block).div_ceil(self.blocks_per_group);
            let more = descriptor_blocks(groups).saturating_sub(self.descriptor_blocks);
            // One indirect block names them all.
            let pointers = self.block_size_bytes >> 2;
            self.reserved_descriptor_blocks = more.min(pointers);
        }
        let most = self.most_inodes_per_group();
        let wanted = inodes_count.max(LEAST_INODES.saturating_add(1)).div_ceil(self.groups_count);
        // The table fills its blocks, the bitmap its bytes.
        let per_block = self.inodes_per_block();
        let rounded = wanted.next_multiple_of(per_block).next_multiple_of(8);
        if rounded > most {
            let most = most.saturating_mul(self.groups_count);
            return Err(FormatError::TooManyInodes { inodes_count, most });
        }
        self.inodes_per_group = rounded;
        Ok(())
    }

    /// Inodes in a block of the table.
    #[must_use]
    pub fn inodes_per_block(&self) -> u64 {
        self.block_size_bytes.checked_div(self.inode_size_bytes).unwrap_or(1).max(1)
    }

    /// Inodes that a group can have.
    #[must_use]
    pub fn most_inodes_per_group(&self) -> u64 {
        let counted = (1_u64 << 16).saturating_sub(self.inodes_per_block());
        // A superblock, descriptors, bitmaps and a block of data are in a group, too.
        let table = self.blocks_per_group.saturating_sub(5);
        let held = table.saturating_mul(self.inodes_per_block());
        self.block_size_bytes.saturating_mul(8).min(counted).min(held) & !7
    }

    /// Inodes in all.
    #[must_use]
    pub fn inodes_count(&self) -> u64 {
        self.inodes_per_group.saturating_mul(self.groups_count)
    }

    /// Blocks of a group's inode table.
    #[must_use]
    pub fn table_blocks(&self) -> u64 {
        self.inodes_per_group
            .saturating_mul(self.inode_size_bytes)
            .div_ceil(self.block_size_bytes.max(1))
    }

    /// Whether a group holds the superblock or a copy.
    #[must_use]
    pub fn has_super(&self, group: u64) -> bool {
        let sparse = self.features.contains(FormatFeatures::SPARSE_SUPER);
        !sparse || u32::try_from(group).is_ok_and(is_backup_group)
    }

    /// The groups after the first that hold a copy of the superblock.
    pub fn backup_groups(&self) -> impl Iterator<Item = u64> + use<> {
        let geometry = *self;
        (1..self.groups_count).filter(move |group| geometry.has_super(*group))
    }

    /// The first block of a group.
    #[must_use]
    pub fn group_first(&self, group: u64) -> FsBlock {
        FsBlock(group.saturating_mul(self.blocks_per_group).saturating_add(self.first_data_block))
    }

    /// Blocks of a group.
    #[must_use]
    pub fn group_blocks(&self, group: u64) -> u64 {
        let left = self.blocks_count.saturating_sub(self.group_first(group).0);
        left.min(self.blocks_per_group)
    }

    /// Blocks that the superblock and the descriptors take of a group, those kept for more included.
    fn copy_blocks(&self, group: u64) -> u64 {
        match self.has_super(group) {
            true => {
                let more = self.descriptor_blocks.saturating_add(self.reserved_descriptor_blocks);
                more.saturating_add(1)
            }
            false => 0,
        }
    }

    /// The bitmap of a group's blocks; that of its inodes follows.
    #[must_use]
    pub fn block_bitmap(&self, group: u64) -> FsBlock {
        self.group_first(group).plus(self.copy_blocks(group))
    }

    /// The first block of a group's inode table.
    #[must_use]
    pub fn inode_table(&self, group: u64) -> FsBlock {
        self.block_bitmap(group).plus(2)
    }

    /// The first block of a group that is there for data.
    #[must_use]
    pub fn data_first(&self, group: u64) -> FsBlock {
        self.inode_table(group).plus(self.table_blocks())
    }

    /// Blocks that metadata takes of a group.
    #[must_use]
    pub fn overhead_blocks(&self, group: u64) -> u64 {
        self.copy_blocks(group).saturating_add(2).saturating_add(self.table_blocks())
    }

    /// Blocks of data that there is room for.
    #[must_use]
    pub fn data_blocks(&self) -> u64 {
        self.blocks_count
            .saturating_sub(self.first_data_block)
            .saturating_sub(self.metadata_blocks())
    }

    /// Blocks that metadata takes in all, but for the boot block.
    #[must_use]
    pub fn metadata_blocks(&self) -> u64 {
        let backups = self.backup_groups().count() as u64;
        let copies = self.copy_blocks(0).saturating_mul(backups.saturating_add(1));
        let own = self.table_blocks().saturating_add(2).saturating_mul(self.groups_count);
        copies.saturating_add(own)
    }
}

/// Where blocks of data lie.
#[derive(Debug, Clone)]
pub struct DataMap {
    /// For each group, its first block of data by the data's own numbers, and where that lies.
    groups: Vec<(u64, FsBlock)>,
    end: u64,
}

impl DataMap {
    /// That of a geometry.
    #[must_use]
    pub fn of(geometry: &FsGeometry) -> Self {
        let mut next = 0_u64;
        let mut groups = Vec::new();
        for group in 0..geometry.groups_count {
            groups.push((next, geometry.data_first(group)));
            let room = geometry.group_blocks(group).saturating_sub(geometry.overhead_blocks(group));
            next = next.saturating_add(room);
        }
        Self { groups, end: next }
    }

    /// How many there are.
    #[must_use]
    pub fn len_blocks(&self) -> u64 {
        self.end
    }

    /// The group that holds a block of data.
    #[must_use]
    pub fn group_of(&self, number: u64) -> usize {
        self.groups.partition_point(|(first, _)| *first <= number).saturating_sub(1)
    }

    /// The numbers of a group's blocks of data.
    #[must_use]
    pub fn numbers_of(&self, group: usize) -> std::ops::Range<u64> {
        let first = self.groups.get(group).map_or(self.end, |(first, _)| *first);
        let end = self.groups.get(group.saturating_add(1)).map_or(self.end, |(first, _)| *first);
        first..end
    }

    /// Where a block of data lies.
    #[must_use]
    pub fn place(&self, number: u64) -> FsBlock {
        let group = self.groups.get(self.group_of(number));
        group.map_or(FsBlock(0), |(first, block)| block.plus(number.saturating_sub(*first)))
    }

    /// Where `count` blocks lie from a number on, if they lie together.
    #[must_use]
    pub fn together(&self, number: u64, count: u64) -> Option<FsBlock> {
        let group = self.group_of(number);
        let end = number.saturating_add(count);
        let (first, block) = self.groups.get(group)?;
        let held = end <= self.numbers_of(group).end;
        held.then(|| block.plus(number.saturating_sub(*first)))
    }

    /// Where `count` blocks lie from a number on, as runs.
    #[must_use]
    pub fn runs(&self, number: u64, count: u64) -> Vec<BlockRun> {
        let mut runs = Vec::new();
        let (mut at, end) = (number, number.saturating_add(count).min(self.end));
        while at < end {
            let here = self.numbers_of(self.group_of(at)).end.min(end).saturating_sub(at);
            if here == 0 {
                break;
            }
            runs.push(BlockRun { first: self.place(at), count: here });
            at = at.saturating_add(here);
        }
        runs
    }
}

/// Checks the sizes of blocks and inodes.
pub fn check_sizes(block_size_bytes: u64, inode_size_bytes: u64) -> Result<(), FormatError> {
    if !(1024..=65536).contains(&block_size_bytes) || !block_size_bytes.is_power_of_two() {
        let (what, value) = ("a block", block_size_bytes);
        return Err(FormatError::BadSize { what, value, want: BAD_SIZE.0 });
    }
    let possible = (128..=block_size_bytes).contains(&inode_size_bytes);
    if !possible || !inode_size_bytes.is_power_of_two() {
        let (what, value) = ("an inode", inode_size_bytes);
        return Err(FormatError::BadSize { what, value, want: BAD_SIZE.1 });
    }
    Ok(())
}
