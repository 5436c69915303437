//! Layout: with which block of data everything begins.
//!
//! Blocks of data are [numbered](crate::fs::DataMap) without those of metadata between them. In that
//! order come the root, `lost+found`, the double indirect block that keeps room for descriptors, all
//! other directories, blocks of attributes, and files.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::fs::dir_edit::DirFormat;
use crate::fs::disk::DIRECT_BLOCKS;
use crate::fs::format::{DataMap, FormatFeatures, FormatOptions};
use crate::fs::inode::FileType;
use crate::fs::inventory::{Inventory, View};

use super::attributes::Attributes;
use super::census::Census;
use super::directories::{self, Large};
use super::file_map::FileMap;

/// Where everything begins.
#[derive(Debug)]
pub struct Layout {
    /// By the number of the directory in the census.
    pub directories: Vec<u32>,
    /// Directories of more than one block, likewise.
    pub large: BTreeMap<usize, Large>,
    /// The double indirect block of the inode that keeps room for descriptors.
    pub resize: Option<u64>,
    /// Blocks of attributes.
    pub attributes: Range<u64>,
    /// By the number of the object in the census. Until they are placed, how much each takes.
    pub objects: Vec<u32>,
    /// What was left free so that a file lies in one run.
    pub gaps: Vec<Range<u64>>,
    /// Where it all ends.
    pub end: u64,
    count_blocks: u64,
}

/// What lies at a block of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// A directory, by its number in the census, and how many of its blocks come before.
    Directory(usize, u64),
    /// The double indirect block that keeps room for descriptors.
    Resize,
    /// A block of attributes.
    Attributes(u64),
    /// Files from here on.
    Objects,
}

/// The blocks that a file has, as ranges.
pub fn block_ranges(view: &View<'_>, block_size_bytes: u64) -> Vec<Range<u64>> {
    let blocks = |bytes: u64| bytes.div_ceil(block_size_bytes);
    let end = blocks(view.len_bytes);
    let Some(data) = view.data else { return std::iter::once(0..end).collect() };
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for range in data.iter().filter(|range| !range.is_empty()) {
        let first = range.start.checked_div(block_size_bytes).unwrap_or(0);
        let last = blocks(range.end).min(end);
        match ranges.last_mut() {
            Some(before) if before.end >= first => before.end = before.end.max(last),
            _ => ranges.push(first..last),
        }
    }
    ranges
}

/// The map of something that has data.
pub fn map_of(view: &View<'_>, block_size_bytes: u64) -> FileMap {
    if view.file_type == FileType::Symlink {
        return FileMap::new(block_size_bytes, std::iter::once(0..1));
    }
    FileMap::new(block_size_bytes, block_ranges(view, block_size_bytes))
}

/// Blocks of a file that has neither holes nor indirect blocks, as most have: its map is plain.
pub fn direct_blocks(view: &View<'_>, block_size_bytes: u64) -> Option<u64> {
    let plain = view.file_type == FileType::Regular && view.data.is_none();
    let blocks = view.len_bytes.div_ceil(block_size_bytes);
    (plain && blocks <= DIRECT_BLOCKS as u64).then_some(blocks)
}

/// The map of a directory of so many blocks.
pub fn dir_map(count_blocks: u64, block_size_bytes: u64) -> FileMap {
    FileMap::new(block_size_bytes, std::iter::once(0..count_blocks))
}

impl Layout {
    /// Counts what everything takes.
    pub fn count(
        tree: &Inventory,
        census: &Census,
        format: &DirFormat,
        options: &FormatOptions,
        attributes: &Attributes,
    ) -> Self {
        let mut next = 0_u64;
        let mut layout = Self {
            directories: Vec::with_capacity(census.directories.len()),
            large: BTreeMap::new(),
            resize: None,
            attributes: 0..0,
            objects: Vec::with_capacity(census.objects.len()),
            gaps: Vec::new(),
            end: 0,
            count_blocks: 0,
        };
        for (number, directory) in census.directories.iter().enumerate() {
            if number == 2 {
                layout.keep_room(options, &mut next);
            }
            layout.directories.push(narrow(next));
            let mut blocks = 1;
            if directories::is_large(tree, census.ino(*directory), format, *directory) {
                let large = directories::pack(tree, census, format, *directory);
                let count = large.blocks.len() as u64;
                blocks = dir_map(count, options.block_size_bytes).total_blocks();
                layout.large.insert(number, large);
            }
            next = next.saturating_add(blocks);
        }
        layout.keep_room(options, &mut next);
        layout.attributes = next..next.saturating_add(attributes.count_blocks());
        next = layout.attributes.end;
        for object in &census.objects {
            let (view, block_size) = (tree.view(*object), options.block_size_bytes);
            let blocks = direct_blocks(&view, block_size)
                .unwrap_or_else(|| map_of(&view, block_size).total_blocks());
            layout.objects.push(narrow(blocks));
            next = next.saturating_add(blocks);
        }
        layout.count_blocks = next;
        layout
    }

    /// Gives the double indirect block its place, if it is to have one and has none.
    fn keep_room(&mut self, options: &FormatOptions, next: &mut u64) {
        if self.resize.is_none() && options.features.contains(FormatFeatures::RESIZE_INODE) {
            self.resize = Some(*next);
            *next = next.saturating_add(1);
        }
    }

    /// Blocks that are needed.
    pub fn count_blocks(&self) -> u64 {
        self.count_blocks
    }

    /// Gives files their places. One that a group's end would part begins with the next group, as long
    /// as there is room to spare.
    pub fn place(&mut self, data: &DataMap) {
        let mut spare = data.len_blocks().saturating_sub(self.count_blocks);
        let mut next = self.attributes.end;
        for place in &mut self.objects {
            let blocks = u64::from(*place);
            let group = data.group_of(next);
            let left = data.numbers_of(group).end.saturating_sub(next);
            let after = data.numbers_of(group.saturating_add(1));
            let room = after.end.saturating_sub(after.start);
            if blocks > left && blocks <= room && left <= spare {
                if left > 0 {
                    self.gaps.push(next..after.start);
                }
                spare = spare.saturating_sub(left);
                next = after.start;
            }
            *place = narrow(next);
            next = next.saturating_add(blocks);
        }
        self.end = next;
    }

    /// What lies at a block of data.
    pub fn area(&self, number: u64) -> Area {
        if self.resize == Some(number) {
            return Area::Resize;
        }
        if number >= self.attributes.end {
            return Area::Objects;
        }
        if number >= self.attributes.start {
            return Area::Attributes(number.saturating_sub(self.attributes.start));
        }
        let at = self.directories.partition_point(|first| u64::from(*first) <= number);
        let at = at.saturating_sub(1);
        let first = self.directories.get(at).copied().map_or(0, u64::from);
        Area::Directory(at, number.saturating_sub(first))
    }

    /// Blocks that a directory holds entries or its index in.
    pub fn dir_blocks(&self, number: usize) -> u64 {
        self.large.get(&number).map_or(1, |large| large.blocks.len() as u64)
    }

    /// The first object that reaches behind a block of data.
    pub fn object_at(&self, number: u64) -> usize {
        self.objects.partition_point(|first| u64::from(*first) <= number).saturating_sub(1)
    }

    /// Blocks of data in use among those of a range, as ranges.
    pub fn used(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let (mut at, end) = (range.start, range.end.min(self.end));
        let mut used = Vec::new();
        let from = self.gaps.partition_point(|gap| gap.end <= at);
        for gap in self.gaps.iter().skip(from).take_while(|gap| gap.start < end) {
            used.push(at..gap.start);
            at = gap.end;
        }
        used.push(at..end);
        used.retain(|range| !range.is_empty());
        used
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
