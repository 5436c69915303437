//! The block map of a file that is being changed: pointers are set, and blocks given back.
//!
//! Reading goes by [`BlockMap`](super::BlockMap), which knows runs and leaves; here it is the tree
//! itself that matters, with its indirect blocks. A file of 1 KiB blocks that gets its block 300 has
//! pointer 13 of its inode lead to a new double indirect block, whose entry 0 leads to a new indirect
//! block, whose entry 32 leads to the data.

use std::ops::Range;

use super::balloc::BlockRun;
use super::disk::{DIRECT_BLOCKS, POINTERS};
use super::error::{CallerError, Corrupt, FsError, Result};
use super::inode::Ino;
use super::layout::{Layout, Need};
use super::transaction::Transaction;
use super::tree_free::Freed;
use crate::mpage::{FileBlock, FsBlock};

/// Levels of indirect blocks below the inode.
const LEVELS: usize = 3;
/// Bytes in a block pointer.
const POINTER_BYTES: u64 = 4;

/// The pointers of an inode, and what it owns.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub ino: Ino,
    pub pointers: [u32; POINTERS],
    /// Blocks that the file owns, indirect ones included.
    pub owned_blocks: u64,
    per_block: u64,
}

/// The way to a block: which of the inode's pointers, and which entry of each indirect block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    slot: usize,
    entries: [u64; LEVELS],
    depth: usize,
    /// Blocks from this one to the end of its leaf.
    left_in_leaf: u64,
}

impl Tree {
    /// The tree of an inode that owns `owned_blocks` through it.
    pub fn new(
        ino: Ino,
        pointers: [u32; POINTERS],
        owned_blocks: u64,
        block_size_bytes: u64,
    ) -> Self {
        let per_block = block_size_bytes.checked_div(POINTER_BYTES).unwrap_or(1);
        Self { ino, pointers, owned_blocks, per_block }
    }

    /// The file blocks that it can name.
    pub fn capacity_blocks(&self) -> u64 {
        let levels = (1..=LEVELS).map(|level| self.span(level));
        levels.fold(DIRECT_BLOCKS as u64, u64::saturating_add)
    }

    /// File blocks below a pointer of a level: 1 for level 0.
    pub(super) fn span(&self, level: usize) -> u64 {
        u32::try_from(level).ok().and_then(|l| self.per_block.checked_pow(l)).unwrap_or(u64::MAX)
    }

    /// The first file block below each pointer of the inode, and its level.
    pub(super) fn slots(&self) -> impl Iterator<Item = (usize, u64, usize)> + use<> {
        let spans: [u64; LEVELS] = std::array::from_fn(|at| self.span(at.saturating_add(1)));
        let mut base: u64 = 0;
        (0..POINTERS).map(move |slot| {
            let level = slot.saturating_add(1).saturating_sub(DIRECT_BLOCKS);
            let first = base;
            let below = level.checked_sub(1).and_then(|at| spans.get(at)).copied().unwrap_or(1);
            base = base.saturating_add(below);
            (slot, first, level)
        })
    }

    fn way(&self, block: FileBlock) -> Result<Way> {
        let direct = DIRECT_BLOCKS as u64;
        if block.0 < direct {
            let slot = usize::try_from(block.0).unwrap_or(0);
            let left_in_leaf = direct.saturating_sub(block.0);
            return Ok(Way { slot, entries: [0; LEVELS], depth: 0, left_in_leaf });
        }
        for (slot, first, depth) in self.slots().skip(DIRECT_BLOCKS) {
            let index = block.0.saturating_sub(first);
            if index >= self.span(depth) {
                continue;
            }
            let mut entries = [0; LEVELS];
            for (at, entry) in entries.iter_mut().take(depth).enumerate() {
                let below = self.span(depth.saturating_sub(1).saturating_sub(at));
                let number = index.checked_div(below).unwrap_or(0);
                *entry = number.checked_rem(self.per_block).unwrap_or(0);
            }
            let last = entries.get(depth.saturating_sub(1)).copied().unwrap_or(0);
            let left_in_leaf = self.per_block.saturating_sub(last);
            return Ok(Way { slot, entries, depth, left_in_leaf });
        }
        Err(self.too_large(block).into())
    }

    fn too_large(&self, block: FileBlock) -> CallerError {
        let block_size = self.per_block.saturating_mul(POINTER_BYTES);
        let size_bytes = block.0.saturating_add(1).saturating_mul(block_size);
        let limit_bytes = self.capacity_blocks().saturating_mul(block_size);
        CallerError::FileTooLarge { size_bytes, limit_bytes }
    }

    pub(super) fn pointer(&self, slot: usize) -> u32 {
        self.pointers.get(slot).copied().unwrap_or(0)
    }
}

impl Transaction<'_> {
    /// What has to be allocated to give every block of `ranges`, which are in order, a new place.
    pub(super) fn needs(&self, tree: &Tree, ranges: &[Range<u64>]) -> Result<Vec<Need>> {
        let mut needs: Vec<Need> = Vec::new();
        let mut before: Option<Way> = None;
        for range in ranges {
            let mut at = FileBlock(range.start);
            while at.0 < range.end {
                let way = tree.way(at)?;
                let have = self.depth_of(tree, &way, at)?;
                // What the stretch before needed is there by now.
                let shared = before.filter(|b| b.slot == way.slot).map_or(0, |before| {
                    let same = before.entries.iter().zip(&way.entries).take_while(|(a, b)| a == b);
                    same.count().saturating_add(1).min(way.depth)
                });
                let missing = way.depth.saturating_sub(have.max(shared));
                let count = way.left_in_leaf.min(range.end.saturating_sub(at.0));
                needs.push(Need { indirect_blocks: missing as u64, first: at, count });
                before = Some(way);
                at = at.plus(count);
            }
        }
        Ok(needs)
    }

    /// Of the indirect blocks on a way, how many are there.
    fn depth_of(&self, tree: &Tree, way: &Way, block: FileBlock) -> Result<usize> {
        let mut pointer = tree.pointer(way.slot);
        for (have, entry) in way.entries.iter().take(way.depth).enumerate() {
            if pointer == 0 {
                return Ok(have);
            }
            let level = way.depth.saturating_sub(have);
            let bytes = self.indirect(tree, pointer, block, level)?;
            pointer = entry_of(&bytes, *entry);
        }
        Ok(way.depth)
    }

    /// Where a file block lies; `None` in a hole.
    pub(super) fn block_at(&self, tree: &Tree, block: FileBlock) -> Result<Option<FsBlock>> {
        let Ok(way) = tree.way(block) else { return Ok(None) };
        let mut pointer = tree.pointer(way.slot);
        for (have, entry) in way.entries.iter().take(way.depth).enumerate() {
            if pointer == 0 {
                return Ok(None);
            }
            let bytes = self.indirect(tree, pointer, block, way.depth.saturating_sub(have))?;
            pointer = entry_of(&bytes, *entry);
        }
        if pointer == 0 {
            return Ok(None);
        }
        self.owned_block(tree, pointer, block, 0).map(Some)
    }

    fn indirect(
        &self,
        tree: &Tree,
        pointer: u32,
        file_block: FileBlock,
        level: usize,
    ) -> Result<super::Block> {
        let block = self.owned_block(tree, pointer, file_block, level)?;
        self.fs.metadata().read(block, "block map")
    }

    /// A pointer, as a block that a file may own.
    pub(super) fn owned_block(
        &self,
        tree: &Tree,
        pointer: u32,
        file_block: FileBlock,
        level: usize,
    ) -> Result<FsBlock> {
        let block = FsBlock(u64::from(pointer));
        if self.fs.metadata().holds(block) {
            return Ok(block);
        }
        let (first, end) = self.fs.metadata().bounds();
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        Err(Corrupt::BlockMap { ino: tree.ino, file_block, level, block, first, end }.into())
    }

    /// Maps the blocks of a layout, which was made for what [`needs`](Self::needs) said, and gives
    /// back those that they replace.
    pub(super) fn map_layout(&mut self, tree: &mut Tree, layout: &Layout) -> Result<()> {
        let mut indirect = layout.indirect.iter().copied();
        let mut freed = Freed::default();
        for extent in &layout.extents {
            let mut done: u64 = 0;
            while done < extent.count {
                let at = extent.file_block.plus(done);
                let way = tree.way(at)?;
                let count = way.left_in_leaf.min(extent.count.saturating_sub(done));
                let first = extent.block.plus(done);
                self.map_stretch(
                    tree,
                    &way,
                    at,
                    BlockRun { first, count },
                    &mut indirect,
                    &mut freed,
                )?;
                done = done.saturating_add(count);
            }
            tree.owned_blocks = tree.owned_blocks.saturating_add(extent.count);
        }
        self.give_back(tree, &mut freed)
    }

    /// Points the entries of one leaf, from that of `at` on, to a run.
    fn map_stretch(
        &mut self,
        tree: &mut Tree,
        way: &Way,
        at: FileBlock,
        run: BlockRun,
        indirect: &mut impl Iterator<Item = FsBlock>,
        freed: &mut Freed,
    ) -> Result<()> {
        let blocks =
            (run.first.0..run.first.plus(run.count).0).map(|b| u32::try_from(b).unwrap_or(0));
        if way.depth == 0 {
            let slots = tree.pointers.iter_mut().take(DIRECT_BLOCKS).skip(way.slot);
            for (pointer, block) in slots.zip(blocks) {
                let old = std::mem::replace(pointer, block);
                if old != 0 {
                    freed.push(FsBlock(u64::from(old)));
                }
            }
            return Ok(());
        }
        // From the inode down; the block that holds the pointer in hand, if it is not the inode.
        let mut parent: Option<(FsBlock, u64)> = None;
        let mut pointer = tree.pointer(way.slot);
        for (depth, entry) in way.entries.iter().take(way.depth).enumerate() {
            let block = if pointer == 0 {
                let none = || FsError::from(super::Full::Blocks { need_blocks: 1, free_blocks: 0 });
                let block = indirect.next().ok_or_else(none)?;
                self.put_fresh(block, self.zero_block())?;
                tree.owned_blocks = tree.owned_blocks.saturating_add(1);
                let number = u32::try_from(block.0).unwrap_or(0);
                match parent {
                    None => {
                        if let Some(slot) = tree.pointers.get_mut(way.slot) {
                            *slot = number;
                        }
                    }
                    Some((parent, entry)) => {
                        self.edit_owned(parent, "block map", |bytes| {
                            set_entry(bytes, entry, number)
                        })?;
                    }
                }
                block
            } else {
                self.owned_block(tree, pointer, at, way.depth.saturating_sub(depth))?
            };
            parent = Some((block, *entry));
            if depth.saturating_add(1) < way.depth {
                pointer = entry_of(&self.fs.metadata().read(block, "block map")?, *entry);
            }
        }
        let Some((leaf, entry)) = parent else { return Ok(()) };
        let from = usize::try_from(entry).unwrap_or(usize::MAX);
        self.edit_owned(leaf, "block map", |bytes| {
            let (entries, _) = bytes.as_chunks_mut::<4>();
            for (pointer, block) in entries.iter_mut().skip(from).zip(blocks) {
                let old = u32::from_le_bytes(std::mem::replace(pointer, block.to_le_bytes()));
                if old != 0 {
                    freed.push(FsBlock(u64::from(old)));
                }
            }
        })
    }
}

/// Entry `index` of an indirect block.
fn entry_of(bytes: &[u8], index: u64) -> u32 {
    let (entries, _) = bytes.as_chunks::<4>();
    let entry = usize::try_from(index).ok().and_then(|index| entries.get(index));
    entry.map_or(0, |entry| u32::from_le_bytes(*entry))
}

pub(super) fn set_entry(bytes: &mut [u8], index: u64, pointer: u32) {
    let (entries, _) = bytes.as_chunks_mut::<4>();
    let entry = usize::try_from(index).ok().and_then(|index| entries.get_mut(index));
    if let Some(entry) = entry {
        *entry = pointer.to_le_bytes();
    }
}
