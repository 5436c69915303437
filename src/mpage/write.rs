//! Writing: carries the plan of dirty data out, in as few positional calls as the disk needs.
//!
//! A batch goes through four steps:
//! 1. dirty ranges are read from their source into the arena, until that is full;
//! 2. the planner finds where their pages lie, and emits bios and fallback blocks;
//! 3. these wait in the plug, together with those of other files and with metadata blocks that lie
//!    between them;
//! 4. when the arena is full, or all is written, the plug sorts and merges them, and each group of
//!    neighbours is one call.
//!
//! Blocks must have been allocated: one that has no place is an error. After any error nothing more
//! is written.

use std::io;
use std::ops::Range;

use super::arena::Arena;
use super::block::{FileBlock, FsBlock, Geometry, PageIndex};
use super::dirty::{Dirty, Pages, Resident, pages_of};
use super::event::{Event, Sink};
use super::folio::{Buffer, BufferFlags, Folio};
use super::get_block::{GetBlock, Intent};
use super::plug::Transfer;
use super::stats::Stats;
use super::write_plug::{Piece, WritePlug};
use super::writepages::{SyncMode, WritePlanOptions, WritePlanner};
use crate::device::{BlockDevice, DeviceError};

/// The memory of a writer: large enough that calls do not count.
pub const WRITE_WINDOW_BYTES: u64 = 2 << 20;

/// Where the bytes of a file come from.
pub trait PageSource {
    /// Fills `buf` with the file's bytes from `offset_bytes` on.
    ///
    /// # Errors
    /// The bytes cannot be read, or there are fewer.
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()>;
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// Its data could not be read from where it comes from.
    #[error("cannot read {len_bytes} bytes of new data at byte {offset_bytes}: {source}")]
    Source {
        /// Where the range begins in the file.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// What the source said.
        source: io::Error,
    },
    /// Where a block lies is not known.
    #[error("cannot find the place of file block {block}: {error}")]
    Map {
        /// The block.
        block: FileBlock,
        /// Why.
        error: E,
    },
    /// A block was given no place.
    #[error("file block {block} has no place on the disk")]
    NoPlace {
        /// The block.
        block: FileBlock,
    },
    /// The caller's mistake: a range that is out of order, reaches past the file's end, or is not
    /// in whole blocks.
    #[error(
        "dirty bytes {start}..{end} of a file of {size_bytes} bytes are no range of blocks in order"
    )]
    Range {
        /// The range's first byte.
        start: u64,
        /// The byte after its last.
        end: u64,
        /// The file's size.
        size_bytes: u64,
    },
    /// The device failed, or ends before a block.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// Writes files, one after the other.
pub struct Writer<'d> {
    device: &'d dyn BlockDevice,
    geometry: Geometry,
    arena: Arena,
    plug: WritePlug,
    /// The batch in hand.
    residents: Vec<Resident>,
    stats: Stats,
    failed: bool,
}

impl<'d> Writer<'d> {
    /// A writer with a memory of `window_bytes`, or of a page where that is larger.
    ///
    /// # Errors
    /// The host has no memory.
    pub fn new(
        device: &'d dyn BlockDevice,
        geometry: Geometry,
        window_bytes: u64,
    ) -> io::Result<Self> {
        let arena = Arena::new(window_bytes.max(geometry.page_size_bytes()))?;
        let (plug, stats) = (WritePlug::default(), Stats::default());
        Ok(Self { device, geometry, arena, plug, residents: Vec::new(), stats, failed: false })
    }

    /// What was planned and merged so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Writes the dirty ranges of a file of `size_bytes`, whose blocks `map` finds. They are sorted
    /// and disjoint, in whole blocks; the last may end with the file. Transfers stay in the plug:
    /// files that lie together on disk share a call.
    ///
    /// # Errors
    /// Any. The writer then writes nothing more.
    pub fn write_file<M: GetBlock>(
        &mut self,
        map: &mut M,
        size_bytes: u64,
        dirty: &[Range<u64>],
        source: &mut dyn PageSource,
    ) -> Result<(), WriteError<M::Error>> {
        self.check()?;
        let written = self.write_ranges(map, size_bytes, dirty, source);
        self.failed |= written.is_err();
        written
    }

    /// Queues a block of metadata, so that it can share a call with its neighbours.
    ///
    /// # Errors
    /// The device failed to make room, or `bytes` are not a block.
    pub fn queue_block(&mut self, block: FsBlock, bytes: &[u8]) -> Result<(), DeviceError> {
        self.check()?;
        let (offset_bytes, len_bytes) = (self.geometry.bytes_in(block.0), bytes.len() as u64);
        if len_bytes != self.geometry.block_size_bytes() {
            let source = io::ErrorKind::InvalidInput.into();
            return Err(DeviceError::Write { offset_bytes, len_bytes, source });
        }
        if self.arena.left_bytes() < len_bytes {
            self.send()?;
        }
        // The arena holds a page at least.
        let Some(place) = self.arena.take(len_bytes) else { return Err(refusal()) };
        let at = place.start;
        self.arena.bytes_mut(place).copy_from_slice(bytes);
        self.plug.push(Piece { device_offset_bytes: offset_bytes, len_bytes, at });
        Ok(())
    }

    /// Writes all that waits.
    ///
    /// # Errors
    /// The device failed, or something did before.
    pub fn finish(&mut self) -> Result<(), DeviceError> {
        self.check()?;
        self.send()
    }

    /// Refuses to go on after a failure.
    fn check(&self) -> Result<(), DeviceError> {
        if self.failed { Err(refusal()) } else { Ok(()) }
    }

    /// Empties the plug, and with it the arena.
    fn send(&mut self) -> Result<(), DeviceError> {
        let sent = self.plug.finish(&self.arena, self.device);
        self.arena.clear();
        self.failed |= sent.is_err();
        self.stats.plug_merges = self.stats.plug_merges.saturating_add(sent?);
        Ok(())
    }

    fn write_ranges<M: GetBlock>(
        &mut self,
        map: &mut M,
        size_bytes: u64,
        dirty: &[Range<u64>],
        source: &mut dyn PageSource,
    ) -> Result<(), WriteError<M::Error>> {
        let mut dirty = Dirty::new(self.geometry, size_bytes, dirty)
            .map_err(|Range { start, end }| WriteError::Range { start, end, size_bytes })?;
        while !dirty.is_empty() {
            let fill = |offset_bytes, buf: &mut [u8]| source.fill(offset_bytes, buf);
            dirty.load(&mut self.arena, &mut self.residents, fill).map_err(|failure| {
                WriteError::Source {
                    offset_bytes: failure.range.start,
                    len_bytes: failure.range.end.saturating_sub(failure.range.start),
                    source: failure.source,
                }
            })?;
            self.plan(map, size_bytes)?;
            if !dirty.is_empty() {
                self.send()?;
            }
        }
        Ok(())
    }

    /// Plans the batch, and queues its transfers.
    fn plan<M: GetBlock>(
        &mut self,
        map: &mut M,
        size_bytes: u64,
    ) -> Result<(), WriteError<M::Error>> {
        let Self { geometry, residents, plug, stats, .. } = self;
        let queue = Queue { geometry: *geometry, residents, plug, queued_bytes: 0 };
        // The planner is told no end of the device: it would cut a bio there, where a writer has to
        // learn that the image is truncated.
        let options = WritePlanOptions {
            sync: SyncMode::None { most_pages: u64::MAX },
            ..WritePlanOptions::default()
        };
        let mut planner = WritePlanner::new(map, (stats, queue), *geometry, size_bytes, options);
        for pages in pages_of(*geometry, size_bytes, residents) {
            match pages {
                Pages::Whole(first, count) => planner.writepages(first, count),
                Pages::Part(page, dirty) => {
                    let folio = folio_of(&mut planner.mapper, *geometry, page, &dirty)?;
                    planner.writepage(page, folio);
                }
            }
        }
        planner.finish();
        if let Some(failure) = planner.take_failure() {
            return Err(WriteError::Map { block: failure.block, error: failure.error });
        }
        // All that was loaded must have been queued.
        let loaded = residents.iter().map(|r| r.len_bytes).fold(0, u64::saturating_add);
        let lost = planner.sink().1.queued_bytes != loaded;
        let first = residents.first().map(|first| geometry.blocks_for(first.file_offset_bytes));
        match planner.unplaced().or(first.filter(|_| lost).map(FileBlock)) {
            Some(block) => Err(WriteError::NoPlace { block }),
            None => Ok(()),
        }
    }
}

/// The buffers of a page of which only some blocks are dirty.
fn folio_of<M: GetBlock>(
    map: &mut M,
    geometry: Geometry,
    page: PageIndex,
    dirty: &[FileBlock],
) -> Result<Folio, WriteError<M::Error>> {
    let first = geometry.first_block_of(page);
    let mut buffers = Vec::new();
    for block in (0..geometry.blocks_per_page()).map(|index| first.plus(index)) {
        let mut buffer = Buffer::default();
        if dirty.binary_search(&block).is_ok() {
            let mapping = map
                .get_block(block, 1, Intent::Allocate)
                .map_err(|error| WriteError::Map { block, error })?;
            buffer.block = mapping.block.ok_or(WriteError::NoPlace { block })?;
            buffer.flags = BufferFlags::MAPPED | BufferFlags::DIRTY | BufferFlags::UPTODATE;
            buffer.flags.set(BufferFlags::BOUNDARY, mapping.boundary);
        }
        buffers.push(buffer);
    }
    Ok(Folio { uptodate: false, buffers })
}

/// Takes the plan of a batch, and queues it with where its bytes lie in the arena.
///
/// It lets the planner wait for metadata without sending out what was queued: the map of a file
/// that is written is in memory as a rule.
struct Queue<'a> {
    geometry: Geometry,
    residents: &'a [Resident],
    plug: &'a mut WritePlug,
    queued_bytes: u64,
}

impl Sink for Queue<'_> {
    fn event(&mut self, event: &Event<'_>) {
        Transfer::each_of(self.geometry, event, |transfer| {
            let mut rest = transfer;
            while rest.len_bytes > 0 {
                let offset = rest.file_offset_bytes;
                let index = self.residents.partition_point(|r| r.end_bytes() <= offset);
                let resident = self.residents.get(index);
                let Some((resident, skip)) =
                    resident.and_then(|r| Some((r, offset.checked_sub(r.file_offset_bytes)?)))
                else {
                    return;
                };
                let (head, tail) = rest.split(resident.len_bytes.saturating_sub(skip));
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                self.plug.push(Piece {
                    device_offset_bytes: head.device_offset_bytes,
                    len_bytes: head.len_bytes,
                    at: resident.at.saturating_add(skip),
                });
                self.queued_bytes = self.queued_bytes.saturating_add(head.len_bytes);
                rest = tail;
            }
        });
    }
}

/// What is said to a caller who goes on after a failure.
fn refusal() -> DeviceError {
    let source = io::Error::other("nothing more is written after a failure");
    DeviceError::Write { offset_bytes: 0, len_bytes: 0, source }
}
