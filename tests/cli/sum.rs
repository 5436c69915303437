//! Checksums: the lines, what they are of, and whether they still hold.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::path_text;
use crate::support::image::Image;
use crate::support::process;
use crate::support::tools::Ran;
use crate::support::tree::Tree;
use crate::support::{command, content, scratch, tools};

/// Files of every length about blocks and windows, a link, holes, odd names.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.directory("/d/e");
    for (seed, len) in
        [0, 1, 1023, 1024, 12 * 1024, 13 * 1024, 300_000, 3_000_001].iter().enumerate()
    {
        tree.pattern(format!("/d/{len}"), seed as u64, *len);
    }
    for number in 0..200_u16 {
        let len = 100 + 37 * usize::from(number);
        tree.pattern(format!("/d/e/{number}"), number.into(), len);
    }
    tree.hard_link("/d/e/again", "/d/300000");
    tree.symlink("/d/link", "1024").fifo("/d/fifo");
    tree.file("/new\nline", b"a").file("/back\\slash", b"b");
    tree
}

fn image(tree: &Tree) -> Image {
    Image::from_tree(tree.path(), 1024, 16 << 20, &["-N", "512"])
}

fn sum(image: &Image, args: &[&str]) -> Ran {
    process::run(&[&["sum", path_text(image.path()).as_str()], args].concat())
}

/// What Python's zlib says of each file below `root`, by path.
fn reference(root: &Tree) -> Vec<(String, u32)> {
    let script = "import sys, os, zlib\n\
        for d, _, fs in os.walk(sys.argv[1]):\n \
        for f in fs:\n  \
        p = os.path.join(d, f)\n  \
        if os.path.isfile(p) and not os.path.islink(p): print(zlib.crc32(open(p,'rb').read()), \
        repr(p[len(sys.argv[1]):]))";
    let text = tools::succeed(tools::command("python3").arg("-c").arg(script).arg(root.path()));
    let mut found: Vec<_> = text
        .text()
        .lines()
        .map(|line| {
            let (crc, path) = line.split_once(' ').unwrap();
            let path = path[1..path.len() - 1].replace("\\\\", "\\").replace("\\n", "\n");
            (path, crc.parse().unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_regular_file_has_the_checksum_that_others_compute() {
    let tree = tree();
    for block_size in [1024, 4096] {
        let image = Image::from_tree(tree.path(), block_size, 16 << 20, &["-N", "512"]);
        let text = command::ok(&["sum", "-rz"], image.path(), &[b"/"]);
        let mut found: Vec<_> = text
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let line = std::str::from_utf8(line).unwrap();
                let (crc, path) = line.split_once("  ").unwrap();
                (path.to_owned(), u32::from_str_radix(crc, 16).unwrap())
            })
            .collect();
        let in_order = found.clone();
        found.sort();
        assert_eq!(found, reference(&tree), "{block_size}");
        let names = |prefix: &str| -> Vec<_> {
            in_order.iter().filter(|(path, _)| path.starts_with(prefix)).cloned().collect()
        };
        assert!(names("/d/e/").is_sorted(), "names in a directory are sorted by their bytes");
    }
}

#[test]
fn a_line_is_one_of_sha256sum_and_a_list_of_them_holds() {
    let image = image(&tree());
    let ran = sum(&image, &["-r", "/"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.text().contains("\n\\") && ran.text().contains("/new\\nline\n"), "{}", ran.text());
    assert!(ran.text().contains("/back\\\\slash\n"));
    let dir = scratch::dir();
    let list = dir.path().join("list");
    std::fs::write(&list, ran.text()).unwrap();
    let list = path_text(&list);
    let checked = sum(&image, &["--check", &list]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
    let lines = ran.text().lines().count();
    assert_eq!(checked.text().lines().filter(|line| line.ends_with(": OK")).count(), lines);
    for quiet in ["--quiet", "--status"] {
        let checked = process::run(&["sum", &path_text(image.path()), "--check", &list, quiet]);
        assert_eq!((checked.code, checked.text().as_str()), (Some(0), ""));
    }
}

#[test]
fn a_file_that_differs_or_is_missing_fails_the_check() {
    let image = image(&tree());
    let dir = scratch::dir();
    let list = dir.path().join("list");
    let ran = sum(&image, &["-r", "/d"]);
    std::fs::write(&list, ran.text() + "00000000  /d/1\n12345678  /d/missing\nnot a line\n")
        .unwrap();
    let ran = sum(&image, &["--check", &path_text(&list)]);
    assert_eq!(ran.code, Some(1));
    let failed: Vec<_> =
        ran.text().lines().filter(|line| !line.ends_with(": OK")).map(str::to_owned).collect();
    assert_eq!(failed, ["/d/missing: FAILED open or read", "/d/1: FAILED"]);
    assert!(ran.stderr.contains("1 lines are no checksum"), "{}", ran.stderr);
    assert!(ran.stderr.contains("/d/missing: no such file"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("checksums differ\n"), "{}", ran.stderr);
    let status =
        process::run(&["sum", &path_text(image.path()), "--check", &path_text(&list), "--status"]);
    assert_eq!((status.code, status.text().as_str()), (Some(1), ""));
    std::fs::write(&list, "nothing of the kind\n").unwrap();
    assert_eq!(sum(&image, &["--check", &path_text(&list)]).code, Some(1));
    assert_eq!(sum(&image, &["--check", "/nonexistent/list"]).code, Some(1));
}

#[test]
fn a_list_may_come_from_standard_input() {
    let image = image(&tree());
    let list = sum(&image, &["-r", "/d/e"]).text();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mpimg"))
        .args(["sum", &path_text(image.path()), "--check", "-", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn directories_links_and_other_things_are_told_apart() {
    let image = image(&tree());
    let path = path_text(image.path());
    let ran = process::run(&["sum", &path, "/d", "/d/1", "/missing", "/d/fifo"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.text().lines().count(), 1, "{}", ran.text());
    let reasons: Vec<_> =
        ran.stderr.lines().map(|line| line.rsplit(": ").next().unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "is a directory (-r sums what is below it)",
            "no such file or directory",
            "not a regular file, but a fifo"
        ]
    );
    // A link is followed where it is named.
    let (link, target) =
        (process::run(&["sum", &path, "/d/link"]), process::run(&["sum", &path, "/d/1024"]));
    assert_eq!(link.text().get(..8), target.text().get(..8));
    assert_eq!(process::run(&["sum", &path]).code, Some(2));
}

#[test]
fn json_has_an_object_a_file() {
    let image = image(&tree());
    let objects = command::json(&["sum", "-r"], image.path(), &[b"/d/e"]);
    assert_eq!(objects.len(), 201);
    let expected = format!("{:08x}", crc32fast::hash(&content::bytes(7, 100 + 37 * 7)));
    let seven = objects.iter().find(|object| object["path"] == "/d/e/7").unwrap();
    assert_eq!((&seven["crc32"], &seven["size"]), (&expected.into(), &(100 + 37 * 7).into()));
}

#[test]
fn a_hole_of_terabytes_takes_no_time() {
    let image = Image::new(4096, 1 << 20, &[]);
    image.write_bytes("/f", b"start");
    image.edit(&["set_inode_field /f size 4000000000000"]);
    let began = std::time::Instant::now();
    let ran = process::run(&["sum", &path_text(image.path()), "/f"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
}

#[test]
fn neighbours_on_the_disk_share_calls() {
    let tree = Tree::new();
    tree.directory("/d");
    for number in 0..500_u16 {
        let len = 1 + (usize::from(number) * 37) % 9000;
        tree.pattern(format!("/d/{number:03}"), number.into(), len);
    }
    let image = Image::from_tree(tree.path(), 4096, 16 << 20, &["-N", "1024"]);
    let ran = process::run(&["sum", "-r", "--stats=json", &path_text(image.path()), "/d"]);
    assert_eq!(ran.code, Some(0));
    let stats: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    let calls = stats["calls"].as_u64().unwrap();
    assert!(calls < 60, "{calls} calls for 500 files that lie side by side");
}

#[test]
fn what_fails_is_told_of_the_file_that_it_is_of() {
    let tree = Tree::new();
    tree.pattern("/a", 1, 3000).pattern("/b", 2, 3000).pattern("/z", 3, 3000);
    let image = Image::from_tree(tree.path(), 4096, 4 << 20, &["-N", "32"]);
    // A file with holes between two without, whose block is the last, which is cut off.
    let last = (4 << 20) / 4096 - 1;
    image.edit(&[
        format!("sif /b block[5] {last}"),
        "sif /b block[0] 0".into(),
        "sif /b size 30000".into(),
    ]);
    let file = std::fs::File::options().write(true).open(image.path()).unwrap();
    file.set_len(last * 4096).unwrap();
    let ran = sum(&image, &["-r", "/"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.stderr.contains(":/b: bytes 20480..24576 cannot be read"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(":/a: ") && !ran.stderr.contains(":/z: "), "{}", ran.stderr);
    let text = ran.text();
    let paths: Vec<_> = text.lines().map(|line| &line[10..]).collect();
    assert_eq!(paths, ["/a", "/z"]);
}

#[test]
fn what_is_named_twice_is_summed_twice() {
    let tree = Tree::new();
    tree.pattern("/large", 1, 700_000);
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &["-N", "32"]);
    let ran = sum(&image, &["-r", "/large", "/", "/large"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let crc32 = crc32fast::hash(&std::fs::read(tree.at("/large")).unwrap());
    assert_eq!(ran.text(), format!("{crc32:08x}  /large\n").repeat(3));
}
