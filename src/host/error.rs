//! What can go wrong outside the image, and whose fault it is.
//!
//! Each message names what it is about as the user did, since the image is not it:
//!
//! ```text
//! cannot open "./motd": No such file or directory (os error 2)
//! ```

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::device::{self, Family};
use crate::fs::FsError;

/// A result of the host floor.
pub type Result<T> = std::result::Result<T, HostError>;

/// What the host says when it is not the path that is at fault.
const GENERAL: [Errno; 10] = [
    Errno::NOSPC,
    Errno::DQUOT,
    Errno::IO,
    Errno::ROFS,
    Errno::NOMEM,
    Errno::MFILE,
    Errno::NFILE,
    Errno::STALE,
    Errno::NODEV,
    Errno::NXIO,
];

/// Why the host floor could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The host would not open the path.
    #[error("cannot open {name}: {source}")]
    Open {
        /// What was to be opened.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// A directory stands where content has to be.
    #[error("{name} is a directory")]
    IsADirectory {
        /// The directory.
        name: String,
    },
    /// It could be opened, and not read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// What was read.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// It is no longer what it was when it was opened.
    #[error("{name} changed while it was read")]
    Changed {
        /// What was read.
        name: String,
    },
    /// There is no room for a temporary file that content must be kept in.
    #[error("cannot keep {name} in a temporary file in {directory}: {source}")]
    NoTempSpace {
        /// What was to be kept.
        name: String,
        /// Where the file would be.
        directory: String,
        /// What the host said.
        source: io::Error,
    },
    /// A new file could not be made, or could not take its place.
    #[error("cannot create {name}: {source}")]
    Create {
        /// The file that was to be.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// A name that leads out of its directory, or is none.
    #[error("cannot create {name}: no file can have that name")]
    BadName {
        /// The path that it would have been.
        name: String,
    },
    /// Something that is no directory has to be where one stands.
    #[error("cannot overwrite directory {name} with non-directory")]
    DirectoryInTheWay {
        /// The directory.
        name: String,
    },
    /// A directory has to be where something else stands: a symbolic link to one, for example.
    #[error("cannot overwrite non-directory {name} with directory")]
    NoDirectoryInTheWay {
        /// What is no directory.
        name: String,
    },
    /// What no image can hold: a device number out of bounds, for example.
    #[error("{name}: {source}")]
    Unfit {
        /// What it is.
        name: String,
        /// What is wrong with it.
        source: FsError,
    },
    /// A directory is no longer where it was when it was entered.
    #[error("directory {name} was moved away while it was written to")]
    Moved {
        /// Where it was.
        name: String,
    },
}

impl HostError {
    /// Whether what comes next would fail as well, since it is not the one path that is at fault:
    /// a disk is full or fails, descriptors have run out, a directory was taken away.
    #[must_use]
    pub fn is_general(&self) -> bool {
        match self {
            Self::Create { source, .. } => {
                Errno::from_io_error(source).is_some_and(|errno| GENERAL.contains(&errno))
            }
            Self::Moved { .. } => true,
            _ => false,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Open { source, .. } | Self::Create { source, .. }
                if is_about_the_path(source) =>
            {
                Family::Path
            }
            Self::BadName { .. } => Family::Corrupt,
            Self::IsADirectory { .. }
            | Self::Changed { .. }
            | Self::DirectoryInTheWay { .. }
            | Self::NoDirectoryInTheWay { .. }
            | Self::Unfit { .. }
            | Self::Moved { .. } => Family::Path,
            Self::Open { .. }
            | Self::Read { .. }
            | Self::NoTempSpace { .. }
            | Self::Create { .. } => Family::HostIo,
        }
    }

    /// A name for scripts that never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "source_cannot_open",
            Self::IsADirectory { .. } => "source_is_a_directory",
            Self::Read { .. } => "source_cannot_read",
            Self::Changed { .. } => "source_changed",
            Self::NoTempSpace { .. } => "no_temp_space",
            Self::Create { .. } => "cannot_create",
            Self::BadName { .. } => "target_bad_name",
            Self::DirectoryInTheWay { .. } => "target_is_a_directory",
            Self::NoDirectoryInTheWay { .. } => "target_is_no_directory",
            Self::Unfit { source, .. } => source.code(),
            Self::Moved { .. } => "target_moved",
        }
    }

    /// What an error of reading means: a file that ends too early has changed, and an error that
    /// passed through [`io::Error`] is what it was.
    #[must_use]
    pub fn of_reading(name: &str, error: io::Error) -> Self {
        let name = name.to_owned();
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::Changed { name },
            Err(source) => Self::Read { name, source },
        }
    }
}

/// For those who read at offsets, and know of nothing but that.
impl From<HostError> for io::Error {
    fn from(error: HostError) -> Self {
        Self::other(error)
    }
}

/// How a path is called in an error: on one line, whatever bytes it has.
pub fn called(path: &Path) -> String {
    format!("{path:?}")
}

/// Whether the host refused because of the path that was named: also where that is a socket, or a
/// device that is not there.
fn is_about_the_path(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    device::is_about_the_path(error) || matches!(errno, Some(Errno::NXIO | Errno::NODEV))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_its_way_through_io() {
        let through = io::Error::from(HostError::IsADirectory { name: "d".into() });
        let back = HostError::of_reading("x", through);
        assert!(matches!(back, HostError::IsADirectory { name } if name == "d"));
    }

    #[test]
    fn what_the_host_said_decides_whose_fault_it_is() {
        let open = |errno: Errno| HostError::Open { name: "x".into(), source: errno.into() };
        assert_eq!(open(Errno::NOENT).family(), Family::Path);
        assert_eq!(open(Errno::MFILE).family(), Family::HostIo);
        let shrunk = HostError::of_reading("x", io::ErrorKind::UnexpectedEof.into());
        assert_eq!((shrunk.family(), shrunk.code()), (Family::Path, "source_changed"));
        let failed = HostError::of_reading("x", Errno::IO.into());
        assert_eq!((failed.family(), failed.code()), (Family::HostIo, "source_cannot_read"));
    }

    #[test]
    fn a_full_disk_ends_all_and_a_directory_in_the_way_does_not() {
        let create = |errno: Errno| HostError::Create { name: "x".into(), source: errno.into() };
        assert!(create(Errno::NOSPC).is_general() && create(Errno::IO).is_general());
        assert!(!create(Errno::ACCESS).is_general() && !create(Errno::NAMETOOLONG).is_general());
        assert!(!HostError::DirectoryInTheWay { name: "x".into() }.is_general());
        assert!(HostError::Moved { name: "x".into() }.is_general());
    }

    #[test]
    fn paths_are_called_on_one_line() {
        assert_eq!(called(Path::new("a\nb")), r#""a\nb""#);
    }
}
