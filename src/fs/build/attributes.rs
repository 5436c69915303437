//! Extended attributes of a new filesystem: what goes into inodes, and which blocks hold the rest.
//!
//! How a set of attributes is laid out is found again when it is written: kept is only whether it takes
//! a block. That is shared by all that have the same, up to as many as may share one: 3,000 files with
//! the same long list have three blocks.

use std::collections::BTreeMap;

use crate::fs::inventory::{Inventory, NodeId};
use crate::fs::xattr_store::{XATTR_REFCOUNT_LIMIT, plan_xattrs};
use crate::fs::{FsError, Ino};

use super::census::Census;

/// The attributes of all files.
#[derive(Debug, Default)]
pub struct Attributes {
    /// By the number of the set, whether it needs a block; none for those that nobody has.
    sets: Vec<Option<bool>>,
    /// Which of the blocks an inode uses.
    users: BTreeMap<Ino, u32>,
    /// Blocks: which set, and how many use it.
    blocks: Vec<(usize, u32)>,
}

impl Attributes {
    /// Lays out the attributes of a tree. What does not fit is told with who has it.
    pub fn of(
        tree: &Inventory,
        census: &Census,
        in_inode_bytes: usize,
        block_size_bytes: usize,
        failed: &mut dyn FnMut(NodeId, FsError),
    ) -> Self {
        let mut attributes = Self::default();
        if tree.count_xattr_sets() <= 1 {
            return attributes;
        }
        attributes.sets.resize(tree.count_xattr_sets(), None);
        // For each set, the block that still takes users.
        let mut open: BTreeMap<usize, usize> = BTreeMap::new();
        for (ino, node) in census.all() {
            let (set, xattrs) = tree.xattr_set(node);
            if xattrs.is_empty() {
                continue;
            }
            let Some(stored) = attributes.sets.get_mut(set) else { continue };
            if stored.is_none() {
                match plan_xattrs(xattrs, in_inode_bytes, block_size_bytes) {
                    Ok(plan) => *stored = Some(plan.block.is_some()),
                    Err(error) => failed(node, error),
                }
            }
            if *stored != Some(true) {
                continue;
            }
            let blocks = &mut attributes.blocks;
            let last = open.get(&set).copied();
            let last =
                last.filter(|at| blocks.get(*at).is_some_and(|b| b.1 < XATTR_REFCOUNT_LIMIT));
            let at = last.unwrap_or_else(|| {
                blocks.push((set, 0));
                blocks.len().saturating_sub(1)
            });
            open.insert(set, at);
            if let Some((_, users)) = blocks.get_mut(at) {
                *users = users.saturating_add(1);
            }
            attributes.users.insert(ino, u32::try_from(at).unwrap_or(u32::MAX));
        }
        attributes
    }

    /// How many blocks they take.
    pub fn count_blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Which of the blocks an inode uses.
    pub fn block_of(&self, ino: Ino) -> Option<u64> {
        self.users.get(&ino).map(|at| u64::from(*at))
    }

    /// The set that a block holds, and how many use it.
    pub fn block(&self, number: u64) -> Option<(usize, u32)> {
        usize::try_from(number).ok().and_then(|at| self.blocks.get(at)).copied()
    }
}
