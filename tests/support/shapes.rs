//! Images for one shape each: every mapping depth, files past 2 and 4 GiB, holes at every place
//! in a page, long and deep directories. Each call builds one; tests share through `OnceLock`.

use super::image::Image;
use super::sparse::Sparse;
use super::tree::Tree;

const MIB: u64 = 1 << 20;

/// An image, and the files in it whose content is known.
#[derive(Debug)]
pub struct Shaped {
    /// The image.
    pub image: Image,
    /// Its files.
    pub files: Vec<Sparse>,
}

impl Shaped {
    fn build(block_size: u32, size_bytes: u64, files: Vec<Sparse>) -> Self {
        let tree = Tree::new();
        for file in &files {
            file.make(tree.path());
        }
        Self { image: Image::from_tree(tree.path(), block_size, size_bytes, &[]), files }
    }
}

/// Files that end in each mapping depth, with data on both sides of every border between depths
/// and between indirect blocks: `/direct /single /double /triple`; and `/dense`, without holes,
/// that reaches into the double indirect blocks. Block sizes of 1-4 KiB.
pub fn mapping_depths(block_size: u32) -> Shaped {
    assert!(block_size <= 4096, "hosts hold no file that reaches triple blocks beyond this");
    let pointers = u64::from(block_size) / 4;
    let single = 12;
    let double = single + pointers;
    let triple = double + pointers * pointers;
    let second = pointers * pointers;
    let direct: Vec<_> = (0..12).collect();
    let dense: Vec<_> = (0..double + 2 * pointers + 5).collect();
    let sparse = |path, blocks: &[u64], seed| Sparse::new(path, block_size, blocks, 100, seed);
    let files = vec![
        sparse("/direct", &direct, 1),
        sparse("/single", &[0, 11, single, 13, double - 1], 2),
        sparse("/double", &[11, 12, double - 1, double, double + pointers, triple - 1], 3),
        sparse("/triple", &[5, triple - 1, triple, triple + pointers - 1, triple + second], 4),
        sparse("/dense", &dense, 5),
    ];
    Shaped::build(block_size, u64::from(block_size) * 8192, files)
}

/// Files of more than 2 and 4 GiB with data at those borders, and one with a hole at its end.
pub fn huge() -> Shaped {
    let block = |bytes: u64| bytes / 4096;
    let two = block(2 << 30);
    let four = block(4 << 30);
    let files = vec![
        Sparse::new("/over-2g", 4096, &[0, two - 1, two], 1, 21),
        Sparse::new("/over-4g", 4096, &[0, two, four - 1, four, four + 1], 4095, 22),
        Sparse::new("/hole-at-end", 4096, &[1], 0, 23).with_size((4 << 30) + 12_345),
    ];
    Shaped::build(4096, 8 * MIB, files)
}

/// Holes and data in all sixteen combinations of a page's four 1 KiB blocks: `/page-0` to
/// `/page-15`, where bit `i` says that block `i` of the page has data, before and after a page
/// that is whole; and `/all`, those pages one after another.
pub fn holes() -> Shaped {
    let page = |mask: u64, first: u64| {
        (0..4).filter(move |bit| mask >> bit & 1 == 1).map(move |bit| first + bit)
    };
    let mut files: Vec<_> = (0..16)
        .map(|mask| {
            let blocks: Vec<_> = (0..4).chain(page(mask, 4)).chain(8..12).collect();
            Sparse::new(&format!("/page-{mask}"), 1024, &blocks, 0, 30 + mask)
        })
        .collect();
    let all: Vec<_> = (0..16).flat_map(|mask| page(mask, mask * 4)).collect();
    files.push(Sparse::new("/all", 1024, &all, 300, 50));
    Shaped::build(1024, MIB, files)
}

/// `/d/d/d/.../leaf`, `depth` directories down, and the leaf's path.
pub fn deep(depth: usize) -> (Image, String) {
    let tree = Tree::new();
    let directory = "/d".repeat(depth);
    let leaf = format!("{directory}/leaf");
    tree.directory(&directory).file(&leaf, b"deep\n");
    let size_bytes = 4 * MIB + depth as u64 * 1280;
    (Image::from_tree(tree.path(), 1024, size_bytes, &["-N", &(depth + 64).to_string()]), leaf)
}

/// `/many` with `count` empty files, whose names [`entry_name`] tells; with an index
/// (`EXT2_INDEX_FL`) when `indexed`. 1 KiB blocks, so that 3,000 take an index of two levels.
pub fn many_entries(count: usize, indexed: bool) -> Image {
    let tree = Tree::new();
    tree.directory("/many");
    for index in 0..count {
        tree.file(format!("/many/{}", entry_name(index)), b"");
    }
    let inodes = (count + 64).to_string();
    let size_bytes = 4 * MIB + count as u64 * 512;
    let image = Image::from_tree(tree.path(), 1024, size_bytes, &["-N", &inodes]);
    if indexed {
        image.index_directories();
    }
    image
}

/// The name of file `index` in [`many_entries`].
pub fn entry_name(index: usize) -> String {
    format!("entry-{index:05}-{}", "n".repeat(index % 60))
}
