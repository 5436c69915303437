//! The data of files: what waits to be read together, and what takes windows of its own.
//!
//! A file that fits into a window waits until a window is full, and is then planned with those that
//! lie beside it. A larger one, or one with holes, is planned part by part, past its holes.

use std::ops::Range;

use super::producer::{Next, Producer};
use super::{Item, Part};
use crate::fs::error::{Corrupt, FsError, Result};
use crate::fs::{BlockMap, Ino, Inode};
use crate::mpage::{Fault, FaultCause, FileBlock, PageIndex, StagePiece};

/// A file that waits to be planned.
pub(super) struct Waiting<'fs> {
    map: BlockMap<'fs>,
    ino: Ino,
    size_bytes: u64,
    /// Its part, among the items; the file's own item stands before it.
    item: usize,
}

impl Producer<'_, '_> {
    /// Takes indirect blocks from those that all maps may go through together: files that share them
    /// could otherwise make walks without end of an image without data.
    pub(super) fn charge_leaves(&mut self, inode: &Inode, map: &BlockMap<'_>) -> Result<()> {
        match self.leaves_left.checked_sub(map.leaves()) {
            Some(left) => self.leaves_left = left,
            None => {
                let (ino, value) = (inode.ino(), map.leaves());
                let want = "want no more indirect blocks than are left: files share them";
                return Err(Corrupt::Inode { ino, field: "i_block", value, want }.into());
            }
        }
        Ok(())
    }

    /// Plans the parts of a file.
    pub(super) fn data(&mut self, inode: &Inode, path: &[u8]) -> Result<Next> {
        let geometry = self.fs.geometry();
        let size_bytes = inode.size_bytes();
        let pages = geometry.pages_for(size_bytes);
        if size_bytes == 0 {
            return Ok(Next::Go);
        }
        let skips_holes = self.fs.may_have_holes(inode);
        let file_bytes = geometry.bytes_in(geometry.blocks_for(size_bytes));
        if pages <= self.batch.window_pages() && !skips_holes {
            if file_bytes > self.room_bytes() {
                // The file's own item goes with its data.
                let file = self.items.pop();
                if self.send()? == Next::Stop {
                    return Ok(Next::Stop);
                }
                self.items.extend(file);
            }
            let map = BlockMap::new(inode, self.fs.metadata());
            let item = self.items.len();
            self.waiting.push(Waiting { map, ino: inode.ino(), size_bytes, item });
            self.waiting_bytes = self.waiting_bytes.saturating_add(file_bytes);
            let part = Part { range: 0..size_bytes, in_window: 0..0, faults: Vec::new() };
            self.items.push(Item::Data(part));
            return Ok(Next::Go);
        }
        let mut map = BlockMap::new(inode, self.fs.metadata());
        let next = self.parts(inode, path, &mut map)?;
        if let Err(error) = self.charge_leaves(inode, &map) {
            self.fault(path, error);
            return Ok(Next::Stop);
        }
        Ok(next)
    }

    /// Plans the parts of a file that is large or has holes.
    fn parts(&mut self, inode: &Inode, path: &[u8], map: &mut BlockMap<'_>) -> Result<Next> {
        let geometry = self.fs.geometry();
        let page_size = geometry.page_size_bytes();
        let size_bytes = inode.size_bytes();
        let pages = geometry.pages_for(size_bytes);
        let skips_holes = self.fs.may_have_holes(inode);
        let mut page = PageIndex(0);
        while page.0 < pages {
            if skips_holes {
                let block = geometry.first_block_of(page);
                match data_from(map, block, FileBlock(geometry.blocks_for(size_bytes))) {
                    Ok(Some(block)) => page = geometry.page_of(block),
                    Ok(None) => break,
                    Err(error) => {
                        // What follows could be a hole of petabytes that is asked for block by block.
                        let start = page.0.saturating_mul(page_size);
                        self.items.push(Item::Data(unmapped(start..size_bytes, error)));
                        break;
                    }
                }
            }
            let start = page.0.saturating_mul(page_size);
            let rest_bytes =
                geometry.bytes_in(geometry.blocks_for(size_bytes.saturating_sub(start)));
            let window_bytes = self.batch.window_pages().saturating_mul(page_size);
            // A part that needs a window of its own gets one.
            if rest_bytes.min(window_bytes) > self.room_bytes() && self.send()? == Next::Stop {
                return Ok(Next::Stop);
            }
            let count = self.batch.window_pages().min(pages.saturating_sub(page.0)).max(1);
            let added = self.batch.add(map, size_bytes, page, count);
            self.added = true;
            page = PageIndex(page.0.saturating_add(count));
            let range = start..page.0.saturating_mul(page_size).min(size_bytes);
            let len_bytes = range.end.saturating_sub(range.start);
            let in_window = added.at_bytes..added.at_bytes.saturating_add(len_bytes);
            self.items.push(Item::Data(Part { range, in_window, faults: added.faults }));
            if !self.charge(added.asked_bytes) {
                let limit_bytes = self.fs.plausible_bytes();
                self.fault(path, Corrupt::SharedData { ino: inode.ino(), limit_bytes }.into());
                return Ok(Next::Stop);
            }
        }
        Ok(Next::Go)
    }

    pub(super) fn room_bytes(&self) -> u64 {
        self.batch.room_bytes().saturating_sub(self.waiting_bytes)
    }

    /// Takes data from what all files may have together; false where that is too little.
    fn charge(&mut self, bytes: u64) -> bool {
        let left = self.data_left_bytes.checked_sub(bytes);
        self.data_left_bytes = left.unwrap_or(0);
        left.is_some()
    }

    /// Plans the files that wait: together, since what lies side by side is read together.
    pub(super) fn plan_waiting(&mut self) -> Next {
        let geometry = self.fs.geometry();
        let mut waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let pieces = waiting.iter_mut().map(|file| StagePiece {
            count_blocks: geometry.blocks_for(file.size_bytes),
            first: FileBlock(0),
            map: &mut file.map,
        });
        self.batch.stage(pieces.collect());
        for Waiting { mut map, ino, size_bytes, item } in waiting {
            let pages = geometry.pages_for(size_bytes);
            let added = self.batch.add(&mut map, size_bytes, PageIndex(0), pages);
            self.added = true;
            let within = self.charge(added.asked_bytes);
            if let Some(Item::Data(part)) = self.items.get_mut(item) {
                part.in_window = added.at_bytes..added.at_bytes.saturating_add(size_bytes);
                part.faults = added.faults;
            }
            if !within {
                let limit_bytes = self.fs.plausible_bytes();
                let error = Corrupt::SharedData { ino, limit_bytes }.into();
                // What follows does not come, nor does the end of this one.
                self.items.truncate(item);
                let path = match self.items.last() {
                    Some(Item::File(entry, _)) => entry.path.clone(),
                    _ => Vec::new(),
                };
                self.items.push(Item::Fault { path, error });
                return Next::Stop;
            }
        }
        Next::Go
    }
}

/// A part of which nothing can be read, since nobody knows where it lies.
fn unmapped(range: Range<u64>, error: FsError) -> Part {
    let len_bytes = range.end.saturating_sub(range.start);
    let fault = Fault { offset_bytes: range.start, len_bytes, cause: FaultCause::Map(error) };
    // Where no window has anything.
    let in_window = u64::MAX.saturating_sub(len_bytes)..u64::MAX;
    Part { range, in_window, faults: vec![fault] }
}

/// The first block from `at` on that has data, if there is one before `end`.
fn data_from(
    map: &mut BlockMap<'_>,
    mut at: FileBlock,
    end: FileBlock,
) -> Result<Option<FileBlock>> {
    while let Some(run) = map.run(at, end)? {
        if run.block.is_some() {
            return Ok(Some(at));
        }
        at = at.plus(run.count_blocks.max(1));
    }
    Ok(None)
}
