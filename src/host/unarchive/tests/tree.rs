//! The tree that entries make, one after the other.

use super::*;

fn names(found: &Unarchived) -> Vec<String> {
    listing(found).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn entries_become_files_with_all_that_they_say() {
    let device = |kind: u8| {
        move |header: &mut [u8]| {
            assert_eq!(header[156], kind);
            header[329..337].copy_from_slice(b"0000010\0");
            header[337..345].copy_from_slice(b"0000401\0");
        }
    };
    let tar = Tar::default()
        .dir("./")
        .file("./a//b", "hello\n")
        .symlink("./s", "a/b")
        .link("./h", "./a/b")
        .add_with(b'3', b"c", "", b"", device(b'3'))
        .add_with(b'4', b"k", "", b"", device(b'4'))
        .add(b'6', "p", "", b"")
        .file("empty", "")
        .end();
    let found = of(&tar);
    let crc = crc32fast::hash(b"hello\n");
    let want = [
        "a 755 0:0 1700000000.5 Directory implied".to_owned(),
        format!("a/b 640 10:11 100.0 file x2 6 {crc:08x}"),
        "c 640 10:11 100.0 CharDevice (8, 257)".to_owned(),
        "empty 640 10:11 100.0 file x1 0 00000000".to_owned(),
        format!("h 640 10:11 100.0 file x2 6 {crc:08x}"),
        "k 640 10:11 100.0 BlockDevice (8, 257)".to_owned(),
        "p 640 10:11 100.0 Fifo".to_owned(),
        "s 640 10:11 100.0 -> a/b x1".to_owned(),
    ];
    assert_eq!(listing(&found), want);
    let root = found.inventory.view(Inventory::ROOT);
    assert_eq!((root.implied, root.meta.permissions, root.meta.uid), (false, 0o640, 10));
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn a_root_that_nobody_named_is_implied() {
    let found = of(&Tar::default().file("a", "").end());
    let root = found.inventory.view(Inventory::ROOT);
    assert_eq!((root.implied, root.meta.permissions, root.meta.mtime), (true, 0o755, NOW));
}

#[test]
fn the_later_entry_of_a_name_wins() {
    let tar = Tar::default()
        .file("f", "first")
        .link("kept", "f")
        .file("f", "second")
        .file("d/below", "x")
        .add_with(b'5', b"d", "", b"", |header| header[100..108].copy_from_slice(b"0000700\0"))
        .file("gone/below", "x")
        .file("gone", "a file now")
        .file("dir", "x")
        .dir("dir")
        .file("dir/in", "y")
        .symlink("dir/in", "there")
        .end();
    let found = of(&tar);
    assert_eq!(names(&found), ["d", "d/below", "dir", "dir/in", "f", "gone", "kept"]);
    assert_eq!((text(&found, "f"), text(&found, "kept")), ("second".into(), "first".into()));
    assert_eq!(text(&found, "gone"), "a file now");
    let d = found.inventory.view(lookup(&found, "d"));
    assert_eq!((d.implied, d.meta.permissions), (false, 0o700));
    assert_eq!(found.inventory.view(lookup(&found, "kept")).links, 1);
}

#[test]
fn hard_links_are_to_what_has_the_name_then() {
    let tar = Tar::default()
        .symlink("s", "f")
        .file("d/f", "x")
        .link("ls", "s")
        .link("d/f", "d/f")
        .symlink("way", "d")
        .link("over", "way/f")
        .link("d", "d/f")
        .end();
    let found = of(&tar);
    assert_eq!(names(&found), ["d", "ls", "over", "s", "way"]);
    let s = lookup(&found, "s");
    assert_eq!((lookup(&found, "ls"), found.inventory.view(s).links), (s, 2));
    assert_eq!(lookup(&found, "d"), lookup(&found, "over"));
    assert_eq!(found.inventory.view(lookup(&found, "d")).links, 2);
}

#[test]
fn symbolic_links_on_the_way_lead_inside_the_archive() {
    let tar = Tar::default()
        .dir("usr/lib/deep")
        .symlink("lib", "usr/lib")
        .symlink("usr/abs", "/usr/./lib/")
        .symlink("usr/lib/up", "../../../../../usr")
        .symlink("two", "usr/abs/deep")
        .file("lib/a", "")
        .file("usr/abs/b", "")
        .file("usr/lib/up/c", "")
        .file("two/d", "")
        .dir("lib")
        .end();
    let found = of(&tar);
    let all = names(&found);
    for path in ["usr/lib/a", "usr/lib/b", "usr/c", "usr/lib/deep/d"] {
        assert!(all.iter().any(|name| name == path), "{path} of {all:?}");
    }
    assert_eq!(found.inventory.view(lookup(&found, "lib")).file_type, FileType::Directory);
    assert_eq!(found.inventory.count_children(lookup(&found, "lib")), 0);
}

#[test]
fn components_are_stripped_as_tar_does() {
    let tar = Tar::default()
        .dir("top/")
        .dir("top/a/")
        .file("top/a/f", "1")
        .link("top/a/g", "top/a/f")
        .file("alone", "")
        .file("./b/c", "2")
        .end();
    let found = with(&tar, &UnarchiveOptions { strip_components: 1, ..options() }).unwrap();
    assert_eq!(names(&found), ["a", "a/f", "a/g", "b", "b/c"]);
    assert!(found.inventory.view(Inventory::ROOT).implied);
    let found = with(&tar, &UnarchiveOptions { strip_components: 2, ..options() }).unwrap();
    assert_eq!(names(&found), ["c", "f", "g"]);
    assert_eq!(lookup(&found, "f"), lookup(&found, "g"));
    let lost = Tar::default().file("top/f", "").link("top/d/g", "f").end();
    let found = with(&lost, &UnarchiveOptions { strip_components: 1, ..options() });
    let want = "entry 2, \"top/d/g\": a hard link to \"f\", which is left out: no more is left of its name";
    assert_eq!(errors(found), [want]);
}

#[test]
fn whiteouts_are_what_goes_from_directories() {
    let tar = Tar::default()
        .file("etc/.wh.passwd", "")
        .file("var/.wh..wh..opq", "")
        .file("var/.wh..wh.plnk", "")
        .file("var/kept", "")
        .file(".wh.top", "")
        .end();
    let layer = UnarchiveOptions { whiteouts: true, ..options() };
    let found = with(&tar, &layer).unwrap();
    assert_eq!(names(&found), ["etc", "var", "var/kept"]);
    let gone = |path: &str| -> Vec<Vec<u8>> {
        found.inventory.whiteouts(lookup(&found, path)).map(<[u8]>::to_vec).collect()
    };
    assert_eq!((gone("etc"), gone("var")), (vec![b"passwd".to_vec()], vec![]));
    assert_eq!(found.inventory.whiteouts(Inventory::ROOT).collect::<Vec<_>>(), [b"top"]);
    let view = |path| found.inventory.view(lookup(&found, path));
    assert_eq!((view("etc").opaque, view("var").opaque), (false, true));
    assert_eq!(names(&of(&tar)).len(), 7);
    let nameless = Tar::default().file(".wh.", "").file(".wh...", "").end();
    assert_eq!(errors(with(&nameless, &layer)).len(), 2);
}
