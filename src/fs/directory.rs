//! Directories of a transaction: what the [editor](super::DirEditor) edits.

use super::balloc::Goal;
use super::dir_edit::{DirBlocks, DirEditor, DirFormat, Found, NewEntry};
use super::error::{CallerError, Corrupt, Result};
use super::inode::{FileType, Ino, Inode};
use super::inode_edit::INDEX_FL;
use super::layout::{lay_out, total_blocks};
use super::metadata::Block;
use super::transaction::Transaction;
use super::tree::Tree;
use crate::mpage::{FileBlock, FsBlock};

/// The blocks of a directory that is being changed.
struct Blocks<'t, 'a> {
    transaction: &'t mut Transaction<'a>,
    tree: Tree,
    count: u64,
}

impl Blocks<'_, '_> {
    fn place(&self, file_block: FileBlock) -> Result<FsBlock> {
        let block = self.transaction.block_at(&self.tree, file_block)?;
        block.ok_or_else(|| Corrupt::DirHole { ino: self.tree.ino, file_block }.into())
    }
}

impl DirBlocks for Blocks<'_, '_> {
    fn count_blocks(&self) -> u64 {
        self.count
    }

    fn read(&self, block: FileBlock) -> Result<Block> {
        self.transaction.fs.metadata().read(self.place(block)?, "directory")
    }

    fn write(&mut self, block: FileBlock, bytes: Vec<u8>) -> Result<()> {
        let block = self.place(block)?;
        self.transaction.replace_block(block, bytes, "directory")
    }

    fn append(&mut self, bytes: Vec<u8>) -> Result<FileBlock> {
        let new = FileBlock(self.count);
        let limit_bytes = u64::from(u32::MAX);
        let size_bytes = new.0.saturating_add(1).saturating_mul(bytes.len() as u64);
        if size_bytes > limit_bytes {
            return Err(CallerError::FileTooLarge { size_bytes, limit_bytes }.into());
        }
        let needs = self
            .transaction
            .needs(&self.tree, std::slice::from_ref(&(new.0..new.0.saturating_add(1))))?;
        let goal = self.transaction.goal_for(&self.tree, new)?;
        let runs = self.transaction.allocate_blocks(goal, total_blocks(&needs))?;
        self.transaction.map_layout(&mut self.tree, &lay_out(&needs, &runs))?;
        let block = self.place(new)?;
        self.transaction.put_fresh(block, bytes)?;
        self.count = self.count.saturating_add(1);
        Ok(new)
    }

    fn truncate(&mut self, count_blocks: u64) -> Result<()> {
        self.transaction.free_from(&mut self.tree, FileBlock(count_blocks))?;
        self.count = self.count.min(count_blocks);
        Ok(())
    }
}

impl Transaction<'_> {
    /// What a name in a directory names.
    ///
    /// # Errors
    /// It is no directory, or a corrupt one.
    pub(super) fn find_entry(&mut self, directory: &Inode, name: &[u8]) -> Result<Option<Found>> {
        self.with_dir(directory, false, |editor| editor.find(name))
    }

    /// Puts a name that is not there into a directory.
    pub(super) fn insert_entry(
        &mut self,
        directory: &Inode,
        name: &[u8],
        ino: Ino,
        file_type: FileType,
    ) -> Result<()> {
        self.with_dir(directory, true, |editor| editor.insert(name, ino, file_type))
    }

    /// Puts names that are not there into a directory.
    pub(super) fn insert_entries(
        &mut self,
        directory: &Inode,
        entries: &[NewEntry<'_>],
    ) -> Result<()> {
        self.with_dir(directory, true, |editor| editor.insert_all(entries))
    }

    /// Takes a name out of a directory.
    pub(super) fn remove_entry(&mut self, directory: &Inode, name: &[u8]) -> Result<Ino> {
        self.removals = self.removals.saturating_add(1);
        let removed = self.with_dir(directory, true, |editor| editor.remove(name))?;
        removed.ok_or_else(|| CallerError::NotFound.into())
    }

    /// Has a name of a directory name another inode.
    pub(super) fn replace_entry(
        &mut self,
        directory: &Inode,
        name: &[u8],
        ino: Ino,
        file_type: FileType,
    ) -> Result<Ino> {
        self.removals = self.removals.saturating_add(1);
        let replaced =
            self.with_dir(directory, true, |editor| editor.replace(name, ino, file_type))?;
        replaced.ok_or_else(|| CallerError::NotFound.into())
    }

    /// Whether a directory holds nothing.
    pub(super) fn is_empty_dir(&mut self, directory: &Inode) -> Result<bool> {
        self.with_dir(directory, false, |editor| editor.is_empty())
    }

    /// Edits a directory, and stores what the editor made of its inode if it `changes` it.
    fn with_dir<T>(
        &mut self,
        directory: &Inode,
        changes: bool,
        edit: impl FnOnce(&mut DirEditor<'_, Blocks<'_, '_>>) -> Result<T>,
    ) -> Result<T> {
        if directory.file_type() != FileType::Directory {
            return Err(CallerError::NotADirectory.into());
        }
        directory.check_format()?;
        let ino = directory.ino();
        let inode = self.fs.inode(ino)?;
        let format = DirFormat::of(self.fs.superblock());
        let block_size = self.block_size_bytes();
        let count = inode.size_bytes().div_ceil(block_size);
        if count > self.fs.superblock().blocks_count() {
            let want = "want no more blocks than the filesystem has";
            let (field, value) = ("i_size", inode.size_bytes());
            return Err(Corrupt::Inode { ino, field, value, want }.into());
        }
        let tree = self.tree(&inode);
        let indexed = inode.raw().i_flags.get() & INDEX_FL != 0;
        let mut hints = self.hints.remove(&ino).unwrap_or_default();
        let mut blocks = Blocks { transaction: self, tree, count };
        let mut editor = DirEditor::new(ino, &format, indexed, &mut blocks, &mut hints);
        let edited = edit(&mut editor)?;
        let indexed = editor.is_indexed();
        let Blocks { tree, count, .. } = blocks;
        self.hints.insert(ino, hints);
        if !changes {
            return Ok(edited);
        }
        let mut inode = self.edit_inode(ino)?;
        self.put_tree(&mut inode, &tree)?;
        let size_bytes = count.saturating_mul(block_size);
        let limit_bytes = u64::from(u32::MAX);
        inode
            .set_size_bytes(size_bytes)
            .ok_or(CallerError::FileTooLarge { size_bytes, limit_bytes })?;
        let flags = inode.flags() & !INDEX_FL;
        inode.set_flags(if indexed { flags | INDEX_FL } else { flags });
        inode.set_mtime(self.now);
        inode.set_ctime(self.now);
        self.put_inode(&inode)?;
        Ok(edited)
    }

    /// Gives a new directory its only block.
    pub(super) fn first_dir_block(&mut self, ino: Ino, parent: Ino) -> Result<FsBlock> {
        let format = DirFormat::of(self.fs.superblock());
        let bytes = DirEditor::<Blocks<'_, '_>>::first_block(&format, ino, parent);
        let block = self.allocate_block(Goal::Group(self.group_of_inode(ino)))?;
        self.put_fresh(block, bytes)?;
        Ok(block)
    }
}
