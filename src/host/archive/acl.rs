//! POSIX ACLs as text, which tar's `--acls` reads.
//!
//! ```text
//! user::rw-
//! user:1234:r--
//! group::r--
//! mask::r--
//! other::r--
//! ```

use std::fmt::Write as _;

/// The text of an ACL that is in the form of the host's calls, version 2; `None` if it is none.
pub fn text_of(value: &[u8]) -> Option<String> {
    let (version, entries) = value.split_first_chunk()?;
    let (entries, []) = entries.as_chunks::<8>() else { return None };
    if u32::from_le_bytes(*version) != 2 || entries.is_empty() {
        return None;
    }
    let mut text = String::new();
    for [tag_low, tag_high, perm_low, perm_high, id @ ..] in entries {
        let id = u32::from_le_bytes(*id);
        let (tag, id) = match u16::from_le_bytes([*tag_low, *tag_high]) {
            0x01 => ("user", None),
            0x02 => ("user", Some(id)),
            0x04 => ("group", None),
            0x08 => ("group", Some(id)),
            0x10 => ("mask", None),
            0x20 => ("other", None),
            _ => return None,
        };
        let perm = u16::from_le_bytes([*perm_low, *perm_high]);
        let bit = |bit: u16, letter: char| if perm & bit == 0 { '-' } else { letter };
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let _ = writeln!(text, "{tag}:{id}:{}{}{}", bit(4, 'r'), bit(2, 'w'), bit(1, 'x'));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_entry_has_its_line_and_what_is_no_acl_has_none() {
        let mut value = 2_u32.to_le_bytes().to_vec();
        for (tag, perm, id) in [
            (1_u16, 6_u16, u32::MAX),
            (2, 4, 1234),
            (4, 5, u32::MAX),
            (8, 1, 77),
            (16, 7, 0),
            (32, 0, 0),
        ] {
            value.extend_from_slice(&tag.to_le_bytes());
            value.extend_from_slice(&perm.to_le_bytes());
            value.extend_from_slice(&id.to_le_bytes());
        }
        let want = "user::rw-\nuser:1234:r--\ngroup::r-x\ngroup:77:--x\nmask::rwx\nother::---\n";
        assert_eq!(text_of(&value).as_deref(), Some(want));
        assert_eq!(text_of(&value[..value.len() - 1]), None);
        assert_eq!(text_of(&value[..4]), None);
        assert_eq!(text_of(b""), None);
        value[0] = 1;
        assert_eq!(text_of(&value), None);
    }
}
