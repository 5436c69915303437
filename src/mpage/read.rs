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

use super::batch::Batch;
use super::bio::BIO_MAX_PAGES;
use super::block::{Geometry, PageIndex};
use super::get_block::GetBlock;
use super::readahead::PlanOptions;
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

/// Reads a file window by window: batches of a single piece.
pub struct Reader<'d> {
    batch: Batch<'d>,
    geometry: Geometry,
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
        options: ReadOptions,
    ) -> io::Result<Self> {
        let file_bytes = geometry.bytes_in(geometry.blocks_for(size_bytes));
        let batch = Batch::new(device, geometry, options, file_bytes)?;
        Ok(Self { batch, geometry, size_bytes, window: 0..0 })
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        self.batch.stats()
    }

    /// Reads the window that begins with `first` and has at most the options' pages; returns what
    /// could not be read. The window is then there to be taken by [`pieces`](Self::pieces).
    pub fn read_window<M: GetBlock>(
        &mut self,
        map: &mut M,
        first: PageIndex,
    ) -> Vec<Fault<M::Error>> {
        let page_size = self.geometry.page_size_bytes();
        let pages = self.batch.window_pages();
        let start = first.0.saturating_mul(page_size).min(self.size_bytes);
        let end = start.saturating_add(pages.saturating_mul(page_size)).min(self.size_bytes);
        self.window = start..end;
        self.batch.begin();
        let mut faults = self.batch.add(map, self.size_bytes, first, pages).faults;
        faults.extend(self.batch.finish().into_iter().map(|fault| Fault {
            offset_bytes: fault.at_bytes.saturating_add(start),
            len_bytes: fault.len_bytes,
            cause: FaultCause::Device(fault.error),
        }));
        faults.sort_by_key(|fault| fault.offset_bytes);
        faults
    }

    /// The window that was read, from byte `from` of the file on, in the order of the file: slices
    /// of at most 64 KiB where there is a hole, and as long as they lie together elsewhere. Ranges
    /// that could not be read are zeros.
    pub fn pieces(&self, from: u64) -> impl Iterator<Item = &[u8]> {
        let Range { start, end } = self.window;
        let from = start.max(from).saturating_sub(start);
        self.batch.window().pieces(from..end.saturating_sub(start))
    }

    /// The bytes of the file that the window holds.
    #[must_use]
    pub fn window(&self) -> Range<u64> {
        self.window.clone()
    }
}
