//! What the host says of files, extended attributes included.

use rustix::fs::{
    AtFlags, Gid, Timespec, Timestamps, Uid, XattrFlags, chownat, lsetxattr, utimensat,
};

use super::super::xattrs::XattrReader;
use super::*;
use crate::fs::{Time, acl_from_disk};

fn set_mtime(path: &Path, tv_sec: i64, tv_nsec: i64) {
    let time = Timespec { tv_sec, tv_nsec };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn set_xattr(path: &Path, name: &str, value: &[u8]) -> rustix::io::Result<()> {
    lsetxattr(path, name, value, XattrFlags::empty())
}

fn xattrs(scan: &Scan, path: &str) -> Vec<(String, Vec<u8>)> {
    let text = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
    let found = view(scan, path).xattrs.iter();
    // A host with SELinux labels everything.
    let found = found.filter(|xattr| xattr.name != b"security.selinux");
    found.map(|xattr| (text(&xattr.name), xattr.value.clone())).collect()
}

#[test]
fn modes_and_times_are_as_the_host_says_and_so_are_those_of_the_directory_itself() {
    let dir = Scratch::new();
    let paths = ["tree", "tree/d", "tree/d/file", "tree/d/link"];
    dir.file("tree/d/file", b"x");
    symlink("file", dir.join("tree/d/link")).unwrap();
    for (path, mode) in [("tree/d/file", 0o6751), ("tree/d", 0o3775), ("tree", 0o1711)] {
        fs::set_permissions(dir.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (at, path) in paths.into_iter().enumerate().rev() {
        set_mtime(&dir.join(path), i64::try_from(at).unwrap() - 2, 123_456_789);
    }
    let scan = with(&dir.join("tree"), &ScanOptions::default());
    let metas = ["", "d", "d/file", "d/link"].map(|path| view(&scan, path).meta);
    assert_eq!(metas.map(|meta| meta.permissions), [0o1711, 0o3775, 0o6751, 0o777]);
    for (seconds, meta) in (-2..).zip(metas) {
        assert_eq!(meta.mtime, Time { seconds, nanoseconds: 123_456_789 });
    }
}

#[test]
fn owners_are_as_the_host_says() {
    if !needs_root("owners_are_as_the_host_says") {
        return;
    }
    let dir = Scratch::new();
    dir.file("file", b"");
    symlink("nowhere", dir.join("link")).unwrap();
    let own = |path: &str, uid, gid| {
        let owner = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
        chownat(CWD, dir.join(path), owner.0, owner.1, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    };
    own("file", 1000, 70_000);
    own("link", 4_000_000_000, 7);
    own("", 5, 6);
    let scan = dir.scan();
    let owners = ["", "file", "link"].map(|path| view(&scan, path).meta);
    let owners = owners.map(|meta| (meta.uid, meta.gid));
    assert_eq!(owners, [(5, 6), (1000, 70_000), (4_000_000_000, 7)]);
}

#[test]
fn attributes_of_users_and_acls_are_kept_in_the_form_of_the_disk() {
    let dir = Scratch::new();
    let file = dir.file("d/file", b"");
    dir.file("d/plain", b"");
    let acl = acl_from_disk(&[
        1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 4, 0, 232, 3, 0, 0, 4, 0, 4, 0, 16, 0, 4, 0, 32, 0, 4, 0,
    ]);
    let acl = acl.unwrap();
    let set = set_xattr(&file, "user.zwei", b"2").and_then(|()| {
        set_xattr(&file, "system.posix_acl_access", &acl)?;
        set_xattr(&dir.join("d"), "system.posix_acl_default", &acl)
    });
    if let Err(errno) = set {
        skipped("attributes_of_users_and_acls_are_kept", &errno.to_string());
        return;
    }
    set_xattr(&file, "user.eins", b"").unwrap();
    set_xattr(&dir.join("d"), "user.dir", &[0, 255]).unwrap();
    set_xattr(dir.path(), "user.root", b"root").unwrap();
    let on_disk = crate::fs::acl_to_disk(&acl).unwrap();
    let named = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let scan = dir.scan();
    let wanted = [
        named("system.posix_acl_access", &on_disk),
        named("user.eins", b""),
        named("user.zwei", b"2"),
    ];
    assert_eq!(xattrs(&scan, "d/file"), wanted);
    let wanted = [named("system.posix_acl_default", &on_disk), named("user.dir", &[0, 255])];
    assert_eq!(xattrs(&scan, "d"), wanted);
    assert_eq!(xattrs(&scan, ""), [named("user.root", b"root")]);
    assert_eq!(xattrs(&scan, "d/plain"), []);
    assert_eq!(scan.losses, Vec::<String>::new());
}

#[test]
fn attributes_of_any_length_and_number_are_kept() {
    let dir = Scratch::new();
    let file = dir.file("file", b"");
    let name = |at: usize| format!("user.{}", "n".repeat(at));
    if let Err(errno) = set_xattr(&file, "user.x", &[7; 600]) {
        skipped("attributes_of_any_length_and_number_are_kept", &errno.to_string());
        return;
    }
    // In the order of names, and together no more than a block of 4 KiB holds.
    let mut wanted: Vec<_> = (1..40).map(|at| (name(at), vec![1; at % 9])).collect();
    for (name, value) in &wanted {
        set_xattr(&file, name, value).unwrap();
    }
    wanted.push(("user.x".to_owned(), vec![7; 600]));
    assert_eq!(xattrs(&dir.scan(), "file"), wanted);
}

#[test]
fn capabilities_and_attributes_of_symbolic_links_are_kept() {
    if !needs_root("capabilities_and_attributes_of_symbolic_links_are_kept") {
        return;
    }
    let dir = Scratch::new();
    let file = dir.file("ping", b"");
    symlink("ping", dir.join("link")).unwrap();
    // cap_net_raw=ep
    let capability = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    set_xattr(&file, "security.capability", &capability).unwrap();
    set_xattr(&dir.join("link"), "trusted.of-the-link", b"x").unwrap();
    set_xattr(&file, "trusted.of-the-file", b"y").unwrap();
    let scan = dir.scan();
    let wanted = [
        ("security.capability".to_owned(), capability.to_vec()),
        ("trusted.of-the-file".to_owned(), b"y".to_vec()),
    ];
    assert_eq!(xattrs(&scan, "ping"), wanted);
    assert_eq!(xattrs(&scan, "link"), [("trusted.of-the-link".to_owned(), b"x".to_vec())]);
}

#[test]
fn attributes_are_the_same_with_and_without_a_working_directory() {
    let dir = Scratch::new();
    let file = dir.file("file", b"");
    if let Err(errno) = set_xattr(&file, "user.x", b"x") {
        skipped("attributes_are_the_same", &errno.to_string());
        return;
    }
    let before = std::env::current_dir().unwrap();
    let open = openat(CWD, dir.path(), DIRECTORY, Mode::empty()).unwrap();
    let stat = rustix::fs::stat(&file).unwrap();
    let mut through_proc = XattrReader::new(false);
    through_proc.enter(&open);
    let wanted = through_proc.of_name(c"file", &stat).unwrap();
    assert!(wanted.iter().any(|xattr| xattr.name == b"user.x" && xattr.value == b"x"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut by_name = XattrReader::new(XattrReader::separate());
            by_name.enter(&open);
            assert_eq!(by_name.of_name(c"file", &stat).unwrap(), wanted);
        });
    });
    // What a thread does to its own directory is nobody else's.
    assert_eq!(std::env::current_dir().unwrap(), before);
}
