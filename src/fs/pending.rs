//! Data that is to be written: files that were put, their blocks allocated, their bytes not yet there.
//!
//! Nothing is written before everything is counted and placed: a command that finds no room in its
//! last line has written nothing for its first. Then files go out in the order of their inodes, which
//! is that of their blocks more often than not, and small ones that lie together share a call.

use std::collections::btree_set;
use std::io;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

use super::error::{Corrupt, FsError, Result};
use super::graft::Grafted;
use super::inode::Ino;
use super::transaction::Transaction;
use super::{BlockMap, Filesystem};
use crate::device::log::runs;
use crate::device::{BlockDevice, Overlay};
use crate::mpage::{FsBlock, PageSource, WRITE_WINDOW_BYTES, WriteError, Writer};

/// Files of up to so many blocks have their indirect blocks written together with their data.
const INLINE_BLOCKS: u64 = 2048;

/// Data of one file.
pub struct Pending<'a> {
    /// Where it comes from.
    pub source: Box<dyn PageSource + 'a>,
    /// Which bytes of the file, whole blocks, but perhaps for the last of the file.
    pub ranges: Vec<Range<u64>>,
}

impl Transaction<'_> {
    /// Writes the data that waits, to blocks that nothing leads to before the commit: it can be read
    /// through [`fs`](Self::fs) then.
    ///
    /// # Errors
    /// A source cannot be read, or the image cannot be written.
    pub fn flush_data(&mut self) -> Result<()> {
        if self.pending_files() == 0 || self.dry_run {
            return Ok(());
        }
        self.wrote_data = true;
        let device: &dyn BlockDevice = &*self.overlay;
        let writer =
            Writer::new(device, self.fs.geometry(), WRITE_WINDOW_BYTES).map_err(FsError::Memory)?;
        let fresh = std::mem::take(&mut self.fresh).into_iter().peekable();
        let mut flush = Flush { fs: &self.fs, overlay: &self.overlay, writer, fresh };
        while let Some((ino, mut pending)) = self.pending.pop_first() {
            flush.file(ino, &pending.ranges, &mut *pending.source)?;
        }
        for graft in self.grafts.drain(..) {
            graft.write(&mut flush)?;
        }
        let Flush { mut writer, fresh, .. } = flush;
        writer.finish()?;
        self.fresh = fresh.collect();
        self.fs.metadata().clear();
        self.stats.add(writer.stats());
        Ok(())
    }

    /// Writes metadata of blocks that nothing leads to before the commit.
    pub(super) fn write_fresh(&mut self) -> Result<()> {
        if self.fresh.is_empty() || self.dry_run {
            return Ok(());
        }
        self.wrote_data = true;
        let offsets = self.fresh.iter().map(|block| self.offset_of(*block));
        let blocks: Vec<_> = {
            let overlay = self.overlay.blocks();
            offsets.filter_map(|at| Some((at, overlay.get(&at)?.clone()))).collect()
        };
        for run in runs(blocks.iter().map(|(at, block)| (*at, block))) {
            // What is written through the overlay no longer hides the device.
            run.write_to(&*self.overlay)?;
        }
        self.fresh.clear();
        Ok(())
    }

    /// Puts the data of a file that waits into the bytes at the file's start, as they are on the image:
    /// so it can be read before it is written.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn fill_pending(&mut self, ino: Ino, bytes: &mut [u8]) -> io::Result<()> {
        let Some(pending) = self.pending.get_mut(&ino) else {
            let mut grafts = self.grafts.iter_mut();
            return grafts.try_for_each(|graft| graft.fill(ino, bytes));
        };
        let len_bytes = bytes.len() as u64;
        for range in &pending.ranges {
            let end = range.end.min(len_bytes);
            let place = usize::try_from(range.start).ok().zip(usize::try_from(end).ok());
            if let Some(place) = place.and_then(|(start, end)| bytes.get_mut(start..end)) {
                pending.source.fill(range.start, place)?;
            }
        }
        Ok(())
    }

    /// Files whose data waits.
    #[must_use]
    pub fn pending_files(&self) -> usize {
        let grafted = self.grafts.iter().map(Grafted::count_files);
        grafted.fold(self.pending.len(), usize::saturating_add)
    }

    /// Whether data of a file waits.
    #[must_use]
    pub fn has_pending(&self, ino: Ino) -> bool {
        self.pending.contains_key(&ino) || self.grafts.iter().any(|graft| graft.holds(ino))
    }

    /// Whatever of a file waits is not to be written any more.
    pub(super) fn drop_pending(&mut self, ino: Ino) {
        self.pending.remove(&ino);
        self.grafts.iter_mut().for_each(|graft| graft.forget(ino));
    }
}

/// Data on its way to the image.
pub(super) struct Flush<'t> {
    fs: &'t Filesystem,
    overlay: &'t Overlay<Arc<dyn BlockDevice>>,
    writer: Writer<'t>,
    /// Blocks of metadata that nothing leads to yet.
    fresh: Peekable<btree_set::IntoIter<FsBlock>>,
}

impl Flush<'_> {
    /// Writes data of a file, and the metadata that lies before its end.
    pub fn file(
        &mut self,
        ino: Ino,
        ranges: &[Range<u64>],
        source: &mut dyn PageSource,
    ) -> Result<()> {
        let inode = self.fs.inode(ino)?;
        let block_size = self.fs.superblock().block_size_bytes();
        // Small files lie in line with their indirect blocks: all of it goes out together.
        let last = inode.size_bytes().div_ceil(block_size).min(INLINE_BLOCKS);
        let end = inode.raw().i_block.iter().map(|p| u64::from(p.get()).saturating_add(last));
        let end = FsBlock(end.max().unwrap_or(0));
        while let Some(block) = self.fresh.next_if(|block| *block < end) {
            // It stays in the overlay until it is written: the map is read through that.
            let at = block.0.saturating_mul(block_size);
            let bytes = self.overlay.blocks().get(&at).cloned();
            if let Some(bytes) = bytes {
                self.writer.queue_block(block, &bytes)?;
            }
        }
        let mut map = BlockMap::new(&inode, self.fs.metadata());
        Ok(self.writer.write_file(&mut map, inode.size_bytes(), ranges, source)?)
    }
}

impl From<WriteError<FsError>> for FsError {
    fn from(error: WriteError<FsError>) -> Self {
        match error {
            WriteError::Map { error, .. } => error,
            WriteError::Source { source, .. } => Self::Content(source),
            WriteError::Device(error) => Self::Device(error),
            WriteError::NoPlace { block } => Corrupt::NoPlace { file_block: block }.into(),
            // Ranges are ours, and in order.
            error @ WriteError::Range { .. } => Self::Content(io::Error::other(error.to_string())),
        }
    }
}
