//! `mpimg sum`: CRC-32 of files, and whether they still have it.

mod check;
mod crc;
mod list;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs, TransferArgs, bytes_of};
use super::exit::{Failure, Report};
use super::image::OpenImage;
use super::json::hex_unless_utf8;
use super::output::Output;
use super::progress::Progress;
use super::stats;
use super::unread::UnreadFile;
use crate::fs::{
    CallerError, Entry, FileType, FsError, Ino, Item, LastSymlink, Part, Root, StreamOptions,
};
use crate::mpage::{Stretch, Window};
use crc::Crc;

/// Print or check CRC-32 checksums of files of an image
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg sum disk.img /etc/passwd
  mpimg sum -r disk.img / >list          every regular file below /
  mpimg sum --check list disk.img        whether they are still the same
  mpimg sum -r --json disk.img /etc | jq -r .crc32

A line is the CRC-32 (that of gzip, zip and PNG) in hexadecimal, two spaces and the path, as
sha256sum has it: a line whose path has a backslash, newline or carriage return in it begins with a
backslash, and has them as \\\\, \\n and \\r. Symbolic links are followed where they are named, and
passed over below a directory. A file that cannot be read whole has no line, and the exit code is 8
(4 where the image is at fault). With --check, the exit code is 1 where a file differs or is missing.

JSON, an object a file: path, crc32, size (bytes), and with --check expected and ok; path_hex where
the path is not UTF-8.")]
pub struct SumArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image; <N> is inode N [default with -r: /]
    #[arg(value_name = "PATH", conflicts_with = "check")]
    paths: Vec<OsString>,

    /// Regular files below directories, too
    #[arg(short, long, conflicts_with = "check")]
    recursive: bool,

    /// Check the files that FILE of the host lists, or standard input where it is -
    #[arg(short, long, value_name = "FILE")]
    check: Option<PathBuf>,

    /// With --check, do not print OK for each file that is
    #[arg(long, requires = "check")]
    quiet: bool,

    /// With --check, print nothing: the exit code tells
    #[arg(long, requires = "check")]
    status: bool,

    /// End each line with NUL instead of newline, and escape no path
    #[arg(short, long)]
    zero: bool,

    #[command(flatten)]
    transfer: TransferArgs,
}

impl SumArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Runs the command.
pub fn run(args: &SumArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    if let Some(list) = &args.check {
        return check::run(args, list, global, report);
    }
    let image = OpenImage::open(&args.image, global, report)?;
    let mut roots = Vec::new();
    let root = [OsString::from("/")];
    let paths = match (args.paths.as_slice(), args.recursive) {
        ([], true) => root.as_slice(),
        ([], false) => {
            let reason = "want a PATH, -r for all that is there, or --check";
            return Err(Failure::usage("no_path", reason).into());
        }
        (paths, _) => paths,
    };
    for path in bytes_of(paths) {
        match image.fs.resolve(path, LastSymlink::Follow) {
            Ok(inode) if inode.file_type() == FileType::Directory && !args.recursive => {
                let error = FsError::from(CallerError::IsADirectory);
                let mut failure = Failure::from(error);
                failure.reason.push_str(" (-r sums what is below it)");
                report.failure(Some(path), failure);
            }
            Ok(inode) => roots.push(Root { path: path.to_vec(), inode }),
            Err(error) => report.failure(Some(path), error),
        }
    }
    let mut out = Output::new();
    let (zero, json) = (args.zero, global.json);
    sums(&image, roots, args, report, |path, sum| {
        let Some(sum) = sum else { return Ok(()) };
        if json {
            serde_json::to_writer(&mut out, &SumJson::new(path, sum, None))?;
            return out.write_all(b"\n");
        }
        list::write_line(&mut out, path, sum.crc32, zero)
    })?;
    Ok(out.flush()?)
}

/// What a file's data comes to.
#[derive(Debug, Clone, Copy)]
struct Sum {
    crc32: u32,
    size_bytes: u64,
}

#[derive(Serialize)]
struct SumJson<'a> {
    path: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    crc32: String,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
}

impl<'a> SumJson<'a> {
    fn new(path: &'a [u8], sum: Sum, expected: Option<u32>) -> Self {
        let hex = |crc32: u32| format!("{crc32:08x}");
        Self {
            path: String::from_utf8_lossy(path),
            path_hex: hex_unless_utf8(path),
            crc32: hex(sum.crc32),
            size: sum.size_bytes,
            expected: expected.map(hex),
            ok: expected.map(|expected| expected == sum.crc32),
        }
    }
}

/// A file whose data is coming.
struct Open {
    entry: Box<Entry>,
    crc: Crc,
    unread: UnreadFile,
}

/// Sums the regular files of all roots, and hands each with its path to `print`: without a sum where
/// it cannot be read, which is told.
fn sums(
    image: &OpenImage,
    roots: Vec<Root>,
    args: &SumArgs,
    report: &mut Report<'_>,
    mut print: impl FnMut(&[u8], Option<Sum>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let progress = Progress::tree(args.transfer.progress);
    let mut open: Option<Open> = None;
    // Of what has more names, which come without data.
    let mut linked: HashMap<Ino, Sum> = HashMap::new();
    let stats = image.fs.stream(roots, StreamOptions::default(), |items, window| {
        for item in items {
            match item {
                Item::File(entry, _) => {
                    open = Some(Open { entry, crc: Crc::default(), unread: UnreadFile::default() });
                }
                Item::Data(part) => {
                    if let Some(open) = &mut open {
                        take(open, &part, window);
                        progress.advance(part.range.end.saturating_sub(part.range.start));
                    }
                }
                Item::End => {
                    let Some(Open { entry, mut crc, unread }) = open.take() else { continue };
                    progress.advance_files(1);
                    if !unread.is_empty() {
                        unread.tell(&entry.path, report);
                        print(&entry.path, None)?;
                        continue;
                    }
                    let size_bytes = entry.inode.size_bytes();
                    crc.fill_up_to(size_bytes);
                    let sum = Sum { crc32: crc.value(), size_bytes };
                    if entry.inode.links() > 1 {
                        linked.insert(entry.inode.ino(), sum);
                    }
                    print(&entry.path, Some(sum))?;
                }
                Item::Again { entry, last } => {
                    let ino = entry.inode.ino();
                    let sum = match last {
                        true => linked.remove(&ino),
                        false => linked.get(&ino).copied(),
                    };
                    // Where there is none, it was told of another name.
                    print(&entry.path, sum)?;
                }
                Item::Node(entry) if entry.depth == 0 => {
                    let error = CallerError::NotRegular(entry.inode.file_type());
                    report.failure(Some(&entry.path), FsError::from(error));
                    print(&entry.path, None)?;
                }
                Item::Fault { path, error } => {
                    report.failure(Some(&path), error);
                    print(&path, None)?;
                }
                Item::Node(_) | Item::Enter(_) | Item::Leave | Item::Pruned => {}
            }
        }
        anyhow::Ok(())
    })?;
    if let Some(form) = args.transfer.stats {
        stats::print(stats, image.counts(), form);
    }
    Ok(())
}

fn take(open: &mut Open, part: &Part, window: &Window) {
    open.unread.add(part);
    open.crc.fill_up_to(part.range.start);
    for stretch in window.stretches(part.in_window.clone()) {
        match stretch {
            Stretch::Data(bytes) => open.crc.bytes(bytes),
            Stretch::Hole(len_bytes) => open.crc.zeros(len_bytes),
        }
    }
}
