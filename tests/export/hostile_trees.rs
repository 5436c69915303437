//! Trees that are none: symlinks that stand in for directories, loops, things with two places; and
//! files that claim more than there is. All ends, and nothing outside is touched.

use std::fs;
use std::path::Path;

use crate::editor::{DOUBLE, Editor, SINGLE, TRIPLE};
use crate::sandbox::Sandbox;
use crate::support::image::Image;
use crate::support::process::{Ended, Limits};
use crate::support::tree::Tree;

#[track_caller]
fn expect_code(code: i32) -> impl FnMut(&str, &Ended) {
    move |what, ended| assert_eq!(ended.code(), Ok(code), "{what}: {}", ended.stderr)
}

/// A symlink and a directory with files, to be given one name: `/p/m1 /p/m2`, and `/p/z-after`.
fn two_of_a_name(target: &Path, symlink_first: bool) -> Editor {
    let tree = Tree::new();
    let (link, directory) = if symlink_first { ("/p/m1", "/p/m2") } else { ("/p/m2", "/p/m1") };
    tree.directory(directory)
        .symlink(link, target)
        .file(format!("{directory}/file"), b"hostile\n")
        .file(format!("{directory}/new"), b"hostile\n")
        .directory(format!("{directory}/inner"))
        .file(format!("{directory}/inner/file"), b"hostile\n")
        .file("/p/z-after", b"after\n");
    Editor::new(&Image::from_tree(tree.path(), 1024, 1 << 20, &[]))
}

#[test]
fn a_symlink_and_a_directory_of_one_name_write_nothing_outside() {
    let mut sandbox = Sandbox::new();
    let outside = sandbox.outside();
    let targets = [&outside, &outside.join("dir"), Path::new(".."), Path::new("../../outside")];
    for target in targets {
        for symlink_first in [true, false] {
            let mut editor = two_of_a_name(target, symlink_first);
            // The same length: an entry cannot grow.
            editor.rename("/p/m1", b"mm");
            editor.rename("/p/m2", b"mm");
            let image = editor.image();
            let what = format!("{} {symlink_first}", target.display());
            sandbox.empty_dest();
            let ended = sandbox.get(&image, &what);
            assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
            assert_eq!(fs::read(sandbox.dest().join("p/z-after")).unwrap(), b"after\n", "{what}");
            let ended = sandbox.get(&image, &format!("{what}, again"));
            assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
            sandbox.read(&image, &what, expect_code(4));
        }
    }
}

/// An image with `/p/d` a symlink to `target`, and one with `/p/d` a directory of files.
fn one_after_the_other(target: &Path) -> (Image, Image) {
    let (link, directory) = (Tree::new(), Tree::new());
    link.directory("/p").symlink("/p/d", target).symlink("/p/file", target.join("file"));
    directory
        .directory("/p/d/inner")
        .file("/p/d/file", b"hostile\n")
        .file("/p/d/new", b"hostile\n")
        .file("/p/d/inner/file", b"hostile\n")
        .file("/p/file", b"hostile\n")
        .file("/p/z-after", b"after\n");
    let image = |tree: &Tree| Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    (image(&link), image(&directory))
}

#[test]
fn a_symlink_of_one_image_is_no_directory_for_the_next() {
    let mut sandbox = Sandbox::new();
    let outside = sandbox.outside();
    for target in [&outside, &outside.join("dir"), Path::new("../../outside")] {
        let (link, directory) = one_after_the_other(target);
        for order in [[&link, &directory], [&directory, &link]] {
            sandbox.empty_dest();
            for image in order {
                let what = format!("{} in turn", target.display());
                let code = sandbox.get(image, &what).code().unwrap();
                // As `cp`, which puts neither a directory over a file nor a file over a directory.
                assert!([0, 1, 3].contains(&code), "{what}: {code}");
            }
            let file = fs::symlink_metadata(sandbox.dest().join("p/file")).unwrap();
            let expected_link = std::ptr::eq(order[1], &raw const link);
            assert_eq!(file.is_symlink(), expected_link, "the later file is there");
        }
    }
}

/// `/a/b/c` with files, `/z` with a file, and a spare directory at each level to be led elsewhere.
fn nested() -> Image {
    let tree = Tree::new();
    tree.directory("/a/b/c/spare")
        .directory("/a/spare")
        .directory("/spare")
        .directory("/z")
        .file("/a/b/c/leaf", b"leaf\n")
        .file("/a/file", b"file\n")
        .file("/z/file", b"after\n");
    Image::from_tree(tree.path(), 1024, 1 << 20, &[])
}

#[test]
fn loops_and_directories_with_two_places_end() {
    let mut sandbox = Sandbox::new();
    let nested = nested();
    let places: &[(&str, &str)] = &[
        ("/a/b/c/spare", "/"),
        ("/a/b/c/spare", "/a"),
        ("/a/b/c/spare", "/a/b/c"),
        ("/a/spare", "/a/b"),
        ("/spare", "/a"),
        ("/spare", "/"),
        ("/spare", "/z"),
        ("/a/b/c/spare", "/z"),
    ];
    for (path, leads_to) in places {
        let mut editor = Editor::new(&nested);
        let ino = editor.ino(leads_to);
        editor.lead_to(path, ino);
        let image = editor.image();
        let what = format!("{path} is {leads_to}");
        sandbox.empty_dest();
        let ended = sandbox.get(&image, &what);
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        // Each directory comes out once, at the one place or the other.
        let once = |paths: [&str; 2]| paths.map(|path| sandbox.dest().join(path).is_file());
        let spare = path.trim_start_matches('/');
        let [one, other] = once(["z/file", &format!("{spare}/file")]);
        assert!(one || (*leads_to == "/z" && other), "{what}: /z/file is there");
        sandbox.read(&image, &what, expect_code(4));
    }
}

#[test]
fn dot_dot_is_not_followed_wherever_it_leads() {
    let mut sandbox = Sandbox::new();
    let nested = nested();
    for leads_to in ["/a/b/c", "/a/b", "/z", "/a/file"] {
        let mut editor = Editor::new(&nested);
        let ino = editor.ino(leads_to);
        editor.lead_to("/a/b/..", ino);
        let image = editor.image();
        sandbox.empty_dest();
        sandbox.get(&image, leads_to);
        assert_eq!(fs::read(sandbox.dest().join("a/b/c/leaf")).unwrap(), b"leaf\n", "{leads_to}");
        sandbox.read(&image, leads_to, |_, _| ());
    }
}

#[test]
fn directories_that_share_their_blocks_end() {
    let mut sandbox = Sandbox::new();
    let tree = Tree::new();
    let names: Vec<_> = (0..8).map(|index| format!("/d{index:02}")).collect();
    for name in &names {
        tree.directory(name);
    }
    for index in 0..5 {
        tree.directory(format!("/d00/sub{index:02}"));
    }
    tree.file("/z-after", b"after\n");
    let mut editor = Editor::new(&Image::from_tree(tree.path(), 1024, 1 << 20, &["-N", "160"]));
    let shared = editor.slot("/d00", 0);
    for name in &names {
        editor.set_slot(name, 0, shared);
    }
    // And the children are directories of the same block too: without an end, if they are entered.
    for index in 0..5 {
        editor.set_slot(&format!("/d00/sub{index:02}"), 0, shared);
    }
    let image = editor.image();
    let ended = sandbox.get(&image, "one block for all");
    assert_eq!(ended.code(), Ok(4), "{}", ended.stderr);
    sandbox.read(&image, "one block for all", expect_code(4));
}

#[test]
fn an_entry_that_leads_to_the_wrong_thing_is_what_its_inode_says() {
    let mut sandbox = Sandbox::new();
    let mut editor = Editor::new(&nested());
    let (file, directory) = (editor.ino("/a/file"), editor.ino("/a/b"));
    editor.lead_to("/a/b/c/leaf", directory);
    editor.lead_to("/spare", file);
    let image = editor.image();
    let ended = sandbox.get(&image, "crossed");
    assert_eq!(ended.code(), Ok(4), "{}", ended.stderr);
    sandbox.read(&image, "crossed", expect_code(4));
    for (ino, what) in [(0xffff_ffff, "no inode"), (11_000, "past the end"), (1, "reserved")] {
        let mut editor = Editor::new(&nested());
        editor.lead_to("/a/file", ino);
        let image = editor.image();
        sandbox.empty_dest();
        let ended = sandbox.get(&image, what);
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        assert_eq!(fs::read(sandbox.dest().join("z/file")).unwrap(), b"after\n", "{what}");
    }
}

/// `/big` with one block in each of its maps' levels, and `/z-after`.
fn one_file(block_size: u32) -> Image {
    let tree = Tree::new();
    tree.pattern("/big", 5, 40 * block_size as usize).file("/z-after", b"after\n");
    Image::from_tree(tree.path(), block_size, u64::from(block_size) * 200, &["-N", "32"])
}

/// Whatever it makes of `/big`, no gigabyte is written; and `/z-after` comes out, unless it is told
/// that no more is read.
#[track_caller]
fn ends_small(sandbox: &mut Sandbox, image: &Image, what: &str) -> [i32; 2] {
    sandbox.empty_dest();
    let ended = sandbox.get(image, what);
    if !ended.stderr.contains("no more is read") {
        let after = fs::read(sandbox.dest().join("z-after"));
        assert_eq!(after.unwrap_or_default(), b"after\n", "{what}: {}", ended.stderr);
    }
    let used = std::os::unix::fs::MetadataExt::blocks;
    let sectors: u64 = fs::read_dir(sandbox.dest())
        .unwrap()
        .map(|entry| used(&entry.unwrap().metadata().unwrap()))
        .sum();
    assert!(sectors < 1 << 18, "{what}: {sectors} sectors");
    let mut gravest = 0;
    sandbox.read(image, what, |_, ended| gravest = gravest.max(ended.code().unwrap()));
    sandbox.empty_dest();
    [ended.code().unwrap(), gravest]
}

#[test]
fn files_that_claim_petabytes_end() {
    let mut sandbox = Sandbox::new();
    for block_size in [1024, 4096, 65_536] {
        let image = one_file(block_size);
        let pointers = u64::from(block_size) / 4;
        let most = u64::from(block_size)
            * (12 + pointers + pointers * pointers + pointers * pointers * pointers);
        for size in [most, most + 1, 1 << 50, u64::MAX] {
            for (maps, kept, triple) in
                [("holes", 0, 0), ("a block", 1, 0), ("no block of the image", 1, u32::MAX)]
            {
                let mut editor = Editor::new(&image);
                editor.set_size("/big", size);
                for slot in kept..TRIPLE {
                    editor.set_slot("/big", slot, 0);
                }
                editor.set_slot("/big", TRIPLE, triple);
                let what = format!("{size} bytes in blocks of {block_size}, mapped to {maps}");
                let codes = ends_small(&mut sandbox, &editor.image(), &what);
                if size > most {
                    assert_eq!(codes, [4, 4], "{what}: more than a map can hold");
                }
            }
        }
    }
}

#[test]
fn maps_that_share_one_block_a_million_times_end() {
    let mut sandbox = Sandbox::new();
    for block_size in [1024, 4096] {
        let image = one_file(block_size);
        let pointers = u64::from(block_size) / 4;
        for (slot, levels) in [(SINGLE, 1), (DOUBLE, 2), (TRIPLE, 3)] {
            let mut editor = Editor::new(&image);
            // A block of pointers to itself is every level, and the data too.
            let indirect = editor.slot("/big", SINGLE);
            editor.fill(indirect, indirect);
            editor.set_slot("/big", slot, indirect);
            let blocks = 12 + (1..=levels).map(|level| pointers.pow(level)).sum::<u64>();
            editor.set_size("/big", blocks * u64::from(block_size));
            let what = format!("{levels} levels of one block of {block_size}");
            let codes = ends_small(&mut sandbox, &editor.image(), &what);
            if levels > 1 {
                assert_eq!(codes, [4, 4], "{what}: more data than the image has");
            }
        }
    }
}

#[test]
fn many_names_of_files_that_share_their_data_end() {
    let mut sandbox = Sandbox::new();
    let tree = Tree::new();
    tree.pattern("/a-data", 6, 200 * 1024);
    for index in 0..60 {
        tree.pattern(format!("/f{index:02}"), 7, 1024);
    }
    tree.file("/z-after", b"after\n");
    let mut editor = Editor::new(&Image::from_tree(tree.path(), 1024, 1 << 20, &["-N", "100"]));
    let map: Vec<_> = (0..=TRIPLE).map(|slot| editor.slot("/a-data", slot)).collect();
    for index in 0..60 {
        let path = format!("/f{index:02}");
        editor.set_size(&path, 200 * 1024);
        for (slot, block) in map.iter().enumerate() {
            editor.set_slot(&path, slot, *block);
        }
    }
    let image = editor.image();
    sandbox.get(&image, "shared data");
    sandbox.read(&image, "shared data", |_, _| ());
}

#[test]
fn a_symlink_that_no_host_can_hold_is_the_images_fault() {
    let mut sandbox = Sandbox::new();
    let tree = Tree::new();
    tree.symlink("/link", "abcdefgh").file("/z-after", b"after\n");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    for (what, bytes) in [("a NUL within", *b"ab\0d"), ("a NUL first", *b"\0bcd")] {
        let mut editor = Editor::new(&image);
        // A short target stands where a map would.
        editor.set_slot("/link", 0, u32::from_le_bytes(bytes));
        sandbox.empty_dest();
        let ended = sandbox.get(&editor.image(), what);
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(":/link: "), "{what}: {}", ended.stderr);
        assert_eq!(fs::read(sandbox.dest().join("z-after")).unwrap(), b"after\n", "{what}");
        sandbox.read(&editor.image(), what, |_, _| ());
    }
}

#[test]
fn long_paths_of_many_names_take_little_memory() {
    let image = Image::new(1024, 64 << 20, &["-N", "8192"]);
    let name = "n".repeat(250);
    let mut requests = Vec::new();
    for _ in 0..400 {
        requests.extend([format!("mkdir {name}"), format!("cd {name}")]);
    }
    requests.extend((0..4000).map(|index| format!("symlink s{index} t")));
    image.edit(&requests);
    let limits = Limits { memory_kib: 256 << 10, cpu_seconds: 10, output_bytes: 1 << 20 };
    let args = ["sum".as_ref(), "-r".as_ref(), image.path().as_os_str(), "/".as_ref()];
    let ended = limits.run(&args, &mut tempfile::tempfile().unwrap());
    assert_eq!(ended.code(), Ok(0), "{}", ended.stderr);
}

#[test]
fn names_of_what_cannot_be_read_do_not_go_through_it_again() {
    let mut sandbox = Sandbox::new();
    let tree = Tree::new();
    tree.pattern("/big", 5, 400 * 4096).file("/z-after", b"after\n");
    for index in 0..20 {
        tree.hard_link(&format!("/other-{index}"), "/big");
    }
    let mut editor = Editor::new(&Image::from_tree(tree.path(), 4096, 1 << 23, &["-N", "64"]));
    editor.set_slot("/big", SINGLE, 0);
    editor.set_slot("/big", DOUBLE, 0);
    editor.set_slot("/big", TRIPLE, u32::MAX);
    editor.set_size("/big", 4096 << 29);
    let codes = ends_small(&mut sandbox, &editor.image(), "twenty names of terabytes");
    assert_eq!(codes, [4, 4]);
}
