//! Readahead: a file's pages, window by window (`mpage_readahead`), or one (`mpage_read_folio`).
//!
//! A window is planned on its own: neither the open bio nor the last mapping outlives it. Three
//! blocks of a file that lie together are one bio:
//!
//! ```
//! use mpimg::mpage::{
//!     FileBlock, FsBlock, Geometry, GetBlock, Intent, MapError, Mapping, PageIndex, PlanOptions,
//!     ReadPlanner, Stats,
//! };
//! struct At(u64);
//! #[derive(Debug)]
//! struct Never;
//! impl MapError for Never {
//!     fn errno(&self) -> i32 {
//!         -5
//!     }
//! }
//! impl GetBlock for At {
//!     type Error = Never;
//!     fn get_block(&mut self, n: FileBlock, want: u64, _: Intent) -> Result<Mapping, Never> {
//!         let block = Some(FsBlock(self.0 + n.0));
//!         Ok(Mapping { block, count_blocks: want, ..Mapping::HOLE })
//!     }
//! }
//! let geometry = Geometry::new(12, 12).unwrap();
//! let mut stats = Stats::default();
//! let mut planner =
//!     ReadPlanner::new(At(100), &mut stats, geometry, 3 * 4096, PlanOptions::default());
//! planner.readahead(PageIndex(0), 3);
//! assert!(planner.take_errors().is_empty());
//! assert_eq!((stats.bios, stats.pages, stats.get_block), (1, 3, 1));
//! ```

use super::bio::{BIO_MAX_PAGES, Bio, DeviceEnd};
use super::block::{FileBlock, Geometry, PageIndex};
use super::event::{Event, Op, Sink, Why};
use super::folio::{Folio, Folios};
use super::get_block::GetBlock;
use super::readpage::MappedRun;

/// Failures kept for the caller: more than a window has runs of blocks. Others are only counted.
const FAILURES_KEPT: usize = 1 << 16;

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// Pages in a readahead window; 0 for all in one.
    pub window_pages: u64,
    /// The most pages in a bio.
    pub bio_pages: u64,
    /// The device's length: what lies past it is cut, or fails. `None`: it has no end.
    pub device_bytes: Option<u64>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { window_pages: BIO_MAX_PAGES, bio_pages: BIO_MAX_PAGES, device_bytes: None }
    }
}

/// File blocks in a row whose places could not be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapFailure<E> {
    /// The first of them.
    pub block: FileBlock,
    /// How many there are.
    pub count_blocks: u64,
    /// Why the first has none.
    pub error: E,
}

/// Plans the reading of one file. Every decision goes to the sink; no data is read.
#[derive(Debug)]
pub struct ReadPlanner<M: GetBlock, S> {
    pub(super) mapper: M,
    pub(super) sink: S,
    pub(super) geometry: Geometry,
    /// The file block after the file's last.
    pub(super) end_block: FileBlock,
    pub(super) device_end: DeviceEnd,
    pub(super) folios: Folios,
    /// The page in hand, if anything is known of it.
    pub(super) folio: Folio,
    pub(super) bio: Bio,
    pub(super) run: MappedRun,
    options: PlanOptions,
    errors: Vec<MapFailure<M::Error>>,
    error_count: u64,
    bio_allocations: u64,
    failing_bio_allocations: Vec<u64>,
}

impl<M: GetBlock, S: Sink> ReadPlanner<M, S> {
    /// A planner for a file of `file_bytes` bytes, whose blocks `mapper` finds.
    pub fn new(
        mapper: M,
        sink: S,
        geometry: Geometry,
        file_bytes: u64,
        options: PlanOptions,
    ) -> Self {
        let device_end = DeviceEnd::new(options.device_bytes);
        Self {
            mapper,
            sink,
            geometry,
            end_block: FileBlock(geometry.blocks_for(file_bytes)),
            device_end,
            folios: Folios::default(),
            folio: Folio::default(),
            bio: Bio::new(Op::Read, geometry, device_end),
            run: MappedRun::default(),
            options,
            errors: Vec::new(),
            error_count: 0,
            bio_allocations: 0,
            failing_bio_allocations: Vec::new(),
        }
    }

    /// Tells what is known of some pages.
    #[must_use]
    pub fn with_folios(mut self, folios: Folios) -> Self {
        self.folios = folios;
        self
    }

    /// Lets the `n`th allocations of a bio fail, counted from 1. In userland none does: this is
    /// how a test reaches what the algorithm does about it.
    #[must_use]
    pub fn with_failing_bio_allocations(mut self, ordinals: Vec<u64>) -> Self {
        self.failing_bio_allocations = ordinals;
        self
    }

    /// Plans `pages` pages from `first`, window by window. Pages past the end of the file are
    /// zeroed.
    pub fn readahead(&mut self, first: PageIndex, pages: u64) {
        let step = if self.options.window_pages == 0 { pages } else { self.options.window_pages };
        let mut done = 0_u64;
        while done < pages {
            let count = step.min(pages.saturating_sub(done));
            self.window(first.plus(done), count);
            done = done.saturating_add(count);
        }
    }

    /// Plans one window, whatever the options say of windows: for a caller that paces itself.
    pub fn window(&mut self, first: PageIndex, pages: u64) {
        if pages == 0 {
            return;
        }
        self.sink.event(&Event::Window { first_page: first, pages });
        self.run = MappedRun::default();
        for index in 0..pages {
            if self.sink.is_closed() {
                break;
            }
            self.read_page(first.plus(index), pages.saturating_sub(index));
        }
        self.bio.submit(Why::End, &mut self.sink);
    }

    /// Plans one page on its own.
    pub fn read_folio(&mut self, page: PageIndex) {
        self.run = MappedRun::default();
        self.read_page(page, 1);
        self.bio.submit(Why::End, &mut self.sink);
    }

    /// The failures to map blocks since this was last asked, in the order of the file. Their pages are planned all
    /// the same, with zeros in place of these blocks.
    pub fn take_errors(&mut self) -> Vec<MapFailure<M::Error>> {
        self.error_count = 0;
        std::mem::take(&mut self.errors)
    }

    /// Failures to map a block since the errors were last taken, those not kept included.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.error_count
    }

    /// The taker of events.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Ends planning, and gives both back.
    pub fn into_parts(self) -> (M, S) {
        (self.mapper, self.sink)
    }

    pub(super) fn keep_error(&mut self, block: FileBlock, error: M::Error) {
        self.error_count = self.error_count.saturating_add(1);
        if let Some(last) = self.errors.last_mut()
            && last.block.plus(last.count_blocks) == block
        {
            last.count_blocks = last.count_blocks.saturating_add(1);
        } else if self.errors.len() < FAILURES_KEPT {
            self.errors.push(MapFailure { block, count_blocks: 1, error });
        }
    }

    /// Pages that a bio can hold which is opened with `pages_left` pages to go (`bio_max_segs`).
    #[inline]
    pub(super) fn bio_capacity(&self, pages_left: u64) -> u64 {
        pages_left.min(self.options.bio_pages)
    }

    /// Whether there is memory for another bio.
    #[inline]
    pub(super) fn allocate_bio(&mut self) -> bool {
        self.bio_allocations = self.bio_allocations.saturating_add(1);
        self.failing_bio_allocations.is_empty()
            || !self.failing_bio_allocations.contains(&self.bio_allocations)
    }
}
