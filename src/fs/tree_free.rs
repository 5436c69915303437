//! The block map of a file that is being cut off: blocks are given back, from the end of the file.
//!
//! A file of 300 blocks of 1 KiB that keeps 268 loses the data below its double indirect block, and
//! with it that block and the indirect block below it: nothing hangs there any more.

use super::balloc::BlockRun;
use super::error::{Corrupt, Result};
use super::transaction::Transaction;
use super::tree::{Tree, set_entry};
use crate::mpage::{FileBlock, FsBlock};

/// Runs of freed blocks that are collected before they are given back.
const FREED_RUNS: usize = 4096;

/// Blocks that were freed, as runs.
#[derive(Debug, Default)]
pub(super) struct Freed {
    runs: Vec<BlockRun>,
}

impl Freed {
    pub(super) fn push(&mut self, block: FsBlock) {
        match self.runs.last_mut() {
            Some(run) if run.first.plus(run.count) == block => {
                run.count = run.count.saturating_add(1)
            }
            _ => self.runs.push(BlockRun { first: block, count: 1 }),
        }
    }
}

impl Transaction<'_> {
    /// Gives back every block from file block `from` on, and the indirect blocks that are no longer
    /// needed.
    pub(super) fn free_from(&mut self, tree: &mut Tree, from: FileBlock) -> Result<()> {
        let mut freed = Freed::default();
        for (slot, first, level) in tree.slots() {
            let pointer = tree.pointer(slot);
            let end = first.saturating_add(tree.span(level));
            if pointer == 0 || end <= from.0 {
                continue;
            }
            let gone = self.free_below(tree, pointer, level, first, from, &mut freed)?;
            if let Some(pointer) = tree.pointers.get_mut(slot).filter(|_| gone) {
                *pointer = 0;
            }
        }
        self.give_back(tree, &mut freed)
    }

    /// Gives back what is below a pointer from file block `from` on; whether nothing is left of it.
    fn free_below(
        &mut self,
        tree: &mut Tree,
        pointer: u32,
        level: usize,
        first: u64,
        from: FileBlock,
        freed: &mut Freed,
    ) -> Result<bool> {
        let block = self.owned_block(tree, pointer, FileBlock(first), level)?;
        if level > 0 {
            let bytes = self.fs.metadata().read(block, "block map")?;
            let (entries, _) = bytes.as_chunks::<4>();
            let span = tree.span(level.saturating_sub(1));
            let mut kept = false;
            let mut cleared = Vec::new();
            for (index, entry) in (0_u64..).zip(entries) {
                let pointer = u32::from_le_bytes(*entry);
                if pointer == 0 {
                    continue;
                }
                let child = first.saturating_add(index.saturating_mul(span));
                let before = child.saturating_add(span) <= from.0;
                if before
                    || !self.free_below(
                        tree,
                        pointer,
                        level.saturating_sub(1),
                        child,
                        from,
                        freed,
                    )?
                {
                    kept = true;
                } else {
                    cleared.push(index);
                }
            }
            if kept {
                if !cleared.is_empty() {
                    self.edit_owned(block, "block map", |bytes| {
                        cleared.iter().for_each(|index| set_entry(bytes, *index, 0));
                    })?;
                }
                return Ok(false);
            }
        }
        freed.push(block);
        if freed.runs.len() >= FREED_RUNS {
            self.give_back(tree, freed)?;
        }
        Ok(true)
    }

    pub(super) fn give_back(&mut self, tree: &mut Tree, freed: &mut Freed) -> Result<()> {
        for run in freed.runs.drain(..) {
            let Some(left) = tree.owned_blocks.checked_sub(run.count) else {
                let want = "want all blocks that it owns counted";
                let (ino, field, value) =
                    (tree.ino, "i_blocks", self.fs.inode(tree.ino)?.sectors());
                return Err(Corrupt::Inode { ino, field, value, want }.into());
            };
            tree.owned_blocks = left;
            self.free_blocks(run)?;
        }
        Ok(())
    }
}
