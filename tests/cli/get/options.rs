//! The options of `mpimg get`, and what they leave out.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::support::image::Image;
use crate::support::same_tree::data_segments;
use crate::support::tools::Ran;
use crate::support::tree::Tree;
use crate::support::{content, process, scratch, tools};

/// Three files of 10,000 bytes, of which one has two names, and directories three levels deep.
fn image() -> Image {
    let tree = Tree::new();
    tree.directory("/d/e/f");
    tree.pattern("/a", 1, 10_000).pattern("/d/b", 2, 10_000).pattern("/d/e/c", 3, 10_000);
    tree.hard_link("/d/e/f/a", "/a").mode("/d/b", 0o4755).mtime("/d/b", 1_234_567_890);
    tree.symlink("/link", "d/b");
    Image::from_tree(tree.path(), 1024, 4 << 20, &[])
}

fn get(image: &Image, options: &[&str], path: &str, dest: &Path) -> Ran {
    let mut command = process::command();
    tools::capture(command.arg("get").args(options).arg(image.path()).arg(path).arg(dest))
}

/// The paths of regular files below `dir`, relative to it, sorted.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(at) = pending.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            match path.symlink_metadata().unwrap().is_dir() {
                true => pending.push(path),
                false => found.push(path.strip_prefix(dir).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_file_keeps_its_mode_and_times_and_goes_into_a_directory() {
    let (image, dir) = (image(), scratch::dir());
    let ran = get(&image, &[], "/d/b", dir.path());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let there = dir.path().join("b").metadata().unwrap();
    // Set-id bits only where they are asked for.
    assert_eq!((there.mode() & 0o7777, there.mtime()), (0o755, 1_234_567_890));
    content::assert_same(&fs::read(dir.path().join("b")).unwrap(), &content::bytes(2, 10_000), "b");
    assert_eq!(get(&image, &["-p"], "/d/b", dir.path()).code, Some(0));
    assert_eq!(dir.path().join("b").metadata().unwrap().mode() & 0o7777, 0o4755);
    // A link is followed, unless it is to be kept.
    let named = dir.path().join("named");
    assert_eq!(get(&image, &[], "/link", &named).code, Some(0));
    assert!(named.symlink_metadata().unwrap().is_file());
    assert_eq!(get(&image, &["-P"], "/link", &named).code, Some(0));
    assert_eq!(fs::read_link(&named).unwrap(), Path::new("d/b"));
}

#[test]
fn a_directory_wants_r_and_a_number_wants_a_dest() {
    let (image, dir) = (image(), scratch::dir());
    let ran = get(&image, &[], "/d", &dir.path().join("d"));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.ends_with("is a directory (-r copies it with what it holds)\n"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    for path in ["/", "<2>"] {
        let mut command = process::command();
        let command = command.args(["get", "-r"]).arg(image.path()).arg(path);
        assert_eq!(tools::capture(command.current_dir(dir.path())).code, Some(2), "{path}");
    }
}

#[test]
fn what_would_be_too_much_is_left_out_and_told_in_one_line() {
    let (image, dir) = (image(), scratch::dir());
    for (most, count) in [(9_999, 0), (10_000, 1), (29_999, 2), (30_000, 3)] {
        let out = dir.path().join(most.to_string());
        let ran = get(&image, &["-r", &format!("--max-bytes={most}")], "/", &out);
        // A second name takes nothing more; a link is none of it.
        let bytes: u64 = files(&out)
            .iter()
            .map(|path| out.join(path).symlink_metadata().unwrap())
            .filter(|there| there.is_file())
            .map(|there| there.size() / there.nlink())
            .sum();
        assert_eq!(bytes, count * 10_000, "{most}: {}", ran.stderr);
        let (code, lines) = if count == 3 { (0, 0) } else { (3, 1) };
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(code), lines), "{}", ran.stderr);
    }
}

#[test]
fn directories_that_are_too_deep_are_empty_and_told_in_one_line() {
    let (image, dir) = (image(), scratch::dir());
    for (most, expected) in [
        (0, vec![]),
        (1, vec!["a", "link"]),
        (2, vec!["a", "d/b", "link"]),
        (9, vec!["a", "d/b", "d/e/c", "d/e/f/a", "link"]),
    ] {
        let out = dir.path().join(most.to_string());
        let ran = get(&image, &["-r", &format!("--max-depth={most}")], "/", &out);
        assert_eq!(files(&out), expected, "{most}");
        let (code, lines) = if most == 9 { (0, 0) } else { (3, 1) };
        assert_eq!((ran.code, ran.stderr.lines().count()), (Some(code), lines), "{}", ran.stderr);
    }
}

#[test]
fn holes_are_kept_made_or_filled_as_asked() {
    let dir = scratch::dir();
    let tree = Tree::new();
    // Data, a hole, zeros that are data, data, and a hole at the end.
    let host = fs::File::create(tree.at("/f")).unwrap();
    host.write_all_at(&[b'x'; 8192], 0).unwrap();
    host.write_all_at(&[0; 65_536], 131_072).unwrap();
    host.write_all_at(&[b'y'; 8192], 196_608).unwrap();
    host.set_len(400_000).unwrap();
    // Those who make images of trees take zeros for holes.
    let image = Image::new(4096, 4 << 20, &[]);
    let mut put = process::command();
    tools::succeed(put.arg("put").arg(image.path()).arg("/f").arg(tree.at("/f")));
    let plain = fs::read(tree.at("/f")).unwrap();
    let mut sizes = Vec::new();
    for sparse in ["always", "auto", "never"] {
        let out = dir.path().join(sparse);
        let ran = get(&image, &[&format!("--sparse={sparse}")], "/f", &out);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        content::assert_same(&fs::read(&out).unwrap(), &plain, sparse);
        let segments = data_segments(&fs::File::open(&out).unwrap());
        sizes.push(segments.iter().map(|range| range.end - range.start).sum::<u64>());
    }
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    assert_eq!(sizes[2], 400_000);
}

#[test]
fn json_sums_up_what_was_copied() {
    let (image, dir) = (image(), scratch::dir());
    let ran = get(&image, &["-r", "--json"], "/", &dir.path().join("out"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let summary: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let count = |key: &str| summary[key].as_u64().unwrap();
    // lost+found is a directory, too.
    assert_eq!((count("files"), count("directories"), count("symlinks")), (3, 5, 1));
    assert_eq!((count("hard_links"), count("specials"), count("bytes")), (1, 0, 30_000));
    assert_eq!(summary["not_kept"], serde_json::json!([]));
}
