//! A host tree in which everything is odd: every file type, mode, owner, time, attribute, link
//! group, shape of holes and kind of name that a filesystem can hold.
//!
//! It is made on a mounted image, so that the kernel writes it, or in scratch, for `mke2fs -d`:
//!
//! ```ignore
//! let image = Image::new(1024, 24 << 20, &["-N", "6000"]);
//! let mount = LoopMount::read_write(image.path());
//! Odd::everything(1024).make(mount.path());
//! mount.unmount();
//! ```

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags};

use super::{content, xattr};

/// Which oddities a filesystem, and who makes the tree, can have.
#[derive(Debug, Clone, Copy)]
pub struct Odd {
    /// Device nodes, foreign owners, attributes that only root may set. It takes root.
    pub root: bool,
    /// Extended attributes.
    pub xattrs: bool,
    /// Files past 2 GiB.
    pub large_files: bool,
    /// Files in `/many`.
    pub many: usize,
    /// Data and holes are so many bytes long.
    pub block_size: u32,
}

impl Odd {
    /// All of it, with holes of that size.
    pub fn everything(block_size: u32) -> Self {
        Self { root: true, xattrs: true, large_files: true, many: 3_200, block_size }
    }

    /// Makes the tree in the directory `root`, which is there.
    pub fn make(self, root: &Path) {
        let made = Made { root, odd: self };
        made.files();
        made.names();
        made.symlinks();
        made.sparse();
        made.deep_and_many();
        if self.root {
            made.nodes();
        } else {
            made.node("nodes/fifo", FileType::Fifo, 0o644, (0, 0));
        }
        made.links();
        // What changes an inode clears what comes after it: owner, mode, attributes, times.
        if self.root {
            made.owners();
        }
        made.modes();
        if self.xattrs {
            made.xattrs();
        }
        made.times();
    }
}

/// Modes, one directory and one file of each.
const MODES: &[u32] =
    &[0o000, 0o001, 0o200, 0o444, 0o640, 0o777, 0o1777, 0o2755, 0o4755, 0o6711, 0o7777, 0o4000];

/// Owners: of 16 bits, of more, and of the most.
const OWNERS: &[(u32, u32)] =
    &[(1, 2), (65_534, 65_535), (65_536, 70_000), (100_000, 4_000_000_000), (4_294_967_294, 0)];

/// Seconds and nanoseconds since 1970.
const TIMES: &[(i64, i64)] = &[
    (1_000_000_000, 123_456_789),
    (0, 0),
    (0, 1),
    (-1, 999_999_999),
    (-1_000_000_000, 5),
    (-2_147_483_648, 0),
    (2_147_483_647, 999_999_999),
    (2_147_483_648, 7),
    (4_294_967_295, 1),
    (4_294_967_296, 0),
    (10_000_000_000, 987_654_321),
];

/// What is read as root, and as nobody who lacks every right.
const DEVICES: &[(&str, FileType, (u32, u32))] = &[
    ("nodes/tty", FileType::CharacterDevice, (4, 64)),
    ("nodes/null", FileType::CharacterDevice, (1, 3)),
    ("nodes/large-char", FileType::CharacterDevice, (300, 70_000)),
    ("nodes/disk", FileType::BlockDevice, (8, 1)),
    ("nodes/large-block", FileType::BlockDevice, (4_095, 1_048_575)),
    ("nodes/zero-block", FileType::BlockDevice, (0, 0)),
];

struct Made<'a> {
    root: &'a Path,
    odd: Odd,
}

impl Made<'_> {
    fn at(&self, path: impl AsRef<OsStr>) -> PathBuf {
        let there = self.root.join(path.as_ref());
        fs::create_dir_all(there.parent().expect("a parent")).expect("directories");
        there
    }

    fn file(&self, path: impl AsRef<OsStr>, bytes: &[u8]) {
        fs::write(self.at(path), bytes).expect("a file");
    }

    fn directory(&self, path: &str) {
        fs::create_dir_all(self.at(path)).expect("a directory");
    }

    fn node(&self, path: &str, kind: FileType, mode: u32, (major, minor): (u32, u32)) {
        let device = rustix::fs::makedev(major, minor);
        let mode = Mode::from_raw_mode(mode);
        rustix::fs::mknodat(CWD, self.at(path), kind, mode, device).expect("a node");
    }

    fn link(&self, existing: &str, path: &str) {
        fs::hard_link(self.root.join(existing), self.at(path)).expect("a hard link");
    }

    fn files(&self) {
        self.file("files/empty", b"");
        for len in [1, 59, 60, 1023, 1024, 1025, 4095, 4096, 4097, 300_077] {
            self.file(format!("files/{len}"), &content::bytes(len as u64, len));
        }
        self.file("files/zeros", &[0; 20_000]);
        self.directory("empty/inner/innermost");
    }

    fn names(&self) {
        let long = "l".repeat(255);
        let names: &[&[u8]] = &[
            b"new\nline",
            b"back\\slash",
            b"quotes\"'`",
            b"latin-\xe9\xff",
            b"\xf0\x9f",
            b"\x01\x1b[31m\x7f",
            b" ",
            b" blanks ",
            b"-dash",
            b"--",
            b"...",
            b"..x",
            b"*?[x]",
            "\u{fc}\u{1f980}".as_bytes(),
            long.as_bytes(),
        ];
        for name in names {
            self.file(Path::new("names").join(OsStr::from_bytes(name)), name);
            let inner = Path::new("names-of-directories").join(OsStr::from_bytes(name));
            self.file(inner.join(OsStr::from_bytes(name)), name);
        }
    }

    fn symlinks(&self) {
        self.directory("links");
        for len in [1, 58, 59, 60, 61, 500, 1000] {
            let target = format!("{}f", "./".repeat(len / 2))[..len].to_owned();
            symlink(target, self.at(format!("links/{len}"))).expect("a symlink");
        }
        let targets: &[(&str, &[u8])] = &[
            ("dangling", b"nothing here"),
            ("absolute", b"/etc/passwd"),
            ("up", b"../files/1"),
            ("far-up", b"../../../../../../etc"),
            ("directory", b"../empty"),
            ("loop", b"loop"),
            ("bytes", b"\xff\n\x01"),
        ];
        for (name, target) in targets {
            let link = self.at(Path::new("links").join(name));
            symlink(OsStr::from_bytes(target), link).expect("a symlink");
        }
    }

    fn sparse(&self) {
        let kib = 1 << 10;
        let block = u64::from(self.odd.block_size);
        // Size, and the blocks that hold data.
        let mut shapes: Vec<(&str, u64, Vec<u64>)> = vec![
            ("only-hole", 1_000_000, vec![]),
            ("only-hole-4096", 4096, vec![]),
            ("at-start", 40 * block, vec![39]),
            ("at-end", 40 * block + 17, vec![0, 1]),
            ("in-middle", 40 * block, vec![0, 39]),
            ("both-ends", 40 * block - 5, vec![20, 21]),
            ("comb", 64 * block, (0..32).map(|at| 2 * at).collect()),
            ("comb-shifted", 64 * block, (0..32).map(|at| 2 * at + 1).collect()),
            ("tail-of-one-byte", 30 * block + 1, vec![3, 30]),
            ("past-single", 3 * 1024 * kib, vec![11, 12, 300, 700]),
        ];
        if self.odd.large_files {
            let gib = 1 << 30;
            shapes.push(("over-2g", 2 * gib + 12_345, vec![0, 2 * gib / block]));
            shapes.push(("over-4g", 5 * gib, vec![4 * gib / block - 1, 4 * gib / block]));
        }
        for (name, size, blocks) in shapes {
            let file = File::create(self.at(format!("sparse/{name}"))).expect("a file");
            file.set_len(size).expect("a size");
            for at in blocks {
                let offset = at * block;
                let mut data = vec![0; block.min(size - offset) as usize];
                content::fill(size, offset, &mut data);
                file.write_all_at(&data, offset).expect("data");
            }
        }
        // Zeros that are no hole.
        let file = File::create(self.at("sparse/zeros-and-hole")).expect("a file");
        file.set_len(64 * block).expect("a size");
        file.write_all_at(&vec![0; 4 * block as usize], 8 * block).expect("data");
    }

    fn deep_and_many(&self) {
        self.file(format!("deep{}/leaf", "/d".repeat(299)), b"deep\n");
        for index in 0..self.odd.many {
            self.file(format!("many/entry-{index:05}-{}", "n".repeat(index % 60)), b"");
        }
    }

    fn nodes(&self) {
        for (path, kind, device) in DEVICES {
            self.node(path, *kind, 0o600, *device);
        }
        self.node("nodes/fifo", FileType::Fifo, 0o644, (0, 0));
        self.node("nodes/socket", FileType::Socket, 0o755, (0, 0));
    }

    fn links(&self) {
        self.file("groups/a/file", b"many names\n");
        for index in 0..20 {
            self.link("groups/a/file", &format!("groups/b/{index}"));
        }
        self.link("groups/a/file", "zz-last-name-of-the-group");
        self.link("links/60", "groups/b/slow-symlink");
        self.link("links/dangling", "groups/b/fast-symlink");
        self.link("nodes/fifo", "groups/b/fifo");
        self.link("sparse/comb", "groups/a/comb");
        self.link("files/empty", "groups/b/empty");
        if self.odd.root {
            self.link("nodes/large-char", "groups/b/device");
            self.link("nodes/socket", "groups/b/socket");
        }
    }

    fn owners(&self) {
        for (index, (uid, gid)) in OWNERS.iter().enumerate() {
            let file = format!("owners/{index}/file");
            self.file(&file, b"owned\n");
            let link = format!("owners/{index}/link");
            symlink("file", self.at(&link)).expect("a symlink");
            for path in [file, link, format!("owners/{index}")] {
                lchown(self.root.join(path), Some(*uid), Some(*gid)).expect("an owner");
            }
        }
        lchown(self.root.join("nodes/fifo"), Some(7), Some(70_000)).expect("an owner");
    }

    fn modes(&self) {
        for mode in MODES {
            if !self.odd.root && mode & 0o400 == 0 {
                continue; // Who is not root could not read them to put them into an image.
            }
            let file = format!("modes/file-{mode:04o}");
            self.file(&file, format!("{mode:o}").as_bytes());
            let inner = format!("modes/directory-{mode:04o}/inner");
            self.file(&inner, b"inside\n");
            for path in [file, format!("modes/directory-{mode:04o}")] {
                let permissions = fs::Permissions::from_mode(*mode);
                fs::set_permissions(self.root.join(path), permissions).expect("a mode");
            }
        }
    }

    fn set_xattr(&self, path: &str, name: &str, value: &[u8]) {
        let there = self.root.join(path);
        rustix::fs::lsetxattr(&there, name, value, XattrFlags::empty())
            .unwrap_or_else(|e| panic!("{} {name}: {e}", there.display()));
    }

    fn xattrs(&self) {
        self.file("xattrs/user", b"u");
        self.set_xattr("xattrs/user", "user.note", b"hello");
        self.set_xattr("xattrs/user", "user.empty", b"");
        self.set_xattr("xattrs/user", "user.bytes \u{20ac}", b"\0\xff\n=\0");
        // Too much for an inode, and the same for many: the kernel shares the block.
        for index in 0..20 {
            let path = format!("xattrs/shared-{index}");
            self.file(&path, b"");
            self.set_xattr(&path, "user.large", &[b'x'; 700]);
        }
        self.directory("xattrs/directory");
        self.set_xattr("xattrs/directory", "user.note", b"of a directory");
        for path in ["xattrs/acl", "xattrs/acl-0600"] {
            self.file(path, b"guarded\n");
            self.set_xattr(path, "system.posix_acl_access", &xattr::acl(100_000));
        }
        self.set_xattr("xattrs/directory", "system.posix_acl_default", &xattr::acl(1000));
        self.set_xattr("xattrs/directory", "system.posix_acl_access", &xattr::acl(1001));
        if !self.odd.root {
            return;
        }
        self.file("xattrs/capable", b"\x7fELF");
        self.set_xattr("xattrs/capable", "security.capability", &xattr::capability());
        self.set_xattr("xattrs/capable", "security.selinux", &xattr::selinux());
        self.set_xattr("xattrs/user", "trusted.secret", b"for root");
        // The kernel lets no one but root put attributes on these, and no `user.` ones at all.
        self.set_xattr("links/60", "trusted.of-a-symlink", b"1");
        self.set_xattr("nodes/tty", "trusted.of-a-device", b"2");
        self.set_xattr("nodes/fifo", "trusted.of-a-fifo", b"3");
        self.set_xattr("modes/file-0000", "user.behind-a-mode", b"4");
    }

    /// Every path its own time; what is inside a directory first, the root last.
    fn times(&self) {
        let mut paths = vec![self.root.to_path_buf()];
        let mut next = 0;
        while let Some(directory) = paths.get(next).cloned() {
            next += 1;
            if fs::symlink_metadata(&directory).expect("an entry").is_dir() {
                let entries = fs::read_dir(&directory).expect("a directory");
                paths.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        }
        paths.sort();
        for (index, path) in paths.iter().enumerate().rev() {
            let (tv_sec, tv_nsec) = TIMES[index % TIMES.len()];
            let time = Timespec { tv_sec, tv_nsec };
            let times = Timestamps { last_access: time, last_modification: time };
            rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).expect("a time");
        }
    }
}
