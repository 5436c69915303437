//! Content: where the bytes of an inventory's files are had, when they are written.
//!
//! Files are asked for in the order in which they will lie on disk, as a rule: directory by
//! directory, by name, from front to end. Whoever reads can keep the last directory and the last file
//! open. Several threads may read at once, each with a reader of its own.

use std::io;

use super::{Inventory, NodeId};

/// One of the names of a regular file: the first in the order of the tree.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where it is.
    pub directory: NodeId,
    /// What it is called there.
    pub name: &'a [u8],
    /// The file.
    pub node: NodeId,
}

/// Where content comes from.
pub trait Contents: Sync {
    /// A reader for one thread.
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a>;
}

/// Reads content.
pub trait ContentReader {
    /// Fills `buf` with the bytes of a file from `offset_bytes` on, none of which are past its
    /// length; holes are zeros. When the last of a file's data has been read, the file is known to be
    /// what the inventory says.
    ///
    /// # Errors
    /// It cannot be read, or is not what it was any more. The error says which file it is about.
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()>;
}

/// No content: for trees of which no file holds any.
#[derive(Debug, Clone, Copy)]
pub struct NoContents;

impl Contents for NoContents {
    fn reader<'a>(&'a self, _: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Self)
    }
}

impl ContentReader for NoContents {
    fn read(&mut self, _: Place<'_>, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
}
