//! Entries that are encoded for an archive are what GNU tar and Python's tarfile read: also those
//! that no image of a test's size has.

#![allow(clippy::single_range_in_vec_init, reason = "one range of data is a list of ranges")]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use mpimg::host::archive::{Entry, Kind, append_end, append_entry, padding_of};
use tempfile::TempDir;

use crate::support::{nodes, scratch, skipped, tools, xattr};

/// Lists an archive with Python's tarfile: type, name, size, mode, owner, time, link, a line each.
const LISTING: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    for m in tar:
        mtime = m.pax_headers.get('mtime', m.mtime)
        print(m.type.decode(), ascii(m.name), m.size, '%o' % m.mode, m.uid, m.gid, mtime,
              ascii(m.linkname), sep='|')
";

/// Extracts an archive with it.
const EXTRACT: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    tar.extractall(sys.argv[2], numeric_owner=True)
";

/// A name, a length, and where there is data.
type SparseFile<'a> = (&'a [u8], u64, &'a [Range<u64>]);

/// An archive in a file, which may have holes.
struct Archive {
    dir: TempDir,
    file: File,
}

impl Archive {
    fn new() -> Self {
        let dir = scratch::dir();
        let file = File::create(dir.path().join("a.tar")).unwrap();
        Self { dir, file }
    }

    /// Adds an entry whose data is holes in the archive's file.
    #[track_caller]
    fn add(&mut self, entry: &Entry<'_>) {
        let mut out = Vec::new();
        let stored = append_entry(&mut out, entry).unwrap();
        self.file.write_all(&out).unwrap();
        let padded = stored + padding_of(stored) as u64;
        self.file.seek(SeekFrom::Current(i64::try_from(padded).unwrap())).unwrap();
    }

    /// Adds an entry with its data.
    #[track_caller]
    fn add_with(&mut self, entry: &Entry<'_>, data: &[u8]) {
        let mut out = Vec::new();
        let stored = append_entry(&mut out, entry).unwrap();
        assert_eq!(stored, data.len() as u64);
        out.extend_from_slice(data);
        out.resize(out.len() + padding_of(stored), 0);
        self.file.write_all(&out).unwrap();
    }

    /// Ends it.
    fn path(mut self) -> (TempDir, PathBuf) {
        let mut out = Vec::new();
        append_end(&mut out, self.file.stream_position().unwrap());
        self.file.write_all(&out).unwrap();
        let path = self.dir.path().join("a.tar");
        (self.dir, path)
    }
}

#[track_caller]
fn python(script: &str, args: &[&Path]) -> String {
    let ran = tools::succeed(tools::command("python3").arg("-c").arg(script).args(args));
    assert_eq!(ran.stderr, "");
    ran.text()
}

/// What GNU tar lists, with names as they are and whole times.
#[track_caller]
fn gnu_list(archive: &Path) -> Vec<u8> {
    let options = ["--list", "--quoting-style=literal", "-f"];
    let ran = tools::succeed(tools::command("tar").args(options).arg(archive));
    assert_eq!(ran.stderr, "");
    ran.stdout
}

/// Extracts with GNU tar, all that root can.
#[track_caller]
fn gnu_extract(archive: &Path, to: &Path) {
    let options =
        ["--xattrs", "--xattrs-include=*", "-p", "--same-owner", "--warning=no-timestamp"];
    let ran = tools::succeed(
        tools::command("tar").args(options).arg("-xf").arg(archive).arg("-C").arg(to),
    );
    assert_eq!(ran.stderr, "");
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn file(path: &[u8]) -> Entry<'_> {
    Entry { mode: 0o644, ..Entry::new(path, Kind::File { len_bytes: 0 }) }
}

/// A path of that many bytes, of directories of 49 bytes.
fn path_of(len: usize) -> Vec<u8> {
    let mut path = b"directory-of-forty-nine-bytes-and-a-slash-behind/".repeat(len / 49 + 1);
    path.truncate(len);
    if path.ends_with(b"/") {
        path[len - 1] = b'x';
    }
    path
}

#[test]
fn names_of_any_length_and_of_any_bytes_are_read_back() {
    let mut names: Vec<Vec<u8>> = (90..310).map(path_of).collect();
    names.extend([99, 100, 101, 155, 156, 157, 255].map(|len| vec![b'n'; len]));
    names.extend([path_of(5000), b"not-utf8-\xff\xfe/\xe9".to_vec(), "gr\u{fc}n".into()]);
    names.extend([b"back\\slash".to_vec(), b"-dash".to_vec(), b"a = b".to_vec(), b" ".to_vec()]);
    names.push([b"\xff/".repeat(80), b"newline\n11 path=x".to_vec()].concat());
    let mut archive = Archive::new();
    for name in &names {
        archive.add(&file(name));
    }
    let (_dir, path) = archive.path();

    let wanted: Vec<u8> = names.iter().flat_map(|name| [name, b"\n".as_slice()].concat()).collect();
    assert_eq!(gnu_list(&path).escape_ascii().to_string(), wanted.escape_ascii().to_string());
    let script = "
import sys, os, tarfile
with tarfile.open(sys.argv[1]) as tar:
    for m in tar:
        sys.stdout.buffer.write(os.fsencode(m.name) + b'\\n')
";
    // In a locale of UTF-8, as its users have.
    let mut command = tools::command("python3");
    let ran = tools::succeed(command.env("LC_ALL", "C.UTF-8").args(["-c", script]).arg(&path));
    assert_eq!(ran.stdout.escape_ascii().to_string(), wanted.escape_ascii().to_string());
}

#[test]
fn long_links_are_read_back() {
    let (target, first) = (path_of(4000), path_of(300));
    let raw = b"\xff\xfe";
    let mut archive = Archive::new();
    archive.add(&file(&first));
    archive.add(&Entry::new(b"symlink", Kind::Symlink { target: &target }));
    archive.add(&Entry::new(b"raw", Kind::Symlink { target: raw }));
    archive.add(&Entry::new(b"hard", Kind::HardLink { target: &first }));
    let (dir, path) = archive.path();
    for (name, extract) in [("gnu", true), ("python", false)] {
        let to = dir.path().join(name);
        std::fs::create_dir(&to).unwrap();
        if extract {
            gnu_extract(&path, &to);
        } else {
            python(EXTRACT, &[&path, &to]);
        }
        let link = |name: &str| std::fs::read_link(to.join(name)).unwrap();
        assert_eq!(link("symlink").as_os_str().as_bytes(), target, "{name}");
        assert_eq!(link("raw").as_os_str().as_bytes(), raw, "{name}");
        let ino = |path: &[u8]| to.join(OsStr::from_bytes(path)).metadata().unwrap().ino();
        assert_eq!(ino(b"hard"), ino(&first), "{name}");
    }
}

#[test]
fn numbers_beyond_the_fields_are_read_back() {
    let huge = 9 << 30;
    let mut archive = Archive::new();
    archive.add(&Entry { uid: 2_097_151, gid: 2_097_152, mode: 0o7777, ..file(b"owner") });
    archive.add(&Entry { uid: u32::MAX - 1, gid: u32::MAX - 1, ..file(b"owner-max") });
    archive.add(&Entry { kind: Kind::File { len_bytes: huge }, ..file(b"huge") });
    let data: &[Range<u64>] = &[0..huge];
    let kind = Kind::SparseFile { len_bytes: 2 * huge, data };
    archive.add(&Entry { kind, ..file(b"huge-and-sparse") });
    archive.add(&file(b"last"));
    let (_dir, path) = archive.path();
    assert_eq!(
        python(LISTING, &[&path]),
        "0|'owner'|0|7777|2097151|2097152|0|''\n\
         0|'owner-max'|0|644|4294967294|4294967294|0|''\n\
         0|'huge'|9663676416|644|0|0|0|''\n\
         0|'huge-and-sparse'|19327352832|644|0|0|0|''\n\
         0|'last'|0|644|0|0|0|''\n"
    );
    let options = ["--list", "-v", "--numeric-owner", "-f"];
    let ran = tools::succeed(tools::command("tar").args(options).arg(&path));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let found: Vec<_> = ran
        .text()
        .lines()
        .map(|line| {
            let words = words(line);
            format!("{} {} {} {}", words[0], words[1], words[2], words[5])
        })
        .collect();
    assert_eq!(
        found,
        [
            "-rwsrwsrwt 2097151/2097152 0 owner",
            "-rw-r--r-- 4294967294/4294967294 0 owner-max",
            "-rw-r--r-- 0/0 9663676416 huge",
            "-rw-r--r-- 0/0 19327352832 huge-and-sparse",
            "-rw-r--r-- 0/0 0 last",
        ]
    );
}

#[test]
fn times_are_read_back_to_the_nanosecond() {
    let times = [
        (0, 0),
        (0, 1),
        (1_700_000_000, 123_456_789),
        (1_700_000_000, 100_000_000),
        (-1, 0),
        (-1, 999_999_999),
        (-2, 500_000_000),
        (-2_147_483_647, 1),
        (4_294_967_296, 0),
        (8_589_934_591, 5),
        (15_032_385_534, 999_999_999),
    ];
    let names: Vec<_> = times.iter().map(|time| format!("{time:?}").into_bytes()).collect();
    let mut archive = Archive::new();
    for (name, mtime) in names.iter().zip(times) {
        archive.add(&Entry { mtime, ..file(name) });
    }
    let (dir, path) = archive.path();
    let to = dir.path().join("gnu");
    std::fs::create_dir(&to).unwrap();
    gnu_extract(&path, &to);
    for (name, time) in names.iter().zip(times) {
        let found = to.join(OsStr::from_bytes(name)).metadata().unwrap();
        assert_eq!((found.mtime(), found.mtime_nsec()), (time.0, i64::from(time.1)), "{time:?}");
    }
    // Python's times are floating point numbers: compared to the microsecond.
    let listed = python(LISTING, &[&path]);
    for (line, (seconds, nanoseconds)) in listed.lines().zip(times) {
        let found: f64 = line.split('|').nth(6).unwrap().parse().unwrap();
        let want = seconds as f64 + f64::from(nanoseconds) / 1e9;
        assert!((found - want).abs() < 2e-6, "{line}");
    }
    assert_eq!(listed.lines().count(), times.len());
}

#[test]
fn nodes_and_attributes_are_put_back_by_root() {
    if !is_root() {
        return skipped("nodes_and_attributes_are_put_back_by_root", "needs root");
    }
    let acl = xattr::acl(1234);
    let xattrs = [
        (b"security.capability".to_vec(), xattr::capability()),
        (b"system.posix_acl_access".to_vec(), acl.clone()),
        (b"trusted.binary".to_vec(), b"\0\n=\xff".to_vec()),
        (b"user.empty".to_vec(), Vec::new()),
        (b"user.equals=percent%25".to_vec(), vec![b'v'; 1500]),
        (b"user.\xff\xfe".to_vec(), b"raw".to_vec()),
    ];
    let mut archive = Archive::new();
    archive.add(&Entry { mode: 0o755, ..Entry::new(b"./", Kind::Directory) });
    archive.add(&Entry { xattrs: &xattrs, ..file(b"file") });
    let default = [(b"system.posix_acl_default".to_vec(), acl)];
    archive.add(&Entry { mode: 0o1777, xattrs: &default, ..Entry::new(b"dir/", Kind::Directory) });
    archive.add(&Entry {
        mode: 0o600,
        ..Entry::new(b"tty", Kind::CharDevice { major: 4, minor: 64 })
    });
    let kind = Kind::BlockDevice { major: 4095, minor: 1_048_575 };
    archive.add(&Entry { mode: 0o660, ..Entry::new(b"disk", kind) });
    archive.add(&Entry { mode: 0o604, ..Entry::new(b"fifo", Kind::Fifo) });
    let (dir, path) = archive.path();
    let extract = |name: &str, options: &[&str]| {
        let to = dir.path().join(name);
        std::fs::create_dir(&to).unwrap();
        let mut command = tools::command("tar");
        tools::succeed(command.args(options).args(["-p", "-xf"]).arg(&path).arg("-C").arg(&to));
        nodes::of_kernel(&to)
    };
    let found = extract("xattrs", &["--xattrs", "--xattrs-include=*"]);
    let of = |found: &nodes::Nodes, path: &str| found[path.as_bytes()].xattrs.clone().unwrap();
    assert_eq!(of(&found, "/file"), xattrs.iter().cloned().collect());
    assert_eq!(of(&found, "/dir"), default.iter().cloned().collect());
    for (path, kind, mode, device) in [
        ("/dir", 'd', 0o1777, None),
        ("/tty", 'c', 0o600, Some((4, 64))),
        ("/disk", 'b', 0o660, Some((4095, 1_048_575))),
        ("/fifo", 'p', 0o604, None),
    ] {
        let node = &found[path.as_bytes()];
        assert_eq!((node.kind, node.mode, node.device), (kind, mode, device), "{path}");
    }
    // ACLs alone.
    let found = extract("acls", &["--acls"]);
    assert_eq!(of(&found, "/file"), xattrs[1..2].iter().cloned().collect());
    assert_eq!(of(&found, "/dir"), default.iter().cloned().collect());

    let to = dir.path().join("python");
    std::fs::create_dir(&to).unwrap();
    python(EXTRACT, &[&path, &to]);
    let is = |name: &str, what: fn(&std::fs::FileType) -> bool| {
        assert!(what(&to.join(name).symlink_metadata().unwrap().file_type()), "{name}");
    };
    is("tty", FileTypeExt::is_char_device);
    is("disk", FileTypeExt::is_block_device);
    is("fifo", FileTypeExt::is_fifo);
}

#[test]
fn sparse_files_come_out_with_their_holes() {
    let piece = |byte: u8, len: usize| vec![byte; len];
    let mut archive = Archive::new();
    let gib9 = 9 << 30;
    // Holes in front, in between and behind; an end within a block; nothing at all.
    let files: &[SparseFile<'_>] = &[
        (b"nine-gib", gib9, &[4096..8192, (5 << 30)..(5 << 30) + 1024]),
        (b"ends-in-data", gib9 + 700, &[1 << 30..(1 << 30) + 512, gib9..gib9 + 700]),
        (b"all-hole", 1 << 20, &[]),
        (b"gr\xc3\xbcn/\xff", 3000, &[1024..2048]),
    ];
    for (path, len_bytes, data) in files {
        let stored: u64 = data.iter().map(|range| range.end - range.start).sum();
        let kind = Kind::SparseFile { len_bytes: *len_bytes, data };
        let bytes = piece(path[0], usize::try_from(stored).unwrap());
        archive.add_with(&Entry { kind, ..file(path) }, &bytes);
    }
    archive.add_with(&Entry { kind: Kind::File { len_bytes: 3 }, ..file(b"last") }, b"end");
    let (dir, path) = archive.path();
    for reader in ["gnu", "python"] {
        let to = dir.path().join(reader);
        std::fs::create_dir(&to).unwrap();
        if reader == "gnu" {
            gnu_extract(&path, &to)
        } else {
            drop(python(EXTRACT, &[&path, &to]))
        }
        for (path, len_bytes, data) in files {
            let host = to.join(OsStr::from_bytes(path));
            let found = host.metadata().unwrap();
            let at = format!("{reader}: {}", path.escape_ascii());
            assert_eq!(found.len(), *len_bytes, "{at}");
            assert!(found.blocks() * 512 <= 64 << 10, "{at}: {} blocks", found.blocks());
            let source = File::open(&host).unwrap();
            for range in *data {
                // What the range has, and zeros on either side of it.
                let start = range.start.saturating_sub(512);
                let end = (range.end + 512).min(*len_bytes);
                let mut bytes = vec![1; usize::try_from(end - start).unwrap()];
                std::os::unix::fs::FileExt::read_exact_at(&source, &mut bytes, start).unwrap();
                let want: Vec<u8> =
                    (start..end).map(|at| if range.contains(&at) { path[0] } else { 0 }).collect();
                assert!(bytes == want, "{at}: {range:?}");
            }
        }
        assert_eq!(std::fs::read(to.join("last")).unwrap(), b"end", "{reader}");
    }
}

#[test]
fn the_same_entries_have_the_same_bytes() {
    let bytes = || {
        let mut out = Vec::new();
        for len in [10, 200, 400] {
            let entry = Entry { mtime: (-5, 7), uid: 3_000_000, ..file(b"x") };
            append_entry(&mut out, &Entry { path: &path_of(len), ..entry }).unwrap();
        }
        out
    };
    assert_eq!(bytes(), bytes());
}
