//! `plan --write` against `map`: each block of data is written once, to where it is, and no hole is.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::layout::mapped;
use crate::support::image::Image;
use crate::support::{command, shapes};
use crate::{files, tree};

/// The file blocks that an event writes, and where to.
fn writes(event: &Value, per_page: u64) -> Vec<(u64, u64)> {
    let number = |key: &str| event[key].as_u64().expect(key);
    match event["ev"].as_str().expect("a kind") {
        "bio" => {
            let pages = event["ranges"].as_array().expect("ranges").iter().flat_map(|range| {
                let first = range[0].as_u64().unwrap() * per_page;
                first..first + range[1].as_u64().unwrap() * per_page
            });
            pages.zip(number("block")..number("block") + number("blocks")).collect()
        }
        "bh" => vec![(number("lblk"), number("block"))],
        _ => Vec::new(),
    }
}

#[track_caller]
fn assert_written_once(image: &Path, path: &[u8], options: &[&str]) -> Vec<Value> {
    let what = format!("{} {} {options:?}", image.display(), path.escape_ascii());
    let object = command::json(&["map"], image, &[path]).remove(0);
    let block_size = object["block_size"].as_u64().unwrap();
    let given = options.iter().position(|option| *option == "--page-size");
    let page_size =
        given.map_or(block_size.max(4096), |at| options[at + 1].parse::<u64>().expect("a size"));
    let mut on_disk = BTreeMap::new();
    for (file_block, block, count) in mapped(&object, &what) {
        on_disk.extend((0..count).map(|index| (file_block + index, block + index)));
    }
    let mut dirty: Vec<u64> = on_disk.keys().map(|block| block * block_size / page_size).collect();
    dirty.dedup();

    let events = command::json(&[&["plan", "--write"], options].concat(), image, &[path]);
    let (summary, events) = events.split_last().expect("a summary at least");
    for event in events {
        assert!(event["op"].as_str().is_none_or(|op| op == "write"), "{what}: {event}");
        for (file_block, block) in writes(event, page_size / block_size) {
            assert_eq!(on_disk.remove(&file_block), Some(block), "{what}: {event}");
        }
    }
    assert!(on_disk.is_empty(), "{what}: blocks that are not written: {on_disk:?}");
    assert_eq!(summary["op"], "writepages", "{what}");
    assert_eq!(summary["pages"], dirty.len(), "{what}");
    assert_eq!((&summary["error_pages"], &summary["ret"]), (&0.into(), &0.into()), "{what}");
    events.to_vec()
}

#[test]
fn every_block_of_data_is_written_once_whatever_the_sizes() {
    for (_, image, _) in tree::all() {
        for path in ["/pattern", "/sparse", "/empty", "/hello", "/exactly-4k"] {
            assert_written_once(image.path(), path.as_bytes(), &[]);
        }
    }
    let sizes = [&["--bio-pages", "3"][..], &["--page-size", "4096"], &["--page-size", "65536"]];
    for options in sizes {
        for (image, _) in files::fragmented() {
            assert_written_once(image.path(), b"/f", options);
        }
        let holes = shapes::holes();
        for file in &holes.files {
            assert_written_once(holes.image.path(), file.path.as_bytes(), options);
        }
    }
}

#[test]
fn a_page_with_a_hole_inside_falls_back_and_a_boundary_has_the_indirect_block_written_next() {
    let holes = shapes::holes();
    let events = assert_written_once(holes.image.path(), b"/all", &["--page-size", "16384"]);
    assert!(events.iter().any(|event| event["cause"] == "hole_then_mapped"), "{events:#?}");

    let image = Image::new(1024, 1 << 20, &[]);
    image.write_bytes("/f", &vec![b'x'; 50_000]);
    let events = assert_written_once(image.path(), b"/f", &[]);
    let object = command::json(&["map"], image.path(), &[b"/f"]).remove(0);
    let first = object["runs"][0]["block"].as_u64().unwrap();
    assert_eq!((&events[0]["why"], &events[0]["pages"]), (&"boundary".into(), &3.into()));
    assert_eq!(events[1]["ev"], "boundary_block");
    assert_eq!(events[1]["block"], first + 11);
}

#[test]
fn a_block_that_cannot_be_found_is_told_and_the_others_are_planned() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.write_bytes("/f", &vec![b'x'; 20_000]);
    image.edit(&["set_inode_field /f block[5] 4000000"]);
    let ran = command::on(&["plan", "--write", "--json"], image.path(), &[b"/f"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("4000000"), "{}", ran.stderr);
    let events = command::lines(&ran.stdout);
    let causes: Vec<_> = events.iter().filter(|event| event["ev"] == "fallback").collect();
    assert_eq!(causes[0]["cause"], "get_block_error");
    assert_eq!(causes[0]["page"], 1);
    let summary = events.last().unwrap();
    assert_eq!((&summary["pages"], &summary["error_pages"]), (&5.into(), &1.into()));
}

#[test]
fn windows_are_of_reading_only() {
    let (_, image, _) = &tree::all()[0];
    let ran = command::on(&["plan", "--write", "--readahead=4"], image.path(), &[b"/hello"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}
