//! Grafting: a whole tree is put onto an image that is there, merged with what it holds.
//!
//! ```text
//! survey   the tree next to the image: what is merged, what goes, what cannot be
//! count    inodes and blocks for all of it
//! build    directory by directory: inodes, blocks, entries, each written once
//! pending  the files' data, which is read and written when the transaction commits
//! ```
//!
//! What is in both, and what becomes of it:
//!
//! | image | tree | |
//! |---|---|---|
//! | directory | directory | merged; takes over the attributes, unless nobody named it in the tree |
//! | symlink to a directory | directory | kept, and followed inside the image: `/lib` may be one |
//! | file | file | keeps its inode number, and gets content and attributes |
//! | anything but a directory | anything but a directory | replaced |
//! | directory | anything else | refused, or replaced where [asked for](GraftOptions) |
//! | anything else | directory | refused, or replaced where asked for |
//!
//! Extended attributes of a merged directory stay where the tree has none of their name; an opaque
//! directory has those of the tree alone, as all else has.
//!
//! A file that has other names, which the tree does not have, is replaced by a new one: what the
//! other names lead to stays as it is, as with `tar`.
//!
//! New directories are built in bulk: their entries are packed once, with an index where they need
//! one; their files get blocks together, in the order of their names, each in one run where there is
//! one; every inode is written once. An image with `/etc/motd` that gets a tree of `etc/motd` and
//! `opt/app` has the old inode of `/etc/motd` with new content, one more name in `/`, and a directory
//! `/opt` that was written as it is to be.

mod attributes;
mod build;
mod count;
mod pending;
mod survey;
mod table;
mod walk;

use std::sync::Arc;

pub use pending::Grafted;

use super::error::{FsError, Full, Result};
use super::inode::Ino;
use super::inventory::{Contents, Inventory};
use super::transaction::Transaction;

/// How a tree is put onto an image.
#[derive(Debug, Clone, Copy, Default)]
pub struct GraftOptions {
    /// A directory takes the place of anything else, and anything else that of a directory with all
    /// that is in it: as the layers of a container image do.
    pub replace_other_types: bool,
}

/// What was put, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GraftSummary {
    /// Directories, merged ones included.
    pub directories: u64,
    /// Regular files.
    pub files: u64,
    /// Anything else.
    pub others: u64,
    /// Names beyond the first of each of them.
    pub links: u64,
    /// Bytes of data that wait to be written.
    pub data_bytes: u64,
    /// What was told as failed: then the transaction holds half of it, and is to be dropped.
    pub failures: u64,
}

/// Whom to tell: failures by path, and what changes.
pub(super) struct Listeners<'l> {
    pub failures: &'l mut dyn FnMut(&[u8], FsError),
    pub told: &'l mut dyn FnMut(&str, &[u8]),
}

impl<'a> Transaction<'a> {
    /// Puts a tree onto the directory `at`, which its root becomes. `told` hears of each change, and
    /// `failures` of all that stands against it, each with the path below `at`; where there are any,
    /// nothing is to be committed.
    ///
    /// # Errors
    /// There is no room, which is known before anything is written; `at` is no directory; the image
    /// is corrupt.
    pub fn graft(
        &mut self,
        at: Ino,
        tree: &Arc<Inventory>,
        contents: Box<dyn Contents + 'a>,
        options: &GraftOptions,
        failures: &mut dyn FnMut(&[u8], FsError),
        told: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<GraftSummary> {
        let mut listeners = Listeners { failures, told };
        let survey = survey::survey(self, at, tree, options, &mut listeners)?;
        if survey.failures > 0 {
            return Ok(GraftSummary { failures: survey.failures, ..GraftSummary::default() });
        }
        let needs = count::count(self, tree, &survey)?;
        let free_inodes = u64::from(self.superblock.s_free_inodes_count.get());
        if needs.inodes > free_inodes {
            return Err(Full::TooFewInodes { need_inodes: needs.inodes, free_inodes }.into());
        }
        self.check_space(needs.least_blocks)?;
        // Directories may take a few blocks more than is certain: should these be the last ones,
        // nothing must be written before all have been given out.
        let held = self.holds_fresh;
        self.holds_fresh |= needs.most_blocks > self.available_blocks;
        let (waiting, summary) = build::build(self, tree, survey, &mut listeners)?;
        self.holds_fresh = held;
        let block_size = self.block_size_bytes();
        self.grafts.push(Grafted::new(Arc::clone(tree), contents, waiting, block_size));
        Ok(summary)
    }
}
