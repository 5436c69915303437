//! What planning a write promises, one promise a test, each in the smallest problem that shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/golden.rs"]
mod support;

use mpimg::mpage::{
    BufferFlags, FileBlock, Geometry, MapFailure, PageIndex, Stats, SyncMode, WritePlanOptions,
    WritePlanner,
};
use serde_json::Value;
use support::{EIO, ModelMapper, Problem};

fn problem(lines: &str) -> Problem {
    Problem::parse(&format!("{lines};op writepages").replace(';', "\n"))
}

/// The plan's events of one kind, in order.
fn events(lines: &str, kind: &str) -> Vec<Value> {
    let all = problem(lines).plan();
    let all = all.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|event| event["ev"] == kind).collect()
}

/// The bios as `first page+pages why`.
fn bios(lines: &str) -> Vec<String> {
    let text = |bio: &Value| {
        format!("{}+{} {}", bio["first_page"], bio["pages"], bio["why"].as_str().unwrap())
    };
    events(lines, "bio").iter().map(text).collect()
}

/// One number of each event of a kind.
fn numbers(lines: &str, kind: &str, key: &str) -> Vec<u64> {
    events(lines, kind).iter().map(|event| event[key].as_u64().unwrap()).collect()
}

fn causes(lines: &str) -> Vec<String> {
    let all = events(lines, "fallback");
    all.iter().map(|event| event["cause"].as_str().unwrap().to_owned()).collect()
}

fn summary(lines: &str) -> Value {
    events(lines, "summary").remove(0)
}

/// A planner of its own, for what the text of a problem cannot say.
fn planner(problem: &Problem, sync: SyncMode) -> WritePlanner<ModelMapper, Stats> {
    let options = WritePlanOptions { sync, ..WritePlanOptions::default() };
    let Problem { mapper, geometry, file_size, folios, .. } = problem.clone();
    WritePlanner::new(mapper, Stats::default(), geometry, file_size, options).with_folios(folios)
}

#[test]
fn rule_14_each_block_is_asked_for_alone_up_to_the_files_last() {
    let lines = "block_size 1024;model extent;map 100+8;file_size 5121;trace 1";
    assert_eq!(numbers(lines, "get_block", "lblk"), [0, 1, 2, 3, 4, 5]);
    assert_eq!(numbers(lines, "get_block", "want"), [1; 6]);
}

#[test]
fn rule_14_one_stream_of_bios_runs_over_all_dirty_pages() {
    let lines = "model extent;map 100+2 200+5 102+2;dirty 0-1 7-8";
    assert_eq!(events(lines, "bio")[0]["ranges"].to_string(), "[[0,2],[7,2]]");
    assert_eq!(bios(lines), ["0+4 end"]);
}

#[test]
fn rule_15_boundaries_submit_and_have_the_next_block_written() {
    let lines = "map 1000+5000";
    let bios = bios(lines);
    assert_eq!(
        bios[..5],
        ["0+12 boundary", "12+256 full", "268+256 full", "524+256 full", "780+256 boundary"]
    );
    let boundaries = numbers(lines, "boundary_block", "block");
    assert_eq!(boundaries, [1011, 2035, 3059, 4083, 5107]);
    let summary = summary(lines);
    assert_eq!((&summary["boundary_blocks"], &summary["get_block"]), (&5.into(), &5000.into()));
}

#[test]
fn rule_15_the_boundary_block_comes_after_its_bio() {
    let plan = problem("map 100+14").plan();
    let is = |at: usize, kind: &str| plan[at].starts_with(&format!("{{\"ev\":\"{kind}\""));
    assert!(is(0, "bio") && is(1, "boundary_block") && is(2, "bio"), "{plan:#?}");
}

#[test]
fn rule_16_the_last_page_is_zeroed_and_written_in_whole_blocks() {
    let lines = "block_size 1024;map 100+8;file_size 5121";
    let zero = &events(lines, "zero")[0];
    assert_eq!(
        (&zero["page"], &zero["from"], &zero["to"]),
        (&1.into(), &1025.into(), &4096.into())
    );
    assert_eq!(numbers(lines, "bio", "bytes"), [6 * 1024]);
    assert_eq!(bios(lines), ["0+2 partial_page"]);
}

#[test]
fn rule_17_a_boundary_in_mid_page_counts_in_a_partial_page_only() {
    let full = "block_size 1024;page_size 8192;map 100+16";
    assert_eq!(bios(full), ["0+2 end"]);
    assert!(events(full, "boundary_block").is_empty());
    let partial = "block_size 1024;page_size 8192;map 100+14";
    assert_eq!(bios(partial), ["0+2 partial_page"]);
    assert_eq!(numbers(partial, "boundary_block", "block"), [111]);
}

#[test]
fn rule_17_a_partial_page_that_ends_at_a_boundary_is_submitted_for_the_boundary() {
    let lines = "block_size 1024;page_size 8192;map 100+12";
    assert_eq!(bios(lines), ["0+2 boundary"]);
    assert_eq!(numbers(lines, "boundary_block", "block"), [111]);
}

#[test]
fn rule_18_a_page_beyond_the_end_sends_the_bio_out_and_does_nothing_else() {
    let lines = "map 100+2;dirty 0-1 5";
    assert_eq!(bios(lines), ["0+2 fallback"]);
    assert_eq!(causes(lines), ["beyond_eof"]);
    assert_eq!(problem(lines).plan().len(), 3);
}

#[test]
fn rule_18_no_page_of_an_empty_file_is_written() {
    let lines = "map 100+2;file_size 0;dirty 0;trace 1";
    assert_eq!(causes(lines), ["beyond_eof"]);
    assert!(events(lines, "get_block").is_empty());
}

#[test]
fn rule_19_a_page_with_buffers_writes_its_mapped_start() {
    let lines = "block_size 1024;map 100+4;buffers 0 mdu mdu - -";
    assert_eq!(bios(lines), ["0+1 partial_page"]);
    assert_eq!(numbers(lines, "bio", "bytes"), [2048]);
    assert_eq!(causes("block_size 1024;map 100+4;buffers 0 - - - -"), ["all_unmapped"]);
}

#[test]
fn the_first_test_that_fails_is_the_cause() {
    let cause = |lines: &str| causes(&format!("block_size 1024;{lines}"))[0].clone();
    assert_eq!(cause("map 100+4;buffers 0 mdu du mdu@9 m"), "unmapped_dirty");
    assert_eq!(cause("map 100+4;buffers 0 mdu - md mdu"), "hole_then_mapped");
    assert_eq!(cause("map 100+4;buffers 0 mdu md@9 mdu mdu"), "not_dirty_or_uptodate");
    assert_eq!(cause("map 100+4;buffers 0 mdu mu mdu mdu"), "not_dirty_or_uptodate");
    assert_eq!(cause("map 100+4;buffers 0 mdu mdu@9 mdu du"), "non_contiguous");
    assert_eq!(cause("map 100 0 300 400;alloc unmapped"), "not_mapped");
    assert_eq!(cause("map 100 0 300 400"), "get_block_error");
    assert_eq!(cause("map 100 200 0 400"), "non_contiguous");
    assert_eq!(cause("map 100+4;error 0"), "get_block_error");
    assert_eq!(cause("map 100+4;dirty 9;buffers 9 mdu@1 mdu@2 mdu@3 mdu@4"), "beyond_eof");
}

#[test]
fn the_fallback_places_what_is_dirty_and_writes_what_is_mapped_and_dirty() {
    let lines = "block_size 1024;alloc 500;map 100 0+3;buffers 0 mu du m md;trace 1";
    assert_eq!(numbers(lines, "get_block", "lblk"), [1]);
    assert_eq!(numbers(lines, "bh", "block"), [500, 0]);
}

#[test]
fn a_hole_is_allocated_once_and_is_no_longer_new_to_the_fallback() {
    let lines = "block_size 1024;alloc 500;map 100 0 300 400;trace 1";
    let asked: Vec<_> = events(lines, "get_block")
        .iter()
        .map(|ask| {
            (ask["by"] == "mpage", ask["block"].as_u64().unwrap(), ask["new"].as_u64().unwrap())
        })
        .collect();
    let by_mpage = [(true, 100, 0), (true, 500, 1)];
    let by_fallback = [(false, 100, 0), (false, 500, 0), (false, 300, 0), (false, 400, 0)];
    assert_eq!(asked, [&by_mpage[..], &by_fallback].concat());
}

#[test]
fn blocks_past_the_end_are_clean_and_not_written() {
    let lines = "block_size 1024;map 100 300 400 500;file_size 2000;buffers 0 mdu mdu mdu mdu";
    assert_eq!(numbers(lines, "bh", "lblk"), [0, 1]);
}

#[test]
fn after_an_error_what_has_a_place_is_written_and_the_next_page_goes_on() {
    let lines = "block_size 1024;map 100+8;error 2";
    assert_eq!(numbers(lines, "bh", "lblk"), [0, 1]);
    assert_eq!(bios(lines), ["1+1 end"]);
    let summary = summary(lines);
    assert_eq!((&summary["ret"], &summary["error_pages"]), (&(-5).into(), &1.into()));
    assert_eq!(summary["uptodate_pages"], 2);
}

#[test]
fn the_first_error_is_the_one_that_is_returned() {
    assert_eq!(summary("map 100 0 102;error 2")["ret"], -28);
    assert_eq!(summary("map 100 0 102;error 0")["ret"], -5);
}

#[test]
fn a_page_that_does_not_hold_all_its_data_is_not_up_to_date() {
    let lines = "block_size 1024;map 100+8;buffers 1 mdu mdu - -";
    assert_eq!(summary(lines)["uptodate_pages"], 1);
}

#[test]
fn a_failure_to_map_is_told_once_and_a_block_without_a_place_too() {
    let mut planner = planner(&problem("block_size 1024;map 100+8;error 5 6"), SyncMode::All);
    planner.writepages(PageIndex(0), 2);
    let failure = MapFailure { block: FileBlock(5), count_blocks: 1, error: EIO };
    assert_eq!((planner.take_failure(), planner.take_failure()), (Some(failure), None));
    assert_eq!((planner.ret(), planner.unplaced()), (-5, None));

    let problem = problem("block_size 1024;alloc unmapped;map 100+5 0+3");
    let mut planner = self::planner(&problem, SyncMode::All);
    planner.writepages(PageIndex(0), 2);
    assert_eq!((planner.ret(), planner.unplaced()), (0, Some(FileBlock(5))));
}

#[test]
fn writing_for_memory_ends_with_the_first_error_or_with_enough_pages() {
    let problem = problem("map 100+9;error 3");
    for (most_pages, pages) in [(2, 2), (100, 4)] {
        let mut planner = planner(&problem, SyncMode::None { most_pages });
        planner.writepages(PageIndex(0), 9);
        planner.finish();
        assert_eq!(planner.sink().pages, pages);
    }
}

#[test]
fn what_was_written_is_clean() {
    let text = "block_size 1024;map 100+4 200 300+3;buffers 0 mdu mdu - -;buffers 1 mdu mdu mu du";
    let mut planner = planner(&problem(text), SyncMode::All);
    planner.writepages(PageIndex(0), 2);
    planner.finish();
    for (page, folio) in planner.folios().iter() {
        assert_eq!(folio.buffers.len(), 4);
        let dirty = folio.buffers.iter().any(|buffer| buffer.flags.contains(BufferFlags::DIRTY));
        assert!(!dirty, "page {page}: {folio:?}");
    }
    let (bios, bhs) = (planner.sink().bios, planner.sink().fallback_blocks);
    planner.writepages(PageIndex(1), 1);
    assert_eq!((bios, bhs), (1, 3));
    assert_eq!(planner.sink().fallback_blocks, bhs, "a clean page is written again");
}

#[test]
fn a_bio_or_block_past_the_device_is_cut_or_fails() {
    let lines = "model extent;map 100+4;device_blocks 102";
    let plan = problem(lines).plan();
    assert_eq!(plan[0], r#"{"ev":"eod","op":"write","block":100,"bytes":16384,"kept":8192}"#);
    assert_eq!(numbers(lines, "bio", "bytes"), [8192]);
    let lines = "block_size 1024;map 100 300 101 301;device_blocks 102";
    let failed: Vec<_> = events(lines, "bh").iter().map(|bh| bh["status"] == "eio").collect();
    assert_eq!(failed, [false, true, false, true]);
    let summary = summary(lines);
    assert_eq!((&summary["error_pages"], &summary["uptodate_pages"]), (&1.into(), &1.into()));
}

#[test]
fn a_block_that_the_device_has_in_part_is_cut() {
    let mut cut = problem("block_size 1024;map 100 300 400 500");
    cut.options.device_bytes = Some(300 * 1024 + 512);
    let plan = cut.plan();
    assert_eq!(plan[2], r#"{"ev":"eod","op":"write","block":300,"bytes":1024,"kept":512}"#);
    assert_eq!(plan[3], r#"{"ev":"bh","op":"write","page":0,"lblk":1,"block":300}"#);
}

#[test]
fn pages_far_out_do_not_overflow() {
    let geometry = Geometry::new(10, 12).unwrap();
    let mapper = problem("map 100+4").mapper;
    let options = WritePlanOptions::default();
    let mut planner = WritePlanner::new(mapper, Stats::default(), geometry, 4096, options);
    planner.writepages(PageIndex(u64::MAX - 1), 4);
    planner.finish();
    assert_eq!(planner.sink().fallback_pages.beyond_eof, 4);
}
