//! Disks for tests: a device in memory, and a filesystem of which only the mark exists.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};

use super::tools;
use mpimg::device::{BlockDevice, DeviceError, Result};

/// A device in memory.
#[derive(Debug, Clone)]
pub struct Memory(pub Vec<u8>);

impl BlockDevice for Memory {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        let size_bytes = self.size_bytes();
        if offset_bytes.checked_add(len_bytes).is_none_or(|end| end > size_bytes) {
            return Err(DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes });
        }
        let start = usize::try_from(offset_bytes).unwrap();
        buf.copy_from_slice(&self.0[start..start + buf.len()]);
        Ok(())
    }
}

/// The mark of a filesystem, and where it is from the filesystem's start, in bytes.
pub const MARK: &[u8; 8] = b"TESTFS01";
pub const MARK_AT: usize = 1024;

/// Writes the mark of a filesystem that starts at byte `start` of `disk`.
pub fn mark(disk: &mut [u8], start: usize) {
    disk[start + MARK_AT..][..MARK.len()].copy_from_slice(MARK);
}

/// Looks for the mark.
pub fn probe(device: &dyn BlockDevice) -> Result<bool> {
    let mut found = [0; MARK.len()];
    device.read_at(&mut found, MARK_AT as u64)?;
    Ok(&found == MARK)
}

/// Numbers in tables.
pub fn put_u16(disk: &mut [u8], at: usize, value: u16) {
    disk[at..at + 2].copy_from_slice(&value.to_le_bytes());
}
pub fn put_u32(disk: &mut [u8], at: usize, value: u32) {
    disk[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
pub fn put_u64(disk: &mut [u8], at: usize, value: u64) {
    disk[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Writes record `index` of the boot record at `sector`, which gets its signature too.
pub fn put_record(disk: &mut [u8], sector: usize, index: usize, sys_ind: u8, start: u32, len: u32) {
    let at = sector * 512 + 446 + index * 16;
    disk[at] = 0;
    disk[at + 4] = sys_ind;
    put_u32(disk, at + 8, start);
    put_u32(disk, at + 12, len);
    put_u16(disk, sector * 512 + 510, 0xAA55);
}

/// A GPT to be written.
#[derive(Debug, Clone)]
pub struct Gpt {
    pub lba_bytes: usize,
    /// The block of the header.
    pub my_lba: usize,
    pub alternate_lba: u64,
    /// The block of the entries.
    pub entry_lba: usize,
    /// Entries and bytes in each, as claimed.
    pub entries: u32,
    pub entry_bytes: u32,
    /// First and last block of each partition.
    pub partitions: Vec<(u64, u64)>,
}

impl Gpt {
    /// A usual primary copy.
    pub fn primary(lba_bytes: usize, partitions: Vec<(u64, u64)>) -> Self {
        let (entries, entry_bytes) = (128, 128);
        Self {
            lba_bytes,
            my_lba: 1,
            alternate_lba: 0,
            entry_lba: 2,
            entries,
            entry_bytes,
            partitions,
        }
    }

    /// Writes the header and the array with right checksums of what there is room for.
    pub fn write(&self, disk: &mut [u8]) {
        let array_at = self.entry_lba * self.lba_bytes;
        for (index, (first, last)) in self.partitions.iter().enumerate() {
            let entry = &mut disk[array_at + index * self.entry_bytes as usize..][..128];
            entry[..16].copy_from_slice(&[
                0xAF, 0x3D, 0xC6, 0x0F, 0x83, 0x84, 0x72, 0x47, 0x8E, 0x79, 0x3D, 0x69, 0xD8, 0x47,
                0x7D, 0xE4,
            ]);
            put_u64(entry, 32, *first);
            put_u64(entry, 40, *last);
        }
        let array_bytes = u64::from(self.entries) * u64::from(self.entry_bytes);
        let room = disk.len().saturating_sub(array_at);
        let array_len = usize::try_from(array_bytes).unwrap().min(room);
        let array_crc = crc32fast::hash(&disk[array_at..array_at + array_len]);
        let header = &mut disk[self.my_lba * self.lba_bytes..][..92];
        header.fill(0);
        header[..8].copy_from_slice(b"EFI PART");
        put_u32(header, 8, 0x10000);
        put_u32(header, 12, 92);
        put_u64(header, 24, self.my_lba as u64);
        put_u64(header, 32, self.alternate_lba);
        put_u64(header, 72, self.entry_lba as u64);
        put_u32(header, 80, self.entries);
        put_u32(header, 84, self.entry_bytes);
        put_u32(header, 88, array_crc);
        let crc = crc32fast::hash(header);
        put_u32(header, 16, crc);
    }
}

/// Starts a tool with piped standard input and output.
pub fn spawn<I: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = I>) -> Child {
    let mut command = tools::command(tool);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Runs a tool to its end, with `input` for its standard input. It must succeed.
pub fn feed<I: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = I>, input: &str) -> String {
    let mut child = spawn(tool, args);
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{tool}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Makes an image of `size_bytes` with the partitions of an sfdisk script.
pub fn sfdisk(image: &Path, size_bytes: u64, script: &str) {
    std::fs::File::create(image).unwrap().set_len(size_bytes).unwrap();
    feed("sfdisk", [OsStr::new("--quiet"), image.as_os_str()], script);
}
