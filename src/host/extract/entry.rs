//! Symbolic links, devices, fifos, sockets.
//!
//! They are whole as soon as they are made, and get their attributes afterwards: by a descriptor
//! that only holds them, so that no device is opened and no link followed, whatever others do to
//! the name meanwhile.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{
    AtFlags, Dev, FileType, Mode, OFlags, Stat, fstat, makedev, mknodat, openat, removexattr,
    statat, symlinkat, utimensat,
};
use rustix::io::Errno;

use super::losses::{LossKind, Place};
use super::new_file::put;
use super::settle::{Has, Settle, Target, proc_path, times};
use super::{Extraction, Meta, innermost};
use crate::host::error::Result;

/// What is neither file, directory nor symbolic link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// A character device: major and minor number.
    Char(u32, u32),
    /// A block device: major and minor number.
    Block(u32, u32),
    /// A fifo.
    Fifo,
    /// A socket that nobody listens on.
    Socket,
}

impl Special {
    fn node(self) -> (FileType, Dev) {
        match self {
            Self::Char(major, minor) => (FileType::CharacterDevice, makedev(major, minor)),
            Self::Block(major, minor) => (FileType::BlockDevice, makedev(major, minor)),
            Self::Fifo => (FileType::Fifo, 0),
            Self::Socket => (FileType::Socket, 0),
        }
    }
}

impl Extraction {
    /// Makes a symbolic link. What stands there and is no directory is replaced.
    ///
    /// # Errors
    /// [`BadName`](crate::host::HostError::BadName), `DirectoryInTheWay`, `Create`.
    pub fn symlink(&mut self, name: &[u8], target: &[u8], meta: &Meta<'_>) -> Result<()> {
        let file_name = self.checked(name)?;
        let (level, dir) = self.level()?;
        put(dir, file_name, |name| symlinkat(OsStr::from_bytes(target), dir, name))
            .map_err(|errno| self.file_error(name, errno))?;
        if level.exposed || self.keep.owner || !meta.xattrs.is_empty() {
            return self.settle_held(name, FileType::Symlink, 0, meta);
        }
        // Nobody else can have changed what the name leads to.
        let Some((_, dir)) = innermost(&self.levels) else { return Err(self.moved()) };
        let times = times(meta);
        let done = utimensat(dir, file_name, &times, AtFlags::SYMLINK_NOFOLLOW);
        let stat = || statat(dir, file_name, AtFlags::SYMLINK_NOFOLLOW);
        let place = Place { levels: &self.levels, name };
        Settle { keep: self.keep, losses: &mut self.losses, place }.judge_times(&times, done, stat);
        Ok(())
    }

    /// Makes a device, a fifo or a socket. What stands there and is no directory is replaced. False
    /// where the host refuses to make it: that is a loss, what stands there stays, and there is
    /// nothing to [remember](Extraction::remember).
    ///
    /// # Errors
    /// As [`Extraction::symlink`].
    pub fn special(&mut self, name: &[u8], special: Special, meta: &Meta<'_>) -> Result<bool> {
        let file_name = self.checked(name)?;
        let (_, dir) = self.level()?;
        let (kind, device) = special.node();
        let make = |name: &OsStr| mknodat(dir, name, kind, Mode::RUSR | Mode::WUSR, device);
        match put(dir, file_name, make) {
            Ok(()) => self.settle_held(name, kind, device, meta).map(|()| true),
            Err(errno @ (Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL)) => {
                let place = Place { levels: &self.levels, name };
                self.losses.judge(LossKind::Special, &place, Err(errno));
                Ok(false)
            }
            Err(errno) => Err(self.file_error(name, errno)),
        }
    }

    /// Sets the attributes of what was just made as `name`, if it is still that.
    pub(super) fn settle_held(
        &mut self,
        name: &[u8],
        kind: FileType,
        device: Dev,
        meta: &Meta<'_>,
    ) -> Result<()> {
        let (level, dir) = self.level()?;
        let held = match hold(dir, OsStr::from_bytes(name), |stat| {
            let same = FileType::from_raw_mode(stat.st_mode) == kind
                && (kind == FileType::Symlink || stat.st_rdev == device);
            // A file of another place that was linked here has another name.
            same && stat.st_nlink <= 1
        }) {
            Ok(held) => held,
            Err(errno) => return Err(self.failure(name, errno.into())),
        };
        let target = if kind == FileType::Symlink {
            Target::HeldLink(held.as_fd())
        } else {
            if level.inherits {
                let _ = removexattr(proc_path(&held), "system.posix_acl_access");
            }
            Target::Held(held.as_fd())
        };
        let place = Place { levels: &self.levels, name };
        Settle { keep: self.keep, losses: &mut self.losses, place }.all(
            target,
            meta,
            Has::default(),
        );
        Ok(())
    }
}

/// Holds what a name leads to, if it is what it has to be.
fn hold(
    dir: &OwnedFd,
    name: &OsStr,
    is_it: impl FnOnce(&Stat) -> bool,
) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = openat(dir, name, flags, Mode::empty())?;
    if is_it(&fstat(&held)?) { Ok(held) } else { Err(Errno::BUSY) }
}
