//! Group descriptors: where a group's bitmaps and inode table lie.

use zerocopy::FromBytes;

use super::disk::{DESCRIPTOR_SIZE_BYTES, RawGroupDescriptor};
use super::error::{Corrupt, Result};
use super::features::Incompat;
use super::metadata::Metadata;
use super::superblock::Superblock;
use crate::mpage::FsBlock;

/// A group descriptor whose block numbers lie inside the filesystem.
#[derive(Debug, Clone)]
pub struct GroupDescriptor {
    raw: RawGroupDescriptor,
}

impl GroupDescriptor {
    /// Reads and checks the descriptor of a group, from the copy that lies with `superblock`.
    ///
    /// # Errors
    /// [`Corrupt::GroupDescriptor`] where it points outside the filesystem, and what the device
    /// says.
    pub fn read(superblock: &Superblock, metadata: &Metadata, group: u32) -> Result<Self> {
        let (block, offset_bytes) = place(superblock, group);
        let bytes = metadata.read(block, "group descriptor table")?;
        let bytes = bytes.get(offset_bytes..).unwrap_or_default();
        let Ok((raw, _)) = RawGroupDescriptor::read_from_prefix(bytes) else {
            let (first, end) = metadata.bounds();
            let object = "group descriptor table";
            return Err(Corrupt::BlockOutside { object, block, first, end }.into());
        };
        check(superblock, &raw, group)?;
        Ok(Self { raw })
    }

    /// The fields as they stand on disk.
    #[must_use]
    pub fn raw(&self) -> &RawGroupDescriptor {
        &self.raw
    }

    /// The first block of the inode table.
    #[must_use]
    pub fn inode_table(&self) -> FsBlock {
        FsBlock(u64::from(self.raw.bg_inode_table.get()))
    }
}

/// The block that holds a group's descriptor, and where in it.
pub(super) fn place(superblock: &Superblock, group: u32) -> (FsBlock, usize) {
    let block_size = superblock.block_size_bytes();
    let per_block = block_size.checked_div(DESCRIPTOR_SIZE_BYTES).unwrap_or(1).max(1);
    let index = u64::from(group).checked_div(per_block).unwrap_or(0);
    let in_block = u64::from(group).checked_rem(per_block).unwrap_or(0);
    let offset = in_block.saturating_mul(DESCRIPTOR_SIZE_BYTES);

    let own_block = superblock.offset_bytes().checked_div(block_size).unwrap_or(0);
    let spread = superblock.features().incompat.contains(Incompat::META_BG)
        && index >= u64::from(superblock.raw().s_first_meta_bg.get());
    let block = if spread {
        // With meta_bg, a descriptor block lies in the first of the groups that it describes,
        // after the superblock if that group has one. Copies lie in the second and the last.
        let first_group = index.saturating_mul(per_block);
        let group_of_copy = if own_block > 1 { first_group.saturating_add(1) } else { first_group };
        let has_super = u32::try_from(group_of_copy).is_ok_and(|g| superblock.group_has_super(g));
        group_of_copy
            .saturating_mul(u64::from(superblock.raw().s_blocks_per_group.get()))
            .saturating_add(superblock.first_data_block())
            .saturating_add(u64::from(has_super))
    } else {
        own_block.saturating_add(1).saturating_add(index)
    };
    (FsBlock(block), usize::try_from(offset).unwrap_or(0))
}

fn check(superblock: &Superblock, raw: &RawGroupDescriptor, group: u32) -> Result<()> {
    let first = superblock.first_data_block();
    let end = superblock.blocks_count();
    let table_blocks = inode_table_blocks(superblock);
    for (field, value, len_blocks) in [
        ("bg_block_bitmap", raw.bg_block_bitmap, 1),
        ("bg_inode_bitmap", raw.bg_inode_bitmap, 1),
        ("bg_inode_table", raw.bg_inode_table, table_blocks),
    ] {
        let value = u64::from(value.get());
        // A group's metadata never lies where the superblock does.
        if value <= first || value.saturating_add(len_blocks) > end {
            return Err(Corrupt::GroupDescriptor { group, field, value, first, end }.into());
        }
    }
    Ok(())
}

/// Blocks of a group's inode table.
pub(super) fn inode_table_blocks(superblock: &Superblock) -> u64 {
    u64::from(superblock.raw().s_inodes_per_group.get())
        .saturating_mul(superblock.inode_size_bytes() as u64)
        .div_ceil(superblock.block_size_bytes())
}

/// Blocks of descriptors that a group holds, behind the superblock if it has that.
pub(super) fn descriptor_blocks(superblock: &Superblock, group: u32) -> u64 {
    let per_block =
        superblock.block_size_bytes().checked_div(DESCRIPTOR_SIZE_BYTES).unwrap_or(1).max(1);
    let index = u64::from(group).checked_div(per_block).unwrap_or(0);
    let in_block = u64::from(group).checked_rem(per_block).unwrap_or(0);
    let spread = superblock.features().incompat.contains(Incompat::META_BG);
    let first_spread = u64::from(superblock.raw().s_first_meta_bg.get());
    match spread {
        // The descriptors of the groups from here on lie with those, in three copies.
        true if index >= first_spread => {
            u64::from(in_block <= 1 || in_block.saturating_add(1) == per_block)
        }
        _ if !superblock.group_has_super(group) => 0,
        true => first_spread.min(table_blocks(superblock)),
        false => table_blocks(superblock),
    }
}

/// Blocks of the descriptor table.
fn table_blocks(superblock: &Superblock) -> u64 {
    u64::from(superblock.groups_count())
        .saturating_mul(DESCRIPTOR_SIZE_BYTES)
        .div_ceil(superblock.block_size_bytes())
}
