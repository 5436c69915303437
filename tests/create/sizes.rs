//! `auto` is the smallest size: a block less, and it would not fit.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use mpimg::device::FileDevice;
use mpimg::fs::{
    Build, BuildError, ContentReader, Contents, FormatFeatures, FormatInodes, FormatOptions,
    FormatSize, HashVersion, Inventory, Meta, Node, NodeId, Place, Stock, Time, WriteOptions,
    Xattr,
};
use proptest::prelude::*;

use crate::making;
use crate::support::tree::Tree;
use crate::support::{content, image, scratch, tools};
use crate::trees;

const SHAPES: &[&[&str]] = &[
    &["-b", "1024"],
    &["-b", "2048", "-I", "128"],
    &["-b", "4096"],
    &["-b", "4096", "-O", "^resize_inode"],
    &["-b", "65536", "-I", "1024"],
    &["-b", "1024", "-O", "^sparse_super"],
];

fn small_trees() -> Vec<Tree> {
    let one = Tree::new();
    one.file("/one", b"1");
    let large = Tree::new();
    // Just under and over what a group of 8 MiB holds.
    large.pattern("/large", 1, 7_900_000).pattern("/larger", 2, 600_000);
    vec![Tree::new(), one, large, trees::many(1500)]
}

#[test]
fn a_block_less_than_auto_is_too_few_and_nothing_is_made() {
    let dir = scratch::dir();
    let (image, less) = (dir.path().join("image"), dir.path().join("less"));
    let own = small_trees();
    let mut all: Vec<&Path> = own.iter().map(Tree::path).collect();
    all.push(trees::plain().path());
    for (number, tree) in all.into_iter().enumerate() {
        let from = ["--force", "--from", tree.to_str().unwrap()];
        for shape in SHAPES {
            let made = making::make_json(&image, &[&from, *shape].concat());
            let what = format!("tree {number}, {shape:?}: {made}");
            let (size, block) = (made["size_bytes"].as_u64(), made["block_size"].as_u64());
            let (size, block) = (size.unwrap(), block.unwrap());
            assert_eq!(fs::metadata(&image).unwrap().len(), size, "{what}");
            let smaller = (size - block).to_string();
            let ran = making::create(&less, &[&from, *shape, &["--size", &smaller]].concat());
            assert_eq!(ran.code, Some(6), "{what}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().count(), 1, "{what}: {}", ran.stderr);
            assert_eq!(making::names(dir.path()), ["image"], "{what}");
            // The size itself, given, does.
            let same = size.to_string();
            making::make(&less, &[&from, *shape, &["--size", &same]].concat());
            making::fsck(&less);
            fs::remove_file(&less).unwrap();
        }
    }
}

#[test]
fn headroom_is_there_in_blocks_and_inodes() {
    let dir = scratch::dir();
    let image = dir.path().join("image");
    let from = ["--force", "--from", trees::plain().path().to_str().unwrap()];
    for shape in SHAPES {
        let number = |made: &serde_json::Value, key: &str| made[key].as_u64().unwrap();
        let fit = making::make_json(&image, &[&from, *shape].concat());
        for percent in [1, 20, 100, 1000] {
            let size = format!("auto+{percent}%");
            let made = making::make_json(&image, &[&from, *shape, &["--size", &size]].concat());
            making::fsck(&image);
            let what = format!("{shape:?}, {size}: {made}, not {fit}");
            let wanted = (number(&fit, "size_bytes") * (100 + percent)).div_ceil(100);
            let block = number(&fit, "block_size");
            let most = wanted + 512 * block;
            assert!((wanted..=most).contains(&number(&made, "size_bytes")), "{what}");
            let used = number(&fit, "inodes") - number(&fit, "free_inodes");
            assert!(number(&made, "free_inodes") * 100 >= used * percent, "{what}");
            assert!(number(&made, "free_blocks") > 0 || percent == 1, "{what}");
            let told = tools::run_ok("dumpe2fs", &["-h".as_ref(), image.as_os_str()]).text();
            let line = |key: &str| {
                let line = told.lines().find_map(|line| line.strip_prefix(key));
                line.unwrap().trim().parse::<u64>().unwrap()
            };
            assert_eq!(line("Free blocks:"), number(&made, "free_blocks"), "{what}");
            assert_eq!(line("Free inodes:"), number(&made, "free_inodes"), "{what}");
        }
    }
}

#[test]
fn inodes_that_are_asked_for_are_there_or_it_is_told_that_they_cannot_be() {
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for (size, inodes) in [("20M", "12345"), ("8M", "16"), ("300M", "76000"), ("129M", "20000")] {
        let made = making::make_json(&image, &["--force", "--size", size, "-N", inodes]);
        let (asked, there) = (inodes.parse::<u64>().unwrap(), made["inodes"].as_u64().unwrap());
        assert!((asked..asked + 64).contains(&there), "{size}, {inodes}: {made}");
        making::fsck(&image);
    }
    for (size, inodes) in [("1M", "10000000"), ("300M", "100001"), ("8M", "40000")] {
        let ran = making::create(&image, &["--force", "--size", size, "-N", inodes]);
        assert_eq!(ran.code, Some(6), "{size}, {inodes}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    // A few blocks over a group: the share of inodes is what fits, not what must be.
    let made = making::make_json(&image, &["--force", "--size", "129M"]);
    assert!(made["inodes"].as_u64().unwrap() > 20_000, "{made}");
    making::fsck(&image);
}

/// A tree that nobody has, in numbers.
#[derive(Debug, Clone)]
struct Plan {
    block_size: u64,
    inode_size: u64,
    features: FormatFeatures,
    /// For each directory the length of its names, how many there are, and how large each is.
    directories: Vec<(usize, usize, u64)>,
    /// Files with holes: length, first byte and length of the data.
    sparse: Vec<(u64, u64, u64)>,
    targets: Vec<usize>,
    xattr_bytes: Vec<usize>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let features = proptest::sample::select(vec![
        FormatFeatures::all(),
        FormatFeatures::all() - FormatFeatures::DIR_INDEX,
        FormatFeatures::all() - FormatFeatures::RESIZE_INODE,
        FormatFeatures::all() - FormatFeatures::SPARSE_SUPER - FormatFeatures::RESIZE_INODE,
    ]);
    (
        proptest::sample::select(vec![1024_u64, 1024, 2048, 4096, 16384]),
        proptest::sample::select(vec![128_u64, 256, 256, 512]),
        features,
        proptest::collection::vec((5_usize..120, 0_usize..400, 0_u64..60_000), 0..6),
        proptest::collection::vec((0_u64..80_000_000, 0_u64..80_000_000, 1_u64..900_000), 0..4),
        proptest::collection::vec(1_usize..900, 0..5),
        proptest::collection::vec(1_usize..600, 0..6),
    )
        .prop_map(
            |(block_size, inode_size, features, directories, sparse, targets, xattr_bytes)| Plan {
                block_size,
                inode_size,
                features,
                directories,
                sparse,
                targets,
                xattr_bytes,
            },
        )
}

impl Plan {
    fn tree(&self) -> Inventory {
        let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
        let meta = Meta { permissions: 0o755, uid: 0, gid: 0, mtime: now };
        let mut tree = Inventory::new(meta);
        let mut above = Inventory::ROOT;
        let add = |tree: &mut Inventory, at: NodeId, name: &[u8], node| {
            tree.add(at, name, node, meta).unwrap()
        };
        for (index, (name_len, count, len_bytes)) in self.directories.iter().enumerate() {
            let name = format!("directory-{index}");
            let directory = add(&mut tree, above, name.as_bytes(), Node::Directory);
            for file in 0..*count {
                let mut name = format!("{file:04}").into_bytes();
                name.resize(*name_len, b'n');
                let file = add(&mut tree, directory, &name, Node::Regular);
                tree.set_content(file, Stock { len_bytes: *len_bytes, data: None, origin: 0 });
            }
            above = if index % 2 == 0 { directory } else { Inventory::ROOT };
        }
        for (index, (len_bytes, first, len)) in self.sparse.iter().enumerate() {
            let name = format!("sparse-{index}");
            let file = add(&mut tree, Inventory::ROOT, name.as_bytes(), Node::Regular);
            let range = (*first).min(*len_bytes)..(first + len).min(*len_bytes);
            let data = (!range.is_empty()).then_some(range);
            let data = Some(data.into_iter().collect::<Vec<_>>().into_boxed_slice());
            tree.set_content(file, Stock { len_bytes: *len_bytes, data, origin: 0 });
        }
        for (index, len) in self.targets.iter().enumerate() {
            let target = "t".repeat(*len).into_bytes();
            let name = format!("link-{index}");
            add(&mut tree, Inventory::ROOT, name.as_bytes(), Node::Symlink(target));
        }
        for (index, len) in self.xattr_bytes.iter().enumerate() {
            let name = format!("attributed-{index}");
            let file = add(&mut tree, Inventory::ROOT, name.as_bytes(), Node::Regular);
            let (name, value) = (b"user.value".to_vec(), vec![b'v'; *len]);
            tree.set_xattrs(file, vec![Xattr { name, value }]);
        }
        Build::prepare(&mut tree, now).unwrap();
        tree
    }

    fn options(&self, size: FormatSize) -> FormatOptions {
        FormatOptions {
            block_size_bytes: self.block_size,
            inode_size_bytes: self.inode_size,
            features: self.features,
            size,
            inodes: FormatInodes::Auto,
            reserved_per_myriad: 500,
            label: Vec::new(),
            uuid: None,
            hash_version: HashVersion::HalfMd4,
            unsigned_hash: false,
            hash_seed: None,
            now: Time { seconds: 1_700_000_000, nanoseconds: 0 },
        }
    }
}

/// Content that is like no other.
struct Pattern;

impl Contents for Pattern {
    fn reader<'a>(&'a self, _: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Self)
    }
}

impl ContentReader for Pattern {
    fn read(&mut self, place: Place<'_>, at: u64, buf: &mut [u8]) -> io::Result<()> {
        content::fill(place.name.len() as u64, at, buf);
        Ok(())
    }
}

/// Writes an image and judges it.
fn judge(build: &Build<'_>, path: &Path, what: &str) {
    let file = File::options().write(true).read(true).create(true).truncate(true).open(path);
    let file = file.unwrap();
    file.set_len(build.len_bytes()).unwrap();
    let device = FileDevice::new(file).unwrap();
    let options = WriteOptions { threads: 1, overwrite: false, progress: &|_, _| {} };
    build.write(&device, &Pattern, &options).unwrap();
    if let Err(complaint) = image::fsck(path) {
        panic!("{what}: {complaint}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_tree_a_block_less_would_not_do_and_what_is_made_is_sound(plan in plans()) {
        let tree = plan.tree();
        let smallest = FormatSize::Smallest { headroom_percent: 0 };
        let fit = Build::plan(&tree, plan.options(smallest));
        let fit = match fit {
            Ok(fit) => fit,
            // Attributes of 128-byte inodes go into blocks; what has no room there is told.
            Err(BuildError::Files(files)) => {
                prop_assert!(!files.is_empty());
                return Ok(());
            }
            Err(BuildError::Geometry(error)) => panic!("{error}"),
        };
        let dir = scratch::dir();
        let image = dir.path().join("image");
        judge(&fit, &image, "the smallest");
        let len = fit.len_bytes();
        for less in 1..=3 {
            let size = FormatSize::Bytes(len - less * plan.block_size);
            let refused = matches!(
                Build::plan(&tree, plan.options(size)),
                Err(BuildError::Geometry(_))
            );
            prop_assert!(refused, "{} bytes do, {} are taken", len - less * plan.block_size, len);
        }
        let roomy = FormatSize::Smallest { headroom_percent: 37 };
        let roomy = Build::plan(&tree, plan.options(roomy)).ok().unwrap();
        prop_assert!(roomy.len_bytes() * 100 >= len * 137);
        judge(&roomy, &image, "with headroom");
        let same = Build::plan(&tree, plan.options(FormatSize::Bytes(len))).ok().unwrap();
        prop_assert_eq!(same.len_bytes(), len);
    }
}
