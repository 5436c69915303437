//! Problems: one file's block map and an operation, as text, and the model of a filesystem that
//! answers `get_block` for it.
//!
//! The format is told in `tests/data/golden/README.md`. A problem in three lines, and its plan:
//!
//! ```text
//! block_size 4096
//! map 100+3
//! op readahead
//!
//! {"ev":"bio","op":"read","block":100,"blocks":3,"first_page":0,"pages":3,...,"why":"end"}
//! {"ev":"summary","op":"readahead","pages":3,"bios":1,...}
//! ```

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use mpimg::mpage::{
    Buffer, BufferFlags, Event, FileBlock, Folio, Folios, FsBlock, Geometry, GetBlock, Intent,
    MapError, Mapping, Operation, PageIndex, PlanOptions, ReadPlanner, Sink, Stats, Summary,
    WritePlanOptions, WritePlanner,
};

/// How far a run goes that the model returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// To the end of a leaf of the block map.
    Ext2,
    /// One block.
    Single,
    /// As far as it is contiguous.
    Extent,
}

/// The operation of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    Readahead { first: u64, pages: Option<u64> },
    ReadFolio { page: u64 },
    Writepages,
}

/// What becomes of a hole that is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alloc {
    /// `ENOSPC`.
    None,
    /// No error, and no block.
    Unmapped,
    /// This block, and the next one for the next hole.
    Next(u64),
}

/// A block map, and how `get_block` answers for it.
#[derive(Debug, Clone)]
pub struct ModelMapper {
    pub model: Model,
    pub block_size: u64,
    /// The fs block of each file block; 0 is a hole.
    pub map: Vec<u64>,
    pub uptodate: BTreeSet<u64>,
    pub error: BTreeSet<u64>,
    pub alloc: Alloc,
}

/// A negative errno.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

pub const EIO: Errno = Errno(-5);
pub const ENOSPC: Errno = Errno(-28);

impl MapError for Errno {
    fn errno(&self) -> i32 {
        self.0
    }
}

impl ModelMapper {
    pub fn block_at(&self, block: u64) -> u64 {
        self.map.get(usize::try_from(block).unwrap()).copied().unwrap_or(0)
    }

    /// The last file block of the leaf that maps `block`.
    fn leaf_end(&self, block: u64) -> u64 {
        let leaf = self.block_size / 4;
        if block < 12 { 11 } else { 12 + (block - 12) / leaf * leaf + leaf - 1 }
    }
}

impl GetBlock for ModelMapper {
    type Error = Errno;

    fn get_block(&mut self, block: FileBlock, want: u64, to: Intent) -> Result<Mapping, Errno> {
        let FileBlock(block) = block;
        if self.error.contains(&block) {
            return Err(EIO);
        }
        let mut at = self.block_at(block);
        let new = at == 0 && to == Intent::Allocate;
        if new {
            match &mut self.alloc {
                Alloc::None => return Err(ENOSPC),
                Alloc::Unmapped => {}
                Alloc::Next(next) => {
                    at = *next;
                    *next += 1;
                    let index = usize::try_from(block).unwrap();
                    self.map.resize(self.map.len().max(index + 1), 0);
                    self.map[index] = at;
                }
            }
        }
        if at == 0 {
            return Ok(Mapping::HOLE);
        }
        let uptodate = to == Intent::Read && self.uptodate.contains(&block);
        let limit = match self.model {
            Model::Single => 1,
            Model::Extent => want,
            Model::Ext2 => want.min(self.leaf_end(block) - block + 1),
        };
        let mut count = 1;
        while !uptodate
            && count < limit
            && self.block_at(block + count) == at + count
            && !self.uptodate.contains(&(block + count))
            && !self.error.contains(&(block + count))
        {
            count += 1;
        }
        let boundary = self.model == Model::Ext2 && block + count - 1 == self.leaf_end(block);
        Ok(Mapping { block: Some(FsBlock(at)), count_blocks: count, boundary, uptodate, new })
    }
}

/// A problem.
#[derive(Debug, Clone)]
pub struct Problem {
    pub mapper: ModelMapper,
    pub geometry: Geometry,
    pub file_size: u64,
    pub options: PlanOptions,
    pub bio_fail: Vec<u64>,
    pub folios: Folios,
    /// Pages that are written; `None`: all of the file.
    pub dirty: Option<Vec<Range<u64>>>,
    pub trace: bool,
    pub op: Do,
}

impl Problem {
    /// Reads a problem. Panics with the line it does not understand.
    pub fn parse(text: &str) -> Self {
        let mut block_size = 4096;
        let mut page_size = None;
        let mut file_size = None;
        let mut device_blocks = 0;
        let mut options = PlanOptions { window_pages: 0, ..PlanOptions::default() };
        let mut model = Model::Ext2;
        let mut map = Vec::new();
        let mut uptodate = BTreeSet::new();
        let mut error = BTreeSet::new();
        let mut bio_fail = Vec::new();
        let mut buffers: Vec<(u64, Vec<String>)> = Vec::new();
        let mut dirty = None;
        let mut alloc = Alloc::None;
        let mut trace = false;
        let mut op = None;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or("");
            let mut words = line.split_whitespace();
            let Some(key) = words.next() else { continue };
            let words: Vec<&str> = words.collect();
            let one = || number(words.first().unwrap_or_else(|| panic!("no value: {line}")));
            match key {
                "block_size" => block_size = one(),
                "page_size" => page_size = Some(one()),
                "file_size" => file_size = Some(one()),
                "device_blocks" => device_blocks = one(),
                "window" => options.window_pages = one(),
                "bio_pages" => options.bio_pages = one(),
                "model" => {
                    model = match words.first() {
                        Some(&"ext2") => Model::Ext2,
                        Some(&"single") => Model::Single,
                        Some(&"extent") => Model::Extent,
                        _ => panic!("no model: {line}"),
                    }
                }
                "map" => words.iter().for_each(|word| add_run(&mut map, word)),
                "uptodate" => uptodate.extend(words.iter().flat_map(|word| span(word))),
                "error" => error.extend(words.iter().flat_map(|word| span(word))),
                "bio_fail" => bio_fail.extend(words.iter().map(|word| number(word))),
                "buffers" => {
                    buffers.push((one(), words.iter().skip(1).map(|&w| w.to_owned()).collect()));
                }
                "dirty" => {
                    let pages = |span: RangeInclusive<u64>| *span.start()..span.end() + 1;
                    dirty = Some(words.iter().map(|word| pages(span(word))).collect());
                }
                "alloc" => {
                    alloc = match words.first() {
                        Some(&"none") => Alloc::None,
                        Some(&"unmapped") => Alloc::Unmapped,
                        _ => Alloc::Next(one()),
                    }
                }
                "trace" => trace = one() != 0,
                "op" => op = Some(parse_op(&words)),
                _ => panic!("no such key: {line}"),
            }
        }
        let page_size = page_size.unwrap_or(block_size.max(4096));
        let geometry = Geometry::new(block_size.ilog2(), page_size.ilog2()).expect("a geometry");
        options.device_bytes = (device_blocks != 0).then(|| device_blocks * block_size);
        let file_size = file_size.unwrap_or(map.len() as u64 * block_size);
        let mapper = ModelMapper { model, block_size, map, uptodate, error, alloc };
        let mut folios = Folios::default();
        for (page, words) in buffers {
            folios.insert(PageIndex(page), folio(&mapper, geometry, page, &words));
        }
        Self {
            mapper,
            geometry,
            file_size,
            options,
            bio_fail,
            folios,
            dirty,
            trace,
            op: op.expect("an operation"),
        }
    }

    /// The plan, a JSON object a line.
    pub fn plan(&self) -> Vec<String> {
        let mut lines = Lines { trace: self.trace, lines: Vec::new() };
        let (_, mut summary) = self.run(&mut lines);
        // The seed's cache holds the pages that the operation did not look at, too.
        let pages = self.pages();
        for (page, folio) in self.folios.iter() {
            if folio.uptodate && !pages.iter().any(|pages| pages.contains(&page.0)) {
                summary.uptodate_pages += 1;
            }
        }
        lines.lines.push(serde_json::to_string(&summary).unwrap());
        lines.lines
    }

    /// Hands the plan to a sink and sums it up.
    pub fn run<S: Sink>(&self, sink: S) -> (Stats, Summary) {
        let sink = (Stats::default(), sink);
        if self.op == Do::Writepages {
            let PlanOptions { bio_pages, device_bytes, .. } = self.options;
            let options =
                WritePlanOptions { bio_pages, device_bytes, ..WritePlanOptions::default() };
            let mapper = self.mapper.clone();
            let mut planner =
                WritePlanner::new(mapper, sink, self.geometry, self.file_size, options)
                    .with_folios(self.folios.clone());
            for pages in self.pages() {
                planner.writepages(PageIndex(pages.start), pages.end - pages.start);
            }
            planner.finish();
            let stats = planner.sink().0.clone();
            let summary = planner.summary(&stats);
            return (stats, summary);
        }
        let mut planner = ReadPlanner::new(
            self.mapper.clone(),
            sink,
            self.geometry,
            self.file_size,
            self.options,
        )
        .with_folios(self.folios.clone())
        .with_failing_bio_allocations(self.bio_fail.clone());
        let mut operation = Operation::ReadFolio;
        if let Do::ReadFolio { page } = self.op {
            planner.read_folio(PageIndex(page));
        } else {
            operation = Operation::Readahead;
            for pages in self.pages() {
                planner.readahead(PageIndex(pages.start), pages.end - pages.start);
            }
        }
        let (_, (stats, _)) = planner.into_parts();
        let summary = stats.summary(operation);
        (stats, summary)
    }

    /// The pages of the operation.
    pub fn pages(&self) -> Vec<Range<u64>> {
        let all = self.geometry.pages_for(self.file_size);
        let pages = match self.op {
            Do::Readahead { first, pages } => {
                first..first + pages.unwrap_or(all.saturating_sub(first))
            }
            Do::ReadFolio { page } => page..page + 1,
            Do::Writepages => match &self.dirty {
                Some(dirty) => return dirty.clone(),
                None => 0..all,
            },
        };
        std::iter::once(pages).collect()
    }
}

/// Keeps the events as text.
struct Lines {
    trace: bool,
    lines: Vec<String>,
}

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        if self.trace || !matches!(event, Event::Window { .. } | Event::GetBlock { .. }) {
            self.lines.push(serde_json::to_string(event).unwrap());
        }
    }
}

fn number(word: &str) -> u64 {
    word.parse().unwrap_or_else(|_| panic!("not a number: {word}"))
}

/// `START+COUNT`, or one block. A run of block 0 is a hole.
fn add_run(map: &mut Vec<u64>, word: &str) {
    let (start, count) = word.split_once('+').unwrap_or((word, "1"));
    let (start, count) = (number(start), number(count));
    map.extend((0..count).map(|index| if start == 0 { 0 } else { start + index }));
}

/// `FIRST-LAST`, or one.
fn span(word: &str) -> RangeInclusive<u64> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    number(first)..=number(last)
}

fn parse_op(words: &[&str]) -> Do {
    match *words {
        ["readahead"] => Do::Readahead { first: 0, pages: None },
        ["readahead", first] => Do::Readahead { first: number(first), pages: None },
        ["readahead", first, pages] => {
            Do::Readahead { first: number(first), pages: Some(number(pages)) }
        }
        ["read_folio", page] => Do::ReadFolio { page: number(page) },
        ["writepages", ..] => Do::Writepages,
        _ => panic!("no such operation: {words:?}"),
    }
}

/// The page of a `buffers` line. It is up to date if all its blocks are.
fn folio(mapper: &ModelMapper, geometry: Geometry, page: u64, words: &[String]) -> Folio {
    let first = geometry.first_block_of(PageIndex(page)).0;
    let mut buffers = vec![Buffer::default(); usize::try_from(geometry.blocks_per_page()).unwrap()];
    for ((block, buffer), word) in (first..).zip(buffers.iter_mut()).zip(words) {
        let (letters, at) = word.split_once('@').unwrap_or((word, ""));
        for letter in letters.chars() {
            buffer.flags |= match letter {
                'm' => BufferFlags::MAPPED,
                'd' => BufferFlags::DIRTY,
                'u' => BufferFlags::UPTODATE,
                'b' => BufferFlags::BOUNDARY,
                '-' => BufferFlags::empty(),
                _ => panic!("no such flag: {word}"),
            };
        }
        buffer.block = FsBlock(if at.is_empty() { mapper.block_at(block) } else { number(at) });
    }
    let uptodate = buffers.iter().all(|buffer| buffer.flags.contains(BufferFlags::UPTODATE));
    Folio { uptodate, buffers }
}
