//! Features that a new filesystem can have, by the names that e2fsprogs gives them.
//!
//! `^resize_inode,^dir_index` takes two away from the ones that it has by itself, `none` all.

use bitflags::bitflags;

use super::FormatError;
use crate::fs::features::is_feature;

bitflags! {
    /// Features of a new filesystem.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FormatFeatures: u32 {
        /// Extended attributes may be stored in blocks.
        const EXT_ATTR = 1;
        /// Room is kept for the descriptors of a larger filesystem.
        const RESIZE_INODE = 1 << 1;
        /// Directories may carry an index.
        const DIR_INDEX = 1 << 2;
        /// Directory entries tell the type of what they name.
        const FILETYPE = 1 << 3;
        /// Only some groups hold a copy of the superblock.
        const SPARSE_SUPER = 1 << 4;
        /// Files may be 2 GiB or longer.
        const LARGE_FILE = 1 << 5;
    }
}

const NAMES: [(&str, FormatFeatures); 6] = [
    ("ext_attr", FormatFeatures::EXT_ATTR),
    ("resize_inode", FormatFeatures::RESIZE_INODE),
    ("dir_index", FormatFeatures::DIR_INDEX),
    ("filetype", FormatFeatures::FILETYPE),
    ("sparse_super", FormatFeatures::SPARSE_SUPER),
    ("large_file", FormatFeatures::LARGE_FILE),
];

impl Default for FormatFeatures {
    /// What `mke2fs -t ext2` gives: all.
    fn default() -> Self {
        Self::all()
    }
}

impl FormatFeatures {
    /// Changes the features that a filesystem has by itself as a list says: `NAME` adds one, `^NAME`
    /// takes it away, `none` takes all.
    ///
    /// # Errors
    /// A feature that a new filesystem cannot have.
    pub fn parse(list: &str) -> Result<Self, FormatError> {
        let mut features = Self::default();
        for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
            if word == "none" {
                features = Self::empty();
                continue;
            }
            let (name, wanted) = match word.strip_prefix('^') {
                Some(name) => (name, false),
                None => (word, true),
            };
            match NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, feature)) => features.set(*feature, wanted),
                // What it has not got cannot be taken away, and need not be.
                None if !wanted && is_feature(name) => {}
                None => return Err(FormatError::Feature(name.to_owned())),
            }
        }
        // As mke2fs has it: copies in all groups leave no room for growth.
        let sparse = features.contains(Self::SPARSE_SUPER);
        features.set(Self::RESIZE_INODE, features.contains(Self::RESIZE_INODE) && sparse);
        Ok(features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_adds_and_takes_away() {
        let all = FormatFeatures::all();
        assert_eq!(FormatFeatures::parse(""), Ok(all));
        assert_eq!(FormatFeatures::parse("^dir_index"), Ok(all - FormatFeatures::DIR_INDEX));
        let filetype = FormatFeatures::FILETYPE;
        assert_eq!(FormatFeatures::parse("none,filetype"), Ok(filetype));
        assert_eq!(FormatFeatures::parse("^has_journal"), Ok(all));
        let rest = all - FormatFeatures::SPARSE_SUPER - FormatFeatures::RESIZE_INODE;
        assert_eq!(FormatFeatures::parse("^sparse_super"), Ok(rest));
        for wrong in ["extent", "^dir_indx", "filetype,x"] {
            assert!(
                matches!(FormatFeatures::parse(wrong), Err(FormatError::Feature(_))),
                "{wrong}"
            );
        }
    }
}
