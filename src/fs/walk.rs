//! A walk through a tree: every name below a path, in an order that is always the same.
//!
//! ```text
//! /etc  ->  Enter /etc   Node /etc/hosts   Enter /etc/ssl   Leave /etc/ssl   Leave /etc
//! ```
//!
//! The walk ends whatever the image says: a directory is entered once, all directories together
//! have no more blocks than the filesystem, inodes with one link have no more names than there are
//! inodes, and nothing lies deeper than [`DEPTH_LIMIT`]. What
//! cannot be read, or has a name that no directory may hold, is a [`Step::Fault`], and the walk
//! goes on behind it.
//!
//! Inodes are read in the order of their table, some thousand names at a time, in whatever order
//! they come out.

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};

use super::Filesystem;
use super::error::{Corrupt, FsError, Result};
use super::inode::{FileType, Ino, Inode};
use super::listing::{Listing, Order, take_blocks};

/// How deep a walk goes.
pub const DEPTH_LIMIT: usize = 4096;

/// Inodes that are read together: less than a MiB of them.
const CHUNK: usize = 4096;

/// What a walk comes upon. [`Walk::path`] tells where.
#[derive(Debug)]
pub enum Step {
    /// A directory; what it holds comes next, unless it is [pruned](Walk::prune).
    Enter(Inode),
    /// The end of what a directory holds.
    Leave,
    /// Anything that is no directory.
    Node(Inode),
    /// Something that cannot be read or is refused: a name, an inode, the rest of a directory.
    Fault(FsError),
}

/// A walk through what lies below a path, the path itself included.
pub struct Walk<'fs> {
    fs: &'fs Filesystem,
    order: Order,
    path: Vec<u8>,
    /// Where in the path its last name begins.
    name_at: usize,
    depth: usize,
    /// What the walk begins with, until it has begun.
    first: Option<Inode>,
    levels: Vec<Level>,
    /// The directory that the last step entered, to be read with the next one.
    entered: Option<Inode>,
    seen: HashSet<Ino>,
    /// Blocks that directories may still have.
    blocks_left: u64,
    /// Names that may still come of inodes which claim to have no other.
    singles_left: u64,
}

/// A directory that the walk is in.
struct Level {
    listing: Listing,
    /// Of the names, the first whose inode is not yet read.
    next: usize,
    /// Inodes that are read, the next one last: with the index of their names.
    ready: Vec<(usize, Result<Inode>)>,
    /// With [`Order::Disk`], the directories, which come after all else.
    directories: VecDeque<usize>,
    /// What was wrong with the directory, the next one last.
    faults: Vec<FsError>,
    /// Length of the directory's path, and where its name begins there.
    path_len: usize,
    name_at: usize,
}

impl<'fs> Walk<'fs> {
    /// A walk that begins with an inode at `path`, in that order.
    #[must_use]
    pub fn new(fs: &'fs Filesystem, path: &[u8], inode: Inode, order: Order) -> Self {
        Self {
            fs,
            order,
            path: path.to_vec(),
            name_at: 0,
            depth: 0,
            first: Some(inode),
            levels: Vec::new(),
            entered: None,
            seen: HashSet::new(),
            blocks_left: fs.plausible_blocks(),
            singles_left: fs.plausible_inodes(),
        }
    }

    /// Where the last step was: the path that the walk was begun with, and names below it.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The last name of the path; where the walk began, all of it.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.path.get(self.name_at..).unwrap_or_default()
    }

    /// How many names the path has below where the walk began: 0 there.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Passes over what the directory that the last step entered holds; [`Step::Leave`] comes next.
    pub fn prune(&mut self) {
        if self.entered.take().is_some() {
            self.push_level(Listing::default(), Vec::new());
        }
    }

    /// The next step; `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "the path goes with the step")]
    pub fn next(&mut self) -> Option<Step> {
        if let Some(first) = self.first.take() {
            return Some(self.arrive(first));
        }
        if let Some(directory) = self.entered.take() {
            self.enter(&directory);
        }
        let above = self.levels.len();
        let level = self.levels.last_mut()?;
        self.path.truncate(level.path_len);
        self.name_at = level.name_at;
        self.depth = above.saturating_sub(1);
        if let Some(fault) = level.faults.pop() {
            return Some(Step::Fault(fault));
        }
        if level.ready.is_empty() {
            level.load(self.fs, self.order);
        }
        let Some((index, found)) = level.ready.pop() else {
            self.levels.pop();
            return Some(Step::Leave);
        };
        if !self.path.ends_with(b"/") {
            self.path.push(b'/');
        }
        self.name_at = self.path.len();
        self.path.extend_from_slice(level.listing.get(index).map_or(b"", |(name, _)| name));
        self.depth = above;
        Some(match found {
            Ok(inode) => self.arrive(inode),
            Err(error) => Step::Fault(error),
        })
    }

    fn arrive(&mut self, inode: Inode) -> Step {
        if inode.links() <= 1 {
            match self.singles_left.checked_sub(1) {
                Some(left) => self.singles_left = left,
                None => {
                    let limit = self.fs.plausible_inodes();
                    self.levels.clear();
                    return Step::Fault(Corrupt::SharedInodes { limit }.into());
                }
            }
        }
        if inode.file_type() != FileType::Directory {
            return Step::Node(inode);
        }
        // What would make the walk longer than the image can be.
        if self.depth >= DEPTH_LIMIT {
            return Step::Fault(Corrupt::TooDeep { ino: inode.ino(), limit: DEPTH_LIMIT }.into());
        }
        if !self.seen.insert(inode.ino()) {
            return Step::Fault(Corrupt::DirLoop { ino: inode.ino() }.into());
        }
        self.entered = Some(inode.clone());
        Step::Enter(inode)
    }

    fn enter(&mut self, directory: &Inode) {
        let mut faults = Vec::new();
        let mut listing = Listing::default();
        match take_blocks(self.fs, directory, &mut self.blocks_left) {
            Ok(()) => listing = Listing::read(self.fs, directory, &mut faults),
            Err(error) => faults.push(error),
        }
        if self.order == Order::Disk {
            listing.sort_by_ino();
        }
        faults.reverse();
        self.push_level(listing, faults);
    }

    fn push_level(&mut self, listing: Listing, faults: Vec<FsError>) {
        self.levels.push(Level {
            listing,
            next: 0,
            ready: Vec::new(),
            directories: VecDeque::new(),
            faults,
            path_len: self.path.len(),
            name_at: self.name_at,
        });
    }
}

impl Level {
    /// Reads the inodes of the next names, in the order of their numbers.
    fn load(&mut self, fs: &Filesystem, order: Order) {
        while self.ready.is_empty() && self.next < self.listing.len() {
            let end = self.next.saturating_add(CHUNK).min(self.listing.len());
            let mut wanted: Vec<_> = (self.next..end)
                .filter_map(|index| Some((self.listing.get(index)?.1, index)))
                .collect();
            self.next = end;
            wanted.sort_unstable();
            fs.prefetch_inodes(wanted.iter().map(|(ino, _)| *ino));
            let found = wanted.into_iter().map(|(ino, index)| (index, fs.inode(ino)));
            match order {
                Order::Name => {
                    self.ready.extend(found);
                    self.ready.sort_unstable_by_key(|(index, _)| Reverse(*index));
                }
                Order::Disk => self.take_files(found),
            }
        }
        // Directories come last, one at a time, and are read again: what waits is only numbers.
        if self.ready.is_empty()
            && let Some(index) = self.directories.pop_front()
            && let Some((_, ino)) = self.listing.get(index)
        {
            self.ready.push((index, fs.inode(ino)));
        }
    }

    /// Puts directories aside, and the rest in the order of its first blocks.
    fn take_files(&mut self, found: impl Iterator<Item = (usize, Result<Inode>)>) {
        for (index, inode) in found {
            match &inode {
                Ok(inode) if inode.file_type() == FileType::Directory => {
                    self.directories.push_back(index);
                }
                _ => self.ready.push((index, inode)),
            }
        }
        let first_block = |found: &Result<Inode>| {
            found.as_ref().map_or(0, |inode| inode.raw().i_block.first().map_or(0, |b| b.get()))
        };
        self.ready.sort_by_key(|(_, inode)| Reverse(first_block(inode)));
    }
}
