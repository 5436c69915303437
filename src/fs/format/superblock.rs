//! What a new superblock says, and what the descriptors of the groups say.
//!
//! The fields are those that `mke2fs` sets, with its values: no limit of mounts before a check, half
//! MD4 for the indexes, access control lists and attributes on by default.

use zerocopy::FromZeros;
use zerocopy::little_endian::{U16, U32};

use super::features::FormatFeatures;
use super::geometry::{FsGeometry, LEAST_INODES};
use crate::fs::disk::{RawGroupDescriptor, RawSuperblock};
use crate::fs::features::{Compat, Incompat, RoCompat};
use crate::fs::inode::Time;
use crate::fs::superblock::MAGIC;

/// `s_feature_compat`: extended attributes, and room for descriptors.
const EXT_ATTR: u32 = 0x8;
const RESIZE_INODE: u32 = 0x10;
/// `s_state`: it was unmounted cleanly.
const VALID_FS: u16 = 1;
/// `s_errors`: go on.
const CONTINUE: u16 = 1;
/// `s_default_mount_opts`: attributes and access control lists.
const XATTR_AND_ACL: u32 = 0xc;
/// `bg_flags`: the inode table holds zeros where it holds no inodes. It says something only to ext4.
const INODE_ZEROED: u16 = 4;
/// `s_min_extra_isize`, where inodes have room for it.
const EXTRA_BYTES: u16 = 32;

/// What tells a filesystem from others.
#[derive(Debug, Clone)]
pub struct Identity {
    pub label: Vec<u8>,
    pub uuid: [u8; 16],
    pub hash_seed: [u8; 16],
    /// `s_def_hash_version`.
    pub hash_version: u8,
    pub unsigned_hash: bool,
    pub now: Time,
    pub reserved_per_myriad: u32,
}

/// What of a filesystem is in use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub free_blocks: u64,
    pub free_inodes: u64,
}

/// The superblock of group 0.
pub fn raw_superblock(geometry: &FsGeometry, identity: &Identity, usage: Usage) -> RawSuperblock {
    let mut raw = RawSuperblock::new_zeroed();
    let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
    let short = |number: u64| U16::new(u16::try_from(number).unwrap_or(u16::MAX));
    raw.s_inodes_count = narrow(geometry.inodes_count());
    raw.s_blocks_count = narrow(geometry.blocks_count);
    let reserved = geometry.blocks_count.saturating_mul(u64::from(identity.reserved_per_myriad));
    raw.s_r_blocks_count = narrow(reserved.checked_div(10_000).unwrap_or(0));
    raw.s_free_blocks_count = narrow(usage.free_blocks);
    raw.s_free_inodes_count = narrow(usage.free_inodes);
    raw.s_first_data_block = narrow(geometry.first_data_block);
    let log = U32::new(geometry.block_size_bytes.trailing_zeros().saturating_sub(10));
    (raw.s_log_block_size, raw.s_log_frag_size) = (log, log);
    raw.s_blocks_per_group = narrow(geometry.blocks_per_group);
    raw.s_frags_per_group = raw.s_blocks_per_group;
    raw.s_inodes_per_group = narrow(geometry.inodes_per_group);
    let now = U32::new(u32::try_from(identity.now.seconds.max(0)).unwrap_or(u32::MAX));
    (raw.s_wtime, raw.s_lastcheck, raw.s_mkfs_time) = (now, now, now);
    raw.s_max_mnt_count = U16::new(u16::MAX);
    raw.s_magic = U16::new(MAGIC);
    raw.s_state = U16::new(VALID_FS);
    raw.s_errors = U16::new(CONTINUE);
    raw.s_rev_level = U32::new(1);
    raw.s_first_ino = narrow(LEAST_INODES);
    raw.s_inode_size = short(geometry.inode_size_bytes);
    put_features(&mut raw, geometry.features);
    raw.s_uuid = identity.uuid;
    for (to, from) in raw.s_volume_name.iter_mut().zip(&identity.label) {
        *to = *from;
    }
    raw.s_reserved_gdt_blocks = short(geometry.reserved_descriptor_blocks);
    let (words, _) = identity.hash_seed.as_chunks::<4>();
    for (to, from) in raw.s_hash_seed.iter_mut().zip(words) {
        *to = U32::from_bytes(*from);
    }
    raw.s_def_hash_version = identity.hash_version;
    raw.s_default_mount_opts = U32::new(XATTR_AND_ACL);
    if geometry.inode_size_bytes > 128 {
        raw.s_min_extra_isize = U16::new(EXTRA_BYTES);
        raw.s_want_extra_isize = U16::new(EXTRA_BYTES);
    }
    raw.s_flags = U32::new(if identity.unsigned_hash { 2 } else { 1 });
    let boot = geometry.first_data_block;
    raw.s_overhead_clusters = narrow(geometry.metadata_blocks().saturating_add(boot));
    raw
}

fn put_features(raw: &mut RawSuperblock, features: FormatFeatures) {
    let word = |known: &[(FormatFeatures, u32)]| {
        let known = known.iter().filter(|(feature, _)| features.contains(*feature));
        U32::new(known.fold(0, |word, (_, bits)| word | bits))
    };
    raw.s_feature_compat = word(&[
        (FormatFeatures::EXT_ATTR, EXT_ATTR),
        (FormatFeatures::RESIZE_INODE, RESIZE_INODE),
        (FormatFeatures::DIR_INDEX, Compat::DIR_INDEX.bits()),
    ]);
    raw.s_feature_incompat = word(&[(FormatFeatures::FILETYPE, Incompat::FILETYPE.bits())]);
    raw.s_feature_ro_compat = word(&[
        (FormatFeatures::SPARSE_SUPER, RoCompat::SPARSE_SUPER.bits()),
        (FormatFeatures::LARGE_FILE, RoCompat::LARGE_FILE.bits()),
    ]);
}

/// What is in use of a group.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroupUsage {
    pub free_blocks: u64,
    pub free_inodes: u64,
    pub directories: u64,
}

/// The descriptors of all groups.
pub fn descriptors(geometry: &FsGeometry, groups: &[GroupUsage]) -> Vec<RawGroupDescriptor> {
    let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
    let short = |number: u64| U16::new(u16::try_from(number).unwrap_or(u16::MAX));
    let descriptor = |(number, group): (u64, &GroupUsage)| {
        let mut raw = RawGroupDescriptor::new_zeroed();
        let bitmap = geometry.block_bitmap(number);
        raw.bg_block_bitmap = narrow(bitmap.0);
        raw.bg_inode_bitmap = narrow(bitmap.plus(1).0);
        raw.bg_inode_table = narrow(geometry.inode_table(number).0);
        raw.bg_free_blocks_count = short(group.free_blocks);
        raw.bg_free_inodes_count = short(group.free_inodes);
        raw.bg_used_dirs_count = short(group.directories);
        raw.bg_flags = U16::new(INODE_ZEROED);
        raw
    };
    (0..).zip(groups).map(descriptor).collect()
}
