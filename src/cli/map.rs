//! `mpimg map`: how a file lies on the disk.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::Args;

use super::args::{GlobalArgs, ImageArgs, When, bytes_of};
use super::exit::Report;
use super::image::OpenImage;
use super::listing::terminal_width;
use super::output::Output;
use super::strip::Strips;
use crate::fs::{BlockMap, Corrupt, Filesystem, FsError, Inode, LastSymlink, Run};
use crate::mpage::FileBlock;

/// Show how files lie on the disk, like filefrag -v
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg map disk.img /var/lib/db
  mpimg map --json disk.img /big | jq '.runs | length'
  mpimg map --strip=always disk.img /big | tail -n 4

On a terminal two strips follow: the file from start to end, where runs are dark and less dark by
turns, light cells are made of several runs and dots are holes; and the disk, where tall cells belong
to the file.
JSON, an object a path: path, ino, size (bytes), block_size (bytes), runs ([{file_block, block,
blocks}], block null in a hole), then data_blocks, data_runs, holes; path_hex where the path is not
UTF-8.")]
pub struct MapArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Files or directories in the image; <N> is inode N
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Draw the file and the disk as strips
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    strip: When,
}

impl MapArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Runs the command.
pub fn run(args: &MapArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut out = Output::new();
    let draws = match args.strip {
        When::Always => true,
        When::Auto => out.is_terminal(),
        When::Never => false,
    };
    for path in bytes_of(&args.paths) {
        let mapped = match find(&image.fs, path) {
            Ok(inode) if global.json => print_json(&mut out, &image.fs, path, &inode)?,
            Ok(inode) => print(&mut out, &image.fs, path, &inode, draws)?,
            Err(error) => Err(error),
        };
        if let Err(error) = mapped {
            report.failure(Some(path), error);
        }
    }
    Ok(out.flush()?)
}

/// The inode at a path, if it has a block map.
fn find(fs: &Filesystem, path: &[u8]) -> Result<Inode, FsError> {
    let inode = fs.resolve(path, LastSymlink::Follow)?;
    // Directories have a map as files have; all else does not, or not always.
    if inode.file_type() == crate::fs::FileType::Directory {
        inode.check_format()?;
    } else {
        fs.check_file(&inode)?;
    }
    Ok(inode)
}

/// The runs of a file, with what they amount to.
struct Runs<'fs> {
    map: BlockMap<'fs>,
    ino: crate::fs::Ino,
    fs_blocks: u64,
    at: FileBlock,
    end: FileBlock,
    data_blocks: u64,
    data_runs: u64,
    holes: u64,
}

impl<'fs> Runs<'fs> {
    fn of(fs: &'fs Filesystem, inode: &Inode) -> Self {
        let end = FileBlock(fs.geometry().blocks_for(inode.size_bytes()));
        Self {
            map: BlockMap::new(inode, fs.metadata()),
            ino: inode.ino(),
            fs_blocks: fs.superblock().blocks_count(),
            at: FileBlock(0),
            end,
            data_blocks: 0,
            data_runs: 0,
            holes: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Run>, FsError> {
        let Some(run) = self.map.run(self.at, self.end)? else { return Ok(None) };
        self.at = run.file_block.plus(run.count_blocks.max(1));
        match run.block {
            None => self.holes = self.holes.saturating_add(1),
            Some(_) => {
                self.data_runs = self.data_runs.saturating_add(1);
                self.data_blocks = self.data_blocks.saturating_add(run.count_blocks);
            }
        }
        // A map that leads to itself never ends otherwise.
        if self.data_blocks > self.fs_blocks {
            let want = "want no more than the filesystem has";
            let (ino, field) = (self.ino, "number of mapped blocks");
            return Err(Corrupt::Inode { ino, field, value: self.data_blocks, want }.into());
        }
        Ok(Some(run))
    }
}

fn print(
    out: &mut Output,
    fs: &Filesystem,
    path: &[u8],
    inode: &Inode,
    draws: bool,
) -> io::Result<Result<(), FsError>> {
    let block_size = fs.geometry().block_size_bytes();
    let mut runs = Runs::of(fs, inode);
    out.name(path)?;
    let (size, blocks) = (inode.size_bytes(), runs.end);
    writeln!(out, ": {size} bytes, {blocks} blocks of {block_size} bytes, inode {}", inode.ino())?;
    writeln!(out, " run:        file blocks:            fs blocks:   length:")?;
    let mut strips = Strips::new(terminal_width(), blocks.0, fs.superblock().blocks_count());
    let mut number: u64 = 0;
    let ended = loop {
        let run = match runs.next() {
            Ok(Some(run)) => run,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let last = |first: u64| first.saturating_add(run.count_blocks.saturating_sub(1));
        let (from, count) = (run.file_block.0, run.count_blocks);
        write!(out, "{number:>4}: {from:>9}..{:>9}: ", last(from))?;
        match run.block {
            Some(block) => writeln!(out, "{:>9}..{:>9}: {count:>9}", block.0, last(block.0))?,
            None => writeln!(out, "{:>20}: {count:>9}", "hole")?,
        }
        strips.add(&run);
        number = number.saturating_add(1);
    };
    let (data_runs, data_blocks, holes) = (runs.data_runs, runs.data_blocks, runs.holes);
    out.name(path)?;
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let (b, r, h) = (plural(data_blocks), plural(data_runs), plural(holes));
    writeln!(out, ": {data_blocks} block{b} in {data_runs} run{r}, {holes} hole{h}")?;
    if draws {
        strips.print(out)?;
    }
    Ok(ended)
}

fn print_json(
    out: &mut Output,
    fs: &Filesystem,
    path: &[u8],
    inode: &Inode,
) -> io::Result<Result<(), FsError>> {
    let mut runs = Runs::of(fs, inode);
    // Written as it comes: a file has more runs than memory should hold.
    write!(out, "{{\"path\":")?;
    serde_json::to_writer(&mut *out, &String::from_utf8_lossy(path))?;
    if let Some(hex) = super::json::hex_unless_utf8(path) {
        write!(out, ",\"path_hex\":\"{hex}\"")?;
    }
    let (ino, size, block_size) =
        (inode.ino(), inode.size_bytes(), fs.geometry().block_size_bytes());
    write!(out, ",\"ino\":{ino},\"size\":{size},\"block_size\":{block_size},\"runs\":[")?;
    let mut comma = "";
    let ended = loop {
        match runs.next() {
            Ok(Some(run)) => {
                let block = run.block.map_or_else(|| "null".to_string(), |block| block.to_string());
                let (file_block, blocks) = (run.file_block, run.count_blocks);
                write!(
                    out,
                    "{comma}{{\"file_block\":{file_block},\"block\":{block},\"blocks\":{blocks}}}"
                )?;
                comma = ",";
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let (data_runs, data_blocks, holes) = (runs.data_runs, runs.data_blocks, runs.holes);
    writeln!(out, "],\"data_blocks\":{data_blocks},\"data_runs\":{data_runs},\"holes\":{holes}}}")?;
    Ok(ended)
}
