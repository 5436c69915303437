//! A window: a byte range of a device, as a device of its own.
//!
//! A window of 4096 bytes at byte 1048576 reads its byte 0 from byte 1048576 of the device
//! below, and has no byte 4096. Its errors speak of bytes of the image, which a user can look up
//! with `dd` or `xxd`, however many windows there are between.

use super::{BlockDevice, DeviceError, Result, total_bytes};

/// A byte range of the device `D`.
#[derive(Debug)]
pub struct Window<D> {
    inner: D,
    start_bytes: u64,
    len_bytes: u64,
}

impl<D: BlockDevice> Window<D> {
    /// The `len_bytes` from `start_bytes` on.
    ///
    /// # Errors
    /// [`DeviceError::PastEnd`] where the range does not lie on the device whole.
    pub fn new(inner: D, start_bytes: u64, len_bytes: u64) -> Result<Self> {
        let size_bytes = inner.size_bytes();
        if start_bytes.checked_add(len_bytes).is_none_or(|end| end > size_bytes) {
            let base_bytes = inner.image_offset_bytes();
            return Err(DeviceError::PastEnd {
                offset_bytes: base_bytes.saturating_add(start_bytes),
                len_bytes,
                size_bytes: base_bytes.saturating_add(size_bytes),
            });
        }
        Ok(Self { inner, start_bytes, len_bytes })
    }

    /// Where a range of the window begins on the device below.
    fn place(&self, offset_bytes: u64, len_bytes: u64) -> Result<u64> {
        if offset_bytes.checked_add(len_bytes).is_none_or(|end| end > self.len_bytes) {
            let base_bytes = self.image_offset_bytes();
            return Err(DeviceError::PastEnd {
                offset_bytes: base_bytes.saturating_add(offset_bytes),
                len_bytes,
                size_bytes: base_bytes.saturating_add(self.len_bytes),
            });
        }
        // Exact: a range that lies in the window lies on the device below, so its start fits.
        Ok(self.start_bytes.saturating_add(offset_bytes))
    }
}

impl<D: BlockDevice> BlockDevice for Window<D> {
    fn size_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn image_offset_bytes(&self) -> u64 {
        self.inner.image_offset_bytes().saturating_add(self.start_bytes)
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        self.inner.read_at(buf, self.place(offset_bytes, buf.len() as u64)?)
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        self.inner.write_at(buf, self.place(offset_bytes, buf.len() as u64)?)
    }

    fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
        let len_bytes = total_bytes(slices);
        self.inner.write_slices_at(slices, self.place(offset_bytes, len_bytes)?)
    }

    fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        self.inner.reserve(self.place(offset_bytes, len_bytes)?, len_bytes)
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }
}
