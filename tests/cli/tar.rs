//! `mpimg tar`: archives that GNU tar and Python's tarfile extract to the tree that the kernel shows.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::gallery::{self, Variant};
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::nodes::{self, Nodes};
use crate::support::tree::Tree;
use crate::support::{command, process, scratch, shapes, skipped, tools};
use crate::{path_text, sample};

/// What reads archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Gnu,
    Python,
}

const READERS: [Reader; 2] = [Reader::Gnu, Reader::Python];

const EXTRACT: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    tar.extractall(sys.argv[2], numeric_owner=True)
";

/// Extracts an archive as root would to restore a system.
#[track_caller]
fn extract(archive: &[u8], reader: Reader) -> TempDir {
    let dir = scratch::dir();
    let (file, to) = (dir.path().join("archive"), dir.path().join("tree"));
    fs::write(&file, archive).unwrap();
    fs::create_dir(&to).unwrap();
    let mut command = match reader {
        Reader::Gnu => tools::command("tar"),
        Reader::Python => tools::command("python3"),
    };
    match reader {
        Reader::Gnu => command.args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-p"]),
        // Names that are UTF-8 are, as where its users are.
        Reader::Python => command.env("LC_ALL", "C.UTF-8").args(["-c", EXTRACT]),
    };
    match reader {
        Reader::Gnu => command.arg("-xf").arg(&file).arg("-C").arg(&to),
        Reader::Python => command.arg(&file).arg(&to),
    };
    let ran = tools::succeed(&mut command);
    assert_eq!(ran.stderr, "", "{reader:?}");
    fs::remove_file(&file).unwrap();
    dir
}

/// The names in an archive, in its order.
#[track_caller]
fn names(archive: &[u8]) -> Vec<String> {
    listed(archive, &[])
}

#[track_caller]
fn listed(archive: &[u8], options: &[&str]) -> Vec<String> {
    let dir = scratch::dir();
    let file = dir.path().join("archive");
    fs::write(&file, archive).unwrap();
    let ran = tools::succeed(tools::command("tar").args(options).arg("-tf").arg(&file));
    assert_eq!(ran.stderr, "");
    ran.text().lines().map(str::to_owned).collect()
}

#[track_caller]
fn tar(options: &[&str], image: &Path, paths: &[&[u8]]) -> Vec<u8> {
    command::ok(&[&["tar"], options].concat(), image, paths)
}

/// Runs it where it has something to say; the exit code is the caller's to judge.
fn tar_with_report(options: &[&str], image: &Path, paths: &[&[u8]]) -> tools::Ran {
    command::on(&[&["tar"], options].concat(), image, paths)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What a host keeps of a tree, whatever its own filesystem is; sockets are in no archive.
fn kept(mut nodes: Nodes) -> Nodes {
    nodes.retain(|_, node| node.kind != 's');
    for node in nodes.values_mut().filter(|node| node.kind == 'd') {
        (node.size, node.links) = (None, None);
    }
    nodes
}

/// What a reader puts back: Python's tarfile knows of no attributes, nor of times of symlinks.
fn put_back(reader: Reader, nodes: &Nodes) -> Nodes {
    let mut nodes = nodes.clone();
    if reader == Reader::Python {
        for node in nodes.values_mut() {
            node.xattrs = None;
            node.mtime = node.mtime.filter(|_| node.kind != 'l');
        }
    }
    nodes
}

#[test]
fn archives_hold_what_the_kernel_shows() {
    let test = "archives_hold_what_the_kernel_shows";
    for Variant { name, block_size, args } in gallery::VARIANTS {
        if !["1 KiB blocks", "4 KiB blocks", "inodes of 128 bytes"].contains(name) {
            continue;
        }
        if let Err(reason) = LoopMount::supports(*block_size) {
            return skipped(test, &reason);
        }
        let image = gallery::build(&Variant { name, block_size: *block_size, args });
        // No kernel leaves an ACL beside a mode that differs: who sets the one sets the other.
        image.edit(&["set_inode_field /dir mode 040644"]);
        let mount = LoopMount::read_only(image.path());
        let expected = kept(nodes::of_kernel(mount.path()));
        assert!(expected.len() > 30, "{name}");
        let ran = tar_with_report(&[], image.path(), &[]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        for reader in READERS {
            let dir = extract(&ran.stdout, reader);
            let root = dir.path().join("tree");
            let found = kept(nodes::of_kernel(&root));
            let at = format!("{name}, {reader:?}");
            nodes::assert_same(&put_back(reader, &found), &put_back(reader, &expected), &at);
            if reader == Reader::Python {
                // Its times are no whole nanoseconds.
                continue;
            }
            for path in expected.keys() {
                let path = OsStr::from_bytes(&path[1..]);
                let times = [&root, mount.path()].map(|root| {
                    let metadata = root.join(path).symlink_metadata().unwrap();
                    (metadata.mtime(), metadata.mtime_nsec())
                });
                assert_eq!(times[0], times[1], "{at}: {path:?}");
            }
        }
    }
}

#[test]
fn archives_hold_what_the_image_was_made_of() {
    if !is_root() {
        return skipped("archives_hold_what_the_image_was_made_of", "owners need root");
    }
    let source = gallery::tree().path();
    let image = Image::from_tree(source, 1024, 6 << 20, &[]);
    let mut expected = kept(nodes::of_kernel(source));
    expected.remove(b"/".as_slice());
    let archive = tar_with_report(&[], image.path(), &[]).stdout;
    for reader in READERS {
        let dir = extract(&archive, reader);
        let mut found = kept(nodes::of_kernel(&dir.path().join("tree")));
        found.remove(b"/".as_slice());
        found.remove(b"/lost+found".as_slice());
        let (found, expected) = (put_back(reader, &found), put_back(reader, &expected));
        nodes::assert_same(&found, &expected, &format!("{reader:?}"));
        let sparse = dir.path().join("tree/sparse").metadata().unwrap();
        assert!(sparse.blocks() * 512 < sparse.len() / 2, "{reader:?}: {sparse:?}");
    }
}

#[test]
fn the_same_image_gives_the_same_bytes_in_whole_records() {
    let image = sample();
    let archive = tar(&[], Path::new(&image), &[]);
    assert_eq!(archive, tar(&[], Path::new(&image), &[]));
    assert!(archive.len().is_multiple_of(10240), "{}", archive.len());
    assert!(archive[archive.len() - 1024..].iter().all(|byte| *byte == 0));
    let names = names(&archive);
    assert_eq!(names[..3], ["./", "dev/", "dev/console"]);
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name.replace('/', "\0"));
    assert_eq!(names, sorted);
}

/// `/a`, which is `/d/b` and `/d/e/c` too; `/d/link`, and something beside.
fn links() -> Image {
    let tree = Tree::new();
    tree.directory("/d/e").file("/a", b"linked\n").file("/d/e/z", b"alone\n");
    tree.hard_link("/d/b", "/a").hard_link("/d/e/c", "/a").symlink("/d/link", "e");
    Image::from_tree(tree.path(), 1024, 1 << 20, &[])
}

#[test]
fn paths_are_archived_with_their_whole_names() {
    let image = links();
    let list = |paths: &[&[u8]]| names(&tar(&[], image.path(), paths));
    assert_eq!(list(&[b"/d/e"]), ["d/e/", "d/e/c", "d/e/z"]);
    assert_eq!(list(&[b"d//e/", b"a"]), ["d/e/", "d/e/c", "d/e/z", "a"]);
    assert_eq!(list(&[b"/d/link"]), ["d/link"]);
    assert_eq!(list(&[b"/d/e/../e/z"]), ["e/z"]);
    assert_eq!(list(&[b"/"])[..4], ["./", "a", "d/", "d/b"]);
}

#[test]
fn names_of_one_file_are_links_to_the_first_over_all_paths() {
    let image = links();
    let list = |options: &[&str], paths: &[&[u8]]| -> Vec<String> {
        let lines = listed(&tar(options, image.path(), paths), &["-v"]);
        let linked = lines.iter().filter(|line| line.starts_with('h'));
        linked.map(|line| line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(list(&[], &[]), ["d/b link to a", "d/e/c link to a"]);
    assert_eq!(list(&[], &[b"/d/e", b"/a"]), ["a link to d/e/c"]);
    // The first name is left out: the file stands where it is called next.
    assert_eq!(list(&["--strip-components=1"], &[]), ["e/c link to b"]);
    assert_eq!(list(&["--strip-components=2"], &[]), Vec::<String>::new());
    let dir = extract(&tar(&["--strip-components=2"], image.path(), &[]), Reader::Gnu);
    assert_eq!(fs::read(dir.path().join("tree/c")).unwrap(), b"linked\n");
}

#[test]
fn components_are_stripped_and_what_has_no_more_is_left_out() {
    let image = links();
    let list = |count: &str| names(&tar(&["--strip-components", count], image.path(), &[]));
    assert_eq!(list("1"), ["b", "e/", "e/c", "e/z", "link"]);
    assert_eq!(list("2"), ["c", "z"]);
    assert_eq!(list("3"), Vec::<String>::new());
}

#[test]
fn owners_and_times_are_those_that_are_given() {
    let tree = Tree::new();
    tree.directory("/etc")
        .file("/etc/passwd", b"root:x:0:0::/:\nweb:x:33:35::/:\n")
        .file("/f", b"");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let owners = |owner: &str| -> BTreeSet<String> {
        let archive = tar(&["--owner", owner, "--mtime", "@1.5"], image.path(), &[]);
        let lines = listed(&archive, &["-v", "--numeric-owner", "--full-time"]);
        lines
            .iter()
            .map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                format!("{} {} {}", words[1], words[3], words[4])
            })
            .collect()
    };
    let only = |text: &str| BTreeSet::from([format!("{text} 1970-01-01 00:00:01.5")]);
    assert_eq!(owners("web:"), only("33/35"));
    assert_eq!(owners("4000000000:5"), only("4000000000/5"));
    let ran = tar_with_report(&["--owner=nobody"], image.path(), &[]);
    assert_eq!((ran.code, ran.stdout.len()), (Some(1), 0));
    assert!(ran.stderr.contains("no user 'nobody' in the image's /etc/passwd"), "{}", ran.stderr);
}

#[test]
fn holes_are_kept_or_written_out() {
    let tree = Tree::new();
    let sparse = gallery::sparse();
    sparse.make(tree.path());
    let image = Image::from_tree(tree.path(), 1024, 6 << 20, &[]);
    let kept = tar(&[], image.path(), &[b"/sparse"]);
    let full = tar(&["--sparse=never"], image.path(), &[b"/sparse"]);
    assert!(kept.len() < 64 << 10, "{}", kept.len());
    assert!(full.len() > sparse.content().len(), "{}", full.len());
    for (archive, has_holes) in [(kept, true), (full, false)] {
        for reader in READERS {
            let dir = extract(&archive, reader);
            let file = dir.path().join("tree/sparse");
            assert!(fs::read(&file).unwrap() == sparse.content(), "{reader:?}");
            let metadata = file.metadata().unwrap();
            assert_eq!(metadata.blocks() * 512 < metadata.len() / 2, has_holes, "{reader:?}");
        }
    }
}

#[test]
fn trees_of_300_levels_and_long_names_come_out() {
    let (image, leaf) = shapes::deep(300);
    for reader in READERS {
        let dir = extract(&tar(&[], image.path(), &[]), reader);
        let leaf = dir.path().join("tree").join(&leaf[1..]);
        assert_eq!(fs::read(leaf).unwrap(), b"deep\n", "{reader:?}");
    }
    let tree = Tree::new();
    let long = format!("/{}/{}", "l".repeat(255), "m".repeat(255));
    tree.directory(format!("/{}", "l".repeat(255)));
    tree.file(&long, b"long\n").symlink("/s", format!(".{long}"));
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    for reader in READERS {
        let dir = extract(&tar(&[], image.path(), &[]), reader);
        assert_eq!(fs::read(dir.path().join("tree/s")).unwrap(), b"long\n", "{reader:?}");
    }
}

#[test]
fn many_files_fill_many_loads() {
    let image = shapes::many_entries(9000, true);
    let names = names(&tar(&[], image.path(), &[b"/many"]));
    let want: Vec<_> =
        (0..9000).map(|index| format!("many/{}", shapes::entry_name(index))).collect();
    let (want, found) = (BTreeSet::from_iter(&want), BTreeSet::from_iter(&names[1..]));
    assert!(want == found && names.len() == 9001, "{} names", names.len());
}

#[test]
fn what_is_missing_is_told_and_the_rest_archived() {
    let image = links();
    let ran = tar_with_report(&[], image.path(), &[b"/missing", b"/d/e"]);
    assert_eq!(ran.code, Some(1));
    let want = format!("mpimg: {}:/missing: no such file or directory\n", path_text(image.path()));
    assert_eq!(ran.stderr, want);
    assert_eq!(names(&ran.stdout), ["d/e/", "d/e/c", "d/e/z"]);
}

#[test]
fn sockets_are_left_out_in_one_line() {
    let tree = Tree::new();
    tree.socket("/one").socket("/two").file("/f", b"");
    tree.hard_link("/three", "/two");
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    let ran = tar_with_report(&[], image.path(), &[]);
    assert_eq!(ran.code, Some(0));
    let image = path_text(image.path());
    let want =
        format!("mpimg: {image}: warning: 3 sockets are left out: an archive cannot hold them\n");
    assert_eq!(ran.stderr, want);
    assert_eq!(names(&ran.stdout), ["./", "f", "lost+found/"]);
}

#[test]
fn json_sums_up_with_the_keys_that_the_help_tells() {
    let image = gallery::small_and_varied();
    let ran = tar_with_report(&["--json"], image.path(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stderr).unwrap();
    let archived = &summary["archived"];
    assert_eq!(archived["archive_bytes"], ran.stdout.len());
    let kinds = [
        ("files", '-'),
        ("directories", 'd'),
        ("symlinks", 'l'),
        ("hard_links", 'h'),
        ("fifos", 'p'),
    ];
    let lines = listed(&ran.stdout, &["-v"]);
    for (key, letter) in kinds {
        let count = lines.iter().filter(|line| line.starts_with(letter)).count();
        assert_eq!(archived[key], count, "{key}");
    }
    let devices = lines.iter().filter(|line| line.starts_with(['c', 'b'])).count();
    assert_eq!(archived["devices"], devices);

    let help = process::run(&["tar", "--help"]).text();
    let (_, text) = help.split_once("\nJSON").unwrap();
    let documented: BTreeSet<_> =
        text.split(|c: char| !c.is_ascii_lowercase() && c != '_').collect();
    for object in ["archived", "left_out"] {
        for key in summary[object].as_object().unwrap().keys() {
            assert!(documented.contains(key.as_str()), "{key}");
        }
        assert!(documented.contains(object));
    }
}

#[test]
fn what_cannot_be_read_is_zeros_and_told() {
    let tree = Tree::new();
    tree.pattern("/a", 1, 5000).pattern("/big", 2, 900_000).directory("/z");
    let image = Image::from_tree(tree.path(), 1024, 4 << 20, &[]);
    let big = fs::read(tree.at("/big")).unwrap();
    // The end of the file's data is not in the image any more.
    let bytes = image.bytes();
    let last = &big[big.len() - 5000..big.len() - 4000];
    let at = bytes.windows(last.len()).position(|window| window == last).unwrap();
    fs::File::options().write(true).open(image.path()).unwrap().set_len(at as u64).unwrap();

    let ran = tar_with_report(&[], image.path(), &[b"/a", b"/big", b"/z"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    let told: Vec<_> = ran.stderr.lines().filter(|line| line.contains(":/big: bytes ")).collect();
    assert_eq!(told.len(), 1, "{}", ran.stderr);
    assert_eq!(names(&ran.stdout), ["a", "big", "z/"]);
    let dir = extract(&ran.stdout, Reader::Gnu);
    assert!(fs::read(dir.path().join("tree/a")).unwrap() == fs::read(tree.at("/a")).unwrap());
    let found = fs::read(dir.path().join("tree/big")).unwrap();
    assert_eq!(found.len(), big.len());
    let same = found.iter().zip(&big).take_while(|(a, b)| a == b).count();
    assert!(same > big.len() / 2 && same < big.len() - 4000, "{same}");
    assert!(found[same..].iter().all(|byte| *byte == 0), "after {same}");
}

#[test]
fn outputs_that_go_away_or_are_full_or_terminals() {
    let image = sample();
    let script = "\"$MPIMG\" tar \"$1\" | head -c 10; exit ${PIPESTATUS[0]}";
    let ran = process::script(script, &[&image]);
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.len()), (Some(0), "", 10));

    let ran = process::script("\"$MPIMG\" tar \"$1\" >/dev/full", &[&image]);
    assert_eq!(ran.code, Some(8));
    let want = format!("mpimg: {image}: standard output: No space left on device (os error 28)\n");
    assert_eq!(ran.stderr, want);

    let line = format!("'{}' tar '{image}'", process::MPIMG);
    let mut terminal = tools::command("script");
    terminal.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let ran = tools::capture(&mut terminal);
    assert_eq!(ran.code, Some(2));
    assert!(ran.text().contains("standard output is a terminal"), "{}", ran.text());
}

#[test]
fn what_cannot_be_found_of_a_file_is_not_of_another() {
    let tree = Tree::new();
    tree.pattern("/a", 1, 8000).pattern("/z", 2, 8000);
    let image = Image::from_tree(tree.path(), 1024, 4 << 20, &["-N", "32"]);
    image.edit(&["sif /a block[DIND] 9999999", "sif /a size 2000000"]);
    let ran = tar_with_report(&["--sparse=never"], image.path(), &[b"/z", b"/a"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    let dir = extract(&ran.stdout, Reader::Gnu);
    let found = fs::read(dir.path().join("tree/a")).unwrap();
    assert_eq!(found.len(), 2_000_000);
    assert!(found[..8000] == fs::read(tree.at("/a")).unwrap());
    assert!(found[8192..].iter().all(|byte| *byte == 0));
}
