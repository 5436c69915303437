//! Folios: what is known of a page before it is planned.
//!
//! Most pages come with nothing known, and a planner that holds no folio asks for none. A page
//! that was worked on before has *buffers*, one a block, each with its place on disk and its
//! state. With 1 KiB blocks and 4 KiB pages, a page whose second block is up to date and whose
//! third is mapped:
//!
//! ```
//! use mpimg::mpage::{Buffer, BufferFlags, Folio, Folios, FsBlock, PageIndex};
//! let mut folios = Folios::default();
//! let uptodate = Buffer { flags: BufferFlags::UPTODATE, block: FsBlock(0) };
//! let mapped = Buffer { flags: BufferFlags::MAPPED, block: FsBlock(106) };
//! let buffers = vec![Buffer::default(), uptodate, mapped, Buffer::default()];
//! folios.insert(PageIndex(1), Folio { uptodate: false, buffers });
//! assert!(folios.get(PageIndex(0)).is_none());
//! ```

use std::collections::BTreeMap;

use bitflags::bitflags;

use super::block::{FsBlock, PageIndex};
use super::get_block::Mapping;

bitflags! {
    /// The state of a buffer: the `BH_` bits that the algorithm looks at.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct BufferFlags: u8 {
        /// Its fs block is known.
        const MAPPED = 1;
        /// It has changed since it was read.
        const DIRTY = 1 << 1;
        /// It holds its block's data.
        const UPTODATE = 1 << 2;
        /// To map the block after it, the filesystem has to read a block.
        const BOUNDARY = 1 << 3;
    }
}

/// One block of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffer {
    /// Its state.
    pub flags: BufferFlags,
    /// Where it lies, if it is mapped.
    pub block: FsBlock,
}

impl Buffer {
    /// Takes over what `get_block` told of this block. A hole leaves it as it was.
    pub(super) fn map(&mut self, mapping: &Mapping) {
        if let Some(block) = mapping.block {
            self.block = block;
            self.flags.insert(BufferFlags::MAPPED);
            self.flags.set(BufferFlags::UPTODATE, mapping.uptodate);
            if mapping.boundary {
                self.flags.insert(BufferFlags::BOUNDARY);
            }
        }
    }
}

/// What is known of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folio {
    /// The whole page holds its data.
    pub uptodate: bool,
    /// One buffer a block, or none at all.
    pub buffers: Vec<Buffer>,
}

impl Folio {
    /// Makes this the state of another page, keeping the memory.
    pub(super) fn load(&mut self, known: &Self) {
        self.uptodate = known.uptodate;
        self.buffers.clear();
        self.buffers.extend_from_slice(&known.buffers);
    }

    /// Forgets all, keeping the memory.
    pub(super) fn reset(&mut self) {
        self.uptodate = false;
        self.buffers.clear();
    }
}

/// The pages of a file of which something is known.
///
/// Planning a read leaves it alone: the same plan can be made twice. Planning a write cleans what it
/// writes.
#[derive(Debug, Clone, Default)]
pub struct Folios {
    pages: BTreeMap<PageIndex, Folio>,
}

impl Folios {
    /// Records what is known of a page, in place of what was.
    pub fn insert(&mut self, page: PageIndex, folio: Folio) {
        self.pages.insert(page, folio);
    }

    /// Forgets a page.
    pub fn remove(&mut self, page: PageIndex) {
        self.pages.remove(&page);
    }

    /// What is known of a page.
    // Asked for every page of every plan, and nearly always of an empty store.
    #[inline]
    #[must_use]
    pub fn get(&self, page: PageIndex) -> Option<&Folio> {
        if self.pages.is_empty() { None } else { self.pages.get(&page) }
    }

    /// What is known of a page, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, page: PageIndex) -> Option<&mut Folio> {
        if self.pages.is_empty() { None } else { self.pages.get_mut(&page) }
    }

    /// The pages of which something is known, in order.
    pub fn iter(&self) -> impl Iterator<Item = (PageIndex, &Folio)> {
        self.pages.iter().map(|(page, folio)| (*page, folio))
    }
}
