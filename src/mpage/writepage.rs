//! Writing a page: finding where its blocks lie, and putting it into a bio (`__mpage_writepage`).
//!
//! A page without buffers is asked for block by block, up to the file's last; one with buffers is
//! taken at their word. Either way its mapped blocks must be its first ones and lie one after the
//! other. With 1 KiB blocks and 4 KiB pages, a file of 14 blocks at fs block 100:
//!
//! ```text
//! pages 0-2   get_block(0) .. get_block(11)      a bio, submitted as block 11 is a boundary
//!             boundary_block 111                 block 112 is written next, if it is dirty
//! page 3      get_block(12), get_block(13)       zeroed from 2048; a bio of 2 blocks
//! ```

use super::block::{FsBlock, PageIndex};
use super::event::{Caller, Cause, Event, Sink, Why};
use super::folio::{Buffer, BufferFlags};
use super::get_block::{GetBlock, Intent};
use super::question::Question;
use super::writepages::WritePlanner;

/// A page fit for a bio: its first `mapped` blocks start at `first`.
#[derive(Debug, Clone, Copy, Default)]
struct Layout {
    first: FsBlock,
    mapped: u64,
    /// The last mapped block is a boundary.
    boundary: bool,
    /// The last boundary, wherever it is in the page; 0 for none.
    boundary_block: FsBlock,
}

impl Layout {
    /// Adds the block that follows.
    #[inline]
    fn push(&mut self, at: FsBlock, boundary: bool) -> Result<(), Cause> {
        if self.mapped == 0 {
            self.first = at;
        } else if at != self.first.plus(self.mapped) {
            return Err(Cause::NonContiguous);
        }
        self.mapped = self.mapped.saturating_add(1);
        self.boundary = boundary;
        if boundary {
            self.boundary_block = at;
        }
        Ok(())
    }

    /// Where a page with buffers lies.
    fn of(buffers: &[Buffer]) -> Result<Self, Cause> {
        let mut layout = Self::default();
        let mut hole = false;
        for Buffer { flags, block } in buffers {
            if !flags.contains(BufferFlags::MAPPED) {
                if flags.contains(BufferFlags::DIRTY) {
                    return Err(Cause::UnmappedDirty);
                }
                hole = true;
                continue;
            }
            if hole {
                return Err(Cause::HoleThenMapped);
            }
            if !flags.contains(BufferFlags::DIRTY | BufferFlags::UPTODATE) {
                return Err(Cause::NotDirtyOrUptodate);
            }
            layout.push(*block, flags.contains(BufferFlags::BOUNDARY))?;
        }
        if layout.mapped == 0 { Err(Cause::AllUnmapped) } else { Ok(layout) }
    }
}

impl<M: GetBlock, S: Sink> WritePlanner<M, S> {
    /// Plans a dirty page; returns 0, or the errno of a block that could not be mapped.
    #[inline]
    pub(super) fn write_page(&mut self, page: PageIndex) -> i32 {
        match self.try_bio(page) {
            Ok(()) => 0,
            Err(cause) => self.fall_back(page, cause),
        }
    }

    /// Puts a page into a bio, or tells why that cannot be.
    #[inline]
    fn try_bio(&mut self, page: PageIndex) -> Result<(), Cause> {
        let layout = match self.folios.get(page) {
            Some(folio) if !folio.buffers.is_empty() => Layout::of(&folio.buffers)?,
            _ => self.map_page(page)?,
        };
        self.zero_past_end(page)?;

        if self.bio.is_open() && self.bio.next() != layout.first {
            self.bio.submit(Why::Discontiguous, &mut self.sink);
        }
        loop {
            if !self.bio.is_open() {
                self.bio.open(layout.first, self.options.bio_pages);
            }
            if self.bio.add(page, layout.mapped) {
                break;
            }
            self.bio.submit(Why::Full, &mut self.sink);
        }
        self.clean_buffers(page, layout.mapped);

        if layout.boundary || layout.mapped != self.geometry.blocks_per_page() {
            let why = if layout.boundary { Why::Boundary } else { Why::PartialPage };
            self.bio.submit(why, &mut self.sink);
            if layout.boundary_block != FsBlock(0) {
                self.sink.event(&Event::BoundaryBlock { block: layout.boundary_block });
            }
        }
        Ok(())
    }

    /// Maps the blocks of a page that has no buffers.
    #[inline]
    fn map_page(&mut self, page: PageIndex) -> Result<Layout, Cause> {
        let start = self.geometry.first_block_of(page);
        // No block is allocated past the end: nothing would ever free it.
        let in_file = self.end_block.distance_from(start);
        if in_file == 0 {
            return Err(Cause::BeyondEof);
        }
        let mut layout = Layout::default();
        for index in 0..self.geometry.blocks_per_page().min(in_file) {
            let question = Question {
                intent: Intent::Allocate,
                by: Caller::Mpage,
                block: start.plus(index),
                want: 1,
                known: BufferFlags::empty(),
            };
            // The fallback asks for a block that failed once more: that answer is the one to report.
            let mapping = question
                .ask(&mut self.mapper, &mut self.sink)
                .map_err(|_error| Cause::GetBlockError)?;
            let at = mapping.block.ok_or(Cause::NotMapped)?;
            layout.push(at, mapping.boundary)?;
        }
        Ok(layout)
    }

    /// Zeroes what lies past the end of the file in the page that the end is in: whoever maps the
    /// page can write there at any time.
    #[inline]
    pub(super) fn zero_past_end(&mut self, page: PageIndex) -> Result<(), Cause> {
        let left = self.file_bytes.saturating_sub(self.offset_bytes(page));
        let page_size = self.geometry.page_size_bytes();
        if left == 0 {
            return Err(Cause::BeyondEof);
        }
        if left < page_size {
            self.sink.event(&Event::Zero { page, from: left, to: page_size });
        }
        Ok(())
    }

    /// What is in a bio is no longer dirty: the first `count` buffers of a page that has buffers.
    #[inline]
    fn clean_buffers(&mut self, page: PageIndex, count: u64) {
        if let Some(folio) = self.folios.get_mut(page) {
            for (_, buffer) in (0..count).zip(folio.buffers.iter_mut()) {
                buffer.flags.remove(BufferFlags::DIRTY);
            }
        }
    }
}
