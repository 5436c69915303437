//! Positional I/O on a raw image. Knows bytes at offsets, and never heard of ext2.
//!
//! Devices stack: each layer is a [`BlockDevice`] over another. [`open`](open()) makes the stack
//! that a [`Location`] asks for: `disk.img@@1M` is a [`Window`] over a [`Recorder`] over a
//! [`FileDevice`], and its byte 0 is byte 1048576 of the file.

#![deny(clippy::arithmetic_side_effects)]

mod error;
mod fault;
mod file;
mod location;
mod lock;
mod open;
pub mod partition;
mod recorder;
mod window;

pub use error::{DeviceError, Family, OpenError, Result};
pub use fault::FaultDevice;
pub use file::FileDevice;
pub use location::Location;
pub use lock::{LockMode, LockState, Locking, lock};
pub use open::{Access, Opened, Options, open};
pub use recorder::{Call, IoCounts, Recorder, RecorderHandle};
pub use window::Window;

/// Something that holds bytes at offsets.
pub trait BlockDevice: Send + Sync {
    /// Its size.
    fn size_bytes(&self) -> u64;

    /// Where its byte 0 is, in bytes of the image file, which are those that errors speak of. A
    /// layer over another device asks that one.
    fn image_offset_bytes(&self) -> u64 {
        0
    }

    /// Fills `buf` from `offset_bytes`.
    ///
    /// # Errors
    /// [`DeviceError::PastEnd`] where the range does not lie on the device whole, and
    /// [`DeviceError::Io`] where the host cannot read it. `buf` may then be filled in part.
    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()>;
}

impl<D: BlockDevice + ?Sized> BlockDevice for &D {
    fn size_bytes(&self) -> u64 {
        (**self).size_bytes()
    }

    fn image_offset_bytes(&self) -> u64 {
        (**self).image_offset_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        (**self).read_at(buf, offset_bytes)
    }
}

impl<D: BlockDevice + ?Sized> BlockDevice for std::sync::Arc<D> {
    fn size_bytes(&self) -> u64 {
        (**self).size_bytes()
    }

    fn image_offset_bytes(&self) -> u64 {
        (**self).image_offset_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        (**self).read_at(buf, offset_bytes)
    }
}
