//! Reading executes its plan exactly: whatever the map, the gaps, the beliefs about metadata and the
//! bad sectors are, every byte comes from where the map says, or is told to be unread.

#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use std::collections::BTreeSet;

use mpimg::device::FaultDevice;
use mpimg::mpage::{
    FaultCause, FileBlock, FsBlock, Geometry, GetBlock, Intent, MapError, Mapping, PageIndex,
    PlanOptions, ReadOptions, Reader,
};
use proptest::prelude::*;
use rustix::io::Errno;
use support::content;
use support::disk::Memory;

const BLOCK: usize = 1024;
const DEVICE_BLOCKS: u64 = 96;

/// A map that is a list, and that believes what it is told about metadata in line.
#[derive(Debug, Clone)]
struct Model {
    blocks: Vec<Option<u64>>,
    failing: BTreeSet<u64>,
    /// Blocks whose mapping needs a read first, which sends out what waits.
    absent: BTreeSet<u64>,
    beliefs: Vec<(u64, u64)>,
}

#[derive(Debug)]
struct NoMap;

impl MapError for NoMap {
    fn errno(&self) -> i32 {
        -5
    }
}

impl GetBlock for Model {
    type Error = NoMap;

    fn get_block(&mut self, block: FileBlock, want: u64, _: Intent) -> Result<Mapping, NoMap> {
        if self.failing.contains(&block.0) {
            return Err(NoMap);
        }
        let rest = self.blocks.get(block.0 as usize..).unwrap_or_default();
        let Some(&Some(first)) = rest.first() else { return Ok(Mapping::HOLE) };
        let follows = |(n, at): &(u64, &Option<u64>)| {
            **at == Some(first + n) && !self.failing.contains(&(block.0 + n))
        };
        let count = (0..).zip(rest).take(want as usize).take_while(follows).count() as u64;
        Ok(Mapping { block: Some(FsBlock(first)), count_blocks: count, ..Mapping::HOLE })
    }

    fn is_resident(&self, block: FileBlock) -> bool {
        !self.absent.contains(&block.0)
    }

    fn inline_span(&self, first: FileBlock, _: u64) -> Option<(FsBlock, u64)> {
        let (start, len) = *self.beliefs.get(first.0 as usize % self.beliefs.len().max(1))?;
        (len > 0).then_some((FsBlock(start), len))
    }
}

/// Blocks of a file: runs on disk, some past its end, and holes.
fn blocks() -> impl Strategy<Value = Vec<Option<u64>>> {
    let run = (prop::option::weighted(0.8, 0..DEVICE_BLOCKS + 4), 1..9_u64);
    prop::collection::vec(run, 0..20).prop_map(|runs| {
        let blocks = |(first, count): (Option<u64>, u64)| {
            (0..count).map(move |n| first.map(|first| first + n)).collect::<Vec<_>>()
        };
        runs.into_iter().flat_map(blocks).collect()
    })
}

fn model() -> impl Strategy<Value = Model> {
    let failing = prop::collection::vec((0..120_u64, 1..9_u64), 0..4);
    let absent = prop::collection::btree_set(0..120_u64, 0..30);
    let beliefs = prop::collection::vec((0..DEVICE_BLOCKS, 0..40_u64), 0..4);
    (blocks(), failing, absent, beliefs).prop_map(|(blocks, failing, absent, beliefs)| {
        let runs = failing.into_iter();
        let failing = runs.flat_map(|(first, len): (u64, u64)| first..first + len).collect();
        Model { blocks, failing, absent, beliefs }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_byte_is_the_maps_or_is_told_to_be_unread(
        model in model(),
        cut_bytes in 0..BLOCK as u64,
        window_pages in 1..9_u64,
        gap_bytes in 0..5000_u64,
        bad in prop::collection::btree_set(0..DEVICE_BLOCKS, 0..4),
        from in 0..3000_u64,
    ) {
        let disk = content::bytes(3, DEVICE_BLOCKS as usize * BLOCK);
        let mut device = FaultDevice::new(Memory(disk.clone()));
        for block in &bad {
            let start = block * BLOCK as u64;
            device = device.failing(start..start + BLOCK as u64, Errno::IO);
        }
        let size = (model.blocks.len() as u64 * BLOCK as u64).saturating_sub(cut_bytes);
        let geometry = Geometry::new(10, 12).unwrap();
        let plan = PlanOptions { window_pages, ..PlanOptions::default() };
        let options = ReadOptions { plan, gap_bytes };
        let mut reader = Reader::new(&device, geometry, size, options).unwrap();
        let mut map = model.clone();

        let (mut found, mut unread) = (Vec::new(), BTreeSet::new());
        let mut page = from / 4096;
        while page * 4096 < size {
            let faults = reader.read_window(&mut map, PageIndex(page));
            for fault in faults {
                let first = fault.offset_bytes / BLOCK as u64;
                let blocks = first..first + fault.len_bytes.div_ceil(BLOCK as u64);
                if matches!(fault.cause, FaultCause::Map(_)) {
                    prop_assert!(blocks.clone().all(|b| model.failing.contains(&b)));
                }
                unread.extend(blocks);
            }
            reader.pieces(from).for_each(|piece| found.extend_from_slice(piece));
            page = geometry.pages_for(reader.window().end);
        }

        let is_bad = |block: u64| match model.blocks.get(block as usize) {
            _ if model.failing.contains(&block) => true,
            Some(Some(at)) => *at >= DEVICE_BLOCKS || bad.contains(at),
            _ => false,
        };
        let first_block = from / 4096 * 4;
        let mut expected = Vec::new();
        for (block, at) in (0..).zip(&model.blocks) {
            if block >= first_block {
                prop_assert!(!is_bad(block) || unread.contains(&block), "block {block} is not told");
            }
            prop_assert!(is_bad(block) || !unread.contains(&block), "block {block} is good");
            match at {
                Some(at) if !unread.contains(&block) && *at < DEVICE_BLOCKS => {
                    let start = *at as usize * BLOCK;
                    expected.extend_from_slice(&disk[start..start + BLOCK]);
                }
                _ => expected.resize(expected.len() + BLOCK, 0),
            }
        }
        expected.truncate(size as usize);
        let expected = expected.get(from.min(size) as usize..).unwrap_or_default();
        prop_assert_eq!(found.len(), expected.len());
        prop_assert!(found == expected, "bytes differ");
    }
}
