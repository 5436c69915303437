//! The end of a transaction: from memory to the image.
//!
//! 1. Data, and metadata of blocks that were free, is written: nothing leads there yet.
//! 2. What the counts have become goes into the blocks of bitmaps, descriptors and superblock.
//! 3. Those blocks, and all others that were in use and have changed, go through the log.

use std::collections::BTreeMap;

use zerocopy::FromBytes;

use super::disk::RawSuperblock;
use super::error::Result;
use super::group;
use super::groups::put_descriptor;
use super::superblock::{SUPERBLOCK_OFFSET_BYTES, SUPERBLOCK_SIZE_BYTES};
use super::transaction::Transaction;
use crate::device::BlockDevice;
use crate::device::log::{self, Identity, LogStore, LoggedBlock, Record, Syncing, before};
use crate::mpage::{FsBlock, Stats};

/// Where `s_uuid` lies in the superblock.
const UUID_OFFSET_BYTES: u64 = 104;

/// What a commit did.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Its number; 0 where nothing was to change.
    pub transaction: u64,
    /// Blocks of metadata that changed in their places.
    pub changed_blocks: u64,
    /// How the data was written.
    pub stats: Stats,
}

impl Transaction<'_> {
    /// Makes the changes: all of them, or none. `image` is the whole of which the filesystem's device
    /// may be a window; without a `store` for the log, a cut may leave some of each.
    ///
    /// # Errors
    /// A source cannot be read, or the image not be written: then the image is as it was, but for
    /// blocks that are free. [`CommitError::Unfinished`](log::CommitError::Unfinished) is the exception.
    pub fn commit(
        mut self,
        image: &dyn BlockDevice,
        store: Option<&dyn LogStore>,
        syncing: Syncing,
    ) -> Result<Committed> {
        if self.is_empty() {
            let stats = std::mem::take(&mut self.stats);
            return Ok(Committed { transaction: 0, changed_blocks: 0, stats });
        }
        if let Some(store) = store {
            log::check_place(image, store)?;
        }
        self.flush_data()?;
        self.write_fresh()?;
        let transaction = self.put_counts()?;
        let record = self.record(image, transaction);
        let changed_blocks = record.blocks.len() as u64;
        match store {
            Some(store) => log::commit(image, store, &record, syncing, self.wrote_data)?,
            None => log::write_in_place(image, &record, syncing)?,
        }
        Ok(Committed { transaction, changed_blocks, stats: self.stats })
    }

    /// Puts bitmaps, descriptors and the superblock into their blocks; returns the transaction's
    /// number.
    fn put_counts(&mut self) -> Result<u64> {
        let groups = std::mem::take(&mut self.groups);
        let (bitmaps, descriptors) = groups.changes();
        for (block, bytes) in bitmaps {
            self.edit_block(block, "bitmap", |old| {
                if old.len() == bytes.len() {
                    old.copy_from_slice(bytes);
                }
            })?;
        }
        for (number, descriptor) in descriptors {
            let (block, offset) = group::place(self.fs.superblock(), number);
            self.edit_block(block, "group descriptor table", |table| {
                put_descriptor(table, offset, descriptor);
            })?;
        }
        // The kilobytes written only ever grow: ext2's own field for it makes a number of
        // transactions that the image itself carries.
        let changed_bytes =
            (self.overlay.blocks().len() as u64).saturating_mul(self.block_size_bytes());
        let written = changed_bytes.saturating_add(self.stats.bytes).div_ceil(1024).max(1);
        let number = self.superblock.s_kbytes_written.get().saturating_add(written);
        self.superblock.s_kbytes_written.set(number);
        let seconds = u32::try_from(self.now.seconds.max(0)).unwrap_or(u32::MAX);
        self.superblock.s_wtime.set(seconds);

        let block_size = self.block_size_bytes();
        let block = FsBlock(SUPERBLOCK_OFFSET_BYTES.checked_div(block_size).unwrap_or(0));
        let offset = SUPERBLOCK_OFFSET_BYTES.checked_rem(block_size).unwrap_or(0);
        let offset = usize::try_from(offset).unwrap_or(0);
        let superblock = self.superblock.clone();
        self.edit_block(block, "superblock", |bytes| {
            let place = bytes.get_mut(offset..).and_then(|b| b.get_mut(..SUPERBLOCK_SIZE_BYTES));
            if let Some(Ok(raw)) = place.map(RawSuperblock::mut_from_bytes) {
                *raw = superblock;
            }
        })?;
        Ok(number)
    }

    /// The change of all blocks that were in use, for the log.
    fn record(&self, image: &dyn BlockDevice, transaction: u64) -> Record {
        let base_bytes = self.overlay.image_offset_bytes();
        let mut blocks = BTreeMap::new();
        for (&offset_bytes, after) in self.overlay.blocks().iter() {
            let number = offset_bytes.checked_div(self.block_size_bytes()).unwrap_or(0);
            let Some(old) = self.before.get(&FsBlock(number)) else { continue };
            // What was changed and changed back need not be written.
            let offset_bytes = base_bytes.saturating_add(offset_bytes);
            if *old != before(offset_bytes, after) {
                let block = LoggedBlock { before: old.clone(), after: after.clone() };
                blocks.insert(offset_bytes, block);
            }
        }
        let identity = Identity {
            image_size_bytes: image.size_bytes(),
            offset_bytes: base_bytes
                .saturating_add(SUPERBLOCK_OFFSET_BYTES)
                .saturating_add(UUID_OFFSET_BYTES),
            bytes: self.superblock.s_uuid,
        };
        let block_size_bytes = u32::try_from(self.block_size_bytes()).unwrap_or(0);
        Record { identity, transaction, block_size_bytes, blocks }
    }
}
