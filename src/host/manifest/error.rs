//! What can be wrong with a manifest, and where.
//!
//! ```text
//! "dev.txt" line 3, column 12: MODE "9x5": want octal digits, up to 7777, or -
//! "dev.txt" line 7: there is no directory dve in the tree
//! ```

use std::io;

use crate::device::{self, Family};

/// Something that is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be opened or read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The manifest.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// A line is none.
    #[error("{name} line {line}, column {column}: {what}")]
    Syntax {
        /// The manifest.
        name: String,
        /// The line, from 1 on.
        line: usize,
        /// The byte of it at which the field begins, from 1 on.
        column: usize,
        /// Field, value and reason.
        what: String,
        /// The path that the line is about, where that could be told.
        path: Option<Vec<u8>>,
    },
    /// A line that the tree has no place for.
    #[error("{name} line {line}: {what}")]
    Misfit {
        /// The manifest.
        name: String,
        /// The line, from 1 on.
        line: usize,
        /// The reason.
        what: String,
        /// The path that the line is about.
        path: Vec<u8>,
    },
}

impl ManifestError {
    /// The path in the image that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Self::Read { .. } => None,
            Self::Syntax { path, .. } => path.as_deref(),
            Self::Misfit { path, .. } => Some(path),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Read { source, .. } if !device::is_about_the_path(source) => Family::HostIo,
            Self::Read { .. } | Self::Syntax { .. } | Self::Misfit { .. } => Family::Path,
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "manifest_cannot_read",
            Self::Syntax { .. } => "manifest_bad_line",
            Self::Misfit { .. } => "manifest_misfit",
        }
    }
}
