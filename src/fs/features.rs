//! Feature flags: what an image uses, by the names that e2fsprogs gives them.
//!
//! ext2's rule: an unknown *incompat* feature forbids opening, an unknown *ro_compat* feature
//! forbids writing, a *compat* feature forbids nothing. Flags and names are those of
//! `lib/e2p/feature.c` and the kernel's `ext4.h`.

use bitflags::bitflags;

bitflags! {
    /// `s_feature_compat`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Compat: u32 {
        /// A journal inode: ext3.
        const HAS_JOURNAL = 0x4;
        /// Directories may carry an index.
        const DIR_INDEX = 0x20;
        /// Only the groups that the superblock names hold a backup superblock.
        const SPARSE_SUPER2 = 0x200;
        const _ = !0;
    }
}

bitflags! {
    /// `s_feature_incompat`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Incompat: u32 {
        /// Directory entries tell the type of what they name.
        const FILETYPE = 0x2;
        /// The journal holds what has not reached the filesystem.
        const RECOVER = 0x4;
        /// Descriptor blocks are spread over the groups they describe.
        const META_BG = 0x10;
        const _ = !0;
    }
}

bitflags! {
    /// `s_feature_ro_compat`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct RoCompat: u32 {
        /// Only some groups hold a backup superblock.
        const SPARSE_SUPER = 0x1;
        /// Some file is 2 GiB or longer.
        const LARGE_FILE = 0x2;
        const _ = !0;
    }
}

impl Incompat {
    /// What can be read.
    pub const READABLE: Self = Self::FILETYPE.union(Self::META_BG);
}

impl RoCompat {
    /// What can be written.
    pub const WRITABLE: Self = Self::SPARSE_SUPER.union(Self::LARGE_FILE);
}

const COMPAT_NAMES: &[(u32, &str)] = &[
    (0x1, "dir_prealloc"),
    (0x2, "imagic_inodes"),
    (0x4, "has_journal"),
    (0x8, "ext_attr"),
    (0x10, "resize_inode"),
    (0x20, "dir_index"),
    (0x40, "lazy_bg"),
    (0x80, "snapshot_bitmap"),
    (0x200, "sparse_super2"),
    (0x400, "fast_commit"),
    (0x800, "stable_inodes"),
    (0x1000, "orphan_file"),
];

const INCOMPAT_NAMES: &[(u32, &str)] = &[
    (0x1, "compression"),
    (0x2, "filetype"),
    (0x4, "needs_recovery"),
    (0x8, "journal_dev"),
    (0x10, "meta_bg"),
    (0x40, "extent"),
    (0x80, "64bit"),
    (0x100, "mmp"),
    (0x200, "flex_bg"),
    (0x400, "ea_inode"),
    (0x1000, "dirdata"),
    (0x2000, "metadata_csum_seed"),
    (0x4000, "large_dir"),
    (0x8000, "inline_data"),
    (0x10000, "encrypt"),
    (0x20000, "casefold"),
];

const RO_COMPAT_NAMES: &[(u32, &str)] = &[
    (0x1, "sparse_super"),
    (0x2, "large_file"),
    (0x8, "huge_file"),
    (0x10, "uninit_bg"),
    (0x20, "dir_nlink"),
    (0x40, "extra_isize"),
    (0x80, "snapshot"),
    (0x100, "quota"),
    (0x200, "bigalloc"),
    (0x400, "metadata_csum"),
    (0x800, "replica"),
    (0x1000, "read-only"),
    (0x2000, "project"),
    (0x4000, "shared_blocks"),
    (0x8000, "verity"),
    (0x10000, "orphan_present"),
];

/// Features of all three kinds, for naming them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureSet {
    /// `s_feature_compat`.
    pub compat: Compat,
    /// `s_feature_incompat`.
    pub incompat: Incompat,
    /// `s_feature_ro_compat`.
    pub ro_compat: RoCompat,
}

impl FeatureSet {
    /// The features that forbid reading.
    #[must_use]
    pub fn stops_reading(self) -> Self {
        Self {
            compat: Compat::empty(),
            incompat: self.incompat.difference(Incompat::READABLE),
            ro_compat: RoCompat::empty(),
        }
    }

    /// The features that forbid writing: those that forbid reading, and unknown ro_compat ones.
    #[must_use]
    pub fn stops_writing(self) -> Self {
        Self { ro_compat: self.ro_compat.difference(RoCompat::WRITABLE), ..self.stops_reading() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.compat.is_empty() && self.incompat.is_empty() && self.ro_compat.is_empty()
    }

    /// The features' names, in the order of their bits; one without a name is called as e2fsprogs
    /// does, `FEATURE_I20` for bit 20 of the incompat ones.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        let kinds = [
            ('C', self.compat.bits(), COMPAT_NAMES),
            ('I', self.incompat.bits(), INCOMPAT_NAMES),
            ('R', self.ro_compat.bits(), RO_COMPAT_NAMES),
        ];
        kinds
            .iter()
            .flat_map(|&(kind, bits, names)| {
                (0..u32::BITS).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| {
                    names
                        .iter()
                        .find(|(mask, _)| *mask == 1 << bit)
                        .map_or_else(|| format!("FEATURE_{kind}{bit}"), |(_, name)| (*name).into())
                })
            })
            .collect()
    }
}

/// Whether e2fsprogs has a feature of that name.
pub(super) fn is_feature(name: &str) -> bool {
    let all = [COMPAT_NAMES, INCOMPAT_NAMES, RO_COMPAT_NAMES];
    all.iter().any(|names| names.iter().any(|(_, known)| *known == name))
}

impl std::fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.names().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_known_and_unknown_bits() {
        let set = FeatureSet {
            compat: Compat::empty(),
            incompat: Incompat::from_bits_retain(0x2 | 0x40 | 0x10_0000),
            ro_compat: RoCompat::from_bits_retain(0x400),
        };
        assert_eq!(set.names(), ["filetype", "extent", "FEATURE_I20", "metadata_csum"]);
        assert_eq!(set.stops_reading().names(), ["extent", "FEATURE_I20"]);
        assert_eq!(set.stops_writing().names(), ["extent", "FEATURE_I20", "metadata_csum"]);
    }
}
