//! Random trees, one put over the other: what an image holds then is what the model says.

use mpimg::fs::{FileType, Inventory, Meta, Node, NodeId, Stock, Time, Xattr};

use crate::model::Model;
use crate::put::put_with;
use crate::readers;
use crate::source::{Making, SECOND, meta};
use crate::support::content;
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::nodes::{self, Nodes};
use crate::support::prng::SplitMix64;

/// A tree of about `size` things, whose names another one is likely to have, too.
fn tree(random: &mut SplitMix64, size: u64, small_inodes: bool) -> Inventory {
    let mut tree = Inventory::new(meta(0o755));
    let mut directories = vec![Inventory::ROOT];
    let mut files: Vec<NodeId> = Vec::new();
    if random.within(0..=3) > 0 {
        // A file of a few names, of those that may be one file in the image, too.
        let first = random.within(0..=3);
        let len_bytes = random.within(0..=3000);
        let file = tree.add(Inventory::ROOT, &[b'0' + first as u8], Node::Regular, meta(0o640));
        let file = file.unwrap();
        tree.set_content(file, Stock { len_bytes, data: None, origin: random.next_u64() });
        for more in 1..=random.within(1..=3) {
            tree.link(Inventory::ROOT, &[b'0' + (first + more) as u8], file).unwrap();
        }
        files.push(file);
    }
    for _ in 0..size {
        let at = random.within(0..=directories.len() as u64 - 1) as usize;
        let directory = directories[at];
        let name = match random.within(0..=9) {
            0 => format!("{}{}", "long".repeat(50), random.within(0..=9)),
            1..=4 => format!("{}", random.within(0..=200)),
            _ => format!("{}", random.within(0..=6)),
        };
        let name = name.as_bytes();
        if tree.lookup(directory, name).is_some() {
            continue;
        }
        if random.within(0..=7) == 0 && !files.is_empty() {
            let file = files[random.within(0..=files.len() as u64 - 1) as usize];
            tree.link(directory, name, file).unwrap();
            continue;
        }
        let kind = match random.within(0..=11) {
            0..=2 => Node::Directory,
            3 => Node::Symlink(content::bytes(7, 9).escape_ascii().to_string().into_bytes()),
            4 => Node::Symlink(b"nowhere/".repeat(random.within(1..=30) as usize)),
            5 => match random.within(0..=3) {
                0 => Node::CharDevice(5, 1),
                1 => Node::BlockDevice(259, 70_000),
                2 => Node::Fifo,
                _ => Node::Socket,
            },
            _ => Node::Regular,
        };
        let permissions = if let Node::Symlink(_) = kind { 0o777 } else { 0o7777 };
        let meta = Meta {
            permissions: (random.next_u64() as u16 & 0o7777) | permissions & 0o777,
            uid: random.within(0..=70_000) as u32,
            gid: random.within(0..=70_000) as u32,
            mtime: Time { seconds: SECOND + random.within(0..=99_999) as i64, nanoseconds: 0 },
        };
        let node = tree.add(directory, name, kind, meta).unwrap();
        let is = tree.view(node).file_type;
        if random.within(0..=5) == 0 && is != FileType::Socket {
            // Some that share a block, some that have one alone, some that need none.
            let len = [10, 400, 600, 401 + random.within(0..=50)][random.within(0..=3) as usize];
            let name = match is {
                // Where directories meet, those of several names come together.
                FileType::Directory if random.within(0..=1) == 0 => b"user.more".to_vec(),
                FileType::Regular | FileType::Directory => b"user.note".to_vec(),
                _ => b"trusted.note".to_vec(),
            };
            let len = match is {
                FileType::Directory => len.min(420),
                _ if small_inodes => len.min(500),
                _ => len,
            };
            tree.set_xattrs(node, vec![Xattr { name, value: content::bytes(len, len as usize) }]);
        }
        match is {
            FileType::Directory => {
                directories.push(node);
                match random.within(0..=9) {
                    0 => tree.set_opaque(node),
                    1 => tree.add_whiteout(node, b"3").unwrap(),
                    2..=4 if tree.view(node).xattrs.is_empty() => tree.set_implied(node),
                    _ => {}
                }
            }
            FileType::Regular => {
                let len_bytes = match random.within(0..=9) {
                    0 => 0,
                    1 => random.within(0..=400_000),
                    _ => random.within(0..=9000),
                };
                let mut data = None;
                if random.within(0..=3) == 0 && len_bytes > 3000 {
                    let middle = random.within(1..=len_bytes - 2000);
                    data = Some(vec![middle..middle + 700, middle + 900..middle + 1500].into());
                }
                let origin = random.next_u64();
                tree.set_content(node, Stock { len_bytes, data, origin });
                files.push(node);
            }
            _ => files.push(node),
        }
    }
    tree
}

/// Files of three names and more, of those that other trees are likely to have some of; each has one
/// that no other tree has.
fn linked(random: &mut SplitMix64) -> Inventory {
    let mut tree = Making::new();
    let mut files = Vec::new();
    for number in 0..3 {
        let len = random.within(0..=3000);
        files.push(tree.file(&format!("outside {number}"), len, random.next_u64()));
    }
    for name in 0..=6 {
        let file = files[random.within(0..=2) as usize];
        tree.link(&name.to_string(), file).unwrap();
    }
    tree.0
}

/// What differs by how an image was made, or by reader.
fn comparable(mut found: Nodes, mtimes: bool) -> Nodes {
    for node in found.values_mut() {
        if node.kind == 'd' {
            node.size = None;
            if !mtimes {
                node.mtime = None;
            }
        }
    }
    found
}

fn check(block_size: u32, count_blocks: u64, mke2fs: &[&str], seed: u64, trees: u64, size: u64) {
    let image = Image::new(block_size, u64::from(block_size) * count_blocks, mke2fs);
    let small_inodes = mke2fs.contains(&"128");
    let mut model = Model::of(readers::by_library(image.path()));
    let mut random = SplitMix64::new(seed);
    for number in 0..trees {
        // Names that have come to lead elsewhere are tied together again.
        let first = linked(&mut random);
        model.graft(&first);
        put_with(&image, first, true);
        let tree = tree(&mut random, size, small_inodes);
        model.graft(&tree);
        put_with(&image, tree, true);
        let what = format!("{block_size}, {mke2fs:?}, seed {seed}, tree {number}");
        let seen = comparable(readers::by_library(image.path()), true);
        nodes::assert_same(&seen, &comparable(model.nodes(), true), &what);
    }
    let expected = comparable(model.nodes(), true);
    if LoopMount::supports(block_size).is_ok() {
        let mount = LoopMount::read_only(image.path());
        let seen = comparable(nodes::of_kernel(mount.path()), true);
        mount.unmount();
        nodes::assert_same(&seen, &expected, "the kernel");
    } else if trees * size < 500 {
        let seen = comparable(readers::by_debugfs(&image), true);
        nodes::assert_same(&seen, &expected, "debugfs");
    }
}

macro_rules! kinds {
    ($($name:ident: $block_size:expr, $count_blocks:expr, $mke2fs:expr;)*) => {$(
        #[test]
        fn $name() {
            for (seed, trees, size) in [(1, 6, 60), (2, 12, 20), (3, 3, 400)] {
                check($block_size, $count_blocks, &$mke2fs, seed, trees, size);
            }
        }
    )*};
}

kinds! {
    blocks_of_1k: 1024, 32768, ["-N", "3000"];
    blocks_of_1k_with_small_inodes: 1024, 32768, ["-I", "128", "-N", "3000"];
    blocks_of_4k: 4096, 8192, ["-N", "3000"];
    blocks_of_64k: 65536, 1600, ["-N", "3000"];
    no_index: 1024, 32768, ["-O", "^dir_index", "-N", "3000"];
    no_types: 1024, 32768, ["-O", "^filetype", "-N", "3000"];
    a_clean_journal: 1024, 40000, ["-O", "has_journal", "-J", "size=1", "-N", "3000"];
    revision_0: 1024, 32768, ["-r", "0", "-O", "none", "-N", "3000", "-I", "128"];
    small_groups: 1024, 32768, ["-g", "512", "-N", "3000"];
}
