//! Directories, written: names are found, put in, taken out, and led to other inodes.
//!
//! A directory is a sequence of [blocks](DirBlocks) here; who owns them, and what becomes of inodes
//! and of their link counts, is the caller's. An edit that finds the directory corrupt changes
//! nothing; one that `DirBlocks` fails may be half done, and its transaction is to be dropped.
//!
//! ```
//! # use mpimg::fs::{Block, DirBlocks, DirEditor, DirFormat, DirHints, FileType, Ino, Result};
//! # use mpimg::mpage::FileBlock;
//! struct Memory(Vec<Block>);
//! impl DirBlocks for Memory {
//!     // ...
//! #   fn count_blocks(&self) -> u64 { self.0.len() as u64 }
//! #   fn read(&self, block: FileBlock) -> Result<Block> { Ok(self.0[block.0 as usize].clone()) }
//! #   fn write(&mut self, block: FileBlock, bytes: Vec<u8>) -> Result<()> {
//! #       self.0[block.0 as usize] = bytes.into(); Ok(()) }
//! #   fn append(&mut self, bytes: Vec<u8>) -> Result<FileBlock> {
//! #       self.0.push(bytes.into()); Ok(FileBlock(self.0.len() as u64 - 1)) }
//! #   fn truncate(&mut self, count: u64) -> Result<()> { self.0.truncate(count as usize); Ok(()) }
//! }
//! # let (block_size_bytes, has_types, dir_index, hash_version) = (1024, true, true, 1);
//! # let (unsigned_hash, seed) = (false, [0; 4]);
//! let format = DirFormat { block_size_bytes, has_types, /* ... */
//! #    dir_index, hash_version, unsigned_hash, seed };
//! let mut blocks = Memory(vec![DirEditor::<Memory>::first_block(&format, Ino(12), Ino(2)).into()]);
//! let mut hints = DirHints::default();
//! let mut editor = DirEditor::new(Ino(12), &format, false, &mut blocks, &mut hints);
//! editor.insert(b"hello", Ino(13), FileType::Regular)?;
//! assert_eq!(editor.find(b"hello")?.unwrap().ino, Ino(13));
//! assert_eq!(editor.remove(b"hello")?, Some(Ino(13)));
//! # Ok::<(), mpimg::fs::FsError>(())
//! ```

use zerocopy::little_endian::U32;

use super::dir_block::{self, DirBlock, Hit};
use super::dir_hash::{DirHash, HashVersion};
use super::dir_hints::DirHints;
use super::dir_index::Reader;
use super::dir_pack;
use super::error::Result;
use super::metadata::Block;
use super::{Compat, FileType, Incompat, Ino, Superblock};
use crate::mpage::FileBlock;

/// The bit of `s_flags` that says that directory hashes are of unsigned characters.
const UNSIGNED_HASH: u32 = 2;

/// The blocks of one directory, as a transaction offers them. Each has the filesystem's block size.
pub trait DirBlocks {
    /// How many there are.
    fn count_blocks(&self) -> u64;

    /// Reads a block.
    ///
    /// # Errors
    /// The block cannot be read.
    fn read(&self, block: FileBlock) -> Result<Block>;

    /// Replaces a block.
    ///
    /// # Errors
    /// The block cannot be changed.
    fn write(&mut self, block: FileBlock, bytes: Vec<u8>) -> Result<()>;

    /// Adds a block at the end.
    ///
    /// # Errors
    /// There is no space.
    fn append(&mut self, bytes: Vec<u8>) -> Result<FileBlock>;

    /// Gives up the blocks from number `count_blocks` on.
    ///
    /// # Errors
    /// A block cannot be given up.
    fn truncate(&mut self, count_blocks: u64) -> Result<()>;
}

/// What the superblock says about directories.
#[derive(Debug, Clone)]
pub struct DirFormat {
    /// Bytes in a block.
    pub block_size_bytes: usize,
    /// Whether entries tell types: feature `filetype`.
    pub has_types: bool,
    /// Whether directories may have an index: feature `dir_index`.
    pub dir_index: bool,
    /// Which hash a new index gets: `s_def_hash_version`.
    pub hash_version: u8,
    /// Whether the hashes are of unsigned characters: bit 1 of `s_flags`.
    pub unsigned_hash: bool,
    /// `s_hash_seed`.
    pub seed: [u32; 4],
}

impl DirFormat {
    /// What a superblock says.
    #[must_use]
    pub fn of(superblock: &Superblock) -> Self {
        let (raw, features) = (superblock.raw(), superblock.features());
        Self {
            block_size_bytes: usize::try_from(superblock.block_size_bytes()).unwrap_or(usize::MAX),
            has_types: features.incompat.contains(Incompat::FILETYPE),
            dir_index: features.compat.contains(Compat::DIR_INDEX),
            hash_version: raw.s_def_hash_version,
            unsigned_hash: raw.s_flags.get() & UNSIGNED_HASH != 0,
            seed: raw.s_hash_seed.map(U32::get),
        }
    }

    /// The hash of a new index, if it is to have one and its number is known.
    pub(super) fn hash(&self) -> Option<DirHash> {
        let version = HashVersion::from_disk(self.hash_version).filter(|_| self.dir_index)?;
        Some(DirHash::new(version, self.unsigned_hash, self.seed))
    }
}

/// What a name was found to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The inode.
    pub ino: Ino,
    /// What the entry says that it is; `None` without `filetype`.
    pub file_type: Option<FileType>,
    /// The directory's block that holds the entry.
    pub block: FileBlock,
    /// Where in the block the entry begins.
    pub at_bytes: usize,
}

/// A name that is to be put into a directory.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// The name.
    pub name: &'a [u8],
    /// What it is to name.
    pub ino: Ino,
    /// What that is.
    pub file_type: FileType,
}

/// Edits one directory.
#[derive(Debug)]
pub struct DirEditor<'a, B> {
    pub(super) ino: Ino,
    pub(super) format: &'a DirFormat,
    pub(super) indexed: bool,
    pub(super) blocks: &'a mut B,
    pub(super) hints: &'a mut DirHints,
}

/// An entry that was found, and the block that it is in.
pub(super) struct Located {
    pub block: FileBlock,
    pub bytes: Block,
    pub hit: Hit,
}

impl<'a, B: DirBlocks> DirEditor<'a, B> {
    /// An editor of directory `ino`; `indexed` is what its inode says (`EXT2_INDEX_FL`). The hints
    /// are new ones, or those of the editor that this directory had before.
    pub fn new(
        ino: Ino,
        format: &'a DirFormat,
        indexed: bool,
        blocks: &'a mut B,
        hints: &'a mut DirHints,
    ) -> Self {
        // Without the feature, the flag means nothing, and must not stay.
        Self { ino, format, indexed: indexed && format.dir_index, blocks, hints }
    }

    /// The only block of a new directory, which holds `.` and `..`.
    #[must_use]
    pub fn first_block(format: &DirFormat, ino: Ino, parent: Ino) -> Vec<u8> {
        dir_pack::first_block(format, ino, parent)
    }

    /// Whether the directory's inode has to say that it is indexed: for the caller to store after
    /// each edit.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// What a name names.
    ///
    /// # Errors
    /// The directory is corrupt, or cannot be read.
    pub fn find(&mut self, name: &[u8]) -> Result<Option<Found>> {
        let found = self.locate(name)?.map(|Located { block, hit, .. }| {
            let Hit { ino, file_type, at, .. } = hit;
            Found { ino, file_type, block, at_bytes: at }
        });
        Ok(found)
    }

    /// Puts in a name that is not there: whoever puts it in has looked.
    ///
    /// # Errors
    /// [`CallerError`](super::CallerError) where it is no name; the directory is corrupt, or cannot
    /// be changed.
    pub fn insert(&mut self, name: &[u8], ino: Ino, file_type: FileType) -> Result<()> {
        dir_block::check_name(name)?;
        let entry = dir_block::encode(name, ino, file_type, self.format.has_types);
        let inserted = match self.index()? {
            Some(index) => self.insert_indexed(&index, name, &entry),
            None => self.insert_linear(name, &entry),
        };
        self.hints.add_live(entry.len());
        self.forget_on_error(inserted)
    }

    /// Puts in names that are not there, as many [`insert`](Self::insert)s do; where they are many
    /// for the directory, it is laid out anew once, and not piece by piece.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_all(&mut self, entries: &[NewEntry<'_>]) -> Result<()> {
        let laid_out = self.lay_out_with(entries);
        if self.forget_on_error(laid_out)? {
            return Ok(());
        }
        entries.iter().try_for_each(|entry| self.insert(entry.name, entry.ino, entry.file_type))
    }

    /// Takes a name out, and tells what it named.
    ///
    /// # Errors
    /// [`CallerError`](super::CallerError) where it is no name; the directory is corrupt, or cannot
    /// be changed.
    pub fn remove(&mut self, name: &[u8]) -> Result<Option<Ino>> {
        dir_block::check_name(name)?;
        let Some(located) = self.locate(name)? else { return Ok(None) };
        let removed = self.remove_located(name, &located);
        self.forget_on_error(removed)?;
        Ok(Some(located.hit.ino))
    }

    /// Has a name that is there, `..` among them, name another inode, and tells what it named.
    ///
    /// # Errors
    /// The directory is corrupt, or cannot be changed.
    pub fn replace(&mut self, name: &[u8], ino: Ino, file_type: FileType) -> Result<Option<Ino>> {
        let Some(Located { block, bytes, hit }) = self.locate(name)? else { return Ok(None) };
        let mut bytes = bytes.to_vec();
        let file_type = Some(file_type).filter(|_| self.format.has_types);
        dir_block::replace(&mut bytes, hit.at, ino, file_type);
        self.blocks.write(block, bytes)?;
        Ok(Some(hit.ino))
    }

    /// Whether it holds nothing but `.` and `..`.
    ///
    /// # Errors
    /// The directory is corrupt, or cannot be read.
    pub fn is_empty(&self) -> Result<bool> {
        for block in (0..self.blocks.count_blocks()).map(FileBlock) {
            let bytes = self.blocks.read(block)?;
            for slot in self.view(block, &bytes).live() {
                if !matches!(slot?.entry.name, b"." | b"..") {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    pub(super) fn view<'b>(&self, block: FileBlock, bytes: &'b [u8]) -> DirBlock<'b> {
        DirBlock { ino: self.ino, block, bytes, has_types: self.format.has_types }
    }

    pub(super) fn reader(&self) -> Reader<'_, B> {
        Reader { ino: self.ino, format: self.format, blocks: self.blocks }
    }

    fn forget_on_error<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.hints.forget();
        }
        result
    }
}
