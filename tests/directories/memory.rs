//! A directory in memory: its blocks, its flag, and the hints that edits share.

use std::sync::Arc;

use mpimg::fs::{
    Block, DirBlocks, DirEditor, DirFormat, DirHash, DirHints, HashVersion, Ino, Result,
};
use mpimg::mpage::FileBlock;

/// The directory itself, and the one that it is in.
pub const SELF: Ino = Ino(12);
pub const PARENT: Ino = Ino(2);

/// Blocks in memory, and how often they were read and changed.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub blocks: Vec<Block>,
    pub reads: std::cell::Cell<u64>,
    pub writes: u64,
}

impl DirBlocks for Memory {
    fn count_blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    fn read(&self, block: FileBlock) -> Result<Block> {
        self.reads.set(self.reads.get() + 1);
        Ok(Arc::clone(&self.blocks[block.0 as usize]))
    }

    fn write(&mut self, block: FileBlock, bytes: Vec<u8>) -> Result<()> {
        assert_eq!(bytes.len(), self.blocks[0].len(), "block {block}");
        self.blocks[block.0 as usize] = bytes.into();
        self.writes += 1;
        Ok(())
    }

    fn append(&mut self, bytes: Vec<u8>) -> Result<FileBlock> {
        self.blocks.push(bytes.into());
        self.writes += 1;
        Ok(FileBlock(self.blocks.len() as u64 - 1))
    }

    fn truncate(&mut self, count_blocks: u64) -> Result<()> {
        assert!(count_blocks > 0 && count_blocks < self.count_blocks());
        self.blocks.truncate(count_blocks as usize);
        Ok(())
    }
}

/// A directory and all that goes with it.
#[derive(Debug)]
pub struct Directory {
    pub format: DirFormat,
    pub memory: Memory,
    pub indexed: bool,
    pub hints: DirHints,
}

impl Directory {
    pub fn new(format: DirFormat) -> Self {
        let first = DirEditor::<Memory>::first_block(&format, SELF, PARENT);
        let memory = Memory { blocks: vec![first.into()], ..Memory::default() };
        Self { format, memory, indexed: false, hints: DirHints::default() }
    }

    /// Runs an edit, and keeps the flag.
    pub fn edit<T>(&mut self, edit: impl FnOnce(&mut DirEditor<'_, Memory>) -> T) -> T {
        let Self { format, memory, indexed, hints } = self;
        let mut editor = DirEditor::new(SELF, format, *indexed, memory, hints);
        let result = edit(&mut editor);
        *indexed = editor.is_indexed();
        result
    }

    pub fn hash(&self) -> DirHash {
        let version = HashVersion::from_disk(self.format.hash_version).unwrap();
        DirHash::new(version, self.format.unsigned_hash, self.format.seed)
    }
}

/// A format whose hash is half MD4.
pub fn format(block_size_bytes: usize, dir_index: bool) -> DirFormat {
    DirFormat {
        block_size_bytes,
        has_types: true,
        dir_index,
        hash_version: 1,
        unsigned_hash: false,
        seed: [1, 2, 3, 4],
    }
}
