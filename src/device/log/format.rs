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
//! | `n` × (8 + `s` × 4) | for each block where it begins in the image, and the CRC-32 of what was before in each of the `s` sectors of the image that it lies in |
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
//! could not be told, as disks write sectors whole but not blocks. They are sectors of the image: a
//! filesystem that begins at byte 100 has blocks whose first sector is theirs from byte 100 on.

use std::sync::Arc;

use crc32fast::Hasher;

use crate::device::overlay::Blocks;

/// What a log begins with.
pub(super) const MAGIC: &[u8; 8] = b"MPIMGLOG";
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
    /// CRC-32 of what was before in each sector of the image.
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

/// What a block that begins at `offset_bytes` has of each sector of the image.
pub(super) fn sectors(offset_bytes: u64, block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (head, rest) = block.split_at_checked(head_bytes(offset_bytes)).unwrap_or((block, &[]));
    std::iter::once(head).filter(|head| !head.is_empty()).chain(rest.chunks(SECTOR_BYTES))
}

/// How far it is to the next sector; 0 from where one begins.
fn head_bytes(offset_bytes: u64) -> usize {
    let sector = SECTOR_BYTES as u64;
    let into = offset_bytes & sector.saturating_sub(1);
    usize::try_from(sector.saturating_sub(into)).unwrap_or(0) & SECTOR_BYTES.saturating_sub(1)
}

/// The CRC-32 of what a block has of each sector of the image.
#[must_use]
pub fn sector_crcs(offset_bytes: u64, block: &[u8]) -> Vec<u32> {
    sectors(offset_bytes, block).map(crc32fast::hash).collect()
}

impl Record {
    /// Bytes of the log.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        let block = |block: &LoggedBlock| {
            let crcs = (block.before.len() as u64).saturating_mul(4);
            crcs.saturating_add(8).saturating_add(block.after.len() as u64)
        };
        let ends = HEADER_BYTES.saturating_add(CHECKSUM_BYTES);
        self.blocks.values().map(block).fold(ends, u64::saturating_add)
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
        let mut table = Vec::new();
        for _ in 0..count {
            let offset_bytes = fields.u64().ok_or(short)?;
            let crcs: Option<Vec<u32>> =
                (0..sector_count(offset_bytes, block_size)).map(|_| fields.u32()).collect();
            table.push((offset_bytes, crcs.ok_or(short)?));
        }
        let count = table.len();
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
        for ((offset_bytes, before), after) in table.into_iter().zip(content.chunks(block_size)) {
            blocks.insert(offset_bytes, LoggedBlock { before, after: Arc::from(after) });
        }
        Ok(Self { identity, transaction, block_size_bytes, blocks })
    }

    /// The blocks as they are to be, for an overlay.
    #[must_use]
    pub fn after(&self) -> Blocks {
        self.blocks.iter().map(|(at, block)| (*at, Arc::clone(&block.after))).collect()
    }
}

/// How many sectors of the image a block lies in.
fn sector_count(offset_bytes: u64, block_size: usize) -> usize {
    let head = head_bytes(offset_bytes).min(block_size);
    block_size.saturating_sub(head).div_ceil(SECTOR_BYTES).saturating_add(usize::from(head > 0))
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
            let before = sector_crcs(*at, &[0; 1024]);
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
        assert_eq!(again.blocks[&2048].before, sector_crcs(2048, &[0; 1024]));
    }

    #[test]
    fn sectors_are_those_of_the_image_wherever_a_block_begins() {
        let block = [1; 1024];
        let cut = |at| sectors(at, &block).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(cut(2048), [512, 512]);
        assert_eq!(cut(2048 + 100), [412, 512, 100]);
        assert_eq!(cut(2047), [1, 512, 511]);
        let record = record(&[(1337, 1), (1337 + 1024, 2)]);
        let bytes = encoded(&record);
        assert_eq!(bytes.len() as u64, record.len_bytes());
        let again = Record::decode(&bytes).unwrap();
        assert_eq!(again.blocks[&1337].before, record.blocks[&1337].before);
        assert_eq!(again.blocks[&1337].before.len(), 3);
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
