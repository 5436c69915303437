//! Host directory trees for `mke2fs -d`: made without root, so they hold no device nodes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use super::{content, scratch, tools};

/// A host directory that is removed when dropped.
#[derive(Debug)]
pub struct Tree {
    dir: TempDir,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Self {
        Self { dir: scratch::dir() }
    }

    /// Its root on the host.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where `path`, absolute in the image, is on the host.
    pub fn at(&self, path: impl AsRef<OsStr>) -> PathBuf {
        let bytes = path.as_ref().as_bytes();
        let relative = bytes.strip_prefix(b"/").unwrap_or(bytes);
        self.dir.path().join(OsStr::from_bytes(relative))
    }

    /// A directory, and those above it.
    pub fn directory(&self, path: impl AsRef<OsStr>) -> &Self {
        fs::create_dir_all(self.at(path)).expect("a directory");
        self
    }

    /// A file of `bytes`.
    pub fn file(&self, path: impl AsRef<OsStr>, bytes: &[u8]) -> &Self {
        fs::write(self.at(path), bytes).expect("a file");
        self
    }

    /// A file with `len_bytes` of content `seed`.
    pub fn pattern(&self, path: impl AsRef<OsStr>, seed: u64, len_bytes: usize) -> &Self {
        self.file(path, &content::bytes(seed, len_bytes))
    }

    /// A symlink.
    pub fn symlink(&self, path: impl AsRef<OsStr>, target: impl AsRef<OsStr>) -> &Self {
        symlink(target.as_ref(), self.at(path)).expect("a symlink");
        self
    }

    /// A second name of a file.
    pub fn hard_link(&self, path: &str, existing: &str) -> &Self {
        fs::hard_link(self.at(existing), self.at(path)).expect("a hard link");
        self
    }

    /// A named pipe.
    pub fn fifo(&self, path: &str) -> &Self {
        tools::succeed(tools::command("mkfifo").arg(self.at(path)));
        self
    }

    /// A socket.
    pub fn socket(&self, path: &str) -> &Self {
        // A socket's address is limited to 107 bytes, and scratch may be deeper than that: a
        // short name beside the temporary directory, moved into place.
        let short = tempfile::tempdir().expect("a directory");
        let bound = short.path().join("s");
        drop(UnixListener::bind(&bound).expect("a socket"));
        let there = self.at(path);
        // Across filesystems only a copy works; `mv` knows how to copy a socket.
        tools::succeed(tools::command("mv").arg(&bound).arg(&there));
        self
    }

    /// Permissions.
    pub fn mode(&self, path: &str, mode: u32) -> &Self {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).expect("a mode");
        self
    }

    /// The time of modification, in seconds since 1970.
    pub fn mtime(&self, path: &str, seconds: u64) -> &Self {
        let file = File::open(self.at(path)).expect("the file is there");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("a time");
        self
    }
}
