//! Windows: what is to be written of a new image, cut into pieces of a MiB.
//!
//! What nothing is in is not written: free blocks, and what of an inode table no inode is in yet. A
//! window that holds content knows with which file it begins, so that windows can be had in any order.

use std::ops::Range;

use crate::fs::inode::Ino;
use crate::fs::inventory::{Inventory, NodeId, Place};
use crate::mpage::FsBlock;

use super::Build;
use super::census::Census;

/// Bytes of a window; the UUID of an image depends on it.
pub const WINDOW_BYTES: u64 = 1 << 20;
/// Blocks that nothing is in are written as zeros rather than passed over, if they are so few.
const GAP_BYTES: u64 = 64 << 10;

/// A piece of the image.
#[derive(Debug)]
pub struct Window {
    pub first: FsBlock,
    pub count: u64,
    /// The first file with content in it.
    pub start: Option<Start>,
}

/// Where in the tree a file is.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its number among the objects.
    object: usize,
    /// The number of its directory in the census.
    directory: usize,
    name: Box<[u8]>,
}

/// Goes through objects in their order, and knows where in the tree each is.
pub struct Cursor<'a> {
    tree: &'a Inventory,
    census: &'a Census,
    directory: usize,
    children: Box<dyn Iterator<Item = (&'a [u8], NodeId)> + 'a>,
    /// The object that comes next.
    object: usize,
}

impl<'a> Cursor<'a> {
    fn new(tree: &'a Inventory, census: &'a Census) -> Self {
        let start = Start { object: 0, directory: 0, name: Box::default() };
        Self::at(tree, census, &start)
    }

    fn at(tree: &'a Inventory, census: &'a Census, start: &Start) -> Self {
        let directory = census.directories.get(start.directory).copied();
        let directory = directory.unwrap_or(Inventory::ROOT);
        let children = Box::new(tree.children_from(directory, &start.name));
        Self { tree, census, directory: start.directory, children, object: start.object }
    }

    /// The next object, its number, and the number of its directory.
    fn advance(&mut self) -> Option<(usize, usize, Place<'a>)> {
        let wanted = *self.census.objects.get(self.object)?;
        loop {
            let directory = *self.census.directories.get(self.directory)?;
            // Each stands among the objects once, where its first name is.
            if let Some((name, node)) = self.children.find(|(_, node)| *node == wanted) {
                let object = self.object;
                self.object = object.saturating_add(1);
                return Some((object, self.directory, Place { directory, name, node }));
            }
            self.directory = self.directory.saturating_add(1);
            let next = *self.census.directories.get(self.directory)?;
            self.children = Box::new(self.tree.children(next));
        }
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = (usize, Place<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().map(|(object, _, place)| (object, place))
    }
}

impl<'a> Build<'a> {
    /// The files with content from the first of a window on.
    pub(super) fn objects_from(&'a self, start: &Start) -> Cursor<'a> {
        Cursor::at(self.tree, &self.census, start)
    }

    /// All windows but for the superblocks, in the order of the disk.
    pub(super) fn windows(&self) -> Vec<Window> {
        let most = WINDOW_BYTES.checked_div(self.geometry.block_size_bytes).unwrap_or(1).max(1);
        let mut cursor = Cursor::new(self.tree, &self.census);
        let mut windows = Vec::new();
        let mut start: Option<Start> = None;
        for range in self.ranges() {
            let mut at = range.start;
            while at < range.end {
                let count = most.min(range.end.saturating_sub(at));
                let first = FsBlock(at);
                let object = self.first_object(first, count);
                if let Some(object) = object {
                    let known = start.as_ref().is_some_and(|start| start.object == object);
                    while !known && let Some((number, directory, place)) = cursor.advance() {
                        if number == object {
                            let name = place.name.into();
                            start = Some(Start { object, directory, name });
                            break;
                        }
                    }
                }
                windows.push(Window { first, count, start: object.and(start.clone()) });
                at = at.saturating_add(count);
            }
        }
        windows
    }

    /// The first object that has content in a piece of the image.
    fn first_object(&self, first: FsBlock, count: u64) -> Option<usize> {
        let group = self.group_of(first);
        let begin = self.geometry.data_first(group);
        let end = first.plus(count);
        // Pieces do not reach over the data of a group into the next.
        let begin = begin.max(first);
        if begin >= end {
            return None;
        }
        let numbers = self.data.numbers_of(usize::try_from(group).ok()?);
        let skipped = begin.distance_from(self.geometry.data_first(group));
        let number = numbers.start.saturating_add(skipped).max(self.layout.attributes.end);
        let last = numbers.start.saturating_add(end.distance_from(self.geometry.data_first(group)));
        let used = self.layout.used(number..last.min(numbers.end));
        used.first().map(|used| self.layout.object_at(used.start))
    }

    pub(super) fn group_of(&self, block: FsBlock) -> u64 {
        let index = block.0.saturating_sub(self.geometry.first_data_block);
        index.checked_div(self.geometry.blocks_per_group).unwrap_or(0)
    }

    /// What is not left out, in the order of the disk. None reaches from one group into another.
    fn ranges(&self) -> Vec<Range<u64>> {
        let gap = GAP_BYTES.checked_div(self.geometry.block_size_bytes).unwrap_or(0);
        let mut all = Vec::new();
        for group in 0..self.geometry.groups_count {
            let mut ranges: Vec<Range<u64>> = Vec::new();
            let mut push = |first: FsBlock, count: u64| match ranges.last_mut() {
                _ if count == 0 => {}
                Some(last) if first.0.saturating_sub(last.end) <= gap => {
                    last.end = first.plus(count).0;
                }
                _ => ranges.push(first.0..first.plus(count).0),
            };
            let first = self.geometry.group_first(group);
            if self.geometry.has_super(group) {
                // Only those of the first group hold anything.
                let kept = if group == 0 { self.geometry.reserved_descriptor_blocks } else { 0 };
                push(first.plus(1), self.geometry.descriptor_blocks.saturating_add(kept));
            }
            let used = self.inodes_used(group).div_ceil(self.geometry.inodes_per_block());
            push(self.geometry.block_bitmap(group), used.saturating_add(2));
            let numbers = self.data.numbers_of(usize::try_from(group).unwrap_or(usize::MAX));
            for used in self.layout.used(numbers) {
                push(self.data.place(used.start), used.end.saturating_sub(used.start));
            }
            all.append(&mut ranges);
        }
        all
    }

    /// Inodes of a group that are in use, from its first on.
    pub(super) fn inodes_used(&self, group: u64) -> u64 {
        let before = group.saturating_mul(self.geometry.inodes_per_group);
        let used = self.census.count_inodes().saturating_sub(before);
        used.min(self.geometry.inodes_per_group)
    }

    /// The first inode of a group.
    pub(super) fn first_ino(&self, group: u64) -> Ino {
        let before = group.saturating_mul(self.geometry.inodes_per_group);
        Ino(u32::try_from(before.saturating_add(1)).unwrap_or(u32::MAX))
    }
}
