//! Owner, extended attributes, mode, times: in the order in which they last.
//!
//! A new owner takes set-id bits and capabilities from a file, and an ACL changes its mode; times
//! come last. What the host refuses is lost, and counted.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::fs::{
    AtFlags, CWD, Gid, Mode, Stat, Timespec, Timestamps, Uid, XattrFlags, chmod, chownat, fchmod,
    fchown, fsetxattr, fstat, futimens, setxattr, utimensat,
};
use rustix::io::Result;

use super::losses::{LossKind, Losses, Place};
use super::{Keep, Meta};

const SET_ID: u16 = 0o6000;
const SET_GID: u16 = 0o2000;
const CAPABILITIES: &[u8] = b"security.capability";

/// Times that every filesystem has.
const SAFE_SECONDS: std::ops::Range<i64> = 0..1 << 31;

/// What attributes are set on.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A file or directory that is open.
    Open(BorrowedFd<'a>),
    /// Anything that is only held, by `O_PATH`: a device is not opened, and a link not followed.
    Held(BorrowedFd<'a>),
    /// A symbolic link that is only held, which has no mode.
    HeldLink(BorrowedFd<'a>),
}

/// What a file has already, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Has {
    pub mode: Option<u16>,
    /// User and group.
    pub owner: Option<(u32, u32)>,
}

/// Sets attributes, and counts what could not be.
pub struct Settle<'a> {
    pub keep: Keep,
    pub losses: &'a mut Losses,
    pub place: Place<'a>,
}

impl Settle<'_> {
    /// Sets all that is kept, and that the file does not have.
    pub fn all(&mut self, target: Target<'_>, meta: &Meta<'_>, has: Has) {
        let attributes = &meta.attributes;
        let mut keeps_set_id = self.keep.set_id;
        let (uid, gid) = (attributes.uid, attributes.gid);
        if self.keep.owner && has.owner != Some((uid, gid)) && !self.owner(target, uid, gid) {
            // With another owner than the one who was meant, they mean another thing.
            keeps_set_id = false;
        }
        let mut has_mode = has.mode;
        for (name, value) in meta.xattrs {
            if name != CAPABILITIES || keeps_set_id {
                self.xattr(target, name, value);
                has_mode = None;
            } else if self.keep.set_id {
                self.losses.xattr(&self.place, name, rustix::io::Errno::PERM);
            }
        }
        let mut mode = attributes.mode & 0o7777;
        if !keeps_set_id {
            if self.keep.set_id && mode & SET_ID != 0 {
                let reason = || "set-id bits without their owner".to_owned();
                self.losses.add(LossKind::Mode, &self.place, reason);
            }
            mode &= !SET_ID;
        }
        if has_mode != Some(mode) {
            self.mode(target, mode);
        }
        self.times(target, &times(meta));
    }

    fn owner(&mut self, target: Target<'_>, uid: u32, gid: u32) -> bool {
        // All ones are nobody's number, and mean "as it is" to the host.
        let number = |number: u32| (number != u32::MAX).then_some(number);
        let (uid, gid) = (number(uid).map(Uid::from_raw), number(gid).map(Gid::from_raw));
        let set = |uid, gid| match target {
            Target::Open(fd) => fchown(fd, uid, gid),
            Target::Held(fd) | Target::HeldLink(fd) => {
                chownat(fd, "", uid, gid, AtFlags::EMPTY_PATH)
            }
        };
        let done = set(uid, gid);
        if done.is_err() {
            // Members may give to their group, where only root gives to users.
            let _ = set(None, gid);
        }
        self.losses.judge(LossKind::Owner, &self.place, done);
        done.is_ok()
    }

    fn xattr(&mut self, target: Target<'_>, name: &[u8], value: &[u8]) {
        let done = match target {
            Target::Open(fd) => fsetxattr(fd, name, value, XattrFlags::empty()),
            Target::Held(fd) | Target::HeldLink(fd) => {
                setxattr(proc_path(fd), name, value, XattrFlags::empty())
            }
        };
        if let Err(errno) = done {
            self.losses.xattr(&self.place, name, errno);
        }
    }

    fn mode(&mut self, target: Target<'_>, mode: u16) {
        let raw = Mode::from_raw_mode(mode.into());
        let (fd, done) = match target {
            Target::Open(fd) => (fd, fchmod(fd, raw)),
            Target::Held(fd) => (fd, chmod(proc_path(fd), raw)),
            Target::HeldLink(_) => return,
        };
        self.losses.judge(LossKind::Mode, &self.place, done);
        // Those who are not in the group are not told that the bit was dropped.
        if done.is_ok() && mode & SET_GID != 0 {
            let dropped = |stat: Stat| stat.st_mode & u32::from(SET_GID) == 0;
            if fstat(fd).is_ok_and(dropped) {
                let reason = || "set-group-id bit refused".to_owned();
                self.losses.add(LossKind::Mode, &self.place, reason);
            }
        }
    }

    fn times(&mut self, target: Target<'_>, times: &Timestamps) {
        let (fd, done) = match target {
            Target::Open(fd) => (fd, futimens(fd, times)),
            Target::Held(fd) | Target::HeldLink(fd) => {
                (fd, utimensat(CWD, proc_path(fd), times, AtFlags::empty()))
            }
        };
        self.judge_times(times, done, || fstat(fd));
    }

    /// Counts times that were refused, or silently made into others.
    pub fn judge_times(
        &mut self,
        times: &Timestamps,
        done: Result<()>,
        stat: impl FnOnce() -> Result<Stat>,
    ) {
        self.losses.judge(LossKind::Time, &self.place, done);
        let wanted = [times.last_access, times.last_modification];
        if done.is_ok() && wanted.iter().any(|time| !SAFE_SECONDS.contains(&time.tv_sec)) {
            let differs = |stat: Stat| {
                // The host's types differ from machine to machine.
                let found =
                    [(stat.st_atime, stat.st_atime_nsec), (stat.st_mtime, stat.st_mtime_nsec)];
                let found = found.map(|(s, ns)| (i128::from(s), i128::from(ns)));
                found != wanted.map(|time| (time.tv_sec.into(), time.tv_nsec.into()))
            };
            if stat().is_ok_and(differs) {
                let reason = || "the host's filesystem has no such time".to_owned();
                self.losses.add(LossKind::Time, &self.place, reason);
            }
        }
    }
}

/// The times as the host takes them.
pub fn times(meta: &Meta<'_>) -> Timestamps {
    let time = |(tv_sec, nanoseconds): (i64, u32)| Timespec {
        tv_sec,
        // More are none, and would be refused or mean something else.
        tv_nsec: nanoseconds.min(999_999_999).into(),
    };
    Timestamps {
        last_access: time(meta.attributes.atime),
        last_modification: time(meta.attributes.mtime),
    }
}

/// The path that stands for a descriptor, and leads to nothing else.
pub fn proc_path(fd: impl AsFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}
