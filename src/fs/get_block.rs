//! The block map as the algorithm sees it: [`GetBlock`].
//!
//! Runs end at a leaf's end, and one that includes the leaf's last block carries the boundary flag,
//! since mapping what follows needs another metadata read. With 4 KiB blocks in one run, mapping
//! block 0 and 100 blocks gives 12, with the flag.
//!
//! The map also says where it believes a file to lie in line with its own indirect blocks, the
//! layout `data.. indirect data..` that ext2's allocator gives a file written from start to end.
//! The belief is held only where all that is known supports it: the data before an indirect block
//! ends where that block begins, or indirect blocks whose numbers are known lie a leaf apart. A file
//! that this program wrote has all of them in front of its data; where the first lies as far in front
//! as there must be, a file that is read whole is believed to be like that.

use super::block_map::{BlockMap, Step, indirect_blocks_of};
use super::error::Result;
use crate::mpage::{FileBlock, FsBlock, GetBlock, Intent, Mapping};

impl GetBlock for BlockMap<'_> {
    type Error = super::FsError;

    #[inline]
    fn get_block(&mut self, block: FileBlock, want_blocks: u64, _: Intent) -> Result<Mapping> {
        let offset = self.enter_leaf(block)?;
        let in_leaf = self.leaf.len_blocks.saturating_sub(offset);
        let (at, count_blocks) = self.stretch(&self.leaf, block, in_leaf.min(want_blocks))?;
        let Some(at) = at else { return Ok(Mapping::HOLE) };
        let boundary = count_blocks == in_leaf;
        Ok(Mapping { block: Some(at), count_blocks, boundary, ..Mapping::HOLE })
    }

    #[inline]
    fn is_resident(&self, block: FileBlock) -> bool {
        block.0.wrapping_sub(self.leaf.first.0) < self.leaf.len_blocks
            || self.missing(block).is_none()
    }

    fn inline_span(&self, first: FileBlock, count: u64) -> Option<(FsBlock, u64)> {
        let end = first.plus(count);
        // `expected` is where the indirect blocks of the leaf that begins at `at` should lie, from
        // the one of `level` down.
        let (start, mut expected, mut level, mut at, mut believed) =
            match self.find_leaf(first, false).ok()? {
                Step::Missing { block, level } => (block, block, level, first, false),
                Step::Leaf(leaf) => {
                    let leaf_end = leaf.first.plus(leaf.len_blocks);
                    if leaf_end >= end {
                        return None;
                    }
                    let rest = leaf_end.distance_from(first);
                    let (start, run) = self.stretch(&leaf, first, rest).ok()?;
                    let data_end = start?.plus(run);
                    let (block, level) = self.missing(leaf_end)?;
                    if first.0 == 0 && run == rest {
                        let ahead = indirect_blocks_of(end.0, self.span(1));
                        if block.plus(ahead) == start? {
                            return Some((block, ahead.saturating_add(count)));
                        }
                    }
                    if run < rest || block != data_end {
                        return None;
                    }
                    (start?, data_end, level, leaf_end, true)
                }
            };
        let leaf_blocks = self.span(1);
        loop {
            let position = self.position(at)?;
            let begins_here =
                |level: &u32| position.index.checked_rem(self.span(*level)) == Some(0);
            if !begins_here(&1) {
                return None;
            }
            let indirect = (1..=level.min(position.level)).filter(begins_here).count() as u64;
            let data = expected.plus(indirect);
            // The next leaf's indirect block is known to follow this leaf's data; or its number
            // stands in a block that is itself part of the span.
            let next = self.missing(at.plus(leaf_blocks));
            let leaf_end = data.plus(leaf_blocks);
            let follows = next.is_some_and(|(next, _)| next == leaf_end);
            let unknown = next.is_some_and(|(next, _)| (start..leaf_end).contains(&next));
            believed |= follows;
            if !believed {
                return None;
            }
            let in_window = leaf_blocks.min(end.distance_from(at));
            at = at.plus(leaf_blocks);
            if at >= end || !(follows || unknown) {
                let (_, fs_end) = self.metadata.bounds();
                let span_end = data.plus(in_window).0.min(fs_end);
                return Some((start, span_end.saturating_sub(start.0)));
            }
            expected = leaf_end;
            level = next.map_or(level, |(_, level)| level);
        }
    }

    fn absorb(&mut self, first: FileBlock, count: u64, start: FsBlock, bytes: &[u8]) {
        let block_size = self.metadata.block_size_bytes();
        let end = first.plus(count);
        let mut at = first;
        while at < end {
            match self.find_leaf(at, false) {
                Ok(Step::Leaf(leaf)) => at = leaf.first.plus(leaf.len_blocks.max(1)),
                Ok(Step::Missing { block, .. }) if block >= start => {
                    let from = block.distance_from(start).saturating_mul(block_size);
                    let to = from.saturating_add(block_size);
                    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
                    let Some(found) = range.and_then(|(from, to)| bytes.get(from..to)) else {
                        return;
                    };
                    self.metadata.insert(block, found);
                }
                // Elsewhere, or corrupt: whoever maps the block will read it, or be told.
                _ => return,
            }
        }
    }
}
