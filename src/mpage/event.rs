//! Events: what the planner decides, in the order in which it decides it.
//!
//! A plan is its events. Whoever takes them is a [`Sink`]: the statistics count them, `mpimg plan`
//! prints them, the executor turns them into positional calls. Serialised, an event is one JSON
//! object with its kind under `ev`, the fields in the order of declaration.

use serde::Serialize;

use super::block::{FileBlock, FsBlock, PageIndex};

/// The direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// From the image.
    Read,
    /// To the image.
    Write,
}

/// Why a bio was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The next page does not follow it on disk.
    Discontiguous,
    /// It holds as many pages as it can.
    Full,
    /// Mapping what follows needs a metadata read (`BH_Boundary`).
    Boundary,
    /// Its last page has a hole, or the end of the file, inside.
    PartialPage,
    /// The next page goes block by block.
    Fallback,
    /// The window ends.
    End,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Discontiguous,
        Self::Full,
        Self::Boundary,
        Self::PartialPage,
        Self::Fallback,
        Self::End,
    ];
}

/// Why a page goes block by block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The page has buffers already.
    HasBuffers,
    /// `get_block` failed.
    GetBlockError,
    /// `get_block` brought the data.
    Uptodate,
    /// A hole, and then a block that is not one.
    HoleThenMapped,
    /// The page's blocks do not follow each other on disk.
    NonContiguous,
    /// No bio could be allocated.
    NoBio,
    /// A buffer has changed and has no place yet: it was written through a memory map.
    UnmappedDirty,
    /// A mapped buffer has not changed, or does not hold its data.
    NotDirtyOrUptodate,
    /// The page has buffers, and none has a place.
    AllUnmapped,
    /// `get_block` gave a block no place, though it was asked to.
    NotMapped,
    /// The page lies past the end of the file.
    BeyondEof,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::HasBuffers,
        Self::GetBlockError,
        Self::Uptodate,
        Self::HoleThenMapped,
        Self::NonContiguous,
        Self::NoBio,
        Self::UnmappedDirty,
        Self::NotDirtyOrUptodate,
        Self::AllUnmapped,
        Self::NotMapped,
        Self::BeyondEof,
    ];
}

/// What a fallback does with its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Reads what is missing, block by block.
    BlockReadFullFolio,
    /// Nothing: the page is up to date.
    Unlock,
    /// Writes what has changed, block by block.
    BlockWriteFullPage,
}

/// Who asked for a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// The coalescing path.
    Mpage,
    /// The block by block path.
    Fallback,
}

/// How a transfer is bound to end, where the planner can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It starts past the device's end, so that none of it can be transferred.
    Eio,
}

/// A run of consecutive pages, `[first, count]` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PageRange(pub PageIndex, pub u64);

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A readahead window begins.
    Window {
        /// Its first page.
        first_page: PageIndex,
        /// Its pages.
        pages: u64,
    },
    /// The filesystem was asked for a mapping.
    GetBlock {
        /// By whom.
        by: Caller,
        /// The file block asked for.
        lblk: FileBlock,
        /// Blocks asked for.
        want: u64,
        /// Blocks got; 0 for a hole or an error.
        got: u64,
        /// Where; 0 for a hole or an error.
        block: FsBlock,
        /// `BH_Boundary`, 0 or 1.
        boundary: u8,
        /// `BH_Uptodate`, 0 or 1.
        uptodate: u8,
        /// `BH_New`, 0 or 1.
        new: u8,
        /// 0, or a negative errno.
        err: i32,
    },
    /// A bio was submitted: whole pages, but perhaps for the last.
    Bio {
        /// Its direction.
        op: Op,
        /// The fs block of its first byte.
        block: FsBlock,
        /// Its length in blocks.
        blocks: u64,
        /// Its first page.
        first_page: PageIndex,
        /// Its pages.
        pages: u64,
        /// Its length in bytes.
        bytes: u64,
        /// Which pages: not always consecutive, as a page that is all hole leaves the bio open.
        ranges: &'a [PageRange],
        /// Pages it could have held.
        capacity: u64,
        /// Why it was submitted.
        why: Why,
        /// Set where it is bound to fail.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
    /// A page goes block by block.
    Fallback {
        /// Its direction.
        op: Op,
        /// The page.
        page: PageIndex,
        /// Why.
        cause: Cause,
        /// What is done.
        action: Action,
    },
    /// One block of a fallback (a buffer head).
    Bh {
        /// Its direction.
        op: Op,
        /// Its page.
        page: PageIndex,
        /// Its file block.
        lblk: FileBlock,
        /// Its fs block.
        block: FsBlock,
        /// Set where it is bound to fail.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
    /// Bytes of a page are zeroed.
    Zero {
        /// The page.
        page: PageIndex,
        /// The first byte in the page.
        from: u64,
        /// The byte after the last.
        to: u64,
    },
    /// A page is complete without I/O.
    Uptodate {
        /// The page.
        page: PageIndex,
    },
    /// A transfer ran past the device's end and was cut (`guard_bio_eod`). The transfer follows,
    /// already cut; between the two, the bytes that a read will not get are zeroed.
    Eod {
        /// Its direction.
        op: Op,
        /// The transfer's first block.
        block: FsBlock,
        /// Bytes it asked for.
        bytes: u64,
        /// Bytes that lie on the device.
        kept: u64,
    },
    /// The bio before this ended at a boundary: the block after this one, which is likely the
    /// indirect block that maps what follows, is to be written next if it is dirty
    /// (`write_boundary_block`).
    BoundaryBlock {
        /// The boundary.
        block: FsBlock,
    },
}

/// Takes a plan's events.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &Event<'_>);

    /// The planner is about to wait for metadata: what was queued should go out first.
    fn flush(&mut self) {}

    /// Nobody wants further events: the planner stops at the next page.
    fn is_closed(&self) -> bool {
        false
    }
}

/// Both take every event, the first one first.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn event(&mut self, event: &Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }

    fn flush(&mut self) {
        self.0.flush();
        self.1.flush();
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed() && self.1.is_closed()
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn event(&mut self, event: &Event<'_>) {
        (**self).event(event);
    }

    fn flush(&mut self) {
        (**self).flush();
    }

    fn is_closed(&self) -> bool {
        (**self).is_closed()
    }
}
