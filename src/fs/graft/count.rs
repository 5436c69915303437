//! Counting: how many inodes and blocks a tree takes, before any is given out.
//!
//! Inodes, data and indirect blocks are counted exactly. What a directory with an index takes depends
//! on how its names hash, so that there are two numbers: with the lower one, an image that has no room
//! is refused at once; with the upper one, an image that has room for sure need not be held in memory.

use std::collections::BTreeSet;

use super::pending::whole_blocks;
use super::survey::Survey;
use super::walk::Directories;
use crate::fs::dir_block::{DOTS_BYTES, MOST_ENTRY_BYTES, entry_bytes};
use crate::fs::dir_pack;
use crate::fs::error::Result;
use crate::fs::inode::{FileType, Ino};
use crate::fs::inode_edit::FAST_SYMLINK_LIMIT_BYTES;
use crate::fs::inventory::{Inventory, View};
use crate::fs::layout::total_blocks;
use crate::fs::transaction::Transaction;
use crate::fs::tree::Tree;

/// What a tree takes.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub inodes: u64,
    pub least_blocks: u64,
    pub most_blocks: u64,
}

/// Counts what is new of a tree.
pub(super) fn count(tx: &Transaction<'_>, tree: &Inventory, survey: &Survey) -> Result<Needs> {
    let mut needs = Needs::default();
    let mut seen = BTreeSet::new();
    let block_size = tx.block_size_bytes();
    for directory in Directories::of(tree) {
        let merged = survey.merged.get(&directory);
        let mut there = merged.map(|merged| merged.files.as_slice()).unwrap_or_default().iter();
        let mut next = there.next();
        let (mut names, mut entries) = (0_u64, 0_u64);
        for ((name, node), index) in tree.children(directory).zip(0..) {
            let is_there = next.is_some_and(|(at, _)| *at == index);
            if is_there {
                next = there.next();
            }
            if !is_there && !survey.merged.contains_key(&node) {
                names = names.saturating_add(1);
                entries = entries.saturating_add(entry_bytes(name.len()) as u64);
            }
            let view = tree.view(node);
            if view.file_type == FileType::Directory || (view.links > 1 && !seen.insert(node)) {
                continue;
            }
            if survey.ino(node).is_none() {
                needs.inodes = needs.inodes.saturating_add(1);
            }
            let blocks = file_blocks(tx, &view)?;
            needs.add(blocks, blocks.saturating_add(u64::from(!view.xattrs.is_empty())));
        }
        let Some(merged) = merged else {
            needs.inodes = needs.inodes.saturating_add(1);
            let least = entries.saturating_add(DOTS_BYTES as u64).div_ceil(block_size);
            needs.add(least, most_directory_blocks(entries, block_size));
            continue;
        };
        // Its attributes may go into a block, or no longer share one.
        needs.add(0, u64::from(!tree.view(directory).xattrs.is_empty()));
        if names > 0 {
            let old = tx.inode(merged.ino)?.size_bytes();
            let all = most_directory_blocks(old.saturating_add(entries), block_size);
            needs.add(0, all.max(names.saturating_mul(2)));
        }
    }
    Ok(needs)
}

impl Needs {
    fn add(&mut self, least: u64, most: u64) {
        self.least_blocks = self.least_blocks.saturating_add(least);
        self.most_blocks = self.most_blocks.saturating_add(most);
    }
}

/// No directory with entries of so many bytes takes more, its indirect blocks and attributes
/// included.
fn most_directory_blocks(entries_bytes: u64, block_size: u64) -> u64 {
    let size = usize::try_from(block_size).unwrap_or(usize::MAX);
    let filled = block_size.saturating_sub(MOST_ENTRY_BYTES as u64).max(1);
    let linear = entries_bytes.saturating_add(DOTS_BYTES as u64).div_ceil(filled);
    let indexed = dir_pack::count_blocks(size, entries_bytes);
    let blocks = linear.max(indexed).saturating_add(4);
    blocks.saturating_add(blocks.div_ceil(64)).saturating_add(4)
}

/// The blocks that something other than a directory takes, besides one for attributes.
pub(super) fn file_blocks(tx: &Transaction<'_>, view: &View<'_>) -> Result<u64> {
    match view.file_type {
        FileType::Regular => {
            let block_size = tx.block_size_bytes();
            let ranges = whole_blocks(view, block_size);
            let ranges: Vec<_> = ranges.iter().map(|range| in_blocks(range, block_size)).collect();
            let empty = Tree::new(Ino(0), [0; 15], 0, block_size);
            Ok(total_blocks(&tx.needs(&empty, &ranges)?))
        }
        FileType::Symlink => Ok(u64::from(view.target.len() >= FAST_SYMLINK_LIMIT_BYTES)),
        _ => Ok(0),
    }
}

/// Bytes of whole blocks, as blocks.
pub(super) fn in_blocks(bytes: &std::ops::Range<u64>, block_size: u64) -> std::ops::Range<u64> {
    bytes.start.checked_div(block_size).unwrap_or(0)..bytes.end.div_ceil(block_size)
}
