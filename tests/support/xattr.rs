//! Extended attributes as they are given to `debugfs ea_set -f`: the kernel's external forms.

/// An ACL's version, `POSIX_ACL_XATTR_VERSION`.
const ACL_VERSION: u32 = 2;
const UNDEFINED_ID: u32 = u32::MAX;

/// A POSIX ACL, `system.posix_acl_access`: owner rw, user `uid` r, group r, mask r, others r.
///
/// In the external form, a version and entries of tag, permissions and id; on disk entries
/// without an id drop it, which is why reading it back is worth a test.
pub fn acl(uid: u32) -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 6, UNDEFINED_ID), // ACL_USER_OBJ
        (0x02, 4, uid),          // ACL_USER
        (0x04, 4, UNDEFINED_ID), // ACL_GROUP_OBJ
        (0x10, 4, UNDEFINED_ID), // ACL_MASK
        (0x20, 4, UNDEFINED_ID), // ACL_OTHER
    ];
    let mut bytes = ACL_VERSION.to_le_bytes().to_vec();
    for (tag, perm, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(perm.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

/// `security.capability` with `cap_net_raw+ep`: revision 2, effective, permitted bit 13.
pub fn capability() -> Vec<u8> {
    [0x0200_0001_u32, 1 << 13, 0, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// `security.selinux`: a label with the NUL that the kernel stores.
pub fn selinux() -> Vec<u8> {
    b"system_u:object_r:bin_t:s0\0".to_vec()
}

/// The attributes above with their names, and one of a user's.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("system.posix_acl_access", acl(1000)),
        ("security.capability", capability()),
        ("security.selinux", selinux()),
        ("user.note", b"hello".to_vec()),
    ]
}
