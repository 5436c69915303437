//! The map of a file whose blocks all follow one another, but for what groups begin with.
//!
//! All that a file takes has an order: its data, and each indirect block before the first of the data
//! that it maps. The runs on disk take what comes next in that order; within a run, the indirect
//! blocks come first, and the data after them in one piece, as [layout](crate::fs) has it everywhere.
//! From that, each pointer can be computed alone: nothing but the runs is kept of a file of a terabyte.
//!
//! In blocks of 1 KiB, a file of 300 blocks is in order data 0 to 11, an indirect block, data 12 to
//! 267, a double and an indirect block, data 268 to 299. In one run, the three indirect blocks come
//! first, then all data.

use std::ops::Range;

use crate::fs::balloc::BlockRun;
use crate::fs::block_map::indirect_blocks_of;
use crate::fs::disk::{DIRECT_BLOCKS, POINTERS};
use crate::mpage::FsBlock;

const DIRECT: u64 = DIRECT_BLOCKS as u64;

/// Which blocks a file has, and the order of all that they take.
#[derive(Debug, Clone)]
pub(super) struct FileMap {
    /// Pointers in an indirect block.
    per_block: u64,
    stretches: Vec<Stretch>,
    data_blocks: u64,
    indirect_blocks: u64,
}

/// Blocks of a file without a hole between them.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: u64,
    count: u64,
    /// Data before it.
    data_before: u64,
    /// Indirect blocks before it, less those that a file of no holes would have before it, and less
    /// those that its first block needs but which are there already.
    indirect_offset: i64,
}

/// Where it lies.
#[derive(Debug)]
pub(super) struct PlacedMap {
    map: FileMap,
    runs: Vec<PlacedRun>,
}

#[derive(Debug, Clone, Copy)]
struct PlacedRun {
    run: BlockRun,
    /// Indirect blocks in the runs before it.
    indirect_before: u64,
    /// Indirect blocks in it.
    indirect: u64,
    /// Data in the runs before it.
    data_before: u64,
}

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The indirect block that is on the way to a file block, so many steps below the inode.
    Indirect { file_block: u64, step: u32 },
    /// Data from a file block on, so many blocks.
    Data { file_block: u64, count: u64 },
}

impl FileMap {
    /// The map of a file that has these blocks: ranges in order, apart from each other.
    pub fn new(block_size_bytes: u64, ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut map = Self {
            per_block: block_size_bytes >> 2,
            stretches: Vec::new(),
            data_blocks: 0,
            indirect_blocks: 0,
        };
        let mut last: Option<u64> = None;
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            let first = range.start;
            let count = range.end.saturating_sub(first);
            // Those on the way to `first` that a dense file would have had before.
            let dense = first.checked_sub(1).map_or(0, |before| map.common(before, first));
            let there = last.map_or(0, |last| map.common(last, first));
            let missing = dense.saturating_sub(there);
            let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let offset = signed(map.indirect_blocks.saturating_add(missing))
                .saturating_sub(signed(map.dense(first)));
            let data_before = map.data_blocks;
            map.stretches.push(Stretch { first, count, data_before, indirect_offset: offset });
            map.data_blocks = map.data_blocks.saturating_add(count);
            map.indirect_blocks = map.dense(range.end).saturating_add_signed(offset);
            last = range.end.checked_sub(1);
        }
        map
    }

    /// All blocks that it takes.
    pub fn total_blocks(&self) -> u64 {
        self.data_blocks.saturating_add(self.indirect_blocks)
    }

    /// The file blocks that it can name.
    pub fn capacity_blocks(&self) -> u64 {
        (1..=3).map(|level| self.span(level)).fold(DIRECT, u64::saturating_add)
    }

    /// It, in the runs that it was given: together as long as [`total_blocks`](Self::total_blocks).
    pub fn place(self, runs: &[BlockRun]) -> PlacedMap {
        let (mut indirect_before, mut data_before, mut items) = (0_u64, 0_u64, 0_u64);
        let mut placed = Vec::with_capacity(runs.len());
        for run in runs {
            items = items.saturating_add(run.count);
            let data_end = if items >= self.total_blocks() {
                self.data_blocks
            } else {
                self.data_before(items)
            };
            let indirect_end = items.min(self.total_blocks()).saturating_sub(data_end);
            let indirect = indirect_end.saturating_sub(indirect_before);
            placed.push(PlacedRun { run: *run, indirect_before, indirect, data_before });
            (indirect_before, data_before) = (indirect_end, data_end);
        }
        PlacedMap { map: self, runs: placed }
    }

    /// File blocks below a pointer that is so many indirect blocks away from the data.
    fn span(&self, level: u32) -> u64 {
        self.per_block.checked_pow(level).unwrap_or(u64::MAX)
    }

    /// The pointer of the inode on the way to a block, the first block below that, and how many
    /// indirect blocks are on the way.
    fn slot(&self, block: u64) -> (usize, u64, u32) {
        if block < DIRECT {
            return (usize::try_from(block).unwrap_or(0), block, 0);
        }
        let mut first = DIRECT;
        for (slot, depth) in (DIRECT_BLOCKS..POINTERS).zip(1..) {
            let end = first.saturating_add(self.span(depth));
            if block < end || slot.saturating_add(1) == POINTERS {
                return (slot, first, depth);
            }
            first = end;
        }
        (0, 0, 0)
    }

    /// The first block below the indirect block `step` steps below the inode, and how many below it.
    fn below(&self, block: u64, step: u32) -> (u64, u64) {
        let (_, first, depth) = self.slot(block);
        let span = self.span(depth.saturating_sub(step));
        let index = block.saturating_sub(first).checked_div(span).unwrap_or(0);
        (first.saturating_add(index.saturating_mul(span)), span)
    }

    /// Indirect blocks that are on the way to both.
    fn common(&self, a: u64, b: u64) -> u64 {
        let ((slot, _, depth), (other, ..)) = (self.slot(a), self.slot(b));
        if slot != other {
            return 0;
        }
        let same = |step: &u32| self.below(a, *step) == self.below(b, *step);
        (0..depth).take_while(same).count() as u64
    }

    /// Indirect blocks of a file of `count` blocks without holes.
    fn dense(&self, count: u64) -> u64 {
        indirect_blocks_of(count, self.per_block)
    }

    /// Indirect blocks before a block of data in the order, those on the way to it included.
    fn indirect_upto(&self, stretch: &Stretch, block: u64) -> u64 {
        self.dense(block.saturating_add(1)).saturating_add_signed(stretch.indirect_offset)
    }

    fn stretch_of(&self, block: u64) -> Option<&Stretch> {
        let at = self.stretches.partition_point(|s| s.first <= block).checked_sub(1)?;
        self.stretches.get(at).filter(|s| block.saturating_sub(s.first) < s.count)
    }

    /// The first block of data from a file block on.
    fn next_data(&self, block: u64) -> Option<u64> {
        let end = |s: &Stretch| s.first.saturating_add(s.count);
        let at = self.stretches.partition_point(|s| end(s) <= block);
        self.stretches.get(at).map(|s| s.first.max(block))
    }

    /// The first block of data for which `holds`, which from some block on is always so.
    fn search(&self, holds: impl Fn(&Stretch, u64) -> bool) -> Option<(&Stretch, u64)> {
        let last = |s: &Stretch| s.first.saturating_add(s.count).saturating_sub(1);
        let at = self.stretches.partition_point(|s| !holds(s, last(s)));
        let stretch = self.stretches.get(at)?;
        let (mut low, mut high) = (stretch.first, last(stretch));
        while low < high {
            let middle = low.midpoint(high);
            if holds(stretch, middle) { high = middle } else { low = middle.saturating_add(1) }
        }
        Some((stretch, low))
    }

    fn rank(stretch: &Stretch, block: u64) -> u64 {
        stretch.data_before.saturating_add(block.saturating_sub(stretch.first))
    }

    /// Data among the first `items` in the order.
    fn data_before(&self, items: u64) -> u64 {
        let order =
            |s: &Stretch, block| Self::rank(s, block).saturating_add(self.indirect_upto(s, block));
        let found = self.search(|stretch, block| order(stretch, block) >= items);
        found.map_or(self.data_blocks, |(stretch, block)| Self::rank(stretch, block))
    }
}

impl PlacedMap {
    /// All blocks that it takes.
    pub fn total_blocks(&self) -> u64 {
        self.map.total_blocks()
    }

    /// The pointers of the inode.
    pub fn pointers(&self) -> [u32; POINTERS] {
        let mut pointers = [0; POINTERS];
        let mut first = 0_u64;
        for (slot, pointer) in pointers.iter_mut().enumerate() {
            let depth = u32::try_from(slot.saturating_add(1).saturating_sub(DIRECT_BLOCKS));
            let depth = depth.unwrap_or(0);
            let end = first.saturating_add(self.map.span(depth));
            let data = self.map.next_data(first).filter(|data| *data < end);
            *pointer = data.map_or(0, |data| number(self.pointer(data, 0)));
            first = end;
        }
        pointers
    }

    /// What lies so many blocks after the beginning of all, and no further than the end of a run or
    /// a stretch.
    pub fn part_at(&self, offset: u64) -> Option<Part> {
        let start = |placed: &PlacedRun| placed.indirect_before.saturating_add(placed.data_before);
        let at = self.runs.partition_point(|placed| start(placed) <= offset).checked_sub(1)?;
        let placed = self.runs.get(at)?;
        let inside = offset.saturating_sub(start(placed));
        if inside >= placed.run.count {
            return None;
        }
        let map = &self.map;
        if inside < placed.indirect {
            let wanted = placed.indirect_before.saturating_add(inside);
            let (stretch, file_block) =
                map.search(|stretch, block| map.indirect_upto(stretch, block) > wanted)?;
            let (_, _, depth) = map.slot(file_block);
            let back = map.indirect_upto(stretch, file_block).saturating_sub(wanted);
            let step = depth.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX));
            return Some(Part::Indirect { file_block, step });
        }
        let skipped = inside.saturating_sub(placed.indirect);
        let rank = placed.data_before.saturating_add(skipped);
        let at = map.stretches.partition_point(|s| s.data_before <= rank).checked_sub(1)?;
        let stretch = map.stretches.get(at)?;
        let into = rank.saturating_sub(stretch.data_before);
        let left = placed.run.count.saturating_sub(inside);
        let count = stretch.count.saturating_sub(into).min(left);
        Some(Part::Data { file_block: stretch.first.saturating_add(into), count })
    }

    /// What an indirect block holds; `bytes` are zeros.
    pub fn paint_indirect(&self, file_block: u64, step: u32, bytes: &mut [u8]) {
        let (entries, _) = bytes.as_chunks_mut::<4>();
        let (first, span) = self.map.below(file_block, step);
        let child = span.checked_div(self.map.per_block).unwrap_or(1).max(1);
        let end = first.saturating_add(span);
        let mut at = first;
        while let Some(data) = self.map.next_data(at).filter(|data| *data < end) {
            let index = data.saturating_sub(first).checked_div(child).unwrap_or(0);
            let from = usize::try_from(index).unwrap_or(usize::MAX);
            let rest = entries.get_mut(from..).unwrap_or_default();
            let below = step.saturating_add(1);
            let block = self.pointer(data, below);
            if child > 1 {
                if let Some(entry) = rest.first_mut() {
                    *entry = number(block).to_le_bytes();
                }
                at = first.saturating_add(index.saturating_add(1).saturating_mul(child));
                continue;
            }
            // Data goes on to the end of its stretch, its run, or this block.
            let count = self.together(data).min(end.saturating_sub(data)).max(1);
            for (entry, block) in rest.iter_mut().zip((0..count).map(|more| block.plus(more))) {
                *entry = number(block).to_le_bytes();
            }
            at = data.saturating_add(count);
        }
    }

    /// The block that a pointer leads to, `step` steps below the inode, on the way to a block of data:
    /// the first such on the way there, or the data itself.
    fn pointer(&self, data: u64, step: u32) -> FsBlock {
        let map = &self.map;
        let Some(stretch) = map.stretch_of(data) else { return FsBlock(0) };
        let (_, _, depth) = map.slot(data);
        let upto = map.indirect_upto(stretch, data);
        if step >= depth {
            let rank = FileMap::rank(stretch, data);
            let Some(placed) = self.run_of(|placed| placed.data_before <= rank) else {
                return FsBlock(0);
            };
            let inside = rank.saturating_sub(placed.data_before);
            return placed.run.first.plus(placed.indirect).plus(inside);
        }
        let back = u64::from(depth.saturating_sub(step));
        let wanted = upto.saturating_sub(back);
        let Some(placed) = self.run_of(|placed| placed.indirect_before <= wanted) else {
            return FsBlock(0);
        };
        placed.run.first.plus(wanted.saturating_sub(placed.indirect_before))
    }

    /// Blocks of data from one on that lie together.
    fn together(&self, data: u64) -> u64 {
        let Some(stretch) = self.map.stretch_of(data) else { return 0 };
        let rank = FileMap::rank(stretch, data);
        let in_stretch = stretch.first.saturating_add(stretch.count).saturating_sub(data);
        let Some(placed) = self.run_of(|placed| placed.data_before <= rank) else { return 0 };
        let in_run = placed.run.count.saturating_sub(placed.indirect);
        in_stretch.min(placed.data_before.saturating_add(in_run).saturating_sub(rank))
    }

    /// The last run for which `begins`, as it is for all before it.
    fn run_of(&self, begins: impl Fn(&PlacedRun) -> bool) -> Option<&PlacedRun> {
        self.runs.get(self.runs.partition_point(begins).checked_sub(1)?)
    }
}

fn number(block: FsBlock) -> u32 {
    u32::try_from(block.0).unwrap_or(0)
}

#[cfg(test)]
mod tests;
