//! The bytes of a window.
//!
//! Each block is one of a few kinds, by where it lies in its group: descriptors, bitmaps, inodes, or data,
//! which is a directory, attributes, or part of a file. All but the last follow from the plan.

use zerocopy::IntoBytes;

use crate::fs::dir_block;
use crate::fs::error::{FsError, Result};
use crate::fs::format::{GroupUsage, ResizeInode, Usage, descriptors};
use crate::fs::inode::{FileType, Ino};
use crate::fs::inventory::{ContentReader, Place};
use crate::fs::xattr_store::set_xattr_refcount;
use crate::mpage::FsBlock;

use super::file_map::{Part, PlacedMap};
use super::layout::{Area, dir_map, direct_blocks, map_of};
use super::windows::{Cursor, Window};
use super::{Build, directories};

/// What a window held.
#[derive(Debug, Clone, Copy, Default)]
pub struct Painted {
    /// Files that end in it.
    pub files: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// The map of the file that the last window ended in, by its number among the objects.
pub type Kept = Option<(usize, PlacedMap)>;

/// Metadata that stands in many places.
#[derive(Debug)]
pub struct Tables {
    descriptors: Vec<u8>,
    pub usage: Usage,
}

impl<'a> Build<'a> {
    /// Fills in what each group has left.
    pub(super) fn tables(&self) -> Tables {
        let mut groups = vec![GroupUsage::default(); index(self.geometry.groups_count)];
        for (group, number) in groups.iter_mut().zip(0..) {
            let numbers = self.data.numbers_of(index(number));
            let used = self.layout.used(numbers.clone());
            let used = used.iter().map(|used| used.end.saturating_sub(used.start));
            let room = numbers.end.saturating_sub(numbers.start);
            group.free_blocks = room.saturating_sub(used.fold(0, u64::saturating_add));
            let inodes = self.inodes_used(number);
            group.free_inodes = self.geometry.inodes_per_group.saturating_sub(inodes);
        }
        for directory in &self.census.directories {
            let before = u64::from(self.census.ino(*directory).0).saturating_sub(1);
            let group = before.checked_div(self.geometry.inodes_per_group).unwrap_or(0);
            if let Some(group) = groups.get_mut(index(group)) {
                group.directories = group.directories.saturating_add(1);
            }
        }
        let sum = |count: fn(&GroupUsage) -> u64| groups.iter().map(count).sum();
        let free_blocks = sum(|group| group.free_blocks);
        let usage = Usage { free_blocks, free_inodes: sum(|group| group.free_inodes) };
        let raw = descriptors(&self.geometry, &groups);
        Tables { descriptors: raw.iter().flat_map(|raw| raw.as_bytes().to_vec()).collect(), usage }
    }

    /// Fills a window, whose bytes may be anything before.
    pub(super) fn paint(
        &'a self,
        tables: &Tables,
        window: &Window,
        (reader, kept): (&mut dyn ContentReader, &mut Kept),
        bytes: &mut [u8],
    ) -> Result<Painted> {
        let group = self.group_of(window.first);
        let data = self.geometry.data_first(group);
        let metadata = data.0.saturating_sub(window.first.0).min(window.count);
        let (head, rest) = split(bytes, index(metadata).saturating_mul(self.block_size()));
        head.fill(0);
        for (block, bytes) in (window.first.0..).map(FsBlock).zip(self.blocks_of(head)) {
            self.paint_metadata(tables, group, block, bytes)?;
        }
        if rest.is_empty() {
            return Ok(Painted::default());
        }
        let first = window.first.max(data);
        let numbers = self.data.numbers_of(index(group));
        let mut number = numbers.start.saturating_add(first.distance_from(data));
        let mut rest = rest;
        while !rest.is_empty() && number < self.layout.attributes.end {
            let (block, after) = split(rest, self.block_size());
            block.fill(0);
            self.paint_own(number, block);
            (number, rest) = (number.saturating_add(1), after);
        }
        match &window.start {
            Some(start) => {
                self.paint_objects(self.objects_from(start), number, (reader, kept), rest)
            }
            None => {
                rest.fill(0);
                Ok(Painted::default())
            }
        }
    }

    fn blocks_of<'b>(&self, bytes: &'b mut [u8]) -> impl Iterator<Item = &'b mut [u8]> {
        bytes.chunks_exact_mut(self.block_size().max(1))
    }

    /// A block of a group's own metadata.
    fn paint_metadata(
        &self,
        tables: &Tables,
        group: u64,
        block: FsBlock,
        bytes: &mut [u8],
    ) -> Result<()> {
        let geometry = &self.geometry;
        let (bitmap, table) = (geometry.block_bitmap(group), geometry.inode_table(group));
        if let Some(number) = block.0.checked_sub(table.0) {
            let per_block = geometry.inodes_per_block();
            let skipped = number.saturating_mul(per_block);
            let size = index(geometry.inode_size_bytes).max(1);
            let used = self.inodes_used(group).saturating_sub(skipped);
            let first = u64::from(self.first_ino(group).0).saturating_add(skipped);
            for (ino, inode) in (first..).zip(bytes.chunks_exact_mut(size)).take(index(used)) {
                self.paint_inode(Ino(u32::try_from(ino).unwrap_or(u32::MAX)), inode)?;
            }
        } else if block > bitmap {
            let most = geometry.block_size_bytes.saturating_mul(8);
            set_bits(bytes, 0, self.inodes_used(group));
            set_bits(bytes, geometry.inodes_per_group, most);
        } else if block == bitmap {
            self.paint_bitmap(group, bytes);
        } else if let Some(number) = ResizeInode::reserved_index(geometry, block) {
            ResizeInode::reserved(geometry, number, bytes);
        } else {
            let number = block.distance_from(geometry.group_first(group)).saturating_sub(1);
            let from = index(number).saturating_mul(bytes.len());
            let table = tables.descriptors.get(from..).unwrap_or_default();
            for (to, from) in bytes.iter_mut().zip(table) {
                *to = *from;
            }
        }
        Ok(())
    }

    fn paint_bitmap(&self, group: u64, bytes: &mut [u8]) {
        let geometry = &self.geometry;
        let overhead = geometry.overhead_blocks(group);
        set_bits(bytes, 0, overhead);
        let numbers = self.data.numbers_of(index(group));
        for used in self.layout.used(numbers.clone()) {
            let bit = |number: u64| number.saturating_sub(numbers.start).saturating_add(overhead);
            set_bits(bytes, bit(used.start), bit(used.end));
        }
        let most = geometry.block_size_bytes.saturating_mul(8);
        set_bits(bytes, geometry.group_blocks(group), most);
    }

    /// A block of data that no file has: of a directory, of attributes.
    fn paint_own(&self, number: u64, bytes: &mut [u8]) {
        match self.layout.area(number) {
            Area::Directory(at, offset) => self.paint_directory(at, offset, bytes),
            Area::Attributes(number) => self.paint_attributes(number, bytes),
            Area::Resize => ResizeInode::double_indirect(&self.geometry, bytes),
            Area::Objects => {}
        }
    }

    fn paint_attributes(&self, number: u64, bytes: &mut [u8]) {
        let Some((set, users)) = self.attributes.block(number) else { return };
        let stored = self.stored_xattrs(self.tree.xattrs_of_set(set));
        if let Some(block) = stored.and_then(|stored| stored.block) {
            dir_block::put(bytes, 0, &block);
            set_xattr_refcount(bytes, users);
        }
    }

    fn paint_directory(&self, at: usize, offset: u64, bytes: &mut [u8]) {
        let Some(directory) = self.census.directories.get(at) else { return };
        let Some(large) = self.layout.large.get(&at) else {
            let packed = directories::pack(self.tree, &self.census, &self.directories, *directory);
            if let Some(block) = packed.blocks.first() {
                dir_block::put(bytes, 0, block);
            }
            return;
        };
        let count = large.blocks.len() as u64;
        let map = dir_map(count, self.geometry.block_size_bytes);
        let first = self.layout.directories.get(at).copied().map_or(0, u64::from);
        let runs = self.data.runs(first, map.total_blocks());
        let placed = map.place(&runs);
        match placed.part_at(offset) {
            Some(Part::Data { file_block, .. }) => {
                let block = usize::try_from(file_block).ok().and_then(|at| large.blocks.get(at));
                dir_block::put(bytes, 0, block.map_or(&[], Vec::as_slice));
            }
            Some(Part::Indirect { file_block, step }) => {
                placed.paint_indirect(file_block, step, bytes);
            }
            None => {}
        }
    }

    /// Files, from a block of data on.
    fn paint_objects(
        &self,
        objects: Cursor<'_>,
        number: u64,
        (reader, kept): (&mut dyn ContentReader, &mut Kept),
        bytes: &mut [u8],
    ) -> Result<Painted> {
        let block_size = self.geometry.block_size_bytes;
        let mut painted = Painted::default();
        let (mut at, mut rest) = (number, bytes);
        for (object, place) in objects {
            if rest.is_empty() {
                break;
            }
            let first = self.layout.objects.get(object).copied().map_or(0, u64::from);
            // What was left free before it.
            let (free, after) =
                split(rest, index(first.saturating_sub(at)).saturating_mul(index(block_size)));
            free.fill(0);
            at = at.max(first);
            rest = after;
            let view = self.tree.view(place.node);
            if let Some(count) = direct_blocks(&view, block_size)
                && at == first
                && self.data.together(first, count).is_some()
                && index(count.saturating_mul(block_size)) <= rest.len()
            {
                let (piece, after) = split(rest, index(count.saturating_mul(block_size)));
                let filled = fill(reader, place, view.len_bytes, 0, piece)?;
                painted.bytes = painted.bytes.saturating_add(filled);
                painted.files = painted.files.saturating_add(1);
                (at, rest) = (at.saturating_add(count), after);
                continue;
            }
            // A large file is in many windows, which come one after the other.
            let placed = match kept.take() {
                Some((known, placed)) if known == object => placed,
                _ => {
                    let map = map_of(&view, block_size);
                    let runs = self.data.runs(first, map.total_blocks());
                    map.place(&runs)
                }
            };
            while !rest.is_empty()
                && let Some(part) = placed.part_at(at.saturating_sub(first))
            {
                let count = match part {
                    Part::Indirect { .. } => 1,
                    Part::Data { count, .. } => count,
                };
                let (piece, after) = split(rest, index(count.saturating_mul(block_size)));
                match part {
                    Part::Indirect { file_block, step } => {
                        piece.fill(0);
                        placed.paint_indirect(file_block, step, piece);
                    }
                    Part::Data { .. } if view.file_type == FileType::Symlink => {
                        piece.fill(0);
                        dir_block::put(piece, 0, view.target);
                    }
                    Part::Data { file_block, .. } => {
                        let offset = file_block.saturating_mul(block_size);
                        painted.bytes = painted.bytes.saturating_add(fill(
                            reader,
                            place,
                            view.len_bytes,
                            offset,
                            piece,
                        )?);
                    }
                }
                at = at.saturating_add((piece.len() as u64).checked_div(block_size).unwrap_or(0));
                rest = after;
            }
            if at.saturating_sub(first) >= placed.total_blocks() {
                painted.files = painted.files.saturating_add(1);
            } else {
                *kept = Some((object, placed));
            }
        }
        rest.fill(0);
        Ok(painted)
    }
}

/// Fills a piece with what a file holds there, and zeros behind its end.
fn fill(
    reader: &mut dyn ContentReader,
    place: Place<'_>,
    len_bytes: u64,
    offset_bytes: u64,
    piece: &mut [u8],
) -> Result<u64> {
    let left = len_bytes.saturating_sub(offset_bytes);
    let (content, tail) = split(piece, usize::try_from(left).unwrap_or(usize::MAX));
    tail.fill(0);
    reader.read(place, offset_bytes, content).map_err(FsError::Content)?;
    Ok(content.len() as u64)
}

/// The first `len` bytes, or all of them, and the rest.
fn split(bytes: &mut [u8], len: usize) -> (&mut [u8], &mut [u8]) {
    let len = len.min(bytes.len());
    bytes.split_at_mut_checked(len).unwrap_or_default()
}

/// Sets the bits from `start` to before `end`.
fn set_bits(bytes: &mut [u8], start: u64, end: u64) {
    let mut bit = start;
    while bit < end {
        let Some(byte) = bytes.get_mut(index(bit >> 3)) else { return };
        if bit & 7 == 0 && end.saturating_sub(bit) >= 8 {
            *byte = 0xff;
            bit = bit.saturating_add(8);
        } else {
            *byte |= 1 << (bit & 7);
            bit = bit.saturating_add(1);
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
