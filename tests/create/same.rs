//! Whoever reads an image sees the tree that it was made of; and what is read makes that image again.

use std::fs;
use std::path::Path;

use ext4_view::{Ext4, FileType};

use crate::making;
use crate::support::loopmount::LoopMount;
use crate::support::odd::Odd;
use crate::support::same_tree::{self, Rules};
use crate::support::{process, scratch, skipped, tools};
use crate::trees;

/// All of it but `lost+found`, which no source has.
fn exact() -> Rules {
    Rules { node: |path, _| path != b"lost+found", ..Rules::exact() }
}

/// An image of the odd tree, every owner as on the host.
fn image(dir: &Path, options: &[&str]) -> std::path::PathBuf {
    let image = dir.join("image");
    making::make_of(trees::odd(), &image, &[&["-p"], options].concat());
    image
}

#[test]
fn the_kernel_shows_the_tree_and_a_tree_like_that_makes_the_same_image() {
    let name = "the_kernel_shows_the_tree_and_a_tree_like_that_makes_the_same_image";
    if let Err(reason) = LoopMount::available() {
        return skipped(name, &reason);
    }
    let dir = scratch::dir();
    for (block, options) in [("4096", &[][..]), ("1024", &["-b", "1024"]), ("2048", &["-b2048"])] {
        let image = image(dir.path(), options);
        let mount = LoopMount::read_only(&image);
        let holes = if block == "4096" { |_: &[u8]| true } else { |_: &[u8]| false };
        let rules = Rules { holes, ..exact() };
        same_tree::assert_same(trees::odd(), mount.path(), &rules, block);
        let again = dir.path().join("again");
        making::make_of(mount.path(), &again, &[&["-p"], options].concat());
        making::assert_same_bytes(&again, &image, &format!("from the mount, blocks of {block}"));
        mount.unmount();
        fs::remove_file(&image).unwrap();
        fs::remove_file(&again).unwrap();
    }
}

#[test]
fn what_get_takes_out_makes_the_same_image() {
    let dir = scratch::dir();
    let image = image(dir.path(), &[]);
    let (out, again) = (dir.path().join("out"), dir.path().join("again"));
    let mut get = process::command();
    get.args(["get", "-r", "-p", "--same-owner"]).arg(&image).arg("/").arg(&out);
    let ran = tools::capture(&mut get);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    same_tree::assert_same(trees::odd(), &out, &exact(), "what get takes out");
    making::make_of(&out, &again, &["-p"]);
    making::assert_same_bytes(&again, &image, "from what get takes out");
}

#[test]
fn what_tar_takes_out_makes_the_same_image() {
    let dir = scratch::dir();
    let image = image(dir.path(), &[]);
    let (tar, again) = (dir.path().join("tar"), dir.path().join("again"));
    let mut command = process::command();
    command.arg("tar").arg(&image).stdout(fs::File::create(&tar).unwrap());
    let ran = tools::capture(&mut command);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // Archives know no sockets.
    for line in ran.stderr.lines() {
        assert!(line.contains("socket"), "{line}");
    }
    making::make_of(&tar, &again, &[]);
    making::fsck(&again);
    if ran.stderr.is_empty() {
        making::assert_same_bytes(&again, &image, "from what tar takes out");
    }
}

#[test]
fn debugfs_dumps_the_tree() {
    // It writes every zero of a hole.
    let (dir, tree) = (scratch::dir(), scratch::dir());
    let root = trees::is_root();
    let odd = Odd { root, xattrs: true, large_files: false, many: 300, block_size: 1024 };
    odd.make(tree.path());
    // Symlinks are root's in what it dumps.
    for index in 0..5 {
        let _ = fs::remove_file(tree.path().join(format!("owners/{index}/link")));
    }
    // It takes the times of an inode for 32 bits without a sign.
    let touch = ["-exec", "touch", "--no-dereference", "--date=@1234567890", "{}", "+"];
    tools::succeed(tools::command("find").arg(tree.path()).args(touch));
    let image = dir.path().join("image");
    let out = dir.path().join("out");
    making::make_of(tree.path(), &image, &["-p", "-b", "1024"]);
    fs::create_dir(&out).unwrap();
    let request = format!("rdump / {}", out.display());
    let ran = tools::run_ok("debugfs", &["-R".as_ref(), request.as_ref(), image.as_os_str()]);
    let said: Vec<_> = ran.stderr.lines().filter(|line| !line.starts_with("debugfs 1.")).collect();
    assert!(said.is_empty(), "{said:?}");
    // It dumps files, directories and symlinks, of those no attributes, links or sticky bits.
    let rules = Rules {
        owners: root,
        mode_mask: 0o777,
        nanoseconds: false,
        xattr: |_| false,
        holes: |_| false,
        link_groups: false,
        node: |_, mode| matches!(mode >> 12, 0o04 | 0o10 | 0o12),
    };
    // Nor does it set times of symlinks.
    let links = ["-type", "l"];
    tools::succeed(tools::command("find").arg(&out).args(links).args(touch));
    let time = fs::metadata(&out).unwrap().modified().unwrap();
    fs::remove_dir(out.join("lost+found")).unwrap();
    fs::File::open(&out).unwrap().set_modified(time).unwrap();
    same_tree::assert_same(&out, tree.path(), &rules, "rdump");
}

#[test]
fn ext4_view_reads_the_tree() {
    let dir = scratch::dir();
    let tree = trees::plain();
    let image = dir.path().join("image");
    for options in [&["-b", "1024"][..], &["-b", "4096"], &["-b", "4096", "-I", "128"]] {
        making::make_of(tree.path(), &image, options);
        let fs = Ext4::load(Box::new(fs::read(&image).unwrap())).unwrap();
        let mut count = 0;
        let mut pending = vec![String::new()];
        while let Some(path) = pending.pop() {
            for entry in fs.read_dir(&*format!("/{path}")).unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name();
                let name = name.as_str().unwrap();
                let inner = format!("{path}/{name}");
                match entry.file_type().unwrap() {
                    _ if matches!(name, "." | ".." | "lost+found") => continue,
                    FileType::Directory => pending.push(inner),
                    FileType::Regular => {
                        let host = fs::read(tree.at(&inner)).unwrap();
                        assert_eq!(fs.read(&*inner).unwrap(), host, "{inner}");
                    }
                    FileType::Symlink => {
                        let host = fs::read_link(tree.at(&inner)).unwrap();
                        let target = fs.read_link(&*inner).unwrap();
                        assert_eq!(target.as_ref() as &[u8], host.as_os_str().as_encoded_bytes());
                    }
                    _ => {}
                }
                count += 1;
            }
        }
        assert_eq!(count, 6 + 300 + 2 + 1 + 1);
        fs::remove_file(&image).unwrap();
    }
}
