//! Where things lie: what is read together lies together, in the order in which it is read, and is
//! written in few calls.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::making;
use crate::support::tree::Tree;
use crate::support::{command, scratch, tools};

const SHAPES: &[&[&str]] = &[&["-b", "1024"], &["-b", "4096"], &["-b", "4096", "-O", "^dir_index"]];

/// The runs of data that a file lies in, and those that map it.
fn map(image: &Path, path: &str) -> Value {
    let [map] = &command::json(&["map"], image, &[path.as_bytes()])[..] else { panic!("{path}") };
    map.clone()
}

/// Every block that something has, as the image's own tools tell.
fn blocks(image: &Path, path: &str) -> Vec<u64> {
    let request = format!("blocks \"{path}\"");
    let ran = tools::run_ok("debugfs", &["-R".as_ref(), request.as_ref(), image.as_os_str()]);
    ran.text().split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn files_of_a_directory_lie_together_in_their_order_each_in_one_run() {
    let tree = Tree::new();
    for directory in ["/a", "/b", "/b/inner", "/c"] {
        tree.directory(directory);
        for index in 0..40 {
            let len = [1, 900, 4096, 20_000, 70_000][index % 5];
            tree.pattern(format!("{directory}/{index:02}"), index as u64, len);
        }
    }
    tree.pattern("/b/large", 1, 3_000_000);
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for shape in SHAPES {
        making::make_of(tree.path(), &image, &[&["--force"], *shape].concat());
        let mut last = 0;
        for directory in ["/a", "/b", "/b/inner", "/c"] {
            let mut names: Vec<_> =
                (0..40).map(|index| format!("{directory}/{index:02}")).collect();
            if directory == "/b" {
                names.push("/b/large".into());
            }
            for name in names {
                let mut own = blocks(&image, &name);
                // Indirect blocks stand in front, where they are read first.
                own.sort_unstable();
                let first = own[0];
                assert!(
                    last == 0 || first == last + 1,
                    "{shape:?}: {name} at {first} after {last}"
                );
                last = own[own.len() - 1];
                assert_eq!(last - first + 1, own.len() as u64, "{shape:?}: {name}");
            }
        }
    }
}

#[test]
fn map_shows_one_run_of_data_a_file() {
    let tree = Tree::new();
    for index in 0..60 {
        tree.pattern(format!("/{index:02}"), index as u64, index * 1000 + 1);
    }
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for shape in SHAPES {
        making::make_of(tree.path(), &image, &[&["--force"], *shape].concat());
        for index in 0..60 {
            let path = format!("/{index:02}");
            let map = map(&image, &path);
            assert_eq!(map["data_runs"], 1, "{shape:?}: {path}: {map}");
        }
    }
}

#[test]
fn a_file_lies_in_one_run_where_groups_end() {
    // Ten of 1.2 MB, and groups of 8 MiB: one of them would lie across the end of the first.
    let tree = Tree::new();
    for index in 0..10 {
        tree.pattern(format!("/{index}"), index, 1_200_000);
    }
    let dir = scratch::dir();
    let image = dir.path().join("image");
    making::make_of(tree.path(), &image, &["-b", "1024", "--size", "auto+30%"]);
    making::fsck(&image);
    for index in 0..10 {
        let mut own = blocks(&image, &format!("/{index}"));
        own.sort_unstable();
        assert_eq!(own[own.len() - 1] - own[0] + 1, own.len() as u64, "file {index}");
    }
}

#[test]
fn directories_lie_together_before_all_files() {
    let tree = Tree::new();
    for index in 0..50 {
        tree.directory(format!("/d{index}/inner"));
        tree.pattern(format!("/d{index}/inner/file"), index, 5000);
    }
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for shape in SHAPES {
        making::make_of(tree.path(), &image, &[&["--force"], *shape].concat());
        let mut own = blocks(&image, "/");
        own.extend(blocks(&image, "/lost+found"));
        for index in 0..50 {
            own.extend(blocks(&image, &format!("/d{index}")));
            own.extend(blocks(&image, &format!("/d{index}/inner")));
        }
        own.sort_unstable();
        let (first, last) = (own[0], own[own.len() - 1]);
        // The block of the inode that keeps room to grow lies where mke2fs has it: among them.
        assert!(last - first <= own.len() as u64, "{shape:?}: {first} to {last}");
        for index in 0..50 {
            let file = blocks(&image, &format!("/d{index}/inner/file"));
            assert!(file.iter().all(|block| *block > last), "{shape:?}: file {index}");
        }
    }
}

#[test]
fn writing_takes_at_most_a_call_a_mebibyte_and_a_hundred() {
    let tree = Tree::new();
    for index in 0..2000 {
        if index % 100 == 0 {
            tree.directory(format!("/{}", index / 100));
        }
        tree.pattern(format!("/{}/{index}", index / 100), index as u64, 500 + index * 7 % 16_000);
    }
    tree.pattern("/large", 5, 10 << 20);
    let dir = scratch::dir();
    let image = dir.path().join("image");
    for shape in SHAPES {
        for size in ["auto", "200M"] {
            let options = ["--force", "--stats=json", "--size", size];
            let from = ["--from", tree.path().to_str().unwrap()];
            let ran = making::create(&image, &[&from[..], &options, shape].concat());
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            let [stats] = &command::lines(ran.stderr.as_bytes())[..] else {
                panic!("{}", ran.stderr)
            };
            let calls = stats["calls"].as_u64().unwrap_or_else(|| panic!("{stats}"));
            let file = fs::File::open(&image).unwrap();
            let segments = crate::support::same_tree::data_segments(&file);
            let mib = segments.iter().map(|range| range.end - range.start).sum::<u64>() >> 20;
            assert!(calls <= mib + 100, "{shape:?}, {size}: {calls} calls for {mib} MiB");
        }
    }
}
