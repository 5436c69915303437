//! Storing extended attributes: which go into the inode, which into a block, and as what bytes.
//!
//! It does no I/O, and knows of no inode: whoever stores the bytes finds the block, may share one
//! that has the same [content](xattr_content), and counts those who share it. A filesystem whose
//! inodes name such blocks declares `ext_attr` (see [`Compat`](super::Compat)).
//!
//! Attributes are taken in the order that the kernel keeps in a block: by name index, by length of
//! the name, by name. Each goes into the inode while there is room, else into the block. Where that
//! fills the block too far, the largest go into the inode first.
//!
//! ```
//! use mpimg::fs::{Xattr, plan_xattrs};
//! let note = |value: &[u8]| [Xattr { name: b"user.note".to_vec(), value: value.to_vec() }];
//! let small = plan_xattrs(&note(b"hello"), 96, 1024).unwrap();
//! assert_eq!(small.in_inode[..8], [0, 0, 2, 0xea, 4, 1, 84, 0]);
//! assert_eq!(small.block, None);
//! let large = plan_xattrs(&note(&[7; 500]), 96, 1024).unwrap();
//! assert_eq!((large.in_inode, large.block.unwrap().len()), (vec![0; 96], 1024));
//! assert!(plan_xattrs(&note(&[7; 1000]), 96, 1024).is_err());
//! ```

use std::cmp::Reverse;

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::error::{CallerError, Result};
use super::xattr::{
    BLOCK_HEADER_BYTES, ENTRY_BYTES, INODE_HEADER_BYTES, MAGIC, RawEntry, Xattr, prefixes,
};

/// How many inodes may share a block; source: `EXT4_XATTR_REFCOUNT_MAX` in Linux.
pub const XATTR_REFCOUNT_LIMIT: u32 = 1024;
/// Longest name, prefix included, that the kernel lets programs use (`XATTR_NAME_MAX`).
const NAME_LIMIT_BYTES: usize = 255;
/// The zeros behind the last entry, which no value may overlap.
const TERMINATOR_BYTES: usize = 4;

/// What a block of attributes begins with; source: `struct ext4_xattr_header`.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct RawHeader {
    h_magic: U32,
    h_refcount: U32,
    /// Always 1.
    h_blocks: U32,
    /// Of all entries; 0 where the block is not to be shared.
    h_hash: U32,
    /// With `metadata_csum`.
    h_checksum: U32,
    h_reserved: [U32; 3],
}

const _: () = assert!(size_of::<RawHeader>() == BLOCK_HEADER_BYTES);

/// Attributes as they are to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredXattrs {
    /// All of the space in the inode: a magic number, entries and values; or zeros.
    pub in_inode: Vec<u8>,
    /// A whole block, which one inode uses; none where the inode holds all.
    pub block: Option<Vec<u8>>,
}

/// Refuses a name that the kernel would not take from a program either.
///
/// # Errors
/// [`CallerError::XattrName`] where its prefix is unknown, nothing follows that, or it is too long.
pub fn check_xattr_name(name: &[u8]) -> Result<()> {
    let why = if name.len() > NAME_LIMIT_BYTES {
        "longer than 255 bytes"
    } else if name.contains(&0) {
        "a zero byte is in it"
    } else {
        match split(name) {
            (0, _) => "want a name in user., trusted., security. or system.",
            (index, []) if !is_whole(index) => "nothing follows the prefix",
            _ => return Ok(()),
        }
    };
    Err(CallerError::XattrName { name: name.escape_ascii().to_string(), why }.into())
}

/// Lays attributes out in `in_inode_bytes`, which may be 0, and in one block. Of two that have
/// the same name the first counts, as it does for the kernel. What an image holds under a name
/// that [`check_xattr_name`] refuses is stored as it was.
///
/// # Errors
/// [`CallerError::XattrSpace`] where there is no room for all, and [`CallerError::XattrName`] for
/// a name that does not even fit into an entry.
pub fn plan_xattrs(
    xattrs: &[Xattr],
    in_inode_bytes: usize,
    block_size_bytes: usize,
) -> Result<StoredXattrs> {
    let mut entries = xattrs.iter().map(Entry::new).collect::<Result<Vec<_>>>()?;
    entries.sort_by_key(Entry::key);
    entries.dedup_by_key(|entry| entry.key());

    let inode_room = in_inode_bytes.saturating_sub(INODE_HEADER_BYTES + TERMINATOR_BYTES);
    let block_room = block_size_bytes.saturating_sub(BLOCK_HEADER_BYTES + TERMINATOR_BYTES);
    let (mut inside, mut outside) = distribute(&entries, inode_room);
    if space_of(&outside) > block_room {
        let mut by_size = entries.clone();
        by_size.sort_by_key(|entry| Reverse(entry.space_bytes()));
        (inside, outside) = distribute(&by_size, inode_room);
        inside.sort_by_key(Entry::key);
        outside.sort_by_key(Entry::key);
    }
    let full = || {
        let needed_bytes = space_of(&entries);
        CallerError::XattrSpace { needed_bytes, inode_bytes: inode_room, block_bytes: block_room }
    };
    if space_of(&outside) > block_room {
        return Err(full().into());
    }
    let in_inode = if inside.is_empty() {
        vec![0; in_inode_bytes]
    } else {
        let magic = U32::new(MAGIC);
        // In an inode, values are counted from the first entry.
        lay_out(magic.as_bytes(), &inside, in_inode_bytes, INODE_HEADER_BYTES).ok_or_else(full)?
    };
    let block = if outside.is_empty() {
        None
    } else {
        let header = RawHeader {
            h_magic: U32::new(MAGIC),
            h_refcount: U32::new(1),
            h_blocks: U32::new(1),
            h_hash: U32::new(hash_of(&outside)),
            h_checksum: U32::ZERO,
            h_reserved: [U32::ZERO; 3],
        };
        Some(lay_out(header.as_bytes(), &outside, block_size_bytes, 0).ok_or_else(full)?)
    };
    Ok(StoredXattrs { in_inode, block })
}

/// How many inodes share a block of attributes; nothing where the bytes are not one.
#[must_use]
pub fn xattr_refcount(block: &[u8]) -> Option<u32> {
    header(block).map(|header| header.h_refcount.get())
}

/// Sets how many inodes share a block of attributes: 1 to [`XATTR_REFCOUNT_LIMIT`].
pub fn set_xattr_refcount(block: &mut [u8], refcount: u32) -> Option<()> {
    header(block)?;
    if !(1..=XATTR_REFCOUNT_LIMIT).contains(&refcount) {
        return None;
    }
    let (header, _) = RawHeader::mut_from_prefix(block).ok()?;
    header.h_refcount = U32::new(refcount);
    Some(())
}

/// What two blocks of attributes must have the same of for one to do for both: all but the
/// header. Nothing where the bytes are not one, or must not be shared.
#[must_use]
pub fn xattr_content(block: &[u8]) -> Option<&[u8]> {
    header(block).filter(|header| header.h_hash.get() != 0)?;
    block.get(BLOCK_HEADER_BYTES..)
}

fn header(block: &[u8]) -> Option<&RawHeader> {
    let (header, _) = RawHeader::ref_from_prefix(block).ok()?;
    (header.h_magic.get() == MAGIC).then_some(header)
}

/// An attribute, its name taken apart.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    index: u8,
    name_len: u8,
    suffix: &'a [u8],
    value: &'a [u8],
}

impl<'a> Entry<'a> {
    fn new(xattr: &'a Xattr) -> Result<Self> {
        let (index, suffix) = split(&xattr.name);
        let Ok(name_len) = u8::try_from(suffix.len()) else {
            let (name, why) = (xattr.name.escape_ascii().to_string(), "longer than an entry holds");
            return Err(CallerError::XattrName { name, why }.into());
        };
        Ok(Self { index, name_len, suffix, value: &xattr.value })
    }

    /// What the kernel sorts by; it stops looking at the first entry behind the one it wants.
    fn key(&self) -> (u8, u8, &'a [u8]) {
        (self.index, self.name_len, self.suffix)
    }

    /// Bytes of the entry with its name.
    fn entry_bytes(&self) -> usize {
        ENTRY_BYTES.saturating_add(self.suffix.len()).next_multiple_of(4)
    }

    /// Bytes that it takes, wherever it goes.
    fn space_bytes(&self) -> usize {
        self.entry_bytes().saturating_add(self.padded_value_bytes())
    }

    fn padded_value_bytes(&self) -> usize {
        self.value.len().checked_next_multiple_of(4).unwrap_or(usize::MAX)
    }

    fn padded_value(&self) -> Vec<u8> {
        let mut value = self.value.to_vec();
        value.resize(self.padded_value_bytes(), 0);
        value
    }

    /// The entry with its name; its value lies at `value_offset`.
    fn bytes(&self, value_offset: usize) -> Option<Vec<u8>> {
        let entry = RawEntry {
            e_name_len: self.name_len,
            e_name_index: self.index,
            e_value_offs: U16::new(u16::try_from(value_offset).ok()?),
            e_value_inum: U32::ZERO,
            e_value_size: U32::new(u32::try_from(self.value.len()).ok()?),
            e_hash: U32::new(self.hash()),
        };
        let mut bytes = [entry.as_bytes(), self.suffix].concat();
        bytes.resize(self.entry_bytes(), 0);
        Some(bytes)
    }

    /// `e_hash`: of the name's bytes, without sign as in Linux since 6.2, and the value's words.
    fn hash(&self) -> u32 {
        let name =
            self.suffix.iter().fold(0_u32, |hash, byte| hash.rotate_left(5) ^ u32::from(*byte));
        let value = self.padded_value();
        let words = value.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word));
        words.fold(name, |hash, word| hash.rotate_left(16) ^ word)
    }
}

/// A name's index, and what follows the prefix that it stands for; index 0 stands for none.
fn split(name: &[u8]) -> (u8, &[u8]) {
    let fits = |(index, prefix): (u8, &'static str)| {
        let suffix = name.strip_prefix(prefix.as_bytes())?;
        (!is_whole(index) || suffix.is_empty()).then_some((index, prefix.len(), suffix))
    };
    let longest = prefixes().filter_map(fits).max_by_key(|(_, len, _)| *len);
    longest.map_or((0, name), |(index, _, suffix)| (index, suffix))
}

/// Whether an index stands for a whole name: those of the ACLs.
fn is_whole(index: u8) -> bool {
    matches!(index, 2 | 3 | 8)
}

/// Those that go into `room` bytes, in the order given, and those that do not.
fn distribute<'a>(entries: &[Entry<'a>], room: usize) -> (Vec<Entry<'a>>, Vec<Entry<'a>>) {
    let mut left = room;
    entries.iter().partition(|entry| match left.checked_sub(entry.space_bytes()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    })
}

fn space_of(entries: &[Entry<'_>]) -> usize {
    entries.iter().map(Entry::space_bytes).fold(0, usize::saturating_add)
}

/// `h_hash`: of the entries' hashes in their order; 0, "do not share", where one of them is.
fn hash_of(entries: &[Entry<'_>]) -> u32 {
    let hashes: Vec<u32> = entries.iter().map(Entry::hash).collect();
    if hashes.contains(&0) {
        return 0;
    }
    hashes.iter().fold(0, |hash, entry| hash.rotate_left(16) ^ entry)
}

/// `len_bytes` of header, entries, zeros, and values, the first entry's last. Values are counted
/// from byte `base`.
fn lay_out(header: &[u8], entries: &[Entry<'_>], len_bytes: usize, base: usize) -> Option<Vec<u8>> {
    let mut bytes = header.to_vec();
    let mut values_begin = len_bytes;
    for entry in entries {
        values_begin = values_begin.checked_sub(entry.padded_value_bytes())?;
        let offset = if entry.value.is_empty() { 0 } else { values_begin.checked_sub(base)? };
        bytes.extend(entry.bytes(offset)?);
    }
    if bytes.len().checked_add(TERMINATOR_BYTES)? > values_begin {
        return None;
    }
    bytes.resize(values_begin, 0);
    for entry in entries.iter().rev() {
        bytes.extend(entry.padded_value());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
