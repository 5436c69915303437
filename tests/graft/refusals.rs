//! What cannot be put leaves the image as it was, and all of it is told.

use mpimg::fs::{FsError, Full, Ino, Inventory, Meta, Node, Time};

use crate::put::{begin, graft, open};
use crate::source::{Making, meta};
use crate::support::image::Image;

fn refused(image: &Image, tree: Inventory) -> FsError {
    let before = image.bytes();
    let opened = open(image);
    let error = graft(&mut begin(&opened), Ino::ROOT, tree, false).expect_err("no room");
    drop(opened);
    assert!(before == image.bytes(), "the image has changed");
    error
}

#[test]
fn without_room_nothing_is_written() {
    // Enough that blocks of directories would have to be written early.
    let image = Image::new(1024, 40 << 20, &["-N", "60000", "-m", "0"]);
    let free =
        u64::from(crate::readers::open(image.path()).superblock().raw().s_free_blocks_count.get());
    let mut tree = Making::new();
    for number in 0..50_000 {
        tree.symlink(&format!("{}/{number:0200}", number % 50), "x");
    }
    let by_names = 50_000 * 208 / 1024;
    tree.file("z", (free - by_names - 100) * 1024, 1);
    let error = refused(&image, tree.0);
    assert!(matches!(error, FsError::Full(Full::Blocks { .. })), "{error}");
}

#[test]
fn a_few_blocks_too_many_are_refused_and_exactly_as_many_are_not() {
    let image = Image::new(1024, 1 << 20, &["-N", "60", "-m", "0"]);
    let free =
        u64::from(crate::readers::open(image.path()).superblock().raw().s_free_blocks_count.get());
    // 12 direct, then indirect blocks for each 256, and a double one.
    let data = |total: u64| {
        (0..total).rev().find(|n| {
            let below = n.saturating_sub(12);
            let double = below.saturating_sub(256);
            n + u64::from(below > 0) + u64::from(double > 0) + double.div_ceil(256) <= total
        })
    };
    let data = data(free).unwrap();
    let mut tree = Making::new();
    tree.file("z", (data + 1) * 1024, 1);
    assert!(matches!(refused(&image, tree.0), FsError::Full(Full::Blocks { .. })));
    let mut tree = Making::new();
    tree.file("z", data * 1024, 1);
    crate::put::put(&image, tree.0);
}

#[test]
fn without_inodes_nothing_is_written() {
    let image = Image::new(1024, 4 << 20, &["-N", "64"]);
    let free = crate::readers::open(image.path()).superblock().raw().s_free_inodes_count.get();
    let tree = |count: u32| {
        let mut tree = Making::new();
        let file = tree.file("d/a", 1, 1);
        // Names are no inodes.
        (0..50).for_each(|n| tree.link(&format!("d/again {n}"), file).unwrap());
        (0..count - 2).for_each(|n| {
            tree.file(&format!("d/{n}"), 1, 1);
        });
        tree.0
    };
    // Those of the tree, and `d`.
    let error = refused(&image, tree(free + 1));
    assert_eq!(error.to_string(), format!("no inodes: {} are needed, {free} are free", free + 1),);
    assert_eq!(error.code(), "no_inodes");
    crate::put::put(&image, tree(free));
}

#[test]
fn all_that_is_wrong_is_told() {
    let image = Image::new(1024, 4 << 20, &["-N", "64", "-I", "128"]);
    image.edit(&["mkdir /a", "mkdir /a/b", "symlink /s nowhere"]);
    let mut tree = Making::new();
    tree.file("a", 10, 1);
    tree.directory("s", 0o755);
    tree.node("long", Node::Symlink(vec![b'x'; 1024]), 0o777);
    tree.node("null", Node::CharDevice(5000, 0), 0o644);
    let large = tree.file("large", 1 << 50, 1);
    let early = Meta { mtime: Time { seconds: 1 << 33, nanoseconds: 0 }, ..meta(0o644) };
    let future = tree.file("future", 1, 1);
    tree.0.set_meta(future, early);
    let noted = tree.file("noted", 1, 1);
    tree.xattr(noted, "user.note", 2000);
    let _ = large;
    let before = image.bytes();
    let opened = open(&image);
    let done = graft(&mut begin(&opened), Ino::ROOT, tree.0, false).unwrap();
    drop(opened);
    let mut names: Vec<_> =
        done.failures.iter().map(|told| told.split(':').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["a", "future", "large", "long", "noted", "null", "s"],
        "{:?}",
        done.failures
    );
    assert!(before == image.bytes());
}

#[test]
fn what_must_not_change_does_not() {
    let image = Image::new(1024, 1 << 20, &["-N", "64"]);
    image.write_bytes("/kept", b"x");
    image.edit(&[
        "set_inode_field /kept flags 0x10",
        "mkdir /log",
        "set_inode_field /log flags 0x20",
    ]);
    let mut tree = Making::new();
    tree.file("kept", 10, 1);
    tree.directory("log", 0o700);
    let opened = open(&image);
    let done = graft(&mut begin(&opened), Ino::ROOT, tree.0, false).unwrap();
    assert_eq!(done.failures.len(), 2, "{:?}", done.failures);
    // Only names are added.
    let mut tree = Making::new();
    tree.file("log/new", 10, 1);
    let done = graft(&mut begin(&opened), Ino::ROOT, tree.0, false).unwrap();
    assert!(done.failures.is_empty(), "{:?}", done.failures);
}
