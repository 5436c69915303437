//! `mpimg tar`: trees of an image as a tar archive on standard output.
//!
//! ```text
//! mod      arguments, and what the command ends with
//! member   what is called how in the archive
//! writer   what a stream brings, as headers and data
//! summary  what was archived
//! ```

mod member;
mod summary;
mod writer;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};

use super::args::{GlobalArgs, ImageArgs, TransferArgs, bytes_of};
use super::exit::{Failure, Report};
use super::image::OpenImage;
use super::names::Names;
use super::output::output_failure;
use super::owner::{Owner, OwnerSpec};
use super::progress::Progress;
use super::stats;
use super::when::{Clock, Date, parse_date};
use crate::fs::{FsError, Inode, LastSymlink, Root, StreamOptions};
use member::Naming;
use writer::Writer;

/// Write files and directories of an image to standard output as a tar archive
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg tar disk.img | zstd >disk.tar.zst        all that is there
  mpimg tar disk.img /etc /usr/lib >some.tar
  mpimg tar disk.img | docker import - name
  mpimg tar --strip-components 2 disk.img /srv/www | tar xf - -C www
  mpimg tar --owner root:root --mtime @0 disk.img /opt >opt.tar

The archive is in pax format, sorted by name, and the same for the same image: with long names, times
to the nanosecond, hard links, devices, holes (as GNU tar keeps them) and extended attributes, which
'tar --xattrs --xattrs-include=* -x' puts back as root. Owners are numbers. The root is ./ and what
is below a path has the whole path for a name, etc/passwd for instance. Symbolic links are not
followed. Sockets are left out.

What cannot be read of a file is told by its byte ranges and zeros in the archive, and the exit code
is 8 (4 where the image is at fault). What is not there at all is told, and the rest archived.

JSON, an object on standard error at the end: archived, with files, directories, symlinks,
hard_links, devices, fifos, file_bytes (of data, without holes that are kept) and archive_bytes (all
that was written); and left_out, with sockets.")]
pub struct TarArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image, / if there are none; <N> is inode N
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,

    /// Let all belong to USER, USER:GROUP, USER: or :GROUP, by numbers or names of the image
    #[arg(long, value_name = "OWNER", value_parser = OwnerSpec::parse)]
    owner: Option<OwnerSpec>,

    /// Give all this time: now, @SECONDS, or YYYY-MM-DD HH:MM[:SS] with or without a zone
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    mtime: Option<Date>,

    /// Take N components off the start of each name; what has no more is left out
    #[arg(long, value_name = "N", default_value = "0")]
    strip_components: usize,

    /// Whether holes of files are kept
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    sparse: Sparse,

    #[command(flatten)]
    transfer: TransferArgs,
}

impl TarArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        &self.image.image
    }
}

/// Whether holes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sparse {
    /// Files with holes have them in the archive, too
    Auto,
    /// Holes are written as zeros
    Never,
}

/// What all entries are changed to.
#[derive(Debug, Clone, Copy)]
struct Changes {
    naming: Naming,
    owner: Owner,
    mtime: Option<(i64, u32)>,
}

/// What ends an archive too early.
enum Ended {
    /// What standard output says.
    Output(io::Error),
    /// What the image says.
    Image(FsError),
    /// A file is shorter than its header says, and why was told.
    Told,
}

impl From<FsError> for Ended {
    fn from(error: FsError) -> Self {
        Self::Image(error)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs the command.
pub fn run(args: &TarArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        let reason = "standard output is a terminal, which takes no archive: use > or |";
        return Err(Failure::usage("output_is_a_terminal", reason).into());
    }
    let image = OpenImage::open(&args.image, global, report)?;
    let changes = changes(args, &image)?;
    match archive(args, &image, changes, report) {
        Ok(writer) => writer.summary().tell(report, global.json),
        Err(Ended::Output(error)) => {
            if let Some(failure) = output_failure(&error) {
                report.failure(None, failure);
            }
        }
        Err(Ended::Image(error)) => report.failure(None, error),
        Err(Ended::Told) => {}
    }
    Ok(())
}

fn changes(args: &TarArgs, image: &OpenImage) -> Result<Changes, Failure> {
    let naming = Naming { strip_components: args.strip_components };
    let owner = match &args.owner {
        Some(owner) => owner.resolve(&Names::of(&image.fs))?,
        None => Owner { uid: None, gid: None },
    };
    let mtime = match args.mtime {
        Some(date) => Some(date.resolve(&Clock::new()?)),
        None => None,
    };
    Ok(Changes { naming, owner, mtime })
}

/// Writes the archive.
fn archive(
    args: &TarArgs,
    image: &OpenImage,
    changes: Changes,
    report: &mut Report<'_>,
) -> Result<Writer, Ended> {
    let mut select = |path: &[u8], _: &Inode| changes.naming.keeps(path);
    let options = StreamOptions {
        xattrs: true,
        ranges: args.sparse == Sparse::Auto,
        select: Some(&mut select),
        ..StreamOptions::default()
    };
    let mut writer = Writer::new(changes, Progress::tree(args.transfer.progress));
    let roots = roots(args, image, report);
    let stats = image.fs.stream(roots, options, |items, window| {
        for item in items {
            writer.take(item, report)?;
        }
        Ok::<(), Ended>(writer.flush(window)?)
    })?;
    writer.end()?;
    if let Some(form) = args.transfer.stats {
        stats::print(stats, image.counts(), form);
    }
    Ok(writer)
}

/// What the paths lead to, as far as they lead anywhere.
fn roots(args: &TarArgs, image: &OpenImage, report: &mut Report<'_>) -> Vec<Root> {
    let all = args.paths.is_empty().then_some(b"/".as_slice());
    let mut roots = Vec::new();
    for path in bytes_of(&args.paths).chain(all) {
        match image.fs.resolve(path, LastSymlink::Keep) {
            Ok(inode) => roots.push(Root { path: path.to_vec(), inode }),
            Err(error) => report.failure(Some(path), error),
        }
    }
    roots
}
