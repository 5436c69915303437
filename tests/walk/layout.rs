//! Where files lie: `map` against `debugfs`, and `plan` against `map`, `cat` and itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::fragment::Layout;
use crate::support::image::Image;
use crate::support::{command, shapes};
use crate::{files, tree};

/// Runs of data and the number of holes in file order, as `map --json` tells them; checks that
/// they cover the file and add up.
#[track_caller]
pub fn mapped(object: &Value, what: &str) -> Vec<(u64, u64, u64)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut at = 0;
    let mut data = Vec::new();
    let mut holes = 0;
    for run in object["runs"].as_array().expect("a list") {
        assert_eq!(run["file_block"], at, "{what}: runs follow each other");
        let blocks = number(&run["blocks"]);
        assert!(blocks > 0, "{what}: an empty run");
        match run["block"].as_u64() {
            Some(block) => data.push((at, block, blocks)),
            None => holes += 1,
        }
        at += blocks;
    }
    let size = number(&object["size"]);
    assert_eq!(at, size.div_ceil(number(&object["block_size"])), "{what}: runs cover the file");
    let sum: u64 = data.iter().map(|run| run.2).sum();
    assert_eq!(object["data_blocks"], sum, "{what}");
    assert_eq!(object["data_runs"], data.len(), "{what}");
    assert_eq!(object["holes"], holes, "{what}");
    data
}

#[track_caller]
fn assert_map(image: &Image, paths: &[&[u8]]) {
    for (object, path) in command::json(&["map"], image.path(), paths).iter().zip(paths) {
        let what = format!("{} {}", image.path().display(), path.escape_ascii());
        let layout = Layout::of(image, &format!("<{}>", object["ino"]));
        assert_eq!(mapped(object, &what), layout.data, "{what}");
    }
}

#[test]
fn map_shows_every_file_and_directory_of_the_gallery_where_debugfs_does() {
    for (_, image, nodes) in tree::all() {
        let mapped = nodes.iter().filter(|(_, node)| matches!(node.kind, '-' | 'd'));
        let paths: Vec<&[u8]> = mapped.map(|(path, _)| path.as_slice()).collect();
        assert_map(image, &paths);
    }
}

#[test]
fn map_shows_fragmented_and_sparse_files_where_debugfs_does() {
    for (image, _) in files::fragmented() {
        assert_map(image, &[b"/f"]);
    }
    for shaped in files::depths() {
        let paths: Vec<&[u8]> = shaped.files.iter().map(|file| file.path.as_bytes()).collect();
        assert_map(&shaped.image, &paths);
    }
    let many = shapes::many_entries(3000, true);
    assert_map(&many, &[b"/many"]);
}

#[test]
fn map_refuses_what_has_no_blocks_of_data() {
    let (_, image, _) = &tree::all()[0];
    for path in ["fifo", "tty", "disk", "socket"] {
        let ran = command::on(&["map"], image.path(), &[path.as_bytes()]);
        assert_eq!(ran.code, Some(1), "{path}");
        assert!(ran.stderr.contains("not a regular file, but a "), "{}", ran.stderr);
    }
}

/// How often each byte of each page is covered by the plan's events, as ranges of a page.
#[derive(Default)]
struct Cover {
    pages: BTreeMap<u64, Vec<(u64, u64)>>,
}

impl Cover {
    fn add(&mut self, page: u64, from: u64, to: u64) {
        if from < to {
            self.pages.entry(page).or_default().push((from, to));
        }
    }

    /// Takes one event; data is where `map` has it.
    fn take(&mut self, event: &Value, block_size: u64, page_size: u64) {
        let number = |key: &str| event[key].as_u64().expect(key);
        match event["ev"].as_str().expect("a kind") {
            "bio" => {
                let mut left = number("bytes");
                assert_eq!(left, number("blocks") * block_size, "{event}");
                for range in event["ranges"].as_array().expect("ranges") {
                    let (first, count) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
                    for page in first..first + count {
                        self.add(page, 0, left.min(page_size));
                        left = left.saturating_sub(page_size);
                    }
                }
                assert_eq!(left, 0, "{event}");
            }
            "bh" => {
                let from = number("lblk") * block_size % page_size;
                assert_eq!(number("lblk") * block_size / page_size, number("page"), "{event}");
                self.add(number("page"), from, from + block_size);
            }
            "zero" => self.add(number("page"), number("from"), number("to")),
            "fallback" | "uptodate" => {}
            other => panic!("{other}"),
        }
    }

    #[track_caller]
    fn assert_each_byte_once(mut self, pages: u64, page_size: u64, what: &str) {
        assert_eq!(self.pages.len() as u64, pages, "{what}: pages");
        for (page, ranges) in &mut self.pages {
            ranges.sort_unstable();
            let mut at = 0;
            for (from, to) in ranges.iter() {
                assert_eq!(*from, at, "{what}: page {page}: {ranges:?}");
                at = *to;
            }
            assert_eq!(at, page_size, "{what}: page {page}: {ranges:?}");
        }
    }
}

/// `plan` covers each byte of each page once, reads each block once and from where it is, and its
/// summary says what `cat --stats=json` says.
#[track_caller]
fn assert_plan(image: &Path, path: &[u8], options: &[&str]) {
    let what = format!("{} {} {options:?}", image.display(), path.escape_ascii());
    let object = command::json(&["map"], image, &[path]).remove(0);
    let (size, block_size) =
        (object["size"].as_u64().unwrap(), object["block_size"].as_u64().unwrap());
    let given = options.iter().position(|option| *option == "--page-size");
    let page_size =
        given.map_or(block_size.max(4096), |at| options[at + 1].parse::<u64>().expect("a size"));
    let mut on_disk = BTreeMap::new();
    for (file_block, block, count) in mapped(&object, &what) {
        on_disk.extend((0..count).map(|index| (file_block + index, block + index)));
    }
    let events = command::json(&[&["plan"], options].concat(), image, &[path]);
    let (summary, events) = events.split_last().expect("a summary at least");
    let mut cover = Cover::default();
    for event in events {
        cover.take(event, block_size, page_size);
        let number = |key: &str| event[key].as_u64().expect(key);
        let per_page = page_size / block_size;
        let reads: Vec<(u64, u64)> = match event["ev"].as_str().expect("a kind") {
            "bio" => {
                let pages = event["ranges"].as_array().expect("ranges").iter().flat_map(|range| {
                    let first = range[0].as_u64().unwrap() * per_page;
                    first..first + range[1].as_u64().unwrap() * per_page
                });
                pages.zip(number("block")..number("block") + number("blocks")).collect()
            }
            "bh" => vec![(number("lblk"), number("block"))],
            _ => continue,
        };
        for (file_block, block) in reads {
            assert_eq!(on_disk.remove(&file_block), Some(block), "{what}: {event}");
        }
    }
    assert!(on_disk.is_empty(), "{what}: blocks that are not read: {on_disk:?}");
    cover.assert_each_byte_once(size.div_ceil(page_size), page_size, &what);
    assert_eq!(summary["ev"], "summary");
    if !options.is_empty() {
        return;
    }
    let ran = command::on(&["cat", "--stats=json"], image, &[path]);
    let stats = command::lines(ran.stderr.as_bytes()).remove(0);
    for key in [
        "pages",
        "bios",
        "blocks",
        "bytes",
        "merges",
        "fallback_blocks",
        "get_block",
        "get_block_fallback",
        "uptodate_pages",
        "error_pages",
    ] {
        assert_eq!(summary[key], stats[key], "{what}: {key}");
    }
    let fallbacks = stats["fallback_pages"].as_object().expect("causes");
    let sum: u64 = fallbacks.values().map(|pages| pages.as_u64().expect("a number")).sum();
    assert_eq!(summary["fallback_pages"], sum, "{what}");
    assert_eq!(summary["boundary_submits"], stats["submits"]["boundary"], "{what}");
}

#[test]
fn plan_covers_every_byte_once_and_says_what_cat_does() {
    for (_, image, nodes) in tree::all() {
        for path in ["/pattern", "/sparse", "/empty", "/hello", "/exactly-4k"] {
            assert_eq!(nodes[path.as_bytes()].kind, '-');
            assert_plan(image.path(), path.as_bytes(), &[]);
        }
    }
    for (image, _) in files::fragmented() {
        assert_plan(image.path(), b"/f", &[]);
    }
    for shaped in files::depths() {
        assert_plan(shaped.image.path(), b"/dense", &[]);
    }
    let holes = shapes::holes();
    for file in &holes.files {
        assert_plan(holes.image.path(), file.path.as_bytes(), &[]);
    }
}

#[test]
fn plan_covers_every_byte_once_whatever_the_sizes() {
    for (image, _) in files::fragmented() {
        for options in [
            &["--readahead", "1"][..],
            &["--readahead", "0"],
            &["--readahead", "7", "--bio-pages", "3"],
            &["--bio-pages", "1"],
            &["--page-size", "4096"],
            &["--page-size", "65536"],
            &["--page-size", "65536", "--readahead", "2", "--bio-pages", "2"],
            &["--page-size", "1048576"],
        ] {
            assert_plan(image.path(), b"/f", options);
        }
    }
    let holes = shapes::holes();
    for size in ["1024", "2048", "8192", "16384"] {
        assert_plan(holes.image.path(), b"/all", &["--page-size", size]);
    }
}
