//! The same tree gives the same image, whoever makes it, where, when and on what.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::making;
use crate::support::odd::Odd;
use crate::support::tree::Tree;
use crate::support::{command, content, process, scratch, skipped, tools};
use crate::trees::{self, Ordinary};

const SHAPES: &[&[&str]] =
    &[&["-b", "1024"], &["-b", "4096"], &["--size=64M", "-L", "root", "--hash=tea"]];

#[test]
fn two_runs_give_the_same_bytes() {
    let dir = scratch::dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    for shape in SHAPES {
        making::make_of(trees::odd(), &one, &[&["--force", "-p"], *shape].concat());
        making::make_of(trees::odd(), &other, &[&["--force", "-p"], *shape].concat());
        making::assert_same_bytes(&one, &other, &format!("{shape:?}"));
    }
}

#[test]
fn processors_and_memory_do_not_show() {
    let tree = Tree::new();
    tree.pattern("/large", 1, 6_000_000);
    for index in 0..300 {
        tree.pattern(format!("/{index}"), index, 10_000);
    }
    let dir = scratch::dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    making::make_of(tree.path(), &one, &[]);
    let mut command = tools::command("taskset");
    command.env("SOURCE_DATE_EPOCH", making::EPOCH);
    command.args(["--cpu-list", "0", process::MPIMG, "create", "--memory=1M", "--from"]);
    tools::succeed(command.arg(tree.path()).arg(&other));
    making::assert_same_bytes(&one, &other, "on one processor, with a window of memory");
}

/// A tree that an ordinary user can make, its files made in an order of its own.
fn shuffled(root: &Path, backwards: bool) {
    let mut indexes: Vec<usize> = (0..400).collect();
    if backwards {
        indexes.reverse();
    }
    for index in indexes {
        let directory = root.join(format!("d{}", index % 5));
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join(format!("{index}"));
        fs::write(&file, content::bytes(index as u64, index * 31 % 9000)).unwrap();
        if index % 9 == 0 {
            fs::hard_link(&file, root.join(format!("link-{index}"))).unwrap();
        }
    }
    let touch = ["-exec", "touch", "--no-dereference", "--date=@1234567890", "{}", "+"];
    tools::succeed(tools::command("find").arg(root).args(touch));
}

#[test]
fn the_order_of_the_directory_and_its_place_do_not_show() {
    let (one, other) = (scratch::dir(), scratch::dir());
    let elsewhere = other.path().join("a/long/way/down");
    fs::create_dir_all(&elsewhere).unwrap();
    shuffled(one.path(), false);
    shuffled(&elsewhere, true);
    fs::set_permissions(&elsewhere, fs::metadata(one.path()).unwrap().permissions()).unwrap();
    let dir = scratch::dir();
    let (first, second) = (dir.path().join("first"), dir.path().join("second"));
    making::make_of(one.path(), &first, &[]);
    making::make_of(&elsewhere, &second, &[]);
    making::assert_same_bytes(&first, &second, "made backwards, elsewhere");
}

#[test]
fn two_users_make_the_same_image() {
    if !trees::is_root() {
        return skipped("two_users_make_the_same_image", "there is but one user without root");
    }
    let place = Ordinary::new();
    let tree = place.at("tree");
    fs::create_dir(&tree).unwrap();
    Odd { root: false, xattrs: false, large_files: true, many: 300, block_size: 4096 }.make(&tree);
    let image = scratch::dir();
    let image = image.path().join("image");
    // Root can read what others cannot; so what nobody may read is let go.
    let readable = ["-perm", "/444", "-o", "-type", "l", "-o", "-exec", "rm", "-rf", "{}", "+"];
    tools::run("find", &[&[tree.to_str().unwrap(), "-depth"], &readable[..]].concat());
    let chmod = ["-type", "d", "-exec", "chmod", "a+rx", "{}", "+"];
    tools::succeed(tools::command("find").arg(&tree).args(chmod));
    let readable = ["-type", "f", "-exec", "chmod", "a+r", "{}", "+"];
    tools::succeed(tools::command("find").arg(&tree).args(readable));
    making::make_of(&tree, &image, &[]);
    let ran = tools::capture(place.create().arg("--from").arg(&tree).arg(place.at("image")));
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    making::assert_same_bytes(&place.at("image"), &image, "by an ordinary user");
}

#[test]
fn an_archive_of_a_tree_makes_the_image_of_the_tree() {
    let tree = scratch::dir();
    let root = trees::is_root();
    let odd = Odd { root, xattrs: true, large_files: true, many: 300, block_size: 4096 };
    odd.make(tree.path());
    let dir = scratch::dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    // GNU tar puts no sockets into archives, and no links to devices and FIFOs.
    for lost in ["nodes/socket", "groups/b/socket", "groups/b/device", "groups/b/fifo"] {
        let _ = fs::remove_file(tree.path().join(lost));
    }
    making::make_of(tree.path(), &one, &["-p"]);
    let archive = dir.path().join("tree.tar");
    let mut tar = tools::command("tar");
    tar.args(["--create", "--format=posix", "--xattrs", "--xattrs-include=*", "--acls"]);
    tar.args(["--sparse", "--numeric-owner", "--file"]).arg(&archive);
    tools::succeed(tar.arg("-C").arg(tree.path()).arg("."));
    making::make_of(&archive, &other, &[]);
    making::assert_same_bytes(&other, &one, "of the archive");
}

fn uuid(image: &Path) -> String {
    let told = tools::run_ok("dumpe2fs", &["-h".as_ref(), image.as_os_str()]).text();
    let line = told.lines().find_map(|line| line.strip_prefix("Filesystem UUID:"));
    line.unwrap().trim().to_owned()
}

#[test]
fn a_byte_of_content_changes_the_uuid_and_nothing_else_does() {
    let tree = Tree::new();
    tree.pattern("/file", 1, 10_000).pattern("/other", 2, 10_000);
    tree.mtime("/file", 7).mtime("/", 7);
    let dir = scratch::dir();
    let image = dir.path().join("image");
    let made = |options: &[&str]| {
        making::make_of(tree.path(), &image, &[&["--force"], options].concat());
        uuid(&image)
    };
    let before = made(&[]);
    assert_eq!(made(&[]), before);
    let mut bytes = content::bytes(1, 10_000);
    bytes[9_999] ^= 1;
    tree.file("/file", &bytes).mtime("/file", 7);
    assert_ne!(made(&[]), before, "a byte");
    tree.pattern("/file", 1, 10_000).mtime("/file", 7);
    assert_eq!(made(&[]), before, "the byte put back");
    for other in [&["-L", "label"][..], &["-m", "50"], &["--size", "auto+1%"], &["-O", "^filetype"]]
    {
        assert_ne!(made(other), before, "{other:?}");
    }
    tree.mode("/other", 0o600);
    assert_ne!(made(&[]), before, "a mode");
    // RFC 9562: version 8, variant 10.
    assert_eq!(before.as_bytes()[14], b'8', "{before}");
    assert!(matches!(before.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{before}");
}

#[test]
fn a_random_uuid_is_another_each_time_and_the_rest_is_the_same() {
    let tree = trees::plain();
    let dir = scratch::dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    making::make_of(tree.path(), &one, &["-U", "random"]);
    making::make_of(tree.path(), &other, &["-U", "random"]);
    assert_ne!(uuid(&one), uuid(&other));
    for (image, given) in [(&one, "7d0a6f3c-2b51-4c8e-9a57-0c1f6e2d4b90"); 1] {
        let third = dir.path().join("third");
        making::make_of(tree.path(), &third, &["-U", given]);
        assert_eq!(uuid(&third), given);
        tools::run_ok("tune2fs", &["-U", given, image.to_str().unwrap()]);
        making::fsck(image);
        same_but_for_superblock_times(image, &third);
    }
}

/// `tune2fs` sets the time of the last write.
fn same_but_for_superblock_times(one: &Path, other: &Path) {
    let (mut one, mut other) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    for image in [&mut one, &mut other] {
        image[1024 + 48..1024 + 52].fill(0);
    }
    content::assert_same(&one, &other, "but for the time of the last write");
}

#[test]
fn without_a_time_given_only_times_and_the_uuid_are_others() {
    let tree = trees::plain();
    let dir = scratch::dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    let id = "7d0a6f3c-2b51-4c8e-9a57-0c1f6e2d4b90";
    // What is derived depends on the time of lost+found.
    let given = ["--no-sync", "-U", id, "--hash-seed", id, "--from"];
    let make = |image: &Path| {
        let mut create: Command = process::command();
        create.env_remove("SOURCE_DATE_EPOCH").arg("create").args(given);
        let ran = tools::capture(create.arg(tree.path()).arg(image));
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    };
    make(&one);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    make(&other);
    let list = |image: &Path| {
        let mut all = command::json(&["ls", "-laR"], image, &[]);
        for entry in &mut all {
            let entry = entry.as_object_mut().unwrap();
            entry.retain(|key, _| !matches!(key.as_str(), "ctime" | "crtime"));
            // The time of lost+found is that of the command.
            if entry["path"].as_str().is_some_and(|path| path.contains("lost+found")) {
                entry.retain(|key, _| !matches!(key.as_str(), "mtime" | "atime"));
            }
        }
        all
    };
    assert_eq!(list(&one), list(&other));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    let differ: Vec<_> = (0..first.len()).filter(|at| first[*at] != second[*at]).collect();
    // Of each inode two times with their fractions, of lost+found four; of the superblock three.
    let inodes = list(&one).len() + 11;
    assert!(!differ.is_empty() && differ.len() <= inodes * 16 + 64, "{} bytes", differ.len());
    assert_eq!(first.len(), second.len());
}
