//! A window: the memory that a batch was read into, and where in it lies what.
//!
//! The arena holds a window in the order of the disk, gaps included; what was asked for has its own
//! order, that of the pages which were planned. Pages 0 and 1 that were read from fs blocks 8 and 5
//! by two calls are two pieces, the second one first in memory; a hole between them is a piece of
//! zeros. A window can be sent to another thread, and comes back to be filled again.

use std::io;
use std::ops::Range;

use super::arena::Arena;

/// Zeros, for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Memory that a batch is read into.
#[derive(Debug)]
pub struct Window {
    pub(super) arena: Arena,
    pub(super) placed: Vec<Placed>,
}

/// A piece of what was asked for, in the arena.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// Where it lies in what was asked for.
    pub(super) offset_bytes: u64,
    pub(super) len_bytes: u64,
    pub(super) at: usize,
}

/// A stretch of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch<'a> {
    /// Bytes that were read.
    Data(&'a [u8]),
    /// So many bytes that have no place on the disk, or could not be read.
    Hole(u64),
}

impl Window {
    /// Memory of `capacity_bytes`.
    ///
    /// # Errors
    /// The host has none.
    pub(super) fn new(capacity_bytes: u64) -> io::Result<Self> {
        Ok(Self { arena: Arena::new(capacity_bytes)?, placed: Vec::new() })
    }

    /// A window that holds nothing, and never will.
    #[must_use]
    pub fn empty() -> Self {
        Self { arena: Arena::empty(), placed: Vec::new() }
    }

    /// Forgets what it holds.
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.placed.clear();
    }

    /// Puts what was read into the order in which it was asked for.
    pub(super) fn sort(&mut self) {
        self.placed.sort_unstable_by_key(|placed| placed.offset_bytes);
    }

    /// The bytes of a range, data and holes: data as long as it lies together.
    pub fn stretches(&self, range: Range<u64>) -> impl Iterator<Item = Stretch<'_>> {
        let from = self.placed.partition_point(|placed| placed.end_bytes() <= range.start);
        let placed = self.placed.get(from..).unwrap_or_default();
        Stretches { arena: &self.arena, placed, at: range.start, end: range.end }
    }

    /// The bytes of a range, with zeros for holes, at most 64 KiB of them in a piece.
    pub fn pieces(&self, range: Range<u64>) -> impl Iterator<Item = &[u8]> {
        self.stretches(range).flat_map(|stretch| {
            let (data, mut zeros) = match stretch {
                Stretch::Data(data) => (Some(data), 0),
                Stretch::Hole(len) => (None, len),
            };
            let holes = std::iter::from_fn(move || {
                let len = usize::try_from(zeros).unwrap_or(usize::MAX).min(ZEROS.len());
                zeros = zeros.saturating_sub(len as u64);
                ZEROS.get(..len).filter(|piece| !piece.is_empty())
            });
            data.into_iter().chain(holes)
        })
    }
}

/// The stretches of a range.
struct Stretches<'a> {
    arena: &'a Arena,
    /// What ends behind `at`.
    placed: &'a [Placed],
    at: u64,
    end: u64,
}

impl<'a> Iterator for Stretches<'a> {
    type Item = Stretch<'a>;

    fn next(&mut self) -> Option<Stretch<'a>> {
        while self.placed.first().is_some_and(|placed| placed.end_bytes() <= self.at) {
            self.placed = self.placed.get(1..).unwrap_or_default();
        }
        let left = self.end.saturating_sub(self.at);
        if left == 0 {
            return None;
        }
        let next_data = self.placed.first().map_or(self.end, |placed| placed.offset_bytes);
        let hole = next_data.saturating_sub(self.at).min(left);
        if hole > 0 {
            self.at = self.at.saturating_add(hole);
            return Some(Stretch::Hole(hole));
        }
        let first = self.placed.first()?;
        let skip = usize::try_from(self.at.saturating_sub(first.offset_bytes)).ok()?;
        let mut len_bytes = first.len_bytes;
        // Neighbours that are neighbours in memory, too, are one piece.
        for pair in self.placed.windows(2) {
            let [a, b] = pair else { break };
            let together = a.end_bytes() == b.offset_bytes && a.end_at() == Some(b.at);
            if !together || a.offset_bytes >= self.end {
                break;
            }
            len_bytes = len_bytes.saturating_add(b.len_bytes);
        }
        let start = first.at.saturating_add(skip);
        let len = usize::try_from(len_bytes).ok()?.saturating_sub(skip);
        let len = len.min(usize::try_from(left).unwrap_or(usize::MAX));
        let data = self.arena.bytes(start..start.saturating_add(len));
        self.at = self.at.saturating_add(data.len() as u64);
        // An empty piece would never end: there is none, but a loop must not depend on it.
        (!data.is_empty()).then_some(Stretch::Data(data))
    }
}

impl Placed {
    fn end_bytes(&self) -> u64 {
        self.offset_bytes.saturating_add(self.len_bytes)
    }

    fn end_at(&self) -> Option<usize> {
        self.at.checked_add(usize::try_from(self.len_bytes).ok()?)
    }
}
