//! Where an image keeps its metadata: a second, simple parser, so that mutation is not steered by
//! the code it tests. It trusts the image, which `mke2fs` made.

use std::ops::Range;

/// A kind of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The superblock's fields.
    Superblock,
    /// Group descriptors.
    Descriptors,
    /// Block and inode bitmaps.
    Bitmap,
    /// An inode in use.
    Inode,
    /// A directory's block.
    Directory,
    /// An indirect block of any depth.
    Indirect,
    /// A slow symlink's block.
    Symlink,
    /// A block of extended attributes.
    Xattr,
}

/// Bytes of the image that hold metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What they hold.
    pub kind: Kind,
    /// Where they are.
    pub bytes: Range<usize>,
}

/// Finds the metadata of `image`: all of it but the backups, which readers leave alone.
pub fn regions(image: &[u8]) -> Vec<Region> {
    Parser::new(image).run()
}

struct Parser<'a> {
    image: &'a [u8],
    block_size: usize,
    found: Vec<Region>,
}

const SUPERBLOCK: usize = 1024;
/// The superblock's fields end here; what follows is padding.
const SUPERBLOCK_FIELDS: usize = 264;
const DESCRIPTOR: usize = 32;
const I_BLOCK: usize = 40;
const I_FILE_ACL: usize = 104;

impl<'a> Parser<'a> {
    fn new(image: &'a [u8]) -> Self {
        assert_eq!(u16_at(image, SUPERBLOCK + 56), 0xef53, "an ext2 image");
        let meta_bg = 0x10;
        assert_eq!(u32_at(image, SUPERBLOCK + 96) & meta_bg, 0, "descriptors in one place");
        let block_size = 1024 << u32_at(image, SUPERBLOCK + 24);
        Self { image, block_size, found: Vec::new() }
    }

    fn run(mut self) -> Vec<Region> {
        let sb = |field: usize| u32_at(self.image, SUPERBLOCK + field) as usize;
        let (blocks, first_block, per_group, inodes_per_group) = (sb(4), sb(20), sb(32), sb(40));
        let revision = sb(76);
        let inode_size =
            if revision == 0 { 128 } else { u16_at(self.image, SUPERBLOCK + 88) as usize };
        let groups = (blocks - first_block).div_ceil(per_group);
        let table = (first_block + 1) * self.block_size;
        self.push(Kind::Superblock, SUPERBLOCK, SUPERBLOCK_FIELDS);
        self.push(Kind::Descriptors, table, groups * DESCRIPTOR);
        for group in 0..groups {
            let descriptor = table + group * DESCRIPTOR;
            let at = |field| u32_at(self.image, descriptor + field) as usize * self.block_size;
            let (block_bitmap, inode_bitmap, inode_table) = (at(0), at(4), at(8));
            self.push(Kind::Bitmap, block_bitmap, self.block_size);
            self.push(Kind::Bitmap, inode_bitmap, self.block_size);
            for index in 0..inodes_per_group {
                if self.image[inode_bitmap + index / 8] >> (index % 8) & 1 == 1 {
                    self.inode(inode_table + index * inode_size, inode_size);
                }
            }
        }
        self.found
    }

    fn inode(&mut self, offset: usize, size: usize) {
        let mode = u16_at(self.image, offset);
        if mode == 0 {
            return; // Reserved and never made.
        }
        self.push(Kind::Inode, offset, size);
        let acl_block = u32_at(self.image, offset + I_FILE_ACL);
        if acl_block != 0 {
            self.push_block(Kind::Xattr, acl_block);
        }
        let acl_sectors = if acl_block == 0 { 0 } else { self.block_size as u32 / 512 };
        let has_blocks = u32_at(self.image, offset + 28) > acl_sectors;
        let data = match mode >> 12 {
            0o04 => Some(Kind::Directory),
            0o12 if has_blocks => Some(Kind::Symlink),
            0o10 => None,
            _ => return,
        };
        for slot in 0..15 {
            let block = u32_at(self.image, offset + I_BLOCK + slot * 4);
            self.branch(block, slot.saturating_sub(11), data);
        }
    }

    fn branch(&mut self, block: u32, depth: usize, data: Option<Kind>) {
        if block == 0 {
            return;
        }
        if depth == 0 {
            if let Some(kind) = data {
                self.push_block(kind, block);
            }
            return;
        }
        self.push_block(Kind::Indirect, block);
        let start = block as usize * self.block_size;
        for entry in (start..start + self.block_size).step_by(4) {
            self.branch(u32_at(self.image, entry), depth - 1, data);
        }
    }

    fn push_block(&mut self, kind: Kind, block: u32) {
        self.push(kind, block as usize * self.block_size, self.block_size);
    }

    fn push(&mut self, kind: Kind, offset: usize, len: usize) {
        self.found.push(Region { kind, bytes: offset..offset + len });
    }
}

fn u16_at(image: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes([image[offset], image[offset + 1]])
}

fn u32_at(image: &[u8], offset: usize) -> u32 {
    u32::from(u16_at(image, offset)) | u32::from(u16_at(image, offset + 2)) << 16
}
