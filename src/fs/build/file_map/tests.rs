//! A map that is computed is one that is built, pointer by pointer.

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// All that a file takes, in order: each indirect block by its level and the first block below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Data(u64),
    Indirect(u32, u64),
}

/// The order of things, found step by step.
fn items(map: &FileMap, ranges: &[Range<u64>]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for block in ranges.iter().cloned().flatten() {
        let (_, _, depth) = map.slot(block);
        for step in 0..depth {
            let item = Item::Indirect(depth - step, map.below(block, step).0);
            if seen.insert(item) {
                items.push(item);
            }
        }
        items.push(Item::Data(block));
    }
    items
}

/// Where everything lies, by the order and the runs.
fn places(items: &[Item], runs: &[BlockRun]) -> BTreeMap<Item, u64> {
    let mut places = BTreeMap::new();
    let mut rest = items;
    for run in runs {
        let (here, after) = rest.split_at((run.count as usize).min(rest.len()));
        let is_data = |item: &&Item| matches!(item, Item::Data(_));
        let indirect = here.iter().filter(|item| !is_data(item));
        for (item, block) in indirect.chain(here.iter().filter(is_data)).zip(run.first.0..) {
            places.insert(*item, block);
        }
        rest = after;
    }
    assert!(rest.is_empty());
    places
}

fn check(block_size: u64, ranges: &[Range<u64>], cuts: &[u64]) {
    let map = FileMap::new(block_size, ranges.iter().cloned());
    let items = items(&map, ranges);
    assert_eq!(map.total_blocks(), items.len() as u64);
    let (mut runs, mut left, mut first) = (Vec::new(), map.total_blocks(), 1000);
    for cut in cuts.iter().copied().chain([u64::MAX]) {
        let count = cut.min(left);
        if count > 0 {
            runs.push(BlockRun { first: FsBlock(first), count });
        }
        (first, left) = (first + count + 7, left - count);
    }
    let places = places(&items, &runs);
    let placed = map.clone().place(&runs);

    // Every pointer leads where it should, and nothing else does.
    let mut blocks = BTreeMap::new();
    let mut offset = 0;
    let physical: Vec<u64> =
        runs.iter().flat_map(|run| run.first.0..run.first.0 + run.count).collect();
    while let Some(part) = placed.part_at(offset) {
        match part {
            Part::Data { file_block, count } => {
                for more in 0..count {
                    let block = physical[(offset + more) as usize];
                    blocks.insert(Item::Data(file_block + more), block);
                }
                offset += count;
            }
            Part::Indirect { file_block, step } => {
                let (_, _, depth) = map.slot(file_block);
                let item = Item::Indirect(depth - step, map.below(file_block, step).0);
                let block = physical[offset as usize];
                assert_eq!(blocks.insert(item, block), None);
                let mut bytes = vec![0; block_size as usize];
                placed.paint_indirect(file_block, step, &mut bytes);
                let (first, span) = map.below(file_block, step);
                let child = span / (block_size / 4);
                for (entry, at) in bytes.as_chunks::<4>().0.iter().zip(0..) {
                    let base = first + at * child;
                    let want = match child {
                        1 => places.get(&Item::Data(base)),
                        _ => places.get(&Item::Indirect(depth - step - 1, base)),
                    };
                    let got = u64::from(u32::from_le_bytes(*entry));
                    assert_eq!(got, want.copied().unwrap_or(0), "{item:?} entry {at}");
                }
                offset += 1;
            }
        }
    }
    assert_eq!(blocks, places);
    for (slot, pointer) in placed.pointers().into_iter().enumerate() {
        let first = match slot {
            0..12 => slot as u64,
            12 => 12,
            13 => 12 + map.span(1),
            _ => 12 + map.span(1) + map.span(2),
        };
        let want = match slot {
            0..12 => places.get(&Item::Data(first)),
            _ => places.get(&Item::Indirect(slot as u32 - 11, first)),
        };
        assert_eq!(u64::from(pointer), want.copied().unwrap_or(0), "pointer {slot}");
    }
}

#[test]
fn a_file_without_holes_is_mapped_in_one_run_and_in_many() {
    for blocks in [0, 1, 12, 13, 268, 269, 300, 12 + 256 + 256 * 3, 70_000] {
        let ranges: Vec<_> = std::iter::once(0..blocks).collect();
        check(1024, &ranges, &[]);
        check(1024, &ranges, &[1, 5, 20, 1, 1, 300, 1000]);
    }
}

#[test]
fn the_third_level_is_mapped() {
    let third = 12 + 256 + 256 * 256;
    check(1024, &[third - 1..third + 300, third + 70_000..third + 70_001], &[2, 100]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn files_with_holes_are_mapped(
        steps in prop::collection::vec((1_u64..3000, 1_u64..400), 0..12),
        cuts in prop::collection::vec(1_u64..500, 0..8),
    ) {
        let mut at = 0;
        let mut ranges = Vec::new();
        for (hole, data) in steps {
            let first = at + hole - 1;
            ranges.push(first..first + data);
            at = first + data + 1;
        }
        check(1024, &ranges, &cuts);
    }
}
