//! Names of users and groups, from the image's own `/etc/passwd` and `/etc/group`: by number, and
//! numbers by name.
//!
//! The host's names say nothing about an image: uid 1000 is somebody else there.

use std::collections::HashMap;

use crate::fs::{Filesystem, FsError, Ino, LastSymlink, Transaction};
use crate::mpage::ReadOptions;

/// Bytes of a table that are read at most; what lies behind stays a number.
pub const MOST_BYTES: u64 = 1 << 20;

/// The users and the groups that an image knows.
#[derive(Debug, Default)]
pub struct Names {
    users: Table,
    groups: Table,
}

/// A table of names and numbers; of each the first line counts.
#[derive(Debug, Default)]
struct Table {
    names: HashMap<u32, String>,
    entries: HashMap<String, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    number: u32,
    /// The field behind it, which is a user's login group.
    login_gid: Option<u32>,
}

impl Names {
    /// The names that the image knows. Tables that are missing or cannot be read know none.
    pub fn of(fs: &Filesystem) -> Self {
        let bytes = |path| read(fs, path).map(|(_, bytes)| bytes).unwrap_or_default();
        Self::from_tables(&bytes(b"/etc/passwd"), &bytes(b"/etc/group"))
    }

    /// The names that the image will know, once what waits in a transaction is written.
    pub fn of_transaction(tx: &mut Transaction<'_>) -> Self {
        let mut bytes = |path| {
            let (ino, mut bytes) = read(tx.fs(), path).ok()?;
            tx.fill_pending(ino, &mut bytes).ok()?;
            Some(bytes)
        };
        let passwd = bytes(b"/etc/passwd".as_slice()).unwrap_or_default();
        let group = bytes(b"/etc/group".as_slice()).unwrap_or_default();
        Self::from_tables(&passwd, &group)
    }

    /// The names in the bytes of both tables.
    pub fn from_tables(passwd: &[u8], group: &[u8]) -> Self {
        Self { users: table(whole_lines(passwd)), groups: table(whole_lines(group)) }
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
        self.users.names.get(&uid).map(String::as_str)
    }

    /// A group's name, if it has one.
    pub fn group_name(&self, gid: u32) -> Option<&str> {
        self.groups.names.get(&gid).map(String::as_str)
    }

    /// A user's number.
    pub fn uid_of(&self, user: &str) -> Option<u32> {
        self.users.entries.get(user).map(|entry| entry.number)
    }

    /// A group's number.
    pub fn gid_of(&self, group: &str) -> Option<u32> {
        self.groups.entries.get(group).map(|entry| entry.number)
    }

    /// The group that a user logs in with.
    pub fn login_gid_of(&self, user: &str) -> Option<u32> {
        self.users.entries.get(user).and_then(|entry| entry.login_gid)
    }
}

fn read(fs: &Filesystem, path: &[u8]) -> Result<(Ino, Vec<u8>), FsError> {
    let inode = fs.resolve(path, LastSymlink::Follow)?;
    let options = ReadOptions::for_pages_of(fs.geometry());
    let mut file = fs.open_file(&inode, 0..MOST_BYTES, options)?;
    let mut bytes = Vec::new();
    while file.next_window().is_some() {
        file.pieces().for_each(|piece| bytes.extend_from_slice(piece));
    }
    Ok((inode.ino(), bytes))
}

/// A table without its last line where that is cut off: half of one may be another number.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    if (bytes.len() as u64) < MOST_BYTES {
        return bytes;
    }
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    bytes.get(..whole).unwrap_or_default()
}

/// The table of lines `name:password:number:...`. A name that could act on a terminal is none.
fn table(bytes: &[u8]) -> Table {
    let mut table = Table::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':').map(std::str::from_utf8);
        let (Some(Ok(name)), Some(_), Some(Ok(number))) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let plain = !name.is_empty() && name.chars().all(|c| !c.is_control() && c != ' ');
        if let (true, Ok(number)) = (plain, number.parse()) {
            let login_gid = fields.next().and_then(|field| field.ok()?.parse().ok());
            table.names.entry(number).or_insert_with(|| name.to_string());
            table.entries.entry(name.to_string()).or_insert(Entry { number, login_gid });
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_a_number_wins_and_bad_lines_are_passed_over() {
        let passwd = b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:\n\n:x:5:\nbad\n\x1b[1m:x:6:\na:x:7";
        let names = Names::from_tables(passwd, b"");
        assert_eq!(names.users.names.len(), 2);
        assert_eq!((names.user_name(0), names.user_name(7)), (Some("root"), Some("a")));
    }

    #[test]
    fn the_first_number_of_a_name_wins_and_two_names_may_share_one() {
        let passwd = b"root:x:0:0:::\ntoor:x:0:5:::\nroot:x:9:9:::\nx:y:3:z:::\n";
        let names = Names::from_tables(passwd, b"staff:x:50:root,toor\n");
        let user = |name| (names.uid_of(name), names.login_gid_of(name));
        assert_eq!(user("root"), (Some(0), Some(0)));
        assert_eq!(user("toor"), (Some(0), Some(5)));
        assert_eq!(user("x"), (Some(3), None));
        assert_eq!(user("staff"), (None, None));
        assert_eq!((names.gid_of("staff"), names.gid_of("root")), (Some(50), None));
    }
}
