//! `mpimg plan`: the plan that `cat` runs, or that writing the file back would, event by event.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::Args;

use super::args::{GlobalArgs, ImageArgs};
use super::exit::{Failure, Report};
use super::image::OpenImage;
use super::output::Output;
use super::plan_write;
use crate::device::BlockDevice;
use crate::fs::{BlockMap, LastSymlink};
use crate::mpage::{
    Event, Geometry, Operation, PageIndex, PageRange, PlanOptions, ReadOptions, ReadPlanner, Sink,
    Stats, Summary, WritePlanOptions,
};

/// Show how a file would be read, or written: bios, fallbacks and zeroed pages in order
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg plan disk.img /var/lib/db
  mpimg plan --json disk.img /big | jq -c 'select(.ev == \"fallback\")'
  mpimg plan --readahead 64 --bio-pages 16 disk.img /big
  mpimg plan --write disk.img /big

These are the algorithm's requests, before neighbours are merged into one call. With --write, they
are those of writing back each page that holds data; nothing is written.
JSON, an event a line: {ev: \"bio\", op, block, blocks, first_page, pages, bytes, ranges
([[page, count]]), capacity, why}, {ev: \"fallback\", op, page, cause, action}, {ev: \"bh\", op, page,
lblk, block}, {ev: \"zero\", page, from, to}, {ev: \"uptodate\", page}, {ev: \"eod\", op, block, bytes,
kept}, {ev: \"boundary_block\", block}; with --trace also {ev: \"window\", first_page, pages} and {ev: \"get_block\", by, lblk, want,
got, block, boundary, uptodate, new, err}; last, {ev: \"summary\", op, pages, bios, blocks, bytes,
merges, fallback_pages, fallback_blocks, get_block, get_block_fallback, boundary_submits,
boundary_blocks, uptodate_pages, error_pages, ret}.")]
pub struct PlanArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// A file in the image; <N> is inode N
    #[arg(value_name = "PATH")]
    path: OsString,

    /// Show how the file's data would be written back
    #[arg(long)]
    write: bool,

    /// Pages in a window, 0 for the whole file [default: 1.25 MiB of them]
    #[arg(long, value_name = "PAGES", conflicts_with = "write")]
    readahead: Option<u64>,

    /// Pages in a bio at most [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    bio_pages: Option<u64>,

    /// Bytes in a page, a power of two from the block size to 1 MiB [default: 4096, or the block
    /// size where that is larger]
    #[arg(long, value_name = "BYTES")]
    page_size: Option<u64>,

    /// Show windows and mappings, too
    #[arg(long)]
    trace: bool,
}

impl PlanArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Largest page that a plan can be asked for.
const MAX_PAGE_BITS: u32 = 20;

/// Runs the command.
pub fn run(args: &PlanArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let path = std::os::unix::ffi::OsStrExt::as_bytes(args.path.as_os_str());
    let geometry = geometry(image.fs.geometry(), args.page_size)?;
    let inode = match image.fs.resolve(path, LastSymlink::Follow) {
        Ok(inode) => inode,
        Err(error) => {
            report.failure(Some(path), error);
            return Ok(());
        }
    };
    if let Err(error) = image.fs.check_file(&inode) {
        report.failure(Some(path), error);
        return Ok(());
    }
    let mut options: PlanOptions = ReadOptions::for_pages_of(geometry).plan;
    options.window_pages = args.readahead.unwrap_or(options.window_pages);
    options.bio_pages = args.bio_pages.unwrap_or(options.bio_pages);
    options.device_bytes = Some(image.fs.metadata().device().size_bytes());

    let mut printer = Printer {
        out: Output::new(),
        json: global.json,
        trace: args.trace,
        stats: Stats::default(),
        ended: Ok(()),
    };
    let map = BlockMap::new(&inode, image.fs.metadata());
    if args.write {
        let PlanOptions { bio_pages, device_bytes, .. } = options;
        let options = WritePlanOptions { bio_pages, device_bytes, ..WritePlanOptions::default() };
        let walk = BlockMap::new(&inode, image.fs.metadata());
        let (summary, failure) =
            plan_write::plan(walk, map, &mut printer, geometry, inode.size_bytes(), options);
        if let Some(error) = failure {
            report.failure(Some(path), error);
        }
        printer.finish(&summary)?;
        return Ok(());
    }
    let mut map = map;
    let pages = geometry.pages_for(inode.size_bytes());
    // Windows are planned one by one, so that a closed pipe ends the work.
    let step = if options.window_pages == 0 { pages.max(1) } else { options.window_pages };
    let mut first = PageIndex(0);
    while first.0 < pages && printer.ended.is_ok() {
        let mut planner =
            ReadPlanner::new(&mut map, &mut printer, geometry, inode.size_bytes(), options);
        planner.readahead(first, step.min(pages.saturating_sub(first.0)));
        if let Some(failure) = planner.take_errors().into_iter().next() {
            report.failure(Some(path), failure.error);
        }
        first = first.plus(step);
    }
    let summary = printer.stats.summary(Operation::Readahead);
    printer.finish(&summary)?;
    Ok(())
}

fn geometry(geometry: Geometry, page_size: Option<u64>) -> Result<Geometry, Failure> {
    let Some(bytes) = page_size else { return Ok(geometry) };
    let bits =
        bytes.checked_ilog2().filter(|bits| bytes.is_power_of_two() && *bits <= MAX_PAGE_BITS);
    bits.and_then(|bits| Geometry::new(geometry.block_bits(), bits)).ok_or_else(|| {
        let block_size = geometry.block_size_bytes();
        Failure::usage(
            "page_size",
            format!("page size {bytes}: want a power of two from {block_size} to 1048576"),
        )
    })
}

/// Prints events as they come.
pub(super) struct Printer {
    out: Output,
    json: bool,
    trace: bool,
    pub(super) stats: Stats,
    ended: io::Result<()>,
}

impl Sink for Printer {
    fn event(&mut self, event: &Event<'_>) {
        self.stats.event(event);
        let traced = matches!(event, Event::Window { .. } | Event::GetBlock { .. });
        if self.ended.is_ok() && (self.trace || !traced) {
            self.ended = self.print(event);
        }
    }

    /// A closed pipe ends the work, however large the window.
    fn is_closed(&self) -> bool {
        self.ended.is_err()
    }
}

impl Printer {
    fn print(&mut self, event: &Event<'_>) -> io::Result<()> {
        let out = &mut self.out;
        if self.json {
            serde_json::to_writer(&mut *out, event)?;
            return writeln!(out);
        }
        match *event {
            Event::Window { first_page, pages } => {
                writeln!(out, "window    pages {first_page}+{pages}")
            }
            Event::GetBlock { lblk, want, got, block, boundary, err, .. } => {
                let boundary = if boundary == 1 { " boundary" } else { "" };
                match (err, got) {
                    (0, 0) => writeln!(out, "get_block {lblk}+{want} -> hole"),
                    (0, _) => writeln!(out, "get_block {lblk}+{want} -> {block}+{got}{boundary}"),
                    (err, _) => writeln!(out, "get_block {lblk}+{want} -> error {err}"),
                }
            }
            Event::Bio { block, blocks, ranges, bytes, why, .. } => {
                write!(out, "bio       blocks {block}+{blocks}, {bytes} bytes, pages")?;
                for PageRange(first, count) in ranges {
                    write!(out, " {first}+{count}")?;
                }
                writeln!(out, " ({})", name_of(&why))
            }
            Event::Fallback { page, cause, .. } => {
                writeln!(out, "fallback  page {page} ({})", name_of(&cause))
            }
            Event::Bh { page, lblk, block, .. } => {
                writeln!(out, "bh        block {block}, page {page}, file block {lblk}")
            }
            Event::Zero { page, from, to } => {
                writeln!(out, "zero      page {page}, bytes {from}..{to}")
            }
            Event::Uptodate { page } => writeln!(out, "uptodate  page {page}"),
            Event::BoundaryBlock { block } => writeln!(out, "boundary  block {block}"),
            Event::Eod { block, bytes, kept, .. } => {
                writeln!(
                    out,
                    "eod       block {block}, {bytes} bytes, of which the image has {kept}"
                )
            }
        }
    }

    fn finish(mut self, summary: &Summary) -> io::Result<()> {
        self.ended?;
        if self.json {
            serde_json::to_writer(&mut self.out, summary)?;
            writeln!(self.out)?;
        } else {
            let s = &self.stats;
            writeln!(
                self.out,
                "summary   {} pages in {} bios and {} fallback pages, {} hole pages, {} runs on disk, {} mappings",
                s.pages,
                s.bios,
                s.fallback_pages.total(),
                s.hole_pages,
                s.runs,
                s.get_block.saturating_add(s.get_block_fallback),
            )?;
        }
        self.out.flush()
    }
}

/// An enum's name as JSON has it.
fn name_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_string))
        .unwrap_or_default()
}
