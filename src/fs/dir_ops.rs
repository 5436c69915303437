//! How an editor finds, puts in and takes out, in directories with an index and without.
//!
//! An index that is not understood is no reason to refuse: its blocks read as a linear directory,
//! and the first entry that is put in makes it one. With an index of an unknown hash:
//!
//! ```text
//! find "a"      goes through all blocks        still indexed
//! insert "b"    into the first gap             no longer indexed
//! ```

use super::dir_block;
use super::dir_edit::{DirBlocks, DirEditor, Located};
use super::dir_hints::LinearHints;
use super::dir_index::{Index, Pair, Path};
use super::dir_pack::{self, Live};
use super::error::{Corrupt, Result};
use crate::mpage::FileBlock;

impl<B: DirBlocks> DirEditor<'_, B> {
    /// The index, where there is one that is understood; it has been checked.
    pub(super) fn index(&mut self) -> Result<Option<Index>> {
        if self.blocks.count_blocks() == 0 {
            return Err(Corrupt::DirHole { ino: self.ino, file_block: FileBlock(0) }.into());
        }
        if !self.indexed {
            return Ok(None);
        }
        let Some(index) = self.reader().open()? else { return Ok(None) };
        if !self.hints.index_checked {
            self.reader().check(&index)?;
            self.hints.index_checked = true;
        }
        Ok(Some(index))
    }

    /// The entry of a name.
    pub(super) fn locate(&mut self, name: &[u8]) -> Result<Option<Located>> {
        if matches!(name, b"." | b"..") {
            return self.locate_in(FileBlock(0), name);
        }
        if let Some(index) = self.index()? {
            let hash = index.hash().of(name);
            let mut path = self.reader().probe(&index, hash)?;
            loop {
                let located = self.locate_in(path.leaf(), name)?;
                if located.is_some() || !self.reader().next(&mut path, hash)? {
                    return Ok(located);
                }
            }
        }
        let blocks = match self.linear_hints()? {
            Some(hints) => hints.blocks_of(name),
            None => return self.locate_anywhere(name),
        };
        for block in blocks {
            if let Some(located) = self.locate_in(block, name)? {
                return Ok(Some(located));
            }
        }
        Ok(None)
    }

    fn locate_anywhere(&self, name: &[u8]) -> Result<Option<Located>> {
        for block in (0..self.blocks.count_blocks()).map(FileBlock) {
            if let Some(located) = self.locate_in(block, name)? {
                return Ok(Some(located));
            }
        }
        Ok(None)
    }

    fn locate_in(&self, block: FileBlock, name: &[u8]) -> Result<Option<Located>> {
        if block.0 >= self.blocks.count_blocks() {
            return Err(Corrupt::DirHole { ino: self.ino, file_block: block }.into());
        }
        let bytes = self.blocks.read(block)?;
        let hit = self.view(block, &bytes).find(name)?;
        Ok(hit.map(|hit| Located { block, bytes, hit }))
    }

    /// What is remembered of a linear directory; all of it is read once it has been searched often.
    fn linear_hints(&mut self) -> Result<Option<&mut LinearHints>> {
        if self.hints.linear.is_none() && self.hints.count_search() {
            let mut hints = LinearHints::new();
            for block in (0..self.blocks.count_blocks()).map(FileBlock) {
                let bytes = self.blocks.read(block)?;
                let view = self.view(block, &bytes);
                for slot in view.live() {
                    hints.add_name(slot?.entry.name, block);
                }
                hints.set_room(block, view.survey(usize::MAX)?.room_after_bytes);
            }
            self.hints.linear = Some(hints);
        }
        Ok(self.hints.linear.as_mut())
    }

    pub(super) fn insert_linear(&mut self, name: &[u8], entry: &[u8]) -> Result<()> {
        let count = self.blocks.count_blocks();
        let remembered = self.linear_hints()?.map(|hints| hints.first_with(entry.len()));
        let tries = match remembered {
            Some(Some(block)) => block.0..block.0.saturating_add(1),
            Some(None) => 0..0,
            None => 0..count,
        };
        for block in tries.map(FileBlock) {
            let bytes = self.blocks.read(block)?;
            let survey = self.view(block, &bytes).survey(entry.len())?;
            if let Some(gap) = survey.gap {
                let mut bytes = bytes.to_vec();
                dir_block::insert(&mut bytes, gap, entry);
                self.blocks.write(block, bytes)?;
                self.indexed = false;
                self.remember(name, block, survey.room_after_bytes);
                return Ok(());
            }
        }
        // Half as many leaves again as there are full blocks leave room to grow.
        let leaves = count.saturating_add(count / 2);
        if let Some(hash) = self.format.hash()
            && dir_pack::can_index(self.format.block_size_bytes, leaves)
            && self.parent()?.is_some()
        {
            return self.rebuild(hash, Some((name, entry)));
        }
        let block_size = self.format.block_size_bytes;
        let block = self.blocks.append(dir_block::pack(block_size, [entry]))?;
        self.indexed = false;
        self.remember(name, block, block_size.saturating_sub(entry.len()));
        Ok(())
    }

    fn remember(&mut self, name: &[u8], block: FileBlock, room_bytes: usize) {
        if let Some(hints) = &mut self.hints.linear {
            hints.add_name(name, block);
            hints.set_room(block, room_bytes);
        }
    }

    pub(super) fn insert_indexed(
        &mut self,
        index: &Index,
        name: &[u8],
        entry: &[u8],
    ) -> Result<()> {
        let hash = index.hash().of(name);
        let path = self.reader().probe(index, hash)?;
        let leaf = path.leaf();
        let bytes = self.blocks.read(leaf)?;
        let survey = self.view(leaf, &bytes).survey(entry.len())?;
        if let Some(gap) = survey.gap {
            let mut bytes = bytes.to_vec();
            dir_block::insert(&mut bytes, gap, entry);
            return self.blocks.write(leaf, bytes);
        }
        let mut entries = self.entries(index, leaf, &bytes)?;
        entries.push(Live { hash, raw: entry });
        let block_size = bytes.len();
        if survey.live_bytes.saturating_add(entry.len()) <= block_size {
            // There is room enough, but in pieces.
            let raws = entries.iter().map(|live| live.raw);
            return self.blocks.write(leaf, dir_block::pack(block_size, raws));
        }
        if !index.has_room(&path) {
            return self.rebuild(index.hash(), Some((name, entry)));
        }
        let (hash, [left, right]) = dir_pack::split(block_size, entries);
        self.add_leaf(index, &path, hash, left, right)
    }

    /// Puts a leaf's second half behind it.
    fn add_leaf(
        &mut self,
        index: &Index,
        path: &Path,
        hash: u32,
        left: Vec<u8>,
        right: Vec<u8>,
    ) -> Result<()> {
        let block = self.blocks.append(right)?;
        index.insert(path, Pair { hash, block }, self.blocks)?;
        self.blocks.write(path.leaf(), left)
    }

    /// The entries in use of a leaf.
    fn entries<'b>(
        &self,
        index: &Index,
        leaf: FileBlock,
        bytes: &'b [u8],
    ) -> Result<Vec<Live<'b>>> {
        let view = self.view(leaf, bytes);
        let hash = index.hash();
        let live = view.live().map(|slot| {
            slot.map(|slot| Live { hash: hash.of(slot.entry.name), raw: view.raw(&slot) })
        });
        live.collect()
    }

    pub(super) fn remove_located(&mut self, name: &[u8], located: &Located) -> Result<()> {
        let Located { block, hit, .. } = *located;
        let mut bytes = located.bytes.to_vec();
        let room = dir_block::remove(&mut bytes, &hit);
        let is_empty = self.view(block, &bytes).is_empty()?;
        if let Some(hints) = &mut self.hints.linear {
            hints.remove_name(name, block);
            hints.widen_room(block, room);
        }
        self.blocks.write(block, bytes)?;
        self.hints.take_live(dir_block::entry_bytes(name.len()));
        if !is_empty {
            return Ok(());
        }
        match self.index()? {
            Some(index) => self.shrink_indexed(index.hash()),
            // What is not understood stays as long as it is.
            None if self.indexed => Ok(()),
            None => self.shrink_linear(block),
        }
    }
}
