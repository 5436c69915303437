//! An open filesystem: which superblock it goes by, and its inodes.

use std::sync::Arc;

use super::error::{CallerError, Corrupt, FsError, Result, Unsupported};
use super::group::GroupDescriptor;
use super::inode::{Ino, Inode};
use super::metadata::Metadata;
use super::superblock::{
    MAGIC, MAGIC_OFFSET_BYTES, SUPERBLOCK_OFFSET_BYTES, SUPERBLOCK_SIZE_BYTES, Superblock,
};
use crate::device::{BlockDevice, DeviceError};
use crate::mpage::FsBlock;

/// Gaps between inodes that are read through.
const INODE_GAP_BYTES: u64 = 32 << 10;
/// Most bytes of an inode table that are read together: what one call of the cache takes.
const INODE_RUN_BYTES: u64 = 128 << 10;

/// How to open a filesystem.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenOptions {
    /// Go by the superblock in this block, and by no other.
    pub superblock_block: Option<u64>,
}

/// An open filesystem.
pub struct Filesystem {
    superblock: Superblock,
    metadata: Metadata,
    primary_fault: Option<FsError>,
}

/// Whether the device looks like ext2 (or ext3, or ext4): the magic number is there.
///
/// # Errors
/// The host cannot read it. A device that is too small does not look like ext2.
pub fn probe(device: &dyn BlockDevice) -> std::result::Result<bool, DeviceError> {
    let mut magic = [0; 2];
    let offset = SUPERBLOCK_OFFSET_BYTES.saturating_add(MAGIC_OFFSET_BYTES);
    match device.read_at(&mut magic, offset) {
        Ok(()) => Ok(u16::from_le_bytes(magic) == MAGIC),
        Err(DeviceError::PastEnd { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Filesystem {
    /// Opens the filesystem on a device.
    ///
    /// Where the primary superblock is not one, or is corrupt, the backups are tried by
    /// themselves; [`primary_fault`](Self::primary_fault) then tells why.
    ///
    /// # Errors
    /// [`Unsupported`] where there is no ext2, or one that uses what is not supported;
    /// [`Corrupt`] where no superblock holds; what the device says.
    pub fn open(device: Arc<dyn BlockDevice>, options: OpenOptions) -> Result<Self> {
        if let Some(block) = options.superblock_block {
            let superblock = superblock_in_block(&*device, block)?;
            return Ok(Self::with(device, superblock, None));
        }
        let fault = match read_superblock(&*device, SUPERBLOCK_OFFSET_BYTES) {
            Ok(superblock) => return Ok(Self::with(device, superblock, None)),
            Err(fault) => fault,
        };
        let worth_trying = matches!(
            fault,
            FsError::Corrupt(_)
                | FsError::Device(DeviceError::Io { .. })
                | FsError::Unsupported(Unsupported::NotExt2 { .. } | Unsupported::Revision(_))
        );
        let backup = if worth_trying { find_backup(&*device) } else { None };
        match backup {
            Some(superblock) => Ok(Self::with(device, superblock, Some(fault))),
            None => Err(fault),
        }
    }

    fn with(
        device: Arc<dyn BlockDevice>,
        superblock: Superblock,
        primary_fault: Option<FsError>,
    ) -> Self {
        let metadata = Metadata::new(
            device,
            superblock.block_size_bytes(),
            // The superblock's own block is nobody's.
            superblock.first_data_block().saturating_add(1),
            superblock.blocks_count(),
        );
        Self { superblock, metadata, primary_fault }
    }

    /// The primary superblock of a filesystem that may be one that is refused: for showing what it
    /// says.
    ///
    /// # Errors
    /// There is none, or the device fails.
    pub fn inspect(device: &dyn BlockDevice) -> Result<Superblock> {
        let mut bytes = [0; SUPERBLOCK_SIZE_BYTES];
        device.read_at(&mut bytes, SUPERBLOCK_OFFSET_BYTES)?;
        Superblock::inspect(&bytes, SUPERBLOCK_OFFSET_BYTES)
    }

    /// The superblock in force.
    #[must_use]
    pub fn superblock(&self) -> &Superblock {
        &self.superblock
    }

    /// Why the primary superblock is not in force, where a backup is.
    #[must_use]
    pub fn primary_fault(&self) -> Option<&FsError> {
        self.primary_fault.as_ref()
    }

    /// The way to metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The descriptor of a group.
    ///
    /// # Errors
    /// It points outside the filesystem, or the device fails.
    pub fn group(&self, group: u32) -> Result<GroupDescriptor> {
        GroupDescriptor::read(&self.superblock, &self.metadata, group)
    }

    /// An inode.
    ///
    /// # Errors
    /// [`Corrupt`] where something names an inode that the filesystem does not have, or that is
    /// not one.
    pub fn inode(&self, ino: Ino) -> Result<Inode> {
        let (block, offset) = self.inode_place(ino)?;
        let bytes = block.get(offset..offset.saturating_add(self.superblock.inode_size_bytes()));
        Inode::parse(ino, bytes.unwrap_or_default(), self.superblock.block_bits())
    }

    /// All bytes of an inode.
    ///
    /// # Errors
    /// As [`inode`](Self::inode).
    pub fn inode_bytes(&self, ino: Ino) -> Result<Vec<u8>> {
        let (block, offset) = self.inode_place(ino)?;
        let bytes = block.get(offset..offset.saturating_add(self.superblock.inode_size_bytes()));
        Ok(bytes.unwrap_or_default().to_vec())
    }

    /// Reads the blocks of inode tables that hold these inodes, which are in order, in few calls:
    /// small gaps are read through, since copying them costs less than a call.
    pub(super) fn prefetch_inodes(&self, inos: impl Iterator<Item = Ino>) {
        let in_blocks = |bytes: u64| bytes >> self.superblock.block_bits();
        let (gap, most) = (in_blocks(INODE_GAP_BYTES), in_blocks(INODE_RUN_BYTES).max(1));
        let mut run: Option<(FsBlock, u64)> = None;
        // What cannot be found is told to whoever asks for the inode.
        let places = inos.filter_map(|ino| self.inode_location(ino).ok());
        for (block, _) in places {
            run = Some(match run {
                Some((first, len)) if block >= first && block.distance_from(first) < len => {
                    (first, len)
                }
                Some((first, len))
                    if block > first
                        && block.distance_from(first) <= len.saturating_add(gap)
                        && block.distance_from(first) < most =>
                {
                    (first, block.distance_from(first).saturating_add(1))
                }
                before => {
                    before.inspect(|(first, len)| self.metadata.prefetch(*first, *len));
                    (block, 1)
                }
            });
        }
        run.inspect(|(first, len)| self.metadata.prefetch(*first, *len));
    }

    /// The block of the inode table that holds an inode, with what it holds, and where in it.
    fn inode_place(&self, ino: Ino) -> Result<(super::Block, usize)> {
        let (block, offset) = self.inode_location(ino)?;
        Ok((self.metadata.read(block, "inode table")?, offset))
    }

    /// The block of the inode table that holds an inode, and where in it.
    pub(super) fn inode_location(&self, ino: Ino) -> Result<(FsBlock, usize)> {
        let count = self.superblock.inodes_count();
        if !(1..=count).contains(&ino.0) {
            let want = "want 1 to s_inodes_count";
            let (field, value) = ("its number", u64::from(ino.0));
            return Err(Corrupt::Inode { ino, field, value, want }.into());
        }
        let per_group = self.superblock.raw().s_inodes_per_group.get();
        let index = ino.0.saturating_sub(1);
        let group = index.checked_div(per_group).unwrap_or(0);
        let in_group = u64::from(index.checked_rem(per_group).unwrap_or(0));
        let table = self.group(group)?.inode_table();
        let offset = in_group.saturating_mul(self.superblock.inode_size_bytes() as u64);
        let block_bits = self.superblock.block_bits();
        let block = table.plus(offset >> block_bits);
        let in_block = offset & self.superblock.block_size_bytes().saturating_sub(1);
        Ok((block, usize::try_from(in_block).unwrap_or(usize::MAX)))
    }
}

fn read_superblock(device: &dyn BlockDevice, offset_bytes: u64) -> Result<Superblock> {
    let mut bytes = [0; SUPERBLOCK_SIZE_BYTES];
    match device.read_at(&mut bytes, offset_bytes) {
        Ok(()) => Superblock::parse(&bytes, offset_bytes),
        Err(DeviceError::PastEnd { size_bytes, .. }) => {
            Err(Unsupported::TooSmall { size_bytes }.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The superblock in a block whose number the caller gave: the block size is the one for which a
/// superblock of that block size lies there.
fn superblock_in_block(device: &dyn BlockDevice, block: u64) -> Result<Superblock> {
    let mut first_fault = None;
    for block_bits in 10..=16_u32 {
        let Some(mut offset_bytes) = block.checked_mul(1 << block_bits) else { break };
        // With larger blocks the primary lies inside of block 0.
        if block == 0 {
            offset_bytes = SUPERBLOCK_OFFSET_BYTES;
        }
        match read_superblock(device, offset_bytes) {
            Ok(found) if found.block_bits() == block_bits => return Ok(found),
            Err(fault @ FsError::Corrupt(_)) => first_fault = first_fault.or(Some(fault)),
            Err(fault @ (FsError::Device(_) | FsError::Unsupported(Unsupported::Features(_)))) => {
                return Err(fault);
            }
            _ => {}
        }
    }
    Err(first_fault.unwrap_or_else(|| CallerError::NoSuperblockThere { block }.into()))
}

/// The first backup that holds. They lie at the start of groups 1, 3, 5, 7, 9, ...; the block size
/// is not known, so each is tried with the group size that goes with it: 8 blocks for each byte of
/// a block, but no more than a descriptor can count, as every formatter has it unless told.
fn find_backup(device: &dyn BlockDevice) -> Option<Superblock> {
    const GROUPS: [u64; 8] = [1, 3, 5, 7, 9, 25, 27, 49];
    // `EXT2_MAX_BLOCKS_PER_GROUP` in `lib/ext2fs/ext2_fs.h` of e2fsprogs.
    const MAX_GROUP_BLOCKS: u64 = (1 << 16) - 8;
    for block_bits in 10..=16_u32 {
        let block_size = 1_u64 << block_bits;
        let first_data_block = u64::from(block_bits == 10);
        let group_blocks = block_size.saturating_mul(8).min(MAX_GROUP_BLOCKS);
        for group in GROUPS {
            let block = group.saturating_mul(group_blocks).saturating_add(first_data_block);
            let offset_bytes = block.saturating_mul(block_size);
            let Ok(found) = read_superblock(device, offset_bytes) else { continue };
            if found.block_bits() == block_bits
                && u64::from(found.raw().s_block_group_nr.get()) == group
            {
                return Some(found);
            }
        }
    }
    None
}
