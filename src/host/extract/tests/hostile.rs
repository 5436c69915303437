//! What an enemy's tree, or an enemy beside it, does not achieve.

use std::ffi::OsString;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn names_that_lead_elsewhere_are_refused_in_every_place() {
    let dir = Scratch::new();
    fs::create_dir_all(dir.join("out/d")).unwrap();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    out.enter(b"d").unwrap();
    let long = [b'x'; 256];
    for bad in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0b", b"../x", &long] {
        let new = out.create(b"good", &meta(0o600)).unwrap();
        let errors = [
            out.create(bad, &meta(0o600)).map(drop),
            out.enter(bad),
            out.publish(new, bad, &meta(0o600)),
            out.symlink(bad, b"x", &meta(0o777)),
            out.special(bad, Special::Fifo, &meta(0o600)).map(drop),
            out.remember(1, bad),
            out.link(1, bad).map(drop),
        ];
        for error in errors.map(Result::unwrap_err) {
            assert!(matches!(error, HostError::BadName { .. }), "{bad:?}: {error}");
            assert!(!error.is_general() && !error.to_string().contains('\0'));
        }
    }
    assert_eq!((names(&dir.join("out")), names(&dir.join("out/d"))), (vec!["d".into()], vec![]));
    // What looks bad and is not.
    let longest = [b'x'; 255];
    for good in [&b"..."[..], b"-", b" ", b"\xff\n", &longest] {
        file(&mut out, good, b"", &meta(0o600)).unwrap();
    }
    assert_eq!(fs::read_dir(dir.join("out/d")).unwrap().count(), 5);
}

#[test]
fn a_link_is_never_a_directory_whoever_planted_it() {
    let dir = Scratch::new();
    let outside = dir.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::create_dir(outside.join("sub")).unwrap();
    let before = listing(&outside);
    fs::create_dir(dir.join("out")).unwrap();
    let mut out = Extraction::tree(&dir.join("out"), KEEP_ALL).unwrap();
    // By the tree itself, and by whoever was there before.
    out.symlink(b"own", outside.as_os_str().as_bytes(), &meta(0o777)).unwrap();
    symlink("../outside", dir.join("out/planted")).unwrap();
    symlink("missing", dir.join("out/dangling")).unwrap();
    symlink("loop", dir.join("out/loop")).unwrap();
    fs::write(dir.join("out/file"), b"").unwrap();
    for name in [&b"own"[..], b"planted", b"dangling", b"loop", b"file"] {
        let error = out.enter(name).unwrap_err();
        assert!(matches!(error, HostError::NoDirectoryInTheWay { .. }), "{error}");
        assert!(!error.is_general());
    }
    // It goes on where it was.
    file(&mut out, b"after", b"", &meta(0o600)).unwrap();
    out.leave(&meta(0o755)).unwrap();
    assert!(dir.join("out/after").is_file());
    assert_eq!(listing(&outside), before);
}

#[test]
fn a_directory_that_is_swapped_for_a_link_is_not_followed_to_a_first_name() {
    for by_hand in [false, true] {
        let dir = Scratch::new();
        fs::create_dir(dir.join("outside")).unwrap();
        fs::write(dir.join("outside/x"), b"secret").unwrap();
        let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
        out.links.by_hand = by_hand;
        out.enter(b"d").unwrap();
        for name in [&b"x"[..], b"y"] {
            file(&mut out, name, b"mine", &meta(0o600)).unwrap();
            out.remember(name[0].into(), name).unwrap();
        }
        out.leave(&meta(0o700)).unwrap();
        // While the way is as it was, it is found; a file that took its name is not.
        assert!(out.link(b'x'.into(), b"good").unwrap());
        fs::write(dir.join("out/other"), b"other").unwrap();
        fs::rename(dir.join("out/other"), dir.join("out/d/y")).unwrap();
        assert!(!out.link(b'y'.into(), b"bad").unwrap());
        out.links.last = None;
        fs::rename(dir.join("out/d"), dir.join("out/moved")).unwrap();
        symlink("../outside", dir.join("out/d")).unwrap();
        assert!(!out.link(b'x'.into(), b"bad").unwrap());
        assert_eq!(names(&dir.join("out")), ["d", "good", "moved"]);
        assert_eq!(lost(&out), [(LossKind::HardLink, 2, "bad".to_owned())]);
    }
}

#[test]
fn what_is_made_and_swapped_before_it_has_its_attributes_keeps_its_own() {
    let dir = Scratch::new();
    fs::write(dir.join("secret"), b"").unwrap();
    let before = listing(&dir.join("secret"));
    fs::create_dir(dir.join("out")).unwrap();
    let mut out = Extraction::tree(&dir.join("out"), KEEP_ALL).unwrap();
    fs::hard_link(dir.join("secret"), dir.join("out/x")).unwrap();
    symlink("../secret", dir.join("out/y")).unwrap();
    let before = before.replace(" 1 ", " 2 ");
    for (name, kind) in [
        (b"x", rustix::fs::FileType::Symlink),
        (b"x", rustix::fs::FileType::Fifo),
        (b"y", rustix::fs::FileType::Fifo),
    ] {
        assert!(out.settle_held(name, kind, 0, &meta(0o4777)).is_err());
    }
    assert_eq!(listing(&dir.join("secret")), before);
}

#[test]
fn a_directory_that_is_moved_away_ends_the_extraction() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    for _ in 0..80 {
        out.enter(b"d").unwrap();
    }
    let deep = |count: usize| {
        dir.join("out").join(["d"; 79].map(OsString::from)[..count].iter().collect::<PathBuf>())
    };
    // Below the root, where descriptors are closed.
    fs::rename(deep(10), dir.join("moved")).unwrap();
    let mut left = Ok(());
    let mut count = 0;
    while left.is_ok() && count < 81 {
        left = out.leave(&meta(0o700));
        count += 1;
    }
    let error = left.unwrap_err();
    assert!(matches!(error, HostError::Moved { .. }) && error.is_general(), "{error}");
    assert_eq!(names(&dir.join("out")), ["d"]);
}

#[test]
fn four_thousand_levels_need_few_descriptors() {
    if again("hostile::four_thousand_levels_need_few_descriptors", "ulimit -n 128; exec \"$@\"") {
        return;
    }
    let dir = Scratch::new();
    let name = [b'x'; 255];
    for _ in 0..2 {
        let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
        for depth in 0..4096_u64 {
            out.enter(&name).unwrap();
            if depth % 512 == 511 {
                file(&mut out, b"f", b"f", &meta(0o600)).unwrap();
                out.remember(depth, b"f").unwrap();
            }
        }
        for _ in 0..4096 {
            out.leave(&meta(0o500)).unwrap();
        }
        // Far down, by paths that are longer than one may be; with and without openat2.
        assert!(out.link(4095, b"link").unwrap());
        out.links.by_hand = true;
        out.links.last = None;
        assert!(out.link(3583, b"by hand").unwrap());
        out.leave(&meta(0o700)).unwrap();
        assert_eq!(lost(&out), []);
        for link in ["link", "by hand"] {
            assert_eq!(dir.join("out").join(link).metadata().unwrap().nlink(), 2);
        }
    }
}

#[test]
fn a_full_disk_leaves_no_part_of_a_file_and_is_told_from_a_path_that_is_taken() {
    let mount = "mount -t tmpfs -o size=64k,nr_inodes=8 tmpfs /mnt && exec \"$@\"";
    let prepared = format!("exec unshare -m sh -c '{mount}' sh \"$@\"");
    let name = "a_full_disk_leaves_no_part_of_a_file_and_is_told_from_a_path_that_is_taken";
    let unshared = Command::new("unshare").args(["-m", "true"]).status();
    if !unshared.is_ok_and(|status| status.success()) {
        return skipped(name, "no mounts of its own");
    }
    if again(&format!("hostile::{name}"), &prepared) {
        return;
    }
    let dest = Path::new("/mnt/out");
    fs::create_dir(dest).unwrap();
    let mut out = Extraction::tree(dest, Keep::default()).unwrap();
    file(&mut out, b"x", b"old", &meta(0o600)).unwrap();
    let new = out.create(b"x", &meta(0o600)).unwrap();
    let error = new.write_at(&[7; 100_000], 0).unwrap_err();
    let error = out.failure(b"x", error);
    assert!(error.is_general() && error.family() == crate::device::Family::HostIo, "{error}");
    drop(new);
    assert_eq!(fs::read(dest.join("x")).unwrap(), b"old");
    // Room is there again, and then no more inodes.
    let mut made = Ok(());
    let mut count = 0_u8;
    while made.is_ok() && count < 20 {
        count += 1;
        made = file(&mut out, &[b'a' + count], b"new", &meta(0o600));
    }
    let error = made.unwrap_err();
    assert!(error.is_general() && error.to_string().contains("No space left"), "{error}");
    let links = (b'A'..=b'Z').map(|name| out.symlink(&[name], b"x", &meta(0o777)));
    assert!(links.filter_map(Result::err).all(|error| error.is_general()));
    assert!(out.enter(b"dir").unwrap_err().is_general());
    let fifo = out.special(b"fifo", Special::Fifo, &meta(0o600));
    assert!(fifo.unwrap_err().is_general());
    assert!(names(dest).len() < 8);
}
