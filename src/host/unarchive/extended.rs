//! Extended headers: what pax records say of the entry behind them, or of all that follow.
//!
//! A record is `LENGTH KEY=VALUE\n`, where the length counts itself: `14 mtime=-1.5`. One without
//! a value takes back what was said before, but for attributes, which may be empty.

use super::acl;
use super::error::Fault;
use super::header::shown;
use super::sparse::Records;
use crate::fs::{Time, Xattr, acl_to_disk, check_xattr_name, is_acl};

/// Digits after the point that a time has.
const NANOSECOND_DIGITS: usize = 9;

/// The longest name that holds for more than one entry.
const MOST_GLOBAL_BYTES: usize = 4096;

/// What attributes of an entry may have, one of them and all: a block of the largest size there is
/// holds no more.
const MOST_XATTR_BYTES: usize = 64 << 10;

/// What is kept of the name of an attribute that no image holds; 255 bytes would be a valid name.
const MOST_UNKNOWN_BYTES: usize = 256;

/// What extended headers say.
#[derive(Debug, Clone, Default)]
pub struct Extended {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u64>,
    pub gid: Option<u64>,
    pub mtime: Option<Time>,
    pub major: Option<u64>,
    pub minor: Option<u64>,
    /// Attributes as programs see them.
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// ACLs as text, by the attribute's name.
    acls: Vec<(&'static [u8], Vec<u8>)>,
    pub sparse: Records,
}

impl Extended {
    /// Adds what a header's body says.
    pub fn read(&mut self, body: &[u8]) -> Result<(), Fault> {
        let mut rest = body;
        // Some pad the body with zeros, and count them.
        while rest.iter().any(|byte| *byte != 0) {
            let (key, value, behind) = record(rest)
                .ok_or_else(|| Fault::Field { field: "an extended record", value: shown(rest) })?;
            self.take(key, value)?;
            rest = behind;
        }
        Ok(())
    }

    /// Adds what holds for all entries, as far as it can hold for more than one.
    pub fn read_global(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.read(body)?;
        (self.xattrs, self.acls, self.sparse) = Default::default();
        // Each entry has a copy of them.
        let names = [&self.path, &self.link].into_iter().flatten();
        match names.map(Vec::len).find(|len| *len > MOST_GLOBAL_BYTES) {
            None => Ok(()),
            Some(len) => Err(Fault::TooLong {
                what: "a name for all entries",
                len_bytes: len as u64,
                limit_bytes: MOST_GLOBAL_BYTES as u64,
            }),
        }
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let some = |value: &[u8]| (!value.is_empty()).then(|| value.to_vec());
        match key {
            b"path" => self.path = some(value),
            b"linkpath" => self.link = some(value),
            b"size" => self.size = decimal("the size", value)?,
            b"uid" => self.uid = decimal("the uid", value)?,
            b"gid" => self.gid = decimal("the gid", value)?,
            b"mtime" => {
                let time = time(value).filter(|_| !value.is_empty());
                if time.is_none() && !value.is_empty() {
                    return Err(Fault::Field { field: "the time", value: shown(value) });
                }
                self.mtime = time;
            }
            b"SCHILY.devmajor" => self.major = decimal("the major number", value)?,
            b"SCHILY.devminor" => self.minor = decimal("the minor number", value)?,
            b"SCHILY.acl.access" => self.add_acl(b"system.posix_acl_access", value),
            b"SCHILY.acl.default" => self.add_acl(b"system.posix_acl_default", value),
            b"RHT.security.selinux" => {
                // The kernel has the label with its end.
                let end: &[u8] = if value.ends_with(b"\0") { b"" } else { b"\0" };
                self.add_xattr(b"security.selinux".to_vec(), [value, end].concat());
            }
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.add_xattr(decoded(name), value.to_vec());
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.take(key, value)?;
                }
            }
        }
        Ok(())
    }

    fn add_xattr(&mut self, name: Vec<u8>, value: Vec<u8>) {
        self.xattrs.push((name, value));
    }

    fn add_acl(&mut self, name: &'static [u8], value: &[u8]) {
        self.acls.push((name, value.to_vec()));
    }

    /// The attributes in the form of the disk, the last of a name; ACLs that are there in both forms
    /// are taken as attributes. Of those that no image can hold only the name is there.
    pub fn xattrs(&mut self) -> Result<Vec<Xattr>, Fault> {
        let mut found: Vec<Xattr> = Vec::new();
        let mut given = std::mem::take(&mut self.xattrs);
        // A stable sort: of those of one name, the last stays the last.
        given.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (mut name, value) in given {
            let value = if check_xattr_name(&name).is_err() {
                name.truncate(MOST_UNKNOWN_BYTES);
                Vec::new()
            } else if is_acl(&name) {
                let wrong = || Fault::Acl(shown(&name));
                acl_to_disk(&value).ok_or_else(wrong)?
            } else {
                value
            };
            found.pop_if(|last| last.name == name);
            found.push(Xattr { name, value });
        }
        for (name, text) in std::mem::take(&mut self.acls) {
            if found.iter().any(|xattr| xattr.name == name) {
                continue;
            }
            if let Some(value) = acl::disk_of(&text, name == b"system.posix_acl_access")? {
                found.push(Xattr { name: name.to_vec(), value });
            }
        }
        check_lengths(&found)?;
        Ok(found)
    }
}

/// Refuses what no image can hold, before much of it is in memory.
fn check_lengths(xattrs: &[Xattr]) -> Result<(), Fault> {
    let most = |what, len: usize| match len {
        0..=MOST_XATTR_BYTES => Ok(()),
        _ => Err(Fault::TooLong {
            what,
            len_bytes: len as u64,
            limit_bytes: MOST_XATTR_BYTES as u64,
        }),
    };
    let mut in_all = 0_usize;
    for Xattr { name, value } in xattrs.iter().filter(|xattr| check_xattr_name(&xattr.name).is_ok())
    {
        most("an attribute", value.len())?;
        in_all = in_all.saturating_add(name.len()).saturating_add(value.len());
    }
    most("attributes", in_all)
}

/// Key and value of the first record, and what is behind it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let len = std::str::from_utf8(bytes.get(..space)?).ok()?.parse::<usize>().ok()?;
    let (record, behind) = bytes.split_at_checked(len)?;
    let record = record.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = record.split_at_checked(equals)?;
    Some((key, value.get(1..)?, behind))
}

/// A number; none where there is nothing.
pub fn decimal(field: &'static str, value: &[u8]) -> Result<Option<u64>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    let digits = value.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    match number.filter(|_| digits) {
        Some(number) => Ok(Some(number)),
        None => Err(Fault::Field { field, value: shown(value) }),
    }
}

/// `-1.5` is a second and a half before 1970: (-2, 500000000).
fn time(value: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(value).ok()?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let seconds: i128 = whole.parse().ok()?;
    let mut padded = fraction.get(..NANOSECOND_DIGITS).unwrap_or(fraction).to_owned();
    while padded.len() < NANOSECOND_DIGITS {
        padded.push('0');
    }
    let nanoseconds: u32 = padded.parse().ok()?;
    let (seconds, nanoseconds) = match (negative, nanoseconds) {
        (false, _) => (seconds, nanoseconds),
        (true, 0) => (seconds.checked_neg()?, 0),
        (true, _) => {
            (seconds.checked_neg()?.checked_sub(1)?, 1_000_000_000_u32.checked_sub(nanoseconds)?)
        }
    };
    Some(Time { seconds: i64::try_from(seconds).ok()?, nanoseconds })
}

/// The name of an attribute, in which GNU tar encodes two characters.
fn decoded(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, behind) = match behind.split_first_chunk() {
            Some((b"3D", behind)) if *first == b'%' => (b'=', behind),
            Some((b"25", behind)) if *first == b'%' => (b'%', behind),
            _ => (*first, behind),
        };
        out.push(byte);
        rest = behind;
    }
    out
}
