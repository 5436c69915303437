//! Edits of an image's bytes that no tool would make: names in place, entries that lead elsewhere,
//! maps. It trusts the image, which `mke2fs` made, and knows directories of twelve blocks.
//!
//! ```ignore
//! let mut editor = Editor::new(&image);
//! editor.rename("/dir/victim", b"..");
//! let hostile = editor.image();
//! ```

use crate::support::image::Image;

/// An image in memory.
pub struct Editor {
    bytes: Vec<u8>,
    block_size: usize,
}

const SUPERBLOCK: usize = 1024;
const ROOT: u32 = 2;
const I_SIZE: usize = 4;
const I_BLOCK: usize = 40;
const I_SIZE_HIGH: usize = 108;
/// The slot of `i_block` whose block points to blocks.
pub const SINGLE: usize = 12;
/// The slot with two levels below it.
pub const DOUBLE: usize = 13;
/// The slot with three.
pub const TRIPLE: usize = 14;

impl Editor {
    /// A copy of the image's bytes.
    pub fn new(image: &Image) -> Self {
        let bytes = image.bytes();
        let block_size = 1024 << u32_at(&bytes, SUPERBLOCK + 24);
        Self { bytes, block_size }
    }

    /// The edited image.
    pub fn image(&self) -> Image {
        Image::from_bytes(&self.bytes)
    }

    /// The number of the inode at an absolute path; no symlink is followed.
    #[track_caller]
    pub fn ino(&self, path: &str) -> u32 {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(ROOT, |directory, name| {
            u32_at(&self.bytes, self.entry(directory, name.as_bytes()))
        })
    }

    /// Another name for an entry, in its place; its record does not grow.
    #[track_caller]
    pub fn rename(&mut self, path: &str, name: &[u8]) {
        let at = self.entry_of(path);
        let room = usize::from(u16_at(&self.bytes, at + 4)) - 8;
        assert!(name.len() <= room, "{path}: no room for {}", name.escape_ascii());
        let [low, high] = (name.len() as u16).to_le_bytes();
        self.bytes[at + 6] = low;
        // Without file types in directories the length has two bytes.
        if self.bytes[at + 7] == 0 {
            self.bytes[at + 7] = high;
        }
        self.bytes[at + 8..at + 8 + name.len()].copy_from_slice(name);
    }

    /// Makes an entry lead to another inode.
    #[track_caller]
    pub fn lead_to(&mut self, path: &str, ino: u32) {
        let at = self.entry_of(path);
        self.put(at, ino);
    }

    /// What the inode's map says in one of its fifteen slots.
    #[track_caller]
    pub fn slot(&self, path: &str, slot: usize) -> u32 {
        u32_at(&self.bytes, self.inode(self.ino(path)) + I_BLOCK + slot * 4)
    }

    /// Sets a slot of the inode's map.
    #[track_caller]
    pub fn set_slot(&mut self, path: &str, slot: usize, block: u32) {
        let at = self.inode(self.ino(path)) + I_BLOCK + slot * 4;
        self.put(at, block);
    }

    /// Sets the size.
    #[track_caller]
    pub fn set_size(&mut self, path: &str, size_bytes: u64) {
        let at = self.inode(self.ino(path));
        self.put(at + I_SIZE, size_bytes as u32);
        self.put(at + I_SIZE_HIGH, (size_bytes >> 32) as u32);
    }

    /// Fills a block with a pointer, again and again.
    pub fn fill(&mut self, block: u32, pointer: u32) {
        let start = block as usize * self.block_size;
        for at in (start..start + self.block_size).step_by(4) {
            self.put(at, pointer);
        }
    }

    fn put(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    #[track_caller]
    fn entry_of(&self, path: &str) -> usize {
        let (directory, name) = path.rsplit_once('/').expect("an absolute path");
        self.entry(self.ino(directory), name.as_bytes())
    }

    /// Where a directory's entry is.
    #[track_caller]
    fn entry(&self, directory: u32, name: &[u8]) -> usize {
        let inode = self.inode(directory);
        let blocks = u32_at(&self.bytes, inode + I_SIZE) as usize / self.block_size;
        for slot in 0..blocks.min(12) {
            let block = u32_at(&self.bytes, inode + I_BLOCK + slot * 4) as usize;
            let (mut at, end) = (block * self.block_size, (block + 1) * self.block_size);
            while at < end {
                let len = usize::from(self.bytes[at + 6]);
                if u32_at(&self.bytes, at) != 0 && &self.bytes[at + 8..at + 8 + len] == name {
                    return at;
                }
                at += usize::from(u16_at(&self.bytes, at + 4)).max(8);
            }
        }
        panic!("{} is not in directory {directory}", name.escape_ascii());
    }

    fn inode(&self, ino: u32) -> usize {
        let sb = |field| u32_at(&self.bytes, SUPERBLOCK + field);
        let (group, index) = ((ino - 1) / sb(40), (ino - 1) % sb(40));
        let descriptors = (sb(20) as usize + 1) * self.block_size;
        let table = u32_at(&self.bytes, descriptors + group as usize * 32 + 8) as usize;
        let size = if sb(76) == 0 { 128 } else { u16_at(&self.bytes, SUPERBLOCK + 88) };
        table * self.block_size + index as usize * usize::from(size)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}
