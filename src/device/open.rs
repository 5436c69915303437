//! Opening an image: the one place where every kind of device is made.
//!
//! `mpimg ls disk.img@@1M --partition 2` opens `disk.img`, locks it, reads the partition table at
//! byte 1048576, and hands back this stack, whose byte 0 is the partition's:
//!
//! ```text
//! Window      partition 2
//!  └─ Window      from byte 1048576 on
//!      └─ Recorder    counts
//!          └─ FileDevice  pread
//! ```
//!
//! Layers that change nothing are left out. An image that is a filesystem as a whole costs one
//! `open`, `flock` and `fstat`, a look for the log of an interrupted command, and what the probe
//! reads; no partition table is looked at.
//! Reads go through the page cache: with `O_DIRECT` images on tmpfs would not open, and every
//! command of a script would read the same metadata from the disk again.

use std::fs::{File, FileType, OpenOptions};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::in_use::check_unused;
use super::lock::{LockMode, LockState, Locking, lock};
use super::log::Sidecar;
use super::partition::{Partition, Probe, Selection, Table, select};
use super::recovery::{Recovery, recover, sidecar};
use super::{BlockDevice, FileDevice, Location, OpenError, Recorder, RecorderHandle, Window};

/// What the image is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read, under a shared lock.
    Read,
    /// To be read and written, under an exclusive one.
    Write,
}

/// How to open an image.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What for.
    pub access: Access,
    /// Which partition of it.
    pub selection: Selection,
    /// Whether to lock it.
    pub locking: Locking,
    /// Whether to keep every call, for tests; it takes memory without bound.
    pub trace: bool,
    /// Tells a filesystem of the floor above.
    pub probe: Probe,
    /// Where the commit log is, if not beside the image.
    pub log: Option<&'a Path>,
}

/// An open image.
pub struct Opened {
    /// The filesystem's bytes, from 0 on.
    pub device: Arc<dyn BlockDevice>,
    /// What was read, since opening began.
    pub recorder: RecorderHandle,
    /// Where the device begins, in bytes of the file.
    pub offset_bytes: u64,
    /// The partition that the device is, where it is one; it counts from the table's disk, which
    /// `IMG@@OFFSET` may have moved.
    pub partition: Option<Partition>,
    /// The partition table, where one was looked for and found.
    pub table: Option<Table>,
    /// Whether the image is locked.
    pub lock: LockState,
    /// The file, which holds the lock for as long as it is open.
    pub file: Arc<FileDevice>,
    /// All of the image, which `device` may be a window of.
    pub image: Arc<dyn BlockDevice>,
    /// Where its commit log goes; a block device has none unless it was named.
    pub log: Option<Sidecar>,
    /// What an interrupted command had left behind.
    pub recovery: Recovery,
}

/// Opens the image at `location`.
///
/// # Errors
/// Of the path: [`OpenError::CannotOpen`],
/// [`CannotOpenForWriting`](OpenError::CannotOpenForWriting),
/// [`NotAnImage`](OpenError::NotAnImage), [`CannotMeasure`](OpenError::CannotMeasure),
/// [`OffsetPastEnd`](OpenError::OffsetPastEnd); of its lock: [`Busy`](OpenError::Busy),
/// [`CannotLock`](OpenError::CannotLock), [`LockFailed`](OpenError::LockFailed); to write, of the
/// kernel: [`Mounted`](OpenError::Mounted), [`AttachedTo`](OpenError::AttachedTo),
/// [`Claimed`](OpenError::Claimed); of its partitions: [`NoTable`](OpenError::NoTable),
/// [`NoSuchPartition`](OpenError::NoSuchPartition), [`Ambiguous`](OpenError::Ambiguous),
/// [`NoCandidate`](OpenError::NoCandidate), [`Extended`](OpenError::Extended),
/// [`EmptyPartition`](OpenError::EmptyPartition),
/// [`PartitionPastEnd`](OpenError::PartitionPastEnd), [`Table`](OpenError::Table); and
/// [`Device`](OpenError::Device) where bytes cannot be read.
pub fn open(location: &Location, options: &Options<'_>) -> Result<Opened, OpenError> {
    let file = open_file(&location.path, options.access)?;
    let mode = match options.access {
        Access::Read => LockMode::Shared,
        Access::Write => LockMode::Exclusive,
    };
    let lock = lock(&file, mode, options.locking)?;
    // Measured under the lock: a writer may have made it grow until now.
    let metadata = file.metadata().map_err(OpenError::CannotMeasure)?;
    check_kind(metadata.file_type())?;
    if options.access == Access::Write {
        // Also without a lock: whoever mounted the image has not asked for one.
        check_unused(&file, &location.path)?;
    }
    let file = FileDevice::measured(file, &metadata).map_err(OpenError::CannotMeasure)?;
    let file = Arc::new(file);
    let recorder = if options.trace {
        Recorder::tracing(Arc::clone(&file))
    } else {
        Recorder::new(Arc::clone(&file))
    };
    let handle = recorder.handle();
    let base_bytes = location.offset_bytes.unwrap_or_default();
    let log = sidecar(&location.path, options.log, metadata.is_file())?;
    let image = Arc::new(recorder) as Arc<dyn BlockDevice>;
    let (image, recovery) = match &log {
        Some(log) => recover(image, log, options.access)?,
        None => (image, Recovery::None),
    };
    let disk = from_offset(Arc::clone(&image), base_bytes)?;

    let (partition, table) = match (options.selection, location.offset_bytes) {
        // Whoever gives an offset knows where the filesystem is.
        (Selection::Unnamed, Some(_)) => (None, None),
        (selection, _) => select(&disk, selection, options.probe)?,
    };
    let (device, offset_bytes) = match &partition {
        Some(p) => {
            let window = Window::new(disk, p.start_bytes, p.len_bytes)?;
            (Arc::new(window) as Arc<dyn BlockDevice>, base_bytes.saturating_add(p.start_bytes))
        }
        None => (disk, base_bytes),
    };
    let recorder = handle;
    Ok(Opened {
        device,
        recorder,
        offset_bytes,
        partition,
        table,
        lock,
        file,
        image,
        log,
        recovery,
    })
}

/// What is left of the image from `offset_bytes` on.
fn from_offset(
    image: Arc<dyn BlockDevice>,
    offset_bytes: u64,
) -> Result<Arc<dyn BlockDevice>, OpenError> {
    if offset_bytes == 0 {
        return Ok(image);
    }
    let size_bytes = image.size_bytes();
    match size_bytes.checked_sub(offset_bytes) {
        None | Some(0) => Err(OpenError::OffsetPastEnd { offset_bytes, size_bytes }),
        Some(len_bytes) => Ok(Arc::new(Window::new(image, offset_bytes, len_bytes)?)),
    }
}

/// Opens a path; what it leads to is looked at under the lock.
fn open_file(path: &Path, access: Access) -> Result<File, OpenError> {
    // Without O_NONBLOCK a FIFO would make us wait for a writer; files do not heed it. Without
    // O_NOCTTY a terminal could become ours. std adds O_CLOEXEC, and tries again after EINTR.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let opened =
        OpenOptions::new().read(true).write(access == Access::Write).custom_flags(flags).open(path);
    opened.map_err(|e| match Errno::from_io_error(&e) {
        Some(Errno::ISDIR) => OpenError::NotAnImage("directory"),
        // A socket, or a FIFO that nobody reads.
        Some(Errno::NXIO) => OpenError::NotAnImage("socket or pipe"),
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::TXTBSY)
            if access == Access::Write =>
        {
            OpenError::CannotOpenForWriting(e)
        }
        _ => OpenError::CannotOpen(e),
    })
}

/// Refuses what has no bytes at offsets.
fn check_kind(kind: FileType) -> Result<(), OpenError> {
    if kind.is_file() || kind.is_block_device() {
        return Ok(());
    }
    Err(OpenError::NotAnImage(if kind.is_dir() {
        "directory"
    } else if kind.is_fifo() {
        "pipe"
    } else if kind.is_char_device() {
        "character device"
    } else {
        "special file"
    }))
}
