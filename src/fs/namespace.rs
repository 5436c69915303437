//! Names: made, linked, moved and removed.
//!
//! Each function is its system call: `create` is `open(O_CREAT|O_EXCL)`, `mknod`, `mkdir` and
//! `symlink`; `link`, `unlink`, `rmdir` and `rename` are themselves. Paths are the caller's; here a
//! place is a directory's inode and a name in it.

use std::collections::BTreeSet;

use super::balloc::Goal;
use super::checks::Change;
use super::dir_block::check_name;
use super::error::{CallerError, Corrupt, Result};
use super::inode::{FileType, Ino, Inode};
use super::inode_edit::{FAST_SYMLINK_LIMIT_BYTES, InodeEdit};
use super::transaction::Transaction;
use crate::mpage::FileBlock;

/// Names that an inode can have (`EXT2_LINK_MAX`).
pub const LINK_LIMIT: u16 = 32000;

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An empty regular file.
    Regular,
    /// An empty directory.
    Directory,
    /// A symbolic link to these bytes.
    Symlink(Vec<u8>),
    /// A device, by major and minor number.
    CharDevice(u32, u32),
    /// A device, by major and minor number.
    BlockDevice(u32, u32),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

impl Node {
    /// Its type.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        match self {
            Self::Regular => FileType::Regular,
            Self::Directory => FileType::Directory,
            Self::Symlink(_) => FileType::Symlink,
            Self::CharDevice(..) => FileType::CharDevice,
            Self::BlockDevice(..) => FileType::BlockDevice,
            Self::Fifo => FileType::Fifo,
            Self::Socket => FileType::Socket,
        }
    }
}

/// Who owns what is to be made, and who may do what with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ownership {
    /// Permission bits, set-id and sticky bits included.
    pub permissions: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

impl Transaction<'_> {
    /// Makes something new.
    ///
    /// # Errors
    /// The name exists or is none, there is no room, the directory cannot have more of them.
    pub fn create(
        &mut self,
        parent: Ino,
        name: &[u8],
        node: &Node,
        ownership: Ownership,
    ) -> Result<Ino> {
        let directory = self.fs.inode(parent)?;
        if self.find_entry(&directory, name)?.is_some() {
            return Err(CallerError::Exists.into());
        }
        self.check_change(&directory, Change::Growth)?;
        // Before anything changes: who is refused can go on.
        check_name(name)?;
        self.check_node(node)?;
        if *node == Node::Directory {
            self.check_links(&directory)?;
        }
        let file_type = node.file_type();
        let ino = self.allocate_inode(parent, file_type)?;
        let superblock = self.fs.superblock();
        let size = superblock.inode_size_bytes();
        let want_extra = superblock.raw().s_want_extra_isize.get();
        let mode = file_type.mode_bits() | (ownership.permissions & 0o7777);
        let mut edit = InodeEdit::create(ino, size, want_extra, mode, self.now);
        edit.set_uid(ownership.uid);
        edit.set_gid(ownership.gid);
        edit.set_links(if *node == Node::Directory { 2 } else { 1 });
        self.fill(&mut edit, parent, node)?;
        self.put_inode(&edit)?;
        self.insert_entry(&directory, name, ino, file_type)?;
        if *node == Node::Directory {
            self.change_links(parent, 1)?;
        }
        Ok(ino)
    }

    /// What a new inode holds besides its fields.
    fn fill(&mut self, edit: &mut InodeEdit, parent: Ino, node: &Node) -> Result<()> {
        let block_size = self.block_size_bytes();
        let ino = edit.ino();
        let (block, size_bytes) = match node {
            Node::Directory => (self.first_dir_block(ino, parent)?, block_size),
            Node::Symlink(target) => {
                let (len, limit) = (target.len(), self.target_limit());
                edit.set_size_bytes(len as u64).ok_or(CallerError::BadTarget { len, limit })?;
                if len < FAST_SYMLINK_LIMIT_BYTES {
                    edit.set_fast_symlink(target).ok_or(CallerError::BadTarget { len, limit })?;
                    return Ok(());
                }
                let block = self.allocate_block(Goal::Group(self.group_of_inode(ino)))?;
                let mut bytes = target.clone();
                bytes.resize(self.zero_block().len(), 0);
                self.put_fresh(block, bytes)?;
                (block, len as u64)
            }
            Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => {
                let (major, minor) = (*major, *minor);
                let wrong = CallerError::BadDeviceNumber { major, minor };
                edit.set_device_number(major, minor).ok_or(wrong)?;
                return Ok(());
            }
            Node::Regular | Node::Fifo | Node::Socket => return Ok(()),
        };
        let mut pointers = [0; 15];
        if let Some(first) = pointers.first_mut() {
            *first = u32::try_from(block.0).unwrap_or(0);
        }
        edit.set_pointers(pointers);
        let too_large = CallerError::FileTooLarge { size_bytes, limit_bytes: block_size };
        edit.set_size_bytes(size_bytes).ok_or(too_large)?;
        let too_large = CallerError::FileTooLarge { size_bytes, limit_bytes: block_size };
        edit.set_sectors(block_size >> 9).ok_or(too_large)?;
        Ok(())
    }

    /// Gives an inode that is no directory another name.
    ///
    /// # Errors
    /// The name exists or is none; the inode has as many as it can have.
    pub fn link(&mut self, ino: Ino, parent: Ino, name: &[u8]) -> Result<()> {
        let inode = self.fs.inode(ino)?;
        if inode.file_type() == FileType::Directory {
            return Err(CallerError::LinkToDirectory.into());
        }
        let directory = self.fs.inode(parent)?;
        if self.find_entry(&directory, name)?.is_some() {
            return Err(CallerError::Exists.into());
        }
        check_name(name)?;
        self.check_change(&directory, Change::Growth)?;
        self.check_change(&inode, Change::Any)?;
        self.check_links(&inode)?;
        self.insert_entry(&directory, name, ino, inode.file_type())?;
        self.change_links(ino, 1)
    }

    /// Removes a name of something that is no directory, and that itself with its last name.
    ///
    /// # Errors
    /// It is not there, or a directory.
    pub fn unlink(&mut self, parent: Ino, name: &[u8]) -> Result<()> {
        let (directory, inode) = self.entry(parent, name)?;
        if inode.file_type() == FileType::Directory {
            return Err(CallerError::IsADirectory.into());
        }
        self.remove_entry(&directory, name)?;
        self.drop_link(inode.ino())
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// It is not there, is none, or not empty.
    pub fn rmdir(&mut self, parent: Ino, name: &[u8]) -> Result<()> {
        let (directory, inode) = self.entry(parent, name)?;
        if inode.file_type() != FileType::Directory {
            return Err(CallerError::NotADirectory.into());
        }
        if inode.ino() == Ino::ROOT {
            return Err(CallerError::IsRoot.into());
        }
        if !self.is_empty_dir(&inode)? {
            return Err(CallerError::NotEmpty.into());
        }
        self.remove_entry(&directory, name)?;
        self.delete(&inode)?;
        self.change_links(parent, -1)
    }

    /// Removes a name with all that is below it.
    ///
    /// # Errors
    /// It is not there; a directory below it is corrupt, or reached twice.
    pub fn remove_tree(&mut self, parent: Ino, name: &[u8]) -> Result<()> {
        let (directory, inode) = self.entry(parent, name)?;
        if inode.file_type() != FileType::Directory {
            return self.unlink(parent, name);
        }
        if inode.ino() == Ino::ROOT {
            return Err(CallerError::IsRoot.into());
        }
        self.remove_entry(&directory, name)?;
        // Directories go whole, with their entries: none is taken out one by one.
        let mut seen = BTreeSet::from([Ino::ROOT, parent]);
        let mut pending = vec![inode];
        while let Some(directory) = pending.pop() {
            if !seen.insert(directory.ino()) {
                return Err(Corrupt::DirLoop { ino: directory.ino() }.into());
            }
            let mut children = Vec::new();
            self.fs.visit_dir(&directory, |entry| {
                if !matches!(entry.name, b"." | b"..") {
                    children.push(entry.ino);
                }
                Ok(None::<()>)
            })?;
            for child in children {
                let inode = self.fs.inode(child)?;
                self.check_change(&inode, Change::Any)?;
                match inode.file_type() {
                    FileType::Directory => pending.push(inode),
                    _ => self.drop_link(child)?,
                }
            }
            self.delete(&directory)?;
        }
        self.change_links(parent, -1)
    }

    /// Gives something another place, in the place of what is there: an empty directory for a
    /// directory, anything else for anything else.
    ///
    /// # Errors
    /// As `rename(2)`.
    pub fn rename(
        &mut self,
        old_parent: Ino,
        old_name: &[u8],
        new_parent: Ino,
        new_name: &[u8],
    ) -> Result<()> {
        check_name(old_name)?;
        let (old_dir, inode) = self.entry(old_parent, old_name)?;
        let new_dir = self.fs.inode(new_parent)?;
        let ino = inode.ino();
        let is_dir = inode.file_type() == FileType::Directory;
        if ino == Ino::ROOT {
            return Err(CallerError::IsRoot.into());
        }
        if is_dir {
            self.check_not_below(&new_dir, ino)?;
        }
        if let Some(found) = self.find_entry(&new_dir, new_name)? {
            if found.ino == ino {
                // Two names of one thing: rename(2) leaves both.
                return Ok(());
            }
            let target = self.fs.inode(found.ino)?;
            match (is_dir, target.file_type() == FileType::Directory) {
                (true, false) => return Err(CallerError::NotADirectory.into()),
                (false, true) => return Err(CallerError::IsADirectory.into()),
                (true, true) => self.rmdir(new_parent, new_name)?,
                (false, false) => self.unlink(new_parent, new_name)?,
            }
        } else {
            check_name(new_name)?;
            self.check_change(&new_dir, Change::Growth)?;
            if is_dir && old_parent != new_parent {
                self.check_links(&new_dir)?;
            }
        }
        if is_dir && old_parent != new_parent {
            self.replace_entry(&inode, b"..", new_parent, FileType::Directory)?;
            self.change_links(new_parent, 1)?;
            self.change_links(old_parent, -1)?;
        }
        let new_dir = self.fs.inode(new_parent)?;
        self.insert_entry(&new_dir, new_name, ino, inode.file_type())?;
        self.remove_entry(&old_dir, old_name)?;
        let mut edit = self.edit_inode(ino)?;
        // What a directory holds stays the same, wherever its `..` leads.
        edit.set_mtime(inode.mtime());
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// A directory, and what a name in it names, for a change of both.
    fn entry(&mut self, parent: Ino, name: &[u8]) -> Result<(Inode, Inode)> {
        let directory = self.fs.inode(parent)?;
        let found = self.find_entry(&directory, name)?.ok_or(CallerError::NotFound)?;
        let inode = self.fs.inode(found.ino)?;
        self.check_change(&directory, Change::Any)?;
        self.check_change(&inode, Change::Any)?;
        Ok((directory, inode))
    }

    fn change_links(&mut self, ino: Ino, change: i16) -> Result<()> {
        let mut edit = self.edit_inode(ino)?;
        let links = edit.raw().i_links_count.get();
        // A directory has its own name, and `.`.
        let is_dir = FileType::from_mode(edit.raw().i_mode.get()) == Some(FileType::Directory);
        let least = if is_dir { 2 } else { 1 };
        let changed = links.checked_add_signed(change).filter(|links| *links >= least);
        edit.set_links(changed.ok_or_else(|| {
            let want = "want one for each name that there is";
            Corrupt::Inode { ino, field: "i_links_count", value: u64::from(links), want }
        })?);
        edit.set_ctime(self.now);
        self.put_inode(&edit)
    }

    /// An inode loses a name, and with the last one its blocks.
    fn drop_link(&mut self, ino: Ino) -> Result<()> {
        let inode = self.fs.inode(ino)?;
        if inode.links() > 1 { self.change_links(ino, -1) } else { self.delete(&inode) }
    }

    /// Gives back an inode and all that it owns.
    fn delete(&mut self, inode: &Inode) -> Result<()> {
        let ino = inode.ino();
        if ino.0 < self.fs.superblock().first_ino() {
            let (field, value) = ("its number", u64::from(ino.0));
            let want = "want one that is not reserved to be deleted";
            return Err(Corrupt::Inode { ino, field, value, want }.into());
        }
        self.drop_pending(ino);
        self.hints.remove(&ino);
        let owns_blocks = match inode.file_type() {
            FileType::Regular | FileType::Directory => true,
            FileType::Symlink => !inode.is_fast_symlink(),
            _ => false,
        };
        if owns_blocks {
            inode.check_format()?;
            let mut tree = self.tree(inode);
            self.free_from(&mut tree, FileBlock(0))?;
        }
        if let Some(block) = inode.xattr_block() {
            self.release_xattr_block(ino, block)?;
        }
        let mut edit = self.edit_inode(ino)?;
        // A time that could be an inode's number would look like a link of the list of orphans.
        let least = i64::from(self.fs.superblock().inodes_count());
        let seconds = u32::try_from(self.now.seconds.max(least)).unwrap_or(u32::MAX);
        edit.clear_for_deletion(seconds);
        self.put_inode(&edit)?;
        self.free_inode(ino, inode.file_type())
    }
}
