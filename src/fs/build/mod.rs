//! A new filesystem, made of a tree in one pass.
//!
//! Everything is counted and placed before anything is written: then all that the image holds, but for
//! the content of files, can be computed block by block, and the image is written from front to end in
//! windows of a MiB, by several threads, none of which waits for another.
//!
//! ```text
//! census         inodes, in the order of the tree
//!  ├─ directories    their blocks, indexes included
//!  ├─ attributes     which go into inodes, and which into blocks
//!  └─ layout         which block of data everything begins with
//! windows        what is to be written, cut up
//!  └─ paint          the bytes of a window: metadata, or content      ─ inodes, file_map
//! write          all windows, and the superblocks at last
//! ```
//!
//! First come the blocks of all directories, then those of attributes, then files, directory by
//! directory, by name; each has its indirect blocks in front of it, and lies in one run unless a group
//! ends in it and there is no room to leave a gap. The superblocks are written when all else is there:
//! what is interrupted is no filesystem.

mod attributes;
mod census;
mod directories;
mod file_map;
mod inodes;
mod layout;
mod paint;
mod windows;
mod write;

use std::collections::BTreeMap;

use super::dir_edit::DirFormat;
use super::error::{FsError, Result};
use super::format::{
    DataMap, Demand, FormatOptions, FsGeometry, GeometryError, Identity, check_sizes,
};
use super::inode::{FileType, Time};
use super::inventory::{Inventory, Meta, NodeId};
use super::namespace::Node;
use attributes::Attributes;
use census::{Census, LOST_FOUND};
use layout::Layout;
pub use write::{WriteOptions, Written};

/// A new filesystem, counted and placed.
#[derive(Debug)]
pub struct Build<'a> {
    tree: &'a Inventory,
    options: FormatOptions,
    geometry: FsGeometry,
    data: DataMap,
    census: Census,
    directories: DirFormat,
    attributes: Attributes,
    layout: Layout,
    identity: Identity,
}

/// Why there is no such filesystem.
#[derive(Debug)]
pub enum BuildError {
    /// These files cannot be in it, by their paths.
    Files(Vec<(Vec<u8>, FsError)>),
    /// They do not fit, or the filesystem cannot be as it should.
    Geometry(GeometryError),
}

impl From<GeometryError> for BuildError {
    fn from(error: GeometryError) -> Self {
        Self::Geometry(error)
    }
}

impl<'a> Build<'a> {
    /// Gives a tree what every filesystem has: `lost+found`.
    ///
    /// # Errors
    /// Something else has that name.
    pub fn prepare(tree: &mut Inventory, now: Time) -> Result<()> {
        match tree.lookup(Inventory::ROOT, LOST_FOUND) {
            None => {
                let meta = Meta { permissions: 0o700, uid: 0, gid: 0, mtime: now };
                tree.add(Inventory::ROOT, LOST_FOUND, Node::Directory, meta).map(|_| ())
            }
            Some(found) if tree.view(found).file_type == FileType::Directory => Ok(()),
            Some(_) => Err(super::CallerError::NotADirectory.into()),
        }
    }

    /// Counts and places a tree that was [prepared](Self::prepare).
    ///
    /// # Errors
    /// All files that cannot be in a filesystem; or that it would be too small, or none.
    pub fn plan(
        tree: &'a Inventory,
        mut options: FormatOptions,
    ) -> std::result::Result<Self, BuildError> {
        let sizes = check_sizes(options.block_size_bytes, options.inode_size_bytes);
        sizes.map_err(GeometryError::from)?;
        let census = Census::take(tree);
        let hash_seed = options.hash_seed.unwrap_or(census.digest);
        let directories = dir_format(&options, &hash_seed);
        let mut failures: Vec<(NodeId, FsError)> = Vec::new();
        let mut failed = |node, error| failures.push((node, error));
        options.features |= inodes::check(tree, &census, &options, &mut failed);
        let bytes = |number: u64| usize::try_from(number).unwrap_or(0);
        let attributes = Attributes::of(
            tree,
            &census,
            inodes::xattr_space_bytes(&options),
            bytes(options.block_size_bytes),
            &mut failed,
        );
        let mut layout = Layout::count(tree, &census, &directories, &options, &attributes);
        if !failures.is_empty() {
            return Err(BuildError::Files(paths_of(tree, failures)));
        }
        let demand = Demand { data_blocks: layout.count_blocks(), inodes: census.count_inodes() };
        let geometry = options.geometry(demand)?;
        let data = DataMap::of(&geometry);
        layout.place(&data);
        let identity = Identity {
            label: options.label.clone(),
            uuid: options.uuid.unwrap_or_default(),
            hash_seed,
            hash_version: options.hash_version.to_disk(),
            unsigned_hash: options.unsigned_hash,
            now: options.now,
            reserved_per_myriad: options.reserved_per_myriad,
        };
        Ok(Self {
            tree,
            options,
            geometry,
            data,
            census,
            directories,
            attributes,
            layout,
            identity,
        })
    }

    /// How it is cut into groups.
    #[must_use]
    pub fn geometry(&self) -> &FsGeometry {
        &self.geometry
    }

    /// The size of the filesystem.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.geometry.blocks_count.saturating_mul(self.geometry.block_size_bytes)
    }

    /// Files with data, symlinks that need a block among them, and the bytes of those.
    #[must_use]
    pub fn count_content(&self) -> (u64, u64) {
        let len_bytes = self.census.objects.iter().map(|node| self.tree.view(*node).len_bytes);
        (self.census.objects.len() as u64, len_bytes.fold(0, u64::saturating_add))
    }

    /// Inodes that are in use, and blocks of data.
    #[must_use]
    pub fn count_used(&self) -> (u64, u64) {
        (self.census.count_inodes(), self.layout.count_blocks())
    }

    fn block_size(&self) -> usize {
        usize::try_from(self.geometry.block_size_bytes).unwrap_or(0)
    }
}

fn dir_format(options: &FormatOptions, seed: &[u8; 16]) -> DirFormat {
    use super::format::FormatFeatures;
    let (words, _) = seed.as_chunks::<4>();
    let mut seed = [0; 4];
    for (to, from) in seed.iter_mut().zip(words) {
        *to = u32::from_le_bytes(*from);
    }
    DirFormat {
        block_size_bytes: usize::try_from(options.block_size_bytes).unwrap_or(0),
        has_types: options.features.contains(FormatFeatures::FILETYPE),
        dir_index: options.features.contains(FormatFeatures::DIR_INDEX),
        hash_version: options.hash_version.to_disk(),
        unsigned_hash: options.unsigned_hash,
        seed,
    }
}

/// Failures, by the first path of what they are about.
fn paths_of(tree: &Inventory, failures: Vec<(NodeId, FsError)>) -> Vec<(Vec<u8>, FsError)> {
    let mut by_node: BTreeMap<NodeId, Vec<FsError>> = BTreeMap::new();
    for (node, error) in failures {
        by_node.entry(node).or_default().push(error);
    }
    let mut found = Vec::new();
    let mut pending = Vec::from([Inventory::ROOT]);
    while let Some(directory) = pending.pop() {
        let at_root = directory == Inventory::ROOT;
        let path = tree.path(directory);
        let mut take = |node: NodeId, path: &dyn Fn() -> Vec<u8>| {
            for error in by_node.remove(&node).unwrap_or_default() {
                found.push((path(), error));
            }
        };
        if at_root {
            take(directory, &|| b"/".to_vec());
        }
        for (name, node) in tree.children(directory) {
            take(node, &|| [&b"/"[..], &path, if at_root { b"" } else { b"/" }, name].concat());
            if tree.view(node).file_type == FileType::Directory {
                pending.push(node);
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

#[cfg(test)]
mod tests;
