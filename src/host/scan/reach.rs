//! A directory below another, at a path of any length.
//!
//! The host takes paths of up to 4095 bytes, and a tree can be deeper: of a path of 10,000 bytes,
//! three pieces are gone one after the other. No piece may lead through a symbolic link, which the
//! host sees to where it can (`RESOLVE_NO_SYMLINKS`, Linux 5.6), and otherwise goes name by name.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::{Errno, Result};

use super::DIRECTORY;

/// The longest piece of a path that is gone at once.
const MOST_BYTES: usize = 4000;
/// Directories on the way may be such as can be searched, and not read.
const ON_THE_WAY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens the directory at a relative path that has neither `.` nor `..` in it; at an empty one,
/// `from` itself.
pub fn reach(from: impl AsFd, path: &[u8]) -> Result<OwnedFd> {
    let mut at: Option<OwnedFd> = None;
    let mut rest = path;
    loop {
        let (piece, behind) = split(rest);
        let flags = if behind.is_empty() { DIRECTORY } else { ON_THE_WAY };
        let from = at.as_ref().map_or(from.as_fd(), AsFd::as_fd);
        let dir = if piece.is_empty() {
            openat(from, ".", flags, Mode::empty())?
        } else {
            go(from, piece, flags)?
        };
        if behind.is_empty() {
            return Ok(dir);
        }
        at = Some(dir);
        rest = behind;
    }
}

/// As many names of a path as go at once, and the rest.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = match path.get(..MOST_BYTES) {
        // Where there is none, the name is longer than any is, and the host says so.
        Some(head) => head.iter().rposition(|byte| *byte == b'/'),
        None => None,
    };
    match slash.and_then(|at| path.split_at_checked(at)) {
        Some((head, tail)) => (head, tail.get(1..).unwrap_or_default()),
        None => (path, b""),
    }
}

fn go(from: impl AsFd, piece: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let opened = openat2(&from, piece, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    // Containers may forbid what they do not know.
    let Err(Errno::NOSYS | Errno::PERM) = opened else { return opened };
    step_by_step(from, piece, flags)
}

fn step_by_step(from: impl AsFd, piece: &[u8], flags: OFlags) -> Result<OwnedFd> {
    let mut at: Option<OwnedFd> = None;
    let mut names = piece.split(|byte| *byte == b'/').peekable();
    while let Some(name) = names.next() {
        let flags = if names.peek().is_none() { flags } else { ON_THE_WAY };
        let from = at.as_ref().map_or(from.as_fd(), AsFd::as_fd);
        at = Some(openat(from, name, flags | OFlags::NOFOLLOW, Mode::empty())?);
    }
    at.ok_or(Errno::NOENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_are_split_at_slashes() {
        let path = b"abcdefgh/".repeat(1000);
        let path = path.strip_suffix(b"/").unwrap();
        let (mut rest, mut pieces) = (path, Vec::new());
        while !rest.is_empty() {
            let (piece, behind) = split(rest);
            assert!(piece.len() <= MOST_BYTES, "{}", piece.len());
            pieces.push(piece);
            rest = behind;
        }
        assert_eq!((pieces.len(), pieces.join(&b'/')), (3, path.to_vec()));
        assert_eq!(split(b"a/b"), (&b"a/b"[..], &b""[..]));
    }

    #[test]
    fn no_symbolic_link_is_on_the_way_in_either_manner() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b/c")).unwrap();
        std::os::unix::fs::symlink("b", dir.path().join("a/link")).unwrap();
        let root = std::fs::File::open(dir.path()).unwrap();
        type Way = fn(&std::fs::File, &[u8]) -> Result<OwnedFd>;
        let ways: [Way; 2] =
            [|from, path| reach(from, path), |from, path| step_by_step(from, path, DIRECTORY)];
        for way in ways {
            way(&root, b"a/b/c").unwrap();
            for wrong in [&b"a/link"[..], b"a/link/c"] {
                let errno = way(&root, wrong).unwrap_err();
                assert!(matches!(errno, Errno::LOOP | Errno::NOTDIR), "{errno}");
            }
            assert_eq!(way(&root, b"a/x/c").unwrap_err(), Errno::NOENT);
        }
        reach(&root, b"").unwrap();
    }
}
