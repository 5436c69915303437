//! File data: where ext2's block map meets the algorithm.

use std::ops::Range;

use super::Filesystem;
use super::block_map::BlockMap;
use super::error::{CallerError, Corrupt, FsError, Result};
use super::inode::{FileType, Inode};
use crate::mpage::{Fault, Geometry, PageIndex, ReadOptions, Reader, Stats};

/// Log2 of the smallest page, 4 KiB; where blocks are larger, a page is a block.
const PAGE_BITS: u32 = 12;

/// Reads a regular file from front to back.
pub struct FileReader<'fs> {
    map: BlockMap<'fs>,
    reader: Reader<'fs>,
    geometry: Geometry,
    range: Range<u64>,
    next: PageIndex,
}

impl Inode {
    /// Refuses what is no regular file.
    ///
    /// # Errors
    /// [`CallerError::IsADirectory`] and [`CallerError::NotRegular`].
    pub fn check_regular(&self) -> Result<()> {
        match self.file_type() {
            FileType::Regular => Ok(()),
            FileType::Directory => Err(CallerError::IsADirectory.into()),
            other => Err(CallerError::NotRegular(other).into()),
        }
    }
}

impl Filesystem {
    /// Block and page size of this filesystem's files.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        let block_bits = self.superblock().block_bits();
        // A superblock that has been checked has blocks of 1 to 64 KiB.
        Geometry::new(block_bits, block_bits.max(PAGE_BITS)).unwrap_or(Geometry::LARGEST)
    }

    /// Checks that an inode's data can be read as a file's and that its size is one that its block
    /// map can hold.
    ///
    /// # Errors
    /// [`CallerError`] where it is no regular file; [`Corrupt`] where its size is impossible.
    pub fn check_file(&self, inode: &Inode) -> Result<()> {
        inode.check_regular()?;
        inode.check_format()?;
        let size_bytes = inode.size_bytes();
        let blocks = size_bytes.div_ceil(self.superblock().block_size_bytes());
        if blocks > BlockMap::new(inode, self.metadata()).capacity_blocks() {
            let want = "want no more than a block map holds";
            let (ino, field) = (inode.ino(), "i_size");
            return Err(Corrupt::Inode { ino, field, value: size_bytes, want }.into());
        }
        Ok(())
    }

    /// Opens a regular file for reading the bytes of `range`, as far as the file has them.
    ///
    /// # Errors
    /// Those of [`check_file`](Self::check_file); the host has no memory for a window.
    pub fn open_file(
        &self,
        inode: &Inode,
        range: Range<u64>,
        options: ReadOptions,
    ) -> Result<FileReader<'_>> {
        self.check_file(inode)?;
        let geometry = self.geometry();
        let size_bytes = inode.size_bytes();
        let range = range.start.min(size_bytes)..range.end.min(size_bytes);
        let device = &**self.metadata().device();
        let reader = Reader::new(device, geometry, range.end, options).map_err(FsError::Memory)?;
        let next = PageIndex(range.start >> geometry.page_bits());
        let map = BlockMap::new(inode, self.metadata());
        Ok(FileReader { map, reader, geometry, range, next })
    }
}

impl FileReader<'_> {
    /// Reads the next window; `None` at the end. Returns what of it could not be read;
    /// [`pieces`](Self::pieces) has the rest.
    pub fn next_window(&mut self) -> Option<Vec<Fault<FsError>>> {
        let start = self.next.0.saturating_mul(self.geometry.page_size_bytes());
        if self.range.is_empty() || start >= self.range.end {
            return None;
        }
        let faults = self.reader.read_window(&mut self.map, self.next);
        self.next = PageIndex(self.geometry.pages_for(self.reader.window().end));
        Some(faults)
    }

    /// The bytes of the window that were asked for, in order; what could not be read is zeros.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.reader.pieces(self.range.start)
    }

    /// The bytes that are read, as far as the file has them.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        self.reader.stats()
    }
}
