//! A batch: pages of one file or of many, planned one after the other and read together.
//!
//! Each piece that is added is planned as a window of its own; its transfers wait in one plug with
//! those of all others, so that files which lie side by side share a call, in whatever order they
//! were asked for. What was asked for lies in the [`Window`] from the offset that adding told:
//! three files of a page each lie at 0, 8192 and 16384 there, a page apart, and took one call if their blocks are
//! neighbours on the disk.

use std::io;

use super::block::{Geometry, PageIndex};
use super::event::Sink;
use super::execute::{Execution, StagePiece};
use super::get_block::GetBlock;
use super::read::{Fault, FaultCause, ReadOptions, WINDOW_BYTES};
use super::readahead::ReadPlanner;
use super::stats::Stats;
use super::window::Window;
use crate::device::{BlockDevice, DeviceError};

/// Reads pieces of files together.
pub struct Batch<'d> {
    execution: Execution<'d>,
    options: ReadOptions,
    most_bytes: u64,
    /// Where in the window the next piece goes.
    at_bytes: u64,
    room_bytes: u64,
}

/// A piece that waits to be read.
#[derive(Debug)]
pub struct Added<E> {
    /// Where its first page lies in the window.
    pub at_bytes: u64,
    /// What of it has a place on the disk.
    pub asked_bytes: u64,
    /// What of it has no known place, by its offset in the file.
    pub faults: Vec<Fault<E>>,
}

/// A range of a window that could not be read.
#[derive(Debug)]
pub struct WindowFault {
    /// Where it begins in the window.
    pub at_bytes: u64,
    /// Its length.
    pub len_bytes: u64,
    /// Why.
    pub error: DeviceError,
}

impl<'d> Batch<'d> {
    /// Batches of at most `most_bytes` of blocks.
    ///
    /// # Errors
    /// The host has no memory for a window.
    pub fn new(
        device: &'d dyn BlockDevice,
        geometry: Geometry,
        mut options: ReadOptions,
        most_bytes: u64,
    ) -> io::Result<Self> {
        // All in one window would be the file in memory; a window without pages would never end.
        let most_pages = (WINDOW_BYTES >> geometry.page_bits()).max(1);
        let window_pages = &mut options.plan.window_pages;
        *window_pages = if *window_pages == 0 { most_pages } else { *window_pages };
        let window_bytes = options.plan.window_pages.saturating_mul(geometry.page_size_bytes());
        let most_bytes = window_bytes.min(most_bytes);
        let execution = Execution::new(device, geometry, options.gap_bytes, most_bytes)?;
        Ok(Self { execution, options, most_bytes, at_bytes: 0, room_bytes: most_bytes })
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.execution.stats
    }

    /// The most pages in a window.
    #[must_use]
    pub fn window_pages(&self) -> u64 {
        self.options.plan.window_pages
    }

    /// The blocks, in bytes, that may still be added.
    #[must_use]
    pub fn room_bytes(&self) -> u64 {
        self.room_bytes
    }

    /// Forgets the last batch, and begins another.
    pub fn begin(&mut self) {
        self.execution.begin();
        self.at_bytes = 0;
        self.room_bytes = self.most_bytes;
    }

    /// Reads pieces that are about to be added, as far as it is known or believed where they lie:
    /// what their maps have still to learn is read with them. The caller has seen to it that there is
    /// room for their blocks.
    pub fn stage<M: GetBlock>(&mut self, mut pieces: Vec<StagePiece<'_, M>>) {
        self.execution.stage_together(&mut pieces);
    }

    /// Adds `pages` pages of a file of `size_bytes`, or as many as it has, from `first` on. The
    /// caller has seen to it that there is room for their blocks.
    pub fn add<M: GetBlock>(
        &mut self,
        map: &mut M,
        size_bytes: u64,
        first: PageIndex,
        pages: u64,
    ) -> Added<M::Error> {
        let geometry = self.execution.geometry;
        let pages = pages.min(geometry.pages_for(size_bytes).saturating_sub(first.0));
        let page_size = geometry.page_size_bytes();
        let (at_bytes, start) = (self.at_bytes, first.0.saturating_mul(page_size));
        let len_bytes = pages.saturating_mul(page_size);
        // A page between pieces: what fails of one is never joined with what fails of the next.
        self.at_bytes = at_bytes.saturating_add(len_bytes).saturating_add(page_size);
        let first_block = geometry.first_block_of(first);
        let end_block = geometry.blocks_for(start.saturating_add(len_bytes).min(size_bytes));
        let blocks = end_block.saturating_sub(first_block.0);
        self.room_bytes = self.room_bytes.saturating_sub(geometry.bytes_in(blocks));

        let execution = &mut self.execution;
        let asked_before = execution.asked_bytes;
        execution.shift_bytes = at_bytes.wrapping_sub(start);
        execution.stage(map, first_block, blocks);
        let mut planner =
            ReadPlanner::new(&mut *map, &mut *execution, geometry, size_bytes, self.options.plan);
        planner.readahead(first, pages);
        let failures = planner.take_errors();
        let faults = failures.into_iter().map(|failure| Fault {
            offset_bytes: geometry.bytes_in(failure.block.0),
            len_bytes: geometry.bytes_in(failure.count_blocks),
            cause: FaultCause::Map(failure.error),
        });
        Added {
            at_bytes,
            faults: faults.collect(),
            asked_bytes: execution.asked_bytes.saturating_sub(asked_before),
        }
    }

    /// Reads what was added; returns what could not be, in order. The rest is in the
    /// [`window`](Self::window).
    pub fn finish(&mut self) -> Vec<WindowFault> {
        self.execution.flush();
        self.execution.window.sort();
        self.execution.faults()
    }

    /// What the last batch brought.
    #[must_use]
    pub fn window(&self) -> &Window {
        &self.execution.window
    }

    /// Another window, as large as this batch's own, for [`exchange`](Self::exchange).
    ///
    /// # Errors
    /// The host has no memory for it.
    pub fn new_window(&self) -> io::Result<Window> {
        self.execution.new_window()
    }

    /// Takes what the last batch brought, and leaves `next` to be filled.
    pub fn exchange(&mut self, next: Window) -> Window {
        std::mem::replace(&mut self.execution.window, next)
    }
}
