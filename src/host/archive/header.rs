//! The header of an entry: ustar's fields where they hold the value, else a pax record in front.
//!
//! A name of 120 bytes is cut at a `/` into ustar's `prefix` and `name`; one of 300 bytes stands in a
//! record `path`, and its first bytes in the field. A uid of 3,000,000 stands in a record `uid`,
//! and the field is 0.

use tar::{EntryType, Header};

use super::error::ArchiveError;
use super::pax::Records;
use super::{Entry, Kind, padding_of, sparse};

/// The largest number in a field of 8 bytes.
pub const MAX_OCTAL_7: u32 = (1 << 21) - 1;
/// The largest number in a field of 12 bytes.
const MAX_OCTAL_11: u64 = (1 << 33) - 1;

/// Appends all that comes before an entry's data. Returns how many bytes of data are to follow,
/// and to be [padded](padding_of).
///
/// # Errors
/// Something that no reader would understand; nothing is appended then.
pub fn append_entry(out: &mut Vec<u8>, entry: &Entry<'_>) -> Result<u64, ArchiveError> {
    let mut header = Header::new_ustar();
    let mut records = Records::default();
    let mut map = Vec::new();
    let mut stored_bytes = 0;

    header.set_entry_type(type_of(entry.kind));
    match entry.kind {
        Kind::File { len_bytes } => {
            stored_bytes = len_bytes;
            set_name(&mut header, &mut records, entry.path);
            if len_bytes <= MAX_OCTAL_11 {
                header.set_size(len_bytes);
            } else {
                header.set_size(0);
                records.push_number(b"size", len_bytes);
            }
        }
        Kind::SparseFile { len_bytes, data } => {
            stored_bytes = sparse::append_map(&mut map, data, len_bytes)?;
            set_sparse_name(&mut header, &mut records, entry.path, len_bytes);
            // Not by a record, over 8 GiB neither: readers (Python's tarfile) take that for the length
            // that the file has.
            header.set_size(stored_bytes.saturating_add(map.len() as u64));
        }
        Kind::Symlink { target } | Kind::HardLink { target } => {
            set_name(&mut header, &mut records, entry.path);
            set_link(&mut header, &mut records, target);
            header.set_size(0);
        }
        Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } => {
            set_name(&mut header, &mut records, entry.path);
            set_device(&mut header, major, minor)?;
            header.set_size(0);
        }
        Kind::Directory | Kind::Fifo => {
            set_name(&mut header, &mut records, entry.path);
            header.set_size(0);
        }
    }
    header.set_mode(u32::from(entry.mode & 0o7777));
    header.set_uid(field_or_record(&mut records, b"uid", entry.uid));
    header.set_gid(field_or_record(&mut records, b"gid", entry.gid));
    set_mtime(&mut header, &mut records, entry.mtime);
    if !matches!(entry.kind, Kind::HardLink { .. }) {
        records.push_xattrs(entry.xattrs);
    }

    append_records(out, &records, entry.path);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.append(&mut map);
    Ok(stored_bytes)
}

fn type_of(kind: Kind<'_>) -> EntryType {
    match kind {
        Kind::File { .. } | Kind::SparseFile { .. } => EntryType::Regular,
        Kind::Directory => EntryType::Directory,
        Kind::Symlink { .. } => EntryType::Symlink,
        Kind::HardLink { .. } => EntryType::Link,
        Kind::CharDevice { .. } => EntryType::Char,
        Kind::BlockDevice { .. } => EntryType::Block,
        Kind::Fifo => EntryType::Fifo,
    }
}

/// The extended header, an entry of its own, which old readers take for a file in `PaxHeaders`.
fn append_records(out: &mut Vec<u8>, records: &Records, path: &[u8]) {
    let bytes = records.as_bytes();
    if bytes.is_empty() {
        return;
    }
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    set_name_field(&mut header, &[b"PaxHeaders/", last_name(path)].concat());
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len().saturating_add(padding_of(bytes.len() as u64)), 0);
}

fn set_name(header: &mut Header, records: &mut Records, path: &[u8]) {
    // As GNU tar does: the fields are of no character set, the record is of UTF-8.
    if path.is_ascii()
        && let Some((prefix, name)) = split(path)
    {
        set_name_field(header, name);
        if let Some(ustar) = header.as_ustar_mut() {
            fill(&mut ustar.prefix, prefix);
        }
        return;
    }
    set_name_field(header, path);
    records.push(b"path", path);
}

/// The name of a sparse file stands in a record; the field has what readers that know no holes
/// make of its map and data.
fn set_sparse_name(header: &mut Header, records: &mut Records, path: &[u8], len_bytes: u64) {
    set_name_field(header, &[b"GNUSparseFile.0/", last_name(path)].concat());
    records.push_number(b"GNU.sparse.major", 1);
    records.push_number(b"GNU.sparse.minor", 0);
    records.push(b"GNU.sparse.name", path);
    records.push_number(b"GNU.sparse.realsize", len_bytes);
}

fn set_link(header: &mut Header, records: &mut Records, target: &[u8]) {
    if let Some(ustar) = header.as_ustar_mut() {
        fill(&mut ustar.linkname, target);
        if target.len() > ustar.linkname.len() || !target.is_ascii() {
            records.push(b"linkpath", target);
        }
    }
}

fn set_device(header: &mut Header, major: u32, minor: u32) -> Result<(), ArchiveError> {
    let error = ArchiveError::DeviceNumber { major, minor };
    if major.max(minor) > MAX_OCTAL_7 {
        return Err(error);
    }
    let set = header.set_device_major(major).and_then(|()| header.set_device_minor(minor));
    set.map_err(|_| error)
}

/// The number for a field of 8 bytes: 0 where it needs a record.
fn field_or_record(records: &mut Records, key: &[u8], number: u32) -> u64 {
    if number <= MAX_OCTAL_7 {
        return u64::from(number);
    }
    records.push_number(key, u64::from(number));
    0
}

fn set_mtime(header: &mut Header, records: &mut Records, mtime: (i64, u32)) {
    let (seconds, nanoseconds) = mtime;
    let field = u64::try_from(seconds).ok().filter(|seconds| *seconds <= MAX_OCTAL_11);
    header.set_mtime(field.unwrap_or(0));
    if field.is_none() || nanoseconds != 0 {
        records.push_time(b"mtime", mtime);
    }
}

/// Prefix and name of a path that ustar's fields hold.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    const NAME_BYTES: usize = 100;
    const PREFIX_BYTES: usize = 155;
    if path.len() <= NAME_BYTES {
        return Some((b"", path));
    }
    // The name is what is behind a slash, as much as the field holds.
    let earliest = path.len().saturating_sub(NAME_BYTES.saturating_add(1));
    let slash = path.get(earliest..)?.iter().position(|byte| *byte == b'/')?;
    let (prefix, rest) = path.split_at_checked(earliest.saturating_add(slash))?;
    let name = rest.strip_prefix(b"/").filter(|name| !name.is_empty())?;
    (!prefix.is_empty() && prefix.len() <= PREFIX_BYTES).then_some((prefix, name))
}

fn set_name_field(header: &mut Header, name: &[u8]) {
    fill(&mut header.as_old_mut().name, name);
}

/// As many bytes as the field holds; a field that is full has no end.
fn fill(field: &mut [u8], bytes: &[u8]) {
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = *from;
    }
}

/// The last name of a path, without the slash of a directory.
fn last_name(path: &[u8]) -> &[u8] {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(entry: &Entry<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        append_entry(&mut out, entry).unwrap();
        out
    }

    #[test]
    fn what_the_fields_hold_needs_one_block() {
        let long = [b"d/".repeat(70), b"name".to_vec()].concat();
        for path in [b"./".as_slice(), b"etc/motd", &[b'x'; 100], &long] {
            let entry = Entry {
                mode: 0o7777,
                uid: MAX_OCTAL_7,
                gid: 5,
                mtime: (i64::try_from(MAX_OCTAL_11).unwrap(), 0),
                ..Entry::new(path, Kind::File { len_bytes: MAX_OCTAL_11 })
            };
            let bytes = bytes_of(&entry);
            assert_eq!(bytes.len(), 512);
            let header = Header::from_byte_slice(&bytes);
            assert_eq!(header.path_bytes(), path);
            assert_eq!(header.mode().unwrap(), 0o7777);
            assert_eq!(header.uid().unwrap(), u64::from(MAX_OCTAL_7));
            assert_eq!(header.size().unwrap(), MAX_OCTAL_11);
            assert_eq!(header.mtime().unwrap(), MAX_OCTAL_11);
        }
    }

    #[test]
    fn what_they_do_not_hold_is_in_records() {
        let entry = Entry {
            uid: MAX_OCTAL_7 + 1,
            gid: u32::MAX,
            mtime: (-2, 500_000_000),
            ..Entry::new("\u{fc}".as_bytes(), Kind::File { len_bytes: MAX_OCTAL_11 + 1 })
        };
        let bytes = bytes_of(&entry);
        assert_eq!(bytes.len(), 512 * 3);
        let want = "11 path=\u{fc}\n19 size=8589934592\n15 uid=2097152\n\
                    18 gid=4294967295\n14 mtime=-1.5\n\0";
        let end = 512 + want.len();
        assert_eq!(String::from_utf8_lossy(&bytes[512..end]), want);
        let header = Header::from_byte_slice(&bytes[1024..]);
        assert_eq!((header.uid().unwrap(), header.size().unwrap()), (0, 0));
    }

    #[test]
    fn paths_are_split_where_both_parts_fit() {
        let name = [b'n'; 100];
        let at = |prefix: usize| [&vec![b'p'; prefix], b"/".as_slice(), &name].concat();
        assert_eq!(split(&at(155)), Some((&[b'p'; 155][..], &name[..])));
        assert_eq!(split(&at(156)), None);
        assert_eq!(split(&[b'x'; 101]), None);
        assert_eq!(split(&[&[b'x'; 100], b"/".as_slice()].concat()), None);
        // An empty prefix would not be one.
        assert_eq!(split(&[b"/".as_slice(), &name].concat()), None);
    }

    #[test]
    fn devices_that_do_not_fit_are_refused_and_leave_nothing_behind() {
        let mut out = Vec::new();
        let kind = Kind::CharDevice { major: 1, minor: MAX_OCTAL_7 + 1 };
        let error = append_entry(&mut out, &Entry::new(b"d", kind)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "device 1:2097152 does not fit into a tar archive, which holds numbers up to 2097151"
        );
        assert!(out.is_empty());
    }
}
