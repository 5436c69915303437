//! What could not be kept: counted, not told one by one.
//!
//! An ordinary user who extracts 20,000 files of root's with their owners has one loss: the owner,
//! 20,000 times, first of `etc`, because "Operation not permitted".

use std::collections::BTreeMap;
use std::io;

use rustix::io::Errno;

use super::descent::Level;
use super::path_of;

/// What kind of thing was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// Files that could not be made at all: devices, fifos, sockets.
    Special,
    /// Second names that had to become files of their own.
    HardLink,
    /// Owner or group.
    Owner,
    /// Permissions, or set-id bits.
    Mode,
    /// Extended attributes, ACLs among them: counted one by one.
    Xattr,
    /// Times of reading and writing.
    Time,
}

/// What was lost of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Which kind.
    pub kind: LossKind,
    /// How often.
    pub count: u64,
    /// The first file that lost it, relative to the tree's root; empty for the root itself.
    pub path: Vec<u8>,
    /// Why the first was lost.
    pub reason: String,
}

/// Losses of every kind.
#[derive(Debug, Default)]
pub struct Losses(BTreeMap<LossKind, Loss>);

impl Losses {
    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.0.values()
    }

    pub fn add(&mut self, kind: LossKind, place: &Place<'_>, reason: impl FnOnce() -> String) {
        let loss = self.0.entry(kind).or_insert_with(|| Loss {
            kind,
            count: 0,
            path: path_of(place.levels, place.name),
            reason: reason(),
        });
        loss.count = loss.count.saturating_add(1);
    }

    /// Adds a loss where a call was refused.
    pub fn judge(&mut self, kind: LossKind, place: &Place<'_>, done: rustix::io::Result<()>) {
        if let Err(errno) = done {
            self.add(kind, place, || io::Error::from(errno).to_string());
        }
    }

    /// Adds the loss of an extended attribute.
    pub fn xattr(&mut self, place: &Place<'_>, name: &[u8], errno: Errno) {
        let name = name.escape_ascii();
        self.add(LossKind::Xattr, place, || format!("{name}: {}", io::Error::from(errno)));
    }
}

/// Where something was lost. The path is put together only where it is needed.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub levels: &'a [Level],
    pub name: &'a [u8],
}
