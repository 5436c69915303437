//! `mpimg untar`: an archive into an image.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::Args;

use super::edit::{Change, Edit, Wanted};
use super::exit::Failure;
use super::import::{ArchiveArgs, OwnerArgs, SourceArg, TreeArgs};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  tar c -C tree . | mpimg untar disk.img
  mpimg untar disk.img /opt/app -f app-1.2.tar.gz --strip-components 1
  mpimg untar disk.img --whiteouts -f layer.tar
  mpimg untar --dry-run disk.img / -f rootfs.tar.zst

An archive is ustar, pax or GNU tar, as it is or compressed by gzip, zstd or xz. PATH is what its root
becomes: it is made if it is not there, its parent must be, or --mkdirs. Owners, modes, times, extended
attributes, hard links, devices and holes are as archived; of two entries of one name the last counts;
absolute names, and those with .., are refused.

Directories that are there are merged; symbolic links to directories are kept and followed, where the
archive has a directory; files are replaced, a file with other hard links by one of its own; a
directory does not take the place of anything else, nor anything else that of a directory. Extended
attributes of a merged directory stay, unless the archive has one of the same name. With --whiteouts
all that is of another type is replaced, and .wh. files say what goes, as in a layer of a container
image.

All that is wrong is told, and then nothing is done. Everything is counted before anything is written:
where blocks or inodes are missing the exit code is 6, and the image is as it was.";

/// Which archive goes where.
#[derive(Debug, Args)]
pub struct UntarArgs {
    /// The directory that the archive's root becomes
    #[arg(value_name = "PATH", default_value = "/")]
    path: OsString,

    /// The archive, or - for standard input
    #[arg(short = 'f', long, value_name = "FILE", default_value = "-")]
    file: OsString,

    /// Make missing directories of PATH
    #[arg(long)]
    mkdirs: bool,

    #[command(flatten)]
    owner: OwnerArgs,

    #[command(flatten)]
    tree: TreeArgs,

    #[command(flatten)]
    archive: ArchiveArgs,
}

impl Change for UntarArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let source = match self.file == "-" {
            true => SourceArg::Stdin,
            false => SourceArg::Archive((&self.file).into()),
        };
        if source == SourceArg::Stdin && std::mem::replace(&mut edit.stdin_taken, true) {
            return Err(Failure::usage("stdin_taken", "standard input is read already"));
        }
        let wanted = Wanted {
            source,
            owner: &self.owner,
            tree: &self.tree,
            archive: self.archive,
            mkdirs: self.mkdirs,
        };
        edit.put_tree(self.path.as_bytes(), &wanted)
    }
}
