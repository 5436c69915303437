//! Writing executes its plan exactly: whatever the maps, the dirty ranges and the window are, every
//! dirty byte goes where the map says, nothing else is touched, and neighbours share a call.

#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::single_range_in_vec_init,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Mutex;

use mpimg::device::{BlockDevice, DeviceError, FaultDevice, Recorder, Result};
use mpimg::mpage::{
    FileBlock, FsBlock, Geometry, GetBlock, Intent, MapError, Mapping, PageSource,
    WRITE_WINDOW_BYTES, WriteError, Writer,
};
use proptest::prelude::*;
use proptest::sample::Index;
use rustix::io::Errno;
use support::content;

/// A device in memory that notes where each call wrote.
struct Sheet {
    bytes: Mutex<Vec<u8>>,
    calls: Mutex<Vec<Range<u64>>>,
}

impl Sheet {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Mutex::new(bytes), calls: Mutex::default() }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    fn calls(&self) -> Vec<Range<u64>> {
        self.calls.lock().unwrap().clone()
    }
}

impl BlockDevice for Sheet {
    fn size_bytes(&self) -> u64 {
        self.bytes.lock().unwrap().len() as u64
    }

    fn read_at(&self, _: &mut [u8], _: u64) -> Result<()> {
        panic!("writing reads nothing")
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        let (len_bytes, size_bytes) = (buf.len() as u64, self.size_bytes());
        if offset_bytes + len_bytes > size_bytes {
            return Err(DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes });
        }
        self.calls.lock().unwrap().push(offset_bytes..offset_bytes + len_bytes);
        self.bytes.lock().unwrap()[offset_bytes as usize..][..buf.len()].copy_from_slice(buf);
        Ok(())
    }
}

/// A map that is a list; some of it cannot be looked up.
#[derive(Debug, Clone, Default)]
struct Model {
    blocks: Vec<Option<u64>>,
    failing: Vec<u64>,
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

    fn get_block(
        &mut self,
        block: FileBlock,
        _: u64,
        to: Intent,
    ) -> std::result::Result<Mapping, NoMap> {
        assert_eq!(to, Intent::Allocate);
        if self.failing.contains(&block.0) {
            return Err(NoMap);
        }
        let at = self.blocks.get(block.0 as usize).copied().flatten().map(FsBlock);
        let boundary = block.0 % 256 == 11;
        Ok(Mapping { block: at, count_blocks: 1, boundary, ..Mapping::HOLE })
    }
}

/// Pattern content, of which there may be too little.
struct Content {
    seed: u64,
    end: u64,
}

impl Content {
    fn of(seed: u64) -> Self {
        Self { seed, end: u64::MAX }
    }
}

impl PageSource for Content {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        if offset_bytes + buf.len() as u64 > self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        content::fill(self.seed, offset_bytes, buf);
        Ok(())
    }
}

/// A file whose blocks lie one after the other from `first` on.
fn contiguous(first: u64, blocks: u64) -> Model {
    Model { blocks: (first..first + blocks).map(Some).collect(), ..Model::default() }
}

/// Bytes as runs that lie together.
fn merged(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_by_key(|range| range.start);
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match runs.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => runs.push(range),
        }
    }
    runs
}

#[derive(Debug, Clone)]
struct File {
    /// Blocks with a place, and whether they are dirty.
    blocks: Vec<Option<bool>>,
    cut_bytes: u64,
}

#[derive(Debug, Clone)]
struct Case {
    block_bits: u32,
    page_bits: u32,
    files: Vec<File>,
    metadata: usize,
    /// What orders the blocks on disk: the fewer the swaps, the more lie together.
    swaps: Vec<(Index, Index)>,
    gaps: Vec<(Index, u64)>,
    window_pages: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let blocks = prop::collection::vec(
        (prop::option::weighted(0.9, prop::bool::weighted(0.8)), 1..12_usize),
        0..8,
    );
    let blocks = blocks.prop_map(|runs| {
        runs.into_iter().flat_map(|(kind, count)| vec![kind; count]).collect::<Vec<_>>()
    });
    let file = (blocks, 0..1024_u64).prop_map(|(blocks, cut_bytes)| File { blocks, cut_bytes });
    let swaps = prop::collection::vec(any::<(Index, Index)>(), 0..20);
    let gaps = prop::collection::vec((any::<Index>(), 1..9_u64), 0..8);
    let sizes = (10..12_u32, 0..4_u32);
    (sizes, prop::collection::vec(file, 1..5), 0..6_usize, swaps, gaps, 1..30_u64).prop_map(
        |((block_bits, more_bits), files, metadata, swaps, gaps, window_pages)| Case {
            block_bits,
            page_bits: block_bits + more_bits,
            files,
            metadata,
            swaps,
            gaps,
            window_pages,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_dirty_byte_goes_where_the_map_says_and_nothing_else_is_touched(case in case()) {
        let geometry = Geometry::new(case.block_bits, case.page_bits).unwrap();
        let block_size = geometry.block_size_bytes();
        let bytes_of = |block: u64| block * block_size..(block + 1) * block_size;

        // Places for all blocks: in order but for some swaps, with some gaps.
        let placed = |file: &File| file.blocks.iter().flatten().count();
        let count = case.files.iter().map(placed).sum::<usize>() + case.metadata;
        let mut steps = vec![1; count];
        for (at, gap) in &case.gaps {
            if count > 0 {
                steps[at.index(count)] += gap;
            }
        }
        let mut at = 0;
        let mut places: Vec<u64> = steps.iter().map(|step| { at += step; at }).collect();
        for (a, b) in &case.swaps {
            if count > 0 {
                places.swap(a.index(count), b.index(count));
            }
        }
        let device_blocks = at + 8;
        let before = content::bytes(99, (device_blocks * block_size) as usize);
        let sheet = Sheet::new(before.clone());
        let mut expected = before;
        let mut written = Vec::new();
        let mut places = places.into_iter();
        let mut dirty_pages = 0;

        let window_bytes = case.window_pages * geometry.page_size_bytes();
        let mut writer = Writer::new(&sheet, geometry, window_bytes).unwrap();
        for (seed, file) in (0..).zip(&case.files) {
            let size = (file.blocks.len() as u64 * block_size).saturating_sub(file.cut_bytes);
            let mut model = Model::default();
            let mut dirty: Vec<Range<u64>> = Vec::new();
            for (block, kind) in (0..).zip(&file.blocks) {
                let place = kind.map(|_| places.next().unwrap());
                model.blocks.push(place);
                let range = bytes_of(block).start..bytes_of(block).end.min(size);
                if *kind != Some(true) || range.is_empty() {
                    continue;
                }
                match dirty.last_mut() {
                    // Ranges that touch may stay two.
                    Some(last) if last.end == range.start && block % 5 != 0 => last.end = range.end,
                    _ => dirty.push(range.clone()),
                }
                let to = bytes_of(place.unwrap());
                let disk = &mut expected[to.start as usize..to.end as usize];
                disk.fill(0);
                content::fill(seed, range.start, &mut disk[..(range.end - range.start) as usize]);
                written.push(to);
            }
            let page_size = geometry.page_size_bytes();
            let pages = dirty.iter().flat_map(|range| {
                range.start / page_size..range.end.div_ceil(page_size)
            });
            dirty_pages += pages.collect::<BTreeSet<_>>().len() as u64;
            writer.write_file(&mut model, size, &dirty, &mut Content::of(seed)).unwrap();
        }
        for (seed, place) in (50..).zip(places) {
            let bytes = content::bytes(seed, block_size as usize);
            let to = bytes_of(place);
            expected[to.start as usize..to.end as usize].copy_from_slice(&bytes);
            writer.queue_block(FsBlock(place), &bytes).unwrap();
            written.push(to);
        }
        writer.finish().unwrap();
        prop_assert!(sheet.bytes() == expected, "the disks differ");

        prop_assert_eq!(writer.stats().pages, dirty_pages, "a page is planned once");
        let calls = sheet.calls();
        prop_assert_eq!(merged(&calls), merged(&written));
        // A window's calls go up and leave gaps; only the next one's may go back or follow on.
        let total: u64 = calls.iter().map(|call| call.end - call.start).sum();
        let windows = match window_bytes - geometry.page_size_bytes() {
            0 => u64::MAX,
            least => total / least + 1,
        };
        let restarts = calls.windows(2).filter(|pair| pair[1].start <= pair[0].end).count() as u64;
        prop_assert!(restarts < windows, "{restarts} restarts, {windows} windows: {calls:?}");
        if total <= window_bytes - geometry.page_size_bytes() {
            prop_assert_eq!(calls, merged(&written));
        }
    }
}

#[test]
fn a_contiguous_file_takes_a_call_a_window() {
    const SIZE: u64 = 16 << 20;
    for block_bits in [10, 12] {
        let geometry = Geometry::new(block_bits, 12).unwrap();
        let sheet = Sheet::new(vec![0; SIZE as usize + (1 << 16)]);
        let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
        let mut map = contiguous(8, geometry.blocks_for(SIZE));
        let whole = [0..SIZE];
        writer.write_file(&mut map, SIZE, &whole, &mut Content::of(1)).unwrap();
        writer.finish().unwrap();
        assert_eq!(sheet.calls().len() as u64, SIZE / WRITE_WINDOW_BYTES);
        let start = 8 * geometry.block_size_bytes() as usize;
        content::assert_same(
            &sheet.bytes()[start..][..SIZE as usize],
            &content::bytes(1, SIZE as usize),
            "the file",
        );
    }
}

#[test]
fn small_files_that_lie_together_share_calls_and_are_packed_by_the_block() {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Recorder::new(Sheet::new(vec![0; 8 << 20]));
    let counts = sheet.handle();
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let mut at = 1;
    for index in 0..1000 {
        let size = 1 + index * 13 % 5000;
        let blocks = geometry.blocks_for(size);
        let whole = [0..size];
        let mut map = contiguous(at, blocks);
        writer.write_file(&mut map, size, &whole, &mut Content::of(index)).unwrap();
        at += blocks;
    }
    writer.finish().unwrap();
    let total = (at - 1) * 1024;
    let counts = counts.counts();
    assert_eq!((counts.writes, counts.written_bytes), (total.div_ceil(WRITE_WINDOW_BYTES), total));
    let stats = writer.stats();
    assert_eq!(stats.plug_merges + counts.writes, stats.bios);
}

#[test]
fn an_indirect_block_that_lies_in_the_data_goes_out_with_it() {
    let geometry = Geometry::new(12, 12).unwrap();
    let sheet = Sheet::new(vec![0; 1 << 20]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let mut map = contiguous(20, 12);
    map.blocks.extend((33..53).map(Some));
    let size = 32 * 4096;
    let whole = [0..size];
    writer.write_file(&mut map, size, &whole, &mut Content::of(1)).unwrap();
    writer.queue_block(FsBlock(32), &[7; 4096]).unwrap();
    assert!(sheet.calls().is_empty(), "nothing is written before the plug is finished");
    writer.finish().unwrap();
    assert_eq!(sheet.calls(), [20 * 4096..53 * 4096]);
    assert_eq!(sheet.bytes()[32 * 4096..33 * 4096], [7; 4096]);
    assert_eq!(writer.stats().boundary_blocks, 1);
}

#[test]
fn a_gap_is_never_written() {
    let geometry = Geometry::new(12, 12).unwrap();
    let sheet = Sheet::new(vec![9; 1 << 20]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let mut map =
        Model { blocks: vec![Some(7), Some(5), Some(20), Some(6), Some(9)], ..Model::default() };
    let whole = [0..5 * 4096];
    writer.write_file(&mut map, 5 * 4096, &whole, &mut Content::of(1)).unwrap();
    writer.finish().unwrap();
    let blocks = |first: u64, end: u64| first * 4096..end * 4096;
    assert_eq!(sheet.calls(), [blocks(5, 8), blocks(9, 10), blocks(20, 21)]);
    assert_eq!(writer.stats().plug_merges, 2);
}

#[test]
fn the_last_block_is_zeroed_past_the_end() {
    let geometry = Geometry::new(12, 12).unwrap();
    let sheet = Sheet::new(vec![9; 1 << 16]);
    let mut writer = Writer::new(&sheet, geometry, 1).unwrap();
    // Twice, so that what the arena held before would show.
    for size in [4096, 100] {
        let whole = [0..size];
        writer.write_file(&mut contiguous(3, 1), size, &whole, &mut Content::of(5)).unwrap();
        writer.finish().unwrap();
    }
    let block = &sheet.bytes()[3 * 4096..4 * 4096];
    assert_eq!(block[..100], content::bytes(5, 100));
    assert!(block[100..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_block_that_is_written_twice_keeps_what_came_last() {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Sheet::new(vec![0; 1 << 16]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let whole = [0..8192];
    writer.queue_block(FsBlock(12), &[1; 1024]).unwrap();
    writer.write_file(&mut contiguous(10, 8), 8192, &whole, &mut Content::of(1)).unwrap();
    writer.queue_block(FsBlock(11), &[2; 1024]).unwrap();
    writer.finish().unwrap();
    let bytes = sheet.bytes();
    let file = content::bytes(1, 8192);
    assert_eq!(bytes[10 * 1024..11 * 1024], file[..1024]);
    assert_eq!(bytes[11 * 1024..12 * 1024], [2; 1024]);
    assert_eq!(bytes[12 * 1024..18 * 1024], file[2048..]);
}

/// Writes a file of 8 blocks of which something is wrong, after one that is sound; returns the error,
/// and checks that nothing is written from then on.
fn broken(map: Model, source: Content, dirty: &[Range<u64>]) -> WriteError<NoMap> {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Sheet::new(vec![0; 1 << 16]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let whole = [0..4096];
    writer.write_file(&mut contiguous(2, 4), 4096, &whole, &mut Content::of(1)).unwrap();
    let error = writer.write_file(&mut map.clone(), 8192, dirty, &mut { source }).unwrap_err();
    writer.finish().unwrap_err();
    writer.queue_block(FsBlock(9), &[1; 1024]).unwrap_err();
    let again = writer.write_file(&mut contiguous(2, 4), 4096, &whole, &mut Content::of(1));
    assert!(matches!(again, Err(WriteError::Device(DeviceError::Write { .. }))));
    assert!(sheet.calls().is_empty(), "{:?}", sheet.calls());
    error
}

#[test]
fn a_block_without_a_place_is_an_error_and_ends_the_writing() {
    let mut map = contiguous(10, 8);
    map.blocks[5] = None;
    for dirty in [&[0..8192][..], &[4096..6144], &[5120..6144]] {
        match broken(map.clone(), Content::of(1), dirty) {
            WriteError::NoPlace { block } => assert_eq!(block, FileBlock(5)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_block_that_cannot_be_looked_up_is_an_error_and_ends_the_writing() {
    let map = Model { failing: vec![6], ..contiguous(10, 8) };
    for dirty in [&[0..8192][..], &[6144..7168]] {
        match broken(map.clone(), Content::of(1), dirty) {
            WriteError::Map { block, error: NoMap } => assert_eq!(block, FileBlock(6)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_source_that_is_too_short_is_an_error_and_ends_the_writing() {
    let source = Content { seed: 1, end: 8000 };
    match broken(contiguous(10, 8), source, &[0..1024, 4096..8192]) {
        WriteError::Source { offset_bytes, len_bytes, .. } => {
            assert_eq!((offset_bytes, len_bytes), (4096, 4096));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn ranges_that_are_not_in_order_or_in_blocks_are_refused() {
    for ranges in [
        &[0..100][..],
        &[100..1024],
        &[0..9000],
        &[4096..8192, 0..1024],
        &[0..2048, 1024..4096],
        &[1024..1024],
        &[0..1024, 8192..9216],
    ] {
        let error = broken(contiguous(10, 8), Content::of(1), ranges);
        assert!(matches!(error, WriteError::Range { .. }), "{ranges:?}: {error:?}");
    }
}

#[test]
fn a_device_that_fails_ends_the_writing() {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Sheet::new(vec![0; 1 << 16]);
    let device = FaultDevice::new(&sheet).failing(20 * 1024..21 * 1024, Errno::IO);
    let mut writer = Writer::new(&device, geometry, WRITE_WINDOW_BYTES).unwrap();
    let mut map =
        Model { blocks: vec![Some(20), Some(30), Some(10), Some(31)], ..Model::default() };
    let whole = [0..4096];
    writer.write_file(&mut map, 4096, &whole, &mut Content::of(1)).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(error, DeviceError::Write { offset_bytes: 20480, len_bytes: 1024, .. }));
    writer.finish().unwrap_err();
    let nonempty: Vec<_> = sheet.calls().into_iter().filter(|call| !call.is_empty()).collect();
    assert_eq!(nonempty, [10 * 1024..11 * 1024]);
}

#[test]
fn a_block_past_the_device_is_an_error_and_is_not_cut() {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Sheet::new(vec![0; 16 * 1024]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    let whole = [0..4096];
    writer.write_file(&mut contiguous(14, 4), 4096, &whole, &mut Content::of(1)).unwrap();
    assert!(matches!(writer.finish(), Err(DeviceError::PastEnd { .. })));
    assert!(sheet.calls().is_empty());
}

#[test]
fn only_a_whole_block_can_be_queued() {
    let geometry = Geometry::new(10, 12).unwrap();
    let sheet = Sheet::new(vec![0; 1 << 16]);
    let mut writer = Writer::new(&sheet, geometry, WRITE_WINDOW_BYTES).unwrap();
    writer.queue_block(FsBlock(3), &[1; 100]).unwrap_err();
    writer.queue_block(FsBlock(3), &[1; 2048]).unwrap_err();
}
