//! Data of a tree that waits: a number for each of its files, and one reader for all.
//!
//! A million files that wait are four megabytes here: which inode each has become. Their names, their
//! lengths and where their bytes are had is in the [tree](Inventory), which is gone through once more
//! when they are written, in the order in which they were given their blocks.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::walk::Directories;
use crate::fs::error::Result;
use crate::fs::inode::{FileType, Ino};
use crate::fs::inventory::{ContentReader, Contents, Inventory, NodeId, Place, View};
use crate::fs::pending::Flush;
use crate::mpage::PageSource;

/// Data of a tree's files.
pub struct Grafted<'a> {
    tree: Arc<Inventory>,
    contents: Box<dyn Contents + 'a>,
    /// By file: the inode that waits for its data, 0 for none.
    inos: Vec<u32>,
    /// The same the other way round, once it was asked for.
    nodes: Vec<(u32, u32)>,
    count_files: usize,
    block_size_bytes: u64,
}

impl<'a> Grafted<'a> {
    /// The files of a tree that wait are those whose numbers `inos` holds.
    pub fn new(
        tree: Arc<Inventory>,
        contents: Box<dyn Contents + 'a>,
        inos: Vec<u32>,
        block_size_bytes: u64,
    ) -> Self {
        let count_files = inos.iter().filter(|ino| **ino != 0).count();
        let mut nodes: Vec<_> =
            inos.iter().copied().zip(0..).filter(|(ino, _)| *ino != 0).collect();
        nodes.sort_unstable();
        nodes.shrink_to_fit();
        Self { tree, contents, inos, nodes, count_files, block_size_bytes }
    }

    /// How many wait.
    pub fn count_files(&self) -> usize {
        self.count_files
    }

    /// Whether an inode waits.
    pub fn holds(&self, ino: Ino) -> bool {
        self.node_of(ino).is_some()
    }

    /// An inode's data is not to be written.
    pub fn forget(&mut self, ino: Ino) {
        let found = self.node_of(ino);
        if let Some(place) = found.and_then(|node| self.inos.get_mut(node.index())) {
            *place = 0;
            self.count_files = self.count_files.saturating_sub(1);
        }
    }

    fn node_of(&self, ino: Ino) -> Option<NodeId> {
        let at = self.nodes.binary_search_by_key(&ino.0, |(ino, _)| *ino).ok()?;
        let node = self.nodes.get(at).map(|(_, node)| NodeId(*node))?;
        (self.inos.get(node.index()) == Some(&ino.0)).then_some(node)
    }

    /// Puts the data of an inode that waits into the bytes at the file's start.
    pub fn fill(&mut self, ino: Ino, bytes: &mut [u8]) -> io::Result<()> {
        let Some(wanted) = self.node_of(ino) else { return Ok(()) };
        let mut reader = self.contents.reader(&self.tree);
        for directory in Directories::of(&self.tree) {
            for (name, node) in self.tree.children(directory) {
                if node == wanted {
                    let view = self.tree.view(node);
                    let ranges = whole_blocks(&view, self.block_size_bytes);
                    return fill(&mut *reader, Place { directory, name, node }, &ranges, bytes);
                }
            }
        }
        Ok(())
    }

    /// Writes what waits.
    pub fn write(mut self, flush: &mut Flush<'_>) -> Result<()> {
        self.nodes = Vec::new();
        let mut reader = self.contents.reader(&self.tree);
        for directory in Directories::of(&self.tree) {
            for (name, node) in self.tree.children(directory) {
                // Another of its names may come: it is written once.
                let ino = self.inos.get_mut(node.index()).map_or(0, std::mem::take);
                if ino == 0 {
                    continue;
                }
                let ranges = whole_blocks(&self.tree.view(node), self.block_size_bytes);
                let place = Place { directory, name, node };
                let mut source = Source { reader: &mut *reader, place };
                flush.file(Ino(ino), &ranges, &mut source)?;
            }
        }
        Ok(())
    }
}

fn fill(
    reader: &mut dyn ContentReader,
    place: Place<'_>,
    ranges: &[Range<u64>],
    bytes: &mut [u8],
) -> io::Result<()> {
    for range in ranges {
        let end = range.end.min(bytes.len() as u64);
        let part = usize::try_from(range.start).ok().zip(usize::try_from(end).ok());
        if let Some(part) = part.and_then(|(start, end)| bytes.get_mut(start..end)) {
            reader.read(place, range.start, part)?;
        }
    }
    Ok(())
}

/// One of the files, as a writer asks for it.
struct Source<'r, 'p> {
    reader: &'r mut dyn ContentReader,
    place: Place<'p>,
}

impl PageSource for Source<'_, '_> {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reader.read(self.place, offset_bytes, buf)
    }
}

/// Where a file is to have blocks: its data, as bytes of whole blocks, the last cut at its end.
pub(super) fn whole_blocks(view: &View<'_>, block_size_bytes: u64) -> Vec<Range<u64>> {
    if view.file_type != FileType::Regular {
        return Vec::new();
    }
    let whole = 0..view.len_bytes;
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for data in view.data.unwrap_or(std::slice::from_ref(&whole)) {
        let in_block = block_size_bytes.saturating_sub(1);
        let start = data.start & !in_block;
        let end = data.end.saturating_add(in_block) & !in_block;
        let end = end.min(view.len_bytes);
        match ranges.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ if start < end => ranges.push(start..end),
            _ => {}
        }
    }
    ranges
}
