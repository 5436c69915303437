//! The metadata cache: the only way to the image's metadata.
//!
//! Blocks are read by `pread` when they are first asked for, and kept. A miss that continues the
//! one before it reads twice as many blocks, so that inode tables and large directories come in
//! runs while a single file costs a single block.
//!
//! Metadata is not read through a mapping: a page of it that the host cannot read, or that another
//! process cut off, would end the process by a signal and not by an error. Nor is a mapping faster:
//! against coreutils in the same run, `ls -lR` of 20,000 files took 0.22 this way and 0.25 through
//! a mapping, a ten-byte `cat` 1.37 and 1.48; page faults cost what the calls do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::{Corrupt, Result};
use crate::device::BlockDevice;
use crate::mpage::FsBlock;

/// A block of metadata.
pub type Block = Arc<[u8]>;

/// Most bytes of metadata kept in memory.
const CACHE_BYTES: u64 = 8 << 20;
/// Most bytes read ahead in one call.
const RUN_BYTES: u64 = 128 << 10;

/// A cache of metadata blocks over a device.
pub struct Metadata {
    device: Arc<dyn BlockDevice>,
    block_size_bytes: u64,
    first_block: u64,
    end_block: u64,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    /// In order: neighbours are asked for together, and no seed has to be drawn at start-up.
    blocks: BTreeMap<FsBlock, Block>,
    /// Reads that may go on, the last used first: a listing goes through directories and inode
    /// tables by turns.
    streams: [Stream; 4],
    scratch: Vec<u8>,
}

/// Blocks that are read one after the other.
#[derive(Default, Clone, Copy)]
struct Stream {
    /// The block after the last miss.
    next: FsBlock,
    /// The blocks that the miss read.
    run_blocks: u64,
}

impl Metadata {
    /// A cache over the blocks `first_block..end_block` of a device.
    #[must_use]
    pub fn new(
        device: Arc<dyn BlockDevice>,
        block_size_bytes: u64,
        first_block: u64,
        end_block: u64,
    ) -> Self {
        let cache = Mutex::default();
        Self { device, block_size_bytes, first_block, end_block, cache }
    }

    /// The device below.
    #[must_use]
    pub fn device(&self) -> &Arc<dyn BlockDevice> {
        &self.device
    }

    /// Bytes in a block.
    #[must_use]
    pub fn block_size_bytes(&self) -> u64 {
        self.block_size_bytes
    }

    /// Whether a file may own the block: it is none before the first group, none past the end.
    #[must_use]
    pub fn holds(&self, block: FsBlock) -> bool {
        (self.first_block..self.end_block).contains(&block.0)
    }

    /// The blocks that [`holds`](Self::holds) accepts, as first and end.
    #[must_use]
    pub fn bounds(&self) -> (u64, u64) {
        (self.first_block, self.end_block)
    }

    /// The block, if it is in memory.
    #[must_use]
    pub fn resident(&self, block: FsBlock) -> Option<Block> {
        self.cache().blocks.get(&block).cloned()
    }

    /// Takes in a block that was read with something else.
    pub fn insert(&self, block: FsBlock, bytes: &[u8]) {
        let mut cache = self.cache();
        cache.make_room(self.capacity_blocks(), 1);
        cache.blocks.insert(block, Block::from(bytes));
    }

    /// Takes in what a block is to hold, in place of what it held.
    pub fn put(&self, block: FsBlock, bytes: Block) {
        let mut cache = self.cache();
        cache.make_room(self.capacity_blocks(), 1);
        cache.blocks.insert(block, bytes);
    }

    /// Forgets everything: blocks that were read ahead may have been written since, as data.
    pub fn clear(&self) {
        self.cache().blocks.clear();
    }

    /// Forgets what a block held: it is no metadata any more.
    pub fn forget(&self, block: FsBlock) {
        self.cache().blocks.remove(&block);
    }

    /// Reads a block that `object` names.
    ///
    /// # Errors
    /// [`Corrupt::BlockOutside`] where the filesystem has no such block, and what the device says.
    pub fn read(&self, block: FsBlock, object: &'static str) -> Result<Block> {
        self.read_run(block, 1, object)
    }

    /// Reads a block that `object` names, and those after it that will be asked for next.
    ///
    /// # Errors
    /// As [`read`](Self::read); what concerns only the blocks after it is none.
    pub fn read_run(
        &self,
        block: FsBlock,
        count_blocks: u64,
        object: &'static str,
    ) -> Result<Block> {
        // Block 0 holds the superblock where blocks are large; a file cannot own it, but metadata
        // at fixed places may lie there.
        if block.0 >= self.end_block {
            let (first, end) = self.bounds();
            return Err(Corrupt::BlockOutside { object, block, first, end }.into());
        }
        let mut cache = self.cache();
        if let Some(bytes) = cache.blocks.get(&block) {
            return Ok(Arc::clone(bytes));
        }
        cache.fill(self, block, count_blocks)
    }

    /// Reads blocks that will be asked for, as far as they are not there: one call for up to 128 KiB.
    /// What cannot be read is told to whoever asks for it.
    pub fn prefetch(&self, first: FsBlock, count_blocks: u64) {
        let mut cache = self.cache();
        let (mut at, mut end) = (first, first.plus(count_blocks));
        while at < end && cache.blocks.contains_key(&at) {
            at = at.plus(1);
        }
        while at < end && cache.blocks.contains_key(&FsBlock(end.0.saturating_sub(1))) {
            end = FsBlock(end.0.saturating_sub(1));
        }
        if at < end && end.0 <= self.end_block {
            let _ = cache.fill(self, at, end.distance_from(at));
        }
    }

    fn capacity_blocks(&self) -> usize {
        usize::try_from(CACHE_BYTES.checked_div(self.block_size_bytes).unwrap_or(0)).unwrap_or(0)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // The cache is consistent between any two statements: a panic elsewhere spoils nothing.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    /// Reads `block`, and those that follow it where the last miss went before it.
    fn fill(&mut self, metadata: &Metadata, block: FsBlock, least: u64) -> Result<Block> {
        let block_size = metadata.block_size_bytes;
        let most = RUN_BYTES.checked_div(block_size).unwrap_or(1).max(1);
        let found = self.streams.iter().position(|stream| stream.next == block);
        let stream = found.and_then(|at| self.streams.get(at)).copied().unwrap_or_default();
        let run = stream.run_blocks.saturating_mul(2).max(least).clamp(1, most);
        // What is read ahead must lie on the device: the image may be cut short.
        let on_device = metadata.device.size_bytes().checked_div(block_size).unwrap_or(0);
        let end = metadata.end_block.min(on_device);
        let run = run.min(end.saturating_sub(block.0)).max(1);

        let bytes_in = |blocks: u64| usize::try_from(blocks.saturating_mul(block_size));
        let len = bytes_in(run).unwrap_or(usize::MAX);
        self.scratch.resize(len, 0);
        let offset_bytes = block.0.saturating_mul(block_size);
        if let Err(error) = metadata.device.read_at(&mut self.scratch, offset_bytes) {
            // What was read ahead is nobody's concern: only the block itself may fail.
            self.scratch.truncate(bytes_in(1).unwrap_or(usize::MAX));
            if run == 1 {
                return Err(error.into());
            }
            metadata.device.read_at(&mut self.scratch, offset_bytes)?;
        }
        // The stream that went on, or else the oldest one, makes room at the front.
        let last = found.unwrap_or(self.streams.len().saturating_sub(1));
        if let Some(used) = self.streams.get_mut(..=last) {
            used.rotate_right(1);
        }
        if let Some(first) = self.streams.first_mut() {
            *first = Stream { next: block.plus(run), run_blocks: run };
        }

        self.make_room(metadata.capacity_blocks(), usize::try_from(run).unwrap_or(usize::MAX));
        let chunk = bytes_in(1).unwrap_or(usize::MAX).max(1);
        let mut wanted = None;
        for (bytes, ahead) in self.scratch.chunks_exact(chunk).zip(0..) {
            let bytes = Block::from(bytes);
            wanted.get_or_insert_with(|| Arc::clone(&bytes));
            self.blocks.entry(block.plus(ahead)).or_insert(bytes);
        }
        wanted.map_or_else(|| Ok(Block::from([])), Ok)
    }

    /// Forgets everything when there is no room for `more` blocks. Working sets are far below the
    /// capacity; a scan of a large tree starts afresh every 8 MiB, which costs it a few calls.
    fn make_room(&mut self, capacity: usize, more: usize) {
        if self.blocks.len().saturating_add(more) > capacity {
            self.blocks.clear();
        }
    }
}
