//! Statistics: what a plan amounts to, counted from its events.
//!
//! [`Stats`] is a [`Sink`], so that it can count what is executed while it is executed. The
//! planner's part is counted here; what only the executor knows (calls, merges in the plug) has
//! its fields too, and stays 0 until the executor fills it. One bio of three pages of 4 KiB blocks:
//!
//! ```text
//! pages 3   bios 1   bio_pages 3   blocks 3   bytes 12288   merges 2   submits.end 1   runs 1
//! ```

use serde::Serialize;

use super::block::{FsBlock, PageIndex};
use super::event::{Action, Caller, Cause, Event, Op, Sink, Why};

/// Bios by why they were submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Submits {
    /// [`Why::Discontiguous`]
    pub discontiguous: u64,
    /// [`Why::Full`]
    pub full: u64,
    /// [`Why::Boundary`]
    pub boundary: u64,
    /// [`Why::PartialPage`]
    pub partial_page: u64,
    /// [`Why::Fallback`]
    pub fallback: u64,
    /// [`Why::End`]
    pub end: u64,
}

impl Submits {
    fn of(&mut self, why: Why) -> &mut u64 {
        match why {
            Why::Discontiguous => &mut self.discontiguous,
            Why::Full => &mut self.full,
            Why::Boundary => &mut self.boundary,
            Why::PartialPage => &mut self.partial_page,
            Why::Fallback => &mut self.fallback,
            Why::End => &mut self.end,
        }
    }
}

/// Pages that went block by block, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Fallbacks {
    /// [`Cause::HasBuffers`]
    pub has_buffers: u64,
    /// [`Cause::GetBlockError`]
    pub get_block_error: u64,
    /// [`Cause::Uptodate`]
    pub uptodate: u64,
    /// [`Cause::HoleThenMapped`]
    pub hole_then_mapped: u64,
    /// [`Cause::NonContiguous`]
    pub non_contiguous: u64,
    /// [`Cause::NoBio`]
    pub no_bio: u64,
    /// [`Cause::UnmappedDirty`]
    pub unmapped_dirty: u64,
    /// [`Cause::NotDirtyOrUptodate`]
    pub not_dirty_or_uptodate: u64,
    /// [`Cause::AllUnmapped`]
    pub all_unmapped: u64,
    /// [`Cause::NotMapped`]
    pub not_mapped: u64,
    /// [`Cause::BeyondEof`]
    pub beyond_eof: u64,
}

impl Fallbacks {
    fn of(&mut self, cause: Cause) -> &mut u64 {
        match cause {
            Cause::HasBuffers => &mut self.has_buffers,
            Cause::GetBlockError => &mut self.get_block_error,
            Cause::Uptodate => &mut self.uptodate,
            Cause::HoleThenMapped => &mut self.hole_then_mapped,
            Cause::NonContiguous => &mut self.non_contiguous,
            Cause::NoBio => &mut self.no_bio,
            Cause::UnmappedDirty => &mut self.unmapped_dirty,
            Cause::NotDirtyOrUptodate => &mut self.not_dirty_or_uptodate,
            Cause::AllUnmapped => &mut self.all_unmapped,
            Cause::NotMapped => &mut self.not_mapped,
            Cause::BeyondEof => &mut self.beyond_eof,
        }
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        Cause::ALL.into_iter().fold(0, |sum, cause| sum.saturating_add(*{ *self }.of(cause)))
    }
}

/// A page that is being read or written block by block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OpenFallback {
    op: Op,
    page: PageIndex,
    failed: bool,
}

/// What a plan amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Pages planned.
    pub pages: u64,
    /// Pages that are all hole, or past the end of the file.
    pub hole_pages: u64,
    /// Bios submitted.
    pub bios: u64,
    /// Pages in bios.
    pub bio_pages: u64,
    /// Blocks in bios.
    pub blocks: u64,
    /// Bytes in bios.
    pub bytes: u64,
    /// Pages that joined a bio which was open already.
    pub merges: u64,
    /// Bios by why they were submitted.
    pub submits: Submits,
    /// Pages that went block by block, by cause.
    pub fallback_pages: Fallbacks,
    /// Blocks transferred one by one.
    pub fallback_blocks: u64,
    /// Mappings asked for by the coalescing path.
    pub get_block: u64,
    /// Mappings asked for by the block by block path.
    pub get_block_fallback: u64,
    /// Boundaries that were written: the block after each is written next, if it is dirty.
    pub boundary_blocks: u64,
    /// Pages with a block that has no place, or that lies past the device's end.
    pub error_pages: u64,
    /// Pages that are up to date, once all transfers are done.
    pub uptodate_pages: u64,
    /// Contiguous runs on disk, in the order of the file: the calls of a reader that neither sorts
    /// nor reads through what lies between.
    pub runs: u64,
    /// Transfers that the plug merged into their neighbour's call; for the executor to fill.
    pub plug_merges: u64,
    /// Positional calls made; for the executor to fill.
    pub calls: u64,
    /// Bytes that the calls moved; for the executor to fill.
    pub call_bytes: u64,
    /// Bytes that the largest call moved; for the executor to fill.
    pub largest_call_bytes: u64,
    /// The block after the last transfer.
    #[serde(skip)]
    run_end: Option<FsBlock>,
    #[serde(skip)]
    open_fallback: Option<OpenFallback>,
}

impl Stats {
    /// Counts an event.
    // A plan of a write has one mapping a block, and little else.
    #[inline]
    pub fn record(&mut self, event: &Event<'_>) {
        if let Event::GetBlock { by: Caller::Mpage, .. } = event {
            add(&mut self.get_block, 1);
        } else {
            self.record_other(event);
        }
    }

    fn record_other(&mut self, event: &Event<'_>) {
        match *event {
            Event::Window { .. } => self.open_fallback = None,
            Event::GetBlock { by: Caller::Mpage, .. } => {}
            Event::GetBlock { by: Caller::Fallback, err, .. } => {
                add(&mut self.get_block_fallback, 1);
                self.fallback_failed(err != 0);
            }
            Event::Bio { op, block, blocks, pages, bytes, why, status, .. } => {
                self.open_fallback = None;
                add(&mut self.pages, pages);
                add(&mut self.bios, 1);
                add(&mut self.bio_pages, pages);
                add(&mut self.blocks, blocks);
                add(&mut self.bytes, bytes);
                add(&mut self.merges, pages.saturating_sub(1));
                add(self.submits.of(why), 1);
                if status.is_some() {
                    add(&mut self.error_pages, pages);
                } else {
                    self.transfer(block, blocks);
                }
                // A page is up to date before it is written, and stays so if that fails.
                if status.is_none() || op == Op::Write {
                    add(&mut self.uptodate_pages, pages);
                }
            }
            Event::Fallback { op, page, cause, action } => self.fallback(op, page, cause, action),
            Event::Bh { block, status, .. } => {
                add(&mut self.fallback_blocks, 1);
                self.fallback_failed(status.is_some());
                if status.is_none() {
                    self.transfer(block, 1);
                }
            }
            Event::Uptodate { page } => {
                // The page of a fallback is counted already.
                if self.open_fallback.is_none_or(|open| open.page != page) {
                    add(&mut self.pages, 1);
                    add(&mut self.hole_pages, 1);
                    add(&mut self.uptodate_pages, 1);
                }
            }
            Event::BoundaryBlock { .. } => add(&mut self.boundary_blocks, 1),
            Event::Zero { .. } | Event::Eod { .. } => {}
        }
    }

    /// Adds what another transfer amounts to.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.pages, other.pages),
            (&mut self.hole_pages, other.hole_pages),
            (&mut self.bios, other.bios),
            (&mut self.bio_pages, other.bio_pages),
            (&mut self.blocks, other.blocks),
            (&mut self.bytes, other.bytes),
            (&mut self.merges, other.merges),
            (&mut self.fallback_blocks, other.fallback_blocks),
            (&mut self.get_block, other.get_block),
            (&mut self.get_block_fallback, other.get_block_fallback),
            (&mut self.boundary_blocks, other.boundary_blocks),
            (&mut self.error_pages, other.error_pages),
            (&mut self.uptodate_pages, other.uptodate_pages),
            (&mut self.runs, other.runs),
            (&mut self.plug_merges, other.plug_merges),
            (&mut self.calls, other.calls),
            (&mut self.call_bytes, other.call_bytes),
        ] {
            add(sum, more);
        }
        for why in Why::ALL {
            add(self.submits.of(why), *{ other.submits }.of(why));
        }
        for cause in Cause::ALL {
            add(self.fallback_pages.of(cause), *{ other.fallback_pages }.of(cause));
        }
        self.largest_call_bytes = self.largest_call_bytes.max(other.largest_call_bytes);
    }

    /// The mean length of a call, in bytes.
    #[must_use]
    pub fn mean_call_bytes(&self) -> u64 {
        self.call_bytes.checked_div(self.calls).unwrap_or(0)
    }

    /// Sums this up as an operation of the seed.
    #[must_use]
    pub fn summary(&self, op: Operation) -> Summary {
        Summary {
            op,
            pages: self.pages,
            bios: self.bios,
            blocks: self.blocks,
            bytes: self.bytes,
            merges: self.merges,
            fallback_pages: self.fallback_pages.total(),
            fallback_blocks: self.fallback_blocks,
            get_block: self.get_block,
            get_block_fallback: self.get_block_fallback,
            boundary_submits: self.submits.boundary,
            boundary_blocks: self.boundary_blocks,
            uptodate_pages: self.uptodate_pages,
            error_pages: self.error_pages,
            ret: 0,
        }
    }

    fn fallback(&mut self, op: Op, page: PageIndex, cause: Cause, action: Action) {
        add(self.fallback_pages.of(cause), 1);
        add(&mut self.pages, 1);
        // Taken back if one of its blocks fails.
        add(&mut self.uptodate_pages, 1);
        self.open_fallback = match action {
            Action::BlockReadFullFolio | Action::BlockWriteFullPage => {
                Some(OpenFallback { op, page, failed: false })
            }
            Action::Unlock => None,
        };
        if action == Action::Unlock && cause == Cause::Uptodate {
            // It looked like a hole when it was announced as complete.
            for count in [&mut self.pages, &mut self.hole_pages, &mut self.uptodate_pages] {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// A block of the open fallback failed, if `failed`: so has its page, once.
    fn fallback_failed(&mut self, failed: bool) {
        if let Some(open) = self.open_fallback.as_mut().filter(|open| failed && !open.failed) {
            open.failed = true;
            add(&mut self.error_pages, 1);
            // A page is up to date before it is written, and stays so if that fails.
            if open.op == Op::Read {
                self.uptodate_pages = self.uptodate_pages.saturating_sub(1);
            }
        }
    }

    /// Blocks are transferred: a new run begins where they do not follow the last ones.
    fn transfer(&mut self, block: FsBlock, blocks: u64) {
        if self.run_end != Some(block) {
            add(&mut self.runs, 1);
        }
        self.run_end = Some(block.plus(blocks));
    }
}

impl Sink for Stats {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        self.record(event);
    }
}

#[inline]
fn add(count: &mut u64, more: u64) {
    *count = count.saturating_add(more);
}

/// An operation of the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `mpage_readahead`
    Readahead,
    /// `mpage_read_folio`
    ReadFolio,
    /// `mpage_writepages`
    Writepages,
}

/// The last line of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "ev", rename = "summary")]
pub struct Summary {
    /// What was done.
    pub op: Operation,
    /// [`Stats::pages`]
    pub pages: u64,
    /// [`Stats::bios`]
    pub bios: u64,
    /// [`Stats::blocks`]
    pub blocks: u64,
    /// [`Stats::bytes`]
    pub bytes: u64,
    /// [`Stats::merges`]
    pub merges: u64,
    /// [`Stats::fallback_pages`], all causes
    pub fallback_pages: u64,
    /// [`Stats::fallback_blocks`]
    pub fallback_blocks: u64,
    /// [`Stats::get_block`]
    pub get_block: u64,
    /// [`Stats::get_block_fallback`]
    pub get_block_fallback: u64,
    /// [`Submits::boundary`]
    pub boundary_submits: u64,
    /// Indirect blocks written because they follow a boundary.
    pub boundary_blocks: u64,
    /// [`Stats::uptodate_pages`]
    pub uptodate_pages: u64,
    /// [`Stats::error_pages`]
    pub error_pages: u64,
    /// 0, or the negative errno of a write that failed.
    pub ret: i32,
}
