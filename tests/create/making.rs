//! Images made by `mpimg create`, and what is said of them.
//!
//! ```ignore
//! let dir = scratch::dir();
//! let image = dir.path().join("image");
//! making::make(&image, &["--size", "1M"]);
//! making::fsck(&image);
//! ```

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::same_tree::data_segments;
use crate::support::tools::{self, Ran};
use crate::support::{command, process};

/// The time of everything that is invented.
pub const EPOCH: &str = "1700000000";

/// `mpimg create` at [`EPOCH`], which does not wait for disks: no test pulls a plug.
pub fn command() -> Command {
    let mut command = process::command();
    command.env("SOURCE_DATE_EPOCH", EPOCH).args(["create", "--no-sync"]);
    command
}

/// Runs `mpimg create ARGS IMG`; the exit code is the caller's to judge.
#[track_caller]
pub fn create(image: &Path, args: &[&str]) -> Ran {
    tools::capture(command().args(args).arg(image))
}

/// Makes an image, without a word.
#[track_caller]
pub fn make(image: &Path, args: &[&str]) {
    let ran = create(image, args);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "create {args:?}");
    assert_eq!(ran.text(), "", "create {args:?}");
}

/// Makes an image of a tree, without a word.
#[track_caller]
pub fn make_of(tree: &Path, image: &Path, args: &[&str]) {
    let from = ["--from", tree.to_str().expect("a path")];
    make(image, &[&from, args].concat());
}

/// Makes an image, and returns what `--json` says of it.
#[track_caller]
pub fn make_json(image: &Path, args: &[&str]) -> Value {
    let ran = create(image, &[args, &["--json"]].concat());
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "create {args:?}");
    let [line] = &command::lines(&ran.stdout)[..] else { panic!("a line: {}", ran.text()) };
    line.clone()
}

/// Fails the test unless `e2fsck -fn` finds everything as it should be, without a remark.
#[track_caller]
pub fn fsck(image: &Path) {
    let ran = tools::run("e2fsck", &["-fn".as_ref(), image.as_os_str()]);
    let name = image.display().to_string();
    let usual = |line: &&str| line.starts_with("Pass ") || line.starts_with(&name);
    let text = ran.text();
    let odd: Vec<_> = text.lines().filter(|line| !usual(line) && !line.is_empty()).collect();
    assert!(ran.code == Some(0) && odd.is_empty(), "e2fsck -fn {name}\n{text}{}", ran.stderr);
    let version = |line: &&str| line.starts_with("e2fsck 1.");
    assert_eq!(ran.stderr.lines().filter(|line| !version(line)).count(), 0, "{}", ran.stderr);
}

/// Fails where two files are not the same, byte by byte; reads no holes.
#[track_caller]
pub fn assert_same_bytes(found: &Path, expected: &Path, what: &str) {
    let open = |path: &Path| File::open(path).expect("a file");
    let (left, right) = (open(found), open(expected));
    let len = |file: &File| file.metadata().expect("a size").len();
    assert_eq!(len(&left), len(&right), "{what}: the length in bytes");
    let mut buffers = (vec![0; 1 << 20], vec![0; 1 << 20]);
    for segment in [data_segments(&left), data_segments(&right)].concat() {
        let mut at = segment.start;
        while at < segment.end {
            let len = (segment.end - at).min(1 << 20) as usize;
            let (one, other) = (&mut buffers.0[..len], &mut buffers.1[..len]);
            left.read_exact_at(one, at).expect("bytes");
            right.read_exact_at(other, at).expect("bytes");
            if let Some(first) = (0..len).find(|index| one[*index] != other[*index]) {
                let (is, should, at) = (one[first], other[first], at + first as u64);
                let (small, large) = (at / 1024, at / 4096);
                panic!(
                    "{what}: byte {at} is {is:#04x}, not {should:#04x} (block {small} of 1 KiB, \
                     {large} of 4 KiB, byte {} of it)",
                    at % 1024
                );
            }
            at += len as u64;
        }
    }
}

/// What is in a directory, by name.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
