//! `mpimg put`: host files, or standard input, into an image.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::args::parse_bytes;
use super::edit::{Change, Edit, Named, UMASK, Wanted, join, time_of};
use super::exit::Failure;
use super::import::{ArchiveArgs, OwnerArgs, SourceArg, TreeArgs};
use super::mode::ModeChange;
use super::owner::OwnerSpec;
use super::when::{Date, parse_date};

use crate::fs::{FsError, LastSymlink, Node, Ownership};
use crate::host::{Source, Sparse, parse_xattr};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg put disk.img /etc/motd ./motd
  echo hello | mpimg put disk.img /etc/motd
  mpimg put --mode 600 --owner root:shadow disk.img /etc/shadow ./shadow
  mpimg put --mkdirs --preserve disk.img /opt/app/bin/ ./app
  mpimg put --append disk.img /var/log/build.log ./log
  mpimg put --output new.img disk.img /etc/hostname ./hostname
  mpimg put -r disk.img / ./tree
  mpimg put -r --mkdirs --owner www-data: disk.img /srv/www ./htdocs

A file that is there is replaced, and keeps its inode number, hard links, mode and owner; a new one
belongs to root:root and has the source's permissions (644 from standard input). If PATH is a
directory, the file goes into it under SRC's name. What the source has of holes becomes holes.

With -r, SRC is a directory, and PATH is what it becomes: it is made if it is not there, its parent
must be, or --mkdirs. Directories that are there are merged, and take over mode, owner and times;
symbolic links to directories are kept and followed, where SRC has a directory; files are replaced,
a file with other hard links by one of its own; a directory does not take the place of anything
else, nor anything else that of a directory. Extended attributes of a merged directory stay, unless
SRC has one of the same name. All that is refused is told, and then nothing is done.

Everything is counted before anything is written: where blocks or inodes are missing the exit code
is 6, and the image is as it was. A failed or killed command changes nothing.";

/// What is put where.
#[derive(Debug, Args)]
pub struct PutArgs {
    /// Where to put it; <N> is inode N
    #[arg(value_name = "PATH")]
    path: OsString,

    /// Put a directory with all that is below it; PATH is what it becomes
    #[arg(
        short = 'r',
        long,
        conflicts_with_all = ["mode", "no_clobber", "append", "at", "xattr"]
    )]
    recursive: bool,

    /// A host file, or - for standard input
    #[arg(value_name = "SRC", default_value = "-")]
    source: OsString,

    /// Set the permissions: octal, or symbolic as for chmod
    #[arg(long, value_name = "MODE", value_parser = ModeChange::parse, allow_hyphen_values = true)]
    mode: Option<ModeChange>,

    /// Set owner and group: USER[:GROUP], numbers or names of the image
    #[arg(long, value_name = "OWNER", value_parser = OwnerSpec::parse)]
    owner: Option<OwnerSpec>,

    /// Set the time of the last change
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    mtime: Option<Date>,

    /// Keep mode, owner, times and extended attributes of SRC
    #[arg(short = 'p', long)]
    preserve: bool,

    /// Make missing directories of PATH
    #[arg(long)]
    mkdirs: bool,

    /// Leave a file that is there as it is
    #[arg(short = 'n', long)]
    no_clobber: bool,

    /// Write at the end of the file
    #[arg(long, conflicts_with = "at")]
    append: bool,

    /// Write at byte OFFSET of the file, and leave the rest as it is
    #[arg(long, value_name = "OFFSET", value_parser = parse_bytes)]
    at: Option<u64>,

    /// What becomes a hole
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    sparse: SparseArg,

    /// Set an extended attribute: NAME=VALUE (text, 0x.., 0s..)
    #[arg(long, value_name = "K=V")]
    xattr: Vec<OsString>,

    #[command(flatten)]
    tree: TreeArgs,
}

/// What becomes a hole.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SparseArg {
    /// What is one in SRC
    Auto,
    /// Blocks of zeros, too
    Always,
    /// Nothing
    Never,
}

impl From<SparseArg> for Sparse {
    fn from(arg: SparseArg) -> Self {
        match arg {
            SparseArg::Auto => Self::Auto,
            SparseArg::Always => Self::Always,
            SparseArg::Never => Self::Never,
        }
    }
}

/// Permissions of what comes without.
const PLAIN: u16 = 0o644;

impl Change for PutArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        if self.recursive {
            return self.put_tree(edit);
        }
        if self.tree.is_asked_for() {
            let reason = "options of a tree are for -r";
            return Err(Failure::usage("not_recursive", reason));
        }
        let xattrs = self.xattr.iter().map(|text| parse_xattr(text.as_bytes()));
        let xattrs = xattrs.collect::<Result<Vec<_>, _>>();
        let xattrs = xattrs.map_err(|reason| Failure::usage("bad_xattr", reason))?;
        let path = match self.destination(edit) {
            Ok(path) => path,
            Err(error) => {
                edit.failure(self.path.as_bytes(), error);
                return Ok(());
            }
        };
        let done = self.open_source(edit).and_then(|source| self.put(edit, &path, source, xattrs));
        if let Err(failure) = done {
            edit.failure(&path, failure);
        }
        Ok(())
    }
}

impl PutArgs {
    fn put_tree(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        if self.source == "-" {
            return Err(Failure::usage("no_directory", "-r puts a directory: name it as SRC"));
        }
        let owner = OwnerArgs {
            owner: self.owner.clone(),
            preserve: self.preserve,
            mtime: self.mtime,
            sparse: self.sparse,
        };
        let wanted = Wanted {
            source: SourceArg::Directory(PathBuf::from(&self.source)),
            owner: &owner,
            tree: &self.tree,
            archive: ArchiveArgs::default(),
            mkdirs: self.mkdirs,
        };
        edit.put_tree(self.path.as_bytes(), &wanted)
    }

    fn open_source(&self, edit: &mut Edit<'_, '_>) -> Result<Source, Failure> {
        let sparse = Sparse::from(self.sparse);
        if self.source != "-" {
            return Ok(Source::open(Path::new(&self.source), sparse)?);
        }
        if edit.stdin_taken {
            return Err(Failure::usage("stdin_taken", "standard input is read already"));
        }
        edit.stdin_taken = true;
        Ok(Source::stdin(sparse)?)
    }

    fn put(
        &self,
        edit: &mut Edit<'_, '_>,
        path: &[u8],
        source: Source,
        xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(), Failure> {
        let owner = match &self.owner {
            Some(spec) => Some(spec.resolve(edit.names())?),
            None => None,
        };
        if self.mkdirs {
            edit.make_parents(path)?;
        }
        let (ino, new) = match edit.named(path)? {
            Named::Existing(_) if self.no_clobber => {
                return edit.tell("skip", path, "it is there");
            }
            Named::Existing(inode) => {
                inode.check_regular()?;
                (inode.ino(), false)
            }
            Named::New(place) => {
                let node = Node::Regular;
                let permissions = source.attributes().map_or(PLAIN, |a| a.mode & 0o777);
                let ownership = Ownership { permissions, uid: 0, gid: 0 };
                let ino = edit.tx.create(place.parent.ino(), &place.name, &node, ownership)?;
                (ino, true)
            }
        };
        let kept = source.attributes().filter(|_| self.preserve).cloned();
        let kept_xattrs = if self.preserve { source.xattrs()? } else { Vec::new() };
        let len_bytes = source.len_bytes();
        let content = edit.content(source)?;
        let (what, offset) = match (self.at, self.append) {
            (Some(offset), _) => ("write", Some(offset)),
            (None, true) => ("append", Some(edit.tx.inode(ino)?.size_bytes())),
            (None, false) if new => ("create", None),
            (None, false) => ("replace", None),
        };
        match offset {
            Some(offset) => edit.tx.write_content(ino, offset, content)?,
            None => edit.tx.replace_content(ino, content)?,
        }
        edit.tell(what, path, &format!("{len_bytes} bytes"))?;

        // Whoever changes an owner takes set-id bits away: modes come after.
        let mut uid = owner.and_then(|owner| owner.uid);
        let mut gid = owner.and_then(|owner| owner.gid);
        if let Some(kept) = &kept {
            uid = uid.or(Some(kept.uid));
            gid = gid.or(Some(kept.gid));
        }
        if uid.is_some() || gid.is_some() {
            edit.tx.set_owner(ino, uid, gid)?;
        }
        if let Some(kept) = &kept {
            edit.tx.set_permissions(ino, kept.mode & 0o7777)?;
        }
        if let Some(mode) = &self.mode {
            let old = edit.tx.inode(ino)?.permissions();
            edit.tx.set_permissions(ino, mode.apply(old, false, UMASK))?;
        }
        edit.add_xattrs(ino, kept_xattrs.into_iter().chain(xattrs))?;
        let atime = kept.as_ref().map(|kept| time_of(kept.atime));
        let mtime = match self.mtime {
            Some(date) => Some(time_of(date.resolve(&edit.clock))),
            None => kept.as_ref().map(|kept| time_of(kept.mtime)),
        };
        if atime.is_some() || mtime.is_some() {
            edit.tx.set_times(ino, atime, mtime)?;
        }
        Ok(())
    }

    /// The path of the file: PATH, or below it under the source's name where that is a directory,
    /// or is to be made one.
    fn destination(&self, edit: &mut Edit<'_, '_>) -> Result<Vec<u8>, FsError> {
        let path = self.path.as_bytes();
        let made = self.mkdirs && path.ends_with(b"/");
        if self.source == "-" || !(made || edit.directory(path, LastSymlink::Follow)?.is_some()) {
            return Ok(path.to_vec());
        }
        let name = Path::new(&self.source).file_name().unwrap_or_default();
        Ok(join(path, name.as_bytes()))
    }
}
