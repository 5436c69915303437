//! The fallback: a page that no bio can hold is read block by block (`block_read_full_folio`).
//!
//! The open bio goes out first. Then each block that is not up to date and not mapped is asked
//! for, holes are zeroed, and what is left is read, a transfer a block. A page of 2 KiB blocks
//! that starts with a hole:
//!
//! ```text
//! {"ev":"fallback","op":"read","page":3,"cause":"hole_then_mapped","action":"block_read_full_folio"}
//! {"ev":"get_block","by":"fallback","lblk":6,"want":1,"got":0,"block":0,...}
//! {"ev":"zero","page":3,"from":0,"to":2048}
//! {"ev":"get_block","by":"fallback","lblk":7,"want":1,"got":1,"block":99,...}
//! {"ev":"bh","op":"read","page":3,"lblk":7,"block":99}
//! ```
//!
//! A page that has become up to date meanwhile, because mapping it brought its data, is left at
//! that.

use super::bio::Guard;
use super::block::PageIndex;
use super::event::{Action, Caller, Cause, Event, Op, Sink, Why};
use super::folio::{Buffer, BufferFlags};
use super::get_block::{GetBlock, Mapping};
use super::readahead::ReadPlanner;

impl<M: GetBlock, S: Sink> ReadPlanner<M, S> {
    /// Reads a page that no bio can hold.
    #[cold]
    pub(super) fn fall_back(&mut self, page: PageIndex, cause: Cause) {
        self.bio.submit(Why::Fallback, &mut self.sink);
        let action = if self.folio.uptodate { Action::Unlock } else { Action::BlockReadFullFolio };
        self.sink.event(&Event::Fallback { op: Op::Read, page, cause, action });
        if action == Action::BlockReadFullFolio {
            let mut buffers = std::mem::take(&mut self.folio.buffers);
            self.add_missing_buffers(&mut buffers);
            self.read_buffers(page, &mut buffers);
            self.folio.buffers = buffers;
        }
        self.folio.reset();
    }

    /// Keeps what `get_block` told of block `index` of a page, so that the fallback does not ask
    /// again. A page of one block is simply complete.
    #[cold]
    pub(super) fn map_buffer_to_folio(&mut self, page: PageIndex, index: u64, mapping: &Mapping) {
        if self.geometry.blocks_per_page() == 1 && mapping.uptodate {
            self.folio.uptodate = true;
            self.sink.event(&Event::Uptodate { page });
            return;
        }
        let mut buffers = std::mem::take(&mut self.folio.buffers);
        self.add_missing_buffers(&mut buffers);
        if let Some((_, buffer)) = (0..).zip(buffers.iter_mut()).find(|(at, _)| *at == index) {
            *buffer = Buffer::default();
            buffer.map(mapping);
        }
        self.folio.buffers = buffers;
    }

    /// Gives a page a buffer for each block that has none.
    fn add_missing_buffers(&self, buffers: &mut Vec<Buffer>) {
        let count = usize::try_from(self.geometry.blocks_per_page()).unwrap_or(usize::MAX);
        buffers.resize(count, Buffer::default());
    }

    /// Brings every buffer of a page up to date.
    fn read_buffers(&mut self, page: PageIndex, buffers: &mut [Buffer]) {
        let mut failed = false;
        for (index, buffer) in (0..).zip(buffers.iter_mut()) {
            if buffer.flags.contains(BufferFlags::UPTODATE) {
                continue;
            }
            if !buffer.flags.contains(BufferFlags::MAPPED) {
                failed |= !self.map_buffer(page, index, buffer);
            }
        }

        // All blocks are mapped by now: mapping may have to wait for the disk, and would keep a
        // page waiting that is half read.
        let mut reads = false;
        for (index, buffer) in (0..).zip(buffers.iter()) {
            let state = buffer.flags & (BufferFlags::MAPPED | BufferFlags::UPTODATE);
            if state == BufferFlags::MAPPED {
                reads = true;
                self.read_buffer(page, index, buffer);
            }
        }
        if !reads && !failed {
            self.sink.event(&Event::Uptodate { page });
        }
    }

    /// Maps a buffer, and zeroes it if there is nothing on disk. `false`: its place is not known.
    fn map_buffer(&mut self, page: PageIndex, index: u64, buffer: &mut Buffer) -> bool {
        let block = self.geometry.first_block_of(page).plus(index);
        let mut known = true;
        if block < self.end_block {
            match self.ask(Caller::Fallback, block, 1, buffer.flags) {
                Ok(mapping) => buffer.map(&mapping),
                Err(error) => {
                    known = false;
                    self.keep_error(block, error);
                }
            }
        }
        if !buffer.flags.contains(BufferFlags::MAPPED) {
            let from = self.geometry.bytes_in(index);
            let to = self.geometry.bytes_in(index.saturating_add(1));
            self.sink.event(&Event::Zero { page, from, to });
            buffer.flags.set(BufferFlags::UPTODATE, known);
        }
        known
    }

    /// Reads one block.
    fn read_buffer(&mut self, page: PageIndex, index: u64, buffer: &Buffer) {
        let Buffer { block, .. } = *buffer;
        let bytes = self.geometry.block_size_bytes();
        let guard = self.device_end.guard(self.geometry, block, bytes);
        if let Guard::Cut(kept) = guard {
            self.sink.event(&Event::Eod { op: Op::Read, block, bytes, kept });
            let start = self.geometry.bytes_in(index);
            let (from, to) = (start.saturating_add(kept), start.saturating_add(bytes));
            self.sink.event(&Event::Zero { page, from, to });
        }
        self.sink.event(&Event::Bh {
            op: Op::Read,
            page,
            lblk: self.geometry.first_block_of(page).plus(index),
            block,
            status: guard.status(),
        });
    }
}
