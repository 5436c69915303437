//! The comparison of trees finds what differs: a copy is the same, and each small change shows.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, XattrFlags};

use crate::support::odd::Odd;
use crate::support::same_tree::{self, Rules};
use crate::support::{loopmount::LoopMount, scratch, skipped, tools};

type Change = fn(&Path);

/// What is changed in a copy, and what the complaint says.
const CHANGES: &[(&str, Change)] = &[
    ("is missing", |root| fs::remove_file(root.join("links/1")).unwrap()),
    ("should not be there", |root| drop(File::create(root.join("files/new")).unwrap())),
    ("files/59: mode", |root| {
        fs::set_permissions(root.join("files/59"), fs::Permissions::from_mode(0o4644)).unwrap();
    }),
    ("files/60: owner", |root| lchown(root.join("files/60"), None, Some(9)).unwrap()),
    ("links/58: owner", |root| lchown(root.join("links/58"), Some(9), None).unwrap()),
    ("files/1023: mtime", |root| {
        let file = File::open(root.join("files/1023")).unwrap();
        let time = file.metadata().unwrap().modified().unwrap();
        file.set_modified(time + Duration::from_nanos(1)).unwrap();
    }),
    ("empty/inner: mtime", |root| {
        File::open(root.join("empty/inner")).unwrap().set_modified(UNIX_EPOCH).unwrap();
    }),
    ("nodes/tty: device", |root| {
        remake(root, "nodes/tty", |path| {
            let device = rustix::fs::makedev(4, 65);
            let mode = Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(CWD, path, FileType::CharacterDevice, mode, device).unwrap();
        });
    }),
    ("links/500: target", |root| remake(root, "links/500", |path| symlink("x", path).unwrap())),
    ("files/4097: type", |root| remake(root, "files/4097", |path| symlink("x", path).unwrap())),
    ("xattrs/shared-3: attributes", |root| {
        let path = root.join("xattrs/shared-3");
        rustix::fs::lsetxattr(path, "user.large", b"other", XattrFlags::empty()).unwrap();
    }),
    ("xattrs/user: attributes", |root| {
        rustix::fs::lremovexattr(root.join("xattrs/user"), "user.empty").unwrap();
    }),
    ("files/300077: byte 300000 is", |root| {
        write_in_place(&root.join("files/300077"), 300_000, b"?");
    }),
    ("files/1025: size", |root| {
        keeping_time(&root.join("files/1025"), |file| file.set_len(1024).unwrap());
    }),
    // Zeros in a hole: no byte differs.
    ("sparse/at-end: data", |root| {
        write_in_place(&root.join("sparse/at-end"), 20 * 4096, &[0; 4096]);
    }),
    ("should be one file", |root| {
        let path = root.join("groups/b/7");
        let aside = root.join("aside");
        tools::succeed(tools::command("cp").arg("-a").arg(&path).arg(&aside));
        keeping_times_above(&path, || fs::rename(&aside, &path).unwrap());
    }),
];

#[test]
fn a_copy_is_the_same_and_each_change_of_it_is_found() {
    let name = "a_copy_is_the_same_and_each_change_of_it_is_found";
    if let Err(reason) = LoopMount::available() {
        return skipped(name, &reason);
    }
    let dir = scratch::dir();
    let original = dir.path().join("original");
    fs::create_dir(&original).unwrap();
    Odd { many: 10, ..Odd::everything(4096) }.make(&original);
    let copy = |to: &Path| tools::succeed(tools::command("cp").arg("-a").arg(&original).arg(to));
    // `cp` leaves labels of SELinux to the policy, and makes holes of what is zeros.
    let rules = Rules {
        xattr: |name| name != b"security.selinux",
        holes: |path| path != b"sparse/zeros-and-hole",
        ..Rules::exact()
    };
    let whole = dir.path().join("whole");
    copy(&whole);
    assert_eq!(same_tree::compare(&whole, &original, &rules), Ok(()));
    fs::remove_dir_all(&whole).unwrap();
    for (complaint, change) in CHANGES {
        let changed = dir.path().join("changed");
        copy(&changed);
        keeping_times_above(&changed.join("x/x"), || change(&changed));
        let found = same_tree::compare(&changed, &original, &rules).expect_err(complaint);
        assert!(found.contains(complaint), "{complaint} is found as {found}");
        fs::remove_dir_all(&changed).unwrap();
    }
}

#[test]
fn what_the_rules_leave_out_is_not_compared() {
    let dir = scratch::dir();
    let (left, right) = (dir.path().join("left"), dir.path().join("right"));
    for (root, seconds) in [(&left, 3), (&right, 4)] {
        fs::create_dir(root).unwrap();
        let file = File::create(root.join("f")).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::new(7, seconds)).unwrap();
        File::open(root).unwrap().set_modified(UNIX_EPOCH).unwrap();
    }
    let seconds = Rules { nanoseconds: false, ..Rules::exact() };
    assert_eq!(same_tree::compare(&left, &right, &seconds), Ok(()));
    let complaint = same_tree::compare(&left, &right, &Rules::exact()).unwrap_err();
    assert!(
        complaint.ends_with(r#"f: mtime is "7.000000003", expected "7.000000004""#),
        "{complaint}"
    );
    fs::remove_file(left.join("f")).unwrap();
    File::open(&left).unwrap().set_modified(UNIX_EPOCH).unwrap();
    let no_files = Rules { node: |_, mode| mode >> 12 != 0o10, ..Rules::exact() };
    assert_eq!(same_tree::compare(&left, &right, &no_files), Ok(()));
}

/// Makes `path` anew, with the old one's owner; times of the directory stay.
fn remake(root: &Path, path: &str, make: impl FnOnce(&Path)) {
    let path = root.join(path);
    keeping_times_above(&path, || {
        fs::remove_file(&path).unwrap();
        make(&path);
    });
}

fn keeping_time(path: &Path, change: impl FnOnce(&File)) {
    let file = File::options().write(true).open(path).unwrap();
    let time = file.metadata().unwrap().modified().unwrap();
    change(&file);
    file.set_modified(time).unwrap();
}

fn keeping_times_above(path: &Path, change: impl FnOnce()) {
    let parents: Vec<_> = path.ancestors().skip(1).take(2).filter(|path| path.is_dir()).collect();
    let times = parents.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap());
    let times: Vec<_> = times.collect();
    change();
    for (parent, time) in parents.iter().zip(times) {
        File::open(parent).unwrap().set_modified(time).unwrap();
    }
}

fn write_in_place(path: &Path, at: u64, bytes: &[u8]) {
    keeping_time(path, |file| file.write_all_at(bytes, at).unwrap());
}
