//! When a directory is laid out anew, or shortened, and how the new blocks replace the old.
//!
//! Both are looked into only when a block has become empty, so that their cost is spread over the
//! entries that were in it. A directory with an index, 100 blocks long, whose entries would fit into
//! 50 is rebuilt; one without loses the empty blocks at its end. What cannot be read for being
//! corrupt is not shortened: the entry is out, which is all that was asked.

use super::dir_block;
use super::dir_edit::{DirBlocks, DirEditor, NewEntry};
use super::dir_hash::DirHash;
use super::dir_pack::{self, Live, Packed};
use super::error::{Corrupt, FsError, Result};
use super::{Ino, metadata::Block};
use crate::mpage::FileBlock;

/// So many entries are put in one by one.
const FEW_ENTRIES: usize = 16;
/// And so are those that take less than this part of what is there.
const SMALL_PART: u64 = 8;

impl<B: DirBlocks> DirEditor<'_, B> {
    /// Gives up the empty blocks at the end, if the one that has become empty is the last.
    pub(super) fn shrink_linear(&mut self, emptied: FileBlock) -> Result<()> {
        let count = self.blocks.count_blocks();
        if emptied.plus(1).0 != count {
            return Ok(());
        }
        let mut keep = count;
        while keep > 1 {
            let last = FileBlock(keep.saturating_sub(1));
            let bytes = self.blocks.read(last)?;
            if !self.view(last, &bytes).is_empty().unwrap_or(false) {
                break;
            }
            keep = last.0;
        }
        if keep < count {
            self.blocks.truncate(keep)?;
            if let Some(hints) = &mut self.hints.linear {
                hints.truncate(keep);
            }
        }
        Ok(())
    }

    /// Lays the directory out anew if it would take half of its blocks.
    pub(super) fn shrink_indexed(&mut self, hash: DirHash) -> Result<()> {
        let block_size = self.format.block_size_bytes;
        let live = match self.hints.live_bytes {
            Some(live) => live,
            None => match self.count_live() {
                Err(FsError::Corrupt(_)) => return Ok(()),
                live => live?,
            },
        };
        self.hints.live_bytes = Some(live);
        let needed = dir_pack::count_blocks(block_size, live);
        if needed.saturating_mul(2) > self.blocks.count_blocks() {
            return Ok(());
        }
        match self.lay_out(Some(hash), &[]) {
            Err(FsError::Corrupt(_)) => Ok(()),
            packed => self.apply(packed?),
        }
    }

    /// Lays the directory out anew, with one more entry: its name, and itself.
    pub(super) fn rebuild(&mut self, hash: DirHash, more: Option<(&[u8], &[u8])>) -> Result<()> {
        let more: Vec<_> =
            more.into_iter().map(|(name, raw)| Live { hash: hash.of(name), raw }).collect();
        let packed = self.lay_out(Some(hash), &more)?;
        self.apply(packed)
    }

    /// Lays the directory out anew, with many more entries; not where they are few for it, or where
    /// what is there is not understood: then nothing has changed.
    pub(super) fn lay_out_with(&mut self, new: &[NewEntry<'_>]) -> Result<bool> {
        new.iter().try_for_each(|entry| dir_block::check_name(entry.name))?;
        let block_size = self.format.block_size_bytes as u64;
        let there = self.blocks.count_blocks().saturating_mul(block_size);
        let has_types = self.format.has_types;
        let raws: Vec<Vec<u8>> = new
            .iter()
            .map(|entry| dir_block::encode(entry.name, entry.ino, entry.file_type, has_types))
            .collect();
        let bytes = raws.iter().fold(0, |sum: usize, raw| sum.saturating_add(raw.len()));
        if new.len() < FEW_ENTRIES || (bytes as u64).saturating_mul(SMALL_PART) < there {
            return Ok(false);
        }
        let hash = match self.index()? {
            Some(index) => Some(index.hash()),
            None if self.indexed => return Ok(false),
            None => self.format.hash(),
        };
        if self.parent()?.is_none() {
            return Ok(false);
        }
        let hash_of = |name| hash.as_ref().map_or(0, |hash| hash.of(name));
        let more: Vec<_> = new
            .iter()
            .zip(&raws)
            .map(|(entry, raw)| Live { hash: hash_of(entry.name), raw })
            .collect();
        let packed = self.lay_out(hash, &more)?;
        self.apply(packed)?;
        self.hints.add_live(bytes);
        Ok(true)
    }

    /// What `..` names, where `.` and `..` stand at the beginning, as they should.
    pub(super) fn parent(&self) -> Result<Option<Ino>> {
        if self.blocks.count_blocks() == 0 {
            return Ok(None);
        }
        let block = FileBlock(0);
        let bytes = self.blocks.read(block)?;
        let mut slots = self.view(block, &bytes).slots();
        let mut is = |name| {
            let slot = slots.next().transpose()?.map(|slot| slot.entry);
            Ok::<_, FsError>(slot.filter(|entry| entry.name == name && entry.ino != Ino(0)))
        };
        let (dot, dots) = (is(b".".as_slice())?, is(b"..")?);
        Ok(dots.filter(|_| dot.is_some()).map(|entry| entry.ino))
    }

    /// What all entries besides `.` and `..` take.
    fn count_live(&self) -> Result<u64> {
        let mut live = 0_u64;
        for block in (0..self.blocks.count_blocks()).map(FileBlock) {
            let bytes = self.blocks.read(block)?;
            let survey = self.view(block, &bytes).survey(usize::MAX)?;
            live = live.saturating_add(survey.live_bytes as u64);
        }
        Ok(live.saturating_sub(dir_block::DOTS_BYTES as u64))
    }

    /// The directory's blocks as they would be, were it laid out anew. Every block is gone through,
    /// those of an index too, which hold no entries: nothing is lost that a reader would find.
    fn lay_out(&self, hash: Option<DirHash>, more: &[Live<'_>]) -> Result<Packed> {
        let Some(parent) = self.parent()? else {
            return Err(Corrupt::DirHole { ino: self.ino, file_block: FileBlock(0) }.into());
        };
        let blocks: Vec<Block> = (0..self.blocks.count_blocks())
            .map(|at| self.blocks.read(FileBlock(at)))
            .collect::<Result<_>>()?;
        let mut entries = Vec::new();
        for (bytes, at) in blocks.iter().zip(0..) {
            let view = self.view(FileBlock(at), bytes);
            for slot in view.live().skip(if at == 0 { 2 } else { 0 }) {
                let slot = slot?;
                let hash = hash.as_ref().map_or(0, |hash| hash.of(slot.entry.name));
                entries.push(Live { hash, raw: view.raw(&slot) });
            }
        }
        entries.extend(more);
        Ok(dir_pack::pack(self.format, self.ino, parent, hash, entries))
    }

    /// Replaces the directory's blocks.
    fn apply(&mut self, packed: Packed) -> Result<()> {
        let count = self.blocks.count_blocks();
        let needed = packed.blocks.len() as u64;
        for (bytes, at) in packed.blocks.into_iter().zip(0..) {
            if at < count {
                self.blocks.write(FileBlock(at), bytes)?;
            } else {
                self.blocks.append(bytes)?;
            }
        }
        if needed < count {
            self.blocks.truncate(needed)?;
        }
        self.indexed = packed.indexed;
        self.hints.linear = None;
        Ok(())
    }
}
