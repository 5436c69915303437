//! Files without a name, and names that nobody has.
//!
//! A temporary file is gone with its descriptor, also where the process is killed.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::BuildHasher;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, open, openat, unlinkat};
use rustix::io::Errno;

/// How often a name is tried that turns out to be taken.
const TRIES: u32 = 100;
/// The longest name that filesystems take.
const MOST_NAME_BYTES: usize = 255;

/// A new file in `directory` that has no name there.
pub fn unnamed_in(directory: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match open(directory, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(file.into()),
        // A filesystem or kernel that has no such files says one of these.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => unlinked_in(directory),
        Err(error) => Err(error.into()),
    }
}

/// A new file in `directory` whose name was taken from it at once.
fn unlinked_in(directory: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let directory = open(directory, flags, Mode::empty())?;
    let (file, name) = named_in(&directory, OsStr::new("mpimg"), Mode::RUSR | Mode::WUSR)?;
    unlinkat(&directory, &name, AtFlags::empty())?;
    Ok(file)
}

/// A new file in `directory` called `.STEM.XXXXXXXX`, and that name.
pub fn named_in(directory: impl AsFd, stem: &OsStr, mode: Mode) -> io::Result<(File, OsString)> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    let mut tries = 0_u32;
    loop {
        let name = random_name(stem);
        match openat(&directory, &name, flags, mode) {
            Ok(file) => return Ok((file.into(), name)),
            Err(Errno::EXIST) if tries < TRIES => tries = tries.saturating_add(1),
            Err(error) => return Err(error.into()),
        }
    }
}

/// `.STEM.` and eight letters; a stem that leaves no room for them is cut.
pub fn random_name(stem: &OsStr) -> OsString {
    // The standard library's hashers start from random keys, new ones for each.
    let random = RandomState::new().hash_one(0_u8);
    let suffix = format!(".{:08x}", random & 0xffff_ffff);
    let most = MOST_NAME_BYTES.saturating_sub(suffix.len()).saturating_sub(1);
    let stem = stem.as_bytes();
    let stem = stem.get(..most).unwrap_or(stem);
    OsString::from_vec([b".", stem, suffix.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn temporary_files_hold_bytes_and_leave_no_name() {
        let dir = tempfile::tempdir().unwrap();
        for make in [unnamed_in, unlinked_in] {
            let mut file = make(dir.path()).unwrap();
            file.write_all(b"kept").unwrap();
            file.rewind().unwrap();
            let mut back = String::new();
            file.read_to_string(&mut back).unwrap();
            assert_eq!(back, "kept");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn names_differ_and_are_never_too_long() {
        assert_ne!(random_name(OsStr::new("a")), random_name(OsStr::new("a")));
        assert!(random_name(OsStr::new("a")).as_bytes().starts_with(b".a."));
        assert_eq!(random_name(OsStr::new(&"x".repeat(255))).len(), 255);
    }
}
