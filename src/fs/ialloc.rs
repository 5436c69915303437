//! Inode allocation: where ext2's own rules put a new inode.
//!
//! A file goes to its directory's group, so that a directory's inodes and data lie together; where
//! that is full, to one found by a hash of the directory's number and steps of 1, 2, 4, ..., so that
//! the files of different directories do not crowd the same group; else to the first with room.
//! A directory below the root goes to the group with the fewest directories among those with at
//! least the average of free inodes and blocks, so that trees spread out; one further down stays
//! near its parent as long as its group is not overfull (Orlov's rules). Source: `fs/ext2/ialloc.c`
//! in Linux, which begins its search for the first at random: here it begins at the first group.

use super::error::{Corrupt, Full, Result};
use super::inode::{FileType, Ino};
use super::transaction::Transaction;

impl Transaction<'_> {
    /// Refuses a request for an inode that cannot be met.
    pub(super) fn check_inodes(&self) -> Result<()> {
        if self.superblock.s_free_inodes_count.get() == 0 {
            return Err(Full::Inodes { inodes: self.fs.superblock().inodes_count() }.into());
        }
        Ok(())
    }

    /// Allocates an inode for a file of a type in the directory `parent`.
    pub(super) fn allocate_inode(&mut self, parent: Ino, file_type: FileType) -> Result<Ino> {
        self.check_inodes()?;
        let parent_group = self.group_of_inode(parent);
        let directory = file_type == FileType::Directory;
        let first = match directory {
            true if parent == Ino::ROOT => self.group_for_top_directory()?,
            true => self.group_near(parent_group)?,
            false => self.group_for_file(parent, parent_group)?,
        };
        let groups = self.fs.superblock().groups_count();
        let start = first.unwrap_or(parent_group);
        for number in (start..groups).chain(0..start) {
            if let Some(ino) = self.take_inode(number, directory)? {
                return Ok(ino);
            }
        }
        let (object, field) = ("superblock", "s_free_inodes_count");
        let want = "but the bitmaps have no free inode";
        let value = u64::from(self.superblock.s_free_inodes_count.get());
        Err(Corrupt::Count { object, field, value, want }.into())
    }

    /// Gives an inode back.
    pub(super) fn free_inode(&mut self, ino: Ino, file_type: FileType) -> Result<()> {
        let number = self.group_of_inode(ino);
        let index = self.index_in_group(ino);
        let group = self.groups.get(&self.fs, number)?;
        if !group.inodes(&self.fs, number)?.clear(index) {
            let (bitmap, what, state) = ("inode bitmap", "inode", "free, but linked");
            let (group, number) = (number, u64::from(ino.0));
            return Err(Corrupt::Bitmap { group, bitmap, what, number, state }.into());
        }
        let directories = if file_type == FileType::Directory { -1 } else { 0 };
        group.inodes_changed(number, 1, directories)?;
        let free = self.superblock.s_free_inodes_count.get();
        self.superblock.s_free_inodes_count.set(free.saturating_add(1));
        Ok(())
    }

    /// The group of an inode.
    pub(super) fn group_of_inode(&self, ino: Ino) -> u32 {
        let per_group = self.fs.superblock().raw().s_inodes_per_group.get();
        ino.0.saturating_sub(1).checked_div(per_group).unwrap_or(0)
    }

    fn index_in_group(&self, ino: Ino) -> u32 {
        let per_group = self.fs.superblock().raw().s_inodes_per_group.get();
        ino.0.saturating_sub(1).checked_rem(per_group).unwrap_or(0)
    }

    /// Takes the first free inode of a group that is not reserved, if there is one.
    fn take_inode(&mut self, number: u32, directory: bool) -> Result<Option<Ino>> {
        let superblock = self.fs.superblock();
        let per_group = superblock.raw().s_inodes_per_group.get();
        let reserved = if number == 0 { superblock.first_ino().saturating_sub(1) } else { 0 };
        let group = self.groups.get(&self.fs, number)?;
        if group.free_inodes() == 0 {
            return Ok(None);
        }
        // What was freed may be taken again: inodes change through the log.
        let bitmap = group.inodes(&self.fs, number)?;
        let Some(index) = bitmap.first_clear(reserved) else { return Ok(None) };
        bitmap.set(index);
        group.inodes_changed(number, -1, i64::from(directory))?;
        let free = self.superblock.s_free_inodes_count.get();
        self.superblock.s_free_inodes_count.set(free.saturating_sub(1));
        let base = u64::from(number).saturating_mul(u64::from(per_group));
        let ino = base.saturating_add(u64::from(index)).saturating_add(1);
        Ok(u32::try_from(ino).ok().map(Ino))
    }

    fn group_for_file(&mut self, parent: Ino, parent_group: u32) -> Result<Option<u32>> {
        let groups = self.fs.superblock().groups_count();
        if self.has_room(parent_group)? {
            return Ok(Some(parent_group));
        }
        let hashed = parent_group.wrapping_add(parent.0).checked_rem(groups).unwrap_or(0);
        let mut number = hashed;
        let mut step: u32 = 1;
        while step < groups {
            number = number.saturating_add(step).checked_rem(groups).unwrap_or(0);
            if self.has_room(number)? {
                return Ok(Some(number));
            }
            step = step.saturating_mul(2);
        }
        Ok(None)
    }

    /// Whether a group has an inode and a block.
    fn has_room(&mut self, number: u32) -> Result<bool> {
        let group = self.groups.get(&self.fs, number)?;
        Ok(group.free_inodes() > 0 && group.free_blocks() > 0)
    }

    fn group_for_top_directory(&mut self) -> Result<Option<u32>> {
        let groups = self.fs.superblock().groups_count();
        let (inodes, blocks) = self.average_free();
        let mut best: Option<(u16, u32)> = None;
        for number in 0..groups {
            let group = self.groups.get(&self.fs, number)?;
            let enough = group.free_inodes() > 0
                && u64::from(group.free_inodes()) >= inodes
                && u64::from(group.free_blocks()) >= blocks;
            let directories = group.descriptor.bg_used_dirs_count.get();
            if enough && best.is_none_or(|(fewest, _)| directories < fewest) {
                best = Some((directories, number));
                if directories == 0 {
                    break;
                }
            }
        }
        Ok(best.map(|(_, number)| number))
    }

    /// The first group from the parent's on that is not overfull.
    fn group_near(&mut self, parent_group: u32) -> Result<Option<u32>> {
        let groups = self.fs.superblock().groups_count();
        let raw = self.fs.superblock().raw();
        let per_group = u64::from(raw.s_inodes_per_group.get());
        let (inodes, blocks) = self.average_free();
        // A group may fall behind the average by a quarter of what a group has.
        let least_inodes = inodes.saturating_sub(per_group >> 2);
        let least_blocks = blocks.saturating_sub(u64::from(raw.s_blocks_per_group.get()) >> 2);
        for number in (parent_group..groups).chain(0..parent_group) {
            let group = self.groups.get(&self.fs, number)?;
            let enough = group.free_inodes() > 0
                && u64::from(group.free_inodes()) >= least_inodes
                && u64::from(group.free_blocks()) >= least_blocks;
            if enough {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Free inodes and free blocks in an average group.
    fn average_free(&self) -> (u64, u64) {
        let groups = u64::from(self.fs.superblock().groups_count());
        let average = |count: u32| u64::from(count).checked_div(groups).unwrap_or(0);
        let raw = &self.superblock;
        (average(raw.s_free_inodes_count.get()), average(raw.s_free_blocks_count.get()))
    }
}
