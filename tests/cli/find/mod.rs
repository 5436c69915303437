//! `find`, held against the `find` of findutils, and what a script sees of it.
//!
//! ```text
//! findutils   the same expressions on the same tree, as the kernel shows it
//! this file   codes, options, output, images that lie
//! ```

mod findutils;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::tree::Tree;
use crate::support::{command, process, shapes, tools};
use crate::{expect, path_text};

/// How many files lie in `/many` of [`crowded`].
const MANY: usize = 60_000;

/// An image with a directory of 60,000 files.
fn crowded() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let image = Image::new(1024, 40 << 20, &["-N", "60100"]);
        let names = (0..MANY).map(|index| format!("/many/{}", shapes::entry_name(index)));
        if LoopMount::available().is_ok() {
            let mount = LoopMount::read_write(image.path());
            let at = |path: &str| mount.path().join(path.trim_start_matches('/'));
            fs::create_dir(at("/many")).unwrap();
            names.for_each(|name| drop(fs::File::create(at(&name)).unwrap()));
            mount.unmount();
        } else {
            // A minute, and no less than mke2fs takes: each name is looked for in all before it.
            let script = image.dir().join("script");
            let lines: String = names.map(|name| format!("touch {name}\n")).collect();
            fs::write(&script, format!("mkdir /many\n{lines}")).unwrap();
            expect(&["batch", &path_text(image.path()), &path_text(&script)], 0, "");
        }
        image.fsck();
        image
    })
}

/// `/a/b`, `/a/c` and a symbolic link `/l`.
fn small() -> Image {
    let tree = Tree::new();
    tree.directory("/a").file("/a/b", b"b").file("/a/c", b"").symlink("/l", "a");
    Image::from_tree(tree.path(), 1024, 1 << 20, &[])
}

#[test]
fn paths_begin_as_they_are_named_and_come_in_order() {
    let image = small();
    let find = |words: &[&str]| {
        let image = path_text(image.path());
        expect(&[&["find", &image], words].concat(), 0, "")
    };
    assert_eq!(find(&[]), "/\n/a\n/a/b\n/a/c\n/l\n/lost+found\n");
    assert_eq!(find(&["a"]), "a\na/b\na/c\n");
    assert_eq!(find(&["./a//", "/a", "-name", "b"]), "./a//b\n/a/b\n");
    assert_eq!(find(&["/a/b", "l", "/l/b"]), "/a/b\nl\n/l/b\n");
    assert_eq!(find(&["a//", "/", "-name", "a", "-o", "-name", "/"]), "a//\n/\n/a\n");
    assert_eq!(find(&["<2>", "-type", "l", "-print0"]), "<2>/l\0");
}

#[test]
fn options_stand_anywhere_but_not_in_place_of_an_argument() {
    let image = Image::new(1024, 10 << 20, &[]);
    let image = path_text(image.path());
    let find = |args: &[&str]| expect(args, 0, "");
    let json = find(&["--json", "find", &image, "/", "-maxdepth", "0"]);
    assert!(json.starts_with("{\"path\":\"/\",\"ino\":2,"), "{json}");
    for args in [
        &["find", "--json", &image, "/", "-maxdepth", "0"][..],
        &["find", &image, "--json", "/", "-maxdepth", "0"],
        &["find", &image, "/", "--json", "--no-lock", "-maxdepth", "0"],
        &["find", &image, "/", "-maxdepth", "0", "--json"],
        &["find", "-b", "8193", &image, "/", "-maxdepth", "0", "--json"],
        &["find", &image, "-b8193", "/", "-maxdepth", "0", "--json"],
        &["find", &image, "/", "-b", "8193", "--wait=1", "-maxdepth", "0", "--json"],
    ] {
        assert_eq!(find(args), json, "{args:?}");
    }
    assert_eq!(find(&["find", &image, "-name", "--json"]), "");
    let help = find(&["find", "--help"]);
    assert_eq!(find(&["find", &image, "/", "-empty", "--help"]), help);
    assert_eq!(find(&["find", &image, "-h"]), help);
    let ran = process::run(&["find", &image, "/", "--partition"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let ran = process::run(&["find", &image, "-what", "--json"]);
    let error = command::error(&ran);
    assert_eq!((&error["code"], &error["exit"]), (&"bad_expression".into(), &2.into()));
}

#[test]
fn what_cannot_be_done_has_the_code_of_the_table() {
    let image = small();
    let image = path_text(image.path());
    let usage = |words: &[&str], reason: &str| {
        let args = [&["find", &image], words].concat();
        assert_eq!(expect(&args, 2, &format!("mpimg: {image}: {reason}\n")), "");
    };
    usage(&["-nmae", "x"], "unknown predicate '-nmae'");
    usage(&["/", "--whole"], "unknown predicate '--whole'");
    usage(&["/", "-size"], "-size wants an argument");
    usage(&["-size", "1x"], "-size wants [+-]N[cwbkMG], which '1x' is not");
    usage(&["-print", "/a"], "'/a' behind the expression: paths come before it");
    usage(&["(", "-print"], "'(' without a ')'");
    // The image is not looked at for that.
    let args = ["find", "no-such-image", "-o"];
    expect(&args, 2, "mpimg: no-such-image: nothing before '-o'\n");
    let missing = format!("mpimg: {image}:/none: no such file or directory\n");
    let args = ["find", &image, "/none", "/l"];
    assert_eq!(expect(&args, 1, &missing), "/l\n");
    assert_eq!(expect(&["find", &image, "/", "-newer", "/none"], 1, &missing), "");
    for (predicate, kind, file) in [("-user", "user", "passwd"), ("-group", "group", "group")] {
        let reason = format!("there is no {kind} 'nobody' in the image's /etc/{file}");
        let args = ["find", &image, "/", predicate, "nobody"];
        assert_eq!(expect(&args, 1, &format!("mpimg: {image}: {reason}\n")), "");
    }
}

#[test]
fn owners_are_those_of_the_image() {
    let tree = Tree::new();
    tree.directory("/etc").file("/mine", b"").file("/other", b"");
    tree.file("/etc/passwd", b"ferry:x:4711:100:::\n7:x:4712:100:::\n");
    tree.file("/etc/group", b"dock:x:815:\n");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    image.edit(&[
        "set_inode_field /mine uid 4711",
        "set_inode_field /mine gid 815",
        "set_inode_field /other uid 4712",
        "set_inode_field /other gid 70000",
    ]);
    let find = |words: &[&str]| {
        let image = path_text(image.path());
        expect(&[&["find", &image, "/"], words].concat(), 0, "")
    };
    assert_eq!(find(&["-user", "ferry"]), "/mine\n");
    assert_eq!(find(&["-user", "4711", "-group", "dock"]), "/mine\n");
    assert_eq!(find(&["-group", "70000"]), "/other\n");
    // Digits are a name first.
    assert_eq!(find(&["-user", "7"]), "/other\n");
    let lines = find(&["-name", "[mo]*r*", "-ls", "-o", "-name", "mine", "-ls"]);
    let lines: Vec<_> = lines.lines().map(|line| &line[28..55]).collect();
    assert_eq!(
        lines,
        ["  1 ferry    dock            0", "  1 7        70000           0"].map(|l| &l[..27])
    );
}

#[test]
fn nanoseconds_decide_what_is_newer() {
    let image = Image::new(1024, 1 << 20, &["-I", "256"]);
    let path = path_text(image.path());
    for (name, mtime) in [("a", "@1700000000.000000001"), ("b", "@1700000000.000000002")] {
        expect(&["touch", "-d", mtime, &path, name], 0, "");
    }
    let newer = |than: &str| expect(&["find", &path, "/", "-type", "f", "-newer", than], 0, "");
    assert_eq!((newer("/a").as_str(), newer("/b").as_str()), ("/b\n", ""));
}

#[test]
fn json_tells_what_stat_tells() {
    let image = small();
    let mut stat = command::json(&["stat"], image.path(), &[b"/a", b"/a/b", b"/l"]);
    for object in &mut stat {
        let object = object.as_object_mut().unwrap();
        for key in ["flags", "generation", "xattrs"] {
            assert!(object.remove(key).is_some(), "{key}");
        }
    }
    let words: [&[u8]; 9] = [b"/a", b"/l", b"-ls", b"!", b"-name", b"c", b"-o", b"-links", b"99"];
    let found = command::json(&["find"], image.path(), &words);
    let names: Vec<_> = found.iter().map(|object| object["path"].as_str().unwrap()).collect();
    // -ls is done before the name is asked for.
    assert_eq!(names, ["/a", "/a/b", "/a/c", "/l"]);
    let found: Vec<_> = found.into_iter().filter(|object| object["path"] != "/a/c").collect();
    assert_eq!(found, stat);
}

#[test]
fn a_terminal_gets_escaped_names_and_print0_is_raw() {
    let tree = Tree::new();
    tree.file("/esc\x1b[31m\n", b"");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let image = path_text(image.path());
    let on_terminal = |action: &str| {
        let line = format!("'{}' find '{image}' -name 'esc*' {action}", process::MPIMG);
        let mut script = tools::command("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        tools::succeed(&mut script).stdout
    };
    assert_eq!(on_terminal("-print"), b"/esc\\033[31m\\n\r\n");
    assert!(on_terminal("-ls").ends_with(b" /esc\\033[31m\\n\r\n"));
    assert_eq!(on_terminal("-print0"), b"/esc\x1b[31m\r\n\0");
    let raw = expect(&["find", &image, "-name", "esc*"], 0, "");
    assert_eq!(raw, "/esc\x1b[31m\n\n");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let script = "\"$MPIMG\" find \"$1\" $2 | head -n 1; echo ${PIPESTATUS[0]}";
    for (words, first) in [("", "/\n0\n"), ("/many -mindepth 1", "/many/entry-00000-\n0\n")] {
        let ran = process::script(script, &[path_text(crowded().path()).as_str(), words]);
        assert_eq!((ran.text().as_str(), ran.stderr.as_str()), (first, ""));
    }
}

#[test]
fn sixty_thousand_files_in_a_directory_are_all_found() {
    let image = crowded();
    let all = command::ok(&["find"], image.path(), &[b"/many", b"-mindepth", b"1"]);
    let mut expected: Vec<_> =
        (0..MANY).map(|index| format!("/many/{}\n", shapes::entry_name(index))).collect();
    expected.sort();
    assert_eq!(String::from_utf8(all).unwrap(), expected.concat());
    let words: [&[u8]; 4] = [b"/many", b"-empty", b"-name", b"*-01234-*"];
    let one = command::ok(&["find"], image.path(), &words);
    assert_eq!(one, format!("/many/{}\n", shapes::entry_name(1234)).as_bytes());
}

#[test]
fn three_hundred_levels_down_is_found() {
    let (image, leaf) = shapes::deep(300);
    let found = command::ok(&["find"], image.path(), &[b"-name", b"leaf"]);
    assert_eq!(found, format!("{leaf}\n").as_bytes());
    let words: [&[u8]; 5] = [b"/", b"-mindepth", b"299", b"-maxdepth", b"300"];
    let found = String::from_utf8(command::ok(&["find"], image.path(), &words)).unwrap();
    assert_eq!(found, format!("{}\n{}\n", "/d".repeat(299), "/d".repeat(300)));
}

/// An image with `/d/QQQQ`, whose name becomes another one.
fn with_name(name: &[u8; 4]) -> Image {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir /d", "mkdir /d/QQQQ", "mkdir /d/z"]);
    let bytes = image.bytes();
    let at: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| w == b"QQQQ").collect();
    assert_eq!(at.len(), 1, "the name is there once");
    image.patch(at[0].0 as u64, name);
    image
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_the_rest_is_found() {
    for name in [b"/etc", b"../x", b"a/bc", b"nul\0"] {
        let image = with_name(name);
        let ran = command::on(&["find"], image.path(), &[b"/d", b"-print0"]);
        assert_eq!(ran.code, Some(4), "{name:?}: {ran:?}");
        assert_eq!(ran.text(), "/d\0/d/z\0", "{name:?}");
        assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{}", ran.stderr);
    }
}

#[test]
fn a_directory_that_cannot_be_read_is_told_once_and_the_rest_is_found() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir /d", "mkdir /e"]);
    let block: u64 = image.debugfs("blocks /d").trim().parse().unwrap();
    image.patch(block * 1024, &[0xff; 1024]);
    let find = |words: &[&[u8]]| {
        let ran = command::on(&["find"], image.path(), words);
        assert_eq!(ran.code, Some(4), "{ran:?}");
        let lines = process::error_lines(&ran.stderr);
        assert_eq!(lines.len(), 1, "{}", ran.stderr);
        let at = format!("mpimg: {}:/d: ", image.path().display());
        assert!(lines[0].starts_with(&at), "{}", ran.stderr);
        ran.text()
    };
    assert_eq!(find(&[]), "/\n/d\n/e\n/lost+found\n");
    // Who knows what such a directory holds?
    assert_eq!(find(&[b"/", b"-empty"]), "/e\n/lost+found\n");
    assert_eq!(find(&[b"/d", b"-maxdepth", b"0", b"-empty"]), "");
    // What nobody looks into is no fault.
    let words: [&[u8]; 3] = [b"/d", b"-maxdepth", b"0"];
    assert_eq!(command::ok(&["find"], image.path(), &words), b"/d\n");
}

#[test]
fn patterns_are_bytes() {
    let tree = Tree::new();
    for name in [&b"/f-\xff"[..], b"/f-\xc3\xa9", b"/f\n"] {
        tree.file(OsStr::from_bytes(name), b"");
    }
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let find = |pattern: &[u8]| command::ok(&["find"], image.path(), &[b"-name", pattern]);
    assert_eq!(find(b"f-?"), b"/f-\xff\n");
    assert_eq!(find(b"f-??"), b"/f-\xc3\xa9\n");
    assert_eq!(find(b"f-[\xf0-\xff]"), b"/f-\xff\n");
    assert_eq!(find(b"f?"), b"/f\n\n");
}
