//! What stands in the destination beforehand leads nowhere else: links planted there are replaced
//! or refused, never followed, and nothing makes a run wait.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};

use crate::sandbox::Sandbox;
use crate::support::image::Image;
use crate::support::tree::Tree;

fn plain() -> Image {
    let tree = Tree::new();
    tree.directory("/etc/inner")
        .file("/etc/new", b"new\n")
        .file("/etc/inner/file", b"inner\n")
        .file("/file", b"from the image\n")
        .symlink("/link", "file")
        .hard_link("/z-again", "/file")
        .fifo("/fifo");
    Image::from_tree(tree.path(), 1024, 1 << 20, &[])
}

fn node(path: &Path, kind: FileType, device: u64) {
    rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(0o666), device).unwrap();
}

type Plant = fn(&Path, &Path);

/// What is planted for a file, and whether it is to be replaced.
const FOR_A_FILE: &[(&str, Plant)] = &[
    ("a symlink to a file", |path, outside| symlink(outside.join("file"), path).unwrap()),
    ("a relative symlink", |path, _| symlink("../outside/file", path).unwrap()),
    ("a symlink to nothing", |path, outside| symlink(outside.join("new"), path).unwrap()),
    ("a symlink to a directory", |path, outside| symlink(outside.join("dir"), path).unwrap()),
    ("a symlink to itself", |path, _| symlink("file", path).unwrap()),
    ("a hard link", |path, outside| fs::hard_link(outside.join("file"), path).unwrap()),
    ("a fifo", |path, _| node(path, FileType::Fifo, 0)),
    ("a socket", |path, _| node(path, FileType::Socket, 0)),
];

#[test]
fn what_stands_where_a_file_goes_is_not_followed() {
    let mut sandbox = Sandbox::new();
    let image = plain();
    for (what, plant) in FOR_A_FILE {
        for name in ["file", "link", "z-again", "fifo", "etc/inner/file"] {
            sandbox.empty_dest();
            sandbox.plant(|dest, outside| {
                let path = dest.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                plant(&path, outside);
            });
            let what = format!("{what} at {name}");
            let ended = get(&mut sandbox, &image, &what);
            let code = ended.unwrap();
            assert!([0, 1, 3].contains(&code), "{what}: {code}");
            let stat = fs::symlink_metadata(sandbox.dest().join(name)).unwrap();
            if code == 0 && ["file", "z-again", "etc/inner/file"].contains(&name) {
                assert!(stat.is_file(), "{what}: {:?}", stat.file_type());
                let content = fs::read(sandbox.dest().join(name)).unwrap();
                let expected =
                    if name == "etc/inner/file" { "inner\n" } else { "from the image\n" };
                assert_eq!(content, expected.as_bytes(), "{what}");
            }
            assert_eq!(fs::read(sandbox.dest().join("etc/new")).unwrap(), b"new\n", "{what}");
        }
    }
}

/// As [`Sandbox::get`]; but a link to what is outside may end, which its count of links shows.
fn get(sandbox: &mut Sandbox, image: &Image, what: &str) -> Result<i32, String> {
    let linked = what.starts_with("a hard link");
    if !linked {
        return sandbox.get(image, what).code();
    }
    let file = sandbox.outside().join("file");
    let keep = sandbox.outside().join("file");
    let before = fs::read(&keep).unwrap();
    let stat = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        let stat = fs::symlink_metadata(path).unwrap();
        (stat.mode(), stat.uid(), stat.len(), stat.mtime(), stat.mtime_nsec(), stat.ino())
    };
    let said = stat(&file);
    let code = sandbox.get_unwatched(image, what).code();
    assert_eq!(fs::read(&file).unwrap(), before, "{what}: the file outside");
    assert_eq!(stat(&file), said, "{what}: the file outside");
    sandbox.plant(|_, _| ());
    code
}

#[test]
fn what_stands_where_a_directory_goes_is_not_followed() {
    let mut sandbox = Sandbox::new();
    let image = plain();
    let plants: &[(&str, Plant)] = &[
        ("a symlink to a directory", |path, outside| symlink(outside.join("dir"), path).unwrap()),
        ("a relative symlink", |path, _| symlink("../outside/dir", path).unwrap()),
        ("a symlink up", |path, _| symlink("..", path).unwrap()),
        ("a symlink to nothing", |path, outside| symlink(outside.join("new"), path).unwrap()),
        ("a symlink to a file", |path, outside| symlink(outside.join("file"), path).unwrap()),
        ("a file", |path, _| fs::write(path, b"stands here\n").unwrap()),
        ("a fifo", |path, _| node(path, FileType::Fifo, 0)),
    ];
    for (what, plant) in plants {
        for name in ["etc", "etc/inner"] {
            sandbox.empty_dest();
            sandbox.plant(|dest, outside| {
                let path = dest.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                plant(&path, outside);
            });
            let what = format!("{what} at {name}");
            let code = sandbox.get(&image, &what).code().unwrap();
            // As `cp`: what is no directory is not replaced by one. Or it is; but not followed.
            let there = fs::symlink_metadata(sandbox.dest().join(name)).unwrap();
            assert_eq!(
                code == 0,
                there.is_dir(),
                "{what}: exit code {code}, {:?}",
                there.file_type()
            );
            assert!([0, 1, 3].contains(&code), "{what}: {code}");
            assert_eq!(
                fs::read(sandbox.dest().join("file")).unwrap(),
                b"from the image\n",
                "{what}"
            );
        }
    }
}

#[test]
fn directories_that_stand_where_files_go_stay() {
    let mut sandbox = Sandbox::new();
    let image = plain();
    for name in ["file", "link", "fifo"] {
        sandbox.empty_dest();
        sandbox.plant(|dest, _| {
            fs::create_dir(dest.join(name)).unwrap();
            fs::write(dest.join(name).join("mine"), b"mine\n").unwrap();
        });
        let ended = sandbox.get(&image, name);
        assert!([1, 3].contains(&ended.code().unwrap()), "{name}: {:?}", ended.status);
        assert_eq!(fs::read(sandbox.dest().join(name).join("mine")).unwrap(), b"mine\n", "{name}");
        assert_eq!(fs::read(sandbox.dest().join("etc/new")).unwrap(), b"new\n", "{name}");
    }
}
