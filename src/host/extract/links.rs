//! Second names of what is extracted already.
//!
//! The first name of a file is found again from the tree's root, one directory below the other and
//! through no symbolic link: `a/b` of the file that `c/d` is to be a link to. It has to be the file
//! that was made there.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, linkat, openat, openat2, statat};
use rustix::io::Errno;

use super::descent::Level;
use super::losses::{LossKind, Place};
use super::new_file::put;
use super::{Extraction, innermost};
use crate::host::error::Result;

/// The longest path that the host takes, without the byte that ends it.
const MOST_PATH_BYTES: usize = 4095;

const HELD: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// What is extracted and may get more names.
#[derive(Debug, Default)]
pub struct Links {
    /// Directories that hold such files: the one around each, and its name in it.
    nodes: Vec<(Option<usize>, Box<[u8]>)>,
    found: HashMap<u64, First>,
    /// The directory that was opened last.
    pub last: Option<(usize, OwnedFd)>,
    /// The kernel does not walk paths as it is told to.
    pub by_hand: bool,
}

/// The first name of a file.
#[derive(Debug)]
struct First {
    node: Option<usize>,
    name: Box<[u8]>,
    identity: (u64, u64),
}

/// Where a first name is.
struct Source<'a> {
    dir: &'a OwnedFd,
    name: &'a OsStr,
}

impl Extraction {
    /// Remembers `name`, which was just made in the directory that the extraction is in, as a name
    /// of the file that has the number `key`: for those that have more names.
    ///
    /// # Errors
    /// [`BadName`](crate::host::HostError::BadName), `Create`.
    pub fn remember(&mut self, key: u64, name: &[u8]) -> Result<()> {
        let file_name = self.checked(name)?;
        let (_, dir) = self.level()?;
        let stat = statat(dir, file_name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| self.failure(name, errno.into()))?;
        let node = self.node();
        let identity = (stat.st_dev, stat.st_ino);
        self.links.found.insert(key, First { node, name: name.into(), identity });
        Ok(())
    }

    /// Forgets what was remembered as `key`: no more names of it come.
    pub fn forget(&mut self, key: u64) {
        self.links.found.remove(&key);
    }

    /// Makes `name` another name of the file that was remembered as `key`. False where that is not
    /// possible, since none was, or the host refuses, which is counted as a loss: the caller then
    /// makes a file of its own, and may remember that.
    ///
    /// # Errors
    /// [`BadName`](crate::host::HostError::BadName), `DirectoryInTheWay`, `Create`.
    pub fn link(&mut self, key: u64, name: &[u8]) -> Result<bool> {
        let file_name = self.checked(name)?;
        let Some(first) = self.links.found.get(&key) else { return Ok(false) };
        let identity = first.identity;
        let linked = self.links.source(&self.levels, key).and_then(|source| {
            let Some((_, dir)) = innermost(&self.levels) else { return Err(Errno::STALE) };
            let (from, first) = (source.dir, source.name);
            let stat = statat(from, first, AtFlags::SYMLINK_NOFOLLOW)?;
            if (stat.st_dev, stat.st_ino) != identity {
                // Something else has the name since, of the tree or by somebody's doing.
                return Err(Errno::NOENT);
            }
            put(dir, file_name, |name| linkat(from, first, dir, name, AtFlags::empty()))
        });
        match linked {
            Ok(()) => Ok(true),
            Err(Errno::ISDIR) => Err(self.file_error(name, Errno::ISDIR)),
            Err(errno) => self.refused(name, errno),
        }
    }

    fn refused(&mut self, name: &[u8], errno: Errno) -> Result<bool> {
        let error = self.failure(name, errno.into());
        if error.is_general() {
            return Err(error);
        }
        let place = Place { levels: &self.levels, name };
        self.losses.judge(LossKind::HardLink, &place, Err(errno));
        Ok(false)
    }

    /// The node of the directory that the extraction is in; none for the root.
    fn node(&mut self) -> Option<usize> {
        // Those around it may be known already, from a file that they hold.
        let known = self.levels.iter().rposition(|level| level.node.is_some()).unwrap_or(0);
        let mut node = self.levels.get(known).and_then(|level| level.node);
        for level in self.levels.iter_mut().skip(known.saturating_add(1)) {
            self.links.nodes.push((node, level.name().into()));
            node = self.links.nodes.len().checked_sub(1);
            level.node = node;
        }
        node
    }
}

impl Links {
    /// The directory and the name of what is remembered as `key`.
    fn source<'a>(&'a mut self, levels: &'a [Level], key: u64) -> rustix::io::Result<Source<'a>> {
        let root = levels.first().and_then(Level::open_dir).ok_or(Errno::STALE)?;
        let node = self.found.get(&key).ok_or(Errno::NOENT)?.node;
        let dir = match (node, innermost(levels)) {
            (None, _) => root,
            (Some(node), Some((level, dir))) if level.node == Some(node) => dir,
            (Some(node), _) => {
                if self.last.as_ref().is_none_or(|(last, _)| *last != node) {
                    self.last = Some((node, self.open(root, node)?));
                }
                self.last.as_ref().map(|(_, dir)| dir).ok_or(Errno::STALE)?
            }
        };
        let name = &self.found.get(&key).ok_or(Errno::NOENT)?.name;
        Ok(Source { dir, name: OsStr::from_bytes(name) })
    }

    /// Opens a directory of the tree.
    fn open(&mut self, root: &OwnedFd, node: usize) -> rustix::io::Result<OwnedFd> {
        let mut names = Vec::new();
        let mut next = Some(node);
        while let Some((around, name)) = next.and_then(|node| self.nodes.get(node)) {
            names.push(&**name);
            next = *around;
        }
        names.reverse();
        descend(root, &names, &mut self.by_hand)
    }
}

/// Opens the directory that `names` lead to from `root`, through no symbolic link.
fn descend(root: &OwnedFd, names: &[&[u8]], by_hand: &mut bool) -> rustix::io::Result<OwnedFd> {
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let mut at = None;
    let mut rest = names;
    while !rest.is_empty() {
        let from = at.as_ref().unwrap_or(root).as_fd();
        let count = if *by_hand { 1 } else { fitting(rest) };
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let path = now.join(&b'/');
        let path = OsStr::from_bytes(&path);
        let opened = if *by_hand {
            openat(from, path, HELD | OFlags::NOFOLLOW, Mode::empty())
        } else {
            openat2(from, path, HELD, Mode::empty(), beneath)
        };
        match opened {
            // Too old a kernel, or one that is told to refuse what it does not know.
            Err(Errno::NOSYS | Errno::PERM) if !*by_hand => *by_hand = true,
            opened => {
                at = Some(opened?);
                rest = later;
            }
        }
    }
    at.ok_or(Errno::NOENT)
}

/// How many of the names fit into one path.
fn fitting(names: &[&[u8]]) -> usize {
    let mut len_bytes = 0_usize;
    let fits = names.iter().take_while(|name| {
        len_bytes = len_bytes.saturating_add(name.len());
        let fits = len_bytes <= MOST_PATH_BYTES;
        len_bytes = len_bytes.saturating_add(1);
        fits
    });
    fits.count().max(1)
}
