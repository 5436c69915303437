//! What an image holds: every name with its inode, attributes and content, and every byte in use.
//!
//! `e2fsck` and readers look at nothing but blocks in use: an image that has the old one's bytes in
//! all of those is as sound as the old one was.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use mpimg::device::BlockDevice;
use mpimg::fs::{FileType, Filesystem, Ino, Inode, OpenOptions};
use mpimg::mpage::ReadOptions;

use super::commands::Fixture;
use crate::support::disk::Memory;
use crate::support::{image, nodes};

/// A tree: what there is to tell of each path, on a line.
pub type Listing = BTreeMap<Vec<u8>, String>;

/// An image as it has to be.
pub struct View {
    pub listing: Listing,
    image: Vec<u8>,
    /// Whether each block of the filesystem is in use.
    used: Vec<bool>,
    block_size: usize,
}

impl View {
    /// What the fixture's filesystem in `image` is.
    pub fn new(fixture: &Fixture, image: &[u8]) -> Self {
        let listing = listing(fixture, Arc::new(Memory(image.to_vec())));
        let fs = open(fixture, Arc::new(Memory(image.to_vec())));
        let superblock = fs.superblock();
        let block_size = superblock.block_size_bytes() as usize;
        let first = superblock.first_data_block() as usize;
        let per_group = superblock.raw().s_blocks_per_group.get() as usize;
        let part = fixture.part(image);
        let mut used = vec![true; part.len() / block_size];
        for group in 0..superblock.groups_count() {
            let bitmap = fs.group(group).expect("a group").raw().bg_block_bitmap.get() as usize;
            let bitmap = &part[bitmap * block_size..][..block_size];
            for index in 0..per_group {
                if let Some(used) = used.get_mut(first + group as usize * per_group + index) {
                    *used = bitmap[index / 8] >> (index % 8) & 1 == 1;
                }
            }
        }
        Self { listing, image: image.to_vec(), used, block_size }
    }

    /// Whether all that is in use here, and all around the filesystem, is the same there.
    pub fn is_in(&self, fixture: &Fixture, image: &[u8]) -> bool {
        let blocks = fixture.part(image).chunks(self.block_size);
        let mine = fixture.part(&self.image).chunks(self.block_size);
        let around = |image: &[u8]| {
            let end = fixture.start + fixture.len;
            crc32fast::hash(&image[..fixture.start]) ^ crc32fast::hash(&image[end..])
        };
        image.len() == self.image.len()
            && around(image) == around(&self.image)
            && blocks.zip(mine).zip(&self.used).all(|((there, here), used)| !used || there == here)
    }
}

/// What `e2fsck -fn` has to say of the fixture's filesystem in `image`.
pub fn fsck(fixture: &Fixture, image: &[u8]) -> Result<(), String> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(fixture.part(image)).expect("a file");
    image::fsck(file.path())
}

fn open(fixture: &Fixture, image: Arc<dyn BlockDevice>) -> Filesystem {
    Filesystem::open(fixture.device(image), OpenOptions::default()).expect("a filesystem")
}

/// The tree of the fixture's filesystem in `image`.
pub fn listing(fixture: &Fixture, image: Arc<dyn BlockDevice>) -> Listing {
    let fs = open(fixture, image);
    let mut listing = Listing::new();
    let mut pending = vec![(b"/".to_vec(), Ino::ROOT)];
    while let Some((path, ino)) = pending.pop() {
        let inode = fs.inode(ino).expect("an inode");
        let mut line = format!("{:?} {:?}", inode.ino(), inode.file_type());
        line += &format!(" {:o} {} {}", inode.permissions(), inode.uid(), inode.gid());
        line += &format!(" {} {} {}", inode.links(), inode.size_bytes(), inode.sectors());
        line += &format!(" {:?} {:?} {:?}", inode.atime(), inode.mtime(), inode.ctime());
        line += &format!(" {:?} {:?}", inode.device_number(), fs.xattrs(&inode).expect("xattrs"));
        match inode.file_type() {
            FileType::Directory => {
                let ended = fs.visit_dir(&inode, |entry| {
                    if !matches!(entry.name, b"." | b"..") {
                        pending.push((nodes::join(&path, entry.name), entry.ino));
                    }
                    Ok(None::<()>)
                });
                ended.expect("a sound directory");
            }
            FileType::Symlink => line += &format!(" {:?}", fs.read_link(&inode).expect("a target")),
            FileType::Regular => line += &format!(" {:08x}", content_crc(&fs, &inode)),
            _ => {}
        }
        listing.insert(path, line);
    }
    listing
}

fn content_crc(fs: &Filesystem, inode: &Inode) -> u32 {
    let options = ReadOptions::for_pages_of(fs.geometry());
    let mut file = fs.open_file(inode, 0..u64::MAX, options).expect("a file");
    let mut crc = crc32fast::Hasher::new();
    while let Some(faults) = file.next_window() {
        assert!(faults.is_empty(), "inode {}: {faults:?}", inode.ino());
        file.pieces().for_each(|piece| crc.update(piece));
    }
    crc.finalize()
}
