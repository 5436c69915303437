//! Maps and directories that lead to themselves: a small image that claims a huge tree.

use std::time::{Duration, Instant};

use crate::path_text;
use crate::support::image::Image;
use crate::support::process;
use crate::support::tree::Tree;

/// Where on the image the inode of `path` lies, with 1 KiB blocks.
fn inode_at(image: &Image, path: &str) -> u64 {
    let imap = image.debugfs(&format!("imap {path}"));
    let (block, offset) =
        imap.split_once("at block ").unwrap().1.split_once(", offset 0x").unwrap();
    let offset = u64::from_str_radix(offset.trim(), 16).unwrap();
    block.parse::<u64>().unwrap() * 1024 + offset
}

fn blocks(image: &Image, path: &str) -> Vec<u32> {
    let blocks = image.debugfs(&format!("blocks {path}"));
    blocks.split_whitespace().map(|block| block.parse().unwrap()).collect()
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// An image with `/f`, whose three blocks are to be used for what they are not, and `/d`.
fn subject() -> (Image, Vec<u32>) {
    let image = Image::new(1024, 1 << 20, &["-N", "64"]);
    image.write_bytes("/f", &[b'x'; 3 * 1024]);
    image.edit(&["mkdir /d"]);
    let blocks = blocks(&image, "/f");
    (image, blocks)
}

#[test]
fn a_directory_whose_blocks_are_one_block_is_corrupt_and_ends_at_once() {
    // Each mapping was read as a block of its own: 85 entries times as many blocks as the
    // filesystem claims, which on a sparse image took gigabytes of memory.
    let (image, f) = subject();
    let d = inode_at(&image, "/d");
    let entries = image.bytes()[blocks(&image, "/d")[0] as usize * 1024..][..1024].to_vec();
    image.patch(u64::from(f[0]) * 1024, &entries);
    image.patch(u64::from(f[1]) * 1024, &words(&[f[0]; 256]));
    let mut map = [f[0]; 15];
    (map[12], map[13], map[14]) = (f[1], 0, 0);
    image.patch(d + 40, &words(&map));
    image.patch(d + 4, &words(&[200 * 1024]));
    let path = path_text(image.path());
    let reason = format!("block 13 maps to block {}, as one before it does\n", f[0]);
    for args in [&["ls", &path, "/d"][..], &["cat", &path, "/d/nothing"]] {
        let ran = process::run(args);
        assert_eq!(ran.code, Some(4), "{ran:?}");
        assert!(ran.stderr.ends_with(&reason), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
}

/// `/f` with indirect blocks that lead to one another, or to blocks of holes, at every level.
#[test]
fn a_map_that_leads_to_itself_ends_every_command_in_time() {
    let (image, f) = subject();
    let inode = inode_at(&image, "/f");
    let blocks = 12 + 256 + 256 * 256 + 256_u64.pow(3);
    let size = (blocks * 1024).to_le_bytes();
    image.patch(inode + 4, &size[..4]);
    image.patch(inode + 108, &size[4..]);
    let path = path_text(image.path());
    // Holes below every pointer; and one block that is its own indirect, double and triple.
    for (zeros, levels) in [(true, [f[0], f[1], f[2]]), (false, [f[0]; 3])] {
        let fill = |block: u32, pointer: u32| {
            image.patch(u64::from(block) * 1024, &words(&[pointer; 256]));
        };
        if zeros {
            fill(f[0], 0);
            fill(f[1], f[0]);
            fill(f[2], f[1]);
        } else {
            fill(f[0], f[0]);
        }
        image.patch(inode + 40 + 48, &words(&levels));
        for command in [
            "map \"$1\" /f",
            "map --json \"$1\" /f",
            "map --strip=always \"$1\" /f",
            "plan \"$1\" /f",
            "cat \"$1\" /f",
            "cat --offset=16G --length=100M \"$1\" /f",
            "stat \"$1\" /f",
        ] {
            let start = Instant::now();
            let script = format!(
                "ulimit -v 262144; \"$MPIMG\" {command} | head -c 1000000 | wc -c; exit ${{PIPESTATUS[0]}}"
            );
            let ran = process::script(&script, &[&path]);
            assert!(matches!(ran.code, Some(0 | 4)), "{command}: {ran:?}");
            assert!(start.elapsed() < Duration::from_secs(5), "{command}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn symlinks_that_go_back_and_forth_end_in_time() {
    // Each component of a target took a scan of its directory, however many there were: a second
    // for 24,000 of them among 3,000 names, and a block of 64 KiB holds more in every link.
    let tree = Tree::new();
    for index in 0..4_000 {
        tree.file(format!("/{index:04}-{}", "n".repeat(200)), b"");
    }
    tree.directory("/zz");
    for index in 0..40 {
        let target = format!("{}link{}", "zz/../".repeat(650), index + 1);
        tree.symlink(format!("/link{index}"), target);
    }
    tree.symlink("/short", "zz/../zz/../zz/../0000-".to_owned() + &"n".repeat(200));
    let image = Image::from_tree(tree.path(), 4096, 8 << 20, &["-N", "4200"]);
    let path = path_text(image.path());
    let start = Instant::now();
    let ran = process::run(&["cat", &path, "/link0"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let line = "/link0: symbolic links name too many directories (more than 1024)\n";
    assert!(ran.stderr.ends_with(line), "{ran:?}");
    assert_eq!(process::run(&["cat", &path, "/short"]).code, Some(0));
}
