//! Files, which appear under their names when they are whole.
//!
//! A file is made without a name, and linked when it has its content and attributes: one that a
//! process was killed over is gone with it. Where the host cannot do that, it has a temporary name,
//! `.mpimg.1f3a9c07`, which is renamed; a kill leaves that behind.
//!
//! Six calls make a small file: `openat`, `pwritev`, `fchmod` where the umask or an attribute is in
//! the way, `utimensat`, `linkat`, `close`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{AtFlags, Mode, OFlags, fremovexattr, fstat, linkat, openat, renameat, unlinkat};
use rustix::io::{Errno, pwritev};

use super::losses::Place;
use super::settle::{Has, Settle, Target};
use super::{Extraction, Meta, Naming};
use crate::host::copy::copy_image;
use crate::host::error::Result;
use crate::host::temporary;

/// What temporary names begin with.
pub const STEM: &str = "mpimg";

/// The most slices that one call takes.
const MOST_SLICES: usize = 1024;

/// A new file that has no name yet, or only a temporary one.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    named: Option<Named>,
    has: Has,
}

/// A name that is not to last, which is taken from its directory when this is dropped.
#[derive(Debug)]
struct Named {
    dir: Rc<OwnedFd>,
    /// None once it is to last, or is gone.
    name: Option<OsString>,
}

impl NewFile {
    /// Writes bytes at an offset.
    ///
    /// # Errors
    /// What the host says; see [`Extraction::failure`].
    pub fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.write_slices_at(&mut [IoSlice::new(bytes)], offset_bytes)
    }

    /// Writes slices one behind the other, beginning at an offset. The slices are used up.
    ///
    /// # Errors
    /// As [`NewFile::write_at`].
    pub fn write_slices_at(
        &self,
        mut slices: &mut [IoSlice<'_>],
        offset_bytes: u64,
    ) -> io::Result<()> {
        let mut at = offset_bytes;
        // Also skips the empty ones at the start.
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            let most = slices.get(..MOST_SLICES).unwrap_or(slices);
            match pwritev(&self.file, most, at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    IoSlice::advance_slices(&mut slices, written);
                    at = at.saturating_add(written as u64);
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// Gives the file its size, where that is not the end of what was written: a hole at its end.
    ///
    /// # Errors
    /// As [`NewFile::write_at`].
    pub fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        self.file.set_len(len_bytes)
    }
}

impl Extraction {
    /// Makes a file in the directory that the extraction is in. It gets its name and `meta` when it is
    /// published: to know them now saves calls.
    ///
    /// # Errors
    /// [`Create`](crate::host::HostError::Create).
    pub fn create(&mut self, name: &[u8], meta: &Meta<'_>) -> Result<NewFile> {
        let file_name = self.checked(name)?;
        let (level, dir) = self.level()?;
        let staged = level.staged.is_some().then(|| level.shared_dir()).flatten();
        if staged.is_none() && (level.named_only || matches!(self.naming, Naming::None)) {
            return self.create_named();
        }
        let mode = meta.attributes.mode & 0o7777;
        // Others cannot come to a file that has no name. To set attributes takes permission.
        let exact =
            mode <= 0o777 && mode & self.umask == 0 && !level.inherits && meta.xattrs.is_empty();
        let raw = Mode::from_raw_mode(if exact { mode } else { 0o600 }.into());
        if let Some(dir) = staged {
            // Below a directory that has no name yet, it may have its own.
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
            match openat(&dir, file_name, flags, raw) {
                Ok(file) => {
                    let has = Has { mode: exact.then_some(mode), owner: self.given_owner(&file) };
                    let named = Some(Named { dir, name: Some(file_name.to_owned()) });
                    return Ok(NewFile { file: file.into(), named, has });
                }
                // It stands there already, whole.
                Err(Errno::EXIST) => return self.create_named(),
                Err(errno) => return Err(self.failure(name, errno.into())),
            }
        }
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match openat(dir, ".", flags, raw) {
            Ok(file) => {
                let has = Has { mode: exact.then_some(mode), owner: self.given_owner(&file) };
                Ok(NewFile { file: file.into(), named: None, has })
            }
            // A filesystem or kernel that has no such files says one of these.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => {
                if let Some(level) = self.levels.last_mut() {
                    level.named_only = true;
                }
                self.create_named()
            }
            Err(errno) => Err(self.failure(b"", errno.into())),
        }
    }

    /// Who owns a file that was just made, where that is of use: the first in a directory tells for
    /// all others.
    fn given_owner(&mut self, file: &OwnedFd) -> Option<(u32, u32)> {
        let level = self.levels.last_mut().filter(|_| self.keep.owner)?;
        if level.gives_owner.is_none() {
            level.gives_owner = fstat(file).ok().map(|stat| (stat.st_uid, stat.st_gid));
        }
        level.gives_owner
    }

    fn create_named(&self) -> Result<NewFile> {
        let (_, dir) = self.level()?;
        let dir = dir.try_clone().map(Rc::new);
        let made =
            dir.and_then(|dir| Ok((temporary::named_in(&*dir, OsStr::new(STEM), OWNER)?, dir)));
        match made {
            Ok(((file, name), dir)) => Ok(NewFile {
                file,
                named: Some(Named { dir, name: Some(name) }),
                has: Has::default(),
            }),
            Err(error) => Err(self.failure(b"", error)),
        }
    }

    /// Gives a file what it is to have, and then lets it appear as `name` in the directory that the
    /// extraction is in and it was made in. What stands there and is no directory is replaced.
    ///
    /// # Errors
    /// [`BadName`](crate::host::HostError::BadName), `DirectoryInTheWay`, `Create`. What stood there
    /// still does.
    pub fn publish(&mut self, mut file: NewFile, name: &[u8], meta: &Meta<'_>) -> Result<()> {
        let file_name = self.checked(name)?;
        self.settle(&file, name, meta)?;
        let named = match self.name(&mut file, file_name) {
            Err(error) if is_refusal(error) => {
                // The filesystem has files without a name, and no names for them.
                let mut copy = self.create_named()?;
                copy_image(&file.file, &copy.file).map_err(|error| self.failure(name, error))?;
                self.settle(&copy, name, meta)?;
                self.name(&mut copy, file_name)
            }
            named => named,
        };
        named.map_err(|errno| self.file_error(name, errno))
    }

    fn settle(&mut self, file: &NewFile, name: &[u8], meta: &Meta<'_>) -> Result<()> {
        if self.level()?.0.inherits {
            let _ = fremovexattr(&file.file, "system.posix_acl_access");
        }
        let place = Place { levels: &self.levels, name };
        Settle { keep: self.keep, losses: &mut self.losses, place }.all(
            Target::Open(file.file.as_fd()),
            meta,
            file.has,
        );
        Ok(())
    }

    /// Gives a file its name.
    fn name(&self, file: &mut NewFile, name: &OsStr) -> rustix::io::Result<()> {
        let (_, dir) = self.level().map_err(|_| Errno::STALE)?;
        if let Some(named) = &mut file.named {
            let Some(own) = named.name.take_if(|own| *own != name) else {
                named.name = None;
                return Ok(());
            };
            return renameat(&named.dir, &own, dir, name).inspect_err(|_| named.name = Some(own));
        }
        put(dir, name, |name| match &self.naming {
            Naming::Proc(descriptors) => {
                let number = file.file.as_raw_fd().to_string();
                linkat(descriptors, number, dir, name, AtFlags::SYMLINK_FOLLOW)
            }
            _ => linkat(&file.file, "", dir, name, AtFlags::EMPTY_PATH),
        })
    }
}

const OWNER: Mode = Mode::RUSR.union(Mode::WUSR);

/// Makes something that is no directory under a name: at once where that is free, and otherwise in
/// the place of what has it, whole.
pub fn put(
    dir: &OwnedFd,
    name: &OsStr,
    make: impl Fn(&OsStr) -> rustix::io::Result<()>,
) -> rustix::io::Result<()> {
    match make(name) {
        Err(Errno::EXIST) => {}
        made => return made,
    }
    let temporary = temporary::random_name(OsStr::new(STEM));
    make(&temporary)?;
    let renamed = renameat(dir, &temporary, dir, name);
    // Where both are names of one file, a rename leaves both.
    let _ = unlinkat(dir, &temporary, AtFlags::empty());
    renamed
}

fn is_refusal(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::NOENT | Errno::XDEV | Errno::MLINK
    )
}

impl Drop for Named {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nobody is left to tell of a failure.
            let _ = unlinkat(&self.dir, name, AtFlags::empty());
        }
    }
}
