//! POSIX ACLs as text, in the form of the disk.
//!
//! ```text
//! user::rw-
//! user:1234:r--
//! group::r--
//! mask::r--
//! other::r--
//! ```
//!
//! Entries stand on lines, or behind commas. star has a fourth field, the number of whoever the
//! second one names.

use super::error::Fault;
use super::header::shown;

/// An entry: tag, number, permissions. In this order they stand on disk.
type Entry = (u8, u32, u8);

const USER: u8 = 0x02;
const GROUP: u8 = 0x08;

/// The ACL; none where the `access` one says no more than the mode does.
pub fn disk_of(text: &[u8], access: bool) -> Result<Option<Vec<u8>>, Fault> {
    let mut entries = Vec::new();
    for line in text.split(|byte| matches!(byte, b'\n' | b',')) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or(line).trim_ascii();
        if !line.is_empty() && line != b"\0" {
            entries.push(entry(line).ok_or_else(|| Fault::Acl(shown(line)))?);
        }
    }
    entries.sort_unstable();
    if entries.is_empty() || (access && entries.len() <= 3) {
        return Ok(None);
    }
    let mut disk = 1_u32.to_le_bytes().to_vec();
    for (tag, id, permissions) in entries {
        disk.extend([tag, 0, permissions, 0]);
        if matches!(tag, USER | GROUP) {
            disk.extend(id.to_le_bytes());
        }
    }
    Ok(Some(disk))
}

fn entry(line: &[u8]) -> Option<Entry> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').map(<[u8]>::trim_ascii).collect();
    let (kind, who, permissions, number) = match fields.as_slice() {
        [kind @ (b"mask" | b"m" | b"other" | b"o"), permissions] => {
            (*kind, &b""[..], permissions, &b""[..])
        }
        [kind, who, permissions] => (*kind, *who, permissions, &b""[..]),
        [kind, who, permissions, number] => (*kind, *who, permissions, *number),
        _ => return None,
    };
    let number = if number.is_empty() { who } else { number };
    let (tag, named) = match kind {
        b"user" | b"u" if who.is_empty() => (0x01, false),
        b"user" | b"u" => (USER, true),
        b"group" | b"g" if who.is_empty() => (0x04, false),
        b"group" | b"g" => (GROUP, true),
        b"mask" | b"m" if who.is_empty() => (0x10, false),
        b"other" | b"o" if who.is_empty() => (0x20, false),
        _ => return None,
    };
    let id = if named { std::str::from_utf8(number).ok()?.parse().ok()? } else { 0 };
    let mut bits = 0;
    for letter in *permissions {
        bits |= match letter {
            b'r' => 4,
            b'w' => 2,
            b'x' => 1,
            b'-' => 0,
            _ => return None,
        };
    }
    Some((tag, id, bits))
}
