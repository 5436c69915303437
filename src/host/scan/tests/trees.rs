//! Trees of every shape: names, types, links, holes, depth.

// One range in brackets is one range.
#![allow(clippy::single_range_in_vec_init)]

use std::ffi::OsStr;
use std::os::unix::net::UnixListener;

use proptest::prelude::*;
use rustix::fs::{FileType as HostType, Mode, makedev, mkdirat, mknodat, openat};

use super::super::collection::{Batch, Found};
use super::super::worker::device_number;
use super::*;
use crate::fs::{Meta, Node};

#[test]
fn names_and_types_of_every_kind_are_kept() {
    let dir = Scratch::new();
    let longest = [b'n'; 255];
    let names: [&[u8]; 5] = [b"\xff\xfe", b"a\nb", &longest, b"-rf", b" "];
    for name in names {
        fs::write(dir.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    symlink(OsStr::from_bytes(b"to \xff/../nowhere"), dir.join("link")).unwrap();
    symlink("/", dir.join("out")).unwrap();
    mknodat(CWD, dir.join("fifo"), HostType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(dir.join("socket")).unwrap();
    fs::create_dir(dir.join("empty")).unwrap();
    let scan = dir.scan();
    for name in names {
        let node = scan.inventory.lookup(Inventory::ROOT, name).unwrap();
        let mut bytes = vec![0; name.len()];
        let place = Place { directory: Inventory::ROOT, name, node };
        scan.contents.reader(&scan.inventory).read(place, 0, &mut bytes).unwrap();
        assert_eq!(bytes, name);
    }
    assert_eq!(view(&scan, "link").target, b"to \xff/../nowhere");
    assert_eq!(
        (view(&scan, "out").file_type, view(&scan, "out").target),
        (FileType::Symlink, &b"/"[..])
    );
    let types = ["fifo", "socket", "empty"].map(|path| view(&scan, path).file_type);
    assert_eq!(types, [FileType::Fifo, FileType::Socket, FileType::Directory]);
    assert_eq!(scan.inventory.count_children(Inventory::ROOT), names.len() + 5);
    assert_eq!((view(&scan, "").links, scan.losses), (3, Vec::<String>::new()));
}

#[test]
fn devices_keep_their_numbers() {
    if !needs_root("devices_keep_their_numbers") {
        return;
    }
    let dir = Scratch::new();
    let numbers = [(1, 3), (4095, 1_048_575), (259, 300)];
    for (at, (major, minor)) in numbers.into_iter().enumerate() {
        let make = |name, kind| {
            let path = dir.join(&format!("{name}{at}"));
            mknodat(CWD, path, kind, Mode::RUSR, makedev(major, minor)).unwrap();
        };
        make("c", HostType::CharacterDevice);
        make("b", HostType::BlockDevice);
    }
    let scan = dir.scan();
    for (at, number) in numbers.into_iter().enumerate() {
        let (c, b) = (format!("c{at}"), format!("b{at}"));
        assert_eq!((view(&scan, &c).device, view(&scan, &b).device), (number, number));
        assert_eq!(view(&scan, &c).file_type, FileType::CharDevice);
        assert_eq!(view(&scan, &b).file_type, FileType::BlockDevice);
    }
}

#[test]
fn what_no_image_can_hold_is_an_error_with_its_path() {
    let (mut found, mut batch) = (Collection::new(Path::new("/dir")), Batch::default());
    let mut stat = rustix::fs::stat("/dev/null").unwrap();
    for (major, minor) in [(4095, 1 << 20), (4096, 0)] {
        stat.st_rdev = makedev(major, minor);
        let wrong = device_number(&stat).unwrap_err();
        batch.wrong.push((b"dev".to_vec(), wrong));
    }
    for name in [vec![b'n'; 256], b"twice".to_vec(), b"twice".to_vec()] {
        let (name_len, node, meta) = (name.len(), Node::Fifo, Meta::default());
        let (xattrs, stock, link) = (vec![], None, None);
        batch.names.extend(name);
        batch.found.push(Found { name_len, node, meta, xattrs, stock, link });
    }
    batch.lost.push((vec![], "user.x: Permission denied".to_owned()));
    assert_eq!(found.add(Inventory::ROOT, &mut batch), []);
    let errors: Vec<_> = found.errors.iter().map(|(_, error)| error.to_string()).collect();
    let long = "n".repeat(256);
    let wanted = [
        &*format!("\"/dir/{long}\": file name too long (256 bytes, of 255 at most)"),
        "\"/dir/twice\" changed while it was read",
        "\"/dir/dev\": a device number of 4095, 1048576 does not fit into an inode",
        "\"/dir/dev\": a device number of 4096, 0 does not fit into an inode",
    ];
    assert_eq!(errors, wanted);
    let codes: Vec<_> = found.errors.iter().map(|(_, error)| error.code()).collect();
    assert_eq!(codes[1..3], ["source_changed", "bad_device_number"]);
    assert_eq!(found.losses[0].1, "\"/dir\": user.x: Permission denied");
}

#[test]
fn names_of_one_inode_are_links_wherever_they_are_and_whatever_it_is() {
    let dir = Scratch::new();
    let file = dir.file("a/b/file", b"shared");
    dir.file("z/other", b"shared");
    fs::hard_link(&file, dir.join("z/file")).unwrap();
    fs::hard_link(&file, dir.join("file")).unwrap();
    symlink("x", dir.join("s1")).unwrap();
    fs::hard_link(dir.join("s1"), dir.join("a/s2")).unwrap();
    mknodat(CWD, dir.join("f1"), HostType::Fifo, Mode::RWXU, 0).unwrap();
    fs::hard_link(dir.join("f1"), dir.join("a/f2")).unwrap();
    // Of one that has another name elsewhere, only what is here counts.
    fs::create_dir(dir.join("root")).unwrap();
    fs::hard_link(&file, dir.join("root/only")).unwrap();
    let scan = dir.scan();
    assert_eq!(find(&scan, "a/b/file"), find(&scan, "z/file"));
    assert_eq!(find(&scan, "a/b/file"), find(&scan, "file"));
    assert_eq!((view(&scan, "file").links, view(&scan, "z/other").links), (4, 1));
    for (one, other) in [("s1", "a/s2"), ("f1", "a/f2")] {
        assert_eq!((find(&scan, one), view(&scan, one).links), (find(&scan, other), 2));
    }
    for path in ["a/b/file", "z/file", "file", "z/other"] {
        assert_eq!(read(&scan, path, 99).unwrap(), b"shared");
    }
    let part = with(&dir.join("root"), &ScanOptions::default());
    assert_eq!(view(&part, "only").links, 1);
}

#[test]
fn holes_are_what_was_asked_to_be_one() {
    let dir = Scratch::new();
    let file = File::create(dir.join("sparse")).unwrap();
    file.set_len(1 << 20).unwrap();
    file.write_all_at(&[7; 1000], 300_000).unwrap();
    file.write_all_at(&[0; 100_000], 500_000).unwrap();
    File::create(dir.join("hole")).unwrap().set_len(5000).unwrap();
    dir.file("zeros", &[0; 10_000]);
    dir.file("full", &[1; 10_000]);
    dir.file("empty", b"");
    let found = |sparse| {
        let scan = with(dir.path(), &ScanOptions { sparse, ..ScanOptions::default() });
        let whole = read(&scan, "sparse", 4096).unwrap();
        assert!(whole[300_000..301_000].iter().all(|byte| *byte == 7));
        assert_eq!(whole.iter().filter(|byte| **byte != 0).count(), 1000);
        ["sparse", "hole", "zeros", "full", "empty"]
            .map(|path| view(&scan, path).data.map(<[_]>::to_vec))
    };
    assert_eq!(found(Sparse::Never), [None, None, None, None, None]);
    let [sparse, hole, zeros, full, empty] = found(Sparse::Auto);
    let sparse = sparse.unwrap();
    // The host's own blocks are of 4 KiB, or larger where this runs on another filesystem.
    assert_eq!(sparse.len(), 2, "{sparse:?}");
    assert!(sparse[0].contains(&300_000) && sparse[1].contains(&599_999), "{sparse:?}");
    assert_eq!((hole, zeros, full, empty), (Some(vec![]), None, None, None));
    let [sparse, hole, zeros, full, empty] = found(Sparse::Always);
    assert_eq!(sparse, Some(vec![299_008..301_056]));
    assert_eq!((hole, zeros, full, empty), (Some(vec![]), Some(vec![]), None, None));
}

/// A chain of directories with a file in the last, and another directory beside every tenth.
fn deep(dir: &Path, levels: usize) {
    let mut at = openat(CWD, dir, DIRECTORY, Mode::empty()).unwrap();
    for level in 0..levels {
        if level % 10 == 0 {
            mkdirat(&at, "beside", Mode::RWXU).unwrap();
        }
        mkdirat(&at, "deep", Mode::RWXU).unwrap();
        at = openat(&at, "deep", DIRECTORY, Mode::empty()).unwrap();
    }
    let flags = OFlags::CREATE | OFlags::WRONLY;
    File::from(openat(&at, "file", flags, Mode::RUSR).unwrap()).write_all_at(b"deep", 0).unwrap();
}

#[test]
fn trees_may_be_deeper_than_paths_are_long_and_than_descriptors_are_many() {
    const NAME: &str = "trees_may_be_deeper_than_paths_are_long_and_than_descriptors_are_many";
    if again(&format!("trees::{NAME}"), "ulimit -n 128; exec \"$@\"") {
        return;
    }
    let dir = Scratch::new();
    deep(dir.path(), 5000);
    for threads in [1, 3] {
        let scan = with(dir.path(), &ScanOptions { threads, ..ScanOptions::default() });
        assert_eq!(scan.inventory.len(), 5502);
        let path = format!("{}file", "deep/".repeat(5000));
        assert_eq!(read(&scan, &path, 2).unwrap(), b"deep");
        assert_eq!(view(&scan, &path).meta.permissions, 0o400);
    }
}

#[test]
fn large_directories_are_complete_and_progress_tells_how_far_it_is() {
    let dir = Scratch::new();
    for number in 0..3000 {
        fs::write(dir.join(&number.to_string()), "").unwrap();
    }
    let most = AtomicU64::new(0);
    let progress = |seen| {
        most.fetch_max(seen, std::sync::atomic::Ordering::Relaxed);
    };
    let scan = scan(dir.path(), &ScanOptions::default(), &progress).unwrap();
    assert_eq!(scan.inventory.count_children(Inventory::ROOT), 3000);
    assert_eq!(most.into_inner(), 3000);
}

#[test]
fn files_are_left_out_whatever_their_names() {
    let dir = Scratch::new();
    let image = dir.file("a/image", b"image");
    fs::hard_link(&image, dir.join("a/other name")).unwrap();
    dir.file("a/kept", b"");
    let metadata = image.metadata().unwrap();
    let skip = vec![(metadata.dev(), metadata.ino())];
    let scan = with(dir.path(), &ScanOptions { skip, ..ScanOptions::default() });
    let names: Vec<_> = scan.inventory.children(find(&scan, "a")).map(|(name, _)| name).collect();
    assert_eq!(names, [b"kept"]);
}

#[test]
fn what_is_mounted_is_entered_unless_told() {
    const NAME: &str = "what_is_mounted_is_entered_unless_told";
    if !needs_root(NAME) || again(&format!("trees::{NAME}"), "exec unshare -m \"$@\"") {
        return;
    }
    let dir = Scratch::new();
    fs::create_dir(dir.join("mnt")).unwrap();
    let mount = |args: &[&str]| {
        let ran = Command::new("mount").args(args).arg(dir.join("mnt")).status().unwrap();
        assert!(ran.success(), "{args:?}");
    };
    mount(&["-t", "tmpfs", "-o", "mode=0711", "none"]);
    dir.file("mnt/file", b"");
    dir.file("beside", b"");
    let all = dir.scan();
    let one = with(dir.path(), &ScanOptions { one_file_system: true, ..ScanOptions::default() });
    let _ = Command::new("umount").arg(dir.join("mnt")).status();
    assert_eq!((all.inventory.len(), one.inventory.len()), (4, 3));
    for scan in [&all, &one] {
        assert_eq!(view(scan, "mnt").meta.permissions, 0o711);
    }
}

#[test]
fn the_directory_itself_may_be_reached_by_a_symbolic_link_and_must_be_one() {
    let dir = Scratch::new();
    let file = dir.file("tree/file", b"x");
    symlink("tree", dir.join("link")).unwrap();
    let scan = with(&dir.join("link"), &ScanOptions::default());
    assert_eq!(read(&scan, "file", 1).unwrap(), b"x");
    for wrong in [file, dir.join("missing")] {
        let errors = errors(&wrong);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with(&format!("cannot open {wrong:?}: ")), "{errors:?}");
    }
}

/// Something to be made: where, and what.
fn things() -> impl Strategy<Value = Vec<(Vec<u8>, u8, u16)>> {
    let thing = (proptest::collection::vec(0_u8..6, 1..4), 0_u8..5, 0_u16..3000);
    proptest::collection::vec(thing, 0..40)
}

/// Makes all of them that can be, in an order that does not matter.
fn make(dir: &Path, things: &[(Vec<u8>, u8, u16)], backwards: bool) {
    let path = |steps: &[u8]| {
        let mut path = dir.to_owned();
        path.extend(steps.iter().map(|step| format!("d{step}")));
        path
    };
    let mut order: Vec<_> = things.iter().enumerate().collect();
    if backwards {
        order.reverse();
    }
    for (steps, _, _) in order.iter().map(|(_, thing)| thing) {
        fs::create_dir_all(path(steps)).unwrap();
    }
    for (number, (steps, kind, size)) in order {
        let here = path(steps).join(format!("f{number}"));
        // What is linked is made on the way to its link, whichever comes first.
        let shared = dir.join(format!("shared{}", size % 3));
        match kind {
            0 => symlink(size.to_string(), &here).unwrap(),
            1 => {
                if !shared.exists() {
                    fs::write(&shared, "shared").unwrap();
                }
                fs::hard_link(&shared, &here).unwrap();
            }
            _ => fs::write(&here, vec![*kind; usize::from(*size)]).unwrap(),
        }
    }
    let ran =
        Command::new("find").arg(dir).args(["-exec", "touch", "-hd", "@7", "{}", "+"]).status();
    assert!(ran.unwrap().success());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn neither_the_order_of_making_nor_the_number_of_threads_shows(things in things()) {
        let (one, other) = (Scratch::new(), Scratch::new());
        make(one.path(), &things, false);
        make(other.path(), &things, true);
        let wanted = dump(&one.scan());
        for dir in [&one, &other] {
            for threads in [1, 4] {
                let scan = with(dir.path(), &ScanOptions { threads, ..ScanOptions::default() });
                prop_assert_eq!(&dump(&scan), &wanted);
            }
        }
    }
}
