//! The index of a directory: a tree that leads from the hash of a name to the block of its entry.
//!
//! The root lies in block 0 behind `.` and `..`, whose length hides it from whoever does not know
//! it; a node hides behind one entry that is not in use. Each holds pairs of a hash and a block, the
//! first one's hash being that of the node itself: a block holds the names from its hash up to the
//! next one's. Where the names of one hash go on in the next block, the hash there is odd.
//!
//! ```text
//! root   levels 0:  0 → block 1,  0x40000000 → block 2,  0x40000001 → block 3
//! ```
//!
//! A name of hash 0x40000000 is in block 2 or 3, one of 0x3ffffffe in block 1.
//!
//! An index is checked as a whole before it is used, so that nothing here leads into a circle or
//! over an index block. Source: Linux `fs/ext4/namei.c`.

use std::collections::BTreeSet;

use super::Ino;
use super::dir::Slot;
use super::dir_block::{self, DOTS_BYTES, DirBlock};
use super::dir_edit::{DirBlocks, DirFormat};
use super::dir_hash::{DirHash, HashVersion};
use super::error::{Corrupt, Result};
use super::metadata::Block;
use crate::mpage::FileBlock;

/// Bytes of a pair of hash and block.
const PAIR_BYTES: usize = 8;
/// Where the root's pairs begin: after `.`, `..` and eight bytes about the index.
const ROOT_START: usize = 32;
/// Where a node's pairs begin: after an entry that is not in use.
const NODE_START: usize = 8;
/// The length of what the root tells about the index, as it is written there.
const INFO_BYTES: u8 = 8;
/// Most levels of nodes below the root, without `large_dir`.
const MOST_LEVELS: u8 = 1;
/// The bits of a block's number that are one.
const BLOCK_MASK: u32 = 0x0fff_ffff;

/// A pair of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub hash: u32,
    pub block: FileBlock,
}

/// A block of the index.
#[derive(Debug, Clone)]
struct Node {
    block: FileBlock,
    bytes: Block,
    start: usize,
    count: usize,
    limit: usize,
}

/// An index whose root has been read.
#[derive(Debug)]
pub(super) struct Index {
    root: Node,
    levels: u8,
    hash: DirHash,
}

/// The way from the root to a leaf: the nodes, and which of their pairs leads on.
#[derive(Debug)]
pub(super) struct Path {
    steps: Vec<(Node, usize)>,
}

/// Pairs that fit into the root, and into a node.
pub(super) fn limits(block_size: usize) -> (usize, usize) {
    let pairs = |start| block_size.saturating_sub(start) / PAIR_BYTES;
    (pairs(ROOT_START), pairs(NODE_START))
}

/// A node that holds these pairs.
pub(super) fn node_bytes(block_size: usize, pairs: &[Pair]) -> Vec<u8> {
    let mut bytes = dir_block::pack(block_size, []);
    put_pairs(&mut bytes, NODE_START, pairs);
    bytes
}

/// The root's block, made from a directory's first block that holds `.` and `..`.
pub(super) fn root_bytes(dots: &[u8], hash: HashVersion, levels: u8, pairs: &[Pair]) -> Vec<u8> {
    let mut bytes = dots.to_vec();
    dir_block::put(&mut bytes, DOTS_BYTES, &[0, 0, 0, 0, hash.to_disk(), INFO_BYTES, levels, 0]);
    put_pairs(&mut bytes, ROOT_START, pairs);
    bytes
}

/// Replaces the pairs of a block.
fn put_pairs(bytes: &mut [u8], start: usize, pairs: &[Pair]) {
    let room = bytes.get_mut(start..).unwrap_or_default();
    room.fill(0);
    let limit = room.len() / PAIR_BYTES;
    for (to, pair) in room.chunks_exact_mut(PAIR_BYTES).zip(pairs) {
        let block = u32::try_from(pair.block.0).unwrap_or(0);
        dir_block::put(to, 0, &pair.hash.to_le_bytes());
        dir_block::put(to, 4, &block.to_le_bytes());
    }
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes();
    // They lie where the first hash would.
    dir_block::put(room, 0, &short(limit));
    dir_block::put(room, 2, &short(pairs.len()));
}

impl Node {
    fn pairs(&self) -> &[[u8; PAIR_BYTES]] {
        let (pairs, _) = self.bytes.get(self.start..).unwrap_or_default().as_chunks();
        pairs.get(..self.count).unwrap_or_default()
    }

    fn pair(&self, at: usize) -> Option<Pair> {
        self.pairs().get(at).map(parse_pair)
    }

    fn all(&self) -> Vec<Pair> {
        self.pairs().iter().map(parse_pair).collect()
    }

    /// The last pair whose hash is not above `hash`.
    fn position(&self, hash: u32) -> usize {
        let rest = self.pairs().get(1..).unwrap_or_default();
        rest.partition_point(|pair| parse_pair(pair).hash <= hash)
    }

    fn is_full(&self) -> bool {
        self.count >= self.limit
    }

    /// The block with other pairs.
    fn with(&self, pairs: &[Pair]) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        put_pairs(&mut bytes, self.start, pairs);
        bytes
    }
}

fn parse_pair(bytes: &[u8; PAIR_BYTES]) -> Pair {
    let [h0, h1, h2, h3, b0, b1, b2, b3] = *bytes;
    let block = u32::from_le_bytes([b0, b1, b2, b3]) & BLOCK_MASK;
    Pair { hash: u32::from_le_bytes([h0, h1, h2, h3]), block: FileBlock(u64::from(block)) }
}

/// Reads a directory's index, and knows what its blocks must be like.
pub(super) struct Reader<'a, B> {
    pub ino: Ino,
    pub format: &'a DirFormat,
    pub blocks: &'a B,
}

impl<B: DirBlocks> Reader<'_, B> {
    /// The index, or `None` where it is of a kind that is not known.
    pub fn open(&self) -> Result<Option<Index>> {
        let block = FileBlock(0);
        let bytes = self.blocks.read(block)?;
        self.check_dots(&bytes)?;
        let info = bytes.get(DOTS_BYTES..).and_then(|rest| rest.first_chunk());
        let Some(&[_, _, _, _, version, info_len, levels, flags]) = info else {
            return Err(self.fault(block, "size", bytes.len() as u64, "want an index"));
        };
        let Some(version) = HashVersion::from_disk(version) else { return Ok(None) };
        if info_len != INFO_BYTES || levels > MOST_LEVELS || flags != 0 {
            return Ok(None);
        }
        let (limit, _) = limits(bytes.len());
        let root = self.node(block, bytes, ROOT_START, limit)?;
        let hash = DirHash::new(version, self.format.unsigned_hash, self.format.seed);
        Ok(Some(Index { root, levels, hash }))
    }

    /// `.` and `..`, and they alone, stand before the root.
    fn check_dots(&self, bytes: &[u8]) -> Result<()> {
        let block = FileBlock(0);
        let has_types = self.format.has_types;
        let mut slots = DirBlock { ino: self.ino, block, bytes, has_types }.slots();
        for (name, at, field) in [(&b"."[..], 0, "`.`"), (b"..", 12, "`..`")] {
            let slot = slots.next().transpose()?;
            if !slot.is_some_and(|slot| slot.entry.name == name && slot.at == at) {
                return Err(self.fault(block, field, at as u64, "where that entry has to begin"));
            }
        }
        match slots.next().transpose()? {
            None => Ok(()),
            Some(slot) => Err(self.fault(block, "entry", slot.at as u64, "want none after `..`")),
        }
    }

    fn node(&self, block: FileBlock, bytes: Block, start: usize, room: usize) -> Result<Node> {
        let head = bytes.get(start..).and_then(|rest| rest.first_chunk());
        let Some(&[l0, l1, c0, c1]) = head else {
            return Err(self.fault(block, "size", bytes.len() as u64, "want room for pairs"));
        };
        let limit = usize::from(u16::from_le_bytes([l0, l1]));
        let count = usize::from(u16::from_le_bytes([c0, c1]));
        if limit != room {
            return Err(self.fault(block, "limit", limit as u64, "want what the block holds"));
        }
        if count == 0 || count > limit {
            return Err(self.fault(block, "count", count as u64, "want 1 up to the limit"));
        }
        Ok(Node { block, bytes, start, count, limit })
    }

    /// A node below the root.
    fn inner(&self, block: FileBlock) -> Result<Node> {
        let bytes = self.blocks.read(block)?;
        let (_, limit) = limits(bytes.len());
        let (ino, has_types) = (self.ino, self.format.has_types);
        let slot = DirBlock { ino, block, bytes: &bytes, has_types }.slots().next().transpose()?;
        let hidden = |slot: &Slot<'_>| slot.entry.ino == Ino(0) && slot.len_bytes == bytes.len();
        if !slot.as_ref().is_some_and(hidden) {
            let value = slot.map_or(0, |slot| slot.len_bytes as u64);
            let want = "want an entry of the whole block that is not in use";
            return Err(self.fault(block, "rec_len", value, want));
        }
        self.node(block, bytes, NODE_START, limit)
    }

    /// Checks all of it: hashes in order, blocks that the directory has, none of them twice.
    pub fn check(&self, index: &Index) -> Result<()> {
        let mut seen = BTreeSet::from([FileBlock(0)]);
        let mut low = 0;
        self.check_pairs(&index.root, &mut low, &mut seen)?;
        if index.levels == 0 {
            return Ok(());
        }
        low = 0;
        let pairs = index.root.all();
        for (at, pair) in pairs.iter().enumerate() {
            let node = self.inner(pair.block)?;
            if at > 0 {
                low = low.max(pair.hash);
            }
            self.check_pairs(&node, &mut low, &mut seen)?;
            let next = pairs.get(at.saturating_add(1));
            if let Some(next) = next.filter(|next| next.hash < low) {
                let want = "want none below those before";
                return Err(self.fault(index.root.block, "hash", u64::from(next.hash), want));
            }
        }
        Ok(())
    }

    fn check_pairs(
        &self,
        node: &Node,
        low: &mut u32,
        seen: &mut BTreeSet<FileBlock>,
    ) -> Result<()> {
        for (at, pair) in node.all().into_iter().enumerate() {
            if at > 0 && pair.hash < *low {
                let want = "want none below those before";
                return Err(self.fault(node.block, "hash", u64::from(pair.hash), want));
            }
            if at > 0 {
                *low = pair.hash;
            }
            if pair.block.0 >= self.blocks.count_blocks() || !seen.insert(pair.block) {
                let want = "want a block of the directory, each once";
                return Err(self.fault(node.block, "block", pair.block.0, want));
            }
        }
        Ok(())
    }

    /// The way to the first leaf that may hold names of `hash`.
    pub fn probe(&self, index: &Index, hash: u32) -> Result<Path> {
        let at = index.root.position(hash);
        let mut steps = vec![(index.root.clone(), at)];
        if index.levels > 0 {
            let node = self.inner(child(&index.root, at))?;
            let at = node.position(hash);
            steps.push((node, at));
        }
        Ok(Path { steps })
    }

    /// Goes on to the next leaf, if names of `hash` may go on there.
    pub fn next(&self, path: &mut Path, hash: u32) -> Result<bool> {
        // The lowest step that has another pair leads on; those below it begin anew.
        for depth in (0..path.steps.len()).rev() {
            let Some((node, at)) = path.steps.get_mut(depth) else { continue };
            let Some(pair) = node.pair(at.saturating_add(1)) else { continue };
            if pair.hash != hash | 1 {
                return Ok(false);
            }
            *at = at.saturating_add(1);
            let below = depth.saturating_add(1);
            if let Some(step) = path.steps.get_mut(below) {
                *step = (self.inner(pair.block)?, 0);
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn fault(
        &self,
        file_block: FileBlock,
        field: &'static str,
        value: u64,
        want: &'static str,
    ) -> super::FsError {
        Corrupt::DirIndex { ino: self.ino, file_block, field, value, want }.into()
    }
}

impl Index {
    /// What sorts it.
    pub fn hash(&self) -> DirHash {
        self.hash
    }

    /// Whether one more leaf can follow the one that `path` leads to.
    pub fn has_room(&self, path: &Path) -> bool {
        path.steps.last().is_some_and(|(node, _)| !node.is_full())
            || self.levels < MOST_LEVELS
            || !self.root.is_full()
    }

    /// Puts a leaf after the one that `path` leads to; there has to be [room](Self::has_room).
    pub fn insert<B: DirBlocks>(&self, path: &Path, leaf: Pair, blocks: &mut B) -> Result<()> {
        let Some((node, at)) = path.steps.last() else { return Ok(()) };
        let mut pairs = node.all();
        pairs.insert(at.saturating_add(1).min(pairs.len()), leaf);
        if !node.is_full() {
            return blocks.write(node.block, node.with(&pairs));
        }
        let block_size = node.bytes.len();
        if self.levels == 0 {
            // The root's pairs move into a node, which has room for more than the root has.
            let below = blocks.append(node_bytes(block_size, &pairs))?;
            let only = Pair { hash: 0, block: below };
            let root = root_bytes(&node.bytes, self.hash.version(), 1, &[only]);
            return blocks.write(node.block, root);
        }
        let right = pairs.split_off(pairs.len() / 2);
        let hash = right.first().map_or(0, |pair| pair.hash);
        let block = blocks.append(node_bytes(block_size, &right))?;
        blocks.write(node.block, node.with(&pairs))?;
        let after = path.steps.first().map_or(0, |(_, at)| at.saturating_add(1));
        let mut pairs = self.root.all();
        pairs.insert(after.min(pairs.len()), Pair { hash, block });
        blocks.write(self.root.block, self.root.with(&pairs))
    }
}

impl Path {
    /// The leaf that it leads to.
    pub fn leaf(&self) -> FileBlock {
        self.steps.last().map_or(FileBlock(0), |(node, at)| child(node, *at))
    }
}

fn child(node: &Node, at: usize) -> FileBlock {
    node.pair(at).map_or(FileBlock(0), |pair| pair.block)
}
