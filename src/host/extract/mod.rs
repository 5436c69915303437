//! Writing a tree of files onto the host: below one directory, and nowhere else.
//!
//! Whoever made the tree may be an enemy, and so may whoever else can write to the directory. So
//! every call is relative to a descriptor of the directory that the extraction is in, with one name
//! of a path, and follows no symbolic link.
//!
//! ```ignore
//! let mut out = Extraction::tree(Path::new("out"), Keep::default())?;
//! out.enter(b"etc")?;                      // out/etc, made 0700 or merged
//! let file = out.create(b"motd", &meta)?;  // a file that nobody sees yet
//! file.write_at(b"hello\n", 0)?;
//! out.publish(file, b"motd", &meta)?;      // out/etc/motd, whole
//! out.leave(&directory)?;                  // out/etc gets its mode and times
//! out.leave(&root)?;                       // and so does out
//! for loss in out.losses() { /* what could not be kept, once a kind */ }
//! ```
//!
//! Non-directories take the place of non-directories, and directories are merged: to extract again
//! gives the same tree. Where the one stands in the other's way, that is an error.
//!
//! ```text
//! descent   into directories and out of them, on few descriptors
//! new_file  files, which appear under their names when they are whole
//! entry     symbolic links, devices, fifos, sockets
//! links     second names of what is extracted already
//! stage     new directories, which get their names when their files are there
//! settle    owner, extended attributes, mode, times, in the order in which they last
//! losses    what could not be kept
//! ```

mod descent;
mod entry;
mod links;
mod losses;
mod new_file;
mod settle;
mod stage;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use rustix::io::Errno;

use super::attributes::Attributes;
use super::error::{HostError, Result, called};
use descent::Level;
use links::Links;
use losses::Losses;

pub use entry::Special;
pub use losses::{Loss, LossKind};
pub use new_file::NewFile;

/// The longest name that ext2 has, and filesystems take.
const MOST_NAME_BYTES: usize = 255;

/// What a file is given besides its content.
#[derive(Debug, Clone)]
pub struct Meta<'a> {
    /// Mode, owner and times.
    pub attributes: Attributes,
    /// Extended attributes, names and values as the host's calls have them.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
}

/// What is kept only where it is asked for. The rest is kept always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Owner and group. Files belong to the caller without it.
    pub owner: bool,
    /// Set-id bits and capabilities. They are dropped silently without it.
    pub set_id: bool,
}

/// A tree, or a single file, that is being written onto the host.
#[derive(Debug)]
pub struct Extraction {
    dest: PathBuf,
    keep: Keep,
    /// The directories that it is in, outermost first.
    levels: Vec<Level>,
    naming: Naming,
    umask: u16,
    /// Whose files are ours, as far as that is known.
    euid: Option<u32>,
    links: Links,
    losses: Losses,
}

/// How a file without a name gets one.
#[derive(Debug)]
enum Naming {
    /// By its descriptor.
    Descriptor,
    /// By what stands for its descriptor in this directory, which is `/proc/self/fd`.
    Proc(OwnedFd),
    /// Not at all: files are made with a temporary name.
    None,
}

impl Extraction {
    /// Begins a tree whose root becomes the directory `dest`, which is made or merged. Its parents
    /// have to be there; where `dest` is a symbolic link, it is followed.
    ///
    /// # Errors
    /// [`HostError::Create`], [`HostError::NoDirectoryInTheWay`].
    pub fn tree(dest: &Path, keep: Keep) -> Result<Self> {
        Level::root(dest)
            .map(|level| Self::at(dest.to_owned(), level, keep))
            .map_err(|error| directory_error(called(dest), error))
    }

    /// Begins a single file that is to become `dest` and is no directory; and says by which name it
    /// is to be published. The way there is the caller's own, and followed.
    ///
    /// # Errors
    /// [`HostError::Create`].
    pub fn beside(dest: &Path, keep: Keep) -> Result<(Self, Vec<u8>)> {
        let failed = |source: io::Error| HostError::Create { name: called(dest), source };
        let whole = !dest.as_os_str().as_bytes().ends_with(b"/");
        let Some(name) = dest.file_name().filter(|_| whole) else {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "names no file")));
        };
        let parent = dest.parent().filter(|parent| *parent != Path::new(""));
        let level = Level::parent(parent.unwrap_or_else(|| Path::new("."))).map_err(failed)?;
        let name = name.as_bytes().to_vec();
        let parent = parent.unwrap_or_else(|| Path::new("")).to_owned();
        Ok((Self::at(parent, level, keep), name))
    }

    fn at(dest: PathBuf, root: Level, keep: Keep) -> Self {
        // The user that the process acts for.
        let euid = std::fs::metadata("/proc/self").ok().map(|found| found.uid());
        let mut extraction = Self {
            dest,
            keep,
            levels: vec![root],
            naming: Naming::None,
            umask: umask(),
            euid,
            links: Links::default(),
            losses: Losses::default(),
        };
        extraction.naming = extraction.probe();
        let euid = extraction.euid;
        if let Some(root) = extraction.levels.first_mut() {
            root.look_who_writes(euid);
        }
        extraction
    }

    /// Asks how files may be named by their descriptors. Nothing can be linked to `.`, and those
    /// who may not link at all are told so first.
    fn probe(&self) -> Naming {
        let Some(root) = self.levels.first().and_then(Level::open_dir) else { return Naming::None };
        let refused = linkat(root, "", root, ".", AtFlags::EMPTY_PATH);
        if refused == Err(Errno::EXIST) {
            return Naming::Descriptor;
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(CWD, "/proc/self/fd", flags, Mode::empty()).map_or(Naming::None, Naming::Proc)
    }

    /// What could not be kept so far, once a kind and in the order of the kinds.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.losses.iter()
    }

    /// The error that `source` means for `name` in the directory that the extraction is in: for
    /// those who write to a [`NewFile`].
    #[must_use]
    pub fn failure(&self, name: &[u8], source: io::Error) -> HostError {
        HostError::Create { name: self.called(name), source }
    }

    /// How `name`, in the directory that the extraction is in, is called in errors.
    fn called(&self, name: &[u8]) -> String {
        match path_of(&self.levels, name).as_slice() {
            b"" => called(&self.dest),
            path => called(&self.dest.join(OsStr::from_bytes(path))),
        }
    }

    fn level(&self) -> Result<(&Level, &OwnedFd)> {
        innermost(&self.levels).ok_or_else(|| self.moved())
    }

    /// The name if it leads to a file of the directory that the extraction is in.
    fn checked<'n>(&self, name: &'n [u8]) -> Result<&'n OsStr> {
        let bad = matches!(name, b"" | b"." | b"..")
            || name.len() > MOST_NAME_BYTES
            || name.iter().any(|byte| matches!(byte, b'/' | 0));
        if bad {
            return Err(HostError::BadName { name: self.called(name) });
        }
        Ok(OsStr::from_bytes(name))
    }

    /// The error of putting something that is no directory in a place.
    fn file_error(&self, name: &[u8], errno: Errno) -> HostError {
        match errno {
            Errno::ISDIR => HostError::DirectoryInTheWay { name: self.called(name) },
            errno => self.failure(name, errno.into()),
        }
    }

    fn moved(&self) -> HostError {
        HostError::Moved { name: self.called(b"") }
    }
}

/// The directory that an extraction is in.
fn innermost(levels: &[Level]) -> Option<(&Level, &OwnedFd)> {
    let level = levels.last()?;
    Some((level, level.open_dir()?))
}

/// The error of making a directory.
fn directory_error(name: String, errno: Errno) -> HostError {
    match errno {
        Errno::NOTDIR | Errno::LOOP => HostError::NoDirectoryInTheWay { name },
        errno => HostError::Create { name, source: errno.into() },
    }
}

/// The path of `name` in the last of `levels`, relative to the first; the root's own is empty.
fn path_of(levels: &[Level], name: &[u8]) -> Vec<u8> {
    let names = levels.iter().skip(1).map(Level::name).chain([name]);
    let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    names.join(&b'/')
}

/// The permissions that new files are not given. Where the host does not say, it may be any.
fn umask() -> u16 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    umask.and_then(|umask| u16::from_str_radix(umask.trim(), 8).ok()).unwrap_or(0o777)
}
