//! The superblock: its on-disk form, its checks, and the sizes that follow from it.
//!
//! Parsing takes bytes and does no I/O. A [`Superblock`] has been checked: every number that the
//! rest of the floor multiplies, divides or loops by is in the range that the format allows.
//!
//! ```
//! use mpimg::fs::Superblock;
//! let zeros = [0; 1024];
//! let error = Superblock::parse(&zeros, 1024).unwrap_err();
//! assert_eq!(error.to_string(), "not an ext2 filesystem (magic 0x0000 at byte 1080, want 0xef53)");
//! ```

use zerocopy::FromBytes;

use super::disk::RawSuperblock;
use super::error::{Corrupt, FsError, Result, Unsupported};
use super::features::{Compat, FeatureSet, Incompat, RoCompat};

/// Where the primary superblock lies, whatever the block size.
pub const SUPERBLOCK_OFFSET_BYTES: u64 = 1024;
/// Its size.
pub const SUPERBLOCK_SIZE_BYTES: usize = 1024;
/// `s_magic`.
pub const MAGIC: u16 = 0xef53;
/// Where `s_magic` lies in the superblock.
pub const MAGIC_OFFSET_BYTES: u64 = 56;
/// The largest block: 64 KiB.
const MAX_LOG_BLOCK_SIZE: u32 = 6;

/// A superblock that has been checked.
#[derive(Debug, Clone)]
pub struct Superblock {
    raw: RawSuperblock,
    offset_bytes: u64,
    groups: u32,
}

impl Superblock {
    /// Takes apart and checks the superblock that was read from `offset_bytes`.
    ///
    /// # Errors
    /// [`Unsupported`] where it is not one, or uses features that forbid reading; [`Corrupt`]
    /// where a field has a value that the format does not allow.
    pub fn parse(bytes: &[u8], offset_bytes: u64) -> Result<Self> {
        let mut superblock = Self::inspect(bytes, offset_bytes)?;
        if let Some(refusal) = superblock.refusal() {
            return Err(refusal.into());
        }
        superblock.groups = superblock.check_sizes()?;
        Ok(superblock)
    }

    /// Takes apart a superblock without asking whether it can be read or even makes sense: for
    /// showing what it says.
    ///
    /// # Errors
    /// [`Unsupported`] where it is not one.
    pub fn inspect(bytes: &[u8], offset_bytes: u64) -> Result<Self> {
        let Ok((raw, _)) = RawSuperblock::read_from_prefix(bytes) else {
            return Err(Unsupported::TooSmall { size_bytes: bytes.len() as u64 }.into());
        };
        if raw.s_magic.get() != MAGIC {
            return Err(Unsupported::NotExt2 {
                magic: raw.s_magic.get(),
                offset_bytes: offset_bytes.saturating_add(MAGIC_OFFSET_BYTES),
            }
            .into());
        }
        Ok(Self { raw, offset_bytes, groups: 0 })
    }

    /// Why it may not be read, by the revision and the features that it declares.
    #[must_use]
    pub fn refusal(&self) -> Option<Unsupported> {
        if self.raw.s_rev_level.get() > 1 {
            return Some(Unsupported::Revision(self.raw.s_rev_level.get()));
        }
        let stops = self.features().stops_reading();
        // A journal that needs recovery is a state, not a format: it deserves its own words,
        // unless the format is not ours anyway.
        if stops.incompat == Incompat::RECOVER {
            return Some(Unsupported::NeedsRecovery);
        }
        (!stops.is_empty()).then_some(Unsupported::Features(stops))
    }

    /// Checks each field before the next one is computed from it; returns the number of groups.
    fn check_sizes(&self) -> Result<u32> {
        let raw = &self.raw;
        let check = |ok: bool, field, value: u32, want| {
            if ok {
                return Ok(());
            }
            let value = u64::from(value);
            let offset_bytes = self.offset_bytes;
            Err(FsError::from(Corrupt::Superblock { offset_bytes, field, value, want }))
        };
        let log = raw.s_log_block_size.get();
        check(log <= MAX_LOG_BLOCK_SIZE, "s_log_block_size", log, "want 0 to 6")?;
        let bits_per_block =
            u32::try_from(self.block_size_bytes().saturating_mul(8)).unwrap_or(u32::MAX);

        let per_group = raw.s_blocks_per_group.get();
        let want = "want a multiple of 8 up to 8 for each byte in a block";
        let clusters = self.features().ro_compat.bits() & 0x200 != 0;
        let fits = clusters || per_group <= bits_per_block;
        check(
            per_group > 0 && per_group.is_multiple_of(8) && fits,
            "s_blocks_per_group",
            per_group,
            want,
        )?;

        let inode_size = self.inode_size_bytes();
        let fits = inode_size >= 128
            && inode_size.is_power_of_two()
            && inode_size as u64 <= self.block_size_bytes();
        let value = u32::from(raw.s_inode_size.get());
        check(fits, "s_inode_size", value, "want a power of 2 from 128 to the block size")?;

        let per_group = raw.s_inodes_per_group.get();
        let want = "want 1 to 8 for each byte in a block";
        check(per_group > 0 && per_group <= bits_per_block, "s_inodes_per_group", per_group, want)?;

        let first = raw.s_first_data_block.get();
        // With 1 KiB blocks the superblock is block 1; with larger ones it lies inside block 0.
        let fits = first == u32::from(log == 0) || (clusters && first == 0);
        check(fits, "s_first_data_block", first, "want 1 with 1 KiB blocks, else 0")?;

        let blocks = raw.s_blocks_count.get();
        check(blocks > first, "s_blocks_count", blocks, "want more than s_first_data_block")?;
        let groups = blocks.saturating_sub(first).div_ceil(raw.s_blocks_per_group.get());

        let inodes = raw.s_inodes_count.get();
        let want = "want s_inodes_per_group for each group";
        let fits = u64::from(inodes) == u64::from(groups).saturating_mul(u64::from(per_group));
        check(fits, "s_inodes_count", inodes, want)?;

        let first_ino = self.first_ino();
        check(first_ino >= 11 && first_ino <= inodes, "s_first_ino", first_ino, "want 11 or more")?;
        Ok(groups)
    }

    /// The fields as they stand on disk.
    #[must_use]
    pub fn raw(&self) -> &RawSuperblock {
        &self.raw
    }

    /// Where this copy was read from.
    #[must_use]
    pub fn offset_bytes(&self) -> u64 {
        self.offset_bytes
    }

    /// Base-two logarithm of the block size.
    #[must_use]
    pub fn block_bits(&self) -> u32 {
        self.raw.s_log_block_size.get().min(MAX_LOG_BLOCK_SIZE).saturating_add(10)
    }

    /// Bytes in a block: 1 KiB to 64 KiB.
    #[must_use]
    pub fn block_size_bytes(&self) -> u64 {
        1 << self.block_bits()
    }

    /// Bytes in an inode.
    #[must_use]
    pub fn inode_size_bytes(&self) -> usize {
        match self.raw.s_rev_level.get() {
            0 => 128,
            _ => usize::from(self.raw.s_inode_size.get()),
        }
    }

    /// The first inode that is not reserved.
    #[must_use]
    pub fn first_ino(&self) -> u32 {
        match self.raw.s_rev_level.get() {
            0 => 11,
            _ => self.raw.s_first_ino.get(),
        }
    }

    /// Blocks in the filesystem.
    #[must_use]
    pub fn blocks_count(&self) -> u64 {
        u64::from(self.raw.s_blocks_count.get())
    }

    /// The first block that belongs to a group.
    #[must_use]
    pub fn first_data_block(&self) -> u64 {
        u64::from(self.raw.s_first_data_block.get())
    }

    /// Groups, at least 1.
    #[must_use]
    pub fn groups_count(&self) -> u32 {
        self.groups
    }

    /// Inodes in the filesystem.
    #[must_use]
    pub fn inodes_count(&self) -> u32 {
        self.raw.s_inodes_count.get()
    }

    /// The features in use. Revision 0 should have none; where it claims some, they count, as
    /// they do for the kernel: to overlook a feature is worse than to refuse it.
    #[must_use]
    pub fn features(&self) -> FeatureSet {
        FeatureSet {
            compat: Compat::from_bits_retain(self.raw.s_feature_compat.get()),
            incompat: Incompat::from_bits_retain(self.raw.s_feature_incompat.get()),
            ro_compat: RoCompat::from_bits_retain(self.raw.s_feature_ro_compat.get()),
        }
    }

    /// Whether a group holds a copy of the superblock and the descriptors.
    #[must_use]
    pub fn group_has_super(&self, group: u32) -> bool {
        if self.features().compat.contains(Compat::SPARSE_SUPER2) {
            return group == 0 || self.raw.s_backup_bgs.iter().any(|backup| backup.get() == group);
        }
        let sparse = self.features().ro_compat.contains(RoCompat::SPARSE_SUPER);
        !sparse || is_backup_group(group)
    }
}

/// Whether a group holds a superblock where only some do.
pub(super) fn is_backup_group(group: u32) -> bool {
    group <= 1 || [3, 5, 7].into_iter().any(|base| is_power_of(group, base))
}

/// Whether `number` is `base` to some power of at least 1.
fn is_power_of(number: u32, base: u32) -> bool {
    std::iter::successors(Some(base), |power| power.checked_mul(base))
        .take_while(|power| *power <= number)
        .any(|power| power == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_lie_in_groups_0_1_and_powers_of_3_5_7() {
        let powers: Vec<u32> =
            (2..400).filter(|n| [3, 5, 7].iter().any(|b| is_power_of(*n, *b))).collect();
        assert_eq!(powers, [3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343]);
    }
}
