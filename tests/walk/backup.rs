//! Backup superblocks: taken by themselves where the primary is bad, or as `-b` says.

use std::path::Path;
use std::sync::OnceLock;

use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{command, content};

/// Block size, size of the image, and the block of the first backup.
const LAYOUTS: [(u32, u64, u64); 5] = [
    (1024, 20 << 20, 8193),
    (2048, 40 << 20, 16_384),
    (4096, 140 << 20, 32_768),
    (8192, 600 << 20, 65_528),
    (65_536, (4 << 30) + (64 << 20), 65_528),
];

fn images() -> &'static [Image] {
    static IMAGES: OnceLock<Vec<Image>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let tree = Tree::new();
        tree.file("/hello", b"Hello\n").pattern("/f", 1, 300_000).directory("/d");
        let build =
            |(block_size, size, _)| Image::from_tree(tree.path(), block_size, size, &["-N", "256"]);
        LAYOUTS.map(build).into()
    })
}

fn expected() -> Vec<u8> {
    content::bytes(1, 300_000)
}

/// The file comes out, and standard error has one warning that names the backup.
#[track_caller]
fn assert_by_backup(image: &Path, backup: u64, what: &str) {
    let ran = command::on(&["cat"], image, &[b"/f"]);
    assert_eq!(ran.code, Some(0), "{what}: {}", ran.stderr);
    content::assert_same(&ran.stdout, &expected(), what);
    let end = format!("; going by the backup in block {backup}\n");
    assert!(ran.stderr.contains(": warning: "), "{what}: {}", ran.stderr);
    assert!(ran.stderr.ends_with(&end), "{what}: {}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{what}: {}", ran.stderr);
}

// From 8 KiB on, backups were looked for 8 blocks for each byte of a block apart; but a group has
// 65528 blocks at most, since a descriptor counts its free ones in 16 bits. The search knows that.
#[test]
fn a_zeroed_primary_gives_way_to_the_first_backup() {
    for ((block_size, _, backup), image) in LAYOUTS.into_iter().zip(images()) {
        let image = image.duplicate();
        image.patch(1024, &[0; 1024]);
        assert_by_backup(image.path(), backup, &format!("{block_size}: the superblock"));
        // The descriptors too: those beside the backup count.
        let descriptors = u64::from(block_size).max(2048);
        image.patch(descriptors, &vec![0; block_size as usize]);
        assert_by_backup(image.path(), backup, &format!("{block_size}: the descriptors too"));
        let info = command::on(&["info", "--json"], image.path(), &[]);
        let info = command::lines(&info.stdout).remove(0);
        assert_eq!(info["superblock"], backup * u64::from(block_size));
        assert!(info["groups"].as_array().expect("groups").len() > 1);
    }
}

#[test]
fn a_primary_with_a_field_that_cannot_be_gives_way_to_the_first_backup() {
    let image = images()[0].duplicate();
    let sound = image.bytes();
    // Name, offset in the superblock, bytes.
    for (field, at, len) in [
        ("s_inodes_count", 0, 4),
        ("s_blocks_count", 4, 4),
        ("s_first_data_block", 20, 4),
        ("s_log_block_size", 24, 4),
        ("s_blocks_per_group", 32, 4),
        ("s_inodes_per_group", 40, 4),
        ("s_magic", 56, 2),
        ("s_rev_level", 76, 4),
        ("s_first_ino", 84, 4),
        ("s_inode_size", 88, 2),
    ] {
        for byte in [0x00, 0xff, 0x5a] {
            if matches!(field, "s_rev_level" | "s_log_block_size") && byte == 0 {
                continue; // Revision 0 is one, and it is what 1 KiB blocks have.
            }
            image.patch(1024 + at, &vec![byte; len]);
            assert_by_backup(image.path(), 8193, &format!("{field} of {byte:#x}"));
        }
        let from = 1024 + at as usize;
        image.patch(1024 + at, &sound[from..from + len]);
    }
    assert_eq!(command::ok(&["cat"], image.path(), &[b"hello"]), b"Hello\n");
}

#[test]
fn the_second_backup_serves_where_the_first_is_bad_too() {
    let tree = Tree::new();
    tree.pattern("/f", 1, 300_000);
    let image = Image::from_tree(tree.path(), 1024, 40 << 20, &["-N", "256"]);
    image.patch(1024, &[0; 1024]);
    image.patch(8193 * 1024, &[0; 1024]);
    assert_by_backup(image.path(), 3 * 8192 + 1, "two are gone");
}

#[test]
fn the_block_that_is_named_is_gone_by() {
    for ((block_size, _, backup), image) in LAYOUTS.into_iter().zip(images()) {
        let damaged = image.duplicate();
        damaged.patch(1024, &[0; 1024]);
        for image in [image, &damaged] {
            let found = command::ok(&["cat", "-b", &backup.to_string()], image.path(), &[b"/f"]);
            content::assert_same(&found, &expected(), &format!("{block_size}"));
        }
        // The primary, by its own block.
        let primary = u64::from(block_size == 1024).to_string();
        assert_eq!(command::ok(&["cat", "-b", &primary], image.path(), &[b"hello"]), b"Hello\n");
        let ran = command::on(&["cat", "-b", &primary], damaged.path(), &[b"hello"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    }
}

#[test]
fn a_block_without_a_superblock_is_refused() {
    for block in [2, 3, 8192, 8194, 1 << 40, u64::MAX] {
        let number = block.to_string();
        let ran = command::on(&["ls", "-b", &number], images()[0].path(), &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        let end = format!(": no superblock at block {block}\n");
        assert!(ran.stderr.ends_with(&end), "{}", ran.stderr);
        let ran = command::on(&["ls", "--json", "-b", &number], images()[0].path(), &[]);
        assert_eq!(command::error(&ran)["code"], "no_superblock");
    }
}

#[test]
fn backups_at_other_places_are_gone_by_when_they_are_named() {
    let tree = Tree::new();
    tree.pattern("/f", 1, 300_000);
    for (args, backup) in [
        (&["-g", "256"][..], 257),
        (&["-g", "256", "-O", "meta_bg"], 257),
        (&["-g", "1024", "-O", "^sparse_super"], 2049),
        (&["-r", "0", "-O", "none", "-I", "128"], 8193),
    ] {
        let image = Image::from_tree(tree.path(), 1024, 20 << 20, args);
        image.patch(1024, &[0; 1024]);
        let found = command::ok(&["cat", "-b", &backup.to_string()], image.path(), &[b"/f"]);
        content::assert_same(&found, &expected(), &format!("{args:?}"));
    }
}
