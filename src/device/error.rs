//! What can go wrong on the device floor.

use std::io;

/// A result of the device floor.
pub type Result<T> = std::result::Result<T, DeviceError>;

/// Why a device could not do what it was asked; names the bytes it is about.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The image ends before the range does: it is truncated, or a block number is wrong.
    #[error(
        "{len_bytes} bytes at byte {offset_bytes} reach past the image's end at byte {size_bytes}"
    )]
    PastEnd {
        /// Where the range begins.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// The device's size.
        size_bytes: u64,
    },
    /// The host could not read the range.
    #[error("cannot read {len_bytes} bytes at byte {offset_bytes}: {source}")]
    Io {
        /// Where the range begins.
        offset_bytes: u64,
        /// Its length.
        len_bytes: u64,
        /// What the host said.
        source: io::Error,
    },
}
