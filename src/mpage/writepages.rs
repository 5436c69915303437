//! Writepages: a file's dirty pages, written back as one stream of bios (`mpage_writepages`).
//!
//! There are no windows: the open bio goes on from one dirty page to the next, wherever that is in
//! the file. Pages 0, 1 and 7 that are dirty and lie at fs blocks 100, 101 and 102 are one bio:
//!
//! ```
//! use mpimg::mpage::{
//!     FileBlock, FsBlock, Geometry, GetBlock, Intent, MapError, Mapping, PageIndex, Stats,
//!     WritePlanOptions, WritePlanner,
//! };
//! struct Short;
//! #[derive(Debug)]
//! struct Never;
//! impl MapError for Never {
//!     fn errno(&self) -> i32 {
//!         -5
//!     }
//! }
//! impl GetBlock for Short {
//!     type Error = Never;
//!     fn get_block(&mut self, n: FileBlock, _: u64, _: Intent) -> Result<Mapping, Never> {
//!         let block = Some(FsBlock(100 + n.0.min(2)));
//!         Ok(Mapping { block, count_blocks: 1, ..Mapping::HOLE })
//!     }
//! }
//! let geometry = Geometry::new(12, 12).unwrap();
//! let mut stats = Stats::default();
//! let options = WritePlanOptions::default();
//! let mut planner = WritePlanner::new(Short, &mut stats, geometry, 8 * 4096, options);
//! planner.writepages(PageIndex(0), 2);
//! planner.writepages(PageIndex(7), 1);
//! planner.finish();
//! assert_eq!((stats.bios, stats.pages, stats.get_block), (1, 3, 3));
//! ```

use super::bio::{BIO_MAX_PAGES, Bio, DeviceEnd};
use super::block::{FileBlock, Geometry, PageIndex};
use super::event::{Op, Sink, Why};
use super::folio::{Buffer, Folio, Folios};
use super::get_block::{GetBlock, MapError};
use super::readahead::MapFailure;
use super::stats::{Operation, Stats, Summary};

/// What writing back is for (`wbc->sync_mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// For integrity: every page is tried, and the first error remembered.
    All,
    /// For memory: it ends with the first error, or after so many pages (`nr_to_write`).
    None {
        /// Pages, at least 1.
        most_pages: u64,
    },
}

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WritePlanOptions {
    /// The most pages in a bio.
    pub bio_pages: u64,
    /// The device's length: what lies past it is cut, or fails. `None`: it has no end.
    pub device_bytes: Option<u64>,
    /// What for.
    pub sync: SyncMode,
}

impl Default for WritePlanOptions {
    fn default() -> Self {
        Self { bio_pages: BIO_MAX_PAGES, device_bytes: None, sync: SyncMode::All }
    }
}

/// Plans the writing of one file. Every decision goes to the sink; no data is written.
#[derive(Debug)]
pub struct WritePlanner<M: GetBlock, S> {
    pub(super) mapper: M,
    pub(super) sink: S,
    pub(super) geometry: Geometry,
    pub(super) file_bytes: u64,
    /// The file block after the file's last.
    pub(super) end_block: FileBlock,
    pub(super) device_end: DeviceEnd,
    pub(super) folios: Folios,
    pub(super) bio: Bio,
    pub(super) options: WritePlanOptions,
    /// Memory for the buffers of a page that has none.
    pub(super) scratch: Vec<Buffer>,
    pub(super) failure: Option<MapFailure<M::Error>>,
    pub(super) unplaced: Option<FileBlock>,
    ret: i32,
    pages: u64,
    stale_pages: u64,
}

impl<M: GetBlock, S: Sink> WritePlanner<M, S> {
    /// A planner for a file of `file_bytes` bytes, whose blocks `mapper` finds or allocates.
    pub fn new(
        mapper: M,
        sink: S,
        geometry: Geometry,
        file_bytes: u64,
        options: WritePlanOptions,
    ) -> Self {
        let device_end = DeviceEnd::new(options.device_bytes);
        Self {
            mapper,
            sink,
            geometry,
            file_bytes,
            end_block: FileBlock(geometry.blocks_for(file_bytes)),
            device_end,
            folios: Folios::default(),
            bio: Bio::new(Op::Write, geometry, device_end),
            options,
            scratch: Vec::new(),
            failure: None,
            unplaced: None,
            ret: 0,
            pages: 0,
            stale_pages: 0,
        }
    }

    /// Tells what is known of some pages. Of the others, all is up to date and dirty.
    #[must_use]
    pub fn with_folios(mut self, folios: Folios) -> Self {
        self.folios = folios;
        self
    }

    /// Plans `pages` dirty pages from `first` on. The bio stays open for those that follow:
    /// [`finish`](Self::finish) ends it.
    pub fn writepages(&mut self, first: PageIndex, pages: u64) {
        for index in 0..pages {
            if self.is_done() || self.sink.is_closed() {
                break;
            }
            let page = first.plus(index);
            if self.folios.get(page).is_some_and(|folio| !folio.uptodate) {
                self.stale_pages = self.stale_pages.saturating_add(1);
            }
            self.pages = self.pages.saturating_add(1);
            let ret = self.write_page(page);
            if self.ret == 0 {
                self.ret = ret;
            }
        }
    }

    /// Plans one dirty page of which this is known; nothing is kept of it.
    pub fn writepage(&mut self, page: PageIndex, folio: Folio) {
        self.folios.insert(page, folio);
        self.writepages(page, 1);
        self.folios.remove(page);
    }

    /// Submits the open bio.
    pub fn finish(&mut self) {
        self.bio.submit(Why::End, &mut self.sink);
    }

    /// Whether all is written that was to be (`write_cache_pages`).
    #[inline]
    fn is_done(&self) -> bool {
        match self.options.sync {
            SyncMode::All => false,
            SyncMode::None { most_pages } => self.ret != 0 || self.pages >= most_pages,
        }
    }

    /// The first failure to map a block. Its page is written without it and what follows it.
    pub fn take_failure(&mut self) -> Option<MapFailure<M::Error>> {
        self.failure.take()
    }

    /// The first dirty block that the mapper gave no place, without calling that an error. It is
    /// not written.
    #[must_use]
    pub fn unplaced(&self) -> Option<FileBlock> {
        self.unplaced
    }

    /// 0, or the errno of the first page that could not be mapped.
    #[must_use]
    pub fn ret(&self) -> i32 {
        self.ret
    }

    /// Sums the plan up; `stats` are what its sink counted.
    #[must_use]
    pub fn summary(&self, stats: &Stats) -> Summary {
        let summary = stats.summary(Operation::Writepages);
        // An event does not tell whether all of its pages' blocks hold their data.
        let uptodate_pages = summary.uptodate_pages.saturating_sub(self.stale_pages);
        Summary { uptodate_pages, ret: self.ret, ..summary }
    }

    /// What is known of pages, those written now clean.
    #[must_use]
    pub fn folios(&self) -> &Folios {
        &self.folios
    }

    /// The taker of events.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Ends planning, and gives both back.
    pub fn into_parts(self) -> (M, S) {
        (self.mapper, self.sink)
    }

    /// Where a page begins in the file, in bytes.
    #[inline]
    pub(super) fn offset_bytes(&self, page: PageIndex) -> u64 {
        page.0.saturating_mul(self.geometry.page_size_bytes())
    }

    pub(super) fn keep_failure(&mut self, block: FileBlock, error: M::Error) -> i32 {
        let errno = error.errno();
        if self.failure.is_none() {
            self.failure = Some(MapFailure { block, count_blocks: 1, error });
        }
        errno
    }
}
