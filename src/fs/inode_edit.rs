//! Writing inodes: an on-disk inode whose fields can be set, and whose other bytes stay.
//!
//! [`InodeEdit`] is [`Inode`] the other way round: what is set here, the getters there return. It
//! does no I/O; whoever read the bytes writes them back. What a field cannot hold is `None`, and
//! nothing has changed then. Times are clamped instead, as the kernel clamps them.
//!
//! ```
//! use mpimg::fs::{Ino, InodeEdit, Time};
//! let now = Time { seconds: 1_700_000_000, nanoseconds: 5 };
//! let mut edit = InodeEdit::create(Ino(12), 256, 32, 0o100_644, now);
//! edit.set_size_bytes(5_000_000_000).unwrap();
//! edit.set_links(1);
//! let inode = edit.inode(12).unwrap();
//! assert_eq!((inode.size_bytes(), inode.mtime()), (5_000_000_000, now));
//! ```

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::disk::{POINTERS, RawExtra, RawInode};
use super::error::{Corrupt, Result};
use super::inode::{FileType, Ino, Inode, Time};
use crate::mpage::FsBlock;

/// The flag of a directory with an index (`i_flags`).
pub const INDEX_FL: u32 = 0x1000;

/// Bytes of a symlink's target from which on it needs a block: one fewer than the pointers take,
/// for the kernel wants a NUL behind it.
pub const FAST_SYMLINK_LIMIT_BYTES: usize = POINTERS * size_of::<U32>();

/// Bytes of extra fields that a filesystem wants that does not say: as many as `mke2fs` writes.
const DEFAULT_EXTRA_ISIZE: u16 = 32;
/// The first and the last second that 32 bits and two of the extra field hold.
const WIDE_SECONDS: (i64, i64) = (-(1 << 31), (1 << 34) - (1 << 31) - 1);
/// The high bits of a mode, which hold the type.
const TYPE_BITS: u16 = 0o170_000;

/// An on-disk inode to be changed.
#[derive(Debug, Clone)]
pub struct InodeEdit {
    ino: Ino,
    head: RawInode,
    /// What follows the first 128 bytes: extra fields and extended attributes.
    tail: Vec<u8>,
}

impl InodeEdit {
    /// Begins with the inode as it stands on disk, a free one too.
    ///
    /// # Errors
    /// [`Corrupt::Inode`] where `bytes` are too few for one.
    pub fn open(ino: Ino, bytes: &[u8]) -> Result<Self> {
        let Ok((head, tail)) = RawInode::read_from_prefix(bytes) else {
            let (field, want) = ("s_inode_size", "want 128 or more");
            return Err(Corrupt::Inode { ino, field, value: bytes.len() as u64, want }.into());
        };
        Ok(Self { ino, head, tail: tail.to_vec() })
    }

    /// Begins with a new inode of `inode_size_bytes`, all zero but its mode, its four times, and
    /// the size of its extra fields: `want_extra_isize` as the superblock has it, where an inode
    /// can have that, else 32.
    #[must_use]
    pub fn create(
        ino: Ino,
        inode_size_bytes: usize,
        want_extra_isize: u16,
        mode: u16,
        time: Time,
    ) -> Self {
        let tail_bytes = inode_size_bytes.saturating_sub(size_of::<RawInode>());
        let mut edit = Self { ino, head: RawInode::new_zeroed(), tail: vec![0; tail_bytes] };
        if let Ok((extra, _)) = RawExtra::mut_from_prefix(&mut edit.tail) {
            let possible = want_extra_isize >= 4
                && want_extra_isize.is_multiple_of(4)
                && usize::from(want_extra_isize) <= tail_bytes;
            let isize = if possible { want_extra_isize } else { DEFAULT_EXTRA_ISIZE };
            extra.i_extra_isize = U16::new(isize);
        }
        edit.set_mode(mode);
        edit.set_crtime(time);
        edit.set_atime(time);
        edit.set_ctime(time);
        edit.set_mtime(time);
        edit
    }

    /// Its number.
    #[must_use]
    pub fn ino(&self) -> Ino {
        self.ino
    }

    /// The first 128 bytes, as they stand now.
    #[must_use]
    pub fn raw(&self) -> &RawInode {
        &self.head
    }

    /// What follows the first 128 bytes.
    pub(super) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// The whole inode, as it is to be written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.tail].concat()
    }

    /// The inode, taken apart.
    ///
    /// # Errors
    /// [`Corrupt::Inode`] where the mode names no file type.
    pub fn inode(&self, block_bits: u32) -> Result<Inode> {
        Inode::parse(self.ino, &self.bytes(), block_bits)
    }

    /// Sets type and permissions.
    pub fn set_mode(&mut self, mode: u16) {
        self.head.i_mode = U16::new(mode);
    }

    /// Sets the permissions, set-id and sticky bits included, and leaves the type.
    pub fn set_permissions(&mut self, permissions: u16) {
        self.set_mode((self.head.i_mode.get() & TYPE_BITS) | (permissions & !TYPE_BITS));
    }

    /// Sets the owner.
    pub fn set_uid(&mut self, uid: u32) {
        (self.head.i_uid, self.head.i_uid_high) = halves(uid);
    }

    /// Sets the group.
    pub fn set_gid(&mut self, gid: u32) {
        (self.head.i_gid, self.head.i_gid_high) = halves(gid);
    }

    /// Sets the size of the data. Only a regular file has more than 32 bits for it; for others
    /// the high half is another field, and stays.
    pub fn set_size_bytes(&mut self, size_bytes: u64) -> Option<()> {
        let low = u32::try_from(size_bytes & u64::from(u32::MAX)).ok()?;
        let high = u32::try_from(size_bytes >> 32).ok()?;
        if FileType::from_mode(self.head.i_mode.get()) == Some(FileType::Regular) {
            self.head.i_size_high = U32::new(high);
        } else if high != 0 {
            return None;
        }
        self.head.i_size = U32::new(low);
        Some(())
    }

    /// Sets the number of hard links.
    pub fn set_links(&mut self, links: u16) {
        self.head.i_links_count = U16::new(links);
    }

    /// Sets how many sectors of 512 bytes are in use, below 2^32 of them: 2 TiB.
    pub fn set_sectors(&mut self, sectors: u64) -> Option<()> {
        self.head.i_blocks = U32::new(u32::try_from(sectors).ok()?);
        Some(())
    }

    /// The flags.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.head.i_flags.get()
    }

    /// Sets the flags.
    pub fn set_flags(&mut self, flags: u32) {
        self.head.i_flags = U32::new(flags);
    }

    /// Sets when it was last read.
    pub fn set_atime(&mut self, time: Time) {
        self.head.i_atime = self.store_time(time, 16, |extra, rest| extra.i_atime_extra = rest);
    }

    /// Sets when the inode was last changed.
    pub fn set_ctime(&mut self, time: Time) {
        self.head.i_ctime = self.store_time(time, 8, |extra, rest| extra.i_ctime_extra = rest);
    }

    /// Sets when the data was last changed.
    pub fn set_mtime(&mut self, time: Time) {
        self.head.i_mtime = self.store_time(time, 12, |extra, rest| extra.i_mtime_extra = rest);
    }

    /// Sets when it was made, where the inode is large enough to say.
    pub fn set_crtime(&mut self, time: Time) {
        let seconds = self.store_time(time, 24, |extra, rest| extra.i_crtime_extra = rest);
        if let Some(extra) = self.extra_to(20) {
            extra.i_crtime = seconds;
        }
    }

    /// Sets when it was deleted, in seconds since 1970; 0 in an inode that is not.
    pub fn set_dtime(&mut self, dtime: u32) {
        self.head.i_dtime = U32::new(dtime);
    }

    /// The block pointers, or what stands in their place.
    #[must_use]
    pub fn pointers(&self) -> [u32; POINTERS] {
        self.head.i_block.map(U32::get)
    }

    /// Sets the block pointers.
    pub fn set_pointers(&mut self, pointers: [u32; POINTERS]) {
        self.head.i_block = pointers.map(U32::new);
    }

    /// Puts a symlink's target in the place of the pointers, and its length into the size, where
    /// it is shorter than [`FAST_SYMLINK_LIMIT_BYTES`].
    pub fn set_fast_symlink(&mut self, target: &[u8]) -> Option<()> {
        let mut place = [0; FAST_SYMLINK_LIMIT_BYTES];
        if target.len() >= place.len() {
            return None;
        }
        place.get_mut(..target.len())?.copy_from_slice(target);
        self.set_size_bytes(target.len() as u64)?;
        self.head.i_block = FromBytes::read_from_bytes(&place).ok()?;
        Some(())
    }

    /// Puts the number of a device in the place of the pointers: the major number has 12 bits,
    /// the minor one 20.
    pub fn set_device_number(&mut self, major: u32, minor: u32) -> Option<()> {
        if major >= 1 << 12 || minor >= 1 << 20 {
            return None;
        }
        let mut pointers = [0; POINTERS];
        let [old, new, ..] = &mut pointers;
        if major < 256 && minor < 256 {
            *old = (major << 8) | minor;
        } else {
            *new = (minor & 0xff) | (major << 8) | ((minor & 0xf_ff00) << 12);
        }
        self.set_pointers(pointers);
        Some(())
    }

    /// Sets the block of extended attributes, which has a number of 32 bits.
    pub fn set_xattr_block(&mut self, block: Option<FsBlock>) -> Option<()> {
        self.head.i_file_acl = U32::new(u32::try_from(block.map_or(0, |block| block.0)).ok()?);
        Some(())
    }

    /// Sets the generation, by which NFS tells an inode from the one that had its number before.
    pub fn set_generation(&mut self, generation: u32) {
        self.head.i_generation = U32::new(generation);
    }

    /// What follows the extra fields: room for extended attributes, and their magic number first
    /// where there are any. Empty where an inode is too small, or has no extra fields.
    #[must_use]
    pub fn xattr_space(&self) -> &[u8] {
        match self.extra_size_bytes() {
            0 => &[],
            begin => self.tail.get(begin..).unwrap_or_default(),
        }
    }

    /// Replaces what follows the extra fields, by as many bytes.
    pub fn set_xattr_space(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.len() != self.xattr_space().len() {
            return None;
        }
        let begin = self.extra_size_bytes();
        if !bytes.is_empty() {
            self.tail.get_mut(begin..)?.copy_from_slice(bytes);
        }
        Some(())
    }

    /// Makes it a deleted inode, as the kernel leaves one: nothing links to it and it owns
    /// nothing, but mode, owner, times and flags stay. `dtime` is the second of the deletion, at
    /// least 1: a deleted inode without one looks lost. `e2fsck` takes a `dtime` below the number
    /// of inodes for a link of the list of orphans, unless the superblock's own times are as low.
    pub fn clear_for_deletion(&mut self, dtime: u32) {
        self.set_links(0);
        self.set_dtime(dtime.max(1));
        self.head.i_size = U32::ZERO;
        self.head.i_size_high = U32::ZERO;
        self.head.i_blocks = U32::ZERO;
        self.head.i_file_acl = U32::ZERO;
        self.set_pointers([0; POINTERS]);
    }

    /// Stores what of a time goes into the extra field that ends `end` bytes into that part,
    /// where it is there; returns what goes into the other.
    fn store_time(&mut self, time: Time, end: u16, store: impl FnOnce(&mut RawExtra, U32)) -> U32 {
        let Some(extra) = self.extra_to(end) else {
            let seconds = time.seconds.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
            return U32::new(low_half(seconds));
        };
        let seconds = time.seconds.clamp(WIDE_SECONDS.0, WIDE_SECONDS.1);
        let low = low_half(seconds);
        // The reader takes the low half with its sign; the two bits add what is missing then.
        let epoch = low_half(seconds.saturating_sub(i64::from(low.cast_signed())) >> 32);
        store(extra, U32::new((time.nanoseconds.min(999_999_999) << 2) | (epoch & 3)));
        U32::new(low)
    }

    /// The extra fields, where they reach `end` bytes or more.
    fn extra_to(&mut self, end: u16) -> Option<&mut RawExtra> {
        if self.extra_size_bytes() < usize::from(end) {
            return None;
        }
        RawExtra::mut_from_prefix(&mut self.tail).ok().map(|(extra, _)| extra)
    }

    /// Bytes of extra fields; none where they claim more than there is, as for [`Inode`].
    fn extra_size_bytes(&self) -> usize {
        let extra = RawExtra::ref_from_prefix(&self.tail).ok();
        let isize = extra.map_or(0, |(extra, _)| usize::from(extra.i_extra_isize.get()));
        if isize <= self.tail.len() { isize } else { 0 }
    }
}

/// The low and the high half of an owner's number.
fn halves(number: u32) -> (U16, U16) {
    let half = |number: u32| U16::new(u16::try_from(number & 0xffff).unwrap_or(u16::MAX));
    (half(number), half(number >> 16))
}

fn low_half(number: i64) -> u32 {
    u32::try_from(number & i64::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
