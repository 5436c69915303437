//! A device in memory.

use mpimg::device::{BlockDevice, DeviceError, Result};

/// The device's bytes.
pub struct Memory(pub Vec<u8>);

impl BlockDevice for Memory {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let (len_bytes, size_bytes) = (buf.len() as u64, self.size_bytes());
        let end = usize::try_from(offset_bytes)
            .ok()
            .and_then(|from| from.checked_add(buf.len()).map(|to| from..to));
        match end.and_then(|range| self.0.get(range)) {
            Some(bytes) => buf.copy_from_slice(bytes),
            None => return Err(DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes }),
        }
        Ok(())
    }
}
