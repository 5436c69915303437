//! Where a file has data: ranges of bytes between its holes.
//!
//! ```text
//! blocks of 1 KiB: data, hole, hole, data, data, end of the file at 4500  ->  0..1024, 3072..4500
//! ```

use std::ops::Range;

use super::error::{Result, Unsupported};
use super::inode::Inode;
use super::{BlockMap, Filesystem};
use crate::mpage::FileBlock;

/// The most ranges that a file is split into: where there are more, its smallest holes count as
/// data, so that a list takes a MiB at most.
const MOST_RANGES: usize = 1 << 16;

impl Filesystem {
    /// Whether a file may have holes: by what its inode says, or since it claims to be larger than
    /// the filesystem is.
    #[must_use]
    pub fn may_have_holes(&self, inode: &Inode) -> bool {
        let superblock = self.superblock();
        let all_bytes = superblock.blocks_count().saturating_mul(superblock.block_size_bytes());
        let size_bytes = inode.size_bytes();
        inode.sectors().saturating_mul(512) < size_bytes || size_bytes > all_bytes
    }

    /// The ranges of a regular file that have data, in order, the last one cut at the file's end.
    ///
    /// # Errors
    /// Its block map is corrupt, or the device fails; [`Unsupported::TooManyHoles`] where those that
    /// have to count as data are more than the filesystem can hold.
    pub(super) fn data_ranges(
        &self,
        inode: &Inode,
        map: &mut BlockMap<'_>,
    ) -> Result<Vec<Range<u64>>> {
        let size_bytes = inode.size_bytes();
        let block_size = self.superblock().block_size_bytes();
        let end = FileBlock(size_bytes.div_ceil(block_size));
        let mut ranges = Ranges { found: Vec::new(), least_hole_bytes: 1 };
        let mut at = FileBlock(0);
        while let Some(run) = map.run(at, end)? {
            at = run.file_block.plus(run.count_blocks.max(1));
            if run.block.is_some() {
                let from = run.file_block.0.saturating_mul(block_size);
                ranges.add(from..at.0.saturating_mul(block_size).min(size_bytes));
            }
        }
        let len_bytes = |sum: u64, range: &Range<u64>| {
            sum.saturating_add(range.end.saturating_sub(range.start))
        };
        let stored_bytes = ranges.found.iter().fold(0, len_bytes);
        if ranges.least_hole_bytes > 1 && stored_bytes > self.plausible_bytes() {
            return Err(Unsupported::TooManyHoles(inode.ino()).into());
        }
        Ok(ranges.found)
    }
}

/// Ranges with holes between them that are worth it.
struct Ranges {
    found: Vec<Range<u64>>,
    least_hole_bytes: u64,
}

impl Ranges {
    fn add(&mut self, range: Range<u64>) {
        if self.found.len() >= MOST_RANGES {
            self.coarsen();
        }
        join(&mut self.found, range, self.least_hole_bytes);
    }

    /// Gives up the smallest holes, until there is room for as many ranges again.
    fn coarsen(&mut self) {
        while self.found.len() > MOST_RANGES / 2 {
            self.least_hole_bytes = self.least_hole_bytes.saturating_mul(2);
            let mut kept = Vec::with_capacity(MOST_RANGES);
            for range in self.found.drain(..) {
                join(&mut kept, range, self.least_hole_bytes);
            }
            self.found = kept;
        }
    }
}

fn join(ranges: &mut Vec<Range<u64>>, range: Range<u64>, least_hole_bytes: u64) {
    match ranges.last_mut() {
        Some(last) if range.start.saturating_sub(last.end) < least_hole_bytes => {
            last.end = range.end;
        }
        _ => ranges.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        let mut ranges = Ranges { found: Vec::new(), least_hole_bytes: 1 };
        for range in [0..10, 10..20, 30..40] {
            ranges.add(range);
        }
        assert_eq!(ranges.found, [0..20, 30..40]);
    }

    #[test]
    fn too_many_ranges_lose_the_smallest_holes_and_no_data() {
        let mut ranges = Ranges { found: Vec::new(), least_hole_bytes: 1 };
        let count = 3 * MOST_RANGES as u64;
        // Every tenth hole is a thousand times larger.
        let mut at = 0;
        for i in 0..count {
            ranges.add(at..at + 10);
            at += if i % 10 == 0 { 10_000 } else { 20 };
        }
        assert!(ranges.found.len() <= MOST_RANGES);
        assert!(ranges.found.len() as u64 >= count / 10);
        assert_eq!(ranges.found.first().unwrap().start, 0);
        assert!(ranges.found.windows(2).all(|pair| pair[0].end < pair[1].start));
    }
}
