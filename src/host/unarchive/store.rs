//! Where an archive's bytes are, uncompressed: in its own file, in a temporary one, in memory.
//!
//! An archive of 1 GiB that is a plain file stays where it is: of its headers 512 bytes each are read
//! now, of its files what is wanted, when it is.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::host::attributes::Identity;
use crate::host::error::{HostError, Result};

/// An archive's bytes.
#[derive(Debug)]
pub struct Store {
    /// How errors call it.
    pub name: String,
    pub len_bytes: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    File {
        file: File,
        /// Where the archive begins in it.
        start_bytes: u64,
        /// What state the file was in, where others may write to it.
        identity: Option<Identity>,
    },
}

impl Store {
    pub fn in_memory(name: String, bytes: Vec<u8>) -> Self {
        Self { name, len_bytes: bytes.len() as u64, place: Place::Memory(bytes) }
    }

    pub fn in_file(
        name: String,
        file: File,
        (start_bytes, len_bytes): (u64, u64),
        identity: Option<Identity>,
    ) -> Self {
        Self { name, len_bytes, place: Place::File { file, start_bytes, identity } }
    }

    /// Whether it is no file of others, but what was read and kept.
    pub fn is_kept(&self) -> bool {
        !matches!(self.place, Place::File { identity: Some(_), .. })
    }

    /// Fills `buf` from `offset_bytes`.
    pub fn read_at(&self, offset_bytes: u64, buf: &mut [u8]) -> Result<()> {
        let read = match &self.place {
            Place::Memory(bytes) => {
                let start = usize::try_from(offset_bytes).unwrap_or(usize::MAX);
                match bytes.get(start..start.saturating_add(buf.len())) {
                    Some(bytes) => {
                        buf.copy_from_slice(bytes);
                        Ok(())
                    }
                    None => Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
            Place::File { file, start_bytes, .. } => {
                file.read_exact_at(buf, start_bytes.saturating_add(offset_bytes))
            }
        };
        read.map_err(|error| HostError::of_reading(&self.name, error))
    }

    /// Checks that the archive is what it was: same size, not written to.
    pub fn unchanged(&self) -> Result<()> {
        let Place::File { file, identity: Some(identity), .. } = &self.place else { return Ok(()) };
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| HostError::of_reading(&self.name, error))?;
        if Identity::of(&metadata) == *identity {
            return Ok(());
        }
        Err(HostError::Changed { name: self.name.clone() })
    }
}

/// Bytes that are read at once, where headers are far apart and where they are not.
const LEAST_BYTES: usize = 4 << 10;
const MOST_BYTES: usize = 256 << 10;

/// Goes through a store, mostly forwards.
pub struct Scan<'a> {
    pub store: &'a Store,
    progress: &'a dyn Fn(u64),
    start: u64,
    bytes: Vec<u8>,
    chunk: usize,
}

impl<'a> Scan<'a> {
    pub fn new(store: &'a Store, progress: &'a dyn Fn(u64)) -> Self {
        Self { store, progress, start: 0, bytes: Vec::new(), chunk: LEAST_BYTES }
    }

    /// `len` bytes at `at`, all of which are in the store.
    pub fn bytes(&mut self, at: u64, len: usize) -> Result<&[u8]> {
        let end = self.start.saturating_add(self.bytes.len() as u64);
        let wanted_end = at.saturating_add(len as u64);
        if at < self.start || wanted_end > end {
            // What lies right behind is likely to go on so; what was skipped to is not.
            let near = at <= end && !self.bytes.is_empty();
            self.chunk = if near { self.chunk.saturating_mul(2) } else { LEAST_BYTES };
            self.chunk = self.chunk.min(MOST_BYTES);
            let left =
                usize::try_from(self.store.len_bytes.saturating_sub(at)).unwrap_or(usize::MAX);
            self.bytes.resize(self.chunk.min(left).max(len), 0);
            self.start = at;
            self.store.read_at(at, &mut self.bytes)?;
            (self.progress)(at);
        }
        let from = usize::try_from(at.saturating_sub(self.start)).unwrap_or(usize::MAX);
        // There is as much, as was made sure of above.
        Ok(self.bytes.get(from..from.saturating_add(len)).unwrap_or_default())
    }
}
