//! Where a log is kept: a file of its own beside the image.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::format::MAGIC;

/// What a log is kept in: one at a time, written from front to back.
pub trait LogStore: Send + Sync {
    /// Begins a new, empty log; one that is there is lost.
    ///
    /// # Errors
    /// The host will not have it.
    fn create(&self) -> io::Result<()>;

    /// Appends to the log that was begun.
    ///
    /// # Errors
    /// The host cannot write, or has no space.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Waits until the log, and the name by which it is found, are safe from a power cut; also a
    /// log that another process has written.
    ///
    /// # Errors
    /// The host cannot say so.
    fn sync(&self) -> io::Result<()>;

    /// The log that is there, whole; `None` where there is none.
    ///
    /// # Errors
    /// The host cannot read it.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;

    /// Removes the log; that there is none is no error.
    ///
    /// # Errors
    /// The host will not remove it.
    fn remove(&self) -> io::Result<()>;

    /// Removes a log that was told to have failed: it must not be found again, not even after a
    /// power cut.
    ///
    /// # Errors
    /// The host will not remove it, or cannot say that it is gone.
    fn discard(&self) -> io::Result<()>;

    /// Whether something else than logs of this image may be found here.
    fn is_shared(&self) -> bool {
        false
    }

    /// Its name, for people.
    fn name(&self) -> String;
}

/// Zeros at its start that make a file a log of which a power cut left nothing: a page, as hosts
/// write them. No ext2 image or partitioned disk begins with as many.
const TORN_BYTES: u64 = 4096;

/// A log in a file.
#[derive(Debug)]
pub struct Sidecar {
    path: PathBuf,
    /// Somebody has chosen the path, and may have chosen it for something else before.
    named: bool,
    file: Mutex<Option<File>>,
}

impl Sidecar {
    /// What a sidecar's name ends in.
    pub const SUFFIX: &'static str = ".mpimg-log";

    /// The log in the file at `path`, which somebody has named.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, named: true, file: Mutex::default() }
    }

    /// The log beside an image.
    ///
    /// # Errors
    /// The image's real path cannot be found.
    pub fn beside(image: &Path) -> io::Result<Self> {
        // All links to an image have to agree on its log.
        let link = fs::symlink_metadata(image)?.is_symlink();
        let mut path: OsString = if link { fs::canonicalize(image)? } else { image.into() }.into();
        path.push(Self::SUFFIX);
        Ok(Self { named: false, ..Self::at(path.into()) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that is there; neither a pipe, which would make us wait, nor a device.
    fn found(&self) -> io::Result<Option<File>> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => File::open(&self.path).map(Some),
            Ok(_) => Err(io::Error::new(ErrorKind::AlreadyExists, "it is no regular file")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks whether a log can be made and removed here, which is better known before any data is
    /// written.
    ///
    /// # Errors
    /// Its directory is not there, or not to be written.
    pub fn check_place(&self) -> io::Result<()> {
        let how = Access::WRITE_OK | Access::EXEC_OK;
        Ok(accessat(CWD, self.directory(), how, AtFlags::EACCESS)?)
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(self.directory())?.sync_all()
    }

    /// Refuses to remove what is no log, or not a part of one that a power cut left.
    fn check_is_log(&self) -> io::Result<()> {
        if !self.named {
            return Ok(());
        }
        let Some(file) = self.found()? else { return Ok(()) };
        let mut start = Vec::new();
        file.take(TORN_BYTES).read_to_end(&mut start)?;
        // Eight zeros are no sign of a log: images of filesystems begin with them.
        let begins = start.get(..MAGIC.len()).unwrap_or(&start);
        if MAGIC.starts_with(begins) || start.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        Err(io::Error::new(ErrorKind::AlreadyExists, "it is something else than a log, and stays"))
    }

    fn with_file<T>(&self, work: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        work(file.as_mut().ok_or(ErrorKind::NotFound)?)
    }
}

impl LogStore for Sidecar {
    fn create(&self) -> io::Result<()> {
        // A name that leads elsewhere is nobody's log: O_NOFOLLOW would refuse it, so it goes.
        self.remove()?;
        // It holds what the image holds; nobody else need read it.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.with_file(|file| file.write_all(bytes))
    }

    fn sync(&self) -> io::Result<()> {
        match self.with_file(|file| file.sync_data()) {
            // Not ours, but one that was found.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                File::open(&self.path)?.sync_data()?;
            }
            ended => ended?,
        }
        self.sync_directory()
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let Some(mut file) = self.found()? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn remove(&self) -> io::Result<()> {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.check_is_log()?;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            ended => ended,
        }
    }

    fn discard(&self) -> io::Result<()> {
        self.remove()?;
        self.sync_directory()
    }

    fn is_shared(&self) -> bool {
        self.named
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}
