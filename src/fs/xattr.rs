//! Extended attributes, from the inode and from the block that inodes may share.
//!
//! Both places hold the same entries: a name without the prefix that its index stands for, and
//! where the value lies. Source: `fs/ext2/xattr.h` and `fs/ext4/xattr.h` in Linux.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Filesystem;
use super::acl::{acl_from_disk, is_acl};
use super::error::{Corrupt, FsError, Result, XattrPlace};
use super::inode::{Ino, Inode};

pub(super) const MAGIC: u32 = 0xea02_0000;
/// Bytes of the magic number before entries in an inode.
pub(super) const INODE_HEADER_BYTES: usize = 4;
/// Bytes of the header before entries in a block.
pub(super) const BLOCK_HEADER_BYTES: usize = 32;
/// Bytes of an inode before its extra fields.
const GOOD_OLD_INODE_BYTES: usize = 128;

/// An entry before its name; source: `struct ext2_xattr_entry`.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RawEntry {
    pub(super) e_name_len: u8,
    pub(super) e_name_index: u8,
    /// From the first entry in an inode, from the block's start in a block.
    pub(super) e_value_offs: U16,
    /// With `ea_inode`, the inode that holds the value.
    pub(super) e_value_inum: U32,
    pub(super) e_value_size: U32,
    pub(super) e_hash: U32,
}

pub(super) const ENTRY_BYTES: usize = size_of::<RawEntry>();
const _: () = assert!(ENTRY_BYTES == 16);

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Xattr {
    /// Its name with its prefix, `security.selinux` for instance.
    pub name: Vec<u8>,
    /// Its value as it stands on disk: an ACL's differs from what the kernel gives to programs.
    pub value: Vec<u8>,
}

impl Xattr {
    /// The value as programs see it: an ACL in the form of the kernel's calls, all else as it
    /// stands on disk, and so does what claims to be an ACL and is none.
    #[must_use]
    pub fn for_programs(&self) -> Vec<u8> {
        let acl = Some(&self.value).filter(|_| is_acl(&self.name));
        acl.and_then(|value| acl_from_disk(value)).unwrap_or_else(|| self.value.clone())
    }
}

/// The prefix that a name index stands for, and the whole of the name where that is fixed.
fn prefix(index: u8) -> Option<&'static str> {
    Some(match index {
        0 => "",
        1 => "user.",
        2 => "system.posix_acl_access",
        3 => "system.posix_acl_default",
        4 => "trusted.",
        6 => "security.",
        7 => "system.",
        8 => "system.richacl",
        _ => return None,
    })
}

/// Every index that stands for a prefix, with it.
pub(super) fn prefixes() -> impl Iterator<Item = (u8, &'static str)> {
    (1..=u8::MAX).filter_map(|index| prefix(index).map(|prefix| (index, prefix)))
}

impl Filesystem {
    /// The extended attributes of an inode, sorted by name.
    ///
    /// # Errors
    /// [`Corrupt::Xattr`] where they cannot be taken apart, and what the device says.
    pub fn xattrs(&self, inode: &Inode) -> Result<Vec<Xattr>> {
        let ino = inode.ino();
        let mut found = Vec::new();
        let bytes = self.inode_bytes(ino)?;
        let begin = GOOD_OLD_INODE_BYTES.saturating_add(inode.extra_size_bytes());
        let in_inode = bytes.get(begin..).unwrap_or_default();
        if inode.extra_size_bytes() > 0 && magic(in_inode) == Some(MAGIC) {
            let entries = in_inode.get(INODE_HEADER_BYTES..).unwrap_or_default();
            parse(ino, XattrPlace::Inode, entries, entries, &mut found)?;
        }
        if let Some(number) = inode.xattr_block() {
            let place = XattrPlace::Block(number);
            let block = self.metadata().read(number, "extended attributes of an inode")?;
            if magic(&block) != Some(MAGIC) {
                let value = u64::from(magic(&block).unwrap_or(0));
                return Err(Corrupt::Xattr { ino, place, what: "wrong magic", value }.into());
            }
            let entries = block.get(BLOCK_HEADER_BYTES..).unwrap_or_default();
            parse(ino, place, entries, &block, &mut found)?;
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}

fn magic(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

/// Appends the attributes of `entries`, whose values lie in `values`.
pub(super) fn parse(
    ino: Ino,
    place: XattrPlace,
    mut entries: &[u8],
    values: &[u8],
    found: &mut Vec<Xattr>,
) -> Result<()> {
    let fault = |what, value: u64| FsError::from(Corrupt::Xattr { ino, place, what, value });
    // Each value has a place of its own: a block of values that all lie in one place would be
    // hundreds of megabytes.
    let mut left_bytes = values.len();
    // Four zero bytes end the list; so does the end of the space.
    while magic(entries).is_some_and(|bytes| bytes != 0) {
        let Ok((entry, rest)) = RawEntry::read_from_prefix(entries) else {
            return Err(fault("an entry is cut off", entries.len() as u64));
        };
        let name_len = usize::from(entry.e_name_len);
        let Some(suffix) = rest.get(..name_len) else {
            return Err(fault("a name is cut off", name_len as u64));
        };
        let Some(prefix) = prefix(entry.e_name_index) else {
            return Err(fault("unknown name index", u64::from(entry.e_name_index)));
        };
        if entry.e_value_inum.get() != 0 {
            return Err(fault("a value in an inode", u64::from(entry.e_value_inum.get())));
        }
        let from = usize::from(entry.e_value_offs.get());
        let size = entry.e_value_size.get();
        let to = usize::try_from(size).ok().and_then(|size| from.checked_add(size));
        let Some(value) = to.and_then(|to| values.get(from..to)) else {
            return Err(fault("a value is cut off", u64::from(size)));
        };
        left_bytes = match left_bytes.checked_sub(value.len()) {
            Some(left_bytes) => left_bytes,
            None => return Err(fault("values overlap", u64::from(size))),
        };
        let name = [prefix.as_bytes(), suffix].concat();
        found.push(Xattr { name, value: value.to_vec() });
        let next = ENTRY_BYTES.saturating_add(name_len).next_multiple_of(4);
        entries = entries.get(next..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: u8, name: &[u8], value_offs: u16, value_size: u32) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(name.len()).unwrap(), index];
        bytes.extend(value_offs.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(value_size.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(name);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn parsed(bytes: &[u8]) -> Result<Vec<Xattr>> {
        let mut found = Vec::new();
        parse(Ino(12), XattrPlace::Inode, bytes, bytes, &mut found).map(|()| found)
    }

    #[test]
    fn a_name_gets_the_prefix_of_its_index() {
        let mut bytes = entry(6, b"selinux", 32, 3);
        bytes.extend(b"\0\0\0\0");
        bytes.resize(32, 0);
        bytes.extend(b"a:b");
        let expected = Xattr { name: b"security.selinux".to_vec(), value: b"a:b".to_vec() };
        assert_eq!(parsed(&bytes).unwrap(), [expected]);
    }

    #[test]
    fn values_that_together_are_more_than_there_is_are_errors() {
        let mut bytes = [entry(1, b"a", 100, 80), entry(1, b"b", 100, 80)].concat();
        bytes.resize(200, 0);
        assert_eq!(parsed(&bytes).unwrap().len(), 2);
        let mut bytes = [entry(1, b"a", 100, 80), entry(1, b"b", 90, 80)].concat();
        bytes.extend(entry(1, b"c", 100, 80));
        bytes.resize(200, 0);
        assert!(parsed(&bytes).unwrap_err().to_string().contains("overlap"));
    }

    #[test]
    fn values_and_names_that_are_cut_off_are_errors() {
        assert!(parsed(&entry(1, b"a", 8, 4000)).is_err());
        assert!(parsed(&entry(1, b"a", u16::MAX, u32::MAX)).is_err());
        assert!(parsed(&entry(1, b"abcdefgh", 0, 1)[..20]).is_err());
        assert!(parsed(&entry(1, b"a", 0, 1)[..9]).is_err());
        assert!(parsed(&entry(99, b"a", 0, 1)).is_err());
    }
}
