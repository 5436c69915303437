//! The fault injector: a layer that fails where it is told to, for tests.
//!
//! With bytes 4096..8192 failing with `EIO`, a read of 0..4096 succeeds, and one of 0..8192 fills
//! the first half of its buffer and fails, as a disk with a bad sector does.

use std::io;
use std::ops::Range;

use rustix::io::Errno;

use super::{BlockDevice, DeviceError, Result};

/// The device `D`, with byte ranges that can be neither read nor written.
#[derive(Debug)]
pub struct FaultDevice<D> {
    inner: D,
    faults: Vec<(Range<u64>, Errno)>,
}

impl<D: BlockDevice> FaultDevice<D> {
    /// No faults yet.
    #[must_use]
    pub fn new(inner: D) -> Self {
        Self { inner, faults: Vec::new() }
    }

    /// Makes every read or write that touches `range_bytes` fail with `errno`.
    #[must_use]
    pub fn failing(mut self, range_bytes: Range<u64>, errno: Errno) -> Self {
        self.faults.push((range_bytes, errno));
        self
    }

    /// The first byte of `start..end` that fails, and how.
    fn first_fault(&self, start: u64, end: u64) -> Option<(u64, Errno)> {
        let hits = self.faults.iter().filter(|(range, _)| range.start < end && start < range.end);
        hits.map(|(range, errno)| (range.start.max(start), *errno)).min_by_key(|hit| hit.0)
    }
}

impl<D: BlockDevice> BlockDevice for FaultDevice<D> {
    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn image_offset_bytes(&self) -> u64 {
        self.inner.image_offset_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        let end_bytes = offset_bytes.saturating_add(len_bytes);
        let Some((bad_byte, errno)) = self.first_fault(offset_bytes, end_bytes) else {
            return self.inner.read_at(buf, offset_bytes);
        };
        if end_bytes > self.inner.size_bytes() {
            // The end of the device comes first: no call is made that could fail.
            return self.inner.read_at(buf, offset_bytes);
        }
        let good_bytes = usize::try_from(bad_byte.saturating_sub(offset_bytes)).unwrap_or_default();
        if let Some(good) = buf.get_mut(..good_bytes) {
            self.inner.read_at(good, offset_bytes)?;
        }
        let source = io::Error::from(errno);
        let offset_bytes = self.image_offset_bytes().saturating_add(offset_bytes);
        Err(DeviceError::Io { offset_bytes, len_bytes, source })
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        let end_bytes = offset_bytes.saturating_add(len_bytes);
        let Some((bad_byte, errno)) = self.first_fault(offset_bytes, end_bytes) else {
            return self.inner.write_at(buf, offset_bytes);
        };
        let good_bytes = usize::try_from(bad_byte.saturating_sub(offset_bytes)).unwrap_or_default();
        self.inner.write_at(buf.get(..good_bytes).unwrap_or_default(), offset_bytes)?;
        let source = io::Error::from(errno);
        let offset_bytes = self.image_offset_bytes().saturating_add(offset_bytes);
        Err(DeviceError::Write { offset_bytes, len_bytes, source })
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }
}
