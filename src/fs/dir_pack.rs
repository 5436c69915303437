//! A directory laid out anew: in one block where it fits, else in leaves with an index over them.
//!
//! A linear directory that outgrows what it has gets an index this way, one that has emptied gets
//! small again, and one whose index is full gets it as narrow as it can be. Leaves are left a
//! quarter empty, so that the next entries do not split them at once:
//!
//! ```text
//! 3000 bytes of entries, blocks of 1024:   root | leaf 750 | leaf 750 | leaf 750 | leaf 750
//! ```

use super::dir_block::{self, DOTS_BYTES};
use super::dir_edit::DirFormat;
use super::dir_hash::DirHash;
use super::dir_index::{self, Pair};
use super::{FileType, Ino};
use crate::mpage::FileBlock;

/// An entry in use, besides `.` and `..`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live<'a> {
    pub hash: u32,
    /// As [`dir_block::encode`] makes it.
    pub raw: &'a [u8],
}

/// A directory's blocks, as they shall be.
#[derive(Debug)]
pub(super) struct Packed {
    pub blocks: Vec<Vec<u8>>,
    pub indexed: bool,
}

/// The block of a directory that holds nothing but `.` and `..`.
pub(super) fn first_block(format: &DirFormat, ino: Ino, parent: Ino) -> Vec<u8> {
    let [dot, dots] = dots(format, ino, parent);
    dir_block::pack(format.block_size_bytes, [&dot[..], &dots])
}

fn dots(format: &DirFormat, ino: Ino, parent: Ino) -> [Vec<u8>; 2] {
    let entry = |name, ino| dir_block::encode(name, ino, FileType::Directory, format.has_types);
    [entry(b".", ino), entry(b"..", parent)]
}

/// The bytes of a leaf that are filled.
fn fill_bytes(block_size: usize) -> usize {
    (block_size / 4).saturating_mul(3)
}

/// The pairs of a node that are filled; of the root as well, so that it does not fill up at once.
fn fill_pairs(limit: usize) -> usize {
    (limit / 4).saturating_mul(3)
}

/// Whether an index over so many leaves would leave room for as many more as it is made for.
pub(super) fn can_index(block_size: usize, count_leaves: u64) -> bool {
    let (root, node) = dir_index::limits(block_size);
    let most = fill_pairs(root).saturating_mul(fill_pairs(node));
    count_leaves <= most as u64
}

/// About how many blocks [`pack`] makes of so many bytes of entries.
pub(super) fn count_blocks(block_size: usize, live_bytes: u64) -> u64 {
    if live_bytes.saturating_add(DOTS_BYTES as u64) <= block_size as u64 {
        return 1;
    }
    let (root, node) = dir_index::limits(block_size);
    let leaves = live_bytes.div_ceil(fill_bytes(block_size).max(1) as u64);
    let nodes = match leaves > root as u64 {
        true => leaves.div_ceil(fill_pairs(node).max(1) as u64),
        false => 0,
    };
    leaves.saturating_add(nodes).saturating_add(1)
}

/// Lays out a directory: in one block where it fits; with an index by `hash`, where there is one
/// and it is wide enough; else one entry after the other.
pub(super) fn pack(
    format: &DirFormat,
    ino: Ino,
    parent: Ino,
    hash: Option<DirHash>,
    mut entries: Vec<Live<'_>>,
) -> Packed {
    let block_size = format.block_size_bytes;
    let total = entries.iter().fold(DOTS_BYTES, |sum, live| sum.saturating_add(live.raw.len()));
    if let Some(hash) = hash.filter(|_| total > block_size) {
        entries.sort_unstable_by_key(|live| (live.hash, live.raw));
        let leaves = cut(&entries, block_size);
        if can_index(block_size, leaves.len() as u64) {
            let dots = first_block(format, ino, parent);
            return Packed { blocks: index(block_size, &dots, hash, &leaves), indexed: true };
        }
    }
    let [dot, dots] = dots(format, ino, parent);
    let raws = [&dot[..], &dots].into_iter().chain(entries.iter().map(|live| live.raw));
    Packed { blocks: fill(block_size, raws), indexed: false }
}

/// Fills blocks, one entry after the other.
fn fill<'a>(block_size: usize, raws: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut pending: Vec<&[u8]> = Vec::new();
    let mut len = 0_usize;
    for raw in raws {
        if len.saturating_add(raw.len()) > block_size {
            blocks.push(dir_block::pack(block_size, pending.drain(..)));
            len = 0;
        }
        len = len.saturating_add(raw.len());
        pending.push(raw);
    }
    blocks.push(dir_block::pack(block_size, pending));
    blocks
}

/// A leaf: the hash by which the index leads to it, and its entries.
type Leaf<'e, 'a> = (u32, &'e [Live<'a>]);

/// Cuts sorted entries into leaves of about the same size. Names of one hash stay together where
/// they fit.
fn cut<'e, 'a>(entries: &'e [Live<'a>], block_size: usize) -> Vec<Leaf<'e, 'a>> {
    let total = entries.iter().fold(0_usize, |sum, live| sum.saturating_add(live.raw.len()));
    let count = total.div_ceil(fill_bytes(block_size).max(1)).max(1);
    let target = total.div_ceil(count);
    let mut leaves = Vec::new();
    let (mut start, mut len, mut hash) = (0, 0_usize, 0);
    let mut last = None;
    for (at, live) in entries.iter().enumerate() {
        let same = last == Some(live.hash);
        let over = len.saturating_add(live.raw.len()) > block_size;
        if over || (len >= target && !same) {
            leaves.push((hash, entries.get(start..at).unwrap_or_default()));
            (start, len) = (at, 0);
            hash = live.hash | u32::from(same);
        }
        len = len.saturating_add(live.raw.len());
        last = Some(live.hash);
    }
    leaves.push((hash, entries.get(start..).unwrap_or_default()));
    leaves
}

/// The root, the leaves in the order of their hashes, and the nodes where the root alone is too
/// small.
fn index(block_size: usize, dots: &[u8], hash: DirHash, leaves: &[Leaf<'_, '_>]) -> Vec<Vec<u8>> {
    let (root_limit, node_limit) = dir_index::limits(block_size);
    let leaf_pair = |(leaf, at): (&Leaf<'_, '_>, u64)| Pair { hash: leaf.0, block: FileBlock(at) };
    let mut pairs: Vec<_> = leaves.iter().zip(1..).map(leaf_pair).collect();
    let mut nodes = Vec::new();
    let levels = u8::from(pairs.len() > root_limit);
    if levels > 0 {
        let count = pairs.len().div_ceil(fill_pairs(node_limit).max(1)).max(1);
        let first = FileBlock(1).plus(pairs.len() as u64);
        let mut above = Vec::new();
        for (chunk, at) in pairs.chunks(pairs.len().div_ceil(count)).zip(0..) {
            let hash = chunk.first().map_or(0, |pair| pair.hash);
            above.push(Pair { hash, block: first.plus(at) });
            nodes.push(dir_index::node_bytes(block_size, chunk));
        }
        pairs = above;
    }
    let mut blocks = vec![dir_index::root_bytes(dots, hash.version(), levels, &pairs)];
    blocks.extend(
        leaves.iter().map(|(_, live)| dir_block::pack(block_size, live.iter().map(|l| l.raw))),
    );
    blocks.extend(nodes);
    blocks
}

/// Splits the entries of a leaf that do not fit into it any more: the hash by which the index leads
/// to the second half, and the halves. Names of one hash stay together where they can.
pub(super) fn split<'a>(block_size: usize, mut entries: Vec<Live<'a>>) -> (u32, [Vec<u8>; 2]) {
    entries.sort_unstable_by_key(|live| (live.hash, live.raw));
    let total = entries.iter().fold(0_usize, |sum, live| sum.saturating_add(live.raw.len()));
    // Where to split: by how far the halves differ, after whether they fit and share no hash.
    let mut best = ((true, true, usize::MAX), 0);
    let (mut left, mut last) = (0_usize, None);
    for (at, live) in entries.iter().enumerate() {
        let right = total.saturating_sub(left);
        let same = last == Some(live.hash);
        let over = left > block_size || right > block_size;
        best = best.min(((over || at == 0, same, left.abs_diff(right)), at));
        left = left.saturating_add(live.raw.len());
        last = Some(live.hash);
    }
    let (_, at) = best;
    let (left, right) = entries.split_at_checked(at).unwrap_or_default();
    let hash = right.first().map_or(0, |live| live.hash);
    let same = left.last().is_some_and(|live| live.hash == hash);
    let half = |entries: &[Live<'a>]| dir_block::pack(block_size, entries.iter().map(|l| l.raw));
    (hash | u32::from(same), [half(left), half(right)])
}
