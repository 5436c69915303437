//! Changing what is below a directory, for `-R`: symbolic links that are met are not followed.
//!
//! Directories are entered one below the other without recursion, and each once: an image may have
//! them nested as deep as it has inodes, or within themselves.

use std::collections::BTreeSet;

use super::Edit;
use crate::cli::exit::{Exit, Failure};
use crate::fs::{Corrupt, FileType, FsError, Ino, Inode};

/// The entries of a directory that are yet to come, the next one last.
struct Level {
    entries: Vec<(Vec<u8>, Ino)>,
    /// What the directory takes of the path.
    path_len: usize,
}

impl Edit<'_, '_> {
    /// Changes `root` and all that is below it, each before what is below it. What fails is told,
    /// and the rest changed.
    ///
    /// # Errors
    /// The host's; what goes wrong with the image is told.
    pub fn walk(
        &mut self,
        path: &[u8],
        root: Inode,
        mut change: impl FnMut(&mut Self, &Inode, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut seen = BTreeSet::new();
        let mut levels: Vec<Level> = Vec::new();
        let mut path = path.to_vec();
        let mut next = Some(root);
        loop {
            if let Some(inode) = next.take() {
                let changed = change(self, &inode, &path).and_then(|()| {
                    let entries = match inode.file_type() {
                        FileType::Directory => self.entries(&inode, &mut seen)?,
                        _ => Vec::new(),
                    };
                    levels.push(Level { entries, path_len: path.len() });
                    Ok(())
                });
                self.told(&path, changed)?;
            }
            let Some(level) = levels.last_mut() else { return Ok(()) };
            path.truncate(level.path_len);
            let Some((name, ino)) = level.entries.pop() else {
                levels.pop();
                continue;
            };
            if !path.ends_with(b"/") {
                path.push(b'/');
            }
            path.extend(&name);
            match self.tx.inode(ino) {
                Ok(inode) => next = Some(inode),
                Err(error) => self.told(&path, Err(error.into()))?,
            }
        }
    }

    /// What is in a directory, in reverse order of names.
    fn entries(
        &self,
        directory: &Inode,
        seen: &mut BTreeSet<Ino>,
    ) -> Result<Vec<(Vec<u8>, Ino)>, FsError> {
        if !seen.insert(directory.ino()) {
            return Err(Corrupt::DirLoop { ino: directory.ino() }.into());
        }
        let mut entries = Vec::new();
        self.tx.fs().visit_dir(directory, |entry| {
            if !matches!(entry.name, b"." | b"..") {
                entries.push((entry.name.to_vec(), entry.ino));
            }
            Ok(None::<()>)
        })?;
        entries.sort_unstable_by(|a, b| b.cmp(a));
        Ok(entries)
    }

    fn told(&mut self, path: &[u8], changed: Result<(), Failure>) -> Result<(), Failure> {
        match changed {
            Err(failure) if failure.exit == Exit::HostIo => Err(failure),
            Err(failure) => {
                self.failure(path, failure);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}
