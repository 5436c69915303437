//! A tar stream of an image, extracted by others, is the tree that `get -r` makes.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use rustix::fs::FileType;

use crate::shapes::{self, Shape};
use crate::support::loopmount::LoopMount;
use crate::support::same_tree::{self, Rules};
use crate::support::{process, scratch, skipped, tools};

/// What an archive cannot tell: sockets, and where in a file of zeros there are none.
fn kept() -> Rules {
    let no_sockets = |_: &[u8], mode| FileType::from_raw_mode(mode) != FileType::Socket;
    Rules { holes: |_| false, node: no_sockets, ..Rules::exact() }
}

/// Archives the tree that is at `path` in the image.
#[track_caller]
fn archive(image: &Path, path: &str, to: &Path) {
    let mut command = process::command();
    command.arg("tar").arg(image).arg(path).stdout(File::create(to).unwrap());
    let ran = tools::capture(&mut command);
    // A socket is told and left out; that is all that is.
    let lines = process::error_lines(&ran.stderr);
    assert!(lines.len() <= 1 && lines.iter().all(|line| line.contains("socket")), "{lines:?}");
    assert!(matches!(ran.code, Some(0 | 3)), "{:?}", ran.code);
}

/// Directories whose files fit on the host as tar streams them: not those of gigabytes.
const PARTS: &[&str] = &[
    "empty",
    "files",
    "groups",
    "links",
    "many",
    "modes",
    "names",
    "names-of-directories",
    "deep",
];
const PARTS_OF_ROOT: &[&str] = &["nodes", "owners", "xattrs"];

fn parts(shape: &Shape) -> Vec<&'static str> {
    let odd = shape.odd();
    let more = PARTS_OF_ROOT.iter().filter(|part| match **part {
        "xattrs" => odd.xattrs,
        "owners" => odd.root,
        _ => true,
    });
    PARTS.iter().chain(more).copied().collect()
}

#[track_caller]
fn extract_with_gnu_tar(archive: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    let mut command = tools::command("tar");
    command.args([
        "-xp",
        "--same-owner",
        "--numeric-owner",
        "--xattrs",
        "--xattrs-include=*",
        "--warning=no-timestamp",
    ]);
    let ran =
        tools::succeed(command.arg("-C").arg(to).stdin(Stdio::from(File::open(archive).unwrap())));
    assert_eq!(ran.stderr, "", "tar x");
}

#[track_caller]
fn gnu_tar_makes_the_same(shape: &Shape, test: &str) {
    if let Err(reason) = shape.supported() {
        return skipped(test, &reason);
    }
    let mount = LoopMount::read_only(shape.image().path());
    let dir = scratch::dir();
    let (stream, out) = (dir.path().join("stream"), dir.path().join("out"));
    for part in parts(shape) {
        archive(shape.image().path(), &format!("/{part}"), &stream);
        extract_with_gnu_tar(&stream, &out);
        // Links to what is outside the part are single there.
        let rules = Rules { link_groups: matches!(part, "groups"), ..kept() };
        let what = format!("{}: {part}", shape.name);
        let rules = if part == "groups" { Rules { link_groups: false, ..rules } } else { rules };
        same_tree::assert_same(&out.join(part), &mount.path().join(part), &rules, &what);
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn gnu_tar_makes_the_same_of_large_blocks() {
    gnu_tar_makes_the_same(&shapes::LARGE_BLOCKS, "gnu_tar_makes_the_same_of_large_blocks");
}

#[test]
fn gnu_tar_makes_the_same_of_small_inodes() {
    gnu_tar_makes_the_same(&shapes::SMALL_INODES, "gnu_tar_makes_the_same_of_small_inodes");
}

#[test]
fn gnu_tar_makes_the_same_of_what_mke2fs_made() {
    gnu_tar_makes_the_same(&shapes::WITHOUT_ROOT, "gnu_tar_makes_the_same_of_what_mke2fs_made");
}

#[test]
fn gnu_tar_makes_the_same_of_a_whole_image() {
    let shape = &shapes::REVISION_0;
    if let Err(reason) = shape.supported() {
        return skipped("gnu_tar_makes_the_same_of_a_whole_image", &reason);
    }
    let mount = LoopMount::read_only(shape.image().path());
    let dir = scratch::dir();
    let (stream, out) = (dir.path().join("stream"), dir.path().join("out"));
    archive(shape.image().path(), "/", &stream);
    extract_with_gnu_tar(&stream, &out);
    same_tree::assert_same(&out, mount.path(), &kept(), shape.name);
    let again = dir.path().join("again");
    archive(shape.image().path(), "/", &again);
    assert!(fs::read(&stream).unwrap() == fs::read(&again).unwrap(), "the same bytes again");
}

/// Python's tarfile restores neither attributes nor nanoseconds, and follows what a header says.
const EXTRACT: &str = "
import sys, tarfile
with tarfile.open(fileobj=sys.stdin.buffer, mode='r|') as archive:
    archive.extractall(sys.argv[1], numeric_owner=True)
";

#[test]
fn pythons_tarfile_makes_the_same() {
    let shape = &shapes::LARGE_BLOCKS;
    if let Err(reason) = shape.supported() {
        return skipped("pythons_tarfile_makes_the_same", &reason);
    }
    let mount = LoopMount::read_only(shape.image().path());
    let dir = scratch::dir();
    let (stream, out) = (dir.path().join("stream"), dir.path().join("out"));
    for part in parts(shape) {
        archive(shape.image().path(), &format!("/{part}"), &stream);
        let mut command = tools::command("python3");
        command.args(["-W", "ignore", "-c", EXTRACT]).arg(&out);
        tools::succeed(command.stdin(Stdio::from(File::open(&stream).unwrap())));
        // `float` does not hold nanoseconds of most times, and rounds the second of some.
        let rules = Rules { nanoseconds: false, xattr: |_| false, link_groups: false, ..kept() };
        let found = out.join(part);
        round_times(&found, &mount.path().join(part));
        same_tree::assert_same(&found, &mount.path().join(part), &rules, part);
        fs::remove_dir_all(&out).unwrap();
    }
}

/// Gives what is within a microsecond of the expected time that very time.
fn round_times(found: &Path, expected: &Path) {
    use std::os::unix::fs::MetadataExt;
    let Ok(stat) = fs::symlink_metadata(expected) else { return };
    let Ok(made) = fs::symlink_metadata(found) else { return };
    let nanoseconds = |stat: &fs::Metadata| {
        i128::from(stat.mtime()) * 1_000_000_000 + i128::from(stat.mtime_nsec())
    };
    if stat.is_dir() {
        for entry in fs::read_dir(expected).unwrap() {
            let name = entry.unwrap().file_name();
            round_times(&found.join(&name), &expected.join(&name));
        }
    }
    // It does not set the times of symlinks, which are then those of the test.
    if stat.is_symlink() || (nanoseconds(&made) - nanoseconds(&stat)).abs() < 1_000_000 {
        let time = rustix::fs::Timespec { tv_sec: stat.mtime(), tv_nsec: stat.mtime_nsec() };
        let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
        let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::utimensat(rustix::fs::CWD, found, &times, flags).unwrap();
    }
}
