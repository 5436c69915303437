//! Where a log is kept: a file of its own beside the image.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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

    /// Its name, for people.
    fn name(&self) -> String;
}

/// A log in a file.
#[derive(Debug)]
pub struct Sidecar {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Sidecar {
    /// What a sidecar's name ends in.
    pub const SUFFIX: &'static str = ".mpimg-log";

    /// The log in the file at `path`.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, file: Mutex::default() }
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
        Ok(Self::at(path.into()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn remove(&self) -> io::Result<()> {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            ended => ended,
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}
