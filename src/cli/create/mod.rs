//! `mpimg create`: a new filesystem, empty or made of a tree.

mod options;
mod summary;
mod target;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::thread::available_parallelism;

use clap::Args;

use super::args::{GlobalArgs, StatsForm, parse_bytes};
use super::edit::time_of;
use super::exit::{Exit, Failure, Report};
use super::import::{Import, ImportArgs, Loaded, SourceArg};
use super::progress::Progress;
use super::stats;
use super::when::Clock;
use crate::device::IoCounts;
use crate::fs::{
    Build, BuildError, FormatError, FormatSize, FsError, GeometryError, Inventory, Meta,
    NoContents, WriteOptions,
};
use crate::host::Parents;
use crate::mpage::Stats;
use options::FormatArgs;
use summary::Summary;
use target::{Target, locate};

/// Help that follows the options, before what is said of owners and manifests.
const HELP: &str = "\
Examples:
  mpimg create --size 64M disk.img
  mpimg create --from rootfs/ disk.img
  mpimg create --from rootfs.tar.zst --size auto+20% -L root disk.img
  docker export box | mpimg create --from - --size 2G disk.img
  mpimg create --from rootfs/ --manifest devices.txt --owner-map 1000:0 disk.img
  mpimg create --from boot/ --partition 1 sdcard.img
  SOURCE_DATE_EPOCH=1700000000 mpimg create --from rootfs/ disk.img

Without --size, an image made of a tree is the smallest that fits, and an empty one is as large as
IMG is. A file gets its place when it is whole: what is interrupted leaves nothing. In a partition,
on a device or at an offset the filesystem that is there goes first, and the new one is there when
all of it is. Nothing that holds a filesystem, a partition table or data is replaced without --force.

With SOURCE_DATE_EPOCH, the same tree and options give the same image, byte by byte.

JSON, one object: image, uuid (null with --dry-run), size_bytes, block_size (bytes), blocks,
free_blocks, inodes, free_inodes, files, content_bytes.";

/// Make a new filesystem, empty or of a directory or an archive
#[derive(Debug, Args)]
#[command(after_help = help())]
pub struct CreateArgs {
    /// The image: a file that is made, a disk image or a block device, or IMG@@OFFSET where the
    /// filesystem is to begin at OFFSET bytes (suffixes s, K, M, G, T)
    #[arg(value_name = "IMG")]
    image: OsString,

    /// Fill it with a directory or a tar archive (plain, gzip, zstd, xz; - for standard input)
    #[arg(long, value_name = "DIR|TAR|-")]
    from: Option<OsString>,

    /// Let the filesystem begin at OFFSET bytes of IMG
    #[arg(long, value_name = "OFFSET", value_parser = parse_bytes)]
    offset: Option<u64>,

    /// Replace what IMG holds
    #[arg(long)]
    force: bool,

    /// Say what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not wait for the disk
    #[arg(long)]
    no_sync: bool,

    /// Tell on standard error how the image was written
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    stats: Option<StatsForm>,

    #[command(flatten)]
    format: FormatArgs,

    #[command(flatten)]
    import: ImportArgs,
}

fn help() -> String {
    format!("{HELP}\n\n{}", super::import::MANIFEST_HELP)
}

impl CreateArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        &self.image
    }
}

/// Makes the filesystem.
pub fn run(args: &CreateArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let clock = Clock::new()?;
    let location = locate(Path::new(&args.image), args.offset)?;
    let target = Target::open(&location, args.force, global)?;
    let size = args.size(&target)?;
    let Some(loaded) = args.load(&clock, &target, report)? else { return Ok(()) };
    for warning in &loaded.warnings {
        report.warning(warning);
    }
    let mut tree = loaded.inventory;
    let now = time_of(clock.now());
    if let Err(error) = Build::prepare(&mut tree, now) {
        report.failure(Some(b"/lost+found"), error);
        return Ok(());
    }
    let build = match Build::plan(&tree, args.format.options(size, now)) {
        Ok(build) => build,
        Err(BuildError::Files(failures)) => {
            for (path, error) in failures {
                report.failure(Some(&path), error);
            }
            return Ok(());
        }
        Err(BuildError::Geometry(error)) => return Err(failure_of(error).into()),
    };
    let mut summary = Summary::of(&args.image, &build);
    if args.dry_run {
        return Ok(summary.print(global.json)?);
    }

    let place = target.place(build.len_bytes())?;
    let (files, bytes) = build.count_content();
    let progress = Progress::import(args.import.progress, files, bytes);
    let tell = |files, bytes| {
        progress.advance_files(files);
        progress.advance(bytes);
    };
    let options =
        WriteOptions { threads: args.threads(), overwrite: place.overwrite, progress: &tell };
    let written = match build.write(place.device(), &*loaded.contents, &options) {
        Ok(written) => written,
        Err(failures) => {
            drop(progress);
            for error in failures {
                report.failure(None, error);
            }
            return Ok(());
        }
    };
    let counts = place.counts();
    place.publish(!args.no_sync)?;
    drop(progress);
    summary.uuid = Some(written.uuid);
    if let Some(form) = args.stats {
        let mut stats = Stats::default();
        stats.bytes = written.content_bytes;
        stats::print(stats, written_only(counts), form);
    }
    if global.json {
        summary.print(true)?;
    }
    Ok(())
}

impl CreateArgs {
    /// The size that is asked for, or that goes without saying.
    fn size(&self, target: &Target) -> Result<FormatSize, Failure> {
        let smallest = FormatSize::Smallest { headroom_percent: 0 };
        match (self.format.size, target.room_bytes()) {
            (Some(size), _) => Ok(size),
            (None, Some(room)) if self.from.is_none() || target.is_in_place() => {
                Ok(FormatSize::Bytes(room))
            }
            (None, _) if self.from.is_some() => Ok(smallest),
            (None, _) => {
                let reason =
                    "how large is it to be? --size SIZE, or --from a tree that it is to hold";
                Err(Failure::usage("no_size", reason))
            }
        }
    }

    /// The tree that it is to hold; nothing where something was wrong with that, which is told.
    fn load(
        &self,
        clock: &Clock,
        target: &Target,
        report: &mut Report<'_>,
    ) -> Result<Option<Loaded>, Failure> {
        let import = Import {
            owner: &self.import.owner,
            tree: &self.import.tree,
            archive: self.import.archive,
            progress: self.import.progress,
            clock,
            names: None,
            parents: Parents::Refuse,
            skip: target.identity().into_iter().collect(),
        };
        let loaded = match &self.from {
            Some(from) => import.load(&SourceArg::of(from)),
            None => {
                let now = time_of(clock.now());
                let root = Meta { permissions: 0o755, uid: 0, gid: 0, mtime: now };
                import.load_onto(Inventory::new(root), Box::new(NoContents))
            }
        };
        match loaded {
            Ok(loaded) => Ok(Some(loaded)),
            Err(wrong) => {
                for wrong in wrong {
                    wrong.tell(report);
                }
                Ok(None)
            }
        }
    }

    /// Threads that there is memory for: each has a window.
    fn threads(&self) -> usize {
        let windows = self.import.tree.memory_bytes() >> 20;
        let windows = usize::try_from(windows).unwrap_or(usize::MAX).max(1);
        available_parallelism().map_or(1, usize::from).min(windows)
    }
}

fn failure_of(error: GeometryError) -> Failure {
    use FormatError::{TooManyInodes, TooSmall};
    match error {
        GeometryError::Format(error @ (TooSmall { .. } | TooManyInodes { .. })) => {
            Failure { exit: Exit::Full, code: error.code(), reason: error.to_string() }
        }
        GeometryError::Format(error) => Failure::usage(error.code(), error.to_string()),
        GeometryError::Fs(error) => FsError::into(error),
    }
}

fn written_only(counts: IoCounts) -> IoCounts {
    IoCounts {
        calls: counts.writes,
        bytes: counts.written_bytes,
        largest_bytes: counts.largest_write_bytes,
        ..counts
    }
}
