//! Dirty data in memory: which bytes of a file a batch holds, and where in the arena.
//!
//! Ranges are loaded front to back for as long as there is room, each packed by the block, and a
//! batch ends with a page: one whose bytes come from two ranges is loaded with both or not at all.
//! With 1 KiB blocks and 4 KiB pages, bytes 0-1024 and 2048-8192 are two residents of 1 and 6
//! blocks, the pages are 0 in part and 1 whole.

use std::io;
use std::ops::Range;

use super::arena::Arena;
use super::block::{FileBlock, Geometry, PageIndex};

/// A stretch of the file in the arena, in whole blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resident {
    pub(super) file_offset_bytes: u64,
    pub(super) len_bytes: u64,
    pub(super) at: usize,
}

impl Resident {
    pub(super) fn end_bytes(&self) -> u64 {
        self.file_offset_bytes.saturating_add(self.len_bytes)
    }
}

/// What failed to be loaded, and why.
pub(super) struct LoadFailure {
    pub(super) range: Range<u64>,
    pub(super) source: io::Error,
}

/// The dirty ranges of a file that are still to be loaded.
pub(super) struct Dirty<'a> {
    geometry: Geometry,
    ranges: &'a [Range<u64>],
    /// Where in the first of them it goes on.
    at: u64,
}

impl<'a> Dirty<'a> {
    /// All of `ranges`, or the first of them that is not as it should be: sorted, disjoint, not
    /// empty, block aligned but for one that ends with the file, and inside it.
    pub(super) fn new(
        geometry: Geometry,
        size_bytes: u64,
        ranges: &'a [Range<u64>],
    ) -> Result<Self, Range<u64>> {
        // No host has larger files, and offsets far from the end of all numbers need no care.
        let end_bytes = size_bytes.min(u64::MAX >> 1);
        let aligned = |offset: u64| offset.is_multiple_of(geometry.block_size_bytes());
        let mut before = 0;
        for range in ranges {
            let follows = before <= range.start && range.start < range.end;
            let inside = range.end <= end_bytes;
            let in_blocks = aligned(range.start) && (aligned(range.end) || range.end == size_bytes);
            if !(follows && inside && in_blocks) {
                return Err(range.clone());
            }
            before = range.end;
        }
        Ok(Self { geometry, ranges, at: ranges.first().map_or(0, |range| range.start) })
    }

    /// Whether all is loaded.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Loads as many pages as there is room for. What of the last block lies past the file's end is
    /// zeroed.
    pub(super) fn load(
        &mut self,
        arena: &mut Arena,
        residents: &mut Vec<Resident>,
        mut fill: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> Result<(), LoadFailure> {
        residents.clear();
        while let Some((range, len_bytes, end)) = self.next_piece(arena.left_bytes()) {
            let Some(place) = arena.take(len_bytes) else { break };
            let at = place.start;
            let bytes = arena.bytes_mut(place);
            let data = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
            let (data, past_end) = bytes.split_at_mut(data.min(bytes.len()));
            past_end.fill(0);
            let offset_bytes = range.start;
            fill(offset_bytes, data).map_err(|source| LoadFailure { range, source })?;
            residents.push(Resident { file_offset_bytes: offset_bytes, len_bytes, at });
            self.advance_to(end);
        }
        Ok(())
    }

    /// The next bytes to load into `room_bytes`, what they take there, and where they end.
    fn next_piece(&self, room_bytes: u64) -> Option<(Range<u64>, u64, u64)> {
        let page_size = self.geometry.page_size_bytes();
        let block_size = self.geometry.block_size_bytes();
        let (range, rest) = self.ranges.split_first()?;
        let page_end = range.end.checked_next_multiple_of(page_size).unwrap_or(u64::MAX);
        // What else the last page has must have room, too.
        let shares_page = rest.first().is_some_and(|next| next.start < page_end);
        let block_end = range.end.checked_next_multiple_of(block_size).unwrap_or(u64::MAX);
        let needs_until = if shares_page { page_end } else { block_end };
        let end = if needs_until.saturating_sub(self.at) <= room_bytes {
            range.end
        } else {
            let room_end = self.at.saturating_add(room_bytes);
            room_end.saturating_sub(room_end.checked_rem(page_size).unwrap_or(0)).min(range.end)
        };
        let data_bytes = end.checked_sub(self.at).filter(|len| *len > 0)?;
        let len_bytes = self.geometry.bytes_in(self.geometry.blocks_for(data_bytes));
        Some((self.at..end, len_bytes, end))
    }

    fn advance_to(&mut self, at: u64) {
        self.at = at;
        if let Some((range, rest)) = self.ranges.split_first()
            && at >= range.end
        {
            self.ranges = rest;
            self.at = rest.first().map_or(at, |next| next.start);
        }
    }
}

/// Pages of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pages {
    /// All that the file has of them is dirty.
    Whole(PageIndex, u64),
    /// Only these blocks of it are dirty.
    Part(PageIndex, Vec<FileBlock>),
}

/// The pages of a batch, in order.
pub(super) fn pages_of(
    geometry: Geometry,
    size_bytes: u64,
    mut residents: &[Resident],
) -> impl Iterator<Item = Pages> {
    let end = FileBlock(geometry.blocks_for(size_bytes));
    let blocks = move |resident: &Resident| {
        FileBlock(geometry.blocks_for(resident.file_offset_bytes))
            ..FileBlock(geometry.blocks_for(resident.end_bytes()))
    };
    let mut at = FileBlock(0);
    std::iter::from_fn(move || {
        while residents.first().is_some_and(|first| blocks(first).end <= at) {
            residents = residents.get(1..).unwrap_or_default();
        }
        let run = blocks(residents.first()?);
        let page = geometry.page_of(run.start.max(at));
        let first = geometry.first_block_of(page);
        // The file's last page is whole with what the file has of it.
        let run_end = if run.end >= end { end.plus(geometry.blocks_per_page()) } else { run.end };
        let last = geometry.page_of(run_end).0.min(geometry.pages_for(size_bytes));
        let whole = last.saturating_sub(page.0);
        if run.start <= first && whole > 0 {
            at = geometry.first_block_of(PageIndex(last));
            return Some(Pages::Whole(page, whole));
        }
        at = geometry.first_block_of(page.plus(1));
        let in_page = end.min(at);
        let mut dirty = Vec::new();
        for resident in residents {
            let run = blocks(resident);
            if run.start >= at {
                break;
            }
            let run = run.start.max(first)..run.end.min(in_page);
            dirty.extend((run.start.0..run.end.0).map(FileBlock));
        }
        if dirty.len() as u64 == in_page.distance_from(first) {
            return Some(Pages::Whole(page, 1));
        }
        Some(Pages::Part(page, dirty))
    })
}
