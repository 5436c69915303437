//! The GUID partition table (UEFI 2.10, section 5.3), checked by its two CRC-32.
//!
//! The primary copy is a header in logical block 1 and an array of entries after it; the backup
//! has its header in the disk's last block, and the entries before. The block size is not written
//! anywhere, so on a disk of 1 MiB the primary is looked for at bytes 512 and 4096, and the backup
//! at bytes 1048064 and 1044480. The backup is also looked for where a bad primary says it is: an
//! image may have grown since.
//!
//! Entries are read in pieces and only those in use are kept; an array of more than
//! [`MAX_ENTRIES_BYTES`], Linux's own limit, is refused unread.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Guid, Partition, PartitionKind, Scheme, Table, TableError};
use crate::device::{BlockDevice, DeviceError};

/// The logical block sizes that are tried.
const LBA_BYTES: [u64; 2] = [512, 4096];

/// The largest entry array that is read, in bytes: 32768 entries of the usual size.
const MAX_ENTRIES_BYTES: u64 = 4 << 20;

/// How much of the entry array is read at once, in bytes; entries never straddle two pieces.
const PIECE_BYTES: u64 = 64 << 10;

/// A header, 92 bytes; the rest of its logical block is zero.
#[derive(Debug, Clone, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Header {
    /// `EFI PART`.
    signature: [u8; 8],
    /// 0x00010000 since ever.
    revision: U32,
    /// Bytes under the header's CRC: 92 up to the logical block size.
    header_size: U32,
    /// CRC-32 of `header_size` bytes, this field taken as 0.
    header_crc32: U32,
    /// 0.
    reserved1: U32,
    /// The logical block that this header is in.
    my_lba: U64,
    /// The logical block that the other copy is in.
    alternate_lba: U64,
    /// The first logical block that partitions may use.
    first_usable_lba: U64,
    /// The last one.
    last_usable_lba: U64,
    /// A number to tell disks apart.
    disk_guid: [u8; 16],
    /// The logical block that the entries begin in.
    partition_entry_lba: U64,
    /// Entries in the array.
    num_partition_entries: U32,
    /// Bytes in an entry: 128 times a power of two.
    sizeof_partition_entry: U32,
    /// CRC-32 of the array.
    partition_entry_array_crc32: U32,
}

const _: () = assert!(size_of::<Header>() == 92);

/// An entry's first 128 bytes.
#[derive(Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Entry {
    /// What it holds; zero is unused.
    partition_type_guid: [u8; 16],
    /// A number to tell partitions apart.
    unique_partition_guid: [u8; 16],
    /// Its first logical block.
    starting_lba: U64,
    /// Its last one.
    ending_lba: U64,
    /// Flags.
    attributes: U64,
    /// UTF-16, up to a zero.
    partition_name: [U16; 36],
}

const _: () = assert!(size_of::<Entry>() == 128);

/// Which copy of a GPT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GptCopy {
    /// The one at the start of the disk.
    Primary,
    /// The one at its end; the primary is bad.
    Backup,
}

/// What is wrong with a copy of a GPT.
#[derive(Debug, thiserror::Error)]
pub enum CopyDefect {
    /// There is no header where one should be.
    #[error("no 'EFI PART' at byte {at_bytes}")]
    NoSignature {
        /// Where, in bytes of the image.
        at_bytes: u64,
    },
    /// A field of the header has a value that it cannot have.
    #[error("{field} is {value} in the header at byte {at_bytes}")]
    Field {
        /// Its on-disk name.
        field: &'static str,
        /// Its value.
        value: u64,
        /// Where the header is, in bytes of the image.
        at_bytes: u64,
    },
    /// A checksum is wrong.
    #[error("{field} is {stored:#010x} in the header at byte {at_bytes}, not {computed:#010x}")]
    Crc {
        /// Its on-disk name.
        field: &'static str,
        /// Its value.
        stored: u32,
        /// What it should be.
        computed: u32,
        /// Where the header is, in bytes of the image.
        at_bytes: u64,
    },
    /// Its bytes could not be read, or lie past the disk's end.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

impl CopyDefect {
    /// Whether the host, not the table, failed.
    #[must_use]
    pub fn is_host_io(&self) -> bool {
        matches!(self, Self::Device(DeviceError::Io { .. }))
    }

    /// Whether there was a header to find fault with.
    fn is_in_a_header(&self) -> bool {
        matches!(self, Self::Field { .. } | Self::Crc { .. })
    }
}

/// Reads the GPT of `disk`. None where there is none, which takes that the MBR is not
/// `protective` and that there is no header where the primary would be.
pub(super) fn read(disk: &dyn BlockDevice, protective: bool) -> Result<Option<Table>, TableError> {
    let mut primary = None;
    let mut alternates = Vec::new();
    for lba_bytes in LBA_BYTES {
        match read_copy(disk, lba_bytes, 1) {
            Ok(partitions) => return Ok(Some(table(lba_bytes, GptCopy::Primary, partitions))),
            Err((defect, alternate_lba)) => {
                alternates.extend(alternate_lba.map(|lba| (lba_bytes, lba)));
                keep_worst(&mut primary, defect);
            }
        }
    }
    if !protective && alternates.is_empty() {
        return match primary {
            // There may be one where the host cannot read.
            Some(CopyDefect::Device(e @ DeviceError::Io { .. })) => Err(e.into()),
            _ => Ok(None),
        };
    }
    let mut backup = None;
    let last = LBA_BYTES.map(|lba_bytes| {
        let count = disk.size_bytes().checked_div(lba_bytes).unwrap_or_default();
        (lba_bytes, count.saturating_sub(1))
    });
    // Block 0 is the MBR, and block 1 the primary.
    for (lba_bytes, lba) in last.into_iter().chain(alternates).filter(|(_, lba)| *lba > 1) {
        match read_copy(disk, lba_bytes, lba) {
            Ok(partitions) => return Ok(Some(table(lba_bytes, GptCopy::Backup, partitions))),
            Err((defect, _)) => keep_worst(&mut backup, defect),
        }
    }
    // A disk too small for a backup has no place to name but its end.
    let end_bytes = disk.image_offset_bytes().saturating_add(disk.size_bytes());
    let none = || CopyDefect::NoSignature { at_bytes: end_bytes.saturating_sub(512) };
    Err(TableError::Gpt {
        primary: primary.unwrap_or_else(none),
        backup: backup.unwrap_or_else(none),
    })
}

fn table(lba_bytes: u64, copy: GptCopy, partitions: Vec<Partition>) -> Table {
    Table { scheme: Scheme::Gpt { lba_bytes, copy }, partitions, damage: None }
}

/// Keeps the defect that tells most: one in a header that is there, or else the first.
fn keep_worst(kept: &mut Option<CopyDefect>, defect: CopyDefect) {
    let tells_more = |old: &CopyDefect| !old.is_in_a_header() && defect.is_in_a_header();
    if kept.as_ref().is_none_or(tells_more) {
        *kept = Some(defect);
    }
}

/// Reads and checks the copy whose header is in block `lba`. Where that fails, it hands back the
/// block that the other copy is in, if there is a header that says so.
fn read_copy(
    disk: &dyn BlockDevice,
    lba_bytes: u64,
    lba: u64,
) -> Result<Vec<Partition>, (CopyDefect, Option<u64>)> {
    let offset_bytes = lba.saturating_mul(lba_bytes);
    let at_bytes = disk.image_offset_bytes().saturating_add(offset_bytes);
    let mut block = vec![0; usize::try_from(lba_bytes).unwrap_or_default()];
    disk.read_at(&mut block, offset_bytes).map_err(|e| (e.into(), None))?;
    let header = match Header::read_from_prefix(&block) {
        Ok((header, _)) if &header.signature == b"EFI PART" => header,
        _ => return Err((CopyDefect::NoSignature { at_bytes }, None)),
    };
    check_header(&header, &block, lba, at_bytes)
        .and_then(|()| read_entries(disk, &header, lba_bytes, at_bytes))
        .map_err(|defect| (defect, Some(header.alternate_lba.get())))
}

/// Checks what can be checked of a header without its entries.
fn check_header(header: &Header, block: &[u8], lba: u64, at_bytes: u64) -> Result<(), CopyDefect> {
    let field = |field, value| Err(CopyDefect::Field { field, value, at_bytes });
    let header_size = header.header_size.get();
    let summed = usize::try_from(header_size).ok().and_then(|len| block.get(..len));
    let Some(after) = summed.and_then(|bytes| bytes.get(size_of::<Header>()..)) else {
        return field("header_size", header_size.into());
    };
    let mut crc = crc32fast::Hasher::new();
    crc.update(Header { header_crc32: U32::ZERO, ..header.clone() }.as_bytes());
    crc.update(after);
    let (stored, computed) = (header.header_crc32.get(), crc.finalize());
    if stored != computed {
        return Err(CopyDefect::Crc { field: "header_crc32", stored, computed, at_bytes });
    }
    if header.my_lba.get() != lba {
        return field("my_lba", header.my_lba.get());
    }
    let entry_bytes = header.sizeof_partition_entry.get();
    if !(128..=4096).contains(&entry_bytes) || !entry_bytes.is_power_of_two() {
        return field("sizeof_partition_entry", entry_bytes.into());
    }
    let entries = header.num_partition_entries.get();
    if entries_bytes(header) > MAX_ENTRIES_BYTES {
        return field("num_partition_entries", entries.into());
    }
    Ok(())
}

/// The length of the entry array.
fn entries_bytes(header: &Header) -> u64 {
    let entries = u64::from(header.num_partition_entries.get());
    entries.saturating_mul(header.sizeof_partition_entry.get().into())
}

/// The entries in use of the array that a checked header describes.
fn read_entries(
    disk: &dyn BlockDevice,
    header: &Header,
    lba_bytes: u64,
    at_bytes: u64,
) -> Result<Vec<Partition>, CopyDefect> {
    let entry_bytes = usize::try_from(header.sizeof_partition_entry.get()).unwrap_or(128);
    let mut left_bytes = entries_bytes(header);
    let mut offset_bytes = header.partition_entry_lba.get().saturating_mul(lba_bytes);
    let mut piece = vec![0; usize::try_from(left_bytes.min(PIECE_BYTES)).unwrap_or_default()];
    let mut crc = crc32fast::Hasher::new();
    let mut partitions = Vec::new();
    let mut numbers = 1..;
    while left_bytes > 0 {
        let len_bytes = left_bytes.min(PIECE_BYTES);
        piece.truncate(usize::try_from(len_bytes).unwrap_or_default());
        disk.read_at(&mut piece, offset_bytes)?;
        crc.update(&piece);
        for (bytes, number) in piece.chunks_exact(entry_bytes).zip(&mut numbers) {
            let Ok((entry, _)) = Entry::ref_from_prefix(bytes) else { continue };
            if entry.partition_type_guid != [0; 16] {
                partitions.push(entry.partition(number, lba_bytes));
            }
        }
        left_bytes = left_bytes.saturating_sub(len_bytes);
        offset_bytes = offset_bytes.saturating_add(len_bytes);
    }
    let (stored, computed) = (header.partition_entry_array_crc32.get(), crc.finalize());
    if stored != computed {
        let field = "partition_entry_array_crc32";
        return Err(CopyDefect::Crc { field, stored, computed, at_bytes });
    }
    Ok(partitions)
}

impl Entry {
    fn partition(&self, number: u32, lba_bytes: u64) -> Partition {
        // A block number past 2^64 bytes saturates: it lies past the end of any disk.
        let start = self.starting_lba.get();
        let count = self.ending_lba.get().checked_sub(start).map_or(0, |n| n.saturating_add(1));
        let name: Vec<u16> = self
            .partition_name
            .iter()
            .map(|unit| unit.get())
            .take_while(|unit| *unit != 0)
            .collect();
        Partition {
            number,
            start_bytes: start.saturating_mul(lba_bytes),
            len_bytes: count.saturating_mul(lba_bytes),
            kind: PartitionKind::Gpt(Guid(self.partition_type_guid)),
            name: String::from_utf16_lossy(&name),
        }
    }
}
