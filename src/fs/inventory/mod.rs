//! An inventory: a tree of files as it is to be put into a filesystem, before any of it is.
//!
//! Whoever knows where files come from (a directory, an archive, a list) takes stock of them here:
//! names, attributes, sizes, which names are links of one file. From that, all that has to be
//! allocated can be counted, and the order of everything be known, while the files' content stays
//! where it is until it is [read](Contents).
//!
//! Nothing in it depends on the order in which it was made: directories are gone through by name.
//!
//! ```
//! use mpimg::fs::{Inventory, Meta, Node, Stock, Time};
//! let meta = |permissions| Meta { permissions, uid: 0, gid: 0, mtime: Time::default() };
//! let mut tree = Inventory::new(meta(0o755));
//! let etc = tree.add(Inventory::ROOT, b"etc", Node::Directory, meta(0o755))?;
//! let motd = tree.add(etc, b"motd", Node::Regular, meta(0o644))?;
//! tree.set_content(motd, Stock { len_bytes: 5, data: None, origin: 0 });
//! tree.link(etc, b"issue", motd)?;
//! assert_eq!(tree.view(motd).links, 2);
//! assert_eq!(tree.children(etc).map(|(name, _)| name).collect::<Vec<_>>(), [&b"issue"[..], b"motd"]);
//! # Ok::<(), mpimg::fs::FsError>(())
//! ```

mod contents;
mod record;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};
use std::sync::Arc;

pub use contents::{ContentReader, Contents, NoContents, Place};
use record::Record;
pub use view::{Meta, Stock, View};

use super::dir_block::check_name;
use super::error::{CallerError, Result};
use super::inode::FileType;
use super::namespace::Node;
use super::xattr::Xattr;

/// Something in an inventory, whatever its names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A directory of an inventory.
#[derive(Debug, Default)]
struct Directory {
    children: BTreeMap<Box<[u8]>, NodeId>,
    parent: u32,
    name: Box<[u8]>,
    implied: bool,
    opaque: bool,
    /// Names that are to go from the directory of that path, should there be one.
    whiteouts: BTreeSet<Box<[u8]>>,
}

/// A tree of files, as it is to be.
#[derive(Debug)]
pub struct Inventory {
    records: Vec<Record>,
    directories: Vec<Directory>,
    targets: Vec<Box<[u8]>>,
    holes: Vec<Box<[Range<u64>]>>,
    xattrs: Vec<Arc<[Xattr]>>,
    /// Which of them holds what.
    known_xattrs: BTreeMap<Arc<[Xattr]>, u32>,
}

impl Inventory {
    /// The directory that all is in.
    pub const ROOT: NodeId = NodeId(0);

    /// An empty tree.
    #[must_use]
    pub fn new(root: Meta) -> Self {
        let mut tree = Self {
            records: Vec::new(),
            directories: Vec::new(),
            targets: Vec::new(),
            holes: Vec::new(),
            xattrs: Vec::from([Arc::default()]),
            known_xattrs: BTreeMap::from([(Arc::default(), 0)]),
        };
        tree.push(Self::ROOT, b"", &Node::Directory, root);
        tree
    }

    /// How many there are, those included that have lost their names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing is in it but its root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// Adds something new.
    ///
    /// # Errors
    /// The name exists or is none, `directory` is no directory, or there are too many.
    pub fn add(
        &mut self,
        directory: NodeId,
        name: &[u8],
        node: Node,
        meta: Meta,
    ) -> Result<NodeId> {
        self.check_new(directory, name)?;
        if u32::try_from(self.records.len()).is_err() {
            return Err(super::Full::Inodes { inodes: u32::MAX }.into());
        }
        let id = self.push(directory, name, &node, meta);
        if let Some(parent) = self.directory_mut(directory) {
            parent.children.insert(name.into(), id);
        }
        if node == Node::Directory {
            self.change_links(directory, 1);
        }
        Ok(id)
    }

    /// Gives something that is no directory another name.
    ///
    /// # Errors
    /// The name exists or is none; it is a directory.
    pub fn link(&mut self, directory: NodeId, name: &[u8], node: NodeId) -> Result<()> {
        self.check_new(directory, name)?;
        if self.view(node).file_type == FileType::Directory {
            return Err(CallerError::LinkToDirectory.into());
        }
        if let Some(parent) = self.directory_mut(directory) {
            parent.children.insert(name.into(), node);
        }
        self.change_links(node, 1);
        Ok(())
    }

    /// Takes a name away, with all that is below it; whether it was there.
    pub fn remove(&mut self, directory: NodeId, name: &[u8]) -> bool {
        let removed = self.directory_mut(directory).and_then(|parent| parent.children.remove(name));
        let Some(removed) = removed else { return false };
        if self.view(removed).file_type == FileType::Directory {
            self.change_links(directory, -1);
        }
        let mut pending = Vec::from([removed]);
        while let Some(node) = pending.pop() {
            self.change_links(node, -1);
            if let Some(directory) = self.directory_mut(node) {
                pending.extend(std::mem::take(&mut directory.children).into_values());
            }
        }
        true
    }

    /// What a name in a directory names.
    #[must_use]
    pub fn lookup(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.directory(directory)?.children.get(name).copied()
    }

    /// What is in a directory, by name; nothing in what is none.
    pub fn children(&self, directory: NodeId) -> impl Iterator<Item = (&[u8], NodeId)> {
        self.children_from(directory, b"")
    }

    /// What is in a directory, from a name on.
    pub fn children_from<'a>(
        &'a self,
        directory: NodeId,
        name: &[u8],
    ) -> impl Iterator<Item = (&'a [u8], NodeId)> + use<'a> {
        let bounds = (Bound::Included(name), Bound::Unbounded);
        let children = self.directory(directory).map(|d| d.children.range::<[u8], _>(bounds));
        children.into_iter().flatten().map(|(name, node)| (&**name, *node))
    }

    /// How many names a directory holds.
    #[must_use]
    pub fn count_children(&self, directory: NodeId) -> usize {
        self.directory(directory).map_or(0, |directory| directory.children.len())
    }

    /// The directory that a directory is in; the root is in itself.
    #[must_use]
    pub fn parent(&self, directory: NodeId) -> NodeId {
        self.directory(directory).map_or(Self::ROOT, |directory| NodeId(directory.parent))
    }

    /// The path of a directory below the root, without a slash in front: empty for the root.
    #[must_use]
    pub fn path(&self, directory: NodeId) -> Vec<u8> {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = directory;
        while at != Self::ROOT {
            let Some(directory) = self.directory(at) else { break };
            names.push(&directory.name);
            at = NodeId(directory.parent);
        }
        names.reverse();
        names.join(&b'/')
    }

    /// Something, looked at.
    #[must_use]
    pub fn view(&self, node: NodeId) -> View<'_> {
        let Some(record) = self.records.get(node.index()) else { return View::nothing() };
        let mut view = record.view();
        view.xattrs = self.xattrs_of_set(record.xattrs());
        view.data = record.holes().and_then(|at| self.holes.get(at)).map(|data| &**data);
        if let Some(target) = record.target().and_then(|at| self.targets.get(at)) {
            (view.target, view.len_bytes) = (target, target.len() as u64);
        }
        if let Some(directory) = self.directory(node) {
            (view.implied, view.opaque) = (directory.implied, directory.opaque);
        }
        view
    }

    /// Replaces what something says of itself.
    pub fn set_meta(&mut self, node: NodeId, meta: Meta) {
        if let Some(record) = self.records.get_mut(node.index()) {
            record.set_meta(meta);
        }
        if let Some(directory) = self.directory_mut(node) {
            directory.implied = false;
        }
    }

    /// Lets `change` have a say in what everything says of itself.
    pub fn adjust(&mut self, mut change: impl FnMut(FileType, &mut Meta)) {
        for record in &mut self.records {
            let View { file_type, mut meta, .. } = record.view();
            change(file_type, &mut meta);
            record.set_meta(meta);
        }
    }

    /// Replaces the extended attributes of something, in the form of the disk; their order does not
    /// matter.
    pub fn set_xattrs(&mut self, node: NodeId, mut xattrs: Vec<Xattr>) {
        xattrs.sort();
        let next = u32::try_from(self.xattrs.len()).unwrap_or(0);
        let set = match self.known_xattrs.get(xattrs.as_slice()) {
            Some(set) => *set,
            None => {
                let xattrs = Arc::<[Xattr]>::from(xattrs);
                self.xattrs.push(Arc::clone(&xattrs));
                self.known_xattrs.insert(xattrs, next);
                next
            }
        };
        if let Some(record) = self.records.get_mut(node.index()) {
            record.set_xattrs(set);
        }
    }

    /// How many sets of attributes there are, the empty one included.
    pub(super) fn count_xattr_sets(&self) -> usize {
        self.xattrs.len()
    }

    /// The attributes of a set.
    pub(super) fn xattrs_of_set(&self, set: usize) -> &[Xattr] {
        self.xattrs.get(set).map_or(&[], |xattrs| xattrs)
    }

    /// The attributes of something, and the number of their set.
    pub(super) fn xattr_set(&self, node: NodeId) -> (usize, &[Xattr]) {
        let set = self.records.get(node.index()).map_or(0, Record::xattrs);
        (set, self.xattrs_of_set(set))
    }

    /// Says what a regular file holds.
    pub fn set_content(&mut self, node: NodeId, stock: Stock) {
        let whole = |data: &[Range<u64>]| matches!(data, [one] if *one == (0..stock.len_bytes));
        let data = stock.data.filter(|data| !whole(data));
        let holes = data.and_then(|data| {
            self.holes.push(data);
            u32::try_from(self.holes.len()).ok()
        });
        if let Some(record) = self.records.get_mut(node.index()) {
            record.set_content(stock.len_bytes, holes.unwrap_or(0), stock.origin);
        }
    }

    /// Says that a directory was made for what is in it, and that nobody named it.
    pub fn set_implied(&mut self, directory: NodeId) {
        if let Some(directory) = self.directory_mut(directory) {
            directory.implied = true;
        }
    }

    /// Says that nothing may stay of what a directory in this one's place held before.
    pub fn set_opaque(&mut self, directory: NodeId) {
        if let Some(directory) = self.directory_mut(directory) {
            directory.opaque = true;
        }
    }

    /// Says that a name is to go from where the tree is put.
    ///
    /// # Errors
    /// The name is none.
    pub fn add_whiteout(&mut self, directory: NodeId, name: &[u8]) -> Result<()> {
        check_name(name)?;
        if let Some(directory) = self.directory_mut(directory) {
            directory.whiteouts.insert(name.into());
        }
        Ok(())
    }

    /// The names that are to go from a directory.
    pub fn whiteouts(&self, directory: NodeId) -> impl Iterator<Item = &[u8]> {
        let whiteouts = self.directory(directory).map(|directory| directory.whiteouts.iter());
        whiteouts.into_iter().flatten().map(|name| &**name)
    }

    fn check_new(&self, directory: NodeId, name: &[u8]) -> Result<()> {
        check_name(name)?;
        match self.directory(directory) {
            None => Err(CallerError::NotADirectory.into()),
            Some(directory) if directory.children.contains_key(name) => {
                Err(CallerError::Exists.into())
            }
            Some(_) => Ok(()),
        }
    }

    fn push(&mut self, parent: NodeId, name: &[u8], node: &Node, meta: Meta) -> NodeId {
        let id = NodeId(u32::try_from(self.records.len()).unwrap_or(u32::MAX));
        let value = match node {
            Node::Directory => {
                let (parent, name) = (parent.0, name.into());
                self.directories.push(Directory { parent, name, ..Directory::default() });
                self.directories.len().saturating_sub(1) as u64
            }
            Node::Symlink(target) => {
                self.targets.push(target.as_slice().into());
                self.targets.len().saturating_sub(1) as u64
            }
            Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => {
                u64::from(*major) << 32 | u64::from(*minor)
            }
            Node::Regular | Node::Fifo | Node::Socket => 0,
        };
        self.records.push(Record::new(node.file_type(), value, meta));
        id
    }

    fn directory(&self, node: NodeId) -> Option<&Directory> {
        self.directories.get(self.records.get(node.index())?.directory()?)
    }

    fn directory_mut(&mut self, node: NodeId) -> Option<&mut Directory> {
        self.directories.get_mut(self.records.get(node.index())?.directory()?)
    }

    fn change_links(&mut self, node: NodeId, change: i32) {
        if let Some(record) = self.records.get_mut(node.index()) {
            record.change_links(change);
        }
    }
}

#[cfg(test)]
mod tests;
