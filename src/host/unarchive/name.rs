//! Names as they stand in an archive, and what of them is a path in its tree.
//!
//! `./usr//bin/` is `usr/bin`; of `./usr/bin` two components are stripped to leave `bin`, since the
//! point counts. What begins with a slash or leads up is refused.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::error::{Fault, Which};
use crate::fs::DEPTH_LIMIT;
use crate::host::error::called;

/// The longest name in a directory.
const MOST_NAME_BYTES: usize = 255;

/// The components of a name, points included.
pub fn names_of(path: &[u8], which: Which) -> Result<Vec<&[u8]>, Fault> {
    if path.is_empty() {
        return Err(Fault::Empty(which));
    }
    if path.starts_with(b"/") {
        return Err(Fault::Absolute(which));
    }
    if path.contains(&0) {
        return Err(Fault::Nul(which));
    }
    let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    let mut found = Vec::new();
    for name in names {
        if name == b".." {
            return Err(Fault::DotDot(which));
        }
        if name.len() > MOST_NAME_BYTES {
            let beginning = name.get(..32).unwrap_or(name);
            return Err(Fault::NameTooLong { which, name: quoted(beginning) });
        }
        found.push(name);
    }
    let depth = found.len();
    if depth > DEPTH_LIMIT {
        return Err(Fault::TooDeep { depth, limit: DEPTH_LIMIT });
    }
    Ok(found)
}

/// Without the first `count` components; nothing where there are no more.
pub fn stripped<'a, 'n>(names: &'a [&'n [u8]], count: usize) -> Option<&'a [&'n [u8]]> {
    if count == 0 {
        return Some(names);
    }
    names.get(count..).filter(|names| !names.is_empty())
}

/// Without those that are the directory itself.
pub fn without_dots<'n>(names: &[&'n [u8]]) -> Vec<&'n [u8]> {
    names.iter().copied().filter(|name| *name != b".").collect()
}

/// A name for a message, on one line.
pub fn quoted(name: &[u8]) -> String {
    called(Path::new(OsStr::from_bytes(name)))
}
