//! Positional I/O on a raw image. Knows bytes at offsets, and never heard of ext2.
//!
//! Devices stack: each layer is a [`BlockDevice`] over another.

mod error;
mod file;

pub use error::{DeviceError, Result};
pub use file::FileDevice;

/// Something that holds bytes at offsets.
pub trait BlockDevice: Send + Sync {
    /// Its size.
    fn size_bytes(&self) -> u64;

    /// Fills `buf` from `offset_bytes`.
    ///
    /// # Errors
    /// [`DeviceError::PastEnd`] where the range does not lie on the device whole, and
    /// [`DeviceError::Io`] where the host cannot read it. `buf` may then be filled in part.
    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()>;
}

impl<D: BlockDevice + ?Sized> BlockDevice for std::sync::Arc<D> {
    fn size_bytes(&self) -> u64 {
        (**self).size_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        (**self).read_at(buf, offset_bytes)
    }
}
