//! The arena: the memory that a window is read into.
//!
//! Calls read whole stretches of disk, gaps included, one behind the other; what lies between two
//! pieces of a file is passed over on the way out. So a window takes the calls that the disk needs,
//! whatever the order of its pages, and its memory is bounded by the window and not by the file.
//!
//! The memory is an anonymous mapping: page aligned, zeroed by the kernel when it is first touched,
//! so that a ten-byte file does not pay for a window.

use std::io;
use std::ops::Range;

use memmap2::MmapMut;

/// Memory that is handed out front to back, and all at once taken back.
#[derive(Debug)]
pub struct Arena {
    memory: MmapMut,
    used: usize,
}

impl Arena {
    /// An arena of `capacity_bytes`.
    ///
    /// # Errors
    /// The host has no memory.
    pub fn new(capacity_bytes: u64) -> io::Result<Self> {
        let len = usize::try_from(capacity_bytes.max(1)).map_err(io::Error::other)?;
        Ok(Self { memory: MmapMut::map_anon(len)?, used: 0 })
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
