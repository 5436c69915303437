//! A record: what an inventory keeps of everything in it, in 56 bytes.
//!
//! A tree of a million files is a million of these and a million names. What only some have stands
//! elsewhere, by number: targets, extended attributes, holes, what is in a directory.

use super::{Meta, View};
use crate::fs::inode::{FileType, Time};

/// What is kept of something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    mtime_seconds: i64,
    /// A length, a device's numbers, or where the target or the directory is.
    value: u64,
    origin: u64,
    mtime_nanoseconds: u32,
    uid: u32,
    gid: u32,
    links: u32,
    xattrs: u32,
    /// One more than where the list of what is no hole is.
    holes: u32,
    permissions: u16,
    file_type: FileType,
}

const _: () = assert!(size_of::<Record>() == 56);

impl Record {
    pub(super) fn new(file_type: FileType, value: u64, meta: Meta) -> Self {
        let links = if file_type == FileType::Directory { 2 } else { 1 };
        let mut record = Self {
            mtime_seconds: 0,
            value,
            origin: 0,
            mtime_nanoseconds: 0,
            uid: 0,
            gid: 0,
            links,
            xattrs: 0,
            holes: 0,
            permissions: 0,
            file_type,
        };
        record.set_meta(meta);
        record
    }

    pub(super) fn set_meta(&mut self, meta: Meta) {
        (self.mtime_seconds, self.mtime_nanoseconds) = (meta.mtime.seconds, meta.mtime.nanoseconds);
        (self.uid, self.gid) = (meta.uid, meta.gid);
        self.permissions = meta.permissions & 0o7777;
    }

    pub(super) fn set_content(&mut self, len_bytes: u64, holes: u32, origin: u64) {
        if self.file_type == FileType::Regular {
            (self.value, self.holes, self.origin) = (len_bytes, holes, origin);
        }
    }

    pub(super) fn set_xattrs(&mut self, set: u32) {
        self.xattrs = set;
    }

    pub(super) fn change_links(&mut self, change: i32) {
        self.links = self.links.saturating_add_signed(change);
    }

    pub(super) fn xattrs(&self) -> usize {
        usize::try_from(self.xattrs).unwrap_or(usize::MAX)
    }

    pub(super) fn holes(&self) -> Option<usize> {
        usize::try_from(self.holes.checked_sub(1)?).ok()
    }

    pub(super) fn target(&self) -> Option<usize> {
        self.place_of(FileType::Symlink)
    }

    pub(super) fn directory(&self) -> Option<usize> {
        self.place_of(FileType::Directory)
    }

    fn place_of(&self, file_type: FileType) -> Option<usize> {
        (self.file_type == file_type).then(|| usize::try_from(self.value).unwrap_or(usize::MAX))
    }

    /// What stands here itself.
    pub(super) fn view(&self) -> View<'static> {
        let low = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let is_device = matches!(self.file_type, FileType::CharDevice | FileType::BlockDevice);
        let device = if is_device { (low(self.value >> 32), low(self.value)) } else { (0, 0) };
        let mtime = Time { seconds: self.mtime_seconds, nanoseconds: self.mtime_nanoseconds };
        View {
            file_type: self.file_type,
            meta: Meta { permissions: self.permissions, uid: self.uid, gid: self.gid, mtime },
            links: self.links,
            len_bytes: if self.file_type == FileType::Regular { self.value } else { 0 },
            data: None,
            origin: self.origin,
            target: b"",
            device,
            xattrs: &[],
            implied: false,
            opaque: false,
        }
    }
}

impl View<'_> {
    /// What is not there.
    pub(super) fn nothing() -> Self {
        Record::new(FileType::Fifo, 0, Meta::default()).view()
    }
}
