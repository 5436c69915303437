//! A new filesystem: its geometry, its size, and what its superblock says.
//!
//! Nothing is written here: [`build`](super::Build) does that. What is made is what `mke2fs -t ext2`
//! makes, block by block, so that all tools find what they expect.
//!
//! ```text
//! geometry     groups, and where their metadata lies; which blocks are left for data
//! size         the smallest filesystem that holds so much, or one of a given size
//! superblock   what it says of itself, and the descriptors of its groups
//! resize       the inode that keeps room for more descriptors
//! features     what it has
//! ```

mod features;
mod geometry;
mod resize;
mod size;
mod superblock;

pub use features::FormatFeatures;
pub use geometry::{DataMap, FsGeometry, check_sizes};
pub(super) use resize::ResizeInode;
pub use size::{Demand, FormatInodes, FormatSize, GeometryError};
pub(super) use superblock::{GroupUsage, Identity, Usage, descriptors, raw_superblock};

use super::dir_hash::HashVersion;
use super::inode::Time;

const BAD_SIZE: (&str, &str) =
    ("a power of two from 1024 to 65536", "a power of two from 128 to the size of a block");

/// What a new filesystem is to be.
#[derive(Debug, Clone)]
pub struct FormatOptions {
    /// Bytes in a block.
    pub block_size_bytes: u64,
    /// Bytes in an inode.
    pub inode_size_bytes: u64,
    /// What it is to have.
    pub features: FormatFeatures,
    /// How large it is.
    pub size: FormatSize,
    /// How many inodes it has.
    pub inodes: FormatInodes,
    /// Blocks that only root may use, in hundredths of a percent.
    pub reserved_per_myriad: u32,
    /// Its label, at most 16 bytes.
    pub label: Vec<u8>,
    /// Its UUID; `None` for one that follows from all that it holds.
    pub uuid: Option<[u8; 16]>,
    /// The hash of its directories' indexes.
    pub hash_version: HashVersion,
    /// Whether names are hashed as unsigned characters.
    pub unsigned_hash: bool,
    /// The seed of the hash; `None` for one that follows from the names and attributes.
    pub hash_seed: Option<[u8; 16]>,
    /// When it is made.
    pub now: Time,
}

/// Why there can be no such filesystem.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum FormatError {
    /// A size that the format does not have.
    #[error("{what} of {value} bytes: want {want}")]
    BadSize {
        /// Of what.
        what: &'static str,
        /// The size.
        value: u64,
        /// What it may be.
        want: &'static str,
    },
    /// Its own metadata would not fit.
    #[error("{blocks_count} blocks are too few for a filesystem: want {least} at least")]
    TooSmall {
        /// What was asked for.
        blocks_count: u64,
        /// About what it takes.
        least: u64,
    },
    /// Block numbers have 32 bits.
    #[error("{blocks_count} blocks are more than ext2 can count: use larger ones")]
    TooLarge {
        /// What was asked for.
        blocks_count: u64,
    },
    /// A group cannot have so many.
    #[error("{inodes_count} inodes are too many for a filesystem of that size: at most {most}")]
    TooManyInodes {
        /// What was asked for.
        inodes_count: u64,
        /// What is possible.
        most: u64,
    },
    /// A feature that a new filesystem cannot have.
    #[error("no feature of a new filesystem: '{0}'")]
    Feature(String),
}

impl FormatError {
    /// A name for the error that scripts can rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadSize { .. } => "bad_size",
            Self::TooSmall { .. } => "too_small",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyInodes { .. } => "too_many_inodes",
            Self::Feature(_) => "unsupported_feature",
        }
    }
}
