//! Paths: symlinks of every length and kind, chains and loops, `..` and `/` at the ends, inodes by
//! number, names of any bytes, long and deep directories.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use mpimg::fs::LastSymlink;

use crate::readers;
use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{command, gallery, shapes};

const HELLO: &[u8] = b"Hello from ext2.\n";

/// The gallery's tree at 1 KiB, with chains of links and files of odd names.
fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let tree = gallery::tree();
        let image = Image::from_tree(tree.path(), 1024, 6 << 20, &[]);
        let mut requests = vec![String::from("symlink /chain-1 hello")];
        for link in 2..=41 {
            requests.push(format!("symlink /chain-{link} chain-{}", link - 1));
        }
        requests.push("symlink /to-root /".into());
        requests.push("symlink /above ../../../hello".into());
        requests.push("symlink /with-slash hello/".into());
        requests.push("symlink /dir-with-slash dir/".into());
        image.edit(&requests);
        image.write_bytes("/<12>", b"a name\n");
        image.fsck();
        image
    })
}

#[track_caller]
fn cat(path: &[u8]) -> Vec<u8> {
    command::ok(&["cat"], image().path(), &[path])
}

/// Fails unless `mpimg COMMAND IMG PATH` says `reason` and exits 1.
#[track_caller]
fn assert_refused(words: &[&str], path: &[u8], reason: &str) {
    let ran = command::on(words, image().path(), &[path]);
    let at = path.escape_ascii();
    assert_eq!(ran.code, Some(1), "{words:?} {at}: {}", ran.stderr);
    assert!(ran.stdout.is_empty(), "{words:?} {at}");
    assert!(ran.stderr.ends_with(&format!(": {reason}\n")), "{words:?} {at}: {}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn symlinks_of_every_length_lead_where_they_say() {
    // Around what an inode holds (59 bytes) and what a block holds (a NUL must fit too).
    for (block_size, lengths) in [
        (1024_u32, &[1_usize, 2, 58, 59, 60, 61, 62, 1022, 1023][..]),
        (4096, &[59, 60, 1024, 4094, 4095]),
    ] {
        let tree = Tree::new();
        tree.file("/f", HELLO);
        let targets: Vec<String> = lengths.iter().map(|len| "/".repeat(len - 1) + "f").collect();
        for target in &targets {
            tree.symlink(format!("/link-{}", target.len()), target);
        }
        let image = Image::from_tree(tree.path(), block_size, 1 << 20, &[]);
        for target in &targets {
            let link = format!("/link-{}", target.len());
            let fast = image.debugfs(&format!("stat {link}")).contains("Fast link dest");
            assert_eq!(fast, target.len() < 60, "{link}");
            let read = command::ok(&["readlink"], image.path(), &[link.as_bytes()]);
            assert_eq!(read, format!("{target}\n").as_bytes());
            assert_eq!(command::ok(&["cat"], image.path(), &[link.as_bytes()]), HELLO, "{link}");
        }
    }
}

#[test]
fn a_symlink_with_attributes_in_a_block_is_still_fast() {
    let tree = Tree::new();
    tree.file("/f", HELLO).symlink("/fast", "f").symlink("/slow", "/".repeat(99) + "f");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &["-I", "128"]);
    for link in ["/fast", "/slow"] {
        gallery::set_xattr(&image, link, "security.selinux", b"a:b:c\0");
        assert!(!image.debugfs(&format!("stat {link}")).contains("File ACL: 0\n"), "in a block");
        assert_eq!(command::ok(&["cat"], image.path(), &[link.as_bytes()]), HELLO, "{link}");
    }
    image.fsck();
}

#[test]
fn chains_of_40_symlinks_are_followed_and_of_41_not() {
    assert_eq!(cat(b"/chain-40"), HELLO);
    let reason = "too many levels of symbolic links (more than 40)";
    assert_refused(&["cat"], b"/chain-41", reason);
    assert_refused(&["cat"], b"/loop-a", reason);
    assert_refused(&["stat", "-L"], b"/loop-b", reason);
    assert_refused(&["cat"], b"/loop-a/x", reason);
    // The link itself is there.
    assert_eq!(command::ok(&["readlink"], image().path(), &[b"/loop-a"]), b"loop-b\n");
    assert_eq!(command::ok(&["readlink"], image().path(), &[b"/chain-41"]), b"chain-40\n");
}

#[test]
fn a_leading_slash_is_optional_and_dots_stay_inside() {
    for path in [
        "/hello",
        "hello",
        "//hello",
        "./hello",
        "/./hello",
        "/../hello",
        "../../hello",
        "dir/../hello",
        "dir/inner/../../hello",
        "dir/up",
        "to-root/hello",
        "to-root/../hello",
        "above",
        "absolute/../up",
        "dir-with-slash/up",
        "dir/hello-again",
        "fast-59",
        "slow-60",
    ] {
        assert_eq!(cat(path.as_bytes()), HELLO, "{path}");
    }
    assert_eq!(cat(b"absolute/deeper/deepest/leaf"), b"leaf\n");
}

#[test]
fn a_slash_at_the_end_asks_for_a_directory() {
    let not_a_directory = "not a directory";
    for path in [&b"hello/"[..], b"hello/.", b"hello/..", b"hello/x", b"fast/", b"with-slash"] {
        assert_refused(&["cat"], path, not_a_directory);
        assert_refused(&["stat", "-L"], path, not_a_directory);
    }
    assert_refused(&["cat"], b"dir/", "is a directory");
    let kind = |words: &[&str], path: &[u8]| {
        let stat = command::json(words, image().path(), &[path]);
        stat[0]["type"].as_str().expect("a type").to_owned()
    };
    assert_eq!(kind(&["stat"], b"absolute"), "symlink");
    assert_eq!(kind(&["stat"], b"absolute/"), "directory");
    assert_eq!(kind(&["stat", "-L"], b"absolute"), "directory");
    assert_refused(&["readlink"], b"absolute/", "not a symbolic link");
}

#[test]
fn what_is_not_there_is_refused() {
    let no_such = "no such file or directory";
    for path in [&b"none"[..], b"dir/none", b"none/hello", b"dangling", b"dir/inner/none/x"] {
        assert_refused(&["cat"], path, no_such);
    }
    assert_refused(&["cat"], b"", no_such);
    assert_refused(&["cat"], &[b'x'; 300], no_such);
    for (path, kind) in [(&b"fifo"[..], "fifo"), (b"socket", "socket")] {
        assert_refused(&["cat"], path, &format!("not a regular file, but a {kind}"));
    }
}

#[test]
fn inodes_are_named_by_number() {
    let ino = |path: &[u8]| command::json(&["stat"], image().path(), &[path])[0]["ino"].clone();
    let (hello, dir) = (ino(b"hello"), ino(b"dir"));
    assert_eq!(cat(format!("<{hello}>").as_bytes()), HELLO);
    assert_eq!(cat(b"<2>/hello"), HELLO);
    assert_eq!(cat(format!("<{dir}>/hello-again").as_bytes()), HELLO);
    assert_eq!(cat(format!("<{dir}>/../hello").as_bytes()), HELLO);
    assert_eq!(ino(b"<2>/"), 2);
    // A file of that name is reached as any other is.
    assert_eq!(cat(b"./<12>"), b"a name\n");
    assert_eq!(cat(b"/<12>"), b"a name\n");
    assert_refused(&["cat"], format!("<{hello}>/").as_bytes(), "not a directory");
    for (path, why) in [
        (&b"<0>"[..], "the filesystem does not have it"),
        (b"<4294967295>", "the filesystem does not have it"),
        (b"<18446744073709551615>", "the filesystem does not have it"),
        (b"<700>", "it is free"),
    ] {
        let number = std::str::from_utf8(path).expect("text").trim_matches(['<', '>']);
        assert_refused(&["cat"], path, &format!("no such inode: {number} ({why})"));
    }
}

#[test]
fn names_of_any_bytes_are_reached_and_listed() {
    let long = "l".repeat(255);
    let names: [(&[u8], &[u8]); 5] = [
        (b"name with spaces", b"spaces\n"),
        (b"new\nline\x1b[31m", b"control\n"),
        (b"latin-\xe9\xff", b"not UTF-8\n"),
        (long.as_bytes(), b"long\n"),
        (b"-dash", b"dash\n"),
    ];
    let listed = command::ok(&["ls", "-0"], image().path(), &[b"/"]);
    let listed: BTreeSet<&[u8]> = listed.split(|byte| *byte == 0).collect();
    let objects = command::json(&["ls"], image().path(), &[]);
    for (name, bytes) in names {
        assert_eq!(cat(name), bytes, "{}", name.escape_ascii());
        assert!(listed.contains(name), "{}", name.escape_ascii());
        let path = [b"/", name].concat();
        let of_path = |object: &&_| command::bytes(object, "path").as_deref() == Some(&path[..]);
        let object = objects.iter().find(of_path).expect("it is listed");
        assert_eq!(object.get("path_hex").is_some(), std::str::from_utf8(name).is_err());
    }
}

#[test]
fn an_error_shows_a_hostile_name_on_one_line() {
    let ran = command::on(&["cat"], image().path(), &[b"no\nsuch\x1b[31m\xff"]);
    assert_eq!(ran.code, Some(1));
    let expected = r":/no\nsuch\033[31m\377: no such file or directory";
    assert!(ran.stderr.trim_end_matches('\n').ends_with(expected), "{}", ran.stderr);
    let ran = command::on(&["cat", "--json"], image().path(), &[b"none"]);
    let error = command::error(&ran);
    assert_eq!((&error["code"], &error["path"]), (&"not_found".into(), &"none".into()));
}

#[test]
fn three_thousand_entries_are_found_linear_and_indexed() {
    for indexed in [false, true] {
        let image = shapes::many_entries(3000, indexed);
        let listed = command::ok(&["ls"], image.path(), &[b"/many"]);
        let expected: Vec<String> = (0..3000).map(shapes::entry_name).collect();
        let text = std::str::from_utf8(&listed).expect("text");
        assert!(text.lines().eq(&expected), "indexed: {indexed}");
        let fs = readers::open(image.path());
        for name in &expected {
            let path = format!("/many/{name}");
            let inode = fs.resolve(path.as_bytes(), LastSymlink::Keep).expect("an entry");
            assert_eq!(inode.size_bytes(), 0, "{path}");
        }
        let ran = command::on(&["cat"], image.path(), &[b"/many/entry-03000"]);
        assert_eq!(ran.code, Some(1));
    }
}

#[test]
fn a_deep_directory_is_listed_and_read_at_its_bottom() {
    let (image, leaf) = shapes::deep(300);
    assert_eq!(command::ok(&["cat"], image.path(), &[leaf.as_bytes()]), b"deep\n");
    let listed = command::json(&["ls", "-R"], image.path(), &[]);
    let paths: BTreeSet<_> = listed.iter().map(|o| o["path"].as_str().expect("a path")).collect();
    assert!(paths.contains(leaf.as_str()));
    assert_eq!(paths.len(), 300 + 1 + 1, "the directories, the leaf, lost+found");
    let up = format!("{}{}lost+found", "d/".repeat(300), "../".repeat(300));
    let stat = command::json(&["stat"], image.path(), &[up.as_bytes()]);
    assert_eq!(stat[0]["ino"], 11);
}
