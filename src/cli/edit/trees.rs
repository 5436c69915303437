//! Trees that become a directory of the image: taken stock of, then put there all at once.

use std::io;
use std::sync::{Arc, OnceLock};

use super::place::{join, without_slashes};
use super::tell::tell;
use super::{Edit, Named};
use crate::cli::exit::Failure;
use crate::cli::import::{ArchiveArgs, Import, Loaded, OwnerArgs, SourceArg, TreeArgs};
use crate::cli::output::output_failure;
use crate::cli::progress::Progress;
use crate::fs::{
    CallerError, ContentReader, Contents, FileType, FsError, GraftOptions, Ino, Inventory,
    LastSymlink, Node, Ownership, Place,
};
use crate::host::Parents;

/// A tree that is asked for.
pub struct Wanted<'a> {
    /// Where it comes from.
    pub source: SourceArg,
    /// Whom its files belong to.
    pub owner: &'a OwnerArgs,
    /// What else is asked of it.
    pub tree: &'a TreeArgs,
    /// What is asked of an archive.
    pub archive: ArchiveArgs,
    /// Whether directories above it are made.
    pub mkdirs: bool,
}

impl Edit<'_, '_> {
    /// Puts a tree in the place of a path, which becomes its root. What is wrong with the tree, or
    /// stands against it in the image, is told.
    pub fn put_tree(&mut self, path: &[u8], wanted: &Wanted<'_>) -> Result<(), Failure> {
        self.names();
        let import = Import {
            owner: wanted.owner,
            tree: wanted.tree,
            archive: wanted.archive,
            progress: self.shows_progress,
            clock: &self.clock,
            names: self.names.as_ref(),
            parents: Parents::Imply,
            skip: self.files.clone(),
        };
        let loaded = match import.load(&wanted.source) {
            Ok(loaded) => loaded,
            Err(wrong) => {
                self.failed = true;
                wrong.into_iter().for_each(|wrong| wrong.tell(self.report));
                return Ok(());
            }
        };
        // It may bring the table of users.
        self.names = None;
        let replace_other_types = wanted.archive.whiteouts;
        let root = loaded.inventory.view(Inventory::ROOT).meta;
        let ownership = Ownership { permissions: root.permissions, uid: root.uid, gid: root.gid };
        let at = match self.tree_root(path, ownership, wanted.mkdirs) {
            Ok(at) => at,
            Err(failure) => {
                self.failure(path, failure);
                return Ok(());
            }
        };
        self.graft(at, path, loaded, &GraftOptions { replace_other_types })
    }

    /// The directory that is to be the root of a tree: made, if nothing is there.
    fn tree_root(
        &mut self,
        path: &[u8],
        ownership: Ownership,
        mkdirs: bool,
    ) -> Result<Ino, Failure> {
        if mkdirs {
            self.make_parents(path)?;
        }
        if let Some(directory) = self.directory(path, LastSymlink::Follow)? {
            return Ok(directory.ino());
        }
        let trimmed = without_slashes(path);
        match self.named(trimmed)? {
            Named::Existing(inode) if inode.file_type() == FileType::Directory => Ok(inode.ino()),
            Named::Existing(_) => Err(FsError::from(CallerError::OverwritesNonDirectory).into()),
            Named::New(place) => {
                let parent = place.parent.ino();
                let made = self.tx.create(parent, &place.name, &Node::Directory, ownership)?;
                self.tell("create", path, "directory")?;
                Ok(made)
            }
        }
    }

    fn graft(
        &mut self,
        at: Ino,
        path: &[u8],
        loaded: Loaded,
        options: &GraftOptions,
    ) -> Result<(), Failure> {
        for warning in &loaded.warnings {
            self.report.warning(warning);
        }
        let tree = Arc::new(loaded.inventory);
        let progress = Arc::clone(&self.progress);
        let contents = Box::new(Counted { contents: loaded.contents, progress });
        let (report, json, tells) = (&mut *self.report, self.json, self.tells);
        let mut ended: Option<Failure> = None;
        let summary = self.tx.graft(
            at,
            &tree,
            contents,
            options,
            &mut |below, error| report.failure(Some(&join(path, below)), error),
            &mut |change, below| {
                if tells && ended.is_none() {
                    let told = tell(json, change, &join(path, below), "");
                    ended = told.err().as_ref().and_then(output_failure);
                }
            },
        )?;
        self.failed |= summary.failures > 0;
        self.pending_bytes = self.pending_bytes.saturating_add(summary.data_bytes);
        ended.map_or(Ok(()), Err)
    }
}

/// Content that is counted as it is read.
struct Counted {
    contents: Box<dyn Contents>,
    progress: Arc<OnceLock<Progress>>,
}

impl Contents for Counted {
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        let reader = self.contents.reader(inventory);
        Box::new(Counting { reader, progress: &self.progress })
    }
}

struct Counting<'a> {
    reader: Box<dyn ContentReader + 'a>,
    progress: &'a OnceLock<Progress>,
}

impl ContentReader for Counting<'_> {
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reader.read(place, offset_bytes, buf)?;
        if let Some(progress) = self.progress.get() {
            progress.advance(buf.len() as u64);
        }
        Ok(())
    }
}
