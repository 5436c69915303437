//! Reading a page: mapping its blocks, and putting it into a bio (`do_mpage_readpage`).
//!
//! A page is fit for a bio if its blocks lie one after the other on disk, up to a hole or the
//! end of the file that goes on to the page's end. The last mapping is used up before the next is
//! asked for. With 1 KiB blocks, 4 KiB pages, fs blocks 100 to 105 at file block 0 and 300 to 305
//! at 6:
//!
//! ```text
//! page 0   get_block(0): 6 blocks at 100     blocks 100-103: a bio, 2 blocks of the run left
//! page 1   104, 105; get_block(6): 300       not contiguous: the bio goes out, then a fallback
//! page 2   what page 1 left of 300-305       blocks 302-305: a bio, and no get_block
//! ```

use super::block::{FileBlock, FsBlock, PageIndex};
use super::event::{Caller, Cause, Event, Sink, Why};
use super::folio::BufferFlags;
use super::get_block::{GetBlock, Intent, Mapping};
use super::question::Question;
use super::readahead::ReadPlanner;

/// The last mapping, as long as it is of use (`map_bh` and `first_logical_block`).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MappedRun {
    first: FileBlock,
    block: FsBlock,
    count: u64,
    /// Some of it is not used yet.
    live: bool,
    /// Outlives the last block's use: it tells whether to submit when the run ends a page.
    boundary: bool,
}

impl MappedRun {
    /// The part of the run that starts at `block`, if the run started before it and goes on.
    // A run that starts at `block` itself does not count: no window maps a page's first block
    // before it plans the page.
    #[inline]
    fn rest_at(&self, block: FileBlock) -> Option<(FsBlock, u64)> {
        let offset = block.distance_from(self.first);
        (self.live && offset > 0 && offset < self.count)
            .then(|| (self.block.plus(offset), self.count.saturating_sub(offset)))
    }
}

/// A page fit for a bio: its first `mapped` blocks start at `first`, the others are a hole.
#[derive(Debug, Clone, Copy)]
struct Layout {
    first: FsBlock,
    mapped: u64,
}

impl<M: GetBlock, S: Sink> ReadPlanner<M, S> {
    /// Plans a page that has `pages_left` pages to go in its window, itself included.
    #[inline]
    pub(super) fn read_page(&mut self, page: PageIndex, pages_left: u64) {
        if let Err(cause) = self.try_bio(page, pages_left) {
            self.fall_back(page, cause);
        }
    }

    /// Puts a page into a bio, or tells why that cannot be.
    #[inline]
    fn try_bio(&mut self, page: PageIndex, pages_left: u64) -> Result<(), Cause> {
        if let Some(known) = self.folios.get(page) {
            self.folio.load(known);
            if !self.folio.buffers.is_empty() {
                return Err(Cause::HasBuffers);
            }
        }
        let layout = self.map_page(page, pages_left)?;
        let partial = layout.mapped < self.geometry.blocks_per_page();
        if partial {
            let from = self.geometry.bytes_in(layout.mapped);
            self.sink.event(&Event::Zero { page, from, to: self.geometry.page_size_bytes() });
            if layout.mapped == 0 {
                self.sink.event(&Event::Uptodate { page });
                self.folio.reset();
                return Ok(());
            }
        }

        if self.bio.is_open() && self.bio.next() != layout.first {
            self.bio.submit(Why::Discontiguous, &mut self.sink);
        }
        loop {
            if !self.bio.is_open() {
                if !self.allocate_bio() {
                    return Err(Cause::NoBio);
                }
                self.bio.open(layout.first, self.bio_capacity(pages_left));
            }
            if self.bio.add(page, layout.mapped) {
                break;
            }
            self.bio.submit(Why::Full, &mut self.sink);
        }

        if partial {
            self.bio.submit(Why::PartialPage, &mut self.sink);
        } else if self.run.boundary && self.run_ends_with(page) {
            self.bio.submit(Why::Boundary, &mut self.sink);
        }
        if self.folio.uptodate {
            self.folio.reset();
        }
        Ok(())
    }

    /// Whether the last mapped run and the page end with the same block.
    fn run_ends_with(&self, page: PageIndex) -> bool {
        let end = self.geometry.first_block_of(page.plus(1));
        end.distance_from(self.run.first) == self.run.count
    }

    /// Maps all blocks of a page.
    #[inline]
    fn map_page(&mut self, page: PageIndex, pages_left: u64) -> Result<Layout, Cause> {
        let per_page = self.geometry.blocks_per_page();
        let start = self.geometry.first_block_of(page);
        let last = start.plus(pages_left.saturating_mul(per_page)).min(self.end_block);

        // The blocks mapped so far follow each other, so a start and a count are all there is to
        // them. `done` runs ahead of `layout.mapped` in a hole.
        let mut layout = Layout { first: FsBlock(0), mapped: 0 };
        let mut done = 0_u64;
        if let Some((first, left)) = self.run.rest_at(start) {
            layout = Layout { first, mapped: left.min(per_page) };
            done = layout.mapped;
            self.run.live = left > per_page;
        }

        while done < per_page {
            let block = start.plus(done);
            let mapping = self.map_block(block, last)?;
            let Some(at) = mapping.block else {
                done = done.saturating_add(1);
                continue;
            };
            if mapping.uptodate {
                self.map_buffer_to_folio(page, done, &mapping);
                return Err(Cause::Uptodate);
            }
            if done > layout.mapped {
                return Err(Cause::HoleThenMapped);
            }
            if done == 0 {
                layout.first = at;
            } else if at != layout.first.plus(done) {
                return Err(Cause::NonContiguous);
            }
            let room = per_page.saturating_sub(done);
            self.run.live = mapping.count_blocks > room;
            done = done.saturating_add(mapping.count_blocks.min(room));
            layout.mapped = done;
        }
        Ok(layout)
    }

    /// Asks for the run at `block`, and makes it the last mapped one. Past `last` nothing is
    /// asked: there is a hole.
    fn map_block(&mut self, block: FileBlock, last: FileBlock) -> Result<Mapping, Cause> {
        self.run.live = false;
        self.run.boundary = false;
        let want = last.distance_from(block);
        if want == 0 {
            return Ok(Mapping::HOLE);
        }
        // The fallback asks for a block that failed once more: that answer is the one to report.
        let mapping = self
            .ask(Caller::Mpage, block, want, BufferFlags::empty())
            .map_err(|_error| Cause::GetBlockError)?;
        self.run = MappedRun {
            first: block,
            block: mapping.block.unwrap_or_default(),
            count: mapping.count_blocks,
            live: mapping.block.is_some(),
            boundary: mapping.boundary,
        };
        Ok(mapping)
    }

    /// Calls `get_block` and tells the sink. `known` is the state of the buffer that asks.
    pub(super) fn ask(
        &mut self,
        by: Caller,
        block: FileBlock,
        want: u64,
        known: BufferFlags,
    ) -> Result<Mapping, M::Error> {
        let Self { mapper, sink, .. } = self;
        Question { intent: Intent::Read, by, block, want, known }.ask(mapper, sink)
    }
}
