//! ext2: superblock, groups, bitmaps, inodes, block map, allocator, directories, paths, extended
//! attributes, transactions.
//!
//! ```text
//! filesystem      what there is: inodes, directories, files, read through metadata
//!  ├─ walk           every name below a path, hostile ones refused    ─ listing
//!  └─ stream         names, attributes and data of trees, read ahead  ─ ranges
//! transaction     what is to be: changes in memory, until they are committed
//!  ├─ namespace      names made, linked, moved, removed      ─ directory, dir_edit, dir_index ..
//!  ├─ content        data put, written in part, cut off      ─ tree, layout, pending
//!  ├─ attributes     modes, owners, times, attributes        ─ inode_edit, xattr_store
//!  ├─ balloc ialloc  blocks and inodes given out             ─ groups, bitmap
//!  └─ commit         all of it, or nothing                   ─ device::log
//! format          a new filesystem: groups, sizes, superblock
//! build           a new filesystem made of an inventory, from front to end
//!  └─ graft           whole trees put in, in bulk             ─ inventory, dir_pack
//! inventory       what is to be put in: a tree, taken stock of before any of it is
//! ```
//!
//! Parsing takes bytes and does no I/O; metadata comes through one [cache](Metadata); file data
//! goes through the [algorithm](crate::mpage). Every number that an image tells is checked before
//! it is used: nothing here indexes, unwraps or computes unchecked.
#![deny(clippy::arithmetic_side_effects)]

mod acl;
mod attributes;
mod balloc;
mod bitmap;
mod block_map;
mod build;
mod caller;
mod checks;
mod commit;
mod content;
mod corrupt;
mod dir;
mod dir_block;
mod dir_edit;
mod dir_hash;
mod dir_hints;
mod dir_index;
mod dir_ops;
mod dir_pack;
mod dir_rebuild;
mod directory;
mod disk;
mod error;
mod features;
mod file;
mod filesystem;
mod format;
mod get_block;
mod graft;
mod group;
mod groups;
mod ialloc;
mod inode;
mod inode_edit;
mod inventory;
mod layout;
mod listing;
mod metadata;
mod namespace;
mod path;
mod pending;
mod plausible;
mod ranges;
mod stream;
mod superblock;
mod transaction;
mod tree;
mod tree_free;
mod usage;
mod walk;
mod xattr;
mod xattr_store;

pub use acl::{acl_from_disk, acl_to_disk, is_acl};
pub use bitmap::Bitmap;
pub use block_map::{BlockMap, Run};
pub use build::{Build, BuildError, WriteOptions, Written};
pub use commit::Committed;
pub use content::Content;
pub use dir::DirEntry;
pub use dir_edit::{DirBlocks, DirEditor, DirFormat, Found, NewEntry};
pub use dir_hash::{DirHash, HashVersion};
pub use dir_hints::DirHints;
pub use disk::{
    DESCRIPTOR_SIZE_BYTES, DIRECT_BLOCKS, POINTERS, RawExtra, RawGroupDescriptor, RawInode,
    RawSuperblock,
};
pub use error::{CallerError, Corrupt, FsError, Full, Result, Unsupported, XattrPlace};
pub use features::{Compat, FeatureSet, Incompat, RoCompat};
pub use file::FileReader;
pub use filesystem::{Filesystem, OpenOptions, probe};
pub use format::{
    DataMap, Demand, FormatError, FormatFeatures, FormatInodes, FormatOptions, FormatSize,
    FsGeometry, GeometryError,
};
pub use graft::{GraftOptions, GraftSummary};
pub use group::GroupDescriptor;
pub use inode::{FileType, Ino, Inode, Time};
pub use inode_edit::{FAST_SYMLINK_LIMIT_BYTES, INDEX_FL, InodeEdit};
pub use inventory::{
    ContentReader, Contents, Inventory, Meta, NoContents, NodeId, Place, Stock, View,
};
pub use listing::Order;
pub use metadata::{Block, Metadata};
pub use namespace::{LINK_LIMIT, Node, Ownership};
pub use path::{LastSymlink, SYMLINK_COMPONENTS_LIMIT, SYMLINK_LIMIT, names_inode};
pub use stream::{Entry, Item, Part, Root, Select, Shape, StreamOptions};
pub use superblock::{
    MAGIC, MAGIC_OFFSET_BYTES, SUPERBLOCK_OFFSET_BYTES, SUPERBLOCK_SIZE_BYTES, Superblock,
};
pub use transaction::{BeginOptions, Transaction};
pub use usage::Usage;
pub use walk::{DEPTH_LIMIT, Step, Walk};
pub use xattr::Xattr;
pub use xattr_store::{
    StoredXattrs, XATTR_REFCOUNT_LIMIT, check_xattr_name, plan_xattrs, set_xattr_refcount,
    xattr_content, xattr_refcount,
};
