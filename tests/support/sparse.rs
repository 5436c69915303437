//! Sparse files: a size, and the blocks that hold data; all else is holes.
//!
//! The data is [`content`] at its position in the file, so a block read from the wrong place, and
//! a hole read as data, both show.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::content;

/// A sparse file's description; it can be made on the host and its content asked for.
#[derive(Debug, Clone)]
pub struct Sparse {
    /// Its absolute path in the image.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// The block size in which `blocks` count.
    pub block_size: u32,
    /// The file blocks that hold data, ascending.
    pub blocks: Vec<u64>,
    /// The content's seed.
    pub seed: u64,
}

impl Sparse {
    /// A file that ends with its last data block, or `cut_bytes` before that block's end.
    pub fn new(path: &str, block_size: u32, blocks: &[u64], cut_bytes: u64, seed: u64) -> Self {
        let count_blocks = blocks.last().map_or(0, |last| last + 1);
        Self {
            path: path.to_owned(),
            size_bytes: count_blocks * u64::from(block_size) - cut_bytes,
            block_size,
            blocks: blocks.to_vec(),
            seed,
        }
    }

    /// The same, with a hole up to `size_bytes` at its end.
    pub fn with_size(mut self, size_bytes: u64) -> Self {
        self.size_bytes = size_bytes;
        self
    }

    /// Makes it below the host directory `root`, whose directories for it must be there.
    pub fn make(&self, root: &Path) {
        let file = File::create(root.join(self.path.trim_start_matches('/'))).expect("a file");
        file.set_len(self.size_bytes).expect("a file of that size");
        for (offset, data) in self.pieces() {
            file.write_all_at(&data, offset).expect("data in the file");
        }
    }

    /// Its data, block by block, with the offset of each.
    pub fn pieces(&self) -> impl Iterator<Item = (u64, Vec<u8>)> + '_ {
        let block_size = u64::from(self.block_size);
        self.blocks.iter().map(move |block| {
            let offset = block * block_size;
            let len = block_size.min(self.size_bytes.saturating_sub(offset));
            let mut data = vec![0; len as usize];
            content::fill(self.seed, offset, &mut data);
            (offset, data)
        })
    }

    /// The whole content; only for files that fit in memory.
    pub fn content(&self) -> Vec<u8> {
        assert!(self.size_bytes <= 1 << 28, "{} is too large for this", self.path);
        let mut whole = vec![0; self.size_bytes as usize];
        for (offset, data) in self.pieces() {
            let from = offset as usize;
            whole[from..from + data.len()].copy_from_slice(&data);
        }
        whole
    }

    /// Checks what a reader made of the file, piece by piece as it comes: for files of gigabytes.
    pub fn check(&self) -> SparseCheck<'_> {
        SparseCheck { file: self, position_bytes: 0 }
    }
}

/// Compares a stream with a [`Sparse`] file.
#[derive(Debug)]
pub struct SparseCheck<'a> {
    file: &'a Sparse,
    position_bytes: u64,
}

impl SparseCheck<'_> {
    /// Takes the next bytes of the stream and fails on the first that is wrong.
    #[track_caller]
    pub fn take(&mut self, bytes: &[u8]) {
        let block_size = u64::from(self.file.block_size);
        let mut rest = bytes;
        while !rest.is_empty() {
            let block = self.position_bytes / block_size;
            let until_end = block_size - self.position_bytes % block_size;
            let (now, later) = rest.split_at(rest.len().min(until_end as usize));
            let mut expected = vec![0; now.len()];
            if self.file.blocks.binary_search(&block).is_ok() {
                content::fill(self.file.seed, self.position_bytes, &mut expected);
            }
            assert!(now == expected, "{}: file block {block} is wrong", self.file.path);
            self.position_bytes += now.len() as u64;
            rest = later;
        }
    }

    /// Fails unless the stream had the file's length.
    #[track_caller]
    pub fn finish(self) {
        assert_eq!(self.position_bytes, self.file.size_bytes, "{}: length", self.file.path);
    }
}
