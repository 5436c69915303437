//! `mpimg get`: files and trees out of an image.

mod data;
mod dest;
mod kept;
mod limits;
mod summary;
mod write;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::Args;

use super::args::{GlobalArgs, ImageArgs, TransferArgs, parse_bytes};
use super::exit::{Exit, Failure, Report};
use super::image::OpenImage;
use super::progress::Progress;
use super::put::SparseArg;
use super::stats;
use crate::fs::{CallerError, FileType, FsError, LastSymlink, Order, Root, StreamOptions};
use crate::host::{Extraction, Keep};
use dest::Dest;
use limits::Limits;
use write::{Ended, Writer};

/// Copy files and directories out of an image
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg get disk.img /etc/motd               to ./motd
  mpimg get disk.img /boot/vmlinuz out/      into the directory out
  mpimg get -r disk.img / rootfs             rootfs/etc, rootfs/usr ...
  mpimg get -r disk.img /etc etc             merged into etc, if it is there
  mpimg get -rp --same-owner disk.img / rootfs      all that root can keep
  mpimg get -r --max-bytes 1G --max-depth 50 untrusted.img / out

With -r, DEST is what PATH becomes. Modes, times, links, devices, holes and extended attributes are
kept as by cp -a; owners only with --same-owner, set-id bits and file capabilities only with -p.
What the host does not let us keep is told in a line for each kind, and the exit code is 3.

A file appears under its name when it is whole: what stands there is replaced, but for a directory.
A pipe or device that is named as DEST takes a file's data. Without -r, a symbolic link is followed
inside the image; with -r or -P it is copied as a link. Nothing is ever written outside of DEST,
whatever the image says: no symbolic link below DEST is followed, and names that could lead
elsewhere are refused (exit code 4).

JSON, one object at the end: files, directories, symlinks, hard_links, specials, bytes, and
not_kept, a list of {kind, count, first_path, reason}.")]
pub struct GetArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// A path in the image; <N> is inode N
    #[arg(value_name = "PATH")]
    path: OsString,

    /// Where it goes [default: its own name, here]
    #[arg(value_name = "DEST")]
    dest: Option<OsString>,

    /// A directory and all below it
    #[arg(short, long, visible_short_alias = 'R')]
    recursive: bool,

    /// Keep set-user-ID and set-group-ID bits, and file capabilities
    #[arg(short = 'p', long)]
    preserve_permissions: bool,

    /// Keep owners and groups, by number
    #[arg(long)]
    same_owner: bool,

    /// Copy a symbolic link as a link, also without -r
    #[arg(short = 'P', long)]
    no_dereference: bool,

    /// What becomes a hole
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    sparse: SparseArg,

    /// Leave out what would make it more than BYTES bytes in all, by the sizes that files claim
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_bytes: Option<u64>,

    /// Enter no directory more than N levels below PATH
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,

    #[command(flatten)]
    transfer: TransferArgs,
}

impl GetArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Runs the command.
pub fn run(args: &GetArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let path = args.path.as_bytes();
    let keeps_link = args.recursive || args.no_dereference;
    let last = if keeps_link { LastSymlink::Keep } else { LastSymlink::Follow };
    let inode = match image.fs.resolve(path, last) {
        Ok(inode) => inode,
        Err(error) => {
            report.failure(Some(path), error);
            return Ok(());
        }
    };
    let is_directory = inode.file_type() == FileType::Directory;
    if is_directory && !args.recursive {
        let mut failure = Failure::from(FsError::from(CallerError::IsADirectory));
        failure.reason.push_str(" (-r copies it with what it holds)");
        report.failure(Some(path), failure);
        return Ok(());
    }
    let keep = Keep { owner: args.same_owner, set_id: args.preserve_permissions };
    let dest = dest::find(args.dest.as_deref().map(Path::new), path, inode.file_type())?;
    let (extraction, name) = match &dest {
        Dest::Tree(dest) => (Extraction::tree(dest, keep).map_err(Failure::from)?, None),
        Dest::File(dest) => {
            let (extraction, name) = Extraction::beside(dest, keep).map_err(Failure::from)?;
            (extraction, Some(name))
        }
        Dest::Stream(file) => {
            return dest::fill(&image, &inode, path, file, report);
        }
    };
    let mut limits = Limits::new(args.max_bytes);
    let progress = Progress::tree(args.transfer.progress);
    let mut writer = Writer::new(&image.fs, extraction, name, args.sparse.into(), progress, report);
    let roots = vec![Root { path: path.to_vec(), inode }];
    let mut select = |_: &[u8], inode: &_| limits.admits(inode);
    let options = StreamOptions {
        order: Order::Disk,
        xattrs: true,
        max_depth: args.max_depth.unwrap_or(usize::MAX),
        ranges: false,
        select: Some(&mut select),
    };
    let streamed = image.fs.stream(roots, options, |items, window| writer.take(items, window));
    let summary = writer.finish();
    match streamed {
        Ok(moved) => {
            if let Some(form) = args.transfer.stats {
                stats::print(moved, image.counts(), form);
            }
        }
        Err(Ended::Told) => {}
        Err(Ended::Failed(error)) => return Err(Failure::from(error).into()),
    }
    if limits.refused > 0 {
        let reason = format!("{} files left out: more than --max-bytes in all", limits.refused);
        report.failure(None, Failure { exit: Exit::Partial, code: "max_bytes", reason });
    }
    if summary.pruned > 0 {
        let reason = format!("{} directories left empty: deeper than --max-depth", summary.pruned);
        report.failure(None, Failure { exit: Exit::Partial, code: "max_depth", reason });
    }
    kept::tell(&summary.not_kept, report);
    if global.json {
        summary.print()?;
    }
    Ok(())
}
