//! The bio: pages that lie one after the other on disk, transferred by one request.
//!
//! At most one is open at a time. It takes pages until it is full or something submits it, and
//! becomes an event then. Pages 0 and 1 at fs blocks 100 and 101, page 2 a hole, page 3 at block
//! 102, with blocks as large as pages and room for 9 pages, are one bio:
//!
//! ```text
//! {"ev":"bio","op":"read","block":100,"blocks":3,"first_page":0,"pages":3,"bytes":12288,
//!  "ranges":[[0,2],[3,1]],"capacity":9,"why":"end"}
//! ```

use super::block::{FsBlock, Geometry, PageIndex};
use super::event::{Event, Op, PageRange, Sink, Status, Why};

/// The most pages a bio holds, unless told otherwise (`BIO_MAX_VECS`).
pub const BIO_MAX_PAGES: u64 = 256;

/// The most bytes a bio holds: its length is a 32-bit number.
const BIO_MAX_BYTES: u64 = u32::MAX as u64;

const SECTOR_BYTES: u64 = 512;

/// Where the device ends, in bytes; in whole sectors, as a device has no others.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeviceEnd(Option<u64>);

/// How much of a transfer lies on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// All of it.
    Whole,
    /// So many bytes, fewer than all.
    Cut(u64),
    /// Nothing: it starts past the end, and will fail.
    Beyond,
}

impl Guard {
    /// How the transfer is bound to end.
    pub(super) fn status(self) -> Option<Status> {
        (self == Self::Beyond).then_some(Status::Eio)
    }
}

impl DeviceEnd {
    /// A device of `len_bytes`, or one without end.
    pub(super) fn new(len_bytes: Option<u64>) -> Self {
        Self(len_bytes.map(|len| len & !SECTOR_BYTES.saturating_sub(1)))
    }

    /// Judges a transfer (`guard_bio_eod`).
    pub(super) fn guard(self, geometry: Geometry, block: FsBlock, len_bytes: u64) -> Guard {
        let Some(end) = self.0 else { return Guard::Whole };
        let kept = end.saturating_sub(geometry.bytes_in(block.0));
        if kept == 0 {
            Guard::Beyond
        } else if len_bytes <= kept {
            Guard::Whole
        } else {
            Guard::Cut(kept)
        }
    }
}

/// The bio under construction, and its memory, which serves the next one again.
#[derive(Debug)]
pub(super) struct Bio {
    op: Op,
    geometry: Geometry,
    device_end: DeviceEnd,
    open: bool,
    block: FsBlock,
    next: FsBlock,
    pages: u64,
    bytes: u64,
    capacity: u64,
    ranges: Vec<PageRange>,
}

impl Bio {
    /// No bio is open.
    pub(super) fn new(op: Op, geometry: Geometry, device_end: DeviceEnd) -> Self {
        Self {
            op,
            geometry,
            device_end,
            open: false,
            block: FsBlock(0),
            next: FsBlock(0),
            pages: 0,
            bytes: 0,
            capacity: 0,
            ranges: Vec::new(),
        }
    }

    /// Whether a bio is open.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// The fs block after the last page: where the next one must lie to join.
    #[inline]
    pub(super) fn next(&self) -> FsBlock {
        self.next
    }

    /// Opens a bio that starts at `block` and holds at most `capacity` pages, at least one.
    #[inline]
    pub(super) fn open(&mut self, block: FsBlock, capacity: u64) {
        self.open = true;
        self.block = block;
        self.next = block;
        self.pages = 0;
        self.bytes = 0;
        self.capacity = capacity.max(1);
        self.ranges.clear();
    }

    /// Adds the first `count_blocks` blocks of a page, which lie at [`Self::next`]; `false` if
    /// the bio is full.
    #[inline]
    pub(super) fn add(&mut self, page: PageIndex, count_blocks: u64) -> bool {
        let bytes = self.bytes.saturating_add(self.geometry.bytes_in(count_blocks));
        if self.pages >= self.capacity || (self.pages != 0 && bytes > BIO_MAX_BYTES) {
            return false;
        }
        self.bytes = bytes;
        self.pages = self.pages.saturating_add(1);
        self.next = self.next.plus(count_blocks);
        match self.ranges.last_mut() {
            Some(PageRange(first, count)) if first.plus(*count) == page => {
                *count = count.saturating_add(1);
            }
            _ => self.ranges.push(PageRange(page, 1)),
        }
        true
    }

    /// Hands the open bio, if there is one, to the sink.
    pub(super) fn submit<S: Sink>(&mut self, why: Why, sink: &mut S) {
        if !self.open {
            return;
        }
        self.open = false;
        let guard = self.device_end.guard(self.geometry, self.block, self.bytes);
        if let Guard::Cut(kept) = guard {
            let Self { op, block, bytes, .. } = *self;
            sink.event(&Event::Eod { op, block, bytes, kept });
            if op == Op::Read {
                self.zero_past(kept, sink);
            }
            self.bytes = kept;
        }
        sink.event(&Event::Bio {
            op: self.op,
            block: self.block,
            blocks: self.geometry.blocks_for(self.bytes),
            first_page: self.ranges.first().map_or(PageIndex(0), |range| range.0),
            pages: self.pages,
            bytes: self.bytes,
            ranges: &self.ranges,
            capacity: self.capacity,
            why,
            status: guard.status(),
        });
    }

    /// Zeroes what lies past the bio's first `kept` bytes, page by page (`bio_truncate`).
    fn zero_past<S: Sink>(&self, kept: u64, sink: &mut S) {
        let page_size = self.geometry.page_size_bytes();
        let mut start = 0_u64;
        for PageRange(first, count) in &self.ranges {
            for index in 0..*count {
                // Only the bio's last page may be there in part.
                let len = page_size.min(self.bytes.saturating_sub(start));
                let end = start.saturating_add(len);
                if end > kept {
                    let from = kept.saturating_sub(start);
                    sink.event(&Event::Zero { page: first.plus(index), from, to: len });
                }
                start = end;
            }
        }
    }
}
