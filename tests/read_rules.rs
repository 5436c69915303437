//! What reading promises, one promise a test, each in the smallest problem that shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/golden.rs"]
mod support;

use std::cell::RefCell;
use std::rc::Rc;

use mpimg::mpage::{
    Event, FileBlock, FsBlock, Geometry, GetBlock, Intent, MapFailure, Mapping, PageIndex,
    PlanOptions, ReadPlanner, Sink, Stats,
};
use serde_json::Value;
use support::{EIO, Errno, Problem};

fn problem(lines: &str) -> Problem {
    Problem::parse(&lines.split(';').collect::<Vec<_>>().join("\n"))
}

/// The plan's events of one kind, in order.
fn events(lines: &str, kind: &str) -> Vec<Value> {
    let all = problem(lines).plan();
    let all = all.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|event| event["ev"] == kind).collect()
}

/// The bios as `first..=last page why`, a page range each.
fn bios(lines: &str) -> Vec<String> {
    let text = |bio: &Value| {
        let ranges = bio["ranges"].as_array().unwrap().iter().map(|range| {
            let (first, count) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
            format!("{first}-{}", first + count - 1)
        });
        format!("{} {}", ranges.collect::<Vec<_>>().join("+"), bio["why"].as_str().unwrap())
    };
    events(lines, "bio").iter().map(text).collect()
}

/// The file blocks asked for by `by`.
fn asked(lines: &str, by: &str) -> Vec<u64> {
    let asked = events(&format!("{lines};trace 1"), "get_block");
    asked.iter().filter(|ask| ask["by"] == by).map(|ask| ask["lblk"].as_u64().unwrap()).collect()
}

fn causes(lines: &str) -> Vec<String> {
    let all = events(lines, "fallback");
    all.iter().map(|event| event["cause"].as_str().unwrap().to_owned()).collect()
}

fn stats(lines: &str) -> Stats {
    struct Ignore;
    impl Sink for Ignore {
        fn event(&mut self, _: &Event<'_>) {}
    }
    problem(lines).run(Ignore).0
}

const LONG: &str = "map 1000+5000;op readahead";

#[test]
fn rule_1_a_contiguous_file_is_split_at_windows_and_leaf_ends() {
    let long = format!("{LONG};window 64");
    let stats = stats(&long);
    assert_eq!((stats.bios, stats.get_block), (84, 84));
    let bios = bios(&long);
    assert_eq!(bios[..3], ["0-11 boundary", "12-63 end", "64-127 end"]);
    let boundaries: Vec<_> = bios.iter().filter(|bio| bio.ends_with("boundary")).collect();
    assert_eq!(
        boundaries,
        [
            "0-11 boundary",
            "1024-1035 boundary",
            "2048-2059 boundary",
            "3072-3083 boundary",
            "4096-4107 boundary"
        ]
    );
    assert_eq!(bios.iter().position(|bio| bio == "1036-1087 end"), Some(18));
    assert_eq!(bios.last().unwrap(), "4992-4999 end");
}

#[test]
fn rule_1_window_and_capacity_set_the_number_of_bios() {
    assert_eq!(stats(&format!("{LONG};window 256")).bios, 25);
    assert_eq!(stats(&format!("{LONG};window 64;bio_pages 16")).bios, 318);
}

#[test]
fn rule_1_one_contiguous_run_is_one_run_whatever_the_bios() {
    assert_eq!(stats(&format!("{LONG};window 64;bio_pages 16")).runs, 1);
}

/// Data as it is transferred, and the indirect block as the mapper reads it.
#[derive(Default, Clone)]
struct Transfers(Rc<RefCell<Vec<String>>>);

impl Sink for Transfers {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Bio { block, blocks, .. } = event {
            let last = block.0 + blocks - 1;
            self.0.borrow_mut().push(format!("data {block}-{last}"));
        }
    }

    fn flush(&mut self) {
        self.0.borrow_mut().push("flush".to_owned());
    }
}

/// An ext2 file of 17 blocks whose indirect block lies between block 11 and 12 of its data.
struct Indirect {
    log: Transfers,
    resident: bool,
}

impl GetBlock for Indirect {
    type Error = Errno;

    fn get_block(&mut self, block: FileBlock, want: u64, _: Intent) -> Result<Mapping, Errno> {
        if block.0 < 12 {
            let count_blocks = want.min(12 - block.0);
            let boundary = block.0 + count_blocks == 12;
            let block = Some(FsBlock(block.0));
            return Ok(Mapping { block, count_blocks, boundary, ..Mapping::HOLE });
        }
        if !self.resident {
            self.log.0.borrow_mut().push("metadata 12".to_owned());
            self.resident = true;
        }
        Ok(Mapping { block: Some(FsBlock(block.0 + 1)), count_blocks: want, ..Mapping::HOLE })
    }

    fn is_resident(&self, block: FileBlock) -> bool {
        block.0 < 12 || self.resident
    }
}

#[test]
fn rule_2_data_before_the_boundary_goes_out_before_the_indirect_block_is_read() {
    let log = Transfers::default();
    let mapper = Indirect { log: log.clone(), resident: false };
    let geometry = Geometry::new(12, 12).unwrap();
    let mut planner =
        ReadPlanner::new(mapper, log.clone(), geometry, 17 * 4096, PlanOptions::default());
    planner.readahead(PageIndex(0), 17);
    assert_eq!(*log.0.borrow(), ["data 0-11", "flush", "metadata 12", "data 13-17"]);
}

#[test]
fn rule_2_a_boundary_splits_what_is_adjacent() {
    assert_eq!(bios("map 100+14;op readahead"), ["0-11 boundary", "12-13 end"]);
}

#[test]
fn rule_3_a_boundary_in_mid_page_does_not_submit() {
    let lines = "block_size 1024;page_size 8192;map 100+24;op readahead";
    assert_eq!(bios(lines), ["0-2 end"]);
    assert_eq!(asked(lines, "mpage"), [0, 12]);
}

#[test]
fn rule_3_a_boundary_submits_where_the_run_ends_with_the_page() {
    let lines = "block_size 1024;map 100+16;op readahead";
    assert_eq!(bios(lines), ["0-2 boundary", "3-3 end"]);
}

#[test]
fn rule_4_a_hole_at_a_pages_end_is_zeroed_and_submits() {
    let lines = "block_size 2048;map 100+3 0 104+2;op readahead";
    assert_eq!(bios(lines), ["0-1 partial_page", "2-2 end"]);
    let zero = &events(lines, "zero")[0];
    assert_eq!((zero["page"].as_u64(), zero["from"].as_u64()), (Some(1), Some(2048)));
}

#[test]
fn rule_4_after_a_partial_page_a_new_bio_starts_though_it_is_adjacent() {
    let lines = "block_size 2048;map 100+3 0 103+2;op readahead";
    assert_eq!(bios(lines), ["0-1 partial_page", "2-2 end"]);
}

#[test]
fn rule_4_the_end_of_the_file_works_as_a_hole_does() {
    let lines = "block_size 1024;map 100+8;file_size 5121;op readahead";
    assert_eq!(bios(lines), ["0-1 partial_page"]);
    assert_eq!(events(lines, "bio")[0]["bytes"], 6 * 1024);
}

#[test]
fn rule_5_a_page_that_is_all_hole_leaves_the_bio_open() {
    let lines = "map 100+2 0+2 102+2;op readahead";
    assert_eq!(bios(lines), ["0-1+4-5 end"]);
    assert_eq!(events(lines, "uptodate").len(), 2);
    assert_eq!(stats(lines).hole_pages, 2);
}

#[test]
fn rule_6_neither_bio_nor_mapping_crosses_a_window() {
    let lines = "model extent;map 100+8;window 4;op readahead";
    assert_eq!(bios(lines), ["0-3 end", "4-7 end"]);
    assert_eq!(asked(lines, "mpage"), [0, 4]);
}

#[test]
fn rule_7_capacity_is_fixed_when_the_bio_is_allocated() {
    let lines = "model extent;map 100+3 200+5;bio_pages 4;op readahead";
    let capacities: Vec<_> =
        events(lines, "bio").iter().map(|bio| bio["capacity"].as_u64().unwrap()).collect();
    assert_eq!(capacities, [4, 4, 1]);
    assert_eq!(bios(lines), ["0-2 discontiguous", "3-6 full", "7-7 end"]);
}

#[test]
fn rule_7_discontinuity_is_tested_before_fullness() {
    let lines = "model extent;map 100+2 200+2;bio_pages 2;op readahead";
    assert_eq!(bios(lines), ["0-1 discontiguous", "2-3 end"]);
}

#[test]
fn rule_8_a_mapping_serves_many_pages_and_survives_a_fallback() {
    let lines = "block_size 1024;model extent;map 100+12;buffers 1 - - - -;op readahead";
    assert_eq!(asked(lines, "mpage"), [0]);
    assert_eq!(bios(lines), ["0-0 fallback", "2-2 end"]);
}

#[test]
fn rule_8_the_second_run_of_a_page_that_is_not_contiguous_feeds_the_next() {
    let lines = "block_size 1024;model extent;map 100+6 300+6;op readahead";
    assert_eq!(asked(lines, "mpage"), [0, 6]);
    assert_eq!(causes(lines), ["non_contiguous"]);
    assert_eq!(events(lines, "bio")[1]["block"], 302);
}

#[test]
fn rule_8_all_is_asked_for_up_to_the_end_of_the_window_or_the_file() {
    let want = |lines: &str| events(&format!("{lines};trace 1"), "get_block")[0]["want"].clone();
    assert_eq!(want("block_size 1024;map 100+100;window 4;op readahead"), 16);
    assert_eq!(want("block_size 1024;map 100+100;file_size 9000;op readahead"), 9);
}

#[test]
fn rule_9_each_hole_block_costs_a_call_and_a_block_past_the_end_none() {
    let lines = "block_size 1024;map 0+6;op readahead";
    assert_eq!(asked(lines, "mpage"), [0, 1, 2, 3, 4, 5]);
    assert_eq!(events(lines, "uptodate").len(), 2);
}

#[test]
fn rule_10_the_first_failing_test_wins_in_block_order() {
    let cause = |lines: &str| causes(&format!("block_size 1024;op readahead;{lines}"))[0].clone();
    assert_eq!(cause("map 100 0 300;uptodate 2;file_size 4096"), "uptodate");
    assert_eq!(cause("map 100 0 300;error 2"), "get_block_error");
    assert_eq!(cause("map 100 0 300 400"), "hole_then_mapped");
    assert_eq!(cause("map 100 300 0 400"), "non_contiguous");
    assert_eq!(cause("map 100 300 0 400;buffers 0 - - - -;error 0"), "has_buffers");
}

#[test]
fn rule_11_a_confused_page_submits_and_asks_for_what_it_does_not_know() {
    let lines = "block_size 1024;map 100+12;buffers 1 - u m -;op readahead";
    assert_eq!(bios(lines)[0], "0-0 fallback");
    assert_eq!(asked(lines, "fallback"), [4, 7]);
    let read: Vec<_> = events(lines, "bh").iter().map(|bh| bh["lblk"].as_u64().unwrap()).collect();
    assert_eq!(read, [4, 6, 7]);
}

#[test]
fn rule_11_blocks_past_the_end_are_zeroed_without_a_call() {
    let lines = "block_size 1024;map 100 300;op readahead";
    assert_eq!(asked(lines, "fallback"), [0, 1]);
    assert_eq!(events(lines, "zero").len(), 2);
}

#[test]
fn rule_12_an_up_to_date_page_is_left_alone() {
    let lines = "map 100+3;uptodate 1;op readahead";
    assert_eq!(bios(lines), ["0-0 fallback", "2-2 end"]);
    assert_eq!(events(lines, "fallback")[0]["action"], "unlock");
    let stats = stats(lines);
    assert_eq!((stats.pages, stats.hole_pages, stats.uptodate_pages), (3, 0, 3));
    assert_eq!(stats.fallback_pages.uptodate, 1);
}

#[test]
fn rule_12_an_up_to_date_block_of_a_page_is_neither_read_nor_asked_for_again() {
    let lines = "block_size 1024;map 100+4;uptodate 1;op readahead";
    assert_eq!(asked(lines, "mpage"), [0, 1]);
    assert_eq!(asked(lines, "fallback"), [0, 2, 3]);
    assert_eq!(events(lines, "bh").len(), 3);
}

#[test]
fn rule_13_the_block_with_the_end_of_the_file_is_read_whole() {
    let lines = "map 100+2;file_size 4097;op readahead";
    assert_eq!(events(lines, "bio")[0]["bytes"], 8192);
    assert!(events(lines, "zero").is_empty());
}

#[test]
fn pages_past_the_end_are_zeroed_without_a_call() {
    let lines = "map 100+2;op readahead 1 3";
    assert_eq!(bios(lines), ["1-1 end"]);
    assert_eq!(asked(lines, "mpage"), [1]);
    assert_eq!(events(lines, "uptodate").len(), 2);
}

#[test]
fn an_empty_file_has_no_window() {
    assert_eq!(problem("map 100;file_size 0;op readahead;trace 1").plan().len(), 1);
    assert_eq!(stats("map 100;file_size 0;op read_folio 0").hole_pages, 1);
}

#[test]
fn a_bio_that_runs_past_the_device_is_cut_before_it_goes_out() {
    let lines = "map 100+4;device_blocks 102;op readahead";
    let plan = problem(lines).plan();
    assert_eq!(plan[0], r#"{"ev":"eod","op":"read","block":100,"bytes":16384,"kept":8192}"#);
    assert_eq!(plan[1], r#"{"ev":"zero","page":2,"from":0,"to":4096}"#);
    assert_eq!(plan[2], r#"{"ev":"zero","page":3,"from":0,"to":4096}"#);
    assert_eq!(events(lines, "bio")[0]["bytes"], 8192);
}

#[test]
fn a_bio_that_starts_past_the_device_fails() {
    let lines = "map 100+4;device_blocks 100;op readahead";
    assert_eq!(events(lines, "bio")[0]["status"], "eio");
    let stats = stats(lines);
    assert_eq!((stats.error_pages, stats.uptodate_pages, stats.runs), (4, 0, 0));
}

#[test]
fn the_device_ends_with_a_whole_sector() {
    let mut cut = problem("map 100+2;op readahead");
    cut.options.device_bytes = Some(101 * 4096 + 1023);
    let plan = cut.plan();
    assert_eq!(plan[0], r#"{"ev":"eod","op":"read","block":100,"bytes":8192,"kept":4608}"#);
    assert_eq!(plan[1], r#"{"ev":"zero","page":1,"from":512,"to":4096}"#);
}

#[test]
fn a_block_that_cannot_be_mapped_is_reported_once_and_its_page_has_failed() {
    let errors = problem("block_size 1024;map 100+8;error 1 6;op readahead");
    let mut planner = ReadPlanner::new(
        errors.mapper,
        Stats::default(),
        errors.geometry,
        errors.file_size,
        errors.options,
    );
    planner.readahead(PageIndex(0), 2);
    assert_eq!(planner.error_count(), 2);
    assert_eq!(
        planner.take_errors(),
        [1, 6].map(|block| MapFailure { block: FileBlock(block), count_blocks: 1, error: EIO })
    );
    assert!(planner.take_errors().is_empty());
    let stats = planner.sink();
    assert_eq!((stats.error_pages, stats.uptodate_pages), (2, 0));
}

#[test]
fn a_mapper_that_breaks_its_contract_neither_hangs_nor_overruns() {
    struct Odd(u64);
    impl GetBlock for Odd {
        type Error = Errno;
        fn get_block(&mut self, block: FileBlock, _: u64, _: Intent) -> Result<Mapping, Errno> {
            let block = Some(FsBlock(block.0 + 100));
            Ok(Mapping { block, count_blocks: self.0, ..Mapping::HOLE })
        }
    }
    for count in [0, u64::MAX] {
        let mut stats = Stats::default();
        let geometry = Geometry::new(10, 12).unwrap();
        let options = PlanOptions::default();
        ReadPlanner::new(Odd(count), &mut stats, geometry, 6 * 1024, options)
            .readahead(PageIndex(0), 2);
        assert_eq!((stats.bios, stats.bytes), (1, 6 * 1024));
    }
}
