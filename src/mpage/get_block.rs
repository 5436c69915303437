//! `get_block`: the question the algorithm asks the filesystem, and the answer.
//!
//! *Where is file block `n`, and how far does it run on?* The filesystem answers with a
//! [`Mapping`]. This is the kernel's `get_block_t`, with the buffer head that goes back and forth
//! split into an argument and a result.

use super::block::{FileBlock, FsBlock};

/// What the mapping is for: the kernel's `create` argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To read: a hole stays a hole.
    Read,
    /// To write: a hole is given a block.
    Allocate,
}

/// Where a run of file blocks lies: the kernel's `map_bh` after `get_block`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mapping {
    /// The fs block of the first file block; `None` in a hole (`BH_Mapped` clear).
    pub block: Option<FsBlock>,
    /// Blocks mapped, contiguous on disk, at most what was wanted; 0 for a hole.
    pub count_blocks: u64,
    /// `BH_Boundary`: to map the block after this run, the filesystem has to read a block.
    pub boundary: bool,
    /// `BH_Uptodate`: the mapping brought the data itself; it must not be read again. Such a run
    /// is one block long: what it mapped beyond its first block would be read like any other run.
    pub uptodate: bool,
    /// `BH_New`: the block was allocated just now.
    pub new: bool,
}

impl Mapping {
    /// A hole.
    pub const HOLE: Self =
        Self { block: None, count_blocks: 0, boundary: false, uptodate: false, new: false };
}

/// An error of [`GetBlock`] as the algorithm sees it.
pub trait MapError {
    /// The negative errno that the seed's plan shows, -5 (`EIO`) for instance.
    fn errno(&self) -> i32;
}

/// The filesystem's block mapper.
pub trait GetBlock {
    /// Why a block could not be mapped.
    type Error: MapError;

    /// Maps `block` and at most `want_blocks - 1` that follow it, contiguous on disk.
    ///
    /// # Errors
    /// The block's place is not known: the metadata that tells it cannot be read or is corrupt,
    /// or there is no space for it.
    fn get_block(
        &mut self,
        block: FileBlock,
        want_blocks: u64,
        intent: Intent,
    ) -> Result<Mapping, Self::Error>;

    /// Where the blocks from `first` on are believed to lie together with the metadata blocks that
    /// map them, as first block and length, where that metadata is not in memory and one read of
    /// them all would bring both.
    ///
    /// A belief, which costs a read where it is wrong; `None` where there is nothing to gain.
    fn inline_span(&self, _first: FileBlock, _count_blocks: u64) -> Option<(FsBlock, u64)> {
        None
    }

    /// Takes the metadata that maps `count_blocks` blocks from `first` on out of `bytes`, which
    /// were read from fs block `start` on, as far as it lies there.
    fn absorb(&mut self, _first: FileBlock, _count_blocks: u64, _start: FsBlock, _bytes: &[u8]) {}

    /// Whether `get_block` can answer for `block` without I/O.
    ///
    /// The kernel flushes the plug when it sleeps on a metadata read, so that data submitted at a
    /// boundary goes out first; the planner flushes its sink when this says no.
    fn is_resident(&self, _block: FileBlock) -> bool {
        true
    }
}

impl<M: GetBlock + ?Sized> GetBlock for &mut M {
    type Error = M::Error;

    fn get_block(
        &mut self,
        block: FileBlock,
        want_blocks: u64,
        intent: Intent,
    ) -> Result<Mapping, Self::Error> {
        (**self).get_block(block, want_blocks, intent)
    }

    fn inline_span(&self, first: FileBlock, count_blocks: u64) -> Option<(FsBlock, u64)> {
        (**self).inline_span(first, count_blocks)
    }

    fn absorb(&mut self, first: FileBlock, count_blocks: u64, start: FsBlock, bytes: &[u8]) {
        (**self).absorb(first, count_blocks, start, bytes);
    }

    fn is_resident(&self, block: FileBlock) -> bool {
        (**self).is_resident(block)
    }
}
