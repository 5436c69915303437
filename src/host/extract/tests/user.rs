//! What an ordinary user gets, who may not do all.

use super::*;

/// Whether this process is root's, and has run the test as an ordinary user.
fn as_user(name: &str) -> bool {
    let drop = "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
    is_root() && again(&format!("user::{name}"), drop)
}

#[test]
fn directories_that_may_not_be_used_are_merged_and_are_so_again() {
    if as_user("directories_that_may_not_be_used_are_merged_and_are_so_again") {
        return;
    }
    let dir = Scratch::new();
    let dest = dir.join("out");
    let modes = [0, 0o111, 0o222, 0o444, 0o555, 0o311];
    for content in [&b"one"[..], b"two", b"three"] {
        let mut out = Extraction::tree(&dest, Keep::default()).unwrap();
        for mode in modes {
            out.enter(format!("d{mode:o}").as_bytes()).unwrap();
            file(&mut out, b"x", content, &meta(0)).unwrap();
            out.enter(b"sub").unwrap();
            out.leave(&meta(mode)).unwrap();
            out.leave(&meta(mode)).unwrap();
        }
        // Also the root.
        out.leave(&meta(0)).unwrap();
        assert_eq!(lost(&out), []);
        assert_eq!(mode(&dest), 0);
        let open = |path: &Path, mode| {
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap()
        };
        open(&dest, 0o700);
        for mode in modes {
            let path = dest.join(format!("d{mode:o}"));
            assert_eq!(super::mode(&path), u32::from(mode));
            open(&path, 0o700);
            assert_eq!(super::mode(&path.join("sub")), u32::from(mode));
            open(&path.join("x"), 0o400);
            assert_eq!(fs::read(path.join("x")).unwrap(), content);
            open(&path, mode.into());
        }
        open(&dest, 0);
    }
}

#[test]
fn what_only_root_may_do_is_lost_and_the_rest_comes_out() {
    if as_user("what_only_root_may_do_is_lost_and_the_rest_comes_out") {
        return;
    }
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), KEEP_ALL).unwrap();
    let xattrs = [(b"trusted.x".to_vec(), b"x".to_vec()), (b"user.x".to_vec(), b"x".to_vec())];
    // A file that not even its owner may write to takes attributes all the same.
    let locked = Meta { xattrs: &xattrs, ..meta(0o4444) };
    file(&mut out, b"f", b"content", &locked).unwrap();
    assert!(!out.special(b"dev", Special::Char(1, 3), &meta(0o666)).unwrap());
    assert!(!out.special(b"f", Special::Char(1, 3), &meta(0o666)).unwrap());
    assert!(out.special(b"fifo", Special::Fifo, &meta(0o666)).unwrap());
    out.symlink(b"link", b"f", &meta(0o777)).unwrap();
    out.enter(b"d").unwrap();
    file(&mut out, b"in d", b"", &meta(0o600)).unwrap();
    out.remember(1, b"in d").unwrap();
    out.leave(&meta(0)).unwrap();
    // The way to the first name is closed now: the caller makes a copy.
    assert!(!out.link(1, b"copy").unwrap());
    out.leave(&meta(0o755)).unwrap();
    let wanted = [
        (LossKind::Special, 2, "dev"),
        (LossKind::HardLink, 1, "copy"),
        (LossKind::Owner, 6, "f"),
        (LossKind::Mode, 1, "f"),
        (LossKind::Xattr, 1, "f"),
    ];
    assert_eq!(lost(&out), wanted.map(|(kind, count, path)| (kind, count, path.to_owned())));
    let reasons: Vec<_> = out.losses().map(|loss| loss.reason.as_str()).collect();
    assert!(reasons[4].starts_with("trusted.x: Operation not permitted"), "{reasons:?}");
    assert_eq!(mode(&dir.join("out/f")), 0o444);
    assert_eq!(names(&dir.join("out")), ["d", "f", "fifo", "link"]);
    let mut value = [0; 8];
    let len = rustix::fs::lgetxattr(dir.join("out/f"), "user.x", &mut value[..]);
    assert_eq!(len, Ok(1));
}

#[test]
fn set_id_bits_of_the_users_own_stay_and_places_of_others_are_closed() {
    if as_user("set_id_bits_of_the_users_own_stay_and_places_of_others_are_closed") {
        return;
    }
    let dir = Scratch::new();
    let keep = Keep { owner: false, set_id: true };
    let mut out = Extraction::tree(&dir.join("out"), keep).unwrap();
    file(&mut out, b"own", b"", &meta(0o6711)).unwrap();
    out.leave(&meta(0o700)).unwrap();
    assert_eq!((mode(&dir.join("out/own")), lost(&out)), (0o6711, vec![]));
    let error = Extraction::tree(Path::new("/etc/mpimg"), keep).unwrap_err();
    assert_eq!((error.family(), error.is_general()), (crate::device::Family::Path, false));
}
