//! Building: directory by directory, all that is in one gets its place, and is written as it is to be.
//!
//! 1. What is new in the directory gets inodes, in the order of the names.
//! 2. A new directory's entries are packed into blocks; those of one that is there go in all at once.
//! 3. The directory's blocks and those of its files are given out together, and mapped.
//! 4. Inodes are written: once each, those of a block of the inode table together.

use std::collections::BTreeSet;

use super::attributes::merged_xattrs;
use super::count::{file_blocks, in_blocks};
use super::pending::whole_blocks;
use super::survey::Survey;
use super::table::Table;
use super::walk::{Directories, Path};
use super::{GraftSummary, Listeners};
use crate::fs::balloc::{BlockRun, Goal};
use crate::fs::dir_block::{DOTS_BYTES, encode};
use crate::fs::dir_edit::{DirFormat, NewEntry};
use crate::fs::dir_pack::{self, Live, Packed};
use crate::fs::disk::DIRECT_BLOCKS;
use crate::fs::error::{CallerError, Result};
use crate::fs::inode::{FileType, Ino};
use crate::fs::inode_edit::{FAST_SYMLINK_LIMIT_BYTES, INDEX_FL, InodeEdit};
use crate::fs::inventory::{Inventory, NodeId, View};
use crate::fs::layout::{Layout, lay_out};
use crate::fs::transaction::Transaction;
use crate::fs::tree::Tree;
use crate::mpage::{FileBlock, FsBlock};

/// Files that get their blocks together.
const FILES_TOGETHER: usize = 1024;

/// Builds what was surveyed; returns the inodes whose data waits, by what is in the tree.
pub(super) fn build(
    tx: &mut Transaction<'_>,
    tree: &Inventory,
    survey: Survey,
    listeners: &mut Listeners<'_>,
) -> Result<(Vec<u32>, GraftSummary)> {
    let summary = GraftSummary::default();
    let waiting = vec![0; tree.len()];
    let (seen, table) = (BTreeSet::new(), Table::default());
    let format = DirFormat::of(tx.fs().superblock());
    let mut builder =
        Builder { tx, tree, survey, listeners, waiting, seen, table, format, summary };
    for directory in Directories::of(tree) {
        builder.directory(directory)?;
        builder.table.flush(builder.tx)?;
    }
    Ok((builder.waiting, builder.summary))
}

struct Builder<'b, 'l, 'a> {
    tx: &'b mut Transaction<'a>,
    tree: &'b Inventory,
    survey: Survey,
    listeners: &'b mut Listeners<'l>,
    waiting: Vec<u32>,
    /// Files of several names that were met already.
    seen: BTreeSet<NodeId>,
    table: Table,
    format: DirFormat,
    summary: GraftSummary,
}

/// Something other than a directory that is to be written.
#[derive(Clone, Copy)]
struct Making {
    node: NodeId,
    ino: Ino,
    /// It is there, and keeps its number.
    old: bool,
}

/// What a directory brings.
#[derive(Default)]
struct Brought<'t> {
    entries: Vec<NewEntry<'t>>,
    making: Vec<Making>,
    subdirectories: u16,
}

impl<'b> Builder<'b, '_, '_> {
    fn directory(&mut self, node: NodeId) -> Result<()> {
        let Some(ino) = self.survey.ino(node) else { return Ok(()) };
        let brought = self.bring(node, ino)?;
        let mut goal = Goal::Group(self.tx.group_of_inode(ino));
        self.summary.directories = self.summary.directories.saturating_add(1);
        if self.survey.merged.contains_key(&node) {
            self.merge(node, ino, &brought)?;
            return self.make_all(&mut goal, &brought.making);
        }
        let parent = self.survey.ino(self.tree.parent(node)).unwrap_or(Ino::ROOT);
        let packed = self.pack(ino, parent, &brought.entries);
        self.make_directory(node, ino, packed, brought.subdirectories, &mut goal)?;
        self.make_all(&mut goal, &brought.making)
    }

    /// Numbers what is new in a directory.
    fn bring(&mut self, directory: NodeId, ino: Ino) -> Result<Brought<'b>> {
        let mut path = Path::of(self.tree, directory);
        let mut brought = Brought::default();
        let there = self.survey.merged.get_mut(&directory);
        let there = there.map(|merged| std::mem::take(&mut merged.files)).unwrap_or_default();
        let mut there = there.into_iter().peekable();
        for ((name, node), index) in self.tree.children(directory).zip(0..) {
            let is_there = there.next_if(|(at, _)| *at == index).is_some();
            let View { file_type, links, .. } = self.tree.view(node);
            if file_type == FileType::Directory {
                if self.survey.merged.contains_key(&node) {
                    continue;
                }
                let ino = self.tx.allocate_inode(ino, file_type)?;
                self.survey.set_ino(node, ino);
                brought.subdirectories = brought.subdirectories.saturating_add(1);
                brought.entries.push(NewEntry { name, ino, file_type });
                (self.listeners.told)("create", path.name(name));
                continue;
            }
            let first = links <= 1 || self.seen.insert(node);
            let found = self.survey.ino(node);
            let old = found.is_some() && first;
            let child = match found {
                Some(child) => child,
                None => {
                    let child = self.tx.allocate_inode(ino, file_type)?;
                    self.survey.set_ino(node, child);
                    child
                }
            };
            if first {
                brought.making.push(Making { node, ino: child, old });
            }
            if !is_there {
                brought.entries.push(NewEntry { name, ino: child, file_type });
            }
            let what = match (is_there, first) {
                (true, _) => "replace",
                (false, true) => "create",
                (false, false) => "link",
            };
            (self.listeners.told)(what, path.name(name));
            let count = match (first, file_type) {
                (false, _) => &mut self.summary.links,
                (true, FileType::Regular) => &mut self.summary.files,
                (true, _) => &mut self.summary.others,
            };
            *count = count.saturating_add(1);
        }
        Ok(brought)
    }

    /// Puts names into a directory that is there.
    fn merge(&mut self, node: NodeId, ino: Ino, brought: &Brought<'_>) -> Result<()> {
        let view = self.tree.view(node);
        if !brought.entries.is_empty() {
            let directory = self.tx.inode(ino)?;
            self.tx.insert_entries(&directory, &brought.entries)?;
        }
        if view.implied && brought.subdirectories == 0 {
            return Ok(());
        }
        let mut edit = self.tx.edit_inode(ino)?;
        edit.set_links(edit.raw().i_links_count.get().saturating_add(brought.subdirectories));
        if !view.implied {
            set_meta(&mut edit, &view);
            if let Some(xattrs) = merged_xattrs(self.tx, ino, &view)? {
                self.tx.store_xattrs(&mut edit, &xattrs)?;
            }
        }
        edit.set_ctime(self.tx.now);
        self.tx.put_inode(&edit)
    }

    /// The blocks of a new directory.
    fn pack(&self, ino: Ino, parent: Ino, entries: &[NewEntry<'_>]) -> Packed {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(entries.len());
        for entry in entries {
            bytes.extend(encode(entry.name, entry.ino, entry.file_type, self.format.has_types));
            ends.push(bytes.len());
        }
        let large = bytes.len().saturating_add(DOTS_BYTES) > self.format.block_size_bytes;
        let hash = self.format.hash().filter(|_| large);
        let mut live = Vec::with_capacity(entries.len());
        let mut rest = bytes.as_slice();
        let mut begin = 0_usize;
        for (entry, end) in entries.iter().zip(ends) {
            let (raw, after) = rest.split_at_checked(end.saturating_sub(begin)).unwrap_or_default();
            live.push(Live { hash: hash.as_ref().map_or(0, |hash| hash.of(entry.name)), raw });
            (rest, begin) = (after, end);
        }
        dir_pack::pack(&self.format, ino, parent, hash, live)
    }

    fn make_directory(
        &mut self,
        node: NodeId,
        ino: Ino,
        packed: Packed,
        subdirectories: u16,
        goal: &mut Goal,
    ) -> Result<()> {
        let view = self.tree.view(node);
        let mut edit = self.new_inode(ino, &view);
        let count = packed.blocks.len() as u64;
        let mut tree = Tree::new(ino, [0; 15], 0, self.tx.block_size_bytes());
        let needs = self.tx.needs(&tree, std::slice::from_ref(&(0..count)))?;
        let mut given = Vec::new();
        self.tx.allocate_each(goal, &[crate::fs::layout::total_blocks(&needs)], &mut given)?;
        let layout = lay_out(&needs, given.first().map(Vec::as_slice).unwrap_or_default());
        self.tx.map_layout(&mut tree, &layout)?;
        let extents = layout.extents.iter();
        let places = extents.flat_map(|e| (e.block.0..e.block.plus(e.count).0).map(FsBlock));
        for (block, bytes) in places.zip(packed.blocks) {
            self.tx.put_fresh(block, bytes)?;
        }
        self.tx.put_tree(&mut edit, &tree)?;
        let size_bytes = count.saturating_mul(self.tx.block_size_bytes());
        let limit_bytes = u64::from(u32::MAX);
        edit.set_size_bytes(size_bytes)
            .ok_or(CallerError::FileTooLarge { size_bytes, limit_bytes })?;
        if packed.indexed {
            edit.set_flags(edit.flags() | INDEX_FL);
        }
        edit.set_links(subdirectories.saturating_add(2));
        if !view.xattrs.is_empty() {
            self.tx.store_xattrs(&mut edit, view.xattrs)?;
        }
        self.table.put(self.tx, &edit)
    }

    /// Gives all of a directory's files their blocks, in their order, and writes their inodes.
    fn make_all(&mut self, goal: &mut Goal, making: &[Making]) -> Result<()> {
        let per_group = u64::from(self.tx.fs().superblock().raw().s_blocks_per_group.get());
        let most_blocks = per_group / 4;
        let mut making = making.iter().copied().peekable();
        let (mut batch, mut counts, mut given) = (Vec::new(), Vec::new(), Vec::new());
        while making.peek().is_some() {
            let mut sum = 0_u64;
            while let Some(next) = making.peek().copied() {
                let count = file_blocks(self.tx, &self.tree.view(next.node))?;
                let all = sum.saturating_add(count);
                if !batch.is_empty() && (batch.len() >= FILES_TOGETHER || all > most_blocks) {
                    break;
                }
                sum = all;
                batch.push(next);
                counts.push(count);
                making.next();
            }
            self.tx.allocate_each(goal, &counts, &mut given)?;
            counts.clear();
            for (next, runs) in batch.drain(..).zip(given.drain(..)) {
                self.make(next, &runs)?;
            }
        }
        Ok(())
    }

    /// Writes an inode, which is to have the blocks of `runs`.
    fn make(&mut self, making: Making, runs: &[BlockRun]) -> Result<()> {
        let Making { node, ino, old } = making;
        let view = self.tree.view(node);
        let mut edit = match old {
            true => self.emptied(ino)?,
            false => self.new_inode(ino, &view),
        };
        set_meta(&mut edit, &view);
        edit.set_ctime(self.tx.now);
        edit.set_links(u16::try_from(view.links).unwrap_or(u16::MAX));
        let (major, minor) = view.device;
        let first = runs.first().map(|run| run.first);
        match view.file_type {
            FileType::Regular => self.put_content(&mut edit, node, &view, runs)?,
            FileType::Symlink => self.put_target(&mut edit, view.target, first)?,
            FileType::CharDevice | FileType::BlockDevice => {
                edit.set_device_number(major, minor)
                    .ok_or(CallerError::BadDeviceNumber { major, minor })?;
            }
            FileType::Directory | FileType::Fifo | FileType::Socket => {}
        }
        if old || !view.xattrs.is_empty() {
            self.tx.store_xattrs(&mut edit, view.xattrs)?;
        }
        self.table.put(self.tx, &edit)
    }

    fn new_inode(&self, ino: Ino, view: &View<'_>) -> InodeEdit {
        let superblock = self.tx.fs().superblock();
        let (size, now) = (superblock.inode_size_bytes(), self.tx.now);
        let want_extra = superblock.raw().s_want_extra_isize.get();
        let mut edit = InodeEdit::create(ino, size, want_extra, view.file_type.mode_bits(), now);
        set_meta(&mut edit, view);
        edit
    }

    /// An inode of a regular file that is there, with nothing in it.
    fn emptied(&mut self, ino: Ino) -> Result<InodeEdit> {
        let inode = self.tx.inode(ino)?;
        self.tx.fs().check_file(&inode)?;
        self.tx.drop_pending(ino);
        let mut tree = self.tx.tree(&inode);
        self.tx.free_from(&mut tree, FileBlock(0))?;
        self.tx.edit_inode(ino)
    }

    fn put_content(
        &mut self,
        edit: &mut InodeEdit,
        node: NodeId,
        view: &View<'_>,
        runs: &[BlockRun],
    ) -> Result<()> {
        let block_size = self.tx.block_size_bytes();
        let mut tree = Tree::new(edit.ino(), [0; 15], 0, block_size);
        let ranges = whole_blocks(view, block_size);
        for range in &ranges {
            let bytes = range.end.saturating_sub(range.start);
            self.summary.data_bytes = self.summary.data_bytes.saturating_add(bytes);
        }
        match (runs, ranges.as_slice()) {
            // Most files.
            ([run], [range]) if range.start == 0 && run.count <= DIRECT_BLOCKS as u64 => {
                let blocks = run.first.0..run.first.plus(run.count).0;
                for (pointer, block) in tree.pointers.iter_mut().zip(blocks) {
                    *pointer = u32::try_from(block).unwrap_or(0);
                }
                tree.owned_blocks = run.count;
            }
            _ => {
                let blocks: Vec<_> = ranges.iter().map(|r| in_blocks(r, block_size)).collect();
                let needs = self.tx.needs(&tree, &blocks)?;
                let layout: Layout = lay_out(&needs, runs);
                self.tx.map_layout(&mut tree, &layout)?;
            }
        }
        self.tx.put_size(edit, &tree, view.len_bytes)?;
        if let Some(place) = self.waiting.get_mut(node.index()).filter(|_| !ranges.is_empty()) {
            *place = edit.ino().0;
        }
        Ok(())
    }

    fn put_target(
        &mut self,
        edit: &mut InodeEdit,
        target: &[u8],
        block: Option<FsBlock>,
    ) -> Result<()> {
        let (len, limit) = (target.len(), self.tx.target_limit());
        let wrong = || CallerError::BadTarget { len, limit };
        let Some(block) = block.filter(|_| len >= FAST_SYMLINK_LIMIT_BYTES) else {
            return edit.set_fast_symlink(target).ok_or_else(|| wrong().into());
        };
        let mut bytes = target.to_vec();
        bytes.resize(self.format.block_size_bytes, 0);
        self.tx.put_fresh(block, bytes)?;
        let mut tree = Tree::new(edit.ino(), [0; 15], 1, self.tx.block_size_bytes());
        if let Some(first) = tree.pointers.first_mut() {
            *first = u32::try_from(block.0).unwrap_or(0);
        }
        self.tx.put_tree(edit, &tree)?;
        edit.set_size_bytes(len as u64).ok_or_else(|| wrong().into())
    }
}

/// What a tree says of something, put into its inode.
fn set_meta(edit: &mut InodeEdit, view: &View<'_>) {
    edit.set_permissions(view.meta.permissions);
    edit.set_uid(view.meta.uid);
    edit.set_gid(view.meta.gid);
    edit.set_atime(view.meta.mtime);
    edit.set_mtime(view.meta.mtime);
}
