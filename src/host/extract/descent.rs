//! Into directories and out of them, on few descriptors.
//!
//! A tree may be 4096 levels deep, and a process may have 256 descriptors: those of the root and of
//! the innermost directories are open. The others are reached again by `..`, and have to be the
//! same ones.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{
    CWD, Mode, OFlags, Stat, chmod, fchmod, fgetxattr, fremovexattr, fstat, mkdirat, openat,
};
use rustix::io::Errno;

use super::losses::Place;
use super::settle::{Has, Settle, Target, proc_path};
use super::stage::Staged;
use super::{Extraction, Meta, directory_error, innermost};
use crate::host::error::Result;

/// The most directories that are open besides the root.
const MOST_OPEN: usize = 64;

pub const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const ACCESS_ACL: &str = "system.posix_acl_access";
const DEFAULT_ACL: &str = "system.posix_acl_default";

/// A directory that the extraction is in.
#[derive(Debug)]
pub struct Level {
    name: Vec<u8>,
    /// None for those that were closed, which have an identity.
    dir: Option<Rc<OwnedFd>>,
    identity: Option<(u64, u64)>,
    /// Its place in the tree of directories that [`Links`](super::links::Links) keep.
    pub node: Option<usize>,
    /// It was there before.
    merged: bool,
    /// It has another name yet.
    pub staged: Option<Staged>,
    /// It is none of the tree's, and stays what it is.
    foreign: bool,
    /// Others may change it, so that a name may no longer be what it was made as.
    pub exposed: bool,
    /// New files take ACLs from it that they have to be rid of.
    pub inherits: bool,
    /// The filesystem has no files without a name.
    pub named_only: bool,
    /// Who owns what is made in it, once that is known: it may be the directory that says so.
    pub gives_owner: Option<(u32, u32)>,
}

impl Extraction {
    /// Makes or merges the directory `name`, and goes into it. Until it is left, a new one is
    /// nobody else's.
    ///
    /// # Errors
    /// [`BadName`](crate::host::HostError::BadName), `NoDirectoryInTheWay`, `Create`. The
    /// extraction is then where it was.
    pub fn enter(&mut self, name: &[u8]) -> Result<()> {
        let file_name = self.checked(name)?;
        self.reveal()?;
        let (parent, parent_dir) = self.level()?;
        let made = match Staged::make(parent_dir, file_name) {
            Ok(Some((dir, staged))) => Ok((dir, false, Some(staged))),
            Ok(None) => open_or_make(parent_dir, file_name, OFlags::NOFOLLOW)
                .map(|(dir, merged)| (dir, merged, None)),
            Err(errno) => Err(errno),
        };
        let (dir, merged, staged) =
            made.map_err(|errno| directory_error(self.called(name), errno))?;
        let mut level = Level { staged, ..Level::new(name, dir, merged) };
        level.named_only = parent.named_only;
        if merged || parent.inherits {
            level.disinherit();
        }
        if merged || parent.exposed {
            level.look_who_writes(self.euid);
        }
        self.close_one()?;
        self.levels.push(level);
        Ok(())
    }

    /// Gives the directory that the extraction is in what it is to have, and goes back to the one
    /// around it, if there is one.
    ///
    /// # Errors
    /// [`Moved`](crate::host::HostError::Moved) where the directory around it is no longer that.
    pub fn leave(&mut self, meta: &Meta<'_>) -> Result<()> {
        if self.levels.pop_if(|level| level.foreign).is_some() {
            return Ok(());
        }
        // First, since it may be closed to us when it has its mode.
        if let Err(error) = self.open_parent() {
            self.levels.pop();
            return Err(error);
        }
        let Some((level, dir)) = innermost(&self.levels) else { return Err(self.moved()) };
        let (levels, name) = match self.levels.split_last() {
            Some((last, around)) if !around.is_empty() => (around, last.name()),
            _ => (self.levels.as_slice(), &b""[..]),
        };
        if level.merged || level.inherits {
            // What was there, or came by itself, is none of the tree's.
            let _ = fremovexattr(dir, ACCESS_ACL);
        }
        let place = Place { levels, name };
        Settle { keep: self.keep, losses: &mut self.losses, place }.all(
            Target::Open(dir.as_fd()),
            meta,
            Has::default(),
        );
        let revealed = self.reveal();
        self.levels.pop();
        revealed
    }

    /// Closes the outermost directory that is open, where too many are.
    fn close_one(&mut self) -> Result<()> {
        let at = self.levels.len().saturating_sub(MOST_OPEN);
        let Some(level) = self.levels.get_mut(at).filter(|_| at > 0) else { return Ok(()) };
        if let Some(dir) = &level.dir {
            match fstat(dir) {
                Ok(stat) => level.identity = Some((stat.st_dev, stat.st_ino)),
                Err(errno) => return Err(self.failure(b"", errno.into())),
            }
            level.dir = None;
        }
        Ok(())
    }

    /// Opens the directory around the current one again, if it was closed.
    fn open_parent(&mut self) -> Result<()> {
        let [.., parent, level] = self.levels.as_slice() else { return Ok(()) };
        let Some(dir) = level.dir.as_ref().filter(|_| parent.dir.is_none()) else { return Ok(()) };
        let opened = openat(dir, "..", DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
            .and_then(|dir| fstat(&dir).map(|stat| (dir, stat)));
        let (dir, stat) = match opened {
            Ok(opened) => opened,
            Err(errno) => return Err(self.failure(b"", errno.into())),
        };
        if parent.identity != Some((stat.st_dev, stat.st_ino)) {
            return Err(self.moved());
        }
        if let [.., parent, _] = self.levels.as_mut_slice() {
            parent.dir = Some(Rc::new(dir));
        }
        Ok(())
    }
}

impl Level {
    /// The directory at a path of the user's, which is made or merged.
    pub fn root(dest: &Path) -> rustix::io::Result<Self> {
        let mut level = match Staged::make_root(dest)? {
            Some((dir, staged)) => Self { staged: Some(staged), ..Self::new(b"", dir, false) },
            None => {
                let (dir, merged) = open_or_make(CWD, dest.as_os_str(), OFlags::empty())?;
                Self::new(b"", dir, merged)
            }
        };
        level.disinherit();
        level.exposed = true;
        Ok(level)
    }

    /// The directory at a path of the user's, which stays what it is.
    pub fn parent(path: &Path) -> std::io::Result<Self> {
        // One that may only be searched and written to will do.
        let searched = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = match openat(CWD, path, DIRECTORY, Mode::empty()) {
            Err(Errno::ACCESS) => openat(CWD, path, searched, Mode::empty())?,
            opened => opened?,
        };
        let inherits = has_default_acl(&dir);
        Ok(Self { inherits, foreign: true, exposed: true, ..Self::new(b"", dir, true) })
    }

    fn new(name: &[u8], dir: OwnedFd, merged: bool) -> Self {
        Self {
            name: name.to_vec(),
            dir: Some(Rc::new(dir)),
            identity: None,
            node: None,
            merged,
            staged: None,
            foreign: false,
            exposed: false,
            inherits: false,
            named_only: false,
            gives_owner: None,
        }
    }

    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub fn open_dir(&self) -> Option<&OwnedFd> {
        self.dir.as_deref()
    }

    /// The directory, for those who keep it open.
    pub fn shared_dir(&self) -> Option<Rc<OwnedFd>> {
        self.dir.clone()
    }

    /// Takes the ACL from it that its files would begin with.
    fn disinherit(&mut self) {
        let Some(dir) = &self.dir else { return };
        self.inherits = has_default_acl(dir) && fremovexattr(dir, DEFAULT_ACL).is_err();
    }

    /// Finds out whether others can change the directory.
    pub fn look_who_writes(&mut self, euid: Option<u32>) {
        let ours = |stat: &Stat| Some(stat.st_uid) == euid && stat.st_mode & 0o022 == 0;
        self.exposed = !self.dir.as_ref().and_then(|dir| fstat(dir).ok()).is_some_and(|s| ours(&s));
    }
}

/// Whether files take their ACLs from a directory. One that cannot be asked may be such.
fn has_default_acl(dir: &OwnedFd) -> bool {
    let asked = fgetxattr(dir, DEFAULT_ACL, <&mut [u8]>::default());
    !matches!(asked, Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS))
}

/// The directory `name`, and whether it was there before: then its owner, which we may be, is
/// allowed to use it.
fn open_or_make(
    parent: impl AsFd,
    name: &OsStr,
    flags: OFlags,
) -> rustix::io::Result<(OwnedFd, bool)> {
    let open = |flags| openat(&parent, name, flags, Mode::empty());
    match mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) => return open(DIRECTORY | OFlags::NOFOLLOW).map(|dir| (dir, false)),
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let dir = match open(DIRECTORY | flags) {
        Err(Errno::ACCESS) => {
            // May not be read: so it is held without, and changed through what stands for that.
            let held = open(OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | flags)?;
            let mode = Mode::from_raw_mode(fstat(&held)?.st_mode & 0o7777);
            chmod(proc_path(&held), mode | Mode::RWXU).map_err(|_| Errno::ACCESS)?;
            openat(&held, ".", DIRECTORY, Mode::empty())?
        }
        opened => opened?,
    };
    let mode = Mode::from_raw_mode(fstat(&dir)?.st_mode & 0o7777);
    if !mode.contains(Mode::RWXU) {
        // Where that is refused, so will be what is done in it.
        let _ = fchmod(&dir, mode | Mode::RWXU);
    }
    Ok((dir, true))
}
