//! Reading: plans a window and makes the calls that it needs.
//!
//! A window goes through four steps:
//! 1. where the block map says that data and the indirect blocks which map it lie in line, one call
//!    reads them all, and the map takes its blocks out of it ([`GetBlock::inline_span`]);
//! 2. the planner maps the window's pages and emits its bios and fallback blocks;
//! 3. the plug sorts and merges them, and what the first call did not bring is read;
//! 4. whoever asked takes the pieces in the order of the file, holes as zeros.
//!
//! A call that fails is narrowed down: its transfers are tried one by one and in halves, down to a
//! block, so that all that can be read is, and the byte ranges that cannot are told.

use std::ops::Range;

use super::arena::Arena;
use super::bio::BIO_MAX_PAGES;
use super::block::{FileBlock, Geometry, PageIndex};
use super::event::{Caller, Event, Sink};
use super::get_block::{GetBlock, Intent};
use super::plug::{Plug, Transfer};
use super::readahead::{MapFailure, PlanOptions, ReadPlanner};
use super::stats::Stats;
use crate::device::{BlockDevice, DeviceError};

/// Zeros, for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Halves that fail are halved again down to this, or to a block where that is larger: below the
/// page of a host's cache, a smaller call fails with its neighbours anyway.
const LEAST_CALL_BYTES: u64 = 4096;

/// The window of reads that last: large enough that calls do not count, small enough to stay in a
/// processor's cache between the call that fills it and the one that empties it.
pub const WINDOW_BYTES: u64 = 1 << 20;

/// Gaps on disk that are read through: copying so much costs about as much as a call.
pub const GAP_BYTES: u64 = 4096;

/// A range of a file that could not be read.
#[derive(Debug)]
pub struct Fault<E> {
    /// Where it begins in the file.
    pub offset_bytes: u64,
    /// Its length.
    pub len_bytes: u64,
    /// Why.
    pub cause: FaultCause<E>,
}

/// Why a range could not be read.
#[derive(Debug)]
pub enum FaultCause<E> {
    /// The device failed, or ends before it.
    Device(DeviceError),
    /// Where it lies is not known.
    Map(E),
}

/// How to read.
#[derive(Debug, Clone, Copy)]
pub struct ReadOptions {
    /// What the planner goes by.
    pub plan: PlanOptions,
    /// Gaps of up to so many bytes between two transfers are read through.
    pub gap_bytes: u64,
}

impl ReadOptions {
    /// The options that serve files of these blocks and pages.
    ///
    /// The planner is told no end of the device: it would cut a bio there and leave zeros behind,
    /// as the seed does, where a reader has to learn that the image is truncated. So a transfer
    /// past the end goes to the device, which refuses it.
    #[must_use]
    pub fn for_pages_of(geometry: Geometry) -> Self {
        let window_pages = (WINDOW_BYTES >> geometry.page_bits()).max(1);
        let plan = PlanOptions { window_pages, bio_pages: BIO_MAX_PAGES, device_bytes: None };
        Self { plan, gap_bytes: GAP_BYTES }
    }
}

/// Reads a file window by window.
pub struct Reader<'d> {
    execution: Execution<'d>,
    options: ReadOptions,
    size_bytes: u64,
    window: Range<u64>,
}

/// What takes the plan's events and carries them out.
struct Execution<'d> {
    device: &'d dyn BlockDevice,
    geometry: Geometry,
    gap_bytes: u64,
    arena: Arena,
    plug: Plug,
    stages: Vec<Stage>,
    placed: Vec<Placed>,
    device_faults: Vec<(Transfer, DeviceError)>,
    unmapped: Vec<FileBlock>,
    stats: Stats,
}

/// A piece of the file in the arena.
#[derive(Debug, Clone, Copy)]
struct Placed {
    file_offset_bytes: u64,
    len_bytes: u64,
    at: usize,
}

/// A stretch of the device that is in the arena before the plan says what for.
struct Stage {
    device_offset_bytes: u64,
    range: Range<usize>,
}

impl<'d> Reader<'d> {
    /// A reader of a file of `size_bytes`.
    ///
    /// # Errors
    /// The host has no memory for a window.
    pub fn new(
        device: &'d dyn BlockDevice,
        geometry: Geometry,
        size_bytes: u64,
        options: ReadOptions,
    ) -> std::io::Result<Self> {
        let file_bytes = geometry.bytes_in(geometry.blocks_for(size_bytes));
        let window_bytes = options.plan.window_pages.saturating_mul(geometry.page_size_bytes());
        // Room for a span that was believed to hold a window and for the window itself, should the
        // belief be wrong, with an eighth for gaps and indirect blocks. What is not used is not
        // touched, and costs nothing.
        let window_bytes = window_bytes.min(file_bytes);
        let slack = window_bytes.div_ceil(8).max(geometry.bytes_in(8));
        let arena = Arena::new(window_bytes.saturating_mul(2).saturating_add(slack))?;
        let execution = Execution {
            device,
            geometry,
            gap_bytes: options.gap_bytes,
            arena,
            plug: Plug::default(),
            stages: Vec::new(),
            placed: Vec::new(),
            device_faults: Vec::new(),
            unmapped: Vec::new(),
            stats: Stats::default(),
        };
        Ok(Self { execution, options, size_bytes, window: 0..0 })
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.execution.stats
    }

    /// Reads the window that begins with `first` and has at most the options' pages; returns what
    /// could not be read. The window is then there to be taken by [`pieces`](Self::pieces).
    pub fn read_window<M: GetBlock>(
        &mut self,
        map: &mut M,
        first: PageIndex,
    ) -> Vec<Fault<M::Error>> {
        let geometry = self.execution.geometry;
        let in_file = geometry.pages_for(self.size_bytes).saturating_sub(first.0);
        let pages = self.options.plan.window_pages.min(in_file);
        let start = first.0.saturating_mul(geometry.page_size_bytes()).min(self.size_bytes);
        let len = pages.saturating_mul(geometry.page_size_bytes());
        self.window = start..start.saturating_add(len).min(self.size_bytes);

        let execution = &mut self.execution;
        execution.begin();
        let first_block = geometry.first_block_of(first);
        let end_block = geometry.blocks_for(self.window.end);
        execution.stage(map, first_block, end_block.saturating_sub(first_block.0));
        let mut planner = ReadPlanner::new(
            &mut *map,
            &mut *execution,
            geometry,
            self.size_bytes,
            self.options.plan,
        );
        planner.readahead(first, pages);
        let errors = planner.take_errors();
        execution.flush();
        execution.faults(errors)
    }

    /// The window that was read, from byte `from` of the file on, in the order of the file: slices
    /// of at most 64 KiB where there is a hole, and as long as they lie together elsewhere. Ranges
    /// that could not be read are zeros.
    pub fn pieces(&self, from: u64) -> impl Iterator<Item = &[u8]> {
        Pieces {
            arena: &self.execution.arena,
            placed: &self.execution.placed,
            at: self.window.start.max(from),
            end: self.window.end,
        }
    }

    /// The bytes of the file that the window holds.
    #[must_use]
    pub fn window(&self) -> Range<u64> {
        self.window.clone()
    }
}

impl Execution<'_> {
    fn begin(&mut self) {
        self.arena.clear();
        self.stages.clear();
        self.placed.clear();
        self.device_faults.clear();
        self.unmapped.clear();
    }

    /// Reads data and the indirect blocks that map it in one call, where they are believed to lie
    /// in line; and again behind what that brought, where the file goes on elsewhere. Where a call
    /// fails nothing is lost: the plan reads what it needs.
    fn stage<M: GetBlock>(&mut self, map: &mut M, first: FileBlock, count_blocks: u64) {
        let end = first.plus(count_blocks);
        let mut at = first;
        while let Some((start, len_blocks)) = map.inline_span(at, end.distance_from(at)) {
            let Some(range) = self.arena.take(self.geometry.bytes_in(len_blocks)) else { return };
            let device_offset_bytes = self.geometry.bytes_in(start.0);
            let bytes = self.arena.bytes_mut(range.clone());
            if self.device.read_at(bytes, device_offset_bytes).is_err() {
                return;
            }
            let bytes = self.arena.bytes(range.clone());
            map.absorb(at, end.distance_from(at), start, bytes);
            self.stages.push(Stage { device_offset_bytes, range });
            let next = self.first_unstaged(map, at, end);
            if next <= at {
                return;
            }
            at = next;
        }
    }

    /// The first block from `at` on that no stage has brought.
    fn first_unstaged<M: GetBlock>(
        &self,
        map: &mut M,
        mut at: FileBlock,
        end: FileBlock,
    ) -> FileBlock {
        while at < end && map.is_resident(at) {
            let Ok(run) = map.get_block(at, end.distance_from(at), Intent::Read) else { break };
            if let Some(block) = run.block {
                let transfer = Transfer {
                    file_offset_bytes: self.geometry.bytes_in(at.0),
                    device_offset_bytes: self.geometry.bytes_in(block.0),
                    len_bytes: self.geometry.bytes_in(run.count_blocks),
                };
                if self.staged(&transfer).is_none() {
                    break;
                }
            }
            at = at.plus(run.count_blocks.max(1));
        }
        at
    }

    /// Where a transfer lies in what was staged.
    fn staged(&self, transfer: &Transfer) -> Option<usize> {
        self.stages.iter().find_map(|stage| {
            let skip = transfer.device_offset_bytes.checked_sub(stage.device_offset_bytes)?;
            let end = skip.checked_add(transfer.len_bytes)?;
            (end <= stage.range.len() as u64).then_some(())?;
            stage.range.start.checked_add(usize::try_from(skip).ok()?)
        })
    }

    /// Carries out a group of transfers by one call.
    fn call(&mut self, group: &[Transfer]) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
        let len = last.device_end_bytes().saturating_sub(first.device_offset_bytes);
        let Some(range) = self.arena.take(len) else {
            // Gaps have a budget and transfers are a window's: only a plan that maps more than the
            // window comes here.
            return group.iter().for_each(|transfer| self.fail(*transfer, no_room(transfer)));
        };
        let bytes = self.arena.bytes_mut(range.clone());
        if self.device.read_at(bytes, first.device_offset_bytes).is_ok() {
            for transfer in group {
                let skip = transfer.device_offset_bytes.saturating_sub(first.device_offset_bytes);
                self.place(transfer, range.start, skip);
            }
        } else {
            for transfer in group {
                let skip = transfer.device_offset_bytes.saturating_sub(first.device_offset_bytes);
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                self.narrow_down(*transfer, range.start.saturating_add(skip));
            }
        }
    }

    /// Reads what can be read of a transfer into the arena from `at` on.
    fn narrow_down(&mut self, transfer: Transfer, at: usize) {
        let least = self.geometry.block_size_bytes().max(LEAST_CALL_BYTES);
        let mut pending = vec![(transfer, at)];
        while let Some((transfer, at)) = pending.pop() {
            let len = usize::try_from(transfer.len_bytes).unwrap_or(usize::MAX);
            let bytes = self.arena.bytes_mut(at..at.saturating_add(len));
            match self.device.read_at(bytes, transfer.device_offset_bytes) {
                Ok(()) => self.place(&transfer, at, 0),
                Err(_) if transfer.len_bytes > least => {
                    let half = (transfer.len_bytes >> 1).next_multiple_of(least);
                    let (head, tail) = transfer.split(half);
                    let skip = usize::try_from(head.len_bytes).unwrap_or(usize::MAX);
                    pending.push((tail, at.saturating_add(skip)));
                    pending.push((head, at));
                }
                Err(error) => self.fail(transfer, error),
            }
        }
    }

    fn place(&mut self, transfer: &Transfer, base: usize, skip: u64) {
        let at = base.saturating_add(usize::try_from(skip).unwrap_or(usize::MAX));
        let Transfer { file_offset_bytes, len_bytes, .. } = *transfer;
        self.placed.push(Placed { file_offset_bytes, len_bytes, at });
    }

    fn fail(&mut self, transfer: Transfer, error: DeviceError) {
        self.device_faults.push((transfer, error));
    }

    /// What could not be read, in the order of the file, neighbours joined.
    fn faults<E>(&mut self, errors: Vec<MapFailure<E>>) -> Vec<Fault<E>> {
        self.placed.sort_unstable_by_key(|placed| placed.file_offset_bytes);
        if self.device_faults.is_empty() && self.unmapped.is_empty() {
            return Vec::new();
        }
        let mut faults: Vec<Fault<E>> = Vec::new();
        self.device_faults.sort_by_key(|(transfer, _)| transfer.file_offset_bytes);
        for (transfer, error) in self.device_faults.drain(..) {
            let Transfer { file_offset_bytes: offset_bytes, len_bytes, .. } = transfer;
            let before = faults.last_mut();
            match before.filter(|f| f.offset_bytes.saturating_add(f.len_bytes) == offset_bytes) {
                Some(before) => before.len_bytes = before.len_bytes.saturating_add(len_bytes),
                None => {
                    let cause = FaultCause::Device(error);
                    faults.push(Fault { offset_bytes, len_bytes, cause });
                }
            }
        }
        // The algorithm asks again for each block of a page that it cannot map, so that every block
        // has its error; a run of such blocks is told with the first block's.
        self.unmapped.sort_unstable();
        self.unmapped.dedup();
        let mut errors = errors.into_iter().peekable();
        for run in self.unmapped.chunk_by(|a, b| a.plus(1) == *b) {
            let Some(first) = run.first() else { continue };
            let mut cause = None;
            while let Some(failure) = errors.next_if(|failure| failure.block <= *first) {
                cause = Some(failure.error);
            }
            let Some(error) = cause.or_else(|| errors.next().map(|failure| failure.error)) else {
                continue;
            };
            faults.push(Fault {
                offset_bytes: self.geometry.bytes_in(first.0),
                len_bytes: self.geometry.bytes_in(run.len() as u64),
                cause: FaultCause::Map(error),
            });
        }
        faults.sort_by_key(|fault| fault.offset_bytes);
        faults
    }
}

/// The pieces of a window, in the order of the file.
struct Pieces<'a> {
    arena: &'a Arena,
    /// What lies at `at` or after it.
    placed: &'a [Placed],
    at: u64,
    end: u64,
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

/// The host has no room for what a plan asks.
fn no_room(transfer: &Transfer) -> DeviceError {
    DeviceError::Io {
        offset_bytes: transfer.device_offset_bytes,
        len_bytes: transfer.len_bytes,
        source: std::io::ErrorKind::OutOfMemory.into(),
    }
}

impl Sink for Execution<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.stats.event(event);
        self.plug.queue(self.geometry, event);
        if let Event::GetBlock { by: Caller::Fallback, lblk, err, .. } = event
            && *err != 0
        {
            self.unmapped.push(*lblk);
        }
    }

    fn flush(&mut self) {
        // The plug is taken out while its transfers are carried out, and put back with its memory.
        let mut plug = std::mem::take(&mut self.plug);
        let mut merges = plug.take_staged(|transfer| match self.staged(transfer) {
            Some(at) => {
                self.place(transfer, at, 0);
                true
            }
            None => false,
        });
        let room_bytes = self.arena.left_bytes().saturating_sub(plug.queued_bytes());
        merges = merges
            .saturating_add(plug.finish(self.gap_bytes, room_bytes, |group| self.call(group)));
        self.stats.plug_merges = self.stats.plug_merges.saturating_add(merges);
        self.plug = plug;
    }
}
