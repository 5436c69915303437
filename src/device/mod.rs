//! Positional I/O on a raw image. Knows bytes at offsets, and never heard of ext2.
//!
//! Devices stack: each layer is a [`BlockDevice`] over another. [`open`](open()) makes the stack
//! that a [`Location`] asks for: `disk.img@@1M` is a [`Window`] over a [`Recorder`] over a
//! [`FileDevice`], and its byte 0 is byte 1048576 of the file.

#![deny(clippy::arithmetic_side_effects)]

mod error;
mod fault;
mod file;
mod in_use;
mod location;
mod lock;
pub mod log;
mod open;
mod overlay;
pub mod partition;
mod recorder;
mod recovery;
mod window;

use std::io;

pub use error::{DeviceError, Family, OpenError, Result, is_about_the_path};
pub use fault::FaultDevice;
pub use file::FileDevice;
pub use in_use::check_unused;
pub use location::Location;
pub use lock::{LockMode, LockState, Locking, lock};
pub use open::{Access, Opened, Options, open};
pub use overlay::{Blocks, Overlay};
pub use recorder::{Call, IoCounts, Recorder, RecorderHandle};
pub use recovery::{Recovery, recover};
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

    /// Writes all of `buf` at `offset_bytes`.
    ///
    /// # Errors
    /// As [`read_at`](Self::read_at); the range may then be written in part. A device that cannot
    /// be written refuses.
    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        let (len_bytes, source) = (buf.len() as u64, io::ErrorKind::ReadOnlyFilesystem.into());
        Err(DeviceError::Write { offset_bytes, len_bytes, source })
    }

    /// Writes the slices one behind the other at `offset_bytes`, by one call where the device can.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
        match slices {
            [one] => self.write_at(one, offset_bytes),
            many => self.write_at(&many.concat(), offset_bytes),
        }
    }

    /// Makes sure that writing the range later cannot fail for want of space on the host: a sparse
    /// file is given its blocks. Where the host knows no such thing, nothing is done.
    ///
    /// # Errors
    /// [`DeviceError::Write`] where there is no space.
    fn reserve(&self, _offset_bytes: u64, _len_bytes: u64) -> Result<()> {
        Ok(())
    }

    /// Waits until all that was written lies where a power cut cannot reach it.
    ///
    /// # Errors
    /// [`DeviceError::Sync`]: any of it may be lost.
    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// A way to a device is that device.
macro_rules! forward {
    ($way:ty) => {
        impl<D: BlockDevice + ?Sized> BlockDevice for $way {
            fn size_bytes(&self) -> u64 {
                (**self).size_bytes()
            }

            fn image_offset_bytes(&self) -> u64 {
                (**self).image_offset_bytes()
            }

            fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
                (**self).read_at(buf, offset_bytes)
            }

            fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
                (**self).write_at(buf, offset_bytes)
            }

            fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
                (**self).write_slices_at(slices, offset_bytes)
            }

            fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
                (**self).reserve(offset_bytes, len_bytes)
            }

            fn sync(&self) -> Result<()> {
                (**self).sync()
            }
        }
    };
}

forward!(&D);
forward!(std::sync::Arc<D>);

/// The length of slices one behind the other.
fn total_bytes(slices: &[&[u8]]) -> u64 {
    slices.iter().fold(0, |sum, slice| sum.saturating_add(slice.len() as u64))
}
