//! Directories: their entries, in the order in which they lie on disk.
//!
//! An indexed directory reads as a linear one: the blocks of its index look like empty entries to
//! whoever does not know them. That is what made the index compatible, and all that reading needs.

use std::collections::BTreeSet;

use super::Filesystem;
use super::block_map::BlockMap;
use super::disk::DIRECT_BLOCKS;
use super::error::{CallerError, Corrupt, Result};
use super::features::Incompat;
use super::inode::{FileType, Ino, Inode};
use crate::mpage::{FileBlock, FsBlock};

/// Bytes of an entry before its name.
const HEADER_BYTES: usize = 8;
/// Entries begin at multiples of this.
const ALIGN_BYTES: usize = 4;

/// An entry as it stands in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirEntry<'a> {
    /// What it names.
    pub ino: Ino,
    /// Its name: any bytes, on a corrupt image even `/` and NUL.
    pub name: &'a [u8],
    /// What it says that it names; `None` without `filetype`.
    pub file_type: Option<FileType>,
}

impl Filesystem {
    /// Calls `visit` for each entry of a directory, `.` and `..` included, until it returns
    /// something.
    ///
    /// # Errors
    /// [`CallerError::NotADirectory`]; a corrupt directory, after the entries before the fault have
    /// been visited; and what `visit` returns.
    pub fn visit_dir<T>(
        &self,
        directory: &Inode,
        mut visit: impl FnMut(DirEntry<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if directory.file_type() != FileType::Directory {
            return Err(CallerError::NotADirectory.into());
        }
        directory.check_format()?;
        let ino = directory.ino();
        let block_size = self.superblock().block_size_bytes();
        let size_bytes = directory.size_bytes();
        let blocks = size_bytes.div_ceil(block_size);
        if blocks > self.superblock().blocks_count() {
            let want = "want no more blocks than the filesystem has";
            return Err(Corrupt::Inode { ino, field: "i_size", value: size_bytes, want }.into());
        }
        let has_types = self.superblock().features().incompat.contains(Incompat::FILETYPE);
        let mut map = BlockMap::new(directory, self.metadata());
        // One block that is mapped a million times would be a million blocks of entries. The
        // direct ones are too few to matter, and most directories have no others.
        let mut seen = BTreeSet::new();
        for file_block in (0..blocks).map(FileBlock) {
            let block = dir_block(ino, &mut map, file_block)?;
            if file_block.0 >= DIRECT_BLOCKS as u64 && !seen.insert(block) {
                return Err(Corrupt::DirBlockAgain { ino, file_block, block }.into());
            }
            let bytes = self.metadata().read(block, "directory")?;
            let base = file_block.0.saturating_mul(block_size);
            for entry in Entries::new(ino, &bytes, base, has_types) {
                if let Some(found) = visit(entry?)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The inode that `name` names in a directory.
    ///
    /// # Errors
    /// [`CallerError::NotFound`], and those of [`visit_dir`](Self::visit_dir).
    pub fn lookup(&self, directory: &Inode, name: &[u8]) -> Result<Ino> {
        self.visit_dir(directory, |entry| Ok((entry.name == name).then_some(entry.ino)))?
            .ok_or_else(|| CallerError::NotFound.into())
    }
}

/// Where a block of a directory lies.
fn dir_block(ino: Ino, map: &mut BlockMap<'_>, file_block: FileBlock) -> Result<FsBlock> {
    let run = map.run(file_block, file_block.plus(1))?;
    run.and_then(|run| run.block).ok_or_else(|| Corrupt::DirHole { ino, file_block }.into())
}

/// What an entry begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub ino: Ino,
    /// The entry's length: up to where the next one begins.
    pub len_bytes: usize,
    pub name_len: usize,
    kind: u8,
}

impl Header {
    /// Reads it, if there are bytes enough.
    #[inline]
    pub(super) fn read(bytes: &[u8], at: usize, has_types: bool) -> Option<Self> {
        let header: &[u8; HEADER_BYTES] = bytes.get(at..)?.first_chunk()?;
        let [i0, i1, i2, i3, r0, r1, name_len, kind] = *header;
        // 65536 does not fit into 16 bits: a block of that size has its length written as 65535
        // (ext2) or 0 (ext4).
        let len_bytes = match u16::from_le_bytes([r0, r1]) {
            0 | u16::MAX if bytes.len() == 1 << 16 => 1 << 16,
            len => usize::from(len),
        };
        let name_len = match has_types {
            true => usize::from(name_len),
            false => usize::from(u16::from_le_bytes([name_len, kind])),
        };
        let ino = Ino(u32::from_le_bytes([i0, i1, i2, i3]));
        Some(Self { ino, len_bytes, name_len, kind })
    }

    /// What is wrong with the entry's length, where `rest_bytes` are left of the block.
    #[inline]
    pub(super) fn fault(self, rest_bytes: usize) -> Option<&'static str> {
        let least = HEADER_BYTES.saturating_add(self.name_len).next_multiple_of(ALIGN_BYTES);
        if self.len_bytes < least || !self.len_bytes.is_multiple_of(ALIGN_BYTES) {
            return Some("want a multiple of 4 that holds the name");
        }
        (self.len_bytes > rest_bytes).then_some("want an end inside the block")
    }

    pub(super) fn file_type(self, has_types: bool) -> Option<FileType> {
        FileType::from_dirent(self.kind).filter(|_| has_types)
    }
}

/// An entry of a block, in use or not, and the room that is its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot<'a> {
    /// Where in the block it begins.
    pub at: usize,
    /// Its length: up to where the next one begins.
    pub len_bytes: usize,
    pub entry: DirEntry<'a>,
}

/// Iterates over the entries in use of one block.
pub(super) struct Entries<'a> {
    ino: Ino,
    bytes: &'a [u8],
    /// Where in the block the next entry begins.
    at: usize,
    /// Where in the directory the block begins.
    base: u64,
    has_types: bool,
}

impl<'a> Entries<'a> {
    pub(super) fn new(ino: Ino, bytes: &'a [u8], base: u64, has_types: bool) -> Self {
        Self { ino, bytes, at: 0, base, has_types }
    }

    /// The next entry, in use or not. After an error there are no more.
    #[inline]
    pub(super) fn next_slot(&mut self) -> Option<Result<Slot<'a>>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let at = self.at;
        Some(match self.parse() {
            Ok((entry, len_bytes)) => {
                self.at = at.saturating_add(len_bytes);
                Ok(Slot { at, len_bytes, entry })
            }
            Err(error) => {
                self.at = self.bytes.len();
                Err(error)
            }
        })
    }

    /// The entry at `at`, used or not, and its length.
    #[inline]
    fn parse(&self) -> Result<(DirEntry<'a>, usize)> {
        let fault = |field, value: u64, want| {
            let offset_bytes = self.base.saturating_add(self.at as u64);
            Corrupt::DirEntry { ino: self.ino, offset_bytes, field, value, want }
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(header) = Header::read(self.bytes, self.at, self.has_types) else {
            return Err(fault("rec_len", rest.len() as u64, "too little for an entry").into());
        };
        if let Some(want) = header.fault(rest.len()) {
            return Err(fault("rec_len", header.len_bytes as u64, want).into());
        }
        let name_end = HEADER_BYTES.saturating_add(header.name_len);
        let entry = DirEntry {
            ino: header.ino,
            name: rest.get(HEADER_BYTES..name_end).unwrap_or_default(),
            file_type: header.file_type(self.has_types),
        };
        Ok((entry, header.len_bytes))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<DirEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(slot) = self.next_slot() {
            match slot {
                // Inode 0 marks an entry that is not in use.
                Ok(slot) if slot.entry.ino == Ino(0) => {}
                slot => return Some(slot.map(|slot| slot.entry)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(ino: u32, rec_len: u16, name_len: u8, kind: u8, name: &[u8]) -> Vec<u8> {
        let mut bytes = ino.to_le_bytes().to_vec();
        bytes.extend(rec_len.to_le_bytes());
        bytes.extend([name_len, kind]);
        bytes.extend(name);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn names(bytes: &[u8], has_types: bool) -> Vec<std::result::Result<Vec<u8>, String>> {
        Entries::new(Ino(2), bytes, 0, has_types)
            .map(|e| e.map(|e| e.name.to_vec()).map_err(|e| e.to_string()))
            .collect()
    }

    #[test]
    fn skips_entries_that_are_not_in_use() {
        let mut bytes = entry(2, 12, 1, 2, b".");
        bytes.extend(entry(0, 12, 3, 1, b"old"));
        bytes.extend(entry(12, 12, 3, 1, b"new"));
        assert_eq!(names(&bytes, true), [Ok(b".".to_vec()), Ok(b"new".to_vec())]);
    }

    #[test]
    fn an_entry_of_64_kib_has_a_length_that_does_not_fit() {
        for code in [0, u16::MAX] {
            let mut bytes = entry(12, code, 1, 1, b"a");
            bytes.resize(1 << 16, 0);
            assert_eq!(names(&bytes, true), [Ok(b"a".to_vec())]);
        }
    }

    #[test]
    fn a_bad_length_ends_the_block_with_an_error_that_tells_where() {
        for (rec_len, what) in [(0, "is 0,"), (10, "is 10,"), (8, "is 8,"), (400, "is 400,")] {
            let mut bytes = entry(2, 12, 1, 2, b".");
            bytes.extend(entry(12, rec_len, 3, 1, b"bad"));
            let found = names(&bytes, true);
            assert_eq!(found.len(), 2);
            let error = found[1].as_ref().unwrap_err();
            assert!(error.contains("at byte 12") && error.contains(what), "{error}");
        }
    }

    #[test]
    fn without_filetype_the_name_length_has_16_bits() {
        let bytes = entry(12, 12, 3, 1, b"abc");
        assert!(names(&bytes, false)[0].is_err(), "259 bytes do not fit");
        let bytes = entry(12, 12, 3, 0, b"abc");
        assert_eq!(names(&bytes, false), [Ok(b"abc".to_vec())]);
    }
}
