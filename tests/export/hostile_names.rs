//! Names that lead out of the destination are refused and told; what stands beside them comes out.

use std::fs;
use std::path::Path;

use crate::editor::Editor;
use crate::sandbox::Sandbox;
use crate::support::image::Image;
use crate::support::tree::Tree;

/// Names that no directory may hold.
const NAMES: &[&[u8]] = &[
    b"../x",
    b"../outside/file",
    b"../../outside/new",
    b"..",
    b".",
    b"/",
    b"/etc/x",
    b"a/b",
    b"a/../../outside/new",
    b"/../outside/file",
    b"a\0b",
    b"\0",
    b"",
];

/// What the names are given to: entries of `/dir`.
const VICTIMS: &[&str] = &[
    "/dir/m-file-with-a-long-name",
    "/dir/m-link-with-a-long-name",
    "/dir/m-tree-with-a-long-name",
];

fn sound(outside: &Path, args: &[&str]) -> Image {
    let tree = Tree::new();
    tree.directory(format!("{}/inner", VICTIMS[2]))
        .file("/dir/a-before", b"before\n")
        .file(VICTIMS[0], b"hostile\n")
        .symlink(VICTIMS[1], outside)
        .file(format!("{}/file", VICTIMS[2]), b"hostile\n")
        .file("/dir/z-after", b"after\n")
        .file("/top", b"top\n")
        .directory("/long")
        .file(format!("/long/{}", "l".repeat(250)), b"long\n");
    Image::from_tree(tree.path(), 1024, 1 << 20, args)
}

#[track_caller]
fn assert_only(directory: &Path, expected: &[&str], what: &str) {
    let names = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, expected, "{what}: {}", directory.display());
}

/// All but the victim comes out, and every command says where a name is refused.
#[track_caller]
fn is_refused(sandbox: &mut Sandbox, image: &Image, victim: usize, what: &str) {
    sandbox.empty_dest();
    let ended = sandbox.get(image, what);
    assert_eq!(ended.code(), Ok(4), "{what}: get: {}", ended.stderr);
    assert!(ended.stderr.contains(":/dir: "), "{what}: get: {}", ended.stderr);
    let dest = sandbox.dest();
    assert_only(&dest, &["dir", "long", "lost+found", "top"], what);
    let mut expected = vec!["a-before"];
    let others = VICTIMS.iter().enumerate().filter(|(index, _)| *index != victim);
    expected.extend(others.map(|(_, path)| path.rsplit_once('/').unwrap().1));
    expected.push("z-after");
    assert_only(&dest.join("dir"), &expected, what);
    assert_eq!(fs::read(dest.join("dir/z-after")).unwrap(), b"after\n", "{what}");
    assert_eq!(fs::read(dest.join("top")).unwrap(), b"top\n", "{what}");
    sandbox.read(image, what, |what, ended| {
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(":/dir: "), "{what}: {}", ended.stderr);
    });
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_the_walk_goes_on() {
    let mut sandbox = Sandbox::new();
    let image = sound(&sandbox.outside(), &[]);
    for name in NAMES {
        for (index, victim) in VICTIMS.iter().enumerate() {
            let mut editor = Editor::new(&image);
            editor.rename(victim, name);
            let what = format!("{victim} named {:?}", name.escape_ascii().to_string());
            is_refused(&mut sandbox, &editor.image(), index, &what);
        }
    }
}

#[test]
fn a_thousand_hostile_names_are_told_in_few_lines() {
    let mut sandbox = Sandbox::new();
    let tree = Tree::new();
    tree.directory("/dir");
    let victim = |index| format!("/dir/v-{index:03}");
    for index in 0..400 {
        tree.file(victim(index), b"hostile\n");
    }
    tree.file("/dir/z-after", b"after\n");
    let mut editor = Editor::new(&Image::from_tree(tree.path(), 1024, 2 << 20, &["-N", "600"]));
    for index in 0..400 {
        editor.rename(&victim(index), [b"..", b"/a", b"./", b"a/"][index % 4]);
    }
    let image = editor.image();
    let ended = sandbox.get(&image, "400 names");
    assert_eq!(ended.code(), Ok(4), "{}", ended.stderr);
    assert_only(&sandbox.dest().join("dir"), &["z-after"], "400 names");
    sandbox.read(&image, "400 names", |what, ended| {
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
    });
}

#[test]
fn a_name_longer_than_any_name_can_be_is_refused() {
    let mut sandbox = Sandbox::new();
    let mut editor = Editor::new(&sound(&sandbox.outside(), &["-O", "^filetype"]));
    let victim = format!("/long/{}", "l".repeat(250));
    for (len, byte) in [(256, b'l'), (300, b'x'), (600, b'/')] {
        let mut editor_of_it = editor;
        editor_of_it.rename(&victim, &vec![byte; len]);
        let image = editor_of_it.image();
        sandbox.empty_dest();
        let what = format!("{len} bytes");
        let ended = sandbox.get(&image, &what);
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        assert_only(&sandbox.dest().join("long"), &[], &what);
        assert_eq!(fs::read(sandbox.dest().join("top")).unwrap(), b"top\n", "{what}");
        sandbox.read(&image, &what, |what, ended| {
            assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
        });
        editor = Editor::new(&sound(&sandbox.outside(), &["-O", "^filetype"]));
    }
}

#[test]
fn every_name_of_a_directory_may_be_hostile_at_once() {
    let mut sandbox = Sandbox::new();
    let mut editor = Editor::new(&sound(&sandbox.outside(), &[]));
    for (victim, name) in VICTIMS.iter().zip([&b".."[..], b"..", b"../outside"]) {
        editor.rename(victim, name);
    }
    editor.rename("/dir/a-before", b"/a");
    editor.rename("/dir/z-after", b".");
    let image = editor.image();
    let ended = sandbox.get(&image, "all");
    assert_eq!(ended.code(), Ok(4), "{}", ended.stderr);
    assert_only(&sandbox.dest().join("dir"), &[], "all");
    sandbox.read(&image, "all", |what, ended| {
        assert_eq!(ended.code(), Ok(4), "{what}: {}", ended.stderr);
    });
}
