//! Whatever a file looks like, its plan covers every byte of every page once: by a bio, by a
//! block of a fallback, by zeros, or by data that the mapping brought. And what a transfer reads
//! into a page is what the block map has there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/golden.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mpimg::mpage::{Event, FileBlock, PageIndex, PageRange, Sink};
use proptest::prelude::*;
use support::Problem;

/// How often each byte is covered, in steps of a block.
struct Cover<'a> {
    problem: &'a Problem,
    times: BTreeMap<u64, u32>,
    wrong: Vec<String>,
}

impl Cover<'_> {
    fn count(&mut self, block: FileBlock) {
        *self.times.entry(block.0).or_default() += 1;
    }

    /// A block is read from `at`.
    fn read(&mut self, block: FileBlock, at: u64) {
        self.count(block);
        let expected = self.problem.mapper.block_at(block.0);
        if at != expected {
            self.wrong.push(format!("file block {block} is read from {at}, not {expected}"));
        }
    }
}

impl Sink for Cover<'_> {
    fn event(&mut self, event: &Event<'_>) {
        let geometry = self.problem.geometry;
        let block_size = geometry.block_size_bytes();
        match *event {
            Event::Bio { block, blocks, ranges, bytes, pages, .. } => {
                assert_eq!(bytes, blocks * block_size);
                assert_eq!(pages, ranges.iter().map(|range| range.1).sum::<u64>());
                let pages = ranges.iter().flat_map(|&PageRange(first, count)| {
                    (0..count).map(move |index| first.plus(index))
                });
                let blocks_of = |page: PageIndex| {
                    let first = geometry.first_block_of(page);
                    (0..geometry.blocks_per_page()).map(move |index| first.plus(index))
                };
                let at = block.0..block.0 + blocks;
                pages.flat_map(blocks_of).zip(at).for_each(|(block, at)| self.read(block, at));
            }
            Event::Bh { lblk, block, .. } => self.read(lblk, block.0),
            Event::GetBlock { lblk, uptodate: 1, .. } => self.count(lblk),
            Event::Zero { page, from, to } => {
                assert_eq!((from % block_size, to % block_size), (0, 0));
                let first = geometry.first_block_of(page);
                (from / block_size..to / block_size).for_each(|at| self.count(first.plus(at)));
            }
            _ => {}
        }
    }
}

/// A problem as text, so that a failure prints one that can be kept.
fn problem() -> impl Strategy<Value = String> {
    let run = prop_oneof![
        3 => (1_u64..40).prop_map(|count| (Some(0_u64), count)),
        2 => (1_u64..6).prop_map(|count| (None, count)),
        2 => (1_u64..9, 1_u64..40).prop_map(|(gap, count)| (Some(gap), count)),
    ];
    let geometry = (9_u32..=12, 0_u32..=3);
    let runs = prop::collection::vec(run, 0..20);
    let marks = prop::collection::vec(0_u64..200, 0..4);
    (
        geometry,
        runs,
        (marks.clone(), marks),
        (0_u64..20, 1_u64..20),
        prop::sample::select(vec!["ext2", "single", "extent"]),
        (-3000_i64..3000, 0_u64..4, prop::option::of(1_u64..40)),
    )
        .prop_map(|((bits, more), runs, (uptodate, error), (window, bio), model, tail)| {
            let mut text = format!("block_size {}\npage_size {}\n", 1 << bits, 1 << (bits + more));
            let (mut next, mut len, mut map) = (100, 0, String::new());
            for (gap, count) in runs {
                let start = gap.map_or(0, |gap| next + gap);
                write!(map, " {start}+{count}").unwrap();
                next = if start == 0 { next } else { start + count };
                len += count;
            }
            let (change, first, pages) = tail;
            let size = (len << bits).saturating_add_signed(change);
            writeln!(text, "map{map}\nfile_size {size}\nmodel {model}\nwindow {window}").unwrap();
            writeln!(text, "bio_pages {bio}").unwrap();
            for (key, marks) in [("uptodate", uptodate), ("error", error)] {
                for mark in marks {
                    writeln!(text, "{key} {mark}").unwrap();
                }
            }
            let pages = pages.map_or(String::new(), |pages| format!(" {pages}"));
            writeln!(text, "trace 1\nop readahead {first}{pages}").unwrap();
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_block_is_covered_once(text in problem()) {
        let problem = Problem::parse(&text);
        let mut cover = Cover { problem: &problem, times: BTreeMap::new(), wrong: Vec::new() };
        let (stats, _) = problem.run(&mut cover);
        let Cover { times, wrong, .. } = cover;
        let window = problem.pages().remove(0);
        let pages = window.end - window.start;
        let per_page = problem.geometry.blocks_per_page();
        let all = window.start * per_page..window.end * per_page;
        let plan = || problem.plan().join("\n");
        prop_assert!(wrong.is_empty(), "{text}{}\n{wrong:?}", plan());
        for block in all.clone() {
            let times = times.get(&block).copied().unwrap_or(0);
            prop_assert_eq!(times, 1, "file block {}\n{}{}", block, text, plan());
        }
        prop_assert!(times.keys().all(|block| all.contains(block)), "{text}{}", plan());
        prop_assert_eq!(stats.pages, pages);
        prop_assert_eq!(stats.uptodate_pages + stats.error_pages, pages);
        prop_assert_eq!(stats.bio_pages + stats.hole_pages + stats.fallback_pages.total(), pages);
        prop_assert_eq!(stats.merges + stats.bios, stats.bio_pages);
    }
}
