//! `mpimg du`: how much of an image files and directories take.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs, bytes_of};
use super::exit::Report;
use super::image::OpenImage;
use super::json::hex_unless_utf8;
use super::output::Output;
use super::units::{Unit, UnitArgs};
use crate::fs::{FileType, Filesystem, Ino, Inode, LastSymlink, Order, Step, Walk};

/// Show how much files and directories take
#[derive(Debug, Args)]
#[command(disable_help_flag = true, mut_arg("superblock", |arg| arg.short(None)))]
#[command(after_help = "\
Examples:
  mpimg du disk.img                      each directory, in KiB
  mpimg du -sh disk.img /var /usr
  mpimg du -ab disk.img /etc             bytes of data, of files too
  mpimg du --json -d 1 disk.img / | jq -r .path

A directory's size is its own and that of all below it, and comes behind them; names are sorted by
their bytes. Sizes are what the image gives up for a file: indirect blocks and extended attributes
count, holes do not. With --apparent-size they are lengths, those of directories and symbolic links
included, as with coreutils before 9.2. What has several names, or lies below several PATHs, counts
once, where it comes first. Symbolic links are not followed.
JSON, an object a line: path, ino, type, size (bytes), sectors (of 512 bytes), total (in the last line
with --total, where path, ino and type are not); path_hex where the path is not UTF-8.")]
pub struct DuArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image; <N> is inode N [default: /]
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,

    /// Files too, not only directories
    #[arg(short, long)]
    all: bool,

    /// Only the sum of each PATH
    #[arg(short, long, conflicts_with_all = ["all", "max_depth"])]
    summarize: bool,

    /// Only what lies no more than N names below a PATH
    #[arg(short = 'd', long, value_name = "N")]
    max_depth: Option<usize>,

    /// The sum of all PATHs, too
    #[arg(short = 'c', long)]
    total: bool,

    /// Lengths instead of what is given up for them
    #[arg(long)]
    apparent_size: bool,

    /// Lengths in bytes: --apparent-size --block-size=1
    #[arg(short, long)]
    bytes: bool,

    #[command(flatten)]
    unit: UnitArgs,

    /// End each line with NUL instead of newline
    #[arg(short = '0', long = "null")]
    null: bool,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

impl DuArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Runs the command.
pub fn run(args: &DuArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut out = Output::new();
    let depth = if args.summarize { 0 } else { args.max_depth.unwrap_or(usize::MAX) };
    let mut counter = Counter {
        fs: &image.fs,
        style: Style {
            apparent: args.apparent_size || args.bytes,
            unit: args.unit.chosen().unwrap_or(if args.bytes { Unit::BYTE } else { Unit::KIB }),
            all: args.all,
            depth,
            end: if args.null { b"\0" } else { b"\n" },
            json: global.json,
        },
        out: &mut out,
        report,
        named: HashSet::new(),
        seen: HashSet::new(),
    };
    let root = [OsString::from("/")];
    let paths = if args.paths.is_empty() { &root } else { args.paths.as_slice() };
    let found = bytes_of(paths).map(|path| (path, image.fs.resolve(path, LastSymlink::Keep)));
    let found: Vec<_> = found.collect();
    if paths.len() > 1 {
        counter
            .named
            .extend(found.iter().filter_map(|(_, inode)| Some(inode.as_ref().ok()?.ino())));
    }
    let mut total = Amount::default();
    for (path, inode) in found {
        match inode {
            Ok(inode) => total.add(counter.count(path, inode)?),
            Err(error) => counter.report.failure(Some(path), error),
        }
    }
    if args.total {
        counter.print(None, total)?;
    }
    Ok(out.flush()?)
}

/// How much something takes. Images may say anything: sums end at the largest number.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    size_bytes: u64,
    sectors: u64,
}

impl Amount {
    fn of(inode: &Inode) -> Self {
        Self { size_bytes: inode.size_bytes(), sectors: inode.sectors() }
    }

    fn add(&mut self, other: Self) {
        self.size_bytes = self.size_bytes.saturating_add(other.size_bytes);
        self.sectors = self.sectors.saturating_add(other.sectors);
    }
}

/// A directory whose end is awaited.
struct Level {
    ino: Ino,
    amount: Amount,
    /// Whether it counted already.
    pruned: bool,
}

/// How to print.
struct Style {
    apparent: bool,
    unit: Unit,
    all: bool,
    depth: usize,
    end: &'static [u8],
    json: bool,
}

struct Counter<'a, 'r> {
    fs: &'a Filesystem,
    style: Style,
    out: &'a mut Output,
    report: &'a mut Report<'r>,
    /// What was named, where several paths were: one may lead below another.
    named: HashSet<Ino>,
    /// What counted and may come again.
    seen: HashSet<Ino>,
}

/// What a line is about.
struct Subject<'a> {
    path: &'a [u8],
    ino: Ino,
    file_type: FileType,
}

/// A line in JSON.
#[derive(Serialize)]
struct DuJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ino: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    file_type: Option<FileType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<bool>,
    size: u64,
    sectors: u64,
}

impl Counter<'_, '_> {
    /// Counts and prints what lies at a path and below.
    fn count(&mut self, path: &[u8], inode: Inode) -> io::Result<Amount> {
        let mut walk = Walk::new(self.fs, path, inode, Order::Name);
        let mut levels: Vec<Level> = Vec::new();
        let mut sum = Amount::default();
        while let Some(step) = walk.next() {
            let depth = walk.depth();
            let (subject, amount) = match step {
                Step::Fault(error) => {
                    self.report.failure(Some(walk.path()), error);
                    continue;
                }
                Step::Enter(inode) => {
                    let pruned = !self.named.is_empty() && !self.seen.insert(inode.ino());
                    if pruned {
                        walk.prune();
                    }
                    let (ino, amount) = (inode.ino(), Amount::of(&inode));
                    levels.push(Level { ino, amount, pruned });
                    continue;
                }
                Step::Leave => {
                    let Some(level) = levels.pop() else { continue };
                    if level.pruned {
                        continue;
                    }
                    let (ino, file_type) = (level.ino, FileType::Directory);
                    (Subject { path: walk.path(), ino, file_type }, level.amount)
                }
                Step::Node(inode) => {
                    if self.counted(&inode) {
                        continue;
                    }
                    let (ino, file_type) = (inode.ino(), inode.file_type());
                    (Subject { path: walk.path(), ino, file_type }, Amount::of(&inode))
                }
            };
            levels.last_mut().map_or(&mut sum, |above| &mut above.amount).add(amount);
            let shown = self.style.all || subject.file_type == FileType::Directory;
            if depth == 0 || (shown && depth <= self.style.depth) {
                self.print(Some(subject), amount)?;
            }
        }
        Ok(sum)
    }

    /// Whether what is no directory counted before. Only what has several names, or was named
    /// itself, can come again: all else is not worth remembering.
    fn counted(&mut self, inode: &Inode) -> bool {
        let again = inode.links() > 1 || self.named.contains(&inode.ino());
        again && !self.seen.insert(inode.ino())
    }

    /// Prints a line; without a subject, that of the total.
    fn print(&mut self, subject: Option<Subject<'_>>, amount: Amount) -> io::Result<()> {
        let Amount { size_bytes, sectors } = amount;
        if self.style.json {
            let path = subject.as_ref().map(|subject| subject.path);
            let line = DuJson {
                path: path.map(String::from_utf8_lossy),
                path_hex: path.and_then(hex_unless_utf8),
                ino: subject.as_ref().map(|subject| subject.ino.0),
                file_type: subject.as_ref().map(|subject| subject.file_type),
                total: subject.is_none().then_some(true),
                size: size_bytes,
                sectors,
            };
            serde_json::to_writer(&mut *self.out, &line)?;
            return self.out.write_all(b"\n");
        }
        let bytes = if self.style.apparent { size_bytes } else { sectors.saturating_mul(512) };
        write!(self.out, "{}\t", self.style.unit.show(bytes))?;
        self.out.name(subject.map_or(b"total", |subject| subject.path))?;
        self.out.write_all(self.style.end)
    }
}
