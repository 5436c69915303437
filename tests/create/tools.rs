//! e2fsprogs and the kernel take the images for what they are, change them, and find nothing wrong.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::making;
use crate::support::loopmount::LoopMount;
use crate::support::same_tree::{self, Rules};
use crate::support::tree::Tree;
use crate::support::{content, scratch, skipped, tools};
use crate::trees;

/// A filesystem of some kind.
struct Shape {
    name: &'static str,
    block_size: u32,
    options: &'static [&'static str],
    /// Inodes have no fractions of seconds, and no times past 2038.
    narrow: bool,
}

const fn shape(
    name: &'static str,
    block_size: u32,
    options: &'static [&'static str],
    narrow: bool,
) -> Shape {
    Shape { name, block_size, options, narrow }
}

const SHAPES: &[Shape] = &[
    shape("blocks of 1 KiB", 1024, &["-b", "1024"], false),
    shape("blocks of 4 KiB", 4096, &[], false),
    shape("blocks of 64 KiB", 65536, &["-b", "65536"], false),
    shape("inodes of 128 bytes", 1024, &["-b", "1024", "-I", "128", "--clamp-mtime=@99999"], true),
    shape("large inodes", 2048, &["-b", "2048", "-I", "1024"], false),
    shape("no index", 1024, &["-b", "1024", "-O", "^dir_index"], false),
    shape("no room to grow", 4096, &["-O", "^resize_inode,^filetype"], false),
    shape("few features", 2048, &["-b", "2048", "-O", "none,filetype"], false),
    shape("all superblocks", 1024, &["-b", "1024", "-O", "^sparse_super"], false),
];

/// Holes are as large as a block, so other block sizes have others.
fn rules(shape: &Shape) -> Rules {
    let holes = if shape.block_size == 4096 { |_: &[u8]| true } else { |_: &[u8]| false };
    let node = |path: &[u8], _| path != b"lost+found";
    Rules { holes, node, nanoseconds: !shape.narrow, ..Rules::exact() }
}

/// An image of the odd tree, every owner as on the host.
fn image(dir: &Path, shape: &Shape, more: &[&str]) -> std::path::PathBuf {
    let image = dir.join("image");
    making::make_of(trees::odd(), &image, &[shape.options, &["-p"], more].concat());
    image
}

fn resize2fs(image: &Path, size: Option<u64>) {
    let mut command = tools::command("resize2fs");
    match size {
        Some(size) => {
            let file = fs::File::options().write(true).open(image).unwrap();
            file.set_len(size).unwrap();
            command.arg(image)
        }
        None => command.arg("-M").arg(image),
    };
    tools::succeed(&mut command);
}

/// The kernel shows the tree, but for `lost+found`.
#[track_caller]
fn assert_shown(image: &Path, shape: &Shape, what: &str) {
    if shape.narrow || LoopMount::supports(shape.block_size).is_err() {
        return;
    }
    let mount = LoopMount::read_only(image);
    // The image has lost+found besides: of what is expected, nodes can be left out.
    same_tree::assert_same(trees::odd(), mount.path(), &rules(shape), what);
}

#[test]
fn trees_of_everything_pass_all_checks_grow_and_shrink() {
    let dir = scratch::dir();
    for shape in SHAPES {
        let image = image(dir.path(), shape, &["--size=auto+10%"]);
        making::fsck(&image);
        let told = tools::run_ok("dumpe2fs", &[&image]);
        let complaints: Vec<_> =
            told.stderr.lines().filter(|line| !line.starts_with("dumpe2fs 1.")).collect();
        assert!(complaints.is_empty(), "{}: {complaints:?}", shape.name);
        let listed = tools::run_ok("tune2fs", &["-l".as_ref(), image.as_os_str()]).text();
        let state = listed.lines().find(|line| line.starts_with("Filesystem state:"));
        assert!(state.is_some_and(|line| line.ends_with(" clean")), "{}: {listed}", shape.name);
        let len = fs::metadata(&image).unwrap().len();
        for size in [Some(len + len / 3), Some(4 * len), None] {
            resize2fs(&image, size);
            making::fsck(&image);
        }
        assert_shown(&image, shape, shape.name);
        fs::remove_file(&image).unwrap();
    }
}

#[test]
fn an_empty_filesystem_grows_as_far_as_room_was_kept() {
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for (block, size, to) in [("1024", "4M", 1 << 30), ("4096", "20M", 8 << 30_u64)] {
        making::make(&image, &["-b", block, "--size", size]);
        resize2fs(&image, Some(to));
        making::fsck(&image);
        resize2fs(&image, None);
        making::fsck(&image);
        fs::remove_file(&image).unwrap();
    }
}

#[test]
fn the_kernel_writes_to_images() {
    let name = "the_kernel_writes_to_images";
    let dir = scratch::dir();
    for shape in SHAPES {
        if let Err(reason) = LoopMount::supports(shape.block_size) {
            skipped(&format!("{name} ({})", shape.name), &reason);
            continue;
        }
        let image = image(dir.path(), shape, &["--size=auto+200%"]);
        let mount = LoopMount::read_write(&image);
        change(mount.path());
        mount.unmount();
        making::fsck(&image);
        fs::remove_file(&image).unwrap();
    }
}

/// Does to a tree what users do.
fn change(root: &Path) {
    let many = root.join("many");
    let there: Vec<_> = fs::read_dir(&many).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in there.iter().step_by(2) {
        fs::remove_file(path).unwrap();
    }
    for index in 0..400 {
        fs::write(many.join(format!("new-{index}-{}", "x".repeat(index % 90))), b"new\n").unwrap();
    }
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::rename(root.join("files/300077"), root.join("a/b/c/moved")).unwrap();
    let mut file = fs::File::options().append(true).open(root.join("a/b/c/moved")).unwrap();
    file.write_all(&content::bytes(3, 500_000)).unwrap();
    fs::write(root.join("files/4097"), b"shorter").unwrap();
    fs::remove_dir_all(root.join("names")).unwrap();
    fs::remove_dir_all(root.join("sparse")).unwrap();
    fs::remove_file(root.join("groups/a/file")).unwrap();
    for index in 0..20 {
        fs::remove_file(root.join(format!("xattrs/shared-{index}"))).unwrap();
    }
}

#[test]
fn the_kernel_finds_every_name_of_a_large_directory() {
    const COUNT: usize = 5_000;
    let test = "the_kernel_finds_every_name_of_a_large_directory";
    let tree: Tree = trees::many(COUNT);
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for hash in ["half_md4", "half_md4_unsigned", "tea", "tea_unsigned"] {
        let blocks = if hash == "half_md4" { &["1024", "4096"][..] } else { &["1024"] };
        for block in blocks {
            making::make_of(tree.path(), &image, &["--force", "--hash", hash, "-b", block]);
            making::fsck(&image);
            let stat = tools::run_ok(
                "debugfs",
                &["-R".as_ref(), "stat /many".as_ref(), image.as_os_str()],
            );
            assert!(stat.text().contains("Flags: 0x1000"), "{hash}: {}", stat.text());
            if let Err(reason) = LoopMount::available() {
                skipped(test, &reason);
                continue;
            }
            let mount = LoopMount::read_only(&image);
            let many = mount.path().join("many");
            // One by one first: a listing would put what it found where lookups find it.
            for index in 0..COUNT {
                let name = trees::name(index);
                let found = fs::symlink_metadata(many.join(OsStr::from_bytes(&name)));
                assert!(found.is_ok(), "{hash}, {block}: {}", name.escape_ascii());
            }
            assert!(fs::symlink_metadata(many.join("entry-05000-")).is_err(), "{hash}, {block}");
            assert_eq!(fs::read_dir(&many).unwrap().count(), COUNT, "{hash}, {block}");
        }
    }
}
