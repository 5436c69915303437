//! Block allocation: as few runs as the free space allows.
//!
//! How many blocks are needed is known before the first is given out. If some group has a run of so
//! many, the first such group from the goal on gives the shortest run that is long enough, so that
//! longer ones stay whole. Otherwise the longest runs are taken until they suffice, in the order in
//! which they lie on disk from the goal on; a search through an image whose groups are mostly free
//! ends as soon as it has found enough of those.
//!
//! The order is that of the blocks: the same image and the same request give the same answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::error::{Corrupt, FsError, Full, Result};
use super::transaction::Transaction;
use crate::mpage::FsBlock;

/// Blocks one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRun {
    /// The first.
    pub first: FsBlock,
    /// How many.
    pub count: u64,
}

/// Where blocks are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// In this group, or one after it.
    Group(u32),
    /// From this block on, where it is free; or in its group.
    Block(FsBlock),
}

const OWN_METADATA: &str = "metadata of its group, but owned";
const FREE: &str = "free, but owned";

impl Transaction<'_> {
    /// Refuses a request that cannot be met, before anything is changed for it.
    pub(super) fn check_space(&self, need_blocks: u64) -> Result<()> {
        let free_blocks = self.available_blocks;
        if need_blocks > free_blocks {
            return Err(Full::Blocks { need_blocks, free_blocks }.into());
        }
        Ok(())
    }

    /// Allocates `count` blocks, as runs in the order in which they should be used.
    pub(super) fn allocate_blocks(&mut self, goal: Goal, count: u64) -> Result<Vec<BlockRun>> {
        self.check_space(count)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let runs = self.find_runs(goal, count)?;
        for run in &runs {
            self.mark(*run, true)?;
        }
        self.available_blocks = self.available_blocks.saturating_sub(count);
        Ok(runs)
    }

    /// Allocates blocks for several, `counts` of them: together, each in one run, as far as the free
    /// space of the goal's group allows; what each gets, in their order.
    pub(super) fn allocate_each(
        &mut self,
        goal: &mut Goal,
        counts: &[u64],
        given: &mut Vec<Vec<BlockRun>>,
    ) -> Result<()> {
        let total = counts.iter().copied().fold(0, u64::saturating_add);
        self.check_space(total)?;
        if total > 0
            && let Some(run) = self.run_near(*goal, total)?
        {
            self.mark(run, true)?;
            self.available_blocks = self.available_blocks.saturating_sub(total);
            let mut first = run.first;
            for &count in counts {
                let run = BlockRun { first, count };
                given.push(Some(run).filter(|run| run.count > 0).into_iter().collect());
                first = first.plus(count);
            }
            *goal = Goal::Block(first);
            return Ok(());
        }
        if counts.len() > 1 {
            let (left, right) = counts.split_at_checked(counts.len() / 2).unwrap_or_default();
            self.allocate_each(goal, left, given)?;
            return self.allocate_each(goal, right, given);
        }
        let runs = self.allocate_blocks(*goal, total)?;
        if let Some(last) = runs.last() {
            *goal = Goal::Block(last.first.plus(last.count));
        }
        given.extend((!counts.is_empty()).then_some(runs));
        Ok(())
    }

    /// A run of `count` blocks at a goal, or else in its group.
    fn run_near(&mut self, goal: Goal, count: u64) -> Result<Option<BlockRun>> {
        let number = match goal {
            Goal::Group(number) => number,
            Goal::Block(block) => {
                if let Some(run) = self.run_at(block, count)? {
                    return Ok(Some(run));
                }
                self.group_of(block)
            }
        };
        if number >= self.fs.superblock().groups_count() {
            return Ok(None);
        }
        self.best_fit(number, count)
    }

    /// Allocates one block.
    pub(super) fn allocate_block(&mut self, goal: Goal) -> Result<FsBlock> {
        let runs = self.allocate_blocks(goal, 1)?;
        let none = Full::Blocks { need_blocks: 1, free_blocks: 0 };
        runs.first().map(|run| run.first).ok_or_else(|| none.into())
    }

    /// Gives blocks back. Those that were in use at the start are not given out again.
    pub(super) fn free_blocks(&mut self, run: BlockRun) -> Result<()> {
        let (_, end) = self.fs.metadata().bounds();
        let mut at = run.first;
        while at < run.first.plus(run.count) {
            let (number, index, in_group) = self.place(at);
            let count = in_group.min(run.first.plus(run.count).distance_from(at));
            if at.plus(count).0 > end {
                return Err(contradiction(number, at, "outside of the filesystem, but owned"));
            }
            let group = self.groups.get(&self.fs, number)?;
            let mut reusable: u64 = 0;
            for offset in 0..count {
                let block = at.plus(offset);
                if group.owns(block) {
                    return Err(contradiction(number, block, OWN_METADATA));
                }
                let bitmap = group.blocks(&self.fs, number)?;
                let index = index.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
                if !bitmap.clear(index) {
                    return Err(contradiction(number, block, FREE));
                }
                reusable = reusable.saturating_add(u64::from(!bitmap.was_set(index)));
            }
            group.blocks_changed(&self.fs, number, i64::try_from(count).unwrap_or(i64::MAX))?;
            self.available_blocks = self.available_blocks.saturating_add(reusable);
            for block in (at.0..at.plus(count).0).map(FsBlock) {
                self.forget_block(block);
            }
            at = at.plus(count.max(1));
        }
        let free = u64::from(self.superblock.s_free_blocks_count.get()).saturating_add(run.count);
        self.set_free_blocks(free)
    }

    fn set_free_blocks(&mut self, free: u64) -> Result<()> {
        let value =
            u32::try_from(free).ok().filter(|_| free <= self.fs.superblock().blocks_count());
        let want = "which contradicts the bitmaps";
        let (object, field) = ("superblock", "s_free_blocks_count");
        let wrong = || Corrupt::Count { object, field, value: free, want };
        self.superblock.s_free_blocks_count.set(value.ok_or_else(wrong)?);
        Ok(())
    }

    /// The group of a block, its number in the group, and how many blocks there are from it to the
    /// group's end.
    fn place(&self, block: FsBlock) -> (u32, u32, u64) {
        let superblock = self.fs.superblock();
        let per_group = u64::from(superblock.raw().s_blocks_per_group.get());
        let from_first = block.0.saturating_sub(superblock.first_data_block());
        let number = from_first.checked_div(per_group).unwrap_or(0);
        let index = from_first.checked_rem(per_group).unwrap_or(0);
        let narrow = |value| u32::try_from(value).unwrap_or(u32::MAX);
        (narrow(number), narrow(index), per_group.saturating_sub(index))
    }

    /// Refuses to change a block in its place that something owns that cannot own it: it is
    /// metadata of its group, or free.
    pub(super) fn check_owned(&mut self, block: FsBlock) -> Result<()> {
        let (number, index, _) = self.place(block);
        let group = self.groups.get(&self.fs, number)?;
        if group.owns(block) {
            return Err(contradiction(number, block, OWN_METADATA));
        }
        if !group.blocks(&self.fs, number)?.is_set(index) {
            return Err(contradiction(number, block, FREE));
        }
        Ok(())
    }

    /// Whether a block is in use now.
    pub(super) fn is_block_used(&mut self, block: FsBlock) -> Result<bool> {
        let (number, index, _) = self.place(block);
        let group = self.groups.get(&self.fs, number)?;
        Ok(group.blocks(&self.fs, number)?.is_set(index))
    }

    /// The group of a block.
    pub(super) fn group_of(&self, block: FsBlock) -> u32 {
        self.place(block).0
    }

    /// Marks a run, which lies in one group, as in use.
    fn mark(&mut self, run: BlockRun, used: bool) -> Result<()> {
        let (number, first, _) = self.place(run.first);
        let group = self.groups.get(&self.fs, number)?;
        let bitmap = group.blocks(&self.fs, number)?;
        for offset in 0..u32::try_from(run.count).unwrap_or(u32::MAX) {
            let index = first.saturating_add(offset);
            if used {
                bitmap.set(index)
            } else {
                bitmap.clear(index)
            };
        }
        let count = i64::try_from(run.count).unwrap_or(i64::MAX);
        group.blocks_changed(&self.fs, number, count.saturating_neg())?;
        let free = u64::from(self.superblock.s_free_blocks_count.get());
        self.set_free_blocks(free.checked_sub(run.count).unwrap_or(u64::MAX))
    }

    fn find_runs(&mut self, goal: Goal, count: u64) -> Result<Vec<BlockRun>> {
        let group = match goal {
            Goal::Group(group) => group,
            Goal::Block(block) => {
                if let Some(run) = self.run_at(block, count)? {
                    return Ok(vec![run]);
                }
                self.group_of(block)
            }
        };
        let groups = self.fs.superblock().groups_count();
        let order = (group.min(groups)..groups).chain(0..group.min(groups));
        if count <= u64::from(self.fs.superblock().raw().s_blocks_per_group.get()) {
            for number in order.clone() {
                if let Some(run) = self.best_fit(number, count)? {
                    return Ok(vec![run]);
                }
            }
        }
        self.longest_runs(order, count)
    }

    /// The run of `count` blocks that begins with `block`, if they may be given out.
    fn run_at(&mut self, block: FsBlock, count: u64) -> Result<Option<BlockRun>> {
        let (number, index, left) = self.place(block);
        if count > left || number >= self.fs.superblock().groups_count() {
            return Ok(None);
        }
        let group = self.groups.get(&self.fs, number)?;
        let found = group.blocks(&self.fs, number)?.runs(index).next();
        Ok(found
            .filter(|(first, len)| *first == index && u64::from(*len) >= count)
            .map(|_| BlockRun { first: block, count }))
    }

    /// The beginning of the shortest run in a group that has `count` blocks.
    fn best_fit(&mut self, number: u32, count: u64) -> Result<Option<BlockRun>> {
        let group = self.groups.get(&self.fs, number)?;
        if u64::from(group.free_blocks()) < count {
            return Ok(None);
        }
        let base = group.first_block();
        let runs = group.blocks(&self.fs, number)?.runs(0);
        let fitting = runs.filter(|(_, len)| u64::from(*len) >= count);
        let best = fitting.min_by_key(|(first, len)| (*len, *first));
        Ok(best.map(|(first, _)| BlockRun { first: base.plus(u64::from(first)), count }))
    }

    /// The fewest runs that have `count` blocks.
    fn longest_runs(
        &mut self,
        order: impl Iterator<Item = u32>,
        count: u64,
    ) -> Result<Vec<BlockRun>> {
        // The longest runs so far, the shortest of them on top; each with its place in the order.
        let mut longest: BinaryHeap<Reverse<(u32, Reverse<u64>, FsBlock)>> = BinaryHeap::new();
        let mut have: u64 = 0;
        let mut seen: u64 = 0;
        let per_group = self.fs.superblock().raw().s_blocks_per_group.get();
        let long = per_group.saturating_sub(per_group >> 2);
        let mut have_long: u64 = 0;
        for number in order {
            let group = self.groups.get(&self.fs, number)?;
            if group.free_blocks() == 0 {
                continue;
            }
            let base = group.first_block();
            for (first, len) in group.blocks(&self.fs, number)?.runs(0) {
                seen = seen.saturating_add(1);
                have = have.saturating_add(u64::from(len));
                have_long = have_long.saturating_add(if len >= long { u64::from(len) } else { 0 });
                longest.push(Reverse((len, Reverse(seen), base.plus(u64::from(first)))));
                while let Some(Reverse((shortest, ..))) = longest.peek() {
                    let without = have.saturating_sub(u64::from(*shortest));
                    if without < count {
                        break;
                    }
                    have = without;
                    longest.pop();
                }
            }
            if have_long >= count {
                break;
            }
        }
        if have < count {
            let (object, field) = ("superblock", "s_free_blocks_count");
            let want = "but the bitmaps have fewer free blocks";
            let value = self.available_blocks;
            return Err(Corrupt::Count { object, field, value, want }.into());
        }
        let mut runs: Vec<_> = longest.into_iter().map(|Reverse(run)| run).collect();
        runs.sort_unstable_by_key(|(_, seen, _)| Reverse(*seen));
        let mut left = count;
        let mut taken = Vec::with_capacity(runs.len());
        for (len, _, first) in runs {
            let count = u64::from(len).min(left);
            left = left.saturating_sub(count);
            if count > 0 {
                taken.push(BlockRun { first, count });
            }
        }
        Ok(taken)
    }
}

fn contradiction(group: u32, block: FsBlock, state: &'static str) -> FsError {
    let (bitmap, what) = ("block bitmap", "block");
    Corrupt::Bitmap { group, bitmap, what, number: block.0, state }.into()
}
