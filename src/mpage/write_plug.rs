//! The plug of writing: pieces of memory that wait until they can be sorted and merged.
//!
//! Pieces that lie together on disk share a call, wherever they lie in memory: those that lie apart
//! there are gathered. Nothing is written between two pieces, however small the gap. Pieces for
//! blocks 7, 5, 20 and 6 are one call for blocks 5, 6 and 7, another for 20.

use std::ops::Range;

use super::arena::Arena;
use crate::device::{BlockDevice, Result};

/// A piece of the arena, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) device_offset_bytes: u64,
    pub(super) len_bytes: u64,
    /// Where it lies in the arena.
    pub(super) at: usize,
}

impl Piece {
    fn device_end_bytes(&self) -> u64 {
        self.device_offset_bytes.saturating_add(self.len_bytes)
    }

    fn range(&self) -> Range<usize> {
        let len = usize::try_from(self.len_bytes).unwrap_or(usize::MAX);
        self.at..self.at.saturating_add(len)
    }
}

/// Pieces that wait.
#[derive(Debug, Default)]
pub(super) struct WritePlug {
    queue: Vec<Piece>,
}

impl WritePlug {
    /// Queues a piece.
    pub(super) fn push(&mut self, piece: Piece) {
        self.queue.push(piece);
    }

    /// Writes what waits, a call for each group of neighbours; returns how many pieces joined the
    /// call of another. After a failure nothing more is written.
    pub(super) fn finish(&mut self, arena: &Arena, device: &dyn BlockDevice) -> Result<u64> {
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_unstable_by_key(|piece| piece.device_offset_bytes);
        let written = if overlapping(&queue) {
            // A block that is written twice keeps what was queued last. The arena is handed out in
            // that order.
            queue.sort_unstable_by_key(|piece| piece.at);
            write_groups(&queue, arena, device, |_, _| false)
        } else {
            write_groups(&queue, arena, device, |a, b| {
                a.device_end_bytes() == b.device_offset_bytes
            })
        };
        queue.clear();
        self.queue = queue;
        written
    }
}

/// Whether any two of the pieces, which are sorted, overlap on disk.
fn overlapping(sorted: &[Piece]) -> bool {
    let overlap = |pair: &[Piece]| match pair {
        [a, b] => a.device_end_bytes() > b.device_offset_bytes,
        _ => false,
    };
    sorted.windows(2).any(overlap)
}

fn write_groups(
    queue: &[Piece],
    arena: &Arena,
    device: &dyn BlockDevice,
    joins: impl FnMut(&Piece, &Piece) -> bool,
) -> Result<u64> {
    let mut merges: u64 = 0;
    let mut slices = Vec::new();
    for group in queue.chunk_by(joins) {
        let Some(first) = group.first() else { continue };
        slices.clear();
        // Neighbours in memory, too, are one slice.
        let together = |a: &Piece, b: &Piece| a.range().end == b.at;
        slices.extend(group.chunk_by(together).filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            Some(arena.bytes(first.at..last.range().end))
        }));
        match slices.as_slice() {
            [one] => device.write_at(one, first.device_offset_bytes)?,
            many => device.write_slices_at(many, first.device_offset_bytes)?,
        }
        merges = merges.saturating_add((group.len() as u64).saturating_sub(1));
    }
    Ok(merges)
}
