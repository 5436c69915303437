//! What is cut short: images, and changes to their trees.

use std::io;
use std::sync::Arc;

use mpimg::device::log::Syncing;
use mpimg::device::{BlockDevice, Window};
use mpimg::fs::{
    BeginOptions, Committed, Content, ContentReader, Contents, Filesystem, GraftOptions, Ino,
    Inventory, LastSymlink, Meta, Node, Ownership, Place, Result, Stock, Time, Transaction, Xattr,
};
use mpimg::mpage::PageSource;

use crate::support::crash::World;
use crate::support::{content, image::Image, tree::Tree};

/// An image, of which the filesystem may be a part.
#[derive(Debug, Clone)]
pub struct Fixture {
    pub name: &'static str,
    pub image: Vec<u8>,
    /// Where the filesystem begins and how long it is, in bytes.
    pub start: usize,
    pub len: usize,
}

impl Fixture {
    /// The filesystem of an image that looks like this one.
    pub fn device(&self, image: Arc<dyn BlockDevice>) -> Arc<dyn BlockDevice> {
        if self.len == self.image.len() {
            return image;
        }
        Arc::new(Window::new(image, self.start as u64, self.len as u64).expect("a window"))
    }

    /// The filesystem's own bytes.
    pub fn part<'a>(&self, image: &'a [u8]) -> &'a [u8] {
        &image[self.start..self.start + self.len]
    }

    /// A whole image.
    pub fn whole(block_size: u32) -> Self {
        let image = filesystem(block_size);
        let name = if block_size == 1024 { "1 KiB blocks" } else { "4 KiB blocks" };
        Self { name, start: 0, len: image.len(), image }
    }

    /// A part of an image that begins at byte `start`, with other bytes around it.
    pub fn within(name: &'static str, start: usize) -> Self {
        let inner = filesystem(1024);
        let mut image = content::bytes(77, start);
        image.extend(&inner);
        image.extend(content::bytes(78, 4096));
        Self { name, image, start, len: inner.len() }
    }
}

fn filesystem(block_size: u32) -> Vec<u8> {
    let tree = Tree::new();
    tree.pattern("/file", 1, 5000).pattern("/big", 2, 100_000).pattern("/tail", 3, 30_500);
    tree.directory("/old/deep/er").directory("/new").symlink("/link", "file");
    tree.pattern("/old/one", 4, 1000)
        .pattern("/old/deep/two", 5, 20_000)
        .hard_link("/hard", "/file");
    for number in 0..25 {
        tree.pattern(format!("/old/deep/er/{number}"), 100 + number, 700);
    }
    for number in 0..12 {
        tree.file(format!("/new/an-entry-with-a-long-name-{number:02}"), b"");
    }
    let blocks = if block_size == 1024 { 900 } else { 300 };
    Image::from_tree(tree.path(), block_size, blocks * u64::from(block_size), &["-N", "256"])
        .bytes()
}

/// A change.
pub struct Command {
    pub name: &'static str,
    pub change: fn(&mut Transaction<'_>) -> Result<()>,
}

impl Command {
    /// Makes the change to the fixture that the world holds.
    pub fn run(
        &self,
        fixture: &Fixture,
        world: &Arc<World>,
        syncing: Syncing,
    ) -> Result<Committed> {
        let now = Time { seconds: 1_800_000_000, nanoseconds: 5 };
        let image = Arc::clone(world) as Arc<dyn BlockDevice>;
        let device = fixture.device(image);
        let mut transaction =
            Transaction::begin(device, BeginOptions { now, force: false, dry_run: false })?;
        (self.change)(&mut transaction)?;
        transaction.commit(&**world, Some(&**world), syncing)
    }
}

/// All that is cut short.
pub const COMMANDS: &[Command] = &[
    Command { name: "put a new file", change: |t| put(t, b"/old", b"fresh", 10, 40_000) },
    Command {
        name: "replace by a larger file",
        change: |t| {
            let file = ino(t, b"/file")?;
            t.replace_content(file, pattern(11, 150_000))
        },
    },
    Command {
        name: "append",
        change: |t| {
            let file = ino(t, b"/file")?;
            t.write_content(file, 5000, pattern(12, 9000))
        },
    },
    Command {
        name: "write in the middle",
        change: |t| {
            let file = ino(t, b"/big")?;
            t.write_content(file, 10_300, pattern(13, 30_000))
        },
    },
    Command { name: "a batch", change: batch },
    Command { name: "a tree over what is there", change: graft },
    Command { name: "rm -r", change: |t| t.remove_tree(Ino::ROOT, b"old") },
    Command {
        name: "rename",
        change: |t| {
            let (old, new) = (ino(t, b"/old")?, ino(t, b"/new")?);
            t.rename(old, b"deep", new, b"moved")?;
            t.rename(old, b"one", Ino::ROOT, b"tail")
        },
    },
    Command {
        name: "mkdir until the directory is indexed",
        change: |t| {
            let new = ino(t, b"/new")?;
            let owner = Ownership { permissions: 0o755, uid: 0, gid: 0 };
            for number in 0..20 {
                let name = format!("another-entry-with-a-longer-name-{number:02}");
                t.create(new, name.as_bytes(), &Node::Directory, owner)?;
            }
            Ok(())
        },
    },
    Command { name: "chmod", change: |t| chmod_tail(t, 0o4711) },
    Command {
        name: "truncate inside a block",
        change: |t| {
            let file = ino(t, b"/big")?;
            t.truncate(file, 70_100)
        },
    },
    Command {
        name: "set attributes",
        change: |t| {
            let file = ino(t, b"/file")?;
            let value = content::bytes(14, 600);
            t.set_xattrs(file, &[Xattr { name: b"user.large".to_vec(), value }])
        },
    },
];

/// Sets the permissions of a file.
pub fn chmod_tail(t: &mut Transaction<'_>, permissions: u16) -> Result<()> {
    let file = ino(t, b"/tail")?;
    t.set_permissions(file, permissions)
}

fn batch(t: &mut Transaction<'_>) -> Result<()> {
    let owner = Ownership { permissions: 0o640, uid: 7, gid: 8 };
    let made = t.create(Ino::ROOT, b"made", &Node::Directory, owner)?;
    for number in 0..30_u64 {
        let name = format!("f{number}");
        let file = t.create(made, name.as_bytes(), &Node::Regular, owner)?;
        t.replace_content(file, pattern(200 + number, 300 * number as usize))?;
    }
    t.unlink(made, b"f7")?;
    t.create(made, b"slow", &Node::Symlink(vec![b'x'; 300]), owner)?;
    t.create(made, b"tty", &Node::CharDevice(4, 64), owner)?;
    let file = ino(t, b"/made/f20")?;
    t.link(file, Ino::ROOT, b"f20")?;
    t.truncate(file, 1500)?;
    let deep = ino(t, b"/old/deep")?;
    t.remove_tree(deep, b"er")?;
    let big = ino(t, b"/big")?;
    t.replace_content(big, pattern(15, 60_000))?;
    t.set_owner(big, Some(12), None)?;
    t.unlink(Ino::ROOT, b"hard")?;
    t.rename(Ino::ROOT, b"tail", made, b"f3")
}

/// A tree that replaces, merges, takes away and makes directories anew.
fn graft(t: &mut Transaction<'_>) -> Result<()> {
    let mtime = Time { seconds: 1_600_000_000, nanoseconds: 0 };
    let meta = Meta { permissions: 0o640, uid: 7, gid: 8, mtime };
    let mut tree = Inventory::new(meta);
    let file = |tree: &mut Inventory, at, name: &str, origin, len_bytes| -> Result<_> {
        let file = tree.add(at, name.as_bytes(), Node::Regular, meta)?;
        tree.set_content(file, Stock { len_bytes, data: None, origin });
        Ok(file)
    };
    let root = Inventory::ROOT;
    let linked = file(&mut tree, root, "file", 31, 9000)?;
    tree.set_xattrs(linked, vec![Xattr { name: b"user.x".to_vec(), value: vec![1; 700] }]);
    file(&mut tree, root, "big", 32, 70_000)?;
    let new = tree.add(root, b"new", Node::Directory, meta)?;
    for number in 0..30 {
        file(&mut tree, new, &format!("another-entry-with-a-long-name-{number:02}"), number, 40)?;
    }
    let made = tree.add(root, b"made", Node::Directory, meta)?;
    tree.link(made, b"again", linked)?;
    for number in 0..60 {
        file(&mut tree, made, &format!("an-entry-with-a-long-name-{number:02}"), number, 1100)?;
    }
    tree.add(root, b"link", Node::Symlink(vec![b'x'; 300]), meta)?;
    let old = tree.add(root, b"old", Node::Directory, meta)?;
    tree.add_whiteout(old, b"deep")?;
    let mut told = Vec::new();
    let failures = &mut |path: &[u8], error| told.push((path.to_vec(), error));
    let options = GraftOptions::default();
    t.graft(Ino::ROOT, &Arc::new(tree), Box::new(Pattern(0)), &options, failures, &mut |_, _| {})?;
    assert!(told.is_empty(), "{told:?}");
    Ok(())
}

fn put(t: &mut Transaction<'_>, at: &[u8], name: &[u8], seed: u64, len: usize) -> Result<()> {
    let directory = ino(t, at)?;
    let owner = Ownership { permissions: 0o644, uid: 0, gid: 0 };
    let file = t.create(directory, name, &Node::Regular, owner)?;
    t.replace_content(file, pattern(seed, len))
}

fn ino(t: &Transaction<'_>, path: &[u8]) -> Result<Ino> {
    Filesystem::resolve(t.fs(), path, LastSymlink::Follow).map(|inode| inode.ino())
}

fn pattern(seed: u64, len: usize) -> Content<'static> {
    let data = if len == 0 {
        Vec::new()
    } else {
        Vec::from([std::ops::Range { start: 0, end: len as u64 }])
    };
    Content { source: Box::new(Pattern(seed)), len_bytes: len as u64, data }
}

/// A file's content by its seed.
struct Pattern(u64);

impl PageSource for Pattern {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        content::fill(self.0, offset_bytes, buf);
        Ok(())
    }
}

/// The content of a tree: a file's origin is its seed.
impl Contents for Pattern {
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Patterns(inventory))
    }
}

struct Patterns<'a>(&'a Inventory);

impl ContentReader for Patterns<'_> {
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        content::fill(self.0.view(place.node).origin, offset_bytes, buf);
        Ok(())
    }
}
