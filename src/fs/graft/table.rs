//! Inodes on their way into the inode table: those of a block go there together.
//!
//! Of 16 files that get inodes 17 to 32, in blocks of 4 KiB, one block of the table is changed, once.

use crate::fs::error::Result;
use crate::fs::inode_edit::InodeEdit;
use crate::fs::transaction::Transaction;
use crate::mpage::FsBlock;

/// Inodes that go into one block of the inode table, which is changed once for all of them.
#[derive(Default)]
pub(super) struct Table {
    block: Option<FsBlock>,
    inodes: Vec<(usize, Vec<u8>)>,
}

impl Table {
    /// Puts an inode in place, at the latest when another block is due.
    pub fn put(&mut self, tx: &mut Transaction<'_>, edit: &InodeEdit) -> Result<()> {
        let (block, offset) = tx.inode_place(edit.ino())?;
        if self.block != Some(block) {
            self.flush(tx)?;
            self.block = Some(block);
        }
        self.inodes.push((offset, edit.bytes()));
        Ok(())
    }

    /// Puts what waits in place.
    pub fn flush(&mut self, tx: &mut Transaction<'_>) -> Result<()> {
        let Some(block) = self.block.take() else { return Ok(()) };
        let inodes = std::mem::take(&mut self.inodes);
        tx.edit_block(block, "inode table", |table| {
            for (offset, bytes) in inodes {
                let place = table.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len()));
                if let Some(place) = place {
                    place.copy_from_slice(&bytes);
                }
            }
        })
    }
}
