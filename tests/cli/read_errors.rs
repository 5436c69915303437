//! Disks that cannot be read everywhere: what can be read is, and the rest is told by its bytes.

#![allow(clippy::single_range_in_vec_init, reason = "one range that fails is a list of ranges")]

use std::ops::Range;
use std::sync::Arc;

use mpimg::device::{DeviceError, FaultDevice};
use mpimg::fs::{Filesystem, FsError, LastSymlink, OpenOptions};
use mpimg::mpage::{FaultCause, ReadOptions};
use rustix::io::Errno;

use crate::path_text;
use crate::support::disk::Memory;
use crate::support::fragment::{self, Layout};
use crate::support::image::Image;
use crate::support::{content, process, scratch, skipped, tools};

const LEN: usize = 600 * 1024 + 7;
const BLOCK: u64 = 1024;

/// `/f`, in one piece but for its indirect blocks; and its neighbour `/g`.
fn contiguous() -> Image {
    let image = Image::new(1024, 4 << 20, &[]);
    image.write_bytes("/f", &content::bytes(1, LEN));
    image.write_bytes("/g", b"neighbour\n");
    image
}

/// `/f` in runs of a few blocks.
fn fragmented() -> Image {
    let image = Image::new(1024, 4 << 20, &[]);
    let source = image.dir().join("source");
    std::fs::write(&source, content::bytes(1, LEN)).unwrap();
    fragment::reserve(image.path(), &source, "/f", 1, fragment::RUN_BLOCKS);
    image.write_bytes("/g", b"neighbour\n");
    image
}

/// Where on the image file block `n` of `/f` lies, in bytes.
fn place(image: &Image, n: u64) -> u64 {
    let layout = Layout::of(image, "/f");
    let run = layout.data.iter().find(|(file, _, count)| (*file..file + count).contains(&n));
    let (file, block, _) = run.expect("the block is mapped");
    (block + n - file) * BLOCK
}

fn open(image: &Image, faults: &[Range<u64>]) -> Result<Filesystem, FsError> {
    let device = faults.iter().fold(FaultDevice::new(Memory(image.bytes())), |device, range| {
        device.failing(range.clone(), Errno::IO)
    });
    Filesystem::open(Arc::new(device), OpenOptions::default())
}

/// Reads a file: its bytes, and the ranges that could not be read.
fn read(fs: &Filesystem, path: &str) -> Result<(Vec<u8>, Vec<Range<u64>>), FsError> {
    let inode = fs.resolve(path.as_bytes(), LastSymlink::Follow)?;
    let mut file = fs.open_file(&inode, 0..u64::MAX, ReadOptions::for_pages_of(fs.geometry()))?;
    let (mut bytes, mut failed) = (Vec::new(), Vec::new());
    while let Some(faults) = file.next_window() {
        failed.extend(faults.iter().map(|f| f.offset_bytes..f.offset_bytes + f.len_bytes));
        for fault in &faults {
            let cause = &fault.cause;
            let io = matches!(cause, FaultCause::Device(DeviceError::Io { .. }));
            let map = matches!(cause, FaultCause::Map(FsError::Device(DeviceError::Io { .. })));
            assert!(io || map, "{cause:?}");
        }
        file.pieces().for_each(|piece| bytes.extend_from_slice(piece));
    }
    Ok((bytes, failed))
}

/// Bad blocks `bad` of `/f` fail, up to the 4 KiB around each that a disk reads at once; all else
/// is whole.
#[track_caller]
fn assert_narrow(image: &Image, bad: &[u64]) {
    let faults: Vec<_> = bad.iter().map(|n| place(image, *n)).map(|at| at..at + BLOCK).collect();
    let fs = open(image, &faults).unwrap();
    let (bytes, failed) = read(&fs, "/f").unwrap();
    let expected = content::bytes(1, LEN);
    assert_eq!(bytes.len(), LEN);
    for n in bad {
        let hit = failed.iter().any(|range| range.start <= n * BLOCK && n * BLOCK < range.end);
        assert!(hit, "block {n} of {bad:?} is not told: {failed:?}");
    }
    let told: u64 = failed.iter().map(|range| range.end - range.start).sum();
    assert!(told <= 4 * BLOCK * bad.len() as u64, "{failed:?} for blocks {bad:?}");
    for (at, (found, want)) in bytes.iter().zip(&expected).enumerate() {
        let lost = failed.iter().any(|range| range.contains(&(at as u64)));
        assert_eq!(*found, if lost { 0 } else { *want }, "byte {at}, failed {failed:?}");
    }
    assert_eq!(read(&fs, "/g").unwrap(), (b"neighbour\n".to_vec(), vec![]));
}

#[test]
fn a_bad_block_costs_at_most_the_page_around_it() {
    for image in [contiguous(), fragmented()] {
        for bad in [&[0][..], &[11], &[12], &[100], &[267], &[268], &[600], &[5, 300, 301]] {
            assert_narrow(&image, bad);
        }
    }
}

#[test]
fn a_bad_indirect_block_costs_what_it_maps_and_nothing_else() {
    let image = contiguous();
    let layout = Layout::of(&image, "/f");
    // The first indirect block maps file blocks 12..268.
    let at = layout.mapping[0] * BLOCK;
    let fs = open(&image, &[at..at + BLOCK]).unwrap();
    let (bytes, failed) = read(&fs, "/f").unwrap();
    assert_eq!(failed, [12 * BLOCK..268 * BLOCK]);
    let mut expected = content::bytes(1, LEN);
    expected[12 * 1024..268 * 1024].fill(0);
    content::assert_same(&bytes, &expected, "/f");
    assert_eq!(read(&fs, "/g").unwrap().0, b"neighbour\n");
}

#[test]
fn metadata_that_cannot_be_read_is_an_error_of_the_host() {
    let image = contiguous();
    let root: u64 = image.debugfs("blocks /").split_whitespace().next().unwrap().parse().unwrap();
    for at in [2 * BLOCK, root * BLOCK] {
        let fs = open(&image, &[at..at + 1]).unwrap();
        let error = read(&fs, "/f").unwrap_err();
        assert!(matches!(error, FsError::Device(DeviceError::Io { .. })), "{error}");
    }
    // The superblock, and there is no backup in an image of one group.
    let error = open(&image, &[1024..1025]).err().unwrap();
    assert!(matches!(error, FsError::Device(DeviceError::Io { .. })), "{error}");
}

/// `cat` of `/f` under strace, which fails calls on the image: `3+` is the third and all later ones.
#[track_caller]
fn cat_failing_from(image: &Image, when: &str, args: &[&str]) -> tools::Ran {
    let path = path_text(image.path());
    let mut command = tools::command("strace");
    let inject = format!("inject=pread64,preadv:error=EIO:when={when}");
    command.args(["-o", "/dev/null", "-e", &inject, "-P", &path, process::MPIMG, "cat"]);
    tools::capture(command.args(args).args([path.as_str(), "/f"]))
}

/// The calls that a `cat` makes on the image.
fn calls(image: &Image) -> usize {
    let ran = process::run(&["cat", "--stats=json", &path_text(image.path()), "/f"]);
    let stats: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    usize::try_from(stats["calls"].as_u64().unwrap()).unwrap()
}

/// The ranges in the errors of a `cat`.
#[track_caller]
fn ranges(ran: &tools::Ran) -> Vec<(usize, usize)> {
    let lines = process::error_lines(&ran.stderr);
    let range = |line: &&str| {
        let (from, to) = line.split_once(":/f: bytes ")?.1.split_once(' ')?.0.split_once("..")?;
        Some((from.parse().ok()?, to.parse().ok()?))
    };
    lines.iter().filter_map(range).collect()
}

#[test]
fn code_8_a_read_that_fails_ends_the_output_before_its_first_byte() {
    let image = fragmented();
    let expected = content::bytes(1, LEN);
    // The last calls of a fragmented file are on its data.
    let ran = cat_failing_from(&image, &format!("{}+", calls(&image) - 2), &[]);
    assert_eq!(ran.code, Some(8), "{}", ran.stderr);
    let ranges = ranges(&ran);
    assert!(ran.stderr.contains("Input/output error (os error 5)"), "{}", ran.stderr);
    let first = ranges.iter().map(|range| range.0).min().expect("a range");
    assert!(first > 0);
    content::assert_same(&ran.stdout, &expected[..first], "what comes before");
}

#[test]
fn on_error_zero_writes_zeros_of_the_same_length() {
    let image = fragmented();
    let mut expected = content::bytes(1, LEN);
    let ran = cat_failing_from(&image, &format!("{}+", calls(&image) - 2), &["--on-error=zero"]);
    assert_eq!(ran.code, Some(8), "{}", ran.stderr);
    let ranges = ranges(&ran);
    assert!(!ranges.is_empty());
    ranges.iter().for_each(|(from, to)| expected[*from..*to].fill(0));
    content::assert_same(&ran.stdout, &expected, "zeros in place of what failed");
}

#[test]
fn a_call_that_fails_once_is_tried_again_in_parts_and_nothing_is_lost() {
    let image = fragmented();
    let ran = cat_failing_from(&image, &(calls(&image) - 1).to_string(), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    content::assert_same(&ran.stdout, &content::bytes(1, LEN), "/f");
}

#[test]
fn code_8_a_disk_whose_every_read_fails_is_told_in_one_line() {
    let image = contiguous();
    let ran = cat_failing_from(&image, "1+", &[]);
    assert_eq!((ran.code, ran.stdout.len()), (Some(8), 0));
    assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{}", ran.stderr);
}

#[test]
fn a_bad_sector_of_a_block_device_is_told_by_its_bytes() {
    let test = "a_bad_sector_of_a_block_device_is_told_by_its_bytes";
    let image = contiguous();
    let bad = place(&image, 100);
    let target = match BadDisk::new(&image, bad / 512) {
        Ok(disk) => disk,
        Err(reason) => return skipped(test, &reason),
    };
    let ran = process::run(&["cat", "--on-error=zero", &target.path(), "/f"]);
    assert_eq!(ran.code, Some(8), "{}", ran.stderr);
    let ranges = ranges(&ran);
    assert!(ranges.iter().any(|(from, to)| (*from..*to).contains(&(100 * 1024))), "{ranges:?}");
    let mut expected = content::bytes(1, LEN);
    ranges.iter().for_each(|(from, to)| expected[*from..*to].fill(0));
    content::assert_same(&ran.stdout, &expected, "all but the bad page");
}

/// A device-mapper disk over a loop device, one sector of which fails.
struct BadDisk {
    name: String,
    device: String,
    _dir: tempfile::TempDir,
}

impl BadDisk {
    fn new(image: &Image, bad_sector: u64) -> Result<Self, String> {
        let dir = scratch::dir();
        let copy = dir.path().join("disk");
        std::fs::write(&copy, image.bytes()).unwrap();
        let sectors = std::fs::metadata(&copy).unwrap().len() / 512;
        let (Some(_), Some(_)) = (tools::find("losetup"), tools::find("dmsetup")) else {
            return Err("losetup or dmsetup is missing".into());
        };
        let looped = tools::run("losetup", &["--find", "--show", &path_text(&copy)]);
        if looped.code != Some(0) {
            return Err(format!("no loop device: {}", looped.stderr.trim()));
        }
        let device = looped.text().trim().to_owned();
        let name = format!("mpimg-test-{}", std::process::id());
        let disk = Self { name, device, _dir: dir };
        let after = bad_sector + 1;
        let table = format!(
            "0 {bad_sector} linear {device} 0\n{bad_sector} 1 error\n{after} {} linear {device} {after}\n",
            sectors - after,
            device = disk.device,
        );
        let made = tools::run("dmsetup", &["create", &disk.name, "--table", &table]);
        if made.code == Some(0) {
            Ok(disk)
        } else {
            let reason = made.stderr.lines().next().unwrap_or_default();
            Err(format!("no device-mapper disk: {reason}"))
        }
    }

    fn path(&self) -> String {
        format!("/dev/mapper/{}", self.name)
    }
}

impl Drop for BadDisk {
    fn drop(&mut self) {
        let _ = tools::run("dmsetup", &["remove", "--retry", &self.name]);
        let _ = tools::run("losetup", &["--detach", &self.device]);
    }
}
