//! Trees: `put -r` and `untar`, merged with what is there.

use std::path::PathBuf;

use super::Subject;
use crate::path_text;
use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{process, tools};

/// A tree of a few of everything that an ordinary user can make.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.directory("/etc/app").file("/etc/motd", b"hello\n").pattern("/etc/app/data", 1, 40_000);
    tree.hard_link("/etc/app/again", "/etc/motd").symlink("/bin", "usr/bin").fifo("/pipe");
    tree.mode("/etc/motd", 0o640).mtime("/etc/motd", 1_600_000_000);
    tree
}

fn archive(tree: &Tree, to: &Subject) -> String {
    let path = to.image.dir().join("tree.tar");
    let mut tar = tools::command("tar");
    tools::succeed(
        tar.args(["--format=pax", "-cf"]).arg(&path).arg("-C").arg(tree.path()).arg("."),
    );
    path_text(&path)
}

/// What `find -printf` tells of a tree that `get -r` brought out, below `path`.
fn listed(subject: &Subject, path: &str) -> String {
    let out: PathBuf = subject.image.dir().join("out");
    let _ = std::fs::remove_dir_all(&out);
    subject.ok(&["get", "-r", "-p", "IMG", path, &path_text(&out)]);
    list(&out)
}

/// All of `/a`, as the command lists it, but for inodes' numbers.
fn list_of(subject: &Subject) -> String {
    subject.ok(&["ls", "-lR", "IMG", "/a"])
}

fn list(at: &std::path::Path) -> String {
    let script = "cd \"$1\" && find . -path ./lost+found -prune -o -type d -printf '%p %y %m\\n' \
        -o -printf '%p %y %m %s %l %n %T@\\n' | sort; find . -type f | sort | xargs cksum";
    process::script(script, &[&path_text(at)]).text()
}

#[test]
fn a_directory_becomes_the_path() {
    let (subject, tree) = (Subject::new(), tree());
    assert_eq!(subject.ok(&["put", "-r", "IMG", "/", &path_text(tree.path())]), "");
    assert_eq!(listed(&subject, "/"), list(tree.path()));
    subject.ok(&["put", "-r", "--mkdirs", "IMG", "/srv/www/site", &path_text(tree.path())]);
    assert_eq!(listed(&subject, "/srv/www/site"), list(tree.path()));
    assert_eq!(subject.ok(&["find", "IMG", "/", "!", "-user", "0"]), "", "all is root's");
    // Once more, it is the same.
    subject.ok(&["put", "-r", "IMG", "/srv/www/site/", &path_text(tree.path())]);
    assert_eq!(listed(&subject, "/srv/www/site"), list(tree.path()));
}

#[test]
fn an_archive_becomes_the_path_from_a_file_and_from_standard_input() {
    let (subject, tree) = (Subject::new(), tree());
    let archive = archive(&tree, &subject);
    assert_eq!(subject.ok_with(&["untar", "IMG"], &std::fs::read(&archive).unwrap()), "");
    assert_eq!(listed(&subject, "/"), list(tree.path()));
    subject.ok(&["untar", "IMG", "/opt", "-f", &archive]);
    assert_eq!(listed(&subject, "/opt"), list(tree.path()));
}

#[test]
fn what_comes_out_as_an_archive_goes_in_as_one() {
    let subject = Subject::new();
    subject.ok(&["put", "-r", "IMG", "/a", &path_text(tree().path())]);
    subject.ok(&["mknod", "IMG", "/a/null", "c", "1", "3"]);
    subject.ok(&["chown", "IMG", "7:8", "/a/null"]);
    let tar = subject.run(&["tar", "IMG", "/a"]).stdout;
    let other = Subject::new();
    other.ok_with(&["untar", "IMG", "/"], &tar);
    let null = other.stat("/a/null");
    assert_eq!((null.get("Type"), null.owner()), ("character", (7, 8)));
    assert_eq!(list_of(&subject), list_of(&other));
}

#[test]
fn what_would_be_done_is_told() {
    let (subject, tree) = (Subject::new(), tree());
    let before = subject.image.bytes();
    let root = path_text(tree.path());
    let told = subject.ok(&["put", "-r", "--dry-run", "IMG", "/new", &root]);
    assert!(subject.image.bytes() == before);
    let expected = "create /new (directory)\ncreate /new/bin\ncreate /new/etc\ncreate /new/pipe\n\
        create /new/etc/app\ncreate /new/etc/motd\nlink /new/etc/app/again\n\
        create /new/etc/app/data\n";
    assert_eq!(told, expected);
    let told = subject.ok(&["put", "-r", "--dry-run", "--json", "IMG", "/new", &root]);
    assert!(told.lines().all(|line| line.starts_with("{\"change\":")), "{told}");
}

#[test]
fn all_that_is_refused_is_told_and_nothing_done() {
    let subject = Subject::new();
    subject.ok(&["mkdir", "-p", "IMG", "/t/etc/motd"]);
    subject.ok_with(&["put", "IMG", "/t/bin"], b"x");
    subject.ok_with(&["put", "IMG", "/file"], b"x");
    let tree = Tree::new();
    tree.directory("/etc").file("/etc/motd", b"x").directory("/bin");
    let root = path_text(tree.path());
    let lines = "mpimg: IMG:/t/bin: cannot overwrite non-directory with directory\n\
        mpimg: IMG:/t/etc/motd: cannot overwrite directory with non-directory";
    subject.refused(&["put", "-r", "IMG", "/t", &root], 1, lines);
    let line = "mpimg: IMG:/file: cannot overwrite non-directory with directory";
    subject.refused(&["put", "-r", "IMG", "/file", &root], 1, line);
    let line = "mpimg: IMG:/no/x: no such file or directory";
    subject.refused(&["put", "-r", "IMG", "/no/x", &root], 1, line);
    for words in [
        &["put", "-r", "IMG", "/x"][..],
        &["put", "-r", "--append", "IMG", "/x", &root],
        &["put", "--owner-map", "1:2", "IMG", "/x", "/etc/hostname"],
    ] {
        assert_eq!(subject.run(words).code, Some(2), "{words:?}");
    }
}

#[test]
fn without_room_the_code_is_6_and_the_image_as_it_was() {
    let subject = Subject::of(Image::new(1024, 1 << 20, &["-N", "32"]));
    let tree = Tree::new();
    tree.pattern("/large", 1, 2 << 20);
    let root = path_text(tree.path());
    let before = subject.image.bytes();
    assert_eq!(subject.run(&["put", "-r", "IMG", "/", &root]).code, Some(6));
    let tree = Tree::new();
    (0..40).for_each(|number| {
        tree.file(format!("/{number}"), b"");
    });
    assert_eq!(subject.run(&["put", "-r", "IMG", "/", &path_text(tree.path())]).code, Some(6));
    assert!(subject.image.bytes() == before);
}

#[test]
fn trees_are_lines_of_a_script() {
    let (subject, tree) = (Subject::new(), tree());
    let script = format!(
        "mkdir /a\nput -r /a '{0}'\nput -r /b '{0}'\nrm -r /a/etc\nchmod 600 /b/etc/motd\n",
        path_text(tree.path())
    );
    subject.ok_with(&["batch", "IMG"], script.as_bytes());
    assert_eq!(subject.ok(&["cat", "IMG", "/b/etc/motd"]), "hello\n");
    assert_eq!(subject.run(&["stat", "IMG", "/a/etc"]).code, Some(1));
}

#[test]
fn layers_replace_and_take_away() {
    let subject = Subject::new();
    subject.ok(&["put", "-r", "IMG", "/", &path_text(tree().path())]);
    let layer = Tree::new();
    layer
        .directory("/etc")
        .directory("/pipe")
        .file("/etc/.wh.motd", b"")
        .file("/pipe/now a directory", b"x");
    let archive = archive(&layer, &subject);
    assert_eq!(subject.run(&["untar", "IMG", "-f", &archive]).code, Some(1));
    subject.ok(&["untar", "--whiteouts", "IMG", "-f", &archive]);
    let names = subject.ok(&["find", "IMG", "/", "-name", "motd", "-o", "-name", "now*"]);
    assert_eq!(names, "/pipe/now a directory\n");
}
