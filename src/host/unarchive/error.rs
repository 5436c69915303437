//! What is wrong with an archive, and with which of its entries.
//!
//! ```text
//! "layer.tar": entry 7, "../etc/passwd": `..` is in its name
//! ```

use crate::device::Family;
use crate::host::error::HostError;

/// Why an archive could not be taken stock of.
#[derive(Debug, thiserror::Error)]
pub enum UnarchiveError {
    /// The host failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// It is no archive that can be read.
    #[error("{archive} is no tar archive: {what}")]
    NoArchive {
        /// The archive.
        archive: String,
        /// What it is instead.
        what: String,
    },
    /// What it is compressed with says that it is damaged.
    #[error("cannot decompress {archive}: {source}")]
    Compressed {
        /// The archive.
        archive: String,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// From here on nothing can be read.
    #[error("{archive}: entry {number}, at byte {offset_bytes}: {fault}")]
    Broken {
        /// The archive.
        archive: String,
        /// Which of its entries, from 1 on.
        number: u64,
        /// Where its header is in the archive, decompressed.
        offset_bytes: u64,
        /// What is wrong.
        fault: Fault,
    },
    /// An entry that is refused.
    #[error("{archive}: entry {number}, {name}: {fault}")]
    Entry {
        /// The archive.
        archive: String,
        /// Which of its entries, from 1 on.
        number: u64,
        /// What it is called, on one line.
        name: String,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A header's bytes do not have the sum that stands in it.
    #[error("its header has checksum {computed}, and says {stored}")]
    Checksum {
        /// What stands there; `nothing` where that is no number.
        stored: String,
        /// What it would be.
        computed: u64,
    },
    /// The archive ends before it does.
    #[error("the archive ends {missing_bytes} bytes too early")]
    Truncated {
        /// What is missing.
        missing_bytes: u64,
    },
    /// A field of the header, or an extended record, that does not hold what it should.
    #[error("{field} is {value:?}")]
    Field {
        /// Which.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// An extended header that is longer than any has reason to be.
    #[error("{what} of {len_bytes} bytes, of {limit_bytes} at most")]
    TooLong {
        /// What is.
        what: &'static str,
        /// How long it is.
        len_bytes: u64,
        /// How long it may be.
        limit_bytes: u64,
    },
    /// A name that begins with `/`.
    #[error("{0} is absolute")]
    Absolute(Which),
    /// A name that leads up.
    #[error("`..` is in {0}")]
    DotDot(Which),
    /// A name that holds a NUL.
    #[error("a NUL is in {0}")]
    Nul(Which),
    /// Nothing.
    #[error("{0} is empty")]
    Empty(Which),
    /// A name that is too long for a directory.
    #[error("{name} in {which} is longer than 255 bytes")]
    NameTooLong {
        /// Where it is.
        which: Which,
        /// The beginning of it.
        name: String,
    },
    /// Deeper than directories can be.
    #[error("it lies {depth} directories deep, of {limit} at most")]
    TooDeep {
        /// How deep.
        depth: usize,
        /// What is possible.
        limit: usize,
    },
    /// A name that is none for another reason.
    #[error("{0}")]
    Name(String),
    /// A directory on the way is a symbolic link that leads to none that is in the archive.
    #[error("leads through a symbolic link, {link}, to no directory of the archive")]
    ThroughSymlink {
        /// The link.
        link: String,
    },
    /// A directory on the way is something else.
    #[error("{path} is no directory")]
    NotADirectory {
        /// What is none.
        path: String,
    },
    /// A hard link to what has not come yet.
    #[error("a hard link to {target}, which is not before it in the archive")]
    LinkToNothing {
        /// What it is to be a name of.
        target: String,
    },
    /// A hard link to what is left out, as its name has too few components.
    #[error("a hard link to {target}, which is left out: no more is left of its name")]
    LinkToStripped {
        /// What it is to be a name of.
        target: String,
    },
    /// A hard link to a directory.
    #[error("a hard link to {target}, a directory")]
    LinkToDirectory {
        /// The directory.
        target: String,
    },
    /// The directory that all is in, as something else.
    #[error("the root as something other than a directory")]
    RootIsNoDirectory,
    /// The numbers of a device are more than an inode holds.
    #[error("a device number of {major}, {minor} does not fit into an inode")]
    Device {
        /// Major number.
        major: u64,
        /// Minor number.
        minor: u64,
    },
    /// A type that nobody knows.
    #[error("entries of type {0:?} are not supported")]
    Type(char),
    /// The map of a sparse file is none.
    #[error("its map of holes: {0}")]
    Sparse(&'static str),
    /// An ACL that is none, or that names somebody instead of a number.
    #[error("ACL entry {0:?} cannot be understood; tar writes numbers with --xattrs")]
    Acl(String),
}

/// Which name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Its own.
    Own,
    /// That which a link leads to.
    Target,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Own => "its name",
            Self::Target => "its target",
        })
    }
}

impl UnarchiveError {
    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Host(error) => error.family(),
            _ => Family::Path,
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Host(error) => error.code(),
            Self::NoArchive { .. } => "archive_unknown",
            Self::Compressed { .. } => "archive_cannot_decompress",
            Self::Broken { .. } => "archive_broken",
            Self::Entry { .. } => "archive_entry_refused",
        }
    }
}
