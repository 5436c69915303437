//! POSIX ACLs: as programs see them, and as they stand on disk.
//!
//! Both are a version and entries of tag, permissions and id. On disk the version is 1, and an
//! entry whose tag names nobody has no id; programs see version 2, and an id of all ones there.
//! [`Xattr`](super::Xattr) holds what is on disk. Source: `fs/ext4/acl.c` and
//! `include/uapi/linux/posix_acl_xattr.h` in Linux.
//!
//! ```
//! use mpimg::fs::{acl_from_disk, acl_to_disk};
//! let (owner_rw, others_none) = ([1, 0, 6, 0], [0x20, 0, 0, 0]);
//! let disk = [[1, 0, 0, 0], owner_rw, others_none].concat();
//! let nobody = [0xff; 4];
//! let seen = [[2, 0, 0, 0], owner_rw, nobody, others_none, nobody].concat();
//! assert_eq!(acl_from_disk(&disk), Some(seen.clone()));
//! assert_eq!(acl_to_disk(&seen), Some(disk));
//! ```

const DISK_VERSION: [u8; 4] = 1_u32.to_le_bytes();
const PROGRAM_VERSION: [u8; 4] = 2_u32.to_le_bytes();
const NOBODY: [u8; 4] = u32::MAX.to_le_bytes();

/// Whether an attribute's value is an ACL.
#[must_use]
pub fn is_acl(name: &[u8]) -> bool {
    matches!(name, b"system.posix_acl_access" | b"system.posix_acl_default")
}

/// The ACL as programs see it; nothing where what stands on disk is none.
#[must_use]
pub fn acl_from_disk(disk: &[u8]) -> Option<Vec<u8>> {
    let mut value = PROGRAM_VERSION.to_vec();
    let mut rest = disk.strip_prefix(&DISK_VERSION)?;
    while !rest.is_empty() {
        let (head, behind) = rest.split_first_chunk()?;
        let (id, behind) =
            if has_id(head)? { behind.split_first_chunk()? } else { (&NOBODY, behind) };
        value.extend([*head, *id].concat());
        rest = behind;
    }
    Some(value)
}

/// The ACL as it stands on disk; nothing where the value is none that programs may set.
#[must_use]
pub fn acl_to_disk(value: &[u8]) -> Option<Vec<u8>> {
    let mut disk = DISK_VERSION.to_vec();
    let (entries, []) = value.strip_prefix(&PROGRAM_VERSION)?.as_chunks::<8>() else { return None };
    for entry in entries {
        let (head, id) = entry.split_first_chunk()?;
        disk.extend(head);
        if has_id(head)? {
            disk.extend(id);
        }
    }
    Some(disk)
}

/// Whether an entry with this tag and these permissions names a user or a group; nothing where
/// there is no such tag.
fn has_id([tag, high, ..]: &[u8; 4]) -> Option<bool> {
    match (tag, high) {
        // The owner, its group, the mask, others.
        (0x01 | 0x04 | 0x10 | 0x20, 0) => Some(false),
        (0x02 | 0x08, 0) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Vec<u8> {
        let entries: [&[u8]; 6] = [
            &[1, 0, 0, 0],
            &[0x01, 0, 6, 0],
            &[0x02, 0, 4, 0, 0xe8, 3, 0, 0],
            &[0x04, 0, 4, 0],
            &[0x10, 0, 4, 0],
            &[0x20, 0, 4, 0],
        ];
        entries.concat()
    }

    #[test]
    fn an_acl_goes_to_programs_and_back() {
        let seen = acl_from_disk(&disk()).unwrap();
        assert_eq!(seen.len(), 4 + 5 * 8);
        assert_eq!(seen[12..20], [2, 0, 4, 0, 0xe8, 3, 0, 0]);
        assert_eq!(seen[20..28], [4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(acl_to_disk(&seen), Some(disk()));
    }

    #[test]
    fn what_is_no_acl_is_none() {
        let seen = acl_from_disk(&disk()).unwrap();
        for end in [0, 3, 6, 13] {
            assert_eq!(acl_from_disk(&disk()[..end]), None, "{end}");
        }
        assert_eq!(acl_to_disk(&seen[..seen.len() - 1]), None);
        assert_eq!(acl_to_disk(&disk()), None);
        assert_eq!(acl_from_disk(&seen), None);
        for (at, byte) in [(4, 0x40), (5, 1)] {
            let (mut disk, mut seen) = (disk(), seen.clone());
            (disk[at], seen[at]) = (byte, byte);
            assert_eq!((acl_from_disk(&disk), acl_to_disk(&seen)), (None, None));
        }
    }
}
