//! The master boot record and the chain of extended boot records.
//!
//! Four records at byte 446 of the first sector are partitions 1 to 4, in sectors of 512 bytes.
//! One of an extended type holds logical partitions, 5 and up, in a chain:
//!
//! ```text
//! sector 0      MBR: 1 Linux, 2 extended, from sector 20480 on
//! sector 20480  EBR: partition 5, from 20480 + 2048 on; next EBR at 20480 + 18432
//! sector 38912  EBR: partition 6, from 38912 + 2048 on; no next
//! ```
//!
//! A logical partition counts from its own EBR, the link from the extended partition's start.
//! Which records count, and their numbers, are as in Linux's `block/partitions/msdos.c`.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::{Partition, PartitionKind, Scheme, Table, TableError};
use crate::device::BlockDevice;

/// Bytes in a sector, which is what an MBR counts in.
const SECTOR_BYTES: u64 = 512;

/// The last two bytes of a boot record.
const SIGNATURE: u16 = 0xAA55;

/// The type of the partition that keeps MBR tools off a GPT.
const GPT_PROTECTIVE: u8 = 0xEE;

/// The most EBRs that are followed. Linux has minor numbers for fewer partitions than this.
const MAX_LINKS: usize = 256;

/// A partition, 16 bytes (`struct msdos_partition` of Linux).
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct PartitionRecord {
    /// 0x80 for the one to boot, 0 for the others; any other value and it is no partition table.
    boot_ind: u8,
    /// First sector as head, sector, cylinder; unused.
    start_chs: [u8; 3],
    /// Type; 0 is none.
    sys_ind: u8,
    /// Last sector as head, sector, cylinder; unused.
    end_chs: [u8; 3],
    /// First sector, in sectors from a base that depends on where the record stands.
    start_sect: U32,
    /// Length in sectors.
    nr_sects: U32,
}

const _: () = assert!(size_of::<PartitionRecord>() == 16);

/// A boot record, 512 bytes (`struct _legacy_mbr` of Linux's `block/partitions/efi.h`).
#[derive(Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct MasterBootRecord {
    /// Code, or the start of a filesystem's boot sector.
    boot_code: [u8; 440],
    /// A number to tell disks apart.
    unique_mbr_signature: U32,
    /// Unused.
    unknown: U16,
    /// The partitions.
    partition_record: [PartitionRecord; 4],
    /// 0xAA55.
    signature: U16,
}

const _: () = assert!(size_of::<MasterBootRecord>() == 512);

impl PartitionRecord {
    fn start_sectors(&self) -> u64 {
        u64::from(self.start_sect.get())
    }

    fn len_sectors(&self) -> u64 {
        u64::from(self.nr_sects.get())
    }

    /// Whether it links to an extended boot record.
    fn is_link(&self) -> bool {
        self.len_sectors() > 0 && is_extended(self.sys_ind)
    }

    fn partition(&self, number: u32, base_sectors: u64) -> Partition {
        // 33 bits of sectors are 42 bits of bytes: nothing here saturates.
        let start_sectors = base_sectors.saturating_add(self.start_sectors());
        Partition {
            number,
            start_bytes: start_sectors.saturating_mul(SECTOR_BYTES),
            len_bytes: self.len_sectors().saturating_mul(SECTOR_BYTES),
            kind: PartitionKind::Mbr(self.sys_ind),
            name: String::new(),
        }
    }
}

impl MasterBootRecord {
    /// A boot record with plausible partitions. The signature alone is also that of a FAT boot
    /// sector and of any other boot code.
    pub(super) fn parse(sector: &[u8]) -> Option<&Self> {
        let (record, _) = Self::ref_from_prefix(sector).ok()?;
        let plausible = record.partition_record.iter().all(|p| matches!(p.boot_ind, 0 | 0x80));
        (record.signature.get() == SIGNATURE && (plausible || record.is_protective()))
            .then_some(record)
    }

    /// Whether it says that there is a GPT.
    pub(super) fn is_protective(&self) -> bool {
        self.partition_record.iter().any(|p| p.sys_ind == GPT_PROTECTIVE)
    }

    /// Whether any of its records is in use.
    pub(super) fn has_partitions(&self) -> bool {
        self.partition_record.iter().any(|p| p.sys_ind != 0)
    }
}

/// Whether a partition of this type holds others: DOS, Windows with LBA, Linux.
pub(super) fn is_extended(sys_ind: u8) -> bool {
    matches!(sys_ind, 0x05 | 0x0F | 0x85)
}

/// The partitions of `record`, which is the first sector of `disk`.
pub(super) fn read(disk: &dyn BlockDevice, record: &MasterBootRecord) -> Table {
    let mut partitions = Vec::new();
    for (number, primary) in (1..).zip(&record.partition_record) {
        if primary.sys_ind != 0 {
            partitions.push(primary.partition(number, 0));
        }
    }
    let mut chain = Chain { disk, visited: Vec::new(), logical: Vec::new() };
    let mut damage = None;
    for primary in record.partition_record.iter().filter(|p| p.is_link()) {
        // A second extended partition is rare, but Linux follows it.
        if let Err(e) = chain.follow(primary.start_sectors(), primary.len_sectors()) {
            damage = Some(e);
            break;
        }
    }
    partitions.append(&mut chain.logical);
    Table { scheme: Scheme::Mbr, partitions, damage }
}

/// The logical partitions found so far, and the way to them.
struct Chain<'a> {
    disk: &'a dyn BlockDevice,
    /// The sectors of the EBRs read.
    visited: Vec<u64>,
    logical: Vec<Partition>,
}

impl Chain<'_> {
    /// Follows the chain of the extended partition of `len` sectors at sector `start`.
    fn follow(&mut self, start: u64, len: u64) -> Result<(), TableError> {
        let end = start.saturating_add(len);
        let (mut this, mut this_len) = (start, len);
        loop {
            if self.visited.contains(&this) {
                return Err(TableError::ChainLoops { sector: this });
            }
            if self.visited.len() >= MAX_LINKS {
                return Err(TableError::ChainTooLong { limit: MAX_LINKS });
            }
            self.visited.push(this);
            let mut sector = [0; size_of::<MasterBootRecord>()];
            self.disk.read_at(&mut sector, this.saturating_mul(SECTOR_BYTES))?;
            let Ok((ebr, _)) = MasterBootRecord::ref_from_prefix(&sector) else { return Ok(()) };
            let signature = ebr.signature.get();
            if signature != SIGNATURE {
                // Some tools write nothing into an extended partition that holds nothing.
                let is_blank = this == start && sector.iter().all(|byte| *byte == 0);
                let broken = TableError::ChainBroken { sector: this, signature };
                return if is_blank { Ok(()) } else { Err(broken) };
            }
            for (index, p) in ebr.partition_record.iter().enumerate() {
                let first = this.saturating_add(p.start_sectors());
                let last = first.saturating_add(p.len_sectors());
                // The third and fourth record are unused but by OS/2, and may be garbage.
                let is_inside = p.start_sectors().saturating_add(p.len_sectors()) <= this_len
                    && first >= start
                    && last <= end;
                if p.len_sectors() > 0
                    && p.sys_ind != 0
                    && !is_extended(p.sys_ind)
                    && (index < 2 || is_inside)
                {
                    // At most 4 for each of MAX_LINKS.
                    let number = u32::try_from(self.logical.len()).unwrap_or(u32::MAX);
                    self.logical.push(p.partition(number.saturating_add(5), this));
                }
            }
            let Some(next) = ebr.partition_record.iter().find(|p| p.is_link()) else {
                return Ok(());
            };
            this = start.saturating_add(next.start_sectors());
            this_len = next.len_sectors();
        }
    }
}
