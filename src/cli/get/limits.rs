//! `--max-bytes`: what is left out because it would be too much.

use std::collections::HashSet;

use crate::fs::{FileType, Ino, Inode};

/// What may still be copied.
pub struct Limits {
    left_bytes: Option<u64>,
    /// Of what has more names, those that are counted; the others come without data.
    counted: HashSet<Ino>,
    /// Files that were left out.
    pub refused: u64,
}

impl Limits {
    /// At most that many bytes.
    pub fn new(max_bytes: Option<u64>) -> Self {
        Self { left_bytes: max_bytes, counted: HashSet::new(), refused: 0 }
    }

    /// Whether there is room for it; if so, it takes its part.
    pub fn admits(&mut self, inode: &Inode) -> bool {
        let Some(left) = self.left_bytes.filter(|_| inode.file_type() == FileType::Regular) else {
            return true;
        };
        if inode.links() > 1 && self.counted.contains(&inode.ino()) {
            return true;
        }
        match left.checked_sub(inode.size_bytes()) {
            Some(left) => {
                self.left_bytes = Some(left);
                if inode.links() > 1 {
                    self.counted.insert(inode.ino());
                }
                true
            }
            None => {
                self.refused = self.refused.saturating_add(1);
                false
            }
        }
    }
}
