//! Promises of an inventory.

use super::*;
use crate::fs::inode::Time;

fn meta(permissions: u16) -> Meta {
    Meta { permissions, ..Meta::default() }
}

fn names(tree: &Inventory, directory: NodeId) -> Vec<String> {
    tree.children(directory).map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect()
}

#[test]
fn it_is_the_same_whatever_the_order_in_which_it_was_made() {
    for order in [["b", "a", "c"], ["c", "b", "a"]] {
        let mut tree = Inventory::new(meta(0o755));
        for name in order {
            tree.add(Inventory::ROOT, name.as_bytes(), Node::Fifo, meta(0o600)).unwrap();
        }
        assert_eq!(names(&tree, Inventory::ROOT), ["a", "b", "c"]);
        let from: Vec<_> = tree.children_from(Inventory::ROOT, b"b").map(|(n, _)| n).collect();
        assert_eq!(from, [b"b", b"c"]);
    }
}

#[test]
fn links_are_counted_as_names_come_and_go() {
    let mut tree = Inventory::new(meta(0o755));
    let dir = tree.add(Inventory::ROOT, b"d", Node::Directory, meta(0o755)).unwrap();
    let file = tree.add(dir, b"f", Node::Regular, meta(0o644)).unwrap();
    tree.link(Inventory::ROOT, b"g", file).unwrap();
    tree.add(dir, b"sub", Node::Directory, meta(0o755)).unwrap();
    let links = |tree: &Inventory, node| tree.view(node).links;
    assert_eq!((links(&tree, Inventory::ROOT), links(&tree, dir), links(&tree, file)), (3, 3, 2));
    assert!(tree.link(dir, b"h", dir).is_err());
    assert!(tree.remove(Inventory::ROOT, b"d"));
    assert!(!tree.remove(Inventory::ROOT, b"d"));
    assert_eq!((links(&tree, Inventory::ROOT), links(&tree, file)), (2, 1));
    assert_eq!(names(&tree, Inventory::ROOT), ["g"]);
}

#[test]
fn names_that_cannot_be_are_refused() {
    let mut tree = Inventory::new(meta(0o755));
    for name in [&b""[..], b".", b"..", b"a/b", b"a\0", &[b'x'; 256]] {
        assert!(tree.add(Inventory::ROOT, name, Node::Fifo, meta(0)).is_err(), "{name:?}");
    }
    let fifo = tree.add(Inventory::ROOT, b"p", Node::Fifo, meta(0)).unwrap();
    assert!(tree.add(Inventory::ROOT, b"p", Node::Fifo, meta(0)).is_err());
    assert!(tree.add(fifo, b"x", Node::Fifo, meta(0)).is_err());
}

#[test]
fn what_was_put_in_comes_out() {
    let mut tree = Inventory::new(meta(0o755));
    let mtime = Time { seconds: -5, nanoseconds: 7 };
    let full = Meta { permissions: 0o4755, uid: 70_000, gid: 3, mtime };
    let device = tree.add(Inventory::ROOT, b"dev", Node::CharDevice(5, 70_000), full).unwrap();
    assert_eq!((tree.view(device).meta, tree.view(device).device), (full, (5, 70_000)));
    let link = Node::Symlink(b"to".to_vec());
    let link = tree.add(Inventory::ROOT, b"link", link, full).unwrap();
    assert_eq!((tree.view(link).target, tree.view(link).len_bytes), (&b"to"[..], 2));
    let file = tree.add(Inventory::ROOT, b"file", Node::Regular, full).unwrap();
    let data: Box<[_]> = Box::from([0..4096, 8192..9000]);
    tree.set_content(file, Stock { len_bytes: 9000, data: Some(data.clone()), origin: 9 });
    assert_eq!((tree.view(file).data, tree.view(file).origin), (Some(&*data), 9));
    let whole: Box<[_]> = std::iter::once(0..5).collect();
    tree.set_content(file, Stock { len_bytes: 5, data: Some(whole), origin: 9 });
    assert_eq!((tree.view(file).data, tree.view(file).len_bytes), (None, 5));
    let note = |name: &[u8]| Xattr { name: name.to_vec(), value: b"v".to_vec() };
    tree.set_xattrs(file, vec![note(b"user.b"), note(b"user.a")]);
    tree.set_xattrs(link, vec![note(b"user.a"), note(b"user.b")]);
    assert_eq!(tree.view(file).xattrs, [note(b"user.a"), note(b"user.b")]);
    assert_eq!(tree.xattrs.len(), 2, "the same attributes are kept once");
}

#[test]
fn paths_of_directories_are_known() {
    let mut tree = Inventory::new(meta(0o755));
    let usr = tree.add(Inventory::ROOT, b"usr", Node::Directory, meta(0o755)).unwrap();
    let lib = tree.add(usr, b"lib", Node::Directory, meta(0o755)).unwrap();
    assert_eq!(tree.path(lib), b"usr/lib");
    assert_eq!(tree.path(Inventory::ROOT), b"");
    assert_eq!((tree.parent(lib), tree.parent(Inventory::ROOT)), (usr, Inventory::ROOT));
}
