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

use std::io;
use std::ops::Range;

use super::bio::BIO_MAX_PAGES;
use super::block::{Geometry, PageIndex};
use super::event::Sink;
use super::execute::Execution;
use super::get_block::GetBlock;
use super::pieces::Pieces;
use super::readahead::{PlanOptions, ReadPlanner};
use super::stats::Stats;
use crate::device::{BlockDevice, DeviceError};

/// The window of reads that last: large enough that calls do not count, small enough to stay in a
/// processor's cache between the call that fills it and the one that empties it.
pub const WINDOW_BYTES: u64 = 5 << 18;

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

impl<E> Fault<E> {
    /// Whether a failure of the device at `offset_bytes` continues this one: it follows it, and is
    /// one of its kind.
    pub(super) fn goes_on_at(&self, offset_bytes: u64, error: &DeviceError) -> bool {
        let same =
            matches!(&self.cause, FaultCause::Device(before) if before.code() == error.code());
        same && self.offset_bytes.saturating_add(self.len_bytes) == offset_bytes
    }
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

impl<'d> Reader<'d> {
    /// A reader of a file of `size_bytes`.
    ///
    /// # Errors
    /// The host has no memory for a window.
    pub fn new(
        device: &'d dyn BlockDevice,
        geometry: Geometry,
        size_bytes: u64,
        mut options: ReadOptions,
    ) -> io::Result<Self> {
        // All in one window would be the file in memory; a window without pages would never end.
        let most = (WINDOW_BYTES >> geometry.page_bits()).max(1);
        let window_pages = &mut options.plan.window_pages;
        *window_pages = if *window_pages == 0 { most } else { *window_pages };
        let file_bytes = geometry.bytes_in(geometry.blocks_for(size_bytes));
        let window_pages = options.plan.window_pages;
        let window_bytes = window_pages.saturating_mul(geometry.page_size_bytes());
        let window_bytes = window_bytes.min(file_bytes);
        let execution = Execution::new(device, geometry, options.gap_bytes, window_bytes)?;
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
