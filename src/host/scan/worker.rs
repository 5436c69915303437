//! One directory: its names, what each of them is.
//!
//! A regular file takes two calls as a rule, for what `stat` says and for the list of its extended
//! attributes. Whether it can be read is known from its mode, mostly: of a file with mode 0644 and
//! without an ACL nobody has to be asked, and of none when we may read all that there is.

use std::ffi::CStr;
use std::mem::take;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{
    Access, AtFlags, FileType, Mode, OFlags, RawDir, Stat, accessat, fstat, major, minor, openat,
    readlinkat, statat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::thread::{CapabilitySet, capabilities};

use super::collection::{Batch, Collection, Found, Link};
use super::queue::{Held, Job, Queue};
use super::reach::reach;
use super::stock::{self, Wrong};
use super::xattrs::XattrReader;
use super::{DIRECTORY, ScanOptions};
use crate::fs::{CallerError, Meta, Node, NodeId, Stock, Time, Xattr, is_acl};

/// Most of what is seen before it is handed over.
const BATCH: usize = 1024;
/// Bytes of names that the host gives at once.
const LISTING_BYTES: usize = 32 << 10;
/// Who owns what belongs to nobody that this process could name, in a user namespace.
const OVERFLOW_ID: u32 = 65534;

/// What all threads use.
pub struct Shared<'a> {
    pub options: &'a ScanOptions,
    pub root: &'a OwnedFd,
    /// The device that the root is on.
    pub device: u64,
    pub queue: Queue,
    pub collection: Mutex<Collection>,
    pub seen: AtomicU64,
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Shared<'_> {
    fn collection(&self) -> MutexGuard<'_, Collection> {
        self.collection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread's work.
pub struct Worker<'a> {
    shared: &'a Shared<'a>,
    xattrs: XattrReader,
    batch: Batch,
    listing: Vec<u8>,
    euid: u32,
    /// May read all that there is.
    privileged: bool,
}

impl<'a> Worker<'a> {
    /// Work on a thread that others may share a working directory with.
    pub fn new(shared: &'a Shared<'a>) -> Self {
        Self::with(shared, false)
    }

    /// Work on a thread that has nothing else to do ever.
    pub fn with_own_directory(shared: &'a Shared<'a>) -> Self {
        Self::with(shared, XattrReader::separate())
    }

    fn with(shared: &'a Shared<'a>, own_directory: bool) -> Self {
        let wanted = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
        Self {
            shared,
            xattrs: XattrReader::new(own_directory),
            batch: Batch::default(),
            listing: Vec::with_capacity(LISTING_BYTES),
            euid: geteuid().as_raw(),
            privileged: capabilities(None).is_ok_and(|sets| sets.effective.intersects(wanted)),
        }
    }

    /// Works until nobody has anything to do any more.
    pub fn run(mut self) {
        while let Some(job) = self.shared.queue.take() {
            self.directory(job);
            self.shared.queue.done();
        }
    }

    fn directory(&mut self, job: Job) {
        let node = job.node;
        match self.open(job) {
            Ok((dir, stat)) => self.look_into(node, dir, &stat),
            Err(errno) => {
                self.batch.wrong.push((Vec::new(), Wrong::of_opening(errno)));
                let _ = self.hand_over(node);
            }
        }
    }

    fn open(&self, job: Job) -> rustix::io::Result<(OwnedFd, Stat)> {
        let dir = match &job.parent {
            Some(parent) => {
                openat(&parent.dir, &*job.name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?
            }
            None => {
                let path = self.shared.collection().inventory.path(job.node);
                reach(self.shared.root, &path)?
            }
        };
        let stat = fstat(&dir)?;
        Ok((dir, stat))
    }

    fn look_into(&mut self, node: NodeId, dir: OwnedFd, stat: &Stat) {
        let found = self.xattrs.of_open(&dir, stat);
        let xattrs = self.told(b"", found);
        self.batch.own = Some((meta(stat), xattrs));
        if self.shared.options.one_file_system && stat.st_dev != self.shared.device {
            let _ = self.hand_over(node);
            return;
        }
        self.xattrs.enter(&dir);
        let dir = self.shared.queue.hold(dir);
        let mut space = take(&mut self.listing);
        let mut listing = RawDir::new(&dir.dir, space.spare_capacity_mut());
        while let Some(entry) = listing.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(errno) => {
                    self.batch.wrong.push((Vec::new(), Wrong::Read(errno.into())));
                    break;
                }
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match self.look_at(&dir.dir, name, entry.file_type()) {
                Ok(()) => {}
                // It may be read, and not searched: that is so for all that is in it.
                Err(Wrong::Open(Errno::ACCESS)) if is_closed(&dir.dir) => {
                    self.batch.wrong.push((Vec::new(), Wrong::Open(Errno::ACCESS)));
                    break;
                }
                Err(wrong) => self.batch.wrong.push((name.to_bytes().to_vec(), wrong)),
            }
            if self.batch.found.len() >= BATCH {
                self.hand_over_in(node, &dir);
            }
        }
        self.listing = space;
        self.hand_over_in(node, &dir);
    }

    /// Finds out what a name in a directory is.
    fn look_at(&mut self, dir: &OwnedFd, name: &CStr, hint: FileType) -> Result<(), Wrong> {
        if hint == FileType::Directory {
            // What it says of itself it is asked when it is open.
            self.push(name, Node::Directory, Meta::default());
            return Ok(());
        }
        let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(Wrong::of_opening)?;
        let node = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.push(name, Node::Directory, Meta::default());
                return Ok(());
            }
            FileType::RegularFile => Node::Regular,
            FileType::Symlink => {
                let target = readlinkat(dir, name, Vec::new()).map_err(Wrong::of_opening)?;
                Node::Symlink(target.into_bytes())
            }
            FileType::Fifo => Node::Fifo,
            FileType::Socket => Node::Socket,
            FileType::CharacterDevice => {
                let (major, minor) = device_number(&stat)?;
                Node::CharDevice(major, minor)
            }
            FileType::BlockDevice => {
                let (major, minor) = device_number(&stat)?;
                Node::BlockDevice(major, minor)
            }
            _ => return Err(Wrong::Changed),
        };
        if self.shared.options.skip.contains(&(stat.st_dev, stat.st_ino)) {
            return Ok(());
        }
        let found = self.xattrs.of_name(name, &stat);
        let xattrs = self.told(name.to_bytes(), found);
        let stock = match node {
            Node::Regular => Some(self.stock(dir, name, &stat, &xattrs)?),
            _ => None,
        };
        // On some hosts it has 32 bits.
        #[allow(clippy::useless_conversion)]
        let names = u64::from(stat.st_nlink);
        let link = (names > 1).then_some(Link { device: stat.st_dev, inode: stat.st_ino, names });
        if let Some(found) = self.push(name, node, meta(&stat)) {
            (found.xattrs, found.stock, found.link) = (xattrs, stock, link);
        }
        Ok(())
    }

    /// What a regular file holds, which can be read.
    fn stock(
        &self,
        dir: &OwnedFd,
        name: &CStr,
        stat: &Stat,
        xattrs: &[Xattr],
    ) -> Result<Stock, Wrong> {
        let sparse = self.shared.options.sparse;
        let data = if stock::must_be_opened(stat, sparse) {
            Some(stock::data(dir, name, stat, sparse)?)
        } else {
            if !self.is_surely_readable(stat, xattrs) {
                accessat(dir, name, Access::READ_OK, AtFlags::EACCESS)
                    .map_err(Wrong::of_opening)?;
            }
            None
        };
        let origin = stock::fingerprint(stat);
        Ok(Stock { len_bytes: stock::len_bytes(stat), data, origin })
    }

    fn is_surely_readable(&self, stat: &Stat, xattrs: &[Xattr]) -> bool {
        if self.privileged && stat.st_uid != OVERFLOW_ID && stat.st_gid != OVERFLOW_ID {
            return true;
        }
        if stat.st_uid == self.euid {
            return stat.st_mode & 0o400 != 0;
        }
        stat.st_mode & 0o444 == 0o444 && !xattrs.iter().any(|xattr| is_acl(&xattr.name))
    }

    fn push(&mut self, name: &CStr, node: Node, meta: Meta) -> Option<&mut Found> {
        let name = name.to_bytes();
        self.batch.names.extend(name);
        let (xattrs, name_len) = (Vec::new(), name.len());
        self.batch.found.push(Found { name_len, node, meta, xattrs, stock: None, link: None });
        self.batch.found.last_mut()
    }

    /// The attributes that were read; what was not is noted.
    fn told(&mut self, name: &[u8], found: rustix::io::Result<Vec<Xattr>>) -> Vec<Xattr> {
        let lost = self.xattrs.lost.drain(..).map(|loss| (name.to_vec(), loss));
        self.batch.lost.extend(lost);
        found.unwrap_or_else(|errno| {
            let wrong = match errno {
                Errno::NOENT | Errno::NOTDIR => Wrong::Changed,
                errno => Wrong::Read(errno.into()),
            };
            self.batch.wrong.push((name.to_vec(), wrong));
            Vec::new()
        })
    }

    fn hand_over_in(&mut self, node: NodeId, dir: &Arc<Held>) {
        let directories = self.hand_over(node);
        self.shared.queue.add(directories, dir);
    }

    fn hand_over(&mut self, node: NodeId) -> Vec<(NodeId, Box<[u8]>)> {
        let count = self.batch.found.len() as u64;
        let directories = self.shared.collection().add(node, &mut self.batch);
        let seen = self.shared.seen.fetch_add(count, Ordering::Relaxed);
        (self.shared.progress)(seen.saturating_add(count));
        directories
    }
}

fn meta(stat: &Stat) -> Meta {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    Meta {
        permissions: u16::try_from(stat.st_mode & 0o7777).unwrap_or_default(),
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: Time { seconds: stat.st_mtime, nanoseconds },
    }
}

/// A device's number, as inodes hold it.
pub fn device_number(stat: &Stat) -> Result<(u32, u32), Wrong> {
    let (major, minor) = (major(stat.st_rdev), minor(stat.st_rdev));
    if major >= 1 << 12 || minor >= 1 << 20 {
        return Err(Wrong::Unfit(CallerError::BadDeviceNumber { major, minor }.into()));
    }
    Ok((major, minor))
}

/// Whether nothing in a directory can be reached.
fn is_closed(dir: &OwnedFd) -> bool {
    accessat(dir, ".", Access::EXEC_OK, AtFlags::EACCESS) == Err(Errno::ACCESS)
}
