//! The model: what a filesystem holds, without any thought of how.
//!
//! Inodes have the numbers that the library gave them; all else is predicted. Files are their blocks
//! as bytes, holes left out, with zeros past the end: so a model also knows what is a hole and what
//! only looks like one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mpimg::fs::{FileType, Node as New, Ownership, Time};

use crate::content::Data;

pub const ROOT: u32 = 2;

/// What an inode is, and holds.
#[derive(Debug, Clone)]
pub enum Kind {
    File {
        size_bytes: u64,
        blocks: BTreeMap<u64, Arc<[u8]>>,
    },
    Directory(BTreeMap<Vec<u8>, u32>),
    /// Anything else; an empty file stands for none.
    Other(New),
}

#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Kind,
    pub permissions: u16,
    pub uid: u32,
    pub gid: u32,
    pub links: u16,
    pub atime: Time,
    pub mtime: Time,
    pub ctime: Time,
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Node {
    pub fn file_type(&self) -> FileType {
        match &self.kind {
            Kind::File { .. } => FileType::Regular,
            Kind::Directory(_) => FileType::Directory,
            Kind::Other(new) => new.file_type(),
        }
    }

    pub fn entries(&self) -> Option<&BTreeMap<Vec<u8>, u32>> {
        if let Kind::Directory(entries) = &self.kind { Some(entries) } else { None }
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub nodes: BTreeMap<u32, Arc<Node>>,
    pub block_size: u64,
    /// Whether inodes have room for more than 32 bits of seconds.
    pub wide_times: bool,
    /// The time of all changes.
    pub now: Time,
}

impl Model {
    /// Begins to change at a time.
    pub fn at(mut self, now: Time) -> Self {
        self.now = self.stored(now);
        self
    }

    /// A time as an inode holds it.
    pub fn stored(&self, time: Time) -> Time {
        if self.wide_times { time } else { Time { nanoseconds: 0, ..time } }
    }

    pub fn node(&self, ino: u32) -> &Node {
        &self.nodes[&ino]
    }

    pub fn edit(&mut self, ino: u32) -> &mut Node {
        Arc::make_mut(self.nodes.get_mut(&ino).expect("an inode of the model"))
    }

    pub fn entries(&self, directory: u32) -> &BTreeMap<Vec<u8>, u32> {
        self.node(directory).entries().expect("a directory")
    }

    fn entries_mut(&mut self, directory: u32) -> &mut BTreeMap<Vec<u8>, u32> {
        let now = self.now;
        let node = self.edit(directory);
        (node.mtime, node.ctime) = (now, now);
        let Kind::Directory(entries) = &mut node.kind else { panic!("a directory") };
        entries
    }

    fn change_links(&mut self, ino: u32, change: i16) {
        let now = self.now;
        let node = self.edit(ino);
        node.links = node.links.checked_add_signed(change).expect("a count of links");
        node.ctime = now;
    }

    pub fn create(&mut self, parent: u32, name: &[u8], ino: u32, new: &New, own: Ownership) {
        let kind = match new {
            New::Regular => Kind::File { size_bytes: 0, blocks: BTreeMap::new() },
            New::Directory => Kind::Directory(BTreeMap::new()),
            other => Kind::Other(other.clone()),
        };
        let node = Node {
            permissions: own.permissions,
            uid: own.uid,
            gid: own.gid,
            links: if *new == New::Directory { 2 } else { 1 },
            atime: self.now,
            mtime: self.now,
            ctime: self.now,
            xattrs: BTreeMap::new(),
            kind,
        };
        assert!(self.nodes.insert(ino, Arc::new(node)).is_none(), "inode {ino} was in use");
        self.entries_mut(parent).insert(name.to_vec(), ino);
        if *new == New::Directory {
            self.change_links(parent, 1);
        }
    }

    pub fn link(&mut self, ino: u32, parent: u32, name: &[u8]) {
        self.entries_mut(parent).insert(name.to_vec(), ino);
        self.change_links(ino, 1);
    }

    pub fn unlink(&mut self, parent: u32, name: &[u8]) {
        let ino = self.entries_mut(parent).remove(name).expect("an entry");
        self.drop_link(ino);
    }

    fn drop_link(&mut self, ino: u32) {
        if self.node(ino).links > 1 {
            self.change_links(ino, -1);
        } else {
            self.nodes.remove(&ino);
        }
    }

    pub fn rmdir(&mut self, parent: u32, name: &[u8]) {
        let ino = self.entries_mut(parent).remove(name).expect("an entry");
        self.nodes.remove(&ino);
        self.change_links(parent, -1);
    }

    pub fn remove_tree(&mut self, parent: u32, name: &[u8]) {
        let ino = self.entries(parent)[name];
        if self.node(ino).entries().is_none() {
            return self.unlink(parent, name);
        }
        let mut pending = vec![ino];
        while let Some(directory) = pending.pop() {
            let children: Vec<u32> = self.entries(directory).values().copied().collect();
            for child in children {
                match self.node(child).entries() {
                    Some(_) => pending.push(child),
                    None => self.drop_link(child),
                }
            }
            self.nodes.remove(&directory);
        }
        self.entries_mut(parent).remove(name);
        self.change_links(parent, -1);
    }

    pub fn rename(&mut self, old: (u32, &[u8]), new: (u32, &[u8])) {
        let ino = self.entries(old.0)[old.1];
        let target = self.entries(new.0).get(new.1).copied();
        if target == Some(ino) {
            return;
        }
        let is_directory = self.node(ino).entries().is_some();
        match target {
            Some(_) if is_directory => self.rmdir(new.0, new.1),
            Some(_) => self.unlink(new.0, new.1),
            None => {}
        }
        self.entries_mut(old.0).remove(old.1);
        self.entries_mut(new.0).insert(new.1.to_vec(), ino);
        if is_directory && old.0 != new.0 {
            self.change_links(old.0, -1);
            self.change_links(new.0, 1);
        }
        self.edit(ino).ctime = self.now;
    }

    /// Whether `directory` is `ino`, or lies below it.
    pub fn is_below(&self, directory: u32, ino: u32) -> bool {
        directory == ino
            || self
                .node(ino)
                .entries()
                .into_iter()
                .flatten()
                .any(|(_, child)| self.is_below(directory, *child))
    }

    /// Changes the content of a file.
    fn file(&mut self, ino: u32, change: impl FnOnce(&mut u64, &mut BTreeMap<u64, Arc<[u8]>>)) {
        let now = self.now;
        let node = self.edit(ino);
        (node.mtime, node.ctime) = (now, now);
        let Kind::File { size_bytes, blocks } = &mut node.kind else { panic!("a file") };
        change(size_bytes, blocks);
    }

    pub fn replace(&mut self, ino: u32, data: &Data) {
        let block_size = self.block_size;
        self.file(ino, |size_bytes, blocks| {
            *size_bytes = data.len_bytes;
            blocks.clear();
            for range in &data.ranges {
                for block in range.start / block_size..range.end.div_ceil(block_size) {
                    let mut bytes = vec![0; block_size as usize];
                    data.fill(block * block_size, &mut bytes);
                    blocks.insert(block, bytes.into());
                }
            }
        });
    }

    pub fn write(&mut self, ino: u32, offset_bytes: u64, data: &Data) {
        let block_size = self.block_size;
        let end = offset_bytes + data.len_bytes;
        self.file(ino, |size_bytes, blocks| {
            if data.len_bytes == 0 {
                return;
            }
            *size_bytes = end.max(*size_bytes);
            for block in offset_bytes / block_size..end.div_ceil(block_size) {
                let start = block * block_size;
                let old = blocks.get(&block).map(|bytes| bytes.to_vec());
                let mut bytes = old.unwrap_or_else(|| vec![0; block_size as usize]);
                let (from, to) = (offset_bytes.max(start), end.min(start + block_size));
                let place = (from - start) as usize..(to - start) as usize;
                data.fill(from - offset_bytes, &mut bytes[place]);
                blocks.insert(block, bytes.into());
            }
        });
    }

    pub fn truncate(&mut self, ino: u32, new_size_bytes: u64) {
        let block_size = self.block_size;
        self.file(ino, |size_bytes, blocks| {
            *size_bytes = new_size_bytes;
            blocks.split_off(&new_size_bytes.div_ceil(block_size));
            let tail = (new_size_bytes % block_size) as usize;
            if let Some(last) = blocks.get_mut(&(new_size_bytes / block_size)) {
                let mut bytes = last.to_vec();
                bytes[tail..].fill(0);
                *last = bytes.into();
            }
        });
    }

    /// Every name but `lost+found`, whose loss e2fsck would mind: directory, name, inode.
    pub fn names(&self) -> Vec<(u32, &[u8], u32)> {
        let directories = self.nodes.iter().filter_map(|(ino, node)| Some((*ino, node.entries()?)));
        directories
            .flat_map(|(at, entries)| entries.iter().map(move |(name, ino)| (at, &name[..], *ino)))
            .filter(|(at, name, _)| (*at, *name) != (ROOT, b"lost+found"))
            .collect()
    }
}

/// How many indirect blocks it takes to map these blocks.
pub fn count_indirect(block_size: u64, blocks: impl Iterator<Item = u64>) -> u64 {
    let per = block_size / 4;
    let mut indirect = BTreeSet::new();
    for block in blocks {
        let Some(at) = block.checked_sub(12) else { continue };
        let (slot, depth, at) = if at < per {
            (12, 1, at)
        } else if at - per < per * per {
            (13, 2, at - per)
        } else {
            (14, 3, at - per - per * per)
        };
        for level in 1..=depth {
            indirect.insert((slot, level, at / per.pow(level)));
        }
    }
    indirect.len() as u64
}
