//! What the threads found becomes one inventory.
//!
//! A thread hands over what it saw in a directory a [`Batch`] at a time, and gets the directories
//! among that back, which now have a place in the tree. Of `a` and `b/c`, two names of one inode,
//! the one that comes later is a link of the other, whichever that is.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::mem::take;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::stock::Wrong;
use crate::fs::{CallerError, FsError, Inventory, Meta, Node, NodeId, Stock, Xattr};
use crate::host::error::{HostError, called};

/// A file with several names.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub device: u64,
    pub inode: u64,
    pub names: u64,
}

/// Something that was seen in a directory.
#[derive(Debug)]
pub struct Found {
    pub name_len: usize,
    pub node: Node,
    pub meta: Meta,
    pub xattrs: Vec<Xattr>,
    pub stock: Option<Stock>,
    pub link: Option<Link>,
}

/// What was seen in one directory.
#[derive(Debug, Default)]
pub struct Batch {
    /// What the directory says of itself.
    pub own: Option<(Meta, Vec<Xattr>)>,
    /// The names of what was found, one behind the other.
    pub names: Vec<u8>,
    pub found: Vec<Found>,
    /// What is wrong with what has this name, or, without one, with the directory.
    pub wrong: Vec<(Vec<u8>, Wrong)>,
    /// What is missing of what has this name, or, without one, of the directory.
    pub lost: Vec<(Vec<u8>, String)>,
}

/// All that was found.
#[derive(Debug)]
pub struct Collection {
    pub inventory: Inventory,
    /// Where the names of a file come together, and how many of them are still to come.
    links: HashMap<(u64, u64), (NodeId, u64)>,
    root: PathBuf,
    pub errors: Vec<(Vec<u8>, HostError)>,
    pub losses: Vec<(Vec<u8>, String)>,
}

impl Collection {
    /// Nothing yet of what is in `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            inventory: Inventory::new(Meta::default()),
            links: HashMap::new(),
            root: root.to_owned(),
            errors: Vec::new(),
            losses: Vec::new(),
        }
    }

    /// Takes what was seen in a directory; the directories among that.
    pub fn add(&mut self, directory: NodeId, batch: &mut Batch) -> Vec<(NodeId, Box<[u8]>)> {
        if let Some((meta, xattrs)) = batch.own.take() {
            self.inventory.set_meta(directory, meta);
            self.set_xattrs(directory, xattrs);
        }
        let mut directories = Vec::new();
        let mut names = batch.names.as_slice();
        for found in batch.found.drain(..) {
            let Some((name, rest)) = names.split_at_checked(found.name_len) else { break };
            names = rest;
            let is_directory = found.node == Node::Directory;
            match self.add_one(directory, name, found) {
                Ok(node) if is_directory => directories.push((node, name.into())),
                Ok(_) => {}
                Err(wrong) => self.add_error(directory, name, wrong),
            }
        }
        batch.names.clear();
        for (name, wrong) in take(&mut batch.wrong) {
            self.add_error(directory, &name, wrong);
        }
        for (name, loss) in take(&mut batch.lost) {
            let path = self.path(directory, &name);
            let line = format!("{}: {loss}", self.called(&path));
            self.losses.push((path, line));
        }
        directories
    }

    fn add_one(&mut self, directory: NodeId, name: &[u8], found: Found) -> Result<NodeId, Wrong> {
        let refused = |error| match error {
            // The directory was written to while it was read.
            FsError::Caller(CallerError::Exists) => Wrong::Changed,
            error => Wrong::Unfit(error),
        };
        let key = found.link.map(|link| (link.device, link.inode));
        if let Some((node, left)) = key.and_then(|key| self.links.get_mut(&key)) {
            let node = *node;
            *left = left.saturating_sub(1);
            // By now it may be another.
            let known = self.inventory.view(node);
            let origin = found.stock.map_or(0, |stock| stock.origin);
            if known.file_type != found.node.file_type() || known.origin != origin {
                return Err(Wrong::Changed);
            }
            if *left == 0 {
                key.map(|key| self.links.remove(&key));
            }
            self.inventory.link(directory, name, node).map_err(refused)?;
            return Ok(node);
        }
        let node = self.inventory.add(directory, name, found.node, found.meta).map_err(refused)?;
        self.set_xattrs(node, found.xattrs);
        if let Some(stock) = found.stock {
            self.inventory.set_content(node, stock);
        }
        if let Some(link) = found.link {
            let left = link.names.saturating_sub(1);
            self.links.insert((link.device, link.inode), (node, left));
        }
        Ok(node)
    }

    fn set_xattrs(&mut self, node: NodeId, xattrs: Vec<Xattr>) {
        if !xattrs.is_empty() {
            self.inventory.set_xattrs(node, xattrs);
        }
    }

    fn add_error(&mut self, directory: NodeId, name: &[u8], wrong: Wrong) {
        let path = self.path(directory, name);
        let error = wrong.about(self.called(&path));
        self.errors.push((path, error));
    }

    fn path(&self, directory: NodeId, name: &[u8]) -> Vec<u8> {
        let mut path = self.inventory.path(directory);
        if !path.is_empty() && !name.is_empty() {
            path.push(b'/');
        }
        path.extend(name);
        path
    }

    fn called(&self, path: &[u8]) -> String {
        called_below(&self.root, path)
    }
}

/// How what lies at `path` below `root` is called in an error.
pub fn called_below(root: &Path, path: &[u8]) -> String {
    // Joined with nothing, a path would get a slash.
    if path.is_empty() { called(root) } else { called(&root.join(OsStr::from_bytes(path))) }
}
