//! A new file that takes another's place whole, or not at all.
//!
//! `--output new.img` writes to a file that has no name, which becomes `new.img` when all went well:
//! whoever looks sees the old file or the new one, and never a part, and one that a process was killed
//! over is gone with it. Where something stands at the path, the new file is called
//! `.new.img.1f3a9c07` for a moment, to be renamed; where the host knows no files without names, it is
//! called so all the time, and a kill leaves it behind.
//!
//! A symbolic link that stands at the path is replaced, not followed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{
    Access, AtFlags, CWD, Mode, OFlags, access, fsync, linkat, open, openat, renameat, unlinkat,
};
use rustix::io::Errno;

use super::error::{HostError, Result, called};
use super::temporary;

/// Where the host shows a process its descriptors.
const DESCRIPTORS: &str = "/proc/self/fd";

/// A new file that is to become the one at a path.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    directory: OwnedFd,
    /// Its name as long as it has not taken the other's place, if it has one.
    temporary: Option<OsString>,
    name: OsString,
    called: String,
}

impl Replacement {
    /// Makes an empty file beside `path`, open for reading and writing, with the permissions that
    /// `like` has and the umask leaves.
    ///
    /// # Errors
    /// [`HostError::Create`].
    pub fn beside(path: &Path, like: &Metadata) -> Result<Self> {
        Self::with_permissions(path, like.mode() & 0o777)
    }

    /// Makes an empty file beside `path`, open for reading and writing, with these permissions as far
    /// as the umask leaves them.
    ///
    /// # Errors
    /// [`HostError::Create`].
    pub fn with_permissions(path: &Path, permissions: u32) -> Result<Self> {
        let called = called(path);
        match Self::make(path, permissions) {
            Ok((file, directory, temporary, name)) => {
                Ok(Self { file, directory, temporary, name, called })
            }
            Err(source) => Err(HostError::Create { name: called, source }),
        }
    }

    fn make(
        path: &Path,
        permissions: u32,
    ) -> io::Result<(File, OwnedFd, Option<OsString>, OsString)> {
        let named =
            path.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/"));
        let Some(name) = named else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "names no file"));
        };
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        let parent = parent.unwrap_or_else(|| Path::new("."));
        // By a descriptor: whatever happens to the path, both names are in one directory.
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let directory = open(parent, flags, Mode::empty())?;
        let mode = Mode::from_raw_mode(permissions);
        // What has no name gets one by way of its descriptor's.
        if access(DESCRIPTORS, Access::EXEC_OK).is_ok() {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            match openat(&directory, OsStr::new("."), flags, mode) {
                Ok(file) => return Ok((file.into(), directory, None, name.to_owned())),
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let (file, temporary) = temporary::named_in(&directory, name, mode)?;
        Ok((file, directory, Some(temporary), name.to_owned()))
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Lets the file become the one at the path. With `sync` the bytes are on the disk before
    /// that, and the name after it.
    ///
    /// # Errors
    /// [`HostError::Create`]. The path then leads to what it did before, unless it is the last
    /// sync that failed.
    pub fn publish(mut self, sync: bool) -> Result<()> {
        let published = self.rename(sync);
        let name = std::mem::take(&mut self.called);
        published.map_err(|source| HostError::Create { name, source })
    }

    fn rename(&mut self, sync: bool) -> io::Result<()> {
        let mut directory = None;
        if sync {
            self.file.sync_all()?;
            // Opened before the rename: a directory that cannot be synced is told in time.
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            directory = Some(openat(&self.directory, OsStr::new("."), flags, Mode::empty())?);
        }
        if let Some(temporary) = self.name_it()? {
            renameat(&self.directory, &temporary, &self.directory, &self.name)
                .inspect_err(|_| self.temporary = Some(temporary))?;
        }
        Ok(directory.map_or(Ok(()), fsync)?)
    }

    /// Gives the file its name, or one that it can be renamed from.
    fn name_it(&mut self) -> io::Result<Option<OsString>> {
        if let Some(temporary) = self.temporary.take() {
            return Ok(Some(temporary));
        }
        let link = |name: &OsStr| {
            let own = format!("{DESCRIPTORS}/{}", self.file.as_raw_fd());
            linkat(CWD, own, &self.directory, name, AtFlags::SYMLINK_FOLLOW)
        };
        match link(&self.name) {
            Ok(()) => return Ok(None),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        loop {
            let temporary = temporary::random_name(&self.name);
            match link(&temporary) {
                Ok(()) => return Ok(Some(temporary)),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It is nobody's any more; where even that fails, nobody is left to tell.
            let _ = unlinkat(&self.directory, temporary, AtFlags::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;
    use crate::device::Family;

    fn names(dir: &Path) -> Vec<OsString> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    fn like(dir: &Path, mode: u32) -> Metadata {
        let path = dir.join("like");
        fs::write(&path, b"").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let metadata = path.metadata().unwrap();
        fs::remove_file(path).unwrap();
        metadata
    }

    #[test]
    fn it_becomes_the_file_when_it_is_published_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.img");
        fs::write(&path, b"old").unwrap();
        for sync in [false, true] {
            let new = Replacement::beside(&path, &like(dir.path(), 0o4400)).unwrap();
            new.file().write_all(b"new").unwrap();
            assert_ne!(fs::read(&path).unwrap(), b"new");
            new.publish(sync).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o400);
            assert_eq!(names(dir.path()), ["x.img"]);
            fs::write(dir.path().join("old"), b"old").unwrap();
            fs::rename(dir.path().join("old"), &path).unwrap();
        }
    }

    #[test]
    fn it_is_gone_when_it_is_not_published() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let new = Replacement::beside(&path, &like(dir.path(), 0o600)).unwrap();
        assert_eq!(names(dir.path()).len(), 0, "it has no name yet");
        drop(new);
        assert_eq!(names(dir.path()).len(), 0);
        // A host that knows no files without names.
        let mut new = Replacement::beside(&path, &like(dir.path(), 0o600)).unwrap();
        let directory = &new.directory;
        let (file, temporary) = temporary::named_in(directory, &new.name, Mode::RUSR).unwrap();
        (new.file, new.temporary) = (file, Some(temporary));
        assert_eq!(names(dir.path()).len(), 1);
        drop(new);
        assert_eq!(names(dir.path()).len(), 0);
    }

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, b"kept").unwrap();
        symlink("target", &link).unwrap();
        let new = Replacement::beside(&link, &like(dir.path(), 0o600)).unwrap();
        new.publish(false).unwrap();
        assert!(link.symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(&target).unwrap(), b"kept");
    }

    #[test]
    fn paths_that_cannot_be_are_the_callers_mistake() {
        let dir = tempfile::tempdir().unwrap();
        let like = like(dir.path(), 0o600);
        let below = ["..", "missing/x", "x/"].map(|wrong| dir.path().join(wrong));
        for wrong in below.iter().map(PathBuf::as_path).chain(["", "/"].map(Path::new)) {
            let error = Replacement::beside(wrong, &like).unwrap_err();
            assert_eq!(error.family(), Family::Path, "{wrong:?}");
        }
        // A directory stands in the way, which is found when it is too late for anything else.
        let new = Replacement::beside(dir.path(), &like).unwrap();
        assert_eq!(new.publish(false).unwrap_err().family(), Family::Path);
        assert!(dir.path().is_dir());
    }
}
