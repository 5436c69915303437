//! What is remembered of a directory between edits, so that many of them are not a search each.
//!
//! Nothing here is needed to be right, only to be fast; but what is remembered must be true, so the
//! hints of a directory are for the editors of that directory only, and one that fails forgets them.
//!
//! For a linear directory they are the block of every name, by a hash of it, and the blocks by the
//! room that they have, in units of four bytes: with blocks 0, 1 and 2 that have 12, 40 and 16
//! bytes left, an entry of 16 bytes goes into block 1, the first one.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::dir_block::{ALIGN_BYTES, MOST_ENTRY_BYTES};
use crate::mpage::FileBlock;

/// The blocks of a linear directory are remembered once it has been searched this often: a single
/// edit need not, a batch of them must.
const SEARCHES: u32 = 4;

/// What is remembered of one directory; by default nothing.
#[derive(Debug, Default)]
pub struct DirHints {
    searches: u32,
    /// The index has been found in order.
    pub(super) index_checked: bool,
    /// What the entries besides `.` and `..` take, if they have been counted.
    pub(super) live_bytes: Option<u64>,
    pub(super) linear: Option<LinearHints>,
}

impl DirHints {
    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Counts a search of the whole directory, and tells whether to remember its blocks.
    pub(super) fn count_search(&mut self) -> bool {
        self.searches = self.searches.saturating_add(1);
        self.searches > SEARCHES
    }

    pub(super) fn add_live(&mut self, bytes: usize) {
        self.live_bytes = self.live_bytes.map(|live| live.saturating_add(bytes as u64));
    }

    pub(super) fn take_live(&mut self, bytes: usize) {
        self.live_bytes = self.live_bytes.map(|live| live.saturating_sub(bytes as u64));
    }
}

/// What is remembered of a linear directory.
#[derive(Debug)]
pub(super) struct LinearHints {
    /// The hash of each name, and its block; and how many names that is: two of one hash are not to
    /// be expected, but an image may be made of such.
    names: BTreeMap<(u64, FileBlock), u32>,
    /// The room of each block.
    rooms: Vec<usize>,
    /// The blocks that have so many units of room, or more in the last set.
    by_room: Vec<BTreeSet<usize>>,
}

/// The most units of room that matter.
const MOST_UNITS: usize = MOST_ENTRY_BYTES / ALIGN_BYTES;

impl LinearHints {
    pub fn new() -> Self {
        let by_room = vec![BTreeSet::new(); MOST_UNITS.saturating_add(1)];
        Self { names: BTreeMap::new(), rooms: Vec::new(), by_room }
    }

    /// The blocks where a name may be, in order.
    pub fn blocks_of(&self, name: &[u8]) -> Vec<FileBlock> {
        let hash = hash(name);
        let range = (hash, FileBlock(0))..=(hash, FileBlock(u64::MAX));
        self.names.range(range).map(|((_, block), _)| *block).collect()
    }

    pub fn add_name(&mut self, name: &[u8], block: FileBlock) {
        let count = self.names.entry((hash(name), block)).or_insert(0);
        *count = count.saturating_add(1);
    }

    pub fn remove_name(&mut self, name: &[u8], block: FileBlock) {
        let key = (hash(name), block);
        if let Some(count) = self.names.get_mut(&key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.names.remove(&key);
            }
        }
    }

    /// The first block with room for an entry.
    pub fn first_with(&self, need_bytes: usize) -> Option<FileBlock> {
        let sets = self.by_room.get(need_bytes.div_ceil(ALIGN_BYTES)..).unwrap_or_default();
        let first = sets.iter().filter_map(BTreeSet::first).min();
        first.map(|block| FileBlock(*block as u64))
    }

    /// The room of a block is not below this.
    pub fn widen_room(&mut self, block: FileBlock, room_bytes: usize) {
        let at = usize::try_from(block.0).unwrap_or(usize::MAX);
        let room = self.rooms.get(at).copied().unwrap_or(0);
        self.set_room(block, room.max(room_bytes));
    }

    /// The room of a block is this.
    pub fn set_room(&mut self, block: FileBlock, room_bytes: usize) {
        let Ok(at) = usize::try_from(block.0) else { return };
        self.drop_room(at);
        if self.rooms.len() <= at {
            self.rooms.resize(at.saturating_add(1), 0);
        }
        if let Some(room) = self.rooms.get_mut(at) {
            *room = room_bytes;
        }
        if let Some(set) = self.by_room.get_mut(units(room_bytes)) {
            set.insert(at);
        }
    }

    /// The directory has only so many blocks; those after were empty.
    pub fn truncate(&mut self, count_blocks: u64) {
        let count = usize::try_from(count_blocks).unwrap_or(usize::MAX);
        for at in count..self.rooms.len() {
            self.drop_room(at);
        }
        self.rooms.truncate(count);
    }

    fn drop_room(&mut self, at: usize) {
        let units = self.rooms.get(at).map(|room| units(*room));
        if let Some(set) = units.and_then(|units| self.by_room.get_mut(units)) {
            set.remove(&at);
        }
    }
}

fn units(room_bytes: usize) -> usize {
    (room_bytes / ALIGN_BYTES).min(MOST_UNITS)
}

/// A hash that is the same in every run.
fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_with_room_is_found() {
        let mut hints = LinearHints::new();
        for (room, at) in [12, 40, 16].into_iter().zip(0..) {
            hints.set_room(FileBlock(at), room);
        }
        assert_eq!(hints.first_with(12), Some(FileBlock(0)));
        assert_eq!(hints.first_with(16), Some(FileBlock(1)));
        hints.set_room(FileBlock(1), 24);
        assert_eq!(hints.first_with(264), None);
        hints.widen_room(FileBlock(2), 65536);
        hints.widen_room(FileBlock(2), 12);
        assert_eq!(hints.first_with(264), Some(FileBlock(2)));
        hints.truncate(2);
        assert_eq!(hints.first_with(264), None);
        assert_eq!(hints.first_with(24), Some(FileBlock(1)));
    }

    #[test]
    fn a_name_is_forgotten_unless_another_one_looks_the_same() {
        let mut hints = LinearHints::new();
        hints.add_name(b"a", FileBlock(7));
        hints.add_name(b"a", FileBlock(3));
        // As if it were another name of the same hash.
        hints.add_name(b"a", FileBlock(7));
        hints.remove_name(b"a", FileBlock(7));
        assert_eq!(hints.blocks_of(b"a"), [FileBlock(3), FileBlock(7)]);
        hints.remove_name(b"a", FileBlock(7));
        assert_eq!(hints.blocks_of(b"a"), [FileBlock(3)]);
        assert!(hints.blocks_of(b"b").is_empty());
    }
}
