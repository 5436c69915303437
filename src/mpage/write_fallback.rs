//! The write fallback: a page that no bio can hold is written block by block
//! (`block_write_full_page`).
//!
//! The open bio goes out first. Then each dirty block that has no place is asked for, and what is
//! mapped and dirty is written, a transfer a block. A page of 2 KiB blocks whose second one follows
//! the first nowhere near:
//!
//! ```text
//! {"ev":"fallback","op":"write","page":2,"cause":"non_contiguous","action":"block_write_full_page"}
//! {"ev":"get_block","by":"fallback","lblk":4,"want":1,"got":1,"block":676,...}
//! {"ev":"get_block","by":"fallback","lblk":5,"want":1,"got":1,"block":900,...}
//! {"ev":"bh","op":"write","page":2,"lblk":4,"block":676}
//! {"ev":"bh","op":"write","page":2,"lblk":5,"block":900}
//! ```
//!
//! Where a block cannot be mapped, those that can are written all the same: they may have been
//! allocated just now, and would show what the disk held before.

use super::bio::Guard;
use super::block::{FileBlock, PageIndex};
use super::event::{Action, Caller, Cause, Event, Op, Sink, Why};
use super::folio::{Buffer, BufferFlags};
use super::get_block::{GetBlock, Intent};
use super::question::Question;
use super::writepages::WritePlanner;

impl<M: GetBlock, S: Sink> WritePlanner<M, S> {
    /// Writes a page that no bio can hold; returns 0, or the errno of a block that could not be
    /// mapped.
    #[cold]
    pub(super) fn fall_back(&mut self, page: PageIndex, cause: Cause) -> i32 {
        self.bio.submit(Why::Fallback, &mut self.sink);
        let action = Action::BlockWriteFullPage;
        self.sink.event(&Event::Fallback { op: Op::Write, page, cause, action });
        if self.zero_past_end(page).is_err() {
            return 0;
        }
        let mut buffers = self.take_buffers(page);
        let ret = self.map_dirty_buffers(page, &mut buffers);
        self.write_buffers(page, &mut buffers);
        if ret != 0 {
            // What has no place is given up; the error tells.
            buffers.iter_mut().for_each(|buffer| buffer.flags.remove(BufferFlags::DIRTY));
        }
        self.put_buffers(page, buffers);
        ret
    }

    /// The buffers of a page; one that has none gets them, as dirty and up to date as it is itself.
    fn take_buffers(&mut self, page: PageIndex) -> Vec<Buffer> {
        match self.folios.get_mut(page) {
            Some(folio) if !folio.buffers.is_empty() => std::mem::take(&mut folio.buffers),
            _ => {
                let mut buffers = std::mem::take(&mut self.scratch);
                let flags = BufferFlags::DIRTY | BufferFlags::UPTODATE;
                let count = usize::try_from(self.geometry.blocks_per_page()).unwrap_or(usize::MAX);
                buffers.clear();
                buffers.resize(count, Buffer { flags, ..Buffer::default() });
                buffers
            }
        }
    }

    /// Gives a page its buffers back. One of which nothing was known stays so: it is clean now.
    fn put_buffers(&mut self, page: PageIndex, buffers: Vec<Buffer>) {
        match self.folios.get_mut(page) {
            Some(folio) => folio.buffers = buffers,
            None => self.scratch = buffers,
        }
    }

    /// Finds a place for every dirty buffer inside the file; stops at the first error.
    fn map_dirty_buffers(&mut self, page: PageIndex, buffers: &mut [Buffer]) -> i32 {
        let first = self.geometry.first_block_of(page);
        for (index, buffer) in (0..).zip(buffers) {
            let block = first.plus(index);
            if block >= self.end_block {
                // Zeros, and nothing that is ever read from disk.
                buffer.flags.remove(BufferFlags::DIRTY);
                buffer.flags.insert(BufferFlags::UPTODATE);
            } else if buffer.flags & (BufferFlags::MAPPED | BufferFlags::DIRTY)
                == BufferFlags::DIRTY
            {
                let ret = self.map_dirty_buffer(block, buffer);
                if ret != 0 {
                    return ret;
                }
            }
        }
        0
    }

    fn map_dirty_buffer(&mut self, block: FileBlock, buffer: &mut Buffer) -> i32 {
        let question = Question {
            intent: Intent::Allocate,
            by: Caller::Fallback,
            block,
            want: 1,
            known: buffer.flags,
        };
        match question.ask(&mut self.mapper, &mut self.sink) {
            Ok(mapping) => {
                if let Some(at) = mapping.block {
                    buffer.block = at;
                    buffer.flags.insert(BufferFlags::MAPPED);
                } else if self.unplaced.is_none() {
                    self.unplaced = Some(block);
                }
                if mapping.boundary {
                    buffer.flags.insert(BufferFlags::BOUNDARY);
                }
                0
            }
            Err(error) => self.keep_failure(block, error),
        }
    }

    /// Writes what is mapped and dirty.
    fn write_buffers(&mut self, page: PageIndex, buffers: &mut [Buffer]) {
        let first = self.geometry.first_block_of(page);
        let bytes = self.geometry.block_size_bytes();
        for (index, buffer) in (0..).zip(buffers) {
            if !buffer.flags.contains(BufferFlags::MAPPED | BufferFlags::DIRTY) {
                continue;
            }
            buffer.flags.remove(BufferFlags::DIRTY);
            let block = buffer.block;
            let guard = self.device_end.guard(self.geometry, block, bytes);
            if let Guard::Cut(kept) = guard {
                self.sink.event(&Event::Eod { op: Op::Write, block, bytes, kept });
            }
            let (lblk, status) = (first.plus(index), guard.status());
            self.sink.event(&Event::Bh { op: Op::Write, page, lblk, block, status });
        }
    }
}
