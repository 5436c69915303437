//! Which part of a disk image is meant.
//!
//! A disk with a FAT partition 1 and an ext2 partition 2 needs no `--partition`: the floor above
//! says which of them is its own, and a sole one is taken. With an ext2 in partition 3 too, the
//! user has to choose.

use super::{Partition, Table, read_table};
use crate::device::{BlockDevice, DeviceError, OpenError, Window};

/// Whether a device holds a filesystem of the floor above. Reads as little as it can.
pub type Probe = fn(&dyn BlockDevice) -> Result<bool, DeviceError>;

/// Which partition of an image to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// The whole image where it holds a filesystem, or else the sole partition that does, or else
    /// the whole image after all: the floor above then says what it is not.
    Unnamed,
    /// The partition of this number.
    Number(u32),
    /// The sole partition that holds a filesystem.
    Auto,
}

/// Selects a partition of `disk`. None is the whole of it. The table is handed back where one was
/// read.
///
/// # Errors
/// As [`open`](crate::device::open()) has them for partitions.
pub fn select(
    disk: &dyn BlockDevice,
    selection: Selection,
    probe: Probe,
) -> Result<(Option<Partition>, Option<Table>), OpenError> {
    if selection == Selection::Unnamed && holds(probe, disk)? {
        return Ok((None, None));
    }
    let table = match read_table(disk)? {
        Some(table) => table,
        None if selection == Selection::Unnamed => return Ok((None, None)),
        None => return Err(OpenError::NoTable { offset_bytes: disk.image_offset_bytes() }),
    };
    match selection {
        Selection::Number(number) => numbered(disk, table, number),
        Selection::Auto | Selection::Unnamed => {
            let candidates = candidates(disk, &table, probe)?;
            sole(disk, table, candidates, selection)
        }
    }
}

/// The partition of this number.
fn numbered(
    disk: &dyn BlockDevice,
    table: Table,
    number: u32,
) -> Result<(Option<Partition>, Option<Table>), OpenError> {
    match (table.partitions.iter().find(|p| p.number == number).cloned(), table.damage) {
        (Some(partition), damage) => {
            check(disk, &partition)?;
            Ok((Some(partition), Some(Table { damage, ..table })))
        }
        // It may be one of those that the damage hides.
        (None, Some(damage)) => Err(damage.into()),
        (None, None) => Err(OpenError::NoSuchPartition { number, have: table.partitions }),
    }
}

/// The sole candidate.
fn sole(
    disk: &dyn BlockDevice,
    table: Table,
    mut candidates: Vec<Partition>,
    selection: Selection,
) -> Result<(Option<Partition>, Option<Table>), OpenError> {
    if candidates.len() > 1 {
        return Err(OpenError::Ambiguous { candidates });
    }
    if let Some(damage) = table.damage {
        // One that cannot be seen may qualify too. Naming the partition gets past this.
        return Err(damage.into());
    }
    let table = Table { damage: None, ..table };
    match candidates.pop() {
        Some(partition) => {
            check(disk, &partition)?;
            Ok((Some(partition), Some(table)))
        }
        None if selection == Selection::Auto => {
            Err(OpenError::NoCandidate { have: table.partitions })
        }
        None => Ok((None, Some(table))),
    }
}

/// The partitions that hold a filesystem, also where the image is too short for all of it: such
/// a one is what the user means, and has to be told about.
fn candidates(
    disk: &dyn BlockDevice,
    table: &Table,
    probe: Probe,
) -> Result<Vec<Partition>, DeviceError> {
    let size_bytes = disk.size_bytes();
    let mut candidates = Vec::new();
    for partition in table.partitions.iter().filter(|p| !p.kind.is_extended()) {
        let end_bytes = partition.end_bytes().min(size_bytes);
        let len_bytes = end_bytes.saturating_sub(partition.start_bytes);
        if len_bytes > 0 && holds(probe, &Window::new(disk, partition.start_bytes, len_bytes)?)? {
            candidates.push(partition.clone());
        }
    }
    Ok(candidates)
}

/// What the probe says; a device too short for its question holds nothing.
fn holds(probe: Probe, device: &dyn BlockDevice) -> Result<bool, DeviceError> {
    match probe(device) {
        Err(DeviceError::PastEnd { .. }) => Ok(false),
        answer => answer,
    }
}

/// Refuses a partition that cannot be used as a device.
fn check(disk: &dyn BlockDevice, partition: &Partition) -> Result<(), OpenError> {
    let Partition { number, start_bytes, len_bytes, .. } = *partition;
    if partition.kind.is_extended() {
        return Err(OpenError::Extended { number });
    }
    let base_bytes = disk.image_offset_bytes();
    let start_in_image = base_bytes.saturating_add(start_bytes);
    if len_bytes == 0 {
        return Err(OpenError::EmptyPartition { number, start_bytes: start_in_image });
    }
    if start_bytes.checked_add(len_bytes).is_none_or(|end| end > disk.size_bytes()) {
        return Err(OpenError::PartitionPastEnd {
            number,
            start_bytes: start_in_image,
            len_bytes,
            size_bytes: base_bytes.saturating_add(disk.size_bytes()),
        });
    }
    Ok(())
}
