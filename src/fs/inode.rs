//! Inodes: the on-disk form, and what it says about a file.

use std::fmt;

use serde::Serialize;
use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

use super::disk::{RawExtra, RawInode};
use super::error::{Corrupt, Result, Unsupported};
use crate::mpage::FsBlock;

/// An inode number; inodes count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ino(pub u32);

impl Ino {
    /// The root directory.
    pub const ROOT: Self = Self(2);
}

impl fmt::Display for Ino {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Flags that change where a file's data is (`i_flags`).
const EXTENTS_FL: u32 = 0x8_0000;
const INLINE_DATA_FL: u32 = 0x1000_0000;
const ENCRYPT_FL: u32 = 0x800;
const COMPRBLK_FL: u32 = 0x200;

/// What an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

impl FileType {
    /// The type in the high bits of a mode.
    #[must_use]
    pub fn from_mode(mode: u16) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o020_000 => Self::CharDevice,
            0o060_000 => Self::BlockDevice,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }

    /// The high bits of a mode that stand for it.
    #[must_use]
    pub fn mode_bits(self) -> u16 {
        match self {
            Self::Regular => 0o100_000,
            Self::Directory => 0o040_000,
            Self::Symlink => 0o120_000,
            Self::CharDevice => 0o020_000,
            Self::BlockDevice => 0o060_000,
            Self::Fifo => 0o010_000,
            Self::Socket => 0o140_000,
        }
    }

    /// The type that a directory entry tells, with `filetype`.
    #[must_use]
    pub fn from_dirent(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Regular,
            2 => Self::Directory,
            3 => Self::CharDevice,
            4 => Self::BlockDevice,
            5 => Self::Fifo,
            6 => Self::Socket,
            7 => Self::Symlink,
            _ => return None,
        })
    }

    /// The letter that `ls -l` begins with.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Regular => '-',
            Self::Directory => 'd',
            Self::Symlink => 'l',
            Self::CharDevice => 'c',
            Self::BlockDevice => 'b',
            Self::Fifo => 'p',
            Self::Socket => 's',
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Regular => "regular file",
            Self::Directory => "directory",
            Self::Symlink => "symbolic link",
            Self::CharDevice => "character device",
            Self::BlockDevice => "block device",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
        })
    }
}

/// A point in time: seconds since 1970 and nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Time {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub seconds: i64,
    /// Nanoseconds after them, below 1,000,000,000.
    pub nanoseconds: u32,
}

impl Time {
    fn new(seconds: U32, extra: Option<U32>) -> Self {
        let signed = i64::from(seconds.get().cast_signed());
        let Some(extra) = extra.map(U32::get) else {
            return Self { seconds: signed, nanoseconds: 0 };
        };
        let epoch = i64::from(extra & 3) << 32;
        // 30 bits hold more than a second's worth; what is over is not a time.
        let nanoseconds = (extra >> 2).min(999_999_999);
        Self { seconds: signed.saturating_add(epoch), nanoseconds }
    }
}

/// An inode, taken apart.
#[derive(Debug, Clone)]
pub struct Inode {
    ino: Ino,
    raw: RawInode,
    extra: Option<RawExtra>,
    file_type: FileType,
    block_bits: u32,
}

impl Inode {
    /// Takes apart an inode of `bytes.len()` bytes.
    ///
    /// # Errors
    /// [`Corrupt::Inode`] where the mode names no file type.
    pub fn parse(ino: Ino, bytes: &[u8], block_bits: u32) -> Result<Self> {
        let corrupt = |field, value, want| Corrupt::Inode { ino, field, value, want };
        let Ok((raw, rest)) = RawInode::read_from_prefix(bytes) else {
            return Err(corrupt("s_inode_size", bytes.len() as u64, "want 128 or more").into());
        };
        let mode = raw.i_mode.get();
        let Some(file_type) = FileType::from_mode(mode) else {
            let want = "whose high bits are no file type";
            return Err(corrupt("i_mode", u64::from(mode), want).into());
        };
        let extra = RawExtra::read_from_prefix(rest)
            .ok()
            .map(|(extra, _)| extra)
            .filter(|extra| usize::from(extra.i_extra_isize.get()) <= rest.len());
        Ok(Self { ino, raw, extra, file_type, block_bits })
    }

    /// Its number.
    #[must_use]
    pub fn ino(&self) -> Ino {
        self.ino
    }

    /// The fields as they stand on disk.
    #[must_use]
    pub fn raw(&self) -> &RawInode {
        &self.raw
    }

    /// What it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// Permission bits, set-id and sticky bits included.
    #[must_use]
    pub fn permissions(&self) -> u16 {
        self.raw.i_mode.get() & 0o7777
    }

    /// Size of the data in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let high = match self.file_type {
            FileType::Regular => u64::from(self.raw.i_size_high.get()),
            // The field is a directory's ACL in the oldest images.
            _ => 0,
        };
        (high << 32) | u64::from(self.raw.i_size.get())
    }

    /// Sectors of 512 bytes in use, indirect and attribute blocks included.
    #[must_use]
    pub fn sectors(&self) -> u64 {
        u64::from(self.raw.i_blocks.get())
    }

    /// Owner.
    #[must_use]
    pub fn uid(&self) -> u32 {
        (u32::from(self.raw.i_uid_high.get()) << 16) | u32::from(self.raw.i_uid.get())
    }

    /// Group.
    #[must_use]
    pub fn gid(&self) -> u32 {
        (u32::from(self.raw.i_gid_high.get()) << 16) | u32::from(self.raw.i_gid.get())
    }

    /// Hard links.
    #[must_use]
    pub fn links(&self) -> u16 {
        self.raw.i_links_count.get()
    }

    /// Last read.
    #[must_use]
    pub fn atime(&self) -> Time {
        Time::new(self.raw.i_atime, self.extra_field(16, |e| e.i_atime_extra))
    }

    /// Data last changed.
    #[must_use]
    pub fn mtime(&self) -> Time {
        Time::new(self.raw.i_mtime, self.extra_field(12, |e| e.i_mtime_extra))
    }

    /// Inode last changed.
    #[must_use]
    pub fn ctime(&self) -> Time {
        Time::new(self.raw.i_ctime, self.extra_field(8, |e| e.i_ctime_extra))
    }

    /// Made, where the inode is large enough to say.
    #[must_use]
    pub fn crtime(&self) -> Option<Time> {
        let seconds = self.extra_field(20, |e| e.i_crtime)?;
        Some(Time::new(seconds, self.extra_field(24, |e| e.i_crtime_extra)))
    }

    /// Bytes of fields after the first 128; extended attributes begin behind them.
    #[must_use]
    pub fn extra_size_bytes(&self) -> usize {
        self.extra.as_ref().map_or(0, |extra| usize::from(extra.i_extra_isize.get()))
    }

    /// The block of extended attributes.
    #[must_use]
    pub fn xattr_block(&self) -> Option<FsBlock> {
        match self.raw.i_file_acl.get() {
            0 => None,
            block => Some(FsBlock(u64::from(block))),
        }
    }

    /// Major and minor number of a device.
    #[must_use]
    pub fn device_number(&self) -> Option<(u32, u32)> {
        if !matches!(self.file_type, FileType::CharDevice | FileType::BlockDevice) {
            return None;
        }
        // Linux keeps numbers that fit into 8 and 8 bits in the first word, others in the second.
        let [old, new, ..] = self.raw.i_block.map(U32::get);
        Some(if old != 0 {
            ((old >> 8) & 0xff, old & 0xff)
        } else {
            ((new & 0xf_ff00) >> 8, (new & 0xff) | ((new >> 12) & 0xf_ff00))
        })
    }

    /// Whether the symlink's target stands in the inode itself: it owns no block but perhaps one
    /// of attributes. Source: `ext2_inode_is_fast_symlink` in Linux `fs/ext2/inode.c`.
    #[must_use]
    pub fn is_fast_symlink(&self) -> bool {
        let attribute_sectors = match self.xattr_block() {
            Some(_) => 1_u64 << self.block_bits.saturating_sub(9),
            None => 0,
        };
        self.file_type == FileType::Symlink && self.sectors() == attribute_sectors
    }

    /// Refuses an inode whose data is not where a block map says.
    ///
    /// # Errors
    /// [`Unsupported::InodeFormat`] for extents, inline data, encryption and compression, which
    /// belong to features that the superblock does not declare.
    pub fn check_format(&self) -> Result<()> {
        let flags = self.raw.i_flags.get();
        for (flag, what) in [
            (EXTENTS_FL, "extents"),
            (INLINE_DATA_FL, "inline data"),
            (ENCRYPT_FL, "encryption"),
            (COMPRBLK_FL, "compression"),
        ] {
            if flags & flag != 0 {
                return Err(Unsupported::InodeFormat { ino: self.ino, what }.into());
            }
        }
        Ok(())
    }

    /// A field of the part after 128 bytes that ends `end` bytes into it, if it is there.
    fn extra_field(&self, end: u16, field: impl Fn(&RawExtra) -> U32) -> Option<U32> {
        self.extra.as_ref().filter(|extra| extra.i_extra_isize.get() >= end).map(field)
    }
}
