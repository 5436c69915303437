//! The world outside the image: content that goes into it, copies of it, files beside it.
//!
//! Knows files, descriptors and names of the host, and nothing of blocks or ext2. `mpimg put
//! disk.img /etc/motd ./motd` opens a [`Source`] on `./motd`, asks it which ranges hold data, and
//! hands it to those who know where they go; `--output new.img` is a [`Replacement`] that
//! [`copy_image`] fills.
//!
//! ```text
//! source       content of known size, to be read at any offset
//!  ├─ extents      which of its ranges hold data, and which are holes
//!  ├─ attributes   what the host says of a file: mode, owner, times, extended attributes
//!  ├─ parking      many sources, few descriptors
//!  └─ spool        content that comes once: into memory, then into a temporary file
//! scan         a tree that is to go into an image, and the bytes of its files
//! archive      entries of a tar stream
//! unarchive    a tar archive as a tree
//! copy         an image, with its holes
//! replacement  a new file that takes another's place whole, or not at all
//! xattr_text   extended attributes as they are written
//! extract      a tree that is written below a directory, and nowhere else
//! temporary    files without a name, and names that nobody has
//! manifest     what a tree is to have beside what its source says
//! rules        whom the files of a tree belong to, and since when they are as they are
//! ```

#![deny(clippy::arithmetic_side_effects)]

pub mod archive;
mod attributes;
mod copy;
mod error;
mod extents;
mod extract;
mod manifest;
mod parking;
mod replacement;
mod rules;
mod scan;
mod source;
mod spool;
mod temporary;
mod unarchive;
mod xattr_text;

pub use attributes::Attributes;
pub use copy::copy_image;
pub use error::{HostError, Result};
pub use extract::{Extraction, Keep, Loss, LossKind, Meta, NewFile, Special};
pub use manifest::{Form, Manifest, ManifestError, Parents, Setting};
pub use parking::Parking;
pub use replacement::Replacement;
pub use rules::{OwnerKind, OwnerMap, Ownerships, Rules};
pub use scan::{HostTree, Scan, ScanOptions, scan};
pub use source::{Source, Sparse};
pub use unarchive::{
    Archive, ArchiveSource, Fault, UnarchiveError, UnarchiveOptions, Unarchived, Which, is_archive,
    unarchive,
};
pub use xattr_text::{parse_value, parse_xattr};
