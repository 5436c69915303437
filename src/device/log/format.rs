//! The log's form: a header, a table of blocks, the blocks, and a checksum over all of it.
//!
//! All numbers are little-endian. With `n` blocks of `b` bytes:
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `MPIMGLOG` |
//! | 4 | version, 1 |
//! | 4 | block size `b` |
//! | 8 | the image's size in bytes |
//! | 8 | transaction number |
//! | 8 | where the identity stands in the image, in bytes |
//! | 16 | the identity (a filesystem's UUID) |
//! | 8 | `n` |
//! | `n` × (8 + `b` / 512 × 4) | for each block where it begins in the image, and the CRC-32 of each of its sectors as they were before |
//! | `n` × `b` | the blocks as they are to be |
//! | 4 | CRC-32 of all before |
//!
//! A log is complete when its length is what its header says and the checksum is right: a cut
//! anywhere, or a sector that was never written, and it is [torn](Torn), which means that no block
//! was written in place yet.
//!
//! The CRCs of what was there before tell whether a complete log still belongs to the image. As
//! long as nobody else has written, each sector of each block is either as it was or as it is to
//! be, whatever was cut in between; anything else, and the image has moved on. By the block this
//! could not be told, as disks write sectors whole but not blocks.

use std::sync::Arc;

use crc32fast::Hasher;

use crate::device::overlay::Blocks;

/// What a log begins with.
const MAGIC: &[u8; 8] = b"MPIMGLOG";
const VERSION: u32 = 1;
/// What disks write whole, at least.
pub(super) const SECTOR_BYTES: usize = 512;
const HEADER_BYTES: u64 = 64;
const CHECKSUM_BYTES: u64 = 4;
/// Block sizes that make sense.
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 512..=1 << 16;

/// What tells one image from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The image's size.
    pub image_size_bytes: u64,
    /// Where `bytes` stand in the image.
    pub offset_bytes: u64,
    /// What stands there: a UUID.
    pub bytes: [u8; 16],
}

/// A block that is to change.
#[derive(Debug, Clone)]
pub struct LoggedBlock {
    /// CRC-32 of each sector before.
    pub before: Vec<u32>,
    /// The block as it is to be.
    pub after: Arc<[u8]>,
}

/// What a log says.
#[derive(Debug, Clone)]
pub struct Record {
    /// Of which image.
    pub identity: Identity,
    /// Which of its transactions; each has a greater number than the one before it.
    pub transaction: u64,
    /// Bytes in a block.
    pub block_size_bytes: u32,
    /// The blocks, by the byte of the image at which they begin.
    pub blocks: std::collections::BTreeMap<u64, LoggedBlock>,
}

/// Why a log does not count: it was not finished, so nothing was written in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Torn {
    /// It ends before its own length.
    #[error("it ends after {0} bytes")]
    Short(u64),
    /// It does not begin as a log does.
    #[error("it is no log")]
    NoLog,
    /// Its checksum is wrong.
    #[error("its checksum is {found:#010x}, want {want:#010x}")]
    Checksum {
        /// What it says.
        found: u32,
        /// What it has to be.
        want: u32,
    },
}

/// The CRC-32 of each sector of a block.
#[must_use]
pub fn sector_crcs(block: &[u8]) -> Vec<u32> {
    block.chunks(SECTOR_BYTES).map(crc32fast::hash).collect()
}

impl Record {
    /// Bytes of the log.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        let block = u64::from(self.block_size_bytes);
        let entry = entry_bytes(self.block_size_bytes) as u64;
        (self.blocks.len() as u64)
            .saturating_mul(block.saturating_add(entry))
            .saturating_add(HEADER_BYTES)
            .saturating_add(CHECKSUM_BYTES)
    }

    /// Hands the log to `write` from front to back, in pieces of about a mebibyte.
    ///
    /// # Errors
    /// What `write` says.
    pub fn encode<E>(&self, mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        const PIECE_BYTES: usize = 1 << 20;
        let mut crc = Hasher::new();
        let capacity = usize::try_from(self.len_bytes()).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece: Vec<u8> = Vec::with_capacity(capacity);
        piece.extend(MAGIC);
        piece.extend(VERSION.to_le_bytes());
        piece.extend(self.block_size_bytes.to_le_bytes());
        piece.extend(self.identity.image_size_bytes.to_le_bytes());
        piece.extend(self.transaction.to_le_bytes());
        piece.extend(self.identity.offset_bytes.to_le_bytes());
        piece.extend(self.identity.bytes);
        piece.extend((self.blocks.len() as u64).to_le_bytes());
        let table = self.blocks.iter().map(|(offset_bytes, block)| {
            let crcs = block.before.iter().flat_map(|crc| crc.to_le_bytes());
            offset_bytes.to_le_bytes().into_iter().chain(crcs)
        });
        let mut put = |piece: &mut Vec<u8>, crc: &mut Hasher, least: usize| {
            if piece.len() < least {
                return Ok(());
            }
            crc.update(piece);
            let ended = write(piece);
            piece.clear();
            ended
        };
        for entry in table {
            piece.extend(entry);
            put(&mut piece, &mut crc, PIECE_BYTES)?;
        }
        for block in self.blocks.values() {
            piece.extend_from_slice(&block.after);
            put(&mut piece, &mut crc, PIECE_BYTES)?;
        }
        let mut all = crc.clone();
        all.update(&piece);
        // The checksum goes with the last piece: a log of one piece is one call.
        piece.extend(all.finalize().to_le_bytes());
        put(&mut piece, &mut crc, 1)
    }

    /// Takes a log apart.
    ///
    /// # Errors
    /// It was not finished.
    pub fn decode(bytes: &[u8]) -> Result<Self, Torn> {
        let short = Torn::Short(bytes.len() as u64);
        if !bytes.starts_with(MAGIC) {
            return Err(if MAGIC.starts_with(bytes) { short } else { Torn::NoLog });
        }
        let mut fields = Fields(bytes.get(MAGIC.len()..).unwrap_or_default());
        let version = fields.u32().ok_or(short)?;
        let block_size_bytes = fields.u32().ok_or(short)?;
        let image_size_bytes = fields.u64().ok_or(short)?;
        let transaction = fields.u64().ok_or(short)?;
        let offset_bytes = fields.u64().ok_or(short)?;
        let identity = fields.take(16).and_then(|b| b.first_chunk::<16>()).ok_or(short)?;
        let identity = Identity { image_size_bytes, offset_bytes, bytes: *identity };
        let count = fields.u64().ok_or(short)?;
        if version != VERSION || !BLOCK_SIZES.contains(&block_size_bytes) {
            return Err(Torn::NoLog);
        }
        let block_size = usize::try_from(block_size_bytes).map_err(|_| Torn::NoLog)?;
        let entry = entry_bytes(block_size_bytes);
        let count = usize::try_from(count).map_err(|_| short)?;
        let table_bytes = count.checked_mul(entry).ok_or(short)?;
        let mut table = Fields(fields.take(table_bytes).ok_or(short)?);
        let content = fields.take(count.checked_mul(block_size).ok_or(short)?).ok_or(short)?;
        let checked = bytes.get(..bytes.len().saturating_sub(fields.0.len())).unwrap_or_default();
        let found = fields.u32().ok_or(short)?;
        let want = crc32fast::hash(checked);
        if found != want {
            return Err(Torn::Checksum { found, want });
        }
        if !fields.0.is_empty() {
            return Err(Torn::NoLog);
        }
        let mut blocks = std::collections::BTreeMap::new();
        for after in content.chunks_exact(block_size) {
            let offset_bytes = table.u64().ok_or(short)?;
            let sectors = block_size.div_ceil(SECTOR_BYTES);
            let before: Option<Vec<u32>> = (0..sectors).map(|_| table.u32()).collect();
            let block = LoggedBlock { before: before.ok_or(short)?, after: Arc::from(after) };
            blocks.insert(offset_bytes, block);
        }
        Ok(Self { identity, transaction, block_size_bytes, blocks })
    }

    /// The blocks as they are to be, for an overlay.
    #[must_use]
    pub fn after(&self) -> Blocks {
        self.blocks.iter().map(|(at, block)| (*at, Arc::clone(&block.after))).collect()
    }
}

/// Bytes of a table entry.
fn entry_bytes(block_size_bytes: u32) -> usize {
    let sectors = u64::from(block_size_bytes).div_ceil(SECTOR_BYTES as u64);
    usize::try_from(sectors).unwrap_or(0).saturating_mul(4).saturating_add(8)
}

/// Numbers from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(blocks: &[(u64, u8)]) -> Record {
        let identity = Identity { image_size_bytes: 1 << 20, offset_bytes: 1128, bytes: [7; 16] };
        let blocks = blocks.iter().map(|(at, fill)| {
            let before = sector_crcs(&[0; 1024]);
            (*at, LoggedBlock { before, after: Arc::from([*fill; 1024]) })
        });
        Record { identity, transaction: 3, block_size_bytes: 1024, blocks: blocks.collect() }
    }

    fn encoded(record: &Record) -> Vec<u8> {
        let mut bytes = Vec::new();
        record
            .encode(|piece| {
                bytes.extend_from_slice(piece);
                Ok::<(), ()>(())
            })
            .unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let record = record(&[(2048, 1), (9216, 2)]);
        let bytes = encoded(&record);
        assert_eq!(bytes.len() as u64, record.len_bytes());
        let again = Record::decode(&bytes).unwrap();
        assert_eq!((again.identity, again.transaction), (record.identity, 3));
        assert_eq!(again.after(), record.after());
        assert_eq!(again.blocks[&2048].before, sector_crcs(&[0; 1024]));
    }

    #[test]
    fn a_log_that_is_cut_anywhere_is_torn() {
        let bytes = encoded(&record(&[(2048, 1)]));
        for len in 0..bytes.len() {
            assert!(Record::decode(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
        }
    }

    #[test]
    fn a_log_of_which_any_sector_is_missing_is_torn() {
        let bytes = encoded(&record(&[(2048, 1), (4096, 9)]));
        for start in (0..bytes.len()).step_by(512) {
            let mut torn = bytes.clone();
            let end = (start + 512).min(torn.len());
            torn[start..end].fill(0);
            assert!(Record::decode(&torn).is_err(), "sector at byte {start}");
        }
    }
}
