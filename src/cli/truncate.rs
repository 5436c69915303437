//! `mpimg truncate`: sizes of files.

use std::ffi::OsString;

use clap::Args;

use super::args::{bytes_of, parse_bytes};
use super::edit::{Change, Edit, Named};
use super::exit::Failure;
use crate::fs::{CallerError, FsError, LastSymlink, Node, Ownership};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg truncate -s 0 disk.img /var/log/syslog
  mpimg truncate -s 1G disk.img /swapfile
  mpimg truncate -s +4K disk.img /var/lib/data /var/lib/more

SIZE may begin with + or - (by so much more or less), < or > (at most, at least), / or % (down or up
to a multiple of it). A file that becomes longer ends in a hole. One that is not there is made, with
mode 644 and owner root:root.";

/// Which size, and of what.
#[derive(Debug, Args)]
pub struct TruncateArgs {
    /// Files to change or make
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Their size in bytes, with suffixes K, M, G, T; +, -, <, >, / and % go by the size there is
    #[arg(short = 's', long, value_name = "SIZE", value_parser = NewSize::parse, allow_hyphen_values = true)]
    size: NewSize,

    /// Make no file
    #[arg(short = 'c', long)]
    no_create: bool,
}

/// What a size becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NewSize {
    Exactly(u64),
    MoreBy(u64),
    LessBy(u64),
    AtMost(u64),
    AtLeast(u64),
    DownTo(u64),
    UpTo(u64),
}

impl NewSize {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start();
        let mut chars = text.chars();
        let of: fn(u64) -> Self = match chars.next() {
            Some('+') => Self::MoreBy,
            Some('-') => Self::LessBy,
            Some('<') => Self::AtMost,
            Some('>') => Self::AtLeast,
            Some('/') => Self::DownTo,
            Some('%') => Self::UpTo,
            _ => return parse_bytes(text).map(Self::Exactly),
        };
        match of(parse_bytes(chars.as_str())?) {
            Self::DownTo(0) | Self::UpTo(0) => Err("nothing is a multiple of 0".into()),
            size => Ok(size),
        }
    }

    /// The size that comes of `old`, if it can be counted.
    fn of(self, old: u64) -> Option<u64> {
        match self {
            Self::Exactly(size) => Some(size),
            Self::MoreBy(more) => old.checked_add(more),
            Self::LessBy(less) => Some(old.saturating_sub(less)),
            Self::AtMost(size) => Some(old.min(size)),
            Self::AtLeast(size) => Some(old.max(size)),
            Self::DownTo(unit) => old.checked_rem(unit).and_then(|over| old.checked_sub(over)),
            Self::UpTo(unit) => old.checked_next_multiple_of(unit),
        }
    }
}

/// Permissions of files that are made.
const PERMISSIONS: u16 = 0o644;

impl Change for TruncateArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        for path in bytes_of(&self.paths) {
            if let Err(failure) = self.truncate(edit, path) {
                edit.failure(path, failure);
            }
        }
        Ok(())
    }
}

impl TruncateArgs {
    fn truncate(&self, edit: &mut Edit<'_, '_>, path: &[u8]) -> Result<(), Failure> {
        if self.no_create {
            match edit.resolve(path, LastSymlink::Follow) {
                Err(FsError::Caller(CallerError::NotFound)) => return Ok(()),
                other => other.map(|_| ())?,
            }
        }
        let (ino, old) = match edit.named(path)? {
            Named::Existing(inode) => {
                inode.check_regular()?;
                (inode.ino(), inode.size_bytes())
            }
            Named::New(place) => {
                let ownership = Ownership { permissions: PERMISSIONS, uid: 0, gid: 0 };
                let (parent, node) = (place.parent.ino(), Node::Regular);
                (edit.tx.create(parent, &place.name, &node, ownership)?, 0)
            }
        };
        let too_large =
            || Failure::path("file_too_large", "its size would be no number of 64 bits");
        let new = self.size.of(old).ok_or_else(too_large)?;
        edit.tx.truncate(ino, new)?;
        edit.tell("truncate", path, &format!("{old} to {new} bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_by_the_size_there_is_as_for_truncate() {
        for (text, old, want) in [
            ("0", 10, 0),
            ("3K", 10, 3072),
            ("+5", 10, 15),
            ("-5", 10, 5),
            ("-50", 10, 0),
            ("<5", 10, 5),
            ("<50", 10, 10),
            (">5", 10, 10),
            (">50", 10, 50),
            ("/4", 10, 8),
            ("%4", 10, 12),
            ("%4", 12, 12),
            (" 1kB", 0, 1000),
        ] {
            assert_eq!(NewSize::parse(text).unwrap().of(old), Some(want), "{text}");
        }
        assert_eq!(NewSize::parse("+1").unwrap().of(u64::MAX), None);
        assert_eq!(NewSize::parse("%1K").unwrap().of(u64::MAX), None);
        for wrong in ["", "+", "/0", "%0", "++1", "+-1", "1Q", "ten"] {
            assert!(NewSize::parse(wrong).is_err(), "{wrong}");
        }
    }
}
