//! The survey: a tree is held against the image, before any of it is put there.
//!
//! What has to go goes first, in memory: whiteouts, what an opaque directory held, what is replaced
//! by something of another kind. All that is refused is told, each with its path. What is left is a
//! number for each directory and file of the tree that is there already; all others are new.

use std::collections::BTreeMap;

use super::attributes::check_attributes;
use super::walk::{Directories, Path};
use super::{GraftOptions, Listeners};
use crate::fs::LastSymlink;
use crate::fs::checks::Change;
use crate::fs::error::{CallerError, FsError, Result};
use crate::fs::inode::{FileType, Ino, Inode};
use crate::fs::inventory::{Inventory, NodeId};
use crate::fs::namespace::{LINK_LIMIT, Node};
use crate::fs::transaction::Transaction;
use crate::fs::tree::Tree;

/// From so many names on, a directory is read as a whole.
const MANY_NAMES: usize = 8;
/// Directories of up to so many bytes are, however few the names.
const SMALL_DIRECTORY_BYTES: u64 = 16 << 10;

/// What is there of a tree.
#[derive(Default)]
pub(super) struct Survey {
    /// By what is in the tree: the inode that it is to be, 0 for a new one.
    pub inos: Vec<u32>,
    /// Directories that are there.
    pub merged: BTreeMap<NodeId, Merged>,
    /// What was told.
    pub failures: u64,
}

/// A directory of the tree that is there.
pub(super) struct Merged {
    pub ino: Ino,
    /// Regular files where the tree has regular files: which of the directory's children, in order,
    /// and what is there.
    pub files: Vec<(usize, Ino)>,
    /// It was held against the image: what it has of names there was met.
    pub is_met: bool,
}

impl Survey {
    pub fn ino(&self, node: NodeId) -> Option<Ino> {
        self.inos.get(node.index()).copied().filter(|ino| *ino != 0).map(Ino)
    }

    pub fn set_ino(&mut self, node: NodeId, ino: Ino) {
        if let Some(place) = self.inos.get_mut(node.index()) {
            *place = ino.0;
        }
    }
}

/// Holds a tree against what is in directory `at`.
pub(super) fn survey(
    tx: &mut Transaction<'_>,
    at: Ino,
    tree: &Inventory,
    options: &GraftOptions,
    listeners: &mut Listeners<'_>,
) -> Result<Survey> {
    let survey = Survey { inos: vec![0; tree.len()], ..Survey::default() };
    let shared = BTreeMap::new();
    let merged_by_ino = BTreeMap::new();
    let mut surveyor =
        Surveyor { tx, tree, options, listeners, survey, shared, nodes_of: merged_by_ino };
    surveyor.merge(Inventory::ROOT, at);
    if let Err(error) = surveyor.check(Inventory::ROOT) {
        surveyor.fail(b"", error);
    }
    for directory in Directories::of(tree) {
        let mut path = Path::of(tree, directory);
        if let Err(error) = surveyor.directory(directory, &mut path) {
            surveyor.fail(path.directory(), error);
        }
    }
    surveyor.check_merged()?;
    if surveyor.survey.failures == 0 {
        surveyor.settle()?;
    }
    Ok(surveyor.survey)
}

struct Surveyor<'s, 'l, 'a> {
    tx: &'s mut Transaction<'a>,
    tree: &'s Inventory,
    options: &'s GraftOptions,
    listeners: &'s mut Listeners<'l>,
    survey: Survey,
    /// Files with several names, there or in the tree: how often both have a name.
    shared: BTreeMap<(NodeId, Ino), u16>,
    /// The directories of the tree that one in the image is: several, where symlinks lead to it.
    nodes_of: BTreeMap<Ino, Vec<NodeId>>,
}

impl Surveyor<'_, '_, '_> {
    fn fail(&mut self, path: &[u8], error: FsError) {
        self.survey.failures = self.survey.failures.saturating_add(1);
        (self.listeners.failures)(path, error);
    }

    fn merge(&mut self, node: NodeId, ino: Ino) {
        self.survey.set_ino(node, ino);
        self.survey.merged.insert(node, Merged { ino, files: Vec::new(), is_met: false });
        self.nodes_of.entry(ino).or_default().push(node);
    }

    fn directory(&mut self, directory: NodeId, path: &mut Path) -> Result<()> {
        let below = self.tree.children(directory).map(|(_, node)| node);
        let count_below = below.filter(|node| self.is_directory(*node)).count();
        let mut new_below = u64::try_from(count_below).unwrap_or(u64::MAX);
        let mut links = 2;
        if let Some(ino) = self.survey.ino(directory) {
            let inode = self.tx.inode(ino)?;
            if inode.file_type() != FileType::Directory {
                return Err(CallerError::NotADirectory.into());
            }
            self.check_directory(directory, &inode)?;
            self.clear(directory, ino, path)?;
            let there = self.there(directory, &self.tx.inode(ino)?)?;
            links = u64::from(self.tx.inode(ino)?.links());
            for ((name, node), index) in self.tree.children(directory).zip(0..) {
                let Some(found) = there.find(self.tx, ino, name)? else { continue };
                if let Err(error) = self.meet(ino, name, (directory, node, index), found, path) {
                    self.fail(path.name(name), error);
                }
                let is_merged = self.survey.merged.contains_key(&node);
                new_below = new_below.saturating_sub(u64::from(is_merged));
            }
            self.check_same(directory, ino, path);
            if let Some(merged) = self.survey.merged.get_mut(&directory) {
                merged.is_met = true;
            }
        }
        if links.saturating_add(new_below) > u64::from(LINK_LIMIT) {
            let error = CallerError::TooManyLinks { limit: LINK_LIMIT };
            self.fail(path.directory(), error.into());
        }
        for (name, node) in self.tree.children(directory) {
            if let Err(error) = self.check(node) {
                self.fail(path.name(name), error);
            }
        }
        Ok(())
    }

    fn is_directory(&self, node: NodeId) -> bool {
        self.tree.view(node).file_type == FileType::Directory
    }

    /// Whether a directory may be changed as it has to be.
    fn check_directory(&self, node: NodeId, inode: &Inode) -> Result<()> {
        let view = self.tree.view(node);
        let keeps = view.implied && !view.opaque && self.tree.whiteouts(node).next().is_none();
        self.tx.check_change(inode, if keeps { Change::Growth } else { Change::Any })
    }

    /// Takes away what is not to be seen any more.
    fn clear(&mut self, directory: NodeId, ino: Ino, path: &mut Path) -> Result<()> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        if self.tree.view(directory).opaque {
            self.tx.fs().visit_dir(&self.tx.inode(ino)?, |entry| {
                let is_kept = ino == Ino::ROOT && entry.name == b"lost+found";
                if !matches!(entry.name, b"." | b"..") && !is_kept {
                    names.push(entry.name.to_vec());
                }
                Ok(None::<()>)
            })?;
            names.sort_unstable();
        } else {
            for name in self.tree.whiteouts(directory) {
                if self.tx.lookup(ino, name)?.is_some() {
                    names.push(name.to_vec());
                }
            }
        }
        for name in names {
            match self.is_met(ino, &name) {
                true => self.fail(path.name(&name), CallerError::Exists.into()),
                false => self.remove(ino, &name, path),
            }
        }
        Ok(())
    }

    /// Whether a name that is there is one of the tree, by way of another of its directories that
    /// are this one in the image.
    fn is_met(&self, ino: Ino, name: &[u8]) -> bool {
        let mut nodes = self.nodes_of.get(&ino).into_iter().flatten();
        nodes.any(|other| {
            let is_met = self.survey.merged.get(other).is_some_and(|merged| merged.is_met);
            is_met && self.tree.lookup(*other, name).is_some()
        })
    }

    fn remove(&mut self, directory: Ino, name: &[u8], path: &mut Path) {
        match self.tx.remove_tree(directory, name) {
            Ok(()) => (self.listeners.told)("remove", path.name(name)),
            Err(error) => self.fail(path.name(name), error),
        }
    }

    /// What is in a directory of the image.
    fn there(&self, directory: NodeId, inode: &Inode) -> Result<There> {
        let few = self.tree.count_children(directory) < MANY_NAMES;
        if few && inode.size_bytes() > SMALL_DIRECTORY_BYTES {
            return Ok(There::Asked);
        }
        let mut names = BTreeMap::new();
        self.tx.fs().visit_dir(inode, |entry| {
            // Only what is in both matters.
            if let Some((name, _)) =
                self.tree.lookup(directory, entry.name).map(|node| (entry.name, node))
            {
                names.insert(Box::from(name), entry.ino);
            }
            Ok(None::<()>)
        })?;
        Ok(There::Listed(names))
    }

    /// Decides what becomes of what is there, and of what the tree has there.
    fn meet(
        &mut self,
        parent: Ino,
        name: &[u8],
        (directory, node, index): (NodeId, NodeId, usize),
        found: Ino,
        path: &mut Path,
    ) -> Result<()> {
        let inode = self.tx.inode(found)?;
        let view = self.tree.view(node);
        let replaces = self.options.replace_other_types;
        let refusal = match (view.file_type, inode.file_type()) {
            (FileType::Directory, FileType::Directory) => {
                self.merge(node, found);
                return Ok(());
            }
            (FileType::Directory, there) => {
                if there == FileType::Symlink
                    && (!replaces || view.implied)
                    && let Some(led_to) = self.follow(parent, name)
                {
                    self.merge(node, led_to);
                    return Ok(());
                }
                Some(CallerError::OverwritesNonDirectory)
            }
            (_, FileType::Directory) => Some(CallerError::OverwritesDirectory),
            (FileType::Regular, FileType::Regular) => {
                self.tx.check_change(&inode, Change::Any)?;
                if inode.links() > 1 || view.links > 1 {
                    let count = self.shared.entry((node, found)).or_insert(0);
                    *count = count.saturating_add(1);
                }
                if let Some(merged) = self.survey.merged.get_mut(&directory) {
                    merged.files.push((index, found));
                }
                return Ok(());
            }
            _ => None,
        };
        match refusal {
            Some(refusal) if !replaces => Err(refusal.into()),
            _ => {
                self.remove(parent, name, path);
                Ok(())
            }
        }
    }

    /// The directory that a symlink leads to.
    fn follow(&self, parent: Ino, name: &[u8]) -> Option<Ino> {
        let path = [format!("<{}>/", parent.0).as_bytes(), name].concat();
        let inode = self.tx.fs().resolve(&path, LastSymlink::Follow).ok()?;
        (inode.file_type() == FileType::Directory).then(|| inode.ino())
    }

    /// Two directories of the tree that are one in the image must not have the same names, unless
    /// for directories that are one as well.
    fn check_same(&mut self, directory: NodeId, ino: Ino, path: &mut Path) {
        let nodes = self.nodes_of.get(&ino).cloned().unwrap_or_default();
        for other in nodes.into_iter().take_while(|other| *other != directory) {
            for (name, node) in self.tree.children(directory) {
                let same = self.tree.lookup(other, name);
                let clashes = same.is_some_and(|same| {
                    let merged = &self.survey.merged;
                    !(merged.contains_key(&same) && merged.contains_key(&node))
                });
                if clashes {
                    self.fail(path.name(name), CallerError::Exists.into());
                }
            }
        }
    }

    /// Refuses what no inode of this image can be.
    fn check(&self, node: NodeId) -> Result<()> {
        let view = self.tree.view(node);
        let (major, minor) = view.device;
        match view.file_type {
            FileType::Symlink => self.tx.check_node(&Node::Symlink(view.target.to_vec()))?,
            FileType::CharDevice => self.tx.check_node(&Node::CharDevice(major, minor))?,
            FileType::BlockDevice => self.tx.check_node(&Node::BlockDevice(major, minor))?,
            FileType::Regular => {
                let tree = Tree::new(Ino(0), [0; 15], 0, self.tx.block_size_bytes());
                self.tx.check_size(&tree, view.len_bytes)?;
            }
            FileType::Directory | FileType::Fifo | FileType::Socket => {}
        }
        if view.file_type != FileType::Directory && view.links > u32::from(LINK_LIMIT) {
            return Err(CallerError::TooManyLinks { limit: LINK_LIMIT }.into());
        }
        let merged = self.survey.merged.get(&node).map(|merged| merged.ino);
        check_attributes(self.tx, &view, merged)
    }

    /// Refuses to merge into what was taken away with something else.
    fn check_merged(&mut self) -> Result<()> {
        let merged: Vec<_> = self.survey.merged.iter().map(|(node, m)| (*node, m.ino)).collect();
        for (node, ino) in merged {
            if self.tx.inode(ino)?.links() == 0 {
                let path = self.tree.path(node);
                self.fail(&path, CallerError::NotFound.into());
            }
        }
        Ok(())
    }

    /// Decides which files keep their inodes: those all of whose names the tree has for the same
    /// file. The names of others are taken away.
    fn settle(&mut self) -> Result<()> {
        for directory in Directories::of(self.tree) {
            let Some(merged) = self.survey.merged.get_mut(&directory) else { continue };
            let parent = merged.ino;
            let mut files = std::mem::take(&mut merged.files);
            if files.is_empty() {
                continue;
            }
            let mut kept = Vec::with_capacity(files.len());
            let mut there = files.drain(..).peekable();
            for ((name, node), index) in self.tree.children(directory).zip(0..) {
                let Some((_, old)) = there.next_if(|(at, _)| *at == index) else { continue };
                let decided = self.survey.ino(node);
                let keeps = match decided {
                    Some(ino) => ino == old,
                    None => {
                        let shared = self.shared.get(&(node, old)).copied().unwrap_or(1);
                        self.tx.inode(old)?.links() == shared
                    }
                };
                if keeps {
                    self.survey.set_ino(node, old);
                    kept.push((index, old));
                } else {
                    self.tx.unlink(parent, name)?;
                    // A name that is gone is no longer one that both have.
                    if let Some(count) = self.shared.get_mut(&(node, old)) {
                        *count = count.saturating_sub(1);
                    }
                }
            }
            drop(there);
            if let Some(merged) = self.survey.merged.get_mut(&directory) {
                merged.files = kept;
            }
        }
        Ok(())
    }
}

/// What is in a directory of the image.
enum There {
    /// Whoever wants to know has to look.
    Asked,
    /// What the tree has there, too.
    Listed(BTreeMap<Box<[u8]>, Ino>),
}

impl There {
    fn find(&self, tx: &mut Transaction<'_>, directory: Ino, name: &[u8]) -> Result<Option<Ino>> {
        match self {
            Self::Asked => Ok(tx.lookup(directory, name)?.map(|inode| inode.ino())),
            Self::Listed(names) => Ok(names.get(name).copied()),
        }
    }
}
