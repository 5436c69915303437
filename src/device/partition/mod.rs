//! Partition tables: what is where on a disk image.
//!
//! A table made by `sfdisk` with 8 MiB of Linux at sector 2048 reads as one partition with number
//! 1, start 1048576 bytes, size 8388608 bytes and type 0x83. Numbers are those of Linux
//! (`/dev/sda5` is 5), positions are bytes from the start of the disk that the table describes.
//!
//! A protective MBR, one with a partition of type 0xEE, means GPT, also where other partitions
//! stand beside it: such a hybrid MBR only repeats what the GPT says. An MBR with partitions and
//! no such one means MBR, whatever an earlier GPT may have left behind it. An empty or missing MBR
//! leaves it to the GPT.
//!
//! Tables are hostile. Their size, and the memory for them, is bounded by constants here, whatever
//! they claim; overlaps and ranges past the end are listed as they are, and are an error only for
//! who selects one.

mod gpt;
mod mbr;
mod select;

use std::fmt;

use super::{BlockDevice, DeviceError, Family, Result};

pub use gpt::{CopyDefect, GptCopy};
pub use select::{Probe, Selection, select};

/// What reading a partition table found.
#[derive(Debug)]
pub struct Table {
    /// Which kind of table it is.
    pub scheme: Scheme,
    /// Its partitions, by number.
    pub partitions: Vec<Partition>,
    /// Why there may be more partitions than these: the table is damaged past the last one.
    pub damage: Option<TableError>,
}

/// The kinds of partition table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// A master boot record, with the chain of logical partitions.
    Mbr,
    /// A GUID partition table.
    Gpt {
        /// Its logical block size: 512 or 4096 bytes.
        lba_bytes: u64,
        /// Which of the two copies was read.
        copy: GptCopy,
    },
}

/// A range of bytes with a number and a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its number, as Linux counts: from 1, logical partitions from 5.
    pub number: u32,
    /// Where it begins, in bytes from the start of the table's disk.
    pub start_bytes: u64,
    /// Its length in bytes; 0 where the table has it end before it begins.
    pub len_bytes: u64,
    /// What it is said to hold.
    pub kind: PartitionKind,
    /// Its name in a GPT, which nobody has vouched for; empty in an MBR.
    pub name: String,
}

impl Partition {
    /// The byte after its last.
    #[must_use]
    pub fn end_bytes(&self) -> u64 {
        self.start_bytes.saturating_add(self.len_bytes)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, start_bytes, len_bytes, kind, name } = self;
        write!(f, "{number}  start {start_bytes} bytes, size {len_bytes} bytes, type {kind}")?;
        if !name.is_empty() {
            // The name comes from the image: quoted, so that it cannot act on a terminal.
            write!(f, ", name {name:?}")?;
        }
        Ok(())
    }
}

/// What a partition is said to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKind {
    /// The type byte of an MBR: 0x83 is Linux.
    Mbr(u8),
    /// The type GUID of a GPT: 0FC63DAF-8483-4772-8E79-3D69D8477DE4 is Linux.
    Gpt(Guid),
}

impl PartitionKind {
    /// Whether it holds other partitions rather than data.
    #[must_use]
    pub fn is_extended(self) -> bool {
        matches!(self, Self::Mbr(sys_ind) if mbr::is_extended(sys_ind))
    }
}

impl fmt::Display for PartitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mbr(sys_ind) => write!(f, "{sys_ind:#04x}"),
            Self::Gpt(guid) => guid.fmt(f),
        }
    }
}

/// A GUID as it lies on disk: its first three fields are little-endian (UEFI 2.10, appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e0, e1, e2, e3, e4, e5] = self.0;
        for byte in [a3, a2, a1, a0] {
            write!(f, "{byte:02X}")?;
        }
        write!(f, "-{b1:02X}{b0:02X}-{c1:02X}{c0:02X}-{d0:02X}{d1:02X}-")?;
        for byte in [e0, e1, e2, e3, e4, e5] {
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

/// What is wrong with a partition table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There should be a GPT, and neither copy of it is sound.
    #[error("both copies of the GPT are bad: primary: {primary}; backup: {backup}")]
    Gpt {
        /// What is wrong with the one after the protective MBR.
        primary: CopyDefect,
        /// What is wrong with the one at the end of the disk.
        backup: CopyDefect,
    },
    /// The chain of extended boot records comes back to one that was read before.
    #[error("the chain of logical partitions loops: sector {sector} is linked to twice")]
    ChainLoops {
        /// The record's sector.
        sector: u64,
    },
    /// The chain of extended boot records does not end.
    #[error("the chain of logical partitions has more than {limit} links")]
    ChainTooLong {
        /// The most that are followed.
        limit: usize,
    },
    /// A link leads to a sector that is no extended boot record.
    #[error(
        "sector {sector} of the chain of logical partitions ends in {signature:#06x}, not 0xaa55"
    )]
    ChainBroken {
        /// The sector.
        sector: u64,
        /// What it has where the signature should be.
        signature: u16,
    },
    /// The table's bytes could not be read.
    #[error("the partition table: {0}")]
    Device(#[from] DeviceError),
}

impl TableError {
    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Device(e) => e.family(),
            Self::Gpt { primary, backup } if primary.is_host_io() || backup.is_host_io() => {
                Family::HostIo
            }
            _ => Family::Corrupt,
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gpt { .. } => "gpt_corrupt",
            Self::ChainLoops { .. } | Self::ChainTooLong { .. } | Self::ChainBroken { .. } => {
                "mbr_chain_corrupt"
            }
            Self::Device(e) => e.code(),
        }
    }
}

/// Reads the partition table of `disk`, where it has one.
///
/// # Errors
/// [`TableError::Gpt`] where both copies of a GPT are bad, and [`TableError::Device`] where the
/// host cannot read the first sector. A damaged chain of logical partitions is no error here, but
/// the table's [`damage`](Table::damage).
pub fn read_table(disk: &dyn BlockDevice) -> std::result::Result<Option<Table>, TableError> {
    let Some(sector) = read_first_sector(disk)? else { return Ok(None) };
    let record = mbr::MasterBootRecord::parse(&sector);
    let protective = record.is_some_and(mbr::MasterBootRecord::is_protective);
    match record.filter(|record| !protective && record.has_partitions()) {
        Some(record) => Ok(Some(mbr::read(disk, record))),
        None => gpt::read(disk, protective),
    }
}

/// The first sector of `disk`, where it has a whole one.
fn read_first_sector(disk: &dyn BlockDevice) -> Result<Option<[u8; 512]>> {
    let mut sector = [0; 512];
    if disk.size_bytes() < sector.len() as u64 {
        return Ok(None);
    }
    disk.read_at(&mut sector, 0)?;
    Ok(Some(sector))
}
