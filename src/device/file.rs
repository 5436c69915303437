//! An image in a file or on a block device, read by `pread` and written by `pwrite`.
//!
//! Not by a mapping, for what is faster costs less: one GiB in the page cache to a pipe took 0.85 of
//! what GNU `cat` takes by calls of 1 MiB, 1.04 to 1.16 by writing from a mapping, whose page
//! faults cost more than the copy they save. And what cannot be read is an error here, where a
//! mapping ends the process by a signal.

use std::fs::{File, Metadata};
use std::io::{self, IoSlice, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{BlockDevice, DeviceError, Result, total_bytes};

/// Slices in one call (`UIO_MAXIOV`).
const MAX_SLICES: usize = 1024;

/// A raw image file, or a block device.
#[derive(Debug)]
pub struct FileDevice {
    file: File,
    size_bytes: u64,
    /// The host has not given it all the blocks that its size would take.
    sparse: bool,
}

impl FileDevice {
    /// Takes an open file as a device.
    ///
    /// # Errors
    /// The file's size cannot be told (a pipe, for instance).
    pub fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Self::measured(file, &metadata)
    }

    /// Takes an open file as a device, with what the host says of it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn measured(mut file: File, metadata: &Metadata) -> io::Result<Self> {
        // Seeking tells the size of a block device, where metadata says 0.
        let size_bytes =
            if metadata.is_file() { metadata.len() } else { file.seek(SeekFrom::End(0))? };
        let sparse = metadata.is_file() && metadata.blocks().saturating_mul(512) < size_bytes;
        Ok(Self { file, size_bytes, sparse })
    }

    /// The open file; its lock, if it has one, is held for as long as the device lives.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Refuses a range that does not lie on the device: a file must not grow by a write.
    fn check(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        let inside = offset_bytes.checked_add(len_bytes).is_some_and(|end| end <= self.size_bytes);
        if inside { Ok(()) } else { Err(self.past_end(offset_bytes, len_bytes)) }
    }

    fn past_end(&self, offset_bytes: u64, len_bytes: u64) -> DeviceError {
        DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes: self.size_bytes }
    }
}

impl BlockDevice for FileDevice {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        self.check(offset_bytes, len_bytes)?;
        match self.file.read_exact_at(buf, offset_bytes) {
            Ok(()) => Ok(()),
            // The file has shrunk since it was opened.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.past_end(offset_bytes, len_bytes))
            }
            Err(source) => Err(DeviceError::Io { offset_bytes, len_bytes, source }),
        }
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        self.check(offset_bytes, len_bytes)?;
        self.file.write_all_at(buf, offset_bytes).map_err(|source| DeviceError::Write {
            offset_bytes,
            len_bytes,
            source,
        })
    }

    fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
        let len_bytes = total_bytes(slices);
        self.check(offset_bytes, len_bytes)?;
        let mut at = offset_bytes;
        for some in slices.chunks(MAX_SLICES) {
            let mut slices: Vec<IoSlice<'_>> = some.iter().map(|s| IoSlice::new(s)).collect();
            let mut left = slices.as_mut_slice();
            while left.iter().any(|slice| !slice.is_empty()) {
                let written = match rustix::io::pwritev(&self.file, left, at) {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    Ok(written) => Ok(written),
                    Err(Errno::INTR) => continue,
                    Err(error) => Err(io::Error::from(error)),
                };
                let fault = |source| DeviceError::Write { offset_bytes, len_bytes, source };
                let written = written.map_err(fault)?;
                at = at.saturating_add(written as u64);
                IoSlice::advance_slices(&mut left, written);
            }
        }
        Ok(())
    }

    fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        if !self.sparse {
            return Ok(());
        }
        loop {
            let flags = FallocateFlags::KEEP_SIZE;
            match rustix::fs::fallocate(&self.file, flags, offset_bytes, len_bytes) {
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::NODEV) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => {
                    let source = error.into();
                    return Err(DeviceError::Write { offset_bytes, len_bytes, source });
                }
            }
        }
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|source| DeviceError::Sync { source })
    }
}
