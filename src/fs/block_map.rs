//! The block map: from file blocks to fs blocks through direct and indirect pointers.
//!
//! An inode holds 15 pointers: 12 lead to data, the next three to indirect blocks of one, two and
//! three levels. With blocks of *n* pointers, file blocks `0..12` are direct, `12..12+n` hang below
//! the first indirect block, the next *n²* below the second, the next *n³* below the third. A
//! pointer of 0 is a hole of everything below it. A *leaf* is the run of pointers that are found
//! without another metadata read: the 12 direct ones, or those of one lowest indirect block; where
//! a pointer above is 0, the leaf is the whole hole.
//!
//! With 1 KiB blocks (n = 256), file block 300 is number 300 - 12 - 256 = 32 below the double
//! indirect block: its entry 0 names an indirect block, whose entry 32 names the data.

use super::disk::DIRECT_BLOCKS;
use super::error::{Corrupt, Result};
use super::inode::{Ino, Inode};
use super::metadata::{Block, Metadata};
use crate::mpage::{FileBlock, FsBlock};

/// Levels of indirect blocks below the inode.
const LEVELS: u32 = 3;
/// Bytes in a block pointer.
const POINTER_BYTES: usize = 4;
/// Indirect blocks in line that are looked for.
const IN_LINE_BLOCKS: usize = 64;

/// The block map of one inode.
pub struct BlockMap<'fs> {
    pub(super) metadata: &'fs Metadata,
    ino: Ino,
    pointers: [u32; 15],
    pointers_per_block: u64,
    pub(super) leaf: Leaf,
    leaves: u64,
}

/// A run of file blocks whose pointers are at hand.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) first: FileBlock,
    pub(super) len_blocks: u64,
    content: LeafContent,
}

#[derive(Clone)]
pub(super) enum LeafContent {
    Hole,
    Direct,
    Indirect(Block),
}

/// Where a file block hangs: below which of the inode's pointers, how deep, and which number.
pub(super) struct Position {
    slot: usize,
    pub(super) level: u32,
    /// The number of the block among those below the slot.
    pub(super) index: u64,
    /// The file block that is number 0 below the slot.
    base: u64,
}

/// What looking for a leaf came upon.
pub(super) enum Step {
    Leaf(Leaf),
    /// The walk needs this indirect block, which is not in memory.
    Missing {
        block: FsBlock,
        level: u32,
    },
}

/// A run of file blocks: contiguous on disk, or a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first file block.
    pub file_block: FileBlock,
    /// The first fs block; `None` for a hole.
    pub block: Option<FsBlock>,
    /// Blocks in the run, at least 1.
    pub count_blocks: u64,
}

impl<'fs> BlockMap<'fs> {
    /// The map of `inode`.
    #[must_use]
    pub fn new(inode: &Inode, metadata: &'fs Metadata) -> Self {
        let leaf = Leaf {
            first: FileBlock(0),
            len_blocks: DIRECT_BLOCKS as u64,
            content: LeafContent::Direct,
        };
        Self {
            metadata,
            ino: inode.ino(),
            pointers: inode.raw().i_block.map(zerocopy::little_endian::U32::get),
            pointers_per_block: metadata
                .block_size_bytes()
                .checked_div(POINTER_BYTES as u64)
                .unwrap_or(0),
            leaf,
            leaves: 0,
        }
    }

    /// The file blocks that a map of this block size can name.
    #[must_use]
    pub fn capacity_blocks(&self) -> u64 {
        (1..=LEVELS).fold(DIRECT_BLOCKS as u64, |sum, level| sum.saturating_add(self.span(level)))
    }

    /// The run that begins at `block` and ends before `end`; `None` where `block` is not before
    /// `end`. Holes are passed over by the subtree, so that a sparse file takes as many steps as
    /// it has blocks and not as it claims.
    ///
    /// # Errors
    /// A pointer names a block that the filesystem does not have, or the device fails.
    pub fn run(&mut self, block: FileBlock, end: FileBlock) -> Result<Option<Run>> {
        let mut run: Option<Run> = None;
        let mut at = block;
        while at < end {
            let before = self.leaf.first;
            let offset = self.enter_leaf(at)?;
            if self.leaf.first != before {
                self.count_leaf()?;
            }
            let in_leaf = self.leaf.len_blocks.saturating_sub(offset).min(end.distance_from(at));
            let (block, count_blocks) = self.stretch(&self.leaf, at, in_leaf)?;
            match &mut run {
                None => run = Some(Run { file_block: at, block, count_blocks }),
                Some(run) if block == run.block.map(|first| first.plus(run.count_blocks)) => {
                    run.count_blocks = run.count_blocks.saturating_add(count_blocks);
                }
                Some(_) => break,
            }
            at = at.plus(count_blocks.max(1));
        }
        Ok(run)
    }

    /// The indirect blocks that [`run`](Self::run) went through so far.
    pub(super) fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Counts the indirect blocks that [`run`](Self::run) goes through. A walk meets each once, so
    /// that more of them than the filesystem has blocks are a map that leads back to itself; one
    /// that does so at every level would keep a walk busy for hours.
    fn count_leaf(&mut self) -> Result<()> {
        if matches!(self.leaf.content, LeafContent::Indirect(_)) {
            self.leaves = self.leaves.saturating_add(1);
        }
        let (_, fs_blocks) = self.metadata.bounds();
        if self.leaves > fs_blocks {
            let want = "want no more than the filesystem has blocks";
            let (ino, field) = (self.ino, "number of indirect blocks");
            return Err(Corrupt::Inode { ino, field, value: self.leaves, want }.into());
        }
        Ok(())
    }

    /// The first indirect block that mapping `block` needs and that is not in memory, and its level.
    pub(super) fn missing(&self, block: FileBlock) -> Option<(FsBlock, u32)> {
        match self.find_leaf(block, false) {
            Ok(Step::Missing { block, level }) => Some((block, level)),
            _ => None,
        }
    }

    /// Makes the leaf of `block` the current one; returns the block's number in it.
    #[inline]
    pub(super) fn enter_leaf(&mut self, block: FileBlock) -> Result<u64> {
        let offset = block.0.wrapping_sub(self.leaf.first.0);
        if offset < self.leaf.len_blocks {
            return Ok(offset);
        }
        if let Step::Leaf(leaf) = self.find_leaf(block, true)? {
            self.leaf = leaf;
        }
        Ok(block.distance_from(self.leaf.first))
    }

    /// The leaf of `block`. Without `may_read`, stops at a metadata block that is not in memory.
    pub(super) fn find_leaf(&self, block: FileBlock, may_read: bool) -> Result<Step> {
        let Some(position) = self.position(block) else {
            // Past all that the map can name: nothing is there, and nothing further on.
            let len_blocks = u64::MAX.saturating_sub(block.0);
            return Ok(Step::Leaf(Leaf { first: block, len_blocks, content: LeafContent::Hole }));
        };
        if position.level == 0 {
            let len_blocks = DIRECT_BLOCKS as u64;
            let first = FileBlock(0);
            return Ok(Step::Leaf(Leaf { first, len_blocks, content: LeafContent::Direct }));
        }
        let mut pointer = self.slot(position.slot);
        let mut level = position.level;
        // Indirect blocks that lie one after the other, of which this is the first: a file that was
        // laid out as a whole has them so, and they are read together.
        let mut in_line: u64 = 1;
        loop {
            // Everything below a pointer of this level, as file blocks.
            let len_blocks = self.span(level);
            let skip = position.index.checked_rem(len_blocks).unwrap_or(0);
            let first =
                FileBlock(position.base.saturating_add(position.index.saturating_sub(skip)));
            let Some(at) = self.checked(pointer, block, level)? else {
                return Ok(Step::Leaf(Leaf { first, len_blocks, content: LeafContent::Hole }));
            };
            let bytes = match self.metadata.resident(at) {
                Some(bytes) => bytes,
                None if may_read => self.metadata.read_run(at, in_line, "block map")?,
                None => return Ok(Step::Missing { block: at, level }),
            };
            if level == 1 {
                let content = LeafContent::Indirect(bytes);
                return Ok(Step::Leaf(Leaf { first, len_blocks, content }));
            }
            let (entries, _) = bytes.as_chunks::<POINTER_BYTES>();
            let from = self.index_at(position.index, level);
            let entries = entries.iter().skip(from).take(IN_LINE_BLOCKS);
            (pointer, in_line) = run_of(entries.map(|entry| u32::from_le_bytes(*entry)));
            level = level.saturating_sub(1);
        }
    }

    /// How far the pointers of a leaf from `block` on run contiguously, or are all holes; at most
    /// `most`. A pointer outside of the filesystem ends the run before it, and is an error only
    /// where it is the first: what lies before it can be read.
    #[inline]
    pub(super) fn stretch(
        &self,
        leaf: &Leaf,
        block: FileBlock,
        most: u64,
    ) -> Result<(Option<FsBlock>, u64)> {
        let start = usize::try_from(block.distance_from(leaf.first)).unwrap_or(usize::MAX);
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let (first, count) = match &leaf.content {
            LeafContent::Hole => return Ok((None, most)),
            LeafContent::Direct => {
                let pointers = self.pointers.get(..DIRECT_BLOCKS).unwrap_or_default();
                run_of(pointers.iter().copied().skip(start).take(limit))
            }
            LeafContent::Indirect(bytes) => {
                let bytes = bytes.get(start.saturating_mul(POINTER_BYTES)..).unwrap_or_default();
                let (chunks, _) = bytes.as_chunks::<POINTER_BYTES>();
                run_of(chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)).take(limit))
            }
        };
        let Some(at) = self.checked(first, block, 0)? else { return Ok((None, count)) };
        let (_, end) = self.metadata.bounds();
        Ok((Some(at), count.min(end.saturating_sub(at.0))))
    }

    /// A pointer as a block that the filesystem has; `None` for 0.
    #[inline]
    fn checked(&self, pointer: u32, file_block: FileBlock, level: u32) -> Result<Option<FsBlock>> {
        if pointer == 0 {
            return Ok(None);
        }
        let block = FsBlock(u64::from(pointer));
        if !self.metadata.holds(block) {
            let (first, end) = self.metadata.bounds();
            return Err(
                Corrupt::BlockMap { ino: self.ino, file_block, level, block, first, end }.into()
            );
        }
        Ok(Some(block))
    }

    fn slot(&self, slot: usize) -> u32 {
        self.pointers.get(slot).copied().unwrap_or(0)
    }

    /// File blocks below a pointer of a level: 1 for level 0, *n* for level 1.
    pub(super) fn span(&self, level: u32) -> u64 {
        self.pointers_per_block.checked_pow(level).unwrap_or(u64::MAX)
    }

    /// Which entry of an indirect block of `level` leads to number `index` below the slot.
    fn index_at(&self, index: u64, level: u32) -> usize {
        let below = self.span(level.saturating_sub(1));
        let entry = index.checked_div(below).and_then(|e| e.checked_rem(self.pointers_per_block));
        usize::try_from(entry.unwrap_or(0)).unwrap_or(0)
    }

    pub(super) fn position(&self, block: FileBlock) -> Option<Position> {
        let direct = DIRECT_BLOCKS as u64;
        if block.0 < direct {
            let slot = usize::try_from(block.0).ok()?;
            return Some(Position { slot, level: 0, index: 0, base: block.0 });
        }
        let mut base = direct;
        for level in 1..=LEVELS {
            let index = block.0.saturating_sub(base);
            if index < self.span(level) {
                let slot = DIRECT_BLOCKS.saturating_add(level as usize).saturating_sub(1);
                return Some(Position { slot, level, index, base });
            }
            base = base.saturating_add(self.span(level));
        }
        None
    }
}

/// The first pointer, and how many follow it contiguously; holes run with holes.
#[inline]
fn run_of(mut pointers: impl Iterator<Item = u32>) -> (u32, u64) {
    let Some(first) = pointers.next() else { return (0, 0) };
    let step = u32::from(first != 0);
    let mut next = first;
    let more = pointers
        .take_while(|pointer| {
            next = next.wrapping_add(step);
            *pointer == next
        })
        .count();
    (first, (more as u64).saturating_add(1))
}
/// Indirect blocks of a file of `count` blocks without holes, `per_block` pointers in each.
pub(super) fn indirect_blocks_of(count: u64, per_block: u64) -> u64 {
    let mut left = count.saturating_sub(DIRECT_BLOCKS as u64);
    let mut sum = 0_u64;
    for depth in 1..=3 {
        let span = |level| per_block.checked_pow(level).unwrap_or(u64::MAX).max(1);
        let here = left.min(span(depth));
        for level in 1..=depth {
            sum = sum.saturating_add(here.div_ceil(span(level)));
        }
        left = left.saturating_sub(here);
    }
    sum
}
