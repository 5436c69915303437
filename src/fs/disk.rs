//! On-disk forms: the structures of ext2 as they lie in their blocks.
//!
//! Fields keep their on-disk names and are little-endian; nothing here is checked. A size assertion
//! follows each structure. The inode's size field is `i_size` at byte 4 of 128:
//!
//! ```
//! use mpimg::fs::RawInode;
//! use zerocopy::FromBytes;
//! let mut bytes = [0; 128];
//! bytes[4] = 10;
//! assert_eq!(RawInode::read_from_bytes(&bytes).unwrap().i_size.get(), 10);
//! ```

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Direct block pointers in an inode; three more lead to indirect blocks.
pub const DIRECT_BLOCKS: usize = 12;
/// Block pointers in an inode.
pub const POINTERS: usize = 15;

/// The superblock on disk, up to the last field that ext2 and ext3 use; source:
/// `struct ext2_super_block` in Linux `fs/ext2/ext2.h`.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RawSuperblock {
    /// Inodes.
    pub s_inodes_count: U32,
    /// Blocks.
    pub s_blocks_count: U32,
    /// Blocks that only root may use.
    pub s_r_blocks_count: U32,
    /// Free blocks.
    pub s_free_blocks_count: U32,
    /// Free inodes.
    pub s_free_inodes_count: U32,
    /// The first block that belongs to a group: 1 with 1 KiB blocks, else 0.
    pub s_first_data_block: U32,
    /// Block size: 1 KiB shifted left by this.
    pub s_log_block_size: U32,
    /// Fragment (with `bigalloc`, cluster) size, likewise.
    pub s_log_frag_size: U32,
    /// Blocks in a group.
    pub s_blocks_per_group: U32,
    /// Fragments in a group.
    pub s_frags_per_group: U32,
    /// Inodes in a group.
    pub s_inodes_per_group: U32,
    /// Last mounted, in seconds since 1970.
    pub s_mtime: U32,
    /// Last written, in seconds since 1970.
    pub s_wtime: U32,
    /// Mounts since the last check.
    pub s_mnt_count: U16,
    /// Mounts after which to check.
    pub s_max_mnt_count: U16,
    /// [`MAGIC`].
    pub s_magic: U16,
    /// Bit 0: unmounted cleanly; bit 1: errors were found.
    pub s_state: U16,
    /// What the kernel does on an error.
    pub s_errors: U16,
    /// Minor revision.
    pub s_minor_rev_level: U16,
    /// Last checked, in seconds since 1970.
    pub s_lastcheck: U32,
    /// Seconds between checks.
    pub s_checkinterval: U32,
    /// Who made it; 0 is Linux.
    pub s_creator_os: U32,
    /// 0: inodes of 128 bytes and no features; 1: as the fields below say.
    pub s_rev_level: U32,
    /// Who may use the reserved blocks.
    pub s_def_resuid: U16,
    /// Who may use the reserved blocks.
    pub s_def_resgid: U16,
    /// The first inode that is not reserved.
    pub s_first_ino: U32,
    /// Bytes in an inode.
    pub s_inode_size: U16,
    /// The group whose copy this is.
    pub s_block_group_nr: U16,
    /// See [`Compat`].
    pub s_feature_compat: U32,
    /// See [`Incompat`].
    pub s_feature_incompat: U32,
    /// See [`RoCompat`].
    pub s_feature_ro_compat: U32,
    /// The filesystem's UUID.
    pub s_uuid: [u8; 16],
    /// Its label, NUL padded.
    pub s_volume_name: [u8; 16],
    /// Where it was mounted last, NUL padded.
    pub s_last_mounted: [u8; 64],
    /// Compression bitmap.
    pub s_algorithm_usage_bitmap: U32,
    /// Blocks to preallocate for files.
    pub s_prealloc_blocks: u8,
    /// Blocks to preallocate for directories.
    pub s_prealloc_dir_blocks: u8,
    /// Descriptor blocks reserved for growth.
    pub s_reserved_gdt_blocks: U16,
    /// UUID of an external journal.
    pub s_journal_uuid: [u8; 16],
    /// The journal's inode.
    pub s_journal_inum: U32,
    /// Device of an external journal.
    pub s_journal_dev: U32,
    /// Head of the list of orphans.
    pub s_last_orphan: U32,
    /// Seed of the directory index's hash.
    pub s_hash_seed: [U32; 4],
    /// The directory index's hash.
    pub s_def_hash_version: u8,
    /// Whether `s_jnl_blocks` holds a copy of the journal inode's map.
    pub s_jnl_backup_type: u8,
    /// Bytes in a group descriptor, with `64bit`.
    pub s_desc_size: U16,
    /// Default mount options.
    pub s_default_mount_opts: U32,
    /// With `meta_bg`, the first descriptor block that is spread.
    pub s_first_meta_bg: U32,
    /// Made, in seconds since 1970.
    pub s_mkfs_time: U32,
    /// Copy of the journal inode's map.
    pub s_jnl_blocks: [U32; 17],
    /// With `64bit`, the high halves of the block counts.
    pub s_blocks_count_hi: U32,
    /// See `s_blocks_count_hi`.
    pub s_r_blocks_count_hi: U32,
    /// See `s_blocks_count_hi`.
    pub s_free_blocks_count_hi: U32,
    /// Bytes that every inode has after its first 128.
    pub s_min_extra_isize: U16,
    /// Bytes that a new inode should have after its first 128.
    pub s_want_extra_isize: U16,
    /// Bit 0: directory hashes are of signed characters; bit 1: of unsigned ones.
    pub s_flags: U32,
    /// Not used by ext2 or ext3.
    pub s_reserved_of_raid: [u8; 20],
    /// KiB written in the filesystem's life.
    pub s_kbytes_written: U64,
    /// Not used by ext2 or ext3.
    pub s_reserved_before_overhead: [u8; 200],
    /// Blocks that metadata takes of an empty filesystem.
    pub s_overhead_clusters: U32,
    /// With `sparse_super2`, the groups besides the first that hold a copy; 0 for none.
    pub s_backup_bgs: [U32; 2],
    /// Not used by ext2 or ext3.
    pub s_reserved: [u8; 428],
}

const _: () = assert!(size_of::<RawSuperblock>() == 1024);

/// Bytes in a descriptor; `64bit`, which makes it larger, is not supported.
pub const DESCRIPTOR_SIZE_BYTES: u64 = 32;

/// A group descriptor on disk; source: `struct ext2_group_desc` in Linux `fs/ext2/ext2.h`.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RawGroupDescriptor {
    /// The block of the block bitmap.
    pub bg_block_bitmap: U32,
    /// The block of the inode bitmap.
    pub bg_inode_bitmap: U32,
    /// The first block of the inode table.
    pub bg_inode_table: U32,
    /// Free blocks.
    pub bg_free_blocks_count: U16,
    /// Free inodes.
    pub bg_free_inodes_count: U16,
    /// Directories.
    pub bg_used_dirs_count: U16,
    /// Flags of ext4.
    pub bg_flags: U16,
    /// Not used.
    pub bg_reserved: [U32; 3],
}

const _: () = assert!(size_of::<RawGroupDescriptor>() as u64 == DESCRIPTOR_SIZE_BYTES);

/// The first 128 bytes of an inode; source: `struct ext2_inode` in Linux `fs/ext2/ext2.h`.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RawInode {
    /// Type and permissions.
    pub i_mode: U16,
    /// Owner, low half.
    pub i_uid: U16,
    /// Size in bytes, low half.
    pub i_size: U32,
    /// Last read, in seconds since 1970.
    pub i_atime: U32,
    /// Inode last changed, in seconds since 1970.
    pub i_ctime: U32,
    /// Data last changed, in seconds since 1970.
    pub i_mtime: U32,
    /// Deleted, in seconds since 1970.
    pub i_dtime: U32,
    /// Group, low half.
    pub i_gid: U16,
    /// Hard links.
    pub i_links_count: U16,
    /// Sectors of 512 bytes in use, metadata included.
    pub i_blocks: U32,
    /// Flags.
    pub i_flags: U32,
    /// Not used on Linux.
    pub i_osd1: U32,
    /// Block pointers; or a fast symlink's target; or a device's number.
    pub i_block: [U32; POINTERS],
    /// Generation, for NFS.
    pub i_generation: U32,
    /// The block of extended attributes, 0 if none.
    pub i_file_acl: U32,
    /// For regular files, the high half of the size (`i_dir_acl` of old).
    pub i_size_high: U32,
    /// Fragment address; not used.
    pub i_faddr: U32,
    /// High half of `i_blocks`, with `huge_file`.
    pub i_blocks_hi: U16,
    /// High half of `i_file_acl`, with `64bit`.
    pub i_file_acl_high: U16,
    /// Owner, high half.
    pub i_uid_high: U16,
    /// Group, high half.
    pub i_gid_high: U16,
    /// Checksum, with `metadata_csum`.
    pub i_checksum_lo: U16,
    /// Not used.
    pub i_reserved: U16,
}

const _: () = assert!(size_of::<RawInode>() == 128);

/// What follows the first 128 bytes where inodes are larger; source: `struct ext4_inode` in Linux
/// `fs/ext4/ext4.h`. Only the first `i_extra_isize` bytes hold anything.
#[derive(Debug, Clone, Default, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct RawExtra {
    /// Bytes of this part that hold anything, this field included.
    pub i_extra_isize: U16,
    /// High half of the checksum, with `metadata_csum`.
    pub i_checksum_hi: U16,
    /// Nanoseconds shifted left by 2, and two more bits of the seconds.
    pub i_ctime_extra: U32,
    /// As `i_ctime_extra`, of the data.
    pub i_mtime_extra: U32,
    /// As `i_ctime_extra`, of the last read.
    pub i_atime_extra: U32,
    /// Made, in seconds since 1970.
    pub i_crtime: U32,
    /// As `i_ctime_extra`, of the making.
    pub i_crtime_extra: U32,
}
