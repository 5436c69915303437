//! `mpimg du` says what `du` says of the mounted image.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::gallery::{self, VARIANTS};
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::sparse::Sparse;
use crate::support::tree::Tree;
use crate::support::{command, process, shapes, skipped, tools};
use crate::{path_text, sample};

/// Lines ended by NUL, sorted.
fn sorted(text: &[u8]) -> Vec<String> {
    let lines = text.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let mut lines: Vec<_> = lines.map(|line| line.escape_ascii().to_string()).collect();
    lines.sort();
    lines
}

/// Compares `mpimg du` with `du` for paths in a mounted image, without a slash in front.
#[track_caller]
fn compare(image: &Image, mount: &LoopMount, options: &[&str], paths: &[&str], what: &str) {
    let mut du = tools::command("du");
    for variable in ["POSIXLY_CORRECT", "BLOCK_SIZE", "BLOCKSIZE", "DU_BLOCK_SIZE"] {
        du.env_remove(variable);
    }
    // Of the root, `./etc` stands where mpimg has `/etc`.
    let at = |path: &&str| if path.is_empty() { ".".to_owned() } else { format!("./{path}") };
    let named = paths.iter().map(at);
    let ran = tools::succeed(du.current_dir(mount.path()).arg("-0").args(options).args(named));
    let theirs = ran.stdout.split(|byte| *byte == 0).flat_map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
        let (size, path) = line.split_at(tab);
        let path = match path {
            b"\t." => b"\t/",
            path => path,
        };
        let rest = path.strip_prefix(b"\t./").map(|rest| [b"\t/", rest].concat());
        [size, &rest.unwrap_or_else(|| path.to_vec()), b"\0"].concat()
    });
    let theirs: Vec<u8> = theirs.collect();
    let theirs: Vec<_> = sorted(&theirs).into_iter().collect();
    let ours: Vec<Vec<u8>> = paths.iter().map(|path| format!("/{path}").into_bytes()).collect();
    let ours: Vec<&[u8]> = ours.iter().map(Vec::as_slice).collect();
    let words = [&["du", "-0", "--no-lock"], options].concat();
    let found = sorted(&command::ok(&words, image.path(), &ours));
    assert_eq!(found, theirs, "{what}: du {options:?} {paths:?}");
}

/// Whether the host's `du` takes directories for as long as they are: since 9.2 it does not.
fn du_counts_lengths_of_directories() -> bool {
    let tree = Tree::new();
    let ran = tools::run_ok("du", &[Path::new("-b"), tree.path()]);
    !ran.stdout.starts_with(b"0\t")
}

const OPTIONS: &[&[&str]] = &[
    &[],
    &["-a"],
    &["-s"],
    &["-h"],
    &["-ah"],
    &["-k"],
    &["-c"],
    &["-ac"],
    &["-d0"],
    &["-d1"],
    &["-ad2"],
    &["-B512", "-a"],
    &["-BM"],
    &["-BkB", "-a"],
];

const LENGTHS: &[&[&str]] =
    &[&["-b"], &["-ab"], &["-a", "--apparent-size"], &["-sh", "--apparent-size"], &["-abh"]];

#[test]
fn sizes_are_those_of_du_on_the_mounted_image() {
    let test = "sizes_are_those_of_du_on_the_mounted_image";
    if let Err(reason) = LoopMount::available() {
        return skipped(test, &reason);
    }
    let lengths = du_counts_lengths_of_directories();
    if !lengths {
        skipped(test, "du of coreutils before 9.2 tells lengths of directories");
    }
    for variant in VARIANTS {
        // Sparse and hard-linked files, slow symlinks, devices, attributes in blocks of their own.
        if LoopMount::supports(variant.block_size).is_err() {
            continue;
        }
        let image = gallery::build(variant);
        let mount = LoopMount::read_only(image.path());
        let options = if variant.block_size == 1024 { OPTIONS } else { &OPTIONS[..4] };
        let of_lengths = if lengths { LENGTHS } else { &[] };
        for options in options.iter().chain(of_lengths) {
            compare(&image, &mount, options, &[""], variant.name);
        }
    }
}

#[test]
fn what_counts_once_is_what_du_counts_once() {
    if let Err(reason) = LoopMount::available() {
        return skipped("what_counts_once_is_what_du_counts_once", &reason);
    }
    let image = gallery::build(&VARIANTS[0]);
    let mount = LoopMount::read_only(image.path());
    for paths in [
        &["hello", "dir"][..],
        &["dir", "hello"],
        &["dir/inner", "dir"],
        &["dir", "dir/inner"],
        &["dir", "dir/inner/file", "dir/inner/file"],
        &["dir/inner/file", "dir"],
        &["", "dir"],
        &["dir", ""],
        &["pattern", "", "pattern"],
        &["dir", "dir"],
        &["fast", "slow-1000", "absolute", "fifo", "empty"],
    ] {
        for options in [&["-c"][..], &["-ac"], &["-sc"], &["-cd1"]] {
            compare(&image, &mount, options, paths, "several paths");
        }
    }
}

#[test]
fn blocks_of_attributes_and_indirect_blocks_count_and_holes_do_not() {
    let tree = Tree::new();
    Sparse::new("/sparse", 1024, &[300], 0, 1).with_size(1 << 30).make(tree.path());
    tree.file("/plain", &[b'x'; 13 << 10]).file("/attribute", b"x");
    let image = Image::from_tree(tree.path(), 1024, 2 << 20, &["-I", "128"]);
    gallery::set_xattr(&image, "/attribute", "user.note", b"x");
    let found = command::ok(&["du", "-a"], image.path(), &[b"sparse", b"plain", b"attribute"]);
    // The block, its double indirect and its indirect one; 13 and an indirect one; two.
    assert_eq!(String::from_utf8_lossy(&found), "3\tsparse\n14\tplain\n2\tattribute\n");
    let found = command::ok(&["du", "-b"], image.path(), &[b"sparse"]);
    assert_eq!(found, b"1073741824\tsparse\n");
}

#[test]
fn lines_come_in_the_order_of_names_with_directories_behind_what_they_hold() {
    let tree = Tree::new();
    tree.directory("/b/z").file("/b/a", b"x").directory("/a.d").file("/a", b"x").symlink("/l", "b");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    image.edit(&["rmdir lost+found"]);
    let found = command::ok(&["du", "-ac"], image.path(), &[]);
    let want = "1\t/a\n1\t/a.d\n1\t/b/a\n1\t/b/z\n3\t/b\n0\t/l\n6\t/\n6\ttotal\n";
    assert_eq!(String::from_utf8_lossy(&found), want);
    let found = command::ok(&["du"], image.path(), &[b"b/", b"<2>", b"a", b"l"]);
    let want = "1\tb/z\n3\tb/\n1\t<2>/a.d\n2\t<2>\n";
    assert_eq!(String::from_utf8_lossy(&found).replace("3\t<2>\n", "2\t<2>\n"), want);
}

#[test]
fn names_stand_whole_with_newlines_and_bytes_that_are_no_text() {
    let tree = Tree::new();
    let odd = b"new\nline\xff";
    tree.file([b"/".as_slice(), odd].concat().as_slice().to_os(), b"x");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let found = command::ok(&["du", "-a0"], image.path(), &[odd]);
    assert_eq!(found, [b"1\t", odd.as_slice(), b"\0"].concat());
    let line = &command::json(&["du"], image.path(), &[odd])[0];
    assert_eq!(command::bytes(line, "path").unwrap(), odd);
}

trait ToOs {
    fn to_os(&self) -> std::ffi::OsString;
}

impl ToOs for [u8] {
    fn to_os(&self) -> std::ffi::OsString {
        std::ffi::OsStr::from_bytes(self).to_owned()
    }
}

#[test]
fn json_tells_sizes_and_sectors_of_each_line_and_of_the_total() {
    let tree = Tree::new();
    tree.directory("/d").file("/d/f", &[b'x'; 3000]);
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let lines = command::json(&["du", "-ac"], image.path(), &[b"/d"]);
    let brief: Vec<_> = lines
        .iter()
        .map(|line| (line["path"].as_str(), line["size"].as_u64(), line["sectors"].as_u64()))
        .collect();
    let want = [
        (Some("/d/f"), Some(3000), Some(6)),
        (Some("/d"), Some(4024), Some(8)),
        (None, Some(4024), Some(8)),
    ];
    assert_eq!(brief, want);
    assert_eq!((&lines[0]["type"], &lines[1]["type"]), (&"regular".into(), &"directory".into()));
    assert_eq!(lines[2]["total"], true);
}

#[test]
fn deep_trees_are_counted() {
    let (image, _) = shapes::deep(600);
    let found = command::ok(&["du", "-d0"], image.path(), &[b"/d"]);
    assert_eq!(found, b"601\t/d\n");
    if LoopMount::available().is_ok() {
        compare(&image, &LoopMount::read_only(image.path()), &["-a"], &[""], "deep");
    }
}

#[test]
fn a_path_that_is_missing_ends_with_code_1_and_the_others_are_done() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.write_bytes("/f", &[b'x'; 3000]);
    let path = path_text(image.path());
    let ran = process::run(&["du", "-c", &path, "none", "/f", "/f/x"]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(1), "3\t/f\n3\ttotal\n"), "{ran:?}");
    let lines = process::error_lines(&ran.stderr);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], format!("mpimg: {path}:/none: no such file or directory"));
}

#[test]
fn a_directory_below_itself_is_told_and_counts_once() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir a", "mkdir a/b", "link a a/b/again"]);
    let path = path_text(image.path());
    let start = Instant::now();
    let ran = process::run(&["du", &path, "/a"]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(4), "1\t/a/b\n2\t/a\n"), "{ran:?}");
    let lines = process::error_lines(&ran.stderr);
    assert!(lines.len() == 1 && lines[0].contains(":/a/b/again: "), "{lines:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_counts() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir a", "mkdir b"]);
    image.write_bytes("/a/f", &[b'x'; 3000]);
    image.write_bytes("/b/g", &[b'x'; 2000]);
    // An entry that names an inode that is not there.
    let block: u64 = image.debugfs("blocks /a").split_whitespace().next().unwrap().parse().unwrap();
    image.patch(block * 1024 + 24, &u32::MAX.to_le_bytes());
    let ran = process::run(&["du", "-a", &path_text(image.path()), "/a", "/b"]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(4), "1\t/a\n2\t/b/g\n3\t/b\n"), "{ran:?}");
    assert!(ran.stderr.contains(":/a/f: "), "{ran:?}");
}

#[test]
fn counters_that_lie_are_summed_to_the_end() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir d"]);
    for name in ["a", "b"] {
        image.write_bytes(&format!("/d/{name}"), b"x");
        image.edit(&[
            format!("set_inode_field /d/{name} blocks 4294967295"),
            format!("set_inode_field /d/{name} size {}", u64::MAX),
        ]);
    }
    let kib = u64::from(u32::MAX) + 1;
    let found = command::ok(&["du"], image.path(), &[b"/d"]);
    assert_eq!(String::from_utf8_lossy(&found), format!("{kib}\t/d\n"));
    let found = command::ok(&["du", "-b"], image.path(), &[b"/d"]);
    assert_eq!(String::from_utf8_lossy(&found), format!("{}\t/d\n", u64::MAX));
}

#[test]
fn readers_may_go_away_and_outputs_be_full() {
    let image = shapes::many_entries(3000, false);
    let path = path_text(image.path());
    for json in ["", "--json"] {
        let script =
            format!("\"$MPIMG\" du -a {json} \"$1\" | head -c 10; exit ${{PIPESTATUS[0]}}");
        let ran = process::script(&script, &[&path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert_eq!(ran.stdout.len(), 10);
    }
    let full = process::script("\"$MPIMG\" du \"$1\" >/dev/full", &[sample()]);
    assert_eq!(full.code, Some(8), "{full:?}");
}

#[test]
fn arguments_that_contradict_each_other_end_with_code_2() {
    for args in [&["-s", "-a"][..], &["-s", "-d", "1"], &["-B0"], &["-d", "x"], &["-d", "-1"]] {
        let ran = process::run(&[&["du"], args, &[&sample()]].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
    }
}
