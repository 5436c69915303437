//! Layout: which of the allocated blocks hold data, and which the indirect blocks that map it.
//!
//! What a file needs is a list of [stretches](Need): so many new indirect blocks, and then so many
//! blocks of data that they map. Within a run of disk, the indirect blocks of all that the run holds
//! come first, and the data after them in one piece: they do not cut it, and whoever reads the file
//! reads them all at once.
//!
//! Stretches of 12 blocks, of an indirect block and 256 blocks, and of two indirect blocks and 100,
//! in one run of 400 blocks from 1000 on: indirect blocks 1000 to 1002, data 1003 to 1370.

use super::balloc::BlockRun;
use crate::mpage::{FileBlock, FsBlock};

/// A stretch of a file that is to be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Indirect blocks that have to be made before it can be.
    pub indirect_blocks: u64,
    /// Its first block.
    pub first: FileBlock,
    /// Its blocks.
    pub count: u64,
}

/// A stretch of a file, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Its first block in the file.
    pub file_block: FileBlock,
    /// Its first block on disk.
    pub block: FsBlock,
    /// Its blocks.
    pub count: u64,
}

/// Where everything goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The data, in the order of the file.
    pub extents: Vec<Extent>,
    /// The indirect blocks, in the order in which the needs call for them.
    pub indirect: Vec<FsBlock>,
}

/// The blocks that needs come to.
#[must_use]
pub fn total_blocks(needs: &[Need]) -> u64 {
    needs.iter().fold(0, |sum: u64, need| {
        sum.saturating_add(need.indirect_blocks).saturating_add(need.count)
    })
}

/// Gives each need its blocks out of `runs`, which are as many as they come to.
#[must_use]
pub fn lay_out(needs: &[Need], runs: &[BlockRun]) -> Layout {
    let mut layout = Layout::default();
    let mut needs = needs.iter().copied();
    let mut next = needs.next();
    for run in runs {
        let (mut indirect, mut data) = (0_u64, 0_u64);
        let mut stretches = Vec::new();
        // How much of what is needed the run can hold.
        while let Some(need) = &mut next {
            let left = run.count.saturating_sub(indirect).saturating_sub(data);
            let taken = need.indirect_blocks.min(left);
            indirect = indirect.saturating_add(taken);
            need.indirect_blocks = need.indirect_blocks.saturating_sub(taken);
            let count = need.count.min(left.saturating_sub(taken));
            if count > 0 {
                stretches.push((need.first, count));
            }
            data = data.saturating_add(count);
            need.first = need.first.plus(count);
            need.count = need.count.saturating_sub(count);
            if need.count > 0 || need.indirect_blocks > 0 {
                break;
            }
            next = needs.next();
        }
        layout.indirect.extend((0..indirect).map(|at| run.first.plus(at)));
        let mut block = run.first.plus(indirect);
        for (file_block, count) in stretches {
            match layout.extents.last_mut() {
                Some(last)
                    if last.file_block.plus(last.count) == file_block
                        && last.block.plus(last.count) == block =>
                {
                    last.count = last.count.saturating_add(count);
                }
                _ => layout.extents.push(Extent { file_block, block, count }),
            }
            block = block.plus(count);
        }
    }
    layout
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(indirect_blocks: u64, first: u64, count: u64) -> Need {
        Need { indirect_blocks, first: FileBlock(first), count }
    }

    fn run(first: u64, count: u64) -> BlockRun {
        BlockRun { first: FsBlock(first), count }
    }

    fn extent(file_block: u64, block: u64, count: u64) -> Extent {
        Extent { file_block: FileBlock(file_block), block: FsBlock(block), count }
    }

    #[test]
    fn indirect_blocks_come_before_the_data_of_their_run() {
        let needs = [need(0, 0, 12), need(1, 12, 256), need(2, 268, 100)];
        assert_eq!(total_blocks(&needs), 371);
        let layout = lay_out(&needs, &[run(1000, 371)]);
        assert_eq!(layout.indirect, [1000, 1001, 1002].map(FsBlock));
        assert_eq!(layout.extents, [extent(0, 1003, 368)]);
    }

    #[test]
    fn each_run_holds_the_indirect_blocks_of_its_own_data() {
        let needs = [need(0, 0, 12), need(1, 12, 256), need(2, 268, 100)];
        let layout = lay_out(&needs, &[run(100, 20), run(500, 351)]);
        assert_eq!(layout.indirect, [100, 500, 501].map(FsBlock));
        assert_eq!(layout.extents, [extent(0, 101, 19), extent(19, 502, 349)]);
    }

    #[test]
    fn a_run_may_end_between_an_indirect_block_and_what_it_maps() {
        let layout = lay_out(&[need(2, 268, 5)], &[run(7, 1), run(20, 6)]);
        assert_eq!(layout.indirect, [7, 20].map(FsBlock));
        assert_eq!(layout.extents, [extent(268, 21, 5)]);
    }

    #[test]
    fn holes_part_extents_in_the_file_but_not_on_disk() {
        let layout = lay_out(&[need(0, 0, 3), need(0, 8, 2)], &[run(50, 5)]);
        assert_eq!(layout.extents, [extent(0, 50, 3), extent(8, 53, 2)]);
    }
}
