//! Trees of every shape onto new images: large directories, large files, sparse ones, many links.

use mpimg::fs::{INDEX_FL, Inventory, Stock};

use crate::model::Model;
use crate::put::put;
use crate::readers;
use crate::source::{Making, meta};
use crate::support::image::Image;
use crate::support::nodes;

fn sizes_aside(mut found: nodes::Nodes) -> nodes::Nodes {
    found.values_mut().filter(|node| node.kind == 'd').for_each(|node| node.size = None);
    found
}

#[track_caller]
fn holds_both(image: &Image, tree: Inventory) {
    let mut model = Model::of(readers::by_library(image.path()));
    model.graft(&tree);
    put(image, tree);
    let seen = sizes_aside(readers::by_library(image.path()));
    nodes::assert_same(&seen, &sizes_aside(model.nodes()), "the library");
}

fn many(count: usize, below: &str) -> Making {
    let mut tree = Making::new();
    for number in 0..count {
        tree.file(&format!("{below}/some file of number {number}"), number as u64 % 3, 1);
    }
    tree
}

#[test]
fn a_large_directory_is_built_with_its_index() {
    for (block_size, mke2fs, count) in
        [(1024, "dir_index", 9000), (4096, "dir_index", 9000), (1024, "^dir_index", 3000)]
    {
        let image = Image::new(block_size, 40 << 20, &["-N", "12000", "-O", mke2fs]);
        holds_both(&image, many(count, "large").0);
        let fs = readers::open(image.path());
        let large = fs.resolve(b"/large", mpimg::fs::LastSymlink::Keep).expect("it is there");
        let indexed = large.raw().i_flags.get() & INDEX_FL != 0;
        assert_eq!(indexed, mke2fs == "dir_index", "{block_size}");
        // Editing goes on from there.
        holds_both(&image, many(50, "large/below").0);
        let mut more = Making::new();
        for number in 0..700 {
            more.file(&format!("large/more {number}"), 1, 2);
        }
        holds_both(&image, more.0);
    }
}

#[test]
fn names_are_added_to_a_directory_that_is_there_few_and_many() {
    for mke2fs in ["dir_index", "^dir_index"] {
        let image = Image::new(1024, 20 << 20, &["-N", "8000", "-O", mke2fs]);
        for (round, count) in [3, 2000, 5, 40, 1500].into_iter().enumerate() {
            let mut tree = Making::new();
            for number in 0..count {
                tree.file(&format!("there/round {round} number {number}"), 10, 3);
            }
            holds_both(&image, tree.0);
        }
    }
}

#[test]
fn files_of_a_directory_lie_together_in_the_order_of_their_names() {
    let image = Image::new(1024, 20 << 20, &["-N", "800"]);
    let mut tree = Making::new();
    for number in 0..300_u64 {
        tree.file(&format!("a/{number:03}"), 100 + 77 * number, number);
    }
    put(&image, tree.0);
    let fs = readers::open(image.path());
    let mut last = 0;
    for number in 0..300 {
        let path = format!("/a/{number:03}");
        let inode = fs.resolve(path.as_bytes(), mpimg::fs::LastSymlink::Keep).expect("a file");
        let mut map = mpimg::fs::BlockMap::new(&inode, fs.metadata());
        let end = mpimg::mpage::FileBlock(inode.size_bytes().div_ceil(1024));
        let run = map.run(mpimg::mpage::FileBlock(0), end).unwrap().expect("data");
        assert_eq!(run.count_blocks, end.0, "{path} is in one run");
        let first = run.block.expect("no hole").0;
        // Indirect blocks of its own may lie in between.
        assert!(last == 0 || (last..=last + 3).contains(&first), "{path}: {last}, then {first}");
        last = first + run.count_blocks;
    }
}

#[test]
#[allow(clippy::single_range_in_vec_init)]
fn holes_stay_holes_and_ranges_grow_to_whole_blocks() {
    for block_size in [1024, 4096, 65536] {
        let image = Image::new(block_size, 64 << 20, &["-N", "100"]);
        let mut tree = Making::new();
        let cases: [(&str, u64, Vec<std::ops::Range<u64>>); 5] = [
            ("all hole", 10_000_000, vec![]),
            ("end", 10_000_000, vec![9_999_990..10_000_000]),
            ("odd", 5_000_001, vec![1..2, 500..700, 1_000_000..1_000_001, 4_999_999..5_000_001]),
            ("far", 3 << 30, vec![(2 << 30) + 5..(2 << 30) + 70_000]),
            ("nothing", 0, vec![]),
        ];
        for (name, len_bytes, data) in &cases {
            let node = tree.file(name, *len_bytes, 5);
            let (len_bytes, data) = (*len_bytes, Some(data.clone().into()));
            if *name != "far" {
                tree.0.set_content(node, Stock { len_bytes, data, origin: 5 });
            } else {
                tree.0.set_content(node, Stock { len_bytes: 4 << 20, data: None, origin: 5 });
            }
        }
        holds_both(&image, tree.0);
        let fs = readers::open(image.path());
        let hole = fs.resolve(b"/all hole", mpimg::fs::LastSymlink::Keep).expect("a file");
        assert_eq!(hole.sectors(), 0);
        let odd = fs.resolve(b"/odd", mpimg::fs::LastSymlink::Keep).expect("a file");
        assert!(odd.sectors() * 512 <= 9 * u64::from(block_size), "{block_size}");
    }
}

#[test]
fn hard_links_are_one_file_also_across_what_is_there() {
    let image = Image::new(1024, 4 << 20, &["-N", "100"]);
    let mut tree = Making::new();
    let file = tree.file("a/one", 3000, 9);
    for number in 0..40 {
        tree.link(&format!("b/{number}/again"), file).unwrap();
    }
    let symlink = tree.symlink("s", "somewhere");
    tree.link("a/t", symlink).unwrap();
    holds_both(&image, tree.0);
}

#[test]
fn attributes_that_many_share_take_one_block() {
    let image = Image::new(1024, 8 << 20, &["-N", "2000"]);
    let mut tree = Making::new();
    for number in 0..1500 {
        let node = tree.file(&format!("d/{number}"), 0, 0);
        tree.xattr(node, "user.large", 700);
    }
    let root = Inventory::ROOT;
    tree.0.set_meta(root, meta(0o711));
    let before = free_blocks(&image);
    holds_both(&image, tree.0);
    // 1024 of them share one block, the others another; the directory takes the rest.
    assert!(before - free_blocks(&image) < 60, "{}", before - free_blocks(&image));
}

fn free_blocks(image: &Image) -> u32 {
    readers::open(image.path()).superblock().raw().s_free_blocks_count.get()
}
