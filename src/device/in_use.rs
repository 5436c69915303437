//! Whether the kernel uses an image: two writers that do not know of each other destroy it.
//!
//! A lock says nothing here, for neither a mount nor `losetup` takes one. After
//! `mount -o loop disk.img /mnt`, the file `/sys/block/loop0/loop/backing_file` holds the path
//! `disk.img`, and a line of `/proc/self/mountinfo` names 7:0, the device; so `mpimg put disk.img`
//! says
//!
//! ```text
//! mpimg: disk.img: is mounted on /mnt (by /dev/loop0)
//! ```
//!
//! Files are told by device and inode number, so that another name for the image hides nothing. A
//! block device is claimed for a moment: the kernel refuses that for one that is mounted, swap
//! space, or part of another device, and for a disk with such a partition.
//!
//! What cannot be seen cannot be refused: a mount in another mount namespace still keeps its loop
//! device, but a backing file whose name does not lead to it from here is overlooked.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags, major, minor, stat};
use rustix::io::Errno;

use super::OpenError;

/// Makes sure that the kernel does not use what `path` led to.
///
/// # Errors
/// [`OpenError::Mounted`], [`OpenError::AttachedTo`] and [`OpenError::Claimed`] where it does, and
/// [`OpenError::CannotMeasure`] or [`OpenError::CannotOpen`] where the host would not tell.
pub fn check_unused(file: &File, path: &Path) -> Result<(), OpenError> {
    let metadata = file.metadata().map_err(OpenError::CannotMeasure)?;
    let kind = metadata.file_type();
    if kind.is_file() {
        check_loop_devices(&metadata)
    } else if kind.is_block_device() {
        check_claim(path, &metadata)
    } else {
        Ok(())
    }
}

/// Refuses a file that is attached to a loop device, mounted or not: whoever attached it means to
/// use it.
fn check_loop_devices(image: &Metadata) -> Result<(), OpenError> {
    let attached = loop_devices_of(image);
    let mounts = if attached.is_empty() { Vec::new() } else { mounts() };
    for name in &attached {
        let number = fs::read_to_string(format!("/sys/block/{name}/dev")).unwrap_or_default();
        if let Some(at) = mounted_on(&mounts, number.trim(), name) {
            return Err(OpenError::Mounted { device: format!("/dev/{name}"), at });
        }
    }
    match attached.first() {
        Some(name) => Err(OpenError::AttachedTo { device: format!("/dev/{name}") }),
        None => Ok(()),
    }
}

/// The names of the loop devices whose backing file this is, sorted. Where `/proc` or `/sys` is
/// missing, there are none to be seen.
fn loop_devices_of(image: &Metadata) -> Vec<String> {
    let is_image = |name: &&str| {
        let Some(backing) = backing_file(name) else { return false };
        stat(&backing).is_ok_and(|s| s.st_dev == image.dev() && s.st_ino == image.ino())
    };
    // Major, minor, blocks, name. A loop device is listed while something is attached to it: to
    // ask each of those that there are takes longer.
    let table = fs::read_to_string("/proc/partitions").unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split_whitespace().nth(3));
    let attached = names.filter(|name| name.starts_with("loop")).filter(is_image);
    let mut attached: Vec<_> = attached.map(str::to_owned).collect();
    attached.sort();
    attached
}

/// The path of a loop device's backing file, where it has one. A host may have dozens of loop
/// devices, so it takes three system calls.
fn backing_file(name: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let path = format!("/sys/block/{name}/loop/backing_file");
    let file = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let mut page = [0; 4096];
    let len = rustix::io::read(file, &mut page).ok()?;
    Some(page.get(..len)?.strip_suffix(b"\n")?.to_vec())
}

/// Refuses a block device that the kernel, or a program that wants it for itself, has claimed.
fn check_claim(path: &Path, device: &Metadata) -> Result<(), OpenError> {
    // Opened for reading, the claim ends without the kernel looking for partitions again.
    let flags = (OFlags::EXCL | OFlags::NONBLOCK).bits().cast_signed();
    let Err(error) = OpenOptions::new().read(true).custom_flags(flags).open(path) else {
        return Ok(());
    };
    if Errno::from_io_error(&error) != Some(Errno::BUSY) {
        return Err(OpenError::CannotOpen(error));
    }
    let number = format!("{}:{}", major(device.rdev()), minor(device.rdev()));
    let link = fs::read_link(format!("/sys/dev/block/{number}")).unwrap_or_default();
    let name = link.file_name().and_then(OsStr::to_str).unwrap_or_default();
    Err(match mounted_on(&mounts(), &number, name) {
        Some(at) => OpenError::Mounted { device: path.display().to_string(), at },
        None => OpenError::Claimed,
    })
}

/// A line of `/proc/self/mountinfo`, as far as it matters.
struct Mount {
    /// The device's numbers, as `7:0`.
    number: String,
    /// Where; spaces and the like are escaped as in the file.
    at: String,
    /// What was mounted, as `/dev/loop0`.
    source: String,
}

fn mounts() -> Vec<Mount> {
    let table = fs::read("/proc/self/mountinfo").unwrap_or_default();
    String::from_utf8_lossy(&table).lines().filter_map(mount).collect()
}

fn mount(line: &str) -> Option<Mount> {
    // Between these two parts lie optional fields.
    let (place, filesystem) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(2);
    let (number, at) = (place.next()?.to_owned(), place.nth(1)?.to_owned());
    let source = filesystem.split(' ').nth(1)?.to_owned();
    Some(Mount { number, at, source })
}

/// Where the device with this number is mounted, or a partition of the disk of this name.
fn mounted_on(mounts: &[Mount], number: &str, name: &str) -> Option<String> {
    let is_partition = |source: &str| {
        let Some(rest) = source.strip_prefix("/dev/").and_then(|s| s.strip_prefix(name)) else {
            return false;
        };
        // `sda` has `sda1`; `loop0` has `loop0p1`, for `loop01` would be another disk.
        let ends_in_digit = name.ends_with(|c: char| c.is_ascii_digit());
        let digits = if ends_in_digit { rest.strip_prefix('p') } else { Some(rest) };
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    let uses = |mount: &&Mount| {
        mount.number == number || (!name.is_empty() && is_partition(&mount.source))
    };
    mounts.iter().find(uses).map(|mount| mount.at.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw
42 22 7:0 / /mnt/a\\040b rw,relatime - ext2 /dev/loop0 rw
43 22 259:3 / /p rw - ext2 /dev/loop1p2 rw
44 22 8:17 /sub /q rw - ext2 /dev/sdb1 rw
45 22 0:30 / /tmp rw - tmpfs tmpfs rw
half a line";

    fn on(number: &str, name: &str) -> Option<String> {
        let mounts: Vec<_> = TABLE.lines().filter_map(mount).collect();
        assert_eq!(mounts.len(), 5);
        mounted_on(&mounts, number, name)
    }

    #[test]
    fn a_device_is_found_by_its_number_whatever_its_name_is() {
        assert_eq!(on("254:0", "vda").as_deref(), Some("/"));
        assert_eq!(on("7:0", "loop0").as_deref(), Some("/mnt/a\\040b"));
        assert_eq!(on("7:9", ""), None);
    }

    #[test]
    fn a_partition_is_found_by_its_disks_name() {
        assert_eq!(on("7:1", "loop1").as_deref(), Some("/p"));
        assert_eq!(on("8:16", "sdb").as_deref(), Some("/q"));
        assert_eq!(on("8:0", "sd"), None);
        assert_eq!(on("7:2", "loop2"), None);
    }
}
