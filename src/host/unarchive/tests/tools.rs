//! Archives that others make: GNU tar, Python's tarfile, and ourselves.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use super::*;
use crate::host::archive;

/// Seconds of the time of everything in the tree.
const SECONDS: i64 = 1_234_567_890;

/// A tree in which everything occurs that a user may make.
fn tree(below: &Path, long_names: bool) {
    let make = |name: &str, bytes: &[u8]| fs::write(below.join(name), bytes).unwrap();
    fs::create_dir(below.join("dir")).unwrap();
    make("dir/empty", b"");
    make("dir/block", &[b'b'; 512]);
    make("dir/large", &b"0123456789".repeat(50_000));
    make("dir/\u{fc}mlaut", b"u");
    fs::write(below.join("dir").join(OsStr::from_bytes(b"\xe9 = \n")), b"raw").unwrap();
    make("exec", b"#!/bin/sh\n");
    fs::set_permissions(below.join("exec"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::hard_link(below.join("exec"), below.join("dir/exec-too")).unwrap();
    symlink("dir/large", below.join("link")).unwrap();
    fs::hard_link(below.join("link"), below.join("link-too")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        below.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o640),
        0,
    )
    .unwrap();
    let sparse = fs::File::create(below.join("sparse")).unwrap();
    for extent in 0..30 {
        sparse.write_all_at(&[b'd'; 4096], extent * 65_536 + 4096).unwrap();
    }
    sparse.set_len(3 << 20).unwrap();
    let hole = fs::File::create(below.join("hole")).unwrap();
    hole.set_len(1 << 20).unwrap();
    if long_names {
        let mut path = below.to_owned();
        for _ in 0..5 {
            path.push("n".repeat(90));
            fs::create_dir(&path).unwrap();
        }
        fs::write(path.join("f".repeat(255)), b"far").unwrap();
        symlink("t".repeat(300), path.join("s")).unwrap();
    }
}

/// The lines that [`listing`] has of a tree of the host, with the owner and the nanoseconds given.
fn expected(below: &Path, owner: &str, nanoseconds: u32) -> Vec<String> {
    let mut found = BTreeMap::new();
    walk(below, "", &mut |path, at| {
        let metadata = fs::symlink_metadata(at).unwrap();
        let holds = if metadata.is_symlink() {
            format!("-> {} x{}", fs::read_link(at).unwrap().display(), metadata.nlink())
        } else if metadata.is_file() {
            let bytes = fs::read(at).unwrap();
            format!("file x{} {} {:08x}", metadata.nlink(), bytes.len(), crc32fast::hash(&bytes))
        } else if metadata.is_dir() {
            "Directory".to_owned()
        } else {
            "Fifo".to_owned()
        };
        let mode = metadata.mode() & 0o7777;
        let line = format!("{path} {mode:o} {owner} {SECONDS}.{nanoseconds} {holds}");
        found.insert(path.to_owned(), line);
    });
    found.into_values().collect()
}

fn walk(directory: &Path, path: &str, visit: &mut dyn FnMut(&str, &Path)) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{path}{}", entry.file_name().to_string_lossy());
        visit(&path, &entry.path());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), visit);
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Sorted as text is: of `a` and `a/b` and `a-b` that is not the order of the tree.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn gnu_tar_is_understood_in_all_its_formats() {
    for (format, sparse, id) in [
        ("v7", None, 1234),
        ("ustar", None, 2_097_151),
        ("oldgnu", Some("0.0"), 3_000_000_000_u32),
        ("gnu", Some("0.0"), 3_000_000_000),
        ("posix", None, 3_000_000_000),
        ("posix", Some("0.0"), 7),
        ("posix", Some("0.1"), 7),
        ("posix", Some("1.0"), 7),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("tree");
        fs::create_dir(&below).unwrap();
        tree(&below, !matches!(format, "v7" | "ustar"));
        if format == "v7" {
            fs::remove_file(below.join("pipe")).unwrap();
        }
        let nanoseconds = if format == "posix" { 123_456_789 } else { 0 };
        let tar = dir.path().join("a.tar");
        let mut command = Command::new("tar");
        command.arg("-C").arg(&below).arg("-cf").arg(&tar).arg(format!("--format={format}"));
        command.arg(format!("--mtime=@{SECONDS}.123456789"));
        command.args([format!("--owner=o:{id}"), format!("--group=g:{id}")]);
        if let Some(version) = sparse {
            command.args(["--sparse", "--hole-detection=raw"]);
            if format == "posix" {
                command.arg(format!("--sparse-version={version}"));
            }
        }
        run(command.arg("."));
        let found = read(&tar, &options()).unwrap();
        let want = expected(&below, &format!("{id}:{id}"), nanoseconds);
        assert_eq!(sorted(listing(&found)), sorted(want), "{format} {sparse:?}");
        let data = |path| {
            let data = found.inventory.view(lookup(&found, path)).data;
            data.map(|data| data.iter().map(|range| range.end - range.start).sum::<u64>())
        };
        let want = sparse.map(|_| 30 * 4096);
        assert_eq!((data("sparse"), data("hole")), (want, sparse.map(|_| 0)), "{format}");
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn what_tar_says_of_a_file_in_records_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("f"), b"x").unwrap();
    let tar = dir.path().join("a.tar");
    let mut command = Command::new("tar");
    command.arg("-C").arg(dir.path()).arg("-cf").arg(&tar).args([
        "--format=posix",
        "--pax-option=comment=all of it,SCHILY.xattr.user.note:=hello,SCHILY.acl.access:=u::rw",
        "--label=backup",
        "f",
    ]);
    run(&mut command);
    let found = read(&tar, &options()).unwrap();
    let xattrs = found.inventory.view(lookup(&found, "f")).xattrs;
    assert_eq!(xattrs.len(), 1);
    assert_eq!((&*xattrs[0].name, &*xattrs[0].value), (&b"user.note"[..], &b"hello"[..]));
}

#[test]
fn pythons_archives_are_understood_in_all_their_formats() {
    const SCRIPT: &str = "
import io, sys, tarfile
for name, format in [('ustar', tarfile.USTAR_FORMAT), ('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)]:
    with tarfile.open(f'{sys.argv[1]}/{name}.tar', 'w', format=format) as tar:
        def add(path, type, data=b'', **more):
            info = tarfile.TarInfo(path)
            info.type, info.size, info.mode, info.mtime = type, len(data), 0o604, 5
            info.uid, info.gid = (1, 2) if name == 'ustar' else (2 ** 32 - 2, 2 ** 31)
            for key, value in more.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(data))
        long = 'd' * 90 + '/' + 'e' * 90
        add('dir', tarfile.DIRTYPE)
        add('dir/f', tarfile.REGTYPE, b'python')
        add(long, tarfile.REGTYPE, b'long')
        add('dir/l', tarfile.LNKTYPE, linkname='dir/f')
        add('dir/s', tarfile.SYMTYPE, linkname='x' * (100 if name == 'ustar' else 400))
        add('c', tarfile.CHRTYPE, devmajor=5, devminor=300)
        add('b', tarfile.BLKTYPE, devmajor=259, devminor=7)
        add('p', tarfile.FIFOTYPE)
        if name == 'pax':
            add('dir/f', tarfile.REGTYPE, b'', pax_headers={'mtime': '-0.5', 'size': '0'})
";
    let dir = tempfile::tempdir().unwrap();
    run(Command::new("python3").args(["-c", SCRIPT]).arg(dir.path()));
    for (format, ids) in
        [("ustar", "1:2"), ("gnu", "4294967294:2147483648"), ("pax", "4294967294:2147483648")]
    {
        let found = read(&dir.path().join(format!("{format}.tar")), &options()).unwrap();
        let lines = listing(&found);
        let line = |path: &str| {
            let found = lines.iter().find(|line| line.split(' ').next() == Some(path));
            found.unwrap_or_else(|| panic!("{path} of {lines:#?}")).clone()
        };
        let target = "x".repeat(if format == "ustar" { 100 } else { 400 });
        assert_eq!(line("dir"), format!("dir 604 {ids} 5.0 Directory"));
        assert_eq!(line("dir/s"), format!("dir/s 604 {ids} 5.0 -> {target} x1"));
        assert_eq!(line("c"), format!("c 604 {ids} 5.0 CharDevice (5, 300)"));
        assert_eq!(line("b"), format!("b 604 {ids} 5.0 BlockDevice (259, 7)"));
        assert_eq!(line("p"), format!("p 604 {ids} 5.0 Fifo"));
        assert_eq!(text(&found, &format!("{}/{}", "d".repeat(90), "e".repeat(90))), "long");
        assert_eq!(text(&found, "dir/l"), "python");
        if format == "pax" {
            assert!(line("dir/f").starts_with(&format!("dir/f 604 {ids} -1.500000000 file x1 0 ")));
        } else {
            assert_eq!(lookup(&found, "dir/f"), lookup(&found, "dir/l"));
        }
    }
}

#[test]
fn what_we_write_we_read() {
    let acl = crate::fs::acl_from_disk(&[1, 0, 0, 0, 1, 0, 6, 0, 4, 0, 4, 0, 32, 0, 0, 0]).unwrap();
    let xattrs = [
        (b"security.capability".to_vec(), vec![1, 0, 0, 2, 0, 0x20, 0, 0]),
        (b"system.posix_acl_access".to_vec(), acl),
        (b"user.a=%25b".to_vec(), b"\0\n".to_vec()),
    ];
    let long = [b"p/".repeat(150), vec![0xff; 255]].concat();
    let extents = [512..1024, 4096..5000];
    let entries = [
        archive::Kind::Directory,
        archive::Kind::File { len_bytes: 6 },
        archive::Kind::SparseFile { len_bytes: 5000, data: &extents },
        archive::Kind::SparseFile { len_bytes: 1 << 34, data: &extents[..1] },
        archive::Kind::Symlink { target: &long },
        archive::Kind::HardLink { target: b"n1" },
        archive::Kind::CharDevice { major: 4095, minor: 1_048_575 },
        archive::Kind::BlockDevice { major: 0, minor: 0 },
        archive::Kind::Fifo,
    ];
    for path in [b"n".as_slice(), &long] {
        for mtime in [(0, 0), (-5, 1), (i64::MAX, 999_999_999), (i64::MIN, 0)] {
            let mut out = Vec::new();
            for (number, kind) in entries.iter().enumerate() {
                // The long name is too long to be longer.
                let name = match number {
                    1 => b"n1".to_vec(),
                    _ => [format!("{number}/").as_bytes(), path].concat(),
                };
                let entry = archive::Entry {
                    path: &name,
                    kind: *kind,
                    mode: 0o4751,
                    uid: 3_000_000,
                    gid: u32::MAX,
                    mtime,
                    xattrs: &xattrs,
                };
                let stored = archive::append_entry(&mut out, &entry).unwrap();
                let data = out.len();
                out.resize(
                    data + usize::try_from(stored).unwrap(),
                    b'0' + u8::try_from(number).unwrap(),
                );
                out.resize(out.len().next_multiple_of(512), 0);
            }
            let written_bytes = out.len() as u64;
            archive::append_end(&mut out, written_bytes);
            let found = of(&out);
            let view = |number: usize| {
                let mut at = Inventory::ROOT;
                let name = [format!("{number}/").as_bytes(), path].concat();
                let name = if number == 1 { b"n1".to_vec() } else { name };
                for name in name.split(|byte| *byte == b'/') {
                    at = found.inventory.lookup(at, name).unwrap();
                }
                (at, found.inventory.view(at))
            };
            for number in 0..entries.len() {
                let (_, view) = view(number);
                let mtime = Time { seconds: mtime.0, nanoseconds: mtime.1 };
                let meta =
                    crate::fs::Meta { permissions: 0o4751, uid: 3_000_000, gid: u32::MAX, mtime };
                assert_eq!(view.meta, meta, "{number}");
                let seen: Vec<_> =
                    view.xattrs.iter().map(|x| (x.name.clone(), x.for_programs())).collect();
                assert_eq!(seen, xattrs, "{number}");
            }
            assert_eq!((view(1).0, view(1).1.links), (view(5).0, 2));
            assert_eq!(text(&found, "n1"), "111111");
            assert_eq!((view(2).1.len_bytes, view(2).1.data), (5000, Some(&extents[..])));
            assert_eq!((view(3).1.len_bytes, view(3).1.data), (1 << 34, Some(&extents[..1])));
            assert_eq!(view(4).1.target, long);
            assert_eq!((view(6).1.device, view(7).1.device), ((4095, 1_048_575), (0, 0)));
            let place = Place { directory: Inventory::ROOT, name: b"?", node: view(2).0 };
            let bytes = content(&found, place);
            assert!(bytes[512..1024].iter().chain(&bytes[4096..]).all(|byte| *byte == b'2'));
            assert!(bytes[..512].iter().chain(&bytes[1024..4096]).all(|byte| *byte == 0));
        }
    }
}
