//! What is there already: kept, followed, replaced.

use mpimg::fs::{Inventory, LastSymlink, Node};

use crate::put::{begin, commit, graft, open, put, put_with};
use crate::readers;
use crate::source::{Making, meta};
use crate::support::image::Image;

fn image() -> Image {
    let image = Image::new(1024, 4 << 20, &["-N", "200"]);
    let mut tree = Making::new();
    tree.file("etc/motd", 2000, 1);
    tree.file("etc/passwd", 300, 2);
    let linked = tree.file("etc/both", 1500, 3);
    tree.link("etc/other", linked).unwrap();
    tree.directory("usr/lib", 0o700);
    tree.file("usr/lib/libc.so", 5000, 4);
    tree.symlink("lib", "usr/lib");
    tree.symlink("dangling", "nowhere");
    put(&image, tree.0);
    image
}

fn ino(image: &Image, path: &str) -> u32 {
    let fs = readers::open(image.path());
    fs.resolve(path.as_bytes(), LastSymlink::Keep).expect(path).ino().0
}

fn data(image: &Image, path: &str) -> Vec<u8> {
    readers::by_library(image.path())[path.as_bytes()].data.clone().expect("a file")
}

#[test]
fn a_file_that_is_replaced_keeps_its_number() {
    let image = image();
    let before = ino(&image, "/etc/motd");
    let mut tree = Making::new();
    tree.file("etc/motd", 4000, 11);
    let done = put(&image, tree.0);
    assert!(done.told.contains(&"replace etc/motd".to_string()), "{:?}", done.told);
    let summary = done.summary;
    assert_eq!((summary.files, summary.directories, summary.data_bytes), (1, 2, 4000));
    assert_eq!(ino(&image, "/etc/motd"), before);
    assert_eq!(data(&image, "/etc/motd"), crate::support::content::bytes(11, 4000));
}

#[test]
fn the_other_names_of_a_file_keep_what_they_lead_to() {
    let image = image();
    let before = ino(&image, "/etc/both");
    let mut tree = Making::new();
    tree.file("etc/both", 10, 12);
    put(&image, tree.0);
    assert_eq!(ino(&image, "/etc/other"), before);
    assert_ne!(ino(&image, "/etc/both"), before);
    assert_eq!(data(&image, "/etc/other"), crate::support::content::bytes(3, 1500));
    assert_eq!(data(&image, "/etc/both"), crate::support::content::bytes(12, 10));
}

#[test]
fn a_file_all_of_whose_names_are_in_the_tree_keeps_its_number() {
    let image = image();
    let before = ino(&image, "/etc/both");
    let mut tree = Making::new();
    let file = tree.file("etc/both", 10, 12);
    tree.link("etc/other", file).unwrap();
    tree.link("etc/third", file).unwrap();
    put(&image, tree.0);
    for path in ["/etc/both", "/etc/other", "/etc/third"] {
        assert_eq!(ino(&image, path), before, "{path}");
    }
}

#[test]
fn a_symlink_to_a_directory_stays_and_is_followed() {
    let image = image();
    let mut tree = Making::new();
    tree.directory("lib", 0o755);
    tree.file("lib/new.so", 100, 20);
    put(&image, tree.0);
    let seen = readers::by_library(image.path());
    assert_eq!(seen[&b"/lib"[..]].kind, 'l');
    assert!(
        seen.contains_key(&b"/usr/lib/new.so"[..]) && seen.contains_key(&b"/usr/lib/libc.so"[..])
    );
    assert_eq!(seen[&b"/usr/lib"[..]].mode, 0o755, "the attributes are those of the tree");
}

#[test]
fn what_would_have_two_meanings_is_refused() {
    let image = image();
    let mut tree = Making::new();
    tree.file("lib/new.so", 100, 20);
    tree.file("usr/lib/new.so", 100, 21);
    tree.file("usr/lib/fine.so", 100, 21);
    let opened = open(&image);
    let done = graft(&mut begin(&opened), mpimg::fs::Ino::ROOT, tree.0, false).unwrap();
    assert_eq!(done.failures, ["usr/lib/new.so: file exists"]);
}

#[test]
fn implied_directories_keep_what_they_say_of_themselves() {
    let image = image();
    let mut tree = Making::new();
    tree.file("usr/lib/x", 1, 1);
    tree.0.set_implied(Inventory::ROOT);
    put(&image, tree.0);
    assert_eq!(readers::by_library(image.path())[&b"/usr/lib"[..]].mode, 0o700);
}

#[test]
fn whiteouts_take_away_and_opaque_directories_begin_anew() {
    let image = image();
    let mut tree = Making::new();
    tree.0.add_whiteout(Inventory::ROOT, b"lib").unwrap();
    tree.0.add_whiteout(Inventory::ROOT, b"not there").unwrap();
    let etc = tree.directory("etc", 0o755);
    tree.0.set_opaque(etc);
    tree.file("etc/passwd", 7, 30);
    let done = put_with(&image, tree.0, true);
    assert_eq!(done.told[0], "remove lib");
    let seen = readers::by_library(image.path());
    let paths: Vec<_> = seen
        .keys()
        .filter(|path| !path.starts_with(b"/usr"))
        .map(|p| p.escape_ascii().to_string())
        .collect();
    assert_eq!(paths, ["/", "/dangling", "/etc", "/etc/passwd", "/lost+found"]);
}

#[test]
fn what_a_whiteout_took_away_cannot_be_merged_into() {
    let image = image();
    let mut tree = Making::new();
    // `lib` leads into what goes later.
    tree.file("lib/x", 7, 30);
    tree.0.add_whiteout(Inventory::ROOT, b"unknown").unwrap();
    let usr = tree.directory("usr", 0o755);
    tree.0.add_whiteout(usr, b"lib").unwrap();
    let opened = open(&image);
    let done = graft(&mut begin(&opened), mpimg::fs::Ino::ROOT, tree.0, true).unwrap();
    assert_eq!(done.failures, ["lib: no such file or directory"]);
}

#[test]
fn a_whiteout_does_not_take_away_what_the_tree_has_by_another_name_of_the_directory() {
    // `s` leads to `d`: what comes first, by name, is met first.
    let image = |symlink: &str| {
        let image = Image::new(1024, 4 << 20, &["-N", "200"]);
        let mut tree = Making::new();
        tree.file("d/f", 10, 1);
        tree.file("d/old", 10, 1);
        tree.directory("d/sub", 0o755);
        tree.symlink(symlink, "d");
        put(&image, tree.0);
        image
    };
    let tree = |symlink: &str, is_opaque: bool| {
        let mut tree = Making::new();
        tree.file("d/f", 20, 2);
        tree.file("d/sub/new", 20, 2);
        // Made implied, and so followed.
        tree.file(&format!("{symlink}/third"), 5, 3);
        let by_symlink = tree.0.lookup(Inventory::ROOT, symlink.as_bytes()).unwrap();
        match is_opaque {
            true => tree.0.set_opaque(by_symlink),
            false => ["f", "old", "sub"]
                .iter()
                .for_each(|name| tree.0.add_whiteout(by_symlink, name.as_bytes()).unwrap()),
        }
        tree.0
    };
    for is_opaque in [false, true] {
        let image = image("s");
        let opened = open(&image);
        let root = mpimg::fs::Ino::ROOT;
        let done = graft(&mut begin(&opened), root, tree("s", is_opaque), true).unwrap();
        let told = &done.failures;
        assert!(told.contains(&"s/f: file exists".to_string()), "{told:?}");
        assert!(told.contains(&"s/sub: file exists".to_string()), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
    }
    // Taken away before it is put there, as by one layer that has both.
    let image = image("a");
    put_with(&image, tree("a", false), true);
    let seen = readers::by_library(image.path());
    assert!(!seen.contains_key(&b"/d/old"[..]));
    assert_eq!(seen[&b"/d/f"[..]].size, Some(20));
    assert_eq!(seen[&b"/d/third"[..]].size, Some(5));
}

#[test]
fn every_type_over_every_other_is_replaced_or_refused() {
    let kinds = [
        Node::Regular,
        Node::Directory,
        Node::Symlink(b"nowhere".to_vec()),
        Node::CharDevice(1, 3),
        Node::BlockDevice(300, 5),
        Node::Fifo,
        Node::Socket,
    ];
    for old in &kinds {
        for new in &kinds {
            for replace in [false, true] {
                let image = Image::new(1024, 1 << 20, &["-N", "40"]);
                let mut tree = Making::new();
                tree.node("x", old.clone(), 0o644);
                if *old == Node::Directory {
                    tree.file("x/below", 3000, 1);
                }
                put(&image, tree.0);
                let mut tree = Making::new();
                tree.node("x", new.clone(), 0o600);
                let opened = open(&image);
                let mut tx = begin(&opened);
                let done = graft(&mut tx, mpimg::fs::Ino::ROOT, tree.0, replace).unwrap();
                let what = format!("{new:?} over {old:?}, {replace}");
                let refusal = match (new, old) {
                    (Node::Directory, Node::Directory) => None,
                    (Node::Directory, _) => {
                        Some("x: cannot overwrite non-directory with directory")
                    }
                    (_, Node::Directory) => {
                        Some("x: cannot overwrite directory with non-directory")
                    }
                    _ => None,
                };
                match refusal.filter(|_| !replace) {
                    Some(refusal) => assert_eq!(done.failures, [refusal], "{what}"),
                    None => {
                        assert!(done.failures.is_empty(), "{what}: {:?}", done.failures);
                        commit(&opened, tx);
                        drop(opened);
                        image.fsck();
                        let seen = readers::by_library(image.path());
                        let x = &seen[&b"/x"[..]];
                        assert_eq!(x.kind, new.file_type().letter(), "{what}");
                        assert_eq!(x.mode, 0o600, "{what}");
                        let below = (new, old) == (&Node::Directory, &Node::Directory);
                        assert_eq!(seen.contains_key(&b"/x/below"[..]), below, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn several_trees_go_into_one_transaction() {
    let image = image();
    let opened = open(&image);
    let mut tx = begin(&opened);
    for (number, len) in [(1, 3000), (2, 20), (3, 9000)] {
        let mut tree = Making::new();
        tree.file("new/x", len, number);
        tree.file(&format!("new/{number}"), 2000, number);
        let root = mpimg::fs::Ino::ROOT;
        assert!(graft(&mut tx, root, tree.0, false).unwrap().failures.is_empty());
    }
    let mut tree = Making::new();
    tree.0.set_meta(Inventory::ROOT, meta(0o755));
    tree.0.add_whiteout(Inventory::ROOT, b"gone").unwrap();
    let gone = tx.lookup(mpimg::fs::Ino::ROOT, b"new").unwrap().unwrap().ino();
    tx.unlink(gone, b"2").unwrap();
    commit(&opened, tx);
    drop(opened);
    image.fsck();
    let seen = readers::by_library(image.path());
    assert_eq!(seen[&b"/new/x"[..]].data, Some(crate::support::content::bytes(3, 9000)));
    assert_eq!(seen[&b"/new/1"[..]].data, Some(crate::support::content::bytes(1, 2000)));
    assert!(!seen.contains_key(&b"/new/2"[..]));
}

#[test]
fn a_merged_directory_keeps_the_attributes_that_the_tree_does_not_mention() {
    let names = |image: &Image, path: &str| -> Vec<(String, usize)> {
        let seen = readers::by_library(image.path());
        let xattrs = seen[path.as_bytes()].xattrs.clone().expect("they are read");
        xattrs.iter().map(|(name, value)| (name.escape_ascii().to_string(), value.len())).collect()
    };
    let owned = |pairs: &[(&str, usize)]| -> Vec<(String, usize)> {
        pairs.iter().map(|(name, len)| ((*name).to_string(), *len)).collect()
    };
    // In the inode, and in a block.
    for (old, new) in [(5, 7), (300, 200)] {
        let image = Image::new(1024, 4 << 20, &["-N", "200"]);
        let mut tree = Making::new();
        for path in ["silent", "merged", "opaque"] {
            let directory = tree.directory(path, 0o755);
            tree.xattrs(directory, &[("user.both", old), ("user.old", old + 1)]);
        }
        let file = tree.file("file", 10, 1);
        tree.xattrs(file, &[("user.old", old)]);
        put(&image, tree.0);

        let mut tree = Making::new();
        tree.directory("silent", 0o700);
        let merged = tree.directory("merged", 0o700);
        tree.xattrs(merged, &[("user.both", new), ("user.new", new + 1)]);
        let opaque = tree.directory("opaque", 0o700);
        tree.xattr(opaque, "user.new", new);
        tree.0.set_opaque(opaque);
        tree.file("file", 10, 2);
        tree.xattr(Inventory::ROOT, "user.root", new);
        put_with(&image, tree.0, true);

        let silent = owned(&[("user.both", old), ("user.old", old + 1)]);
        assert_eq!(names(&image, "/silent"), silent);
        let merged = owned(&[("user.both", new), ("user.new", new + 1), ("user.old", old + 1)]);
        assert_eq!(names(&image, "/merged"), merged);
        assert_eq!(names(&image, "/opaque"), owned(&[("user.new", new)]));
        assert_eq!(names(&image, "/file"), owned(&[]));
        assert_eq!(names(&image, "/"), owned(&[("user.root", new)]));
    }
}

#[test]
fn attributes_for_which_a_merged_directory_has_no_room_are_told() {
    let image = Image::new(1024, 4 << 20, &["-N", "200"]);
    let noted = |name: &str| {
        let mut tree = Making::new();
        let directory = tree.directory("noted", 0o755);
        tree.xattr(directory, name, 600);
        tree.xattr(Inventory::ROOT, name, 600);
        tree.0
    };
    put(&image, noted("user.one"));
    let opened = open(&image);
    let done = graft(&mut begin(&opened), mpimg::fs::Ino::ROOT, noted("user.two"), false).unwrap();
    let paths: Vec<_> = done.failures.iter().map(|f| f.split(':').next().unwrap()).collect();
    assert_eq!(paths, ["", "noted"], "{:?}", done.failures);
}
