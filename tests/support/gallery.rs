//! One tree with a thing of every kind in it, and that tree under every feature set.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use super::image::Image;
use super::sparse::Sparse;
use super::tree::Tree;
use super::xattr;

/// A way to make a filesystem.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// What is special about it, for messages.
    pub name: &'static str,
    /// Its block size.
    pub block_size: u32,
    /// Arguments for `mke2fs`.
    pub args: &'static [&'static str],
}

const fn variant(name: &'static str, block_size: u32, args: &'static [&'static str]) -> Variant {
    Variant { name, block_size, args }
}

/// Every feature set that a reader must take.
pub const VARIANTS: &[Variant] = &[
    variant("1 KiB blocks", 1024, &[]),
    variant("2 KiB blocks", 2048, &[]),
    variant("4 KiB blocks", 4096, &[]),
    variant("8 KiB blocks", 8192, &[]),
    variant("16 KiB blocks", 16384, &[]),
    variant("32 KiB blocks", 32768, &[]),
    variant("64 KiB blocks", 65536, &[]),
    variant("inodes of 128 bytes", 1024, &["-I", "128"]),
    variant("inodes of 1024 bytes", 4096, &["-I", "1024"]),
    variant("revision 0", 1024, &["-r", "0", "-O", "none", "-I", "128"]),
    variant("no file types in directories", 1024, &["-O", "^filetype"]),
    variant("no sparse_super", 1024, &["-O", "^sparse_super", "-g", "1024"]),
    variant("sparse_super2", 1024, &["-O", "^sparse_super,sparse_super2", "-g", "1024"]),
    variant("meta_bg", 1024, &["-O", "meta_bg", "-g", "256"]),
    variant("resize_inode", 1024, &["-O", "resize_inode"]),
    variant("many small groups", 1024, &["-g", "256"]),
    variant("an odd last group", 1024, &["-g", "1000"]),
    variant("ext3 with a clean journal", 1024, &["-O", "has_journal", "-J", "size=1"]),
];

/// The seed of `/pattern` in [`tree`].
pub const PATTERN_SEED: u64 = 101;
/// The length of `/pattern`: double indirect at 1 KiB, and no whole number of blocks.
pub const PATTERN_LEN: usize = 300 * 1024 + 77;

/// `/sparse` of [`tree`], in 1 KiB blocks.
pub fn sparse() -> Sparse {
    Sparse::new("/sparse", 1024, &[3, 64, 65, 66, 67, 300, 1023], 500, 102)
}

/// A directory tree with a thing of every kind that can be made without root.
pub fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Tree::new();
        tree.file("/empty", b"")
            .file("/hello", b"Hello from ext2.\n")
            .pattern("/exactly-4k", 103, 4096)
            .pattern("/pattern", PATTERN_SEED, PATTERN_LEN)
            .directory("/dir/inner/deeper/deepest")
            .directory("/empty-dir")
            .pattern("/dir/inner/file", 104, 5000)
            .file("/dir/inner/deeper/deepest/leaf", b"leaf\n");
        sparse().make(tree.path());
        // 59 bytes is the longest target that fits into the inode.
        tree.symlink("/fast", "dir/inner/file")
            .symlink("/fast-59", "/".repeat(53) + "/hello")
            .symlink("/slow-60", "/".repeat(54) + "/hello")
            .symlink("/slow-1000", "./".repeat(497) + "./file")
            .symlink("/dir/up", "../hello")
            .symlink("/absolute", "/dir/inner")
            .symlink("/dangling", "nothing-here")
            .symlink("/loop-a", "loop-b")
            .symlink("/loop-b", "loop-a");
        tree.file("/name with spaces", b"spaces\n")
            .file(OsStr::from_bytes(b"/new\nline\x1b[31m"), b"control\n")
            .file(OsStr::from_bytes(b"/latin-\xe9\xff"), b"not UTF-8\n")
            .file(format!("/{}", "l".repeat(255)), b"long\n")
            .file("/-dash", b"dash\n");
        tree.hard_link("/dir/hello-again", "/hello").fifo("/fifo").socket("/socket");
        tree.mode("/empty", 0o600)
            .mode("/hello", 0o4755)
            .mode("/empty-dir", 0o1777)
            .mode("/fifo", 0o640)
            .mtime("/hello", 1_234_567_890)
            .mtime("/empty-dir", 1);
        tree
    })
}

/// The tree under `variant`, with devices, owners and extended attributes added.
#[track_caller]
pub fn build(variant: &Variant) -> Image {
    let size_bytes = (6 << 20_u64).max(u64::from(variant.block_size) * 200);
    let image = Image::from_tree(tree().path(), variant.block_size, size_bytes, variant.args);
    add_devices_and_owners(&image);
    if variant.name != "revision 0" {
        add_xattrs(&image, "/dir/inner/file");
        add_xattrs(&image, "/dir");
    }
    image.fsck();
    image
}

/// `/tty` (old device numbers), `/disk` (new ones), `/pipe`, and ids beyond 16 bits.
#[track_caller]
pub fn add_devices_and_owners(image: &Image) {
    image.edit(&[
        "mknod tty c 4 64",
        "mknod disk b 259 6000",
        "mknod pipe p",
        "set_inode_field /empty uid 1000",
        "set_inode_field /empty gid 100",
        "set_inode_field /exactly-4k uid 100000",
        "set_inode_field /exactly-4k gid 4000000000",
    ]);
}

/// Every attribute of [`xattr::all`]; in the inode where it has room, else in a block.
#[track_caller]
pub fn add_xattrs(image: &Image, path: &str) {
    for (name, value) in xattr::all() {
        set_xattr(image, path, name, &value);
    }
}

/// One attribute; the value is in the kernel's external form.
#[track_caller]
pub fn set_xattr(image: &Image, path: &str, name: &str, value: &[u8]) {
    let file = image.dir().join("xattr");
    std::fs::write(&file, value).expect("a file for the value");
    image.edit(&[format!("ea_set -f {} {path} {name}", file.display())]);
}

/// ext3 whose journal was never replayed: `needs_recovery` is set.
#[track_caller]
pub fn needs_recovery() -> Image {
    let image =
        Image::from_tree(tree().path(), 1024, 8 << 20, &["-O", "has_journal", "-J", "size=1"]);
    image.edit(&["feature needs_recovery"]);
    image
}

/// An image whose superblock claims incompat features (a bit mask) that it does not use.
#[track_caller]
pub fn with_incompat(bits: u32) -> Image {
    let image = Image::new(1024, 1 << 20, &[]);
    let at = 1024 + 96;
    let bytes = image.bytes();
    let old = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    image.patch(at as u64, &(old | bits).to_le_bytes());
    image
}

/// 1 MiB with every kind of metadata in it: the subject for mutation.
#[track_caller]
pub fn small_and_varied() -> Image {
    let tree = Tree::new();
    tree.file("/hello", b"Hello from ext2.\n")
        .pattern("/double", 110, 280 * 1024)
        .directory("/dir/inner/deeper")
        .pattern("/dir/inner/file", 111, 5000)
        .symlink("/fast", "dir/inner/file")
        .symlink("/slow", "./".repeat(60) + "hello")
        .symlink("/loop", "loop")
        .hard_link("/dir/hello-again", "/hello");
    for index in 0..40 {
        tree.file(format!("/dir/{index}-{}", "n".repeat(80)), b"");
    }
    // Few blocks of data behind mapping blocks of every depth.
    Sparse::new("/triple", 1024, &[12, 300, 66_000], 0, 112).make(tree.path());
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &["-N", "128", "-m", "0"]);
    image.edit(&["mknod tty c 4 64", "mknod pipe p"]);
    add_xattrs(&image, "/hello");
    // Too large for the inode: a block.
    set_xattr(&image, "/dir/inner/file", "user.large", &[b'x'; 400]);
    image.index_directories();
    image
}
