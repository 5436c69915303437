//! What e2fsprogs says of directories that were written here: `e2fsck` has nothing to say, `debugfs`
//! goes through the index and finds every name.

use std::collections::BTreeSet;

use mpimg::fs::{DirFormat, DirHash, FileType, HashVersion, Ino, Superblock};

use super::memory::Directory;
use super::model::names_of_one_hash;
use super::walker;
use crate::support::image::Image;
use crate::support::tools;

/// The file that all names name.
const FILE: Ino = Ino(13);

/// An image that is empty but for `/d`, which is inode 12, and `/f`, 13.
fn empty(block_size: u32, args: &[&str], requests: &[&str]) -> Image {
    let size = if block_size > 4096 { 64 << 20 } else { 8 << 20 };
    let image = Image::new(block_size, size, args);
    image.edit(&[&["mkdir /d"], requests].concat());
    image.write_bytes("/f", b"f");
    assert!(image.debugfs("stat /d").contains("Inode: 12 "));
    assert!(image.debugfs("stat /f").contains("Inode: 13 "));
    image
}

/// A directory of the format that an image has.
fn directory_for(image: &Image) -> Directory {
    let superblock = Superblock::parse(&image.bytes()[1024..2048], 1024).unwrap();
    Directory::new(DirFormat::of(&superblock))
}

/// Puts a directory's blocks into `/d`, and has e2fsprogs judge it.
#[track_caller]
fn judge(empty: &Image, directory: &Directory) {
    let names = walker::walk_new(directory);
    let image = empty.duplicate();
    let count = directory.memory.blocks.len();
    let mut requests = vec!["expand_dir /d".to_owned(); count - 1];
    requests.push(format!("set_inode_field /f links_count {}", names.len() + 1));
    if directory.indexed {
        requests.push("set_inode_field /d flags 0x1000".to_owned());
    }
    image.edit(&requests);
    let text = image.debugfs("blocks /d");
    let at: Vec<u64> = text.split_whitespace().map(|block| block.parse().unwrap()).collect();
    // `blocks` lists indirect blocks as well, each before the blocks that it maps.
    let data: Vec<_> = match at.len() == count {
        true => at,
        false => (0..count).map(|block| bmap(&image, block)).collect(),
    };
    assert_eq!(data.len(), count);
    for (block, bytes) in data.iter().zip(&directory.memory.blocks) {
        image.patch(block * bytes.len() as u64, bytes);
    }
    image.fsck();

    let listed: BTreeSet<_> = image
        .debugfs("ls -p /d")
        .lines()
        .filter_map(|line| line.split('/').nth(5).map(str::to_owned))
        .filter(|name| !matches!(name.as_str(), "" | "." | ".."))
        .collect();
    let expected: BTreeSet<_> =
        names.keys().map(|name| String::from_utf8(name.clone()).unwrap()).collect();
    assert_eq!(listed, expected);
    for name in expected.iter().step_by(expected.len() / 5 + 1) {
        assert!(image.debugfs(&format!("stat \"/d/{name}\"")).contains("Inode: 13 "));
    }
    if directory.indexed {
        let dump = htree_dump(&image);
        for name in &expected {
            assert!(
                dump.contains(&format!(" {name} ")) || dump.contains(&format!(" {name}\n")),
                "{name}"
            );
        }
    }
}

/// What `debugfs` reads by going through the index of `/d`. It says of every index without checksums,
/// e2fsck's own too, that there is no space for one.
#[track_caller]
fn htree_dump(image: &Image) -> String {
    let mut command = tools::command("debugfs");
    command.env("DEBUGFS_PAGER", "cat").args(["-R", "htree_dump /d"]).arg(image.path());
    let ran = tools::succeed(&mut command);
    let known = |line: &&str| {
        line.is_empty() || line.starts_with("debugfs 1.") || line.contains("space for checksum")
    };
    let complaints: Vec<_> = ran.stderr.lines().filter(|line| !known(line)).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    ran.text()
}

fn bmap(image: &Image, block: usize) -> u64 {
    image.debugfs(&format!("bmap /d {block}")).trim().parse().unwrap()
}

/// Has e2fsprogs judge a directory as it grows and as it shrinks.
fn grow_and_shrink(empty: &Image, counts: &[usize], indexed: bool) {
    let mut directory = directory_for(empty);
    let name = |at: usize| format!("{at}-{}", "n".repeat(at * 7 % 40)).into_bytes();
    let mut have = 0;
    for &count in counts {
        for at in have..count {
            directory.edit(|e| e.insert(&name(at), FILE, FileType::Regular)).unwrap();
        }
        for at in count..have {
            assert!(directory.edit(|e| e.remove(&name(at))).unwrap().is_some());
        }
        have = count;
        if count == 9000 && directory.format.block_size_bytes == 1024 {
            assert_eq!(directory.memory.blocks[0][30], 1, "a level of nodes");
        }
        assert_eq!(directory.indexed, indexed && directory.memory.blocks.len() > 1);
        judge(empty, &directory);
    }
}

#[test]
fn e2fsck_has_nothing_to_say_of_indexed_directories() {
    let seed = "set_super_value def_hash_version";
    for (block_size, args, requests, counts) in [
        (1024, &[][..], &[][..], &[10, 60, 600, 9000, 700, 30][..]),
        (1024, &["-O", "^filetype"], &[&*format!("{seed} tea")], &[60, 300]),
        (1024, &[], &[&*format!("{seed} legacy"), "set_super_value flags 2"], &[60, 300]),
        (4096, &[], &["set_super_value flags 2"], &[100, 3000, 200]),
        (65536, &[], &[], &[1000, 9000, 50]),
    ] {
        let image = empty(block_size, args, requests);
        grow_and_shrink(&image, counts, true);
    }
}

#[test]
fn e2fsck_has_nothing_to_say_of_names_of_one_hash() {
    let image = empty(1024, &[], &["set_super_value def_hash_version legacy"]);
    let mut directory = directory_for(&image);
    for at in 0..200 {
        let name = format!("{at:0>100}").into_bytes();
        directory.edit(|e| e.insert(&name, FILE, FileType::Regular)).unwrap();
    }
    for name in names_of_one_hash() {
        directory.edit(|e| e.insert(&name, FILE, FileType::Regular)).unwrap();
    }
    judge(&image, &directory);
}

#[test]
fn e2fsck_has_nothing_to_say_of_linear_directories() {
    for (block_size, args) in [
        (1024, &["-O", "^dir_index,^filetype"][..]),
        (4096, &["-O", "^dir_index"]),
        (65536, &["-O", "^dir_index"]),
    ] {
        let image = empty(block_size, args, &[]);
        grow_and_shrink(&image, &[10, 3000, 5000, 40], false);
    }
}

#[test]
fn debugfs_hashes_names_alike() {
    let names = [
        "a",
        "hello",
        "\u{e4}\u{f6}\u{fc}",
        "a-name-of-thirty-two-bytes-or-more",
        "0123456789abcdef",
    ];
    for number in 0..6 {
        for name in names {
            let request =
                format!("dx_hash -h {number} -s 00010203-0405-0607-0809-0a0b0c0d0e0f {name}");
            let said = tools::run_ok("debugfs", &["-R", &request]).text();
            let seed = [0x0302_0100, 0x0706_0504, 0x0b0a_0908, 0x0f0e_0d0c];
            let version = HashVersion::from_disk(number % 3).unwrap();
            let hash = DirHash::new(version, number >= 3, seed).of(name.as_bytes());
            assert!(said.contains(&format!("{hash:#x} ")), "{said} not {hash:#x}");
        }
    }
}
