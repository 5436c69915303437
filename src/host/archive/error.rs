//! What no archive can hold.
//!
//! ```text
//! device 4194304:0 does not fit into a tar archive, which holds numbers up to 2097151
//! ```

/// Why an entry cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The numbers of a device have no pax record that readers know.
    #[error(
        "device {major}:{minor} does not fit into a tar archive, which holds numbers up to {}",
        super::header::MAX_OCTAL_7
    )]
    DeviceNumber {
        /// The driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// The data of a sparse file is not in order, or not at multiples of 512 bytes.
    #[error("data at bytes {start}..{end} cannot stand so in the map of a sparse file")]
    SparseRange {
        /// Where the range begins.
        start: u64,
        /// Where it ends.
        end: u64,
    },
}

impl ArchiveError {
    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DeviceNumber { .. } => "device_number_too_large",
            Self::SparseRange { .. } => "bad_sparse_range",
        }
    }
}
