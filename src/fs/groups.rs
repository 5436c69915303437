//! The groups of a filesystem that is being changed: descriptors, bitmaps and counts.
//!
//! A group is loaded when something in it is looked for, and lives until the transaction ends; then
//! what changed goes into its blocks. Before anything is put there, a descriptor is found here that
//! leads out of its group or to one block twice, and a bitmap that says that the group's own metadata
//! is free.

use std::collections::BTreeMap;

use zerocopy::FromBytes;

use super::bitmap::Bitmap;
use super::disk::RawGroupDescriptor;
use super::error::{Corrupt, Result};
use super::inode::Ino;
use super::superblock::Superblock;
use super::{Filesystem, group};
use crate::mpage::FsBlock;

/// A group, as far as it was looked at.
#[derive(Debug)]
pub struct Group {
    /// Its descriptor, as it is to be.
    pub descriptor: RawGroupDescriptor,
    /// Whether that changed.
    pub dirty: bool,
    /// The first block.
    first_block: FsBlock,
    /// Its metadata, as first block and length: superblock and descriptors, bitmaps, inode table.
    own: [(FsBlock, u64); 4],
    blocks: Option<Bitmap>,
    blocks_dirty: bool,
    inodes: Option<Bitmap>,
    inodes_dirty: bool,
}

/// The bitmaps that changed, each by its block, and the descriptors, each by its group.
pub type Changes<'a> = (Vec<(FsBlock, &'a [u8])>, Vec<(u32, &'a RawGroupDescriptor)>);

/// Groups that were looked at.
#[derive(Debug, Default)]
pub struct Groups {
    groups: BTreeMap<u32, Group>,
}

impl Groups {
    /// A group.
    ///
    /// # Errors
    /// Its descriptor cannot be read, or leads to where the group's metadata cannot be.
    pub fn get(&mut self, fs: &Filesystem, number: u32) -> Result<&mut Group> {
        use std::collections::btree_map::Entry;
        match self.groups.entry(number) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let descriptor = fs.group(number)?.raw().clone();
                let superblock = fs.superblock();
                let per_group = u64::from(superblock.raw().s_blocks_per_group.get());
                let first = u64::from(number)
                    .saturating_mul(per_group)
                    .saturating_add(superblock.first_data_block());
                let own = own_blocks(superblock, number, FsBlock(first), &descriptor);
                check_apart(superblock, number, &own)?;
                Ok(entry.insert(Group {
                    descriptor,
                    dirty: false,
                    first_block: FsBlock(first),
                    own,
                    blocks: None,
                    blocks_dirty: false,
                    inodes: None,
                    inodes_dirty: false,
                }))
            }
        }
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.groups.values().all(|group| !(group.dirty || group.blocks_dirty || group.inodes_dirty))
    }

    /// The bitmaps and descriptors that changed, in order: the block of each bitmap with its bytes,
    /// and each descriptor by its group.
    pub fn changes(&self) -> Changes<'_> {
        let mut bitmaps = Vec::new();
        let mut descriptors = Vec::new();
        for (number, group) in &self.groups {
            let raw = &group.descriptor;
            for (dirty, bitmap, block) in [
                (group.blocks_dirty, &group.blocks, raw.bg_block_bitmap),
                (group.inodes_dirty, &group.inodes, raw.bg_inode_bitmap),
            ] {
                if let (true, Some(bitmap)) = (dirty, bitmap) {
                    bitmaps.push((FsBlock(u64::from(block.get())), bitmap.bytes()));
                }
            }
            if group.dirty {
                descriptors.push((*number, raw));
            }
        }
        (bitmaps, descriptors)
    }
}

impl Group {
    /// Free blocks, by the descriptor.
    #[must_use]
    pub fn free_blocks(&self) -> u32 {
        u32::from(self.descriptor.bg_free_blocks_count.get())
    }

    /// Free inodes, by the descriptor.
    #[must_use]
    pub fn free_inodes(&self) -> u32 {
        u32::from(self.descriptor.bg_free_inodes_count.get())
    }

    /// The first block.
    #[must_use]
    pub fn first_block(&self) -> FsBlock {
        self.first_block
    }

    /// The bitmap of its blocks.
    ///
    /// # Errors
    /// It cannot be read, or says that the group's own metadata is free.
    pub fn blocks(&mut self, fs: &Filesystem, number: u32) -> Result<&mut Bitmap> {
        if self.blocks.is_none() {
            let block = FsBlock(u64::from(self.descriptor.bg_block_bitmap.get()));
            let bytes = fs.metadata().read(block, "block bitmap")?;
            let superblock = fs.superblock();
            let rest = superblock.blocks_count().saturating_sub(self.first_block.0);
            let per_group = superblock.raw().s_blocks_per_group.get();
            let len = u32::try_from(rest).unwrap_or(u32::MAX).min(per_group);
            let bitmap = Bitmap::new(&bytes, len);
            self.check_own_blocks(number, &bitmap)?;
            self.blocks = Some(bitmap);
        }
        Ok(self.blocks.get_or_insert_with(|| Bitmap::new(&[], 0)))
    }

    /// The bitmap of its inodes.
    ///
    /// # Errors
    /// It cannot be read, or says that a reserved inode is free.
    pub fn inodes(&mut self, fs: &Filesystem, number: u32) -> Result<&mut Bitmap> {
        if self.inodes.is_none() {
            let block = FsBlock(u64::from(self.descriptor.bg_inode_bitmap.get()));
            let bytes = fs.metadata().read(block, "inode bitmap")?;
            let superblock = fs.superblock();
            let bitmap = Bitmap::new(&bytes, superblock.raw().s_inodes_per_group.get());
            if number == 0 && !bitmap.is_set(Ino::ROOT.0.saturating_sub(1)) {
                let (bitmap, what, state) = ("inode bitmap", "inode", "free, but the root");
                let number = u64::from(Ino::ROOT.0);
                return Err(Corrupt::Bitmap { group: 0, bitmap, what, number, state }.into());
            }
            self.inodes = Some(bitmap);
        }
        Ok(self.inodes.get_or_insert_with(|| Bitmap::new(&[], 0)))
    }

    /// Says that the bitmap of blocks changed, by so many blocks more (or less) that are free.
    pub fn blocks_changed(&mut self, fs: &Filesystem, number: u32, freed: i64) -> Result<()> {
        self.blocks_dirty = true;
        self.dirty = true;
        let count = &mut self.descriptor.bg_free_blocks_count;
        let limit = fs.superblock().raw().s_blocks_per_group.get();
        let new = i64::from(count.get()).saturating_add(freed);
        let fits = u16::try_from(new).ok().filter(|new| u32::from(*new) <= limit);
        count.set(fits.ok_or_else(|| impossible(number, "bg_free_blocks_count", count.get()))?);
        Ok(())
    }

    /// Says that the bitmap of inodes changed, by so many inodes more that are free, and so many
    /// directories more that there are.
    pub fn inodes_changed(&mut self, number: u32, freed: i64, directories: i64) -> Result<()> {
        self.inodes_dirty = true;
        self.dirty = true;
        for (count, field, change) in [
            (&mut self.descriptor.bg_free_inodes_count, "bg_free_inodes_count", freed),
            (&mut self.descriptor.bg_used_dirs_count, "bg_used_dirs_count", directories),
        ] {
            let new = u16::try_from(i64::from(count.get()).saturating_add(change));
            count.set(new.map_err(|_| impossible(number, field, count.get()))?);
        }
        Ok(())
    }

    /// Whether a block holds metadata of its group, which nothing may own.
    #[must_use]
    pub fn owns(&self, block: FsBlock) -> bool {
        self.own
            .iter()
            .any(|(first, count)| block >= *first && block.distance_from(*first) < *count)
    }

    fn check_own_blocks(&self, group: u32, bitmap: &Bitmap) -> Result<()> {
        for (first, count) in self.own {
            for block in (first.0..first.plus(count).0).map(FsBlock) {
                let index = u32::try_from(block.distance_from(self.first_block));
                if !bitmap.is_set(index.unwrap_or(u32::MAX)) {
                    let (bitmap, what, state) = ("block bitmap", "block", "free, but metadata");
                    let number = block.0;
                    return Err(Corrupt::Bitmap { group, bitmap, what, number, state }.into());
                }
            }
        }
        Ok(())
    }
}

/// Where the metadata of a group lies that begins with block `first`.
fn own_blocks(
    superblock: &Superblock,
    number: u32,
    first: FsBlock,
    raw: &RawGroupDescriptor,
) -> [(FsBlock, u64); 4] {
    let at = |block: u32| FsBlock(u64::from(block));
    let copies = u64::from(superblock.group_has_super(number))
        .saturating_add(group::descriptor_blocks(superblock, number));
    [
        (first, copies),
        (at(raw.bg_block_bitmap.get()), 1),
        (at(raw.bg_inode_bitmap.get()), 1),
        (at(raw.bg_inode_table.get()), group::inode_table_blocks(superblock)),
    ]
}

/// Refuses a group whose metadata lies outside of it, as only `flex_bg` allows, or overlaps.
fn check_apart(superblock: &Superblock, group: u32, own: &[(FsBlock, u64); 4]) -> Result<()> {
    let fields = ["", "bg_block_bitmap", "bg_inode_bitmap", "bg_inode_table"];
    let [(start, _), ..] = *own;
    let per_group = u64::from(superblock.raw().s_blocks_per_group.get());
    let end = start.plus(per_group).0.min(superblock.blocks_count());
    let mut taken: Vec<(FsBlock, u64)> = Vec::new();
    for (field, (first, count)) in fields.into_iter().zip(*own) {
        if first < start || first.plus(count).0 > end {
            let (first, value) = (start.0, first.0);
            return Err(Corrupt::GroupDescriptor { group, field, value, first, end }.into());
        }
        if taken.iter().any(|(other, len)| first < other.plus(*len) && *other < first.plus(count)) {
            let (bitmap, what, state) = ("descriptor", "block", "more than one kind of metadata");
            let number = first.0;
            return Err(Corrupt::Bitmap { group, bitmap, what, number, state }.into());
        }
        taken.push((first, count));
    }
    Ok(())
}

fn impossible(group: u32, field: &'static str, value: u16) -> Corrupt {
    let want = "which contradicts the group's bitmap";
    Corrupt::GroupCount { group, field, value: u64::from(value), want }
}

/// Puts a descriptor into the block of the descriptor table that holds it.
pub fn put_descriptor(bytes: &mut [u8], offset_bytes: usize, descriptor: &RawGroupDescriptor) {
    let place = bytes.get_mut(offset_bytes..).unwrap_or_default();
    if let Ok((raw, _)) = RawGroupDescriptor::mut_from_prefix(place) {
        *raw = descriptor.clone();
    }
}
