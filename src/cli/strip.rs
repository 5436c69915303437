//! Strips: a file's layout as a line of cells, for the eye.
//!
//! The upper strip is the file from start to end. Runs are dark and less dark by turns; a cell in
//! which several begin is lighter, the more the lighter; a dot is a hole. The lower strip is the
//! disk: the more of a cell's blocks belong to the file, the taller it is.
//!
//! ```text
//! file |█████████▓▓▓██▒▒▒░░······▓▓|
//! disk |      ▁▁▂▅███▂▁            |
//! ```

use std::io::{self, Write};

use super::output::Output;
use crate::fs::Run;

/// What stands before and behind the cells.
const FRAME: usize = 7;

/// The two strips of a file.
pub struct Strips {
    file: Vec<FileCell>,
    disk: Vec<u64>,
    file_blocks: u64,
    fs_blocks: u64,
    runs: u64,
}

#[derive(Clone, Copy, Default)]
struct FileCell {
    runs_begun: u64,
    data_blocks: u64,
    /// The number of the last run in it.
    last_run: u64,
}

impl Strips {
    /// Strips that fit into `width` columns.
    pub fn new(width: usize, file_blocks: u64, fs_blocks: u64) -> Self {
        let cells = width.saturating_sub(FRAME).clamp(8, 200);
        let file_cells = cells.min(usize::try_from(file_blocks).unwrap_or(usize::MAX));
        Self {
            file: vec![FileCell::default(); file_cells],
            disk: vec![0; cells],
            file_blocks,
            fs_blocks,
            runs: 0,
        }
    }

    /// Adds a run.
    pub fn add(&mut self, run: &Run) {
        let Some(block) = run.block else { return };
        let first = cell_of(run.file_block.0, self.file_blocks, self.file.len());
        if let Some(cell) = self.file.get_mut(first) {
            cell.runs_begun = cell.runs_begun.saturating_add(1);
        }
        let count = run.count_blocks;
        let number = self.runs;
        self.runs = number.saturating_add(1);
        spread(run.file_block.0, count, self.file_blocks, self.file.len(), |index, blocks| {
            if let Some(cell) = self.file.get_mut(index) {
                cell.data_blocks = cell.data_blocks.saturating_add(blocks);
                cell.last_run = number;
            }
        });
        spread(block.0, count, self.fs_blocks, self.disk.len(), |index, blocks| {
            if let Some(cell) = self.disk.get_mut(index) {
                *cell = cell.saturating_add(blocks);
            }
        });
    }

    /// Draws the strips.
    pub fn print(&self, out: &mut Output) -> io::Result<()> {
        let file: String = self.file.iter().map(|cell| cell.shade()).collect();
        let per_cell = self.fs_blocks.div_ceil(self.disk.len().max(1) as u64).max(1);
        let disk: String = self.disk.iter().map(|blocks| share(*blocks, per_cell)).collect();
        writeln!(out, "file |{file}|")?;
        writeln!(out, "disk |{disk}|")
    }
}

impl FileCell {
    fn shade(self) -> char {
        match (self.data_blocks, self.runs_begun) {
            (0, _) => '·',
            (_, 0 | 1) if self.last_run.is_multiple_of(2) => '█',
            (_, 0 | 1) => '▓',
            (_, 2..=4) => '▒',
            _ => '░',
        }
    }
}

/// How much of a cell is taken, as a bar.
fn share(blocks: u64, per_cell: u64) -> char {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let eighths = blocks.saturating_mul(8).div_ceil(per_cell.max(1)).min(8);
    usize::try_from(eighths).ok().and_then(|index| BARS.get(index)).copied().unwrap_or(' ')
}

/// The cell in which number `at` of `total` lies.
fn cell_of(at: u64, total: u64, cells: usize) -> usize {
    let cell = u128::from(at).saturating_mul(cells as u128).checked_div(u128::from(total));
    usize::try_from(cell.unwrap_or(0)).unwrap_or(usize::MAX)
}

/// Calls `take` with each cell that a range touches and how many of its numbers lie there.
fn spread(first: u64, count: u64, total: u64, cells: usize, mut take: impl FnMut(usize, u64)) {
    let end = first.saturating_add(count).min(total);
    let mut at = first;
    while at < end {
        let cell = cell_of(at, total, cells);
        // The first number of the next cell.
        let next = u128::from(total).saturating_mul((cell as u128).saturating_add(1));
        let next = next.div_ceil((cells as u128).max(1));
        let next = u64::try_from(next).unwrap_or(u64::MAX).clamp(at.saturating_add(1), end);
        take(cell, next.saturating_sub(at));
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_spread_over_the_cells_it_touches() {
        let mut found = Vec::new();
        spread(2, 5, 10, 5, |cell, blocks| found.push((cell, blocks)));
        assert_eq!(found, [(1, 2), (2, 2), (3, 1)]);
    }

    #[test]
    fn every_block_counts_once_whatever_the_width() {
        for cells in [1, 3, 7, 10, 64] {
            let mut sum = 0;
            spread(0, 1000, 1000, cells, |_, blocks| sum += blocks);
            assert_eq!(sum, 1000, "{cells} cells");
        }
    }
}
