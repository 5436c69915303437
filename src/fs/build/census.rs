//! The census: every file of a tree gets its inode, in the order in which everything will lie.
//!
//! Directories come each before those below it, by name. What is in a directory follows one another in
//! inodes and, but for what directories hold themselves, in data: whoever goes through the image by
//! name goes forward on the disk.
//!
//! ```text
//! /           bin  2nd       inode 12 bin, 13 etc, 14 motd
//! /bin        sh             inode 15
//! /etc        fstab          inode 16             data: motd, sh, fstab
//! ```

use twox_hash::XxHash3_128;

use crate::fs::inode::{FileType, Ino};
use crate::fs::inode_edit::FAST_SYMLINK_LIMIT_BYTES;
use crate::fs::inventory::{Inventory, NodeId, View};

/// The first inode that a file gets, after the root's and that of `lost+found`.
const FIRST_FILE: u32 = 12;
const FIRST_FILE_INDEX: usize = 12;
/// The name of the directory for what a check finds.
pub const LOST_FOUND: &[u8] = b"lost+found";
pub const LOST_FOUND_INO: Ino = Ino(11);

/// Who is who, and in which order.
#[derive(Debug)]
pub struct Census {
    /// Directories: the root, `lost+found`, and the others.
    pub directories: Vec<NodeId>,
    /// What has data of its own, but for directories.
    pub objects: Vec<NodeId>,
    /// All but the root and `lost+found`, by inode.
    files: Vec<NodeId>,
    /// Inodes by node; 0 where there is none.
    inos: Vec<u32>,
    /// By node, which of the directories or objects it is.
    numbers: Vec<u32>,
    /// What names and attributes come to.
    pub digest: [u8; 16],
}

impl Census {
    /// Counts a tree. `lost+found` is a directory in it.
    pub fn take(tree: &Inventory) -> Self {
        let mut census = Self {
            directories: Vec::new(),
            objects: Vec::new(),
            files: Vec::new(),
            inos: vec![0; tree.len()],
            numbers: vec![0; tree.len()],
            digest: [0; 16],
        };
        let lost_found = tree.lookup(Inventory::ROOT, LOST_FOUND);
        census.give(Inventory::ROOT, Ino::ROOT);
        let mut digest = Digest::default();
        digest.add_node(tree, Inventory::ROOT);
        if let Some(lost_found) = lost_found {
            census.give(lost_found, LOST_FOUND_INO);
        }
        let mut pending = Vec::from([Inventory::ROOT]);
        while let Some(directory) = pending.pop() {
            census.number(directory, census.directories.len());
            census.directories.push(directory);
            digest.add_bytes(b"/");
            let below = pending.len();
            for (name, node) in tree.children(directory) {
                if census.ino(node) == Ino(0) {
                    let ino = census.files.len().saturating_add(FIRST_FILE_INDEX);
                    census.give(node, Ino(u32::try_from(ino).unwrap_or(u32::MAX)));
                    census.files.push(node);
                    if has_data(&tree.view(node)) {
                        census.number(node, census.objects.len());
                        census.objects.push(node);
                    }
                }
                digest.add_bytes(name);
                digest.add_number(u64::from(census.ino(node).0));
                digest.add_node(tree, node);
                let view = tree.view(node);
                if view.file_type == FileType::Directory && Some(node) != lost_found {
                    pending.push(node);
                }
            }
            // The first by name is to be the next, after lost+found.
            if let Some(added) = pending.get_mut(below..) {
                added.reverse();
            }
            pending.extend(lost_found.filter(|_| directory == Inventory::ROOT));
        }
        census.digest = digest.finish();
        census
    }

    /// The inode of something.
    pub fn ino(&self, node: NodeId) -> Ino {
        Ino(self.inos.get(node.index()).copied().unwrap_or(0))
    }

    /// Which of the directories or objects something is.
    pub fn number_of(&self, node: NodeId) -> usize {
        let number = self.numbers.get(node.index()).copied();
        number.and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX)
    }

    /// What an inode is, from the first that a file gets.
    pub fn node(&self, ino: Ino) -> Option<NodeId> {
        let at = usize::try_from(ino.0.checked_sub(FIRST_FILE)?).ok()?;
        self.files.get(at).copied()
    }

    /// All that has an inode, in the order of those.
    pub fn all(&self) -> impl Iterator<Item = (Ino, NodeId)> {
        let named = self.directories.iter().take(2).map(|node| (self.ino(*node), *node));
        named.chain((FIRST_FILE..).map(Ino).zip(self.files.iter().copied()))
    }

    /// Inodes in use, the reserved ones included.
    pub fn count_inodes(&self) -> u64 {
        (self.files.len() as u64).saturating_add(u64::from(LOST_FOUND_INO.0))
    }

    fn number(&mut self, node: NodeId, number: usize) {
        if let Some(place) = self.numbers.get_mut(node.index()) {
            *place = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }

    fn give(&mut self, node: NodeId, ino: Ino) {
        if let Some(place) = self.inos.get_mut(node.index()) {
            *place = ino.0;
        }
    }
}

/// Whether something that is no directory takes blocks, besides those of its attributes.
pub fn has_data(view: &View<'_>) -> bool {
    match view.file_type {
        FileType::Regular => view.data.map_or(view.len_bytes > 0, |data| !data.is_empty()),
        FileType::Symlink => view.target.len() >= FAST_SYMLINK_LIMIT_BYTES,
        _ => false,
    }
}

/// What a tree comes to, but for the content of its files.
#[derive(Default)]
struct Digest {
    hasher: XxHash3_128,
    pending: Vec<u8>,
}

impl Digest {
    /// Bytes that wait before they are hashed: many small pieces cost more than one.
    const PENDING_BYTES: usize = 1 << 16;

    fn add_number(&mut self, number: u64) {
        self.pending.extend(number.to_le_bytes());
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.add_number(bytes.len() as u64);
        self.pending.extend(bytes);
        if self.pending.len() > Self::PENDING_BYTES {
            self.hasher.write(&self.pending);
            self.pending.clear();
        }
    }

    fn add_node(&mut self, tree: &Inventory, node: NodeId) {
        let view = tree.view(node);
        let meta = view.meta;
        self.add_number(u64::from(view.file_type.mode_bits() | meta.permissions));
        self.add_number(u64::from(meta.uid) << 32 | u64::from(meta.gid));
        self.add_number(meta.mtime.seconds.cast_unsigned());
        self.add_number(u64::from(meta.mtime.nanoseconds));
        self.add_number(u64::from(view.device.0) << 32 | u64::from(view.device.1));
        self.add_number(view.len_bytes);
        self.add_bytes(view.target);
        self.add_number(view.xattrs.len() as u64);
        for xattr in view.xattrs {
            self.add_bytes(&xattr.name);
            self.add_bytes(&xattr.value);
        }
    }

    fn finish(mut self) -> [u8; 16] {
        self.hasher.write(&self.pending);
        self.hasher.finish_128().to_be_bytes()
    }
}
