//! The order of a tree: each directory before those below it, by name.
//!
//! Of a tree that holds `a/b`, `a/c/d` and `e`, the directories are the root, `a`, `a/c`; what is in
//! a directory is gone through by name, and so files come as `e`, `a/b`, `a/c/d`.

use crate::fs::inode::FileType;
use crate::fs::inventory::{Inventory, NodeId};

/// The directories of a tree, in its order.
pub(super) struct Directories<'t> {
    tree: &'t Inventory,
    /// Those yet to come, the next one last.
    pending: Vec<NodeId>,
}

impl<'t> Directories<'t> {
    pub fn of(tree: &'t Inventory) -> Self {
        Self { tree, pending: Vec::from([Inventory::ROOT]) }
    }
}

impl Iterator for Directories<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let directory = self.pending.pop()?;
        let from = self.pending.len();
        let is_directory = |node: &NodeId| self.tree.view(*node).file_type == FileType::Directory;
        let below = self.tree.children(directory).map(|(_, node)| node).filter(is_directory);
        self.pending.extend(below);
        if let Some(below) = self.pending.get_mut(from..) {
            below.reverse();
        }
        Some(directory)
    }
}

/// The path of something below the root of a tree, made by going through it.
pub(super) struct Path {
    bytes: Vec<u8>,
    directory_len: usize,
}

impl Path {
    pub fn of(tree: &Inventory, directory: NodeId) -> Self {
        let bytes = tree.path(directory);
        Self { directory_len: bytes.len(), bytes }
    }

    /// The directory itself.
    pub fn directory(&self) -> &[u8] {
        self.bytes.get(..self.directory_len).unwrap_or_default()
    }

    /// A name in the directory.
    pub fn name(&mut self, name: &[u8]) -> &[u8] {
        self.bytes.truncate(self.directory_len);
        if self.directory_len > 0 {
            self.bytes.push(b'/');
        }
        self.bytes.extend(name);
        &self.bytes
    }
}
