//! What an ordinary user is told, who may not read all.

use super::*;

/// Whether this process is root's, and has run the test as an ordinary user.
fn as_user(name: &str) -> bool {
    let drop = "exec setpriv --reuid 65533 --regid 65533 --clear-groups \"$@\"";
    is_root() && again(&format!("user::{name}"), drop)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn all_that_cannot_be_read_is_told_at_once_in_order() {
    if as_user("all_that_cannot_be_read_is_told_at_once_in_order") {
        return;
    }
    let dir = Scratch::new();
    let closed = [("b/file", 0o000), ("b/hole", 0o222), ("z", 0o044)];
    for (path, mode) in closed {
        let path = dir.file(path, b"content");
        if path.ends_with("hole") {
            open(&path).set_len(100_000).unwrap();
        }
        set_mode(&path, mode);
    }
    set_mode(&dir.file("a/readable", b""), 0o400);
    for (name, mode) in [("locked", 0o000), ("only searched", 0o311), ("only listed", 0o644)] {
        dir.file(&format!("d/{name}/inside"), b"");
        set_mode(&dir.join(&format!("d/{name}")), mode);
    }
    let names = ["b/file", "b/hole", "d/locked", "d/only listed", "d/only searched", "z"];
    let wanted = names
        .map(|name| format!("cannot open {:?}: Permission denied (os error 13)", dir.join(name)));
    assert_eq!(errors(dir.path()), wanted);
    for family in scan(dir.path(), &ScanOptions::default(), &|_| {}).unwrap_err() {
        assert_eq!(family.family(), crate::device::Family::Path);
    }
}

fn open(path: &Path) -> File {
    File::options().write(true).open(path).unwrap()
}

#[test]
fn what_can_be_read_is_scanned_as_any_user() {
    if as_user("what_can_be_read_is_scanned_as_any_user") {
        return;
    }
    let dir = Scratch::new();
    dir.file("d/file", b"content");
    set_mode(&dir.join("d/file"), 0o400);
    set_mode(&dir.join("d"), 0o500);
    let scan = dir.scan();
    assert_eq!(read(&scan, "d/file", 3).unwrap(), b"content");
    // A file that is closed only now is an error when it is read.
    set_mode(&dir.join("d/file"), 0);
    let error = read(&scan, "d/file", 99).unwrap_err();
    assert!(matches!(error, HostError::Open { .. }), "{error}");
}
