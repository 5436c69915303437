//! Execution: carries a window's plan out by positional calls.
//!
//! Events go into the plug; when it is finished, or the planner is about to wait for metadata, each
//! group of neighbours becomes one call into the arena. What a stage has brought needs none.
//! Transfers of blocks 5, 6 and 9, of which 9 was staged, are one call for two blocks.

use std::io;
use std::ops::Range;

use super::batch::WindowFault;
use super::block::{FileBlock, FsBlock, Geometry};
use super::event::{Event, Sink};
use super::get_block::{GetBlock, Intent};
use super::plug::{Plug, Transfer};
use super::stats::Stats;
use super::window::{Placed, Window};
use crate::device::{BlockDevice, DeviceError};

/// What takes the plan's events and carries them out.
pub(super) struct Execution<'d> {
    device: &'d dyn BlockDevice,
    pub(super) geometry: Geometry,
    gap_bytes: u64,
    window_bytes: u64,
    /// What the plan may still ask for: the window's bytes that are neither placed nor failed.
    owed_bytes: u64,
    /// What is added to an offset in the file to make one in the window; it may wrap.
    pub(super) shift_bytes: u64,
    /// What all plans have asked for.
    pub(super) asked_bytes: u64,
    pub(super) window: Window,
    plug: Plug,
    stages: Vec<Stage>,
    device_faults: Vec<(Transfer, DeviceError)>,
    pub(super) stats: Stats,
}

/// A stretch of the device that is in the arena before the plan says what for.
struct Stage {
    device_offset_bytes: u64,
    range: Range<usize>,
}

/// A piece of a file that is to be read together with others.
pub struct StagePiece<'m, M> {
    /// Where its blocks lie.
    pub map: &'m mut M,
    /// The first of them.
    pub first: FileBlock,
    /// How many there are.
    pub count_blocks: u64,
}

impl<M: GetBlock> StagePiece<'_, M> {
    /// Hands on the runs of which it is known where they lie, up to the first that is not.
    fn known(&mut self, mut run: impl FnMut(FsBlock, u64)) {
        let end = self.first.plus(self.count_blocks);
        let mut at = self.first;
        while at < end && self.map.is_resident(at) {
            let wanted = end.distance_from(at);
            let Ok(found) = self.map.get_block(at, wanted, Intent::Read) else { return };
            let count_blocks = found.count_blocks.clamp(1, wanted);
            if let Some(block) = found.block {
                run(block, count_blocks);
            }
            at = at.plus(count_blocks);
        }
    }
}

/// Blocks to be read before they are planned.
struct Span {
    start: FsBlock,
    len_blocks: u64,
    /// The piece of which they are only believed to be.
    believed_of: Option<usize>,
}

impl<'d> Execution<'d> {
    /// Executes plans of at most `window_bytes` against a device.
    ///
    /// # Errors
    /// The host has no memory.
    pub(super) fn new(
        device: &'d dyn BlockDevice,
        geometry: Geometry,
        gap_bytes: u64,
        window_bytes: u64,
    ) -> io::Result<Self> {
        // Room for spans that are believed to hold the window and for the window itself, should the
        // belief be wrong, with a half for gaps, indirect blocks and what a belief brings too much:
        // a leaf of 1 KiB blocks is a fifth of a window. What is not used is not touched, and costs
        // nothing.
        let slack_bytes = window_bytes.div_ceil(2).max(geometry.bytes_in(8));
        let arena_bytes = window_bytes.saturating_mul(2).saturating_add(slack_bytes);
        let window = Window::new(arena_bytes)?;
        Ok(Self {
            device,
            geometry,
            gap_bytes,
            window_bytes,
            owed_bytes: 0,
            shift_bytes: 0,
            asked_bytes: 0,
            window,
            plug: Plug::default(),
            stages: Vec::new(),
            device_faults: Vec::new(),
            stats: Stats::default(),
        })
    }

    /// A window like the one at hand.
    ///
    /// # Errors
    /// The host has no memory.
    pub(super) fn new_window(&self) -> io::Result<Window> {
        Window::new(self.window.arena.capacity_bytes())
    }

    /// Forgets the last window, and begins one of at most the bytes that this was made for.
    pub(super) fn begin(&mut self) {
        self.owed_bytes = self.window_bytes;
        self.window.clear();
        self.stages.clear();
        self.device_faults.clear();
    }

    /// Reads data and the indirect blocks that map it in one call, where they are believed to lie
    /// in line; and again behind what that brought, where the file goes on elsewhere. Where a call
    /// fails nothing is lost: the plan reads what it needs.
    pub(super) fn stage<M: GetBlock>(&mut self, map: &mut M, first: FileBlock, count_blocks: u64) {
        let end = first.plus(count_blocks);
        let mut at = first;
        while let Some((start, len_blocks)) = map.inline_span(at, end.distance_from(at)) {
            let Some(range) = self.read_stage(start, len_blocks) else { return };
            let bytes = self.window.arena.bytes(range);
            map.absorb(at, end.distance_from(at), start, bytes);
            let next = self.first_unstaged(map, at, end);
            if next <= at {
                return;
            }
            at = next;
        }
    }

    /// As [`stage`](Self::stage) for pieces of many files, with what is known to lie elsewhere, too:
    /// what lies side by side on the device is read by one call, whoever it belongs to.
    pub(super) fn stage_together<M: GetBlock>(&mut self, pieces: &mut [StagePiece<'_, M>]) {
        let mut spans = Vec::new();
        for (piece, index) in pieces.iter_mut().zip(0_usize..) {
            match piece.map.inline_span(piece.first, piece.count_blocks) {
                Some((start, len_blocks)) => {
                    spans.push(Span { start, len_blocks, believed_of: Some(index) });
                }
                None => piece.known(|start, len_blocks| {
                    spans.push(Span { start, len_blocks, believed_of: None });
                }),
            }
        }
        spans.sort_unstable_by_key(|span| span.start);
        let gap_blocks = self.gap_bytes >> self.geometry.block_bits();
        for group in spans.chunk_by(|a, b| {
            let end = a.start.plus(a.len_blocks);
            b.start >= end && b.start.distance_from(end) <= gap_blocks
        }) {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let start = first.start;
            let len_blocks = last.start.plus(last.len_blocks).distance_from(start);
            let Some(range) = self.read_stage(start, len_blocks) else { continue };
            for span in group {
                let Some(piece) = span.believed_of.and_then(|index| pieces.get_mut(index)) else {
                    continue;
                };
                let skip = self.geometry.bytes_in(span.start.distance_from(start));
                let from = range.start.saturating_add(usize::try_from(skip).unwrap_or(usize::MAX));
                let len = usize::try_from(self.geometry.bytes_in(span.len_blocks));
                let to = from.saturating_add(len.unwrap_or(usize::MAX)).min(range.end);
                let bytes = self.window.arena.bytes(from..to);
                piece.map.absorb(piece.first, piece.count_blocks, span.start, bytes);
            }
        }
    }

    /// Reads blocks before the plan says what for. Nothing is lost where that fails: the plan reads
    /// what it needs, and room for all that it may ask for is left.
    fn read_stage(&mut self, start: FsBlock, len_blocks: u64) -> Option<Range<usize>> {
        let len_bytes = self.geometry.bytes_in(len_blocks);
        if len_bytes.saturating_add(self.owed_bytes) > self.window.arena.left_bytes() {
            return None;
        }
        let range = self.window.arena.take(len_bytes)?;
        let device_offset_bytes = self.geometry.bytes_in(start.0);
        let bytes = self.window.arena.bytes_mut(range.clone());
        self.device.read_at(bytes, device_offset_bytes).ok()?;
        self.stages.push(Stage { device_offset_bytes, range: range.clone() });
        Some(range)
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
        let Some(range) = self.window.arena.take(len) else {
            // What is owed always has room: only a plan that asks for more than a window comes here.
            return group.iter().for_each(|transfer| self.fail(*transfer, no_room(transfer)));
        };
        let bytes = self.window.arena.bytes_mut(range.clone());
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
        let block_size = self.geometry.block_size_bytes();
        let mut pending = vec![(transfer, at)];
        while let Some((transfer, at)) = pending.pop() {
            let len = usize::try_from(transfer.len_bytes).unwrap_or(usize::MAX);
            let bytes = self.window.arena.bytes_mut(at..at.saturating_add(len));
            match self.device.read_at(bytes, transfer.device_offset_bytes) {
                Ok(()) => self.place(&transfer, at, 0),
                Err(error) if transfer.len_bytes <= block_size => self.fail(transfer, error),
                Err(_) => {
                    let half = (transfer.len_bytes >> 1).next_multiple_of(block_size);
                    let (head, tail) = transfer.split(half);
                    let skip = usize::try_from(head.len_bytes).unwrap_or(usize::MAX);
                    pending.push((tail, at.saturating_add(skip)));
                    pending.push((head, at));
                }
            }
        }
    }

    fn place(&mut self, transfer: &Transfer, base: usize, skip: u64) {
        let at = base.saturating_add(usize::try_from(skip).unwrap_or(usize::MAX));
        let Transfer { file_offset_bytes, len_bytes, .. } = *transfer;
        self.owed_bytes = self.owed_bytes.saturating_sub(len_bytes);
        self.window.placed.push(Placed { offset_bytes: file_offset_bytes, len_bytes, at });
    }

    fn fail(&mut self, transfer: Transfer, error: DeviceError) {
        self.owed_bytes = self.owed_bytes.saturating_sub(transfer.len_bytes);
        self.device_faults.push((transfer, error));
    }

    /// What could not be read, in the order of the window, neighbours that failed alike joined.
    pub(super) fn faults(&mut self) -> Vec<WindowFault> {
        let mut faults: Vec<WindowFault> = Vec::new();
        self.device_faults.sort_by_key(|(transfer, _)| transfer.file_offset_bytes);
        for (transfer, error) in self.device_faults.drain(..) {
            let Transfer { file_offset_bytes: at_bytes, len_bytes, .. } = transfer;
            match faults.last_mut().filter(|before| before.goes_on_at(at_bytes, &error)) {
                Some(before) => before.len_bytes = before.len_bytes.saturating_add(len_bytes),
                None => faults.push(WindowFault { at_bytes, len_bytes, error }),
            }
        }
        faults
    }
}

impl WindowFault {
    /// Whether a failure at `at_bytes` continues this one: it follows it, and is one of its kind.
    fn goes_on_at(&self, at_bytes: u64, error: &DeviceError) -> bool {
        self.at_bytes.saturating_add(self.len_bytes) == at_bytes
            && self.error.code() == error.code()
    }
}

impl Sink for Execution<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.stats.event(event);
        Transfer::each_of(self.geometry, event, |transfer| {
            self.asked_bytes = self.asked_bytes.saturating_add(transfer.len_bytes);
            let file_offset_bytes = transfer.file_offset_bytes.wrapping_add(self.shift_bytes);
            self.plug.push(Transfer { file_offset_bytes, ..transfer });
        });
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
        let room_bytes = self.window.arena.left_bytes().saturating_sub(self.owed_bytes);
        merges = merges
            .saturating_add(plug.finish(self.gap_bytes, room_bytes, |group| self.call(group)));
        self.stats.plug_merges = self.stats.plug_merges.saturating_add(merges);
        self.plug = plug;
    }
}

/// The host has no room for what a plan asks.
fn no_room(transfer: &Transfer) -> DeviceError {
    DeviceError::Io {
        offset_bytes: transfer.device_offset_bytes,
        len_bytes: transfer.len_bytes,
        source: io::ErrorKind::OutOfMemory.into(),
    }
}
