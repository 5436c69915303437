//! The tree of the gallery, under every feature set, by every reader.

use std::sync::OnceLock;

use crate::readers;
use crate::support::gallery::{self, VARIANTS, Variant};
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::nodes::{self, Node, Nodes};
use crate::support::{skipped, xattr};

/// Every variant's image, and what mpimg's library sees in it.
pub fn all() -> &'static [(&'static Variant, Image, Nodes)] {
    static ALL: OnceLock<Vec<(&'static Variant, Image, Nodes)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let build = |variant: &'static Variant| {
            let image = gallery::build(variant);
            let nodes = readers::by_library(image.path());
            (variant, image, nodes)
        };
        VARIANTS.iter().map(build).collect()
    })
}

/// The tree as it is on the host, with what [`gallery::build`] adds and changes.
fn put_in(with_xattrs: bool) -> Nodes {
    let mut nodes = nodes::of_kernel(gallery::tree().path());
    let added = |kind, device| Node { kind, device, mode: 0, ..Node::default() };
    nodes.insert(b"/tty".to_vec(), added('c', Some((4, 64))));
    nodes.insert(b"/disk".to_vec(), added('b', Some((259, 6000))));
    nodes.insert(b"/pipe".to_vec(), added('p', None));
    for (path, uid, gid) in [("/empty", 1000, 100), ("/exactly-4k", 100_000, 4_000_000_000)] {
        let node = nodes.get_mut(path.as_bytes()).expect("in the tree");
        (node.uid, node.gid) = (uid, gid);
    }
    for (path, node) in &mut nodes {
        // Directories have other sizes here, and the root has another time.
        if node.kind == 'd' {
            (node.size, node.links) = (None, None);
        }
        if path == b"/" {
            node.mtime = None;
        }
        let has = with_xattrs && matches!(path.as_slice(), b"/dir/inner/file" | b"/dir");
        let all = xattr::all().into_iter().map(|(name, value)| (name.into(), value));
        node.xattrs = has.then(|| all.collect()).or(Some([].into()));
    }
    nodes
}

#[test]
fn every_path_of_every_variant_is_what_was_put_in() {
    for (variant, _, found) in all() {
        let mut expected = put_in(variant.name != "revision 0");
        let mut found = found.clone();
        found.remove(b"/lost+found".as_slice()).expect("mke2fs makes it");
        // debugfs gives what it makes a mode of its own.
        for path in [b"/tty".as_slice(), b"/disk", b"/pipe"] {
            expected.get_mut(path).expect("put in").mode = found[path].mode;
        }
        // The host's root has a mode of its own too.
        expected.get_mut(b"/".as_slice()).expect("a root").mode = found[b"/".as_slice()].mode;
        nodes::assert_same(&found, &expected, variant.name);
    }
}

#[test]
fn the_command_tells_what_the_library_sees() {
    for (variant, image, expected) in all() {
        nodes::assert_same(&readers::by_command(image.path()), expected, variant.name);
    }
}

#[test]
fn debugfs_sees_the_same() {
    for (variant, image, found) in all() {
        nodes::assert_same(found, &readers::by_debugfs(image), variant.name);
    }
}

#[test]
fn ext4_view_sees_the_same_where_it_takes_the_image() {
    let mut refused = Vec::new();
    for (variant, image, found) in all() {
        match readers::by_ext4_view(image.path()) {
            Ok(seen) => {
                let mut found = found.clone();
                let mut not_read = Vec::new();
                for (path, node) in &mut found {
                    node.device = None; // It does not tell.
                    if node.data.is_some() && seen[path].data.is_none() {
                        not_read.push(path.as_slice());
                        node.data = None;
                    }
                }
                // With blocks of 1 KiB it takes a hole for block 0, which it refuses to read.
                let holes: &[&[u8]] = if variant.block_size == 1024 { &[b"/sparse"] } else { &[] };
                assert_eq!(not_read, holes, "{}", variant.name);
                nodes::assert_same(&found, &seen, variant.name);
            }
            Err(reason) => {
                // A directory's block of 64 KiB has a length that it does not know.
                let known = reason.contains("features") || variant.block_size == 1 << 16;
                assert!(known, "{}: {reason}", variant.name);
                refused.push(variant.name);
            }
        }
    }
    // It wants `filetype` and takes no `meta_bg`.
    let expected = ["64 KiB blocks", "revision 0", "no file types in directories", "meta_bg"];
    assert_eq!(refused, expected);
}

#[test]
fn the_kernel_sees_the_same() {
    if let Err(reason) = LoopMount::available() {
        return skipped("the_kernel_sees_the_same", &reason);
    }
    let mut compared = 0;
    for (variant, image, found) in all() {
        // The kernel's ext2 takes blocks up to its page size.
        if LoopMount::supports(variant.block_size).is_err() {
            continue;
        }
        let mount = LoopMount::read_only(image.path());
        nodes::assert_same(found, &nodes::of_kernel(mount.path()), variant.name);
        compared += 1;
    }
    assert!(compared >= 14, "{compared} variants");
}
