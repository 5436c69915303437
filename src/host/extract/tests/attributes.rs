//! Attributes: which are kept, in which order they are set, and what is lost.

use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};

use super::*;

type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

fn with(mode: u16, xattrs: &Xattrs) -> Meta<'_> {
    Meta { xattrs, ..meta(mode) }
}

fn xattrs(pairs: &[(&str, &[u8])]) -> Xattrs {
    pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect()
}

fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 4096];
    let len = lgetxattr(path, name, value.as_mut_slice()).ok()?;
    value.truncate(len);
    Some(value)
}

/// Owner rw, user 1234 and group r, mask r, others none.
fn acl() -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, !0), (2, 4, 1234), (4, 4, !0), (0x10, 4, !0), (0x20, 0, !0)];
    let mut value = 2_u32.to_le_bytes().to_vec();
    for (tag, perm, id) in entries {
        value.extend([tag.to_le_bytes(), perm.to_le_bytes()].concat());
        value.extend(id.to_le_bytes());
    }
    value
}

/// Sets an attribute on a directory, or says that the filesystem here has none.
fn takes_xattrs(dir: &Path) -> bool {
    lsetxattr(dir, "user.probe", b"x", XattrFlags::empty()).is_ok()
        && lsetxattr(dir, "system.posix_acl_access", &acl(), XattrFlags::empty()).is_ok()
}

#[test]
fn modes_are_exact_whatever_the_umask_is() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep { set_id: true, owner: false }).unwrap();
    for mode in [0, 0o200, 0o444, 0o666, 0o777, 0o1777, 0o4755, 0o2711, 0o7777] {
        let name = format!("{mode:o}");
        file(&mut out, name.as_bytes(), b"x", &meta(mode)).unwrap();
        out.enter(format!("d{mode:o}").as_bytes()).unwrap();
        out.leave(&meta(mode)).unwrap();
        out.special(format!("f{mode:o}").as_bytes(), Special::Fifo, &meta(mode)).unwrap();
        for name in [name.clone(), format!("d{name}"), format!("f{name}")] {
            assert_eq!(super::mode(&dir.join("out").join(&name)), u32::from(mode), "{name}");
        }
    }
    assert_eq!(lost(&out), []);
}

#[test]
fn set_id_bits_and_capabilities_go_silently_where_they_are_not_asked_for() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    let cap = xattrs(&[("security.capability", b"no capability at all")]);
    file(&mut out, b"x", b"x", &with(0o7755, &cap)).unwrap();
    out.enter(b"d").unwrap();
    out.leave(&with(0o7700, &cap)).unwrap();
    assert_eq!(mode(&dir.join("out/x")), 0o1755);
    assert_eq!(mode(&dir.join("out/d")), 0o1700);
    assert_eq!(lost(&out), []);
}

#[test]
fn times_hold_nanoseconds_before_1970_and_after_2038() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    let times = [(-1, 999_999_999), (-2_147_483_648, 1), (2_147_483_648, 5), (15_032_385_535, 7)];
    let of = |path: &str| {
        let found = dir.join(path).symlink_metadata().unwrap();
        ((found.atime(), found.atime_nsec()), (found.mtime(), found.mtime_nsec()))
    };
    for time in times {
        let mut meta = meta(0o700);
        (meta.attributes.atime, meta.attributes.mtime) = (time, (1, 2));
        let mut swapped = meta.clone();
        (swapped.attributes.atime, swapped.attributes.mtime) = ((1, 2), time);
        for meta in [meta, swapped] {
            file(&mut out, b"x", b"x", &meta).unwrap();
            out.symlink(b"l", b"x", &meta).unwrap();
            out.special(b"f", Special::Fifo, &meta).unwrap();
            out.enter(b"d").unwrap();
            file(&mut out, b"inside", b"", &meta).unwrap();
            out.leave(&meta).unwrap();
            let wide = |time: (i64, u32)| (time.0, i64::from(time.1));
            for path in ["out/x", "out/l", "out/f", "out/d"] {
                let wanted = (wide(meta.attributes.atime), wide(meta.attributes.mtime));
                // Some filesystems have no such times, and say so to those who ask.
                assert!(of(path) == wanted || !lost(&out).is_empty(), "{path} {wanted:?}");
            }
        }
    }
}

#[test]
fn owners_come_first_and_capabilities_and_set_id_bits_stay() {
    if !needs_root("owners_come_first_and_capabilities_and_set_id_bits_stay") {
        return;
    }
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), KEEP_ALL).unwrap();
    let caps = [[1, 0, 0, 2], [0, 4, 0, 0], [0; 4], [0; 4], [0; 4]].concat();
    let cap = xattrs(&[("security.capability", &caps), ("trusted.t", b"t")]);
    let mut meta = with(0o6755, &cap);
    (meta.attributes.uid, meta.attributes.gid) = (70_000, 80_000);
    file(&mut out, b"x", b"x", &meta).unwrap();
    let mut plain = meta.clone();
    plain.xattrs = &cap[1..];
    out.symlink(b"l", b"nowhere", &plain).unwrap();
    out.special(b"f", Special::Fifo, &plain).unwrap();
    out.enter(b"d").unwrap();
    out.leave(&plain).unwrap();
    assert_eq!(lost(&out), []);
    assert_eq!(xattr(&dir.join("out/x"), "security.capability"), Some(caps));
    for name in ["x", "l", "f", "d"] {
        let path = dir.join("out").join(name);
        let found = path.symlink_metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (70_000, 80_000), "{name}");
        assert!(name == "l" || mode(&path) == 0o6755, "{name}");
        assert_eq!(found.mtime_nsec(), 123_456_789, "{name}");
        assert_eq!(xattr(&path, "trusted.t").as_deref(), Some(&b"t"[..]), "{name}");
    }
}

#[test]
fn acls_and_attributes_are_those_of_the_tree_also_where_the_place_hands_down_its_own() {
    let dir = Scratch::new();
    let dest = dir.join("out");
    fs::create_dir(&dest).unwrap();
    if !takes_xattrs(&dest) {
        skipped("acls_and_attributes_are_those_of_the_tree", "no ACLs in the temporary directory");
        return;
    }
    lsetxattr(&dest, "system.posix_acl_default", &acl(), XattrFlags::empty()).unwrap();
    let set = xattrs(&[("user.u", b"1"), ("system.posix_acl_access", &acl())]);
    let default = xattrs(&[("system.posix_acl_default", &acl()), ("user.d", b"")]);
    let access = |path: &str| xattr(&dir.join(path), "system.posix_acl_access");
    for _ in 0..2 {
        let mut out = Extraction::tree(&dest, Keep::default()).unwrap();
        file(&mut out, b"plain", b"", &meta(0o664)).unwrap();
        file(&mut out, b"set", b"", &with(0o440, &set)).unwrap();
        out.enter(b"d").unwrap();
        file(&mut out, b"plain", b"", &meta(0o664)).unwrap();
        out.leave(&with(0o555, &default)).unwrap();
        out.leave(&meta(0o755)).unwrap();
        assert_eq!(lost(&out), []);
        for plain in ["out", "out/plain", "out/d", "out/d/plain"] {
            assert_eq!(access(plain), None, "{plain}");
        }
        assert_eq!(mode(&dir.join("out/d/plain")), 0o664);
        let mut with_mode = acl();
        with_mode[6] = 4;
        assert_eq!(access("out/set"), Some(with_mode));
        assert_eq!((mode(&dir.join("out/set")), mode(&dest)), (0o440, 0o755));
        assert_eq!(xattr(&dir.join("out/set"), "user.u").as_deref(), Some(&b"1"[..]));
        assert_eq!(xattr(&dest, "system.posix_acl_default"), None);
        assert_eq!(xattr(&dir.join("out/d"), "system.posix_acl_default"), Some(acl()));
        assert_eq!(xattr(&dir.join("out/d"), "user.d"), Some(Vec::new()));
    }
    // A directory that the user named for one file keeps its own, and hands nothing down.
    lsetxattr(&dest, "system.posix_acl_default", &acl(), XattrFlags::empty()).unwrap();
    let (mut out, name) = Extraction::beside(&dest.join("one"), Keep::default()).unwrap();
    file(&mut out, &name, b"", &meta(0o664)).unwrap();
    out.special(b"fifo", Special::Fifo, &meta(0o664)).unwrap();
    for path in ["out/one", "out/fifo"] {
        assert_eq!((access(path), mode(&dir.join(path))), (None, 0o664), "{path}");
    }
    assert_eq!(xattr(&dest, "system.posix_acl_default"), Some(acl()));
}

#[test]
fn what_the_host_refuses_is_counted_once_a_kind_in_a_fixed_order() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    let bad = xattrs(&[("nonsense", b"1"), ("user.link", b"1"), ("no.such", b"2")]);
    out.enter(b"d").unwrap();
    file(&mut out, b"x", b"x", &with(0o600, &bad[..1].to_vec())).unwrap();
    out.symlink(b"l", b"x", &with(0o777, &bad)).unwrap();
    out.leave(&with(0o700, &bad[2..].to_vec())).unwrap();
    assert_eq!(lost(&out), [(LossKind::Xattr, 5, "d/x".to_owned())]);
    let reason = &out.losses().next().unwrap().reason;
    assert!(reason.starts_with("nonsense: Operation not supported"), "{reason}");
    // The rest was set.
    assert_eq!(dir.join("out/d/l").symlink_metadata().unwrap().mtime_nsec(), 123_456_789);
}
