//! Pieces: a window's bytes in the order of the file, from wherever they lie in memory.
//!
//! The arena holds a window in the order of the disk, gaps included. File blocks 0 and 1 that were
//! read from fs blocks 8 and 5 by two calls are two pieces, the second one first in memory; a hole
//! between them is a piece of zeros.

use super::arena::Arena;

/// Zeros, for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A piece of the file in the arena.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) file_offset_bytes: u64,
    pub(super) len_bytes: u64,
    pub(super) at: usize,
}

/// The pieces of a window, in the order of the file.
pub(super) struct Pieces<'a> {
    pub(super) arena: &'a Arena,
    /// What lies at `at` or after it.
    pub(super) placed: &'a [Placed],
    pub(super) at: u64,
    pub(super) end: u64,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.placed.first().is_some_and(|placed| placed.end_bytes() <= self.at) {
            self.placed = self.placed.get(1..).unwrap_or_default();
        }
        let left = self.end.saturating_sub(self.at);
        if left == 0 {
            return None;
        }
        let next_data = self.placed.first().map_or(self.end, |placed| placed.file_offset_bytes);
        let hole = next_data.saturating_sub(self.at).min(left);
        let piece = if hole > 0 {
            let len = usize::try_from(hole).unwrap_or(usize::MAX).min(ZEROS.len());
            ZEROS.get(..len)
        } else {
            let first = self.placed.first()?;
            let skip = usize::try_from(self.at.saturating_sub(first.file_offset_bytes)).ok()?;
            let mut len_bytes = first.len_bytes;
            // Neighbours in the file that are neighbours in memory are one piece.
            for pair in self.placed.windows(2) {
                let [a, b] = pair else { break };
                let together = a.end_bytes() == b.file_offset_bytes && a.end_at() == Some(b.at);
                if !together {
                    break;
                }
                len_bytes = len_bytes.saturating_add(b.len_bytes);
            }
            let start = first.at.saturating_add(skip);
            let len = usize::try_from(len_bytes).ok()?.saturating_sub(skip);
            let len = len.min(usize::try_from(left).unwrap_or(usize::MAX));
            Some(self.arena.bytes(start..start.saturating_add(len)))
        }?;
        self.at = self.at.saturating_add(piece.len() as u64);
        // An empty piece would never end: there is none, but a loop must not depend on it.
        (!piece.is_empty()).then_some(piece)
    }
}

impl Placed {
    fn end_bytes(&self) -> u64 {
        self.file_offset_bytes.saturating_add(self.len_bytes)
    }

    fn end_at(&self) -> Option<usize> {
        self.at.checked_add(usize::try_from(self.len_bytes).ok()?)
    }
}
