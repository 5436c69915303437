//! An image in a file or on a block device, read by `pread`.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use super::{BlockDevice, DeviceError, Result};

/// A raw image file, or a block device.
#[derive(Debug)]
pub struct FileDevice {
    file: File,
    size_bytes: u64,
}

impl FileDevice {
    /// Takes an open file as a device.
    ///
    /// # Errors
    /// The file's size cannot be told (a pipe, for instance).
    pub fn new(mut file: File) -> io::Result<Self> {
        // Seeking tells the size of block devices too, where metadata says 0.
        let size_bytes = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, size_bytes })
    }

    /// The open file; its lock, if it has one, is held for as long as the device lives.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl BlockDevice for FileDevice {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        let past_end =
            DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes: self.size_bytes };
        if offset_bytes.checked_add(len_bytes).is_none_or(|end| end > self.size_bytes) {
            return Err(past_end);
        }
        match self.file.read_exact_at(buf, offset_bytes) {
            Ok(()) => Ok(()),
            // The file has shrunk since it was opened.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(past_end),
            Err(source) => Err(DeviceError::Io { offset_bytes, len_bytes, source }),
        }
    }
}
