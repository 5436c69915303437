//! What comes out of an image is what `cp -a` makes of the mounted image.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::shapes::{self, Shape};
use crate::support::loopmount::LoopMount;
use crate::support::same_tree::{self, Rules};
use crate::support::{process, scratch, skipped, tools};

/// Extracts all of the image at `image` to `dest`, and fails unless nothing is lost.
#[track_caller]
fn get_all(image: &Path, dest: &Path) {
    let args = ["get".as_ref(), "-rp".as_ref(), "--same-owner".as_ref(), image.as_os_str()];
    let ran = tools::capture(process::command().args(args).arg("/").arg(dest));
    assert_eq!((ran.code, &*ran.stderr, &*ran.text()), (Some(0), "", ""), "{}", image.display());
}

fn without_labels(name: &[u8]) -> bool {
    name != b"security.selinux"
}

#[track_caller]
fn get_equals_cp(shape: &Shape, test: &str) {
    if let Err(reason) = shape.supported() {
        return skipped(test, &reason);
    }
    let image = shape.image();
    let mount = LoopMount::read_only(image.path());
    let dir = scratch::dir();
    let copied = dir.path().join("copied");
    tools::succeed(tools::command("cp").arg("-a").arg(mount.path()).arg(&copied));
    // `cp` leaves labels of SELinux to the policy, and makes holes of what is zeros.
    let kept = |path: &[u8]| path != b"sparse/zeros-and-hole";
    let of_cp = Rules { xattr: without_labels, holes: kept, ..Rules::exact() };
    // On two filesystems, holes differ in their measure.
    let between_two = Rules { holes: |_| false, ..of_cp };
    same_tree::assert_same(&copied, mount.path(), &between_two, "cp -a from the mount");
    let out = dir.path().join("out");
    for round in ["at first", "again"] {
        get_all(image.path(), &out);
        let what = |other| format!("{}, {round}, {other}", shape.name);
        let measured = mount.path().metadata().unwrap().blksize();
        let of_mount = if measured == dir.path().metadata().unwrap().blksize() {
            Rules::exact()
        } else {
            Rules { holes: |_| false, ..Rules::exact() }
        };
        same_tree::assert_same(&out, mount.path(), &of_mount, &what("from the mount"));
        same_tree::assert_same(&out, &copied, &of_cp, &what("from cp -a"));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside");
}

#[test]
fn get_equals_cp_with_large_blocks() {
    get_equals_cp(&shapes::LARGE_BLOCKS, "get_equals_cp_with_large_blocks");
}

#[test]
fn get_equals_cp_with_small_blocks() {
    get_equals_cp(&shapes::SMALL_BLOCKS, "get_equals_cp_with_small_blocks");
}

#[test]
fn get_equals_cp_with_small_inodes() {
    get_equals_cp(&shapes::SMALL_INODES, "get_equals_cp_with_small_inodes");
}

#[test]
fn get_equals_cp_of_revision_0() {
    get_equals_cp(&shapes::REVISION_0, "get_equals_cp_of_revision_0");
}

#[test]
fn get_equals_cp_of_what_mke2fs_made() {
    get_equals_cp(&shapes::WITHOUT_ROOT, "get_equals_cp_of_what_mke2fs_made");
}

#[test]
fn shapes_differ_from_each_other_in_what_they_hold() {
    let name = "shapes_differ_from_each_other_in_what_they_hold";
    if let Err(reason) = shapes::REVISION_0.supported() {
        return skipped(name, &reason);
    }
    let mount = LoopMount::read_only(shapes::LARGE_BLOCKS.image().path());
    let path = mount.path();
    // What would be lost unseen if the tree were not what it says.
    assert!(path.join("sparse/over-4g").metadata().unwrap().len() > 4 << 30);
    let deep = format!("deep{}/leaf", "/d".repeat(299));
    assert_eq!(fs::read(path.join(deep)).unwrap(), b"deep\n");
    assert!(shapes::LARGE_BLOCKS.odd().root && !shapes::WITHOUT_ROOT.odd().root);
}
