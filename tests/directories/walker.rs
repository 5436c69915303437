//! Reads a directory's blocks as the format has them, and fails on whatever is not as it should be.
//! It shares no code with the writer but the hash, which debugfs has judged.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Directory, PARENT, SELF};

/// What a directory holds besides `.` and `..`.
pub type Names = BTreeMap<Vec<u8>, (u32, u8)>;

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The entries in use of a block: name, inode, type.
fn entries(bytes: &[u8], has_types: bool) -> Vec<(Vec<u8>, u32, u8)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rec_len = match u16_at(bytes, at + 4) {
            65535 => 65536,
            len => len,
        };
        let (name_len, kind) = match has_types {
            true => (usize::from(bytes[at + 6]), bytes[at + 7]),
            false => (u16_at(bytes, at + 6), 0),
        };
        assert!(rec_len >= 8 + name_len && rec_len % 4 == 0, "rec_len {rec_len} at {at}");
        assert!(at + rec_len <= bytes.len(), "rec_len {rec_len} at {at}");
        if u32_at(bytes, at) != 0 {
            let name = bytes[at + 8..at + 8 + name_len].to_vec();
            found.push((name, u32_at(bytes, at), kind));
        }
        at += rec_len;
    }
    found
}

/// Goes through all of a directory.
#[track_caller]
pub fn walk(directory: &Directory, parent: u32) -> Names {
    let has_types = directory.format.has_types;
    let kind = if has_types { 2 } else { 0 };
    let mut names = Names::new();
    for (at, bytes) in directory.memory.blocks.iter().enumerate() {
        let mut found = entries(bytes, has_types);
        if at == 0 {
            let rest = found.split_off(2);
            let dots = [(b".".to_vec(), SELF.0, kind), (b"..".to_vec(), parent, kind)];
            assert_eq!(found, dots);
            found = rest;
        }
        for (name, ino, kind) in found {
            let other = names.insert(name.clone(), (ino, kind));
            assert_eq!(other, None, "{} is there twice", String::from_utf8_lossy(&name));
        }
    }
    if directory.indexed {
        assert!(directory.format.dir_index);
        let mut tree = Tree { directory, seen: BTreeSet::from([0]) };
        tree.root();
        assert_eq!(tree.seen.len(), directory.memory.blocks.len(), "every block is led to");
    }
    names
}

/// As [`walk`], where `..` is what it was at first.
#[track_caller]
pub fn walk_new(directory: &Directory) -> Names {
    walk(directory, PARENT.0)
}

struct Tree<'a> {
    directory: &'a Directory,
    seen: BTreeSet<usize>,
}

impl Tree<'_> {
    fn root(&mut self) {
        let bytes = &self.directory.memory.blocks[0];
        assert_eq!(u16_at(bytes, 12 + 4), bytes.len() - 12, "`..` reaches to the end");
        assert_eq!(u32_at(bytes, 24), 0);
        assert_eq!(bytes[28], self.directory.format.hash_version);
        assert_eq!((bytes[29], bytes[31]), (8, 0));
        let levels = bytes[30];
        assert!(levels <= 1);
        self.pairs(bytes, 32, levels, 0, u32::MAX);
    }

    /// Pairs whose hashes are from `low` up to `high`, which belongs to the next block.
    fn pairs(&mut self, bytes: &[u8], start: usize, levels: u8, low: u32, high: u32) {
        let (limit, count) = (u16_at(bytes, start), u16_at(bytes, start + 2));
        assert_eq!(limit, (bytes.len() - start) / 8);
        assert!((1..=limit).contains(&count), "{count} of {limit}");
        let hash = |at: usize| match at {
            0 => low,
            at if at == count => high,
            at => u32_at(bytes, start + 8 * at),
        };
        for at in 0..count {
            let block = u32_at(bytes, start + 8 * at + 4) as usize;
            assert!(self.seen.insert(block), "block {block} comes twice");
            let (low, high) = (hash(at), hash(at + 1));
            assert!(low <= high, "{low:#x} {high:#x}");
            let below = &self.directory.memory.blocks[block];
            match levels {
                0 => self.leaf(below, low, high),
                _ => {
                    assert_eq!((u32_at(below, 0), below[6]), (0, 0));
                    assert!(entries(below, true).is_empty());
                    self.pairs(below, 8, levels - 1, low, high);
                }
            }
        }
    }

    fn leaf(&self, bytes: &[u8], low: u32, high: u32) {
        let hash = self.directory.hash();
        for (name, ..) in entries(bytes, self.directory.format.has_types) {
            let hash = hash.of(&name);
            // The last names of a leaf may have the hash by which the next one goes on: an odd one.
            let fits = hash >= low & !1 && (hash < high & !1 || (high & 1 == 1 && hash < high));
            let name = String::from_utf8_lossy(&name);
            assert!(fits, "{name}: {hash:#x} in {low:#x}..{high:#x}");
        }
    }
}
