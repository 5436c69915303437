//! Trees in memory: what files hold is a pattern, by the number that is their origin.

use std::io;

use mpimg::fs::{
    ContentReader, Contents, Inventory, Meta, Node, NodeId, Place, Result, Stock, Time, Xattr,
};

use crate::support::content;

/// Content that a file's origin decides; holes are zeros.
pub struct Patterns;

impl Contents for Patterns {
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Reader(inventory))
    }
}

struct Reader<'a>(&'a Inventory);

impl ContentReader for Reader<'_> {
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        assert_eq!(self.0.lookup(place.directory, place.name), Some(place.node), "a wrong place");
        let view = self.0.view(place.node);
        let end = offset_bytes + buf.len() as u64;
        assert!(end <= view.len_bytes, "read past the end");
        buf.copy_from_slice(&data_of(self.0, place.node)[offset_bytes as usize..end as usize]);
        Ok(())
    }
}

/// All that a file holds.
pub fn data_of(tree: &Inventory, node: NodeId) -> Vec<u8> {
    let view = tree.view(node);
    let mut bytes = vec![0; view.len_bytes as usize];
    let whole = 0..view.len_bytes;
    for range in view.data.unwrap_or(std::slice::from_ref(&whole)) {
        let part = &mut bytes[range.start as usize..range.end as usize];
        content::fill(view.origin, range.start, part);
    }
    bytes
}

pub const SECOND: i64 = 1_600_000_000;

pub fn meta(permissions: u16) -> Meta {
    Meta { permissions, uid: 0, gid: 0, mtime: Time { seconds: SECOND, nanoseconds: 5 } }
}

/// A tree that is made by paths.
pub struct Making(pub Inventory);

impl Making {
    pub fn new() -> Self {
        Self(Inventory::new(meta(0o755)))
    }

    pub fn parent(&mut self, path: &str) -> (NodeId, Vec<u8>) {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = Inventory::ROOT;
        for name in directory.split('/').filter(|name| !name.is_empty()) {
            at = match self.0.lookup(at, name.as_bytes()) {
                Some(node) => node,
                None => {
                    let node =
                        self.0.add(at, name.as_bytes(), Node::Directory, meta(0o755)).unwrap();
                    self.0.set_implied(node);
                    node
                }
            };
        }
        (at, name.as_bytes().to_vec())
    }

    pub fn node(&mut self, path: &str, node: Node, permissions: u16) -> NodeId {
        let (parent, name) = self.parent(path);
        self.0.add(parent, &name, node, meta(permissions)).unwrap()
    }

    pub fn directory(&mut self, path: &str, permissions: u16) -> NodeId {
        self.node(path, Node::Directory, permissions)
    }

    pub fn file(&mut self, path: &str, len_bytes: u64, origin: u64) -> NodeId {
        let node = self.node(path, Node::Regular, 0o644);
        self.0.set_content(node, Stock { len_bytes, data: None, origin });
        node
    }

    pub fn symlink(&mut self, path: &str, target: &str) -> NodeId {
        self.node(path, Node::Symlink(target.as_bytes().to_vec()), 0o777)
    }

    pub fn link(&mut self, path: &str, node: NodeId) -> Result<()> {
        let (parent, name) = self.parent(path);
        self.0.link(parent, &name, node)
    }

    pub fn xattr(&mut self, node: NodeId, name: &str, len: usize) {
        self.xattrs(node, &[(name, len)]);
    }

    pub fn xattrs(&mut self, node: NodeId, all: &[(&str, usize)]) {
        let made = all.iter().map(|(name, len)| Xattr {
            name: name.as_bytes().to_vec(),
            value: content::bytes(*len as u64, *len),
        });
        self.0.set_xattrs(node, made.collect());
    }
}
