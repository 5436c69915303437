//! Trees: what is made, merged, replaced, linked.

use std::io::IoSlice;
use std::os::unix::fs::FileTypeExt;

use super::*;

/// One of everything, in two directories.
fn extract(dest: &Path) -> Extraction {
    let mut out = Extraction::tree(dest, KEEP_ALL).unwrap();
    out.enter(b"a").unwrap();
    file(&mut out, b"file", b"content", &meta(0o644)).unwrap();
    out.remember(12, b"file").unwrap();
    out.symlink(b"link", b"../nowhere", &meta(0o777)).unwrap();
    out.remember(13, b"link").unwrap();
    assert!(out.link(12, b"here").unwrap());
    out.leave(&meta(0o555)).unwrap();
    out.enter(b"b").unwrap();
    out.enter(b"c").unwrap();
    assert!(out.link(12, b"there").unwrap());
    assert!(out.link(13, b"link too").unwrap());
    assert!(!out.link(14, b"unknown").unwrap());
    out.special(b"fifo", Special::Fifo, &meta(0o666)).unwrap();
    out.special(b"socket", Special::Socket, &meta(0o777)).unwrap();
    file(&mut out, b"in c", b"", &meta(0)).unwrap();
    out.remember(15, b"in c").unwrap();
    out.leave(&meta(0o1777)).unwrap();
    out.leave(&meta(0)).unwrap();
    file(&mut out, b"in root", b"r", &meta(0o400)).unwrap();
    out.remember(16, b"in root").unwrap();
    out.enter(b"d").unwrap();
    for (key, name) in [(16, &b"of root"[..]), (15, b"of c"), (12, b"of a")] {
        assert!(out.link(key, name).unwrap(), "{key}");
    }
    out.leave(&meta(0o700)).unwrap();
    out.leave(&meta(0o750)).unwrap();
    out
}

#[test]
fn a_tree_comes_out_whole_and_a_second_time_the_same() {
    if !needs_root("a_tree_comes_out_whole_and_a_second_time_the_same") {
        return;
    }
    let dir = Scratch::new();
    let dest = dir.join("out");
    assert_eq!(lost(&extract(&dest)), []);
    let first = listing(&dest);
    let inode = |path: &str| dest.join(path).symlink_metadata().unwrap().ino();
    for (one, other) in
        [("a/file", "b/c/there"), ("a/link", "b/c/link too"), ("in root", "d/of root")]
    {
        assert_eq!(inode(one), inode(other));
    }
    assert_eq!(dest.join("d/of a").metadata().unwrap().nlink(), 4);
    assert_eq!(fs::read(dest.join("a/here")).unwrap(), b"content");
    assert_eq!(fs::read_link(dest.join("a/link")).unwrap(), Path::new("../nowhere"));
    let kind = |path: &str| dest.join(path).symlink_metadata().unwrap().file_type();
    assert!(kind("b/c/fifo").is_fifo() && kind("b/c/socket").is_socket());
    assert_eq!((mode(&dest), mode(&dest.join("a")), mode(&dest.join("b"))), (0o750, 0o555, 0));
    for line in first.lines() {
        assert!(line.contains(" 1000000000.1234567890 "), "{line}");
    }
    for _ in 0..2 {
        assert_eq!(lost(&extract(&dest)), []);
        assert_eq!(listing(&dest), first);
    }
}

#[test]
fn devices_are_made_with_their_numbers() {
    if !needs_root("devices_are_made_with_their_numbers") {
        return;
    }
    let dir = Scratch::new();
    for _ in 0..2 {
        let mut out = Extraction::tree(&dir.join("out"), KEEP_ALL).unwrap();
        out.special(b"char", Special::Char(250, 300), &meta(0o666)).unwrap();
        out.special(b"block", Special::Block(4095, 1_048_575), &meta(0o660)).unwrap();
        out.leave(&meta(0o755)).unwrap();
        assert_eq!(lost(&out), []);
    }
    let number = |name: &str| dir.join("out").join(name).metadata().unwrap().rdev();
    assert_eq!(number("char"), rustix::fs::makedev(250, 300));
    assert_eq!(number("block"), rustix::fs::makedev(4095, 1_048_575));
    assert!(dir.join("out/block").metadata().unwrap().file_type().is_block_device());
    assert_eq!(mode(&dir.join("out/char")), 0o666);
}

#[test]
fn every_kind_of_file_takes_the_place_of_every_other_but_of_directories() {
    let dir = Scratch::new();
    let dest = dir.join("out");
    fs::create_dir(&dest).unwrap();
    fs::write(dir.join("outside"), b"kept").unwrap();
    let plant: [fn(&Path); 4] = [
        |at| fs::write(at, b"old").unwrap(),
        |at| std::os::unix::fs::symlink("../outside", at).unwrap(),
        |at| drop(std::os::unix::net::UnixListener::bind(at).unwrap()),
        |at| std::os::unix::fs::symlink("x", at).unwrap(),
    ];
    let put: [fn(&mut Extraction) -> Result<()>; 4] = [
        |out| file(out, b"x", b"new", &meta(0o600)),
        |out| out.symlink(b"x", b"target", &meta(0o777)),
        |out| out.special(b"x", Special::Fifo, &meta(0o600)).map(|made| assert!(made)),
        |out| {
            file(out, b"y", b"y", &meta(0o600))?;
            out.remember(1, b"y")?;
            assert!(out.link(1, b"x")?);
            // Again: the name is taken by the file itself.
            assert!(out.link(1, b"x")?);
            Ok(())
        },
    ];
    for put in put {
        for plant in plant {
            plant(&dest.join("x"));
            let mut out = Extraction::tree(&dest, Keep::default()).unwrap();
            put(&mut out).unwrap();
            let found = names(&dest);
            assert!(found == ["x"] || found == ["x", "y"], "{found:?}");
            fs::remove_file(dest.join("x")).unwrap();
        }
        fs::create_dir(dest.join("x")).unwrap();
        let mut out = Extraction::tree(&dest, Keep::default()).unwrap();
        let error = put(&mut out).unwrap_err();
        assert!(matches!(error, HostError::DirectoryInTheWay { .. }), "{error}");
        assert!(!error.is_general());
        let text = format!("cannot overwrite directory {:?} with non-directory", dest.join("x"));
        assert_eq!(error.to_string(), text);
        assert!(names(&dest).iter().all(|name| !name.starts_with('.')), "{:?}", names(&dest));
        fs::remove_dir(dest.join("x")).unwrap();
    }
    assert_eq!(fs::read(dir.join("outside")).unwrap(), b"kept");
}

#[test]
fn a_new_directory_has_its_name_when_its_files_are_there() {
    let dir = Scratch::new();
    let seen = || names(&dir.join("")).iter().filter(|name| *name == "out").count();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    file(&mut out, b"a", b"whole", &meta(0o600)).unwrap();
    assert_eq!(seen(), 0, "files come first");
    out.enter(b"d").unwrap();
    assert_eq!(seen(), 1, "and then what lies below");
    assert_eq!(names(&dir.join("out")).iter().filter(|name| *name == "d").count(), 0);
    // A name that comes again, and a file that is given up.
    for content in [b"old".as_slice(), b"new"] {
        file(&mut out, b"b", content, &meta(0o600)).unwrap();
    }
    let partial = out.create(b"c", &meta(0o600)).unwrap();
    partial.write_at(b"half", 0).unwrap();
    drop(partial);
    out.leave(&meta(0o555)).unwrap();
    assert_eq!(names(&dir.join("out")), ["a", "d"]);
    assert_eq!(names(&dir.join("out/d")), ["b"]);
    assert_eq!(
        (fs::read(dir.join("out/d/b")).unwrap(), mode(&dir.join("out/d"))),
        (b"new".to_vec(), 0o555)
    );
    // One that ends early shows what is whole.
    out.enter(b"e").unwrap();
    file(&mut out, b"f", b"whole", &meta(0o600)).unwrap();
    drop(out);
    assert_eq!(names(&dir.join("out")), ["a", "d", "e"]);
    assert_eq!(names(&dir.join("out/e")), ["f"]);
}

#[test]
fn a_name_that_somebody_takes_meanwhile_is_theirs() {
    let dir = Scratch::new();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    file(&mut out, b"a", b"ours", &meta(0o600)).unwrap();
    fs::write(dir.join("out"), b"theirs").unwrap();
    assert!(out.leave(&meta(0o700)).is_err());
    drop(out);
    assert_eq!(fs::read(dir.join("out")).unwrap(), b"theirs");
}

#[test]
fn a_file_has_its_name_when_it_is_whole_and_not_before() {
    let dir = Scratch::new();
    fs::create_dir(dir.join("out")).unwrap();
    let mut out = Extraction::tree(&dir.join("out"), Keep::default()).unwrap();
    let naming =
        [out.probe(), Naming::Proc(fs::File::open("/proc/self/fd").unwrap().into()), Naming::None];
    assert!(!matches!(naming[0], Naming::None));
    for naming in naming {
        let unnamed = !matches!(naming, Naming::None);
        out.naming = naming;
        let new = out.create(b"x", &meta(0o644)).unwrap();
        new.write_slices_at(&mut [&b""[..], b"ab", b"", b"cd"].map(IoSlice::new), 4096).unwrap();
        new.write_slices_at(&mut vec![IoSlice::new(b"."); 2000], 8192).unwrap();
        new.set_len(20000).unwrap();
        assert_eq!(
            names(&dir.join("out")).iter().filter(|n| *n != "x").count(),
            usize::from(!unnamed)
        );
        out.publish(new, b"x", &meta(0o644)).unwrap();
        assert_eq!(names(&dir.join("out")), ["x"]);
        let content = fs::read(dir.join("out/x")).unwrap();
        assert_eq!((content.len(), &content[4096..4100]), (20000, &b"abcd"[..]));
        assert_eq!(content.iter().filter(|byte| **byte == b'.').count(), 2000);
        assert_eq!(mode(&dir.join("out/x")), 0o644);
        // One that is given up leaves nothing.
        drop(out.create(b"y", &meta(0o644)).unwrap());
        let new = out.create(b"y", &meta(0o644)).unwrap();
        assert!(out.publish(new, b"..", &meta(0o644)).is_err());
        assert_eq!(names(&dir.join("out")), ["x"]);
    }
}

#[test]
fn a_single_file_comes_out_beside_others() {
    let dir = Scratch::new();
    let (mut out, name) = Extraction::beside(&dir.join("x"), Keep::default()).unwrap();
    assert_eq!(name, b"x");
    file(&mut out, &name, b"new", &meta(0o640)).unwrap();
    assert_eq!((fs::read(dir.join("x")).unwrap(), mode(&dir.join("x"))), (b"new".to_vec(), 0o640));
    // The directory around it is none of ours to change.
    let before = mode(&dir.join(""));
    out.leave(&meta(0o500)).unwrap();
    assert_eq!((mode(&dir.join("")), lost(&out)), (before, vec![]));
    assert!(matches!(out.create(b"y", &meta(0o600)), Err(HostError::Moved { .. })));
    for wrong in ["..", "x/", "missing/x", "x/y"] {
        let error = Extraction::beside(&dir.join(wrong), Keep::default()).unwrap_err();
        assert_eq!(error.family(), crate::device::Family::Path, "{wrong}");
    }
}

#[test]
fn the_place_may_be_a_link_to_a_directory_and_nothing_else_that_is_none() {
    let dir = Scratch::new();
    fs::create_dir(dir.join("real")).unwrap();
    std::os::unix::fs::symlink("real", dir.join("link")).unwrap();
    let mut out = Extraction::tree(&dir.join("link"), Keep::default()).unwrap();
    file(&mut out, b"x", b"", &meta(0o600)).unwrap();
    out.leave(&meta(0o711)).unwrap();
    assert_eq!((names(&dir.join("real")), mode(&dir.join("real"))), (vec!["x".to_owned()], 0o711));
    let error = Extraction::tree(&dir.join("real/x"), Keep::default()).unwrap_err();
    assert!(matches!(error, HostError::NoDirectoryInTheWay { .. }), "{error}");
    let error = Extraction::tree(&dir.join("missing/x"), Keep::default()).unwrap_err();
    assert!(matches!(error, HostError::Create { .. }), "{error}");
}
