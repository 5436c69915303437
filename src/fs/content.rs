//! The content of regular files: replaced, written in part, cut off or made longer.
//!
//! New data goes to blocks that were free at the start, so that the old image stays whole until the
//! commit. Of a block that is written in part, the rest has to stay: such a block changes in its
//! place, through the log, and so does the last block of a file that is cut off inside it.

use std::io;
use std::ops::Range;

use super::balloc::Goal;
use super::checks::Change;
use super::error::{CallerError, Result};
use super::features::RoCompat;
use super::inode::{Ino, Inode};
use super::inode_edit::InodeEdit;
use super::layout::{lay_out, total_blocks};
use super::pending::Pending;
use super::transaction::Transaction;
use super::tree::Tree;
use crate::mpage::{FileBlock, FsBlock, PageSource};

/// From this size on, a file needs `large_file`.
const LARGE_FILE_BYTES: u64 = 1 << 31;

/// Content for a file.
pub struct Content<'a> {
    /// Where it comes from; may be asked when the transaction commits.
    pub source: Box<dyn PageSource + 'a>,
    /// How long it is.
    pub len_bytes: u64,
    /// Which of its bytes are no hole, in order; they begin and end with blocks, or with the content.
    pub data: Vec<Range<u64>>,
}

impl<'a> Transaction<'a> {
    /// Gives a file new content in place of what it has.
    ///
    /// # Errors
    /// It is no regular file, it would be too large, there is no space.
    pub fn replace_content(&mut self, ino: Ino, content: Content<'a>) -> Result<()> {
        let inode = self.regular(ino)?;
        self.check_change(&inode, Change::Any)?;
        let mut tree = self.tree(&inode);
        self.check_size(&tree, content.len_bytes)?;
        let block_size = self.block_size_bytes();
        let blocks = |bytes: &Range<u64>| Range {
            start: bytes.start.checked_div(block_size).unwrap_or(0),
            end: bytes.end.div_ceil(block_size),
        };
        let ranges: Vec<_> = content.data.iter().map(blocks).collect();
        let empty = Tree::new(ino, [0; 15], 0, block_size);
        let needs = self.needs(&empty, &ranges)?;

        self.drop_pending(ino);
        self.free_from(&mut tree, FileBlock(0))?;
        let goal = Goal::Group(self.group_of_inode(ino));
        let runs = self.allocate_blocks(goal, total_blocks(&needs))?;
        self.map_layout(&mut tree, &lay_out(&needs, &runs))?;
        self.put_changed(&inode, &tree, content.len_bytes)?;
        if !content.data.is_empty() {
            let Content { source, data: ranges, .. } = content;
            self.pending.insert(ino, Pending { source, ranges });
        }
        Ok(())
    }

    /// Writes content into a file from `offset_bytes` on, which may lie past its end; what the
    /// content has of holes is written as zeros.
    ///
    /// # Errors
    /// As [`replace_content`](Self::replace_content); the content cannot be read.
    pub fn write_content(
        &mut self,
        ino: Ino,
        offset_bytes: u64,
        mut content: Content<'a>,
    ) -> Result<()> {
        if self.has_pending(ino) {
            self.flush_data()?;
        }
        let inode = self.regular(ino)?;
        let grows = offset_bytes >= inode.size_bytes();
        self.check_change(&inode, if grows { Change::Growth } else { Change::Any })?;
        let mut tree = self.tree(&inode);
        let end_bytes = offset_bytes.saturating_add(content.len_bytes);
        let size_bytes = inode.size_bytes().max(end_bytes);
        self.check_size(&tree, size_bytes)?;
        if content.len_bytes == 0 {
            return self.put_changed(&inode, &tree, inode.size_bytes());
        }
        if offset_bytes > inode.size_bytes() {
            self.zero_tail(&tree, inode.size_bytes())?;
        }
        let block_size = self.block_size_bytes();
        let in_block = block_size.saturating_sub(1);
        let mut first = FileBlock(offset_bytes.checked_div(block_size).unwrap_or(0));
        let mut end = FileBlock(end_bytes.div_ceil(block_size));
        // The blocks at both ends, where they are there and not written whole.
        if offset_bytes & in_block != 0 && self.patch(&tree, first, offset_bytes, &mut content)? {
            first = first.plus(1);
        }
        let last = FileBlock(end.0.saturating_sub(1));
        if end_bytes & in_block != 0
            && last >= first
            && self.patch(&tree, last, offset_bytes, &mut content)?
        {
            end = last;
        }
        if first < end {
            let needs = self.needs(&tree, std::slice::from_ref(&(first.0..end.0)))?;
            let goal = self.goal_for(&tree, first)?;
            let runs = self.allocate_blocks(goal, total_blocks(&needs))?;
            self.map_layout(&mut tree, &lay_out(&needs, &runs))?;
        }
        self.put_changed(&inode, &tree, size_bytes)?;
        if first < end {
            let start = first.0.saturating_mul(block_size);
            let end = end.0.saturating_mul(block_size).min(size_bytes);
            let source = Box::new(Shifted { content, offset_bytes });
            let range = Range { start, end };
            self.pending.insert(ino, Pending { source, ranges: Vec::from([range]) });
        }
        Ok(())
    }

    /// Makes a file `size_bytes` long: cuts it off, or lets it end with a hole.
    ///
    /// # Errors
    /// It is no regular file, or would be too large.
    pub fn truncate(&mut self, ino: Ino, size_bytes: u64) -> Result<()> {
        if self.has_pending(ino) {
            self.flush_data()?;
        }
        let inode = self.regular(ino)?;
        self.check_change(&inode, Change::Any)?;
        let mut tree = self.tree(&inode);
        self.check_size(&tree, size_bytes)?;
        let end = size_bytes.div_ceil(self.block_size_bytes());
        self.free_from(&mut tree, FileBlock(end))?;
        // What lies past the end of a file is zeros, should it ever become longer.
        self.zero_tail(&tree, size_bytes.min(inode.size_bytes()))?;
        self.put_changed(&inode, &tree, size_bytes)
    }

    /// The tree of an inode whose pointers lead to blocks.
    pub(super) fn tree(&self, inode: &Inode) -> Tree {
        let block_size = self.block_size_bytes();
        let blocks = inode.sectors().checked_div(block_size >> 9).unwrap_or(0);
        // A block of attributes is counted with the others, but hangs elsewhere.
        let owned = blocks.saturating_sub(u64::from(inode.xattr_block().is_some()));
        Tree::new(inode.ino(), inode.raw().i_block.map(|p| p.get()), owned, block_size)
    }

    /// Puts a tree into its inode.
    pub(super) fn put_tree(&self, edit: &mut InodeEdit, tree: &Tree) -> Result<()> {
        edit.set_pointers(tree.pointers);
        let block_size = self.block_size_bytes();
        let attributes = u64::from(edit.raw().i_file_acl.get() != 0);
        let sectors = tree.owned_blocks.saturating_add(attributes).saturating_mul(block_size >> 9);
        let limit_bytes = u64::from(u32::MAX).saturating_mul(512);
        let size_bytes = sectors.saturating_mul(512);
        let too_large = CallerError::FileTooLarge { size_bytes, limit_bytes };
        edit.set_sectors(sectors).ok_or(too_large)?;
        Ok(())
    }

    fn regular(&self, ino: Ino) -> Result<Inode> {
        let inode = self.fs.inode(ino)?;
        self.fs.check_file(&inode)?;
        Ok(inode)
    }

    pub(super) fn check_size(&self, tree: &Tree, size_bytes: u64) -> Result<()> {
        let limit_bytes = tree.capacity_blocks().saturating_mul(self.block_size_bytes());
        if size_bytes > limit_bytes {
            return Err(CallerError::FileTooLarge { size_bytes, limit_bytes }.into());
        }
        Ok(())
    }

    /// Stores what a change of content makes of an inode.
    fn put_changed(&mut self, inode: &Inode, tree: &Tree, size_bytes: u64) -> Result<()> {
        let mut edit = self.edit_inode(inode.ino())?;
        self.put_size(&mut edit, tree, size_bytes)?;
        edit.set_mtime(self.now);
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// Puts a tree and a size into the inode of a regular file.
    pub(super) fn put_size(
        &mut self,
        edit: &mut InodeEdit,
        tree: &Tree,
        size_bytes: u64,
    ) -> Result<()> {
        self.put_tree(edit, tree)?;
        let limit_bytes = tree.capacity_blocks().saturating_mul(self.block_size_bytes());
        edit.set_size_bytes(size_bytes)
            .ok_or(CallerError::FileTooLarge { size_bytes, limit_bytes })?;
        let features = RoCompat::from_bits_retain(self.superblock.s_feature_ro_compat.get());
        if size_bytes >= LARGE_FILE_BYTES && !features.contains(RoCompat::LARGE_FILE) {
            self.need_large_file();
        }
        Ok(())
    }

    /// Zeroes what the block that holds the byte before `size_bytes` has behind it.
    fn zero_tail(&mut self, tree: &Tree, size_bytes: u64) -> Result<()> {
        let block_size = self.block_size_bytes();
        let from = size_bytes & block_size.saturating_sub(1);
        let block = FileBlock(size_bytes.checked_div(block_size).unwrap_or(0));
        if from == 0 {
            return Ok(());
        }
        let Some(block) = self.block_at(tree, block)? else { return Ok(()) };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        self.edit_data(block, |bytes| bytes.get_mut(from..).unwrap_or_default().fill(0))
    }

    /// Changes a block of data in its place.
    fn edit_data(&mut self, block: FsBlock, edit: impl FnOnce(&mut [u8])) -> Result<()> {
        // The cache may have read it ahead, together with metadata, before data was written there.
        self.fs.metadata().forget(block);
        self.edit_owned(block, "file data", edit)
    }

    /// Puts what of the content falls into a block there, if the file has the block.
    fn patch(
        &mut self,
        tree: &Tree,
        block: FileBlock,
        offset_bytes: u64,
        content: &mut Content<'a>,
    ) -> Result<bool> {
        let Some(at) = self.block_at(tree, block)? else { return Ok(false) };
        let block_size = self.block_size_bytes();
        let start = block.0.saturating_mul(block_size);
        let end_bytes = offset_bytes.saturating_add(content.len_bytes);
        let from = offset_bytes.max(start);
        let to = end_bytes.min(start.saturating_add(block_size));
        let len = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        let mut bytes = vec![0; len];
        content
            .source
            .fill(from.saturating_sub(offset_bytes), &mut bytes)
            .map_err(super::FsError::Content)?;
        let skip = usize::try_from(from.saturating_sub(start)).unwrap_or(usize::MAX);
        self.edit_data(at, |block| {
            let place = block.get_mut(skip..).and_then(|rest| rest.get_mut(..len));
            if let Some(place) = place {
                place.copy_from_slice(&bytes);
            }
        })?;
        Ok(true)
    }

    /// Where the block `first` of a file is wanted: behind the one before it.
    pub(super) fn goal_for(&self, tree: &Tree, first: FileBlock) -> Result<Goal> {
        let before = match first.0.checked_sub(1) {
            Some(before) => self.block_at(tree, FileBlock(before))?,
            None => None,
        };
        Ok(match before {
            Some(block) => Goal::Block(block.plus(1)),
            None => Goal::Group(self.group_of_inode(tree.ino)),
        })
    }
}

/// Content as bytes of a file that begin at an offset; zeros around it.
struct Shifted<'a> {
    content: Content<'a>,
    offset_bytes: u64,
}

impl PageSource for Shifted<'_> {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        let end = self.offset_bytes.saturating_add(self.content.len_bytes);
        let buf_end = offset_bytes.saturating_add(buf.len() as u64);
        let from = offset_bytes.clamp(self.offset_bytes, end);
        let to = buf_end.clamp(from, end);
        let index = |at: u64| usize::try_from(at.saturating_sub(offset_bytes)).unwrap_or(0);
        let (head, rest) =
            buf.split_at_mut_checked(index(from)).ok_or(io::ErrorKind::InvalidInput)?;
        let len = index(to).saturating_sub(index(from));
        let (inside, tail) = rest.split_at_mut_checked(len).ok_or(io::ErrorKind::InvalidInput)?;
        head.fill(0);
        tail.fill(0);
        if inside.is_empty() {
            return Ok(());
        }
        self.content.source.fill(from.saturating_sub(self.offset_bytes), inside)
    }
}
