//! Names of users and groups, from the image's own `/etc/passwd` and `/etc/group`.
//!
//! The host's names say nothing about an image: uid 1000 is somebody else there.

use std::collections::HashMap;

use crate::fs::{Filesystem, FsError, LastSymlink};
use crate::mpage::ReadOptions;

/// Bytes of a table that are read at most; what lies behind stays a number.
const MOST_BYTES: u64 = 1 << 20;

/// Names by number.
#[derive(Debug, Default)]
pub struct Names {
    users: HashMap<u32, String>,
    groups: HashMap<u32, String>,
}

impl Names {
    /// The names that the image knows. Tables that are missing or cannot be read know none.
    pub fn of(fs: &Filesystem) -> Self {
        let names = |path| read(fs, path).map(|bytes| table(&bytes)).unwrap_or_default();
        Self { users: names(b"/etc/passwd"), groups: names(b"/etc/group") }
    }

    /// A user's name, or number.
    pub fn user(&self, uid: u32) -> String {
        self.user_name(uid).map_or_else(|| uid.to_string(), str::to_owned)
    }

    /// A group's name, or number.
    pub fn group(&self, gid: u32) -> String {
        self.group_name(gid).map_or_else(|| gid.to_string(), str::to_owned)
    }

    /// A user's name, if it has one.
    pub fn user_name(&self, uid: u32) -> Option<&str> {
        self.users.get(&uid).map(String::as_str)
    }

    /// A group's name, if it has one.
    pub fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.get(&gid).map(String::as_str)
    }
}

fn read(fs: &Filesystem, path: &[u8]) -> Result<Vec<u8>, FsError> {
    let inode = fs.resolve(path, LastSymlink::Follow)?;
    let options = ReadOptions::for_pages_of(fs.geometry());
    let mut file = fs.open_file(&inode, 0..MOST_BYTES, options)?;
    let mut bytes = Vec::new();
    while file.next_window().is_some() {
        file.pieces().for_each(|piece| bytes.extend_from_slice(piece));
    }
    if bytes.len() as u64 == MOST_BYTES {
        // Half a line may be another number.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        bytes.truncate(whole);
    }
    Ok(bytes)
}

/// The names of lines `name:password:number:...`; the first of a number wins. A name that could
/// act on a terminal is none.
fn table(bytes: &[u8]) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':').map(std::str::from_utf8);
        let (Some(Ok(name)), Some(_), Some(Ok(number))) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let plain = !name.is_empty() && name.chars().all(|c| !c.is_control() && c != ' ');
        if let (true, Ok(number)) = (plain, number.parse()) {
            names.entry(number).or_insert_with(|| name.to_string());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_a_number_wins_and_bad_lines_are_passed_over() {
        let names =
            table(b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:\n\n:x:5:\nbad\n\x1b[1m:x:6:\na:x:7");
        assert_eq!(names.len(), 2);
        assert_eq!(names.get(&0).map(String::as_str), Some("root"));
        assert_eq!(names.get(&7).map(String::as_str), Some("a"));
    }
}
