//! `mpimg cat`: file data to standard output.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::args::{GlobalArgs, ImageArgs, TransferArgs, bytes_of, parse_bytes};
use super::exit::Report;
use super::image::OpenImage;
use super::output::{RawOutput, output_failure};
use super::progress::Progress;
use super::stats;
use super::unread::Unread;
use crate::fs::{FileReader, FsError, LastSymlink};
use crate::mpage::{ReadOptions, Stats};

/// Write files of an image to standard output
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg cat disk.img /etc/motd
  mpimg cat disk.img@@1M /var/log/syslog | grep error
  mpimg cat --stats disk.img /usr/lib/libc.a >libc.a
  mpimg cat --offset 1G --length 10M disk.img /data >part
  mpimg cat disk.img '<12>'              inode 12, by number

What cannot be read is told by its byte ranges, and the exit code is 8 (4 where the image is
truncated or its block map corrupt). Symbolic links are followed inside the image.

JSON of --stats, one object: pages, hole_pages, bios, bio_pages, blocks, bytes, merges, submits
({discontiguous, full, boundary, partial_page, fallback, end}), fallback_pages ({has_buffers,
get_block_error, uptodate, hole_then_mapped, non_contiguous, no_bio, unmapped_dirty,
not_dirty_or_uptodate, all_unmapped, not_mapped, beyond_eof}), fallback_blocks, get_block,
get_block_fallback, boundary_blocks, error_pages, uptodate_pages, runs, plug_merges, calls,
call_bytes, largest_call_bytes, mean_call_bytes, efficiency.")]
pub struct CatArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image; <N> is inode N
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Begin at byte BYTES of each file
    #[arg(long, value_name = "BYTES", default_value = "0", value_parser = parse_bytes)]
    offset: u64,

    /// Write at most BYTES bytes of each file
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    length: Option<u64>,

    /// What to do with ranges that cannot be read
    #[arg(long, value_name = "HOW", default_value = "fail")]
    on_error: OnError,

    #[command(flatten)]
    transfer: TransferArgs,
}

impl CatArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// What to do with ranges that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnError {
    /// End the output of the file before the first
    Fail,
    /// Write zeros in their place
    Zero,
}

/// Runs the command.
pub fn run(args: &CatArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut total = Stats::default();
    for path in bytes_of(&args.paths) {
        match open(&image, path, args) {
            Ok(mut file) => {
                let len_bytes = file.range().end.saturating_sub(file.range().start);
                let out = RawOutput::new(len_bytes);
                let ended = copy(&mut file, &out, path, args, report);
                total.add(file.stats());
                if let Err(error) = ended {
                    if let Some(failure) = output_failure(&error) {
                        report.failure(None, failure);
                    }
                    break;
                }
            }
            Err(error) => report.failure(Some(path), error),
        }
    }
    if let Some(form) = args.transfer.stats {
        stats::print(total, image.counts(), form);
    }
    Ok(())
}

fn open<'a>(image: &'a OpenImage, path: &[u8], args: &CatArgs) -> Result<FileReader<'a>, FsError> {
    let inode = image.fs.resolve(path, LastSymlink::Follow)?;
    let end = args.length.map_or(u64::MAX, |length| args.offset.saturating_add(length));
    let options = ReadOptions::for_pages_of(image.fs.geometry());
    image.fs.open_file(&inode, args.offset..end, options)
}

/// Writes one file out. Returns what standard output says.
fn copy(
    file: &mut FileReader<'_>,
    out: &RawOutput,
    path: &[u8],
    args: &CatArgs,
    report: &mut Report<'_>,
) -> std::io::Result<()> {
    let range = file.range();
    let progress =
        Progress::bytes(args.transfer.progress, path, range.end.saturating_sub(range.start));
    let mut at = range.start;
    let mut unread: Option<Unread> = None;
    let mut written = Ok(());
    while let Some(faults) = file.next_window() {
        let mut end = u64::MAX;
        for found in faults.iter().filter_map(|fault| Unread::of(fault, &range)) {
            if args.on_error == OnError::Fail {
                end = end.min(found.range.start);
            }
            unread = match unread.take() {
                Some(mut before) if before.goes_on_with(&found) => {
                    before.range.end = found.range.end;
                    Some(before)
                }
                before => {
                    before.into_iter().for_each(|before| before.tell(path, report));
                    Some(found)
                }
            };
        }
        let from = at;
        written = out.write_all(until(file.pieces(), &mut at, end));
        progress.advance(at.saturating_sub(from));
        if written.is_err() || end != u64::MAX {
            break;
        }
    }
    unread.into_iter().for_each(|unread| unread.tell(path, report));
    written
}

/// The pieces, of which the first begins at `at`, up to byte `end` of the file.
fn until<'a>(
    mut pieces: impl Iterator<Item = &'a [u8]>,
    at: &mut u64,
    end: u64,
) -> impl Iterator<Item = &'a [u8]> {
    std::iter::from_fn(move || {
        let piece = pieces.next()?;
        let left = usize::try_from(end.saturating_sub(*at)).unwrap_or(usize::MAX);
        let piece = piece.get(..left.min(piece.len())).filter(|piece| !piece.is_empty())?;
        *at = at.saturating_add(piece.len() as u64);
        Some(piece)
    })
}
