//! The overlay: blocks in memory that hide those of the device below.
//!
//! A transaction keeps what it changes here until it commits, and a reader what a log holds that was
//! never finished. Either way whoever reads through the overlay sees the new state, and the image
//! has the old one. With blocks of 4 KiB and one block at byte 8192, a read of bytes 4096..16384
//! takes its middle third from memory.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{BlockDevice, Result, total_bytes};

/// The blocks of an overlay, by the byte of the device at which they begin.
pub type Blocks = BTreeMap<u64, Arc<[u8]>>;

/// Blocks in memory over the device `D`.
#[derive(Debug)]
pub struct Overlay<D> {
    inner: D,
    block_size_bytes: u64,
    blocks: RwLock<Blocks>,
}

impl<D: BlockDevice> Overlay<D> {
    /// Hides blocks of `block_size_bytes`, which do not overlap.
    #[must_use]
    pub fn new(inner: D, block_size_bytes: u64, blocks: Blocks) -> Self {
        Self { inner, block_size_bytes, blocks: RwLock::new(blocks) }
    }

    /// The device below.
    #[must_use]
    pub fn inner(&self) -> &D {
        &self.inner
    }

    /// Puts a block in front of the device's.
    pub fn put(&self, offset_bytes: u64, block: Arc<[u8]>) {
        self.blocks_mut().insert(offset_bytes, block);
    }

    /// Lets the device's own block be seen again; returns the one that hid it.
    pub fn remove(&self, offset_bytes: u64) -> Option<Arc<[u8]>> {
        self.blocks_mut().remove(&offset_bytes)
    }

    /// The blocks in memory.
    pub fn blocks(&self) -> RwLockReadGuard<'_, Blocks> {
        // The map is consistent between any two statements: a panic elsewhere spoils nothing.
        self.blocks.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocks_mut(&self) -> RwLockWriteGuard<'_, Blocks> {
        self.blocks.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first byte at which a block may begin that reaches into a range.
    fn reach(&self, offset_bytes: u64) -> u64 {
        offset_bytes.saturating_sub(self.block_size_bytes.saturating_sub(1))
    }
}

impl<D: BlockDevice> BlockDevice for Overlay<D> {
    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn image_offset_bytes(&self) -> u64 {
        self.inner.image_offset_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let blocks = self.blocks();
        let end_bytes = offset_bytes.saturating_add(buf.len() as u64);
        if let Some(block) = blocks.get(&offset_bytes)
            && block.len() == buf.len()
        {
            buf.copy_from_slice(block);
            return Ok(());
        }
        self.inner.read_at(buf, offset_bytes)?;
        for (&start, block) in blocks.range(self.reach(offset_bytes)..end_bytes) {
            // Where the two overlap, counted from the start of each.
            let from = usize::try_from(start.saturating_sub(offset_bytes)).unwrap_or(usize::MAX);
            let skip = usize::try_from(offset_bytes.saturating_sub(start)).unwrap_or(usize::MAX);
            let Some(source) = block.get(skip..) else { continue };
            let Some(target) = buf.get_mut(from..) else { continue };
            let len = source.len().min(target.len());
            if let (Some(source), Some(target)) = (source.get(..len), target.get_mut(..len)) {
                target.copy_from_slice(source);
            }
        }
        Ok(())
    }

    /// Writes to the device below; blocks in memory that lie in the range are outdated and go.
    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        self.outdate(offset_bytes, buf.len() as u64);
        self.inner.write_at(buf, offset_bytes)
    }

    fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
        let len_bytes = total_bytes(slices);
        self.outdate(offset_bytes, len_bytes);
        self.inner.write_slices_at(slices, offset_bytes)
    }

    fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        self.inner.reserve(offset_bytes, len_bytes)
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }
}

impl<D> Overlay<D> {
    fn outdate(&self, offset_bytes: u64, len_bytes: u64) {
        let end_bytes = offset_bytes.saturating_add(len_bytes);
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        while let Some((&start, _)) = blocks.range(offset_bytes..end_bytes).next() {
            blocks.remove(&start);
        }
    }
}
