//! Where a tree comes from, how much of it there is, and what is wrong with it.
//!
//! `-` is an archive on standard input, the name of a directory that directory, and any other name an
//! archive.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure, Report};
use crate::fs::{FileType, Inventory};
use crate::host::{ManifestError, Ownerships};

/// What a tree is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceArg {
    /// A directory of the host.
    Directory(PathBuf),
    /// An archive of the host.
    Archive(PathBuf),
    /// An archive on standard input.
    Stdin,
}

impl SourceArg {
    /// What a name stands for.
    pub fn of(name: &OsStr) -> Self {
        let path = Path::new(name);
        match name {
            name if name == "-" => Self::Stdin,
            _ if path.is_dir() => Self::Directory(path.into()),
            _ => Self::Archive(path.into()),
        }
    }

    /// Whom its files belong to where nothing is asked for.
    pub fn ownerships(&self) -> Ownerships {
        match self {
            Self::Directory(_) => Ownerships::Root,
            Self::Archive(_) | Self::Stdin => Ownerships::AsArchived,
        }
    }
}

/// How much of a tree there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Everything, each by one of its names.
    pub count_files: u64,
    /// What there is to read of regular files: holes are not.
    pub len_bytes: u64,
}

impl Totals {
    /// Those of a tree.
    pub fn of(tree: &Inventory) -> Self {
        let mut totals = Self::default();
        let mut linked = BTreeSet::new();
        let mut pending = Vec::from([Inventory::ROOT]);
        while let Some(directory) = pending.pop() {
            for (_, node) in tree.children(directory) {
                let view = tree.view(node);
                if view.file_type == FileType::Directory {
                    pending.push(node);
                } else if view.links > 1 && !linked.insert(node) {
                    continue;
                }
                let len_bytes = match view.data {
                    Some(data) => data.iter().map(|run| run.end.saturating_sub(run.start)).sum(),
                    None if view.file_type == FileType::Regular => view.len_bytes,
                    None => 0,
                };
                totals.count_files = totals.count_files.saturating_add(1);
                totals.len_bytes = totals.len_bytes.saturating_add(len_bytes);
            }
        }
        totals
    }
}

/// Something that is wrong with a tree.
#[derive(Debug)]
pub struct Wrong {
    /// The path in the image that it is about, if it is about one.
    pub path: Option<Vec<u8>>,
    /// What is wrong.
    pub failure: Failure,
}

impl Wrong {
    /// Tells it.
    pub fn tell(self, report: &mut Report<'_>) {
        report.failure(self.path.as_deref(), self.failure);
    }
}

impl<F: Into<Failure>> From<F> for Wrong {
    fn from(failure: F) -> Self {
        Self { path: None, failure: failure.into() }
    }
}

impl From<ManifestError> for Wrong {
    fn from(error: ManifestError) -> Self {
        let exit = Exit::from(error.family());
        let failure = Failure { exit, code: error.code(), reason: error.to_string() };
        Self { path: error.path().map(<[u8]>::to_vec), failure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{Meta, Node, Stock};

    #[test]
    fn names_of_directories_are_directories_and_others_archives() {
        let dir = tempfile::tempdir().unwrap();
        let of = |path: &Path| SourceArg::of(path.as_os_str());
        assert_eq!(of(dir.path()), SourceArg::Directory(dir.path().into()));
        assert_eq!(of(&dir.path().join("x.tar")), SourceArg::Archive(dir.path().join("x.tar")));
        assert_eq!(SourceArg::of(OsStr::new("-")), SourceArg::Stdin);
        assert_eq!(SourceArg::Stdin.ownerships(), Ownerships::AsArchived);
        assert_eq!(of(dir.path()).ownerships(), Ownerships::Root);
    }

    #[test]
    fn files_are_counted_once_and_holes_are_nothing_to_read() {
        let mut tree = Inventory::new(Meta::default());
        let dir = tree.add(Inventory::ROOT, b"d", Node::Directory, Meta::default()).unwrap();
        let file = tree.add(dir, b"f", Node::Regular, Meta::default()).unwrap();
        tree.set_content(file, Stock { len_bytes: 10, data: None, origin: 0 });
        tree.link(Inventory::ROOT, b"g", file).unwrap();
        let sparse = tree.add(dir, b"s", Node::Regular, Meta::default()).unwrap();
        let data = Some(Box::from([0..5, 100..102]));
        tree.set_content(sparse, Stock { len_bytes: 1000, data, origin: 0 });
        tree.add(dir, b"l", Node::Symlink(b"to".to_vec()), Meta::default()).unwrap();
        assert_eq!(Totals::of(&tree), Totals { count_files: 4, len_bytes: 17 });
    }
}
