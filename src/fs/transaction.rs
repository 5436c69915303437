//! A transaction: changes that are made in memory, and committed all together or not at all.
//!
//! ```text
//! Transaction     what a command does, from the old image to the new one
//!  ├─ groups          bitmaps and counts, as they are to be
//!  ├─ overlay         blocks of metadata, as they are to be; everything reads through it
//!  └─ pending         data that will be written to blocks that were free at the start
//! ```
//!
//! Metadata blocks that were in use at the start go through the [log](crate::device::log); those
//! that were free are *fresh*, and are written in place before the log counts, as file data is.
//! Whoever drops a transaction without [committing](Transaction::commit) it has changed nothing. After
//! an error it may hold half of what was asked, and is only good to be dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::{Result, Unsupported};
use super::features::RoCompat;
use super::graft::Grafted;
use super::groups::Groups;
use super::inode::{Ino, Inode, Time};
use super::inode_edit::InodeEdit;
use super::pending::Pending;
use super::superblock::Superblock;
use super::{DirHints, Filesystem, FsError, OpenOptions, RawSuperblock};
use crate::device::log::before;
use crate::device::{BlockDevice, DeviceError, Overlay};
use crate::mpage::{FsBlock, Stats};

/// `s_state`: it was unmounted cleanly.
const VALID_FS: u16 = 1;
/// `s_state`: errors were found.
const ERROR_FS: u16 = 2;
/// What tools and block numbers can handle.
const MOST_BYTES: u64 = 16 << 40;
/// No block of any filesystem is larger.
const MOST_BLOCK_BYTES: u64 = 1 << 16;
/// Fresh blocks that are kept in memory; a file of terabytes has gigabytes of indirect blocks.
const FRESH_BYTES: u64 = 8 << 20;

/// How to begin.
#[derive(Debug, Clone, Copy)]
pub struct BeginOptions {
    /// The time of all that is changed.
    pub now: Time,
    /// Write to a filesystem that is marked as having errors, or was not unmounted.
    pub force: bool,
    /// Write nothing before the commit, which will not come.
    pub dry_run: bool,
}

/// Changes to a filesystem that are not made yet.
pub struct Transaction<'a> {
    pub(super) fs: Filesystem,
    pub(super) overlay: Arc<Overlay<Arc<dyn BlockDevice>>>,
    pub(super) superblock: RawSuperblock,
    pub(super) groups: Groups,
    pub(super) now: Time,
    pub(super) dry_run: bool,
    /// What the sectors of logged blocks held at the start.
    pub(super) before: BTreeMap<FsBlock, Vec<u32>>,
    /// Metadata blocks that were free at the start, and are in the overlay.
    pub(super) fresh: BTreeSet<FsBlock>,
    pub(super) pending: BTreeMap<Ino, Pending<'a>>,
    /// Data of whole trees that waits.
    pub(super) grafts: Vec<Grafted<'a>>,
    /// Whether fresh blocks stay in memory, since it is not certain that there is room for all.
    pub(super) holds_fresh: bool,
    pub(super) hints: BTreeMap<Ino, DirHints>,
    /// Blocks of attributes that were written, by what they hold.
    pub(super) xattr_blocks: BTreeMap<Vec<u8>, FsBlock>,
    /// Blocks that may still be given out.
    pub(super) available_blocks: u64,
    /// Whether anything was written to the image, to blocks that nothing leads to yet.
    pub(super) wrote_data: bool,
    /// Names that were removed or moved.
    pub(super) removals: u64,
    pub(super) stats: Stats,
}

impl<'a> Transaction<'a> {
    /// Begins a transaction on the filesystem of a device.
    ///
    /// # Errors
    /// There is none, or one that must not be written.
    pub fn begin(device: Arc<dyn BlockDevice>, options: BeginOptions) -> Result<Self> {
        let overlay = Arc::new(Overlay::new(device, MOST_BLOCK_BYTES, BTreeMap::new()));
        let fs =
            Filesystem::open(Arc::clone(&overlay) as Arc<dyn BlockDevice>, OpenOptions::default())?;
        if fs.primary_fault().is_some() {
            return Err(Unsupported::BackupSuperblock.into());
        }
        check_writable(fs.superblock(), options.force)?;
        // What is cut off cannot be told from what is free: nothing is put into what is left.
        let len_bytes =
            fs.superblock().blocks_count().saturating_mul(fs.superblock().block_size_bytes());
        if len_bytes > overlay.size_bytes() {
            let (offset_bytes, size_bytes) = (overlay.image_offset_bytes(), overlay.size_bytes());
            let size_bytes = offset_bytes.saturating_add(size_bytes);
            return Err(DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes }.into());
        }
        let superblock = fs.superblock().raw().clone();
        let available_blocks = u64::from(superblock.s_free_blocks_count.get());
        Ok(Self {
            fs,
            overlay,
            superblock,
            groups: Groups::default(),
            now: options.now,
            dry_run: options.dry_run,
            before: BTreeMap::new(),
            fresh: BTreeSet::new(),
            pending: BTreeMap::new(),
            grafts: Vec::new(),
            holds_fresh: false,
            hints: BTreeMap::new(),
            xattr_blocks: BTreeMap::new(),
            available_blocks,
            wrote_data: false,
            removals: 0,
            stats: Stats::default(),
        })
    }

    /// The filesystem as it is to be. Data of files that were put is not there before
    /// [`flush_data`](Self::flush_data).
    #[must_use]
    pub fn fs(&self) -> &Filesystem {
        &self.fs
    }

    /// How often a name was removed or moved: as long as this stays the same, a path that led to a
    /// directory leads there still.
    #[must_use]
    pub fn removals(&self) -> u64 {
        self.removals
    }

    /// Whether anything is to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.overlay.blocks().is_empty() && self.groups.is_clean() && self.pending.is_empty()
    }

    /// Changes a block of metadata that was in use at the start, or is fresh.
    pub(super) fn edit_block<T>(
        &mut self,
        block: FsBlock,
        object: &'static str,
        edit: impl FnOnce(&mut [u8]) -> T,
    ) -> Result<T> {
        let mut old = self.fs.metadata().read(block, object)?;
        let ours = self.fresh.contains(&block) || self.before.contains_key(&block);
        if ours {
            // Taken out of where it is kept, it can be changed without a copy.
            self.overlay.remove(self.offset_of(block));
            self.fs.metadata().forget(block);
            if let Some(bytes) = Arc::get_mut(&mut old) {
                let edited = edit(bytes);
                self.put_block(block, old);
                return Ok(edited);
            }
        }
        let mut new = Arc::<[u8]>::from(&*old);
        // Nobody else has it yet, so that it can be changed.
        let edited = edit(Arc::get_mut(&mut new).unwrap_or_default());
        if ours || old != new {
            self.remember(block, &old);
            self.put_block(block, new);
        }
        Ok(edited)
    }

    /// Changes a block that belongs to an inode: one whose pointer lies may lead to anything.
    pub(super) fn edit_owned<T>(
        &mut self,
        block: FsBlock,
        object: &'static str,
        edit: impl FnOnce(&mut [u8]) -> T,
    ) -> Result<T> {
        self.check_owned(block)?;
        self.edit_block(block, object, edit)
    }

    /// Puts a block of an inode in place of the one that is there.
    pub(super) fn replace_block(
        &mut self,
        block: FsBlock,
        bytes: Vec<u8>,
        object: &'static str,
    ) -> Result<()> {
        self.edit_owned(block, object, |old| old.copy_from_slice(&bytes))
    }

    /// Puts metadata into a block that was free at the start.
    pub(super) fn put_fresh(&mut self, block: FsBlock, bytes: Vec<u8>) -> Result<()> {
        self.fresh.insert(block);
        self.put_block(block, bytes.into());
        let kept_bytes = (self.fresh.len() as u64).saturating_mul(self.block_size_bytes());
        if kept_bytes > FRESH_BYTES && !self.holds_fresh {
            self.write_fresh()?;
        }
        Ok(())
    }

    /// Forgets what a block holds that is given back.
    pub(super) fn forget_block(&mut self, block: FsBlock) {
        self.fresh.remove(&block);
        self.before.remove(&block);
        self.overlay.remove(self.offset_of(block));
        self.fs.metadata().forget(block);
    }

    /// An inode, to be changed and [put back](Self::put_inode).
    pub(super) fn edit_inode(&self, ino: Ino) -> Result<InodeEdit> {
        InodeEdit::open(ino, &self.fs.inode_bytes(ino)?)
    }

    /// Puts an inode in place.
    pub(super) fn put_inode(&mut self, edit: &InodeEdit) -> Result<()> {
        let (block, offset) = self.inode_place(edit.ino())?;
        let bytes = edit.bytes();
        self.edit_block(block, "inode table", |table| {
            let place = table.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len()));
            if let Some(place) = place {
                place.copy_from_slice(&bytes);
            }
        })
    }

    /// The block of the inode table that an inode goes into, and where in it.
    pub(super) fn inode_place(&mut self, ino: Ino) -> Result<(FsBlock, usize)> {
        // Not into a table that lies elsewhere.
        self.groups.get(&self.fs, self.group_of_inode(ino))?;
        self.fs.inode_location(ino)
    }

    /// An inode as it is to be.
    ///
    /// # Errors
    /// As [`Filesystem::inode`].
    pub fn inode(&self, ino: Ino) -> Result<Inode> {
        self.fs.inode(ino)
    }

    /// What a name in a directory names, if it is there.
    ///
    /// # Errors
    /// It is no directory, or a corrupt one.
    pub fn lookup(&mut self, parent: Ino, name: &[u8]) -> Result<Option<Inode>> {
        let directory = self.fs.inode(parent)?;
        match self.find_entry(&directory, name)? {
            Some(found) => self.fs.inode(found.ino).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn block_size_bytes(&self) -> u64 {
        self.fs.superblock().block_size_bytes()
    }

    pub(super) fn offset_of(&self, block: FsBlock) -> u64 {
        block.0.saturating_mul(self.block_size_bytes())
    }

    /// A block of zeros.
    pub(super) fn zero_block(&self) -> Vec<u8> {
        vec![0; usize::try_from(self.block_size_bytes()).unwrap_or(0)]
    }

    /// Keeps what a block held at the start, if it was in use then and is changed for the first time.
    fn remember(&mut self, block: FsBlock, old: &[u8]) {
        if !self.fresh.contains(&block) && !self.before.contains_key(&block) {
            let base_bytes = self.overlay.image_offset_bytes();
            let offset_bytes = base_bytes.saturating_add(self.offset_of(block));
            self.before.insert(block, before(offset_bytes, old));
        }
    }

    fn put_block(&mut self, block: FsBlock, bytes: Arc<[u8]>) {
        self.overlay.put(self.offset_of(block), Arc::clone(&bytes));
        self.fs.metadata().put(block, bytes);
    }

    /// Declares that some file is 2 GiB or longer, as revision 0 cannot.
    pub(super) fn need_large_file(&mut self) {
        let raw = &mut self.superblock;
        if raw.s_rev_level.get() == 0 {
            raw.s_rev_level.set(1);
            raw.s_first_ino.set(11);
            raw.s_inode_size.set(128);
        }
        let features = raw.s_feature_ro_compat.get() | RoCompat::LARGE_FILE.bits();
        raw.s_feature_ro_compat.set(features);
    }
}

/// Refuses a filesystem that must not be written.
fn check_writable(superblock: &Superblock, force: bool) -> Result<()> {
    let stops = superblock.features().stops_writing();
    if !stops.is_empty() {
        return Err(Unsupported::WritingFeatures(stops).into());
    }
    let size_bytes = superblock.blocks_count().saturating_mul(superblock.block_size_bytes());
    if size_bytes > MOST_BYTES {
        return Err(Unsupported::TooLarge { size_bytes }.into());
    }
    let raw = superblock.raw();
    let refusal = match raw.s_state.get() {
        _ if force => None,
        state if state & ERROR_FS != 0 => Some(Unsupported::HasErrors),
        state if state & VALID_FS == 0 => Some(Unsupported::NotClean),
        _ if raw.s_last_orphan.get() != 0 => {
            Some(Unsupported::Orphans(Ino(raw.s_last_orphan.get())))
        }
        _ => None,
    };
    refusal.map_or(Ok(()), |refusal| Err(FsError::from(refusal)))
}
