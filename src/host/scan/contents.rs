//! The bytes of a scanned tree's files, when they are wanted.
//!
//! A small file takes four calls: it is opened, read, asked whether it still is what it was, and
//! closed when the next is opened. The directory stays open for its neighbours. After every read
//! the file is asked, so that of a large one no piece passes that is of another state than what was
//! scanned: one that grew, shrank, was written to or replaced is an error, [`HostError::Changed`].

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, fstat, openat};
use rustix::io::{Errno, pread};

use super::DIRECTORY;
use super::collection::called_below;
use super::reach::reach;
use super::stock::{self, Wrong};
use crate::fs::{ContentReader, Contents, Inventory, NodeId, Place};
#[cfg(doc)]
use crate::host::HostError;

/// A directory tree of the host that was scanned.
#[derive(Debug)]
pub struct HostTree {
    path: PathBuf,
    root: OwnedFd,
}

impl HostTree {
    pub(super) fn new(path: &Path, root: OwnedFd) -> Self {
        Self { path: path.to_owned(), root }
    }
}

impl Contents for HostTree {
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Reader { tree: self, inventory, directory: None, file: None })
    }
}

/// Reads on one thread.
#[derive(Debug)]
struct Reader<'a> {
    tree: &'a HostTree,
    inventory: &'a Inventory,
    /// The directory that is open.
    directory: Option<(NodeId, OwnedFd)>,
    /// The file that is open.
    file: Option<(NodeId, OwnedFd)>,
}

impl ContentReader for Reader<'_> {
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        self.try_read(place, offset_bytes, buf).map_err(|wrong| {
            let mut path = self.inventory.path(place.directory);
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(place.name);
            wrong.about(called_below(&self.tree.path, &path)).into()
        })
    }
}

impl Reader<'_> {
    fn try_read(&mut self, place: Place<'_>, offset: u64, buf: &mut [u8]) -> Result<(), Wrong> {
        let file = match self.file.take() {
            Some((node, file)) if node == place.node => file,
            _ => {
                let dir = self.enter(place.directory).map_err(Wrong::of_opening)?;
                stock::open(dir, place.name).map_err(Wrong::of_opening)?
            }
        };
        fill(&file, offset, buf)?;
        // Only now: what was read is what it was up to here.
        let stat = fstat(&file).map_err(|errno| Wrong::Read(errno.into()))?;
        if !stock::is_same(&stat, self.inventory.view(place.node).origin) {
            return Err(Wrong::Changed);
        }
        self.file = Some((place.node, file));
        Ok(())
    }

    /// The directory, open.
    fn enter(&mut self, directory: NodeId) -> rustix::io::Result<&OwnedFd> {
        let dir = match self.directory.take() {
            Some((node, dir)) if node == directory => dir,
            last => {
                let path = self.inventory.path(directory);
                let around = self.inventory.parent(directory);
                let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                match last.filter(|(node, _)| *node == around && !name.is_empty()) {
                    // As in a tree that is gone into: then its depth does not count.
                    Some((_, dir)) => {
                        openat(&dir, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?
                    }
                    None => reach(&self.tree.root, &path)?,
                }
            }
        };
        Ok(&self.directory.insert((directory, dir)).1)
    }
}

/// Reads as many bytes as are asked for, which are there unless the file was cut off.
fn fill(file: &OwnedFd, offset_bytes: u64, buf: &mut [u8]) -> Result<(), Wrong> {
    let (mut at, mut left) = (offset_bytes, buf);
    while !left.is_empty() {
        match pread(file, &mut *left, at) {
            Ok(0) => return Err(Wrong::Changed),
            Ok(count) => {
                at = at.saturating_add(count as u64);
                left = left.get_mut(count..).unwrap_or_default();
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Wrong::Read(errno.into())),
        }
    }
    Ok(())
}
