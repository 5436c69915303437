//! The arena: the memory that a window is read into.
//!
//! Calls read whole stretches of disk, gaps included, one behind the other; what lies between two
//! pieces of a file is passed over on the way out. So a window takes the calls that the disk needs,
//! whatever the order of its pages, and its memory is bounded by the window and not by the file.
//!
//! A window's memory is an anonymous mapping: page aligned, and zeroed by the kernel when it is first
//! touched, so that room which is never used costs nothing. A small file's is from the heap, which
//! costs no call.

use std::io;
use std::ops::{Deref, DerefMut, Range};

use memmap2::MmapMut;

/// What is worth a mapping.
const LEAST_MAPPING_BYTES: usize = 64 << 10;

/// Memory that is handed out front to back, and all at once taken back.
#[derive(Debug)]
pub struct Arena {
    memory: Memory,
    used: usize,
}

#[derive(Debug)]
enum Memory {
    Heap(Vec<u8>),
    Mapping(MmapMut),
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapping(bytes) => bytes,
        }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapping(bytes) => bytes,
        }
    }
}

impl Arena {
    /// An arena of `capacity_bytes`.
    ///
    /// # Errors
    /// The host has no memory.
    pub fn new(capacity_bytes: u64) -> io::Result<Self> {
        let len = usize::try_from(capacity_bytes).map_err(io::Error::other)?;
        let memory = if len < LEAST_MAPPING_BYTES {
            Memory::Heap(vec![0; len])
        } else {
            Memory::Mapping(MmapMut::map_anon(len)?)
        };
        Ok(Self { memory, used: 0 })
    }

    /// An arena that has no room.
    #[must_use]
    pub fn empty() -> Self {
        Self { memory: Memory::Heap(Vec::new()), used: 0 }
    }

    /// All that it has.
    #[must_use]
    pub fn capacity_bytes(&self) -> u64 {
        self.memory.len() as u64
    }

    /// What is not handed out.
    #[must_use]
    pub fn left_bytes(&self) -> u64 {
        self.memory.len().saturating_sub(self.used) as u64
    }

    /// Takes everything back.
    pub fn clear(&mut self) {
        self.used = 0;
    }

    /// Hands out `len_bytes`; `None` where they are not left.
    pub fn take(&mut self, len_bytes: u64) -> Option<Range<usize>> {
        let end = self.used.checked_add(usize::try_from(len_bytes).ok()?)?;
        if end > self.memory.len() {
            return None;
        }
        let start = std::mem::replace(&mut self.used, end);
        Some(start..end)
    }

    /// What was handed out.
    #[must_use]
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.memory.get(range).unwrap_or_default()
    }

    /// What was handed out, to be filled.
    pub fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.memory.get_mut(range).unwrap_or_default()
    }
}
