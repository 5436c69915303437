//! Stored extended attributes are what e2fsck accepts, and what debugfs, the kernel and mpimg's own
//! reader read: in the inode, in a block, and in both.

#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::fs::File;
use std::sync::Arc;

use mpimg::device::FileDevice;
use mpimg::fs::{Filesystem, Ino, InodeEdit, OpenOptions, Xattr, acl_to_disk, plan_xattrs};
use support::image::{self, Image};
use support::loopmount::LoopMount;
use support::prng::SplitMix64;
use support::{skipped, xattr};

/// The first inode that is not reserved, and not `lost+found`.
const INO: Ino = Ino(12);
const SHAPES: [(u32, &str); 4] = [(1024, "128"), (1024, "256"), (4096, "128"), (4096, "256")];

fn named(name: &str, value: &[u8]) -> Xattr {
    Xattr { name: name.as_bytes().to_vec(), value: value.to_vec() }
}

/// Attributes that fit into no inode of 256 bytes, but into a block of 1 KiB, in order of name.
fn many() -> Vec<Xattr> {
    let long = format!("user.{}", "n".repeat(250));
    vec![
        named("security.capability", &xattr::capability()),
        named("security.selinux", &xattr::selinux()),
        named("trusted.overlay.opaque", b"y"),
        named("user.b", b"two"),
        named("user.e", b""),
        named("user.five", b"12345"),
        named(&long, b"1234567"),
        named("user.odd", &[0xff; 131]),
        named("user.z", b"\0\0\0\0"),
    ]
}

fn filesystem(image: &Image) -> Filesystem {
    let device = FileDevice::new(File::open(image.path()).unwrap()).unwrap();
    Filesystem::open(Arc::new(device), OpenOptions::default()).unwrap()
}

/// An image with a file `/f`, inode 12, whose attributes were replaced by these.
fn stored(block_size: u32, inode_size: &str, xattrs: &[Xattr]) -> Image {
    let image = Image::new(block_size, 256 * u64::from(block_size), &["-I", inode_size]);
    image.write_bytes("/f", b"data");
    let block_size = u64::from(block_size);
    let edit = |fs: &Filesystem| InodeEdit::open(INO, &fs.inode_bytes(INO).unwrap()).unwrap();
    let space_bytes = edit(&filesystem(&image)).xattr_space().len();
    let plan = plan_xattrs(xattrs, space_bytes, block_size as usize).unwrap();
    if let Some(block) = &plan.block {
        // debugfs finds a block for us.
        image.edit(&[format!("ea_set /f user.seed {}", "s".repeat(400))]);
        let at = filesystem(&image).inode(INO).unwrap().xattr_block().expect("a block");
        image.patch(at.0 * block_size, block);
    }
    let fs = filesystem(&image);
    let mut edit = edit(&fs);
    edit.set_xattr_space(&plan.in_inode).unwrap();
    let table = fs.group(0).unwrap().inode_table().0 * block_size;
    image.patch(
        table + u64::from(INO.0 - 1) * fs.superblock().inode_size_bytes() as u64,
        &edit.bytes(),
    );
    image
}

/// Fails unless e2fsck, debugfs and mpimg agree that `/f` has these.
fn assert_holds(image: &Image, xattrs: &[Xattr]) {
    image.fsck();
    let fs = filesystem(image);
    let mut expected = xattrs.to_vec();
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(fs.xattrs(&fs.inode(INO).unwrap()).unwrap(), expected);
    let list = image.debugfs("ea_list /f");
    assert_eq!(list.lines().filter(|line| line.starts_with("  ")).count(), xattrs.len(), "{list}");
    let value = image.dir().join("value");
    for xattr in xattrs {
        let name = str::from_utf8(&xattr.name).unwrap();
        image.debugfs(&format!("ea_get -f {} /f {name}", value.display()));
        assert_eq!(std::fs::read(&value).unwrap(), xattr.value, "{name}");
    }
}

#[test]
fn attributes_in_a_block_and_in_both_places_are_read_by_all() {
    for (block_size, inode_size) in SHAPES {
        let image = stored(block_size, inode_size, &many());
        assert_holds(&image, &many());
        let in_inode = InodeEdit::open(INO, &filesystem(&image).inode_bytes(INO).unwrap()).unwrap();
        assert_eq!(in_inode.xattr_space().iter().any(|b| *b != 0), inode_size == "256");
    }
}

#[test]
fn attributes_in_the_inode_alone_are_read_by_all() {
    for xattrs in
        [vec![], vec![many()[0].clone()], vec![named("user.e", b""), named("user.x", b"odd")]]
    {
        let image = stored(1024, "256", &xattrs);
        assert_eq!(filesystem(&image).inode(INO).unwrap().xattr_block(), None);
        assert_holds(&image, &xattrs);
    }
}

#[test]
fn random_attributes_are_read_by_all() {
    let mut random = SplitMix64::new(0x0a77_2183);
    for round in 0..16 {
        let (block_size, inode_size) = SHAPES[round % SHAPES.len()];
        let count = 1 + random.within(0..=7);
        let xattrs: Vec<Xattr> = (0..count)
            .map(|n| {
                let prefix = ["user.", "trusted.", "security."][random.within(0..=2) as usize];
                let name = format!("{prefix}{n}{}", "x".repeat(random.within(0..=23) as usize));
                let len = random.within(0..=69);
                named(&name, &(0..len).map(|_| random.within(0..=255) as u8).collect::<Vec<_>>())
            })
            .collect();
        let image = stored(block_size, inode_size, &xattrs);
        assert_holds(&image, &xattrs);
    }
}

#[test]
fn e2fsck_minds_the_hashes() {
    // Else its silence would say nothing about them.
    let image = stored(1024, "128", &many());
    let block = filesystem(&image).inode(INO).unwrap().xattr_block().unwrap().0 * 1024;
    let e_hash = image.bytes()[block as usize + 32 + 12];
    image.patch(block + 32 + 12, &[e_hash ^ 1]);
    image::fsck(image.path()).unwrap_err();
}

#[test]
fn the_kernel_reads_replaces_and_removes_them() {
    if let Err(reason) = LoopMount::available() {
        return skipped("the_kernel_reads_replaces_and_removes_them", &reason);
    }
    for (block_size, inode_size) in SHAPES {
        let image = stored(block_size, inode_size, &many());
        let mount = LoopMount::read_write(image.path());
        let file = mount.path().join("f");
        for xattr in many() {
            // The kernel finds an attribute in a block only where the order is its own.
            let mut value = vec![0; 4096];
            let name = xattr.name.as_slice();
            let len = rustix::fs::getxattr(&file, name, &mut value[..]).unwrap();
            assert_eq!(value[..len], xattr.value, "{}", name.escape_ascii());
        }
        let flags = rustix::fs::XattrFlags::REPLACE;
        rustix::fs::setxattr(&file, "user.five", b"replaced", flags).unwrap();
        rustix::fs::removexattr(&file, "user.odd").unwrap();
        mount.unmount();
        let mut expected = many();
        expected.retain(|xattr| xattr.name != b"user.odd");
        expected.iter_mut().find(|x| x.name == b"user.five").unwrap().value = b"replaced".to_vec();
        assert_holds(&image, &expected);
    }
}

#[test]
fn an_acl_is_stored_as_debugfs_stores_it_and_is_what_the_kernel_shows() {
    let acl = xattr::acl(1000);
    let on_disk = named("system.posix_acl_access", &acl_to_disk(&acl).expect("an ACL"));
    let by_debugfs = Image::new(1024, 1 << 18, &[]);
    by_debugfs.write_bytes("/f", b"data");
    let source = by_debugfs.dir().join("acl");
    std::fs::write(&source, &acl).unwrap();
    by_debugfs.edit(&[format!("ea_set -f {} /f system.posix_acl_access", source.display())]);
    let fs = filesystem(&by_debugfs);
    assert_eq!(fs.xattrs(&fs.inode(INO).unwrap()).unwrap(), std::slice::from_ref(&on_disk));

    for inode_size in ["128", "256"] {
        let image = stored(1024, inode_size, std::slice::from_ref(&on_disk));
        image.fsck();
        if let Err(reason) = LoopMount::available() {
            let name = "an_acl_is_stored_as_debugfs_stores_it_and_is_what_the_kernel_shows";
            return skipped(name, &reason);
        }
        let mount = LoopMount::read_only(image.path());
        let mut value = vec![0; 4096];
        let file = mount.path().join("f");
        let len = rustix::fs::getxattr(file, "system.posix_acl_access", &mut value[..]).unwrap();
        assert_eq!(value[..len], acl);
    }
}
