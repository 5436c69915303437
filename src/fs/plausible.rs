//! How much there can be: what bounds all that a walk or a stream does together.
//!
//! Each block and each inode belongs to one file. So directories together have no more blocks than
//! the filesystem, files no more data, and what claims one name only has one. An image that says
//! otherwise shares what it has, and would never end. A superblock's claims count as far as the device
//! is not many times smaller: what was cut off cannot be read, and what was never there is a claim.

use super::Filesystem;

/// How many times larger than the device a filesystem is believed to be.
const TIMES: u64 = 4;
/// Blocks that are believed on top of that, for what is small.
const MORE_BLOCKS: u64 = 16_384;

impl Filesystem {
    /// The blocks that the filesystem can have.
    pub(super) fn plausible_blocks(&self) -> u64 {
        let block_size = self.superblock().block_size_bytes();
        let on_device = self.metadata().device().size_bytes().checked_div(block_size).unwrap_or(0);
        let believed = on_device.saturating_mul(TIMES).saturating_add(MORE_BLOCKS);
        self.superblock().blocks_count().min(believed)
    }

    /// What these blocks hold.
    pub(super) fn plausible_bytes(&self) -> u64 {
        self.plausible_blocks().saturating_mul(self.superblock().block_size_bytes())
    }

    /// The inodes that the filesystem can have: no more than these blocks have room for.
    pub(super) fn plausible_inodes(&self) -> u64 {
        let inode_size = self.superblock().inode_size_bytes() as u64;
        let room = self.plausible_bytes().checked_div(inode_size).unwrap_or(0);
        u64::from(self.superblock().inodes_count()).min(room)
    }
}
