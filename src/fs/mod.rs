//! ext2.
