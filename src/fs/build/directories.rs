//! Directories of a new filesystem: their blocks, each written once and for all.
//!
//! What fits into one block is rendered when it is written; larger ones are packed while everything is
//! counted, for how many blocks an index takes shows only then. Entries stand in the order of their
//! names, or, with an index, of their hashes.

use crate::fs::dir_block;
use crate::fs::dir_edit::DirFormat;
use crate::fs::dir_pack::{self, Live};
use crate::fs::inode::Ino;
use crate::fs::inventory::{Inventory, NodeId};

use super::census::{Census, LOST_FOUND_INO};

/// What `lost+found` has room for, so that a check needs no block where none may be free.
const LOST_FOUND_BYTES: usize = 16 << 10;
/// As long as it has no indirect block.
const LOST_FOUND_BLOCKS: usize = 12;

/// A directory that takes more than one block.
#[derive(Debug)]
pub struct Large {
    pub blocks: Vec<Vec<u8>>,
    pub indexed: bool,
}

/// The bytes of a directory's entries, `.` and `..` included.
pub fn entries_bytes(tree: &Inventory, directory: NodeId) -> usize {
    let names = tree.children(directory).map(|(name, _)| dir_block::entry_bytes(name.len()));
    names.fold(dir_block::DOTS_BYTES, usize::saturating_add)
}

/// A directory's blocks.
pub fn pack(tree: &Inventory, census: &Census, format: &DirFormat, directory: NodeId) -> Large {
    let hash = format.hash();
    let mut raws = Vec::with_capacity(tree.count_children(directory));
    for (name, node) in tree.children(directory) {
        let file_type = tree.view(node).file_type;
        let raw = dir_block::encode(name, census.ino(node), file_type, format.has_types);
        raws.push((hash.as_ref().map_or(0, |hash| hash.of(name)), raw));
    }
    let entries = raws.iter().map(|(hash, raw)| Live { hash: *hash, raw }).collect();
    let ino = census.ino(directory);
    let parent = census.ino(tree.parent(directory));
    let packed = dir_pack::pack(format, ino, parent, hash, entries);
    let mut large = Large { blocks: packed.blocks, indexed: packed.indexed };
    if ino == LOST_FOUND_INO && !large.indexed {
        let block_size = format.block_size_bytes;
        let least = LOST_FOUND_BYTES.div_ceil(block_size).clamp(2, LOST_FOUND_BLOCKS);
        while large.blocks.len() < least {
            large.blocks.push(dir_block::pack(block_size, []));
        }
    }
    large
}

/// Whether a directory has more than one block.
pub fn is_large(tree: &Inventory, ino: Ino, format: &DirFormat, directory: NodeId) -> bool {
    ino == LOST_FOUND_INO || entries_bytes(tree, directory) > format.block_size_bytes
}
